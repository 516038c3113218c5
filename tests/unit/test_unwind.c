// SPDX-License-Identifier: GPL-2.0-or-later
/* Call chains through made stacks and tables, in all forms of the tables, and torn ones. */
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
#include "kernel/orc.h"
#include "kernel/unwind.h"

/* Code of the kernel is below 0xffffffffa0000000, that of BPF above. */
#define BASE	UINT64_C(0xffffffff9fff0000)
#define BYTES	0x40000

#define TEXT	(BASE + 0x1000)
#define TEXT_END (BASE + 0x8000)
#define END	(BASE + 0x10000)
#define BPF	(BASE + 0x10100)
#define TASK_STACK (BASE + 0x20000)
#define STACK_SIZE 0x4000
#define IRQ_STACK  (BASE + 0x24000)
#define EXCEPTIONS (BASE + 0x29000)	/* cpu_entry_area: a page for the entry stack */
#define ORC_IP	(BASE + 0x30000)
#define ORC	(BASE + 0x31000)
#define HEADER	(BASE + 0x32000)
#define VARIABLES (BASE + 0x33000)
#define TASK	(BASE + 0x34000)

/* Functions, 0x100 bytes each. */
#define WORKER	   (TEXT + 0x000)	/* sub $16, %rsp */
#define FRAMED	   (TEXT + 0x100)	/* push %rbp; mov %rsp, %rbp */
#define ON_IRQ	   (TEXT + 0x200)	/* has switched to the IRQ stack */
#define ENTRY_IRQ  (TEXT + 0x300)	/* struct pt_regs at rsp */
#define ENTRY_CALL (TEXT + 0x400)	/* the same, entered from user mode */
#define FIRST	   (TEXT + 0x500)	/* has no caller */
#define REALIGNED  (TEXT + 0x600)	/* its frame hangs on r10 */
#define UNKNOWN	   (TEXT + 0x700)	/* __crash_kexec() */
#define FAULT	   (TEXT + 0x800)	/* asm_exc_page_fault */
#define INDIRECT   (TEXT + 0x900)	/* its frame hangs on the word at rbp - 8 */
#define DEEP	   (TEXT + 0xa00)	/* nothing on the stack but its return address */
#define AFTER	   (TEXT + 0xb00)

#define USER_RIP UINT64_C(0x401234)
#define USER_RSP UINT64_C(0x7ffc12345678)
#define CS_KERNEL 0x10
#define CS_USER	  0x33

struct scene {
	struct fake_source fake;
	struct kernel kernel;
	struct image image;
	struct types types;
	uint8_t bytes[BYTES];
	struct code *code;
	struct unwinder *unwinder;
	unsigned int entries;
	struct unwound unwound;
};

static void put(struct scene *scene, uint64_t address, uint64_t value, size_t size)
{
	assert_true(address >= BASE && address - BASE + size <= BYTES);
	memcpy(scene->bytes + (address - BASE), &value, size);
}

static void put64(struct scene *scene, uint64_t address, uint64_t value)
{
	put(scene, address, value, 8);
}

enum base { BASE_NONE, BASE_PREVIOUS, BASE_BP, BASE_SP, BASE_R10, BASE_BP_INDIRECT,
	    BASE_SP_INDIRECT };

static unsigned int base_number(unsigned int version, enum base base)
{
	static const uint8_t old[] = {0, 1, 4, 5, 6, 8, 9}, new[] = {0, 8, 4, 3, 6, 10, 9};

	return version < 4 ? old[base] : new[base];
}

static unsigned int flags(unsigned int version, enum orc_frame frame, bool signal)
{
	static const uint8_t type[] = {[ORC_UNDEFINED] = 0, [ORC_END] = 0, [ORC_CALL] = 0,
				       [ORC_REGS] = 1, [ORC_REGS_PARTIAL] = 2};

	if (version >= 3)
		return (unsigned int)frame | (signal ? 8 : 0);
	if (version == 2)
		return type[frame] | (signal ? 4 : 0) | (frame == ORC_END ? 8 : 0);
	return type[frame] | (frame == ORC_END ? 4 : 0);
}

