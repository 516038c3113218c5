/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of a CPU, or of a frame. */
#ifndef KSWAPCK_REGISTERS_H
#define KSWAPCK_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Three have a part that is the same everywhere. Those of x86_64 are in the order of DWARF
 * (System V ABI, AMD64, table 3.36), those of arm64 take the places that are left.
 */
enum register_number {
	REGISTER_RAX, REGISTER_RDX, REGISTER_RCX, REGISTER_RBX,
	REGISTER_RSI, REGISTER_RDI, REGISTER_RBP, REGISTER_RSP,
	REGISTER_R8, REGISTER_R9, REGISTER_R10, REGISTER_R11,
	REGISTER_R12, REGISTER_R13, REGISTER_R14, REGISTER_R15,
	REGISTER_RIP,

	REGISTER_FP = REGISTER_RBP,	/* x29 */
	REGISTER_SP = REGISTER_RSP,
	REGISTER_PC = REGISTER_RIP,

	REGISTER_X0 = 0,		/* and so on to x5 */
	REGISTER_X6 = REGISTER_R8,	/* to x13 */
	REGISTER_X14 = 17,		/* to x28 */
	REGISTER_LR = 32,		/* x30 */
	REGISTER_COUNT = 33,
};

/* Registers as far as they are known: of a frame up the stack only some are. */
struct registers {
	uint64_t value[REGISTER_COUNT];
	uint64_t known;		/* bit i: value[i] is */
	bool user;		/* the CPU was in user mode */
	bool arm64;		/* they are those of arm64 */
};

/** register_of_x - the number of x0 to x30 of arm64. */
static inline unsigned int register_of_x(unsigned int x)
{
	if (x < 6)
		return REGISTER_X0 + x;
	if (x < 14)
		return REGISTER_X6 + (x - 6);
	if (x < 29)
		return REGISTER_X14 + (x - 14);
	return x == 29 ? REGISTER_FP : REGISTER_LR;
}

/**
 * register_of_dwarf - the register that DWARF has a number for (DWARF for the Arm 64-bit
 * Architecture, 4.1); REGISTER_COUNT: none of these.
 */
static inline unsigned int register_of_dwarf(const struct registers *registers, uint64_t number)
{
	if (!registers->arm64)
		return number <= REGISTER_RIP ? (unsigned int)number : REGISTER_COUNT;
	if (number <= 30)
		return register_of_x((unsigned int)number);
	return number == 31 ? REGISTER_SP : number == 32 ? REGISTER_PC : REGISTER_COUNT;
}

/* struct pt_regs (arch/x86/include/asm/ptrace.h), an ABI: words of 8 bytes. */
#define PT_REGS_WORDS 21
#define PT_REGS_SIZE  (PT_REGS_WORDS * 8)
/* What the CPU itself pushed, the end of it: rip, cs, flags, rsp, ss. */
#define PT_REGS_IRET  128	/* offset, bytes */

/**
 * registers_of_pt_regs - all registers of x86_64, from the words of a struct pt_regs or of
 * a struct user_regs_struct, which begins alike.
 */
void registers_of_pt_regs(struct registers *registers, const uint64_t words[PT_REGS_WORDS]);

static inline bool register_known(const struct registers *registers, unsigned int number)
{
	return registers->known >> number & 1;
}

static inline void register_set(struct registers *registers, unsigned int number,
				uint64_t value)
{
	registers->value[number] = value;
	registers->known |= 1ULL << number;
}

#endif
