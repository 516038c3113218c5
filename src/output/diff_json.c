// SPDX-License-Identifier: GPL-2.0-or-later
/* Two reports compared, for programs; its schema is src/output/kswapck-diff.schema.json. */
#include "output/diff.h"

#define SCHEMA "kswapck-diff/1"

static const char *const changes[DIFF_CHANGES] = {
	[DIFF_CAME] = "came",
	[DIFF_GREW] = "grew",
	[DIFF_SHRANK] = "shrank",
	[DIFF_WENT] = "went",
	[DIFF_STAYED] = "stayed",
};

static const char *const keys[] = {
	[DIFF_BY_SLOT] = "slot",
	[DIFF_BY_DEVICE] = "device",
	[DIFF_BY_PROBLEM] = "problem",
};

static const char *const kinds[] = {
	[DIFF_FINDING] = "finding",
	[DIFF_SPINNER] = "spinner",
	[DIFF_SWAPOFF] = "swapoff",
	[DIFF_BUG] = "bug",
};

static void write_document(struct json_writer *json, const char *key,
			   const struct diff_document *document)
{
	json_object(json, key);
	json_string(json, "file", document->file);
	json_string(json, "schema", document->schema);
	json_string(json, "dump", document->dump);
	json_string(json, "release", document->release);
	json_string(json, "architecture", document->architecture);
	json_string(json, "verdict", document->verdict);
	json_bool(json, "complete", document->complete);
	json_close(json, '}');
}

static void write_side(struct json_writer *json, const char *key, const struct diff_side *side)
{
	if (!side->first) {
		json_null(json, key);
		return;
	}
	json_object(json, key);
	json_number(json, "items", side->items);
	json_number(json, "count", side->count);
	if (side->first->has_slots) {
		json_flat_object(json, "slots");
		json_number(json, "first", side->low);
		json_number(json, "last", side->high);
		json_close(json, '}');
	}
	json_string(json, "text", side->first->text);
	json_close(json, '}');
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void write_entry(struct json_writer *json, const struct diff_entry *entry)
{
	const struct diff_item *item = diff_entry_item(entry);

	json_object(json, NULL);
	json_string(json, "change", changes[entry->change]);
	json_string(json, "kind", kinds[item->kind]);
	json_string(json, "id", or_null(item->id));
	json_string(json, "name", item->name);
	json_string(json, "severity", item->warning ? "warning" : "error");
	json_string(json, "device", or_null(item->device));
	json_string(json, "comm", or_null(item->comm));
	write_side(json, "before", &entry->before);
	write_side(json, "after", &entry->after);
	json_close(json, '}');
}

void diff_json(FILE *stream, const struct diff_report *report)
{
	struct json_writer json = {.stream = stream};
	const struct diff *diff = report->diff;
	size_t i;

	json_object(&json, NULL);
	json_string(&json, "schema", SCHEMA);
	json_string(&json, "kswapck", KSWAPCK_VERSION);
	write_document(&json, "before", report->before);
	write_document(&json, "after", report->after);
	json_string(&json, "by", keys[diff->by]);
	json_bool(&json, "same_boot", diff->same_boot);
	json_bool(&json, "findings_compared", diff->findings);
	json_bool(&json, "story_compared", diff->story);
	json_array(&json, "changes");
	for (i = 0; i < diff->count; i++)
		write_entry(&json, &diff->entries[i]);
	json_close(&json, ']');
	json_object(&json, "summary");
	for (i = 0; i < DIFF_CHANGES; i++)
		json_number(&json, changes[i], diff->totals[i]);
	json_number(&json, "new_errors", diff->new_errors);
	json_number(&json, "new_warnings", diff->new_warnings);
	json_close(&json, '}');
	json_number(&json, "exit_status", (uint64_t)report->exit_status);
	json_close(&json, '}');
	fputc('\n', stream);
}
