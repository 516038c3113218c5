/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is blanked in all objects of a slab cache, free ones too: what processes had in their
 * registers, in task_structs, and, if it is asked for, names of processes and files.
 */
#ifndef KSWAPCK_OBJECTS_H
#define KSWAPCK_OBJECTS_H

#include "distill/names.h"
#include "kernel/kernel.h"

struct objects {
	const struct kernel *kernel;
	const struct names *names;	/* NULL: they stay */
	struct field slab_cache, cache_size, object_size, red_left_pad;
	uint64_t task_cache, dentry_cache;	/* 0: there is none */
	struct field registers;		/* within a task_struct; size 0: not known */
	struct field comm, flags, inline_name;
};

void objects_init(struct objects *objects, const struct kernel *kernel,
		  const struct names *names);

/** objects_edit - change the copy of the page in frame @pfn, if it is of such a cache. */
void objects_edit(const struct objects *objects, uint64_t pfn, unsigned char *page);

#endif
