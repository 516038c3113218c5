// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "source/flattened.h"
#include "source/unpack.h"

/* A read that begins so near behind the one before is taken for the next of a row. */
#define AHEAD_GAP  512
#define AHEAD_SIZE ((size_t)64 << 10)

/*
 * Struct pages lie one behind the other in memory and so in the file, and are asked for
 * page by page: of a row, twice as much is read as was asked for so far.
 */
struct read_ahead {
	uint64_t next;			/* end of the last read, in the real file */
	uint64_t row;			/* bytes asked for in a row until then */
	uint64_t start;			/* of bytes[] */
	size_t length;			/* how many of them are good */
	unsigned char bytes[AHEAD_SIZE];
};

struct file {
	char *name;
	struct read_ahead *ahead;
	bool copy;			/* all else belongs to the file that it was made of */
	int fd;
	uint64_t size;			/* of the dump inside */
	uint64_t stored;		/* of the real file */
	struct flattened *flattened;	/* NULL: plain */
	const char *packed;		/* NULL: it was not */
};

static bool check_kind(const char *path, const struct stat *status, struct error *err)
{
	struct stat kcore;

	if (S_ISDIR(status->st_mode))
		return error_set(err, ERROR_INPUT,
				 "%s: is a directory; name the dump file in it", path);
	if (!S_ISREG(status->st_mode))
		return error_set(err, ERROR_INPUT, "%s: is not a regular file; copy the "
				 "dump to a file first", path);
	/* A page cache over memory that changes would show stale pages for ever. */
	if (!stat("/proc/kcore", &kcore) && kcore.st_dev == status->st_dev &&
	    kcore.st_ino == status->st_ino)
		return error_set(err, ERROR_INPUT, "%s: live memory cannot be read as a "
				 "dump", path);
	if (!status->st_size)
		return error_set(err, ERROR_INPUT, "%s: is empty; the dump was not written, "
				 "look at the log of the kdump service", path);
	return true;
}

/* From here on the file is the temporary one. */
static bool open_packed(struct file *file, int temporary, struct error *err)
{
	unsigned char head[8];
	ssize_t length = pread(file->fd, head, sizeof(head), 0);
	struct stat status;
	int own;

	if (length <= 0 || temporary < 0 || !unpack_format(head, (size_t)length))
		return true;
	file->packed = unpack_format(head, (size_t)length);
	if (!unpack_file(file->fd, temporary, file->name, err))
		return false;
	own = fcntl(temporary, F_DUPFD_CLOEXEC, 0);
	if (own < 0 || fstat(temporary, &status))
		return error_set(err, ERROR_SYSTEM, "%s: cannot look at what was unpacked: %s",
				 file->name, strerror(errno));
	close(file->fd);
	file->fd = own;
	file->size = (uint64_t)status.st_size;
	return true;
}

static bool open_flattened(struct file *file, struct error *err)
{
	unsigned char head[16];
	ssize_t length = pread(file->fd, head, sizeof(head), 0);

	if (length < 0)
		return error_set(err, ERROR_SYSTEM, "%s: cannot read: %s", file->name,
				 strerror(errno));
	file->stored = file->size;
	if (!flattened_signature(head, (size_t)length))
		return true;
	file->flattened = flattened_index(file->fd, file->size, file->name, err);
	if (!file->flattened)
		return false;
	file->size = flattened_size(file->flattened);
	return true;
}

struct file *file_open(const char *path, int temporary, struct error *err)
{
	struct file *file = calloc(1, sizeof(*file));
	struct stat status;

	if (!file)
		goto no_memory;
	file->name = strdup(path);
	file->ahead = calloc(1, sizeof(*file->ahead));
	file->fd = -1;
	if (!file->name || !file->ahead)
		goto no_memory;
	if (!*path) {
		error_set(err, ERROR_SYSTEM, "'' is no name of a file");
		goto fail;
	}
	/* A FIFO without a writer would block the open for ever. */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0 || fstat(file->fd, &status)) {
		error_set(err, ERROR_SYSTEM, "%s: cannot open: %s%s", path, strerror(errno),
			  errno == EACCES ? "; dumps belong to root, try sudo" : "");
		goto fail;
	}
	if (!check_kind(path, &status, err))
		goto fail;
	file->size = (uint64_t)status.st_size;
	if (!open_packed(file, temporary, err) || !open_flattened(file, err))
		goto fail;
	return file;
no_memory:
	error_set(err, ERROR_SYSTEM, "%s: out of memory", path);
fail:
	file_close(file);
	return NULL;
}

void file_close(struct file *file)
{
	if (!file)
		return;
	free(file->ahead);
	if (!file->copy) {
		if (file->fd >= 0)
			close(file->fd);
		flattened_free(file->flattened);
		free(file->name);
	}
	free(file);
}

struct file *file_copy(const struct file *file)
{
	struct file *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *file;
	copy->copy = true;
	copy->ahead = calloc(1, sizeof(*copy->ahead));
	if (copy->ahead)
		return copy;
	free(copy);
	return NULL;
}

const char *file_name(const struct file *file)
{
	return file->name;
}

