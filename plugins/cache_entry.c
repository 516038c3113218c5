// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a slot points to: is it a live folio of the swap cache, and this slot's?
 *
 * A folio of order n in the cache fills 2^n neighbouring slots with pointers to
 * its head page. Its ->private (folio->swap since 6.6) names the first of them;
 * up to 6.5 each tail's ->private names its own (mm/swap_state.c
 * add_to_swap_cache()).
 *
 * Legal and silent: a folio with reference count 0 that is locked is frozen
 * for migration, split or reclaim (folio_ref_freeze()); a locked folio that
 * fills only part of its slots while the tree's lock is held is being added,
 * removed, split or replaced. In swap tables the words come first, the folio's flag
 * and references follow, under the cluster's lock (__swap_cache_do_add_folio()).
 */
#include "kswapck.h"

#include <stdio.h>

enum {
	FREED_FOLIO,
	REUSED_PAGE,
	TAIL_ENTRY,
	BAD_ENTRY,
	PARTIAL_FOLIO,
	WRONG_SLOT,
	TAIL_PRIVATE,
	TAIL_PRIVATE_SET,
	REFCOUNT_LOW,
	FILE_MAPPING,
	ODD_ORDER,
};

/* A folio in the swap cache is at most a huge page: HPAGE_PMD_ORDER. */
#define LARGEST_ORDER 9

