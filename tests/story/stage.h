/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump, the story of it as it is, and the story with something laid over it. */
#ifndef KSWAPCK_STORY_STAGE_H
#define KSWAPCK_STORY_STAGE_H

#include "../inject/scene.h"
#include "guest.h"
#include "story/story.h"

/* One story and what it was made of. */
struct telling_of {
	struct story_findings findings;
	struct audit_summary summary;
	struct story *story;
	double seconds;		/* that audit and story took */
};

struct stage {
	struct scene scene;
	struct guest guest;
	struct telling_of clean;
	struct telling_of now;
	char trouble[512];	/* of an act that tells by itself; empty: none */
};

bool stage_open(struct stage *stage, const char *path, char *why, size_t size);
void stage_close(struct stage *stage);

/** stage_reset - the dump as it is, nothing told. */
void stage_reset(struct stage *stage);
/** stage_tell - audit and story of what the dump now looks like, into stage->now. */
bool stage_tell(struct stage *stage, char *why, size_t size);

/* Parts of a story that can be compared with those of the clean one. */
enum story_part {
	PART_SPINNER = 1 << 0,	/* who, where, which loop */
	PART_CERTAIN = 1 << 1,	/* and that it is certain */
	PART_ORIGIN = 1 << 2,
	PART_LOG = 1 << 3,
	PART_RCU = 1 << 4,
	PART_BLOCKER = 1 << 5,	/* and that the spinner blocks it */
	PART_TASKS = 1 << 6,	/* the task list */
	PART_STACKS = 1 << 7,	/* frames of all threads */
	PART_VICTIMS = 1 << 8,
	PART_ALL = (1 << 9) - 1,
};

/** stage_same - are @parts as in the clean story? @why names the first that is not. */
bool stage_same(const struct stage *stage, unsigned int parts, char *why, size_t size);

/** stage_sane - is all within the bounds that the header promises? */
bool stage_sane(const struct stage *stage, char *why, size_t size);

/** wrong - write a reason; always false. */
bool wrong(char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
