/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms that the kernel log has had. Private to printk.c, to the files of the
 * forms and to their tests.
 *
 * A form is one file that ends in one const struct printk_form:
 * printk_ringbuffer.c, printk_log_buf.c.
 */
#ifndef KSWAPCK_PRINTK_FORM_H
#define KSWAPCK_PRINTK_FORM_H

#include "kernel/printk.h"

#define PRINTK_HEADER_MAX 512	/* bytes; struct printk_info has 88, the others less */

/* What every form keeps of a record: struct printk_info, or struct printk_log. */
struct printk_header_layout {
	uint32_t size;
	struct field time, text_length, facility;
	struct field caller;		/* size 0: not kept */
	struct field level;		/* the bytes that a bit-field is in */
	uint32_t level_shift, level_bits;
};

struct printk_ring_layout {
	uint64_t prb;			/* address of the pointer to the ring in use */
	uint32_t ring_size;		/* of struct printk_ringbuffer */
	struct field count_bits, descs, infos, head, tail;
	struct field size_bits, data;
	uint32_t desc_size;		/* of struct prb_desc */
	struct field state, begin, next;
	struct field sequence;		/* within the header */
};

struct printk_log_buf_layout {
	/* addresses of the variables of these names */
	uint64_t log_buf, log_buf_len, log_first_idx, log_next_idx;
	uint64_t log_first_seq, log_next_seq;
	struct field length, dict_length;	/* within the header */
};

struct printk_layout {
	struct printk_header_layout header;
	struct printk_ring_layout ring;		/* the one form or ... */
	struct printk_log_buf_layout log_buf;	/* ... the other */
};

/* A walk over the log in progress. */
struct printk_walk {
	const struct kernel *kernel;
	const struct printk_layout *layout;
	printk_fn *visit;
	void *data;
	struct printk_gaps *gaps;
	bool stopped;			/* the visitor has seen enough */
	struct log_record record;
};

struct printk_form {
	/* Fill the parts of @layout that the form uses; false: not this kernel's form. */
	bool (*resolve)(const struct kernel *kernel, struct printk_layout *layout);
	/* False with @err set when no record can be found. */
	bool (*walk)(struct printk_walk *walk, struct error *err);
};

extern const struct printk_form printk_ringbuffer_form;
extern const struct printk_form printk_log_buf_form;

/** printk_symbol - a variable of kernel/printk/: also without CONFIG_KALLSYMS_ALL. */
bool printk_symbol(const struct kernel *kernel, const char *name, uint64_t *address);

/** printk_header_resolve - @type: "printk_info" or "printk_log". */
bool printk_header_resolve(const struct kernel *kernel, const char *type,
			   struct printk_header_layout *layout);

/** printk_header_load - fill walk->record but for sequence and text. */
void printk_header_load(struct printk_walk *walk, const void *header);

/** printk_text_length - what the header says. */
uint32_t printk_text_length(const struct printk_walk *walk, const void *header);

/** printk_take - read the text at @address, and visit walk->record. */
void printk_take(struct printk_walk *walk, uint64_t address, uint32_t length);

#endif
