// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The era of swap tables, 6.18 and later: swap_info_struct.cluster_info[] is an array of
 * struct swap_cluster_info, one for each SWAPFILE_CLUSTER slots; each points to its
 * table, one word for each slot, and to none while the cluster is free (mm/swap_table.h,
 * mm/swap.h, mm/swapfile.c).
 *
 *  6.18 - 7.0	a word is nothing, a shadow or a pointer to a folio, as in an xarray.
 *		swap_map counts the owners; up to 6.19 it has SWAP_HAS_CACHE, too
 *		(d3852f9692b8 "mm, swap: drop the SWAP_HAS_CACHE flag").
 *  7.1		a shadow or a page frame number, with the count of owners in its upper 4
 *		bits; there is no swap_map (0d6af9bcf383).
 *  7.2		the bit below is the zero flag, which was si->zeromap (d9ceded101a1).
 *
 * After 7.3, words of the reserved kind are to lead to virtual slots (linux-mm 0822e81d0463,
 * vswap_si); such a kernel is refused.
 *
 * A count of 15 says that the cluster's extend_table has it. Everything changes under
 * the lock of the cluster.
 */
#include "kernel/swap_cache_table.h"

#include <string.h>

#include "kernel/lock.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/xarray.h"

#define WORD_SHADOW	1UL
#define WORD_PFN	2UL	/* in the low two bits */
#define WORD_KIND	3UL
#define WORD_BAD	(~0UL << 3)
#define WORD_PFN_SHIFT	2
#define COUNT_SHIFT	60
#define COUNT_BITS	(15UL << COUNT_SHIFT)
#define ZERO_FLAG	(1UL << 59)

#define CLUSTER_BYTES_MAX 256
#define WORDS_MAX	512	/* read in one go */
#define BAD_MAX		16384	/* with pages of 64 KiB */

/* -------------------------------------------------------------------- layout */

static bool probe(const struct kernel *kernel)
{
	struct field field;

	return kernel_field(kernel, "swap_cluster_info", "table", &field);
}

/*
 * What tells 7.0 from 6.19 is a flag, which leaves no trace in types. The function that
 * clears it does: since 7.0 swap_put_entries_direct() stands in its place.
 */
static bool map_has_marks(const struct kernel *kernel)
{
	uint64_t address;

	return !image_symbol(kernel->image, "swap_put_entries_direct", &address);
}

static void resolve_form(struct kernel *kernel)
{
	struct table_layout *layout = &kernel->swap.table;
	struct field zeromap, bitmap;

	layout->form = TABLE_POINTER;
	layout->map_marks = map_has_marks(kernel);
	if (kernel->swap.map.size)
		return;
	layout->form = TABLE_COUNT;
	layout->flags = COUNT_BITS;
	if (kernel_field(kernel, "swap_info_struct", "zeromap", &zeromap) ||
	    kernel_field(kernel, "swap_cluster_info", "zero_bitmap", &bitmap))
		return;
	layout->form = TABLE_FLAGS;
	layout->flags |= ZERO_FLAG;
}

static bool resolve(struct kernel *kernel, struct error *err)
{
	struct swap_layout *swap = &kernel->swap;
	struct table_layout *layout = &swap->table;
	uint64_t size, address;

	if (image_symbol(kernel->image, "vswap_si", &address))
		return error_set(err, ERROR_INPUT,
				 "this kernel has virtual swap slots, which this kswapck does not "
				 "know: a newer one may");
	if (!kernel_field_required(kernel, "swap_cluster_info", "table", &layout->table, err) ||
	    !kernel_field_required(kernel, "swap_info_struct", "cluster_info",
				   &swap->cluster_info, err) ||
	    !xarray_layout_resolve(kernel, err))
		return false;
	kernel_field(kernel, "swap_cluster_info", "extend_table", &layout->extend_table);
	kernel_field(kernel, "swap_cluster_info", "memcg_table", &layout->memcg_table);
	if (types_size(kernel->types, "swap_table", &size) && size / 8 <= SWAP_SPACE_SLOTS &&
	    size >= 8)
		swap->cluster_slots = (uint32_t)(size / 8);
	if (swap->cluster_size < 8 || swap->cluster_size > CLUSTER_BYTES_MAX ||
	    swap->cluster.form == CLUSTER_NONE || layout->table.size != 8 ||
	    !kernel_field_fits(layout->table, swap->cluster_size) ||
	    !kernel_field_fits(layout->extend_table, swap->cluster_size) ||
	    !kernel_field_fits(layout->memcg_table, swap->cluster_size) ||
	    !kernel_field_fits(swap->cluster.count.word, swap->cluster_size) ||
	    SWAP_SPACE_SLOTS % swap->cluster_slots)
		return error_set(err, ERROR_INPUT,
				 "struct swap_cluster_info makes no sense; are the types (%s) of "
				 "this kernel?", types_from(kernel->types));
	resolve_form(kernel);
	return true;
}

