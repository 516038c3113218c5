/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The story of a dump: findings of the audit, stacks, RCU's state and the kernel
 * log, joined into one explanation with a verdict.
 *
 * story_tell() fills one struct story; each part has a file of its own here and
 * can be missing without hurting the others (struct story_gap says why). Nothing
 * here prints. Strings that come from the dump (comm, log text) are raw bytes.
 */
#ifndef KSWAPCK_STORY_H
#define KSWAPCK_STORY_H

#include "audit/audit.h"
#include "kernel/printk.h"
#include "kernel/rcu.h"
#include "kernel/unwind.h"
#include "types/debug_code.h"

/* ------------------------------------------------------------- broken slots */

/* What who touches a broken slot comes to. The first two go on for ever. */
enum story_effect {
	EFFECT_NONE,		/* none of these */
	EFFECT_SPIN,		/* lookup cannot take a reference: spins under RCU */
	EFFECT_REFAULT,		/* lookup works, but the fault returns unserved */
	EFFECT_RMAP,		/* maps a folio where its reverse mapping does not lead */
	EFFECT_LOST,		/* the entry leads to no data, or to another's */
};

/* Slots that a finding calls broken. */
struct story_range {
	const struct kswapck_problem *problem;
	enum story_effect effect;
	unsigned int type;
	uint64_t first_slot, last_slot;
	uint64_t furthest;	/* the largest last_slot up to here, once sorted */
	uint64_t page;		/* address of the first one's struct page; 0: none */
	bool gaps;		/* slots of one page, with others between them */
	bool has_device;	/* else it is of no device that is in use; type is 0 */
	char device[64];	/* "vda" */
	/* of the process that refers to it, if the audit names one */
	uint64_t mm;		/* 0: none is named */
	uint64_t address;	/* user address of the first slot */
	int32_t pid;
	char comm[17];
};

#define STORY_RANGES_MAX 65536	/* 10 MiB */

/* All of them, in the order of the audit; made by story_findings_add(). */
struct story_findings {
	struct story_range *ranges;
	size_t count, room;
	uint64_t lost;		/* findings for which there was no more room */
	uint64_t spin_slots, refault_slots, rmap_slots, lost_slots;	/* by effect */
	uint64_t dead_devices;	/* in use, but whoever faults on them refaults for ever */
};

/** story_effect_loops - does it go on for ever? */
static inline bool story_effect_loops(enum story_effect effect)
{
	return effect == EFFECT_SPIN || effect == EFFECT_REFAULT;
}

/** story_findings_add - take note of a finding, for story_tell(). */
void story_findings_add(struct story_findings *findings, const struct kswapck_finding *finding);
void story_findings_free(struct story_findings *findings);

/* ------------------------------------------------------------------- threads */

#define STORY_INLINED_MAX 8

struct story_frame {
	uint64_t pc;
	enum frame_kind kind;
	enum stack_kind stack;
	bool guessed;		/* the unwinder had no tables: may be no caller at all */
	bool named;		/* name is known */
	struct code_name name;
	/* with DWARF: functions inlined there, innermost first, and lines */
	unsigned int inlined_count;
	struct debug_scope inlined[STORY_INLINED_MAX];
	const char *file;	/* of the function itself; NULL: not known */
	int line;
	struct debug_local *locals;	/* with DWARF, if asked for; owned */
	unsigned int local_count;
};

/* The place of a loop in the kernel's source. Constants; see lookup.c. */
struct story_loop_place {
	const char *function;	/* where the loop is, inlined or not */
	const char *file;
	const char *statement;	/* what it says there */
};

/* A task and what it was doing. */
struct story_thread {
	struct task_details task;
	bool known;		/* task could be read; else all but its address is 0 */
	bool on_cpu;
	unsigned int cpu;	/* if on_cpu */
	bool preempted;		/* ready to run, not on a CPU, stopped in the kernel */
	bool user;		/* on a CPU, in user mode */
	enum register_origin origin;	/* if on_cpu */
	const char *missing;	/* why there are no registers; NULL */
	uint64_t user_pc;	/* in user mode; 0: not known */
	/* of the swap cache, by the functions on the stack; NULL: in none */
	const char *lookup, *lookup_for;
	const struct story_loop_place *lookup_place;
	const char *lookup_held;	/* see struct story_spinner */
	struct story_frame *frames;	/* innermost first */
	unsigned int frame_count;
	enum unwind_end end;
	uint64_t end_address;
};

/* Can a task be put aside anywhere in the kernel? */
enum story_preemption {
	PREEMPTION_UNKNOWN,
	PREEMPTION_NO,		/* preempt=none or voluntary */
	PREEMPTION_YES,		/* full or lazy */
};

