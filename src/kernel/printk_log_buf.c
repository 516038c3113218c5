// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * log_buf: up to 5.9. One run of bytes with records one behind the other, each a
 * struct printk_log, its text, its dictionary, and padding (5.4
 * kernel/printk/printk.c, log_store()). A record is never split: a header with len 0
 * says that the next one is at the start of the buffer.
 */
#include <string.h>

#include "kernel/printk_form.h"

#define ALIGNMENT	4U		/* LOG_ALIGN: 4, or 8 where loads must be aligned */
#define PADDING_MAX	7U
#define BUFFER_MAX	(UINT64_C(1) << 31)	/* LOG_BUF_LEN_MAX */
#define PAGE		UINT64_C(4096)
/* Headers to try behind damage, in all: 1 MiB of it takes some 10 ms. */
#define SEARCH_MAX	(1U << 18)

struct buffer {
	uint64_t address;
	uint64_t size;
	uint64_t at;		/* the next record, bytes from the start */
	uint64_t left;		/* bytes from there to the end, around the end of the buffer */
	uint64_t records;	/* that are still to come; UINT64_MAX: not known */
	uint32_t searches;	/* headers that may still be tried */
};

static bool resolve(const struct kernel *kernel, struct printk_layout *layout)
{
	struct printk_log_buf_layout *log_buf = &layout->log_buf;

	return printk_symbol(kernel, "log_buf", &log_buf->log_buf) &&
	       printk_symbol(kernel, "log_buf_len", &log_buf->log_buf_len) &&
	       printk_symbol(kernel, "log_first_idx", &log_buf->log_first_idx) &&
	       printk_symbol(kernel, "log_next_idx", &log_buf->log_next_idx) &&
	       image_symbol(kernel->image, "log_first_seq", &log_buf->log_first_seq) &&
	       image_symbol(kernel->image, "log_next_seq", &log_buf->log_next_seq) &&
	       printk_header_resolve(kernel, "printk_log", &layout->header) &&
	       kernel_field(kernel, "printk_log", "len", &log_buf->length) &&
	       kernel_field(kernel, "printk_log", "dict_len", &log_buf->dict_length) &&
	       kernel_field_fits(log_buf->length, layout->header.size) &&
	       kernel_field_fits(log_buf->dict_length, layout->header.size);
}

/* A part of the ring, from log_first_idx to log_next_idx. */
static void find_range(struct printk_walk *walk, struct buffer *buffer, uint32_t first,
		       uint32_t next, uint64_t first_seq, uint64_t next_seq)
{
	bool sound = first < buffer->size && first % ALIGNMENT == 0;
	bool end_sound = next < buffer->size && next % ALIGNMENT == 0;

	buffer->records = next_seq - first_seq;
	if (buffer->records > buffer->size / walk->layout->header.size) {
		walk->gaps->damaged++;
		buffer->records = UINT64_MAX;
	}
	walk->gaps->damaged += !sound + !end_sound;
	/* the oldest record is behind the newest */
	buffer->at = sound ? first : end_sound ? next : 0;
	buffer->left = buffer->size;
	if (sound && end_sound && next > first)
		buffer->left = next - first;
	else if (sound && end_sound && next < first)
		buffer->left = buffer->size - first + next;
	else if (sound && end_sound && !buffer->records)
		buffer->left = 0;	/* the same place: empty or full */
	walk->record.sequence = first_seq;
}

static bool read_buffer(struct printk_walk *walk, struct buffer *buffer, struct error *err)
{
	const struct printk_log_buf_layout *layout = &walk->layout->log_buf;
	struct memory *memory = walk->kernel->memory;
	uint64_t first_seq, next_seq;
	uint32_t size, first, next;

	if (memory_read_u64(memory, layout->log_buf, &buffer->address) != READ_OK ||
	    memory_read_u32(memory, layout->log_buf_len, &size) != READ_OK ||
	    memory_read_u32(memory, layout->log_first_idx, &first) != READ_OK ||
	    memory_read_u32(memory, layout->log_next_idx, &next) != READ_OK ||
	    memory_read_u64(memory, layout->log_first_seq, &first_seq) != READ_OK ||
	    memory_read_u64(memory, layout->log_next_seq, &next_seq) != READ_OK)
		return error_set(err, ERROR_UNREADABLE,
				 "log_buf and the variables beside it are not readable");
	if (!(buffer->address >> 63) || size < walk->layout->header.size || size > BUFFER_MAX)
		return error_set(err, ERROR_INPUT, "log_buf (0x%016llx) or log_buf_len (%u) "
				 "makes no sense", (unsigned long long)buffer->address, size);
	buffer->size = size;
	buffer->searches = SEARCH_MAX;
	find_range(walk, buffer, first, next, first_seq, next_seq);
	return true;
}

