// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/sample.h"

#include <asm/perf_regs.h>
#include <string.h>
#include <sys/user.h>

/* All but the segment registers, which the kernel does not tell of 64-bit tasks. */
const uint64_t sample_mask = 0xff0fffULL;
const unsigned int sample_count = 20;

void sample_note(struct elf_prstatus *note, const uint64_t *values)
{
	uint64_t value[PERF_REG_X86_64_MAX] = {0};
	struct user_regs_struct registers;
	unsigned int next = 0;

	for (unsigned int i = 0; i < PERF_REG_X86_64_MAX; i++)
		if (sample_mask >> i & 1)
			value[i] = values[next++];
	registers = (struct user_regs_struct){
		.r15 = value[PERF_REG_X86_R15], .r14 = value[PERF_REG_X86_R14],
		.r13 = value[PERF_REG_X86_R13], .r12 = value[PERF_REG_X86_R12],
		.rbp = value[PERF_REG_X86_BP], .rbx = value[PERF_REG_X86_BX],
		.r11 = value[PERF_REG_X86_R11], .r10 = value[PERF_REG_X86_R10],
		.r9 = value[PERF_REG_X86_R9], .r8 = value[PERF_REG_X86_R8],
		.rax = value[PERF_REG_X86_AX], .rcx = value[PERF_REG_X86_CX],
		.rdx = value[PERF_REG_X86_DX], .rsi = value[PERF_REG_X86_SI],
		.rdi = value[PERF_REG_X86_DI], .rip = value[PERF_REG_X86_IP],
		.cs = value[PERF_REG_X86_CS], .eflags = value[PERF_REG_X86_FLAGS],
		.rsp = value[PERF_REG_X86_SP], .ss = value[PERF_REG_X86_SS],
	};
	memcpy(&note->pr_reg, &registers, sizeof(note->pr_reg));
}
