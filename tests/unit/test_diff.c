// SPDX-License-Identifier: GPL-2.0-or-later
/* Two reports compared: small ones, written here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "diff/diff.h"

#define BEGIN "{\"schema\": \"kswapck-scan/1\", \"coverage\": {\"complete\": true}, " \
	"\"exit_status\": 1, \"devices\": [{\"type\": 0, \"name\": \"vda\", " \
	"\"swap_info_struct\": \"0x1\"}, {\"type\": 1, \"name\": \"vdb\", " \
	"\"swap_info_struct\": \"0x2\"}], \"findings\": ["
#define END "]}"
#define FINDING(device, first, last, count) "{\"id\": \"KS1\", \"name\": \"x\", \"severity\": " \
	"\"error\", \"device\": " #device ", \"slots\": {\"first\": " #first ", \"last\": " \
	#last ", \"count\": " #count "}}"
#define OF_PROCESS(comm) "{\"id\": \"KS1\", \"name\": \"x\", \"process\": {\"comm\": \"" comm "\"}}"

static void parse(struct diff_document *document, const char *text)
{
	FILE *stream = fmemopen((char *)text, strlen(text), "r");
	struct error err = {0};

	assert_non_null(stream);
	if (!diff_document_parse(document, stream, "made", &err))
		fail_msg("%s", err.text);
	fclose(stream);
}

/* How many entries of each change; in order came, grew, shrank, went, stayed. */
static void check(const char *before_text, const char *after_text, enum diff_by by,
		  const uint64_t wanted[DIFF_CHANGES])
{
	struct diff_document before, after;
	struct error err = {0};
	struct diff diff;
	int i;

	parse(&before, before_text);
	parse(&after, after_text);
	assert_true(diff_compare(&before, &after, by, &diff, &err));
	for (i = 0; i < DIFF_CHANGES; i++)
		assert_int_equal(diff.totals[i], wanted[i]);
	diff_free(&diff);
	diff_document_free(&before);
	diff_document_free(&after);
}

#define CHANGES(...) ((const uint64_t[DIFF_CHANGES]){__VA_ARGS__})

static void overlaps(void **state)
{
	(void)state;
	check(BEGIN FINDING(0, 10, 19, 10) END, BEGIN FINDING(0, 19, 28, 10) END, DIFF_BY_SLOT,
	      CHANGES(0, 0, 0, 0, 1));
	check(BEGIN FINDING(0, 10, 19, 10) END, BEGIN FINDING(0, 20, 29, 10) END, DIFF_BY_SLOT,
	      CHANGES(1, 0, 0, 1, 0));
	check(BEGIN FINDING(0, 10, 19, 10) END, BEGIN FINDING(0, 10, 19, 4) END, DIFF_BY_SLOT,
	      CHANGES(0, 0, 1, 0, 0));
	/* a wide one that ends after those which begin later */
	check(BEGIN FINDING(0, 0, 99, 7) "," FINDING(0, 5, 6, 2) END,
	      BEGIN FINDING(0, 50, 60, 11) END, DIFF_BY_SLOT, CHANGES(0, 1, 0, 0, 0));
}

static void devices(void **state)
{
	(void)state;
	check(BEGIN FINDING(0, 1, 1, 1) END, BEGIN FINDING(1, 1, 1, 1) END, DIFF_BY_SLOT,
	      CHANGES(1, 0, 0, 1, 0));
	check(BEGIN FINDING(0, 1, 1, 1) END, BEGIN FINDING(1, 1, 1, 1) END, DIFF_BY_PROBLEM,
	      CHANGES(0, 0, 0, 0, 1));
	check(BEGIN FINDING(0, 1, 1, 1) END, BEGIN FINDING(0, 7, 7, 1) "," FINDING(1, 1, 1, 1)
	      END, DIFF_BY_DEVICE, CHANGES(1, 0, 0, 0, 1));
}

/* Numbers that no slot can be make a finding of the whole device. */
static void odd_slots(void **state)
{
	(void)state;
	check(BEGIN FINDING(0, -1, 1, 1) END, BEGIN FINDING(0, 7, 7, 1) END, DIFF_BY_SLOT,
	      CHANGES(0, 0, 0, 0, 1));
	check(BEGIN FINDING(0, 9, 1, 1) END, BEGIN FINDING(0, 7, 7, 18446744073709551615) END,
	      DIFF_BY_SLOT, CHANGES(0, 0, 0, 0, 1));
}

static void processes(void **state)
{
	(void)state;
	check(BEGIN OF_PROCESS("a") END, BEGIN OF_PROCESS("a") "," OF_PROCESS("b") END,
	      DIFF_BY_SLOT, CHANGES(1, 0, 0, 0, 1));
}

static void same_boot(void **state)
{
	struct diff_document one, other;

	(void)state;
	parse(&one, BEGIN END);
	parse(&other, BEGIN END);
	assert_true(diff_same_boot(&one, &other));
	diff_document_free(&other);
	parse(&other, "{\"schema\": \"kswapck-scan/1\", \"exit_status\": 0, \"findings\": [], "
	      "\"devices\": [{\"type\": 0, \"name\": \"vda\", \"swap_info_struct\": \"0x3\"}]}");
	assert_false(diff_same_boot(&one, &other));
	assert_false(diff_same_devices(&one, &other));
	diff_document_free(&one);
	diff_document_free(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overlaps),
		cmocka_unit_test(devices),
		cmocka_unit_test(odd_slots),
		cmocka_unit_test(processes),
		cmocka_unit_test(same_boot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
