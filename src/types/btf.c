// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BTF through libbpf. btf__new() checks the header, the bounds of each type and of
 * the strings; type ids and name offsets are checked where they are used, by
 * btf__type_by_id() and btf__name_by_offset().
 */
#include "types/backend.h"
#include "image/name_index.h"
#include "image/name_table.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

struct named_type {
	uint32_t id;
	uint32_t name;		/* its offset */
};

struct btf_types {
	struct types base;
	struct btf *btf;
	uint32_t type_count;
	struct named_type *named;	/* those that find() may be asked for, in order */
	uint32_t named_count;
	struct name_table names;	/* to places in named */
	bool signs_told;	/* some enum has the flag that says signed */
};

static struct btf_types *of(struct types *types)
{
	return (struct btf_types *)types;
}

static const struct btf_type *type_at(const struct btf_types *types, type_id id)
{
	return id < types->type_count ? btf__type_by_id(types->btf, (uint32_t)id) : NULL;
}

static const char *name_at(const struct btf_types *types, uint32_t offset)
{
	const char *name = btf__name_by_offset(types->btf, offset);

	return name ? name : "";
}

static bool is_link(uint16_t kind)
{
	return kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_CONST ||
	       kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT ||
	       kind == BTF_KIND_TYPE_TAG;
}

/* Go behind typedefs and qualifiers. NULL: damaged. */
static const struct btf_type *strip(const struct btf_types *types, type_id id)
{
	const struct btf_type *type = type_at(types, id);
	uint32_t steps = 0;

	while (type && is_link(btf_kind(type)))
		type = steps++ < TYPE_CHAIN_MAX ? type_at(types, type->type) : NULL;
	return type;
}

/* All dimensions make one array; @element becomes what it is an array of. */
static bool array_shape(const struct btf_types *types, const struct btf_type *type,
			struct type_shape *shape)
{
	uint32_t steps = 0;

	shape->class = TYPE_ARRAY;
	shape->count = 1;
	while (type && btf_is_array(type)) {
		const struct btf_array *array = btf_array(type);

		if (steps++ > TYPE_CHAIN_MAX ||
		    __builtin_mul_overflow(shape->count, (uint64_t)array->nelems,
					   &shape->count))
			return false;
		shape->element = array->type;
		type = strip(types, array->type);
	}
	return type != NULL;
}

static bool btf_shape(struct types *base, type_id id, struct type_shape *shape)
{
	const struct btf_types *types = of(base);
	const struct btf_type *type = strip(types, id);
	struct type_shape element;

	*shape = (struct type_shape){ .class = TYPE_PLAIN };
	if (!type)
		return false;
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		shape->class = TYPE_COMPOSITE;
		shape->size = type->size;
		return true;
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		shape->size = type->size;
		return true;
	case BTF_KIND_PTR:
		shape->size = 8;
		return true;
	case BTF_KIND_ARRAY:
		return array_shape(types, type, shape) &&
		       btf_shape(base, shape->element, &element) &&
		       !__builtin_mul_overflow(shape->count, element.size, &shape->size);
	default:
		return true;
	}
}

/*
 * Two ways to write a bit-field: the width in the member (kind_flag), or, by
 * pahole before 1.12, an integer type of fewer bits.
 */
static void bit_field(const struct btf_types *types, const struct btf_type *composite,
		      uint32_t index, struct type_field *field)
{
	const struct btf_type *type;

	field->bits = btf_member_bit_offset(composite, index);
	field->bit_size = btf_member_bitfield_size(composite, index);
	if (field->bit_size || btf_kflag(composite))
		return;
	type = strip(types, field->type);
	if (type && btf_is_int(type) && btf_int_bits(type) < type->size * 8) {
		field->bits += btf_int_offset(type);
		field->bit_size = btf_int_bits(type);
	}
}

static void btf_fields(struct types *base, type_id id, type_visit *visit, void *context)
{
	const struct btf_types *types = of(base);
	const struct btf_type *type = strip(types, id);
	uint32_t i;

	if (!type || !btf_is_composite(type))
		return;
	for (i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = btf_members(type) + i;
		struct type_field field = {
			.name = name_at(types, member->name_off),
			.type = member->type,
		};

		bit_field(types, type, i, &field);
		if (!visit(&field, context))
			return;
	}
}

