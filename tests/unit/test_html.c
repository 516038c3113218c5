// SPDX-License-Identifier: GPL-2.0-or-later
/* Whatever string goes into a page comes out as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "output/html.h"

static void check(const char *text, const char *wanted)
{
	char *made = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&made, &size);

	assert_non_null(stream);
	html_text(stream, text);
	fclose(stream);
	assert_string_equal(made, wanted);
	free(made);
}

static void escapes(void **state)
{
	(void)state;
	check("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;");
	check("a&b \"c\" 'd'", "a&amp;b &quot;c&quot; &#39;d&#39;");
	check("]]>--><!--", "]]&gt;--&gt;&lt;!--");
	check("", "");
}

/* Controls, marks of direction and what is no UTF-8 are shown as such. */
static void visible(void **state)
{
	(void)state;
	check("a\x1b[31m\x07z", "a?[31m?z");
	check("\xe2\x80\xae" "abc", "?abc");
	check("\xff\xc3", "??");
	check("\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac");
	check("one\ntwo", "one\ntwo");
}

/* Every single byte, alone and between others: never one that HTML has a meaning for. */
static void all_bytes(void **state)
{
	char text[4] = "a.b", *made;
	size_t size;
	FILE *stream;
	int byte;

	(void)state;
	for (byte = 1; byte < 256; byte++) {
		text[1] = (char)byte;
		made = NULL;
		stream = open_memstream(&made, &size);
		html_text(stream, text);
		fclose(stream);
		assert_null(strpbrk(made, "<>\"'"));
		assert_int_equal(made[0], 'a');
		assert_int_equal(made[size - 1], 'b');
		free(made);
	}
}

/* ---------------------------------------------------------------------- pictures */

/* Slots in use and free as chance has it, always the same. */
static void fill_map(struct slot_map *map, uint64_t slots)
{
	static uint8_t kinds[16384], map_bytes[16384], map_read[16384];
	struct kswapck_device device = {.slots = slots, .name = "<vda>"};
	struct kswapck_space space = {
		.device = &device, .slots = 16384, .kinds = kinds, .map = map_bytes,
		.map_read = map_read,
	};
	uint32_t i, chance = 1;

	slot_map_device(map, &device);
	for (; space.first_slot < slots; space.first_slot += space.slots) {
		for (i = 0; i < space.slots; i++) {
			chance = chance * 1664525 + 1013904223;
			map_bytes[i] = chance >> 31;
			map_read[i] = 1;
		}
		slot_map_space(map, &space);
	}
}

/* The runs of the last cluster. */
static const char *last_cluster(const char *page)
{
	const char *end = strstr(strstr(page, "data-runs="), "\">") - 1;

	while (end[-1] != ',')
		end--;
	return end;
}

/* However mixed a device is, the file has a bound; clusters with findings keep their slots. */
static void bounded(void **state)
{
	const uint64_t slots = 12 << 20;
	struct html_mark mark = {
		.first = slots - 3, .last = slots - 2, .finding = 1, .error = true,
	};
	struct html_report html = {.map = slot_map_new(), .marks = &mark, .mark_count = 1};
	struct output output = {.html = &html};
	char *made = NULL;
	size_t size = 0;

	(void)state;
	fill_map((struct slot_map *)html.map, slots);
	mark.type = html.map->devices[0].type;
	output.options.stream = open_memstream(&made, &size);
	html_map(&output);
	fclose(output.options.stream);
	assert_true(size > 2 << 20 && size < 5 << 20);
	assert_non_null(strstr(made, "&lt;vda&gt;"));
	assert_null(strstr(made, "<vda>"));
	/* sums begin with '?' */
	assert_non_null(strstr(made, ",?f"));
	assert_memory_not_equal(last_cluster(made), "?", 1);
	slot_map_free((struct slot_map *)html.map);
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(visible),
		cmocka_unit_test(all_bytes),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
