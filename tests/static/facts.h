/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an analyzer that reads one file at a time cannot know; tests/static/run includes it. */
#include "../../src/base/error.h"

#pragma GCC diagnostic ignored "-Wunused-value"

/* They return false, always. */
#define error_set(...)    (error_set(__VA_ARGS__), false)
#define error_prefix(...) (error_prefix(__VA_ARGS__), false)
