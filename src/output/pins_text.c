// SPDX-License-Identifier: GPL-2.0-or-later
/* Pins for people: how many pages are what, then what holds them, then the answer. */
#include "output/pins.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "output/lines.h"
#include "output/sentence.h"

#define KIND_COLUMNS	40
#define PIN_INDENT	6

/* In the order of the report, with what they mean. */
static const struct {
	enum pin_verdict verdict;
	const char *meaning;
} order[] = {
	{PIN_PINNED, "somebody holds references that nothing explains: migration fails until "
		"they are dropped"},
	{PIN_UNMOVABLE, "memory that is never migrated; it goes when its owner frees it"},
	{PIN_LOOKS_PINNED, "not pinned, but alloc_contig_range() (CMA, virtio-mem) takes it for "
		"pinned where the check is as said above; memory hot-remove does not"},
	{PIN_IN_HAND, "held for the moment, by tasks that are working on it"},
	{PIN_IN_MOTION, "its counts are being changed: frozen, or in the middle of it"},
	{PIN_DRAIN, "migratable once lru_add_drain_all() has emptied the per-CPU LRU batches"},
	{PIN_HUGETLB, "migrated only to a free huge page elsewhere"},
	{PIN_HWPOISON, "never used again; offlining skips it"},
	{PIN_OFFLINE, "not in use"},
	{PIN_NO_FOLIO, "the swap cache is damaged there, or in motion: see 'kswapck scan'"},
	{PIN_UNREADABLE, "left out when the dump was made: not known"},
	{PIN_MIGRATABLE, "all its references are explained"},
	{PIN_FREE, "in no use"},
};

#define ORDER_COUNT (sizeof(order) / sizeof(order[0]))

__attribute__((format(printf, 3, 4)))
static void add(char *text, size_t size, const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	if (length < size)
		vsnprintf(text + length, size - length, format, args);
	va_end(args);
}

static void add_references(char *text, size_t size, const char **separator, int64_t count,
			   const char *what)
{
	if (!count)
		return;
	add(text, size, "%s%" PRId64 " %s", *separator, count, what);
	*separator = ", ";
}

void pin_references_text(const struct pin *pin, char *text, size_t size)
{
	const char *separator = ": ";

	*text = 0;
	add(text, size, "refcount %" PRId32, pin->folio.page.refcount);
	add_references(text, size, &separator, pin->folio.mapcount, "mapped");
	add_references(text, size, &separator, pin->cache,
		       pin->has_slot ? "swap cache" : "page cache");
	add_references(text, size, &separator, pin->private, "->private");
	add_references(text, size, &separator, pin->batched, "LRU batch");
	add_references(text, size, &separator, pin->isolated, "isolated from the LRU");
	add_references(text, size, &separator, pin->gathered, "until the next TLB flush");
	add_references(text, size, &separator, pin->in_hand, "in hand");
	add_references(text, size, &separator, pin->foll_pin, "FOLL_PIN");
	add_references(text, size, &separator, pin->unexplained, "more");
}

static void add_task(char *text, size_t size, const struct pin_task *task)
{
	char comm[32];

	if (task->pid)
		add(text, size, "pid %" PRId32 " (%s)", task->pid,
		    text_visible(task->comm, comm, sizeof(comm)));
	else
		add(text, size, "a task that cannot be read");
}

static void add_tasks(const struct pin *pin, char *text, size_t size)
{
	size_t i;

	for (i = 0; i < pin->task_count && i < PIN_TASKS_MAX; i++) {
		add(text, size, i ? ", " : "; ");
		add_task(text, size, &pin->tasks[i]);
		add(text, size, pin->tasks[i].on_cpu_list ? " has isolated it" :
		    " has it in hand");
	}
	if (pin->task_count > PIN_TASKS_MAX)
		add(text, size, " and %zu more", pin->task_count - PIN_TASKS_MAX);
}

static void describe_pin(const struct pin *pin, char *text, size_t size)
{
	char number[TEXT_NUMBER_SIZE];

	*text = 0;
	if (pin->folio.page.address || pin->first_pfn)
		add(text, size, "pfn 0x%" PRIx64 ", ", pin->first_pfn);
	add(text, size, "%s page%s: %s", text_number(pin->pages, number),
	    pin->pages == 1 ? "" : "s", pin->kind);
	if (pin->has_slot)
		add(text, size, ", slot %" PRIu64 " of type %u", pin->slot, pin->type);
	if (pin->owner.pid) {
		add(text, size, ", in the memory of ");
		add_task(text, size, &pin->owner);
	}
	if (!pin->counted)
		return;
	add(text, size, "; ");
	pin_references_text(pin, text + strlen(text), size - strlen(text));
	if (pin->head_compared && pin->verdict == PIN_LOOKS_PINNED)
		add(text, size, "; the head page alone is mapped %" PRId64 " times",
		    pin->head_mapcount);
	if (pin->writeback)
		add(text, size, "; under writeback");
	add_tasks(pin, text, size);
}

