/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The build id: a hash that the linker puts into the notes of every kernel, so
 * that a dump and a vmlinux of one build can be told from all others.
 */
#ifndef KSWAPCK_BUILD_ID_H
#define KSWAPCK_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 20 bytes (SHA-1) everywhere so far; room for 64. */
#define BUILD_ID_BYTES_MAX 64u
#define BUILD_ID_TEXT (2 * BUILD_ID_BYTES_MAX + 1)

/**
 * build_id_in_notes - search ELF notes for NT_GNU_BUILD_ID.
 * @notes: the notes, one behind the other, 4-byte aligned, little-endian.
 * @text: filled with lower-case hex.
 *
 * Return: false when there is none, or one of zeros only.
 */
bool build_id_in_notes(const uint8_t *notes, size_t size, char text[BUILD_ID_TEXT]);

/** build_id_valid - is @text an even number of hex digits of sane length, not all 0? */
bool build_id_valid(const char *text);

#endif
