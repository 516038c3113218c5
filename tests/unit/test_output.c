// SPDX-License-Identifier: GPL-2.0-or-later
/* The text report: its verdict must never say more than was seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "output/coverage.h"
#include "output/output.h"

struct desk {
	struct output output;
	struct report_subject subject;
	struct source_facts facts;
	char *text;
	size_t size;
};

static const char *const files[] = {"vmcore"};

static int setup(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	desk->output.ops = &output_text;
	desk->output.catalogue = checks();
	desk->output.options.stream = open_memstream(&desk->text, &desk->size);
	desk->output.totals.audit.devices = 1;
	desk->output.totals.audit.slots = 1000;
	desk->facts.dump_level = 31;
	desk->subject = (struct report_subject){
		.files = files, .file_count = 1, .facts = &desk->facts, .release = "6.1.0",
		.symbols_from = "kallsyms", .types_from = "BTF", .era = "xarray",
	};
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	struct desk *desk = *state;

	fclose(desk->output.options.stream);
	free(desk->text);
	free(desk);
	return 0;
}

static const char *end_of_report(struct desk *desk)
{
	desk->output.ops->end(&desk->output, &desk->subject);
	fflush(desk->output.options.stream);
	return desk->text;
}

static void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no '%s' in: %s", words, text);
}

static void assert_lacks(const char *text, const char *words)
{
	if (strstr(text, words))
		fail_msg("'%s' in: %s", words, text);
}

static struct kswapck_finding finding(const char *id)
{
	const struct kswapck_problem *problem = catalogue_find(checks(), id);

	return (struct kswapck_finding){
		.problem = problem, .severity = problem->severity, .count = 1,
	};
}

static void report(struct desk *desk, const char *id)
{
	struct kswapck_finding one = finding(id);
	uint64_t nth = output_count(&desk->output, &one);

	if (one.problem->severity == KSWAPCK_ERROR)
		desk->output.totals.audit.errors++;
	else
		desk->output.totals.audit.warnings++;
	desk->output.ops->finding(&desk->output, &one, nth);
}

static void clean(void **state)
{
	const char *text = end_of_report(*state);

	assert_has(text, "CLEAN: all 1,000 slots of 1 swap device were seen");
	assert_lacks(text, "not seen");
}

/* Ctrl-C before the first device was looked at. */
static void interrupted_early(void **state)
{
	struct desk *desk = *state;
	const char *text;

	desk->output.totals.audit.interrupted = true;
	text = end_of_report(desk);
	assert_has(text, "interrupted");
	assert_lacks(text, "no swap device was on");
}

static void broken(void **state)
{
	struct desk *desk = *state;

	report(desk, "KS101");
	assert_has(end_of_report(desk), "BROKEN: 1 error, 0 warnings in the swap cache\n");
	assert_has(desk->text, "'kswapck help KS101'");
	assert_lacks(desk->text, "CLEAN");
}

static void odd(void **state)
{
	struct desk *desk = *state;

	report(desk, "KS203");
	assert_has(end_of_report(desk), "ODD: 0 errors, 1 warning in the swap cache\n");
	assert_lacks(desk->text, "BROKEN");
	assert_lacks(desk->text, "CLEAN");
}

/* Each single gap takes the word CLEAN away, and is told. */
static void every_gap_forbids_clean(void **state)
{
	unsigned int i;

	for (i = 0; i < 6; i++) {
		struct audit_summary *audit;
		struct desk *desk;

		teardown(state);
		setup(state);
		desk = *state;
		audit = &desk->output.totals.audit;
		audit->devices_unreadable = i == 0;
		audit->nodes_unreadable = i == 1;
		audit->map_unreadable = i == 2;
		audit->spaces_unreadable = i == 3;
		audit->interrupted = i == 4;
		if (i == 5)
			audit->reasons[audit->reason_count++] = (struct audit_reason){"why", 1};
		assert_has(end_of_report(desk), "NOT ALL SEEN");
		assert_has(desk->text, "not seen");
		assert_lacks(desk->text, "CLEAN");
	}
}

static void broken_and_not_all_seen(void **state)
{
	struct desk *desk = *state;

	desk->output.totals.audit.map_unreadable = 4096;
	report(desk, "KS106");
	assert_has(end_of_report(desk), "and not all of it was seen");
	assert_has(desk->text, "4,096 swap_map bytes cannot be read");
}

