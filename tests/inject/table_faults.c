// SPDX-License-Identifier: GPL-2.0-or-later
/* Swap tables, of 6.18 and later: the tables themselves, and what goes with them. */
#include "clusters.h"
#include "faults.h"

#include "kernel/swap_cache.h"

#define COUNT_SHIFT 60
#define COUNT_MAX   15UL
#define NOWHERE	    0xffffff7fdeadb000UL

static bool want_tables(struct scene *scene)
{
	return !has_trees(scene) || skip(scene, "this kernel has no swap tables");
}

static bool want_counts(struct scene *scene)
{
	return has_counts(scene) || skip(scene, "this kernel's swap tables do not count");
}

static bool find_folio(struct scene *scene, struct victim *victim)
{
	return want_tables(scene) && find_small_folio(scene, victim);
}

static bool find_counted(struct scene *scene, struct victim *victim)
{
	return want_counts(scene) && find_small_folio(scene, victim);
}

/* Address of a member of the swap_cluster_info of @victim's slot. */
static uint64_t member_of(const struct scene *scene, const struct victim *victim,
			  struct field field)
{
	const struct swap_layout *layout = &scene->kernel->swap;

	return victim->device.clusters +
	       victim->slot / layout->cluster_slots * layout->cluster_size + field.offset;
}

static void expect_table(struct scene *scene, const char *id, const struct victim *victim,
			 const char *detail)
{
	uint32_t slots = scene->kernel->swap.cluster_slots;

	expect(scene, id, victim->slot - victim->slot % slots, slots, detail);
	/* what stood in the table is not seen */
	scene->unseen = scene->kernel->swap.table.map_marks ? 0 : slots;
}

/* ------------------------------------------------- KS308 to KS310: the tables */

static bool table_at(struct scene *scene, uint64_t address, const char *id)
{
	struct victim victim;

	if (!find_folio(scene, &victim))
		return false;
	lay(scene, member_of(scene, &victim, scene->kernel->swap.table.table), 8, address);
	expect_table(scene, id, &victim, "swap_cluster_info.table");
	return true;
}

static bool table_in_user_memory(struct scene *scene)
{
	return table_at(scene, 0x00007f0000001000, "KS308");
}

static bool table_nowhere(struct scene *scene)
{
	return table_at(scene, NOWHERE, "KS308");
}

static bool table_not_aligned(struct scene *scene)
{
	return table_at(scene, 0xffff888000001004, "KS308");
}

static bool table_gone(struct scene *scene)
{
	return table_at(scene, 0, "KS309");
}

static bool odd_word(struct scene *scene, uint64_t word)
{
	struct victim victim;

	if (!find_counted(scene, &victim))
		return false;
	lay(scene, victim.place, 8, word);
	expect(scene, "KS310", victim.slot, 1, "swap_table.entries[]");
	return true;
}

static bool word_of_reserved_kind(struct scene *scene)
{
	return odd_word(scene, 0xffff888003a5c004);
}

static bool word_with_mark_alone(struct scene *scene)
{
	return odd_word(scene, 4);
}

static bool word_almost_bad(struct scene *scene)
{
	return odd_word(scene, ~(1UL << 20) << 3 & ~7UL);
}

/* One bit of its mark: the folio's number becomes a pointer of the reserved kind. */
static bool mark_cleared(struct scene *scene)
{
	struct victim victim;

	if (!find_counted(scene, &victim))
		return false;
	lay(scene, victim.place, 8, (peek(scene, victim.place, 8) & ~3UL) | 8);
	expect(scene, "KS310", victim.slot, 1, "swap_table.entries[]");
	return true;
}

/* --------------------------------------------------------- KS104: the numbers */

static bool frame_beyond_memory(struct scene *scene)
{
	struct victim victim;

	if (!find_counted(scene, &victim))
		return false;
	lay(scene, victim.place, 8, peek(scene, victim.place, 8) | 1UL << 50);
	expect(scene, "KS104", victim.slot, 1, NULL);
	return true;
}

/* --------------------------------------------------------- KS401, KS402: counts */

static bool is_partly_used(const struct cluster *cluster)
{
	return is_used_cluster(cluster) && cluster->it.has_table &&
	       cluster->used < cluster->whole;
}

static bool used_cluster_freed(struct scene *scene)
{
	struct cluster cluster;

	if (!want_tables(scene) ||
	    !find_cluster(scene, is_partly_used, "no cluster in use", &cluster))
		return false;
	take_off(scene, &cluster);
	append(scene, &cluster, KSWAPCK_LIST_FREE);
	lay_cluster(scene, &cluster, cluster.it.count, flags_of(scene, KSWAPCK_CLUSTER_FREE));
	expect(scene, "KS402", cluster.it.first_slot, cluster.it.slots,
	       "marked as free; slots in use:");
	return true;
}

