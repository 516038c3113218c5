// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/drgn_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "command/interrupt.h"
#include "drgn_server.h"

#define ANSWER_MAX	(64U << 20)
#define SERVER_READS	3
#define SERVER_WRITES	4
#define POLL_MS		100
#define ERROR_LINE_MAX	400

struct drgn_process {
	pid_t pid;
	int requests, answers;	/* our ends of two pipes */
	int script;
};

static bool closed(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "drgn has ended: see what it said above; it needs the "
			 "vmlinux with debug information (--vmlinux), and must know the dump's "
			 "format");
}

/* -------------------------------------------------------------------- starting it */

/* drgn wants a file; nothing is left of one that is in memory. */
static int make_script(void)
{
	int script = memfd_create("drgn_server.py", MFD_CLOEXEC);

	if (script >= 0 && write(script, drgn_server, sizeof(drgn_server) - 1) !=
			   (ssize_t)sizeof(drgn_server) - 1) {
		close(script);
		return -1;
	}
	return script;
}

/* In the child: high numbers first, so that none of the ends is overwritten. */
static void place_pipes(int requests, int answers)
{
	int high_requests = fcntl(requests, F_DUPFD, 10);
	int high_answers = fcntl(answers, F_DUPFD, 10);

	dup2(high_requests, SERVER_READS);
	dup2(high_answers, SERVER_WRITES);
	close(high_requests);
	close(high_answers);
}

static void run_drgn(const struct shell *shell, int requests, int answers, int script)
{
	const char *vmlinux = image_vmlinux(shell->dump.image), *arguments[9];
	int count = 0, high_script = fcntl(script, F_DUPFD, 20);
	char path[32];

	/* Ctrl-C is ours; we pass it on */
	setpgid(0, 0);
	/* It must not stop for a terminal that is not its own, nor at its prompt for Ctrl-Z. */
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", high_script);
	place_pipes(requests, answers);
	/* drgn 0.0.22 cannot read QEMU's ELF files by itself */
	setenv("DRGN_USE_LIBKDUMPFILE_FOR_ELF", "1", 0);
	arguments[count++] = "drgn";
	arguments[count++] = "-q";
	if (shell->live) {
		arguments[count++] = "-k";
	} else {
		arguments[count++] = "-c";
		arguments[count++] = shell->subject.files[0];
	}
	if (vmlinux) {
		arguments[count++] = "-s";
		arguments[count++] = vmlinux;
	}
	arguments[count++] = path;
	arguments[count] = NULL;
	execvp("drgn", (char *const *)arguments);
	_exit(127);
}

static bool start(struct drgn_process *process, const struct shell *shell, struct error *err)
{
	int requests[2] = {-1, -1}, answers[2] = {-1, -1};

	process->script = make_script();
	if (process->script < 0 || pipe2(requests, O_CLOEXEC) || pipe2(answers, O_CLOEXEC) ||
	    (process->pid = fork()) < 0) {
		close(requests[0]);
		close(requests[1]);
		return error_set(err, ERROR_SYSTEM, "cannot start drgn: %s", strerror(errno));
	}
	if (!process->pid)
		run_drgn(shell, requests[0], answers[1], process->script);
	close(requests[0]);
	close(answers[1]);
	process->requests = requests[1];
	process->answers = answers[0];
	return true;
}

static bool is_there(void)
{
	const char *path = getenv("PATH");
	char *copy = strdup(path ? path : "/usr/bin:/bin"), *save, *folder, program[4096];
	bool found = false;

	for (folder = copy ? strtok_r(copy, ":", &save) : NULL; folder && !found;
	     folder = strtok_r(NULL, ":", &save)) {
		snprintf(program, sizeof(program), "%s/drgn", folder);
		found = access(program, X_OK) == 0;
	}
	free(copy);
	return found;
}

struct drgn_process *drgn_process_start(const struct shell *shell, struct error *err)
{
	struct drgn_process *process;

	if (!is_there()) {
		error_set(err, ERROR_MISSING, "there is no program 'drgn' (apt install "
			  "python3-drgn)");
		return NULL;
	}
	if (!shell->live && shell->subject.file_count != 1) {
		error_set(err, ERROR_INPUT, "drgn opens one file, not a split set");
		return NULL;
	}
	process = calloc(1, sizeof(*process));
	if (!process) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	process->requests = process->answers = process->script = -1;
	if (start(process, shell, err))
		return process;
	drgn_process_end(process);
	return NULL;
}

