// SPDX-License-Identifier: GPL-2.0-or-later
/* The task list, whole and torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/task.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES 65536

/* A page for each task, its signal_struct in the second half of it. */
#define TASKS	     0
#define THREAD_NODE  16
#define SIGNAL	     32
#define STACK	     40
#define SP	     48
#define ON_CPU	     56
#define STATE	     64
#define FLAGS	     72
#define PID	     76
#define TGID	     80
#define CPU	     84
#define NESTING	     88
#define COMM	     92
#define MM	     112
#define MIN_FLT	     120
#define MAJ_FLT	     128
#define UTIME	     136
#define STIME	     144
#define LEADER	     152
#define SIGNAL_AT    2048
#define THREAD_HEAD  8
#define SEEN_MAX     64

static const struct task_layout layout = {
	.init_task = BASE,
	.tasks = {TASKS, 16}, .signal = {SIGNAL, 8}, .thread_node = {THREAD_NODE, 16},
	.thread_head = {THREAD_HEAD, 16}, .group_leader = {LEADER, 8}, .stack = {STACK, 8}, .sp = {SP, 8},
	.on_cpu = {ON_CPU, 4}, .stack_size = 16384,
	.state = {STATE, 4}, .flags = {FLAGS, 4}, .pid = {PID, 4}, .tgid = {TGID, 4},
	.cpu = {CPU, 4}, .rcu_nesting = {NESTING, 4}, .comm = {COMM, 16}, .mm = {MM, 8},
	.min_flt = {MIN_FLT, 8}, .maj_flt = {MAJ_FLT, 8}, .utime = {UTIME, 8},
	.stime = {STIME, 8},
};

struct crowd {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t *bytes;
	uint64_t seen[SEEN_MAX];
	struct task last;
	size_t count;
	size_t stop_after;
};

static uint64_t task_at(unsigned int i)
{
	return BASE + 4096ULL * i;
}

static void put(struct crowd *crowd, uint64_t address, uint64_t value)
{
	memcpy(crowd->bytes + (address - BASE), &value, sizeof(value));
}

static void link_nodes(struct crowd *crowd, uint64_t from, uint64_t to)
{
	put(crowd, from, to);
	put(crowd, to + 8, from);
}

/* Task @i is a process of one thread. */
static void make_process(struct crowd *crowd, unsigned int i)
{
	uint64_t task = task_at(i), signal = task + SIGNAL_AT;

	put(crowd, task + SIGNAL, signal);
	put(crowd, task + STACK, 0xffffc90000000000 + 16384ULL * i);
	put(crowd, task + SP, 0xffffc90000000000 + 16384ULL * i + 16000);
	link_nodes(crowd, signal + THREAD_HEAD, task + THREAD_NODE);
	link_nodes(crowd, task + THREAD_NODE, signal + THREAD_HEAD);
}

/* init_task (0) and four processes. */
static int setup(void **state)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	unsigned int i;

	crowd->bytes = calloc(1, BYTES);
	crowd->kernel.memory = fake_memory(&crowd->fake, BASE, crowd->bytes, BYTES);
	crowd->stop_after = SEEN_MAX;
	for (i = 1; i <= 4; i++)
		make_process(crowd, i);
	for (i = 0; i <= 4; i++)
		link_nodes(crowd, task_at(i), task_at((i + 1) % 5));
	*state = crowd;
	return !crowd->kernel.memory;
}

static int teardown(void **state)
{
	struct crowd *crowd = *state;

	memory_free(crowd->kernel.memory);
	free(crowd->bytes);
	free(crowd);
	return 0;
}

static bool visit(void *data, const struct task *task)
{
	struct crowd *crowd = data;

	assert_true(crowd->count < SEEN_MAX);
	crowd->seen[crowd->count++] = task->address;
	crowd->last = *task;
	return crowd->count < crowd->stop_after;
}

static bool walk(struct crowd *crowd)
{
	return task_for_each(&crowd->kernel, &layout, visit, crowd);
}

