// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck confirm: how to see a finding by hand. It is the shell's command of this name. */
#include "command/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static bool is_number(const char *text)
{
	return isdigit((unsigned char)*text) && strspn(text, "0123456789") == strlen(text);
}

/* The first argument that is a number; @argc if there is none. */
static int find_number(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (is_number(argv[i]))
			break;
	return i;
}

static int usage(void)
{
	fprintf(stderr, "kswapck: which finding of which dump? usage: kswapck confirm %s\n",
		command_confirm.arguments);
	return EXIT_USAGE;
}

static int print_help(void)
{
	printf("Usage: kswapck confirm %s\n"
	       "Audit the dump, and for each value that proves the N-th finding say which\n"
	       "command of crash and which expression of drgn print it. With --json the\n"
	       "document has them. The other options are those of kswapck scan that choose\n"
	       "the vmlinux, plugins and grades.\n", command_confirm.arguments);
	return EXIT_CLEAN;
}

/* As 'kswapck shell --no-rc -e "confirm N"' with all other arguments. */
static int confirm(int argc, char **argv, int number)
{
	char words[64], **arguments = calloc((size_t)argc + 4, sizeof(*arguments));
	bool json = false;
	int i, count = 0, status;

	if (!arguments)
		return EXIT_FAILED;
	arguments[count++] = argv[0];
	arguments[count++] = (char *)"--no-rc";
	arguments[count++] = (char *)"-e";
	arguments[count++] = words;
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			json = true;
		else if (i != number)
			arguments[count++] = argv[i];
	}
	snprintf(words, sizeof(words), "confirm %.20s%s", argv[number], json ? " --json" : "");
	status = command_shell.run(count, arguments);
	free(arguments);
	return status;
}

static int run(int argc, char **argv)
{
	int number = find_number(argc, argv), i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return print_help();
	return number == argc ? usage() : confirm(argc, argv, number);
}

const struct command command_confirm = {
	.name = "confirm",
	.arguments = "[OPTION]... N DUMP...",
	.summary = "tell how to see a finding in crash and in drgn",
	.run = run,
};
