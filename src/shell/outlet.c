// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/interrupt.h"
#include "command/terminal.h"

/* -R passes colours on, -F ends at once what fits, -X leaves the text on the screen. */
#define DEFAULT_PAGER \
	"if command -v less >/dev/null; then exec less -R -F -X; else exec cat; fi"

/* ---------------------------------------------------------------------- /bin/sh */

/* @input: becomes its standard input; -1: it keeps ours. Returns 0 with @err set. */
static pid_t start(const char *command, int input, struct error *err)
{
	char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t child = 0;
	int failed;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	/* what we ignore, it would ignore too */
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (input >= 0)
		posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	failed = posix_spawn(&child, "/bin/sh", &actions, &attributes, arguments, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (!failed)
		return child;
	error_set(err, ERROR_SYSTEM, "cannot start /bin/sh: %s", strerror(failed));
	return 0;
}

/*
 * Ctrl-C goes to it too, and it decides when it ends. A terminal that vanishes is told to the
 * leader of its session alone (drivers/tty/tty_jobctrl.c, tty_signal_session_leader()).
 */
static void await(pid_t child)
{
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		if (interrupt_ended())
			kill(child, interrupt_ended());
}

/* Starts /bin/sh with a pipe; returns the end to write to, or -1 with @err set. */
static int start_reader(const char *command, pid_t *child, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC)) {
		error_set(err, ERROR_SYSTEM, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	*child = start(command, ends[0], err);
	close(ends[0]);
	if (*child)
		return ends[1];
	close(ends[1]);
	return -1;
}

bool outlet_system(const char *command, bool input, struct error *err)
{
	int nothing = input ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC);
	pid_t child;

	fflush(stdout);
	child = start(command, nothing, err);
	if (nothing >= 0)
		close(nothing);
	if (child)
		await(child);
	return child != 0;
}

/* ------------------------------------------------------------------------ pager */

static const char *pager_command(void)
{
	const char *pager = secure_getenv("KSWAPCK_PAGER");

	if (!pager)
		pager = secure_getenv("PAGER");
	return pager && *pager ? pager : DEFAULT_PAGER;
}

/* How many lines of the terminal these bytes take. Colours make it a little too many. */
static void count_lines(struct outlet *outlet, const char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			outlet->lines++;
			outlet->column = 0;
		} else if (++outlet->column > outlet->columns) {
			outlet->lines++;
			outlet->column = 1;
		}
	}
}

static bool keep(struct outlet *outlet, const char *bytes, size_t size)
{
	if (outlet->used + size > outlet->room) {
		size_t room = 2 * outlet->room + size;
		char *grown = realloc(outlet->text, room);

		if (!grown)
			return false;
		outlet->text = grown;
		outlet->room = room;
	}
	memcpy(outlet->text + outlet->used, bytes, size);
	outlet->used += size;
	return true;
}

/* To the pager. It may have ended, or be stopped at a page while Ctrl-C is pressed. */
static bool pass_on(struct outlet *outlet, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(outlet->pipe, bytes, size);

		if (written < 0 && (errno != EINTR || interrupt_seen()))
			return false;
		if (written > 0) {
			bytes += written;
			size -= (size_t)written;
		}
	}
	return true;
}

/* For fopencookie(): 0 is an error, for whoever writes to see. */
static ssize_t write_paged(void *cookie, const char *bytes, size_t size)
{
	struct outlet *outlet = cookie;
	struct error err;

	if (outlet->pipe >= 0)
		return pass_on(outlet, bytes, size) ? (ssize_t)size : 0;
	if (!keep(outlet, bytes, size))
		return 0;
	count_lines(outlet, bytes, size);
	if (!outlet->rows || outlet->lines < outlet->rows)
		return (ssize_t)size;
	outlet->pipe = start_reader(pager_command(), &outlet->child, &err);
	if (outlet->pipe < 0)
		outlet->rows = 0;	/* do without */
	else if (!pass_on(outlet, outlet->text, outlet->used))
		return 0;
	return (ssize_t)size;
}

static bool open_paged(struct outlet *outlet)
{
	const cookie_io_functions_t functions = {.write = write_paged};
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row)
		size.ws_row = 24;
	outlet->rows = size.ws_row;
	outlet->columns = terminal_columns(stdout);
	outlet->fails_quietly = true;
	outlet->stream = fopencookie(outlet, "w", functions);
	return outlet->stream != NULL;
}

/* -------------------------------------------------------------------- all of them */

static bool open_pipe(struct outlet *outlet, const char *command, struct error *err)
{
	int end = start_reader(command, &outlet->child, err);

	if (end < 0)
		return false;
	outlet->fails_quietly = true;
	outlet->stream = fdopen(end, "w");
	if (outlet->stream)
		return true;
	close(end);
	await(outlet->child);
	return error_set(err, ERROR_SYSTEM, "out of memory");
}

static bool open_file(struct outlet *outlet, const struct shell_line *line, struct error *err)
{
	outlet->file = line->file;
	outlet->stream = fopen(line->file, line->append ? "ae" : "we");
	return outlet->stream || error_set(err, ERROR_SYSTEM, "%s: cannot write: %s", line->file,
					   strerror(errno));
}

static bool open_stream(struct outlet *outlet, const struct shell_line *line, bool paged,
			struct error *err)
{
	const char *term = getenv("TERM");

	if (line->pipe)
		return open_pipe(outlet, line->pipe, err);
	if (line->file)
		return open_file(outlet, line, err);
	if (paged && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb"))
		return open_paged(outlet) || error_set(err, ERROR_SYSTEM, "out of memory");
	outlet->stream = stdout;
	return true;
}

bool outlet_open(struct outlet *outlet, const struct shell_line *line, bool paged,
		 struct error *err)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	*outlet = (struct outlet){.pipe = -1};
	fflush(stdout);
	if (!open_stream(outlet, line, paged, err))
		return false;
	/* who reads may go before all is read; standard output without a reader ends us */
	if (outlet->fails_quietly)
		sigaction(SIGPIPE, &ignore, &outlet->old_sigpipe);
	return true;
}

bool outlet_is_terminal(const struct outlet *outlet)
{
	return (outlet->rows || outlet->stream == stdout) && isatty(STDOUT_FILENO);
}

static bool close_stream(struct outlet *outlet)
{
	bool failed = ferror(outlet->stream);

	if (outlet->stream == stdout)
		return !fflush(stdout) && !failed;
	return !fclose(outlet->stream) && !failed;
}

bool outlet_close(struct outlet *outlet, struct error *err)
{
	bool written = close_stream(outlet);
	int reason = errno;

	if (outlet->pipe >= 0)
		close(outlet->pipe);
	else if (outlet->used)
		fwrite(outlet->text, 1, outlet->used, stdout);
	fflush(stdout);
	if (outlet->child)
		await(outlet->child);
	if (outlet->fails_quietly)
		sigaction(SIGPIPE, &outlet->old_sigpipe, NULL);
	free(outlet->text);
	if (written || outlet->fails_quietly)
		return true;
	return error_set(err, ERROR_SYSTEM, "%s: cannot write: %s",
			 outlet->file ? outlet->file : "standard output", strerror(reason));
}
