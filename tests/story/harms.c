// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stall, and one part of the dump after the other made wrong. Whatever is wrong,
 * the other parts are told as before, what is missing is said, and nobody is
 * accused on less evidence than there is.
 */
#include "harms.h"

#include <string.h>

#include "kernel/address_map.h"
#include "kernel/unwind.h"

#define OTHERS (PART_LOG | PART_RCU | PART_ORIGIN)
#define CULPRIT (PART_SPINNER | PART_CERTAIN | PART_BLOCKER)

/* ------------------------------------------------------------ outcomes, in words */

static bool nobody_is_named(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;

	/* the slots are broken all the same */
	return (!story->spinner_count && !story->rcu.by_spinner &&
		story->verdict == VERDICT_LATENT) ||
	       wrong(why, size, "%zu spinners, verdict %s", story->spinner_count,
		     story_verdict_name(story->verdict));
}

static bool nothing_is_certain(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;

	return !story->spinner_count || !story->spinners[0].certain ||
	       wrong(why, size, "it is called certain");
}

static const struct story_link *link_of(const struct story *story, enum story_link_kind kind)
{
	const struct story_spinner *spinner = &story->spinners[0];
	unsigned int i;

	for (i = 0; story->spinner_count && i < spinner->link_count; i++)
		if (spinner->links[i].kind == kind)
			return &spinner->links[i];
	return NULL;
}

/* QEMU's notes still have the address. */
static bool certain_by_cr2_alone(const struct stage *stage, char *why, size_t size)
{
	return link_of(stage->now.story, LINK_CR2) || nothing_is_certain(stage, why, size);
}

static bool no_xa_state(const struct stage *stage, char *why, size_t size)
{
	return !link_of(stage->now.story, LINK_XA_STATE) ||
	       wrong(why, size, "an xa_state that is none");
}

static bool no_vm_fault(const struct stage *stage, char *why, size_t size)
{
	return !link_of(stage->now.story, LINK_VM_FAULT) ||
	       wrong(why, size, "a vm_fault that is none");
}

static bool no_page_table(const struct stage *stage, char *why, size_t size)
{
	return !link_of(stage->now.story, LINK_PAGE_TABLE) ||
	       wrong(why, size, "a PTE that is none");
}

static const struct story_thread *now_of(const struct stage *stage)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].task.address == thread_of(stage)->task.address)
			return &story->threads[i];
	return NULL;
}

static bool stack_is_cut(const struct stage *stage, char *why, size_t size)
{
	const struct story_thread *thread = now_of(stage);

	return (thread && thread->end != UNWIND_USER && thread->end != UNWIND_TOP) ||
	       wrong(why, size, "its stack is called whole");
}

static bool cut_and_nobody_named(const struct stage *stage, char *why, size_t size)
{
	return stack_is_cut(stage, why, size) && nobody_is_named(stage, why, size);
}

/* Who is accused must be who it is. */
static bool nobody_else_is_named(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->threads[story->spinners[i].thread].task.address !=
		    thread_of(stage)->task.address)
			return wrong(why, size, "pid %d is accused",
				     story->threads[story->spinners[i].thread].task.pid);
	return true;
}

/* Without tables the callers are guessed. */
static bool cut_and_not_certain(const struct stage *stage, char *why, size_t size)
{
	return stack_is_cut(stage, why, size) && nothing_is_certain(stage, why, size) &&
	       nobody_else_is_named(stage, why, size);
}

/* ----------------------------------------------------------------- the evidence */

static bool wipe_xa_state(struct stage *stage)
{
	const struct story_link *link = link_of(stage->clean.story, LINK_XA_STATE);
	struct field index, xa;

	if (!link)
		return missing(stage, "no xa_state on the stack");
	if (!find_field(stage, "xa_state", "xa_index", &index) ||
	    !find_field(stage, "xa_state", "xa", &xa))
		return false;
	lay(&stage->scene, link->address - index.offset + xa.offset, 8, 0);
	return true;
}

static bool wipe_vma(struct stage *stage)
{
	const struct story_link *link = link_of(stage->clean.story, LINK_VM_FAULT);
	struct field vma, pte;

	if (!link)
		return missing(stage, "no vm_fault on the stack");
	if (!find_field(stage, "vm_fault", "vma", &vma) ||
	    !find_field(stage, "vm_fault", "orig_pte", &pte))
		return false;
	lay(&stage->scene, link->address - pte.offset + vma.offset, 8, 0);
	return true;
}

