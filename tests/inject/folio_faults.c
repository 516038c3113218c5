// SPDX-License-Identifier: GPL-2.0-or-later
/* Large folios: made of four free pages, or the dump's own. */
#include "faults.h"

#include "kernel/page.h"

#define PAGES 4
#define ORDER 2

/* A shadow as workingset.c packs it is any odd number. */
#define SHADOW 0x12345

/* The first tail whose ->private is no other field of struct folio. */
static unsigned int first_tail(const struct scene *scene)
{
	return scene->kernel->page.tail_private_used & 2 ? 2 : 1;
}

static bool tails_are_zero(const struct scene *scene)
{
	return scene->kernel->page.tail_private_zero;
}

/* The struct pages of the folio: the flags of a small one, and what a large one needs. */
static void lay_pages(struct scene *scene, const struct victim *model, uint64_t head)
{
	const struct page_layout *layout = &scene->kernel->page;
	const struct folio_layout *folio = &scene->kernel->folio;
	uint64_t i;

	lay_page(scene, head, KSWAPCK_FIELD_FLAGS, model->page.flags | layout->flag_head);
	lay_page(scene, head, KSWAPCK_FIELD_MAPPING, model->page.mapping);
	lay_page(scene, head, KSWAPCK_FIELD_PRIVATE, model->page.private);
	lay_page(scene, head, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
	lay_page(scene, head, KSWAPCK_FIELD_REFCOUNT, PAGES + 1);
	for (i = 1; i < PAGES; i++) {
		uint64_t tail = head + i * layout->size;

		lay_page(scene, tail, KSWAPCK_FIELD_FLAGS, 0);
		lay_page(scene, tail, KSWAPCK_FIELD_COMPOUND_HEAD,
			 layout->compound_info ? ~(PAGES * (uint64_t)layout->size - 1) | 1 :
						 head | 1);
		lay_page(scene, tail, KSWAPCK_FIELD_PRIVATE,
			 tails_are_zero(scene) ? 0 : model->page.private + i);
		lay_page(scene, tail, KSWAPCK_FIELD_REFCOUNT, 0);
	}
	/* as prep_compound_page() does: mapped by nobody */
	if (folio->dtor_offset)
		lay(scene, head + folio->dtor_offset, 1, 1);
	lay(scene, head + folio->mapcount_offset, 4, 0xffffffff);
	if (folio->pincount_offset && ORDER >= folio->pincount_order)
		lay(scene, head + folio->pincount_offset, 4, 0);
	lay(scene, head + layout->order_offset, 1, ORDER);
}

bool make_large_folio(struct scene *scene, struct victim *victims)
{
	struct kswapck_page block;
	unsigned int i;

	if (!find_four_small(scene, victims) || !find_free_block(scene, ORDER, &block))
		return false;
	lay_pages(scene, &victims[0], block.address);
	for (i = 0; i < PAGES; i++) {
		lay_entry(scene, &victims[i], block.address);
		victims[i].entry = block.address;
		if (page_read(scene->kernel, block.address + (uint64_t)i *
			      scene->kernel->page.size, &victims[i].page) != READ_OK)
			scene->failed = true;
	}
	return true;
}

/* The base of all that follows: without a fault there is no finding. */
static bool large_folio_is_fine(struct scene *scene)
{
	struct victim victims[PAGES];

	return make_large_folio(scene, victims);
}

/* --------------------------------------------- KS105 partial-folio and its kin */

/*
 * Migration replaced the first slot only, and the folio from before is free: the
 * bug of 5.17 to 6.6.9.
 */
static bool migrated_first_slot_only(struct scene *scene)
{
	struct victim victims[PAGES];
	struct kswapck_page freed;
	unsigned int i;

	if (!make_large_folio(scene, victims))
		return false;
	/* the made folio lies in a free block itself: what follows it is still free */
	if (!find_free_block(scene, ORDER + 1, &freed))
		return false;
	for (i = 1; i < PAGES; i++)
		lay_entry(scene, &victims[i], freed.address);
	expect(scene, "KS105", victims[1].slot, PAGES - 1, "holds 1 of its 4 slots");
	expect(scene, "KS101", victims[1].slot, PAGES - 1, "the first page of a free block");
	return true;
}

static bool slot_holds_other_folio(struct scene *scene)
{
	struct victim victims[PAGES], original[PAGES];

	if (!find_four_small(scene, original) || !make_large_folio(scene, victims))
		return false;
	lay_entry(scene, &victims[2], original[1].entry);
	expect(scene, "KS105", victims[2].slot, 1, "holds 3 of its 4 slots");
	expect(scene, "KS106", victims[2].slot, 1, NULL);
	return true;
}

/* All that counts the slot agrees: only the folio misses it. */
static bool slot_holds_shadow(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims) || !lay_node(scene, &victims[1], 0, 1))
		return false;
	lay_entry(scene, &victims[1], SHADOW);
	lay_map(scene, &victims[1], 1);
	lay_nrpages(scene, &victims[1], -1);
	if (victims[1].nrexceptional_place)
		lay_added(scene, victims[1].nrexceptional_place, 8, 1);
	expect(scene, "KS105", victims[1].slot, 1, "holds a shadow");
	return true;
}

