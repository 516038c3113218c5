/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of story/ share: the telling of one story. */
#ifndef KSWAPCK_PARTS_H
#define KSWAPCK_PARTS_H

#include "kernel/address_map.h"
#include "kernel/page_table.h"
#include "kernel/swap_cache.h"
#include "story/story.h"

/* What the swap cache holds at one slot. */
struct slot_view {
	enum kswapck_entry_kind kind;
	uint64_t entry;
	uint64_t node;		/* address of the tree node that holds it; 0: none */
	uint64_t node_end;	/* end of it */
};

/* Where on a stack struct xa_state and struct vm_fault have their fields. */
struct link_layout {
	bool xa_state_known, vm_fault_known;
	struct field xa, xa_index, xa_node;
	struct field vma, address, orig_pte;
};

/* Of each type of a swap entry. */
enum device_state {
	DEVICE_UNREADABLE,
	DEVICE_OFF,		/* no such device, or swapoff has ended */
	DEVICE_ON,
	DEVICE_LEAVING,		/* no slot is given out any more, or not yet */
};

struct telling {
	const struct kernel *kernel;
	const struct story_options *options;
	struct story_findings *findings;
	const struct audit_summary *audit;
	struct story *story;
	bool out_of_memory;

	struct kswapck_device devices[32];	/* by type; slots 0: none */
	enum device_state device_states[32];	/* by type */
	unsigned int device_count;	/* types, used or not */
	struct swap_space *space;	/* the one read last */
	bool space_valid;
	unsigned int space_type;
	uint64_t space_index;

	struct code *code;
	struct unwinder *unwinder;
	struct cpus cpus;
	struct task_layout tasks;
	bool tasks_known;
	struct address_map_layout map;
	bool map_known;
	struct page_table_layout tables;
	bool tables_known;
	struct link_layout link;
	struct unwound unwound;		/* of the thread at hand */
	size_t frames;			/* of all threads that are kept */
};

/** story_gap - note that @part is missing; @why is a format. */
void story_gap(struct story *story, const char *part, const char *why, ...)
	__attribute__((format(printf, 3, 4)));

bool story_stopped(const struct telling *telling);
void story_progress(const struct telling *telling, const char *what, uint64_t done,
		    uint64_t total);

/* findings.c */
void story_findings_sort(struct story_findings *findings);
/**
 * story_findings_at - the range where somebody gets stuck at this slot; NULL: none.
 * @view: what the slot holds; NULL: a slot between those of a range counts as well
 */
const struct story_range *story_findings_at(const struct story_findings *findings,
					    unsigned int type, uint64_t slot,
					    const struct slot_view *view);

/* slots.c */
void story_devices_read(struct telling *telling);
/** story_slot_valid - is there such a slot? */
bool story_slot_valid(const struct telling *telling, unsigned int type, uint64_t slot);
/** story_broken_at - story_findings_at() of the slot as it is; the range lives as long as they. */
const struct story_range *story_broken_at(struct telling *telling, unsigned int type,
					  uint64_t slot);
/** story_slot_read - what the swap cache holds there; false if not readable. */
bool story_slot_read(struct telling *telling, unsigned int type, uint64_t slot,
		     struct slot_view *view);

/**
 * story_space_read - space @index of a device, lent until the next one is read; NULL if
 * not readable. Slots of a device: story_slot_valid().
 */
const struct swap_space *story_space_read(struct telling *telling, unsigned int type,
					  uint64_t index);

/* stack.c */
/** story_stack_first - innermost frame on the same stack as frame @last. */
unsigned int story_stack_first(const struct unwound *unwound, unsigned int last);
/** Return true for the word that was looked for. */
typedef bool stack_word_fn(void *data, uint64_t word);
/**
 * story_stack_find - show @is_it the words of the stack of the thread at hand, from
 * story_stack_first() up to the end of frame @last, and the registers of that first
 * frame, until it knows one.
 */
bool story_stack_find(const struct telling *telling, unsigned int last,
		      stack_word_fn *is_it, void *data);
/** story_frame_is - is the frame in this function? Compilers add ".isra.0" and the like. */
bool story_frame_is(const struct story_frame *frame, const char *function);

