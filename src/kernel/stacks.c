// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/stacks.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"
#include "kernel/cpu_stacks.h"
#include "kernel/page_table.h"
#include "kernel/per_cpu.h"
#include "kernel/swap_entry.h"
#include "kernel/task.h"
#include "kernel/word_memo.h"

#define STACK_SIZE_MAX (1 << 20)

/* What a function does that matters here; a sum. */
enum code {
	CODE_SWAP	= 1 << 0,	/* has to do with swap entries */
	CODE_SHMEM	= 1 << 1,	/* with those in trees of shmem */
	CODE_TABLES	= 1 << 2,	/* with page tables or shmem files as a whole */
};

struct collect {
	const struct kernel *kernel;
	const struct task_layout *layout;
	const uint64_t *slots;
	unsigned int types;
	uint64_t slots_max;		/* of the largest device */
	uint64_t text, text_end;	/* addresses of kernel code */
	unsigned int on_cpu;		/* tasks seen on a CPU */
	struct stack_range *exceptions;	/* stacks of NMIs and the like, of all CPUs */
	size_t exception_count;
	bool nmi_stacks_known;		/* of every CPU */
	struct stack_entries *found;
	size_t room;
	struct word_memo *memo;		/* a sum of enum code of each word */
	uint64_t *stack;		/* STACK_SIZE_MAX bytes */
	bool out_of_memory;
};

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/* Sort and drop what is there twice: stacks are full of the same small numbers. */
static void settle(struct stack_entries *found)
{
	size_t kept = 0, i;

	qsort(found->entries, found->count, sizeof(*found->entries), compare);
	for (i = 0; i < found->count; i++)
		if (!kept || found->entries[i] != found->entries[kept - 1])
			found->entries[kept++] = found->entries[i];
	found->count = kept;
}

/* Room for one more; only when dropping doubles does not help, twice the room. */
static bool make_room(struct collect *collect)
{
	struct stack_entries *found = collect->found;
	uint64_t *grown;

	if (found->count < collect->room)
		return true;
	settle(found);
	if (found->count <= collect->room / 2)
		return true;
	grown = realloc(found->entries, 2 * collect->room * sizeof(*grown));
	if (!grown) {
		collect->out_of_memory = true;
		return false;
	}
	found->entries = grown;
	collect->room *= 2;
	return true;
}

static bool is_slot_of(const struct collect *collect, unsigned int type, uint64_t slot)
{
	return type < collect->types && slot < collect->slots[type];
}

static void keep(struct collect *collect, uint64_t word)
{
	if (word && make_room(collect))
		collect->found->entries[collect->found->count++] = word;
}

/*
 * Keep a word that could be an entry, or the bare slot before it is made one; and
 * the entry of a word that could be a page table entry, or the value that shmem
 * keeps in a tree, which have their slots in other bits.
 */
static void keep_word(struct collect *collect, uint64_t word, unsigned int code)
{
	unsigned int type;
	uint64_t slot;

	word = swap_entry_take(collect->kernel->swap.old_entries, word);
	swap_entry_split(word, &type, &slot);
	if (word < collect->slots_max || is_slot_of(collect, type, slot))
		keep(collect, word);
	if (page_table_swap_entry(collect->kernel, word, &type, &slot) &&
	    is_slot_of(collect, type, slot))
		keep(collect, swap_entry(type, slot));
	swap_entry_split(word >> 1, &type, &slot);
	if (code & CODE_SHMEM && word & 1 && is_slot_of(collect, type, slot))
		keep(collect, word >> 1);
}

static void keep_words(struct collect *collect, const uint64_t *words, size_t count,
		       unsigned int code)
{
	size_t i;

	for (i = 0; i < count && !collect->out_of_memory; i++)
		keep_word(collect, words[i], code);
}

