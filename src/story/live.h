/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story of a kernel that goes on while it is told. */
#ifndef KSWAPCK_STORY_LIVE_H
#define KSWAPCK_STORY_LIVE_H

#include "live/live.h"
#include "story/story.h"

/**
 * story_tell_live - story_tell() of a running kernel, told again as long as something may have
 * been missed, but not for ever: lists break off where they are being changed, and a CPU of
 * a virtual machine may not have run.
 * @live: settled before each time; NULL: it is a dump, of which the story is told once.
 *
 * That a CPU went on while it was looked at is no gap, for then it is not stuck, nor is what
 * this program itself does.
 *
 * Return: as story_tell().
 */
struct story *story_tell_live(const struct kernel *kernel, struct live *live,
			      struct story_findings *findings, const struct audit_summary *audit,
			      const struct story_options *options, struct error *err);

/** story_judge_live - is the story of a running kernel incomplete? Sets that of @story. */
void story_judge_live(struct story *story);

#endif
