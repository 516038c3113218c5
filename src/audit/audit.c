// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/context.h"
#include "audit/crew.h"
#include "audit/feed.h"
#include "audit/sweep.h"
#include "audit/walk.h"
#include "base/text.h"
#include "kernel/folio.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_cluster.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"
#include "kernel/usual_folio.h"

/* Slots that are looked at before the sink is asked again whether to stop. */
#define STOP_SLOTS 256

bool audit_summary_complete(const struct audit_summary *summary)
{
	return !summary->devices_unreadable && !summary->nodes_unreadable &&
	       !summary->map_unreadable && !summary->spaces_unreadable &&
	       (!summary->swept || audit_sweep_complete(summary)) &&
	       !summary->reason_count && !summary->interrupted;
}

bool audit_sweep_complete(const struct audit_summary *summary)
{
	return summary->swept && !summary->sweep_incomplete && !summary->tables_unreadable &&
	       !summary->shmem_unreadable && !summary->interrupted;
}

bool audit_stopped(struct kswapck_audit *audit)
{
	if (audit->sink->stop && audit->sink->stop(audit->sink->data))
		audit->summary->interrupted = true;
	return audit->summary->interrupted;
}

bool audit_is_cached(const struct kswapck_audit *audit, unsigned int type, uint64_t slot)
{
	const uint8_t *cached = audit->cached[type];

	return cached && slot < audit->by_type[type]->slots &&
	       cached[slot / 8] >> slot % 8 & 1;
}

static void on_tree_fault(void *data, const struct kswapck_space *space,
			  const struct kswapck_tree_fault *fault)
{
	feed_tree_fault(data, space, fault);
}

static void on_list_fault(void *data, const struct kswapck_list_fault *fault)
{
	feed_list_fault(data, fault);
}

/* ------------------------------------------------------------------------ runs */

/* Slots from @first on that hold the same entry. */
static uint32_t run_length(const struct swap_space *space, uint32_t first)
{
	uint32_t i = first + 1;

	while (i < space->space.slots && space->kinds[i] == space->kinds[first] &&
	       space->entries[i] == space->entries[first])
		i++;
	return i - first;
}

/* A folio that is alive and of the swap cache, and whose first slot here is in @run. */
static bool is_cached_folio(const struct swap_space *space, const struct kswapck_run *run)
{
	const struct kswapck_page *page = run->page;
	unsigned int type;
	uint64_t slot;

	if (!page || page->refcount <= 0 || !(page->marks & KSWAPCK_PAGE_SWAPCACHE) ||
	    page->marks & (KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_ODD_ORDER))
		return false;
	swap_entry_split(page->private, &type, &slot);
	return type == space->space.device->type && slot == run->first_slot;
}

/* @folio has its page, which is that of the run. */
static void audit_folio(struct kswapck_audit *audit, const struct swap_space *space,
			const struct kswapck_run *run, struct kswapck_folio *folio)
{
	if (!is_cached_folio(space, run) || folio_complete(audit->kernel, folio) != READ_OK)
		return;
	if (audit->sink->folio)
		audit->sink->folio(audit->sink->data, &space->space, run, folio);
	feed_folio(audit, &space->space, run, folio);
}

/* The run that begins at the @first-th slot; returns its length. */
static uint32_t audit_run_of_slots(struct kswapck_audit *audit, const struct feed_wants *wants,
				   const struct swap_space *space, uint32_t first)
{
	struct kswapck_folio folio;
	struct kswapck_run run = {
		.first_slot = space->space.first_slot + first,
		.count = run_length(space, first),
		.entry = space->entries[first],
		.kind = space->kinds[first],
	};

	if (run.kind == KSWAPCK_ENTRY_PAGE) {
		enum read_status status = page_read(audit->kernel, run.entry, &folio.page);

		/* vmemmap is mapped wherever there are struct pages, and nowhere else */
		run.is_page_address = status != READ_UNMAPPED;
		if (status == READ_OK)
			run.page = &folio.page;
		audit->summary->folios++;
		audit->summary->large_folios += run.page && run.page->order;
	}
	feed_run(audit, &space->space, &run);
	if (wants->folio && run.page)
		audit_folio(audit, space, &run, &folio);
	return run.count;
}

/* Is nothing in any of 8 slots? */
static bool are_empty(const uint8_t *kinds)
{
	static const uint8_t none[8] = {KSWAPCK_ENTRY_NONE};

	return !memcmp(kinds, none, sizeof(none));
}

/* The next slot from the @i-th on, before the @end-th, that has a run to tell of. */
static uint32_t next_run(const struct feed_wants *wants, const struct swap_space *space,
			 uint32_t i, uint32_t end)
{
	while (i < end && space->kinds[i] != KSWAPCK_ENTRY_PAGE &&
	       (space->kinds[i] != KSWAPCK_ENTRY_SHADOW || !wants->usual))
		i += end - i >= 8 && are_empty(space->kinds + i) ? 8 : 1;
	return i;
}

