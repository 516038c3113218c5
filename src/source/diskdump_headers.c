// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/diskdump_headers.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define OFFSET_LIMIT (UINT64_C(1) << 60)

/* struct disk_dump_header as a 64-bit machine lays it out. */
struct disk_header {
	char signature[8];
	int32_t version;
	char utsname[6][65];	/* sysname nodename release version machine domain */
	char pad[6];
	uint64_t timestamp[2];
	uint32_t status;
	int32_t block_size;
	int32_t sub_header_blocks;
	uint32_t bitmap_blocks;
	uint32_t max_mapnr;
	uint32_t total_ram_blocks;
	uint32_t device_blocks;
	uint32_t written_blocks;
	uint32_t current_cpu;
	int32_t cpu_count;
};

/* struct kdump_sub_header; in brackets the first header version that has it. */
struct disk_sub_header {
	uint64_t phys_base;
	int32_t dump_level;		/* [1] */
	int32_t split;			/* [2] */
	uint64_t start_pfn;		/* [2], until 6 */
	uint64_t end_pfn;
	uint64_t vmcoreinfo_offset;	/* [3] */
	uint64_t vmcoreinfo_size;
	uint64_t note_offset;		/* [4] */
	uint64_t note_size;
	uint64_t erase_offset;		/* [5] */
	uint64_t erase_size;
	uint64_t start_pfn_64;		/* [6] */
	uint64_t end_pfn_64;
	uint64_t max_mapnr_64;
};

_Static_assert(offsetof(struct disk_header, status) == 0x1a8, "disk_dump_header");
_Static_assert(offsetof(struct disk_sub_header, max_mapnr_64) == 96, "kdump_sub_header");

bool diskdump_signature(const void *head, size_t length)
{
	return length >= 8 && !memcmp(head, "KDUMP   ", 8);
}

static bool damaged(struct error *err, const struct file *file, const char *what,
		    uint64_t value, uint64_t offset)
{
	char text[TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT, "%s: damaged: %s %llu at byte %s; copy it again",
			 file_name(file), what, (unsigned long long)value,
			 text_number(offset, text));
}

static bool check_header(const struct file *file, const struct disk_header *header,
			 struct error *err)
{
	uint32_t block = (uint32_t)header->block_size;

	if (header->version < 1 || header->version > 64)
		return damaged(err, file, "header version", (uint32_t)header->version,
			       offsetof(struct disk_header, version));
	if (block < 4096 || block > 65536 || (block & (block - 1)))
		return damaged(err, file, "block size", block,
			       offsetof(struct disk_header, block_size));
	if (header->sub_header_blocks < 1)
		return damaged(err, file, "sub header blocks",
			       (uint32_t)header->sub_header_blocks,
			       offsetof(struct disk_header, sub_header_blocks));
	if (header->status & DISKDUMP_INCOMPLETE)
		return error_set(err, ERROR_INPUT,
				 "%s: incomplete: makedumpfile ran out of space and said so "
				 "in the header (status 0x%x at byte 424); pages are missing, "
				 "use another dump",
				 file_name(file), header->status);
	return true;
}

static void take_sub_header(struct diskdump_headers *headers,
			    const struct disk_header *header,
			    const struct disk_sub_header *sub)
{
	headers->dump_level = sub->dump_level;
	if (header->version >= 2) {
		headers->split = sub->split;
		headers->start_pfn = sub->start_pfn;
		headers->end_pfn = sub->end_pfn;
	}
	if (header->version >= 3) {
		headers->vmcoreinfo_offset = sub->vmcoreinfo_offset;
		headers->vmcoreinfo_size = sub->vmcoreinfo_size;
	}
	if (header->version >= 4) {
		headers->note_offset = sub->note_offset;
		headers->note_size = sub->note_size;
	}
	if (header->version >= 5) {
		headers->erase_offset = sub->erase_offset;
		headers->erase_size = sub->erase_size;
	}
	if (header->version >= 6) {
		headers->start_pfn = sub->start_pfn_64;
		headers->end_pfn = sub->end_pfn_64;
		headers->max_mapnr = sub->max_mapnr_64;
	}
}

/*
 * With two bitmaps each has half of the blocks; very old files have one only,
 * of the pages that are there (crash diskdump.c: dump_is_partial()).
 */
