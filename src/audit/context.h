/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine (audit.c) and the plugin API (api.c) share. */
#ifndef KSWAPCK_CONTEXT_H
#define KSWAPCK_CONTEXT_H

#include "audit/audit.h"
#include "kernel/stacks.h"
#include "kernel/swap_slots.h"

/* Findings that later ones may still join; more than ever are open at once. */
#define PENDING_MAX 32

struct kswapck_audit {
	const struct kernel *kernel;
	const struct audit_sink *sink;
	struct audit_summary *summary;
	struct swap_slots parked;
	uint64_t device_slots[32];	/* of each type, for stack_entries_read() */
	struct stack_entries stacks;
	bool stacks_read;
	struct kswapck_finding pending[PENDING_MAX];
	size_t pending_count;
};

/** audit_flush - hand all pending findings to the sink, in order of report. */
void audit_flush(struct kswapck_audit *audit);

#endif
