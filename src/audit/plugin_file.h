/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks from files: shared objects with a struct kswapck_plugin in them. */
#ifndef KSWAPCK_PLUGIN_FILE_H
#define KSWAPCK_PLUGIN_FILE_H

#include "audit/catalogue.h"

/**
 * plugin_file_load - load a plugin and add it to @catalogue.
 * @path: a file; must outlive @catalogue.
 *
 * A file that trust_file() does not believe is not loaded. A plugin stays loaded to the
 * end of the process, as its problems are referred to from everywhere. Loaded a second
 * time, it is not added again.
 *
 * Return: false with ERROR_INPUT or ERROR_SYSTEM.
 */
bool plugin_file_load(struct catalogue *catalogue, const char *path, struct error *err);

#endif