/* ------------------------------------------------------- KS411 extend-count */

/* A page of the kernel's own that is all zeros. */
static bool zero_page(struct scene *scene, uint64_t *address)
{
	return image_symbol(scene->kernel->image, "empty_zero_page", address) ||
	       skip(scene, "the kernel's zero page is not known");
}

static bool lay_count_of_15(struct scene *scene, struct victim *victim)
{
	if (!find_counted(scene, victim))
		return false;
	lay(scene, victim->place, 8, peek(scene, victim->place, 8) | COUNT_MAX << COUNT_SHIFT);
	return true;
}

static bool give_extend_table(struct scene *scene, const struct victim *victim, uint32_t count)
{
	uint64_t table;

	if (!zero_page(scene, &table))
		return false;
	lay(scene, member_of(scene, victim, scene->kernel->swap.table.extend_table), 8, table);
	lay(scene, table + 4 * (victim->slot % scene->kernel->swap.cluster_slots), 4, count);
	return true;
}

static bool count_without_table(struct scene *scene)
{
	struct victim victim;

	if (!lay_count_of_15(scene, &victim))
		return false;
	lay(scene, member_of(scene, &victim, scene->kernel->swap.table.extend_table), 8, 0);
	expect(scene, "KS411", victim.slot, 1, "no extend_table");
	return true;
}

static bool count_too_small(struct scene *scene)
{
	struct victim victim;

	if (!lay_count_of_15(scene, &victim) || !give_extend_table(scene, &victim, 14))
		return false;
	expect(scene, "KS411", victim.slot, 1, "counts less");
	return true;
}

static bool count_not_needed(struct scene *scene)
{
	struct victim victim;

	if (!find_counted(scene, &victim) || !give_extend_table(scene, &victim, 16))
		return false;
	expect(scene, "KS411", victim.slot, 1, "does not need it");
	return true;
}

/* Nobody has so many owners: page tables are looked through. */
static bool count_of_nobody(struct scene *scene)
{
	struct victim victim;

	if (!lay_count_of_15(scene, &victim) || !give_extend_table(scene, &victim, 70000))
		return false;
	if (scene->tables_moving)
		return skip(scene, "page tables are on the move: not all owners are seen");
	expect(scene, "KS501", victim.slot, 1, "counts 70000 owners");
	scene->sweep = true;
	return true;
}

/* What is not there may have been left out of the dump: nothing is found, and that is said. */
static bool extend_table_nowhere(struct scene *scene)
{
	struct victim victim;

	if (!lay_count_of_15(scene, &victim))
		return false;
	lay(scene, member_of(scene, &victim, scene->kernel->swap.table.extend_table), 8, NOWHERE);
	scene->unverified = 1;
	return true;
}

static bool memcg_table_nowhere(struct scene *scene)
{
	struct victim victim;

	if (!find_folio(scene, &victim))
		return false;
	if (!scene->kernel->swap.table.memcg_table.size)
		return skip(scene, "this kernel has no memcg_table");
	lay(scene, member_of(scene, &victim, scene->kernel->swap.table.memcg_table), 8, NOWHERE);
	scene->unverified = scene->kernel->swap.cluster_slots;
	return true;
}

/* ------------------------------------------------ KS412 table-left, KS413 cgroup-left */

static bool free_cluster_with_table(struct scene *scene)
{
	struct cluster cluster;
	uint64_t table;

	if (!want_tables(scene) || !zero_page(scene, &table) ||
	    !find_cluster(scene, is_free_cluster, "no free cluster", &cluster))
		return false;
	lay(scene, cluster.it.table_address, 8, table);
	expect(scene, "KS412", cluster.it.first_slot, cluster.it.slots, "is free, and has");
	return true;
}

static bool cgroup_of_free_slot(struct scene *scene)
{
	struct victim victim;
	uint64_t table;

	if (!want_tables(scene) || !find_free_slot(scene, &victim))
		return false;
	if (!scene->kernel->swap.table.memcg_table.size)
		return skip(scene, "this kernel has no memcg_table");
	table = peek(scene, member_of(scene, &victim, scene->kernel->swap.table.memcg_table), 8);
	if (!table)
		return skip(scene, "memory cgroups are off");
	lay(scene, table + 2 * (victim.slot % scene->kernel->swap.cluster_slots), 2, 7);
	expect(scene, "KS413", victim.slot, 1, "free, but memory cgroup 7");
	return true;
}

