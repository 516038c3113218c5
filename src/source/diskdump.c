// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of kdump-compressed files, flattened or not.
 */
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/codec.h"
#include "source/page_bitmap.h"

/* A compressed page is kept only where it is smaller than the page. */
#define LARGEST_PAGE_DATA 65536

/* Descriptors are read by the dozen: pages are mostly read in order. */
#define WINDOW 64

struct part {
	uint64_t descriptors;	/* offset of the table */
	uint64_t first;		/* set bits before the part's first page */
	uint64_t count;		/* of descriptors */
	uint64_t data;		/* offset behind the table: where page data may begin */
	uint64_t end_pfn;
	/*
	 * makedumpfile and QEMU write one page of zeros in front of all page data and
	 * let all other pages of zeros point there: it is unpacked once. In a part of a
	 * set there is room left in front of it, and it is read each time.
	 */
	unsigned char *first_page;
};

struct diskdump {
	struct codec *codec;
	unsigned char *data;		/* of one page, or of a row, as in the file */
	struct page_bitmap *dumped;	/* of the pages in the file, a descriptor each */
	uint64_t max_mapnr;
	struct part *parts;
	size_t part_count;
	/* where a block of the file is more than a page: the last one, for its other pages */
	unsigned char *block;
	uint64_t block_number;		/* UINT64_MAX: none */

	struct page_descriptor window[WINDOW];
	size_t window_part;
	uint64_t window_first;		/* number of window[0] in its part */
	size_t window_count;
};

static bool recognises(const struct source *source)
{
	return source->diskdump;
}

static size_t block_size(const struct source *source)
{
	return source->diskdump->parts[0].block_size;
}

static void close_dump(struct diskdump *dump)
{
	codec_free(dump->codec);
	free(dump->data);
	free(dump->block);
	page_bitmap_free(dump->dumped);
	for (size_t i = 0; i < dump->part_count; i++)
		free(dump->parts[i].first_page);
	free(dump->parts);
	free(dump);
}

/* Pages in the file below @pfn, which may be max_mapnr. */
static bool pages_before(const struct diskdump *dump, uint64_t pfn, uint64_t *pages)
{
	struct page_place place;

	if (!page_bitmap_look(dump->dumped, pfn, &place))
		return false;
	*pages = place.before;
	return true;
}

static bool set_parts(struct diskdump *dump, const struct diskdump_set *set,
		      const struct file *file, struct error *err)
{
	dump->parts = calloc(set->count, sizeof(*dump->parts));
	if (!dump->parts)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	dump->part_count = set->count;
	for (size_t i = 0; i < set->count; i++) {
		const struct diskdump_headers *headers = &set->parts[i];
		struct part *part = &dump->parts[i];
		uint64_t start = 0;

		part->descriptors = headers->descriptors;
		part->end_pfn = dump->max_mapnr;
		if (headers->split) {
			start = headers->start_pfn < part->end_pfn ? headers->start_pfn
								   : part->end_pfn;
			if (headers->end_pfn < part->end_pfn)
				part->end_pfn = headers->end_pfn;
		}
		if (!pages_before(dump, start, &part->first) ||
		    !pages_before(dump, part->end_pfn, &part->count))
			return error_set(err, ERROR_SYSTEM, "%s: the bitmap of pages can't be "
					 "read a second time", file_name(file));
		part->count -= part->first;
		part->data = part->descriptors + part->count * sizeof(struct page_descriptor);
	}
	return true;
}

static bool open_diskdump(struct source *source, struct error *err)
{
	const struct diskdump_headers *headers = &source->diskdump->parts[0];
	struct diskdump *dump = calloc(1, sizeof(*dump));

	if (!dump)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	dump->max_mapnr = headers->max_mapnr;
	dump->block_number = UINT64_MAX;
	dump->codec = codec_new(source->diskdump->codecs, err);
	if (!dump->codec) {
		error_prefix(err, "%s", file_name(source->files[0]));
		goto fail;
	}
	dump->data = malloc(LARGEST_PAGE_DATA);
	if (!dump->data) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		goto fail;
	}
	/* The bitmaps of all parts of a set are the same. */
	dump->dumped = page_bitmap_open(source->files[0], headers->dumped_offset,
					headers->max_mapnr, err);
	if (!dump->dumped || !set_parts(dump, source->diskdump, source->files[0], err))
		goto fail;
	source->private = dump;
	return true;
