// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/image.h"
#include "image/elf_symbols.h"
#include "image/kallsyms.h"
#include "image/kallsyms_running.h"
#include "image/kallsyms_tables.h"
#include "image/vmcoreinfo.h"
#include "image/vmlinux.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX (64u << 10)

struct image {
	struct memory *memory;
	const char *vmcoreinfo;
	const char *architecture;
	char release[RELEASE_TEXT];
	char notes_build_id[BUILD_ID_TEXT];
	char vmcoreinfo_build_id[BUILD_ID_TEXT];
	uint64_t stext;
	bool has_kernel_offset;
	uint64_t kernel_offset;
	uint64_t kaslr_offset;
	struct symbols *kallsyms;	/* NULL when those of vmlinux are used */
	struct vmlinux *vmlinux;
	struct symbols *symbols;	/* one of the two */
	bool live;
	bool listed;			/* kallsyms are those of /proc/kallsyms */
};

static bool read_vmcoreinfo(struct image *image, const struct source_facts *facts,
			    struct error *err)
{
	const char *text = facts->vmcoreinfo;
	char line[BUILD_ID_TEXT];

	if (!text || !*text)
		return error_set(err, ERROR_INPUT,
				 "the dump holds no VMCOREINFO, neither as a "
				 "note nor in its memory: is this a Linux kernel?");
	image->vmcoreinfo = text;
	if (!vmcoreinfo_copy(text, "OSRELEASE", line, sizeof(line)) || !*line)
		return error_set(err, ERROR_INPUT, "VMCOREINFO is damaged: no OSRELEASE");
	text_clean(image->release, sizeof(image->release), line, strlen(line));
	if (!vmcoreinfo_symbol(text, "_stext", &image->stext))
		return error_set(err, ERROR_INPUT,
				 "VMCOREINFO is damaged: no SYMBOL(_stext)");
	if (vmcoreinfo_copy(text, "BUILD-ID", line, sizeof(line)) && build_id_valid(line))
		memcpy(image->vmcoreinfo_build_id, line, sizeof(line));
	image->has_kernel_offset =
		vmcoreinfo_hex(text, "KERNELOFFSET", &image->kernel_offset);
	image->kaslr_offset = image->kernel_offset;
	return true;
}

/* Better than VMCOREINFO's BUILD-ID, see vmlinux_build_id_suspect(). */
static void read_notes(struct image *image, struct symbols *symbols)
{
	uint64_t start, end;
	uint8_t *notes;

	if (!symbols->ops->lookup(symbols, "__start_notes", &start) ||
	    !symbols->ops->lookup(symbols, "__stop_notes", &end) ||
	    end <= start || end - start > NOTES_MAX)
		return;
	notes = malloc((size_t)(end - start));
	if (!notes)
		return;
	if (memory_read(image->memory, start, notes, (size_t)(end - start)) != READ_OK ||
	    !build_id_in_notes(notes, (size_t)(end - start), image->notes_build_id))
		image->notes_build_id[0] = '\0';
	free(notes);
}

/* The same notes as the running kernel shows them: /sys/kernel/notes. */
static void read_notes_file(struct image *image, const char *path)
{
	uint8_t *notes = malloc(NOTES_MAX);
	FILE *file = fopen(path, "re");
	size_t size;

	if (notes && file) {
		size = fread(notes, 1, NOTES_MAX, file);
		if (!build_id_in_notes(notes, size, image->notes_build_id))
			image->notes_build_id[0] = '\0';
	}
	if (file)
		fclose(file);
	free(notes);
}

/* What the running kernel prints, if it does not hide it; the tables serve as well. */
static bool load_running(struct image *image)
{
	if (!image->live)
		return false;
	read_notes_file(image, "/sys/kernel/notes");
	image->kallsyms = kallsyms_running("/proc/kallsyms", image->stext, NULL);
	image->listed = image->kallsyms != NULL;
	return image->listed;
}

/* The tables that VMCOREINFO names; cheap. */
static bool load_exported(struct image *image, struct error *err)
{
	struct kallsyms_place place;

	if (!kallsyms_exported(image->memory, image->vmcoreinfo, &place, err))
		return false;
	image->kallsyms = kallsyms_open(image->memory, &place, image->vmcoreinfo, err);
	if (image->kallsyms)
		read_notes(image, image->kallsyms);
	return image->kallsyms != NULL;
}

/* The tables found by searching the kernel image; some milliseconds. */
static bool load_scanned(struct image *image, struct error *err)
{
	struct memory *search = memory_new_for_search(image->memory);
	struct kallsyms_place place;
	uint64_t data = 0;
	bool found;

	if (!search)
		return kallsyms_no_memory(err);
	vmcoreinfo_symbol(image->vmcoreinfo, "init_uts_ns", &data);
	found = kallsyms_scan(search, image->stext, data, &place, err);
	memory_free(search);
	if (!found)
		return false;
	image->kallsyms = kallsyms_open(image->memory, &place, image->vmcoreinfo, err);
	if (image->kallsyms)
		read_notes(image, image->kallsyms);
	return image->kallsyms != NULL;
}

static struct dump_identity identity(const struct image *image)
{
	return (struct dump_identity) {
		.memory = image->memory,
		.architecture = image->architecture,
		.release = image->release,
		.notes_build_id = image->notes_build_id,
		.vmcoreinfo_build_id = image->vmcoreinfo_build_id,
		.stext = image->stext,
		.has_kernel_offset = image->has_kernel_offset,
		.kernel_offset = image->kernel_offset,
	};
}

static bool take_named(struct image *image, const char *path, struct error *err)
{
	struct dump_identity dump = identity(image);

	image->vmlinux = vmlinux_open(path, err);
	return image->vmlinux && vmlinux_verify(image->vmlinux, &dump, err);
}

