// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random words over every structure that the audit reads. What it finds does not
 * matter: it must come to an end, without a crash, and leave the dump clean.
 */
#include "faults.h"
#include "owner.h"

#include <stdlib.h>

#include "audit/audit.h"
#include "clusters.h"
#include "kernel/address_map.h"
#include "kernel/page.h"
#include "kernel/per_cpu.h"
#include "kernel/shmem.h"
#include "kernel/swap_device.h"
#include "kernel/task.h"
#include "pins/pins.h"

#define ROUNDS	  24
#define WORDS_MAX 6

#define MAPLE_NODE_SIZE 256

static void ignore_finding(void *data, const struct kswapck_finding *finding)
{
	(void)data;
	(void)finding;
}

/* Words that lead somewhere are worse than words that lead nowhere. */
static uint64_t random_word(const struct scene *scene, unsigned int *seed, uint64_t near)
{
	uint64_t word = (uint64_t)rand_r(seed) << 33 ^ (uint64_t)rand_r(seed) << 11 ^
			(uint64_t)rand_r(seed);

	switch (rand_r(seed) % 6) {
	case 0:
		return near + word % 4096;
	case 1:
		return (near & ~7ULL) | 2;
	case 2:
		return scene->kernel->page.vmemmap + word % scene->kernel->page.pages *
		       scene->kernel->page.size;
	case 3:
		return word % 1024;
	case 4:
		return UINT64_MAX - word % 16;
	default:
		return word;
	}
}

/* The stacks are read only when a mark in swap_map has lost its folio. */
static bool lose_a_mark(struct scene *scene)
{
	struct victim victim;

	if (find_free_slot(scene, &victim))
		lay_map(scene, &victim, SWAP_HAS_CACHE);
	return true;
}

/* Laid anew for each round. */
typedef bool prepare_fn(struct scene *scene);
/* What looks at the scene; false when out of memory. */
typedef bool look_fn(struct scene *scene);

static bool look_for_findings(struct scene *scene)
{
	const struct audit_sink sink = {.finding = ignore_finding};
	const struct audit_options options = {.no_sweep = !scene->sweep};
	struct audit_summary summary;

	return audit_run(scene->kernel, &scene->catalogue, &options, &sink, &summary, NULL);
}

static void ignore_pin(void *data, const struct pin *pin)
{
	(void)data;
	(void)pin;
}

/* Of the swap cache, and of the first 128 MiB. */
static bool look_for_pins(struct scene *scene)
{
	struct pins_options options = {.scope = PINS_SWAP_CACHE, .found = ignore_pin};
	struct pins_summary summary;
	struct error err;

	if (!pins_walk(scene->kernel, &options, &summary, &err))
		return false;
	options.scope = PINS_RANGE;
	options.range = (struct memory_range){0, 1U << 15};
	return pins_walk(scene->kernel, &options, &summary, &err);
}

/* Some words of the @size bytes at @address become random ones, again and again. */
static bool noise_over_prepared(struct scene *scene, uint64_t address, uint64_t size,
				prepare_fn *prepare, look_fn *look)
{
	unsigned int seed = 20231205, round, i;

	for (round = 0; round < ROUNDS; round++) {
		if (prepare && !prepare(scene))
			return false;
		for (i = 0; i < 1 + round % WORDS_MAX; i++) {
			uint64_t place = address + (unsigned int)rand_r(&seed) % size;

			/* one byte, or an aligned word */
			if (round % 3)
				lay(scene, place & ~7ULL, 8, random_word(scene, &seed, address));
			else
				lay(scene, place, 1, (uint64_t)rand_r(&seed));
		}
		if (!look(scene))
			scene->failed = true;
		memory_overlay_clear(scene->dump.memory);
	}
	return true;
}

static bool noise_over(struct scene *scene, uint64_t address, uint64_t size)
{
	return noise_over_prepared(scene, address, size, scene->lost_mark ? lose_a_mark : NULL,
				   look_for_findings);
}

static bool noise_in_device(struct scene *scene)
{
	struct victim victim;

	return find_small_folio(scene, &victim) && noise_over(scene, victim.device.address, 192);
}

static bool noise_in_swap_map(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (has_counts(scene))
		return skip(scene, "this kernel has no swap_map");
	return noise_over(scene, victim.map_place & ~63ULL, 256);
}

/* What stands in the extend_table and the memcg_table is whatever the pointers lead to. */
static bool noise_in_swap_table(struct scene *scene)
{
	struct victim victim;

	if (has_trees(scene))
		return skip(scene, "this kernel has no swap tables");
	return find_small_folio(scene, &victim) && noise_over(scene, victim.place & ~4095ULL, 4096);
}

