// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/entry.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/exit_status.h"
#include "base/text.h"
#include "batch/report.h"
#include "output/json_writer.h"

#define SCHEMA "kswapck-batch/1"
#define REASON_MAX 1024
#define PATH_TEXT 4097

/* JSON holds UTF-8 alone; a path may be anything. */
static void write_path(struct json_writer *json, const char *key, const char *path)
{
	char visible[PATH_TEXT];

	json_string(json, key, text_visible(path, visible, sizeof(visible)));
}

static void write_time(struct json_writer *json, const char *key, int64_t seconds)
{
	char text[TEXT_TIME_SIZE];

	json_string(json, key, seconds ? text_time(seconds, text) : NULL);
}

/* ----------------------------------------------------------------- what became of it */

/* The last line, without what stands in front of every error: the program and the path. */
static void last_line(const char *text, const struct batch_dump *dump, char *reason, size_t size)
{
	static const char program[] = "kswapck: ";
	const char *end = text + strlen(text), *begin;
	size_t length = strlen(dump->paths[0]);

	while (end > text && end[-1] == '\n')
		end--;
	for (begin = end; begin > text && begin[-1] != '\n'; begin--)
		;
	if (!strncmp(begin, program, sizeof(program) - 1))
		begin += sizeof(program) - 1;
	while (!strncmp(begin, dump->paths[0], length) && !strncmp(begin + length, ": ", 2))
		begin += length + 2;
	snprintf(reason, size, "%.*s", end > begin ? (int)(end - begin) : 0, begin);
}

static bool is_out_of_memory(const char *reason)
{
	return strstr(reason, "out of memory") || strstr(reason, "Cannot allocate memory");
}

/* Status and reason of a dump without a report. */
static const char *say_why(const struct child *child, const struct batch_dump *dump,
			   char *reason, size_t size)
{
	last_line(child->err.text ? child->err.text : "", dump, reason, size);
	switch (child->end) {
	case CHILD_TIMED_OUT:
		snprintf(reason, size, "not done in %u s (--timeout)", child->limits.seconds);
		return "timeout";
	case CHILD_STUCK:
		snprintf(reason, size, "not done in %u s (--timeout), and cannot be killed: does the "
			 "file system answer?", child->limits.seconds);
		return "timeout";
	case CHILD_KILLED:
		snprintf(reason, size, "kswapck was ended by signal %d (%s)%s", child->status,
			 strsignal(child->status),
			 child->status == SIGKILL ? "; by the kernel for want of memory?" : "");
		return "crashed";
	default:
		break;
	}
	if (child->limits.memory && is_out_of_memory(reason)) {
		snprintf(reason, size, "needs more memory than %" PRIu64 " MiB (--memory)",
			 child->limits.memory >> 20);
		return "memory";
	}
	if (!*reason)
		snprintf(reason, size, "kswapck ended with exit status %d and no word",
			 child->status);
	return "failed";
}

/* ------------------------------------------------------------------------- the record */

static void write_dump(struct json_writer *json, const struct batch_dump *dump,
		       const char *shard)
{
	char key[24], host[256] = "";
	size_t i;

	snprintf(key, sizeof(key), "%016" PRIx64, dump->key);
	gethostname(host, sizeof(host) - 1);
	json_string(json, "schema", SCHEMA);
	json_string(json, "kswapck", KSWAPCK_VERSION);
	json_string(json, "key", key);
	write_path(json, "path", dump->paths[0]);
	json_array(json, "parts");
	for (i = 0; i < dump->count; i++)
		write_path(json, NULL, dump->paths[i]);
	json_close(json, ']');
	json_number(json, "size", dump->size);
	write_time(json, "modified", dump->modified / 1000000000);
	json_string(json, "host", host);
	json_string(json, "shard", shard);
}

static void write_child(struct json_writer *json, const struct child *child, int64_t started)
{
	write_time(json, "started", started);
	json_object(json, "seconds");
	json_seconds(json, "wall", child->wall);
	json_seconds(json, "user", child->user);
	json_seconds(json, "system", child->system);
	json_close(json, '}');
	json_number(json, "peak_memory", child->peak_memory);
}

/* Did it come to its end, with something to say? */
static bool has_report(const struct child *child)
{
	return child->end == CHILD_EXITED && !child->out.cut && child->out.text &&
	       !(child->status & (EXIT_FAILED | EXIT_USAGE | EXIT_INTERRUPTED));
}

static void write_record(FILE *stream, const struct entry *entry, const struct batch_dump *dump,
			 const struct child *child, int64_t started, const char *shard,
			 const struct report *report)
{
	struct json_writer json = {.stream = stream};
	const char *status = "analysed";
	char reason[REASON_MAX];
	size_t i;

	if (!report)
		status = say_why(child, dump, reason, sizeof(reason));
	json_flat_object(&json, NULL);
	write_dump(&json, dump, shard);
	json_string(&json, "status", status);
	json_string(&json, "reason", report ? NULL : reason);
	write_child(&json, child, started);
	for (i = 0; i < REPORT_MEMBERS; i++)
		json_raw(&json, report_member_name(i), report ? report->members[i] : "null");
	json_number(&json, "exit_status", (uint64_t)entry->exit_status);
	json_close(&json, '}');
	fputc('\n', stream);
}

bool entry_make(struct entry *entry, const struct batch_dump *dump, const struct child *child,
		int64_t started, const char *shard)
{
	struct report report;
	FILE *stream;
	bool done;

	*entry = (struct entry){0};
	entry->analysed = has_report(child) &&
			  report_read(&report, child->out.text, child->out.length);
	entry->exit_status = entry->analysed ? child->status : EXIT_FAILED;
	stream = open_memstream(&entry->line, &entry->length);
	if (stream)
		write_record(stream, entry, dump, child, started, shard,
			     entry->analysed ? &report : NULL);
	if (entry->analysed)
		report_free(&report);
	done = stream && !ferror(stream);
	return stream && !fclose(stream) && done;
}
