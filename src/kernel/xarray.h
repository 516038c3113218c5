/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XArray of 4.20 and later (include/linux/xarray.h), walked with suspicion; and the
 * radix tree that it came from. That has the same nodes, and marks its words in another
 * way (include/linux/radix-tree.h up to 4.19); here they are taken for what they would
 * be in an xarray, when they are read.
 */
#ifndef KSWAPCK_XARRAY_H
#define KSWAPCK_XARRAY_H

#include "kernel/kernel.h"

/* A leaf, each of whose slots holds nothing, a value or a pointer. */
struct xarray_leaf {
	uint64_t index;			/* of its first slot */
	uint64_t where;			/* address of the word of that slot */
	const uint64_t *entries;	/* [slots] */
	uint32_t slots;
	uint32_t count, values;		/* of slots that are not empty, and that hold a value */
};

/* What xarray_walk() tells. Indices are those of the array. */
struct xarray_visitor {
	void *data;
	/** such a leaf, if all of its indices were asked for; NULL: its entries one by one */
	void (*leaf)(void *data, const struct xarray_leaf *leaf);
	/** an entry that is no node: value or pointer; @where is the address of its word */
	void (*entry)(void *data, uint64_t index, uint64_t entry, uint64_t where);
	/** something wrong in the tree; fault->first_slot and slots are indices */
	void (*fault)(void *data, const struct kswapck_tree_fault *fault);
	/** a node that cannot be read, and the indices below it */
	void (*unreadable)(void *data, uint64_t node, uint64_t first, uint64_t count,
			   enum read_status status);
};

/* struct xarray itself. */
struct xarray {
	uint64_t address;
	uint64_t head;		/* xa_head */
	bool locked;		/* xa_lock is held: the tree may be in motion */
};

/** xarray_layout_resolve - fill kernel->xarray. */
bool xarray_layout_resolve(struct kernel *kernel, struct error *err);

/** xarray_of_mapping - the tree within struct address_space: i_pages, page_tree (4.14). */
bool xarray_of_mapping(const struct kernel *kernel, struct field *tree);

/**
 * xarray_take_word - a word of a tree as an xarray would have it.
 * @slots: address of the slots of the node that holds it; 0: the root does.
 */
uint64_t xarray_take_word(const struct xarray_layout *layout, uint64_t slots, uint64_t word);
/** xarray_word_of - the reverse, of a value or a pointer: as it stands in the tree. */
uint64_t xarray_word_of(const struct xarray_layout *layout, uint64_t entry);

/** xarray_read - read the struct xarray at @address. */
enum read_status xarray_read(const struct kernel *kernel, uint64_t address,
			     struct xarray *xarray);

/**
 * xarray_walk - visit every entry with @first <= index < @first + @count, once.
 *
 * Nodes outside of that range are not entered; an entry there is a fault.
 * Bounded by @count whatever the dump says.
 */
void xarray_walk(const struct kernel *kernel, const struct xarray *xarray,
		 uint64_t first, uint64_t count, const struct xarray_visitor *visitor);

/* Filled by xarray_for_each_value(). */
struct xarray_values {
	uint64_t nodes;		/* read */
	uint64_t unreadable;	/* not readable, or not what should be there */
};

/**
 * Called for each value; false stops. It stands for @count indices from @index on;
 * @where is the address of its word.
 */
typedef bool xarray_value_fn(void *data, uint64_t index, uint64_t count, uint64_t entry,
			     uint64_t where);

/**
 * xarray_for_each_value - visit the values of a tree of any size that may have
 * multi-index entries, such as a file's page cache.
 *
 * It does not judge the tree, but only enters nodes that are where they say that
 * they are, so that it reads each one once, whatever the dump says.
 * @values: set.
 *
 * Return: false when the visitor stopped it.
 */
bool xarray_for_each_value(const struct kernel *kernel, const struct xarray *xarray,
			   xarray_value_fn *visit, void *data, struct xarray_values *values);

/**
 * xarray_lowest - smallest index in use; false if empty or not readable.
 * @nodes: how many nodes may be read; becomes how many of these are left.
 */
bool xarray_lowest(const struct kernel *kernel, const struct xarray *xarray,
		   unsigned int *nodes, uint64_t *index);

/* Entries: bit 0 is a value, low bits 10 an internal entry (xarray.h). */
static inline bool xarray_is_value(uint64_t entry)
{
	return entry & 1;
}

static inline bool xarray_is_internal(uint64_t entry)
{
	return (entry & 3) == 2;
}

#endif
