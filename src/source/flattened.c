// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Flattened files: makedumpfile -F and QEMU write a dump as a stream, so that it
 * can go through a pipe. A 4096-byte header is followed by records {offset, size,
 * bytes}; a later record may rewrite what an earlier one wrote (the dump header is
 * written twice). All numbers are big-endian whatever the machine
 * (makedumpfile.h: struct makedumpfile_header, struct makedumpfile_data_header).
 */
#include "source/flattened.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "source/file.h"

#define STREAM_SIGNATURE   "makedumpfile"	/* MAKEDUMPFILE_SIGNATURE */
#define STREAM_HEADER_SIZE 4096		/* MAX_SIZE_MDF_HEADER */
#define STREAM_TYPE	   1			/* TYPE_FLAT_HEADER */
#define STREAM_VERSION	   1			/* VERSION_FLAT_HEADER */
#define STREAM_END	   UINT64_MAX		/* END_FLAG_FLAT_HEADER, -1 */

/* No dump is larger; keeps all sums far from overflow. */
#define OFFSET_LIMIT (UINT64_C(1) << 60)

/*
 * Writers fill a buffer of many pages before they write a record, but for a few of headers.
 * Each record takes 56 bytes of memory: a stream of very small ones is none of theirs.
 */
#define RECORDS_FEW	(UINT64_C(1) << 17)
#define RECORD_SIZE_MIN UINT64_C(1024)

struct stream_header {
	char signature[16];
	uint64_t type;
	uint64_t version;
};

struct record_header {
	uint64_t offset;
	uint64_t size;
};

/* A record as it was read; its number in the array is its age. */
struct record {
	uint64_t offset;	/* in the dump */
	uint64_t place;		/* of its bytes in the file */
	uint64_t size;
};

struct record_list {
	struct record *records;
	size_t count;
	size_t room;
};

/*
 * The dump from @offset up to the next piece's offset is at @place. Lengths are
 * not kept: pieces tile the whole dump, holes are pieces too.
 */
struct piece {
	uint64_t offset;
	uint64_t place;
};

struct flattened {
	struct piece *pieces;
	size_t count;
	size_t room;
	uint64_t size;
};

bool flattened_signature(const void *head, size_t length)
{
	return length >= sizeof(STREAM_SIGNATURE) &&
	       !memcmp(head, STREAM_SIGNATURE, sizeof(STREAM_SIGNATURE));
}

static bool out_of_memory(struct error *err, const char *name)
{
	return error_set(err, ERROR_SYSTEM, "%s: no memory for the index of this "
			 "flattened file; unpack it with makedumpfile -R", name);
}

static bool add_record(struct record_list *list, const struct record *record)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 1024;
		struct record *records;

		records = realloc(list->records, room * sizeof(*records));
		if (!records)
			return false;
		list->records = records;
		list->room = room;
	}
	list->records[list->count++] = *record;
	return true;
}

static bool add_piece(struct flattened *flattened, uint64_t offset, uint64_t place)
{
	if (flattened->count == flattened->room) {
		size_t room = flattened->room ? flattened->room * 2 : 1024;
		struct piece *pieces;

		pieces = realloc(flattened->pieces, room * sizeof(*pieces));
		if (!pieces)
			return false;
		flattened->pieces = pieces;
		flattened->room = room;
	}
	flattened->pieces[flattened->count++] = (struct piece){ offset, place };
	return true;
}

