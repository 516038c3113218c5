// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/translate.h"
#include "source/vmcoreinfo.h"

/* Hosts of virtual machines hold one for each guest; nobody reads a longer list. */
#define MOST_CANDIDATES 64

/* init_uts_ns begins with a reference count, the names follow: 6 x 65 bytes. */
#define UTS_NAMESPACE_SIZE 512

/* kernel/crash_core.c, crash_save_vmcoreinfo_init() */
#define FIRST_LINE "OSRELEASE="

struct candidate {
	uint64_t address;	/* physical */
	char *text;
};

struct scan {
	struct source *source;
	char *page;		/* page_size + 1 bytes: a NUL behind the page */
	struct candidate found[MOST_CANDIDATES];
	size_t count;
	bool out_of_memory;
};

/* Equal, or one of them was told the time of the crash (kernel/crash_core.c). */
static bool same_kernel(const char *a, const char *b)
{
	size_t same = 0;

	while (a[same] && a[same] == b[same])
		same++;
	if (a[same] && b[same])
		return false;
	a += same;
	b += same;
	return !*a == !*b || !strncmp(*a ? a : b, "CRASHTIME=", 10);
}

static void keep(struct scan *scan, uint64_t address)
{
	struct candidate *candidate;
	char *text = strdup(scan->page);

	if (!text) {
		scan->out_of_memory = true;
		return;
	}
	for (size_t i = 0; i < scan->count; i++) {
		candidate = &scan->found[i];
		if (!same_kernel(candidate->text, text))
			continue;
		if (strlen(text) > strlen(candidate->text)) {
			free(candidate->text);
			candidate->text = text;
			candidate->address = address;
		} else {
			free(text);
		}
		return;
	}
	if (scan->count == MOST_CANDIDATES) {
		free(text);
		return;
	}
	scan->found[scan->count++] = (struct candidate){ address, text };
}

static void look_at(struct scan *scan, uint64_t address)
{
	struct source *source = scan->source;
	size_t length;

	if (source->ops->read_page(source, ADDRESS_PHYSICAL, address, scan->page) != READ_OK)
		return;
	if (memcmp(scan->page, FIRST_LINE, sizeof(FIRST_LINE) - 1))
		return;
	scan->page[source->facts.page_size] = '\0';
	if (vmcoreinfo_line(scan->page, "PAGESIZE", &length) &&
	    vmcoreinfo_line(scan->page, "SYMBOL(swapper_pg_dir)", &length))
		keep(scan, address);
}

/*
 * The first bytes of a page of an ELF core. Whole pages are only read where they
 * may be it: to read them all takes three times as long, and maps the whole file.
 */
static bool begins_right(struct file *const *files, const struct elf_segment *segment,
			 uint64_t address)
{
	char first[sizeof(FIRST_LINE) - 1];

	if (address < segment->physical)
		return true;
	return file_read(files[segment->file], segment->offset + (address - segment->physical),
			 first, sizeof(first), NULL) &&
	       !memcmp(first, FIRST_LINE, sizeof(first));
}

/* @address, or that of the next page of which something is in the file. */
static uint64_t skip_hole(struct file *const *files, const struct elf_segment *segment,
			  uint64_t address, uint64_t page_size)
{
	uint64_t within = address > segment->physical ? address - segment->physical : 0;
	uint64_t place = segment->offset + within;
	uint64_t skipped = file_skip_hole(files[segment->file], place) - place;

	return address + skipped / page_size * page_size;
}

static void scan_elf(struct scan *scan, const struct elf_headers *headers,
		     struct file *const *files)
{
	uint64_t page_size = scan->source->facts.page_size;
	uint64_t done = 0;

	for (size_t i = 0; i < headers->segment_count; i++) {
		const struct elf_segment *segment = &headers->segments[i];
		uint64_t address = segment->physical / page_size * page_size;
		uint64_t end = segment->physical + segment->file_size;

		/* Segments may overlap; they are sorted. */
		if (address < done)
			address = done;
		for (; address < end && !scan->out_of_memory; address += page_size) {
			address = skip_hole(files, segment, address, page_size);
			if (address < end && begins_right(files, segment, address))
				look_at(scan, address);
		}
		done = address;
	}
}

static void look_at_block(struct scan *scan, uint64_t address, uint64_t size)
{
	uint64_t page_size = scan->source->facts.page_size, at;

	for (at = 0; at < size; at += page_size)
		look_at(scan, address + at);
}

