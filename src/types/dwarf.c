// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * DWARF through libdw. A vmlinux of half a gigabyte has no index that leads from
 * names to types, and does not need one: nearly all wanted structs are in the first
 * few of two thousand units. Units are read one by one until a name turns up, and
 * the names met on the way are kept, so that no unit is read twice.
 */
#include "types/backend.h"
#include "image/name_index.h"
#include "types/die.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum named_kind {
	NAMED_STRUCT,
	NAMED_UNION,
	NAMED_TYPEDEF,
	NAMED_ENUM,
	NAMED_KINDS,
};

struct named_type {
	const char *name;	/* in the string section, as long as the handle */
	Dwarf_Off die;
	uint32_t size;		/* unless a typedef, cut; to tell apart its doubles */
	uint32_t kind;
};

struct dwarf_types {
	struct types base;
	Dwarf *dwarf;
	Dwarf_CU *unit;			/* read last; NULL at first */
	bool complete;			/* no more units */
	struct named_type *named;
	uint32_t named_count;
	uint32_t named_room;
	struct name_index by_name;
	struct name_index by_pointer;	/* the same types; see seen() */
};

static struct dwarf_types *of(struct types *types)
{
	return (struct dwarf_types *)types;
}

static bool die_at(const struct dwarf_types *types, type_id id, Dwarf_Die *die)
{
	return dwarf_offdie(types->dwarf, id, die) != NULL;
}

static bool make_room(void **array, uint32_t *room, uint32_t used, size_t element)
{
	uint32_t wider = *room ? *room * 2 : 4096;
	void *larger;

	if (used < *room)
		return true;
	if (wider < *room)
		return false;
	larger = reallocarray(*array, wider, element);
	if (!larger)
		return false;
	*array = larger;
	*room = wider;
	return true;
}

/*
 * Headers repeat every type in every unit, but the linker keeps each string once:
 * the same pointer is the same name, which costs less than comparing letters. A
 * short name may stand in the unit itself; then it is merely kept more than once.
 */
static bool seen(const struct dwarf_types *types, const struct named_type *type)
{
	uint64_t hash = ((uintptr_t)type->name * 4 + type->kind) * NAME_HASH_FACTOR;
	size_t cursor = 0;
	uint32_t i;

	while (name_index_next(&types->by_pointer, hash, &cursor, &i))
		if (types->named[i].name == type->name &&
		    types->named[i].kind == type->kind &&
		    types->named[i].size == type->size)
			return true;
	return false;
}

static bool keep(struct dwarf_types *types, const struct named_type *type)
{
	uint64_t hash = ((uintptr_t)type->name * 4 + type->kind) * NAME_HASH_FACTOR;

	if (!make_room((void **)&types->named, &types->named_room, types->named_count,
		       sizeof(*types->named)))
		return false;
	types->named[types->named_count] = *type;
	if (!name_index_add(&types->by_pointer, hash, types->named_count) ||
	    !name_index_add(&types->by_name, name_hash(type->name), types->named_count))
		return false;
	types->named_count++;
	return true;
}

/* A declaration alone has no size and is not worth keeping. */
static bool take_type(struct dwarf_types *types, Dwarf_Die *die, enum named_kind kind)
{
	struct named_type type = { .name = die_name(die), .kind = kind };
	uint64_t size;

	if (!type.name || !*type.name)
		return true;
	if (kind != NAMED_TYPEDEF) {
		if (!die_number(die, DW_AT_byte_size, &size))
			return true;
		type.size = (uint32_t)size;
	}
	if (seen(types, &type))
		return true;
	type.die = dwarf_dieoffset(die);
	return keep(types, &type);
}

