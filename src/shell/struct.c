// SPDX-License-Identifier: GPL-2.0-or-later
/* 'struct': a type as C declares it, with the places of its members, and an object's values. */
#include "shell/struct.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "output/sentence.h"
#include "shell/object.h"

#define INDENT		2
#define PLACE_COLUMN	50	/* of the comment behind a member */
#define PLACE_COLUMNS	26	/* that it takes */
#define DEPTH_MAX	16	/* structs in structs */
#define LINES_MAX	20000
#define SCALARS_MAX	16	/* elements of an array, equal neighbours counted once */
#define STRUCTS_MAX	4
#define INLINE_BYTES	16	/* a struct of at most so many fits a line */
#define INLINE_COLUMNS	60

struct view {
	struct answer *answer;
	struct types *types;
	struct object object;	/* bytes NULL: no values are wanted */
	bool all;		/* all elements of arrays */
	unsigned int lines;
};

static bool full(struct view *view)
{
	return view->lines > LINES_MAX || shell_stopped(view->answer->shell);
}

/* ---------------------------------------------------------------------- lines */

static void blanks(const struct view *view, unsigned int depth)
{
	fprintf(view->answer->options.stream, "%*s", (int)(depth * INDENT), "");
}

/* "int x:3 = 5;", and where it is; @part NULL: nowhere. */
static void write_line(struct view *view, unsigned int depth, const struct type_part *part,
		       uint64_t offset, uint64_t size, const char *text)
{
	FILE *stream = view->answer->options.stream;
	unsigned int columns = view->answer->options.columns, indent = depth * INDENT;
	int width = PLACE_COLUMN - (int)indent;
	char place[32], hexadecimal[24];

	view->lines++;
	blanks(view, depth);
	if (!part) {
		fprintf(stream, "%s\n", text);
		return;
	}
	snprintf(place, sizeof(place), "%" PRIu64, offset);
	if (part->bit_size)
		snprintf(place, sizeof(place), "%" PRIu64 ":%u", offset, part->bit_offset);
	snprintf(hexadecimal, sizeof(hexadecimal), "0x%" PRIx64, offset);
	if (columns && indent + strlen(text) + PLACE_COLUMNS > columns) {
		sentence_wrap(stream, text, indent + 2 * INDENT, indent, columns);
		fprintf(stream, "\n%*s", (int)indent, "");
		text = "";
	}
	fprintf(stream, "%-*s /* %5s %6s %5" PRIu64 " */\n", width > 0 ? width : 0, text, place,
		hexadecimal, size);
}

/* -------------------------------------------------------------------- values */

/* Text of some length that is put together. */
struct text {
	char text[2048];
	size_t length;
};

static void add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	size_t room = sizeof(text->text) - text->length;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text->text + text->length, room, format, arguments);
	va_end(arguments);
	if (length > 0)
		text->length += (size_t)length < room ? (size_t)length : room - 1;
}

static bool is_composite(const struct type_node *node)
{
	return node->kind == TYPE_KIND_STRUCT || node->kind == TYPE_KIND_UNION;
}

static bool strip(const struct view *view, type_id type, struct type_node *node)
{
	return types_strip(view->types, &type, node);
}

/* A struct or union that has no name at all, not even a typedef's. */
static bool is_anonymous(const struct view *view, type_id type)
{
	struct type_node node;
	unsigned int steps;

	for (steps = 0; steps < DEPTH_MAX && types_node(view->types, type, &node); steps++) {
		if (node.kind != TYPE_KIND_CONST && node.kind != TYPE_KIND_VOLATILE &&
		    node.kind != TYPE_KIND_OTHER)
			return is_composite(&node) && !*node.name;
		type = node.target;
	}
	return false;
}

static void scalar_value(struct view *view, uint64_t base, const struct type_part *part,
			 char *text, size_t size)
{
	struct scalar scalar;

	*text = 0;
	if (scalar_load(view->types, &view->object, base, part, &scalar))
		scalar_text(view->answer, &scalar, text, size);
}

