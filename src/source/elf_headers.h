/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the headers of an ELF core say.
 */
#ifndef KSWAPCK_SOURCE_ELF_HEADERS_H
#define KSWAPCK_SOURCE_ELF_HEADERS_H

#include "source/file.h"

/* A PT_LOAD: memory [physical, physical + memory_size), of which the first file_size
 * bytes are in the file at offset. */
struct elf_segment {
	uint64_t physical;
	uint64_t memory_size;
	uint64_t file_size;
	uint64_t offset;
	size_t file;		/* of source->files; an ELF core is one */
};

struct elf_range {
	uint64_t offset;
	uint64_t size;
};

#define ELF_BLOCK 256

struct elf_headers {
	const char *architecture;	/* "x86_64", or NULL when we know no name */
	unsigned int machine;		/* e_machine */

	struct elf_segment *segments;	/* by physical address */
	uint64_t *reach;		/* highest end among segments[0..i] */
	/* of each ELF_BLOCK segments the highest end in memory, and in the file */
	uint64_t *memory_ends, *file_ends;
	size_t segment_count;

	struct elf_range *notes;	/* PT_NOTE, in the order of the file */
	size_t note_count;

	bool odd_sections;		/* section headers, and not as QEMU writes them */
	uint64_t end;			/* where the last thing in the file ends */
};

/** elf_signature - do these first bytes of a file begin an ELF file? */
bool elf_signature(const void *head, size_t length);

/**
 * elf_headers_read - read and check the ELF header and the program headers.
 *
 * That the file is whole is another question: guard_elf().
 *
 * Return: the headers; NULL with @err set.
 */
struct elf_headers *elf_headers_read(const struct file *file, struct error *err);
void elf_headers_free(struct elf_headers *headers);	/* NULL is fine */

/**
 * elf_headers_of_segments - headers of what has none of its own.
 * @segments: from malloc(); they become the headers' own.
 *
 * Return: NULL when out of memory; then @segments is still the caller's.
 */
struct elf_headers *elf_headers_of_segments(struct elf_segment *segments, size_t count);

/**
 * elf_segment_at - the segment that has memory at a physical address.
 * @in_file: only if its bytes are in the file as well.
 *
 * Return: NULL when there is none.
 */
const struct elf_segment *elf_segment_at(const struct elf_headers *headers,
					 uint64_t physical, bool in_file);

/** elf_holds - are all these bytes of physical memory in the file, in one segment? */
bool elf_holds(const struct elf_headers *headers, uint64_t physical, uint64_t length);

/** elf_next_segment - where the first segment above begins; UINT64_MAX if none does. */
uint64_t elf_next_segment(const struct elf_headers *headers, uint64_t physical);

/**
 * elf_count_pages - pages of RAM and pages in the file, those that several segments
 * describe counted once.
 */
void elf_count_pages(const struct elf_headers *headers, uint64_t page_size,
		     uint64_t *ram_pages, uint64_t *file_pages);

#endif
