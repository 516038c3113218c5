// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The counters and maps of a device against its swap cache.
 *
 * swap_map[slot] has SWAP_HAS_CACHE exactly while the slot's folio is in the
 * cache, but for windows in which a task has the entry in hand: the mark is set
 * before the folio is added and dropped after it is removed (mm/swapfile.c,
 * mm/swap_state.c up to 6.17). Such a task has the entry on its stack. Slots
 * that wait in a per-CPU slots cache have the mark and no folio either.
 */
#include "kswapck.h"

#include <stdio.h>

/* Slots that one entry in hand may stand for: a large folio, a batch of page table entries. */
#define BATCH_MAX	512
/* Slots that are freed one by one after the lock was dropped: BITS_PER_LONG. */
#define FREE_BATCH_MAX	64
/* Slots that are looked at together, for whether any of them is unusual. */
#define LOOK_SLOTS	64

enum {
	MARK_WITHOUT_FOLIO,
	FOLIO_WITHOUT_MARK,
	STALE_SHADOW,
	NRPAGES,
	NREXCEPTIONAL,
	INUSE_PAGES,
	COUNT_CONTINUATION,
};

static const struct kswapck_problem problems[] = {
	[MARK_WITHOUT_FOLIO] = {
		.id = "KS201",
		.name = "mark-without-folio",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: SWAP_HAS_CACHE in swap_map, but no folio in the swap cache: "
			"{detail}",
		.meaning = "swap_map says that the slot's data is in the swap cache; nothing is there. "
			"The slot is in no per-CPU slots cache, and no task has it in hand.",
		.origin = "A task died or returned early between allocating the slot and adding the "
			"folio; or the folio was removed without dropping the mark, as after a large "
			"folio whose slots were only partly replaced.",
		.consequence = "The slot can never be freed: swap space leaks. A task that faults on "
			"the slot waits for a folio that never comes (loops in "
			"__read_swap_cache_async()), and swapoff of the device does not end.",
		.confirm = "Bit 0x40 of the byte is set, the tree has nothing at the slot:\n"
			" crash> rd -8 EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	[FOLIO_WITHOUT_MARK] = {
		.id = "KS202",
		.name = "folio-without-mark",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {entry} in the swap cache, but no SWAP_HAS_CACHE in swap_map: "
			"{detail}",
		.meaning = "The cache holds something at a slot that swap_map calls free, bad, or "
			"without cache.",
		.origin = "The slot was freed under the folio (a race of free_swap_and_cache() or "
			"swapoff), or swap_map was overwritten.",
		.consequence = "The slot can be given to another page while the old folio is still "
			"found there: one process gets another's data.",
		.confirm = "Bit 0x40 of the byte is clear:\n"
			" crash> rd -8 EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	[STALE_SHADOW] = {
		.id = "KS203",
		.name = "stale-shadow",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: a shadow in the swap cache, but nobody owns it",
		.meaning = "Since 5.9 freeing a slot removes the shadow of its evicted page "
			"(clear_shadow_from_swap_cache()). Here it stayed.",
		.origin = "A slot that was freed on a path that forgets the shadow, or swap_map was "
			"overwritten.",
		.consequence = "The next page at that slot is taken for one that was evicted before: "
			"its refault distance is wrong. The node of the tree is kept for nothing.",
		.confirm = "The byte is 0 (without swap_map, the upper four bits of the word), and "
			"the slot has an odd number:\n"
			" crash> rd -8 EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	[NRPAGES] = {
		.id = "KS204",
		.name = "nrpages",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{detail} in the address_space of slots from {first} on",
		.meaning = "address_space.nrpages counts the slots of this part of the swap cache that "
			"hold a folio. It does not agree with the tree.",
		.origin = "Folios were added or removed with a wrong idea of their slots: the trail of "
			"partial-folio and wrong-slot.",
		.consequence = "SwapCached in /proc/meminfo and the node's counters drift. By itself it "
			"hangs nothing; it proves that something removed the wrong entries.",
		.confirm = " crash> struct address_space.nrpages SPACE\n"
			" crash> tree -t xarray -r address_space.i_pages SPACE | wc -l\n"
			" drgn>  Object(prog, 'struct address_space *', SPACE).nrpages",
	},
	[NREXCEPTIONAL] = {
		.id = "KS205",
		.name = "nrexceptional",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{detail} in the address_space of slots from {first} on",
		.meaning = "Before 5.13 address_space.nrexceptional counts the shadows in the tree. It "
			"does not agree with it.",
		.origin = "As with nrpages.",
		.consequence = "As with nrpages: a counter that proves an earlier mistake.",
		.confirm = " crash> struct address_space.nrexceptional SPACE\n"
			" drgn>  Object(prog, 'struct address_space *', SPACE).nrexceptional",
	},
	[INUSE_PAGES] = {
		.id = "KS206",
		.name = "inuse-pages",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{detail}",
		.meaning = "swap_info_struct.inuse_pages counts the slots in use. swap_map has another "
			"number of bytes that are neither 0 nor SWAP_MAP_BAD.",
		.origin = "Slots freed twice or not at all (races of free_swap_and_cache() and "
			"swapoff), or memory corruption.",
		.consequence = "Too high: swapoff waits for slots that do not exist, for ever. Too low: "
			"swapoff ends while slots are in use, and their data is lost.",
		.confirm = " crash> swap; struct swap_info_struct.inuse_pages,max,swap_map DEVICE\n"
			" drgn>  Object(prog, 'struct swap_info_struct *', DEVICE).inuse_pages",
	},
	[COUNT_CONTINUATION] = {
		.id = "KS207",
		.name = "count-continued",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots}: COUNT_CONTINUED in swap_map, but the count does not go on: "
			"{detail}",
		.meaning = "A byte of swap_map counts up to 62 owners of a slot. With COUNT_CONTINUED "
			"the rest of the count stands at the same place of other pages, which hang on "
			"the page of swap_map. Here they do not, or they hold no count.",
		.origin = "The byte was overwritten, or the list of the pages, or a page of it was "
			"freed.",
		.consequence = "When the byte's own part of the count runs out or over, the kernel "
			"borrows from those pages: a BUG in swap_count_continued(), or a wrong count, "
			"so that the slot is freed under its owners or never.",
		.confirm = "Bit 0x80 of the byte is set, and it is not 0xbf (shmem); ->private of its "
			"page should be 0x20:\n"
			" crash> rd -8 EVIDENCE-ADDRESS; vtop EVIDENCE-ADDRESS\n"
			" drgn>  from drgn.helpers.linux.mm import vmalloc_to_page\n"
			" drgn>  page = vmalloc_to_page(prog, EVIDENCE_ADDRESS); page.private, page.lru",
	},
	{0},
};

