/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KSWAPCK_HEAP_H
#define KSWAPCK_HEAP_H

/**
 * heap_prepare - tell malloc() what this program does with memory: take some 10 MiB at start,
 * for the symbols and types of a kernel and their copies, give back a half of it, and take as
 * much again for pages. Call it once, before much is allocated.
 */
void heap_prepare(void);

#endif
