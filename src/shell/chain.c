// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/chain.h"

#include <stdlib.h>
#include <string.h>

#include "story/parts.h"

struct chains {
	const struct kernel *kernel;
	struct code *code;
	struct unwinder *unwinder;
	struct debug_code *debug;	/* NULL: no DWARF */
	struct cpus cpus;
	struct task_layout tasks;
	struct unwound unwound;
};

struct chains *chains_open(struct shell *shell, struct error *err)
{
	struct chains *chains = calloc(1, sizeof(*chains));

	if (!chains) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	chains->kernel = &shell->dump.kernel;
	if (!task_layout_resolve(chains->kernel, &chains->tasks)) {
		error_set(err, ERROR_MISSING, "this kernel's types or symbols do not tell how "
			  "tasks are kept");
		chains_close(chains);
		return NULL;
	}
	chains->code = code_open(chains->kernel, err);
	chains->unwinder = chains->code ? unwinder_open(chains->kernel, chains->code, err) : NULL;
	if (!chains->unwinder || !cpus_read(chains->kernel, &chains->cpus, err)) {
		chains_close(chains);
		return NULL;
	}
	chains->debug = debug_code_open(chains->kernel->image);
	return chains;
}

void chains_close(struct chains *chains)
{
	if (!chains)
		return;
	cpus_free(&chains->cpus);
	unwinder_close(chains->unwinder);
	code_close(chains->code);
	debug_code_close(chains->debug);
	free(chains);
}

const struct cpus *chains_cpus(const struct chains *chains)
{
	return &chains->cpus;
}

static void name_inlined(struct chains *chains, uint64_t address, struct story_frame *frame)
{
	struct debug_scope scopes[STORY_INLINED_MAX + 1];
	unsigned int count;

	if (!chains->debug || frame->name.module[0])
		return;
	count = debug_code_scopes(chains->debug, address, scopes, STORY_INLINED_MAX + 1);
	if (!count)
		return;
	frame->file = scopes[count - 1].file;
	frame->line = scopes[count - 1].line;
	frame->inlined_count = count - 1;
	memcpy(frame->inlined, scopes, frame->inlined_count * sizeof(scopes[0]));
}

static void take_frame(struct chains *chains, const struct frame *from, struct story_frame *frame)
{
	/* the call may have been the last instruction of the function */
	uint64_t address = from->pc - (from->kind == FRAME_CALL);

	frame->pc = from->pc;
	frame->kind = from->kind;
	frame->stack = from->stack;
	frame->guessed = from->guessed;
	frame->named = code_name_at(chains->code, address, &frame->name);
	frame->name.offset += frame->pc - address;
	if (frame->named)
		name_inlined(chains, address, frame);
}

/* What was unwound last, with names. */
static bool take_frames(struct chains *chains, struct story_thread *thread, struct error *err)
{
	const struct unwound *unwound = &chains->unwound;
	unsigned int i;

	thread->end = unwound->end;
	thread->end_address = unwound->end_address;
	if (register_known(&unwound->user, REGISTER_PC))
		thread->user_pc = unwound->user.value[REGISTER_PC];
	if (!unwound->count)
		return true;
	thread->frames = calloc(unwound->count, sizeof(*thread->frames));
	if (!thread->frames)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	thread->frame_count = unwound->count;
	for (i = 0; i < unwound->count; i++)
		take_frame(chains, &unwound->frames[i], &thread->frames[i]);
	return true;
}

static void take_details(const struct chains *chains, uint64_t task, struct story_thread *thread)
{
	memset(thread, 0, sizeof(*thread));
	thread->known = task && task_details_read(chains->kernel, &chains->tasks, task,
						  &thread->task);
	if (!thread->known)
		thread->task = (struct task_details){.address = task};
}

bool chain_of_cpu(struct chains *chains, const struct cpu *cpu, struct story_thread *thread,
		  struct error *err)
{
	take_details(chains, cpu->task, thread);
	thread->on_cpu = true;
	thread->cpu = cpu->number;
	thread->origin = cpu->origin;
	thread->missing = cpu->missing;
	thread->user = cpu->registers.user;
	unwind_cpu(chains->unwinder, cpu, &chains->unwound);
	return take_frames(chains, thread, err);
}

bool chain_of_task(struct chains *chains, const struct task *task, struct story_thread *thread,
		   struct error *err)
{
	unsigned int i;

	for (i = 0; i < chains->cpus.count; i++)
		if (chains->cpus.cpus[i].task == task->address)
			return chain_of_cpu(chains, &chains->cpus.cpus[i], thread, err);
	take_details(chains, task->address, thread);
	thread->preempted = thread->known && thread->task.state == TASK_RUNNING && !task->on_cpu;
	unwind_task(chains->unwinder, task, &chains->unwound);
	return take_frames(chains, thread, err);
}

void chain_free(struct story_thread *thread)
{
	story_thread_free(thread);
}

/* ----------------------------------------------------------------------- JSON */

static const char *kind_name(enum frame_kind kind)
{
	if (kind == FRAME_RUNNING)
		return "running";
	return kind == FRAME_CALL ? "call" : "interrupted";
}

static void write_frame(struct json_writer *json, const struct story_frame *frame)
{
	unsigned int i;

	json_flat_object(json, NULL);
	json_address(json, "pc", frame->pc);
	json_string(json, "function", frame->named ? frame->name.function : NULL);
	json_address(json, "offset", frame->name.offset);
	json_string(json, "module",
		    frame->named && frame->name.module[0] ? frame->name.module : NULL);
	json_string(json, "stack", stack_kind_text(frame->stack));
	json_string(json, "kind", kind_name(frame->kind));
	json_bool(json, "guessed", frame->guessed);
	json_array(json, "inlined");
	for (i = 0; i < frame->inlined_count && i < STORY_INLINED_MAX; i++)
		json_string(json, NULL, frame->inlined[i].function);
	json_close(json, ']');
	json_string(json, "file", frame->file);
	if (frame->file)
		json_signed(json, "line", frame->line);
	json_close(json, '}');
}

void chain_write(struct json_writer *json, const struct story_thread *thread)
{
	unsigned int i;

	json_object(json, NULL);
	json_address(json, "task", thread->task.address);
	if (thread->known) {
		json_signed(json, "pid", thread->task.pid);
		json_string(json, "comm", thread->task.comm);
	}
	json_bool(json, "on_cpu", thread->on_cpu);
	if (thread->on_cpu)
		json_number(json, "cpu", thread->cpu);
	json_bool(json, "user", thread->user);
	json_string(json, "end", unwind_end_text(thread->end));
	json_bool(json, "complete", unwind_end_complete(thread->end));
	json_array(json, "frames");
	for (i = 0; i < thread->frame_count; i++)
		write_frame(json, &thread->frames[i]);
	json_close(json, ']');
	json_close(json, '}');
}
