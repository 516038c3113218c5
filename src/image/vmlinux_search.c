// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/vmlinux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_TEXT 4096

/* %s is the release. Debug packages first: what lies in /boot is often stripped. */
static const char *const places[] = {
	"/usr/lib/debug/boot/vmlinux-%s",			/* Debian, Ubuntu */
	"/usr/lib/debug/lib/modules/%s/vmlinux",		/* Fedora, RHEL */
	"/usr/lib/debug/lib/modules/%s/vmlinux.debug",		/* SUSE */
	"/usr/lib/debug/usr/lib/modules/%s/vmlinux",
	"/usr/lib/debug/usr/lib/modules/%s/vmlinux.debug",	/* SUSE, merged /usr */
	"/usr/lib/debug/boot/vmlinux-%s.debug",			/* SUSE, older */
	"/boot/vmlinux-%s",
	"/lib/modules/%s/build/vmlinux",			/* built here */
	"/lib/modules/%s/vmlinux",
	"/usr/lib/modules/%s/vmlinux",
};

/* The release comes from the dump: it must not lead out of its directory. */
static bool safe_in_path(const char *release)
{
	return *release && *release != '.' &&
	       !release[strspn(release, "0123456789abcdefghijklmnopqrstuvwxyz"
					"ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_+~:^")];
}

static struct vmlinux *try_path(const struct dump_identity *dump, const char *path)
{
	struct vmlinux *vmlinux;

	if (access(path, R_OK))
		return NULL;
	vmlinux = vmlinux_open(path, NULL);
	if (vmlinux && !vmlinux_verify(vmlinux, dump, NULL)) {
		vmlinux_close(vmlinux);
		vmlinux = NULL;
	}
	return vmlinux;
}

static struct vmlinux *try_build_id(const struct dump_identity *dump, const char *root,
				    const char *id)
{
	char path[PATH_TEXT];
	int length;

	if (!build_id_valid(id))
		return NULL;
	length = snprintf(path, sizeof(path), "%s/usr/lib/debug/.build-id/%.2s/%s.debug",
			  root, id, id + 2);
	return length > 0 && length < PATH_TEXT ? try_path(dump, path) : NULL;
}

static struct vmlinux *try_release(const struct dump_identity *dump, const char *root,
				   const char *place)
{
	const char *behind = strstr(place, "%s");
	char path[PATH_TEXT];
	int length;

	length = snprintf(path, sizeof(path), "%s%.*s%s%s", root, (int)(behind - place),
			  place, dump->release, behind + 2);
	return length > 0 && length < PATH_TEXT ? try_path(dump, path) : NULL;
}

struct vmlinux *vmlinux_search(const struct dump_identity *dump, const char *root)
{
	struct vmlinux *found = NULL;
	size_t i;

	if (!root || !strcmp(root, "/"))
		root = "";
	for (i = 0; !found && safe_in_path(dump->release) &&
		    i < sizeof(places) / sizeof(places[0]); i++)
		found = try_release(dump, root, places[i]);
	if (!found)
		found = try_build_id(dump, root, dump->notes_build_id);
	if (!found)
		found = try_build_id(dump, root, dump->vmcoreinfo_build_id);
	return found;
}

struct vmlinux *vmlinux_download(const struct dump_identity *dump)
{
	/* the kernel's own notes tell it better, see vmlinux_build_id_suspect() */
	const char *id = *dump->notes_build_id ? dump->notes_build_id : dump->vmcoreinfo_build_id;
	struct vmlinux *found = NULL;
	char *path = vmlinux_fetch(id);

	if (path)
		found = try_path(dump, path);
	free(path);
	return found;
}

void vmlinux_hint(const char *release, char *buffer, size_t size)
{
	/* What the release looks like, and the name of the package around it. */
	static const struct {
		const char *mark;
		const char *before;
		const char *behind;
	} packages[] = {
		{ ".fc", "kernel-debuginfo-", "" },
		{ ".el", "kernel-debuginfo-", "" },
		{ ".amzn", "kernel-debuginfo-", "" },
		{ "-generic", "linux-image-unsigned-", "-dbgsym" },
		{ "-default", "kernel-default-debuginfo for ", "" },
		{ "-amd64", "linux-image-", "-dbg" },
		{ "-arm64", "linux-image-", "-dbg" },
	};
	size_t i;

	for (i = 0; i < sizeof(packages) / sizeof(packages[0]); i++) {
		if (!strstr(release, packages[i].mark))
			continue;
		snprintf(buffer, size, "the vmlinux of package %s%s%s", packages[i].before,
			 release, packages[i].behind);
		return;
	}
	snprintf(buffer, size, "the debug vmlinux of %s", release);
}
