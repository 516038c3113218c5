// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Clusters of slots: what they count and say of themselves against swap_map, the
 * swap cache and the lists that they are on (mm/swapfile.c).
 *
 * A cluster's count, flags and bytes of swap_map change together under its lock
 * (ci->lock), the lists under si->lock. Whatever of these is held, nothing is judged.
 *
 * Legal with no lock held, and silent:
 *  - A cluster on its way through the discard worker. It waits on discard_clusters,
 *    or is on no list at all while the device works; its bytes are all SWAP_MAP_BAD
 *    (swap_cluster_schedule_discard(), swap_do_scheduled_discard()). Up to 6.11 its
 *    data is a stale link.
 *  - Up to 6.11, a cluster in use is on no list.
 *  - Since 6.14 a cluster that the allocator or reclaim has taken in hand is on no
 *    list, with CLUSTER_FLAG_NONE (isolate_lock_cluster()). Both may drop ci->lock
 *    meanwhile, and the first of these kernels leave some there (3b644773eefd).
 *  - Bad slots and those beyond the end of the device count as in use. When a file is
 *    shorter than its header says, those of the last cluster were counted for the
 *    longer one, up to 6.12.41 (setup_swap_map_and_extents()).
 *  - A per-CPU cluster (si->percpu_cluster) is a hint and has no mark.
 */
#include "kswapck.h"

#include <inttypes.h>
#include <stdio.h>

/* A huge page: HPAGE_PMD_ORDER, and the slots of a cluster. */
#define HUGE_ORDER 9

enum {
	COUNT,
	FLAGS,
	HUGE,
	LIST,
	MEMBERSHIP,
};

static const struct kswapck_problem problems[] = {
	[COUNT] = {
		.id = "KS401",
		.name = "cluster-count",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "A cluster, 512 slots, counts those of them that are in use; bad ones, and "
			"those beyond the end of the device, are in use for good. swap_map has "
			"another number of bytes that are not 0.",
		.origin = "A slot freed twice, or under a folio (races of free_swap_and_cache() and "
			"swapoff); a byte of swap_map or the cluster was overwritten.",
		.consequence = "Too low: the count gets to 0 while slots are in use. The cluster is "
			"put on the free list, and may be discarded on the disk with data in it; one "
			"more free makes the count wrap. Too high: the cluster never becomes free, so "
			"that in time no huge page can be swapped out whole.",
		.confirm = "Count the bytes of the cluster that are not 0; N is its number:\n"
			" crash> struct swap_info_struct.cluster_info,swap_map DEVICE\n"
			" crash> rd -8 EVIDENCE-ADDRESS 512\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  sum(b != 0 for b in prog.read(si.swap_map + 512 * N, 512))\n"
			" drgn>  si.cluster_info[N]",
	},
	[FLAGS] = {
		.id = "KS402",
		.name = "cluster-flags",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "The flags of a cluster say which state it is in: free, full, or something "
			"between. The slots in swap_map say another.",
		.origin = "As with cluster-count: a count that got to 0 too early makes a cluster "
			"free. Or the flags were overwritten.",
		.consequence = "A cluster that is free with slots in use is handed out as empty: up to "
			"6.9 a huge page is laid over all of its slots, and the data of their owners "
			"is lost. One that is empty and not free is not found by who needs a whole "
			"one.",
		.confirm = "N is the number of the cluster:\n"
			" crash> struct swap_info_struct.cluster_info,swap_map DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  si.cluster_info[N], prog.read(si.swap_map + 512 * N, 512)",
	},
	[HUGE] = {
		.id = "KS403",
		.name = "cluster-huge",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "Up to 6.9 CLUSTER_FLAG_HUGE says that all slots of the cluster are one huge "
			"page in the swap cache. It goes when the page is split or leaves the cache. "
			"Here it has stayed.",
		.origin = "A split that forgot split_swap_cluster(), a slot that was freed under the "
			"huge page (a race of free_swap_and_cache() and swapoff), or a flag that was "
			"overwritten.",
		.consequence = "The kernel takes each slot of the cluster for in use as long as any of "
			"them is (swap_page_trans_huge_swapped()): pages stay in the swap cache that "
			"nobody needs, and swapoff waits for them.",
		.confirm = "Bit 0x4 of the flags is set; N is the number of the cluster:\n"
			" crash> struct swap_info_struct.cluster_info,swap_map DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  si.cluster_info[N], prog.read(si.swap_map + 512 * N, 512)",
	},
	[LIST] = {
		.id = "KS404",
		.name = "cluster-list",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{detail}",
		.meaning = "A list of clusters of the device does not lead from its head to its tail "
			"over clusters of this device, each of them once.",
		.origin = "A cluster that was put on a list while it was on one (freed twice), or "
			"memory corruption: a stray write into cluster_info[] or the swap_info_struct.",
		.consequence = "The next allocation that follows the list takes a cluster that is in "
			"use, goes round for ever under si->lock, or is an oops.",
		.confirm = " crash> rd EVIDENCE-ADDRESS; struct swap_info_struct DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  si.cluster_info, si.free_clusters",
	},
	[MEMBERSHIP] = {
		.id = "KS405",
		.name = "cluster-membership",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "The flags of a cluster name the list that it is on. It was found on "
			"another, or on none.",
		.origin = "A cluster that was moved without the lock, a list that was cut by a stray "
			"write, or flags that were overwritten.",
		.consequence = "A free cluster on no list is lost until the next swapon. Up to 6.11 one "
			"on the free list that is in use has its count for a link: the list leads "
			"astray, and the slots are handed out a second time.",
		.confirm = "The flags of cluster N, and the lists of the device:\n"
			" crash> struct swap_info_struct DEVICE\n"
			" drgn>  si = Object(prog, 'struct swap_info_struct *', DEVICE)\n"
			" drgn>  si.cluster_info[N], si.free_clusters",
	},
	{0},
};

