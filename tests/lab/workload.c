/*
 * The only program inside the lab's guests: it is /init, loads the few modules, turns swap on,
 * and brings the swap cache into the state that the boot parameter lab=SCENARIO names.
 *
 * It speaks to the host over the serial console, one line a fact:
 *   LAB begin / LAB KEY VALUE ... / LAB end     what the guest says of itself, the last one counts
 *   LAB ready                                   the state stands: dump now
 *   LAB captured BYTES                          (capture kernel) /proc/vmcore is on the second disk
 *   LAB failed WHY
 * With lab_crash=1 it panics by itself once the state stands, for a genuine kdump.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/reboot.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#define MPOL_BIND 2
#define MPOL_MF_MOVE (1 << 1)

#define PAGE 4096UL
#define HUGE_PAGE (2UL << 20)
#define MIB (1UL << 20)

#define VICTIM_PAGE 5           /* the tail page that a victim reads */

static char facts[4096];        /* this scenario's own lines of the report */

/* ---- talking to the host --------------------------------------------------------------- */

static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("LAB ");
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
}

static void fail(const char *what)
{
	say("failed %s: %s", what, strerror(errno));
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
	_exit(1);
}

static void fact(const char *format, ...)
{
	size_t used = strlen(facts);
	va_list args;

	va_start(args, format);
	vsnprintf(facts + used, sizeof(facts) - used, format, args);
	va_end(args);
	strncat(facts, "\n", sizeof(facts) - strlen(facts) - 1);
}

/* Says the lines of a /proc file that begin with one of the given words (all of them without words). */
static void say_lines(const char *path, const char *key, const char *const *words)
{
	char line[256];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file)) {
		bool wanted = !words;

		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; words && words[i]; i++)
			wanted |= !strncmp(line, words[i], strlen(words[i]));
		if (wanted)
			say("%s %s", key, line);
	}
	if (file)
		fclose(file);
}

static void report(void)
{
	static const char *const meminfo[] = { "MemTotal", "MemFree", "SwapCached", "SwapTotal", "SwapFree",
					       "AnonPages", "AnonHugePages", "Shmem:", NULL };
	static const char *const vmstat[] = { "pswpin", "pswpout", "thp_swpout", "thp_split_page ", "thp_fault_alloc",
					      "pgmigrate_success", "swap_ra", "workingset_refault_anon",
					      "nr_swapcached", NULL };
	char *copy = strdup(facts), *rest = copy, *line;
	struct utsname uts;

	uname(&uts);
	say("begin");
	say("release %s", uts.release);
	say("version %s", uts.version);
	say_lines("/proc/swaps", "swaps", NULL);
	say_lines("/proc/meminfo", "meminfo", meminfo);
	say_lines("/proc/vmstat", "vmstat", vmstat);
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line)
			say("%s", line);
	say("end");
	free(copy);
}

/* ---- the machine ----------------------------------------------------------------------- */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done = -1;

	if (fd >= 0) {
		done = write(fd, text, strlen(text));
		close(fd);
	}
	return done < 0 ? -1 : 0;
}

static unsigned long meminfo_kib(const char *name)
{
	char line[128];
	unsigned long value = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoul(line + strlen(name) + 1, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
}

static int load_module(const char *path, const char *options)
{
	int fd = open(path, O_RDONLY), result;

	result = syscall(SYS_finit_module, fd, options, 0);
	close(fd);
	return result && errno != EEXIST ? -1 : 0;
}

/* The file names begin with a number: the order of their names is the order of their needs. */
static void load_modules(void)
{
	struct dirent **names;
	int count = scandir("/modules", &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300];

		/* 9 is for what a scenario loads by itself, when it wants it */
		if (names[i]->d_name[0] == '.' || names[i]->d_name[0] == '9')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		if (load_module(path, ""))
			say("note module %s: %s", path, strerror(errno));
	}
}

static void wait_for(const char *path)
{
	for (int i = 0; i < 100; i++) {
		if (access(path, F_OK) == 0)
			return;
		usleep(100 * 1000);
	}
	fail(path);
}

static void swap_on(void)
{
	wait_for("/dev/vda");
	/* A huge page goes to swap in one piece only where slots come in clusters: on a disk that does not turn. */
	if (write_file("/sys/block/vda/queue/rotational", "0"))
		fail("rotational");
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "always");
	if (swapon("/dev/vda", 0))
		fail("swapon");
}

