// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a story is made of, part by part: findings, the verdict, swapoffs, and lines of the
 * log. Releases and lookups have files of their own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "story_frames.h"

/* ------------------------------------------------------------------------ findings */

static const struct kswapck_problem freed = {.id = "KS101", .name = "freed-folio"};
static const struct kswapck_problem reused = {.id = "KS102", .name = "reused-page"};
static const struct kswapck_problem tail = {.id = "KS107", .name = "tail-private"};
static const struct kswapck_problem partial = {.id = "KS105", .name = "partial-folio"};

static void add(struct story_findings *findings, const struct kswapck_problem *problem,
		unsigned int type, uint64_t first, uint64_t last)
{
	const struct kswapck_device device = {.type = type, .name = "vda"};
	const struct kswapck_finding finding = {
		.problem = problem, .device = &device, .first_slot = first, .last_slot = last,
		.count = last - first + 1,
	};

	story_findings_add(findings, &finding);
}

static void assert_at(const struct story_findings *findings, unsigned int type, uint64_t slot,
		      const struct kswapck_problem *problem)
{
	const struct story_range *range = story_findings_at(findings, type, slot, NULL);

	if ((range ? range->problem : NULL) != problem)
		fail_msg("slot %u:%llu: %s", type, (unsigned long long)slot,
			 range ? range->problem->name : "nothing");
}

static void test_findings(void **state)
{
	struct story_findings findings = {0};

	(void)state;
	story_findings_sort(&findings);
	assert_at(&findings, 0, 5, NULL);
	add(&findings, &tail, 1, 100, 199);
	add(&findings, &partial, 0, 0, UINT64_MAX);	/* nobody gets stuck at it */
	add(&findings, &freed, 0, 16385, 16895);
	add(&findings, &reused, 0, 7, 7);
	story_findings_sort(&findings);
	assert_int_equal(findings.count, 4);
	assert_int_equal(findings.ranges[0].effect, EFFECT_REFAULT);
	assert_int_equal(findings.ranges[1].effect, EFFECT_SPIN);
	assert_int_equal(findings.ranges[3].effect, EFFECT_NONE);
	assert_int_equal(findings.spin_slots, 511);
	assert_int_equal(findings.refault_slots, 101);
	assert_string_equal(findings.ranges[0].device, "vda");
	assert_at(&findings, 0, 6, NULL);
	assert_at(&findings, 0, 7, &reused);
	assert_at(&findings, 0, 8, NULL);
	assert_at(&findings, 0, 16384, NULL);
	assert_at(&findings, 0, 16385, &freed);
	assert_at(&findings, 0, 16895, &freed);
	assert_at(&findings, 0, 16896, NULL);
	assert_at(&findings, 0, UINT64_MAX, NULL);
	assert_at(&findings, 1, 99, NULL);
	assert_at(&findings, 1, 100, &tail);
	assert_at(&findings, 1, 199, &tail);
	assert_at(&findings, 1, 200, NULL);
	assert_at(&findings, 2, 100, NULL);
	story_findings_free(&findings);
	assert_null(findings.ranges);
}

/* A small range within a large one does not hide what lies behind it. */
static void test_findings_overlap(void **state)
{
	struct story_findings findings = {0};

	(void)state;
	add(&findings, &freed, 0, 100, 199);
	add(&findings, &tail, 0, 150, 151);
	add(&findings, &tail, 0, 120, 120);
	story_findings_sort(&findings);
	assert_at(&findings, 0, 110, &freed);
	assert_non_null(story_findings_at(&findings, 0, 150, NULL));
	assert_at(&findings, 0, 121, &freed);
	assert_at(&findings, 0, 160, &freed);
	assert_at(&findings, 0, 199, &freed);
	assert_at(&findings, 0, 200, NULL);
	story_findings_free(&findings);
}

/* Slots of one page with others between them: what such a slot holds decides. */
static void test_findings_gaps(void **state)
{
	const struct kswapck_device device = {.name = "vda"};
	const struct kswapck_finding odd = {
		.problem = &freed, .device = &device, .first_slot = 101, .last_slot = 199,
		.count = 50, .page = 0xffffea0000001000,
	}, even = {
		.problem = &freed, .device = &device, .first_slot = 102, .last_slot = 200,
		.count = 50, .page = 0xffffea0000002000,
	};
	struct slot_view view = {.kind = KSWAPCK_ENTRY_PAGE, .entry = even.page};
	struct story_findings findings = {0};

	(void)state;
	story_findings_add(&findings, &odd);
	story_findings_add(&findings, &even);
	story_findings_sort(&findings);
	assert_non_null(story_findings_at(&findings, 0, 150, NULL));
	assert_ptr_equal(story_findings_at(&findings, 0, 150, &view), &findings.ranges[1]);
	view.entry = odd.page;
	assert_ptr_equal(story_findings_at(&findings, 0, 151, &view), &findings.ranges[0]);
	view.entry = 0xffffea0000003000;
	assert_null(story_findings_at(&findings, 0, 150, &view));
	view = (struct slot_view){.kind = KSWAPCK_ENTRY_SHADOW, .entry = odd.page};
	assert_null(story_findings_at(&findings, 0, 150, &view));
	story_findings_free(&findings);
}

