// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/user_registers.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"

/* struct pt_regs of x86_64 (arch/x86/include/asm/ptrace.h), in words. */
#define REGS_WORDS	21
#define REGS_GENERAL	15	/* r15 to rdi; orig_ax, ip, cs, flags, sp and ss follow */
#define REGS_IP		16
#define REGS_CS		17
#define REGS_SS		20

/* struct user_pt_regs of arm64: x0 to x30, sp, pc, pstate; EL0 has no mode bits. */
#define ARM64_GENERAL	30	/* all but the link register, which tells where it was */
#define ARM64_PC	32
#define ARM64_PSTATE	33
#define ARM64_WORDS	34

/* struct elf_prstatus: 112 bytes, then registers in the order of struct pt_regs. */
#define PRSTATUS_REGS 112
/*
 * struct QEMUCPUState (target/i386/arch_dump.c of QEMU): two words of 32 bits; rax, rbx, rcx,
 * rdx, rsi, rdi, rsp, rbp, r8 to r15, rip, rflags; then segments, cs first.
 */
#define QEMU_GENERAL	8
#define QEMU_RSP	(QEMU_GENERAL + 6 * 8)
#define QEMU_RBP	(QEMU_GENERAL + 7 * 8)
#define QEMU_RIP	(QEMU_GENERAL + 16 * 8)
#define QEMU_CS		(QEMU_GENERAL + 18 * 8)

/* Tables of the processes whose the registers may be. */
struct owners {
	const uint64_t *pgds;
	size_t count;
	bool kernel;	/* some may be the kernel's already: its addresses stay */
};

/* ------------------------------------------------------------------ what stays */

static bool is_swapped_out(const struct user_registers *registers, uint64_t pgd, uint64_t address)
{
	unsigned int type;
	uint64_t pte, slot;

	return page_table_lookup(registers->kernel, &registers->tables, pgd, address, &pte) ==
		       READ_OK &&
	       page_table_swap_entry(registers->kernel, pte, &type, &slot);
}

static bool stays(const struct user_registers *registers, const struct owners *owners,
		  uint64_t value)
{
	size_t i;

	if (owners->kernel && value >> 52 == 0xfff)
		return true;
	if (!registers->tables_known || value < 4096 ||
	    value >> registers->kernel->arch->user_bits)
		return false;
	for (i = 0; i < owners->count; i++)
		if (is_swapped_out(registers, owners->pgds[i], value))
			return true;
	return false;
}

static void blank_words(const struct user_registers *registers, const struct owners *owners,
			unsigned char *words, size_t count)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < count; i++) {
		memcpy(&value, words + i * 8, sizeof(value));
		if (!stays(registers, owners, value))
			memset(words + i * 8, 0, sizeof(value));
	}
}

/* ------------------------------------------------------------------- which are these */

static uint64_t word_at(const unsigned char *words, unsigned int index)
{
	uint64_t word;

	memcpy(&word, words + index * 8, sizeof(word));
	return word;
}

static bool is_user_segment(uint64_t selector)
{
	return (selector & 3) == 3 && selector < 0x100;
}

/*
 * Both segments are asked for: where the words are other ones, one alone may look like a
 * segment, for instance the number of a system call.
 */
static void blank_x86_64(const struct user_registers *registers, const struct owners *owners,
			 unsigned char *regs)
{
	if (is_user_segment(word_at(regs, REGS_CS)) && is_user_segment(word_at(regs, REGS_SS)))
		blank_words(registers, owners, regs, REGS_GENERAL);
}

static void blank_arm64(const struct user_registers *registers, const struct owners *owners,
			unsigned char *regs)
{
	if (!(word_at(regs, ARM64_PSTATE) & 0xf))
		blank_words(registers, owners, regs, ARM64_GENERAL);
}

static bool page_table_of(const struct user_registers *registers, uint64_t task, uint64_t *pgd)
{
	struct task_details details;

	return registers->tables_known &&
	       task_details_read(registers->kernel, &registers->tasks, task, &details) &&
	       details.mm && mm_page_table(registers->kernel, &registers->map, details.mm, pgd);
}

void user_registers_blank(const struct user_registers *registers, uint64_t pfn,
			  unsigned char *page)
{
	uint64_t task = frame_map_find(&registers->stack_ends, pfn), pgd;
	struct owners owners = {.pgds = &pgd};
	unsigned char *end = page + source_facts(registers->kernel->source)->page_size;

	if (!task)
		return;
	owners.count = page_table_of(registers, task, &pgd);
	if (registers->arm64) {
		if (registers->size)
			blank_arm64(registers, &owners, end - registers->size);
		return;
	}
	/* of 6.9 and later leave 16 bytes behind them (for FRED) */
	blank_x86_64(registers, &owners, end - REGS_WORDS * 8);
	blank_x86_64(registers, &owners, end - REGS_WORDS * 8 - 16);
}

