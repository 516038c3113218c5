/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything at once that the kernel does with swap, as fast as it goes, so that a dump taken anywhere falls into
 * the middle of much: nothing here is a bug, so nothing may be found. What a kernel does not have fails silently.
 */
#include "storm.h"

#include <glob.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STORMERS 6              /* processes, of two threads each: of `storm`; they share out the memory by this */
#define BESIDE 3                /* children of one thread that run at the same time */
#define FORKS 70                /* more than a byte of swap_map counts (SWAP_MAP_MAX): continuation pages */

struct stormer {
	char *areas[3];         /* huge pages, small pages, shared memory */
	size_t bytes;           /* of each */
	int number;
};

uint64_t new_seed(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_nsec + 1) * 0x9e3779b97f4a7c15 ^ (uint64_t)syscall(SYS_gettid) << 32;
}

static void write_all(const char *pattern, const char *text)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc; i++)
			write_file(found.gl_pathv[i], text);
	globfree(&found);
}

/* A child of the same memory; it does not wait for us, nor we for it. */
static void touch_beside(char *p, size_t bytes, bool write, int *beside)
{
	pid_t child;

	while (*beside && waitpid(-1, NULL, *beside < BESIDE ? WNOHANG : 0) > 0)
		(*beside)--;
	child = fork();
	if (child == 0) {
		if (write)
			fill(p, bytes);
		read_pages(p, bytes, PAGE);
		try_page_out(p, bytes);
		_exit(0);
	}
	*beside += child > 0;
}

static void split_pages(const char *p, size_t bytes)
{
	char command[80];

	snprintf(command, sizeof(command), "%d,0x%lx,0x%lx", getpid(), (unsigned long)p, (unsigned long)p + bytes);
	/* before 5.13 it splits all that there is, or nothing */
	if (write_file("/sys/kernel/debug/split_huge_pages", command))
		write_file("/sys/kernel/debug/split_huge_pages", "1");
}

