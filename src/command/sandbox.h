/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump may have been made to break its reader. While its bytes are read, kswapck can
 * read files, and once the dump is open nothing but what is open already: it cannot
 * write files, start programs or reach a network, and its memory goes into no core dump.
 *
 * Plugins run inside. The shell, which starts pagers, pipes and drgn, does not.
 */
#ifndef KSWAPCK_SANDBOX_H
#define KSWAPCK_SANDBOX_H

#include <stdbool.h>

#include "command/dump.h"

/**
 * sandbox_dump_open - as dump_open(), from inside; for good.
 *
 * --no-sandbox, and a system that cannot do it, are told on stderr.
 */
bool sandbox_dump_open(struct dump *dump, const char *const *files, size_t count,
		       const struct dump_options *options, struct error *err);

/**
 * sandbox_keep_private - no core dumps, and no debugger of another user: memory of the
 * dump would be in them. For commands that do without the rest.
 */
void sandbox_keep_private(void);

#endif
