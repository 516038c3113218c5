/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kallsyms: the symbol table that the kernel carries in its own memory.
 *
 * Two ways lead to the tables: VMCOREINFO names their addresses (6.0 and later,
 * and what distributions carried back), or they are found by scanning the kernel
 * image (kallsyms_scan.c). Both end in a struct kallsyms_place.
 */
#ifndef KSWAPCK_KALLSYMS_H
#define KSWAPCK_KALLSYMS_H

#include "image/image.h"
#include "image/symbols.h"
#include "source/memory.h"

/* Tokens are pieces of names, so no longer than a name: KSYM_NAME_LEN, 512 from 6.1. */
#define KALLSYMS_TOKEN_MAX 512u
#define KALLSYMS_TOKENS 256u
/* Names between two markers, in all versions. */
#define KALLSYMS_MARKER_STEP 256u
/* 0.2 million in the largest distribution kernels of 2026. */
#define KALLSYMS_COUNT_MAX (2u << 20)
#define KALLSYMS_NAMES_MAX ((size_t)32 << 20)

/* One place where the values of the symbols may be. */
struct kallsyms_values {
	uint64_t address;	/* of the array, one element per symbol */
	uint32_t width;		/* bytes of an element: 8 absolute, 4 offset */
	uint64_t base;		/* where kallsyms_relative_base is; 0: nowhere */
};

struct kallsyms_place {
	uint64_t names;
	uint32_t count;
	uint64_t token_table;
	uint64_t token_index;	/* 256 u16 */
	struct kallsyms_values values[6];
	size_t values_count;
};

/**
 * kallsyms_exported - the place as VMCOREINFO tells it.
 *
 * Return: false (ERROR_MISSING) when VMCOREINFO does not name the tables, and
 * ERROR_UNREADABLE when the number of symbols is not in the dump.
 */
bool kallsyms_exported(struct memory *memory, const char *vmcoreinfo,
		       struct kallsyms_place *place, struct error *err);

/**
 * kallsyms_scan - find the place by searching the kernel image.
 * @stext: run-time address of _stext.
 * @data: of something in .data, 0 if none is known: the search goes down from there, and up
 * from @stext only if it was in vain.
 *
 * Reads up to 80 MiB each way; pages that are not in the dump are stepped over.
 */
bool kallsyms_scan(struct memory *memory, uint64_t stext, uint64_t data,
		   struct kallsyms_place *place, struct error *err);

/**
 * kallsyms_open - read and check the tables.
 * @vmcoreinfo: names the true addresses of a few symbols; the rule that makes
 * addresses of values is the one that reproduces them, _stext above all.
 *
 * Return: symbols to be closed with their ops; NULL with @err set. @memory is
 * not used any more afterwards.
 */
struct symbols *kallsyms_open(struct memory *memory, const struct kallsyms_place *place,
			      const char *vmcoreinfo, struct error *err);

/*
 * The type letter of a name that was taken out of the tables: nm(1) knows no such type. The
 * name is of no use, and the address that of the symbol before.
 */
#define KALLSYMS_BLANK '.'

/** kallsyms_tables - where @symbols were read; false: they are not kallsyms in a dump. */
bool kallsyms_tables(const struct symbols *symbols, struct symbol_tables *tables);

/**
 * kallsyms_blank - take names out of copies of the tables of @symbols. All others keep their
 * places, and are found as before.
 * @blank: is this one to be taken out? @type is its letter.
 */
void kallsyms_blank(const struct symbols *symbols, bool (*blank)(char type, const char *name),
		    unsigned char *names, unsigned char *values);

#endif
