/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only program inside the lab's guests: it is /init, loads the few modules, turns swap on,
 * and brings the swap cache into the state that the boot parameter lab=SCENARIO names.
 *
 * It speaks to the host over the serial console, one line a fact:
 *   LAB begin / LAB KEY VALUE ... / LAB end     what the guest says of itself, the last one counts
 *   LAB ready                                   the state stands: dump now
 *   LAB captured BYTES                          (capture kernel) /proc/vmcore is on the second disk
 *   LAB failed WHY
 * With lab_live=SECONDS kswapck runs beside the scenario, on the kernel itself: see live.c.
 * With lab_crash=1 it panics by itself once the state stands, for a genuine kdump; with lab_end=host it leaves
 * that to the host, which has ways that a guest has not.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- scenario: idle -------------------------------------------------------------------- */

static void idle(void)
{
	size_t total = meminfo_kib("MemTotal") * 1024;
	size_t small_bytes = (total / 5) & ~(HUGE_PAGE - 1);
	size_t huge_bytes = (total / 12) & ~(HUGE_PAGE - 1);
	size_t shared_bytes = 4 * MIB;
	char *small = map_small(small_bytes);
	char *huge = map_huge(huge_bytes);
	char *shared = map(shared_bytes, MAP_SHARED);

	fill(small, small_bytes);
	fill(shared, shared_bytes);
	page_out(small, small_bytes);
	page_out(shared, shared_bytes);
	sleep(1);
	memory_pressure();

	/* After the pressure, or the huge pages would be gone from the cache again. */
	fill(huge, huge_bytes);
	page_out_huge(huge, huge_bytes);

	read_pages(small, small_bytes / 2, 2 * PAGE);
	read_pages(shared, shared_bytes / 2, PAGE);
	if (fork() == 0)
		for (;;)
			pause();
	sleep(1);
	fact("owner %d", getpid());
	fact("small_pages %zu", small_bytes / PAGE);
	fact("huge_pages %zu", huge_bytes / HUGE_PAGE);
	fact("shared_pages %zu", shared_bytes / PAGE);
	finish();
}

/* ---- scenario: churn ------------------------------------------------------------------- */

#define CHURNERS 4

struct churner {
	char *huge, *small;
	size_t bytes;
	uint64_t random;
};

/* Some pages, anywhere in either half of a churner's memory. */
static char *some_pages(struct churner *c, size_t *bytes)
{
	char *base = next_random(&c->random) % 2 ? c->huge : c->small;
	size_t at = next_random(&c->random) % (c->bytes / PAGE) * PAGE;

	*bytes = (1 + next_random(&c->random) % 1024) * PAGE;
	if (*bytes > c->bytes - at)
		*bytes = c->bytes - at;
	return base + at;
}

