// SPDX-License-Identifier: GPL-2.0-or-later
/* What is taken for a vm_area_struct and an mm_struct, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/arch.h"
#include "kernel/address_map.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES 8192
#define VMA   (BASE + 64)
#define MM    (BASE + 1024)
#define PGD   (BASE + 4096)
#define START UINT64_C(0x7f0000001000)
#define END   UINT64_C(0x7f0000003000)

static const struct address_map_layout layout = {
	.vma_start = {0, 8}, .vma_end = {8, 8}, .vma_mm = {64, 8}, .pgd = {72, 8},
};

struct space {
	struct fake_source fake;
	struct kernel kernel;
	uint8_t bytes[BYTES];
};

static void put(struct space *space, uint64_t address, uint64_t value)
{
	memcpy(space->bytes + (address - BASE), &value, sizeof(value));
	memory_free(space->kernel.memory);
	space->kernel.memory = fake_memory(&space->fake, BASE, space->bytes, BYTES);
}

static int setup(void **state)
{
	struct space *space = calloc(1, sizeof(*space));

	space->kernel.arch = &arch_x86_64;
	put(space, VMA, START);
	put(space, VMA + 8, END);
	put(space, VMA + 64, MM);
	put(space, MM + 72, PGD);
	*state = space;
	return !space->kernel.memory;
}

static int teardown(void **state)
{
	struct space *space = *state;

	memory_free(space->kernel.memory);
	free(space);
	return 0;
}

struct member {
	const char *type, *path;
	uint32_t offset, size;
};

/* What a kernel of @more has besides what all have. */
static void make_types(struct types *types, const struct member *more)
{
	*types = (struct types){0};
	fake_add_member(types, "vm_area_struct", "vm_mm", 16, 8);
	fake_add_member(types, "vm_area_struct", "vm_start", 0, 8);
	fake_add_member(types, "vm_area_struct", "vm_end", 8, 8);
	for (; more->type; more++)
		fake_add_member(types, more->type, more->path, more->offset, more->size);
}

static void layouts(void **state)
{
	static const struct member forms[][8] = {
		/* 4.14; 5.8 and later; with PREEMPT_RT */
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mmap_sem", 112, 40},
		 {"rw_semaphore", "count", 0, 8}, {"rw_semaphore", "owner", 8, 8}},
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mmap_lock", 120, 40},
		 {"rw_semaphore", "count", 0, 8}, {"rw_semaphore", "owner", 8, 8},
		 {"rw_semaphore", "owner.counter", 8, 8}},
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mmap_lock", 120, 40},
		 {"rw_semaphore", "rwbase.readers", 0, 4}},
		/* damaged: the owner is outside the lock */
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mmap_lock", 120, 40},
		 {"rw_semaphore", "count", 0, 8}, {"rw_semaphore", "owner", 36, 8}},
	};
	static const struct member no_pgd[] = {{"mm_struct", "mmap_lock", 120, 40}, {0}};
	struct address_map_layout found;
	struct types types;
	struct kernel kernel = {.types = &types, .arch = &arch_x86_64};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		make_types(&types, forms[i]);
		assert_true(address_map_layout_resolve(&kernel, &found));
		assert_int_equal(found.vma_mm.offset, 16);
		assert_int_equal(found.pgd.offset, 80);
		assert_int_equal(found.mmap_lock.offset, i == 0 ? 112 : 120);
		assert_int_equal(found.lock_owner.size, i < 2 ? 8 : 0);
		assert_int_equal(found.lock_count.size, i < 2 ? 8 : 0);
		assert_int_equal(found.lock_signed, i == 0);
		assert_int_equal(found.lock_readers.size, i == 2 ? 4 : 0);
		assert_int_equal(found.mm_mt.size, 0);
		assert_int_equal(found.mm_rb.size, 0);
		assert_int_equal(found.vma_flags.size, 0);
	}
	make_types(&types, no_pgd);
	assert_false(address_map_layout_resolve(&kernel, &found));
}

