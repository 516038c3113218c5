/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that comes into being whole or not at all: it has no name until it is finished
 * (O_TMPFILE; where the file system has none, a name of its own in the same folder).
 */
#ifndef KSWAPCK_NEW_FILE_H
#define KSWAPCK_NEW_FILE_H

#include "base/error.h"

struct new_file {
	const char *path;
	bool replace;
	int descriptor;
	char *temporary;	/* name until it is finished; NULL: none */
};

/**
 * new_file_begin - begin a file that only its owner can read.
 * @path: must outlive @file.
 * @replace: may there be a file of this name?
 *
 * Return: false with @err set: ERROR_USAGE if there is one and it may not be replaced, or
 * if it is no file; else ERROR_SYSTEM.
 */
bool new_file_begin(struct new_file *file, const char *path, bool replace, struct error *err);

/** new_file_finish - to the disk, and give it its name. Also closes it, whatever happens. */
bool new_file_finish(struct new_file *file, struct error *err);

/** new_file_abandon - nothing of it stays. */
void new_file_abandon(struct new_file *file);

#endif
