/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BTF without the kernel's functions, which are a third of it. */
#ifndef KSWAPCK_BTF_FUNCTIONS_H
#define KSWAPCK_BTF_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * btf_blank_functions - take the names and the arguments of functions out, in place.
 *
 * No type moves or gets another number, and prototypes that pointers to functions refer to
 * stay as they are. What is not sound BTF is left alone.
 *
 * Return: false when out of memory, or if it is not sound; then nothing was changed.
 */
bool btf_blank_functions(void *data, size_t size);

#endif
