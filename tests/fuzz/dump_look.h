/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers of whole files do with one that could be opened. */
#ifndef KSWAPCK_FUZZ_DUMP_LOOK_H
#define KSWAPCK_FUZZ_DUMP_LOOK_H

#include "source/source.h"

/** look_at_dump - open, read some of all that it has, close. */
void look_at_dump(const char *const *paths, size_t count, bool raw);

#endif
