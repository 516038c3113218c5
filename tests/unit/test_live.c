// SPDX-License-Identifier: GPL-2.0-or-later
/* Confirmation by fresh audits: what each audit finds is written down here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/procfs.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_source.h"
#include "live/live.h"
#include "live/registers.h"

#define BASE UINT64_C(0xffff888000000000)

static const struct kswapck_problem freed = {.id = "KS101", .name = "freed-folio"};
static const struct kswapck_problem reused = {.id = "KS102", .name = "reused-page"};
static const struct kswapck_problem counted = {.id = "KS201", .name = "count"};

/* Findings of one audit: letters, each of which is one; 'X' is what could not be judged. */
static const char *const *script;
static unsigned int audits;
static uint8_t bytes[4096];

static void fill_finding(char letter, struct kswapck_finding *finding)
{
	static struct kswapck_device device = {.type = 1, .name = "vda"};

	memset(finding, 0, sizeof(*finding));
	finding->severity = KSWAPCK_ERROR;
	finding->device = &device;
	switch (letter) {
	case 'f':	/* the same page, freed, given out again, or its words another */
	case 'F':
	case 'r':
		finding->problem = letter == 'r' ? &reused : &freed;
		finding->first_slot = 5;
		finding->last_slot = letter == 'F' ? 7 : 9;
		finding->count = letter == 'F' ? 3 : 5;
		finding->page = 0xffffea0000001000;
		finding->entry = 0x1234;
		finding->evidence_count = 2;
		finding->evidence[0] = (struct kswapck_evidence){"slot", BASE, 8, 0x1234, false, 0};
		finding->evidence[1] = (struct kswapck_evidence){"refcount", BASE + 8, 4,
								 letter == 'r', false, 0};
		break;
	default:	/* a counter, with its value */
		finding->problem = &counted;
		finding->evidence_count = 1;
		finding->evidence[0] = (struct kswapck_evidence){"inuse", BASE + 16, 1,
								 (uint64_t)letter, true, 0};
		break;
	}
}

/* ---- audit/audit.h, audit/catalogue.h ---- */

bool audit_summary_complete(const struct audit_summary *summary)
{
	return !summary->reason_count && !summary->nodes_unreadable;
}

bool audit_run(const struct kernel *kernel, const struct catalogue *catalogue,
	       const struct audit_options *options, const struct audit_sink *sink,
	       struct audit_summary *summary, struct error *err)
{
	struct kswapck_device device = {.type = 1, .name = "vda"};
	const char *letters = script[audits] ? script[audits] : "";

	(void)kernel, (void)catalogue, (void)options, (void)err;
	audits += script[audits] != NULL;
	memset(summary, 0, sizeof(*summary));
	summary->cached = audits;
	sink->device(sink->data, &device);
	for (; *letters; letters++) {
		struct kswapck_finding finding;

		if (*letters == 'X') {
			summary->reasons[0] = (struct audit_reason){"torn", 3};
			summary->reason_count = 1;
			continue;
		}
		fill_finding(*letters, &finding);
		if (finding.problem == &counted)
			bytes[16] = (uint8_t)*letters;
		sink->finding(sink->data, &finding);
	}
	return true;
}

size_t catalogue_index(const struct catalogue *catalogue, const struct kswapck_problem *problem)
{
	(void)catalogue;
	return problem == &freed ? 0 : problem == &reused ? 1 : 2;
}

/* ---- tests ---- */

struct looker {
	struct fake_source fake;
	struct kernel kernel;
	struct live_options options;
	struct live *live;
};

static void begin(struct looker *looker, unsigned int confirm)
{
	uint64_t entry = 0x1234;

	memset(looker, 0, sizeof(*looker));
	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, &entry, sizeof(entry));
	looker->kernel.memory = fake_memory(&looker->fake, BASE, bytes, sizeof(bytes));
	looker->kernel.source = &looker->fake.source;
	looker->options.confirm = confirm;
	looker->live = live_new(&looker->kernel, NULL, &looker->options);
}

static void finish(struct looker *looker)
{
	live_free(looker->live);
	source_set_prstatus(&looker->fake.source, NULL, 0, 0);
	memory_free(looker->kernel.memory);
}

