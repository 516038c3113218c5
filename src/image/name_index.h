/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the hash of a name to the places that may hold that name.
 *
 * The index keeps no names, only 32 bits of each hash and a number that means
 * something to the caller, who compares the names. Equal names come out in the
 * order in which they went in. Where all are known from the start, image/name_table.h is faster.
 */
#ifndef KSWAPCK_NAME_INDEX_H
#define KSWAPCK_NAME_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_index {
	uint64_t *slots;	/* hash in the upper half, number + 1 in the lower */
	unsigned int bits;	/* log2 of the number of slots; 0: none yet */
	size_t used;
	uint64_t steps;		/* over used slots, of all that went in */
};

/*
 * The hash is a sum over the letters, so that the hash of two strings in a row is the sum of
 * the hashes of both. kallsyms needs that: a name there is a row of tokens, and of a running
 * sum over all of them the hash of each name is a difference. Names of the same letters in
 * another order have the same hash; there are few.
 */
#define NAME_HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/** name_hash_letter - what a letter adds to the hash of a name. */
static inline uint64_t name_hash_letter(unsigned char letter)
{
	uint64_t product = letter * NAME_HASH_FACTOR;

	/* not in proportion to the letter: else "ac" and "bb" were one */
	return product ^ (product >> 32);
}

/** name_hash_bytes - hash of the first @length bytes of a name. */
static inline uint64_t name_hash_bytes(const char *name, size_t length)
{
	uint64_t hash = 0;

	for (; length; length--, name++)
		hash += name_hash_letter((unsigned char)*name);
	return hash;
}

/** name_hash - hash of a C string. */
static inline uint64_t name_hash(const char *name)
{
	uint64_t hash = 0;

	for (; *name; name++)
		hash += name_hash_letter((unsigned char)*name);
	return hash;
}

/** name_hash_top - 32 bits of a name_hash() that depend on all of it. */
static inline uint32_t name_hash_top(uint64_t hash)
{
	/* upper bits of a product depend on all bits below them; the lower do not */
	return (uint32_t)(((hash ^ (hash >> 29)) * UINT64_C(0xbf58476d1ce4e5b9)) >> 32);
}

/**
 * name_index_reserve - make room for @count names at once.
 *
 * Return: false when out of memory; the index is as it was.
 */
bool name_index_reserve(struct name_index *index, size_t count);

/**
 * name_index_add - false when out of memory, or when so many names are equal that
 * the table they come from cannot be sound; the index is as it was.
 */
bool name_index_add(struct name_index *index, uint64_t hash, uint32_t number);

/**
 * name_index_next - walk over the numbers that were added with this hash (and,
 * rarely, with another one: compare the names).
 * @cursor: 0 at first; kept by the caller.
 */
bool name_index_next(const struct name_index *index, uint64_t hash,
		     size_t *cursor, uint32_t *number);

/** name_index_free - an index that is all zero bytes is fine. */
void name_index_free(struct name_index *index);

#endif