/*
 * Clusters lie side by side: where there is no last one, the number of slots is wrong.
 * And all slots can be used but the first and the bad ones, which are as many as the
 * header on the disk has room for: MAX_SWAP_BADPAGES.
 */
static bool spaces(const struct kernel *kernel, const struct kswapck_device *device,
		   uint64_t *count)
{
	uint64_t last = (device->slots - 1) / kernel->swap.cluster_slots;
	uint8_t byte;

	*count = (device->slots + SWAP_SPACE_SLOTS - 1) / SWAP_SPACE_SLOTS;
	return device->clusters && device->slots <= device->pages + BAD_MAX &&
	       memory_read_u8(kernel->memory, device->clusters + last * kernel->swap.cluster_size,
			      &byte) != READ_UNMAPPED;
}

/* ------------------------------------------------------------------ one table */

enum table_state {
	TABLE_OK,
	TABLE_FREE,		/* there is none, and no slot is in use */
	TABLE_GAP,		/* it, or its cluster, is not in the dump */
	TABLE_LOST,		/* there is none, but slots are in use */
	TABLE_ASTRAY,		/* the pointer to it cannot be */
};

/* A cluster and where its table is. */
struct table {
	enum table_state state;
	enum read_status status;	/* TABLE_GAP */
	uint64_t cluster;		/* address of the swap_cluster_info */
	uint64_t address;		/* of the first word */
	uint64_t extend;
	uint64_t count;			/* slots in use, as the cluster says */
	bool locked;
};

static void find_table(const struct kernel *kernel, const struct kswapck_device *device,
		       uint64_t slot, struct table *table)
{
	const struct swap_layout *layout = &kernel->swap;
	const struct bit_field *count = &layout->cluster.count;
	unsigned char bytes[CLUSTER_BYTES_MAX];

	*table = (struct table){.state = TABLE_GAP, .status = READ_UNMAPPED};
	if (!device->clusters)
		return;
	table->cluster = device->clusters + slot / layout->cluster_slots * layout->cluster_size;
	table->status = memory_read(kernel->memory, table->cluster, bytes, layout->cluster_size);
	if (table->status != READ_OK)
		return;
	table->address = kernel_load(bytes, layout->table.table);
	table->extend = kernel_load(bytes, layout->table.extend_table);
	table->count = kernel_load(bytes, count->word) >> count->shift;
	if (count->width < 64)
		table->count &= (1ULL << count->width) - 1;
	table->locked = device->lock_held ||
			lock_may_be_held(kernel, table->cluster + layout->cluster_lock);
	if (!table->address)
		table->state = table->count ? TABLE_LOST : TABLE_FREE;
	else if (table->address >> 63 == 0 || table->address % 8)
		table->state = TABLE_ASTRAY;
	else
		table->state = TABLE_OK;
}

static uint64_t place_of(const struct kernel *kernel, const struct table *table, uint64_t slot)
{
	return table->address + 8 * (slot % kernel->swap.cluster_slots);
}

