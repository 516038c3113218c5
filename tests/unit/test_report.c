// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings: evidence, and the joining of what belongs together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/context.h"

#define PAGE UINT64_C(0xffffea0000001000)
#define SEEN_MAX 256

static const struct kswapck_problem error = {.id = "KS901", .severity = KSWAPCK_ERROR};
static const struct kswapck_problem warning = {.id = "KS902", .severity = KSWAPCK_WARNING};
static const struct kswapck_problem ignored = {.id = "KS903", .severity = KSWAPCK_IGNORE};
static const struct kswapck_device vda = {.name = "vda"};
static const struct kswapck_device vdb = {.name = "vdb", .type = 1};

struct desk {
	struct kswapck_audit audit;
	struct catalogue catalogue;
	struct kernel kernel;
	struct audit_sink sink;
	struct audit_summary summary;
	struct kswapck_finding seen[SEEN_MAX];
	size_t count;
};

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct desk *desk = data;

	assert_true(desk->count < SEEN_MAX);
	desk->seen[desk->count++] = *finding;
}

static void declare(struct catalogue *catalogue, const struct kswapck_problem *problem)
{
	catalogue->severities[catalogue->problem_count] = problem->severity;
	catalogue->problems[catalogue->problem_count++] = problem;
}

static int setup(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	desk->kernel.page.size = 64;
	desk->sink = (struct audit_sink){.data = desk, .finding = on_finding};
	desk->audit.kernel = &desk->kernel;
	declare(&desk->catalogue, &error);
	declare(&desk->catalogue, &warning);
	declare(&desk->catalogue, &ignored);
	desk->audit.catalogue = &desk->catalogue;
	desk->audit.sink = &desk->sink;
	desk->audit.summary = &desk->summary;
	*state = desk;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static struct kswapck_finding finding(uint64_t slot, uint64_t page)
{
	return (struct kswapck_finding){
		.problem = &error, .device = &vda, .first_slot = slot, .last_slot = slot,
		.count = 1, .page = page,
	};
}

static void report(struct desk *desk, struct kswapck_finding one)
{
	kswapck_report(&desk->audit, &one);
}

static void assert_seen(struct desk *desk, size_t i, uint64_t first, uint64_t last,
			uint64_t count)
{
	assert_true(i < desk->count);
	assert_int_equal(desk->seen[i].first_slot, first);
	assert_int_equal(desk->seen[i].last_slot, last);
	assert_int_equal(desk->seen[i].count, count);
}

static void nothing_before_flush(void **state)
{
	struct desk *desk = *state;

	report(desk, finding(5, PAGE));
	assert_int_equal(desk->count, 0);
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 1);
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 1);
}

static void same_page_joins(void **state)
{
	struct desk *desk = *state;
	uint64_t slot;

	for (slot = 513; slot < 1024; slot++)
		report(desk, finding(slot, PAGE));
	/* somewhere else, and before: still the same page */
	report(desk, finding(3, PAGE));
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 1);
	assert_seen(desk, 0, 3, 1023, 512);
	assert_false(desk->seen[0].page_per_slot);
	assert_int_equal(desk->summary.errors, 1);
}

static void following_pages_join(void **state)
{
	struct desk *desk = *state;
	uint64_t i;

	for (i = 0; i < 511; i++)
		report(desk, finding(100 + i, PAGE + 64 * i));
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 1);
	assert_seen(desk, 0, 100, 610, 511);
	assert_true(desk->seen[0].page_per_slot);
	assert_int_equal(desk->seen[0].page, PAGE);
}

static void other_pages_do_not_join(void **state)
{
	struct desk *desk = *state;

	report(desk, finding(1, PAGE));
	report(desk, finding(2, PAGE + 128));	/* a page in between */
	report(desk, finding(4, PAGE + 192));	/* the page fits, the slot does not */
	report(desk, finding(5, PAGE));		/* the first page again */
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 3);
	assert_seen(desk, 0, 1, 5, 2);
}