static void whole_list(void **state)
{
	struct crowd *crowd = *state;
	unsigned int i;

	assert_true(walk(crowd));
	assert_int_equal(crowd->count, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(crowd->seen[i], task_at(i + 1));
}

/* Task 5 is a second thread of process 2. */
static void threads(void **state)
{
	struct crowd *crowd = *state;
	uint64_t head = task_at(2) + SIGNAL_AT + THREAD_HEAD;

	link_nodes(crowd, task_at(2) + THREAD_NODE, task_at(5) + THREAD_NODE);
	link_nodes(crowd, task_at(5) + THREAD_NODE, head);
	put(crowd, task_at(5) + LEADER, task_at(2));
	assert_true(walk(crowd));
	assert_int_equal(crowd->count, 5);
	assert_int_equal(crowd->seen[2], task_at(5));
}

/* Each would be visited by both, and a thousand such a million times. */
static void processes_with_the_same_threads(void **state)
{
	struct crowd *crowd = *state;
	uint64_t signal = task_at(2) + SIGNAL_AT;

	put(crowd, task_at(3) + SIGNAL, signal);
	link_nodes(crowd, task_at(2) + THREAD_NODE, task_at(3) + THREAD_NODE);
	link_nodes(crowd, task_at(3) + THREAD_NODE, signal + THREAD_HEAD);
	put(crowd, task_at(2) + LEADER, task_at(2));
	put(crowd, task_at(3) + LEADER, task_at(3));
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 4);
}

static void more_tasks_than_the_file_has_room_for(void **state)
{
	struct crowd *crowd = *state;
	struct task_layout large = layout;

	crowd->kernel.source = &crowd->fake.source;
	large.task_size = 8192;
	crowd->fake.source.facts.file_pages = 4;
	assert_true(task_for_each(&crowd->kernel, &large, visit, crowd));
	crowd->count = 0;
	crowd->fake.source.facts.file_pages = 2;
	assert_false(task_for_each(&crowd->kernel, &large, visit, crowd));
	assert_int_equal(crowd->count, 2);
}

static void empty_list(void **state)
{
	struct crowd *crowd = *state;

	link_nodes(crowd, task_at(0), task_at(0));
	assert_true(walk(crowd));
	assert_int_equal(crowd->count, 0);
}

/* A visitor that has seen enough is not called again, not even for other processes. */
static void visitor_stops(void **state)
{
	struct crowd *crowd = *state;

	crowd->stop_after = 2;
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 2);
}

static void torn_list(void **state)
{
	static const uint64_t garbage[] = {
		0,
		0x1000,				/* user memory */
		BASE + 3,			/* not aligned */
		0xffffc90000000000,		/* nothing there */
		BASE + BYTES - 8,		/* prev would be over the end */
		BASE + 8192,			/* a task, whose prev does not point back */
	};
	size_t i;

	for (i = 0; i < sizeof(garbage) / sizeof(garbage[0]); i++) {
		struct crowd *crowd;

		teardown(state);
		setup(state);
		crowd = *state;
		put(crowd, task_at(3), garbage[i]);
		assert_false(walk(crowd));
		assert_int_equal(crowd->count, 3);
	}
}

/* A loop that misses the head: somebody's prev must be wrong. */
static void loop_without_head(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, task_at(4), task_at(2));
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 4);
}

static void loop_to_itself(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, task_at(2), task_at(2));
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 2);
}

/* One process with a broken list of threads does not hide the others. */
static void torn_threads(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, task_at(2) + SIGNAL_AT + THREAD_HEAD, 0xdead);
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 3);
	assert_int_equal(crowd->seen[1], task_at(3));
}

static void signal_not_readable(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, task_at(4) + SIGNAL, 0);
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 3);
}

static void task_not_in_the_dump(void **state)
{
	struct crowd *crowd = *state;

	crowd->fake.hole = task_at(3);
	assert_false(walk(crowd));
	assert_int_equal(crowd->count, 2);
}

static void what_is_read_of_a_task(void **state)
{
	struct crowd *crowd = *state;
	uint32_t on_cpu = 1;

	memcpy(crowd->bytes + (task_at(4) - BASE) + ON_CPU, &on_cpu, sizeof(on_cpu));
	assert_true(walk(crowd));
	assert_int_equal(crowd->last.address, task_at(4));
	assert_int_equal(crowd->last.stack, 0xffffc90000000000 + 16384ULL * 4);
	assert_int_equal(crowd->last.sp, crowd->last.stack + 16000);
	assert_true(crowd->last.on_cpu);
}

static void put32(struct crowd *crowd, uint64_t address, uint32_t value)
{
	memcpy(crowd->bytes + (address - BASE), &value, sizeof(value));
}

/* Whatever is next to a member is not taken for part of it. */
static void fill_details(struct crowd *crowd, uint64_t task)
{
	memset(crowd->bytes + (task - BASE) + STATE, 0xee, STIME + 16 - STATE);
	put32(crowd, task + STATE, TASK_UNINTERRUPTIBLE);
	put32(crowd, task + FLAGS, 0x00400040);
	put32(crowd, task + PID, 38);
	put32(crowd, task + TGID, 37);
	put32(crowd, task + CPU, 1);
	put32(crowd, task + NESTING, 2);
	memcpy(crowd->bytes + (task - BASE) + COMM, "kworker/u4:1-xx", 16);
	put(crowd, task + MM, BASE + 32768);
	put(crowd, task + MIN_FLT, 7);
	put(crowd, task + MAJ_FLT, 8);
	put(crowd, task + UTIME, 9);
	put(crowd, task + STIME, 10);
}