struct inlined {
	struct view *view;
	uint64_t base;
	struct text *text;
	bool any;
	bool failed;
};

static bool inline_struct(struct view *view, type_id type, uint64_t base, struct text *text);

static bool inline_member(void *data, const struct type_part *part)
{
	struct inlined *inlined = data;
	struct view *view = inlined->view;
	struct type_node node;
	char value[SYMBOL_TEXT_SIZE + 32], name[128];

	inlined->failed = true;
	if (!*part->name || !strip(view, part->type, &node) || node.kind == TYPE_KIND_ARRAY)
		return false;
	add(inlined->text, "%s.%s = ", inlined->any ? ", " : "",
	    text_visible(part->name, name, sizeof(name)));
	if (is_composite(&node)) {
		if (!inline_struct(view, part->type, inlined->base + part->offset, inlined->text))
			return false;
	} else {
		scalar_value(view, inlined->base, part, value, sizeof(value));
		add(inlined->text, "%s", value);
	}
	inlined->any = true;
	inlined->failed = false;
	return true;
}

/* "{ .counter = 1 }", of a small struct without unions and arrays; false: it is none. */
static bool inline_struct(struct view *view, type_id type, uint64_t base, struct text *text)
{
	struct inlined inlined = {.view = view, .base = base, .text = text};
	struct type_node node;

	if (!strip(view, type, &node) || node.kind != TYPE_KIND_STRUCT || !node.size ||
	    node.size > INLINE_BYTES)
		return false;
	add(text, "{ ");
	types_parts(view->types, type, inline_member, &inlined);
	add(text, " }");
	return !inlined.failed && inlined.any;
}

/* --------------------------------------------------------------------- arrays */

/* An array, all of its dimensions one. */
struct array {
	type_id element;
	struct type_node node;	/* of the element, stripped */
	uint64_t count;
	uint64_t size;		/* bytes of an element */
};

static uint64_t size_of(const struct view *view, type_id type);

static bool array_of(const struct view *view, type_id type, struct array *array)
{
	unsigned int i, level;

	*array = (struct array){.element = type, .count = 1};
	for (level = 0; level < DEPTH_MAX; level++) {
		if (!types_strip(view->types, &array->element, &array->node))
			return false;
		if (array->node.kind != TYPE_KIND_ARRAY)
			break;
		for (i = 0; i < array->node.dimension_count; i++)
			if (__builtin_mul_overflow(array->count, array->node.dimensions[i],
						   &array->count))
				return false;
		array->element = array->node.target;
	}
	array->size = array->node.size;
	return level > 0 && level < DEPTH_MAX;
}

static uint64_t size_of(const struct view *view, type_id type)
{
	struct type_node node;
	struct array array;
	uint64_t size;

	if (!strip(view, type, &node))
		return 0;
	if (node.kind != TYPE_KIND_ARRAY)
		return node.size;
	if (!array_of(view, type, &array) ||
	    __builtin_mul_overflow(array.count, array.size, &size))
		return 0;
	return size;
}

/* How many elements from the @nth on are the same, byte by byte, or not readable. */
static uint64_t equal_elements(const struct view *view, uint64_t base, const struct array *array,
			       uint64_t nth)
{
	const struct object *object = &view->object;
	const unsigned char *first = object->bytes + base + nth * array->size;
	enum read_status status = object_status(object, base + nth * array->size, array->size);
	uint64_t next;

	for (next = nth + 1; next < array->count; next++)
		if (object_status(object, base + next * array->size, array->size) != status ||
		    (status == READ_OK &&
		     memcmp(first, object->bytes + base + next * array->size, array->size)))
			break;
	return next - nth;
}

/* Bytes that are text, as a string; false: they are no text. */
static bool string_value(const struct view *view, uint64_t base, const struct array *array,
			 struct text *text)
{
	char raw[512], visible[sizeof(raw)];
	uint64_t length = array->count < sizeof(raw) ? array->count : sizeof(raw) - 1;

