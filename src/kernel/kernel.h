/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dumped kernel: its memory, its names, and the layouts of the objects that
 * the audit reads. Layouts are resolved once, by probing for members; each
 * layout that changed over the years has one file here that knows all its forms.
 *
 * Nothing in kernel/ prints or judges.
 */
#ifndef KSWAPCK_KERNEL_H
#define KSWAPCK_KERNEL_H

#include <string.h>

#include "kswapck.h"
#include "types/types.h"

struct architecture;
struct swap_cache_ops;
struct swap_pte_form;

/* A field within a struct: where and how wide. size 0: this kernel has none. */
struct field {
	uint32_t offset;	/* bytes */
	uint32_t size;		/* bytes; 1, 2, 4, 8 or that of an embedded struct */
};

/* How a kernel marks what a page without mapping is (page.h). */
enum page_type_rule {
	PAGE_TYPE_NONE,		/* no page_type, or not known */
	PAGE_TYPE_MAPCOUNT,	/* up to 4.17: a value of _mapcount */
	PAGE_TYPE_BITS,		/* 4.18 - 6.11: a cleared bit under a base of ones */
	PAGE_TYPE_BYTE,		/* 6.12 and later: a number in the top byte */
};

/* Where the order of a compound page is kept. */
enum page_order_rule {
	PAGE_ORDER_U8,		/* a byte in page[1]: compound_order, _folio_order */
	PAGE_ORDER_FLAGS,	/* the low byte of folio->_flags_1: 6.6 and later */
};

struct page_layout {
	uint32_t size;			/* sizeof(struct page) */
	uint32_t shift;			/* log2 of it; 0: it is no power of 2 */
	struct field fields[KSWAPCK_FIELD_COUNT];
	bool compound_info;		/* a tail may have a mask instead of a pointer: 7.1 */
	uint64_t vmemmap;		/* address of the struct page of pfn 0 */
	uint64_t pages;			/* struct pages there can be: max_pfn */
	enum page_order_rule order_rule;
	uint32_t order_offset;		/* from the head page */
	enum page_type_rule type_rule;
	uint32_t type_buddy, type_slab, type_table, type_hugetlb, type_offline,
		 type_kmalloc;
	uint64_t flag_locked, flag_writeback, flag_head, flag_lru, flag_slab,
		 flag_swapcache, flag_swapbacked, flag_reserved, flag_hwpoison;
	uint64_t flags_rare;		/* those that hardly any page has */
	bool tail_private_zero;		/* 6.6 and later: folio->swap */
	uint32_t tail_private_used;	/* bit i: tail i's ->private is folio's */
};

/* Where a large folio keeps how often it is mapped. */
enum folio_mapcount_rule {
	FOLIO_MAPCOUNT_NONE,	/* not known */
	FOLIO_MAPCOUNT_DOUBLE,	/* up to 6.1: of the whole and of each page; PG_double_map */
	FOLIO_MAPCOUNT_SUM,	/* 6.2 - 6.9: of the whole and of each page, apart */
	FOLIO_MAPCOUNT_LARGE,	/* 6.10 and later: all of them in one number */
};

/* Offsets are from the head page, in bytes. See folio.c. */
struct folio_layout {
	enum folio_mapcount_rule mapcount_rule;
	uint32_t mapcount_offset;	/* of the whole, or of all; -1 is none */
	uint64_t flag_double_map;	/* in the flags of the first tail page */
	uint32_t pincount_offset;	/* 0: this kernel has none */
	unsigned int pincount_order;	/* of the smallest folio that has one */
	uint32_t dtor_offset;		/* of a byte; 0: this kernel has none */
	uint8_t dtor_hugetlb;
	uint64_t flag_hugetlb;		/* in the flags of the first tail page: 6.6 - 6.9 */
};

struct xarray_layout {
	bool radix;			/* a radix tree of before 4.20: see xarray.h */
	uint32_t node_size;
	struct field shift, offset, count, nr_values, parent, array, slots;
	uint32_t slot_count;		/* 64, or 16 with CONFIG_BASE_SMALL */
	uint32_t chunk_shift;		/* log2 of it */
	struct field lock, head;	/* within struct xarray; lock_may_be_held() */
};

/* A number within a word: a bit-field, or all of the word. */
struct bit_field {
	struct field word;
	uint32_t shift;		/* bits */
	uint32_t width;		/* bits */
};

/* What the flags of a cluster are, and how clusters are chained (swap_cluster.c). */
enum cluster_form {
	CLUSTER_NONE,		/* not known */
	CLUSTER_WORD,		/* up to 6.11: a word of flags and of a count or a link */
	CLUSTER_BITS,		/* 6.12 and 6.13: a list_head, flags are bits */
	CLUSTER_NUMBER,		/* 6.14 and later: a list_head, flags are one number */
};

#define CLUSTER_FLAGS_MAX 8

