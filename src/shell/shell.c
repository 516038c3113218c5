// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands by their names, and a line of them run. */
#include "shell/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "command/command.h"
#include "command/interrupt.h"
#include "command/terminal.h"
#include "kernel/page_owner.h"
#include "shell/line.h"
#include "shell/outlet.h"

static const struct shell_command *const tables[] = {
	shell_audit_commands,
	shell_confirm_commands,
	shell_drgn_commands,
	shell_slot_commands,
	shell_page_commands,
	shell_task_commands,
	shell_memory_commands,
	shell_session_commands,
};

/* --------------------------------------------------------------------- commands */

const struct shell_command *shell_command_at(size_t index)
{
	size_t i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct shell_command *command = tables[i];

		for (; command->name; command++)
			if (!index--)
				return command;
	}
	return NULL;
}

const struct shell_command *shell_command_find(const char *name)
{
	const struct shell_command *command;
	size_t i;

	for (i = 0; (command = shell_command_at(i)); i++)
		if (!strcmp(command->name, name))
			return command;
	return NULL;
}

static bool is_raw(const char *name)
{
	const struct shell_command *command = shell_command_find(name);

	return command && command->raw;
}

#define NAME_MAX_LENGTH 24	/* of a word that may be a mistyped name */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Letters that were left out, put in or taken for others. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1], length = strlen(b), i, k;

	if (length > NAME_MAX_LENGTH)
		return length;
	for (k = 0; k <= length; k++)
		row[k] = k;
	for (i = 0; a[i]; i++) {
		size_t before = row[0]++;

		for (k = 1; k <= length; k++) {
			size_t changed = before + (a[i] != b[k - 1]);

			before = row[k];
			row[k] = least(changed, least(row[k], row[k - 1]) + 1);
		}
	}
	return row[length];
}

/* What those who know crash type, and what does it here. */
static const struct {
	const char *theirs, *ours;
} in_crash[] = {
	{"dev", "devices"}, {"dmesg", "log"}, {"foreach", "bt"}, {"gdb", "drgn"},
	{"kmem", "page"}, {"p", "rd' or 'struct"}, {"pte", "vtop"}, {"ps", "task"},
	{"px", "rd' or 'struct"}, {"runq", "bt -a"}, {"swap", "devices"}, {"sys", "scan"},
	{"tree", "xa"}, {"union", "struct"}, {"vm", "task"}, {"whatis", "struct"},
};

static const char *known_from_crash(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(in_crash) / sizeof(in_crash[0]); i++)
		if (!strcmp(in_crash[i].theirs, name))
			return in_crash[i].ours;
	return NULL;
}

static bool unknown(const char *name, struct error *err)
{
	const char *here = known_from_crash(name);
	const struct shell_command *command, *best = NULL;
	size_t near = strlen(name) > 3 ? 3 : 2, i;	/* less than that many letters */
	char text[64];

	if (here)
		return error_set(err, ERROR_USAGE, "there is no command '%s'; what it does in "
				 "crash, '%s' does here", name, here);
	for (i = 0; (command = shell_command_at(i)); i++) {
		size_t letters = distance(command->name, name);

		if (letters >= near)
			continue;
		near = letters;
		best = command;
	}
	text_visible(name, text, sizeof(text));
	if (best)
		return error_set(err, ERROR_USAGE, "there is no command '%s'; did you mean '%s'?",
				 text, best->name);
	return error_set(err, ERROR_USAGE, "there is no command '%s'; 'help' lists them", text);
}

/* ------------------------------------------------------------------ for commands */

bool shell_stopped(const struct shell *shell)
{
	return interrupt_seen() || ferror(shell->out);
}

