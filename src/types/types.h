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
 * Order: BTF section of the image's vmlinux, DWARF of it, /sys/kernel/btf/vmlinux of
 * the running kernel, BTF in memory (__start_BTF .. __stop_BTF). @image must outlive the
 * result.
 *
 * Return: NULL with ERROR_MISSING and the remedy (which package or option)
 * when there is none.
 */
struct types *types_open(const struct image *image, struct error *err);
void types_close(struct types *types);	/* NULL is fine */

/** types_from - "BTF in the dump", "BTF of vmlinux", "DWARF of vmlinux". */
const char *types_from(const struct types *types);

/** types_read_on - does a lookup change what is kept, so that threads cannot share @types? */
bool types_read_on(const struct types *types);

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

/**
 * types_enumerator - value of one enumerator, "PG_swapcache" of enum "pageflags".
 *
 * Return: false when this kernel has no such enum, or the enum no such enumerator.
 */
bool types_enumerator(struct types *types, const char *enumeration, const char *name,
		      int64_t *value);

/* ------------------------------------------ whole types, for people to look at */

/* A type; good as long as its struct types. */
typedef uint64_t type_id;

#define TYPE_VOID ((type_id)0)

enum type_kind {
	TYPE_KIND_VOID,
	TYPE_KIND_INTEGER,
	TYPE_KIND_BOOLEAN,
	TYPE_KIND_CHARACTER,
	TYPE_KIND_FLOAT,
	TYPE_KIND_ENUM,
	TYPE_KIND_POINTER,
	TYPE_KIND_ARRAY,
	TYPE_KIND_STRUCT,
	TYPE_KIND_UNION,
	TYPE_KIND_FUNCTION,
	/* that only lead to another: types_strip() goes behind them */
	TYPE_KIND_TYPEDEF,
	TYPE_KIND_CONST,
	TYPE_KIND_VOLATILE,
	TYPE_KIND_OTHER,	/* restrict, tags of sparse: nothing of them is shown */
};

#define TYPE_DIMENSIONS_MAX 6

/* One type, not those that it is made of. */
struct type_node {
	enum type_kind kind;
	const char *name;	/* without "struct"; "" if it has none */
	uint64_t size;		/* bytes; 0: it has none (void, a declaration), or only leads on */
	bool is_signed;		/* of integers, characters and enums */
	type_id target;		/* pointed to, of each element, returned, or led to */
	unsigned int dimension_count;	/* of an array */
	uint64_t dimensions[TYPE_DIMENSIONS_MAX];	/* 0: flexible, or none */
};

/** types_node - what @type is; false if damaged. */
bool types_node(struct types *types, type_id type, struct type_node *node);

/**
 * types_strip - go behind typedefs and qualifiers.
 * @type: set to where that leads; @node: what is there.
 */
bool types_strip(struct types *types, type_id *type, struct type_node *node);

/**
 * types_find - a struct, union, typedef or enum by its name.
 * @name: "page", or "struct page", "union ...", "enum pageflags" to mean one of these.
 */
bool types_find(struct types *types, const char *name, type_id *type);

/* A member of a struct or union. */
struct type_part {
	const char *name;	/* "" for an anonymous struct or union */
	type_id type;
	uint64_t offset;	/* bytes from the start of the composite */
	uint32_t bit_offset;	/* of a bit-field: from there, in memory */
	uint32_t bit_size;	/* 0 when it is not a bit-field */
};

/** Called for each; false stops. */
typedef bool type_part_fn(void *data, const struct type_part *part);

/** types_parts - visit the members of a struct or union, in order. */
void types_parts(struct types *types, type_id type, type_part_fn *visit, void *data);

/**
 * types_part_find - follow a path of members, as types_member() does, from @type on.
 * @part: the last one, its offset from the start of @type.
 */
bool types_part_find(struct types *types, type_id type, const char *path,
		     struct type_part *part);

typedef bool type_enumerator_fn(void *data, const char *name, int64_t value);

/** types_enumerators - visit those of one enum, in order. */
void types_enumerators(struct types *types, type_id type, type_enumerator_fn *visit, void *data);

/**
 * types_declare - a declaration as C writes it: "void (*release)(struct folio *)".
 * @name: what is declared; "" writes the type alone. It is cut to @size.
 */
void types_declare(struct types *types, type_id type, const char *name, char *text,
		   size_t size);

/** Called with the name of each struct, union, typedef and enum; some come twice. */
typedef bool type_name_fn(void *data, const char *name);

/** types_names - visit all of them, for completion; in no order. */
void types_names(struct types *types, type_name_fn *visit, void *data);

#endif
