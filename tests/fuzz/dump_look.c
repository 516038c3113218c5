// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump_look.h"

#include <stdlib.h>
#include <string.h>

#define PAGES 24
#define ROW   5
#define KERNEL_MAP UINT64_C(0xffffffff80000000)

static void read_notes(const struct source *source)
{
	unsigned char copy[4096];
	const void *note;
	size_t i, size;

	for (i = 0; (note = source_prstatus(source, i, &size)); i++)
		memcpy(copy, note, size < sizeof(copy) ? size : sizeof(copy));
	for (i = 0; (note = source_qemu_state(source, i, &size)); i++)
		memcpy(copy, note, size < sizeof(copy) ? size : sizeof(copy));
}

static void read_pages(struct source *source)
{
	static unsigned char page[65536];
	uint64_t size = source_facts(source)->page_size, last, i;

	last = source_facts(source)->ram_pages * size;
	for (i = 0; i < PAGES; i++) {
		source_read_page(source, ADDRESS_PHYSICAL, i * size, page);
		source_read_page(source, ADDRESS_PHYSICAL, last - i * size, page);
		source_read_page(source, ADDRESS_VIRTUAL, KERNEL_MAP + i * size, page);
		source_read_page(source, ADDRESS_VIRTUAL, i << 39, page);
	}
}

/* What comes in a row is what comes alone. */
static void read_rows(struct source *source)
{
	static unsigned char page[65536], bytes[ROW][65536];
	uint64_t size = source_facts(source)->page_size, first, i;
	void *pages[ROW];
	size_t done;

	for (i = 0; i < ROW; i++)
		pages[i] = bytes[i];
	for (first = 0; first < PAGES * size; first += size) {
		done = source_read_row(source, first, pages, ROW);
		for (i = 0; i < done; i++)
			if (source_read_page(source, ADDRESS_PHYSICAL, first + i * size,
					     page) != READ_OK || memcmp(page, bytes[i], size))
				abort();
	}
}

void look_at_dump(const char *const *paths, size_t count, bool raw)
{
	const struct source_options options = {.raw = raw};
	struct error err = {0};
	struct source *source = source_open(paths, count, &options, &err);

	if (!source)
		return;
	read_notes(source);
	read_pages(source);
	read_rows(source);
	source_close(source);
}
