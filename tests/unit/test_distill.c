// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of page frames, other names, BTF without functions, and symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/btf.h>
#include <stdio.h>
#include <string.h>

#include "distill/btf_functions.h"
#include "distill/names.h"
#include "distill/symbol_names.h"
#include "source/page_set.h"

static void a_set_keeps_its_order(void **state)
{
	static const uint64_t frames[] = {70000, 0, 63, 64, 32767, 32768, 1ULL << 35, 70000};
	static const uint64_t sorted[] = {0, 63, 64, 32767, 32768, 70000, 1ULL << 35};
	struct page_set *set = page_set_new();
	uint64_t at = 0;
	size_t i;

	(void)state;
	assert_int_equal(page_set_next(set, 0), UINT64_MAX);
	for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		page_set_add(set, frames[i]);
	assert_int_equal(page_set_count(set), 7);
	for (i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++, at++) {
		at = page_set_next(set, at);
		assert_int_equal(at, sorted[i]);
		assert_true(page_set_has(set, at));
		assert_false(page_set_has(set, at + 2));
	}
	assert_int_equal(page_set_next(set, at), UINT64_MAX);
	page_set_remove(set, 64);
	page_set_remove(set, 65);
	assert_int_equal(page_set_count(set), 6);
	assert_int_equal(page_set_next(set, 64), 32767);
	assert_true(page_set_complete(set));
	page_set_free(set);
}

static void what_does_not_fit_is_told(void **state)
{
	struct page_set *set = page_set_new();

	(void)state;
	page_set_add(set, 1ULL << 45);
	assert_false(page_set_complete(set));
	assert_int_equal(page_set_count(set), 0);
	page_set_free(set);
}

static void replace(const struct names *names, const char *name, const char *wanted)
{
	char text[32];

	strcpy(text, name);
	names_replace(names, text, strlen(text));
	assert_string_equal(text, wanted);
}

static void names_have_one_replacement_each(void **state)
{
	struct names *names = names_new();
	char name[8];
	int i;

	(void)state;
	assert_true(names_add(names, "bash", 4));
	assert_true(names_add(names, "init", 4));
	assert_true(names_add(names, "sh", 2));
	assert_true(names_add(names, "bash", 4));
	replace(names, "bash", "xxxa");
	replace(names, "init", "xxxb");
	replace(names, "sh", "xa");
	replace(names, "secret", "xxxxxx");
	for (i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "p%03d", i);
		assert_true(names_add(names, name, 4));
	}
	replace(names, "p024", "xxba");
	names_free(names);
}

static void the_log_is_read_as_the_kernel_writes_it(void **state)
{
	char text[] = "CPU: 0 PID: 1 Comm: init Not tainted; init of slabs; init[1]: /home/me/swap on /dev/vda (sh) 1/2";
	static const char wanted[] =
		"CPU: 0 PID: 1 Comm: xxxa Not tainted; init of slabs; xxxa[1]: /xxxb/xb/xxxc on /xxa/xxb (xa) 1/2";
	struct names *names = names_new();

	(void)state;
	assert_true(names_add(names, "init", 4) && names_add(names, "sh", 2));
	assert_true(names_replace_in_log(names, text, sizeof(text) - 1));
	assert_string_equal(text, wanted);
	names_free(names);
}

/* int f(int secret); struct s { int (*g)(int kept); }; */
struct sample {
	struct btf_header header;
	struct btf_type integer;		/* 1 */
	uint32_t integer_data;
	struct btf_type prototype;		/* 2: of f */
	struct btf_param parameter;
	struct btf_type function;		/* 3: f */
	struct btf_type kept;			/* 4: of g */
	struct btf_param kept_parameter;
	struct btf_type pointer;		/* 5 */
	struct btf_type composite;		/* 6 */
	struct btf_member member;
	char strings[32];
};

#define INFO(kind, count) ((uint32_t)(kind) << 24 | (count))

