// SPDX-License-Identifier: GPL-2.0-or-later
/* Never run: compiled with -g, in several DWARF versions, for test_types_dwarf.c. */
struct list_head {
	struct list_head *next, *prev;
};

typedef struct {
	int counter;
} atomic_t;

union overlay {
	long whole;
	short parts[4];
};

struct only_declared;

struct page {
	const unsigned long flags;
	union {
		struct {
			struct list_head lru;
			struct only_declared *mapping;
		};
		struct {
			volatile unsigned long compound_head;
		};
	};
	atomic_t _refcount;
	unsigned int data : 24;
	unsigned int kind : 8;
	char grid[2][3];
	union overlay overlay;
	struct list_head heads[4];
	unsigned long tail[];
};

typedef struct page page_alias;

enum pageflags {
	PG_locked,
	PG_low = -5,
	PG_byte = 200,
};


static page_alias *keep_page;
static enum pageflags keep_flags;
static enum wide {
	PG_wide = 1L << 40,
} keep_wide;

int main(void)
{
	return keep_page != 0 && keep_flags && keep_wide;
}