/* data1 to data8 hold what is not negative, sdata the rest: GCC and clang agree. */
static bool value_of(Dwarf_Die *enumerator, int64_t *value)
{
	Dwarf_Attribute attribute;
	uint64_t bits;

	if (!dwarf_attr(enumerator, DW_AT_const_value, &attribute))
		return false;
	switch (dwarf_whatform(&attribute)) {
	case DW_FORM_data1:
	case DW_FORM_data2:
	case DW_FORM_data4:
	case DW_FORM_data8:
	case DW_FORM_udata:
		if (dwarf_formudata(&attribute, &bits))
			return false;
		*value = (int64_t)bits;
		return true;
	default:
		return dwarf_formsdata(&attribute, value) == 0;
	}
}

static bool take_die(struct dwarf_types *types, Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
		return take_type(types, die, NAMED_STRUCT);
	case DW_TAG_union_type:
		return take_type(types, die, NAMED_UNION);
	case DW_TAG_typedef:
		return take_type(types, die, NAMED_TYPEDEF);
	case DW_TAG_enumeration_type:
		return take_type(types, die, NAMED_ENUM);
	default:
		return true;
	}
}

/* Read one more unit. Return: false when there was none. */
static bool read_unit(struct dwarf_types *types)
{
	Dwarf_Die unit_die, split_die, die;
	uint8_t unit_type;

	if (types->complete)
		return false;
	if (dwarf_get_units(types->dwarf, types->unit, &types->unit, NULL, &unit_type,
			    &unit_die, &split_die)) {
		types->complete = true;
		return false;
	}
	/* With -gsplit-dwarf the types are in the .dwo file that libdw has found. */
	if (unit_type == DW_UT_skeleton && dwarf_tag(&split_die) != DW_TAG_invalid)
		unit_die = split_die;
	/* Rust has types of the same names that are laid out in other ways. */
	if (dwarf_srclang(&unit_die) == DW_LANG_Rust || dwarf_child(&unit_die, &die))
		return true;
	do {
		if (!take_die(types, &die)) {
			types->complete = true;
			return false;
		}
	} while (die_next_sibling(&die));
	return true;
}

static bool find_kept(const struct dwarf_types *types, const char *name,
		      enum named_kind kind, uint32_t *nth, type_id *id)
{
	uint64_t hash = name_hash(name);
	size_t cursor = 0;
	uint32_t i;

	while (name_index_next(&types->by_name, hash, &cursor, &i)) {
		const struct named_type *type = &types->named[i];

		if (type->kind != kind || strcmp(type->name, name) || (*nth)--)
			continue;
		*id = type->die;
		return true;
	}
	return false;
}

/*
 * Read on until the type turns up. The second and further ones of a name are asked
 * for only when the first did not have the wanted member; then all units are read,
 * so that the answer does not depend on what was asked before.
 */
static bool find_dwarf_type(struct types *base, const char *name, uint32_t nth,
			    type_id *id)
{
	struct dwarf_types *types = of(base);

	while (nth && read_unit(types))
		;
	do {
		uint32_t left = nth, kind;

		for (kind = 0; kind < NAMED_KINDS; kind++)
			if (find_kept(types, name, kind, &left, id))
				return true;
	} while (read_unit(types));
	return false;
}

