/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The scenarios of the two bugs of huge pages that migrate while in the swap cache. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define VICTIM_PAGE 5           /* the tail page that a victim reads */
#define ANY_CPU -1
#define VICTIMS 4               /* huge pages that migrate */
#define MOST_TRIES 20           /* to have the first of them in the swap cache */

/* Where a page that is not mapped has its swap slot (kernel: Documentation/admin-guide/mm/pagemap.rst). */
static bool slot_of(const char *page, unsigned *type, unsigned long long *offset)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t count = pread(fd, &entry, sizeof(entry), (uintptr_t)page / PAGE * sizeof(entry));

	close(fd);
	*type = entry & 0x1f;
	*offset = entry >> 5 & ((1ULL << 50) - 1);
	return count == sizeof(entry) && entry >> 62 & 1;
}

/* Page 0 is mapped again and has no slot to show; page 1 has, and a huge page's slots are in one row. */
static void tell_slots(const char *huge)
{
	unsigned long long offset;
	unsigned type;

	for (int i = 0; i < VICTIMS; i++)
		if (slot_of(huge + i * HUGE_PAGE + PAGE, &type, &offset))
			fact("slots.%d type %u offset %llu count %lu", i, type, offset - 1, HUGE_PAGE / PAGE);
}

/* Is this page part of a huge one in the swap cache? (kernel: include/uapi/linux/kernel-page-flags.h) */
static bool is_huge_in_swap_cache(const char *page)
{
	uint64_t flags = read_word("/proc/kpageflags", pagemap_of(page) & PFN_MASK);

	return flags >> 22 & 1 && flags >> 13 & 1;
}

char *migrate_in_swap_cache(void)
{
	size_t bytes = VICTIMS * HUGE_PAGE;
	char *huge = map_huge(bytes);
	int moved, tries = 0;

	bind_to_node(huge, bytes, 0);
	do {
		/* where the kernel decides what goes out (squeeze()), the swap cache may not have them any more */
		madvise(huge, bytes, MADV_DONTNEED);
		fill(huge, bytes);
		page_out_huge(huge, bytes);
	} while (!is_huge_in_swap_cache(huge) && tries++ < MOST_TRIES);
	say("tries %d", tries);
	tell_slots(huge);
	moved = move_to_node(huge, VICTIMS, HUGE_PAGE, 1);
	say("moved %d", moved);
	fact("huge_pages %d", VICTIMS);
	fact("moved %d", moved);
	fact("address 0x%lx", (unsigned long)huge);
	fact("owner %d", getpid());
	if (!moved)
		fail("no huge page migrated");
	return huge;
}

static void pin_to(int cpu)
{
	cpu_set_t cpus;

	if (cpu == ANY_CPU)
		return;
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail("sched_setaffinity");
}

/* A child that reads one tail page: with a bug it does not come back. */
static void start_spinner(const char *huge, int cpu)
{
	const char *page = huge + VICTIM_PAGE * PAGE;
	pid_t child = fork();

	if (child == 0) {
		pin_to(cpu);
		read_pages(page, PAGE, PAGE);
		_exit(0);
	}
	sleep(2);
	if (waitpid(child, NULL, WNOHANG) == child)
		fail("the spinner came back");
	fact("spinner %d", child);
	fact("spinner_address 0x%lx", (unsigned long)page);
}

void freed_folio(void)
{
	/* A genuine dump is made by the stall itself, as on a machine with this sysctl set. */
	if (crashing())
		write_file("/proc/sys/kernel/panic_on_rcu_stall", "1");
	start_spinner(migrate_in_swap_cache(), ANY_CPU);
	wait_for_stall();
	finish();
}

/* ---- freed-folio, and who waits for the spinner ---------------------------------------- */

struct queue {
	pid_t mapper, faulter;          /* threads of the spinner's process */
	pid_t peeker, updater;          /* processes */
};

static struct queue *queue;             /* shared by all of them */

static void begin_as(pid_t *pid, const char *name)
{
	prctl(PR_SET_NAME, name);
	*pid = syscall(SYS_gettid);
}

/* Wants the mmap_lock for itself. */
static void *map_more(void *data)
{
	(void)data;
	begin_as(&queue->mapper, "mapper");
	sleep(2);
	map(PAGE, MAP_PRIVATE);
	return NULL;
}

/* Wants it together with others, but stands behind the one who wants it for himself. */
static void *fault(void *page)
{
	begin_as(&queue->faulter, "faulter");
	sleep(3);
	*(volatile char *)page = 1;
	return NULL;
}

