/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configuration files: which plugins to load and how to grade problems.
 *
 *   # a comment
 *   plugin /usr/local/lib/mine.so
 *   severity freed-folio = warn
 */
#ifndef KSWAPCK_CONFIG_H
#define KSWAPCK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum setting_kind {
	SETTING_PLUGIN,		/* value: a file */
	SETTING_SEVERITY,	/* value: "freed-folio=warn" */
};

/* One thing that a line, an option or a variable has set. */
struct setting {
	enum setting_kind kind;
	char *value;
	char *where;	/* that says so, in front of errors: "/etc/kswapck.conf:3" */
	bool lenient;	/* a fault is told, and is no error */
};

/* In the order in which they take effect: the last one wins. */
struct settings {
	struct setting *list;
	size_t count, room;
};

/** settings_add - one more at the end; the strings are copied. False: out of memory. */
bool settings_add(struct settings *settings, const struct setting *setting, struct error *err);
void settings_free(struct settings *settings);

/**
 * config_parse - add the settings of a configuration file that is open.
 * @path: its name; a plugin's relative path begins at its folder.
 *
 * Return: false with ERROR_USAGE and the line in @err when something is wrong there.
 */
bool config_parse(struct settings *settings, FILE *stream, const char *path,
		  struct error *err);

/**
 * config_read - the same for a file by its name.
 *
 * Return: false; ERROR_MISSING when there is no such file, ERROR_INPUT when it is not
 * one that trust_file() believes.
 */
bool config_read(struct settings *settings, const char *path, struct error *err);

#endif