/* The tree of VMAs, and what is told of one, over the years. */
static void layouts_of_trees(void **state)
{
	static const struct member forms[][12] = {
		/* 5.10 */
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mm_rb.rb_node", 8, 8},
		 {"vm_area_struct", "vm_rb", 32, 24}, {"rb_node", "rb_left", 16, 8},
		 {"rb_node", "rb_right", 8, 8}, {"vm_area_struct", "vm_flags", 80, 8},
		 {"anon_vma", "root", 0, 8}},
		/* 6.1; with both names of the flags, 6.3 */
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mm_mt", 0, 16},
		 {"maple_tree", "ma_root", 8, 8}, {"maple_range_64", "parent", 0, 8},
		 {"maple_range_64", "pivot", 8, 120}, {"maple_range_64", "slot", 128, 128},
		 {"maple_arange_64", "pivot", 8, 72}, {"maple_arange_64", "slot", 80, 80},
		 {"vm_area_struct", "__vm_flags", 32, 8}, {"anon_vma", "root", 0, 8}},
		/* damaged: half of an rb-tree */
		{{"mm_struct", "pgd", 80, 8}, {"mm_struct", "mm_rb.rb_node", 8, 8},
		 {"rb_node", "rb_left", 16, 8}},
	};
	struct address_map_layout found;
	struct types types;
	struct kernel kernel = {.types = &types, .arch = &arch_x86_64};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		make_types(&types, forms[i]);
		assert_true(address_map_layout_resolve(&kernel, &found));
		assert_int_equal(found.mm_rb.size, i == 0 ? 8 : 0);
		assert_int_equal(found.mm_mt.size, i == 1 ? 16 : 0);
		assert_int_equal(found.vma_flags.size, i < 2 ? 8 : 0);
		assert_int_equal(found.anon_vma_root.size, i < 2 ? 8 : 0);
		assert_int_equal(found.vma_file.size, 0);
	}
}

static void whole(void **state)
{
	struct space *space = *state;
	struct vma vma;
	uint64_t pgd;

	assert_true(vma_read(&space->kernel, &layout, VMA, &vma));
	assert_int_equal(vma.address, VMA);
	assert_int_equal(vma.mm, MM);
	assert_int_equal(vma.start, START);
	assert_int_equal(vma.end, END);
	assert_true(mm_page_table(&space->kernel, &layout, vma.mm, &pgd));
	assert_int_equal(pgd, PGD);
}

static void addresses_of_no_object(void **state)
{
	static const uint64_t addresses[] = {
		0, 8, 0x1000, 0x7f0000001000, VMA + 1, BASE + BYTES, BASE + BYTES - 8,
		UINT64_MAX - 7, UINT64_MAX - 63,
	};
	struct space *space = *state;
	struct vma vma;
	uint64_t pgd;
	size_t i;

	for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		assert_false(vma_read(&space->kernel, &layout, addresses[i], &vma));
		assert_false(mm_page_table(&space->kernel, &layout, addresses[i], &pgd));
	}
}

static void ranges_that_cannot_be(void **state)
{
	static const uint64_t ranges[][2] = {
		{END, START}, {START, START}, {0, 0},
		{START + 8, END}, {START, END + 8},
		{START, UINT64_C(1) << 63}, {START, (UINT64_C(1) << 56) + 4096},
		{BASE, BASE + 4096}, {0, UINT64_MAX},
	};
	struct space *space = *state;
	struct vma vma;
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		put(space, VMA, ranges[i][0]);
		put(space, VMA + 8, ranges[i][1]);
		assert_false(vma_read(&space->kernel, &layout, VMA, &vma));
	}
	/* the whole user half of 5 levels */
	put(space, VMA, 0);
	put(space, VMA + 8, UINT64_C(1) << 56);
	assert_true(vma_read(&space->kernel, &layout, VMA, &vma));
}

static void wrong_pointers(void **state)
{
	static const uint64_t pointers[] = {0, 0x1000, 0x7f0000001000, BASE + 4};
	struct space *space = *state;
	struct vma vma;
	uint64_t pgd;
	size_t i;

	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put(space, VMA + 64, pointers[i]);
		assert_false(vma_read(&space->kernel, &layout, VMA, &vma));
		put(space, MM + 72, pointers[i]);
		assert_false(mm_page_table(&space->kernel, &layout, MM, &pgd));
	}
}

static void not_in_the_dump(void **state)
{
	struct space *space = *state;
	struct vma vma;
	uint64_t pgd;

	space->fake.hole = BASE;
	assert_false(vma_read(&space->kernel, &layout, VMA, &vma));
	assert_false(mm_page_table(&space->kernel, &layout, MM, &pgd));
}

