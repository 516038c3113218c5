/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The index of a flattened file: which byte of the dump lies where.
 */
#ifndef KSWAPCK_SOURCE_FLATTENED_H
#define KSWAPCK_SOURCE_FLATTENED_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct flattened;

/** flattened_signature - do these first bytes of a file say that it is flattened? */
bool flattened_signature(const void *head, size_t length);

/**
 * flattened_index - read all record headers of a flattened file.
 * @fd, @size: the real file.
 * @name: for errors.
 *
 * The stream must be whole, up to its end record. 16 bytes of index a record.
 *
 * Return: the index; NULL with @err set.
 */
struct flattened *flattened_index(int fd, uint64_t size, const char *name,
				  struct error *err);
void flattened_free(struct flattened *flattened);

/** flattened_size - bytes of the dump inside. */
uint64_t flattened_size(const struct flattened *flattened);

#define FLATTENED_HOLE UINT64_MAX
/**
 * flattened_find - where is this byte?
 * @offset: in the dump inside, below flattened_size().
 * @run: set to the bytes that follow at the same place without a break.
 *
 * Return: the offset in the real file, or FLATTENED_HOLE.
 */
uint64_t flattened_find(const struct flattened *flattened, uint64_t offset,
			uint64_t *run);

#endif
