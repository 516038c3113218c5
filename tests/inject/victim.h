/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places in the swap cache of a clean dump that a fault can be put into. */
#ifndef KSWAPCK_INJECT_VICTIM_H
#define KSWAPCK_INJECT_VICTIM_H

#include "scene.h"

/* One slot and all that stands around it. Addresses are of words to lay over. */
struct victim {
	struct kswapck_device device;
	uint64_t slot;
	uint32_t index;			/* of the slot within its space */
	uint64_t entry;			/* 0: nothing */
	uint64_t place;			/* of the entry in its tree node; 0: no node */
	uint8_t map;
	uint64_t map_place;
	struct kswapck_page page;	/* if entry is a folio */
	uint64_t space;			/* struct address_space */
	uint64_t space_first;		/* first slot of the space */
	uint32_t space_slots;
	uint64_t nrpages_place;
	uint64_t nrexceptional_place;	/* 0: this kernel has none */
};

/* A tree node and where it hangs. */
struct tree_node {
	uint64_t address;
	uint64_t parent;		/* 0: it is the root */
	uint64_t pointer_place;		/* of the pointer to it */
	unsigned int shift;
};

/* Each finds the first of its kind, or says why not (skip()) and returns false. */
bool find_small_folio(struct scene *scene, struct victim *victim);
/** find_two_small - in neighbouring slots; the slot of the first is even. */
bool find_two_small(struct scene *scene, struct victim *victims);
/** find_four_small - in four aligned neighbouring slots. */
bool find_four_small(struct scene *scene, struct victim *victims);
/** find_large_folio - the first slot of a whole one. */
bool find_large_folio(struct scene *scene, struct victim *victim);
/** find_shadow - of a page that is on the disk only; its slot is in use. */
bool find_shadow(struct scene *scene, struct victim *victim);
bool find_free_slot(struct scene *scene, struct victim *victim);
/** find_four_free - the first of four aligned ones. */
bool find_four_free(struct scene *scene, struct victim *victim);
/** find_free_slots - one after two others that are free as well, in one cluster. */
bool find_free_slots(struct scene *scene, struct victim *victim);

/** find_page - the first struct page with all of @marks and none of @unwanted. */
bool find_page(struct scene *scene, uint32_t marks, uint32_t unwanted,
	       struct kswapck_page *page);
/** find_free_block - a free block of the buddy allocator of at least @order. */
bool find_free_block(struct scene *scene, unsigned int order, struct kswapck_page *page);

/** leaf_of - the node that holds @victim's entry. */
bool leaf_of(struct scene *scene, const struct victim *victim, struct tree_node *leaf);
/** root_of - the root node of @victim's tree. */
bool root_of(struct scene *scene, const struct victim *victim, struct tree_node *root);
/** find_small_leaf - a leaf under a parent, with small folios and shadows only. */
bool find_small_leaf(struct scene *scene, struct victim *victim, struct tree_node *leaf);
/** find_deep_leaf - the same in a tree of three levels. */
bool find_deep_leaf(struct scene *scene, struct victim *victim, struct tree_node *leaf);

/**
 * expect_neighbours - one problem in @count neighbouring slots, which hold @pages:
 * findings on neighbouring pages are joined into one.
 */
void expect_neighbours(struct scene *scene, const char *id, uint64_t first_slot,
		       const uint64_t *pages, unsigned int count, const char *detail);

/* How this kernel writes down what a slot holds and who owns it: words.c. */

/** has_trees - the swap cache is in trees, up to 6.17. */
bool has_trees(const struct scene *scene);
/** has_counts - words of swap tables count: there is no swap_map, since 7.1. */
bool has_counts(const struct scene *scene);
/**
 * lay_entry - what the swap cache holds at @victim's slot: nothing, a shadow, or the
 * address of a struct page; skips the fault where no word can say so.
 */
void lay_entry(struct scene *scene, const struct victim *victim, uint64_t entry);
/**
 * lay_tree_word - a word of a tree, given as an xarray has it.
 * @slots: address of the slots of its node, for a sibling entry.
 */
void lay_tree_word(struct scene *scene, uint64_t place, uint64_t slots, uint64_t word);
/** peek_tree_word - the reverse. */
uint64_t peek_tree_word(struct scene *scene, uint64_t place);
/** lay_map - a swap_map byte, or what says the same; skips the fault if nothing can. */
void lay_map(struct scene *scene, const struct victim *victim, uint8_t byte);
/** lay_owners - @difference more owners of a slot are counted. */
void lay_owners(struct scene *scene, const struct kswapck_device *device, uint64_t slot,
		int64_t difference);
/** lay_nrpages - of @victim's tree; without trees there is nothing to do. */
void lay_nrpages(struct scene *scene, const struct victim *victim, int64_t difference);
/** lay_node - the same for the node that holds @victim's entry; false if it was skipped. */
bool lay_node(struct scene *scene, const struct victim *victim, int64_t count, int64_t values);

/** slot_in_hand - does a stack or a register hold an entry near this one, of any form? */
bool slot_in_hand(const struct scene *scene, unsigned int type, uint64_t slot);

/** root_place - address of @victim's xa_head. */
uint64_t root_place(const struct scene *scene, const struct victim *victim);
/**
 * tree_lock_place - address of the first word of the xa_lock of @victim's tree, or of the
 * lock of its cluster.
 */
uint64_t tree_lock_place(const struct scene *scene, const struct victim *victim);
/** device_lock_place - the same of si->lock. */
uint64_t device_lock_place(const struct scene *scene, const struct victim *victim);

#endif
