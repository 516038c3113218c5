// SPDX-License-Identifier: GPL-2.0-or-later
/* log_buf, written here as the kernel writes it: after 5.4's log_store(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "printk_scene.h"

#define LOG_SIZE 0x1000

/* struct printk_log as in 5.4, with CONFIG_PRINTK_CALLER */
static const struct printk_layout log_layout = {
	.header = {.size = 20, .time = {0, 8}, .text_length = {10, 2}, .facility = {14, 1},
		   .level = {15, 1}, .level_shift = 5, .level_bits = 3, .caller = {16, 4}},
	.log_buf = {.log_buf = BASE, .log_buf_len = BASE + 8, .log_first_idx = BASE + 12,
		    .log_next_idx = BASE + 16, .log_first_seq = BASE + 24,
		    .log_next_seq = BASE + 32, .length = {8, 2}, .dict_length = {12, 2}},
};

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
		cmocka_unit_test_setup_teardown(log_record, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_without_caller, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_wraps, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_full, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_damage, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_holes, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_nonsense, setup_log, teardown),
		cmocka_unit_test_setup_teardown(log_random, setup_log, teardown),
	};

	return cmocka_run_group_tests_name("printk_log_buf", tests, NULL, NULL);
}
