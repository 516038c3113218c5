// SPDX-License-Identifier: GPL-2.0-or-later
#include "story/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void story_gap(struct story *story, const char *part, const char *why, ...)
{
	struct story_gap *gap;
	va_list arguments;

	if (story->gap_count == STORY_GAPS_MAX)
		return;
	gap = &story->gaps[story->gap_count++];
	gap->part = part;
	va_start(arguments, why);
	vsnprintf(gap->why, sizeof(gap->why), why, arguments);
	va_end(arguments);
}

bool story_stopped(const struct telling *telling)
{
	return telling->options->stop && telling->options->stop(telling->options->data);
}

void story_progress(const struct telling *telling, const char *what, uint64_t done,
		    uint64_t total)
{
	if (telling->options->progress)
		telling->options->progress(telling->options->data, what, done, total);
}

/* Names and tables of the code: without them there are no stacks. */
static bool open_code(struct telling *telling, struct error *err)
{
	const char *gap;

	telling->code = code_open(telling->kernel, err);
	if (!telling->code)
		return false;
	gap = code_gap(telling->code);
	if (gap)
		story_gap(telling->story, "modules", "%s", gap);
	telling->unwinder = unwinder_open(telling->kernel, telling->code, err);
	return telling->unwinder != NULL;
}

/*
 * CONFIG_PREEMPT_DYNAMIC, kernel/sched/core.c: none 0, voluntary 1, full 2, lazy 3. A
 * kernel without it is not asked.
 */
static enum story_preemption find_preemption(const struct kernel *kernel)
{
	uint64_t address;
	uint32_t mode;

	if (!image_symbol(kernel->image, "preempt_dynamic_mode", &address) ||
	    memory_read_u32(kernel->memory, address, &mode) != READ_OK || mode > 3)
		return PREEMPTION_UNKNOWN;
	return mode < 2 ? PREEMPTION_NO : PREEMPTION_YES;
}

static void resolve(struct telling *telling)
{
	struct story *story = telling->story;

	telling->map_known = address_map_layout_resolve(telling->kernel, &telling->map);
	telling->tables_known = page_table_layout_resolve(telling->kernel, &telling->tables);
	story->debug = debug_code_open(telling->kernel->image);
	story->dwarf = story->debug != NULL;
	story->swap_tables = telling->kernel->swap.table.form != TABLE_NONE;
	story->preemption = find_preemption(telling->kernel);
	story->folio_swap = telling->kernel->page.tail_private_zero;
	snprintf(story->release, sizeof(story->release), "%s",
		 image_release(telling->kernel->image));
	story_version_read(telling->kernel, story->version, sizeof(story->version));
	story_link_resolve(telling);
	story_devices_read(telling);
}

/*
 * jiffies begin five minutes before they wrap, as 32 bits (INITIAL_JIFFIES,
 * include/linux/jiffies.h).
 */
static double uptime(const struct kernel *kernel, unsigned int hz)
{
	uint64_t address, now;

	if (!hz || !image_symbol(kernel->image, "jiffies_64", &address) ||
	    memory_read_u64(kernel->memory, address, &now) != READ_OK ||
	    now < (uint32_t)(-300 * (int64_t)hz))
		return 0;
	return (double)(now - (uint32_t)(-300 * (int64_t)hz)) / hz;
}

/* Does every CPU tell what it did? */
static bool cpus_complete(const struct story *story)
{
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu && !unwind_end_complete(story->threads[i].end))
			return false;
	return story->cpu_count > 0;
}

static bool any_slot_unknown(const struct story *story)
{
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (!story->spinners[i].agreeing)
			return true;
	return false;
}

/* The parts of the story, in the order in which they need each other. */
static void tell(struct telling *telling)
{
	struct story *story = telling->story;

	resolve(telling);
	story_progress(telling, "unwinding stacks", 0, 0);
	story_threads_read(telling);
	story_log_read(telling);
	story_rcu_join(telling);
	story->uptime = uptime(telling->kernel, story->rcu.view.hz);
	story_log_join(telling);
	story_waiters_join(telling);
	story_swapoffs_join(telling);
	story_gone_count(telling);
	story_origin_find(telling);
	story_moved_find(telling);
	story_crash_find(telling);
	story_bugs_judge(telling);
	story_victims_sweep(telling);
	story->interrupted = story_stopped(telling);
	story_verdict_find(telling);
	story_fingerprint_make(story);
	if (telling->findings->lost)
		story_gap(story, "findings", "%llu more findings than could be kept were not looked "
			  "into", (unsigned long long)telling->findings->lost);
	story->incomplete = story->gap_count || !cpus_complete(story) ||
			    any_slot_unknown(story);
}

struct story *story_tell(const struct kernel *kernel, struct story_findings *findings,
			 const struct audit_summary *audit,
			 const struct story_options *options, struct error *err)
{
	struct telling *telling = calloc(1, sizeof(*telling));
	struct story *story = calloc(1, sizeof(*story));
	bool told = false;

	if (telling && story) {
		telling->kernel = kernel;
		telling->options = options;
		telling->findings = findings;
		telling->audit = audit;
		telling->story = story;
		story->findings = findings;
		story_findings_sort(findings);
		told = open_code(telling, err);
		if (told)
			tell(telling);
		cpus_free(&telling->cpus);
		unwinder_close(telling->unwinder);
		code_close(telling->code);
		free(telling->space);
	}
	if (!told || telling->out_of_memory) {
		if (told || !story || !telling)
			error_set(err, ERROR_SYSTEM, "out of memory");
		story_free(story);
		story = NULL;
	}
	free(telling);
	return story;
}

void story_free(struct story *story)
{
	size_t i;

	if (!story)
		return;
	for (i = 0; i < story->thread_count; i++)
		story_thread_free(&story->threads[i]);
	free(story->threads);
	free(story->waiters);
	free(story->victims.victims);
	debug_code_close(story->debug);
	free(story);
}