static const struct kswapck_problem problems[] = {
	[FREED_FOLIO] = {
		.id = "KS101",
		.name = "freed-folio",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} still hold{s} page {page} (pfn {pfn}), which was freed: {detail}",
		.meaning = "The swap cache points to a page whose reference count is 0. A folio in "
			"the cache is held by the cache itself, one reference per slot, so such a "
			"page was freed, and perhaps given out again, while the slot kept its "
			"address.",
		.origin = "Known cause: migration of a large folio in the swap cache replaced only "
			"its first slot, and the other slots keep the freed source folio. Introduced "
			"by 6b24ca4a1a8d in 5.17, fixed by fc346d0a70a1 in 6.7, 6.6.10 and 6.1.71. "
			"Then slot 0 of the folio holds the new copy and the slots after it the old "
			"one. Otherwise: a reference dropped once too often.",
		.consequence = "Whoever looks the slot up (a page fault, swapoff, readahead, reclaim) "
			"tries to take a reference, fails because the count is 0, and tries again for "
			"ever, under rcu_read_lock(): rcu_preempt stalls, soft lockups, every task "
			"that waits for a grace period hangs. Once the page is given out again as a "
			"folio of its own, the spin becomes an endless refault (reused-page).",
		.confirm = "The reference count is 0, and the slot holds the page:\n"
			" crash> struct page.flags,_refcount,private PAGE\n"
			" crash> kmem PAGE\n"
			" crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  Object(prog, 'struct page *', PAGE)._refcount.counter\n"
			" drgn>  hex(prog.read_u64(EVIDENCE-ADDRESS))",
	},
	[REUSED_PAGE] = {
		.id = "KS102",
		.name = "reused-page",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} hold{s} page {page} (pfn {pfn}), which is not in the swap cache: "
			"it is {detail}",
		.meaning = "The slot points to a page that is in use, but as something else: its flags "
			"do not say PG_swapcache with PG_swapbacked.",
		.origin = "A page that was freed while a slot still pointed to it (see freed-folio) and "
			"given out again; or a flag that was cleared behind the cache's back.",
		.consequence = "A page fault on the slot finds the page, locks it, sees that it is not "
			"the swap cache's (do_swap_page() in mm/memory.c), lets it go and returns; the "
			"task faults again at once, for ever: 100 % CPU, no stall, nothing in the log. "
			"Reclaim and swapoff may act on memory that is not theirs.",
		.confirm = "Look at the page's flags and mapping:\n"
			" crash> kmem -p | grep PAGE\n"
			" drgn>  decode_page_flags(Object(prog, 'struct page *', PAGE))",
	},
	[TAIL_ENTRY] = {
		.id = "KS103",
		.name = "tail-entry",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots} hold{s} page {page} (pfn {pfn}), which is a tail page: {detail}",
		.meaning = "Since 5.4 every slot of a large folio holds its head page (4101196b19d7). "
			"A tail page there is no folio and has no reference count of its own.",
		.origin = "Memory corruption, or code that stored page + i as kernels before 5.4 did.",
		.consequence = "Lookups treat the tail page as a folio: its count is 0, so they spin "
			"under rcu_read_lock() as with freed-folio, or they read fields of other pages.",
		.confirm = "Bit 0 of compound_head is set:\n"
			" crash> struct page.compound_head,_refcount PAGE\n"
			" drgn>  compound_head(Object(prog, 'struct page *', PAGE))",
	},
	[BAD_ENTRY] = {
		.id = "KS104",
		.name = "bad-entry",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots} hold{s} {entry}, which is not the address of a struct page",
		.meaning = "An entry of the swap cache is nothing, a shadow (an odd number) or the "
			"address of a struct page; since 7.1 the number of a page frame instead. "
			"This is none of them.",
		.origin = "Memory corruption: a stray write, a bit flip, or a freed tree node that was "
			"overwritten.",
		.consequence = "The next lookup reads or writes through the pointer: an oops, or silent "
			"corruption elsewhere.",
		.confirm = "Read the slot in the tree node and compare with vmemmap:\n"
			" crash> rd EVIDENCE-ADDRESS; p vmemmap_base\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[PARTIAL_FOLIO] = {
		.id = "KS105",
		.name = "partial-folio",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "folio {page} (pfn {pfn}) does not fill all of its slots: {detail}",
		.meaning = "A large folio in the swap cache must fill one slot for each of its pages. "
			"Some of its slots hold something else.",
		.origin = "Known cause: migration replaced only the first slot (see freed-folio); the "
			"folio named here is then the new copy, and the slots that it misses hold the "
			"freed one.",
		.consequence = "Faults on the missing slots do not find this folio: they spin on what is "
			"there, or read the page from disk a second time and data written meanwhile is "
			"lost. Removing the folio from the cache later stores shadows over slots that "
			"are not its own, and nrpages goes wrong.",
		.confirm = "Compare the slots with the folio's own idea of its place:\n"
			" crash> struct page.private PAGE\n"
			" crash> tree -t xarray -r address_space.i_pages SPACE\n"
			" drgn>  space = Object(prog, 'struct address_space *', SPACE)\n"
			" drgn>  xa_load(space.i_pages.address_of_(), INDEX)",
	},
	[WRONG_SLOT] = {
		.id = "KS106",
		.name = "wrong-slot",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}), which names another place: {detail}",
		.meaning = "The folio's ->private (folio->swap since 6.6) is the swap entry of its "
			"slot. Here it is not the slot that holds the folio.",
		.origin = "Known cause: migration of a large folio copied ->private of the head page "
			"only (kernels before 5.4.274, 5.10.215, 5.15.154, 6.1.84; see tail-private), "
			"and the folio was split afterwards, which made the wrong tails folios of their "
			"own. In 6.0 before 6.0.7 the split itself could do it (71e2d666ef85).",
		.consequence = "A page fault on the slot finds the folio, sees that it does not match "
			"the entry, and returns to fault again, for ever: 100 % CPU, no stall, nothing "
			"in the log. When the folio is removed from the cache, another slot than its "
			"own is emptied.",
		.confirm = "Compare ->private with the entry of the slot, type << 58 | slot:\n"
			" crash> struct page.private PAGE\n"
			" drgn>  hex(Object(prog, 'struct page *', PAGE).private)",
	},
	[TAIL_PRIVATE] = {
		.id = "KS107",
		.name = "tail-private",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: tail pages of folio {page} (pfn {pfn}) do not name their slots: "
			"{detail}",
		.meaning = "Up to 6.5, page i of a large folio in the swap cache has the entry of slot "
			"i in its ->private. These have something else.",
		.origin = "Known cause: migration copied ->private of the head page only, since "
			"e71769ae5260 in 4.16. Fixed in the stable branches 5.4.274, 5.10.215, "
			"5.15.154 and 6.1.84; 6.6 and later do not use ->private of tails "
			"(cfeed8ffe55b).",
		.consequence = "A page fault on such a slot finds the folio, compares ->private with "
			"the entry (do_swap_page() in mm/memory.c), sees a mismatch and returns to fault "
			"again, for ever: 100 % CPU, no stall, nothing in the log. If the folio is "
			"split, its pages sit in the wrong slots for good (wrong-slot).",
		.confirm = "Page i of the folio must have the head's private + i:\n"
			" crash> struct page.private PAGE\n"
			" crash> struct page.private PAGE+i*sizeof(struct page)\n"
			" drgn>  [hex(Object(prog, 'struct page *', PAGE)[i].private) for i in (0, 1)]",
	},
	[TAIL_PRIVATE_SET] = {
		.id = "KS108",
		.name = "tail-private-set",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots}: tail pages of folio {page} (pfn {pfn}) have something in ->private: "
			"{detail}",
		.meaning = "Since 6.6 ->private of the tail pages of a folio in the swap cache is not "
			"used and 0 (cfeed8ffe55b). These have something there.",
		.origin = "A stray write, or a stale value that was not cleared when the folio was made.",
		.consequence = "None while the folio is whole. A split warns and clears it "
			"(mm/huge_memory.c, 'page_tail->private').",
		.confirm = " crash> struct page.private PAGE+i*sizeof(struct page)\n"
			" drgn>  hex(Object(prog, 'struct page *', PAGE)[i].private)",
	},
	[REFCOUNT_LOW] = {
		.id = "KS109",
		.name = "refcount-low",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}) with fewer references than slots: "
			"{detail}",
		.meaning = "The swap cache holds one reference to a folio for each slot. The folio has "
			"fewer references in all than that.",
		.origin = "A reference dropped once too often, or memory corruption.",
		.consequence = "The folio will be freed while slots still point to it: freed-folio is "
			"what comes next.",
		.confirm = " crash> struct page._refcount PAGE\n"
			" drgn>  Object(prog, 'struct page *', PAGE)._refcount.counter",
	},
	[FILE_MAPPING] = {
		.id = "KS110",
		.name = "file-mapping",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}), whose mapping is neither anonymous "
			"nor empty: {detail}",
		.meaning = "A folio in the swap cache is anonymous memory, or was, or is to become "
			"shmem; only while it is locked may it be in a file's page cache as well.",
		.origin = "Memory corruption, or a page that was given out again without losing its "
			"swap cache flag.",
		.consequence = "The kernel takes swap memory for file memory: wrong data in the file or "
			"in the process, or an oops.",
		.confirm = " crash> struct page.mapping,flags PAGE\n"
			" drgn>  Object(prog, 'struct page *', PAGE).mapping",
	},
	[ODD_ORDER] = {
		.id = "KS111",
		.name = "odd-order",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}), which is marked large but whose "
			"order cannot be: nothing, or more than that of a huge page",
		.meaning = "The first page of a large folio has PG_head, and the page after it the "
			"order. A folio in the swap cache is of order 1 to 9 on x86_64.",
		.origin = "Memory corruption in struct page.",
		.consequence = "The kernel takes too few or too many pages for the folio: slots are "
			"left behind, or other folios' pages are freed with it.",
		.confirm = " crash> struct page.flags PAGE\n"
			" crash> rd -8 PAGE+64 64\n"
			" drgn>  compound_order(Object(prog, 'struct page *', PAGE))",
	},
	{0},
};

