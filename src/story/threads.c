// SPDX-License-Identifier: GPL-2.0-or-later
/* The tasks of the story: those on a CPU, those put aside in the kernel, those stuck. */
#include "story/parts.h"

#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 16384	/* sleeping tasks of a large machine are not all wanted */
#define FRAMES_MAX  32768	/* 16 MiB: a thousand tasks that are stuck have 20 each */

static struct story_thread *new_thread(struct telling *telling)
{
	struct story *story = telling->story;
	struct story_thread *grown;
	size_t room;

	if (telling->frames >= FRAMES_MAX) {
		story->threads_lost++;
		return NULL;
	}
	if (story->thread_count == story->thread_room) {
		room = story->thread_room ? 2 * story->thread_room : 64;
		if (room > THREADS_MAX) {
			story->threads_lost++;
			return NULL;
		}
		grown = realloc(story->threads, room * sizeof(*grown));
		if (!grown) {
			telling->out_of_memory = true;
			return NULL;
		}
		story->threads = grown;
		story->thread_room = room;
	}
	grown = &story->threads[story->thread_count];
	memset(grown, 0, sizeof(*grown));
	return grown;
}

static void name_inlined(struct telling *telling, uint64_t address, struct story_frame *frame)
{
	struct debug_scope scopes[STORY_INLINED_MAX + 1];
	unsigned int count;

	if (!telling->story->debug || frame->name.module[0])
		return;
	count = debug_code_scopes(telling->story->debug, address, scopes, STORY_INLINED_MAX + 1);
	if (!count)
		return;
	frame->file = scopes[count - 1].file;
	frame->line = scopes[count - 1].line;
	frame->inlined_count = count - 1;
	memcpy(frame->inlined, scopes, frame->inlined_count * sizeof(scopes[0]));
}

/* Copy what is wanted of telling->unwound, and name the functions. */
static bool take_frames(struct telling *telling, struct story_thread *thread)
{
	const struct unwound *unwound = &telling->unwound;
	unsigned int i;

	thread->end = unwound->end;
	thread->end_address = unwound->end_address;
	if (register_known(&unwound->user, REGISTER_PC))
		thread->user_pc = unwound->user.value[REGISTER_PC];
	if (!unwound->count)
		return true;
	thread->frames = calloc(unwound->count, sizeof(*thread->frames));
	if (!thread->frames) {
		telling->out_of_memory = true;
		return false;
	}
	thread->frame_count = unwound->count;
	telling->frames += unwound->count;
	for (i = 0; i < unwound->count; i++) {
		struct story_frame *frame = &thread->frames[i];
		/* the call may have been the last instruction of the function */
		uint64_t address = unwound->frames[i].pc - (unwound->frames[i].kind == FRAME_CALL);

		frame->pc = unwound->frames[i].pc;
		frame->kind = unwound->frames[i].kind;
		frame->stack = unwound->frames[i].stack;
		frame->guessed = unwound->frames[i].guessed;
		frame->named = code_name_at(telling->code, address, &frame->name);
		frame->name.offset += frame->pc - address;
		if (frame->named)
			name_inlined(telling, address, frame);
	}
	if (telling->options->locals && telling->story->debug)
		story_locals_read(telling, thread);
	return true;
}

void story_thread_free(struct story_thread *thread)
{
	unsigned int i;

	for (i = 0; i < thread->frame_count; i++)
		free(thread->frames[i].locals);
	free(thread->frames);
}

/* Keep the thread whose unwound stack is at hand. */
static size_t keep(struct telling *telling, struct story_thread *thread)
{
	if (!take_frames(telling, thread))
		return SIZE_MAX;
	return telling->story->thread_count++;
}

static void read_cpu(struct telling *telling, const struct cpu *cpu)
{
	struct story_thread *thread = new_thread(telling);
	size_t index;

	if (!thread)
		return;
	thread->known = cpu->task && telling->tasks_known &&
			task_details_read(telling->kernel, &telling->tasks, cpu->task,
					  &thread->task);
	if (!thread->known)
		thread->task = (struct task_details){.address = cpu->task};
	thread->on_cpu = true;
	thread->cpu = cpu->number;
	thread->origin = cpu->origin;
	thread->missing = cpu->missing;
	thread->user = cpu->registers.user;
	unwind_cpu(telling->unwinder, cpu, &telling->unwound);
	index = keep(telling, thread);
	if (index == SIZE_MAX)
		return;
	story_link_thread(telling, index, cpu);
	story_swapoff_look(telling, index);
}

