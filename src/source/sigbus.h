/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KSWAPCK_SOURCE_SIGBUS_H
#define KSWAPCK_SOURCE_SIGBUS_H

/**
 * sigbus_guard - end with one clear line and status 8 should a mapped file shrink.
 * @name: of the file, for that line; copied, the last one wins.
 *
 * A handler that somebody else has set stays.
 */
void sigbus_guard(const char *name);

#endif
