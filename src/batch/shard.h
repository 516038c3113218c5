/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which part of the dumps this machine shall do, as told by an option or by a scheduler. */
#ifndef KSWAPCK_BATCH_SHARD_H
#define KSWAPCK_BATCH_SHARD_H

#include "base/error.h"

struct shard {
	unsigned int index;	/* from 0 */
	unsigned int count;	/* 1: all dumps are in one */
	const char *from;	/* "--shard", "SLURM_ARRAY_TASK_ID"; NULL: nobody said */
};

/** shard_parse - "2/4": the second of four. */
bool shard_parse(const char *text, struct shard *shard);

/**
 * shard_find - as the environment tells: an array job of Slurm, or an indexed Job of
 * Kubernetes; else everything is one shard.
 *
 * Return: false with @err set when it tells only half of what is needed: then each of many
 * would do everything.
 */
bool shard_find(struct shard *shard, struct error *err);

#endif