/* Nothing else was changed: the mark in swap_map, the node and nrpages complain too. */
static bool slot_emptied(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims) || !lay_node(scene, &victims[3], 0, 0))
		return false;
	lay_entry(scene, &victims[3], 0);
	expect(scene, "KS105", victims[3].slot, 1, "holds nothing");
	expect_emptied(scene, &victims[3]);
	if (!has_trees(scene))
		return true;
	expect(scene, "KS204", victims[3].space_first, 0, NULL);
	expect(scene, "KS303", victims[3].slot - victims[3].index % scene->kernel->xarray.slot_count,
	       scene->kernel->xarray.slot_count, "xa_node.count");
	return true;
}

/* Kernels before 5.4 stored page + i: there it is that of another slot. */
static bool slot_holds_tail(struct scene *scene)
{
	unsigned int tail = scene->kernel->swap.tails ? 1 : 2;
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_entry(scene, &victims[2], victims[tail].page.address);
	expect(scene, "KS103", victims[2].slot, 1, "which is what the slot should hold");
	expect(scene, "KS105", victims[2].slot, 1, "holds 3 of its 4 slots");
	return true;
}

/* Three slots of four, too few references, and a tail that names another slot. */
static bool three_faults_at_once(struct scene *scene)
{
	struct victim victims[PAGES], original[PAGES];
	unsigned int tail = first_tail(scene);

	if (!find_four_small(scene, original) || !make_large_folio(scene, victims))
		return false;
	lay_entry(scene, &victims[3], original[3].entry);
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, 2);
	lay_page(scene, victims[tail].page.address, KSWAPCK_FIELD_PRIVATE, 0x77);
	expect(scene, "KS105", victims[3].slot, 1, "holds 3 of its 4 slots");
	expect(scene, "KS109", victims[0].slot, 3, "2 for 3");
	expect(scene, tails_are_zero(scene) ? "KS108" : "KS107", victims[tail].slot, 1,
	       tail == 1 ? "1 of its 3 tails; tail 1 has 0x77" :
	       "1 of its 3 tails; tail 2 has 0x77");
	return true;
}

/* ------------------------------------------- KS107 tail-private, KS108, KS109 */

static bool one_tail_private(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[2].page.address, KSWAPCK_FIELD_PRIVATE, 0xabc);
	expect(scene, tails_are_zero(scene) ? "KS108" : "KS107", victims[2].slot, 1,
	       "1 of its 3 tails; tail 2 has 0xabc");
	return true;
}

/* Migration copied ->private of the head only: every tail of a real folio has 0. */
static bool all_tails_private(struct scene *scene)
{
	uint64_t i, tails;
	struct victim victim;

	if (tails_are_zero(scene))
		return skip(scene, "this kernel does not use ->private of tail pages");
	if (!find_large_folio(scene, &victim))
		return false;
	tails = (1ULL << victim.page.order) - 1;
	for (i = 1; i <= tails; i++)
		lay_page(scene, victim.entry + i * scene->kernel->page.size,
			 KSWAPCK_FIELD_PRIVATE, 0);
	expect(scene, "KS107", victim.slot + 1, tails, "tail 1 has 0x0");
	return true;
}

static bool all_tails_private_of_four(struct scene *scene)
{
	unsigned int i, tail = first_tail(scene);
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	for (i = tail; i < PAGES; i++)
		lay_page(scene, victims[i].page.address, KSWAPCK_FIELD_PRIVATE, 0x5000 + i);
	expect(scene, tails_are_zero(scene) ? "KS108" : "KS107", victims[tail].slot, PAGES - tail,
	       tail == 1 ? "3 of its 3 tails" : "2 of its 3 tails");
	return true;
}

