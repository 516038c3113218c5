// SPDX-License-Identifier: GPL-2.0-or-later
#include "clusters.h"

#include <string.h>

#include "kernel/swap_cluster.h"
#include "kernel/swap_device.h"

/* flags of a list's head or tail, when the list is empty */
#define WORD_NEXT_NULL 2

void hold_lock(struct scene *scene, uint64_t lock)
{
	lay(scene, lock + scene->kernel->lock.offset, 1, 1);
}

bool has_words(const struct scene *scene)
{
	return scene->kernel->swap.cluster.form == CLUSTER_WORD;
}

/* --------------------------------------------------------------------- finding */

static uint64_t tail_of(const struct scene *scene, const struct cluster *cluster,
			enum kswapck_cluster_list list)
{
	return cluster->device.address + scene->kernel->swap.cluster.list_tail[list].offset;
}

static uint64_t word_data(struct scene *scene, uint64_t address)
{
	const struct bit_field *data = &scene->kernel->swap.cluster.count;

	return peek(scene, address + data->word.offset, data->word.size) >> data->shift &
	       ((1ULL << data->width) - 1);
}

/* Whose word leads no further; a list_head leads back to the head. */
static bool is_last(struct scene *scene, const struct cluster *cluster)
{
	return has_words(scene) && cluster->it.list == KSWAPCK_LIST_FREE &&
	       word_data(scene, tail_of(scene, cluster, cluster->it.list)) == cluster->it.number;
}

static bool read_cluster(struct scene *scene, const struct swap_clusters *clusters,
			 uint64_t number, struct cluster *cluster)
{
	uint8_t map_read[512];
	uint32_t i;

	if (!swap_cluster_at(scene->kernel, &cluster->device, clusters, number, &cluster->it) ||
	    swap_device_map(scene->kernel, &cluster->device, cluster->it.first_slot,
			    cluster->it.slots, cluster->map, map_read))
		return false;
	cluster->whole = scene->kernel->swap.cluster_slots;
	cluster->last = is_last(scene, cluster);
	cluster->used = cluster->unmarked = 0;
	for (i = 0; i < cluster->it.slots; i++) {
		cluster->used += cluster->map[i] != 0;
		cluster->unmarked += !(cluster->map[i] & SWAP_HAS_CACHE);
	}
	return true;
}

static bool search_clusters(struct scene *scene, accept_cluster_fn *accept,
			    struct cluster *cluster)
{
	struct swap_clusters clusters;
	bool found = false;
	uint64_t number;

	if (!swap_clusters_read(scene->kernel, &cluster->device, NULL, NULL, &clusters, NULL))
		return false;
	for (number = 0; clusters.lists_known && number < clusters.count && !found; number++)
		found = read_cluster(scene, &clusters, number, cluster) &&
			!cluster->it.locked && accept(cluster);
	swap_clusters_free(&clusters);
	return found;
}

bool find_cluster(struct scene *scene, accept_cluster_fn *accept, const char *missing,
		  struct cluster *cluster)
{
	unsigned int type;

	for (type = 0; type < scene->kernel->swap.nr_swapfiles; type++)
		if (swap_device_read(scene->kernel, type, &cluster->device) == SWAP_DEVICE_OK &&
		    search_clusters(scene, accept, cluster))
			return true;
	return skip(scene, missing);
}

bool cluster_of(struct scene *scene, const struct victim *victim, struct cluster *cluster)
{
	struct swap_clusters clusters;
	bool ok;

	cluster->device = victim->device;
	if (!swap_clusters_read(scene->kernel, &cluster->device, NULL, NULL, &clusters, NULL))
		return false;
	ok = clusters.count &&
	     read_cluster(scene, &clusters, victim->slot / scene->kernel->swap.cluster_slots,
			  cluster);
	swap_clusters_free(&clusters);
	return ok;
}

bool is_free_cluster(const struct cluster *cluster)
{
	return cluster->it.marks == KSWAPCK_CLUSTER_FREE &&
	       cluster->it.list == KSWAPCK_LIST_FREE && !cluster->used;
}

bool is_used_cluster(const struct cluster *cluster)
{
	return cluster->used > 1 && cluster->it.slots == cluster->whole &&
	       !(cluster->it.marks & KSWAPCK_CLUSTER_HUGE);
}

/* ---------------------------------------------------------------------- laying */

static uint64_t in_word(const struct bit_field *number, uint64_t value)
{
	return value << number->shift;
}

/* Data and flags in one word of the first form. */
static void lay_word(struct scene *scene, uint64_t address, uint64_t data, uint64_t flags)
{
	const struct cluster_layout *layout = &scene->kernel->swap.cluster;

	lay_field(scene, address, layout->count.word,
		  in_word(&layout->count, data) | in_word(&layout->flags, flags));
}

void lay_cluster(struct scene *scene, const struct cluster *cluster, uint64_t count,
		 uint64_t flags)
{
	if (has_words(scene)) {
		lay_word(scene, cluster->it.address, count, flags);
		return;
	}
	lay(scene, cluster->it.count_address, cluster->it.count_size, count);
	lay(scene, cluster->it.marks_address, cluster->it.marks_size, flags);
}

uint64_t flags_of(const struct scene *scene, uint32_t mark)
{
	const struct cluster_layout *layout = &scene->kernel->swap.cluster;
	uint64_t i;

	for (i = 0; mark && i < CLUSTER_FLAGS_MAX; i++)
		if (layout->marks[i] == mark)
			return layout->form == CLUSTER_NUMBER ? i : 1ULL << i;
	return 0;
}

uint64_t head_of(const struct scene *scene, const struct cluster *cluster,
		 enum kswapck_cluster_list list)
{
	const struct cluster_list_layout *layout = &scene->kernel->swap.cluster.lists[list];
	unsigned int order = list == cluster->it.list ? cluster->it.list_order : 0;

