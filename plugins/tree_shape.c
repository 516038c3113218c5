// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shape of the trees, and of the swap tables. The walk itself (src/kernel/xarray.c,
 * src/kernel/swap_cache_table.c) finds what is wrong, because it must not trust a node
 * or a table before it uses it; here it gets its name and its place in the catalogue.
 */
#include "kswapck.h"

#include <stdio.h>

static const struct kswapck_problem problems[] = {
	[KSWAPCK_TREE_POINTER] = {
		.id = "KS301",
		.name = "tree-pointer",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "the tree of {slots} has a pointer to a node that is no kernel memory: "
			"{detail}",
		.meaning = "An entry of the xarray is marked as a pointer to a node, and there is no "
			"memory at that address.",
		.origin = "Memory corruption: a stray write into a node or into the address_space.",
		.consequence = "The next lookup below this place is an oops.",
		.confirm = " crash> rd EVIDENCE-ADDRESS; vtop VALUE\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[KSWAPCK_TREE_HEADER] = {
		.id = "KS302",
		.name = "tree-node",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "the tree node of {slots} does not fit its place: {detail}",
		.meaning = "A node knows its parent, its place there, the xarray it belongs to and the "
			"span of its slots. One of these does not agree with where the node was found.",
		.origin = "The node was freed and used again while the tree still points to it, or it "
			"was overwritten.",
		.consequence = "Lookups go wrong or read freed memory; storing walks up through a wrong "
			"parent and corrupts another tree.",
		.confirm = " crash> struct xa_node NODE\n"
			" drgn>  Object(prog, 'struct xa_node *', NODE)",
	},
	[KSWAPCK_TREE_COUNT] = {
		.id = "KS303",
		.name = "tree-count",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "the tree node of {slots} miscounts its slots: {detail}",
		.meaning = "xa_node.count is the number of slots that are not empty, nr_values the "
			"number of shadows among them.",
		.origin = "A slot was written past the xarray's own functions, or the node was "
			"overwritten.",
		.consequence = "The node is freed while slots are in use, or never: the workingset "
			"code frees a node whose count equals its nr_values, as one that holds nothing "
			"but shadows (mm/workingset.c shadow_lru_isolate()).",
		.confirm = " crash> struct xa_node NODE\n"
			" drgn>  Object(prog, 'struct xa_node *', NODE)",
	},
	[KSWAPCK_TREE_SIBLING] = {
		.id = "KS304",
		.name = "tree-sibling",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "the tree has a multi-index entry over {slots}: {detail}",
		.meaning = "The swap cache of these kernels stores a large folio once in each of its "
			"slots. Sibling entries, and entries in inner nodes, which stand for several "
			"slots at once, do not occur.",
		.origin = "Memory corruption, or code that used the page cache's way of storing.",
		.consequence = "The slots are not seen one by one: storing one of them replaces all.",
		.confirm = " crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[KSWAPCK_TREE_INTERNAL] = {
		.id = "KS305",
		.name = "tree-internal",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "the tree has an internal entry at {slots}: {detail}",
		.meaning = "Retry (0x402), zero (0x406) and error entries are the xarray's own and are "
			"never seen in a slot of the swap cache.",
		.origin = "Memory corruption, or a node that was freed while the tree still points to "
			"it (its first slot then holds a retry entry).",
		.consequence = "A retry entry makes lookups start again for ever, under "
			"rcu_read_lock(); a zero entry is taken for a folio at address 0x406.",
		.confirm = " crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[KSWAPCK_TREE_RANGE] = {
		.id = "KS306",
		.name = "tree-range",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "the tree has an entry where the device has no slot: {detail}",
		.meaning = "An entry lies before the first or after the last slot of this part of the "
			"device.",
		.origin = "A folio was stored under a wrong entry, or the tree was overwritten.",
		.consequence = "The entry is never found and never removed; swapoff frees the tree with "
			"the folio in it.",
		.confirm = " crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[KSWAPCK_TREE_CYCLE] = {
		.id = "KS307",
		.name = "tree-cycle",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "the tree of {slots} leads back to one of its own nodes: {detail}",
		.meaning = "A slot of a node points to the node itself or to one above it.",
		.origin = "Memory corruption.",
		.consequence = "Lookups end at a wrong entry, or go round for ever.",
		.confirm = " crash> struct xa_node NODE\n"
			" drgn>  Object(prog, 'struct xa_node *', NODE)",
	},
	[KSWAPCK_TABLE_POINTER] = {
		.id = "KS308",
		.name = "table-pointer",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "the swap table of {slots} cannot be: {detail}",
		.meaning = "Since 6.18 a cluster of slots that is in use points to its swap table: a "
			"word for each slot, which says what is cached there. The pointer leads to "
			"no kernel memory.",
		.origin = "Memory corruption: a stray write into cluster_info[].",
		.consequence = "The next lookup or fault on one of these slots is an oops.",
		.confirm = " crash> rd EVIDENCE-ADDRESS; vtop VALUE\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[KSWAPCK_TABLE_MISSING] = {
		.id = "KS309",
		.name = "table-missing",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots} have no swap table, but their cluster counts slots in use: "
			"{detail}",
		.meaning = "Since 6.18 a cluster has a swap table from the moment its first slot is "
			"given out until the last one is freed. This one counts slots in use, and has "
			"none: what is known of these slots is lost.",
		.origin = "A table that was freed too early (a count that got to 0 and was used on), "
			"or a stray write into cluster_info[].",
		.consequence = "Lookups find nothing there, so that folios in the swap cache are "
			"not found and old data is read from the disk; whoever takes or gives up "
			"a slot of it follows the missing pointer: an oops.",
		.confirm = " crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  Object(prog, 'struct swap_cluster_info *', NODE)",
	},
	[KSWAPCK_TABLE_MARK] = {
		.id = "KS310",
		.name = "table-mark",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "{slots}: the swap table has a word of no known kind: {detail}",
		.meaning = "Since 7.1 the low bits of a word in a swap table say what it is: 1 a "
			"shadow, 10 a page frame number; 0 is a free slot, and one value a bad one. "
			"100 is reserved and not used. This word is none of them.",
		.origin = "Memory corruption: a bit flip, a stray write, or a table that was freed and "
			"used again. Or a kernel with patches that give the reserved mark a meaning; "
			"then all such words have it.",
		.consequence = "The kernel takes the slot for one that is not cached and has as many "
			"owners as the upper bits happen to say: its data is lost to its owners, or "
			"the slot is never freed.",
		.confirm = " crash> rd EVIDENCE-ADDRESS\n"
			" drgn>  hex(prog.read_u64(EVIDENCE-ADDRESS))",
	},
	{0},
};

