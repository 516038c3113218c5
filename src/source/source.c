// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/guard.h"
#include "source/paging.h"
#include "source/raw.h"
#include "source/page_set.h"
#include "source/translate.h"
#include "source/vmcoreinfo.h"

static const struct source_ops *const backends[] = {
	&kcore_source_ops,
	&diskdump_source_ops,
	&elf_source_ops,
};

/* Files that people give us by mistake or as they came, and what to do then. */
static const struct foreign_format {
	const char *magic;
	size_t length;
	const char *what;
} foreign_formats[] = {
	{ "\x1f\x8b", 2, "is compressed by gzip; unpack it first (gunzip)" },
	{ "\xfd" "7zXZ", 5, "is compressed by xz; unpack it first (unxz)" },
	{ "BZh", 3, "is compressed by bzip2; unpack it first (bunzip2)" },
	{ "\x28\xb5\x2f\xfd", 4, "is compressed by zstd; unpack it first (unzstd)" },
	{ "\x04\x22\x4d\x18", 4, "is compressed by lz4; unpack it first (unlz4)" },
	{ "PK\x03\x04", 4, "is a zip archive; unpack it first" },
	{ "DISKDUMP", 8, "is in the old diskdump format of 2.4 and 2.6 kernels" },
	{ "QEVM", 4, "is a saved QEMU machine; dump it with dump-guest-memory" },
	{ "LibvirtQemudSave", 16,
	  "is a saved libvirt machine; dump it with virsh dump --memory-only" },
	{ "\xd2\xbe\xd2\xbe", 4, "is a saved VMware machine; convert it with vmss2core" },
	{ "\xd1\xbe\xd2\xbe", 4, "is a saved VMware machine; convert it with vmss2core" },
};

static bool not_a_dump(const struct file *file, const void *head, size_t length,
		       struct error *err)
{
	for (size_t i = 0; i < sizeof(foreign_formats) / sizeof(*foreign_formats); i++) {
		const struct foreign_format *format = &foreign_formats[i];

		if (length >= format->length && !memcmp(head, format->magic, format->length))
			return error_set(err, ERROR_INPUT, "%s: %s", file_name(file),
					 format->what);
	}
	return error_set(err, ERROR_INPUT, "%s: not a dump: it begins neither as an ELF core "
			 "nor as a kdump-compressed file; name a vmcore", file_name(file));
}

/* @temporary: NULL: nothing will be unpacked. */
static bool open_files(struct source *source, const char *const *paths, size_t count,
		       const int *temporary, struct error *err)
{
	size_t *opened = &source->file_count;

	if (!count)
		return error_set(err, ERROR_USAGE, "no dump file named");
	source->files = calloc(count, sizeof(*source->files));
	if (!source->files)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (; *opened < count; ++*opened) {
		source->files[*opened] = file_open(paths[*opened],
						   temporary ? temporary[*opened] : -1, err);
		if (!source->files[*opened])
			return false;
	}
	return true;
}

/* Files with nothing to tell where their bytes belong: the user did. */
static bool open_raw(struct source *source, const char *const *texts, size_t count,
		     struct error *err)
{
	struct raw_part *parts = calloc(count, sizeof(*parts));
	const char **paths = calloc(count, sizeof(*paths));
	bool good = parts && paths;
	size_t i;

	if (!good)
		error_set(err, ERROR_SYSTEM, "out of memory");
	for (i = 0; good && i < count; i++) {
		good = raw_part_parse(texts[i], &parts[i], err);
		paths[i] = parts[i].path;
	}
	source->raw = true;
	if (good && open_files(source, paths, count, NULL, err))
		source->elf = raw_headers(source->files, parts, count, err);
	for (i = 0; parts && i < count; i++)
		free(parts[i].path);
	free(paths);
	free(parts);
	return source->elf;
}