/* A freed page is in the slot, whatever the folio that should be there is like. */
static void test_findings_same_slots(void **state)
{
	const struct kswapck_problem *order[2][2] = {{&freed, &tail}, {&tail, &freed}};
	unsigned int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct story_findings findings = {0};

		add(&findings, order[i][0], 0, 16385, 16895);
		add(&findings, order[i][1], 0, 16385, 16895);
		story_findings_sort(&findings);
		assert_at(&findings, 0, 16385, &freed);
		assert_at(&findings, 0, 16895, &freed);
		story_findings_free(&findings);
	}
}

static const struct kswapck_problem moved = {.id = "KS602", .name = "anon-vma"};
static const struct kswapck_problem no_device = {.id = "KS505", .name = "entry-without-device"};
static const struct kswapck_problem dead_users = {.id = "KS453", .name = "dead-users"};
static const struct kswapck_problem count = {.id = "KS501", .name = "swap-count"};

/* Nobody gets stuck at these, and they hide nothing where somebody does. */
static void test_findings_that_do_not_loop(void **state)
{
	const struct kswapck_finding named = {
		.problem = &no_device, .count = 3, .first_slot = 5, .last_slot = 7, .mm = 99,
		.address = 0x7f0000001000, .pid = 12, .comm = "owner",
	};
	struct story_findings findings = {0};

	(void)state;
	add(&findings, &moved, 0, 100, 120);
	add(&findings, &tail, 0, 110, 110);
	add(&findings, &dead_users, 0, 0, 0);
	add(&findings, &count, 0, 1, 1000);
	story_findings_add(&findings, &named);
	story_findings_sort(&findings);
	assert_int_equal(findings.ranges[0].effect, EFFECT_REFAULT);
	assert_int_equal(findings.refault_slots, 1);
	assert_int_equal(findings.spin_slots, 0);
	assert_int_equal(findings.rmap_slots, 21);
	assert_int_equal(findings.lost_slots, 3);
	assert_int_equal(findings.dead_devices, 1);
	assert_at(&findings, 0, 105, NULL);
	assert_at(&findings, 0, 110, &tail);
	assert_at(&findings, 0, 5, NULL);
	assert_int_equal(findings.ranges[3].pid, 12);
	assert_false(findings.ranges[3].has_device);
	story_findings_free(&findings);
}

static void test_findings_limit(void **state)
{
	struct kswapck_finding nowhere = {.problem = &partial, .count = 1};
	struct story_findings findings = {0};
	uint64_t i;

	(void)state;
	for (i = STORY_RANGES_MAX + 10; i > 0; i--)
		add(&findings, &freed, 0, 2 * i, 2 * i);
	assert_int_equal(findings.count, STORY_RANGES_MAX);
	assert_int_equal(findings.lost, 10);
	assert_int_equal(findings.spin_slots, STORY_RANGES_MAX + 10);
	story_findings_sort(&findings);
	assert_at(&findings, 0, 2 * STORY_RANGES_MAX, &freed);
	assert_at(&findings, 0, 2 * STORY_RANGES_MAX + 1, NULL);
	story_findings_add(&findings, &nowhere);
	assert_int_equal(findings.lost, 11);
	story_findings_free(&findings);
	/* one of no device */
	story_findings_add(&findings, &nowhere);
	assert_int_equal(findings.count, 1);
	story_findings_free(&findings);
}

/* ------------------------------------------------------------------------- verdict */

struct scene {
	struct story story;
	struct story_findings findings;
	struct story_options options;
	struct telling telling;
	struct audit_summary audit;
};

static struct scene *make_scene(void)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->telling.story = &scene->story;
	scene->telling.findings = &scene->findings;
	scene->telling.options = &scene->options;
	scene->telling.audit = &scene->audit;
	return scene;
}

