/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The usual folio of the swap cache, of which there are millions and of which no check has
 * anything to say: told from a few words of its struct page, without decoding it.
 */
#ifndef KSWAPCK_USUAL_FOLIO_H
#define KSWAPCK_USUAL_FOLIO_H

#include "kernel/kernel.h"

/**
 * usual_folios - how many slots of @space, from the @first-th up to the @end-th (exclusive),
 * hold a usual folio each; it ends at the first one that does not, or cannot be read.
 *
 * See struct kswapck_plugin for what is usual. False is always right: whatever is not found
 * to be usual is to be looked at in full.
 */
uint32_t usual_folios(const struct kernel *kernel, const struct kswapck_space *space,
		      uint32_t first, uint32_t end);

#endif
