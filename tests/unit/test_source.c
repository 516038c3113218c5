// SPDX-License-Identifier: GPL-2.0-or-later
/* Opening and reading dumps of every format; small ones, made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "dump_writer.h"
#include "source/backend.h"
#include "source/memory.h"

#define PAGES	     64
#define ZERO_PAGE    20
#define LEFT_OUT     21
#define NO_RAM	     22
#define OTHER_ZERO   23
#define NOT_MAPPED   24

static char directory[] = "/tmp/test_source.XXXXXX";
static char names[4][64];

static struct image *make_image(bool five_levels)
{
	struct image *image = image_new(PAGES, five_levels);

	memset(image_page(image, ZERO_PAGE), 0, IMAGE_PAGE);
	memset(image_page(image, OTHER_ZERO), 0, IMAGE_PAGE);
	image->states[LEFT_OUT] = PAGE_LEFT_OUT;
	image->states[NO_RAM] = PAGE_NO_RAM;
	image_unmap(image, NOT_MAPPED);
	return image;
}

static struct source *open_names(size_t count, struct error *err)
{
	const char *paths[] = { names[0], names[1], names[2], names[3] };

	return source_open(paths, count, NULL, err);
}

static struct source *open_bytes(const struct bytes *bytes, struct error *err)
{
	bytes_to_file(bytes, names[0]);
	return open_names(1, err);
}

static enum read_status expected(const struct image *image, enum address_space space,
				 uint64_t pfn)
{
	if (space == ADDRESS_VIRTUAL && pfn == NOT_MAPPED)
		return READ_UNMAPPED;
	switch (image->states[pfn]) {
	case PAGE_THERE:
		return READ_OK;
	case PAGE_LEFT_OUT:
		return READ_EXCLUDED;
	default:
		return READ_NOT_RAM;
	}
}

static void check_page(struct source *source, struct image *image,
		       enum address_space space, uint64_t pfn)
{
	uint64_t base = space == ADDRESS_VIRTUAL ? IMAGE_KERNEL_MAP : 0;
	unsigned char page[IMAGE_PAGE];
	enum read_status status;

	status = source_read_page(source, space, base + pfn * IMAGE_PAGE + 123, page);
	assert_int_equal(status, expected(image, space, pfn));
	if (status == READ_OK)
		assert_memory_equal(page, image_page(image, pfn), IMAGE_PAGE);
}

static void check_pages(struct source *source, struct image *image)
{
	unsigned char page[IMAGE_PAGE];

	/* Backwards and forwards: no order is special. */
	for (uint64_t pfn = PAGES; pfn--;)
		check_page(source, image, ADDRESS_PHYSICAL, pfn);
	for (uint64_t pfn = 0; pfn < PAGES; pfn++)
		check_page(source, image, ADDRESS_VIRTUAL, pfn);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, PAGES * IMAGE_PAGE,
					  page), READ_NOT_RAM);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL,
					  UINT64_C(0x7ffffffffffff000), page),
			 READ_NOT_RAM);
	assert_int_equal(source_read_page(source, ADDRESS_VIRTUAL, 0x1000, page),
			 READ_UNMAPPED);
	assert_int_equal(source_read_page(source, ADDRESS_VIRTUAL,
					  IMAGE_KERNEL_MAP + (UINT64_C(1) << 30), page),
			 READ_UNMAPPED);
}

/* What is read in a row is what is read alone, be it all, a part, or nothing of the row. */
static size_t check_row(struct source *source, struct image *image, uint64_t pfn, size_t count)
{
	static unsigned char bytes[SOURCE_ROW_MAX][IMAGE_PAGE];
	void *pages[SOURCE_ROW_MAX];
	size_t done, i;

	for (i = 0; i < SOURCE_ROW_MAX; i++)
		pages[i] = bytes[i];
	done = source_read_row(source, pfn * IMAGE_PAGE, pages, count);
	assert_true(done <= count);
	for (i = 0; i < done; i++) {
		assert_int_equal(expected(image, ADDRESS_PHYSICAL, pfn + i), READ_OK);
		assert_memory_equal(bytes[i], image_page(image, pfn + i), IMAGE_PAGE);
	}
	return done;
}

