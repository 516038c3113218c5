// SPDX-License-Identifier: GPL-2.0-or-later
/* Who refers to slots: page table entries and shared memory. */
#include "faults.h"
#include "owner.h"

#include "kernel/address_map.h"
#include "kernel/arch.h"
#include "kernel/swap_entry.h"
#include "kernel/xarray.h"

#define OTHER_TYPE	7	/* of no device that the lab's machines have */
#define VM_MERGEABLE	0x80000000ULL

/* A slot as the tree of a shmem file has it. */
static uint64_t value_of(const struct scene *scene, unsigned int type, uint64_t slot)
{
	uint64_t entry = swap_entry_give(scene->kernel->swap.old_entries, swap_entry(type, slot));

	return xarray_word_of(&scene->kernel->xarray, entry << 1 | 1);
}

static bool with_sweep(struct scene *scene)
{
	scene->sweep = true;
	return true;
}

/* What is laid is that a slot has fewer owners than are counted. */
static bool with_fewer_owners(struct scene *scene)
{
	if (scene->tables_moving)
		return skip(scene, "page tables are on the move: not all owners are seen");
	return with_sweep(scene);
}

/* A slot of no device there is, and near which nobody is at work. */
static uint64_t stray_slot(const struct scene *scene)
{
	uint64_t slot = 70000 + scene_place(scene, 1 << 20);

	while (slot_in_hand(scene, OTHER_TYPE, slot))
		slot += 1021;
	return slot;
}

/* --------------------------------------------------------------- KS501 swap-count */

static bool pte_lost(struct scene *scene)
{
	struct owner owner;

	if (!find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.place, 0);
	expect(scene, "KS501", owner.slot, 1, "page table entr");
	return with_fewer_owners(scene);
}

static bool pte_copied(struct scene *scene)
{
	struct owner owner;
	bool asked;

	if (!find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.empty, owner.raw);
	expect(scene, "KS501", owner.slot, 1, "page table entries and 0");
	/* the copy is where no anonymous memory is; of what was only read ahead nobody asks */
	asked = owner.cached && owner.page.marks & KSWAPCK_PAGE_ANON;
	scene->unverified = asked && owner.empty_mapped;
	scene->in_motion = asked && !owner.empty_mapped;
	return with_sweep(scene);
}

static bool counted_once_too_often(struct scene *scene)
{
	struct owner owner;

	if (!find_pte(scene, &owner))
		return false;
	lay_owners(scene, &owner.device, owner.slot, 1);
	expect(scene, "KS501", owner.slot, 1, "owners");
	return with_fewer_owners(scene);
}

/* swsusp_extents is not empty: slots of the image are counted, and nobody owns them. */
static bool counted_for_hibernation(struct scene *scene)
{
	struct owner owner;
	uint64_t extents;

	if (!image_symbol(scene->kernel->image, "swsusp_extents", &extents))
		return skip(scene, "this kernel cannot hibernate");
	if (!find_pte(scene, &owner))
		return false;
	lay_owners(scene, &owner.device, owner.slot, 1);
	lay(scene, extents, 8, owner.device.address);
	scene->unverified = 1;
	return with_fewer_owners(scene);
}

static bool shmem_value_lost(struct scene *scene)
{
	struct owner owner;

	if (!find_shmem(scene, &owner))
		return false;
	lay(scene, owner.word, 8, 0);
	expect(scene, "KS501", owner.slot, 1, "0 places in shared memory");
	return with_fewer_owners(scene);
}

static bool pte_to_shmem_slot(struct scene *scene)
{
	struct owner shared, owner;

	if (!find_shmem(scene, &shared) || !find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.empty, pte_of(scene, shared.device.type, shared.slot));
	expect(scene, "KS501", shared.slot, 1, "1 page table entry and 1 place");
	return with_sweep(scene);
}

/* ----------------------------------------------- KS502 - KS505, page table entries */

static bool pte_to_free_slot(struct scene *scene)
{
	struct victim victim;
	struct owner owner;

	if (!find_free_slot(scene, &victim) || !find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.empty, pte_of(scene, victim.device.type, victim.slot));
	expect(scene, "KS502", victim.slot, 1, "page table entry");
	return with_sweep(scene);
}

