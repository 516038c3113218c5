// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a healthy kernel does for a moment. Nothing of it may be a finding: each
 * of these states is what a dump of a busy machine holds here and there.
 */
#include "clusters.h"
#include "faults.h"

#include "kernel/cpu.h"
#include "kernel/cpu_stacks.h"
#include "kernel/per_cpu.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"
#include "kernel/task.h"

static uint64_t locked_flags(const struct scene *scene, const struct kswapck_page *page)
{
	return page->flags | scene->kernel->page.flag_locked;
}

static void hold_tree_lock(struct scene *scene, const struct victim *victim)
{
	hold_lock(scene, tree_lock_place(scene, victim));
}

static void hold_device_lock(struct scene *scene, const struct victim *victim)
{
	hold_lock(scene, device_lock_place(scene, victim));
}

/* --------------------------------------------------------------- a task at work */

struct sleeper {
	uint64_t stack_size;
	uint64_t word;		/* in the live part of its stack; 0: none found */
};

static bool take_sleeper(void *data, const struct task *task)
{
	struct sleeper *sleeper = data;

	sleeper->word = (task->sp & ~7ULL) + 64;
	if (!task->on_cpu && task->sp >= task->stack &&
	    sleeper->word + 64 < task->stack + sleeper->stack_size)
		return false;
	sleeper->word = 0;
	return true;
}

/* Return addresses, as in a task that sleeps while it is at work on the swap cache. */
static void put_swap_functions(struct scene *scene, uint64_t word)
{
	static const char *const names[] = {
		"add_to_swap_cache", "__read_swap_cache_async", "get_swap_pages",
		"delete_from_swap_cache", "do_swap_page", "shrink_page_list",
		"shrink_folio_list",
	};
	uint64_t address;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (image_symbol(scene->dump.image, names[i], &address)) {
			lay(scene, word, 8, address + 16);
			word += 8;
		}
}

static bool put_on_a_stack(struct scene *scene, uint64_t value)
{
	struct task_layout layout;
	struct sleeper sleeper = {0};

	if (task_layout_resolve(scene->kernel, &layout)) {
		sleeper.stack_size = layout.stack_size;
		task_for_each(scene->kernel, &layout, take_sleeper, &sleeper);
	}
	if (!sleeper.word)
		return skip(scene, "no task sleeps");
	lay(scene, sleeper.word, 8, value);
	put_swap_functions(scene, sleeper.word + 8);
	return true;
}

static bool put_entry_on_a_stack(struct scene *scene, uint64_t entry)
{
	return put_on_a_stack(scene, swap_entry_give(scene->kernel->swap.old_entries, entry));
}

/* ---------------------------------------------------------------------- folios */

/* folio_ref_freeze(): migration, split, reclaim */
static bool folio_frozen(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, 0);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_FLAGS, locked_flags(scene, &victim.page));
	scene->in_motion = 1;
	return true;
}

static bool large_folio_frozen(struct scene *scene)
{
	struct victim victims[4];

	if (!make_large_folio(scene, victims))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_REFCOUNT, 0);
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_FLAGS,
		 locked_flags(scene, &victims[0].page));
	scene->in_motion = 4;
	return true;
}

/* add_to_swap_cache() has stored two of four slots; counts follow later */
static bool folio_half_added(struct scene *scene)
{
	struct victim victims[4];

	if (!make_large_folio(scene, victims) ||
	    !put_entry_on_a_stack(scene, victims[0].page.private))
		return false;
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_FLAGS,
		 locked_flags(scene, &victims[0].page));
	hold_tree_lock(scene, &victims[0]);
	lay_entry(scene, &victims[2], 0);
	lay_entry(scene, &victims[3], 0);
	scene->in_motion = 2;
	return true;
}