	if (array->node.kind != TYPE_KIND_CHARACTER || array->size != 1 ||
	    object_status(&view->object, base, array->count) != READ_OK)
		return false;
	memcpy(raw, view->object.bytes + base, length);
	raw[length] = 0;
	if (!text_is_visible(raw))
		return false;
	add(text, "\"%s\"", text_visible(raw, visible, sizeof(visible)));
	return true;
}

static bool array_fits(const struct view *view, uint64_t base, const struct array *array)
{
	const struct object *object = &view->object;

	return array->size && base <= object->size &&
	       array->count <= (object->size - base) / array->size;
}

/* "{ 0x1, 0x0 (63 times) }" of an array of scalars. */
static void scalars_value(struct view *view, uint64_t base, const struct array *array,
			  struct text *text)
{
	unsigned int shown = 0, most = view->all ? 128 : SCALARS_MAX;
	char value[SYMBOL_TEXT_SIZE + 32];
	uint64_t i = 0;

	if (string_value(view, base, array, text))
		return;
	add(text, "{ ");
	for (; i < array->count && shown < most; shown++) {
		const struct type_part part = {
			.name = "", .type = array->element, .offset = i * array->size,
		};
		uint64_t times = equal_elements(view, base, array, i);

		scalar_value(view, base, &part, value, sizeof(value));
		add(text, "%s%s", shown ? ", " : "", value);
		if (times > 1)
			add(text, " (%" PRIu64 " times)", times);
		i += times;
	}
	if (i < array->count)
		add(text, ", %" PRIu64 " more", array->count - i);
	add(text, " }");
}

/* ------------------------------------------------------------------- members */

struct composite {
	struct view *view;
	uint64_t base;		/* bytes from the start of the object */
	unsigned int depth;	/* of its members' lines */
};

static void write_members(struct view *view, type_id type, uint64_t base, unsigned int depth);

/* The keyword of what is opened: "struct {", "union {", "struct list_head lru = {" */
static void open_composite(struct view *view, const struct type_part *part, uint64_t base,
			   unsigned int depth)
{
	char declaration[256];
	struct type_node node;
	struct text text = {.length = 0};

	strip(view, part->type, &node);
	if (!is_anonymous(view, part->type)) {
		types_declare(view->types, part->type, part->name, declaration,
			      sizeof(declaration));
		add(&text, "%s%s", declaration, view->object.bytes ? " = {" : " {");
	} else {
		add(&text, "%s {", node.kind == TYPE_KIND_UNION ? "union" : "struct");
	}
	write_line(view, depth, part, base + part->offset, node.size, text.text);
}

static void close_composite(struct view *view, const struct type_part *part, unsigned int depth)
{
	struct text text = {.length = 0};

	add(&text, "}");
	if (*part->name && is_anonymous(view, part->type))
		add(&text, " %s", part->name);
	add(&text, ";");
	write_line(view, depth, NULL, 0, 0, text.text);
}

static void write_expanded(struct view *view, const struct type_part *part, uint64_t base,
			   unsigned int depth)
{
	open_composite(view, part, base, depth);
	write_members(view, part->type, base + part->offset, depth + 1);
	close_composite(view, part, depth);
}

/* An element of an array of structs, and those like it. */
static void write_element(struct view *view, uint64_t base, const struct array *array,
			  uint64_t nth, uint64_t times, unsigned int depth)
{
	struct text text = {.length = 0};

	add(&text, "[%" PRIu64 "]", nth);
	if (times > 1)
		add(&text, " and %" PRIu64 " like it", times - 1);
	add(&text, " ");
	if (inline_struct(view, array->element, base + nth * array->size, &text)) {
		write_line(view, depth, NULL, 0, 0, text.text);
		return;
	}
	text.length = strcspn(text.text, "{");
	add(&text, "{");
	write_line(view, depth, NULL, 0, 0, text.text);
	write_members(view, array->element, base + nth * array->size, depth + 1);
	write_line(view, depth, NULL, 0, 0, "}");
}

