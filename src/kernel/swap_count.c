// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A swap_map byte counts to SWAP_MAP_MAX. What is above goes on, with
 * COUNT_CONTINUED in the byte, at the same offset of pages of their own: a digit of
 * 7 bits in each, the lowest first. They hang on the lru of the page of swap_map
 * that holds the byte, whose ->private is SWP_CONTINUED then (mm/swapfile.c
 * add_swap_count_continuation(), swap_count_continued()).
 */
#include "kernel/swap_count.h"

#include "kernel/page.h"
#include "kernel/swap_cache_table.h"


/* include/linux/swap.h */
#define SWP_CONTINUED	(1 << 5)
#define SWAP_CONT_MAX	0x7f

/* Digits that a count of owners can have: there are less than 2^63 of them. */
#define DIGITS_MAX	8

/* One count that goes on in pages. */
struct continuation {
	const struct kernel *kernel;
	uint64_t head;		/* struct page of this part of swap_map */
	uint64_t offset;	/* of the byte in each page */
	const char *why;
};

static enum swap_count_status unknown(struct continuation *at, const char *why)
{
	at->why = why;
	return SWAP_COUNT_UNKNOWN;
}

static enum swap_count_status damaged(struct continuation *at, const char *why)
{
	at->why = why;
	return SWAP_COUNT_DAMAGED;
}

/* vmalloc_to_page(si->swap_map + offset) */
static enum swap_count_status find_head(struct continuation *at, uint64_t byte)
{
	uint64_t physical;
	struct kswapck_page head;

	if (memory_physical(at->kernel->memory, byte, &physical) != READ_OK)
		return unknown(at, "the page of its swap_map byte cannot be found");
	at->head = page_address_of(at->kernel, physical >> kernel_page_shift(at->kernel));
	at->offset = byte % kernel_page_size(at->kernel);
	if (page_read(at->kernel, at->head, &head) != READ_OK)
		return unknown(at, "the struct page of its swap_map byte is not in the dump");
	if (head.private != SWP_CONTINUED)
		return damaged(at, "its page of swap_map has no continuation pages");
	return SWAP_COUNT_KNOWN;
}

/* Go on from @page to the next one of the list. */
static enum swap_count_status next_page(struct continuation *at, uint64_t *page)
{
	uint32_t lru = at->kernel->swap.page_lru.offset;

	if (memory_read_u64(at->kernel->memory, *page + lru, page) != READ_OK)
		return unknown(at, "the list of its continuation pages is not in the dump");
	*page -= lru;
	if (*page == at->head)
		return damaged(at, "no continuation page holds its next digit");
	if (!page_is_address(at->kernel, *page))
		return damaged(at, "the list of its continuation pages leads to no page");
	return SWAP_COUNT_KNOWN;
}

static enum swap_count_status read_digit(struct continuation *at, uint64_t page, uint8_t *byte)
{
	struct kswapck_page decoded;

	if (page_read(at->kernel, page, &decoded) != READ_OK ||
	    memory_read_physical(at->kernel->memory, at->offset +
				 (decoded.pfn << kernel_page_shift(at->kernel)),
				 byte, 1) != READ_OK)
		return unknown(at, "a continuation page is not in the dump");
	return SWAP_COUNT_KNOWN;
}

/* Add to @count what stands in the continuation pages. */
static enum swap_count_status add_digits(struct continuation *at, uint64_t *count)
{
	enum swap_count_status status;
	uint64_t page = at->head, weight = SWAP_MAP_MAX + 1;
	uint8_t byte = COUNT_CONTINUED;
	unsigned int digits;

	for (digits = 0; byte & COUNT_CONTINUED; digits++) {
		if (digits == DIGITS_MAX)
			return damaged(at, "its continuation has no end");
		status = next_page(at, &page);
		if (status == SWAP_COUNT_KNOWN)
			status = read_digit(at, page, &byte);
		if (status != SWAP_COUNT_KNOWN)
			return status;
		*count += (byte & SWAP_CONT_MAX) * weight;
		weight *= SWAP_CONT_MAX + 1;
	}
	/* the flag before it goes when the last digit does: BUG_ON() in swap_count_continued() */
	if (!byte)
		return damaged(at, "its continuation ends with a digit of 0");
	return SWAP_COUNT_KNOWN;
}

static enum swap_count_status read_continued(struct continuation *at, uint64_t byte,
					     uint64_t *count)
{
	enum swap_count_status status;

	if (at->kernel->swap.page_lru.size != 16)
		return unknown(at, "this kernel's struct page has no list");
	status = find_head(at, byte);
	return status == SWAP_COUNT_KNOWN ? add_digits(at, count) : status;
}

enum swap_count_status swap_count_read(const struct kernel *kernel,
				       const struct kswapck_device *device, uint64_t slot,
				       uint8_t map, uint64_t *count, const char **why)
{
	struct continuation at = {.kernel = kernel};
	enum swap_count_status status = SWAP_COUNT_KNOWN;
	uint64_t total;

	map &= (uint8_t)~SWAP_HAS_CACHE;
	if (map == SWAP_MAP_BAD) {
		*why = "the slot is bad";
		return SWAP_COUNT_UNKNOWN;
	}
	if (!device->swap_map && map & COUNT_CONTINUED)
		return swap_table_count(kernel, device, slot, count, why);
	total = map == SWAP_MAP_SHMEM ? 1 : map & ~COUNT_CONTINUED;
	if (map != SWAP_MAP_SHMEM && map & COUNT_CONTINUED)
		status = read_continued(&at, device->swap_map + slot, &total);
	if (status == SWAP_COUNT_KNOWN)
		*count = total;
	else
		*why = at.why;
	return status;
}
