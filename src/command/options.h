/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table of options: it is parsed, printed as help, and linted against the man page. */
#ifndef KSWAPCK_OPTIONS_H
#define KSWAPCK_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Of one command. */
#define OPTIONS_MAX 32

struct option_entry {
	const char *name;	/* long name without "--" */
	char letter;		/* short name; 0 if none */
	const char *value;	/* name of its value: "FILE"; NULL if it takes none */
	const char *help;
};

/**
 * options_parse - parse the options of a command.
 * @table: ends with name NULL.
 * @take: called with the index in @table and the value (or NULL); returns false
 * after it has said on stderr what is wrong with the value.
 *
 * Return: index of the first argument that is no option; -1 when something was
 * wrong and has been said on stderr.
 */
int options_parse(int argc, char **argv, const struct option_entry *table,
		  bool (*take)(void *data, int index, const char *value), void *data);

/* A table made of parts of others; zero it first. */
struct option_set {
	struct option_entry entries[OPTIONS_MAX + 1];
	int numbers[OPTIONS_MAX];	/* by which the command that takes it knows each */
	int count;
};

/** options_add - add @count options of @table, known by numbers from @first on. */
void options_add(struct option_set *set, const struct option_entry *table, int count, int first);

/** options_parse_set - the same as options_parse(), where @take is called with the number. */
int options_parse_set(int argc, char **argv, const struct option_set *set,
		      bool (*take)(void *data, int number, const char *value), void *data);

/**
 * options_skip - step over the options at the front, before any command is known.
 * @table: of all options that there may be.
 *
 * Return: index of the first argument that is neither option nor value of one; @argc
 * if there is none, or if "--" says that what follows are files.
 */
int options_skip(int argc, char **argv, const struct option_entry *table);

/** options_refuse - say on stderr what is wrong with the value of --@option; returns false. */
bool options_refuse(const char *option, const char *value, const char *why);

/**
 * options_number - take a number, decimal or 0x..., which may be followed by more.
 * @end: set to what follows it.
 */
bool options_number(const char *text, uint64_t *number, const char **end);

/** options_count - take a number that has nothing after it, for --@option; or refuse it. */
bool options_count(const char *option, const char *value, unsigned int *count);

/** options_seconds - the same of a time in seconds, with up to three digits after a point. */
bool options_seconds(const char *option, const char *value, unsigned int *milliseconds);

/** options_print - write the table for --help. */
void options_print(FILE *stream, const struct option_entry *table);

#endif
