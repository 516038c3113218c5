/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small dumps for tests, of every format, made in memory.
 *
 * struct image is a machine of a few pages whose kernel map is really there as page
 * tables; write_elf() and write_diskdump() make a file of it, flatten() makes that
 * file a flattened one. Files are struct bytes, so that a test may cut or change
 * them before it puts them on disk.
 */
#ifndef KSWAPCK_TESTS_DUMP_WRITER_H
#define KSWAPCK_TESTS_DUMP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IMAGE_PAGE	 4096
#define IMAGE_KERNEL_MAP UINT64_C(0xffffffff80000000)

enum page_state {
	PAGE_NO_RAM,
	PAGE_LEFT_OUT,		/* RAM, not in the file */
	PAGE_THERE,
};

struct image {
	uint64_t page_count;
	unsigned char *bytes;		/* page_count x IMAGE_PAGE */
	enum page_state *states;
	uint64_t vmcoreinfo_pfn;	/* the kernel's own copy */
	bool five_levels;		/* LA57 */
};

/*
 * A machine of 512 pages or less. Kernel virtual IMAGE_KERNEL_MAP + n pages is page
 * n; all of them are PAGE_THERE, but page 0 is no RAM. Pages 1 to 7 hold VMCOREINFO,
 * the page tables and init_uts_ns, the rest random words that compress well.
 */
struct image *image_new(uint64_t page_count, bool five_levels);
void image_free(struct image *image);
unsigned char *image_page(struct image *image, uint64_t pfn);
/* Take the kernel's mapping of a page away. */
void image_unmap(struct image *image, uint64_t pfn);
const char *image_vmcoreinfo(const struct image *image);

struct bytes {
	unsigned char *data;
	size_t size;
	size_t room;
};

/* Bytes in between are zeros. */
void bytes_put(struct bytes *bytes, size_t offset, const void *data, size_t size);
void bytes_free(struct bytes *bytes);
/* Aborts on failure: a test cannot go on. */
void bytes_to_file(const struct bytes *bytes, const char *path);

struct dump_options {
	bool no_vmcoreinfo;		/* leave the note out */
	bool no_sections;		/* ELF: as /proc/vmcore, not as QEMU */
	const char *machine;		/* NULL: "x86_64" */
	uint32_t codec;			/* DISKDUMP_ZLIB ... or 0 */
	uint32_t status;		/* more bits of the header's status */
	bool split;			/* one part, with pages [first, end) */
	uint64_t first, end;
	unsigned int cpus;		/* NT_PRSTATUS notes */
	bool qemu;			/* and as many notes of QEMU */
};

struct bytes write_elf(struct image *image, const struct dump_options *options);
struct bytes write_diskdump(struct image *image, const struct dump_options *options);

/*
 * The records of a flattened file in any order you like: begin, add, end.
 * flatten() does all with records of @record bytes, the first two written twice:
 * first with rubbish, at the end as they should be.
 */
void flat_begin(struct bytes *flat);
void flat_record(struct bytes *flat, uint64_t offset, const void *data, uint64_t size);
void flat_end(struct bytes *flat);
struct bytes flatten(const struct bytes *plain, size_t record);

#endif
