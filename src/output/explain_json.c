// SPDX-License-Identifier: GPL-2.0-or-later
/* The story for programs; its schema is src/output/kswapck-explain.schema.json. */
#include "output/explain.h"

#include "output/explain_words.h"

#define SCHEMA "kswapck-explain/1"

static size_t at_most(size_t count, size_t limit)
{
	return count < limit ? count : limit;
}

/* 0 is "none" or "not known". */
static void address_or_null(struct json_writer *json, const char *key, uint64_t address)
{
	if (address)
		json_address(json, key, address);
	else
		json_null(json, key);
}

static void number_or_null(struct json_writer *json, const char *key, bool known,
			   uint64_t number)
{
	if (known)
		json_number(json, key, number);
	else
		json_null(json, key);
}

/* An index in a list of the document. */
static void index_or_null(struct json_writer *json, const char *key, size_t index, size_t count)
{
	number_or_null(json, key, index < count, index);
}

static void write_device(struct json_writer *json, const char *device, unsigned int type)
{
	json_string(json, "device", device);
	json_number(json, "type", type);
}

/* A task that is not in the dump has none of them: pid 0 would be another one. */
static void write_task(struct json_writer *json, const struct story_thread *thread)
{
	if (thread->known) {
		json_signed(json, "pid", thread->task.pid);
		json_signed(json, "tgid", thread->task.tgid);
	} else {
		json_null(json, "pid");
		json_null(json, "tgid");
	}
	json_string(json, "comm", thread->known ? thread->task.comm : NULL);
}

/* pid, tgid, comm and CPU of a thread, and where its stack stands in the document. */
static void write_thread(struct json_writer *json, const struct story *story, size_t index)
{
	const struct story_thread *thread = words_thread_at(story, index);

	index_or_null(json, "stack", index, story->thread_count);
	if (!thread)
		return;
	write_task(json, thread);
	number_or_null(json, "cpu", thread->on_cpu, thread->cpu);
}

/* -------------------------------------------------------------------- spinners */

static void write_link(struct json_writer *json, const struct story_link *link)
{
	json_flat_object(json, NULL);
	json_string(json, "kind", story_link_name(link->kind));
	json_string(json, "what", link->what);
	json_string(json, "function", link->function);
	address_or_null(json, "address", link->address);
	json_address(json, "value", link->value);
	json_number(json, "type", link->type);
	json_number(json, "slot", link->slot);
	json_bool(json, "agrees", link->agrees);
	json_close(json, '}');
}

static void write_page(struct json_writer *json, const struct story_spinner *spinner)
{
	const struct kswapck_page *page = &spinner->page;

	if (!spinner->page_read) {
		json_null(json, "struct_page");
		return;
	}
	json_object(json, "struct_page");
	json_address(json, "address", page->address);
	json_address(json, "pfn", page->pfn);
	json_string(json, "text", spinner->page_text);
	json_signed(json, "refcount", page->refcount);
	json_number(json, "order", page->order);
	json_address(json, "flags", page->flags);
	json_address(json, "private", page->private);
	json_address(json, "mapping", page->mapping);
	json_address(json, "page_type", page->page_type);
	if (spinner->private_known)
		json_address(json, "compared_private", spinner->page_private);
	else
		json_null(json, "compared_private");
	json_address(json, "expected_private", spinner->expected_private);
	json_close(json, '}');
}

static void write_loop(struct json_writer *json, const struct story *story,
		       const struct story_spinner *spinner)
{
	struct phrase phrase;

	json_string(json, "loop", story_loop_name(spinner->loop));
	json_string(json, "lookup", spinner->lookup);
	json_string(json, "lookup_for", spinner->lookup_for);
	if (spinner->place) {
		json_object(json, "place");
		json_string(json, "function", spinner->place->function);
		json_string(json, "file", spinner->place->file);
		json_string(json, "statement", spinner->place->statement);
		json_close(json, '}');
	} else {
		json_null(json, "place");
	}
	words_why(story, spinner, &phrase);
	json_string(json, "why", phrase.text);
	words_end(story, spinner, &phrase);
	json_string(json, "what_ends", phrase.text);
}

