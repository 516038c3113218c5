// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a task to the slot that it is at, by evidence.
 *
 * What leads to a slot by itself: struct xa_state and struct vm_fault, known on
 * the stack by their contents; locals by DWARF; CR2; addresses in the registers of
 * user mode. What only supports: registers that hold the slot's page or tree node.
 * The slot is the one that most kinds of evidence name; it must be broken too.
 */
#include "story/parts.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/page.h"
#include "kernel/swap_entry.h"

#define STACK_PART_MAX 16384	/* bytes looked through, from the lookup's frame up */
#define ENTRY_PART	256	/* of a frame whose end is not known: struct pt_regs and a bit */

/* Faults of a task beyond what a process of its size comes to by itself. */
#define FAULTS_MIN	10000
#define FAULTS_PER_PAGE	16

struct search {
	struct telling *telling;
	const struct story_thread *thread;
	const struct unwound *unwound;
	struct story_spinner spinner;
	uint64_t pgd;			/* of the task's mm; 0: not known */
	bool in_lookup;			/* the task looks up a slot, now */
	bool in_fault;			/* the task handles a page fault, now */
	bool remote;			/* on memory of another process */
	bool guessed;			/* by frames that may be none */
	uint64_t live_address;		/* vm_fault.address, of whatever PTE; 0: none found */
	const char *function;		/* whose frame is looked at */
	/* locals of one function that mean something only together */
	uint64_t mapping, index;
	bool has_mapping, has_index;
};

void story_link_resolve(struct telling *telling)
{
	const struct kernel *kernel = telling->kernel;
	struct link_layout *link = &telling->link;

	link->xa_state_known = kernel_field(kernel, "xa_state", "xa", &link->xa) &&
			       kernel_field(kernel, "xa_state", "xa_index", &link->xa_index);
	link->vm_fault_known = telling->map_known &&
			       kernel_field(kernel, "vm_fault", "vma", &link->vma) &&
			       kernel_field(kernel, "vm_fault", "address", &link->address) &&
			       kernel_field(kernel, "vm_fault", "orig_pte", &link->orig_pte);
}

/* The same by the same kind twice says nothing new. */
static void add_link(struct search *search, struct story_link link)
{
	struct story_spinner *spinner = &search->spinner;
	unsigned int i;

	for (i = 0; i < spinner->link_count; i++) {
		const struct story_link *other = &spinner->links[i];

		if (other->kind == link.kind && other->address == link.address &&
		    other->value == link.value && other->slot == link.slot)
			return;
	}
	if (spinner->link_count < STORY_LINKS_MAX)
		spinner->links[spinner->link_count++] = link;
}

/* ------------------------------------------------------------------- the stack */

/* @tree, @index: contents of a struct xa_state. */
static bool locate(const struct telling *telling, uint64_t tree, uint64_t index,
		   unsigned int *type, uint64_t *slot)
{
	for (*type = 0; *type < telling->device_count; (*type)++)
		if (telling->devices[*type].slots &&
		    telling->kernel->swap_cache->locate(telling->kernel,
							&telling->devices[*type], tree, index,
							slot))
			return story_slot_valid(telling, *type, *slot);
	return false;
}

/* Is a struct xa_state at @address of a stack? */
static void try_xa_state(struct search *search, uint64_t address, uint64_t word)
{
	const struct link_layout *layout = &search->telling->link;
	uint64_t start = address - layout->xa.offset, index;
	struct story_link link = {
		.kind = LINK_XA_STATE,
		.what = "xa_state.xa_index",
		.function = search->function,
		.address = start + layout->xa_index.offset,
	};

	if (!layout->xa_state_known || word >> 63 == 0 || word & 7 ||
	    memory_read_u64(search->telling->kernel->memory, link.address, &index) != READ_OK ||
	    !locate(search->telling, word, index, &link.type, &link.slot))
		return;
	link.value = index;
	add_link(search, link);
}

