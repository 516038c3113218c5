/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page table entries and shmem values of a clean dump that a fault can be put into. */
#ifndef KSWAPCK_INJECT_OWNER_H
#define KSWAPCK_INJECT_OWNER_H

#include "victim.h"

/* One who owns a slot, perhaps with others. */
struct owner {
	struct kswapck_device device;
	uint64_t slot;
	uint8_t map;			/* the slot's swap_map byte */
	unsigned int count;		/* owners; of page table entries only */
	struct kswapck_page page;	/* if cached */
	bool cached;
	uint64_t raw;			/* the entry as it stands there */
	/* of a page table entry */
	uint64_t mm, address;
	uint64_t place;			/* physical address */
	uint64_t table;			/* physical address of the table that is in */
	uint64_t empty;			/* physical address of an empty entry of the process */
	bool empty_mapped;		/* it is in a VMA */
	uint64_t tables[2];		/* physical addresses of two tables above its own */
	struct kswapck_vma vma;
	/* of shmem */
	uint64_t word;			/* virtual address of the tree's word */
};

/** find_pte - of a slot that nobody has in hand. */
bool find_pte(struct scene *scene, struct owner *owner);
/** find_cached_pte - the same; the slot holds a small anonymous folio, and KSM is not at it. */
bool find_cached_pte(struct scene *scene, struct owner *owner);
/** find_other_cached_pte - the same, of a folio whose anon_vma has another root than @than's. */
bool find_other_cached_pte(struct scene *scene, const struct owner *than, struct owner *owner);
/** find_shmem - a value in the tree of a shmem file. */
bool find_shmem(struct scene *scene, struct owner *owner);

/** pte_of - the page table entry of a slot, as __swp_entry_to_pte() makes it. */
uint64_t pte_of(const struct scene *scene, unsigned int type, uint64_t slot);
/** table_lock_place - the lock of the page table that the entry at @place is in. */
uint64_t table_lock_place(const struct scene *scene, uint64_t place);

#endif
