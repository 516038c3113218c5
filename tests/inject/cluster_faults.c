// SPDX-License-Identifier: GPL-2.0-or-later
/* Clusters and their lists, and what a device says of itself. */
#include "clusters.h"
#include "faults.h"

#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"

#define SWP_PAGE_DISCARD (1 << 10)

static bool find_free(struct scene *scene, struct cluster *cluster)
{
	return find_cluster(scene, is_free_cluster, "no free cluster", cluster);
}

static bool leads_on(const struct cluster *cluster)
{
	return is_free_cluster(cluster) && !cluster->last;
}

static bool find_link(struct scene *scene, struct cluster *cluster)
{
	return find_cluster(scene, leads_on, "no free cluster before another", cluster);
}

static bool find_used(struct scene *scene, struct cluster *cluster)
{
	return find_cluster(scene, is_used_cluster, "no cluster in use", cluster);
}

static void expect_cluster(struct scene *scene, const char *id, const struct cluster *cluster,
			   const char *detail)
{
	expect(scene, id, cluster->it.first_slot, cluster->it.slots, detail);
}

static uint64_t raw_flags(const struct scene *scene, const struct cluster *cluster)
{
	const struct bit_field *flags = &scene->kernel->swap.cluster.flags;

	return cluster->it.marks_raw >> flags->shift & ((1ULL << flags->width) - 1);
}

static uint64_t link_of(const struct scene *scene, const struct cluster *cluster)
{
	return cluster->it.address + (has_words(scene) ?
				      scene->kernel->swap.cluster.count.word.offset :
				      scene->kernel->swap.cluster.list.offset);
}

/* -------------------------------------------------------- KS401 cluster-count */

static bool count_off(struct scene *scene, int64_t difference)
{
	struct cluster cluster;

	if (!find_used(scene, &cluster))
		return false;
	lay_added(scene, cluster.it.count_address, cluster.it.count_size, difference);
	expect_cluster(scene, "KS401", &cluster, "slots in use, but");
	return true;
}

static bool count_high(struct scene *scene)
{
	return count_off(scene, 1);
}

static bool count_low(struct scene *scene)
{
	return count_off(scene, -1);
}

/* -------------------------------------------------------- KS402 cluster-flags */

static bool free_cluster_in_use(struct scene *scene)
{
	struct cluster cluster;
	struct victim victim;

	if (!find_free(scene, &cluster))
		return false;
	if (!has_trees(scene))
		return skip(scene, "a free cluster of this kernel has no table");
	victim.device = cluster.device;
	lay(scene, cluster.device.swap_map + cluster.it.first_slot + 5, 1, 1);
	lay_inuse(scene, &victim, 1);
	expect_cluster(scene, "KS402", &cluster, "marked as free; slots in use: 1");
	return true;
}

static bool empty_cluster_in_use(struct scene *scene)
{
	struct cluster cluster;

	if (!find_free(scene, &cluster))
		return false;
	take_off(scene, &cluster);
	lay_cluster(scene, &cluster, 0, flags_of(scene, KSWAPCK_CLUSTER_NONFULL));
	if (!has_words(scene))
		append(scene, &cluster, KSWAPCK_LIST_NONFULL);
	expect_cluster(scene, "KS402", &cluster, "not marked as free; slots in use: 0");
	return true;
}

static bool has_room(const struct cluster *cluster)
{
	return is_used_cluster(cluster) && cluster->used < cluster->whole;
}

static bool full_cluster_with_room(struct scene *scene)
{
	struct cluster cluster;

	if (has_words(scene))
		return skip(scene, "this kernel has no mark of full clusters");
	if (!find_cluster(scene, has_room, "no cluster that has room", &cluster))
		return false;
	take_off(scene, &cluster);
	append(scene, &cluster, KSWAPCK_LIST_FULL);
	lay_cluster(scene, &cluster, cluster.it.count, flags_of(scene, KSWAPCK_CLUSTER_FULL));
	expect_cluster(scene, "KS402", &cluster, "marked as full; free slots: ");
	return true;
}

