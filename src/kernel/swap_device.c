// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/swap_device.h"

#include <ctype.h>
#include <string.h>

#include "kernel/arch.h"
#include "kernel/lock.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_cluster.h"

/* Type bits of a swap entry: MAX_SWAPFILES_SHIFT, include/linux/swap.h. */
#define SWAP_TYPES_MAX 32

/* SWAPFILE_CLUSTER (mm/swapfile.c): HPAGE_PMD_NR with CONFIG_THP_SWAP, else 256. */
#define CLUSTER_SLOTS		256

/*
 * Since 6.14 inuse_pages is an atomic_long_t with a flag in it
 * (SWAP_USAGE_OFFLIST_BIT, mm/swapfile.c): bit 30, moved to bit 62 in 7.2.8.
 */
#define USAGE_OFFLIST_OLD (1ULL << 30)
#define USAGE_OFFLIST_NEW (1ULL << 62)

/* Low bit of percpu_ref.percpu_count_ptr: percpu_ref_kill() (percpu-refcount.h). */
#define PERCPU_REF_DEAD (1 << 1)

bool swap_device_layout_resolve(struct kernel *kernel, struct error *err)
{
	struct swap_layout *layout = &kernel->swap;
	struct field field;
	uint64_t address, size;

	if (!kernel_symbol_required(kernel, "swap_info", &layout->swap_info, err) ||
	    !kernel_symbol_required(kernel, "nr_swapfiles", &address, err))
		return false;
	if (memory_read_u32(kernel->memory, address, &layout->nr_swapfiles) != READ_OK)
		return error_set(err, ERROR_UNREADABLE,
				 "nr_swapfiles at 0x%llx is not readable in this dump",
				 (unsigned long long)address);
	if (layout->nr_swapfiles > SWAP_TYPES_MAX)
		return error_set(err, ERROR_INPUT,
				 "nr_swapfiles is %u, but a kernel has at most %u swap devices; "
				 "damaged dump, or symbols of another kernel (%s)",
				 layout->nr_swapfiles, SWAP_TYPES_MAX,
				 image_symbols_from(kernel->image));

	if (!kernel_field_required(kernel, "swap_info_struct", "flags", &layout->flags, err) ||
	    !kernel_field_required(kernel, "swap_info_struct", "max", &layout->max, err) ||
	    !kernel_field_required(kernel, "swap_info_struct", "pages", &layout->pages, err) ||
	    !kernel_field_required(kernel, "swap_info_struct", "inuse_pages",
				   &layout->inuse_pages, err) ||
	    !kernel_field_required(kernel, "swap_info_struct", "lock", &layout->lock, err))
		return false;
	kernel_field(kernel, "swap_info_struct", "swap_map", &layout->map);
	kernel_field(kernel, "swap_info_struct", "cluster_info", &layout->cluster_info);
	kernel_field(kernel, "swap_info_struct", "swap_file", &layout->swap_file);
	/* up to 6.13; 6.14 looks for free slots in the lists of clusters alone */
	kernel_field(kernel, "swap_info_struct", "lowest_bit", &layout->lowest_bit);
	kernel_field(kernel, "swap_info_struct", "highest_bit", &layout->highest_bit);
	/* since 5.14; before, SWP_VALID and RCU held a device (63d8620ecf93) */
	kernel_field(kernel, "swap_info_struct", "users.percpu_count_ptr", &layout->users);
	kernel_field(kernel, "page", "lru", &layout->page_lru);
	if (types_size(kernel->types, "swap_cluster_info", &size) && size <= 256 &&
	    kernel_field(kernel, "swap_cluster_info", "lock", &field)) {
		layout->cluster_size = (uint32_t)size;
		layout->cluster_lock = field.offset;
		layout->cluster_slots = CLUSTER_SLOTS;
		if (image_symbol(kernel->image, "transparent_hugepage_flags", &address))
			layout->cluster_slots = kernel->arch->swap_cluster(kernel, CLUSTER_SLOTS);
		/* of clusters whose size is not known nothing can be said */
		if (layout->cluster_slots)
			swap_cluster_layout_resolve(kernel);
		else
			layout->cluster_slots = CLUSTER_SLOTS;
	}
	return true;
}

