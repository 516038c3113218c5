/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Swap entries of shared memory: value entries in the page cache trees of the
 * files on shmem_swaplist (mm/shmem.c), which lists all that have any.
 */
#ifndef KSWAPCK_SHMEM_H
#define KSWAPCK_SHMEM_H

#include "kernel/kernel.h"

struct shmem_entry {
	uint64_t inode;		/* address of the struct inode */
	uint64_t number;	/* i_ino */
	uint64_t index;		/* in the file, pages */
	uint64_t entry;		/* swp_entry_t of the first slot */
	uint64_t raw;		/* as it stands in the tree */
	uint64_t place;		/* address of the word */
	bool locked;		/* the tree's lock was held: it may be in motion */
	uint64_t slots;		/* one entry stands for so many, 1 << order (since 6.12) */
};

/** Called for each; false stops. */
typedef bool shmem_entry_fn(void *data, const struct shmem_entry *entry);

struct shmem_sweep {
	uint64_t files;			/* on the list */
	uint64_t swapped;		/* of them, those that have entries */
	uint64_t nodes;			/* of trees */
	uint64_t unreadable;		/* files or nodes */
	bool complete;			/* the list was sound and read to its end */
	bool moving;			/* a lock of the list or of a tree was held */
};

/** shmem_for_each_swapped - visit them all; false when the visitor stopped it. */
bool shmem_for_each_swapped(const struct kernel *kernel, shmem_entry_fn *visit, void *data,
			    struct shmem_sweep *sweep);

#endif
