// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/unwind_guess.h"

#include <string.h>

#define CALL_OPCODE	0xe8	/* and 4 bytes: relative to the next instruction */
#define CALL_SIZE	5
#define CALL_INDIRECT	0xff	/* and a byte whose bits 5-3 are 2 */
/* __KERNEL_CS, __KERNEL_DS, __USER_CS: arch/x86/include/asm/segment.h */
#define KERNEL_CODE	0x10
#define KERNEL_DATA	0x18
#define USER_CODE	0x33

struct guess {
	const struct kernel *kernel;
	const struct code *code;
	const struct stack_range *stacks;
	unsigned int count;
	struct unwound *unwound;
};

/* Of the bytes before @address: are they a call? Unknown code is not. */
static bool follows_call(const struct guess *guess, uint64_t address)
{
	unsigned char bytes[CALL_SIZE];

	if (!code_is_text(guess->code, address - CALL_SIZE) ||
	    memory_read(guess->kernel->memory, address - CALL_SIZE, bytes,
			sizeof(bytes)) != READ_OK)
		return false;
	if (bytes[0] == CALL_OPCODE)
		return true;
	/* call *%reg, and with a byte of displacement */
	return (bytes[3] == CALL_INDIRECT && (bytes[4] >> 3 & 7) == 2) ||
	       (bytes[2] == CALL_INDIRECT && (bytes[3] >> 3 & 7) == 2);
}

static bool push(const struct guess *guess, const struct stack_range *stack,
		 enum frame_kind kind, const struct registers *registers)
{
	struct unwound *unwound = guess->unwound;

	if (unwound->count == UNWIND_FRAMES_MAX)
		return false;
	if (kind == FRAME_CALL)
		unwound->frames[unwound->count - 1].cfa = registers->value[REGISTER_RSP];
	unwound->frames[unwound->count++] = (struct frame){
		.pc = registers->value[REGISTER_RIP],
		.kind = kind,
		.stack = stack->kind,
		.guessed = true,
		.registers = *registers,
	};
	return true;
}

/* A word that is the address behind a call. */
static bool push_caller(const struct guess *guess, const struct stack_range *stack, uint64_t pc,
			uint64_t sp)
{
	struct registers registers = {0};

	register_set(&registers, REGISTER_RIP, pc);
	register_set(&registers, REGISTER_RSP, sp);
	return push(guess, stack, FRAME_CALL, &registers);
}

/*
 * struct pt_regs of kernel code whose rip is at @at; false if there is none. ss is 0
 * after an entry from user mode (Intel SDM, interrupts in 64-bit mode).
 */
static bool read_interrupted(const struct guess *guess, const struct stack_range *stack,
			     uint64_t at, struct registers *registers)
{
	uint64_t words[PT_REGS_WORDS], start = at - PT_REGS_IRET;

	if (at < PT_REGS_IRET || !stack_range_has(stack, start, sizeof(words)) ||
	    memory_read(guess->kernel->memory, start, words, sizeof(words)) != READ_OK ||
	    words[17] != KERNEL_CODE || (words[20] && words[20] != KERNEL_DATA) ||
	    words[19] & 7 ||
	    !stack_range_has(stack, words[19], 8) || words[19] < at)
		return false;
	registers_of_pt_regs(registers, words);
	return true;
}

/* All words of one stack from @sp up. */
static void scan(const struct guess *guess, const struct stack_range *stack, uint64_t sp)
{
	struct registers registers;
	uint64_t at, word;
	bool room = true;

	for (at = (sp + 7) & ~7ULL; room && stack_range_has(stack, at, 8); at += 8) {
		if (memory_read_u64(guess->kernel->memory, at, &word) != READ_OK ||
		    !code_is_text(guess->code, word))
			continue;
		if (read_interrupted(guess, stack, at, &registers))
			room = push(guess, stack, FRAME_INTERRUPTED, &registers);
		else if (follows_call(guess, word))
			room = push_caller(guess, stack, word, at + 8);
	}
}

static const struct stack_range *stack_of(const struct guess *guess, uint64_t sp)
{
	unsigned int i;

	for (i = 0; i < guess->count; i++)
		if (stack_range_has(&guess->stacks[i], sp, 8))
			return &guess->stacks[i];
	return NULL;
}

/*
 * The stack below: the first word of an IRQ stack is the stack pointer that was
 * left (arch/x86/include/asm/irq_stack.h, and entry_64.S before 5.8).
 */
static bool stack_below(const struct guess *guess, const struct stack_range *stack, uint64_t *sp)
{
	const struct stack_range *below;

	if (stack->kind != STACK_IRQ ||
	    memory_read_u64(guess->kernel->memory, stack->end - 8, sp) != READ_OK)
		return false;
	below = stack_of(guess, *sp);
	return below && below->kind == STACK_TASK;
}

/* task_pt_regs(): at the very top of the stack, if the task came from user mode. */
static void read_user(const struct guess *guess, const struct stack_range *stack)
{
	uint64_t words[PT_REGS_WORDS];

	if (stack->kind != STACK_TASK || stack->end - stack->start < sizeof(words) ||
	    memory_read(guess->kernel->memory, stack->end - sizeof(words), words,
			sizeof(words)) != READ_OK || words[17] != USER_CODE)
		return;
	registers_of_pt_regs(&guess->unwound->user, words);
}

void unwind_guess(const struct kernel *kernel, const struct code *code,
		  const struct stack_range *stacks, unsigned int count,
		  struct unwound *unwound)
{
	const struct guess guess = {kernel, code, stacks, count, unwound};
	const struct stack_range *stack;
	const struct frame *last;
	uint64_t sp;

	if (!unwound->count)
		return;
	last = &unwound->frames[unwound->count - 1];
	stack = stack_of(&guess, last->registers.value[REGISTER_RSP]);
	if (!stack)
		return;
	scan(&guess, stack, last->registers.value[REGISTER_RSP]);
	if (stack_below(&guess, stack, &sp)) {
		stack = stack_of(&guess, sp);
		scan(&guess, stack, sp);
	}
	read_user(&guess, stack);
}
