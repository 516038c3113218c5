/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for people: sentences of findings, wrapped lines. */
#ifndef KSWAPCK_SENTENCE_H
#define KSWAPCK_SENTENCE_H

#include <stdio.h>

#include "kswapck.h"

/** sentence_of - a finding in one sentence, without its id and name. */
void sentence_of(const struct kswapck_finding *finding, char *text, size_t size);

/**
 * sentence_wrap - write words with line breaks.
 * @indent: blanks before each line but the first.
 * @column: where the first line begins.
 * @columns: width; 0 writes one long line.
 *
 * A line of @text that begins with a blank is written as it is.
 */
void sentence_wrap(FILE *stream, const char *text, unsigned int indent,
		   unsigned int column, unsigned int columns);

#endif
