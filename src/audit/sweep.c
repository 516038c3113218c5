// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/sweep.h"

#include <stdlib.h>
#include <string.h>

#include "audit/feed.h"
#include "audit/slot_counts.h"
#include "kernel/mm_list.h"
#include "kernel/page_table.h"
#include "kernel/page_table_lock.h"
#include "kernel/shmem.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"
#include "kernel/task.h"

/* References between two looks at whether to stop. */
#define STOP_INTERVAL 4096

struct sweep {
	struct kswapck_audit *audit;
	struct feed_wants wants;
	struct task_layout tasks;
	struct page_table_layout tables;
	struct mm_list mms;
	uint64_t tables_left;		/* that may still be read, of all processes together */
	uint64_t direct_map;		/* address of physical 0; 0: not known */
	/* by type */
	struct slot_counts ptes[DEVICES_MAX], shmem[DEVICES_MAX], locked[DEVICES_MAX];
	struct page_table_lock_layout table_lock;
	uint64_t table;			/* physical address of the page table at hand */
	bool table_locked;
	struct kswapck_reference reference;	/* what all PTEs of a process have in common */
	size_t process;
	uint64_t until_stop;
	bool shmem_moving;		/* not all of it may have been in its place */
	bool out_of_memory;
};

static bool go_on(struct sweep *sweep)
{
	if (sweep->until_stop--)
		return true;
	sweep->until_stop = STOP_INTERVAL;
	return !audit_stopped(sweep->audit);
}

/*
 * The highest types are not of devices: migration, device memory, hwpoison, markers.
 * How many depends on the configuration; MAX_SWAPFILES (include/linux/swap.h) has
 * never been less than this, and is nowhere in a kernel's types.
 */
#define DEVICE_TYPES_MIN 20

static bool is_device_type(const struct sweep *sweep, unsigned int type)
{
	return type < DEVICE_TYPES_MIN || type < sweep->audit->kernel->swap.nr_swapfiles;
}

static const char unreadable_device[] =
	"owned, but their swap device is not readable in this dump";

static bool take_reference(struct sweep *sweep, struct kswapck_reference *reference)
{
	struct kswapck_audit *audit = sweep->audit;
	unsigned int type = reference->type;
	struct slot_counts *counts = reference->kind == KSWAPCK_REFERENCE_PTE ?
				     &sweep->ptes[type] : &sweep->shmem[type];

	reference->device = audit->by_type[type];
	reference->cached = audit_is_cached(audit, type, reference->slot);
	if (reference->kind == KSWAPCK_REFERENCE_PTE)
		audit->summary->swap_ptes++;
	else
		audit->summary->shmem_entries++;
	if (audit->unreadable[type]) {
		kswapck_unverified(audit, unreadable_device, 1);
		return go_on(sweep);
	}
	if (reference->device && reference->slot < reference->device->slots &&
	    (!slot_counts_add(counts, reference->slot) ||
	     (reference->locked && !slot_counts_add(&sweep->locked[type], reference->slot)))) {
		sweep->out_of_memory = true;
		return false;
	}
	if (sweep->wants.reference)
		feed_reference(audit, reference);
	return go_on(sweep);
}

/* ---------------------------------------------------------------- page tables */

/* All entries of a page table come one after the other. */
static bool is_table_locked(struct sweep *sweep, uint64_t place)
{
	uint64_t table = place & -kernel_page_size(sweep->audit->kernel);

	if (table != sweep->table) {
		sweep->table = table;
		sweep->table_locked = page_table_locked(sweep->audit->kernel, &sweep->table_lock,
							sweep->reference.mm, table);
	}
	return sweep->table_locked;
}

static bool take_pte(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct sweep *sweep = data;
	struct kswapck_reference *reference = &sweep->reference;

	if (!page_table_swap_entry(sweep->audit->kernel, pte, &reference->type, &reference->slot) ||
	    !is_device_type(sweep, reference->type))
		return true;
	reference->raw = pte;
	reference->address = address;
	reference->place = sweep->direct_map ? sweep->direct_map + place : 0;
	reference->locked = is_table_locked(sweep, place);
	return take_reference(sweep, reference);
}