fail:
	close_dump(dump);
	return false;
}

static bool copy_diskdump(struct source *copy)
{
	const struct diskdump *dump = copy->private;
	struct diskdump *own = malloc(sizeof(*own));

	if (!own)
		return false;
	*own = (struct diskdump){
		.dumped = page_bitmap_copy(dump->dumped, copy->files[0]),
		.max_mapnr = dump->max_mapnr, .block_number = UINT64_MAX,
		.codec = codec_new(copy->diskdump->codecs, NULL),
		.data = malloc(LARGEST_PAGE_DATA),
		.parts = calloc(dump->part_count, sizeof(*own->parts)),
	};
	if (!own->dumped || !own->codec || !own->data || !own->parts) {
		close_dump(own);
		return false;
	}
	own->part_count = dump->part_count;
	for (size_t i = 0; i < own->part_count; i++) {
		own->parts[i] = dump->parts[i];
		own->parts[i].first_page = NULL;
	}
	copy->private = own;
	return true;
}

static const struct page_descriptor *descriptor_of(struct diskdump *dump,
						   const struct file *file, size_t part,
						   uint64_t number)
{
	const struct part *place = &dump->parts[part];
	uint64_t first = number / WINDOW * WINDOW;
	size_t count = WINDOW;

	if (part == dump->window_part && number - dump->window_first < dump->window_count)
		return &dump->window[number - dump->window_first];
	if (place->count - first < count)
		count = place->count - first;
	dump->window_count = 0;
	if (!file_read(file, place->descriptors + first * sizeof(*dump->window),
		       dump->window, count * sizeof(*dump->window), NULL))
		return NULL;
	dump->window_part = part;
	dump->window_first = first;
	dump->window_count = count;
	return &dump->window[number - first];
}

/* Can this be the data of pages? A hole in a flattened file would read as zeros. */
static bool is_data(const struct part *part, const struct file *file, uint64_t offset, size_t size)
{
	return offset >= part->data && file_holds(file, offset, size);
}

static bool unpack(struct source *source, const struct file *file, const struct part *part,
		   const struct page_descriptor *descriptor, void *page)
{
	struct diskdump *dump = source->private;

	return descriptor->size <= LARGEST_PAGE_DATA &&
	       is_data(part, file, descriptor->offset, descriptor->size) &&
	       file_read(file, descriptor->offset, dump->data, descriptor->size, NULL) &&
	       codec_unpack(dump->codec, descriptor->flags, dump->data, descriptor->size,
			    page, block_size(source));
}

static bool copy_first_page(struct source *source, const struct file *file,
			    struct part *part, const struct page_descriptor *descriptor,
			    void *page)
{
	size_t size = block_size(source);

	if (part->first_page) {
		memcpy(page, part->first_page, size);
		return true;
	}
	if (!unpack(source, file, part, descriptor, page))
		return false;
	part->first_page = malloc(size);
	if (part->first_page)
		memcpy(part->first_page, page, size);
	return true;
}

/* The number of the part that has the page @pfn. */
static size_t part_of(const struct diskdump *dump, uint64_t pfn)
{
	size_t number = 0;

	while (number + 1 < dump->part_count && pfn >= dump->parts[number].end_pfn)
		number++;
	return number;
}

/* The page @pfn; @before: how many others are in the file below it. */
static bool read_data(struct source *source, uint64_t pfn, uint64_t before, void *page)
{
	struct diskdump *dump = source->private;
	const struct page_descriptor *descriptor;
	size_t number = part_of(dump, pfn);
	struct part *part = &dump->parts[number];

	descriptor = descriptor_of(dump, source->files[number], number,
				   before - part->first);
	if (!descriptor)
		return false;
	if (descriptor->offset == part->data)
		return copy_first_page(source, source->files[number], part, descriptor,
				       page);
	return unpack(source, source->files[number], part, descriptor, page);
}