/* Of a flattened ELF core there are none. */
static void check_rows(struct source *source, struct image *image, const char *format)
{
	bool any = strcmp(format, "ELF core, flattened");
	size_t most = 0, count, done;
	uint64_t pfn;

	for (pfn = 0; pfn < PAGES; pfn++)
		for (count = 0; count <= SOURCE_ROW_MAX; count += 5) {
			done = check_row(source, image, pfn, count);
			most = done > most ? done : most;
		}
	assert_true(any ? most > 4 : !most);
}

static void check_dump(const struct bytes *bytes, struct image *image,
		       const char *format)
{
	struct error err = { 0 };
	struct source *source = open_bytes(bytes, &err);
	const struct source_facts *facts;

	if (!source)
		fail_msg("%s", err.text);
	facts = source_facts(source);
	assert_string_equal(facts->format, format);
	assert_string_equal(facts->architecture, "x86_64");
	assert_int_equal(facts->page_size, IMAGE_PAGE);
	assert_int_equal(facts->ram_pages, PAGES - 2);
	assert_int_equal(facts->file_pages, PAGES - 3);
	assert_string_equal(facts->vmcoreinfo, image_vmcoreinfo(image));
	check_pages(source, image);
	check_rows(source, image, format);
	source_close(source);
}

static const struct {
	uint32_t codec;
	const char *format;
} codecs[] = {
	{ 0, "kdump-compressed, not compressed" },
	{ DISKDUMP_ZLIB, "kdump-compressed, zlib" },
	{ DISKDUMP_LZO, "kdump-compressed, lzo" },
	{ DISKDUMP_SNAPPY, "kdump-compressed, snappy" },
	{ DISKDUMP_ZSTD, "kdump-compressed, zstd" },
};

static void every_codec(void **state)
{
	struct image *image = make_image(false);

	(void)state;
	for (size_t i = 0; i < sizeof(codecs) / sizeof(*codecs); i++) {
		struct dump_options options = { .codec = codecs[i].codec };
		struct bytes plain = write_diskdump(image, &options);
		struct bytes flat = flatten(&plain, 1000);
		char format[96];

		check_dump(&plain, image, codecs[i].format);
		snprintf(format, sizeof(format), "%s, flattened", codecs[i].format);
		check_dump(&flat, image, format);
		bytes_free(&plain);
		bytes_free(&flat);
	}
	image_free(image);
}

static void elf_cores(void **state)
{
	(void)state;
	for (int round = 0; round < 4; round++) {
		struct image *image = make_image(round & 1);
		struct dump_options options = { .no_sections = round & 2 };
		struct bytes plain = write_elf(image, &options);
		struct bytes flat = flatten(&plain, 512);

		check_dump(&plain, image, "ELF core");
		check_dump(&flat, image, "ELF core, flattened");
		bytes_free(&plain);
		bytes_free(&flat);
		image_free(image);
	}
}

static void five_level_page_tables(void **state)
{
	struct image *image = make_image(true);
	struct dump_options options = { .codec = DISKDUMP_LZO };
	struct bytes plain = write_diskdump(image, &options);
	struct bytes flat = flatten(&plain, 4096);

	(void)state;
	check_dump(&plain, image, "kdump-compressed, lzo");
	check_dump(&flat, image, "kdump-compressed, lzo, flattened");
	bytes_free(&plain);
	bytes_free(&flat);
	image_free(image);
}

