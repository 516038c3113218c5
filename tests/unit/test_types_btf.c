// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths of members, resolved on BTF that is built here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "types/backend.h"

/*
 * struct list_head { struct list_head *next, *prev; };
 * typedef struct { int counter; } atomic_t;
 * struct page {
 *	const unsigned long flags;
 *	union {
 *		struct { struct list_head lru; void *mapping; };
 *		struct { unsigned long compound_head; };
 *	};
 *	atomic_t _refcount;
 *	unsigned int data:24, kind:8;
 *	char grid[2][3];
 *	struct list_head heads[4];
 *	unsigned long tail[];
 * };
 * struct twin { int one; }; struct twin { int pad, two; }; union twin { int three; };
 * typedef struct page page_alias; struct alone; typedef int alone;
 * enum { PG_locked, PG_high = -5 }; enum64 { PG_wide = 1 << 40 };
 * typedef loop -> loop; struct knot { struct knot; x2 };
 * struct shelf { struct vast wraps; int far; };
 */
static struct btf *make_btf(void)
{
	struct btf *btf = btf__new_empty();
	int integer, byte, word, word_const, list, pointer, atomic, inner1, inner2, both,
		row, grid, heads, tail, page, loop, knot, vast;

	assert_non_null(btf);
	integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	byte = btf__add_int(btf, "char", 1, BTF_INT_CHAR);
	word = btf__add_int(btf, "unsigned long", 8, 0);
	word_const = btf__add_const(btf, word);
	pointer = btf__add_ptr(btf, 0);
	list = btf__add_struct(btf, "list_head", 16);
	btf__add_field(btf, "next", pointer, 0, 0);
	btf__add_field(btf, "prev", pointer, 64, 0);
	atomic = btf__add_struct(btf, NULL, 4);
	btf__add_field(btf, "counter", integer, 0, 0);
	atomic = btf__add_typedef(btf, "atomic_t", atomic);
	inner1 = btf__add_struct(btf, NULL, 24);
	btf__add_field(btf, "lru", list, 0, 0);
	btf__add_field(btf, "mapping", pointer, 128, 0);
	inner2 = btf__add_struct(btf, NULL, 8);
	btf__add_field(btf, "compound_head", word, 0, 0);
	both = btf__add_union(btf, NULL, 24);
	btf__add_field(btf, NULL, inner1, 0, 0);
	btf__add_field(btf, NULL, inner2, 0, 0);
	row = btf__add_array(btf, integer, byte, 3);
	grid = btf__add_array(btf, integer, row, 2);
	heads = btf__add_array(btf, integer, list, 4);
	tail = btf__add_array(btf, integer, word, 0);
	page = btf__add_struct(btf, "page", 120);
	btf__add_field(btf, "flags", word_const, 0, 0);
	btf__add_field(btf, NULL, both, 64, 0);
	btf__add_field(btf, "_refcount", atomic, 256, 0);
	btf__add_field(btf, "data", integer, 288, 24);
	btf__add_field(btf, "kind", integer, 312, 8);
	btf__add_field(btf, "grid", grid, 320, 0);
	btf__add_field(btf, "heads", heads, 384, 0);
	btf__add_field(btf, "tail", tail, 960, 0);
	btf__add_typedef(btf, "page_alias", page);

	btf__add_typedef(btf, "twin", word);
	btf__add_union(btf, "twin", 4);
	btf__add_field(btf, "three", integer, 0, 0);
	btf__add_struct(btf, "twin", 4);
	btf__add_field(btf, "one", integer, 0, 0);
	btf__add_struct(btf, "twin", 8);
	btf__add_field(btf, "pad", integer, 0, 0);
	btf__add_field(btf, "two", integer, 32, 0);
	btf__add_fwd(btf, "alone", BTF_FWD_STRUCT);
	btf__add_typedef(btf, "alone", integer);