/*
 * Parts of the names of functions below which all swap entries are handled: faults,
 * reclaim, shmem (shmem_writepage() sleeps with one in hand), fork, unmapping,
 * moving, swapoff. And of those that take a whole page table out of its tree for a
 * while, with what is in it: collapse_huge_page() of mm/khugepaged.c, which is inlined
 * up to khugepaged() itself in 5.10, and move_normal_pmd() of mm/mremap.c, which is
 * inlined. With them goes shmem_writeout() of 6.17, which puts a file on shmem_swaplist
 * when others may have swapped out pages of it already (ea693aaa5ce5).
 */
static const struct {
	const char *part;
	unsigned int code;
} code_names[] = {
	{"swap", CODE_SWAP}, {"shmem", CODE_SWAP | CODE_SHMEM}, {"shrink", CODE_SWAP},
	{"reclaim", CODE_SWAP}, {"pageout", CODE_SWAP}, {"mm_fault", CODE_SWAP},
	{"zap_", CODE_SWAP}, {"unmap", CODE_SWAP}, {"exit_mmap", CODE_SWAP},
	{"madvise", CODE_SWAP}, {"copy_page_range", CODE_SWAP}, {"dup_mm", CODE_SWAP},
	{"uffd", CODE_SWAP}, {"userfaultfd", CODE_SWAP},
	{"collapse", CODE_SWAP | CODE_TABLES}, {"khugepaged", CODE_SWAP | CODE_TABLES},
	{"move_page_tables", CODE_SWAP | CODE_TABLES},
	{"move_vma", CODE_SWAP | CODE_TABLES},
	{"shmem_writeout", CODE_TABLES},
};

static unsigned int code_of(const char *name)
{
	unsigned int code = 0;
	size_t i;

	for (i = 0; i < sizeof(code_names) / sizeof(code_names[0]); i++)
		if (strstr(name, code_names[i].part))
			code |= code_names[i].code;
	return code;
}

/* Of the function that @word is an address in; where there is no telling, of all kinds. */
static unsigned int code_at(const struct collect *collect, uint64_t word)
{
	unsigned int code = 0;
	char name[128];
	uint64_t offset;

	if (word_memo_get(collect->memo, word, &code))
		return code;
	if (word_memo_full(collect->memo)) {
		collect->found->complete = false;
		return CODE_SWAP | CODE_SHMEM | CODE_TABLES;
	}
	code = 0;
	if (image_symbol_at(collect->kernel->image, word, name, sizeof(name), &offset))
		code = code_of(name);
	word_memo_put(collect->memo, word, code);
	return code;
}

/* Of the functions whose addresses are among @words, return addresses or interrupted ones. */
static unsigned int code_in(const struct collect *collect, const uint64_t *words, size_t count)
{
	unsigned int code = 0;
	size_t i;

	/* without symbols of the code every stack counts */
	if (!collect->text)
		return CODE_SWAP | CODE_SHMEM | CODE_TABLES;
	for (i = 0; i < count; i++)
		if (words[i] >= collect->text && words[i] < collect->text_end)
			code |= code_at(collect, words[i]);
	return code;
}

/* Copy a stack from @address to its end; words that cannot be read are zeros. */
static size_t copy_stack(struct collect *collect, uint64_t address, uint64_t end)
{
	unsigned char *copy = (unsigned char *)collect->stack;
	uint64_t begin = address;

	while (address < end) {
		uint64_t length = 4096 - (address & 4095);

		if (length > end - address)
			length = end - address;
		if (memory_read(collect->kernel->memory, address, copy + (address - begin),
				length) != READ_OK) {
			memset(copy + (address - begin), 0, length);
			collect->found->complete = false;
		}
		address += length;
	}
	return (end - begin) / sizeof(uint64_t);
}

/* The N-th note; false after the last, or if it is none of this architecture. */
static bool read_registers(const struct collect *collect, size_t index,
			   uint64_t words[PRSTATUS_WORDS_MAX], struct registers *registers)
{
	if (!prstatus_read(collect->kernel, index, words))
		return false;
	collect->kernel->arch->registers(words, registers);
	return true;
}

/*
 * The stack pointer of a task on a CPU, from the CPU's registers; the lowest
 * address of the stack when no note fits, as when an interrupt has its own stack.
 */
