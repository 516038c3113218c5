/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kswapck inside the guest, looking at the kernel that it runs on while the scenario goes on beside it. All that
 * it says goes to the host, each line behind the name of its step:
 *   LAB live STEP TEXT
 *   LAB live-status STEP STATUS
 *   LAB live-rss KIB SECONDS          resident memory of the watch
 *   LAB live-end
 * STATUS is CANNOT of a step for which this kernel lacks something.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/kswapck"
#define RSS_SECONDS 10
#define CANNOT 125
#define NOBODY 65534
#define LOCKDOWN "/sys/kernel/security/lockdown"

struct step {
	const char *name;
	char *const *command;
	int seconds;            /* then Ctrl-C; 0: it ends by itself */
	bool (*prepare)(void);  /* in its process; false: this kernel cannot do that */
};

/* ---- what it may meet elsewhere ---- */

/* Symbols and types are in memory alone. */
static bool hide_symbols(void)
{
	return !write_file("/proc/sys/kernel/kptr_restrict", "2") && !unshare(CLONE_NEWNS) &&
	       !umount2("/sys", MNT_DETACH);
}

static bool drop_right(void)
{
	return !prctl(PR_CAPBSET_DROP, CAP_SYS_RAWIO, 0, 0, 0);
}

static bool become_nobody(void)
{
	return !setgid(NOBODY) && !setuid(NOBODY);
}

/* As containers do. */
static bool hide_kcore(void)
{
	return !unshare(CLONE_NEWNS) && !mount("/dev/null", "/proc/kcore", NULL, MS_BIND, NULL);
}

static bool lose_kcore(void)
{
	return !unshare(CLONE_NEWNS) && !umount2("/proc", MNT_DETACH);
}

/* There is no way back from there. */
static bool lock_down(void)
{
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	return !write_file(LOCKDOWN, "confidentiality");
}

static bool hide_lockdown(void)
{
	struct stat status;

	return !stat(LOCKDOWN, &status) && !unshare(CLONE_NEWNS) && !umount2("/sys", MNT_DETACH);
}

/* ---- steps ---- */

static pid_t start(const struct step *step, int *from)
{
	int ends[2];
	pid_t child;

	if (pipe(ends))
		fail("pipe");
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (step->prepare && !step->prepare())
			_exit(CANNOT);
		execv(PROGRAM, step->command);
		_exit(127);
	}
	close(ends[1]);
	*from = ends[0];
	return child;
}

static unsigned long rss_kib(pid_t pid)
{
	char path[40], line[128];
	unsigned long value = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmRSS:", 6))
			value = strtoul(line + 6, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

/* Beside the one that reads what is said: tells how large the watch is, and ends it. */
static void attend(pid_t child, int seconds)
{
	if (fork())
		return;
	for (int second = 0; second < seconds; second++) {
		if (second % RSS_SECONDS == 5)
			say("live-rss %lu %d", rss_kib(child), second);
		sleep(1);
	}
	say("live-rss %lu %d", rss_kib(child), seconds);
	kill(child, SIGINT);
	_exit(0);
}

static void run(const struct step *step)
{
	char line[8192];
	int from, status = 0;
	pid_t child = start(step, &from);
	FILE *said = fdopen(from, "r");

	if (step->seconds)
		attend(child, step->seconds);
	while (fgets(line, sizeof(line), said)) {
		line[strcspn(line, "\n")] = '\0';
		say("live %s %s", step->name, line);
	}
	fclose(said);
	waitpid(child, &status, 0);
	say("live-status %s %d", step->name, WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

/* The first address space of the swap cache: the second word of what the shell says of its array. */
static unsigned long swapper_space(void)
{
	char *const command[] = { PROGRAM, "shell", "--no-rc", "--no-search", "-e", "rd swapper_spaces", NULL };
	const struct step step = { "rd", command, 0, NULL };
	unsigned long address = 0;
	int from;
	pid_t child = start(&step, &from);
	FILE *said = fdopen(from, "r");

	if (fscanf(said, "%*[0-9a-f]: %lx", &address) != 1)
		address = 0;
	while (getc(said) != EOF)
		;
	fclose(said);
	waitpid(child, NULL, 0);
	return address;
}

static void run_shell(void)
{
	static const char *const commands =
		"devices; slot 0:1; who 0:1; page 100; sym swapper_spaces; rd swapper_spaces; vtop init_task; "
		"struct list_head; task; task 1; bt 1; bt cpu 0; bt -a; log -r 'command line'; rcu; "
		"scan; findings; explain; xa %#lx; slot nonsense";
	char script[512];
	char *const command[] = { PROGRAM, "shell", "--no-rc", "--no-search", "-e", script, NULL };
	const struct step step = { "shell", command, 0, NULL };

	snprintf(script, sizeof(script), commands, swapper_space());
	run(&step);
}

void observe(void)
{
	const char *seconds = getenv("lab_live"), *interval = getenv("lab_live_interval");
	char *const watch[] = { PROGRAM, "triage", "--no-search", "--watch", (char *)(interval ? interval : "1"), NULL };
	char *const scan[] = { PROGRAM, "scan", "--no-search", NULL };
	char *const explain[] = { PROGRAM, "explain", "--no-search", "--stacks=cpus", NULL };
	char *const json[] = { PROGRAM, "--no-search", "--json", NULL };
	char *const named[] = { PROGRAM, "scan", "--no-search", "/proc/kcore", NULL };
	const struct step healthy[] = {
		{ "watch", watch, seconds ? atoi(seconds) : 0, NULL },
		{ "scan", scan, 0, NULL },
		{ "explain", explain, 0, NULL },
		{ "json", json, 0, NULL },
	}, strange[] = {
		{ "bare", scan, 0, hide_symbols },
		{ "no-right", scan, 0, drop_right },
		{ "nobody", named, 0, become_nobody },
		{ "hidden", scan, 0, hide_kcore },
		{ "no-kcore", scan, 0, lose_kcore },
		{ "lockdown", scan, 0, lock_down },
		{ "lockdown-unseen", scan, 0, hide_lockdown },
	};

	if (!seconds || fork())
		return;
	write_file("/proc/self/oom_score_adj", "-1000");
	/* It makes itself nicer by 10: an emulated machine as busy as this would leave it nothing. */
	nice(-20);
	for (size_t i = 0; i < sizeof(healthy) / sizeof(healthy[0]); i++)
		run(&healthy[i]);
	run_shell();
	/* where RCU is stalled, unmounting never ends */
	for (size_t i = 0; getenv("lab_live_strange") && i < sizeof(strange) / sizeof(strange[0]); i++)
		run(&strange[i]);
	say("live-end");
	_exit(0);
}