/* The first slot is the header of the device; no stack is searched for a plain 0. */
static bool pte_to_bad_slot(struct scene *scene)
{
	struct owner owner;
	uint64_t pte;

	if (!find_pte(scene, &owner))
		return false;
	pte = pte_of(scene, owner.device.type, 0);
	/* on arm64 all zeros: it takes one of the flags to be an entry at all */
	lay_physical(scene, owner.empty, pte ? pte : scene->kernel->arch->swapped_flags[0].mask);
	expect(scene, "KS503", 0, 1, "page table entry");
	return with_sweep(scene);
}

static bool pte_beyond_device(struct scene *scene)
{
	struct owner owner;

	if (!find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.empty,
		     pte_of(scene, owner.device.type, owner.device.slots + 12345));
	expect(scene, "KS504", owner.device.slots + 12345, 1, "page table entry");
	return with_sweep(scene);
}

static bool pte_without_device(struct scene *scene)
{
	uint64_t stray = stray_slot(scene);
	struct owner owner;

	if (!find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.empty, pte_of(scene, OTHER_TYPE, stray));
	expect(scene, "KS505", stray, 1, "would be of type 7");
	return with_sweep(scene);
}

/* ------------------------------------------------------------ KS502 - KS505, shmem */

/* The slot that the value named before is missed by swap_map. */
static bool shmem_renamed(struct scene *scene, const struct owner *owner, uint64_t value)
{
	lay(scene, owner->word, 8, value);
	expect(scene, "KS501", owner->slot, 1, "0 places in shared memory");
	return with_fewer_owners(scene);
}

static bool shmem_to_free_slot(struct scene *scene)
{
	struct victim victim;
	struct owner owner;

	if (!find_free_slot(scene, &victim) || !find_shmem(scene, &owner))
		return false;
	expect(scene, "KS502", victim.slot, 1, "of inode");
	return shmem_renamed(scene, &owner, value_of(scene, victim.device.type, victim.slot));
}

static bool shmem_beyond_device(struct scene *scene)
{
	struct owner owner;

	if (!find_shmem(scene, &owner))
		return false;
	expect(scene, "KS504", owner.device.slots + 12345, 1, "of inode");
	return shmem_renamed(scene, &owner,
			     value_of(scene, owner.device.type, owner.device.slots + 12345));
}

static bool shmem_without_device(struct scene *scene)
{
	uint64_t stray = stray_slot(scene);
	struct owner owner;

	if (!find_shmem(scene, &owner))
		return false;
	expect(scene, "KS505", stray, 1, "would be of type 7");
	return shmem_renamed(scene, &owner, value_of(scene, OTHER_TYPE, stray));
}

/* --------------------------------------------------------------- KS601 and KS602 */

/* A finding for each process that refers to the slot. */
static void expect_owners(struct scene *scene, const char *id, const struct owner *owner)
{
	unsigned int i;

	for (i = 0; i < owner->count; i++)
		expect(scene, id, owner->slot, 1, "while the folio has index");
}

static bool index_moved(struct scene *scene)
{
	struct owner owner;

	if (!find_cached_pte(scene, &owner))
		return false;
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_INDEX, owner.page.index + 37);
	expect_owners(scene, "KS601", &owner);
	return with_sweep(scene);
}

static bool folio_of_others(struct scene *scene)
{
	struct owner owner, other;

	if (!find_cached_pte(scene, &owner) || !find_other_cached_pte(scene, &owner, &other))
		return false;
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_MAPPING, other.page.mapping);
	expect_owners(scene, "KS602", &owner);
	return with_sweep(scene);
}

/* ------------------------------------------------------------------------- legal */

/* zap_pte_range() frees the slot before it clears the entry, under the table's lock. */
static bool locked_table(struct scene *scene)
{
	struct victim victim;
	struct owner owner;

	if (!find_free_slot(scene, &victim) || !find_pte(scene, &owner))
		return false;
	lay_physical(scene, owner.empty, pte_of(scene, victim.device.type, victim.slot));
	lay(scene, table_lock_place(scene, owner.empty), scene->kernel->lock.size, 1);
	scene->in_motion = 1;
	return with_sweep(scene);
}

/* Fork counts the new owner first, under the lock of the table it copies. */
static bool locked_table_of_counted(struct scene *scene)
{
	struct owner owner;

	if (!find_pte(scene, &owner))
		return false;
	lay_owners(scene, &owner.device, owner.slot, 1);
	lay(scene, table_lock_place(scene, owner.place), scene->kernel->lock.size, 1);
	scene->in_motion = 1;
	return with_sweep(scene);
}

