// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS 26

/* Names of one length have numbers of their own. */
struct name {
	char *text;
	size_t length;
	size_t number;
};

struct names {
	struct name *list;
	size_t count, room;
};

struct names *names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void names_free(struct names *names)
{
	size_t i;

	for (i = 0; names && i < names->count; i++)
		free(names->list[i].text);
	if (names)
		free(names->list);
	free(names);
}

static const struct name *find(const struct names *names, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		if (names->list[i].length == length &&
		    !memcmp(names->list[i].text, text, length))
			return &names->list[i];
	return NULL;
}

bool names_has(const struct names *names, const char *name, size_t length)
{
	return find(names, name, length);
}

bool names_add(struct names *names, const char *name, size_t length)
{
	struct name new = {.length = length};
	size_t i;

	if (!length || find(names, name, length))
		return true;
	if (names->count == names->room) {
		size_t room = names->room ? names->room * 2 : 64;
		struct name *list = realloc(names->list, room * sizeof(*list));

		if (!list)
			return false;
		names->list = list;
		names->room = room;
	}
	for (i = 0; i < names->count; i++)
		new.number += names->list[i].length == length;
	new.text = malloc(length);
	if (!new.text)
		return false;
	memcpy(new.text, name, length);
	names->list[names->count++] = new;
	return true;
}

/* "xxxa", "xxxb" ... "xxba"; those that are unknown are all "xxxx". */
void names_replace(const struct names *names, char *name, size_t length)
{
	const struct name *known = find(names, name, length);
	size_t number = known ? known->number : 0, i = length;

	memset(name, 'x', length);
	if (!known)
		return;
	do {
		name[--i] = (char)('a' + number % LETTERS);
		number /= LETTERS;
	} while (number && i);
}

/* -------------------------------------------------------------------------- the log */

static bool is_word(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_' || byte == '-' || byte == '.';
}

static bool comes_after(const char *text, size_t at, const char *words)
{
	size_t length = strlen(words);

	return at >= length && !memcmp(text + at - length, words, length);
}

/* Does the kernel write names of processes in such a place? */
static bool names_task(const char *text, size_t size, size_t from, size_t to)
{
	static const char *const before[] = {
		"Comm: ", "comm: ", "comm ", "comm=", "COMM: ", "task ", "process ", "(", "name: ",
	};
	size_t i;

	for (i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		if (comes_after(text, from, before[i]))
			return true;
	return to + 1 < size && ((text[to] == '[' || text[to] == ':' || text[to] == '/') &&
				 isdigit((unsigned char)text[to + 1]));
}

static bool replace_path(struct names *names, char *text, size_t from, size_t to)
{
	size_t at = from, end;

	for (; at < to; at = end + 1) {
		for (end = at; end < to && text[end] != '/'; end++)
			;
		if (!names_add(names, text + at, end - at))
			return false;
		names_replace(names, text + at, end - at);
	}
	return true;
}

/* Where the path at @from ends; @from itself: it is none. */
static size_t path_end(const char *text, size_t size, size_t from)
{
	size_t end = from + 1;

	if (text[from] != '/' || (from && (is_word(text[from - 1]) || text[from - 1] == '/')))
		return from;
	while (end < size && (is_word(text[end]) || strchr("/:@+~%#", text[end])) && text[end])
		end++;
	return end > from + 1 ? end : from;
}

static size_t word_end(const char *text, size_t size, size_t from)
{
	size_t end = from;

	while (end < size && is_word(text[end]))
		end++;
	return end;
}

bool names_replace_in_log(struct names *names, char *text, size_t size)
{
	size_t at = 0, end;

	while (at < size) {
		end = path_end(text, size, at);
		if (end > at) {
			if (!replace_path(names, text, at + 1, end))
				return false;
			at = end;
			continue;
		}
		end = word_end(text, size, at);
		if (end > at && names_has(names, text + at, end - at) &&
		    names_task(text, size, at, end))
			names_replace(names, text + at, end - at);
		at = end > at ? end : at + 1;
	}
	return true;
}
