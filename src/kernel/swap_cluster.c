// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * struct swap_cluster_info has had three forms (include/linux/swap.h):
 *
 *  up to 6.11	{ lock, data:24, flags:8 }; data is the count of slots in use, or in a
 *		listed cluster the number of the next one. Listed are the free ones
 *		and those that wait to be discarded. CLUSTER_FLAG_HUGE went in 6.10
 *		(d7d0d389ff90).
 *  6.12, 6.13	{ lock, count, flags, order, list }; flags are bits. Every cluster is on
 *		a list, but for the one that is being discarded (73ed0baae66d,
 *		d07a46a4ac18).
 *  from 6.14	the same with an enum in flags. A cluster that the allocator or reclaim
 *		works on is on no list, and its flag is CLUSTER_FLAG_NONE
 *		(3494d184706f, 3b644773eefd).
 */
#include "kernel/swap_cluster.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/lock.h"

/* struct list_head */
#define NEXT 0
#define PREV 8

/* flags of the first form: of a head or tail, and of a cluster */
#define WORD_NEXT_NULL	2

#define CLUSTER_BYTES_MAX 256

/* -------------------------------------------------------------------- layout */

static bool number_field(const struct kernel *kernel, const char *path, struct bit_field *number)
{
	struct type_member member;

	*number = (struct bit_field){0};
	if (!types_member(kernel->types, "swap_cluster_info", path, &member) ||
	    !member.size || member.size > sizeof(uint64_t))
		return false;
	number->word = (struct field){.offset = member.offset, .size = member.size};
	number->shift = member.bit_offset;
	number->width = member.bit_size ? member.bit_size : 8 * member.size;
	return number->shift < 64 && number->width && number->width <= 64 - number->shift;
}

static void list_field(const struct kernel *kernel, const char *path, uint32_t size,
		       struct cluster_list_layout *list)
{
	struct type_member member;

	*list = (struct cluster_list_layout){0};
	if (!types_member(kernel->types, "swap_info_struct", path, &member) ||
	    member.element_size != size)
		return;
	list->head = (struct field){.offset = member.offset, .size = member.element_size};
	/* an order is below 16 */
	list->count = member.count < 16 ? member.count : 16;
}

static void resolve_words(const struct kernel *kernel, struct cluster_layout *layout)
{
	struct cluster_list_layout *lists = layout->lists;
	uint32_t size = kernel->swap.cluster_size;

	if (!number_field(kernel, "data", &layout->count) ||
	    !number_field(kernel, "flags", &layout->flags))
		return;
	list_field(kernel, "free_clusters.head", size, &lists[KSWAPCK_LIST_FREE]);
	list_field(kernel, "discard_clusters.head", size, &lists[KSWAPCK_LIST_DISCARD]);
	if (!kernel_field(kernel, "swap_info_struct", "free_clusters.tail",
			  &layout->list_tail[KSWAPCK_LIST_FREE]) ||
	    !kernel_field(kernel, "swap_info_struct", "discard_clusters.tail",
			  &layout->list_tail[KSWAPCK_LIST_DISCARD]) ||
	    !lists[KSWAPCK_LIST_FREE].count || !lists[KSWAPCK_LIST_DISCARD].count)
		return;
	layout->marks[0] = KSWAPCK_CLUSTER_FREE;
	layout->marks[2] = KSWAPCK_CLUSTER_HUGE;
	layout->form = CLUSTER_WORD;
}

/* The flags were macros until 6.13 and have been an enum since. */
static enum cluster_form resolve_flags(const struct kernel *kernel, uint32_t *marks)
{
	static const struct {
		const char *name;
		uint32_t mark;
	} flags[] = {
		{"CLUSTER_FLAG_FREE", KSWAPCK_CLUSTER_FREE},
		{"CLUSTER_FLAG_NONFULL", KSWAPCK_CLUSTER_NONFULL},
		{"CLUSTER_FLAG_FRAG", KSWAPCK_CLUSTER_FRAGMENT},
		{"CLUSTER_FLAG_FULL", KSWAPCK_CLUSTER_FULL},
		{"CLUSTER_FLAG_DISCARD", KSWAPCK_CLUSTER_DISCARD},
	};
	enum cluster_form form = CLUSTER_BITS;
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (types_enumerator(kernel->types, "swap_cluster_flags", flags[i].name, &value) &&
		    value > 0 && value < CLUSTER_FLAGS_MAX) {
			marks[value] = flags[i].mark;
			form = CLUSTER_NUMBER;
		}
	for (i = 0; form == CLUSTER_BITS && i < 4; i++)
		marks[i] = flags[i].mark;
	return form;
}

