// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/name_index.h"

#include <stdlib.h>

/*
 * Equal names go in one behind the other, which takes a square of steps: hours for
 * a table that was made so. Those of kernels take 4 steps a name.
 */
#define STEPS_PER_SLOT 64
#define STEPS_LEAST    (UINT64_C(1) << 24)

static size_t slot_count(const struct name_index *index)
{
	return index->bits ? (size_t)1 << index->bits : 0;
}

static size_t first_slot(const struct name_index *index, uint32_t tag)
{
	return tag >> (32 - index->bits);
}

static void put(struct name_index *index, uint64_t slot)
{
	size_t mask = slot_count(index) - 1;
	size_t at = first_slot(index, (uint32_t)(slot >> 32));

	for (; index->slots[at]; index->steps++)
		at = (at + 1) & mask;
	index->slots[at] = slot;
	index->used++;
}

/*
 * Begin behind an empty slot: a row of used slots that wraps around the end is
 * then met from its start, and equal names keep their order.
 */
static void move_all(struct name_index *to, const struct name_index *from)
{
	size_t count = slot_count(from);
	size_t start = 0, i;

	while (start < count && from->slots[start])
		start++;
	for (i = 1; i <= count; i++) {
		uint64_t slot = from->slots[(start + i) & (count - 1)];

		if (slot)
			put(to, slot);
	}
}

bool name_index_reserve(struct name_index *index, size_t count)
{
	struct name_index wider = { .bits = 6 };

	while (wider.bits < 31 && ((size_t)1 << wider.bits) < count + count / 2)
		wider.bits++;
	if (((size_t)1 << wider.bits) < count + count / 2)
		return false;
	if (wider.bits <= index->bits)
		return true;
	wider.slots = calloc(slot_count(&wider), sizeof(*wider.slots));
	if (!wider.slots)
		return false;
	move_all(&wider, index);
	free(index->slots);
	*index = wider;
	return true;
}

static bool add(struct name_index *index, uint64_t slot)
{
	if (index->steps > STEPS_LEAST + STEPS_PER_SLOT * (uint64_t)slot_count(index))
		return false;
	/* At three quarters full linear probing begins to cost. */
	if (index->used >= slot_count(index) / 4 * 3 &&
	    !name_index_reserve(index, index->used + index->used / 2 + 32))
		return false;
	put(index, slot);
	return true;
}

bool name_index_add(struct name_index *index, uint64_t hash, uint32_t number)
{
	return number != UINT32_MAX &&
	       add(index, (uint64_t)name_hash_top(hash) << 32 | (number + 1));
}

bool name_index_next(const struct name_index *index, uint64_t hash,
		     size_t *cursor, uint32_t *number)
{
	uint32_t tag = name_hash_top(hash);
	size_t count = slot_count(index);

	while (*cursor < count) {
		size_t at = (first_slot(index, tag) + *cursor) & (count - 1);
		uint64_t slot = index->slots[at];

		if (!slot)
			return false;
		(*cursor)++;
		if (slot >> 32 == tag) {
			*number = (uint32_t)slot - 1;
			return true;
		}
	}
	return false;
}

void name_index_free(struct name_index *index)
{
	free(index->slots);
	*index = (struct name_index){ 0 };
}
