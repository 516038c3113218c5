// SPDX-License-Identifier: GPL-2.0-or-later
/* Per-CPU LRU batches of each era, whole and torn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/lru_batches.h"
#include "kernel/page.h"

/* One run of memory: struct pages first, then the kernel's variables. */
#define VMEMMAP	 UINT64_C(0xffffea0000000000)
#define PAGE	 64
#define PAGES	 128
#define DATA	 (VMEMMAP + PAGES * PAGE)
#define OFFSETS	 DATA			/* __per_cpu_offset[] */
#define CPU_IDS	 (DATA + 0x100)
#define MASK	 (DATA + 0x108)
#define PER_CPU	 (DATA + 0x1000)	/* the area of CPU 0; that of 1 is behind it */
#define AREA	 0x1000
#define BYTES	 (PAGES * PAGE + 0x3000)

struct area {
	struct fake_source fake;
	struct image image;
	struct types types;
	struct kernel kernel;
	uint8_t bytes[BYTES];
};

static void put(struct area *area, uint64_t address, const void *value, size_t size)
{
	memcpy(area->bytes + (address - VMEMMAP), value, size);
}

static void put64(struct area *area, uint64_t address, uint64_t value)
{
	put(area, address, &value, sizeof(value));
}

static uint64_t page_at(uint64_t pfn)
{
	return VMEMMAP + pfn * PAGE;
}

static int setup(void **state)
{
	struct area *area = aligned_alloc(4096, (sizeof(*area) + 4095) & ~4095ULL);
	uint32_t cpus = 2;
	unsigned int i;

	memset(area, 0, sizeof(*area));
	area->kernel.memory = fake_memory(&area->fake, VMEMMAP, area->bytes, BYTES);
	area->kernel.image = &area->image;
	area->kernel.types = &area->types;
	area->kernel.page = (struct page_layout){
		.size = PAGE,
		.fields = {
			[KSWAPCK_FIELD_FLAGS] = {0, 8},
			[KSWAPCK_FIELD_COMPOUND_HEAD] = {8, 8},
			[KSWAPCK_FIELD_MAPPING] = {24, 8},
			[KSWAPCK_FIELD_PRIVATE] = {40, 8},
			[KSWAPCK_FIELD_PAGE_TYPE] = {48, 4},
			[KSWAPCK_FIELD_REFCOUNT] = {52, 4},
		},
		.vmemmap = VMEMMAP, .pages = PAGES, .order_offset = PAGE + 17,
	};
	for (i = 0; i < PAGES; i++)
		memset(area->bytes + i * PAGE + 48, 0xff, 4);
	put(area, CPU_IDS, &cpus, sizeof(cpus));
	put64(area, MASK, 3);
	put64(area, OFFSETS, PER_CPU);
	put64(area, OFFSETS + 8, PER_CPU + AREA);
	fake_add_symbol(&area->image, "nr_cpu_ids", CPU_IDS);
	fake_add_symbol(&area->image, "__cpu_possible_mask", MASK);
	fake_add_symbol(&area->image, "__per_cpu_offset", OFFSETS);
	*state = area;
	return !area->kernel.memory;
}

static int teardown(void **state)
{
	struct area *area = *state;

	memory_free(area->kernel.memory);
	free(area);
	return 0;
}

/* struct pagevec: 15 pages behind two bytes. */
static void add_pagevec(struct area *area)
{
	fake_add_member(&area->types, "pagevec", "nr", 0, 1);
	fake_add_array(&area->types, "pagevec", "pages", 8, 8, 15);
}

static void add_folio_batch(struct area *area, uint32_t room)
{
	fake_add_member(&area->types, "folio_batch", "nr", 0, 1);
	fake_add_array(&area->types, "folio_batch", "folios", 8, 8, room);
}

/* One more entry in the batch at @offset of the area of @cpu. */
static void add_entry(struct area *area, unsigned int cpu, uint64_t offset, uint64_t entry)
{
	uint64_t batch = PER_CPU + cpu * AREA + offset;
	uint8_t *nr = area->bytes + (batch - VMEMMAP);

	put64(area, batch + 8 + 8ULL * *nr, entry);
	(*nr)++;
}

static struct lru_batches read_batches(struct area *area)
{
	struct lru_batches batches;
	struct error err;

	memory_free(area->kernel.memory);
	area->kernel.memory = memory_new(&area->fake.source, 0);
	assert_true(lru_batches_read(&area->kernel, &batches, &err));
	return batches;
}

static void become_5_10(struct area *area)
{
	add_pagevec(area);
	fake_add_symbol(&area->image, "lru_pvecs", 0);
	fake_add_symbol(&area->image, "lru_rotate", 0x800);
	fake_add_member(&area->types, "lru_pvecs", "lru_add", 0, 128);
	fake_add_member(&area->types, "lru_pvecs", "lru_deactivate_file", 128, 128);
	fake_add_member(&area->types, "lru_pvecs", "lru_deactivate", 256, 128);
	fake_add_member(&area->types, "lru_pvecs", "lru_lazyfree", 384, 128);
	fake_add_member(&area->types, "lru_pvecs", "activate_page", 512, 128);
	fake_add_member(&area->types, "lru_rotate", "pvec", 8, 128);
}

