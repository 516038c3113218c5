// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/notes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "source/diskdump_write.h"

/* 8,192 CPUs with registers of 1 KiB and a VMCOREINFO take 10 MiB. */
#define NOTES_LIMIT (UINT64_C(32) << 20)

/* Of each kind: two for each CPU that a kernel can have. Those of a kind behind it are left out. */
#define NOTES_MAX ((size_t)16384)

static uint64_t padded(uint64_t size)
{
	return (size + 3) & ~UINT64_C(3);
}

static bool add_note(struct note **list, size_t *count, struct note note)
{
	struct note *all;

	if (*count == NOTES_MAX)
		return true;
	/* Room grows by doubling: the count is a power of two whenever it is full. */
	if (!(*count & (*count - 1))) {
		size_t room = *count ? *count * 2 : 1;

		all = realloc(*list, room * sizeof(*all));
		if (!all)
			return false;
		*list = all;
	}
	(*list)[(*count)++] = note;
	return true;
}

static bool is_named(const unsigned char *name, uint32_t size, const char *wanted)
{
	size_t length = strlen(wanted);

	return size >= length && size <= length + 1 && !memcmp(name, wanted, length);
}

static bool take_note(struct notes *notes, const Elf64_Nhdr *header,
		      const unsigned char *name, struct note note)
{
	if (header->n_type == NT_PRSTATUS && note.size &&
	    is_named(name, header->n_namesz, "CORE"))
		return add_note(&notes->prstatus, &notes->prstatus_count, note);
	/* of type 0: struct QEMUCPUState, target/i386/arch_dump.c of QEMU */
	if (!header->n_type && note.size && is_named(name, header->n_namesz, "QEMU"))
		return add_note(&notes->qemu, &notes->qemu_count, note);
	/* VMCOREINFO_NOTE_NAME of include/linux/vmcore_info.h */
	if (!notes->vmcoreinfo.size && is_named(name, header->n_namesz, "VMCOREINFO"))
		notes->vmcoreinfo = note;
	else if (header->n_type == DISTILL_NOTE_TYPE &&
		 is_named(name, header->n_namesz, DISTILL_NOTE_NAME))
		notes->mark = note;
	else if (note.size)
		return add_note(&notes->other, &notes->other_count, note);
	return true;
}

static bool parse(struct notes *notes, size_t start)
{
	size_t at = start;
	Elf64_Nhdr header;

	while (notes->size - at >= sizeof(header)) {
		size_t room = notes->size - at - sizeof(header);
		struct note note;
		uint64_t name_size;

		memcpy(&header, notes->bytes + at, sizeof(header));
		name_size = padded(header.n_namesz);
		if (name_size > room || header.n_descsz > room - name_size)
			break;
		note.offset = at + sizeof(header) + name_size;
		note.size = header.n_descsz;
		if (!take_note(notes, &header, notes->bytes + at + sizeof(header), note))
			return false;
		if (padded(note.size) > notes->size - note.offset)
			break;
		at = note.offset + padded(note.size);
	}
	return true;
}

bool notes_add(struct notes *notes, const struct file *file, uint64_t offset,
	       uint64_t size, struct error *err)
{
	unsigned char *bytes;
	size_t start = notes->size;
	char text[TEXT_NUMBER_SIZE];

	if (!size)
		return true;
	if (size > NOTES_LIMIT || start > NOTES_LIMIT - size)
		return error_set(err, ERROR_INPUT, "%s: damaged: %s bytes of notes; copy it "
				 "again", file_name(file), text_number(size, text));
	bytes = realloc(notes->bytes, start + size);
	if (!bytes)
		return error_set(err, ERROR_SYSTEM, "%s: no memory for the notes",
				 file_name(file));
	notes->bytes = bytes;
	if (!file_read(file, offset, bytes + start, size, err))
		return false;
	notes->size = start + size;
	if (!parse(notes, start))
		return error_set(err, ERROR_SYSTEM, "%s: no memory for the notes",
				 file_name(file));
	return true;
}

void notes_clear(struct notes *notes)
{
	free(notes->bytes);
	free(notes->prstatus);
	free(notes->qemu);
	free(notes->other);
	memset(notes, 0, sizeof(*notes));
}
