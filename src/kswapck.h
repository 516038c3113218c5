/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kswapck.h - all that a check sees.
 *
 * A check is one file with one const struct kswapck_plugin at its end. It
 * declares the problems that it can find and the events that it wants to see;
 * the audit walks every slot of every swap device once, then every page table
 * and every shmem file for references to slots, and calls it. A check reads the
 * dump through the functions below, decides, and reports findings; it never
 * prints.
 *
 * Units: a slot is one page-sized place of a swap device; counts are slots
 * unless a name says pages or bytes. Addresses are kernel virtual addresses of
 * the dumped kernel. Everything handed to a check is lent for the duration of
 * the call.
 */
#ifndef KSWAPCK_H
#define KSWAPCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KSWAPCK_ABI 4

/* What is declared here, and nothing else of the program, can be seen by plugins. */
#pragma GCC visibility push(default)

/** One audit in progress; opaque to checks. */
struct kswapck_audit;

/* ------------------------------------------------------------------ problems */

enum kswapck_severity {
	KSWAPCK_IGNORE,		/* not reported unless somebody asks: --severity NAME=warn */
	KSWAPCK_WARNING,	/* odd, harmless by itself, or a leftover of something worse */
	KSWAPCK_ERROR,		/* the kernel hangs, loses data or crashes on it */
};

enum kswapck_class {
	KSWAPCK_CORRUPT,	/* the object itself is wrong */
	KSWAPCK_MISMATCH,	/* two structures disagree */
};

/**
 * A kind of fault. Ids and names are stable for ever. Ids are capital letters and
 * digits, at most 16, and those that begin with KS are kswapck's own; names are small
 * letters, digits and -, at most 40. No text may be missing.
 *
 * @sentence says what is wrong at one place. Words in braces are replaced from
 * the finding: {slots} {first} {page} {pfn} {entry} {owner} {detail}; {s} is the s of
 * a verb whose subject is {slots}.
 * The last four are the paragraphs of 'kswapck help ID'; lines are wrapped by
 * whoever prints them, and a line that begins with a blank is kept as it is.
 */
struct kswapck_problem {
	const char *id;			/* "KS101" */
	const char *name;		/* "freed-folio" */
	enum kswapck_severity severity;
	enum kswapck_class class;
	const char *sentence;
	const char *meaning;		/* what it means */
	const char *origin;		/* how it arises */
	const char *consequence;	/* what the machine does next */
	const char *confirm;		/* how to see it in crash and in drgn */
};

/* ------------------------------------------------------------- kernel objects */

/* struct kswapck_page.marks */
enum kswapck_page_mark {
	KSWAPCK_PAGE_LOCKED	= 1 << 0,
	KSWAPCK_PAGE_HEAD	= 1 << 1,	/* first page of a compound page */
	KSWAPCK_PAGE_TAIL	= 1 << 2,	/* any other page of one */
	KSWAPCK_PAGE_SWAPCACHE	= 1 << 3,	/* PG_swapcache and PG_swapbacked */
	KSWAPCK_PAGE_BUDDY	= 1 << 4,	/* head of a free block; private is its order */
	KSWAPCK_PAGE_SLAB	= 1 << 5,
	KSWAPCK_PAGE_TABLE	= 1 << 6,	/* page table */
	KSWAPCK_PAGE_HUGETLB	= 1 << 7,
	KSWAPCK_PAGE_OFFLINE	= 1 << 8,
	KSWAPCK_PAGE_RESERVED	= 1 << 9,
	KSWAPCK_PAGE_LRU	= 1 << 10,
	KSWAPCK_PAGE_WRITEBACK	= 1 << 11,
	KSWAPCK_PAGE_HWPOISON	= 1 << 12,
	KSWAPCK_PAGE_ANON	= 1 << 13,	/* mapping is an anon_vma or KSM node */
	KSWAPCK_PAGE_FILE	= 1 << 14,	/* mapping is an address_space */
	KSWAPCK_PAGE_KMALLOC	= 1 << 16,	/* large kmalloc memory, since 6.15 */
	KSWAPCK_PAGE_ODD_ORDER	= 1 << 15,	/* HEAD, but its order cannot be; order is 0 */
};

