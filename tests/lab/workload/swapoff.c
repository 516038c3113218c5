/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapoff that goes on: one that never ends, because of the freed-folio bug, and such that only take their time. */
#include "guest.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#define SWAPPERS 4

static pid_t start_swapoff(const char *device)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_NAME, "swapoff");
		/* It is the first to go when memory is short, because the kernel thinks that it wants all of it. */
		write_file("/proc/self/oom_score_adj", "-1000");
		if (swapoff(device))
			say("note swapoff %s: %s", device, strerror(errno));
		_exit(0);
	}
	return child;
}

void swapoff_hang(void)
{
	pid_t child;

	migrate_in_swap_cache();
	child = start_swapoff("/dev/vda");
	sleep(5);
	if (waitpid(child, NULL, WNOHANG) == child)
		fail("swapoff came back");
	fact("swapoff %d /dev/vda", child);
	wait_for_stall();
	finish();
}

/* ---- one that is busy ------------------------------------------------------------------- */

/* Has much in swap, and goes on using it. */
static void start_swapper(size_t bytes, int number)
{
	uint64_t random = 0x9e3779b97f4a7c15 * (number + 1);
	char *p;

	if (fork())
		return;
	p = number == 0 ? map(bytes, MAP_SHARED) : number == 1 ? map_huge(bytes) : map_small(bytes);
	fill(p, bytes);
	for (;;) {
		char *some = p + next_random(&random) % (bytes / PAGE / 64) * 64 * PAGE;

		read_pages(some, 4 * PAGE, PAGE);
		if (next_random(&random) % 16 == 0)
			fill(some, 16 * PAGE);
		try_page_out(p, bytes);
		usleep(100 * 1000);
	}
}

/* Till half as much as there is memory has been swapped out, however slow the machine; not for ever. */
static void wait_till_used(void)
{
	unsigned long enough = meminfo_kib("MemTotal") / 2;

	for (int i = 0; i < 600 && meminfo_kib("SwapTotal") - meminfo_kib("SwapFree") < enough; i++)
		usleep(100 * 1000);
}

void swapoff_busy(void)
{
	const char *const devices[] = { "/dev/vda", crashing() ? "/dev/vdc" : "/dev/vdb" };
	size_t bytes = (meminfo_kib("MemTotal") * 1024 / 4) & ~(HUGE_PAGE - 1);

	wait_for(devices[1]);
	if (swapon(devices[1], 0))
		fail("swapon");
	/* Page by page takes longest. */
	write_file("/proc/sys/vm/page-cluster", "0");
	fact("swappers %d", SWAPPERS);
	for (int i = 0; i < SWAPPERS; i++)
		start_swapper(bytes, i);
	for (int turn = 0;; turn ^= 1) {
		pid_t child;

		sleep(6);
		wait_till_used();
		child = start_swapoff(devices[turn]);
		fact("swapoff %d %s", child, devices[turn]);
		report();
		say("ready");
		waitpid(child, NULL, 0);
		forget_facts();
		fact("swapoff ended");
		report();
		/* With this priority it gets all that is swapped out, until it is its turn again. */
		if (swapon(devices[turn], SWAP_FLAG_PREFER | 5))
			fail("swapon");
		forget_facts();
	}
}
