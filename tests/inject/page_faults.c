// SPDX-License-Identifier: GPL-2.0-or-later
/* Slots that hold a page which is no live folio of theirs. */
#include "faults.h"

#include "kernel/swap_entry.h"

/* Nothing may be thought of these pages but what they are. */
#define LARGE (KSWAPCK_PAGE_HEAD | KSWAPCK_PAGE_TAIL)

/* A page that is neither typed nor free: page_type shares its place with _mapcount. */
#define NO_PAGE_TYPE 0xffffffff

/* Let the slot of a small folio hold another page; the folio itself is just gone. */
static bool hold(struct scene *scene, uint64_t page, struct victim *victim)
{
	if (!find_small_folio(scene, victim))
		return false;
	lay_entry(scene, victim, page);
	return true;
}

/* ----------------------------------------------------------- KS101 freed-folio */

static bool freed_flags_set(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, 0);
	expect(scene, "KS101", victim.slot, 1, "its flags still say swap cache");
	return true;
}

static bool freed_buddy_head(struct scene *scene)
{
	struct kswapck_page block;
	struct victim victim;

	if (!find_free_block(scene, 1, &block) || !hold(scene, block.address, &victim))
		return false;
	expect(scene, "KS101", victim.slot, 1, "the first page of a free block");
	return true;
}

static bool freed_in_buddy_block(struct scene *scene)
{
	struct kswapck_page block;
	struct victim victim;

	if (!find_free_block(scene, 2, &block) ||
	    !hold(scene, block.address + 3ULL * scene->kernel->page.size, &victim))
		return false;
	expect(scene, "KS101", victim.slot, 1, "inside the free block");
	return true;
}

/* As it lies in a per-CPU free list: no flags, no type, no reference. */
static bool freed_per_cpu(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, 0);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_FLAGS, 0);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_MAPPING, 0);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_PAGE_TYPE, NO_PAGE_TYPE);
	expect(scene, "KS101", victim.slot, 1, "in no block of the buddy allocator");
	return true;
}

static bool freed_reused_as_tail(struct scene *scene)
{
	struct kswapck_page head;
	struct victim victim;

	if (!find_page(scene, KSWAPCK_PAGE_HEAD | KSWAPCK_PAGE_SLAB, 0, &head) ||
	    !hold(scene, head.address + scene->kernel->page.size, &victim))
		return false;
	expect(scene, "KS101", victim.slot, 1, "slab memory)");
	return true;
}

/* Two slots of one freed page are one finding. */
static bool freed_twice(struct scene *scene)
{
	struct victim victims[2];
	struct kswapck_page block;

	if (!find_free_block(scene, 1, &block) || !find_two_small(scene, victims))
		return false;
	lay_entry(scene, &victims[0], block.address);
	lay_entry(scene, &victims[1], block.address);
	expect(scene, "KS101", victims[0].slot, 2, "the first page of a free block");
	return true;
}

/* ----------------------------------------------------------- KS102 reused-page */

static bool reused(struct scene *scene, uint32_t marks, uint32_t unwanted, const char *detail)
{
	struct kswapck_page page;
	struct victim victim;

	if (!find_page(scene, marks, unwanted, &page) || !hold(scene, page.address, &victim))
		return false;
	expect(scene, "KS102", victim.slot, 1, detail);
	return true;
}

static bool reused_slab(struct scene *scene)
{
	return reused(scene, KSWAPCK_PAGE_SLAB, KSWAPCK_PAGE_TAIL, "slab memory");
}

static bool reused_page_table(struct scene *scene)
{
	return reused(scene, KSWAPCK_PAGE_TABLE, LARGE, "a page table");
}

static bool reused_anonymous(struct scene *scene)
{
	return reused(scene, KSWAPCK_PAGE_ANON, KSWAPCK_PAGE_SWAPCACHE | LARGE,
		      "anonymous memory");
}

static bool reused_file(struct scene *scene)
{
	return reused(scene, KSWAPCK_PAGE_FILE | KSWAPCK_PAGE_LRU,
		      KSWAPCK_PAGE_SWAPCACHE | LARGE, "page cache of a file");
}

static bool reused_reserved(struct scene *scene)
{
	return reused(scene, KSWAPCK_PAGE_RESERVED, LARGE, "reserved");
}

static bool flag_cleared(struct scene *scene, uint64_t flag)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_FLAGS, victim.page.flags & ~flag);
	expect(scene, "KS102", victim.slot, 1, victim.page.marks & KSWAPCK_PAGE_ANON ?
	       "anonymous memory" : "in use by the kernel");
	return true;
}

static bool swapcache_cleared(struct scene *scene)
{
	return flag_cleared(scene, scene->kernel->page.flag_swapcache);
}

/* PG_swapcache alone is PG_owner_priv_1 of some file system */
static bool swapbacked_cleared(struct scene *scene)
{
	return flag_cleared(scene, scene->kernel->page.flag_swapbacked);
}

/* ------------------------------------------------------------ KS103 tail-entry */

static bool made_a_tail(struct scene *scene)
{
	struct victim victims[2];

	if (!find_two_small(scene, victims))
		return false;
	lay_page(scene, victims[1].entry, KSWAPCK_FIELD_COMPOUND_HEAD, victims[0].entry | 1);
	expect(scene, "KS103", victims[1].slot, 1, "its head is page");
	return true;
}

