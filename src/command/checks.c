// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/checks.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/plugin_file.h"
#include "base/text.h"
#include "base/trust.h"

#define SYSTEM_CONFIG "/etc/kswapck.conf"

/* --------------------------------------------------------------------- options */

enum {
	CHECKS_PLUGIN,
	CHECKS_SEVERITY,
	CHECKS_CONFIG,
	CHECKS_NO_CONFIG,
	CHECKS_NO_BUILTIN,
};

const struct option_entry checks_options[CHECKS_OPTIONS] = {
	[CHECKS_PLUGIN] = {"plugin", 'P', "FILE",
		"load the checks of this plugin too; may be given again"},
	[CHECKS_SEVERITY] = {"severity", 'S', "NAME=GRADE",
		"grade a problem ignore, warn or error; several with commas"},
	[CHECKS_CONFIG] = {"config", 'c', "FILE",
		"read this configuration file and no other"},
	[CHECKS_NO_CONFIG] = {"no-config", 'C', NULL, "read no configuration file"},
	[CHECKS_NO_BUILTIN] = {"no-builtin", 'B', NULL, "leave out the checks that are built in"},
};

static bool say(const struct error *err)
{
	char text[sizeof(err->text)];

	fprintf(stderr, "kswapck: %s\n", text_visible(err->text, text, sizeof(text)));
	return false;
}

static bool take_plugin(struct checks *checks, const char *value, struct error *err)
{
	const struct setting setting = {
		.kind = SETTING_PLUGIN,
		.value = (char *)value,
		.where = (char *)"",
	};

	if (!*value)
		return error_set(err, ERROR_USAGE, "--plugin: '' is no file");
	return settings_add(&checks->given, &setting, err);
}

/* "freed-folio=warn,KS204=ignore" */
static bool take_severities(struct checks *checks, const char *value, struct error *err)
{
	char *copy = strdup(value), *rest = copy, *grade;
	bool good = copy != NULL;

	if (!good)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	while (good && (grade = strsep(&rest, ","))) {
		const struct setting setting = {
			.kind = SETTING_SEVERITY,
			.value = grade,
			.where = (char *)"--severity",
		};

		if (*grade == '=' || !strchr(grade, '='))
			good = error_set(err, ERROR_USAGE, "--severity: '%s' is not of the form "
					 "PROBLEM=ignore|warn|error", grade);
		else
			good = settings_add(&checks->given, &setting, err);
	}
	free(copy);
	return good;
}

bool checks_take(struct checks *checks, int index, const char *value)
{
	struct error err = {0};

	switch (index) {
	case CHECKS_PLUGIN:
		return take_plugin(checks, value, &err) || say(&err);
	case CHECKS_SEVERITY:
		return take_severities(checks, value, &err) || say(&err);
	case CHECKS_CONFIG:
		checks->config = value;
		break;
	case CHECKS_NO_CONFIG:
		checks->no_config = true;
		break;
	case CHECKS_NO_BUILTIN:
		checks->no_builtin = true;
		break;
	}
	return true;
}

/* -------------------------------------------------------------- where plugins are */

/* True to go on: what nobody asked for by name is no error. */
static bool warn(const struct error *err)
{
	char text[sizeof(err->text)];

	fprintf(stderr, "kswapck: warning: %s\n", text_visible(err->text, text, sizeof(text)));
	return true;
}

static int is_plugin(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 3 &&
	       !strcmp(entry->d_name + length - 3, ".so");
}

static bool add_plugin(struct settings *settings, const char *folder, const char *name,
		       const char *where, bool lenient, struct error *err)
{
	struct setting setting = {
		.kind = SETTING_PLUGIN,
		.where = (char *)where,
		.lenient = lenient,
	};
	bool added;

	if (asprintf(&setting.value, "%s/%s", folder, name) < 0)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	added = settings_add(settings, &setting, err);
	free(setting.value);
	return added;
}

/* All *.so of a folder, in order of their names. */
static bool gather_folder(struct settings *settings, const char *folder, const char *where,
			  bool lenient, struct error *err)
{
	struct dirent **entries;
	bool good = true;
	int count, i;

	if (!trust_folder(folder, err))
		return error_prefix(err, "plugins not loaded");
	count = scandir(folder, &entries, is_plugin, alphasort);
	if (count < 0)
		return error_set(err, ERROR_SYSTEM, "%s: cannot open: %s", folder, strerror(errno));
	for (i = 0; i < count; i++) {
		if (good)
			good = add_plugin(settings, folder, entries[i]->d_name, where, lenient,
					  err);
		free(entries[i]);
	}
	free(entries);
	return good;
}

static bool is_folder(const char *path)
{
	DIR *folder = opendir(path);

	if (folder)
		closedir(folder);
	return folder != NULL;
}

/*
 * The plugins directory of an installed program, wherever the tree that it was installed
 * into lies now (DESTDIR); a program in a build folder has none.
 */
