// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/guard.h"

#include <stdlib.h>
#include <string.h>

/* One read of the bitmaps. */
#define CHUNK (UINT64_C(1) << 20)

static bool cut(struct error *err, const struct file *file, const char *what,
		uint64_t end)
{
	char text[2][TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT,
			 "%s: cut: %s should end at byte %s but the %s %s bytes; "
			 "copy it again",
			 file_name(file), what, text_number(end, text[0]),
			 file_is_flattened(file) ? "dump in it has" : "file has",
			 text_number(file_size(file), text[1]));
}

/* A range of a flattened file that no record wrote would read as zeros. */
static bool check_range(const struct file *file, const char *what, uint64_t offset,
			uint64_t size, struct error *err)
{
	char text[2][TEXT_NUMBER_SIZE];

	if (offset > file_size(file) || size > file_size(file) - offset)
		return cut(err, file, what, offset + size);
	if (file_holds(file, offset, size))
		return true;
	return error_set(err, ERROR_INPUT,
			 "%s: incomplete: %s at bytes %s to %s of the dump was not written "
			 "to the flattened file; copy it again",
			 file_name(file), what, text_number(offset, text[0]),
			 text_number(offset + size, text[1]));
}

bool guard_elf(const struct file *file, const struct elf_headers *headers,
	       struct error *err)
{
	if (headers->end > file_size(file))
		return cut(err, file, "memory", headers->end);
	for (size_t i = 0; i < headers->segment_count; i++) {
		const struct elf_segment *segment = &headers->segments[i];

		if (!check_range(file, "memory", segment->offset, segment->file_size, err))
			return false;
	}
	return true;
}

static uint64_t count_bits(const uint64_t *words, size_t count)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits += (uint64_t)__builtin_popcountll(words[i]);
	return bits;
}

/* Forget all bits outside of [from, to); words[0] has those from @first on. */
static void mask_bits(uint64_t *words, size_t count, uint64_t first, uint64_t from,
		      uint64_t to)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t base = first + i * 64;

		if (base + 64 <= from || base >= to)
			words[i] = 0;
		else if (base < from)
			words[i] &= ~UINT64_C(0) << (from - base);
		if (base < to && to - base < 64)
			words[i] &= (UINT64_C(1) << (to - base)) - 1;
	}
}

/* Set bits of the page frames [from, to) in a bitmap at @offset. */
static bool count_pages(const struct file *file, uint64_t offset, uint64_t from,
			uint64_t to, void *buffer, uint64_t *pages, struct error *err)
{
	uint64_t *words = buffer, data = 0;

	*pages = 0;
	for (uint64_t at = from / 64 * 8; at * 8 < to; at += CHUNK) {
		uint64_t length = (to + 7) / 8 - at;

		/* where there is no RAM for terabytes, the file may have a hole */
		if (data < offset + at)
			data = file_skip_hole(file, offset + at);
		if (data - (offset + at) >= CHUNK && data < file_size(file))
			continue;
		if (length > CHUNK)
			length = CHUNK;
		memset((char *)buffer + length / 8 * 8, 0, 8);
		if (!file_read(file, offset + at, buffer, length, err))
			return false;
		mask_bits(words, (length + 7) / 8, at * 8, from, to);
		*pages += count_bits(words, (length + 7) / 8);
	}
	return true;
}

/* Descriptors that are read at once, from the last one back. */
#define PART_DESCRIPTORS ((size_t)256)
_Static_assert(PART_DESCRIPTORS * sizeof(struct page_descriptor) <= CHUNK, "");

struct descriptor_check {
	const struct file *file;
	uint64_t table;		/* where the descriptors begin */
	uint64_t count;		/* of them */
	uint64_t data;		/* behind them: where the first page data may begin */
	uint64_t begin, end;	/* lowest begin and highest end of page data so far */
	bool differ;		/* not all pages had the same data so far, as pages of zeros have */
	uint32_t codecs;
};

static bool bad_descriptor(struct error *err, const struct descriptor_check *check,
			   uint64_t number, const struct page_descriptor *page)
{
	char text[2][TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT,
			 "%s: damaged: the data of page %s of the file should be at byte "
			 "%s, which is no place for it; copy it again",
			 file_name(check->file), text_number(number, text[0]),
			 text_number(page->offset, text[1]));
}

static bool check_descriptor(struct descriptor_check *check, uint64_t number,
			     const struct page_descriptor *page, struct error *err)
{
	check->codecs |= page->flags;
	if (page->offset < check->data || page->offset >= UINT64_C(1) << 60)
		return bad_descriptor(err, check, number, page);
	check->differ |= check->begin != UINT64_MAX && page->offset != check->begin;
	if (page->offset < check->begin)
		check->begin = page->offset;
	if (page->offset + page->size > check->end)
		check->end = page->offset + page->size;
	return !file_is_flattened(check->file) || check->end > file_size(check->file) ||
	       check_range(check->file, "page data", page->offset, page->size, err);
}

