// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff/document.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Numbers up to here are exact in a double, which is what all are read as. */
#define EXACT_MAX (1ULL << 53)

/* -------------------------------------------------------------- members by type */

/* A member that is a string; "" if there is none. */
static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* A member that is a number of things; false if there is none. */
static bool count_of(const json_t *object, const char *key, uint64_t *count)
{
	const json_t *member = json_object_get(object, key);
	double value = json_real_value(member);

	if (!json_is_real(member) || !(value >= 0) || value > (double)EXACT_MAX)
		return false;
	*count = (uint64_t)value;
	return true;
}

static bool is_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static bool bad(const struct diff_document *document, struct error *err, const char *where,
		const char *what)
{
	return error_set(err, ERROR_INPUT, "%s: %s %s: no report of kswapck, or it was changed",
			 document->file, where, what);
}

/* ------------------------------------------------------------------------ items */

static struct diff_item *add_item(struct diff_document *document, enum diff_kind kind)
{
	struct diff_item *item = &document->items[document->item_count++];

	*item = (struct diff_item){
		.kind = kind,
		.id = "", .name = "", .device = "", .comm = "", .text = "",
		.last = UINT64_MAX,
		.count = 1,
	};
	return item;
}

/* The name of the device of type @type; of one without a name something to tell it by. */
static const char *device_name(const struct diff_document *document, uint64_t type)
{
	const json_t *devices = json_object_get(document->root, "devices"), *device;
	uint64_t other;
	size_t i;

	json_array_foreach(devices, i, device)
		if (count_of(device, "type", &other) && other == type && *text_of(device, "name"))
			return text_of(device, "name");
	return "?";
}

static void take_slots(const struct diff_document *document, const json_t *finding,
		       struct diff_item *item)
{
	const json_t *slots = json_object_get(finding, "slots");
	uint64_t type, count;

	if (!count_of(finding, "device", &type)) {
		item->comm = text_of(json_object_get(finding, "process"), "comm");
		return;
	}
	item->device = device_name(document, type);
	item->has_slots = count_of(slots, "first", &item->first) &&
			  count_of(slots, "last", &item->last) && item->first <= item->last;
	if (!item->has_slots) {
		item->first = 0;
		item->last = UINT64_MAX;
	}
	if (count_of(slots, "count", &count) && count)
		item->count = count;
}

static bool take_finding(struct diff_document *document, const json_t *finding,
			 struct error *err)
{
	struct diff_item *item = add_item(document, DIFF_FINDING);

	item->id = text_of(finding, "id");
	item->name = text_of(finding, "name");
	item->text = text_of(finding, "text");
	item->warning = !strcmp(text_of(finding, "severity"), "warning");
	take_slots(document, finding, item);
	return (*item->id && *item->name) ||
	       bad(document, err, "a finding", "without id or name");
}

static bool take_spinner(struct diff_document *document, const json_t *spinner,
			 struct error *err)
{
	struct diff_item *item = add_item(document, DIFF_SPINNER);

	item->id = text_of(spinner, "problem");
	item->name = text_of(spinner, "loop");
	item->device = text_of(spinner, "device");
	item->text = text_of(spinner, "why");
	item->has_slots = count_of(spinner, "slot", &item->first);
	if (item->has_slots)
		item->last = item->first;
	return *item->name || bad(document, err, "a spinner", "without a loop");
}

static bool take_swapoff(struct diff_document *document, const json_t *swapoff,
			 struct error *err)
{
	struct diff_item *item;

	(void)err;
	if (!is_true(swapoff, "endless"))
		return true;
	item = add_item(document, DIFF_SWAPOFF);
	item->id = text_of(swapoff, "problem");
	item->name = "endless";
	item->device = text_of(swapoff, "device");
	item->text = text_of(swapoff, "text");
	return true;
}

static bool take_bug(struct diff_document *document, const json_t *bug, struct error *err)
{
	struct diff_item *item = add_item(document, DIFF_BUG);

	item->name = text_of(bug, "name");
	item->text = text_of(bug, "summary");
	return *item->name || bad(document, err, "a bug", "without a name");
}