static const char stacks_unreadable[] =
	"SWAP_HAS_CACHE without a folio, and not all stacks can be read to see who has it in hand";
static const char parked_unreadable[] =
	"SWAP_HAS_CACHE without a folio, and not all per-CPU slots caches can be read";
static const char continuation_unreadable[] =
	"a count that goes on in other pages, which cannot be read";

/* A finding about @count slots from @i of @space on. */
static struct kswapck_finding about(struct kswapck_audit *audit, int problem,
				    const struct kswapck_space *space, uint32_t i, uint32_t count)
{
	struct kswapck_finding finding = {
		.problem = &problems[problem],
		.device = space->device,
		.first_slot = space->first_slot + i,
		.last_slot = space->first_slot + i + count - 1,
		.count = count,
	};

	kswapck_evidence_map(audit, &finding, space->device, finding.first_slot, space->map[i]);
	return finding;
}

/* ------------------------------------------------------- mark without a folio */

static bool lacks_folio(struct kswapck_audit *audit, const struct kswapck_space *space,
			uint32_t i)
{
	return space->map_read[i] && (space->map[i] & SWAP_HAS_CACHE) &&
	       (space->kinds[i] == KSWAPCK_ENTRY_NONE ||
		space->kinds[i] == KSWAPCK_ENTRY_SHADOW) &&
	       !kswapck_slot_parked(audit, space->device->type, space->first_slot + i);
}

