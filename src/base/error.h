/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One error, told as one line: what, where and what to do.
 *
 * A function that can fail returns bool and takes a struct error as its last
 * argument. The place that notices the fault calls error_set(); each level
 * above may put its own words in front with error_prefix(). Both return false,
 * so that a caller writes: return error_set(err, ERROR_INPUT, "...").
 */
#ifndef KSWAPCK_ERROR_H
#define KSWAPCK_ERROR_H

#include <stdbool.h>

enum error_kind {
	ERROR_NONE,
	ERROR_USAGE,		/* the command line is wrong */
	ERROR_INPUT,		/* not a dump, damaged, or out of scope */
	ERROR_UNREADABLE,	/* a page is not in the dump */
	ERROR_MISSING,		/* a symbol, type or member is not there */
	ERROR_SYSTEM,		/* memory, files, permissions */
};

struct error {
	enum error_kind kind;
	char text[5120];	/* a path of 4,096 bytes, and what is wrong with it */
};

/**
 * error_set - begin an error; whatever @err held before is lost.
 * @err: may be NULL when the caller does not want to know.
 *
 * Return: always false.
 */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * error_prefix - put words and ": " in front of what @err says already.
 *
 * Return: always false.
 */
bool error_prefix(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