static bool read_elf(struct source *source, struct error *err)
{
	if (source->file_count > 1)
		return error_set(err, ERROR_INPUT, "%s: an ELF core is one file; name one dump "
				 "only", file_name(source->files[0]));
	source->elf = elf_headers_read(source->files[0], err);
	return source->elf && guard_elf(source->files[0], source->elf, err);
}

static bool read_diskdump(struct source *source, struct error *err)
{
	source->diskdump = diskdump_set_read(source->files, source->file_count, err);
	return source->diskdump && guard_diskdump(source->files, source->diskdump, false, err);
}

static bool read_headers(struct source *source, struct error *err)
{
	size_t elf = 0, diskdump = 0;

	for (size_t i = 0; i < source->file_count; i++) {
		const struct file *file = source->files[i];
		unsigned char head[16] = { 0 };
		size_t length = file_size(file) < sizeof(head) ? (size_t)file_size(file)
							       : sizeof(head);

		if (!file_read(file, 0, head, length, err))
			return false;
		if (elf_signature(head, length))
			elf++;
		else if (diskdump_signature(head, length))
			diskdump++;
		else
			return not_a_dump(file, head, length, err);
	}
	if (elf && diskdump)
		return error_set(err, ERROR_INPUT, "%s: the files are of different formats; "
				 "name the files of one dump only",
				 file_name(source->files[0]));
	return elf ? read_elf(source, err) : read_diskdump(source, err);
}

static const char *codec_name(uint32_t codecs)
{
	switch (codecs & DISKDUMP_CODECS) {
	case 0:
		return "not compressed";
	case DISKDUMP_ZLIB:
		return "zlib";
	case DISKDUMP_LZO:
		return "lzo";
	case DISKDUMP_SNAPPY:
		return "snappy";
	case DISKDUMP_ZSTD:
		return "zstd";
	}
	return "several codecs";
}

static bool any_flattened(const struct source *source)
{
	for (size_t i = 0; i < source->file_count; i++) {
		if (file_is_flattened(source->files[i]))
			return true;
	}
	return false;
}

static void describe_format(struct source *source)
{
	char split[32] = "";
	char packed[48] = "";

	if (source->raw) {
		snprintf(source->facts.format, sizeof(source->facts.format),
			 source->file_count > 1 ? "raw RAM image, in %zu parts" : "raw RAM image",
			 source->file_count);
		return;
	}
	if (source->file_count > 1)
		snprintf(split, sizeof(split), ", split in %zu", source->file_count);
	if (file_packed(source->files[0]))
		snprintf(packed, sizeof(packed), ", unpacked from %s into a temporary copy",
			 file_packed(source->files[0]));
	snprintf(source->facts.format, sizeof(source->facts.format), "%s%s%s%s%s",
		 source->elf ? "ELF core" : "kdump-compressed, ",
		 source->diskdump ? codec_name(source->diskdump->codecs) : "",
		 any_flattened(source) ? ", flattened" : "", split, packed);
}

/* The value of KEY=value in the text of the mark, for people to see. */
static void mark_value(const char *mark, const char *key, char *text, size_t size)
{
	size_t length = 0, i;
	const char *line = vmcoreinfo_line(mark, key, &length);

	for (i = 0; line && i < length && i + 1 < size; i++)
		text[i] = line[i] >= ' ' && line[i] <= '~' ? line[i] : '?';
	text[i] = '\0';
}

static bool mark_facts(struct source *source, struct error *err)
{
	const struct note *note = &source->notes.mark;
	struct source_facts *facts = &source->facts;
	char *mark;

	if (!note->size)
		return true;
	mark = calloc(1, note->size + 1);
	if (!mark)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	memcpy(mark, source->notes.bytes + note->offset, note->size);
	mark_value(mark, "DISTILLED", facts->distilled_by, sizeof(facts->distilled_by));
	mark_value(mark, "FROM", facts->distilled_from, sizeof(facts->distilled_from));
	mark_value(mark, "WITHOUT", facts->distilled_without, sizeof(facts->distilled_without));
	free(mark);
	return true;
}