static void write_structs(struct view *view, const struct array *array, uint64_t base,
			  unsigned int depth)
{
	struct text text = {.length = 0};
	unsigned int shown = 0;
	uint64_t i = 0;

	for (; i < array->count && (view->all || shown < STRUCTS_MAX) && !full(view); shown++) {
		uint64_t times = equal_elements(view, base, array, i);

		write_element(view, base, array, i, times, depth);
		i += times;
	}
	if (i == array->count)
		return;
	add(&text, "... %" PRIu64 " more", array->count - i);
	write_line(view, depth, NULL, 0, 0, text.text);
}

static void write_array(struct view *view, const struct type_part *part, uint64_t base,
			const char *declaration, unsigned int depth)
{
	struct text text = {.length = 0}, value = {.length = 0};
	uint64_t at = base + part->offset;
	uint64_t size = size_of(view, part->type);
	FILE *stream = view->answer->options.stream;
	struct array array;

	add(&text, "%s", declaration);
	if (!view->object.bytes || !array_of(view, part->type, &array) || !array.count ||
	    !array_fits(view, at, &array)) {
		add(&text, ";");
		write_line(view, depth, part, at, size, text.text);
		return;
	}
	if (is_composite(&array.node)) {
		add(&text, " = {");
		write_line(view, depth, part, at, size, text.text);
		write_structs(view, &array, at, depth + 1);
		write_line(view, depth, NULL, 0, 0, "};");
		return;
	}
	scalars_value(view, at, &array, &value);
	if (text.length + value.length < INLINE_COLUMNS) {
		add(&text, " = %s;", value.text);
		write_line(view, depth, part, at, size, text.text);
		return;
	}
	add(&text, " =");
	add(&value, ";");
	write_line(view, depth, part, at, size, text.text);
	blanks(view, depth + 2);
	sentence_wrap(stream, value.text, (depth + 2) * INDENT, (depth + 2) * INDENT,
		      view->answer->options.columns);
	fputc('\n', stream);
}

static void write_scalar(struct view *view, const struct type_part *part, uint64_t base,
			 const char *declaration, unsigned int depth)
{
	char value[SYMBOL_TEXT_SIZE + 32];
	struct text text = {.length = 0};

	add(&text, "%s", declaration);
	if (part->bit_size)
		add(&text, ":%u", part->bit_size);
	if (view->object.bytes) {
		scalar_value(view, base, part, value, sizeof(value));
		add(&text, " = %s", value);
	}
	add(&text, ";");
	write_line(view, depth, part, base + part->offset, size_of(view, part->type), text.text);
}

static void write_part(struct view *view, const struct type_part *part, uint64_t base,
		       unsigned int depth)
{
	struct text text = {.length = 0};
	struct type_node node;
	char declaration[640];

	if (!strip(view, part->type, &node))
		return;
	types_declare(view->types, part->type, part->name, declaration, sizeof(declaration));
	if (node.kind == TYPE_KIND_ARRAY) {
		write_array(view, part, base, declaration, depth);
	} else if (!is_composite(&node)) {
		write_scalar(view, part, base, declaration, depth);
	} else if (view->object.bytes) {
		add(&text, "%s = ", declaration);
		if (*part->name && inline_struct(view, part->type, base + part->offset, &text)) {
			add(&text, ";");
			write_line(view, depth, part, base + part->offset, node.size, text.text);
		} else {
			write_expanded(view, part, base, depth);
		}
	} else if (is_anonymous(view, part->type)) {
		write_expanded(view, part, base, depth);
	} else {
		add(&text, "%s;", declaration);
		write_line(view, depth, part, base + part->offset, node.size, text.text);
	}
}

static bool visit_member(void *data, const struct type_part *part)
{
	const struct composite *composite = data;

	write_part(composite->view, part, composite->base, composite->depth);
	return !full(composite->view);
}

static void write_members(struct view *view, type_id type, uint64_t base, unsigned int depth)
{
	struct composite composite = {view, base, depth};

	if (depth > DEPTH_MAX)
		write_line(view, depth, NULL, 0, 0, "...");
	else
		types_parts(view->types, type, visit_member, &composite);
}

