/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call chains made of names, for tests of what a story sees in them. */
#ifndef KSWAPCK_TEST_STORY_FRAMES_H
#define KSWAPCK_TEST_STORY_FRAMES_H

#include "story/parts.h"

#define R FRAME_RUNNING
#define C FRAME_CALL
#define I FRAME_INTERRUPTED
#define FRAMES_MAX 24

struct made_frame {
	const char *function;	/* "name", "module:name", "?": no name, "~name": guessed */
	enum frame_kind kind;
};

struct made_thread {
	struct story_thread thread;
	struct story_frame frames[FRAMES_MAX];
};

/** make_thread - @frames: innermost first; the last one has no name. */
void make_thread(struct made_thread *made, const struct made_frame *frames);

#endif
