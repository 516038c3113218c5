/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of VMCOREINFO by their kind. The kernel prints each kind in its own way
 * (kernel/crash_core.c, from 6.9 on kernel/vmcore_info.c); the lines themselves
 * are found by source/vmcoreinfo.h. A text that is NULL holds no lines.
 */
#ifndef KSWAPCK_IMAGE_VMCOREINFO_H
#define KSWAPCK_IMAGE_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * vmcoreinfo_copy - the value of the line "@key=value", terminated.
 *
 * Return: false when there is no such line or it does not fit in @size bytes.
 */
bool vmcoreinfo_copy(const char *text, const char *key, char *value, size_t size);

/** vmcoreinfo_hex - "KEY=2a000000" as printed with %lx: KERNELOFFSET. */
bool vmcoreinfo_hex(const char *text, const char *key, uint64_t *value);

/** vmcoreinfo_symbol - SYMBOL(@name)=hex: a run-time address. */
bool vmcoreinfo_symbol(const char *text, const char *name, uint64_t *value);

/** vmcoreinfo_signed - NUMBER(@name)=: decimal, signed; arm64 also prints 0x... */
bool vmcoreinfo_signed(const char *text, const char *name, int64_t *value);

/** vmcoreinfo_size - SIZE(@name)=: bytes. */
bool vmcoreinfo_size(const char *text, const char *name, uint64_t *value);

/** vmcoreinfo_offset - OFFSET(@name)= as in "page.flags": bytes. */
bool vmcoreinfo_offset(const char *text, const char *name, uint64_t *value);

#endif