/* ------------------------------------------------------------------ spinners */

enum story_loop {
	LOOP_NONE,
	LOOP_STALL,		/* within the lookup; up to 6.17 under rcu_read_lock() */
	LOOP_REFAULT,		/* fault after fault */
};

/* A kind of evidence that ties a task to a slot. */
enum story_link_kind {
	LINK_XA_STATE,		/* struct xa_state on the stack: space and index */
	LINK_VM_FAULT,		/* struct vm_fault on the stack: address and orig_pte */
	LINK_PAGE_TABLE,	/* the PTE of the faulting address, in the page table */
	LINK_REGISTER_PAGE,	/* a register holds the slot's page */
	LINK_REGISTER_NODE,	/* a register holds the slot's tree node */
	LINK_LOCAL,		/* a local variable, by DWARF */
	LINK_FAULT_ADDRESS,	/* the address, in what the fault handler works with */
	LINK_CR2,		/* CR2, the address of the CPU's last page fault */
	LINK_REGISTER_ADDRESS,	/* a register of user mode holds the address */
	LINK_ENTRY,		/* a register holds the swap entry */
	LINK_FAULT_COUNT,	/* the task has had far more faults than it has pages */
	LINK_KIND_COUNT,
};

struct story_link {
	enum story_link_kind kind;
	const char *what;	/* "rbx", "vm_fault.orig_pte", "folio"; a constant or DWARF's */
	const char *function;	/* whose frame; NULL */
	uint64_t address;	/* where it stands in memory; 0: in a register */
	uint64_t value;
	unsigned int type;	/* the slot that it leads to; LINK_FAULT_COUNT: none */
	uint64_t slot;
	bool agrees;		/* with the slot that the spinner is said to be at */
};

#define STORY_LINKS_MAX 24
#define STORY_SPINNERS_MAX 64

struct story_spinner {
	size_t thread;		/* index in story->threads */
	enum story_loop loop;
	/* agreeing 0: the slot is not known, and nothing of it and its page is filled in */
	const char *lookup;	/* function of the frame that does the lookup; NULL */
	const char *lookup_for;	/* function that wants the folio: "do_swap_page" */
	const struct story_loop_place *place;	/* NULL: not known for this function */
	unsigned int type;
	uint64_t slot;
	char device[64];
	uint64_t entry;		/* raw entry of the swap cache there */
	bool page_read;
	struct kswapck_page page;	/* that the entry points to */
	char page_text[96];	/* what the page is now: "free in the buddy allocator" */
	bool private_known;
	uint64_t page_private;	/* of the very page that the fault compares (refault) */
	uint64_t expected_private;
	const struct kswapck_problem *problem;	/* what the audit calls that slot; NULL */
	uint64_t fault_address;	/* user address; 0: not known */
	uint64_t vma;		/* vm_area_struct of the fault; 0: not known */
	bool holds_rcu;		/* rcu_read_lock() is held: known from the task */
	const char *held;	/* by a caller, so that nothing else runs there; NULL: nothing */
	bool mismatch;		/* the page lives, and is not the slot's: the second loop */
	struct story_link links[STORY_LINKS_MAX];
	unsigned int link_count;
	unsigned int agreeing;	/* kinds of evidence that agree */
	bool certain;		/* at least two kinds agree and none disagrees */
};

/* ------------------------------------------------- how it got that way, bugs */

enum story_pattern {
	PATTERN_NONE,
	PATTERN_ONE_SLOT,	/* migration replaced one slot of a large folio */
	PATTERN_HEAD_PRIVATE,	/* migration copied only the head's ->private */
	PATTERN_SPLIT,		/* the same, and the folio was split since */
	PATTERN_MOVED,		/* userfaultfd moved the entry, the folio stayed as it was */
	PATTERN_COUNT,
};

/* One place that shows the pattern, and how many there are. */
struct story_origin {
	enum story_pattern pattern;
	unsigned int type;
	char device[64];
	uint64_t first_slot;	/* of the large folio, or of the entries that were moved */
	uint64_t slots;		/* of it, or of them */
	uint64_t wrong_slots;	/* of these */
	uint64_t new_page;	/* destination folio, in the first slot; 0 */
	uint64_t old_page;	/* stale source folio; 0 */
	uint64_t places;	/* large folios (or runs of entries) like it in the whole dump */
	uint64_t places_slots;	/* wrong slots of all of them */
};

struct story_fix {
	const char *branch;	/* "6.1"; NULL after the last */
	const char *release;	/* first release of it with the fix: "6.1.71" */
};

