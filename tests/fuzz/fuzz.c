// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096
#define KERNEL_HALF (UINT64_C(1) << 63)
#define PHYSICAL_END (UINT64_C(1) << 46)
#define CACHE_BYTES (256 << 10)

int fuzz_file(const uint8_t *data, size_t size)
{
	int descriptor = memfd_create("fuzz", MFD_CLOEXEC);

	if (descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size)
		return descriptor;
	if (descriptor >= 0)
		close(descriptor);
	return -1;
}

void fuzz_path(int descriptor, char path[FUZZ_PATH_SIZE])
{
	snprintf(path, FUZZ_PATH_SIZE, "/proc/self/fd/%d", descriptor);
}

static enum read_status read_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	const struct fuzz_memory *fuzz = source->private;
	uint64_t at = address & (fuzz->window - 1);
	size_t there = 0;

	if (space == ADDRESS_PHYSICAL && address >= PHYSICAL_END)
		return READ_NOT_RAM;
	if (space == ADDRESS_VIRTUAL &&
	    (address < KERNEL_HALF || (fuzz->end && address >= fuzz->end)))
		return READ_UNMAPPED;
	if (at < fuzz->size)
		there = fuzz->size - at < PAGE ? fuzz->size - at : PAGE;
	memcpy(page, fuzz->bytes + (there ? at : 0), there);
	memset((uint8_t *)page + there, 0, PAGE - there);
	return READ_OK;
}

static const struct source_ops fuzz_ops = {
	.name = "fuzz",
	.read_page = read_page,
};

struct memory *fuzz_memory_new(struct fuzz_memory *fuzz, const uint8_t *data, size_t size,
			       uint64_t window)
{
	*fuzz = (struct fuzz_memory){ .bytes = data, .size = size, .window = window };
	fuzz->source.ops = &fuzz_ops;
	fuzz->source.private = fuzz;
	fuzz->source.facts.page_size = PAGE;
	fuzz->source.facts.ram_pages = 1024;
	strcpy(fuzz->source.facts.architecture, "x86_64");
	return memory_new(&fuzz->source, CACHE_BYTES);
}
