// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The xarray era, 5.4 - 6.17: swapper_spaces[type] is an array of struct
 * address_space, one for each 16,384 slots (mm/swap_state.c,
 * init_swap_address_space()).
 *
 * The index in a space's xarray is the slot itself up to 6.10, the slot within
 * the space since 6.11 (7aad25b4b47e "mm/swap: reduce swap cache search space":
 * mm/swap.h swap_cache_index()). That is an inline function, which leaves no
 * trace in types or symbols, so the trees are asked: a space above the first
 * either has indices of its own slots or small ones.
 */
#include "kernel/swap_cache_tree.h"

#include <stdio.h>
#include <string.h>

#include "kernel/swap_device.h"
#include "kernel/xarray.h"

#define ADDRESS_SPACE_SIZE_MAX 1024

/*
 * How indices are is asked anew for each space: nearly always it tells by itself, from a few
 * nodes. Where none can tell, all are not asked, which would take the square of their number.
 */
#define SPACES_ASKED 4096
#define NODES_ASKED  1024

struct space_walk {
	const struct kernel *kernel;
	struct swap_space *space;
	uint64_t base;		/* index of the space's first slot */
	swap_space_fault_fn *fault;
	void *data;
};

/*
 * 4.20 - 5.3 have xarrays too, but slot i of a large folio holds page + i there
 * (4101196b19d7 "mm: page cache: store only head pages in i_pages", 5.4). Types
 * and symbols are the same, so only the version can tell.
 */
static bool holds_heads(const struct kernel *kernel)
{
	unsigned int major, minor;

	return sscanf(image_release(kernel->image), "%u.%u", &major, &minor) != 2 ||
	       major > 5 || (major == 5 && minor >= 4);
}

static bool probe(const struct kernel *kernel)
{
	struct field field;
	uint64_t address;

	return image_symbol(kernel->image, "swapper_spaces", &address) &&
	       kernel_field(kernel, "address_space", "i_pages.xa_head", &field) &&
	       holds_heads(kernel);
}

static bool resolve_tree(struct kernel *kernel, struct error *err)
{
	struct field *tree = &kernel->swap.i_pages;

	return xarray_of_mapping(kernel, tree) ||
	       kernel_field_required(kernel, "address_space", "i_pages", tree, err);
}

bool swap_tree_resolve(struct kernel *kernel, struct error *err)
{
	struct swap_layout *layout = &kernel->swap;
	uint64_t size;

	if (!kernel_symbol_required(kernel, "swapper_spaces", &layout->swapper_spaces, err) ||
	    !kernel_symbol_required(kernel, "nr_swapper_spaces",
				    &layout->nr_swapper_spaces, err) ||
	    !kernel_field_required(kernel, "swap_info_struct", "swap_map", &layout->map, err) ||
	    !resolve_tree(kernel, err) ||
	    !kernel_field_required(kernel, "address_space", "nrpages", &layout->nrpages, err) ||
	    !xarray_layout_resolve(kernel, err))
		return false;
	kernel_field(kernel, "address_space", "nrexceptional", &layout->nrexceptional);
	if (!types_size(kernel->types, "address_space", &size) ||
	    size > ADDRESS_SPACE_SIZE_MAX ||
	    layout->i_pages.offset + layout->i_pages.size > size ||
	    !kernel_field_fits(layout->nrpages, size) ||
	    !kernel_field_fits(layout->nrexceptional, size))
		return error_set(err, ERROR_INPUT,
				 "struct address_space makes no sense; are the types (%s) of "
				 "this kernel?", types_from(kernel->types));
	layout->space_size = (uint32_t)size;
	return true;
}

/* Address of the first address_space of a device; 0 if there is none. */
static bool first_space(const struct kernel *kernel, unsigned int type, uint64_t *address)
{
	return memory_read_u64(kernel->memory, kernel->swap.swapper_spaces + 8ULL * type,
			       address) == READ_OK;
}

bool swap_tree_spaces(const struct kernel *kernel, const struct kswapck_device *device,
		      uint64_t *count)
{
	uint64_t expected = (device->slots + SWAP_SPACE_SLOTS - 1) / SWAP_SPACE_SLOTS;
	uint64_t address;
	uint32_t stored;

	if (memory_read_u32(kernel->memory, kernel->swap.nr_swapper_spaces + 4ULL * device->type,
			    &stored) != READ_OK ||
	    !first_space(kernel, device->type, &address) ||
	    (stored && address >> 63 == 0))
		return false;
	/* a swap file may have lost its last extents after this was sized */
	*count = expected;
	return stored >= expected;
}