/* Those of the last pages below the page @end; @end becomes the first of them. */
static bool check_part_below(struct descriptor_check *check, uint64_t *end,
			     struct page_descriptor *pages, struct error *err)
{
	size_t count = *end < PART_DESCRIPTORS ? (size_t)*end : PART_DESCRIPTORS;

	*end -= count;
	if (!file_read(check->file, check->table + *end * sizeof(*pages), pages,
		       count * sizeof(*pages), err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!check_descriptor(check, *end + i, &pages[i], err))
			return false;
	return true;
}

/*
 * Data lie in the order of their pages, and all pages of zeros share the data in front of them
 * (makedumpfile write_kdump_pages_and_bitmap_cyclic(), QEMU write_dump_pages()): what the last
 * pages name tells whether the file is cut. The table of a large dump is as long as what an
 * audit reads, so that else a descriptor is looked at when its page is read. @all: here.
 */
static bool check_data(struct descriptor_check *check, bool all, struct page_descriptor *pages,
		       struct error *err)
{
	uint64_t end = check->count;

	while (end && (all || !check->differ))
		if (!check_part_below(check, &end, pages, err))
			return false;
	return check->end <= file_size(check->file) ||
	       cut(err, check->file, "page data", check->end);
}

static bool is_descriptor(const struct descriptor_check *check, const struct page_descriptor *page,
			  uint32_t block_size)
{
	return page->size && page->size <= block_size && !(page->flags & ~DISKDUMP_CODECS) &&
	       !page->page_flags && page->offset > check->data &&
	       page->offset <= file_size(check->file) - page->size;
}

/*
 * A descriptor behind the last one: a page is in the table and not in the bitmap.
 * A bit that got lost gives every page behind it the data of its neighbour. Room
 * that a writer reserved, as makedumpfile --split does, is zeros and no descriptor.
 * What looks like one may still be data: then some page names it.
 */
static bool check_behind(struct descriptor_check *check, uint32_t block_size,
			 struct page_descriptor *pages, struct error *err)
{
	uint64_t end = check->count;
	struct page_descriptor page;
	char text[2][TEXT_NUMBER_SIZE];

	if (!end || check->data > file_size(check->file) - sizeof(page))
		return true;
	if (!file_read(check->file, check->data, &page, sizeof(page), err))
		return false;
	if (!is_descriptor(check, &page, block_size))
		return true;
	while (end)
		if (!check_part_below(check, &end, pages, err))
			return false;
	if (check->begin < check->data + sizeof(page) || page.offset < check->begin)
		return true;
	return error_set(err, ERROR_INPUT, "%s: damaged: the bitmap names %s pages, but at byte %s "
			 "is the descriptor of one more; copy it again",
			 file_name(check->file), text_number(check->count, text[0]),
			 text_number(check->data, text[1]));
}

static bool check_part(const struct file *file, const struct diskdump_headers *part, bool all,
		       struct diskdump_set *set, void *buffer, struct error *err)
{
	struct descriptor_check check = {
		.file = file, .table = part->descriptors, .begin = UINT64_MAX,
		.codecs = part->status & DISKDUMP_CODECS,
	};
	uint64_t from = part->split ? part->start_pfn : 0;
	uint64_t to = part->split ? part->end_pfn : part->max_mapnr;
	uint64_t size, ram;

	if (to > part->max_mapnr)
		to = part->max_mapnr;
	/* makedumpfile does not write blocks of a bitmap that are all zero. */
	if (part->descriptors > file_size(file))
		return cut(err, file, "the bitmaps", part->descriptors);
	if (!count_pages(file, part->bitmap_offset, from, to, buffer, &ram, err) ||
	    !count_pages(file, part->dumped_offset, from, to, buffer, &check.count, err))
		return false;
	size = check.count * sizeof(struct page_descriptor);
	if (!check_range(file, "the table of page descriptors", part->descriptors, size,
			 err))
		return false;
	check.data = part->descriptors + size;
	if (!check_data(&check, all, buffer, err) ||
	    !check_behind(&check, part->block_size, buffer, err))
		return false;
	set->codecs |= check.codecs;
	set->ram_pages += ram;
	set->file_pages += check.count;
	return true;
}

static bool check_extras(const struct file *file, const struct diskdump_headers *part,
			 struct error *err)
{
	return check_range(file, "VMCOREINFO", part->vmcoreinfo_size ?
			   part->vmcoreinfo_offset : 0, part->vmcoreinfo_size, err) &&
	       check_range(file, "the notes", part->note_size ? part->note_offset : 0,
			   part->note_size, err) &&
	       check_range(file, "the erase information", part->erase_size ?
			   part->erase_offset : 0, part->erase_size, err);
}

bool guard_diskdump(struct file *const *files, struct diskdump_set *set, bool all,
		    struct error *err)
{
	/* 8 more: a last word that is filled only in part. */
	void *buffer = malloc(CHUNK + 8);
	bool ok = true;

	if (!buffer)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (size_t i = 0; ok && i < set->count; i++)
		ok = check_part(files[i], &set->parts[i], all, set, buffer, err) &&
		     check_extras(files[i], &set->parts[i], err);
	free(buffer);
	return ok;
}
