// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/page_set.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_SHIFT 15
#define CHUNK_PAGES (UINT64_C(1) << CHUNK_SHIFT)
#define WORDS	    (CHUNK_PAGES / 64)

/* 52 bits of physical address on x86_64 and arm64, in pages of 4 KiB. */
#define MOST_CHUNKS (UINT64_C(1) << (52 - 12 - CHUNK_SHIFT))

struct page_set {
	uint64_t **chunks;	/* by pfn >> CHUNK_SHIFT; NULL: none of its pages is in */
	uint64_t room;		/* of chunks */
	uint64_t count;
	bool incomplete;
};

struct page_set *page_set_new(void)
{
	return calloc(1, sizeof(struct page_set));
}

void page_set_free(struct page_set *set)
{
	if (!set)
		return;
	for (uint64_t i = 0; i < set->room; i++)
		free(set->chunks[i]);
	free(set->chunks);
	free(set);
}

static bool widen(struct page_set *set, uint64_t chunk)
{
	uint64_t room = set->room ? set->room : 64;
	uint64_t **chunks;

	if (chunk >= MOST_CHUNKS)
		return false;
	while (room <= chunk)
		room *= 2;
	chunks = realloc(set->chunks, room * sizeof(*chunks));
	if (!chunks)
		return false;
	memset(chunks + set->room, 0, (room - set->room) * sizeof(*chunks));
	set->chunks = chunks;
	set->room = room;
	return true;
}

/* The word that @pfn is in; NULL: there is none. */
static uint64_t *word_of(const struct page_set *set, uint64_t pfn)
{
	uint64_t chunk = pfn >> CHUNK_SHIFT;

	return chunk < set->room && set->chunks[chunk] ?
	       &set->chunks[chunk][pfn % CHUNK_PAGES / 64] : NULL;
}

void page_set_add(struct page_set *set, uint64_t pfn)
{
	uint64_t chunk = pfn >> CHUNK_SHIFT, *word;

	if (chunk >= set->room && !widen(set, chunk)) {
		set->incomplete = true;
		return;
	}
	if (!set->chunks[chunk])
		set->chunks[chunk] = calloc(WORDS, sizeof(**set->chunks));
	word = word_of(set, pfn);
	if (!word) {
		set->incomplete = true;
		return;
	}
	set->count += !(*word >> pfn % 64 & 1);
	*word |= UINT64_C(1) << pfn % 64;
}

void page_set_remove(struct page_set *set, uint64_t pfn)
{
	uint64_t *word = word_of(set, pfn);

	if (!page_set_has(set, pfn))
		return;
	*word &= ~(UINT64_C(1) << pfn % 64);
	set->count--;
}

bool page_set_has(const struct page_set *set, uint64_t pfn)
{
	const uint64_t *word = word_of(set, pfn);

	return word && *word >> pfn % 64 & 1;
}

bool page_set_complete(const struct page_set *set)
{
	return !set->incomplete;
}

uint64_t page_set_next(const struct page_set *set, uint64_t pfn)
{
	while (pfn >> CHUNK_SHIFT < set->room) {
		const uint64_t *word = word_of(set, pfn);
		uint64_t rest;

		if (!word) {
			pfn = (pfn | (CHUNK_PAGES - 1)) + 1;
			continue;
		}
		rest = *word >> pfn % 64;
		if (rest)
			return pfn + (uint64_t)__builtin_ctzll(rest);
		pfn = (pfn | 63) + 1;
	}
	return UINT64_MAX;
}

uint64_t page_set_count(const struct page_set *set)
{
	return set->count;
}
