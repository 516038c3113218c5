// SPDX-License-Identifier: GPL-2.0-or-later
/* The running kernel's memory: a small file made like /proc/kcore. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <elf.h>

#include "dump_writer.h"
#include "source/memory.h"

#define PAGES	   64
#define DIRECT_MAP UINT64_C(0xffff888000000000)
#define MEMORY	   0x10000	/* of page 0, in the file */

/* pages, which IMAGE_KERNEL_MAP maps one to one */
#define TEXT_END    16		/* below it: the kernel image */
#define VIRTUAL_END 48		/* below it: as vmalloc, no physical address is told */
#define HOLE	    20		/* zeros, and not mapped */
#define ZEROS	    21		/* zeros, and mapped */
#define BEYOND	    50		/* in no segment but the direct map */

static char path[] = "/tmp/test_kcore.XXXXXX";

static void put_program(struct bytes *file, unsigned int index, uint32_t type, uint64_t address,
			uint64_t physical, uint64_t offset, uint64_t size)
{
	Elf64_Phdr program = {
		.p_type = type, .p_vaddr = address, .p_paddr = physical, .p_offset = offset,
		.p_filesz = size, .p_memsz = size,
	};

	bytes_put(file, sizeof(Elf64_Ehdr) + index * sizeof(program), &program, sizeof(program));
}

static uint64_t put_notes(struct bytes *file, uint64_t at, const char *vmcoreinfo)
{
	uint64_t size = strlen(vmcoreinfo);
	Elf64_Nhdr other = {.n_namesz = 5, .n_descsz = 3, .n_type = NT_PRSTATUS};
	Elf64_Nhdr header = {.n_namesz = 11, .n_descsz = (uint32_t)size};

	bytes_put(file, at, &other, sizeof(other));
	bytes_put(file, at + 12, "CORE\0\0\0\0abc\0", 12);
	bytes_put(file, at + 24, &header, sizeof(header));
	bytes_put(file, at + 36, "VMCOREINFO\0\0", 12);
	bytes_put(file, at + 48, vmcoreinfo, size);
	return 48 + size;
}

/* As much of the direct map as @pages. */
static struct bytes make_file(struct image *image, uint64_t pages)
{
	Elf64_Ehdr header = {
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 4,
	};
	struct bytes file = {0};
	uint64_t notes = put_notes(&file, 0x1000, image_vmcoreinfo(image));

	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	bytes_put(&file, 0, &header, sizeof(header));
	put_program(&file, 0, PT_NOTE, 0, 0, 0x1000, notes);
	put_program(&file, 1, PT_LOAD, IMAGE_KERNEL_MAP, 0, MEMORY, TEXT_END * IMAGE_PAGE);
	put_program(&file, 2, PT_LOAD, IMAGE_KERNEL_MAP + TEXT_END * IMAGE_PAGE, UINT64_MAX,
		    MEMORY + TEXT_END * IMAGE_PAGE, (VIRTUAL_END - TEXT_END) * IMAGE_PAGE);
	put_program(&file, 3, PT_LOAD, DIRECT_MAP, 0, MEMORY, pages * IMAGE_PAGE);
	bytes_put(&file, MEMORY, image_page(image, 0), PAGES * IMAGE_PAGE);
	return file;
}

static struct image *make_image(bool five_levels)
{
	struct image *image = image_new(PAGES, five_levels);

	memset(image_page(image, HOLE), 0, IMAGE_PAGE);
	memset(image_page(image, ZEROS), 0, IMAGE_PAGE);
	image_unmap(image, HOLE);
	return image;
}

static void write_image(struct image *image, uint64_t pages)
{
	struct bytes file = make_file(image, pages);

	bytes_to_file(&file, path);
	bytes_free(&file);
}

static struct source *open_live(const char *name, struct error *err)
{
	const struct source_options options = {.live = true};

	return source_open(&name, 1, &options, err);
}

static enum read_status read_page(struct source *source, struct image *image,
				  enum address_space space, uint64_t address, uint64_t pfn)
{
	unsigned char page[IMAGE_PAGE];
	enum read_status status = source_read_page(source, space, address, page);

	if (status == READ_OK)
		assert_memory_equal(page, image_page(image, pfn), IMAGE_PAGE);
	return status;
}