/** A struct page, decoded for every layout that kernels have had. */
struct kswapck_page {
	uint64_t address;	/* of the struct page */
	uint64_t pfn;
	uint64_t flags;		/* raw page->flags */
	uint64_t head;		/* address of the head page; own address if no tail */
	uint64_t compound;	/* raw word of a tail that leads there: compound_head, or
				   compound_info since 7.1 */
	uint64_t mapping;	/* raw, low bits included */
	uint64_t private;
	uint64_t index;		/* raw: of an anonymous or file page, pages; else anything */
	uint32_t page_type;	/* raw; shares its place with _mapcount */
	int32_t refcount;
	uint32_t marks;		/* enum kswapck_page_mark */
	unsigned int order;	/* of the compound page if HEAD, else 0 */
};

enum kswapck_page_field {
	KSWAPCK_FIELD_FLAGS,
	KSWAPCK_FIELD_COMPOUND_HEAD,
	KSWAPCK_FIELD_MAPPING,
	KSWAPCK_FIELD_PRIVATE,
	KSWAPCK_FIELD_PAGE_TYPE,
	KSWAPCK_FIELD_REFCOUNT,
	KSWAPCK_FIELD_INDEX,
	KSWAPCK_FIELD_COUNT,
};

/** A folio: a page, or several that are one. */
struct kswapck_folio {
	struct kswapck_page page;	/* the head */
	uint64_t pages;			/* 1 << order */
	uint64_t index;			/* of the head in its file or anon_vma, pages */
	bool mapcount_known;
	int64_t mapcount;		/* page table entries that map it; of a PMD one */
	uint64_t mapcount_address;	/* of the number that says so, or of the first of them */
	uint32_t mapcount_size;		/* bytes */
	bool pincount_known;		/* large folios, of kernels that count them apart */
	int64_t pincount;		/* FOLL_PIN references */
};

/** A swap device: struct swap_info_struct. */
struct kswapck_device {
	unsigned int type;	/* index in swap_info[] */
	char name[64];		/* last part of its path: "vda"; may be empty */
	uint64_t address;	/* of the swap_info_struct */
	uint64_t flags;		/* SWP_* */
	uint64_t slots;		/* si->max: slots 0 .. slots - 1 */
	uint64_t pages;		/* usable slots */
	uint64_t inuse;		/* si->inuse_pages without flag bits */
	uint64_t inuse_address;
	uint64_t inuse_raw;	/* as it stands there */
	uint32_t inuse_size;	/* bytes: 4, or 8 since 6.14 */
	uint64_t swap_map;	/* address of the byte of slot 0; 0 if there is none: since 7.1 */
	uint64_t clusters;	/* address of cluster_info[]; 0 if there is none */
	bool has_bounds;	/* lowest_bit and highest_bit: up to 6.13 */
	uint64_t lowest, highest;	/* no slot outside of them is free */
	uint64_t lowest_address, highest_address;
	bool has_users;		/* percpu_ref users: since 5.15 */
	bool users_dead;	/* killed: no new user may come */
	uint64_t users_address;	/* of the word that says so */
	uint64_t users_raw;
	bool lock_held;		/* si->lock */
	bool locked;		/* the lock of its counters was held: they may be in motion */
	uint64_t map_used;	/* slots in use by swap_map; for device_end only */
	uint64_t map_bad;	/* slots that are bad by swap_map; for device_end only */
	uint64_t first_free, last_free;	/* free slots; first > last: none. device_end only */
	bool map_complete;	/* all of swap_map was read; for device_end only */
};

/*
 * swap_map bytes, by the kernel's own names (include/linux/swap.h up to 6.19):
 * macros, which no debug information holds.
 *
 * Where swap tables have taken their place, a check is given bytes all the same, made
 * from the tables: SWAP_HAS_CACHE of a folio there (7.0 and later), SWAP_MAP_BAD and
 * the count of owners (7.1 and later), with COUNT_CONTINUED when the word does not hold
 * all of it or cannot be understood.
 */
