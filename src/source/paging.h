/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Page tables: how many levels there are, and what an entry means.
 *
 * Tables of all architectures are alike: 8 bytes an entry, a page each, but for the top one,
 * which may be smaller. What is not alike is one file for each architecture, which ends in
 * one const struct paging_ops; paging.c holds the array of them.
 */
#ifndef KSWAPCK_SOURCE_PAGING_H
#define KSWAPCK_SOURCE_PAGING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum paging_entry {
	PAGING_NONE,	/* not present; what the CPU does not look at may mean something */
	PAGING_TABLE,	/* leads to a table of the level below */
	PAGING_LEAF,	/* maps a page, or a huge one */
};

struct paging_ops;

struct paging {
	const struct paging_ops *ops;
	unsigned int page_shift;	/* 12, 14 or 16 */
	unsigned int levels;		/* of tables; the lowest, of pages, is level 1 */
	unsigned int top_bits;		/* log2 of the entries in the top table */
	unsigned int kernel_bits;	/* kernel addresses have ones from this bit on */
	bool shared;			/* the upper half of a process's top table: kernel's */
	uint64_t root;			/* physical address of the kernel's own top table */
	uint64_t address_mask;		/* bits of an entry that are the address, at their place */
	uint64_t high_mask;		/* bits of an entry that are higher bits of it ... */
	unsigned int high_shift;	/* ... and how far above they belong */
};

#define PAGING_LEVELS_MAX  5
#define PAGING_ENTRIES_MAX 8192	/* of a table: 64 KiB of them */

/* The form of the kernel's tables may be told in several ways, of which one is right. */
#define PAGING_FORMS_MAX 2

struct paging_ops {
	const char *architecture;	/* as in source_facts */
	/* Is this VMCOREINFO of such a kernel? */
	bool (*recognises)(const char *vmcoreinfo);
	/* Fill up to PAGING_FORMS_MAX forms, likeliest first: how many; 0 with @err set. */
	unsigned int (*resolve)(const char *vmcoreinfo, struct paging *forms, struct error *err);
	enum paging_entry (*entry)(uint64_t entry, unsigned int level);
	/* As the CPU sees an address: tags and the like are gone. */
	uint64_t (*canonical)(uint64_t address);
};

extern const struct paging_ops paging_x86_64;	/* paging_x86_64.c */
extern const struct paging_ops paging_arm64;	/* paging_arm64.c */

/**
 * paging_forms - the possible forms of a kernel's page tables.
 * @architecture: as in source_facts; "" when VMCOREINFO has to tell.
 *
 * Return: how many of @forms are filled; 0 with @err set.
 */
unsigned int paging_forms(const char *architecture, const char *vmcoreinfo,
			  struct paging forms[PAGING_FORMS_MAX], struct error *err);

/** paging_architecture - of which architecture is this VMCOREINFO? NULL: not known. */
const char *paging_architecture(const char *vmcoreinfo);

/** paging_shift - bit of an address where the index in a table of @level begins. */
static inline unsigned int paging_shift(const struct paging *paging, unsigned int level)
{
	return paging->page_shift + (paging->page_shift - 3) * (level - 1);
}

/** paging_entries - of a table of @level. */
static inline unsigned int paging_entries(const struct paging *paging, unsigned int level)
{
	return 1U << (level == paging->levels ? paging->top_bits : paging->page_shift - 3);
}

/** paging_index - number of the entry in a table of @level that @address goes through. */
static inline unsigned int paging_index(const struct paging *paging, unsigned int level,
					uint64_t address)
{
	return (unsigned int)(address >> paging_shift(paging, level)) &
	       (paging_entries(paging, level) - 1);
}

/** paging_address - the physical address in an entry that is not PAGING_NONE. */
static inline uint64_t paging_address(const struct paging *paging, uint64_t entry)
{
	return (entry & paging->address_mask) |
	       (entry & paging->high_mask) << paging->high_shift;
}

/** paging_is_kernel - is @address, made canonical, one of the kernel's half? */
static inline bool paging_is_kernel(const struct paging *paging, uint64_t address)
{
	return ~address >> paging->kernel_bits == 0;
}

#endif
