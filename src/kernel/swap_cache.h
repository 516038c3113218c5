/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The swap cache of one device, space by space, whatever the era. A space is what one
 * address_space holds in the tree eras, and as many slots where there is none.
 *
 * An era is one file that ends in one const struct swap_cache_ops;
 * swap_cache.c holds the array of them and asks each whether this kernel is its.
 */
#ifndef KSWAPCK_SWAP_CACHE_H
#define KSWAPCK_SWAP_CACHE_H

#include "kernel/kernel.h"

/* Slots under one address_space: SWAP_ADDRESS_SPACE_PAGES, 64 MiB of 4 KiB pages. */
#define SWAP_SPACE_SLOTS 16384

/* What could not be read of a space. */
struct swap_space_gaps {
	uint64_t nodes;			/* tree nodes, or swap tables */
	uint64_t slots;			/* below them */
	uint64_t map_slots;		/* swap_map bytes */
	enum read_status status;	/* of the last node */
};

/* A space with room for its slots: 320 KiB, made once and filled again and again. */
struct swap_space {
	struct kswapck_space space;
	struct swap_space_gaps gaps;
	bool dirty;		/* entries, kinds or places are not all zeros */
	uint64_t entries[SWAP_SPACE_SLOTS];
	uint64_t words[SWAP_SPACE_SLOTS];	/* where they are not the entries themselves */
	uint8_t kinds[SWAP_SPACE_SLOTS];
	uint8_t map[SWAP_SPACE_SLOTS];
	uint8_t map_read[SWAP_SPACE_SLOTS];
	uint64_t places[SWAP_SPACE_SLOTS / 16];
};

/** swap_space_new - an empty one; NULL when out of memory; free() it. */
struct swap_space *swap_space_new(void);

/** swap_space_begin - clear @space, and make it space @index of @device. */
void swap_space_begin(struct swap_space *space, const struct kswapck_device *device,
		      uint64_t index);

/** swap_space_count - its slots of this kind. */
uint64_t swap_space_count(const struct swap_space *space, enum kswapck_entry_kind kind);

/* Called for each thing wrong in a tree, before the space is complete. */
typedef void swap_space_fault_fn(void *data, const struct kswapck_space *space,
				 const struct kswapck_tree_fault *fault);

struct swap_cache_ops {
	const char *name;		/* "xarray" */
	/** is this kernel's swap cache of this era? */
	bool (*probe)(const struct kernel *kernel);
	/** resolve the layouts of this era */
	bool (*resolve)(struct kernel *kernel, struct error *err);
	/** number of spaces of @device; false when it cannot be read */
	bool (*spaces)(const struct kernel *kernel, const struct kswapck_device *device,
		       uint64_t *count);
	/** read space @index of @device into @space; false when nothing of it is readable */
	bool (*read)(const struct kernel *kernel, const struct kswapck_device *device,
		     uint64_t index, struct swap_space *space,
		     swap_space_fault_fn *fault, void *data);
	/**
	 * what @device's swap cache holds at @count slots from @first on, all of one space:
	 * @entries and @kinds are [@count]; without the doubts that read() has
	 */
	void (*lookup)(const struct kernel *kernel, const struct kswapck_device *device,
		       uint64_t first, uint32_t count, uint64_t *entries, uint8_t *kinds);
	/**
	 * where @place, the word of @slot in the swap cache, lies: the tree node or the
	 * table from @start to @end
	 */
	void (*node_of)(const struct kernel *kernel, uint64_t place, uint64_t slot,
			uint64_t *start, uint64_t *end);
	/**
	 * put into @map what the swap cache itself says of @count slots from @first on, in
	 * the way of swap_map; NULL: swap_map says all. @map and @map_read are [@count] and
	 * have what swap_map says, or 0 and 1 where there is none.
	 */
	void (*map)(const struct kernel *kernel, const struct kswapck_device *device,
		    uint64_t first, uint32_t count, uint8_t *map, uint8_t *map_read);
	/** address of the word that holds the count of @slot's owners, if swap_map does not;
	 * NULL, or false: there is none */
	bool (*count_place)(const struct kernel *kernel, const struct kswapck_device *device,
			    uint64_t slot, uint64_t *address);
	/** the slot that index @index of the tree at @tree (&space->i_pages) stands for;
	 * false if the tree is none of @device's or has no such index */
	bool (*locate)(const struct kernel *kernel, const struct kswapck_device *device,
		       uint64_t tree, uint64_t index, uint64_t *slot);
};

extern const struct swap_cache_ops swap_cache_xarray;
extern const struct swap_cache_ops swap_cache_table;
extern const struct swap_cache_ops swap_cache_radix;

/** swap_cache_find_era - set kernel->swap_cache; an error names what is not read yet. */
bool swap_cache_find_era(struct kernel *kernel, struct error *err);

#endif
