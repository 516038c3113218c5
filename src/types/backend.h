/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An origin of types, seen by types.c alone: a graph of types with numbers.
 * Names and paths are resolved in types.c, the same way for all origins.
 */
#ifndef KSWAPCK_TYPES_BACKEND_H
#define KSWAPCK_TYPES_BACKEND_H

#include <libelf.h>

#include "types/types.h"

/* A type_id is that of BTF, or the offset of a DIE in DWARF. */

enum type_class {
	TYPE_COMPOSITE,		/* struct or union */
	TYPE_ARRAY,
	TYPE_PLAIN,		/* all else: integers, enums, pointers ... */
};

struct type_shape {
	enum type_class class;
	uint64_t size;		/* bytes of the whole */
	uint64_t count;		/* elements of all dimensions; arrays only */
	type_id element;	/* arrays only */
};

struct type_field {
	const char *name;	/* "" for an anonymous struct or union */
	type_id type;
	uint64_t bits;		/* from the start of the composite */
	uint32_t bit_size;	/* 0 when it is not a bit-field */
};

/* Return: false to stop. */
typedef bool type_visit(const struct type_field *field, void *context);

struct types_ops {
	bool reads_on;	/* a lookup may read more of the file: one thread at a time */
	/*
	 * The @nth type of this name: structs first, then unions, typedefs and enums.
	 * Declarations do not count.
	 */
	bool (*find)(struct types *types, const char *name, uint32_t nth, type_id *type);
	/* What lies behind typedefs and qualifiers. */
	bool (*shape)(struct types *types, type_id type, struct type_shape *shape);
	/* All fields of a composite (behind typedefs and qualifiers), in order. */
	void (*fields)(struct types *types, type_id type, type_visit *visit,
		       void *context);
	/* One type, nothing stripped. */
	bool (*node)(struct types *types, type_id type, struct type_node *node);
	/* Those of an enum (behind typedefs and qualifiers), in order. */
	void (*enumerators)(struct types *types, type_id type, type_enumerator_fn *visit,
			    void *context);
	/* The parameters of a function; "..." has type TYPE_VOID. Only type is set. */
	void (*parameters)(struct types *types, type_id type, type_visit *visit,
			   void *context);
	void (*names)(struct types *types, type_name_fn *visit, void *context);
	void (*close)(struct types *types);
};

/* A backend's own struct begins with this. */
struct types {
	const struct types_ops *ops;
	const char *from;	/* what types_from() says */
};

/* More typedefs and qualifiers in a row than any program has; a loop ends here. */
#define TYPE_CHAIN_MAX 64u

/**
 * btf_open - types of BTF bytes.
 * @data: from malloc(); freed here in any case.
 */
struct types *btf_open(void *data, size_t size, const char *from, struct error *err);

/**
 * dwarf_open - types of the DWARF in a vmlinux.
 * @descriptor: stays the caller's, and open as long as the result.
 *
 * Return: NULL with ERROR_MISSING when it has no DWARF.
 */
struct types *dwarf_open(int descriptor, const char *path, struct error *err);

#endif
