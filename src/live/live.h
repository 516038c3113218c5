/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running kernel, audited: it goes on while it is looked at, so what one look finds
 * may be two halves of different moments. A finding counts only when it holds:
 *
 *  - the words that prove it are the same after the audit as they were in it;
 *  - the same finding, by the same words, is there in so many fresh audits, some 100 ms
 *    apart, as are asked for;
 *  - and for twice as long as any finding of its problem that came and went: where
 *    such are many and tough, as under heavy swapping, one that lasts is not rare.
 *
 * What could not be read or judged counts only when that is so in each audit, too.
 */
#ifndef KSWAPCK_LIVE_H
#define KSWAPCK_LIVE_H

#include "audit/audit.h"

#define LIVE_CONFIRM 3		/* fresh audits, unless asked for otherwise */
#define LIVE_DEVICES_MAX 32	/* types of a swap entry */

struct live_finding {
	struct kswapck_finding finding;	/* its device points into the view that holds it */
	unsigned int held;		/* fresh audits in which it was there again */
	unsigned int absent;		/* looks since; of a finding that was known */
};

struct live_findings {
	struct live_finding *list;
	size_t count, room;
};

/* What one look has found, all of it confirmed. */
struct live_view {
	struct live_findings findings;
	struct kswapck_device devices[LIVE_DEVICES_MAX];
	size_t device_count;
	struct audit_summary summary;	/* of the last audit; errors and warnings are confirmed */
	unsigned int audits;		/* that it took */
	uint64_t transient;		/* findings that came and went */
	uint64_t undecided;		/* that neither held for long enough, nor went */
};

struct live_options {
	unsigned int confirm;	/* fresh audits; 0: believe the first */
	bool no_sweep;
	void *data;
	/** as in struct audit_sink; may be NULL */
	void (*progress)(void *data, const char *what, uint64_t done, uint64_t total);
	bool (*stop)(void *data);
};

/* Looks at one kernel, one after the other. */
struct live;

/** live_new - all of it must outlive the result; NULL: out of memory. */
struct live *live_new(const struct kernel *kernel, const struct catalogue *catalogue,
		      const struct live_options *options);
void live_free(struct live *live);	/* NULL is fine */

/**
 * live_look - audit until all is confirmed or gone.
 * @known: findings of the look before, which are believed at once if they are still
 * there; NULL: none.
 *
 * Return: false with @err set when no audit could be made. @view is to be freed with
 * live_view_free() in any case.
 */
bool live_look(struct live *live, const struct live_view *known, struct live_view *view,
	       struct error *err);
void live_view_free(struct live_view *view);

/** live_view_find - the finding of @view that is at the same place; NULL if there is none. */
const struct live_finding *live_view_find(const struct live_view *view,
					  const struct kswapck_finding *finding);

/**
 * live_view_keep - let @view hold @lost too, a finding of the look before that was not
 * there this time; false: out of memory.
 */
bool live_view_keep(struct live_view *view, const struct live_finding *lost);

/** live_settle - forget what was read, and see anew what the CPUs do; for a story. */
void live_settle(struct live *live);

/** live_wait - sleep for so long, or until it is to stop; false then. */
bool live_wait(const struct live *live, uint64_t milliseconds);

#endif