#define SWAP_MAP_MAX	0x3e
#define SWAP_MAP_BAD	0x3f
#define SWAP_HAS_CACHE	0x40
#define COUNT_CONTINUED	0x80
#define SWAP_MAP_SHMEM	0xbf	/* of a page of shmem: one owner, not counted */

/* struct kswapck_device.flags; the same numbers in all kernels with swap_map. */
#define SWP_USED	(1 << 0)
#define SWP_WRITEOK	(1 << 1)	/* clear: swapon is not done, or swapoff has begun */

/* What the swap cache holds at a slot. */
enum kswapck_entry_kind {
	KSWAPCK_ENTRY_NONE,
	KSWAPCK_ENTRY_SHADOW,	/* workingset shadow of an evicted page */
	KSWAPCK_ENTRY_PAGE,	/* a pointer, good or bad */
	KSWAPCK_ENTRY_UNREADABLE,/* the node that holds it is not in the dump */
	KSWAPCK_ENTRY_ODD,	/* a thing that must not be there; told by a tree fault */
};

/** One address_space of the swap cache: 64 MiB of slots, also where there is none. */
struct kswapck_space {
	const struct kswapck_device *device;
	uint64_t address;	/* of the struct address_space; 0: swap tables, 6.18 and later */
	uint64_t first_slot;
	uint32_t slots;		/* that exist: at most 16,384 */
	bool locked;		/* i_pages.xa_lock, or the lock of a cluster, was held: the
				   tree or table may be in motion */
	bool complete;		/* every node or table could be read and decoded */
	bool has_nrpages;	/* the tree eras */
	uint64_t nrpages;
	uint64_t nrpages_address;
	bool has_nrexceptional;	/* kernels before 5.13 count shadows too */
	uint64_t nrexceptional;
	uint64_t nrexceptional_address;
	uint64_t pages_found;	/* slots whose entry is a pointer */
	uint64_t shadows_found;
	const uint64_t *entries;/* [slots]: raw entries; 0 is nothing. For a page frame number
				   (7.1 and later) the address of its struct page */
	const uint64_t *words;	/* [slots]: as they stand there */
	const uint8_t *kinds;	/* [slots]: enum kswapck_entry_kind */
	const uint8_t *map;	/* [slots]: swap_map bytes; NULL if this kernel has none */
	const uint8_t *map_read;/* [slots]: 1 where the map could be read */
	const uint64_t *places;	/* [slots / 16]: address of the word that holds the entry
				   of each 16th slot; 0 if there is none */
};

/** Neighbouring slots of one space that hold the very same entry. */
struct kswapck_run {
	uint64_t first_slot;
	uint32_t count;
	uint64_t entry;
	enum kswapck_entry_kind kind;	/* SHADOW or PAGE */
	const struct kswapck_page *page;/* for PAGE; NULL if not the address of a
					   struct page, or not in the dump */
	bool is_page_address;		/* the entry is the address of a struct page */
};

enum kswapck_tree_fault_kind {
	KSWAPCK_TREE_POINTER,	/* pointer to a node is no kernel address */
	KSWAPCK_TREE_HEADER,	/* parent, offset, shift or array is wrong */
	KSWAPCK_TREE_COUNT,	/* count or nr_values differs from the slots */
	KSWAPCK_TREE_SIBLING,	/* sibling or multi-index entry */
	KSWAPCK_TREE_INTERNAL,	/* retry, zero, error or unknown internal entry */
	KSWAPCK_TREE_RANGE,	/* entry where this space has no slot */
	KSWAPCK_TREE_CYCLE,	/* node reached twice */
	KSWAPCK_TABLE_POINTER,	/* pointer to a swap table is no kernel address */
	KSWAPCK_TABLE_MISSING,	/* a cluster has slots in use and no table */
	KSWAPCK_TABLE_MARK,	/* word of a kind that swap tables do not have */
};