static bool is_composite(int tag)
{
	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

/* Where this unit only declares a struct take the definition of another. */
static bool define(struct dwarf_types *types, Dwarf_Die *die)
{
	enum named_kind kind = dwarf_tag(die) == DW_TAG_union_type ? NAMED_UNION
								   : NAMED_STRUCT;
	const char *name = die_name(die);
	type_id id;

	if (!dwarf_hasattr(die, DW_AT_declaration))
		return true;
	if (!name)
		return false;
	do {
		uint32_t first = 0;

		if (find_kept(types, name, kind, &first, &id))
			return die_at(types, id, die);
	} while (read_unit(types));
	return false;
}

/* Go behind typedefs and qualifiers. False: damaged, or void. */
static bool strip(struct dwarf_types *types, Dwarf_Die *die)
{
	uint32_t steps = 0;

	while (die_is_link(dwarf_tag(die)))
		if (steps++ >= TYPE_CHAIN_MAX || !die_type(die, die))
			return false;
	return !is_composite(dwarf_tag(die)) || define(types, die);
}

/* A flexible array has no bound at all; an upper bound of -1 is no element, too. */
static uint64_t dimension(Dwarf_Die *range)
{
	uint64_t bound;

	if (die_number(range, DW_AT_count, &bound))
		return bound;
	if (die_number(range, DW_AT_upper_bound, &bound) && bound < UINT32_MAX)
		return bound + 1;
	return 0;
}

static bool array_shape(struct dwarf_types *types, const Dwarf_Die *array,
			struct type_shape *shape)
{
	uint32_t steps = 0;
	Dwarf_Die die, element = *array;

	shape->class = TYPE_ARRAY;
	shape->count = 1;
	while (dwarf_tag(&element) == DW_TAG_array_type) {
		bool more = dwarf_child(&element, &die) == 0;

		for (; more; more = die_next_sibling(&die))
			if (dwarf_tag(&die) == DW_TAG_subrange_type &&
			    __builtin_mul_overflow(shape->count, dimension(&die),
						   &shape->count))
				return false;
		if (steps++ > TYPE_CHAIN_MAX || !die_type(&element, &element))
			return false;
		shape->element = dwarf_dieoffset(&element);
		if (!strip(types, &element))
			return false;
	}
	return true;
}

static bool dwarf_shape(struct types *base, type_id id, struct type_shape *shape)
{
	struct dwarf_types *types = of(base);
	struct type_shape element;
	Dwarf_Die die;

	*shape = (struct type_shape){ .class = TYPE_PLAIN };
	if (!die_at(types, id, &die) || !strip(types, &die))
		return false;
	switch (dwarf_tag(&die)) {
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		shape->class = TYPE_COMPOSITE;
		return die_number(&die, DW_AT_byte_size, &shape->size);
	case DW_TAG_array_type:
		return array_shape(types, &die, shape) &&
		       dwarf_shape(base, shape->element, &element) &&
		       !__builtin_mul_overflow(shape->count, element.size, &shape->size);
	case DW_TAG_pointer_type:
		shape->size = 8;
		return true;
	default:
		die_number(&die, DW_AT_byte_size, &shape->size);
		return true;
	}
}

/* A constant, or (until DWARF 2) an expression "add so many bytes". */
static uint64_t byte_location(Dwarf_Die *member)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *expression;
	uint64_t value;
	size_t length;

	if (die_number(member, DW_AT_data_member_location, &value))
		return value;
	if (!dwarf_getlocation(dwarf_attr(member, DW_AT_data_member_location, &attribute),
			       &expression, &length) &&
	    length == 1 && expression[0].atom == DW_OP_plus_uconst)
		return expression[0].number;
	return 0;
}

/*
 * DWARF 4 counts the bits of a bit-field from the start of the struct; DWARF 2 and 3
 * from the upper end of a storage unit (GCC until 10 writes that).
 */
static void place_field(struct dwarf_types *types, Dwarf_Die *member,
			struct type_field *field)
{
	uint64_t bits, bit_size = 0, unit = 0;
	struct type_shape shape;

	field->bits = byte_location(member) * 8;
	if (!die_number(member, DW_AT_bit_size, &bit_size))
		return;
	field->bit_size = bit_size <= 128 ? (uint32_t)bit_size : 0;
	if (die_number(member, DW_AT_data_bit_offset, &bits)) {
		field->bits = bits;
	} else if (die_number(member, DW_AT_bit_offset, &bits)) {
		if (!die_number(member, DW_AT_byte_size, &unit) &&
		    dwarf_shape(&types->base, field->type, &shape))
			unit = shape.size;
		field->bits += unit * 8 - bits - bit_size;
	}
}

