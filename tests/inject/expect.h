/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs the audit over a scene and compares what it says with what it should say. */
#ifndef KSWAPCK_INJECT_EXPECT_H
#define KSWAPCK_INJECT_EXPECT_H

#include "scene.h"

/**
 * audit_as_expected - exactly the expected findings, and nothing unread.
 * @why: told what was found instead; [@size].
 */
bool audit_as_expected(struct scene *scene, char *why, size_t size);

#endif
