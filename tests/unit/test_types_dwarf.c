// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same questions as in test_types_btf.c, asked of the DWARF of a small program.
 * Arguments: test_types_sample.c, compiled in several ways. One that is given as
 * "none:FILE" has no debug data and is refused; one given as "zstd:FILE" has it
 * compressed with zstd, which elfutils before 0.189 cannot read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "types/backend.h"

struct sample {
	int descriptor;
	struct types *types;
};

static const char *const *samples;
static size_t sample_count;

static struct sample open_sample(const char *path)
{
	struct sample sample = { .descriptor = open(path, O_RDONLY) };
	struct error err = { 0 };

	assert_true(sample.descriptor >= 0);
	sample.types = dwarf_open(sample.descriptor, path, &err);
	if (!sample.types)
		fail_msg("%s: %s", path, err.text);
	return sample;
}

static void close_sample(struct sample *sample)
{
	types_close(sample->types);
	close(sample->descriptor);
}

static void expect(struct types *types, const char *type, const char *path,
		   struct type_member want)
{
	struct type_member found;

	if (!types_member(types, type, path, &found))
		fail_msg("no %s.%s", type, path);
	if (memcmp(&found, &want, sizeof(found)))
		fail_msg("%s.%s: offset %u size %u count %u element %u bits %u:%u", type,
			 path, found.offset, found.size, found.count, found.element_size,
			 found.bit_offset, found.bit_size);
}

static void check_members(struct types *types)
{
	static const char *const absent[] = {
		"nosuch", "flags.x", "lru.next.next", "data.x", "", "lru.", "lru..next",
		"mapping.x",
	};
	struct type_member found;
	size_t i;

	expect(types, "page", "flags", (struct type_member){ 0, 8, 1, 8, 0, 0 });
	expect(types, "page", "lru.prev", (struct type_member){ 16, 8, 1, 8, 0, 0 });
	expect(types, "page", "mapping", (struct type_member){ 24, 8, 1, 8, 0, 0 });
	expect(types, "page", "compound_head", (struct type_member){ 8, 8, 1, 8, 0, 0 });
	expect(types, "page_alias", "_refcount.counter",
	       (struct type_member){ 32, 4, 1, 4, 0, 0 });
	expect(types, "page", "data", (struct type_member){ 36, 4, 1, 4, 0, 24 });
	expect(types, "page", "kind", (struct type_member){ 36, 4, 1, 4, 24, 8 });
	expect(types, "page", "grid", (struct type_member){ 40, 6, 6, 1, 0, 0 });
	expect(types, "page", "overlay.parts", (struct type_member){ 48, 8, 4, 2, 0, 0 });
	expect(types, "page", "heads", (struct type_member){ 56, 64, 4, 16, 0, 0 });
	expect(types, "page", "heads.prev", (struct type_member){ 64, 8, 1, 8, 0, 0 });
	expect(types, "page", "tail", (struct type_member){ 120, 0, 0, 8, 0, 0 });
	for (i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		if (types_member(types, "page", absent[i], &found))
			fail_msg("page.%s found", absent[i]);
	assert_false(types_member(types, "only_declared", "x", &found));
}

static void check_others(struct types *types)
{
	uint64_t size;
	int64_t value;

	assert_true(types_size(types, "page", &size));
	assert_int_equal(size, 120);
	assert_true(types_size(types, "overlay", &size));
	assert_int_equal(size, 8);
	assert_true(types_size(types, "atomic_t", &size));
	assert_int_equal(size, 4);
	assert_false(types_size(types, "only_declared", &size));
	assert_false(types_size(types, "nosuch", &size));
	assert_true(types_enumerator(types, "pageflags", "PG_locked", &value));
	assert_int_equal(value, 0);
	assert_true(types_enumerator(types, "pageflags", "PG_low", &value));
	assert_int_equal(value, -5);
	assert_true(types_enumerator(types, "pageflags", "PG_byte", &value));
	assert_int_equal(value, 200);
	assert_true(types_enumerator(types, "wide", "PG_wide", &value));
	assert_int_equal(value, INT64_C(1) << 40);
	assert_false(types_enumerator(types, "pageflags", "PG_nosuch", &value));
	assert_false(types_enumerator(types, "page", "PG_locked", &value));
	assert_false(types_enumerator(types, "nosuch", "PG_locked", &value));
}

static void all_samples(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		struct sample sample;

		if (strchr(samples[i], ':'))
			continue;
		sample = open_sample(samples[i]);
		assert_string_equal(types_from(sample.types), "DWARF of vmlinux");
		check_members(sample.types);
		check_others(sample.types);
		close_sample(&sample);
	}
}

static void without_debug_data(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		struct error err = { 0 };
		int descriptor;

		if (strncmp(samples[i], "none:", 5))
			continue;
		descriptor = open(samples[i] + 5, O_RDONLY);
		assert_true(descriptor >= 0);
		assert_null(dwarf_open(descriptor, "SAMPLE", &err));
		assert_int_equal(err.kind, ERROR_MISSING);
		assert_non_null(strstr(err.text, "neither BTF nor DWARF"));
		close(descriptor);
	}
}

static void compressed_with_zstd(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		struct sample sample = { 0 };
		struct error err = { 0 };

		if (strncmp(samples[i], "zstd:", 5))
			continue;
		sample.descriptor = open(samples[i] + 5, O_RDONLY);
		assert_true(sample.descriptor >= 0);
		sample.types = dwarf_open(sample.descriptor, "SAMPLE", &err);
		if (sample.types)
			check_members(sample.types);
		else
			assert_non_null(
				strstr(err.text, "objcopy --decompress-debug-sections"));
		close_sample(&sample);
	}
}

/* Any outcome will do but a crash or no end. */
static void random_damage(void **state)
{
	char path[] = "/tmp/kswapck-test-XXXXXX";
	unsigned int seed = 20261120, round, i;
	int good = open(samples[0], O_RDONLY), bad = mkstemp(path);
	off_t size = lseek(good, 0, SEEK_END);
	uint8_t *bytes = malloc((size_t)size);

	(void)state;
	assert_true(good >= 0 && bad >= 0 && size > 0 && bytes);
	for (round = 0; round < 300; round++) {
		struct error err = { 0 };
		struct types *types;

		assert_int_equal(pread(good, bytes, (size_t)size, 0), size);
		for (i = 0; i < 1 + round % 50; i++)
			bytes[(unsigned int)rand_r(&seed) % (unsigned int)size] =
				(uint8_t)rand_r(&seed);
		assert_int_equal(pwrite(bad, bytes, (size_t)size, 0), size);
		types = dwarf_open(bad, path, &err);
		if (types) {
			struct type_member found;
			int64_t value;

			types_member(types, "page", "heads.prev", &found);
			types_member(types, "page", "kind", &found);
			types_member(types, "page", "nosuch", &found);
			types_enumerator(types, "wide", "PG_wide", &value);
			types_close(types);
		}
	}
	free(bytes);
	close(good);
	close(bad);
	unlink(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_samples),
		cmocka_unit_test(without_debug_data),
		cmocka_unit_test(compressed_with_zstd),
		cmocka_unit_test(random_damage),
	};

	if (argc < 2) {
		fprintf(stderr, "usage: %s SAMPLE...\n", argv[0]);
		return 99;
	}
	samples = (const char *const *)argv + 1;
	sample_count = (size_t)argc - 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
