// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole types as people read them: members, declarations. The same for all origins. */
#include "types/backend.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Functions that take functions that take ...; what is deeper is not spelled out. */
#define FUNCTION_DEPTH_MAX 2u
/* As in types.c: a search through anonymous members ends here. */
#define ANONYMOUS_DEPTH_MAX 16u
#define PARTS_MAX (1u << 16)	/* members looked at in one search */
#define SAME_NAME_MAX 256u

bool types_node(struct types *types, type_id type, struct type_node *node)
{
	return types->ops->node(types, type, node);
}

static bool leads_on(enum type_kind kind)
{
	return kind >= TYPE_KIND_TYPEDEF;
}

bool types_strip(struct types *types, type_id *type, struct type_node *node)
{
	unsigned int steps;

	for (steps = 0; steps < TYPE_CHAIN_MAX; steps++) {
		if (!types_node(types, *type, node))
			return false;
		if (!leads_on(node->kind))
			return true;
		*type = node->target;
	}
	return false;
}

/* The word in front of a tag, if @name begins with it: then it is stepped over. */
static bool take_keyword(const char **name, const char *keyword)
{
	size_t length = strlen(keyword);

	if (strncmp(*name, keyword, length) || (*name)[length] != ' ')
		return false;
	*name += length + strspn(*name + length, " ");
	return true;
}

bool types_find(struct types *types, const char *name, type_id *type)
{
	static const struct {
		const char *keyword;
		enum type_kind kind;
	} tags[] = {
		{ "struct", TYPE_KIND_STRUCT }, { "union", TYPE_KIND_UNION },
		{ "enum", TYPE_KIND_ENUM },
	};
	enum type_kind kind = TYPE_KIND_VOID;
	struct type_node node;
	uint32_t nth;
	size_t i;

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (kind == TYPE_KIND_VOID && take_keyword(&name, tags[i].keyword))
			kind = tags[i].kind;
	for (nth = 0; nth < SAME_NAME_MAX && types->ops->find(types, name, nth, type); nth++)
		if (kind == TYPE_KIND_VOID ||
		    (types_node(types, *type, &node) && node.kind == kind))
			return true;
	return false;
}

/* ------------------------------------------------------------------- members */

struct parts {
	struct types *types;
	type_part_fn *visit;
	void *data;
};

/*
 * Where a bit-field is in memory: from the start of its storage unit, unless it
 * crosses the end of that.
 */
static void place_bits(struct types *types, const struct type_field *field,
		       struct type_part *part)
{
	struct type_shape shape;
	uint64_t unit = 1;

	if (types->ops->shape(types, field->type, &shape) && shape.size)
		unit = shape.size * 8;
	if (field->bits % unit + field->bit_size > unit)
		unit = 8;
	part->offset = field->bits / unit * unit / 8;
	part->bit_offset = (uint32_t)(field->bits - part->offset * 8);
}

static void part_of(struct types *types, const struct type_field *field,
		    struct type_part *part)
{
	*part = (struct type_part){
		.name = field->name, .type = field->type, .offset = field->bits / 8,
		.bit_size = field->bit_size,
	};
	if (field->bit_size)
		place_bits(types, field, part);
}

static bool visit_part(const struct type_field *field, void *context)
{
	const struct parts *parts = context;
	struct type_part part;

	part_of(parts->types, field, &part);
	return parts->visit(parts->data, &part);
}

void types_parts(struct types *types, type_id type, type_part_fn *visit, void *data)
{
	struct parts parts = { types, visit, data };

	types->ops->fields(types, type, visit_part, &parts);
}

struct part_search {
	struct types *types;
	const char *name;
	size_t length;
	uint64_t base;		/* bytes from the outer type to this composite */
	unsigned int depth, parts;
	bool found;
	struct type_part part;
};

static bool search_part(void *data, const struct type_part *part)
{
	struct part_search *search = data;

	if (++search->parts > PARTS_MAX)
		return false;
	if (*part->name) {
		if (strncmp(part->name, search->name, search->length) ||
		    part->name[search->length])
			return true;
		search->part = *part;
		search->part.offset += search->base;
		search->found = true;
		return false;
	}
	if (search->depth < ANONYMOUS_DEPTH_MAX) {
		search->depth++;
		search->base += part->offset;
		types_parts(search->types, part->type, search_part, search);
		search->base -= part->offset;
		search->depth--;
	}
	return !search->found;
}

/* Of an array the path goes on in its first element. */
static bool element_of(struct types *types, type_id *type)
{
	struct type_node node;
	unsigned int steps;

	for (steps = 0; steps < TYPE_CHAIN_MAX; steps++) {
		if (!types_strip(types, type, &node))
			return false;
		if (node.kind != TYPE_KIND_ARRAY)
			return node.kind == TYPE_KIND_STRUCT || node.kind == TYPE_KIND_UNION;
		*type = node.target;
	}
	return false;
}

bool types_part_find(struct types *types, type_id type, const char *path,
		     struct type_part *part)
{
	struct part_search search = { .types = types };

	for (;;) {
		search.name = path;
		search.length = strcspn(path, ".");
		search.found = false;
		if (!search.length || !element_of(types, &type))
			return false;
		types_parts(types, type, search_part, &search);
		if (!search.found)
			return false;
		path += search.length;
		if (!*path) {
			*part = search.part;
			return true;
		}
		if (search.part.bit_size)
			return false;
		search.base = search.part.offset;
		type = search.part.type;
		path++;
	}
}