int file_descriptor(const struct file *file)
{
	return file->fd;
}

bool file_is_flattened(const struct file *file)
{
	return file->flattened;
}

const char *file_packed(const struct file *file)
{
	return file->packed;
}

uint64_t file_size(const struct file *file)
{
	return file->size;
}

uint64_t file_stored(const struct file *file)
{
	return file->stored;
}

/* pread() until all is there: it may return less, on network file systems too. */
static bool read_whole(int fd, uint64_t place, unsigned char *buffer, size_t length)
{
	while (length) {
		ssize_t got = pread(fd, buffer, length, (off_t)place);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			if (!got)
				errno = 0;
			return false;
		}
		place += (uint64_t)got;
		buffer += got;
		length -= (size_t)got;
	}
	return true;
}

/* False: it is not there; who wants to know why, reads it alone. */
static bool fill_ahead(const struct file *file, uint64_t place, size_t length, size_t want)
{
	struct read_ahead *ahead = file->ahead;
	ssize_t got = pread(file->fd, ahead->bytes, want, (off_t)place);

	ahead->start = place;
	ahead->length = got < 0 ? 0 : (size_t)got;
	return length <= ahead->length;
}

/* From the real file, whose bytes at @place are or will be read ahead if they are in a row. */
static bool read_place(const struct file *file, uint64_t place, unsigned char *buffer,
		       size_t length)
{
	struct read_ahead *ahead = file->ahead;
	bool have = place >= ahead->start && place - ahead->start < ahead->length &&
		    length <= ahead->length - (place - ahead->start);
	bool in_row = place - ahead->next < AHEAD_GAP;
	size_t want;

	ahead->row = in_row ? ahead->row + length : 0;
	ahead->next = place + length;
	want = ahead->row < AHEAD_SIZE / 2 ? 2 * (size_t)ahead->row : AHEAD_SIZE;
	if (!have && (!in_row || length >= want || !fill_ahead(file, place, length, want)))
		return read_whole(file->fd, place, buffer, length);
	memcpy(buffer, ahead->bytes + (place - ahead->start), length);
	return true;
}

static bool read_pieces(const struct file *file, uint64_t offset, unsigned char *buffer,
			size_t length)
{
	while (length) {
		uint64_t run;
		uint64_t place = flattened_find(file->flattened, offset, &run);
		size_t part = run < length ? (size_t)run : length;

		if (place == FLATTENED_HOLE)
			memset(buffer, 0, part);
		else if (!read_place(file, place, buffer, part))
			return false;
		offset += part;
		buffer += part;
		length -= part;
	}
	return true;
}

bool file_read(const struct file *file, uint64_t offset, void *buffer, size_t length,
	       struct error *err)
{
	char text[2][TEXT_NUMBER_SIZE];
	bool ok;

	if (offset > file->size || length > file->size - offset)
		return error_set(err, ERROR_INPUT,
				 "%s: cut: byte %s is needed but the dump has %s bytes; "
				 "copy it again",
				 file->name, text_number(offset + length, text[0]),
				 text_number(file->size, text[1]));
	if (file->flattened)
		ok = read_pieces(file, offset, buffer, length);
	else
		ok = read_place(file, offset, buffer, length);
	if (ok)
		return true;
	return error_set(err, ERROR_SYSTEM, "%s: cannot read at byte %s: %s", file->name,
			 text_number(offset, text[0]),
			 errno ? strerror(errno) : "the file became shorter");
}

bool file_read_row(const struct file *file, uint64_t offset, void *const *buffers, size_t count,
		   size_t size)
{
	struct iovec row[FILE_ROW_MAX];
	size_t i;

	if (file->flattened || count > FILE_ROW_MAX || offset > file->size ||
	    count * size > file->size - offset)
		return false;
	for (i = 0; i < count; i++)
		row[i] = (struct iovec){.iov_base = buffers[i], .iov_len = size};
	return preadv(file->fd, row, (int)count, (off_t)offset) == (ssize_t)(count * size);
}

bool file_holds(const struct file *file, uint64_t offset, uint64_t length)
{
	if (offset > file->size || length > file->size - offset)
		return false;
	while (file->flattened && length) {
		uint64_t run;

		if (flattened_find(file->flattened, offset, &run) == FLATTENED_HOLE)
			return false;
		if (run >= length)
			break;
		offset += run;
		length -= run;
	}
	return true;
}

/* Where nothing tells of holes, nothing is one. */
static uint64_t skip_stored_hole(const struct file *file, uint64_t offset)
{
	off_t data = offset < file->size ? lseek(file->fd, (off_t)offset, SEEK_DATA) : -1;

	if (data < 0)
		return offset >= file->size || errno == ENXIO ? file->size : offset;
	return (uint64_t)data;
}

uint64_t file_skip_hole(const struct file *file, uint64_t offset)
{
	uint64_t run;

	if (!file->flattened)
		offset = skip_stored_hole(file, offset);
	while (file->flattened && offset < file->size &&
	       flattened_find(file->flattened, offset, &run) == FLATTENED_HOLE)
		offset += run;
	return offset < file->size ? offset : file->size;
}
