// SPDX-License-Identifier: GPL-2.0-or-later
/* All address spaces: of tasks, of init_mm.mmlist, of both; and lists that are torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/mm_list.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES (65536 + CROWD * CROWD_TASK)

/* Many threads behind all that, which need no more than this. */
#define CROWD	   1500
#define CROWD_TASK 128

/* A page for each task, its signal_struct in the second half of it. */
#define TASKS	    0
#define THREAD_NODE 16
#define SIGNAL	    32
#define MM	    40
#define FLAGS	    48
#define PID	    56
#define TGID	    60
#define SIGNAL_AT   2048
#define KTHREAD	    0x00200000

/* Address spaces behind them, and the lock. */
#define INIT_MM	    (BASE + 0xe000)
#define MMLIST	    64
#define MMLIST_LOCK (BASE + 0xf000)

static const struct task_layout layout = {
	.init_task = BASE,
	.tasks = {TASKS, 16}, .signal = {SIGNAL, 8}, .thread_node = {THREAD_NODE, 16},
	.thread_head = {0, 16}, .stack = {64, 8}, .sp = {72, 8},
	.mm = {MM, 8}, .flags = {FLAGS, 4}, .pid = {PID, 4}, .tgid = {TGID, 4},
};

struct crowd {
	struct fake_source fake;
	struct image image;
	struct types types;
	struct kernel kernel;
	uint8_t bytes[BYTES];
	struct mm_list list;
	struct error err;
};

static uint64_t task_at(unsigned int i)
{
	return BASE + 4096ULL * i;
}

static uint64_t mm_at(unsigned int i)
{
	return INIT_MM + 256ULL * i;
}

static void put(struct crowd *crowd, uint64_t address, uint64_t value, size_t size)
{
	memcpy(crowd->bytes + (address - BASE), &value, size);
}

static void link_nodes(struct crowd *crowd, uint64_t from, uint64_t to)
{
	put(crowd, from, to, 8);
	put(crowd, to + 8, from, 8);
}

/* Task @i is a process of one thread, its mm is @mm. */
static void make_process(struct crowd *crowd, unsigned int i, uint64_t mm)
{
	uint64_t task = task_at(i), signal = task + SIGNAL_AT;

	put(crowd, task + SIGNAL, signal, 8);
	put(crowd, task + MM, mm, 8);
	put(crowd, task + PID, i, 4);
	put(crowd, task + TGID, i, 4);
	link_nodes(crowd, signal, task + THREAD_NODE);
	link_nodes(crowd, task + THREAD_NODE, signal);
}

/* Task @i is one more thread of the process of task @leader. */
static void make_thread(struct crowd *crowd, unsigned int i, unsigned int leader, uint64_t mm)
{
	make_process(crowd, i, mm);
	put(crowd, task_at(i) + TGID, leader, 4);
	link_nodes(crowd, task_at(leader) + THREAD_NODE, task_at(i) + THREAD_NODE);
	link_nodes(crowd, task_at(i) + THREAD_NODE, task_at(leader) + SIGNAL_AT);
}

static void link_mms(struct crowd *crowd, unsigned int from, unsigned int to)
{
	link_nodes(crowd, mm_at(from) + MMLIST, mm_at(to) + MMLIST);
}

/*
 * init_task (0), a kernel thread (1) that borrows mm 9, and processes 2, 3, 4 with mms
 * 2, 3, 4. On mmlist are 3, 5 and 2: 5 has no task.
 */
static int setup(void **state)
{
	struct crowd *crowd = calloc(1, sizeof(*crowd));
	unsigned int i;

	fake_add_symbol(&crowd->image, "init_mm", INIT_MM);
	fake_add_symbol(&crowd->image, "mmlist_lock", MMLIST_LOCK);
	fake_add_member(&crowd->types, "mm_struct", "mmlist", MMLIST, 16);
	crowd->kernel.image = &crowd->image;
	crowd->kernel.types = &crowd->types;
	crowd->kernel.source = &crowd->fake.source;
	crowd->kernel.lock = (struct field){0, 4};
	make_process(crowd, 1, mm_at(9));
	put(crowd, task_at(1) + FLAGS, KTHREAD, 4);
	for (i = 2; i <= 4; i++)
		make_process(crowd, i, mm_at(i));
	for (i = 0; i <= 4; i++)
		link_nodes(crowd, task_at(i), task_at((i + 1) % 5));
	link_mms(crowd, 0, 3);
	link_mms(crowd, 3, 5);
	link_mms(crowd, 5, 2);
	link_mms(crowd, 2, 0);
	*state = crowd;
	return 0;
}

