// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A source that stands between a dump and the program, in the place of the backend's
 * functions. All is kept by physical pages, so that whoever reads one by whatever address
 * sees the same bytes.
 */
#include "mutation.h"

#include <stdlib.h>
#include <string.h>

#include "source/backend.h"

#define CHANGES_MAX 12
#define FLIPS_MAX   16
#define PAGE_MAX    65536

enum change_kind {
	CHANGE_BITS,	/* some bits of it are others */
	CHANGE_PLACE,	/* another page is there */
	CHANGE_WORDS,	/* some words lead to pages that are read, itself among them */
	CHANGE_KINDS,
};

struct change {
	enum change_kind kind;
	uint64_t page, other;	/* physical addresses */
	unsigned int seed;
};

struct mutation {
	struct source_ops ops;		/* of the source while this lasts */
	const struct source_ops *real;
	struct source *source;
	struct read_pages *recorded;	/* NULL: pages are spoilt */
	const struct read_pages *pages;
	struct change changes[CHANGES_MAX];
	unsigned int change_count;
};

/* source->ops is the first member of a mutation. */
static struct mutation *mutation_of(struct source *source)
{
	return (struct mutation *)(uintptr_t)source->ops;
}

static void record(struct read_pages *pages, uint64_t address)
{
	if (pages->count == pages->room) {
		pages->room = pages->room ? 2 * pages->room : 1024;
		pages->addresses = realloc(pages->addresses,
					   pages->room * sizeof(*pages->addresses));
		if (!pages->addresses)
			abort();
	}
	pages->addresses[pages->count++] = address;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

void read_pages_sort(struct read_pages *pages)
{
	size_t i, kept = 0;

	if (pages->count)
		qsort(pages->addresses, pages->count, sizeof(*pages->addresses), compare);
	for (i = 0; i < pages->count; i++)
		if (!kept || pages->addresses[i] != pages->addresses[kept - 1])
			pages->addresses[kept++] = pages->addresses[i];
	pages->count = kept;
}

/* ------------------------------------------------------------------- what is changed */

static uint64_t any_page(const struct read_pages *pages, unsigned int *seed)
{
	return pages->addresses[(unsigned int)rand_r(seed) % pages->count];
}

static void flip_bits(unsigned char *page, size_t size, unsigned int seed)
{
	unsigned int flips = 1 + (unsigned int)rand_r(&seed) % FLIPS_MAX;

	while (flips--) {
		unsigned int bit = (unsigned int)rand_r(&seed) % (unsigned int)(8 * size);

		page[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

/*
 * A word that leads to a page and has other pages at the same place as before: a pointer, or
 * an entry of a page table. The low bits stay, for they say what it leads to.
 */
static uint64_t lead_to(uint64_t word, uint64_t page, size_t size)
{
	const uint64_t frame = ((UINT64_C(1) << 36) - 1) & ~(uint64_t)(size - 1);

	return (word & ~frame) | (page & frame);
}

static void change_words(const struct mutation *mutation, const struct change *change,
			 unsigned char *page, size_t size)
{
	unsigned int seed = change->seed, words = 1 + (unsigned int)rand_r(&seed) % FLIPS_MAX;

	while (words--) {
		unsigned char *place = page + 8 * ((unsigned int)rand_r(&seed) % (size / 8));
		uint64_t to = rand_r(&seed) % 3 ? any_page(mutation->pages, &seed) : change->page;
		uint64_t word;

		memcpy(&word, place, sizeof(word));
		/* a word of this page that leads somewhere leads to where another one does */
		if (!word)
			memcpy(&word, page + 8 * ((unsigned int)rand_r(&seed) % (size / 8)),
			       sizeof(word));
		word = lead_to(word, to, size);
		memcpy(place, &word, sizeof(word));
	}
}

static void apply(const struct mutation *mutation, const struct change *change,
		  unsigned char *page, size_t size)
{
	static unsigned char other[PAGE_MAX];

	switch (change->kind) {
	case CHANGE_BITS:
		flip_bits(page, size, change->seed);
		break;
	case CHANGE_PLACE:
		if (mutation->real->read_page(mutation->source, ADDRESS_PHYSICAL, change->other,
					      other) == READ_OK)
			memcpy(page, other, size);
		break;
	case CHANGE_WORDS:
	case CHANGE_KINDS:
		change_words(mutation, change, page, size);
		break;
	}
}

static enum read_status read_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	const struct mutation *mutation = mutation_of(source);
	enum read_status status = source_to_physical(source, space, &address);
	size_t size = source->facts.page_size;
	unsigned int i;

	if (status == READ_OK)
		status = mutation->real->read_page(source, ADDRESS_PHYSICAL, address, page);
	if (status != READ_OK)
		return status;
	if (mutation->recorded)
		record(mutation->recorded, address);
	for (i = 0; i < mutation->change_count; i++)
		if (mutation->changes[i].page == address)
			apply(mutation, &mutation->changes[i], page, size);
	return READ_OK;
}

/* --------------------------------------------------------------------- from outside */

static struct mutation *begin(struct source *source)
{
	struct mutation *mutation = calloc(1, sizeof(*mutation));

	if (!mutation)
		abort();
	mutation->real = source->ops;
	mutation->source = source;
	mutation->ops = *source->ops;
	mutation->ops.read_page = read_page;
	mutation->ops.read_row = NULL;
	source->ops = &mutation->ops;
	return mutation;
}

struct mutation *mutation_record(struct source *source, struct read_pages *pages)
{
	struct mutation *mutation = begin(source);

	mutation->recorded = pages;
	return mutation;
}

void mutation_record_in(struct mutation *mutation, struct read_pages *pages)
{
	mutation->recorded = pages;
}

static void add_change(struct mutation *mutation, enum change_kind kind, uint64_t page,
		       uint64_t other, unsigned int seed)
{
	if (mutation->change_count < CHANGES_MAX)
		mutation->changes[mutation->change_count++] =
			(struct change){kind, page, other, seed};
}

struct mutation *mutation_spoil(struct source *source, const struct read_pages *pages,
				unsigned int seed)
{
	struct mutation *mutation = begin(source);
	unsigned int count = 1 + (unsigned int)rand_r(&seed) % (CHANGES_MAX / 2);

	mutation->pages = pages;
	while (pages->count && count--) {
		enum change_kind kind = (enum change_kind)((unsigned int)rand_r(&seed) %
							   CHANGE_KINDS);
		uint64_t page = any_page(pages, &seed), other = any_page(pages, &seed);

		add_change(mutation, kind, page, other, (unsigned int)rand_r(&seed));
		/* swapped, or the same twice */
		if (kind == CHANGE_PLACE && rand_r(&seed) % 2)
			add_change(mutation, kind, other, page, 0);
	}
	return mutation;
}

void mutation_free(struct mutation *mutation)
{
	free(mutation);
}
