// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/trust.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

bool trust_elevated(void)
{
	return getauxval(AT_SECURE) != 0;
}

static bool is_careful(void)
{
	return geteuid() == 0 || trust_elevated();
}

static bool check(const struct stat *status, const char *path, struct error *err)
{
	if (status->st_uid != 0)
		return error_set(err, ERROR_INPUT, "%s belongs to user %u, whom kswapck does not trust "
				 "when it runs as root (chown root)", path, status->st_uid);
	if (status->st_mode & (S_IWGRP | S_IWOTH))
		return error_set(err, ERROR_INPUT, "%s can be written by others, whom kswapck does not "
				 "trust when it runs as root (chmod go-w)", path);
	return true;
}

bool trust_folder(const char *path, struct error *err)
{
	struct stat status;

	if (!is_careful())
		return true;
	if (stat(path, &status))
		return error_set(err, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
	return check(&status, path, err);
}

/* The folder that @path lies in. */
static bool trust_folder_of(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	/* the root folder keeps its slash */
	snprintf(folder, sizeof(folder), "%.*s",
		 slash == path ? 1 : slash ? (int)(slash - path) : 1, slash ? path : ".");
	return trust_folder(folder, err);
}

bool trust_file(int file, const char *path, struct error *err)
{
	char link[32], real[PATH_MAX];
	struct stat status;
	ssize_t length;

	if (!is_careful())
		return true;
	if (fstat(file, &status))
		return error_set(err, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
	if (!check(&status, path, err) || !trust_folder_of(path, err))
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", file);
	length = readlink(link, real, sizeof(real) - 1);
	if (length < 0)
		return error_set(err, ERROR_SYSTEM, "%s: %s", link, strerror(errno));
	real[length] = 0;
	return trust_folder_of(real, err);
}
