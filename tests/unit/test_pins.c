// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdict on one folio, from its counts and from who has it in hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
#include "kernel/page.h"
#include "pins/judge.h"

#define VMEMMAP	UINT64_C(0xffffea0000000000)
#define PAGE	64
#define PAGES	1024
#define DATA	(VMEMMAP + PAGES * PAGE)	/* a page for lists */
#define ANON	UINT64_C(0xffff888012345601)
#define FILE_OF	UINT64_C(0xffff888012345600)
#define MOVABLE	UINT64_C(0xffffffff81234562)
#define TASK	UINT64_C(0xffff888000abc000)
#define ENTRY	UINT64_C(0x0400000000000123)	/* slot 0x123 of type 1 */

#define LOCKED		(1 << 0)
#define LRU		(1 << 4)
#define SLAB		(1 << 9)
#define SWAPCACHE	(1 << 10 | 1 << 19)	/* and swapbacked */
#define RESERVED	(1 << 12)
#define PRIVATE		(1 << 13)
#define WRITEBACK	(1 << 15)
#define HEAD		(1 << 16)
#define HWPOISON	(1 << 23)
#define DOUBLE_MAP	(1 << 6)

struct bench {
	struct fake_source fake;
	struct kernel kernel;
	struct judge judge;
	struct lru_batched batched[4];
	struct page_holder holders[4];
	struct page_holder_stack stack;
	uint8_t bytes[PAGES * PAGE + 4096];
};

static int setup(void **state)
{
	struct bench *bench = aligned_alloc(4096, (sizeof(*bench) + 4095) & ~4095ULL);
	unsigned int i;

	memset(bench, 0, sizeof(*bench));
	bench->kernel.memory = fake_memory(&bench->fake, VMEMMAP, bench->bytes,
					   sizeof(bench->bytes));
	bench->kernel.page = (struct page_layout){
		.size = PAGE,
		.fields = {
			[KSWAPCK_FIELD_FLAGS] = {0, 8},
			[KSWAPCK_FIELD_COMPOUND_HEAD] = {8, 8},
			[KSWAPCK_FIELD_MAPPING] = {24, 8},
			[KSWAPCK_FIELD_INDEX] = {32, 8},
			[KSWAPCK_FIELD_PRIVATE] = {40, 8},
			[KSWAPCK_FIELD_PAGE_TYPE] = {48, 4},
			[KSWAPCK_FIELD_REFCOUNT] = {52, 4},
		},
		.vmemmap = VMEMMAP,
		.pages = PAGES,
		.order_rule = PAGE_ORDER_U8,
		.order_offset = PAGE + 17,
		.type_rule = PAGE_TYPE_BITS,
		.type_buddy = 0x80, .type_offline = 0x100, .type_table = 0x400,
		.flag_locked = LOCKED, .flag_lru = LRU, .flag_slab = SLAB,
		.flags_rare = UINT64_MAX,
		.flag_swapcache = 1 << 10, .flag_reserved = RESERVED,
		.flag_writeback = WRITEBACK, .flag_head = HEAD, .flag_swapbacked = 1 << 19,
		.flag_hwpoison = HWPOISON,
	};
	bench->kernel.folio = (struct folio_layout){
		.mapcount_rule = FOLIO_MAPCOUNT_DOUBLE,
		.mapcount_offset = PAGE + 20,
		.flag_double_map = DOUBLE_MAP,
		.pincount_offset = 2 * PAGE + 16,
		.pincount_order = 2,
		.dtor_offset = PAGE + 16,
		.dtor_hugetlb = 2,
	};
	bench->judge = (struct judge){
		.kernel = &bench->kernel,
		.flag_private = PRIVATE,
		.compares_head = true,
		.batches = {.folios = bench->batched, .complete = true},
		.holders = {.holders = bench->holders, .stacks = &bench->stack, .complete = true},
	};
	for (i = 0; i < PAGES; i++)
		memset(bench->bytes + i * PAGE + 48, 0xff, 4);
	*state = bench;
	return !bench->kernel.memory;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	memory_free(bench->kernel.memory);
	free(bench);
	return 0;
}

/* -------------------------------------------------------------------- the pages */

