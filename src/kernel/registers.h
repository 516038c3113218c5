/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers of x86_64, in the order of DWARF (System V ABI, AMD64, table 3.36). */
#ifndef KSWAPCK_REGISTERS_H
#define KSWAPCK_REGISTERS_H

#include <stdbool.h>
#include <stdint.h>

enum register_number {
	REGISTER_RAX, REGISTER_RDX, REGISTER_RCX, REGISTER_RBX,
	REGISTER_RSI, REGISTER_RDI, REGISTER_RBP, REGISTER_RSP,
	REGISTER_R8, REGISTER_R9, REGISTER_R10, REGISTER_R11,
	REGISTER_R12, REGISTER_R13, REGISTER_R14, REGISTER_R15,
	REGISTER_RIP,
	REGISTER_COUNT,
};

/* Registers as far as they are known: of a frame up the stack only some are. */
struct registers {
	uint64_t value[REGISTER_COUNT];
	uint32_t known;		/* bit i: value[i] is */
	bool user;		/* the CPU was in user mode: cs & 3 */
};

/** register_name - "rax"; NULL if there is no such register. */
const char *register_name(unsigned int number);

/* struct pt_regs (arch/x86/include/asm/ptrace.h), an ABI: words of 8 bytes. */
#define PT_REGS_WORDS 21
#define PT_REGS_SIZE  (PT_REGS_WORDS * 8)
/* What the CPU itself pushed, the end of it: rip, cs, flags, rsp, ss. */
#define PT_REGS_IRET  128	/* offset, bytes */

/**
 * registers_of_pt_regs - all registers, from the words of a struct pt_regs or of
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
	registers->known |= 1U << number;
}

#endif