/* Does space @index look as if it were indexed from 0? False: no, or no telling. */
static bool space_votes(const struct kernel *kernel, uint64_t address, uint64_t index,
			unsigned int *nodes, bool *masked)
{
	struct xarray xarray;
	uint64_t lowest;

	if (xarray_read(kernel, address + kernel->swap.i_pages.offset, &xarray) != READ_OK ||
	    !xarray_lowest(kernel, &xarray, nodes, &lowest))
		return false;
	*masked = lowest < SWAP_SPACE_SLOTS;
	return *masked || lowest / SWAP_SPACE_SLOTS == index;
}

/* Index of the first slot of space @index: its own vote, or that of the majority. */
static uint64_t index_base(const struct kernel *kernel, const struct kswapck_device *device,
			   uint64_t index)
{
	uint64_t first, count, i;
	unsigned int nodes = NODES_ASKED;
	int votes = 0, cast = 0;
	bool masked;

	if (!index || !first_space(kernel, device->type, &first) ||
	    !swap_tree_spaces(kernel, device, &count))
		return 0;
	/* several spaces are asked, so that one broken tree does not decide */
	for (i = 0; i < count && i < SPACES_ASKED && nodes && cast < 5; i++) {
		uint64_t asked = 1 + (index - 1 + i) % (count - 1);

		if (!space_votes(kernel, first + asked * kernel->swap.space_size, asked, &nodes,
				 &masked))
			continue;
		votes += masked ? 1 : -1;
		cast++;
	}
	return votes > 0 ? 0 : index * SWAP_SPACE_SLOTS;
}

/* As it stands there, and what it is for the checks. */
static void take_old(const struct space_walk *walk, uint64_t slot, uint64_t entry)
{
	struct swap_space *space = walk->space;

	space->words[slot] = xarray_word_of(&walk->kernel->xarray, entry);
	if (!xarray_is_value(entry))
		space->entries[slot] = swap_tree_head(walk->kernel, space->space.device,
						      space->space.first_slot + slot,
						      space->words, slot);
}

static void take_entry(void *data, uint64_t index, uint64_t entry, uint64_t where)
{
	struct space_walk *walk = data;
	struct swap_space *space = walk->space;
	uint64_t slot = index - walk->base;

	if (slot >= space->space.slots)
		return;
	space->entries[slot] = entry;
	if (walk->kernel->swap.tails)
		take_old(walk, slot, entry);
	space->places[slot / 16] = where - 8 * (slot % 16);
	if (xarray_is_value(entry)) {
		space->kinds[slot] = KSWAPCK_ENTRY_SHADOW;
		space->space.shadows_found++;
	} else {
		space->kinds[slot] = KSWAPCK_ENTRY_PAGE;
		space->space.pages_found++;
	}
}

/* Of each 16 slots with an entry, where they are: see struct kswapck_space. */
static void take_places(struct swap_space *space, uint64_t slot, const struct xarray_leaf *leaf)
{
	uint32_t i, j;

	for (i = 0; i < leaf->slots; i += 16) {
		uint64_t any = 0;

		for (j = 0; j < 16; j++)
			any |= leaf->entries[i + j];
		if (any)
			space->places[(slot + i) / 16] = leaf->where + 8 * i;
	}
}

static void copy_leaf(const struct xarray_leaf *leaf, uint64_t *entries, uint8_t *kinds)
{
	uint32_t i;

	memcpy(entries, leaf->entries, leaf->slots * sizeof(*entries));
	for (i = 0; i < leaf->slots; i++)
		kinds[i] = xarray_is_value(leaf->entries[i]) ? KSWAPCK_ENTRY_SHADOW :
			   leaf->entries[i] ? KSWAPCK_ENTRY_PAGE : KSWAPCK_ENTRY_NONE;
}

/* As take_entry() of each of its slots; a space begins with a leaf. */
static void take_leaf(void *data, const struct xarray_leaf *leaf)
{
	struct space_walk *walk = data;
	struct swap_space *space = walk->space;
	uint64_t slot = leaf->index - walk->base;

	copy_leaf(leaf, space->entries + slot, space->kinds + slot);
	take_places(space, slot, leaf);
	space->space.shadows_found += leaf->values;
	space->space.pages_found += leaf->count - leaf->values;
}

/* Mark the slots [first, first + count) of indices, as far as they are of this space. */
static void mark(struct space_walk *walk, uint64_t first, uint64_t count,
		 enum kswapck_entry_kind kind)
{
	struct swap_space *space = walk->space;
	uint64_t from = first > walk->base ? first - walk->base : 0;
	uint64_t end = first + count > walk->base ? first + count - walk->base : 0;

