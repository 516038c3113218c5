// SPDX-License-Identifier: GPL-2.0-or-later
#include "story_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"

#define PAGE UINT64_C(0xffffea0000038000)
#define STACK UINT64_C(0xffffc900001f7d28)

static const char *const files[] = {"vmcore"};

static const struct story_loop_place place = {
	"mapping_get_entry", "mm/filemap.c", "folio_try_get_rcu() fails: goto repeat",
};

/* ----------------------------------------------------------------------- parts */

static void frame(struct sample *sample, size_t thread, const char *function,
		  enum frame_kind kind, enum stack_kind stack)
{
	struct story_thread *to = &sample->threads[thread];
	struct story_frame *frame_of = &sample->frames[thread][to->frame_count++];

	*frame_of = (struct story_frame){
		.pc = UINT64_C(0xffffffff81234560) + to->frame_count,
		.kind = kind,
		.stack = stack,
		.named = true,
	};
	snprintf(frame_of->name.function, sizeof(frame_of->name.function), "%s", function);
	frame_of->name.offset = 0x73;
}

static size_t thread(struct sample *sample, int pid, const char *comm)
{
	size_t index = sample->story.thread_count++;
	struct story_thread *new = &sample->threads[index];

	new->frames = sample->frames[index];
	new->known = true;
	new->task.address = UINT64_C(0xffff888001230000) + index * 4096;
	new->task.pid = new->task.tgid = pid;
	new->task.mm = UINT64_C(0xffff888004560000);
	snprintf(new->task.comm, sizeof(new->task.comm), "%s", comm);
	new->end = UNWIND_USER;
	return index;
}

static size_t spinning_thread(struct sample *sample)
{
	size_t index = thread(sample, 37, "lab");

	sample->threads[index].on_cpu = true;
	sample->threads[index].cpu = 1;
	sample->threads[index].origin = REGISTERS_CRASH_NOTES;
	frame(sample, index, "crash_nmi_callback", FRAME_RUNNING, STACK_NMI);
	frame(sample, index, "asm_exc_nmi", FRAME_CALL, STACK_NMI);
	frame(sample, index, "xas_load", FRAME_INTERRUPTED, STACK_TASK);
	frame(sample, index, "__filemap_get_folio", FRAME_CALL, STACK_TASK);
	frame(sample, index, "swap_cache_get_folio", FRAME_CALL, STACK_TASK);
	frame(sample, index, "do_swap_page", FRAME_CALL, STACK_TASK);
	frame(sample, index, "asm_exc_page_fault", FRAME_CALL, STACK_TASK);
	return index;
}

static void link_to(struct story_spinner *spinner, enum story_link_kind kind, const char *what,
		    uint64_t value, uint64_t slot)
{
	spinner->links[spinner->link_count++] = (struct story_link){
		.kind = kind,
		.what = what,
		.function = "do_swap_page",
		.address = kind <= LINK_VM_FAULT ? STACK : 0,
		.value = value,
		.slot = slot,
		.agrees = slot == spinner->slot,
	};
}

static void spinner(struct sample *sample, size_t index, enum story_loop loop)
{
	struct story_spinner *new = &sample->story.spinners[sample->story.spinner_count++];

	*new = (struct story_spinner){
		.thread = index,
		.loop = loop,
		.lookup = loop == LOOP_STALL ? "swap_cache_get_folio" : NULL,
		.lookup_for = loop == LOOP_STALL ? "do_swap_page" : NULL,
		.place = &place,
		.slot = 16389,
		.device = "vda",
		.entry = PAGE,
		.page_read = true,
		.page = {.address = PAGE, .pfn = 0xe00, .private = loop == LOOP_STALL ? 9 : 0,
			 .marks = loop == LOOP_STALL ? 0 : KSWAPCK_PAGE_SWAPCACHE},
		.page_text = "a free block of order 9",
		.private_known = true,
		.expected_private = 0x4005,
		.problem = catalogue_find(checks(), loop == LOOP_STALL ? "KS101" : "KS107"),
		.fault_address = 0x7f2b3dc05000,
		.holds_rcu = loop == LOOP_STALL,
		.agreeing = 2,
		.certain = true,
	};
	link_to(new, LINK_XA_STATE, "xa_state.xa_index", 0x4005, 16389);
	link_to(new, LINK_VM_FAULT, "vm_fault.orig_pte", 0x7ffffffff7ff400, 16389);
}