/* QEMU without -device vmcoreinfo; and its utsname is empty but for the machine. */
static void no_vmcoreinfo_note(void **state)
{
	static const char *const machines[] = { "x86_64", "" };
	struct image *image = make_image(false);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct dump_options options = {
			.codec = DISKDUMP_ZLIB, .no_vmcoreinfo = true,
			.machine = machines[i],
		};
		struct bytes plain = write_diskdump(image, &options);
		struct bytes flat = flatten(&plain, 4096);
		struct bytes elf = write_elf(image, &options);

		check_dump(&plain, image, "kdump-compressed, zlib");
		check_dump(&flat, image, "kdump-compressed, zlib, flattened");
		check_dump(&elf, image, "ELF core");
		bytes_free(&plain);
		bytes_free(&flat);
		bytes_free(&elf);
	}
	image_free(image);
}

static void expect_error(size_t count, enum error_kind kind, const char *words)
{
	struct error err = { 0 };
	struct source *source = open_names(count, &err);

	if (source)
		fail_msg("opened, but wanted: %s", words);
	assert_int_equal(err.kind, kind);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in: %s", words, err.text);
	if (!strstr(err.text, directory))
		fail_msg("no file name in: %s", err.text);
	assert_null(strchr(err.text, '\n'));
}

static void expect_bytes_error(const struct bytes *bytes, const char *words)
{
	bytes_to_file(bytes, names[0]);
	expect_error(1, ERROR_INPUT, words);
}

/* Guests of a virtual machine host: pages of theirs lie in the host's memory. */
static void several_vmcoreinfo(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = DISKDUMP_ZLIB, .no_vmcoreinfo = true };
	char *other = (char *)image_page(image, 30);
	struct bytes plain;

	(void)state;
	/* A second copy that knows the time of the crash is the same kernel. */
	memcpy(image_page(image, 31), image_page(image, 1), IMAGE_PAGE);
	strcat((char *)image_page(image, 31), "CRASHTIME=1700000000\n");
	image->vmcoreinfo_pfn = 31;
	/* Another kernel, whose page tables are not where it says. */
	memset(other, 0, IMAGE_PAGE);
	strcpy(other, "OSRELEASE=5.10.0-guest\nPAGESIZE=4096\n"
	       "SYMBOL(init_uts_ns)=ffffffff80007000\n"
	       "SYMBOL(swapper_pg_dir)=ffffffff80002000\nNUMBER(phys_base)=0\n");
	plain = write_diskdump(image, &options);
	check_dump(&plain, image, "kdump-compressed, zlib");
	bytes_free(&plain);

	/* Both or none lead to their own name: nobody can tell. */
	strcpy((char *)image_page(image, 7) + 300, "5.10.0-guest");
	plain = write_diskdump(image, &options);
	expect_bytes_error(&plain, "5.10.0-guest at physical address 0x1e000");
	bytes_free(&plain);
	memset(image_page(image, 7), 0, IMAGE_PAGE);
	plain = write_diskdump(image, &options);
	expect_bytes_error(&plain, "2 kernels");
	bytes_free(&plain);

	memset(image_page(image, 1), 0, IMAGE_PAGE);
	memset(image_page(image, 30), 0, IMAGE_PAGE);
	memset(image_page(image, 31), 0, IMAGE_PAGE);
	plain = write_diskdump(image, &options);
	expect_bytes_error(&plain, "no VMCOREINFO");
	bytes_free(&plain);
	image_free(image);
}

static void check_qemu_states(const struct source *source)
{
	size_t size = 0;

	for (size_t cpu = 0; cpu < 3; cpu++) {
		const unsigned char *state = source_qemu_state(source, cpu, &size);

		assert_non_null(state);
		assert_int_equal(size, 440);
		assert_int_equal(state[408], 50 + cpu);
	}
	assert_null(source_qemu_state(source, 3, &size));
}

static void register_notes(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = DISKDUMP_ZLIB, .cpus = 3, .qemu = true };
	struct bytes dumps[] = { write_diskdump(image, &options),
				 write_elf(image, &options) };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct source *source = open_bytes(&dumps[i], NULL);
		size_t size = 0;

		assert_non_null(source);
		for (size_t cpu = 0; cpu < 3; cpu++) {
			const unsigned char *note = source_prstatus(source, cpu, &size);

			assert_non_null(note);
			assert_int_equal(size, 336);
			assert_int_equal(note[32], 100 + cpu);
		}
		assert_null(source_prstatus(source, 3, &size));
		check_qemu_states(source);
		source_close(source);
		bytes_free(&dumps[i]);
	}
	image_free(image);
}

