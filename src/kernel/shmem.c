// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A page of shmem that is swapped out leaves its swp_entry_t as a value in the page
 * cache tree of its file (mm/shmem.c shmem_writepage(), swp_to_radix_entry()), and
 * the file is on shmem_swaplist before. Up to 6.11 a large folio is split first; since
 * 6.12 one value of its order stands for all of it. An error at swapin leaves a marker
 * in place of the entry, whose type is above those of devices.
 */
#include "kernel/shmem.h"

#include "kernel/list.h"
#include "kernel/lock.h"
#include "kernel/swap_entry.h"
#include "kernel/xarray.h"

#define FILES_MAX (64U << 20)

/*
 * No large folio goes over the end of its cluster, which has HPAGE_PMD_NR slots at most, 512
 * with pages of 4 KiB (mm/swapfile.c SWAPFILE_CLUSTER): a value of more is none of a swapped page.
 */
static uint64_t slots_max(const struct kernel *kernel)
{
	return 1ULL << (kernel_page_shift(kernel) - 3);
}

struct shmem_layout {
	uint64_t swaplist;			/* address of the list_head */
	struct field info_list, info_inode;	/* within struct shmem_inode_info */
	struct field number, mapping;		/* within struct inode */
	struct field host, i_pages;		/* within struct address_space */
};

struct shmem_walk {
	const struct kernel *kernel;
	struct shmem_layout layout;
	shmem_entry_fn *visit;
	void *data;
	struct shmem_sweep *sweep;
	struct shmem_entry entry;	/* of the file at hand */
	bool swapped;			/* it has one */
};

static bool resolve(const struct kernel *kernel, struct shmem_layout *layout)
{
	return image_symbol(kernel->image, "shmem_swaplist", &layout->swaplist) &&
	       kernel_field(kernel, "shmem_inode_info", "swaplist", &layout->info_list) &&
	       kernel_field(kernel, "shmem_inode_info", "vfs_inode", &layout->info_inode) &&
	       kernel_field(kernel, "inode", "i_ino", &layout->number) &&
	       kernel_field(kernel, "inode", "i_mapping", &layout->mapping) &&
	       kernel_field(kernel, "address_space", "host", &layout->host) &&
	       xarray_of_mapping(kernel, &layout->i_pages) &&
	       layout->number.size == 8 && layout->mapping.size == 8 && layout->host.size == 8;
}

/*
 * struct mutex: the owner's low bits are flags (kernel/locking/mutex.h). With
 * PREEMPT_RT it is an rt_mutex, whose owner has a flag in bit 0.
 */
static bool mutex_may_be_held(const struct kernel *kernel, uint64_t address)
{
	struct field owner;
	uint64_t value;

	if (!kernel_field(kernel, "mutex", "owner", &owner) &&
	    !kernel_field(kernel, "mutex", "rtmutex.owner", &owner))
		return true;
	return memory_read_u64(kernel->memory, address + owner.offset, &value) != READ_OK ||
	       value & ~7ULL;
}

/* A mutex in 5.4 to 6.12, a spinlock in 7.0. */
static bool list_may_be_moving(const struct kernel *kernel)
{
	uint64_t lock;

	if (image_symbol(kernel->image, "shmem_swaplist_mutex", &lock))
		return mutex_may_be_held(kernel, lock);
	return !image_symbol(kernel->image, "shmem_swaplist_lock", &lock) ||
	       lock_may_be_held(kernel, lock);
}

static bool take_value(void *data, uint64_t index, uint64_t count, uint64_t entry,
		       uint64_t where)
{
	struct shmem_walk *walk = data;

	if (count > slots_max(walk->kernel)) {
		walk->sweep->unreadable++;
		return true;
	}
	walk->swapped = true;
	walk->entry.index = index;
	walk->entry.entry = swap_entry_take(walk->kernel->swap.old_entries,
					    entry >> 1);	/* xa_to_value() */
	walk->entry.raw = xarray_word_of(&walk->kernel->xarray, entry);
	walk->entry.place = where;
	walk->entry.slots = count;
	return walk->visit(walk->data, &walk->entry);
}

/* The page cache tree of @inode, if that is an inode and the tree is its own. */
static bool read_tree(struct shmem_walk *walk, uint64_t inode, struct xarray *xarray)
{
	const struct shmem_layout *layout = &walk->layout;
	struct memory *memory = walk->kernel->memory;
	uint64_t mapping, host;

	walk->entry.inode = inode;
	return memory_read_u64(memory, inode + layout->number.offset,
			       &walk->entry.number) == READ_OK &&
	       memory_read_u64(memory, inode + layout->mapping.offset, &mapping) == READ_OK &&
	       mapping >> 63 && (mapping & 7) == 0 &&
	       memory_read_u64(memory, mapping + layout->host.offset, &host) == READ_OK &&
	       host == inode &&
	       xarray_read(walk->kernel, mapping + layout->i_pages.offset, xarray) == READ_OK;
}

static bool visit_file(struct shmem_walk *walk, uint64_t inode)
{
	struct shmem_sweep *sweep = walk->sweep;
	struct xarray_values values;
	struct xarray xarray;
	bool whole;

	walk->swapped = false;
	sweep->files++;
	if (!read_tree(walk, inode, &xarray)) {
		sweep->unreadable++;
		return true;
	}
	sweep->moving |= xarray.locked;
	walk->entry.locked = xarray.locked;
	whole = xarray_for_each_value(walk->kernel, &xarray, take_value, walk, &values);
	/* swapoff and eviction take a file off the list, not the last page that comes back */
	sweep->swapped += walk->swapped;
	sweep->nodes += values.nodes;
	sweep->unreadable += values.unreadable;
	return whole;
}

bool shmem_for_each_swapped(const struct kernel *kernel, shmem_entry_fn *visit, void *data,
			    struct shmem_sweep *sweep)
{
	struct shmem_walk walk = {
		.kernel = kernel, .visit = visit, .data = data, .sweep = sweep,
	};
	const struct shmem_layout *layout = &walk.layout;
	unsigned int left = FILES_MAX;
	uint64_t node;

	*sweep = (struct shmem_sweep){0};
	if (!resolve(kernel, &walk.layout))
		return true;
	sweep->moving = list_may_be_moving(kernel);
	for (node = layout->swaplist; left-- && list_next(kernel, node, &node); ) {
		if (node == layout->swaplist) {
			sweep->complete = true;
			return true;
		}
		if (!visit_file(&walk, node - layout->info_list.offset +
				       layout->info_inode.offset))
			return false;
	}
	return true;
}