static const struct sample sample = {
	.header = {
		.magic = BTF_MAGIC, .version = 1, .hdr_len = sizeof(struct btf_header),
		.type_len = offsetof(struct sample, strings) - sizeof(struct btf_header),
		.str_off = offsetof(struct sample, strings) - sizeof(struct btf_header),
		.str_len = 32,
	},
	.integer = {.name_off = 1, .info = INFO(BTF_KIND_INT, 0), .size = 4},
	.integer_data = 32,
	.prototype = {.info = INFO(BTF_KIND_FUNC_PROTO, 1), .type = 1},
	.parameter = {.name_off = 7, .type = 1},
	.function = {.name_off = 5, .info = INFO(BTF_KIND_FUNC, 0), .type = 2},
	.kept = {.info = INFO(BTF_KIND_FUNC_PROTO, 1), .type = 1},
	.kept_parameter = {.name_off = 14, .type = 1},
	.pointer = {.info = INFO(BTF_KIND_PTR, 0), .type = 4},
	.composite = {.name_off = 19, .info = INFO(BTF_KIND_STRUCT, 1), .size = 8},
	.member = {.name_off = 21, .type = 5},
	.strings = "\0int\0f\0secret\0kept\0s\0g",
};

static void functions_go_and_types_stay(void **state)
{
	struct sample copy = sample;

	(void)state;
	assert_true(btf_blank_functions(&copy, sizeof(copy)));
	assert_memory_equal(copy.strings, "\0int\0.........kept\0s\0g\0........", 32);
	assert_int_equal(copy.function.name_off, 0);
	assert_int_equal(copy.function.type, 2);
	assert_int_equal(copy.prototype.type, 0);
	assert_int_equal(copy.parameter.name_off, 0);
	assert_memory_equal(&copy.kept, &sample.kept,
			    sizeof(copy.kept) + sizeof(copy.kept_parameter));
	assert_memory_equal(&copy.composite, &sample.composite,
			    sizeof(copy.composite) + sizeof(copy.member));
	assert_memory_equal(&copy.integer, &sample.integer, sizeof(copy.integer));
}

/* Whatever is wrong, nothing is changed. */
static void unsound_types_are_left_alone(void **state)
{
	struct sample copy;
	size_t size;

	(void)state;
	for (size = 0; size < sizeof(copy); size++) {
		copy = sample;
		assert_false(btf_blank_functions(&copy, size));
		assert_memory_equal(&copy, &sample, sizeof(copy));
	}
	copy = sample;
	copy.pointer.type = 7;
	assert_false(btf_blank_functions(&copy, sizeof(copy)));
	copy = sample;
	copy.member.name_off = 32;
	assert_false(btf_blank_functions(&copy, sizeof(copy)));
	assert_string_equal(copy.strings + 7, "secret");
	copy = sample;
	copy.composite.info = INFO(BTF_KIND_STRUCT, 9);
	assert_false(btf_blank_functions(&copy, sizeof(copy)));
}

static void only_made_symbols_go(void **state)
{
	static const struct {
		char type;
		const char *name;
		bool made;
	} cases[] = {
		{'T', "__pfx_do_swap_page", true}, {'t', "do_swap_page", false},
		{'r', "__ksymtab_xa_load", true}, {'d', "__func__.7", true},
		{'b', "__already_done.12", true}, {'t', "try_to_unuse.part.0", false},
		{'t', "shrink_slab.constprop.3", false}, {'D', "swap_info", false},
		{'d', "name.", false}, {'d', "name.1a", false}, {'D', "global.1", false},
		{'b', "textbuf.3", false}, {'\0', "nothing.1", false},
		{'T', "__x64_sys_swapoff", false}, {'T', "__SCT__might_resched", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (symbol_is_made(cases[i].type, cases[i].name) != cases[i].made)
			fail_msg("%c %s", cases[i].type, cases[i].name);
}

static void line_buffers_of_both_compilers(void **state)
{
	(void)state;
	assert_true(symbol_is_line_buffer("text.12"));
	assert_true(symbol_is_line_buffer("console_unlock.ext_text"));
	assert_true(symbol_is_line_buffer("printk_shared_pbufs"));
	assert_false(symbol_is_line_buffer("textbuffer.3"));
	assert_false(symbol_is_line_buffer("text.part"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_keeps_its_order),
		cmocka_unit_test(what_does_not_fit_is_told),
		cmocka_unit_test(names_have_one_replacement_each),
		cmocka_unit_test(the_log_is_read_as_the_kernel_writes_it),
		cmocka_unit_test(functions_go_and_types_stay),
		cmocka_unit_test(unsound_types_are_left_alone),
		cmocka_unit_test(only_made_symbols_go),
		cmocka_unit_test(line_buffers_of_both_compilers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
