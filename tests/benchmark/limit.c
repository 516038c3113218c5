// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an audit costs, against the limit: reading and unpacking the very pages that it
 * touches, each once and in their order, with nothing around it. Prints CPU, medians of
 * alternating rounds, and their ratio.
 *
 *   bench-limit DUMP
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "audit/audit.h"
#include "base/heap.h"
#include "command/dump.h"
#include "source/page_set.h"

#define ROUNDS 7

static double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void die(const struct error *err)
{
	fprintf(stderr, "bench-limit: %s\n", err->text[0] ? err->text : "which dump?");
	exit(EXIT_FAILURE);
}

static void take_finding(void *data, const struct kswapck_finding *finding)
{
	(void)data, (void)finding;
}

static struct source *open_source(const char *path, struct page_set *record, struct error *err)
{
	const struct source_options options = {.record = record};
	struct source *source = source_open(&path, 1, &options, err);

	if (!source)
		die(err);
	return source;
}

/* From the file to the last slot; pages are recorded where @record is not NULL. */
static double time_audit(const char *path, struct page_set *record)
{
	const struct audit_options audit_options = {.no_sweep = true};
	const struct audit_sink sink = {.finding = take_finding};
	const struct dump_options options = {0};
	double begin = cpu_seconds();
	struct audit_summary summary;
	struct catalogue catalogue;
	struct error err = {0};
	struct dump dump;

	catalogue_init(&catalogue);
	if (!dump_identify(&dump, open_source(path, record, &err), path, &options, &err) ||
	    !audit_run(&dump.kernel, &catalogue, &audit_options, &sink, &summary, &err))
		die(&err);
	dump_close(&dump);
	return cpu_seconds() - begin;
}

static double time_limit(const char *path, const struct page_set *pages)
{
	double begin = cpu_seconds();
	static unsigned char page[65536];
	struct error err = {0};
	struct source *source = open_source(path, NULL, &err);
	uint64_t size = source_facts(source)->page_size, pfn;

	for (pfn = page_set_next(pages, 0); pfn != UINT64_MAX; pfn = page_set_next(pages, pfn + 1))
		source_read_page(source, ADDRESS_PHYSICAL, pfn * size, page);
	source_close(source);
	return cpu_seconds() - begin;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return a < b ? -1 : a > b;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(*values), compare);
	return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
	struct page_set *pages = page_set_new();
	double audit[ROUNDS], limit[ROUNDS], audit_median, limit_median;
	struct error err = {0};
	size_t i;

	if (argc != 2 || !pages)
		die(&err);
	heap_prepare();
	time_audit(argv[1], pages);
	for (i = 0; i < ROUNDS; i++) {
		audit[i] = time_audit(argv[1], NULL);
		limit[i] = time_limit(argv[1], pages);
	}
	audit_median = median(audit);
	limit_median = median(limit);
	printf("%llu pages, audit %.1f ms, limit %.1f ms, ratio %.2f\n",
	       (unsigned long long)page_set_count(pages), 1e3 * audit_median, 1e3 * limit_median,
	       audit_median / limit_median);
	page_set_free(pages);
	return EXIT_SUCCESS;
}
