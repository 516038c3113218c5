// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A dump holds memory of the kernel. */
#define OWNER_ONLY 0600

static bool cannot(struct error *err, const char *path, int number)
{
	return error_set(err, ERROR_SYSTEM, "%s: cannot be written: %s", path, strerror(number));
}

static bool exists(struct error *err, const char *path)
{
	return error_set(err, ERROR_USAGE, "%s: there is a file of this name; -f replaces it", path);
}

/* "folder/.name.XXXXXX"; NULL when out of memory. */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *text;

	if (asprintf(&text, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0)
		return NULL;
	return text;
}

static bool open_nameless(struct new_file *file)
{
	const char *slash = strrchr(file->path, '/');
	char *folder = slash ? strndup(file->path, (size_t)(slash - file->path) + 1) : strdup(".");

	if (!folder)
		return false;
	file->descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, OWNER_ONLY);
	free(folder);
	return file->descriptor >= 0;
}

static bool open_named(struct new_file *file)
{
	file->temporary = temporary_name(file->path);
	if (!file->temporary)
		return false;
	file->descriptor = mkostemp(file->temporary, O_CLOEXEC);
	if (file->descriptor >= 0)
		return true;
	free(file->temporary);
	file->temporary = NULL;
	return false;
}

bool new_file_begin(struct new_file *file, const char *path, bool replace, struct error *err)
{
	struct stat status;

	*file = (struct new_file){.path = path, .replace = replace, .descriptor = -1};
	if (!*path || path[strlen(path) - 1] == '/')
		return error_set(err, ERROR_USAGE, "'%s' names no file to write", path);
	if (!lstat(path, &status)) {
		if (!S_ISREG(status.st_mode))
			return error_set(err, ERROR_USAGE, "%s: is no regular file", path);
		if (!replace)
			return exists(err, path);
	}
	return open_nameless(file) || open_named(file) || cannot(err, path, errno);
}

/* Give a file without a name one, of its own and not yet the final one. */
static bool name_it(struct new_file *file)
{
	char self[64];
	int attempt;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->descriptor);
	if (!file->replace)
		return !linkat(AT_FDCWD, self, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW);
	for (attempt = 0; attempt < 100; attempt++) {
		file->temporary = temporary_name(file->path);
		if (!file->temporary)
			return false;
		snprintf(strrchr(file->temporary, 'X') - 5, 7, "%06d", attempt);
		if (!linkat(AT_FDCWD, self, AT_FDCWD, file->temporary, AT_SYMLINK_FOLLOW))
			return true;
		free(file->temporary);
		file->temporary = NULL;
		if (errno != EEXIST)
			return false;
	}
	return false;
}

/* link() never replaces anything, rename() does. */
static bool take_name(struct new_file *file)
{
	if (!file->temporary && !name_it(file))
		return false;
	if (!file->temporary)
		return true;
	if (file->replace)
		return !rename(file->temporary, file->path);
	return !link(file->temporary, file->path) && !unlink(file->temporary);
}

/* That the name is on the disk too. Not all file systems can say; the data is there. */
static void sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (descriptor >= 0) {
		fsync(descriptor);
		close(descriptor);
	}
	free(folder);
}

bool new_file_finish(struct new_file *file, struct error *err)
{
	int number = 0;

	if (fsync(file->descriptor) || !take_name(file))
		number = errno;
	if (!number) {
		free(file->temporary);
		file->temporary = NULL;
		sync_folder(file->path);
	}
	new_file_abandon(file);
	if (number == EEXIST && !file->replace)
		return exists(err, file->path);
	return !number || cannot(err, file->path, number);
}

void new_file_abandon(struct new_file *file)
{
	if (file->temporary)
		unlink(file->temporary);
	free(file->temporary);
	file->temporary = NULL;
	if (file->descriptor >= 0)
		close(file->descriptor);
	file->descriptor = -1;
}
