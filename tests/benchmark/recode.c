// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes all pages of a dump into a kdump-compressed file, to measure one and the same
 * guest in all codecs: makedumpfile does not read QEMU's ELF cores.
 *
 *	recode DUMP OUTPUT zlib|lzo|zstd
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/diskdump_write.h"

#define PFN_END (UINT64_C(1) << 32)	/* 16 TiB of pages of 4 KiB; no guest has as much */
#define UTS_FIELD (DISKDUMP_UTS_SIZE / 6)

static const char *const codecs[] = {
	[CODEC_ZLIB] = "zlib", [CODEC_LZO] = "lzo", [CODEC_ZSTD] = "zstd",
};

static void die(const char *what)
{
	fprintf(stderr, "recode: %s\n", what);
	exit(EXIT_FAILURE);
}

static enum diskdump_codec codec_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (!strcmp(name, codecs[i]))
			return (enum diskdump_codec)i;
	die("a codec is zlib, lzo or zstd");
	return CODEC_ZLIB;
}

static struct page_set *all_pages(struct source *source)
{
	const struct source_facts *facts = source_facts(source);
	struct page_set *pages = page_set_new();
	static unsigned char page[65536];
	uint64_t pfn, count = 0;

	for (pfn = 0; pages && count < facts->file_pages && pfn < PFN_END; pfn++)
		if (source_read_page(source, ADDRESS_PHYSICAL, pfn * facts->page_size, page) ==
		    READ_OK) {
			page_set_add(pages, pfn);
			count++;
		}
	if (!pages || !page_set_complete(pages))
		die("out of memory");
	return pages;
}

/* struct new_utsname. libkdumpfile, which drgn reads with, believes it when nothing is empty. */
static void make_uts(const struct source_facts *facts, char uts[DISKDUMP_UTS_SIZE])
{
	static const char key[] = "OSRELEASE=";
	const char *release = strstr(facts->vmcoreinfo, key);

	memset(uts, 0, DISKDUMP_UTS_SIZE);
	snprintf(uts, UTS_FIELD, "Linux");
	snprintf(uts + UTS_FIELD, UTS_FIELD, "(none)");
	snprintf(uts + 3 * UTS_FIELD, UTS_FIELD, "#1");
	if (release)
		snprintf(uts + 2 * UTS_FIELD, UTS_FIELD, "%.*s",
			 (int)strcspn(release + strlen(key), "\n"), release + strlen(key));
	snprintf(uts + 4 * UTS_FIELD, UTS_FIELD, "%s", facts->architecture);
}

int main(int argc, char **argv)
{
	const struct source_options options = {0};
	struct diskdump_content content = {.mark = ""};
	struct diskdump_written written;
	char uts[DISKDUMP_UTS_SIZE];
	struct error err = {0};
	struct source *source;
	struct page_set *pages;
	int file;

	if (argc != 4)
		die("usage: recode DUMP OUTPUT zlib|lzo|zstd");
	content.codec = codec_of(argv[3]);
	source = source_open((const char *const *)&argv[1], 1, &options, &err);
	if (!source)
		die(err.text);
	pages = all_pages(source);
	make_uts(source_facts(source), uts);
	content.pages = pages;
	content.uts = uts;
	file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		die(argv[2]);
	if (!diskdump_write(source, &content, file, &written, &err))
		die(err.text);
	if (close(file))
		die(argv[2]);
	source_close(source);
	page_set_free(pages);
	return EXIT_SUCCESS;
}
