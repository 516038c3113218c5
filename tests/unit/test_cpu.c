// SPDX-License-Identifier: GPL-2.0-or-later
/* Which note is which CPU's: never by its place in the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "fake_image.h"
#include "fake_source.h"
#include "kernel/arch.h"
#include "kernel/cpu.h"

#define BASE  UINT64_C(0xffff888000000000)
#define BYTES 0x80000

#define CPUS	  4
#define VARIABLES (BASE + 0x1000)
#define ONLINE	  VARIABLES
#define ACTIVE	  (VARIABLES + 8)
#define POSSIBLE  (VARIABLES + 16)
#define NR_CPUS	  (VARIABLES + 24)
#define OFFSETS	  (VARIABLES + 32)
#define CRASH	  (VARIABLES + 128)	/* crash_notes: a per-CPU pointer */
#define AREA(cpu) (BASE + 0x2000 + 0x1000 * (uint64_t)(cpu))
#define TASK(i)	  (BASE + 0x8000 + 0x100 * (uint64_t)(i))
#define STACK(i)  (BASE + 0x10000 + 0x4000 * (uint64_t)(i))	/* of tasks; IRQ: 8 + cpu */

/* Within the per-CPU area. */
#define CURRENT	  0x00
#define QUEUE	  0x10
#define IRQ_END	  0x30
#define NOTES	  0x100

/* struct task_struct of the tests */
#define TASK_STACK 0
#define TASK_MM	   8

#define PRSTATUS   336
#define PRSTATUS_REGS 112
#define QEMU_SIZE  440
#define NOTES_MAX  8
#define CS_KERNEL  0x10
#define CS_USER	   0x33
#define RIP	   UINT64_C(0xffffffff81000123)
#define ENTRY_TEXT UINT64_C(0xffffffff81c00000)

struct scene {
	struct fake_source fake;
	struct kernel kernel;
	struct image image;
	struct types types;
	uint8_t bytes[BYTES];
	uint8_t notes[NOTES_MAX * (PRSTATUS + QEMU_SIZE)];
	size_t used;
	struct note prstatus[NOTES_MAX], qemu[NOTES_MAX];
	struct cpus cpus;
};

static void put(struct scene *scene, uint64_t address, uint64_t value)
{
	assert_true(address >= BASE && address - BASE + 8 <= BYTES);
	memcpy(scene->bytes + (address - BASE), &value, 8);
}

static void store(uint8_t *bytes, size_t offset, uint64_t value)
{
	memcpy(bytes + offset, &value, 8);
}

static void fill_prstatus(uint8_t *bytes, uint64_t rsp, uint64_t cs, uint64_t rip,
			  uint64_t gs_base, uint32_t pid)
{
	memset(bytes, 0, PRSTATUS);
	memcpy(bytes + 32, &pid, 4);
	store(bytes, PRSTATUS_REGS + 8 * 16, rip);
	store(bytes, PRSTATUS_REGS + 8 * 17, cs);
	store(bytes, PRSTATUS_REGS + 8 * 19, rsp);
	store(bytes, PRSTATUS_REGS + 8 * 22, gs_base);
}

static void add_note(struct scene *scene, uint64_t rsp, uint64_t cs, uint64_t gs_base,
		     uint32_t pid)
{
	struct notes *notes = &scene->fake.source.notes;

	fill_prstatus(scene->notes + scene->used, rsp, cs, RIP, gs_base, pid);
	notes->prstatus[notes->prstatus_count++] = (struct note){scene->used, PRSTATUS};
	scene->used += PRSTATUS;
}

static void add_qemu(struct scene *scene, uint64_t cr2, uint64_t kernel_gs_base)
{
	struct notes *notes = &scene->fake.source.notes;
	uint8_t *bytes = scene->notes + scene->used;

	memset(bytes, 0, QEMU_SIZE);
	bytes[0] = 1;
	store(bytes, 136, RIP);
	store(bytes, 408, cr2);
	store(bytes, 432, kernel_gs_base);
	notes->qemu[notes->qemu_count++] = (struct note){scene->used, QEMU_SIZE};
	scene->used += QEMU_SIZE;
}

static void put_crash_note(struct scene *scene, unsigned int cpu, uint64_t rsp, uint64_t cs)
{
	Elf64_Nhdr header = {5, PRSTATUS, NT_PRSTATUS};
	uint8_t *at = scene->bytes + (AREA(cpu) + NOTES - BASE);

	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), "CORE\0\0\0", 8);
	fill_prstatus(at + sizeof(header) + 8, rsp, cs, RIP, 0, 1);
}

