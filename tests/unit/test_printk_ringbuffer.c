// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ring buffer, written here as the kernel writes it: after 5.10's prb_reserve() and
 * prb_commit().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "printk_scene.h"

/* Where things are in the image. */
#define VARIABLES 0x0		/* prb */
#define RING	  0x100
#define DESCS	  0x1000
#define INFOS	  0x2000

#define COUNT_BITS 6
#define COUNT	   (UINT64_C(1) << COUNT_BITS)
#define SIZE_BITS  12
#define SIZE	   (UINT64_C(1) << SIZE_BITS)
#define ID_MASK	   (~UINT64_C(0) >> 2)
#define DESC_SIZE  24
#define INFO_SIZE  88

#define RESERVED  0
#define COMMITTED 1
#define FINALIZED 2
#define REUSABLE  3

/* struct printk_ringbuffer and what hangs from it, as in 6.1 */
static const struct printk_layout ring_layout = {
	.header = {.size = INFO_SIZE, .time = {8, 8}, .text_length = {16, 2}, .facility = {18, 1},
		   .level = {19, 1}, .level_shift = 5, .level_bits = 3, .caller = {20, 4}},
	.ring = {.prb = BASE + VARIABLES, .ring_size = 80, .count_bits = {0, 4}, .descs = {8, 8},
		 .infos = {16, 8}, .head = {24, 8}, .tail = {32, 8}, .size_bits = {40, 4},
		 .data = {48, 8}, .desc_size = DESC_SIZE, .state = {0, 8}, .begin = {8, 8},
		 .next = {16, 8}, .sequence = {0, 8}},
};

static uint64_t desc_at(uint64_t id)
{
	return DESCS + (id & (COUNT - 1)) * DESC_SIZE;
}

static uint64_t info_at(uint64_t id)
{
	return INFOS + (id & (COUNT - 1)) * INFO_SIZE;
}

static uint64_t state_var(uint64_t id, uint64_t state)
{
	return id | state << 62;
}

static void publish_ring(struct scene *scene)
{
	put(scene, VARIABLES, BASE + RING, 8);
	put(scene, RING, COUNT_BITS, 4);
	put(scene, RING + 8, BASE + DESCS, 8);
	put(scene, RING + 16, BASE + INFOS, 8);
	put(scene, RING + 24, scene->head, 8);
	put(scene, RING + 32, scene->tail, 8);
	put(scene, RING + 40, SIZE_BITS, 4);
	put(scene, RING + 48, BASE + DATA, 8);
}

static int setup_ring(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	/* DESC0_ID, BLK0_LPOS: the first wrap is near */
	scene->head = scene->tail = -(COUNT + 1) & ID_MASK;
	scene->head_lpos = -SIZE;
	scene->stop_after = SEEN_MAX;
	put(scene, desc_at(scene->head), state_var(scene->head, REUSABLE), 8);
	put(scene, desc_at(scene->head) + 8, 1, 8);
	put(scene, desc_at(scene->head) + 16, 1, 8);
	publish_ring(scene);
	*state = scene;
	return 0;
}

/* data_push_tail(): records whose text is about to be overwritten. */
static void push_data(struct scene *scene, uint64_t head_lpos)
{
	uint64_t id;

	for (id = scene->tail; id != scene->head; id = (id + 1) & ID_MASK)
		if (!(get(scene, desc_at(id) + 8, 8) & 1) &&
		    head_lpos - get(scene, desc_at(id) + 8, 8) > SIZE)
			put(scene, desc_at(id), state_var(id, REUSABLE), 8);
}

/* data_alloc(): @fit: of 6.18, which lets a block end just at the end of the ring. */
static void allocate(struct scene *scene, uint64_t id, size_t length, bool fit)
{
	uint64_t size = (length + 8 + 7) & ~UINT64_C(7), begin = scene->head_lpos;
	uint64_t next = begin + size;
	bool wraps = begin >> SIZE_BITS != (next - fit) >> SIZE_BITS;

	if (wraps)
		next = (next & -SIZE) + size;
	push_data(scene, next);
	put(scene, DATA + (begin & (SIZE - 1)), id, 8);
	if (wraps)
		put(scene, DATA, id, 8);
	put(scene, desc_at(id) + 8, begin, 8);
	put(scene, desc_at(id) + 16, next, 8);
	scene->head_lpos = next;
}