/* The words of @count slots from @slot on, all of the table's. */
static void read_words(const struct kernel *kernel, struct table *table, uint64_t slot,
		       uint32_t count, uint64_t *words)
{
	memset(words, 0, 8ULL * count);
	if (table->state != TABLE_OK)
		return;
	table->status = memory_read(kernel->memory, place_of(kernel, table, slot), words,
				    8ULL * count);
	if (table->status != READ_OK)
		table->state = table->status == READ_UNMAPPED ? TABLE_ASTRAY : TABLE_GAP;
}

/* ------------------------------------------------------------------- one word */

static bool has_counts(const struct kernel *kernel)
{
	return kernel->swap.table.form != TABLE_POINTER;
}

static enum kswapck_entry_kind kind_of(const struct kernel *kernel, uint64_t word)
{
	if (!word || (has_counts(kernel) && word == WORD_BAD))
		return KSWAPCK_ENTRY_NONE;
	if (word & WORD_SHADOW)
		return KSWAPCK_ENTRY_SHADOW;
	return !has_counts(kernel) || (word & WORD_KIND) == WORD_PFN ? KSWAPCK_ENTRY_PAGE :
								       KSWAPCK_ENTRY_ODD;
}

/* As the tree eras have it; a number that no page frame has stays what it is. */
static uint64_t entry_of(const struct kernel *kernel, uint64_t word)
{
	uint64_t pfn = (word & ~kernel->swap.table.flags) >> WORD_PFN_SHIFT;

	if (!has_counts(kernel) || kind_of(kernel, word) != KSWAPCK_ENTRY_PAGE)
		return word == WORD_BAD && has_counts(kernel) ? 0 : word;
	return pfn < kernel->page.pages ? page_address_of(kernel, pfn) : word;
}

/* What swap_map would say. */
static uint8_t map_of(const struct kernel *kernel, uint64_t word)
{
	uint8_t count = (uint8_t)(word >> COUNT_SHIFT);

	if (word == WORD_BAD)
		return SWAP_MAP_BAD;
	if (count == TABLE_COUNT_MAX)
		count |= COUNT_CONTINUED;
	switch (kind_of(kernel, word)) {
	case KSWAPCK_ENTRY_PAGE:
		return SWAP_HAS_CACHE | count;
	case KSWAPCK_ENTRY_SHADOW:
		return count;
	case KSWAPCK_ENTRY_ODD:
		return COUNT_CONTINUED;
	default:
		return 0;
	}
}

/* --------------------------------------------------------------------- spaces */

struct space_walk {
	const struct kernel *kernel;
	struct swap_space *space;
	swap_space_fault_fn *fault;
	void *data;
};

/* Slots of a device, all of one cluster. */
struct part {
	uint64_t first;
	uint32_t count;
};

/* The part of the slots from @slot on, before @end, that one cluster and one go cover. */
static struct part part_of(const struct kernel *kernel, uint64_t slot, uint64_t end)
{
	uint32_t size = kernel->swap.cluster_slots;
	struct part part = {.first = slot, .count = size - (uint32_t)(slot % size)};

	if (part.count > WORDS_MAX)
		part.count = WORDS_MAX;
	if (part.count > end - slot)
		part.count = (uint32_t)(end - slot);
	return part;
}

static void tell(const struct space_walk *walk, struct kswapck_tree_fault fault)
{
	fault.size = 8;
	walk->fault(walk->data, &walk->space->space, &fault);
}

static void tell_table(const struct space_walk *walk, const struct table *table,
		       struct part part)
{
	const struct swap_layout *layout = &walk->kernel->swap;
	uint64_t left = walk->space->space.device->slots - part.first;
	bool astray = table->state == TABLE_ASTRAY;
	struct kswapck_tree_fault fault = {
		.kind = astray ? KSWAPCK_TABLE_POINTER : KSWAPCK_TABLE_MISSING,
		.node = table->cluster,
		.first_slot = part.first,
		.slots = left < layout->cluster_slots ? left : layout->cluster_slots,
		.where = table->cluster + layout->table.table.offset,
		.found = table->address,
		.member = "swap_cluster_info.table",
	};

	/* its first part alone, where a table is read in several */
	if (part.first % layout->cluster_slots == 0 && !table->locked)
		tell(walk, fault);
}