static void dwarf_fields(struct types *base, type_id id, type_visit *visit, void *context)
{
	struct dwarf_types *types = of(base);
	Dwarf_Die die, type;

	if (!die_at(types, id, &die) || !strip(types, &die) ||
	    !is_composite(dwarf_tag(&die)) || dwarf_child(&die, &die))
		return;
	do {
		struct type_field field = { .name = die_name(&die) };

		if (dwarf_tag(&die) != DW_TAG_member || !die_type(&die, &type))
			continue;
		field.type = dwarf_dieoffset(&type);
		if (!field.name)
			field.name = "";
		place_field(types, &die, &field);
		if (!visit(&field, context))
			return;
	} while (die_next_sibling(&die));
}

/* ------------------------------------------ whole types, for people to look at */

static enum type_kind base_kind(Dwarf_Die *die, bool *is_signed)
{
	uint64_t encoding = 0;

	die_number(die, DW_AT_encoding, &encoding);
	*is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	switch (encoding) {
	case DW_ATE_boolean:
		return TYPE_KIND_BOOLEAN;
	case DW_ATE_float:
		return TYPE_KIND_FLOAT;
	case DW_ATE_signed_char:
	case DW_ATE_unsigned_char:
		/* GCC: those of char, signed char and unsigned char */
		return !strcmp(die_name(die) ? die_name(die) : "", "char") ?
		       TYPE_KIND_CHARACTER : TYPE_KIND_INTEGER;
	default:
		return TYPE_KIND_INTEGER;
	}
}

/* An enum is signed if it has a negative enumerator: GCC does not say so of its type. */
static bool is_negative(void *data, const char *name, int64_t value)
{
	(void)name;
	*(bool *)data = value < 0;
	return value >= 0;
}

static void each_enumerator(Dwarf_Die *enumeration, type_enumerator_fn *visit, void *context)
{
	Dwarf_Die die;
	int64_t value;

	if (dwarf_child(enumeration, &die))
		return;
	do {
		const char *name = die_name(&die);

		if (dwarf_tag(&die) == DW_TAG_enumerator && name && value_of(&die, &value) &&
		    !visit(context, name, value))
			return;
	} while (die_next_sibling(&die));
}

static void array_dimensions(Dwarf_Die *array, struct type_node *node)
{
	Dwarf_Die die;

	if (dwarf_child(array, &die))
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_subrange_type &&
		    node->dimension_count < TYPE_DIMENSIONS_MAX)
			node->dimensions[node->dimension_count++] = dimension(&die);
	} while (die_next_sibling(&die));
}

static enum type_kind kind_of(int tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
		return TYPE_KIND_STRUCT;
	case DW_TAG_union_type:
		return TYPE_KIND_UNION;
	case DW_TAG_enumeration_type:
		return TYPE_KIND_ENUM;
	case DW_TAG_pointer_type:
		return TYPE_KIND_POINTER;
	case DW_TAG_array_type:
		return TYPE_KIND_ARRAY;
	case DW_TAG_subroutine_type:
		return TYPE_KIND_FUNCTION;
	case DW_TAG_typedef:
		return TYPE_KIND_TYPEDEF;
	case DW_TAG_const_type:
		return TYPE_KIND_CONST;
	case DW_TAG_volatile_type:
		return TYPE_KIND_VOLATILE;
	default:
		return TYPE_KIND_OTHER;
	}
}

static bool dwarf_node(struct types *base, type_id id, struct type_node *node)
{
	Dwarf_Die die, target;

	*node = (struct type_node){ .kind = TYPE_KIND_VOID, .name = "" };
	if (id == TYPE_VOID || !die_at(of(base), id, &die))
		return id == TYPE_VOID;
	node->kind = kind_of(dwarf_tag(&die));
	node->name = die_name(&die) ? die_name(&die) : "";
	if (die_type(&die, &target))
		node->target = dwarf_dieoffset(&target);
	die_number(&die, DW_AT_byte_size, &node->size);
	switch (dwarf_tag(&die)) {
	case DW_TAG_base_type:
		node->kind = base_kind(&die, &node->is_signed);
		return true;
	case DW_TAG_enumeration_type:
		each_enumerator(&die, is_negative, &node->is_signed);
		node->target = TYPE_VOID;
		return true;
	case DW_TAG_array_type:
		array_dimensions(&die, node);
		return node->dimension_count != 0;
	case DW_TAG_pointer_type:
		node->size = 8;
		return true;
	case DW_TAG_unspecified_type:
		node->kind = TYPE_KIND_VOID;
		return true;
	default:
		return true;
	}
}