static void report_mark(struct kswapck_audit *audit, const struct kswapck_space *space,
			uint32_t i)
{
	struct kswapck_finding finding = about(audit, MARK_WITHOUT_FOLIO, space, i, 1);

	snprintf(finding.detail, sizeof(finding.detail), "0x%02x, %s", space->map[i],
		 space->kinds[i] == KSWAPCK_ENTRY_SHADOW ? "a shadow in the tree" :
							   "nothing in the tree");
	kswapck_evidence_slot(&finding, "swap cache[slot]", space, finding.first_slot);
	kswapck_report(audit, &finding);
}

/* Neighbouring slots that all have the mark and no folio. */
struct unclaimed {
	uint64_t next;		/* the slot after the last one seen */
	uint64_t explained;	/* slots below this one are in somebody's hand */
};

/*
 * Slots that one entry in hand at @slot stands for. A large folio is naturally
 * aligned; a batch of slots that is being freed begins anywhere.
 */
static uint64_t batch_of(uint64_t slot, bool begins_run)
{
	uint64_t aligned = slot & -slot;

	return begins_run || aligned > BATCH_MAX ? BATCH_MAX : aligned;
}

/*
 * put_swap_folio() and cluster_swap_free_nr() give back slots one by one: the
 * first that is left lies up to @reach after one that a task has in hand, which
 * is free or parked by now.
 */
static bool follows_freed(struct kswapck_audit *audit, const struct kswapck_space *space,
			  uint32_t i, uint32_t reach)
{
	unsigned int type = space->device->type;
	uint32_t first = i > reach ? i - reach : 0;

	while (i-- > first) {
		uint64_t slot = space->first_slot + i;

		if ((space->map[i] == 0 || kswapck_slot_parked(audit, type, slot)) &&
		    space->map_read[i] &&
		    kswapck_in_hand(audit, type, slot) == KSWAPCK_STACKS_YES)
			return true;
	}
	return false;
}

/* While a lock is held, any part of a batch may be done already. */
static enum kswapck_stacks ask_stacks(struct kswapck_audit *audit,
				      const struct kswapck_space *space, uint32_t i,
				      struct unclaimed *run)
{
	uint64_t slot = space->first_slot + i;
	bool begins_run = !i || run->next != slot;
	bool locked = kswapck_slot_locked(audit, space->device, slot);
	enum kswapck_stacks stacks;

	if (begins_run)
		run->explained = 0;
	run->next = slot + 1;
	if (slot < run->explained)
		return KSWAPCK_STACKS_YES;
	stacks = kswapck_in_hand(audit, space->device->type, slot);
	if (stacks == KSWAPCK_STACKS_YES)
		run->explained = slot + batch_of(slot, begins_run);
	else if (begins_run &&
		 follows_freed(audit, space, i, locked ? BATCH_MAX : FREE_BATCH_MAX))
		run->explained = slot + BATCH_MAX;
	return slot < run->explained ? KSWAPCK_STACKS_YES : stacks;
}

static void check_mark(struct kswapck_audit *audit, const struct kswapck_space *space,
		       uint32_t i, struct unclaimed *run)
{
	/*
	 * Under the tree's lock folios come and go slot by slot, and the task that does
	 * it may hold no more than an index within the tree.
	 */
	if (space->locked) {
		kswapck_in_motion(audit, 1);
		return;
	}
	if (!kswapck_parked_known(audit)) {
		kswapck_unverified(audit, parked_unreadable, 1);
		return;
	}
	switch (ask_stacks(audit, space, i, run)) {
	case KSWAPCK_STACKS_YES:
		kswapck_in_motion(audit, 1);
		break;
	case KSWAPCK_STACKS_UNKNOWN:
		kswapck_unverified(audit, stacks_unreadable, 1);
		break;
	case KSWAPCK_STACKS_NO:
		report_mark(audit, space, i);
		break;
	}
}

