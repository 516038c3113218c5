// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/plugin_file.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/trust.h"

#define SYMBOL "kswapck_plugin"

/*
 * Does the file hold all that is to be loaded from it? The dynamic linker does not ask, and
 * dies where a copy was cut. What is no ELF file is left to it: it tells what is wrong.
 */
static bool is_whole(int file, uint64_t size)
{
	Elf64_Ehdr header;
	Elf64_Phdr part;
	unsigned int i;

	if (pread(file, &header, sizeof(header), 0) != sizeof(header) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_phentsize != sizeof(part))
		return true;
	for (i = 0; i < header.e_phnum; i++) {
		off_t place = (off_t)(header.e_phoff + i * sizeof(part));

		if (pread(file, &part, sizeof(part), place) != sizeof(part))
			return false;
		if (part.p_type == PT_LOAD &&
		    (part.p_offset > size || part.p_filesz > size - part.p_offset))
			return false;
	}
	return true;
}

/* -1 with @err set. O_NONBLOCK: a pipe must not hang it. */
static int open_file(const char *path, struct error *err)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (file < 0 || fstat(file, &status)) {
		error_set(err, ERROR_SYSTEM, "cannot open plugin: %s", strerror(errno));
	} else if (!S_ISREG(status.st_mode)) {
		error_set(err, ERROR_INPUT, "is no plugin: not a regular file");
	} else if (!trust_file(file, path, err)) {
		error_prefix(err, "not loaded");
	} else if (!is_whole(file, (uint64_t)status.st_size)) {
		error_set(err, ERROR_INPUT, "is no whole plugin: the file is cut");
	} else {
		return file;
	}
	if (file >= 0)
		close(file);
	return -1;
}

/* What the dynamic linker says, without the name by which it knows the file. */
static const char *link_error(const char *name)
{
	const char *text = dlerror();

	if (!text)
		return "no reason is known";
	if (!strncmp(text, name, strlen(name)))
		text += strlen(name) + strspn(text + strlen(name), ": ");
	return text;
}

/*
 * Loads what was checked, by its descriptor: the path may lead to another file by now.
 * The descriptor stays open, as the dynamic linker takes two files that had the same
 * number, and so the same name, for one.
 */
static const struct kswapck_plugin *link_file(int file, struct error *err)
{
	const struct kswapck_plugin *plugin;
	char name[32];
	void *handle;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", file);
	handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!handle) {
		error_set(err, ERROR_INPUT, "is no plugin that can be loaded: %s", link_error(name));
		close(file);
		return NULL;
	}
	plugin = dlsym(handle, SYMBOL);
	if (!plugin)
		error_set(err, ERROR_INPUT, "is no plugin: it has no symbol " SYMBOL);
	return plugin;
}

bool plugin_file_load(struct catalogue *catalogue, const char *path, struct error *err)
{
	const struct kswapck_plugin *plugin = NULL;
	int file = open_file(path, err);

	if (file >= 0)
		plugin = link_file(file, err);
	if (!plugin || !catalogue_add(catalogue, plugin, path, err))
		return error_prefix(err, "%s", path);
	return true;
}