static enum story_verdict verdict_of(struct scene *scene)
{
	story_verdict_find(&scene->telling);
	return scene->story.verdict;
}

static void test_verdict(void **state)
{
	struct scene *scene = make_scene();

	(void)state;
	scene->audit.devices = 1;
	/* nobody could tell of a stall */
	assert_int_equal(verdict_of(scene), VERDICT_UNKNOWN);
	scene->story.rcu.read = true;
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.log.event_count = 1;
	scene->story.log.events[0].kind = EVENT_SOFT_LOCKUP;
	/* long ago, and over */
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.log.events[0].recent = true;
	assert_int_equal(verdict_of(scene), VERDICT_UNRELATED);
	scene->story.log.events[0].kind = EVENT_PANIC;
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.rcu.stalled = true;
	assert_int_equal(verdict_of(scene), VERDICT_UNRELATED);
	/* what was not seen may be what it stalls on */
	scene->audit.nodes_unreadable = 1;
	assert_int_equal(verdict_of(scene), VERDICT_UNKNOWN);
	scene->audit.warnings = 1;
	assert_int_equal(verdict_of(scene), VERDICT_DAMAGE);
	scene->findings.refault_slots = 1;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	scene->story.spinner_count = 1;
	scene->story.spinners[0].loop = LOOP_REFAULT;
	assert_int_equal(verdict_of(scene), VERDICT_REFAULT);
	scene->story.spinner_count = 2;
	scene->story.spinners[1].loop = LOOP_STALL;
	assert_int_equal(verdict_of(scene), VERDICT_STALL);
	free(scene);
}

/* Each of these waits for a touch; who has died of one comes first. */
static void test_verdict_touch(void **state)
{
	struct scene *scene = make_scene();

	(void)state;
	scene->audit.errors = 1;
	assert_int_equal(verdict_of(scene), VERDICT_DAMAGE);
	scene->story.moved.pages = scene->story.moved.copied = 5;
	assert_int_equal(verdict_of(scene), VERDICT_DAMAGE);
	scene->story.moved.copied = 4;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	scene->story.moved.copied = 5;
	scene->findings.lost_slots = 1;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	scene->findings.lost_slots = 0;
	scene->findings.dead_devices = 1;
	assert_int_equal(verdict_of(scene), VERDICT_LATENT);
	/* a swapoff in progress is no verdict */
	scene->findings.dead_devices = 0;
	scene->audit.errors = 0;
	scene->story.moved.pages = scene->story.moved.copied = 0;
	scene->story.rcu.read = true;
	scene->story.swapoff_count = 1;
	assert_int_equal(verdict_of(scene), VERDICT_CLEAN);
	scene->story.crash.happened = true;
	assert_int_equal(verdict_of(scene), VERDICT_CRASH);
	scene->story.spinner_count = 1;
	scene->story.spinners[0].loop = LOOP_STALL;
	assert_int_equal(verdict_of(scene), VERDICT_STALL);
	free(scene);
}

/* ------------------------------------------------------------------------ swapoffs */

#define SWAPOFF(name) {name, C}, {"do_syscall_64", C}, {"entry_SYSCALL_64_after_hwframe", C}, {0}

static struct scene *look_at_swapoff(const struct made_frame *frames, uint64_t task_state)
{
	struct scene *scene = make_scene();
	struct made_thread made;

	make_thread(&made, frames);
	made.thread.task.state = task_state;
	scene->story.threads = &made.thread;
	scene->story.thread_count = 1;
	scene->telling.device_count = 2;
	scene->telling.device_states[0] = DEVICE_ON;
	scene->telling.device_states[1] = DEVICE_LEAVING;
	scene->telling.devices[1] = (struct kswapck_device){.type = 1, .name = "vdb", .inuse = 9};
	story_swapoff_look(&scene->telling, 0);
	scene->story.threads = NULL;
	scene->story.thread_count = 0;
	return scene;
}

static void assert_step(const struct made_frame *frames, uint64_t task_state,
			enum story_swapoff_step step)
{
	struct scene *scene = look_at_swapoff(frames, task_state);

	assert_int_equal(scene->story.swapoff_count, 1);
	if (scene->story.swapoffs[0].step != step)
		fail_msg("%s: %s", frames[0].function,
			 story_swapoff_name(scene->story.swapoffs[0].step));
	assert_true(scene->story.swapoffs[0].device_known);
	assert_int_equal(scene->story.swapoffs[0].type, 1);
	free(scene);
}

