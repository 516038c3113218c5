// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report for people: what was opened, then the findings, and the verdict
 * last, where the eye is when the prompt comes back.
 */
#include "output/output.h"

#include <inttypes.h>
#include <string.h>

#include "audit/catalogue.h"
#include "base/text.h"
#include "output/coverage.h"
#include "output/lines.h"
#include "output/sentence.h"

static void paint(const struct output *output, const char *colour)
{
	lines_paint(&output->options, colour);
}

static void line(const struct output *output, const char *label, const char *text)
{
	lines_labelled(&output->options, label, text);
}

/* How the pages of the dump were chosen: "filtered with -d 31", "distilled by kswapck ...". */
static void describe_choice(const struct source_facts *facts, char *text, size_t size)
{
	*text = '\0';
	if (*facts->distilled_by)
		snprintf(text, size, ", distilled by kswapck %s from: %s%s%s", facts->distilled_by,
			 facts->distilled_from, *facts->distilled_without ? "; without " : "",
			 facts->distilled_without);
	else if (facts->dump_level > 0)
		snprintf(text, size, ", filtered with -d %d", facts->dump_level);
}

static void describe_dump(const struct report_subject *subject, char *text, size_t size)
{
	const struct source_facts *facts = subject->facts;
	char file[32], ram[32], more[64] = "", choice[320], name[512];

	if (subject->file_count > 1)
		snprintf(more, sizeof(more), " and %zu more", subject->file_count - 1);
	describe_choice(facts, choice, sizeof(choice));
	snprintf(text, size, "%s%s: %s; %s of %s pages of RAM%s",
		 text_visible(subject->files[0], name, sizeof(name)), more,
		 facts->format, text_number(facts->file_pages, file),
		 text_number(facts->ram_pages, ram), choice);
}

void text_subject(struct output *output, const struct report_subject *subject)
{
	char text[1024], release[128];

	describe_dump(subject, text, sizeof(text));
	line(output, "dump", text);
	snprintf(text, sizeof(text), "Linux %s %s",
		 text_visible(subject->release, release, sizeof(release)),
		 subject->facts->architecture);
	line(output, "kernel", text);
	snprintf(text, sizeof(text), "symbols: %s; types: %s", subject->symbols_from,
		 subject->types_from);
	line(output, "read by", text);
}

static void text_begin(struct output *output, const struct report_subject *subject)
{
	text_subject(output, subject);
	fputc('\n', output->options.stream);
}

#define EVIDENCE_INDENT	8
#define EVIDENCE_WHAT	22	/* columns of what it is, if there is room */
#define EVIDENCE_NEXT	12	/* blanks before the value, if there is no room at all */

/* "0x...  page.private  0x..., not 0x..."; never wider than the terminal. */
static void print_value(const struct output *output, const struct kswapck_evidence *evidence)
{
	FILE *stream = output->options.stream;
	int columns = (int)output->options.columns, width = EVIDENCE_WHAT, length, too_long;
	char value[24], expected[32] = "", what[80];

	text_visible(evidence->what, what, sizeof(what));
	length = snprintf(value, sizeof(value), "0x%0*" PRIx64, (int)evidence->size * 2,
			  evidence->value);
	if (evidence->has_expected)
		length += snprintf(expected, sizeof(expected), ", not 0x%" PRIx64,
				   evidence->expected);
	length += EVIDENCE_INDENT + 18 + 2 + EVIDENCE_WHAT + 1;
	too_long = columns ? length - columns : 0;
	if (too_long > 0)
		width = too_long < EVIDENCE_WHAT ? EVIDENCE_WHAT - too_long : 0;
	fprintf(stream, "%*s0x%016" PRIx64 "  %-*s ", EVIDENCE_INDENT, "", evidence->address,
		width, what);
	if (too_long > 0 && (int)strlen(what) > width)
		fprintf(stream, "\n%*s", EVIDENCE_NEXT, "");
	fprintf(stream, "%s%s\n", value, expected);
}

static void print_evidence(const struct output *output, const struct kswapck_finding *finding)
{
	unsigned int i;

	for (i = 0; i < finding->evidence_count; i++)
		print_value(output, &finding->evidence[i]);
}

