// SPDX-License-Identifier: GPL-2.0-or-later
/* Call chains of arm64: frame records, entries in both forms, leaves, signed addresses. */
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
#include "kernel/unwind.h"

#define BASE	   UINT64_C(0xffff800008000000)
#define BYTES	   0x20000
#define TEXT	   (BASE + 0x1000)
#define TEXT_END   (BASE + 0x4000)
#define VARIABLES  (BASE + 0x4000)
#define TASK	   (BASE + 0x5000)
#define TASK_STACK (BASE + 0x8000)
#define IRQ_STACK  (BASE + 0x10000)
#define STACK_SIZE 0x4000
#define STACK_END  (TASK_STACK + STACK_SIZE)

/* Functions, 0x100 bytes each; entries are the last. */
#define LEAF	 (TEXT + 0x000)
#define FRAMED	 (TEXT + 0x100)	/* stp x29, x30, [sp, #-32]!; mov x29, sp; ...; ldp; ret */
#define OUTER	 (TEXT + 0x200)
#define HANDLER	 (TEXT + 0x300)
#define ON_IRQ	 (TEXT + 0x400)
#define FORK	 (TEXT + 0x500)	/* ret_from_fork */
#define ENTRIES	 (TEXT + 0x1000)
#define VECTORS	 ENTRIES
#define EL1_IRQ	 (ENTRIES + 0x800)
#define EL0_SYNC (ENTRIES + 0x900)
#define USER_PC	 0x401234

/* struct pt_regs of 6.1 */
#define PT_REGS	 336
#define RECORD	 304
#define CONTEXT	 0x100	/* thread.cpu_context within the task */

struct scene {
	struct fake_source fake;
	struct kernel kernel;
	struct image image;
	struct types types;
	uint8_t bytes[BYTES];
	struct code *code;
	struct unwinder *unwinder;
	struct cpu cpu;
	struct unwound unwound;
};

static void put64(struct scene *scene, uint64_t address, uint64_t value)
{
	assert_true(address >= BASE && address - BASE + 8 <= BYTES);
	memcpy(scene->bytes + (address - BASE), &value, 8);
}

static void put32(struct scene *scene, uint64_t address, uint32_t value)
{
	memcpy(scene->bytes + (address - BASE), &value, 4);
}

static void put_call(struct scene *scene, uint64_t from, uint64_t to)
{
	put32(scene, from, 0x94000000 | ((uint32_t)((to - from) / 4) & 0x3ffffff));
}

static void put_record(struct scene *scene, uint64_t address, uint64_t fp, uint64_t lr)
{
	put64(scene, address, fp);
	put64(scene, address + 8, lr);
}

/* A function that keeps a record: what is at +8 to +0x80 has it. */
static void put_function(struct scene *scene, uint64_t start)
{
	put32(scene, start, 0xa9be7bfd);
	put32(scene, start + 4, 0x910003fd);
	put32(scene, start + 0x80, 0xa8c27bfd);
	put32(scene, start + 0x84, 0xd65f03c0);
}

/* struct pt_regs at @address; x29 and the record of its entry as the kernel makes them. */
static void put_regs(struct scene *scene, uint64_t address, uint64_t pc, uint64_t sp, uint64_t fp,
		     uint64_t pstate)
{
	put64(scene, address + 8 * 19, 0x1919);
	put64(scene, address + 8 * 29, fp);
	put64(scene, address + 8 * 31, sp);
	put64(scene, address + 8 * 32, pc);
	put64(scene, address + 8 * 33, pstate);
	put_record(scene, address + RECORD, pstate & 0xf ? fp : 0, pstate & 0xf ? pc : 0);
}