static void pins_text_begin(struct pins_output *output, const struct report_subject *subject)
{
	char text[1024], name[512], range[128];

	lines_labelled(&output->options, "dump",
		       text_visible(subject->files[0], name, sizeof(name)));
	snprintf(text, sizeof(text), "Linux %s %s",
		 text_visible(subject->release, name, sizeof(name)),
		 subject->facts->architecture);
	lines_labelled(&output->options, "kernel", text);
	snprintf(range, sizeof(range), "pfn 0x%" PRIx64 "-0x%" PRIx64,
		 output->question->range.first,
		 output->question->range.first + output->question->range.pages - 1);
	if (output->question->scope == PINS_SWAP_CACHE)
		snprintf(text, sizeof(text), "the folios of the swap cache");
	else
		snprintf(text, sizeof(text), "%s%s (%s)",
			 output->question->scope == PINS_ANON ?
			 "anonymous memory and swap cache of " : "",
			 output->question->place, range);
	lines_labelled(&output->options, "looked at", text);
}

/* Keep what will be shown, and count the others. */
static void pins_text_pin(struct pins_output *output, const struct pin *pin)
{
	size_t room = output->kept_room ? 2 * output->kept_room : 64;
	struct pin *grown;

	output->seen[pin->verdict]++;
	if (output->options.max_findings &&
	    output->seen[pin->verdict] > output->options.max_findings)
		return;
	if (output->kept_count == output->kept_room) {
		grown = realloc(output->kept, room * sizeof(*grown));
		if (!grown) {
			output->out_of_memory = true;
			return;
		}
		output->kept = grown;
		output->kept_room = room;
	}
	output->kept[output->kept_count++] = *pin;
}

static void print_row(const struct pins_output *output, int width, const char *name,
		      unsigned int indent, const struct pin_tally *tally)
{
	char folios[TEXT_NUMBER_SIZE], pages[TEXT_NUMBER_SIZE];

	fprintf(output->options.stream, "%*s%-*s %14s %14s\n", (int)indent, "",
		width - (int)indent, name, text_number(tally->folios, folios),
		text_number(tally->pages, pages));
}

static void print_table(const struct pins_output *output, const struct pins_summary *summary)
{
	size_t i, kind;

	fprintf(output->options.stream, "\n%-*s %14s %14s\n", KIND_COLUMNS, "", "folios or runs",
		"pages");
	for (i = 0; i < ORDER_COUNT; i++) {
		enum pin_verdict verdict = order[i].verdict;

		if (!summary->verdicts[verdict].folios)
			continue;
		print_row(output, KIND_COLUMNS, pin_verdict_name(verdict), 0,
			  &summary->verdicts[verdict]);
		for (kind = 0; kind < summary->kind_count; kind++)
			if (summary->kinds[kind].verdict == verdict)
				print_row(output, KIND_COLUMNS, summary->kinds[kind].name, 2,
					  &summary->kinds[kind].tally);
	}
}

static void print_held(const struct pins_output *output)
{
	const struct output_options *options = &output->options;
	char text[1024];
	size_t i, kept;

	for (i = 0; i < ORDER_COUNT; i++) {
		enum pin_verdict verdict = order[i].verdict;
		uint64_t shown = 0;

		if (!output->seen[verdict])
			continue;
		fputc('\n', options->stream);
		lines_paint(options, LINES_BOLD);
		fputs(pin_verdict_name(verdict), options->stream);
		lines_paint(options, LINES_PLAIN);
		fputs(": ", options->stream);
		sentence_wrap(options->stream, order[i].meaning, 2,
			      (unsigned int)strlen(pin_verdict_name(verdict)) + 2,
			      options->columns);
		fputc('\n', options->stream);
		for (kept = 0; kept < output->kept_count; kept++) {
			if (output->kept[kept].verdict != verdict)
				continue;
			describe_pin(&output->kept[kept], text, sizeof(text));
			fputs("  ", options->stream);
			sentence_wrap(options->stream, text, PIN_INDENT, 2, options->columns);
			fputc('\n', options->stream);
			shown++;
		}
		if (output->seen[verdict] > shown)
			fprintf(options->stream,
				"  and %" PRIu64 " more (--max-findings=0 shows all)\n",
				output->seen[verdict] - shown);
	}
}

