// SPDX-License-Identifier: GPL-2.0-or-later
/* Words for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/sentence.h"

static const struct kswapck_device device = {.type = 2, .name = "vda"};
static const struct kswapck_device nameless = {.type = 2};

static void assert_said(const struct kswapck_finding *finding, const char *sentence,
			const char *said)
{
	struct kswapck_problem problem = {.id = "KS999", .sentence = sentence};
	struct kswapck_finding copy = *finding;
	char text[1024];

	copy.problem = &problem;
	sentence_of(&copy, text, sizeof(text));
	assert_string_equal(text, said);
}

static void numbers(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(text_number(0, text), "0");
	assert_string_equal(text_number(999, text), "999");
	assert_string_equal(text_number(1000, text), "1,000");
	assert_string_equal(text_number(1234567, text), "1,234,567");
	assert_string_equal(text_number(UINT64_MAX, text), "18,446,744,073,709,551,615");
}

static void slots(void **state)
{
	struct kswapck_finding one = {.device = &device, .first_slot = 7, .last_slot = 7,
				      .count = 1};
	struct kswapck_finding range = {.device = &device, .first_slot = 1, .last_slot = 511,
					.count = 511};
	struct kswapck_finding some = {.device = &device, .first_slot = 0, .last_slot = 99,
				       .count = 7};
	struct kswapck_finding other = {.device = &nameless, .first_slot = 3, .last_slot = 3,
					.count = 1};
	struct kswapck_finding none = {.first_slot = 3, .last_slot = 3};

	(void)state;
	assert_said(&one, "{slots}", "slot 7 of vda");
	assert_said(&range, "{slots} hang", "slots 1-511 of vda (511) hang");
	assert_said(&some, "{slots}", "slots 0-99 of vda (7 of them)");
	assert_said(&other, "{slots}", "slot 3 of swap device 2");
	assert_said(&none, "{slots}", "slot 3 of swap");
	assert_said(&range, "from {first} on", "from 1 on");
}

static void values(void **state)
{
	struct kswapck_finding finding = {
		.device = &device, .first_slot = 8, .last_slot = 10, .count = 3,
		.page = UINT64_C(0xffffea0000001000), .pfn = 0x40, .entry = 0xabc,
		.detail = "so it is",
	};

	(void)state;
	assert_said(&finding, "{page} {pfn} {entry} {detail}",
		    "0xffffea0000001000 0x40 0xabc so it is");
	finding.page_per_slot = true;
	assert_said(&finding, "{page} {pfn} {entry} {detail}",
		    "0xffffea0000001000 and others 0x40... 0xabc the first one: so it is");
	finding.count = 1;
	assert_said(&finding, "{page}, {detail}", "0xffffea0000001000, so it is");
}

/* What is no name in braces is left as it is. */
static void not_a_name(void **state)
{
	struct kswapck_finding finding = {.detail = "{slots} {detail}"};

	(void)state;
	assert_said(&finding, "{other} {} {slot {", "{other} {} {slot {");
	assert_said(&finding, "", "");
	assert_said(&finding, "{slot} {slotss} {SLOTS}", "{slot} {slotss} {SLOTS}");
	/* words of the dump are not looked into again */
	assert_said(&finding, "{detail}", "{slots} {detail}");
}

static void control_bytes(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(text_visible("a\033[31m\n\x7f", text, sizeof(text)), "a?[31m??");
	/* U+009B is ESC [ to many terminals; U+00E9 and U+201B are letters */
	assert_string_equal(text_visible("\xc2\x9b" "31m", text, sizeof(text)),
			    "?31m");
	/* and so is the byte alone, to those that know no UTF-8 */
	assert_string_equal(text_visible("\x9b" "31m\xff\x80z", text, sizeof(text)), "?31m??z");
	assert_string_equal(text_visible("\xc3\xa9\xe2\x80\x9b", text, sizeof(text)),
			    "\xc3\xa9\xe2\x80\x9b");
	assert_string_equal(text_visible("cut", text, 3), "cu");
	/* marks that turn the order of what follows, and their harmless neighbours */
	assert_string_equal(text_visible("\u202ex\u2066\u2069\u200e\u200f\u061c", text,
					 sizeof(text)), "?x?????");
	assert_string_equal(text_visible("\u2029\u202f\u2065\u206a", text, sizeof(text)),
			    "\u2029\u202f\u2065\u206a");
	/* no half characters */
	assert_string_equal(text_visible("a\xe2\x80\x9b", text, 4), "a");
}

