// SPDX-License-Identifier: GPL-2.0-or-later
/* A bitmap in a file against the same one in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/page_bitmap.h"

/* More than are kept in memory at once, and the last one not whole. */
#define BITS   (UINT64_C(600) * 32768 + 12345)
#define OFFSET 4096

struct scene {
	char path[64];
	struct file *file;
	unsigned char *bytes;
	uint64_t *before;	/* set bits before each byte */
};

static bool is_set(const struct scene *scene, uint64_t bit)
{
	return scene->bytes[bit / 8] >> bit % 8 & 1;
}

static uint64_t before(const struct scene *scene, uint64_t bit)
{
	unsigned int below = scene->bytes[bit / 8] & ((1U << bit % 8) - 1);

	return scene->before[bit / 8] + (uint64_t)__builtin_popcount(below);
}

static void write_file(struct scene *scene)
{
	int descriptor = mkstemp(strcpy(scene->path, "page_bitmap.XXXXXX"));
	size_t length = (BITS + 7) / 8;

	assert_true(descriptor >= 0);
	assert_int_equal(pwrite(descriptor, scene->bytes, length, OFFSET), length);
	close(descriptor);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	size_t length = (BITS + 7) / 8;
	uint64_t count = 0, random = 88172645463325252;

	scene->bytes = calloc(length + 1, 1);
	scene->before = calloc(length + 1, sizeof(*scene->before));
	for (size_t i = 0; i <= length; i++) {
		scene->before[i] = count;
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* long stretches of each kind, too; bits behind the last are set and do not count */
		if (i < length)
			scene->bytes[i] = i >> 16 & 1 ? (unsigned char)random :
					  i >> 17 & 1 ? 0xff : 0;
		if (i + 1 == length)
			scene->bytes[i] = 0xff;
		count += (uint64_t)__builtin_popcount(scene->bytes[i]);
	}
	write_file(scene);
	scene->file = file_open(scene->path, -1, NULL);
	assert_non_null(scene->file);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	file_close(scene->file);
	unlink(scene->path);
	free(scene->bytes);
	free(scene->before);
	free(scene);
	return 0;
}

static void same_at(struct page_bitmap *bitmap, const struct scene *scene, uint64_t bit)
{
	struct page_place place;

	assert_true(page_bitmap_look(bitmap, bit, &place));
	assert_int_equal(place.before, before(scene, bit));
	if (bit < BITS)
		assert_int_equal(place.set, is_set(scene, bit));
}

static void it_says_what_is_in_the_file(void **state)
{
	const struct scene *scene = *state;
	struct page_bitmap *bitmap = page_bitmap_open(scene->file, OFFSET, BITS, NULL);
	uint64_t at = 1;

	assert_non_null(bitmap);
	for (uint64_t bit = 0; bit < 3 * 32768; bit++)
		same_at(bitmap, scene, bit);
	for (uint64_t bit = BITS - 40000; bit <= BITS; bit++)
		same_at(bitmap, scene, bit);
	/* all over the place: parts make room for one another */
	for (size_t i = 0; i < 20000; i++, at = (at * 6364136223846793005 + 1442695040888963407))
		same_at(bitmap, scene, (at >> 20) % (BITS + 1));
	page_bitmap_free(bitmap);
}

static void a_copy_says_the_same(void **state)
{
	const struct scene *scene = *state;
	struct page_bitmap *bitmap = page_bitmap_open(scene->file, OFFSET, BITS, NULL);
	struct page_bitmap *copy = page_bitmap_copy(bitmap, scene->file);

	assert_non_null(copy);
	for (uint64_t bit = 0; bit < BITS; bit += 100003)
		same_at(copy, scene, bit);
	page_bitmap_free(copy);
	same_at(bitmap, scene, BITS);
	page_bitmap_free(bitmap);
}

static void nothing_is_said_of_what_is_not_there(void **state)
{
	const struct scene *scene = *state;
	struct page_bitmap *bitmap = page_bitmap_open(scene->file, OFFSET, BITS, NULL);
	struct page_place place;
	struct error err = {0};

	assert_false(page_bitmap_look(bitmap, BITS + 1, &place));
	assert_false(page_bitmap_look(bitmap, UINT64_MAX, &place));
	/* the file gets shorter meanwhile: what was not read yet is not zeros */
	assert_int_equal(truncate(scene->path, OFFSET + 32768 / 8), 0);
	same_at(bitmap, scene, 32767);
	assert_false(page_bitmap_look(bitmap, 32768, &place));
	page_bitmap_free(bitmap);
	assert_null(page_bitmap_open(scene->file, OFFSET, BITS, &err));
	assert_int_not_equal(err.kind, ERROR_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_says_what_is_in_the_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_copy_says_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_said_of_what_is_not_there, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