static void resolve_lists(const struct kernel *kernel, struct cluster_layout *layout)
{
	static const char *const names[KSWAPCK_LIST_COUNT] = {
		[KSWAPCK_LIST_FREE] = "free_clusters",
		[KSWAPCK_LIST_NONFULL] = "nonfull_clusters",
		[KSWAPCK_LIST_FRAGMENT] = "frag_clusters",
		[KSWAPCK_LIST_FULL] = "full_clusters",
		[KSWAPCK_LIST_DISCARD] = "discard_clusters",
	};
	unsigned int list;

	if (!number_field(kernel, "count", &layout->count) ||
	    !number_field(kernel, "flags", &layout->flags) ||
	    !kernel_field(kernel, "swap_cluster_info", "order", &layout->order))
		return;
	for (list = KSWAPCK_LIST_FREE; list < KSWAPCK_LIST_COUNT; list++) {
		list_field(kernel, names[list], layout->list.size, &layout->lists[list]);
		if (!layout->lists[list].count)
			return;
	}
	layout->form = resolve_flags(kernel, layout->marks);
}

void swap_cluster_layout_resolve(struct kernel *kernel)
{
	struct cluster_layout *layout = &kernel->swap.cluster;

	*layout = (struct cluster_layout){0};
	if (kernel->swap.cluster_size > CLUSTER_BYTES_MAX)
		return;
	if (kernel_field(kernel, "swap_cluster_info", "list", &layout->list) &&
	    layout->list.size == PREV + sizeof(uint64_t))
		resolve_lists(kernel, layout);
	else
		resolve_words(kernel, layout);
}

/* --------------------------------------------------------------------- lists */

struct list_walk {
	const struct kernel *kernel;
	const struct kswapck_device *device;
	struct swap_clusters *clusters;
	swap_list_fault_fn *fault;
	void *data;
	enum kswapck_cluster_list list;
	unsigned int order;
	uint64_t head;		/* its address */
};

static void tell(const struct list_walk *walk, struct kswapck_list_fault fault)
{
	fault.device = walk->device;
	fault.list = walk->list;
	fault.list_order = walk->order;
	if (walk->fault)
		walk->fault(walk->data, &fault);
}

/* Note that cluster @number is on this list; false if it was met already. */
static bool claim(const struct list_walk *walk, uint64_t number)
{
	if (walk->clusters->list[number])
		return false;
	walk->clusters->list[number] = (uint8_t)walk->list;
	walk->clusters->list_order[number] = (uint8_t)walk->order;
	return true;
}

static uint64_t cluster_address(const struct kernel *kernel, const struct kswapck_device *device,
				uint64_t number)
{
	return device->clusters + number * kernel->swap.cluster_size;
}

static uint64_t bits_of(const struct bit_field *number, uint64_t word)
{
	word >>= number->shift;
	return number->width < 64 ? word & ((1ULL << number->width) - 1) : word;
}

/* The word of the first form at @address: both of its numbers lie in it. */
static bool read_word(const struct kernel *kernel, uint64_t address, uint64_t *word,
		      uint64_t *data, uint64_t *flags)
{
	const struct cluster_layout *layout = &kernel->swap.cluster;
	unsigned char bytes[CLUSTER_BYTES_MAX];

	if (!kernel_field_fits(layout->count.word, sizeof(bytes)) ||
	    !kernel_field_fits(layout->flags.word, sizeof(bytes)) ||
	    memory_read(kernel->memory, address, bytes, kernel->swap.cluster_size) != READ_OK)
		return false;
	*word = kernel_load(bytes, layout->count.word);
	*data = bits_of(&layout->count, *word);
	*flags = bits_of(&layout->flags, kernel_load(bytes, layout->flags.word));
	return true;
}

static void tell_word(const struct list_walk *walk, enum kswapck_list_fault_kind kind,
		      uint64_t address, uint64_t word, const char *member)
{
	const struct field *field = &walk->kernel->swap.cluster.count.word;

	tell(walk, (struct kswapck_list_fault){
		.kind = kind,
		.where = address + field->offset,
		.size = field->size,
		.found = word,
		.member = member,
	});
}

