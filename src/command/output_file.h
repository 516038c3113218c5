/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file written by a process of its own. Who reads a dump is in a sandbox for good and
 * can name no file; who gives the file its name has not read a byte of the dump.
 */
#ifndef KSWAPCK_OUTPUT_FILE_H
#define KSWAPCK_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * output_file_run - let @write_it fill a file; it gets its name when all is in it.
 * @path: a file that is there is replaced, once the new one is whole, if @replace, and else
 * this is refused. "-" is stdout, and then nothing of this is done.
 * @write_it: returns an exit status; with one that tells of failure or of Ctrl-C there will
 * be no file.
 *
 * Return: that exit status, or EXIT_FAILED after the reason was said on stderr.
 */
int output_file_run(const char *path, bool replace, int (*write_it)(void *data, FILE *stream),
		    void *data);

/** output_file_is_input - would writing to @path overwrite one of @files? */
bool output_file_is_input(const char *path, const char *const *files, size_t count);

#endif