static bool place_bitmaps(const struct file *file, struct diskdump_headers *headers,
			  const struct disk_header *header, struct error *err)
{
	uint64_t size = (uint64_t)header->bitmap_blocks * headers->block_size;
	uint64_t needed = (headers->max_mapnr + 7) / 8;
	uint64_t blocks = (needed + headers->block_size - 1) / headers->block_size;

	if (!headers->max_mapnr || headers->max_mapnr > OFFSET_LIMIT || size < needed ||
	    (file_is_flattened(file) && needed > file_stored(file)))
		return damaged(err, file, "number of page frames", headers->max_mapnr,
			       headers->block_size +
			       offsetof(struct disk_sub_header, max_mapnr_64));
	headers->bitmap_offset =
		(1 + (uint64_t)header->sub_header_blocks) * headers->block_size;
	headers->descriptors = headers->bitmap_offset + size;
	headers->dumped_offset = headers->bitmap_offset;
	headers->bitmap_size = size;
	if (header->bitmap_blocks >= 2 * blocks) {
		headers->bitmap_size = size / 2;
		headers->dumped_offset += size / 2;
	}
	return true;
}

static bool check_split(const struct file *file, const struct diskdump_headers *headers,
			struct error *err)
{
	if (!headers->split)
		return true;
	if (headers->start_pfn > headers->end_pfn)
		return damaged(err, file, "split set: first page", headers->start_pfn,
			       headers->block_size +
			       offsetof(struct disk_sub_header, start_pfn_64));
	return true;
}

/* It will be shown: only what is printable. */
static void copy_machine(char to[65], const char from[65])
{
	size_t i;

	for (i = 0; i < 64 && from[i]; i++)
		to[i] = from[i] > ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static bool read_headers(const struct file *file, struct diskdump_headers *headers,
			 struct error *err)
{
	struct disk_header header;
	struct disk_sub_header sub;

	if (!file_read(file, 0, &header, sizeof(header), err) ||
	    !check_header(file, &header, err) ||
	    !file_read(file, (uint64_t)header.block_size, &sub, sizeof(sub), err))
		return false;
	copy_machine(headers->machine, header.utsname[4]);
	memcpy(headers->timestamp, header.timestamp, sizeof(headers->timestamp));
	headers->status = header.status;
	headers->block_size = (uint32_t)header.block_size;
	headers->max_mapnr_32 = header.max_mapnr;
	headers->max_mapnr = header.max_mapnr;
	take_sub_header(headers, &header, &sub);
	return place_bitmaps(file, headers, &header, err) &&
	       check_split(file, headers, err);
}

static bool comes_before(const struct diskdump_headers *a, const struct diskdump_headers *b)
{
	if (a->start_pfn != b->start_pfn)
		return a->start_pfn < b->start_pfn;
	return a->end_pfn < b->end_pfn;
}

/* Insertion sort: sets are small, and two arrays are to be kept in step. */
static void sort_parts(struct diskdump_set *set, struct file **files)
{
	for (size_t i = 1; i < set->count; i++) {
		struct diskdump_headers part = set->parts[i];
		struct file *file = files[i];
		size_t j = i;

		for (; j && comes_before(&part, &set->parts[j - 1]); j--) {
			set->parts[j] = set->parts[j - 1];
			files[j] = files[j - 1];
		}
		set->parts[j] = part;
		files[j] = file;
	}
}

static bool same_set(const struct diskdump_headers *a, const struct diskdump_headers *b)
{
	return b->split && a->block_size == b->block_size &&
	       a->max_mapnr == b->max_mapnr && a->bitmap_size == b->bitmap_size &&
	       a->dumped_offset - a->bitmap_offset == b->dumped_offset - b->bitmap_offset &&
	       !memcmp(a->timestamp, b->timestamp, sizeof(a->timestamp)) &&
	       !strcmp(a->machine, b->machine);
}

uint64_t diskdump_set_id(const struct file *file, uint64_t *start)
{
	struct diskdump_headers headers = {0};
	uint64_t hash = HASH_BASIS;

	if (!read_headers(file, &headers, NULL) || !headers.split)
		return 0;
	*start = headers.start_pfn;
	hash = hash_bytes(hash, headers.timestamp, sizeof(headers.timestamp));
	hash = hash_bytes(hash, headers.machine, strlen(headers.machine));
	hash = hash_bytes(hash, &headers.block_size, sizeof(headers.block_size));
	return hash_bytes(hash, &headers.max_mapnr, sizeof(headers.max_mapnr)) | 1;
}

static bool missing_part(struct error *err, const char *name, uint64_t from, uint64_t to)
{
	char text[2][TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT,
			 "%s: is part of a split set and the part with page frames %s to "
			 "%s is missing; name all files of the set",
			 name, text_number(from, text[0]), text_number(to - 1, text[1]));
}

static bool check_set(const struct diskdump_set *set, struct file **files,
		      struct error *err)
{
	uint64_t next = 0;

	if (!set->parts[0].split && set->count == 1)
		return true;
	for (size_t i = 0; i < set->count; i++) {
		const struct diskdump_headers *part = &set->parts[i];

		if (!same_set(&set->parts[0], part) || !set->parts[0].split)
			return error_set(err, ERROR_INPUT,
					 "%s: is not of the same split set as %s; name only "
					 "the files of one dump",
					 file_name(files[i]), file_name(files[!i]));
		if (part->start_pfn > next)
			return missing_part(err, file_name(files[i]), next,
					    part->start_pfn);
		if (part->start_pfn < next)
			return error_set(err, ERROR_INPUT,
					 "%s: holds the same pages as %s; name each file of "
					 "the split set once",
					 file_name(files[i]), file_name(files[i - 1]));
		next = part->end_pfn;
	}
	if (next < set->parts[0].max_mapnr)
		return missing_part(err, file_name(files[set->count - 1]), next,
				    set->parts[0].max_mapnr);
	return true;
}

struct diskdump_set *diskdump_set_read(struct file **files, size_t count,
				       struct error *err)
{
	struct diskdump_set *set = calloc(1, sizeof(*set));

	if (set)
		set->parts = calloc(count, sizeof(*set->parts));
	if (!set || !set->parts) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		goto fail;
	}
	set->count = count;
	for (size_t i = 0; i < count; i++) {
		if (!read_headers(files[i], &set->parts[i], err))
			goto fail;
	}
	sort_parts(set, files);
	if (!check_set(set, files, err))
		goto fail;
	return set;
fail:
	diskdump_set_free(set);
	return NULL;
}