void types_enumerators(struct types *types, type_id type, type_enumerator_fn *visit, void *data)
{
	types->ops->enumerators(types, type, visit, data);
}

void types_names(struct types *types, type_name_fn *visit, void *data)
{
	types->ops->names(types, visit, data);
}

/* -------------------------------------------------------------- declarations */

/* What stands around the name, inside out: C declares as it uses. */
struct declarator {
	char text[512];
	size_t length;
};

static void append(struct declarator *declarator, const char *text)
{
	size_t room = sizeof(declarator->text) - declarator->length - 1;
	size_t length = strlen(text);

	if (length > room)
		length = room;
	memcpy(declarator->text + declarator->length, text, length);
	declarator->length += length;
	declarator->text[declarator->length] = 0;
}

static void prepend(struct declarator *declarator, const char *text)
{
	struct declarator old = *declarator;

	declarator->length = 0;
	append(declarator, text);
	append(declarator, old.text);
}

/* What binds tighter than the * in front needs brackets. */
static void bracket(struct declarator *declarator)
{
	if (declarator->text[0] != '*')
		return;
	prepend(declarator, "(");
	append(declarator, ")");
}

static void declare(struct types *types, type_id type, const char *name, unsigned int depth,
		    struct declarator *declarator);

struct parameters {
	struct types *types;
	struct declarator *list;
	unsigned int depth;
	bool any;
};

static bool declare_parameter(const struct type_field *field, void *context)
{
	struct parameters *parameters = context;
	struct declarator parameter = { .length = 0 };

	if (field->type == TYPE_VOID)
		append(&parameter, "...");
	else
		declare(parameters->types, field->type, "", parameters->depth + 1, &parameter);
	append(parameters->list, parameters->any ? ", " : "");
	append(parameters->list, parameter.text);
	parameters->any = true;
	/* what is full takes no more */
	return parameters->list->length < sizeof(parameters->list->text) - 1;
}

static void declare_function(struct types *types, type_id type, unsigned int depth,
			     struct declarator *declarator)
{
	struct parameters parameters = { types, declarator, depth, false };

	bracket(declarator);
	append(declarator, "(");
	if (depth < FUNCTION_DEPTH_MAX)
		types->ops->parameters(types, type, declare_parameter, &parameters);
	append(declarator, depth >= FUNCTION_DEPTH_MAX ? "...)" : parameters.any ? ")" : "void)");
}

static void declare_array(const struct type_node *node, struct declarator *declarator)
{
	char dimension[32];
	unsigned int i;

	bracket(declarator);
	for (i = 0; i < node->dimension_count; i++) {
		snprintf(dimension, sizeof(dimension), "[%" PRIu64 "]", node->dimensions[i]);
		append(declarator, node->dimensions[i] ? dimension : "[]");
	}
}

/* The type at the end of the chain: "struct page", "unsigned long". */
static void base_name(const struct type_node *node, struct declarator *base)
{
	static const char *const keywords[] = {
		[TYPE_KIND_STRUCT] = "struct ", [TYPE_KIND_UNION] = "union ",
		[TYPE_KIND_ENUM] = "enum ", [TYPE_KIND_OTHER] = NULL,
	};
	const char *keyword = keywords[node->kind];

	if (keyword)
		append(base, keyword);
	if (*node->name)
		append(base, node->name);
	else if (keyword)
		append(base, "{...}");
	else
		append(base, node->kind == TYPE_KIND_VOID ? "void" : "?");
}

/* That of a pointer stands behind its *, all others before the base. */
static void declare_qualifier(struct types *types, const struct type_node *node,
			      struct declarator *base, struct declarator *declarator)
{
	const char *word = node->kind == TYPE_KIND_CONST ? "const" : "volatile";
	struct type_node target;

	if (!types_node(types, node->target, &target) || target.kind != TYPE_KIND_POINTER) {
		append(base, word);
		append(base, " ");
		return;
	}
	if (declarator->length)
		prepend(declarator, " ");
	prepend(declarator, word);
}

/* Walk from the type of @name to the base; what is met goes around the name. */
static void declare(struct types *types, type_id type, const char *name, unsigned int depth,
		    struct declarator *declarator)
{
	struct declarator base = { .length = 0 };
	struct type_node node;
	unsigned int steps;

	declarator->length = 0;
	append(declarator, name);
	for (steps = 0; steps < TYPE_CHAIN_MAX && types_node(types, type, &node); steps++) {
		if (node.kind == TYPE_KIND_POINTER)
			prepend(declarator, "*");
		else if (node.kind == TYPE_KIND_ARRAY)
			declare_array(&node, declarator);
		else if (node.kind == TYPE_KIND_FUNCTION)
			declare_function(types, type, depth, declarator);
		else if (node.kind == TYPE_KIND_CONST || node.kind == TYPE_KIND_VOLATILE)
			declare_qualifier(types, &node, &base, declarator);
		else if (node.kind != TYPE_KIND_OTHER)
			break;
		type = node.target;
	}
	if (!types_node(types, type, &node))
		node = (struct type_node){ .kind = TYPE_KIND_INTEGER, .name = "?" };
	base_name(&node, &base);
	if (declarator->length)
		append(&base, " ");
	append(&base, declarator->text);
	*declarator = base;
}

void types_declare(struct types *types, type_id type, const char *name, char *text, size_t size)
{
	struct declarator declarator = { .length = 0 };

	declare(types, type, name, 0, &declarator);
	snprintf(text, size, "%s", declarator.text);
}
