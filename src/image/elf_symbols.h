/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols of a vmlinux, moved to where the dumped kernel ran.
 */
#ifndef KSWAPCK_ELF_SYMBOLS_H
#define KSWAPCK_ELF_SYMBOLS_H

#include <libelf.h>

#include "base/error.h"
#include "image/symbols.h"

/**
 * elf_symbols_open - the .symtab of @elf, at link addresses.
 * @elf: must stay open as long as the symbols.
 *
 * Return: NULL with ERROR_MISSING when there is no symbol table (stripped), or
 * ERROR_INPUT when it is damaged.
 */
struct symbols *elf_symbols_open(Elf *elf, struct error *err);

/** elf_symbols_move - add the KASLR offset to all kernel addresses from now on. */
void elf_symbols_move(struct symbols *symbols, uint64_t offset);

#endif