/* What swap_map says of the slots of a cluster. */
struct tally {
	uint32_t used;		/* bytes that are not 0 */
	uint32_t bad;
	uint32_t cached;	/* with SWAP_HAS_CACHE */
};

static struct tally tally_map(const struct kswapck_cluster *cluster)
{
	uint32_t used = 0, bad = 0, cached = 0, i;

	/* without branches, for the compiler to take many at once */
	for (i = 0; i < cluster->slots; i++) {
		uint8_t byte = cluster->map[i];

		used += byte != 0;
		bad += byte == SWAP_MAP_BAD;
		cached += (byte & SWAP_HAS_CACHE) != 0;
	}
	return (struct tally){.used = used, .bad = bad, .cached = cached};
}

/* There is one. */
static uint32_t first_used(const struct kswapck_cluster *cluster)
{
	uint32_t i = 0;

	while (!cluster->map[i])
		i++;
	return i;
}

/* There is one. */
static uint32_t first_uncached(const struct kswapck_cluster *cluster)
{
	uint32_t i = 0;

	while (cluster->map[i] & SWAP_HAS_CACHE)
		i++;
	return i;
}

static struct kswapck_finding about(int problem, const struct kswapck_cluster *cluster)
{
	return (struct kswapck_finding){
		.problem = &problems[problem],
		.device = cluster->device,
		.first_slot = cluster->first_slot,
		.last_slot = cluster->first_slot + cluster->slots - 1,
		.count = cluster->slots,
	};
}

static void add_flags(struct kswapck_finding *finding, const struct kswapck_cluster *cluster)
{
	kswapck_evidence(finding, "swap_cluster_info.flags", cluster->marks_address,
			 cluster->marks_size, cluster->marks_raw);
}

static void add_byte(struct kswapck_audit *audit, struct kswapck_finding *finding,
		     const struct kswapck_cluster *cluster, uint32_t i)
{
	kswapck_evidence_map(audit, finding, cluster->device, cluster->first_slot + i,
			     cluster->map[i]);
}

static void report_count(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	struct kswapck_finding finding = about(COUNT, cluster);

	snprintf(finding.detail, sizeof(finding.detail),
		 "cluster %" PRIu64 " counts %" PRIu64 " slots in use, but %s has %" PRIu64,
		 cluster->number, cluster->count,
		 cluster->device->swap_map ? "swap_map" : "its swap table", cluster->map_used);
	kswapck_evidence(&finding, "swap_cluster_info.count", cluster->count_address,
			 cluster->count_size, cluster->count_raw);
	add_byte(audit, &finding, cluster, 0);
	kswapck_report(audit, &finding);
}

/* "cluster 3 is marked as free; slots in use: 5" */
static struct kswapck_finding about_flags(const struct kswapck_cluster *cluster,
					  const char *says, const char *what, uint32_t slots)
{
	struct kswapck_finding finding = about(FLAGS, cluster);

	snprintf(finding.detail, sizeof(finding.detail), "cluster %" PRIu64 " is %s; %s: %u",
		 cluster->number, says, what, slots);
	add_flags(&finding, cluster);
	return finding;
}

