// SPDX-License-Identifier: GPL-2.0-or-later
/* Local variables of each frame, as far as DWARF and the registers tell. */
#include "story/parts.h"

#include <stdlib.h>

#define LOCALS_MAX 24	/* of one frame, with what is inlined there */

static bool take_local(void *data, const struct debug_local *local)
{
	struct story_frame *frame = data;

	frame->locals[frame->local_count++] = *local;
	return frame->local_count < LOCALS_MAX;
}

/* Room that was not needed: there may be many thousand frames. */
static void give_back(struct story_frame *frame)
{
	struct debug_local *less = NULL;

	if (frame->local_count)
		less = realloc(frame->locals, frame->local_count * sizeof(*less));
	else
		free(frame->locals);
	if (less || !frame->local_count)
		frame->locals = less;
}

/* Where the task stopped all registers are known; of callers those that were kept. */
static void read_frame(struct telling *telling, const struct frame *frame,
		       struct registers *registers, struct story_frame *story)
{
	struct debug_code *debug = telling->story->debug;
	uint64_t address = frame->pc - (frame->kind == FRAME_CALL);
	struct registers caller = {0};

	if (frame->kind != FRAME_CALL || !registers->known)
		*registers = frame->registers;
	register_set(registers, REGISTER_PC, frame->pc);
	if (register_known(&frame->registers, REGISTER_SP))
		register_set(registers, REGISTER_SP, frame->registers.value[REGISTER_SP]);
	story->locals = calloc(LOCALS_MAX, sizeof(*story->locals));
	if (!story->locals) {
		telling->out_of_memory = true;
		return;
	}
	debug_code_locals(debug, address, registers, frame->cfa, take_local, story);
	give_back(story);
	if (!debug_code_caller(debug, address, registers, &caller))
		caller.known = 0;
	*registers = caller;
}

void story_locals_read(struct telling *telling, struct story_thread *thread)
{
	struct registers registers = {0};
	unsigned int i;

	for (i = 0; i < thread->frame_count && !telling->out_of_memory; i++) {
		/* a guessed frame has no registers of its own, and a module no DWARF here */
		if (thread->frames[i].guessed || !thread->frames[i].named ||
		    thread->frames[i].name.module[0])
			registers.known = 0;
		else
			read_frame(telling, &telling->unwound.frames[i], &registers,
				   &thread->frames[i]);
	}
}
