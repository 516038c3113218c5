/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF notes of a dump: registers, QEMU's CPU states and VMCOREINFO. The same in ELF cores (PT_NOTE)
 * and in kdump-compressed files (a copy of the PT_NOTEs).
 */
#ifndef KSWAPCK_SOURCE_NOTES_H
#define KSWAPCK_SOURCE_NOTES_H

#include "source/file.h"

struct note {
	size_t offset;		/* of the descriptor in notes->bytes */
	size_t size;
};

struct notes {
	unsigned char *bytes;
	size_t size;
	struct note *prstatus;	/* in the order of the file */
	size_t prstatus_count;
	struct note *qemu;	/* QEMU's own of each CPU, in the order of the file */
	size_t qemu_count;
	struct note vmcoreinfo;	/* size 0: none */
	struct note *other;	/* floating point registers and the like, which nobody here reads */
	size_t other_count;
	struct note mark;	/* of kswapck distill (diskdump_write.h); size 0: none */
};

/**
 * notes_add - read a range of a file that holds notes.
 *
 * A note that reaches out of its range ends the range: what came before is kept.
 *
 * Return: false with @err set when the range cannot be read.
 */
bool notes_add(struct notes *notes, const struct file *file, uint64_t offset,
	       uint64_t size, struct error *err);
void notes_clear(struct notes *notes);

#endif