static bool wipe_both(struct stage *stage)
{
	return wipe_xa_state(stage) && wipe_vma(stage);
}

/* What then is left: the stale page, in a register. */
static bool wipe_all(struct stage *stage)
{
	uint64_t at, end, page = spinner_of(stage)->fault_address & ~4095ULL;
	struct field stack;

	if (!wipe_both(stage) || !find_field(stage, "task_struct", "stack", &stack))
		return false;
	at = peek(&stage->scene, thread_of(stage)->task.address + stack.offset, 8);
	for (end = at + 16384; at < end; at += 8)
		if (peek(&stage->scene, at, 8) - page < 4096)
			lay(&stage->scene, at, 8, 0);
	return true;
}

static bool move_xa_index(struct stage *stage)
{
	const struct story_link *link = link_of(stage->clean.story, LINK_XA_STATE);

	if (!link)
		return missing(stage, "no xa_state on the stack");
	lay_added(&stage->scene, link->address, 8, 1);
	return true;
}

static bool same_slot_in_doubt(const struct stage *stage, char *why, size_t size)
{
	const struct story_link *link = link_of(stage->now.story, LINK_XA_STATE);

	if (!link || link->agrees || link->slot != spinner_of(stage)->slot + 1)
		return wrong(why, size, "the xa_state that names another slot is not told");
	return nothing_is_certain(stage, why, size);
}

static bool move_xa_index_off_device(struct stage *stage)
{
	const struct story_link *link = link_of(stage->clean.story, LINK_XA_STATE);

	if (!link)
		return missing(stage, "no xa_state on the stack");
	lay(&stage->scene, link->address, 8, UINT64_MAX - 5);
	return true;
}

static bool forget_mm(struct stage *stage)
{
	return lay_in_task(stage, "mm", 0);
}

static bool spoil_mm(struct stage *stage)
{
	return lay_in_task(stage, "mm", thread_of(stage)->task.address + 1);
}

/* -------------------------------------------------------------------- the tasks */

static bool lay_task_list(struct stage *stage, bool self)
{
	struct field tasks;
	uint64_t head;

	if (!find_symbol(stage, "init_task", &head) ||
	    !find_field(stage, "task_struct", "tasks", &tasks))
		return false;
	head += tasks.offset;
	lay(&stage->scene, head, 8, self ? head : NOWHERE);
	return true;
}

static bool cut_task_list(struct stage *stage)
{
	return lay_task_list(stage, false);
}

static bool close_task_list(struct stage *stage)
{
	return lay_task_list(stage, true);
}

static bool list_is_not_complete(const struct stage *stage, char *why, size_t size)
{
	return !stage->now.story->tasks_complete || wrong(why, size, "the list is called whole");
}

/* The CPU's own word, and with @both that of its run queue, for what runs on it. */
static bool lay_current(struct stage *stage, uint64_t task, bool both)
{
	uint64_t current, queue, offset, offsets;
	struct field field;

	if (!find_symbol(stage, "current_task", &current) ||
	    !find_symbol(stage, "runqueues", &queue) ||
	    !find_symbol(stage, "__per_cpu_offset", &offsets) ||
	    !find_field(stage, "rq", "curr", &field))
		return false;
	offset = peek(&stage->scene, offsets + 8ULL * thread_of(stage)->cpu, 8);
	lay(&stage->scene, current + offset, 8, task);
	if (both)
		lay(&stage->scene, queue + offset + field.offset, 8, task);
	return true;
}

static bool spoil_current(struct stage *stage)
{
	return lay_current(stage, NOWHERE, false);
}

static bool spoil_current_and_queue(struct stage *stage)
{
	return lay_current(stage, NOWHERE, true);
}

static bool registers_are_missing(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu && story->threads[i].cpu == thread_of(stage)->cpu)
			return story->threads[i].missing ?
			       nobody_is_named(stage, why, size) :
			       wrong(why, size, "nothing is said to be missing");
	return wrong(why, size, "the CPU is missing");
}

