/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking at the running kernel again and again: --watch of scan and of triage. */
#ifndef KSWAPCK_WATCH_H
#define KSWAPCK_WATCH_H

#include "command/inspection.h"

/**
 * watch_run - tell what is new and what is gone, a line each, until Ctrl-C; then a summary.
 *
 * With INSPECTION_EXPLAIN also who is stuck because of it, when that changes.
 *
 * The exit status is that of all looks together.
 */
bool watch_run(struct inspection *inspection, struct error *err);

#endif