/* ------------------------------------------------------------------------- legal */

/* swap_extend_table_alloc() came first, and the count did not get there */
static bool empty_extend_table(struct scene *scene)
{
	struct victim victim;

	return find_counted(scene, &victim) && give_extend_table(scene, &victim, 0);
}

static bool extended_count(struct scene *scene)
{
	struct victim victim;

	return lay_count_of_15(scene, &victim) && give_extend_table(scene, &victim, 16);
}

static void hold_cluster(struct scene *scene, const struct victim *victim)
{
	hold_lock(scene, tree_lock_place(scene, victim));
}

/* __swap_cache_do_add_folio(): its words are there, its flag and references are not */
static bool folio_being_added(struct scene *scene)
{
	struct victim victim;

	if (!find_folio(scene, &victim))
		return false;
	hold_cluster(scene, &victim);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_FLAGS,
		 (victim.page.flags & ~scene->kernel->page.flag_swapcache) |
		 scene->kernel->page.flag_locked);
	lay_page(scene, victim.entry, KSWAPCK_FIELD_PRIVATE, 0);
	scene->in_motion = 1;
	return true;
}

/* SWAP_USAGE_OFFLIST_BIT: a device that was full and is on no list of those with room */
static bool off_list(struct scene *scene, unsigned int bit)
{
	struct victim victim;

	if (!find_folio(scene, &victim))
		return false;
	if (victim.device.inuse_size != 8)
		return skip(scene, "inuse_pages of this kernel has no such bit");
	lay(scene, victim.device.inuse_address, 8, victim.device.inuse_raw | 1ULL << bit);
	return true;
}

static bool off_list_old(struct scene *scene)
{
	return off_list(scene, 30);
}

/* moved in 7.2.8 */
static bool off_list_new(struct scene *scene)
{
	return off_list(scene, 62);
}

/* swap_cluster_populate(): off its list, no table yet, its lock dropped to sleep */
static bool cluster_being_populated(struct scene *scene)
{
	struct cluster cluster;

	if (!want_tables(scene) ||
	    !find_cluster(scene, is_free_cluster, "no free cluster", &cluster))
		return false;
	take_off(scene, &cluster);
	lay_cluster(scene, &cluster, 0, 0);
	return true;
}

/* ... and the next moment: it has its table, and no memcg_table */
static bool cluster_half_populated(struct scene *scene)
{
	struct cluster cluster;
	uint64_t table;

	if (!want_tables(scene) || !zero_page(scene, &table) ||
	    !find_cluster(scene, is_free_cluster, "no free cluster", &cluster))
		return false;
	take_off(scene, &cluster);
	lay_cluster(scene, &cluster, 0, 0);
	lay(scene, cluster.it.table_address, 8, table);
	return true;
}

const struct fault table_faults[] = {
	{"pointer to a table in user memory", table_in_user_memory},
	{"pointer to a table nowhere", table_nowhere},
	{"pointer to a table not aligned", table_not_aligned},
	{"table of a cluster in use is gone", table_gone},
	{"word of the reserved kind", word_of_reserved_kind},
	{"word of the reserved kind, and nothing else", word_with_mark_alone},
	{"word that is almost that of a bad slot", word_almost_bad},
	{"word whose mark was cleared", mark_cleared},
	{"page frame beyond memory", frame_beyond_memory},
	{"cluster in use was freed", used_cluster_freed},
	{"count of 15, and no extend_table", count_without_table},
	{"count of 15, extend_table with less", count_too_small},
	{"extend_table counts without need", count_not_needed},
	{"extend_table counts owners that are not there", count_of_nobody},
	{"unknown: count of 15, extend_table nowhere", extend_table_nowhere},
	{"unknown: memcg_table nowhere", memcg_table_nowhere},
	{"free cluster with a table", free_cluster_with_table},
	{"cgroup pays for a free slot", cgroup_of_free_slot},
	{"legal: extend_table of zeros", empty_extend_table},
	{"legal: extend_table counts", extended_count},
	{"legal: folio is being added under the cluster's lock", folio_being_added},
	{"legal: device is off the list, by bit 30 of inuse_pages", off_list_old},
	{"legal: device is off the list, by bit 62 of inuse_pages", off_list_new},
	{"legal: cluster is being given its table", cluster_being_populated},
	{"legal: cluster with a table and nothing else yet", cluster_half_populated},
	{0},
};
