// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the lines of a session come from: ~/.kswapckrc, options, a terminal, a pipe. */
#include "shell/session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "base/trust.h"
#include "command/command.h"
#include "command/interrupt.h"
#include "shell/editor.h"

static void say(struct shell *shell, const struct error *err)
{
	shell->status |= command_fail(err);
}

/* -------------------------------------------------------------------- files */

/* @name: stands before errors, with the number of the line. NULL: nothing does. */
static void run_stream(struct shell *shell, FILE *stream, const char *name)
{
	char *line = NULL, where[PATH_MAX + 24];
	unsigned int number = 0;
	struct error err;
	size_t room = 0;
	int reason = 0;

	while (getline(&line, &room, stream) > 0 && !interrupt_seen()) {
		/* a NUL ends the line, as it ends a string */
		line[strcspn(line, "\n")] = 0;
		if (name)
			snprintf(where, sizeof(where), "%s:%u", name, ++number);
		if (!shell_run(shell, line, name ? where : NULL))
			break;
	}
	if (ferror(stream) && !shell->finished)
		reason = errno;
	free(line);
	/* Ctrl-C before there was a line */
	if (shell_interrupted(shell, NULL) || !reason)
		return;
	error_set(&err, ERROR_SYSTEM, "%s: cannot read: %s", name ? name : "standard input",
		  strerror(reason));
	say(shell, &err);
}

static void run_file(struct shell *shell, const char *path)
{
	FILE *stream = fopen(path, "re");
	struct error err;

	if (!stream) {
		error_set(&err, ERROR_SYSTEM, "%s: cannot open: %s", path, strerror(errno));
		say(shell, &err);
		return;
	}
	run_stream(shell, stream, path);
	fclose(stream);
}

/* It may run anything: what root does not trust it does not run. */
static void run_rc(struct shell *shell)
{
	const char *home = secure_getenv("HOME");
	struct error err = {0};
	char path[PATH_MAX];
	FILE *stream;
	int file;

	if (!home || *home != '/' ||
	    snprintf(path, sizeof(path), "%s/.kswapckrc", home) >= (int)sizeof(path))
		return;
	/* a pipe would block */
	file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		return;
	stream = trust_file(file, path, &err) ? fdopen(file, "r") : NULL;
	if (stream) {
		run_stream(shell, stream, path);
		fclose(stream);
	} else {
		error_prefix(&err, "not run");
		command_fail(&err);
		close(file);
	}
}

/* ---------------------------------------------------------------- text and people */

static void run_text(struct shell *shell, const char *text)
{
	char *copy = strdup(text), *rest = copy, *line;
	struct error err;

	if (!copy) {
		error_set(&err, ERROR_SYSTEM, "out of memory");
		say(shell, &err);
		return;
	}
	while ((line = strsep(&rest, "\n")) && shell_run(shell, line, NULL))
		;
	free(copy);
}

static void greet(const struct shell *shell)
{
	char release[128], file[512];

	text_visible(shell->subject.release, release, sizeof(release));
	text_visible(shell->subject.files[0], file, sizeof(file));
	printf("kswapck %s: Linux %s, %s; 'help' lists the commands\n", KSWAPCK_VERSION, release,
	       shell->live ? "running" : file);
}

static void run_typed(struct shell *shell)
{
	char *line;

	greet(shell);
	editor_open(shell);
	while ((line = editor_read())) {
		bool more = shell_run(shell, line, NULL);

		free(line);
		if (!more)
			break;
	}
	editor_close();
}

void session_run(struct shell *shell, const struct session_options *options)
{
	size_t i;

	shell->interactive = !options->input_count && isatty(STDIN_FILENO);
	interrupt_keep();
	if (!options->no_rc) {
		run_rc(shell);
		shell->status = EXIT_CLEAN;
	}
	if (shell->interactive && !shell->finished)
		run_typed(shell);
	else if (!options->input_count && !shell->finished)
		run_stream(shell, stdin, NULL);
	for (i = 0; i < options->input_count && !shell->finished; i++) {
		const struct session_input *input = &options->inputs[i];

		if (input->file)
			run_file(shell, input->file);
		else
			run_text(shell, input->text);
	}
	/* people have seen what failed */
	if (shell->interactive)
		shell->status = EXIT_CLEAN;
}
