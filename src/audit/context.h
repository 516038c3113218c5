/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine (audit.c, sweep.c) and the plugin API (api.c) share. */
#ifndef KSWAPCK_CONTEXT_H
#define KSWAPCK_CONTEXT_H

#include <pthread.h>

#include "audit/audit.h"
#include "audit/catalogue.h"
#include "audit/entry_cache.h"
#include "kernel/address_map.h"
#include "kernel/stacks.h"
#include "kernel/swap_slots.h"

/* Findings that later ones may still join; more than ever are open at once. */
#define PENDING_MAX 32
/* Devices that a kernel can have: types of a swap entry. */
#define DEVICES_MAX 32

/* What comes once for each slot or folio: it goes straight to those who want it. */
enum feed_event {
	FEED_RUN,
	FEED_FOLIO,
	FEED_SLOT,
	FEED_REFERENCE,
	FEED_EVENTS,
};

/* The plugins that take an event, in the catalogue's order. */
struct feed_takers {
	const struct kswapck_plugin *plugins[CATALOGUE_PLUGINS_MAX];
	size_t turns[CATALOGUE_PLUGINS_MAX];	/* their numbers in the catalogue */
	size_t count;
};

/* The entries on the stacks of all tasks: read once, by the first of all threads to ask. */
struct stack_look {
	pthread_mutex_t lock;
	bool done;
	uint64_t slot_limits[DEVICES_MAX];	/* of each type, for stack_entries_read() */
	struct stack_entries entries;
};

struct kswapck_audit {
	const struct kernel *kernel;
	const struct catalogue *catalogue;
	const struct audit_sink *sink;
	struct audit_summary *summary;
	struct kswapck_device devices[DEVICES_MAX];
	unsigned int device_count;
	const struct kswapck_device *by_type[DEVICES_MAX];	/* NULL: not in use */
	bool unreadable[DEVICES_MAX];	/* by type: whether it is in use is not known */
	uint8_t *cached[DEVICES_MAX];	/* by type: a bit for each slot that holds a pointer */
	struct swap_slots parked;
	struct stack_look *stacks;
	unsigned int threads;		/* that may audit spaces */
	struct address_map_layout map;
	bool map_known;			/* map was resolved */
	struct kswapck_vma last_vma;	/* of the reference before; its mm is 0: none */
	struct entry_cache *entries;
	size_t turn;			/* the plugin at work */
	struct feed_takers takers[FEED_EVENTS];
	void *states[CATALOGUE_PLUGINS_MAX];
	struct kswapck_finding pending[PENDING_MAX];
	size_t pending_count;
};

/** audit_flush - hand all pending findings to the sink, in order of report. */
void audit_flush(struct kswapck_audit *audit);

/** audit_stopped - does the sink want no more? Notes it in the summary. */
bool audit_stopped(struct kswapck_audit *audit);

/** audit_is_cached - did the walk find a pointer in the swap cache at @slot? */
bool audit_is_cached(const struct kswapck_audit *audit, unsigned int type, uint64_t slot);

#endif