/* migration has put the new folio into the first two slots of four */
static bool folio_half_replaced(struct scene *scene)
{
	struct victim victims[4];
	struct kswapck_page other;
	uint64_t i;

	if (!make_large_folio(scene, victims) || !find_free_block(scene, 3, &other))
		return false;
	hold_tree_lock(scene, &victims[0]);
	lay_page(scene, victims[0].entry, KSWAPCK_FIELD_FLAGS,
		 locked_flags(scene, &victims[0].page));
	/* the old folio: frozen, locked, with the same names as the new one */
	lay_page(scene, other.address, KSWAPCK_FIELD_FLAGS,
		 locked_flags(scene, &victims[0].page));
	lay_page(scene, other.address, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);
	lay_page(scene, other.address, KSWAPCK_FIELD_PRIVATE, victims[0].page.private);
	lay_page(scene, other.address, KSWAPCK_FIELD_REFCOUNT, 0);
	lay(scene, other.address + scene->kernel->page.order_offset, 1, 2);
	for (i = 1; i < 4 && scene->kernel->swap.tails; i++)
		lay_page(scene, other.address + i * scene->kernel->page.size,
			 KSWAPCK_FIELD_COMPOUND_HEAD, other.address | 1);
	lay_entry(scene, &victims[2], other.address);
	lay_entry(scene, &victims[3], other.address);
	scene->in_motion = 4;
	return true;
}

/* shmem_writepage(): in the page cache and in the swap cache, locked */
static bool shmem_in_both_caches(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_MAPPING, victim.space);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_FLAGS, locked_flags(scene, &victim.page));
	return true;
}

/* read ahead: nobody maps it yet */
static bool folio_without_mapping(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_MAPPING, 0);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_PAGE_TYPE, 0xffffffff);	/* _mapcount */
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, 1);
	return true;
}

/* KSM: both low bits of the mapping */
static bool folio_of_ksm(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_MAPPING, victim.page.mapping | 3);
	return true;
}

static bool folio_with_many_references(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_page(scene, victim.entry, KSWAPCK_FIELD_REFCOUNT, 1025);
	return true;
}

/* ---------------------------------------------------------------------- counts */

static bool nrpages_under_lock(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	hold_tree_lock(scene, &victim);
	lay_nrpages(scene, &victim, -1);
	if (victim.nrexceptional_place)
		lay_added(scene, victim.nrexceptional_place, 8, 1);
	return true;
}

static bool node_count_under_lock(struct scene *scene)
{
	const struct xarray_layout *layout = &scene->kernel->xarray;
	struct tree_node leaf;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !leaf_of(scene, &victim, &leaf))
		return false;
	hold_tree_lock(scene, &victim);
	lay_added(scene, leaf.address + layout->count.offset, 1, -1);
	lay_added(scene, leaf.address + layout->nr_values.offset, 1, 1);
	return true;
}

/* xas_expand() has hung the old root below a new one, and not told xa_head yet */
static bool root_parent_under_lock(struct scene *scene)
{
	struct tree_node root;
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !root_of(scene, &victim, &root))
		return false;
	hold_tree_lock(scene, &victim);
	lay_field(scene, root.address, scene->kernel->xarray.parent, root.address + 576);
	return true;
}

static bool inuse_under_lock(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	hold_device_lock(scene, &victim);
	lay_inuse(scene, &victim, 1);
	return true;
}

/* swap_range_free(): the byte goes before the shadow */
static bool shadow_under_lock(struct scene *scene)
{
	struct victim victim;

	if (!find_shadow(scene, &victim))
		return false;
	hold_device_lock(scene, &victim);
	lay_map(scene, &victim, 0);
	return true;
}

/*
 * Three slots are being freed under the cluster's lock, two are done: the task has
 * the first of them in hand.
 */
static bool mark_under_cluster_lock(struct scene *scene)
{
	const struct swap_layout *layout = &scene->kernel->swap;
	struct victim victim;

	if (!find_free_slots(scene, &victim))
		return false;
	if (!victim.device.clusters)
		return skip(scene, "the device has no clusters");
	if (!put_entry_on_a_stack(scene, swap_entry(victim.device.type, victim.slot - 2)))
		return false;
	hold_lock(scene, victim.device.clusters + victim.slot / layout->cluster_slots *
		  layout->cluster_size + layout->cluster_lock);
	lay_map(scene, &victim, SWAP_HAS_CACHE);
	lay_inuse(scene, &victim, 1);
	scene->in_motion = 1;
	return true;
}