static bool is_kernel_address(uint64_t address)
{
	return address >> 63 == 1;
}

/* A pointer in a kernel object; 0 when it cannot be read or is no kernel address. */
static uint64_t follow(const struct kernel *kernel, uint64_t object, const char *type,
		       const char *path)
{
	struct type_member member;
	uint64_t pointer;

	if (!is_kernel_address(object) ||
	    !types_member(kernel->types, type, path, &member) ||
	    memory_read_u64(kernel->memory, object + member.offset, &pointer) != READ_OK ||
	    !is_kernel_address(pointer))
		return 0;
	return pointer;
}

/*
 * The last part of the path only: enough to tell devices apart, and it gives
 * away no directory of a user.
 */
static void read_name(const struct kernel *kernel, struct kswapck_device *device)
{
	uint64_t file, dentry, name;
	char *c;

	file = follow(kernel, device->address, "swap_info_struct", "swap_file");
	dentry = follow(kernel, file, "file", "f_path.dentry");
	name = follow(kernel, dentry, "dentry", "d_name.name");
	if (!name || memory_read_string(kernel->memory, name, device->name,
					sizeof(device->name)) != READ_OK)
		device->name[0] = 0;
	for (c = device->name; *c; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

static bool cluster_locked(const struct kernel *kernel, const struct kswapck_device *device,
			   uint64_t cluster)
{
	const struct swap_layout *layout = &kernel->swap;

	return lock_may_be_held(kernel, device->clusters + cluster * layout->cluster_size +
				layout->cluster_lock);
}

bool swap_device_slot_locked(const struct kernel *kernel, const struct kswapck_device *device,
			     uint64_t slot)
{
	return device->lock_held ||
	       (device->clusters &&
		cluster_locked(kernel, device, slot / kernel->swap.cluster_slots));
}

/*
 * inuse_pages moves under si->lock until 6.13; the atomic counter of 6.14 moves
 * under the lock of the cluster alone.
 */
static bool counters_locked(const struct kernel *kernel, const struct kswapck_device *device)
{
	uint64_t count, i;

	if (device->lock_held || kernel->swap.inuse_pages.size != 8 || !device->clusters)
		return device->lock_held;
	count = (device->slots + kernel->swap.cluster_slots - 1) / kernel->swap.cluster_slots;
	for (i = 0; i < count; i++)
		if (cluster_locked(kernel, device, i))
			return true;
	return false;
}

/*
 * A member that this kernel may not have is 0. They are read one by one, for up to 4.17
 * there are plists of all nodes between them, 40 KiB with CONFIG_NODES_SHIFT=10.
 */
static bool load(const struct kernel *kernel, const struct kswapck_device *device,
		 struct field field, uint64_t *value)
{
	*value = 0;
	return field.size <= sizeof(*value) &&
	       (!field.size || memory_read(kernel->memory, device->address + field.offset, value,
					   field.size) == READ_OK);
}

static bool read_bounds(const struct kernel *kernel, struct kswapck_device *device)
{
	const struct swap_layout *layout = &kernel->swap;

	if (!layout->lowest_bit.size || !layout->highest_bit.size)
		return true;
	device->has_bounds = true;
	device->lowest_address = device->address + layout->lowest_bit.offset;
	device->highest_address = device->address + layout->highest_bit.offset;
	return load(kernel, device, layout->lowest_bit, &device->lowest) &&
	       load(kernel, device, layout->highest_bit, &device->highest);
}

static bool read_users(const struct kernel *kernel, struct kswapck_device *device)
{
	const struct swap_layout *layout = &kernel->swap;

	if (layout->users.size != 8)
		return true;
	device->has_users = true;
	device->users_address = device->address + layout->users.offset;
	if (!load(kernel, device, layout->users, &device->users_raw))
		return false;
	device->users_dead = device->users_raw & PERCPU_REF_DEAD;
	return true;
}

static bool read_inuse(const struct kernel *kernel, struct kswapck_device *device)
{
	struct field inuse = kernel->swap.inuse_pages;

	if (!load(kernel, device, inuse, &device->inuse_raw))
		return false;
	device->inuse = device->inuse_raw;
	device->inuse_address = device->address + inuse.offset;
	device->inuse_size = inuse.size;
	if (inuse.size == 8) {
		device->inuse &= ~USAGE_OFFLIST_NEW;
		if (device->inuse > device->pages)
			device->inuse &= ~USAGE_OFFLIST_OLD;
	}
	return true;
}

enum swap_device_status swap_device_read(const struct kernel *kernel, unsigned int type,
					 struct kswapck_device *device)
{
	const struct swap_layout *layout = &kernel->swap;
	uint64_t clusters, in_use;

	memset(device, 0, sizeof(*device));
	device->type = type;
	if (memory_read_u64(kernel->memory, layout->swap_info + 8ULL * type,
			    &device->address) != READ_OK)
		return SWAP_DEVICE_UNREADABLE;
	if (!device->address)
		return SWAP_DEVICE_UNUSED;

	if (!is_kernel_address(device->address) ||
	    !load(kernel, device, layout->flags, &device->flags) ||
	    !load(kernel, device, layout->max, &device->slots) ||
	    !load(kernel, device, layout->pages, &device->pages) ||
	    !load(kernel, device, layout->map, &device->swap_map) ||
	    !load(kernel, device, layout->cluster_info, &clusters) ||
	    !read_inuse(kernel, device) || !read_bounds(kernel, device) ||
	    !read_users(kernel, device))
		return SWAP_DEVICE_UNREADABLE;

	/*
	 * swapon has not finished, or swapoff has: mm/swapfile.c clears max, and the map,
	 * or the clusters since swap_map went in 7.1
	 */
	in_use = layout->map.size ? device->swap_map : clusters;
	if (!(device->flags & SWP_USED) || !device->slots || !in_use)
		return SWAP_DEVICE_UNUSED;
	if (device->slots > UINT32_MAX || !is_kernel_address(in_use))
		return SWAP_DEVICE_UNREADABLE;
	if (layout->cluster_size && is_kernel_address(clusters))
		device->clusters = clusters;
	device->lock_held = lock_may_be_held(kernel, device->address + layout->lock.offset);
	device->locked = counters_locked(kernel, device);
	read_name(kernel, device);
	return SWAP_DEVICE_OK;
}

static void read_bytes(const struct kernel *kernel, const struct kswapck_device *device,
		       uint64_t first_slot, uint32_t count, uint8_t *map, uint8_t *map_read)
{
	uint32_t done, length;

	for (done = 0; done < count; done += length) {
		uint64_t address = device->swap_map + first_slot + done;
		bool ok;

		/* page by page: one that is not in the dump must not hide its neighbours */
		length = 4096 - (address & 4095);
		if (length > count - done)
			length = count - done;
		ok = memory_read(kernel->memory, address, map + done, length) == READ_OK;
		if (!ok)
			memset(map + done, 0, length);
		memset(map_read + done, ok, length);
	}
}

uint64_t swap_device_map(const struct kernel *kernel, const struct kswapck_device *device,
			 uint64_t first_slot, uint32_t count, uint8_t *map, uint8_t *map_read)
{
	uint64_t unreadable = 0;
	uint32_t i;

	memset(map, 0, count);
	memset(map_read, 1, count);
	if (device->swap_map)
		read_bytes(kernel, device, first_slot, count, map, map_read);
	if (kernel->swap_cache && kernel->swap_cache->map)
		kernel->swap_cache->map(kernel, device, first_slot, count, map, map_read);
	for (i = 0; i < count; i++)
		unreadable += !map_read[i];
	return unreadable;
}