/* Uses of a page that go without a reference count. */
#define USED_AS_MEMORY (KSWAPCK_PAGE_SLAB | KSWAPCK_PAGE_TABLE | KSWAPCK_PAGE_HUGETLB | \
			KSWAPCK_PAGE_OFFLINE | KSWAPCK_PAGE_KMALLOC)

static const char unreadable_page[] = "struct page is not in the dump";
static const char unreadable_tail[] = "tail page of a large folio is not in the dump";

/* A finding about @run and the page that it holds. */
static struct kswapck_finding about(int problem, const struct kswapck_space *space,
				    const struct kswapck_run *run)
{
	struct kswapck_finding finding = {
		.problem = &problems[problem],
		.device = space->device,
		.first_slot = run->first_slot,
		.last_slot = run->first_slot + run->count - 1,
		.count = run->count,
		.entry = run->entry,
	};

	if (run->page) {
		finding.page = run->page->address;
		finding.pfn = run->page->pfn;
	}
	kswapck_evidence_slot(&finding, "swap cache[slot]", space, run->first_slot);
	return finding;
}

static bool is(const struct kswapck_page *page, enum kswapck_page_mark mark)
{
	return (page->marks & mark) != 0;
}

/* First slot by the folio's own word; false if it is of another device. */
static bool own_slot(const struct kswapck_space *space, const struct kswapck_page *page,
		     uint64_t *slot)
{
	unsigned int type;

	kswapck_swap_entry_split(page->private, &type, slot);
	return type == space->device->type;
}