typedef bool take_fn(struct diff_document *document, const json_t *value, struct error *err);

/* All of the array @key of @object, which must be there. */
static bool take_all(struct diff_document *document, const json_t *object, const char *key,
		     take_fn *take, struct error *err)
{
	const json_t *array = json_object_get(object, key), *value;
	struct diff_item *items;
	size_t i;

	if (!json_is_array(array))
		return bad(document, err, key, "is no list");
	items = reallocarray(document->items, document->item_count + json_array_size(array) + 1,
			     sizeof(*items));
	if (!items)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	document->items = items;
	json_array_foreach(array, i, value)
		if (!take(document, value, err))
			return false;
	return true;
}

static bool take_story(struct diff_document *document, const json_t *story, struct error *err)
{
	document->has_story = true;
	document->verdict = text_of(story, "verdict");
	document->complete &= !is_true(story, "incomplete");
	if (!*document->verdict)
		return bad(document, err, "the story", "has no verdict");
	return take_all(document, story, "spinners", take_spinner, err) &&
	       take_all(document, story, "swapoffs", take_swapoff, err) &&
	       take_all(document, story, "bugs", take_bug, err);
}

static bool take_scan(struct diff_document *document, struct error *err)
{
	const json_t *story = json_object_get(document->root, "explain");

	document->has_findings = true;
	document->complete = is_true(json_object_get(document->root, "coverage"), "complete");
	if (!json_object_get(document->root, "exit_status"))
		return bad(document, err, "exit_status", "is missing: cut off");
	return take_all(document, document->root, "findings", take_finding, err) &&
	       (!story || take_story(document, story, err));
}

static bool take_report(struct diff_document *document, struct error *err)
{
	const json_t *kernel = json_object_get(document->root, "kernel");
	const json_t *dump = json_object_get(document->root, "dump");

	document->schema = text_of(document->root, "schema");
	document->dump = json_string_value(json_array_get(json_object_get(dump, "files"), 0));
	document->release = text_of(kernel, "release");
	document->architecture = text_of(kernel, "architecture");
	document->build_id = text_of(kernel, "build_id");
	if (!document->dump)
		document->dump = "?";
	if (!strcmp(document->schema, "kswapck-scan/1"))
		return take_scan(document, err);
	document->complete = true;
	if (!strcmp(document->schema, "kswapck-explain/1"))
		return take_story(document, document->root, err);
	if (!*document->schema)
		return error_set(err, ERROR_INPUT, "%s: JSON, but no report of kswapck",
				 document->file);
	return error_set(err, ERROR_INPUT, "%s: of schema '%s': diff compares kswapck-scan/1 and "
			 "kswapck-explain/1, which 'kswapck scan', 'explain' and 'triage' write",
			 document->file, document->schema);
}

/* ---------------------------------------------------------------------- reading */

struct reader {
	FILE *stream;
	size_t bytes;
	size_t marks;		/* of JSON: there are not more values than these */
	int failed;		/* errno */
	bool too_large;
};

static size_t count_marks(const char *text, size_t size)
{
	size_t i, marks = 0;

	for (i = 0; i < size; i++)
		marks += text[i] == ',' || text[i] == ':' || text[i] == '[' || text[i] == '{';
	return marks;
}

static size_t read_bytes(void *buffer, size_t size, void *data)
{
	struct reader *reader = data;
	size_t got = fread(buffer, 1, size, reader->stream);

	if (got < size && ferror(reader->stream)) {
		reader->failed = errno ? errno : EIO;
		return (size_t)-1;
	}
	reader->bytes += got;
	reader->marks += count_marks(buffer, got);
	reader->too_large = reader->bytes > DIFF_BYTES_MAX || reader->marks > DIFF_VALUES_MAX;
	return reader->too_large ? (size_t)-1 : got;
}

