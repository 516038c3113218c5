// SPDX-License-Identifier: GPL-2.0-or-later
/* The stack of whoever spins, and the code by which it is unwound. */
#include "harms.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/unwind.h"

/* ------------------------------------------------------------------- the stack */

struct spinner_stack {
	struct code *code;
	struct unwinder *unwinder;
	struct cpus cpus;
	struct unwound unwound;
};

static void close_stack(struct spinner_stack *stack)
{
	cpus_free(&stack->cpus);
	unwinder_close(stack->unwinder);
	code_close(stack->code);
	free(stack);
}

static struct spinner_stack *open_stack(struct stage *stage)
{
	struct spinner_stack *stack = calloc(1, sizeof(*stack));
	struct error err = {0};
	unsigned int i;

	if (!stack)
		return NULL;
	stack->code = code_open(stage->scene.kernel, &err);
	if (stack->code)
		stack->unwinder = unwinder_open(stage->scene.kernel, stack->code, &err);
	if (stack->unwinder && cpus_read(stage->scene.kernel, &stack->cpus, &err))
		for (i = 0; i < stack->cpus.count; i++)
			if (stack->cpus.cpus[i].number == thread_of(stage)->cpu)
				unwind_cpu(stack->unwinder, &stack->cpus.cpus[i],
					   &stack->unwound);
	if (stack->unwound.count == thread_of(stage)->frame_count)
		return stack;
	close_stack(stack);
	return NULL;
}

/* Where the return address into the caller of @function stands, on the spinner's stack. */
static bool find_return(struct stage *stage, const char *function, uint64_t *place)
{
	const struct story_thread *thread = thread_of(stage);
	struct spinner_stack *stack = open_stack(stage);
	unsigned int i;

	*place = 0;
	for (i = 0; stack && i < thread->frame_count; i++)
		if (thread->frames[i].named &&
		    !strcmp(thread->frames[i].name.function, function) &&
		    stack->unwound.frames[i].cfa)
			*place = stack->unwound.frames[i].cfa - 8;
	if (stack)
		close_stack(stack);
	return *place || missing(stage, "no such function on the stack");
}

static bool lay_return(struct stage *stage, const char *function, uint64_t value)
{
	uint64_t place;

	if (!find_return(stage, function, &place))
		return false;
	lay(&stage->scene, place, 8, value);
	return true;
}

bool lookup_returns_nowhere(struct stage *stage)
{
	return lay_return(stage, "__filemap_get_folio", NOWHERE);
}

bool lookup_returns_zero(struct stage *stage)
{
	return lay_return(stage, "__filemap_get_folio", 0);
}

/* A stack of calls that nobody made: the function is real, the call is not. */
bool lookup_returns_elsewhere(struct stage *stage)
{
	uint64_t address;

	return find_symbol(stage, "schedule", &address) &&
	       lay_return(stage, "swap_cache_get_folio", address + 5);
}

bool fault_returns_nowhere(struct stage *stage)
{
	return lay_return(stage, "handle_mm_fault", NOWHERE);
}

bool lookup_returns_to_itself(struct stage *stage)
{
	uint64_t place;

	if (!find_return(stage, "__filemap_get_folio", &place))
		return false;
	lay(&stage->scene, place, 8, place);
	return true;
}

/* struct pt_regs of the interrupt on the task's stack; @ip: where its rip stands. */
static bool find_interrupt(struct stage *stage, uint64_t *ip)
{
	const struct story_thread *thread = thread_of(stage);
	struct spinner_stack *stack = open_stack(stage);
	uint64_t address = 0, end, pc = 0;
	unsigned int i;

	for (i = 1; stack && i < thread->frame_count; i++)
		if (!pc && thread->frames[i].kind == FRAME_INTERRUPTED) {
			pc = thread->frames[i].pc;
			address = stack->unwound.frames[i - 1].registers.value[REGISTER_RSP];
		}
	if (stack)
		close_stack(stack);
	if (!pc)
		return missing(stage, "no interrupt on the stack");
	for (end = address + 512; address < end; address += 8)
		if (peek(&stage->scene, address, 8) == pc) {
			*ip = address;
			return true;
		}
	return missing(stage, "no pt_regs on the stack");
}

static bool lay_interrupt(struct stage *stage, int64_t offset, uint64_t value)
{
	uint64_t ip;

	if (!find_interrupt(stage, &ip))
		return false;
	lay(&stage->scene, ip + (uint64_t)offset, 8, value);
	return true;
}

bool interrupt_points_to_itself(struct stage *stage)
{
	uint64_t ip;

	/* the stack pointer that it saved: 24 bytes behind rip */
	return find_interrupt(stage, &ip) && lay_interrupt(stage, 24, ip - 128);
}

bool interrupt_of_no_segment(struct stage *stage)
{
	return lay_interrupt(stage, 8, 0x1234);
}

bool interrupt_in_no_code(struct stage *stage)
{
	return lay_interrupt(stage, 0, NOWHERE);
}

/* A pile of return addresses that never comes to an end. */
bool stack_of_one_call(struct stage *stage)
{
	uint64_t ip, at, call;

	if (!find_symbol(stage, "schedule", &call) || !find_interrupt(stage, &ip))
		return false;
	for (at = ip + 40; (at & 0x3fff) && at < ip + 8192; at += 8)
		lay(&stage->scene, at, 8, call + 5);
	return true;
}

bool stack_of_noise(struct stage *stage)
{
	uint64_t ip;

	return find_interrupt(stage, &ip) &&
	       lay_run(stage, ip + 40, (0x4000 - ((ip + 40) & 0x3fff)) & 0x3fff, true);
}

bool stack_elsewhere(struct stage *stage)
{
	return lay_in_task(stage, "stack", NOWHERE);
}

/* --------------------------------------------------------------------- the code */

bool zero_orc_places(struct stage *stage)
{
	return lay_between(stage, "__start_orc_unwind_ip", "__stop_orc_unwind_ip", false);
}

bool zero_orc_entries(struct stage *stage)
{
	return lay_between(stage, "__start_orc_unwind", "__stop_orc_unwind", false);
}

bool noise_in_orc_places(struct stage *stage)
{
	return lay_between(stage, "__start_orc_unwind_ip", "__stop_orc_unwind_ip", true);
}

bool noise_in_orc_entries(struct stage *stage)
{
	return lay_between(stage, "__start_orc_unwind", "__stop_orc_unwind", true);
}

bool spoil_modules(struct stage *stage)
{
	uint64_t modules;

	if (!find_symbol(stage, "modules", &modules))
		return false;
	lay(&stage->scene, modules, 8, NOWHERE);
	return true;
}