static void add_symbols(struct image *image)
{
	fake_add_symbol(image, "__cpu_online_mask", ONLINE);
	fake_add_symbol(image, "__cpu_active_mask", ACTIVE);
	fake_add_symbol(image, "__cpu_possible_mask", POSSIBLE);
	fake_add_symbol(image, "nr_cpu_ids", NR_CPUS);
	fake_add_symbol(image, "__per_cpu_offset", OFFSETS);
	fake_add_symbol(image, "current_task", CURRENT);
	fake_add_symbol(image, "runqueues", QUEUE);
	fake_add_symbol(image, "hardirq_stack_ptr", IRQ_END);
	fake_add_symbol(image, "crash_notes", CRASH);
	fake_add_symbol(image, "__entry_text_start", ENTRY_TEXT);
	fake_add_symbol(image, "__entry_text_end", ENTRY_TEXT + 0x1000);
}

/* CPU i runs task i; task 0 is an idle one, without user mode. */
static int setup(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct notes *notes = &scene->fake.source.notes;
	unsigned int i;

	scene->kernel.memory = fake_memory(&scene->fake, BASE, scene->bytes, BYTES);
	notes->bytes = scene->notes;
	notes->prstatus = scene->prstatus;
	notes->qemu = scene->qemu;
	scene->kernel.source = &scene->fake.source;
	scene->kernel.arch = &arch_x86_64;
	scene->kernel.image = &scene->image;
	scene->kernel.types = &scene->types;
	add_symbols(&scene->image);
	fake_add_member(&scene->types, "task_struct", "stack", TASK_STACK, 8);
	fake_add_member(&scene->types, "task_struct", "mm", TASK_MM, 8);
	fake_add_member(&scene->types, "rq", "curr", 8, 8);
	put(scene, ONLINE, 0xf);
	put(scene, POSSIBLE, 0xff);
	put(scene, NR_CPUS, 8);
	put(scene, CRASH, NOTES);
	for (i = 0; i < CPUS; i++) {
		put(scene, OFFSETS + 8 * i, AREA(i));
		put(scene, AREA(i) + CURRENT, TASK(i));
		put(scene, AREA(i) + QUEUE + 8, TASK(i));
		put(scene, AREA(i) + IRQ_END, STACK(8 + i) + 0x4000 - 8);
	}
	for (i = 0; i < 8; i++) {
		put(scene, TASK(i) + TASK_STACK, STACK(i));
		put(scene, TASK(i) + TASK_MM, i ? BASE : 0);
	}
	*state = scene;
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	cpus_free(&scene->cpus);
	memory_free(scene->kernel.memory);
	free(scene);
	return 0;
}

static bool read_cpus(struct scene *scene)
{
	struct error err;

	cpus_free(&scene->cpus);
	memory_free(scene->kernel.memory);
	scene->kernel.memory = memory_new(&scene->fake.source, 0);
	return cpus_read(&scene->kernel, &scene->cpus, &err);
}

static void check(const struct scene *scene, unsigned int i, enum register_origin origin,
		  uint64_t rsp)
{
	const struct cpu *cpu = &scene->cpus.cpus[i];

	assert_int_equal(cpu->origin, origin);
	if (origin == REGISTERS_MISSING) {
		assert_non_null(cpu->missing);
		assert_int_equal(cpu->registers.known, 0);
	} else {
		assert_null(cpu->missing);
		assert_int_equal(cpu->registers.value[REGISTER_RSP], rsp);
	}
}

static void masks(void **state)
{
	struct scene *scene = *state;

	put(scene, ONLINE, 0x105);	/* no CPU of a number that cannot be */
	assert_true(read_cpus(scene));
	assert_int_equal(scene->cpus.count, 2);
	assert_int_equal(scene->cpus.cpus[1].number, 2);
	assert_int_equal(scene->cpus.cpus[1].task, TASK(2));
	check(scene, 0, REGISTERS_MISSING, 0);
	/* panic() has stopped one */
	put(scene, ONLINE, 0x4);
	put(scene, ACTIVE, 0xc);
	assert_true(read_cpus(scene));
	assert_int_equal(scene->cpus.count, 2);
	assert_int_equal(scene->cpus.cpus[0].number, 2);
	put(scene, ONLINE, 0);
	put(scene, ACTIVE, 0);
	assert_false(read_cpus(scene));
}

/* The file's order is turned around, and one CPU is missing. */
static void by_stack(void **state)
{
	struct scene *scene = *state;

	add_note(scene, STACK(3) + 0x100, CS_KERNEL, 0, 1);
	add_note(scene, STACK(8) + 0x200, CS_KERNEL, 0, 2);	/* IRQ stack of CPU 0 */
	add_note(scene, STACK(1) + 0x300, CS_KERNEL, 0, 3);
	assert_true(read_cpus(scene));
	check(scene, 0, REGISTERS_MATCHED, STACK(8) + 0x200);
	check(scene, 1, REGISTERS_MATCHED, STACK(1) + 0x300);
	check(scene, 2, REGISTERS_MISSING, 0);
	check(scene, 3, REGISTERS_MATCHED, STACK(3) + 0x100);
	assert_int_equal(scene->cpus.cpus[3].registers.value[REGISTER_RIP], RIP);
	assert_false(scene->cpus.cpus[3].cr2_known);
}

