// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vmlinux by its build id from a server, if DEBUGINFOD_URLS names one. The library keeps
 * what it got in a cache of its own, and for a while what there was not.
 */
#include "image/vmlinux.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef KSWAPCK_DEBUGINFOD
#include <elfutils/debuginfod.h>

struct library {
	void *handle;
	__typeof__(&debuginfod_begin) begin;
	__typeof__(&debuginfod_find_debuginfo) find;
	__typeof__(&debuginfod_end) end;
};

/* Linked, it and what it needs would cost each start of the program 5 ms. */
static bool load(struct library *library)
{
	library->handle = dlopen(DEBUGINFOD_SONAME, RTLD_LAZY);
	if (!library->handle)
		return false;
	library->begin = (__typeof__(library->begin))dlsym(library->handle, "debuginfod_begin");
	library->find = (__typeof__(library->find))dlsym(library->handle,
							 "debuginfod_find_debuginfo");
	library->end = (__typeof__(library->end))dlsym(library->handle, "debuginfod_end");
	return library->begin && library->find && library->end;
}

static bool has_server(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	return urls && *urls;
}

char *vmlinux_fetch(const char *build_id)
{
	debuginfod_client *client;
	struct library library;
	char *path = NULL;
	int fd;

	if (!has_server() || !build_id_valid(build_id) || !load(&library))
		return NULL;
	client = library.begin();
	if (!client)
		return NULL;
	/* length 0: it is hexadecimal text */
	fd = library.find(client, (const unsigned char *)build_id, 0, &path);
	library.end(client);
	if (fd < 0)
		return NULL;
	close(fd);
	return path;
}
#else
char *vmlinux_fetch(const char *build_id)
{
	(void)build_id;
	return NULL;
}
#endif