/* Not one byte may be missing at the end. */
static void cut_everywhere(const struct bytes *whole)
{
	struct bytes file = *whole;

	for (file.size = 1; file.size < whole->size;) {
		struct error err = { 0 };
		struct source *source = open_bytes(&file, &err);
		size_t left = whole->size - file.size;

		if (source)
			fail_msg("opened, but %zu of %zu bytes are missing", left,
				 whole->size);
		assert_int_equal(err.kind, ERROR_INPUT);
		assert_non_null(strstr(err.text, names[0]));
		/* All of the first and last bytes, some of those in between. */
		file.size += file.size < 200 || left <= 64 ? 1 : left < 300 ? left - 64 : 211;
	}
}

static void cut_files(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = DISKDUMP_ZLIB, .cpus = 2 };
	struct bytes diskdump = write_diskdump(image, &options);
	struct bytes elf = write_elf(image, &options);
	struct bytes flat = flatten(&diskdump, 1000);

	(void)state;
	cut_everywhere(&diskdump);
	cut_everywhere(&elf);
	cut_everywhere(&flat);
	diskdump.size -= 1000;
	expect_bytes_error(&diskdump, "cut: page data should end at byte ");
	elf.size -= 5000;
	expect_bytes_error(&elf, "cut: memory should end at byte ");
	flat.size -= 16;
	expect_bytes_error(&flat, "no end record");
	bytes_free(&diskdump);
	bytes_free(&elf);
	bytes_free(&flat);
	image_free(image);
}

static void incomplete_header(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = {
		.codec = DISKDUMP_ZLIB, .status = DISKDUMP_INCOMPLETE,
	};
	struct bytes plain = write_diskdump(image, &options);
	struct source *source;

	(void)state;
	expect_bytes_error(&plain, "incomplete");
	bytes_free(&plain);
	options.status = DISKDUMP_VMEMMAP_EXCLUDED;
	plain = write_diskdump(image, &options);
	source = open_bytes(&plain, NULL);
	assert_non_null(source);
	assert_true(source_facts(source)->vmemmap_excluded);
	assert_int_equal(source_facts(source)->dump_level, 31);
	source_close(source);
	bytes_free(&plain);
	image_free(image);
}

static void write_parts(struct image *image, bool flattened)
{
	/* The order of the files is not that of their pages. */
	static const uint64_t ranges[3][2] = { { 40, PAGES }, { 0, 21 }, { 21, 40 } };

	for (size_t i = 0; i < 3; i++) {
		struct dump_options options = {
			.codec = DISKDUMP_ZLIB, .split = true,
			.first = ranges[i][0], .end = ranges[i][1],
		};
		struct bytes part = write_diskdump(image, &options);

		if (flattened) {
			struct bytes flat = flatten(&part, 4096);

			bytes_free(&part);
			part = flat;
		}
		bytes_to_file(&part, names[i]);
		bytes_free(&part);
	}
}

static void split_sets(void **state)
{
	struct image *image = make_image(false);
	struct error err = { 0 };
	struct source *source;
	char keep[64];

	(void)state;
	for (int flattened = 0; flattened < 2; flattened++) {
		write_parts(image, flattened);
		source = open_names(3, &err);
		if (!source)
			fail_msg("%s", err.text);
		assert_string_equal(source_facts(source)->format,
				    flattened
				    ? "kdump-compressed, zlib, flattened, split in 3"
				    : "kdump-compressed, zlib, split in 3");
		assert_int_equal(source_facts(source)->file_pages, PAGES - 3);
		check_pages(source, image);
		check_rows(source, image, source_facts(source)->format);
		source_close(source);
	}
	write_parts(image, false);
	expect_error(2, ERROR_INPUT, "page frames 21 to 39 is missing");
	expect_error(1, ERROR_INPUT, "page frames 0 to 39 is missing");
	memcpy(keep, names[0], sizeof(keep));
	memcpy(names[0], names[1], sizeof(keep));
	expect_error(3, ERROR_INPUT, "holds the same pages as");
	expect_error(1, ERROR_INPUT, "page frames 21 to 63 is missing");
	memcpy(names[0], keep, sizeof(keep));
	image_free(image);
}

