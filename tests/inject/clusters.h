/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clusters of a clean dump, and how the kernel moves them from list to list. */
#ifndef KSWAPCK_INJECT_CLUSTERS_H
#define KSWAPCK_INJECT_CLUSTERS_H

#include "victim.h"

/* One cluster as it stands, overlays included. */
struct cluster {
	struct kswapck_device device;
	struct kswapck_cluster it;	/* without what stands in the swap cache */
	uint32_t whole;			/* slots of one that no device ends in */
	uint8_t map[512];
	bool last;			/* on the list of free ones, a chain of numbers */
	uint32_t used;			/* bytes of it that are not 0 */
	uint32_t unmarked;		/* bytes without SWAP_HAS_CACHE */
};

typedef bool accept_cluster_fn(const struct cluster *cluster);

/** find_cluster - the first that is accepted and not locked; or skip(), with @missing. */
bool find_cluster(struct scene *scene, accept_cluster_fn *accept, const char *missing,
		  struct cluster *cluster);
/** cluster_of - the cluster of @victim's slot; false if the device has none. */
bool cluster_of(struct scene *scene, const struct victim *victim, struct cluster *cluster);

/* What accept_cluster_fn can ask. */
bool is_free_cluster(const struct cluster *cluster);
bool is_used_cluster(const struct cluster *cluster);

/** has_words - lists are chains of cluster numbers: up to 6.11. */
bool has_words(const struct scene *scene);

/** lay_cluster - its count and its flags, raw; of words, the count may be a link. */
void lay_cluster(struct scene *scene, const struct cluster *cluster, uint64_t count,
		 uint64_t flags);
/** flags_of - what this kernel writes for a mark. */
uint64_t flags_of(const struct scene *scene, uint32_t mark);

/** take_off - take it off the list that it is on. */
void take_off(struct scene *scene, const struct cluster *cluster);
/** append - put it at the end of a list, of order 0; it must be on none. */
void append(struct scene *scene, const struct cluster *cluster, enum kswapck_cluster_list list);
/** head_of - address of the head of the list that it is on, or of the first of @list. */
uint64_t head_of(const struct scene *scene, const struct cluster *cluster,
		 enum kswapck_cluster_list list);

/** lay_inuse - inuse_pages of @victim's device. */
void lay_inuse(struct scene *scene, const struct victim *victim, int64_t difference);
/**
 * lay_used - @slots from @victim's on become used, or free if below 0: all that the kernel
 * changes besides swap_map. They must lie in one cluster.
 */
void lay_used(struct scene *scene, const struct victim *victim, int64_t slots);

/** hold_lock - a queued spinlock that one CPU holds; any owner on PREEMPT_RT. */
void hold_lock(struct scene *scene, uint64_t lock);

#endif
