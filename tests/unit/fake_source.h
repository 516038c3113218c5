/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump for unit tests: one run of bytes at a virtual address, with holes.
 */
#ifndef KSWAPCK_TEST_FAKE_SOURCE_H
#define KSWAPCK_TEST_FAKE_SOURCE_H

#include <stdint.h>
#include <string.h>

#include "source/backend.h"
#include "source/memory.h"

struct fake_source {
	struct source source;
	uint64_t address;	/* page aligned */
	const uint8_t *bytes;
	size_t size;		/* multiple of 4096 */
	uint64_t hole;		/* a page that cannot be read; 0: none */
};

static enum read_status fake_read_page(struct source *source, enum address_space space,
				       uint64_t address, void *page)
{
	struct fake_source *fake = source->private;

	if (space != ADDRESS_VIRTUAL || address < fake->address ||
	    address - fake->address >= fake->size)
		return READ_UNMAPPED;
	if (fake->hole && address == fake->hole)
		return READ_EXCLUDED;
	memcpy(page, fake->bytes + (address - fake->address), 4096);
	return READ_OK;
}

static const struct source_ops fake_source_ops = {
	.name = "fake",
	.read_page = fake_read_page,
};

static inline struct memory *fake_memory(struct fake_source *fake, uint64_t address,
					 const uint8_t *bytes, size_t size)
{
	*fake = (struct fake_source){ .address = address, .bytes = bytes, .size = size };
	fake->source.ops = &fake_source_ops;
	fake->source.private = fake;
	fake->source.facts.page_size = 4096;
	strcpy(fake->source.facts.architecture, "x86_64");
	return memory_new(&fake->source, 0);
}

#endif