static void mixed_files(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = DISKDUMP_ZLIB };
	struct bytes diskdump = write_diskdump(image, &options);
	struct bytes elf = write_elf(image, &options);

	(void)state;
	bytes_to_file(&diskdump, names[0]);
	bytes_to_file(&diskdump, names[1]);
	expect_error(2, ERROR_INPUT, "not of the same split set");
	bytes_to_file(&elf, names[1]);
	expect_error(2, ERROR_INPUT, "different formats");
	bytes_to_file(&elf, names[0]);
	expect_error(2, ERROR_INPUT, "an ELF core is one file");
	bytes_free(&diskdump);
	bytes_free(&elf);
	image_free(image);
}

/* Each record overwrites parts of others, in every way two ranges can lie. */
static void overlapping_records(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = 0 };
	struct bytes plain = write_diskdump(image, &options);
	unsigned char *rubbish = calloc(1, plain.size);
	struct bytes flat = { 0 };
	uint32_t seed = 7;

	(void)state;
	memset(rubbish, 0xdb, plain.size);
	flat_begin(&flat);
	for (int i = 0; i < 500; i++) {
		uint64_t offset, size;

		seed = seed * 1664525 + 1013904223;
		offset = seed % plain.size;
		seed = seed * 1664525 + 1013904223;
		size = seed % (plain.size - offset);
		flat_record(&flat, offset, rubbish + offset, size);
		/* So that the dump can be read only if the younger one wins. */
		flat_record(&flat, offset, plain.data + offset, size);
	}
	flat_record(&flat, plain.size - 1, plain.data + plain.size - 1, 1);
	for (size_t at = 0; at < plain.size; at += 5000)
		flat_record(&flat, at, plain.data + at,
			    plain.size - at < 2500 ? plain.size - at : 2500);
	for (size_t at = 2500; at < plain.size; at += 5000)
		flat_record(&flat, at, plain.data + at,
			    plain.size - at < 2500 ? plain.size - at : 2500);
	flat_end(&flat);
	/* dd to a disk pads with whatever was there. */
	bytes_put(&flat, flat.size, rubbish, 3000);
	check_dump(&flat, image, "kdump-compressed, not compressed, flattened");
	free(rubbish);
	bytes_free(&plain);
	bytes_free(&flat);
	image_free(image);
}

static void bad_flattened(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = DISKDUMP_ZLIB };
	struct bytes plain = write_diskdump(image, &options);
	struct bytes flat = { 0 };

	(void)state;
	flat_begin(&flat);
	flat_record(&flat, 0, plain.data, plain.size - 3000);
	flat_record(&flat, plain.size - 2000, plain.data + plain.size - 2000, 2000);
	flat_end(&flat);
	expect_bytes_error(&flat, "was not written to the flattened file");
	bytes_free(&flat);

	flat_begin(&flat);
	flat_end(&flat);
	expect_bytes_error(&flat, "not a dump");
	memset(flat.data + 4096, 0x99, 16);
	expect_bytes_error(&flat, "has no record");
	flat.data[31] = 9;
	expect_bytes_error(&flat, "version 9");
	bytes_free(&flat);

	/* A hostile size must not be believed. */
	flat_begin(&flat);
	flat_record(&flat, 0, plain.data, 100);
	flat.data[4096 + 9] = 0x0f;
	expect_bytes_error(&flat, "cut");
	bytes_free(&flat);
	bytes_free(&plain);
	image_free(image);
}

