// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole types as people look at them: of BTF that is made here, and of the DWARF of
 * test_types_sample.c, compiled in several ways (the arguments, as for
 * test_types_dwarf.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "types/backend.h"

static const char *const *samples;
static size_t sample_count;

/* ------------------------------------------------------------------------ BTF */

/*
 * struct folio { int order:3, rest:5; const char *const name;
 *	int (*fill)(struct folio *, unsigned long, ...); void (*free[2])(void);
 *	enum state state; bool live; struct { int inner; } named; };
 * enum state { DEAD = -1, BORN, GROWN = 7 }; struct state { int twin; };
 * typedef loop -> loop; struct knot { struct knot; };
 */
static struct types *make_types(void)
{
	struct btf *btf = btf__new_empty();
	int integer, byte, word, boolean, folio, pointer, name, fill, release, releases, state,
		inner, loop;
	struct error err = { 0 };
	const void *raw;
	uint32_t size;
	void *copy;

	assert_non_null(btf);
	integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	byte = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	word = btf__add_int(btf, "unsigned long", 8, 0);
	boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	name = btf__add_const(btf, btf__add_ptr(btf, btf__add_const(btf, byte)));
	pointer = name + 9;	/* added below, where this is held against its id */
	folio = pointer + 1;
	fill = btf__add_func_proto(btf, integer);
	btf__add_func_param(btf, "", pointer);
	btf__add_func_param(btf, "", word);
	btf__add_func_param(btf, "", 0);
	fill = btf__add_ptr(btf, fill);
	release = btf__add_ptr(btf, btf__add_func_proto(btf, 0));
	releases = btf__add_array(btf, integer, release, 2);
	state = btf__add_enum(btf, "state", 4);
	btf__add_enum_value(btf, "DEAD", -1);
	btf__add_enum_value(btf, "BORN", 0);
	btf__add_enum_value(btf, "GROWN", 7);
	inner = btf__add_struct(btf, NULL, 4);
	btf__add_field(btf, "inner", integer, 0, 0);
	btf__add_struct(btf, "state", 4);
	btf__add_field(btf, "twin", integer, 0, 0);
	assert_int_equal(btf__add_ptr(btf, folio), pointer);
	assert_int_equal(btf__add_struct(btf, "folio", 48), folio);
	btf__add_field(btf, "order", integer, 0, 3);
	btf__add_field(btf, "rest", integer, 3, 5);
	btf__add_field(btf, "name", name, 64, 0);
	btf__add_field(btf, "fill", fill, 128, 0);
	btf__add_field(btf, "free", releases, 192, 0);
	btf__add_field(btf, "state", state, 320, 0);
	btf__add_field(btf, "live", boolean, 352, 0);
	btf__add_field(btf, "named", inner, 352, 0);
	loop = btf__add_typedef(btf, "loop", folio + 1);
	assert_int_equal(loop, folio + 1);
	btf__add_struct(btf, "knot", 8);
	btf__add_field(btf, NULL, loop + 1, 0, 0);
	btf__add_struct(btf, "plain", 4);
	btf__add_field(btf, "in", integer, 0, 0);
	raw = btf__raw_data(btf, &size);
	copy = malloc(size);
	assert_non_null(copy);
	memcpy(copy, raw, size);
	btf__free(btf);
	return btf_open(copy, size, "BTF of the test", &err);
}

static void expect_declared(struct types *types, const char *type, const char *member,
			    const char *wanted)
{
	struct type_part part;
	char text[256];
	type_id id;

	assert_true(types_find(types, type, &id));
	assert_true(types_part_find(types, id, member, &part));
	types_declare(types, part.type, part.name, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void declarations(void **state)
{
	struct types *types = make_types();
	char text[8];
	type_id id;

	(void)state;
	expect_declared(types, "folio", "order", "int order");
	expect_declared(types, "folio", "name", "const char *const name");
	expect_declared(types, "folio", "fill",
			"int (*fill)(struct folio *, unsigned long, ...)");
	expect_declared(types, "folio", "free", "void (*free[2])(void)");
	expect_declared(types, "folio", "state", "enum state state");
	expect_declared(types, "folio", "named", "struct {...} named");
	assert_true(types_find(types, "struct folio", &id));
	types_declare(types, id, "", text, sizeof(text));
	assert_string_equal(text, "struct ");	/* cut, not overrun */
	types_close(types);
}

static void names_and_tags(void **state)
{
	struct types *types = make_types();
	struct type_node node;
	type_id id;

	(void)state;
	assert_true(types_find(types, "state", &id));
	assert_true(types_node(types, id, &node) && node.kind == TYPE_KIND_STRUCT);
	assert_true(types_find(types, "enum  state", &id));
	assert_true(types_node(types, id, &node) && node.kind == TYPE_KIND_ENUM);
	assert_true(node.is_signed);
	assert_int_equal(node.size, 4);
	assert_false(types_find(types, "union state", &id));
	assert_false(types_find(types, "structure", &id));
	assert_false(types_find(types, "", &id));
	types_close(types);
}

struct listing {
	char text[512];
};

static bool list_enumerator(void *data, const char *name, int64_t value)
{
	struct listing *listing = data;
	size_t length = strlen(listing->text);

	snprintf(listing->text + length, sizeof(listing->text) - length, "%s=%d ", name,
		 (int)value);
	return value < 200;
}

static bool list_part(void *data, const struct type_part *part)
{
	struct listing *listing = data;
	size_t length = strlen(listing->text);

	snprintf(listing->text + length, sizeof(listing->text) - length, "%s@%d.%u:%u ",
		 part->name, (int)part->offset, part->bit_offset, part->bit_size);
	return true;
}

static void members(void **state)
{
	struct types *types = make_types();
	struct listing parts = { "" }, enumerators = { "" };
	type_id id;

	(void)state;
	assert_true(types_find(types, "folio", &id));
	types_parts(types, id, list_part, &parts);
	assert_string_equal(parts.text, "order@0.0:3 rest@0.3:5 name@8.0:0 fill@16.0:0 "
			    "free@24.0:0 state@40.0:0 live@44.0:0 named@44.0:0 ");
	assert_true(types_find(types, "enum state", &id));
	types_enumerators(types, id, list_enumerator, &enumerators);
	assert_string_equal(enumerators.text, "DEAD=-1 BORN=0 GROWN=7 ");
	types_close(types);
}

/* A typedef of itself and a struct within itself end, and say that they are nothing. */
static void circles(void **state)
{
	struct types *types = make_types();
	struct type_part part;
	struct type_node node;
	char text[64];
	type_id id;

	(void)state;
	assert_true(types_find(types, "loop", &id));
	assert_false(types_strip(types, &id, &node));
	assert_true(types_find(types, "loop", &id));
	types_declare(types, id, "x", text, sizeof(text));
	assert_string_equal(text, "loop x");
	assert_true(types_find(types, "knot", &id));
	assert_false(types_part_find(types, id, "nosuch", &part));
	assert_false(types_node(types, 1 << 20, &node));
	types_declare(types, 1 << 20, "x", text, sizeof(text));
	assert_string_equal(text, "? x");
	types_close(types);
}

/* ---------------------------------------------------------------------- DWARF */

static void check_sample(struct types *types)
{
	struct listing enumerators = { "" };
	struct type_node node;
	struct type_part part;
	type_id id;

	/* compilers do not agree whether it is a long unsigned int or an unsigned long */
	expect_declared(types, "page", "mapping", "struct only_declared *mapping");
	expect_declared(types, "page", "grid", "char grid[2][3]");
	expect_declared(types, "page_alias", "heads", "struct list_head heads[4]");
	assert_true(types_find(types, "struct page", &id));
	assert_true(types_part_find(types, id, "flags", &part));
	assert_true(types_node(types, part.type, &node) && node.kind == TYPE_KIND_CONST);
	assert_true(types_part_find(types, id, "compound_head", &part));
	assert_true(types_node(types, part.type, &node) && node.kind == TYPE_KIND_VOLATILE);
	assert_true(types_part_find(types, id, "tail", &part));
	assert_true(types_node(types, part.type, &node) && node.kind == TYPE_KIND_ARRAY);
	assert_int_equal(node.dimensions[0], 0);
	assert_true(types_part_find(types, id, "kind", &part));
	assert_int_equal(part.offset, 36);
	assert_int_equal(part.bit_offset, 24);
	assert_int_equal(part.bit_size, 8);
	assert_true(types_part_find(types, id, "heads.prev", &part));
	assert_int_equal(part.offset, 64);
	assert_true(types_part_find(types, id, "grid", &part));
	id = part.type;
	assert_true(types_strip(types, &id, &node));
	assert_int_equal(node.dimension_count, 2);
	assert_true(types_find(types, "enum pageflags", &id));
	assert_true(types_node(types, id, &node) && node.is_signed);
	types_enumerators(types, id, list_enumerator, &enumerators);
	assert_string_equal(enumerators.text, "PG_locked=0 PG_low=-5 PG_byte=200 ");
	assert_false(types_find(types, "enum page", &id));
}

static void dwarf_samples(void **state)
{
	struct error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		int descriptor = strchr(samples[i], ':') ? -1 : open(samples[i], O_RDONLY);
		struct types *types;

		if (descriptor < 0)
			continue;
		types = dwarf_open(descriptor, samples[i], &err);
		assert_non_null(types);
		check_sample(types);
		types_close(types);
		close(descriptor);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declarations),
		cmocka_unit_test(names_and_tags),
		cmocka_unit_test(members),
		cmocka_unit_test(circles),
		cmocka_unit_test(dwarf_samples),
	};

	samples = (const char *const *)argv + 1;
	sample_count = (size_t)argc - 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