static void test_swapoff_steps(void **state)
{
	static const struct made_frame reads_5_10[] = {
		{"__schedule", I}, {"schedule", C}, {"io_schedule_timeout", C}, {"swap_readpage", C},
		{"swap_cluster_readahead", C}, {"try_to_unuse", C}, SWAPOFF("__do_sys_swapoff"),
	};
	static const struct made_frame page_6_12[] = {
		{"__schedule", I}, {"io_schedule", C}, {"folio_wait_bit_common", C},
		{"unuse_pte_range", C}, SWAPOFF("__do_sys_swapoff"),
	};
	static const struct made_frame lock[] = {
		{"__schedule", I}, {"rwsem_down_read_slowpath", C}, {"down_read", C},
		SWAPOFF("__x64_sys_swapoff"),
	};
	static const struct made_frame rcu[] = {
		{"__schedule", I}, {"wait_for_completion", C}, {"__wait_rcu_gp", C},
		{"synchronize_rcu", C}, SWAPOFF("__ia32_sys_swapoff"),
	};
	static const struct made_frame users[] = {
		{"__schedule", I}, {"schedule_timeout", C}, {"wait_for_completion", C},
		SWAPOFF("__do_sys_swapoff"),
	};
	static const struct made_frame work[] = {
		{"__schedule", I}, {"wait_for_completion", C}, {"__flush_work.isra.0", C},
		SWAPOFF("__do_sys_swapoff"),
	};

	(void)state;
	assert_step(reads_5_10, TASK_UNINTERRUPTIBLE, SWAPOFF_READS);
	assert_step(page_6_12, TASK_UNINTERRUPTIBLE, SWAPOFF_PAGE);
	assert_step(page_6_12, TASK_RUNNING, SWAPOFF_RUNS);
	assert_step(lock, TASK_UNINTERRUPTIBLE, SWAPOFF_MMAP_LOCK);
	assert_step(rcu, TASK_UNINTERRUPTIBLE, SWAPOFF_RCU);
	assert_step(users, TASK_UNINTERRUPTIBLE, SWAPOFF_USERS);
	assert_step(work, TASK_UNINTERRUPTIBLE, SWAPOFF_OTHER);
}

static void test_swapoff_none(void **state)
{
	static const struct made_frame guessed[] = {{"schedule", I}, {"~__do_sys_swapoff", C}, {0}};
	static const struct made_frame module[] = {{"schedule", I}, {"other:sys_swapoff", C}, {0}};
	static const struct made_frame frontswap[] = {
		{"schedule", I}, {"try_to_unuse", C}, {"frontswap_shrink", C}, {0},
	};
	static const struct made_frame swapoff[] = {{"schedule", I}, SWAPOFF("__do_sys_swapoff")};
	const struct made_frame *const others[] = {guessed, module, frontswap};
	struct made_thread made;
	struct scene *scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		scene = look_at_swapoff(others[i], TASK_UNINTERRUPTIBLE);
		assert_int_equal(scene->story.swapoff_count, 0);
		free(scene);
	}
	/* it looks for the device, or has done all */
	make_thread(&made, swapoff);
	scene = make_scene();
	scene->story.threads = &made.thread;
	scene->story.thread_count = 1;
	scene->telling.device_count = 1;
	scene->telling.device_states[0] = DEVICE_ON;
	story_swapoff_look(&scene->telling, 0);
	assert_int_equal(scene->story.swapoff_count, 0);
	/* two are being turned off, and nothing tells which one this is */
	scene->telling.device_count = 2;
	scene->telling.device_states[0] = scene->telling.device_states[1] = DEVICE_LEAVING;
	story_swapoff_look(&scene->telling, 0);
	assert_int_equal(scene->story.swapoff_count, 1);
	assert_false(scene->story.swapoffs[0].device_known);
	free(scene);
}