static void elf_facts(struct source *source)
{
	struct source_facts *facts = &source->facts;

	facts->page_size = vmcoreinfo_page_size(source->vmcoreinfo);
	if (!facts->page_size)
		facts->page_size = 4096;
	facts->dump_level = -1;
	elf_count_pages(source->elf, facts->page_size, &facts->ram_pages,
			&facts->file_pages);
}

/*
 * A block of a file that QEMU made on arm64 is 64 KiB, which is a page of the largest kind: the
 * kernel's may be smaller. Until it is known how large they are, they are searched in the smallest.
 */
static uint32_t page_size_of(const struct source *source, uint32_t block_size)
{
	const char *line = NULL;
	unsigned long size = 4096;
	size_t length;

	if (source->vmcoreinfo)
		line = vmcoreinfo_line(source->vmcoreinfo, "PAGESIZE", &length);
	if (line)
		size = strtoul(line, NULL, 10);
	return size >= 4096 && size <= block_size && block_size % size == 0 ? (uint32_t)size :
									      block_size;
}

static void diskdump_facts(struct source *source)
{
	const struct diskdump_headers *headers = &source->diskdump->parts[0];
	struct source_facts *facts = &source->facts;

	facts->page_size = page_size_of(source, headers->block_size);
	facts->dump_level = headers->dump_level;
	facts->vmemmap_excluded = headers->status & DISKDUMP_VMEMMAP_EXCLUDED;
	facts->ram_pages = source->diskdump->ram_pages * (headers->block_size / facts->page_size);
	facts->file_pages = source->diskdump->file_pages * (headers->block_size / facts->page_size);
}

static bool read_notes(struct source *source, struct error *err)
{
	if (source->elf) {
		for (size_t i = 0; i < source->elf->note_count; i++) {
			const struct elf_range *range = &source->elf->notes[i];

			if (!notes_add(&source->notes, source->files[0], range->offset,
				       range->size, err))
				return false;
		}
		return true;
	}
	return notes_add(&source->notes, source->files[0],
			 source->diskdump->parts[0].note_offset,
			 source->diskdump->parts[0].note_size, err);
}

/* From the sub header of a kdump-compressed file or from the note. */
static bool copy_vmcoreinfo(struct source *source, struct error *err)
{
	const struct note *note = &source->notes.vmcoreinfo;
	uint64_t size = note->size;
	char *text;

	if (source->diskdump && source->diskdump->parts[0].vmcoreinfo_size)
		size = source->diskdump->parts[0].vmcoreinfo_size;
	if (!size)
		return true;
	if (size > 1 << 20)
		return error_set(err, ERROR_INPUT, "%s: damaged: VMCOREINFO of %llu bytes; "
				 "copy it again", file_name(source->files[0]),
				 (unsigned long long)size);
	text = calloc(1, size + 1);
	if (!text)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	if (source->diskdump && source->diskdump->parts[0].vmcoreinfo_size) {
		if (!file_read(source->files[0],
			       source->diskdump->parts[0].vmcoreinfo_offset, text, size,
			       err)) {
			free(text);
			return false;
		}
	} else {
		memcpy(text, source->notes.bytes + note->offset, size);
	}
	/* An empty one is none: the kernel had not filled it in. */
	if (*text)
		source->vmcoreinfo = text;
	else
		free(text);
	return true;
}

/* The header's word counts; the user's only where it has none. QEMU may call arm64 so. */
static bool architecture_of_headers(struct source *source,
				    const struct source_options *options, struct error *err)
{
	const char *wanted = options ? options->architecture : NULL;
	const char *name = source->elf ? source->elf->architecture :
					 source->diskdump->parts[0].machine;

	if (wanted && name && *name && strcmp(name, "Unknown") && strcmp(wanted, name))
		return error_set(err, ERROR_USAGE, "%s: --arch says %.31s, but the dump is of %s",
				 file_name(source->files[0]), wanted, name);
	if (!name || !*name || !strcmp(name, "Unknown"))
		name = wanted;
	snprintf(source->facts.architecture, sizeof(source->facts.architecture),
		 "%.31s", name ? name : "");
	return true;
}