/* Every size of buffer, one byte after the other: never a byte too many. */
static void small_buffers(void **state)
{
	struct kswapck_problem problem = {.sentence = "at {slots}, page {page}: {detail}!"};
	struct kswapck_finding finding = {
		.problem = &problem, .device = &device, .last_slot = 99, .count = 7,
		.page = 0x1234, .detail = "a rather long detail of many words",
	};
	char whole[256], part[257];
	size_t size;

	(void)state;
	sentence_of(&finding, whole, sizeof(whole));
	for (size = 1; size <= strlen(whole) + 1; size++) {
		memset(part, '#', sizeof(part));
		sentence_of(&finding, part, size);
		assert_int_equal(part[size], '#');
		assert_true(strlen(part) < size);
		assert_memory_equal(part, whole, strlen(part));
	}
}

/* -------------------------------------------------------------------------- lines */

static void assert_wrapped(const char *text, unsigned int indent, unsigned int column,
			   unsigned int columns, const char *wrapped)
{
	char *got = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&got, &size);

	sentence_wrap(stream, text, indent, column, columns);
	fclose(stream);
	assert_string_equal(got, wrapped);
	free(got);
}

static void wrapping(void **state)
{
	(void)state;
	assert_wrapped("one two three", 2, 0, 0, "one two three");
	assert_wrapped("one two three", 2, 0, 8, "one two\n  three");
	assert_wrapped("one two three", 2, 5, 8, "one\n  two\n  three");
	assert_wrapped("one two", 0, 0, 7, "one two");
	assert_wrapped("one two", 0, 0, 6, "one\ntwo");
	assert_wrapped("", 2, 0, 10, "");
	assert_wrapped("  two", 2, 0, 10, "  two");
}

/* A word that is too long for any line is not cut: it may be an address to copy. */
static void long_words(void **state)
{
	(void)state;
	assert_wrapped("0xffffea0000001000 is it", 1, 0, 10, "0xffffea0000001000\n is it");
	assert_wrapped("is 0xffffea0000001000", 1, 0, 10, "is\n 0xffffea0000001000");
}

static void lines_kept(void **state)
{
	(void)state;
	assert_wrapped("do this:\n crash> a long command that is kept\nand that", 2, 2, 12,
		       "do this:\n   crash> a long command that is kept\n  and that");
}

/* No line may be longer than the terminal, whatever its width. */
static void never_too_wide(void **state)
{
	static const char text[] = "a bb ccc dddd eeeee ffff ggg hh i jj kkk llll mmmmm nnnn ooo";
	unsigned int columns;

	(void)state;
	for (columns = 9; columns < 70; columns++) {
		char *got = NULL, *line, *next;
		size_t size = 0;
		FILE *stream = open_memstream(&got, &size);

		sentence_wrap(stream, text, 3, 0, columns);
		fclose(stream);
		for (line = got; line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next++ = 0;
			assert_true(strlen(line) <= columns);
		}
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(slots),
		cmocka_unit_test(values),
		cmocka_unit_test(not_a_name),
		cmocka_unit_test(control_bytes),
		cmocka_unit_test(small_buffers),
		cmocka_unit_test(wrapping),
		cmocka_unit_test(long_words),
		cmocka_unit_test(lines_kept),
		cmocka_unit_test(never_too_wide),
	};

	return cmocka_run_group_tests_name("sentence", tests, NULL, NULL);
}