static void origin(struct sample *sample, enum story_pattern pattern)
{
	const struct known_bug *bug;
	size_t i;

	sample->story.origin = (struct story_origin){
		.pattern = pattern,
		.device = "vda",
		.first_slot = 16384,
		.slots = 512,
		.wrong_slots = 511,
		.new_page = PAGE + 0x8000,
		.old_page = PAGE,
		.places = 4,
		.places_slots = 2044,
	};
	for (i = 0; (bug = known_bug_at(i)) && sample->story.bug_count < 4; i++)
		if (bug->patterns >> pattern & 1)
			sample->story.bugs[sample->story.bug_count++] = (struct story_bug){
				.bug = bug,
				.status = FIX_ABSENT,
				.why = "This is upstream's 6.1.70; the fix is in 6.1.71.",
			};
}

static void ranges(struct sample *sample, enum story_effect effect)
{
	sample->ranges[0] = (struct story_range){
		.problem = catalogue_find(checks(), effect == EFFECT_SPIN ? "KS101" : "KS107"),
		.effect = effect,
		.first_slot = 16385,
		.last_slot = 16895,
		.page = PAGE,
		.device = "vda",
	};
	sample->findings.count = 1;
	if (effect == EFFECT_SPIN)
		sample->findings.spin_slots = 511;
	else
		sample->findings.refault_slots = 511;
	sample->totals.audit.errors = 1;
	sample->totals.exit_status = 1;
}

static void victim(struct sample *sample, int pid, const char *comm, bool is_spinner)
{
	struct story_victims *victims = &sample->story.victims;
	struct story_victim *new = &sample->victims[victims->count++];

	victims->swept = true;
	victims->processes = 40;
	victims->pages += 511;
	*new = (struct story_victim){
		.pid = pid,
		.mm = UINT64_C(0xffff888004560000) + (uint64_t)pid * 4096,
		.address = 0x7f2b3dc01000,
		.count = 511,
		.is_spinner = is_spinner,
	};
	snprintf(new->comm, sizeof(new->comm), "%s", comm);
}

static void rcu(struct sample *sample, size_t blocker, bool by_spinner)
{
	struct story_rcu *new = &sample->story.rcu;

	*new = (struct story_rcu){.read = true, .stalled = true, .by_spinner = by_spinner};
	new->view = (struct rcu_view){
		.flavour = "rcu_preempt",
		.in_progress = true,
		.sequence = (uint64_t)-1055,
		.age_known = true,
		.age = 21.3,
		.stall_timeout_known = true,
		.stall_timeout = 21,
		.callbacks = 421,
		.blockers = {{.kind = RCU_BLOCKER_CPU, .cpu = 1}},
		.blocker_count = 1,
		.blockers_complete = true,
	};
	new->blocker_threads[0] = blocker;
}

static void event(struct sample *sample, enum story_event_kind kind, const char *text,
		  size_t of_spinner)
{
	struct story_log *log = &sample->story.log;
	struct story_event *new = &log->events[log->event_count++];

	*new = (struct story_event){
		.kind = kind,
		.count = 3,
		.first_time = 21000000000,
		.last_time = 84000000000,
		.cpus = {1},
		.cpu_count = 1,
		.pids = {37},
		.pid_count = 1,
		.spinner = of_spinner,
	};
	snprintf(new->text, sizeof(new->text), "%s", text);
}

static void waiter(struct sample *sample, size_t index, enum story_wait_kind kind)
{
	sample->waiters[sample->story.waiter_count++] = (struct story_waiter){
		.thread = index,
		.kind = kind,
		.function = "rwsem_down_write_slowpath",
		.object = UINT64_C(0xffff888004560068),
		.holder = SIZE_MAX,
	};
}

/* --------------------------------------------------------------------- verdicts */

