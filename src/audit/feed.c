// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/feed.h"

#include "audit/catalogue.h"

struct feed_wants feed_wants(const struct kswapck_audit *audit)
{
	const struct kswapck_plugin *plugin;
	bool folio = audit->sink->folio != NULL;
	struct feed_wants wants = {.folio = folio, .usual = folio};
	size_t i;

	for (i = 0; (plugin = catalogue_plugin(audit->catalogue, i)); i++) {
		wants.folio |= plugin->folio != NULL;
		wants.usual |= (plugin->run || plugin->folio) && !plugin->skips_usual;
		wants.slot |= plugin->slot != NULL;
		wants.cluster |= plugin->cluster != NULL;
		wants.list_fault |= plugin->list_fault != NULL;
		wants.reference |= plugin->reference != NULL;
		wants.references |= plugin->references != NULL;
	}
	return wants;
}

/* The N-th plugin, which is the one at work from now on; NULL after the last. */
static const struct kswapck_plugin *turn(struct kswapck_audit *audit, size_t index)
{
	audit->turn = index;
	return catalogue_plugin(audit->catalogue, index);
}

void *kswapck_state(const struct kswapck_audit *audit)
{
	return audit->turn < CATALOGUE_PLUGINS_MAX ? audit->states[audit->turn] : NULL;
}

static void add_taker(struct kswapck_audit *audit, enum feed_event event, size_t index,
		      bool takes)
{
	struct feed_takers *takers = &audit->takers[event];

	if (!takes)
		return;
	takers->plugins[takers->count] = catalogue_plugin(audit->catalogue, index);
	takers->turns[takers->count++] = index;
}

/* The plugin at work from now on: the N-th of @takers. */
static const struct kswapck_plugin *taker(struct kswapck_audit *audit,
					  const struct feed_takers *takers, size_t index)
{
	audit->turn = takers->turns[index];
	return takers->plugins[index];
}

static void find_takers(struct kswapck_audit *audit)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = catalogue_plugin(audit->catalogue, i)); i++) {
		add_taker(audit, FEED_RUN, i, plugin->run);
		add_taker(audit, FEED_FOLIO, i, plugin->folio);
		add_taker(audit, FEED_SLOT, i, plugin->slot);
		add_taker(audit, FEED_REFERENCE, i, plugin->reference);
	}
}

void feed_begin(struct kswapck_audit *audit)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	find_takers(audit);
	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->begin)
			audit->states[i] = plugin->begin(audit);
}

void feed_end(struct kswapck_audit *audit)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->end)
			plugin->end(audit);
}

void feed_device_begin(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->device_begin)
			plugin->device_begin(audit, device);
}

void feed_device_end(struct kswapck_audit *audit, const struct kswapck_device *device)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->device_end)
			plugin->device_end(audit, device);
}

void feed_list_fault(struct kswapck_audit *audit, const struct kswapck_list_fault *fault)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->list_fault)
			plugin->list_fault(audit, fault);
}

void feed_tree_fault(struct kswapck_audit *audit, const struct kswapck_space *space,
		     const struct kswapck_tree_fault *fault)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->tree_fault)
			plugin->tree_fault(audit, space, fault);
}

void feed_run(struct kswapck_audit *audit, const struct kswapck_space *space,
	      const struct kswapck_run *run)
{
	const struct feed_takers *takers = &audit->takers[FEED_RUN];
	size_t i;

	for (i = 0; i < takers->count; i++)
		taker(audit, takers, i)->run(audit, space, run);
}

void feed_folio(struct kswapck_audit *audit, const struct kswapck_space *space,
		const struct kswapck_run *run, const struct kswapck_folio *folio)
{
	const struct feed_takers *takers = &audit->takers[FEED_FOLIO];
	size_t i;

	for (i = 0; i < takers->count; i++)
		taker(audit, takers, i)->folio(audit, space, run, folio);
}

void feed_slot(struct kswapck_audit *audit, const struct kswapck_space *space,
	       const struct kswapck_slot *slot)
{
	const struct feed_takers *takers = &audit->takers[FEED_SLOT];
	size_t i;

	for (i = 0; i < takers->count; i++)
		taker(audit, takers, i)->slot(audit, space, slot);
}

void feed_cluster(struct kswapck_audit *audit, const struct kswapck_cluster *cluster)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->cluster)
			plugin->cluster(audit, cluster);
}

void feed_space_end(struct kswapck_audit *audit, const struct kswapck_space *space)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->space_end)
			plugin->space_end(audit, space);
}

void feed_reference(struct kswapck_audit *audit, const struct kswapck_reference *reference)
{
	const struct feed_takers *takers = &audit->takers[FEED_REFERENCE];
	size_t i;

	for (i = 0; i < takers->count; i++)
		taker(audit, takers, i)->reference(audit, reference);
}

void feed_references(struct kswapck_audit *audit, const struct kswapck_reference_counts *counts)
{
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = turn(audit, i)); i++)
		if (plugin->references)
			plugin->references(audit, counts);
}