static void begin_process(struct sweep *sweep, const struct mm_owner *owner)
{
	const struct kernel *kernel = sweep->audit->kernel;
	struct task_details details;

	sweep->reference = (struct kswapck_reference){
		.kind = KSWAPCK_REFERENCE_PTE,
		.mm = owner->mm,
	};
	if (!owner->task ||
	    !task_details_read(kernel, &sweep->tasks, owner->task, &details))
		return;
	sweep->reference.pid = details.tgid;
	memcpy(sweep->reference.comm, details.comm, sizeof(sweep->reference.comm));
}

static bool sweep_process(struct sweep *sweep, const struct mm_owner *owner)
{
	struct kswapck_audit *audit = sweep->audit;
	struct audit_summary *summary = audit->summary;
	struct page_table_sweep tables = {.tables_max = sweep->tables_left};
	bool whole;
	uint64_t pgd;

	begin_process(sweep, owner);
	sweep->table = UINT64_MAX;
	if (!sweep->tables_left ||
	    !mm_page_table(audit->kernel, &audit->map, owner->mm, &pgd)) {
		summary->tables_unreadable++;
		return true;
	}
	whole = page_table_for_each_swap(audit->kernel, &sweep->tables, pgd, take_pte, sweep,
					 &tables);
	page_tables_take(&sweep->tables_left, &tables);
	summary->processes++;
	summary->tables += tables.tables;
	summary->ptes += tables.ptes;
	summary->tables_unreadable += tables.unreadable + tables.truncated;
	return whole;
}

static bool sweep_processes(struct sweep *sweep, struct error *err)
{
	struct kswapck_audit *audit = sweep->audit;
	const struct audit_sink *sink = audit->sink;

	if (!mm_list_read(audit->kernel, &sweep->tasks, &sweep->mms, err))
		return false;
	if (!sweep->mms.complete)
		audit->summary->sweep_incomplete = true;
	for (; sweep->process < sweep->mms.count; sweep->process++) {
		if (audit_stopped(audit) ||
		    !sweep_process(sweep, &sweep->mms.owners[sweep->process]))
			break;
		if (sink->progress)
			sink->progress(sink->data, "looking through page tables",
				       sweep->process + 1, sweep->mms.count);
	}
	return true;
}

/* ---------------------------------------------------------------------- shmem */

static bool take_shmem(void *data, const struct shmem_entry *entry)
{
	struct sweep *sweep = data;
	struct kswapck_reference reference = {
		.kind = KSWAPCK_REFERENCE_SHMEM,
		.raw = entry->raw,
		.place = entry->place,
		.inode = entry->inode,
		.inode_number = entry->number,
		.locked = entry->locked,
	};
	uint64_t first, i;

	swap_entry_split(entry->entry, &reference.type, &first);
	if (!is_device_type(sweep, reference.type))
		return true;
	for (i = 0; i < entry->slots; i++) {
		reference.slot = first + i;
		reference.index = entry->index + i;
		if (!take_reference(sweep, &reference))
			return false;
	}
	return true;
}

static void sweep_shmem(struct sweep *sweep)
{
	struct audit_summary *summary = sweep->audit->summary;
	struct shmem_sweep shmem = {0};

	shmem_for_each_swapped(sweep->audit->kernel, take_shmem, sweep, &shmem);
	sweep->shmem_moving = shmem.moving;
	summary->shmem_files = shmem.swapped;
	summary->shmem_unreadable = shmem.unreadable;
	if (!shmem.complete)
		summary->sweep_incomplete = true;
}

/* --------------------------------------------------------------------- counts */

struct part {
	uint32_t ptes[SWAP_SPACE_SLOTS], shmem[SWAP_SPACE_SLOTS], locked[SWAP_SPACE_SLOTS];
	uint8_t map[SWAP_SPACE_SLOTS], map_read[SWAP_SPACE_SLOTS];
};