/* From the @first-th slot up to the @end-th, or beyond with a run; returns where it ended. */
static uint32_t audit_part(struct kswapck_audit *audit, const struct feed_wants *wants,
			   const struct swap_space *space, uint32_t first, uint32_t end)
{
	uint32_t i, usual;

	for (i = next_run(wants, space, first, end); i < end; i = next_run(wants, space, i, end)) {
		usual = wants->usual ? 0 : usual_folios(audit->kernel, &space->space, i, end);
		audit->summary->folios += usual;
		i += usual ? usual : audit_run_of_slots(audit, wants, space, i);
	}
	return i;
}

static void audit_entries(struct kswapck_audit *audit, const struct feed_wants *wants,
			  const struct swap_space *space)
{
	uint32_t slots = space->space.slots, i = 0, end;

	if (!space->space.pages_found && !space->space.shadows_found)
		return;
	while (i < slots && !audit_stopped(audit)) {
		end = slots - i < STOP_SLOTS ? slots : i + STOP_SLOTS;
		i = audit_part(audit, wants, space, i, end);
	}
}

/* ----------------------------------------------------------- slots and clusters */

static void audit_slots(struct kswapck_audit *audit, const struct swap_space *space)
{
	uint32_t i;

	for (i = 0; i < space->space.slots; i++) {
		const struct kswapck_slot slot = {
			.number = space->space.first_slot + i,
			.map = space->map[i],
			.map_read = space->map_read[i],
			.kind = space->kinds[i],
			.entry = space->entries[i],
		};

		if (slot.map || slot.kind != KSWAPCK_ENTRY_NONE || !slot.map_read)
			feed_slot(audit, &space->space, &slot);
	}
}

/* Give @cluster what was seen of its slots, which begin at @first of @space. */
static void fill_cluster(struct kswapck_cluster *cluster, const struct swap_space *space,
			 uint32_t first, uint32_t cluster_slots)
{
	uint32_t used = 0, read = 0, i;

	cluster->map = space->map + first;
	cluster->kinds = space->kinds + first;
	cluster->entries = space->entries + first;
	/* setup_swap_map_and_extents() counts what lies beyond the end as in use */
	cluster->map_used = cluster_slots - cluster->slots;
	for (i = first; i < first + cluster->slots; i++) {
		used += space->map[i] != 0;
		read += space->map_read[i];
	}
	cluster->map_used += used;
	cluster->map_complete = read == cluster->slots;
}

static void audit_clusters(struct kswapck_audit *audit, const struct kswapck_device *device,
			   const struct swap_clusters *clusters, const struct swap_space *space)
{
	uint32_t size = audit->kernel->swap.cluster_slots, first;
	struct kswapck_cluster cluster;

	for (first = 0; first < space->space.slots; first += size) {
		uint64_t number = (space->space.first_slot + first) / size;

		if (number >= clusters->count)
			return;
		if (!swap_cluster_at(audit->kernel, device, clusters, number, &cluster)) {
			kswapck_unverified(audit, "swap_cluster_info is not in the dump", size);
			continue;
		}
		fill_cluster(&cluster, space, first, size);
		feed_cluster(audit, &cluster);
	}
}

/* --------------------------------------------------------------------- counting */

/* A bit for each of @count slots, 8 at most, that holds a pointer. */
static uint8_t pointer_bits(const uint8_t *kinds, uint32_t count)
{
	uint8_t bits = 0;
	uint32_t i;

	for (i = 0; i < count; i++)
		bits |= (uint8_t)((kinds[i] == KSWAPCK_ENTRY_PAGE) << i);
	return bits;
}

static void note_cached(uint8_t *cached, const struct swap_space *space)
{
	uint32_t slots = space->space.slots, whole = slots - slots % 8, i;

	/* a space begins at a multiple of 8 */
	cached += space->space.first_slot / 8;
	for (i = 0; i < whole; i += 8)
		if (!are_empty(space->kinds + i))
			cached[i / 8] |= pointer_bits(space->kinds + i, 8);
	/* else that byte is of the next space, and may be of another thread */
	if (whole < slots)
		cached[whole / 8] |= pointer_bits(space->kinds + whole, slots - whole);
}

static bool is_free(const struct swap_space *space, uint32_t i)
{
	return space->map_read[i] && !space->map[i];
}

