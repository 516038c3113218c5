/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checks that are built in, and all problems that they can find. */
#ifndef KSWAPCK_CATALOGUE_H
#define KSWAPCK_CATALOGUE_H

#include "kswapck.h"

/** catalogue_plugin - the N-th check; NULL after the last. */
const struct kswapck_plugin *catalogue_plugin(size_t index);

/** catalogue_problem - the N-th problem of all checks, in order of ids; NULL after the last. */
const struct kswapck_problem *catalogue_problem(size_t index);

/** catalogue_find - by id ("KS101", any case) or name ("freed-folio"); NULL if none. */
const struct kswapck_problem *catalogue_find(const char *text);

#endif
