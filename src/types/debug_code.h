/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What DWARF says of code: inlined functions, source lines, local variables, and
 * the registers of callers. Only with a vmlinux that has DWARF; modules have none
 * here. Addresses are run-time addresses of the dumped kernel. Of a return address,
 * which may be the first of what follows the call, give the address less 1.
 */
#ifndef KSWAPCK_DEBUG_CODE_H
#define KSWAPCK_DEBUG_CODE_H

#include "image/image.h"
#include "kernel/registers.h"

struct debug_code;

/**
 * debug_code_open - DWARF of the image's vmlinux.
 * @image: must outlive the result.
 * Return: NULL when there is no vmlinux or it has no DWARF; that is no error.
 */
struct debug_code *debug_code_open(const struct image *image);
/**
 * debug_code_of - the same for any ELF file.
 * @descriptor: stays the caller's, and open as long as the result.
 * @bias: run-time address minus address in the file.
 * @memory: where locals are read; must outlive the result.
 */
struct debug_code *debug_code_of(int descriptor, uint64_t bias, struct memory *memory);
void debug_code_close(struct debug_code *code);	/* NULL is fine */

/* A function at a place in the code; names live as long as the debug_code. */
struct debug_scope {
	const char *function;	/* NULL: not known */
	const char *file;	/* "mm/filemap.c": below the kernel's source tree; NULL */
	int line;		/* where control is in this function; 0: not known */
	bool inlined;
};

/**
 * debug_code_scopes - functions at @address, innermost first; the last is the one
 * that has the code, those before it are inlined.
 * Return: how many, at most @max; 0 when DWARF says nothing of @address.
 */
unsigned int debug_code_scopes(struct debug_code *code, uint64_t address,
			       struct debug_scope *scopes, unsigned int max);

/* A local variable or parameter whose value is known. */
struct debug_local {
	const char *function;	/* that it belongs to */
	const char *name;
	const char *type;	/* name of the type behind qualifiers, "folio"; NULL */
	unsigned int pointers;	/* how many * stand between: struct folio * has 1 */
	bool parameter;
	bool in_memory;		/* it has an address (structs on the stack), else a value */
	uint64_t address;
	uint64_t value;		/* of at most 8 bytes; if in_memory, read there when it fits */
	uint32_t size;		/* bytes */
};

typedef bool debug_local_fn(void *data, const struct debug_local *local);

/**
 * debug_code_locals - locals in scope at @address whose place is known.
 * @registers: of that frame; @cfa: its canonical frame address, 0 if not known.
 * Those that are optimised out, or that stand in registers not known, are left out.
 */
void debug_code_locals(struct debug_code *code, uint64_t address,
		       const struct registers *registers, uint64_t cfa,
		       debug_local_fn *visit, void *data);

/**
 * debug_code_caller - registers of the caller of the frame at @address, by
 * .debug_frame (or .eh_frame).
 * @registers: of that frame; @caller: filled, with what is known.
 * Return: false when there is no rule for @address.
 */
bool debug_code_caller(struct debug_code *code, uint64_t address,
		       const struct registers *registers, struct registers *caller);

#endif