/* One page's descriptor or data is wrong: that page is damaged, the dump is not. */
static void damaged_page(void **state)
{
	struct image *image = make_image(false);

	(void)state;
	for (size_t i = 1; i < sizeof(codecs) / sizeof(*codecs); i++) {
		struct dump_options options = { .codec = codecs[i].codec };
		struct bytes plain = write_diskdump(image, &options);
		unsigned char page[IMAGE_PAGE];
		struct page_descriptor descriptor;
		struct bytes flat;

		/* Page 1 is the first in the file. */
		memcpy(&descriptor, plain.data + 5 * IMAGE_PAGE, sizeof(descriptor));
		memset(plain.data + descriptor.offset, 0xff, descriptor.size / 2);
		/* And one in the middle of a row. */
		memcpy(&descriptor, plain.data + 5 * IMAGE_PAGE + 11 * sizeof(descriptor),
		       sizeof(descriptor));
		memset(plain.data + descriptor.offset, 0xff, descriptor.size / 2);
		flat = flatten(&plain, 4096);
		for (int j = 0; j < 2; j++) {
			struct source *source = open_bytes(j ? &flat : &plain, NULL);

			assert_non_null(source);
			assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL,
							  IMAGE_PAGE, page),
					 READ_DAMAGED);
			check_page(source, image, ADDRESS_PHYSICAL, 40);
			assert_int_equal(check_row(source, image, 1, 8), 0);
			assert_int_equal(check_row(source, image, 10, 8), 2);
			assert_true(check_row(source, image, 13, 5) > 2);
			source_close(source);
		}
		bytes_free(&flat);
		/* A place where no page data can be. */
		descriptor.offset = 5 * IMAGE_PAGE;
		memcpy(plain.data + 5 * IMAGE_PAGE, &descriptor, sizeof(descriptor));
		expect_bytes_error(&plain, "no place for it");
		bytes_free(&plain);
	}
	image_free(image);
}

/* The descriptor of page 100 of a dump of so many pages that not each is looked at first. */
#define MANY_PAGES    512
#define ONE_PAGE      100
#define ITS_PLACE     (5 * IMAGE_PAGE + (ONE_PAGE - 1) * sizeof(struct page_descriptor))

static void expect_damaged(const struct bytes *bytes, struct image *image)
{
	struct source *source = open_bytes(bytes, NULL);
	unsigned char page[IMAGE_PAGE];

	assert_non_null(source);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, ONE_PAGE * IMAGE_PAGE, page),
			 READ_DAMAGED);
	check_page(source, image, ADDRESS_PHYSICAL, ONE_PAGE + 1);
	assert_true(check_row(source, image, ONE_PAGE - 2, 8) <= 2);
	assert_int_equal(check_row(source, image, ONE_PAGE, 8), 0);
	source_close(source);
}

/* Who asks for it, is told. */
static void expect_not_whole(const struct bytes *bytes)
{
	struct source *source = open_bytes(bytes, NULL);
	struct error err = { 0 };

	assert_non_null(source);
	assert_false(source_whole(source, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, names[0]));
	assert_non_null(strstr(err.text, "copy it again"));
	source_close(source);
}

static void damaged_descriptor(void **state)
{
	struct image *image = image_new(MANY_PAGES, false);
	struct dump_options options = { .codec = 0 };
	struct bytes plain = write_diskdump(image, &options), flat = { 0 };
	struct page_descriptor descriptor;
	const uint64_t places[] = { 0, 4 * IMAGE_PAGE, plain.size - 8, plain.size, UINT64_MAX };

	(void)state;
	memcpy(&descriptor, plain.data + ITS_PLACE, sizeof(descriptor));
	flat_begin(&flat);
	flat_record(&flat, 0, plain.data, descriptor.offset + 40);
	flat_record(&flat, descriptor.offset + 48, plain.data + descriptor.offset + 48,
		    plain.size - descriptor.offset - 48);
	flat_end(&flat);
	expect_damaged(&flat, image);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct page_descriptor wrong = descriptor;

		wrong.offset = places[i];
		memcpy(plain.data + ITS_PLACE, &wrong, sizeof(wrong));
		expect_damaged(&plain, image);
		expect_not_whole(&plain);
	}
	bytes_free(&flat);
	bytes_free(&plain);
	image_free(image);
}