/* What only one architecture's arch_crash_save_vmcoreinfo() writes. */
static void architecture_of_vmcoreinfo(struct source *source)
{
	const char *name;

	if (*source->facts.architecture || !source->vmcoreinfo || (source->elf && !source->raw))
		return;
	name = paging_architecture(source->vmcoreinfo);
	snprintf(source->facts.architecture, sizeof(source->facts.architecture), "%s",
		 name ? name : "");
}

static bool check_architecture(const struct source *source, bool last, struct error *err)
{
	const struct source_facts *facts = &source->facts;
	uint32_t page_size = facts->page_size;

	if (!*facts->architecture && !last && (!source->elf || source->raw))
		return true;
	if (!*facts->architecture && source->elf && !source->raw)
		return error_set(err, ERROR_INPUT, "%s: dump of an unknown architecture (ELF "
				 "machine %u at byte 18); only x86_64 and aarch64 can be "
				 "read",
				 file_name(source->files[0]), source->elf->machine);
	if (!*facts->architecture)
		return error_set(err, ERROR_INPUT, "%s: the dump does not tell its "
				 "architecture; name it with --arch",
				 file_name(source->files[0]));
	if (strcmp(facts->architecture, "x86_64") && strcmp(facts->architecture, "aarch64"))
		return error_set(err, ERROR_INPUT, "%s: dump of an %s machine; only x86_64 and "
				 "aarch64 can be read", file_name(source->files[0]),
				 facts->architecture);
	if (source->diskdump)
		page_size = source->diskdump->parts[0].block_size;
	if (page_size != 4096 && !strcmp(facts->architecture, "x86_64"))
		return error_set(err, ERROR_INPUT, "%s: pages of %u bytes on x86_64; the "
				 "header is damaged, copy it again",
				 file_name(source->files[0]), page_size);
	return true;
}

static bool open_backend(struct source *source, struct error *err)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
		if (!backends[i]->recognises(source))
			continue;
		if (!backends[i]->open(source, err))
			return false;
		source->ops = backends[i];
		return true;
	}
	return error_set(err, ERROR_INPUT, "%s: no reader for this format",
			 file_name(source->files[0]));
}

static bool find_vmcoreinfo(struct source *source, struct error *err)
{
	if (source->vmcoreinfo)
		return true;
	source->vmcoreinfo = vmcoreinfo_scan(source, err);
	if (!source->vmcoreinfo)
		return error_prefix(err, "%s", file_name(source->files[0]));
	source->facts.vmcoreinfo_scanned = true;
	return true;
}

bool source_whole(const struct source *source, struct error *err)
{
	struct diskdump_set again = {0};

	if (!source->diskdump)
		return true;
	again.parts = source->diskdump->parts;
	again.count = source->diskdump->count;
	return guard_diskdump(source->files, &again, true, err);
}

static bool begin_translation(struct source *source, struct error *err)
{
	uint64_t tables, physical;
	enum read_status status;

	source->translation = translation_new(source, source->vmcoreinfo, err);
	if (!source->translation)
		return error_prefix(err, "%s", file_name(source->files[0]));
	/* Page tables that do not even map themselves are not this kernel's. */
	if (!vmcoreinfo_number(source->vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables))
		return true;
	status = translation_physical(source->translation, tables, &physical);
	if (status == READ_OK)
		return true;
	if (!source_whole(source, err))
		return false;
	return error_set(err, ERROR_INPUT, "%s: the page tables of the kernel are not usable: "
			 "0x%llx is %s; the dump is damaged, or its VMCOREINFO is of "
			 "another kernel", file_name(source->files[0]),
			 (unsigned long long)tables, read_status_text(status));
}

