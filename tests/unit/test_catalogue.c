// SPDX-License-Identifier: GPL-2.0-or-later
/* The catalogue of problems: ids and names for ever, words that can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "audit/catalogue.h"
#include "output/output.h"

#define CONFIRM_COLUMNS 90

static void ids(void **state)
{
	const struct kswapck_problem *problem, *last = NULL;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		assert_int_equal(strlen(problem->id), 5);
		assert_memory_equal(problem->id, "KS", 2);
		assert_int_equal(strspn(problem->id + 2, "0123456789"), 3);
		if (last)
			assert_true(strcmp(last->id, problem->id) < 0);
		last = problem;
	}
	assert_true(i >= 20);
	assert_true(i < REPORT_PROBLEMS_MAX);
}

/* What users have written into their scripts: it may grow and never change. */
static void ids_and_names_are_for_ever(void **state)
{
	static const char *const known[][2] = {
		{"KS101", "freed-folio"}, {"KS102", "reused-page"}, {"KS103", "tail-entry"},
		{"KS104", "bad-entry"}, {"KS105", "partial-folio"}, {"KS106", "wrong-slot"},
		{"KS107", "tail-private"}, {"KS108", "tail-private-set"},
		{"KS109", "refcount-low"}, {"KS110", "file-mapping"}, {"KS111", "odd-order"},
		{"KS201", "mark-without-folio"}, {"KS202", "folio-without-mark"},
		{"KS203", "stale-shadow"}, {"KS204", "nrpages"}, {"KS205", "nrexceptional"},
		{"KS206", "inuse-pages"}, {"KS301", "tree-pointer"}, {"KS302", "tree-node"},
		{"KS303", "tree-count"}, {"KS304", "tree-sibling"}, {"KS305", "tree-internal"},
		{"KS306", "tree-range"}, {"KS307", "tree-cycle"},
	};
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		problem = catalogue_find(known[i][0]);
		assert_non_null(problem);
		assert_string_equal(problem->name, known[i][1]);
	}
}

static void names(void **state)
{
	const struct kswapck_problem *problem, *other;
	size_t i, j;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		assert_true(islower((unsigned char)problem->name[0]));
		assert_int_equal(strspn(problem->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(problem->name));
		assert_null(strstr(problem->name, "--"));
		assert_int_not_equal(problem->name[strlen(problem->name) - 1], '-');
		/* the columns of 'kswapck help problems' */
		assert_true(strlen(problem->name) <= 20);
		for (j = 0; j < i; j++) {
			other = catalogue_problem(j);
			assert_string_not_equal(problem->name, other->name);
			assert_string_not_equal(problem->id, other->id);
		}
	}
}

static void finding_by_id_and_name(void **state)
{
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		assert_ptr_equal(catalogue_find(problem->id), problem);
		assert_ptr_equal(catalogue_find(problem->name), problem);
	}
	assert_ptr_equal(catalogue_find("ks101"), catalogue_find("KS101"));
	assert_ptr_equal(catalogue_find("Freed-Folio"), catalogue_find("KS101"));
	assert_null(catalogue_find("KS000"));
	assert_null(catalogue_find(""));
	assert_null(catalogue_find("KS1011"));
}

static void plugins(void **state)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	(void)state;
	for (i = 0; (plugin = catalogue_plugin(i)); i++) {
		assert_int_equal(plugin->abi, KSWAPCK_ABI);
		assert_true(*plugin->name && *plugin->summary);
		assert_non_null(plugin->problems[0].id);
		assert_true(plugin->run || plugin->tree_fault || plugin->space_end ||
			    plugin->device_begin || plugin->device_end);
	}
	assert_true(i >= 3);
}

static void severities(void **state)
{
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		assert_true(problem->severity == KSWAPCK_ERROR ||
			    problem->severity == KSWAPCK_WARNING);
		assert_true(problem->class == KSWAPCK_CORRUPT ||
			    problem->class == KSWAPCK_MISMATCH);
	}
}

/* Every {word} of a sentence is one that sentence.c knows. */
static void sentences(void **state)
{
	static const char *const known[] = {"{slots}", "{first}", "{page}", "{pfn}", "{entry}",
					    "{detail}", "{s}"};
	const struct kswapck_problem *problem;
	size_t i, j;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		const char *brace = problem->sentence;

		assert_true(*brace);
		/* a sentence goes on after the name and a colon, and ends without a stop */
		assert_false(isupper((unsigned char)*brace));
		assert_int_not_equal(brace[strlen(brace) - 1], '.');
		for (; (brace = strchr(brace, '{')); brace++) {
			for (j = 0; j < sizeof(known) / sizeof(known[0]); j++)
				if (!strncmp(brace, known[j], strlen(known[j])))
					break;
			assert_true(j < sizeof(known) / sizeof(known[0]));
		}
	}
}

static const char *last_line(const char *text)
{
	const char *newline = strrchr(text, '\n');

	return newline ? newline + 1 : text;
}

/* A full stop, or a command to type. */
static void assert_paragraph(const char *text)
{
	const char *line;

	assert_non_null(text);
	assert_true(strlen(text) > 10);
	line = last_line(text);
	assert_true(*line == ' ' || line[strlen(line) - 1] == '.');
	assert_null(strstr(text, "  \n"));
	assert_int_not_equal(text[strlen(text) - 1], ' ');
	assert_int_not_equal(text[strlen(text) - 1], '\n');
}

static void paragraphs(void **state)
{
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		assert_paragraph(problem->meaning);
		assert_paragraph(problem->origin);
		assert_paragraph(problem->consequence);
		assert_paragraph(problem->confirm);
	}
}

/* Two ways to look by hand, on lines that fit on a screen. */
static void confirmations(void **state)
{
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(i)); i++) {
		const char *line, *end;

		assert_non_null(strstr(problem->confirm, " crash> "));
		assert_non_null(strstr(problem->confirm, " drgn> "));
		for (line = problem->confirm; *line; line = *end ? end + 1 : end) {
			end = strchrnul(line, '\n');
			if (*line == ' ' && end - line > CONFIRM_COLUMNS)
				fail_msg("%s: %.*s has %d columns", problem->id, (int)(end - line),
					 line, (int)(end - line));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids),
		cmocka_unit_test(ids_and_names_are_for_ever),
		cmocka_unit_test(names),
		cmocka_unit_test(finding_by_id_and_name),
		cmocka_unit_test(plugins),
		cmocka_unit_test(severities),
		cmocka_unit_test(sentences),
		cmocka_unit_test(paragraphs),
		cmocka_unit_test(confirmations),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
