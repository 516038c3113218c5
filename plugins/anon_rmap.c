// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cached folios against the places that will map them again.
 *
 * A folio that was anonymous memory keeps its anon_vma and its index while it is in
 * the swap cache. A page table entry that names its slot lies in a VMA of the same
 * family (anon_vma->root: fork and mremap keep it) and at the address that the index
 * stands for (mremap moves vm_pgoff along). do_swap_page() maps the folio there
 * trusting that (mm/rmap.c __page_check_anon_rmap()). KSM alone makes one slot of
 * pages of different families; ksm_might_need_to_copy() sorts them out at the fault.
 */
#include "kswapck.h"

#include <stdio.h>
#include <stdlib.h>

/* page->mapping (include/linux/page-flags.h) */
#define MAPPING_ANON	1ULL
#define MAPPING_FLAGS	3ULL
/* include/linux/mm.h, include/linux/sched/coredump.h; the same since 2.6.32 */
#define VM_MERGEABLE		0x80000000ULL
#define MMF_VM_MERGEABLE	(1ULL << 16)
#define MMF_VM_MERGE_ANY	(1ULL << 30)

enum {
	ANON_INDEX,
	ANON_VMA,
};

static const struct kswapck_problem problems[] = {
	[ANON_INDEX] = {
		.id = "KS601",
		.name = "anon-index",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: the cached folio at page {page} (pfn {pfn}) does not belong where "
			"{owner} refers to it: {detail}",
		.meaning = "The page table entry names the slot of this folio, but the folio's index "
			"says that it belongs at another address of the same family of memory areas.",
		.origin = "UFFDIO_MOVE moved the page table entry and left the folio in the swap cache "
			"as it was: Linux 6.8 up to 6.12.19 and 6.13 (fixed by c50f8e6053b0).",
		.consequence = "At the next touch the folio is mapped where its reverse mapping does not "
			"lead: BUG in __page_check_anon_rmap() with CONFIG_DEBUG_VM; without it "
			"reclaim and migration never find that mapping, and the page stays where it is "
			"as long as the process has it. With CONFIG_KSM a small page is copied instead "
			"(ksm_might_need_to_copy()), and no harm is done.",
		.confirm = "page.index is not (ADDRESS - vm_start) / PAGE_SIZE + vm_pgoff:\n"
			" crash> struct page.index,mapping PAGE; vma -p PID\n"
			" drgn>  Object(prog, 'struct page *', PAGE).index",
	},
	[ANON_VMA] = {
		.id = "KS602",
		.name = "anon-vma",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: the cached folio at page {page} (pfn {pfn}) belongs to other memory "
			"than that where {owner} refers to it: {detail}",
		.meaning = "The page table entry names the slot of this folio, but the folio's anon_vma "
			"has another root than the anon_vma of the memory area: they were never the "
			"same memory, not even by fork or mremap.",
		.origin = "As with anon-index: UFFDIO_MOVE between two memory areas without a look "
			"into the swap cache (fixed by c50f8e6053b0 in 6.12.20 and 6.14).",
		.consequence = "As with anon-index. When the area that the folio comes from is gone, its "
			"anon_vma is freed memory, and reclaim follows it.",
		.confirm = "page.mapping - 1 is an anon_vma; its root is not that of the VMA's:\n"
			" crash> struct page.mapping PAGE; struct anon_vma.root ANON_VMA\n"
			" drgn>  Object(prog, 'struct vm_area_struct *', VMA).anon_vma.root",
	},
	{0},
};

static const char unreadable_vma[] =
	"refer to a cached folio, but the memory area or its anon_vma is not readable";

/* --------------------------------------------------------------------- kernel */

/* Where things are in this kernel. */
struct layout {
	bool usable;
	uint32_t root;		/* anon_vma.root */
	bool ksm;		/* CONFIG_KSM */
	bool ksm_idle;		/* it has never run, as far as can be seen */
	bool has_flags;
	uint32_t mm_flags;	/* mm_struct.flags */
};

