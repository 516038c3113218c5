/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which checks run and how their problems are graded: what the options, the environment
 * and the configuration files say, made into a catalogue.
 */
#ifndef KSWAPCK_CHECKS_H
#define KSWAPCK_CHECKS_H

#include "audit/catalogue.h"
#include "command/config.h"
#include "command/options.h"

/* Options of every command that needs a catalogue. */
#define CHECKS_OPTIONS 5
extern const struct option_entry checks_options[CHECKS_OPTIONS];

/* Zero it before the first option. */
struct checks {
	struct settings given;		/* by options */
	struct settings settings;	/* by all; the names of plugins' files live here */
	const char *config;		/* --config; NULL: not given */
	bool no_config, no_builtin;
	struct catalogue catalogue;
};

/** checks_take - take the option @index of checks_options, for options_parse(). */
bool checks_take(struct checks *checks, int index, const char *value);

/**
 * checks_gather - load all plugins and grade all problems: fills checks->catalogue.
 *
 * In this order: what is built in, the plugins directory, KSWAPCK_PLUGINS, the
 * configuration files, the options. What is wrong with a plugin in the plugins directory,
 * or with a configuration file that nobody named, is told on stderr and is no error.
 */
bool checks_gather(struct checks *checks, struct error *err);
void checks_free(struct checks *checks);

/** checks_any - is there any check? Without one nothing is found, which says nothing. */
bool checks_any(const struct checks *checks, struct error *err);

/** checks_grade - how @problem is graded: "ignore", "warning" or "error". */
const char *checks_grade(const struct catalogue *catalogue, const struct kswapck_problem *problem);

#endif
