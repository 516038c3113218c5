// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How often a folio is mapped, which is how many references its mappings hold: one
 * for each PTE and one for each PMD that maps it. All counts begin at -1, which is
 * 0 in "mapped".
 *
 *  small     page->_mapcount, whose place page_type has in pages that are never mapped
 *  up to 6.1 compound_mapcount in page[1] for PMDs, and _mapcount of each page for PTEs;
 *            of a file's pages PMDs are counted in both, and with PG_double_map (in
 *            page[1].flags) each page of anonymous memory is counted once more
 *            (5.10 mm/huge_memory.c total_mapcount(), 6.1 mm/util.c folio_mapcount())
 *  6.2 - 6.9 the same two apart, without exceptions (cb67f4282bf9 "mm,thp,rmap: simplify
 *            compound page mapcount handling"); folio->_entire_mapcount since 6.3
 *  6.10 -    all in folio->_large_mapcount (05c5323b2a34 "mm: track mapcount of large
 *            folios in single value"); CONFIG_NO_PAGE_MAPCOUNT and the mm ids of 6.15
 *            leave it as it is
 *  hugetlb   PMDs and PUDs alone
 *
 * References by FOLL_PIN of large folios are counted apart too: in page[2] since 5.7
 * (47e29d32afba "mm/gup: page->hpage_pinned_refcount"), in page[1] since 5.18. Small
 * folios have 1,024 added to their reference count instead.
 */
#include "kernel/folio.h"

#include "kernel/page.h"

/* Values of page_type that are no mapcount (page_has_type() in page-flags.h). */
#define TYPE_BITS_BELOW	(-128)		/* PAGE_MAPCOUNT_RESERVE: up to 6.11 */
#define TYPE_BYTE_BELOW	(-16777216)	/* PGTY_mapcount_underflow << 24 */

static uint64_t flag_mask(const struct kernel *kernel, const char *name)
{
	int64_t bit;

	return types_enumerator(kernel->types, "pageflags", name, &bit) && bit >= 0 && bit < 64 ?
	       1ULL << bit : 0;
}

/* Offset from the head page of a number of @size bytes; 0 if there is none. */
static uint32_t find(const struct kernel *kernel, const char *type, const char *name,
		     uint32_t page_number, uint32_t size)
{
	struct field field;

	if (!kernel_field(kernel, type, name, &field) || field.size != size)
		return 0;
	field.offset += page_number * kernel->page.size;
	/* folios have fields in the first four pages at most */
	return field.offset >= kernel->page.size && field.offset < 4 * kernel->page.size ?
	       field.offset : 0;
}

static void resolve_mapcount(struct kernel *kernel)
{
	struct folio_layout *layout = &kernel->folio;

	if (!kernel->page.fields[KSWAPCK_FIELD_PAGE_TYPE].size)
		return;
	layout->mapcount_offset = find(kernel, "folio", "_large_mapcount", 0, 4);
	if (layout->mapcount_offset) {
		layout->mapcount_rule = FOLIO_MAPCOUNT_LARGE;
		return;
	}
	layout->mapcount_offset = find(kernel, "folio", "_entire_mapcount", 0, 4);
	if (!layout->mapcount_offset)
		layout->mapcount_offset = find(kernel, "page", "compound_mapcount", 1, 4);
	if (!layout->mapcount_offset)
		return;
	layout->flag_double_map = flag_mask(kernel, "PG_double_map");
	layout->mapcount_rule = layout->flag_double_map ? FOLIO_MAPCOUNT_DOUBLE :
				FOLIO_MAPCOUNT_SUM;
}

static void resolve_pincount(struct kernel *kernel)
{
	struct folio_layout *layout = &kernel->folio;

	layout->pincount_offset = find(kernel, "folio", "_pincount", 0, 4);
	if (!layout->pincount_offset)
		layout->pincount_offset = find(kernel, "page", "compound_pincount", 1, 4);
	if (!layout->pincount_offset)
		layout->pincount_offset = find(kernel, "page", "hpage_pinned_refcount", 2, 4);
	layout->pincount_order = layout->pincount_offset < 2 * kernel->page.size ? 1 : 2;
}

/* Since 6.10 a page type, which page.c reads (d99e3140a4d3). */
static void resolve_hugetlb(struct kernel *kernel)
{
	struct folio_layout *layout = &kernel->folio;
	int64_t dtor;

	layout->flag_hugetlb = flag_mask(kernel, "PG_hugetlb");
	if (!types_enumerator(kernel->types, "compound_dtor_id", "HUGETLB_PAGE_DTOR", &dtor))
		return;
	layout->dtor_hugetlb = (uint8_t)dtor;
	layout->dtor_offset = find(kernel, "page", "compound_dtor", 1, 1);
	if (!layout->dtor_offset)
		layout->dtor_offset = find(kernel, "folio", "_folio_dtor", 0, 1);
}

void folio_layout_resolve(struct kernel *kernel)
{
	kernel->folio = (struct folio_layout){0};
	resolve_mapcount(kernel);
	resolve_pincount(kernel);
	resolve_hugetlb(kernel);
}

static bool is_type(const struct kernel *kernel, uint32_t word)
{
	return (int32_t)word < (kernel->page.type_rule == PAGE_TYPE_BYTE ? TYPE_BYTE_BELOW :
				TYPE_BITS_BELOW);
}

/* What a word in the place of _mapcount says; 0 for the type of a page never mapped. */
static int64_t mapcount_of(const struct kernel *kernel, uint32_t word)
{
	return is_type(kernel, word) ? 0 : (int64_t)(int32_t)word + 1;
}

bool folio_page_has_type(const struct kernel *kernel, const struct kswapck_page *page)
{
	return is_type(kernel, page->page_type);
}

static enum read_status load_count(const struct kernel *kernel, uint64_t address,
				   int64_t *count)
{
	uint32_t word;
	enum read_status status = memory_read_u32(kernel->memory, address, &word);

	*count = (int32_t)word;
	return status;
}

/* The flags of the first tail page, where a large folio has more of them. */
static enum read_status tail_flags(const struct kernel *kernel, const struct kswapck_page *page,
				   uint64_t *flags)
{
	const struct page_layout *layout = &kernel->page;

	return memory_read_u64(kernel->memory, page->address + layout->size +
			       layout->fields[KSWAPCK_FIELD_FLAGS].offset, flags);
}

bool folio_is_hugetlb(const struct kernel *kernel, const struct kswapck_page *page)
{
	const struct folio_layout *layout = &kernel->folio;
	uint64_t flags;
	uint8_t dtor;

	if (page->marks & KSWAPCK_PAGE_HUGETLB)
		return true;
	if (!(page->marks & KSWAPCK_PAGE_HEAD))
		return false;
	if (layout->dtor_offset)
		return memory_read_u8(kernel->memory, page->address + layout->dtor_offset,
				      &dtor) == READ_OK && dtor == layout->dtor_hugetlb;
	return layout->flag_hugetlb && tail_flags(kernel, page, &flags) == READ_OK &&
	       flags & layout->flag_hugetlb;
}

/* PTEs that map the pages one by one, as _mapcount has them. */
static enum read_status sum_pages(const struct kernel *kernel, const struct kswapck_page *page,
				  int64_t *sum)
{
	uint64_t address = page->address +
			   kernel->page.fields[KSWAPCK_FIELD_PAGE_TYPE].offset;
	uint64_t i;

	*sum = 0;
	for (i = 0; i < 1ULL << page->order; i++) {
		uint32_t word;
		enum read_status status = memory_read_u32(kernel->memory,
							  address + i * kernel->page.size, &word);

		if (status != READ_OK)
			return status;
		*sum += mapcount_of(kernel, word);
	}
	return READ_OK;
}

/*
 * How much of the sum is not of PTEs; @whole: PMDs that map the folio. PG_double_map is
 * set before the pages are counted once more (__split_huge_pmd_locked()), and the pages
 * of a file are uncounted before the PMD: for a moment it is more than the sum.
 */
static enum read_status counted_twice(const struct kernel *kernel,
				      const struct kswapck_folio *folio, int64_t whole,
				      int64_t *excess)
{
	enum read_status status;
	uint64_t flags;

	*excess = 0;
	if (kernel->folio.mapcount_rule != FOLIO_MAPCOUNT_DOUBLE)
		return READ_OK;
	if (folio->page.marks & KSWAPCK_PAGE_FILE) {
		*excess = whole * (int64_t)folio->pages;
		return READ_OK;
	}
	status = tail_flags(kernel, &folio->page, &flags);
	if (status == READ_OK && flags & kernel->folio.flag_double_map)
		*excess = (int64_t)folio->pages;
	return status;
}

static enum read_status read_large_mapcount(const struct kernel *kernel,
					    struct kswapck_folio *folio)
{
	const struct folio_layout *layout = &kernel->folio;
	enum read_status status;
	int64_t whole, sum, excess;

	if (layout->mapcount_rule == FOLIO_MAPCOUNT_NONE)
		return READ_OK;
	folio->mapcount_address = folio->page.address + layout->mapcount_offset;
	status = load_count(kernel, folio->mapcount_address, &whole);
	if (status != READ_OK)
		return status;
	folio->mapcount = ++whole;
	folio->mapcount_known = true;
	if (layout->mapcount_rule == FOLIO_MAPCOUNT_LARGE || folio_is_hugetlb(kernel, &folio->page))
		return READ_OK;
	folio->mapcount_known = false;
	if (folio->page.marks & KSWAPCK_PAGE_ODD_ORDER)
		return READ_OK;
	status = sum_pages(kernel, &folio->page, &sum);
	if (status == READ_OK)
		status = counted_twice(kernel, folio, whole, &excess);
	if (status != READ_OK)
		return status;
	folio->mapcount = whole + sum - (excess < sum ? excess : sum);
	folio->mapcount_known = true;
	return READ_OK;
}

static enum read_status read_pincount(const struct kernel *kernel, struct kswapck_folio *folio)
{
	const struct folio_layout *layout = &kernel->folio;
	enum read_status status;

	if (!layout->pincount_offset || folio->page.order < layout->pincount_order)
		return READ_OK;
	status = load_count(kernel, folio->page.address + layout->pincount_offset,
			    &folio->pincount);
	folio->pincount_known = status == READ_OK;
	return status;
}

enum read_status folio_complete(const struct kernel *kernel, struct kswapck_folio *folio)
{
	const struct field *mapcount = &kernel->page.fields[KSWAPCK_FIELD_PAGE_TYPE];
	const struct kswapck_page *page = &folio->page;
	enum read_status status;

	folio->pages = 1ULL << page->order;
	folio->index = page->index;
	folio->mapcount_known = folio->pincount_known = false;
	folio->mapcount = folio->pincount = 0;
	folio->mapcount_address = 0;
	folio->mapcount_size = 4;
	if (page->marks & KSWAPCK_PAGE_TAIL)
		return READ_UNMAPPED;
	if (page->marks & KSWAPCK_PAGE_HEAD) {
		status = read_large_mapcount(kernel, folio);
		return status == READ_OK ? read_pincount(kernel, folio) : status;
	}
	folio->mapcount_known = mapcount->size != 0;
	folio->mapcount_address = page->address + mapcount->offset;
	folio->mapcount = folio->mapcount_known ? mapcount_of(kernel, page->page_type) : 0;
	return READ_OK;
}

enum read_status folio_read(const struct kernel *kernel, const struct kswapck_page *page,
			    struct kswapck_folio *folio)
{
	folio->page = *page;
	return folio_complete(kernel, folio);
}

bool folio_head_mapcount(const struct kernel *kernel, const struct kswapck_page *page,
			 int64_t *mapcount)
{
	struct kswapck_folio folio = {.page = *page, .pages = 1ULL << page->order};
	int64_t whole, excess;

	if (kernel->folio.mapcount_rule != FOLIO_MAPCOUNT_DOUBLE ||
	    page->marks & KSWAPCK_PAGE_TAIL)
		return false;
	*mapcount = mapcount_of(kernel, page->page_type);
	if (!(page->marks & KSWAPCK_PAGE_HEAD))
		return true;
	if (load_count(kernel, page->address + kernel->folio.mapcount_offset, &whole) != READ_OK ||
	    counted_twice(kernel, &folio, whole + 1, &excess) != READ_OK)
		return false;
	/* of a file's page, PMDs are in its own count already (5.10 mm/util.c __page_mapcount()) */
	if (page->marks & KSWAPCK_PAGE_ANON)
		*mapcount += whole + 1 - (excess != 0);
	return true;
}
