// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts of swap_map that go on in pages of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/page.h"
#include "kernel/swap_count.h"
#include "source/backend.h"
#include "source/memory.h"
#include "source/translate.h"

#define VMEMMAP	 UINT64_C(0xffffea0000000000)
#define SWAP_MAP UINT64_C(0xffffc90000010000)
#define PAGES	 8
#define SLOT	 100		/* its byte lies in the first page of swap_map */
#define MAP_PFN	 1
#define SWP_CONTINUED 0x20

/* RAM of eight pages; the struct pages stand in vmemmap. */
struct ram {
	struct source source;
	struct kernel kernel;
	struct kswapck_device device;
	uint64_t hole;		/* a page frame that cannot be read; 0: none */
	uint8_t pages[PAGES][4096];
	uint8_t structs[4096];
};

/* ---- source/translate.h ---- */

struct translation *translation_new(struct source *source, const char *vmcoreinfo,
				    struct error *err)
{
	(void)source;
	(void)vmcoreinfo;
	error_set(err, ERROR_MISSING, "not in a test");
	return NULL;
}

void translation_free(struct translation *translation)
{
	(void)translation;
}

const struct paging *translation_paging(const struct translation *translation)
{
	(void)translation;
	return NULL;
}

enum read_status translation_physical(struct translation *translation, uint64_t address,
				      uint64_t *physical)
{
	(void)translation;
	if (address - SWAP_MAP >= 4096)
		return READ_UNMAPPED;
	*physical = MAP_PFN * 4096 + (address - SWAP_MAP);
	return READ_OK;
}

static enum read_status read_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	struct ram *ram = source->private;

	if (space == ADDRESS_VIRTUAL) {
		if (address != VMEMMAP)
			return READ_UNMAPPED;
		memcpy(page, ram->structs, 4096);
		return READ_OK;
	}
	if (address / 4096 >= PAGES)
		return READ_NOT_RAM;
	if (ram->hole && address / 4096 == ram->hole)
		return READ_EXCLUDED;
	memcpy(page, ram->pages[address / 4096], 4096);
	return READ_OK;
}

static const struct source_ops ops = {.name = "ram", .read_page = read_page};

static uint64_t page_of(uint64_t pfn)
{
	return VMEMMAP + 64 * pfn;
}

static void put(struct ram *ram, uint64_t pfn, unsigned int offset, uint64_t value)
{
	memcpy(ram->structs + 64 * pfn + offset, &value, 8);
}

#define LRU	8
#define PRIVATE 40

static int setup(void **state)
{
	static const struct page_layout layout = {
		.size = 64,
		.fields = {
			[KSWAPCK_FIELD_FLAGS] = {0, 8},
			[KSWAPCK_FIELD_COMPOUND_HEAD] = {8, 8},
			[KSWAPCK_FIELD_MAPPING] = {24, 8},
			[KSWAPCK_FIELD_PRIVATE] = {PRIVATE, 8},
			[KSWAPCK_FIELD_PAGE_TYPE] = {48, 4},
			[KSWAPCK_FIELD_REFCOUNT] = {52, 4},
		},
		.vmemmap = VMEMMAP,
		.pages = PAGES,
	};
	struct ram *ram = aligned_alloc(4096, (sizeof(*ram) + 4095) & ~4095ULL);

	memset(ram, 0, sizeof(*ram));
	ram->source.ops = &ops;
	ram->source.private = ram;
	ram->source.translation = (struct translation *)ram;
	ram->source.facts.page_size = 4096;
	ram->kernel.memory = memory_new(&ram->source, 0);
	ram->kernel.page = layout;
	ram->kernel.swap.page_lru = (struct field){LRU, 16};
	ram->device.swap_map = SWAP_MAP;
	*state = ram;
	return !ram->kernel.memory;
}

static int teardown(void **state)
{
	struct ram *ram = *state;

	memory_free(ram->kernel.memory);
	free(ram);
	return 0;
}

/* Hang pages 2 to @last on the page of swap_map. */
static void hang(struct ram *ram, uint64_t last)
{
	uint64_t pfn;

	put(ram, MAP_PFN, PRIVATE, SWP_CONTINUED);
	put(ram, MAP_PFN, LRU, page_of(2) + LRU);
	for (pfn = 2; pfn < last; pfn++)
		put(ram, pfn, LRU, page_of(pfn + 1) + LRU);
	put(ram, last, LRU, page_of(MAP_PFN) + LRU);
}

static enum swap_count_status read_count(struct ram *ram, uint8_t map, uint64_t *count)
{
	enum swap_count_status status;
	const char *why = NULL;

