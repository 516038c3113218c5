// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * struct page, struct folio: what changed between 5.4 and 6.17, in one place.
 *
 *  order     byte compound_order in page[1] (5.4 mm_types.h), the same byte
 *            as folio->_folio_order (6.3 - 6.5), low byte of folio->_flags_1
 *            since 6.6 (ebc1baf5c9b4 "mm: free up a word in the first tail page")
 *  type      a value of _mapcount (up to 4.17), page_type bits under 0xf0000000 (4.18,
 *            6e292b9be7f4), a byte since 6.12 (4ffca5a96678 "mm: support only one page_type
 *            per page")
 *  slab      PG_slab, a page type since 6.10 (46df8e73a4a3)
 *  private   tails of a cached folio: entry + i up to 6.5, 0 since 6.6
 *            (cfeed8ffe55b "mm/swap: stop using page->private on tail pages
 *            for THP_SWAP")
 *  head      a tail points to it, low bit set; since 7.1 compound_info is a mask
 *            where struct pages are a power of 2 and CONFIG_
 *            HUGETLB_PAGE_OPTIMIZE_VMEMMAP is set (include/linux/page-flags.h
 *            compound_info_has_mask())
 */
#include "kernel/page.h"

#include <stdio.h>
#include <string.h>

#include "kernel/swap_entry.h"

#include "kernel/arch.h"

/* MAX_ORDER was at most 11 (10 free orders) by default, 64K pages allow 13. */
#define ORDER_MAX 15

/* The order of the largest pages, those of hugetlbfs: 16 GiB of 4 KiB pages. */
#define COMPOUND_ORDER_MAX 22

#define COMPOUND_TAIL 1UL
#define MAPPING_ANON  1UL
#define MAPPING_FLAGS 3UL

static const char *const field_names[KSWAPCK_FIELD_COUNT] = {
	[KSWAPCK_FIELD_FLAGS] = "flags",
	[KSWAPCK_FIELD_COMPOUND_HEAD] = "compound_head or compound_info",
	[KSWAPCK_FIELD_MAPPING] = "mapping",
	[KSWAPCK_FIELD_PRIVATE] = "private",
	[KSWAPCK_FIELD_PAGE_TYPE] = "page_type",
	[KSWAPCK_FIELD_REFCOUNT] = "_refcount",
	[KSWAPCK_FIELD_INDEX] = "index",
};

/* The mask of a page flag; 0 when this kernel has no such flag. */
static uint64_t page_flag(struct kernel *kernel, const char *name)
{
	int64_t bit;

	/* since 6.10 some PG_ names are page types with values of their own */
	if (!types_enumerator(kernel->types, "pageflags", name, &bit) || bit < 0 || bit > 63)
		return 0;
	return 1ULL << bit;
}

static bool resolve_flags(struct kernel *kernel, struct error *err)
{
	struct page_layout *layout = &kernel->page;

	layout->flag_locked = page_flag(kernel, "PG_locked");
	/* PG_locked is bit 0 in every kernel, which a mask of 0 would hide */
	if (!layout->flag_locked)
		layout->flag_locked = 1;
	layout->flag_writeback = page_flag(kernel, "PG_writeback");
	layout->flag_head = page_flag(kernel, "PG_head");
	layout->flag_lru = page_flag(kernel, "PG_lru");
	layout->flag_slab = page_flag(kernel, "PG_slab");
	layout->flag_swapcache = page_flag(kernel, "PG_swapcache");
	layout->flag_swapbacked = page_flag(kernel, "PG_swapbacked");
	layout->flag_reserved = page_flag(kernel, "PG_reserved");
	layout->flag_hwpoison = page_flag(kernel, "PG_hwpoison");
	layout->flags_rare = layout->flag_head | layout->flag_writeback | layout->flag_reserved |
			     layout->flag_hwpoison | layout->flag_slab;
	if (!layout->flag_swapcache || !layout->flag_swapbacked || !layout->flag_head)
		return error_set(err, ERROR_MISSING,
				 "no page flags (PG_swapcache, PG_swapbacked, PG_head) in %s",
				 types_from(kernel->types));
	return true;
}

/* Value of a page type, or of a page type bit; 0 when there is none. */
static uint32_t page_type_value(struct kernel *kernel, const char *byte_name,
				const char *bit_name, uint32_t bit_default)
{
	int64_t value;

	if (kernel->page.type_rule == PAGE_TYPE_BYTE)
		return types_enumerator(kernel->types, "pagetype", byte_name, &value) ?
		       (uint32_t)value : 0;
	if (types_enumerator(kernel->types, "pagetype", bit_name, &value) && value > 63)
		return (uint32_t)value;
	return bit_default;
}

/*
 * Up to 6.9 the page type bits were macros (include/linux/page-flags.h), so
 * that neither BTF nor DWARF knows them: PG_buddy 0x80 and PG_offline 0x100 in
 * all of 4.18 - 6.9, PG_table 0x200 since 5.11. Up to 5.10 PG_table is 0x400, as
 * 0x200 is PG_kmemcg, which went away when page.mem_cgroup became memcg_data
 * (18b2db3b0385 "mm: Convert page kmemcg type to a page memcg flag").
 * 6.10 and 6.11 have enum pagetype.
 */
static void resolve_page_types(struct kernel *kernel)
{
	struct page_layout *layout = &kernel->page;
	struct field mem_cgroup;
	int64_t value;
	bool has_kmemcg;

	if (!layout->fields[KSWAPCK_FIELD_PAGE_TYPE].size)
		return;
	/* PAGE_BUDDY_MAPCOUNT_VALUE, include/linux/page-flags.h 4.14:650 */
	if (layout->type_rule == PAGE_TYPE_MAPCOUNT) {
		layout->type_buddy = (uint32_t)-128;
		return;
	}
	has_kmemcg = kernel_field(kernel, "page", "mem_cgroup", &mem_cgroup);
	layout->type_rule = types_enumerator(kernel->types, "pagetype", "PGTY_buddy", &value) ?
			    PAGE_TYPE_BYTE : PAGE_TYPE_BITS;
	layout->type_buddy = page_type_value(kernel, "PGTY_buddy", "PG_buddy", 0x80);
	layout->type_offline = page_type_value(kernel, "PGTY_offline", "PG_offline", 0x100);
	layout->type_table = page_type_value(kernel, "PGTY_table", "PG_table",
					     has_kmemcg ? 0x400 : 0x200);
	layout->type_slab = page_type_value(kernel, "PGTY_slab", "PG_slab", 0);
	/* its pages have no reference count of their own since 6.18 */
	layout->type_kmalloc = page_type_value(kernel, "PGTY_large_kmalloc", "", 0);
	layout->type_hugetlb = page_type_value(kernel, "PGTY_hugetlb", "PG_hugetlb", 0);
}

static bool resolve_order(struct kernel *kernel, struct error *err)
{
	struct page_layout *layout = &kernel->page;
	struct field field;

	if (kernel_field(kernel, "page", "compound_order", &field)) {
		layout->order_rule = PAGE_ORDER_U8;
		layout->order_offset = layout->size + field.offset;
	} else if (kernel_field(kernel, "folio", "_folio_order", &field)) {
		layout->order_rule = PAGE_ORDER_U8;
		layout->order_offset = field.offset;
	} else if (kernel_field_required(kernel, "folio", "_flags_1", &field, err)) {
		layout->order_rule = PAGE_ORDER_FLAGS;
		layout->order_offset = field.offset;
	} else {
		return false;
	}
	if (layout->order_offset < layout->size ||
	    layout->order_offset + 8 > 2 * layout->size)
		return error_set(err, ERROR_INPUT,
				 "the order of a compound page at offset %u makes no sense; "
				 "are the types (%s) of this kernel?", layout->order_offset,
				 types_from(kernel->types));
	return true;
}

/*
 * struct folio lies over the first pages of a compound page, and since 6.15
 * (6af8cb80d3a9 "mm/rmap: basic MM owner tracking for large folios (!hugetlb)")
 * its _mm_id words are where page[1].private would be.
 */
static void resolve_tail_private(struct kernel *kernel)
{
	static const char *const members[] = {"_mm_id", "_mm_ids"};
	struct page_layout *layout = &kernel->page;
	uint32_t private = layout->fields[KSWAPCK_FIELD_PRIVATE].offset;
	struct field field;
	size_t i;

	layout->tail_private_zero = kernel_field(kernel, "folio", "swap", &field);
	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (kernel_field(kernel, "folio", members[i], &field) &&
		    field.offset % layout->size <= private + 7 &&
		    field.offset % layout->size + field.size > private &&
		    field.offset / layout->size < 32)
			layout->tail_private_used |= 1U << (field.offset / layout->size);
}

static bool resolve_vmemmap(struct kernel *kernel, struct error *err)
{
	struct page_layout *layout = &kernel->page;
	uint64_t address;

	if (!kernel->arch->vmemmap(kernel, &layout->vmemmap, err))
		return false;
	if (layout->vmemmap >> 63 == 0 || layout->vmemmap & 0xfff)
		return error_set(err, ERROR_INPUT,
				 "vmemmap is at 0x%llx, which is no place for struct pages",
				 (unsigned long long)layout->vmemmap);

	if (!kernel_symbol_required(kernel, "max_pfn", &address, err))
		return false;
	if (memory_read_u64(kernel->memory, address, &layout->pages) != READ_OK)
		return error_set(err, ERROR_UNREADABLE,
				 "max_pfn at 0x%llx is not readable in this dump",
				 (unsigned long long)address);
	/* 52 bits of physical address on x86_64 and arm64 */
	if (layout->pages == 0 || layout->pages > 1ULL << 40)
		return error_set(err, ERROR_INPUT, "max_pfn is 0x%llx, which cannot be",
				 (unsigned long long)layout->pages);
	return true;
}

static bool resolve_compound(struct kernel *kernel, struct error *err)
{
	struct field *field = &kernel->page.fields[KSWAPCK_FIELD_COMPOUND_HEAD];

	kernel->page.compound_info = kernel_field(kernel, "page", "compound_info", field);
	return kernel->page.compound_info ||
	       kernel_field_required(kernel, "page", "compound_head", field, err);
}

/* Words and counts, in all kernels; page_read() need not look how wide they are. */
static uint32_t width_of(int field)
{
	return field == KSWAPCK_FIELD_PAGE_TYPE || field == KSWAPCK_FIELD_REFCOUNT ? 4 : 8;
}

static bool check_fields(struct kernel *kernel, struct error *err)
{
	struct page_layout *layout = &kernel->page;
	int i;

	for (i = 0; i < KSWAPCK_FIELD_COUNT; i++)
		if (layout->fields[i].size && (layout->fields[i].size != width_of(i) ||
		    layout->fields[i].offset + layout->fields[i].size > layout->size))
			return error_set(err, ERROR_INPUT,
					 "page.%s of %u bytes at offset %u does not fit in struct "
					 "page of %u bytes", field_names[i],
					 layout->fields[i].size, layout->fields[i].offset,
					 layout->size);
	return true;
}

bool page_layout_resolve(struct kernel *kernel, struct error *err)
{
	struct page_layout *layout = &kernel->page;
	struct field *fields = layout->fields;
	uint64_t size;

	if (!types_size(kernel->types, "page", &size) || size < 32 || size > 256)
		return error_set(err, ERROR_MISSING, "no usable struct page in %s",
				 types_from(kernel->types));
	layout->size = (uint32_t)size;
	layout->shift = (size & (size - 1)) ? 0 : (uint32_t)__builtin_ctzll(size);

	if (!kernel_field_required(kernel, "page", "flags",
				   &fields[KSWAPCK_FIELD_FLAGS], err) ||
	    !resolve_compound(kernel, err) ||
	    !kernel_field_required(kernel, "page", "mapping",
				   &fields[KSWAPCK_FIELD_MAPPING], err) ||
	    !kernel_field_required(kernel, "page", "private",
				   &fields[KSWAPCK_FIELD_PRIVATE], err) ||
	    !kernel_field_required(kernel, "page", "_refcount",
				   &fields[KSWAPCK_FIELD_REFCOUNT], err))
		return false;
	/* 6e292b9be7f4 gave it a name of its own (4.18) */
	if (!kernel_field(kernel, "page", "page_type", &fields[KSWAPCK_FIELD_PAGE_TYPE])) {
		kernel_field(kernel, "page", "_mapcount", &fields[KSWAPCK_FIELD_PAGE_TYPE]);
		layout->type_rule = PAGE_TYPE_MAPCOUNT;
	}
	/* renamed in 6.16 (acc53a0b4c15 "mm: rename page->index to page->__folio_index") */
	if (!kernel_field(kernel, "page", "index", &fields[KSWAPCK_FIELD_INDEX]))
		kernel_field(kernel, "page", "__folio_index", &fields[KSWAPCK_FIELD_INDEX]);

	if (!check_fields(kernel, err) || !resolve_flags(kernel, err) ||
	    !resolve_order(kernel, err) || !resolve_vmemmap(kernel, err))
		return false;
	resolve_page_types(kernel);
	resolve_tail_private(kernel);
	return true;
}

/* False: @address is not that of a struct page. */
static bool find_pfn(const struct page_layout *layout, uint64_t address, uint64_t *pfn)
{
	uint64_t offset = address - layout->vmemmap;

	/* a division takes as long as all the rest, and there are millions of them */
	*pfn = layout->shift ? offset >> layout->shift : offset / layout->size;
	/* below vmemmap the offset goes round and is far beyond the last page */
	return *pfn < layout->pages && *pfn * layout->size == offset;
}

bool page_is_address(const struct kernel *kernel, uint64_t address)
{
	uint64_t pfn;

	return find_pfn(&kernel->page, address, &pfn);
}

uint64_t page_address_of(const struct kernel *kernel, uint64_t pfn)
{
	return kernel->page.vmemmap + pfn * kernel->page.size;
}

static bool has_type(const struct page_layout *layout, uint32_t page_type, uint32_t type)
{
	uint32_t base;

	if (!type)
		return false;
	if (layout->type_rule == PAGE_TYPE_MAPCOUNT)
		return page_type == type;
	if (layout->type_rule == PAGE_TYPE_BYTE)
		return page_type >> 24 == type;
	/* 6.11 moved the bits into the top nibble and made the base 0x80000000 */
	base = type & 0xf0000000 ? 0x80000000 : 0xf0000000;
	return (page_type & (base | type)) == base;
}

/*
 * Is the word of a tail a mask for its own address: ones above all that lies within
 * its compound page? No pointer is one, for vmemmap does not lie at the end of memory.
 */
static bool is_mask(const struct page_layout *layout, uint64_t word)
{
	uint64_t within = ~word;

	return (within & (within + 1)) == 0 && within + 1 > layout->size &&
	       within <= (uint64_t)layout->size << COMPOUND_ORDER_MAX;
}

static uint64_t head_of(const struct page_layout *layout, uint64_t address, uint64_t compound)
{
	uint64_t word = compound - COMPOUND_TAIL;

	return layout->compound_info && is_mask(layout, word) ? address & word : word;
}

/* The mark of what a page is by its page_type, which is a count where it is mapped. */
static uint32_t type_mark(const struct page_layout *layout, uint32_t page_type)
{
	if (layout->type_rule == PAGE_TYPE_NONE || (int32_t)page_type >= -1)
		return 0;
	if (has_type(layout, page_type, layout->type_buddy))
		return KSWAPCK_PAGE_BUDDY;
	if (has_type(layout, page_type, layout->type_slab))
		return KSWAPCK_PAGE_SLAB;
	if (has_type(layout, page_type, layout->type_table))
		return KSWAPCK_PAGE_TABLE;
	if (has_type(layout, page_type, layout->type_hugetlb))
		return KSWAPCK_PAGE_HUGETLB;
	if (has_type(layout, page_type, layout->type_offline))
		return KSWAPCK_PAGE_OFFLINE;
	return has_type(layout, page_type, layout->type_kmalloc) ? KSWAPCK_PAGE_KMALLOC : 0;
}

static uint32_t rare_marks(const struct page_layout *layout, uint64_t flags, uint64_t compound)
{
	uint32_t marks = 0;

	if (flags & layout->flag_head && !(compound & COMPOUND_TAIL))
		marks |= KSWAPCK_PAGE_HEAD;
	if (flags & layout->flag_writeback)
		marks |= KSWAPCK_PAGE_WRITEBACK;
	if (flags & layout->flag_reserved)
		marks |= KSWAPCK_PAGE_RESERVED;
	if (flags & layout->flag_hwpoison)
		marks |= KSWAPCK_PAGE_HWPOISON;
	if (flags & layout->flag_slab)
		marks |= KSWAPCK_PAGE_SLAB;
	return marks;
}

static uint32_t page_marks(const struct page_layout *layout,
			   const struct kswapck_page *page, uint64_t compound)
{
	uint64_t flags = page->flags;
	uint32_t marks = 0;

	if (flags & layout->flag_locked)
		marks |= KSWAPCK_PAGE_LOCKED;
	if (compound & COMPOUND_TAIL)
		marks |= KSWAPCK_PAGE_TAIL;
	/* PG_swapcache shares its bit with PG_owner_priv_1: folio_test_swapcache() */
	if ((flags & layout->flag_swapcache) && (flags & layout->flag_swapbacked))
		marks |= KSWAPCK_PAGE_SWAPCACHE;
	if (flags & layout->flag_lru)
		marks |= KSWAPCK_PAGE_LRU;
	if (flags & layout->flags_rare)
		marks |= rare_marks(layout, flags, compound);
	marks |= type_mark(layout, page->page_type);
	if (page->mapping && !(marks & (KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_SLAB)))
		marks |= page->mapping & MAPPING_ANON ? KSWAPCK_PAGE_ANON :
							KSWAPCK_PAGE_FILE;
	return marks;
}

/* The order of the compound page whose head @page is. */
static enum read_status read_order(const struct kernel *kernel, struct kswapck_page *page)
{
	const struct page_layout *layout = &kernel->page;
	enum read_status status;
	uint8_t order;

	/* little-endian: the low byte of _flags_1 is its first */
	status = memory_read_u8(kernel->memory, page->address + layout->order_offset, &order);
	if (status != READ_OK)
		return status;
	if (order == 0 || order > ORDER_MAX || page->pfn + (1ULL << order) > layout->pages)
		page->marks |= KSWAPCK_PAGE_ODD_ORDER;
	else
		page->order = order;
	return READ_OK;
}

/* Seven of these for each struct page, of which there are millions: see width_of(). */
static uint64_t load_word(const unsigned char *bytes, struct field field)
{
	uint64_t value;

	memcpy(&value, bytes + field.offset, sizeof(value));
	return value;
}

static uint32_t load_count(const unsigned char *bytes, struct field field)
{
	uint32_t value;

	memcpy(&value, bytes + field.offset, sizeof(value));
	return value;
}

enum read_status page_read(const struct kernel *kernel, uint64_t address,
			   struct kswapck_page *page)
{
	const struct page_layout *layout = &kernel->page;
	const struct field *fields = layout->fields;
	unsigned char copy[256];
	const unsigned char *bytes;
	enum read_status status;
	uint64_t compound, pfn;

	if (!find_pfn(layout, address, &pfn))
		return READ_UNMAPPED;
	bytes = memory_map(kernel->memory, address, layout->size, &status);
	if (!bytes) {
		/* a struct page of 56 or 72 bytes may cross into the next page */
		status = memory_read(kernel->memory, address, copy, layout->size);
		if (status != READ_OK)
			return status;
		bytes = copy;
	}

	compound = load_word(bytes, fields[KSWAPCK_FIELD_COMPOUND_HEAD]);
	*page = (struct kswapck_page){
		.address = address,
		.pfn = pfn,
		.flags = load_word(bytes, fields[KSWAPCK_FIELD_FLAGS]),
		.mapping = load_word(bytes, fields[KSWAPCK_FIELD_MAPPING]),
		.private = swap_entry_take(kernel->swap.old_entries,
					   load_word(bytes, fields[KSWAPCK_FIELD_PRIVATE])),
		.index = fields[KSWAPCK_FIELD_INDEX].size ?
			 load_word(bytes, fields[KSWAPCK_FIELD_INDEX]) : 0,
		.page_type = fields[KSWAPCK_FIELD_PAGE_TYPE].size ?
			     load_count(bytes, fields[KSWAPCK_FIELD_PAGE_TYPE]) : 0,
		.refcount = (int32_t)load_count(bytes, fields[KSWAPCK_FIELD_REFCOUNT]),
	};
	page->marks = page_marks(layout, page, compound);
	page->compound = page->marks & KSWAPCK_PAGE_TAIL ? compound : 0;
	page->head = page->compound ? head_of(layout, address, compound) : address;

	return page->marks & KSWAPCK_PAGE_HEAD ? read_order(kernel, page) : READ_OK;
}

/*
 * Only the first page of a free block is marked; its private is the block's
 * order (mm/page_alloc.c set_buddy_order()). Blocks are naturally aligned.
 */
bool page_buddy_block(const struct kernel *kernel, const struct kswapck_page *page,
		      struct kswapck_page *block)
{
	uint64_t pfn = page->pfn;
	unsigned int order;

	for (order = 0; order <= ORDER_MAX; order++) {
		uint64_t first = page->pfn & ~((1ULL << order) - 1);

		if (order && first == pfn)
			continue;	/* the same candidate as one order below */
		pfn = first;
		if (page_read(kernel, page_address_of(kernel, first), block) != READ_OK)
			return false;
		if (block->marks & KSWAPCK_PAGE_BUDDY)
			return block->private <= ORDER_MAX &&
			       page->pfn - first < 1ULL << block->private;
	}
	return false;
}

void page_describe(const struct kswapck_page *page, char *text, size_t size)
{
	const char *what = "in use by the kernel";

	if (page->marks & KSWAPCK_PAGE_TAIL) {
		snprintf(text, size, "a tail page of the compound page at 0x%llx",
			 (unsigned long long)page->head);
		return;
	}
	if (page->marks & KSWAPCK_PAGE_BUDDY) {
		snprintf(text, size, "a free block of order %llu",
			 (unsigned long long)page->private);
		return;
	}
	/* typed pages first: slab pages have no reference count since 6.14 */
	if (page->marks & KSWAPCK_PAGE_SLAB)
		what = "slab memory";
	else if (page->marks & KSWAPCK_PAGE_KMALLOC)
		what = "kmalloc memory";
	else if (page->marks & KSWAPCK_PAGE_TABLE)
		what = "a page table";
	else if (page->marks & KSWAPCK_PAGE_HUGETLB)
		what = "a huge page of hugetlbfs";
	else if (page->marks & KSWAPCK_PAGE_OFFLINE)
		what = "offline";
	else if (page->refcount == 0)
		what = "free";
	else if (page->marks & KSWAPCK_PAGE_SWAPCACHE)
		what = "swap cache of another slot";
	else if (page->marks & KSWAPCK_PAGE_ANON)
		what = "anonymous memory";
	else if (page->marks & KSWAPCK_PAGE_FILE)
		what = "page cache of a file";
	else if (page->marks & KSWAPCK_PAGE_RESERVED)
		what = "reserved";
	snprintf(text, size, "%s%s", what,
		 page->marks & KSWAPCK_PAGE_HWPOISON ? " (hardware-poisoned)" : "");
}
