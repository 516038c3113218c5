/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small dump of the pages that the analysis of a large one needs.
 *
 * The analysis is run once, and each page that it reads is recorded by the source. No page
 * of a process, of a file, or free memory is among what is written: reads refuse such pages
 * (page_owner_guard()), here and when the small dump is analysed, so that both see the same;
 * and each page is asked again whose it is before it is written.
 */
#ifndef KSWAPCK_DISTILL_H
#define KSWAPCK_DISTILL_H

#include "audit/catalogue.h"
#include "kernel/kernel.h"
#include "source/diskdump_write.h"

struct distill_options {
	enum diskdump_codec codec;
	bool no_log, redact;			/* see edit.h */
	const struct catalogue *catalogue;	/* the checks that are run */
	void *data;				/* for the functions */
	/** NULL: none. @what is done: "scanning the swap cache" */
	void (*progress)(void *data, const char *what, uint64_t done, uint64_t total);
	/** true: stop as soon as possible; never NULL */
	bool (*stop)(void *data);
};

struct distill_summary {
	struct diskdump_written written;
	uint64_t refused;	/* pages that were read, and may hold what is not the kernel's */
};

/**
 * distill_record - run the analysis, so that all that it needs is read.
 *
 * The source must have been recording since it was opened.
 *
 * Return: false with @err set when there is no analysis, or it was stopped.
 */
bool distill_record(const struct kernel *kernel, const struct distill_options *options,
		    struct error *err);

/**
 * distill_write - write the dump to the empty file @descriptor.
 * @pages: what was recorded; what must not be written is taken out of it.
 */
bool distill_write(const struct kernel *kernel, const struct distill_options *options,
		   struct page_set *pages, int descriptor, struct distill_summary *summary,
		   struct error *err);

#endif