/* After a range of pages the first page alone is something else. */
static void range_does_not_swallow_its_first_page(void **state)
{
	struct desk *desk = *state;

	report(desk, finding(1, PAGE));
	report(desk, finding(2, PAGE + 64));
	report(desk, finding(9, PAGE));
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 2);
	assert_seen(desk, 0, 1, 2, 2);
	assert_seen(desk, 1, 9, 9, 1);
}

static void slots_without_pages_join(void **state)
{
	struct desk *desk = *state;
	struct kswapck_finding other = finding(13, 0);
	uint64_t slot;

	for (slot = 10; slot < 13; slot++)
		report(desk, finding(slot, 0));
	snprintf(other.detail, sizeof(other.detail), "another reason");
	report(desk, other);
	report(desk, finding(20, 0));
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 3);
	assert_seen(desk, 0, 10, 12, 3);
	assert_seen(desk, 1, 13, 13, 1);
	assert_seen(desk, 2, 20, 20, 1);
}

/* Findings of no slot, such as wrong counters, are each its own. */
static void counters_do_not_join(void **state)
{
	struct desk *desk = *state;
	struct kswapck_finding one = finding(0, 0), two = finding(1, 0);

	one.count = two.count = 0;
	report(desk, one);
	report(desk, two);
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 2);
}

static void problems_and_devices_keep_apart(void **state)
{
	struct desk *desk = *state;
	struct kswapck_finding other = finding(2, PAGE), elsewhere = finding(2, PAGE);

	other.problem = &warning;
	elsewhere.device = &vdb;
	report(desk, finding(1, PAGE));
	report(desk, other);
	report(desk, elsewhere);
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 3);
	assert_int_equal(desk->summary.errors, 2);
	assert_int_equal(desk->summary.warnings, 1);
}

static void ignored_problems_vanish(void **state)
{
	struct desk *desk = *state;
	struct kswapck_finding one = finding(1, PAGE);

	one.problem = &ignored;
	report(desk, one);
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, 0);
	assert_int_equal(desk->summary.errors + desk->summary.warnings, 0);
}

/* More than can wait: the oldest goes, nothing is lost, the order stays. */
static void many_at_once(void **state)
{
	struct desk *desk = *state;
	size_t i;

	for (i = 0; i < SEEN_MAX; i++)
		report(desk, finding(2 * i, PAGE + 4096 * i));
	audit_flush(&desk->audit);
	assert_int_equal(desk->count, SEEN_MAX);
	for (i = 0; i < SEEN_MAX; i++)
		assert_seen(desk, i, 2 * i, 2 * i, 1);
}

/* ------------------------------------------------------------------------- evidence */

static void evidence_is_bounded(void **state)
{
	struct kswapck_finding one = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < KSWAPCK_EVIDENCE_MAX; i++)
		kswapck_evidence(&one, "word", 1000 + i, 8, i);
	kswapck_evidence_expected(&one, "one too many", 1, 8, 1, 2);
	assert_int_equal(one.evidence_count, KSWAPCK_EVIDENCE_MAX);
	assert_int_equal(one.evidence[KSWAPCK_EVIDENCE_MAX - 1].address,
			 1000 + KSWAPCK_EVIDENCE_MAX - 1);
	assert_false(one.evidence[KSWAPCK_EVIDENCE_MAX - 1].has_expected);
}