static void kernel_without_the_members(void **state)
{
	static const struct address_map_layout none;
	struct space *space = *state;
	struct vma vma;
	uint64_t pgd;

	assert_false(vma_read(&space->kernel, &none, VMA, &vma));
	assert_false(mm_page_table(&space->kernel, &none, MM, &pgd));
}

/* ------------------------------------------------------------------- trees of VMAs */

#define VMAS	 7
#define TREE_MM	 (BASE + 2048)
#define ROOT	 (BASE + 3072)		/* the maple tree's leaf */
#define ANON_VMA (BASE + 3584)

static const struct address_map_layout rb_layout = {
	.vma_start = {0, 8}, .vma_end = {8, 8}, .vma_rb = {16, 24}, .vma_mm = {64, 8},
	.vma_pgoff.whole = {72, 8}, .vma_flags = {80, 8}, .vma_anon_vma = {88, 8},
	.vma_file = {96, 8}, .pgd = {72, 8}, .mm_rb = {8, 8},
	.rb_right = {8, 8}, .rb_left = {16, 8}, .anon_vma_root = {16, 8},
};

static const struct address_map_layout maple_layout = {
	.vma_start = {0, 8}, .vma_end = {8, 8}, .vma_mm = {64, 8},
	.vma_pgoff.whole = {72, 8}, .vma_flags = {80, 8}, .vma_anon_vma = {88, 8},
	.vma_file = {96, 8}, .pgd = {72, 8}, .mm_mt = {0, 16}, .anon_vma_root = {16, 8},
	.maple = {
		.root = {8, 8}, .parent = {0, 8}, .range = {8, 128, 15}, .arange = {8, 80, 9},
	},
};

static uint64_t vma_at(unsigned int i)
{
	return BASE + 4096 + 256ULL * i;
}

/* VMA @i is the pages 4i + 1 and 4i + 2 of memory, with its own place in a file. */
static void make_vma(struct space *space, unsigned int i)
{
	uint64_t vma = vma_at(i);

	put(space, vma, (4ULL * i + 1) << 12);
	put(space, vma + 8, (4ULL * i + 3) << 12);
	put(space, vma + 64, TREE_MM);
	put(space, vma + 72, 100 + i);
	put(space, vma + 80, 0x70 + i);
	put(space, vma + 88, ANON_VMA);
	put(space, vma + 96, i ? BASE + i : 0);
}

static void hang(struct space *space, unsigned int parent, unsigned int left,
		 unsigned int right)
{
	put(space, vma_at(parent) + 16 + 16, left < VMAS ? vma_at(left) + 16 : 0);
	put(space, vma_at(parent) + 16 + 8, right < VMAS ? vma_at(right) + 16 : 0);
}

/* Seven VMAs, in an rb-tree of three levels and in a maple tree of one leaf. */
static void make_trees(struct space *space)
{
	unsigned int i;

	for (i = 0; i < VMAS; i++)
		make_vma(space, i);
	hang(space, 3, 1, 5);
	hang(space, 1, 0, 2);
	hang(space, 5, 4, 6);
	/* mm_mt.ma_root and mm_rb are at the same place, for the one or the other */
	put(space, ROOT, TREE_MM | 1);
	for (i = 0; i < VMAS; i++) {
		put(space, ROOT + 8 + 16 * i, ((4ULL * i + 1) << 12) - 1);
		put(space, ROOT + 8 + 16 * i + 8, ((4ULL * i + 3) << 12) - 1);
		put(space, ROOT + 128 + 16 * i, 0);
		put(space, ROOT + 128 + 16 * i + 8, vma_at(i));
	}
	put(space, ROOT + 8 + 16 * i, UINT64_MAX);
	put(space, ANON_VMA + 16, ANON_VMA);
}

static void use_rb_tree(struct space *space)
{
	put(space, TREE_MM + 8, vma_at(3) + 16);
}

static void use_maple_tree(struct space *space)
{
	put(space, TREE_MM + 8, ROOT | 1 << 3 | 2);
}

