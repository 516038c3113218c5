// SPDX-License-Identifier: GPL-2.0-or-later
/* Never run: compiled with optimisation and -g for test_debug_code.c, which knows its lines. */
typedef unsigned long pgoff_t;

struct folio {
	pgoff_t index;
};

struct state {
	pgoff_t index;
	const void *node;
};

int again(struct state *state);
pgoff_t find(const struct folio *folio, unsigned long index);

__attribute__((noinline)) int again(struct state *state)
{
	int more;

	__asm__ volatile("movl $0, %0" : "=r"(more) : "r"(state) : "memory");
	return more;
}

static inline __attribute__((always_inline)) pgoff_t lookup(const struct folio *folio, pgoff_t at)
{
	struct state state = {at, folio};

	while (again(&state)) /* line 29 */
		;
	return state.index + folio->index;
}

__attribute__((noinline)) pgoff_t find(const struct folio *folio, unsigned long index)
{
	return lookup(folio, index + 1) * 2; /* line 36 */
}

int main(int count, char **arguments)
{
	struct folio folio = {(pgoff_t)count};

	return (int)find(&folio, (unsigned long)arguments);
}
