// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/hash.h"

#define PRIME UINT64_C(0x100000001b3)

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;

	for (; length; length--)
		hash = (hash ^ *byte++) * PRIME;
	return hash;
}