/* Look once at what @list says, with its end NULL. */
static void look(struct looker *looker, const char *const *list, const struct live_view *known,
		 struct live_view *view)
{
	script = list;
	audits = 0;
	assert_true(live_look(looker->live, known, view, NULL));
}

static void expect(const char *const *list, unsigned int confirm, size_t found,
		   uint64_t transient, unsigned int looks)
{
	struct looker looker;
	struct live_view view;

	begin(&looker, confirm);
	look(&looker, list, NULL, &view);
	assert_int_equal(view.findings.count, found);
	assert_int_equal(view.summary.errors, found);
	assert_int_equal(view.transient, transient);
	assert_int_equal(view.undecided, 0);
	assert_int_equal(view.audits, looks);
	live_view_free(&view);
	finish(&looker);
}

#define SCRIPT(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_clean(void **state)
{
	(void)state;
	expect(SCRIPT(""), 3, 0, 0, 1);
}

static void test_holds(void **state)
{
	(void)state;
	expect(SCRIPT("f", "f", "f", "f"), 3, 1, 0, 4);
	expect(SCRIPT("f", "f"), 1, 1, 0, 2);
	expect(SCRIPT("f"), 0, 1, 0, 1);
}

static void test_goes(void **state)
{
	(void)state;
	expect(SCRIPT("f", ""), 3, 0, 1, 2);
	expect(SCRIPT("f", "f", ""), 3, 0, 1, 3);
	expect(SCRIPT("", "f"), 3, 0, 0, 1);
}

/* Of a page in a slot the words may change, and the problem; a counter must stay. */
static void test_changes(void **state)
{
	(void)state;
	expect(SCRIPT("f", "r", "f", "r"), 3, 1, 0, 4);
	expect(SCRIPT("a", "a", "a", "a"), 3, 1, 0, 4);
	expect(SCRIPT("a", "b", "c", "d"), 3, 0, 1, 2);
}

/* The entry that a finding is about went away right after the audit. */
static void test_words_move(void **state)
{
	struct looker looker;
	struct live_view view;

	(void)state;
	begin(&looker, 3);
	memset(bytes, 0, 8);
	look(&looker, SCRIPT("f", "f", "f", "f"), NULL, &view);
	assert_int_equal(view.findings.count, 0);
	assert_int_equal(view.transient, 1);
	live_view_free(&view);
	finish(&looker);
}

/* Where others of its problem go after two audits, one has to hold for longer. */
static void test_patience(void **state)
{
	struct looker looker;
	struct live_view view;

	(void)state;
	begin(&looker, 3);
	look(&looker, SCRIPT("f", "f", "f", ""), NULL, &view);
	assert_int_equal(view.transient, 1);
	live_view_free(&view);
	look(&looker, SCRIPT("f", "f", "f", "f", "f", "f", "f", ""), NULL, &view);
	assert_int_equal(view.findings.count, 0);
	live_view_free(&view);
	look(&looker, SCRIPT("f", "f", "f", "f", "f", "f", "f", "f", "f", "f", "f", "f", "f", "f",
			     "f", "f", "f", "f", "f", "f"), NULL, &view);
	assert_int_equal(view.findings.count, 1);
	assert_int_equal(view.audits, 1 + 3 + 2 * 7);
	live_view_free(&view);
	finish(&looker);
}

#define FIVE "f", "f", "f", "f", "f"

/* What is not decided when the look ends is not reported, and not passed over either. */
static void test_undecided(void **state)
{
	const char *const *const comes_and_goes[] = {
		SCRIPT("f"), SCRIPT("f", "f", "f"), SCRIPT(FIVE, "f", "f"),
		SCRIPT(FIVE, FIVE, FIVE),
	};
	struct looker looker;
	struct live_view view;

	(void)state;
	begin(&looker, 1);
	for (size_t i = 0; i < sizeof(comes_and_goes) / sizeof(comes_and_goes[0]); i++) {
		look(&looker, comes_and_goes[i], NULL, &view);
		assert_int_equal(view.transient, 1);
		assert_int_equal(view.undecided, 0);
		assert_true(audit_summary_complete(&view.summary));
		live_view_free(&view);
	}
	look(&looker, SCRIPT(FIVE, FIVE, FIVE, FIVE, FIVE), NULL, &view);
	assert_int_equal(view.audits, 20);
	assert_int_equal(view.findings.count, 0);
	assert_int_equal(view.undecided, 1);
	assert_false(audit_summary_complete(&view.summary));
	assert_int_equal(view.summary.reasons[0].slots, 5);
	live_view_free(&view);
	finish(&looker);
}

