/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that somebody has compressed as a whole: gzip, xz, zstd. Pages are read from all over
 * a dump, and such a stream has one beginning only, so it is unpacked into a temporary file:
 * one without a name, which goes with the process, whatever ends that.
 */
#ifndef KSWAPCK_SOURCE_UNPACK_H
#define KSWAPCK_SOURCE_UNPACK_H

#include <stddef.h>

#include "base/error.h"

/** unpack_format - "gzip", "xz" or "zstd", by the first bytes; NULL: none of them. */
const char *unpack_format(const void *head, size_t length);

/**
 * unpack_temporary - an empty file without a name, in TMPDIR or /var/tmp.
 *
 * Return: its descriptor; -1 with @err set.
 */
int unpack_temporary(struct error *err);

/** unpack_wanted - is the file at @path compressed, so that it needs a temporary one? */
bool unpack_wanted(const char *path);

/**
 * unpack_file - unpack all of @from into the empty file @to; what is zero becomes holes.
 * @name: of @from, for errors.
 */
bool unpack_file(int from, int to, const char *name, struct error *err);

/** unpack_head - the first bytes of what is in @from, at most @size; 0: none can be had. */
size_t unpack_head(int from, void *head, size_t size);

#endif
