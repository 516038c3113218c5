// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/object.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PAGE_BYTES 4096u

bool object_read(const struct kernel *kernel, uint64_t address, uint64_t size,
		 struct object *object, struct error *err)
{
	uint64_t at = 0;

	*object = (struct object){.address = address, .size = size};
	if (size > OBJECT_SIZE_MAX)
		return error_set(err, ERROR_INPUT, "it has %" PRIu64 " bytes, which is more than "
				 "is shown at once", size);
	object->bytes = calloc(1, size + 1);
	object->status = calloc(1, size + 1);
	if (!object->bytes || !object->status) {
		object_free(object);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	while (at < size) {
		uint64_t left = PAGE_BYTES - (address + at) % PAGE_BYTES;
		uint64_t length = left < size - at ? left : size - at;
		enum read_status status = memory_read(kernel->memory, address + at,
						      object->bytes + at, length);

		memset(object->status + at, (int)status, length);
		at += length;
	}
	return true;
}

void object_free(struct object *object)
{
	free(object->bytes);
	free(object->status);
	object->bytes = object->status = NULL;
}

enum read_status object_status(const struct object *object, uint64_t offset, uint64_t size)
{
	uint64_t i;

	if (offset > object->size || size > object->size - offset)
		return READ_UNMAPPED;
	for (i = offset; i < offset + size; i++)
		if (object->status[i] != READ_OK)
			return (enum read_status)object->status[i];
	return READ_OK;
}

static uint64_t sign_extend(uint64_t value, unsigned int bits)
{
	uint64_t sign = 1ULL << (bits - 1);

	return bits < 64 && value & sign ? value | ~(sign | (sign - 1)) : value;
}

/* The bits of a bit-field, or all of a number. */
static void load_bits(const struct object *object, uint64_t offset, const struct type_part *part,
		      struct scalar *scalar)
{
	unsigned int bits = part->bit_size ? part->bit_size : (unsigned int)scalar->node.size * 8;
	uint64_t bytes = (part->bit_offset + (uint64_t)bits + 7) / 8, word = 0;

	if (!bits || bits > 64 || bytes > 8)
		return;
	scalar->status = object_status(object, offset, bytes);
	if (scalar->status != READ_OK)
		return;
	memcpy(&word, object->bytes + offset, bytes);
	word >>= part->bit_offset;
	if (bits < 64)
		word &= (1ULL << bits) - 1;
	scalar->value = scalar->node.is_signed ? sign_extend(word, bits) : word;
	scalar->known = true;
}

bool scalar_load(struct types *types, const struct object *object, uint64_t base,
		 const struct type_part *part, struct scalar *scalar)
{
	*scalar = (struct scalar){.type = part->type};
	if (!types_strip(types, &scalar->type, &scalar->node))
		return false;
	if (scalar->node.kind == TYPE_KIND_STRUCT || scalar->node.kind == TYPE_KIND_UNION ||
	    scalar->node.kind == TYPE_KIND_ARRAY)
		return false;
	if (object->bytes && part->bit_offset < 64 && scalar->node.size <= 8)
		load_bits(object, base + part->offset, part, scalar);
	return true;
}

struct enumerator_search {
	int64_t value;
	const char *name;
};

static bool is_enumerator(void *data, const char *name, int64_t value)
{
	struct enumerator_search *search = data;

	if (value != search->value)
		return true;
	search->name = name;
	return false;
}

static const char *enumerator_of(struct answer *answer, const struct scalar *scalar)
{
	struct enumerator_search search = {.value = (int64_t)scalar->value};

	types_enumerators(answer->kernel->types, scalar->type, is_enumerator, &search);
	return search.name;
}

/* Counts are read as decimal numbers, masks and the like as others; short ones are the same. */
static void number_text(const struct scalar *scalar, char *text, size_t size)
{
	if (scalar->node.is_signed)
		snprintf(text, size, "%" PRId64, (int64_t)scalar->value);
	else if (scalar->value < 10)
		snprintf(text, size, "%" PRIu64, scalar->value);
	else
		snprintf(text, size, "0x%" PRIx64, scalar->value);
}

static void pointer_text(struct answer *answer, const struct scalar *scalar, char *text,
			 size_t size)
{
	char symbol[SYMBOL_TEXT_SIZE];

	if (!scalar->value)
		snprintf(text, size, "NULL");
	else if (answer_symbol(answer, scalar->value, symbol, sizeof(symbol)))
		snprintf(text, size, "0x%" PRIx64 " <%s>", scalar->value, symbol);
	else
		snprintf(text, size, "0x%" PRIx64, scalar->value);
}

static void enum_text(struct answer *answer, const struct scalar *scalar, char *text, size_t size)
{
	const char *name = enumerator_of(answer, scalar);
	char visible[128];

	if (name)
		snprintf(text, size, "%s", text_visible(name, visible, sizeof(visible)));
	else
		number_text(scalar, text, size);
}

static void character_text(const struct scalar *scalar, char *text, size_t size)
{
	uint64_t value = scalar->value & 0xff;

	if (value > ' ' && value < 0x7f)
		snprintf(text, size, "'%c'", (char)value);
	else
		number_text(scalar, text, size);
}

void scalar_text(struct answer *answer, const struct scalar *scalar, char *text, size_t size)
{
	if (!scalar->known) {
		snprintf(text, size, "(%s)", scalar->status != READ_OK ?
			 read_status_text(scalar->status) : "no value");
		return;
	}
	switch (scalar->node.kind) {
	case TYPE_KIND_POINTER:
		pointer_text(answer, scalar, text, size);
		break;
	case TYPE_KIND_ENUM:
		enum_text(answer, scalar, text, size);
		break;
	case TYPE_KIND_BOOLEAN:
		if (scalar->value < 2)
			snprintf(text, size, "%s", scalar->value ? "true" : "false");
		else
			number_text(scalar, text, size);
		break;
	case TYPE_KIND_CHARACTER:
		character_text(scalar, text, size);
		break;
	default:
		number_text(scalar, text, size);
	}
}

void scalar_json(struct answer *answer, const char *key, const struct scalar *scalar)
{
	struct json_writer *json = &answer->json;
	const char *name = scalar->known && scalar->node.kind == TYPE_KIND_ENUM ?
			   enumerator_of(answer, scalar) : NULL;

	if (!scalar->known)
		json_null(json, key);
	else if (name)
		json_string(json, key, name);
	else if (scalar->node.kind == TYPE_KIND_BOOLEAN && scalar->value < 2)
		json_bool(json, key, scalar->value);
	else if (scalar->node.is_signed)
		json_signed(json, key, (int64_t)scalar->value);
	else if (scalar->node.size == 8)
		json_address(json, key, scalar->value);
	else
		json_number(json, key, scalar->value);
}
