// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
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
static int fill(const struct new_file *file, int (*write_it)(void *data, FILE *stream), void *data)
{
	FILE *stream = fdopen(file->descriptor, "w");
	struct error err;
	int status;

	if (!stream)
		return EXIT_FAILED;
	status = write_it(data, stream);
	if (status & NOTHING_WRITTEN)
		return status;
	if (!fflush(stream) && !ferror(stream))
		return status;
	error_set(&err, ERROR_SYSTEM, "%s: cannot be written: %s", file->path, strerror(errno));
	return command_fail(&err);
}

/*
 * What the child says at its end: its exit status. A library that ends the process on its
 * own would say nothing, and its exit status could be any.
 */
static void say(int descriptor, int status)
{
	uint8_t byte = (uint8_t)status;

	/* nobody is there any more: nobody will take the file either */
	if (write(descriptor, &byte, 1) != 1)
		_exit(EXIT_FAILED);
}

static bool hear(int descriptor, int *status)
{
	uint8_t byte;
	ssize_t got;

	do
		got = read(descriptor, &byte, 1);
	while (got < 0 && errno == EINTR);
	*status = byte;
	return got == 1;
}

/* Ctrl-C reaches both of them; a signal to this one alone is handed on. */
static int await(pid_t child, int descriptor, struct error *err)
{
	int end, status;

	while (waitpid(child, &end, 0) < 0) {
		if (errno != EINTR) {
			error_set(err, ERROR_SYSTEM, "waitpid: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (interrupt_seen())
			kill(child, SIGINT);
	}
	if (WIFEXITED(end) && hear(descriptor, &status))
		return status;
	error_set(err, ERROR_SYSTEM, "the analysis did not come to its end: %s",
		  WIFSIGNALED(end) ? strsignal(WTERMSIG(end)) : "it gave up");
	return EXIT_FAILED;
}

static int run_child(struct new_file *file, int (*write_it)(void *data, FILE *stream), void *data,
		     struct error *err)
{
	int ends[2], status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC)) {
		error_set(err, ERROR_SYSTEM, "pipe: %s", strerror(errno));
		return EXIT_FAILED;
	}
	fflush(stdout);
	child = fork();
	if (!child) {
		/* nobody would give the file its name */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		status = fill(file, write_it, data);
		say(ends[1], status);
		exit(status);
	}
	close(ends[1]);
	if (child > 0) {
		status = await(child, ends[0], err);
	} else {
		error_set(err, ERROR_SYSTEM, "fork: %s", strerror(errno));
		status = EXIT_FAILED;
	}
	close(ends[0]);
	return status;
}

int output_file_run(const char *path, bool replace, int (*write_it)(void *data, FILE *stream),
		    void *data)
{
	struct error err = {0};
	struct new_file file;
	int status;

	if (!strcmp(path, "-"))
		return write_it(data, stdout);
	if (!new_file_begin(&file, path, replace, &err))
		return command_fail(&err);
	status = run_child(&file, write_it, data, &err);
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