void drgn_process_end(struct drgn_process *process)
{
	if (!process)
		return;
	if (process->requests >= 0)
		close(process->requests);
	if (process->answers >= 0)
		close(process->answers);
	if (process->script >= 0)
		close(process->script);
	if (process->pid > 0) {
		kill(process->pid, SIGTERM);
		waitpid(process->pid, NULL, 0);
	}
	free(process);
}

/* ------------------------------------------------------------------------ asking */

static bool write_all(int file, const char *text, size_t length)
{
	while (length) {
		ssize_t done = write(file, text, length);

		if (done < 0 && errno == EINTR && !interrupt_ended())
			continue;
		if (done <= 0)
			return false;
		text += done;
		length -= (size_t)done;
	}
	return true;
}

/* It may have ended: that is no reason to end too, as when nobody reads what we print. */
static bool write_message(const struct drgn_process *process, char kind, const char *text)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	char head[32];
	bool done;

	snprintf(head, sizeof(head), "%zu\n%c", strlen(text) + 1, kind);
	sigaction(SIGPIPE, &ignore, &before);
	done = write_all(process->requests, head, strlen(head)) &&
	       write_all(process->requests, text, strlen(text));
	sigaction(SIGPIPE, &before, NULL);
	return done;
}

/* Waits with an eye on Ctrl-C, which is passed on once. */
static bool read_all(struct drgn_process *process, char *text, size_t length, bool *told)
{
	struct pollfd ready = {.fd = process->answers, .events = POLLIN};
	ssize_t done;

	while (length) {
		if (interrupt_ended())
			return false;
		if (interrupt_seen() && !*told) {
			*told = true;
			kill(process->pid, SIGINT);
		}
		if (poll(&ready, 1, POLL_MS) <= 0)
			continue;
		done = read(process->answers, text, length);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		length -= (size_t)done;
	}
	return true;
}

static bool read_length(struct drgn_process *process, size_t *length, bool *told)
{
	char digits[12] = "";
	size_t i;

	for (i = 0; i < sizeof(digits) - 1; i++) {
		if (!read_all(process, digits + i, 1, told))
			return false;
		if (digits[i] == '\n')
			break;
	}
	*length = strtoul(digits, NULL, 10);
	return *length && *length <= ANSWER_MAX;
}

bool drgn_process_ask(struct drgn_process *process, char kind, const char *text, char **answer,
		      struct error *err)
{
	bool told = false, failed;
	size_t length, skipped;

	*answer = NULL;
	if (!write_message(process, kind, text) || !read_length(process, &length, &told))
		return closed(err);
	*answer = malloc(length + 1);
	if (!*answer)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	if (!read_all(process, *answer, length, &told)) {
		free(*answer);
		*answer = NULL;
		return closed(err);
	}
	(*answer)[length] = 0;
	failed = **answer == '!';
	skipped = failed ? strcspn(*answer, "\n") : 0;
	if (failed)
		error_set(err, ERROR_USAGE, "drgn: %.*s",
			  (int)(skipped < ERROR_LINE_MAX ? skipped : ERROR_LINE_MAX) - 1,
			  *answer + 1);
	skipped += skipped < length;
	memmove(*answer, *answer + skipped, length - skipped + 1);
	return !failed;
}

/* ----------------------------------------------------------------- its own prompt */

/* Who is not in the foreground would be stopped for asking for it. */
static void put_in_foreground(pid_t group)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &before);
	tcsetpgrp(STDIN_FILENO, group);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

bool drgn_process_talk(struct drgn_process *process, struct error *err)
{
	struct termios modes;
	bool known = !tcgetattr(STDIN_FILENO, &modes), done;
	char *answer;

	put_in_foreground(process->pid);
	done = drgn_process_ask(process, 'P', "", &answer, err);
	put_in_foreground(getpgrp());
	/* as they were before its line editor, if that had no time to tidy up */
	if (known)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
	free(answer);
	return done;
}
