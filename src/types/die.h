/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small things about DWARF through libdw that its users here share. */
#ifndef KSWAPCK_TYPES_DIE_H
#define KSWAPCK_TYPES_DIE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * die_open - DWARF of an ELF file, mapped and not read.
 * @descriptor: stays the caller's, and open as long as the result.
 *
 * Return: NULL when there is none, or none that this libdw can read (sections that
 * are compressed in a way it does not know).
 */
Dwarf *die_open(int descriptor);

/** die_name - its own DW_AT_name, or NULL. */
const char *die_name(Dwarf_Die *die);

/** die_number - an attribute of its own that is a constant; false if there is none. */
bool die_number(Dwarf_Die *die, unsigned int name, uint64_t *value);

/** die_type - where its own DW_AT_type leads; @type may be @die. */
bool die_type(Dwarf_Die *die, Dwarf_Die *type);

/** die_next_sibling - the next DIE beside @die; it lies behind it, so a walk ends. */
bool die_next_sibling(Dwarf_Die *die);

/** die_is_link - a typedef or qualifier: a type that only leads to another. */
bool die_is_link(int tag);

#endif
