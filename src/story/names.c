// SPDX-License-Identifier: GPL-2.0-or-later
/* Words for the enumerations of a story: the same in text and in JSON. */
#include "story/story.h"

const char *story_verdict_name(enum story_verdict verdict)
{
	static const char *const names[VERDICT_COUNT] = {
		[VERDICT_UNKNOWN] = "unknown",
		[VERDICT_CLEAN] = "clean",
		[VERDICT_STALL] = "stall",
		[VERDICT_REFAULT] = "refault",
		[VERDICT_LATENT] = "latent",
		[VERDICT_DAMAGE] = "damage",
		[VERDICT_UNRELATED] = "unrelated",
		[VERDICT_CRASH] = "crash",
	};

	return names[verdict];
}

const char *story_loop_name(enum story_loop loop)
{
	switch (loop) {
	case LOOP_STALL:
		return "stall";
	case LOOP_REFAULT:
		return "refault";
	default:
		return "none";
	}
}

const char *story_link_name(enum story_link_kind kind)
{
	static const char *const names[LINK_KIND_COUNT] = {
		[LINK_XA_STATE] = "xa_state on the stack",
		[LINK_VM_FAULT] = "vm_fault on the stack",
		[LINK_PAGE_TABLE] = "page table",
		[LINK_REGISTER_PAGE] = "page in a register",
		[LINK_REGISTER_NODE] = "tree node in a register",
		[LINK_LOCAL] = "local variable",
		[LINK_FAULT_ADDRESS] = "address in the fault handler",
		[LINK_CR2] = "CR2",
		[LINK_REGISTER_ADDRESS] = "user address in a register",
		[LINK_ENTRY] = "swap entry in a register",
		[LINK_FAULT_COUNT] = "count of page faults",
	};

	return names[kind];
}

const char *story_pattern_name(enum story_pattern pattern)
{
	static const char *const names[PATTERN_COUNT] = {
		[PATTERN_NONE] = "none",
		[PATTERN_ONE_SLOT] = "migration replaced one slot",
		[PATTERN_HEAD_PRIVATE] = "migration copied only the head's ->private",
		[PATTERN_SPLIT] = "migration copied only the head's ->private, then a split",
		[PATTERN_MOVED] = "userfaultfd moved an entry without its cached folio",
	};

	return names[pattern];
}

const char *story_event_name(enum story_event_kind kind)
{
	static const char *const names[EVENT_KIND_COUNT] = {
		[EVENT_RCU_STALL] = "RCU stall",
		[EVENT_RCU_STARVED] = "RCU kthread starved",
		[EVENT_SOFT_LOCKUP] = "soft lockup",
		[EVENT_HARD_LOCKUP] = "hard lockup",
		[EVENT_HUNG_TASK] = "hung task",
		[EVENT_OOPS] = "oops",
		[EVENT_BAD_SWAP] = "bad swap entry",
		[EVENT_BAD_PAGE] = "bad page",
		[EVENT_OOM] = "out of memory",
		[EVENT_PANIC] = "panic",
	};

	return names[kind];
}

const char *story_wait_name(enum story_wait_kind kind)
{
	static const char *const names[WAIT_KIND_COUNT] = {
		[WAIT_OTHER] = "other",
		[WAIT_MMAP_LOCK] = "mmap_lock",
		[WAIT_VMA_LOCK] = "VMA lock",
		[WAIT_PAGE_LOCK] = "page lock",
		[WAIT_RCU] = "RCU grace period",
	};

	return names[kind];
}

const char *story_fix_name(enum story_fix_status status)
{
	switch (status) {
	case FIX_PRESENT:
		return "present";
	case FIX_ABSENT:
		return "absent";
	case FIX_NOT_NEEDED:
		return "not needed";
	default:
		return "cannot tell";
	}
}

const char *story_effect_name(enum story_effect effect)
{
	switch (effect) {
	case EFFECT_SPIN:
		return "spin";
	case EFFECT_REFAULT:
		return "refault";
	case EFFECT_RMAP:
		return "rmap";
	case EFFECT_LOST:
		return "lost";
	default:
		return "none";
	}
}

const char *story_swapoff_name(enum story_swapoff_step step)
{
	static const char *const names[SWAPOFF_STEP_COUNT] = {
		[SWAPOFF_RUNS] = "runs",
		[SWAPOFF_SPINS] = "spins",
		[SWAPOFF_READS] = "read",
		[SWAPOFF_PAGE] = "page lock",
		[SWAPOFF_MMAP_LOCK] = "mmap_lock",
		[SWAPOFF_RCU] = "RCU grace period",
		[SWAPOFF_USERS] = "references to the device",
		[SWAPOFF_OTHER] = "other",
	};

	return names[step];
}