/* ----------------------------------------------------------------------- lists */

static const char *const list_names[KSWAPCK_LIST_COUNT] = {
	[KSWAPCK_LIST_NONE] = "no list",
	[KSWAPCK_LIST_FREE] = "free_clusters",
	[KSWAPCK_LIST_NONFULL] = "nonfull_clusters",
	[KSWAPCK_LIST_FRAGMENT] = "frag_clusters",
	[KSWAPCK_LIST_FULL] = "full_clusters",
	[KSWAPCK_LIST_DISCARD] = "discard_clusters",
};

static void name_list(enum kswapck_cluster_list list, unsigned int order, char *text, size_t size)
{
	if (list == KSWAPCK_LIST_NONFULL || list == KSWAPCK_LIST_FRAGMENT)
		snprintf(text, size, "%s[%u]", list_names[list], order);
	else
		snprintf(text, size, "%s", list_names[list]);
}

static void check_list(struct kswapck_audit *audit, const struct kswapck_list_fault *fault)
{
	static const char *const what[] = {
		[KSWAPCK_LIST_POINTER] = "leads to no cluster of the device",
		[KSWAPCK_LIST_CYCLE] = "leads to a cluster that is on a list already",
		[KSWAPCK_LIST_BACK] = "does not lead back to where the list comes from",
		[KSWAPCK_LIST_TAIL] = "is not the end of the list",
	};
	struct kswapck_finding finding = {
		.problem = &problems[LIST],
		.device = fault->device,
	};
	char list[32];

	name_list(fault->list, fault->list_order, list, sizeof(list));
	snprintf(finding.detail, sizeof(finding.detail), "%s of %s: %s, 0x%" PRIx64 ", %s", list,
		 fault->device->name, fault->member, fault->found, what[fault->kind]);
	if (fault->has_expected)
		kswapck_evidence_expected(&finding, fault->member, fault->where, fault->size,
					  fault->found, fault->expected);
	else
		kswapck_evidence(&finding, fault->member, fault->where, fault->size, fault->found);
	kswapck_report(audit, &finding);
}

/* The list of each state. A huge cluster, and any of none, is in use. */
static enum kswapck_cluster_list list_of(uint32_t marks)
{
	switch (marks) {
	case KSWAPCK_CLUSTER_FREE:
		return KSWAPCK_LIST_FREE;
	case KSWAPCK_CLUSTER_NONFULL:
		return KSWAPCK_LIST_NONFULL;
	case KSWAPCK_CLUSTER_FRAGMENT:
		return KSWAPCK_LIST_FRAGMENT;
	case KSWAPCK_CLUSTER_FULL:
		return KSWAPCK_LIST_FULL;
	case KSWAPCK_CLUSTER_DISCARD:
		return KSWAPCK_LIST_DISCARD;
	}
	return KSWAPCK_LIST_NONE;
}

static bool is_member(const struct kswapck_cluster *cluster)
{
	if (cluster->list == list_of(cluster->marks))
		return true;
	/* the worker takes it off its list and keeps the flag (6.14) */
	if (cluster->marks == KSWAPCK_CLUSTER_DISCARD)
		return cluster->list == KSWAPCK_LIST_NONE;
	/* there was no such flag before */
	return !cluster->marks && cluster->list == KSWAPCK_LIST_DISCARD;
}

static void report_member(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	struct kswapck_finding finding = about(MEMBERSHIP, cluster);
	char list[32];

	name_list(cluster->list, cluster->list_order, list, sizeof(list));
	snprintf(finding.detail, sizeof(finding.detail),
		 "cluster %" PRIu64 " is on %s, but its flags are those of %s", cluster->number,
		 list, cluster->marks == KSWAPCK_CLUSTER_HUGE || !cluster->marks ?
		       "one in use, on no list" : list_names[list_of(cluster->marks)]);
	add_flags(&finding, cluster);
	kswapck_report(audit, &finding);
}

/* ---------------------------------------------------------------- one cluster */

static bool is_one_state(uint32_t marks)
{
	return !(marks & KSWAPCK_CLUSTER_ODD) && !(marks & (marks - 1));
}

static void report_state(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	struct kswapck_finding finding = about(FLAGS, cluster);

	snprintf(finding.detail, sizeof(finding.detail),
		 "the flags of cluster %" PRIu64 " are no state of this kernel's", cluster->number);
	add_flags(&finding, cluster);
	kswapck_report(audit, &finding);
}

