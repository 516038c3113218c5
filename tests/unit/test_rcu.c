// SPDX-License-Identifier: GPL-2.0-or-later
/* RCU's tree: who blocks a grace period; and trees that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/rcu.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES 0x8000

/* Where things are in the image. */
#define STATE	  0x0		/* struct rcu_state: nodes first */
#define NODES	  3		/* a root and two leaves of 16 CPUs */
#define NODE_SIZE 256
#define VARIABLES 0x1000
#define NAME	  0x1100
#define TASKS	  0x2000	/* a task_struct each 512 bytes */
#define TASK_SIZE 512
#define ENTRY	  72		/* rcu_node_entry within it */

/* within struct rcu_node */
#define QSMASK	   8
#define EXPMASK	   16
#define GRPLO	   24
#define GRPHI	   28
#define LEVEL	   32
#define BLKD_TASKS 40
#define GP_TASKS   56
#define EXP_TASKS  64

/* within struct rcu_state, behind the nodes */
#define GP_SEQ	    2000
#define GP_START    2008
#define GP_ACTIVITY 2016
#define GP_KTHREAD  2024
#define GP_STATE    2032
#define STATE_NAME  2040
#define EXP_SEQ	    2048

static const struct rcu_layout layout = {
	.state = BASE + STATE, .num_nodes = BASE + VARIABLES, .num_levels = BASE + VARIABLES + 4,
	.stall_timeout = BASE + VARIABLES + 8, .jiffies = BASE + VARIABLES + 16, .hz = 250,
	.gp_seq = {GP_SEQ, 8}, .gp_start = {GP_START, 8}, .gp_activity = {GP_ACTIVITY, 8},
	.gp_kthread = {GP_KTHREAD, 8}, .gp_state = {GP_STATE, 2}, .name = {STATE_NAME, 8},
	.expedited_sequence = {EXP_SEQ, 8}, .nodes = 0, .node_count = NODES + 2, .level_count = 3,
	.node_size = NODE_SIZE, .qsmask = {QSMASK, 8}, .expmask = {EXPMASK, 8}, .grplo = {GRPLO, 4},
	.grphi = {GRPHI, 4}, .level = {LEVEL, 1}, .blkd_tasks = {BLKD_TASKS, 16},
	.gp_tasks = {GP_TASKS, 8}, .exp_tasks = {EXP_TASKS, 8}, .preemptible = true,
	.node_entry = {ENTRY, 16},
};

struct scene {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t bytes[BYTES];
	uint64_t hole;
	struct rcu_view rcu;
	struct error err;
};

static void put(struct scene *scene, uint64_t offset, uint64_t value, size_t size)
{
	memcpy(scene->bytes + offset, &value, size);
}

static uint64_t node_at(unsigned int node)
{
	return STATE + NODE_SIZE * (uint64_t)node;
}

static uint64_t task_at(unsigned int task)
{
	return TASKS + TASK_SIZE * (uint64_t)task;
}

static void link_entries(struct scene *scene, uint64_t from, uint64_t to)
{
	put(scene, from, BASE + to, 8);
	put(scene, to + 8, BASE + from, 8);
}

/* Tasks @first ... @last on the list of leaf @node. */
static void block(struct scene *scene, unsigned int node, unsigned int first, unsigned int last)
{
	uint64_t head = node_at(node) + BLKD_TASKS, at = head;
	unsigned int i;

	for (i = first; i <= last; i++) {
		link_entries(scene, at, task_at(i) + ENTRY);
		at = task_at(i) + ENTRY;
	}
	link_entries(scene, at, head);
}

static void make_node(struct scene *scene, unsigned int node, unsigned int level,
		      unsigned int first, unsigned int last)
{
	uint64_t at = node_at(node);

	put(scene, at + LEVEL, level, 1);
	put(scene, at + GRPLO, first, 4);
	put(scene, at + GRPHI, last, 4);
	link_entries(scene, at + BLKD_TASKS, at + BLKD_TASKS);
}