/* cluster_list_empty() asks the head alone; the tail says where the chain ends. */
static bool walk_words(const struct list_walk *walk)
{
	const struct kernel *kernel = walk->kernel;
	uint64_t tail = walk->device->address +
			kernel->swap.cluster.list_tail[walk->list].offset;
	uint64_t at = walk->head, word, number, flags, tail_word, last, tail_flags;
	const char *member = "swap_cluster_list.head";

	if (!read_word(kernel, tail, &tail_word, &last, &tail_flags) ||
	    !read_word(kernel, at, &word, &number, &flags))
		return false;
	if ((flags ^ tail_flags) & WORD_NEXT_NULL) {
		tell_word(walk, KSWAPCK_LIST_TAIL, tail, tail_word, "swap_cluster_list.tail");
		return false;
	}
	if (flags & WORD_NEXT_NULL)
		return true;
	for (;;) {
		if (number >= walk->clusters->count) {
			tell_word(walk, KSWAPCK_LIST_POINTER, at, word, member);
			return false;
		}
		if (!claim(walk, number)) {
			tell_word(walk, KSWAPCK_LIST_CYCLE, at, word, member);
			return false;
		}
		if (number == last)
			return true;
		at = cluster_address(kernel, walk->device, number);
		member = "swap_cluster_info.data";
		if (!read_word(kernel, at, &word, &number, &flags))
			return false;
	}
}

static void tell_link(const struct list_walk *walk, enum kswapck_list_fault_kind kind,
		      uint64_t where, uint64_t found, const uint64_t *expected)
{
	bool of_head = where - walk->head < PREV + sizeof(uint64_t);
	bool back = kind == KSWAPCK_LIST_BACK || kind == KSWAPCK_LIST_TAIL;

	tell(walk, (struct kswapck_list_fault){
		.kind = kind,
		.where = where,
		.size = sizeof(uint64_t),
		.found = found,
		.has_expected = expected,
		.expected = expected ? *expected : 0,
		.member = of_head ? back ? "list_head.prev" : "list_head.next" :
			  back ? "swap_cluster_info.list.prev" : "swap_cluster_info.list.next",
	});
}

/* The cluster whose list_head is at @link. */
static bool cluster_of_link(const struct list_walk *walk, uint64_t link, uint64_t *number)
{
	const struct swap_layout *layout = &walk->kernel->swap;
	uint64_t first = walk->device->clusters + layout->cluster.list.offset;

	*number = (link - first) / layout->cluster_size;
	return link >= first && (link - first) % layout->cluster_size == 0 &&
	       *number < walk->clusters->count;
}

static bool walk_links(const struct list_walk *walk)
{
	struct memory *memory = walk->kernel->memory;
	uint64_t at = walk->head, next, prev, number;

	if (memory_read_u64(memory, at + NEXT, &next) != READ_OK)
		return false;
	while (next != walk->head) {
		if (!cluster_of_link(walk, next, &number)) {
			tell_link(walk, KSWAPCK_LIST_POINTER, at + NEXT, next, NULL);
			return false;
		}
		if (!claim(walk, number)) {
			tell_link(walk, KSWAPCK_LIST_CYCLE, at + NEXT, next, NULL);
			return false;
		}
		if (memory_read_u64(memory, next + PREV, &prev) != READ_OK)
			return false;
		if (prev != at)
			tell_link(walk, KSWAPCK_LIST_BACK, next + PREV, prev, &at);
		at = next;
		if (memory_read_u64(memory, at + NEXT, &next) != READ_OK)
			return false;
	}
	if (memory_read_u64(memory, walk->head + PREV, &prev) != READ_OK)
		return false;
	if (prev != at)
		tell_link(walk, KSWAPCK_LIST_TAIL, walk->head + PREV, prev, &at);
	return true;
}

static bool walk_lists(struct list_walk *walk)
{
	const struct cluster_layout *layout = &walk->kernel->swap.cluster;
	bool all = true;
	unsigned int list;

	for (list = KSWAPCK_LIST_FREE; list < KSWAPCK_LIST_COUNT; list++)
		for (walk->order = 0; walk->order < layout->lists[list].count; walk->order++) {
			walk->list = list;
			walk->head = walk->device->address + layout->lists[list].head.offset +
				     (uint64_t)walk->order * layout->lists[list].head.size;
			all &= layout->form == CLUSTER_WORD ? walk_words(walk) : walk_links(walk);
		}
	return all;
}

bool swap_clusters_read(const struct kernel *kernel, const struct kswapck_device *device,
			swap_list_fault_fn *fault, void *data,
			struct swap_clusters *clusters, struct error *err)
{
	const struct swap_layout *layout = &kernel->swap;
	struct list_walk walk = {
		.kernel = kernel,
		.device = device,
		.clusters = clusters,
		.fault = fault,
		.data = data,
	};

