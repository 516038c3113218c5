// SPDX-License-Identifier: GPL-2.0-or-later
/* The session itself: help, set, quit. */
#include "shell/shell.h"

#include <string.h>

#include "base/text.h"
#include "command/checks.h"
#include "command/help.h"
#include "output/sentence.h"
#include "shell/print.h"

#define SUMMARY_COLUMN	12	/* where the summaries of commands begin */
#define HELP_COLUMNS	80	/* of what is not for a terminal */

static unsigned int width(const struct shell *shell)
{
	return shell->columns && shell->columns < 100 ? shell->columns : HELP_COLUMNS;
}

/* ------------------------------------------------------------------------- help */

static const char line_help[] =
	"A command's words may be quoted ('...' or \"...\"); ; separates commands and # begins a "
	"comment. The answer can go elsewhere: COMMAND | less, COMMAND | grep x | wc -l, "
	"COMMAND > FILE, COMMAND >> FILE. !COMMAND is run by /bin/sh. With --json a command "
	"answers with one JSON document. Ctrl-C stops a command. 'help COMMAND' tells more, as "
	"'help problems', 'help KS101', 'help bugs' and 'help BUG' do.";

static void list_commands(const struct shell *shell)
{
	const struct shell_command *command;
	size_t i;

	for (i = 0; (command = shell_command_at(i)); i++) {
		fprintf(shell->out, "  %-*s", SUMMARY_COLUMN - 2, command->name);
		sentence_wrap(shell->out, command->summary, SUMMARY_COLUMN, SUMMARY_COLUMN,
			      width(shell));
		fputc('\n', shell->out);
	}
	fputc('\n', shell->out);
	sentence_wrap(shell->out, line_help, 0, 0, width(shell));
	fputc('\n', shell->out);
}

static void write_command(struct json_writer *json, const struct shell_command *command)
{
	json_object(json, NULL);
	json_string(json, "name", command->name);
	json_string(json, "arguments", command->arguments);
	json_string(json, "summary", command->summary);
	json_string(json, "help", command->help);
	json_close(json, '}');
}

/* @one: NULL for all. */
static void write_commands(struct shell *shell, const struct shell_command *one)
{
	const struct shell_command *command;
	struct answer answer;
	size_t i;

	answer_init(&answer, shell);
	answer_begin(&answer, "help");
	json_array(&answer.json, "commands");
	for (i = 0; (command = shell_command_at(i)); i++)
		if (!one || command == one)
			write_command(&answer.json, command);
	json_close(&answer.json, ']');
	answer_end(&answer);
}

static void print_command(const struct shell *shell, const struct shell_command *command)
{
	fprintf(shell->out, "%s%s%s\n\n  ", command->name, *command->arguments ? " " : "",
		command->arguments);
	sentence_wrap(shell->out, command->summary, 2, 2, width(shell));
	fputs("\n\n  ", shell->out);
	sentence_wrap(shell->out, command->help, 2, 2, width(shell));
	fputc('\n', shell->out);
}

static void write_problem(struct json_writer *json, const struct catalogue *catalogue,
			  const struct kswapck_problem *problem)
{
	json_object(json, NULL);
	json_string(json, "id", problem->id);
	json_string(json, "name", problem->name);
	json_string(json, "severity", checks_grade(catalogue, problem));
	json_string(json, "class", problem->class == KSWAPCK_CORRUPT ? "corrupt" : "mismatch");
	json_string(json, "meaning", problem->meaning);
	json_string(json, "origin", problem->origin);
	json_string(json, "consequence", problem->consequence);
	json_string(json, "confirm", problem->confirm);
	json_close(json, '}');
}

/* @one: NULL for all. */
static void write_problems(struct shell *shell, const struct kswapck_problem *one)
{
	const struct kswapck_problem *problem;
	struct answer answer;
	size_t i;

	answer_init(&answer, shell);
	answer_begin(&answer, "help");
	json_array(&answer.json, "problems");
	for (i = 0; (problem = catalogue_problem(shell->catalogue, i)); i++)
		if (!one || problem == one)
			write_problem(&answer.json, shell->catalogue, problem);
	json_close(&answer.json, ']');
	answer_end(&answer);
}

static void write_bugs(struct shell *shell, const char *name)
{
	const struct known_bug *bug;
	struct answer answer;
	size_t i;

	answer_init(&answer, shell);
	answer_begin(&answer, "help");
	json_array(&answer.json, "bugs");
	for (i = 0; (bug = known_bug_at(i)); i++) {
		if (name && strcmp(bug->name, name))
			continue;
		json_object(&answer.json, NULL);
		json_string(&answer.json, "name", bug->name);
		json_string(&answer.json, "summary", bug->summary);
		json_string(&answer.json, "introduced", bug->introduced);
		json_string(&answer.json, "introduced_commit", bug->introduced_commit);
		json_string(&answer.json, "fixed", bug->fixed);
		json_string(&answer.json, "fix_commit", bug->fix_commit);
		json_string(&answer.json, "leaves", bug->leaves);
		json_close(&answer.json, '}');
	}
	json_close(&answer.json, ']');
	answer_end(&answer);
}

