/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report in JSON, of scan, explain or triage, read back: what two of them can be
 * compared by. It may come from anywhere, so nothing of it is trusted.
 */
#ifndef KSWAPCK_DIFF_DOCUMENT_H
#define KSWAPCK_DIFF_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

/*
 * A file that is larger, or holds more values, is no report that anybody compares: some
 * 60,000 findings, and at worst 1 GiB of memory.
 */
#define DIFF_BYTES_MAX	(256UL << 20)
#define DIFF_VALUES_MAX	(4UL << 20)

enum diff_kind {
	DIFF_FINDING,	/* of the audit */
	DIFF_SPINNER,	/* of the story: a task in an endless loop */
	DIFF_SWAPOFF,	/* of the story: a swapoff that cannot end */
	DIFF_BUG,	/* of the story: a known bug */
};

/* One thing that a report tells. Strings are of its document. */
struct diff_item {
	enum diff_kind kind;
	const char *id;		/* "KS101"; "" if it has none */
	const char *name;	/* of the problem or bug; of the loop: "stall" */
	const char *device;	/* "vda"; "" if of none */
	const char *comm;	/* of the process, where no device is named; else "" */
	const char *text;
	bool warning;		/* else error */
	bool has_slots;
	uint64_t first, last;	/* slots; all of them unless has_slots */
	uint64_t count;		/* slots concerned, at least 1 */
};

struct diff_document {
	const char *file;	/* lent */
	const char *schema;	/* "kswapck-scan/1" */
	const char *dump;	/* the first of its files */
	const char *release, *architecture;
	const char *build_id;	/* "" when not known */
	const char *verdict;	/* of the story; NULL: it has none */
	bool has_findings;	/* those of the audit are in it */
	bool has_story;
	bool complete;		/* all was seen */
	struct diff_item *items;
	size_t item_count;
	struct json_t *root;	/* holds all strings */
};

/**
 * diff_document_read - read a report.
 * @file: "-" is stdin. Must outlive @document.
 *
 * Return: false with @err set when it cannot be read or is no report. @document is to be
 * freed in any case.
 */
bool diff_document_read(struct diff_document *document, const char *file, struct error *err);

/** diff_document_parse - the same of an open stream; @file is its name. */
bool diff_document_parse(struct diff_document *document, FILE *stream, const char *file,
			 struct error *err);

void diff_document_free(struct diff_document *document);

/**
 * diff_same_boot - are both of one boot of one machine?
 *
 * That is so when the build id is the same and so are the addresses of the
 * swap_info_struct of each device that both have (without devices: of rcu_state): since
 * KASLR they change from boot to boot.
 */
bool diff_same_boot(const struct diff_document *before, const struct diff_document *after);

/** diff_same_devices - do both have swap devices of the same names? */
bool diff_same_devices(const struct diff_document *before, const struct diff_document *after);

#endif
