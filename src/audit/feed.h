/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each event of kswapck.h, handed to every plugin that wants it. */
#ifndef KSWAPCK_FEED_H
#define KSWAPCK_FEED_H

#include "audit/context.h"

/* What at least one plugin, or the sink, wants to see: the rest need not be made. */
struct feed_wants {
	bool folio, slot, cluster, list_fault, reference, references;
	bool usual;		/* run and folio events of usual slots */
};

/** feed_wants - of all plugins of @audit together. */
struct feed_wants feed_wants(const struct kswapck_audit *audit);

void feed_begin(struct kswapck_audit *audit);
void feed_end(struct kswapck_audit *audit);
void feed_device_begin(struct kswapck_audit *audit, const struct kswapck_device *device);
void feed_device_end(struct kswapck_audit *audit, const struct kswapck_device *device);
void feed_list_fault(struct kswapck_audit *audit, const struct kswapck_list_fault *fault);
void feed_tree_fault(struct kswapck_audit *audit, const struct kswapck_space *space,
		     const struct kswapck_tree_fault *fault);
void feed_run(struct kswapck_audit *audit, const struct kswapck_space *space,
	      const struct kswapck_run *run);
void feed_folio(struct kswapck_audit *audit, const struct kswapck_space *space,
		const struct kswapck_run *run, const struct kswapck_folio *folio);
void feed_slot(struct kswapck_audit *audit, const struct kswapck_space *space,
	       const struct kswapck_slot *slot);
void feed_cluster(struct kswapck_audit *audit, const struct kswapck_cluster *cluster);
void feed_space_end(struct kswapck_audit *audit, const struct kswapck_space *space);
void feed_reference(struct kswapck_audit *audit, const struct kswapck_reference *reference);
void feed_references(struct kswapck_audit *audit,
		     const struct kswapck_reference_counts *counts);

#endif