static void details(void **state)
{
	struct crowd *crowd = *state;
	struct task_details details;

	fill_details(crowd, task_at(2));
	assert_true(task_details_read(&crowd->kernel, &layout, task_at(2), &details));
	assert_int_equal(details.address, task_at(2));
	assert_int_equal(details.pid, 38);
	assert_int_equal(details.tgid, 37);
	assert_string_equal(details.comm, "kworker/u4:1-xx");
	assert_int_equal(details.state, TASK_UNINTERRUPTIBLE);
	assert_int_equal(details.mm, BASE + 32768);
	assert_false(details.kernel_thread);
	assert_true(details.cpu_known);
	assert_int_equal(details.cpu, 1);
	assert_true(details.rcu_nesting_known);
	assert_int_equal(details.rcu_nesting, 2);
	assert_int_equal(details.min_flt, 7);
	assert_int_equal(details.maj_flt, 8);
	assert_int_equal(details.utime, 9);
	assert_int_equal(details.stime, 10);
}

/* A name that is not terminated, numbers below 0, a kernel thread. */
static void odd_details(void **state)
{
	struct crowd *crowd = *state;
	struct task_details details;

	fill_details(crowd, task_at(2));
	memset(crowd->bytes + (task_at(2) - BASE) + COMM, 'x', 16);
	put32(crowd, task_at(2) + FLAGS, 0x00208040);
	put32(crowd, task_at(2) + NESTING, UINT32_MAX);
	put32(crowd, task_at(2) + PID, UINT32_MAX);
	assert_true(task_details_read(&crowd->kernel, &layout, task_at(2), &details));
	assert_string_equal(details.comm, "xxxxxxxxxxxxxxxx");
	assert_true(details.kernel_thread);
	assert_int_equal(details.rcu_nesting, -1);
	assert_int_equal(details.pid, -1);
}

static void details_that_the_kernel_lacks(void **state)
{
	struct crowd *crowd = *state;
	struct task_layout bare = layout;
	struct task_details details;

	fill_details(crowd, task_at(2));
	bare.cpu = bare.rcu_nesting = bare.utime = bare.comm = (struct field){0};
	bare.state = (struct field){STATE, 24};		/* no number: damaged types */
	assert_false(task_details_read(&crowd->kernel, &bare, task_at(2), &details));
	bare.state = (struct field){0};
	assert_true(task_details_read(&crowd->kernel, &bare, task_at(2), &details));
	assert_false(details.cpu_known);
	assert_false(details.rcu_nesting_known);
	assert_int_equal(details.utime, 0);
	assert_int_equal(details.stime, 10);
	assert_string_equal(details.comm, "");
}

static void details_not_in_the_dump(void **state)
{
	struct crowd *crowd = *state;
	struct task_details details;

	assert_false(task_details_read(&crowd->kernel, &layout, 0, &details));
	assert_false(task_details_read(&crowd->kernel, &layout, UINT64_MAX - 7, &details));
	crowd->fake.hole = task_at(3);
	assert_false(task_details_read(&crowd->kernel, &layout, task_at(3), &details));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_list, setup, teardown),
		cmocka_unit_test_setup_teardown(threads, setup, teardown),
		cmocka_unit_test_setup_teardown(processes_with_the_same_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(more_tasks_than_the_file_has_room_for, setup,
						teardown),
		cmocka_unit_test_setup_teardown(empty_list, setup, teardown),
		cmocka_unit_test_setup_teardown(visitor_stops, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_list, setup, teardown),
		cmocka_unit_test_setup_teardown(loop_without_head, setup, teardown),
		cmocka_unit_test_setup_teardown(loop_to_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_threads, setup, teardown),
		cmocka_unit_test_setup_teardown(signal_not_readable, setup, teardown),
		cmocka_unit_test_setup_teardown(task_not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_read_of_a_task, setup, teardown),
		cmocka_unit_test_setup_teardown(details, setup, teardown),
		cmocka_unit_test_setup_teardown(odd_details, setup, teardown),
		cmocka_unit_test_setup_teardown(details_that_the_kernel_lacks, setup, teardown),
		cmocka_unit_test_setup_teardown(details_not_in_the_dump, setup, teardown),
	};

	return cmocka_run_group_tests_name("task", tests, NULL, NULL);
}
