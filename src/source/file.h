/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One input file as random-access bytes, plain or flattened.
 *
 * A flattened file (makedumpfile -F, QEMU's kdump formats) holds the dump as a
 * stream of records; offsets here are always those of the dump inside.
 */
#ifndef KSWAPCK_SOURCE_FILE_H
#define KSWAPCK_SOURCE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct file;

/**
 * file_open - open a regular file for reading, and index it when it is flattened.
 * @path: kept by reference in errors, copied.
 * @temporary: an empty file, see unpack_temporary(); if the file is compressed as a whole
 * it is unpacked into this, which is lent. -1: it stays as it is.
 *
 * Return: the file; NULL with @err set (ERROR_INPUT or ERROR_SYSTEM).
 */
struct file *file_open(const char *path, int temporary, struct error *err);
void file_close(struct file *file);	/* NULL is fine */

/**
 * file_copy - the same file for another thread. @file must outlive it.
 *
 * Return: NULL when out of memory.
 */
struct file *file_copy(const struct file *file);

/** file_name - the path as the user gave it. */
const char *file_name(const struct file *file);
/** file_descriptor - of the real file; not for reading a flattened one. */
int file_descriptor(const struct file *file);
bool file_is_flattened(const struct file *file);
/** file_packed - what it was compressed by before it was unpacked, "gzip"; NULL: it was not. */
const char *file_packed(const struct file *file);
/** file_size - bytes of the dump (of the dump inside, when flattened). */
uint64_t file_size(const struct file *file);
/**
 * file_stored - bytes of the real file: no more than these can be in the dump. A few bytes of
 * a flattened file can make a hole of any size.
 */
uint64_t file_stored(const struct file *file);

/**
 * file_read - copy bytes.
 *
 * Places of a flattened file that no record wrote are zeros, as they would be in
 * the file that makedumpfile -R makes; ask file_holds() where that matters.
 *
 * Return: false with @err set when not all bytes are there.
 */
bool file_read(const struct file *file, uint64_t offset, void *buffer, size_t length,
	       struct error *err);

/* Buffers that file_read_row() fills at once. */
#define FILE_ROW_MAX 16

/**
 * file_read_row - fill @count buffers of @size bytes each, one after the other, from @offset
 * on, with one read past what was read ahead. Not of a flattened file.
 *
 * Return: false when not all bytes were there at once; file_read() tells why.
 */
bool file_read_row(const struct file *file, uint64_t offset, void *const *buffers, size_t count,
		   size_t size);

/** file_holds - is every byte of the range really in the file? */
bool file_holds(const struct file *file, uint64_t offset, uint64_t length);

/**
 * file_skip_hole - the first byte from @offset on that is really in the file; file_size() if
 * there is none.
 */
uint64_t file_skip_hole(const struct file *file, uint64_t offset);

#endif
