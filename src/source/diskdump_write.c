// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/diskdump_write.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/backend.h"
#include "source/packer.h"

/* What is written in order goes out in pieces of this size. */
#define STREAM_BYTES (UINT64_C(1) << 16)

/* As makedumpfile -d 31 would say: no free pages, and none of processes and files. */
#define DUMP_LEVEL 31

/* Bytes on their way to one place of the file. */
struct stream {
	int descriptor;
	uint64_t offset;	/* where bytes[0] goes */
	size_t used;
	unsigned char *bytes;	/* STREAM_BYTES */
};

struct writer {
	struct source *source;
	const struct diskdump_content *content;
	struct error *err;
	uint64_t block_size;
	struct diskdump_layout layout;
	uint64_t data;			/* offset of the page of zeros, the first page data */
	struct page_descriptor zeros;	/* its descriptor */
	struct packer *packer;
	unsigned char *page;
	struct stream descriptors, pages;
};

static bool put(struct writer *writer, int descriptor, uint64_t offset, const void *bytes,
		size_t size)
{
	const unsigned char *from = bytes;

	while (size) {
		ssize_t done = pwrite(descriptor, from, size, (off_t)offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return error_set(writer->err, ERROR_SYSTEM, "cannot write: %s",
					 strerror(done ? errno : ENOSPC));
		from += done;
		offset += (uint64_t)done;
		size -= (size_t)done;
	}
	return true;
}

static bool stream_flush(struct writer *writer, struct stream *stream)
{
	if (!put(writer, stream->descriptor, stream->offset, stream->bytes, stream->used))
		return false;
	stream->offset += stream->used;
	stream->used = 0;
	return true;
}

static bool stream_put(struct writer *writer, struct stream *stream, const void *bytes,
		       size_t size)
{
	if (size > STREAM_BYTES - stream->used && !stream_flush(writer, stream))
		return false;
	memcpy(stream->bytes + stream->used, bytes, size);
	stream->used += size;
	return true;
}

/* ---------------------------------------------------------------------- headers */

static uint64_t padded(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

static uint64_t mark_size(const struct writer *writer)
{
	return sizeof(Elf64_Nhdr) + padded(sizeof(DISTILL_NOTE_NAME)) +
	       padded(strlen(writer->content->mark));
}

static void edit_notes(const struct writer *writer, unsigned char *bytes,
		       enum diskdump_note kind, const struct note *notes, size_t count)
{
	const struct diskdump_content *content = writer->content;
	size_t i;

	for (i = 0; content->edit_note && i < count; i++)
		content->edit_note(content->data, kind, bytes + notes[i].offset, notes[i].size);
}

/*
 * Vector registers, above all, which have what the process copied last; QEMU tells those of
 * arm64 in notes of their own.
 */
static void blank_notes(unsigned char *bytes, const struct note *notes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		memset(bytes + notes[i].offset, 0, notes[i].size);
}

/* All notes of the source, and the mark. What is not known stays as zeros. */
static unsigned char *make_notes(const struct writer *writer)
{
	const struct notes *notes = &writer->source->notes;
	const char *mark = writer->content->mark;
	Elf64_Nhdr header = {
		.n_namesz = sizeof(DISTILL_NOTE_NAME),
		.n_descsz = (Elf64_Word)strlen(mark),
		.n_type = DISTILL_NOTE_TYPE,
	};
	unsigned char *bytes = calloc(1, padded(notes->size) + mark_size(writer)), *at;

	if (!bytes)
		return NULL;
	if (notes->size)
		memcpy(bytes, notes->bytes, notes->size);
	edit_notes(writer, bytes, DISKDUMP_PRSTATUS, notes->prstatus, notes->prstatus_count);
	edit_notes(writer, bytes, DISKDUMP_QEMU, notes->qemu, notes->qemu_count);
	blank_notes(bytes, notes->other, notes->other_count);
	at = bytes + padded(notes->size);
	memcpy(at, &header, sizeof(header));
	at += sizeof(header);
	memcpy(at, DISTILL_NOTE_NAME, sizeof(DISTILL_NOTE_NAME));
	memcpy(at + padded(sizeof(DISTILL_NOTE_NAME)), mark, strlen(mark));
	return bytes;
}

/* Firmware is told as RAM by QEMU, just below 4 GiB: the bitmaps need not go up to there. */
static uint64_t max_mapnr(const struct diskdump_content *content)
{
	uint64_t end = content->ram_end, pfn = page_set_next(content->pages, end);

	for (; pfn != UINT64_MAX; pfn = page_set_next(content->pages, pfn + 1))
		end = pfn + 1;
	return end;
}

static void lay_out(struct writer *writer)
{
	const struct source *source = writer->source;
	static const uint32_t statuses[] = {
		[CODEC_ZLIB] = DISKDUMP_ZLIB,
		[CODEC_LZO] = DISKDUMP_LZO,
		[CODEC_ZSTD] = DISKDUMP_ZSTD,
	};

	writer->layout = (struct diskdump_layout){
		.uts = writer->content->uts,
		.status = statuses[writer->content->codec],
		.block_size = source->facts.page_size,
		.max_mapnr = max_mapnr(writer->content),
		.cpu_count = (uint32_t)source->notes.prstatus_count,
		.dump_level = DUMP_LEVEL,
		.vmcoreinfo_size = strlen(source->vmcoreinfo),
		.note_size = padded(source->notes.size) + mark_size(writer),
	};
	if (source->diskdump)
		memcpy(writer->layout.timestamp, source->diskdump->parts[0].timestamp,
		       sizeof(writer->layout.timestamp));
	diskdump_lay_out(&writer->layout);
	writer->data = writer->layout.descriptors +
		       page_set_count(writer->content->pages) * sizeof(struct page_descriptor);
}

static bool write_headers(struct writer *writer)
{
	const struct diskdump_layout *layout = &writer->layout;
	int file = writer->pages.descriptor;
	unsigned char *head = calloc(2, writer->block_size), *notes = make_notes(writer);
	bool good = head && notes;

	if (!good)
		error_set(writer->err, ERROR_SYSTEM, "out of memory");
	if (good) {
		diskdump_make_headers(layout, head, head + writer->block_size);
		good = put(writer, file, 0, head, 2 * writer->block_size) &&
		       put(writer, file, layout->vmcoreinfo_offset, writer->source->vmcoreinfo,
			   layout->vmcoreinfo_size) &&
		       put(writer, file, layout->note_offset, notes, layout->note_size);
	}
	free(head);
	free(notes);
	return good;
}

/* ---------------------------------------------------------------------- bitmaps */

/* Set the bits of page frames [@from, @to) as far as the block has them. */
static void set_bits(unsigned char *block, uint64_t first, uint64_t bits, uint64_t from,
		     uint64_t to)
{
	if (from < first)
		from = first;
	if (to > first + bits)
		to = first + bits;
	for (; from < to; from++)
		block[(from - first) / 8] |= (unsigned char)(1 << (from - first) % 8);
}

/* The page frames from @first on that the machine had. */
static bool ram_block(struct writer *writer, uint64_t first, unsigned char *block)
{
	const struct source *source = writer->source;
	uint64_t bits = writer->block_size * 8;

	if (source->diskdump) {
		const struct diskdump_headers *headers = &source->diskdump->parts[0];
		uint64_t bytes = (headers->max_mapnr + 7) / 8;

		/* the last block may be longer than what there is */
		bytes = first / 8 < bytes ? bytes - first / 8 : 0;
		return file_read(source->files[0], headers->bitmap_offset + first / 8, block,
				 bytes < writer->block_size ? bytes : writer->block_size,
				 writer->err);
	}
	for (uint64_t i = 0; !source->elf && i < bits; i++)
		if (source_missing(source, (first + i) * writer->block_size) != READ_NOT_RAM)
			set_bits(block, first, bits, first + i, first + i + 1);
	for (size_t i = 0; source->elf && i < source->elf->segment_count; i++) {
		const struct elf_segment *segment = &source->elf->segments[i];
		uint64_t end = segment->physical + segment->memory_size;

		set_bits(block, first, bits, segment->physical / writer->block_size,
			 (end + writer->block_size - 1) / writer->block_size);
	}
	return true;
}

static bool dumped_block(struct writer *writer, uint64_t first, unsigned char *block)
{
	const struct page_set *pages = writer->content->pages;
	uint64_t bits = writer->block_size * 8, pfn = first;

	while ((pfn = page_set_next(pages, pfn)) < first + bits) {
		set_bits(block, first, bits, pfn, pfn + 1);
		pfn++;
	}
	return true;
}

/* Blocks of zeros are holes of the file. */
static bool write_bitmap(struct writer *writer, uint64_t offset,
			 bool (*make)(struct writer *writer, uint64_t first,
				      unsigned char *block))
{
	uint64_t block_size = writer->block_size, first;

	for (first = 0; first < writer->layout.max_mapnr; first += block_size * 8) {
		memset(writer->page, 0, block_size);
		if (!make(writer, first, writer->page))
			return false;
		if ((writer->page[0] || memcmp(writer->page, writer->page + 1, block_size - 1)) &&
		    !put(writer, writer->pages.descriptor, offset + first / 8, writer->page,
			 block_size))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------------ pages */

static bool put_page_data(struct writer *writer, struct page_descriptor *descriptor)
{
	const void *packed;
	size_t size;

	if (!packer_pack(writer->packer, writer->page, &packed, &size, &descriptor->flags))
		return error_set(writer->err, ERROR_SYSTEM, "cannot compress a page");
	descriptor->offset = writer->pages.offset + writer->pages.used;
	descriptor->size = (uint32_t)size;
	return stream_put(writer, &writer->pages, packed, size);
}

static bool write_page(struct writer *writer, uint64_t pfn)
{
	struct page_descriptor descriptor = {0};
	enum read_status status = source_read_page(writer->source, ADDRESS_PHYSICAL,
						   pfn * writer->block_size, writer->page);

	if (status != READ_OK)
		return error_set(writer->err, ERROR_UNREADABLE,
				 "page frame 0x%llx could be read before and is now %s",
				 (unsigned long long)pfn, read_status_text(status));
	if (writer->content->edit_page)
		writer->content->edit_page(writer->content->data, pfn, writer->page);
	if (!writer->page[0] && !memcmp(writer->page, writer->page + 1, writer->block_size - 1))
		descriptor = writer->zeros;
	else if (!put_page_data(writer, &descriptor))
		return false;
	return stream_put(writer, &writer->descriptors, &descriptor, sizeof(descriptor));
}

static bool write_pages(struct writer *writer, struct diskdump_written *written)
{
	const struct diskdump_content *content = writer->content;
	uint64_t total = page_set_count(content->pages), pfn;

	writer->descriptors.offset = writer->layout.descriptors;
	writer->pages.offset = writer->data;
	/* as makedumpfile does it: one page of zeros first, for all */
	memset(writer->page, 0, writer->block_size);
	if (!put_page_data(writer, &writer->zeros))
		return false;
	written->pages = 0;
	for (pfn = page_set_next(content->pages, 0); pfn != UINT64_MAX;
	     pfn = page_set_next(content->pages, pfn + 1)) {
		if (content->stop && content->stop(content->data, written->pages, total))
			return error_set(writer->err, ERROR_SYSTEM, "interrupted");
		if (!write_page(writer, pfn))
			return false;
		written->pages++;
	}
	written->bytes = writer->pages.offset + writer->pages.used;
	return stream_flush(writer, &writer->descriptors) &&
	       stream_flush(writer, &writer->pages);
}

bool diskdump_write(struct source *source, const struct diskdump_content *content,
		    int descriptor, struct diskdump_written *written, struct error *err)
{
	struct writer writer = {
		.source = source, .content = content, .err = err,
		.block_size = source->facts.page_size,
		.packer = packer_new(content->codec, source->facts.page_size),
		.page = malloc(source->facts.page_size),
		.descriptors = {.descriptor = descriptor, .bytes = malloc(STREAM_BYTES)},
		.pages = {.descriptor = descriptor, .bytes = malloc(STREAM_BYTES)},
	};
	bool good = false;

	source_record(source, NULL);
	lay_out(&writer);
	if (!writer.packer || !writer.page || !writer.descriptors.bytes || !writer.pages.bytes)
		error_set(err, ERROR_SYSTEM, "out of memory");
	else
		good = write_headers(&writer) &&
		       write_bitmap(&writer, writer.layout.bitmap_offset, ram_block) &&
		       write_bitmap(&writer, writer.layout.dumped_offset, dumped_block) &&
		       write_pages(&writer, written);
	packer_free(writer.packer);
	free(writer.page);
	free(writer.descriptors.bytes);
	free(writer.pages.bytes);
	return good;
}
