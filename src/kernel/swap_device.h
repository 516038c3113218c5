/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Swap devices: swap_info[] and struct swap_info_struct (include/linux/swap.h). */
#ifndef KSWAPCK_SWAP_DEVICE_H
#define KSWAPCK_SWAP_DEVICE_H

#include "kernel/kernel.h"

/* SWP_* of include/linux/swap.h; the same bits in every kernel. */

/** swap_device_layout_resolve - fill what kernel->swap says of devices. */
bool swap_device_layout_resolve(struct kernel *kernel, struct error *err);

enum swap_device_status {
	SWAP_DEVICE_OK,
	SWAP_DEVICE_UNUSED,	/* no device of this type, or it is off */
	SWAP_DEVICE_UNREADABLE,
};

/**
 * swap_device_read - the device of @type, 0 <= @type < kernel->swap.nr_swapfiles.
 */
enum swap_device_status swap_device_read(const struct kernel *kernel, unsigned int type,
					 struct kswapck_device *device);

/** swap_device_slot_locked - see kswapck_slot_locked(). */
bool swap_device_slot_locked(const struct kernel *kernel, const struct kswapck_device *device,
			     uint64_t slot);

/**
 * swap_device_map - copy swap_map bytes; of a kernel that keeps other things there,
 * or has no swap_map, what they would be (see kswapck.h).
 * @map: [@count]; 0 where it could not be read.
 * @map_read: [@count]; 1 where it could.
 *
 * Return: slots that could not be read.
 */
uint64_t swap_device_map(const struct kernel *kernel, const struct kswapck_device *device,
			 uint64_t first_slot, uint32_t count, uint8_t *map, uint8_t *map_read);

#endif