	btf__add_enum(btf, "pageflags", 4);
	btf__add_enum_value(btf, "PG_locked", 0);
	btf__add_enum_value(btf, "PG_high", -5);
	btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "PG_wide", UINT64_C(1) << 40);

	loop = btf__add_typedef(btf, "loop", btf__type_cnt(btf));
	assert_true(loop > 0);
	knot = btf__add_struct(btf, "knot", 8);
	btf__add_field(btf, NULL, knot, 0, 0);
	btf__add_field(btf, NULL, knot, 0, 0);
#if LIBBPF_MAJOR_VERSION == 1 && LIBBPF_MINOR_VERSION < 4
	/* later ones refuse all of a BTF with such a thing in it */
	btf__add_struct(btf, "dangling", 8);
	btf__add_field(btf, "gone", 99999, 0, 0);
#endif
	vast = btf__add_struct(btf, "vast", 0xfffffa00);
	btf__add_struct(btf, "shelf", 4096);
	btf__add_field(btf, "wraps", vast, 0x600 * 8, 0);
	btf__add_field(btf, "far", integer, 0xfffffff8, 0);
	return btf;
}

static void *copy_of(struct btf *btf, uint32_t *size)
{
	const void *raw = btf__raw_data(btf, size);
	void *copy = malloc(*size);

	assert_non_null(raw);
	assert_non_null(copy);
	memcpy(copy, raw, *size);
	btf__free(btf);
	return copy;
}

static int open_types(void **state)
{
	struct error err = { 0 };
	uint32_t size;
	void *data = copy_of(make_btf(), &size);

	*state = btf_open(data, size, "BTF in the dump", &err);
	return !*state;
}

static int close_types(void **state)
{
	types_close(*state);
	return 0;
}

static struct type_member member(void **state, const char *type, const char *path)
{
	struct type_member found;

	if (!types_member(*state, type, path, &found))
		fail_msg("no %s.%s", type, path);
	return found;
}

static void plain_members(void **state)
{
	struct type_member found = member(state, "page", "flags");

	assert_int_equal(found.offset, 0);
	assert_int_equal(found.size, 8);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.element_size, 8);
	assert_int_equal(found.bit_size, 0);
	found = member(state, "page", "_refcount.counter");
	assert_int_equal(found.offset, 32);
	assert_int_equal(found.size, 4);
	assert_int_equal(member(state, "page_alias", "_refcount").offset, 32);
	assert_int_equal(member(state, "atomic_t", "counter").offset, 0);
	assert_string_equal(types_from(*state), "BTF in the dump");
}

static void anonymous_members(void **state)
{
	assert_int_equal(member(state, "page", "lru").offset, 8);
	assert_int_equal(member(state, "page", "lru.prev").offset, 16);
	assert_int_equal(member(state, "page", "mapping").offset, 24);
	assert_int_equal(member(state, "page", "compound_head").offset, 8);
	assert_int_equal(member(state, "page", "_refcount").offset, 32);
}

