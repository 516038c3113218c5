// SPDX-License-Identifier: GPL-2.0-or-later
/* Single slots of the swap cache, for those who know where to look. */
#include "story/parts.h"

#include <stdlib.h>

#include "kernel/swap_device.h"

#define DEVICES_MAX (sizeof(((struct telling *)0)->devices) / sizeof(struct kswapck_device))

static enum device_state state_of(const struct kswapck_device *device,
				  enum swap_device_status status)
{
	if (status == SWAP_DEVICE_UNREADABLE)
		return DEVICE_UNREADABLE;
	/* swapoff leaves the swap_info_struct to whoever comes next, all flags cleared */
	if (!device->address || !(device->flags & SWP_USED))
		return DEVICE_OFF;
	return (device->flags & SWP_WRITEOK) ? DEVICE_ON : DEVICE_LEAVING;
}

void story_devices_read(struct telling *telling)
{
	const struct kernel *kernel = telling->kernel;
	unsigned int type;

	for (type = 0; type < kernel->swap.nr_swapfiles && type < DEVICES_MAX; type++) {
		struct kswapck_device *device = &telling->devices[type];

		enum swap_device_status status = swap_device_read(kernel, type, device);

		telling->device_states[type] = state_of(device, status);
		if (status != SWAP_DEVICE_OK)
			device->slots = 0;
		telling->device_count = type + 1;
	}
	for (; type < DEVICES_MAX; type++)
		telling->device_states[type] = DEVICE_OFF;
}

bool story_slot_valid(const struct telling *telling, unsigned int type, uint64_t slot)
{
	/* slot 0 is the header of the device */
	return type < telling->device_count && slot && slot < telling->devices[type].slots;
}

static void ignore_fault(void *data, const struct kswapck_space *space,
			 const struct kswapck_tree_fault *fault)
{
	/* the audit has told of it */
	(void)data, (void)space, (void)fault;
}

static bool read_space(struct telling *telling, unsigned int type, uint64_t index)
{
	if (telling->space_valid && telling->space_type == type &&
	    telling->space_index == index)
		return true;
	if (!telling->space)
		telling->space = swap_space_new();
	if (!telling->space) {
		telling->out_of_memory = true;
		return false;
	}
	telling->space_type = type;
	telling->space_index = index;
	telling->space_valid = telling->kernel->swap_cache->read(telling->kernel,
		&telling->devices[type], index, telling->space, ignore_fault, NULL);
	return telling->space_valid;
}

const struct swap_space *story_space_read(struct telling *telling, unsigned int type,
					  uint64_t index)
{
	return read_space(telling, type, index) ? telling->space : NULL;
}

bool story_slot_read(struct telling *telling, unsigned int type, uint64_t slot,
		     struct slot_view *view)
{
	uint64_t i = slot % SWAP_SPACE_SLOTS;

	*view = (struct slot_view){0};
	if (!story_slot_valid(telling, type, slot) ||
	    !read_space(telling, type, slot / SWAP_SPACE_SLOTS))
		return false;
	view->kind = telling->space->kinds[i];
	view->entry = telling->space->entries[i];
	if (telling->space->places[i / 16])
		telling->kernel->swap_cache->node_of(telling->kernel,
			telling->space->places[i / 16] + 8 * (i % 16), slot, &view->node,
			&view->node_end);
	return view->kind != KSWAPCK_ENTRY_UNREADABLE;
}

const struct story_range *story_broken_at(struct telling *telling, unsigned int type,
					  uint64_t slot)
{
	const struct story_range *range = story_findings_at(telling->findings, type, slot, NULL);
	struct slot_view view;

	/* most ranges have no gaps, and then nothing need be read */
	if (!range || !range->gaps)
		return range;
	return story_slot_read(telling, type, slot, &view) ?
	       story_findings_at(telling->findings, type, slot, &view) : NULL;
}
