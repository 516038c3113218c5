/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The storm, smaller, and beside it all that moves swap entries about or keeps pages where they are: mremap,
 * UFFDIO_MOVE, shared files, pins that come and go, memory taken out of use, zram. All of it is healthy.
 */
#include "storm.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned long *deeds;    /* shared by all */

void did(enum deed deed, unsigned long count)
{
	__atomic_add_fetch(&deeds[deed], count, __ATOMIC_RELAXED);
}

/* ---- pins ----------------------------------------------------------------------------------- */

#define AREA (8 * MIB)
#define HANDS 12                /* pins at a time */

struct pinner {
	char *area;
	int disk;
	int hands[HANDS];       /* descriptors that hold pages, or -1 */
	uint64_t random;
};

/* Lets go what this hand holds, or takes some pages in one way or the other. */
static void use_hand(int *hand, const char *p, size_t bytes, uint64_t *random)
{
	bool pin = next_random(random) % 2;

	if (*hand >= 0) {
		close(*hand);
		*hand = -1;
		return;
	}
	*hand = pin ? pin_pages(p, bytes) : hold_pages(p, bytes);
	if (*hand >= 0)
		did(pin ? PINNED : HELD, 1);
}

static void pinner_step(struct pinner *r)
{
	size_t pages = 1 + next_random(&r->random) % 16, bytes = pages * PAGE;
	char *p = r->area + next_random(&r->random) % (AREA / PAGE - pages) * PAGE;
	off_t at = next_random(&r->random) % 16384 * PAGE;

	switch (next_random(&r->random) % 8) {
	case 0:
		try_page_out(r->area, AREA);
		break;
	case 1:
		read_pages(r->area, AREA, PAGE);
		break;
	case 2:
		fill(p, bytes);
		break;
	case 3:
		move_to_node(p, pages, PAGE, next_random(&r->random) % 2);
		break;
	case 4:
		/* Past all caches: the disk writes right into these pages, wherever they are. */
		if (pread(r->disk, p, bytes, at) == (ssize_t)bytes)
			did(READ_DIRECT, 1);
		break;
	default:
		use_hand(&r->hands[next_random(&r->random) % HANDS], p, bytes, &r->random);
		break;
	}
}

pid_t start_pinner(int number)
{
	struct pinner r;
	pid_t child = fork();

	if (child)
		return child;
	r.random = new_seed();
	r.area = number % 2 ? map_huge(AREA) : map_small(AREA);
	r.disk = open("/dev/vda", O_RDONLY | O_DIRECT);
	memset(r.hands, -1, sizeof(r.hands));
	for (;;)
		pinner_step(&r);
}

/* ---- memory that goes and comes ------------------------------------------------------------------ */

static void on_alarm(int signal)
{
	(void)signal;           /* only so that a system call ends */
}

/* One block of memory; most have something in them that cannot move, and then it fails. */
static void unplug(const char *state, uint64_t *random)
{
	alarm(5);
	if (write_file(state, "offline") == 0) {
		alarm(0);
		did(OFFLINED, 1);
		usleep(next_random(random) % 1000000);
		if (write_file(state, "online_movable"))
			write_file(state, "online");
	}
	alarm(0);
}

pid_t start_unplugger(int number)
{
	pid_t child = fork();
	uint64_t random;
	glob_t blocks;

	(void)number;
	if (child)
		return child;
	random = new_seed();
	write_file("/proc/self/oom_score_adj", "-1000");
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	if (glob("/sys/devices/system/memory/memory*/state", 0, NULL, &blocks))
		blocks.gl_pathc = 0;
	for (;;) {
		if (blocks.gl_pathc)
			unplug(blocks.gl_pathv[next_random(&random) % blocks.gl_pathc], &random);
		usleep(next_random(&random) % 500000);
	}
}

/* ---------------------------------------------------------------------------------------------------- */

static void tell_mix(void)
{
	static const char *const names[DEEDS] = {
		[REMAPPED] = "remapped", [KEPT_MAPPED] = "remapped_keeping", [MOVED] = "moved_by_userfaultfd",
		[FILES] = "files", [HELD] = "held", [PINNED] = "pinned", [READ_DIRECT] = "read_direct",
		[OFFLINED] = "offlined",
	};

	forget_facts();
	for (int i = 0; i < DEEDS; i++)
		fact("%s %lu", names[i], deeds[i]);
}

void mix(void)
{
	static const struct part parts[] = {
		{ start_stormer, 4, true },
		{ start_forker, 1, false },
		{ start_disturber, 1, false },
		{ start_remapper, 2, true },
		{ start_mover, 2, true },
		{ start_filer, 2, true },
		{ start_pinner, 2, true },
		{ start_unplugger, 1, false },
	};

	deeds = map(PAGE, MAP_SHARED);
	begin_storm();
	add_swap_disk();
	add_ramdisk();
	add_zram();
	go_on(parts, sizeof(parts) / sizeof(parts[0]), tell_mix);
}
