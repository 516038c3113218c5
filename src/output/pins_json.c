// SPDX-License-Identifier: GPL-2.0-or-later
/* Pins for programs; the schema is src/output/kswapck-pins.schema.json. */
#include "output/pins.h"

#define SCHEMA "kswapck-pins/1"

static const char *scope_name(enum pins_scope scope)
{
	static const char *const names[] = {
		[PINS_SWAP_CACHE] = "swap-cache",
		[PINS_RANGE] = "range",
		[PINS_ANON] = "anonymous",
	};

	return names[scope];
}

static const char *fix_name(enum story_fix_status status)
{
	static const char *const names[] = {
		[FIX_UNKNOWN] = "unknown",
		[FIX_PRESENT] = "present",
		[FIX_ABSENT] = "absent",
		[FIX_NOT_NEEDED] = "not-needed",
	};

	return names[status];
}

static void pins_json_begin(struct pins_output *output, const struct report_subject *subject)
{
	struct json_writer *json = &output->json;
	const struct pins_question *question = output->question;

	json->stream = output->options.stream;
	json_object(json, NULL);
	json_string(json, "schema", SCHEMA);
	json_string(json, "kswapck", KSWAPCK_VERSION);
	json_dump(json, subject);
	json_kernel(json, subject);
	json_object(json, "looked_at");
	json_string(json, "scope", scope_name(question->scope));
	json_string(json, "place", question->place);
	if (question->scope != PINS_SWAP_CACHE) {
		json_number(json, "first_pfn", question->range.first);
		json_number(json, "pages", question->range.pages);
	}
	json_close(json, '}');
	json_array(json, "pins");
}

static void write_task(struct json_writer *json, const char *key, const struct pin_task *task)
{
	json_flat_object(json, key);
	json_signed(json, "pid", task->pid);
	json_string(json, "comm", task->comm);
	json_close(json, '}');
}

static void write_references(struct json_writer *json, const struct pin *pin)
{
	json_flat_object(json, "references");
	json_signed(json, "refcount", pin->folio.page.refcount);
	json_signed(json, "mapped", pin->folio.mapcount);
	json_signed(json, "cache", pin->cache);
	json_signed(json, "private", pin->private);
	json_signed(json, "lru_batches", pin->batched);
	json_signed(json, "isolated", pin->isolated);
	json_signed(json, "gathered", pin->gathered);
	json_signed(json, "in_hand", pin->in_hand);
	json_signed(json, "foll_pin", pin->foll_pin);
	json_signed(json, "unexplained", pin->unexplained);
	json_close(json, '}');
}

static void write_tasks(struct json_writer *json, const struct pin *pin)
{
	size_t i;

	json_array(json, "tasks");
	for (i = 0; i < pin->task_count && i < PIN_TASKS_MAX; i++) {
		json_flat_object(json, NULL);
		json_signed(json, "pid", pin->tasks[i].pid);
		json_string(json, "comm", pin->tasks[i].comm);
		json_bool(json, "isolated_it", pin->tasks[i].on_cpu_list);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void pins_json_pin(struct pins_output *output, const struct pin *pin)
{
	struct json_writer *json = &output->json;

	json_object(json, NULL);
	json_string(json, "verdict", pin_verdict_name(pin->verdict));
	json_string(json, "kind", pin->kind);
	json_number(json, "pages", pin->pages);
	if (pin->folio.page.address || pin->first_pfn)
		json_number(json, "pfn", pin->first_pfn);
	if (pin->folio.page.address)
		json_address(json, "page", pin->folio.page.address);
	if (pin->has_slot) {
		json_number(json, "device", pin->type);
		json_number(json, "slot", pin->slot);
	}
	if (pin->counted) {
		write_references(json, pin);
		json_bool(json, "writeback", pin->writeback);
		write_tasks(json, pin);
	}
	if (pin->head_compared)
		json_signed(json, "head_mapcount", pin->head_mapcount);
	if (pin->owner.pid)
		write_task(json, "owner", &pin->owner);
	json_close(json, '}');
}

static void write_tally(struct json_writer *json, const struct pin_tally *tally)
{
	json_number(json, "folios", tally->folios);
	json_number(json, "pages", tally->pages);
}

static void write_summary(struct json_writer *json, const struct pins_summary *summary)
{
	size_t i;

	json_object(json, "summary");
	json_object(json, "verdicts");
	for (i = 0; i < PIN_VERDICT_COUNT; i++) {
		json_flat_object(json, pin_verdict_name((enum pin_verdict)i));
		write_tally(json, &summary->verdicts[i]);
		json_close(json, '}');
	}
	json_close(json, '}');
	json_array(json, "kinds");
	for (i = 0; i < summary->kind_count; i++) {
		json_flat_object(json, NULL);
		json_string(json, "verdict", pin_verdict_name(summary->kinds[i].verdict));
		json_string(json, "kind", summary->kinds[i].name);
		write_tally(json, &summary->kinds[i].tally);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static void pins_json_end(struct pins_output *output, const struct pins_summary *summary,
			  int exit_status)
{
	struct json_writer *json = &output->json;

	json_close(json, ']');
	write_summary(json, summary);
	if (summary->bug) {
		json_object(json, "compaction");
		json_string(json, "bug", summary->bug->name);
		json_string(json, "fix_commit", summary->bug->fix_commit);
		json_string(json, "fix", fix_name(summary->fix));
		json_string(json, "why", summary->fix_why);
		json_close(json, '}');
	}
	json_object(json, "coverage");
	json_number(json, "pages_that_do_not_exist", summary->holes);
	json_number(json, "slots_not_read", summary->slots_unread);
	json_bool(json, "lru_batches_complete", summary->batches_complete);
	json_bool(json, "stacks_complete", summary->holders_complete);
	json_bool(json, "mapcounts_known", summary->mapcounts_known);
	json_bool(json, "interrupted", summary->interrupted);
	json_close(json, '}');
	json_signed(json, "exit_status", exit_status);
	json_close(json, '}');
	fputc('\n', output->options.stream);
}

const struct pins_output_ops pins_json = {
	.begin = pins_json_begin,
	.pin = pins_json_pin,
	.end = pins_json_end,
};
