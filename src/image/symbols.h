/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where addresses of names come from. Private to src/image/.
 *
 * A backend is one file with a struct that begins with a struct symbols, and
 * with one const struct symbols_ops: kallsyms.c, elf_symbols.c.
 */
#ifndef KSWAPCK_IMAGE_SYMBOLS_H
#define KSWAPCK_IMAGE_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

struct symbols;

struct symbols_ops {
	const char *name;	/* "kallsyms in the dump"; for people */
	/* Of several symbols of this name the global one, else the lowest. */
	bool (*lookup)(struct symbols *symbols, const char *name, uint64_t *address);
	/* The nearest symbol of the kernel image at or below @address. */
	bool (*nearest)(struct symbols *symbols, uint64_t address,
			char *name, size_t size, uint64_t *offset);
	/* Each symbol, in no order; some names come twice. @visit returns false to stop. */
	void (*each)(struct symbols *symbols, symbol_visit_fn *visit, void *data);
	void (*close)(struct symbols *symbols);
};

struct symbols {
	const struct symbols_ops *ops;
};

/*
 * How far behind the last symbol an address still counts as part of the image:
 * the last one is _end (or _einittext without CONFIG_KALLSYMS_ALL), which has
 * nothing behind it.
 */
#define SYMBOLS_SLACK 4096u

/*
 * Kernel addresses have bit 63 set on every 64-bit architecture in scope. What
 * has not is an absolute value: per-CPU offsets on x86_64 before 6.15, constants.
 */
#define SYMBOLS_KERNEL_HALF (UINT64_C(1) << 63)

/*
 * clang's LTO calls a static symbol "name.llvm.1234" when it makes it global. The
 * kernel hides that from those who look up names (6.1 kernel/kallsyms.c,
 * cleanup_symbol_name()), and so does every backend.
 */
#define SYMBOLS_LTO_SUFFIX ".llvm."

#endif
