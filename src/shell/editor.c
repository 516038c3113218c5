// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/editor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <readline/readline.h>

#include "command/interrupt.h"
#include "shell/complete.h"
#include "shell/history.h"

#define PROMPT "kswapck> "

/* readline hands a line to a function that knows nothing but the line. */
static char *taken;
static bool is_taken;
static bool is_gone;	/* the terminal */

static void take(char *line)
{
	taken = line;
	is_taken = true;
	/* the terminal is as it was before the command runs */
	rl_callback_handler_remove();
}

/* Signals come while it waits, and at no other time that would lose them. */
static int await_input(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t signals, before;
	int ready = 0;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (!interrupt_seen())
		ready = ppoll(&input, 1, NULL, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ready;
}

/*
 * readline asks for letters wherever it likes, in a search or after "Display all
 * possibilities?"; Ctrl-C is told to it as Ctrl-G, which ends whatever it is at. So is the end
 * of input (Ctrl-D is a letter), after which it would ask for ever in an argument (Alt-5).
 */
static int read_letter(FILE *stream)
{
	unsigned char letter;
	ssize_t count;

	(void)stream;
	while (!is_gone) {
		is_gone = await_input() < 0 && errno != EINTR;
		if (is_gone || interrupt_seen() || interrupt_ended())
			break;
		count = read(STDIN_FILENO, &letter, 1);
		if (count == 1)
			return letter;
		is_gone = !count || errno != EINTR;
	}
	return ABORT_CHAR;
}

/*
 * Without NOFLSH the kernel drops what was typed before Ctrl-C, also between the poll()
 * that saw it and the read(), which would then wait (drivers/tty/n_tty.c, isig()).
 */
static void prepare_terminal(int meta)
{
	struct termios settings;

	rl_prep_terminal(meta);
	if (tcgetattr(STDIN_FILENO, &settings))
		return;
	settings.c_lflag |= NOFLSH;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
}

/* Ctrl-C: away with the line, and with a search in the history. */
static void begin_anew(void)
{
	tcflush(STDIN_FILENO, TCIFLUSH);
	interrupt_reset();
	rl_callback_sigcleanup();
	rl_free_line_state();
	rl_callback_handler_remove();
	clearerr(rl_outstream);
	fputs("^C\n", rl_outstream);
	rl_callback_handler_install(PROMPT, take);
}

/* A letter was typed, or Ctrl-C. False: the session shall end. */
static bool await_letter(void)
{
	int ready = await_input();

	if (ready > 0)
		rl_callback_read_char();
	else if (ready < 0 && errno != EINTR)
		return false;
	if (is_gone || interrupt_ended())
		return false;
	if (interrupt_seen())
		begin_anew();
	return true;
}

void editor_open(struct shell *shell)
{
	rl_readline_name = "kswapck";
	rl_outstream = isatty(STDOUT_FILENO) ? stdout : stderr;
	/* LINES and COLUMNS would tell a pager the size of now for ever */
	rl_change_environment = 0;
	rl_catch_signals = 0;
	rl_getc_function = read_letter;
	rl_prep_term_function = prepare_terminal;
	complete_open(shell);
	history_open();
}

char *editor_read(void)
{
	is_taken = false;
	rl_callback_handler_install(PROMPT, take);
	while (!is_taken) {
		if (await_letter())
			continue;
		rl_callback_handler_remove();
		return NULL;
	}
	if (taken)
		history_add(taken);
	else
		fputc('\n', rl_outstream);
	return taken;
}

void editor_close(void)
{
	history_shut();
	complete_close();
}
