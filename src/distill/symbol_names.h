/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols of the kernel that are of no use to who looks at a dump. */
#ifndef KSWAPCK_DISTILL_SYMBOL_NAMES_H
#define KSWAPCK_DISTILL_SYMBOL_NAMES_H

#include <stdbool.h>

/**
 * symbol_is_made - does a macro or the compiler make such symbols, thousands of them, for what
 * has a name of its own already?
 * @type: its letter, as in nm(1).
 */
bool symbol_is_made(char type, const char *name);

/**
 * symbol_is_line_buffer - a static variable of printk.c with the last line, or a part of it: in
 * vprintk_store() and console_unlock() until 6.3, printk_shared_pbufs since.
 */
bool symbol_is_line_buffer(const char *name);

#endif
