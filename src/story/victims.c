// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is next: processes whose page tables lead to broken slots. */
#include "story/parts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/mm_list.h"

struct sweep {
	struct telling *telling;
	struct mm_list mms;
	uint64_t reported;	/* tables, when progress was shown last */
	/* of the process at hand */
	const struct mm_owner *process;
	struct task_details details;	/* all 0 if no task has it any more */
	uint32_t *victim_of;	/* [findings->count]: index of its victim + 1; 0: none yet */
	size_t first_victim;
	struct page_table_sweep tables;
	uint64_t tables_left;		/* that may still be read, of all processes together */
};

static bool is_spinners(const struct story *story, uint64_t mm, const struct story_range *range)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++) {
		const struct story_spinner *spinner = &story->spinners[i];

		if (story->threads[spinner->thread].task.mm == mm &&
		    spinner->type == range->type && spinner->slot >= range->first_slot &&
		    spinner->slot <= range->last_slot)
			return true;
	}
	return false;
}

/* The victim of the process at hand and @range, a new one if there is none. */
static struct story_victim *victim_for(struct sweep *sweep, size_t range)
{
	struct story *story = sweep->telling->story;
	struct story_victims *victims = &story->victims;
	struct story_victim *victim;

	if (sweep->victim_of[range])
		return &victims->victims[sweep->victim_of[range] - 1];
	if (victims->count == STORY_VICTIMS_MAX) {
		victims->lost++;
		return NULL;
	}
	victim = &victims->victims[victims->count++];
	sweep->victim_of[range] = (uint32_t)victims->count;
	*victim = (struct story_victim){
		.pid = sweep->details.tgid,
		.mm = sweep->process->mm,
		.range = range,
		.is_spinner = is_spinners(story, sweep->process->mm,
					  &story->findings->ranges[range]),
	};
	memcpy(victim->comm, sweep->details.comm, sizeof(victim->comm));
	return victim;
}

static bool take_entry(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct sweep *sweep = data;
	struct telling *telling = sweep->telling;
	const struct story_range *range;
	struct story_victim *victim;
	unsigned int type;
	uint64_t slot;

	(void)place;
	if (page_table_swap_entry(telling->kernel, pte, &type, &slot)) {
		range = story_broken_at(telling, type, slot);
		if (range) {
			victim = victim_for(sweep, (size_t)(range - telling->findings->ranges));
			telling->story->victims.pages++;
			if (victim && !victim->count++)
				victim->address = address;
		}
	}
	if (sweep->tables.tables >= sweep->reported + 64) {
		sweep->reported = sweep->tables.tables;
		story_progress(telling, "looking through page tables",
			       (uint64_t)(sweep->process - sweep->mms.owners),
			       sweep->mms.count);
		return !story_stopped(telling);
	}
	return true;
}

static void forget_victims(struct sweep *sweep)
{
	const struct story_victims *victims = &sweep->telling->story->victims;

	for (; sweep->first_victim < victims->count; sweep->first_victim++)
		sweep->victim_of[victims->victims[sweep->first_victim].range] = 0;
}

static bool sweep_process(struct sweep *sweep, const struct mm_owner *process)
{
	struct telling *telling = sweep->telling;
	struct story_victims *victims = &telling->story->victims;
	uint64_t pgd;
	bool whole;

	sweep->process = process;
	sweep->tables = (struct page_table_sweep){.tables_max = sweep->tables_left};
	sweep->reported = 0;
	if (!process->task || !task_details_read(telling->kernel, &telling->tasks, process->task,
						 &sweep->details))
		memset(&sweep->details, 0, sizeof(sweep->details));
	if (!sweep->tables_left ||
	    !mm_page_table(telling->kernel, &telling->map, process->mm, &pgd)) {
		victims->tables_unreadable++;
		return true;
	}
	whole = page_table_for_each_swap(telling->kernel, &telling->tables, pgd, take_entry, sweep,
					 &sweep->tables);
	page_tables_take(&sweep->tables_left, &sweep->tables);
	victims->processes++;
	victims->tables += sweep->tables.tables;
	victims->tables_unreadable += sweep->tables.unreadable;
	forget_victims(sweep);
	if (sweep->tables.truncated)
		story_gap(telling->story, "page tables", "those of pid %d run in a circle or are "
			  "larger than memory", sweep->details.tgid);
	return whole;
}