static int teardown(void **state)
{
	struct crowd *crowd = *state;

	mm_list_free(&crowd->list);
	memory_free(crowd->kernel.memory);
	free(crowd);
	return 0;
}

static void read_list(struct crowd *crowd)
{
	uint64_t hole = crowd->fake.hole;

	mm_list_free(&crowd->list);
	memory_free(crowd->kernel.memory);
	crowd->kernel.memory = fake_memory(&crowd->fake, BASE, crowd->bytes, BYTES);
	crowd->fake.hole = hole;
	assert_true(mm_list_read(&crowd->kernel, &layout, &crowd->list, &crowd->err));
}

static void expect(const struct crowd *crowd, size_t i, unsigned int mm, uint64_t task)
{
	assert_true(i < crowd->list.count);
	assert_int_equal(crowd->list.owners[i].mm, mm_at(mm));
	assert_int_equal(crowd->list.owners[i].task, task);
}

static void both_lists(void **state)
{
	struct crowd *crowd = *state;

	read_list(crowd);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
	expect(crowd, 0, 2, task_at(2));
	expect(crowd, 1, 3, task_at(3));
	expect(crowd, 2, 4, task_at(4));
	expect(crowd, 3, 5, 0);
}

static void nobody_has_swapped(void **state)
{
	struct crowd *crowd = *state;

	link_mms(crowd, 0, 0);
	read_list(crowd);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 3);
}

static void no_process(void **state)
{
	struct crowd *crowd = *state;

	link_mms(crowd, 0, 0);
	link_nodes(crowd, task_at(0), task_at(0));
	read_list(crowd);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 0);
	mm_list_free(&crowd->list);
}

/* The leader, wherever it comes in the list; a thread if the leader has exited. */
static void owners(void **state)
{
	struct crowd *crowd = *state;

	make_thread(crowd, 5, 4, mm_at(4));
	make_thread(crowd, 6, 3, mm_at(3));
	put(crowd, task_at(3) + MM, 0, 8);
	/* vfork: a process with the mm of another, which comes first in the list */
	put(crowd, task_at(2) + MM, mm_at(4), 8);
	read_list(crowd);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
	expect(crowd, 0, 2, 0);
	expect(crowd, 1, 3, task_at(6));
	expect(crowd, 2, 4, task_at(2));
	expect(crowd, 3, 5, 0);
	put(crowd, task_at(2) + TGID, 7, 4);
	read_list(crowd);
	expect(crowd, 2, 4, task_at(4));
}

/* Threads of process 4, each with the mm that @mm_of says. */
static void make_crowd(struct crowd *crowd, uint64_t (*mm_of)(unsigned int i))
{
	uint64_t last = task_at(4) + THREAD_NODE, task;
	unsigned int i;

	for (i = 0; i < CROWD; i++) {
		task = BASE + 65536 + i * CROWD_TASK;
		put(crowd, task + MM, mm_of(i), 8);
		put(crowd, task + PID, 1000 + i, 4);
		put(crowd, task + TGID, 4, 4);
		link_nodes(crowd, last, task + THREAD_NODE);
		last = task + THREAD_NODE;
	}
	link_nodes(crowd, last, task_at(4) + SIGNAL_AT);
}

static uint64_t one_of_two(unsigned int i)
{
	return mm_at(6 + i % 2);
}

static uint64_t of_its_own(unsigned int i)
{
	return mm_at(6 + i * 7 % CROWD);
}

static void many_tasks(void **state)
{
	struct crowd *crowd = *state;
	unsigned int i;

	make_crowd(crowd, one_of_two);
	read_list(crowd);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 6);
	expect(crowd, 4, 6, BASE + 65536);
	expect(crowd, 5, 7, BASE + 65536 + CROWD_TASK);
	make_crowd(crowd, of_its_own);
	read_list(crowd);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4 + CROWD);
	expect(crowd, 3, 5, 0);
	for (i = 0; i < CROWD; i++)
		assert_int_equal(crowd->list.owners[4 + i].mm, mm_at(6 + i));
}

static void lock_held(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, MMLIST_LOCK, 1, 4);
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
	/* a kernel for one CPU has no lock to hold */
	crowd->kernel.lock = (struct field){0};
	read_list(crowd);
	assert_true(crowd->list.complete);
	crowd->kernel.lock = (struct field){0, 4};
	put(crowd, MMLIST_LOCK, 0, 4);
	fake_remove_symbol(&crowd->image, "mmlist_lock");
	read_list(crowd);
	assert_false(crowd->list.complete);
}