static bool noise_in_space(struct scene *scene)
{
	struct victim victim;

	if (!has_trees(scene))
		return skip(scene, "this kernel has no trees");
	return find_small_folio(scene, &victim) &&
	       noise_over(scene, victim.space, scene->kernel->swap.space_size);
}

static bool noise_in_root(struct scene *scene)
{
	struct tree_node root;
	struct victim victim;

	return find_small_folio(scene, &victim) && root_of(scene, &victim, &root) &&
	       noise_over(scene, root.address, scene->kernel->xarray.node_size);
}

static bool noise_in_leaf(struct scene *scene)
{
	struct tree_node leaf;
	struct victim victim;

	return find_small_leaf(scene, &victim, &leaf) &&
	       noise_over(scene, leaf.address, scene->kernel->xarray.node_size);
}

static bool noise_in_page(struct scene *scene)
{
	struct victim victim;

	return find_small_folio(scene, &victim) &&
	       noise_over(scene, victim.entry, scene->kernel->page.size);
}

static bool noise_in_large_folio(struct scene *scene)
{
	struct victim victim;

	return find_large_folio(scene, &victim) &&
	       noise_over(scene, victim.entry, 4ULL * scene->kernel->page.size);
}

static bool noise_in_slots_cache(struct scene *scene)
{
	uint64_t cache;

	if (!per_cpu_address(scene->kernel, "swp_slots", 0, &cache))
		return skip(scene, "no per-CPU slots cache");
	return noise_over(scene, cache, 96);
}

/* The list, and where it says that signals and stacks are. */
static bool noise_in_task(struct scene *scene)
{
	struct task_layout layout;
	uint64_t first;

	if (!task_layout_resolve(scene->kernel, &layout))
		return skip(scene, "no task list");
	first = peek(scene, layout.init_task + layout.tasks.offset, 8) - layout.tasks.offset;
	scene->lost_mark = true;
	return noise_over(scene, first + layout.tasks.offset, 16) &&
	       noise_over(scene, first + layout.signal.offset, 8) &&
	       noise_over(scene, first + layout.thread_node.offset, 16) &&
	       noise_over(scene, first + layout.stack.offset, 8) &&
	       noise_over(scene, first + layout.sp.offset, 8);
}

/* Of processes with swap entries. Its page table pointer is among the words. */
static bool noise_in_mm(struct scene *scene)
{
	struct owner owner;

	scene->sweep = true;
	return find_pte(scene, &owner) && noise_over(scene, owner.mm, 512);
}

static bool noise_in_vma(struct scene *scene)
{
	struct owner owner;

	scene->sweep = true;
	return find_cached_pte(scene, &owner) && noise_over(scene, owner.vma.address, 200);
}

static bool noise_in_shmem(struct scene *scene)
{
	struct owner owner;

	scene->sweep = true;
	return find_shmem(scene, &owner) && noise_over(scene, owner.word & ~511ULL, 512);
}

/* The nodes of its VMAs: a maple tree's root; in a tree of rb_nodes, the root VMA. */
static bool noise_in_vma_tree(struct scene *scene)
{
	struct address_map_layout map;
	struct owner owner;
	uint64_t root;

	scene->sweep = true;
	if (!find_cached_pte(scene, &owner))
		return false;
	if (!address_map_layout_resolve(scene->kernel, &map))
		return skip(scene, "no layout of an address space");
	root = peek(scene, owner.mm + (map.mm_mt.size ? map.mm_mt.offset + map.maple.root.offset :
				       map.mm_rb.offset), 8);
	return noise_over(scene, root & ~(MAPLE_NODE_SIZE - 1ULL), MAPLE_NODE_SIZE);
}

static bool take_inode(void *data, const struct shmem_entry *entry)
{
	uint64_t *inode = data;

	*inode = entry->inode;
	return false;
}

/* The list that it hangs on lies before it, in struct shmem_inode_info. */
static bool noise_in_shmem_inode(struct scene *scene)
{
	struct shmem_sweep sweep;
	uint64_t inode = 0;

	scene->sweep = true;
	shmem_for_each_swapped(scene->kernel, take_inode, &inode, &sweep);
	if (!inode)
		return skip(scene, "no swapped shared memory");
	return noise_over(scene, inode - 256, 256) && noise_over(scene, inode, 640);
}

static bool noise_in_clusters(struct scene *scene)
{
	struct cluster cluster;

	return find_cluster(scene, is_used_cluster, "no cluster in use", &cluster) &&
	       noise_over(scene, cluster.device.clusters,
			  64ULL * scene->kernel->swap.cluster_size);
}

static bool noise_in_cluster_lists(struct scene *scene)
{
	struct cluster cluster;

	return find_cluster(scene, is_used_cluster, "no cluster in use", &cluster) &&
	       noise_over(scene, head_of(scene, &cluster, KSWAPCK_LIST_FREE), 128) &&
	       noise_over(scene, head_of(scene, &cluster, KSWAPCK_LIST_DISCARD), 32);
}