	memset(clusters, 0, sizeof(*clusters));
	if (!device->clusters || layout->cluster.form == CLUSTER_NONE)
		return true;
	clusters->count = (device->slots + layout->cluster_slots - 1) / layout->cluster_slots;
	clusters->list = calloc(clusters->count, 1);
	clusters->list_order = calloc(clusters->count, 1);
	if (!clusters->list || !clusters->list_order) {
		swap_clusters_free(clusters);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	clusters->lists_known = !device->lock_held && walk_lists(&walk);
	return true;
}

void swap_clusters_free(struct swap_clusters *clusters)
{
	free(clusters->list);
	free(clusters->list_order);
	memset(clusters, 0, sizeof(*clusters));
}

/* ------------------------------------------------------------------ a cluster */

static uint32_t marks_of(const struct cluster_layout *layout, uint64_t flags)
{
	uint32_t marks = 0;
	unsigned int i;

	if (layout->form == CLUSTER_NUMBER) {
		if (flags < CLUSTER_FLAGS_MAX && layout->marks[flags])
			return layout->marks[flags];
		return flags ? KSWAPCK_CLUSTER_ODD : 0;
	}
	for (i = 0; i < CLUSTER_FLAGS_MAX; i++)
		if (flags >> i & 1)
			marks |= layout->marks[i] ? layout->marks[i] : KSWAPCK_CLUSTER_ODD;
	return flags >> CLUSTER_FLAGS_MAX ? marks | KSWAPCK_CLUSTER_ODD : marks;
}

/* What is the data of a listed cluster of the first form? The number of the next one. */
static bool is_link(const struct cluster_layout *layout, const struct kswapck_cluster *cluster)
{
	return layout->form == CLUSTER_WORD &&
	       (cluster->marks & KSWAPCK_CLUSTER_FREE || cluster->list != KSWAPCK_LIST_NONE);
}

static void take_numbers(const struct cluster_layout *layout, const void *bytes,
			 struct kswapck_cluster *cluster)
{
	cluster->count_address = cluster->address + layout->count.word.offset;
	cluster->count_size = layout->count.word.size;
	cluster->count_raw = kernel_load(bytes, layout->count.word);
	cluster->marks_address = cluster->address + layout->flags.word.offset;
	cluster->marks_size = layout->flags.word.size;
	cluster->marks_raw = kernel_load(bytes, layout->flags.word);
	cluster->marks = marks_of(layout, bits_of(&layout->flags, cluster->marks_raw));
	cluster->order = (unsigned int)kernel_load(bytes, layout->order);
	if (!is_link(layout, cluster))
		cluster->count = bits_of(&layout->count, cluster->count_raw);
}

static void take_tables(const struct swap_layout *layout, const void *bytes,
			struct kswapck_cluster *cluster)
{
	const struct table_layout *table = &layout->table;

	cluster->has_table = table->form != TABLE_NONE;
	if (!cluster->has_table)
		return;
	cluster->table = kernel_load(bytes, table->table);
	cluster->table_address = cluster->address + table->table.offset;
	cluster->extend_table = kernel_load(bytes, table->extend_table);
	if (table->extend_table.size)
		cluster->extend_table_address = cluster->address + table->extend_table.offset;
	cluster->memcg_table = kernel_load(bytes, table->memcg_table);
}

bool swap_cluster_at(const struct kernel *kernel, const struct kswapck_device *device,
		     const struct swap_clusters *clusters, uint64_t number,
		     struct kswapck_cluster *cluster)
{
	const struct swap_layout *layout = &kernel->swap;
	unsigned char bytes[CLUSTER_BYTES_MAX];

	memset(cluster, 0, sizeof(*cluster));
	cluster->device = device;
	cluster->number = number;
	cluster->first_slot = number * layout->cluster_slots;
	cluster->address = cluster_address(kernel, device, number);
	cluster->slots = layout->cluster_slots;
	if (cluster->slots > device->slots - cluster->first_slot)
		cluster->slots = (uint32_t)(device->slots - cluster->first_slot);
	cluster->lists_known = clusters->lists_known;
	cluster->list = clusters->list[number];
	cluster->list_order = clusters->list_order[number];
	if (!kernel_field_fits(layout->cluster.count.word, layout->cluster_size) ||
	    !kernel_field_fits(layout->cluster.flags.word, layout->cluster_size) ||
	    !kernel_field_fits(layout->cluster.order, layout->cluster_size) ||
	    memory_read(kernel->memory, cluster->address, bytes, layout->cluster_size) != READ_OK)
		return false;
	take_numbers(&layout->cluster, bytes, cluster);
	take_tables(layout, bytes, cluster);
	cluster->locked = device->lock_held ||
			  lock_may_be_held(kernel, cluster->address + layout->cluster_lock);
	return true;
}
