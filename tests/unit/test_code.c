// SPDX-License-Identifier: GPL-2.0-or-later
/* Code of the kernel and of modules, in both forms of struct module, and torn lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/code.h"

#define BASE  UINT64_C(0xffffffff81000000)
#define BYTES 0x10000

#define TEXT	 BASE
#define TEXT_END (BASE + 0x1000)
#define INIT	 (BASE + 0x2000)
#define HEAD	 (BASE + 0x4000)	/* modules, the list_head */
#define MODULE(i) (BASE + 0x5000 + 0x400 * (i))
#define MODULES	 4
#define KALLSYMS (BASE + 0x7000)
#define SYMTAB	 (BASE + 0x7100)
#define STRTAB	 (BASE + 0x8000)
#define CODE(i)	 (UINT64_C(0xffffffffc0000000) + 0x10000 * (i))
#define CODE_SIZE 0x3000

/* struct module of the tests */
#define STATE	 0
#define LIST	 8
#define NAME	 24
#define SYMBOLS	 88
#define LAYOUT	 96	/* core_layout and init_layout, or mem[7] */
#define ORC	 0x200

struct scene {
	struct fake_source fake;
	struct kernel kernel;
	struct image image;
	struct types types;
	uint8_t bytes[BYTES];
	struct code *code;
};

static void put(struct scene *scene, uint64_t address, uint64_t value, size_t size)
{
	assert_true(address >= BASE && address - BASE + size <= BYTES);
	memcpy(scene->bytes + (address - BASE), &value, size);
}

static void link_nodes(struct scene *scene, uint64_t from, uint64_t to)
{
	put(scene, from, to, 8);
	put(scene, to + 8, from, 8);
}

static void add_types(struct types *types)
{
	fake_add_member(types, "module", "state", STATE, 4);
	fake_add_member(types, "module", "list", LIST, 16);
	fake_add_member(types, "module", "name", NAME, 56);
	fake_add_member(types, "module", "kallsyms", SYMBOLS, 8);
	fake_add_member(types, "module", "arch.num_orcs", ORC, 4);
	fake_add_member(types, "module", "arch.orc_unwind_ip", ORC + 8, 8);
	fake_add_member(types, "module", "arch.orc_unwind", ORC + 16, 8);
	fake_add_member(types, "mod_kallsyms", "symtab", 0, 8);
	fake_add_member(types, "mod_kallsyms", "num_symtab", 8, 4);
	fake_add_member(types, "mod_kallsyms", "strtab", 16, 8);
}

/* Up to 6.3; the core has 0x1000 bytes of data behind its text. */
static void add_layouts(struct types *types)
{
	fake_add_member(types, "module", "core_layout.base", LAYOUT, 8);
	fake_add_member(types, "module", "core_layout.text_size", LAYOUT + 12, 4);
	fake_add_member(types, "module", "init_layout.base", LAYOUT + 32, 8);
	fake_add_member(types, "module", "init_layout.text_size", LAYOUT + 44, 4);
}

/* Since 6.4; elements of 24 bytes. */
static void add_memories(struct types *types)
{
	fake_add_array(types, "module", "mem", LAYOUT, 24, 7);
	fake_add_member(types, "module", "mem.base", LAYOUT, 8);
	fake_add_member(types, "module", "mem.size", LAYOUT + 8, 4);
}

static void put_module(struct scene *scene, unsigned int i, const char *name)
{
	uint64_t module = MODULE(i);

	memcpy(scene->bytes + (module - BASE) + NAME, name, strlen(name) + 1);
	put(scene, module + SYMBOLS, KALLSYMS, 8);
	put(scene, module + LAYOUT, CODE(i), 8);
	put(scene, module + LAYOUT + 8, CODE_SIZE, 4);	/* of mem[0]; size of core_layout */
	put(scene, module + LAYOUT + 12, CODE_SIZE, 4);	/* text_size */
	put(scene, module + ORC, 7, 4);
	put(scene, module + ORC + 8, CODE(i) + 0x8000, 8);
	put(scene, module + ORC + 16, CODE(i) + 0x9000, 8);
}