static void put32(struct bench *bench, uint64_t offset, int32_t value)
{
	memcpy(bench->bytes + offset, &value, sizeof(value));
}

static void put64(struct bench *bench, uint64_t offset, uint64_t value)
{
	memcpy(bench->bytes + offset, &value, sizeof(value));
}

static uint64_t page_at(uint64_t pfn)
{
	return VMEMMAP + pfn * PAGE;
}

static void make_page(struct bench *bench, uint64_t pfn, uint64_t flags, uint64_t mapping,
		      int32_t mapped, int32_t refcount)
{
	put64(bench, pfn * PAGE, flags);
	put64(bench, pfn * PAGE + 24, mapping);
	put64(bench, pfn * PAGE + 40, flags & SWAPCACHE ? ENTRY : 0);
	put32(bench, pfn * PAGE + 48, mapped - 1);
	put32(bench, pfn * PAGE + 52, refcount);
}

/* A huge page at pfn 512; @whole: PMDs that map it, @each: PTEs of each page. */
static void make_huge(struct bench *bench, uint64_t flags, int32_t whole, int32_t each,
		      int32_t refcount)
{
	uint64_t i;

	make_page(bench, 512, flags | HEAD, ANON, each, refcount);
	bench->bytes[513 * PAGE + 17] = 9;
	put32(bench, 513 * PAGE + 20, whole - 1);
	for (i = 1; i < 512; i++) {
		put64(bench, (512 + i) * PAGE + 8, page_at(512) | 1);
		put32(bench, (512 + i) * PAGE + 48, each - 1);
	}
}

static void add_batched(struct bench *bench, uint64_t pfn, uint32_t count)
{
	bench->batched[bench->judge.batches.count++] = (struct lru_batched){
		page_at(pfn), count,
	};
}

static void add_holder(struct bench *bench, uint64_t pfn, uint64_t task, uint32_t references,
		       bool on_cpu)
{
	bench->holders[bench->judge.holders.count++] = (struct page_holder){
		page_at(pfn), task, references, on_cpu,
	};
}

static struct pin judge(struct bench *bench, uint64_t pfn)
{
	struct kswapck_page page;
	struct pin pin;

	memory_free(bench->kernel.memory);
	bench->kernel.memory = memory_new(&bench->fake.source, 0);
	assert_int_equal(page_read(&bench->kernel, page_at(pfn), &page), READ_OK);
	pin_judge(&bench->judge, &page, &pin);
	return pin;
}

static void expect(struct bench *bench, uint64_t pfn, enum pin_verdict verdict)
{
	assert_string_equal(pin_verdict_name(judge(bench, pfn).verdict),
			    pin_verdict_name(verdict));
}

/* -------------------------------------------------------------------- explained */

static void explained_folios(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_page(bench, 5, LRU, ANON, 3, 3);
	expect(bench, 5, PIN_MIGRATABLE);
	make_page(bench, 6, LRU | SWAPCACHE, ANON, 2, 3);
	pin = judge(bench, 6);
	assert_int_equal(pin.verdict, PIN_MIGRATABLE);
	assert_int_equal(pin.cache, 1);
	assert_true(pin.has_slot);
	assert_int_equal(pin.type, 1);
	assert_int_equal(pin.slot, 0x123);
	make_page(bench, 7, LRU | PRIVATE, FILE_OF, 4, 6);
	pin = judge(bench, 7);
	assert_int_equal(pin.verdict, PIN_MIGRATABLE);
	assert_int_equal(pin.private, 1);
	make_huge(bench, LRU | SWAPCACHE, 1, 0, 513);
	expect(bench, 512, PIN_MIGRATABLE);
}

static void batched_folios(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_page(bench, 5, 0, ANON, 1, 2);
	add_batched(bench, 5, 1);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_DRAIN);
	assert_int_equal(pin.batched, 1);
	make_page(bench, 5, LRU, ANON, 1, 3);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_PINNED);
	assert_int_equal(pin.unexplained, 1);
}

/* ----------------------------------------------------------------------- pinned */

