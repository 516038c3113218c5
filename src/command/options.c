// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/options.h"

#include <getopt.h>
#include <string.h>

#include "output/sentence.h"

#define OPTIONS_MAX 32

/* Where the texts of options_print() begin, and where they wrap. */
#define HELP_COLUMN  29
#define HELP_COLUMNS 80

/* getopt_long() hands back this plus the index in the table. */
#define OPTION_BASE 256

int options_parse(int argc, char **argv, const struct option_entry *table,
		  bool (*take)(void *data, int index, const char *value), void *data)
{
	struct option long_options[OPTIONS_MAX + 1] = {0};
	char letters[2 * OPTIONS_MAX + 1];
	int count, used = 0, got;

	for (count = 0; table[count].name && count < OPTIONS_MAX; count++) {
		long_options[count] = (struct option){
			.name = table[count].name,
			.has_arg = table[count].value ? required_argument : no_argument,
			.val = OPTION_BASE + count,
		};
		if (!table[count].letter)
			continue;
		letters[used++] = table[count].letter;
		if (table[count].value)
			letters[used++] = ':';
	}
	letters[used] = 0;

	argv[0] = (char *)"kswapck";	/* in front of what getopt complains of */
	optind = 0;	/* start anew; glibc's way to reset getopt */
	while ((got = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		int index = got - OPTION_BASE;

		if (got == '?')
			return -1;
		for (count = 0; got < OPTION_BASE && table[count].name; count++)
			if (table[count].letter == got)
				index = count;
		if (!take(data, index, optarg))
			return -1;
	}
	return optind;
}

void options_print(FILE *stream, const struct option_entry *table)
{
	char left[64];

	for (; table->name; table++) {
		snprintf(left, sizeof(left), "%c%c%c --%s%s%s", table->letter ? '-' : ' ',
			 table->letter ? table->letter : ' ', table->letter ? ',' : ' ',
			 table->name, table->value ? "=" : "", table->value ? table->value : "");
		fprintf(stream, "  %-26s ", left);
		sentence_wrap(stream, table->help, HELP_COLUMN, HELP_COLUMN, HELP_COLUMNS);
		fputc('\n', stream);
	}
}
