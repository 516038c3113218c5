// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/distill.h"

#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "distill/companions.h"
#include "distill/edit.h"
#include "kernel/page_owner.h"
#include "pins/pins.h"
#include "story/story.h"

struct recording {
	const struct distill_options *options;
	struct story_findings findings;
};

static bool on_stop(void *data)
{
	const struct recording *recording = data;

	return recording->options->stop(recording->options->data);
}

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	const struct recording *recording = data;

	if (recording->options->progress)
		recording->options->progress(recording->options->data, what, done, total);
}

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct recording *recording = data;

	story_findings_add(&recording->findings, finding);
}

static bool record_story(const struct kernel *kernel, struct recording *recording,
			 const struct audit_summary *summary, struct error *err)
{
	const struct story_options options = {
		.all_stacks = true,
		.sweep = true,
		.data = recording,
		.progress = on_progress,
		.stop = on_stop,
	};
	struct story *story = story_tell(kernel, &recording->findings, summary, &options, err);

	story_free(story);
	return story;
}

static void on_pin(void *data, const struct pin *pin)
{
	(void)data;
	(void)pin;
}

static bool record_pins(const struct kernel *kernel, struct recording *recording,
			struct error *err)
{
	const struct pins_options options = {
		.scope = PINS_SWAP_CACHE,
		.data = recording,
		.found = on_pin,
	};
	struct pins_summary summary;

	return pins_walk(kernel, &options, &summary, err);
}

static bool record_all(const struct kernel *kernel, struct recording *recording,
		       struct error *err)
{
	const struct audit_sink sink = {
		.data = recording,
		.finding = on_finding,
		.progress = on_progress,
		.stop = on_stop,
	};
	const struct audit_options audit_options = {0};
	struct audit_summary summary;

	if (!audit_run(kernel, recording->options->catalogue, &audit_options, &sink, &summary, err) ||
	    !record_story(kernel, recording, &summary, err) ||
	    !record_pins(kernel, recording, err))
		return false;
	companions_read(kernel);
	return !on_stop(recording) || error_set(err, ERROR_SYSTEM, "interrupted");
}

bool distill_record(const struct kernel *kernel, const struct distill_options *options,
		    struct error *err)
{
	struct recording recording = {.options = options};
	bool done = record_all(kernel, &recording, err);

	story_findings_free(&recording.findings);
	return done;
}

/* ------------------------------------------------------------------------ writing */

/*
 * Record the struct page of each page too, so that who is given the new dump can ask again
 * whose they are. Struct pages have struct pages: a few rounds of ever fewer.
 */
static void record_owners(const struct kernel *kernel, const struct page_set *pages)
{
	uint64_t count, pfn;

	do {
		count = page_set_count(pages);
		for (pfn = page_set_next(pages, 0); pfn != UINT64_MAX;
		     pfn = page_set_next(pages, pfn + 1))
			page_owner(kernel, pfn);
	} while (page_set_count(pages) > count);
}

/* What was read before there was a guard, and what nothing is known of: out with it. */
static uint64_t take_out(const struct kernel *kernel, struct page_set *pages)
{
	uint64_t pfn, refused = 0;

	for (pfn = page_set_next(pages, 0); pfn != UINT64_MAX; pfn = page_set_next(pages, pfn + 1)) {
		if (page_owner(kernel, pfn) == PAGE_OWNER_KERNEL)
			continue;
		page_set_remove(pages, pfn);
		refused++;
	}
	return refused;
}

/* As the kernel has its names itself; unknown ones are empty. */
static void read_uts(const struct kernel *kernel, char uts[DISKDUMP_UTS_SIZE])
{
	struct field name;
	uint64_t address;

	memset(uts, 0, DISKDUMP_UTS_SIZE);
	if (!kernel_field(kernel, "uts_namespace", "name", &name) ||
	    name.size != DISKDUMP_UTS_SIZE ||
	    !image_symbol(kernel->image, "init_uts_ns", &address) ||
	    memory_read(kernel->memory, address + name.offset, uts, DISKDUMP_UTS_SIZE) != READ_OK)
		memset(uts, 0, DISKDUMP_UTS_SIZE);
}

struct writing {
	const struct distill_options *options;
	struct edit *edit;
};

static bool on_write(void *data, uint64_t done, uint64_t total)
{
	const struct distill_options *options = ((struct writing *)data)->options;

	if (options->progress)
		options->progress(options->data, "writing pages", done, total);
	return options->stop(options->data);
}

static void on_note(void *data, enum diskdump_note kind, void *note, size_t size)
{
	edit_note(((struct writing *)data)->edit, kind, note, size);
}

static void on_page(void *data, uint64_t pfn, void *page)
{
	edit_page(((struct writing *)data)->edit, pfn, page);
}

/* What the file says of itself. What was distilled twice comes from where the first did. */
static void make_mark(const struct kernel *kernel, const struct distill_options *options,
		      char *mark, size_t size)
{
	const struct source_facts *facts = source_facts(kernel->source);
	char from[sizeof(facts->distilled_from)];

	snprintf(from, sizeof(from), "%s, %llu of %llu pages of RAM", facts->format,
		 (unsigned long long)facts->file_pages, (unsigned long long)facts->ram_pages);
	snprintf(mark, size, "DISTILLED=%s\nFROM=%s\nWITHOUT=%s%s%s\n", KSWAPCK_VERSION,
		 *facts->distilled_by ? facts->distilled_from : from,
		 options->no_log ? "log" : "", options->no_log && options->redact ? ", " : "",
		 options->redact ? "names" : "");
}

bool distill_write(const struct kernel *kernel, const struct distill_options *options,
		   struct page_set *pages, int descriptor, struct distill_summary *summary,
		   struct error *err)
{
	struct writing writing = {.options = options};
	const struct edit_options edit_options = {
		.no_log = options->no_log,
		.redact = options->redact,
	};
	char uts[DISKDUMP_UTS_SIZE], mark[512];
	const struct diskdump_content content = {
		.pages = pages,
		.ram_end = kernel->page.pages,
		.codec = options->codec,
		.uts = uts,
		.mark = mark,
		.data = &writing,
		.edit_note = on_note,
		.edit_page = on_page,
		.stop = on_write,
	};
	bool done;

	read_uts(kernel, uts);
	record_owners(kernel, pages);
	/* what is read from here on is asked for by nobody else */
	source_record(kernel->source, NULL);
	summary->refused = take_out(kernel, pages);
	writing.edit = edit_new(kernel, &edit_options, pages);
	if (!page_set_complete(pages) || !writing.edit) {
		edit_free(writing.edit);
		return error_set(err, ERROR_SYSTEM, "no memory for what is to be written, or more to "
				 "take out than any kernel has");
	}
	edit_uts(writing.edit, uts);
	make_mark(kernel, options, mark, sizeof(mark));
	done = diskdump_write(kernel->source, &content, descriptor, &summary->written, err);
	edit_free(writing.edit);
	return done;
}