static void test_swapoff_joined(void **state)
{
	static const struct made_frame work[] = {{"schedule", R}, SWAPOFF("__do_sys_swapoff")};
	static const struct kswapck_problem empty = {.id = "KS201", .name = "mark-without-folio"};
	struct scene *scene = look_at_swapoff(work, TASK_RUNNING);
	struct story_swapoff *swapoff = &scene->story.swapoffs[0];

	(void)state;
	story_swapoffs_join(&scene->telling);
	assert_string_equal(swapoff->device, "vdb");
	assert_int_equal(swapoff->left, 9);
	assert_false(swapoff->endless);
	assert_null(swapoff->problem);
	/* of the other device; of this one, in doubt; of this one, for sure */
	add(&scene->findings, &empty, 0, 1, 9);
	story_swapoffs_join(&scene->telling);
	assert_false(swapoff->endless);
	add(&scene->findings, &count, 1, 4, 4);
	story_swapoffs_join(&scene->telling);
	assert_false(swapoff->endless);
	assert_int_equal(swapoff->doubtful, 1);
	assert_ptr_equal(swapoff->problem, &count);
	add(&scene->findings, &empty, 1, 7, 8);
	story_swapoffs_join(&scene->telling);
	assert_true(swapoff->endless);
	assert_int_equal(swapoff->broken, 2);
	assert_ptr_equal(swapoff->problem, &empty);
	story_findings_free(&scene->findings);
	swapoff->broken = 0;
	/* it spins, or waits for one who does; who refaults lets go each time round */
	scene->story.spinner_count = 1;
	scene->story.spinners[0] = (struct story_spinner){.thread = 7, .loop = LOOP_REFAULT};
	scene->story.waiters = calloc(1, sizeof(*scene->story.waiters));
	assert_non_null(scene->story.waiters);
	scene->story.waiter_count = 1;
	swapoff->endless = false;
	story_swapoffs_join(&scene->telling);
	assert_false(swapoff->endless);
	scene->story.spinners[0].loop = LOOP_STALL;
	story_swapoffs_join(&scene->telling);
	assert_true(swapoff->endless);
	assert_int_equal(swapoff->step, SWAPOFF_RUNS);
	scene->story.spinners[0].thread = 0;
	story_swapoffs_join(&scene->telling);
	assert_int_equal(swapoff->step, SWAPOFF_SPINS);
	free(scene->story.waiters);
	free(scene);
}

/* ----------------------------------------------------------------------------- log */

/* What the log holds; the real printk_for_each() is not linked. */
static const char *const *log_lines;
static const uint64_t *log_times;	/* seconds; NULL: all at once */
static size_t log_length;		/* that is said of each record; 0: the true one */

bool printk_for_each(const struct kernel *kernel, printk_fn *visit, void *data,
		     struct printk_gaps *gaps, struct error *err)
{
	struct log_record record = {0};
	size_t i;

	(void)kernel;
	(void)err;
	*gaps = (struct printk_gaps){0};
	for (i = 0; log_lines[i]; i++) {
		record.sequence = i;
		record.time = (log_times ? log_times[i] : 100) * UINT64_C(1000000000) + i;
		record.length = strnlen(log_lines[i], PRINTK_TEXT_MAX);
		memset(record.text, 0, sizeof(record.text));
		memcpy(record.text, log_lines[i], record.length);
		if (log_length)
			record.length = log_length;
		if (!visit(data, &record))
			break;
	}
	return true;
}

static struct scene *read_log(const char *const *lines)
{
	struct scene *scene = make_scene();

	log_lines = lines;
	story_log_read(&scene->telling);
	assert_true(scene->story.log.read);
	return scene;
}

static const struct story_event *event_of(const struct scene *scene, enum story_event_kind kind)
{
	const struct story_log *log = &scene->story.log;
	unsigned int i;

	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind == kind)
			return &log->events[i];
	fail_msg("no %s", story_event_name(kind));
	return NULL;
}

static bool names_cpu(const struct story_event *event, unsigned int cpu)
{
	unsigned int i;

	for (i = 0; i < event->cpu_count; i++)
		if (event->cpus[i] == cpu)
			return true;
	return false;
}

static bool names_pid(const struct story_event *event, int32_t pid)
{
	unsigned int i;

	for (i = 0; i < event->pid_count; i++)
		if (event->pids[i] == pid)
			return true;
	return false;
}

static void assert_names(const char *const *lines, enum story_event_kind kind, unsigned int cpu,
			 int32_t pid)
{
	struct scene *scene = read_log(lines);
	const struct story_event *event = event_of(scene, kind);

	if (cpu != UINT32_MAX ? !names_cpu(event, cpu) : event->cpu_count)
		fail_msg("'%s': names %u CPUs, the first is %u", lines[0], event->cpu_count,
			 event->cpus[0]);
	if (pid ? !names_pid(event, pid) : event->pid_count)
		fail_msg("'%s': names %u tasks, the first is %d", lines[0], event->pid_count,
			 event->pids[0]);
	assert_string_equal(event->text, lines[0]);
	assert_int_equal(event->count, 1);
	free(scene);
}

#define STALLS "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:"
#define SELF "rcu: INFO: rcu_sched self-detected stall on CPU"
#define NOBODY UINT32_MAX