/* Where the text of @id is, in the image. */
static uint64_t text_at(const struct scene *scene, uint64_t id)
{
	uint64_t begin = get(scene, desc_at(id) + 8, 8), next = get(scene, desc_at(id) + 16, 8);

	return DATA + 8 + (begin >> SIZE_BITS == (next - 1) >> SIZE_BITS ? begin & (SIZE - 1) : 0);
}

static uint64_t reserve(struct scene *scene)
{
	uint64_t id = (scene->head + 1) & ID_MASK;

	if (((id - scene->tail) & ID_MASK) >= COUNT)
		scene->tail = (scene->tail + 1) & ID_MASK;
	scene->head = id;
	memset(scene->bytes + info_at(id), 0, INFO_SIZE);
	put(scene, info_at(id), scene->sequence++, 8);
	put(scene, desc_at(id), state_var(id, RESERVED), 8);
	return id;
}

static uint64_t print_sized(struct scene *scene, const char *text, size_t length, bool fit)
{
	uint64_t id = reserve(scene);

	put(scene, info_at(id) + 8, 1000000 * scene->sequence, 8);
	put(scene, info_at(id) + 16, length, 2);
	put(scene, info_at(id) + 18, 3, 1);
	put(scene, info_at(id) + 19, 6 << 5 | 0x1f, 1);
	put(scene, info_at(id) + 20, 42, 4);
	allocate(scene, id, length, fit);
	memcpy(scene->bytes + text_at(scene, id), text, length);
	put(scene, desc_at(id), state_var(id, FINALIZED), 8);
	publish_ring(scene);
	return id;
}

static uint64_t print(struct scene *scene, const char *text)
{
	return print_sized(scene, text, strlen(text), false);
}

static bool read_ring(struct scene *scene)
{
	return read_form(scene, &printk_ringbuffer_form, &ring_layout);
}

static void ring_record(void **state)
{
	struct scene *scene = *state;
	uint64_t id;

	id = print(scene, "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n\tP37");
	put(scene, info_at(id) + 20, 0x80000003, 4);
	assert_true(read_ring(scene));
	expect_gaps(scene, 0, 0, 0);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->last.sequence, 0);
	assert_int_equal(scene->last.time, 1000000);
	assert_int_equal(scene->last.level, 6);
	assert_int_equal(scene->last.facility, 3);
	assert_true(scene->last.has_cpu);
	assert_false(scene->last.has_pid);
	assert_int_equal(scene->last.cpu, 3);
	assert_string_equal(scene->last.text,
			    "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:\n\tP37");

	print(scene, "second");
	assert_true(read_ring(scene));
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->last.sequence, 1);
	assert_true(scene->last.has_pid);
	assert_int_equal(scene->last.pid, 42);
}

static void ring_empty(void **state)
{
	struct scene *scene = *state;

	assert_true(read_ring(scene));
	assert_int_equal(scene->count, 0);
	expect_gaps(scene, 0, 0, 0);
}

static void ring_wraps(void **state)
{
	struct scene *scene = *state;
	char text[256];
	uint64_t i;

	for (i = 0; i < 3000; i++) {
		size_t length = make_text(i, text);

		print_sized(scene, text, length, false);
		assert_true(read_ring(scene));
		expect_gaps(scene, 0, 0, 0);
		/* the texts take 4,096 bytes, so there are some 25 to 64 of at most 178 */
		assert_in_range(scene->count, i < 22 ? i + 1 : 22, COUNT);
		expect_texts(scene, i);
	}
}

/* 6.18: a block may end just where the ring ends, also where positions overflow. */
static void ring_perfect_fit(void **state)
{
	struct scene *scene = *state;
	char text[SIZE / 4 - 8];
	int i;

	memset(text, 'x', sizeof(text));
	for (i = 0; i < 9; i++) {
		uint64_t id = print_sized(scene, text, sizeof(text), true);

		/* the first wrap ends where positions overflow */
		if (i == 3)
			assert_int_equal(get(scene, desc_at(id) + 16, 8), 0);
		assert_true(read_ring(scene));
		expect_gaps(scene, 0, 0, 0);
		assert_int_equal(scene->count, i < 4 ? i + 1 : 4);
	}
}

