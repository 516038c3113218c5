// SPDX-License-Identifier: GPL-2.0-or-later
/* Its schema is src/output/kswapck-summary.schema.json. */
#include "batch/groups.h"

#include <inttypes.h>

#include "output/json_writer.h"

#define SCHEMA "kswapck-summary/1"

static void text_or_null(struct json_writer *json, const char *key, const char *text)
{
	json_string(json, key, text && *text ? text : NULL);
}

static void write_counts(struct json_writer *json, const char *key,
			 const struct group_counts *counts)
{
	size_t i;

	json_array(json, key);
	for (i = 0; i < counts->count; i++) {
		json_flat_object(json, NULL);
		json_string(json, "name", counts->list[i].word);
		json_number(json, "dumps", counts->list[i].count);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_bugs(struct json_writer *json, const struct group *group)
{
	const struct record *record = group->exemplar;
	size_t i;

	json_array(json, "bugs");
	for (i = 0; i < record->bug_count; i++) {
		json_flat_object(json, NULL);
		json_string(json, "name", record->bugs[i].name);
		text_or_null(json, "fixed", record->bugs[i].fixed);
		text_or_null(json, "stable", record->bugs[i].stable);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_number(json, "fix_absent", group->fix_absent);
	json_number(json, "fix_present", group->fix_present);
}

static void write_exemplar(struct json_writer *json, const struct record *record)
{
	char key[24];

	snprintf(key, sizeof(key), "%016" PRIx64, record->key);
	json_object(json, "exemplar");
	json_string(json, "key", key);
	json_string(json, "path", record->path);
	text_or_null(json, "host", record->host);
	text_or_null(json, "verdict", record->verdict);
	text_or_null(json, "text", record->text);
	text_or_null(json, "reason", record->reason);
	json_close(json, '}');
}

static void write_group(struct json_writer *json, const struct group *group)
{
	static const char *const kinds[] = {
		[GROUP_BUG] = "bug",
		[GROUP_VERDICT] = "verdict",
		[GROUP_FAILED] = "failed",
	};

	json_object(json, NULL);
	json_string(json, "kind", kinds[group->kind]);
	json_string(json, "name", group->name);
	text_or_null(json, "what", group->what);
	json_number(json, "dumps", group->count);
	write_counts(json, "verdicts", &group->verdicts);
	write_counts(json, "kernels", &group->releases);
	text_or_null(json, "first", group->first);
	text_or_null(json, "last", group->last);
	json_number(json, "undated", group->undated);
	json_number(json, "incomplete", group->incomplete);
	write_bugs(json, group);
	write_exemplar(json, group->exemplar);
	json_close(json, '}');
}

void groups_json(FILE *stream, const struct groups *groups, const struct records *records)
{
	struct json_writer json = {.stream = stream};
	size_t i;

	json_object(&json, NULL);
	json_string(&json, "schema", SCHEMA);
	json_string(&json, "kswapck", KSWAPCK_VERSION);
	json_number(&json, "dumps", records->count);
	json_array(&json, "groups");
	for (i = 0; i < groups->count; i++)
		write_group(&json, &groups->list[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	fputc('\n', stream);
}