/* What is behind a torn link is not believed. */
static void torn_mmlist(void **state)
{
	static const uint64_t pointers[] = {
		0, 8, 0x7f0000001000, BASE + BYTES, UINT64_MAX, UINT64_MAX - 7,
		UINT64_C(0xdead000000000100),
	};
	struct crowd *crowd = *state;
	size_t i;

	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put(crowd, mm_at(3) + MMLIST, pointers[i], 8);
		read_list(crowd);
		assert_false(crowd->list.complete);
		assert_int_equal(crowd->list.count, 3);
	}
	link_mms(crowd, 3, 5);
	/* an mm halfway on: the way back is written first */
	put(crowd, mm_at(5) + MMLIST + 8, mm_at(6) + MMLIST, 8);
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 3);
}

static void rings(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, mm_at(2) + MMLIST, mm_at(3) + MMLIST, 8);
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
	put(crowd, mm_at(2) + MMLIST, mm_at(2) + MMLIST, 8);
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
}

static void torn_tasks(void **state)
{
	struct crowd *crowd = *state;

	put(crowd, task_at(3), 0x1000, 8);
	read_list(crowd);
	assert_false(crowd->list.complete);
	/* mm 4 has no swap entry; it would have been on the other list */
	assert_int_equal(crowd->list.count, 3);
}

static void missing_pages(void **state)
{
	struct crowd *crowd = *state;

	crowd->fake.hole = BASE + 0xe000;
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 3);
	crowd->fake.hole = task_at(3);
	read_list(crowd);
	assert_false(crowd->list.complete);
	expect(crowd, 1, 3, 0);
	crowd->fake.hole = MMLIST_LOCK;
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
}

/* A task whose details cannot be read may have an mm, and the walk goes on. */
static void task_half_in_the_dump(void **state)
{
	struct task_layout wide = layout;
	struct crowd *crowd = *state;

	wide.utime = (struct field){9 * 4096, 8};
	crowd->kernel.memory = fake_memory(&crowd->fake, BASE, crowd->bytes, BYTES);
	crowd->fake.hole = task_at(3 + 9);
	assert_true(mm_list_read(&crowd->kernel, &wide, &crowd->list, &crowd->err));
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
	expect(crowd, 1, 3, 0);
	expect(crowd, 2, 4, task_at(4));
}

static void kernel_without_the_list(void **state)
{
	struct crowd *crowd = *state;

	fake_remove_type(&crowd->types, "mm_struct");
	read_list(crowd);
	assert_false(crowd->list.complete);
	assert_int_equal(crowd->list.count, 3);
}

/* A running kernel, whose list hangs together again when it was asked so often. */
static struct crowd *torn;
static unsigned int refreshes, torn_for;

static void mend(struct source *source)
{
	(void)source;
	if (++refreshes == torn_for)
		link_mms(torn, 3, 5);
}

static const struct source_ops running_ops = {
	.name = "running",
	.read_page = fake_read_page,
	.refresh = mend,
};

static void read_running(struct crowd *crowd, unsigned int times)
{
	mm_list_free(&crowd->list);
	memory_free(crowd->kernel.memory);
	crowd->kernel.memory = fake_memory(&crowd->fake, BASE, crowd->bytes, BYTES);
	crowd->fake.source.ops = &running_ops;
	crowd->fake.source.facts.live = true;
	put(crowd, mm_at(5) + MMLIST + 8, mm_at(4), 8);
	torn = crowd;
	torn_for = times;
	refreshes = 0;
	assert_true(mm_list_read(&crowd->kernel, &layout, &crowd->list, &crowd->err));
}

static void torn_walks_restart(void **state)
{
	struct crowd *crowd = *state;

	read_running(crowd, 2);
	assert_true(crowd->list.complete);
	assert_int_equal(crowd->list.count, 4);
	assert_int_equal(refreshes, 2);
	read_running(crowd, 100);
	assert_false(crowd->list.complete);
	assert_int_equal(refreshes, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(both_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_has_swapped, setup, teardown),
		cmocka_unit_test_setup_teardown(no_process, setup, teardown),
		cmocka_unit_test_setup_teardown(owners, setup, teardown),
		cmocka_unit_test_setup_teardown(many_tasks, setup, teardown),
		cmocka_unit_test_setup_teardown(lock_held, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_mmlist, setup, teardown),
		cmocka_unit_test_setup_teardown(rings, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_tasks, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(task_half_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_without_the_list, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_walks_restart, setup, teardown),
	};

	return cmocka_run_group_tests_name("mm_list", tests, NULL, NULL);
}