/* A grace period that began 5 s ago, and nobody who blocks it. */
static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	make_node(scene, 0, 0, 0, 31);
	make_node(scene, 1, 1, 0, 15);
	make_node(scene, 2, 1, 16, 31);
	put(scene, VARIABLES, NODES, 4);
	put(scene, VARIABLES + 4, 2, 4);
	put(scene, VARIABLES + 8, 21, 4);
	put(scene, VARIABLES + 16, 4294900000, 8);
	put(scene, GP_SEQ, 1001, 8);
	put(scene, GP_START, 4294900000 - 5 * 250, 8);
	put(scene, GP_ACTIVITY, 4294900000 - 25, 8);
	put(scene, GP_KTHREAD, BASE + task_at(9), 8);
	put(scene, GP_STATE, RCU_GP_WAIT_FQS, 2);
	put(scene, STATE_NAME, BASE + NAME, 8);
	strcpy((char *)scene->bytes + NAME, "rcu_preempt");
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static bool read_with(struct scene *scene, const struct rcu_layout *with)
{
	bool result;

	scene->kernel.memory = fake_memory(&scene->fake, BASE, scene->bytes, BYTES);
	assert_non_null(scene->kernel.memory);
	scene->fake.hole = scene->hole;
	result = rcu_state_read(&scene->kernel, with, &scene->rcu, &scene->err);
	memory_free(scene->kernel.memory);
	return result;
}

static void expect_cpu(const struct rcu_blocker *blocker, unsigned int cpu)
{
	assert_int_equal(blocker->kind, RCU_BLOCKER_CPU);
	assert_int_equal(blocker->cpu, cpu);
}

static void expect_task(const struct rcu_blocker *blocker, unsigned int task)
{
	assert_int_equal(blocker->kind, RCU_BLOCKER_TASK);
	assert_int_equal(blocker->task, BASE + task_at(task));
}

static void what_is_read(void **state)
{
	struct scene *scene = *state;
	const struct rcu_view *rcu = &scene->rcu;

	assert_true(read_with(scene, &layout));
	assert_string_equal(rcu->flavour, "rcu_preempt");
	assert_true(rcu->preemptible && rcu->in_progress && rcu->age_known && rcu->idle_known);
	assert_int_equal(rcu->sequence, 1001);
	assert_int_equal(rcu->age_jiffies, 1250);
	assert_true(rcu->age > 4.999 && rcu->age < 5.001);
	assert_true(rcu->idle > 0.099 && rcu->idle < 0.101);
	assert_false(rcu->starved);
	assert_true(rcu->stall_timeout_known);
	assert_int_equal(rcu->stall_timeout, 21);
	assert_int_equal(rcu->gp_kthread, BASE + task_at(9));
	assert_string_equal(rcu_gp_state_name(rcu->gp_state), "RCU_GP_WAIT_FQS");
	assert_int_equal(rcu->blocker_count, 0);
	assert_true(rcu->blockers_complete);
	assert_false(rcu->expedited_in_progress);
}

/* 4.14 to 4.18: gpnum and completed, for which other words serve here. */
static void two_numbers(void **state)
{
	struct rcu_layout old = layout;
	struct scene *scene = *state;

	old.gp_seq = old.gp_state = (struct field){0};
	old.gpnum = (struct field){GP_SEQ, 8};
	old.completed = (struct field){EXP_SEQ, 8};
	old.expedited_sequence = (struct field){0};
	put(scene, STATE + GP_SEQ, 251, 8);
	put(scene, STATE + EXP_SEQ, 250, 8);
	put(scene, node_at(2) + QSMASK, 1 << 3, 8);
	assert_true(read_with(scene, &old));
	assert_true(scene->rcu.in_progress);
	assert_int_equal(scene->rcu.sequence, 1001);
	assert_int_equal(scene->rcu.gp_state, -1);
	assert_int_equal(scene->rcu.blocker_count, 1);
	expect_cpu(&scene->rcu.blockers[0], 19);
	put(scene, STATE + GP_SEQ, 250, 8);
	assert_true(read_with(scene, &old));
	assert_false(scene->rcu.in_progress);
}

static void blocked_by_cpus(void **state)
{
	struct scene *scene = *state;

	put(scene, node_at(0) + QSMASK, 3, 8);
	put(scene, node_at(1) + QSMASK, 1 << 2, 8);
	put(scene, node_at(2) + QSMASK, 1 << 15 | 1, 8);
	assert_true(read_with(scene, &layout));
	assert_true(scene->rcu.blockers_complete);
	assert_int_equal(scene->rcu.blocker_count, 3);
	expect_cpu(&scene->rcu.blockers[0], 2);
	expect_cpu(&scene->rcu.blockers[1], 16);
	expect_cpu(&scene->rcu.blockers[2], 31);
	/* between grace periods the masks mean nothing */
	put(scene, GP_SEQ, 1004, 8);
	assert_true(read_with(scene, &layout));
	assert_false(scene->rcu.in_progress);
	assert_false(scene->rcu.age_known);
	assert_int_equal(scene->rcu.blocker_count, 0);
}