static void two_that_fit(void **state)
{
	struct scene *scene = *state;

	add_note(scene, STACK(1) + 0x100, CS_KERNEL, 0, 1);
	add_note(scene, STACK(1) + 0x200, CS_KERNEL, 0, 2);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MISSING, 0);
}

/* Of user mode nothing but its owner tells whose it is. */
static void user_mode_is_not_guessed(void **state)
{
	struct scene *scene = *state;

	add_note(scene, 0x7fff12345678, CS_USER, 0, 2);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MISSING, 0);
}

static void by_qemu(void **state)
{
	struct scene *scene = *state;

	add_note(scene, STACK(0) + 0x100, CS_KERNEL, 0, 1);
	add_note(scene, 0x7fff12345678, CS_USER, 0, 2);
	add_note(scene, STACK(7) + 0x100, CS_KERNEL, 0, 3);	/* of no task that runs */
	add_note(scene, STACK(11) + 0x100, CS_KERNEL, 0, 4);
	add_qemu(scene, 0x1000, 0);
	add_qemu(scene, 0x2000, 0);
	add_qemu(scene, 0x3000, 0);
	add_qemu(scene, 0x4000, 0);
	assert_true(read_cpus(scene));
	check(scene, 0, REGISTERS_QEMU, STACK(0) + 0x100);
	check(scene, 1, REGISTERS_QEMU, 0x7fff12345678);
	check(scene, 2, REGISTERS_MISSING, 0);
	check(scene, 3, REGISTERS_QEMU, STACK(11) + 0x100);
	assert_true(scene->cpus.cpus[1].registers.user);
	assert_true(scene->cpus.cpus[1].cr2_known);
	assert_int_equal(scene->cpus.cpus[1].cr2, 0x2000);
	assert_false(scene->cpus.cpus[2].cr2_known);
}

/* QEMU counts in another order than the kernel: gs tells. */
static void by_gs(void **state)
{
	struct scene *scene = *state;

	add_note(scene, 0x7fff12345678, CS_USER, 0x7f00, 1);
	add_note(scene, STACK(0) + 0x100, CS_KERNEL, AREA(0), 2);
	add_qemu(scene, 0x1000, AREA(1));
	add_qemu(scene, 0x2000, 0);
	assert_true(read_cpus(scene));
	check(scene, 0, REGISTERS_QEMU, STACK(0) + 0x100);
	check(scene, 1, REGISTERS_QEMU, 0x7fff12345678);
	assert_int_equal(scene->cpus.cpus[1].cr2, 0x1000);
}

/* CPU 0 is idle: it cannot be in user mode. */
static void idle_has_no_user_mode(void **state)
{
	struct scene *scene = *state;

	add_note(scene, 0x7fff12345678, CS_USER, 0, 1);
	add_qemu(scene, 0, 0);
	assert_true(read_cpus(scene));
	check(scene, 0, REGISTERS_MISSING, 0);
}

/* The stack is the next task's already. */
static void within_a_switch(void **state)
{
	struct scene *scene = *state;

	put(scene, AREA(1) + QUEUE + 8, TASK(5));
	add_note(scene, STACK(5) + 0x100, CS_KERNEL, 0, 1);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MATCHED, STACK(5) + 0x100);
	assert_int_equal(scene->cpus.cpus[1].task, TASK(5));
}

/* The first instructions of a system call have the user's stack. */
static void entry_of_system_call(void **state)
{
	struct scene *scene = *state;

	add_note(scene, 0x7fff12345678, CS_KERNEL, AREA(1), 2);
	store(scene->notes, PRSTATUS_REGS + 8 * 16, ENTRY_TEXT + 8);
	add_qemu(scene, 0, 0);
	store(scene->notes + PRSTATUS, 136, ENTRY_TEXT + 8);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_QEMU, 0x7fff12345678);
}

