// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * References of a cached folio against what its mappings and its slots hold: one for
 * each PTE or PMD that maps it, and one for each slot.
 *
 * Of a small folio the sum is a lower bound at every moment. Whoever maps a page has
 * its reference first (do_swap_page() and do_anonymous_page() theirs, copy_present_pte()
 * get_page(), remove_migration_pte() folio_get() before rmap is told; since 6.8
 * folio_ref_add() before folio_add_*_rmap_*()), and whoever unmaps it drops it after
 * (zap_present_pte(), try_to_unmap_one(), wp_page_copy()); add_to_swap_cache() adds its
 * references before it stores an entry, and __delete_from_swap_cache() takes out the
 * entries before they are dropped. Read in 5.10, 6.1 and 6.12. The count goes below only
 * when frozen, and then it is 0.
 *
 * Of a large one it is not: __split_huge_pmd_locked() counts 512 mappings for the 511
 * references that it has added, until it uncounts the PMD; and up to 6.1 it clears
 * PG_double_map before it takes back what that stands for, one for each page. So a
 * shortage of up to its number of pages is left alone.
 */
#include "kswapck.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	REFCOUNT_BELOW_MAPCOUNT,
	ODD_MAPCOUNT,
	FOLIO_PINNED,
};

static const struct kswapck_problem problems[] = {
	[REFCOUNT_BELOW_MAPCOUNT] = {
		.id = "KS701",
		.name = "references-missing",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}) with fewer references than "
			"page tables and slots have on it: {detail}",
		.meaning = "Each page table entry that maps a folio holds a reference to it, and "
			"so does each of its slots in the swap cache. The folio has fewer "
			"references in all.",
		.origin = "A reference dropped once too often (a driver that unpins pages twice, a "
			"put_page() in an error path), a mapping counted twice, or memory "
			"corruption.",
		.consequence = "When the last of them but one is dropped, the folio is freed while "
			"a process still maps it, or a slot still points to it: two owners write "
			"to one page, or lookups of the slot spin (freed-folio).",
		.confirm = "Compare the reference count with the mappings:\n"
			" crash> struct page._refcount,_mapcount PAGE\n"
			" drgn>  page = Object(prog, 'struct page *', PAGE)\n"
			" drgn>  page._refcount.counter, page._mapcount.counter + 1",
	},
	[ODD_MAPCOUNT] = {
		.id = "KS702",
		.name = "odd-mapcount",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}), which is mapped a negative "
			"number of times: {detail}",
		.meaning = "The map count of a folio says how many page table entries map it. "
			"Fewer than none is impossible.",
		.origin = "A mapping that was uncounted twice, or memory corruption in struct "
			"page.",
		.consequence = "The kernel takes the folio for unmapped, or for mapped, when it is "
			"not: reclaim may free memory that a process uses, or never free it. 'BUG: "
			"Bad page map' and 'BUG: Bad page state' are what the log says of it.",
		.confirm = " crash> struct page._mapcount PAGE\n"
			" drgn>  Object(prog, 'struct page *', PAGE)._mapcount.counter",
	},
	[FOLIO_PINNED] = {
		.id = "KS703",
		.name = "folio-pinned",
		.severity = KSWAPCK_IGNORE,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} hold{s} folio {page} (pfn {pfn}) with more references than "
			"its mappings and slots explain: {detail}",
		.meaning = "Somebody besides page tables and the swap cache holds references to "
			"the folio: direct I/O in flight, registered buffers, vmsplice(), RDMA, or "
			"a task that is working on it, or a per-CPU LRU batch. That is legal, so "
			"it is only reported when asked for (--severity folio-pinned=warn).",
		.origin = "get_user_pages() and its kin; 'kswapck pins' says who explains what.",
		.consequence = "The folio cannot be migrated, split or swapped out until the "
			"references are dropped: memory does not go offline, compaction and CMA "
			"fail there.",
		.confirm = "Compare the reference count with 1 for each mapping and slot:\n"
			" crash> struct page._refcount,_mapcount PAGE\n"
			" drgn>  Object(prog, 'struct page *', PAGE)._refcount.counter",
	},
	{0},
};

static struct kswapck_finding about(int problem, const struct kswapck_space *space,
				    const struct kswapck_run *run,
				    const struct kswapck_folio *folio, uint64_t slots)
{
	struct kswapck_finding finding = {
		.problem = &problems[problem],
		.device = space->device,
		.first_slot = run->first_slot,
		.last_slot = run->first_slot + slots - 1,
		.count = slots,
		.entry = run->entry,
		.page = folio->page.address,
		.pfn = folio->page.pfn,
	};

	return finding;
}