/** Something wrong in the shape of a tree, or of the swap tables. */
struct kswapck_tree_fault {
	enum kswapck_tree_fault_kind kind;
	uint64_t node;		/* address of the xa_node, or of the swap_cluster_info, that
				   shows it; 0: the root */
	uint64_t first_slot;	/* slots below the faulty place */
	uint64_t slots;
	uint64_t where;		/* address of the wrong word */
	unsigned int size;	/* its bytes */
	uint64_t found;
	bool has_expected;
	uint64_t expected;
	const char *member;	/* "xa_node.parent" */
};

/** One slot in use, or with something in the swap cache. */
struct kswapck_slot {
	uint64_t number;
	uint8_t map;			/* its swap_map byte */
	bool map_read;			/* it could be read */
	enum kswapck_entry_kind kind;
	uint64_t entry;			/* raw */
};

/* ------------------------------------------------------------------- clusters */

/* struct kswapck_cluster.marks: what a cluster says of itself */
enum kswapck_cluster_mark {
	KSWAPCK_CLUSTER_FREE	= 1 << 0,
	KSWAPCK_CLUSTER_HUGE	= 1 << 1,	/* one large folio fills it: up to 6.9 */
	KSWAPCK_CLUSTER_NONFULL	= 1 << 2,
	KSWAPCK_CLUSTER_FRAGMENT = 1 << 3,
	KSWAPCK_CLUSTER_FULL	= 1 << 4,
	KSWAPCK_CLUSTER_DISCARD	= 1 << 5,
	KSWAPCK_CLUSTER_ODD	= 1 << 6,	/* a flag that this kernel does not have */
};

/* The list of its device on which a cluster was found. */
enum kswapck_cluster_list {
	KSWAPCK_LIST_NONE,
	KSWAPCK_LIST_FREE,
	KSWAPCK_LIST_NONFULL,
	KSWAPCK_LIST_FRAGMENT,
	KSWAPCK_LIST_FULL,
	KSWAPCK_LIST_DISCARD,
	KSWAPCK_LIST_COUNT,
};

/** struct swap_cluster_info: SWAPFILE_CLUSTER slots. */
struct kswapck_cluster {
	const struct kswapck_device *device;
	uint64_t number;
	uint64_t first_slot;
	uint32_t slots;			/* that the device has; fewer in the last one */
	uint64_t address;		/* of the swap_cluster_info */
	uint64_t count;			/* slots in use, as it says */
	uint64_t count_address;
	uint32_t count_size;		/* bytes of the word that holds it */
	uint64_t count_raw;		/* that word */
	uint32_t marks;			/* enum kswapck_cluster_mark */
	uint64_t marks_address;
	uint32_t marks_size;
	uint64_t marks_raw;
	unsigned int order;		/* of its folios, since 6.11 */
	bool locked;			/* its lock or its device's is held */
	uint64_t map_used;		/* swap_map bytes that are not 0, bad ones too, and the
					   slots beyond the device's end */
	bool map_complete;		/* all of them could be read */
	const uint8_t *map;		/* [slots] */
	const uint8_t *kinds;		/* [slots]: enum kswapck_entry_kind */
	const uint64_t *entries;	/* [slots] */
	bool lists_known;		/* all lists could be followed to their ends */
	enum kswapck_cluster_list list;	/* where it was found */
	unsigned int list_order;	/* of a list by order */
	bool has_table;			/* swap tables: 6.18 and later */
	uint64_t table;			/* address of this one's; 0: it has none */
	uint64_t table_address;		/* of the word that says so */
	uint64_t extend_table;		/* 0: none: of counts that are too large, since 7.1 */
	uint64_t extend_table_address;	/* of the word that says so; 0: no such member */
	uint64_t memcg_table;		/* 0: none: memory cgroups, since 7.2 */
};

enum kswapck_list_fault_kind {
	KSWAPCK_LIST_POINTER,		/* leads to no cluster of the device */
	KSWAPCK_LIST_CYCLE,		/* comes back to where it was, or to another list */
	KSWAPCK_LIST_BACK,		/* the way back differs from the way there */
	KSWAPCK_LIST_TAIL,		/* the tail is not the last one */
};