static bool is_bug(const char *name)
{
	const struct known_bug *bug;
	size_t i;

	for (i = 0; (bug = known_bug_at(i)); i++)
		if (!strcmp(bug->name, name))
			return true;
	return false;
}

static bool write_topic(struct shell *shell, const char *topic)
{
	const struct kswapck_problem *problem = catalogue_find(shell->catalogue, topic);

	if (problem || !strcmp(topic, "problems"))
		write_problems(shell, problem);
	else if (is_bug(topic))
		write_bugs(shell, topic);
	else if (!strcmp(topic, "bugs"))
		write_bugs(shell, NULL);
	else
		return false;
	return true;
}

static bool help_topic(struct shell *shell, const char *topic, struct error *err)
{
	char text[128];
	bool found;

	if (shell->json)
		found = write_topic(shell, topic);
	else
		found = help_bug(shell->out, topic, shell->columns) ||
			help_problem(shell->out, shell->catalogue, topic, shell->columns);
	return found || error_set(err, ERROR_USAGE, "no command, problem or bug '%s'; 'help', "
				  "'help problems' and 'help bugs' list them",
				  text_visible(topic, text, sizeof(text)));
}

static bool run_help(struct shell *shell, int argc, char **argv, struct error *err)
{
	const struct shell_command *command = argc > 1 ? shell_command_find(argv[1]) : NULL;

	if (argc > 2)
		return shell_usage(shell_session_commands, argv[0], err);
	if (argc > 1 && !command)
		return help_topic(shell, argv[1], err);
	if (shell->json)
		write_commands(shell, command);
	else if (command)
		print_command(shell, command);
	else
		list_commands(shell);
	return true;
}

/* -------------------------------------------------------------------------- set */

static const char *on_off(bool value)
{
	return value ? "on" : "off";
}

static void show_settings(struct shell *shell)
{
	struct answer answer;

	answer_init(&answer, shell);
	answer_begin(&answer, "set");
	if (answer.is_json) {
		json_bool(&answer.json, "json", shell->json_always);
		json_bool(&answer.json, "pager", !shell->no_pager);
	}
	answer_line(&answer, "json", "%s", on_off(shell->json_always));
	answer_line(&answer, "pager", "%s", on_off(!shell->no_pager));
	answer_end(&answer);
}

static bool run_set(struct shell *shell, int argc, char **argv, struct error *err)
{
	bool value;

	if (argc == 1) {
		show_settings(shell);
		return true;
	}
	if (argc != 3 || (strcmp(argv[2], "on") && strcmp(argv[2], "off")))
		return shell_usage(shell_session_commands, argv[0], err);
	value = !strcmp(argv[2], "on");
	if (!strcmp(argv[1], "json"))
		shell->json_always = value;
	else if (!strcmp(argv[1], "pager"))
		shell->no_pager = !value;
	else
		return shell_usage(shell_session_commands, argv[0], err);
	return true;
}

/* ------------------------------------------------------------------------- quit */

static bool run_quit(struct shell *shell, int argc, char **argv, struct error *err)
{
	if (argc > 1)
		return shell_usage(shell_session_commands, argv[0], err);
	shell->finished = true;
	return true;
}

const struct shell_command shell_session_commands[] = {
	{
		.name = "help",
		.arguments = "[COMMAND | PROBLEM | BUG | problems | bugs]",
		.summary = "list the commands, or explain one, a problem or a known bug",
		.help = "PROBLEM is an id (KS101) or a name (freed-folio). BUG is a known bug of "
			"the kernel, by its name or the commit that introduced or fixed it.",
		.completion = COMPLETE_TOPIC,
		.run = run_help,
	},
	{
		.name = "set",
		.arguments = "[json on|off | pager on|off]",
		.summary = "show the settings, or change one",
		.help = "json: every command answers as with --json. pager: answers longer than "
			"the screen go through KSWAPCK_PAGER, PAGER, or less. ~/.kswapckrc is a "
			"place for settings.",
		.run = run_set,
	},
	{
		.name = "quit",
		.arguments = "",
		.summary = "end the session; exit and Ctrl-D do so too",
		.help = "The rest of the line, and of a script, is not run.",
		.run = run_quit,
	},
	{
		.name = "exit",
		.arguments = "",
		.summary = "the same as quit",
		.help = "The rest of the line, and of a script, is not run.",
		.run = run_quit,
	},
	{0},
};