static void add_counts(struct kswapck_audit *audit, struct kswapck_finding *finding,
		       const struct kswapck_folio *folio)
{
	uint32_t raw = 0;

	kswapck_evidence_page(audit, finding, &folio->page, KSWAPCK_FIELD_REFCOUNT);
	if (folio->mapcount_size == sizeof(raw) &&
	    kswapck_read(audit, folio->mapcount_address, &raw, sizeof(raw)))
		kswapck_evidence(finding, folio->page.marks & KSWAPCK_PAGE_HEAD ?
				 "mapcount of the whole" : "page._mapcount",
				 folio->mapcount_address, sizeof(raw), raw);
}

static void report_odd(struct kswapck_audit *audit, const struct kswapck_space *space,
		       const struct kswapck_run *run, const struct kswapck_folio *folio,
		       uint64_t slots)
{
	struct kswapck_finding finding = about(ODD_MAPCOUNT, space, run, folio, slots);

	snprintf(finding.detail, sizeof(finding.detail), "%" PRId64 " times", folio->mapcount);
	add_counts(audit, &finding, folio);
	kswapck_report(audit, &finding);
}

static void report_low(struct kswapck_audit *audit, const struct kswapck_space *space,
		       const struct kswapck_run *run, const struct kswapck_folio *folio,
		       uint64_t slots)
{
	struct kswapck_finding finding = about(REFCOUNT_BELOW_MAPCOUNT, space, run, folio, slots);

	snprintf(finding.detail, sizeof(finding.detail),
		 "%" PRId32 " for %" PRId64 " mapping%s and %" PRIu64 " slot%s",
		 folio->page.refcount, folio->mapcount, folio->mapcount == 1 ? "" : "s", slots,
		 slots == 1 ? "" : "s");
	add_counts(audit, &finding, folio);
	kswapck_report(audit, &finding);
}

/* One reference more is what a task has that is reading, writing or reclaiming it. */
static bool is_at_work(const struct kswapck_page *page)
{
	return !(page->marks & KSWAPCK_PAGE_LRU) ||
	       page->marks & (KSWAPCK_PAGE_LOCKED | KSWAPCK_PAGE_WRITEBACK);
}

static void report_pinned(struct kswapck_audit *audit, const struct kswapck_space *space,
			  const struct kswapck_run *run, const struct kswapck_folio *folio,
			  uint64_t slots, int64_t more)
{
	struct kswapck_finding finding = about(FOLIO_PINNED, space, run, folio, slots);
	int length;

	length = snprintf(finding.detail, sizeof(finding.detail),
			  "%" PRId64 " more, of %" PRId32, more, folio->page.refcount);
	if (folio->pincount_known && length > 0)
		snprintf(finding.detail + length, sizeof(finding.detail) - (size_t)length,
			 ", %" PRId64 " by FOLL_PIN", folio->pincount);
	add_counts(audit, &finding, folio);
	kswapck_report(audit, &finding);
}

static void check_folio(struct kswapck_audit *audit, const struct kswapck_space *space,
			const struct kswapck_run *run, const struct kswapck_folio *folio)
{
	uint64_t slots = run->count < folio->pages ? run->count : folio->pages;
	int64_t held = (int64_t)slots, slack = 0, more;

	if (!folio->mapcount_known)
		return;
	if (folio->mapcount < 0) {
		report_odd(audit, space, run, folio, slots);
		return;
	}
	if (folio->page.refcount < held)
		return;		/* refcount-low says it */
	if (folio->page.marks & KSWAPCK_PAGE_HEAD)
		slack = (int64_t)folio->pages;
	more = folio->page.refcount - held - folio->mapcount;
	if (more + slack < 0)
		report_low(audit, space, run, folio, slots);
	else if (more > is_at_work(&folio->page))
		report_pinned(audit, space, run, folio, slots, more);
}

extern const struct kswapck_plugin kswapck_plugin_folio_references;
const struct kswapck_plugin kswapck_plugin_folio_references = {
	.abi = KSWAPCK_ABI,
	.name = "folio-references",
	.summary = "references of cached folios against their mappings and slots",
	.problems = problems,
	.skips_usual = true,
	.folio = check_folio,
};
