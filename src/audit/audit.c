// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/catalogue.h"
#include "audit/context.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"

bool audit_summary_complete(const struct audit_summary *summary)
{
	return !summary->devices_unreadable && !summary->nodes_unreadable &&
	       !summary->map_unreadable && !summary->spaces_unreadable &&
	       !summary->reason_count && !summary->interrupted;
}

static bool stopped(const struct kswapck_audit *audit)
{
	if (audit->sink->stop && audit->sink->stop(audit->sink->data))
		audit->summary->interrupted = true;
	return audit->summary->interrupted;
}

static void feed_fault(void *data, const struct kswapck_space *space,
		       const struct kswapck_tree_fault *fault)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = catalogue_plugin(i)); i++)
		if (plugin->tree_fault)
			plugin->tree_fault(data, space, fault);
}

static void feed_run(struct kswapck_audit *audit, const struct kswapck_space *space,
		     const struct kswapck_run *run)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = catalogue_plugin(i)); i++)
		if (plugin->run)
			plugin->run(audit, space, run);
}

/* Slots from @first on that hold the same entry. */
static uint32_t run_length(const struct swap_space *space, uint32_t first)
{
	uint32_t i = first + 1;

	while (i < space->space.slots && space->kinds[i] == space->kinds[first] &&
	       space->entries[i] == space->entries[first])
		i++;
	return i - first;
}

static void audit_run_of_slots(struct kswapck_audit *audit, const struct swap_space *space,
			       uint32_t first, uint32_t count)
{
	struct kswapck_page page;
	struct kswapck_run run = {
		.first_slot = space->space.first_slot + first,
		.count = count,
		.entry = space->entries[first],
		.kind = space->kinds[first],
	};

	if (run.kind == KSWAPCK_ENTRY_PAGE) {
		enum read_status status = page_read(audit->kernel, run.entry, &page);

		/* vmemmap is mapped wherever there are struct pages, and nowhere else */
		run.is_page_address = status != READ_UNMAPPED;
		if (status == READ_OK)
			run.page = &page;
		audit->summary->large_folios += run.page && page.order;
	}
	feed_run(audit, &space->space, &run);
}

static void audit_entries(struct kswapck_audit *audit, const struct swap_space *space)
{
	uint32_t i, count;

	if (!space->space.pages_found && !space->space.shadows_found)
		return;
	for (i = 0; i < space->space.slots && !audit->summary->interrupted; i += count) {
		if (i % 256 == 0)
			stopped(audit);
		count = 1;
		if (space->kinds[i] != KSWAPCK_ENTRY_SHADOW &&
		    space->kinds[i] != KSWAPCK_ENTRY_PAGE)
			continue;
		count = run_length(space, i);
		audit_run_of_slots(audit, space, i, count);
	}
}

/* swap_map bytes that stand for a slot in use: neither free nor bad. */
static uint64_t map_used(const struct kswapck_space *space)
{
	uint64_t used = 0;
	uint32_t i;

	for (i = 0; i < space->slots; i++)
		used += space->map[i] != 0 && space->map[i] != SWAP_MAP_BAD;
	return used;
}

static void count_space(struct kswapck_audit *audit, struct kswapck_device *device,
			const struct swap_space *space)
{
	struct audit_summary *summary = audit->summary;
	uint64_t used = map_used(&space->space);

	summary->spaces++;
	summary->spaces_locked += space->space.locked;
	summary->cached += space->space.pages_found;
	summary->shadows += space->space.shadows_found;
	summary->used += used;
	summary->nodes_unreadable += space->gaps.nodes;
	summary->slots_unreadable += space->gaps.slots;
	summary->map_unreadable += space->gaps.map_slots;
	if (space->gaps.nodes)
		summary->nodes_status = space->gaps.status;
	device->map_used += used;
	if (space->gaps.map_slots)
		device->map_complete = false;
}

