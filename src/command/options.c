// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/sentence.h"

/* Where the texts of options_print() begin, and where they wrap. */
#define HELP_COLUMN  29
#define HELP_COLUMNS 80

/* getopt_long() hands back this plus the index in the table. */
#define OPTION_BASE 256

/* What getopt found wrong with an argument, which it points to; @got is '?' or ':'. */
static void complain(int got, const char *argument, const struct option_entry *table)
{
	char text[256], letter[8] = {(char)optopt};

	text_visible(argument, text, sizeof(text));
	if (optopt > 0 && optopt < OPTION_BASE)
		snprintf(text, sizeof(text), "-%s", text_visible(letter, letter, sizeof(letter)));
	else if (optopt >= OPTION_BASE)
		snprintf(text, sizeof(text), "--%s", table[optopt - OPTION_BASE].name);
	if (got == ':')
		fprintf(stderr, "kswapck: option '%s' needs a value\n", text);
	else if (optopt >= OPTION_BASE)
		fprintf(stderr, "kswapck: option '%s' takes no value\n", text);
	else
		fprintf(stderr, "kswapck: there is no option '%s', or more than one begins so\n",
			text);
}

bool options_refuse(const char *option, const char *value, const char *why)
{
	char text[256];

	fprintf(stderr, "kswapck: --%s: '%s' %s\n", option,
		text_visible(value, text, sizeof(text)), why);
	return false;
}

bool options_number(const char *text, uint64_t *number, const char **end)
{
	bool is_hex = text[0] == '0' && text[1] == 'x';
	char *stop;

	errno = 0;
	*number = strtoull(text, &stop, is_hex ? 16 : 10);
	*end = stop;
	return !errno && isdigit((unsigned char)*text) && stop != text;
}

bool options_count(const char *option, const char *value, unsigned int *count)
{
	uint64_t number;
	const char *end;

	/* an address may be 0x..., a count may not */
	if (!options_number(value, &number, &end) || *end || number > UINT32_MAX ||
	    strchr(value, 'x'))
		return options_refuse(option, value, "is not a number");
	*count = (unsigned int)number;
	return true;
}

bool options_seconds(const char *option, const char *value, unsigned int *milliseconds)
{
	unsigned int unit = 1000;
	uint64_t number = 0;
	const char *end = value;

	for (; isdigit((unsigned char)*end) && number <= UINT32_MAX; end++)
		number = 10 * number + (uint64_t)(*end - '0');
	number *= unit;
	if (end != value && *end == '.')
		for (end++; isdigit((unsigned char)*end) && unit > 1; end++)
			number += (uint64_t)(*end - '0') * (unit /= 10);
	if (end == value || *end || number > UINT32_MAX)
		return options_refuse(option, value, "is not a time in seconds");
	*milliseconds = (unsigned int)number;
	return true;
}

int options_parse(int argc, char **argv, const struct option_entry *table,
		  bool (*take)(void *data, int index, const char *value), void *data)
{
	struct option long_options[OPTIONS_MAX + 1] = {0};
	char letters[2 * OPTIONS_MAX + 2];
	int count, used = 0, got;

	letters[used++] = ':';	/* tells a value that is missing from an unknown option */
	for (count = 0; count < OPTIONS_MAX && table[count].name; count++) {
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

	opterr = 0;	/* it would print what it complains of as it stands */
	optind = 0;	/* start anew; glibc's way to reset getopt */
	while ((got = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		int index = got - OPTION_BASE;

		if (got == '?' || got == ':') {
			complain(got, argv[optind - 1], table);
			return -1;
		}
		for (count = 0; got < OPTION_BASE && table[count].name; count++)
			if (table[count].letter == got)
				index = count;
		if (!take(data, index, optarg))
			return -1;
	}
	return optind;
}

void options_add(struct option_set *set, const struct option_entry *table, int count, int first)
{
	int i;

	for (i = 0; i < count && set->count < OPTIONS_MAX; i++) {
		set->entries[set->count] = table[i];
		set->numbers[set->count++] = first + i;
	}
}

struct taking {
	const struct option_set *set;
	bool (*take)(void *data, int number, const char *value);
	void *data;
};

static bool take_number(void *data, int index, const char *value)
{
	const struct taking *taking = data;

	return taking->take(taking->data, taking->set->numbers[index], value);
}

int options_parse_set(int argc, char **argv, const struct option_set *set,
		      bool (*take)(void *data, int number, const char *value), void *data)
{
	struct taking taking = {set, take, data};

	return options_parse(argc, argv, set->entries, take_number, &taking);
}

/* Is the value of this option the next argument? */
static bool wants_next(const char *argument, const struct option_entry *table)
{
	size_t length = strlen(argument + 1);
	const struct option_entry *entry;
	const char *letter;

	if (argument[1] == '-') {
		for (entry = table; entry->name; entry++)
			if (length > 1 && !strncmp(entry->name, argument + 2, length - 1))
				return entry->value != NULL;
		return false;
	}
	for (letter = argument + 1; *letter; letter++)
		for (entry = table; entry->name; entry++)
			if (entry->letter == *letter && entry->value)
				return !letter[1];
	return false;
}

int options_skip(int argc, char **argv, const struct option_entry *table)
{
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "--"))
			return argc;
		if (wants_next(argv[i], table))
			i++;
	}
	return i < argc ? i : argc;
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