/* The folio is out of the tree, under its lock; the mark is dropped after that. */
static bool mark_under_tree_lock(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim) || !lay_node(scene, &victim, 0, 0) ||
	    !put_entry_on_a_stack(scene, swap_entry(victim.device.type, victim.slot)))
		return false;
	hold_tree_lock(scene, &victim);
	lay_entry(scene, &victim, 0);
	scene->in_motion = !has_counts(scene);
	return true;
}

/* ------------------------------------------------------------ a task has it in hand */

/* swapcache_prepare() has set the mark, the folio is still to come */
static bool mark_in_hand(struct scene *scene)
{
	struct victim victim;

	if (!find_shadow(scene, &victim) ||
	    !put_entry_on_a_stack(scene, swap_entry(victim.device.type, victim.slot)))
		return false;
	lay_map(scene, &victim, victim.map | SWAP_HAS_CACHE);
	scene->in_motion = 1;
	return true;
}

/* The last word but five of the stack that the registers of @cpu lead to; 0: not an NMI's. */
static uint64_t interrupted_register(const struct scene *scene, const struct cpu *cpu)
{
	struct cpu_stack_layout layout;
	struct cpu_stacks stacks;
	unsigned int i;

	if (cpu->origin == REGISTERS_MISSING || !register_known(&cpu->registers, REGISTER_RSP))
		return 0;
	cpu_stack_layout_resolve(scene->kernel, &layout);
	cpu_stacks_read(scene->kernel, &layout, cpu->number, &stacks);
	for (i = 0; i < stacks.count; i++)
		if (stacks.ranges[i].kind == STACK_NMI &&
		    stack_range_has(&stacks.ranges[i], cpu->registers.value[REGISTER_RSP], 256))
			return stacks.ranges[i].end - 6 * 8;
	return 0;
}

/* panic() runs on the NMI's stack, below the registers of who was interrupted. */
static bool mark_in_hand_of_interrupted(struct scene *scene)
{
	struct victim victim;
	struct error ignored;
	struct cpus cpus;
	uint64_t word = 0;
	unsigned int i;

	if (!find_shadow(scene, &victim) || !cpus_read(scene->kernel, &cpus, &ignored))
		return scene->skip ? false : skip(scene, "no CPUs");
	for (i = 0; i < cpus.count && !word; i++)
		word = interrupted_register(scene, &cpus.cpus[i]);
	cpus_free(&cpus);
	if (!word)
		return skip(scene, "no CPU was stopped in an NMI");
	lay(scene, word, 8, swap_entry(victim.device.type, victim.slot));
	lay_map(scene, &victim, victim.map | SWAP_HAS_CACHE);
	scene->in_motion = 1;
	return true;
}

/* The allocator has the slot, and has not made an entry of it yet. */
static bool slot_in_hand_of_allocator(struct scene *scene)
{
	struct victim victim;

	if (!find_free_slot(scene, &victim) || !put_on_a_stack(scene, victim.slot))
		return false;
	lay_used(scene, &victim, 1);
	lay_map(scene, &victim, SWAP_HAS_CACHE);
	scene->in_motion = 1;
	return true;
}

/* A large folio is on its way: the task has the entry of its first slot. */
static bool large_folio_in_hand(struct scene *scene)
{
	struct victim victim;
	unsigned int i;

	if (!find_four_free(scene, &victim) ||
	    !put_entry_on_a_stack(scene, swap_entry(victim.device.type, victim.slot)))
		return false;
	lay_used(scene, &victim, 4);
	for (i = 0; i < 4; i++, victim.map_place++)
		lay_map(scene, &victim, SWAP_HAS_CACHE);
	scene->in_motion = 1;
	return true;
}

