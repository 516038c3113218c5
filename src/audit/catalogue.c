// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/catalogue.h"

#include <strings.h>

extern const struct kswapck_plugin kswapck_plugin_cache_entry;
extern const struct kswapck_plugin kswapck_plugin_swap_map;
extern const struct kswapck_plugin kswapck_plugin_tree_shape;

/* In the order of their problems' ids. */
static const struct kswapck_plugin *const plugins[] = {
	&kswapck_plugin_cache_entry,
	&kswapck_plugin_swap_map,
	&kswapck_plugin_tree_shape,
};

const struct kswapck_plugin *catalogue_plugin(size_t index)
{
	return index < sizeof(plugins) / sizeof(plugins[0]) ? plugins[index] : NULL;
}

const struct kswapck_problem *catalogue_problem(size_t index)
{
	const struct kswapck_problem *problem;
	size_t i;

	for (i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
		for (problem = plugins[i]->problems; problem->id; problem++)
			if (!index--)
				return problem;
	return NULL;
}

const struct kswapck_problem *catalogue_find(const char *text)
{
	const struct kswapck_problem *problem;
	size_t i;

	for (i = 0; (problem = catalogue_problem(i)); i++)
		if (!strcasecmp(problem->id, text) || !strcasecmp(problem->name, text))
			return problem;
	return NULL;
}