static bool unknown_flags(struct scene *scene)
{
	struct cluster cluster;

	if (!find_used(scene, &cluster))
		return false;
	lay_cluster(scene, &cluster, cluster.it.count, raw_flags(scene, &cluster) | 0x40);
	expect_cluster(scene, "KS402", &cluster, "are no state");
	return true;
}

/* --------------------------------------------------------- KS403 cluster-huge */

static bool is_all_cached(const struct cluster *cluster)
{
	return is_used_cluster(cluster) && !cluster->unmarked;
}

static bool lacks_marks(const struct cluster *cluster)
{
	return is_used_cluster(cluster) && cluster->unmarked;
}

static bool mark_huge(struct scene *scene, accept_cluster_fn *accept, const char *missing,
		      struct cluster *cluster)
{
	uint64_t huge = flags_of(scene, KSWAPCK_CLUSTER_HUGE);

	if (!huge)
		return skip(scene, "this kernel has no mark of huge clusters");
	if (!find_cluster(scene, accept, missing, cluster))
		return false;
	lay_cluster(scene, cluster, cluster->it.count, huge);
	return true;
}

static bool huge_cluster_without_marks(struct scene *scene)
{
	struct cluster cluster;

	if (!mark_huge(scene, lacks_marks, "no cluster that is not all in the cache", &cluster))
		return false;
	expect_cluster(scene, "KS403", &cluster, "without SWAP_HAS_CACHE");
	return true;
}

/* The folio at the first slot of a cluster that is all in the cache, now marked as huge. */
static bool huge_cluster_of_small(struct scene *scene, struct cluster *cluster,
				  struct kswapck_page *page)
{
	uint64_t entry;
	uint8_t kind;

	if (!mark_huge(scene, is_all_cached, "no cluster that is all in the cache", cluster))
		return false;
	scene->kernel->swap_cache->lookup(scene->kernel, &cluster->device,
					  cluster->it.first_slot, 1, &entry, &kind);
	if (kind != KSWAPCK_ENTRY_PAGE || page_read(scene->kernel, entry, page) != READ_OK ||
	    page->order == 9 || page->marks & KSWAPCK_PAGE_LOCKED || page->refcount <= 0)
		return skip(scene, "no small folio at the first slot");
	return true;
}

static bool huge_cluster_of_small_folios(struct scene *scene)
{
	struct cluster cluster;
	struct kswapck_page page;

	if (!huge_cluster_of_small(scene, &cluster, &page))
		return false;
	expect_cluster(scene, "KS403", &cluster, "holds a folio of order");
	return true;
}

/* __split_huge_page() has split the page, and not come to split_swap_cluster() yet. */
static bool huge_cluster_being_split(struct scene *scene)
{
	struct cluster cluster;
	struct kswapck_page page;

	if (!huge_cluster_of_small(scene, &cluster, &page))
		return false;
	lay_page(scene, page.address, KSWAPCK_FIELD_FLAGS,
		 page.flags | scene->kernel->page.flag_locked);
	return true;
}

/* --------------------------------------------------------- KS404 cluster-list */

/* A link of a free cluster; of words the flag must stay. */
static void lay_link(struct scene *scene, const struct cluster *cluster, uint64_t number)
{
	const struct cluster_layout *layout = &scene->kernel->swap.cluster;

	if (has_words(scene))
		lay_cluster(scene, cluster, number, flags_of(scene, KSWAPCK_CLUSTER_FREE));
	else
		lay(scene, link_of(scene, cluster), 8, cluster->device.clusters +
		    number * scene->kernel->swap.cluster_size + layout->list.offset);
}

static uint64_t clusters_of(const struct cluster *cluster)
{
	return (cluster->device.slots + cluster->whole - 1) / cluster->whole;
}

static bool list_leads_astray(struct scene *scene)
{
	struct cluster cluster;

	if (!find_link(scene, &cluster))
		return false;
	lay_link(scene, &cluster, clusters_of(&cluster));
	expect(scene, "KS404", 0, 0, "leads to no cluster");
	return true;
}

static bool list_leads_to_itself(struct scene *scene)
{
	struct cluster cluster;

	if (!find_link(scene, &cluster))
		return false;
	lay_link(scene, &cluster, cluster.it.number);
	expect(scene, "KS404", 0, 0, "free_clusters of");
	return true;
}

