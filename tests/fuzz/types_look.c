// SPDX-License-Identifier: GPL-2.0-or-later
#include "types_look.h"

#include <string.h>

#define NAMES_MAX 24
#define PARTS_MAX 256

struct look {
	struct types *types;
	unsigned int names, parts;
};

static bool look_at_enumerator(void *data, const char *name, int64_t value)
{
	(void)data;
	(void)value;
	return strlen(name) < 1000;
}

static bool look_at_part(void *data, const struct type_part *part)
{
	struct look *look = data;
	struct type_node node;
	type_id type = part->type;
	char text[200];

	types_declare(look->types, part->type, part->name, text, sizeof(text));
	types_strip(look->types, &type, &node);
	return ++look->parts < PARTS_MAX;
}

static void look_at_type(struct look *look, const char *name)
{
	struct type_part part;
	struct type_node node;
	type_id type;
	uint64_t size;
	char text[64];

	types_size(look->types, name, &size);
	if (!types_find(look->types, name, &type))
		return;
	types_node(look->types, type, &node);
	types_declare(look->types, type, "x", text, sizeof(text));
	types_part_find(look->types, type, "lru.next", &part);
	types_parts(look->types, type, look_at_part, look);
	types_enumerators(look->types, type, look_at_enumerator, look);
}

static bool look_at_name(void *data, const char *name)
{
	struct look *look = data;

	look_at_type(look, name);
	return ++look->names < NAMES_MAX;
}

void look_at_types(struct types *types)
{
	struct look look = {.types = types};
	struct type_member member;
	int64_t value;

	if (!types)
		return;
	types_member(types, "page", "flags", &member);
	types_member(types, "page", "_refcount.counter", &member);
	types_member(types, "page", "lru.next", &member);
	types_member(types, "xa_node", "slots", &member);
	types_enumerator(types, "pageflags", "PG_locked", &value);
	types_enumerator(types, "pageflags", "no such thing", &value);
	look_at_type(&look, "struct page");
	types_names(types, look_at_name, &look);
	types_close(types);
}