static void read_maps_of(pid_t pid)
{
	char path[40], byte;
	int fd;

	begin_as(&queue->peeker, "peeker");
	sleep(3);
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY);
	while (read(fd, &byte, 1) == 1)
		;
}

static int bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

/* A map in a map is put in its place, and the kernel waits for all readers (maybe_wait_bpf_programs()). */
static void wait_for_grace_period(void)
{
	union bpf_attr inner = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
	int inner_fd = bpf(BPF_MAP_CREATE, &inner), key = 0;
	union bpf_attr outer = { .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4,
				 .max_entries = 1, .inner_map_fd = inner_fd };
	union bpf_attr update = { .map_fd = bpf(BPF_MAP_CREATE, &outer), .key = (uintptr_t)&key,
				  .value = (uintptr_t)&inner_fd };

	begin_as(&queue->updater, "updater");
	sleep(3);
	if (bpf(BPF_MAP_UPDATE_ELEM, &update))
		say("note bpf: %s", strerror(errno));
}

void freed_folio_queue(void)
{
	char *huge = migrate_in_swap_cache(), *fresh = map_small(PAGE);
	pthread_t thread;
	pid_t spinner;

	queue = map(sizeof(*queue), MAP_SHARED);
	spinner = fork();
	if (spinner == 0) {
		prctl(PR_SET_NAME, "spinner");
		pthread_create(&thread, NULL, map_more, NULL);
		pthread_create(&thread, NULL, fault, fresh);
		sleep(1);
		read_pages(huge + VICTIM_PAGE * PAGE, PAGE, PAGE);
		_exit(0);
	}
	if (fork() == 0) {
		read_maps_of(spinner);
		_exit(0);
	}
	if (fork() == 0) {
		wait_for_grace_period();
		_exit(0);
	}
	sleep(5);
	if (waitpid(-1, NULL, WNOHANG) > 0)
		fail("one came back");
	fact("spinner %d", spinner);
	fact("spinner_address 0x%lx", (unsigned long)huge + VICTIM_PAGE * PAGE);
	fact("task %d mapper waits for the mmap_lock of %d, to write", queue->mapper, spinner);
	fact("task %d faulter waits for the mmap_lock of %d, to read", queue->faulter, spinner);
	fact("task %d peeker waits for the mmap_lock of %d, to read", queue->peeker, spinner);
	fact("task %d updater waits for a grace period", queue->updater);
	wait_for_stall();
	finish();
}

/* ---- freed-folio, the spinner not on a CPU ---------------------------------------------- */

void freed_folio_preempted(void)
{
	const struct sched_param first = { .sched_priority = 1 };
	char *huge = migrate_in_swap_cache();
	pid_t hog;

	/* Without the share that others are kept, the spinner would be back twenty times a second. */
	if (write_file("/proc/sys/kernel/sched_rt_runtime_us", "-1"))
		fail("sched_rt_runtime_us");
	pin_to(0);
	start_spinner(huge, 1);
	hog = fork();
	if (hog == 0) {
		prctl(PR_SET_NAME, "hog");
		pin_to(1);
		if (sched_setscheduler(0, SCHED_FIFO, &first))
			fail("sched_setscheduler");
		for (;;)
			;
	}
	fact("spinner_cpu 1");
	fact("task %d hog keeps the spinner off its CPU", hog);
	wait_for_stall();
	finish();
}

/* ---- tail-private ------------------------------------------------------------------------ */

void tail_private(void)
{
	start_spinner(migrate_in_swap_cache(), ANY_CPU);
	finish();
}

/*
 * The split believes ->private 0, that nobody swaps to such a page, and frees it: its slot still names it. Then
 * pages like it get new owners, and some slots name memory of theirs.
 */
void tail_private_split(void)
{
	char *huge = migrate_in_swap_cache();
	char command[80];
	size_t bytes;

	snprintf(command, sizeof(command), "%d,0x%lx,0x%lx", getpid(), (unsigned long)huge,
		 (unsigned long)huge + VICTIMS * HUGE_PAGE);
	if (write_file("/sys/kernel/debug/split_huge_pages", command))
		fail("split_huge_pages");
	memory_pressure();
	bytes = (meminfo_kib("MemFree") * 1024 / 6) & ~(PAGE - 1);
	fill(map_small(bytes), bytes);
	start_spinner(huge, ANY_CPU);
	finish();
}