/* The backend does it all: there is no file that headers could be read from once. */
static bool open_live(struct source *source, const char *path, struct error *err)
{
	source->live = path;
	source->facts.live = true;
	if (!open_backend(source, err))
		return false;
	source->facts.vmcoreinfo = source->vmcoreinfo;
	return true;
}

static bool open_all(struct source *source, const char *const *paths, size_t count,
		     const struct source_options *options, struct error *err)
{
	if (options && options->live)
		return open_live(source, paths[0], err);
	if (options && options->raw ? !open_raw(source, paths, count, err) :
	    !open_files(source, paths, count, options ? options->temporary : NULL, err) ||
	    !read_headers(source, err) ||
	    !read_notes(source, err) || !copy_vmcoreinfo(source, err))
		return false;
	if (source->elf)
		elf_facts(source);
	else
		diskdump_facts(source);
	describe_format(source);
	if (!mark_facts(source, err))
		return false;
	if (!architecture_of_headers(source, options, err))
		return false;
	architecture_of_vmcoreinfo(source);
	if (!check_architecture(source, false, err) || !open_backend(source, err) ||
	    !find_vmcoreinfo(source, err))
		return false;
	source->facts.vmcoreinfo = source->vmcoreinfo;
	/* the size of pages, if that was found only now */
	if (source->elf)
		elf_facts(source);
	else
		diskdump_facts(source);
	architecture_of_vmcoreinfo(source);
	return check_architecture(source, true, err) && begin_translation(source, err);
}

struct source *source_open(const char *const *paths, size_t count,
			   const struct source_options *options, struct error *err)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	source->record = options ? options->record : NULL;
	if (!open_all(source, paths, count, options, err)) {
		source_close(source);
		return NULL;
	}
	return source;
}

static bool copy_files(struct source *copy, const struct source *source)
{
	copy->files = calloc(source->file_count, sizeof(*copy->files));
	while (copy->files && copy->file_count < source->file_count) {
		copy->files[copy->file_count] = file_copy(source->files[copy->file_count]);
		if (!copy->files[copy->file_count])
			return false;
		copy->file_count++;
	}
	return copy->files;
}

struct source *source_copy(const struct source *source)
{
	struct source *copy;

	if (!source->ops->copy || source->record)
		return NULL;
	copy = malloc(sizeof(*copy));
	if (!copy)
		return NULL;
	*copy = *source;
	copy->copy = true;
	copy->ops = NULL;
	copy->translation = NULL;
	copy->file_count = 0;
	if (copy_files(copy, source) && source->ops->copy(copy)) {
		copy->ops = source->ops;
		copy->translation = translation_new(copy, copy->vmcoreinfo, NULL);
	}
	if (copy->translation)
		return copy;
	source_close(copy);
	return NULL;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	translation_free(source->translation);
	if (source->ops)
		source->ops->close(source);
	if (!source->copy) {
		free(source->vmcoreinfo);
		notes_clear(&source->notes);
		elf_headers_free(source->elf);
		diskdump_set_free(source->diskdump);
	}
	for (size_t i = 0; i < source->file_count; i++)
		file_close(source->files[i]);
	free(source->files);
	free(source);
}

const struct source_facts *source_facts(const struct source *source)
{
	return &source->facts;
}

enum read_status source_read_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	enum read_status status;

	address &= ~(uint64_t)(source->facts.page_size - 1);
	if (!source->record)
		return source->ops->read_page(source, space, address, page);
	status = source_to_physical(source, space, &address);
	return status == READ_OK ? source_bring(source, address, page) : status;
}

bool source_has_rows(const struct source *source)
{
	return source->ops->read_row && !source->record;
}