void diskdump_set_free(struct diskdump_set *set)
{
	if (!set)
		return;
	free(set->parts);
	free(set);
}

bool diskdump_in_ram(const struct diskdump_headers *headers, const struct file *file,
		     uint64_t pfn)
{
	unsigned char byte;

	return pfn < headers->max_mapnr &&
	       file_read(file, headers->bitmap_offset + pfn / 8, &byte, 1, NULL) &&
	       byte & 1 << pfn % 8;
}

static uint64_t blocks_of(const struct diskdump_layout *layout, uint64_t bytes)
{
	return (bytes + layout->block_size - 1) / layout->block_size;
}

static uint64_t sub_header_blocks(const struct diskdump_layout *layout)
{
	return blocks_of(layout, layout->note_offset + layout->note_size) - 1;
}

void diskdump_lay_out(struct diskdump_layout *layout)
{
	uint64_t bitmap = blocks_of(layout, (layout->max_mapnr + 7) / 8) * layout->block_size;
	uint64_t aligned = (layout->vmcoreinfo_size + 7) & ~UINT64_C(7);

	layout->vmcoreinfo_offset = layout->block_size + sizeof(struct disk_sub_header);
	layout->note_offset = layout->vmcoreinfo_offset + aligned;
	layout->bitmap_offset = (1 + sub_header_blocks(layout)) * layout->block_size;
	layout->dumped_offset = layout->bitmap_offset + bitmap;
	layout->descriptors = layout->dumped_offset + bitmap;
}

void diskdump_make_headers(const struct diskdump_layout *layout, void *header, void *sub_header)
{
	uint64_t bitmaps = layout->descriptors - layout->bitmap_offset;
	struct disk_header head = {
		.signature = "KDUMP   ",
		.version = 6,
		.timestamp = {layout->timestamp[0], layout->timestamp[1]},
		.status = layout->status,
		.block_size = (int32_t)layout->block_size,
		.sub_header_blocks = (int32_t)sub_header_blocks(layout),
		.bitmap_blocks = (uint32_t)(bitmaps / layout->block_size),
		.max_mapnr = layout->max_mapnr > UINT32_MAX ? UINT32_MAX :
							      (uint32_t)layout->max_mapnr,
		.cpu_count = (int32_t)layout->cpu_count,
	};
	struct disk_sub_header sub = {
		.dump_level = layout->dump_level,
		.vmcoreinfo_offset = layout->vmcoreinfo_size ? layout->vmcoreinfo_offset : 0,
		.vmcoreinfo_size = layout->vmcoreinfo_size,
		.note_offset = layout->note_size ? layout->note_offset : 0,
		.note_size = layout->note_size,
		.max_mapnr_64 = layout->max_mapnr,
	};

	memcpy(head.utsname, layout->uts, sizeof(head.utsname));
	memcpy(header, &head, sizeof(head));
	memcpy(sub_header, &sub, sizeof(sub));
}
