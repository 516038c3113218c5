// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plain files, by libkdumpfile. Only what 0.5.1 and 0.5.6 have in common is used.
 */
#include <libkdumpfile/kdumpfile.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/sigbus.h"

/*
 * The library's page cache is a linear list: 1,024 pages, its default, cost 5 us a
 * miss, 64 cost 0.4 us. Our own cache is in front.
 */
#define LIBRARY_CACHE_PAGES 64

/*
 * Until 0.5.4 the library keeps 1,024 windows of 4 MiB mapped, from 0.5.5 on only
 * 16, and then mapping costs more than reading.
 */
#if KDUMPFILE_VERSION >= KDUMPFILE_MKVER(0, 5, 5)
#define MMAP_POLICY KDUMP_MMAP_NEVER
#else
#define MMAP_POLICY KDUMP_MMAP_TRY
#endif

/* sizeof(struct elf_prstatus) on x86_64 */
#define PRSTATUS_SIZE 336

/*
 * 0.5.1 crashes where a damaged file has wrong numbers: each test here stands for
 * one such crash, found by changing every byte of the headers of small dumps. Our own
 * readers take such a file, and read what can be read.
 */
static bool safe_elf(const struct elf_headers *headers)
{
	return !headers->odd_sections;
}

static bool safe_diskdump(const struct diskdump_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct diskdump_headers *part = &set->parts[i];

		/*
		 * Microseconds that make a block size: the library takes the header for
		 * that of a 32-bit machine, where this is the block size.
		 */
		uint32_t microseconds = (uint32_t)part->timestamp[1];

		if (part->max_mapnr_32 > part->max_mapnr ||
		    (microseconds && !(microseconds & (microseconds - 1))))
			return false;
	}
	return set->largest_data <= set->parts[0].block_size;
}

static bool safe_notes(const struct notes *notes)
{
	for (size_t i = 0; i < notes->prstatus_count; i++) {
		if (notes->prstatus[i].size != PRSTATUS_SIZE)
			return false;
	}
	return true;
}

static bool recognises(const struct source *source)
{
	/* what it is tried with here */
	if (source->raw || strcmp(source->facts.architecture, "x86_64"))
		return false;
	for (size_t i = 0; i < source->file_count; i++) {
		if (file_is_flattened(source->files[i]))
			return false;
	}
	/* The library makes a new zstd context for each page: 2.7 times our own time. */
	if (source->diskdump && source->diskdump->codecs & DISKDUMP_ZSTD)
		return false;
	return safe_notes(&source->notes) &&
	       (source->elf ? safe_elf(source->elf) : safe_diskdump(source->diskdump));
}

static bool failed(struct error *err, const struct source *source, kdump_ctx_t *context)
{
	const char *text = kdump_get_err(context);

	error_set(err, ERROR_INPUT, "%s", text ? text : "unknown fault");
	return error_prefix(err, "%s: libkdumpfile cannot open it",
			    file_name(source->files[0]));
}

static bool open_files(struct source *source, kdump_ctx_t *context, struct error *err)
{
	int *descriptors = calloc(source->file_count, sizeof(*descriptors));
	kdump_status status;

	if (!descriptors)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (size_t i = 0; i < source->file_count; i++)
		descriptors[i] = file_descriptor(source->files[i]);
	status = kdump_open_fdset(context, (unsigned int)source->file_count, descriptors);
	free(descriptors);
	return status == KDUMP_OK || failed(err, source, context);
}

static bool open_kdump(struct source *source, struct error *err)
{
	kdump_ctx_t *context = kdump_new();

	if (!context)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	/*
	 * Before the files: QEMU's kdump-compressed files do not tell the library what
	 * they are. ELF cores do, and 0.5.1 would make no page cache for them (NULL
	 * pointer on the first read) if it were told before.
	 */
	if ((source->diskdump && *source->facts.architecture &&
	     kdump_set_string_attr(context, KDUMP_ATTR_ARCH_NAME,
				   source->facts.architecture) != KDUMP_OK) ||
	    kdump_set_number_attr(context, "cache.size", LIBRARY_CACHE_PAGES) != KDUMP_OK ||
	    kdump_set_number_attr(context, KDUMP_ATTR_FILE_MMAP_POLICY, MMAP_POLICY) !=
		    KDUMP_OK) {
		failed(err, source, context);
		goto fail;
	}
	sigbus_guard(file_name(source->files[0]));
	if (!open_files(source, context, err))
		goto fail;
	source->private = context;
	return true;
fail:
	kdump_free(context);
	return false;
}

static enum read_status read_kdump(struct source *source, enum address_space space,
				   uint64_t address, void *page)
{
	size_t length = source->facts.page_size;
	enum read_status status;

	status = source_to_physical(source, space, &address);
	if (status != READ_OK)
		return status;
	/*
	 * Of a page that is not, or not all, in an ELF core, but has a neighbour there,
	 * 0.5.1 makes zeros (elfdump.c, elf_get_page(): find_closest_file_load() takes
	 * the next segment).
	 */
	if (source->elf && !elf_holds(source->elf, address, length))
		return elf_source_ops.read_page(source, ADDRESS_PHYSICAL, address, page);
	switch (kdump_read(source->private, KDUMP_MACHPHYSADDR, address, page, &length)) {
	case KDUMP_OK:
		return READ_OK;
	case KDUMP_ERR_NODATA:
		return source_missing(source, address);
	default:
		return READ_DAMAGED;
	}
}

static void close_kdump(struct source *source)
{
#if KDUMPFILE_VERSION < KDUMPFILE_MKVER(0, 5, 2)
	/*
	 * 0.5.1 frees its attributes and then writes to two of them (attr.c,
	 * attr_dict_free() before diskdump_attr_cleanup()). A context that is lost on
	 * purpose costs some 100 KiB; freed memory that is written to, anything.
	 */
	if (source->diskdump)
		return;
#endif
	kdump_free(source->private);
}

const struct source_ops kdump_source_ops = {
	.name = "libkdumpfile",
	.recognises = recognises,
	.open = open_kdump,
	.read_page = read_kdump,
	.close = close_kdump,
};