static void add_orc(struct scene *scene, unsigned int version, uint64_t code,
		    enum orc_frame frame, enum base sp, int sp_offset, enum base bp,
		    int bp_offset)
{
	bool signal = frame == ORC_REGS || frame == ORC_REGS_PARTIAL;
	uint64_t ip = ORC_IP + 4 * scene->entries, entry = ORC + 6 * scene->entries;

	put(scene, ip, code - ip, 4);
	put(scene, entry, (uint64_t)sp_offset, 2);
	put(scene, entry + 2, (uint64_t)bp_offset, 2);
	put(scene, entry + 4, base_number(version, sp) | base_number(version, bp) << 4 |
	    flags(version, frame, signal) << 8, 2);
	scene->entries++;
}

static void add_tables(struct scene *s, unsigned int v)
{
	add_orc(s, v, WORKER, ORC_CALL, BASE_SP, 24, BASE_NONE, 0);
	add_orc(s, v, FRAMED, ORC_CALL, BASE_BP, 16, BASE_PREVIOUS, -16);
	add_orc(s, v, ON_IRQ, ORC_CALL, BASE_SP_INDIRECT, 8, BASE_NONE, 0);
	add_orc(s, v, ENTRY_IRQ, ORC_REGS, BASE_SP, 0, BASE_NONE, 0);
	add_orc(s, v, ENTRY_CALL, ORC_REGS, BASE_SP, 0, BASE_NONE, 0);
	add_orc(s, v, FIRST, ORC_END, BASE_NONE, 0, BASE_NONE, 0);
	add_orc(s, v, REALIGNED, ORC_CALL, BASE_R10, 0, BASE_NONE, 0);
	add_orc(s, v, UNKNOWN, ORC_UNDEFINED, BASE_NONE, 0, BASE_NONE, 0);
	add_orc(s, v, FAULT, ORC_REGS_PARTIAL, BASE_SP, 8, BASE_NONE, 0);
	add_orc(s, v, INDIRECT, ORC_CALL, BASE_BP_INDIRECT, -8, BASE_NONE, 0);
	add_orc(s, v, DEEP, ORC_CALL, BASE_SP, 8, BASE_NONE, 0);
	add_orc(s, v, AFTER, ORC_UNDEFINED, BASE_NONE, 0, BASE_NONE, 0);
	fake_add_symbol(&s->image, "__start_orc_unwind_ip", ORC_IP);
	fake_add_symbol(&s->image, "__stop_orc_unwind_ip", ORC_IP + 4 * s->entries);
	fake_add_symbol(&s->image, "__start_orc_unwind", ORC);
	fake_add_symbol(&s->image, "__stop_orc_unwind", ORC + 6 * s->entries);
}

static void add_symbols(struct scene *scene)
{
	struct image *image = &scene->image;

	fake_add_symbol(image, "_text", TEXT);
	fake_add_symbol(image, "_etext", TEXT_END);
	fake_add_symbol(image, "_end", END);
	fake_add_symbol(image, "asm_exc_page_fault", FAULT);
	fake_add_symbol(image, "ret_from_fork", FIRST);
	fake_add_symbol(image, "__crash_kexec", UNKNOWN);
	fake_add_symbol(image, "worker", WORKER);
	fake_add_symbol(image, "after", AFTER);
	/* CPU 0's per-CPU area begins at VARIABLES */
	fake_add_symbol(image, "__per_cpu_offset", VARIABLES + 0x800);
	put64(scene, VARIABLES + 0x800, VARIABLES);
	fake_add_symbol(image, "hardirq_stack_ptr", 0x10);
	put64(scene, VARIABLES + 0x10, IRQ_STACK + STACK_SIZE - 8);
	fake_add_symbol(image, "hardirq_stack_inuse", 0x18);
	fake_add_symbol(image, "cea_exception_stacks", 0x20);
	put64(scene, VARIABLES + 0x20, EXCEPTIONS + 0x1000);
}

static void add_types(struct scene *scene)
{
	struct types *types = &scene->types;

	fake_add_member(types, "task_struct", "stack", 0, 8);
	fake_add_member(types, "task_struct", "on_cpu", 8, 4);
	fake_add_member(types, "cea_exception_stacks", "NMI_stack", 0x1000, 0x1000);
	fake_add_member(types, "cpu_entry_area", "entry_stack_page", 0, 0x1000);
	fake_add_member(types, "cpu_entry_area", "estacks", 0x1000, 0x4000);
	put64(scene, TASK, TASK_STACK);
}