static void put_symbol(struct scene *scene, unsigned int i, uint32_t name, uint64_t value,
		       uint16_t section)
{
	Elf64_Sym symbol = {.st_name = name, .st_value = value, .st_shndx = section};

	memcpy(scene->bytes + (SYMTAB - BASE) + i * sizeof(symbol), &symbol, sizeof(symbol));
}

static void put_symbols(struct scene *scene)
{
	put(scene, KALLSYMS, SYMTAB, 8);
	put(scene, KALLSYMS + 8, 5, 4);
	put(scene, KALLSYMS + 16, STRTAB, 8);
	memcpy(scene->bytes + (STRTAB - BASE), "\0second\0first\0data", 19);
	put_symbol(scene, 0, 0, 0, SHN_UNDEF);
	put_symbol(scene, 1, 1, CODE(0) + 0x200, 1);
	put_symbol(scene, 2, 8, CODE(0) + 0x100, 1);
	put_symbol(scene, 3, 14, CODE(0) + CODE_SIZE + 0x100, 2);
	put_symbol(scene, 4, 14, CODE(0) + 0x300, SHN_UNDEF);
}

static struct scene *make_scene(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	unsigned int i;

	scene->kernel.memory = fake_memory(&scene->fake, BASE, scene->bytes, BYTES);
	scene->kernel.image = &scene->image;
	scene->kernel.types = &scene->types;
	fake_add_symbol(&scene->image, "_text", TEXT);
	fake_add_symbol(&scene->image, "_etext", TEXT_END);
	fake_add_symbol(&scene->image, "_sinittext", INIT);
	fake_add_symbol(&scene->image, "_einittext", INIT + 0x100);
	fake_add_symbol(&scene->image, "kernel_function", TEXT + 0x40);
	fake_add_symbol(&scene->image, "__start_orc_unwind_ip", BASE + 0x9000);
	fake_add_symbol(&scene->image, "__stop_orc_unwind_ip", BASE + 0x9000 + 400);
	fake_add_symbol(&scene->image, "__start_orc_unwind", BASE + 0xa000);
	fake_add_symbol(&scene->image, "__stop_orc_unwind", BASE + 0xa000 + 600);
	fake_add_symbol(&scene->image, "modules", HEAD);
	add_types(&scene->types);
	for (i = 0; i < MODULES; i++) {
		put_module(scene, i, (const char *[]){"zero", "one", "two", "three"}[i]);
		link_nodes(scene, i ? MODULE(i - 1) + LIST : HEAD, MODULE(i) + LIST);
	}
	link_nodes(scene, MODULE(MODULES - 1) + LIST, HEAD);
	put_symbols(scene);
	return scene;
}

static int setup(void **state)
{
	struct scene *scene = make_scene();

	add_layouts(&scene->types);
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	code_close(scene->code);
	memory_free(scene->kernel.memory);
	free(scene);
	return 0;
}

static const struct code *reopen(struct scene *scene)
{
	struct error err;

	code_close(scene->code);
	memory_free(scene->kernel.memory);
	scene->kernel.memory = memory_new(&scene->fake.source, 0);
	scene->code = code_open(&scene->kernel, &err);
	assert_non_null(scene->code);
	return scene->code;
}

static void kernel_text(void **state)
{
	const struct code *code = reopen(*state);
	struct code_name name;
	struct code_orc orc;

	assert_true(code_is_text(code, TEXT));
	assert_true(code_is_text(code, TEXT_END - 1));
	assert_false(code_is_text(code, TEXT_END));
	assert_true(code_is_text(code, INIT + 0x80));
	assert_false(code_is_text(code, 0));
	assert_false(code_is_text(code, UINT64_MAX));
	assert_true(code_name_at(code, TEXT + 0x50, &name));
	assert_string_equal(name.function, "kernel_function");
	assert_string_equal(name.module, "");
	assert_int_equal(name.offset, 0x10);
	assert_false(code_name_at(code, HEAD, &name));
	assert_true(code_orc_at(code, TEXT, &orc));
	assert_int_equal(orc.ip, BASE + 0x9000);
	assert_int_equal(orc.count, 100);
	assert_false(code_orc_at(code, HEAD, &orc));
	assert_null(code_gap(code));
}

