// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/json_writer.h"

#include <inttypes.h>
#include <math.h>

#include "base/text.h"

/* Bytes of @text that are written as they are, all at once: most of any document. */
static size_t plain_length(const char *text)
{
	const char *s = text;

	while (*s >= 0x20 && *s < 0x7f && *s != '"' && *s != '\\')
		s++;
	return (size_t)(s - text);
}

/* One character; returns its bytes. */
static unsigned int write_character(FILE *stream, const unsigned char *s)
{
	unsigned int length = text_utf8_length((const char *)s);

	if (*s == '"' || *s == '\\')
		fprintf(stream, "\\%c", *s);
	else if (*s < 0x20 || *s == 0x7f)
		fprintf(stream, "\\u%04x", *s);
	else if (length == 2 && *s == 0xc2 && s[1] < 0xa0)	/* controls too */
		fprintf(stream, "\\u%04x", s[1]);
	else if (length)
		fwrite(s, 1, length, stream);
	else
		fputs("\xef\xbf\xbd", stream);	/* U+FFFD for what is not UTF-8 */
	return length ? length : 1;
}

static void write_text(FILE *stream, const char *text)
{
	fputc('"', stream);
	while (*text) {
		size_t plain = plain_length(text);

		fwrite(text, 1, plain, stream);
		text += plain;
		if (*text)
			text += write_character(stream, (const unsigned char *)text);
	}
	fputc('"', stream);
}

static void new_line(struct json_writer *json)
{
	if (json->flat_from && json->depth >= json->flat_from) {
		if (json->not_first[json->depth])
			fputc(' ', json->stream);
		return;
	}
	fprintf(json->stream, "\n%*s", (int)json->depth * 2, "");
}

/* The comma, the line and the key before any item. */
static void item(struct json_writer *json, const char *key)
{
	if (json->not_first[json->depth])
		fputc(',', json->stream);
	if (json->depth)
		new_line(json);
	json->not_first[json->depth] = true;
	if (key) {
		write_text(json->stream, key);
		fputs(": ", json->stream);
	}
}

static void open(struct json_writer *json, const char *key, char bracket)
{
	item(json, key);
	fputc(bracket, json->stream);
	if (json->depth + 1 < JSON_DEPTH_MAX)
		json->depth++;
	json->not_first[json->depth] = false;
}

void json_object(struct json_writer *json, const char *key)
{
	open(json, key, '{');
}

void json_array(struct json_writer *json, const char *key)
{
	open(json, key, '[');
}

void json_flat_object(struct json_writer *json, const char *key)
{
	open(json, key, '{');
	if (!json->flat_from)
		json->flat_from = json->depth;
}

void json_close(struct json_writer *json, char bracket)
{
	bool empty = !json->not_first[json->depth];
	bool flat = json->flat_from && json->depth >= json->flat_from;

	if (json->flat_from == json->depth)
		json->flat_from = 0;
	if (json->depth)
		json->depth--;
	if (!empty && !flat)
		fprintf(json->stream, "\n%*s", (int)json->depth * 2, "");
	fputc(bracket, json->stream);
}

void json_string(struct json_writer *json, const char *key, const char *value)
{
	if (!value) {
		json_null(json, key);
		return;
	}
	item(json, key);
	write_text(json->stream, value);
}

void json_number(struct json_writer *json, const char *key, uint64_t value)
{
	item(json, key);
	fprintf(json->stream, "%" PRIu64, value);
}

void json_signed(struct json_writer *json, const char *key, int64_t value)
{
	item(json, key);
	fprintf(json->stream, "%" PRId64, value);
}

void json_seconds(struct json_writer *json, const char *key, double value)
{
	item(json, key);
	if (isfinite(value))
		fprintf(json->stream, "%.3f", value);
	else
		fputs("null", json->stream);
}

void json_address(struct json_writer *json, const char *key, uint64_t value)
{
	item(json, key);
	fprintf(json->stream, "\"0x%" PRIx64 "\"", value);
}

void json_bool(struct json_writer *json, const char *key, bool value)
{
	item(json, key);
	fputs(value ? "true" : "false", json->stream);
}

void json_null(struct json_writer *json, const char *key)
{
	item(json, key);
	fputs("null", json->stream);
}

void json_raw(struct json_writer *json, const char *key, const char *value)
{
	item(json, key);
	fputs(value, json->stream);
}
