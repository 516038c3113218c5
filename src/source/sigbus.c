// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libkdumpfile maps files. A file that was whole when it was opened may be cut by
 * somebody else while we read, or its disk may fail: then the kernel sends SIGBUS.
 */
#include "source/sigbus.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define STATUS_NOT_ANALYSED 8

/* A signal handler gets no argument: the one line it will write is made before. */
static char last_words[512];

static void on_sigbus(int number)
{
	ssize_t written;

	(void)number;
	written = write(STDERR_FILENO, last_words, strlen(last_words));
	(void)written;
	_exit(STATUS_NOT_ANALYSED);
}

void sigbus_guard(const char *name)
{
	struct sigaction action;
	char visible[300];

	snprintf(last_words, sizeof(last_words) - 1,
		 "kswapck: %s: the file became shorter or unreadable while it was read; "
		 "copy it again", text_visible(name, visible, sizeof(visible)));
	strcat(last_words, "\n");
	if (sigaction(SIGBUS, NULL, &action) || action.sa_handler != SIG_DFL)
		return;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_sigbus;
	sigaction(SIGBUS, &action, NULL);
}