static bool btf_find(struct types *base, const char *name, uint32_t nth, type_id *id)
{
	static const uint16_t order[] = {
		BTF_KIND_STRUCT, BTF_KIND_UNION, BTF_KIND_TYPEDEF, BTF_KIND_ENUM,
		BTF_KIND_ENUM64,
	};
	const struct btf_types *types = of(base);
	uint64_t hash = name_hash(name);
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		size_t cursor = 0;
		uint32_t place;

		while (name_table_next(&types->names, hash, &cursor, &place)) {
			const struct named_type *named = &types->named[place];

			if (btf_kind(type_at(types, named->id)) != order[i] ||
			    strcmp(name_at(types, named->name), name) || nth--)
				continue;
			*id = named->id;
			return true;
		}
	}
	return false;
}

static uint32_t enumerator_name(const struct btf_type *type, uint32_t index)
{
	if (btf_kind(type) == BTF_KIND_ENUM)
		return btf_enum(type)[index].name_off;
	return btf_enum64(type)[index].name_off;
}

/* Since 6.0 (pahole 1.24) a flag says that an enum is signed; before it is never set. */
static int64_t enumerator_value(const struct btf_types *types, const struct btf_type *type,
				uint32_t index)
{
	int32_t value;

	if (btf_kind(type) == BTF_KIND_ENUM64)
		return (int64_t)btf_enum64_value(&btf_enum64(type)[index]);
	value = btf_enum(type)[index].val;
	return types->signs_told && !btf_kflag(type) ? (int64_t)(uint32_t)value : value;
}

static bool is_enum(const struct btf_type *type)
{
	return type &&
	       (btf_kind(type) == BTF_KIND_ENUM || btf_kind(type) == BTF_KIND_ENUM64);
}

/* A type that find() may be asked for; in one step, as a walk over all types cannot guess it. */
static bool is_named(const struct btf_type *type)
{
	const uint32_t kinds = 1u << BTF_KIND_STRUCT | 1u << BTF_KIND_UNION |
			       1u << BTF_KIND_TYPEDEF | 1u << BTF_KIND_ENUM |
			       1u << BTF_KIND_ENUM64;

	return kinds >> btf_kind(type) & (type->name_off != 0);
}

static bool integer_node(const struct btf_type *type, struct type_node *node)
{
	uint8_t encoding = btf_int_encoding(type);

	node->kind = (encoding & BTF_INT_BOOL) ? TYPE_KIND_BOOLEAN :
		     (encoding & BTF_INT_CHAR) ? TYPE_KIND_CHARACTER : TYPE_KIND_INTEGER;
	/* pahole marks no type as a character, but there is one byte called char */
	if (type->size == 1 && !strcmp(node->name, "char"))
		node->kind = TYPE_KIND_CHARACTER;
	node->is_signed = encoding & BTF_INT_SIGNED;
	node->size = type->size;
	return true;
}

static bool enum_node(const struct btf_types *types, const struct btf_type *type,
		      struct type_node *node)
{
	node->kind = TYPE_KIND_ENUM;
	node->size = type->size;
	node->is_signed = btf_kflag(type) || (btf_is_enum(type) && !types->signs_told);
	return true;
}

static bool array_node(const struct btf_type *type, struct type_node *node)
{
	node->kind = TYPE_KIND_ARRAY;
	node->target = btf_array(type)->type;
	node->dimension_count = 1;
	node->dimensions[0] = btf_array(type)->nelems;
	return true;
}

/* A type that leads to another, and nothing else. */
static bool link_node(const struct btf_type *type, enum type_kind kind, struct type_node *node)
{
	node->kind = kind;
	node->target = type->type;
	node->size = kind == TYPE_KIND_POINTER ? 8 : 0;
	return true;
}

static bool btf_node(struct types *base, type_id id, struct type_node *node)
{
	const struct btf_types *types = of(base);
	const struct btf_type *type = type_at(types, id);

	*node = (struct type_node){ .kind = TYPE_KIND_VOID, .name = "" };
	if (!type)
		return false;
	if (id == TYPE_VOID)
		return true;
	node->name = name_at(types, type->name_off);
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return integer_node(type, node);
	case BTF_KIND_FLOAT:
		node->kind = TYPE_KIND_FLOAT;
		node->size = type->size;
		return true;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_node(types, type, node);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		node->kind = btf_is_union(type) ? TYPE_KIND_UNION : TYPE_KIND_STRUCT;
		node->size = type->size;
		return true;
	case BTF_KIND_FWD:
		node->kind = btf_kflag(type) ? TYPE_KIND_UNION : TYPE_KIND_STRUCT;
		return true;
	case BTF_KIND_ARRAY:
		return array_node(type, node);
	case BTF_KIND_PTR:
		return link_node(type, TYPE_KIND_POINTER, node);
	case BTF_KIND_TYPEDEF:
		return link_node(type, TYPE_KIND_TYPEDEF, node);
	case BTF_KIND_CONST:
		return link_node(type, TYPE_KIND_CONST, node);
	case BTF_KIND_VOLATILE:
		return link_node(type, TYPE_KIND_VOLATILE, node);
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return link_node(type, TYPE_KIND_OTHER, node);
	case BTF_KIND_FUNC_PROTO:
		return link_node(type, TYPE_KIND_FUNCTION, node);
	default:
		return false;
	}
}