static void stuck(struct sample *sample, enum story_loop loop)
{
	size_t index = spinning_thread(sample);

	spinner(sample, index, loop);
	ranges(sample, loop == LOOP_STALL ? EFFECT_SPIN : EFFECT_REFAULT);
	origin(sample, loop == LOOP_STALL ? PATTERN_ONE_SLOT : PATTERN_HEAD_PRIVATE);
	victim(sample, 37, "lab", true);
	victim(sample, 40, "other", false);
	waiter(sample, thread(sample, 41, "mapper"), WAIT_MMAP_LOCK);
	if (loop != LOOP_STALL)
		return;
	rcu(sample, index, true);
	event(sample, EVENT_RCU_STALL, "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", 0);
}

/* Somebody died of a folio that belongs elsewhere, and there are more of them. */
static void crash(struct sample *sample)
{
	struct story *story = &sample->story;
	size_t index = thread(sample, 41, "toucher");

	sample->ranges[0] = (struct story_range){
		.problem = catalogue_find(checks(), "KS602"),
		.effect = EFFECT_RMAP,
		.first_slot = 16395,
		.last_slot = 16399,
		.page = PAGE,
		.has_device = true,
		.device = "vda",
		.mm = UINT64_C(0xffff888004560000),
		.address = 0x7f023d93e000,
		.pid = 1,
		.comm = "mover",
	};
	sample->findings.count = 1;
	sample->findings.rmap_slots = 5;
	sample->totals.audit.errors = 1;
	sample->totals.exit_status = 1;
	origin(sample, PATTERN_MOVED);
	story->moved = (struct story_moved){
		.pages = 5, .checked = true, .can_move = true, .from = 0x7f023d889000,
	};
	event(sample, EVENT_OOPS, "kernel BUG at mm/rmap.c:1278!", SIZE_MAX);
	snprintf(story->log.events[0].function, sizeof(story->log.events[0].function),
		 "__page_check_anon_rmap");
	snprintf(story->log.events[0].reason, sizeof(story->log.events[0].reason),
		 "VM_BUG_ON_FOLIO(folio_anon_vma(folio)->root != vma->anon_vma->root)");
	story->crash = (struct story_crash){
		.happened = true, .thread = index, .pid = 41, .address = 0x7f023d943000,
		.proved = true, .slot = 16400, .device = "vda", .page = PAGE + 0x140,
		.folio_index = 0x7f023d88e, .place_index = 0x7f023d943,
		.folio_root = UINT64_C(0xffff9ff6081391a0),
		.place_root = UINT64_C(0xffff9ff608139208),
	};
	victim(sample, 1, "mover", false);
}

struct story_swapoff *sample_swapoff(struct sample *sample)
{
	struct story_swapoff *new = &sample->story.swapoffs[sample->story.swapoff_count++];

	*new = (struct story_swapoff){
		.thread = thread(sample, 98, "swapoff"),
		.step = SWAPOFF_READS,
		.function = "swap_cluster_readahead",
		.holder = SIZE_MAX,
		.spinner = SIZE_MAX,
		.device_known = true,
		.on_stack = true,
		.device = "vda",
		.counted = true,
		.left = 67430,
		.owned = 67320,
		.cached = 110,
	};
	return new;
}

static void unrelated(struct sample *sample)
{
	size_t index = thread(sample, 37, "modprobe");

	sample->threads[index].on_cpu = true;
	sample->threads[index].cpu = 1;
	sample->threads[index].origin = REGISTERS_QEMU;
	frame(sample, index, "spin_for_ever", FRAME_RUNNING, STACK_TASK);
	snprintf(sample->frames[index][0].name.module, sizeof(sample->frames[index][0].name.module),
		 "badmod");
	rcu(sample, index, false);
	event(sample, EVENT_SOFT_LOCKUP, "watchdog: BUG: soft lockup - CPU#1 stuck for 26s!",
	      SIZE_MAX);
}

static void idle(struct sample *sample)
{
	unsigned int cpu;

	for (cpu = 0; cpu < sample->story.cpu_count; cpu++) {
		struct story_thread *new = &sample->threads[thread(sample, 0, "swapper")];

		new->on_cpu = new->task.kernel_thread = true;
		new->cpu = cpu;
		new->task.mm = 0;
		new->end = UNWIND_TOP;
	}
	sample->story.rcu.read = true;
	snprintf(sample->story.rcu.view.flavour, sizeof(sample->story.rcu.view.flavour),
		 "rcu_preempt");
}

