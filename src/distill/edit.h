/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is taken out of the pages that are written, because nobody who looks at the swap
 * cache reads it: links of LRU lists, prototypes of functions, symbols that macros make, and
 * what processes had in their registers. And what the user wants out: the log, or names.
 */
#ifndef KSWAPCK_DISTILL_EDIT_H
#define KSWAPCK_DISTILL_EDIT_H

#include "kernel/kernel.h"
#include "source/diskdump_write.h"

/*
 * In the place of a link of an LRU list: no address, and not what the kernel itself writes
 * into links that are none any more (LIST_POISON1). Even: in an odd word there the kernel
 * sees a tail page (page->compound_head). "kswap" in the middle.
 */
#define EDIT_BLANK_LINK 0xde6b737761700000ULL

struct edit_options {
	bool no_log;	/* without the text of the kernel log */
	bool redact;	/* other names of processes, files and the host */
};

struct edit;

/**
 * edit_new - find all that is to be changed in @pages, those that will be written, and take
 * those out that are nothing else.
 *
 * Nothing that it reads may be recorded any more. @kernel must outlive it.
 *
 * Return: NULL when out of memory.
 */
struct edit *edit_new(const struct kernel *kernel, const struct edit_options *options,
		      struct page_set *pages);
void edit_free(struct edit *edit);	/* NULL is fine */

/** edit_page - change the copy of the page in frame @pfn. */
void edit_page(const struct edit *edit, uint64_t pfn, unsigned char *page);

/** edit_note - change the copy of a note of registers. */
void edit_note(const struct edit *edit, enum diskdump_note kind, unsigned char *note,
	       size_t size);

/** edit_uts - change the names of the machine, struct new_utsname. */
void edit_uts(const struct edit *edit, char uts[DISKDUMP_UTS_SIZE]);

#endif