/* The page table of the task's process at @address: does a swap entry stand there? */
static bool swap_pte(const struct search *search, uint64_t address, uint64_t *pte,
		     unsigned int *type, uint64_t *slot)
{
	const struct telling *telling = search->telling;

	return search->pgd && telling->tables_known &&
	       page_table_lookup(telling->kernel, &telling->tables, search->pgd, address,
				 pte) == READ_OK &&
	       page_table_swap_entry(*pte, type, slot) && story_slot_valid(telling, *type, *slot);
}

/* The user half of x86_64, 4 or 5 levels, without the page at 0. */
static bool is_user_address(uint64_t address)
{
	return address >= 4096 && address >> 56 == 0;
}

static void add_page_table(struct search *search, enum story_link_kind kind, const char *what,
			   uint64_t address)
{
	struct story_link link = {.kind = kind, .what = what, .value = address};
	uint64_t pte;

	if (!swap_pte(search, address, &pte, &link.type, &link.slot))
		return;
	if (kind == LINK_PAGE_TABLE)
		link.value = pte;
	add_link(search, link);
	if (!search->spinner.fault_address)
		search->spinner.fault_address = address & ~4095ULL;
}

/* The task's own memory, or that which it works on for another (ptrace, khugepaged). */
static bool is_mm_of(struct search *search, uint64_t mm)
{
	const struct telling *telling = search->telling;

	if (mm == search->thread->task.mm)
		return true;
	return search->remote && mm_page_table(telling->kernel, &telling->map, mm, &search->pgd);
}

/* Is a struct vm_fault of this task at @start? Its vma must be the task's own. */
static void try_vm_fault(struct search *search, uint64_t start)
{
	const struct telling *telling = search->telling;
	struct memory *memory = telling->kernel->memory;
	const struct link_layout *layout = &telling->link;
	uint64_t vma_address, address, pte;
	struct story_link link = {
		.kind = LINK_VM_FAULT,
		.what = "vm_fault.orig_pte",
		.function = search->function,
		.address = start + layout->orig_pte.offset,
	};
	struct vma vma;

	if (!layout->vm_fault_known ||
	    memory_read_u64(memory, start + layout->vma.offset, &vma_address) != READ_OK ||
	    vma_address >> 63 == 0 || vma_address & 7 ||
	    memory_read_u64(memory, start + layout->address.offset, &address) != READ_OK ||
	    address >> 63 || memory_read_u64(memory, link.address, &pte) != READ_OK ||
	    !vma_read(telling->kernel, &telling->map, vma_address, &vma) ||
	    !is_mm_of(search, vma.mm) || address < vma.start || address >= vma.end)
		return;
	search->live_address = address;
	if (!page_table_swap_entry(pte, &link.type, &link.slot) ||
	    !story_slot_valid(telling, link.type, link.slot))
		return;
	link.value = pte;
	add_link(search, link);
	search->spinner.fault_address = address;
	search->spinner.vma = vma_address;
	add_page_table(search, LINK_PAGE_TABLE, "PTE of vm_fault.address", address);
}

/* A word that the fault handler has: is it an address that leads to a broken slot? */
static void try_fault_address(struct search *search, const char *what, uint64_t place,
			      uint64_t word)
{
	struct story_link link = {
		.kind = LINK_FAULT_ADDRESS,
		.what = what,
		.function = search->function,
		.address = place,
		.value = word,
	};
	uint64_t pte;
	unsigned int i;

	for (i = 0; i < search->spinner.link_count; i++)
		if (search->spinner.links[i].kind == LINK_FAULT_ADDRESS &&
		    search->spinner.links[i].value == word)
			return;
	if (!is_user_address(word) || !swap_pte(search, word, &pte, &link.type, &link.slot) ||
	    !story_findings_at(search->telling->findings, link.type, link.slot))
		return;
	add_link(search, link);
	if (!search->spinner.fault_address)
		search->spinner.fault_address = word & ~4095ULL;
}

/* Does what was found lead to a broken slot already? */
static bool has_direct_link(const struct search *search)
{
	unsigned int i;

	for (i = 0; i < search->spinner.link_count; i++)
		if (story_findings_at(search->telling->findings, search->spinner.links[i].type,
				      search->spinner.links[i].slot))
			return true;
	return false;
}