static void storm_step(const struct stormer *s, uint64_t *random, int *beside)
{
	int which = next_random(random) % 3;
	char *area = s->areas[which];
	size_t at = next_random(random) % (s->bytes / PAGE) * PAGE;
	/* mostly little, so that many calls begin and end, now and then several huge pages */
	size_t bytes = (1 + next_random(random) % (next_random(random) % 4 ? 64 : 2048)) * PAGE;
	char *p = area + at;

	if (bytes > s->bytes - at)
		bytes = s->bytes - at;
	switch (next_random(random) % 22) {
	case 0:
	case 1:
		try_page_out(area, s->bytes);
		break;
	case 2:
	case 3:
	case 4:
		try_page_out(p, bytes);
		break;
	case 5:
	case 6:
		fill(p, bytes);
		break;
	case 7:
	case 8:
		read_pages(p, bytes, PAGE);
		break;
	case 9:
	case 10:
		move_to_node(p, bytes / PAGE, PAGE, next_random(random) % 2);
		break;
	case 11:
	case 12:
		touch_beside(p, bytes, next_random(random) % 2, beside);
		break;
	case 13:
		/* swapped ranges freed in one go */
		madvise(p, bytes, which == 2 ? MADV_REMOVE : MADV_DONTNEED);
		break;
	case 14:
		if (which < 2)
			mmap(p, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (which == 0)
			madvise(p, bytes, MADV_HUGEPAGE);
		break;
	case 15:
		madvise(p, bytes, MADV_FREE);
		break;
	case 16:
	case 17:
		madvise(p, bytes, MADV_WILLNEED);
		break;
	case 18:
		madvise(area, s->bytes, which == 2 ? MADV_REMOVE : MADV_DONTNEED);
		if (which == 0)
			madvise(area, s->bytes, MADV_HUGEPAGE);
		fill(area, s->bytes);
		try_page_out(area, s->bytes);
		break;
	case 19:
		madvise(s->areas[0], s->bytes, MADV_COLLAPSE);
		break;
	case 20:
		/* the same in many processes: ksmd makes one page of them, and that is swapped too */
		madvise(p, bytes, MADV_MERGEABLE);
		for (size_t i = 0; i < bytes; i += PAGE)
			memset(p + i, 1 + i / PAGE % 3, PAGE);
		break;
	case 21:
		if (next_random(random) % 8 == 0)
			split_pages(s->areas[0], s->bytes);
		break;
	}
}

static void *storm_on(void *data)
{
	uint64_t random = new_seed();
	int beside = 0;

	for (;;)
		storm_step(data, &random, &beside);
	return NULL;
}

/* Half of the processes have less memory than they use, whatever the others do. */
static void limit_memory(size_t bytes)
{
	char text[24];

	mkdir("/sys/fs/cgroup/limited", 0755);
	snprintf(text, sizeof(text), "%zu", bytes);
	write_file("/sys/fs/cgroup/limited/memory.max", text);
	snprintf(text, sizeof(text), "%d", getpid());
	write_file("/sys/fs/cgroup/limited/cgroup.procs", text);
}

pid_t start_stormer(int number)
{
	static struct stormer s;
	pthread_t thread;
	pid_t child = fork();

	if (child)
		return child;
	s.number = number;
	s.bytes = (meminfo_kib("MemTotal") * 1024 / (4 * STORMERS)) & ~(HUGE_PAGE - 1);
	s.areas[0] = map_huge(s.bytes);
	/* without the advice some become folios of middle sizes, where the kernel has them */
	s.areas[1] = number % 2 ? map_small(s.bytes) : map(s.bytes, MAP_PRIVATE);
	s.areas[2] = map(s.bytes, MAP_SHARED);
	if (number % 2)
		limit_memory(meminfo_kib("MemTotal") * 1024 / 12);
	pthread_create(&thread, NULL, storm_on, &s);
	storm_on(&s);
	_exit(0);
}

/* Little memory in very many processes: the counts of its slots need continuation pages. */
pid_t start_forker(int number)
{
	size_t bytes = 32 * PAGE;
	pid_t child = fork();
	char *p;

	(void)number;
	if (child)
		return child;
	write_file("/proc/self/oom_score_adj", "-1000");
	p = map_small(bytes);
	for (;;) {
		fill(p, bytes);
		try_page_out(p, bytes);
		for (int i = 0; i < FORKS; i++) {
			if (fork() == 0) {
				usleep(200 * 1000);
				read_pages(p + i % 32 * PAGE, PAGE, PAGE);
				_exit(0);
			}
		}
		while (wait(NULL) > 0)
			;
	}
}

void begin_storm(void)
{
	mkdir("/sys/fs/cgroup", 0755);
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	write_file("/sys/kernel/mm/transparent_hugepage/defrag", "always");
	write_file("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always");
	write_all("/sys/kernel/mm/transparent_hugepage/hugepages-*/enabled", "always");
	write_all("/sys/kernel/mm/transparent_hugepage/hugepages-*/shmem_enabled", "always");
	write_file("/sys/kernel/mm/transparent_hugepage/hugepages-2048kB/enabled", "madvise");
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "200");
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/alloc_sleep_millisecs", "200");
	write_file("/sys/kernel/mm/ksm/pages_to_scan", "1000");
	write_file("/sys/kernel/mm/ksm/run", "1");
}

/* ---- for ever ---------------------------------------------------------------------------- */

#define MOST_PLAYERS 32

struct player {
	pid_t pid;
	const struct part *part;
	int number;
};

/* An exit frees all at once. The memory killer does the same, now and then. Who is gone comes again. */
static void replace_players(struct player *players, int count, uint64_t *random)
{
	const struct player *victim = &players[next_random(random) % count];
	pid_t gone;

	if (victim->part->mortal && next_random(random) % 6 == 0)
		kill(victim->pid, SIGKILL);
	while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
		for (struct player *p = players; p < players + count; p++)
			if (p->pid == gone)
				p->pid = p->part->start(p->number);
}

void go_on(const struct part *parts, size_t count, void (*tell)(void))
{
	struct player players[MOST_PLAYERS];
	uint64_t random = new_seed();
	time_t started = time(NULL);
	int playing = 0;

	for (const struct part *part = parts; part < parts + count; part++)
		for (int i = 0; i < part->count && playing < MOST_PLAYERS; i++)
			players[playing++] = (struct player){ part->start(i), part, i };
	tell();
	report();
	for (bool ready = false;;) {
		usleep(300 * 1000);
		if (!ready && time(NULL) - started >= 6 && swap_in_use()) {
			ready = true;
			if (crashing())
				finish();
			say("ready");
		}
		replace_players(players, playing, &random);
		if (next_random(&random) % 3 == 0) {
			tell();
			report();
		}
	}
}

static void tell_storm(void)
{
	forget_facts();
	fact("stormers %d", STORMERS);
}

void storm(void)
{
	static const struct part parts[] = {
		{ start_stormer, STORMERS, true },
		{ start_forker, 1, false },
		{ start_disturber, 1, false },
	};

	begin_storm();
	add_swap_disk();
	add_ramdisk();
	go_on(parts, sizeof(parts) / sizeof(parts[0]), tell_storm);
}