static void test_log_stalls(void **state)
{
	static const char *const by_task[] = {
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		"rcu: \t(detected by 1, t=5252 jiffies, g=1001, q=44 ncpus=2)", NULL,
	};
	static const char *const by_tasks[] = {
		STALLS, "rcu: Tasks blocked on level-1 rcu_node (CPUs 0-15): P12 P37/1:b..l", NULL,
	};
	static const char *const by_cpu[] = {
		STALLS, "rcu: \t1-....: (5250 ticks this GP) idle=0a4c/1/0x4000000000000000 "
		"softirq=54/54 fqs=2500", NULL,
	};
	/* the CPU has not even seen that a grace period began */
	static const char *const behind[] = {
		STALLS, "rcu: \t3-...!: (0 GPs behind) idle=0a4c/0/0x0 softirq=54/54 fqs=0", NULL,
	};
	static const char *const far_behind[] = {
		STALLS, "rcu: \t3-O.!.: (12 GPs behind) idle=0a4c/0/0x0 softirq=54/54 fqs=0 "
		"(false positive?)", NULL,
	};
	static const char *const itself[] = {
		SELF, "rcu: \t0-....: (5249 ticks this GP) idle=102/1/0x4000000000000002", NULL,
	};
	static const char *const backtrace[] = {
		STALLS, "NMI backtrace for cpu 2", "CPU: 2 PID: 41 Comm: spinner Not tainted", NULL,
	};
	static const char *const newer[] = {
		SELF, "CPU: 5 UID: 0 PID: 43 Comm: spinner Not tainted 6.12.0 #1", NULL,
	};
	static const char *const one_record[] = {
		SELF "\nrcu: \t6-....: (5249 ticks this GP)", NULL,
	};
	struct scene *scene;

	(void)state;
	assert_names(by_task, EVENT_RCU_STALL, NOBODY, 37);
	assert_names(by_tasks, EVENT_RCU_STALL, NOBODY, 12);
	assert_names(by_tasks, EVENT_RCU_STALL, NOBODY, 37);
	assert_names(by_cpu, EVENT_RCU_STALL, 1, 0);
	assert_names(behind, EVENT_RCU_STALL, 3, 0);
	assert_names(far_behind, EVENT_RCU_STALL, 3, 0);
	assert_names(itself, EVENT_RCU_STALL, 0, 0);
	assert_names(backtrace, EVENT_RCU_STALL, 2, 41);
	assert_names(newer, EVENT_RCU_STALL, 5, 43);
	scene = read_log(one_record);
	assert_true(names_cpu(event_of(scene, EVENT_RCU_STALL), 6));
	free(scene);
}

/* One line says it all: print_cpu_stall_info() has no part in it. */
static void test_log_expedited(void **state)
{
	static const char *const lines[] = {
		"rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: "
		"{ 1-...D P39 } 5252 jiffies s: 77 root: 0x2/.", NULL,
	};

	(void)state;
	assert_names(lines, EVENT_RCU_STALL, 1, 39);
}

static void test_log_others(void **state)
{
	static const char *const soft[] = {
		"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [kworker/1:1:36]", NULL,
	};
	static const char *const hard[] = {"NMI watchdog: Watchdog detected hard LOCKUP on cpu 3",
		NULL};
	static const char *const hung[] = {
		"INFO: task kworker/0:1H:38 blocked for more than 122 seconds.",
		"      Not tainted 6.1.0 #1",
		"task:kworker/0:1H    state:D stack:0     pid:38    ppid:2      flags:0x00004000",
		NULL,
	};
	static const char *const panic[] = {
		"Kernel panic - not syncing: RCU Stall",
		"CPU: 0 PID: 39 Comm: init Not tainted 6.1.192 #1", NULL,
	};
	static const char *const idle[] = {
		"Kernel panic - not syncing: sysrq triggered crash",
		"CPU: 1 PID: 0 Comm: swapper/1 Not tainted", NULL,
	};
	static const char *const bad_swap[] = {
		"get_swap_device: Bad swap offset entry 3ffffffffffff", NULL};
	static const char *const bad_page[] = {"BUG: Bad page state in process init  pfn:12345",
		NULL};
	static const char *const oom[] = {
		"Out of memory: Killed process 123 (hog) total-vm:1000kB", NULL};
	static const char *const starved[] = {
		"rcu: rcu_preempt kthread starved for 5252 jiffies! g77 f0x0 RCU_GP_WAIT_FQS(5) "
		"->state=0x0 ->cpu=0", NULL,
	};

	(void)state;
	assert_names(soft, EVENT_SOFT_LOCKUP, 1, 36);
	assert_names(hard, EVENT_HARD_LOCKUP, 3, 0);
	assert_names(hung, EVENT_HUNG_TASK, NOBODY, 38);
	assert_names(panic, EVENT_PANIC, 0, 39);
	assert_names(idle, EVENT_PANIC, 1, 0);
	assert_names(bad_swap, EVENT_BAD_SWAP, NOBODY, 0);
	assert_names(bad_page, EVENT_BAD_PAGE, NOBODY, 0);
	assert_names(oom, EVENT_OOM, NOBODY, 123);
	assert_names(starved, EVENT_RCU_STARVED, NOBODY, 0);
}