	*count = 0;
	status = swap_count_read(&ram->kernel, &ram->device, SLOT, map, count, &why);
	assert_int_equal(status == SWAP_COUNT_KNOWN, !why);
	return status;
}

static void assert_count(struct ram *ram, uint8_t map, uint64_t expected)
{
	uint64_t count;

	assert_int_equal(read_count(ram, map, &count), SWAP_COUNT_KNOWN);
	assert_int_equal(count, expected);
}

static void assert_status(struct ram *ram, uint8_t map, enum swap_count_status expected)
{
	uint64_t count;

	assert_int_equal(read_count(ram, map, &count), expected);
}

static void counts_of_one_byte(void **state)
{
	struct ram *ram = *state;

	assert_count(ram, 0, 0);
	assert_count(ram, 1, 1);
	assert_count(ram, SWAP_MAP_MAX, 62);
	assert_count(ram, SWAP_HAS_CACHE, 0);
	assert_count(ram, SWAP_HAS_CACHE | 5, 5);
	assert_count(ram, SWAP_MAP_SHMEM, 1);
	assert_count(ram, SWAP_MAP_SHMEM | SWAP_HAS_CACHE, 1);
	assert_status(ram, SWAP_MAP_BAD, SWAP_COUNT_UNKNOWN);
}

static void one_page(void **state)
{
	struct ram *ram = *state;

	hang(ram, 2);
	ram->pages[2][SLOT] = 1;
	assert_count(ram, COUNT_CONTINUED, 63);
	assert_count(ram, COUNT_CONTINUED | SWAP_HAS_CACHE | 4, 67);
}

/* A further page that this slot does not use. */
static void more_pages_than_digits(void **state)
{
	struct ram *ram = *state;

	hang(ram, 4);
	ram->pages[2][SLOT] = 0x7f;
	ram->pages[3][SLOT] = 0xff;
	assert_count(ram, COUNT_CONTINUED | 62, 62 + 63 * 127);
}

static void three_digits(void **state)
{
	struct ram *ram = *state;

	hang(ram, 4);
	ram->pages[2][SLOT] = COUNT_CONTINUED;
	ram->pages[3][SLOT] = COUNT_CONTINUED | 3;
	ram->pages[4][SLOT] = 2;
	assert_count(ram, COUNT_CONTINUED | 1, 1 + 63 * (3 * 128 + 2 * 128 * 128));
}

static void no_continuation(void **state)
{
	struct ram *ram = *state;

	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_DAMAGED);
}

static void list_ends_too_early(void **state)
{
	struct ram *ram = *state;

	hang(ram, 3);
	ram->pages[2][SLOT] = COUNT_CONTINUED | 1;
	ram->pages[3][SLOT] = COUNT_CONTINUED | 1;
	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_DAMAGED);
}

static void list_leads_nowhere(void **state)
{
	static const uint64_t targets[] = {
		0, LRU, UINT64_C(0xdead000000000100), VMEMMAP + 64 * PAGES + LRU,
		VMEMMAP + 64 * 2, UINT64_MAX,
	};
	struct ram *ram = *state;
	unsigned int i;

	hang(ram, 2);
	ram->pages[2][SLOT] = 1;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		memory_overlay_clear(ram->kernel.memory);
		assert_true(memory_overlay(ram->kernel.memory, page_of(MAP_PFN) + LRU,
					   &targets[i], 8));
		assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_DAMAGED);
	}
}

static void list_without_end(void **state)
{
	struct ram *ram = *state;

	hang(ram, 3);
	put(ram, 3, LRU, page_of(2) + LRU);
	ram->pages[2][SLOT] = COUNT_CONTINUED | 1;
	ram->pages[3][SLOT] = COUNT_CONTINUED | 1;
	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_DAMAGED);
}

static void last_digit_is_zero(void **state)
{
	struct ram *ram = *state;

	hang(ram, 3);
	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_DAMAGED);
}

static void not_in_the_dump(void **state)
{
	struct ram *ram = *state;

	hang(ram, 2);
	ram->pages[2][SLOT] = 1;
	ram->hole = 2;
	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_UNKNOWN);
	ram->device.swap_map += 4096;
	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_UNKNOWN);
	ram->kernel.swap.page_lru.size = 0;
	assert_status(ram, COUNT_CONTINUED | 1, SWAP_COUNT_UNKNOWN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_of_one_byte),
		TEST(one_page),
		TEST(more_pages_than_digits),
		TEST(three_digits),
		TEST(no_continuation),
		TEST(list_ends_too_early),
		TEST(list_leads_nowhere),
		TEST(list_without_end),
		TEST(last_digit_is_zero),
		TEST(not_in_the_dump),
	};

	return cmocka_run_group_tests_name("swap_count", tests, NULL, NULL);
}