static void text_finding(struct output *output, const struct kswapck_finding *finding,
			 uint64_t nth)
{
	const struct kswapck_problem *problem = finding->problem;
	const struct output_options *options = &output->options;
	char text[1024];
	int length;

	if (options->max_findings && nth > options->max_findings) {
		if (nth == options->max_findings + 1ULL)
			fprintf(options->stream, "%s %s: more of these are counted below; "
				"--max-findings=0 shows all\n", problem->id, problem->name);
		return;
	}
	paint(output, finding->severity == KSWAPCK_ERROR ? LINES_RED : LINES_YELLOW);
	length = fprintf(options->stream, "%s %s", problem->id, problem->name);
	paint(output, LINES_PLAIN);
	fputs(": ", options->stream);
	sentence_of(finding, text, sizeof(text));
	sentence_wrap(options->stream, text, 6, length > 0 ? (unsigned int)length + 2 : 0,
		      options->columns);
	fputc('\n', options->stream);
	print_evidence(output, finding);
}

static void print_devices(struct output *output)
{
	const struct report_totals *totals = &output->totals;
	char text[256], slots[32], used[32];
	size_t i;

	if (!totals->device_count && !totals->audit.interrupted)
		line(output, "devices", "no swap device was on");
	for (i = 0; i < totals->device_count; i++) {
		const struct kswapck_device *device = &totals->devices[i];

		snprintf(text, sizeof(text), "%s (type %u): %s slots, %s in use",
			 device->name[0] ? device->name : "?", device->type,
			 text_number(device->slots, slots),
			 text_number(device->inuse, used));
		line(output, i ? "" : "devices", text);
	}
}

static void print_owners(struct output *output)
{
	const struct audit_summary *audit = &output->totals.audit;
	char text[256], a[32], b[32], c[32], d[32], e[32];

	if (!audit->swept) {
		line(output, "owners", "not looked for: --no-sweep, or interrupted before");
		return;
	}
	snprintf(text, sizeof(text), "%s swap entries in %s page tables of %s process%s, %s in "
		 "shmem files; %s slots are reclaimable: owned by the cache alone",
		 text_number(audit->swap_ptes, a), text_number(audit->tables, b),
		 text_number(audit->processes, c), audit->processes == 1 ? "" : "es",
		 text_number(audit->shmem_entries, d),
		 text_number(audit->cache_only, e));
	line(output, "owners", text);
}

static bool anything_in_motion(const struct audit_summary *audit)
{
	return audit->in_motion || audit->spaces_locked || audit->devices_locked;
}

static void print_counts(struct output *output)
{
	const struct audit_summary *audit = &output->totals.audit;
	char text[256], a[32], b[32], c[32], d[32];

	snprintf(text, sizeof(text), "%s slots hold a folio (%s large), %s a shadow; %s wait in "
		 "per-CPU slots caches", text_number(audit->cached, a),
		 text_number(audit->large_folios, b), text_number(audit->shadows, c),
		 text_number(audit->parked, d));
	line(output, "cache", text);
	print_owners(output);
	if (!anything_in_motion(audit))
		return;
	snprintf(text, sizeof(text), "%s slot%s caught in the middle of a legal change; counters "
		 "not judged because they were locked: of %s of %s trees, %u of %u devices",
		 text_number(audit->in_motion, a), audit->in_motion == 1 ? "" : "s",
		 text_number(audit->spaces_locked, b), text_number(audit->spaces, c),
		 audit->devices_locked, audit->devices);
	line(output, "in motion", text);
}

static void print_gap(void *data, const char *what, uint64_t count, const char *cause)
{
	const struct output *output = data;
	char text[512], number[32];

	snprintf(text, sizeof(text), "%s%s%s%s%s", count ? text_number(count, number) : "",
		 count ? " " : "", what, cause ? ": " : "", cause ? cause : "");
	lines_marked(&output->options, "not seen", text);
}

static void print_problems(struct output *output)
{
	const struct kswapck_problem *problem;
	char findings[32], slots[32];
	size_t i;

	for (i = 0; (problem = catalogue_problem(output->catalogue, i)); i++) {
		const struct report_tally *tally = &output->totals.problems[i];

		if (!tally->findings)
			continue;
		paint(output, output->catalogue->severities[i] == KSWAPCK_ERROR ? LINES_RED :
		      LINES_YELLOW);
		fprintf(output->options.stream, "  %s %-20s", problem->id, problem->name);
		paint(output, LINES_PLAIN);
		fprintf(output->options.stream, " %8s finding%c",
			text_number(tally->findings, findings),
			tally->findings == 1 ? ' ' : 's');
		if (tally->slots)
			fprintf(output->options.stream, " %12s slots",
				text_number(tally->slots, slots));
		fputc('\n', output->options.stream);
	}
}