/* lookup.c */
struct lookup {
	unsigned int frame;	/* innermost frame of the lookup */
	unsigned int last;	/* outermost frame that still belongs to it */
	const char *function;	/* of the swap cache's own lookup: "swap_cache_get_folio" */
	const char *wanted_by;	/* "do_swap_page"; NULL */
	const struct story_loop_place *place;	/* NULL */
	bool guessed;		/* by frames that may be none */
	/* of swap tables alone, where the loop itself holds nothing */
	bool reclaims;		/* for __try_to_reclaim_swap(), which loops as well */
	const char *held;	/* by a caller: "the lock of a page table"; NULL: nothing */
};
/**
 * story_lookup_find - is the thread in a lookup of the swap cache?
 * @tables: the kernel has swap tables.
 */
bool story_lookup_find(const struct story_thread *thread, bool tables, struct lookup *lookup);
/** story_reclaim_place - where __try_to_reclaim_swap() starts again. */
const struct story_loop_place *story_reclaim_place(void);
/** story_fault_find - is it in the handling of a swap fault? Index of the frame. */
bool story_fault_find(const struct story_thread *thread, unsigned int *frame);
/** story_remote_find - does it fault on memory of another process? */
bool story_remote_find(const struct story_thread *thread);
/** story_refault_place - where do_swap_page() lets go. */
const struct story_loop_place *story_refault_place(const struct kernel *kernel);

/* link.c */
void story_link_resolve(struct telling *telling);
/* spinner.c */
/** story_link_thread - find out whether the thread at hand (telling->unwound) spins. */
void story_link_thread(struct telling *telling, size_t thread, const struct cpu *cpu);

/** story_spinner_without_slot - @thread is stuck; if in a lookup, it is a spinner. */
void story_spinner_without_slot(struct story *story, size_t thread);
/** story_spinners_sort - who stalls before who refaults, certain before likely. */
void story_spinners_sort(struct story *story);

/* locals.c */
/** story_locals_read - of each frame of the thread at hand (telling->unwound). */
void story_locals_read(struct telling *telling, struct story_thread *thread);

/* threads.c */
void story_thread_free(struct story_thread *thread);
void story_threads_read(struct telling *telling);
/** story_thread_of - index of the thread of a task_struct; SIZE_MAX: none. */
size_t story_thread_of(const struct story *story, uint64_t task);

/* waiters.c: looks at the thread at hand */
void story_waiter_look(struct telling *telling, size_t thread);
void story_waiters_join(struct telling *telling);

/* swapoff.c: looks at the thread at hand */
void story_swapoff_look(struct telling *telling, size_t thread);
void story_swapoffs_join(struct telling *telling);

/* gone.c */
void story_gone_count(struct telling *telling);

/* moved.c */
void story_moved_find(struct telling *telling);
/** story_crash_find - after story_moved_find() and the log. */
void story_crash_find(struct telling *telling);

/* the other parts, each in its file */
void story_origin_find(struct telling *telling);
void story_bugs_judge(struct telling *telling);
void story_log_read(struct telling *telling);
void story_log_join(struct telling *telling);
void story_rcu_join(struct telling *telling);
void story_victims_sweep(struct telling *telling);
void story_verdict_find(struct telling *telling);
/** story_fingerprint_make - after all else. */
void story_fingerprint_make(struct story *story);

/* release.c */

/* A release as upstream numbers it: 6.1.192. */
struct kernel_release {
	unsigned int major, minor, patch;
	bool candidate;		/* -rcN */
};

enum kernel_vendor {
	VENDOR_UPSTREAM,	/* nothing but numbers */
	VENDOR_DEBIAN,
	VENDOR_UBUNTU,
	VENDOR_REDHAT,
	VENDOR_FEDORA,
	VENDOR_SUSE,
	VENDOR_ANDROID,
	VENDOR_OTHER,		/* a suffix that is not known */
};

struct kernel_build {
	struct kernel_release base;	/* the upstream release that it is made from */
	bool base_known;
	enum kernel_vendor vendor;
};

/**
 * story_build_of - what a kernel is made from.
 * @release: utsname.release; @version: utsname.version ("#1 SMP ... Debian
 * 6.1.176-1"), may be empty.
 */
struct kernel_build story_build_of(const char *release, const char *version);
/** story_fix_judge - does that build have the fix of @bug? @why is filled. */
enum story_fix_status story_fix_judge(const struct known_bug *bug,
				      const struct kernel_build *build, char *why, size_t size);
/** story_version_read - utsname.version of init_uts_ns; empty if not readable. */
void story_version_read(const struct kernel *kernel, char *version, size_t size);

#endif