/** Something wrong in the shape of a list of clusters. */
struct kswapck_list_fault {
	const struct kswapck_device *device;
	enum kswapck_list_fault_kind kind;
	enum kswapck_cluster_list list;
	unsigned int list_order;
	uint64_t where;			/* address of the wrong word */
	unsigned int size;		/* its bytes */
	uint64_t found;
	bool has_expected;
	uint64_t expected;
	const char *member;		/* "swap_cluster_info.list.prev" */
};

/* ------------------------------------------------------- references to a slot */

enum kswapck_reference_kind {
	KSWAPCK_REFERENCE_PTE,		/* a page table entry */
	KSWAPCK_REFERENCE_SHMEM,	/* a value in the tree of a shmem file */
};

/** Something that owns a slot. */
struct kswapck_reference {
	enum kswapck_reference_kind kind;
	unsigned int type;		/* of the swap device it names */
	uint64_t slot;
	const struct kswapck_device *device;	/* NULL: no such device is in use */
	bool cached;			/* the swap cache holds a pointer at the slot */
	bool locked;			/* the lock of its page table or tree was held: it may be
					   in motion */
	uint64_t raw;			/* as it stands there */
	uint64_t place;			/* address of the word; 0 if not known */
	/* of a PTE */
	uint64_t mm;
	uint64_t address;		/* user address */
	int32_t pid;			/* of a process that has the mm; 0: none was found */
	char comm[17];			/* its name, raw bytes of the dump */
	/* of shmem */
	uint64_t inode;			/* address of the struct inode */
	uint64_t inode_number;
	uint64_t index;			/* in the file, pages */
};

/** A part of a process's address space. */
struct kswapck_vma {
	uint64_t address;		/* of the vm_area_struct */
	uint64_t mm;
	uint64_t start, end;		/* user addresses; end is exclusive */
	uint64_t pgoff;			/* index of an anonymous page at start, pages */
	uint64_t flags;			/* VM_* */
	uint64_t anon_vma;		/* 0: none */
	uint64_t file;			/* 0: none */
	bool locked;			/* the mmap_lock of its mm was held for writing: it may
					   be in motion */
};

/** How often each slot of one part of a device is referred to. */
struct kswapck_reference_counts {
	const struct kswapck_device *device;
	uint64_t first_slot;
	uint32_t slots;
	const uint32_t *ptes;		/* [slots]: page table entries */
	const uint32_t *shmem;		/* [slots]: places in shmem files */
	const uint32_t *locked;		/* [slots]: of both, those that may be in motion */
	const uint8_t *map;		/* [slots]: swap_map bytes */
	const uint8_t *map_read;	/* [slots]: 1 where the map could be read */
	bool complete;			/* every page table and shmem file was read */
};

/* ------------------------------------------------------------------- findings */

#define KSWAPCK_EVIDENCE_MAX 8

/** One value in the dump that proves a finding. */
struct kswapck_evidence {
	const char *what;	/* "page._refcount"; must outlive the finding */
	uint64_t address;
	unsigned int size;	/* bytes: 1, 2, 4 or 8 */
	uint64_t value;
	bool has_expected;
	uint64_t expected;
};

/** One problem at one place. Zero it, fill it, report it. */
struct kswapck_finding {
	const struct kswapck_problem *problem;
	enum kswapck_severity severity;	/* set by kswapck_report(): as it was graded */
	const struct kswapck_device *device;	/* NULL if of no device */
	uint64_t first_slot;
	uint64_t last_slot;
	uint64_t count;		/* slots concerned; 0 if of no slot */
	uint64_t entry;		/* raw entry of the first slot; 0 if none */
	uint64_t page;		/* address of the struct page; 0 if none */
	uint64_t pfn;
	bool page_per_slot;	/* each slot has a page of its own; page is the first one's */
	/* who refers to the slot; kswapck_owner() fills it */
	uint64_t mm;		/* 0: nobody is named */
	uint64_t address;	/* user address of the first slot */
	int32_t pid;
	char comm[17];		/* raw bytes of the dump */
	char detail[240];	/* what the sentence's {detail} says */
	unsigned int evidence_count;
	struct kswapck_evidence evidence[KSWAPCK_EVIDENCE_MAX];
};

