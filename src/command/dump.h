/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An opened dump, or the running kernel, as every command needs it. */
#ifndef KSWAPCK_DUMP_H
#define KSWAPCK_DUMP_H

#include "kernel/kernel.h"
#include "output/output.h"

struct dump {
	struct source *source;
	struct memory *memory;
	struct image *image;
	struct types *types;
	struct kernel kernel;
};

struct dump_options {
	const char *vmlinux;	/* NULL: search */
	const char *architecture;	/* NULL: the dump tells */
	bool search;		/* look for a vmlinux of the same build */
	bool download;		/* and ask debuginfod servers */
	bool live;		/* the file is DUMP_LIVE: the running kernel */
	const char **raw;	/* FILE@ADDRESS of --raw, instead of dumps; to be freed */
	size_t raw_count;
	bool no_sandbox;	/* for sandbox_dump_open() */
	const int *temporary;	/* see dump_temporaries(); NULL: dump_open() makes its own */
	struct page_set *record;	/* as in source_options */
};

/* What to open for the running kernel. */
#define DUMP_LIVE "/proc/kcore"

/**
 * dump_temporaries - files to unpack those into that are compressed as a whole; made before
 * there is a sandbox, where nothing is written.
 * @made: set to an array, -1 for each file that needs none; or to NULL, if none does.
 */
bool dump_temporaries(const char *const *files, size_t count, int **made, struct error *err);
/** dump_temporaries_free - once the dump is open. */
void dump_temporaries_free(int *made, size_t count);	/* NULL is fine */

/** dump_open - open and identify; on failure nothing is left open. */
bool dump_open(struct dump *dump, const char *const *files, size_t count,
	       const struct dump_options *options, struct error *err);
/**
 * dump_identify - the same of a source that is open already.
 * @source: taken over, also on failure. @name: what errors call it.
 */
bool dump_identify(struct dump *dump, struct source *source, const char *name,
		   const struct dump_options *options, struct error *err);
void dump_close(struct dump *dump);
/** dump_refresh - of the running kernel: memory may have been added or taken away since. */
void dump_refresh(struct dump *dump);

/** dump_describe - what a report says of it. @files must outlive @subject. */
void dump_describe(const struct dump *dump, const char *const *files, size_t count,
		   struct report_subject *subject);

#endif