/* ------------------------------------------------------------- per-CPU slots caches */

/* The slots cache of CPU 0. */
struct slots_cache {
	uint64_t address;
	uint64_t slots;		/* address of its array */
	uint64_t nr, cur;	/* slots[cur] ... slots[cur + nr - 1] wait */
	struct field nr_field, cur_field, owner_field;
};

static bool find_slots_cache(struct scene *scene, struct slots_cache *cache)
{
	const struct kernel *kernel = scene->kernel;
	struct field slots;

	if (!kernel_field(kernel, "swap_slots_cache", "slots", &slots) ||
	    !kernel_field(kernel, "swap_slots_cache", "nr", &cache->nr_field) ||
	    !kernel_field(kernel, "swap_slots_cache", "cur", &cache->cur_field) ||
	    !kernel_field(kernel, "swap_slots_cache", "alloc_lock.owner", &cache->owner_field) ||
	    !per_cpu_address(kernel, "swp_slots", 0, &cache->address))
		return false;
	cache->slots = peek(scene, cache->address + slots.offset, 8);
	cache->nr = peek(scene, cache->address + cache->nr_field.offset, 4);
	cache->cur = peek(scene, cache->address + cache->cur_field.offset, 4);
	return cache->slots && cache->cur + cache->nr <= 64;
}

/* A free slot that is marked as allocated and cached, and its entry in place @i. */
static bool park(struct scene *scene, const struct slots_cache *cache, uint64_t i)
{
	struct victim victim;

	if (!find_free_slot(scene, &victim))
		return false;
	lay_used(scene, &victim, 1);
	lay_map(scene, &victim, SWAP_HAS_CACHE);
	lay(scene, cache->slots + 8 * i, 8, swap_entry(victim.device.type, victim.slot));
	return true;
}

/* The place before the next to be handed out is empty: it was handed out last. */
static bool slot_parked(struct scene *scene)
{
	struct slots_cache cache;

	if (!find_slots_cache(scene, &cache))
		return skip(scene, "no per-CPU slots cache");
	if (!cache.cur)
		return skip(scene, "nothing was handed out of CPU 0's slots cache");
	lay(scene, cache.address + cache.cur_field.offset, 4, cache.cur - 1);
	lay(scene, cache.address + cache.nr_field.offset, 4, cache.nr + 1);
	return park(scene, &cache, cache.cur - 1);
}

/* refill_swap_slots_cache() fills the array before it sets nr. */
static bool slots_cache_refilled(struct scene *scene)
{
	struct slots_cache cache;

	if (!find_slots_cache(scene, &cache))
		return skip(scene, "no per-CPU slots cache");
	if (!cache.cur)
		return skip(scene, "nothing was handed out of CPU 0's slots cache");
	lay(scene, cache.address + cache.owner_field.offset, 8, scene->kernel->page.vmemmap);
	return park(scene, &cache, cache.cur - 1);
}

/* Is it a slot of which it could be said that its mark was lost? */
static bool waits_undisturbed(const struct scene *scene, uint64_t raw)
{
	uint64_t entry = swap_entry_take(scene->kernel->swap.old_entries, raw), slot;
	uint8_t map = 0, read;
	struct kswapck_device device;
	unsigned int type;

	swap_entry_split(entry, &type, &slot);
	return raw && type < scene->kernel->swap.nr_swapfiles &&
	       swap_device_read(scene->kernel, type, &device) == SWAP_DEVICE_OK &&
	       device.flags & SWP_WRITEOK && !slot_in_hand(scene, type, slot) &&
	       !swap_device_slot_locked(scene->kernel, &device, slot) &&
	       !swap_device_map(scene->kernel, &device, slot, 1, &map, &read) &&
	       map == SWAP_HAS_CACHE;
}

