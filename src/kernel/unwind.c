// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/unwind.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"
#include "kernel/unwind_walk.h"

static const struct unwind_ops *const architectures[] = {
	&unwind_x86_64,
	&unwind_arm64,
};

/* task_struct.on_cpu is there with CONFIG_SMP only. */
static void find_only_task(struct unwinder *unwinder)
{
	const struct kernel *kernel = unwinder->kernel;
	uint64_t address;

	if (unwinder->task_layout.on_cpu.size ||
	    !cpu_variable_address(kernel, kernel->arch->current_task, 0, &address) ||
	    memory_read_u64(kernel->memory, address, &unwinder->only_task) != READ_OK)
		unwinder->only_task = 0;
}

static const struct unwind_ops *find_ops(const struct kernel *kernel)
{
	size_t i;

	/* each architecture has one; the last is not asked */
	for (i = 0; i + 1 < sizeof(architectures) / sizeof(architectures[0]); i++)
		if (!strcmp(architectures[i]->architecture, kernel->arch->name))
			break;
	return architectures[i];
}

struct unwinder *unwinder_open(const struct kernel *kernel, const struct code *code,
			       struct error *err)
{
	struct unwinder *unwinder = calloc(1, sizeof(*unwinder));

	if (!unwinder) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	unwinder->kernel = kernel;
	unwinder->code = code;
	unwinder->ops = find_ops(kernel);
	cpu_stack_layout_resolve(kernel, &unwinder->stack_layout);
	task_layout_resolve(kernel, &unwinder->task_layout);
	/* of which this is needed though it fails */
	kernel_field(kernel, "task_struct", "stack", &unwinder->task_layout.stack);
	find_only_task(unwinder);
	/* 6.5 made x86_64's ret_from_fork() a C function that ret_from_fork_asm calls */
	if (!image_symbol(kernel->image, "ret_from_fork_asm", &unwinder->fork_return) &&
	    !image_symbol(kernel->image, "ret_from_fork", &unwinder->fork_return))
		unwinder->fork_return = 0;
	unwinder->ops->open(unwinder);
	return unwinder;
}

void unwinder_close(struct unwinder *unwinder)
{
	free(unwinder);
}

bool walk_end(const struct walk *walk, enum unwind_end reason, uint64_t address)
{
	walk->unwound->end = reason;
	walk->unwound->end_address = address;
	return false;
}

int walk_stack(const struct walk *walk, uint64_t sp)
{
	unsigned int i;

	for (i = 0; i < walk->stack_count; i++)
		if (stack_range_has(&walk->stacks[i], sp, 1))
			return (int)i;
	for (i = 0; i < walk->stack_count; i++)
		if (sp == walk->stacks[i].end)
			return (int)i;
	return -1;
}

bool walk_read(const struct walk *walk, uint64_t address, void *buffer, size_t size)
{
	unsigned int i;

	for (i = 0; i < walk->stack_count; i++)
		if (stack_range_has(&walk->stacks[i], address, size))
			break;
	if (i == walk->stack_count)
		return walk_end(walk, UNWIND_OFF_STACK, address);
	return memory_read(walk->unwinder->kernel->memory, address, buffer, size) == READ_OK ||
	       walk_end(walk, UNWIND_UNREADABLE, address);
}

static bool push_frame(struct walk *walk, const struct registers *registers,
		       enum frame_kind kind)
{
	struct unwound *unwound = walk->unwound;
	int stack = walk_stack(walk, registers->value[REGISTER_SP]);

	if (unwound->count == UNWIND_FRAMES_MAX)
		return walk_end(walk, UNWIND_TOO_DEEP, registers->value[REGISTER_SP]);
	unwound->frames[unwound->count++] = (struct frame){
		.pc = registers->value[REGISTER_PC],
		.kind = kind,
		.stack = stack < 0 ? STACK_UNKNOWN : walk->stacks[stack].kind,
		.guessed = walk->guessed,
		.registers = *registers,
	};
	walk->guessed = false;
	return true;
}

/* Up the same stack, or to one that was not seen yet: so no walk is for ever. */
static bool makes_progress(struct walk *walk, const struct frame *frame, uint64_t to)
{
	uint64_t from = frame->registers.value[REGISTER_SP];
	int old = walk_stack(walk, from), new = walk_stack(walk, to);

	/* where return addresses are in a register: a function that has no frame, or none yet */
	if (new == old && to == from && frame->registers.arm64 && frame->kind != FRAME_CALL)
		return true;
	if (new == old)
		return to > from || walk_end(walk, UNWIND_NO_PROGRESS, to);
	/* on no stack: only where the tables say that there is no caller */
	if (new < 0)
		return true;
	if (walk->seen >> new & 1)
		return walk_end(walk, UNWIND_NO_PROGRESS, to);
	walk->seen |= 1U << new;
	return true;
}

/* One frame further out; false when the walk has ended. */
static bool step(struct walk *walk)
{
	struct unwound *unwound = walk->unwound;
	struct frame *frame = &unwound->frames[unwound->count - 1];
	enum frame_kind kind = FRAME_CALL;
	struct registers caller;

	if (!walk->unwinder->ops->caller(walk, frame, &caller, &kind))
		return false;
	if (caller.user) {
		unwound->user = caller;
		return walk_end(walk, UNWIND_USER, caller.value[REGISTER_PC]);
	}
	return makes_progress(walk, frame, caller.value[REGISTER_SP]) &&
	       push_frame(walk, &caller, kind);
}

