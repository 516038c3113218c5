// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct command *const commands[] = {
	&command_triage,
	&command_explain,
	&command_scan,
	&command_pins,
	&command_diff,
	&command_batch,
	&command_summarize,
	&command_record,
	&command_report,
	&command_distill,
	&command_shell,
	&command_plugins,
	&command_confirm,
	&command_help,
};

const struct command *command_at(int index)
{
	int count = sizeof(commands) / sizeof(commands[0]);

	return index < count ? commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
	int i;

	for (i = 0; command_at(i); i++)
		if (!strcmp(command_at(i)->name, name))
			return command_at(i);
	return NULL;
}

int command_unknown(const char *name)
{
	char text[256];
	int i;

	fprintf(stderr, "kswapck: '%s' is neither a file nor a command (",
		text_visible(name, text, sizeof(text)));
	for (i = 0; command_at(i); i++)
		fprintf(stderr, "%s%s", i ? ", " : "", command_at(i)->name);
	fprintf(stderr, ")\n");
	return EXIT_USAGE;
}

int command_fail(const struct error *err)
{
	char text[sizeof(err->text)];

	fflush(stdout);
	fprintf(stderr, "kswapck: %s\n", text_visible(err->text, text, sizeof(text)));
	return err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