static void tell_mark(const struct space_walk *walk, const struct table *table, uint64_t slot,
		      uint64_t word)
{
	tell(walk, (struct kswapck_tree_fault){
		.kind = KSWAPCK_TABLE_MARK,
		.node = table->cluster,
		.first_slot = slot,
		.slots = 1,
		.where = place_of(walk->kernel, table, slot),
		.found = word,
		.member = "swap_table.entries[]",
	});
}

static void take_words(const struct space_walk *walk, const struct table *table,
		       struct part part, uint32_t first)
{
	struct swap_space *space = walk->space;
	uint32_t i;

	for (i = first; i < first + part.count; i++) {
		uint64_t word = space->words[i], slot = space->space.first_slot + i;

		if (i % 16 == 0 || i == first)
			space->places[i / 16] = place_of(walk->kernel, table, slot) - 8 * (i % 16);
		space->kinds[i] = kind_of(walk->kernel, word);
		space->entries[i] = entry_of(walk->kernel, word);
		space->space.pages_found += space->kinds[i] == KSWAPCK_ENTRY_PAGE;
		space->space.shadows_found += space->kinds[i] == KSWAPCK_ENTRY_SHADOW;
		if (space->kinds[i] == KSWAPCK_ENTRY_ODD) {
			space->space.complete = false;
			tell_mark(walk, table, slot, word);
		}
	}
}

static void take_part(const struct space_walk *walk, struct part part, struct table *table)
{
	struct swap_space *space = walk->space;
	uint32_t first = (uint32_t)(part.first - space->space.first_slot);

	find_table(walk->kernel, space->space.device, part.first, table);
	read_words(walk->kernel, table, part.first, part.count, space->words + first);
	space->space.locked |= table->locked;
	switch (table->state) {
	case TABLE_OK:
		take_words(walk, table, part, first);
		return;
	case TABLE_FREE:
		return;
	case TABLE_GAP:
		memset(space->kinds + first, KSWAPCK_ENTRY_UNREADABLE, part.count);
		space->gaps.nodes++;
		space->gaps.slots += part.count;
		space->gaps.status = table->status;
		break;
	case TABLE_LOST:
	case TABLE_ASTRAY:
		memset(space->kinds + first, KSWAPCK_ENTRY_ODD, part.count);
		tell_table(walk, table, part);
		break;
	}
	space->space.complete = false;
}

static bool read_space(const struct kernel *kernel, const struct kswapck_device *device,
		       uint64_t index, struct swap_space *space,
		       swap_space_fault_fn *fault, void *data)
{
	const struct space_walk walk = {
		.kernel = kernel, .space = space, .fault = fault, .data = data,
	};
	struct table table;
	struct part part;
	uint64_t end;

	swap_space_begin(space, device, index);
	space->space.words = space->words;
	space->gaps.map_slots = swap_device_map(kernel, device, space->space.first_slot,
						space->space.slots, space->map,
						space->map_read);
	space->dirty = true;
	end = space->space.first_slot + space->space.slots;
	for (part.first = space->space.first_slot; part.first < end; part.first += part.count) {
		part = part_of(kernel, part.first, end);
		take_part(&walk, part, &table);
	}
	return true;
}

/* --------------------------------------------------------------------- lookups */

static void lookup(const struct kernel *kernel, const struct kswapck_device *device,
		   uint64_t first, uint32_t count, uint64_t *entries, uint8_t *kinds)
{
	uint32_t done, i;
	struct table table;
	struct part part;

	for (done = 0; done < count; done += part.count) {
		part = part_of(kernel, first + done, first + count);
		find_table(kernel, device, part.first, &table);
		read_words(kernel, &table, part.first, part.count, entries + done);
		if (table.state == TABLE_GAP)
			memset(kinds + done, KSWAPCK_ENTRY_UNREADABLE, part.count);
		else if (table.state == TABLE_LOST || table.state == TABLE_ASTRAY)
			memset(kinds + done, KSWAPCK_ENTRY_ODD, part.count);
		else
			for (i = done; i < done + part.count; i++) {
				kinds[i] = kind_of(kernel, entries[i]);
				entries[i] = entry_of(kernel, entries[i]);
			}
	}
}

