/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What bytes mean: sizes, offsets and enumerators of the kernel's own types.
 *
 * Two origins stand behind one interface: BTF (from dump memory or from a
 * vmlinux) and DWARF (from a vmlinux). Each is one file that ends in one const
 * struct types_ops (types/backend.h). Lookups are by name and cost up to a
 * millisecond, so callers resolve what they need once, at start.
 */
#ifndef KSWAPCK_TYPES_H
#define KSWAPCK_TYPES_H

#include "image/image.h"

struct types;

struct type_member {
	uint32_t offset;	/* bytes from the start of the outer type */
	uint32_t size;		/* bytes of the whole member */
	uint32_t count;		/* elements (of all dimensions) of an array, else 1;
				 * 0 for a flexible array */
	uint32_t element_size;	/* bytes of one element; == size if no array */
	uint32_t bit_offset;	/* within the storage unit; bit-fields only */
	uint32_t bit_size;	/* 0 when it is not a bit-field */
};

/**
 * types_open - find the kernel's types.
 *
 * Order: BTF section of the image's vmlinux, DWARF of it, BTF in dump memory
 * (__start_BTF .. __stop_BTF). @image must outlive the result.
 *
 * Return: NULL with ERROR_MISSING and the remedy (which package or option)
 * when there is none.
 */
struct types *types_open(const struct image *image, struct error *err);
void types_close(struct types *types);	/* NULL is fine */

/** types_from - "BTF in the dump", "BTF of vmlinux", "DWARF of vmlinux". */
const char *types_from(const struct types *types);

/** types_size - bytes of "struct page" given as "page"; union names too. */
bool types_size(struct types *types, const char *type, uint64_t *size);

/**
 * types_member - resolve a member, or a path of members.
 * @type: "page", "address_space" (struct or union tag, or a typedef's name).
 * @path: "flags", "i_pages.xa_head", "_refcount.counter"; members of anonymous
 * structs and unions are found by their plain names. An array in the middle of a
 * path stands for its first element; pointers are not followed.
 *
 * Return: false when this kernel has no such member; that is no error, callers
 * probe with it.
 */
bool types_member(struct types *types, const char *type, const char *path,
		  struct type_member *member);

/** types_enumerator - value of an enumerator of any enum, by its name: "PG_swapcache". */
bool types_enumerator(struct types *types, const char *name, int64_t *value);

#endif