static void btf_enumerators(struct types *base, type_id id, type_enumerator_fn *visit,
			    void *context)
{
	const struct btf_types *types = of(base);
	const struct btf_type *type = strip(types, id);
	uint32_t i;

	if (!is_enum(type))
		return;
	for (i = 0; i < btf_vlen(type); i++)
		if (!visit(context, name_at(types, enumerator_name(type, i)),
			   enumerator_value(types, type, i)))
			return;
}

static void btf_parameters(struct types *base, type_id id, type_visit *visit, void *context)
{
	const struct btf_types *types = of(base);
	const struct btf_type *type = type_at(types, id);
	uint32_t i;

	if (!type || !btf_is_func_proto(type))
		return;
	for (i = 0; i < btf_vlen(type); i++) {
		const struct type_field field = { .name = "", .type = btf_params(type)[i].type };

		if (!visit(&field, context))
			return;
	}
}

static void btf_names(struct types *base, type_name_fn *visit, void *context)
{
	const struct btf_types *types = of(base);
	uint32_t i;

	for (i = 0; i < types->named_count; i++) {
		const char *name = name_at(types, types->named[i].name);

		if (*name && !visit(context, name))
			return;
	}
}

static void btf_close(struct types *base)
{
	struct btf_types *types = of(base);

	name_table_free(&types->names);
	free(types->named);
	btf__free(types->btf);
	free(types);
}

static const struct types_ops btf_ops = {
	.find = btf_find,
	.shape = btf_shape,
	.fields = btf_fields,
	.node = btf_node,
	.enumerators = btf_enumerators,
	.parameters = btf_parameters,
	.names = btf_names,
	.close = btf_close,
};

static bool list_named(struct btf_types *types)
{
	uint32_t count = 0, i;

	types->named = malloc(types->type_count * sizeof(*types->named));
	if (!types->named)
		return false;
	for (i = 1; i < types->type_count; i++) {
		const struct btf_type *type = type_at(types, i);

		if (is_enum(type))
			types->signs_told |= btf_kflag(type);
		types->named[count] = (struct named_type){ i, type->name_off };
		count += is_named(type);
	}
	types->named_count = count;
	return true;
}

/* libbpf's own search by name goes over all types and compares; once is enough. */
static bool index_names(struct btf_types *types)
{
	uint32_t i;

	if (!list_named(types) || !name_table_reserve(&types->names, types->named_count))
		return false;
	for (i = 0; i < types->named_count; i++) {
		const char *name = name_at(types, types->named[i].name);

		types->names.tags[i] = *name ? name_tag(name_hash(name)) : 0;
	}
	return name_table_fill(&types->names, types->named_count);
}

struct types *btf_open(void *data, size_t size, const char *from, struct error *err)
{
	struct btf_types *types = calloc(1, sizeof(*types));

	/* It would print its complaints to stderr; ours is below. */
	libbpf_set_print(NULL);
	if (types)
		types->btf = size <= UINT32_MAX ? btf__new(data, (uint32_t)size) : NULL;
	free(data);
	if (!types || libbpf_get_error(types->btf) || !types->btf) {
		free(types);
		error_set(err, ERROR_INPUT, "%s is damaged: not understood by libbpf %s",
			  from, libbpf_version_string());
		return NULL;
	}
	types->base = (struct types){ &btf_ops, from };
	types->type_count = btf__type_cnt(types->btf);
	if (!index_names(types)) {
		btf_close(&types->base);
		error_set(err, ERROR_SYSTEM, "out of memory for BTF");
		return NULL;
	}
	if (types->names.together > NAMES_TOGETHER_MAX) {
		btf_close(&types->base);
		error_set(err, ERROR_INPUT, "%s is damaged: too many names are equal", from);
		return NULL;
	}
	return &types->base;
}
