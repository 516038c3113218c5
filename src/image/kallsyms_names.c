// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/populate.h"
#include "image/kallsyms_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool damaged(struct error *err, const char *what, uint64_t address)
{
	return error_set(err, ERROR_INPUT, "%s at 0x%" PRIx64 " is damaged", what,
			 address);
}

/* Each token must end where the next begins, and the last within reason. */
bool kallsyms_read_tokens(struct kallsyms *kallsyms, struct memory *memory,
			  const struct kallsyms_place *place, struct error *err)
{
	uint8_t raw[KALLSYMS_TOKENS * 2];
	uint32_t start[KALLSYMS_TOKENS];
	uint32_t last, i;
	enum read_status status;
	char *text;

	status = memory_read(memory, place->token_index, raw, sizeof(raw));
	if (status != READ_OK)
		return kallsyms_unreadable(err, "kallsyms_token_index",
					   place->token_index, status);
	for (i = 0; i < KALLSYMS_TOKENS; i++)
		start[i] = raw[2 * i] | (uint32_t)raw[2 * i + 1] << 8;
	last = start[KALLSYMS_TOKENS - 1];
	text = calloc(1, last + KALLSYMS_TOKEN_MAX + 1);
	if (!text)
		return kallsyms_no_memory(err);
	kallsyms->token_text = text;
	status = memory_read(memory, place->token_table, text, last);
	if (status == READ_OK)
		status = memory_read_string(memory, place->token_table + last,
					    text + last, KALLSYMS_TOKEN_MAX + 1);
	if (status != READ_OK)
		return kallsyms_unreadable(err, "kallsyms_token_table",
					   place->token_table, status);
	for (i = 0; i < KALLSYMS_TOKENS; i++) {
		if (start[i] > last || (start[i] && text[start[i] - 1]) ||
		    (!i && start[i]))
			return damaged(err, "kallsyms_token_index", place->token_index);
		kallsyms->token[i].text = text + start[i];
		kallsyms->token[i].length = (uint32_t)strlen(text + start[i]);
		kallsyms->token_hash[i] = name_hash(text + start[i]);
		/* In a kernel with such names no other row of letters pays so well. */
		kallsyms->lto |= strstr(text + start[i], "llvm") != NULL;
		if (kallsyms->token[i].length > KALLSYMS_TOKEN_MAX ||
		    (i && start[i - 1] + kallsyms->token[i - 1].length + 1 != start[i]))
			return damaged(err, "kallsyms_token_table", place->token_table);
	}
	return true;
}

/*
 * The table does not say how long it is, and what lies behind it may not be in
 * the dump: read page by page, as far as the walk has come.
 */
#define NAMES_STEP ((size_t)512 << 10)
/* A name takes 13 to 16 of them; where that is not enough, room is made by moving all. */
#define NAME_BYTES 20u

struct names_reader {
	struct memory *memory;
	uint64_t address;
	uint8_t *bytes;
	size_t have;
	size_t room;
	size_t populated;
	enum read_status status;
};

static bool names_grow(struct names_reader *reader, size_t room)
{
	uint8_t *bytes;

	room = (room + NAMES_STEP - 1) / NAMES_STEP * NAMES_STEP;
	if (room > KALLSYMS_NAMES_MAX)
		room = KALLSYMS_NAMES_MAX;
	bytes = room > reader->room ? realloc(reader->bytes, room) : NULL;
	if (!bytes)
		return false;
	reader->bytes = bytes;
	reader->room = room;
	return true;
}

static bool names_fill(struct names_reader *reader, size_t want)
{
	while (reader->have < want) {
		uint64_t from = reader->address + reader->have;
		size_t step = 4096 - (from & 4095);

		if (reader->have + step > reader->room && !names_grow(reader, 2 * reader->room))
			return false;
		if (reader->have + step > reader->populated) {
			populate(reader->bytes + reader->populated, NAMES_STEP);
			reader->populated += NAMES_STEP;
		}
		reader->status = memory_read_once(reader->memory, from,
						  reader->bytes + reader->have, step);
		if (reader->status != READ_OK)
			return false;
		reader->have += step;
	}
	return true;
}

/*
 * Note where each name begins.
 * @ambiguous: set when a length byte means different things by the two rules.
 */
static bool walk_names(struct kallsyms *kallsyms, struct names_reader *reader,
		       enum length_rule rule, bool *ambiguous, struct error *err)
{
	uint32_t at = 0, i, length;

	*ambiguous = false;
	for (i = 0; i < kallsyms->count; i++) {
		if (at + 2 > reader->have && !names_fill(reader, (size_t)at + 2))
			break;
		kallsyms->name_offset[i] = at;
		*ambiguous |= (reader->bytes[at] & 0x80) != 0;
		length = name_length(reader->bytes, &at, rule);
		if (!length)
			return damaged(err, "kallsyms_names", reader->address + at);
		at += length;
		if (at > reader->have && !names_fill(reader, at))
			break;
	}
	if (i < kallsyms->count) {
		if (reader->status != READ_OK)
			return kallsyms_unreadable(err, "kallsyms_names",
						   reader->address + reader->have, reader->status);
		return error_set(err, ERROR_INPUT, "kallsyms_names at 0x%" PRIx64
				 ": no end within 32 MiB", reader->address);
	}
	kallsyms->length_rule = rule;
	kallsyms->names_size = kallsyms->name_offset[i] = at;
	return true;
}

/* Markers follow the names in every version, aligned to 8 bytes, from 7.0 to 4. */
static bool markers_agree(const struct kallsyms *kallsyms,
			  const struct names_reader *reader)
{
	uint32_t align, i, marker;

	for (align = 4; align <= 8; align += 4) {
		uint64_t at = reader->address + kallsyms->names_size;

		at = (at + align - 1) & ~(uint64_t)(align - 1);
		for (i = 0; i < kallsyms->count; i += KALLSYMS_MARKER_STEP, at += 4)
			if (memory_read_u32(reader->memory, at, &marker) != READ_OK ||
			    marker != kallsyms->name_offset[i])
				break;
		if (i >= kallsyms->count)
			return true;
	}
	return false;
}

/*
 * No version is asked for the length rule: RHEL and others backport. Where both
 * rules read the same bytes differently the markers decide; without them take
 * the newer rule, under which such bytes are common.
 */
bool kallsyms_read_names(struct kallsyms *kallsyms, struct memory *memory,
			 const struct kallsyms_place *place, struct error *err)
{
	struct names_reader reader = { .memory = memory, .address = place->names };
	bool ambiguous = false, good;

	kallsyms->name_offset = malloc((kallsyms->count + 1) * sizeof(*kallsyms->name_offset));
	if (!kallsyms->name_offset || !names_grow(&reader, (size_t)kallsyms->count * NAME_BYTES))
		return kallsyms_no_memory(err);
	good = walk_names(kallsyms, &reader, LENGTH_ULEB, &ambiguous, err);
	if (ambiguous && !(good && markers_agree(kallsyms, &reader))) {
		bool other = walk_names(kallsyms, &reader, LENGTH_BYTE, &ambiguous, err);

		if (other && (!good || markers_agree(kallsyms, &reader)))
			good = true;
		else if (good)
			good = walk_names(kallsyms, &reader, LENGTH_ULEB, &ambiguous, err);
	}
	kallsyms->names = reader.bytes;
	return good;
}