/** kswapck_evidence - add one value to @finding; silently full after the last place. */
void kswapck_evidence(struct kswapck_finding *finding, const char *what,
		      uint64_t address, unsigned int size, uint64_t value);
/** kswapck_evidence_expected - the same with the value that should stand there. */
void kswapck_evidence_expected(struct kswapck_finding *finding, const char *what,
			       uint64_t address, unsigned int size,
			       uint64_t value, uint64_t expected);
/**
 * kswapck_evidence_map - add what says how often @slot is in use: its byte of swap_map,
 * or since 7.1 its word in the swap table, unless @finding has that already.
 * @map: the byte.
 */
void kswapck_evidence_map(struct kswapck_audit *audit, struct kswapck_finding *finding,
			  const struct kswapck_device *device, uint64_t slot, uint8_t map);
/** kswapck_evidence_slot - add the word in the swap cache that is @slot's entry. */
void kswapck_evidence_slot(struct kswapck_finding *finding, const char *what,
			   const struct kswapck_space *space, uint64_t slot);
/** kswapck_evidence_page - add one field of a struct page. */
void kswapck_evidence_page(struct kswapck_audit *audit, struct kswapck_finding *finding,
			   const struct kswapck_page *page, enum kswapck_page_field field);
/** kswapck_evidence_page_expected - the same with the value that should stand there. */
void kswapck_evidence_page_expected(struct kswapck_audit *audit,
				    struct kswapck_finding *finding,
				    const struct kswapck_page *page,
				    enum kswapck_page_field field, uint64_t expected);

/** kswapck_owner - name the process that refers to a slot; add the word that does. */
void kswapck_owner(struct kswapck_finding *finding, const struct kswapck_reference *reference);

/**
 * kswapck_report - hand over a finding (copied).
 *
 * Findings of one problem on the same page, or on neighbouring pages and
 * slots, are joined into one with a range and a count.
 */
void kswapck_report(struct kswapck_audit *audit, const struct kswapck_finding *finding);

/* ---------------------------------------------------------- reading the dump */

/** kswapck_read - bytes at a kernel virtual address; false if not readable. */
bool kswapck_read(struct kswapck_audit *audit, uint64_t address, void *buffer, size_t length);
/** kswapck_symbol - address of a kernel symbol. */
bool kswapck_symbol(struct kswapck_audit *audit, const char *name, uint64_t *address);
/** kswapck_member - offset and size in bytes of a member; false if there is none. */
bool kswapck_member(struct kswapck_audit *audit, const char *type, const char *path,
		    uint32_t *offset, uint32_t *size);

/** kswapck_page_size - bytes of a page: 4096 on x86_64, up to 65536 on arm64. */
uint64_t kswapck_page_size(const struct kswapck_audit *audit);
/** kswapck_is_page - is @address that of a struct page that can exist? */
bool kswapck_is_page(const struct kswapck_audit *audit, uint64_t address);
/** kswapck_page_read - the struct page at @address; false if not readable or no page. */
bool kswapck_page_read(struct kswapck_audit *audit, uint64_t address, struct kswapck_page *page);
/** kswapck_page_at - the struct page @count pages after @page. */
bool kswapck_page_at(struct kswapck_audit *audit, const struct kswapck_page *page,
		     uint64_t count, struct kswapck_page *result);
/** kswapck_page_describe - what the page is now, in words: "slab memory". */
void kswapck_page_describe(const struct kswapck_page *page, char *text, size_t size);
/**
 * kswapck_buddy_block - the free block of the buddy allocator that holds @page.
 * @block: filled with the head page of the block; its order is block->private.
 */
bool kswapck_buddy_block(struct kswapck_audit *audit, const struct kswapck_page *page,
			 struct kswapck_page *block);

/**
 * kswapck_folio_read - decode the folio whose head is @page.
 *
 * Return: false if @page is a tail or part of it is not readable.
 */
bool kswapck_folio_read(struct kswapck_audit *audit, const struct kswapck_page *page,
			struct kswapck_folio *folio);

/** kswapck_cached - what the swap cache holds at a slot; KSWAPCK_ENTRY_PAGE fills @page. */
enum kswapck_entry_kind kswapck_cached(struct kswapck_audit *audit,
				       const struct kswapck_device *device, uint64_t slot,
				       struct kswapck_page *page);

