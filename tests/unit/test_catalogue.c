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

#include "checks.h"
#include "output/output.h"
#include "output/sentence.h"

#define CONFIRM_COLUMNS 90

static void ids(void **state)
{
	const struct kswapck_problem *problem, *last = NULL;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
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
		problem = catalogue_find(checks(), known[i][0]);
		assert_non_null(problem);
		assert_string_equal(problem->name, known[i][1]);
	}
}

static void names(void **state)
{
	const struct kswapck_problem *problem, *other;
	size_t i, j;

	(void)state;
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
		assert_true(islower((unsigned char)problem->name[0]));
		assert_int_equal(strspn(problem->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(problem->name));
		assert_null(strstr(problem->name, "--"));
		assert_int_not_equal(problem->name[strlen(problem->name) - 1], '-');
		/* the columns of 'kswapck help problems' */
		assert_true(strlen(problem->name) <= 20);
		for (j = 0; j < i; j++) {
			other = catalogue_problem(checks(), j);
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
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
		assert_ptr_equal(catalogue_find(checks(), problem->id), problem);
		assert_ptr_equal(catalogue_find(checks(), problem->name), problem);
	}
	assert_ptr_equal(catalogue_find(checks(), "ks101"), catalogue_find(checks(), "KS101"));
	assert_ptr_equal(catalogue_find(checks(), "Freed-Folio"), catalogue_find(checks(), "KS101"));
	assert_null(catalogue_find(checks(), "KS000"));
	assert_null(catalogue_find(checks(), ""));
	assert_null(catalogue_find(checks(), "KS1011"));
}

static void plugins(void **state)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	(void)state;
	for (i = 0; (plugin = catalogue_plugin(checks(), i)); i++) {
		assert_int_equal(plugin->abi, KSWAPCK_ABI);
		assert_true(*plugin->name && *plugin->summary);
		assert_non_null(plugin->problems[0].id);
		assert_true(plugin->run || plugin->folio || plugin->slot || plugin->cluster ||
			    plugin->tree_fault || plugin->list_fault || plugin->space_end ||
			    plugin->device_begin || plugin->device_end || plugin->reference ||
			    plugin->references);
	}
	assert_true(i >= 3);
}

static void severities(void **state)
{
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
		assert_in_range(problem->severity, KSWAPCK_IGNORE, KSWAPCK_ERROR);
		assert_true(problem->class == KSWAPCK_CORRUPT ||
			    problem->class == KSWAPCK_MISMATCH);
	}
}

/* A sentence whose every {word} is filled in from a finding. */
static void assert_filled_in(const struct kswapck_problem *problem)
{
	const struct kswapck_finding finding = {.problem = problem};
	char text[1024];

	sentence_of(&finding, text, sizeof(text));
	if (strchr(text, '{'))
		fail_msg("%s: %s", problem->id, text);
}

static void sentences(void **state)
{
	const struct kswapck_problem *problem;
	size_t i;

	(void)state;
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
		const char *sentence = problem->sentence;

		assert_filled_in(problem);
		/* a sentence goes on after the name and a colon, and ends without a stop */
		assert_false(isupper((unsigned char)*sentence));
		assert_int_not_equal(sentence[strlen(sentence) - 1], '.');
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
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
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
	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
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

/* ------------------------------------------------------------ plugins from files */

static const struct kswapck_problem sound_problem = {
	.id = "AB12",
	.name = "some-fault",
	.severity = KSWAPCK_WARNING,
	.class = KSWAPCK_CORRUPT,
	.sentence = "{slots} of {page} hold{s} {entry}: {detail}; {first} {pfn} {owner}",
	.meaning = "m",
	.origin = "o",
	.consequence = "c",
	.confirm = "c",
};

/* A plugin that a test may spoil. */
struct sample {
	struct kswapck_problem problems[3];
	struct kswapck_plugin plugin;
	struct catalogue catalogue;
	struct error err;
};

static struct sample *sample(void)
{
	static struct sample sample;

	memset(&sample, 0, sizeof(sample));
	sample.problems[0] = sound_problem;
	sample.problems[1] = sound_problem;
	sample.problems[1].id = "AB13";
	sample.problems[1].name = "other-fault";
	sample.plugin = (struct kswapck_plugin){
		.abi = KSWAPCK_ABI,
		.name = "sample",
		.summary = "a sample",
		.problems = sample.problems,
	};
	catalogue_init(&sample.catalogue);
	return &sample;
}

static bool add(struct sample *sample)
{
	return catalogue_add(&sample->catalogue, &sample->plugin, "/p/sample.so", &sample->err);
}

/* It is refused, with a word that tells why, and nothing of it is kept. */
static void assert_refused(struct sample *sample, const char *word)
{
	struct catalogue before = sample->catalogue;

	assert_false(add(sample));
	assert_int_equal(sample->err.kind, ERROR_INPUT);
	if (!strstr(sample->err.text, word))
		fail_msg("'%s' says nothing of '%s'", sample->err.text, word);
	assert_memory_equal(&before, &sample->catalogue, sizeof(before));
}

static void sound_plugin(void **state)
{
	struct sample *sound = sample();
	size_t problems = sound->catalogue.problem_count, plugins = sound->catalogue.plugin_count;

	(void)state;
	assert_true(add(sound));
	assert_filled_in(&sound_problem);
	assert_int_equal(sound->catalogue.plugin_count, plugins + 1);
	assert_int_equal(sound->catalogue.problem_count, problems + 2);
	assert_string_equal(sound->catalogue.plugins[plugins].file, "/p/sample.so");
	assert_ptr_equal(catalogue_plugin(&sound->catalogue, plugins), &sound->plugin);
	assert_ptr_equal(catalogue_find(&sound->catalogue, "ab13"), &sound->problems[1]);
	assert_int_equal(sound->catalogue.severities[problems], KSWAPCK_WARNING);
	assert_int_equal(catalogue_index(&sound->catalogue, &sound->problems[1]), problems + 1);
	/* once more is not twice */
	assert_true(add(sound));
	assert_int_equal(sound->catalogue.plugin_count, plugins + 1);
}

static void built_in_plugins_are_sound(void **state)
{
	struct sample *empty = sample();
	const struct kswapck_plugin *plugin;
	size_t i;

	(void)state;
	memset(&empty->catalogue, 0, sizeof(empty->catalogue));
	for (i = 0; (plugin = catalogue_plugin(checks(), i)); i++)
		if (!catalogue_add(&empty->catalogue, plugin, "x.so", &empty->err))
			fail_msg("%s: %s", plugin->name, empty->err.text);
	assert_int_equal(empty->catalogue.problem_count, checks()->problem_count);
}

static void other_version(void **state)
{
	/* nothing but the version is there to be read */
	const unsigned int abis[] = {0, KSWAPCK_ABI - 1, KSWAPCK_ABI + 1, UINT32_MAX};
	struct sample *bad = sample();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
		memset(&bad->plugin, 0xff, sizeof(bad->plugin));
		bad->plugin.abi = abis[i];
		assert_refused(bad, "version");
	}
}

