// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/catalogue.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

extern const struct kswapck_plugin kswapck_plugin_anon_rmap;
extern const struct kswapck_plugin kswapck_plugin_cache_entry;
extern const struct kswapck_plugin kswapck_plugin_cluster;
extern const struct kswapck_plugin kswapck_plugin_device;
extern const struct kswapck_plugin kswapck_plugin_folio_references;
extern const struct kswapck_plugin kswapck_plugin_slot_references;
extern const struct kswapck_plugin kswapck_plugin_swap_map;
extern const struct kswapck_plugin kswapck_plugin_swap_table;
extern const struct kswapck_plugin kswapck_plugin_tree_shape;

/* In the order of their problems' ids. */
static const struct kswapck_plugin *const built_in[] = {
	&kswapck_plugin_cache_entry,		/* KS1 */
	&kswapck_plugin_swap_map,		/* KS2 */
	&kswapck_plugin_tree_shape,		/* KS3 */
	&kswapck_plugin_cluster,		/* KS4 */
	&kswapck_plugin_swap_table,		/* KS41 */
	&kswapck_plugin_device,			/* KS45 */
	&kswapck_plugin_slot_references,	/* KS5 */
	&kswapck_plugin_anon_rmap,		/* KS6 */
	&kswapck_plugin_folio_references,	/* KS7 */
};

static void take(struct catalogue *catalogue, const struct kswapck_plugin *plugin,
		 const char *file)
{
	const struct kswapck_problem *problem;

	catalogue->plugins[catalogue->plugin_count].plugin = plugin;
	catalogue->plugins[catalogue->plugin_count++].file = file;
	for (problem = plugin->problems; problem->id; problem++) {
		catalogue->severities[catalogue->problem_count] = problem->severity;
		catalogue->problems[catalogue->problem_count++] = problem;
	}
}

void catalogue_init(struct catalogue *catalogue)
{
	size_t i;

	memset(catalogue, 0, sizeof(*catalogue));
	for (i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		take(catalogue, built_in[i], NULL);
}

static bool is_called(const struct kswapck_problem *problem, const char *text)
{
	return !strcasecmp(problem->id, text) || !strcasecmp(problem->name, text);
}

/* ------------------------------------------------------------- is a plugin sound? */

#define NAME_MAX_LENGTH	40
#define ID_MAX_LENGTH	16

static bool is_name(const char *text)
{
	size_t length = strlen(text);

	return length && length <= NAME_MAX_LENGTH && islower((unsigned char)text[0]) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool is_id(const char *text)
{
	size_t length = strlen(text);

	return length && length <= ID_MAX_LENGTH && isupper((unsigned char)text[0]) &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == length;
}

/* The first {word} that no finding can fill in; NULL if there is none. */
static const char *unknown_word(const char *sentence)
{
	static const char *const known[] = {"{slots}", "{first}", "{page}", "{pfn}", "{entry}",
					    "{owner}", "{detail}", "{s}"};
	size_t i;

	for (; (sentence = strchr(sentence, '{')); sentence++) {
		for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (!strncmp(sentence, known[i], strlen(known[i])))
				break;
		if (i == sizeof(known) / sizeof(known[0]))
			return sentence;
	}
	return NULL;
}

static bool check_texts(const struct kswapck_problem *problem, struct error *err)
{
	const struct {
		const char *name, *text;
	} texts[] = {
		{"sentence", problem->sentence},
		{"meaning", problem->meaning},
		{"origin", problem->origin},
		{"consequence", problem->consequence},
		{"confirm", problem->confirm},
	};
	const char *word;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!texts[i].text || !*texts[i].text)
			return error_set(err, ERROR_INPUT, "problem %s has no %s", problem->id,
					 texts[i].name);
		if (!text_is_visible(texts[i].text))
			return error_set(err, ERROR_INPUT, "the %s of problem %s has control characters "
					 "in it, or is no UTF-8", texts[i].name, problem->id);
	}
	word = unknown_word(problem->sentence);
	if (word)
		return error_set(err, ERROR_INPUT, "the sentence of problem %s has a word in braces "
				 "that kswapck does not know: %.20s", problem->id, word);
	return true;
}

static bool check_taken(const struct catalogue *catalogue, const struct kswapck_problem *first,
			const struct kswapck_problem *problem, struct error *err)
{
	const struct kswapck_problem *other = catalogue_find(catalogue, problem->id);

	if (!other)
		other = catalogue_find(catalogue, problem->name);
	for (; !other && first < problem; first++)
		if (is_called(first, problem->id) || is_called(first, problem->name))
			other = first;
	if (other)
		return error_set(err, ERROR_INPUT, "problem %s %s has an id or name that is taken, "
				 "by %s %s", problem->id, problem->name, other->id, other->name);
	return true;
}

static bool check_problem(const struct kswapck_problem *problem, struct error *err)
{
	if (!is_id(problem->id))
		return error_set(err, ERROR_INPUT, "problem id '%.40s' is not made of capital letters "
				 "and digits, at most %d", problem->id, ID_MAX_LENGTH);
	if (!problem->name || !is_name(problem->name))
		return error_set(err, ERROR_INPUT, "the name of problem %s is not made of small "
				 "letters, digits and -, at most %d", problem->id, NAME_MAX_LENGTH);
	if (problem->severity > KSWAPCK_ERROR || problem->class > KSWAPCK_MISMATCH)
		return error_set(err, ERROR_INPUT, "problem %s has a severity or class that there is "
				 "not", problem->id);
	return check_texts(problem, err);
}