static void pinned_folios(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_page(bench, 5, LRU, ANON, 1, 3);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_PINNED);
	assert_int_equal(pin.unexplained, 2);
	assert_int_equal(pin.foll_pin, 0);
	make_huge(bench, LRU | SWAPCACHE, 1, 0, 514);
	pin = judge(bench, 512);
	assert_int_equal(pin.verdict, PIN_PINNED);
	assert_int_equal(pin.unexplained, 1);
}

static void foll_pinned_folios(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_page(bench, 5, LRU, ANON, 1, 1 + 2 * 1024);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_PINNED);
	assert_int_equal(pin.foll_pin, 2);
	assert_int_equal(pin.unexplained, 0);
	make_huge(bench, LRU, 1, 0, 4);
	put32(bench, 514 * PAGE + 16, 2);
	pin = judge(bench, 512);
	assert_int_equal(pin.verdict, PIN_PINNED);
	assert_int_equal(pin.foll_pin, 2);
	assert_int_equal(pin.unexplained, 1);
	/* before 5.7 nothing is counted apart */
	bench->kernel.folio.pincount_offset = 0;
	assert_int_equal(judge(bench, 5).unexplained, 2048);
}

static void split_pmd_looks_pinned(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_huge(bench, LRU, 0, 1, 512);
	pin = judge(bench, 512);
	assert_int_equal(pin.verdict, PIN_LOOKS_PINNED);
	assert_true(pin.head_compared);
	assert_int_equal(pin.head_mapcount, 1);
	bench->judge.compares_head = false;
	expect(bench, 512, PIN_MIGRATABLE);
	bench->judge.compares_head = true;
	make_huge(bench, LRU, 1, 0, 1);
	expect(bench, 512, PIN_MIGRATABLE);
	/* of the swap cache it has a mapping, and is not compared */
	make_huge(bench, LRU | SWAPCACHE, 0, 1, 1024);
	expect(bench, 512, PIN_MIGRATABLE);
	make_huge(bench, LRU, 0, 1, 513);
	expect(bench, 512, PIN_PINNED);
}

/* --------------------------------------------------------------- for the moment */

static void isolated_folios(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_page(bench, 5, 0, ANON, 1, 2);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_IN_HAND);
	assert_int_equal(pin.isolated, 1);
	assert_int_equal(pin.task_count, 0);
	/* on a list that begins on a task's stack */
	put64(bench, 5 * PAGE + 8, page_at(6) + 8);
	put64(bench, 6 * PAGE + 8, DATA + 0x100);
	put64(bench, DATA - VMEMMAP + 0x100, page_at(5) + 8);
	put64(bench, 5 * PAGE + 16, DATA + 0x100);
	put64(bench, 6 * PAGE + 16, page_at(5) + 8);
	put64(bench, DATA - VMEMMAP + 0x108, page_at(6) + 8);
	bench->stack = (struct page_holder_stack){DATA, DATA + 4096, TASK};
	bench->judge.holders.stack_count = 1;
	pin = judge(bench, 5);
	assert_int_equal(pin.task_count, 1);
	assert_true(pin.tasks[0].on_cpu_list);
	/* a list that never ends, as the way back from its circle shows */
	put64(bench, 6 * PAGE + 8, page_at(7) + 8);
	put64(bench, 7 * PAGE + 8, page_at(6) + 8);
	put64(bench, 7 * PAGE + 16, page_at(6) + 8);
	assert_int_equal(judge(bench, 5).task_count, 0);
}

static void folios_in_hand(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_page(bench, 5, LRU | SWAPCACHE, ANON, 0, 2);
	add_holder(bench, 5, TASK, 0, false);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_IN_HAND);
	assert_int_equal(pin.in_hand, 1);
	assert_int_equal(pin.task_count, 1);
	/* a sleeper holds no more than one */
	make_page(bench, 5, LRU | SWAPCACHE, ANON, 0, 4);
	pin = judge(bench, 5);
	assert_int_equal(pin.verdict, PIN_PINNED);
	assert_int_equal(pin.unexplained, 2);
	/* who runs may be taking it out of the cache */
	bench->holders[0].on_cpu = true;
	make_page(bench, 5, LRU, ANON, 0, 2);
	expect(bench, 5, PIN_IN_HAND);
}