static void check_reads(bool five_levels)
{
	struct image *image = make_image(five_levels);
	struct source *source;

	write_image(image, PAGES);
	source = open_live(path, NULL);
	assert_non_null(source);
	assert_true(source_facts(source)->live);
	assert_int_equal(source_facts(source)->ram_pages, PAGES);
	assert_string_equal(source_facts(source)->architecture, "x86_64");
	assert_non_null(strstr(source_facts(source)->vmcoreinfo, "OSRELEASE="));
	for (uint64_t i = 0; i < PAGES; i++) {
		uint64_t at = i * IMAGE_PAGE;
		bool mapped = i != HOLE && i;

		assert_int_equal(read_page(source, image, ADDRESS_PHYSICAL, at, i), READ_OK);
		assert_int_equal(read_page(source, image, ADDRESS_VIRTUAL, DIRECT_MAP + at, i),
				 READ_OK);
		if (i)
			assert_int_equal(read_page(source, image, ADDRESS_VIRTUAL,
						   IMAGE_KERNEL_MAP + at, i),
					 mapped ? READ_OK : READ_UNMAPPED);
	}
	assert_int_equal(read_page(source, image, ADDRESS_PHYSICAL, PAGES * IMAGE_PAGE, 0),
			 READ_NOT_RAM);
	assert_int_equal(read_page(source, image, ADDRESS_VIRTUAL, 0x1000, 0), READ_UNMAPPED);
	assert_int_equal(read_page(source, image, ADDRESS_VIRTUAL, UINT64_C(0xffffc90000000000), 0),
			 READ_UNMAPPED);
	source_close(source);
	image_free(image);
}

/* Zeros are bytes only where the page tables say that there is a page. */
static void test_reads(void **state)
{
	(void)state;
	check_reads(false);
}

static void test_five_levels(void **state)
{
	(void)state;
	check_reads(true);
}

static void test_translation(void **state)
{
	struct image *image = make_image(false);
	struct source *source;
	struct memory *memory;
	uint64_t physical;

	(void)state;
	write_image(image, PAGES);
	source = open_live(path, NULL);
	memory = memory_new(source, 0);
	assert_int_equal(memory_physical(memory, IMAGE_KERNEL_MAP + BEYOND * IMAGE_PAGE + 5,
					 &physical), READ_OK);
	assert_int_equal(physical, BEYOND * IMAGE_PAGE + 5);
	assert_int_equal(memory_physical(memory, IMAGE_KERNEL_MAP + HOLE * IMAGE_PAGE, &physical),
			 READ_UNMAPPED);
	memory_free(memory);
	source_close(source);
	image_free(image);
}

/* Nothing is kept over memory_forget(): neither bytes nor where memory is. */
static void test_forget(void **state)
{
	struct image *image = make_image(false);
	uint64_t at = DIRECT_MAP + 40 * IMAGE_PAGE, far = DIRECT_MAP + 63 * IMAGE_PAGE, value, old;
	struct source *source;
	struct memory *memory;

	(void)state;
	write_image(image, 62);
	source = open_live(path, NULL);
	memory = memory_new(source, 0);
	assert_int_equal(memory_read_u64(memory, at, &old), READ_OK);
	assert_int_equal(memory_read_u64(memory, far, &value), READ_UNMAPPED);
	memset(image_page(image, 40), 0x5a, 8);
	write_image(image, PAGES);
	assert_int_equal(memory_read_u64(memory, at, &value), READ_OK);
	assert_true(value == old);
	memory_forget(memory);
	assert_int_equal(memory_read_u64(memory, at, &value), READ_OK);
	assert_true(value == UINT64_C(0x5a5a5a5a5a5a5a5a));
	assert_int_equal(memory_read_u64(memory, far, &value), READ_OK);
	/* gone: what was known stays known, and reads fail */
	unlink(path);
	memory_forget(memory);
	assert_int_equal(memory_read_u64(memory, at, &value), READ_OK);
	memory_free(memory);
	source_close(source);
	image_free(image);
}

static struct image *make_whole_image(void)
{
	struct image *image = image_new(PAGES, false);

	memset(image_page(image, ZEROS), 0, IMAGE_PAGE);
	return image;
}

/* What is mapped since a table was read is seen, what went only after memory_forget(). */
static void test_tables(void **state)
{
	struct image *image = make_image(false), *whole = make_whole_image();
	uint64_t at = IMAGE_KERNEL_MAP + HOLE * IMAGE_PAGE, value;
	struct source *source;
	struct memory *memory;

	(void)state;
	write_image(image, PAGES);
	source = open_live(path, NULL);
	memory = memory_new(source, 0);
	assert_int_equal(read_page(source, image, ADDRESS_VIRTUAL, at, HOLE), READ_UNMAPPED);
	write_image(whole, PAGES);
	assert_int_equal(read_page(source, whole, ADDRESS_VIRTUAL, at, HOLE), READ_OK);
	write_image(image, PAGES);
	memory_forget(memory);
	assert_int_equal(memory_read_u64(memory, at, &value), READ_UNMAPPED);
	memory_free(memory);
	source_close(source);
	image_free(whole);
	image_free(image);
}

