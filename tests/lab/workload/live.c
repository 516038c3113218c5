/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kswapck inside the guest, looking at the kernel that it runs on while the scenario goes on beside it. All that
 * it says goes to the host, each line behind the name of its step:
 *   LAB live STEP TEXT
 *   LAB live-status STEP STATUS
 *   LAB live-rss KIB SECONDS          resident memory of the watch
 *   LAB live-end
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "/usr/bin/kswapck"
#define RSS_SECONDS 10

struct step {
	const char *name;
	char *const *command;
	int seconds;            /* then Ctrl-C; 0: it ends by itself */
};

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

void observe(void)
{
	const char *seconds = getenv("lab_live"), *interval = getenv("lab_live_interval");
	char *const watch[] = { PROGRAM, "scan", "--no-search", "--watch", (char *)(interval ? interval : "1"), NULL };
	char *const scan[] = { PROGRAM, "scan", "--no-search", NULL };
	char *const explain[] = { PROGRAM, "explain", "--no-search", "--stacks=cpus", NULL };
	char *const json[] = { PROGRAM, "--no-search", "--json", NULL };
	const struct step steps[] = {
		{ "watch", watch, seconds ? atoi(seconds) : 0 },
		{ "scan", scan, 0 },
		{ "explain", explain, 0 },
		{ "json", json, 0 },
	};

	if (!seconds || fork())
		return;
	write_file("/proc/self/oom_score_adj", "-1000");
	/* It makes itself nicer by 10: an emulated machine as busy as this would leave it nothing. */
	nice(-10);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		run(&steps[i]);
	say("live-end");
	_exit(0);
}
