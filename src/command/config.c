// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/trust.h"

#define LINE_LENGTH_MAX 4352	/* a path, and what stands before it */

/* -------------------------------------------------------------------- settings */

bool settings_add(struct settings *settings, const struct setting *setting, struct error *err)
{
	struct setting copy = *setting;

	if (settings->count == settings->room) {
		size_t room = settings->room ? 2 * settings->room : 8;
		struct setting *grown = realloc(settings->list, room * sizeof(*grown));

		if (!grown)
			return error_set(err, ERROR_SYSTEM, "out of memory");
		settings->list = grown;
		settings->room = room;
	}
	copy.value = strdup(setting->value);
	copy.where = strdup(setting->where);
	if (!copy.value || !copy.where) {
		free(copy.value);
		free(copy.where);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	settings->list[settings->count++] = copy;
	return true;
}

void settings_free(struct settings *settings)
{
	size_t i;

	for (i = 0; i < settings->count; i++) {
		free(settings->list[i].value);
		free(settings->list[i].where);
	}
	free(settings->list);
	*settings = (struct settings){0};
}

/* ----------------------------------------------------------------------- lines */

/* @text without the blanks around it, in place. */
static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = 0;
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* "freed-folio = warn" without its blanks, in place; false if it is not of that form. */
static bool join_grade(char *text)
{
	char *equals = strchr(text, '='), *name, *grade;
	size_t length;

	if (!equals)
		return false;
	*equals = 0;
	name = trim(text);
	grade = trim(equals + 1);
	if (!*name || !*grade || strpbrk(name, " \t,") || strpbrk(grade, " \t,"))
		return false;
	length = strlen(name);
	memmove(text, name, length);
	text[length] = '=';
	memmove(text + length + 1, grade, strlen(grade) + 1);
	return true;
}

static bool add_plugin(struct settings *settings, const char *file, const char *path,
		       const char *where, struct error *err)
{
	const char *slash = strrchr(path, '/');
	struct setting setting = {
		.kind = SETTING_PLUGIN,
		.where = (char *)where,
	};
	bool added;

	if (*file == '/' || !slash)
		slash = NULL;
	if (asprintf(&setting.value, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, file) < 0)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	added = settings_add(settings, &setting, err);
	free(setting.value);
	return added;
}

static bool add_severity(struct settings *settings, char *text, const char *where,
			 struct error *err)
{
	const struct setting setting = {
		.kind = SETTING_SEVERITY,
		.value = text,
		.where = (char *)where,
	};

	if (!join_grade(text))
		return error_set(err, ERROR_USAGE, "%s: a grade is written: severity PROBLEM = "
				 "ignore|warn|error", where);
	return settings_add(settings, &setting, err);
}

static bool parse_line(struct settings *settings, char *line, const char *path,
		       const char *where, struct error *err)
{
	char *word = trim(line), *rest;

	if (!*word || *word == '#')
		return true;
	rest = word + strcspn(word, " \t");
	if (*rest)
		*rest++ = 0;
	rest = trim(rest);
	if (!strcmp(word, "severity"))
		return add_severity(settings, rest, where, err);
	if (strcmp(word, "plugin"))
		return error_set(err, ERROR_USAGE, "%s: '%.40s' is neither plugin nor severity", where,
				 word);
	if (!*rest)
		return error_set(err, ERROR_USAGE, "%s: a plugin is written: plugin FILE", where);
	return add_plugin(settings, rest, path, where, err);
}

/*
 * The next line without its end; false if there is none. @length: what was read of it, one
 * more than LINE_LENGTH_MAX if it is longer.
 */
static bool read_line(FILE *stream, char line[LINE_LENGTH_MAX + 2], size_t *length)
{
	int c = EOF;

	for (*length = 0; *length <= LINE_LENGTH_MAX; line[(*length)++] = (char)c) {
		c = getc(stream);
		if (c == EOF || c == '\n')
			break;
	}
	line[*length] = 0;
	return *length || c != EOF;
}

bool config_parse(struct settings *settings, FILE *stream, const char *path,
		  struct error *err)
{
	char line[LINE_LENGTH_MAX + 2], *where;
	unsigned int number;
	bool good = true;
	size_t length;

	for (number = 1; good && read_line(stream, line, &length); number++) {
		if (asprintf(&where, "%s:%u", path, number) < 0)
			return error_set(err, ERROR_SYSTEM, "out of memory");
		if (length > LINE_LENGTH_MAX)
			good = error_set(err, ERROR_USAGE, "%s: the line is too long", where);
		else if (strlen(line) != length)
			good = error_set(err, ERROR_USAGE, "%s: a byte of 0 in the line", where);
		else
			good = parse_line(settings, line, path, where, err);
		free(where);
	}
	if (good && ferror(stream))
		return error_set(err, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
	return good;
}

/* ----------------------------------------------------------------------- files */

static FILE *open_config(const char *path, struct error *err)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	FILE *stream = NULL;

	if (file < 0 || fstat(file, &status))
		error_set(err, errno == ENOENT || errno == ENOTDIR ? ERROR_MISSING : ERROR_SYSTEM,
			  "cannot open: %s", strerror(errno));
	else if (S_ISDIR(status.st_mode))
		error_set(err, ERROR_SYSTEM, "cannot read: %s", strerror(EISDIR));
	else if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))	/* /dev/null is fine */
		error_set(err, ERROR_SYSTEM, "cannot read: not a regular file");
	else if (!trust_file(file, path, err))
		error_prefix(err, "not read");
	else if (!(stream = fdopen(file, "r")))
		error_set(err, ERROR_SYSTEM, "cannot read: %s", strerror(errno));
	if (!stream && file >= 0)
		close(file);
	return stream;
}

bool config_read(struct settings *settings, const char *path, struct error *err)
{
	FILE *stream = open_config(path, err);
	bool good;

	if (!stream)
		return error_prefix(err, "%s", path);
	good = config_parse(settings, stream, path, err);
	fclose(stream);
	return good;
}
