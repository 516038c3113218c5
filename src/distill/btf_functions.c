// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Documentation/bpf/btf.rst of the kernel: a header, types one after the other, strings.
 * A BTF_KIND_FUNC names a function and refers to its BTF_KIND_FUNC_PROTO.
 */
#include "distill/btf_functions.h"

#include <linux/btf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* linux/btf.h of Linux before 6.0 has no such kind */
#define KIND_ENUM64 19

/* In the place of names that are not used any more. */
#define BLANK '.'

struct functions {
	unsigned char *types, *types_end;
	char *strings;
	uint32_t strings_size;
	uint32_t count;			/* of types; ids begin with 1 */
	unsigned char *kept;		/* by id: a type that is no function refers to it */
	unsigned char *used;		/* by byte of the strings */
	uint32_t any_prototype;		/* id; 0: none */
};

static unsigned int kind_of(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

/* Bytes of what follows a struct btf_type; SIZE_MAX: of an unknown kind. */
static size_t size_behind(const struct btf_type *type)
{
	size_t length = BTF_INFO_VLEN(type->info);

	switch (kind_of(type)) {
	case BTF_KIND_INT:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return length * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return length * sizeof(struct btf_enum);
	case KIND_ENUM64:
		return length * 3 * sizeof(uint32_t);
	case BTF_KIND_FUNC_PROTO:
		return length * sizeof(struct btf_param);
	case BTF_KIND_VAR:
		return sizeof(struct btf_var);
	case BTF_KIND_DATASEC:
		return length * sizeof(struct btf_var_secinfo);
	case BTF_KIND_DECL_TAG:
		return sizeof(struct btf_decl_tag);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return SIZE_MAX;
	}
}

static bool refer(struct functions *functions, uint32_t id)
{
	if (id > functions->count)
		return false;
	functions->kept[id] = 1;
	return true;
}

/* The string at @offset is used, with the byte that ends it. */
static bool use(struct functions *functions, uint32_t offset)
{
	size_t length, room = functions->strings_size - offset;

	if (offset >= functions->strings_size)
		return false;
	length = strnlen(functions->strings + offset, room);
	memset(functions->used + offset, 1, length < room ? length + 1 : length);
	return true;
}

/* The elements of a type that name something in their first word; 0: they do not. */
static size_t named_element(unsigned int kind)
{
	switch (kind) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return sizeof(struct btf_enum);
	case KIND_ENUM64:
		return 3 * sizeof(uint32_t);
	case BTF_KIND_FUNC_PROTO:
		return sizeof(struct btf_param);
	default:
		return 0;
	}
}

static bool has_type(unsigned int kind)
{
	switch (kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return true;
	default:
		return false;
	}
}

/* What @type, which is no function, refers to: prototypes, of all things, are of interest. */
static bool refer_all(struct functions *functions, const struct btf_type *type)
{
	unsigned int kind = kind_of(type), i;
	const struct btf_member *members = (const void *)(type + 1);
	const struct btf_array *array = (const void *)(type + 1);

	if (has_type(kind))
		return refer(functions, type->type);
	if (kind == BTF_KIND_ARRAY)
		return refer(functions, array->type) && refer(functions, array->index_type);
	for (i = 0; (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) &&
		    i < BTF_INFO_VLEN(type->info); i++)
		if (!refer(functions, members[i].type))
			return false;
	return true;
}

static bool use_all(struct functions *functions, const struct btf_type *type)
{
	size_t step = named_element(kind_of(type)), i;
	const unsigned char *element = (const unsigned char *)(type + 1);
	uint32_t name;

	if (!use(functions, type->name_off))
		return false;
	for (i = 0; step && i < BTF_INFO_VLEN(type->info); i++, element += step) {
		memcpy(&name, element, sizeof(name));
		if (!use(functions, name))
			return false;
	}
	return true;
}

static bool is_function(const struct functions *functions, const struct btf_type *type,
			uint32_t id)
{
	return kind_of(type) == BTF_KIND_FUNC ||
	       (kind_of(type) == BTF_KIND_FUNC_PROTO && !functions->kept[id]);
}

typedef bool type_fn(struct functions *functions, struct btf_type *type, uint32_t id);

/* False: not sound, or @visit says no. */
static bool for_each(struct functions *functions, type_fn *visit)
{
	unsigned char *at = functions->types;
	uint32_t id;

	for (id = 1; at < functions->types_end; id++) {
		struct btf_type *type = (struct btf_type *)at;
		size_t room = (size_t)(functions->types_end - at), behind;

		if (room < sizeof(*type))
			return false;
		behind = size_behind(type);
		if (behind > room - sizeof(*type) || !visit(functions, type, id))
			return false;
		at += sizeof(*type) + behind;
	}
	return true;
}

static bool count_type(struct functions *functions, struct btf_type *type, uint32_t id)
{
	functions->count = id;
	if (kind_of(type) == BTF_KIND_FUNC_PROTO && !functions->any_prototype)
		functions->any_prototype = id;
	return true;
}

static bool keep_type(struct functions *functions, struct btf_type *type, uint32_t id)
{
	(void)id;
	return kind_of(type) == BTF_KIND_FUNC || kind_of(type) == BTF_KIND_FUNC_PROTO ||
	       refer_all(functions, type);
}

static bool use_type(struct functions *functions, struct btf_type *type, uint32_t id)
{
	return is_function(functions, type, id) || use_all(functions, type);
}

static bool blank_type(struct functions *functions, struct btf_type *type, uint32_t id)
{
	if (!is_function(functions, type, id))
		return true;
	type->name_off = 0;
	type->type = kind_of(type) == BTF_KIND_FUNC ? functions->any_prototype : 0;
	memset(type + 1, 0, size_behind(type));
	return true;
}

static bool blank(struct functions *functions)
{
	uint32_t i;

	if (!for_each(functions, count_type))
		return false;
	functions->kept = calloc((size_t)functions->count + 1, 1);
	functions->used = calloc(functions->strings_size, 1);
	if (!functions->kept || !functions->used || !for_each(functions, keep_type) ||
	    !for_each(functions, use_type))
		return false;
	for_each(functions, blank_type);
	/* no zeros: who is given pages of zeros for those that are missing could not tell */
	for (i = 1; i + 1 < functions->strings_size; i++)
		if (!functions->used[i])
			functions->strings[i] = BLANK;
	return true;
}

bool btf_blank_functions(void *data, size_t size)
{
	struct functions functions = {0};
	struct btf_header header;
	bool done;

	if (size < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	if (header.magic != BTF_MAGIC || header.hdr_len > size || header.hdr_len % 4 ||
	    header.type_off % 4 || header.type_off > size - header.hdr_len ||
	    header.type_len > size - header.hdr_len - header.type_off ||
	    header.str_off > size - header.hdr_len ||
	    header.str_len > size - header.hdr_len - header.str_off)
		return false;
	functions.types = (unsigned char *)data + header.hdr_len + header.type_off;
	functions.types_end = functions.types + header.type_len;
	functions.strings = (char *)data + header.hdr_len + header.str_off;
	functions.strings_size = header.str_len;
	done = functions.types_end <= (unsigned char *)functions.strings && blank(&functions);
	free(functions.kept);
	free(functions.used);
	return done;
}
