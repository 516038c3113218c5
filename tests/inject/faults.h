/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fault kinds: each lays a few wrong words over a clean dump and says what the
 * audit must find. A kind ends up as one line of TAP.
 */
#ifndef KSWAPCK_INJECT_FAULTS_H
#define KSWAPCK_INJECT_FAULTS_H

#include "victim.h"

struct fault {
	const char *name;
	/** false: this dump has no place for it; scene->skip says why */
	bool (*inject)(struct scene *scene);
};

extern const struct fault page_faults[];	/* KS1xx, page_faults.c */
extern const struct fault folio_faults[];	/* KS1xx of large folios, folio_faults.c */
extern const struct fault map_faults[];		/* KS2xx, map_faults.c */
extern const struct fault owner_faults[];	/* KS5xx and KS6xx, owner_faults.c */
extern const struct fault table_faults[];	/* swap tables, table_faults.c */
extern const struct fault tree_faults[];	/* KS3xx, tree_faults.c */
extern const struct fault cluster_faults[];	/* KS4xx, cluster_faults.c */
extern const struct fault cluster_transients[];	/* nothing must be found */
extern const struct fault reference_faults[];	/* KS7xx, reference_faults.c */
extern const struct fault transients[];		/* nothing must be found, transients.c */
extern const struct fault noise[];		/* any finding will do, noise.c */

/**
 * expect_emptied - the word of a small folio's slot is 0, and nothing else was changed:
 * its mark in swap_map is left alone, or the slot seems to be free.
 */
void expect_emptied(struct scene *scene, const struct victim *victim);

/**
 * make_large_folio - turn four small folios into one of order 2, in free pages.
 *
 * A folio as the kernel would have made it: the audit finds nothing wrong with
 * it. @victims[i].page is page i of it afterwards, @victims[i].entry the head.
 */
bool make_large_folio(struct scene *scene, struct victim *victims);

/**
 * make_continuation - let @victim's swap_map byte go on: 62 owners in it, COUNT_CONTINUED,
 * and @digit in a page that hangs on its page of swap_map; map_faults.c.
 */
bool make_continuation(struct scene *scene, const struct victim *victim, uint8_t digit);

#endif
