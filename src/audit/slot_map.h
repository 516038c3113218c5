/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each slot of each device holds, kept while an audit walks: for a picture of them.
 * Slots that are alike and side by side are one run, so that memory follows how mixed a
 * device is and not how large.
 */
#ifndef KSWAPCK_SLOT_MAP_H
#define KSWAPCK_SLOT_MAP_H

#include "kswapck.h"

#define SLOT_MAP_DEVICES_MAX 32

/* Runs of one device; what comes after them is SLOT_UNSEEN. */
#define SLOT_MAP_RUNS_MAX (8UL << 20)

enum slot_class {
	SLOT_FREE,
	SLOT_OUT,		/* in use, nothing in the swap cache */
	SLOT_SHADOW,		/* the swap cache holds a shadow */
	SLOT_CACHED,		/* the swap cache holds a page */
	SLOT_LARGE_FIRST,	/* the first one of a large folio */
	SLOT_LARGE,		/* another one of it */
	SLOT_BAD,
	SLOT_UNSEEN,		/* could not be read, or was not looked at */
	SLOT_CLASSES,
};

struct slot_run {
	uint64_t first;
	enum slot_class class;
};

struct slot_map_device {
	unsigned int type;
	char name[64];
	uint64_t slots;
	struct slot_run *runs;	/* each until the next one; of the first slot on */
	size_t count, room;
	uint64_t known;		/* slots that have a run */
	bool cut;		/* there were more runs than fit */
};

struct slot_map {
	struct slot_map_device devices[SLOT_MAP_DEVICES_MAX];
	size_t count;
	bool out_of_memory;
	uint8_t large[16384];	/* of the space at hand: enum slot_class, 0 if not large */
};

/** slot_map_new - an empty one; NULL when out of memory. */
struct slot_map *slot_map_new(void);
void slot_map_free(struct slot_map *map);	/* NULL is fine */

/* For the events of these names in struct audit_sink. */
void slot_map_device(struct slot_map *map, const struct kswapck_device *device);
void slot_map_folio(struct slot_map *map, const struct kswapck_space *space,
		    const struct kswapck_run *run, const struct kswapck_folio *folio);
void slot_map_space(struct slot_map *map, const struct kswapck_space *space);

/** slot_map_count - add the slots from @first to @end (exclusive) by class to @counts. */
void slot_map_count(const struct slot_map_device *device, uint64_t first, uint64_t end,
		    uint64_t counts[SLOT_CLASSES]);

/**
 * slot_map_run - the run that holds @slot.
 * @hint: where to look first, and where it was found; 0 to begin with.
 * @end: set to the first slot after it.
 */
enum slot_class slot_map_run(const struct slot_map_device *device, uint64_t slot, size_t *hint,
			     uint64_t *end);

#endif