static struct scene *make_scene(unsigned int version)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct error err;

	scene->kernel.memory = fake_memory(&scene->fake, BASE, scene->bytes, BYTES);
	scene->kernel.arch = &arch_x86_64;
	scene->kernel.image = &scene->image;
	scene->kernel.types = &scene->types;
	add_symbols(scene);
	add_types(scene);
	add_tables(scene, version);
	scene->code = code_open(&scene->kernel, &err);
	assert_non_null(scene->code);
	scene->unwinder = unwinder_open(&scene->kernel, scene->code, &err);
	assert_non_null(scene->unwinder);
	assert_int_equal(unwinder_orc_version(scene->unwinder), version);
	return scene;
}

static void free_scene(struct scene *scene)
{
	unwinder_close(scene->unwinder);
	code_close(scene->code);
	memory_free(scene->kernel.memory);
	free(scene);
}

static int setup(void **state)
{
	*state = make_scene(1);
	return 0;
}

static int teardown(void **state)
{
	free_scene(*state);
	return 0;
}

/* The caches hold pages from before the test wrote; a fresh memory holds none. */
static void refresh(struct scene *scene)
{
	struct error err;

	unwinder_close(scene->unwinder);
	code_close(scene->code);
	memory_free(scene->kernel.memory);
	scene->kernel.memory = memory_new(&scene->fake.source, 0);
	scene->code = code_open(&scene->kernel, &err);
	scene->unwinder = unwinder_open(&scene->kernel, scene->code, &err);
}

static const struct unwound *run(struct scene *scene, uint64_t rip, uint64_t rsp, uint64_t rbp)
{
	struct cpu cpu = {.task = TASK, .origin = REGISTERS_QEMU};
	unsigned int i;

	for (i = 0; i < REGISTER_COUNT; i++)
		register_set(&cpu.registers, i, 0x1000 + i);
	register_set(&cpu.registers, REGISTER_RIP, rip);
	register_set(&cpu.registers, REGISTER_RSP, rsp);
	register_set(&cpu.registers, REGISTER_RBP, rbp);
	refresh(scene);
	unwind_cpu(scene->unwinder, &cpu, &scene->unwound);
	return &scene->unwound;
}

static void put_regs(struct scene *scene, uint64_t address, uint64_t rip, uint64_t cs,
		     uint64_t rsp, uint64_t rbp)
{
	unsigned int i;

	for (i = 0; i < PT_REGS_WORDS; i++)
		put64(scene, address + 8 * i, 0x2000 + i);
	put64(scene, address + 4 * 8, rbp);
	put64(scene, address + 16 * 8, rip);
	put64(scene, address + 17 * 8, cs);
	put64(scene, address + 19 * 8, rsp);
}

/* A system call at the top of the task's stack; the address of what called. */
static uint64_t put_syscall(struct scene *scene)
{
	uint64_t regs = TASK_STACK + STACK_SIZE - PT_REGS_SIZE;

	put_regs(scene, regs, USER_RIP, CS_USER, USER_RSP, 7);
	put64(scene, regs - 8, ENTRY_CALL + 0x20);
	return regs;
}

/* Frames that the tables tell of; those behind them are guessed. */
static unsigned int sure_frames(const struct unwound *unwound)
{
	unsigned int count = 0;

	while (count < unwound->count && !unwound->frames[count].guessed)
		count++;
	return count;
}

static void check_end(const struct unwound *unwound, enum unwind_end reason, uint64_t address,
		      unsigned int count)
{
	assert_int_equal(unwound->end, reason);
	assert_int_equal(unwound->end_address, address);
	assert_int_equal(sure_frames(unwound), count);
	assert_int_equal(unwind_end_complete(unwound->end), reason == UNWIND_USER ||
			 reason == UNWIND_TOP || reason == UNWIND_NO_STACK);
}

static void check_frame(const struct unwound *unwound, unsigned int index, uint64_t pc,
			enum frame_kind kind, enum stack_kind stack)
{
	assert_true(index < unwound->count);
	assert_int_equal(unwound->frames[index].pc, pc);
	assert_int_equal(unwound->frames[index].kind, kind);
	assert_int_equal(unwound->frames[index].stack, stack);
}

/*
 * In an interrupt: worker < function that switched stacks | entry < framed (was
 * interrupted) < system call < user.
 */
