// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An example of a plugin: how much swap is held by the swap cache alone?
 *
 * A slot whose owners have all gone keeps its place as long as its folio stays in the swap
 * cache. The kernel frees such slots only when swap is nearly full or the folio is reclaimed
 * (mm/swapfile.c free_swap_and_cache(), __try_to_reclaim_swap()), so that swap can look full
 * with nobody to blame for it.
 *
 * Build and use it, with nothing but the installed kswapck.h:
 *
 *   cc -shared -fPIC $(pkg-config --cflags kswapck) -o cache-only.so cache_only.c
 *   kswapck --plugin ./cache-only.so DUMP
 *
 * Put into $(pkg-config --variable=plugindir kswapck), it is loaded without being asked for.
 * All that a plugin can see and do is explained in kswapck.h.
 */
#include <kswapck.h>

#include <stdlib.h>

/* Ids and names are for ever, and yours alone: ids that begin with KS are kswapck's. */
static const struct kswapck_problem problems[] = {
	{
		.id = "EX001",
		.name = "cache-only-slots",
		.severity = KSWAPCK_WARNING,
		.class = KSWAPCK_MISMATCH,
		.sentence = "the swap cache alone holds {slots}",
		.meaning = "swap_map knows no owner of these slots: they are SWAP_HAS_CACHE alone.",
		.origin = "The owners have exited or have read their pages back.",
		.consequence = "Swap has less room than it seems, until the folios are reclaimed.",
		.confirm = " crash> rd -8 EVIDENCE-ADDRESS\n drgn>  prog.read_u8(EVIDENCE-ADDRESS)",
	},
	{0},	/* the end */
};

/* What this check keeps from one event to the next: of the device that is walked now. */
static void *begin(struct kswapck_audit *audit)
{
	(void)audit;
	return calloc(1, sizeof(struct kswapck_finding));
}

static void device_begin(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	struct kswapck_finding *finding = kswapck_state(audit);

	if (finding)
		*finding = (struct kswapck_finding){.problem = problems, .device = device};
}

/* Called for each slot that is in use. A slot that could not be read is not judged. */
static void slot(struct kswapck_audit *audit, const struct kswapck_space *space,
		 const struct kswapck_slot *slot)
{
	struct kswapck_finding *finding = kswapck_state(audit);

	(void)space;
	if (!finding || !slot->map_read || slot->map != SWAP_HAS_CACHE ||
	    slot->kind != KSWAPCK_ENTRY_PAGE)
		return;
	if (!finding->count++)
		finding->first_slot = slot->number;
	finding->last_slot = slot->number;
}

/* One finding for each device, with a value that proves it. */
static void device_end(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	struct kswapck_finding *finding = kswapck_state(audit);

	if (!finding || !finding->count)
		return;
	kswapck_evidence(finding, "swap_map[first slot]", device->swap_map + finding->first_slot, 1,
			 SWAP_HAS_CACHE);
	kswapck_report(audit, finding);
}

static void end(struct kswapck_audit *audit)
{
	free(kswapck_state(audit));
}

const struct kswapck_plugin kswapck_plugin = {
	.abi = KSWAPCK_ABI,
	.name = "cache-only",
	.summary = "slots that only the swap cache holds",
	.problems = problems,
	.begin = begin,
	.device_begin = device_begin,
	.slot = slot,
	.device_end = device_end,
	.end = end,
};
