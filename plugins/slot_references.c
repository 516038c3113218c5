// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * swap_map against those who really own the slots: page table entries of all
 * processes, and the trees of shmem files.
 *
 * A count moves before or after what it counts, never with it: swap_duplicate()
 * comes before the page table entry (copy_nonpresent_pte(), try_to_unmap_one()),
 * swap_free() before it is gone (zap_pte_range(), do_swap_page()), and shmem has
 * either order (mm/shmem.c). Who is in between holds the lock of the page table, or
 * has the entry on his stack or in a register. Page tables that are moved as a whole
 * (collapse_huge_page(), move_normal_pmd()) are in no tree for a while.
 */
#include "kswapck.h"

#include <stdio.h>

/* Slots that are freed in one go, and of which only the first is in anybody's hand. */
#define BATCH_MAX 512

enum {
	SWAP_COUNT,
	FREE_SLOT,
	BAD_SLOT,
	BEYOND_DEVICE,
	NO_DEVICE,
};

static const struct kswapck_problem problems[] = {
	[SWAP_COUNT] = {
		.id = "KS501",
		.name = "swap-count",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: {detail}",
		.meaning = "swap_map counts the owners of a slot: page table entries, and places in "
			"shared memory files. All page tables and all such files were looked "
			"through, and there are more or fewer.",
		.origin = "A slot that was freed twice, or not at all; a page table entry that was "
			"copied or overwritten by mistake, or written back after a race; or "
			"corrupted memory.",
		.consequence = "Fewer counted than there are: when the counted ones are gone the slot "
			"is given to another page, and the remaining owner reads that one's data. "
			"More counted than there are: the slot is lost until reboot, and swapoff "
			"of the device never ends.",
		.confirm = "The byte's low six bits are the count (0x40 is SWAP_HAS_CACHE, 0x80 says "
			"that it goes on elsewhere, 0xbf is shared memory). Without swap_map, since "
			"7.1, it is the upper four bits of the slot's word in the swap table:\n"
			" crash> rd -8 EVIDENCE-ADDRESS\n"
			" drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	[FREE_SLOT] = {
		.id = "KS502",
		.name = "entry-to-free-slot",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: free, but {owner} refers to {detail}",
		.meaning = "A page was swapped out to the slot, and the slot was freed since then "
			"while its owner still expects its data there.",
		.origin = "As with swap-count: the slot was freed once too often.",
		.consequence = "Whoever touches that memory faults on it for ever, until killed (\"Huh "
			"VM_FAULT_OOM leaked out to the #PF handler. Retrying PF\" in the log; before "
			"5.16 and its backports the OOM killer comes instead). Once the slot is given "
			"out again, another process's data is read there. When the memory is given "
			"back, the log has a warning of free_swap_and_cache(), \"Unused swap offset "
			"entry\" or \"BUG: Bad page map\".",
		.confirm = "The byte of swap_map is 0, the page table entry names the slot:\n"
			" crash> rd -8 EVIDENCE-ADDRESS; vtop -c PID ADDRESS\n"
			" drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	[BAD_SLOT] = {
		.id = "KS503",
		.name = "entry-to-bad-slot",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_MISMATCH,
		.sentence = "{slots}: bad, but {owner} refers to {detail}",
		.meaning = "SWAP_MAP_BAD marks slots that are never given out: the header of the "
			"device, and blocks that mkswap found unreadable. Nobody can own one.",
		.origin = "A page table entry or swap_map was overwritten; or a freed cluster is being "
			"discarded while somebody still owns a slot of it.",
		.consequence = "Whoever touches that memory faults on it for ever, until killed, as with "
			"entry-to-free-slot. Nothing is said when the memory is given back.",
		.confirm = " crash> rd -8 EVIDENCE-ADDRESS; vtop -c PID ADDRESS\n"
			" drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	[BEYOND_DEVICE] = {
		.id = "KS504",
		.name = "entry-beyond-device",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "slot {first}, beyond the end of the device: {owner} refers to {detail}",
		.meaning = "The entry names a swap device that is in use, and a slot that it does not "
			"have.",
		.origin = "A page table entry or the tree of a shared memory file was overwritten: a "
			"bit flip, or a stray write. No bug of swap makes such a number.",
		.consequence = "Whoever touches that memory faults on it for ever, until killed: "
			"get_swap_device() refuses the entry, and the fault is made again. The log "
			"says \"Bad swap offset entry\" then, or when the memory is given back.",
		.confirm = " crash> vtop -c PID ADDRESS; swap\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	[NO_DEVICE] = {
		.id = "KS505",
		.name = "entry-without-device",
		.severity = KSWAPCK_ERROR,
		.class = KSWAPCK_CORRUPT,
		.sentence = "slot {first} of a swap device that is not on: {owner} refers to {detail}",
		.meaning = "The entry names a swap device that is not in use: swapoff has ended, or it "
			"never was.",
		.origin = "swapoff ended while somebody still owned a slot (inuse_pages too low: see "
			"inuse-pages), or the entry was overwritten.",
		.consequence = "The page's data is lost. Whoever touches that memory faults on it for "
			"ever, until killed: get_swap_device() refuses the entry, without a word, or "
			"with \"Bad swap file entry\" in the log if there never was such a device "
			"(up to 5.13 that is an oops in do_swap_page()). \"Unused swap file entry\" "
			"may come when the memory is given back.",
		.confirm = " crash> vtop -c PID ADDRESS; swap\n"
			" drgn>  prog.read_u64(EVIDENCE-ADDRESS)",
	},
	{0},
};

