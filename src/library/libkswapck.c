// SPDX-License-Identifier: GPL-2.0-or-later
#include "library/libkswapck.h"

#include <stdlib.h>
#include <string.h>

#include "audit/exit_status.h"
#include "command/dump.h"
#include "live/live.h"
#include "output/explain.h"
#include "story/live.h"

/* As the program when it writes into a pipe. */
#define COLUMNS EXPLAIN_COLUMNS_MAX

struct libkswapck {
	struct libkswapck_memory memory;
	struct dump dump;
	struct catalogue catalogue;
	bool stopped;
};

/* One report being made. */
struct job {
	struct libkswapck *kswapck;
	unsigned int parts;
	struct output output;
	struct report_subject subject;
	struct story_findings findings;
	struct live *live;		/* NULL: a dump */
	struct live_view view;
	struct story *story;
};

static void hand_out(const struct error *err, char *text, size_t size)
{
	if (text && size)
		snprintf(text, size, "%s", err->text);
}

/* ------------------------------------------------------------------------ open */

static bool read_page(void *data, enum address_space space, uint64_t address, void *page,
		      size_t size)
{
	struct libkswapck *kswapck = data;
	const struct libkswapck_memory *memory = &kswapck->memory;
	enum libkswapck_answer answer;

	if (kswapck->stopped)
		return false;
	answer = memory->read(memory->data, space == ADDRESS_PHYSICAL, address, page, size);
	/* what went wrong while it was asked is no answer either */
	kswapck->stopped = answer != LIBKSWAPCK_READ && answer != LIBKSWAPCK_UNREADABLE;
	return answer == LIBKSWAPCK_READ;
}

static bool is_stopped(struct libkswapck *kswapck)
{
	const struct libkswapck_memory *memory = &kswapck->memory;

	if (!kswapck->stopped && memory->stop && memory->stop(memory->data))
		kswapck->stopped = true;
	return kswapck->stopped;
}

static size_t count_files(const char *const *files)
{
	size_t count = 0;

	while (files && files[count])
		count++;
	return count;
}

static bool is_sound(const struct libkswapck_memory *memory, struct error *err)
{
	if (memory->size != sizeof(*memory))
		return error_set(err, ERROR_USAGE, "libkswapck %s has a struct libkswapck_memory "
				 "of %zu bytes, not %zu: the program was built for another version",
				 KSWAPCK_VERSION, sizeof(*memory), memory->size);
	if (!memory->name || !memory->architecture || !memory->read)
		return error_set(err, ERROR_USAGE, "struct libkswapck_memory is not filled in");
	return true;
}

static bool open_kernel(struct libkswapck *kswapck, struct error *err)
{
	const struct libkswapck_memory *memory = &kswapck->memory;
	const struct source_reader reader = {
		.name = memory->name,
		.architecture = memory->architecture,
		.data = kswapck,
		.read = read_page,
		.vmcoreinfo = memory->vmcoreinfo,
		.files = memory->files,
		.file_count = count_files(memory->files),
		.live = memory->kind & LIBKSWAPCK_LIVE,
		.doubtful_zeros = memory->kind & LIBKSWAPCK_DOUBTFUL_ZEROS,
	};
	const struct dump_options options = {
		.vmlinux = memory->vmlinux,
		.live = memory->kind & LIBKSWAPCK_LIVE && memory->kind & LIBKSWAPCK_LOCAL,
	};
	struct source *source = source_open_reader(&reader, err);

	return source && dump_identify(&kswapck->dump, source, memory->name, &options, err);
}

const char *libkswapck_version(void)
{
	return KSWAPCK_VERSION;
}

struct libkswapck *libkswapck_open(const struct libkswapck_memory *memory, char *error,
				   size_t error_size)
{
	struct libkswapck *kswapck = calloc(1, sizeof(*kswapck));
	struct error err = {0};

	if (!kswapck) {
		error_set(&err, ERROR_SYSTEM, "out of memory");
	} else if (is_sound(memory, &err)) {
		kswapck->memory = *memory;
		catalogue_init(&kswapck->catalogue);
		if (open_kernel(kswapck, &err))
			return kswapck;
	}
	hand_out(&err, error, error_size);
	free(kswapck);
	return NULL;
}

