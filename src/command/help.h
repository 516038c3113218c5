/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Problems and known bugs explained, for whoever has a stream: kswapck help, the shell. */
#ifndef KSWAPCK_HELP_H
#define KSWAPCK_HELP_H

#include <stdio.h>

#include "audit/catalogue.h"

/**
 * help_problem - explain a problem, by id or name; or list them all: "problems".
 * @columns: of the terminal; 0: of none.
 *
 * Return: false if there is no such problem; nothing was written then.
 */
bool help_problem(FILE *stream, const struct catalogue *catalogue, const char *topic,
		  unsigned int columns);

/** help_bug - the same for a known bug of the kernel, by name or commit, and "bugs". */
bool help_bug(FILE *stream, const char *topic, unsigned int columns);

#endif