static bool wrong_current(struct stage *stage)
{
	uint64_t init;

	return find_symbol(stage, "init_task", &init) && lay_current(stage, init, false);
}

static bool wrong_current_and_queue(struct stage *stage)
{
	uint64_t init;

	return find_symbol(stage, "init_task", &init) && lay_current(stage, init, true);
}

static bool spoil_nesting(struct stage *stage)
{
	return lay_in_task(stage, "rcu_read_lock_nesting", 0);
}

static bool rcu_is_not_held(const struct stage *stage, char *why, size_t size)
{
	return !stage->now.story->spinners[0].holds_rcu || wrong(why, size, "RCU is held");
}

/* --------------------------------------------------------------- the page tables */

static bool find_pgd(struct stage *stage, uint64_t *pgd)
{
	struct address_map_layout layout;

	return (address_map_layout_resolve(stage->scene.kernel, &layout) &&
		mm_page_table(stage->scene.kernel, &layout, thread_of(stage)->task.mm, pgd)) ||
	       missing(stage, "no page table");
}

static bool zero_pgd(struct stage *stage)
{
	uint64_t pgd;

	return find_pgd(stage, &pgd) && lay_run(stage, pgd, 4096, false);
}

static bool noise_in_pgd(struct stage *stage)
{
	uint64_t pgd;

	return find_pgd(stage, &pgd) && lay_run(stage, pgd, 4096, true);
}

/* Every entry leads back to the table itself. */
static bool pgd_of_itself(struct stage *stage)
{
	uint64_t pgd, base, table[512];
	unsigned int i;

	if (!find_pgd(stage, &pgd) || !find_symbol(stage, "page_offset_base", &base))
		return false;
	base = peek(&stage->scene, base, 8);
	for (i = 0; i < 512; i++)
		table[i] = (pgd - base) | 0x67;
	lay_bytes(stage, pgd, table, sizeof(table));
	return true;
}

static bool pgd_nowhere(struct stage *stage)
{
	struct address_map_layout layout;

	if (!address_map_layout_resolve(stage->scene.kernel, &layout))
		return missing(stage, "no page table");
	lay_field(&stage->scene, thread_of(stage)->task.mm, layout.pgd, NOWHERE);
	return true;
}

/* The other process is swept all the same. */
static bool owner_is_still_hit(const struct stage *stage, char *why, size_t size)
{
	const struct story_victims *victims = &stage->now.story->victims;
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < victims->count; i++)
		if (victims->victims[i].pid == stage->guest.owner)
			pages += victims->victims[i].count;
	return (victims->swept && pages == 4 * 511) ||
	       wrong(why, size, "%llu pages of pid %d", (unsigned long long)pages,
		     stage->guest.owner);
}

static bool hit_but_no_pte(const struct stage *stage, char *why, size_t size)
{
	return owner_is_still_hit(stage, why, size) && no_page_table(stage, why, size);
}

/* --------------------------------------------------------------------- the page */

/* The freed page was given out again: a reference can be taken, but it is not the slot's. */
static bool reuse_page(struct stage *stage)
{
	const struct page_layout *layout = &stage->scene.kernel->page;
	uint64_t page = spinner_of(stage)->page.address;

	lay_page(&stage->scene, page, KSWAPCK_FIELD_FLAGS,
		 (spinner_of(stage)->page.flags & ~0xffffffULL) | layout->flag_lru |
		 layout->flag_swapbacked);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_REFCOUNT, 1);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PRIVATE, 0);
	return true;
}

/* The stall of the log is over; what goes on is the other loop. */
static bool it_refaults_now(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;

	if (story->verdict != VERDICT_REFAULT || story->spinner_count != 1)
		return wrong(why, size, "%s", story_verdict_name(story->verdict));
	return (story->spinners[0].loop == LOOP_REFAULT &&
		story->spinners[0].slot == spinner_of(stage)->slot &&
		!strcmp(story->spinners[0].problem->name, "reused-page") &&
		story->spinners[0].page.refcount == 1) ||
	       wrong(why, size, "%s at a %s", story_loop_name(story->spinners[0].loop),
		     story->spinners[0].problem->name);
}