static void all_the_way(unsigned int version)
{
	struct scene *scene = make_scene(version);
	uint64_t top = put_syscall(scene), framed = top - 8 - 16, entry = framed - 0x200;
	uint64_t irq = IRQ_STACK + STACK_SIZE - 8;
	const struct unwound *unwound;

	/* framed, called from the system call */
	put64(scene, framed, 0x5555);
	put64(scene, framed + 8, ENTRY_CALL + 0x10);
	/* its caller's stack pointer is that of the pt_regs */
	put_regs(scene, framed + 16, USER_RIP, CS_USER, USER_RSP, 7);
	put_regs(scene, entry, FRAMED + 0x20, CS_KERNEL, framed - 0x20, framed);
	/* the function that switched: called from the entry, its return below the regs */
	put64(scene, entry - 8, ENTRY_IRQ + 8);
	put64(scene, irq, entry - 8);
	put64(scene, irq - 8, ON_IRQ + 0x30);
	unwound = run(scene, WORKER + 4, irq - 8 - 16, 0x77);
	check_end(unwound, UNWIND_USER, USER_RIP, 5);
	check_frame(unwound, 0, WORKER + 4, FRAME_RUNNING, STACK_IRQ);
	check_frame(unwound, 1, ON_IRQ + 0x30, FRAME_CALL, STACK_IRQ);
	check_frame(unwound, 2, ENTRY_IRQ + 8, FRAME_CALL, STACK_TASK);
	check_frame(unwound, 3, FRAMED + 0x20, FRAME_INTERRUPTED, STACK_TASK);
	check_frame(unwound, 4, ENTRY_CALL + 0x10, FRAME_CALL, STACK_TASK);
	assert_int_equal(unwound->frames[0].cfa, irq);
	assert_int_equal(unwound->frames[2].cfa, 0);
	assert_int_equal(unwound->frames[3].cfa, framed + 16);
	/* the interrupted function has all its registers, its caller only some */
	assert_int_equal(unwound->frames[3].registers.known, (1U << (REGISTER_RIP + 1)) - 1);
	assert_int_equal(unwound->frames[3].registers.value[REGISTER_R15], 0x2000);
	assert_int_equal(unwound->frames[4].registers.known,
			 1U << REGISTER_RIP | 1U << REGISTER_RSP | 1U << REGISTER_RBP);
	assert_int_equal(unwound->frames[4].registers.value[REGISTER_RBP], 0x5555);
	assert_true(unwound->user.user);
	assert_int_equal(unwound->user.value[REGISTER_RSP], USER_RSP);
	free_scene(scene);
}

static void all_forms(void **state)
{
	unsigned int version;

	(void)state;
	for (version = 1; version <= 4; version++)
		all_the_way(version);
}

/* What the kernel says of the form counts, then the page fault; a release is not asked. */
static void form_is_found(void **state)
{
	struct scene *scene = *state;
	struct orc orc;

	fake_add_symbol(&scene->image, "__start_orc_header", HEADER);
	put(scene, HEADER, 0xbf325dfe, 4);
	refresh(scene);
	assert_int_equal(unwinder_orc_version(scene->unwinder), 3);
	put(scene, HEADER, 0xad367c13, 4);
	refresh(scene);
	assert_int_equal(unwinder_orc_version(scene->unwinder), 4);
	put(scene, HEADER, 0x12345678, 4);
	scene->image.release = "7.1.0";
	refresh(scene);
	assert_int_equal(unwinder_orc_version(scene->unwinder), 1);
	fake_remove_symbol(&scene->image, "asm_exc_page_fault");
	orc_open(&orc, &scene->kernel, scene->code);
	assert_int_equal(orc_version(&orc), 0);
	refresh(scene);
	check_end(run(scene, WORKER, TASK_STACK + 8, 0), UNWIND_NO_TABLE, WORKER, 1);
}

/* Before 5.12 an indirect rsp was *(rsp + offset). */
static void old_indirect_rsp(void **state)
{
	struct scene *scene = *state;
	uint64_t at = IRQ_STACK + 0x100, entry = TASK_STACK + 0x1000;

	fake_remove_symbol(&scene->image, "hardirq_stack_inuse");
	put64(scene, at + 8, entry);
	put64(scene, entry - 8, FIRST + 1);
	check_end(run(scene, ON_IRQ, at, 0), UNWIND_TOP, FIRST + 1, 2);
}

static void indirect_rbp(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x100;

	put64(scene, sp + 0x40 - 8, sp + 0x80);
	put64(scene, sp + 0x80 - 8, FIRST + 1);
	check_end(run(scene, INDIRECT, sp, sp + 0x40), UNWIND_TOP, FIRST + 1, 2);
}