static bool is_discarded(const struct kswapck_cluster *cluster, const struct tally *tally)
{
	return cluster->list == KSWAPCK_LIST_DISCARD ||
	       cluster->marks & KSWAPCK_CLUSTER_DISCARD || tally->bad == cluster->slots;
}

/* The kernels whose lists are chains of numbers keep both in one word. */
static bool is_word(const struct kswapck_cluster *cluster)
{
	return cluster->count_address == cluster->marks_address;
}

static void check_free(struct kswapck_audit *audit, const struct kswapck_cluster *cluster,
		       const struct tally *tally)
{
	struct kswapck_finding finding;

	if (tally->used) {
		finding = about_flags(cluster, "marked as free", "slots in use", tally->used);
		add_byte(audit, &finding, cluster, first_used(cluster));
		kswapck_report(audit, &finding);
	} else if (cluster->count) {
		report_count(audit, cluster);
	}
}

static void check_used(struct kswapck_audit *audit, const struct kswapck_cluster *cluster,
		       const struct tally *tally)
{
	struct kswapck_finding finding;

	if (!tally->used && !cluster->count && (cluster->marks || is_word(cluster))) {
		finding = about_flags(cluster, "not marked as free", "slots in use", 0);
		kswapck_report(audit, &finding);
	} else if (cluster->count < tally->used || cluster->count > cluster->map_used) {
		report_count(audit, cluster);
	} else if (cluster->marks & KSWAPCK_CLUSTER_FULL && tally->used < cluster->slots) {
		finding = about_flags(cluster, "marked as full", "free slots",
				      cluster->slots - tally->used);
		kswapck_report(audit, &finding);
	}
}

/*
 * The flag stands from the allocation of all slots to put_swap_page() or
 * split_swap_cluster(), and so does the mark in each byte. The folio is added later
 * and removed before, and what is wrong with it is for others to say (KS1xx, KS201):
 * here it counts when it is whole, and not huge. A split clears the flag before
 * it unlocks the pages.
 */
static void check_huge(struct kswapck_audit *audit, const struct kswapck_cluster *cluster,
		       const struct tally *tally)
{
	struct kswapck_finding finding = about(HUGE, cluster);
	struct kswapck_page page;

	if (tally->cached < cluster->slots) {
		snprintf(finding.detail, sizeof(finding.detail),
			 "cluster %" PRIu64 " is marked as a huge page; slots without "
			 "SWAP_HAS_CACHE: %u", cluster->number,
			 cluster->slots - tally->cached);
		add_flags(&finding, cluster);
		add_byte(audit, &finding, cluster, first_uncached(cluster));
		kswapck_report(audit, &finding);
		return;
	}
	if (cluster->kinds[0] != KSWAPCK_ENTRY_PAGE ||
	    !kswapck_page_read(audit, cluster->entries[0], &page) || page.refcount <= 0 ||
	    !(page.marks & KSWAPCK_PAGE_SWAPCACHE) || page.order == HUGE_ORDER ||
	    page.marks & (KSWAPCK_PAGE_LOCKED | KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_ODD_ORDER))
		return;
	snprintf(finding.detail, sizeof(finding.detail),
		 "cluster %" PRIu64 " is marked as a huge page, but its first slot holds a folio "
		 "of order %u", cluster->number, page.order);
	finding.entry = cluster->entries[0];
	add_flags(&finding, cluster);
	kswapck_evidence_page(audit, &finding, &page, KSWAPCK_FIELD_FLAGS);
	kswapck_report(audit, &finding);
}

static void check_state(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	struct tally tally = tally_map(cluster);

	if (is_discarded(cluster, &tally))
		return;
	if (cluster->marks & KSWAPCK_CLUSTER_FREE)
		check_free(audit, cluster, &tally);
	else
		check_used(audit, cluster, &tally);
	if (cluster->marks & KSWAPCK_CLUSTER_HUGE)
		check_huge(audit, cluster, &tally);
}

static void check_cluster(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	if (cluster->locked)
		return;
	if (!is_one_state(cluster->marks))
		report_state(audit, cluster);
	else if (cluster->lists_known && !is_member(cluster))
		report_member(audit, cluster);
	else if (cluster->map_complete)
		check_state(audit, cluster);
}

extern const struct kswapck_plugin kswapck_plugin_cluster;
const struct kswapck_plugin kswapck_plugin_cluster = {
	.abi = KSWAPCK_ABI,
	.name = "cluster",
	.summary = "clusters of slots and their lists against swap_map",
	.problems = problems,
	.list_fault = check_list,
	.cluster = check_cluster,
};
