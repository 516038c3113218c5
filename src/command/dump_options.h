/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of every command that opens a dump. */
#ifndef KSWAPCK_DUMP_OPTIONS_H
#define KSWAPCK_DUMP_OPTIONS_H

#include "command/dump.h"
#include "command/options.h"

#define DUMP_OPTIONS 4
extern const struct option_entry dump_options_table[DUMP_OPTIONS];

/** dump_options_take - take the option @index of dump_options_table, for options_parse(). */
bool dump_options_take(struct dump_options *options, int index, const char *value);

#endif
