// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck plugins: which checks would run, where they are from, and what they can find. */
#include "command/command.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command/checks.h"
#include "output/json_writer.h"
#include "output/sentence.h"

#define SCHEMA "kswapck-plugins/1"
#define COLUMNS 80

enum {
	PLUGINS_JSON = CHECKS_OPTIONS,
	PLUGINS_HELP,
	PLUGINS_OPTIONS,
};

struct plugins_options {
	struct checks checks;
	bool json, help;
};

static bool take_option(void *data, int index, const char *value)
{
	struct plugins_options *options = data;

	if (index == PLUGINS_JSON)
		options->json = true;
	else if (index == PLUGINS_HELP)
		options->help = true;
	else
		return checks_take(&options->checks, index, value);
	return true;
}

static void choose_options(struct option_entry entries[PLUGINS_OPTIONS + 1])
{
	memcpy(entries, checks_options, sizeof(checks_options));
	entries[PLUGINS_JSON] = (struct option_entry){"json", 'j', NULL, "write the list as JSON"};
	entries[PLUGINS_HELP] = (struct option_entry){"help", 'h', NULL, "show this help"};
	entries[PLUGINS_OPTIONS] = (struct option_entry){0};
}

static void print_help(const struct option_entry *entries)
{
	printf("Usage: kswapck %s %s\n"
	       "List the plugins: the checks that are built in and those from files. With NAME,\n"
	       "the problems that this one can find, as they are graded.\n\n",
	       command_plugins.name, command_plugins.arguments);
	options_print(stdout, entries);
}

/* ------------------------------------------------------------------------- text */

static size_t count_problems(const struct kswapck_plugin *plugin)
{
	size_t count = 0;

	while (plugin->problems[count].id)
		count++;
	return count;
}

static void print_file(const char *file)
{
	char text[5000];

	printf("%s\n", file ? text_visible(file, text, sizeof(text)) : "built in");
}

static void print_plugin(const struct kswapck_plugin *plugin, const char *file)
{
	size_t problems = count_problems(plugin);
	int width = printf("%-18s ", plugin->name);

	sentence_wrap(stdout, plugin->summary, 19, width > 0 ? (unsigned int)width : 0, COLUMNS);
	printf("\n%19s%zu problem%s, ", "", problems, problems == 1 ? "" : "s");
	print_file(file);
}

static void print_one(const struct catalogue *catalogue, size_t index)
{
	const struct kswapck_plugin *plugin = catalogue->plugins[index].plugin;
	const struct kswapck_problem *problem;

	print_plugin(plugin, catalogue->plugins[index].file);
	for (problem = plugin->problems; problem->id; problem++)
		printf("  %-6s %-20s %s\n", problem->id, problem->name,
		       checks_grade(catalogue, problem));
}

static void print_text(const struct catalogue *catalogue)
{
	size_t i;

	for (i = 0; i < catalogue->plugin_count; i++)
		print_plugin(catalogue->plugins[i].plugin, catalogue->plugins[i].file);
}

/* ------------------------------------------------------------------------- JSON */

static void write_plugin(struct json_writer *json, const struct catalogue *catalogue, size_t index)
{
	const struct kswapck_plugin *plugin = catalogue->plugins[index].plugin;
	const struct kswapck_problem *problem;

	json_object(json, NULL);
	json_string(json, "name", plugin->name);
	json_string(json, "summary", plugin->summary);
	json_string(json, "file", catalogue->plugins[index].file);
	json_array(json, "problems");
	for (problem = plugin->problems; problem->id; problem++) {
		json_flat_object(json, NULL);
		json_string(json, "id", problem->id);
		json_string(json, "name", problem->name);
		json_string(json, "severity", checks_grade(catalogue, problem));
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static void print_json(const struct catalogue *catalogue, size_t first, size_t count)
{
	struct json_writer json = {.stream = stdout};
	size_t i;

	json_object(&json, NULL);
	json_string(&json, "schema", SCHEMA);
	json_string(&json, "kswapck", KSWAPCK_VERSION);
	json_number(&json, "abi", KSWAPCK_ABI);
	json_array(&json, "plugins");
	for (i = first; i < first + count; i++)
		write_plugin(&json, catalogue, i);
	json_close(&json, ']');
	json_close(&json, '}');
	putchar('\n');
}

/* ---------------------------------------------------------------------- command */

/* @name: NULL for all. */
static int list(struct plugins_options *options, const char *name)
{
	const struct catalogue *catalogue = &options->checks.catalogue;
	size_t first = 0, count = catalogue->plugin_count;
	char text[256];

	while (name && first < count && strcmp(catalogue->plugins[first].plugin->name, name))
		first++;
	if (name && first == count) {
		fprintf(stderr, "kswapck: there is no plugin '%s'; 'kswapck plugins' lists them\n",
			text_visible(name, text, sizeof(text)));
		return EXIT_USAGE;
	}
	if (options->json)
		print_json(catalogue, first, name ? 1 : count);
	else if (name)
		print_one(catalogue, first);
	else
		print_text(catalogue);
	return EXIT_CLEAN;
}

static int run_options(int argc, char **argv, struct plugins_options *options)
{
	struct option_entry entries[PLUGINS_OPTIONS + 1];
	struct error err = {0};
	int first;

	choose_options(entries);
	first = options_parse(argc, argv, entries, take_option, options);
	if (first < 0)
		return EXIT_USAGE;
	if (options->help) {
		print_help(entries);
		return EXIT_CLEAN;
	}
	if (argc - first > 1) {
		fprintf(stderr, "kswapck: usage: kswapck %s %s\n", command_plugins.name,
			command_plugins.arguments);
		return EXIT_USAGE;
	}
	if (!checks_gather(&options->checks, &err))
		return command_fail(&err);
	return list(options, first < argc ? argv[first] : NULL);
}

static int run(int argc, char **argv)
{
	struct plugins_options options = {0};
	int status = run_options(argc, argv, &options);

	checks_free(&options.checks);
	return status;
}

const struct command command_plugins = {
	.name = "plugins",
	.arguments = "[OPTION]... [NAME]",
	.summary = "list the checks, those from files too, and what they can find",
	.run = run,
};
