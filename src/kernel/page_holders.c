// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/page_holders.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/cpu_stacks.h"
#include "kernel/list.h"
#include "kernel/page.h"
#include "kernel/task.h"
#include "kernel/word_memo.h"

#define STACK_STEP 4096		/* of a stack, read at once */
#define STACK_SIZE_MAX (1 << 20)
#define LIST_MAX 65536		/* pages on an isolated list: a memory block has 32,768 or more */
#define LIST_STEPS_MAX (1U << 26)	/* on all of them: a second or two */

/*
 * struct mmu_gather_batch (include/asm-generic/tlb.h), a page of its own but for the
 * first: next, nr, max, and pages (510, if it is one of 4 KiB). Low bits of a page are
 * marks since 6.2; with ENCODED_PAGE_BIT_NR_PAGES_NEXT (6.9, d7f861b9c43a) the next word
 * is 4 * a number.
 */
#define GATHER_NR		8
#define GATHER_MAX		12
#define GATHER_PAGES		16
#define GATHER_NR_FOLLOWS	2
#define GATHER_MARKS		3ULL
#define GATHER_BATCHES_MAX	20	/* MAX_GATHER_BATCH_COUNT */
/* Of all tasks: each has one gather at most, to which some words of its stack lead. */
#define GATHER_BATCHES_ALL	(1U << 16)

struct collect {
	const struct kernel *kernel;
	const struct task_layout *layout;
	const struct cpus *cpus;
	struct cpu_stack_layout cpu_stacks;
	struct page_holders *found;
	uint64_t text, text_end;	/* addresses of kernel code */
	uint64_t task;			/* whose stack is read */
	bool on_cpu;			/* it is */
	uint64_t *stack;		/* STACK_SIZE_MAX bytes */
	uint64_t *batch;		/* page_size bytes */
	uint64_t page_size;
	struct word_memo *memo;		/* 1: an address in page_code */
	unsigned int batches;		/* read so far */
	bool out_of_memory;
};

/* Twice the room when there is none left. */
static void *grow(struct collect *collect, void *array, size_t count, size_t *room,
		  size_t size)
{
	size_t wanted = *room ? 2 * *room : 256;
	void *grown;

	if (count < *room)
		return array;
	grown = realloc(array, wanted * size);
	if (!grown) {
		collect->out_of_memory = true;
		return array;
	}
	*room = wanted;
	return grown;
}

/* The struct page that has @address in it; a list has that of page->lru. */
static bool page_within(const struct kernel *kernel, uint64_t address, uint64_t *page)
{
	const struct page_layout *layout = &kernel->page;
	uint64_t offset = address - layout->vmemmap;

	if (address < layout->vmemmap || offset / layout->size >= layout->pages)
		return false;
	*page = address - offset % layout->size;
	return true;
}

static int compare_holders(const void *left, const void *right)
{
	const struct page_holder *a = left, *b = right;

	if (a->page != b->page)
		return a->page < b->page ? -1 : 1;
	if (a->task != b->task)
		return a->task < b->task ? -1 : 1;
	return a->references < b->references ? 1 : a->references > b->references ? -1 : 0;
}

/* A gather is found once for each word that leads to it: of one task, once is enough. */
static void settle(struct page_holders *found)
{
	size_t kept = 0, i;

	if (found->count)
		qsort(found->holders, found->count, sizeof(*found->holders), compare_holders);
	for (i = 0; i < found->count; i++)
		if (!kept || found->holders[i].page != found->holders[kept - 1].page ||
		    found->holders[i].task != found->holders[kept - 1].task)
			found->holders[kept++] = found->holders[i];
	found->count = kept;
}

/* More room only if that is needed when nothing is there twice. */
static void make_room(struct collect *collect)
{
	struct page_holders *found = collect->found;

	settle(found);
	if (found->count > found->room / 2 || !found->room)
		found->holders = grow(collect, found->holders, found->room, &found->room,
				      sizeof(*found->holders));
}

static void keep(struct collect *collect, uint64_t address, uint32_t references)
{
	struct page_holders *found = collect->found;
	uint64_t page;

	if (!page_within(collect->kernel, address, &page))
		return;
	if (found->count == found->room)
		make_room(collect);
	if (!collect->out_of_memory)
		found->holders[found->count++] = (struct page_holder){
			page, collect->task, references, collect->on_cpu,
		};
}

static void keep_gathered(struct collect *collect, const uint64_t *pages, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++) {
		uint32_t references = 1;
		uint64_t page = pages[i];

		if (page & GATHER_NR_FOLLOWS && i + 1 < count)
			references = (uint32_t)(pages[++i] >> 2);
		keep(collect, page & ~GATHER_MARKS, references);
	}
}