static bool references_missing(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, 2);
	expect(scene, "KS109", victims[0].slot, PAGES, "2 for 4");
	return true;
}

/* ----------------------------------------------------- the folio as a whole */

static bool large_freed(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, 0);
	expect(scene, "KS101", victims[0].slot, PAGES, "its flags still say swap cache");
	return true;
}

static bool large_file_mapping(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_MAPPING,
		 victims[0].device.address);
	expect(scene, "KS110", victims[0].slot, PAGES, NULL);
	return true;
}

static bool large_names_other_device(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_PRIVATE,
		 victims[0].page.private + (3ULL << 58));
	expect(scene, "KS106", victims[0].slot, PAGES, "of device 3");
	return true;
}

/* An order that cannot be: how many slots it has is not known then. */
static bool impossible_order(struct scene *scene)
{
	struct victim victims[PAGES];

	if (!make_large_folio(scene, victims))
		return false;
	lay(scene, victims[0].entry + scene->kernel->page.order_offset, 1, 200);
	expect(scene, "KS111", victims[0].slot, PAGES, NULL);
	return true;
}

/* Split into small ones, but the slots were not told: the first page has all four. */
static bool split_without_slots(struct scene *scene)
{
	struct victim victims[PAGES];
	unsigned int i;

	if (scene->kernel->swap.tails)
		return skip(scene, "the slots of this kernel hold the small ones already");
	if (!make_large_folio(scene, victims))
		return false;
	for (i = 0; i < PAGES; i++) {
		uint64_t page = victims[i].page.address;

		lay_page(scene, page, KSWAPCK_FIELD_FLAGS, victims[0].page.flags &
			 ~scene->kernel->page.flag_head);
		lay_page(scene, page, KSWAPCK_FIELD_COMPOUND_HEAD, 0);
		lay_page(scene, page, KSWAPCK_FIELD_PRIVATE, victims[0].page.private + i);
		lay_page(scene, page, KSWAPCK_FIELD_REFCOUNT, 2);
	}
	expect(scene, "KS106", victims[1].slot, PAGES - 1, NULL);
	return true;
}

/*
 * A folio whose tails named no slot was split (tail-private): four small ones, each
 * in its slot, three that say otherwise. Neighbours are one finding.
 */
static bool split_with_wrong_tails(struct scene *scene)
{
	struct victim victims[PAGES];
	unsigned int i;

	if (!make_large_folio(scene, victims))
		return false;
	for (i = 0; i < PAGES; i++) {
		uint64_t page = victims[i].page.address;

		lay_entry(scene, &victims[i], page);
		lay_page(scene, page, KSWAPCK_FIELD_FLAGS, victims[0].page.flags &
			 ~scene->kernel->page.flag_head);
		lay_page(scene, page, KSWAPCK_FIELD_COMPOUND_HEAD, 0);
		lay_page(scene, page, KSWAPCK_FIELD_MAPPING, victims[0].page.mapping);
		lay_page(scene, page, KSWAPCK_FIELD_PRIVATE, i ? 0 : victims[0].page.private);
		lay_page(scene, page, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
		lay_page(scene, page, KSWAPCK_FIELD_REFCOUNT, 2);
	}
	expect(scene, "KS106", victims[1].slot, PAGES - 1, "slot 0 of device 0");
	return true;
}

const struct fault folio_faults[] = {
	{"a large folio made by the test is no fault", large_folio_is_fine},
	{"migration replaced the first slot only", migrated_first_slot_only},
	{"slot of a large folio holds another folio", slot_holds_other_folio},
	{"slot of a large folio holds a shadow", slot_holds_shadow},
	{"slot of a large folio was emptied", slot_emptied},
	{"slot of a large folio holds its tail", slot_holds_tail},
	{"large folio with three faults at once", three_faults_at_once},
	{"one tail with a wrong ->private", one_tail_private},
	{"all tails of a real large folio with ->private 0", all_tails_private},
	{"all tails of four with a wrong ->private", all_tails_private_of_four},
	{"fewer references than slots", references_missing},
	{"large folio freed", large_freed},
	{"large folio with the mapping of a file", large_file_mapping},
	{"large folio that names another device", large_names_other_device},
	{"impossible order", impossible_order},
	{"large folio split behind its slots", split_without_slots},
	{"large folio split with wrong tails", split_with_wrong_tails},
	{0},
};
