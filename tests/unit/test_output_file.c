// SPDX-License-Identifier: GPL-2.0-or-later
/* A file gets its name when all is in it, whatever becomes of who writes it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "command/command.h"
#include "command/output_file.h"

int command_fail(const struct error *err)
{
	return err->kind == ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

static char path[] = "/tmp/kswapck-output-file-XXXXXX";

static int write_all(void *data, FILE *stream)
{
	fputs("new", stream);
	return *(const int *)data;
}

static int exit_early(void *data, FILE *stream)
{
	fputs("half", stream);
	fflush(stream);
	_exit(*(const int *)data);
}

static int die(void *data, FILE *stream)
{
	(void)data;
	fputs("half", stream);
	fflush(stream);
	raise(SIGKILL);
	return EXIT_CLEAN;
}

static void check_content(const char *wanted)
{
	char text[16] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, wanted);
}

static int setup(void **state)
{
	int descriptor = mkstemp(path);

	(void)state;
	return descriptor < 0 || write(descriptor, "old", 3) != 3 || close(descriptor);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	strcpy(path + strlen(path) - 6, "XXXXXX");
	return 0;
}

static void whole(void **state)
{
	int status = EXIT_ERRORS | EXIT_INCOMPLETE;

	(void)state;
	assert_int_equal(output_file_run(path, true, write_all, &status), status);
	check_content("new");
}

static void failed(void **state)
{
	static const int statuses[] = {EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED | EXIT_ERRORS};
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		int status = statuses[i];

		assert_int_equal(output_file_run(path, true, write_all, &status), status);
		check_content("old");
	}
}

static void ended_early(void **state)
{
	int status;

	(void)state;
	for (status = 0; status < 3; status++) {
		assert_int_equal(output_file_run(path, true, exit_early, &status), EXIT_FAILED);
		check_content("old");
	}
	assert_int_equal(output_file_run(path, true, die, NULL), EXIT_FAILED);
	check_content("old");
}

static void inputs(void **state)
{
	const char *files[] = {"/no/such/file", path};

	(void)state;
	assert_true(output_file_is_input(path, files, 2));
	assert_false(output_file_is_input(path, files, 1));
	assert_false(output_file_is_input("/no/such/file", files, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole, setup, teardown),
		cmocka_unit_test_setup_teardown(failed, setup, teardown),
		cmocka_unit_test_setup_teardown(ended_early, setup, teardown),
		cmocka_unit_test_setup_teardown(inputs, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
