// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "output/json_writer.h"

struct page {
	struct json_writer json;
	char *text;
	size_t size;
};

static int setup(void **state)
{
	struct page *page = calloc(1, sizeof(*page));

	page->json.stream = open_memstream(&page->text, &page->size);
	*state = page;
	return !page->json.stream;
}

static int teardown(void **state)
{
	struct page *page = *state;

	fclose(page->json.stream);
	free(page->text);
	free(page);
	return 0;
}

static void assert_written(struct page *page, const char *text)
{
	fflush(page->json.stream);
	assert_string_equal(page->text, text);
}

/* How one string comes out. */
static void assert_string(struct page *page, const char *value, const char *written)
{
	char *text = NULL;
	size_t size = 0;
	FILE *old = page->json.stream;

	page->json = (struct json_writer){.stream = open_memstream(&text, &size)};
	json_string(&page->json, NULL, value);
	fclose(page->json.stream);
	assert_string_equal(text, written);
	free(text);
	page->json.stream = old;
}

static void objects(void **state)
{
	struct page *page = *state;
	struct json_writer *json = &page->json;

	json_object(json, NULL);
	json_string(json, "a", "b");
	json_array(json, "c");
	json_number(json, NULL, 1);
	json_number(json, NULL, UINT64_MAX);
	json_close(json, ']');
	json_bool(json, "d", true);
	json_bool(json, "e", false);
	json_null(json, "f");
	json_close(json, '}');
	assert_written(page, "{\n  \"a\": \"b\",\n  \"c\": [\n    1,\n    18446744073709551615\n"
		       "  ],\n  \"d\": true,\n  \"e\": false,\n  \"f\": null\n}");
}

static void empty_things(void **state)
{
	struct page *page = *state;
	struct json_writer *json = &page->json;

	json_object(json, NULL);
	json_array(json, "a");
	json_close(json, ']');
	json_object(json, "b");
	json_close(json, '}');
	json_flat_object(json, "c");
	json_close(json, '}');
	json_close(json, '}');
	assert_written(page, "{\n  \"a\": [],\n  \"b\": {},\n  \"c\": {}\n}");
}

static void flat_objects(void **state)
{
	struct page *page = *state;
	struct json_writer *json = &page->json;

	json_array(json, NULL);
	json_flat_object(json, NULL);
	json_number(json, "a", 1);
	json_array(json, "b");
	json_number(json, NULL, 2);
	json_number(json, NULL, 3);
	json_close(json, ']');
	json_number(json, "c", 4);
	json_close(json, '}');
	json_flat_object(json, NULL);
	json_close(json, '}');
	json_close(json, ']');
	assert_written(page, "[\n  {\"a\": 1, \"b\": [2, 3], \"c\": 4},\n  {}\n]");
}

static void addresses(void **state)
{
	struct page *page = *state;

	json_address(&page->json, NULL, 0);
	assert_written(page, "\"0x0\"");
	json_address(&page->json, NULL, UINT64_C(0xffffea0000001234));
	assert_written(page, "\"0x0\",\"0xffffea0000001234\"");
}

static void escapes(void **state)
{
	assert_string(*state, "", "\"\"");
	assert_string(*state, "a\"b\\c/", "\"a\\\"b\\\\c/\"");
	assert_string(*state, "\n\t\r\x01\x1f\x7f", "\"\\u000a\\u0009\\u000d\\u0001\\u001f\\u007f\"");
	assert_string(*state, "\x1b[31m", "\"\\u001b[31m\"");
	assert_string(*state, NULL, "null");
}

#define BAD "\xef\xbf\xbd"	/* U+FFFD */

static void utf8(void **state)
{
	assert_string(*state, "\xc3\xa4", "\"\xc3\xa4\"");
	assert_string(*state, "\xe2\x82\xac", "\"\xe2\x82\xac\"");
	assert_string(*state, "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
	assert_string(*state, "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
}

static void bad_utf8(void **state)
{
	assert_string(*state, "\xff", "\"" BAD "\"");
	assert_string(*state, "a\x80z", "\"a" BAD "z\"");
	assert_string(*state, "\xc3", "\"" BAD "\"");			/* ends too early */
	assert_string(*state, "\xe2\x82", "\"" BAD BAD "\"");
	assert_string(*state, "\xe2\x82x", "\"" BAD BAD "x\"");
	assert_string(*state, "\xc0\x80", "\"" BAD BAD "\"");		/* overlong */
	assert_string(*state, "\xc1\xbf", "\"" BAD BAD "\"");
	assert_string(*state, "\xe0\x9f\xbf", "\"" BAD BAD BAD "\"");
	assert_string(*state, "\xf0\x8f\xbf\xbf", "\"" BAD BAD BAD BAD "\"");
	assert_string(*state, "\xed\xa0\x80", "\"" BAD BAD BAD "\"");	/* a surrogate */
	assert_string(*state, "\xf4\x90\x80\x80", "\"" BAD BAD BAD BAD "\"");
	assert_string(*state, "\xf8\x88\x80\x80\x80", "\"" BAD BAD BAD BAD BAD "\"");
}

static void keys_are_escaped(void **state)
{
	struct page *page = *state;

	json_object(&page->json, NULL);
	json_number(&page->json, "a\"\n", 1);
	json_close(&page->json, '}');
	assert_written(page, "{\n  \"a\\\"\\u000a\": 1\n}");
}

/* Deeper than it can remember: still as many brackets closed as opened. */
static void too_deep(void **state)
{
	struct page *page = *state;
	int opened = 0, closed = 0, i;
	char *c;

	for (i = 0; i < 3 * JSON_DEPTH_MAX; i++)
		json_array(&page->json, NULL);
	for (i = 0; i < 3 * JSON_DEPTH_MAX; i++)
		json_close(&page->json, ']');
	fflush(page->json.stream);
	for (c = page->text; *c; c++) {
		opened += *c == '[';
		closed += *c == ']';
	}
	assert_int_equal(opened, 3 * JSON_DEPTH_MAX);
	assert_int_equal(closed, 3 * JSON_DEPTH_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(objects, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_things, setup, teardown),
		cmocka_unit_test_setup_teardown(flat_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(keys_are_escaped, setup, teardown),
		cmocka_unit_test_setup_teardown(too_deep, setup, teardown),
	};

	return cmocka_run_group_tests_name("json_writer", tests, NULL, NULL);
}
