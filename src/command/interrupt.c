// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* A signal handler can reach nothing but a global. */
static volatile sig_atomic_t seen, ended;

static void note(int signal)
{
	seen = 1;
	if (signal != SIGINT)
		ended = signal;
}

void interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

void interrupt_keep(void)
{
	struct sigaction action = {.sa_handler = note}, before;

	sigaction(SIGINT, &action, NULL);
	action.sa_flags = (int)SA_RESETHAND;
	sigaction(SIGTERM, &action, NULL);
	/* what nohup started outlives its terminal */
	if (!sigaction(SIGHUP, NULL, &before) && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

int interrupt_ended(void)
{
	return ended;
}

void interrupt_reset(void)
{
	seen = ended;
}

bool interrupt_seen(void)
{
	return seen;
}
