// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory through a debugger: what it hides, and what the file beside it tells. */
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
#include "source/source.h"

#define PAGES		64
#define ZERO_PAGE	20
#define LEFT_OUT	21
#define NOT_MAPPED	24
#define PLAIN		30
#define NO_MORE		31	/* the file has it, the debugger says no */
#define LAID_OVER	32	/* the debugger shows zeros of its own */

static char path[] = "/tmp/test_reader.XXXXXX";

/* A debugger as drgn is: what the file has not is zeros. */
struct debugger {
	struct image *image;
	bool walks;		/* reads virtual addresses too */
	bool blind;		/* reads no physical ones */
	bool doubtful;		/* says that its zeros are */
};

static bool debugger_read(void *data, enum address_space space, uint64_t address, void *page,
			  size_t size)
{
	const struct debugger *debugger = data;
	uint64_t pfn = address / IMAGE_PAGE;

	assert_int_equal(size, IMAGE_PAGE);
	if (space == ADDRESS_VIRTUAL) {
		if (!debugger->walks || address < IMAGE_KERNEL_MAP)
			return false;
		pfn = (address - IMAGE_KERNEL_MAP) / IMAGE_PAGE;
		if (pfn == NOT_MAPPED)
			return false;
	} else if (debugger->blind) {
		return false;
	}
	if (pfn >= PAGES || pfn == NO_MORE)
		return false;
	if (pfn == LAID_OVER || debugger->image->states[pfn] != PAGE_THERE)
		memset(page, 0, size);
	else
		memcpy(page, image_page(debugger->image, pfn), size);
	return true;
}

static struct image *make_image(void)
{
	struct image *image = image_new(PAGES, false);

	memset(image_page(image, ZERO_PAGE), 0, IMAGE_PAGE);
	image->states[LEFT_OUT] = PAGE_LEFT_OUT;
	image_unmap(image, NOT_MAPPED);
	return image;
}

static void write_file(struct image *image)
{
	struct bytes bytes = write_elf(image, &(struct dump_options){ .cpus = 2 });

	bytes_to_file(&bytes, path);
	bytes_free(&bytes);
}

static struct source *open_debugger(struct debugger *debugger, const char *vmcoreinfo,
				    bool file, struct error *err)
{
	static const char *const files[] = { "/nonexistent", path };
	const struct source_reader reader = {
		.name = "a debugger",
		.architecture = "x86_64",
		.data = debugger,
		.read = debugger_read,
		.vmcoreinfo = vmcoreinfo,
		.files = files,
		.file_count = file ? 2 : 0,
		.doubtful_zeros = debugger->doubtful,
	};

	return source_open_reader(&reader, err);
}

static void check(struct source *source, struct image *image, uint64_t pfn,
		  enum read_status status)
{
	static const uint64_t bases[] = { 0, IMAGE_KERNEL_MAP };
	unsigned char page[IMAGE_PAGE];

	for (size_t i = 0; i < 2; i++) {
		bool virtual = bases[i];
		enum read_status wanted = virtual && pfn == NOT_MAPPED ? READ_UNMAPPED : status;

		assert_int_equal(source_read_page(source, virtual ? ADDRESS_VIRTUAL
								  : ADDRESS_PHYSICAL,
						  bases[i] + pfn * IMAGE_PAGE + 5, page), wanted);
		if (wanted == READ_OK && pfn != LAID_OVER)
			assert_memory_equal(page, image_page(image, pfn), IMAGE_PAGE);
	}
}

static void the_file_tells(void **state)
{
	struct debugger debugger = { .image = make_image() };
	struct source *source;
	size_t size;

	(void)state;
	write_file(debugger.image);
	for (int walks = 0; walks < 2; walks++) {
		debugger.walks = walks;
		source = open_debugger(&debugger, NULL, true, NULL);
		assert_non_null(source);
		assert_string_equal(source_facts(source)->format, "ELF core");
		assert_string_equal(source_facts(source)->vmcoreinfo,
				    image_vmcoreinfo(debugger.image));
		assert_non_null(source_prstatus(source, 1, &size));
		assert_null(source_prstatus(source, 2, &size));
		check(source, debugger.image, PLAIN, READ_OK);
		check(source, debugger.image, ZERO_PAGE, READ_OK);
		check(source, debugger.image, LEFT_OUT, READ_EXCLUDED);
		check(source, debugger.image, NOT_MAPPED, READ_OK);
		check(source, debugger.image, NO_MORE, READ_EXCLUDED);
		check(source, debugger.image, LAID_OVER, READ_OK);
		check(source, debugger.image, 0, READ_NOT_RAM);
		source_close(source);
	}
	image_free(debugger.image);
}

static void without_a_file(void **state)
{
	struct debugger debugger = { .image = make_image() };
	struct error err = { 0 };
	struct source *source;

	(void)state;
	assert_null(open_debugger(&debugger, NULL, false, &err));
	assert_non_null(strstr(err.text, "a debugger does not tell the VMCOREINFO"));
	source = open_debugger(&debugger, image_vmcoreinfo(debugger.image), false, &err);
	assert_non_null(source);
	assert_string_equal(source_facts(source)->format, "memory");
	check(source, debugger.image, PLAIN, READ_OK);
	check(source, debugger.image, NOT_MAPPED, READ_OK);
	/* it is not said to be no RAM: nobody knows */
	check(source, debugger.image, NO_MORE, READ_EXCLUDED);
	check(source, debugger.image, ZERO_PAGE, READ_OK);
	source_close(source);
	image_free(debugger.image);
}