static bool check_problems(const struct catalogue *catalogue,
			   const struct kswapck_plugin *plugin, struct error *err)
{
	const struct kswapck_problem *problem;

	for (problem = plugin->problems; problem->id; problem++) {
		if (catalogue->problem_count + (size_t)(problem - plugin->problems) >=
		    CATALOGUE_PROBLEMS_MAX)
			return error_set(err, ERROR_INPUT, "there would be more than %d problems; is "
					 "the list of its problems without end?",
					 CATALOGUE_PROBLEMS_MAX);
		if (!check_problem(problem, err) ||
		    !check_taken(catalogue, plugin->problems, problem, err))
			return false;
	}
	return true;
}

/* Is there another plugin of this name? */
static bool check_name(const struct catalogue *catalogue, const char *name, struct error *err)
{
	size_t i;

	for (i = 0; i < catalogue->plugin_count; i++)
		if (!strcmp(catalogue->plugins[i].plugin->name, name))
			break;
	if (i == catalogue->plugin_count)
		return true;
	if (catalogue->plugins[i].file)
		return error_set(err, ERROR_INPUT, "there is a plugin '%s' already, from %s", name,
				 catalogue->plugins[i].file);
	return error_set(err, ERROR_INPUT, "plugin '%s' is already built in (--no-builtin runs with "
			 "plugins from files alone)", name);
}

static bool check_plugin(const struct catalogue *catalogue, const struct kswapck_plugin *plugin,
			 struct error *err)
{
	/* before anything else: what follows is another struct in another version */
	if (plugin->abi != KSWAPCK_ABI)
		return error_set(err, ERROR_INPUT, "built for version %u of the plugin interface, and "
				 "this kswapck has version %u: build it anew with its kswapck.h",
				 plugin->abi, KSWAPCK_ABI);
	if (!plugin->name || !is_name(plugin->name))
		return error_set(err, ERROR_INPUT, "the plugin's name is not made of small letters, "
				 "digits and -, at most %d", NAME_MAX_LENGTH);
	if (!plugin->summary || !*plugin->summary || !plugin->problems)
		return error_set(err, ERROR_INPUT, "plugin '%s' has no %s", plugin->name,
				 plugin->problems ? "summary" : "problems");
	if (!text_is_visible(plugin->summary) || strchr(plugin->summary, '\n'))
		return error_set(err, ERROR_INPUT, "the summary of plugin '%s' is not one line of text",
				 plugin->name);
	if (catalogue->plugin_count == CATALOGUE_PLUGINS_MAX)
		return error_set(err, ERROR_INPUT, "more than %d plugins", CATALOGUE_PLUGINS_MAX);
	return check_name(catalogue, plugin->name, err) &&
	       check_problems(catalogue, plugin, err);
}

bool catalogue_add(struct catalogue *catalogue, const struct kswapck_plugin *plugin,
		   const char *file, struct error *err)
{
	size_t i;

	for (i = 0; i < catalogue->plugin_count; i++)
		if (catalogue->plugins[i].plugin == plugin)
			return true;
	if (!check_plugin(catalogue, plugin, err))
		return false;
	take(catalogue, plugin, file);
	return true;
}

/* ------------------------------------------------------------------------ asking */

const struct kswapck_plugin *catalogue_plugin(const struct catalogue *catalogue, size_t index)
{
	return index < catalogue->plugin_count ? catalogue->plugins[index].plugin : NULL;
}

const struct kswapck_problem *catalogue_problem(const struct catalogue *catalogue, size_t index)
{
	return index < catalogue->problem_count ? catalogue->problems[index] : NULL;
}

const struct kswapck_problem *catalogue_find(const struct catalogue *catalogue,
					     const char *text)
{
	const struct kswapck_problem *problem;
	size_t i;

	for (i = 0; (problem = catalogue_problem(catalogue, i)); i++)
		if (is_called(problem, text))
			return problem;
	return NULL;
}

bool catalogue_grade(struct catalogue *catalogue, const char *problem, const char *grade,
		     struct error *err)
{
	static const char *const grades[] = {
		[KSWAPCK_IGNORE] = "ignore",
		[KSWAPCK_WARNING] = "warn",
		[KSWAPCK_ERROR] = "error",
	};
	size_t index = catalogue_index(catalogue, catalogue_find(catalogue, problem));
	size_t i;

	if (index == catalogue->problem_count)
		return error_set(err, ERROR_USAGE, "there is no problem '%s' ('kswapck help problems' "
				 "lists them)", problem);
	if (!strcmp(grade, "warning"))
		grade = grades[KSWAPCK_WARNING];
	for (i = 0; i < sizeof(grades) / sizeof(grades[0]); i++)
		if (!strcmp(grades[i], grade))
			break;
	if (i == sizeof(grades) / sizeof(grades[0]))
		return error_set(err, ERROR_USAGE, "'%s' is neither ignore, warn nor error", grade);
	catalogue->severities[index] = (enum kswapck_severity)i;
	return true;
}

bool catalogue_silenced(const struct catalogue *catalogue, size_t index)
{
	return catalogue->severities[index] == KSWAPCK_IGNORE &&
	       catalogue->problems[index]->severity != KSWAPCK_IGNORE;
}

size_t catalogue_index(const struct catalogue *catalogue, const struct kswapck_problem *problem)
{
	size_t i;

	for (i = 0; i < catalogue->problem_count; i++)
		if (catalogue->problems[i] == problem)
			break;
	return i;
}
