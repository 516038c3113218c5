/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clusters of swap slots and the lists that they are on (mm/swapfile.c).
 *
 * Up to 6.11 a cluster is a word { data:24, flags:8 } and a list is a chain of
 * cluster numbers; since then it has a list_head, and there are more lists.
 */
#ifndef KSWAPCK_SWAP_CLUSTER_H
#define KSWAPCK_SWAP_CLUSTER_H

#include "kernel/kernel.h"

/** swap_cluster_layout_resolve - fill kernel->swap.cluster. */
void swap_cluster_layout_resolve(struct kernel *kernel);

/** How the clusters of one device are listed. Made once for each device. */
struct swap_clusters {
	uint64_t count;			/* clusters; 0: the device has none */
	bool lists_known;		/* every list could be followed to its end */
	uint8_t *list;			/* [count]: enum kswapck_cluster_list */
	uint8_t *list_order;		/* [count] */
};

typedef void swap_list_fault_fn(void *data, const struct kswapck_list_fault *fault);

/**
 * swap_clusters_read - follow all lists of @device.
 * @fault: told what is wrong in their shape.
 *
 * si->lock protects the lists in every kernel: while it is held they are not looked
 * at, nothing is told, and lists_known is false.
 *
 * Return: false with @err set when out of memory.
 */
bool swap_clusters_read(const struct kernel *kernel, const struct kswapck_device *device,
			swap_list_fault_fn *fault, void *data,
			struct swap_clusters *clusters, struct error *err);
void swap_clusters_free(struct swap_clusters *clusters);

/**
 * swap_cluster_at - decode cluster @number, @number < clusters->count.
 *
 * A word that serves as a link (a free cluster, up to 6.11) counts nothing: count is
 * 0. What stands in the swap cache and swap_map (map_used, map_complete, map, kinds,
 * entries) is left for the caller to fill.
 *
 * Return: false when it cannot be read.
 */
bool swap_cluster_at(const struct kernel *kernel, const struct kswapck_device *device,
		     const struct swap_clusters *clusters, uint64_t number,
		     struct kswapck_cluster *cluster);

#endif
