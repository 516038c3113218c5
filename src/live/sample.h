/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What perf tells of a CPU's registers: one file for each machine that the program runs on. */
#ifndef KSWAPCK_LIVE_SAMPLE_H
#define KSWAPCK_LIVE_SAMPLE_H

#include <stdint.h>
#include <sys/procfs.h>

#define SAMPLE_REGISTERS_MAX 40

/* Which registers are asked for (perf_event_attr.sample_regs_intr), and how many these are. */
extern const uint64_t sample_mask;
extern const unsigned int sample_count;

/** sample_note - the registers of a note from @values, in the order of the bits of the mask. */
void sample_note(struct elf_prstatus *note, const uint64_t *values);

#endif