	return cluster->device.address + layout->head.offset + order * layout->head.size;
}

static uint64_t address_of(const struct scene *scene, const struct cluster *cluster,
			   uint64_t number)
{
	return cluster->device.clusters + number * scene->kernel->swap.cluster_size;
}

/* The kernel does this with the first only; the one before has to be looked for. */
static void take_word_off(struct scene *scene, const struct cluster *cluster)
{
	uint64_t head = head_of(scene, cluster, cluster->it.list);
	uint64_t tail = tail_of(scene, cluster, cluster->it.list);
	uint64_t last = word_data(scene, tail), at = word_data(scene, head), before;

	if (at == cluster->it.number && at == last) {
		lay_word(scene, head, 0, WORD_NEXT_NULL);
		lay_word(scene, tail, 0, WORD_NEXT_NULL);
		return;
	}
	if (at == cluster->it.number) {
		lay_word(scene, head, word_data(scene, cluster->it.address), 0);
		return;
	}
	for (before = at; at != cluster->it.number; at = word_data(scene,
								address_of(scene, cluster, at)))
		before = at;
	if (at == last)
		lay_word(scene, tail, before, 0);
	lay_word(scene, address_of(scene, cluster, before),
		 word_data(scene, cluster->it.address), cluster->it.list == KSWAPCK_LIST_FREE ?
		 flags_of(scene, KSWAPCK_CLUSTER_FREE) : 0);
}

static void append_word(struct scene *scene, const struct cluster *cluster,
			enum kswapck_cluster_list list)
{
	uint64_t head = head_of(scene, cluster, list), tail = tail_of(scene, cluster, list);
	uint64_t flags = list == KSWAPCK_LIST_FREE ? flags_of(scene, KSWAPCK_CLUSTER_FREE) : 0;
	uint64_t head_word = peek(scene, head + scene->kernel->swap.cluster.flags.word.offset, 4);

	if (head_word >> scene->kernel->swap.cluster.flags.shift & WORD_NEXT_NULL)
		lay_word(scene, head, cluster->it.number, 0);
	else
		lay_word(scene, address_of(scene, cluster, word_data(scene, tail)),
			 cluster->it.number, flags);
	lay_word(scene, tail, cluster->it.number, 0);
	lay_word(scene, cluster->it.address, 0, flags);
}

void take_off(struct scene *scene, const struct cluster *cluster)
{
	uint64_t link = cluster->it.address + scene->kernel->swap.cluster.list.offset;
	uint64_t next, prev;

	if (has_words(scene)) {
		take_word_off(scene, cluster);
		return;
	}
	next = peek(scene, link, 8);
	prev = peek(scene, link + 8, 8);
	lay(scene, prev, 8, next);
	lay(scene, next + 8, 8, prev);
	/* LIST_POISON1 and 2 */
	lay(scene, link, 8, 0xdead000000000100);
	lay(scene, link + 8, 8, 0xdead000000000122);
}

void append(struct scene *scene, const struct cluster *cluster, enum kswapck_cluster_list list)
{
	uint64_t link = cluster->it.address + scene->kernel->swap.cluster.list.offset;
	uint64_t head = cluster->device.address +
			scene->kernel->swap.cluster.lists[list].head.offset, tail;

	if (has_words(scene)) {
		append_word(scene, cluster, list);
		return;
	}
	tail = peek(scene, head + 8, 8);
	lay(scene, tail, 8, link);
	lay(scene, link, 8, head);
	lay(scene, link + 8, 8, tail);
	lay(scene, head + 8, 8, link);
}

/* ------------------------------------------------------------- use of more slots */

void lay_inuse(struct scene *scene, const struct victim *victim, int64_t difference)
{
	lay_added(scene, victim->device.inuse_address, victim->device.inuse_size, difference);
}

/* swap_range_free() */
static void lay_bounds(struct scene *scene, const struct victim *victim, uint64_t slots)
{
	const struct swap_layout *layout = &scene->kernel->swap;
	uint64_t object = victim->device.address, last = victim->slot + slots - 1;

	if (!victim->device.has_bounds)
		return;
	if (victim->slot < peek(scene, object + layout->lowest_bit.offset, 4))
		lay_field(scene, object, layout->lowest_bit, victim->slot);
	if (last > peek(scene, object + layout->highest_bit.offset, 4))
		lay_field(scene, object, layout->highest_bit, last);
}

/* A free cluster comes into use, or a full one gets room: both have another list then. */
static void move_cluster(struct scene *scene, const struct cluster *cluster, uint64_t count)
{
	take_off(scene, cluster);
	lay_cluster(scene, cluster, count, flags_of(scene, KSWAPCK_CLUSTER_NONFULL));
	if (!has_words(scene))
		append(scene, cluster, KSWAPCK_LIST_NONFULL);
}

void lay_used(struct scene *scene, const struct victim *victim, int64_t slots)
{
	struct cluster cluster;

	lay_inuse(scene, victim, slots);
	if (slots < 0)
		lay_bounds(scene, victim, (uint64_t)-slots);
	if (!cluster_of(scene, victim, &cluster))
		return;
	if (slots < 0 && cluster.it.count == (uint64_t)-slots)
		skip(scene, "no more than that is in use in the cluster: it would be freed");
	else if (cluster.it.marks & KSWAPCK_CLUSTER_FREE ||
		 (cluster.it.marks & KSWAPCK_CLUSTER_FULL && slots < 0))
		move_cluster(scene, &cluster, cluster.it.count + (uint64_t)slots);
	else
		lay_added(scene, cluster.it.count_address, cluster.it.count_size, slots);
}
