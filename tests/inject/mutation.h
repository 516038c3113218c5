/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump whose pages are spoilt while they are read. Nothing is written to the file.
 */
#ifndef KSWAPCK_INJECT_MUTATION_H
#define KSWAPCK_INJECT_MUTATION_H

#include "source/source.h"

/* Pages that the clean dump was asked for, in order of address. */
struct read_pages {
	uint64_t *addresses;	/* physical */
	size_t count, room;
};

struct mutation;

/** mutation_record - note in @pages which pages of @source are read from now on. */
struct mutation *mutation_record(struct source *source, struct read_pages *pages);
/** mutation_record_in - from now on in another list. */
void mutation_record_in(struct mutation *mutation, struct read_pages *pages);
/** read_pages_sort - each of them once. */
void read_pages_sort(struct read_pages *pages);

/**
 * mutation_spoil - let a few of @pages be read with other bits, in each other's place, or
 * with words that lead to one another.
 * @source: must not have been read from much.
 * @seed: what is spoilt follows from it.
 */
struct mutation *mutation_spoil(struct source *source, const struct read_pages *pages,
				unsigned int seed);

/** mutation_free - when @source was closed. */
void mutation_free(struct mutation *mutation);

#endif
