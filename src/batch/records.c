// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/records.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SCHEMA "kswapck-batch/1"

/* ------------------------------------------------------------------------ one record */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static char *copy_of(const json_t *object, const char *name)
{
	return strdup(text_of(object, name));
}

/* What kswapck record writes has none: then the line itself tells dumps apart. */
static uint64_t key_of(const json_t *object, const char *line)
{
	const char *text = text_of(object, "key");
	char *end;
	uint64_t key = strtoull(text, &end, 16);

	return *text && !*end ? key : hash_bytes(HASH_BASIS, line, strlen(line));
}

static char *path_of(const json_t *object)
{
	const json_t *files = json_object_get(json_object_get(object, "dump"), "files");
	const char *path = json_string_value(json_array_get(files, 0));

	if (*text_of(object, "path") || !path)
		return copy_of(object, "path");
	return strdup(path);
}

static char *stable_of(const json_t *bug)
{
	const json_t *list = json_object_get(bug, "stable");
	char text[256] = "";
	size_t i, used;

	for (i = 0; i < json_array_size(list); i++) {
		const char *release = json_string_value(json_array_get(list, i));

		used = strlen(text);
		if (release)
			snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "",
				 release);
	}
	return strdup(text);
}

static bool take_bugs(struct record *record, const json_t *object)
{
	const json_t *list = json_object_get(object, "bugs");
	size_t i;

	for (i = 0; i < json_array_size(list) && i < RECORD_BUGS_MAX; i++) {
		const json_t *bug = json_array_get(list, i);
		struct record_bug *to = &record->bugs[record->bug_count++];

		*to = (struct record_bug){
			.name = copy_of(bug, "name"),
			.fixed = copy_of(bug, "fixed"),
			.status = copy_of(bug, "status"),
			.stable = stable_of(bug),
		};
		if (!to->name || !to->fixed || !to->status || !to->stable)
			return false;
	}
	return true;
}

/* False when out of memory. */
static bool take(struct record *record, const json_t *object, const char *line)
{
	*record = (struct record){
		.key = key_of(object, line),
		.line = strdup(line),
		.status = strdup(*text_of(object, "status") ? text_of(object, "status") :
				 "analysed"),
		.reason = copy_of(object, "reason"),
		.path = path_of(object),
		.host = copy_of(object, "host"),
		.started = copy_of(object, "started"),
		.release = copy_of(json_object_get(object, "kernel"), "release"),
		.taken = copy_of(object, "taken"),
		.verdict = copy_of(object, "verdict"),
		.text = copy_of(object, "text"),
		.fingerprint = copy_of(object, "fingerprint"),
		.recipe = copy_of(object, "recipe"),
		.complete = json_is_true(json_object_get(json_object_get(object, "coverage"),
							 "complete")),
	};
	return take_bugs(record, object) && record->line && record->status && record->reason &&
	       record->path && record->host && record->started && record->release &&
	       record->taken && record->verdict && record->text && record->fingerprint &&
	       record->recipe;
}

static void forget(struct record *record)
{
	size_t i;

	for (i = 0; i < record->bug_count; i++) {
		free(record->bugs[i].name);
		free(record->bugs[i].fixed);
		free(record->bugs[i].status);
		free(record->bugs[i].stable);
	}
	free(record->line);
	free(record->status);
	free(record->reason);
	free(record->path);
	free(record->host);
	free(record->started);
	free(record->release);
	free(record->taken);
	free(record->verdict);
	free(record->text);
	free(record->fingerprint);
	free(record->recipe);
}

/* -------------------------------------------------------------------------- all files */

static bool make_room(struct records *records)
{
	size_t room = records->room ? 2 * records->room : 256;
	struct record *grown;

	if (records->count < records->room)
		return true;
	grown = realloc(records->list, room * sizeof(*grown));
	if (!grown)
		return false;
	records->list = grown;
	records->room = room;
	return true;
}

static bool add_line(struct records *records, const char *line)
{
	json_t *object = json_loads(line, 0, NULL);
	bool done = true;

	if (!json_is_object(object) || strcmp(text_of(object, "schema"), SCHEMA)) {
		records->bad_lines++;
	} else {
		done = make_room(records);
		if (done)
			done = take(&records->list[records->count++], object, line);
	}
	json_decref(object);
	return done;
}

static bool read_lines(struct records *records, FILE *stream, const char *path,
		       struct error *err)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	bool done = true;

	while (done && (length = getline(&line, &room, stream)) >= 0) {
		if (length && line[length - 1] == '\n')
			line[--length] = '\0';
		/* a NUL would hide what follows it */
		if (strlen(line) != (size_t)length)
			records->bad_lines++;
		else if (length)
			done = add_line(records, line);
	}
	free(line);
	if (!done)
		return error_set(err, ERROR_SYSTEM, "%s: out of memory", path);
	if (ferror(stream))
		return error_set(err, ERROR_SYSTEM, "%s: cannot read: %s", path,
				 strerror(errno));
	return true;
}

bool records_read(struct records *records, const char *path, struct error *err)
{
	FILE *stream = strcmp(path, "-") ? fopen(path, "re") : stdin;
	bool done;

	if (!stream)
		return error_set(err, ERROR_SYSTEM, "%s: cannot open: %s", path,
				 strerror(errno));
	done = read_lines(records, stream, path, err);
	if (stream != stdin)
		fclose(stream);
	return done;
}

/* By key, and the one that counts first; the same whatever came in which order. */
static int compare(const void *left, const void *right)
{
	const struct record *a = left, *b = right;
	bool a_done = !strcmp(a->status, "analysed"), b_done = !strcmp(b->status, "analysed");
	int order;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a_done != b_done)
		return a_done ? -1 : 1;
	if (a->complete != b->complete)
		return a->complete ? -1 : 1;
	order = strcmp(b->started, a->started);
	return order ? order : strcmp(a->line, b->line);
}

void records_merge(struct records *records)
{
	size_t i, kept = 0;

	if (records->count)
		qsort(records->list, records->count, sizeof(*records->list), compare);
	for (i = 0; i < records->count; i++) {
		if (kept && records->list[kept - 1].key == records->list[i].key) {
			forget(&records->list[i]);
			records->again++;
		} else {
			records->list[kept++] = records->list[i];
		}
	}
	records->count = kept;
}

void records_free(struct records *records)
{
	size_t i;

	for (i = 0; i < records->count; i++)
		forget(&records->list[i]);
	free(records->list);
	*records = (struct records){0};
}
