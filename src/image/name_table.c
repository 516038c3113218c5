// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/name_table.h"

#include <stdlib.h>

/* Names that share a place, on average: places are written at random, so let there be few. */
#define NAMES_PER_PLACE 4

/* In a cursor: it is with the names that are not NAME_FIRST. */
#define CURSOR_LATER ((size_t)1 << 32)

bool name_table_reserve(struct name_table *table, size_t count)
{
	if (count >= UINT32_MAX)
		return false;
	table->tags = malloc((count + 1) * sizeof(*table->tags));
	return table->tags;
}

static struct name_place *place_of(const struct name_table *table, uint32_t tag)
{
	return &table->places[tag >> (32 - table->bits)];
}

static size_t count_names(const struct name_table *table, size_t count)
{
	size_t names = 0, i;

	for (i = 0; i < count; i++)
		names += table->tags[i] != 0;
	return names;
}

bool name_table_fill(struct name_table *table, size_t count)
{
	size_t names = count_names(table, count), i;

	for (table->bits = 1; table->bits < 30; table->bits++)
		if (((size_t)NAMES_PER_PLACE << table->bits) >= names)
			break;
	table->next = malloc((count + 1) * sizeof(*table->next));
	table->places = calloc((size_t)1 << table->bits, sizeof(*table->places));
	if (!table->next || !table->places) {
		free(table->places);
		table->places = NULL;
		return false;
	}
	/* from the last on, as each goes in front of those of its place */
	for (i = count; i-- > 0;) {
		struct name_place *place = place_of(table, table->tags[i]);

		if (!table->tags[i])
			continue;
		table->next[i] = place->first;
		place->first = (uint32_t)i + 1;
		if (++place->count > table->together)
			table->together = place->count;
	}
	return true;
}

/* From @at on the first one of this tag; these are numbers + 1, and 0 is the end. */
static uint32_t seek(const struct name_table *table, uint32_t at, uint32_t tag)
{
	while (at && table->tags[at - 1] != tag)
		at = table->next[at - 1];
	return at;
}

bool name_table_next(const struct name_table *table, uint64_t hash, size_t *cursor,
		     uint32_t *number)
{
	uint32_t tag = name_tag(hash), last = (uint32_t)*cursor, at;
	size_t later = *cursor & CURSOR_LATER;

	if (!table->places)
		return false;
	at = last ? table->next[last - 1] : place_of(table, tag)->first;
	at = seek(table, at, later ? tag : tag | NAME_FIRST);
	if (!at && !later) {
		later = CURSOR_LATER;
		at = seek(table, place_of(table, tag)->first, tag);
	}
	if (!at)
		return false;
	*cursor = later | at;
	*number = at - 1;
	return true;
}

void name_table_free(struct name_table *table)
{
	free(table->tags);
	free(table->next);
	free(table->places);
	*table = (struct name_table){ 0 };
}
