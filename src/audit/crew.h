/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spaces of a device audited by several threads. Each has a context of its own, with a
 * source and a page cache of its own; what it says of a space goes out when all spaces
 * before have had their say. So the sink hears the same, in the same order, as of one.
 */
#ifndef KSWAPCK_CREW_H
#define KSWAPCK_CREW_H

#include "audit/walk.h"

/**
 * crew_audit - audit the @spaces spaces of the device by up to @threads threads.
 *
 * Return: false, with nothing done, where that cannot be: a dump that only one can read,
 * checks from files, of which nothing is known, a sink that wants the spaces themselves.
 */
bool crew_audit(struct kswapck_audit *audit, struct device_walk *walk, uint64_t spaces,
		unsigned int threads);

#endif
