// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/heap.h"
#include "command/inspection.h"
#include "command/interrupt.h"

static int print_version(void)
{
	printf("kswapck %s\n", KSWAPCK_VERSION);
	return EXIT_CLEAN;
}

/* A word like "scna": no option, no path, and no file. */
static bool is_mistyped(const char *argument)
{
	struct stat status;

	return argument[0] != '-' && !strchr(argument, '/') && stat(argument, &status);
}

/* The command, with the options that stand before it after it; NULL if there is none. */
static const struct command *take_command(char **argv, int first)
{
	const struct command *command = command_find(argv[first]);
	char *name = argv[first];

	if (command) {
		memmove(argv + 2, argv + 1, (size_t)(first - 1) * sizeof(*argv));
		argv[1] = name;
	}
	return command;
}

static int run(int argc, char **argv)
{
	const struct command *command;
	int first;

	if (argc < 2) {
		command_help.run(1, argv);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return print_version();
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return command_help.run(1, argv);

	first = inspection_options_skip(argc, argv);
	command = first < argc ? take_command(argv, first) : NULL;
	if (command)
		return command->run(argc - 1, argv + 1);
	if (first < argc && is_mistyped(argv[first]))
		return command_unknown(argv[first]);
	/* no command: what follows are options and dumps */
	return command_triage.run(argc, argv);
}

int main(int argc, char **argv)
{
	int status;

	interrupt_catch();
	heap_prepare();
	status = run(argc, argv);

	if ((fflush(stdout) || ferror(stdout)) && !(status & EXIT_FAILED)) {
		fprintf(stderr, "kswapck: cannot write: %s\n", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}
