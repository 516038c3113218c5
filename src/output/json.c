// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The report for programs; its schema is src/output/kswapck-scan.schema.json.
 * One document, written as the audit goes; findings are never left out.
 */
#include "output/output.h"

#include <stdlib.h>

#include "audit/catalogue.h"
#include "output/confirm.h"
#include "output/coverage.h"
#include "output/explain.h"
#include "output/json_writer.h"
#include "output/sentence.h"

#define SCHEMA "kswapck-scan/1"

static const char *severity_name(enum kswapck_severity severity)
{
	return severity == KSWAPCK_ERROR ? "error" : "warning";
}

static const char *class_name(enum kswapck_class class)
{
	return class == KSWAPCK_CORRUPT ? "corrupt" : "mismatch";
}

void json_dump(struct json_writer *json, const struct report_subject *subject)
{
	const struct source_facts *facts = subject->facts;
	size_t i;

	json_object(json, "dump");
	json_array(json, "files");
	for (i = 0; i < subject->file_count; i++)
		json_string(json, NULL, subject->files[i]);
	json_close(json, ']');
	json_string(json, "format", facts->format);
	json_number(json, "page_size", facts->page_size);
	json_number(json, "ram_pages", facts->ram_pages);
	json_number(json, "file_pages", facts->file_pages);
	if (facts->dump_level >= 0)
		json_number(json, "dump_level", (uint64_t)facts->dump_level);
	else
		json_null(json, "dump_level");
	if (*facts->distilled_by) {
		json_flat_object(json, "distilled");
		json_string(json, "by", facts->distilled_by);
		json_string(json, "from", facts->distilled_from);
		json_string(json, "without", facts->distilled_without);
		json_close(json, '}');
	} else {
		json_null(json, "distilled");
	}
	json_close(json, '}');
}

void json_kernel(struct json_writer *json, const struct report_subject *subject)
{
	json_object(json, "kernel");
	json_string(json, "release", subject->release);
	json_string(json, "architecture", subject->facts->architecture);
	json_string(json, "build_id", subject->build_id);
	json_string(json, "symbols_from", subject->symbols_from);
	json_string(json, "types_from", subject->types_from);
	json_string(json, "era", subject->era);
	json_close(json, '}');
}

static void json_begin(struct output *output, const struct report_subject *subject)
{
	struct json_writer *json = &output->json;

	json->stream = output->options.stream;
	json_object(json, NULL);
	json_string(json, "schema", SCHEMA);
	json_string(json, "kswapck", KSWAPCK_VERSION);
	json_dump(json, subject);
	json_kernel(json, subject);
	json_array(json, "findings");
}