static void doubtful_zeros(void **state)
{
	struct debugger debugger = { .image = make_image(), .doubtful = true, .walks = true };
	struct source *source;

	(void)state;
	source = open_debugger(&debugger, image_vmcoreinfo(debugger.image), false, NULL);
	assert_non_null(source);
	check(source, debugger.image, PLAIN, READ_OK);
	check(source, debugger.image, ZERO_PAGE, READ_EXCLUDED);
	check(source, debugger.image, LEFT_OUT, READ_EXCLUDED);
	source_close(source);
	/* the file knows better */
	write_file(debugger.image);
	source = open_debugger(&debugger, NULL, true, NULL);
	assert_non_null(source);
	check(source, debugger.image, ZERO_PAGE, READ_OK);
	check(source, debugger.image, LEFT_OUT, READ_EXCLUDED);
	source_close(source);
	image_free(debugger.image);
}

/* The same kernel at the same place, but a moment later. */
static void file_of_another_machine(void **state)
{
	struct debugger debugger = { .image = make_image() };
	struct image *other = make_image();
	struct source *source;

	(void)state;
	image_page(other, other->vmcoreinfo_pfn + 1)[IMAGE_PAGE - 1] ^= 1;
	write_file(other);
	source = open_debugger(&debugger, image_vmcoreinfo(debugger.image), true, NULL);
	assert_non_null(source);
	assert_string_equal(source_facts(source)->format, "memory");
	check(source, debugger.image, PLAIN, READ_OK);
	source_close(source);
	image_free(debugger.image);
	image_free(other);
}

static void only_virtual_addresses(void **state)
{
	struct debugger debugger = { .image = make_image(), .walks = true, .blind = true };
	struct source *source = open_debugger(&debugger, image_vmcoreinfo(debugger.image), false,
					      NULL);
	unsigned char page[IMAGE_PAGE];

	(void)state;
	assert_non_null(source);
	assert_int_equal(source_read_page(source, ADDRESS_VIRTUAL,
					  IMAGE_KERNEL_MAP + PLAIN * IMAGE_PAGE, page), READ_OK);
	assert_memory_equal(page, image_page(debugger.image, PLAIN), IMAGE_PAGE);
	/* without page tables nobody knows that it is not mapped */
	assert_int_equal(source_read_page(source, ADDRESS_VIRTUAL,
					  IMAGE_KERNEL_MAP + NOT_MAPPED * IMAGE_PAGE, page),
			 READ_EXCLUDED);
	source_close(source);
	image_free(debugger.image);
}

static void other_architecture(void **state)
{
	const struct source_reader reader = { .name = "a debugger", .architecture = "s390x" };
	struct error err = { 0 };

	(void)state;
	assert_null(source_open_reader(&reader, &err));
	assert_non_null(strstr(err.text, "s390x"));
}

#define LARGE_PAGE 16384

/* Each byte tells the number of its page; there are two pages. */
static bool read_large(void *data, enum address_space space, uint64_t address, void *page,
		       size_t size)
{
	(void)data;
	assert_int_equal(size, LARGE_PAGE);
	assert_int_equal(address % LARGE_PAGE, 0);
	if (space == ADDRESS_VIRTUAL || address >= 3 * LARGE_PAGE || !address)
		return false;
	memset(page, (int)(address / LARGE_PAGE), size);
	return true;
}

static void large_pages(void **state)
{
	static unsigned char page[LARGE_PAGE];
	struct source_reader reader = {
		.name = "a debugger",
		.architecture = "aarch64",
		.read = read_large,
		.vmcoreinfo = "OSRELEASE=6.1.0\nPAGESIZE=16384\n",
	};
	struct error err = { 0 };
	struct source *source = source_open_reader(&reader, &err);

	(void)state;
	assert_non_null(source);
	assert_string_equal(source_facts(source)->architecture, "aarch64");
	assert_int_equal(source_facts(source)->page_size, LARGE_PAGE);
	assert_string_equal(source_facts(source)->vmcoreinfo, reader.vmcoreinfo);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, 2 * LARGE_PAGE + 4097, page),
			 READ_OK);
	assert_int_equal(page[LARGE_PAGE - 1], 2);
	assert_int_equal(source_read_page(source, ADDRESS_PHYSICAL, 3 * LARGE_PAGE, page),
			 READ_EXCLUDED);
	source_close(source);
	reader.vmcoreinfo = "OSRELEASE=6.1.0\nPAGESIZE=nonsense\n";
	assert_null(source_open_reader(&reader, &err));
	assert_non_null(strstr(err.text, "PAGESIZE"));
}

/* Nobody has tried that. */
static void running_arm64(void **state)
{
	const struct source_reader reader = {
		.name = "a debugger", .architecture = "aarch64", .live = true,
	};
	struct error err = { 0 };

	(void)state;
	assert_null(source_open_reader(&reader, &err));
	assert_non_null(strstr(err.text, "running kernel of an aarch64 machine"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_tells),
		cmocka_unit_test(without_a_file),
		cmocka_unit_test(doubtful_zeros),
		cmocka_unit_test(file_of_another_machine),
		cmocka_unit_test(only_virtual_addresses),
		cmocka_unit_test(other_architecture),
		cmocka_unit_test(large_pages),
		cmocka_unit_test(running_arm64),
	};
	int file = mkstemp(path), failed;

	if (file < 0)
		return 1;
	close(file);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
