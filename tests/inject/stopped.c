// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An audit whose sink wants no more once so many spaces of slots are done: it ends before the
 * next one, with threads too, and also where no space holds anything. Prints TAP.
 *
 * Usage: stopped DUMP
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "audit/audit.h"
#include "command/dump.h"
#include "kernel/swap_cache.h"

#define SPACES_MAX 8

/* Threads ask at the same time. */
struct patience {
	uint64_t limit;		/* slots */
	atomic_bool over;
};

static void note_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	struct patience *patience = data;

	(void)what;
	(void)total;
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

/* Each thread may be at one space more. */
static bool is_stopped(const struct dump *dump, unsigned int threads, uint64_t spaces)
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
	if (summary.interrupted && summary.spaces < spaces + threads)
		return true;
	printf("# %" PRIu64 " spaces were looked at, though after %" PRIu64 " no more was wanted%s\n",
	       summary.spaces, spaces, summary.interrupted ? "" : "; not called interrupted");
	return false;
}

static bool check(const struct dump *dump, unsigned int threads)
{
	bool good = true;
	uint64_t spaces;

	for (spaces = 1; spaces <= SPACES_MAX; spaces++)
		good &= is_stopped(dump, threads, spaces);
	return good;
}

int main(int argc, char **argv)
{
	static const unsigned int threads[] = {1, 2, 4};
	const char *path = argc == 2 ? argv[1] : "";
	const struct dump_options options = {0};
	struct dump dump;
	struct error err;
	bool failed = false;
	size_t i;

	if (!dump_open(&dump, &path, 1, &options, &err)) {
		printf("Bail out! %s\n", err.text);
		return 1;
	}
	printf("1..%zu\n", sizeof(threads) / sizeof(threads[0]));
	for (i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		bool good = check(&dump, threads[i]);

		printf("%s %zu - %u threads end soon\n", good ? "ok" : "not ok", i + 1, threads[i]);
		failed |= !good;
	}
	dump_close(&dump);
	return failed;
}