static const char stacks_unreadable[] =
	"their count differs from their owners', and not all stacks can be read to see who is at it";
static const char reference_unclear[] =
	"owned although nobody can own them, and not all stacks can be read to see who is at it";
static const char owners_unreadable[] =
	"more owners counted than found, but not all page tables and shmem files could be read, or one was being changed";
static const char hibernating[] =
	"more owners counted than found, but a hibernation image is in swap";

/* -------------------------------------------------------------- one reference */

/* "it at address 0x7f12 (page table entry 0x...)" */
static void describe(const struct kswapck_reference *reference, char *text, size_t size)
{
	int length;

	if (reference->kind == KSWAPCK_REFERENCE_PTE)
		length = snprintf(text, size, "it at address 0x%llx (page table entry 0x%llx)",
				  (unsigned long long)reference->address,
				  (unsigned long long)reference->raw);
	else
		length = snprintf(text, size, "it at page 0x%llx of inode %llu (tree entry 0x%llx)",
				  (unsigned long long)reference->index,
				  (unsigned long long)reference->inode_number,
				  (unsigned long long)reference->raw);
	if (!reference->device && length > 0 && (size_t)length < size)
		snprintf(text + length, size - (size_t)length, "; its device would be of type %u",
			 reference->type);
}

/* Is the reference being made or dropped, or is that not known? Says so to the audit. */
static bool in_motion(struct kswapck_audit *audit, const struct kswapck_reference *reference)
{
	uint64_t first = reference->slot > BATCH_MAX ? reference->slot - BATCH_MAX + 1 : 0;
	enum kswapck_stacks stacks = KSWAPCK_STACKS_YES;

	if (!reference->locked &&
	    !(reference->device && reference->slot < reference->device->slots &&
	      kswapck_slot_locked(audit, reference->device, reference->slot)))
		stacks = kswapck_range_in_hand(audit, reference->type, first,
					       reference->slot - first + 1);
	if (stacks == KSWAPCK_STACKS_YES)
		kswapck_in_motion(audit, 1);
	else if (stacks == KSWAPCK_STACKS_UNKNOWN)
		kswapck_unverified(audit, reference_unclear, 1);
	return stacks != KSWAPCK_STACKS_NO;
}

static void report_reference(struct kswapck_audit *audit, int problem,
			     const struct kswapck_reference *reference, const uint8_t *map)
{
	struct kswapck_finding finding = {
		.problem = &problems[problem],
		.device = reference->device,
		.first_slot = reference->slot,
		.last_slot = reference->slot,
		.count = 1,
	};

	if (in_motion(audit, reference))
		return;
	if (map)
		kswapck_evidence_map(audit, &finding, reference->device, reference->slot, *map);
	kswapck_owner(&finding, reference);
	describe(reference, finding.detail, sizeof(finding.detail));
	kswapck_report(audit, &finding);
}

static void check_reference(struct kswapck_audit *audit,
			    const struct kswapck_reference *reference)
{
	const struct kswapck_device *device = reference->device;
	uint8_t map;

	if (!device) {
		report_reference(audit, NO_DEVICE, reference, NULL);
	} else if (reference->slot >= device->slots) {
		report_reference(audit, BEYOND_DEVICE, reference, NULL);
	} else if (kswapck_slot_map(audit, device, reference->slot, &map)) {
		if (map == 0)
			report_reference(audit, FREE_SLOT, reference, &map);
		else if (map == SWAP_MAP_BAD)
			report_reference(audit, BAD_SLOT, reference, &map);
	}
}

