// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files: what their lines mean, and what is said of bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "command/config.h"

static bool parse_as(const char *path, const char *text, size_t length,
		     struct settings *settings, struct error *err)
{
	/* glibc wants a length that is not 0 */
	FILE *stream = length ? fmemopen((char *)text, length, "r") : fopen("/dev/null", "r");
	bool good;

	assert_non_null(stream);
	*settings = (struct settings){0};
	good = config_parse(settings, stream, path, err);
	fclose(stream);
	return good;
}

static bool parse(const char *text, struct settings *settings, struct error *err)
{
	return parse_as("/etc/kswapck.conf", text, strlen(text), settings, err);
}

static void assert_setting(const struct settings *settings, size_t index,
			   enum setting_kind kind, const char *value, const char *where)
{
	assert_true(index < settings->count);
	assert_int_equal(settings->list[index].kind, kind);
	assert_string_equal(settings->list[index].value, value);
	assert_string_equal(settings->list[index].where, where);
	assert_false(settings->list[index].lenient);
}

static void assert_bad(const char *text, const char *words)
{
	struct settings settings;
	struct error err = {0};

	assert_false(parse(text, &settings, &err));
	assert_int_equal(err.kind, ERROR_USAGE);
	if (!strstr(err.text, words))
		fail_msg("'%s' says nothing of '%s'", err.text, words);
	settings_free(&settings);
}

static void nothing(void **state)
{
	static const char *const texts[] = {"", "\n", "\n\n  \n\t\n", "# a comment", "  # severity x\n"};
	struct settings settings;
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(parse(texts[i], &settings, &err));
		assert_int_equal(settings.count, 0);
		settings_free(&settings);
	}
}

static void severities(void **state)
{
	struct settings settings;
	struct error err = {0};

	(void)state;
	assert_true(parse("severity freed-folio = warn\n# one more\n\nseverity KS204=ignore\n"
			  "\tseverity\t tail-private\t=\terror \r\nseverity a= b", &settings, &err));
	assert_int_equal(settings.count, 4);
	assert_setting(&settings, 0, SETTING_SEVERITY, "freed-folio=warn", "/etc/kswapck.conf:1");
	assert_setting(&settings, 1, SETTING_SEVERITY, "KS204=ignore", "/etc/kswapck.conf:4");
	assert_setting(&settings, 2, SETTING_SEVERITY, "tail-private=error", "/etc/kswapck.conf:5");
	assert_setting(&settings, 3, SETTING_SEVERITY, "a=b", "/etc/kswapck.conf:6");
	settings_free(&settings);
}

static void plugins(void **state)
{
	static const char text[] = "plugin /usr/lib/mine.so\nplugin with blanks#.so  \n";
	struct settings settings;
	struct error err = {0};

	(void)state;
	assert_true(parse(text, &settings, &err));
	assert_int_equal(settings.count, 2);
	assert_setting(&settings, 0, SETTING_PLUGIN, "/usr/lib/mine.so", "/etc/kswapck.conf:1");
	assert_setting(&settings, 1, SETTING_PLUGIN, "/etc/with blanks#.so", "/etc/kswapck.conf:2");
	settings_free(&settings);

	assert_true(parse_as("config", text, strlen(text), &settings, &err));
	assert_setting(&settings, 1, SETTING_PLUGIN, "with blanks#.so", "config:2");
	settings_free(&settings);
	assert_true(parse_as("/config", text, strlen(text), &settings, &err));
	assert_setting(&settings, 1, SETTING_PLUGIN, "/with blanks#.so", "/config:2");
	settings_free(&settings);
}

static void bad_lines(void **state)
{
	(void)state;
	assert_bad("\n\nsilence freed-folio\n", "/etc/kswapck.conf:3: 'silence' is neither");
	assert_bad("plugin\n", "kswapck.conf:1: a plugin is written: plugin FILE");
	assert_bad("plugin   \n", "plugin FILE");
	assert_bad("pluginx y\n", "'pluginx'");
	assert_bad("severity\n", "kswapck.conf:1: a grade is written");
	assert_bad("severity freed-folio\n", "a grade is written");
	assert_bad("severity freed-folio warn\n", "a grade is written");
	assert_bad("severity = warn\n", "a grade is written");
	assert_bad("severity freed-folio =\n", "a grade is written");
	assert_bad("severity a=warn,b=warn\n", "a grade is written");
	assert_bad("severity a=warn b=warn\n", "a grade is written");
	assert_bad("severity a b=warn\n", "a grade is written");
	assert_bad("# fine\n[section]\n", "kswapck.conf:2: '[section]' is neither");
}

static void long_lines(void **state)
{
	static char text[9000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	assert_bad(text, "kswapck.conf:1: the line is too long");
	memcpy(text, "plugin ", 7);
	assert_bad(text, "too long");
	memset(text, ' ', sizeof(text) - 1);
	assert_bad(text, "too long");
}

/* A file that is no text at all ends in an error, not in a crash. */
static void no_text(void **state)
{
	static const char binary[] = "\x7f" "ELF\0\0\n\0\0severity\0\n\xff\xfe";
	struct settings settings;
	struct error err = {0};

	(void)state;
	assert_false(parse_as("x", binary, sizeof(binary), &settings, &err));
	assert_non_null(strstr(err.text, "x:1: "));
	settings_free(&settings);
}

static void zero_bytes(void **state)
{
	static const char hidden[] = "# fine\nseverity a=warn\0b\n";
	static char zeros[20000];
	struct settings settings;
	struct error err = {0};

	(void)state;
	assert_false(parse_as("x", hidden, sizeof(hidden) - 1, &settings, &err));
	assert_string_equal(err.text, "x:2: a byte of 0 in the line");
	settings_free(&settings);
	assert_false(parse_as("x", zeros, sizeof(zeros), &settings, &err));
	assert_string_equal(err.text, "x:1: the line is too long");
	settings_free(&settings);
}

static void missing_file(void **state)
{
	struct settings settings = {0};
	struct error err = {0};

	(void)state;
	assert_false(config_read(&settings, "/no/such/file", &err));
	assert_int_equal(err.kind, ERROR_MISSING);
	assert_string_equal(err.text, "/no/such/file: cannot open: No such file or directory");
	assert_false(config_read(&settings, "/dev/null/file", &err));
	assert_int_equal(err.kind, ERROR_MISSING);
	assert_false(config_read(&settings, "/", &err));
	assert_int_equal(err.kind, ERROR_SYSTEM);
}

static void many(void **state)
{
	const struct setting one = {SETTING_PLUGIN, (char *)"p", (char *)"w", true};
	struct settings settings = {0};
	struct error err = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 100; i++)
		assert_true(settings_add(&settings, &one, &err));
	assert_int_equal(settings.count, 100);
	assert_string_equal(settings.list[99].value, "p");
	assert_true(settings.list[99].lenient);
	settings_free(&settings);
	assert_int_equal(settings.count, 0);
	settings_free(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(severities),
		cmocka_unit_test(plugins),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(long_lines),
		cmocka_unit_test(no_text),
		cmocka_unit_test(zero_bytes),
		cmocka_unit_test(missing_file),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
