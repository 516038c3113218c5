/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols of the running kernel as it prints them itself: /proc/kallsyms.
 */
#ifndef KSWAPCK_KALLSYMS_RUNNING_H
#define KSWAPCK_KALLSYMS_RUNNING_H

#include "base/error.h"
#include "image/symbols.h"

/**
 * kallsyms_running - read the symbols of the kernel image from @path.
 * @stext: true address of _stext.
 *
 * Return: symbols to be closed with their ops; NULL with ERROR_MISSING when there is no
 * such file or it hides the addresses (kernel.kptr_restrict).
 */
struct symbols *kallsyms_running(const char *path, uint64_t stext, struct error *err);

#endif