/* Address of the pointer to slots[] of the first CPU for which some slot waits; or 0. */
static uint64_t busy_slots_cache(struct scene *scene)
{
	unsigned int cpu, count = per_cpu_count(scene->kernel), i;
	uint64_t cache, array;
	struct field field;

	if (!kernel_field(scene->kernel, "swap_slots_cache", "slots", &field))
		return 0;
	for (cpu = 0; cpu < count; cpu++) {
		if (!per_cpu_address(scene->kernel, "swp_slots", cpu, &cache))
			continue;
		array = peek(scene, cache + field.offset, 8);
		for (i = 0; array && i < 64; i++)
			if (waits_undisturbed(scene, peek(scene, array + 8 * i, 8)))
				return cache + field.offset;
	}
	return 0;
}

/* Which slots wait there is not known then, so no mark may be called lost. */
static bool slots_cache_unreadable(struct scene *scene)
{
	uint64_t place = busy_slots_cache(scene);

	if (!place)
		return skip(scene, "no slot waits in a per-CPU slots cache");
	lay(scene, place, 8, 0xffffff7fdeadb000);
	scene->unverified = 1;
	return true;
}

/* ---------------------------------------------------------------------- swap_map */

/* More users than the byte can count: COUNT_CONTINUED, and all its bits */
static bool map_continued(struct scene *scene)
{
	struct victim victim;

	return find_small_folio(scene, &victim) && make_continuation(scene, &victim, 1);
}

/* SWAP_MAP_SHMEM */
static bool map_shmem(struct scene *scene)
{
	struct victim cached, evicted;

	if (!find_small_folio(scene, &cached) || !find_shadow(scene, &evicted))
		return false;
	lay_map(scene, &cached, 0xbf | SWAP_HAS_CACHE);
	lay_map(scene, &evicted, 0xbf);
	return true;
}

/* Nobody wants the page any more, and reclaim has not come by yet. */
static bool map_cache_only(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_map(scene, &victim, SWAP_HAS_CACHE);
	return true;
}

/* swapoff has begun: no new slots are given out */
static bool device_going_off(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_field(scene, victim.device.address, scene->kernel->swap.flags,
		  victim.device.flags & ~(uint64_t)SWP_WRITEOK);
	return true;
}

const struct fault transients[] = {
	{"legal: a frozen folio", folio_frozen},
	{"legal: a frozen large folio", large_folio_frozen},
	{"legal: a large folio half added", folio_half_added},
	{"legal: a large folio half replaced", folio_half_replaced},
	{"legal: shmem in both caches while locked", shmem_in_both_caches},
	{"legal: a folio that nobody maps yet", folio_without_mapping},
	{"legal: a folio of KSM", folio_of_ksm},
	{"legal: a folio with many references", folio_with_many_references},
	{"legal: nrpages off under xa_lock", nrpages_under_lock},
	{"legal: counts of a node off under xa_lock", node_count_under_lock},
	{"legal: parent of the root off under xa_lock", root_parent_under_lock},
	{"legal: inuse_pages off under si->lock", inuse_under_lock},
	{"legal: shadow on a free slot under si->lock", shadow_under_lock},
	{"legal: mark without folio under xa_lock", mark_under_tree_lock},
	{"legal: mark without folio under the cluster's lock", mark_under_cluster_lock},
	{"legal: mark without folio, entry on a stack", mark_in_hand},
	{"legal: mark without folio, entry in hand when an NMI came", mark_in_hand_of_interrupted},
	{"legal: mark without folio, slot on a stack", slot_in_hand_of_allocator},
	{"legal: four marks, entry of the first on a stack", large_folio_in_hand},
	{"legal: slot in a per-CPU slots cache", slot_parked},
	{"legal: per-CPU slots cache being refilled", slots_cache_refilled},
	{"unknown: slots cache that cannot be read", slots_cache_unreadable},
	{"legal: swap_map count continued", map_continued},
	{"legal: swap_map of shmem", map_shmem},
	{"legal: folio that nobody wants any more", map_cache_only},
	{"legal: device on its way off", device_going_off},
	{0},
};