/* --------------------------------------------------------------------- counts */

/*
 * Slots of a hibernation image have a count and no owner: swsusp_extents is the
 * tree of them (kernel/power/swap.c).
 */
static bool image_in_swap(struct kswapck_audit *audit)
{
	uint64_t address, root;

	return kswapck_symbol(audit, "swsusp_extents", &address) &&
	       (!kswapck_read(audit, address, &root, sizeof(root)) || root);
}

/* Is a mismatch at slot @i explained, or not to be judged? Says so to the audit. */
static bool excused(struct kswapck_audit *audit, const struct kswapck_reference_counts *counts,
		    uint32_t i, bool fewer)
{
	unsigned int type = counts->device->type;
	uint64_t slot = counts->first_slot + i;
	uint64_t first = slot > BATCH_MAX ? slot - BATCH_MAX + 1 : 0;
	enum kswapck_stacks stacks;

	if (counts->locked[i] || kswapck_slot_locked(audit, counts->device, slot)) {
		kswapck_in_motion(audit, 1);
		return true;
	}
	stacks = kswapck_range_in_hand(audit, type, first, slot - first + 1);
	if (stacks != KSWAPCK_STACKS_YES && fewer &&
	    kswapck_tables_moving(audit) == KSWAPCK_STACKS_YES)
		stacks = KSWAPCK_STACKS_YES;
	if (stacks == KSWAPCK_STACKS_YES) {
		kswapck_in_motion(audit, 1);
		return true;
	}
	if (fewer && !counts->complete)
		kswapck_unverified(audit, owners_unreadable, 1);
	else if (fewer && image_in_swap(audit))
		kswapck_unverified(audit, hibernating, 1);
	else if (stacks == KSWAPCK_STACKS_UNKNOWN)
		kswapck_unverified(audit, stacks_unreadable, 1);
	else
		return false;
	return true;
}

static void report_count(struct kswapck_audit *audit,
			 const struct kswapck_reference_counts *counts, uint32_t i,
			 uint64_t counted)
{
	uint64_t slot = counts->first_slot + i;
	struct kswapck_finding finding = {
		.problem = &problems[SWAP_COUNT],
		.device = counts->device,
		.first_slot = slot,
		.last_slot = slot,
		.count = 1,
	};

	snprintf(finding.detail, sizeof(finding.detail),
		 "%s counts %llu owner%s (0x%02x), but %u page table entr%s and %u place%s in "
		 "shared memory refer to it",
		 counts->device->swap_map ? "swap_map" : "the swap table",
		 (unsigned long long)counted,
		 counted == 1 ? "" : "s", counts->map[i], counts->ptes[i],
		 counts->ptes[i] == 1 ? "y" : "ies", counts->shmem[i],
		 counts->shmem[i] == 1 ? "" : "s");
	kswapck_evidence_map(audit, &finding, counts->device, slot, counts->map[i]);
	kswapck_report(audit, &finding);
}

static void check_count(struct kswapck_audit *audit,
			const struct kswapck_reference_counts *counts, uint32_t i)
{
	uint64_t found = (uint64_t)counts->ptes[i] + counts->shmem[i], counted;
	const char *why;

	/* a free or bad slot with owners was reported for each of them */
	if (!counts->map_read[i] || counts->map[i] == 0 || counts->map[i] == SWAP_MAP_BAD)
		return;
	if (!kswapck_swap_count(audit, counts->device, counts->first_slot + i, counts->map[i],
				&counted, &why)) {
		/* a slot that is locked may be half counted; else KS207 tells */
		kswapck_unverified(audit, why, 1);
		return;
	}
	if (found != counted && !excused(audit, counts, i, found < counted))
		report_count(audit, counts, i, counted);
}

static void check_counts(struct kswapck_audit *audit,
			 const struct kswapck_reference_counts *counts)
{
	uint32_t i;

	for (i = 0; i < counts->slots; i++)
		check_count(audit, counts, i);
}

extern const struct kswapck_plugin kswapck_plugin_slot_references;
const struct kswapck_plugin kswapck_plugin_slot_references = {
	.abi = KSWAPCK_ABI,
	.name = "slot-references",
	.summary = "swap_map against the page tables and shared memory that refer to slots",
	.problems = problems,
	.reference = check_reference,
	.references = check_counts,
};