/* An NMI met an entry that had pushed nothing but what the CPU does, on its own stack. */
static void nmi_in_entry(void **state)
{
	struct scene *scene = *state;
	uint64_t nmi = EXCEPTIONS + 0x1000 + 0x1000, entry = EXCEPTIONS + 0x1000 - 48;
	const struct unwound *unwound;

	put_regs(scene, nmi + 0x800, FAULT, CS_KERNEL, entry, 9);
	put64(scene, nmi + 0x7f8, ENTRY_IRQ + 8);
	put64(scene, entry + 8, USER_RIP);
	put64(scene, entry + 16, CS_USER);
	put64(scene, entry + 32, USER_RSP);
	unwound = run(scene, WORKER, nmi + 0x7f8 - 16, 0);
	check_end(unwound, UNWIND_USER, USER_RIP, 3);
	check_frame(unwound, 0, WORKER, FRAME_RUNNING, STACK_NMI);
	check_frame(unwound, 2, FAULT, FRAME_INTERRUPTED, STACK_ENTRY);
	assert_int_equal(unwound->user.value[REGISTER_RSP], USER_RSP);
	/* what a function would keep is the user's still */
	assert_true(register_known(&unwound->user, REGISTER_R12));
	assert_int_equal(unwound->user.value[REGISTER_RBP], 9);
	assert_false(register_known(&unwound->user, REGISTER_RAX));
}

static void user_mode(void **state)
{
	struct scene *scene = *state;
	struct cpu cpu = {.task = TASK, .registers.user = true};

	register_set(&cpu.registers, REGISTER_RIP, USER_RIP);
	register_set(&cpu.registers, REGISTER_RSP, USER_RSP);
	unwind_cpu(scene->unwinder, &cpu, &scene->unwound);
	check_end(&scene->unwound, UNWIND_USER, USER_RIP, 0);
	assert_int_equal(scene->unwound.user.value[REGISTER_RIP], USER_RIP);
}

static void no_registers(void **state)
{
	struct scene *scene = *state;
	struct cpu cpu = {.task = TASK, .missing = "none"};

	unwind_cpu(scene->unwinder, &cpu, &scene->unwound);
	check_end(&scene->unwound, UNWIND_NO_START, 0, 0);
}

static void put_inactive(struct scene *scene, uint64_t sp, uint64_t rip)
{
	unsigned int i;

	for (i = 0; i < 6; i++)
		put64(scene, sp + 8 * i, 0x3000 + i);
	put64(scene, sp + 48, rip);
	refresh(scene);
}

static void sleeping_task(void **state)
{
	struct scene *scene = *state;
	struct task task = {.address = TASK, .stack = TASK_STACK, .sp = TASK_STACK + 0x1000};
	const struct unwound *unwound = &scene->unwound;

	put64(scene, task.sp + 56 + 16, FIRST + 8);
	put_inactive(scene, task.sp, WORKER + 0x10);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(unwound, UNWIND_TOP, FIRST + 8, 2);
	check_frame(unwound, 0, WORKER + 0x10, FRAME_CALL, STACK_TASK);
	assert_int_equal(unwound->frames[0].registers.value[REGISTER_RBX], 0x3004);
	assert_int_equal(unwound->frames[0].registers.value[REGISTER_R12], 0x3003);
	assert_int_equal(unwound->frames[0].registers.value[REGISTER_RSP], task.sp + 56);
	assert_false(register_known(&unwound->frames[0].registers, REGISTER_RAX));
	assert_int_equal(unwound->frames[1].registers.value[REGISTER_RBP], 0x3005);
}

/* Its first instruction is the first of a function: no return address. */
static void new_task(void **state)
{
	struct scene *scene = *state;
	struct task task = {.address = TASK, .stack = TASK_STACK, .sp = TASK_STACK + 0x1000};

	put_inactive(scene, task.sp, FIRST);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_TOP, FIRST, 1);
	check_frame(&scene->unwound, 0, FIRST, FRAME_INTERRUPTED, STACK_TASK);
}