/** kswapck_slot_map - the swap_map byte of @slot; false if it could not be read. */
bool kswapck_slot_map(struct kswapck_audit *audit, const struct kswapck_device *device,
		      uint64_t slot, uint8_t *map);

/**
 * kswapck_swap_count - how many owners swap_map gives a slot.
 *
 * Counts above SWAP_MAP_MAX go on in pages of their own (mm/swapfile.c
 * swap_count_continued()), or since 7.1 above 14 in the extend_table of the cluster.
 *
 * @map: the slot's byte. SWAP_MAP_SHMEM counts 1.
 * Return: false when it is bad or the continuation cannot be followed; then @why
 * says why, in a constant string.
 */
bool kswapck_swap_count(struct kswapck_audit *audit, const struct kswapck_device *device,
			uint64_t slot, uint8_t map, uint64_t *count, const char **why);
/**
 * kswapck_count_damaged - does kswapck_swap_count() fail because the continuation is
 * not there, or is no count? Then @why says what is wrong; else it was not readable.
 */
bool kswapck_count_damaged(struct kswapck_audit *audit, const struct kswapck_device *device,
			   uint64_t slot, uint8_t map, const char **why);

/**
 * kswapck_vma_find - where a PTE lies.
 *
 * Return: false if it is in none, or that is not readable. If it certainly is in none,
 * @vma->mm is set all the same: so it is while munmap() is at work on the place.
 */
bool kswapck_vma_find(struct kswapck_audit *audit, const struct kswapck_reference *reference,
		      struct kswapck_vma *vma);

/** kswapck_swap_entry - (type, offset) as the kernel writes it in ->private. */
uint64_t kswapck_swap_entry(unsigned int type, uint64_t slot);
void kswapck_swap_entry_split(uint64_t entry, unsigned int *type, uint64_t *slot);

/* How ->private of the tail pages of a cached large folio is used. */
enum kswapck_tail_private {
	KSWAPCK_TAIL_PRIVATE_ENTRY,	/* head's entry + i: up to 6.5 */
	KSWAPCK_TAIL_PRIVATE_ZERO,	/* unused: 6.6 and later, folio->swap */
};
enum kswapck_tail_private kswapck_tail_private(const struct kswapck_audit *audit);
/** kswapck_tail_private_used - tail @i's ->private is a field of struct folio. */
bool kswapck_tail_private_used(const struct kswapck_audit *audit, uint64_t i);

/**
 * kswapck_slot_parked - the slot lies allocated in a per-CPU slots cache, where
 * SWAP_HAS_CACHE without a folio is right (mm/swap_slots.c, up to 6.14).
 */
bool kswapck_slot_parked(const struct kswapck_audit *audit, unsigned int type, uint64_t slot);
/** kswapck_parked_known - all of those caches could be read. */
bool kswapck_parked_known(const struct kswapck_audit *audit);

/**
 * kswapck_slot_locked - si->lock or the lock of the slot's cluster is held, or
 * cannot be read: swap_map may be in motion there.
 */
bool kswapck_slot_locked(struct kswapck_audit *audit, const struct kswapck_device *device,
			 uint64_t slot);

/** Result of asking the kernel stacks. */
enum kswapck_stacks {
	KSWAPCK_STACKS_NO,	/* all were read; the value is on none */
	KSWAPCK_STACKS_YES,	/* some task or CPU holds the value */
	KSWAPCK_STACKS_UNKNOWN,	/* not all stacks could be read */
};
/**
 * kswapck_in_hand - does a task hold the entry of @slot?
 *
 * Between allocating a slot and putting a folio there, or after taking it out,
 * a task has the swap entry (or, within the allocator, the bare slot) in a
 * register or on its kernel stack. Asked are the stacks of all tasks on a CPU
 * and of all others that are in a function of the swap code; dear the first time
 * (they are read once), cheap after.
 */
enum kswapck_stacks kswapck_in_hand(struct kswapck_audit *audit, unsigned int type,
				    uint64_t slot);

