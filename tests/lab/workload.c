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
#include <linux/reboot.h>
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
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
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

/* The file names begin with a number: the order of their names is the order of their needs. */
static void load_modules(void)
{
	struct dirent **names;
	int count = scandir("/modules", &names, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char path[300];
		int fd;

		if (names[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/modules/%s", names[i]->d_name);
		fd = open(path, O_RDONLY);
		if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
			say("note module %s: %s", path, strerror(errno));
		close(fd);
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
