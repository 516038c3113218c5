// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/registers.h"

#define PT_REGS_CS 17	/* word */

/* Word of struct pt_regs that holds each register. */
static const uint8_t words_of[REGISTER_RIP + 1] = {
	[REGISTER_R15] = 0, [REGISTER_R14] = 1, [REGISTER_R13] = 2, [REGISTER_R12] = 3,
	[REGISTER_RBP] = 4, [REGISTER_RBX] = 5, [REGISTER_R11] = 6, [REGISTER_R10] = 7,
	[REGISTER_R9] = 8, [REGISTER_R8] = 9, [REGISTER_RAX] = 10, [REGISTER_RCX] = 11,
	[REGISTER_RDX] = 12, [REGISTER_RSI] = 13, [REGISTER_RDI] = 14,
	[REGISTER_RIP] = 16, [REGISTER_RSP] = 19,
};

void registers_of_pt_regs(struct registers *registers, const uint64_t words[PT_REGS_WORDS])
{
	unsigned int i;

	*registers = (struct registers){.user = words[PT_REGS_CS] & 3};
	for (i = 0; i <= REGISTER_RIP; i++)
		register_set(registers, i, words[words_of[i]]);
}