/* Pages that could not be read, whatever they were asked for. */
static void print_pages(struct output *output)
{
	const struct memory_statistics *reads = &output->totals.reads;
	uint64_t damaged = reads->failed[READ_DAMAGED], excluded = reads->failed[READ_EXCLUDED];
	char text[160], a[32], b[32];

	if (!damaged && !excluded)
		return;
	snprintf(text, sizeof(text), "of those asked for, %s are left out of the dump and %s are "
		 "damaged in it", text_number(excluded, a), text_number(damaged, b));
	line(output, "pages", text);
}

/* What the running kernel was asked for, and how sure the answer is. */
static void print_live(struct output *output)
{
	const struct report_live *live = &output->totals.live;
	char text[256], transient[32], undecided[32], pages[32], more[96] = "";

	if (!live->audits)
		return;
	if (live->undecided)
		snprintf(more, sizeof(more), ", %s neither held nor went in that time",
			 text_number(live->undecided, undecided));
	snprintf(text, sizeof(text), "looked at %u time%s; %s seen and gone again%s; %s pages read",
		 live->audits, live->audits == 1 ? "" : "s",
		 text_number(live->transient, transient), more,
		 text_number(output->totals.reads.pages_read, pages));
	line(output, "live", text);
}

/* The first problem found, for the hint. */
static const struct kswapck_problem *first_problem(const struct output *output)
{
	size_t i;

	for (i = 0; i < output->catalogue->problem_count; i++)
		if (output->totals.problems[i].findings)
			return catalogue_problem(output->catalogue, i);
	return NULL;
}

static void print_verdict(struct output *output)
{
	const struct audit_summary *audit = &output->totals.audit;
	const struct kswapck_problem *first = first_problem(output);
	FILE *stream = output->options.stream;
	char a[32], b[32];

	if (audit->errors || audit->warnings) {
		paint(output, audit->errors ? LINES_RED : LINES_YELLOW);
		fprintf(stream, "%s", audit->errors ? "BROKEN" : "ODD");
		paint(output, LINES_PLAIN);
		fprintf(stream, ": %s error%s, %s warning%s in the swap cache%s\n",
			text_number(audit->errors, a), audit->errors == 1 ? "" : "s",
			text_number(audit->warnings, b), audit->warnings == 1 ? "" : "s",
			audit_summary_complete(audit) ? "" : ", and not all of it was seen");
		print_problems(output);
		fprintf(stream, "'kswapck help %s' explains what it means and what comes next.\n",
			first->id);
	} else if (audit_summary_complete(audit)) {
		paint(output, LINES_GREEN);
		fprintf(stream, "CLEAN");
		paint(output, LINES_PLAIN);
		fprintf(stream, ": all %s slots of %u swap device%s were seen; nothing%s "
			"is wrong%s\n", text_number(audit->slots, a), audit->devices,
			audit->devices == 1 ? "" : "s",
			output->totals.left_out ? " that was looked for" : "",
			anything_in_motion(audit) ? " but for what was in motion" : "");
	} else {
		paint(output, LINES_YELLOW);
		fprintf(stream, "NOT ALL SEEN");
		paint(output, LINES_PLAIN);
		fprintf(stream, ": nothing is wrong in what could be seen, which says nothing of "
			"the rest\n");
	}
}

void text_coverage(struct output *output, const struct report_subject *subject)
{
	print_devices(output);
	print_counts(output);
	print_pages(output);
	print_live(output);
	coverage_for_each(&output->totals, subject, print_gap, output);
}

static void text_end(struct output *output, const struct report_subject *subject)
{
	const struct audit_summary *audit = &output->totals.audit;

	if (audit->errors || audit->warnings)
		fputc('\n', output->options.stream);
	text_coverage(output, subject);
	fputc('\n', output->options.stream);
	print_verdict(output);
}

const struct output_ops output_text = {
	.name = "text",
	.begin = text_begin,
	.finding = text_finding,
	.end = text_end,
};