/* ---- memory ---------------------------------------------------------------------------- */

static void *map(size_t bytes, int flags)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

static char *map_small(size_t bytes)
{
	char *p = map(bytes, MAP_PRIVATE);

	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

static char *map_huge(size_t bytes)
{
	uintptr_t p = (uintptr_t)map(bytes + HUGE_PAGE, MAP_PRIVATE);

	p = (p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	madvise((void *)p, bytes, MADV_HUGEPAGE);
	return (char *)p;
}

static void bind_to_node(void *p, size_t bytes, int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_mbind, p, bytes, MPOL_BIND, &mask, 8 * sizeof(mask), 0))
		fail("mbind");
}

/* Each page says where it lives: no two pages are alike, and a wrong page is seen. */
static void fill(char *p, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE)
		*(volatile uintptr_t *)(p + at) = (uintptr_t)(p + at);
}

static void read_pages(const char *p, size_t bytes, size_t step)
{
	for (size_t at = 0; at < bytes; at += step)
		(void)*(const volatile char *)(p + at);
}

static void page_out(char *p, size_t bytes)
{
	if (madvise(p, bytes, MADV_PAGEOUT))
		fail("MADV_PAGEOUT");
}

/* Moves `count` pages, `step` bytes apart. Single pages may refuse (busy, not mapped): that is normal. */
static int move_to_node(char *p, size_t count, size_t step, int node)
{
	void *pages[512];
	int nodes[512], status[512], moved = 0;

	if (count > 512)
		count = 512;
	for (size_t i = 0; i < count; i++) {
		pages[i] = p + i * step;
		nodes[i] = node;
		status[i] = -1;
	}
	if (syscall(SYS_move_pages, 0, count, pages, nodes, status, MPOL_MF_MOVE) < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		moved += status[i] == node;
	return moved;
}

/* Asks for more than there is, so that reclaim must throw out what it can, then gives it back. */
static void memory_pressure(void)
{
	size_t bytes = meminfo_kib("MemAvailable") * 1024 + meminfo_kib("MemTotal") * 1024 / 8;
	pid_t child = fork();

	if (child == 0) {
		bytes &= ~(PAGE - 1);
		fill(map_small(bytes), bytes);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* ---- the end of a scenario ------------------------------------------------------------- */

static bool crashing(void)
{
	return getenv("lab_crash") != NULL;
}

static void finish(void)
{
	report();
	say("ready");
	if (crashing())
		write_file("/proc/sysrq-trigger", "c");
	for (;;)
		pause();
}

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
	page_out(huge, huge_bytes);
	sleep(2);
	read_pages(huge, huge_bytes, HUGE_PAGE);

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

static uint64_t next_random(struct churner *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->random;
}

/* Some pages, anywhere in either half of a churner's memory. */
static char *some_pages(struct churner *c, size_t *bytes)
{
	char *base = next_random(c) % 2 ? c->huge : c->small;
	size_t at = next_random(c) % (c->bytes / PAGE) * PAGE;

	*bytes = (1 + next_random(c) % 1024) * PAGE;
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

	switch (next_random(c) % 10) {
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
		move_to_node(p, bytes / PAGE, PAGE, next_random(c) % 2);
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
	report();
	if (crashing()) {
		sleep(2);
		finish();
	}
	say("ready");
	for (;;) {
		usleep(500 * 1000);
		report();
	}
}

/* ---- scenario: storm ------------------------------------------------------------------- */

/*
 * Everything at once that the kernel does with swap, as fast as it goes, so that a dump taken anywhere falls into
 * the middle of much: nothing here is a bug, so nothing may be found. What a kernel does not have fails silently.
 */
#define STORMERS 6              /* processes, of two threads each */
#define BESIDE 3                /* children of one thread that run at the same time */
#define FORKS 70                /* more than a byte of swap_map counts (SWAP_MAP_MAX): continuation pages */

struct stormer {
	char *areas[3];         /* huge pages, small pages, shared memory */
	size_t bytes;           /* of each */
	int number;
};

static uint64_t new_seed(void)
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
		madvise(p, bytes, MADV_PAGEOUT);
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

static void storm_step(const struct stormer *s, struct churner *c, int *beside)
{
	int which = next_random(c) % 3;
	char *area = s->areas[which];
	size_t at = next_random(c) % (s->bytes / PAGE) * PAGE;
	/* mostly little, so that many calls begin and end, now and then several huge pages */
	size_t bytes = (1 + next_random(c) % (next_random(c) % 4 ? 64 : 2048)) * PAGE;
	char *p = area + at;

	if (bytes > s->bytes - at)
		bytes = s->bytes - at;
	switch (next_random(c) % 22) {
	case 0:
	case 1:
		madvise(area, s->bytes, MADV_PAGEOUT);
		break;
	case 2:
	case 3:
	case 4:
		madvise(p, bytes, MADV_PAGEOUT);
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
		move_to_node(p, bytes / PAGE, PAGE, next_random(c) % 2);
		break;
	case 11:
	case 12:
		touch_beside(p, bytes, next_random(c) % 2, beside);
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
		madvise(area, s->bytes, MADV_PAGEOUT);
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
		if (next_random(c) % 8 == 0)
			split_pages(s->areas[0], s->bytes);
		break;
	}
}

static void *storm_on(void *data)
{
	struct churner c = { .random = new_seed() };
	int beside = 0;

	for (;;)
		storm_step(data, &c, &beside);
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

static pid_t start_stormer(int number)
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
static pid_t start_forker(void)
{
	size_t bytes = 32 * PAGE;
	pid_t child = fork();
	char *p;

	if (child)
		return child;
	write_file("/proc/self/oom_score_adj", "-1000");
	p = map_small(bytes);
	for (;;) {
		fill(p, bytes);
		madvise(p, bytes, MADV_PAGEOUT);
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

static void make_swap(const char *path, size_t bytes)
{
	static char page[PAGE];
	uint32_t header[3] = { 1, bytes / PAGE - 1, 0 };
	int fd = open(path, O_WRONLY);

	memcpy(page + 1024, header, sizeof(header));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	if (fd < 0 || write(fd, page, PAGE) != PAGE || fsync(fd))
		say("note %s: %s", path, strerror(errno));
	close(fd);
}

static void on_alarm(int signal)
{
	(void)signal;           /* only so that a system call ends */
}

/* Devices come and go, and what the administrator can turn is turned. */
static pid_t start_disturber(const char *disk, const char *ramdisk)
{
	const char *const devices[] = { disk, ramdisk };
	struct churner c = { .random = new_seed() };
	char path[80], text[16];
	pid_t child = fork();

	if (child)
		return child;
	write_file("/proc/self/oom_score_adj", "-1000");
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	for (;;) {
		const char *device = devices[next_random(&c) % 2];
		/* sooner used than the large one, and so full at times; or with freed clusters being discarded */
		int flags = next_random(&c) % 4 ? SWAP_FLAG_PREFER | (1 + next_random(&c) % 2) : 0;

		if (next_random(&c) % 4 == 0)
			flags |= SWAP_FLAG_DISCARD;
		switch (next_random(&c) % 6) {
		case 0:
		case 1:
			/* one that turns: no clusters, and read-ahead by slot for all devices */
			snprintf(path, sizeof(path), "/sys/block/%s/queue/rotational", device + strlen("/dev/"));
			write_file(path, next_random(&c) % 4 ? "0" : "1");
			swapon(device, flags);
			break;
		case 2:
			/* It may go on for as long as others swap, with the slots caches turned off. */
			alarm(2);
			swapoff(device);
			alarm(0);
			break;
		case 3:
			write_file("/proc/sys/vm/compact_memory", "1");
			break;
		case 4:
			snprintf(text, sizeof(text), "%d", (int)(next_random(&c) % 6));
			write_file("/proc/sys/vm/page-cluster", text);
			break;
		case 5:
			write_file("/sys/kernel/mm/ksm/run", next_random(&c) % 3 ? "1" : "2");
			break;
		}
		usleep(next_random(&c) % 500000);
	}
}

static void storm(void)
{
	const char *disk = crashing() ? "/dev/vdc" : "/dev/vdb";
	struct churner c = { .random = new_seed() };
	pid_t children[STORMERS], gone;
	time_t started = time(NULL);

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
	/* a device that answers at once (SWP_SYNCHRONOUS_IO): pages come back past the swap cache */
	if (load_module("/modules/90-brd.ko", "rd_nr=1 rd_size=24576") == 0)
		make_swap("/dev/ram0", 24 * MIB);

	for (int i = 0; i < STORMERS; i++)
		children[i] = start_stormer(i);
	start_forker();
	start_disturber(disk, "/dev/ram0");
	fact("stormers %d", STORMERS);
	report();
	for (bool ready = false;;) {
		usleep(300 * 1000);
		if (!ready && time(NULL) - started >= 6) {
			ready = true;
			if (crashing())
				finish();
			say("ready");
		}
		/* An exit frees all at once. The memory killer does the same, now and then. */
		if (next_random(&c) % 6 == 0)
			kill(children[next_random(&c) % STORMERS], SIGKILL);
		while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
			for (int i = 0; i < STORMERS; i++)
				if (children[i] == gone)
					children[i] = start_stormer(i);
		if (next_random(&c) % 3 == 0)
			report();
	}
}

/* ---- scenarios: the two bugs of huge pages that migrate while in the swap cache ---------- */

#define VICTIMS 4               /* huge pages that migrate */

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

/* Huge pages of node 0 that are in the swap cache, one page of each mapped, are moved to node 1. */
static char *migrate_in_swap_cache(void)
{
	size_t bytes = VICTIMS * HUGE_PAGE;
	char *huge = map_huge(bytes);
	int moved;

	bind_to_node(huge, bytes, 0);
	fill(huge, bytes);
	page_out(huge, bytes);
	sleep(2);               /* the writes end; a page under writeback would not migrate */
	read_pages(huge, bytes, HUGE_PAGE);
	tell_slots(huge);
	moved = move_to_node(huge, VICTIMS, HUGE_PAGE, 1);
	fact("huge_pages %d", VICTIMS);
	fact("moved %d", moved);
	fact("address 0x%lx", (unsigned long)huge);
	fact("owner %d", getpid());
	if (!moved)
		fail("no huge page migrated");
	return huge;
}

/* A child that reads one tail page: with a bug it does not come back. */
static void start_spinner(const char *huge)
{
	const char *page = huge + VICTIM_PAGE * PAGE;
	pid_t child = fork();

	if (child == 0) {
		read_pages(page, PAGE, PAGE);
		_exit(0);
	}
	sleep(2);
	if (waitpid(child, NULL, WNOHANG) == child)
		fail("the spinner came back");
	fact("spinner %d", child);
	fact("spinner_address 0x%lx", (unsigned long)page);
}

static bool kernel_log_has(const char *text)
{
	static char log[1 << 20];
	int length = klogctl(3, log, sizeof(log) - 1);

	log[length > 0 ? length : 0] = '\0';
	return strstr(log, text) != NULL;
}

static void freed_folio(void)
{
	/* A genuine dump is made by the stall itself, as on a machine with this sysctl set. */
	if (crashing())
		write_file("/proc/sys/kernel/panic_on_rcu_stall", "1");
	start_spinner(migrate_in_swap_cache());
	report();
	for (int i = 0; i < 60 && !kernel_log_has("detected stalls"); i++)
		sleep(1);
	fact("rcu_stall %s", kernel_log_has("detected stalls") ? "yes" : "no");
	finish();
}

static void tail_private(void)
{
	start_spinner(migrate_in_swap_cache());
	finish();
}

/*
 * The split believes ->private 0, that nobody swaps to such a page, and frees it: its slot still names it. Then
 * pages like it get new owners, and some slots name memory of theirs.
 */
static void tail_private_split(void)
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
	start_spinner(huge);
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

/* ---- kdump ----------------------------------------------------------------------------- */

static void load_crash_kernel(void)
{
	char *const command[] = { "/sbin/kexec", "-p", "/crash/vmlinuz", "--initrd=/crash/initrd",
				  "--append=console=ttyS0 loglevel=1 panic=-1 nr_cpus=1 reset_devices lab=capture",
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
	{ "storm", storm },
	{ "freed-folio", freed_folio },
	{ "tail-private", tail_private },
	{ "tail-private-split", tail_private_split },
	{ "big", big },
};

int main(void)
{
	const char *name = getenv("lab");

	mount_all();
	load_modules();
	if (name && !strcmp(name, "capture"))
		capture();
	if (crashing())
		load_crash_kernel();
	swap_on();
	for (size_t i = 0; name && i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (!strcmp(name, scenarios[i].name))
			scenarios[i].run();
	errno = EINVAL;
	fail("lab=");
	return 1;
}
