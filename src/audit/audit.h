/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine: walks every slot of every swap device once and feeds the checks.
 *
 * Memory is bounded whatever the dump: one space of slots at a time, a handful
 * of findings that may still be joined. Findings leave through audit_sink as
 * soon as their space is done.
 */
#ifndef KSWAPCK_AUDIT_H
#define KSWAPCK_AUDIT_H

#include "audit/catalogue.h"
#include "kernel/kernel.h"

#define AUDIT_REASONS_MAX 16

/* Slots that a check could not judge, and why. */
struct audit_reason {
	const char *why;
	uint64_t slots;
};

/* What was seen, found and not seen. Counts are slots unless said otherwise. */
struct audit_summary {
	unsigned int devices;
	unsigned int devices_unreadable;
	uint64_t slots;			/* of all devices */
	uint64_t used;			/* by swap_map */
	uint64_t unused;		/* by swap_map, where it was read: to be had */
	uint64_t bad;			/* the device's header, and blocks that are broken */
	uint64_t cached;		/* hold a pointer */
	uint64_t folios;		/* of them: runs of slots with the same page */
	uint64_t shadows;
	uint64_t large_folios;		/* folios of more than one page */
	uint64_t parked;		/* in per-CPU slots caches */
	uint64_t cache_only;		/* have no owner but a folio in the cache: reclaimable */
	uint64_t spaces;		/* address_spaces walked */
	uint64_t spaces_locked;		/* whose counts were not judged */
	unsigned int devices_locked;	/* the same */
	uint64_t in_motion;		/* slots in the middle of a legal change */

	uint64_t nodes_unreadable;	/* tree nodes */
	enum read_status nodes_status;	/* why, of the last one */
	uint64_t slots_unreadable;	/* below them */
	uint64_t map_unreadable;	/* swap_map bytes */
	uint64_t spaces_unreadable;	/* address_spaces */
	struct audit_reason reasons[AUDIT_REASONS_MAX];
	size_t reason_count;

	/* references to slots; all 0 unless swept */
	bool swept;			/* page tables and shmem were looked through */
	bool sweep_incomplete;		/* lists of them could not be followed to their ends */
	uint64_t processes;
	uint64_t tables;		/* pages of page tables */
	uint64_t tables_unreadable;
	uint64_t ptes;			/* looked at, in use or not */
	uint64_t swap_ptes;		/* of them, those that name a slot */
	uint64_t shmem_files;		/* with swap entries */
	uint64_t shmem_entries;		/* slots that they name */
	uint64_t shmem_unreadable;	/* files, or nodes of their trees */

	uint64_t errors;		/* findings */
	uint64_t warnings;
	bool interrupted;
};

/** audit_summary_complete - nothing was left unread or unjudged. */
bool audit_summary_complete(const struct audit_summary *summary);

/** audit_sweep_complete - all that can refer to a slot was read. */
bool audit_sweep_complete(const struct audit_summary *summary);

/* Where an audit reports to. All but finding may be NULL. */
struct audit_sink {
	void *data;
	void (*device)(void *data, const struct kswapck_device *device);
	/** a folio event, as checks get it; then what its part of the device holds */
	void (*folio)(void *data, const struct kswapck_space *space,
		      const struct kswapck_run *run, const struct kswapck_folio *folio);
	void (*space)(void *data, const struct kswapck_space *space);
	/** of severity KSWAPCK_IGNORE too, where it is the user who wants it ignored */
	void (*finding)(void *data, const struct kswapck_finding *finding);
	/** called some thousand times in all; @what is done: "scanning the swap cache" */
	void (*progress)(void *data, const char *what, uint64_t done, uint64_t total);
	/** true: stop as soon as possible */
	bool (*stop)(void *data);
};

struct audit_options {
	bool no_sweep;		/* leave out page tables and shmem: no reference events */
	unsigned int threads;	/* that audit the slots of a device, where it can be; 0: one */
};

/**
 * audit_run - audit all devices with the checks of @catalogue.
 *
 * Return: false with @err set when the audit could not be made at all; what
 * was merely unreadable is counted in @summary.
 */
bool audit_run(const struct kernel *kernel, const struct catalogue *catalogue,
	       const struct audit_options *options, const struct audit_sink *sink,
	       struct audit_summary *summary, struct error *err);

#endif