static bool tail_of_nothing(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_COMPOUND_HEAD, 0x123456789abcdef1);
	expect(scene, "KS103", victim.slot, 1, "which is not the address of a struct page");
	return true;
}

/* ------------------------------------------------------------- KS104 bad-entry */

static bool bad_entry(struct scene *scene, uint64_t difference)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_entry(scene, &victim, victim.entry + difference);
	expect(scene, "KS104", victim.slot, 1, NULL);
	return true;
}

static bool entry_off_by_a_word(struct scene *scene)
{
	return bad_entry(scene, 8);
}

static bool entry_bit_flipped(struct scene *scene)
{
	return bad_entry(scene, -(1ULL << 46));
}

static bool entry_in_slab(struct scene *scene)
{
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !leaf_of(scene, &victim, &leaf))
		return false;
	lay_entry(scene, &victim, leaf.address);
	expect(scene, "KS104", victim.slot, 1, NULL);
	return true;
}

static bool entry_beyond_memory(struct scene *scene)
{
	const struct page_layout *layout = &scene->kernel->page;
	struct victim victim;

	if (!hold(scene, layout->vmemmap + layout->pages * layout->size, &victim))
		return false;
	expect(scene, "KS104", victim.slot, 1, NULL);
	return true;
}

/* Between two pieces of RAM vmemmap has no memory, so there are no struct pages. */
static bool entry_in_hole(struct scene *scene)
{
	const struct page_layout *layout = &scene->kernel->page;
	struct victim victim;
	uint64_t pfn, word;

	for (pfn = 0; pfn < layout->pages; pfn += 64)
		if (memory_read_u64(scene->dump.memory, layout->vmemmap + pfn * layout->size,
				    &word) == READ_UNMAPPED)
			break;
	if (pfn >= layout->pages)
		return skip(scene, "this machine's memory has no hole");
	if (!hold(scene, layout->vmemmap + pfn * layout->size, &victim))
		return false;
	expect(scene, "KS104", victim.slot, 1, NULL);
	return true;
}

/* ------------------------------------------------------------ KS106 wrong-slot */

static bool names(struct scene *scene, uint64_t difference, const char *detail)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_PRIVATE, victim.page.private + difference);
	expect(scene, "KS106", victim.slot, 1, detail);
	return true;
}

static bool names_other_slot(struct scene *scene)
{
	return names(scene, 1, "of device 0");
}

static bool names_other_device(struct scene *scene)
{
	return names(scene, swap_entry(1, 0), "of device 1");
}

static bool names_nothing(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_PRIVATE, 0);
	expect(scene, "KS106", victim.slot, 1, "slot 0 of device 0");
	return true;
}

static bool neighbours_swapped(struct scene *scene)
{
	struct victim victims[2];

	if (!find_two_small(scene, victims))
		return false;
	lay_entry(scene, &victims[0], victims[1].entry);
	lay_entry(scene, &victims[1], victims[0].entry);
	expect_neighbours(scene, "KS106", victims[0].slot,
			  (uint64_t[]){victims[1].entry, victims[0].entry}, 2, NULL);
	return true;
}

/* The second slot holds the folio of the first as well. */
static bool folio_in_two_slots(struct scene *scene)
{
	struct victim victims[2];

	if (!find_two_small(scene, victims))
		return false;
	lay_entry(scene, &victims[1], victims[0].entry);
	expect(scene, "KS106", victims[1].slot, 1, NULL);
	return true;
}

/* -------------------------------------------- KS109 refcount-low, KS110 mapping */

static bool refcount_negative(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, (uint32_t)-1);
	expect(scene, "KS109", victim.slot, 1, "-1 for 1");
	return true;
}

static bool file_mapping(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_MAPPING, victim.device.address);
	expect(scene, "KS110", victim.slot, 1, NULL);
	return true;
}

const struct fault page_faults[] = {
	{"freed page whose flags still say swap cache", freed_flags_set},
	{"freed page at the head of a buddy block", freed_buddy_head},
	{"freed page inside a buddy block", freed_in_buddy_block},
	{"freed page in a per-CPU list", freed_per_cpu},
	{"freed page given out again as a tail", freed_reused_as_tail},
	{"one freed page in two slots", freed_twice},
	{"page reused as slab memory", reused_slab},
	{"page reused as a page table", reused_page_table},
	{"page reused as anonymous memory", reused_anonymous},
	{"page reused by a file", reused_file},
	{"page that is reserved", reused_reserved},
	{"PG_swapcache cleared", swapcache_cleared},
	{"PG_swapbacked cleared", swapbacked_cleared},
	{"cached page made a tail", made_a_tail},
	{"cached page made a tail of nothing", tail_of_nothing},
	{"entry off by 8 bytes", entry_off_by_a_word},
	{"entry with a flipped bit", entry_bit_flipped},
	{"entry that points to slab memory", entry_in_slab},
	{"entry beyond the last struct page", entry_beyond_memory},
	{"entry in a hole of vmemmap", entry_in_hole},
	{"folio that names another slot", names_other_slot},
	{"folio that names another device", names_other_device},
	{"folio that names nothing", names_nothing},
	{"two folios in each other's slots", neighbours_swapped},
	{"one folio in two slots", folio_in_two_slots},
	{"negative reference count", refcount_negative},
	{"mapping of a file", file_mapping},
	{0},
};