static bool is_zero(struct kswapck_audit *audit, uint64_t address)
{
	uint64_t value;

	return kswapck_read(audit, address, &value, sizeof(value)) && value == 0;
}

/* ksm_run was never set, nothing was scanned, nothing is kept (mm/ksm.c). */
static bool ksm_never_ran(struct kswapck_audit *audit)
{
	uint64_t run, scan, items;
	uint32_t seqnr, size;

	return kswapck_symbol(audit, "ksm_run", &run) && is_zero(audit, run) &&
	       kswapck_symbol(audit, "ksm_scan", &scan) &&
	       kswapck_member(audit, "ksm_scan", "seqnr", &seqnr, &size) && size == 8 &&
	       is_zero(audit, scan + seqnr) &&
	       kswapck_symbol(audit, "ksm_rmap_items", &items) && is_zero(audit, items);
}

static void *begin(struct kswapck_audit *audit)
{
	struct layout *layout = calloc(1, sizeof(*layout));
	uint64_t address;
	uint32_t size;

	if (!layout)
		return NULL;
	layout->usable = kswapck_member(audit, "anon_vma", "root", &layout->root, &size) &&
			 size == 8;
	layout->ksm = kswapck_symbol(audit, "ksm_might_need_to_copy", &address);
	layout->ksm_idle = !layout->ksm || ksm_never_ran(audit);
	layout->has_flags = kswapck_member(audit, "mm_struct", "flags", &layout->mm_flags,
					   &size) && size == 8;
	return layout;
}

static void end(struct kswapck_audit *audit)
{
	free(kswapck_state(audit));
}

/*
 * May the slot be one that KSM has made of several? Then the folio that one of its
 * owners has read in is that one's, and each other one makes its own copy of it.
 */
static bool can_be_merged(struct kswapck_audit *audit, const struct layout *layout,
			  const struct kswapck_vma *vma)
{
	uint64_t flags;

	if (!layout->ksm)
		return false;
	if (!layout->ksm_idle || vma->flags & VM_MERGEABLE || !layout->has_flags)
		return true;
	return !kswapck_read(audit, vma->mm + layout->mm_flags, &flags, sizeof(flags)) ||
	       flags & (MMF_VM_MERGEABLE | MMF_VM_MERGE_ANY);
}

/* ------------------------------------------------------------------- the check */

/* What the folio says, and what the place where it is referred to says. */
struct sides {
	struct kswapck_page page;	/* the head */
	uint64_t folio_index, place_index;
	uint64_t folio_anon, place_anon;	/* anon_vma */
	uint64_t folio_root, place_root;
	struct kswapck_vma vma;
};

/* A folio that is anonymous, whole, and that of the slot; @index: of the slot within it. */
static bool is_anon_folio_of(const struct kswapck_page *page,
			     const struct kswapck_reference *reference, uint64_t *index)
{
	unsigned int type;
	uint64_t first;

	if (page->refcount <= 0 || page->marks & (KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_ODD_ORDER) ||
	    !(page->marks & KSWAPCK_PAGE_SWAPCACHE) ||
	    (page->mapping & MAPPING_FLAGS) != MAPPING_ANON)
		return false;
	kswapck_swap_entry_split(page->private, &type, &first);
	*index = reference->slot - first;
	return type == reference->type && reference->slot >= first &&
	       *index < 1ULL << page->order;
}

static bool read_root(struct kswapck_audit *audit, const struct layout *layout,
		      uint64_t anon_vma, uint64_t *root)
{
	return anon_vma >> 63 && anon_vma % 8 == 0 &&
	       kswapck_read(audit, anon_vma + layout->root, root, sizeof(*root));
}

static bool read_sides(struct kswapck_audit *audit, const struct layout *layout,
		       const struct kswapck_reference *reference, uint64_t index,
		       struct sides *sides)
{
	struct kswapck_vma *vma = &sides->vma;