void libkswapck_close(struct libkswapck *kswapck)
{
	if (!kswapck)
		return;
	dump_close(&kswapck->dump);
	free(kswapck);
}

/* ----------------------------------------------------------------------- audit */

static bool on_stop(void *data)
{
	struct job *job = data;

	return is_stopped(job->kswapck);
}

static void on_device(void *data, const struct kswapck_device *device)
{
	struct report_totals *totals = &((struct job *)data)->output.totals;

	if (totals->device_count < REPORT_DEVICES_MAX)
		totals->devices[totals->device_count++] = *device;
}

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct job *job = data;
	uint64_t nth;

	if (job->parts & LIBKSWAPCK_EXPLAIN)
		story_findings_add(&job->findings, finding);
	if (finding->severity == KSWAPCK_IGNORE)
		return;
	nth = output_count(&job->output, finding);
	if (job->parts & LIBKSWAPCK_SCAN)
		job->output.ops->finding(&job->output, finding, nth);
}

static bool audit_live(struct job *job, struct error *err)
{
	size_t i;

	if (!live_look(job->live, NULL, &job->view, err))
		return false;
	for (i = 0; i < job->view.device_count; i++)
		on_device(job, &job->view.devices[i]);
	for (i = 0; i < job->view.findings.count; i++)
		on_finding(job, &job->view.findings.list[i].finding);
	job->output.totals.audit = job->view.summary;
	return true;
}

static bool audit_dump(struct job *job, struct error *err)
{
	const struct audit_options options = { .no_sweep = job->parts & LIBKSWAPCK_NO_SWEEP };
	const struct audit_sink sink = {
		.data = job,
		.device = on_device,
		.finding = on_finding,
		.stop = on_stop,
	};

	return audit_run(&job->kswapck->dump.kernel, &job->kswapck->catalogue, &options, &sink,
			 &job->output.totals.audit, err);
}

static int exit_status(const struct job *job)
{
	return audit_exit_status(&job->output.totals.audit) |
	       (job->view.undecided ? EXIT_INCOMPLETE : EXIT_CLEAN);
}

static bool audit(struct job *job, struct error *err)
{
	struct report_totals *totals = &job->output.totals;

	if (job->parts & LIBKSWAPCK_SCAN)
		job->output.ops->begin(&job->output, &job->subject);
	if (!(job->live ? audit_live : audit_dump)(job, err))
		return false;
	totals->reads = *memory_statistics(job->kswapck->dump.memory);
	totals->exit_status = exit_status(job);
	return true;
}

/* ----------------------------------------------------------------------- story */

static bool tell(struct job *job, struct error *err)
{
	const struct story_options options = {
		.sweep = !(job->parts & LIBKSWAPCK_NO_SWEEP),
		.data = job,
		.stop = on_stop,
	};
	struct report_totals *totals = &job->output.totals;

	job->story = story_tell_live(&job->kswapck->dump.kernel, job->live, &job->findings,
				     &totals->audit, &options, err);
	if (!job->story)
		return false;
	if (job->story->incomplete)
		totals->exit_status |= EXIT_INCOMPLETE;
	if (job->story->interrupted)
		totals->exit_status |= EXIT_INTERRUPTED | EXIT_INCOMPLETE;
	return true;
}

/* ---------------------------------------------------------------------- report */

static void write_story(struct job *job, const struct explanation *explanation, FILE *stream)
{
	struct json_writer json = { .stream = stream };
	struct output_options options = job->output.options;

	options.stream = stream;
	if (job->parts & LIBKSWAPCK_TEXT) {
		explain_text(&options, explanation);
		if (job->parts & LIBKSWAPCK_SCAN)
			fputc('\n', stream);
	} else if (!(job->parts & LIBKSWAPCK_SCAN)) {
		explain_json(&json, NULL, explanation);
		fputc('\n', stream);
	}
}

/*
 * Findings go to a stream of their own while the audit runs: in text the story stands
 * in front of them.
 */