static void expect_vmas(struct space *space, const struct address_map_layout *used)
{
	struct kswapck_vma vma;
	uint64_t page, i;

	for (page = 0; page < 4 * VMAS + 8; page++) {
		bool inside = page % 4 == 1 || page % 4 == 2;

		i = page / 4;
		assert_int_equal(vma_find(&space->kernel, used, TREE_MM, (page << 12) + 8, &vma),
				 inside && i < VMAS);
		if (!inside || i >= VMAS)
			continue;
		assert_int_equal(vma.address, vma_at((unsigned int)i));
		assert_int_equal(vma.mm, TREE_MM);
		assert_int_equal(vma.start, (4 * i + 1) << 12);
		assert_int_equal(vma.end, (4 * i + 3) << 12);
		assert_int_equal(vma.pgoff, 100 + i);
		assert_int_equal(vma.flags, 0x70 + i);
		assert_int_equal(vma.anon_vma, ANON_VMA);
		assert_int_equal(vma.file, i ? BASE + i : 0);
	}
	assert_false(vma_find(&space->kernel, used, TREE_MM, UINT64_MAX, &vma));
	assert_false(vma_find(&space->kernel, used, TREE_MM, 1ULL << 47, &vma));
}

static void vmas(void **state)
{
	struct space *space = *state;
	struct address_map_layout bare = rb_layout, halves = rb_layout;
	struct kswapck_vma vma;

	make_trees(space);
	use_rb_tree(space);
	expect_vmas(space, &rb_layout);
	halves.vma_pgoff.low = (struct field){72, 4};
	halves.vma_pgoff.high = (struct field){80, 4};
	assert_true(vma_find(&space->kernel, &halves, TREE_MM, 0x5000, &vma));
	assert_int_equal(vma.pgoff, vma.flags << 32 | 101);
	bare.vma_flags = bare.vma_anon_vma = bare.vma_file = (struct field){0};
	bare.vma_pgoff.whole = bare.vma_flags;
	assert_true(vma_find(&space->kernel, &bare, TREE_MM, 0x5000, &vma));
	assert_int_equal(vma.start, 0x5000);
	assert_int_equal(vma.pgoff | vma.flags | vma.anon_vma | vma.file, 0);
	use_maple_tree(space);
	expect_vmas(space, &maple_layout);
	/* a kernel whose tree is not known */
	assert_false(vma_find(&space->kernel, &layout, TREE_MM, 0x5000, &vma));
}

/* Its start and its pgoff do not change at once: by whom has the lock for writing. */
static void vma_is_locked(void **state)
{
	struct space *space = *state;
	struct address_map_layout used = rb_layout;
	struct kswapck_vma vma;

	make_trees(space);
	use_rb_tree(space);
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_true(vma.locked);	/* nothing tells */
	used.mmap_lock = (struct field){32, 40};
	used.lock_count = (struct field){8, 8};
	put(space, TREE_MM + 40, 0x100 | 2);	/* a reader has it, a writer waits */
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_false(vma.locked);
	put(space, TREE_MM + 40, 1);
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_true(vma.locked);
	/* up to 5.2: three readers; a writer and who waits for it */
	used.lock_signed = true;
	put(space, TREE_MM + 40, 3);
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_false(vma.locked);
	assert_false(address_map_writer(&used, 3, 1));
	assert_int_equal(address_map_readers(&used, 3), 3);
	put(space, TREE_MM + 40, 0xfffffffe00000001);
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_true(vma.locked);
	assert_true(address_map_writer(&used, 0xfffffffe00000001, 0xffff888000100000));
	assert_false(address_map_writer(&used, 0xffffffff00000001, 1));
	used.lock_signed = false;
	/* PREEMPT_RT */
	used.lock_count = (struct field){0};
	used.lock_readers = (struct field){8, 4};
	put(space, TREE_MM + 40, 0x80000002);
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_false(vma.locked);
	put(space, TREE_MM + 40, 0x40000000);
	assert_true(vma_find(&space->kernel, &used, TREE_MM, 0x5000, &vma));
	assert_true(vma.locked);
}

static void vmas_of_another_mm(void **state)
{
	struct space *space = *state;
	struct kswapck_vma vma;

	make_trees(space);
	use_rb_tree(space);
	put(space, vma_at(1) + 64, MM);
	assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x5000, &vma));
	assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x1000, &vma));
	assert_true(vma_find(&space->kernel, &rb_layout, TREE_MM, 0xd000, &vma));
	use_maple_tree(space);
	assert_false(vma_find(&space->kernel, &maple_layout, TREE_MM, 0x5000, &vma));
	assert_true(vma_find(&space->kernel, &maple_layout, TREE_MM, 0x1000, &vma));
}