static void by_crash_notes(void **state)
{
	struct scene *scene = *state;

	scene->image.vmcoreinfo_key = "CRASHTIME";
	put_crash_note(scene, 0, STACK(0) + 0x100, CS_KERNEL);
	put_crash_note(scene, 1, 0x7fff12345678, CS_USER);
	put_crash_note(scene, 3, STACK(6) + 0x100, CS_KERNEL);	/* another task's */
	/* the file's notes are not asked, though they would fit */
	add_note(scene, STACK(2) + 0x100, CS_KERNEL, 0, 3);
	add_note(scene, STACK(3) + 0x100, CS_KERNEL, 0, 4);
	assert_true(read_cpus(scene));
	check(scene, 0, REGISTERS_CRASH_NOTES, STACK(0) + 0x100);
	check(scene, 1, REGISTERS_CRASH_NOTES, 0x7fff12345678);
	check(scene, 2, REGISTERS_MISSING, 0);
	check(scene, 3, REGISTERS_MISSING, 0);
	assert_string_not_equal(scene->cpus.cpus[2].missing, scene->cpus.cpus[3].missing);
	/* when they are not in the dump, the file's are */
	put(scene, CRASH, NOTES + 0x80000);
	assert_true(read_cpus(scene));
	check(scene, 2, REGISTERS_MATCHED, STACK(2) + 0x100);
}

/* Notes of old crashes mean nothing while the machine lives. */
static void crash_notes_without_crash(void **state)
{
	struct scene *scene = *state;

	put_crash_note(scene, 1, STACK(1) + 0x100, CS_KERNEL);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MISSING, 0);
}

/* A raw image: no notes in a file, and VMCOREINFO from before the crash. */
static void crash_notes_of_raw_images(void **state)
{
	struct scene *scene = *state;

	put_crash_note(scene, 1, STACK(1) + 0x100, CS_KERNEL);
	scene->fake.source.facts.vmcoreinfo_scanned = true;
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_CRASH_NOTES, STACK(1) + 0x100);
	check(scene, 2, REGISTERS_MISSING, 0);
	assert_string_equal(scene->cpus.cpus[2].missing, "the dump has no register notes");
	/* where a file has notes, they tell what was last */
	add_note(scene, STACK(1) + 0x200, CS_KERNEL, 0, 2);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MATCHED, STACK(1) + 0x200);
}

static void hot_variables(void **state)
{
	struct scene *scene = *state;

	fake_remove_symbol(&scene->image, "current_task");
	fake_remove_symbol(&scene->image, "hardirq_stack_ptr");
	fake_add_symbol(&scene->image, "pcpu_hot", 0x40);
	fake_add_member(&scene->types, "pcpu_hot", "current_task", 0, 8);
	fake_add_member(&scene->types, "pcpu_hot", "hardirq_stack_ptr", 24, 8);
	put(scene, AREA(1) + 0x40, TASK(4));
	put(scene, AREA(1) + 0x58, STACK(12) + 0x4000 - 8);
	add_note(scene, STACK(12) + 0x100, CS_KERNEL, 0, 1);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MATCHED, STACK(12) + 0x100);
	assert_int_equal(scene->cpus.cpus[1].task, TASK(4));
}

static void no_task(void **state)
{
	struct scene *scene = *state;

	put(scene, AREA(1) + CURRENT, 0x1234);
	put(scene, AREA(1) + QUEUE + 8, TASK(1) + 1);
	add_note(scene, STACK(9) + 0x100, CS_KERNEL, 0, 1);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MISSING, 0);
	assert_int_equal(scene->cpus.cpus[1].task, 0);
}

static void short_notes(void **state)
{
	struct scene *scene = *state;

	add_note(scene, STACK(1) + 0x100, CS_KERNEL, 0, 2);
	add_qemu(scene, 1, 0);
	scene->qemu[0].size = 100;
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MATCHED, STACK(1) + 0x100);
	/* QEMU's note of another CPU than the register note is of */
	scene->qemu[0].size = QEMU_SIZE;
	store(scene->notes + PRSTATUS, 136, RIP + 1);
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MATCHED, STACK(1) + 0x100);
	scene->prstatus[0].size = 200;
	assert_true(read_cpus(scene));
	check(scene, 1, REGISTERS_MISSING, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(masks, setup, teardown),
		cmocka_unit_test_setup_teardown(by_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(two_that_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(user_mode_is_not_guessed, setup, teardown),
		cmocka_unit_test_setup_teardown(by_qemu, setup, teardown),
		cmocka_unit_test_setup_teardown(by_gs, setup, teardown),
		cmocka_unit_test_setup_teardown(idle_has_no_user_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(within_a_switch, setup, teardown),
		cmocka_unit_test_setup_teardown(entry_of_system_call, setup, teardown),
		cmocka_unit_test_setup_teardown(by_crash_notes, setup, teardown),
		cmocka_unit_test_setup_teardown(crash_notes_without_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(crash_notes_of_raw_images, setup, teardown),
		cmocka_unit_test_setup_teardown(hot_variables, setup, teardown),
		cmocka_unit_test_setup_teardown(no_task, setup, teardown),
		cmocka_unit_test_setup_teardown(short_notes, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