static void touch_in_child(char *p, size_t bytes)
{
	pid_t child = fork();

	if (child == 0) {
		fill(p, bytes / 2);
		read_pages(p, bytes, PAGE);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void churn_step(struct churner *c)
{
	size_t bytes;
	char *p = some_pages(c, &bytes);

	switch (next_random(&c->random) % 10) {
	case 0:
		page_out(c->huge, c->bytes);
		break;
	case 1:
		page_out(c->small, c->bytes);
		break;
	case 2:
		page_out(p, bytes);
		break;
	case 3:
		fill(p, bytes);
		break;
	case 4:
	case 5:
		read_pages(p, bytes, PAGE);
		break;
	case 6:
		touch_in_child(p, bytes);
		break;
	case 7:
	case 8:
		move_to_node(p, bytes / PAGE, PAGE, next_random(&c->random) % 2);
		break;
	case 9:
		/* Whole huge pages only: what was split by other steps becomes huge again. */
		madvise(c->huge, c->bytes, MADV_DONTNEED);
		fill(c->huge, c->bytes);
		break;
	}
}

static void churn(void)
{
	size_t bytes = (meminfo_kib("MemTotal") * 1024 / 12) & ~(HUGE_PAGE - 1);

	for (int i = 0; i < CHURNERS; i++) {
		struct churner c = { map_huge(bytes), map_small(bytes), bytes, 0x9e3779b97f4a7c15 * (i + 1) };

		if (fork() == 0) {
			fill(c.huge, bytes);
			fill(c.small, bytes);
			for (;;)
				churn_step(&c);
		}
	}
	fact("churners %d", CHURNERS);
	fact("bytes_each %zu", 2 * bytes);
	sleep(4);
	while (!swap_in_use())
		usleep(100 * 1000);
	report();
	if (crashing() && !host_ends()) {
		sleep(2);
		finish();
	}
	say("ready");
	for (;;) {
		usleep(500 * 1000);
		report();
	}
}

/* ---- scenario: reread ------------------------------------------------------------------ */

/* What one process reads back stays in the swap cache for the others; one of them takes its time. */
static void reread(void)
{
	size_t bytes = (meminfo_kib("MemTotal") * 1024 / 5) & ~(HUGE_PAGE - 1);
	char *small = map_small(bytes);
	int status;
	pid_t child;

	fill(small, bytes);
	page_out(small, bytes);
	sleep(1);
	child = fork();
	if (child == 0) {
		read_pages(small, bytes / 2, PAGE);
		say("note read back");
		for (;;)
			pause();
	}
	sleep(5);
	child = fork();
	if (child == 0) {
		sleep(10);
		for (size_t at = 0; at < bytes; at += PAGE, usleep(20000))
			read_pages(small + at, PAGE, PAGE);
		_exit(0);
	}
	fact("reader %d", child);
	report();
	say("ready");
	waitpid(child, &status, 0);
	finish();
}

/* ---- scenario: big --------------------------------------------------------------------- */

static void big(void)
{
	size_t bytes = 1600 * MIB;
	int done[2];
	char byte;

	if (pipe(done))
		fail("pipe");
	for (int i = 0; i < 2; i++) {
		if (fork() == 0) {
			char *p = map_small(bytes);

			fill(p, bytes);
			page_out(p, bytes);
			sleep(5);
			read_pages(p, bytes, PAGE);
			if (write(done[1], "", 1) != 1)
				fail("pipe");
			for (;;)
				pause();
		}
	}
	for (int i = 0; i < 2; i++)
		if (read(done[0], &byte, 1) != 1)
			fail("pipe");
	fact("bytes_each %zu", bytes);
	finish();
}

/* ---- scenario: many -------------------------------------------------------------------- */

#define PROCESSES 1500          /* more than a byte of swap_map counts, so continuation pages are needed */

/* All share the slots of one, and each has some of its own. */
static void many(void)
{
	size_t bytes = HUGE_PAGE, own = 16 * PAGE;
	char *shared = map_small(bytes);
	int done[2], forked = 0;
	char byte;

	if (pipe(done))
		fail("pipe");
	fill(shared, bytes);
	page_out(shared, bytes);
	sleep(2);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t child = fork();

		if (child == 0) {
			char *p = map_small(own);

			fill(p, own);
			page_out(p, own);
			if (write(done[1], "", 1) != 1)
				fail("pipe");
			for (;;)
				pause();
		}
		forked += child > 0;
	}
	for (int i = 0; i < forked; i++)
		if (read(done[0], &byte, 1) != 1)
			fail("pipe");
	fact("processes %d", forked);
	finish();
}

/* ---- kdump ----------------------------------------------------------------------------- */

static void load_crash_kernel(void)
{
	char *const command[] = { "/sbin/kexec", "-p", "/crash/vmlinuz", "--initrd=/crash/initrd",
				  "--append=console=" CONSOLE " loglevel=1 panic=-1 nr_cpus=1 reset_devices lab=capture",
				  NULL };
	int status;
	pid_t child = fork();

	if (child == 0) {
		execv(command[0], command);
		_exit(127);
	}
	waitpid(child, &status, 0);
	if (status) {
		errno = ENOEXEC;
		fail("kexec -p");
	}
	/* They are in the reserved memory now; here they would only be in the way. */
	unlink("/crash/vmlinuz");
	unlink("/crash/initrd");
}

static void capture(void)
{
	static char buffer[1 << 20];
	unsigned long long total = 0;
	ssize_t count;
	int from, to;

	wait_for("/dev/vdb");
	from = open("/proc/vmcore", O_RDONLY);
	to = open("/dev/vdb", O_WRONLY);
	if (from < 0 || to < 0)
		fail("/proc/vmcore");
	while ((count = read(from, buffer, sizeof(buffer))) > 0) {
		if (write(to, buffer, count) != count)
			fail("/dev/vdb");
		total += count;
	}
	if (count < 0 || fsync(to))
		fail("copy");
	say("captured %llu", total);
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
}

/* ---------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	void (*run)(void);
} scenarios[] = {
	{ "idle", idle },
	{ "churn", churn },
	{ "reread", reread },
	{ "storm", storm },
	{ "mix", mix },
	{ "freed-folio", freed_folio },
	{ "freed-folio-queue", freed_folio_queue },
	{ "freed-folio-preempted", freed_folio_preempted },
	{ "tail-private", tail_private },
	{ "tail-private-split", tail_private_split },
	{ "spin", spin },
	{ "spin-xarray", spin_xarray },
	{ "uffd-move", uffd_move },
	{ "uffd-move-fault", uffd_move_fault },
	{ "pinned", pinned },
	{ "canary", canary },
	{ "swapoff-hang", swapoff_hang },
	{ "swapoff-busy", swapoff_busy },
	{ "big", big },
	{ "many", many },
};

int main(void)
{
	const char *name = getenv("lab");

	page_bytes = sysconf(_SC_PAGESIZE);
	mount_all();
	load_modules();
	if (name && !strcmp(name, "capture"))
		capture();
	if (crashing())
		load_crash_kernel();
	swap_on();
	squeeze_if_old();
	observe();
	for (size_t i = 0; name && i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (!strcmp(name, scenarios[i].name))
			scenarios[i].run();
	errno = EINVAL;
	fail("lab=");
	return 1;
}
