// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/line.h"

#include <stdlib.h>
#include <string.h>

struct scanner {
	const char *at;
	char *out;		/* where the next letter goes in line->text */
	struct shell_line *line;
	struct error *err;
};

static bool is_blank(char letter)
{
	return letter == ' ' || letter == '\t' || letter == '\r';
}

static void skip_blanks(struct scanner *scanner)
{
	while (is_blank(*scanner->at))
		scanner->at++;
}

/* "..." and '...'; the opening quote is at hand. */
static bool take_quoted(struct scanner *scanner)
{
	char quote = *scanner->at++;

	while (*scanner->at && *scanner->at != quote) {
		if (quote == '"' && *scanner->at == '\\' &&
		    (scanner->at[1] == '"' || scanner->at[1] == '\\'))
			scanner->at++;
		*scanner->out++ = *scanner->at++;
	}
	if (!*scanner->at)
		return error_set(scanner->err, ERROR_USAGE, "a %c without its end", quote);
	scanner->at++;
	return true;
}

static bool is_word(char letter)
{
	return letter && !is_blank(letter) && !strchr(";|>", letter);
}

/* NULL with @err set. */
static char *take_word(struct scanner *scanner)
{
	char *word = scanner->out;

	while (is_word(*scanner->at)) {
		if (*scanner->at != '"' && *scanner->at != '\'')
			*scanner->out++ = *scanner->at++;
		else if (!take_quoted(scanner))
			return NULL;
	}
	*scanner->out++ = 0;
	return word;
}

/* What /bin/sh gets: up to a ; that is in no quotes. */
static char *take_system(struct scanner *scanner)
{
	char *text = scanner->out, quote = 0;

	for (; *scanner->at && (quote || *scanner->at != ';'); scanner->at++) {
		char letter = *scanner->at;

		if (quote == letter)
			quote = 0;
		else if (!quote && (letter == '"' || letter == '\''))
			quote = letter;
		*scanner->out++ = letter;
		if (letter == '\\' && quote != '\'' && scanner->at[1])
			*scanner->out++ = *++scanner->at;
	}
	*scanner->out++ = 0;
	return text;
}

/* All that is left, without blanks around it. */
static char *take_rest(struct scanner *scanner)
{
	char *text = scanner->out;

	skip_blanks(scanner);
	while (*scanner->at)
		*scanner->out++ = *scanner->at++;
	while (scanner->out > text && is_blank(scanner->out[-1]))
		scanner->out--;
	*scanner->out++ = 0;
	return text;
}

static bool take_pipe(struct scanner *scanner)
{
	scanner->at++;
	skip_blanks(scanner);
	scanner->line->pipe = take_system(scanner);
	if (!*scanner->line->pipe || *scanner->line->pipe == '|')
		return error_set(scanner->err, ERROR_USAGE, "| needs a command of /bin/sh behind "
				 "it");
	return true;
}

static bool take_file(struct scanner *scanner)
{
	struct shell_line *line = scanner->line;

	line->append = *++scanner->at == '>';
	scanner->at += line->append;
	skip_blanks(scanner);
	line->file = take_word(scanner);
	if (!line->file)
		return false;
	if (!*line->file)
		return error_set(scanner->err, ERROR_USAGE, "> needs a file behind it");
	skip_blanks(scanner);
	if (*scanner->at && *scanner->at != ';' && *scanner->at != '#')
		return error_set(scanner->err, ERROR_USAGE, "there is more behind the file of >");
	return true;
}

static bool add_word(struct scanner *scanner, char *word)
{
	struct shell_line *line = scanner->line;

	if (!word)
		return false;
	if (line->count == LINE_WORDS_MAX)
		return error_set(scanner->err, ERROR_USAGE, "more than %d words", LINE_WORDS_MAX);
	line->words[line->count++] = word;
	return true;
}

static bool take_words(struct scanner *scanner, bool (*is_raw)(const char *name))
{
	struct shell_line *line = scanner->line;

	for (;;) {
		skip_blanks(scanner);
		if (line->count == 1 && *scanner->at && is_raw(line->words[0]))
			return add_word(scanner, take_rest(scanner));
		if (!is_word(*scanner->at) || *scanner->at == '#')
			return true;
		if (!add_word(scanner, take_word(scanner)))
			return false;
	}
}

static bool take_command(struct scanner *scanner, bool (*is_raw)(const char *name))
{
	skip_blanks(scanner);
	if (*scanner->at == '!') {
		scanner->at++;
		scanner->line->system = take_rest(scanner);
		return *scanner->line->system ||
		       error_set(scanner->err, ERROR_USAGE,
				 "! needs a command of /bin/sh behind it");
	}
	if (!take_words(scanner, is_raw))
		return false;
	if (!scanner->line->count && (*scanner->at == '|' || *scanner->at == '>'))
		return error_set(scanner->err, ERROR_USAGE, "%c needs a command before it",
				 *scanner->at);
	if (*scanner->at == '|' && !take_pipe(scanner))
		return false;
	if (*scanner->at == '>' && !take_file(scanner))
		return false;
	if (*scanner->at == '#')
		scanner->at += strlen(scanner->at);
	scanner->at += *scanner->at == ';';
	return true;
}

bool line_take(const char **text, bool (*is_raw)(const char *name), struct shell_line *line,
	       struct error *err)
{
	struct scanner scanner = {.at = *text, .line = line, .err = err};
	bool taken;

	*line = (struct shell_line){0};
	/* no part is longer than what it is made of, and each ends with a NUL */
	line->text = malloc(2 * strlen(*text) + 2);
	if (!line->text) {
		*text += strlen(*text);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	scanner.out = line->text;
	taken = take_command(&scanner, is_raw);
	*text = taken ? scanner.at : scanner.at + strlen(scanner.at);
	return taken;
}

void line_free(struct shell_line *line)
{
	free(line->text);
	*line = (struct shell_line){0};
}
