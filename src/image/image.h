/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which kernel this is: its release, its build id, its symbols.
 *
 * Symbols come from the dump itself (kallsyms), from a vmlinux (ELF symbols) or from
 * /proc/kallsyms.
 * Each is one file that ends in one const struct symbols_ops (image/symbols.h).
 */
#ifndef KSWAPCK_IMAGE_H
#define KSWAPCK_IMAGE_H

#include "source/memory.h"

struct image;

struct image_options {
	const char *vmlinux;	/* --vmlinux; NULL: search, then do without */
	bool search;		/* look where distributions put vmlinux files */
	bool download;		/* and ask debuginfod servers, if the environment names any */
	const char *search_root;/* prefix of the places searched; NULL is "/" */
	bool live;		/* the running kernel: it tells much of itself, in /proc and /sys */
};

/**
 * image_open - identify the kernel and find its symbols.
 *
 * A vmlinux given by name that is of another build is refused, with both
 * release strings in the error. One found by searching must match by build id
 * (or by release where the kernel has no usable build id), or is not used.
 *
 * @memory must outlive the image.
 */
struct image *image_open(struct memory *memory, const struct source_facts *facts,
			 const struct image_options *options, struct error *err);
void image_close(struct image *image);	/* NULL is fine */

/** image_release - "6.1.0-50-cloud-amd64"; never NULL. */
const char *image_release(const struct image *image);
/** image_live - is it the kernel that runs this program? */
bool image_live(const struct image *image);
/** image_build_id - lower-case hex, or NULL when the dump does not tell. */
const char *image_build_id(const struct image *image);
/** image_symbols_from - "kallsyms in the dump" or "vmlinux"; for people. */
const char *image_symbols_from(const struct image *image);
/** image_vmlinux - path of the verified vmlinux in use, or NULL. */
const char *image_vmlinux(const struct image *image);
/** image_vmlinux_descriptor - the open file of it, owned by @image; -1: none. */
int image_vmlinux_descriptor(const struct image *image);
/**
 * image_vmlinux_hint - what to give with --vmlinux: "the vmlinux of package
 * linux-image-6.1.0-50-cloud-amd64-dbg"; for the end of an error.
 */
void image_vmlinux_hint(const struct image *image, char *buffer, size_t size);
/** image_kaslr_offset - run-time address minus address in vmlinux. */
uint64_t image_kaslr_offset(const struct image *image);
struct memory *image_memory(const struct image *image);

/**
 * image_symbol - run-time address of a kernel symbol (not of modules).
 *
 * Of several symbols of one name the global one is taken, else the lowest. A
 * per-CPU symbol of x86_64 before 6.15 is its offset in the per-CPU area.
 */
bool image_symbol(const struct image *image, const char *name, uint64_t *address);
/**
 * image_symbol_at - nearest text or data symbol at or below @address.
 * @name: filled with the name, cut to @size.
 */
bool image_symbol_at(const struct image *image, uint64_t address,
		     char *name, size_t size, uint64_t *offset);

/** One symbol, its @address as from image_symbol(). Returns false to stop. */
typedef bool symbol_visit_fn(void *data, const char *name, uint64_t address);

/** image_symbols - visit each symbol, in no order; static ones of one name all come. */
void image_symbols(const struct image *image, symbol_visit_fn *visit, void *data);

/* The kernel's own table of symbols: bytes of memory. */
struct symbol_tables {
	uint64_t names, names_size;
	uint64_t values, values_size;
};

/** image_symbol_tables - false: the symbols were not read there. */
bool image_symbol_tables(const struct image *image, struct symbol_tables *tables);

/**
 * image_blank_symbols - take symbols out of copies of both tables.
 * @blank: is this one to be taken out? @type is its letter, as in nm(1).
 */
void image_blank_symbols(const struct image *image, bool (*blank)(char type, const char *name),
			 unsigned char *names, unsigned char *values);

/* Lines of VMCOREINFO: KEY(name)=value. */
bool image_vmcoreinfo_line(const struct image *image, const char *key,
			   char *value, size_t size);		/* "OSRELEASE" */
bool image_vmcoreinfo_symbol(const struct image *image, const char *name, uint64_t *value);
bool image_vmcoreinfo_number(const struct image *image, const char *name, int64_t *value);
bool image_vmcoreinfo_size(const struct image *image, const char *name, uint64_t *value);
bool image_vmcoreinfo_offset(const struct image *image, const char *name, uint64_t *value);

#endif