static void write_spinner(struct json_writer *json, const struct story *story,
			  const struct story_spinner *spinner)
{
	unsigned int count = (unsigned int)at_most(spinner->link_count, STORY_LINKS_MAX), i;

	json_object(json, NULL);
	write_thread(json, story, spinner->thread);
	write_loop(json, story, spinner);
	json_bool(json, "holds_rcu", spinner->holds_rcu);
	json_string(json, "device", words_slot_known(spinner) ? spinner->device : NULL);
	number_or_null(json, "type", words_slot_known(spinner), spinner->type);
	number_or_null(json, "slot", words_slot_known(spinner), spinner->slot);
	json_bool(json, "certain", spinner->certain);
	json_number(json, "agreeing", spinner->agreeing);
	address_or_null(json, "entry", spinner->entry);
	write_page(json, spinner);
	json_string(json, "problem", spinner->problem ? spinner->problem->id : NULL);
	address_or_null(json, "fault_address", spinner->fault_address);
	json_array(json, "evidence");
	for (i = 0; i < count; i++)
		write_link(json, &spinner->links[i]);
	json_close(json, ']');
	json_close(json, '}');
}

static void write_spinners(struct json_writer *json, const struct story *story)
{
	size_t count = at_most(story->spinner_count, STORY_SPINNERS_MAX), i;

	json_array(json, "spinners");
	for (i = 0; i < count; i++)
		write_spinner(json, story, &story->spinners[i]);
	json_close(json, ']');
	json_number(json, "spinners_lost", story->spinners_lost);
}

/* ---------------------------------------------------------------- how, and the bug */

static void write_origin(struct json_writer *json, const struct story *story)
{
	const struct story_origin *origin = &story->origin;
	struct phrase phrase;

	if (origin->pattern == PATTERN_NONE) {
		json_null(json, "origin");
		return;
	}
	words_origin(story, &phrase);
	json_object(json, "origin");
	json_string(json, "pattern", story_pattern_name(origin->pattern));
	json_string(json, "text", phrase.text);
	write_device(json, origin->device, origin->type);
	json_number(json, "first_slot", origin->first_slot);
	json_number(json, "slots", origin->slots);
	json_number(json, "wrong_slots", origin->wrong_slots);
	address_or_null(json, "new_page", origin->new_page);
	address_or_null(json, "old_page", origin->old_page);
	json_number(json, "places", origin->places);
	json_number(json, "places_slots", origin->places_slots);
	json_close(json, '}');
}

