// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a task to the slot that it is at, by evidence.
 *
 * What leads to a slot by itself: struct xa_state and struct vm_fault, known on
 * the stack by their contents; locals by DWARF; CR2; addresses in the registers of
 * user mode. What only supports: registers that hold the slot's page or tree node.
 * spinner.c makes of it what it means.
 */
#include "story/search.h"

#include <string.h>

#include "kernel/arch.h"
#include "kernel/swap_entry.h"

#define STACK_PART_MAX 16384	/* bytes looked through, from the lookup's frame up */
#define ENTRY_PART	256	/* of a frame whose end is not known: struct pt_regs and a bit */

/* Faults of a task beyond what a process of its size comes to by itself. */
#define FAULTS_MIN	10000
#define FAULTS_PER_PAGE	16

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
	       page_table_swap_entry(telling->kernel, *pte, type, slot) &&
	       story_slot_valid(telling, *type, *slot);
}

/* The user half, without the page at 0. */
static bool is_user_address(const struct search *search, uint64_t address)
{
	return address >= 4096 && address >> search->telling->kernel->arch->user_bits == 0;
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
		search->spinner.fault_address =
			address & -kernel_page_size(search->telling->kernel);
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
static bool read_vm_fault(struct search *search, uint64_t start, struct live_fault *fault)
{
	const struct telling *telling = search->telling;
	struct memory *memory = telling->kernel->memory;
	const struct link_layout *layout = &telling->link;
	struct vma vma;

	return layout->vm_fault_known &&
	       memory_read_u64(memory, start + layout->vma.offset, &fault->vma) == READ_OK &&
	       fault->vma >> 63 && !(fault->vma & 7) &&
	       memory_read_u64(memory, start + layout->address.offset,
			       &fault->address) == READ_OK &&
	       fault->address >> 63 == 0 &&
	       memory_read_u64(memory, start + layout->orig_pte.offset,
			       &fault->pte) == READ_OK &&
	       vma_read(telling->kernel, &telling->map, fault->vma, &vma) &&
	       is_mm_of(search, vma.mm) && fault->address >= vma.start &&
	       fault->address < vma.end;
}

static void try_vm_fault(struct search *search, uint64_t start)
{
	const struct telling *telling = search->telling;
	struct live_fault fault;
	struct story_link link = {
		.kind = LINK_VM_FAULT,
		.what = "vm_fault.orig_pte",
		.function = search->function,
		.address = start + telling->link.orig_pte.offset,
	};

	if (!read_vm_fault(search, start, &fault))
		return;
	search->live_address = fault.address;
	if (!page_table_swap_entry(search->telling->kernel, fault.pte, &link.type, &link.slot) ||
	    !story_slot_valid(telling, link.type, link.slot))
		return;
	link.value = fault.pte;
	add_link(search, link);
	search->spinner.fault_address = fault.address;
	search->spinner.vma = fault.vma;
	add_page_table(search, LINK_PAGE_TABLE, "PTE of vm_fault.address", fault.address);
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
	if (!is_user_address(search, word) ||
	    !swap_pte(search, word, &pte, &link.type, &link.slot) ||
	    !story_broken_at(search->telling, link.type, link.slot))
		return;
	add_link(search, link);
	if (!search->spinner.fault_address)
		search->spinner.fault_address =
			word & -kernel_page_size(search->telling->kernel);
}

/* Does what was found lead to a broken slot already? */
static bool has_direct_link(const struct search *search)
{
	unsigned int i;

	for (i = 0; i < search->spinner.link_count; i++)
		if (story_broken_at(search->telling, search->spinner.links[i].type,
				    search->spinner.links[i].slot))
			return true;
	return false;
}

/* Does the register still hold what it held in user mode? Then it says nothing more. */
static bool is_users(const struct search *search, unsigned int number, uint64_t value)
{
	const struct registers *user = &search->unwound->user;

	return register_known(user, number) && user->value[number] == value;
}

/*
 * The frames of the fault's handling without a vm_fault: entry, and the way out. Of
 * the registers only those that functions keep; the others have old things in them.
 */
static void look_at_fault_registers(struct search *search, unsigned int frame)
{
	const struct registers *registers = &search->unwound->frames[frame].registers;
	const struct architecture *arch = search->telling->kernel->arch;
	unsigned int i;

	search->function = search->thread->frames[frame].named ?
			   search->thread->frames[frame].name.function : NULL;
	for (i = 0; i < REGISTER_COUNT; i++)
		if (arch->kept >> i & 1 && register_known(registers, i) &&
		    !is_users(search, i, registers->value[i]))
			try_fault_address(search, arch->register_names[i], 0,
					  registers->value[i]);
	search->function = NULL;
}

static void try_address_word(struct search *search, uint64_t address, uint64_t word)
{
	try_fault_address(search, "a word on the stack", address, word);
}

/* End of the stack part of the frames @first to @last. */
static uint64_t stack_end(const struct unwound *unwound, unsigned int first, unsigned int last)
{
	uint64_t start = unwound->frames[first].registers.value[REGISTER_SP];
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
	uint64_t address = frames[first].registers.value[REGISTER_SP] & ~7ULL;
	uint64_t end = stack_end(search->unwound, first, last), word;
	unsigned int frame = first;

	if (!register_known(&frames[first].registers, REGISTER_SP))
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
		swap_entry_split(swap_entry_take(telling->kernel->swap.old_entries, local->value),
				 &link.type, &link.slot);
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
			registers.value[REGISTER_PC] = frames[i].pc;
			registers.value[REGISTER_SP] = frames[i].registers.value[REGISTER_SP];
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
		if (register_known(user, i) && i != REGISTER_PC && i != REGISTER_SP &&
		    is_user_address(search, user->value[i]) &&
		    swap_pte(search, user->value[i], &pte, &type, &slot) &&
		    story_broken_at(telling, type, slot))
			add_page_table(search, LINK_REGISTER_ADDRESS,
				       telling->kernel->arch->register_names[i],
				       user->value[i]);
}

static void look_at_cr2(struct search *search, const struct cpu *cpu)
{
	if (cpu && cpu->cr2_known && cpu->cr2 >> 63 == 0)
		add_page_table(search, LINK_CR2, "cr2", cpu->cr2);
}

/* Far more faults than the process has pages: not one for each of them. */
void search_support_refault(struct search *search)
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

void search_support_stall(struct search *search, unsigned int frame,
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

		if (!register_known(registers, i) || i == REGISTER_PC || i == REGISTER_SP)
			continue;
		link.what = search->telling->kernel->arch->register_names[i];
		link.value = value;
		link.kind = LINK_REGISTER_PAGE;
		if (value == view->entry)
			add_link(search, link);
		link.kind = LINK_REGISTER_NODE;
		if (view->node && value >= view->node && value < view->node_end)
			add_link(search, link);
	}
}

