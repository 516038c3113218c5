// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "image/vmcoreinfo.h"

static const char text[] =
	"OSRELEASE=6.1.0-50-cloud-amd64\n"
	"BUILD-ID=00ff\n"
	"PAGESIZE=4096\n"
	"SYMBOL(_stext)=ffffffff81000000\n"
	"SYMBOL(_stext_not)=1\n"
	"SIZE(page)=64\n"
	"SIZE(odd)=-1\n"
	"OFFSET(page.flags)=0\n"
	"OFFSET(page.lru)=8\n"
	"NUMBER(phys_base)=-551550976\n"
	"NUMBER(VMEMMAP_START)=0xfffffc0000000000\n"
	"NUMBER(empty)=\n"
	"NUMBER(words)=12 monkeys\n"
	"NUMBER(wide)=99999999999999999999\n"
	"KERNELOFFSET=2a000000\n"
	"LAST=no newline";

static void lines(void **state)
{
	char value[64];

	(void)state;
	assert_true(vmcoreinfo_copy(text, "OSRELEASE", value, sizeof(value)));
	assert_string_equal(value, "6.1.0-50-cloud-amd64");
	assert_true(vmcoreinfo_copy(text, "LAST", value, sizeof(value)));
	assert_string_equal(value, "no newline");
	assert_false(vmcoreinfo_copy(text, "RELEASE", value, sizeof(value)));
	assert_false(vmcoreinfo_copy(text, "OSRELEAS", value, sizeof(value)));
	assert_false(vmcoreinfo_copy(text, "OSRELEASE", value, 20));
	assert_true(vmcoreinfo_copy(text, "OSRELEASE", value, 21));
	assert_false(vmcoreinfo_copy(NULL, "OSRELEASE", value, sizeof(value)));
	assert_false(vmcoreinfo_copy("", "OSRELEASE", value, sizeof(value)));
}

static void numbers(void **state)
{
	uint64_t value;
	int64_t number;

	(void)state;
	assert_true(vmcoreinfo_symbol(text, "_stext", &value));
	assert_int_equal(value, 0xffffffff81000000);
	assert_true(vmcoreinfo_hex(text, "KERNELOFFSET", &value));
	assert_int_equal(value, 0x2a000000);
	assert_true(vmcoreinfo_size(text, "page", &value));
	assert_int_equal(value, 64);
	assert_true(vmcoreinfo_offset(text, "page.lru", &value));
	assert_int_equal(value, 8);
	assert_true(vmcoreinfo_signed(text, "phys_base", &number));
	assert_int_equal(number, -551550976);
	assert_true(vmcoreinfo_signed(text, "VMEMMAP_START", &number));
	assert_int_equal((uint64_t)number, 0xfffffc0000000000);
}

static void not_numbers(void **state)
{
	uint64_t value;
	int64_t number;

	(void)state;
	assert_false(vmcoreinfo_signed(text, "empty", &number));
	assert_false(vmcoreinfo_signed(text, "words", &number));
	assert_false(vmcoreinfo_signed(text, "wide", &number));
	assert_false(vmcoreinfo_signed(text, "absent", &number));
	assert_false(vmcoreinfo_size(text, "odd", &value));
	assert_false(vmcoreinfo_size(text, "page.flags", &value));
	assert_false(vmcoreinfo_hex(text, "OSRELEASE", &value));
	assert_false(vmcoreinfo_hex(text, "absent", &value));
	assert_false(vmcoreinfo_symbol(NULL, "_stext", &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(numbers),
		cmocka_unit_test(not_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