/* A folio of the cache while it is moved: no reference can be had, for an instant. */
static bool freeze_page(struct stage *stage)
{
	const struct page_layout *layout = &stage->scene.kernel->page;
	uint64_t page = spinner_of(stage)->page.address;

	lay_page(&stage->scene, page, KSWAPCK_FIELD_FLAGS,
		 (spinner_of(stage)->page.flags & ~0xffffffULL) | layout->flag_locked |
		 layout->flag_swapcache | layout->flag_swapbacked);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
	lay_page(&stage->scene, page, KSWAPCK_FIELD_PRIVATE, spinner_of(stage)->expected_private);
	return true;
}

static bool slot_is_not_blamed(const struct stage *stage, char *why, size_t size)
{
	const struct story *story = stage->now.story;
	size_t i;

	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].slot == spinner_of(stage)->slot)
			return wrong(why, size, "a page in motion is called %s",
				     story->spinners[i].problem->name);
	return true;
}

/* Kernels of 5.17 to 6.1.70 have both bugs: the same slots are in two findings. */
static bool copy_head_private_too(struct stage *stage)
{
	const struct story_origin *origin = &stage->clean.story->origin;
	uint64_t i;

	for (i = 1; i < origin->slots; i++)
		lay_page(&stage->scene, origin->new_page + i * stage->scene.kernel->page.size,
			 KSWAPCK_FIELD_PRIVATE, 0);
	return true;
}

static bool freed_page_is_blamed(const struct stage *stage, char *why, size_t size)
{
	const struct story_spinner *spinner = &stage->now.story->spinners[0];

	if (!stage->now.findings.refault_slots)
		return wrong(why, size, "the second bug is not found");
	return !strcmp(spinner->problem->name, "freed-folio") ||
	       wrong(why, size, "%s is blamed", spinner->problem->name);
}

/* ------------------------------------------------------------------------- all */

#define KEPT (OTHERS | PART_TASKS | PART_VICTIMS)

/* ----------------------------------------------------------------------- the device */

/* Flags of the first swap device, without some. */
static void lay_device_flags(struct stage *stage, uint64_t kept)
{
	const struct swap_layout *layout = &stage->scene.kernel->swap;
	uint64_t device = peek(&stage->scene, layout->swap_info, 8);
	uint64_t flags = peek(&stage->scene, device + layout->flags.offset, layout->flags.size);

	lay_field(&stage->scene, device, layout->flags, flags & kept);
}

/* As while it is being turned on; nobody turns it off. */
static bool device_not_writeok(struct stage *stage)
{
	lay_device_flags(stage, ~(uint64_t)SWP_WRITEOK);
	return true;
}

static bool no_swapoff(const struct stage *stage, char *why, size_t size)
{
	return !stage->now.story->swapoff_count || wrong(why, size, "a swapoff");
}

static bool device_off(struct stage *stage)
{
	lay_device_flags(stage, 0);
	return true;
}

/* Who is in a fault on it, and whoever has entries of it. */
static bool device_is_gone(const struct stage *stage, char *why, size_t size)
{
	const struct story_spinner *spinner = spinner_of(stage);
	const struct story *story = stage->now.story;
	const struct story_gone_user *user = &story->gone.users[0];

	if (story->gone.user_count != 1 || !story->gone.entries ||
	    story->findings->lost_slots != story->gone.entries)
		return wrong(why, size, "%u users, %llu entries", story->gone.user_count,
			     (unsigned long long)story->gone.entries);
	if (story->threads[user->thread].task.pid != thread_of(stage)->task.pid ||
	    user->type || user->slot != spinner->slot || user->address != spinner->fault_address)
		return wrong(why, size, "slot %llu of type %u at 0x%llx",
			     (unsigned long long)user->slot, user->type,
			     (unsigned long long)user->address);
	return true;
}

/* A fault that has served itself meanwhile: the page table has it no more. */
static bool device_off_and_no_pgd(struct stage *stage)
{
	return device_off(stage) && zero_pgd(stage);
}

static bool nobody_uses_gone_device(const struct stage *stage, char *why, size_t size)
{
	return !stage->now.story->gone.user_count ||
	       wrong(why, size, "a fault that is over is believed");
}