static void add_symbols(struct scene *scene)
{
	struct image *image = &scene->image;

	fake_add_symbol(image, "_stext", TEXT);
	fake_add_symbol(image, "_etext", TEXT_END);
	fake_add_symbol(image, "leaf", LEAF);
	fake_add_symbol(image, "framed", FRAMED);
	fake_add_symbol(image, "outer", OUTER);
	fake_add_symbol(image, "handler", HANDLER);
	fake_add_symbol(image, "on_irq", ON_IRQ);
	fake_add_symbol(image, "ret_from_fork", FORK);
	fake_add_symbol(image, "__entry_text_start", ENTRIES);
	fake_add_symbol(image, "__entry_text_end", TEXT_END);
	fake_add_symbol(image, "vectors", VECTORS);
	fake_add_symbol(image, "el1h_64_irq", EL1_IRQ);
	fake_add_symbol(image, "el0t_64_sync", EL0_SYNC);
	fake_add_symbol(image, "__per_cpu_offset", VARIABLES + 0x800);
	put64(scene, VARIABLES + 0x800, VARIABLES);
	fake_add_symbol(image, "irq_stack_ptr", 0x10);
	put64(scene, VARIABLES + 0x10, IRQ_STACK);
}

static struct scene *make_scene(uint32_t record_size)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct types *types = &scene->types;
	struct error err;

	scene->kernel.memory = fake_memory(&scene->fake, BASE, scene->bytes, BYTES);
	scene->kernel.source = &scene->fake.source;
	scene->kernel.arch = &arch_arm64;
	scene->kernel.image = &scene->image;
	scene->kernel.types = types;
	add_symbols(scene);
	fake_add_member(types, "task_struct", "stack", 0, 8);
	fake_add_member(types, "task_struct", "on_cpu", 8, 4);
	fake_add_member(types, "task_struct", "thread.cpu_context", CONTEXT, 104);
	fake_add_size(types, "pt_regs", PT_REGS);
	fake_add_member(types, "pt_regs", "stackframe", RECORD, record_size);
	put64(scene, TASK, TASK_STACK);
	put_function(scene, FRAMED);
	put_function(scene, OUTER);
	put_function(scene, HANDLER);
	scene->code = code_open(&scene->kernel, &err);
	assert_non_null(scene->code);
	scene->unwinder = unwinder_open(&scene->kernel, scene->code, &err);
	assert_non_null(scene->unwinder);
	scene->cpu.task = TASK;
	return scene;
}

static int setup(void **state)
{
	*state = make_scene(16);
	return 0;
}

static int teardown(void **state)
{
	struct scene *scene = *state;

	unwinder_close(scene->unwinder);
	code_close(scene->code);
	memory_free(scene->kernel.memory);
	free(scene);
	return 0;
}

/* Where the chains end: entered from user mode at EL0_SYNC, which has called OUTER. */
static void put_bottom(struct scene *scene)
{
	put_regs(scene, STACK_END - PT_REGS, USER_PC, 0x7fff0000, 0x7fff0010, 0);
	put_call(scene, EL0_SYNC + 0x40, OUTER);
	put_record(scene, STACK_END - 0x200, STACK_END - PT_REGS + RECORD, EL0_SYNC + 0x44);
	/* OUTER has called FRAMED */
	put_call(scene, OUTER + 0x20, FRAMED);
	put_record(scene, STACK_END - 0x300, STACK_END - 0x200, OUTER + 0x24);
}

static void run(struct scene *scene, uint64_t pc, uint64_t sp, uint64_t fp, uint64_t lr)
{
	memory_forget(scene->kernel.memory);
	scene->cpu.registers = (struct registers){.arm64 = true};
	register_set(&scene->cpu.registers, REGISTER_PC, pc);
	register_set(&scene->cpu.registers, REGISTER_SP, sp);
	register_set(&scene->cpu.registers, REGISTER_FP, fp);
	register_set(&scene->cpu.registers, REGISTER_LR, lr);
	unwind_cpu(scene->unwinder, &scene->cpu, &scene->unwound);
}

static void check(const struct scene *scene, unsigned int i, uint64_t pc, enum frame_kind kind,
		  enum stack_kind stack)
{
	assert_true(i < scene->unwound.count);
	assert_int_equal(scene->unwound.frames[i].pc, pc);
	assert_int_equal(scene->unwound.frames[i].kind, kind);
	assert_int_equal(scene->unwound.frames[i].stack, stack);
}

static void check_bottom(const struct scene *scene, unsigned int first)
{
	check(scene, first, OUTER + 0x24, FRAME_CALL, STACK_TASK);
	check(scene, first + 1, EL0_SYNC + 0x44, FRAME_CALL, STACK_TASK);
	assert_int_equal(scene->unwound.count, first + 2);
	assert_int_equal(scene->unwound.end, UNWIND_USER);
	assert_int_equal(scene->unwound.user.value[REGISTER_PC], USER_PC);
	assert_int_equal(scene->unwound.user.value[register_of_x(19)], 0x1919);
}