/* Is there a batch of pages at @address? Then keep what it has, and what is behind it. */
static void take_gather(struct collect *collect, uint64_t address)
{
	struct memory *memory = collect->kernel->memory;
	uint64_t *batch = collect->batch, room = (collect->page_size - GATHER_PAGES) / 8;
	uint32_t nr, max;
	unsigned int step;

	for (step = 0; step < GATHER_BATCHES_MAX; step++) {
		if (address >> 63 == 0 || address % collect->page_size ||
		    memory_read_u32(memory, address + GATHER_MAX, &max) != READ_OK ||
		    max != room ||
		    memory_read_u32(memory, address + GATHER_NR, &nr) != READ_OK ||
		    nr > room ||
		    memory_read(memory, address, batch, collect->page_size) != READ_OK)
			return;
		if (collect->batches++ >= GATHER_BATCHES_ALL) {
			collect->found->complete = false;
			return;
		}
		keep_gathered(collect, batch + GATHER_PAGES / 8, nr);
		address = batch[0];
	}
}

/* Names of functions that have pages in hand while they wait, or parts of them. */
static const char *const page_code[] = {
	"page", "folio", "fault", "swap", "shrink", "reclaim", "migrat", "compact", "zap_",
	"unmap", "exit_mmap", "madvise", "collapse", "ksm", "split_huge", "lru_", "gup",
	"shmem", "truncate", "filemap", "direct_IO", "dio", "iomap", "tlb_",
};

static bool is_page_code(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(page_code) / sizeof(page_code[0]); i++)
		if (strstr(name, page_code[i]))
			return true;
	return false;
}

/* Is @word an address in one of them? Where there is no telling, it is. */
static bool is_in_page_code(const struct collect *collect, uint64_t word)
{
	unsigned int found;
	char name[128];
	uint64_t offset;

	if (word_memo_get(collect->memo, word, &found))
		return found;
	if (word_memo_full(collect->memo))
		return true;
	found = image_symbol_at(collect->kernel->image, word, name, sizeof(name), &offset) &&
		is_page_code(name);
	word_memo_put(collect->memo, word, found);
	return found;
}

static bool in_page_code(const struct collect *collect, size_t count)
{
	size_t i;

	/* without symbols of the code every stack counts */
	if (!collect->text)
		return true;
	for (i = 0; i < count; i++)
		if (collect->stack[i] >= collect->text && collect->stack[i] < collect->text_end &&
		    is_in_page_code(collect, collect->stack[i]))
			return true;
	return false;
}

/* Copy a stack from @address to its end; words that cannot be read are zeros. */
static size_t copy_stack(struct collect *collect, uint64_t address, uint64_t end)
{
	unsigned char *copy = (unsigned char *)collect->stack;
	enum read_status status;
	uint64_t begin = address;

	while (address < end) {
		uint64_t length = STACK_STEP - address % STACK_STEP;

		if (length > end - address)
			length = end - address;
		status = memory_read(collect->kernel->memory, address, copy + (address - begin),
				     length);
		if (status != READ_OK)
			memset(copy + (address - begin), 0, length);
		/* stacks of exceptions are not all as large as they could be */
		if (status != READ_OK && status != READ_UNMAPPED)
			collect->found->complete = false;
		address += length;
	}
	return (end - begin) / sizeof(uint64_t);
}

/* The CPU on which @task runs; NULL if it is not known. */
static const struct cpu *cpu_of(const struct collect *collect, uint64_t task)
{
	unsigned int i;

	for (i = 0; i < collect->cpus->count; i++)
		if (collect->cpus->cpus[i].task == task)
			return &collect->cpus->cpus[i];
	return NULL;
}

/* A stack pointer at which @cpu is; 0 if that is not known. */
static uint64_t pointer_of(const struct cpu *cpu)
{
	return cpu && cpu->origin != REGISTERS_MISSING &&
	       register_known(&cpu->registers, REGISTER_SP) ?
	       cpu->registers.value[REGISTER_SP] : 0;
}

static bool in_user_mode(const struct cpu *cpu)
{
	return cpu && cpu->origin != REGISTERS_MISSING && cpu->registers.user;
}

static void keep_words(struct collect *collect, size_t count)
{
	size_t i;

	for (i = 0; i < count && !collect->out_of_memory; i++) {
		keep(collect, collect->stack[i], 0);
		take_gather(collect, collect->stack[i]);
	}
}

static void take_registers(struct collect *collect, const struct cpu *cpu)
{
	unsigned int i;

	for (i = 0; cpu->origin != REGISTERS_MISSING && i < REGISTER_COUNT; i++)
		if (register_known(&cpu->registers, i))
			keep(collect, cpu->registers.value[i], 0);
}

/*
 * An interrupt that came while a task worked has saved its registers on a stack of the
 * CPU's: where it is now, from its stack pointer up; others, as of an interrupt below an
 * NMI, as a whole.
 */
static void take_interrupts(struct collect *collect, const struct cpu *cpu)
{
	uint64_t sp = pointer_of(cpu);
	struct cpu_stacks stacks;
	unsigned int i;

	cpu_stacks_read(collect->kernel, &collect->cpu_stacks, cpu->number, &stacks);
	for (i = 0; i < stacks.count; i++) {
		const struct stack_range *range = &stacks.ranges[i];
		uint64_t start = sp >= range->start && sp < range->end ? sp : range->start;

		if (range->end - range->start <= STACK_SIZE_MAX)
			keep_words(collect, copy_stack(collect, start & ~7ULL, range->end));
	}
}