	if (end > space->space.slots)
		end = space->space.slots;
	if (from < end)
		memset(space->kinds + from, kind, end - from);
}

/* Faults that hide the entries below them, as opposed to those that are just wrong. */
static bool hides_entries(const struct kswapck_tree_fault *fault)
{
	switch (fault->kind) {
	case KSWAPCK_TREE_POINTER:
	case KSWAPCK_TREE_CYCLE:
	case KSWAPCK_TREE_SIBLING:
	case KSWAPCK_TREE_INTERNAL:
		return true;
	case KSWAPCK_TREE_HEADER:
		return !strcmp(fault->member, "xa_node.shift");
	default:
		return false;
	}
}

static void take_fault(void *data, const struct kswapck_tree_fault *fault)
{
	struct space_walk *walk = data;
	struct swap_space *space = walk->space;
	struct kswapck_tree_fault slots = *fault;

	if (hides_entries(fault)) {
		mark(walk, fault->first_slot, fault->slots, KSWAPCK_ENTRY_ODD);
		space->space.complete = false;
	}
	slots.first_slot = fault->first_slot - walk->base + space->space.first_slot;
	walk->fault(walk->data, &space->space, &slots);
}

static void take_gap(void *data, uint64_t node, uint64_t first, uint64_t count,
		     enum read_status status)
{
	struct space_walk *walk = data;
	struct swap_space *space = walk->space;

	(void)node;
	mark(walk, first, count, KSWAPCK_ENTRY_UNREADABLE);
	space->space.complete = false;
	space->gaps.nodes++;
	space->gaps.status = status;
}

/* Fill in what struct address_space says. */
static bool read_header(const struct kernel *kernel, uint64_t address, struct swap_space *space)
{
	const struct swap_layout *layout = &kernel->swap;
	unsigned char bytes[ADDRESS_SPACE_SIZE_MAX];
	struct kswapck_space *header = &space->space;

	if (memory_read(kernel->memory, address, bytes, layout->space_size) != READ_OK)
		return false;
	header->address = address;
	header->nrpages = kernel_load(bytes, layout->nrpages);
	header->has_nrpages = true;
	header->nrpages_address = address + layout->nrpages.offset;
	header->has_nrexceptional = layout->nrexceptional.size != 0;
	header->nrexceptional = kernel_load(bytes, layout->nrexceptional);
	header->nrexceptional_address = address + layout->nrexceptional.offset;
	return true;
}

bool swap_tree_read(const struct kernel *kernel, const struct kswapck_device *device,
		    uint64_t index, struct swap_space *space,
		    swap_space_fault_fn *fault, void *data)
{
	struct space_walk walk = {
		.kernel = kernel, .space = space, .fault = fault, .data = data,
	};
	const struct xarray_visitor visitor = {
		.data = &walk,
		.leaf = kernel->swap.tails ? NULL : take_leaf,
		.entry = take_entry,
		.fault = take_fault,
		.unreadable = take_gap,
	};
	struct xarray xarray;
	uint64_t address;

	swap_space_begin(space, device, index);
	space->gaps.map_slots = swap_device_map(kernel, device, space->space.first_slot,
						space->space.slots, space->map,
						space->map_read);
	if (!first_space(kernel, device->type, &address))
		return false;
	address += index * kernel->swap.space_size;
	if (!read_header(kernel, address, space) ||
	    xarray_read(kernel, address + kernel->swap.i_pages.offset, &xarray) != READ_OK)
		return false;
	space->space.locked = xarray.locked;
	if (!xarray.head)
		return true;
	space->dirty = true;
	if (kernel->swap.tails) {
		memset(space->words, 0, sizeof(space->words));
		space->space.words = space->words;
	}
	walk.base = index_base(kernel, device, index);
	xarray_walk(kernel, &xarray, walk.base, space->space.slots, &visitor);
	if (space->gaps.nodes)
		space->gaps.slots = swap_space_count(space, KSWAPCK_ENTRY_UNREADABLE);
	return true;
}

/* Slots that are looked up, not judged. Indices are those of the tree. */
struct slot_lookup {
	uint64_t base;		/* index of the first slot */
	uint32_t count;
	uint64_t *entries;
	uint8_t *kinds;
	bool any;		/* something was found */
};

static void look_at_entry(void *data, uint64_t index, uint64_t entry, uint64_t where)
{
	struct slot_lookup *lookup = data;
	uint64_t i = index - lookup->base;

	(void)where;
	if (i >= lookup->count)
		return;
	lookup->entries[i] = entry;
	lookup->kinds[i] = xarray_is_value(entry) ? KSWAPCK_ENTRY_SHADOW : KSWAPCK_ENTRY_PAGE;
	lookup->any = true;
}

