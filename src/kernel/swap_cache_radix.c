// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trees whose slots hold page + i of a large folio, not its head: the radix trees of
 * 4.14 to 4.19 (mm/swap_state.c __add_to_swap_cache(), 4.14:113-135), and the xarrays of
 * 4.20 to 5.3, which 5.4 ended (4101196b19d7 "mm: page cache: store only head pages in
 * i_pages"). A tail page in the slot that is its own, by what the head says or by where
 * the head is, is given out as the head, so that the checks see what they see of later
 * kernels; else it stays.
 *
 * Types and symbols of 4.20 to 5.3 are those of 5.4: there the version alone can tell.
 */
#include "kernel/swap_cache_tree.h"

#include <stdio.h>

#include "kernel/page.h"
#include "kernel/swap_entry.h"

static bool is_radix(const struct kernel *kernel)
{
	struct field field;

	return kernel_field(kernel, "radix_tree_node", "exceptional", &field);
}

static bool probe(const struct kernel *kernel)
{
	struct field field;
	uint64_t address;

	/* whoever holds heads was asked before */
	return image_symbol(kernel->image, "swapper_spaces", &address) &&
	       (is_radix(kernel) ||
		kernel_field(kernel, "address_space", "i_pages.xa_head", &field));
}

static bool resolve(struct kernel *kernel, struct error *err)
{
	kernel->swap.tails = true;
	kernel->swap.old_entries = is_radix(kernel);
	return swap_tree_resolve(kernel, err);
}

/* Does the head say that this is the slot of its page number @i? */
static bool head_names(const struct kswapck_device *device, uint64_t slot,
		       const struct kswapck_page *head, uint64_t i)
{
	unsigned int type;
	uint64_t first;

	swap_entry_split(head->private, &type, &first);
	return type == device->type && slot - first == i && i < 1ULL << head->order;
}

uint64_t swap_tree_head(const struct kernel *kernel, const struct kswapck_device *device,
			uint64_t slot, const uint64_t *entries, uint64_t index)
{
	uint64_t entry = entries[index], i;
	struct kswapck_page page, head;

	if (page_read(kernel, entry, &page) != READ_OK || !(page.marks & KSWAPCK_PAGE_TAIL) ||
	    page_read(kernel, page.head, &head) != READ_OK ||
	    !(head.marks & KSWAPCK_PAGE_HEAD) || !(head.marks & KSWAPCK_PAGE_SWAPCACHE) ||
	    head.pfn >= page.pfn)
		return entry;
	i = page.pfn - head.pfn;
	return head_names(device, slot, &head, i) ||
	       (i <= index && entries[index - i] == head.address) ? head.address : entry;
}

const struct swap_cache_ops swap_cache_radix = {
	.name = "radix tree",
	.probe = probe,
	.resolve = resolve,
	.spaces = swap_tree_spaces,
	.read = swap_tree_read,
	.lookup = swap_tree_lookup,
	.node_of = swap_tree_node_of,
	.locate = swap_tree_locate,
};