static void feed_part(struct sweep *sweep, const struct kswapck_device *device,
		      uint64_t first, struct part *part)
{
	uint64_t left = device->slots - first;
	struct kswapck_reference_counts counts = {
		.device = device,
		.first_slot = first,
		.slots = left < SWAP_SPACE_SLOTS ? (uint32_t)left : SWAP_SPACE_SLOTS,
		.ptes = part->ptes,
		.shmem = part->shmem,
		.locked = part->locked,
		.map = part->map,
		.map_read = part->map_read,
		.complete = audit_sweep_complete(sweep->audit->summary) && !sweep->shmem_moving,
	};
	uint32_t i;

	/*
	 * What cannot be read was counted when the device was walked. A damaged si->max may
	 * be 2^32, and nearly all of that lies where no memory is.
	 */
	if (swap_device_map(sweep->audit->kernel, device, first, counts.slots, part->map,
			    part->map_read) == counts.slots)
		return;
	for (i = 0; i < counts.slots; i++) {
		part->ptes[i] = slot_counts_get(&sweep->ptes[device->type], first + i);
		part->shmem[i] = slot_counts_get(&sweep->shmem[device->type], first + i);
		part->locked[i] = slot_counts_get(&sweep->locked[device->type], first + i);
	}
	feed_references(sweep->audit, &counts);
}

static bool feed_counts(struct sweep *sweep, struct error *err)
{
	struct kswapck_audit *audit = sweep->audit;
	struct part *part = malloc(sizeof(*part));
	unsigned int i;
	uint64_t first;

	if (!part)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (i = 0; i < audit->device_count; i++) {
		for (first = 0; first < audit->devices[i].slots && !audit_stopped(audit);
		     first += SWAP_SPACE_SLOTS)
			feed_part(sweep, &audit->devices[i], first, part);
		audit_flush(audit);
	}
	free(part);
	return true;
}

/* ----------------------------------------------------------------------------- */

static bool resolve(struct sweep *sweep)
{
	const struct kernel *kernel = sweep->audit->kernel;

	kernel_direct_map(kernel, &sweep->direct_map);
	page_table_lock_resolve(kernel, &sweep->table_lock);
	/* each is of one process: damaged ones that share theirs are not to take for ever */
	sweep->tables_left = page_tables_max(kernel);
	return sweep->audit->map_known && task_layout_resolve(kernel, &sweep->tasks) &&
	       page_table_layout_resolve(kernel, &sweep->tables);
}

static bool make_sweep(struct sweep *sweep, struct error *err)
{
	struct kswapck_audit *audit = sweep->audit;

	if (!resolve(sweep)) {
		audit->summary->sweep_incomplete = true;
		return true;
	}
	if (!sweep_processes(sweep, err))
		return false;
	if (!audit->summary->interrupted)
		sweep_shmem(sweep);
	if (sweep->out_of_memory)
		return error_set(err, ERROR_SYSTEM, "out of memory for the counts of who holds "
				 "which slot; '--no-sweep' does without");
	audit_flush(audit);
	if (!sweep->wants.references || audit->summary->interrupted)
		return true;
	return feed_counts(sweep, err);
}

bool sweep_run(struct kswapck_audit *audit, struct error *err)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	unsigned int type;
	bool done;

	if (!sweep)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	sweep->audit = audit;
	sweep->wants = feed_wants(audit);
	for (type = 0; type < DEVICES_MAX; type++) {
		uint64_t slots = audit->by_type[type] ? audit->by_type[type]->slots : 0;

		slot_counts_init(&sweep->ptes[type], slots);
		slot_counts_init(&sweep->shmem[type], slots);
		slot_counts_init(&sweep->locked[type], slots);
	}
	audit->summary->swept = true;
	done = make_sweep(sweep, err);
	for (type = 0; type < DEVICES_MAX; type++) {
		slot_counts_free(&sweep->ptes[type]);
		slot_counts_free(&sweep->shmem[type]);
		slot_counts_free(&sweep->locked[type]);
	}
	mm_list_free(&sweep->mms);
	free(sweep);
	return done;
}