/* Mapped, but no RAM: as of a device, which gives zeros, or struct pages of one. */
static void test_no_ram(void **state)
{
	struct image *image = make_whole_image();
	struct source *source;

	(void)state;
	write_image(image, ZEROS);
	source = open_live(path, NULL);
	for (uint64_t i = ZEROS - 1; i <= ZEROS + 1; i++)
		assert_int_equal(read_page(source, image, ADDRESS_VIRTUAL,
					   IMAGE_KERNEL_MAP + i * IMAGE_PAGE, i),
				 i == ZEROS ? READ_NOT_RAM : READ_OK);
	source_close(source);
	image_free(image);
}

static void test_cut(void **state)
{
	struct image *image = make_image(false);
	struct bytes file = make_file(image, PAGES);
	unsigned char page[IMAGE_PAGE];
	struct source *source;

	(void)state;
	file.size = MEMORY + 60 * IMAGE_PAGE + 8;
	bytes_to_file(&file, path);
	source = open_live(path, NULL);
	assert_non_null(source);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, 60 * IMAGE_PAGE, page),
			 READ_DAMAGED);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, 59 * IMAGE_PAGE, page),
			 READ_OK);
	source_close(source);
	bytes_free(&file);
	image_free(image);
}

static void refused(const char *name, const char *words)
{
	struct error err = {0};

	assert_null(open_live(name, &err));
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
}

static void refused_file(const struct bytes *file, const char *words)
{
	bytes_to_file(file, path);
	refused(path, words);
}

static void test_refusals(void **state)
{
	struct image *image = make_image(false);
	struct bytes file = make_file(image, PAGES), none = {0};
	uint64_t zero = 0;
	uint16_t machine = EM_AARCH64;

	(void)state;
	unlink(path);
	refused(path, "there is none");
	refused("/dev/null", "is hidden");
	refused_file(&none, "is hidden");
	file.size = 100;
	refused_file(&file, "not the memory of an x86_64 kernel");
	bytes_free(&file);
	file = make_file(image, PAGES);
	bytes_put(&file, offsetof(Elf64_Ehdr, e_machine), &machine, sizeof(machine));
	refused_file(&file, "not the memory of an x86_64 kernel");
	bytes_free(&file);
	file = make_file(image, PAGES);
	bytes_put(&file, sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), &zero, sizeof(zero));
	refused_file(&file, "has no VMCOREINFO");
	bytes_free(&file);
	image_free(image);
}

/* Any bytes where the headers and notes are: opened or refused, and never worse. */
static void test_noise(void **state)
{
	struct image *image = make_image(false);
	struct bytes good = make_file(image, PAGES);
	unsigned char page[IMAGE_PAGE];

	(void)state;
	srandom(1);
	for (int round = 0; round < 300; round++) {
		struct bytes file = {0};
		struct source *source;

		bytes_put(&file, 0, good.data, good.size);
		for (int i = 0; i < 4; i++)
			file.data[random() % (i % 2 ? 0x1060 : 0x140)] = (unsigned char)random();
		bytes_to_file(&file, path);
		source = open_live(path, NULL);
		for (uint64_t i = 0; source && i < PAGES; i++) {
			source_read_page(source, ADDRESS_VIRTUAL,
					 IMAGE_KERNEL_MAP + i * IMAGE_PAGE, page);
			source_read_page(source, ADDRESS_PHYSICAL, i * IMAGE_PAGE, page);
		}
		source_close(source);
		bytes_free(&file);
	}
	bytes_free(&good);
	image_free(image);
}

/* Registers come from elsewhere, and again and again. */
static void test_prstatus(void **state)
{
	struct image *image = make_image(false);
	struct source *source;
	size_t size;

	(void)state;
	write_image(image, PAGES);
	source = open_live(path, NULL);
	assert_null(source_prstatus(source, 0, &size));
	assert_true(source_set_prstatus(source, "onetwo", 3, 2));
	assert_memory_equal(source_prstatus(source, 1, &size), "two", 3);
	assert_int_equal(size, 3);
	assert_null(source_prstatus(source, 2, &size));
	assert_true(source_set_prstatus(source, NULL, 0, 0));
	assert_null(source_prstatus(source, 0, &size));
	source_close(source);
	image_free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_five_levels),
		cmocka_unit_test(test_translation),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_no_ram),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_prstatus),
	};
	int file = mkstemp(path), failed;

	if (file < 0)
		return 1;
	close(file);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
