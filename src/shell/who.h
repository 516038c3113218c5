/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who owns a slot: everything that refers to it. */
#ifndef KSWAPCK_WHO_H
#define KSWAPCK_WHO_H

#include "shell/lookup.h"

/** who_answer - look through all page tables and shmem files, and answer 'who'. */
bool who_answer(struct shell *shell, const struct found_slot *at, struct error *err);

#endif