static void batches_of_5_4(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;

	add_pagevec(area);
	fake_add_symbol(&area->image, "lru_add_pvec", 0);
	fake_add_symbol(&area->image, "activate_page_pvecs", 0x80);
	add_entry(area, 0, 0, page_at(5));
	add_entry(area, 1, 0x80, page_at(6));
	batches = read_batches(area);
	assert_true(batches.complete);
	assert_int_equal(lru_batches_count(&batches, page_at(5)), 1);
	assert_int_equal(lru_batches_count(&batches, page_at(6)), 1);
	assert_int_equal(lru_batches_count(&batches, page_at(7)), 0);
	lru_batches_free(&batches);
}

static void batches_of_5_10(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;

	become_5_10(area);
	add_entry(area, 0, 0, page_at(5));
	add_entry(area, 0, 512, page_at(5));
	add_entry(area, 1, 256, page_at(5));
	add_entry(area, 1, 0x808, page_at(9));
	batches = read_batches(area);
	assert_true(batches.complete);
	assert_int_equal(batches.count, 2);
	assert_int_equal(lru_batches_count(&batches, page_at(5)), 3);
	assert_int_equal(lru_batches_count(&batches, page_at(9)), 1);
	lru_batches_free(&batches);
}

/* A batch of 31 folios, move_tail among them, and mlock's with marks in low bits. */
static void batches_of_6_12(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;
	uint64_t i;

	add_folio_batch(area, 31);
	fake_add_symbol(&area->image, "cpu_fbatches", 0);
	fake_add_symbol(&area->image, "mlock_fbatch", 0x800);
	fake_add_member(&area->types, "cpu_fbatches", "lru_add", 8, 256);
	fake_add_member(&area->types, "cpu_fbatches", "lru_activate", 264, 256);
	fake_add_member(&area->types, "cpu_fbatches", "lru_move_tail", 528, 256);
	fake_add_member(&area->types, "mlock_fbatch", "fbatch", 8, 256);
	for (i = 0; i < 31; i++)
		add_entry(area, 0, 8, page_at(10 + i));
	add_entry(area, 1, 528, page_at(3));
	add_entry(area, 1, 0x808, page_at(4) | 2);
	batches = read_batches(area);
	assert_true(batches.complete);
	assert_int_equal(batches.count, 33);
	assert_int_equal(lru_batches_count(&batches, page_at(40)), 1);
	assert_int_equal(lru_batches_count(&batches, page_at(3)), 1);
	assert_int_equal(lru_batches_count(&batches, page_at(4)), 1);
	lru_batches_free(&batches);
}

/* The first mlock batch of 5.18 was a plain pagevec; 6.1 has a lock before it. */
static void batches_of_mlock(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;

	become_5_10(area);
	fake_add_symbol(&area->image, "mlock_pvec", 0x900);
	add_entry(area, 0, 0x900, page_at(4) | 1);
	batches = read_batches(area);
	assert_int_equal(lru_batches_count(&batches, page_at(4)), 1);
	lru_batches_free(&batches);

	fake_add_member(&area->types, "mlock_pvec", "vec", 0x80, 128);
	add_entry(area, 1, 0x980, page_at(8));
	batches = read_batches(area);
	assert_true(batches.complete);
	assert_int_equal(lru_batches_count(&batches, page_at(4)), 0);
	assert_int_equal(lru_batches_count(&batches, page_at(8)), 1);
	lru_batches_free(&batches);
}

static void tail_counts_for_its_head(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;

	become_5_10(area);
	put64(area, page_at(21) + 8, page_at(20) | 1);
	add_entry(area, 0, 0, page_at(21));
	batches = read_batches(area);
	assert_int_equal(lru_batches_count(&batches, page_at(20)), 1);
	lru_batches_free(&batches);
}

static void bad_counts_and_pointers(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;

	become_5_10(area);
	area->bytes[PER_CPU - VMEMMAP] = 16;	/* more than there is room for */
	add_entry(area, 1, 0, page_at(5));
	batches = read_batches(area);
	assert_false(batches.complete);
	assert_int_equal(lru_batches_count(&batches, page_at(5)), 1);
	lru_batches_free(&batches);

	area->bytes[PER_CPU - VMEMMAP] = 0;
	add_entry(area, 0, 0, UINT64_C(0xffff888000000000));
	batches = read_batches(area);
	assert_false(batches.complete);
	lru_batches_free(&batches);
}

static void missing_things(void **state)
{
	struct area *area = *state;
	struct lru_batches batches;

	batches = read_batches(area);		/* no type of batch */
	assert_false(batches.complete);
	assert_int_equal(lru_batches_count(&batches, page_at(5)), 0);
	lru_batches_free(&batches);
	become_5_10(area);
	area->fake.hole = PER_CPU + AREA;	/* of CPU 1 */
	add_entry(area, 0, 0, page_at(5));
	batches = read_batches(area);
	assert_false(batches.complete);
	assert_int_equal(lru_batches_count(&batches, page_at(5)), 1);
	lru_batches_free(&batches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(batches_of_5_4, setup, teardown),
		cmocka_unit_test_setup_teardown(batches_of_5_10, setup, teardown),
		cmocka_unit_test_setup_teardown(batches_of_6_12, setup, teardown),
		cmocka_unit_test_setup_teardown(batches_of_mlock, setup, teardown),
		cmocka_unit_test_setup_teardown(tail_counts_for_its_head, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_counts_and_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_things, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
