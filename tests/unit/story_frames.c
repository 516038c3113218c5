// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "story_frames.h"

static void make_frame(struct story_frame *frame, const struct made_frame *made)
{
	const char *name = made->function, *colon;

	frame->kind = made->kind;
	frame->stack = STACK_TASK;
	frame->guessed = *name == '~';
	name += frame->guessed;
	frame->named = strcmp(name, "?") != 0;
	colon = strchr(name, ':');
	if (colon)
		snprintf(frame->name.module, sizeof(frame->name.module), "%.*s",
			 (int)(colon - name), name);
	if (frame->named)
		snprintf(frame->name.function, sizeof(frame->name.function), "%s",
			 colon ? colon + 1 : name);
}

void make_thread(struct made_thread *made, const struct made_frame *frames)
{
	unsigned int i;

	memset(made, 0, sizeof(*made));
	for (i = 0; frames[i].function; i++) {
		assert_true(i < FRAMES_MAX);
		make_frame(&made->frames[i], &frames[i]);
	}
	made->thread.frames = made->frames;
	made->thread.frame_count = i;
}