static bool report_to(struct job *job, FILE *stream, FILE *findings, struct error *err)
{
	const bool explain = job->parts & LIBKSWAPCK_EXPLAIN;
	struct explanation explanation;

	job->output.options.stream = findings;
	if (!audit(job, err) || (explain && !tell(job, err)))
		return false;
	explanation = (struct explanation){
		.story = job->story,
		.subject = &job->subject,
		.totals = &job->output.totals,
		.heading = !(job->parts & LIBKSWAPCK_SCAN),
	};
	if (explain) {
		write_story(job, &explanation, stream);
		job->output.explanation = &explanation;
	}
	if (job->parts & LIBKSWAPCK_SCAN)
		job->output.ops->end(&job->output, &job->subject);
	job->output.explanation = NULL;
	return true;
}

static char *join(char *story, char *findings)
{
	size_t first = strlen(story), second = strlen(findings);
	char *both = realloc(story, first + second + 1);

	if (!both) {
		free(story);
	} else {
		memcpy(both + first, findings, second + 1);
	}
	free(findings);
	return both;
}

static char *make_document(struct job *job, struct error *err)
{
	char *texts[2] = {NULL, NULL};
	size_t sizes[2];
	FILE *streams[2] = {open_memstream(&texts[0], &sizes[0]),
			    open_memstream(&texts[1], &sizes[1])};
	bool made = streams[0] && streams[1], written = made;
	int i;

	if (made)
		made = report_to(job, streams[0], streams[1], err);
	for (i = 0; i < 2; i++)
		if (streams[i] && fclose(streams[i]))
			written = false;
	if (made && written)
		return join(texts[0], texts[1]);
	if (!written)
		error_set(err, ERROR_SYSTEM, "out of memory");
	free(texts[0]);
	free(texts[1]);
	return NULL;
}

static bool begin_live(struct job *job, const struct live_options *options, struct error *err)
{
	const unsigned int kind = job->kswapck->memory.kind;

	if (!(kind & LIBKSWAPCK_LIVE))
		return true;
	if (job->parts & LIBKSWAPCK_EXPLAIN && !(kind & LIBKSWAPCK_LOCAL))
		return error_set(err, ERROR_INPUT, "a story takes the registers of the CPUs, which "
				 "only those of this machine can be asked for; make a dump");
	memory_forget(job->kswapck->dump.memory);
	job->live = live_new(&job->kswapck->dump.kernel, &job->kswapck->catalogue, options);
	return job->live || error_set(err, ERROR_SYSTEM, "out of memory");
}

static bool is_asked_well(const struct libkswapck_wishes *wishes, struct error *err)
{
	if (wishes->size != sizeof(*wishes))
		return error_set(err, ERROR_USAGE, "libkswapck %s has a struct libkswapck_wishes "
				 "of %zu bytes, not %zu: the program was built for another version",
				 KSWAPCK_VERSION, sizeof(*wishes), wishes->size);
	return wishes->parts & (LIBKSWAPCK_SCAN | LIBKSWAPCK_EXPLAIN) ||
	       error_set(err, ERROR_USAGE, "no part of a report is asked for");
}

static void begin_output(struct job *job, const struct libkswapck_wishes *wishes)
{
	job->output = (struct output){
		.ops = wishes->parts & LIBKSWAPCK_TEXT ? &output_text : &output_json,
		.catalogue = &job->kswapck->catalogue,
		.options = {
			.max_findings = wishes->max_findings,
			.columns = wishes->columns ? wishes->columns : COLUMNS,
		},
	};
	dump_describe(&job->kswapck->dump, &job->kswapck->memory.name, 1, &job->subject);
}

char *libkswapck_report(struct libkswapck *kswapck, const struct libkswapck_wishes *wishes,
			char *error, size_t error_size)
{
	struct job job = { .kswapck = kswapck, .parts = wishes->parts };
	const struct live_options live_options = {
		.confirm = wishes->confirm,
		.no_sweep = wishes->parts & LIBKSWAPCK_NO_SWEEP,
		.data = &job,
		.stop = on_stop,
	};
	struct error err = {0};
	char *document = NULL;

	kswapck->stopped = false;
	if (is_asked_well(wishes, &err)) {
		begin_output(&job, wishes);
		if (begin_live(&job, &live_options, &err))
			document = make_document(&job, &err);
	}
	if (!document)
		hand_out(&err, error, error_size);
	story_free(job.story);
	story_findings_free(&job.findings);
	live_view_free(&job.view);
	live_free(job.live);
	return document;
}

void libkswapck_free(char *document)
{
	free(document);
}