/* Is @slot among those that @folio says are its own? */
static bool covers(const struct kswapck_space *space, const struct kswapck_page *folio,
		   uint64_t slot)
{
	uint64_t first;

	return is(folio, KSWAPCK_PAGE_SWAPCACHE) && own_slot(space, folio, &first) &&
	       slot >= first && slot - first < 1ULL << folio->order;
}

/* ------------------------------------------------------------- entry and page */

static void report_bad_entry(struct kswapck_audit *audit, const struct kswapck_space *space,
			     const struct kswapck_run *run)
{
	struct kswapck_finding finding = about(BAD_ENTRY, space, run);

	kswapck_report(audit, &finding);
}

/* How it is known that the page is free. */
static void describe_freed(struct kswapck_audit *audit, const struct kswapck_page *page,
			   struct kswapck_finding *finding)
{
	struct kswapck_page block;
	char what[96];

	if (page->marks & USED_AS_MEMORY) {
		kswapck_page_describe(page, what, sizeof(what));
		snprintf(finding->detail, sizeof(finding->detail),
			 "it was given out again and is now %s, without a reference count", what);
		kswapck_evidence_page(audit, finding, page, KSWAPCK_FIELD_PAGE_TYPE);
	} else if (is(page, KSWAPCK_PAGE_SWAPCACHE)) {
		snprintf(finding->detail, sizeof(finding->detail),
			 "its reference count is 0, though its flags still say swap cache");
	} else if (!kswapck_buddy_block(audit, page, &block)) {
		snprintf(finding->detail, sizeof(finding->detail),
			 "its reference count is 0; it is in no block of the buddy allocator, so "
			 "in a per-CPU free list or just on its way");
	} else if (block.address == page->address) {
		snprintf(finding->detail, sizeof(finding->detail),
			 "it is the first page of a free block of order %u in the buddy allocator",
			 (unsigned int)block.private);
		kswapck_evidence_page(audit, finding, page, KSWAPCK_FIELD_PAGE_TYPE);
		kswapck_evidence_page(audit, finding, page, KSWAPCK_FIELD_PRIVATE);
	} else {
		snprintf(finding->detail, sizeof(finding->detail),
			 "it lies inside the free block of order %u at page 0x%llx (pfn 0x%llx) in "
			 "the buddy allocator", (unsigned int)block.private,
			 (unsigned long long)block.address, (unsigned long long)block.pfn);
		kswapck_evidence_page(audit, finding, &block, KSWAPCK_FIELD_PAGE_TYPE);
		kswapck_evidence_page(audit, finding, &block, KSWAPCK_FIELD_PRIVATE);
	}
}

static void check_free_page(struct kswapck_audit *audit, const struct kswapck_space *space,
			    const struct kswapck_run *run)
{
	struct kswapck_finding finding = about(FREED_FOLIO, space, run);

	if (is(run->page, KSWAPCK_PAGE_LOCKED) && is(run->page, KSWAPCK_PAGE_SWAPCACHE)) {
		kswapck_in_motion(audit, run->count);
		return;
	}
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_REFCOUNT);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_FLAGS);
	describe_freed(audit, run->page, &finding);
	kswapck_report(audit, &finding);
}

/*
 * A freed page that was given out again inside a larger one keeps the count 0
 * and has lost its flags. Anything else that is a tail was never a folio.
 */
static void check_tail_page(struct kswapck_audit *audit, const struct kswapck_space *space,
			    const struct kswapck_run *run)
{
	const struct kswapck_page *page = run->page;
	struct kswapck_finding finding;
	struct kswapck_page head;
	char what[96];

	if (kswapck_is_page(audit, page->head) && !kswapck_page_read(audit, page->head, &head)) {
		kswapck_unverified(audit, unreadable_page, run->count);
		return;
	}
	if (!kswapck_is_page(audit, page->head)) {
		finding = about(TAIL_ENTRY, space, run);
		snprintf(finding.detail, sizeof(finding.detail),
			 "its head would be 0x%llx, which is not the address of a struct page",
			 (unsigned long long)page->head);
	} else if (page->refcount == 0 && !covers(space, &head, run->first_slot)) {
		finding = about(FREED_FOLIO, space, run);
		kswapck_page_describe(&head, what, sizeof(what));
		snprintf(finding.detail, sizeof(finding.detail),
			 "it was given out again and is now inside the compound page at 0x%llx "
			 "(order %u, %s)", (unsigned long long)head.address, head.order, what);
	} else {
		finding = about(TAIL_ENTRY, space, run);
		snprintf(finding.detail, sizeof(finding.detail),
			 "its head is page 0x%llx (order %u)%s", (unsigned long long)head.address,
			 head.order, covers(space, &head, run->first_slot) ?
			 ", which is what the slot should hold" : "");
	}
	kswapck_evidence_page(audit, &finding, page, KSWAPCK_FIELD_COMPOUND_HEAD);
	kswapck_evidence_page(audit, &finding, page, KSWAPCK_FIELD_REFCOUNT);
	kswapck_report(audit, &finding);
}

