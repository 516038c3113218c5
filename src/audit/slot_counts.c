// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/slot_counts.h"

#include <stdlib.h>

#define BLOCK_SLOTS 16384
#define WORD_BITS   32

struct slot_block {
	uint32_t bits;		/* of a counter: 1, 2, 4 ... 32 */
	uint32_t words[];
};

void slot_counts_init(struct slot_counts *counts, uint64_t slots)
{
	*counts = (struct slot_counts){.slots = slots};
}

static uint64_t block_count(const struct slot_counts *counts)
{
	return (counts->slots + BLOCK_SLOTS - 1) / BLOCK_SLOTS;
}

void slot_counts_free(struct slot_counts *counts)
{
	uint64_t i;

	for (i = 0; counts->blocks && i < block_count(counts); i++)
		free(counts->blocks[i]);
	free(counts->blocks);
	slot_counts_init(counts, 0);
}

static struct slot_block *new_block(uint32_t bits)
{
	struct slot_block *block = calloc(1, sizeof(*block) + BLOCK_SLOTS / 8 * bits);

	if (block)
		block->bits = bits;
	return block;
}

static uint32_t largest(const struct slot_block *block)
{
	return UINT32_MAX >> (WORD_BITS - block->bits);
}

static uint32_t get(const struct slot_block *block, uint32_t i)
{
	uint32_t at = i * block->bits;

	return block->words[at / WORD_BITS] >> at % WORD_BITS & largest(block);
}

/* Only ever more: the counter has room for @more. */
static void add(struct slot_block *block, uint32_t i, uint32_t more)
{
	uint32_t at = i * block->bits;

	block->words[at / WORD_BITS] += more << at % WORD_BITS;
}

static struct slot_block *widen(const struct slot_block *block)
{
	struct slot_block *wider = new_block(2 * block->bits);
	uint32_t i;

	for (i = 0; wider && i < BLOCK_SLOTS; i++)
		add(wider, i, get(block, i));
	return wider;
}

bool slot_counts_add(struct slot_counts *counts, uint64_t slot)
{
	struct slot_block **block, *wider;
	uint32_t i = slot % BLOCK_SLOTS;

	if (!counts->blocks)
		counts->blocks = calloc(block_count(counts), sizeof(*counts->blocks));
	if (!counts->blocks)
		return false;
	block = &counts->blocks[slot / BLOCK_SLOTS];
	if (!*block)
		*block = new_block(1);
	if (!*block)
		return false;
	if (get(*block, i) == largest(*block)) {
		if ((*block)->bits == WORD_BITS)
			return true;
		wider = widen(*block);
		if (!wider)
			return false;
		free(*block);
		*block = wider;
	}
	add(*block, i, 1);
	return true;
}

uint32_t slot_counts_get(const struct slot_counts *counts, uint64_t slot)
{
	const struct slot_block *block;

	if (!counts->blocks || slot >= counts->slots)
		return 0;
	block = counts->blocks[slot / BLOCK_SLOTS];
	return block ? get(block, slot % BLOCK_SLOTS) : 0;
}