/* gp_tasks and all behind it block; what is before it came after the grace period began. */
static void blocked_by_tasks(void **state)
{
	struct scene *scene = *state;

	block(scene, 2, 1, 4);
	put(scene, node_at(2) + GP_TASKS, BASE + task_at(3) + ENTRY, 8);
	put(scene, node_at(2) + EXP_TASKS, BASE + task_at(4) + ENTRY, 8);
	put(scene, node_at(1) + EXPMASK, 1 << 3, 8);
	assert_true(read_with(scene, &layout));
	assert_true(scene->rcu.blockers_complete);
	assert_int_equal(scene->rcu.blocker_count, 2);
	expect_task(&scene->rcu.blockers[0], 3);
	expect_task(&scene->rcu.blockers[1], 4);
	assert_int_equal(scene->rcu.expedited_blocker_count, 0);
	put(scene, EXP_SEQ, 77, 8);
	assert_true(read_with(scene, &layout));
	assert_true(scene->rcu.expedited_in_progress);
	assert_int_equal(scene->rcu.expedited_sequence, 77);
	assert_int_equal(scene->rcu.expedited_blocker_count, 2);
	expect_cpu(&scene->rcu.expedited_blockers[0], 3);
	expect_task(&scene->rcu.expedited_blockers[1], 4);
}

static void more_than_the_room(void **state)
{
	struct rcu_layout one = layout;
	struct scene *scene = *state;

	one.node_count = 1;
	make_node(scene, 0, 0, 0, 63);
	put(scene, VARIABLES, 1, 4);
	put(scene, VARIABLES + 4, 1, 4);
	put(scene, node_at(0) + QSMASK, UINT64_MAX, 8);
	block(scene, 0, 0, 9);
	put(scene, node_at(0) + GP_TASKS, BASE + task_at(0) + ENTRY, 8);
	assert_true(read_with(scene, &one));
	assert_true(scene->rcu.blockers_complete);
	assert_int_equal(scene->rcu.blocker_count, 74);
	expect_cpu(&scene->rcu.blockers[RCU_BLOCKERS_MAX - 1], 63);
}

static void torn_lists(void **state)
{
	struct scene *scene = *state;
	uint64_t i;

	block(scene, 1, 0, 3);
	put(scene, node_at(1) + GP_TASKS, BASE + task_at(0) + ENTRY, 8);
	put(scene, task_at(2) + ENTRY + 8, BASE + task_at(0) + ENTRY, 8);	/* prev */
	assert_true(read_with(scene, &layout));
	assert_false(scene->rcu.blockers_complete);
	assert_int_equal(scene->rcu.blocker_count, 2);
	/* a ring of its own, without the head */
	block(scene, 1, 0, 3);
	link_entries(scene, task_at(3) + ENTRY, task_at(1) + ENTRY);
	put(scene, node_at(1) + GP_TASKS, BASE + task_at(1) + ENTRY, 8);
	assert_true(read_with(scene, &layout));
	assert_false(scene->rcu.blockers_complete);
	assert_int_equal(scene->rcu.blocker_count, 3);
	for (i = 0; i < 3; i++) {
		static const uint64_t garbage[] = {0x1000, BASE + 3, 0xffffc90000000000};

		put(scene, node_at(1) + GP_TASKS, garbage[i], 8);
		assert_true(read_with(scene, &layout));
		assert_false(scene->rcu.blockers_complete);
	}
}

/* Without CONFIG_PREEMPT_RCU nobody can be on the list. */
static void not_preemptible(void **state)
{
	struct rcu_layout plain = layout;
	struct scene *scene = *state;

	plain.preemptible = false;
	plain.node_entry = (struct field){0};
	assert_true(read_with(scene, &plain));
	assert_true(scene->rcu.blockers_complete);
	assert_false(scene->rcu.preemptible);
	put(scene, node_at(1) + GP_TASKS, BASE + task_at(1) + ENTRY, 8);
	assert_true(read_with(scene, &plain));
	assert_false(scene->rcu.blockers_complete);
	assert_int_equal(scene->rcu.blocker_count, 0);
}