static void use_vmlinux(struct image *image)
{
	struct vmlinux *vmlinux = image->vmlinux;

	if (vmlinux->stext)
		image->kaslr_offset = image->stext - vmlinux->stext;
	if (!*image->notes_build_id)
		memcpy(image->notes_build_id, vmlinux->build_id,
		       sizeof(vmlinux->build_id));
	if (!vmlinux->symbols)
		return;
	elf_symbols_move(vmlinux->symbols, image->kaslr_offset);
	image->symbols = vmlinux->symbols;
	if (image->kallsyms)
		image->kallsyms->ops->close(image->kallsyms);
	image->kallsyms = NULL;
}

static bool no_symbols(const struct image *image, const struct error *reason,
		       struct error *err)
{
	char hint[256];

	vmlinux_hint(image->release, hint, sizeof(hint));
	return error_set(err, reason->kind, "no symbols in the dump (%s): give %s with "
			 "--vmlinux", reason->text, hint);
}

/*
 * With --vmlinux the tables in the dump are not needed. Without, they are read
 * first when they are cheap, because they lead to the build id to search for;
 * the image is scanned only when nothing else has helped.
 */
static bool find_symbols(struct image *image, const struct image_options *options,
			 struct error *err)
{
	struct error reason = { 0 };

	if (options->vmlinux) {
		if (!take_named(image, options->vmlinux, err))
			return false;
	} else {
		struct dump_identity dump;

		if (!load_running(image))
			load_exported(image, &reason);
		dump = identity(image);
		if (options->search)
			image->vmlinux = vmlinux_search(&dump, options->search_root);
		if (options->search && options->download && !image->vmlinux)
			image->vmlinux = vmlinux_download(&dump);
	}
	if (image->vmlinux)
		use_vmlinux(image);
	if (image->symbols)
		return true;
	if (options->vmlinux)
		load_exported(image, &reason);
	/* Tables that VMCOREINFO names and that are bad will not be better if found. */
	if (!image->kallsyms && reason.kind == ERROR_MISSING)
		load_scanned(image, &reason);
	if (!image->kallsyms)
		return no_symbols(image, &reason, err);
	image->symbols = image->kallsyms;
	return true;
}

struct image *image_open(struct memory *memory, const struct source_facts *facts,
			 const struct image_options *options, struct error *err)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!image) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	image->memory = memory;
	image->architecture = facts->architecture;
	image->live = options->live;
	if (!read_vmcoreinfo(image, facts, err) || !find_symbols(image, options, err)) {
		image_close(image);
		return NULL;
	}
	return image;
}

void image_close(struct image *image)
{
	if (!image)
		return;
	if (image->kallsyms)
		image->kallsyms->ops->close(image->kallsyms);
	vmlinux_close(image->vmlinux);
	free(image);
}

const char *image_release(const struct image *image)
{
	return image->release;
}

bool image_live(const struct image *image)
{
	return image->live;
}

const char *image_build_id(const struct image *image)
{
	if (*image->notes_build_id)
		return image->notes_build_id;
	if (*image->vmcoreinfo_build_id && !vmlinux_build_id_suspect(image->release))
		return image->vmcoreinfo_build_id;
	return NULL;
}

const char *image_symbols_from(const struct image *image)
{
	if (image->live && image->kallsyms && !image->listed)
		return "kallsyms in memory";
	return image->symbols->ops->name;
}

const char *image_vmlinux(const struct image *image)
{
	return image->vmlinux ? image->vmlinux->path : NULL;
}

int image_vmlinux_descriptor(const struct image *image)
{
	return image->vmlinux ? image->vmlinux->descriptor : -1;
}

void image_vmlinux_hint(const struct image *image, char *buffer, size_t size)
{
	vmlinux_hint(image->release, buffer, size);
}

uint64_t image_kaslr_offset(const struct image *image)
{
	return image->kaslr_offset;
}

struct memory *image_memory(const struct image *image)
{
	return image->memory;
}

bool image_symbol(const struct image *image, const char *name, uint64_t *address)
{
	return image->symbols->ops->lookup(image->symbols, name, address);
}

bool image_symbol_at(const struct image *image, uint64_t address,
		     char *name, size_t size, uint64_t *offset)
{
	return image->symbols->ops->nearest(image->symbols, address, name, size, offset);
}

void image_symbols(const struct image *image, symbol_visit_fn *visit, void *data)
{
	image->symbols->ops->each(image->symbols, visit, data);
}

bool image_symbol_tables(const struct image *image, struct symbol_tables *tables)
{
	return kallsyms_tables(image->symbols, tables);
}

void image_blank_symbols(const struct image *image, bool (*blank)(char type, const char *name),
			 unsigned char *names, unsigned char *values)
{
	kallsyms_blank(image->symbols, blank, names, values);
}

bool image_vmcoreinfo_line(const struct image *image, const char *key,
			   char *value, size_t size)
{
	return vmcoreinfo_copy(image->vmcoreinfo, key, value, size);
}

bool image_vmcoreinfo_symbol(const struct image *image, const char *name, uint64_t *value)
{
	return vmcoreinfo_symbol(image->vmcoreinfo, name, value);
}

bool image_vmcoreinfo_number(const struct image *image, const char *name, int64_t *value)
{
	return vmcoreinfo_signed(image->vmcoreinfo, name, value);
}

bool image_vmcoreinfo_size(const struct image *image, const char *name, uint64_t *value)
{
	return vmcoreinfo_size(image->vmcoreinfo, name, value);
}

bool image_vmcoreinfo_offset(const struct image *image, const char *name, uint64_t *value)
{
	return vmcoreinfo_offset(image->vmcoreinfo, name, value);
}
