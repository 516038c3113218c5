// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel log in both forms, written here as the kernel writes it: the ring buffer
 * after 5.10's prb_reserve() and prb_commit(), log_buf after 5.4's log_store().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/printk_form.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES 0x8000

/* Where things are in the image. */
#define VARIABLES 0x0		/* prb, or log_buf and those beside it */
#define RING	  0x100
#define DESCS	  0x1000
#define INFOS	  0x2000
#define DATA	  0x4000	/* of either form, up to BYTES */

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

#define LOG_SIZE  0x1000
#define SEEN_MAX  4096

/* struct printk_ringbuffer and what hangs from it, as in 6.1 */
static const struct printk_layout ring_layout = {
	.header = {.size = INFO_SIZE, .time = {8, 8}, .text_length = {16, 2}, .facility = {18, 1},
		   .level = {19, 1}, .level_shift = 5, .level_bits = 3, .caller = {20, 4}},
	.ring = {.prb = BASE + VARIABLES, .ring_size = 80, .count_bits = {0, 4}, .descs = {8, 8},
		 .infos = {16, 8}, .head = {24, 8}, .tail = {32, 8}, .size_bits = {40, 4},
		 .data = {48, 8}, .desc_size = DESC_SIZE, .state = {0, 8}, .begin = {8, 8},
		 .next = {16, 8}, .sequence = {0, 8}},
};

/* struct printk_log as in 5.4, with CONFIG_PRINTK_CALLER */
static const struct printk_layout log_layout = {
	.header = {.size = 20, .time = {0, 8}, .text_length = {10, 2}, .facility = {14, 1},
		   .level = {15, 1}, .level_shift = 5, .level_bits = 3, .caller = {16, 4}},
	.log_buf = {.log_buf = BASE, .log_buf_len = BASE + 8, .log_first_idx = BASE + 12,
		    .log_next_idx = BASE + 16, .log_first_seq = BASE + 24,
		    .log_next_seq = BASE + 32, .length = {8, 2}, .dict_length = {12, 2}},
};

struct line {
	uint64_t sequence;
	size_t length;
	uint8_t sum;		/* of the text */
};

struct scene {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t bytes[BYTES];
	uint64_t hole;

	/* the writer of the ring */
	uint64_t head, tail, head_lpos, sequence;
	/* the writer of log_buf */
	uint32_t first_idx, next_idx;
	uint64_t first_seq, next_seq;

	/* the reader */
	struct printk_gaps gaps;
	struct error err;
	struct line seen[SEEN_MAX];
	struct log_record last;
	size_t count, stop_after;
};

static void put(struct scene *scene, uint64_t offset, uint64_t value, size_t size)
{
	memcpy(scene->bytes + offset, &value, size);
}

static uint64_t get(const struct scene *scene, uint64_t offset, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, scene->bytes + offset, size);
	return value;
}

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