static void write_evidence(struct json_writer *json, const struct kswapck_finding *finding)
{
	char command[CONFIRM_COMMAND_MAX];
	unsigned int i;

	json_array(json, "evidence");
	for (i = 0; i < finding->evidence_count; i++) {
		const struct kswapck_evidence *evidence = &finding->evidence[i];

		json_flat_object(json, NULL);
		json_string(json, "what", evidence->what);
		json_address(json, "address", evidence->address);
		json_number(json, "size", evidence->size);
		json_address(json, "value", evidence->value);
		if (evidence->has_expected)
			json_address(json, "expected", evidence->expected);
		confirm_crash(evidence, command, sizeof(command));
		json_string(json, "crash", command);
		confirm_drgn(evidence, command, sizeof(command));
		json_string(json, "drgn", command);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_slots(struct json_writer *json, const struct kswapck_finding *finding)
{
	json_flat_object(json, "slots");
	json_number(json, "first", finding->first_slot);
	json_number(json, "last", finding->last_slot);
	json_number(json, "count", finding->count);
	json_close(json, '}');
}

static void write_owner(struct json_writer *json, const struct kswapck_finding *finding)
{
	json_flat_object(json, "process");
	json_number(json, "pid", (uint64_t)(finding->pid > 0 ? finding->pid : 0));
	json_string(json, "comm", finding->comm);
	json_address(json, "mm", finding->mm);
	json_address(json, "address", finding->address);
	json_close(json, '}');
}

static void json_finding(struct output *output, const struct kswapck_finding *finding,
			 uint64_t nth)
{
	const struct kswapck_problem *problem = finding->problem;
	struct json_writer *json = &output->json;
	char text[1024];

	(void)nth;
	sentence_of(finding, text, sizeof(text));
	json_object(json, NULL);
	json_string(json, "id", problem->id);
	json_string(json, "name", problem->name);
	json_string(json, "severity", severity_name(finding->severity));
	json_string(json, "class", class_name(problem->class));
	json_string(json, "text", text);
	if (finding->device) {
		json_number(json, "device", finding->device->type);
		write_slots(json, finding);
	}
	if (finding->entry)
		json_address(json, "entry", finding->entry);
	if (finding->page) {
		json_address(json, "page", finding->page);
		json_address(json, "pfn", finding->pfn);
		json_bool(json, "page_per_slot", finding->page_per_slot);
	}
	if (finding->mm)
		write_owner(json, finding);
	if (finding->detail[0])
		json_string(json, "detail", finding->detail);
	write_evidence(json, finding);
	json_close(json, '}');
}

static void write_devices(struct json_writer *json, const struct report_totals *totals)
{
	size_t i;

	json_array(json, "devices");
	for (i = 0; i < totals->device_count; i++) {
		const struct kswapck_device *device = &totals->devices[i];

		json_flat_object(json, NULL);
		json_number(json, "type", device->type);
		json_string(json, "name", device->name);
		json_address(json, "swap_info_struct", device->address);
		json_number(json, "slots", device->slots);
		json_number(json, "pages", device->pages);
		json_number(json, "inuse", device->inuse);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_gap(void *data, const char *what, uint64_t count, const char *cause)
{
	struct json_writer *json = data;

	json_flat_object(json, NULL);
	json_string(json, "what", what);
	json_number(json, "count", count);
	json_string(json, "cause", cause);
	json_close(json, '}');
}

static void write_problems(struct json_writer *json, const struct catalogue *catalogue,
			   const struct report_totals *totals)
{
	const struct kswapck_problem *problem;
	size_t i;

	json_object(json, "problems");
	for (i = 0; (problem = catalogue_problem(catalogue, i)); i++) {
		if (!totals->problems[i].findings)
			continue;
		json_flat_object(json, problem->name);
		json_string(json, "id", problem->id);
		json_number(json, "findings", totals->problems[i].findings);
		json_number(json, "slots", totals->problems[i].slots);
		json_close(json, '}');
	}
	json_close(json, '}');
}

/* Pages that were asked for, for whatever purpose, and could not be had. */
static void write_failed_pages(struct json_writer *json, const struct memory_statistics *reads)
{
	json_flat_object(json, "pages_failed");
	json_number(json, "excluded", reads->failed[READ_EXCLUDED]);
	json_number(json, "not_ram", reads->failed[READ_NOT_RAM]);
	json_number(json, "unmapped", reads->failed[READ_UNMAPPED]);
	json_number(json, "damaged", reads->failed[READ_DAMAGED]);
	json_number(json, "foreign", reads->failed[READ_FOREIGN]);
	json_close(json, '}');
}

static void write_live(struct json_writer *json, const struct report_live *live)
{
	if (!live->audits)
		return;
	json_object(json, "live");
	json_number(json, "audits", live->audits);
	json_number(json, "transient", live->transient);
	json_number(json, "undecided", live->undecided);
	json_close(json, '}');
}

static void json_end(struct output *output, const struct report_subject *subject)
{
	const struct report_totals *totals = &output->totals;
	const struct audit_summary *audit = &totals->audit;
	struct json_writer *json = &output->json;

	json_close(json, ']');
	write_devices(json, totals);
	json_object(json, "summary");
	json_number(json, "errors", audit->errors);
	json_number(json, "warnings", audit->warnings);
	write_problems(json, output->catalogue, totals);
	json_number(json, "slots", audit->slots);
	json_number(json, "used", audit->used);
	json_number(json, "free", audit->unused);
	json_number(json, "bad", audit->bad);
	json_number(json, "cached", audit->cached);
	json_number(json, "folios", audit->folios);
	json_number(json, "large_folios", audit->large_folios);
	json_number(json, "shadows", audit->shadows);
	json_number(json, "parked", audit->parked);
	json_number(json, "in_motion", audit->in_motion);
	json_number(json, "trees", audit->spaces);
	json_number(json, "trees_locked", audit->spaces_locked);
	json_number(json, "devices_locked", audit->devices_locked);
	json_number(json, "cache_only", audit->cache_only);
	json_bool(json, "swept", audit->swept);
	json_number(json, "processes", audit->processes);
	json_number(json, "page_tables", audit->tables);
	json_number(json, "ptes", audit->ptes);
	json_number(json, "swap_ptes", audit->swap_ptes);
	json_number(json, "shmem_files", audit->shmem_files);
	json_number(json, "shmem_entries", audit->shmem_entries);
	json_number(json, "pages_read", totals->reads.pages_read);
	json_close(json, '}');
	write_live(json, &totals->live);
	json_object(json, "coverage");
	json_bool(json, "complete", audit_summary_complete(audit));
	json_bool(json, "interrupted", audit->interrupted);
	write_failed_pages(json, &totals->reads);
	json_array(json, "not_seen");
	coverage_for_each(totals, subject, write_gap, json);
	json_close(json, ']');
	json_close(json, '}');
	if (output->explanation)
		explain_json(json, "explain", output->explanation);
	json_number(json, "exit_status", (uint64_t)totals->exit_status);
	json_close(json, '}');
	fputc('\n', output->options.stream);
}

const struct output_ops output_json = {
	.name = "json",
	.begin = json_begin,
	.finding = json_finding,
	.end = json_end,
};
