/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk over one device, space by space: audit.c does it alone, crew.c with threads. */
#ifndef KSWAPCK_WALK_H
#define KSWAPCK_WALK_H

#include "audit/context.h"
#include "audit/feed.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_cluster.h"

/* What its spaces say of a device, see struct kswapck_device. */
struct device_totals {
	uint64_t used, bad;
	uint64_t first_free, last_free;		/* first > last: none */
	bool map_complete;
};

struct device_walk {
	const struct kswapck_device *device;
	struct device_totals totals;
	struct swap_space *space;		/* the one that is looked at */
	struct swap_clusters clusters;
	struct feed_wants wants;
	uint64_t done, total;			/* slots, for the progress */
};

/** device_totals_none - of no space. */
struct device_totals device_totals_none(void);

/** audit_space - audit space @index of the device, up to the last finding of it. */
void audit_space(struct kswapck_audit *audit, struct device_walk *walk, uint64_t index);

/** audit_spaces_done - tell the progress that @count spaces of the device are done. */
void audit_spaces_done(struct kswapck_audit *audit, const struct device_walk *walk,
		       uint64_t count);

#endif