static void limit_of_findings(void **state)
{
	struct desk *desk = *state;
	const char *more;
	unsigned int i;

	desk->output.options.max_findings = 2;
	for (i = 0; i < 5; i++)
		report(desk, "KS106");
	report(desk, "KS104");
	more = strstr(end_of_report(desk), "more of these");
	assert_non_null(more);
	assert_null(strstr(more + 1, "more of these"));
	assert_has(desk->text, "5 findings");
	assert_has(desk->text, "KS104 bad-entry: ");
}

/* Evidence fits any terminal that its address and its values fit. */
static void evidence_fits(void **state)
{
	struct desk *desk = *state;
	struct kswapck_finding one = finding("KS107");
	unsigned int columns;
	char *line, *next;

	one.evidence_count = 1;
	one.evidence[0] = (struct kswapck_evidence){
		.what = "page.private", .address = UINT64_MAX, .value = UINT64_MAX, .size = 8,
		.has_expected = true, .expected = UINT64_MAX,
	};
	for (columns = 56; columns < 120; columns++) {
		teardown(state);
		setup(state);
		desk = *state;
		desk->output.options.columns = columns;
		desk->output.ops->finding(&desk->output, &one, 1);
		fflush(desk->output.options.stream);
		assert_has(desk->text, "0xffffffffffffffff, not 0xffffffffffffffff\n");
		assert_has(desk->text, "0xffffffffffffffff  page.private ");
		for (line = desk->text; *line; line = next) {
			next = strchr(line, '\n');
			*next++ = 0;
			assert_in_range(strlen(line), 1, columns);
		}
	}
}

static void colour_only_if_wanted(void **state)
{
	struct desk *desk = *state;

	assert_lacks(end_of_report(desk), "\033");
	desk->output.options.colour = true;
	assert_has(end_of_report(desk), "\033");
}

/* ------------------------------------------------------------------------ causes */

static void take_cause(void *data, const char *what, uint64_t count, const char *cause)
{
	const char **taken = data;

	(void)count;
	if (!strcmp(what, "tree nodes cannot be read"))
		*taken = cause;
}

static const char *cause_of_nodes(struct desk *desk, enum read_status status, int level,
				  bool slab_is_page_type)
{
	const char *cause = NULL;

	desk->output.totals.audit.nodes_unreadable = 1;
	desk->output.totals.audit.nodes_status = status;
	desk->facts.dump_level = level;
	desk->subject.slab_is_page_type = slab_is_page_type;
	coverage_for_each(&desk->output.totals, &desk->subject, take_cause, &cause);
	return cause;
}

/* makedumpfile before 1.7.6 drops slab pages of 6.10 and later: only with -d 8 and so on. */
static void causes_of_missing_nodes(void **state)
{
	struct desk *desk = *state;

	assert_has(cause_of_nodes(desk, READ_EXCLUDED, 31, true), "1.7.6");
	assert_has(cause_of_nodes(desk, READ_EXCLUDED, 8, true), "1.7.6");
	assert_has(cause_of_nodes(desk, READ_EXCLUDED, -1, true), "1.7.6");
	assert_lacks(cause_of_nodes(desk, READ_EXCLUDED, 23, true), "1.7.6");
	assert_lacks(cause_of_nodes(desk, READ_EXCLUDED, 31, false), "1.7.6");
	assert_has(cause_of_nodes(desk, READ_DAMAGED, 31, true), "damaged");
}

/* A count of findings for every problem, and no two in one place. */
static void every_problem_is_counted(void **state)
{
	struct desk *desk = *state;
	const struct kswapck_problem *problem;
	size_t i;

	for (i = 0; (problem = catalogue_problem(checks(), i)); i++) {
		struct kswapck_finding one = {.problem = problem, .count = 3};

		assert_int_equal(output_count(&desk->output, &one), 1);
		assert_int_equal(output_count(&desk->output, &one), 2);
		assert_int_equal(desk->output.totals.problems[i].slots, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(clean, setup, teardown),
		cmocka_unit_test_setup_teardown(interrupted_early, setup, teardown),
		cmocka_unit_test_setup_teardown(broken, setup, teardown),
		cmocka_unit_test_setup_teardown(odd, setup, teardown),
		cmocka_unit_test_setup_teardown(every_gap_forbids_clean, setup, teardown),
		cmocka_unit_test_setup_teardown(broken_and_not_all_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(limit_of_findings, setup, teardown),
		cmocka_unit_test_setup_teardown(evidence_fits, setup, teardown),
		cmocka_unit_test_setup_teardown(colour_only_if_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(causes_of_missing_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(every_problem_is_counted, setup, teardown),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