static bool scan_diskdump(struct scan *scan, const struct diskdump_headers *headers,
			  const struct file *file, struct error *err)
{
	unsigned char bits[4096];
	uint64_t bytes = (headers->max_mapnr + 7) / 8;

	for (uint64_t at = 0; at < bytes; at += sizeof(bits)) {
		size_t length = bytes - at < sizeof(bits) ? bytes - at : sizeof(bits);

		if (!file_read(file, headers->dumped_offset + at, bits, length, err))
			return false;
		for (size_t i = 0; i < length * 8 && !scan->out_of_memory; i++) {
			if (bits[i / 8] & 1 << i % 8)
				look_at_block(scan, (at * 8 + i) * headers->block_size,
					      headers->block_size);
		}
	}
	return true;
}

static bool read_virtual(struct scan *scan, struct translation *translation,
			 uint64_t address, char *buffer, size_t length)
{
	uint64_t page_size = scan->source->facts.page_size;

	while (length) {
		uint64_t within = address % page_size;
		size_t part = page_size - within < length ? page_size - within : length;
		uint64_t physical;

		if (translation_physical(translation, address - within, &physical) !=
			    READ_OK ||
		    scan->source->ops->read_page(scan->source, ADDRESS_PHYSICAL, physical,
						 scan->page) != READ_OK)
			return false;
		memcpy(buffer, scan->page + within, part);
		address += part;
		buffer += part;
		length -= part;
	}
	return true;
}

/* Do this kernel's own page tables lead to its own name? */
static bool proves_itself(struct scan *scan, const struct candidate *candidate)
{
	struct translation *translation;
	char names[UTS_NAMESPACE_SIZE];
	uint64_t address;
	const char *release;
	size_t length;
	bool ok;

	release = vmcoreinfo_line(candidate->text, "OSRELEASE", &length);
	if (!release || !length ||
	    !vmcoreinfo_number(candidate->text, "SYMBOL", "init_uts_ns", 16, &address))
		return false;
	translation = translation_new(scan->source, candidate->text, NULL);
	if (!translation)
		return false;
	ok = read_virtual(scan, translation, address, names, sizeof(names)) &&
	     memmem(names, sizeof(names), release, length);
	translation_free(translation);
	return ok;
}

static bool list_all(const struct scan *scan, struct error *err)
{
	char list[800];
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < scan->count && used < sizeof(list) - 1; i++) {
		const struct candidate *candidate = &scan->found[i];
		size_t length = 0;
		const char *release =
			vmcoreinfo_line(candidate->text, "OSRELEASE", &length);

		used += (size_t)snprintf(list + used, sizeof(list) - used,
					 "%s%.*s at physical address 0x%llx", i ? ", " : "",
					 (int)(length < 64 ? length : 64),
					 release ? release : "",
					 (unsigned long long)candidate->address);
	}
	return error_set(err, ERROR_INPUT, "no VMCOREINFO note, and memory holds those of "
			 "%zu kernels, none of which stands out: %s; dump with the note "
			 "(QEMU: -device vmcoreinfo)", scan->count, list);
}

static char *choose(struct scan *scan, struct error *err)
{
	struct candidate *chosen = NULL;
	size_t proven = 0;
	char *text;

	if (scan->count == 1) {
		chosen = &scan->found[0];
		proven = 1;
	}
	for (size_t i = 0; i < scan->count && scan->count > 1; i++) {
		if (!proves_itself(scan, &scan->found[i]))
			continue;
		chosen = &scan->found[i];
		proven++;
	}
	if (proven != 1) {
		list_all(scan, err);
		return NULL;
	}
	text = chosen->text;
	chosen->text = NULL;
	return text;
}

char *vmcoreinfo_scan(struct source *source, struct error *err)
{
	struct scan *scan = calloc(1, sizeof(*scan));
	char *text = NULL;

	if (scan)
		scan->page = malloc(source->facts.page_size + 1);
	if (!scan || !scan->page) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		goto out;
	}
	scan->source = source;
	if (source->elf)
		scan_elf(scan, source->elf, source->files);
	else if (!scan_diskdump(scan, &source->diskdump->parts[0], source->files[0], err))
		goto out;
	if (scan->out_of_memory)
		error_set(err, ERROR_SYSTEM, "out of memory");
	else if (!scan->count)
		error_set(err, ERROR_INPUT, "no VMCOREINFO, neither as a note nor in memory: "
			  "not a dump of a Linux kernel, or of one without CONFIG_VMCORE_INFO "
			  "(CONFIG_CRASH_CORE)");
	else
		text = choose(scan, err);
out:
	for (size_t i = 0; scan && i < scan->count; i++)
		free(scan->found[i].text);
	if (scan)
		free(scan->page);
	free(scan);
	return text;
}
