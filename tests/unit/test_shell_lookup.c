// SPDX-License-Identifier: GPL-2.0-or-later
/* What arguments of the shell's commands name, in kernels with other pages than of 4 KiB too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "shell/lookup.h"

#define VMEMMAP	UINT64_C(0xfffffc0000000000)
#define PAGES	64

/* the session's; a test has none */
bool shell_stopped(const struct shell *shell)
{
	(void)shell;
	return false;
}

bool shell_number(struct shell *shell, const char *text, bool hex, uint64_t *value,
		  struct error *err)
{
	(void)shell, (void)err;
	*value = strtoull(text, NULL, hex ? 16 : 10);
	return true;
}

struct fixture {
	struct fake_source source;
	struct shell shell;
	uint8_t pages[PAGES * 64];
};

static int setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct kernel *kernel = &fixture->shell.dump.kernel;

	kernel->memory = fake_memory(&fixture->source, VMEMMAP, fixture->pages,
				     sizeof(fixture->pages));
	kernel->source = &fixture->source.source;
	kernel->page = (struct page_layout){.size = 64, .vmemmap = VMEMMAP, .pages = PAGES};
	*state = fixture;
	return !kernel->memory;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;

	memory_free(fixture->shell.dump.kernel.memory);
	free(fixture);
	return 0;
}

static uint64_t pfn_at(struct fixture *fixture, const char *physical)
{
	struct kswapck_page page;
	struct error err;

	assert_true(lookup_page(&fixture->shell, physical, true, &page, &err));
	return page.pfn;
}

static void a_physical_address_is_in_a_page_of_the_kernels_size(void **state)
{
	struct fixture *fixture = *state;

	fixture->shell.dump.kernel.page_shift = 12;
	assert_int_equal(pfn_at(fixture, "10fff"), 0x10);
	fixture->shell.dump.kernel.page_shift = 14;
	assert_int_equal(pfn_at(fixture, "10fff"), 0x4);
	fixture->shell.dump.kernel.page_shift = 16;
	assert_int_equal(pfn_at(fixture, "10fff"), 0x1);
}

/* 0x100000000 is no other name of type 0. */
static void a_type_has_no_more_than_32_bits(void **state)
{
	struct fixture *fixture = *state;
	struct found_slot found;
	struct error err;

	fixture->shell.dump.kernel.swap.nr_swapfiles = 1;
	assert_false(lookup_slot(&fixture->shell, "4294967296:1", &found, &err));
	assert_non_null(strstr(err.text, "no swap device of type 4294967296 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_physical_address_is_in_a_page_of_the_kernels_size, setup, teardown),
		cmocka_unit_test_setup_teardown(a_type_has_no_more_than_32_bits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