#define ZEROS_FROM 20
#define SPLIT_AT   400

/* The last pages are zeros, whose data are the first: where the file should end, others tell. */
static void cut_before_zeros(void **state)
{
	struct image *image = image_new(MANY_PAGES, false);
	struct dump_options options = { .codec = DISKDUMP_LZO };

	(void)state;
	memset(image_page(image, ZEROS_FROM), 0, (MANY_PAGES - ZEROS_FROM) * IMAGE_PAGE);
	for (size_t parts = 1; parts <= 2; parts++) {
		struct bytes first, second;
		struct source *source;

		options.split = parts == 2;
		options.end = SPLIT_AT;
		first = write_diskdump(image, &options);
		options.first = SPLIT_AT;
		options.end = MANY_PAGES;
		second = write_diskdump(image, &options);
		options.first = 0;
		bytes_to_file(&first, names[0]);
		bytes_to_file(&second, names[1]);
		source = open_names(parts, NULL);
		assert_non_null(source);
		assert_true(source_whole(source, NULL));
		check_page(source, image, ADDRESS_PHYSICAL, ZEROS_FROM - 1);
		check_page(source, image, ADDRESS_PHYSICAL, MANY_PAGES - 1);
		source_close(source);
		first.size--;
		bytes_to_file(&first, names[0]);
		expect_error(parts, ERROR_INPUT, "cut: page data should end at byte ");
		bytes_free(&first);
		bytes_free(&second);
	}
	image_free(image);
}

static void put_text(const char *text, size_t size)
{
	struct bytes bytes = { 0 };

	bytes_put(&bytes, 0, text, size);
	bytes_to_file(&bytes, names[0]);
	bytes_free(&bytes);
}

static void not_dumps(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .machine = "ppc64le" };
	struct bytes file = write_diskdump(image, &options);
	char keep[64];

	(void)state;
	expect_bytes_error(&file, "ppc64le machine; only x86_64");
	bytes_free(&file);
	file = write_elf(image, &options);
	file.data[18] = 243;
	expect_bytes_error(&file, "riscv64 machine; only x86_64");
	/* whose VMCOREINFO is not of it */
	file.data[18] = 183;
	expect_bytes_error(&file, "not of an arm64 kernel");
	file.data[18] = 99;
	expect_bytes_error(&file, "unknown architecture (ELF machine 99");
	file.data[16] = 2;
	expect_bytes_error(&file, "vmlinux");
	file.data[4] = 1;
	expect_bytes_error(&file, "32-bit");
	bytes_free(&file);
	put_text("", 0);
	expect_error(1, ERROR_INPUT, "is empty");
	put_text("Hello, world\n", 13);
	expect_error(1, ERROR_INPUT, "not a dump");
	put_text("K", 1);
	expect_error(1, ERROR_INPUT, "not a dump");
	put_text("\x1f\x8b\x08\x00", 4);
	expect_error(1, ERROR_INPUT, "gunzip");
	unlink(names[0]);
	expect_error(1, ERROR_SYSTEM, "No such file");
	assert_int_equal(mkfifo(names[0], 0600), 0);
	expect_error(1, ERROR_INPUT, "not a regular file");
	unlink(names[0]);
	memcpy(keep, names[0], sizeof(keep));
	strcpy(names[0], directory);
	expect_error(1, ERROR_INPUT, "is a directory");
	memcpy(names[0], keep, sizeof(keep));
	image_free(image);
}