static void read_cpus(struct telling *telling)
{
	struct error err = {0};
	unsigned int i;

	if (!cpus_read(telling->kernel, &telling->cpus, &err)) {
		story_gap(telling->story, "CPUs", "%s", err.text);
		return;
	}
	telling->story->cpu_count = telling->cpus.count;
	for (i = 0; i < telling->cpus.count && !story_stopped(telling); i++)
		read_cpu(telling, &telling->cpus.cpus[i]);
}

static bool runs_on_cpu(const struct telling *telling, uint64_t task)
{
	unsigned int i;

	for (i = 0; i < telling->cpus.count; i++)
		if (telling->cpus.cpus[i].task == task)
			return true;
	return false;
}

/* Tasks that are not on a CPU, by what they do there. */
enum tasks_wanted {
	TASKS_READY,		/* put aside: these may spin */
	TASKS_STUCK,		/* these may wait for one that spins */
	TASKS_ASLEEP,
};

static enum tasks_wanted what_does(const struct task_details *details)
{
	if (details->state == TASK_RUNNING)
		return TASKS_READY;
	/* TASK_IDLE is TASK_UNINTERRUPTIBLE | TASK_NOLOAD: kernel threads at rest */
	if (details->state & TASK_UNINTERRUPTIBLE && !(details->state & TASK_NOLOAD))
		return TASKS_STUCK;
	return TASKS_ASLEEP;
}

struct task_pass {
	struct telling *telling;
	enum tasks_wanted wanted;
};

static bool read_task(void *data, const struct task *task)
{
	const struct task_pass *pass = data;
	struct telling *telling = pass->telling;
	struct task_details details;
	struct story_thread *thread;
	size_t index;

	if (story_stopped(telling) || telling->out_of_memory)
		return false;
	if (runs_on_cpu(telling, task->address))
		return true;
	if (!task_details_read(telling->kernel, &telling->tasks, task->address, &details)) {
		telling->story->tasks_complete = false;
		return true;
	}
	if (what_does(&details) != pass->wanted)
		return true;
	thread = new_thread(telling);
	if (!thread)
		return true;
	thread->task = details;
	thread->known = true;
	/* on one of the CPUs that could not be found; else it is just being switched */
	if (task->on_cpu && !telling->cpus.count) {
		thread->on_cpu = true;
		thread->cpu = details.cpu;
		thread->missing = "the CPUs could not be found";
	}
	thread->preempted = pass->wanted == TASKS_READY && !task->on_cpu;
	unwind_task(telling->unwinder, task, &telling->unwound);
	index = keep(telling, thread);
	if (index == SIZE_MAX)
		return true;
	if (pass->wanted == TASKS_READY)
		story_link_thread(telling, index, NULL);
	else if (pass->wanted == TASKS_STUCK)
		story_waiter_look(telling, index);
	if (pass->wanted != TASKS_ASLEEP)
		story_swapoff_look(telling, index);
	return true;
}

static void read_tasks(struct telling *telling, enum tasks_wanted wanted)
{
	struct task_pass pass = {telling, wanted};

	if (!task_for_each(telling->kernel, &telling->tasks, read_task, &pass) &&
	    !story_stopped(telling))
		telling->story->tasks_complete = false;
}

void story_threads_read(struct telling *telling)
{
	struct story *story = telling->story;

	telling->tasks_known = task_layout_resolve(telling->kernel, &telling->tasks);
	read_cpus(telling);
	if (!telling->tasks_known) {
		story_gap(story, "tasks", "this kernel's types or symbols do not tell how they are "
			  "kept");
		return;
	}
	story->tasks_complete = true;
	read_tasks(telling, TASKS_READY);
	story_spinners_sort(story);
	/* after those, since they are asked whom they wait for */
	read_tasks(telling, TASKS_STUCK);
	if (telling->options->all_stacks)
		read_tasks(telling, TASKS_ASLEEP);
	if (!story->tasks_complete)
		story_gap(story, "tasks", "the list of tasks is damaged or not all in the dump");
	if (story->threads_lost)
		story_gap(story, "stacks", "%llu tasks are more than are shown",
			  (unsigned long long)story->threads_lost);
}

size_t story_thread_of(const struct story *story, uint64_t task)
{
	size_t i;

	for (i = 0; task && i < story->thread_count; i++)
		if (story->threads[i].task.address == task)
			return i;
	return SIZE_MAX;
}
