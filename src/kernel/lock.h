/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a spinlock held? Changes under a lock are made word by word, and a dump can
 * be taken between two of them.
 */
#ifndef KSWAPCK_LOCK_H
#define KSWAPCK_LOCK_H

#include "kernel/kernel.h"

/** lock_layout_resolve - fill kernel->lock. */
void lock_layout_resolve(struct kernel *kernel);

/**
 * lock_may_be_held - true when the spinlock_t at @address is held, and when that
 * cannot be known: not readable, or a kernel for one CPU, where it is empty.
 */
bool lock_may_be_held(const struct kernel *kernel, uint64_t address);

#endif