static void missing(struct sample *sample)
{
	struct story *story = &sample->story;

	sample->totals.audit.devices_unreadable = 1;
	sample->totals.exit_status = 4;
	story->incomplete = true;
	story->gaps[story->gap_count++] = (struct story_gap){"kernel log", "prb is not readable"};
}

struct sample *sample_new(enum story_verdict verdict)
{
	struct sample *sample = calloc(1, sizeof(*sample));

	sample->facts = (struct source_facts){
		.format = "ELF core", .architecture = "x86_64", .dump_level = -1,
	};
	sample->subject = (struct report_subject){
		.files = files, .file_count = 1, .facts = &sample->facts, .release = "6.1.70",
		.symbols_from = "kallsyms", .types_from = "BTF", .era = "xarray",
	};
	sample->totals.audit.devices = 1;
	sample->totals.audit.slots = 262144;
	sample->findings.ranges = sample->ranges;
	sample->story.verdict = verdict;
	sample->story.findings = &sample->findings;
	sample->story.threads = sample->threads;
	sample->story.waiters = sample->waiters;
	sample->story.victims.victims = sample->victims;
	sample->story.cpu_count = 2;
	sample->story.tasks_complete = true;
	sample->story.log = (struct story_log){.read = true, .records = 320};
	snprintf(sample->story.release, sizeof(sample->story.release), "6.1.70");
	sample->explanation = (struct explanation){
		.story = &sample->story,
		.subject = &sample->subject,
		.totals = &sample->totals,
		.heading = true,
	};
	switch (verdict) {
	case VERDICT_STALL:
		stuck(sample, LOOP_STALL);
		break;
	case VERDICT_REFAULT:
		stuck(sample, LOOP_REFAULT);
		break;
	case VERDICT_LATENT:
		ranges(sample, EFFECT_SPIN);
		origin(sample, PATTERN_ONE_SLOT);
		victim(sample, 40, "other", false);
		break;
	case VERDICT_CRASH:
		crash(sample);
		break;
	case VERDICT_DAMAGE:
		sample->totals.audit.warnings = 2;
		sample->totals.exit_status = 2;
		break;
	case VERDICT_UNRELATED:
		unrelated(sample);
		break;
	case VERDICT_CLEAN:
		idle(sample);
		break;
	case VERDICT_UNKNOWN:
		missing(sample);
		break;
	default:
		break;
	}
	return sample;
}

/* ------------------------------------------------------------------------ worst */

#define EVIL "\033[31m\n\x9b\x07 \""

/* Letters without a blank, to the end of @text. */
static void fill(char *text, size_t size)
{
	memset(text, 'x', size - 1);
	text[size - 1] = 0;
	memcpy(text, EVIL, strlen(EVIL) < size ? strlen(EVIL) : size - 1);
}

static void worst_frames(struct story_thread *new)
{
	unsigned int i;

	for (i = 0; i < new->frame_count; i++) {
		struct story_frame *one = &new->frames[i];

		fill(one->name.function, sizeof(one->name.function));
		fill(one->name.module, sizeof(one->name.module));
		one->name.offset = UINT64_MAX;
		one->pc = UINT64_MAX;
		one->inlined_count = 1;
		one->inlined[0] = (struct debug_scope){
			.function = one->name.function, .file = one->name.function, .line = 1,
		};
		one->file = one->name.function;
		one->line = 2147483647;
	}
}

static void worst_spinner(struct story_spinner *one)
{
	unsigned int i;

	fill(one->device, sizeof(one->device));
	one->slot = UINT64_MAX;
	one->entry = one->fault_address = UINT64_MAX;
	one->certain = false;
	for (i = one->link_count; i < STORY_LINKS_MAX; i++)
		link_to(one, i % LINK_KIND_COUNT, one->device, UINT64_MAX, i % 2 ? UINT64_MAX : 1);
}

