// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the sweep of all page tables costs: prints the tables and the time that each
 * takes. It is linear if that is the same for small and large dumps.
 *
 * Usage: bench-sweep DUMP
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command/dump.h"
#include "kernel/address_map.h"
#include "kernel/page_table.h"
#include "kernel/task.h"

struct sweep {
	const struct kernel *kernel;
	struct task_layout tasks;
	struct address_map_layout map;
	struct page_table_layout tables;
	uint64_t processes, table_count, entries;
};

static bool count_entry(void *data, uint64_t address, uint64_t pte)
{
	(void)address, (void)pte;
	((struct sweep *)data)->entries++;
	return true;
}

/* Leaders of processes only: threads share their page tables. */
static bool sweep_task(void *data, const struct task *task)
{
	struct page_table_sweep result = {0};
	struct sweep *sweep = data;
	struct task_details details;
	uint64_t pgd;

	if (!task_details_read(sweep->kernel, &sweep->tasks, task->address, &details) ||
	    !details.mm || details.pid != details.tgid ||
	    !mm_page_table(sweep->kernel, &sweep->map, details.mm, &pgd))
		return true;
	page_table_for_each_swap(sweep->kernel, &sweep->tables, pgd, count_entry, sweep, &result);
	sweep->processes++;
	sweep->table_count += result.tables;
	return true;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	const struct dump_options options = {0};
	struct sweep sweep = {0};
	struct error err = {0};
	struct dump dump;
	double start;

	if (argc != 2 || !dump_open(&dump, (const char *const *)argv + 1, 1, &options, &err)) {
		fprintf(stderr, "bench-sweep: %s\n", argc == 2 ? err.text : "which dump?");
		return EXIT_FAILURE;
	}
	sweep.kernel = &dump.kernel;
	if (!task_layout_resolve(&dump.kernel, &sweep.tasks) ||
	    !address_map_layout_resolve(&dump.kernel, &sweep.map) ||
	    !page_table_layout_resolve(&dump.kernel, &sweep.tables))
		return EXIT_FAILURE;
	start = now();
	task_for_each(&dump.kernel, &sweep.tasks, sweep_task, &sweep);
	start = now() - start;
	printf("%6llu tables of %3llu processes, %8llu swap entries: %7.2f ms, %5.2f us a table\n",
	       (unsigned long long)sweep.table_count, (unsigned long long)sweep.processes,
	       (unsigned long long)sweep.entries, start * 1e3,
	       sweep.table_count ? start * 1e6 / (double)sweep.table_count : 0);
	dump_close(&dump);
	return EXIT_SUCCESS;
}
