// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What goes with a swap table: counts that its words are too small for, the memory
 * cgroups of its slots, and the table itself (mm/swap_table.h, mm/swapfile.c, 6.18 and
 * later). All of it changes under the lock of the cluster; who holds it, is left alone.
 *
 * Legal, and silent: a cluster that the allocator has in hand (on no list, no flag) gets
 * its table, and then its memcg_table, with the lock dropped (swap_cluster_populate());
 * an extend_table of zeros alone was made for a count that did not come to need it.
 */
#include "kswapck.h"

#include <inttypes.h>
#include <stdio.h>

/* SWAPFILE_CLUSTER is at most this: 8,192 with pages of 64 KiB. */
#define SLOTS_MAX 8192
#define COUNT_MAX 15	/* SWP_TB_COUNT_MAX */

enum {
	EXTEND_COUNT,
	TABLE_LEFT,
	CGROUP_LEFT,
};

static const struct kswapck_problem problems[] = {
	[EXTEND_COUNT] = {
		.id = "KS411",
		.name = "extend-count",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "Since 7.1 a word of a swap table counts up to 14 owners of its slot; 15 "
			"says that the count stands in the extend_table of the cluster, which has 0 "
			"for all other slots. Here they do not agree.",
		.origin = "A word of the table or of the extend_table was overwritten; or the "
			"extend_table was freed while a count needed it.",
		.consequence = "The next owner that comes or goes is an oops (no extend_table), or "
			"makes a wrong count, so that the slot is freed under its owners or never.",
		.confirm = "The upper four bits of the slot's word, and its number in the extend_table:\n"
			" crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  hex(prog.read_u64(EVIDENCE-ADDRESS))",
	},
	[TABLE_LEFT] = {
		.id = "KS412",
		.name = "table-left",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "A cluster that is free has no swap table: it was given back when the "
			"cluster was put on the free list (__free_cluster()). This one has a table.",
		.origin = "The pointer or the flags of the cluster were overwritten; or a cluster was "
			"put on the free list by other ways.",
		.consequence = "When the cluster is used next, the table is taken as it is, with what "
			"it holds: slots that seem to be in use, or to be cached, from the start.",
		.confirm = " crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  hex(prog.read_u64(EVIDENCE-ADDRESS))",
	},
	[CGROUP_LEFT] = {
		.id = "KS413",
		.name = "cgroup-left",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "Since 7.2 the memcg_table of a cluster has, for each slot in use, the memory "
			"cgroup that pays for it. These slots are free or bad, and have one all the "
			"same.",
		.origin = "A slot that was freed past __swap_cluster_free_entries(), or a stray write.",
		.consequence = "The cgroup goes on paying for a slot that it does not have: it comes "
			"to its memory.swap.max too early, and is never quite freed.",
		.confirm = " crash> rd -16 EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u16(EVIDENCE-ADDRESS)",
	},
	{0},
};

static const char extend_unreadable[] =
	"counts of more than 14 owners, in an extend_table that cannot be read";
static const char cgroups_unreadable[] =
	"the memcg_table of their cluster cannot be read";

static struct kswapck_finding about(int problem, const struct kswapck_cluster *cluster,
				    uint32_t first, uint32_t count)
{
	return (struct kswapck_finding){
		.problem = &problems[problem],
		.device = cluster->device,
		.first_slot = cluster->first_slot + first,
		.last_slot = cluster->first_slot + first + count - 1,
		.count = count,
	};
}

/* --------------------------------------------------------------- extended counts */

/* 15 in the upper bits, and a word that has a count at all. */
static bool is_extended(const struct kswapck_cluster *cluster, uint32_t i)
{
	return cluster->map[i] != SWAP_MAP_BAD && cluster->kinds[i] != KSWAPCK_ENTRY_ODD &&
	       cluster->map[i] & COUNT_CONTINUED;
}

static void report_extend(struct kswapck_audit *audit, const struct kswapck_cluster *cluster,
			  uint32_t i, uint32_t extended, const char *why)
{
	struct kswapck_finding finding = about(EXTEND_COUNT, cluster, i, 1);

	snprintf(finding.detail, sizeof(finding.detail), "%s", why);
	kswapck_evidence_map(audit, &finding, cluster->device, finding.first_slot,
			     cluster->map[i]);
	kswapck_evidence(&finding, "swap_cluster_info.extend_table",
			 cluster->extend_table_address, 8, cluster->extend_table);
	if (cluster->extend_table)
		kswapck_evidence(&finding, "extend_table[slot]", cluster->extend_table + 4ULL * i,
				 4, extended);
	kswapck_report(audit, &finding);
}