static void tasks_without_start(void **state)
{
	struct scene *scene = *state;
	struct task task = {.address = TASK, .stack = TASK_STACK, .sp = TASK_STACK + 0x1000,
			    .on_cpu = true};

	put_inactive(scene, task.sp, WORKER + 8);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_ON_CPU, 0, 0);
	task.on_cpu = false;
	task.sp = TASK_STACK + STACK_SIZE - 8;
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_OFF_STACK, TASK_STACK + STACK_SIZE, 0);
	task.stack = 0;
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_NO_STACK, 0, 0);
	task.stack = TASK_STACK;
	task.sp = TASK_STACK + 0x1000;
	put_inactive(scene, task.sp, 0x1234);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_NOT_CODE, 0x1234, 0);
}

/* Without CONFIG_SMP there is no on_cpu: the one that runs is known. */
static void running_without_on_cpu(void **state)
{
	struct scene *scene = *state;
	struct task task = {.address = TASK, .stack = TASK_STACK, .sp = TASK_STACK + 0x1000};

	fake_remove_type(&scene->types, "task_struct");
	fake_remove_symbol(&scene->image, "__per_cpu_offset");
	fake_add_symbol(&scene->image, "current_task", VARIABLES + 0x40);
	put64(scene, VARIABLES + 0x40, TASK);
	put_inactive(scene, task.sp, FIRST);
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_ON_CPU, 0, 0);
	task.address = TASK + 0x100;
	unwind_task(scene->unwinder, &task, &scene->unwound);
	check_end(&scene->unwound, UNWIND_TOP, FIRST, 1);
}

/* ---- other code ---- */

static void bpf_keeps_frame_pointers(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000;

	put64(scene, sp + 16, BPF + 0x20);	/* returns from worker() */
	put64(scene, sp + 0x80, sp + 0x100);	/* rbp of the program's caller */
	put64(scene, sp + 0x88, FIRST + 1);
	check_end(run(scene, WORKER, sp, sp + 0x80), UNWIND_TOP, FIRST + 1, 3);
	check_frame(&scene->unwound, 1, BPF + 0x20, FRAME_CALL, STACK_TASK);
	assert_int_equal(scene->unwound.frames[2].registers.value[REGISTER_RBP], sp + 0x100);
	/* rbp that is on no stack, below rsp, or odd, is none */
	check_end(run(scene, WORKER, sp, 0x123), UNWIND_NO_TABLE, BPF + 0x20, 2);
	check_end(run(scene, WORKER, sp, sp + 8), UNWIND_NO_TABLE, BPF + 0x20, 2);
	check_end(run(scene, WORKER, sp, sp + 0x81), UNWIND_NO_TABLE, BPF + 0x20, 2);
}

static void call_of_nothing(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000;

	put64(scene, sp, FIRST + 1);
	check_end(run(scene, 0, sp, 0), UNWIND_TOP, FIRST + 1, 2);
	put64(scene, sp, 0);
	check_end(run(scene, 0, sp, 0), UNWIND_NOT_CODE, 0, 1);
}

/* e8: the call of __crash_kexec() that the return address tells of. */
static void no_table_but_a_call(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000, call = FIRST + 0x10;

	put64(scene, sp + 0x40, FIRST + 0x80);	/* code, but no call of it */
	put64(scene, sp + 0xb0, call + 5);
	check_end(run(scene, UNKNOWN + 0x30, sp, 0x42), UNWIND_NO_TABLE, UNKNOWN + 0x30, 1);
	put(scene, call, 0xe8, 1);
	put(scene, call + 1, UNKNOWN - (call + 5), 4);
	check_end(run(scene, UNKNOWN + 0x30, sp, 0x42), UNWIND_TOP, call + 5, 2);
	assert_int_equal(scene->unwound.frames[0].cfa, sp + 0xb8);
	assert_int_equal(scene->unwound.frames[1].registers.value[REGISTER_RBP], 0x42);
	/* a call of another function */
	put(scene, call + 1, WORKER - (call + 5), 4);
	check_end(run(scene, UNKNOWN + 0x30, sp, 0x42), UNWIND_NO_TABLE, UNKNOWN + 0x30, 1);
	/* which is a guess, then: code behind a call, and not the word before it */
	assert_int_equal(scene->unwound.count, 2);
	assert_true(scene->unwound.frames[1].guessed);
	assert_int_equal(scene->unwound.frames[1].pc, call + 5);
	assert_int_equal(scene->unwound.frames[0].cfa, sp + 0xb8);
}

