/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Call chains as text: in a few lines, or frame by frame. */
#ifndef KSWAPCK_EXPLAIN_CHAIN_H
#define KSWAPCK_EXPLAIN_CHAIN_H

#include "output/explain_words.h"

/**
 * chain_start - the frame that an interrupt came upon; 0 if none did.
 * @function: on the stack, for which all interrupts above it do not count; NULL:
 * those count that run on stacks of their own.
 */
unsigned int chain_start(const struct story_thread *thread, const char *function);
/** chain_complete - did the unwind reach user mode or the first function? */
bool chain_complete(const struct story_thread *thread);
/** chain_end - add why it ended: "user mode"; for people. */
void chain_end(struct phrase *phrase, const struct story_thread *thread);
/** chain_function - add the name of the function, inlined ones in front: "[a] b+0x1f"; "? " if guessed. */
void chain_function(struct phrase *phrase, const struct story_frame *frame);
/** chain_short - add the functions from @start outwards, in one line of words. */
void chain_short(struct phrase *phrase, const struct story_thread *thread, unsigned int start);
/** chain_interrupt - add what ran on top of frame @start. */
void chain_interrupt(struct phrase *phrase, const struct story_thread *thread,
		     unsigned int start);
/** chain_thread - add who it is, what it does, and where its registers are from. */
void chain_thread(struct phrase *phrase, const struct story_thread *thread);
/** chain_print - the whole of it, a frame a line. */
void chain_print(const struct output_options *options, const struct story_thread *thread);

#endif