static void trees_of_nonsense(void **state)
{
	static const struct {
		uint64_t offset, value;
		size_t size;
	} wrong[] = {
		{VARIABLES, 0, 4}, {VARIABLES, 6, 4}, {VARIABLES, 0xffffffff, 4},
		{VARIABLES + 4, 0, 4}, {VARIABLES + 4, 4, 4},
		{VARIABLES + 4, 3, 4},			/* no node is that deep */
		{NODE_SIZE + LEVEL, 0, 1}, {NODE_SIZE + LEVEL, 2, 1}, {NODE_SIZE + LEVEL, 255, 1},
		{NODE_SIZE + GRPLO, 16, 4}, {NODE_SIZE + GRPHI, 64, 4},
		{NODE_SIZE + GRPHI, 0xffffffff, 4}, {NODE_SIZE + GRPHI, 14, 4}, {GRPHI, 30, 4},
		{NODE_SIZE + QSMASK, 1 << 16, 8},	/* a CPU behind grphi */
	};
	struct scene *scene;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		teardown(state);
		setup(state);
		scene = *state;
		put(scene, node_at(2) + QSMASK, 2, 8);
		put(scene, wrong[i].offset, wrong[i].value, wrong[i].size);
		assert_true(read_with(scene, &layout));
		assert_false(scene->rcu.blockers_complete);
		/* what the other leaf says is not lost */
		if (wrong[i].offset < VARIABLES)
			expect_cpu(&scene->rcu.blockers[0], 17);
	}
}

static void times_of_nonsense(void **state)
{
	struct rcu_layout without = layout;
	struct scene *scene = *state;

	put(scene, GP_ACTIVITY, 4294900000 - 501, 8);
	assert_true(read_with(scene, &layout));
	assert_true(scene->rcu.starved);
	put(scene, GP_START, 4294900001, 8);		/* in the future */
	put(scene, GP_ACTIVITY, 0, 8);
	put(scene, VARIABLES + 8, 0xffffffff, 4);
	put(scene, STATE_NAME, 0x1000, 8);
	put(scene, GP_STATE, 0xffff, 2);
	assert_true(read_with(scene, &layout));
	assert_false(scene->rcu.age_known || scene->rcu.idle_known || scene->rcu.starved);
	assert_false(scene->rcu.stall_timeout_known);
	assert_string_equal(scene->rcu.flavour, "");
	assert_string_equal(rcu_gp_state_name(scene->rcu.gp_state), "???");
	without.hz = 0;
	without.name = without.gp_state = without.gp_kthread = (struct field){0};
	without.expedited_sequence = (struct field){0};
	assert_true(read_with(scene, &without));
	assert_false(scene->rcu.age_known);
	assert_int_equal(scene->rcu.gp_state, -1);
}

static void holes(void **state)
{
	struct scene *scene = *state;

	scene->hole = BASE + VARIABLES;
	assert_true(read_with(scene, &layout));
	assert_false(scene->rcu.blockers_complete);
	assert_false(scene->rcu.age_known);
	assert_false(scene->rcu.stall_timeout_known);
	scene->hole = BASE + STATE;
	assert_false(read_with(scene, &layout));
	assert_int_equal(scene->err.kind, ERROR_UNREADABLE);
}

/* A small generator of its own, so that a failure can be repeated. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void random_words(void **state)
{
	struct scene *scene = *state, *clean = malloc(sizeof(*clean));
	uint64_t random = 88172645463325252, i;

	block(scene, 1, 0, 4);
	block(scene, 2, 5, 9);
	put(scene, node_at(1) + GP_TASKS, BASE + task_at(1) + ENTRY, 8);
	put(scene, node_at(2) + EXP_TASKS, BASE + task_at(7) + ENTRY, 8);
	put(scene, node_at(2) + QSMASK, 0xff, 8);
	put(scene, EXP_SEQ, 5, 8);
	*clean = *scene;
	for (i = 0; i < 4000; i++) {
		uint64_t value = next_random(&random), place = next_random(&random);

		*scene = *clean;
		if (value % 2)
			value = BASE + (value >> 8) % BYTES / 8 * 8;
		if (place % 3 == 0)
			place = TASKS + (place >> 8) % (10 * TASK_SIZE);
		else
			place = (place >> 8) % (VARIABLES + 32);
		put(scene, place, value, 1 + next_random(&random) % 8);
		read_with(scene, &layout);
	}
	free(clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(two_numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(blocked_by_cpus, setup, teardown),
		cmocka_unit_test_setup_teardown(blocked_by_tasks, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_the_room, setup, teardown),
		cmocka_unit_test_setup_teardown(torn_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(not_preemptible, setup, teardown),
		cmocka_unit_test_setup_teardown(trees_of_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(times_of_nonsense, setup, teardown),
		cmocka_unit_test_setup_teardown(holes, setup, teardown),
		cmocka_unit_test_setup_teardown(random_words, setup, teardown),
	};

	return cmocka_run_group_tests_name("rcu", tests, NULL, NULL);
}