/*
 * The frames of the fault's handling without a vm_fault: entry, and the way out. Of
 * the registers only those that functions keep; the others have old things in them.
 */
static void look_at_fault_registers(struct search *search, unsigned int frame)
{
	static const enum register_number kept[] = {
		REGISTER_RBX, REGISTER_RBP, REGISTER_R12, REGISTER_R13, REGISTER_R14, REGISTER_R15,
	};
	const struct registers *registers = &search->unwound->frames[frame].registers;
	size_t i;

	search->function = search->thread->frames[frame].named ?
			   search->thread->frames[frame].name.function : NULL;
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (register_known(registers, kept[i]))
			try_fault_address(search, register_name(kept[i]), 0,
					  registers->value[kept[i]]);
	search->function = NULL;
}

static void try_address_word(struct search *search, uint64_t address, uint64_t word)
{
	try_fault_address(search, "a word on the stack", address, word);
}

/* End of the stack part of the frames @first to @last. */
static uint64_t stack_end(const struct unwound *unwound, unsigned int first, unsigned int last)
{
	uint64_t start = unwound->frames[first].registers.value[REGISTER_RSP];
	uint64_t end = start + ENTRY_PART;
	unsigned int i;

	/* frames of entry code have none */
	for (i = last + 1; i-- > first; )
		if (unwound->frames[i].cfa) {
			end = unwound->frames[i].cfa;
			break;
		}
	if (end < start || end - start > STACK_PART_MAX)
		end = start + STACK_PART_MAX;
	return end;
}

typedef void word_fn(struct search *search, uint64_t address, uint64_t word);

static void try_vma_word(struct search *search, uint64_t address, uint64_t word)
{
	(void)word;
	try_vm_fault(search, address - search->telling->link.vma.offset);
}

/* Words of the stack from frame @first to the end of frame @last. */
static void look_at_stack(struct search *search, unsigned int first, unsigned int last,
			  word_fn *try_word)
{
	const struct frame *frames = search->unwound->frames;
	uint64_t address = frames[first].registers.value[REGISTER_RSP] & ~7ULL;
	uint64_t end = stack_end(search->unwound, first, last), word;
	unsigned int frame = first;

	if (!register_known(&frames[first].registers, REGISTER_RSP))
		return;
	for (; address < end; address += 8) {
		while (frame < last && frames[frame].cfa && address >= frames[frame].cfa)
			frame++;
		search->function = search->thread->frames[frame].named ?
				   search->thread->frames[frame].name.function : NULL;
		if (memory_read_u64(search->telling->kernel->memory, address, &word) == READ_OK)
			try_word(search, address, word);
	}
	search->function = NULL;
}

/* ------------------------------------------------------------- locals, by DWARF */

static bool is_type(const struct debug_local *local, const char *type, unsigned int pointers)
{
	return local->type && !strcmp(local->type, type) && local->pointers == pointers;
}

static bool take_local(void *data, const struct debug_local *local)
{
	struct search *search = data;
	const struct telling *telling = search->telling;
	struct story_link link = {
		.kind = LINK_LOCAL,
		.what = local->name,
		.function = local->function,
		.address = local->in_memory ? local->address : 0,
		.value = local->value,
	};

	if (is_type(local, "vm_fault", 1)) {
		try_vm_fault(search, local->value);
	} else if (is_type(local, "swp_entry_t", 0) && local->size == 8) {
		swap_entry_split(local->value, &link.type, &link.slot);
		if (story_slot_valid(telling, link.type, link.slot))
			add_link(search, link);
	} else if (is_type(local, "long unsigned int", 0) && !strcmp(local->name, "address")) {
		try_fault_address(search, "address", link.address, local->value);
	} else if (is_type(local, "address_space", 1)) {
		search->mapping = local->value;
		search->has_mapping = true;
	} else if (is_type(local, "long unsigned int", 0) && !strcmp(local->name, "index")) {
		search->index = local->value;
		search->has_index = true;
	}
	if (search->has_mapping && search->has_index) {
		link.what = "mapping, index";
		link.value = search->index;
		link.address = 0;
		search->has_mapping = false;
		if (locate(telling, search->mapping + telling->kernel->swap.i_pages.offset,
			   search->index, &link.type, &link.slot))
			add_link(search, link);
	}
	return true;
}