static void report_reused(struct kswapck_audit *audit, const struct kswapck_space *space,
			  const struct kswapck_run *run)
{
	struct kswapck_finding finding = about(REUSED_PAGE, space, run);

	kswapck_page_describe(run->page, finding.detail, sizeof(finding.detail));
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_FLAGS);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_REFCOUNT);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_MAPPING);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_PAGE_TYPE);
	kswapck_report(audit, &finding);
}

static void report_odd_order(struct kswapck_audit *audit, const struct kswapck_space *space,
			     const struct kswapck_run *run)
{
	struct kswapck_finding finding = about(ODD_ORDER, space, run);

	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_FLAGS);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_PRIVATE);
	kswapck_report(audit, &finding);
}

/* ------------------------------------------------------------ folio and slots */

static void report_wrong_slot(struct kswapck_audit *audit, const struct kswapck_space *space,
			      const struct kswapck_run *run, uint64_t first, uint64_t count)
{
	struct kswapck_finding finding = about(WRONG_SLOT, space, run);
	const struct kswapck_page *page = run->page;
	unsigned int type;
	uint64_t slot;

	if (first != run->first_slot) {
		finding.evidence_count = 0;
		kswapck_evidence_slot(&finding, "swap cache[slot]", space, first);
	}
	finding.first_slot = first;
	finding.last_slot = first + count - 1;
	finding.count = count;
	kswapck_swap_entry_split(page->private, &type, &slot);
	snprintf(finding.detail, sizeof(finding.detail), "slot %llu of device %u",
		 (unsigned long long)slot, type);
	/* the value that would be right is known for a page of its own only */
	if (page->order)
		kswapck_evidence_page(audit, &finding, page, KSWAPCK_FIELD_PRIVATE);
	else
		kswapck_evidence_page_expected(audit, &finding, page, KSWAPCK_FIELD_PRIVATE,
					       kswapck_swap_entry(space->device->type, first));
	kswapck_evidence_page(audit, &finding, page, KSWAPCK_FIELD_FLAGS);
	kswapck_report(audit, &finding);
}

/* What the slots of a folio hold besides the folio. */
struct missing {
	uint64_t have;		/* slots that hold the folio */
	uint64_t first, last;	/* of those that do not */
	uint64_t unreadable;
	bool any;		/* there are such slots */
	bool seen_before;	/* a slot before the run holds the folio too */
};

static struct missing count_missing(const struct kswapck_space *space,
				    const struct kswapck_run *run, uint64_t first, uint64_t count)
{
	struct missing missing = {0};
	uint64_t slot;

	/* as it should be: the run is all of the folio's slots */
	if (run->first_slot == first && run->count == count)
		return (struct missing){.have = count};
	for (slot = first; slot < first + count; slot++) {
		uint64_t i = slot - space->first_slot;

		if (i < space->slots && space->kinds[i] == KSWAPCK_ENTRY_UNREADABLE) {
			missing.unreadable++;
		} else if (i < space->slots && space->entries[i] == run->entry) {
			missing.have++;
			missing.seen_before |= slot < run->first_slot;
		} else {
			if (!missing.any)
				missing.first = slot;
			missing.any = true;
			missing.last = slot;
		}
	}
	return missing;
}

