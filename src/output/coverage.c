// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/coverage.h"

/* makedumpfile -d bits (makedumpfile.h, DL_EXCLUDE_*). */
#define DUMP_LEVEL_USER_DATA 8

/*
 * Since 6.10 a slab page has a page type and no flag, which makedumpfile before
 * 1.7.6 takes for the mapcount of a user page: with -d 8 all slab memory is
 * gone, tree nodes first of all (makedumpfile bad2a7c).
 */
static const char slab_dropped[] =
	"the dump was filtered by a makedumpfile older than 1.7.6, which takes slab pages of "
	"Linux 6.10 and later for user pages and drops them; use -d 23 or a newer makedumpfile";
static const char filtered[] =
	"these pages were left out when the dump was made (makedumpfile -d, or the dump was cut)";
static const char distilled[] =
	"these pages were left out by 'kswapck distill', or were not in the dump that it was "
	"given; ask who has that one";
static const char damaged[] =
	"the file holds these pages but they cannot be read: damaged; copy the dump again";

/* Why pages are not in the file, when nothing more is known. */
static const char *absence(const struct report_subject *subject)
{
	return *subject->facts->distilled_by ? distilled : filtered;
}

static const char *node_cause(const struct report_totals *totals,
			      const struct report_subject *subject)
{
	if (totals->audit.nodes_status == READ_DAMAGED)
		return damaged;
	if (totals->audit.nodes_status != READ_EXCLUDED)
		return NULL;
	if (!*subject->facts->distilled_by && subject->slab_is_page_type &&
	    (subject->facts->dump_level < 0 ||
	     subject->facts->dump_level & DUMP_LEVEL_USER_DATA))
		return slab_dropped;
	return absence(subject);
}

void coverage_for_each(const struct report_totals *totals,
		       const struct report_subject *subject, coverage_fn *tell, void *data)
{
	const struct audit_summary *audit = &totals->audit;
	size_t i;

	if (audit->devices_unreadable)
		tell(data, audit->devices_unreadable == 1 ? "swap device cannot be read" :
		     "swap devices cannot be read", audit->devices_unreadable, NULL);
	if (audit->spaces_unreadable)
		tell(data, "address_spaces cannot be read", audit->spaces_unreadable, absence(subject));
	if (audit->nodes_unreadable)
		tell(data, subject->swap_tables ? "swap tables cannot be read" :
		     "tree nodes cannot be read", audit->nodes_unreadable,
		     node_cause(totals, subject));
	if (audit->slots_unreadable)
		tell(data, "slots below what cannot be read", audit->slots_unreadable, NULL);
	if (audit->map_unreadable)
		tell(data, subject->swap_tables ? "counts of slots cannot be read" :
		     "swap_map bytes cannot be read", audit->map_unreadable, absence(subject));
	if (audit->tables_unreadable)
		tell(data, "page tables cannot be read", audit->tables_unreadable, absence(subject));
	if (audit->shmem_unreadable)
		tell(data, "shmem files or nodes of their trees cannot be read",
		     audit->shmem_unreadable, absence(subject));
	if (audit->sweep_incomplete)
		tell(data, "the lists of processes and shmem files could not be followed to their "
		     "ends: owners of slots may be missing", 0, NULL);
	for (i = 0; i < audit->reason_count; i++)
		tell(data, "slots cannot be judged", audit->reasons[i].slots,
		     audit->reasons[i].why);
	if (totals->left_out)
		tell(data, totals->left_out == 1 ? "problem is not looked for, graded 'ignore' or left out" :
		     "problems are not looked for, graded 'ignore' or left out", totals->left_out,
		     totals->left_out_names);
	if (audit->interrupted)
		tell(data, "interrupted: the rest was not looked at", 0, NULL);
}