static bool find_folder(char *path, size_t size)
{
	char program[PATH_MAX], real[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	size_t before;
	char *slash;

	if (length < 0)
		return false;
	program[length] = 0;
	slash = strrchr(program, '/');
	if (!slash)
		return false;
	*slash = 0;
	before = strlen(program);
	if (before >= strlen(KSWAPCK_BINDIR) &&
	    !strcmp(program + before - strlen(KSWAPCK_BINDIR), KSWAPCK_BINDIR))
		before -= strlen(KSWAPCK_BINDIR);
	else if (realpath(KSWAPCK_BINDIR, real) && !strcmp(real, program))
		before = 0;
	else
		return false;
	return snprintf(path, size, "%.*s%s", (int)before, program, KSWAPCK_PLUGINDIR) < (int)size;
}

static bool gather_own_folder(struct settings *settings, struct error *err)
{
	char folder[PATH_MAX];

	if (!find_folder(folder, sizeof(folder)) || access(folder, F_OK) ||
	    gather_folder(settings, folder, "", true, err))
		return true;
	return warn(err);
}

/* "/a/b.so:/c": files, and folders of them. */
static bool gather_environment(struct settings *settings, struct error *err)
{
	const char *paths = secure_getenv("KSWAPCK_PLUGINS");
	struct setting setting = {
		.kind = SETTING_PLUGIN,
		.where = (char *)"KSWAPCK_PLUGINS",
	};
	char *copy = strdup(paths ? paths : ""), *rest = copy;
	bool good = copy != NULL;

	if (!good)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	while (good && (setting.value = strsep(&rest, ":"))) {
		if (!*setting.value)
			continue;
		if (!is_folder(setting.value))
			good = settings_add(settings, &setting, err);
		else if (!gather_folder(settings, setting.value, setting.where, false, err))
			good = error_prefix(err, "%s", setting.where);
	}
	free(copy);
	return good;
}

/* ---------------------------------------------------------- configuration files */

/* A file that was not named: it need not be there, nor readable. */
static bool gather_config(struct settings *settings, const char *path, struct error *err)
{
	if (config_read(settings, path, err) || err->kind == ERROR_MISSING)
		return true;
	return err->kind == ERROR_USAGE ? false : warn(err);
}

static bool gather_users_config(struct settings *settings, struct error *err)
{
	const char *folder = secure_getenv("XDG_CONFIG_HOME"), *home = secure_getenv("HOME");
	char path[PATH_MAX];

	/* the XDG Base Directory Specification: relative paths are to be ignored */
	if (folder && *folder == '/')
		snprintf(path, sizeof(path), "%s/kswapck/config", folder);
	else if (home && *home)
		snprintf(path, sizeof(path), "%s/.config/kswapck/config", home);
	else
		return true;
	return gather_config(settings, path, err);
}

static bool gather_configs(struct checks *checks, struct error *err)
{
	const char *named = secure_getenv("KSWAPCK_CONFIG");

	if (checks->config)
		named = checks->config;
	if (checks->no_config || (named && !*named))
		return true;
	if (named)
		return config_read(&checks->settings, named, err);
	return gather_config(&checks->settings, SYSTEM_CONFIG, err) &&
	       gather_users_config(&checks->settings, err);
}

static bool gather_given(struct checks *checks, struct error *err)
{
	size_t i;

	for (i = 0; i < checks->given.count; i++)
		if (!settings_add(&checks->settings, &checks->given.list[i], err))
			return false;
	return true;
}

/* --------------------------------------------------------------- into a catalogue */

static bool load(struct catalogue *catalogue, const struct setting *setting, struct error *err)
{
	if (plugin_file_load(catalogue, setting->value, err))
		return true;
	if (*setting->where)
		error_prefix(err, "%s", setting->where);
	return setting->lenient ? warn(err) : false;
}

static bool grade(struct catalogue *catalogue, const struct setting *setting, struct error *err)
{
	char *name = strdup(setting->value), *grade_name = name;
	bool good;

	if (!name)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	strsep(&grade_name, "=");
	good = catalogue_grade(catalogue, name, grade_name, err);
	free(name);
	return good || error_prefix(err, "%s", setting->where);
}

/* Plugins first: grades may be of their problems. */
static bool apply(struct checks *checks, struct error *err)
{
	const struct settings *settings = &checks->settings;
	size_t i;

	for (i = 0; i < settings->count; i++)
		if (settings->list[i].kind == SETTING_PLUGIN &&
		    !load(&checks->catalogue, &settings->list[i], err))
			return false;
	for (i = 0; i < settings->count; i++)
		if (settings->list[i].kind == SETTING_SEVERITY &&
		    !grade(&checks->catalogue, &settings->list[i], err))
			return false;
	return true;
}

bool checks_gather(struct checks *checks, struct error *err)
{
	if (!checks->no_builtin)
		catalogue_init(&checks->catalogue);
	return gather_own_folder(&checks->settings, err) &&
	       gather_environment(&checks->settings, err) &&
	       gather_configs(checks, err) && gather_given(checks, err) && apply(checks, err);
}

bool checks_any(const struct checks *checks, struct error *err)
{
	return checks->catalogue.plugin_count ||
	       error_set(err, ERROR_USAGE, "no checks at all: --no-builtin needs a --plugin");
}

void checks_free(struct checks *checks)
{
	settings_free(&checks->given);
	settings_free(&checks->settings);
}

const char *checks_grade(const struct catalogue *catalogue, const struct kswapck_problem *problem)
{
	switch (catalogue->severities[catalogue_index(catalogue, problem)]) {
	case KSWAPCK_IGNORE:
		return "ignore";
	case KSWAPCK_WARNING:
		return "warning";
	case KSWAPCK_ERROR:
		break;
	}
	return "error";
}