static bool continue_a_count(struct scene *scene)
{
	struct victim victim;

	return find_small_folio(scene, &victim) &&
	       make_continuation(scene, &victim, COUNT_CONTINUED | 1);
}

/* The page of swap_map, whose lru leads to the pages of counts. */
static bool noise_in_continuation(struct scene *scene)
{
	struct victim victim;
	uint64_t physical;

	scene->sweep = true;
	if (!find_small_folio(scene, &victim))
		return false;
	if (memory_physical(scene->dump.memory, victim.map_place, &physical) != READ_OK)
		return skip(scene, "the page of swap_map cannot be found");
	physical >>= kernel_page_shift(scene->kernel);
	return noise_over_prepared(scene, page_address_of(scene->kernel, physical),
				   scene->kernel->page.size, continue_a_count,
				   look_for_findings);
}

static bool noise_in_lru_batches(struct scene *scene)
{
	static const char *const names[] = {"cpu_fbatches", "lru_pvecs", "lru_add_pvec"};
	uint64_t address;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (per_cpu_address(scene->kernel, names[i], 0, &address))
			return noise_over_prepared(scene, address, 1024, NULL, look_for_pins);
	return skip(scene, "no per-CPU LRU batches");
}

static bool noise_in_pinned_folio(struct scene *scene)
{
	struct victim victim;

	return find_large_folio(scene, &victim) &&
	       noise_over_prepared(scene, victim.entry, 4ULL * scene->kernel->page.size, NULL,
				   look_for_pins);
}

/* Where a node of memory begins, and how the sections of memory are marked. */
static bool noise_in_memory_sections(struct scene *scene)
{
	uint64_t table;

	if (!image_symbol(scene->kernel->image, "mem_section", &table))
		return skip(scene, "no sections of memory");
	return noise_over_prepared(scene, table, 8, NULL, look_for_pins) &&
	       noise_over_prepared(scene, peek(scene, peek(scene, table, 8), 8), 256, NULL,
				   look_for_pins);
}

/* Present entries of other tables among them: cycles, and tables of a wrong level. */
static uint64_t random_entry(const struct scene *scene, unsigned int *seed, uint64_t near)
{
	uint64_t word = random_word(scene, seed, near);

	switch (rand_r(seed) % 3) {
	case 0:
		return (near & ~4095ULL) | 0x67;
	case 1:
		return (word << 12 & 0x3fffffff) | 0x67;
	default:
		return word;
	}
}

static bool noise_over_tables(struct scene *scene, uint64_t table)
{
	unsigned int seed = 20261121, round, i;

	scene->sweep = true;
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < 1 + round % WORDS_MAX; i++)
			lay_physical(scene, table + 8ULL * ((unsigned int)rand_r(&seed) % 512),
				     random_entry(scene, &seed, table));
		if (!look_for_findings(scene))
			scene->failed = true;
		memory_overlay_clear(scene->dump.memory);
	}
	return true;
}

static bool noise_in_lowest_table(struct scene *scene)
{
	struct owner owner;

	return find_pte(scene, &owner) && noise_over_tables(scene, owner.table);
}

static bool noise_in_higher_tables(struct scene *scene)
{
	struct owner owner;

	return find_pte(scene, &owner) && noise_over_tables(scene, owner.tables[0]) &&
	       noise_over_tables(scene, owner.tables[1]);
}

const struct fault noise[] = {
	{"noise in swap_info_struct", noise_in_device},
	{"noise in swap_map", noise_in_swap_map},
	{"noise in a swap table", noise_in_swap_table},
	{"noise in address_space", noise_in_space},
	{"noise in a root node", noise_in_root},
	{"noise in a leaf", noise_in_leaf},
	{"noise in struct page", noise_in_page},
	{"noise in the pages of a large folio", noise_in_large_folio},
	{"noise in a slots cache", noise_in_slots_cache},
	{"noise in the task list", noise_in_task},
	{"noise in an mm_struct", noise_in_mm},
	{"noise in a vm_area_struct", noise_in_vma},
	{"noise in the tree of a shmem file", noise_in_shmem},
	{"noise in a tree of VMAs", noise_in_vma_tree},
	{"noise in a shmem inode", noise_in_shmem_inode},
	{"noise in clusters", noise_in_clusters},
	{"noise in the lists of clusters", noise_in_cluster_lists},
	{"noise in the list of a continued count", noise_in_continuation},
	{"noise in per-CPU LRU batches", noise_in_lru_batches},
	{"noise in a folio, and pins", noise_in_pinned_folio},
	{"noise in the sections of memory", noise_in_memory_sections},
	{"noise in a lowest page table", noise_in_lowest_table},
	{"noise in higher page tables", noise_in_higher_tables},
	{0},
};