/* The maple tree says so, the VMA does not: it was moved or torn down meanwhile. */
static void vmas_elsewhere(void **state)
{
	struct space *space = *state;
	struct kswapck_vma vma;

	make_trees(space);
	use_maple_tree(space);
	put(space, vma_at(1), 0x6000);
	assert_false(vma_find(&space->kernel, &maple_layout, TREE_MM, 0x5000, &vma));
	assert_true(vma_find(&space->kernel, &maple_layout, TREE_MM, 0x6000, &vma));
	put(space, ROOT + 128 + 8, 0x1234);
	assert_false(vma_find(&space->kernel, &maple_layout, TREE_MM, 0x1000, &vma));
}

static void rb_trees_torn(void **state)
{
	static const uint64_t pointers[] = {
		8, 0x7f0000001000, BASE + BYTES, UINT64_MAX, UINT64_MAX - 7, BASE + 4096 + 3,
	};
	struct space *space = *state;
	struct kswapck_vma vma;
	size_t i;

	make_trees(space);
	use_rb_tree(space);
	/* in rings */
	hang(space, 1, 3, 3);
	assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x1000, &vma));
	assert_true(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x5000, &vma));
	hang(space, 1, 1, 1);
	assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x1000, &vma));
	assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x9000, &vma));
	/* to nowhere */
	for (i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put(space, vma_at(1) + 16 + 16, pointers[i]);
		assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x1000, &vma));
		put(space, TREE_MM + 8, pointers[i]);
		assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x5000, &vma));
		use_rb_tree(space);
	}
}

static void trees_not_in_the_dump(void **state)
{
	static const uint64_t mms[] = {0, 8, 0x1000, TREE_MM + 4, BASE + BYTES, UINT64_MAX - 7};
	struct space *space = *state;
	struct kswapck_vma vma;
	uint64_t root;
	size_t i;

	make_trees(space);
	for (i = 0; i < sizeof(mms) / sizeof(mms[0]); i++) {
		assert_false(vma_find(&space->kernel, &rb_layout, mms[i], 0x5000, &vma));
		assert_false(vma_find(&space->kernel, &maple_layout, mms[i], 0x5000, &vma));
		assert_false(anon_vma_root(&space->kernel, &rb_layout, mms[i], &root));
	}
	use_maple_tree(space);
	space->fake.hole = BASE + 4096;
	assert_false(vma_find(&space->kernel, &maple_layout, TREE_MM, 0x5000, &vma));
	use_rb_tree(space);
	space->fake.hole = BASE + 4096;
	assert_false(vma_find(&space->kernel, &rb_layout, TREE_MM, 0x5000, &vma));
}

static void anon_vma_roots(void **state)
{
	struct space *space = *state;
	uint64_t root;

	make_trees(space);
	assert_true(anon_vma_root(&space->kernel, &rb_layout, ANON_VMA, &root));
	assert_int_equal(root, ANON_VMA);
	put(space, ANON_VMA + 16, ANON_VMA + 64);
	assert_true(anon_vma_root(&space->kernel, &rb_layout, ANON_VMA, &root));
	assert_int_equal(root, ANON_VMA + 64);
	put(space, ANON_VMA + 16, 0);
	assert_false(anon_vma_root(&space->kernel, &rb_layout, ANON_VMA, &root));
	assert_false(anon_vma_root(&space->kernel, &layout, ANON_VMA, &root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test(layouts_of_trees),
		cmocka_unit_test_setup_teardown(whole, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_of_no_object, setup, teardown),
		cmocka_unit_test_setup_teardown(ranges_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_without_the_members, setup, teardown),
		cmocka_unit_test_setup_teardown(vmas, setup, teardown),
		cmocka_unit_test_setup_teardown(vma_is_locked, setup, teardown),
		cmocka_unit_test_setup_teardown(vmas_of_another_mm, setup, teardown),
		cmocka_unit_test_setup_teardown(vmas_elsewhere, setup, teardown),
		cmocka_unit_test_setup_teardown(rb_trees_torn, setup, teardown),
		cmocka_unit_test_setup_teardown(trees_not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(anon_vma_roots, setup, teardown),
	};

	return cmocka_run_group_tests_name("address_map", tests, NULL, NULL);
}
