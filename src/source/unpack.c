// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/text.h"

#define PACKED_SIZE	(256u << 10)
#define UNPACKED_SIZE	(1u << 20)
#define BLOCK		4096u		/* what is a hole, if all of it is zero */
#define XZ_MEMORY	(129ull << 20)	/* xz -9 needs 65 MiB */
#define ZSTD_WINDOW	27		/* 128 MiB: zstd --long, and what zstd -d takes */

enum step {
	STEP_MORE,	/* wants more input, or has more output */
	STEP_END,	/* of a stream; another one may follow */
	STEP_BAD,
	STEP_LARGE,	/* wants more memory than a few bytes of a file may ask for */
};

struct packed {
	const unsigned char *in;
	size_t in_left;
	unsigned char *out;
	size_t out_left;
	bool at_end;	/* there is no more input */
};

struct unpack_ops {
	const char *name;
	const char *program;	/* what else unpacks it, whatever it takes */
	const char *magic;
	size_t magic_length;
	/** state of a decoder; NULL when out of memory */
	void *(*open)(void);
	enum step (*step)(void *state, struct packed *packed);
	void (*close)(void *state);
};

/* ------------------------------------------------------------------------------ gzip */

static void *gzip_open(void)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	if (stream && inflateInit2(stream, 16 + MAX_WBITS) != Z_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

static enum step gzip_step(void *state, struct packed *packed)
{
	z_stream *stream = state;
	int status;

	stream->next_in = (unsigned char *)packed->in;
	stream->avail_in = (unsigned int)packed->in_left;
	stream->next_out = packed->out;
	stream->avail_out = (unsigned int)packed->out_left;
	status = inflate(stream, Z_NO_FLUSH);
	packed->in = stream->next_in;
	packed->in_left = stream->avail_in;
	packed->out = stream->next_out;
	packed->out_left = stream->avail_out;
	if (status == Z_STREAM_END)
		return inflateReset(stream) == Z_OK ? STEP_END : STEP_BAD;
	return status == Z_OK || status == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void gzip_close(void *state)
{
	inflateEnd(state);
	free(state);
}

/* -------------------------------------------------------------------------------- xz */

static void *xz_open(void)
{
	lzma_stream *stream = calloc(1, sizeof(*stream));

	if (stream && lzma_stream_decoder(stream, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK) {
		free(stream);
		return NULL;
	}
	return stream;
}

static enum step xz_step(void *state, struct packed *packed)
{
	lzma_stream *stream = state;
	lzma_ret status;

	stream->next_in = packed->in;
	stream->avail_in = packed->in_left;
	stream->next_out = packed->out;
	stream->avail_out = packed->out_left;
	status = lzma_code(stream, packed->at_end ? LZMA_FINISH : LZMA_RUN);
	packed->in = stream->next_in;
	packed->in_left = stream->avail_in;
	packed->out = stream->next_out;
	packed->out_left = stream->avail_out;
	if (status == LZMA_STREAM_END)
		return STEP_END;
	if (status == LZMA_MEMLIMIT_ERROR)
		return STEP_LARGE;
	return status == LZMA_OK || status == LZMA_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

/* ------------------------------------------------------------------------------ zstd */

static void *zstd_open(void)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();

	if (context)
		ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZSTD_WINDOW);
	return context;
}

static enum step zstd_step(void *state, struct packed *packed)
{
	ZSTD_inBuffer in = {packed->in, packed->in_left, 0};
	ZSTD_outBuffer out = {packed->out, packed->out_left, 0};
	size_t status = ZSTD_decompressStream(state, &out, &in);

	packed->in += in.pos;
	packed->in_left -= in.pos;
	packed->out += out.pos;
	packed->out_left -= out.pos;
	if (ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge)
		return STEP_LARGE;
	if (ZSTD_isError(status))
		return STEP_BAD;
	return status ? STEP_MORE : STEP_END;
}

static void zstd_close(void *state)
{
	ZSTD_freeDCtx(state);
}

static const struct unpack_ops formats[] = {
	{"gzip", "gzip -d", "\x1f\x8b", 2, gzip_open, gzip_step, gzip_close},
	{"xz", "xz -d", "\xfd" "7zXZ", 6, xz_open, xz_step, xz_close},
	{"zstd", "zstd -d --long=31", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_step, zstd_close},
};

/* ------------------------------------------------------------------------ which it is */

static const struct unpack_ops *format_of(const void *head, size_t length)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (length >= formats[i].magic_length &&
		    !memcmp(head, formats[i].magic, formats[i].magic_length))
			return &formats[i];
	return NULL;
}

const char *unpack_format(const void *head, size_t length)
{
	const struct unpack_ops *ops = format_of(head, length);

	return ops ? ops->name : NULL;
}

bool unpack_wanted(const char *path)
{
	unsigned char head[8];
	/* a FIFO without a writer would block the open for ever */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t length = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		close(fd);
	return length > 0 && unpack_format(head, (size_t)length);
}

static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/var/tmp";
}

int unpack_temporary(struct error *err)
{
	const char *folder = temporary_folder();
	char path[4200];
	int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	/* a file system that has no files without names */
	if (fd < 0) {
		snprintf(path, sizeof(path), "%.4096s/kswapck-XXXXXX", folder);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd >= 0)
			unlink(path);
	}
	if (fd < 0)
		error_set(err, ERROR_SYSTEM, "%s: cannot make a temporary file to unpack into: %s; set "
			  "TMPDIR", folder, strerror(errno));
	return fd;
}

/* ---------------------------------------------------------------------- the whole file */

