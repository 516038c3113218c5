/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of VMCOREINFO that is needed to translate addresses, and where to
 * find it when a dump has no note of it.
 */
#ifndef KSWAPCK_SOURCE_VMCOREINFO_H
#define KSWAPCK_SOURCE_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct source;

/**
 * vmcoreinfo_line - the text behind "KEY=".
 *
 * Return: its start within @text, *@length its length without the newline; NULL
 * when there is no such line.
 */
const char *vmcoreinfo_line(const char *text, const char *key, size_t *length);

/**
 * vmcoreinfo_number - the value of "@kind(@name)=": decimal and signed, or
 * hexadecimal after 0x; a SYMBOL or SIZE is as well found by its kind.
 * @base: 10 for NUMBER, 16 for SYMBOL.
 */
bool vmcoreinfo_number(const char *text, const char *kind, const char *name, int base,
		       uint64_t *value);

/** vmcoreinfo_page_size - bytes of a page, 4096 to 65536; 0: it is not told, or nonsense. */
uint32_t vmcoreinfo_page_size(const char *text);

/**
 * vmcoreinfo_scan - find VMCOREINFO in the memory of a dump that has no note.
 * @source: must read physical pages already.
 *
 * The kernel keeps it at the beginning of a page of its own. A page counts when it
 * has the lines OSRELEASE, PAGESIZE and SYMBOL(swapper_pg_dir). Pages of the same
 * text but for CRASHTIME (the copy in the crash kernel's reserve) are one find. Of
 * several, e.g. on a host of virtual machines, the one is taken whose own page
 * tables lead to a utsname with its own release; no or two such are an error that
 * lists all.
 *
 * Return: the text, to be freed; NULL with @err set.
 */
char *vmcoreinfo_scan(struct source *source, struct error *err);

#endif