/* Swap entries of broken slots: a swap table is found by the entry, which stays at hand. */
static void look_at_entries(struct search *search, unsigned int first, unsigned int last)
{
	struct telling *telling = search->telling;
	unsigned int frame, i;

	for (frame = first; frame <= last; frame++)
		for (i = 0; i < REGISTER_COUNT; i++) {
			const struct registers *registers =
				&search->unwound->frames[frame].registers;
			struct story_link link = {
				.kind = LINK_ENTRY,
				.what = telling->kernel->arch->register_names[i],
				.value = registers->value[i],
			};

			if (!register_known(registers, i) || i == REGISTER_PC || i == REGISTER_SP)
				continue;
			swap_entry_split(link.value, &link.type, &link.slot);
			if (story_slot_valid(telling, link.type, link.slot) &&
			    story_broken_at(telling, link.type, link.slot))
				add_link(search, link);
		}
}

void search_gather(struct search *search, const struct cpu *cpu, const struct lookup *lookup)
{
	unsigned int first = search->in_lookup ? lookup->frame : 0, last = first, fault = 0;
	const struct telling *telling = search->telling;

	search->in_fault = story_fault_find(search->thread, &fault);
	search->remote = story_remote_find(search->thread);
	search->guessed = (search->in_fault && search->thread->frames[fault].guessed) ||
			  (search->in_lookup && lookup->guessed);
	if (search->in_lookup) {
		last = lookup->last;
		look_at_stack(search, first, last, try_xa_state);
		if (telling->story->swap_tables)
			look_at_entries(search, first, last);
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

static void try_gone_word(struct search *search, uint64_t address, uint64_t word)
{
	struct live_fault fault;

	(void)word;
	if (read_vm_fault(search, address - search->telling->link.vma.offset, &fault))
		story_gone_fault(search, &fault);
}

void search_gone(struct search *search)
{
	unsigned int fault;

	if (!story_fault_find(search->thread, &fault) || search->thread->frames[fault].guessed)
		return;
	search->remote = story_remote_find(search->thread);
	look_at_stack(search, story_stack_first(search->unwound, fault), fault, try_gone_word);
}
