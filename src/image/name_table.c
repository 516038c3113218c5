// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/name_table.h"

#include <stdlib.h>

/* Names that share a place, on average: places are written at random, so let there be few. */
#define NAMES_PER_PLACE 4

bool name_table_reserve(struct name_table *table, size_t count)
{
	if (count >= UINT32_MAX)
		return false;
	table->tags = calloc(count + 1, sizeof(*table->tags));
	return table->tags;
}

static size_t place_of(const struct name_table *table, uint32_t tag)
{
	return tag >> (32 - table->bits);
}

/* Of each place the numbers whose tags have @first, or have not. */
static void put(struct name_table *table, size_t count, uint32_t first)
{
	uint32_t *starts = table->starts;
	size_t i;

	/* as each place moves on to its end, it becomes the start of the next */
	for (i = 0; i < count; i++)
		if (table->tags[i] && (table->tags[i] & NAME_FIRST) == first)
			table->numbers[starts[place_of(table, table->tags[i]) + 1]++] =
				(uint32_t)i;
}

bool name_table_fill(struct name_table *table, size_t count)
{
	uint32_t *starts;
	size_t places, i;

	for (table->bits = 1; table->bits < 30; table->bits++)
		if (((size_t)NAMES_PER_PLACE << table->bits) >= count)
			break;
	places = (size_t)1 << table->bits;
	table->numbers = malloc((count + 1) * sizeof(*table->numbers));
	starts = table->starts = calloc(places + 2, sizeof(*starts));
	if (!table->numbers || !starts) {
		free(table->starts);
		table->starts = NULL;
		return false;
	}
	/* the names of each place, two behind it; then where each begins, one behind it */
	for (i = 0; i < count; i++)
		if (table->tags[i])
			starts[place_of(table, table->tags[i]) + 2]++;
	for (i = 2; i < places + 2; i++) {
		if (table->together < starts[i])
			table->together = starts[i];
		starts[i] += starts[i - 1];
	}
	put(table, count, NAME_FIRST);
	put(table, count, 0);
	return true;
}

bool name_table_next(const struct name_table *table, uint64_t hash, size_t *cursor,
		     uint32_t *number)
{
	uint32_t tag = name_tag(hash);
	const uint32_t *starts;
	size_t at;

	if (!table->starts)
		return false;
	starts = table->starts + place_of(table, tag);
	for (at = starts[0] + *cursor; at < starts[1]; at++) {
		*number = table->numbers[at];
		if ((table->tags[*number] & ~NAME_FIRST) != tag)
			continue;
		*cursor = at + 1 - starts[0];
		return true;
	}
	*cursor = starts[1] - starts[0];
	return false;
}

void name_table_free(struct name_table *table)
{
	free(table->tags);
	free(table->numbers);
	free(table->starts);
	*table = (struct name_table){ 0 };
}
