/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the headers of kdump-compressed files say (makedumpfile diskdump_mod.h).
 *
 * A file is, in blocks: header (1), sub header (sub_header_blocks; the VMCOREINFO
 * and the notes are in there too), bitmap of RAM, bitmap of the pages in the
 * file, then a struct page_descriptor for each of those pages, then page data.
 * Each part of a --split set has the same bitmaps, but descriptors and data only
 * of the pages from start_pfn to end_pfn.
 */
#ifndef KSWAPCK_SOURCE_DISKDUMP_HEADERS_H
#define KSWAPCK_SOURCE_DISKDUMP_HEADERS_H

#include "source/file.h"

/* disk_dump_header.status and page_descriptor.flags: DUMP_DH_* */
#define DISKDUMP_ZLIB		  0x01
#define DISKDUMP_LZO		  0x02
#define DISKDUMP_SNAPPY		  0x04
#define DISKDUMP_INCOMPLETE	  0x08
#define DISKDUMP_VMEMMAP_EXCLUDED 0x10
#define DISKDUMP_ZSTD		  0x20
#define DISKDUMP_CODECS	\
	(DISKDUMP_ZLIB | DISKDUMP_LZO | DISKDUMP_SNAPPY | DISKDUMP_ZSTD)

/* struct page_desc, little-endian in the dumps that we read. */
struct page_descriptor {
	uint64_t offset;	/* of the page's data in the file */
	uint32_t size;		/* of that data */
	uint32_t flags;		/* DISKDUMP_ZLIB ..., 0: not compressed */
	uint64_t page_flags;	/* unused */
};

struct diskdump_headers {
	char machine[65];	/* utsname.machine; may be empty */
	uint64_t timestamp[2];	/* the parts of a set have the same */
	uint32_t status;
	uint32_t block_size;	/* = page size */
	uint64_t bitmap_offset;	/* of the bitmap of RAM */
	uint64_t bitmap_size;	/* bytes of one bitmap */
	uint64_t dumped_offset;	/* of the bitmap of pages in the file */
	uint64_t descriptors;	/* offset of the first descriptor */
	uint64_t max_mapnr;	/* page frames; the highest + 1 */
	uint32_t max_mapnr_32;	/* the same for readers of old versions */
	int dump_level;		/* -1: not told */
	bool split;
	uint64_t start_pfn;	/* split: pages of this part are [start, end) */
	uint64_t end_pfn;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size;	/* size 0: none */
	uint64_t note_offset, note_size;
	uint64_t erase_offset, erase_size;
};

/* All files of one dump. Members of @parts and source->files match by index. */
struct diskdump_set {
	struct diskdump_headers *parts;	/* by start_pfn */
	size_t count;
	/* guard_diskdump() fills these in. */
	uint32_t codecs;		/* of the headers, and of the descriptors looked at */
	uint64_t ram_pages, file_pages;
};

/** diskdump_signature - do these first bytes begin a kdump-compressed file? */
bool diskdump_signature(const void *head, size_t length);

/**
 * diskdump_set_read - read and check the headers of all files of a dump.
 * @files: sorted by the pages they hold.
 *
 * Every part of a split set must be there, and all must be of one set.
 *
 * Return: the headers; NULL with @err set.
 */
struct diskdump_set *diskdump_set_read(struct file **files, size_t count,
				       struct error *err);
void diskdump_set_free(struct diskdump_set *set);	/* NULL is fine */

/**
 * diskdump_set_id - a number that all parts of one split set have, and no other dump.
 * @start: set to the first page frame of this part.
 *
 * Return: 0 when the file is not a part of a set, or its headers cannot be read.
 */
uint64_t diskdump_set_id(const struct file *file, uint64_t *start);

/* A file to be written: what its headers say, and where its parts are. */
struct diskdump_layout {
	const char *uts;	/* struct new_utsname, 6 x 65 bytes */
	uint64_t timestamp[2];
	uint32_t status;	/* DISKDUMP_ZLIB ... */
	uint32_t block_size;
	uint64_t max_mapnr;
	uint32_t cpu_count;
	int dump_level;
	uint64_t vmcoreinfo_size, note_size;
	/* diskdump_lay_out() fills these in. */
	uint64_t vmcoreinfo_offset, note_offset;
	uint64_t bitmap_offset, dumped_offset;
	uint64_t descriptors;
};

/** diskdump_lay_out - find the places of all parts. */
void diskdump_lay_out(struct diskdump_layout *layout);

/**
 * diskdump_make_headers - fill in the first block and the beginning of the second; each is
 * of block_size bytes and zeros.
 */
void diskdump_make_headers(const struct diskdump_layout *layout, void *header, void *sub_header);

/** diskdump_in_ram - does the bitmap of RAM know this page frame? One byte is read. */
bool diskdump_in_ram(const struct diskdump_headers *headers, const struct file *file,
		     uint64_t pfn);

#endif
