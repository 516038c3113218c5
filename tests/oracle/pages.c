// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our readers of dump files against libkdumpfile: pages must be the same, byte by byte.
 * Prints TAP, a line for each dump; one that begins with "lab:" is one of the lab's.
 *
 * Usage: oracle-pages DUMP...
 */
#include <libkdumpfile/kdumpfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "inject/scene.h"
#include "source/file.h"
#include "source/source.h"

/* Of a large dump every n-th page is read, so that about these many are. */
#define PAGES 100000

struct pair {
	struct file *file;
	struct source *ours;
	/* Never freed: 0.5.1 frees its attributes and then writes to two of them. */
	kdump_ctx_t *theirs;
};

static kdump_ctx_t *open_theirs(const struct file *file, const struct source_facts *facts)
{
	bool elf = !strncmp(facts->format, "ELF", 3);
	kdump_ctx_t *context = kdump_new();
	int descriptor = file_descriptor(file);

	/*
	 * QEMU's kdump-compressed files do not tell the library what they are; of an ELF
	 * core 0.5.1 must not be told, or it makes no cache and reads through NULL.
	 */
	if (!context ||
	    (!elf && kdump_set_string_attr(context, KDUMP_ATTR_ARCH_NAME,
					   facts->architecture) != KDUMP_OK) ||
	    kdump_set_number_attr(context, "cache.size", 64) != KDUMP_OK ||
	    kdump_open_fdset(context, 1, &descriptor) != KDUMP_OK)
		return NULL;
	return context;
}

static bool open_pair(struct pair *pair, const char *path, struct error *err)
{
	const struct source_options options = {0};

	pair->file = file_open(path, -1, err);
	pair->ours = pair->file ? source_open(&path, 1, &options, err) : NULL;
	if (!pair->ours)
		return false;
	pair->theirs = open_theirs(pair->file, source_facts(pair->ours));
	return pair->theirs || error_set(err, ERROR_INPUT, "%s: libkdumpfile cannot open it", path);
}

/* What the library makes up where an ELF core has no bytes is not compared. */
static bool same_page(const struct pair *pair, uint64_t address, bool *compared)
{
	unsigned char ours[4096], theirs[4096];
	size_t length = sizeof(theirs);
	enum read_status status = source_read_page(pair->ours, ADDRESS_PHYSICAL, address, ours);

	if (status == READ_EXCLUDED || status == READ_NOT_RAM)
		return true;
	*compared = true;
	return status == READ_OK &&
	       kdump_read(pair->theirs, KDUMP_MACHPHYSADDR, address, theirs, &length) == KDUMP_OK &&
	       !memcmp(ours, theirs, sizeof(ours));
}

static bool compare(const struct pair *pair, char *why, size_t size)
{
	uint64_t pages = source_facts(pair->ours)->ram_pages, step = pages / PAGES + 1, pfn;
	uint64_t compared = 0;

	/* page 0 and what lies below 1 MiB may be in the file in parts */
	for (pfn = 256; pfn < pages; pfn += step) {
		bool there = false;

		if (!same_page(pair, pfn * 4096, &there)) {
			snprintf(why, size, "page frame %llu differs", (unsigned long long)pfn);
			return false;
		}
		compared += there;
	}
	snprintf(why, size, "%llu pages", (unsigned long long)compared);
	return compared;
}

static bool try_dump(const char *path, unsigned int number)
{
	struct pair pair = {0};
	struct error err = {0};
	char why[256] = "";
	bool good = open_pair(&pair, path, &err) && compare(&pair, why, sizeof(why));

	printf("%s %u - %s as libkdumpfile reads it: %s\n", good ? "ok" : "not ok", number,
	       strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *why ? why : err.text);
	source_close(pair.ours);
	file_close(pair.file);
	return good;
}

int main(int argc, char **argv)
{
	bool good = true;
	char path[4096];
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", argc - 1);
	for (i = 1; i < argc; i++) {
		snprintf(path, sizeof(path), "%s", argv[i]);
		if (!strncmp(argv[i], "lab:", 4))
			scene_lab_path(argv[i] + 4, path, sizeof(path));
		if (strcmp(path, argv[i]) && access(path, R_OK))
			printf("ok %d - %s # SKIP not made by the lab\n", i, argv[i] + 4);
		else
			good &= try_dump(path, (unsigned int)i);
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
