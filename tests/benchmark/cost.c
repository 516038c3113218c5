// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command and writes what it cost, with all that it started: milliseconds of CPU and
 * of time, MiB of resident memory at its peak, its exit status. From a small process, as
 * what the starting one has counts as the command's until that is loaded.
 *
 *	cost FILE COMMAND [ARGUMENT]...
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static void die(const char *what)
{
	fprintf(stderr, "cost: %s\n", what);
	exit(EXIT_FAILURE);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return 1e3 * (double)time.tv_sec + 1e-6 * (double)time.tv_nsec;
}

static double milliseconds(struct timeval time)
{
	return 1e3 * (double)time.tv_sec + 1e-3 * (double)time.tv_usec;
}

int main(int argc, char **argv)
{
	struct rusage usage = {0};
	double begin, wall;
	FILE *file;
	pid_t pid;
	int status = 0;

	if (argc < 3)
		die("usage: cost FILE COMMAND [ARGUMENT]...");
	begin = now();
	if (posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ) ||
	    wait4(pid, &status, 0, &usage) != pid)
		die(argv[2]);
	wall = now() - begin;
	file = fopen(argv[1], "w");
	if (!file)
		die(argv[1]);
	fprintf(file, "%.3f %.3f %.3f %d\n",
		milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), wall,
		(double)usage.ru_maxrss / 1024, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	if (fclose(file))
		die(argv[1]);
	return EXIT_SUCCESS;
}
