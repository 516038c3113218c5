// SPDX-License-Identifier: GPL-2.0-or-later
/* Symbols as the running kernel prints them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image/kallsyms_running.h"

#define STEXT UINT64_C(0xffffffff81000000)

static char path[] = "/tmp/test_kallsyms.XXXXXX";

static struct symbols *open_text(const char *text, struct error *err)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return kallsyms_running(path, STEXT, err);
}

static const char good[] =
	"0000000000000000 A fixed_percpu_data\n"
	"0000000000001000 A current_task\n"
	"ffffffff81000000 T _stext\n"
	"ffffffff81000000 T _text\n"
	"ffffffff81000200 t twice\n"
	"ffffffff81000100 t twice\n"
	"ffffffff81000300 t both\n"
	"ffffffff81000400 T both\n"
	"ffffffff81000500 t changed.llvm.123456\n"
	"not a line\n"
	"ffffffff81000600 D _end\n"
	"ffffffffc0000000 t both\t[module]\n"
	"ffffffffc0001000 t only_there\t[module]\n";

static uint64_t lookup(struct symbols *symbols, const char *name)
{
	uint64_t address;

	return symbols->ops->lookup(symbols, name, &address) ? address : UINT64_MAX;
}

static void test_lookup(void **state)
{
	struct symbols *symbols = open_text(good, NULL);

	(void)state;
	assert_non_null(symbols);
	assert_true(lookup(symbols, "_stext") == STEXT);
	assert_true(lookup(symbols, "current_task") == 0x1000);
	assert_true(lookup(symbols, "twice") == STEXT + 0x100);
	assert_true(lookup(symbols, "both") == STEXT + 0x400);
	assert_true(lookup(symbols, "changed") == STEXT + 0x500);
	assert_true(lookup(symbols, "only_there") == UINT64_MAX);
	assert_true(lookup(symbols, "none") == UINT64_MAX);
	symbols->ops->close(symbols);
}

static void expect_at(struct symbols *symbols, uint64_t address, const char *name, uint64_t offset)
{
	char text[64];
	uint64_t found;

	assert_true(symbols->ops->nearest(symbols, address, text, sizeof(text), &found));
	assert_string_equal(text, name);
	assert_true(found == offset);
}

static void test_nearest(void **state)
{
	struct symbols *symbols = open_text(good, NULL);
	char text[64];
	uint64_t offset;

	(void)state;
	expect_at(symbols, STEXT + 5, "_stext", 5);
	expect_at(symbols, STEXT + 0x1ff, "twice", 0xff);
	expect_at(symbols, STEXT + 0x600, "_end", 0);
	assert_false(symbols->ops->nearest(symbols, 0x1004, text, sizeof(text), &offset));
	assert_false(symbols->ops->nearest(symbols, STEXT + 0x100000, text, sizeof(text), &offset));
	symbols->ops->close(symbols);
}

static void test_hidden(void **state)
{
	struct error err = {0};

	(void)state;
	assert_null(open_text("0000000000000000 T _stext\n0000000000000000 T _end\n", &err));
	assert_int_equal(err.kind, ERROR_MISSING);
	assert_non_null(strstr(err.text, "kptr_restrict"));
	assert_null(open_text("ffffffff82000000 T _stext\n", &err));
	assert_null(open_text("", &err));
	assert_null(kallsyms_running("/no/such/file", STEXT, &err));
	assert_int_equal(err.kind, ERROR_MISSING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_hidden),
	};
	int file = mkstemp(path), failed;

	if (file < 0)
		return 1;
	close(file);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