/* With its record, and at the places where the function has none: then x30 tells. */
static void by_records(void **state)
{
	static const uint64_t without[] = {0, 4, 0x84};
	struct scene *scene = *state;
	size_t i;

	put_bottom(scene);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x300, LEAF);
	check(scene, 0, FRAMED + 0x40, FRAME_RUNNING, STACK_TASK);
	check_bottom(scene, 1);
	assert_int_equal(scene->unwound.frames[0].cfa, STACK_END - 0x200);
	for (i = 0; i < 3; i++) {
		run(scene, FRAMED + without[i], STACK_END - 0x300, STACK_END - 0x200,
		    OUTER + 0x24);
		check_bottom(scene, 1);
	}
	/* a leaf that FRAMED has called; and x30 that is left from a call which is over */
	put_call(scene, FRAMED + 0x30, LEAF);
	run(scene, LEAF + 8, STACK_END - 0x300, STACK_END - 0x300, FRAMED + 0x34);
	check(scene, 1, FRAMED + 0x34, FRAME_CALL, STACK_TASK);
	check_bottom(scene, 2);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x300, FRAMED + 0x34);
	check_bottom(scene, 1);
}

/* Return addresses that are signed have other bits in between. */
static void signed_addresses(void **state)
{
	struct scene *scene = *state;

	unwinder_close(scene->unwinder);
	scene->image.vmcoreinfo_key = "KERNELPACMASK";
	scene->image.vmcoreinfo_value = (int64_t)0xff7f000000000000;
	scene->unwinder = unwinder_open(&scene->kernel, scene->code, &(struct error){0});
	put_bottom(scene);
	put_record(scene, STACK_END - 0x300, STACK_END - 0x200,
		   (OUTER + 0x24) & ~UINT64_C(0x5a36000000000000));
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x300, LEAF);
	check_bottom(scene, 1);
}

/* An interrupt on its own stack, over FRAMED. */
static void put_interrupt(struct scene *scene)
{
	uint64_t regs = STACK_END - 0x300 - PT_REGS, switched = regs - 16;

	put_bottom(scene);
	put_regs(scene, regs, FRAMED + 0x44, STACK_END - 0x300, STACK_END - 0x300, 0x5);
	put_call(scene, EL1_IRQ + 0x60, ON_IRQ);
	put_record(scene, switched, regs + RECORD, EL1_IRQ + 0x64);
	put_call(scene, ON_IRQ + 0x30, HANDLER);
	put_record(scene, IRQ_STACK + STACK_SIZE - 0x40, switched, ON_IRQ + 0x34);
}

static void check_interrupt(struct scene *scene)
{
	uint64_t fp = IRQ_STACK + STACK_SIZE - 0x40;

	run(scene, HANDLER + 0x20, fp, fp, LEAF);
	check(scene, 0, HANDLER + 0x20, FRAME_RUNNING, STACK_IRQ);
	check(scene, 1, ON_IRQ + 0x34, FRAME_CALL, STACK_TASK);
	check(scene, 2, EL1_IRQ + 0x64, FRAME_CALL, STACK_TASK);
	check(scene, 3, FRAMED + 0x44, FRAME_INTERRUPTED, STACK_TASK);
	assert_int_equal(scene->unwound.frames[3].registers.value[register_of_x(19)], 0x1919);
	check_bottom(scene, 4);
}

static void interrupts(void **state)
{
	struct scene *scene = *state;

	put_interrupt(scene);
	check_interrupt(scene);
}

/* 6.13: the record of an entry is empty, a third word tells of struct pt_regs. */
static void interrupts_with_types(void **state)
{
	struct scene *scene = *state;
	uint64_t record = STACK_END - 0x300 - PT_REGS + RECORD;

	teardown(state);
	scene = make_scene(24);
	*state = scene;
	put_interrupt(scene);
	put_record(scene, record, 0, 0);
	put64(scene, record + 16, 2);
	put64(scene, STACK_END - PT_REGS + RECORD + 16, 1);
	check_interrupt(scene);
}

