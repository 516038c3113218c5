/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story as text, and words that are in it. Behind cmocka.h. */
#ifndef KSWAPCK_TEST_TOLD_H
#define KSWAPCK_TEST_TOLD_H

#include <stdlib.h>
#include <string.h>

#include "story_sample.h"

static inline void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no '%s' in: %s", words, text);
}

static inline void assert_lacks(const char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("'%s' in: %s", words, text);
}

/* The same with each row of blanks and new lines made one blank. */
static inline char *unwrapped(const struct sample *sample)
{
	char *text = sample_text(sample, 100), *from, *to = text;

	for (from = text; *from; from++) {
		char c = *from == '\n' ? ' ' : *from;

		if (c != ' ' || to == text || to[-1] != ' ')
			*to++ = c;
	}
	*to = 0;
	return text;
}

static inline char *told(enum story_verdict verdict)
{
	struct sample *sample = sample_new(verdict);
	char *text = unwrapped(sample);

	free(sample);
	return text;
}

#endif