/* A retpoline thunk: its first instruction, and a later one. */
static void first_instruction(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000;

	put64(scene, sp, FIRST + 0x15);
	check_end(run(scene, UNKNOWN, sp, 0x42), UNWIND_TOP, FIRST + 0x15, 2);
	assert_int_equal(scene->unwound.frames[0].cfa, sp + 8);
	check_end(run(scene, UNKNOWN + 1, sp, 0x42), UNWIND_NO_TABLE, UNKNOWN + 1, 1);
}

/* Without tables: registers of interrupted code, and those of user mode on top. */
static void guessed_interrupt(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000;

	put_syscall(scene);
	put_regs(scene, sp + 0x40, WORKER + 0x10, 0x10, sp + 0x40 + PT_REGS_SIZE, 7);
	put64(scene, sp + 0x40 + 20 * 8, 0);	/* ss, after an entry from user mode */
	run(scene, UNKNOWN + 0x30, sp, 0x42);
	check_end(&scene->unwound, UNWIND_NO_TABLE, UNKNOWN + 0x30, 1);
	assert_true(scene->unwound.count > 1);
	assert_int_equal(scene->unwound.frames[1].kind, FRAME_INTERRUPTED);
	assert_int_equal(scene->unwound.frames[1].pc, WORKER + 0x10);
	assert_true(scene->unwound.frames[1].guessed);
	assert_int_equal(scene->unwound.user.value[REGISTER_RIP], USER_RIP);
}

static void beside_the_tables(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000;

	/* a frame that was called does not know r10 */
	put64(scene, sp + 16, REALIGNED + 0x20);
	check_end(run(scene, WORKER, sp, 0), UNWIND_NO_REGISTER, REALIGNED + 0x20, 2);
	check_end(run(scene, AFTER + 0x10, sp, 0), UNWIND_NO_TABLE, AFTER + 0x10, 1);
	/* form 1 has no fourth type, and no register 15 */
	put(scene, ORC + 4, 3 << 8 | 5, 2);
	check_end(run(scene, WORKER + 1, sp, 0), UNWIND_NO_TABLE, WORKER + 1, 1);
	put(scene, ORC + 4, 15, 2);
	check_end(run(scene, WORKER + 1, sp, 0), UNWIND_NO_TABLE, WORKER + 1, 1);
}

/* ---- torn stacks ---- */

static void return_to_nowhere(void **state)
{
	struct scene *scene = *state;
	uint64_t sp = TASK_STACK + 0x1000;

	put64(scene, sp + 16, BASE + 0x9000);
	check_end(run(scene, WORKER, sp, 0), UNWIND_NOT_CODE, BASE + 0x9000, 1);
	put64(scene, sp + 16, UINT64_C(0xfffffffffffffff0));
	check_end(run(scene, WORKER, sp, 0), UNWIND_NOT_CODE, UINT64_C(0xfffffffffffffff0), 1);
}

static void off_stack(void **state)
{
	struct scene *scene = *state;

	check_end(run(scene, WORKER, BASE + 0x38000, 0), UNWIND_OFF_STACK, BASE + 0x38000, 1);
	check_end(run(scene, FRAMED, TASK_STACK + 8, UINT64_C(0xfffffffffffffff8)),
		  UNWIND_OFF_STACK, 0, 1);
	check_end(run(scene, FRAMED, TASK_STACK + 8, TASK_STACK + 1), UNWIND_OFF_STACK,
		  TASK_STACK + 17, 1);
	/* the first function of an entry may still have the user's stack */
	check_end(run(scene, FIRST, USER_RSP, 0), UNWIND_TOP, FIRST, 1);
}

static void unreadable(void **state)
{
	struct scene *scene = *state;

	scene->fake.hole = TASK_STACK;
	check_end(run(scene, WORKER, TASK_STACK + 0x100, 0), UNWIND_UNREADABLE,
		  TASK_STACK + 0x110, 1);
	scene->fake.hole = ORC;
	check_end(run(scene, WORKER, TASK_STACK + 0x100, 0), UNWIND_UNREADABLE, ORC, 1);
	scene->fake.hole = ORC_IP;
	assert_int_equal(run(scene, WORKER, TASK_STACK + 0x100, 0)->end, UNWIND_UNREADABLE);
}

static void downwards(void **state)
{
	struct scene *scene = *state;
	uint64_t regs = TASK_STACK + 0x1000;

	put_regs(scene, regs, WORKER, CS_KERNEL, regs, 0);
	check_end(run(scene, ENTRY_IRQ, regs, 0), UNWIND_NO_PROGRESS, regs, 1);
	put_regs(scene, regs, WORKER, CS_KERNEL, regs - 64, 0);
	check_end(run(scene, ENTRY_IRQ, regs, 0), UNWIND_NO_PROGRESS, regs - 64, 1);
}