/* The spinners first, then whoever has most to lose. */
static int compare_victims(const void *left, const void *right)
{
	const struct story_victim *a = left, *b = right;

	if (a->is_spinner != b->is_spinner)
		return a->is_spinner ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->address < b->address ? -1 : a->address > b->address;
}

static void sweep_all(struct sweep *sweep)
{
	struct telling *telling = sweep->telling;
	struct story_victims *victims = &telling->story->victims;
	struct error err = {0};
	size_t i;

	sweep->tables_left = page_tables_max(telling->kernel);
	if (!mm_list_read(telling->kernel, &telling->tasks, &sweep->mms, &err)) {
		telling->out_of_memory = true;
		return;
	}
	for (i = 0; i < sweep->mms.count; i++) {
		story_progress(telling, "looking through page tables", i, sweep->mms.count);
		if (!sweep_process(sweep, &sweep->mms.owners[i]) || story_stopped(telling)) {
			victims->interrupted = true;
			break;
		}
	}
	victims->swept = true;
}

/* Whoever the audit names in a finding: it has seen their page tables. */
static void add_named(struct telling *telling)
{
	const struct story_findings *findings = telling->findings;
	struct story_victims *victims = &telling->story->victims;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		const struct story_range *range = &findings->ranges[i];
		uint64_t count = range->last_slot - range->first_slot + 1;

		if (!range->mm || (range->effect != EFFECT_RMAP && range->effect != EFFECT_LOST))
			continue;
		if (!victims->swept)
			victims->processes = telling->audit->processes;
		victims->swept = true;
		victims->pages += count;
		if (victims->count == STORY_VICTIMS_MAX) {
			victims->lost++;
			continue;
		}
		victims->victims[victims->count] = (struct story_victim){
			.pid = range->pid,
			.mm = range->mm,
			.address = range->address,
			.count = count,
			.range = i,
		};
		memcpy(victims->victims[victims->count++].comm, range->comm,
		       sizeof(range->comm));
	}
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void sweep_tables(struct telling *telling)
{
	struct story_victims *victims = &telling->story->victims;
	struct sweep sweep = {.telling = telling};

	if (!telling->options->sweep ||
	    (!telling->findings->spin_slots && !telling->findings->refault_slots))
		return;
	if (!telling->tasks_known || !telling->map_known || !telling->tables_known) {
		story_gap(telling->story, "page tables", "this kernel's types do not tell how they "
			  "are found");
		return;
	}
	sweep.victim_of = calloc(telling->findings->count, sizeof(*sweep.victim_of));
	if (sweep.victim_of)
		sweep_all(&sweep);
	else
		telling->out_of_memory = true;
	mm_list_free(&sweep.mms);
	free(sweep.victim_of);
	if (victims->tables_unreadable)
		story_gap(telling->story, "page tables", "%llu tables are not in the dump",
			  (unsigned long long)victims->tables_unreadable);
}

void story_victims_sweep(struct telling *telling)
{
	struct story_victims *victims = &telling->story->victims;
	double start = now();

	if (!telling->findings->count)
		return;
	victims->victims = calloc(STORY_VICTIMS_MAX, sizeof(*victims->victims));
	if (!victims->victims) {
		telling->out_of_memory = true;
		return;
	}
	sweep_tables(telling);
	add_named(telling);
	if (victims->count)
		qsort(victims->victims, victims->count, sizeof(*victims->victims),
		      compare_victims);
	victims->seconds = now() - start;
}