/* ----------------------------------------------------------------------- JSON */

#define LEAVES_MAX	20000
#define PATH_SIZE	512

/* Members one after the other, those of structs by their paths. */
struct leaves {
	struct view *view;
	const char *path;
	uint64_t base;
	unsigned int depth;
};

static void write_leaf(struct view *view, const struct type_part *part, uint64_t base,
		       const char *path, unsigned int depth);

static bool visit_leaf(void *data, const struct type_part *part)
{
	const struct leaves *leaves = data;
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s%s%s", leaves->path,
		 *leaves->path && *part->name ? "." : "", part->name);
	write_leaf(leaves->view, part, leaves->base, path, leaves->depth);
	return leaves->view->lines < LEAVES_MAX && !shell_stopped(leaves->view->answer->shell);
}

static void write_leaves(struct view *view, type_id type, uint64_t base, const char *path,
			 unsigned int depth)
{
	struct leaves leaves = {view, path, base, depth};

	if (depth <= DEPTH_MAX)
		types_parts(view->types, type, visit_leaf, &leaves);
}

static void array_json(struct view *view, const struct array *array, uint64_t base)
{
	struct json_writer *json = &view->answer->json;
	struct text text = {.length = 0};
	struct scalar scalar;
	uint64_t i;

	if (string_value(view, base, array, &text)) {
		text.text[text.length - 1] = 0;
		json_string(json, "value", text.text + 1);
		return;
	}
	json_array(json, "value");
	for (i = 0; i < array->count && i < LEAVES_MAX; i++) {
		const struct type_part part = {
			.name = "", .type = array->element, .offset = i * array->size,
		};

		if (scalar_load(view->types, &view->object, base, &part, &scalar))
			scalar_json(view->answer, NULL, &scalar);
	}
	json_close(json, ']');
}

static void array_leaf(struct view *view, const struct type_part *part, uint64_t base,
		       const char *path, unsigned int depth)
{
	uint64_t at = base + part->offset, i;
	char element[PATH_SIZE + 32];
	struct array array;

	if (!array_of(view, part->type, &array) || !array_fits(view, at, &array))
		return;
	for (i = 0; is_composite(&array.node) && i < array.count &&
		    view->lines < LEAVES_MAX; i++) {
		snprintf(element, sizeof(element), "%s[%" PRIu64 "]", path, i);
		element[PATH_SIZE - 1] = 0;
		write_leaves(view, array.element, at + i * array.size, element, depth + 1);
	}
}

static void leaf_json(struct view *view, const struct type_part *part, uint64_t base,
		      const char *path, const struct type_node *node)
{
	struct json_writer *json = &view->answer->json;
	struct scalar scalar;
	struct array array;
	char type[640];

	view->lines++;
	json_flat_object(json, NULL);
	json_string(json, "member", path);
	types_declare(view->types, part->type, "", type, sizeof(type));
	json_string(json, "type", type);
	json_number(json, "offset", base + part->offset);
	json_number(json, "size", size_of(view, part->type));
	if (part->bit_size) {
		json_number(json, "bit_offset", part->bit_offset);
		json_number(json, "bits", part->bit_size);
	}
	if (view->object.bytes && node->kind == TYPE_KIND_ARRAY) {
		if (array_of(view, part->type, &array) && !is_composite(&array.node) &&
		    array_fits(view, base + part->offset, &array))
			array_json(view, &array, base + part->offset);
	} else if (view->object.bytes &&
		   scalar_load(view->types, &view->object, base, part, &scalar)) {
		scalar_json(view->answer, "value", &scalar);
	}
	json_close(json, '}');
}

static void write_leaf(struct view *view, const struct type_part *part, uint64_t base,
		       const char *path, unsigned int depth)
{
	struct type_node node;

	if (!strip(view, part->type, &node))
		return;
	if (is_composite(&node) && (view->object.bytes || depth == 0 ||
				    is_anonymous(view, part->type))) {
		write_leaves(view, part->type, base + part->offset, path, depth + 1);
		return;
	}
	leaf_json(view, part, base, path, &node);
	if (node.kind == TYPE_KIND_ARRAY && view->object.bytes)
		array_leaf(view, part, base, path, depth);
}