/* What an oops says in several lines is one; what comes later is another. */
static void test_log_joined(void **state)
{
	static const char *const lines[] = {
		"BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"#PF: supervisor read access in kernel mode",
		"Oops: 0000 [#1] PREEMPT SMP",
		"CPU: 1 PID: 77 Comm: victim Not tainted",
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		"usb 1-1: new device: CPU: 7 PID: 99", NULL,
	};
	static const uint64_t times[] = {100, 100, 100, 100, 110, 110, 131, 131, 150};
	const struct story_event *event;
	struct scene *scene;

	(void)state;
	log_times = times;
	scene = read_log(lines);
	log_times = NULL;
	assert_int_equal(scene->story.log.event_count, 2);
	event = event_of(scene, EVENT_OOPS);
	assert_int_equal(event->count, 1);
	assert_true(names_pid(event, 77));
	event = event_of(scene, EVENT_RCU_STALL);
	assert_int_equal(event->count, 2);
	assert_int_equal(event->pid_count, 1);
	assert_true(event->last_time - event->first_time >= UINT64_C(21000000000));
	assert_int_equal(event->cpu_count, 0);
	free(scene);
}

/* The BUG of VM_BUG_ON_FOLIO(): the page comes before it, registers after it. */
static void test_log_bug(void **state)
{
	static const char *const lines[] = {
		"page: refcount:2 mapcount:1 mapping:000000004c486186 index:0x7f023d88e pfn:0xff46",
		"page dumped because: VM_BUG_ON_FOLIO(folio_anon_vma(folio)->root != root)",
		"------------[ cut here ]------------",
		"kernel BUG at mm/rmap.c:1278!",
		"Oops: invalid opcode: 0000 [#1] PREEMPT SMP",
		"CPU: 0 UID: 0 PID: 41 Comm: init Not tainted 6.12.107 #1",
		"RIP: 0010:__page_check_anon_rmap+0x7a/0x90",
		"RSP: 0000:ffffad3b4020fce0 EFLAGS: 00000286",
		"CR2: 00007f023d943000 CR3: 00000000082d0000 CR4: 00000000007506b0",
		"RIP: 0033:0x402d17", "RIP: 0010:other+0x1/0x2", "CR2: 0000000000000001 CR3: 0", NULL,
	};
	static const char *const none[] = {
		"kernel BUG at mm/rmap.c:1278!", "RIP: 0010:", "RIP: 0010:0xffffffff81000000",
		"CR2: ", "RIP: 0033:0x402d17", NULL,
	};
	struct scene *scene = read_log(lines);
	const struct story_event *event = event_of(scene, EVENT_OOPS);

	(void)state;
	assert_int_equal(scene->story.log.event_count, 1);
	assert_string_equal(event->function, "__page_check_anon_rmap");
	assert_string_equal(event->reason,
			    "VM_BUG_ON_FOLIO(folio_anon_vma(folio)->root != root)");
	assert_true(event->address == 0x7f023d943000);
	assert_true(names_pid(event, 41));
	free(scene);
	scene = read_log(none);
	event = event_of(scene, EVENT_OOPS);
	assert_string_equal(event->function, "");
	assert_string_equal(event->reason, "");
	assert_true(event->address == 0);
	free(scene);
}

