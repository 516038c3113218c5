/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Raw RAM images: files without any header, each the RAM from some physical address on, as
 * boot loaders and debuggers of phones write them.
 */
#ifndef KSWAPCK_SOURCE_RAW_H
#define KSWAPCK_SOURCE_RAW_H

#include "source/elf_headers.h"

struct raw_part {
	char *path;		/* to be freed */
	uint64_t address;	/* physical, of the first byte */
};

/**
 * raw_part_parse - take "FILE@ADDRESS" apart; the last '@' counts.
 * @part: filled on success.
 *
 * Return: false with @err set (ERROR_USAGE).
 */
bool raw_part_parse(const char *text, struct raw_part *part, struct error *err);

/**
 * raw_headers - what an ELF header would say of the parts: one segment each.
 * @files: @count open files, those of @parts.
 *
 * Return: the headers; NULL with @err set, e.g. when two parts overlap.
 */
struct elf_headers *raw_headers(struct file *const *files, const struct raw_part *parts,
				size_t count, struct error *err);

#endif
