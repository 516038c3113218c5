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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(visible),
		cmocka_unit_test(all_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
