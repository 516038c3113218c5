/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmlinux: the uncompressed kernel with symbols and, mostly, debug data.
 * Nothing in it is trusted; libelf checks sections against the file's size, and
 * what is used of them is checked again.
 */
#ifndef KSWAPCK_VMLINUX_H
#define KSWAPCK_VMLINUX_H

#include <libelf.h>

#include "image/build_id.h"
#include "image/symbols.h"
#include "source/memory.h"

/* new_utsname.release has 65 bytes. */
#define RELEASE_TEXT 65u
#define BANNER_TEXT 512u

struct vmlinux {
	char *path;
	int descriptor;
	Elf *elf;
	struct symbols *symbols;	/* NULL: stripped */
	char build_id[BUILD_ID_TEXT];	/* "": none found */
	char banner[BANNER_TEXT];	/* "Linux version 6.1.0 ..."; "": none found */
	char release[RELEASE_TEXT];	/* "6.1.0"; "": unknown */
	/* As linked; 0 when there is no such symbol. */
	uint64_t stext;
	uint64_t banner_at;
	uint64_t notes_at;
	uint64_t notes_end;
};

/** vmlinux_open - open and look over; NULL with @err naming the file. */
struct vmlinux *vmlinux_open(const char *path, struct error *err);
void vmlinux_close(struct vmlinux *vmlinux);	/* NULL is fine */

/* What the dump says of its kernel; the witness in vmlinux_verify(). */
struct dump_identity {
	struct memory *memory;
	const char *architecture;	/* "x86_64"; "" when unknown */
	const char *release;
	const char *notes_build_id;	/* from the kernel's own notes; "" unknown */
	const char *vmcoreinfo_build_id;/* "" when there is none */
	uint64_t stext;			/* run-time address */
	bool has_kernel_offset;
	uint64_t kernel_offset;
};

/**
 * vmlinux_verify - is this the vmlinux of the dumped kernel?
 *
 * Return: false with both release strings and the remedy in @err.
 */
bool vmlinux_verify(const struct vmlinux *vmlinux, const struct dump_identity *dump,
		    struct error *err);

/**
 * vmlinux_build_id_suspect - do kernels of this version print a garbage BUILD-ID?
 * @version: a release, or any text that begins with a version.
 */
bool vmlinux_build_id_suspect(const char *version);

/**
 * vmlinux_search - look where distributions put their debug files.
 * @root: put in front of each place; NULL is "".
 *
 * Return: a verified vmlinux, or NULL when none was found.
 */
struct vmlinux *vmlinux_search(const struct dump_identity *dump, const char *root);

/**
 * vmlinux_download - ask the servers that DEBUGINFOD_URLS names, if there are any.
 *
 * Return: a verified vmlinux, or NULL when none was got.
 */
struct vmlinux *vmlinux_download(const struct dump_identity *dump);

/** vmlinux_fetch - path of the file that such a server has, to be freed; NULL: none. */
char *vmlinux_fetch(const char *build_id);

/**
 * vmlinux_hint - which package has the debug file of this release, in words.
 * @buffer: always terminated.
 */
void vmlinux_hint(const char *release, char *buffer, size_t size);

/** text_clean - copy what is printable of @from, so that no byte of it drives a terminal.
 */
void text_clean(char *to, size_t size, const char *from, size_t length);

#endif