static void report_partial(struct kswapck_audit *audit, const struct kswapck_space *space,
			   const struct kswapck_run *run, const struct missing *missing,
			   uint64_t first, uint64_t count)
{
	struct kswapck_finding finding = about(PARTIAL_FOLIO, space, run);
	uint64_t i = missing->first - space->first_slot;
	uint64_t entry = i < space->slots ? space->entries[i] : 0;
	char other[64] = "nothing";

	if (entry & 1)
		snprintf(other, sizeof(other), "a shadow");
	else if (entry)
		snprintf(other, sizeof(other), "0x%llx", (unsigned long long)entry);
	finding.first_slot = missing->first;
	finding.last_slot = missing->last;
	finding.count = count - missing->have - missing->unreadable;
	kswapck_evidence_slot(&finding, "swap cache[lost slot]", space, missing->first);
	snprintf(finding.detail, sizeof(finding.detail),
		 "it is of order %u and holds %llu of its %llu slots %llu-%llu; slot %llu holds %s",
		 run->page->order, (unsigned long long)missing->have, (unsigned long long)count,
		 (unsigned long long)first, (unsigned long long)(first + count - 1),
		 (unsigned long long)missing->first, other);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_PRIVATE);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_FLAGS);
	kswapck_report(audit, &finding);
}

/* ------------------------------------------------------------------ tail pages */

struct tails {
	uint64_t wrong;			/* how many */
	uint64_t first_index;		/* the first of them: tail i */
	uint64_t last_index;
	uint64_t unreadable;
	struct kswapck_page first;
	uint64_t expected;		/* ->private of the first */
};

static struct tails count_wrong_tails(struct kswapck_audit *audit,
				      const struct kswapck_page *folio)
{
	bool zero = kswapck_tail_private(audit) == KSWAPCK_TAIL_PRIVATE_ZERO;
	struct tails tails = {0};
	struct kswapck_page tail;
	uint64_t i;

	for (i = 1; i < 1ULL << folio->order; i++) {
		uint64_t expected = zero ? 0 : folio->private + i;

		if (!kswapck_page_at(audit, folio, i, &tail)) {
			tails.unreadable++;
			continue;
		}
		if (tail.private == expected || (zero && kswapck_tail_private_used(audit, i)))
			continue;
		if (!tails.wrong++) {
			tails.first_index = i;
			tails.first = tail;
			tails.expected = expected;
		}
		tails.last_index = i;
	}
	return tails;
}

static void check_tails(struct kswapck_audit *audit, const struct kswapck_space *space,
			const struct kswapck_run *run, uint64_t first)
{
	bool zero = kswapck_tail_private(audit) == KSWAPCK_TAIL_PRIVATE_ZERO;
	struct tails tails = count_wrong_tails(audit, run->page);
	struct kswapck_finding finding;

	if (tails.unreadable)
		kswapck_unverified(audit, unreadable_tail, tails.unreadable);
	if (!tails.wrong)
		return;
	finding = about(zero ? TAIL_PRIVATE_SET : TAIL_PRIVATE, space, run);
	finding.first_slot = first + tails.first_index;
	finding.last_slot = first + tails.last_index;
	finding.count = tails.wrong;
	snprintf(finding.detail, sizeof(finding.detail),
		 "%llu of its %llu tails; tail %llu has 0x%llx",
		 (unsigned long long)tails.wrong, (1ULL << run->page->order) - 1,
		 (unsigned long long)tails.first_index, (unsigned long long)tails.first.private);
	kswapck_evidence_page_expected(audit, &finding, &tails.first, KSWAPCK_FIELD_PRIVATE,
				       tails.expected);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_PRIVATE);
	kswapck_report(audit, &finding);
}

/* ---------------------------------------------------------------- whole folio */

static void check_references(struct kswapck_audit *audit, const struct kswapck_space *space,
			     const struct kswapck_run *run, uint64_t have)
{
	struct kswapck_finding finding;

	if (run->page->refcount >= 0 && (uint64_t)run->page->refcount >= have)
		return;
	finding = about(REFCOUNT_LOW, space, run);
	snprintf(finding.detail, sizeof(finding.detail), "%d for %llu", run->page->refcount,
		 (unsigned long long)have);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_REFCOUNT);
	kswapck_report(audit, &finding);
}

static void check_mapping(struct kswapck_audit *audit, const struct kswapck_space *space,
			  const struct kswapck_run *run)
{
	struct kswapck_finding finding;

	/* shmem is in both caches for a moment, locked (mm/shmem.c shmem_writepage()) */
	if (!is(run->page, KSWAPCK_PAGE_FILE) || is(run->page, KSWAPCK_PAGE_LOCKED))
		return;
	finding = about(FILE_MAPPING, space, run);
	snprintf(finding.detail, sizeof(finding.detail), "0x%llx",
		 (unsigned long long)run->page->mapping);
	kswapck_evidence_page(audit, &finding, run->page, KSWAPCK_FIELD_MAPPING);
	kswapck_report(audit, &finding);
}

