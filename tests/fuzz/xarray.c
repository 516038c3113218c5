// SPDX-License-Identifier: GPL-2.0-or-later
/* Both walks over an xarray whose nodes may be anywhere, and the same one everywhere. */
#include "kernel/xarray.h"

#include <stdlib.h>

#include "fuzz.h"

#define BASE	UINT64_C(0xffff888000000000)
#define WINDOW	8192
#define SLOTS	16384
#define ARRAY	(BASE + 64)
#define VALUES_MAX (UINT64_C(1) << 22)

/* struct xa_node and struct xarray of 6.1 */
static const struct xarray_layout layout = {
	.node_size = 576,
	.shift = {0, 1}, .offset = {1, 1}, .count = {2, 1}, .nr_values = {3, 1},
	.parent = {8, 8}, .array = {16, 8}, .slots = {40, 512},
	.slot_count = 64, .chunk_shift = 6,
	.lock = {0, 4}, .head = {8, 8},
};

/* As the walk promises: each index of the range at most once, in order. */
struct seen {
	uint64_t next;
};

static void take_entry(void *data, uint64_t index, uint64_t entry, uint64_t where)
{
	struct seen *seen = data;

	(void)entry;
	(void)where;
	if (index < seen->next || index >= SLOTS)
		abort();
	seen->next = index + 1;
}

static void take_leaf(void *data, const struct xarray_leaf *leaf)
{
	uint32_t count = 0, i;

	for (i = 0; i < leaf->slots; i++) {
		take_entry(data, leaf->index + i, leaf->entries[i], leaf->where + 8 * i);
		count += leaf->entries[i] != 0;
	}
	if (count != leaf->count || leaf->values > count)
		abort();
}

static void take_fault(void *data, const struct kswapck_tree_fault *fault)
{
	(void)data;
	(void)fault;
}

static void take_gap(void *data, uint64_t node, uint64_t first, uint64_t count,
		     enum read_status status)
{
	(void)data;
	(void)node;
	(void)status;
	if (first >= SLOTS || count > SLOTS - first)
		abort();
}

static bool take_value(void *data, uint64_t index, uint64_t count, uint64_t entry, uint64_t where)
{
	uint64_t *left = data;

	(void)index;
	(void)count;
	(void)entry;
	(void)where;
	return (*left)--;
}

static void walk(const struct kernel *kernel)
{
	struct seen seen = {0};
	const struct xarray_visitor visitor = {
		.data = &seen, .leaf = take_leaf, .entry = take_entry, .fault = take_fault,
		.unreadable = take_gap,
	};
	uint64_t left = VALUES_MAX, lowest;
	struct xarray_values values;
	unsigned int nodes = 1024;
	struct xarray xarray;

	if (xarray_read(kernel, ARRAY, &xarray) != READ_OK)
		return;
	xarray_walk(kernel, &xarray, 0, SLOTS, &visitor);
	xarray_for_each_value(kernel, &xarray, take_value, &left, &values);
	xarray_lowest(kernel, &xarray, &nodes, &lowest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel kernel = {.xarray = layout, .lock = {0, 4}};
	struct fuzz_memory fuzz;

	kernel.memory = fuzz_memory_new(&fuzz, data, size, WINDOW);
	kernel.source = &fuzz.source;
	if (kernel.memory)
		walk(&kernel);
	memory_free(kernel.memory);
	return 0;
}