	if (!kswapck_vma_find(audit, reference, vma) || !vma->anon_vma)
		return false;
	sides->folio_index = sides->page.index + index;
	sides->place_index = vma->pgoff + (reference->address - vma->start) /
					   kswapck_page_size(audit);
	sides->folio_anon = sides->page.mapping & ~MAPPING_FLAGS;
	sides->place_anon = vma->anon_vma;
	return read_root(audit, layout, sides->folio_anon, &sides->folio_root) &&
	       read_root(audit, layout, sides->place_anon, &sides->place_root);
}

static void report(struct kswapck_audit *audit, const struct layout *layout,
		   const struct kswapck_reference *reference, const struct sides *sides)
{
	bool same_root = sides->folio_root == sides->place_root;
	struct kswapck_finding finding = {
		.problem = &problems[same_root ? ANON_INDEX : ANON_VMA],
		.device = reference->device,
		.first_slot = reference->slot,
		.last_slot = reference->slot,
		.count = 1,
		.page = sides->page.address,
		.pfn = sides->page.pfn,
	};

	snprintf(finding.detail, sizeof(finding.detail),
		 "at address 0x%llx, index 0x%llx of anon_vma root 0x%llx, while the folio has "
		 "index 0x%llx of root 0x%llx%s", (unsigned long long)reference->address,
		 (unsigned long long)sides->place_index, (unsigned long long)sides->place_root,
		 (unsigned long long)sides->folio_index, (unsigned long long)sides->folio_root,
		 layout->ksm && !sides->page.order ?
		 "; this kernel (CONFIG_KSM) will copy it" : "");
	kswapck_owner(&finding, reference);
	if (sides->folio_index != sides->place_index)
		kswapck_evidence_page_expected(audit, &finding, &sides->page,
					       KSWAPCK_FIELD_INDEX, sides->page.index +
					       sides->place_index - sides->folio_index);
	kswapck_evidence_page(audit, &finding, &sides->page, KSWAPCK_FIELD_MAPPING);
	if (!same_root)
		kswapck_evidence_expected(&finding, "anon_vma.root",
					  sides->folio_anon + layout->root, 8, sides->folio_root,
					  sides->place_root);
	kswapck_report(audit, &finding);
}

/*
 * UFFDIO_MOVE as it should be changes the folio first, under its lock. A VMA has its
 * start and its pgoff changed one after the other, and the stack of a new program lies
 * in one that does not fit while it is moved (fs/exec.c shift_arg_pages()): all with
 * the mmap_lock.
 */
static void check(struct kswapck_audit *audit, const struct kswapck_reference *reference)
{
	const struct layout *layout = kswapck_state(audit);
	struct sides sides = {0};
	uint64_t index;

	if (!layout || !layout->usable || !reference->cached || !reference->device ||
	    reference->kind != KSWAPCK_REFERENCE_PTE ||
	    kswapck_cached(audit, reference->device, reference->slot,
			   &sides.page) != KSWAPCK_ENTRY_PAGE ||
	    !is_anon_folio_of(&sides.page, reference, &index))
		return;
	if (!read_sides(audit, layout, reference, index, &sides)) {
		/* in no VMA any more: nobody will fault there */
		if (sides.vma.mm && !sides.vma.address)
			kswapck_in_motion(audit, 1);
		else
			kswapck_unverified(audit, unreadable_vma, 1);
		return;
	}
	if (sides.folio_index == sides.place_index && sides.folio_root == sides.place_root)
		return;
	if (reference->locked || sides.vma.locked || sides.page.marks & KSWAPCK_PAGE_LOCKED)
		kswapck_in_motion(audit, 1);
	else if (sides.page.order || !can_be_merged(audit, layout, &sides.vma))
		report(audit, layout, reference, &sides);
}

extern const struct kswapck_plugin kswapck_plugin_anon_rmap;
const struct kswapck_plugin kswapck_plugin_anon_rmap = {
	.abi = KSWAPCK_ABI,
	.name = "anon-rmap",
	.summary = "cached folios against the memory areas that refer to them",
	.problems = problems,
	.begin = begin,
	.reference = check,
	.end = end,
};