static void bad_names_of_plugins(void **state)
{
	static const char *const names[] = {NULL, "", "Sample", "a b", "-a", "1a", "a_b", "a\033",
		"a1234567890123456789012345678901234567890"};
	struct sample *bad = sample();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bad->plugin.name = names[i];
		assert_refused(bad, "name");
	}
	bad->plugin.name = "sample";
	bad->plugin.summary = "";
	assert_refused(bad, "summary");
	bad->plugin.problems = NULL;
	assert_refused(bad, "problems");
}

static void taken_names(void **state)
{
	struct sample *bad = sample();

	(void)state;
	bad->plugin.name = "swap-map";
	assert_refused(bad, "already built in (--no-builtin");
	bad->plugin.name = "sample";
	bad->problems[1].id = "KS101";
	assert_refused(bad, "KS101 freed-folio");
	bad->problems[1].id = "AB13";
	bad->problems[1].name = "freed-folio";
	assert_refused(bad, "KS101 freed-folio");
	bad->problems[1].name = "ks101";
	assert_refused(bad, "KS101 freed-folio");
	bad->problems[1].name = "some-fault";
	assert_refused(bad, "AB12 some-fault");
	bad->problems[1].name = "ab12";
	assert_refused(bad, "AB12 some-fault");
}

static void plugin_of_the_same_name(void **state)
{
	struct sample *good = sample();
	struct kswapck_plugin twin = good->plugin;

	(void)state;
	assert_true(add(good));
	assert_false(catalogue_add(&good->catalogue, &twin, "/q.so", &good->err));
	assert_non_null(strstr(good->err.text, "/p/sample.so"));
}

static void bad_ids_and_names_of_problems(void **state)
{
	static const char *const ids[] = {"", "ab12", "AB-12", "1AB", "A B", "ABCDEFGHIJKLMNOPQ"};
	static const char *const names[] = {NULL, "", "Fault", "a fault", "a/b", "\033[31m"};
	struct sample *bad = sample();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		bad->problems[1].id = ids[i];
		assert_refused(bad, "id '");
	}
	bad->problems[1].id = "AB13";
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bad->problems[1].name = names[i];
		assert_refused(bad, "name of problem AB13");
	}
}