static void gathered_folios(void **state)
{
	struct bench *bench = *state;
	struct pin pin;

	make_huge(bench, LRU | SWAPCACHE, 0, 0, 512 + 100);
	add_holder(bench, 520, TASK, 100, false);
	pin = judge(bench, 512);
	assert_int_equal(pin.verdict, PIN_IN_HAND);
	assert_int_equal(pin.gathered, 100);
	assert_int_equal(pin.unexplained, 0);
}

/* What is not in the dump may hold what nothing explains; a FOLL_PIN is one all the same. */
static void holders_not_in_dump(void **state)
{
	struct bench *bench = *state;

	make_page(bench, 5, LRU, ANON, 1, 2);
	make_page(bench, 6, LRU, ANON, 1, 1);
	make_page(bench, 7, LRU, ANON, 1, 1 + 1024);
	bench->judge.holders.complete = false;
	expect(bench, 5, PIN_UNREADABLE);
	expect(bench, 6, PIN_MIGRATABLE);
	expect(bench, 7, PIN_PINNED);
	bench->judge.holders.complete = true;
	expect(bench, 5, PIN_PINNED);
	bench->judge.batches.complete = false;
	expect(bench, 5, PIN_UNREADABLE);
}

static void folios_in_motion(void **state)
{
	struct bench *bench = *state;

	make_page(bench, 5, LRU | SWAPCACHE | LOCKED, ANON, 0, 0);
	expect(bench, 5, PIN_IN_MOTION);
	make_page(bench, 5, LRU | SWAPCACHE, ANON, 2, 2);
	expect(bench, 5, PIN_IN_MOTION);
	make_page(bench, 5, LRU | WRITEBACK, FILE_OF, 0, 2);
	expect(bench, 5, PIN_IN_HAND);
}

/* ---------------------------------------------------------------------- by kind */

static void kinds_of_pages(void **state)
{
	struct bench *bench = *state;

	make_page(bench, 5, 0, 0, 0, 0);
	expect(bench, 5, PIN_FREE);
	make_page(bench, 5, 0, 0, 0, 1);
	expect(bench, 5, PIN_UNMOVABLE);
	make_page(bench, 5, SLAB, 0, 0, 1);
	expect(bench, 5, PIN_UNMOVABLE);
	make_page(bench, 5, RESERVED, 0, 0, 1);
	expect(bench, 5, PIN_UNMOVABLE);
	make_page(bench, 5, HWPOISON, 0, 0, 1);
	expect(bench, 5, PIN_HWPOISON);
	make_page(bench, 5, 0, MOVABLE, 0, 1);
	expect(bench, 5, PIN_MIGRATABLE);
	make_page(bench, 5, 0, 0, 0, 1);
	put32(bench, 5 * PAGE + 48, (int32_t)(0xffffffff & ~0x400U));
	assert_string_equal(judge(bench, 5).kind, "page tables");
	put32(bench, 5 * PAGE + 48, (int32_t)(0xffffffff & ~0x100U));
	expect(bench, 5, PIN_UNMOVABLE);
	make_huge(bench, 0, 1, 0, 1);
	bench->bytes[513 * PAGE + 16] = 2;
	expect(bench, 512, PIN_HUGETLB);
}

static void unknown_counts(void **state)
{
	struct bench *bench = *state;

	bench->kernel.folio.mapcount_rule = FOLIO_MAPCOUNT_NONE;
	make_huge(bench, LRU, 1, 0, 7);
	expect(bench, 512, PIN_UNREADABLE);
	bench->kernel.folio.mapcount_rule = FOLIO_MAPCOUNT_DOUBLE;
	bench->fake.hole = page_at(576);
	expect(bench, 512, PIN_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(explained_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(batched_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(pinned_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(foll_pinned_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(split_pmd_looks_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(isolated_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(folios_in_hand, setup, teardown),
		cmocka_unit_test_setup_teardown(gathered_folios, setup, teardown),
		cmocka_unit_test_setup_teardown(holders_not_in_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(folios_in_motion, setup, teardown),
		cmocka_unit_test_setup_teardown(kinds_of_pages, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