static void evidence_of_a_page(void **state)
{
	struct desk *desk = *state;
	const struct kswapck_page page = {
		.address = PAGE, .head = PAGE - 128, .compound = (PAGE - 128) | 1,
		.refcount = -1, .private = 7,
		.page_type = 0xf0000000,
	};
	struct kswapck_finding one = {0};

	desk->kernel.page.fields[KSWAPCK_FIELD_REFCOUNT] = (struct field){52, 4};
	desk->kernel.page.fields[KSWAPCK_FIELD_COMPOUND_HEAD] = (struct field){8, 8};
	desk->kernel.page.fields[KSWAPCK_FIELD_PRIVATE] = (struct field){40, 8};
	kswapck_evidence_page(&desk->audit, &one, &page, KSWAPCK_FIELD_REFCOUNT);
	kswapck_evidence_page(&desk->audit, &one, &page, KSWAPCK_FIELD_COMPOUND_HEAD);
	kswapck_evidence_page_expected(&desk->audit, &one, &page, KSWAPCK_FIELD_PRIVATE, 8);
	/* this kernel has no such field: nothing is shown, and nothing expected */
	kswapck_evidence_page_expected(&desk->audit, &one, &page, KSWAPCK_FIELD_PAGE_TYPE, 1);
	assert_int_equal(one.evidence_count, 3);
	assert_int_equal(one.evidence[0].address, PAGE + 52);
	assert_int_equal(one.evidence[0].value, 0xffffffff);
	assert_int_equal(one.evidence[1].value, (PAGE - 128) | 1);
	assert_true(one.evidence[2].has_expected);
	assert_int_equal(one.evidence[2].expected, 8);
	assert_false(one.evidence[1].has_expected);
}

static void evidence_of_a_slot(void **state)
{
	const uint64_t entries[32] = {[17] = PAGE}, places[2] = {0, 0xffff888000001000};
	const struct kswapck_space space = {
		.first_slot = 16384, .slots = 32, .entries = entries, .words = entries,
		.places = places,
	};
	struct kswapck_finding one = {0};

	(void)state;
	kswapck_evidence_slot(&one, "swap cache[slot]", &space, 16384 + 17);
	assert_int_equal(one.evidence_count, 1);
	assert_int_equal(one.evidence[0].address, 0xffff888000001000 + 8);
	assert_int_equal(one.evidence[0].value, PAGE);
	/* in no node, and beyond the space on either side: nothing to show */
	kswapck_evidence_slot(&one, "swap cache[slot]", &space, 16384 + 3);
	kswapck_evidence_slot(&one, "swap cache[slot]", &space, 16384 + 32);
	kswapck_evidence_slot(&one, "swap cache[slot]", &space, 16383);
	assert_int_equal(one.evidence_count, 1);
}

/* ------------------------------------------------------------------------- not seen */

static void reasons_are_counted(void **state)
{
	static const char *const whys[20] = {
		"a", "b", "c", "d", "e", "f", "g", "h", "i", "j",
		"k", "l", "m", "n", "o", "p", "q", "r", "s", "t",
	};
	struct desk *desk = *state;
	uint64_t slots = 0;
	size_t i;

	for (i = 0; i < 20; i++)
		kswapck_unverified(&desk->audit, whys[i], 2);
	kswapck_unverified(&desk->audit, "a", 1);
	assert_true(desk->summary.reason_count <= AUDIT_REASONS_MAX);
	assert_int_equal(desk->summary.reasons[0].slots, 3);
	for (i = 0; i < desk->summary.reason_count; i++)
		slots += desk->summary.reasons[i].slots;
	assert_int_equal(slots, 41);
	assert_false(audit_summary_complete(&desk->summary));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_before_flush, setup, teardown),
		cmocka_unit_test_setup_teardown(same_page_joins, setup, teardown),
		cmocka_unit_test_setup_teardown(following_pages_join, setup, teardown),
		cmocka_unit_test_setup_teardown(other_pages_do_not_join, setup, teardown),
		cmocka_unit_test_setup_teardown(range_does_not_swallow_its_first_page, setup,
						teardown),
		cmocka_unit_test_setup_teardown(slots_without_pages_join, setup, teardown),
		cmocka_unit_test_setup_teardown(counters_do_not_join, setup, teardown),
		cmocka_unit_test_setup_teardown(problems_and_devices_keep_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(ignored_problems_vanish, setup, teardown),
		cmocka_unit_test_setup_teardown(many_at_once, setup, teardown),
		cmocka_unit_test(evidence_is_bounded),
		cmocka_unit_test_setup_teardown(evidence_of_a_page, setup, teardown),
		cmocka_unit_test(evidence_of_a_slot),
		cmocka_unit_test_setup_teardown(reasons_are_counted, setup, teardown),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
