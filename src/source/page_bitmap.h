/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bitmap of page frames in a file, one bit each, as kdump-compressed dumps have them. Read
 * in parts, as they are asked for: a dump of 12 TiB has 384 MiB of it, and an audit looks at
 * few places.
 */
#ifndef KSWAPCK_PAGE_BITMAP_H
#define KSWAPCK_PAGE_BITMAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "source/file.h"

struct page_bitmap;

/**
 * page_bitmap_open - the bitmap of @bits page frames at byte @offset of @file, which must
 * outlive it. All of it is read once, to count.
 *
 * Return: NULL with @err set when it can't be read, or there is no memory.
 */
struct page_bitmap *page_bitmap_open(const struct file *file, uint64_t offset, uint64_t bits,
				     struct error *err);

/**
 * page_bitmap_copy - the same for another thread, which reads it from its own @file. What was
 * counted is @bitmap's, which must outlive it.
 *
 * Return: NULL when out of memory.
 */
struct page_bitmap *page_bitmap_copy(const struct page_bitmap *bitmap, const struct file *file);

void page_bitmap_free(struct page_bitmap *bitmap);	/* NULL is fine */

/** struct page_place - what a bitmap says of a page frame. */
struct page_place {
	bool set;
	uint64_t before;	/* bits set below its own */
};

/**
 * page_bitmap_look - fill @place for the page frame @pfn; the number of all bits is allowed
 * too, and has all set bits before it.
 *
 * Return: false when that part of the file can't be read, or @pfn is more than that.
 */
bool page_bitmap_look(struct page_bitmap *bitmap, uint64_t pfn, struct page_place *place);

#endif
