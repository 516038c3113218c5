// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages of ELF cores, flattened or not, and of raw images.
 *
 * They are read and not mapped: what is mapped and was touched counts as memory of ours,
 * and a file that is cut while it is mapped ends the program.
 */
#include <string.h>

#include "source/backend.h"

static bool recognises(const struct source *source)
{
	return source->elf;
}

static bool open_elf(struct source *source, struct error *err)
{
	(void)source;
	(void)err;
	return true;
}

/*
 * One run of a page: up to the end of the segment, or up to the next one where
 * there is no RAM. A page may begin or end outside of RAM, e.g. below 640 KiB.
 */
static enum read_status read_run(struct source *source, uint64_t address,
				 unsigned char *out, size_t room, size_t *length)
{
	const struct elf_segment *segment = elf_segment_at(source->elf, address, true);
	uint64_t next, within;

	*length = room;
	if (!segment) {
		next = elf_next_segment(source->elf, address);
		/* none above: the last byte of all is no end, and a run is never empty */
		if (next != UINT64_MAX && next - address < room)
			*length = next - address;
		return source_missing(source, address);
	}
	within = address - segment->physical;
	if (segment->file_size - within < room)
		*length = segment->file_size - within;
	return file_read(source->files[segment->file], segment->offset + within, out, *length, NULL)
	       ? READ_OK : READ_DAMAGED;
}

static enum read_status read_elf(struct source *source, enum address_space space,
				 uint64_t address, void *page)
{
	size_t page_size = source->facts.page_size;
	enum read_status status = source_to_physical(source, space, &address);
	bool any = false;
	size_t length;

	if (status != READ_OK)
		return status;
	for (size_t at = 0; at < page_size; at += length) {
		unsigned char *out = (unsigned char *)page + at;

		status = read_run(source, address + at, out, page_size - at, &length);
		if (status == READ_NOT_RAM)
			memset(out, 0, length);
		else if (status != READ_OK)
			return status;
		else
			any = true;
	}
	return any ? READ_OK : READ_NOT_RAM;
}

/* As many as one segment has whole; where segments overlap, another one may have the next. */
static size_t read_row(struct source *source, uint64_t physical, void *const *pages, size_t count)
{
	const struct elf_segment *segment = elf_segment_at(source->elf, physical, true);
	size_t size = source->facts.page_size, i;
	uint64_t within;

	if (!segment)
		return 0;
	within = physical - segment->physical;
	for (i = 0; i < count && (i + 1) * size <= segment->file_size - within; i++)
		if (elf_segment_at(source->elf, physical + i * size, true) != segment)
			break;
	return i && file_read_row(source->files[segment->file], segment->offset + within, pages, i,
				  size) ? i : 0;
}

static bool copy_elf(struct source *copy)
{
	(void)copy;
	return true;
}

static void close_elf(struct source *source)
{
	(void)source;
}

const struct source_ops elf_source_ops = {
	.name = "ELF core",
	.recognises = recognises,
	.open = open_elf,
	.read_page = read_elf,
	.read_row = read_row,
	.copy = copy_elf,
	.close = close_elf,
};