static void look_at_locals(struct search *search, unsigned int first, unsigned int last)
{
	const struct frame *frames = search->unwound->frames;
	struct debug_code *debug = search->telling->story->debug;
	struct registers registers, caller;
	unsigned int i;

	if (!debug)
		return;
	/* the frame where the task stopped has all registers; callers' are restored */
	registers = frames[first].registers;
	for (i = first; i <= last; i++) {
		uint64_t address = frames[i].pc - (frames[i].kind == FRAME_CALL);

		if (i > first) {
			registers.value[REGISTER_RIP] = frames[i].pc;
			registers.value[REGISTER_RSP] = frames[i].registers.value[REGISTER_RSP];
		}
		search->has_mapping = search->has_index = false;
		debug_code_locals(debug, address, &registers, frames[i].cfa, take_local, search);
		memset(&caller, 0, sizeof(caller));
		if (!debug_code_caller(debug, address, &registers, &caller))
			return;
		registers = caller;
	}
}

/* ---------------------------------------------------------------- user mode, CR2 */

/* Registers that point into pages whose entry leads to a broken slot. */
static void look_at_user_registers(struct search *search)
{
	const struct registers *user = &search->unwound->user;
	struct telling *telling = search->telling;
	unsigned int i, type;
	uint64_t pte, slot;

	for (i = 0; i < REGISTER_COUNT; i++)
		if (register_known(user, i) && i != REGISTER_RIP && i != REGISTER_RSP &&
		    is_user_address(user->value[i]) &&
		    swap_pte(search, user->value[i], &pte, &type, &slot) &&
		    story_findings_at(telling->findings, type, slot))
			add_page_table(search, LINK_REGISTER_ADDRESS, register_name(i),
				       user->value[i]);
}

static void look_at_cr2(struct search *search, const struct cpu *cpu)
{
	if (cpu && cpu->cr2_known && cpu->cr2 >> 63 == 0)
		add_page_table(search, LINK_CR2, "cr2", cpu->cr2);
}

/* Far more faults than the process has pages: not one for each of them. */
static void look_at_fault_count(struct search *search)
{
	const struct telling *telling = search->telling;
	const struct task_details *task = &search->thread->task;
	uint64_t faults = task->min_flt + task->maj_flt, pages;

	if (!telling->map_known || telling->map.total_vm.size != 8 || !task->mm ||
	    memory_read_u64(telling->kernel->memory, task->mm + telling->map.total_vm.offset,
			    &pages) != READ_OK ||
	    faults < FAULTS_MIN || faults / FAULTS_PER_PAGE < pages)
		return;
	add_link(search, (struct story_link){
		.kind = LINK_FAULT_COUNT,
		.what = "min_flt + maj_flt",
		.value = faults,
		.type = search->spinner.type,
		.slot = search->spinner.slot,
	});
}

/* --------------------------------------------------------------- the slot itself */

static bool leads_to_slot(enum story_link_kind kind)
{
	return kind != LINK_FAULT_COUNT && kind != LINK_REGISTER_PAGE &&
	       kind != LINK_REGISTER_NODE;
}

/* Independent kinds of evidence that lead to a slot: vm_fault has its PTE from the table. */
static unsigned int count_kinds(const struct story_spinner *spinner, unsigned int type,
				uint64_t slot)
{
	unsigned int i, kinds = 0;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].type == type && spinner->links[i].slot == slot)
			kinds |= 1U << spinner->links[i].kind;
	if (kinds & 1U << LINK_VM_FAULT)
		kinds &= ~(1U << LINK_PAGE_TABLE);
	return (unsigned int)__builtin_popcount(kinds);
}