static uint64_t running_sp(const struct collect *collect, uint64_t stack, uint64_t end)
{
	uint64_t words[PRSTATUS_WORDS_MAX];
	struct registers registers;
	size_t index;

	for (index = 0; read_registers(collect, index, words, &registers); index++)
		if (registers.value[REGISTER_SP] >= stack && registers.value[REGISTER_SP] < end)
			return registers.value[REGISTER_SP];
	return stack;
}

/*
 * Interruptibly, as khugepaged() does until there is work: no page table is out of its
 * tree then.
 */
static bool is_waiting(const struct collect *collect, uint64_t task)
{
	struct field state = collect->layout->state;
	uint64_t value = 0;

	return state.size && state.size <= sizeof(value) &&
	       memory_read(collect->kernel->memory, task + state.offset, &value,
			   state.size) == READ_OK && value & TASK_INTERRUPTIBLE;
}

/* Only the live part: from the stack pointer up. */
static bool take_task(void *data, const struct task *task)
{
	struct collect *collect = data;
	uint64_t end = task->stack + collect->layout->stack_size, sp = task->sp;
	unsigned int code;
	size_t count;

	/* a task that has exited has given its stack back */
	if (!task->stack || end < task->stack)
		return true;
	collect->on_cpu += task->on_cpu;
	if (task->on_cpu)
		sp = running_sp(collect, task->stack, end);
	if (sp < task->stack || sp >= end) {
		collect->found->complete = false;	/* another size of stack than we think */
		sp = task->stack;
	}
	count = copy_stack(collect, sp & ~7ULL, end);
	code = code_in(collect, collect->stack, count);
	if (code & CODE_TABLES && !is_waiting(collect, task->address))
		collect->found->tables_moving = true;
	if (task->on_cpu || code & CODE_SWAP)
		keep_words(collect, collect->stack, count, code);
	return !collect->out_of_memory;
}

/*
 * A CPU that was stopped by NMI without leaving a note of its own keeps what it did on its
 * NMI stack (nmi_shootdown_cpus()), unless it came from user space, where it had nothing in
 * hand. It may as well have been stopped by an interrupt, which leaves all on the task's stack
 * (stop_this_cpu()). Where it stands tells, if NMI stacks are known.
 */
static bool stopped_by_nmi(const struct collect *collect, uint64_t rip)
{
	char name[128];
	uint64_t offset;

	return image_symbol_at(collect->kernel->image, rip, name, sizeof(name), &offset) &&
	       (strstr(name, "stop_this_cpu") || strstr(name, "nmi"));
}

/* The stack of an NMI and the like that has @sp on it. */
static const struct stack_range *exception_stack(const struct collect *collect, uint64_t sp)
{
	size_t i;

	for (i = 0; i < collect->exception_count; i++)
		if (stack_range_has(&collect->exceptions[i], sp, sizeof(uint64_t)))
			return &collect->exceptions[i];
	return NULL;
}

/*
 * What an NMI or a machine check has interrupted stands on the stack of its own that it
 * has, wherever it got to from there: often panic(). Interrupts leave it on the stack
 * of the task. False if @sp is on no such stack.
 */
static bool take_exception(struct collect *collect, uint64_t sp)
{
	const struct stack_range *range = exception_stack(collect, sp);
	unsigned int code;
	size_t count;

	if (!range)
		return false;
	count = copy_stack(collect, sp & ~7ULL, range->end);
	code = code_in(collect, collect->stack, count);
	if (code & CODE_TABLES)
		collect->found->tables_moving = true;
	keep_words(collect, collect->stack, count, code | CODE_SHMEM);
	return true;
}

