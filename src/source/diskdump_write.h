/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write a kdump-compressed file that holds some pages of a source: kswapck distill. */
#ifndef KSWAPCK_SOURCE_DISKDUMP_WRITE_H
#define KSWAPCK_SOURCE_DISKDUMP_WRITE_H

#include "source/page_set.h"
#include "source/source.h"

/* struct new_utsname: sysname, nodename, release, version, machine, domainname. */
#define DISKDUMP_UTS_SIZE (6 * 65)

/* The note that marks such a file: its name, and its text of lines KEY=value. */
#define DISTILL_NOTE_NAME "KSWAPCK"
#define DISTILL_NOTE_TYPE 1

enum diskdump_codec {
	CODEC_ZLIB,
	CODEC_LZO,
	CODEC_ZSTD,
};

enum diskdump_note {
	DISKDUMP_PRSTATUS,	/* struct elf_prstatus */
	DISKDUMP_QEMU,		/* struct QEMUCPUState */
};

struct diskdump_content {
	const struct page_set *pages;
	uint64_t ram_end;	/* the last page frame that the kernel had as RAM, + 1 */
	enum diskdump_codec codec;
	const char *uts;	/* DISKDUMP_UTS_SIZE bytes */
	const char *mark;	/* text of the note of our own */
	void *data;
	/**
	 * Called with a copy of each note of registers, and of each page, before they are
	 * written: may change them. NULL: nothing is changed.
	 */
	void (*edit_note)(void *data, enum diskdump_note kind, void *note, size_t size);
	void (*edit_page)(void *data, uint64_t pfn, void *page);
	/** called now and then; true: stop, with an error */
	bool (*stop)(void *data, uint64_t done, uint64_t total);
};

struct diskdump_written {
	uint64_t pages;
	uint64_t bytes;		/* of the file */
};

/**
 * diskdump_write - write @content to the empty file @descriptor.
 *
 * The same source and content give the same bytes. Of memory it takes some 100 KiB,
 * however large the dump. The pages are read without being recorded.
 *
 * Return: false with @err set when a page could not be read, the file not be written, or
 * @content said stop. What was written until then is left there.
 */
bool diskdump_write(struct source *source, const struct diskdump_content *content,
		    int descriptor, struct diskdump_written *written, struct error *err);

#endif