/* There is a free slot. */
static void note_free(struct device_totals *totals, const struct swap_space *space)
{
	uint32_t first = 0, last = space->space.slots - 1;

	while (!is_free(space, first))
		first++;
	while (!is_free(space, last))
		last--;
	if (totals->first_free > space->space.first_slot + first)
		totals->first_free = space->space.first_slot + first;
	totals->last_free = space->space.first_slot + last;
}

/* Take note of what later parts of the audit ask of each slot. */
static void note_slots(struct kswapck_audit *audit, struct device_totals *totals,
		       const struct swap_space *space)
{
	uint8_t *cached = audit->cached[space->space.device->type];
	uint32_t read = 0, bad = 0, unused = 0, cache_only = 0, i;

	if (space->space.pages_found && cached)
		note_cached(cached, space);
	/* without branches, for the compiler to take many at once */
	for (i = 0; i < space->space.slots; i++) {
		uint8_t byte = space->map[i], known = space->map_read[i];

		read += known;
		bad += known & (byte == SWAP_MAP_BAD);
		unused += known & (byte == 0);
		cache_only += known & (byte == SWAP_HAS_CACHE) &
			      (space->kinds[i] == KSWAPCK_ENTRY_PAGE);
	}
	if (unused)
		note_free(totals, space);
	totals->used += read - bad - unused;
	totals->bad += bad;
	audit->summary->cache_only += cache_only;
	audit->summary->used += read - bad - unused;
	audit->summary->bad += bad;
	audit->summary->unused += unused;
}

static void count_space(struct kswapck_audit *audit, struct device_totals *totals,
			const struct swap_space *space)
{
	struct audit_summary *summary = audit->summary;

	summary->spaces++;
	summary->spaces_locked += space->space.locked;
	summary->cached += space->space.pages_found;
	summary->shadows += space->space.shadows_found;
	summary->nodes_unreadable += space->gaps.nodes;
	summary->slots_unreadable += space->gaps.slots;
	summary->map_unreadable += space->gaps.map_slots;
	if (space->gaps.nodes)
		summary->nodes_status = space->gaps.status;
	if (space->gaps.map_slots)
		totals->map_complete = false;
}

/* --------------------------------------------------------------------- devices */

void audit_space(struct kswapck_audit *audit, struct device_walk *walk, uint64_t index)
{
	const struct kswapck_device *device = walk->device;
	struct swap_space *space = walk->space;

	if (!audit->kernel->swap_cache->read(audit->kernel, device, index, space,
					     on_tree_fault, audit)) {
		audit->summary->spaces_unreadable++;
		audit->summary->slots_unreadable += space->space.slots;
		walk->totals.map_complete = false;
		return;
	}
	note_slots(audit, &walk->totals, space);
	audit_entries(audit, &walk->wants, space);
	if (walk->wants.slot)
		audit_slots(audit, space);
	if (walk->wants.cluster)
		audit_clusters(audit, device, &walk->clusters, space);
	feed_space_end(audit, &space->space);
	if (audit->sink->space)
		audit->sink->space(audit->sink->data, &space->space);
	count_space(audit, &walk->totals, space);
	audit_flush(audit);
}

void audit_spaces_done(struct kswapck_audit *audit, const struct device_walk *walk,
		       uint64_t count)
{
	if (audit->sink->progress)
		audit->sink->progress(audit->sink->data, "scanning the swap cache",
				      walk->done + count * SWAP_SPACE_SLOTS, walk->total);
}

struct device_totals device_totals_none(void)
{
	return (struct device_totals){.first_free = UINT64_MAX, .map_complete = true};
}

static void audit_spaces(struct kswapck_audit *audit, struct device_walk *walk, uint64_t spaces)
{
	uint64_t index;

	/* what was found before belongs to no space */
	audit_flush(audit);
	if (crew_audit(audit, walk, spaces, audit->threads))
		return;
	for (index = 0; index < spaces && !audit_stopped(audit); index++) {
		audit_space(audit, walk, index);
		audit_spaces_done(audit, walk, index + 1);
	}
}

/* What the spaces said of it, for checks of the whole device. */
static void take_totals(struct kswapck_device *device, const struct device_totals *totals,
			bool all)
{
	device->map_used = totals->used;
	device->map_bad = totals->bad;
	device->first_free = totals->first_free;
	device->last_free = totals->last_free;
	device->map_complete = totals->map_complete && all;
}

static bool audit_device(struct kswapck_audit *audit, struct device_walk *walk,
			 struct kswapck_device *device, struct error *err)
{
	struct audit_summary *summary = audit->summary;
	uint64_t spaces;

