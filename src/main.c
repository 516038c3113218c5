// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "command/command.h"

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

static int run(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		command_help.run(1, argv);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		return print_version();
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return command_help.run(1, argv);

	command = command_find(argv[1]);
	if (command)
		return command->run(argc - 1, argv + 1);
	if (is_mistyped(argv[1]))
		return command_unknown(argv[1]);
	/* no command: what follows are options and dumps */
	return command_triage.run(argc, argv);
}

int main(int argc, char **argv)
{
	int status = run(argc, argv);

	if ((fflush(stdout) || ferror(stdout)) && !(status & EXIT_FAILED)) {
		fprintf(stderr, "kswapck: cannot write: %s\n", strerror(errno));
		status = EXIT_FAILED;
	}
	return status;
}