static void dwarf_enumerators(struct types *base, type_id id, type_enumerator_fn *visit,
			      void *context)
{
	Dwarf_Die die;

	if (die_at(of(base), id, &die) && strip(of(base), &die) &&
	    dwarf_tag(&die) == DW_TAG_enumeration_type)
		each_enumerator(&die, visit, context);
}

static void dwarf_parameters(struct types *base, type_id id, type_visit *visit, void *context)
{
	Dwarf_Die die, type;

	if (!die_at(of(base), id, &die) || dwarf_child(&die, &die))
		return;
	do {
		struct type_field field = { .name = "" };

		if (dwarf_tag(&die) == DW_TAG_formal_parameter && die_type(&die, &type))
			field.type = dwarf_dieoffset(&type);
		else if (dwarf_tag(&die) != DW_TAG_unspecified_parameters)
			continue;
		if (!visit(&field, context))
			return;
	} while (die_next_sibling(&die));
}

static void dwarf_names(struct types *base, type_name_fn *visit, void *context)
{
	struct dwarf_types *types = of(base);
	uint32_t i;

	while (read_unit(types))
		;
	for (i = 0; i < types->named_count; i++)
		if (!visit(context, types->named[i].name))
			return;
}

static void dwarf_close(struct types *base)
{
	struct dwarf_types *types = of(base);

	name_index_free(&types->by_name);
	name_index_free(&types->by_pointer);
	free(types->named);
	dwarf_end(types->dwarf);
	free(types);
}

static const struct types_ops dwarf_ops = {
	.reads_on = true,
	.find = find_dwarf_type,
	.shape = dwarf_shape,
	.fields = dwarf_fields,
	.node = dwarf_node,
	.enumerators = dwarf_enumerators,
	.parameters = dwarf_parameters,
	.names = dwarf_names,
	.close = dwarf_close,
};

/* Is a debug section compressed with a method that this libelf may not know? */
static bool has_zstd_section(int descriptor)
{
	Elf *elf = elf_begin(descriptor, ELF_C_READ_MMAP, NULL);
	Elf_Scn *section = NULL;
	bool found = false;
	GElf_Shdr header;
	GElf_Chdr compression;

	while (elf && !found && (section = elf_nextscn(elf, section)))
		found = gelf_getshdr(section, &header) &&
			(header.sh_flags & SHF_COMPRESSED) &&
			gelf_getchdr(section, &compression) &&
			compression.ch_type == 2;	/* ELFCOMPRESS_ZSTD */
	elf_end(elf);
	return found;
}

static void no_dwarf(int descriptor, const char *path, struct error *err)
{
	if (has_zstd_section(descriptor))
		error_set(err, ERROR_MISSING,
			  "%s: its debug sections are compressed with "
			  "zstd, which the installed elfutils cannot read: install 0.189 "
			  "or "
			  "later, or run objcopy --decompress-debug-sections on it",
			  path);
	else
		error_set(err, ERROR_MISSING, "%s has neither BTF nor DWARF", path);
}

struct types *dwarf_open(int descriptor, const char *path, struct error *err)
{
	struct dwarf_types *types = calloc(1, sizeof(*types));

	if (!types) {
		error_set(err, ERROR_SYSTEM, "out of memory for DWARF");
		return NULL;
	}
	types->base = (struct types){ &dwarf_ops, "DWARF of vmlinux" };
	types->dwarf = die_open(descriptor);
	if (!types->dwarf || !read_unit(types)) {
		dwarf_close(&types->base);
		no_dwarf(descriptor, path, err);
		return NULL;
	}
	return &types->base;
}