struct unpacking {
	const struct unpack_ops *ops;
	void *state;
	int from, to;
	const char *name;
	off_t place;		/* of @from */
	unsigned char *in, *out;
	struct packed packed;
	bool in_stream;		/* one has begun and not ended */
};

static bool fill(struct unpacking *unpacking, struct error *err)
{
	ssize_t got;

	if (unpacking->packed.in_left || unpacking->packed.at_end)
		return true;
	do
		got = pread(unpacking->from, unpacking->in, PACKED_SIZE, unpacking->place);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set(err, ERROR_SYSTEM, "%s: cannot read: %s", unpacking->name,
				 strerror(errno));
	unpacking->place += got;
	unpacking->packed.in = unpacking->in;
	unpacking->packed.in_left = (size_t)got;
	unpacking->packed.at_end = !got;
	return true;
}

static bool is_zero(const unsigned char *bytes, size_t length)
{
	return !*bytes && !memcmp(bytes, bytes + 1, length - 1);
}

static bool write_block(int to, const unsigned char *bytes, size_t length)
{
	while (length) {
		ssize_t done = write(to, bytes, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		length -= (size_t)done;
	}
	return true;
}

/* Holes for what is zero, but at the very end: the file must be as long as what is in it. */
static bool write_out(const struct unpacking *unpacking, size_t length, bool last,
		      struct error *err)
{
	const unsigned char *bytes = unpacking->out;
	size_t part;

	for (; length; bytes += part, length -= part) {
		part = length < BLOCK ? length : BLOCK;
		if (is_zero(bytes, part) && !(last && part == length)) {
			if (lseek(unpacking->to, (off_t)part, SEEK_CUR) < 0)
				break;
		} else if (!write_block(unpacking->to, bytes, part)) {
			break;
		}
	}
	return !length ||
	       error_set(err, ERROR_SYSTEM, "%s: cannot be unpacked into %s: %s; set TMPDIR to a "
			 "folder with more room", unpacking->name, temporary_folder(),
			 strerror(errno));
}

static bool complain(const struct unpacking *unpacking, bool cut, struct error *err)
{
	char text[TEXT_NUMBER_SIZE];

	return error_set(err, ERROR_INPUT, "%s: %s (%s) at byte %s; copy it again", unpacking->name,
			 cut ? "the compressed file is cut" : "the compressed file is damaged",
			 unpacking->ops->name,
			 text_number((uint64_t)unpacking->place - unpacking->packed.in_left, text));
}

/* Streams may follow each other; what else follows one is no part of it, as for gzip(1). */
static bool at_next_stream(struct unpacking *unpacking)
{
	return unpacking->packed.in_left &&
	       format_of(unpacking->packed.in, unpacking->packed.in_left) == unpacking->ops;
}

/* As much as fits into out. @done: there is no more. */
static bool step(struct unpacking *unpacking, bool *done, struct error *err)
{
	struct packed *packed = &unpacking->packed;
	size_t before;

	packed->out = unpacking->out;
	packed->out_left = UNPACKED_SIZE;
	while (packed->out_left && !*done) {
		if (!fill(unpacking, err))
			return false;
		before = packed->in_left + packed->out_left;
		switch (unpacking->ops->step(unpacking->state, packed)) {
		case STEP_BAD:
			return complain(unpacking, false, err);
		case STEP_LARGE:
			return error_set(err, ERROR_INPUT, "%s: takes more than 128 MiB of memory to "
					 "unpack; unpack it by %s and give what comes out",
					 unpacking->name, unpacking->ops->program);
		case STEP_END:
			if (!fill(unpacking, err))
				return false;
			*done = !at_next_stream(unpacking);
			break;
		case STEP_MORE:
			if (packed->at_end && before == packed->in_left + packed->out_left)
				return complain(unpacking, true, err);
			break;
		}
	}
	return true;
}

static bool begin(struct unpacking *unpacking, int from, const char *name, struct error *err)
{
	unsigned char head[8];
	ssize_t length = pread(from, head, sizeof(head), 0);

	*unpacking = (struct unpacking){.from = from, .to = -1, .name = name};
	unpacking->ops = length > 0 ? format_of(head, (size_t)length) : NULL;
	if (!unpacking->ops)
		return error_set(err, ERROR_INPUT, "%s: is not compressed", name);
	unpacking->state = unpacking->ops->open();
	unpacking->in = malloc(PACKED_SIZE);
	unpacking->out = malloc(UNPACKED_SIZE);
	return (unpacking->state && unpacking->in && unpacking->out) ||
	       error_set(err, ERROR_SYSTEM, "%s: out of memory", name);
}

static void end(struct unpacking *unpacking)
{
	if (unpacking->state)
		unpacking->ops->close(unpacking->state);
	free(unpacking->in);
	free(unpacking->out);
}

bool unpack_file(int from, int to, const char *name, struct error *err)
{
	struct unpacking unpacking;
	bool good = begin(&unpacking, from, name, err), done = false;

	unpacking.to = to;
	while (good && !done)
		good = step(&unpacking, &done, err) &&
		       write_out(&unpacking, UNPACKED_SIZE - unpacking.packed.out_left, done, err);
	end(&unpacking);
	return good;
}

size_t unpack_head(int from, void *head, size_t size)
{
	struct unpacking unpacking;
	bool good = begin(&unpacking, from, "", NULL), done = false;
	size_t length = 0;

	if (good && step(&unpacking, &done, NULL))
		length = UNPACKED_SIZE - unpacking.packed.out_left;
	if (length > size)
		length = size;
	if (length)
		memcpy(head, unpacking.out, length);
	end(&unpacking);
	return length;
}