/* Whatever the bytes of the headers are: an answer, no crash, and no hang. */
static void changed_headers(void **state)
{
	struct image *image = make_image(false);
	struct dump_options options = { .codec = DISKDUMP_ZSTD, .cpus = 1 };
	struct bytes plain = write_diskdump(image, &options);
	struct bytes dumps[] = { flatten(&plain, 3000), write_elf(image, &options) };
	static const size_t heads[] = { 6 * IMAGE_PAGE, 800 };
	uint32_t seed = 3;

	(void)state;
	dumps[1] = (bytes_free(&plain), dumps[1]);
	for (size_t i = 0; i < 2; i++) {
		for (int round = 0; round < 1500; round++) {
			unsigned char page[IMAGE_PAGE];
			struct source *source;
			unsigned char *byte, old;

			seed = seed * 1664525 + 1013904223;
			byte = &dumps[i].data[(i ? 0 : 4096) + (seed >> 8) % heads[i]];
			old = *byte;
			*byte = round % 3 ? (unsigned char)(old ^ 1 << seed % 8) : 0xff;
			source = open_bytes(&dumps[i], NULL);
			for (uint64_t pfn = 0; source && pfn < PAGES; pfn++) {
				source_read_page(source, ADDRESS_PHYSICAL, pfn * IMAGE_PAGE,
						 page);
				source_read_page(source, ADDRESS_VIRTUAL, IMAGE_KERNEL_MAP +
						 pfn * IMAGE_PAGE, page);
			}
			source_close(source);
			*byte = old;
		}
		bytes_free(&dumps[i]);
	}
	image_free(image);
}

#define ROWS_SIZE (300 * 1024 + 77)

/* What was read ahead is what is there: in rows, with gaps, back, and at the end. */
static void rows_of_reads(void **state)
{
	static unsigned char bytes[ROWS_SIZE], got[70000];
	static const struct {
		size_t step, length;
	} rows[] = {{4096, 4096}, {1000, 700}, {4096 + 16, 4096}, {65536, 65536}, {69000, 70000},
		    {333, 999}};
	struct error err = {0};
	struct bytes content = {0};
	struct file *file;
	size_t i, at;

	(void)state;
	for (i = 0; i < ROWS_SIZE; i++)
		bytes[i] = (unsigned char)(i * 2654435761u >> 13);
	bytes_put(&content, 0, bytes, ROWS_SIZE);
	bytes_to_file(&content, names[0]);
	file = file_open(names[0], -1, &err);
	assert_non_null(file);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (at = 0; at + rows[i].length <= ROWS_SIZE; at += rows[i].step) {
			assert_true(file_read(file, at, got, rows[i].length, &err));
			assert_memory_equal(got, bytes + at, rows[i].length);
			/* a look back does not spoil the row */
			assert_true(file_read(file, at / 2, got, 24, &err));
			assert_memory_equal(got, bytes + at / 2, 24);
		}
	assert_false(file_read(file, ROWS_SIZE - 100, got, 101, &err));
	/* the file becomes shorter while it is read: what is gone is not there */
	assert_true(file_read(file, 0, got, 4096, &err));
	assert_int_equal(truncate(names[0], 100000), 0);
	for (at = 4096; at + 4096 <= 100000; at += 4096)
		assert_true(file_read(file, at, got, 4096, &err));
	assert_false(file_read(file, at, got, 4096, &err));
	file_close(file);
	bytes_free(&content);
}

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	for (int i = 0; i < 4; i++)
		snprintf(names[i], sizeof(names[i]), "%s/dump.%d", directory, i);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		unlink(names[i]);
	return rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_codec),
		cmocka_unit_test(elf_cores),
		cmocka_unit_test(five_level_page_tables),
		cmocka_unit_test(no_vmcoreinfo_note),
		cmocka_unit_test(several_vmcoreinfo),
		cmocka_unit_test(register_notes),
		cmocka_unit_test(cut_files),
		cmocka_unit_test(incomplete_header),
		cmocka_unit_test(split_sets),
		cmocka_unit_test(mixed_files),
		cmocka_unit_test(overlapping_records),
		cmocka_unit_test(bad_flattened),
		cmocka_unit_test(damaged_page),
		cmocka_unit_test(damaged_descriptor),
		cmocka_unit_test(cut_before_zeros),
		cmocka_unit_test(not_dumps),
		cmocka_unit_test(changed_headers),
		cmocka_unit_test(rows_of_reads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