static void check_extended(struct kswapck_audit *audit, const struct kswapck_cluster *cluster,
			   uint32_t i, uint32_t extended)
{
	if (is_extended(cluster, i) && !cluster->extend_table)
		report_extend(audit, cluster, i, extended, "15 or more owners, and its cluster has "
			      "no extend_table to count them");
	else if (is_extended(cluster, i) && extended < COUNT_MAX)
		report_extend(audit, cluster, i, extended, "15 or more owners, but the "
			      "extend_table of its cluster counts less");
	else if (!is_extended(cluster, i) && extended)
		report_extend(audit, cluster, i, extended, "the extend_table of its cluster counts "
			      "owners, but its word in the swap table does not need it");
}

static void check_extend(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	uint32_t extended[SLOTS_MAX] = {0}, i, needed = 0;

	if (!cluster->extend_table_address || cluster->slots > SLOTS_MAX)
		return;
	for (i = 0; i < cluster->slots; i++)
		needed += is_extended(cluster, i);
	if (cluster->extend_table &&
	    !kswapck_read(audit, cluster->extend_table, extended, 4ULL * cluster->slots)) {
		kswapck_unverified(audit, extend_unreadable, needed ? needed : 1);
		return;
	}
	for (i = 0; i < cluster->slots && (needed || cluster->extend_table); i++)
		check_extended(audit, cluster, i, extended[i]);
}

/* ----------------------------------------------------------------------- cgroups */

static void report_cgroup(struct kswapck_audit *audit, const struct kswapck_cluster *cluster,
			  uint32_t i, uint16_t id)
{
	struct kswapck_finding finding = about(CGROUP_LEFT, cluster, i, 1);

	snprintf(finding.detail, sizeof(finding.detail), "%s, but memory cgroup %u pays for it",
		 cluster->map[i] ? "bad" : "free", id);
	kswapck_evidence(&finding, "memcg_table.id[slot]", cluster->memcg_table + 2ULL * i, 2, id);
	kswapck_evidence_map(audit, &finding, cluster->device, finding.first_slot,
			     cluster->map[i]);
	kswapck_report(audit, &finding);
}

static void check_cgroups(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	uint16_t ids[SLOTS_MAX];
	uint32_t i;

	if (!cluster->memcg_table || cluster->slots > SLOTS_MAX)
		return;
	if (!kswapck_read(audit, cluster->memcg_table, ids, 2ULL * cluster->slots)) {
		kswapck_unverified(audit, cgroups_unreadable, cluster->slots);
		return;
	}
	for (i = 0; i < cluster->slots; i++)
		if (ids[i] && (!cluster->map[i] || cluster->map[i] == SWAP_MAP_BAD) &&
		    cluster->kinds[i] == KSWAPCK_ENTRY_NONE)
			report_cgroup(audit, cluster, i, ids[i]);
}

/* --------------------------------------------------------------------- the table */

static void check_left(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	struct kswapck_finding finding = about(TABLE_LEFT, cluster, 0, cluster->slots);

	if (cluster->marks != KSWAPCK_CLUSTER_FREE || !cluster->table || cluster->count)
		return;
	snprintf(finding.detail, sizeof(finding.detail),
		 "cluster %" PRIu64 " is free, and has a swap table", cluster->number);
	kswapck_evidence_expected(&finding, "swap_cluster_info.table", cluster->table_address, 8,
				  cluster->table, 0);
	kswapck_evidence(&finding, "swap_cluster_info.flags", cluster->marks_address,
			 cluster->marks_size, cluster->marks_raw);
	kswapck_report(audit, &finding);
}

static void check_cluster(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	if (!cluster->has_table || cluster->locked)
		return;
	check_left(audit, cluster);
	if (!cluster->map_complete || !cluster->table)
		return;
	check_extend(audit, cluster);
	check_cgroups(audit, cluster);
}

extern const struct kswapck_plugin kswapck_plugin_swap_table;
const struct kswapck_plugin kswapck_plugin_swap_table = {
	.abi = KSWAPCK_ABI,
	.name = "swap-table",
	.summary = "what goes with a swap table: large counts, memory cgroups",
	.problems = problems,
	.cluster = check_cluster,
};
