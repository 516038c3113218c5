// SPDX-License-Identifier: GPL-2.0-or-later
/* Swap tables in each of their forms; the first byte chooses it. */
#include "kernel/swap_cache_table.h"

#include <stdlib.h>

#include "../unit/fake_image.h"
#include "fuzz.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"

#define BASE	 UINT64_C(0xffff888000100000)
#define WINDOW	 8192
#define CLUSTERS (BASE + 64)		/* swap_cluster_info[] */
#define MAP	 (BASE + 512)
#define SIZE	 48			/* of a cluster */
#define SLOTS	 (4 * 512 - 100)

struct scene {
	struct fuzz_memory fuzz;
	struct kernel kernel;
	struct image image;
	struct types types;
	struct kswapck_device device;
	struct swap_space space;
};

static void add_types(struct types *types, unsigned int form)
{
	fake_add_member(types, "swap_cluster_info", "table", 8, 8);
	fake_add_member(types, "swap_cluster_info", "count", 4, 2);
	fake_add_member(types, "swap_info_struct", "cluster_info", 80, 8);
	fake_add_member(types, "xa_node", "shift", 0, 1);
	fake_add_member(types, "xa_node", "offset", 1, 1);
	fake_add_member(types, "xa_node", "count", 2, 1);
	fake_add_member(types, "xa_node", "nr_values", 3, 1);
	fake_add_member(types, "xa_node", "parent", 8, 8);
	fake_add_member(types, "xa_node", "array", 16, 8);
	fake_add_array(types, "xa_node", "slots", 40, 8, 64);
	fake_add_size(types, "xa_node", 576);
	fake_add_member(types, "xarray", "xa_lock", 0, 4);
	fake_add_member(types, "xarray", "xa_head", 8, 8);
	fake_add_size(types, "swap_table", 4096);
	if (form >= 2)
		fake_add_member(types, "swap_cluster_info", "extend_table", 16, 8);
	if (form == 2)
		fake_add_member(types, "swap_info_struct", "zeromap", 80, 8);
	if (form == 3)
		fake_add_member(types, "swap_cluster_info", "memcg_table", 24, 8);
}

/* 0: pointers and marks, 1: pointers, 2: counts, 3: counts and flags */
static void set_up(struct scene *scene, unsigned int form)
{
	struct swap_layout *swap = &scene->kernel.swap;

	add_types(&scene->types, form);
	scene->kernel.image = &scene->image;
	scene->kernel.types = &scene->types;
	scene->kernel.lock = (struct field){0, 4};
	scene->kernel.page = (struct page_layout){
		.size = 64, .vmemmap = UINT64_C(0xffffea0000000000), .pages = 1000,
	};
	scene->kernel.swap_cache = &swap_cache_table;
	swap->cluster_size = SIZE;
	swap->cluster_slots = 256;
	swap->cluster.form = CLUSTER_NUMBER;
	swap->cluster.count = (struct bit_field){.word = {4, 2}, .width = 16};
	scene->device = (struct kswapck_device){
		.address = BASE, .slots = SLOTS, .pages = SLOTS - 1, .clusters = CLUSTERS,
	};
	if (form == 1)
		fake_add_symbol(&scene->image, "swap_put_entries_direct", 0xffffffff81000000);
	if (form < 2) {
		swap->map = (struct field){80, 8};
		scene->device.swap_map = MAP;
	}
}

static void take_fault(void *data, const struct kswapck_space *space,
		       const struct kswapck_tree_fault *fault)
{
	(void)data;
	(void)space;
	(void)fault;
}

static void ask_of_slot(struct scene *scene, uint64_t slot)
{
	const struct swap_cache_ops *ops = &swap_cache_table;
	uint64_t entries[8], start, end, count;
	uint8_t kinds[8], map[8] = {0}, map_read[8] = {0};
	const char *why;

	ops->lookup(&scene->kernel, &scene->device, slot, 8, entries, kinds);
	if (ops->map)
		ops->map(&scene->kernel, &scene->device, slot, 8, map, map_read);
	if (ops->count_place)
		ops->count_place(&scene->kernel, &scene->device, slot, &start);
	ops->node_of(&scene->kernel, BASE + 4096, slot, &start, &end);
	if (scene->kernel.swap.table.form > TABLE_POINTER)
		swap_table_count(&scene->kernel, &scene->device, slot, &count, &why);
}

static void read_all(struct scene *scene)
{
	uint64_t count, i, slot;

	if (!swap_cache_table.spaces(&scene->kernel, &scene->device, &count))
		return;
	for (i = 0; i < count; i++)
		if (swap_cache_table.read(&scene->kernel, &scene->device, i, &scene->space,
					  take_fault, NULL) &&
		    scene->space.space.slots > SWAP_SPACE_SLOTS)
			abort();
	for (slot = 0; slot < SLOTS - 8; slot += 129)
		ask_of_slot(scene, slot);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scene scene;
	struct error err = {0};

	memset(&scene, 0, sizeof(scene));
	scene.kernel.memory = fuzz_memory_new(&scene.fuzz, data, size, WINDOW);
	scene.kernel.source = &scene.fuzz.source;
	set_up(&scene, size ? data[0] % 4 : 0);
	if (scene.kernel.memory && swap_cache_table.probe(&scene.kernel) &&
	    swap_cache_table.resolve(&scene.kernel, &err))
		read_all(&scene);
	memory_free(scene.kernel.memory);
	return 0;
}
