// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck help: the commands, the problems, and one problem explained. */
#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "audit/catalogue.h"
#include "command/terminal.h"
#include "output/sentence.h"

#define HELP_COLUMNS 80

static const char placeholders[] =
	"PAGE, NODE and DEVICE stand for addresses in the finding, EVIDENCE-ADDRESS for the first "
	"column of its lines, SPACE for &swapper_spaces[TYPE][SLOT / 16384], and INDEX for the slot "
	"(since Linux 6.11 for SLOT % 16384).";

static void print_commands(void)
{
	const struct command *command;
	int i;

	printf("kswapck checks the swap cache of a Linux kernel dump (vmcore).\n\n"
	       "Usage: kswapck DUMP...                 the same as kswapck scan DUMP...\n"
	       "       kswapck COMMAND [ARGUMENT]...\n\n");
	for (i = 0; (command = command_at(i)); i++)
		printf("  %-8s %s\n", command->name, command->summary);
	printf("\n'kswapck COMMAND --help' tells its options, 'kswapck help problems' lists what\n"
	       "can be found, and 'kswapck help KS101' explains one problem.\n");
}

static void print_problems(void)
{
	const struct kswapck_problem *problem;
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = catalogue_plugin(i)); i++) {
		printf("%s%s: %s\n", i ? "\n" : "", plugin->name, plugin->summary);
		for (problem = plugin->problems; problem->id; problem++)
			printf("  %s  %-20s %-8s %s\n", problem->id, problem->name,
			       problem->severity == KSWAPCK_ERROR ? "error" : "warning",
			       problem->class == KSWAPCK_CORRUPT ? "corrupt" : "mismatch");
	}
}

static void print_paragraph(const char *title, const char *text, unsigned int columns)
{
	printf("\n%s\n  ", title);
	sentence_wrap(stdout, text, 2, 2, columns);
	putchar('\n');
}

static void print_problem(const struct kswapck_problem *problem)
{
	unsigned int columns = terminal_columns(stdout);

	if (!columns || columns > 100)
		columns = HELP_COLUMNS;
	printf("%s %s (%s, %s)\n", problem->id, problem->name,
	       problem->severity == KSWAPCK_ERROR ? "error" : "warning",
	       problem->class == KSWAPCK_CORRUPT ? "the object itself is wrong" :
						   "two structures disagree");
	print_paragraph("What it means", problem->meaning, columns);
	print_paragraph("How it arises", problem->origin, columns);
	print_paragraph("What the machine does next", problem->consequence, columns);
	print_paragraph("How to confirm it by hand", problem->confirm, columns);
	putchar('\n');
	sentence_wrap(stdout, placeholders, 0, 0, columns);
	putchar('\n');
}

static int run(int argc, char **argv)
{
	const struct kswapck_problem *problem;
	const struct command *command;
	char *help[] = {NULL, (char *)"--help", NULL};

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    command_find(argv[1]) == &command_help) {
		print_commands();
		return EXIT_CLEAN;
	}
	if (!strcmp(argv[1], "problems")) {
		print_problems();
		return EXIT_CLEAN;
	}
	problem = catalogue_find(argv[1]);
	if (problem) {
		print_problem(problem);
		return EXIT_CLEAN;
	}
	command = command_find(argv[1]);
	if (command) {
		help[0] = argv[1];
		return command->run(2, help);
	}
	fprintf(stderr, "kswapck: no problem or command '%s'; 'kswapck help problems' lists them\n",
		argv[1]);
	return EXIT_USAGE;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[problems|PROBLEM|COMMAND]",
	.summary = "explain a problem (by id or name) or a command",
	.run = run,
};