/* A live folio of the swap cache, in slots that are its own: [first, first + count). */
static void check_own_slots(struct kswapck_audit *audit, const struct kswapck_space *space,
			    const struct kswapck_run *run, uint64_t first, uint64_t count)
{
	struct missing missing = count_missing(space, run, first, count);

	if (missing.seen_before)
		return;		/* done with the run before */
	if (missing.have + missing.unreadable < count) {
		if (is(run->page, KSWAPCK_PAGE_LOCKED) && space->locked) {
			kswapck_in_motion(audit, run->count);
			return;
		}
		report_partial(audit, space, run, &missing, first, count);
	}
	check_references(audit, space, run, missing.have);
	check_mapping(audit, space, run);
	if (run->page->order)
		check_tails(audit, space, run, first);
}

static void check_folio(struct kswapck_audit *audit, const struct kswapck_space *space,
			const struct kswapck_run *run)
{
	uint64_t count = 1ULL << run->page->order, first, end = run->first_slot + run->count;

	/*
	 * __delete_from_swap_cache() takes the entries out one by one and, up to 6.5,
	 * clears each page's ->private on the way.
	 */
	if (run->page->order && !run->page->private && is(run->page, KSWAPCK_PAGE_LOCKED) &&
	    space->locked) {
		kswapck_in_motion(audit, run->count);
		return;
	}
	if (!own_slot(space, run->page, &first) ||
	    run->first_slot >= first + count || end <= first) {
		report_wrong_slot(audit, space, run, run->first_slot, run->count);
		return;
	}
	/* the run may reach beyond the folio's own slots on either side */
	if (run->first_slot < first)
		report_wrong_slot(audit, space, run, run->first_slot, first - run->first_slot);
	if (end > first + count)
		report_wrong_slot(audit, space, run, first + count, end - first - count);
	check_own_slots(audit, space, run, first, count);
}

static bool is_moving(struct kswapck_audit *audit, const struct kswapck_space *space,
		      const struct kswapck_run *run)
{
	return !space->has_nrpages && is(run->page, KSWAPCK_PAGE_LOCKED) &&
	       kswapck_slot_locked(audit, space->device, run->first_slot);
}

/* A small folio, alive and in its own slot: nothing to look at more closely. */
static bool is_usual(const struct kswapck_space *space, const struct kswapck_run *run)
{
	const struct kswapck_page *page = run->page;
	uint32_t telling = KSWAPCK_PAGE_SWAPCACHE | KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_HEAD |
			   KSWAPCK_PAGE_FILE | KSWAPCK_PAGE_LOCKED;

	return page && (page->marks & telling) == KSWAPCK_PAGE_SWAPCACHE && page->refcount > 0 &&
	       run->count == 1 &&
	       page->private == kswapck_swap_entry(space->device->type, run->first_slot);
}

static void check_run(struct kswapck_audit *audit, const struct kswapck_space *space,
		      const struct kswapck_run *run)
{
	if (run->kind != KSWAPCK_ENTRY_PAGE || is_usual(space, run))
		return;
	if (!run->is_page_address)
		report_bad_entry(audit, space, run);
	else if (!run->page)
		kswapck_unverified(audit, unreadable_page, run->count);
	else if (is_moving(audit, space, run))
		kswapck_in_motion(audit, run->count);
	else if (is(run->page, KSWAPCK_PAGE_TAIL))
		check_tail_page(audit, space, run);
	else if (run->page->refcount == 0)
		check_free_page(audit, space, run);
	else if (!is(run->page, KSWAPCK_PAGE_SWAPCACHE))
		report_reused(audit, space, run);
	else if (is(run->page, KSWAPCK_PAGE_ODD_ORDER) || run->page->order > LARGEST_ORDER)
		report_odd_order(audit, space, run);
	else
		check_folio(audit, space, run);
}

extern const struct kswapck_plugin kswapck_plugin_cache_entry;
const struct kswapck_plugin kswapck_plugin_cache_entry = {
	.abi = KSWAPCK_ABI,
	.name = "cache-entry",
	.summary = "slots of the swap cache against the pages that they hold",
	.problems = problems,
	.skips_usual = true,
	.run = check_run,
};