/**
 * kswapck_range_in_hand - the same for any of @count slots from @slot on.
 */
enum kswapck_stacks kswapck_range_in_hand(struct kswapck_audit *audit, unsigned int type,
					  uint64_t slot, uint64_t count);

/**
 * kswapck_tables_moving - is some task where whole page tables are taken out of their
 * tree for a while (collapse, mremap), or a shmem file is not on its list yet? What they
 * hold was not seen then.
 */
enum kswapck_stacks kswapck_tables_moving(struct kswapck_audit *audit);

/**
 * kswapck_unverified - count slots that this check could not judge.
 * @why: a constant string: "struct page is not in the dump".
 */
void kswapck_unverified(struct kswapck_audit *audit, const char *why, uint64_t slots);
/**
 * kswapck_in_motion - count slots that were caught in the middle of a legal
 * change, such as a folio frozen for migration.
 */
void kswapck_in_motion(struct kswapck_audit *audit, uint64_t slots);

/* --------------------------------------------------------------------- checks */

/**
 * One check. Any event may be NULL. Order:
 *
 *  begin
 *  for each device: device_begin, list_fault ...,
 *    for each part of it, in slot order:
 *      tree_fault ..., { run, folio } ..., slot ..., cluster ..., space_end
 *    device_end
 *  unless the page tables are left out:
 *    reference ... (in no order), references for each part of each device (but where
 *    nothing of swap_map could be read)
 *  end
 *
 * A folio event is of a folio that is what the slot should hold: a head, alive,
 * marked as swap cache. Whatever else a slot holds is for run to judge.
 *
 * A usual slot is a run of its own with a shadow, or with the page that a slot should hold: a
 * folio of this page alone, with no other mark than that of the swap cache, LRU and ANON, that
 * names this slot in its ->private, and that has as many references as it has mappings,
 * and one for the slot. There are millions of them. Run and folio events of usual slots
 * may be left out when all checks say with skips_usual that they make nothing of them.
 */
struct kswapck_plugin {
	unsigned int abi;		/* KSWAPCK_ABI */
	const char *name;		/* "cache-entry" */
	const char *summary;		/* one line */
	const struct kswapck_problem *problems;	/* ends with id NULL */
	bool skips_usual;		/* run and folio find nothing in usual slots */
	/** @return what kswapck_state() gives to the other events; NULL is fine */
	void *(*begin)(struct kswapck_audit *audit);
	void (*device_begin)(struct kswapck_audit *audit, const struct kswapck_device *device);
	void (*list_fault)(struct kswapck_audit *audit, const struct kswapck_list_fault *fault);
	void (*tree_fault)(struct kswapck_audit *audit, const struct kswapck_space *space,
			   const struct kswapck_tree_fault *fault);
	void (*run)(struct kswapck_audit *audit, const struct kswapck_space *space,
		    const struct kswapck_run *run);
	void (*folio)(struct kswapck_audit *audit, const struct kswapck_space *space,
		      const struct kswapck_run *run, const struct kswapck_folio *folio);
	void (*slot)(struct kswapck_audit *audit, const struct kswapck_space *space,
		     const struct kswapck_slot *slot);
	void (*cluster)(struct kswapck_audit *audit, const struct kswapck_cluster *cluster);
	void (*space_end)(struct kswapck_audit *audit, const struct kswapck_space *space);
	void (*device_end)(struct kswapck_audit *audit, const struct kswapck_device *device);
	void (*reference)(struct kswapck_audit *audit, const struct kswapck_reference *reference);
	void (*references)(struct kswapck_audit *audit,
			   const struct kswapck_reference_counts *counts);
	/** also after an audit that was interrupted; gives back what begin has taken */
	void (*end)(struct kswapck_audit *audit);
};

/** kswapck_state - what the plugin's begin event returned. */
void *kswapck_state(const struct kswapck_audit *audit);

/**
 * A plugin in a file of its own defines this symbol; 'kswapck --plugin FILE.so' looks
 * for it. Built-in checks have names of their own instead.
 */
extern const struct kswapck_plugin kswapck_plugin;

#pragma GCC visibility pop

#endif