static int teardown(void **state)
{
	free(*state);
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

static uint8_t sum_of(const char *text, size_t length)
{
	uint8_t sum = 0;

	while (length--)
		sum = (uint8_t)(sum * 31 + (uint8_t)*text++);
	return sum;
}

static bool visit(void *data, const struct log_record *record)
{
	struct scene *scene = data;

	assert_true(record->length <= PRINTK_TEXT_MAX);
	assert_int_equal(record->text[record->length], 0);
	assert_true(scene->count < SEEN_MAX);
	scene->seen[scene->count++] = (struct line){
		record->sequence, record->length, sum_of(record->text, record->length),
	};
	scene->last = *record;
	return scene->count < scene->stop_after;
}

static bool read_form(struct scene *scene, const struct printk_form *form,
		      const struct printk_layout *layout)
{
	struct printk_walk walk = {
		.kernel = &scene->kernel, .layout = layout, .visit = visit, .data = scene,
		.gaps = &scene->gaps,
	};
	bool result;

	scene->count = 0;
	memset(&scene->gaps, 0, sizeof(scene->gaps));
	scene->kernel.memory = fake_memory(&scene->fake, BASE, scene->bytes, BYTES);
	assert_non_null(scene->kernel.memory);
	scene->fake.hole = scene->hole;
	result = form->walk(&walk, &scene->err);
	memory_free(scene->kernel.memory);
	return result;
}

static bool read_ring(struct scene *scene)
{
	return read_form(scene, &printk_ringbuffer_form, &ring_layout);
}

static void expect_gaps(const struct scene *scene, uint64_t unreadable, uint64_t damaged,
			uint64_t cut)
{
	assert_int_equal(scene->gaps.unreadable, unreadable);
	assert_int_equal(scene->gaps.damaged, damaged);
	assert_int_equal(scene->gaps.cut, cut);
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

/* What must be seen after the wraps: the text is made of the sequence number. */
static size_t make_text(uint64_t sequence, char *text)
{
	size_t length = 1 + sequence * 7919 % 170, i;

	for (i = 0; i < length; i++)
		text[i] = (char)(' ' + (sequence * 31 + i) % 95);
	return length;
}

static void expect_texts(const struct scene *scene, uint64_t newest)
{
	char text[256];
	size_t i;

	for (i = 0; i < scene->count; i++) {
		const struct line *line = &scene->seen[i];
		size_t length = make_text(line->sequence, text);

		assert_int_equal(line->sequence, newest - scene->count + 1 + i);
		assert_int_equal(line->length, length);
		assert_int_equal(line->sum, sum_of(text, length));
	}
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

/* A small generator of its own, so that a failure can be repeated. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void spoil(struct scene *scene, uint64_t *random, uint64_t from, uint64_t to)
{
	uint64_t place = from + next_random(random) % (to - from - 8);
	uint64_t value = next_random(random);

	/* small numbers, pointers into the image, single bits */
	if (value % 4 == 0)
		value = value >> 8 & 0xff;
	else if (value % 4 == 1)
		value = BASE + (value >> 8) % BYTES;
	else if (value % 4 == 2)
		value = get(scene, place, 8) ^ UINT64_C(1) << (value >> 8) % 64;
	put(scene, place, value, 1 + next_random(random) % 8);
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

/* log_store() of 5.4 from here on. */

static void publish_log(struct scene *scene)
{
	put(scene, 0, BASE + DATA, 8);
	put(scene, 8, LOG_SIZE, 4);
	put(scene, 12, scene->first_idx, 4);
	put(scene, 16, scene->next_idx, 4);
	put(scene, 24, scene->first_seq, 8);
	put(scene, 32, scene->next_seq, 8);
}

static int setup_log(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->stop_after = SEEN_MAX;
	publish_log(scene);
	*state = scene;
	return 0;
}

static bool log_has_space(const struct scene *scene, uint32_t size)
{
	bool empty = scene->first_seq == scene->next_seq;
	uint32_t space = scene->first_idx - scene->next_idx;

	if (scene->next_idx > scene->first_idx || empty) {
		space = LOG_SIZE - scene->next_idx;
		if (scene->first_idx > space)
			space = scene->first_idx;
	}
	return space >= size + log_layout.header.size;
}

static void log_drop(struct scene *scene)
{
	if (!get(scene, DATA + scene->first_idx + 8, 2))
		scene->first_idx = 0;
	scene->first_idx += (uint32_t)get(scene, DATA + scene->first_idx + 8, 2);
	scene->first_seq++;
}

/* Returns the place of the record in the buffer. */
static uint32_t store(struct scene *scene, const char *text, size_t length, size_t dict)
{
	uint32_t header = log_layout.header.size, at;
	uint32_t size = (uint32_t)((header + length + dict + 3) & ~(size_t)3);

	while (scene->first_seq < scene->next_seq && !log_has_space(scene, size))
		log_drop(scene);
	if (scene->next_idx + size + header > LOG_SIZE) {
		memset(scene->bytes + DATA + scene->next_idx, 0, header);
		scene->next_idx = 0;
	}
	at = DATA + scene->next_idx;
	put(scene, at, 1000000 * (scene->next_seq + 1), 8);
	put(scene, at + 8, size, 2);
	put(scene, at + 10, length, 2);
	put(scene, at + 12, dict, 2);
	put(scene, at + 14, 1, 1);
	put(scene, at + 15, 4 << 5 | 0x06, 1);
	put(scene, at + 16, 0x80000001, 4);
	memcpy(scene->bytes + at + header, text, length);
	memset(scene->bytes + at + header + length, 'D', dict);
	memset(scene->bytes + at + header + length + dict, 0, size - header - length - dict);
	at = scene->next_idx;
	scene->next_idx += size;
	scene->next_seq++;
	publish_log(scene);
	return at;
}

static bool read_log(struct scene *scene)
{
	return read_form(scene, &printk_log_buf_form, &log_layout);
}

static void log_record(void **state)
{
	struct scene *scene = *state;

	assert_true(read_log(scene));
	assert_int_equal(scene->count, 0);
	store(scene, "one", 3, 0);
	store(scene, "two of them", 11, 30);
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 0, 0);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->last.sequence, 1);
	assert_int_equal(scene->last.time, 2000000);
	assert_int_equal(scene->last.level, 4);
	assert_int_equal(scene->last.facility, 1);
	assert_true(scene->last.has_cpu);
	assert_int_equal(scene->last.cpu, 1);
	assert_string_equal(scene->last.text, "two of them");
}

/* Without CONFIG_PRINTK_CALLER the header has 16 bytes. */
static void log_without_caller(void **state)
{
	struct printk_layout layout = log_layout;
	struct scene *scene = *state;

	layout.header.size = 16;
	layout.header.caller = (struct field){0};
	put(scene, DATA, 5, 8);
	put(scene, DATA + 8, 20, 2);
	put(scene, DATA + 10, 4, 2);
	memcpy(scene->bytes + DATA + 16, "text", 4);
	scene->next_idx = 20;
	scene->next_seq = 1;
	publish_log(scene);
	assert_true(read_form(scene, &printk_log_buf_form, &layout));
	expect_gaps(scene, 0, 0, 0);
	assert_int_equal(scene->count, 1);
	assert_string_equal(scene->last.text, "text");
	assert_false(scene->last.has_cpu);
	assert_false(scene->last.has_pid);
}

static void log_wraps(void **state)
{
	struct scene *scene = *state;
	char text[256];
	uint64_t i;

	for (i = 0; i < 3000; i++) {
		size_t length = make_text(i, text);

		store(scene, text, length, i % 5 * 9);
		assert_true(read_log(scene));
		expect_gaps(scene, 0, 0, 0);
		assert_int_equal(scene->count, scene->next_seq - scene->first_seq);
		expect_texts(scene, i);
	}
}

/* The same place is the start and the end: full, or else empty. */
static void log_full(void **state)
{
	struct scene *scene = *state;
	int i;

	for (i = 0; i < 4; i++)
		store(scene, "text of twenty bytes", 20, 0);
	scene->first_idx = scene->next_idx = 40;
	/* as if the others came before: two wraps of the same buffer */
	scene->first_seq = 1;
	scene->next_seq = 5;
	publish_log(scene);
	assert_true(read_log(scene));
	assert_int_equal(scene->count, 4);
	expect_gaps(scene, 0, 0, 0);
	scene->next_seq = 1;
	publish_log(scene);
	assert_true(read_log(scene));
	assert_int_equal(scene->count, 0);
	expect_gaps(scene, 0, 0, 0);
}

/* A wrong header: its record is lost, those behind are found again. */
static void log_damage(void **state)
{
	struct scene *scene = *state;
	uint32_t places[8], i;

	for (i = 0; i < 8; i++)
		places[i] = store(scene, "some text of a record", 21, 0);
	put(scene, DATA + places[3] + 8, 0xffff, 2);	/* len */
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 7);
	put(scene, DATA + places[3] + 8, 2 * 44, 2);	/* would swallow the next */
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 7);
	put(scene, DATA + places[3] + 8, 44, 2);
	put(scene, DATA + places[5] + 10, 600, 2);	/* text_len */
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 7);
	/* zeros look like a wrap; but the end of the records is nearer */
	memset(scene->bytes + DATA + places[5], 0, 44);
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 7);
	assert_int_equal(scene->last.sequence, 7);
}

