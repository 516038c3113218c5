/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fuzzers share. Each is one file with LLVMFuzzerTestOneInput(), which takes bytes as
 * they might be in a dump; libFuzzer calls it, or replay.c with the corpus alone.
 */
#ifndef KSWAPCK_FUZZ_H
#define KSWAPCK_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "source/backend.h"
#include "source/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** fuzz_file - a file of these bytes, without a place on disk; -1: it cannot be made. */
int fuzz_file(const uint8_t *data, size_t size);

#define FUZZ_PATH_SIZE 40

/** fuzz_path - the name under which it can be opened. */
void fuzz_path(int descriptor, char path[FUZZ_PATH_SIZE]);

/*
 * Memory in which nearly every pointer leads somewhere: a window of a few pages, the input with
 * zeros behind it, which all of physical memory and of the kernel's half repeat. A dump whose
 * page tables lead in circles is like that.
 */
struct fuzz_memory {
	struct source source;
	const uint8_t *bytes;
	size_t size;
	uint64_t window;	/* bytes, a power of two of at least a page */
	uint64_t end;		/* virtual address: nothing from here on; 0: all repeats */
};

/** fuzz_memory_new - a page cache over the input; see memory_free(). */
struct memory *fuzz_memory_new(struct fuzz_memory *fuzz, const uint8_t *data, size_t size,
			       uint64_t window);

#endif