/* The root spans more than the space, and what lies outside of it has no slots. */
static void name_slots(struct kswapck_finding *finding, const struct kswapck_space *space,
		       const struct kswapck_tree_fault *fault)
{
	uint64_t first = space->first_slot, last = first + space->slots - 1;

	finding->first_slot = finding->last_slot = first;
	if (fault->kind == KSWAPCK_TREE_RANGE)
		return;
	if (fault->first_slot > first)
		finding->first_slot = fault->first_slot;
	finding->last_slot = fault->first_slot + fault->slots - 1;
	if (finding->last_slot > last)
		finding->last_slot = last;
	finding->count = finding->last_slot - finding->first_slot + 1;
}

static void report_fault(struct kswapck_audit *audit, const struct kswapck_space *space,
			 const struct kswapck_tree_fault *fault)
{
	struct kswapck_finding finding = {
		.problem = &problems[fault->kind],
		.device = space->device,
	};

	name_slots(&finding, space, fault);
	if (fault->has_expected) {
		snprintf(finding.detail, sizeof(finding.detail),
			 "%s of node 0x%llx is 0x%llx, not 0x%llx", fault->member,
			 (unsigned long long)fault->node, (unsigned long long)fault->found,
			 (unsigned long long)fault->expected);
		kswapck_evidence_expected(&finding, fault->member, fault->where, fault->size,
					  fault->found, fault->expected);
	} else {
		snprintf(finding.detail, sizeof(finding.detail), "%s at 0x%llx is 0x%llx",
			 fault->member, (unsigned long long)fault->where,
			 (unsigned long long)fault->found);
		kswapck_evidence(&finding, fault->member, fault->where, fault->size,
				 fault->found);
	}
	kswapck_report(audit, &finding);
}

extern const struct kswapck_plugin kswapck_plugin_tree_shape;
const struct kswapck_plugin kswapck_plugin_tree_shape = {
	.abi = KSWAPCK_ABI,
	.name = "tree-shape",
	.summary = "the shape of the trees or tables that hold the swap cache",
	.problems = problems,
	.tree_fault = report_fault,
};
