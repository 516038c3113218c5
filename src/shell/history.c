// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/history.h"

#include <stdbool.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#include "base/trust.h"

#define LINES_MAX 1000

/*
 * The XDG Base Directory Specification: relative paths are to be ignored. @own: how much of
 * it is others' to make; nobody gets a home from us.
 */
static bool find_folder(char *path, size_t size, size_t *own)
{
	const char *state = secure_getenv("XDG_STATE_HOME"), *home = secure_getenv("HOME");
	const char *place = state && *state == '/' ? state : home;
	int length;

	if (!place || *place != '/')
		return false;
	/* root makes and changes no file where others may lay links */
	if (!access(place, F_OK) && !trust_folder(place, NULL))
		return false;
	*own = place == state ? 0 : strlen(place);
	length = snprintf(path, size, "%s%s/kswapck", place,
			  place == state ? "" : "/.local/state");
	return length > 0 && (size_t)length < size;
}

/* The folder and those above it from @own on, for their owner alone; what fails shows later. */
static void make_folders(char *path, size_t own)
{
	char *slash;

	for (slash = strchr(path + own + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

/* Made for its owner alone before anything is in it; false: there is none. */
static bool find_file(char *path, size_t size)
{
	char folder[PATH_MAX];
	int file, length;
	size_t own;

	if (!find_folder(folder, sizeof(folder), &own))
		return false;
	make_folders(folder, own);
	length = snprintf(path, size, "%s/history", folder);
	if (length < 0 || (size_t)length >= size)
		return false;
	file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return false;
	close(file);
	return true;
}

void history_open(void)
{
	char path[PATH_MAX];

	using_history();
	stifle_history(LINES_MAX);
	if (find_file(path, sizeof(path)))
		read_history(path);
}

/* At once, so that a session which is killed has it too. */
void history_add(const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
	char path[PATH_MAX];

	if (!*line || *line == ' ' || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (find_file(path, sizeof(path)))
		append_history(1, path);
}

void history_shut(void)
{
	char path[PATH_MAX];

	if (find_file(path, sizeof(path)))
		history_truncate_file(path, LINES_MAX);
	clear_history();
}