/* Only the slots that were there every time. */
static void test_range(void **state)
{
	struct looker looker;
	struct live_view view;

	(void)state;
	begin(&looker, 3);
	look(&looker, SCRIPT("f", "f", "F", "f"), NULL, &view);
	assert_int_equal(view.findings.list[0].finding.count, 3);
	assert_int_equal(view.findings.list[0].finding.last_slot, 7);
	assert_string_equal(view.findings.list[0].finding.device->name, "vda");
	live_view_free(&view);
	finish(&looker);
}

/* What could not be judged counts only when it never could. */
static void test_gaps(void **state)
{
	struct looker looker;
	struct live_view view;

	(void)state;
	begin(&looker, 2);
	look(&looker, SCRIPT("X", ""), NULL, &view);
	assert_int_equal(view.summary.reason_count, 0);
	assert_int_equal(view.audits, 2);
	assert_int_equal(view.summary.cached, 2);
	live_view_free(&view);
	look(&looker, SCRIPT("X", "X", "X"), NULL, &view);
	assert_int_equal(view.summary.reason_count, 1);
	assert_int_equal(view.audits, 3);
	live_view_free(&view);
	finish(&looker);
}

/* What is known is believed at once, and what is gone is kept for a look if asked. */
static void test_known(void **state)
{
	struct looker looker;
	struct live_view known, view, last;
	struct kswapck_finding finding;

	(void)state;
	begin(&looker, 3);
	look(&looker, SCRIPT("f", "f", "f", "f"), NULL, &known);
	look(&looker, SCRIPT("r"), &known, &view);
	assert_int_equal(view.findings.count, 1);
	assert_int_equal(view.audits, 1);
	fill_finding('f', &finding);
	assert_non_null(live_view_find(&view, &finding));
	look(&looker, SCRIPT(""), &view, &last);
	assert_null(live_view_find(&last, &finding));
	assert_true(live_view_keep(&last, &view.findings.list[0]));
	assert_int_equal(live_view_find(&last, &finding)->absent, 1);
	assert_string_equal(live_view_find(&last, &finding)->finding.device->name, "vda");
	live_view_free(&known);
	live_view_free(&view);
	live_view_free(&last);
	finish(&looker);
}

static bool stop_at_once(void *data)
{
	(void)data;
	return true;
}

static void test_stop(void **state)
{
	struct looker looker;
	struct live_view view;

	(void)state;
	begin(&looker, 3);
	looker.options.stop = stop_at_once;
	look(&looker, SCRIPT("f", "f", "f", "f"), NULL, &view);
	assert_true(view.summary.interrupted);
	assert_int_equal(view.findings.count, 0);
	live_view_free(&view);
	finish(&looker);
}

/* Of this machine itself, where it may be asked: each CPU at most once, in order. */
static void test_registers(void **state)
{
	struct live_registers *registers = live_registers_new();
	struct fake_source fake = {0};
	const struct elf_prstatus *note;
	size_t size, count = 0;
	int last = 0;

	(void)state;
	if (!registers) {
		print_message("no registers can be sampled here\n");
		return;
	}
	live_registers_sample(registers, &fake.source);
	for (; (note = source_prstatus(&fake.source, count, &size)); count++) {
		assert_int_equal(size, sizeof(*note));
		assert_true(note->pr_pid > last);
		assert_true(note->pr_pid <= sysconf(_SC_NPROCESSORS_CONF));
		last = note->pr_pid;
	}
	assert_true(count > 0);
	live_registers_sample(NULL, &fake.source);
	assert_null(source_prstatus(&fake.source, 0, &size));
	live_registers_free(registers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_goes),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_words_move),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_undecided),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