/*
 * Kinds of evidence that decide, bits 1 << LINK_: what the lookup itself works with,
 * else what the fault works with, comes before anything that merely lies around.
 */
static unsigned int deciding_kinds(const struct search *search)
{
	unsigned int i, present = 0;

	for (i = 0; i < search->spinner.link_count; i++)
		present |= 1U << search->spinner.links[i].kind;
	if (search->in_lookup && present & (1U << LINK_XA_STATE | 1U << LINK_LOCAL))
		return 1U << LINK_XA_STATE | 1U << LINK_LOCAL;
	if (present & 1U << LINK_VM_FAULT)
		return 1U << LINK_VM_FAULT | 1U << LINK_LOCAL;
	/* in a fault that has nothing to do with swap */
	return search->live_address ? 0 : UINT_MAX;
}

/* The slot that most of these kinds of evidence name; NULL if it is not a broken one. */
static const struct story_range *choose_among(struct search *search, unsigned int deciding)
{
	struct story_spinner *spinner = &search->spinner;
	const struct story_range *best = NULL;
	unsigned int i, kinds, most = 0;

	for (i = 0; i < spinner->link_count; i++) {
		const struct story_link *link = &spinner->links[i];
		const struct story_range *range;

		if (!(deciding >> link->kind & 1))
			continue;
		range = story_findings_at(search->telling->findings, link->type, link->slot);
		kinds = count_kinds(spinner, link->type, link->slot);
		if (kinds < most || (kinds == most && !range))
			continue;
		most = kinds;
		best = range;
		spinner->type = link->type;
		spinner->slot = link->slot;
	}
	return best;
}

/* A broken slot by what decides; if there are several, all evidence has a say. */
static const struct story_range *choose_slot(struct search *search)
{
	const struct story_range *range = choose_among(search, deciding_kinds(search));

	return range ? choose_among(search, UINT_MAX) : NULL;
}

/* page_describe() speaks of pages that are not where they belong; this one may be. */
static void describe_page(struct story_spinner *spinner)
{
	const struct kswapck_page *page = &spinner->page;
	unsigned int type;
	uint64_t first;

	swap_entry_split(page->private, &type, &first);
	if (page->marks & KSWAPCK_PAGE_SWAPCACHE && type == spinner->type &&
	    spinner->slot >= first && spinner->slot - first < 1ULL << page->order)
		snprintf(spinner->page_text, sizeof(spinner->page_text),
			 "a folio of order %u in the swap cache", page->order);
	else
		page_describe(page, spinner->page_text, sizeof(spinner->page_text));
}

static void read_page(struct search *search)
{
	const struct kernel *kernel = search->telling->kernel;
	struct story_spinner *spinner = &search->spinner;
	uint64_t i, private;

	spinner->page_read = page_read(kernel, spinner->entry, &spinner->page) == READ_OK;
	if (!spinner->page_read)
		return;
	describe_page(spinner);
	/* what do_swap_page() compares: that of the slot's own page, or folio->swap + i */
	i = spinner->slot & ((1ULL << spinner->page.order) - 1);
	spinner->expected_private = swap_entry(spinner->type, spinner->slot);
	spinner->page_private = spinner->page.private;
	if (kernel->page.tail_private_zero) {
		spinner->page_private += i;
	} else if (i) {
		struct kswapck_page page;

		private = spinner->entry + i * kernel->page.size;
		spinner->page_private = page_read(kernel, private, &page) == READ_OK ?
					page.private : 0;
	}
}

