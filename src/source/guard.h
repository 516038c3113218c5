/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is the dump whole? Asked before anybody reads a page, so that a cut file is
 * told as such and not as memory that happens to be unreadable.
 */
#ifndef KSWAPCK_SOURCE_GUARD_H
#define KSWAPCK_SOURCE_GUARD_H

#include "source/diskdump_headers.h"
#include "source/elf_headers.h"

/** guard_elf - is all that the headers name in the file? */
bool guard_elf(const struct file *file, const struct elf_headers *headers,
	       struct error *err);

/**
 * guard_diskdump - the same of all files of a kdump-compressed dump: bitmaps, page descriptors,
 * and the data that the last descriptors name, as data lie in the order of pages. What else a
 * descriptor names is looked at when its page is read.
 * @set: its codecs, ram_pages and file_pages are filled in.
 * @all: look at the data that any descriptor names.
 */
bool guard_diskdump(struct file *const *files, struct diskdump_set *set, bool all,
		    struct error *err);

#endif
