/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Location expressions of DWARF (DWARF 5, 2.5 and 2.6), evaluated for one frame of
 * the dumped kernel. Straight lines only: an expression with branches, pieces, typed
 * values or values from a function's entry has no result.
 */
#ifndef KSWAPCK_TYPES_LOCATION_H
#define KSWAPCK_TYPES_LOCATION_H

#include <elfutils/libdw.h>

#include "kernel/registers.h"
#include "source/memory.h"

/* What an expression may ask for. */
struct location_frame {
	struct memory *memory;
	uint64_t bias;		/* run-time address minus address in the file */
	const struct registers *registers;
	uint64_t cfa;		/* canonical frame address; 0: not known */
	bool base_known;
	uint64_t base;		/* DW_AT_frame_base */
};

struct location {
	bool in_memory;		/* value is an address */
	uint64_t value;
};

/**
 * location_evaluate - where a thing is, or what it is.
 * @attribute: that the expression comes from, for DW_OP_implicit_value; or NULL.
 *
 * Return: false when it cannot be known.
 */
bool location_evaluate(const struct location_frame *frame, const Dwarf_Op *ops, size_t count,
		       Dwarf_Attribute *attribute, struct location *location);

#endif
