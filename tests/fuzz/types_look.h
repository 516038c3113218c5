/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers of BTF and of DWARF ask of types. */
#ifndef KSWAPCK_FUZZ_TYPES_LOOK_H
#define KSWAPCK_FUZZ_TYPES_LOOK_H

#include "types/types.h"

/** look_at_types - ask for a few names, and for all of the first types. Closes @types. */
void look_at_types(struct types *types);

#endif
