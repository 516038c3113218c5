/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Callers by guess, where there are no ORC tables (CONFIG_UNWINDER_FRAME_POINTER,
 * CONFIG_UNWINDER_GUESS, or tables that are not in the dump): every word up the
 * stack that is the address behind a call. Old ones among them are left by calls
 * that are over, so each such frame says that it is guessed.
 */
#ifndef KSWAPCK_UNWIND_GUESS_H
#define KSWAPCK_UNWIND_GUESS_H

#include "kernel/unwind.h"

/**
 * unwind_guess - add guessed frames behind the last of @unwound.
 * @stacks: [@count] those of the CPU and the task.
 *
 * unwound->end stays what it is: the unwind is not complete. Registers of user
 * mode are taken from the top of the task's stack, where they always are.
 */
void unwind_guess(const struct kernel *kernel, const struct code *code,
		  const struct stack_range *stacks, unsigned int count,
		  struct unwound *unwound);

#endif
