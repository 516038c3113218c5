// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of an object in memory, part of which is not there, as text and as JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "shell/object.h"
#include "shell/struct.h"
#include "types/backend.h"

#define BASE 0xffff888000000000ULL

/* the session's; a test has none */
bool shell_stopped(const struct shell *shell)
{
	(void)shell;
	return false;
}

struct fixture {
	struct fake_source source;
	uint8_t bytes[2 * 4096];
	struct shell shell;
	struct answer answer;
	char *text;
	size_t size;
};

/*
 * struct thing { int low:3, high:5; unsigned char raw; _Bool flag; char name[4];
 *	long sum; enum { NO, YES } choice; int list[6]; struct { int a, b; } pair;
 *	int far[2000]; };
 */
static struct types *make_types(void)
{
	struct btf *btf = btf__new_empty();
	struct error err = { 0 };
	int integer, byte, raw, boolean, word, choice, name, list, pair, far;
	const void *data;
	uint32_t size;
	void *copy;

	integer = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	byte = btf__add_int(btf, "char", 1, BTF_INT_SIGNED);
	raw = btf__add_int(btf, "unsigned char", 1, 0);
	boolean = btf__add_int(btf, "_Bool", 1, BTF_INT_BOOL);
	word = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	choice = btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "NO", 0);
	btf__add_enum_value(btf, "YES", 1);
	name = btf__add_array(btf, integer, byte, 4);
	list = btf__add_array(btf, integer, integer, 6);
	far = btf__add_array(btf, integer, integer, 2000);
	pair = btf__add_struct(btf, NULL, 8);
	btf__add_field(btf, "a", integer, 0, 0);
	btf__add_field(btf, "b", integer, 32, 0);
	btf__add_struct(btf, "thing", 8064);
	btf__add_field(btf, "low", integer, 0, 3);
	btf__add_field(btf, "high", integer, 3, 5);
	btf__add_field(btf, "raw", raw, 8, 0);
	btf__add_field(btf, "flag", boolean, 16, 0);
	btf__add_field(btf, "name", name, 32, 0);
	btf__add_field(btf, "sum", word, 64, 0);
	btf__add_field(btf, "choice", choice, 128, 0);
	btf__add_field(btf, "list", list, 160, 0);
	btf__add_field(btf, "pair", pair, 352, 0);
	btf__add_field(btf, "far", far, 416, 0);
	data = btf__raw_data(btf, &size);
	copy = malloc(size);
	memcpy(copy, data, size);
	btf__free(btf);
	return btf_open(copy, size, "BTF of the test", &err);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct kernel *kernel = &fixture->shell.dump.kernel;
	const int32_t list[6] = { 1, 7, 7, 7, 7, -2 }, pair[2] = { 5, 6 };
	const int64_t sum = -3;

	fixture->bytes[0] = 0x7d;	/* low 101 is -3, high 01111 is 15 */
	fixture->bytes[1] = 200;
	fixture->bytes[2] = 1;
	memcpy(fixture->bytes + 4, "ab", 3);
	memcpy(fixture->bytes + 8, &sum, 8);
	fixture->bytes[16] = 1;
	memcpy(fixture->bytes + 20, list, sizeof(list));
	memcpy(fixture->bytes + 44, pair, sizeof(pair));
	kernel->memory = fake_memory(&fixture->source, BASE, fixture->bytes,
				     sizeof(fixture->bytes));
	kernel->types = make_types();
	assert_non_null(kernel->types);
	fixture->shell.out = open_memstream(&fixture->text, &fixture->size);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	types_close(fixture->shell.dump.kernel.types);
	memory_free(fixture->shell.dump.kernel.memory);
	fclose(fixture->shell.out);
	free(fixture->text);
	free(fixture);
	return 0;
}

/* What is written of the thing at @address, or of one member. */
static const char *show(struct fixture *fixture, uint64_t address, const char *member)
{
	struct types *types = fixture->shell.dump.kernel.types;
	struct struct_request request = {
		.part = { .name = "" }, .valued = true, .address = address,
	};
	struct error err = { 0 };

	assert_true(types_find(types, "thing", &request.part.type));
	if (*member)
		assert_true(types_part_find(types, request.part.type, member, &request.part));
	answer_init(&fixture->answer, &fixture->shell);
	if (!struct_write(&fixture->answer, &request, &err))
		fprintf(fixture->shell.out, "error: %s", err.text);
	answer_end(&fixture->answer);
	fflush(fixture->shell.out);
	return fixture->text;
}

static void expect(const char *text, const char *wanted)
{
	if (!strstr(text, wanted))
		fail_msg("no \"%s\" in:\n%s", wanted, text);
}

static void values(void **state)
{
	const char *text = show(*state, BASE, "");

	expect(text, "struct thing {  /* at 0xffff888000000000 */\n");
	expect(text, "  int low:3 = -3; ");
	expect(text, "/*   0:0    0x0     4 */");
	expect(text, "  int high:5 = 15; ");
	expect(text, "/*   0:3    0x0     4 */");
	expect(text, "  unsigned char raw = 0xc8; ");
	expect(text, "  _Bool flag = true; ");
	expect(text, "  char name[4] = \"ab\"; ");
	expect(text, "  long sum = -3; ");
	expect(text, "choice = YES; ");
	expect(text, "  int list[6] = { 1, 7 (4 times), -2 }; ");
	expect(text, "pair = { .a = 5, .b = 6 }; ");
	expect(text, "  int far[2000] = { 0 (2000 times) }; ");
	expect(text, "};  /* size 8064 */\n");
}

static void document(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	fixture->shell.json = true;
	text = show(fixture, BASE, "");
	expect(text, "{\"member\": \"low\", \"type\": \"int\", \"offset\": 0, \"size\": 4, "
	       "\"bit_offset\": 0, \"bits\": 3, \"value\": -3}");
	expect(text, "\"value\": \"ab\"");
	expect(text, "\"value\": \"YES\"");
	expect(text, "\"value\": [1, 7, 7, 7, 7, -2]");
	expect(text, "{\"member\": \"pair.b\", \"type\": \"int\", \"offset\": 48, \"size\": 4, "
	       "\"value\": 6}");
}

/* The second page is not there: what lies in it is no zeros. */
static void hole(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	fixture->source.hole = BASE + 4096;
	text = show(fixture, BASE, "");
	expect(text, "{ 0 (1011 times), (left out of the dump) (989 times) }");
	fixture->shell.json = true;
	text = show(fixture, BASE, "");
	expect(text, "null");
}

static void nothing_there(void **state)
{
	struct fixture *fixture = *state;

	expect(show(fixture, BASE + (1 << 20), ""), "error: 0xffff888000100000: not mapped");
	fixture->source.hole = BASE;
	expect(show(fixture, BASE - 8, "sum"), "error: 0xffff");
}

static void bad_bytes(void **state)
{
	struct fixture *fixture = *state;
	const char *text;

	memcpy(fixture->bytes + 4, "\033[2J", 4);
	fixture->bytes[2] = 9;
	fixture->bytes[16] = 77;
	text = show(fixture, BASE, "");
	assert_null(strchr(text, '\033'));
	expect(text, "flag = 9; ");
	expect(text, "choice = 77; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(document, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bad_bytes, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
