// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/lru_batches.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/cpu_stacks.h"
#include "kernel/page.h"
#include "kernel/per_cpu.h"

/* PAGEVEC_SIZE is 15, and 31 since 6.10 (include/linux/pagevec.h). */
#define BATCH_MAX 31

/* mlock keeps what is to be done in the low bits (mm/mlock.c LRU_PAGE, NEW_PAGE). */
#define BATCH_FLAGS 3ULL

/*
 * Where batches are, in all kernels: a per-CPU symbol and its type, and the member that
 * is a batch; no member: the symbol is one itself.
 */
static const struct place {
	const char *symbol, *type, *member;
} places[] = {
	/* up to 5.7 */
	{"lru_add_pvec", NULL, NULL}, {"lru_rotate_pvecs", NULL, NULL},
	{"lru_deactivate_file_pvecs", NULL, NULL}, {"lru_deactivate_pvecs", NULL, NULL},
	{"lru_lazyfree_pvecs", NULL, NULL}, {"activate_page_pvecs", NULL, NULL},
	/* 5.8 (b01b21419999): with a lock */
	{"lru_rotate", "lru_rotate", "pvec"},
	{"lru_pvecs", "lru_pvecs", "lru_add"},
	{"lru_pvecs", "lru_pvecs", "lru_deactivate_file"},
	{"lru_pvecs", "lru_pvecs", "lru_deactivate"},
	{"lru_pvecs", "lru_pvecs", "lru_lazyfree"},
	{"lru_pvecs", "lru_pvecs", "activate_page"},
	/* 6.0 (c2bc16817aa0): of folios; renamed and joined in 6.12 */
	{"lru_rotate", "lru_rotate", "fbatch"},
	{"cpu_fbatches", "cpu_fbatches", "lru_add"},
	{"cpu_fbatches", "cpu_fbatches", "lru_deactivate_file"},
	{"cpu_fbatches", "cpu_fbatches", "lru_deactivate"},
	{"cpu_fbatches", "cpu_fbatches", "lru_lazyfree"},
	{"cpu_fbatches", "cpu_fbatches", "activate"},
	{"cpu_fbatches", "cpu_fbatches", "lru_activate"},
	{"cpu_fbatches", "cpu_fbatches", "lru_move_tail"},
	/* 5.18 (2fbb0c10d1e8), with a lock since 5.18.x, of folios since 6.3 */
	{"mlock_pvec", NULL, NULL}, {"mlock_pvec", "mlock_pvec", "vec"},
	{"mlock_fbatch", "mlock_fbatch", "fbatch"},
};

#define PLACES (sizeof(places) / sizeof(places[0]))

struct layout {
	struct field nr, entries;	/* of a batch */
	uint32_t room;			/* entries that it has */
	bool used[PLACES];
	uint32_t offsets[PLACES];	/* of the batch from the symbol */
};

static bool resolve_batch(const struct kernel *kernel, const char *type, const char *array,
			  struct layout *layout)
{
	struct type_member member;

	if (!kernel_field(kernel, type, "nr", &layout->nr) ||
	    !types_member(kernel->types, type, array, &member))
		return false;
	layout->entries = (struct field){member.offset, 8};
	layout->room = member.count < BATCH_MAX ? member.count : BATCH_MAX;
	return layout->nr.size <= 4 && member.element_size == 8;
}

/* struct pagevec went in 6.5 (1e0877d58b1e); before, a folio_batch was made alike. */
static bool resolve(const struct kernel *kernel, struct layout *layout)
{
	struct field field, locked;
	uint64_t symbol;
	size_t i;

	memset(layout, 0, sizeof(*layout));
	if (!resolve_batch(kernel, "folio_batch", "folios", layout) &&
	    !resolve_batch(kernel, "pagevec", "pages", layout))
		return false;
	for (i = 0; i < PLACES; i++) {
		if (!image_symbol(kernel->image, places[i].symbol, &symbol))
			continue;
		if (!places[i].member) {
			/* the symbol of mlock is a batch only if it has no struct of its own */
			layout->used[i] = !kernel_field(kernel, places[i].symbol, "vec", &locked);
			continue;
		}
		layout->used[i] = kernel_field(kernel, places[i].type, places[i].member, &field);
		layout->offsets[i] = field.offset;
	}
	return true;
}

static bool take_batch(const struct kernel *kernel, const struct layout *layout,
		       uint64_t address, struct lru_batches *batches)
{
	uint64_t entries[BATCH_MAX];
	uint32_t count = 0, i;

	if (memory_read(kernel->memory, address + layout->nr.offset, &count,
			layout->nr.size) != READ_OK ||
	    count > layout->room ||
	    memory_read(kernel->memory, address + layout->entries.offset, entries,
			8ULL * count) != READ_OK)
		return false;
	for (i = 0; i < count; i++) {
		struct kswapck_page page;

		/* pagevecs had single pages too, of which the head is held */
		if (page_read(kernel, entries[i] & ~BATCH_FLAGS, &page) != READ_OK)
			return false;
		batches->folios[batches->count++] = (struct lru_batched){page.head, 1};
	}
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct lru_batched *a = left, *b = right;

	return a->folio < b->folio ? -1 : a->folio > b->folio;
}

static void join_equal(struct lru_batches *batches)
{
	size_t kept = 0, i;

	qsort(batches->folios, batches->count, sizeof(*batches->folios), compare);
	for (i = 0; i < batches->count; i++)
		if (kept && batches->folios[kept - 1].folio == batches->folios[i].folio)
			batches->folios[kept - 1].count++;
		else
			batches->folios[kept++] = batches->folios[i];
	batches->count = kept;
}

bool lru_batches_read(const struct kernel *kernel, struct lru_batches *batches,
		      struct error *err)
{
	unsigned int cpus = per_cpu_count(kernel), cpu;
	struct layout layout;
	uint64_t address;
	size_t i;

	*batches = (struct lru_batches){.complete = true};
	if (!cpus || !resolve(kernel, &layout)) {
		batches->complete = false;
		return true;
	}
	batches->folios = calloc(cpus, PLACES * BATCH_MAX * sizeof(*batches->folios));
	if (!batches->folios)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (cpu = 0; cpu < cpus; cpu++)
		for (i = 0; i < PLACES && per_cpu_possible(kernel, cpu); i++)
			if (layout.used[i] &&
			    (!cpu_variable_address(kernel, places[i].symbol, cpu, &address) ||
			     !take_batch(kernel, &layout, address + layout.offsets[i], batches)))
				batches->complete = false;
	join_equal(batches);
	return true;
}

void lru_batches_free(struct lru_batches *batches)
{
	free(batches->folios);
	*batches = (struct lru_batches){0};
}

uint32_t lru_batches_count(const struct lru_batches *batches, uint64_t folio)
{
	const struct lru_batched key = {folio, 0}, *found;

	found = batches->count ? bsearch(&key, batches->folios, batches->count,
					 sizeof(*batches->folios), compare) : NULL;
	return found ? found->count : 0;
}
