// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks that use a swap device that is off.
 *
 * That a task has in hand an entry of such a device says nothing: swapoff may have
 * served it meanwhile, and do_swap_page() looks again before it does anything. That the
 * page table has it still does: swapoff has ended without it.
 */
#include "story/search.h"

#include <string.h>

/*
 * The highest types are not of devices: migration, device memory, hwpoison, markers.
 * MAX_SWAPFILES (include/linux/swap.h) has never been less than this.
 */
#define DEVICE_TYPES_MIN 20

static bool is_gone(const struct telling *telling, unsigned int type)
{
	return (type < DEVICE_TYPES_MIN || type < telling->device_count) &&
	       telling->device_states[type] == DEVICE_OFF;
}

void story_gone_fault(struct search *search, const struct live_fault *fault)
{
	struct telling *telling = search->telling;
	struct story_gone *gone = &telling->story->gone;
	struct story_gone_user user = {
		.thread = (size_t)(search->thread - telling->story->threads),
		.function = search->function,
		.address = fault->address,
		.pte = fault->pte,
	};
	uint64_t pte;

	if (!page_table_swap_entry(telling->kernel, fault->pte, &user.type, &user.slot) ||
	    !is_gone(telling, user.type) || !search->pgd || !telling->tables_known ||
	    page_table_lookup(telling->kernel, &telling->tables, search->pgd, fault->address,
			      &pte) != READ_OK || pte != fault->pte)
		return;
	if (gone->user_count && gone->users[gone->user_count - 1].thread == user.thread)
		return;
	if (gone->user_count < STORY_GONE_USERS_MAX)
		gone->users[gone->user_count++] = user;
	else
		gone->users_lost++;
}

void story_gone_count(struct telling *telling)
{
	const struct story_findings *findings = telling->findings;
	size_t i;

	for (i = 0; i < findings->count; i++)
		if (!strcmp(findings->ranges[i].problem->id, "KS505"))
			telling->story->gone.entries += findings->ranges[i].last_slot -
							findings->ranges[i].first_slot + 1;
}
