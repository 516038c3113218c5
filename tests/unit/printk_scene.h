/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory with a kernel log in it, of either form, and what is read of it. Behind cmocka.h. */
#ifndef KSWAPCK_TEST_PRINTK_SCENE_H
#define KSWAPCK_TEST_PRINTK_SCENE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/printk_form.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES 0x8000
#define DATA  0x4000		/* where the records are, up to BYTES */

#define SEEN_MAX 4096

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

static inline void put(struct scene *scene, uint64_t offset, uint64_t value, size_t size)
{
	memcpy(scene->bytes + offset, &value, size);
}

static inline uint64_t get(const struct scene *scene, uint64_t offset, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, scene->bytes + offset, size);
	return value;
}

static inline int teardown(void **state)
{
	free(*state);
	return 0;
}

static inline uint8_t sum_of(const char *text, size_t length)
{
	uint8_t sum = 0;

	while (length--)
		sum = (uint8_t)(sum * 31 + (uint8_t)*text++);
	return sum;
}

static inline bool visit(void *data, const struct log_record *record)
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

static inline bool read_form(struct scene *scene, const struct printk_form *form,
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

static inline void expect_gaps(const struct scene *scene, uint64_t unreadable, uint64_t damaged,
			       uint64_t cut)
{
	assert_int_equal(scene->gaps.unreadable, unreadable);
	assert_int_equal(scene->gaps.damaged, damaged);
	assert_int_equal(scene->gaps.cut, cut);
}

/* What must be seen after the wraps: the text is made of the sequence number. */
static inline size_t make_text(uint64_t sequence, char *text)
{
	size_t length = 1 + sequence * 7919 % 170, i;

	for (i = 0; i < length; i++)
		text[i] = (char)(' ' + (sequence * 31 + i) % 95);
	return length;
}

static inline void expect_texts(const struct scene *scene, uint64_t newest)
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

/* A small generator of its own, so that a failure can be repeated. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static inline void spoil(struct scene *scene, uint64_t *random, uint64_t from, uint64_t to)
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

#endif
