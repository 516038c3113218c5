/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What 'kswapck pins' says, as text or JSON. */
#ifndef KSWAPCK_OUTPUT_PINS_H
#define KSWAPCK_OUTPUT_PINS_H

#include "output/output.h"
#include "pins/pins.h"

/* What was asked for. */
struct pins_question {
	enum pins_scope scope;
	const char *place;		/* "memory block 3", "node 0"; NULL: the swap cache */
	bool block;			/* it is a memory block, which could go offline */
	struct memory_range range;	/* of the place */
};

struct pins_output_ops;

/* A report being written. Zero it, but for ops, options and question. */
struct pins_output {
	const struct pins_output_ops *ops;
	struct output_options options;
	const struct pins_question *question;
	struct json_writer json;	/* used by pins_json alone */
	/* used by pins_text alone, which says the summary first */
	struct pin *kept;
	size_t kept_count, kept_room;
	uint64_t seen[PIN_VERDICT_COUNT];
	bool out_of_memory;
};

struct pins_output_ops {
	void (*begin)(struct pins_output *output, const struct report_subject *subject);
	void (*pin)(struct pins_output *output, const struct pin *pin);
	void (*end)(struct pins_output *output, const struct pins_summary *summary,
		    int exit_status);
};

extern const struct pins_output_ops pins_text;
extern const struct pins_output_ops pins_json;

/**
 * pin_references_text - what holds a folio, in a few words: "refcount 514: 1 mapped,
 * 512 swap cache, 1 more".
 */
void pin_references_text(const struct pin *pin, char *text, size_t size);

#endif