const struct act harms[] = {
	{"nothing is harmed", NULL, PART_ALL, NULL, NULL},
	{"no xa_state on the stack", wipe_xa_state, PART_ALL, NULL, no_xa_state},
	{"no vm_fault on the stack", wipe_vma, PART_ALL & ~PART_CERTAIN, NULL, no_vm_fault},
	{"neither of them", wipe_both, PART_ALL & ~PART_CERTAIN, NULL, no_xa_state},
	{"nor the address", wipe_all, KEPT | PART_STACKS, NULL, certain_by_cr2_alone},
	{"an xa_state of the slot after", move_xa_index, PART_ALL & ~PART_CERTAIN, NULL,
	 same_slot_in_doubt},
	{"an xa_state of no slot", move_xa_index_off_device, PART_ALL, NULL, no_xa_state},
	{"a task without an mm", forget_mm, OTHERS | PART_TASKS | PART_STACKS | PART_SPINNER, NULL,
	 no_vm_fault},
	{"a task with a wrong mm", spoil_mm, OTHERS | PART_TASKS | PART_STACKS | PART_SPINNER,
	 "page tables", no_vm_fault},
	{"rcu_read_lock_nesting is 0", spoil_nesting, PART_ALL, NULL, rcu_is_not_held},

	{"the lookup returns to nowhere", lookup_returns_nowhere, KEPT, NULL,
	 cut_and_nobody_named},
	{"the lookup returns to 0", lookup_returns_zero, KEPT, NULL, cut_and_nobody_named},
	{"the lookup returns to its own stack", lookup_returns_to_itself, KEPT, NULL,
	 cut_and_nobody_named},
	{"the lookup returns to another function", lookup_returns_elsewhere, KEPT | CULPRIT, NULL,
	 stack_is_cut},
	{"the fault returns to nowhere", fault_returns_nowhere, KEPT | CULPRIT, NULL, stack_is_cut},
	{"the interrupted stack is the interrupt's", interrupt_points_to_itself, KEPT, NULL,
	 stack_is_cut},
	{"an interrupt of no segment", interrupt_of_no_segment, KEPT, NULL, cut_and_nobody_named},
	{"an interrupt in no code", interrupt_in_no_code, KEPT, NULL, nobody_is_named},
	{"a stack of one call again and again", stack_of_one_call, KEPT, NULL,
	 cut_and_nobody_named},
	{"a stack of noise", stack_of_noise, KEPT, NULL, cut_and_nobody_named},
	{"a task whose stack is elsewhere", stack_elsewhere, KEPT & ~PART_TASKS, NULL,
	 nobody_is_named},

	{"ORC places are 0", zero_orc_places, KEPT, NULL,
	 cut_and_not_certain},
	{"ORC entries are 0", zero_orc_entries, KEPT, NULL,
	 cut_and_not_certain},
	{"ORC places are noise", noise_in_orc_places, KEPT, NULL,
	 nobody_else_is_named},
	{"ORC entries are noise", noise_in_orc_entries, KEPT, NULL,
	 nobody_else_is_named},
	{"the list of modules is cut", spoil_modules, PART_ALL, "modules", NULL},

	{"a device that gives out no slot", device_not_writeok, PART_ALL, NULL, no_swapoff},
	{"a device that is off", device_off, OTHERS & ~PART_ORIGIN, NULL, device_is_gone},
	{"a device that is off, and no page table", device_off_and_no_pgd, PART_LOG, NULL,
	 nobody_uses_gone_device},

	{"no log", zero_prb, PART_ALL & ~PART_LOG, "kernel log", no_stall_in_log},
	{"a log of 2^63 records", spoil_ring, PART_ALL & ~PART_LOG, "kernel log", no_stall_in_log},
	{"noise in the log's descriptors", noise_in_descriptors, PART_ALL & ~PART_LOG,
	 "kernel log", no_stall_in_log},
	{"noise in the log's infos", noise_in_infos, PART_ALL & ~PART_LOG, "kernel log",
	 no_stall_in_log},
	{"noise in the log's texts", noise_in_texts, PART_ALL & ~PART_LOG, "kernel log",
	 no_stall_in_log},

	{"rcu_state.name leads nowhere", spoil_rcu_name, PART_ALL & ~PART_RCU, NULL,
	 rcu_has_no_name},
	{"no grace period", rcu_at_rest, PART_ALL & ~(PART_RCU | PART_BLOCKER), NULL,
	 rcu_blocks_nobody},
	{"a grace period that has not begun", rcu_from_the_future,
	 PART_ALL & ~(PART_RCU | PART_BLOCKER), NULL, NULL},
	{"noise in the rcu_nodes", noise_in_rcu_nodes, PART_ALL & ~PART_BLOCKER, "RCU",
	 blockers_not_complete},
	{"a list of blocked tasks that has no end", blocked_tasks_in_a_ring,
	 PART_ALL & ~PART_BLOCKER, "RCU", blockers_not_complete},

	{"the task list is cut", cut_task_list, OTHERS | CULPRIT, "tasks", list_is_not_complete},
	{"the task list leads to itself", close_task_list, OTHERS | CULPRIT, "tasks",
	 list_is_not_complete},
	{"current_task leads nowhere", spoil_current, PART_ALL, NULL, NULL},
	{"nor does the run queue tell", spoil_current_and_queue, OTHERS | PART_VICTIMS, NULL,
	 registers_are_missing},
	{"current_task is another's", wrong_current, OTHERS, NULL, nobody_else_is_named},
	{"and so is that of the run queue", wrong_current_and_queue, OTHERS, NULL,
	 nobody_else_is_named},

	{"the page table is empty", zero_pgd, PART_ALL & ~PART_VICTIMS, NULL, hit_but_no_pte},
	{"the page table is noise", noise_in_pgd, PART_ALL & ~PART_VICTIMS, "page tables",
	 hit_but_no_pte},
	{"the page table leads to itself", pgd_of_itself, PART_ALL & ~PART_VICTIMS, NULL,
	 hit_but_no_pte},
	{"the page table is nowhere", pgd_nowhere, PART_ALL & ~PART_VICTIMS, "page tables",
	 hit_but_no_pte},

	{"the page was given out again", reuse_page, PART_LOG | PART_TASKS | PART_STACKS |
	 PART_VICTIMS, NULL, it_refaults_now},
	{"the other bug of migration as well", copy_head_private_too, PART_ALL & ~PART_VICTIMS,
	 NULL, freed_page_is_blamed},
	{"the page is in motion", freeze_page, PART_LOG | PART_RCU | PART_TASKS | PART_STACKS, NULL,
	 slot_is_not_blamed},
	{0},
};

