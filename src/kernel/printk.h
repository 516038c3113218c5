/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log, decoded from memory: struct printk_ringbuffer (5.10 and later,
 * kernel/printk/printk_ringbuffer.h) and log_buf before. Each form is one file, see
 * kernel/printk_form.h.
 */
#ifndef KSWAPCK_PRINTK_H
#define KSWAPCK_PRINTK_H

#include "kernel/kernel.h"

#define PRINTK_TEXT_MAX 1024	/* LOG_LINE_MAX + PREFIX_MAX of kernel/printk/ */

struct log_record {
	uint64_t sequence;	/* older form: behind damage, the least that it can be */
	uint64_t time;		/* nanoseconds since boot (local_clock()) */
	unsigned int level;	/* 0 emergency .. 7 debug */
	unsigned int facility;
	/* the caller; one of the two since 5.10, before that with CONFIG_PRINTK_CALLER */
	bool has_cpu;		/* it was no task: an interrupt, the idle loop ... */
	unsigned int cpu;
	bool has_pid;
	uint32_t pid;		/* of the thread */
	size_t length;		/* of text, bytes */
	char text[PRINTK_TEXT_MAX + 1];	/* raw bytes of the dump: may hold anything */
};

/* What of the log could not be had. */
struct printk_gaps {
	uint64_t unreadable;	/* records that could not be read */
	uint64_t damaged;	/* records, or places in the log, that make no sense */
	uint64_t cut;		/* longer than PRINTK_TEXT_MAX */
};

/** Called for each record, oldest first; return false to stop. */
typedef bool printk_fn(void *data, const struct log_record *record);

/**
 * printk_for_each - visit the records that are in the buffer.
 *
 * A record of several lines comes as one, with newlines in it; lines printed in
 * pieces (LOG_CONT of the older form) come as the pieces.
 *
 * Return: false with @err set when there is no log to be read at all.
 */
bool printk_for_each(const struct kernel *kernel, printk_fn *visit, void *data,
		     struct printk_gaps *gaps, struct error *err);

#endif
