/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is tried on a dump; each act ends up as one line of TAP. */
#ifndef KSWAPCK_STORY_ACTS_H
#define KSWAPCK_STORY_ACTS_H

#include "stage.h"

struct act {
	const char *name;
	/*
	 * Lay what is wrong over the dump; false: there is no place for it, and
	 * scene->skip says why. NULL: nothing is laid.
	 */
	bool (*harm)(struct stage *stage);
	unsigned int same;	/* enum story_part that must be as they were */
	const char *gap;	/* part that must be said to be missing; NULL */
	/* false: not what was expected, @why says what. NULL: nothing more. */
	bool (*check)(const struct stage *stage, char *why, size_t size);
};

/** known_acts - what must be told of the dump as it is, by its scenario; NULL: not known. */
const struct act *known_acts(const char *scenario);

/* Of dumps where somebody spins or refaults: harms.c */
extern const struct act harms[], refault_harms[], planted_harms[];
extern const struct act noise[];	/* of any dump, noise.c */
/* Of stalls in swap tables: table_harms.c */
extern const struct act planted[], table_harms[];

#endif