/*
 * The code between user mode and the kernel begins and ends with the registers of the process.
 * arm64 has it mapped a second time, where no symbol is (its trampoline for KPTI).
 */
static bool is_entry(const struct user_registers *registers, uint64_t pc)
{
	uint64_t offset;
	char name[8];

	if (pc >= registers->entry_start && pc < registers->entry_end)
		return true;
	return registers->arm64 && pc >> 63 &&
	       !image_symbol_at(registers->kernel->image, pc, name, sizeof(name), &offset);
}

static void blank_prstatus(const struct user_registers *registers, struct owners *owners,
			   unsigned char *regs, size_t size)
{
	size_t words = registers->arm64 ? ARM64_WORDS : REGS_WORDS;

	if (size < words * 8)
		return;
	if (registers->arm64)
		blank_arm64(registers, owners, regs);
	else
		blank_x86_64(registers, owners, regs);
	owners->kernel = true;
	if (is_entry(registers, word_at(regs, registers->arm64 ? ARM64_PC : REGS_IP)))
		blank_words(registers, owners, regs,
			    registers->arm64 ? ARM64_GENERAL : REGS_GENERAL);
}

static void blank_qemu(const struct user_registers *registers, struct owners *owners,
		       unsigned char *note, size_t size)
{
	uint32_t cs;

	if (size < QEMU_CS + sizeof(cs))
		return;
	memcpy(&cs, note + QEMU_CS, sizeof(cs));
	owners->kernel = (cs & 3) != 3;
	if (owners->kernel && !is_entry(registers, word_at(note + QEMU_RIP, 0)))
		return;
	blank_words(registers, owners, note + QEMU_GENERAL, (QEMU_RSP - QEMU_GENERAL) / 8);
	blank_words(registers, owners, note + QEMU_RBP, (QEMU_RIP - QEMU_RBP) / 8);
}

void user_registers_blank_note(const struct user_registers *registers, enum diskdump_note kind,
			       unsigned char *note, size_t size)
{
	struct owners owners = {registers->running, registers->running_count, false};

	if (kind == DISKDUMP_QEMU)
		blank_qemu(registers, &owners, note, size);
	else if (size > PRSTATUS_REGS)
		blank_prstatus(registers, &owners, note + PRSTATUS_REGS, size - PRSTATUS_REGS);
}

/* ----------------------------------------------------------------------- finding */

struct stack_walk {
	struct user_registers *registers;
	const struct page_set *pages;
	bool failed;
};

static bool add_running(struct user_registers *registers, uint64_t task)
{
	size_t size = (registers->running_count + 1) * sizeof(*registers->running);
	uint64_t pgd, *running;

	if (!page_table_of(registers, task, &pgd))
		return true;
	running = realloc(registers->running, size);
	if (!running)
		return false;
	registers->running = running;
	running[registers->running_count++] = pgd;
	return true;
}

static bool add_stack(void *data, const struct task *task)
{
	struct stack_walk *walk = data;
	struct user_registers *registers = walk->registers;
	uint64_t last = task->stack + registers->tasks.stack_size -
			source_facts(registers->kernel->source)->page_size;

	walk->failed = !frame_map_add(&registers->stack_ends, registers->kernel, walk->pages, last,
				      task->address) ||
		       (task->on_cpu && !add_running(registers, task->address));
	return !walk->failed;
}

bool user_registers_find(struct user_registers *registers, const struct kernel *kernel,
			 const struct page_set *pages)
{
	const struct source_facts *facts = source_facts(kernel->source);
	struct stack_walk walk = {.registers = registers, .pages = pages};
	uint64_t size;

	*registers = (struct user_registers){
		.kernel = kernel,
		.arm64 = !strcmp(facts->architecture, "aarch64"),
	};
	if (types_size(kernel->types, "pt_regs", &size) && size >= ARM64_WORDS * 8 &&
	    size <= facts->page_size)
		registers->size = size;
	if (!image_symbol(kernel->image, "__entry_text_start", &registers->entry_start) ||
	    !image_symbol(kernel->image, "__entry_text_end", &registers->entry_end))
		registers->entry_end = 0;
	registers->tables_known = address_map_layout_resolve(kernel, &registers->map) &&
				  page_table_layout_resolve(kernel, &registers->tables);
	if (!task_layout_resolve(kernel, &registers->tasks))
		return true;
	task_for_each(kernel, &registers->tasks, add_stack, &walk);
	frame_map_sort(&registers->stack_ends);
	return !walk.failed;
}

void user_registers_free(struct user_registers *registers)
{
	frame_map_free(&registers->stack_ends);
	free(registers->running);
	*registers = (struct user_registers){0};
}