static void print_compaction(const struct pins_output *output, const struct pins_summary *summary)
{
	static const char *const says[] = {
		[FIX_UNKNOWN] = "may compare the references of a huge page with the map count of "
				"its head alone, and so take it for pinned",
		[FIX_PRESENT] = "compares with all mappings of a huge page",
		[FIX_ABSENT] = "compares the references of a huge page with the map count of its "
			       "head alone, and so takes it for pinned",
		[FIX_NOT_NEEDED] = "has not the bug",
	};
	char text[768];

	if (!summary->bug)
		return;
	snprintf(text, sizeof(text), "compaction's check of this kernel %s (%s, fixed by %s). %s",
		 says[summary->fix], summary->bug->name, summary->bug->fix_commit,
		 summary->fix_why);
	lines_labelled(&output->options, "isolation", text);
}

static void print_gaps(const struct pins_output *output, const struct pins_summary *summary)
{
	const struct output_options *options = &output->options;
	char text[256], number[TEXT_NUMBER_SIZE];

	if (summary->slots_unread) {
		snprintf(text, sizeof(text), "%s slots of the swap cache are not in the dump",
			 text_number(summary->slots_unread, number));
		lines_labelled(options, "not seen", text);
	}
	if (!summary->batches_complete)
		lines_labelled(options, "not seen", "per-CPU LRU batches: a folio with references "
			       "that one of them may hold is not judged");
	if (!summary->holders_complete)
		lines_labelled(options, "not seen", "some kernel stacks: a folio that a task may have "
			       "in hand is not judged");
	if (!summary->mapcounts_known)
		lines_labelled(options, "not seen", "map counts of large folios: of a kind that "
			       "this version cannot read");
	if (summary->interrupted)
		lines_labelled(options, "not seen", "the rest: interrupted");
}

/* "3 folios (514 pages) are truly pinned"; what there is none of is left out. */
static void add_answer(char *text, size_t size, uint64_t count, const char *one,
		       const char *many)
{
	char number[TEXT_NUMBER_SIZE];

	if (count)
		add(text, size, "%s%s %s", *text ? "; " : "", text_number(count, number),
		    count == 1 ? one : many);
}

static void print_answer(const struct pins_output *output, const struct pins_summary *summary)
{
	const struct output_options *options = &output->options;
	const struct pin_tally *tallies = summary->verdicts;
	bool pinned = tallies[PIN_PINNED].folios != 0;
	bool held = pinned || tallies[PIN_UNMOVABLE].pages;
	bool known = !tallies[PIN_UNREADABLE].pages && !tallies[PIN_NO_FOLIO].pages &&
		     !summary->slots_unread && !summary->interrupted;
	const char *verdict = pinned ? "PINNED" : known ? "NOT PINNED" : "UNKNOWN";
	char text[512] = "";

	if (output->question->block)
		verdict = held ? "WOULD NOT GO OFFLINE" : known ? "COULD GO OFFLINE" : "UNKNOWN";
	add_answer(text, sizeof(text), tallies[PIN_PINNED].folios, "folio is truly pinned",
		   "folios are truly pinned");
	add_answer(text, sizeof(text), tallies[PIN_UNMOVABLE].pages, "page is never migrated",
		   "pages are never migrated");
	add_answer(text, sizeof(text), tallies[PIN_IN_HAND].folios + tallies[PIN_IN_MOTION].folios,
		   "folio is held for the moment", "folios are held for the moment");
	add_answer(text, sizeof(text), tallies[PIN_HUGETLB].pages,
		   "page of hugetlbfs needs a free huge page",
		   "pages of hugetlbfs need free huge pages");
	add_answer(text, sizeof(text), tallies[PIN_NO_FOLIO].folios,
		   "slot holds something else than a folio",
		   "slots hold something else than a folio");
	add_answer(text, sizeof(text), tallies[PIN_UNREADABLE].pages, "page is not in the dump",
		   "pages are not in the dump");
	fputc('\n', options->stream);
	lines_paint(options, held || !known ? LINES_YELLOW : LINES_GREEN);
	fputs(verdict, options->stream);
	lines_paint(options, LINES_PLAIN);
	fputs(": ", options->stream);
	if (!*text)
		add(text, sizeof(text), known ? "nothing holds its pages" :
		    "nothing holds those that were seen");
	sentence_wrap(options->stream, text, 2,
		      (unsigned int)strlen(verdict) + 2, options->columns);
	fputc('\n', options->stream);
}

static void pins_text_end(struct pins_output *output, const struct pins_summary *summary,
			  int exit_status)
{
	(void)exit_status;
	print_compaction(output, summary);
	print_gaps(output, summary);
	print_table(output, summary);
	print_held(output);
	print_answer(output, summary);
	free(output->kept);
	output->kept = NULL;
	output->kept_count = output->kept_room = 0;
}

const struct pins_output_ops pins_text = {
	.begin = pins_text_begin,
	.pin = pins_text_pin,
	.end = pins_text_end,
};
