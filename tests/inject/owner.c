// SPDX-License-Identifier: GPL-2.0-or-later
#include "owner.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/address_map.h"
#include "kernel/arch.h"
#include "kernel/mm_list.h"
#include "kernel/page.h"
#include "kernel/page_table.h"
#include "kernel/page_table_lock.h"
#include "kernel/shmem.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"

#define PASSES_MAX 256	/* enough to come upon all kinds of memory */

typedef bool accept_fn(const struct scene *scene, const struct owner *owner, const void *data);

struct search {
	struct scene *scene;
	struct address_map_layout map;
	struct page_table_layout tables;
	struct page_table_lock_layout locks;
	accept_fn *accept;
	const void *data;
	struct owner *owner;
	uint64_t mm, pgd, empty, empty_address;
	uint64_t passes;	/* of those accepted, so many are passed by */
	struct owner chosen;	/* the last one accepted */
	bool found, enough;
};

/*
 * One that was accepted: is it the one to take? The last of all is taken, too, if fewer were
 * accepted than should be passed by.
 */
static bool choose(struct search *search)
{
	search->chosen = *search->owner;
	search->found = true;
	return !search->passes--;
}

/* The end of a search: what was chosen. */
static bool chosen(struct search *search, const char *missing)
{
	if (!search->found)
		return skip(search->scene, missing);
	*search->owner = search->chosen;
	return true;
}

uint64_t pte_of(const struct scene *scene, unsigned int type, uint64_t slot)
{
	return swap_pte_encode(scene->kernel->swap_pte, type, slot);
}

uint64_t table_lock_place(const struct scene *scene, uint64_t place)
{
	struct page_table_lock_layout locks;

	page_table_lock_resolve(scene->kernel, &locks);
	return page_address_of(scene->kernel, place >> kernel_page_shift(scene->kernel)) +
	       locks.table.offset +
	       scene->kernel->lock.offset;
}

/* The slot, its byte and what is cached; false if more than one may own it. */
static bool look_at_slot(struct search *search, unsigned int type, uint64_t slot)
{
	const struct kernel *kernel = search->scene->kernel;
	struct owner *owner = search->owner;
	uint8_t kind, read;
	uint64_t entry;

	if (type >= kernel->swap.nr_swapfiles ||
	    swap_device_read(kernel, type, &owner->device) != SWAP_DEVICE_OK ||
	    slot >= owner->device.slots || slot_in_hand(search->scene, type, slot) ||
	    swap_device_slot_locked(kernel, &owner->device, slot) ||
	    swap_device_map(kernel, &owner->device, slot, 1, &owner->map, &read))
		return false;
	owner->slot = slot;
	kernel->swap_cache->lookup(kernel, &owner->device, slot, 1, &entry, &kind);
	owner->cached = kind == KSWAPCK_ENTRY_PAGE;
	return !owner->cached || page_read(kernel, entry, &owner->page) == READ_OK;
}

/* ---------------------------------------------------------------- page tables */

/*
 * Physical address of an empty entry in some lowest table below the table of @level, which is
 * that of the memory at @address, of its first @count entries; 0 if there is none.
 */
static uint64_t find_empty(struct search *search, const uint64_t *table, unsigned int count,
			   uint64_t place, unsigned int level, uint64_t address)
{
	const struct paging *paging = &search->tables.paging;
	size_t size = 1ULL << paging->page_shift;
	uint64_t *below = malloc(size), found = 0;
	unsigned int i;

	if (!below)
		abort();
	for (i = 0; i < count && !found; i++) {
		uint64_t next = paging_address(paging, table[i]);

		search->empty_address = address + ((uint64_t)i << paging_shift(paging, level));
		if (level == 1)
			found = table[i] ? 0 : place + 8ULL * i;
		else if (paging->ops->entry(table[i], level) == PAGING_TABLE &&
			 memory_read_physical(search->scene->kernel->memory, next, below, size) ==
				 READ_OK)
			found = find_empty(search, below, paging_entries(paging, level - 1), next,
					   level - 1, search->empty_address);
	}
	free(below);
	return found;
}

static uint64_t empty_entry_of(struct search *search, uint64_t pgd)
{
	const struct paging *paging = &search->tables.paging;
	unsigned int count = paging_entries(paging, paging->levels) / (paging->shared ? 2 : 1);
	uint64_t table[PAGING_ENTRIES_MAX];

	if (memory_read(search->scene->kernel->memory, pgd, table, 8ULL * count) != READ_OK)
		return 0;
	return find_empty(search, table, count, 0, paging->levels, 0);
}

/* The tables on the way to @owner's entry, but for the highest and the lowest. */
static bool find_tables(const struct search *search, uint64_t pgd, struct owner *owner)
{
	const struct paging *paging = &search->tables.paging;
	struct memory *memory = search->scene->kernel->memory;
	unsigned int level = paging->levels, i;
	uint64_t entry;

	if (memory_read_u64(memory, pgd + 8ULL * paging_index(paging, level, owner->address),
			    &entry) != READ_OK)
		return false;
	for (i = 0; i < 2 && level > 1; i++) {
		owner->tables[i] = paging_address(paging, entry);
		level--;
		if (memory_read_physical(memory, owner->tables[i] +
					 8ULL * paging_index(paging, level, owner->address),
					 &entry, sizeof(entry)) != READ_OK)
			return false;
	}
	return true;
}

/* By a number that has room for one more. */
static bool is_counted(const struct owner *owner)
{
	return !(owner->map & COUNT_CONTINUED) && owner->map & SWAP_MAP_BAD &&
	       (owner->map & SWAP_MAP_BAD) < SWAP_MAP_MAX - 1;
}

