/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of processes and files, and what is written in their place: another one of the same
 * length, the same each time, and made of nothing that the name holds.
 */
#ifndef KSWAPCK_NAMES_H
#define KSWAPCK_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names;

struct names *names_new(void);			/* NULL when out of memory */
void names_free(struct names *names);		/* NULL is fine */

/** names_add - give the name a place, if it has none; false when out of memory. */
bool names_add(struct names *names, const char *name, size_t length);

/** names_has - was this one added? */
bool names_has(const struct names *names, const char *name, size_t length);

/**
 * names_replace - overwrite the name at @name: by its own replacement, or, if it was never
 * added, by that of all that are unknown.
 */
void names_replace(const struct names *names, char *name, size_t length);

/**
 * names_replace_in_log - overwrite what of @text, the log, are names that were added, and
 * the parts of paths, which are added first.
 *
 * A name is one where the kernel writes names: after "Comm: ", "task " and the like, in
 * parentheses, in front of a process id. Return: false when out of memory.
 */
bool names_replace_in_log(struct names *names, char *text, size_t size);

#endif
