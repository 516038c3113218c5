/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the hash of a name to the numbers that may have that name, for a table that is known as a
 * whole before the first is looked up: symbols and types of a kernel. Where names come one by
 * one, take image/name_index.h.
 *
 * It is made in one pass over the hashes, in which equal names cost no more than others.
 */
#ifndef KSWAPCK_NAME_TABLE_H
#define KSWAPCK_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/name_index.h"

/* Names of a kernel that are equal, or whose tags are nearly: some thousand ("__func__.0"). */
#define NAMES_TOGETHER_MAX (1U << 16)

/* In a tag: of equal names these come first. */
#define NAME_FIRST 2U

/* The names whose tags have the same upper bits, chained. */
struct name_place {
	uint32_t first;		/* number + 1; 0: none */
	uint32_t count;
};

struct name_table {
	uint32_t *tags;		/* by number; 0: it has no name */
	uint32_t *next;		/* by number: number + 1 of the next higher one of its place, or 0 */
	struct name_place *places;
	unsigned int bits;	/* of tags, that tell the place */
	uint32_t together;	/* the most that a look at one name goes through */
};

/** name_tag - what the table keeps of a name_hash(); never 0, and without NAME_FIRST. */
static inline uint32_t name_tag(uint64_t hash)
{
	return (name_hash_top(hash) & ~NAME_FIRST) | 1;
}

/**
 * name_table_reserve - room for @count numbers from 0 on: set table->tags of all of them.
 *
 * Return: false when out of memory.
 */
bool name_table_reserve(struct name_table *table, size_t count);

/**
 * name_table_fill - chain the @count numbers by their tags. A table made so that
 * table->together is above NAMES_TOGETHER_MAX is none of a kernel.
 *
 * Return: false when out of memory; then nothing is found.
 */
bool name_table_fill(struct name_table *table, size_t count);

/**
 * name_table_next - walk over the numbers of the names with this hash (and, rarely, of another
 * one: compare the names), in their order, those with NAME_FIRST before the others.
 * @cursor: 0 at first; kept by the caller.
 */
bool name_table_next(const struct name_table *table, uint64_t hash, size_t *cursor,
		     uint32_t *number);

/** name_table_free - a table that is all zero bytes is fine. */
void name_table_free(struct name_table *table);

#endif