static bool take_pte(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct search *search = data;
	struct owner *owner = search->owner;
	struct kswapck_vma vma;
	unsigned int type;
	uint64_t slot;

	memset(owner, 0, sizeof(*owner));
	if (!page_table_swap_entry(search->scene->kernel, pte, &type, &slot) ||
	    !look_at_slot(search, type, slot) || !is_counted(owner))
		return true;
	owner->count = owner->map & SWAP_MAP_BAD;
	owner->raw = pte;
	owner->mm = search->mm;
	owner->address = address;
	owner->place = place;
	owner->table = place & -(1ULL << kernel_page_shift(search->scene->kernel));
	if (page_table_locked(search->scene->kernel, &search->locks, search->mm, owner->table) ||
	    !vma_find(search->scene->kernel, &search->map, search->mm, address, &owner->vma))
		return true;
	owner->empty = search->empty;
	owner->empty_mapped = vma_find(search->scene->kernel, &search->map, search->mm,
				       search->empty_address, &vma);
	if (!owner->empty || !find_tables(search, search->pgd, owner) ||
	    !search->accept(search->scene, owner, search->data))
		return true;
	search->enough = choose(search);
	return !search->enough;
}

static bool find(struct scene *scene, accept_fn *accept, const void *data, const char *missing,
		 struct owner *owner)
{
	struct search search = {
		.scene = scene, .accept = accept, .data = data, .owner = owner,
		.passes = scene_place(scene, PASSES_MAX),
	};
	struct page_table_sweep tables;
	struct task_layout tasks;
	struct mm_list mms;
	uint64_t pgd;
	size_t first, i;

	if (!address_map_layout_resolve(scene->kernel, &search.map) ||
	    !page_table_layout_resolve(scene->kernel, &search.tables) ||
	    !task_layout_resolve(scene->kernel, &tasks) ||
	    !mm_list_read(scene->kernel, &tasks, &mms, NULL))
		return skip(scene, "no page tables");
	page_table_lock_resolve(scene->kernel, &search.locks);
	first = mms.count ? scene_place(scene, mms.count) : 0;
	for (i = 0; i < mms.count && !search.enough; i++) {
		search.mm = mms.owners[(first + i) % mms.count].mm;
		tables = (struct page_table_sweep){0};
		if (!mm_page_table(scene->kernel, &search.map, search.mm, &pgd))
			continue;
		search.pgd = pgd;
		search.empty = empty_entry_of(&search, pgd);
		page_table_for_each_swap(scene->kernel, &search.tables, pgd, take_pte, &search,
					 &tables);
	}
	mm_list_free(&mms);
	return chosen(&search, missing);
}

static bool any(const struct scene *scene, const struct owner *owner, const void *data)
{
	(void)scene, (void)owner, (void)data;
	return true;
}

static bool root_of_folio(const struct scene *scene, const struct owner *owner, uint64_t *root)
{
	struct address_map_layout map;

	return address_map_layout_resolve(scene->kernel, &map) &&
	       anon_vma_root(scene->kernel, &map, owner->page.mapping & ~3ULL, root);
}

static bool is_anon(const struct scene *scene, const struct owner *owner, const void *data)
{
	uint64_t root;

	(void)data;
	/* while its process forks, nothing of it is judged */
	return owner->cached && !owner->vma.locked &&
	       !owner->page.order && owner->page.refcount > 0 &&
	       (owner->page.mapping & 3) == 1 &&
	       owner->page.marks & KSWAPCK_PAGE_SWAPCACHE &&
	       !(owner->page.marks & (KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_LOCKED)) &&
	       root_of_folio(scene, owner, &root);
}

static bool is_other_anon(const struct scene *scene, const struct owner *owner, const void *data)
{
	uint64_t root, other;

	return is_anon(scene, owner, NULL) && root_of_folio(scene, owner, &root) &&
	       root_of_folio(scene, data, &other) && root != other;
}

bool find_pte(struct scene *scene, struct owner *owner)
{
	return find(scene, any, NULL, "no page table entry that fits", owner);
}

bool find_cached_pte(struct scene *scene, struct owner *owner)
{
	uint64_t address, run = 0;

	if (image_symbol(scene->kernel->image, "ksm_run", &address) &&
	    (memory_read_u64(scene->kernel->memory, address, &run) != READ_OK || run))
		return skip(scene, "KSM is at work");
	return find(scene, is_anon, NULL, "no cached anonymous page", owner);
}

bool find_other_cached_pte(struct scene *scene, const struct owner *than, struct owner *owner)
{
	return find(scene, is_other_anon, than, "no two unrelated processes", owner);
}

/* ---------------------------------------------------------------------- shmem */

static bool take_shmem(void *data, const struct shmem_entry *entry)
{
	struct search *search = data;
	struct owner *owner = search->owner;
	unsigned int type;
	uint64_t slot;

	memset(owner, 0, sizeof(*owner));
	swap_entry_split(entry->entry, &type, &slot);
	if (entry->slots != 1 || !entry->place || entry->locked ||
	    !look_at_slot(search, type, slot))
		return true;
	owner->raw = entry->raw;
	owner->word = entry->place;
	search->enough = choose(search);
	return !search->enough;
}

bool find_shmem(struct scene *scene, struct owner *owner)
{
	struct search search = {
		.scene = scene, .owner = owner, .passes = scene_place(scene, PASSES_MAX),
	};
	struct shmem_sweep sweep = {0};

	shmem_for_each_swapped(scene->kernel, take_shmem, &search, &sweep);
	return chosen(&search, "no swapped shared memory");
}