static void ring_without_text(void **state)
{
	struct scene *scene = *state;
	uint64_t id;

	print(scene, "one");
	id = reserve(scene);	/* an empty line */
	put(scene, desc_at(id) + 8, 3, 8);
	put(scene, desc_at(id) + 16, 3, 8);
	put(scene, desc_at(id), state_var(id, FINALIZED), 8);
	id = reserve(scene);	/* there was no room */
	put(scene, info_at(id) + 16, 17, 2);
	put(scene, desc_at(id) + 8, 1, 8);
	put(scene, desc_at(id) + 16, 1, 8);
	put(scene, desc_at(id), state_var(id, FINALIZED), 8);
	print(scene, "four");
	assert_true(read_ring(scene));
	expect_gaps(scene, 0, 0, 0);
	assert_int_equal(scene->count, 3);
	assert_int_equal(scene->seen[1].length, 0);
	assert_int_equal(scene->seen[1].sequence, 1);
	assert_int_equal(scene->seen[2].sequence, 3);
}

static void ring_states(void **state)
{
	struct scene *scene = *state;
	uint64_t ids[5], i;

	for (i = 0; i < 5; i++)
		ids[i] = print(scene, "text");
	put(scene, desc_at(ids[0]), state_var(ids[0], REUSABLE), 8);
	put(scene, desc_at(ids[1]), state_var(ids[1], COMMITTED), 8);
	put(scene, desc_at(ids[3]), state_var(ids[3], RESERVED), 8);
	/* head_id is already set, the descriptor is still that of a wrap ago */
	put(scene, desc_at(ids[4]), state_var((ids[4] - COUNT) & ID_MASK, REUSABLE), 8);
	assert_true(read_ring(scene));
	expect_gaps(scene, 0, 0, 0);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->seen[0].sequence, 1);
	assert_int_equal(scene->seen[1].sequence, 2);
}

/* Each kind of damage costs its record, and no other. */
static void ring_damage(void **state)
{
	uint64_t id;
	int i;

	for (i = 0; i < 9; i++) {
		struct scene *scene;

		teardown(state);
		setup_ring(state);
		scene = *state;
		print(scene, "before");
		id = print(scene, "the record that is hit");
		print(scene, "behind");
		switch (i) {
		case 0:		/* another record's ID */
			put(scene, desc_at(id), state_var((id + 7) & ID_MASK, FINALIZED), 8);
			break;
		case 1:		/* sequence number of another place */
			put(scene, info_at(id), 99, 8);
			break;
		case 2:		/* block of another record */
			put(scene, text_at(scene, id) - 8, id + COUNT, 8);
			break;
		case 3:		/* block that ends before it begins */
			put(scene, desc_at(id) + 16, get(scene, desc_at(id) + 8, 8) - 16, 8);
			break;
		case 4:		/* block not aligned */
			put(scene, desc_at(id) + 8, get(scene, desc_at(id) + 8, 8) + 4, 8);
			break;
		case 5:		/* text longer than its block */
			put(scene, info_at(id) + 16, 1000, 2);
			break;
		case 6:		/* a block of no size */
			put(scene, desc_at(id) + 16, get(scene, desc_at(id) + 8, 8), 8);
			break;
		case 7:		/* a block longer than the ring */
			put(scene, desc_at(id) + 16,
			    get(scene, desc_at(id) + 8, 8) + 2 * SIZE + 16, 8);
			break;
		case 8:		/* the end of a block not aligned */
			put(scene, desc_at(id) + 16, get(scene, desc_at(id) + 16, 8) + 4, 8);
			break;
		}
		assert_true(read_ring(scene));
		expect_gaps(scene, 0, 1, 0);
		assert_int_equal(scene->count, 2);
		assert_int_equal(scene->seen[1].sequence, 2);
	}
}

