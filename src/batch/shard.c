// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/shard.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define SHARDS_MAX 1000000ul

static bool number(const char *text, const char **end, unsigned long *value)
{
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	*value = strtoul(text, &stop, 10);
	*end = stop;
	return *value <= SHARDS_MAX;
}

static bool whole_number(const char *text, unsigned long *value)
{
	const char *end;

	return text && number(text, &end, value) && !*end;
}

bool shard_parse(const char *text, struct shard *shard)
{
	unsigned long index, count;
	const char *end;

	if (!number(text, &end, &index) || *end != '/' || !whole_number(end + 1, &count) ||
	    !index || index > count)
		return false;
	*shard = (struct shard){(unsigned int)index - 1, (unsigned int)count, "--shard"};
	return true;
}

static bool incomplete(const char *given, const char *needed, struct error *err)
{
	return error_set(err, ERROR_USAGE, "%s is set, but %s do not tell which of how many shards "
			 "that is; give --shard=I/N, or --shard=1/1 to do everything here", given,
			 needed);
}

/* --array=0-7, 1-8 or 0-14:2; ids that are no such row leave gaps that nobody would do. */
static bool from_slurm(const char *id_text, struct shard *shard, struct error *err)
{
	unsigned long id, count, first, step = 1;
	const char *step_text = getenv("SLURM_ARRAY_TASK_STEP");

	if (!whole_number(id_text, &id) ||
	    !whole_number(getenv("SLURM_ARRAY_TASK_COUNT"), &count) ||
	    !whole_number(getenv("SLURM_ARRAY_TASK_MIN"), &first) || id < first ||
	    (step_text && (!whole_number(step_text, &step) || !step)) ||
	    (id - first) % step || (id - first) / step >= count)
		return incomplete("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT, _MIN and _STEP",
				  err);
	*shard = (struct shard){(unsigned int)((id - first) / step), (unsigned int)count,
				"SLURM_ARRAY_TASK_ID"};
	return true;
}

static bool from_kubernetes(const char *index_text, struct shard *shard, struct error *err)
{
	unsigned long index, count;

	if (!whole_number(index_text, &index) ||
	    !whole_number(getenv("JOB_COMPLETIONS"), &count) || index >= count)
		return incomplete("JOB_COMPLETION_INDEX", "it and JOB_COMPLETIONS", err);
	*shard = (struct shard){(unsigned int)index, (unsigned int)count,
				"JOB_COMPLETION_INDEX"};
	return true;
}

bool shard_find(struct shard *shard, struct error *err)
{
	const char *slurm = getenv("SLURM_ARRAY_TASK_ID");
	const char *kubernetes = getenv("JOB_COMPLETION_INDEX");

	*shard = (struct shard){.count = 1};
	if (slurm)
		return from_slurm(slurm, shard, err);
	if (kubernetes)
		return from_kubernetes(kubernetes, shard, err);
	return true;
}
