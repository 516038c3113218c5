// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One short name for "the same bug", the same on every machine that has it. It is made of
 * what the bug is and not of where it struck: no addresses, slots, pids, counts, devices,
 * releases of a branch; nothing that a vmlinux or the format of the dump adds.
 *
 * Where the slots show how they got that way, that is the bug. What became of their pages
 * since, who came by, and whether that one spins or refaults is chance then: two boots of
 * one lab scenario differ in it. Else it is what was found, and where the kernel loops or
 * died of it.
 *
 * The words of the recipe and their order are part of the version: kf1 is never changed.
 */
#include "story/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

#define VERSION "kf1"

/* Words for the recipe, stable for ever; those of names.c are for people. */
static const char *pattern_word(enum story_pattern pattern)
{
	static const char *const words[PATTERN_COUNT] = {
		[PATTERN_ONE_SLOT] = "one-slot",
		[PATTERN_HEAD_PRIVATE] = "head-private",
		[PATTERN_SPLIT] = "split",
		[PATTERN_MOVED] = "moved",
	};

	return words[pattern];
}

static unsigned int gravity(enum story_effect effect)
{
	return effect == EFFECT_NONE ? UINT32_MAX : (unsigned int)effect;
}

/* Of all that was found the one that does most harm; of these the first by its id. */
static const struct kswapck_problem *gravest(const struct story_findings *findings)
{
	const struct story_range *range, *best = NULL;
	size_t i;

	for (i = 0; i < findings->count; i++) {
		range = &findings->ranges[i];
		if (!best || gravity(range->effect) < gravity(best->effect) ||
		    (range->effect == best->effect &&
		     strcmp(range->problem->id, best->problem->id) < 0))
			best = range;
	}
	return best ? best->problem : NULL;
}

static const struct kswapck_problem *problem_of(const struct story *story)
{
	if (story->spinner_count && story->spinners[0].problem)
		return story->spinners[0].problem;
	return gravest(story->findings);
}

/* Up to a dot: compilers add ".isra.0", ".part.0" and the like to functions. */
static void add(char *text, size_t size, const char *key, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s=%.*s", used ? " " : "", key,
		 (int)strcspn(word, "."), word);
}

/* Where it loops, or where the kernel died of it. */
static void add_place(const struct story *story, char *text, size_t size)
{
	const struct story_event *event;

	if (story->spinner_count && story->spinners[0].place) {
		add(text, size, "loop", story->spinners[0].place->function);
	} else if (story->verdict == VERDICT_CRASH &&
		   story->crash.event < story->log.event_count) {
		event = &story->log.events[story->crash.event];
		if (event->function[0])
			add(text, size, "bug-in", event->function);
	}
}

static void add_cause(const struct story *story, char *text, size_t size)
{
	const struct kswapck_problem *problem = problem_of(story);

	if (story->origin.pattern != PATTERN_NONE) {
		add(text, size, "pattern", pattern_word(story->origin.pattern));
		return;
	}
	if (problem)
		add(text, size, "problem", problem->id);
	add_place(story, text, size);
}

static void add_kernel(const struct story *story, char *text, size_t size)
{
	struct kernel_build build = story_build_of(story->release, "");
	size_t used = strlen(text);

	if (build.base_known)
		snprintf(text + used, size - used, " kernel=%u.%u", build.base.major,
			 build.base.minor);
}

static bool has_one(enum story_verdict verdict)
{
	switch (verdict) {
	case VERDICT_STALL:
	case VERDICT_REFAULT:
	case VERDICT_CRASH:
	case VERDICT_LATENT:
	case VERDICT_DAMAGE:
		return true;
	default:
		return false;
	}
}

void story_fingerprint_make(struct story *story)
{
	struct story_fingerprint *print = &story->fingerprint;

	*print = (struct story_fingerprint){0};
	if (!has_one(story->verdict))
		return;
	add_cause(story, print->recipe, sizeof(print->recipe));
	if (!print->recipe[0])
		return;
	add_kernel(story, print->recipe, sizeof(print->recipe));
	snprintf(print->name, sizeof(print->name), VERSION "-%016" PRIx64,
		 hash_bytes(HASH_BASIS, print->recipe, strlen(print->recipe)));
}
