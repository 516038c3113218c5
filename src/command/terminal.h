/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the terminal can do, and progress on it. */
#ifndef KSWAPCK_TERMINAL_H
#define KSWAPCK_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** terminal_columns - width of the terminal behind @stream; 0 if it is none. */
unsigned int terminal_columns(FILE *stream);
/** terminal_colour - may @stream be coloured? A terminal, and no NO_COLOR. */
bool terminal_colour(FILE *stream);

/* Progress on stderr, at most ten times a second, only if that is a terminal, and no dumb one. */
struct progress {
	bool enabled;
	bool shown;
	uint64_t next;		/* nanoseconds of the monotonic clock */
};

void progress_begin(struct progress *progress, bool wanted);
/** progress_update - @total 0: not known. */
void progress_update(struct progress *progress, const char *what, uint64_t done, uint64_t total);
/** progress_clear - wipe the line; call before anything else is written. */
void progress_clear(struct progress *progress);

#endif
