// SPDX-License-Identifier: GPL-2.0-or-later
/* What is taken for a vm_area_struct and an mm_struct, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_source.h"
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

/* Members that a kernel has; in place of types/. */
struct types {
	struct member {
		const char *type, *path;
		struct field field;
	} members[12];
};

bool kernel_field(const struct kernel *kernel, const char *type, const char *path,
		  struct field *field)
{
	const struct member *member;

	*field = (struct field){0};
	for (member = kernel->types->members; member->type; member++)
		if (!strcmp(member->type, type) && !strcmp(member->path, path)) {
			*field = member->field;
			return true;
		}
	return false;
}

bool kernel_field_fits(struct field field, uint64_t size)
{
	return field.size <= 8 && (uint64_t)field.offset + field.size <= size;
}

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

#define VMA_MEMBERS {"vm_area_struct", "vm_mm", {16, 8}}, \
	{"vm_area_struct", "vm_start", {0, 8}}, {"vm_area_struct", "vm_end", {8, 8}}

static void layouts(void **state)
{
	static struct types forms[] = {
		/* 5.4; 5.8 and later; with PREEMPT_RT */
		{{VMA_MEMBERS, {"mm_struct", "pgd", {80, 8}}, {"mm_struct", "mmap_sem", {112, 40}},
		  {"rw_semaphore", "count", {0, 8}}, {"rw_semaphore", "owner", {8, 8}}}},
		{{VMA_MEMBERS, {"mm_struct", "pgd", {80, 8}}, {"mm_struct", "mmap_lock", {120, 40}},
		  {"rw_semaphore", "count", {0, 8}}, {"rw_semaphore", "owner", {8, 8}}}},
		{{VMA_MEMBERS, {"mm_struct", "pgd", {80, 8}}, {"mm_struct", "mmap_lock", {120, 40}},
		  {"rw_semaphore", "rwbase", {0, 40}}}},
		/* damaged: the owner is outside the lock */
		{{VMA_MEMBERS, {"mm_struct", "pgd", {80, 8}}, {"mm_struct", "mmap_lock", {120, 40}},
		  {"rw_semaphore", "count", {0, 8}}, {"rw_semaphore", "owner", {36, 8}}}},
	};
	static struct types no_pgd = {{VMA_MEMBERS}};
	struct address_map_layout found;
	struct kernel kernel = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		kernel.types = &forms[i];
		assert_true(address_map_layout_resolve(&kernel, &found));
		assert_int_equal(found.vma_mm.offset, 16);
		assert_int_equal(found.pgd.offset, 80);
		assert_int_equal(found.mmap_lock.offset, i == 0 ? 112 : 120);
		assert_int_equal(found.lock_owner.size, i < 2 ? 8 : 0);
		assert_int_equal(found.lock_count.size, i < 2 ? 8 : 0);
	}
	kernel.types = &no_pgd;
	assert_false(address_map_layout_resolve(&kernel, &found));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
		cmocka_unit_test_setup_teardown(whole, setup, teardown),
		cmocka_unit_test_setup_teardown(addresses_of_no_object, setup, teardown),
		cmocka_unit_test_setup_teardown(ranges_that_cannot_be, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(not_in_the_dump, setup, teardown),
		cmocka_unit_test_setup_teardown(kernel_without_the_members, setup, teardown),
	};

	return cmocka_run_group_tests_name("address_map", tests, NULL, NULL);
}