#define STORY_FIXES_MAX 8

/* A known bug of the kernel. See known_bugs.c. */
struct known_bug {
	const char *name;	/* "migration-replaces-one-slot"; stable for ever */
	const char *summary;	/* one sentence */
	const char *introduced_commit;	/* NULL: not known */
	const char *introduced;	/* "5.17"; NULL: not known */
	const char *fix_commit;	/* mainline, or "stable only" */
	const char *fixed;	/* first mainline release with the fix: "6.7" */
	struct story_fix fixes[STORY_FIXES_MAX];	/* stable branches */
	unsigned int patterns;	/* that it leaves, bits 1 << PATTERN_; 0: not recognised */
	const char *leaves;	/* what is seen in a dump, in words */
};

/** known_bug_at - the N-th of the catalogue; NULL after the last. */
const struct known_bug *known_bug_at(size_t index);

enum story_fix_status {
	FIX_UNKNOWN,		/* cannot tell: a distribution may have taken it over */
	FIX_PRESENT,		/* the release has it */
	FIX_ABSENT,		/* the release has not */
	FIX_NOT_NEEDED,		/* older than the bug */
};

struct story_bug {
	const struct known_bug *bug;
	enum story_fix_status status;
	char why[320];		/* a sentence or two: on what the status rests */
};

/* ------------------------------------------------- entries that were moved, and BUG */

/* Page table entries whose cached folio belongs elsewhere: problems anon-index, anon-vma. */
struct story_moved {
	uint64_t pages;
	uint64_t copied;	/* of them, those that a fault copies, so that no harm comes */
	bool checked;		/* this kernel checks it: CONFIG_DEBUG_VM, by its symbols */
	bool can_move;		/* it has UFFDIO_MOVE */
	/* the first run of them */
	size_t range;		/* index in findings->ranges */
	uint64_t from;		/* where the folio belongs in the same process; 0: not known */
};

/* A BUG of the log that comes of one of them. */
struct story_crash {
	bool happened;
	size_t event;		/* index in the log's */
	size_t thread;		/* that hit it; SIZE_MAX: not known, or gone */
	int32_t pid;		/* of it, by the log */
	uint64_t address;	/* user address that was touched; 0: not known */
	bool proved;		/* a page table leads there to a folio that belongs elsewhere */
	/* if proved */
	unsigned int type;
	uint64_t slot;
	char device[64];
	uint64_t page;
	uint64_t folio_index, place_index;	/* pages */
	uint64_t folio_root, place_root;	/* anon_vma->root */
};

/* ------------------------------------------------------------- RCU and the log */

enum story_event_kind {
	EVENT_RCU_STALL,
	EVENT_RCU_STARVED,	/* the grace period kthread did not run */
	EVENT_SOFT_LOCKUP,
	EVENT_HARD_LOCKUP,
	EVENT_HUNG_TASK,
	EVENT_OOPS,		/* BUG, oops, general protection fault */
	EVENT_BAD_SWAP,		/* the swap code's own complaints */
	EVENT_BAD_PAGE,
	EVENT_OOM,
	EVENT_PANIC,
	EVENT_KIND_COUNT,
};

#define STORY_EVENT_CPUS_MAX 8

/* Lines of the log that say the same, joined. */
struct story_event {
	enum story_event_kind kind;
	uint64_t count;
	uint64_t first_time, last_time;	/* nanoseconds since boot */
	char text[256];		/* first line of the first one */
	/* of an oops; of the first one */
	char function[64];	/* where it happened; may be empty */
	char reason[160];	/* why a page was dumped right before; may be empty */
	uint64_t address;	/* CR2; 0: not told */
	unsigned int cpus[STORY_EVENT_CPUS_MAX];	/* that it names */
	unsigned int cpu_count;
	int32_t pids[STORY_EVENT_CPUS_MAX];
	unsigned int pid_count;
	size_t spinner;		/* index of the spinner that it is about; SIZE_MAX: none */
	size_t thread;		/* index of the thread that it names; SIZE_MAX: none known */
	bool recent;		/* as far as it can be told, it was still so at the end */
};

#define STORY_EVENTS_MAX 64

struct story_log {
	bool read;
	uint64_t records;
	uint64_t last_time;	/* of the last record, nanoseconds */
	struct printk_gaps gaps;
	struct story_event events[STORY_EVENTS_MAX];
	unsigned int event_count;
	uint64_t events_lost;
};

struct story_rcu {
	bool read;
	struct rcu_view view;
	bool stalled;		/* older than the stall timeout, or the log says so */
	size_t blocker_threads[RCU_BLOCKERS_MAX];	/* index in threads; SIZE_MAX: none */
	bool by_spinner;	/* a blocker is a spinner */
};

