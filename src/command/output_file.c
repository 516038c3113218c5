// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/output_file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/new_file.h"
#include "command/command.h"
#include "command/interrupt.h"

#define NOTHING_WRITTEN (EXIT_FAILED | EXIT_USAGE | EXIT_INTERRUPTED)

/* In the child: for good. */
static int fill(const struct new_file *file, int (*write)(void *data, FILE *stream), void *data)
{
	FILE *stream = fdopen(file->descriptor, "w");
	struct error err;
	int status;

	if (!stream)
		return EXIT_FAILED;
	status = write(data, stream);
	if (status & NOTHING_WRITTEN)
		return status;
	if (!fflush(stream) && !ferror(stream))
		return status;
	error_set(&err, ERROR_SYSTEM, "%s: cannot be written: %s", file->path, strerror(errno));
	return command_fail(&err);
}

/* Ctrl-C reaches both of them; a signal to this one alone is handed on. */
static int await(pid_t child, struct error *err)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR) {
			error_set(err, ERROR_SYSTEM, "waitpid: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (interrupt_seen())
			kill(child, SIGINT);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	error_set(err, ERROR_SYSTEM, "the analysis was ended by a signal: %s",
		  strsignal(WTERMSIG(status)));
	return EXIT_FAILED;
}

static int run_child(struct new_file *file, int (*write)(void *data, FILE *stream), void *data,
		     struct error *err)
{
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0) {
		error_set(err, ERROR_SYSTEM, "fork: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (child)
		return await(child, err);
	/* nobody would give the file its name */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	exit(fill(file, write, data));
}

int output_file_run(const char *path, int (*write)(void *data, FILE *stream), void *data)
{
	struct error err = {0};
	struct new_file file;
	int status;

	if (!strcmp(path, "-"))
		return write(data, stdout);
	if (!new_file_begin(&file, path, true, &err))
		return command_fail(&err);
	status = run_child(&file, write, data, &err);
	if (status & NOTHING_WRITTEN)
		new_file_abandon(&file);
	else if (!new_file_finish(&file, &err))
		status = EXIT_FAILED;
	if (err.text[0])
		command_fail(&err);
	return status;
}

bool output_file_is_input(const char *path, const char *const *files, size_t count)
{
	struct stat out, in;
	size_t i;

	if (stat(path, &out))
		return false;
	for (i = 0; i < count; i++)
		if (!stat(files[i], &in) && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
			return true;
	return false;
}
