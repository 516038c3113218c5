// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known bugs of the kernel that leave something in the swap cache. The releases
 * are the first of each stable branch whose log has the fix. Only those with a
 * pattern are recognised by kswapck; the others are here to be read.
 */
#include "story/parts.h"

static const struct known_bug known_bugs[] = {
	{
		.name = "migration-replaces-one-slot",
		.summary = "Migration of a large folio in the swap cache puts the new folio in the "
			"first slot only; the other slots go on naming the old folio, which is freed.",
		.introduced_commit = "6b24ca4a1a8d",
		.introduced = "5.17",
		.fix_commit = "fc346d0a70a1",
		.fixed = "6.7",
		.fixes = {{"6.1", "6.1.71"}, {"6.6", "6.6.10"}},
		.patterns = 1 << PATTERN_ONE_SLOT,
		.leaves = "the first slot of a large folio holds the new folio, all others a freed page",
	},
	{
		.name = "migration-copies-head-private",
		.summary = "Migration of a large folio in the swap cache copies ->private of the head "
			"page only; the tail pages of the new folio do not name their slots. A later "
			"split makes them folios of their own, in slots that they do not name.",
		.introduced_commit = "e71769ae5260",
		.introduced = "4.16",
		.fix_commit = "cfeed8ffe55b",
		.fixed = "6.6",
		.fixes = {{"4.19", "4.19.312"}, {"5.4", "5.4.274"}, {"5.10", "5.10.215"},
			  {"5.15", "5.15.154"}, {"6.1", "6.1.84"}},
		.patterns = 1 << PATTERN_HEAD_PRIVATE | 1 << PATTERN_SPLIT,
		.leaves = "the slots of a large folio are right, ->private of its tail pages is not; after "
			"a split, neighbouring slots hold neighbouring small pages that name other "
			"slots or are out of the swap cache",
	},
	{
		.name = "split-clobbers-entry",
		.summary = "Splitting a large folio in the swap cache overwrites ->private of its tail "
			"pages.",
		/* of the time of 5.19-rc and 6.0: the earlier one, to be safe */
		.introduced_commit = "b653db77350c",
		.introduced = "5.19",
		.fix_commit = "71e2d666ef85",
		.fixed = "6.1",
		.fixes = {{"6.0", "6.0.7"}},
		.patterns = 1 << PATTERN_SPLIT,
		.leaves = "neighbouring slots hold neighbouring small pages whose ->private is 0, or that "
			"were freed since",
	},
	{
		.name = "migration-overwrites-shmem",
		.summary = "The fix of migration-replaces-one-slot (6.7, 6.6.10, 6.1.71) stored one "
			"folio many times over its neighbours in the page cache of shmem too.",
		.introduced_commit = "fc346d0a70a1",
		.fix_commit = "60cf233b585c",
		.fixed = "6.14",
		.fixes = {{"6.1", "6.1.132"}, {"6.6", "6.6.85"}, {"6.12", "6.12.21"}},
		.leaves = "pages of a shmem file that belong to another offset",
	},
	{
		.name = "swapoff-races-with-free",
		.summary = "free_swap_and_cache() uses a swap device while swapoff takes it down.",
		.fix_commit = "82b1c07a0af6",
		.fixed = "6.9",
		.fixes = {{"5.10", "5.10.215"}, {"5.15", "5.15.154"}, {"6.1", "6.1.84"},
			  {"6.6", "6.6.24"}, {"6.7", "6.7.12"}},
		.leaves = "swap_map bytes with SWAP_HAS_CACHE and no folio, inuse_pages that is off",
	},
	{
		.name = "swapoff-races-with-allocation",
		.summary = "get_swap_pages() keeps a device on its list while swapoff frees it.",
		.fix_commit = "6fe7d6b99295",
		.fixed = "6.3",
		.fixes = {{"5.10", "5.10.178"}, {"6.1", "6.1.24"}},
		.leaves = "a device that is off but still in the lists of available devices",
	},
	{
		.name = "huge-page-looks-pinned",
		.summary = "Compaction compares the reference count of a huge page with the map count of "
			"its head and takes it for pinned.",
		.fix_commit = "829ae0f81ce0",
		.fixed = "6.1",
		.fixes = {{"5.15", "5.15.82"}, {"6.0", "6.0.12"}},
		.leaves = "nothing in the swap cache; huge pages that are never isolated",
	},
	{
		.name = "userfaultfd-moves-cached-folio",
		.summary = "UFFDIO_MOVE moves a swap entry whose folio is in the swap cache and leaves "
			"the folio's index and anon_vma as they were.",
		.introduced_commit = "adef440691ba",
		.introduced = "6.8",
		.fix_commit = "c50f8e6053b0",
		.fixed = "6.14",
		.fixes = {{"6.12", "6.12.20"}},
		.patterns = 1 << PATTERN_MOVED,
		.leaves = "a cached folio whose index and mapping are not those of the process that "
			"has the entry",
	},
	{
		.name = "userfaultfd-move-races-with-swapin",
		.summary = "UFFDIO_MOVE does not look again whether a folio came into the swap cache "
			"meanwhile (CVE-2025-38242).",
		.introduced_commit = "adef440691ba",
		.introduced = "6.8",
		.fix_commit = "0ea148a79987",
		.fixed = "6.16",
		.fixes = {{"6.12", "6.12.37"}},
		.patterns = 1 << PATTERN_MOVED,
		.leaves = "the same as userfaultfd-moves-cached-folio",
	},
	{
		.name = "swapin-past-cache-race",
		.summary = "Two tasks read the same slot past the swap cache, and one of them maps old "
			"data.",
		.fix_commit = "13ddaf26be32",
		.fixed = "6.8",
		.fixes = {{"6.1", "6.1.80"}, {"6.6", "6.6.19"}},
		.leaves = "nothing that lasts; data of the process is lost",
	},
};

const struct known_bug *known_bug_at(size_t index)
{
	return index < sizeof(known_bugs) / sizeof(known_bugs[0]) ? &known_bugs[index] : NULL;
}