static void log_holes(void **state)
{
	struct scene *scene = *state;
	uint32_t i;

	scene->hole = BASE + DATA;
	store(scene, "text", 4, 0);
	assert_true(read_log(scene));
	expect_gaps(scene, 1, 0, 0);
	assert_int_equal(scene->count, 0);
	/* a buffer that begins a page earlier: records from the second page on are seen */
	scene->hole = BASE + DATA - 0x1000;
	for (i = 0; i < 20; i++)
		store(scene, "some more text", 14, 0);
	put(scene, 0, BASE + DATA - 0x1000, 8);
	put(scene, 8, LOG_SIZE + 0x1000, 4);
	put(scene, 16, scene->next_idx + 0x1000, 4);
	assert_true(read_log(scene));
	expect_gaps(scene, 1, 0, 0);
	assert_int_equal(scene->count, 21);
	scene->hole = BASE;
	assert_false(read_log(scene));
	assert_int_equal(scene->err.kind, ERROR_UNREADABLE);
}

static void log_nonsense(void **state)
{
	struct scene *scene = *state;
	uint32_t i;

	for (i = 0; i < 20; i++)
		store(scene, "text of a record", 16, 0);
	put(scene, 12, 0xfffffff0, 4);		/* log_first_idx */
	assert_true(read_log(scene));
	assert_true(scene->gaps.damaged);
	assert_true(scene->count >= 19);
	publish_log(scene);
	put(scene, 16, 3, 4);			/* log_next_idx */
	assert_true(read_log(scene));
	assert_true(scene->gaps.damaged);
	assert_int_equal(scene->count, 20);
	publish_log(scene);
	put(scene, 32, UINT64_MAX, 8);		/* log_next_seq */
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 20);
	put(scene, 32, 5, 8);			/* too few */
	assert_true(read_log(scene));
	expect_gaps(scene, 0, 1, 0);
	assert_int_equal(scene->count, 20);
	put(scene, 8, 3, 4);			/* log_buf_len */
	assert_false(read_log(scene));
	publish_log(scene);
	put(scene, 0, 0x1000, 8);		/* log_buf */
	assert_false(read_log(scene));
	assert_int_equal(scene->err.kind, ERROR_INPUT);
}

static void log_random(void **state)
{
	struct scene *scene = *state, *clean = malloc(sizeof(*clean));
	uint64_t random = 2463534242, i;
	char text[256];

	for (i = 0; i < 150; i++)
		store(scene, text, make_text(i, text), 0);
	*clean = *scene;
	for (i = 0; i < 4000; i++) {
		int words = 1 + (int)(next_random(&random) % 3);

		*scene = *clean;
		while (words--)
			if (next_random(&random) % 3)
				spoil(scene, &random, DATA, DATA + LOG_SIZE);
			else
				spoil(scene, &random, 8, 48);
		read_log(scene);
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
		cmocka_unit_test_setup_teardown(log_record, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_without_caller, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_wraps, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_full, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_damage, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_holes, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_nonsense, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_random, setup_log, teardown),
	};

	return cmocka_run_group_tests_name("printk", tests, NULL, NULL);
}
