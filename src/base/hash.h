/* SPDX-License-Identifier: GPL-2.0-or-later */
/* FNV-1a, 64 bits: for names that shall be the same everywhere, not for secrets. */
#ifndef KSWAPCK_HASH_H
#define KSWAPCK_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_BASIS UINT64_C(0xcbf29ce484222325)

/** hash_bytes - go on from @hash, at first HASH_BASIS, with @length bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length);

#endif