static void ring_holes(void **state)
{
	struct scene *scene = *state;

	print(scene, "one");
	print(scene, "two");
	scene->hole = BASE + DATA;
	assert_true(read_ring(scene));
	expect_gaps(scene, 2, 0, 0);
	scene->hole = BASE + INFOS;
	assert_true(read_ring(scene));
	expect_gaps(scene, 2, 0, 0);
	/* tail, too, is there: the descriptor from which it all began */
	scene->hole = BASE + DESCS;
	assert_true(read_ring(scene));
	expect_gaps(scene, 3, 0, 0);
	assert_int_equal(scene->count, 0);
	scene->hole = BASE;
	assert_false(read_ring(scene));
	assert_int_equal(scene->err.kind, ERROR_UNREADABLE);
}

static void ring_ends(void **state)
{
	struct scene *scene = *state;
	int i;

	for (i = 0; i < 10; i++)
		print(scene, "text");
	put(scene, RING + 32, 0x1234567, 8);	/* the tail */
	assert_true(read_ring(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 10);
	publish_ring(scene);
	put(scene, RING + 24, 0x1234567, 8);	/* the head */
	assert_true(read_ring(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 10);
	put(scene, RING + 32, 0x7654321, 8);	/* both */
	assert_false(read_ring(scene));
	assert_int_equal(scene->err.kind, ERROR_INPUT);
}

static void ring_nonsense(void **state)
{
	static const struct {
		uint64_t offset, value;
		size_t size;
	} wrong[] = {
		{VARIABLES, 0, 8}, {VARIABLES, 0x1000, 8},
		{RING, 0, 4}, {RING, 27, 4}, {RING, 0xffffffff, 4},
		{RING + 40, 0, 4}, {RING + 40, 32, 4}, {RING + 40, 64, 4},
		{RING + 8, 0, 8}, {RING + 16, 4096, 8}, {RING + 48, 8, 8},
	};
	struct scene *scene = *state;
	size_t i;

	print(scene, "text");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		publish_ring(scene);
		put(scene, wrong[i].offset, wrong[i].value, wrong[i].size);
		assert_false(read_ring(scene));
		assert_int_equal(scene->count, 0);
	}
}

static void ring_long_text(void **state)
{
	struct scene *scene = *state;
	char text[1500];

	memset(text, 'y', sizeof(text));
	print_sized(scene, text, PRINTK_TEXT_MAX, false);
	print_sized(scene, text, sizeof(text), false);
	assert_true(read_ring(scene));
	expect_gaps(scene, 0, 0, 1);
	assert_int_equal(scene->seen[0].length, PRINTK_TEXT_MAX);
	assert_int_equal(scene->seen[1].length, PRINTK_TEXT_MAX);
}

static void ring_visitor_stops(void **state)
{
	struct scene *scene = *state;

	print(scene, "one");
	print(scene, "two");
	print(scene, "three");
	scene->stop_after = 2;
	assert_true(read_ring(scene));
	assert_int_equal(scene->count, 2);
}

static void ring_random(void **state)
{
	struct scene *scene = *state, *clean = malloc(sizeof(*clean));
	uint64_t random = 88172645463325252, i;
	char text[256];

	for (i = 0; i < 150; i++)
		print_sized(scene, text, make_text(i, text), false);
	*clean = *scene;
	for (i = 0; i < 4000; i++) {
		int words = 1 + (int)(next_random(&random) % 3);

		*scene = *clean;
		while (words--)
			if (next_random(&random) % 2)
				spoil(scene, &random, RING, RING + 80);
			else
				spoil(scene, &random, DESCS, DATA + SIZE);
		read_ring(scene);
	}
	free(clean);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(ring_record, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_empty, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_wraps, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_perfect_fit, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_without_text, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_states, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_damage, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_holes, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_ends, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_nonsense, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_long_text, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_visitor_stops, setup_ring, teardown),
		cmocka_unit_test_setup_teardown(ring_random, setup_ring, teardown),
	};

	return cmocka_run_group_tests_name("printk_ringbuffer", tests, NULL, NULL);
}