static void bad_problems(void **state)
{
	struct sample *bad = sample();
	struct kswapck_problem *problem = &bad->problems[1];
	const struct {
		const char **text;
		const char *name;
	} texts[] = {
		{&problem->sentence, "sentence"}, {&problem->meaning, "meaning"},
		{&problem->origin, "origin"}, {&problem->consequence, "consequence"},
		{&problem->confirm, "confirm"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *good = *texts[i].text;

		*texts[i].text = NULL;
		assert_refused(bad, texts[i].name);
		*texts[i].text = "";
		assert_refused(bad, texts[i].name);
		*texts[i].text = good;
	}
	problem->sentence = "{slots} and {wrong}";
	assert_refused(bad, "{wrong}");
	problem->sentence = "an open {";
	assert_refused(bad, "braces");
	problem->sentence = "fine";
	problem->severity = KSWAPCK_ERROR + 1;
	assert_refused(bad, "severity");
	problem->severity = KSWAPCK_ERROR;
	problem->class = KSWAPCK_MISMATCH + 1;
	assert_refused(bad, "class");
}

static void too_many_plugins(void **state)
{
	static struct kswapck_plugin plugins[CATALOGUE_PLUGINS_MAX];
	static char names[CATALOGUE_PLUGINS_MAX][16];
	struct sample *full = sample();
	size_t i;

	(void)state;
	for (i = full->catalogue.plugin_count; i < CATALOGUE_PLUGINS_MAX; i++) {
		plugins[i] = full->plugin;
		snprintf(names[i], sizeof(names[i]), "sample%zu", i);
		plugins[i].name = names[i];
		plugins[i].problems = &full->problems[2];
		assert_true(catalogue_add(&full->catalogue, &plugins[i], "x", &full->err));
	}
	assert_refused(full, "more than 64 plugins");
}

static void too_many_problems(void **state)
{
	static struct kswapck_problem problems[CATALOGUE_PROBLEMS_MAX + 1];
	static char ids[CATALOGUE_PROBLEMS_MAX][8], names[CATALOGUE_PROBLEMS_MAX][16];
	struct sample *full = sample();
	size_t i, room = CATALOGUE_PROBLEMS_MAX - full->catalogue.problem_count;

	(void)state;
	for (i = 0; i < CATALOGUE_PROBLEMS_MAX; i++) {
		snprintf(ids[i], sizeof(ids[i]), "AB%zu", i);
		snprintf(names[i], sizeof(names[i]), "fault-%zu", i);
		problems[i] = sound_problem;
		problems[i].id = ids[i];
		problems[i].name = names[i];
	}
	full->plugin.problems = problems;
	assert_refused(full, "more than 256 problems");
	problems[room + 1].id = NULL;
	assert_refused(full, "more than 256 problems");
	problems[room].id = NULL;
	assert_true(add(full));
	assert_int_equal(full->catalogue.problem_count, CATALOGUE_PROBLEMS_MAX);
}

static void grades(void **state)
{
	struct sample *any = sample();
	struct catalogue *catalogue = &any->catalogue;
	size_t freed = catalogue_index(catalogue, catalogue_find(catalogue, "KS101"));

	(void)state;
	assert_int_equal(catalogue->severities[freed], KSWAPCK_ERROR);
	assert_true(catalogue_grade(catalogue, "ks101", "warn", &any->err));
	assert_int_equal(catalogue->severities[freed], KSWAPCK_WARNING);
	assert_false(catalogue_silenced(catalogue, freed));
	assert_true(catalogue_grade(catalogue, "Freed-Folio", "ignore", &any->err));
	assert_int_equal(catalogue->severities[freed], KSWAPCK_IGNORE);
	assert_true(catalogue_silenced(catalogue, freed));
	assert_true(catalogue_grade(catalogue, "KS101", "error", &any->err));
	assert_int_equal(catalogue->severities[freed], KSWAPCK_ERROR);
	assert_false(catalogue_silenced(catalogue, freed));

	assert_false(catalogue_grade(catalogue, "KS999", "warn", &any->err));
	assert_int_equal(any->err.kind, ERROR_USAGE);
	assert_non_null(strstr(any->err.text, "'KS999'"));
	assert_false(catalogue_grade(catalogue, "KS101", "warnings", &any->err));
	assert_non_null(strstr(any->err.text, "'warnings' is neither"));
	assert_false(catalogue_grade(catalogue, "KS101", "", &any->err));
	assert_int_equal(catalogue->severities[freed], KSWAPCK_ERROR);
}

/* What grades itself 'ignore' is not silenced by the user. */
static void silent_by_itself(void **state)
{
	struct sample *quiet = sample();
	size_t index = quiet->catalogue.problem_count;

	(void)state;
	quiet->problems[0].severity = KSWAPCK_IGNORE;
	assert_true(add(quiet));
	assert_int_equal(quiet->catalogue.severities[index], KSWAPCK_IGNORE);
	assert_false(catalogue_silenced(&quiet->catalogue, index));
	assert_true(catalogue_grade(&quiet->catalogue, "AB12", "warn", &quiet->err));
	assert_int_equal(quiet->catalogue.severities[index], KSWAPCK_WARNING);
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
		cmocka_unit_test(sound_plugin),
		cmocka_unit_test(built_in_plugins_are_sound),
		cmocka_unit_test(other_version),
		cmocka_unit_test(bad_names_of_plugins),
		cmocka_unit_test(taken_names),
		cmocka_unit_test(plugin_of_the_same_name),
		cmocka_unit_test(bad_ids_and_names_of_problems),
		cmocka_unit_test(bad_problems),
		cmocka_unit_test(too_many_plugins),
		cmocka_unit_test(too_many_problems),
		cmocka_unit_test(grades),
		cmocka_unit_test(silent_by_itself),
	};

	return cmocka_run_group_tests_name("catalogue", tests, NULL, NULL);
}