/* A BUG is tied to a finding by process or address, and only if it is of that kind. */
static void test_crash(void **state)
{
	static const struct kernel kernel;
	struct kswapck_finding finding = {
		.problem = &moved, .count = 5, .first_slot = 10, .last_slot = 14, .mm = 99,
		.address = 0x7f0000001000, .pid = 41,
	};
	struct scene *scene = make_scene();
	struct story_event *event = &scene->story.log.events[0];

	(void)state;
	scene->story.log.event_count = 1;
	*event = (struct story_event){
		.kind = EVENT_OOPS, .pids = {41}, .pid_count = 1, .thread = SIZE_MAX,
		.function = "__page_check_anon_rmap",
	};
	scene->telling.kernel = &kernel;
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	story_findings_add(&scene->findings, &finding);
	story_crash_find(&scene->telling);
	assert_true(scene->story.crash.happened);
	assert_false(scene->story.crash.proved);
	scene->story.crash.happened = false;
	event->pids[0] = 42;
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	event->address = 0x7f0000005fff;
	story_crash_find(&scene->telling);
	assert_true(scene->story.crash.happened);
	scene->story.crash.happened = false;
	event->address = 0x7f0000006000;
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	event->address = 0x7f0000001000;
	snprintf(event->function, sizeof(event->function), "__page_check_anon_rmap_not");
	story_crash_find(&scene->telling);
	assert_false(scene->story.crash.happened);
	story_findings_free(&scene->findings);
	free(scene);
}

static void test_log_limits(void **state)
{
	static char text[200][96];
	static const char *lines[201];
	static const char *const odd[] = {
		"INFO: task :99999999999999999999 blocked for more than 1 seconds.",
		"INFO: task blocked for more than 1 seconds.", " blocked for more than ",
		"soft lockup - CPU#", "soft lockup - CPU#99999999999999999999 stuck [x:]",
		"detected stalls on CPUs/tasks:", "rcu:", "rcu: \t", "rcu: 1", "rcu: 1-",
		"rcu: 4294967295-....: (1 ticks this GP)", "Tasks blocked on level-",
		"Tasks blocked on level-)", "Tasks blocked on level-) P", "CPU: ", "CPU: x PID: 1",
		"\n\n\n", "", "\xff\xfe\x01", NULL,
	};
	struct scene *scene;
	unsigned int i;

	(void)state;
	for (i = 0; i < 200; i++) {
		snprintf(text[i], sizeof(text[i]),
			 "INFO: task hang:%u blocked for more than 122 seconds.", i + 1);
		lines[i] = text[i];
	}
	scene = read_log(lines);
	assert_int_equal(scene->story.log.event_count, STORY_EVENTS_MAX);
	assert_int_equal(scene->story.log.events_lost, 200 - STORY_EVENTS_MAX);
	assert_int_equal(scene->story.log.records, 200);
	free(scene);
	scene = read_log(odd);
	assert_int_equal(event_of(scene, EVENT_RCU_STALL)->cpu_count, 0);
	free(scene);
	/* a length that is no length */
	log_length = SIZE_MAX;
	scene = read_log(odd);
	log_length = 0;
	free(scene);
}

static void test_log_spinner(void **state)
{
	static const char *const lines[] = {
		STALLS, "rcu: \tTasks blocked on level-0 rcu_node (CPUs 0-1): P37",
		"watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [other:12]",
		"NMI watchdog: Watchdog detected hard LOCKUP on cpu 1", NULL,
	};
	struct story_thread threads[2] = {
		{.task = {.pid = 12}, .on_cpu = true, .cpu = 0},
		{.task = {.pid = 37}, .on_cpu = true, .cpu = 1},
	};
	struct scene *scene = read_log(lines);

	(void)state;
	scene->story.threads = threads;
	scene->story.thread_count = 2;
	scene->story.spinner_count = 1;
	scene->story.spinners[0].thread = 1;
	story_log_join(&scene->telling);
	assert_int_equal(event_of(scene, EVENT_RCU_STALL)->spinner, 0);
	/* the CPU is the spinner's, but another was on it then */
	assert_true(event_of(scene, EVENT_SOFT_LOCKUP)->spinner == SIZE_MAX);
	/* the CPU alone tells, while it is on it */
	assert_int_equal(event_of(scene, EVENT_HARD_LOCKUP)->spinner, 0);
	free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_findings_overlap),
		cmocka_unit_test(test_findings_gaps),
		cmocka_unit_test(test_findings_same_slots),
		cmocka_unit_test(test_findings_that_do_not_loop),
		cmocka_unit_test(test_findings_limit),
		cmocka_unit_test(test_verdict),
		cmocka_unit_test(test_verdict_touch),
		cmocka_unit_test(test_swapoff_steps),
		cmocka_unit_test(test_swapoff_none),
		cmocka_unit_test(test_swapoff_joined),
		cmocka_unit_test(test_log_stalls),
		cmocka_unit_test(test_log_expedited),
		cmocka_unit_test(test_log_others),
		cmocka_unit_test(test_log_joined),
		cmocka_unit_test(test_log_bug),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_log_limits),
		cmocka_unit_test(test_log_spinner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