/* ------------------------------------------------------------ of those who refault */

#define REGS_RBX 40	/* in struct pt_regs */

/* The end of the stack of the process that made the pages, if it is on a CPU. */
static bool find_owner(struct stage *stage, uint64_t *end)
{
	const struct story *story = stage->clean.story;
	struct field stack;
	size_t i;

	if (!find_field(stage, "task_struct", "stack", &stack))
		return false;
	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].task.pid == stage->guest.owner && story->threads[i].on_cpu) {
			*end = peek(&stage->scene, story->threads[i].task.address + stack.offset,
				    8) + 16384;
			return true;
		}
	return missing(stage, "it is on no CPU");
}

/* It has the address of such a page in a register, and does not touch it. */
static bool point_to_page(struct stage *stage)
{
	uint64_t end;

	if (!find_owner(stage, &end))
		return false;
	/* what it had in user mode is at the very top */
	lay(&stage->scene, end - PT_REGS_SIZE + REGS_RBX, 8, stage->guest.spinner_address);
	return true;
}

/* A return address and an address that are left from a fault that is over. */
static bool leave_old_fault(struct stage *stage)
{
	uint64_t end, fault, at;

	if (!find_owner(stage, &end) || !find_symbol(stage, "exc_page_fault", &fault) ||
	    !zero_orc_places(stage))
		return false;
	/* behind the call of handle_mm_fault(), in this kernel */
	at = end - PT_REGS_SIZE - 32;
	lay(&stage->scene, at, 8, fault + 0x191);
	lay(&stage->scene, at - 8, 8, stage->guest.spinner_address);
	return true;
}

static bool lay_faults(struct stage *stage, uint64_t count)
{
	struct field field;

	if (!find_field(stage, "task_struct", "min_flt", &field))
		return false;
	lay_field(&stage->scene, thread_of(stage)->task.address, field, count);
	return true;
}