static void write_bug(struct json_writer *json, const struct story_bug *judged)
{
	const struct known_bug *bug = judged->bug;
	unsigned int i;

	json_object(json, NULL);
	json_string(json, "name", bug->name);
	json_string(json, "summary", bug->summary);
	json_string(json, "introduced", bug->introduced);
	json_string(json, "introduced_commit", bug->introduced_commit);
	json_string(json, "fixed", bug->fixed);
	json_string(json, "fix_commit", bug->fix_commit);
	json_array(json, "stable");
	for (i = 0; i < STORY_FIXES_MAX && bug->fixes[i].branch; i++) {
		json_flat_object(json, NULL);
		json_string(json, "branch", bug->fixes[i].branch);
		json_string(json, "release", bug->fixes[i].release);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_string(json, "status", story_fix_name(judged->status));
	json_string(json, "why", judged->why);
	json_close(json, '}');
}

static void write_bugs(struct json_writer *json, const struct story *story)
{
	size_t count = at_most(story->bug_count, sizeof(story->bugs) / sizeof(story->bugs[0])), i;

	json_array(json, "bugs");
	for (i = 0; i < count; i++)
		write_bug(json, &story->bugs[i]);
	json_close(json, ']');
}

/* ------------------------------------- folios that belong elsewhere, and who died of it */

static void write_moved(struct json_writer *json, const struct story *story)
{
	const struct story_moved *moved = &story->moved;
	const struct story_range *range = NULL;
	struct phrase phrase;

	if (moved->pages && moved->range < story->findings->count)
		range = &story->findings->ranges[moved->range];
	if (!range) {
		json_null(json, "moved");
		return;
	}
	json_object(json, "moved");
	words_moved(moved, &phrase);
	json_string(json, "text", phrase.text);
	words_moved_end(moved, &phrase);
	json_string(json, "what_ends", phrase.text);
	json_number(json, "pages", moved->pages);
	json_number(json, "copied", moved->copied);
	json_bool(json, "checked", moved->checked);
	json_bool(json, "can_move", moved->can_move);
	json_signed(json, "pid", range->pid);
	json_string(json, "comm", range->comm);
	json_address(json, "mm", range->mm);
	json_address(json, "address", range->address);
	address_or_null(json, "from", moved->from);
	write_device(json, range->device, range->type);
	json_number(json, "slot", range->first_slot);
	address_or_null(json, "page", range->page);
	json_close(json, '}');
}

static void write_crash(struct json_writer *json, const struct story *story)
{
	const struct story_crash *crash = &story->crash;

	if (!crash->happened) {
		json_null(json, "crash");
		return;
	}
	json_object(json, "crash");
	index_or_null(json, "event", crash->event, story->log.event_count);
	index_or_null(json, "stack", crash->thread, story->thread_count);
	if (crash->pid)
		json_signed(json, "pid", crash->pid);
	else
		json_null(json, "pid");
	address_or_null(json, "address", crash->address);
	json_bool(json, "proved", crash->proved);
	json_string(json, "device", crash->proved ? crash->device : NULL);
	number_or_null(json, "type", crash->proved, crash->type);
	number_or_null(json, "slot", crash->proved, crash->slot);
	address_or_null(json, "page", crash->proved ? crash->page : 0);
	address_or_null(json, "folio_index", crash->proved ? crash->folio_index : 0);
	address_or_null(json, "place_index", crash->proved ? crash->place_index : 0);
	address_or_null(json, "folio_root", crash->proved ? crash->folio_root : 0);
	address_or_null(json, "place_root", crash->proved ? crash->place_root : 0);
	json_close(json, '}');
}

/* ------------------------------------------------ swapoffs, and devices that are gone */

static void write_swapoff(struct json_writer *json, const struct story *story,
			  const struct story_swapoff *swapoff)
{
	bool known = swapoff->device_known;
	struct phrase phrase;

	words_swapoff(story, swapoff, &phrase);
	json_object(json, NULL);
	write_thread(json, story, swapoff->thread);
	json_string(json, "text", phrase.text);
	json_string(json, "device", known ? swapoff->device : NULL);
	number_or_null(json, "type", known, swapoff->type);
	json_bool(json, "on_stack", swapoff->on_stack);
	json_string(json, "waits_for", story_swapoff_name(swapoff->step));
	json_string(json, "function", swapoff->function);
	address_or_null(json, "object", swapoff->object);
	number_or_null(json, "page_slot", swapoff->page_slot != 0, swapoff->page_slot);
	if (swapoff->mm_pid)
		json_signed(json, "lock_pid", swapoff->mm_pid);
	else
		json_null(json, "lock_pid");
	index_or_null(json, "holder", swapoff->holder, story->thread_count);
	index_or_null(json, "spinner", swapoff->spinner, story->spinner_count);
	json_bool(json, "users_dead", swapoff->users_dead);
	number_or_null(json, "left", known, swapoff->left);
	json_bool(json, "counted", swapoff->counted);
	json_number(json, "owned", swapoff->owned);
	json_number(json, "cached", swapoff->cached);
	json_number(json, "empty", swapoff->empty);
	json_number(json, "broken", swapoff->broken);
	json_number(json, "doubtful", swapoff->doubtful);
	json_string(json, "problem", swapoff->problem ? swapoff->problem->id : NULL);
	json_bool(json, "endless", swapoff->endless);
	json_close(json, '}');
}

static void write_swapoffs(struct json_writer *json, const struct story *story)
{
	size_t i;

	json_array(json, "swapoffs");
	for (i = 0; i < story->swapoff_count && i < STORY_SWAPOFFS_MAX; i++)
		write_swapoff(json, story, &story->swapoffs[i]);
	json_close(json, ']');
	json_number(json, "swapoffs_lost", story->swapoffs_lost);
}

static void write_gone_user(struct json_writer *json, const struct story *story,
			    const struct story_gone_user *user)
{
	json_flat_object(json, NULL);
	write_thread(json, story, user->thread);
	json_string(json, "function", user->function);
	json_number(json, "type", user->type);
	json_number(json, "slot", user->slot);
	json_address(json, "address", user->address);
	json_address(json, "pte", user->pte);
	json_close(json, '}');
}

static void write_gone(struct json_writer *json, const struct story *story)
{
	const struct story_gone *gone = &story->gone;
	unsigned int i;

	json_object(json, "gone");
	json_number(json, "entries", gone->entries);
	json_array(json, "users");
	for (i = 0; i < gone->user_count && i < STORY_GONE_USERS_MAX; i++)
		write_gone_user(json, story, &gone->users[i]);
	json_close(json, ']');
	json_number(json, "users_lost", gone->users_lost);
	json_close(json, '}');
}

/* ---------------------------------------------------------------- the log, and RCU */

static void write_event(struct json_writer *json, const struct story *story,
			const struct story_event *event)
{
	unsigned int i;

	json_object(json, NULL);
	json_string(json, "kind", story_event_name(event->kind));
	json_number(json, "count", event->count);
	json_seconds(json, "first", (double)event->first_time / 1e9);
	json_seconds(json, "last", (double)event->last_time / 1e9);
	json_string(json, "text", event->text);
	json_string(json, "function", event->function[0] ? event->function : NULL);
	json_string(json, "reason", event->reason[0] ? event->reason : NULL);
	address_or_null(json, "address", event->address);
	json_array(json, "cpus");
	for (i = 0; i < event->cpu_count && i < STORY_EVENT_CPUS_MAX; i++)
		json_number(json, NULL, event->cpus[i]);
	json_close(json, ']');
	json_array(json, "pids");
	for (i = 0; i < event->pid_count && i < STORY_EVENT_CPUS_MAX; i++)
		json_signed(json, NULL, event->pids[i]);
	json_close(json, ']');
	index_or_null(json, "spinner", event->spinner, story->spinner_count);
	json_bool(json, "recent", event->recent);
	json_close(json, '}');
}

static void write_log(struct json_writer *json, const struct story *story)
{
	const struct story_log *log = &story->log;
	unsigned int i;

	if (!log->read) {
		json_null(json, "log");
		return;
	}
	json_object(json, "log");
	json_number(json, "records", log->records);
	json_seconds(json, "last", (double)log->last_time / 1e9);
	json_number(json, "unreadable", log->gaps.unreadable);
	json_number(json, "damaged", log->gaps.damaged);
	json_number(json, "cut", log->gaps.cut);
	json_array(json, "events");
	for (i = 0; i < log->event_count && i < STORY_EVENTS_MAX; i++)
		write_event(json, story, &log->events[i]);
	json_close(json, ']');
	json_number(json, "events_lost", log->events_lost);
	json_close(json, '}');
}

static void write_blocker(struct json_writer *json, const struct story *story,
			  unsigned int index)
{
	const struct rcu_blocker *blocker = &story->rcu.view.blockers[index];
	size_t thread = story->rcu.blocker_threads[index];

	json_flat_object(json, NULL);
	if (blocker->kind == RCU_BLOCKER_CPU) {
		json_string(json, "kind", "CPU");
		json_number(json, "cpu", blocker->cpu);
	} else {
		json_string(json, "kind", "task");
		json_address(json, "task", blocker->task);
	}
	index_or_null(json, "stack", thread, story->thread_count);
	index_or_null(json, "spinner", words_is_spinner(story, thread), story->spinner_count);
	json_close(json, '}');
}

static void write_rcu(struct json_writer *json, const struct story *story)
{
	const struct rcu_view *view = &story->rcu.view;
	unsigned int i;

	if (!story->rcu.read) {
		json_null(json, "rcu");
		return;
	}
	json_object(json, "rcu");
	json_string(json, "flavour", view->flavour);
	json_bool(json, "preemptible", view->preemptible);
	json_bool(json, "in_progress", view->in_progress);
	json_address(json, "gp_seq", view->sequence);
	if (view->age_known)
		json_seconds(json, "age", view->age);
	else
		json_null(json, "age");
	number_or_null(json, "stall_timeout", view->stall_timeout_known, view->stall_timeout);
	json_bool(json, "stalled", story->rcu.stalled);
	json_bool(json, "by_spinner", story->rcu.by_spinner);
	json_number(json, "callbacks", view->callbacks);
	json_number(json, "cpus_unread", view->cpus_unread);
	json_address(json, "rcu_state", view->state_address);
	json_number(json, "blocker_count", view->blocker_count);
	json_bool(json, "blockers_complete", view->blockers_complete);
	json_array(json, "blockers");
	for (i = 0; i < view->blocker_count && i < RCU_BLOCKERS_MAX; i++)
		write_blocker(json, story, i);
	json_close(json, ']');
	json_close(json, '}');
}

/* -------------------------------------------------------------------- who is next */

static void write_waiters(struct json_writer *json, const struct story *story)
{
	size_t i;

	json_array(json, "waiters");
	for (i = 0; i < story->waiter_count; i++) {
		const struct story_waiter *waiter = &story->waiters[i];

		json_flat_object(json, NULL);
		write_thread(json, story, waiter->thread);
		json_string(json, "waits_for", story_wait_name(waiter->kind));
		json_string(json, "function", waiter->function);
		address_or_null(json, "object", waiter->object);
		index_or_null(json, "spinner", waiter->spinner, story->spinner_count);
		index_or_null(json, "holder", waiter->holder, story->thread_count);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_victim(struct json_writer *json, const struct story *story,
			 const struct story_victim *victim)
{
	const struct story_range *range = NULL;

	if (victim->range < story->findings->count)
		range = &story->findings->ranges[victim->range];
	json_flat_object(json, NULL);
	json_signed(json, "pid", victim->pid);
	json_string(json, "comm", victim->comm);
	json_address(json, "mm", victim->mm);
	json_address(json, "address", victim->address);
	json_number(json, "pages", victim->count);
	if (range) {
		write_device(json, range->device, range->type);
		json_number(json, "first_slot", range->first_slot);
		json_number(json, "last_slot", range->last_slot);
		json_string(json, "problem", range->problem ? range->problem->id : NULL);
		json_string(json, "effect", story_effect_name(range->effect));
	}
	json_bool(json, "is_spinner", victim->is_spinner);
	json_close(json, '}');
}

static void write_victims(struct json_writer *json, const struct story *story)
{
	const struct story_victims *victims = &story->victims;
	size_t i;

	json_object(json, "victims");
	json_bool(json, "swept", victims->swept);
	json_bool(json, "interrupted", victims->interrupted);
	json_number(json, "pages", victims->pages);
	json_number(json, "processes", victims->processes);
	json_number(json, "tables", victims->tables);
	json_number(json, "tables_unreadable", victims->tables_unreadable);
	json_array(json, "list");
	for (i = 0; i < victims->count; i++)
		write_victim(json, story, &victims->victims[i]);
	json_close(json, ']');
	json_number(json, "lost", victims->lost);
	json_close(json, '}');
}

/* ------------------------------------------------------------------------ stacks */

static const char *end_name(enum unwind_end end)
{
	static const char *const names[UNWIND_END_COUNT] = {
		[UNWIND_USER] = "user",
		[UNWIND_TOP] = "top",
		[UNWIND_NO_STACK] = "no stack",
		[UNWIND_ON_CPU] = "on CPU",
		[UNWIND_NO_START] = "no start",
		[UNWIND_NO_TABLE] = "no table",
		[UNWIND_NOT_CODE] = "not code",
		[UNWIND_UNREADABLE] = "unreadable",
		[UNWIND_OFF_STACK] = "off stack",
		[UNWIND_NO_PROGRESS] = "no progress",
		[UNWIND_TOO_DEEP] = "too deep",
		[UNWIND_NO_REGISTER] = "no register",
		[UNWIND_BAD_REGISTERS] = "bad registers",
	};

	return end < UNWIND_END_COUNT ? names[end] : NULL;
}

static const char *kind_name(enum frame_kind kind)
{
	if (kind == FRAME_RUNNING)
		return "running";
	return kind == FRAME_CALL ? "call" : "interrupted";
}

static void write_source(struct json_writer *json, const char *file, int line)
{
	json_string(json, "file", file);
	number_or_null(json, "line", file && line > 0, (uint64_t)line);
}

static void write_locals(struct json_writer *json, const struct story_frame *frame)
{
	unsigned int i;

	json_array(json, "locals");
	for (i = 0; i < frame->local_count; i++) {
		const struct debug_local *local = &frame->locals[i];

		json_flat_object(json, NULL);
		json_string(json, "function", local->function);
		json_string(json, "name", local->name);
		json_string(json, "type", local->type);
		json_number(json, "pointers", local->pointers);
		address_or_null(json, "address", local->in_memory ? local->address : 0);
		if (!local->in_memory || local->size <= sizeof(local->value))
			json_address(json, "value", local->value);
		else
			json_null(json, "value");
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_frame(struct json_writer *json, const struct story_frame *frame)
{
	unsigned int i;

	json_flat_object(json, NULL);
	json_string(json, "function", frame->named ? frame->name.function : NULL);
	if (frame->named)
		json_address(json, "offset", frame->name.offset);
	else
		json_null(json, "offset");
	json_string(json, "module",
		    frame->named && frame->name.module[0] ? frame->name.module : NULL);
	json_address(json, "pc", frame->pc);
	json_string(json, "stack", stack_kind_text(frame->stack));
	json_string(json, "kind", kind_name(frame->kind));
	json_bool(json, "guessed", frame->guessed);
	json_array(json, "inlined");
	for (i = 0; i < frame->inlined_count && i < STORY_INLINED_MAX; i++) {
		json_flat_object(json, NULL);
		json_string(json, "function", frame->inlined[i].function);
		write_source(json, frame->inlined[i].file, frame->inlined[i].line);
		json_close(json, '}');
	}
	json_close(json, ']');
	write_source(json, frame->file, frame->line);
	if (frame->local_count)
		write_locals(json, frame);
	json_close(json, '}');
}

static void write_stack(struct json_writer *json, const struct story_thread *thread)
{
	bool has_registers = thread->on_cpu && thread->origin != REGISTERS_MISSING;
	unsigned int i;

	json_object(json, NULL);
	write_task(json, thread);
	json_address(json, "task", thread->task.address);
	if (thread->known)
		json_address(json, "state", thread->task.state);
	else
		json_null(json, "state");
	number_or_null(json, "cpu", thread->on_cpu, thread->cpu);
	json_bool(json, "on_cpu", thread->on_cpu);
	json_bool(json, "preempted", thread->preempted);
	json_bool(json, "user", thread->user);
	address_or_null(json, "user_pc", thread->user_pc);
	json_string(json, "registers",
		    has_registers ? register_origin_text(thread->origin) : NULL);
	json_string(json, "registers_missing", thread->missing);
	json_string(json, "end", end_name(thread->end));
	address_or_null(json, "end_address", thread->end_address);
	json_bool(json, "complete", unwind_end_complete(thread->end));
	json_array(json, "frames");
	for (i = 0; i < thread->frame_count; i++)
		write_frame(json, &thread->frames[i]);
	json_close(json, ']');
	json_close(json, '}');
}

static void write_stacks(struct json_writer *json, const struct story *story)
{
	size_t i;

	json_array(json, "stacks");
	for (i = 0; i < story->thread_count; i++)
		write_stack(json, &story->threads[i]);
	json_close(json, ']');
	json_number(json, "stacks_lost", story->threads_lost);
}

/* Indices of those that RCU waits for or the log names in a stall. */
static void write_stalled(struct json_writer *json, const struct story *story)
{
	size_t i;

	json_array(json, "stalled");
	for (i = 0; i < story->thread_count; i++)
		if (words_is_stalled(story, i))
			json_number(json, NULL, i);
	json_close(json, ']');
}

/* ------------------------------------------------------------------------ the whole */

static void write_audit(struct json_writer *json, const struct explanation *explanation)
{
	const struct story_findings *findings = explanation->story->findings;
	const struct audit_summary *audit = &explanation->totals->audit;

	json_flat_object(json, "audit");
	json_number(json, "errors", audit->errors);
	json_number(json, "warnings", audit->warnings);
	json_bool(json, "complete", audit_summary_complete(audit));
	json_number(json, "slots", audit->slots);
	json_number(json, "spin_slots", findings->spin_slots);
	json_number(json, "refault_slots", findings->refault_slots);
	json_number(json, "rmap_slots", findings->rmap_slots);
	json_number(json, "lost_slots", findings->lost_slots);
	json_number(json, "dead_devices", findings->dead_devices);
	json_close(json, '}');
}

static void write_fingerprint(struct json_writer *json, const struct story *story)
{
	if (!story->fingerprint.name[0]) {
		json_null(json, "fingerprint");
		return;
	}
	json_flat_object(json, "fingerprint");
	json_string(json, "name", story->fingerprint.name);
	json_string(json, "recipe", story->fingerprint.recipe);
	json_close(json, '}');
}

static void write_machine(struct json_writer *json, const struct story *story)
{
	json_flat_object(json, "machine");
	json_string(json, "version", story->version);
	if (story->uptime > 0)
		json_seconds(json, "uptime", story->uptime);
	else
		json_null(json, "uptime");
	json_number(json, "cpus", story->cpu_count);
	json_bool(json, "tasks_complete", story->tasks_complete);
	json_bool(json, "dwarf", story->dwarf);
	json_close(json, '}');
}

static void write_gaps(struct json_writer *json, const struct story *story)
{
	size_t i;

	json_array(json, "missing");
	for (i = 0; i < story->gap_count && i < STORY_GAPS_MAX; i++) {
		json_flat_object(json, NULL);
		json_string(json, "part", story->gaps[i].part);
		json_string(json, "why", story->gaps[i].why);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void explain_json(struct json_writer *json, const char *key,
		  const struct explanation *explanation)
{
	const struct story *story = explanation->story;
	struct phrase phrase;

	words_verdict(explanation, &phrase);
	json_object(json, key);
	json_string(json, "schema", SCHEMA);
	json_string(json, "kswapck", KSWAPCK_VERSION);
	json_dump(json, explanation->subject);
	json_kernel(json, explanation->subject);
	write_machine(json, story);
	json_string(json, "verdict", story_verdict_name(story->verdict));
	json_string(json, "text", phrase.text);
	write_fingerprint(json, story);
	write_audit(json, explanation);
	write_spinners(json, story);
	write_origin(json, story);
	write_moved(json, story);
	write_crash(json, story);
	write_bugs(json, story);
	write_swapoffs(json, story);
	write_gone(json, story);
	write_log(json, story);
	write_rcu(json, story);
	write_stalled(json, story);
	write_waiters(json, story);
	write_victims(json, story);
	write_stacks(json, story);
	write_gaps(json, story);
	json_bool(json, "incomplete", story->incomplete);
	json_bool(json, "interrupted", story->interrupted);
	json_number(json, "exit_status", (uint64_t)explanation->totals->exit_status);
	json_close(json, '}');
}
