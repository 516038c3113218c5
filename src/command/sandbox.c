// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What may be mapped on top of what is when the dump is open; the files are by then. */
#define MORE_MEMORY (4ULL << 30)

/* Two walls, one behind the other: the second is built when all is open. */
enum wall {
	WALL_OPENING,	/* files may be opened to be read */
	WALL_READING,	/* nothing is opened any more */
	WALL_LIVE,	/* as WALL_OPENING, and the CPUs' registers are sampled */
};

/* Memory, time, what is open, and the end. None of them names a file or a process. */
static const int always[] = {
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
	SCMP_SYS(mlockall), SCMP_SYS(msync), SCMP_SYS(mincore),
	SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(readv), SCMP_SYS(preadv), SCMP_SYS(lseek),
	SCMP_SYS(write), SCMP_SYS(pwrite64), SCMP_SYS(writev), SCMP_SYS(fstat),
	SCMP_SYS(close), SCMP_SYS(fadvise64),
	SCMP_SYS(fcntl), SCMP_SYS(ioctl), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(fsync),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(tgkill),
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom), SCMP_SYS(getcpu),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage),
	SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getpriority), SCMP_SYS(setpriority),
	SCMP_SYS(prctl), SCMP_SYS(seccomp), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

/* Looking files up, where something may still be opened. */
static const int lookups[] = {
	SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(statx),
	SCMP_SYS(getdents64), SCMP_SYS(getcwd), SCMP_SYS(statfs), SCMP_SYS(fstatfs),
	SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_restrict_self),
};

static bool allow(scmp_filter_ctx filter, const int *calls, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		/* a call that this architecture has not is none to allow */
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == -ENOMEM)
			return false;
	return true;
}

/* open(2) and openat(2) to read, and nothing made. */
static bool allow_open(scmp_filter_ctx filter)
{
	const uint64_t not = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);

	return !seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				 SCMP_A2(SCMP_CMP_MASKED_EQ, not, O_RDONLY)) &&
	       seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
				SCMP_A1(SCMP_CMP_MASKED_EQ, not, O_RDONLY)) != -ENOMEM;
}

/*
 * Threads are no processes. clone3() hides its flags in memory, where a filter cannot
 * look; who is told that there is none takes clone(). Limits of its own may be asked for.
 * What is run must have been loaded: while files are opened, plugins' libraries still are.
 */
static bool allow_special(scmp_filter_ctx filter, enum wall wall)
{
	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			     SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) ||
	    seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) ||
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
			     SCMP_A0(SCMP_CMP_EQ, 0, 0)) ||
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)))
		return false;
	/* fstat(3) of glibc since 2.33 */
	if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 0))
		return false;
	if (wall == WALL_READING)
		return true;
	if (wall == WALL_LIVE &&
	    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(perf_event_open), 0))
		return false;
	return allow(filter, lookups, sizeof(lookups) / sizeof(lookups[0])) && allow_open(filter);
}

/* All else is refused with EPERM: what forgot of it may still end in order. */
static bool filter_calls(enum wall wall)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool done = filter && allow(filter, always, sizeof(always) / sizeof(always[0])) &&
		    allow_special(filter, wall) && !seccomp_load(filter);

	seccomp_release(filter);
	return done;
}

/*
 * Landlock (5.13) says the same of files once more, where it is: first nothing is
 * written or run, then nothing is opened. The rights are those of its first version,
 * which each later one knows.
 */
static void landlock(enum wall wall)
{
	const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
	const uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	const struct landlock_ruleset_attr rules = {
		.handled_access_fs = wall == WALL_READING ? all : all & ~reading,
	};
	long ruleset = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);

	if (ruleset < 0)
		return;
	syscall(SYS_landlock_restrict_self, (int)ruleset, 0);
	close((int)ruleset);
}

static bool build(enum wall wall)
{
	landlock(wall);
	return filter_calls(wall);
}

/* Bytes that are mapped now. */
static uint64_t mapped_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void limit_memory(void)
{
	uint64_t mapped = mapped_bytes();
	struct rlimit limit;

	if (!mapped || getrlimit(RLIMIT_AS, &limit))
		return;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > mapped + MORE_MEMORY)
		limit.rlim_max = mapped + MORE_MEMORY;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_AS, &limit);
}

/* AddressSanitizer maps terabytes, and its search for leaks is a process that traces. */
static bool is_possible(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
	return false;
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
	return false;
#else
	return true;
#endif
}

void sandbox_keep_private(void)
{
	const struct rlimit none = {0, 0};

	if (!is_possible())
		return;
	setrlimit(RLIMIT_CORE, &none);
	/* a core_pattern with a pipe does not heed that limit (core(5)) */
	prctl(PR_SET_DUMPABLE, 0);
}

static void begin(const struct dump_options *options)
{
	sandbox_keep_private();
	/* the clock's zone is a file */
	tzset();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* libdebuginfod brings a vmlinux by network, with processes and files of its own */
	if (getenv("DEBUGINFOD_URLS"))
		return;
	build(options->live ? WALL_LIVE : WALL_OPENING);
}

static void seal(const struct dump_options *options)
{
	limit_memory();
	if (!build(options->live ? WALL_LIVE : WALL_READING))
		fprintf(stderr, "kswapck: no sandbox: this system refuses a seccomp filter: %s\n",
			strerror(errno));
}

bool sandbox_dump_open(struct dump *dump, const char *const *files, size_t count,
		       const struct dump_options *options, struct error *err)
{
	struct dump_options with_temporary = *options;
	int *temporary = NULL;
	bool opened;

	if (!is_possible())
		return dump_open(dump, files, count, options, err);
	if (options->no_sandbox) {
		fprintf(stderr, "kswapck: no sandbox: what a made-up dump might do, it may do\n");
		return dump_open(dump, files, count, options, err);
	}
	if (!options->live && !dump_temporaries(files, count, &temporary, err))
		return false;
	begin(options);
	with_temporary.temporary = temporary;
	opened = dump_open(dump, files, count, &with_temporary, err);
	dump_temporaries_free(temporary, count);
	if (opened)
		seal(options);
	return opened;
}