/* --------------------------------------------------------------- who is next */

/* A process whose page table leads to broken slots of one range. */
struct story_victim {
	int32_t pid;		/* of the process */
	char comm[17];
	uint64_t mm;
	uint64_t address;	/* the lowest user address */
	uint64_t count;		/* pages */
	size_t range;		/* index in findings->ranges */
	bool is_spinner;	/* it is there already */
};

#define STORY_VICTIMS_MAX 1024

struct story_victims {
	bool swept;		/* false: nothing to look for, or not asked to */
	bool interrupted;
	struct story_victim *victims;
	size_t count;
	uint64_t lost;		/* for which there was no more room */
	uint64_t pages;		/* of all victims, the lost ones too */
	uint64_t processes;	/* swept */
	uint64_t tables, tables_unreadable;
	double seconds;		/* that it took */
};

enum story_wait_kind {
	WAIT_OTHER,		/* uninterruptible, for something else */
	WAIT_MMAP_LOCK,		/* the mmap_lock of a spinner's process */
	WAIT_VMA_LOCK,		/* the lock of the vma that a spinner faults in: 6.4 on */
	WAIT_PAGE_LOCK,		/* the lock of a page that the story is about */
	WAIT_RCU,		/* a grace period */
	WAIT_KIND_COUNT,
};

struct story_waiter {
	size_t thread;
	enum story_wait_kind kind;
	const char *function;	/* on its stack, that tells; NULL */
	uint64_t object;	/* address of the lock or page; 0 */
	size_t spinner;		/* behind which it waits; SIZE_MAX: none, or not known */
	size_t holder;		/* thread that holds the lock for writing; SIZE_MAX: none */
};

/* -------------------------------------------------- devices that are being left */

/* What a swapoff does, by its call chain. */
enum story_swapoff_step {
	SWAPOFF_RUNS,		/* on a CPU, or ready to: looks for owners and frees slots */
	SWAPOFF_SPINS,		/* in a lookup that never ends: it is a spinner */
	SWAPOFF_READS,		/* waits for a page to be read in */
	SWAPOFF_PAGE,		/* for the lock of a page, or for its being written */
	SWAPOFF_MMAP_LOCK,	/* for the mmap_lock of a process */
	SWAPOFF_RCU,		/* no slot is left: for a grace period */
	SWAPOFF_USERS,		/* no slot is left: for the last reference to the device */
	SWAPOFF_OTHER,		/* for something else */
	SWAPOFF_STEP_COUNT,
};

/* A swapoff in progress. */
struct story_swapoff {
	size_t thread;
	enum story_swapoff_step step;
	const char *function;	/* on its stack, that tells; a constant, or NULL */
	uint64_t object;	/* lock or page that it waits for; 0: not known */
	uint64_t page_slot;	/* of that page; 0: not known */
	int32_t mm_pid;		/* of the process whose mmap_lock that is; 0: not known */
	char mm_comm[17];
	uint64_t owner;		/* task_struct that has it for writing; 0: none */
	size_t holder;		/* the same as a thread; SIZE_MAX: none */
	size_t spinner;		/* that it is, or is behind; SIZE_MAX: none */
	/* not known: nothing below is filled in */
	bool device_known;
	bool on_stack;		/* its call chain names the device; else no other is left */
	unsigned int type;
	char device[64];
	bool users_dead;	/* percpu_ref users was killed */
	bool counted;		/* all of swap_map and of the cache was read; else these are less */
	uint64_t left;		/* inuse_pages: it ends when there are none */
	uint64_t owned;		/* slots in use with owners */
	uint64_t cached;	/* that only the swap cache owns */
	uint64_t empty;		/* that nobody owns, and the cache does not have */
	uint64_t broken;	/* slots of findings that it can never free */
	uint64_t doubtful;	/* of findings that may keep it from ending */
	const struct kswapck_problem *problem;	/* of the first of these; NULL */
	bool endless;		/* it cannot end */
};

#define STORY_SWAPOFFS_MAX 8

/* A task that handles a fault on a swap device that is off. */
struct story_gone_user {
	size_t thread;
	const char *function;	/* whose frame says so; NULL */
	unsigned int type;
	uint64_t slot;
	uint64_t address;	/* user address */
	uint64_t pte;		/* the same on its stack and in its page table */
};

#define STORY_GONE_USERS_MAX 8

/* Who still uses swap devices that are off. */
struct story_gone {
	struct story_gone_user users[STORY_GONE_USERS_MAX];
	unsigned int user_count;
	uint64_t users_lost;
	uint64_t entries;	/* that name one, by the audit: problem entry-without-device */
};