static void walk_from(struct walk *walk, const struct registers *registers,
		      enum frame_kind kind)
{
	const struct unwind_ops *ops = walk->unwinder->ops;
	int stack = walk_stack(walk, registers->value[REGISTER_SP]);

	if (stack >= 0)
		walk->seen = 1U << stack;
	if (!push_frame(walk, registers, kind))
		return;
	while (step(walk))
		;
	if (ops->guess && (walk->unwound->end == UNWIND_NO_TABLE ||
			   walk->unwound->end == UNWIND_UNREADABLE))
		ops->guess(walk->unwinder->kernel, walk->unwinder->code, walk->stacks,
			   walk->stack_count, walk->unwound);
}

static void add_task_stack(struct walk *walk, uint64_t stack)
{
	uint64_t size = walk->unwinder->task_layout.stack_size;

	/* a task that has exited has given its stack back */
	if (stack >> 63 && !(stack & 7) && stack + size > stack)
		walk->stacks[walk->stack_count++] =
			(struct stack_range){STACK_TASK, stack, stack + size};
}

static void begin(struct walk *walk, const struct unwinder *unwinder, struct unwound *unwound)
{
	*walk = (struct walk){.unwinder = unwinder, .unwound = unwound};
	unwound->count = 0;
	unwound->end = UNWIND_NO_START;
	unwound->end_address = 0;
	unwound->user = (struct registers){0};
}

void unwind_cpu(struct unwinder *unwinder, const struct cpu *cpu, struct unwound *unwound)
{
	struct cpu_stacks stacks;
	struct field field = unwinder->task_layout.stack;
	uint64_t stack;
	struct walk walk;

	begin(&walk, unwinder, unwound);
	if (!register_known(&cpu->registers, REGISTER_PC) ||
	    !register_known(&cpu->registers, REGISTER_SP))
		return;
	if (cpu->registers.user) {
		unwound->user = cpu->registers;
		walk_end(&walk, UNWIND_USER, cpu->registers.value[REGISTER_PC]);
		return;
	}
	cpu_stacks_read(unwinder->kernel, &unwinder->stack_layout, cpu->number, &stacks);
	memcpy(walk.stacks, stacks.ranges, stacks.count * sizeof(stacks.ranges[0]));
	walk.stack_count = stacks.count;
	if (cpu->task && field.size == 8 &&
	    memory_read_u64(unwinder->kernel->memory, cpu->task + field.offset,
			    &stack) == READ_OK)
		add_task_stack(&walk, stack);
	walk_from(&walk, &cpu->registers, FRAME_RUNNING);
}

void unwind_task(struct unwinder *unwinder, const struct task *task, struct unwound *unwound)
{
	struct registers registers;
	struct walk walk;
	uint64_t pc;

	begin(&walk, unwinder, unwound);
	if (task->on_cpu || (unwinder->only_task && task->address == unwinder->only_task)) {
		walk_end(&walk, UNWIND_ON_CPU, 0);
		return;
	}
	/* release_task_stack(), kernel/fork.c */
	if (!task->stack) {
		walk_end(&walk, UNWIND_NO_STACK, 0);
		return;
	}
	add_task_stack(&walk, task->stack);
	if (!walk.stack_count || !unwinder->ops->sleeping(&walk, task, &registers))
		return;
	pc = registers.value[REGISTER_PC];
	if (pc == unwinder->fork_return)
		walk_from(&walk, &registers, FRAME_INTERRUPTED);
	else if (unwinder->ops->is_code(unwinder, pc - 1))
		walk_from(&walk, &registers, FRAME_CALL);
	else
		walk_end(&walk, UNWIND_NOT_CODE, pc);
}

bool unwind_end_complete(enum unwind_end reason)
{
	return reason == UNWIND_USER || reason == UNWIND_TOP || reason == UNWIND_NO_STACK;
}

const char *unwind_end_text(enum unwind_end reason)
{
	switch (reason) {
	case UNWIND_USER:
		return "entered from user mode";
	case UNWIND_TOP:
		return "the first function";
	case UNWIND_NO_STACK:
		return "it has exited and has no stack any more";
	case UNWIND_ON_CPU:
		return "it is just being switched to or from a CPU";
	case UNWIND_NO_START:
		return "no registers to start from";
	case UNWIND_NO_TABLE:
		return "no ORC tables for the code there";
	case UNWIND_NOT_CODE:
		return "a return address that is no code";
	case UNWIND_UNREADABLE:
		return "stack or tables are not in the dump";
	case UNWIND_OFF_STACK:
		return "the stack pointer is on no stack of this CPU or task";
	case UNWIND_NO_PROGRESS:
		return "the next frame is not above this one: the stack is damaged";
	case UNWIND_TOO_DEEP:
		return "too many frames";
	case UNWIND_NO_REGISTER:
		return "the caller hangs on a register that is not known";
	case UNWIND_BAD_REGISTERS:
		return "the registers saved there make no sense";
	case UNWIND_END_COUNT:
		break;
	}
	return "unknown";
}
