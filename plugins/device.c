// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a device says of itself against its swap_map: include/linux/swap.h struct
 * swap_info_struct, mm/swapfile.c. inuse_pages is in swap_map.c.
 */
#include "kswapck.h"

#include <inttypes.h>
#include <stdio.h>

/* include/linux/swap.h, 5.4 to 6.17 */
#define SWP_BLKDEV	 (1 << 6)
#define SWP_PAGE_DISCARD (1 << 10)	/* clusters are discarded as they become free */

enum {
	SLOT_BOUNDS,
	DEVICE_PAGES,
	DEAD_USERS,
};

static const struct kswapck_problem problems[] = {
	[SLOT_BOUNDS] = {
		.id = "KS451",
		.name = "slot-bounds",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} {detail}",
		.meaning = "Up to 6.13 no slot below swap_info_struct.lowest_bit and none above "
			"highest_bit is free: the search for one does not look there.",
		.origin = "A slot that was freed past swap_range_free(), a byte of swap_map that was "
			"overwritten, or the bounds themselves.",
		.consequence = "The slot is not found by who needs one, until its neighbour is freed. "
			"With highest_bit 0 the whole device is taken for full: processes are killed "
			"for want of memory while swap is free.",
		.confirm = " crash> struct swap_info_struct.lowest_bit,highest_bit,max DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  si.lowest_bit, si.highest_bit, si.max",
	},
	[DEVICE_PAGES] = {
		.id = "KS452",
		.name = "device-pages",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{detail}",
		.meaning = "swap_info_struct.pages is the number of slots that can be used: all but "
			"the first, which is the header, and those that are SWAP_MAP_BAD. swap_map has "
			"another number of them.",
		.origin = "A byte of swap_map was overwritten with 0x3f, or one that was 0x3f; a "
			"cluster that was never brought back from its discard; or the number itself.",
		.consequence = "The kernel takes the device for full too early, or never: it is full "
			"when inuse_pages is pages. A slot that is not bad any more leads to a bad "
			"block, and what is written there is lost.",
		.confirm = "All bytes but those of 0x3f are usable slots:\n"
			" crash> struct swap_info_struct.pages,max,swap_map DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  sum(b != 0x3f for b in prog.read(si.swap_map, si.max)), si.pages",
	},
	[DEAD_USERS] = {
		.id = "KS453",
		.name = "dead-users",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{detail}",
		.meaning = "Slots are given out of this device (SWP_WRITEOK), but its percpu_ref users "
			"was killed, as at the end of swapoff: nobody can get a reference to it. "
			"swapon revives the reference before it sets the flag, and swapoff clears the "
			"flag before it kills the reference.",
		.origin = "A swapoff and a swapon that ran into each other, or memory corruption.",
		.consequence = "get_swap_device() fails for each entry of the device, so that a page "
			"fault does nothing and is made again, for ever: 100 % CPU, no stall, nothing "
			"in the log.",
		.confirm = "Bit 0x2 of the pointer is set, and so is SWP_WRITEOK, bit 0x2 of the flags:\n"
			" crash> struct swap_info_struct.flags,users DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  si.flags, si.users.percpu_count_ptr",
	},
	{0},
};

static void report_bound(struct kswapck_audit *audit, const struct kswapck_device *device,
			 uint64_t slot, const char *bound, uint64_t address, uint64_t value)
{
	struct kswapck_finding finding = {
		.problem = &problems[SLOT_BOUNDS],
		.device = device,
		.first_slot = slot,
		.last_slot = slot,
		.count = 1,
	};

	snprintf(finding.detail, sizeof(finding.detail), "is free, but %s is %" PRIu64, bound,
		 value);
	kswapck_evidence(&finding, bound, address, 4, value);
	kswapck_evidence_map(audit, &finding, device, slot, 0);
	kswapck_report(audit, &finding);
}

/*
 * Slots become free and used, and the bounds follow, under one hold of si->lock. At
 * the end of swapoff highest_bit is cleared to stop who still searches, and the lock
 * is dropped to wait for them; SWP_WRITEOK went before.
 */
static void check_bounds(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	if (!device->has_bounds || device->lock_held || !(device->flags & SWP_WRITEOK) ||
	    device->first_free > device->last_free)
		return;
	if (device->first_free < device->lowest)
		report_bound(audit, device, device->first_free, "swap_info_struct.lowest_bit",
			     device->lowest_address, device->lowest);
	if (device->last_free > device->highest)
		report_bound(audit, device, device->last_free, "swap_info_struct.highest_bit",
			     device->highest_address, device->highest);
}

/*
 * Silent: clusters that wait to be discarded, whose bytes are all SWAP_MAP_BAD until
 * then (swap_cluster_schedule_discard()); and a file, whose pages are the length of
 * its extents less one, bad slots or not (generic_swapfile_activate()).
 */
static void check_pages(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	uint64_t good = device->slots - device->map_bad;
	struct kswapck_finding finding = {
		.problem = &problems[DEVICE_PAGES],
		.device = device,
	};
	uint32_t offset, size;

	if (good == device->pages || (device->flags & SWP_PAGE_DISCARD && good < device->pages) ||
	    (!(device->flags & SWP_BLKDEV) && device->pages == device->slots - 1) ||
	    !kswapck_member(audit, "swap_info_struct", "pages", &offset, &size))
		return;
	snprintf(finding.detail, sizeof(finding.detail),
		 "pages of %s is %" PRIu64 " but %s %" PRIu64 " usable slots", device->name,
		 device->pages, device->swap_map ? "swap_map has" : "the swap tables have", good);
	kswapck_evidence(&finding, "swap_info_struct.pages", device->address + offset, size,
			 device->pages);
	kswapck_report(audit, &finding);
}

static void check_users(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	struct kswapck_finding finding = {
		.problem = &problems[DEAD_USERS],
		.device = device,
	};

	if (!device->has_users || !device->users_dead || !(device->flags & SWP_WRITEOK))
		return;
	snprintf(finding.detail, sizeof(finding.detail),
		 "%s is in use (SWP_WRITEOK), but its reference count of users is dead",
		 device->name);
	kswapck_evidence(&finding, "swap_info_struct.users.percpu_count_ptr",
			 device->users_address, 8, device->users_raw);
	kswapck_report(audit, &finding);
}

static void check_device(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	check_users(audit, device);
	if (!device->map_complete)
		return;
	check_bounds(audit, device);
	check_pages(audit, device);
}

extern const struct kswapck_plugin kswapck_plugin_device;
const struct kswapck_plugin kswapck_plugin_device = {
	.abi = KSWAPCK_ABI,
	.name = "device",
	.summary = "what a device says of itself against its swap_map",
	.problems = problems,
	.device_end = check_device,
};