static void arrays(void **state)
{
	struct type_member found = member(state, "page", "grid");

	assert_int_equal(found.offset, 40);
	assert_int_equal(found.size, 6);
	assert_int_equal(found.count, 6);
	assert_int_equal(found.element_size, 1);
	found = member(state, "page", "heads");
	assert_int_equal(found.size, 64);
	assert_int_equal(found.count, 4);
	assert_int_equal(found.element_size, 16);
	assert_int_equal(member(state, "page", "heads.prev").offset, 56);
	found = member(state, "page", "tail");
	assert_int_equal(found.size, 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(found.element_size, 8);
}

static void bit_fields(void **state)
{
	struct type_member found = member(state, "page", "data");

	assert_int_equal(found.offset, 36);
	assert_int_equal(found.size, 4);
	assert_int_equal(found.bit_offset, 0);
	assert_int_equal(found.bit_size, 24);
	found = member(state, "page", "kind");
	assert_int_equal(found.offset, 36);
	assert_int_equal(found.bit_offset, 24);
	assert_int_equal(found.bit_size, 8);
}

static void same_names(void **state)
{
	struct type_member found;
	uint64_t size;

	assert_int_equal(member(state, "twin", "one").offset, 0);
	assert_int_equal(member(state, "twin", "two").offset, 4);
	assert_int_equal(member(state, "twin", "three").offset, 0);
	assert_false(types_member(*state, "twin", "four", &found));
	assert_true(types_size(*state, "twin", &size));
	assert_int_equal(size, 4);
	assert_true(types_size(*state, "alone", &size));
	assert_int_equal(size, 4);
	assert_true(types_size(*state, "page", &size));
	assert_int_equal(size, 120);
	assert_false(types_size(*state, "nosuch", &size));
}

static void enumerators(void **state)
{
	int64_t value;

	assert_true(types_enumerator(*state, "pageflags", "PG_locked", &value));
	assert_int_equal(value, 0);
	assert_true(types_enumerator(*state, "pageflags", "PG_high", &value));
	assert_int_equal(value, -5);
	assert_true(types_enumerator(*state, "wide", "PG_wide", &value));
	assert_int_equal(value, INT64_C(1) << 40);
	assert_false(types_enumerator(*state, "pageflags", "PG_nosuch", &value));
	assert_false(types_enumerator(*state, "pageflags", "PG_wide", &value));
	assert_false(types_enumerator(*state, "page", "PG_locked", &value));
	assert_false(types_enumerator(*state, "nosuch", "PG_locked", &value));
}

static void no_such_member(void **state)
{
	static const char *const paths[] = {
		"nosuch", "flags.x", "lru.next.next", "data.x", "", ".", "lru.", ".lru",
		"lru..next", "flag", "flagss", "grid.x",
	};
	struct type_member found;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (types_member(*state, "page", paths[i], &found))
			fail_msg("page.%s found", paths[i]);
	assert_false(types_member(*state, "nosuch", "x", &found));
	assert_false(types_member(*state, "", "x", &found));
}

static void endless_types(void **state)
{
	struct type_member found;
	uint64_t size;

	assert_false(types_size(*state, "loop", &size));
	assert_false(types_member(*state, "loop", "x", &found));
	assert_false(types_member(*state, "knot", "x", &found));
	assert_false(types_member(*state, "dangling", "gone", &found));
}

/* Where offset plus size is more than 32 bits hold. */
static void too_large_members(void **state)
{
	struct type_member found;

	assert_false(types_member(*state, "shelf", "wraps", &found));
	assert_false(types_member(*state, "shelf", "far", &found));
}

static void random_damage(void **state)
{
	unsigned int seed = 20261120, round, i;
	uint32_t size;
	uint8_t *good = copy_of(make_btf(), &size);

	(void)state;
	for (round = 0; round < 1500; round++) {
		struct error err = { 0 };
		struct type_member found;
		uint8_t *data = malloc(size);
		struct types *types;
		int64_t value;

		assert_non_null(data);
		memcpy(data, good, size);
		for (i = 0; i < 1 + round % 8; i++)
			data[(unsigned int)rand_r(&seed) % size] = (uint8_t)rand_r(&seed);
		types = btf_open(data, size - (round % 5 == 0 ? round % size : 0),
				 "BTF in the dump", &err);
		if (!types) {
			assert_non_null(strstr(err.text, "damaged"));
			continue;
		}
		types_member(types, "page", "lru.prev", &found);
		types_member(types, "page", "heads.next", &found);
		types_member(types, "page", "nosuch", &found);
		types_member(types, "knot", "nosuch", &found);
		types_enumerator(types, "wide", "PG_wide", &value);
		types_close(types);
	}
	free(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_members),
		cmocka_unit_test(anonymous_members),
		cmocka_unit_test(arrays),
		cmocka_unit_test(bit_fields),
		cmocka_unit_test(same_names),
		cmocka_unit_test(enumerators),
		cmocka_unit_test(no_such_member),
		cmocka_unit_test(endless_types),
		cmocka_unit_test(too_large_members),
		cmocka_unit_test(random_damage),
	};

	return cmocka_run_group_tests(tests, open_types, close_types);
}
