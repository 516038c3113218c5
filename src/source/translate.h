/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel virtual to physical addresses through the page tables in a dump.
 */
#ifndef KSWAPCK_SOURCE_TRANSLATE_H
#define KSWAPCK_SOURCE_TRANSLATE_H

#include "source/source.h"

struct paging;
struct translation;

/**
 * translation_new - prepare for the page tables of one kernel.
 * @source: is asked for physical pages; must outlive the translation.
 * @vmcoreinfo: of that kernel; needed only during this call.
 *
 * Return: NULL with @err set, e.g. when a line of VMCOREINFO is missing.
 */
struct translation *translation_new(struct source *source, const char *vmcoreinfo,
				    struct error *err);
void translation_free(struct translation *translation);	/* NULL is fine */

/** translation_paging - the form of the page tables, which lives as long as @translation. */
const struct paging *translation_paging(const struct translation *translation);

/**
 * translation_physical - where is this virtual address?
 *
 * Return: READ_OK with *@physical set; READ_UNMAPPED; or why a page table could
 * not be read.
 */
enum read_status translation_physical(struct translation *translation, uint64_t address,
				      uint64_t *physical);

#endif