/* 7.0 has the folios here, and the counts in swap_map. */
static void add_marks(const struct kernel *kernel, const uint64_t *words, uint32_t count,
		      uint8_t *map)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (kind_of(kernel, words[i]) == KSWAPCK_ENTRY_PAGE && map[i] != SWAP_MAP_BAD)
			map[i] |= SWAP_HAS_CACHE;
}

static void fill_map(const struct kernel *kernel, const struct kswapck_device *device,
		     uint64_t first, uint32_t count, uint8_t *map, uint8_t *map_read)
{
	uint64_t words[WORDS_MAX];
	uint32_t done, i;
	struct table table;
	struct part part;

	if (kernel->swap.table.form == TABLE_POINTER && kernel->swap.table.map_marks)
		return;
	for (done = 0; done < count; done += part.count) {
		part = part_of(kernel, first + done, first + count);
		find_table(kernel, device, part.first, &table);
		read_words(kernel, &table, part.first, part.count, words);
		if (table.state != TABLE_OK && table.state != TABLE_FREE)
			memset(map_read + done, 0, part.count);
		else if (!has_counts(kernel))
			add_marks(kernel, words, part.count, map + done);
		else
			for (i = 0; i < part.count; i++)
				map[done + i] = map_of(kernel, words[i]);
	}
}

static bool count_place(const struct kernel *kernel, const struct kswapck_device *device,
			uint64_t slot, uint64_t *address)
{
	struct table table;

	find_table(kernel, device, slot, &table);
	if (!has_counts(kernel) || table.state != TABLE_OK)
		return false;
	*address = place_of(kernel, &table, slot);
	return true;
}

static void node_of(const struct kernel *kernel, uint64_t place, uint64_t slot,
		    uint64_t *start, uint64_t *end)
{
	uint32_t slots = kernel->swap.cluster_slots;

	*start = place - 8 * (slot % slots);
	*end = *start + 8ULL * slots;
}

/* There is no tree, and no struct xa_state leads to a slot. */
static bool locate(const struct kernel *kernel, const struct kswapck_device *device,
		   uint64_t tree, uint64_t index, uint64_t *slot)
{
	(void)kernel, (void)device, (void)tree, (void)index, (void)slot;
	return false;
}

/* --------------------------------------------------------------------- counts */

enum swap_count_status swap_table_count(const struct kernel *kernel,
					const struct kswapck_device *device, uint64_t slot,
					uint64_t *count, const char **why)
{
	uint64_t word;
	uint32_t extended;
	struct table table;

	find_table(kernel, device, slot, &table);
	read_words(kernel, &table, slot, 1, &word);
	*why = "its swap table cannot be read";
	if (table.state != TABLE_OK)
		return SWAP_COUNT_UNKNOWN;
	*why = "its word in the swap table is of no known kind";
	if (kind_of(kernel, word) == KSWAPCK_ENTRY_ODD || word == WORD_BAD)
		return SWAP_COUNT_UNKNOWN;
	*count = word >> COUNT_SHIFT;
	if (*count < TABLE_COUNT_MAX)
		return SWAP_COUNT_KNOWN;
	*why = "its cluster has no extend_table";
	if (!table.extend)
		return SWAP_COUNT_DAMAGED;
	*why = "the extend_table of its cluster cannot be read";
	if (memory_read_u32(kernel->memory,
			    table.extend + 4 * (slot % kernel->swap.cluster_slots),
			    &extended) != READ_OK)
		return SWAP_COUNT_UNKNOWN;
	*why = "the extend_table of its cluster has less than 15";
	if (extended < TABLE_COUNT_MAX)
		return SWAP_COUNT_DAMAGED;
	*count = extended;
	return SWAP_COUNT_KNOWN;
}

const struct swap_cache_ops swap_cache_table = {
	.name = "swap table",
	.probe = probe,
	.resolve = resolve,
	.spaces = spaces,
	.read = read_space,
	.lookup = lookup,
	.node_of = node_of,
	.map = fill_map,
	.count_place = count_place,
	.locate = locate,
};