static void audit_space(struct kswapck_audit *audit, struct kswapck_device *device,
			uint64_t index, struct swap_space *space)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	if (!audit->kernel->swap_cache->read(audit->kernel, device, index, space,
					     feed_fault, audit)) {
		audit->summary->spaces_unreadable++;
		audit->summary->slots_unreadable += space->space.slots;
		device->map_complete = false;
		return;
	}
	audit_entries(audit, space);
	for (i = 0; (plugin = catalogue_plugin(i)); i++)
		if (plugin->space_end)
			plugin->space_end(audit, &space->space);
	count_space(audit, device, space);
	audit_flush(audit);
}

static void audit_device(struct kswapck_audit *audit, struct kswapck_device *device,
			 struct swap_space *space, uint64_t total)
{
	const struct kswapck_plugin *plugin;
	uint64_t spaces, index, done = audit->summary->slots;
	size_t i;

	audit->summary->slots += device->slots;
	if (!audit->kernel->swap_cache->spaces(audit->kernel, device, &spaces)) {
		audit->summary->devices_unreadable++;
		return;
	}
	audit->summary->devices++;
	audit->summary->devices_locked += device->locked;
	/* a kernel for one CPU: its spinlocks are empty and tell nothing */
	if (!audit->kernel->lock.size)
		kswapck_unverified(audit, "a kernel for one CPU has no locks that tell what is in "
				   "motion", device->slots);
	if (audit->sink->device)
		audit->sink->device(audit->sink->data, device);
	for (i = 0; (plugin = catalogue_plugin(i)); i++)
		if (plugin->device_begin)
			plugin->device_begin(audit, device);

	device->map_complete = true;
	for (index = 0; index < spaces && !stopped(audit); index++) {
		audit_space(audit, device, index, space);
		if (audit->sink->progress)
			audit->sink->progress(audit->sink->data,
					      done + (index + 1) * SWAP_SPACE_SLOTS, total);
	}
	if (audit->summary->interrupted)
		device->map_complete = false;

	for (i = 0; (plugin = catalogue_plugin(i)); i++)
		if (plugin->device_end)
			plugin->device_end(audit, device);
	audit_flush(audit);
}

/* Find the devices first: checks of one may ask about all. */
static unsigned int read_devices(struct kswapck_audit *audit, struct kswapck_device *devices,
				 uint64_t *total)
{
	unsigned int type, count = 0;

	*total = 0;
	for (type = 0; type < audit->kernel->swap.nr_swapfiles; type++) {
		switch (swap_device_read(audit->kernel, type, &devices[count])) {
		case SWAP_DEVICE_OK:
			audit->device_slots[type] = devices[count].slots;
			*total += devices[count].slots;
			count++;
			break;
		case SWAP_DEVICE_UNREADABLE:
			audit->summary->devices_unreadable++;
			break;
		case SWAP_DEVICE_UNUSED:
			break;
		}
	}
	return count;
}

bool audit_run(const struct kernel *kernel, const struct audit_sink *sink,
	       struct audit_summary *summary, struct error *err)
{
	struct kswapck_audit *audit = calloc(1, sizeof(*audit));
	struct swap_space *space = swap_space_new();
	struct kswapck_device devices[32];
	unsigned int count, i;
	uint64_t total;
	bool ok = false;

	memset(summary, 0, sizeof(*summary));
	if (!audit || !space) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		goto out;
	}
	audit->kernel = kernel;
	audit->sink = sink;
	audit->summary = summary;
	if (!swap_slots_read(kernel, &audit->parked, err))
		goto out;
	summary->parked = audit->parked.count;
	count = read_devices(audit, devices, &total);
	for (i = 0; i < count && !stopped(audit); i++)
		audit_device(audit, &devices[i], space, total);
	ok = true;
out:
	if (audit) {
		swap_slots_free(&audit->parked);
		stack_entries_free(&audit->stacks);
	}
	free(space);
	free(audit);
	return ok;
}