static bool list_is_poisoned(struct scene *scene)
{
	struct cluster cluster;

	if (has_words(scene))
		return skip(scene, "clusters of this kernel have no list_head");
	if (!find_free(scene, &cluster))
		return false;
	lay(scene, link_of(scene, &cluster), 8, 0xdead000000000100);
	expect(scene, "KS404", 0, 0, "0xdead000000000100, leads to no cluster");
	return true;
}

static bool list_has_wrong_way_back(struct scene *scene)
{
	struct cluster cluster;

	if (has_words(scene))
		return skip(scene, "clusters of this kernel have no way back");
	if (!find_free(scene, &cluster))
		return false;
	lay(scene, link_of(scene, &cluster) + 8, 8, link_of(scene, &cluster));
	expect(scene, "KS404", 0, 0, "does not lead back");
	return true;
}

static bool list_has_wrong_tail(struct scene *scene)
{
	struct cluster cluster;

	if (!find_free(scene, &cluster))
		return false;
	if (has_words(scene))
		lay_field(scene, cluster.device.address +
			  scene->kernel->swap.cluster.lists[KSWAPCK_LIST_FREE].head.offset,
			  scene->kernel->swap.cluster.count.word, 2 << 24);
	else
		lay(scene, head_of(scene, &cluster, KSWAPCK_LIST_FREE) + 8, 8,
		    head_of(scene, &cluster, KSWAPCK_LIST_FREE));
	expect(scene, "KS404", 0, 0, "is not the end of the list");
	return true;
}

/* --------------------------------------------------- KS405 cluster-membership */

static bool free_cluster_on_no_list(struct scene *scene)
{
	struct cluster cluster;

	if (!find_free(scene, &cluster))
		return false;
	take_off(scene, &cluster);
	expect_cluster(scene, "KS405", &cluster, "is on no list, but its flags are those of free");
	return true;
}

static bool used_cluster_on_free_list(struct scene *scene)
{
	struct cluster cluster;

	if (!find_free(scene, &cluster))
		return false;
	lay_cluster(scene, &cluster,
		    has_words(scene) ? peek(scene, link_of(scene, &cluster), 3) : 0,
		    flags_of(scene, KSWAPCK_CLUSTER_NONFULL));
	expect_cluster(scene, "KS405", &cluster, "is on free_clusters, but its flags are those of");
	return true;
}

/* ---------------------------------------------------------- KS451 to KS453 */

static bool bound_off(struct scene *scene, bool lowest)
{
	const struct swap_layout *layout = &scene->kernel->swap;
	struct cluster cluster;
	uint64_t slot;

	if (!layout->lowest_bit.size)
		return skip(scene, "this kernel has no bounds");
	if (!find_free(scene, &cluster))
		return false;
	if (!(cluster.device.flags & SWP_WRITEOK))
		return skip(scene, "the device is on its way off");
	slot = cluster.it.first_slot;
	/* which free slot is the first of all, or the last, does not matter here */
	scene->expected_any_slot = true;
	lay_field(scene, cluster.device.address, lowest ? layout->lowest_bit : layout->highest_bit,
		  lowest ? slot + 1 : slot);
	expect(scene, "KS451", 0, 1, lowest ? "lowest_bit" : "highest_bit");
	return true;
}

static bool lowest_off(struct scene *scene)
{
	return bound_off(scene, true);
}

static bool highest_off(struct scene *scene)
{
	return bound_off(scene, false);
}

static bool pages_off(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_added(scene, victim.device.address + scene->kernel->swap.pages.offset,
		  scene->kernel->swap.pages.size, -2);
	expect(scene, "KS452", 0, 0, "usable slots");
	return true;
}

static bool users_dead(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	if (!victim.device.has_users)
		return skip(scene, "devices of this kernel have no reference count");
	if (!(victim.device.flags & SWP_WRITEOK))
		return skip(scene, "the device is on its way off");
	lay(scene, victim.device.users_address, 8, victim.device.users_raw | 3);
	expect(scene, "KS453", 0, 0, "is dead");
	return true;
}

