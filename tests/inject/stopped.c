// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An audit whose sink wants no more once so many spaces of slots are done: it ends before the
 * next one, with threads too, and also where no space holds anything; and the progress tells
 * of no space that was not looked at. Prints TAP.
 *
 * Usage: stopped DUMP [AFTER BATCH]
 *
 * AFTER spaces it is looked at what a stop does, where a thread takes up to BATCH at a time:
 * 0 and 1. Of each device that is looked at to its end by then, the last space may be small.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/audit.h"
#include "command/dump.h"
#include "kernel/swap_cache.h"

#define SPACES_MAX 8

struct range {
	uint64_t after, batch;	/* spaces */
};

/* Threads ask at the same time. */
struct patience {
	uint64_t limit, told;	/* slots */
	atomic_bool over;
};

static void note_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	struct patience *patience = data;

	(void)what;
	(void)total;
	patience->told = done;
	if (done >= patience->limit)
		patience->over = true;
}

static bool wants_no_more(void *data)
{
	return ((struct patience *)data)->over;
}

static void ignore_finding(void *data, const struct kswapck_finding *finding)
{
	(void)data;
	(void)finding;
}

static bool is_as_wanted(const struct audit_summary *summary, const struct patience *patience,
			 uint64_t spaces, uint64_t more)
{
	if (!summary->interrupted || summary->spaces >= spaces + more) {
		printf("# %" PRIu64 " spaces were looked at, though after %" PRIu64
		       " no more was wanted%s\n", summary->spaces, spaces,
		       summary->interrupted ? "" : "; not called interrupted");
		return false;
	}
	if (patience->told > summary->spaces * SWAP_SPACE_SLOTS) {
		printf("# %" PRIu64 " slots were told, of %" PRIu64 " spaces\n", patience->told,
		       summary->spaces);
		return false;
	}
	return true;
}

/* Each thread may be at one batch more. */
static bool is_stopped(const struct dump *dump, unsigned int threads, uint64_t spaces,
		       uint64_t batch)
{
	struct patience patience = {.limit = spaces * SWAP_SPACE_SLOTS};
	const struct audit_sink sink = {
		.data = &patience, .finding = ignore_finding, .progress = note_progress,
		.stop = wants_no_more,
	};
	const struct audit_options options = {.no_sweep = true, .threads = threads};
	struct audit_summary summary = {0};
	struct catalogue catalogue;
	struct error err;

	catalogue_init(&catalogue);
	if (!audit_run(&dump->kernel, &catalogue, &options, &sink, &summary, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	return is_as_wanted(&summary, &patience, spaces, threads * batch + summary.devices - 1);
}

static bool check(const struct dump *dump, unsigned int threads, const struct range *range)
{
	bool good = true;
	uint64_t spaces;

	for (spaces = 1; spaces <= SPACES_MAX; spaces++)
		good &= is_stopped(dump, threads, range->after + spaces, range->batch);
	return good;
}

int main(int argc, char **argv)
{
	static const unsigned int threads[] = {1, 2, 4};
	const char *path = argc == 2 || argc == 4 ? argv[1] : "";
	struct range range = {.batch = 1};
	const struct dump_options options = {0};
	struct dump dump;
	struct error err;
	bool failed = false;
	size_t i;

	if (argc == 4)
		range = (struct range){strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10)};
	if (!dump_open(&dump, &path, 1, &options, &err)) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	printf("1..%zu\n", sizeof(threads) / sizeof(threads[0]));
	for (i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		bool good = check(&dump, threads[i], &range);

		printf("%s %zu - %u threads end soon\n", good ? "ok" : "not ok", i + 1, threads[i]);
		failed |= !good;
	}
	dump_close(&dump);
	return failed;
}