/* UFFDIO_MOVE changes the folio first, under its lock. */
static bool locked_folio_moves(struct scene *scene)
{
	struct owner owner;

	if (!find_cached_pte(scene, &owner))
		return false;
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_INDEX, owner.page.index + 37);
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_FLAGS, owner.page.flags | 1);
	scene->in_motion = 1;
	return with_sweep(scene);
}

/* Writers have the lock: mm_struct.mmap_lock, mmap_sem before 5.8. */
static bool hold_mmap_lock(struct scene *scene, uint64_t mm)
{
	struct field lock, count, owner;

	if ((!kernel_field(scene->kernel, "mm_struct", "mmap_lock", &lock) &&
	     !kernel_field(scene->kernel, "mm_struct", "mmap_sem", &lock)) ||
	    !kernel_field(scene->kernel, "rw_semaphore", "count", &count))
		return skip(scene, "no rw_semaphore of this kind");
	/* RWSEM_ACTIVE_WRITE_BIAS up to 5.2, where the owner is no atomic_long_t yet */
	lay(scene, mm + lock.offset + count.offset, 8,
	    kernel_field(scene->kernel, "rw_semaphore", "owner.counter", &owner) ?
	    1 : 0xffffffff00000001);
	return true;
}

/* shift_arg_pages(): the area begins lower already, the pages are not moved down yet. */
static bool stack_of_new_program(struct scene *scene)
{
	struct vma_pgoff_layout pgoff;
	struct owner owner;

	if (!find_cached_pte(scene, &owner) || !hold_mmap_lock(scene, owner.mm) ||
	    !vma_pgoff_layout_resolve(scene->kernel, &pgoff))
		return scene->skip ? false : skip(scene, "no vm_pgoff");
	lay_field(scene, owner.vma.address, pgoff.low.size ? pgoff.low : pgoff.whole,
		  owner.vma.pgoff + 37);
	scene->in_motion = 1;
	return with_sweep(scene);
}

static bool ksm_folio(struct scene *scene)
{
	struct owner owner;

	if (!find_cached_pte(scene, &owner))
		return false;
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_INDEX, owner.page.index + 37);
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_MAPPING, owner.page.mapping | 3);
	return with_sweep(scene);
}

static bool mergeable_memory(struct scene *scene)
{
	struct field flags;
	struct owner owner;
	uint64_t address;

	if (!image_symbol(scene->kernel->image, "ksm_might_need_to_copy", &address))
		return skip(scene, "a kernel without KSM");
	if (!find_cached_pte(scene, &owner) ||
	    !kernel_field(scene->kernel, "vm_area_struct", "vm_flags", &flags))
		return scene->skip ? false : skip(scene, "no vm_flags");
	if (owner.count > 1)
		return skip(scene, "the first slot found has two owners");
	lay_page(scene, owner.page.address, KSWAPCK_FIELD_INDEX, owner.page.index + 37);
	lay_field(scene, owner.vma.address, flags, owner.vma.flags | VM_MERGEABLE);
	return with_sweep(scene);
}

const struct fault owner_faults[] = {
	{"swap-count: page table entry lost", pte_lost},
	{"swap-count: page table entry there twice", pte_copied},
	{"swap-count: one more counted", counted_once_too_often},
	{"unknown: one more counted, and a hibernation image is in swap", counted_for_hibernation},
	{"swap-count: shmem value lost", shmem_value_lost},
	{"swap-count: page table entry to a slot of shmem", pte_to_shmem_slot},
	{"entry-to-free-slot: page table entry", pte_to_free_slot},
	{"entry-to-free-slot: shmem", shmem_to_free_slot},
	{"entry-to-bad-slot: page table entry", pte_to_bad_slot},
	{"entry-beyond-device: page table entry", pte_beyond_device},
	{"entry-beyond-device: shmem", shmem_beyond_device},
	{"entry-without-device: page table entry", pte_without_device},
	{"entry-without-device: shmem", shmem_without_device},
	{"anon-index: folio moved on", index_moved},
	{"anon-vma: folio of somebody else", folio_of_others},
	{"legal: slot is freed before its entry, table locked", locked_table},
	{"legal: slot is counted before its entry, table locked", locked_table_of_counted},
	{"legal: locked folio is being moved", locked_folio_moves},
	{"legal: stack of a new program is being moved", stack_of_new_program},
	{"legal: folio of KSM", ksm_folio},
	{"legal: memory that KSM may merge", mergeable_memory},
	{0},
};