static void support_by_registers(struct search *search, unsigned int frame,
				 const struct slot_view *view)
{
	const struct registers *registers = &search->unwound->frames[frame].registers;
	struct story_link link = {
		.type = search->spinner.type,
		.slot = search->spinner.slot,
		.function = search->thread->frames[frame].named ?
			    search->thread->frames[frame].name.function : NULL,
	};
	unsigned int i;

	for (i = 0; i < REGISTER_COUNT; i++) {
		uint64_t value = registers->value[i];

		if (!register_known(registers, i) || i == REGISTER_RIP || i == REGISTER_RSP)
			continue;
		link.what = register_name(i);
		link.value = value;
		link.kind = LINK_REGISTER_PAGE;
		if (value == view->entry)
			add_link(search, link);
		link.kind = LINK_REGISTER_NODE;
		if (view->node && value >= view->node && value < view->node_end)
			add_link(search, link);
	}
}

/* ------------------------------------------------------------------- the verdict */

static void count_agreement(struct story_spinner *spinner)
{
	unsigned int i, direct = 0, against = 0;

	spinner->agreeing = count_kinds(spinner, spinner->type, spinner->slot);
	for (i = 0; i < spinner->link_count; i++) {
		struct story_link *link = &spinner->links[i];

		link->agrees = link->type == spinner->type && link->slot == spinner->slot;
		direct += link->agrees && leads_to_slot(link->kind) &&
			  link->kind != LINK_REGISTER_ADDRESS;
		/* a register may well point elsewhere */
		against += !link->agrees && link->kind != LINK_REGISTER_ADDRESS;
	}
	spinner->certain = spinner->agreeing >= 2 && direct && !against;
}

static bool has_agreeing(const struct story_spinner *spinner, enum story_link_kind kind)
{
	unsigned int i;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].kind == kind && spinner->links[i].agrees)
			return true;
	return false;
}

/* In the fault's own registers: what they keep there is its address. */
static bool has_agreeing_register(const struct story_spinner *spinner)
{
	unsigned int i;

	for (i = 0; i < spinner->link_count; i++)
		if (spinner->links[i].kind == LINK_FAULT_ADDRESS && spinner->links[i].agrees &&
		    !spinner->links[i].address)
			return true;
	return false;
}

/* Does the fault that the task is in, right now, tell of the slot? */
static bool has_live_evidence(const struct search *search)
{
	const struct story_spinner *spinner = &search->spinner;

	if (search->guessed)
		return false;
	if (has_agreeing(spinner, LINK_VM_FAULT) ||
	    (search->in_fault && has_agreeing(spinner, LINK_LOCAL)))
		return true;
	return search->in_fault && !search->live_address &&
	       (has_agreeing(spinner, LINK_CR2) || has_agreeing_register(spinner));
}

/*
 * A task that merely has a broken page in reach, or whose kin faulted on this CPU
 * before it, must not be accused. The fault that it is in speaks for itself; all
 * else takes that the task has faulted without end.
 */
static bool refault_believed(const struct search *search)
{
	const struct story_spinner *spinner = &search->spinner;

	if (has_live_evidence(search))
		return true;
	if (search->live_address || !has_agreeing(spinner, LINK_FAULT_COUNT))
		return false;
	return has_agreeing(spinner, LINK_CR2) ||
	       (search->in_fault && (has_agreeing(spinner, LINK_REGISTER_ADDRESS) ||
				     has_agreeing(spinner, LINK_FAULT_ADDRESS)));
}

static void keep_spinner(struct search *search, size_t thread)
{
	struct story *story = search->telling->story;

	search->spinner.thread = thread;
	if (story->spinner_count < STORY_SPINNERS_MAX)
		story->spinners[story->spinner_count++] = search->spinner;
	else
		story->spinners_lost++;
}

/* The loop that the slot's state makes; LOOP_NONE: this thread is in none. */
static enum story_loop find_loop(const struct story_range *range, bool in_lookup)
{
	if (range->effect == EFFECT_REFAULT)
		return LOOP_REFAULT;
	return range->effect == EFFECT_SPIN && in_lookup ? LOOP_STALL : LOOP_NONE;
}

/* A finding is of a range; the page of this very slot must make the loop endless too. */
static bool loop_holds(const struct story_spinner *spinner)
{
	if (!spinner->page_read)
		return true;
	if (spinner->loop == LOOP_STALL)
		return spinner->page.refcount == 0;
	return !(spinner->page.marks & KSWAPCK_PAGE_SWAPCACHE) ||
	       spinner->page_private != spinner->expected_private;
}