/* ------------------------------------------------------- folio without a mark */

static void check_folio(struct kswapck_audit *audit, const struct kswapck_space *space,
			uint32_t i)
{
	uint8_t byte = space->map[i];
	struct kswapck_finding finding;
	struct kswapck_page page;
	const char *says = "count only";

	if (byte != SWAP_MAP_BAD && (byte & SWAP_HAS_CACHE))
		return;
	if (byte == 0)
		says = "it is free";
	else if (byte == SWAP_MAP_BAD)
		says = "it is bad";
	finding = about(audit, FOLIO_WITHOUT_MARK, space, i, 1);
	finding.entry = space->entries[i];
	if (kswapck_page_read(audit, finding.entry, &page)) {
		finding.page = page.address;
		finding.pfn = page.pfn;
	}
	snprintf(finding.detail, sizeof(finding.detail), "0x%02x, %s", byte, says);
	kswapck_evidence_slot(&finding, "swap cache[slot]", space, finding.first_slot);
	kswapck_report(audit, &finding);
}

static void check_shadow(struct kswapck_audit *audit, const struct kswapck_space *space,
			 uint32_t i)
{
	struct kswapck_finding finding;

	/* the shadow goes after the byte, under the same lock (swap_range_free()) */
	if (space->map[i] ||
	    kswapck_slot_locked(audit, space->device, space->first_slot + i))
		return;
	finding = about(audit, STALE_SHADOW, space, i, 1);
	kswapck_evidence_slot(&finding, "swap cache[slot]", space, finding.first_slot);
	kswapck_report(audit, &finding);
}

/* ---------------------------------------------------------- continuation pages */

/* Of a page of shmem there is one owner, and the value has the same bit. */
static bool is_continued(uint8_t byte)
{
	return byte & COUNT_CONTINUED && (byte & ~SWAP_HAS_CACHE) != SWAP_MAP_SHMEM;
}

/*
 * The byte and its digits in the pages change under the lock of the cluster, or of
 * the device; pages are only ever added, at the end of their list, until swapoff
 * has emptied the device (swap_count_continued(), add_swap_count_continuation()).
 */
static void check_continuation(struct kswapck_audit *audit, const struct kswapck_space *space,
			       uint32_t i)
{
	uint64_t slot = space->first_slot + i, count;
	struct kswapck_finding finding;
	const char *why;

	if (kswapck_slot_locked(audit, space->device, slot) ||
	    kswapck_swap_count(audit, space->device, slot, space->map[i], &count, &why))
		return;
	if (!kswapck_count_damaged(audit, space->device, slot, space->map[i], &why)) {
		kswapck_unverified(audit, continuation_unreadable, 1);
		return;
	}
	finding = about(audit, COUNT_CONTINUATION, space, i, 1);
	snprintf(finding.detail, sizeof(finding.detail), "0x%02x, %s", space->map[i], why);
	kswapck_report(audit, &finding);
}

/* ------------------------------------------------------------------- counters */

static void check_counter(struct kswapck_audit *audit, const struct kswapck_space *space,
			  int problem, const char *name, uint64_t address,
			  uint64_t stored, uint64_t found)
{
	struct kswapck_finding finding = {
		.problem = &problems[problem],
		.device = space->device,
		.first_slot = space->first_slot,
		.last_slot = space->first_slot + space->slots - 1,
	};

	if (stored == found)
		return;
	/* signed: what was taken out too often shows as less than nothing */
	snprintf(finding.detail, sizeof(finding.detail), "%s is %lld but the tree holds %llu",
		 problems[problem].name, (long long)stored, (unsigned long long)found);
	kswapck_evidence_expected(&finding, name, address, 8, stored, found);
	kswapck_report(audit, &finding);
}

