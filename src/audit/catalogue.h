/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of one run, all problems that they can find, and how each problem is
 * graded: built-in ones first, then those of plugins.
 */
#ifndef KSWAPCK_CATALOGUE_H
#define KSWAPCK_CATALOGUE_H

#include "base/error.h"
#include "kswapck.h"

#define CATALOGUE_PLUGINS_MAX	64
#define CATALOGUE_PROBLEMS_MAX	256

struct catalogue {
	struct {
		const struct kswapck_plugin *plugin;
		const char *file;	/* where it came from; NULL: it is built in */
	} plugins[CATALOGUE_PLUGINS_MAX];
	size_t plugin_count;
	const struct kswapck_problem *problems[CATALOGUE_PROBLEMS_MAX];	/* in order of plugins */
	enum kswapck_severity severities[CATALOGUE_PROBLEMS_MAX];	/* as graded */
	size_t problem_count;
};

/** catalogue_init - the checks that are built in, graded as they grade themselves. */
void catalogue_init(struct catalogue *catalogue);

/**
 * catalogue_add - one more plugin.
 * @file: where it is from, for lists and error messages; must outlive @catalogue.
 *
 * A plugin that is in @catalogue already, by its address, is not added again.
 *
 * Return: false with ERROR_INPUT when it is not sound (ABI, names, ids, texts that
 * are missing or taken) or there are too many. Then nothing of it was added.
 */
bool catalogue_add(struct catalogue *catalogue, const struct kswapck_plugin *plugin,
		   const char *file, struct error *err);

/** catalogue_plugin - the N-th check; NULL after the last. */
const struct kswapck_plugin *catalogue_plugin(const struct catalogue *catalogue, size_t index);

/** catalogue_problem - the N-th problem of all checks; NULL after the last. */
const struct kswapck_problem *catalogue_problem(const struct catalogue *catalogue, size_t index);

/** catalogue_find - by id ("KS101", any case) or name ("freed-folio"); NULL if none. */
const struct kswapck_problem *catalogue_find(const struct catalogue *catalogue,
					     const char *text);

/**
 * catalogue_grade - grade a problem as the user wants it.
 * @problem: id or name, as for catalogue_find().
 * @grade: "ignore", "warn" (or "warning") or "error".
 *
 * Return: false with ERROR_USAGE when there is no such problem or grade.
 */
bool catalogue_grade(struct catalogue *catalogue, const char *problem, const char *grade,
		     struct error *err);

/** catalogue_silenced - would the N-th problem be reported, had the user not graded it? */
bool catalogue_silenced(const struct catalogue *catalogue, size_t index);

/** catalogue_index - the number of @problem; problem_count if it is none of these. */
size_t catalogue_index(const struct catalogue *catalogue, const struct kswapck_problem *problem);

#endif