/* The first fault there, as far as one knows. */
static bool few_faults(struct stage *stage)
{
	return lay_faults(stage, 7);
}

static bool many_faults(struct stage *stage)
{
	return lay_faults(stage, UINT64_MAX);
}

const struct act refault_harms[] = {
	{"nothing is harmed", NULL, PART_ALL, NULL, NULL},
	{"another has such an address in a register", point_to_page, PART_ALL, NULL,
	 nobody_else_is_named},
	{"few faults", few_faults, PART_ALL & ~PART_CERTAIN, NULL, NULL},
	{"no end of faults", many_faults, PART_ALL, NULL, NULL},
	{"ORC places are 0", zero_orc_places, KEPT, NULL, nobody_else_is_named},
	{"and another was in such a fault once", leave_old_fault, KEPT, NULL,
	 nobody_else_is_named},
	{"ORC entries are noise", noise_in_orc_entries, KEPT, NULL, nobody_else_is_named},
	{"a task without an mm", forget_mm, OTHERS | PART_TASKS | PART_STACKS, NULL,
	 nobody_else_is_named},
	{"the page table is empty", zero_pgd, PART_LOG | PART_TASKS | PART_STACKS | PART_ORIGIN,
	 NULL, nobody_else_is_named},
	{"current_task leads nowhere", spoil_current, PART_ALL, NULL, NULL},
	{0},
};

/* ------------------------------------------------ of those who spin in a swap table */

/* Several may spin: each that is named was named before. */
static bool no_new_names(const struct stage *stage, char *why, size_t size)
{
	const struct story *was = stage->clean.story, *story = stage->now.story;
	size_t i, k;

	for (i = 0; i < story->spinner_count; i++) {
		uint64_t task = story->threads[story->spinners[i].thread].task.address;

		for (k = 0; k < was->spinner_count; k++)
			if (was->threads[was->spinners[k].thread].task.address == task)
				break;
		if (k == was->spinner_count)
			return wrong(why, size, "pid %d is accused",
				     story->threads[story->spinners[i].thread].task.pid);
	}
	return true;
}

const struct act planted_harms[] = {
	{"nothing is harmed", NULL, PART_ALL, NULL, NULL},
	{"rcu_read_lock_nesting is 0", spoil_nesting, PART_ALL, NULL, rcu_is_not_held},
	{"a task whose stack is elsewhere", stack_elsewhere, KEPT & ~PART_TASKS, NULL,
	 no_new_names},
	{"ORC places are 0", zero_orc_places, KEPT, NULL, no_new_names},
	{"ORC entries are 0", zero_orc_entries, KEPT, NULL, no_new_names},
	{"ORC places are noise", noise_in_orc_places, KEPT, NULL, no_new_names},
	{"ORC entries are noise", noise_in_orc_entries, KEPT, NULL, no_new_names},
	/* who writes to the disk is in one */
	{"the list of modules is cut", spoil_modules, PART_ALL & ~PART_STACKS, "modules", NULL},
	{"a device that gives out no slot", device_not_writeok, PART_ALL, NULL, no_swapoff},
	{"no log", zero_prb, PART_ALL & ~PART_LOG, "kernel log", no_stall_in_log},
	{"noise in the log's texts", noise_in_texts, PART_ALL & ~PART_LOG, "kernel log",
	 no_stall_in_log},
	{"no grace period", rcu_at_rest, PART_ALL & ~(PART_RCU | PART_BLOCKER), NULL,
	 rcu_blocks_nobody},
	{"noise in the rcu_nodes", noise_in_rcu_nodes, PART_ALL & ~PART_BLOCKER, NULL, NULL},
	{"the task list is cut", cut_task_list, OTHERS | CULPRIT, "tasks", list_is_not_complete},
	{"the task list leads to itself", close_task_list, OTHERS | CULPRIT, "tasks",
	 list_is_not_complete},
	{"current_task leads nowhere", spoil_current, PART_ALL, NULL, NULL},
	{"nor does the run queue tell", spoil_current_and_queue, OTHERS | PART_VICTIMS, NULL,
	 no_new_names},
	{"current_task is another's", wrong_current, OTHERS, NULL, no_new_names},
	{"and so is that of the run queue", wrong_current_and_queue, OTHERS, NULL,
	 no_new_names},
	{0},
};