static void write_document(struct view *view, const struct struct_request *request)
{
	struct json_writer *json = &view->answer->json;
	char type[640];

	types_declare(view->types, request->part.type, "", type, sizeof(type));
	json_string(json, "type", type);
	json_number(json, "size", size_of(view, request->part.type));
	if (request->valued)
		json_address(json, "address", request->address);
	json_array(json, "members");
	write_leaf(view, &request->part, 0, request->part.name, 0);
	json_close(json, ']');
}

/* ------------------------------------------------------------------- the whole */

static bool write_enumerator(void *data, const char *name, int64_t value)
{
	struct view *view = data;
	char visible[128];

	text_visible(name, visible, sizeof(visible));
	if (view->answer->is_json)
		json_signed(&view->answer->json, visible, value);
	else
		fprintf(view->answer->options.stream, "%*s%s = %" PRId64 ",\n", INDENT, "",
			visible, value);
	return !full(view);
}

/* An enum has no members but names. */
static void write_enum(struct view *view, type_id type, const struct type_node *node)
{
	FILE *stream = view->answer->options.stream;
	char name[640];

	types_declare(view->types, type, "", name, sizeof(name));
	if (view->answer->is_json) {
		json_string(&view->answer->json, "type", name);
		json_number(&view->answer->json, "size", node->size);
		json_object(&view->answer->json, "enumerators");
	} else {
		fprintf(stream, "%s {\n", name);
	}
	types_enumerators(view->types, type, write_enumerator, view);
	if (view->answer->is_json)
		json_close(&view->answer->json, '}');
	else
		fprintf(stream, "};  /* size %" PRIu64 " */\n", node->size);
}

static void write_whole(struct view *view, const struct struct_request *request,
			const struct type_node *node)
{
	FILE *stream = view->answer->options.stream;
	char name[640];

	if (*request->part.name || !is_composite(node)) {
		write_part(view, &request->part, 0, 0);
		return;
	}
	types_declare(view->types, request->part.type, "", name, sizeof(name));
	fprintf(stream, "%s {", name);
	if (request->valued)
		fprintf(stream, "  /* at 0x%" PRIx64 " */", request->address);
	fputc('\n', stream);
	write_members(view, request->part.type, 0, 1);
	fprintf(stream, "};  /* size %" PRIu64 " */\n", node->size);
}

/* Something of it must be there, else there is nothing to show. */
static bool read_whole(const struct answer *answer, const struct struct_request *request,
		       uint64_t size, struct object *object, struct error *err)
{
	uint64_t i;

	if (!object_read(answer->kernel, request->address, size, object, err))
		return false;
	for (i = 0; i < size; i++)
		if (object->status[i] == READ_OK)
			return true;
	error_set(err, ERROR_UNREADABLE, "0x%" PRIx64 ": %s", request->address,
		  size ? read_status_text(object->status[0]) : "it has no size");
	object_free(object);
	return false;
}

bool struct_write(struct answer *answer, const struct struct_request *request, struct error *err)
{
	struct view view = {
		.answer = answer, .types = answer->kernel->types, .all = request->all,
	};
	struct type_node node;
	uint64_t size = request->part.offset + size_of(&view, request->part.type);

	if (!strip(&view, request->part.type, &node))
		return error_set(err, ERROR_INPUT, "its type is damaged");
	if (request->valued &&
	    !read_whole(answer, request, size, &view.object, err))
		return false;
	answer_begin(answer, "struct");
	if (node.kind == TYPE_KIND_ENUM && !request->valued)
		write_enum(&view, request->part.type, &node);
	else if (answer->is_json)
		write_document(&view, request);
	else
		write_whole(&view, request, &node);
	if (view.lines > LINES_MAX)
		answer_plain(answer, 0, "... and more: name a member to see the rest");
	object_free(&view.object);
	return true;
}