static bool read_header(int fd, uint64_t size, const char *name, struct error *err)
{
	struct stream_header header;

	if (size < STREAM_HEADER_SIZE ||
	    pread(fd, &header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return error_set(err, ERROR_INPUT, "%s: cut: a flattened dump begins with "
				 "a header of 4,096 bytes; copy it again", name);
	if (be64toh(header.type) != STREAM_TYPE ||
	    be64toh(header.version) != STREAM_VERSION)
		return error_set(err, ERROR_INPUT,
				 "%s: flattened format of unknown type %lld, version %lld; "
				 "unpack it with makedumpfile -R",
				 name, (long long)be64toh(header.type),
				 (long long)be64toh(header.version));
	return true;
}

/* The stream ends where a record's header or bytes should be. */
static bool cut(struct error *err, const char *name, uint64_t needed, uint64_t size)
{
	char text[2][TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT,
			 "%s: cut: the flattened stream goes on to byte %s at least but "
			 "the file has %s bytes and no end record; copy it again",
			 name, text_number(needed, text[0]), text_number(size, text[1]));
}

static bool too_small(struct error *err, const char *name, uint64_t records, uint64_t bytes)
{
	char text[2][TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT,
			 "%s: damaged: the flattened stream has %s records in its first %s bytes, "
			 "which nothing writes; copy it again", name,
			 text_number(records, text[0]), text_number(bytes, text[1]));
}

static bool read_records(int fd, uint64_t size, const char *name,
			 struct record_list *list, struct error *err)
{
	uint64_t at = STREAM_HEADER_SIZE;
	char text[TEXT_NUMBER_SIZE];

	for (;;) {
		struct record_header header;
		struct record record;
		ssize_t got;

		if (size - at < sizeof(header))
			return cut(err, name, at + sizeof(header), size);
		got = pread(fd, &header, sizeof(header), (off_t)at);
		if (got != (ssize_t)sizeof(header))
			return error_set(err, ERROR_SYSTEM, "%s: cannot read at byte %s: %s",
					 name, text_number(at, text),
					 got < 0 ? strerror(errno) : "the file became shorter");
		record.offset = be64toh(header.offset);
		record.size = be64toh(header.size);
		record.place = at + sizeof(header);
		/* Whatever follows the end record is not ours: dd to a disk pads. */
		if (record.offset == STREAM_END && record.size == STREAM_END)
			return true;
		if (record.offset >= OFFSET_LIMIT || record.size >= OFFSET_LIMIT)
			return error_set(err, ERROR_INPUT,
					 "%s: damaged: the flattened stream has no record "
					 "at byte %s; copy it again",
					 name, text_number(at, text));
		if (record.size > size - record.place)
			return cut(err, name, record.place + record.size, size);
		if (record.size && !add_record(list, &record))
			return out_of_memory(err, name);
		at = record.place + record.size;
		if (list->count >= RECORDS_FEW && at / RECORD_SIZE_MIN < list->count)
			return too_small(err, name, list->count, at);
	}
}

/*
 * Overlaps: records are taken in the order of their offsets; those that reach
 * over the present offset wait in a heap with the youngest on top, and the
 * youngest is what the dump holds there.
 */
struct sweep {
	const struct record *records;
	size_t *order;		/* record numbers by offset */
	size_t *heap;		/* record numbers, the highest first */
	size_t heap_count;
};

static void heap_push(struct sweep *sweep, size_t number)
{
	size_t i = sweep->heap_count++;

	while (i && sweep->heap[(i - 1) / 2] < number) {
		sweep->heap[i] = sweep->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	sweep->heap[i] = number;
}

static void heap_pop(struct sweep *sweep)
{
	size_t number = sweep->heap[--sweep->heap_count];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= sweep->heap_count)
			break;
		if (child + 1 < sweep->heap_count &&
		    sweep->heap[child + 1] > sweep->heap[child])
			child++;
		if (sweep->heap[child] <= number)
			break;
		sweep->heap[i] = sweep->heap[child];
		i = child;
	}
	sweep->heap[i] = number;
}

static int compare_offsets(const void *a, const void *b, void *arg)
{
	const struct record *records = arg;
	const size_t *left = a;
	const size_t *right = b;

	if (records[*left].offset != records[*right].offset)
		return records[*left].offset < records[*right].offset ? -1 : 1;
	return *left < *right ? -1 : *left > *right;
}

static uint64_t record_end(const struct record *record)
{
	return record->offset + record->size;
}

static bool tile(struct flattened *flattened, struct sweep *sweep, size_t count)
{
	uint64_t at = 0;
	size_t next = 0;

	while (next < count || sweep->heap_count) {
		uint64_t stop = next < count ? sweep->records[sweep->order[next]].offset
					     : UINT64_MAX;
		const struct record *top;

		while (sweep->heap_count &&
		       record_end(&sweep->records[sweep->heap[0]]) <= at)
			heap_pop(sweep);
		if (at == stop) {
			heap_push(sweep, sweep->order[next++]);
			continue;
		}
		if (!sweep->heap_count) {
			if (next == count)
				break;
			if (!add_piece(flattened, at, FLATTENED_HOLE))
				return false;
			at = stop;
			continue;
		}
		top = &sweep->records[sweep->heap[0]];
		if (!add_piece(flattened, at, top->place + (at - top->offset)))
			return false;
		at = record_end(top) < stop ? record_end(top) : stop;
	}
	flattened->size = at;
	/* The end mark, so that every piece has a successor. */
	return add_piece(flattened, at, FLATTENED_HOLE);
}

static bool resolve(struct flattened *flattened, const struct record_list *list)
{
	struct sweep sweep = { .records = list->records };
	bool ok = false;

	sweep.order = calloc(list->count + 1, sizeof(*sweep.order));
	sweep.heap = calloc(list->count + 1, sizeof(*sweep.heap));
	if (sweep.order && sweep.heap) {
		for (size_t i = 0; i < list->count; i++)
			sweep.order[i] = i;
		qsort_r(sweep.order, list->count, sizeof(*sweep.order), compare_offsets,
			list->records);
		ok = tile(flattened, &sweep, list->count);
	}
	free(sweep.order);
	free(sweep.heap);
	return ok;
}

static void shrink(struct flattened *flattened)
{
	struct piece *pieces = realloc(flattened->pieces,
				       flattened->count * sizeof(*pieces));

	if (pieces) {
		flattened->pieces = pieces;
		flattened->room = flattened->count;
	}
}

struct flattened *flattened_index(int fd, uint64_t size, const char *name,
				  struct error *err)
{
	struct record_list list = { 0 };
	struct flattened *flattened;

	flattened = calloc(1, sizeof(*flattened));
	if (!flattened) {
		out_of_memory(err, name);
		return NULL;
	}
	if (!read_header(fd, size, name, err) ||
	    !read_records(fd, size, name, &list, err))
		goto fail;
	if (!resolve(flattened, &list)) {
		out_of_memory(err, name);
		goto fail;
	}
	shrink(flattened);
	free(list.records);
	return flattened;
fail:
	free(list.records);
	flattened_free(flattened);
	return NULL;
}

void flattened_free(struct flattened *flattened)
{
	if (!flattened)
		return;
	free(flattened->pieces);
	free(flattened);
}

uint64_t flattened_size(const struct flattened *flattened)
{
	return flattened->size;
}

uint64_t flattened_find(const struct flattened *flattened, uint64_t offset,
			uint64_t *run)
{
	size_t low = 0;
	size_t high = flattened->count - 1;	/* the end mark */
	const struct piece *piece;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (flattened->pieces[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	piece = &flattened->pieces[low];
	*run = piece[1].offset - offset;
	if (piece->place == FLATTENED_HOLE)
		return FLATTENED_HOLE;
	return piece->place + (offset - piece->offset);
}
