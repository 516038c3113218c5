/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The built-in checks, for tests that need no others. */
#ifndef KSWAPCK_TEST_CHECKS_H
#define KSWAPCK_TEST_CHECKS_H

#include "audit/catalogue.h"

static inline const struct catalogue *checks(void)
{
	static struct catalogue catalogue;

	if (!catalogue.plugin_count)
		catalogue_init(&catalogue);
	return &catalogue;
}

#endif
