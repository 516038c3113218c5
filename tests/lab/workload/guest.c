/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <stdarg.h>
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
#include <unistd.h>

#define MPOL_BIND 2
#define MPOL_MF_MOVE (1 << 1)

unsigned long page_bytes;

static char facts[16384];       /* this scenario's own lines of the report */

/* ---- talking to the host --------------------------------------------------------------- */

void say(const char *format, ...)
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

void fail(const char *what)
{
	say("failed %s: %s", what, strerror(errno));
	reboot(LINUX_REBOOT_CMD_POWER_OFF);
	_exit(1);
}

void fact(const char *format, ...)
{
	size_t used = strlen(facts);
	va_list args;

	va_start(args, format);
	vsnprintf(facts + used, sizeof(facts) - used, format, args);
	va_end(args);
	strncat(facts, "\n", sizeof(facts) - strlen(facts) - 1);
}

void forget_facts(void)
{
	facts[0] = '\0';
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

void report(void)
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

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t done = -1;

	if (fd >= 0) {
		done = write(fd, text, strlen(text));
		close(fd);
	}
	return done < 0 ? -1 : 0;
}

unsigned long meminfo_kib(const char *name)
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

bool swap_in_use(void)
{
	/* Devices come and go meanwhile: no difference of two numbers that may be negative. */
	return meminfo_kib("SwapFree") + 16 * 1024 <= meminfo_kib("SwapTotal") &&
	       meminfo_kib("SwapCached") >= 8 * 1024;
}

void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
}

int load_module(const char *path, const char *options)
{
	int fd = open(path, O_RDONLY), result;

	result = syscall(SYS_finit_module, fd, options, 0);
	close(fd);
	return result && errno != EEXIST ? -1 : 0;
}

void load_modules(void)
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

void wait_for(const char *path)
{
	for (int i = 0; i < 100; i++) {
		if (access(path, F_OK) == 0)
			return;
		usleep(100 * 1000);
	}
	fail(path);
}

void swap_on(void)
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

void *map(size_t bytes, int flags)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

char *map_small(size_t bytes)
{
	char *p = map(bytes, MAP_PRIVATE);

	madvise(p, bytes, MADV_NOHUGEPAGE);
	return p;
}

char *map_huge(size_t bytes)
{
	uintptr_t p = (uintptr_t)map(bytes + HUGE_PAGE, MAP_PRIVATE);

	p = (p + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
	madvise((void *)p, bytes, MADV_HUGEPAGE);
	return (char *)p;
}

void bind_to_node(void *p, size_t bytes, int node)
{
	unsigned long mask = 1UL << node;

	if (syscall(SYS_mbind, p, bytes, MPOL_BIND, &mask, 8 * sizeof(mask), 0))
		fail("mbind");
}

void fill(char *p, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE)
		*(volatile uintptr_t *)(p + at) = (uintptr_t)(p + at);
}

void read_pages(const char *p, size_t bytes, size_t step)
{
	for (size_t at = 0; at < bytes; at += step)
		(void)*(const volatile char *)(p + at);
}

int try_page_out(char *p, size_t bytes)
{
	if (madvise(p, bytes, MADV_PAGEOUT) == 0)
		return 0;
	return errno == EINVAL && !((uintptr_t)p % PAGE) ? squeeze(bytes) : -1;
}

void page_out(char *p, size_t bytes)
{
	if (try_page_out(p, bytes))
		fail("MADV_PAGEOUT");
}

uint64_t read_word(const char *path, uint64_t index)
{
	uint64_t word = 0;
	int fd = open(path, O_RDONLY);

	if (pread(fd, &word, sizeof(word), index * sizeof(word)) != sizeof(word))
		fail(path);
	close(fd);
	return word;
}

uint64_t pagemap_of(const char *page)
{
	return read_word("/proc/self/pagemap", (uintptr_t)page / PAGE);
}

int move_to_node(char *p, size_t count, size_t step, int node)
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

void memory_pressure(void)
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

bool crashing(void)
{
	return getenv("lab_crash") != NULL;
}

bool host_ends(void)
{
	return getenv("lab_end") != NULL;
}

void finish(void)
{
	report();
	say("ready");
	if (crashing() && !host_ends())
		write_file("/proc/sysrq-trigger", "c");
	for (;;)
		pause();
}

/* ---- chance, and the kernel's log --------------------------------------------------------- */

uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

/* The whole log, as dmesg would show it. */
static char *kernel_log(void)
{
	static char log[1 << 20];
	int length = klogctl(3, log, sizeof(log) - 1);

	log[length > 0 ? length : 0] = '\0';
	return log;
}

bool kernel_log_has(const char *text)
{
	return strstr(kernel_log(), text) != NULL;
}

void tell_kernel_log(const char *text)
{
	char *rest = kernel_log(), *line;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] == '<' && line[1] >= '0' && line[1] <= '3' && strstr(line, text))
			fact("klog %s", line);
}

void wait_for_stall(void)
{
	report();
	for (int i = 0; i < 60 && !kernel_log_has("detected stall"); i++)
		sleep(1);
	fact("rcu_stall %s", kernel_log_has("detected stall") ? "yes" : "no");
	tell_kernel_log("rcu: ");
}