/* Of a block that is more than a page: QEMU's are 64 KiB on arm64, whatever the kernel's pages. */
static bool read_part_of_block(struct source *source, uint64_t number, uint64_t before,
			       uint64_t within, void *page)
{
	struct diskdump *dump = source->private;

	if (!dump->block)
		dump->block = malloc(block_size(source));
	if (!dump->block)
		return false;
	if (dump->block_number != number) {
		dump->block_number = UINT64_MAX;
		if (!read_data(source, number, before, dump->block))
			return false;
		dump->block_number = number;
	}
	memcpy(page, dump->block + within, source->facts.page_size);
	return true;
}

static enum read_status read_diskdump(struct source *source, enum address_space space,
				      uint64_t address, void *page)
{
	const struct diskdump *dump = source->private;
	enum read_status status = source_to_physical(source, space, &address);
	uint64_t number = address / block_size(source), within = address % block_size(source);
	bool whole = source->facts.page_size == block_size(source);
	struct page_place place;

	if (status != READ_OK)
		return status;
	if (number >= dump->max_mapnr)
		return source_missing(source, address);
	if (!page_bitmap_look(dump->dumped, number, &place))
		return READ_DAMAGED;
	if (!place.set)
		return source_missing(source, address);
	return (whole ? read_data(source, number, place.before, page) :
			read_part_of_block(source, number, place.before, within, page)) ?
		READ_OK : READ_DAMAGED;
}

/* How many of @count pages from @pfn on are in the file, all in one part. */
static size_t count_present(struct diskdump *dump, uint64_t pfn, size_t count, uint64_t *before)
{
	uint64_t end = dump->parts[part_of(dump, pfn)].end_pfn;
	struct page_place place;
	size_t i;

	for (i = 0; i < count && pfn + i < end; i++) {
		if (!page_bitmap_look(dump->dumped, pfn + i, &place) || !place.set)
			break;
		if (!i)
			*before = place.before;
	}
	return i;
}

/* The descriptors of pages whose data follow one another, as far as there is room for these. */
static size_t describe_row(struct source *source, uint64_t pfn, size_t count,
			   struct page_descriptor *row)
{
	struct diskdump *dump = source->private;
	const struct page_descriptor *descriptor;
	size_t number = part_of(dump, pfn), i, length = 0;
	uint64_t before;

	count = count_present(dump, pfn, count, &before);
	for (i = 0; i < count; i++) {
		descriptor = descriptor_of(dump, source->files[number], number,
					   before + i - dump->parts[number].first);
		if (!descriptor || descriptor->size > LARGEST_PAGE_DATA - length ||
		    (i && descriptor->offset != row[0].offset + length))
			break;
		row[i] = *descriptor;
		length += descriptor->size;
	}
	return i;
}

static size_t read_row(struct source *source, uint64_t physical, void *const *pages, size_t count)
{
	struct page_descriptor row[SOURCE_ROW_MAX];
	struct diskdump *dump = source->private;
	uint64_t pfn = physical / source->facts.page_size;
	const unsigned char *data = dump->data;
	const struct file *file;
	size_t length, number, i;

	if (source->facts.page_size != block_size(source) || pfn >= dump->max_mapnr)
		return 0;
	count = describe_row(source, pfn, count, row);
	if (count < 2)
		return 0;
	number = part_of(dump, pfn);
	file = source->files[number];
	length = row[count - 1].offset + row[count - 1].size - row[0].offset;
	if (!is_data(&dump->parts[number], file, row[0].offset, length) ||
	    !file_read(file, row[0].offset, dump->data, length, NULL))
		return 0;
	for (i = 0; i < count; data += row[i++].size)
		if (!codec_unpack(dump->codec, row[i].flags, data, row[i].size, pages[i],
				  block_size(source)))
			break;
	return i;
}

static void close_diskdump(struct source *source)
{
	close_dump(source->private);
}

const struct source_ops diskdump_source_ops = {
	.name = "kdump-compressed",
	.recognises = recognises,
	.open = open_diskdump,
	.read_page = read_diskdump,
	.read_row = read_row,
	.copy = copy_diskdump,
	.close = close_diskdump,
};
