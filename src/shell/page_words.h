/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A struct page in a few words, and as a JSON object. */
#ifndef KSWAPCK_PAGE_WORDS_H
#define KSWAPCK_PAGE_WORDS_H

#include "output/explain_words.h"
#include "shell/print.h"

/**
 * page_flag_names - of page->flags: "locked uptodate swapbacked"; "" if there are none.
 * Of names that share a bit the one that fits this page is taken.
 */
void page_flag_names(const struct kernel *kernel, const struct kswapck_page *page, char *text,
		     size_t size);

/** page_slot - the slot that a page of the swap cache says it is in, by ->private. */
bool page_slot(const struct kernel *kernel, const struct kswapck_page *page, unsigned int *type,
	       uint64_t *slot);

/** page_what - begin @phrase with what the page is now: "swap cache, slot 5 of vda". */
void page_what(const struct kernel *kernel, const struct kswapck_page *page,
	       struct phrase *phrase);

/** page_words - the same with its address, flags and counts. */
void page_words(const struct kernel *kernel, const struct kswapck_page *page,
		struct phrase *phrase);

/** page_write - the struct page as an object @key. */
void page_write(struct answer *answer, const char *key, const struct kswapck_page *page);

#endif