static bool parse_error(const char *file, const struct reader *reader,
			const json_error_t *fault, struct error *err)
{
	if (reader->failed)
		return error_set(err, ERROR_SYSTEM, "%s: cannot read: %s", file,
				 strerror(reader->failed));
	if (reader->too_large)
		return error_set(err, ERROR_INPUT, "%s: larger than any report to compare: more "
				 "than %lu MiB or %lu values", file, DIFF_BYTES_MAX >> 20,
				 DIFF_VALUES_MAX);
	if (!reader->bytes)
		return error_set(err, ERROR_INPUT, "%s: empty; diff takes what 'kswapck scan "
				 "--json' writes", file);
	return error_set(err, ERROR_INPUT, "%s: line %d, column %d: no JSON: %s; diff takes what "
			 "'kswapck scan --json' writes", file, fault->line, fault->column,
			 fault->text);
}

bool diff_document_parse(struct diff_document *document, FILE *stream, const char *file,
			 struct error *err)
{
	struct reader reader = {.stream = stream};
	json_error_t fault;

	*document = (struct diff_document){.file = file};
	/* counters of a damaged dump may be larger than a signed integer */
	document->root = json_load_callback(read_bytes, &reader, JSON_DECODE_INT_AS_REAL |
					    JSON_REJECT_DUPLICATES, &fault);
	if (!document->root)
		return parse_error(file, &reader, &fault, err);
	return take_report(document, err);
}

bool diff_document_read(struct diff_document *document, const char *file, struct error *err)
{
	bool is_stdin = !strcmp(file, "-"), done;
	struct stat status;
	FILE *stream;

	*document = (struct diff_document){.file = file};
	if (is_stdin)
		return diff_document_parse(document, stdin, "stdin", err);
	stream = fopen(file, "re");
	if (!stream)
		return error_set(err, ERROR_SYSTEM, "%s: %s", file, strerror(errno));
	if (!fstat(fileno(stream), &status) && S_ISDIR(status.st_mode))
		done = error_set(err, ERROR_SYSTEM, "%s: %s", file, strerror(EISDIR));
	else
		done = diff_document_parse(document, stream, file, err);
	fclose(stream);
	return done;
}

void diff_document_free(struct diff_document *document)
{
	free(document->items);
	json_decref(document->root);
	*document = (struct diff_document){0};
}

/* -------------------------------------------------------------- whose both are */

/* The device of @document that has this name; NULL if there is none. */
static const json_t *find_device(const struct diff_document *document, const char *name)
{
	const json_t *devices = json_object_get(document->root, "devices"), *device;
	size_t i;

	json_array_foreach(devices, i, device)
		if (!strcmp(text_of(device, "name"), name))
			return device;
	return NULL;
}

static const json_t *story_of(const struct diff_document *document)
{
	const json_t *story = json_object_get(document->root, "explain");

	return story ? story : document->root;
}

static const char *rcu_state(const struct diff_document *document)
{
	return text_of(json_object_get(story_of(document), "rcu"), "rcu_state");
}

bool diff_same_boot(const struct diff_document *before, const struct diff_document *after)
{
	const json_t *devices = json_object_get(before->root, "devices"), *device, *other;
	unsigned int agreeing = 0;
	size_t i;

	if (strcmp(before->build_id, after->build_id) || strcmp(before->release, after->release))
		return false;
	json_array_foreach(devices, i, device) {
		other = find_device(after, text_of(device, "name"));
		if (!other)
			continue;
		if (strcmp(text_of(device, "swap_info_struct"),
			   text_of(other, "swap_info_struct")))
			return false;
		agreeing++;
	}
	return agreeing || (*rcu_state(before) && !strcmp(rcu_state(before), rcu_state(after)));
}

/* Does @other have all devices of @document? */
static bool has_devices_of(const struct diff_document *document,
			   const struct diff_document *other)
{
	const json_t *devices = json_object_get(document->root, "devices"), *device;
	size_t i;

	json_array_foreach(devices, i, device)
		if (!find_device(other, text_of(device, "name")))
			return false;
	return true;
}

bool diff_same_devices(const struct diff_document *before, const struct diff_document *after)
{
	return has_devices_of(before, after) && has_devices_of(after, before);
}