static void look_at_leaf(void *data, const struct xarray_leaf *leaf)
{
	struct slot_lookup *lookup = data;
	uint64_t i = leaf->index - lookup->base;

	copy_leaf(leaf, lookup->entries + i, lookup->kinds + i);
	lookup->any |= leaf->count != 0;
}

static void look_at_range(struct slot_lookup *lookup, uint64_t first, uint64_t count,
			  enum kswapck_entry_kind kind)
{
	uint64_t from = first > lookup->base ? first - lookup->base : 0;
	uint64_t end = first + count > lookup->base ? first + count - lookup->base : 0;

	if (end > lookup->count)
		end = lookup->count;
	if (from < end)
		memset(lookup->kinds + from, kind, end - from);
	lookup->any = true;
}

/* The fault was told when the whole space was read. */
static void look_at_fault(void *data, const struct kswapck_tree_fault *fault)
{
	if (hides_entries(fault))
		look_at_range(data, fault->first_slot, fault->slots, KSWAPCK_ENTRY_ODD);
}

static void look_at_gap(void *data, uint64_t node, uint64_t first, uint64_t count,
			enum read_status status)
{
	(void)node, (void)status;
	look_at_range(data, first, count, KSWAPCK_ENTRY_UNREADABLE);
}

/*
 * Both indices are tried that the slots can have (index_base()): a tree holds only
 * one of the two kinds, and asking which would cost more than the lookup.
 */
void swap_tree_lookup(const struct kernel *kernel, const struct kswapck_device *device,
		      uint64_t first, uint32_t count, uint64_t *entries, uint8_t *kinds)
{
	const uint64_t indices[] = {first % SWAP_SPACE_SLOTS, first};
	struct slot_lookup found = {.count = count, .entries = entries, .kinds = kinds};
	const struct xarray_visitor visitor = {
		.data = &found,
		.leaf = look_at_leaf,
		.entry = look_at_entry,
		.fault = look_at_fault,
		.unreadable = look_at_gap,
	};
	struct xarray xarray;
	uint64_t address;
	size_t i;

	memset(entries, 0, count * sizeof(*entries));
	memset(kinds, KSWAPCK_ENTRY_UNREADABLE, count);
	if (!first_space(kernel, device->type, &address))
		return;
	address += first / SWAP_SPACE_SLOTS * kernel->swap.space_size;
	if (xarray_read(kernel, address + kernel->swap.i_pages.offset, &xarray) != READ_OK)
		return;
	memset(kinds, KSWAPCK_ENTRY_NONE, count);
	for (i = 0; i < 2 && !found.any && xarray.head; i++) {
		found.base = indices[i];
		xarray_walk(kernel, &xarray, indices[i], count, &visitor);
	}
	/* backwards: what lower slots hold is asked as it stands there */
	for (i = count; i-- > 0 && kernel->swap.tails; )
		if (kinds[i] == KSWAPCK_ENTRY_PAGE)
			entries[i] = swap_tree_head(kernel, device, first + i, entries, i);
}

void swap_tree_node_of(const struct kernel *kernel, uint64_t place, uint64_t slot,
		       uint64_t *start, uint64_t *end)
{
	const struct xarray_layout *layout = &kernel->xarray;

	*start = *end = 0;
	if (!layout->slot_count)
		return;
	*start = place - 8 * (slot % layout->slot_count) - layout->slots.offset;
	*end = *start + layout->node_size;
}

bool swap_tree_locate(const struct kernel *kernel, const struct kswapck_device *device,
		      uint64_t tree, uint64_t index, uint64_t *slot)
{
	uint64_t first, count, space, base, offset;

	if (!first_space(kernel, device->type, &first) ||
	    !swap_tree_spaces(kernel, device, &count) ||
	    tree < first + kernel->swap.i_pages.offset)
		return false;
	offset = tree - first - kernel->swap.i_pages.offset;
	space = offset / kernel->swap.space_size;
	if (offset % kernel->swap.space_size || space >= count)
		return false;
	base = index_base(kernel, device, space);
	if (index < base || index - base >= SWAP_SPACE_SLOTS)
		return false;
	*slot = space * SWAP_SPACE_SLOTS + index - base;
	return *slot < device->slots;
}

const struct swap_cache_ops swap_cache_xarray = {
	.name = "xarray",
	.probe = probe,
	.resolve = swap_tree_resolve,
	.spaces = swap_tree_spaces,
	.read = swap_tree_read,
	.lookup = swap_tree_lookup,
	.node_of = swap_tree_node_of,
	.locate = swap_tree_locate,
};