size_t source_read_row(struct source *source, uint64_t physical, void *const *pages,
		       size_t count)
{
	return source_has_rows(source) && count ?
	       source->ops->read_row(source, physical, pages, count) : 0;
}

enum read_status source_peek_page(struct source *source, enum address_space space,
				  uint64_t address, void *page)
{
	address &= ~(uint64_t)(source->facts.page_size - 1);
	return source->ops->read_page(source, space, address, page);
}

enum read_status source_bring(struct source *source, uint64_t physical, void *page)
{
	enum read_status status = source->ops->read_page(source, ADDRESS_PHYSICAL, physical, page);

	if (status == READ_OK && source->record)
		page_set_add(source->record, physical / source->facts.page_size);
	return status;
}

void source_record(struct source *source, struct page_set *record)
{
	source->record = record;
}

enum read_status source_to_physical(struct source *source, enum address_space space,
				    uint64_t *address)
{
	if (space == ADDRESS_PHYSICAL)
		return READ_OK;
	if (source->ops->to_physical)
		return source->ops->to_physical(source, address);
	if (!source->translation)
		return READ_UNMAPPED;
	return translation_physical(source->translation, *address, address);
}

enum read_status source_missing(const struct source *source, uint64_t physical)
{
	/* what nobody gave us may be RAM or not */
	if (source->raw)
		return READ_EXCLUDED;
	if (source->elf)
		return elf_segment_at(source->elf, physical, false) ? READ_EXCLUDED
								    : READ_NOT_RAM;
	return diskdump_in_ram(&source->diskdump->parts[0], source->files[0],
			       physical / source->diskdump->parts[0].block_size) ?
	       READ_EXCLUDED : READ_NOT_RAM;
}

bool source_paging(const struct source *source, struct paging *paging)
{
	struct paging forms[PAGING_FORMS_MAX];

	if (source->translation)
		forms[0] = *translation_paging(source->translation);
	else if (!source->facts.vmcoreinfo ||
		 !paging_forms(source->facts.architecture, source->facts.vmcoreinfo, forms, NULL))
		return false;
	*paging = forms[0];
	return true;
}

void source_refresh(struct source *source)
{
	if (source->ops->refresh)
		source->ops->refresh(source);
}

bool source_set_prstatus(struct source *source, const void *notes, size_t size, size_t count)
{
	struct notes *all = &source->notes;

	notes_clear(all);
	if (!count)
		return true;
	all->bytes = malloc(size * count);
	all->prstatus = calloc(count, sizeof(*all->prstatus));
	if (!all->bytes || !all->prstatus) {
		notes_clear(all);
		return false;
	}
	all->size = size * count;
	memcpy(all->bytes, notes, all->size);
	for (size_t i = 0; i < count; i++)
		all->prstatus[i] = (struct note){ .offset = i * size, .size = size };
	all->prstatus_count = count;
	return true;
}

static const void *note_at(const struct source *source, const struct note *list,
			   size_t count, size_t index, size_t *size)
{
	if (index >= count)
		return NULL;
	*size = list[index].size;
	return source->notes.bytes + list[index].offset;
}

const void *source_prstatus(const struct source *source, size_t index, size_t *size)
{
	return note_at(source, source->notes.prstatus, source->notes.prstatus_count, index, size);
}

const void *source_qemu_state(const struct source *source, size_t index, size_t *size)
{
	return note_at(source, source->notes.qemu, source->notes.qemu_count, index, size);
}

const char *read_status_text(enum read_status status)
{
	switch (status) {
	case READ_OK:
		return "readable";
	case READ_EXCLUDED:
		return "left out of the dump";
	case READ_NOT_RAM:
		return "not RAM";
	case READ_UNMAPPED:
		return "not mapped";
	case READ_DAMAGED:
		return "damaged in the dump";
	case READ_FOREIGN:
		return "memory of processes or files";
	case READ_STATUS_COUNT:
		break;
	}
	return "unreadable";
}
