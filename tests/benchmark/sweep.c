// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the sweep for references to slots costs: page tables of all processes, then
 * the files of shmem. Prints entries of the lowest tables a second of CPU, and by how
 * much the program grew meanwhile, which must not depend on the number of processes.
 *
 * Usage: bench-sweep DUMP
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "command/dump.h"
#include "kernel/address_map.h"
#include "kernel/mm_list.h"
#include "kernel/page_table.h"
#include "kernel/shmem.h"
#include "kernel/task.h"

struct sweep {
	const struct kernel *kernel;
	struct task_layout tasks;
	struct address_map_layout map;
	struct page_table_layout page_tables;
	struct mm_list mms;
	uint64_t processes, tables, ptes, entries;
	struct shmem_sweep shmem;
	uint64_t shmem_slots;
};

static bool count_entry(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	(void)address, (void)pte, (void)place;
	((struct sweep *)data)->entries++;
	return true;
}

static bool count_slots(void *data, const struct shmem_entry *entry)
{
	((struct sweep *)data)->shmem_slots += entry->slots;
	return true;
}

static void sweep_process(struct sweep *sweep, uint64_t mm)
{
	struct page_table_sweep result = {0};
	uint64_t pgd;

	if (!mm_page_table(sweep->kernel, &sweep->map, mm, &pgd))
		return;
	page_table_for_each_swap(sweep->kernel, &sweep->page_tables, pgd, count_entry, sweep,
				 &result);
	sweep->processes++;
	sweep->tables += result.tables;
	sweep->ptes += result.ptes;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* KiB of the program's own memory; pages of the dump, which is mapped, are not. */
static long own_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long size, resident = 0, shared = 0;

	if (!file || fscanf(file, "%ld %ld %ld", &size, &resident, &shared) != 3)
		resident = shared = 0;
	if (file)
		fclose(file);
	return (resident - shared) * 4;
}

static void sweep_processes(struct sweep *sweep)
{
	long memory = own_memory();
	double start = now(), seconds;
	size_t i;

	for (i = 0; i < sweep->mms.count; i++)
		sweep_process(sweep, sweep->mms.owners[i].mm);
	seconds = now() - start;
	printf("page tables  %7llu tables of %4llu processes, %9llu PTEs, %8llu swap entries: "
	       "%8.2f ms, %5.2f us a table, %6.1f million PTEs/s, %ld KiB more\n",
	       (unsigned long long)sweep->tables, (unsigned long long)sweep->processes,
	       (unsigned long long)sweep->ptes, (unsigned long long)sweep->entries,
	       seconds * 1e3, sweep->tables ? seconds * 1e6 / (double)sweep->tables : 0,
	       seconds > 0 ? (double)sweep->ptes / seconds / 1e6 : 0, own_memory() - memory);
}

static void sweep_shmem(struct sweep *sweep)
{
	double start = now(), seconds;

	shmem_for_each_swapped(sweep->kernel, count_slots, sweep, &sweep->shmem);
	seconds = now() - start;
	printf("shmem        %7llu nodes  of %4llu files, %29llu swap entries: %8.2f ms\n",
	       (unsigned long long)sweep->shmem.nodes, (unsigned long long)sweep->shmem.files,
	       (unsigned long long)sweep->shmem_slots, seconds * 1e3);
}

int main(int argc, char **argv)
{
	const struct dump_options options = {0};
	struct sweep sweep = {0};
	struct error err = {0};
	struct dump dump;

	if (argc != 2 || !dump_open(&dump, (const char *const *)argv + 1, 1, &options, &err)) {
		fprintf(stderr, "bench-sweep: %s\n", argc == 2 ? err.text : "which dump?");
		return EXIT_FAILURE;
	}
	sweep.kernel = &dump.kernel;
	if (!task_layout_resolve(&dump.kernel, &sweep.tasks) ||
	    !address_map_layout_resolve(&dump.kernel, &sweep.map) ||
	    !page_table_layout_resolve(&dump.kernel, &sweep.page_tables) ||
	    !mm_list_read(&dump.kernel, &sweep.tasks, &sweep.mms, &err))
		return EXIT_FAILURE;
	sweep_processes(&sweep);
	sweep_shmem(&sweep);
	mm_list_free(&sweep.mms);
	dump_close(&dump);
	return EXIT_SUCCESS;
}