/* All of @length letters; false if they are no number. */
static bool take_number(const char *text, size_t length, bool hex, uint64_t *value)
{
	bool prefixed = length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;

	/* strtoull() takes signs and blanks */
	if (!length || !isxdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*value = strtoull(text, &end, prefixed || hex ? 16 : 10);
	return !errno && end == text + length;
}

static bool take_symbol(const struct shell *shell, const char *text, size_t length,
			uint64_t *value)
{
	char name[512];

	if (!length || length >= sizeof(name))
		return false;
	memcpy(name, text, length);
	name[length] = 0;
	return image_symbol(shell->dump.image, name, value);
}

bool shell_number(struct shell *shell, const char *text, bool hex, uint64_t *value,
		  struct error *err)
{
	size_t length = strcspn(text, "+");
	uint64_t offset = 0;
	char visible[128];

	text_visible(text, visible, sizeof(visible));
	if (!take_number(text, length, hex, value) && !take_symbol(shell, text, length, value))
		return error_set(err, ERROR_USAGE, "'%s' is neither a number nor a symbol of the "
				 "kernel", visible);
	if (text[length] &&
	    !take_number(text + length + 1, strlen(text + length + 1), false, &offset))
		return error_set(err, ERROR_USAGE, "'%s': what follows the + is no number",
				 visible);
	if (__builtin_add_overflow(*value, offset, value))
		return error_set(err, ERROR_USAGE, "'%s' is more than 64 bits", visible);
	return true;
}

/* ------------------------------------------------------------------------ a line */

static void say(const struct error *err, const char *where)
{
	char text[sizeof(err->text)];

	fflush(stdout);
	fprintf(stderr, "kswapck: %s%s%s\n", where ? where : "", where ? ": " : "",
		text_visible(err->text, text, sizeof(text)));
}

static void failed(struct shell *shell, const struct error *err, const char *where)
{
	say(err, where);
	shell->status |= err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

/* --json, wherever it stands. */
static void take_json(struct shell *shell, struct shell_line *line)
{
	int i, kept = 1;

	for (i = 1; i < line->count; i++) {
		if (!strcmp(line->words[i], "--json"))
			shell->json = true;
		else
			line->words[kept++] = line->words[i];
	}
	line->count = kept;
	line->words[kept] = NULL;
}

static bool run_to(struct shell *shell, const struct shell_command *command,
		   struct shell_line *line, struct outlet *outlet, struct error *err)
{
	bool terminal = outlet_is_terminal(outlet), done;

	shell->out = outlet->stream;
	shell->columns = terminal ? terminal_columns(stdout) : 0;
	shell->colour = terminal && terminal_colour(stdout);
	done = command->run(shell, line->count, line->words, err);
	/* nobody wants the rest of it: no failure */
	if (!done && outlet->fails_quietly && ferror(outlet->stream))
		done = true;
	/* what a command says of itself is better than that nothing came through */
	if (!outlet_close(outlet, done ? err : NULL))
		done = false;
	shell->out = stdout;
	return done;
}

static bool is_of(const struct shell_command *table, const struct shell_command *command)
{
	for (; table->name; table++)
		if (table == command)
			return true;
	return false;
}

/* Who asks for memory by its address gets it; all else is as in the other commands. */
static void guard_reads(struct shell *shell, const struct shell_command *command)
{
	if (shell->live)
		return;
	if (is_of(shell_memory_commands, command))
		memory_guard(shell->dump.memory, NULL, NULL);
	else
		page_owner_guard(&shell->dump.kernel);
}

static bool run_command(struct shell *shell, struct shell_line *line, struct error *err)
{
	const struct shell_command *command = shell_command_find(line->words[0]);
	struct outlet outlet;

	if (!command)
		return unknown(line->words[0], err);
	shell->json = shell->json_always;
	if (!command->raw)
		take_json(shell, line);
	if (shell->live && !shell_settle(shell, err))
		return false;
	guard_reads(shell, command);
	return outlet_open(&outlet, line, shell->interactive && !shell->no_pager, err) &&
	       run_to(shell, command, line, &outlet, err);
}

static bool run_one(struct shell *shell, struct shell_line *line, struct error *err)
{
	if (line->system)
		return outlet_system(line->system, shell->interactive, err);
	return !line->count || run_command(shell, line, err);
}

bool shell_interrupted(struct shell *shell, const char *where)
{
	struct error err;

	if (!interrupt_seen())
		return false;
	error_set(&err, ERROR_SYSTEM, "interrupted");
	say(&err, where);
	shell->status |= EXIT_INTERRUPTED;
	if (!shell->interactive || interrupt_ended())
		shell->finished = true;
	/* a write to the terminal into which Ctrl-C came has failed, and that one alone */
	clearerr(stdout);
	interrupt_reset();
	return true;
}

bool shell_run(struct shell *shell, const char *line, const char *where)
{
	struct shell_line one;
	struct error err = {0};

	while (*line && !shell->finished) {
		bool done = line_take(&line, is_raw, &one, &err) && run_one(shell, &one, &err);

		line_free(&one);
		if (shell_interrupted(shell, where))
			break;
		if (!done)
			failed(shell, &err, where);
	}
	return !shell->finished;
}
