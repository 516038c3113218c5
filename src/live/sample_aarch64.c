// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/sample.h"

#include <asm/perf_regs.h>
#include <string.h>
#include <sys/user.h>

#define PSTATE_EL1 5	/* EL1h: what perf does not tell, but the address does */

/* x0 to x30, sp, pc */
const uint64_t sample_mask = (1ULL << PERF_REG_ARM64_MAX) - 1;
const unsigned int sample_count = PERF_REG_ARM64_MAX;

void sample_note(struct elf_prstatus *note, const uint64_t *values)
{
	struct user_regs_struct registers = {
		.sp = values[PERF_REG_ARM64_SP],
		.pc = values[PERF_REG_ARM64_PC],
		.pstate = values[PERF_REG_ARM64_PC] >> 63 ? PSTATE_EL1 : 0,
	};

	memcpy(registers.regs, values, sizeof(registers.regs));
	memcpy(&note->pr_reg, &registers, sizeof(note->pr_reg));
}