/* A folio and its mark, or neither: nothing to look at more closely. */
static bool is_usual(uint8_t kind, uint8_t byte)
{
	uint8_t marks = byte & (SWAP_HAS_CACHE | COUNT_CONTINUED);

	return (kind == KSWAPCK_ENTRY_PAGE && marks == SWAP_HAS_CACHE) ||
	       (kind == KSWAPCK_ENTRY_NONE && !marks);
}

/* Without branches, for the compiler to take many at once. */
static bool are_usual(const struct kswapck_space *space, uint32_t first, uint32_t end)
{
	uint8_t unusual = 0;
	uint32_t i;

	for (i = first; i < end; i++) {
		uint8_t usual = is_usual(space->kinds[i], space->map[i]);

		unusual |= space->map_read[i] & (usual ^ 1);
	}
	return !unusual;
}

static void check_slot(struct kswapck_audit *audit, const struct kswapck_space *space, uint32_t i,
		       struct unclaimed *run)
{
	if (!space->map_read[i] || is_usual(space->kinds[i], space->map[i]))
		return;
	if (space->kinds[i] == KSWAPCK_ENTRY_PAGE)
		check_folio(audit, space, i);
	else if (space->kinds[i] == KSWAPCK_ENTRY_SHADOW)
		check_shadow(audit, space, i);
	if (lacks_folio(audit, space, i))
		check_mark(audit, space, i, run);
	/* without swap_map they go on in the extend_table: see swap_table.c */
	if (space->device->swap_map && is_continued(space->map[i]))
		check_continuation(audit, space, i);
}

static void check_slots(struct kswapck_audit *audit, const struct kswapck_space *space)
{
	struct unclaimed run = {0};
	uint32_t i, end;

	for (i = 0; i < space->slots; i = end) {
		end = space->slots - i < LOOK_SLOTS ? space->slots : i + LOOK_SLOTS;
		if (!are_usual(space, i, end))
			for (; i < end; i++)
				check_slot(audit, space, i, &run);
	}
}

static void check_space(struct kswapck_audit *audit, const struct kswapck_space *space)
{
	check_slots(audit, space);
	/* the counters follow the tree, under its lock */
	if (!space->has_nrpages || space->locked || !space->complete)
		return;
	check_counter(audit, space, NRPAGES, "address_space.nrpages", space->nrpages_address,
		      space->nrpages, space->pages_found);
	if (space->has_nrexceptional)
		check_counter(audit, space, NREXCEPTIONAL, "address_space.nrexceptional",
			      space->nrexceptional_address, space->nrexceptional,
			      space->shadows_found);
}

static void check_device(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	struct kswapck_finding finding = {
		.problem = &problems[INUSE_PAGES],
		.device = device,
	};

	if (!device->map_complete || device->locked || device->inuse == device->map_used)
		return;
	snprintf(finding.detail, sizeof(finding.detail),
		 "inuse_pages of %s is %llu but %s %llu slots in use", device->name,
		 (unsigned long long)device->inuse,
		 device->swap_map ? "swap_map has" : "the swap tables have",
		 (unsigned long long)device->map_used);
	kswapck_evidence(&finding, "swap_info_struct.inuse_pages", device->inuse_address,
			 device->inuse_size, device->inuse_raw);
	kswapck_report(audit, &finding);
}

extern const struct kswapck_plugin kswapck_plugin_swap_map;
const struct kswapck_plugin kswapck_plugin_swap_map = {
	.abi = KSWAPCK_ABI,
	.name = "swap-map",
	.summary = "swap_map and the counters against the swap cache",
	.problems = problems,
	.space_end = check_space,
	.device_end = check_device,
};