	walk->device = device;
	walk->done = summary->slots;
	summary->slots += device->slots;
	if (!audit->kernel->swap_cache->spaces(audit->kernel, device, &spaces)) {
		summary->devices_unreadable++;
		return true;
	}
	summary->devices++;
	summary->devices_locked += device->locked;
	/* a kernel for one CPU: its spinlocks are empty and tell nothing */
	if (!audit->kernel->lock.size)
		kswapck_unverified(audit, "a kernel for one CPU has no locks that tell what is in "
				   "motion", device->slots);
	if (audit->sink->device)
		audit->sink->device(audit->sink->data, device);
	feed_device_begin(audit, device);
	if ((walk->wants.cluster || walk->wants.list_fault) &&
	    !swap_clusters_read(audit->kernel, device, on_list_fault, audit, &walk->clusters,
				err))
		return false;
	walk->totals = device_totals_none();
	audit_spaces(audit, walk, spaces);
	take_totals(device, &walk->totals, !summary->interrupted);
	feed_device_end(audit, device);
	swap_clusters_free(&walk->clusters);
	audit_flush(audit);
	return true;
}

/* Find the devices first: checks of one may ask about all. Returns their slots. */
static uint64_t read_devices(struct kswapck_audit *audit)
{
	struct kswapck_device *device;
	unsigned int type;
	uint64_t total = 0;

	for (type = 0; type < audit->kernel->swap.nr_swapfiles; type++) {
		device = &audit->devices[audit->device_count];
		switch (swap_device_read(audit->kernel, type, device)) {
		case SWAP_DEVICE_OK:
			audit->by_type[type] = device;
			audit->stacks->slot_limits[type] = device->slots;
			total += device->slots;
			audit->device_count++;
			break;
		case SWAP_DEVICE_UNREADABLE:
			audit->unreadable[type] = true;
			audit->summary->devices_unreadable++;
			break;
		case SWAP_DEVICE_UNUSED:
			break;
		}
	}
	return total;
}

/* Without it every slot is taken for one that holds nothing. */
static bool make_cached(struct kswapck_audit *audit, const struct kswapck_device *device,
			struct error *err)
{
	char slots[TEXT_NUMBER_SIZE];

	audit->cached[device->type] = calloc(device->slots / 8 + 1, 1);
	return audit->cached[device->type] ||
	       error_set(err, ERROR_SYSTEM, "out of memory for the %s slots of swap device %u; if "
			 "the machine had less swap, the swap_info_struct at 0x%016llx is damaged",
			 text_number(device->slots, slots), device->type,
			 (unsigned long long)device->address);
}

static bool audit_devices(struct kswapck_audit *audit, struct error *err)
{
	struct device_walk walk = {
		.wants = feed_wants(audit),
		.space = swap_space_new(),
	};
	bool done = walk.space != NULL;
	unsigned int i;

	if (!done)
		error_set(err, ERROR_SYSTEM, "out of memory");
	walk.total = read_devices(audit);
	for (i = 0; i < audit->device_count && done && !audit_stopped(audit); i++)
		done = make_cached(audit, &audit->devices[i], err) &&
		       audit_device(audit, &walk, &audit->devices[i], err);
	free(walk.space);
	return done;
}

static void free_audit(struct kswapck_audit *audit)
{
	unsigned int type;

	for (type = 0; type < DEVICES_MAX; type++)
		free(audit->cached[type]);
	entry_cache_free(audit->entries);
	swap_slots_free(&audit->parked);
	if (audit->stacks) {
		stack_entries_free(&audit->stacks->entries);
		pthread_mutex_destroy(&audit->stacks->lock);
	}
	free(audit->stacks);
	free(audit);
}

static bool begin_audit(struct kswapck_audit *audit)
{
	audit->entries = entry_cache_new();
	audit->stacks = calloc(1, sizeof(*audit->stacks));
	if (audit->stacks)
		pthread_mutex_init(&audit->stacks->lock, NULL);
	return audit->entries && audit->stacks;
}

bool audit_run(const struct kernel *kernel, const struct catalogue *catalogue,
	       const struct audit_options *options, const struct audit_sink *sink,
	       struct audit_summary *summary, struct error *err)
{
	struct kswapck_audit *audit = calloc(1, sizeof(*audit));
	bool done;

	memset(summary, 0, sizeof(*summary));
	if (audit && !begin_audit(audit)) {
		free_audit(audit);
		audit = NULL;
	}
	if (!audit)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	audit->kernel = kernel;
	audit->catalogue = catalogue;
	audit->threads = options->threads;
	audit->sink = sink;
	audit->summary = summary;
	audit->map_known = address_map_layout_resolve(kernel, &audit->map);
	feed_begin(audit);
	done = swap_slots_read(kernel, &audit->parked, err);
	summary->parked = audit->parked.count;
	done = done && audit_devices(audit, err);
	if (done && !options->no_sweep && !summary->interrupted)
		done = sweep_run(audit, err);
	feed_end(audit);
	audit_flush(audit);
	free_audit(audit);
	return done;
}