static void take_registers(struct collect *collect)
{
	uint64_t words[PRSTATUS_WORDS_MAX];
	struct registers registers;
	size_t index;

	for (index = 0; read_registers(collect, index, words, &registers); index++) {
		unsigned int code = code_in(collect, &registers.value[REGISTER_PC], 1);

		if (code & CODE_TABLES)
			collect->found->tables_moving = true;
		/* a function that shmem has called does not tell: take all forms */
		keep_words(collect, words, collect->kernel->arch->prstatus_words,
			   code | CODE_SHMEM);
		/* arm64 has no such stacks: its pseudo-NMIs leave it where interrupts do */
		if (!take_exception(collect, registers.value[REGISTER_SP]) && !registers.arm64 &&
		    !collect->nmi_stacks_known &&
		    stopped_by_nmi(collect, registers.value[REGISTER_PC]))
			collect->found->complete = false;
	}
	if (index < collect->on_cpu)
		collect->found->complete = false;
}

/* Those of one CPU; is one of them for NMIs? */
static bool keep_exception_stacks(struct collect *collect, const struct cpu_stacks *stacks)
{
	bool nmi = false;
	unsigned int i;

	for (i = 0; i < stacks->count; i++) {
		const struct stack_range *range = &stacks->ranges[i];

		if (range->kind == STACK_IRQ || range->end - range->start > STACK_SIZE_MAX)
			continue;
		collect->exceptions[collect->exception_count++] = *range;
		nmi |= range->kind == STACK_NMI;
	}
	return nmi;
}

static void find_exception_stacks(struct collect *collect)
{
	unsigned int cpus = per_cpu_count(collect->kernel), cpu;
	unsigned int possible = 0, known = 0;
	struct cpu_stack_layout layout;
	struct cpu_stacks stacks;

	collect->exceptions = calloc(cpus + 1, CPU_STACKS_MAX * sizeof(*collect->exceptions));
	if (!collect->exceptions) {
		collect->out_of_memory = true;
		return;
	}
	cpu_stack_layout_resolve(collect->kernel, &layout);
	for (cpu = 0; cpu < cpus; cpu++) {
		if (!per_cpu_possible(collect->kernel, cpu))
			continue;
		cpu_stacks_read(collect->kernel, &layout, cpu, &stacks);
		possible++;
		known += keep_exception_stacks(collect, &stacks);
	}
	collect->nmi_stacks_known = possible && known == possible;
}

static void prepare(struct collect *collect)
{
	const struct image *image = collect->kernel->image;
	unsigned int type;

	for (type = 0; type < collect->types; type++)
		if (collect->slots[type] > collect->slots_max)
			collect->slots_max = collect->slots[type];
	if (!image_symbol(image, "_stext", &collect->text) ||
	    !image_symbol(image, "_etext", &collect->text_end))
		collect->text = 0;
	collect->stack = malloc(STACK_SIZE_MAX);
	collect->found->entries = malloc(collect->room * sizeof(*collect->found->entries));
	collect->memo = calloc(1, sizeof(*collect->memo));
	collect->out_of_memory = !collect->stack || !collect->found->entries || !collect->memo;
	find_exception_stacks(collect);
}

bool stack_entries_read(const struct kernel *kernel, const uint64_t *slots,
			unsigned int types, struct stack_entries *entries,
			struct error *err)
{
	struct task_layout layout;
	struct collect collect = {
		.kernel = kernel,
		.layout = &layout,
		.slots = slots,
		.types = types,
		.found = entries,
		.room = 4096,
	};

	*entries = (struct stack_entries){.complete = true};
	prepare(&collect);
	if (!collect.out_of_memory) {
		if (!task_layout_resolve(kernel, &layout) ||
		    !task_for_each(kernel, &layout, take_task, &collect))
			entries->complete = false;
		take_registers(&collect);
		settle(entries);
	}
	free(collect.exceptions);
	free(collect.memo);
	free(collect.stack);
	return !collect.out_of_memory || error_set(err, ERROR_SYSTEM, "out of memory");
}

void stack_entries_free(struct stack_entries *entries)
{
	free(entries->entries);
	*entries = (struct stack_entries){0};
}

bool stack_entries_have(const struct stack_entries *entries, uint64_t first, uint64_t count)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (entries->entries[middle] < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < entries->count && entries->entries[low] - first < count;
}