const struct fault cluster_faults[] = {
	{"cluster count too high", count_high},
	{"cluster count too low", count_low},
	{"free cluster with a slot in use", free_cluster_in_use},
	{"empty cluster that is not free", empty_cluster_in_use},
	{"full cluster with free slots", full_cluster_with_room},
	{"cluster with unknown flags", unknown_flags},
	{"huge cluster without marks", huge_cluster_without_marks},
	{"huge cluster of small folios", huge_cluster_of_small_folios},
	{"list of clusters leads astray", list_leads_astray},
	{"list of clusters leads to itself", list_leads_to_itself},
	{"list of clusters is poisoned", list_is_poisoned},
	{"list of clusters has a wrong way back", list_has_wrong_way_back},
	{"list of clusters has a wrong tail", list_has_wrong_tail},
	{"free cluster on no list", free_cluster_on_no_list},
	{"cluster in use on the free list", used_cluster_on_free_list},
	{"lowest_bit above a free slot", lowest_off},
	{"highest_bit below a free slot", highest_off},
	{"pages of a device too low", pages_off},
	{"device in use with dead users", users_dead},
	{0},
};

/* ------------------------------------------------------------ legal, for a moment */

static bool count_under_cluster_lock(struct scene *scene)
{
	struct cluster cluster;

	if (!find_used(scene, &cluster))
		return false;
	hold_lock(scene, cluster.it.address + scene->kernel->swap.cluster_lock);
	lay_added(scene, cluster.it.count_address, cluster.it.count_size, -1);
	return true;
}

static bool lists_under_device_lock(struct scene *scene)
{
	struct cluster cluster;

	if (!find_free(scene, &cluster))
		return false;
	hold_lock(scene, cluster.device.address + scene->kernel->swap.lock.offset);
	lay_link(scene, &cluster, clusters_of(&cluster));
	lay_field(scene, cluster.device.address, scene->kernel->swap.highest_bit, 0);
	return true;
}

/* A cluster that has become free on a device whose clusters are discarded then. */
static bool find_discarded(struct scene *scene, struct cluster *cluster)
{
	uint32_t i;

	if (!find_free(scene, cluster))
		return false;
	take_off(scene, cluster);
	for (i = 0; i < cluster->it.slots && has_trees(scene); i++)
		lay(scene, cluster->device.swap_map + cluster->it.first_slot + i, 1, SWAP_MAP_BAD);
	lay_field(scene, cluster->device.address, scene->kernel->swap.flags,
		  cluster->device.flags | SWP_PAGE_DISCARD);
	lay_cluster(scene, cluster, 0, 0);
	return true;
}

static bool cluster_waits_for_discard(struct scene *scene)
{
	struct cluster cluster;

	if (!find_discarded(scene, &cluster))
		return false;
	append(scene, &cluster, KSWAPCK_LIST_DISCARD);
	return true;
}

/* Off the list; up to 6.11 its data is the number of the one that came after. */
static bool cluster_is_being_discarded(struct scene *scene)
{
	struct cluster cluster;

	if (!find_discarded(scene, &cluster))
		return false;
	if (has_words(scene))
		lay_cluster(scene, &cluster, 3, 0);
	return true;
}

/* swapoff is past the last slot: it waits for who still searches the device */
static bool device_almost_off(struct scene *scene)
{
	struct victim victim;

	if (!find_small_folio(scene, &victim))
		return false;
	lay_field(scene, victim.device.address, scene->kernel->swap.flags,
		  victim.device.flags & ~(uint64_t)SWP_WRITEOK);
	if (victim.device.has_bounds)
		lay_field(scene, victim.device.address, scene->kernel->swap.highest_bit, 0);
	if (victim.device.has_users)
		lay(scene, victim.device.users_address, 8, victim.device.users_raw | 3);
	return true;
}

const struct fault cluster_transients[] = {
	{"legal: count of a cluster off under its lock", count_under_cluster_lock},
	{"legal: lists of clusters off under si->lock", lists_under_device_lock},
	{"legal: a cluster that waits for its discard", cluster_waits_for_discard},
	{"legal: a cluster that is being discarded", cluster_is_being_discarded},
	{"legal: a huge cluster that is being split", huge_cluster_being_split},
	{"legal: device at the end of swapoff", device_almost_off},
	{0},
};
