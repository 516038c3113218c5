// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump_look.h"

#include <string.h>

#define PAGES 24
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

void look_at_dump(const char *const *paths, size_t count, bool raw)
{
	const struct source_options options = {.raw = raw};
	struct error err = {0};
	struct source *source = source_open(paths, count, &options, &err);

	if (!source)
		return;
	read_notes(source);
	read_pages(source);
	source_close(source);
}
