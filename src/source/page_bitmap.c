// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/page_bitmap.h"

#include <stdlib.h>
#include <string.h>

/* Read at a time: 4 KiB are 128 MiB of RAM, in pages of 4 KiB. */
#define PART_BITS  32768
#define PART_WORDS (PART_BITS / 64)

/* Set bits are counted in advance up to each of these many bits of a part. */
#define BLOCK_BITS  512
#define BLOCK_WORDS (BLOCK_BITS / 64)

/* Parts in memory, 2 MiB at most: 64 GiB of RAM without reading any twice. */
#define PARTS_KEPT 512

struct part {
	uint64_t number;
	uint64_t words[PART_WORDS];
	uint16_t before[PART_BITS / BLOCK_BITS];	/* set bits of the part before each block */
};

struct page_bitmap {
	const struct file *file;
	uint64_t offset;
	uint64_t bits;
	uint64_t *before;		/* set bits before each part */
	bool copy;			/* before belongs to the one it was made of */
	struct part *parts[PARTS_KEPT];	/* by number, modulo; NULL: none was asked for yet */
};

static uint64_t part_count(const struct page_bitmap *bitmap)
{
	return bitmap->bits / PART_BITS + 1;	/* one has room for a bit behind the last */
}

/* Set bits in words[0 .. count). */
static uint64_t count_bits(const uint64_t *words, size_t count)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits += (uint64_t)__builtin_popcountll(words[i]);
	return bits;
}

/* What the file has of it; zeros behind the end. */
static bool read_words(const struct page_bitmap *bitmap, uint64_t number,
		       uint64_t words[PART_WORDS], struct error *err)
{
	uint64_t first = number * PART_BITS, bits = bitmap->bits - first;
	size_t length = (size_t)((bits < PART_BITS ? bits : PART_BITS) + 7) / 8;

	memset((char *)words + length, 0, PART_BITS / 8 - length);
	return file_read(bitmap->file, bitmap->offset + first / 8, words, length, err);
}

static bool count_parts(struct page_bitmap *bitmap, struct error *err)
{
	uint64_t words[PART_WORDS];
	uint64_t count = 0, data = 0;

	bitmap->before = calloc(part_count(bitmap), sizeof(*bitmap->before));
	if (!bitmap->before)
		return error_set(err, ERROR_SYSTEM, "%s: no memory for the bitmap",
				 file_name(bitmap->file));
	for (uint64_t number = 0; number < part_count(bitmap); number++) {
		uint64_t start = bitmap->offset + number * (PART_BITS / 8);

		bitmap->before[number] = count;
		/* a hole of the file, where there is no RAM */
		if (data < start)
			data = file_skip_hole(bitmap->file, start);
		if (data - start >= PART_BITS / 8 && data < file_size(bitmap->file))
			continue;
		if (!read_words(bitmap, number, words, err))
			return false;
		count += count_bits(words, PART_WORDS);
	}
	return true;
}

struct page_bitmap *page_bitmap_open(const struct file *file, uint64_t offset, uint64_t bits,
				     struct error *err)
{
	struct page_bitmap *bitmap = calloc(1, sizeof(*bitmap));

	if (!bitmap) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	bitmap->file = file;
	bitmap->offset = offset;
	bitmap->bits = bits;
	if (!count_parts(bitmap, err)) {
		page_bitmap_free(bitmap);
		return NULL;
	}
	return bitmap;
}

struct page_bitmap *page_bitmap_copy(const struct page_bitmap *bitmap, const struct file *file)
{
	struct page_bitmap *copy = calloc(1, sizeof(*copy));

	if (!copy)
		return NULL;
	copy->file = file;
	copy->offset = bitmap->offset;
	copy->bits = bitmap->bits;
	copy->before = bitmap->before;
	copy->copy = true;
	return copy;
}

void page_bitmap_free(struct page_bitmap *bitmap)
{
	if (!bitmap)
		return;
	for (size_t i = 0; i < PARTS_KEPT; i++)
		free(bitmap->parts[i]);
	if (!bitmap->copy)
		free(bitmap->before);
	free(bitmap);
}

static bool read_part(const struct page_bitmap *bitmap, uint64_t number, struct part *part)
{
	uint16_t count = 0;

	part->number = UINT64_MAX;
	if (!read_words(bitmap, number, part->words, NULL))
		return false;
	for (size_t block = 0; block < PART_BITS / BLOCK_BITS; block++) {
		part->before[block] = count;
		count += (uint16_t)count_bits(&part->words[block * BLOCK_WORDS], BLOCK_WORDS);
	}
	part->number = number;
	return true;
}

/* NULL: it can't be read, or there is no memory. */
static const struct part *part_of(struct page_bitmap *bitmap, uint64_t number)
{
	struct part **kept = &bitmap->parts[number % PARTS_KEPT];

	if (!*kept) {
		*kept = malloc(sizeof(**kept));
		if (!*kept)
			return NULL;
		(*kept)->number = UINT64_MAX;
	}
	if ((*kept)->number != number && !read_part(bitmap, number, *kept))
		return NULL;
	return *kept;
}

bool page_bitmap_look(struct page_bitmap *bitmap, uint64_t pfn, struct page_place *place)
{
	uint64_t number = pfn / PART_BITS;
	size_t bit = pfn % PART_BITS, word = bit / 64, block = bit / BLOCK_BITS;
	const struct part *part = pfn <= bitmap->bits ? part_of(bitmap, number) : NULL;
	uint64_t below = (UINT64_C(1) << bit % 64) - 1;

	if (!part)
		return false;
	place->set = part->words[word] >> bit % 64 & 1;
	place->before = bitmap->before[number] + part->before[block] +
			count_bits(&part->words[block * BLOCK_WORDS], word % BLOCK_WORDS) +
			(uint64_t)__builtin_popcountll(part->words[word] & below);
	return true;
}
