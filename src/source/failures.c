// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/failures.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Of more pages than fit into this many places, some are counted twice: 2 MiB. */
#define BITS_MAX   18
#define BITS_FIRST 6
#define EMPTY	   UINT64_MAX

struct failures {
	pthread_mutex_t lock;
	uint64_t *counts;
	uint64_t *keys;		/* a hash, by linear probing */
	unsigned int bits;	/* log2 of its places */
	size_t used;
};

static size_t places(const struct failures *failures)
{
	return (size_t)1 << failures->bits;
}

static bool make_room(struct failures *failures, unsigned int bits)
{
	uint64_t *keys = malloc(sizeof(*keys) << bits);

	if (!keys)
		return false;
	memset(keys, 0xff, sizeof(*keys) << bits);
	failures->keys = keys;
	failures->bits = bits;
	failures->used = 0;
	return true;
}

struct failures *failures_new(uint64_t *counts)
{
	struct failures *failures = calloc(1, sizeof(*failures));

	if (!failures || !make_room(failures, BITS_FIRST)) {
		free(failures);
		return NULL;
	}
	pthread_mutex_init(&failures->lock, NULL);
	failures->counts = counts;
	return failures;
}

void failures_free(struct failures *failures)
{
	if (!failures)
		return;
	pthread_mutex_destroy(&failures->lock);
	free(failures->keys);
	free(failures);
}

/* False: it is in already. A place is always left. */
static bool put(struct failures *failures, uint64_t key)
{
	size_t mask = places(failures) - 1;
	size_t at = (key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - failures->bits);

	while (failures->keys[at] != EMPTY && failures->keys[at] != key)
		at = (at + 1) & mask;
	if (failures->keys[at] == key)
		return false;
	failures->keys[at] = key;
	failures->used++;
	return true;
}

/* Out of memory or at the end of what may be taken: begin anew. */
static void widen(struct failures *failures)
{
	uint64_t *old = failures->keys;
	size_t count = places(failures), i;

	if (failures->bits == BITS_MAX || !make_room(failures, failures->bits + 1)) {
		memset(old, 0xff, count * sizeof(*old));
		failures->used = 0;
		return;
	}
	for (i = 0; i < count; i++)
		if (old[i] != EMPTY)
			put(failures, old[i]);
	free(old);
}

void failures_add(struct failures *failures, uint64_t key, unsigned int status)
{
	pthread_mutex_lock(&failures->lock);
	if (failures->used >= places(failures) / 4 * 3)
		widen(failures);
	failures->counts[status] += put(failures, key);
	pthread_mutex_unlock(&failures->lock);
}

void failures_forget(struct failures *failures)
{
	memset(failures->keys, 0xff, sizeof(*failures->keys) << failures->bits);
	failures->used = 0;
}