static void gather(struct search *search, const struct cpu *cpu, const struct lookup *lookup)
{
	unsigned int first = search->in_lookup ? lookup->frame : 0, last = first, fault = 0;

	search->in_fault = story_fault_find(search->thread, &fault);
	search->remote = story_remote_find(search->thread);
	search->guessed = (search->in_fault && search->thread->frames[fault].guessed) ||
			  (search->in_lookup && lookup->guessed);
	if (search->in_lookup) {
		last = lookup->last;
		look_at_stack(search, first, last, try_xa_state);
	}
	if (search->in_fault && fault > last)
		last = fault;
	if (search->in_lookup || search->in_fault) {
		look_at_stack(search, first, last, try_vma_word);
		look_at_locals(search, first, last);
	}
	look_at_cr2(search, cpu);
	if (search->in_fault && !search->live_address && !has_direct_link(search)) {
		look_at_fault_registers(search, first);
		look_at_stack(search, first, last, try_address_word);
	}
	look_at_user_registers(search);
}

static void finish(struct search *search, size_t thread, const struct story_range *range,
		   const struct lookup *lookup)
{
	struct story_spinner *spinner = &search->spinner;
	struct telling *telling = search->telling;
	struct slot_view view;

	spinner->problem = range->problem;
	memcpy(spinner->device, range->device, sizeof(spinner->device));
	if (!story_slot_read(telling, spinner->type, spinner->slot, &view))
		return;
	spinner->entry = view.entry;
	read_page(search);
	if (!loop_holds(spinner))
		return;
	if (search->in_lookup) {
		spinner->lookup = lookup->function;
		spinner->lookup_for = lookup->wanted_by;
		support_by_registers(search, lookup->frame, &view);
	}
	if (spinner->loop == LOOP_STALL) {
		spinner->place = lookup->place;
		/* without CONFIG_PREEMPT_RCU nothing counts; the lookup holds it all the same */
		spinner->holds_rcu = !search->thread->task.rcu_nesting_known ||
				     search->thread->task.rcu_nesting > 0;
	} else {
		spinner->place = story_refault_place(telling->kernel);
		look_at_fault_count(search);
	}
	count_agreement(spinner);
	if (search->guessed || (spinner->loop == LOOP_REFAULT && !has_live_evidence(search)))
		spinner->certain = false;
	if (spinner->loop != LOOP_REFAULT || refault_believed(search))
		keep_spinner(search, thread);
}

void story_link_thread(struct telling *telling, size_t thread, const struct cpu *cpu)
{
	struct search search = {
		.telling = telling,
		.thread = &telling->story->threads[thread],
		.unwound = &telling->unwound,
	};
	const struct story_range *range;
	struct lookup lookup = {0};

	/* without broken slots nobody can be caught in one */
	if (!telling->findings->spin_slots && !telling->findings->refault_slots)
		return;
	if (search.thread->task.mm && telling->map_known)
		mm_page_table(telling->kernel, &telling->map, search.thread->task.mm, &search.pgd);
	search.in_lookup = story_lookup_find(search.thread, &lookup);
	gather(&search, cpu, &lookup);
	range = choose_slot(&search);
	if (!range)
		return;
	search.spinner.loop = find_loop(range, search.in_lookup);
	if (search.spinner.loop != LOOP_NONE)
		finish(&search, thread, range, &lookup);
}

static int compare_spinners(const void *left, const void *right)
{
	const struct story_spinner *a = left, *b = right;

	if (a->loop != b->loop)
		return a->loop == LOOP_STALL ? -1 : 1;
	if (a->certain != b->certain)
		return a->certain ? -1 : 1;
	return a->thread < b->thread ? -1 : a->thread > b->thread;
}

void story_spinners_sort(struct story *story)
{
	if (story->spinner_count)
		qsort(story->spinners, story->spinner_count, sizeof(story->spinners[0]),
		      compare_spinners);
}