/* Of two tables of different length the shorter counts. */
static void tables_that_differ(void **state)
{
	struct scene *scene = *state;
	struct code_orc orc;

	fake_remove_symbol(&scene->image, "__stop_orc_unwind");
	fake_add_symbol(&scene->image, "__stop_orc_unwind", BASE + 0xa000 + 59);
	assert_true(code_orc_at(reopen(scene), TEXT, &orc));
	assert_int_equal(orc.count, 9);
	fake_remove_symbol(&scene->image, "__start_orc_unwind");
	assert_false(code_orc_at(reopen(scene), TEXT, &orc));
}

static void check_modules(const struct code *code)
{
	struct code_name name;
	struct code_orc orc;

	assert_null(code_gap(code));
	assert_true(code_is_text(code, CODE(0)));
	assert_true(code_is_text(code, CODE(3) + CODE_SIZE - 1));
	assert_false(code_is_text(code, CODE(3) + CODE_SIZE));
	assert_false(code_is_text(code, CODE(0) - 1));
	assert_true(code_orc_at(code, CODE(2) + 8, &orc));
	assert_int_equal(orc.ip, CODE(2) + 0x8000);
	assert_int_equal(orc.entries, CODE(2) + 0x9000);
	assert_int_equal(orc.count, 7);
	assert_true(code_name_at(code, CODE(0) + 0x1ff, &name));
	assert_string_equal(name.function, "first");
	assert_string_equal(name.module, "zero");
	assert_int_equal(name.offset, 0xff);
	assert_true(code_name_at(code, CODE(0) + 0x2000, &name));
	assert_string_equal(name.function, "second");
	/* before its first symbol: the module at least */
	assert_false(code_name_at(code, CODE(0), &name));
	assert_string_equal(name.module, "zero");
	/* a module of which no symbol is in its text */
	assert_false(code_name_at(code, CODE(1) + 0x10, &name));
	assert_string_equal(name.module, "one");
	assert_null(code_gap(code));
}

static void modules_with_layouts(void **state)
{
	check_modules(reopen(*state));
}

static void modules_with_memories(void **state)
{
	struct scene *scene = *state;

	fake_remove_type(&scene->types, "module");
	scene->types.member_count = 0;
	add_types(&scene->types);
	add_memories(&scene->types);
	/* MOD_INIT_TEXT is the fifth */
	put(scene, MODULE(1) + LAYOUT + 4 * 24, CODE(8), 8);
	put(scene, MODULE(1) + LAYOUT + 4 * 24 + 8, 0x100, 4);
	check_modules(reopen(scene));
	assert_true(code_is_text(scene->code, CODE(8) + 0xff));
}

/* One that is being loaded has no text yet. */
static void unformed(void **state)
{
	struct scene *scene = *state;

	put(scene, MODULE(1) + STATE, 3, 4);
	reopen(scene);
	assert_false(code_is_text(scene->code, CODE(1)));
	assert_true(code_is_text(scene->code, CODE(2)));
	assert_null(code_gap(scene->code));
}

static void torn_lists(void **state)
{
	struct scene *scene = *state;

	/* a loop that misses the head */
	put(scene, MODULE(2) + LIST, MODULE(1) + LIST, 8);
	assert_non_null(code_gap(reopen(scene)));
	assert_true(code_is_text(scene->code, CODE(2)));
	put(scene, MODULE(2) + LIST, 0x100, 8);
	assert_non_null(code_gap(reopen(scene)));
	put(scene, HEAD, UINT64_C(0xfffffffffffffff8), 8);
	assert_non_null(code_gap(reopen(scene)));
	assert_false(code_is_text(scene->code, CODE(0)));
	assert_true(code_is_text(scene->code, TEXT));
	fake_remove_type(&scene->types, "module");
	assert_non_null(code_gap(reopen(scene)));
	/* a kernel without modules lacks nothing */
	fake_remove_symbol(&scene->image, "modules");
	assert_null(code_gap(reopen(scene)));
}

