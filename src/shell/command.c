// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck shell: commands that look at a dump, typed, from a script, or from options. */
#include "command/command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/checks.h"
#include "command/dump_options.h"
#include "command/interrupt.h"
#include "command/sandbox.h"
#include "shell/drgn_process.h"
#include "shell/session.h"

#define INPUTS_MAX 64

enum {
	SHELL_EXECUTE,
	SHELL_INPUT,
	SHELL_NO_RC,
	SHELL_HELP,
	SHELL_OPTIONS,
};

#define FIRST_DUMP_OPTION	SHELL_OPTIONS
#define FIRST_CHECKS_OPTION	(FIRST_DUMP_OPTION + DUMP_OPTIONS)

static const struct option_entry shell_options[SHELL_OPTIONS] = {
	[SHELL_EXECUTE] = {"execute", 'e', "COMMANDS",
		"run these, with ; or new lines between them, and end; may be given again"},
	[SHELL_INPUT] = {"input", 'i', "SCRIPT",
		"run the commands of this file, and end; may be given again"},
	[SHELL_NO_RC] = {"no-rc", 'R', NULL, "do not run ~/.kswapckrc first"},
	[SHELL_HELP] = {"help", 'h', NULL, "show this help"},
};

struct shell_wishes {
	struct dump_options dump;
	struct checks checks;
	struct session_input inputs[INPUTS_MAX];
	struct session_options session;
	bool help;
};

static bool add_input(struct shell_wishes *wishes, const char *option,
		      const struct session_input *input)
{
	if (wishes->session.input_count == INPUTS_MAX)
		return options_refuse(option, input->file ? input->file : input->text,
				      "is one too many");
	wishes->inputs[wishes->session.input_count++] = *input;
	return true;
}

static bool take_option(void *data, int number, const char *value)
{
	struct shell_wishes *wishes = data;

	if (number >= FIRST_CHECKS_OPTION)
		return checks_take(&wishes->checks, number - FIRST_CHECKS_OPTION, value);
	if (number >= FIRST_DUMP_OPTION)
		return dump_options_take(&wishes->dump, number - FIRST_DUMP_OPTION, value);
	switch (number) {
	case SHELL_EXECUTE:
		return add_input(wishes, "execute", &(struct session_input){.text = value});
	case SHELL_INPUT:
		return add_input(wishes, "input", &(struct session_input){.file = value});
	case SHELL_NO_RC:
		wishes->session.no_rc = true;
		break;
	case SHELL_HELP:
		wishes->help = true;
		break;
	}
	return true;
}

static struct option_set all_options(void)
{
	struct option_set set = {0};

	options_add(&set, shell_options, SHELL_OPTIONS, 0);
	options_add(&set, dump_options_table, DUMP_OPTIONS, FIRST_DUMP_OPTION);
	options_add(&set, checks_options, CHECKS_OPTIONS, FIRST_CHECKS_OPTION);
	return set;
}

static void print_help(const struct option_set *set)
{
	printf("Usage: kswapck %s %s\n"
	       "Look at a dump with commands: 'help' lists them. Root may leave DUMP out: then\n"
	       "it is the running kernel.\n\n",
	       command_shell.name, command_shell.arguments);
	options_print(stdout, set->entries);
	printf("\nExit status with -e, -i or without a terminal, a sum: 8 a command failed, 16 "
	       "one\nwas wrong, 32 interrupted; and what scan or explain found: 1 errors, 2 warnings,\n"
	       "4 something could not be read.\n");
}

/* ------------------------------------------------------------------------ the dump */

/* Ctrl-C before there was a session that it could leave alone. */
static int interrupted(void)
{
	fputs("kswapck: interrupted\n", stderr);
	return EXIT_INTERRUPTED;
}

static int run_session(struct shell *shell, const struct shell_wishes *wishes,
		       const char *const *files, size_t count)
{
	struct error err;

	sandbox_keep_private();
	if (!dump_open(&shell->dump, files, count, &wishes->dump, &err))
		return command_fail(&err);
	dump_describe(&shell->dump, files, count, &shell->subject);
	if (interrupt_seen())
		shell->status = interrupted();
	else
		session_run(shell, &wishes->session);
	drgn_process_end(shell->drgn);
	shell_forget(shell);
	live_free(shell->looks);
	dump_close(&shell->dump);
	return shell->status;
}

/* @count 0: the running kernel. */
static int look_at(struct shell_wishes *wishes, const char *const *files, size_t count)
{
	static const char *const running[] = {DUMP_LIVE};
	struct shell shell = {
		.catalogue = &wishes->checks.catalogue,
		.live = !count || (count == 1 && !strcmp(files[0], DUMP_LIVE)),
		.out = stdout,
	};
	struct error err = {0};

	wishes->dump.live = shell.live;
	if (!checks_gather(&wishes->checks, &err) || !checks_any(&wishes->checks, &err))
		return command_fail(&err);
	return run_session(&shell, wishes, count ? files : running, count ? count : 1);
}

static int run_options(int argc, char **argv, struct shell_wishes *wishes)
{
	const struct option_set set = all_options();
	int first = options_parse_set(argc, argv, &set, take_option, wishes);
	struct dump_files files;

	if (first < 0)
		return EXIT_USAGE;
	if (wishes->help) {
		print_help(&set);
		return EXIT_CLEAN;
	}
	if (!dump_options_files(&wishes->dump, argc, argv, first, &files))
		return EXIT_USAGE;
	if (!files.count && geteuid() != 0) {
		fprintf(stderr, "kswapck: which dump? usage: kswapck %s %s; the running kernel takes "
			"root\n", command_shell.name, command_shell.arguments);
		return EXIT_USAGE;
	}
	return look_at(wishes, files.names, files.count);
}

static int run(int argc, char **argv)
{
	struct shell_wishes wishes = {.dump.search = true};
	int status;

	wishes.session.inputs = wishes.inputs;
	status = run_options(argc, argv, &wishes);
	checks_free(&wishes.checks);
	dump_options_free(&wishes.dump);
	return status;
}

const struct command command_shell = {
	.name = "shell",
	.arguments = "[OPTION]... [DUMP]...",
	.summary = "look at a dump with commands",
	.run = run,
};
