/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose files may steer a program that may do more than the one who wrote them. */
#ifndef KSWAPCK_TRUST_H
#define KSWAPCK_TRUST_H

#include <stdbool.h>

#include "base/error.h"

/** trust_elevated - the program has more rights than who started it: set-user-ID. */
bool trust_elevated(void);

/**
 * trust_file - may an opened file be believed?
 * @path: by which it was opened.
 *
 * For root (and with more rights than who started it) the file must belong to root
 * and be writable by root alone, and so must the folder in which @path says that it
 * lies and the one in which it really lies. Everybody else may believe what they like.
 *
 * Return: false with ERROR_INPUT and the remedy in @err.
 */
bool trust_file(int file, const char *path, struct error *err);

/** trust_folder - the same for a folder and what is in it. */
bool trust_folder(const char *path, struct error *err);

#endif
