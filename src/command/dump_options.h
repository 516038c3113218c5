/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every command that opens a dump. */
#ifndef KSWAPCK_DUMP_OPTIONS_H
#define KSWAPCK_DUMP_OPTIONS_H

#include "command/dump.h"
#include "command/options.h"

#define DUMP_OPTIONS 5
extern const struct option_entry dump_options_table[DUMP_OPTIONS];

/** dump_options_take - take the option @index of dump_options_table, for options_parse(). */
bool dump_options_take(struct dump_options *options, int index, const char *value);

/* What to open: all that the user named, in one way or the other. */
struct dump_files {
	const char *const *names;
	size_t count;
};

/**
 * dump_options_files - the dump's files: those of --raw, else the arguments from @first on.
 *
 * Return: false after it has said on stderr that there are both.
 */
bool dump_options_files(const struct dump_options *options, int argc, char **argv, int first,
			struct dump_files *files);

void dump_options_free(struct dump_options *options);

#endif
