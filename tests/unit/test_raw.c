// SPDX-License-Identifier: GPL-2.0-or-later
/* Raw RAM images: where their parts belong, and what is not in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "dump_writer.h"
#include "source/raw.h"
#include "source/source.h"

#define PAGES 64
#define HOLE  40	/* in neither part */

static char directory[] = "/tmp/test_raw.XXXXXX";

/* Pages [first, end) in a file; what to tell the program of it. */
static void write_part(struct image *image, const char *name, uint64_t first, uint64_t end,
		       char text[128])
{
	const struct bytes bytes = {
		.data = image_page(image, first), .size = (end - first) * IMAGE_PAGE,
	};
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	bytes_to_file(&bytes, path);
	snprintf(text, 128, "%s@0x%llx", path, (unsigned long long)(first * IMAGE_PAGE));
}

static struct source *open_parts(const char *first, const char *second, struct error *err)
{
	const struct source_options options = {.raw = true};
	const char *paths[] = {first, second};

	return source_open(paths, second ? 2 : 1, &options, err);
}

/* Pages in any part are read, what lies between and behind is unknown, not absent. */
static void parts(void **state)
{
	struct image *image = image_new(PAGES, false);
	unsigned char page[IMAGE_PAGE];
	char low[128], high[128];
	struct error err = {0};
	struct source *source;

	(void)state;
	write_part(image, "a@b", 1, HOLE, low);
	write_part(image, "high", HOLE + 1, PAGES, high);
	source = open_parts(high, low, &err);
	if (!source)
		fail_msg("%s", err.text);
	assert_string_equal(source_facts(source)->format, "raw RAM image, in 2 parts");
	assert_string_equal(source_facts(source)->architecture, "x86_64");
	assert_int_equal(source_facts(source)->page_size, IMAGE_PAGE);
	assert_int_equal(source_facts(source)->ram_pages, PAGES - 2);
	assert_true(source_facts(source)->vmcoreinfo_scanned);
	for (uint64_t pfn = 0; pfn < PAGES + 2; pfn++) {
		bool there = pfn && pfn != HOLE && pfn < PAGES;

		assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, pfn * IMAGE_PAGE, page),
				 there ? READ_OK : READ_EXCLUDED);
		if (there)
			assert_memory_equal(page, image_page(image, pfn), IMAGE_PAGE);
	}
	assert_int_equal(source_read_page(source, ADDRESS_VIRTUAL,
					  IMAGE_KERNEL_MAP + 50 * IMAGE_PAGE, page), READ_OK);
	assert_memory_equal(page, image_page(image, 50), IMAGE_PAGE);
	source_close(source);
	image_free(image);
}

static void expect_refused(const char *first, const char *second, enum error_kind kind,
			   const char *words)
{
	struct error err = {0};

	assert_null(open_parts(first, second, &err));
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
}

/* Without its last byte. */
static void cut_part(const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(text, "@"), text);
	assert_int_equal(truncate(path, 10 * IMAGE_PAGE - 1), 0);
}

static void refused(void **state)
{
	struct image *image = image_new(PAGES, false);
	char all[128], some[128];

	(void)state;
	write_part(image, "all", 1, PAGES, all);
	write_part(image, "some", 20, 30, some);
	expect_refused(all, some, ERROR_INPUT, "still goes on to 0x40000");
	expect_refused(some, NULL, ERROR_INPUT, "no VMCOREINFO");
	cut_part(some);
	expect_refused(some, NULL, ERROR_INPUT, "cut: its 40,959 bytes are no whole pages");
	expect_refused("file", NULL, ERROR_USAGE, "is not FILE@ADDRESS");
	expect_refused("@0x1000", NULL, ERROR_USAGE, "is not FILE@ADDRESS");
	expect_refused("file@80000000", NULL, ERROR_USAGE, "no number with 0x");
	expect_refused("file@0x", NULL, ERROR_USAGE, "no number with 0x");
	expect_refused("file@0x1000g", NULL, ERROR_USAGE, "no number with 0x");
	expect_refused("file@0x10000000000000000", NULL, ERROR_USAGE, "no number with 0x");
	expect_refused("file@0x80000800", NULL, ERROR_USAGE, "no page of RAM");
	expect_refused("file@0x10000000000000", NULL, ERROR_USAGE, "no page of RAM");
	expect_refused("/nowhere@0x1000", NULL, ERROR_SYSTEM, "/nowhere");
	image_free(image);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **state)
{
	static const char *const names[] = {"a@b", "high", "all", "some"};
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