/* The CPU is at a vector: what it came upon is known by function only. */
static void at_a_vector(void **state)
{
	struct scene *scene = *state;

	put_bottom(scene);
	run(scene, VECTORS + 0x280, STACK_END - 0x300, STACK_END - 0x300, FRAMED + 0x34);
	check(scene, 1, FRAMED + 0x34, FRAME_INTERRUPTED, STACK_TASK);
	assert_true(scene->unwound.frames[1].guessed);
	assert_false(scene->unwound.frames[2].guessed);
	check_bottom(scene, 2);
	/* x30 is the function's own return address: the call there tells which it is */
	run(scene, VECTORS + 0x280, STACK_END - 0x300, STACK_END - 0x300, OUTER + 0x24);
	check(scene, 1, FRAMED, FRAME_INTERRUPTED, STACK_TASK);
	/* from user mode: nothing is above, also in the copy that user mode sees */
	run(scene, VECTORS + 0x400, STACK_END, 0x7fff0010, 0x401238);
	assert_int_equal(scene->unwound.end, UNWIND_TOP);
	run(scene, UINT64_C(0xffffffffff5f5c04), STACK_END - PT_REGS, 0x7fff0010, 0x401238);
	assert_int_equal(scene->unwound.end, UNWIND_TOP);
}

static void sleeping(void **state)
{
	struct scene *scene = *state;
	struct task task = {.address = TASK, .stack = TASK_STACK};

	put_bottom(scene);
	put64(scene, TASK + CONTEXT, 0x1919);
	put64(scene, TASK + CONTEXT + 80, STACK_END - 0x300);
	put64(scene, TASK + CONTEXT + 88, STACK_END - 0x320);
	put64(scene, TASK + CONTEXT + 96, FRAMED + 0x34);
	memory_forget(scene->kernel.memory);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check(scene, 0, FRAMED + 0x34, FRAME_CALL, STACK_TASK);
	check_bottom(scene, 1);
	/* a kernel thread that never ran: an empty record, and no registers of user mode */
	put_regs(scene, STACK_END - PT_REGS, 0, 0, 0, 0x5);
	put_record(scene, STACK_END - PT_REGS + RECORD, 0, 0);
	put64(scene, TASK + CONTEXT + 80, STACK_END - PT_REGS + RECORD);
	put64(scene, TASK + CONTEXT + 88, STACK_END - PT_REGS);
	put64(scene, TASK + CONTEXT + 96, FORK);
	memory_forget(scene->kernel.memory);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check(scene, 0, FORK, FRAME_INTERRUPTED, STACK_TASK);
	assert_int_equal(scene->unwound.end, UNWIND_TOP);
}

static void torn(void **state)
{
	struct scene *scene = *state;

	put_bottom(scene);
	/* to itself, downwards, to nowhere, to data, askew */
	put_record(scene, STACK_END - 0x300, STACK_END - 0x300, OUTER + 0x24);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x300, LEAF);
	assert_int_equal(scene->unwound.end, UNWIND_NO_PROGRESS);
	put_record(scene, STACK_END - 0x300, STACK_END - 0x400, OUTER + 0x24);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x300, LEAF);
	assert_int_equal(scene->unwound.end, UNWIND_NO_PROGRESS);
	put_record(scene, STACK_END - 0x300, STACK_END - 0x200, VARIABLES + 0x100);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x300, LEAF);
	assert_int_equal(scene->unwound.end, UNWIND_NOT_CODE);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, STACK_END - 0x2fc, LEAF);
	assert_int_equal(scene->unwound.end, UNWIND_OFF_STACK);
	run(scene, FRAMED + 0x40, STACK_END - 0x300, 0x7fff0000, LEAF);
	assert_int_equal(scene->unwound.end, UNWIND_OFF_STACK);
	run(scene, FRAMED + 0x40, 0x7fff0000, STACK_END - 0x300, LEAF);
	assert_int_equal(scene->unwound.end, UNWIND_OFF_STACK);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_records), TEST(signed_addresses), TEST(interrupts),
		TEST(interrupts_with_types), TEST(at_a_vector), TEST(sleeping), TEST(torn),
	};

	return cmocka_run_group_tests_name("unwind_arm64", tests, NULL, NULL);
}