/* A swapoff that waits for a lock, and one that uses what is gone. */
static void worst_devices(struct sample *sample)
{
	struct story *story = &sample->story;
	struct story_swapoff *swapoff = sample_swapoff(sample);

	fill(swapoff->device, sizeof(swapoff->device));
	fill(swapoff->mm_comm, sizeof(swapoff->mm_comm));
	swapoff->step = SWAPOFF_MMAP_LOCK;
	swapoff->mm_pid = INT32_MIN;
	swapoff->object = swapoff->left = swapoff->broken = swapoff->empty = UINT64_MAX;
	swapoff->holder = swapoff->thread;
	swapoff->problem = catalogue_find(checks(), "KS201");
	swapoff->endless = true;
	story->swapoffs[story->swapoff_count] = *swapoff;
	story->swapoffs[story->swapoff_count++].device_known = false;
	story->swapoffs_lost = UINT64_MAX / 2;
	story->gone = (struct story_gone){
		.users = {{.thread = swapoff->thread, .function = swapoff->device, .type = 31,
			   .slot = UINT64_MAX, .address = UINT64_MAX, .pte = UINT64_MAX}},
		.user_count = 1, .users_lost = UINT64_MAX / 2, .entries = UINT64_MAX,
	};
}

static void worst_crash(struct story *story)
{
	fill(story->crash.device, sizeof(story->crash.device));
	story->crash.thread = SIZE_MAX;
	story->moved.copied = 1;
}

void sample_worst(struct sample *sample)
{
	struct story *story = &sample->story;
	size_t i;

	worst_devices(sample);
	worst_crash(story);
	for (i = 0; i < story->thread_count; i++) {
		fill(story->threads[i].task.comm, sizeof(story->threads[i].task.comm));
		story->threads[i].task.pid = INT32_MIN;
		story->threads[i].end = UNWIND_NOT_CODE;
		story->threads[i].end_address = UINT64_MAX;
		worst_frames(&story->threads[i]);
	}
	for (i = 0; i < story->spinner_count; i++)
		worst_spinner(&story->spinners[i]);
	for (i = 0; i < story->victims.count; i++) {
		fill(sample->victims[i].comm, sizeof(sample->victims[i].comm));
		sample->victims[i].range = SIZE_MAX;
		sample->victims[i].pid = INT32_MIN;
		sample->victims[i].address = UINT64_MAX;
	}
	for (i = 0; i < story->log.event_count; i++) {
		fill(story->log.events[i].text, sizeof(story->log.events[i].text));
		fill(story->log.events[i].function, sizeof(story->log.events[i].function));
	}
	for (i = 0; i < story->waiter_count; i++) {
		story->waiters[i].thread = SIZE_MAX;
		story->waiters[i].spinner = SIZE_MAX;
	}
	for (i = 0; i < sample->findings.count; i++) {
		fill(sample->ranges[i].device, sizeof(sample->ranges[i].device));
		fill(sample->ranges[i].comm, sizeof(sample->ranges[i].comm));
	}
	fill(story->origin.device, sizeof(story->origin.device));
	story->origin.first_slot = UINT64_MAX - 511;
	fill(story->rcu.view.flavour, sizeof(story->rcu.view.flavour));
	story->rcu.view.blocker_count = 100000;
	story->rcu.view.age = -1e18;
	fill(story->release, sizeof(story->release));
	fill(story->version, sizeof(story->version));
	sample->subject.release = story->release;
	story->spinners_lost = story->victims.lost = story->log.events_lost = UINT64_MAX / 2;
	story->gaps[0].part = "modules";
	memset(story->gaps[0].why, 'y', sizeof(story->gaps[0].why) - 1);
	memset(story->gaps[0].why + 60, ' ', 1);
	story->gap_count = 1;
}

/* ----------------------------------------------------------------------- output */

char *sample_text(const struct sample *sample, unsigned int columns)
{
	char *text = NULL;
	size_t size = 0;
	const struct output_options options = {
		.stream = open_memstream(&text, &size),
		.columns = columns,
	};

	explain_text(&options, &sample->explanation);
	fclose(options.stream);
	return text;
}

char *sample_json(const struct sample *sample)
{
	char *text = NULL;
	size_t size = 0;
	struct json_writer json = {.stream = open_memstream(&text, &size)};

	explain_json(&json, NULL, &sample->explanation);
	fputc('\n', json.stream);
	fclose(json.stream);
	return text;
}