/* -------------------------------------------------------------------- verdict */

enum story_verdict {
	VERDICT_UNKNOWN,	/* too little could be read */
	VERDICT_CLEAN,		/* nothing broken, nobody stuck */
	VERDICT_STALL,		/* somebody spins on a broken slot */
	VERDICT_REFAULT,	/* somebody faults for ever on one */
	VERDICT_LATENT,		/* slots wait for the first who touches them */
	VERDICT_DAMAGE,		/* broken, but neither spins nor refaults */
	VERDICT_UNRELATED,	/* a stall that has nothing to do with swap */
	VERDICT_CRASH,		/* somebody touched one, and the kernel died of it */
	VERDICT_COUNT,
};

/*
 * The same on every machine that has the same bug in the same kernel branch; made only
 * where something is wrong. See fingerprint.c.
 */
struct story_fingerprint {
	char name[24];		/* "kf1-0123456789abcdef"; empty: none */
	char recipe[200];	/* what that is the hash of */
};

/* A part of the story that is missing. */
struct story_gap {
	const char *part;	/* "kernel log", "stacks"; a constant */
	char why[256];
};

#define STORY_GAPS_MAX 16

struct story {
	enum story_verdict verdict;
	struct story_fingerprint fingerprint;
	const struct story_findings *findings;
	struct story_thread *threads;
	size_t thread_count, thread_room;
	uint64_t threads_lost;
	bool tasks_complete;	/* the task list was sound */
	unsigned int cpu_count;	/* online */
	struct story_spinner spinners[STORY_SPINNERS_MAX];
	size_t spinner_count;	/* those of the verdict's loop first, certain ones before likely */
	uint64_t spinners_lost;
	struct story_origin origin;
	struct story_moved moved;
	struct story_crash crash;
	struct story_swapoff swapoffs[STORY_SWAPOFFS_MAX];
	size_t swapoff_count;
	uint64_t swapoffs_lost;
	struct story_gone gone;
	struct story_bug bugs[4];	/* that leave this pattern */
	size_t bug_count;
	struct story_log log;
	struct story_rcu rcu;
	struct story_waiter *waiters;
	size_t waiter_count, waiter_room;
	struct story_victims victims;
	char release[128];	/* "6.1.192-kswapck-bug" */
	char version[128];	/* utsname.version; may be empty */
	double uptime;		/* seconds, by jiffies; 0: not known */
	bool stalled;		/* RCU or a CPU was stuck when the dump was taken */
	bool swap_tables;	/* 6.18 on: the lookup holds nothing over its loop */
	enum story_preemption preemption;
	bool folio_swap;	/* 6.6 on: folio->swap is compared, not ->private of each page */
	bool dwarf;		/* a vmlinux with DWARF was at hand */
	struct story_gap gaps[STORY_GAPS_MAX];
	size_t gap_count;
	struct debug_code *debug;	/* owns the names in inlined scopes; NULL */
	bool incomplete;	/* something is missing: gaps, or call chains of CPUs */
	bool interrupted;
};

struct story_options {
	bool all_stacks;	/* of sleeping tasks too */
	bool locals;		/* of each frame, with DWARF */
	bool sweep;		/* page tables, if there is something to look for */
	void *data;
	/** @what: constant; @total 0: not known. May be NULL. */
	void (*progress)(void *data, const char *what, uint64_t done, uint64_t total);
	/** true: stop as soon as possible; may be NULL */
	bool (*stop)(void *data);
};

/**
 * story_tell - make the story of an audited kernel.
 * @findings: of the audit; must outlive the story, and is sorted here.
 * @audit: of the same audit.
 *
 * Return: the story, to be freed with story_free(); NULL when out of memory.
 * What could not be had is in the story's gaps.
 */
struct story *story_tell(const struct kernel *kernel, struct story_findings *findings,
			 const struct audit_summary *audit,
			 const struct story_options *options, struct error *err);
void story_free(struct story *story);	/* NULL is fine */

/* Words for people; constants. */
const char *story_verdict_name(enum story_verdict verdict);	/* "stall" */
const char *story_loop_name(enum story_loop loop);
const char *story_link_name(enum story_link_kind kind);
const char *story_pattern_name(enum story_pattern pattern);
const char *story_event_name(enum story_event_kind kind);
const char *story_wait_name(enum story_wait_kind kind);
const char *story_fix_name(enum story_fix_status status);
const char *story_effect_name(enum story_effect effect);
const char *story_swapoff_name(enum story_swapoff_step step);

#endif