struct cluster_layout {
	enum cluster_form form;
	struct bit_field count;
	struct bit_field flags;
	struct field order;
	struct field list;		/* struct list_head */
	/* enum kswapck_cluster_mark of each bit, or of each number; 0: no such flag */
	uint32_t marks[CLUSTER_FLAGS_MAX];
	struct cluster_list_layout {
		struct field head;	/* the first of them */
		uint32_t count;		/* one for each order; 0: there is no such list */
	} lists[KSWAPCK_LIST_COUNT];
	struct field list_tail[KSWAPCK_LIST_COUNT];	/* CLUSTER_WORD */
};

/* How a word of a swap table is written (swap_cache_table.c). */
enum table_form {
	TABLE_NONE,		/* no swap tables: up to 6.17 */
	TABLE_POINTER,		/* 6.18 - 7.0: as in the trees; swap_map counts */
	TABLE_COUNT,		/* 7.1: a page frame number or a shadow, and a count */
	TABLE_FLAGS,		/* 7.2 and later: the same, and the zero flag */
};

/* Fields are of struct swap_cluster_info. */
struct table_layout {
	enum table_form form;
	struct field table, extend_table, memcg_table;
	bool map_marks;		/* swap_map has SWAP_HAS_CACHE: up to 6.19 */
	uint64_t flags;		/* the bits of a word that are no page frame number, no shadow */
};

struct swap_layout {
	uint64_t swap_info;		/* address of the array of pointers */
	uint32_t nr_swapfiles;
	struct field flags, max, pages, inuse_pages, map, lock, cluster_info, swap_file;
	struct field lowest_bit, highest_bit;	/* up to 6.13 */
	struct field users;		/* percpu_ref.percpu_count_ptr: since 5.14 */
	uint32_t cluster_size;		/* sizeof(struct swap_cluster_info); 0 if none */
	uint32_t cluster_slots;		/* SWAPFILE_CLUSTER */
	uint32_t cluster_lock;		/* offset of its spinlock */
	struct cluster_layout cluster;
	struct table_layout table;
	bool old_entries;		/* SWP_TYPE_SHIFT 57: up to 4.19, swap_entry.h */
	bool tails;			/* slot i of a large folio holds page + i: up to 5.3 */
	struct field page_lru;		/* struct page.lru: links pages of counts */
	uint64_t swapper_spaces;	/* arrays of the tree eras */
	uint64_t nr_swapper_spaces;
	uint32_t space_size;		/* sizeof(struct address_space) */
	struct field i_pages, nrpages, nrexceptional;
};

struct kernel {
	struct source *source;
	struct memory *memory;
	const struct image *image;
	struct types *types;
	const struct architecture *arch;
	unsigned int page_shift;	/* see kernel_page_shift() */
	const struct swap_pte_form *swap_pte;	/* of page tables; NULL: not known */
	struct field lock;		/* of a spinlock: the word that is 0 when free */
	struct page_layout page;
	struct folio_layout folio;
	struct xarray_layout xarray;
	struct swap_layout swap;
	const struct swap_cache_ops *swap_cache;	/* this kernel's era */
};

/**
 * kernel_open - resolve every layout that the audit needs.
 *
 * @source, @image and @types must outlive @kernel.
 *
 * Return: false with ERROR_MISSING (a type or symbol is not there) or
 * ERROR_INPUT (a kernel that this program cannot read).
 */
bool kernel_open(struct kernel *kernel, struct source *source, const struct image *image,
		 struct types *types, struct error *err);

/** kernel_field_fits - a number within an object of @size bytes, or an absent field? */
bool kernel_field_fits(struct field field, uint64_t size);

/* Probing helpers for the files of this directory. */
bool kernel_field(const struct kernel *kernel, const char *type, const char *path,
		  struct field *field);
/** kernel_field_required - the same; says what is missing. */
bool kernel_field_required(const struct kernel *kernel, const char *type,
			   const char *path, struct field *field, struct error *err);
bool kernel_symbol_required(const struct kernel *kernel, const char *name,
			    uint64_t *address, struct error *err);

/**
 * kernel_direct_map - where all physical memory is mapped: virtual address of
 * physical 0; false if that cannot be read.
 */
bool kernel_direct_map(const struct kernel *kernel, uint64_t *address);

/** kernel_page_size - bytes of a page of this kernel; those of the dump may be larger. */
uint64_t kernel_page_size(const struct kernel *kernel);
/** kernel_page_shift - log2 of it. */
unsigned int kernel_page_shift(const struct kernel *kernel);

/**
 * kernel_load - little-endian integer of 1, 2, 4 or 8 bytes in a buffer; 0 of none.
 *
 * Seven for each struct page: copies of a fixed size are a load, others a call.
 */
static inline uint64_t kernel_load(const void *base, struct field field)
{
	const char *bytes = (const char *)base + field.offset;
	uint64_t value = 0;

	switch (field.size) {
	case 8:
		memcpy(&value, bytes, 8);
		break;
	case 4:
		memcpy(&value, bytes, 4);
		break;
	default:
		memcpy(&value, bytes, field.size < sizeof(value) ? field.size : sizeof(value));
	}
	return value;
}

#endif