/* From one stack to the other and back. */
static void round_and_round(void **state)
{
	struct scene *scene = *state;
	uint64_t one = TASK_STACK + 0x1000, two = IRQ_STACK + 0x1000;

	put_regs(scene, one, ENTRY_IRQ, CS_KERNEL, two, 0);
	put_regs(scene, two, ENTRY_IRQ, CS_KERNEL, one, 0);
	check_end(run(scene, ENTRY_IRQ, one, 0), UNWIND_NO_PROGRESS, one, 2);
}

static void too_deep(void **state)
{
	struct scene *scene = *state;
	uint64_t at;

	for (at = TASK_STACK; at < TASK_STACK + STACK_SIZE; at += 8)
		put64(scene, at, DEEP + 0x10);
	run(scene, DEEP, TASK_STACK, 0);
	assert_int_equal(scene->unwound.end, UNWIND_TOO_DEEP);
	assert_int_equal(scene->unwound.count, UNWIND_FRAMES_MAX);
}

static void bad_registers(void **state)
{
	struct scene *scene = *state;
	uint64_t regs = TASK_STACK + 0x1000;

	put_regs(scene, regs, WORKER, 0, regs + 0x200, 0);
	check_end(run(scene, ENTRY_IRQ, regs, 0), UNWIND_BAD_REGISTERS, regs, 1);
	put_regs(scene, regs, WORKER, CS_USER, USER_RSP, 0);
	check_end(run(scene, ENTRY_IRQ, regs, 0), UNWIND_BAD_REGISTERS, regs, 1);
	assert_int_equal(scene->unwound.user.known, 0);
	/* half of it is above the stack */
	regs = TASK_STACK + STACK_SIZE - 64;
	check_end(run(scene, ENTRY_IRQ, regs, 0), UNWIND_OFF_STACK, regs, 1);
}

static void texts(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < UNWIND_END_COUNT; i++)
		assert_string_not_equal(unwind_end_text((enum unwind_end)i), "unknown");
	for (i = STACK_TASK; i <= STACK_ENTRY; i++)
		assert_string_not_equal(stack_kind_text((enum stack_kind)i), "unknown");
	assert_string_equal(arch_x86_64.register_names[REGISTER_RIP], "rip");
	assert_string_equal(arch_x86_64.register_names[REGISTER_RDX], "rdx");
	assert_string_equal(arch_arm64.register_names[register_of_x(28)], "x28");
	assert_string_equal(arch_arm64.register_names[REGISTER_LR], "x30");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms),
		cmocka_unit_test_setup_teardown(form_is_found, setup, teardown),
		cmocka_unit_test_setup_teardown(old_indirect_rsp, setup, teardown),
		cmocka_unit_test_setup_teardown(indirect_rbp, setup, teardown),
		cmocka_unit_test_setup_teardown(nmi_in_entry, setup, teardown),
		cmocka_unit_test_setup_teardown(user_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(no_registers, setup, teardown),
		cmocka_unit_test_setup_teardown(sleeping_task, setup, teardown),
		cmocka_unit_test_setup_teardown(new_task, setup, teardown),
		cmocka_unit_test_setup_teardown(tasks_without_start, setup, teardown),
		cmocka_unit_test_setup_teardown(running_without_on_cpu, setup, teardown),
		cmocka_unit_test_setup_teardown(bpf_keeps_frame_pointers, setup, teardown),
		cmocka_unit_test_setup_teardown(call_of_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(no_table_but_a_call, setup, teardown),
		cmocka_unit_test_setup_teardown(guessed_interrupt, setup, teardown),
		cmocka_unit_test_setup_teardown(first_instruction, setup, teardown),
		cmocka_unit_test_setup_teardown(beside_the_tables, setup, teardown),
		cmocka_unit_test_setup_teardown(return_to_nowhere, setup, teardown),
		cmocka_unit_test_setup_teardown(off_stack, setup, teardown),
		cmocka_unit_test_setup_teardown(unreadable, setup, teardown),
		cmocka_unit_test_setup_teardown(downwards, setup, teardown),
		cmocka_unit_test_setup_teardown(round_and_round, setup, teardown),
		cmocka_unit_test_setup_teardown(too_deep, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_registers, setup, teardown),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