static void sizes_that_are_none(void **state)
{
	struct scene *scene = *state;
	struct code_orc orc;

	put(scene, MODULE(0) + LAYOUT + 12, 0xffffffff, 4);
	put(scene, MODULE(1) + LAYOUT, 0x1000, 8);
	put(scene, MODULE(2) + ORC, 0xffffffff, 4);
	put(scene, MODULE(3) + ORC + 8, 0x10, 8);
	reopen(scene);
	assert_false(code_is_text(scene->code, CODE(0)));
	assert_false(code_is_text(scene->code, 0x1000));
	assert_true(code_is_text(scene->code, CODE(2)));
	assert_false(code_orc_at(scene->code, CODE(2), &orc));
	assert_false(code_orc_at(scene->code, CODE(3), &orc));
}

static void symbols_that_are_none(void **state)
{
	struct scene *scene = *state;
	struct code_name name;

	put(scene, KALLSYMS + 8, 0x7fffffff, 4);
	assert_false(code_name_at(reopen(scene), CODE(0) + 0x200, &name));
	assert_string_equal(name.module, "zero");
	assert_non_null(code_gap(scene->code));
	/* names that are not in the dump */
	put(scene, KALLSYMS + 8, 5, 4);
	put_symbol(scene, 1, 0x7fffffff, CODE(0) + 0x200, 1);
	assert_false(code_name_at(reopen(scene), CODE(0) + 0x200, &name));
	assert_true(code_name_at(scene->code, CODE(0) + 0x100, &name));
	/* a table that ends where the dump does: what was read before counts */
	put(scene, KALLSYMS, BASE + BYTES - 24, 8);
	assert_false(code_name_at(reopen(scene), CODE(0) + 0x200, &name));
	assert_non_null(code_gap(scene->code));
}

/* Modules whose tables are all of the largest size, or one and the same. */
static void symbols_without_end(void **state)
{
	struct scene *scene = *state;
	struct code_name name;

	put_symbol(scene, 2, 8, CODE(2) + 0x100, 1);
	assert_true(code_name_at(reopen(scene), CODE(2) + 0x100, &name));
	put(scene, KALLSYMS + 8, 1 << 18, 4);
	code_name_at(reopen(scene), CODE(0) + 0x200, &name);
	code_name_at(scene->code, CODE(1) + 0x200, &name);
	put(scene, KALLSYMS + 8, 5, 4);
	memory_forget(scene->kernel.memory);
	assert_false(code_name_at(scene->code, CODE(2) + 0x100, &name));
	assert_non_null(code_gap(scene->code));
}

static void long_names(void **state)
{
	struct scene *scene = *state;
	struct code_name name;

	memset(scene->bytes + (STRTAB - BASE) + 1, 'x', 1000);
	assert_true(code_name_at(reopen(scene), CODE(0) + 0x200, &name));
	assert_int_equal(strlen(name.function), sizeof(name.function) - 1);
	memset(scene->bytes + (MODULE(0) - BASE) + NAME, 'y', 64);
	assert_true(code_name_at(reopen(scene), CODE(0) + 0x200, &name));
	assert_int_equal(strlen(name.module), sizeof(name.module) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(kernel_text, setup, teardown),
		cmocka_unit_test_setup_teardown(tables_that_differ, setup, teardown),
		cmocka_unit_test_setup_teardown(modules_with_layouts, setup, teardown),
		cmocka_unit_test_setup_teardown(modules_with_memories, setup, teardown),
		cmocka_unit_test_setup_teardown(unformed, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(sizes_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(symbols_that_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(symbols_without_end, setup, teardown),
		cmocka_unit_test_setup_teardown(long_names, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