static void keep_stack(struct collect *collect, uint64_t start, uint64_t end)
{
	struct page_holders *found = collect->found;

	found->stacks = grow(collect, found->stacks, found->stack_count, &found->stack_room,
			     sizeof(*found->stacks));
	if (!collect->out_of_memory)
		found->stacks[found->stack_count++] = (struct page_holder_stack){
			start, end, collect->task,
		};
}

/* Only the live part of a stack: from the stack pointer up. */
static bool take_task(void *data, const struct task *task)
{
	struct collect *collect = data;
	uint64_t end = task->stack + collect->layout->stack_size, sp = task->sp;
	const struct cpu *cpu = task->on_cpu ? cpu_of(collect, task->address) : NULL;
	size_t count;

	/* a task that has exited has given its stack back; one in user mode has an empty one */
	if (!task->stack || end < task->stack || in_user_mode(cpu))
		return true;
	collect->task = task->address;
	collect->on_cpu = task->on_cpu;
	if (task->on_cpu)
		sp = pointer_of(cpu);
	if (sp < task->stack || sp >= end) {
		/* else another size of stack than we think */
		collect->found->complete &= task->on_cpu;
		sp = task->stack;
	}
	if (cpu)
		take_registers(collect, cpu);
	/* on another stack, or without a note, it may be in an interrupt */
	if (cpu && sp == task->stack)
		take_interrupts(collect, cpu);
	count = copy_stack(collect, sp & ~7ULL, end);
	if (!task->on_cpu && !in_page_code(collect, count))
		return true;
	keep_stack(collect, sp & ~7ULL, end);
	keep_words(collect, count);
	return !collect->out_of_memory;
}

static int compare_stacks(const void *left, const void *right)
{
	const struct page_holder_stack *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

bool page_holders_read(const struct kernel *kernel, struct page_holders *holders,
		       struct error *err)
{
	struct error ignored;
	struct task_layout layout;
	struct cpus cpus = {0};
	struct collect collect = {
		.kernel = kernel,
		.layout = &layout,
		.cpus = &cpus,
		.found = holders,
		.page_size = kernel_page_size(kernel),
	};

	*holders = (struct page_holders){.complete = true};
	collect.stack = malloc(STACK_SIZE_MAX);
	collect.batch = malloc(collect.page_size);
	collect.memo = calloc(1, sizeof(*collect.memo));
	collect.out_of_memory = !collect.stack || !collect.batch || !collect.memo;
	if (!image_symbol(kernel->image, "_stext", &collect.text) ||
	    !image_symbol(kernel->image, "_etext", &collect.text_end))
		collect.text = 0;
	if (!collect.out_of_memory) {
		cpu_stack_layout_resolve(kernel, &collect.cpu_stacks);
		if (!cpus_read(kernel, &cpus, &ignored) ||
		    !task_layout_resolve(kernel, &layout) ||
		    !task_for_each(kernel, &layout, take_task, &collect))
			holders->complete = false;
		settle(holders);
		if (holders->stack_count)
			qsort(holders->stacks, holders->stack_count, sizeof(*holders->stacks),
			      compare_stacks);
		cpus_free(&cpus);
	}
	free(collect.stack);
	free(collect.batch);
	free(collect.memo);
	if (!collect.out_of_memory)
		return true;
	page_holders_free(holders);
	return error_set(err, ERROR_SYSTEM, "out of memory");
}

void page_holders_free(struct page_holders *holders)
{
	free(holders->holders);
	free(holders->stacks);
	*holders = (struct page_holders){0};
}

size_t page_holders_of(const struct kernel *kernel, const struct page_holders *holders,
		       uint64_t page, uint64_t pages, const struct page_holder **first)
{
	uint64_t end = page + pages * kernel->page.size;
	size_t low = 0, high = holders->count, count = 0;

	*first = NULL;
	if (!holders->count)
		return 0;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holders->holders[middle].page < page)
			low = middle + 1;
		else
			high = middle;
	}
	*first = holders->holders + low;
	while (low + count < holders->count && holders->holders[low + count].page < end)
		count++;
	return count;
}

static uint64_t stack_owner(const struct page_holders *holders, uint64_t address)
{
	size_t i;

	for (i = 0; i < holders->stack_count; i++)
		if (address >= holders->stacks[i].start && address < holders->stacks[i].end)
			return holders->stacks[i].task;
	return 0;
}

/* page->lru begins where page->compound_head is, in every kernel. */
uint64_t page_holders_list(const struct kernel *kernel, struct page_holders *holders,
			   uint64_t page)
{
	uint64_t start = page + kernel->page.fields[KSWAPCK_FIELD_COMPOUND_HEAD].offset;
	uint64_t node = start, within;
	unsigned int step;

	for (step = 0; step < LIST_MAX && holders->list_steps < LIST_STEPS_MAX; step++) {
		holders->list_steps++;
		/* list_next() keeps out of circles, which would cost LIST_MAX steps a page */
		if (!list_next(kernel, node, &node) || node == start)
			return 0;
		if (!page_within(kernel, node, &within))
			return stack_owner(holders, node);
	}
	return 0;
}
