/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a page of memory can or cannot be migrated: the references that a folio has
 * against those that are explained.
 *
 * Migration goes by numbers (folio_expected_ref_count() in include/linux/mm.h, before
 * 6.16 in mm/migrate.c): it unmaps the folio and then wants to find the references of the
 * cache that holds it, of its ->private and its own, and no other. A reference more is
 * taken for somebody who uses the memory by its physical address.
 */
#ifndef KSWAPCK_PINS_H
#define KSWAPCK_PINS_H

#include "kernel/kernel.h"
#include "kernel/memory_range.h"
#include "story/story.h"

enum pin_verdict {
	PIN_MIGRATABLE,		/* all references are explained */
	PIN_DRAIN,		/* so they are after lru_add_drain_all() */
	PIN_LOOKS_PINNED,	/* compaction of this kernel takes it for pinned; it is not */
	PIN_FREE,
	PIN_IN_HAND,		/* tasks that work on it hold it for the moment */
	PIN_IN_MOTION,		/* frozen, or its counts are being changed */
	PIN_PINNED,		/* by references that nobody accounts for */
	PIN_HUGETLB,		/* needs a free huge page elsewhere */
	PIN_HWPOISON,
	PIN_UNMOVABLE,		/* memory of the kernel */
	PIN_OFFLINE,		/* sections that are offline */
	PIN_NO_FOLIO,		/* a slot that does not hold a folio of the swap cache */
	PIN_UNREADABLE,		/* its struct page, or what may hold it, is not in the dump */
	PIN_VERDICT_COUNT,
};

/** pin_verdict_name - "migratable", "truly-pinned" ...; stable, for programs. */
const char *pin_verdict_name(enum pin_verdict verdict);

#define PIN_TASKS_MAX 3

struct pin_task {
	int32_t pid;
	char comm[17];		/* raw bytes of the dump */
	bool on_cpu_list;	/* the folio is on a list on its stack: it isolated it */
};

/* One folio, or neighbouring pages of one kind. References are of the whole folio. */
struct pin {
	enum pin_verdict verdict;
	const char *kind;	/* "anonymous memory", "slab memory"; a constant */
	uint64_t first_pfn;
	uint64_t pages;
	struct kswapck_folio folio;	/* of the first page; page.address 0: not read */
	bool counted;		/* what follows is known */
	int64_t cache;		/* of the swap cache or page cache */
	int64_t private;	/* of ->private */
	int64_t batched;	/* of per-CPU LRU batches */
	int64_t isolated;	/* of whoever took it off the LRU list */
	int64_t gathered;	/* of mmu_gather: dropped with the next TLB flush */
	int64_t in_hand;	/* that tasks which have it in hand may hold */
	int64_t foll_pin;	/* of FOLL_PIN */
	int64_t unexplained;	/* of nobody that is known, FOLL_PIN apart */
	bool writeback;
	bool head_compared;	/* head_mapcount is known */
	int64_t head_mapcount;
	bool has_slot;		/* swap cache */
	unsigned int type;
	uint64_t slot;
	struct pin_task tasks[PIN_TASKS_MAX];	/* that have it in hand */
	size_t task_count;	/* of all; more than PIN_TASKS_MAX are not kept */
	struct pin_task owner;	/* a process that maps it; pid 0: not known */
};

struct pin_tally {
	uint64_t folios;	/* or runs of pages */
	uint64_t pages;
};

#define PIN_KINDS_MAX 24

struct pins_summary {
	struct memory_range range;	/* that was looked at; pages 0: the swap cache */
	struct pin_tally verdicts[PIN_VERDICT_COUNT];
	struct {
		const char *name;
		enum pin_verdict verdict;
		struct pin_tally tally;
	} kinds[PIN_KINDS_MAX];
	size_t kind_count;
	uint64_t holes;			/* pages of the range that do not exist */
	uint64_t slots_unread;		/* of the swap cache */
	bool batches_complete;		/* see lru_batches.h */
	bool holders_complete;		/* see page_holders.h */
	bool mapcounts_known;
	bool interrupted;
	const struct known_bug *bug;	/* "huge-page-looks-pinned" */
	enum story_fix_status fix;
	char fix_why[256];
};

enum pins_scope {
	PINS_SWAP_CACHE,
	PINS_RANGE,		/* every page of a range */
	PINS_ANON,		/* anonymous memory and swap cache in a range */
};

struct pins_options {
	enum pins_scope scope;
	struct memory_range range;
	bool (*interrupted)(void);	/* NULL: never */
	void (*progress)(void *data, uint64_t done, uint64_t total);	/* NULL: none */
	void *data;			/* for progress and found */
	/** called for all but migratable and free pages, by pfn (by slot in the swap cache) */
	void (*found)(void *data, const struct pin *pin);
};

/** pins_walk - judge all folios; false with @err set when out of memory. */
bool pins_walk(const struct kernel *kernel, const struct pins_options *options,
	       struct pins_summary *summary, struct error *err);

/** pin_holds - does such a page keep its memory block from going offline, for good? */
bool pin_holds(enum pin_verdict verdict);

#endif