static uint64_t record_length(const struct printk_walk *walk, const void *header)
{
	return kernel_load(header, walk->layout->log_buf.length);
}

/* msg_used_size(): nothing but padding behind text and dictionary. */
static bool is_record(const struct printk_walk *walk, const void *header, uint64_t room)
{
	uint64_t length = record_length(walk, header);
	uint64_t used = walk->layout->header.size + printk_text_length(walk, header) +
			kernel_load(header, walk->layout->log_buf.dict_length);

	return length >= used && length - used <= PADDING_MAX && length % ALIGNMENT == 0 &&
	       length <= room;
}

static bool is_wrap(const struct printk_walk *walk, const void *header)
{
	static const unsigned char zeros[PRINTK_HEADER_MAX];

	return !memcmp(header, zeros, walk->layout->header.size);
}

static bool read_header(const struct printk_walk *walk, const struct buffer *buffer, uint64_t at,
			void *header)
{
	uint32_t size = walk->layout->header.size;

	return at + size <= buffer->size &&
	       memory_read(walk->kernel->memory, buffer->address + at, header, size) == READ_OK;
}

/* Could a record begin at @at? One must follow it, too. */
static bool looks_like_record(const struct printk_walk *walk, const struct buffer *buffer,
			      uint64_t at, uint64_t end)
{
	unsigned char header[PRINTK_HEADER_MAX];

	if (!read_header(walk, buffer, at, header) || !is_record(walk, header, end - at))
		return false;
	at += record_length(walk, header);
	if (at == end)
		return true;
	return read_header(walk, buffer, at, header) &&
	       (is_record(walk, header, end - at) || is_wrap(walk, header));
}

static void advance(struct buffer *buffer, uint64_t bytes)
{
	if (bytes > buffer->left)
		bytes = buffer->left;
	buffer->left -= bytes;
	buffer->at += bytes;
	if (buffer->at >= buffer->size)
		buffer->at -= buffer->size;
}

/* Bytes that can be walked before the end of the records or of the buffer. */
static uint64_t straight(const struct buffer *buffer)
{
	uint64_t room = buffer->size - buffer->at;

	return buffer->left < room ? buffer->left : room;
}

/*
 * Find the next record behind a header that is wrong. How many there were between
 * cannot be told.
 */
static void search(struct printk_walk *walk, struct buffer *buffer)
{
	uint64_t end = buffer->at + straight(buffer), at = buffer->at;
	uint8_t byte;

	buffer->records = UINT64_MAX;
	walk->record.sequence++;
	do {
		uint64_t address = buffer->address + at;

		if (memory_read_u8(walk->kernel->memory, address, &byte) != READ_OK)
			at += PAGE - address % PAGE;
		else
			at += ALIGNMENT;
		if (!buffer->searches) {
			buffer->left = 0;
			return;
		}
		buffer->searches--;
	} while (at < end && !looks_like_record(walk, buffer, at, end));
	advance(buffer, (at < end ? at : end) - buffer->at);
}

static void visit_record(struct printk_walk *walk, struct buffer *buffer)
{
	unsigned char header[PRINTK_HEADER_MAX];

	if (buffer->at + walk->layout->header.size <= buffer->size &&
	    !read_header(walk, buffer, buffer->at, header)) {
		walk->gaps->unreadable++;
		search(walk, buffer);
	} else if (buffer->at + walk->layout->header.size > buffer->size) {
		walk->gaps->damaged++;
		advance(buffer, buffer->size - buffer->at);
	} else if (is_record(walk, header, straight(buffer))) {
		printk_header_load(walk, header);
		printk_take(walk, buffer->address + buffer->at + walk->layout->header.size,
			    printk_text_length(walk, header));
		walk->record.sequence++;
		buffer->records -= buffer->records != UINT64_MAX;
		advance(buffer, record_length(walk, header));
	} else if (is_wrap(walk, header) && buffer->at &&
		   buffer->left >= buffer->size - buffer->at) {
		advance(buffer, buffer->size - buffer->at);
	} else {
		walk->gaps->damaged++;
		search(walk, buffer);
	}
}

static bool walk_log_buf(struct printk_walk *walk, struct error *err)
{
	struct buffer buffer = {0};

	if (!read_buffer(walk, &buffer, err))
		return false;
	while (buffer.left && !walk->stopped) {
		if (!buffer.records) {
			/* by the indices there are more than by the sequence numbers */
			walk->gaps->damaged++;
			buffer.records = UINT64_MAX;
		}
		visit_record(walk, &buffer);
	}
	return true;
}

const struct printk_form printk_log_buf_form = {
	.resolve = resolve,
	.walk = walk_log_buf,
};
