// SPDX-License-Identifier: GPL-2.0-or-later
/* Which segment holds an address, where segments lie over each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include "source/elf_headers.h"

static struct elf_headers *make(struct elf_segment *(*fill)(size_t count), size_t count)
{
	struct elf_headers *headers = elf_headers_of_segments(fill(count), count);

	assert_non_null(headers);
	return headers;
}

/* Of random places and sizes; of half of them the file has nothing, or not all. */
static struct elf_segment *random_segments(size_t count)
{
	struct elf_segment *segments = calloc(count, sizeof(*segments));
	size_t i;

	srand(1);
	for (i = 0; i < count; i++) {
		segments[i].physical = (uint64_t)(rand() % 100000);
		segments[i].memory_size = rand() % 50 ? (uint64_t)(rand() % 20) :
							(uint64_t)(rand() % 30000);
		segments[i].file_size = rand() % 2 ? segments[i].memory_size :
						     segments[i].memory_size / 3;
		segments[i].offset = i;
	}
	return segments;
}

static const struct elf_segment *look_at_all(const struct elf_headers *headers, uint64_t physical,
					     bool in_file)
{
	size_t i = headers->segment_count;

	while (i--) {
		const struct elf_segment *segment = &headers->segments[i];

		if (physical >= segment->physical && physical - segment->physical <
		    (in_file ? segment->file_size : segment->memory_size))
			return segment;
	}
	return NULL;
}

static void over_each_other(void **state)
{
	struct elf_headers *headers = make(random_segments, 3000);
	uint64_t at;

	(void)state;
	for (at = 0; at < 130000; at += 17) {
		assert_ptr_equal(elf_segment_at(headers, at, true), look_at_all(headers, at, true));
		assert_ptr_equal(elf_segment_at(headers, at, false),
				 look_at_all(headers, at, false));
	}
	elf_headers_free(headers);
}

/* One large segment, and all others at its beginning. */
static struct elf_segment *covered_segments(size_t count)
{
	struct elf_segment *segments = calloc(count, sizeof(*segments));
	size_t i;

	segments[0] = (struct elf_segment){.memory_size = 1 << 30, .file_size = 1 << 30};
	for (i = 1; i < count; i++)
		segments[i] = (struct elf_segment){.physical = i, .memory_size = 1};
	return segments;
}

/* One step for each of the segments would be 50,000,000,000 of them. */
static void many_within_one(void **state)
{
	struct elf_headers *headers = make(covered_segments, 250000);
	uint64_t i;

	(void)state;
	alarm(20);
	for (i = 0; i < 200000; i++)
		assert_ptr_equal(elf_segment_at(headers, 300000 + i, true), headers->segments);
	alarm(0);
	elf_headers_free(headers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(over_each_other),
		cmocka_unit_test(many_within_one),
	};

	return cmocka_run_group_tests_name("elf_headers", tests, NULL, NULL);
}
