/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KSWAPCK_POPULATE_H
#define KSWAPCK_POPULATE_H

#include <stddef.h>

/**
 * populate - let the kernel give all pages of @bytes now: one fault for them instead of one for
 * each, which for the tables of a kernel is half of the work. Only for what will be written to.
 *
 * Does nothing where @size is small, and on kernels before 5.14, which cannot.
 */
void populate(void *bytes, size_t size);

#endif
