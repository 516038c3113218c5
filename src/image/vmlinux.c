// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/vmlinux.h"
#include "image/elf_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTES_MAX (64u << 10)
#define RODATA_MAX ((uint64_t)256 << 20)

static const char banner_start[] = "Linux version ";

void text_clean(char *to, size_t size, const char *from, size_t length)
{
	size_t i;

	for (i = 0; i < length && i + 1 < size && from[i]; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	if (size)
		to[i] = '\0';
}

/* Files that people give by mistake, by their first bytes. */
static const struct {
	size_t offset;
	const char *magic;
	size_t length;
	const char *what;
} other_files[] = {
	{ 0x202, "HdrS", 4, "is a boot image without symbols: give the debug package's vmlinux" },
	{ 0x38, "ARM\x64", 4, "is a boot image without symbols: give the debug package's vmlinux" },
	{ 0x4, "zimg", 4, "is a boot image without symbols: give the debug package's vmlinux" },
	{ 0, "\x1f\x8b", 2, "is compressed: unpack it with gunzip first" },
	{ 0, "\xfd\x37zXZ", 5, "is compressed: unpack it with unxz first" },
	{ 0, "\x28\xb5\x2f\xfd", 4, "is compressed: unpack it with unzstd first" },
	{ 0, "BZh", 3, "is compressed: unpack it with bunzip2 first" },
};

static bool not_elf(int descriptor, const char *path, struct error *err)
{
	char head[0x210] = "";
	size_t i;

	if (pread(descriptor, head, sizeof(head), 0) < 4)
		return error_set(err, ERROR_INPUT, "%s is no vmlinux: too short", path);
	for (i = 0; i < sizeof(other_files) / sizeof(other_files[0]); i++)
		if (!memcmp(head + other_files[i].offset, other_files[i].magic,
			    other_files[i].length))
			return error_set(err, ERROR_INPUT, "%s %s", path,
					 other_files[i].what);
	return error_set(err, ERROR_INPUT, "%s is no vmlinux: not an ELF file", path);
}

static bool check_header(Elf *elf, const char *path, struct error *err)
{
	GElf_Ehdr header;

	if (!gelf_getehdr(elf, &header))
		return error_set(err, ERROR_INPUT, "%s: ELF header damaged: %s", path,
				 elf_errmsg(-1));
	if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    (header.e_type != ET_EXEC && header.e_type != ET_DYN))
		return error_set(err, ERROR_INPUT, "%s is no vmlinux: it must be a 64-bit "
				 "little-endian ELF executable", path);
	return true;
}

/* Bytes of the file that libelf has checked to be there. */
static const uint8_t *file_bytes(Elf *elf, uint64_t offset, uint64_t size)
{
	Elf_Data *data;

	if (offset > INT64_MAX || size > INT64_MAX - offset || !size)
		return NULL;
	data = elf_getdata_rawchunk(elf, (int64_t)offset, (size_t)size, ELF_T_BYTE);
	return data && data->d_size == size ? data->d_buf : NULL;
}

static void find_build_id(struct vmlinux *vmlinux)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(vmlinux->elf, section))) {
		const uint8_t *notes;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE ||
		    header.sh_size > NOTES_MAX)
			continue;
		notes = file_bytes(vmlinux->elf, header.sh_offset, header.sh_size);
		if (notes && build_id_in_notes(notes, (size_t)header.sh_size,
					       vmlinux->build_id))
			return;
	}
	vmlinux->build_id[0] = '\0';
}

/* Keep the banner and cut the release out of it. */
static bool take_banner(struct vmlinux *vmlinux, const char *text, size_t size)
{
	size_t skip = sizeof(banner_start) - 1;

	if (size <= skip || memcmp(text, banner_start, skip))
		return false;
	text_clean(vmlinux->banner, sizeof(vmlinux->banner), text, strnlen(text, size));
	text_clean(vmlinux->release, sizeof(vmlinux->release), vmlinux->banner + skip,
		   strcspn(vmlinux->banner + skip, " "));
	return true;
}

static bool banner_in_section(struct vmlinux *vmlinux, const GElf_Shdr *header)
{
	uint64_t skip = 0;
	const uint8_t *bytes, *found;

	if (header->sh_type != SHT_PROGBITS || !(header->sh_flags & SHF_ALLOC) ||
	    header->sh_size > RODATA_MAX)
		return false;
	if (vmlinux->banner_at) {
		skip = vmlinux->banner_at - header->sh_addr;
		if (vmlinux->banner_at < header->sh_addr || skip >= header->sh_size)
			return false;
	}
	bytes = file_bytes(vmlinux->elf, header->sh_offset, header->sh_size);
	if (!bytes)
		return false;
	found = bytes + skip;
	if (!vmlinux->banner_at)
		found = memmem(bytes, (size_t)header->sh_size, banner_start,
			       sizeof(banner_start) - 1);
	return found && take_banner(vmlinux, (const char *)found,
				    (size_t)(header->sh_size - (uint64_t)(found - bytes)));
}

/*
 * At the symbol linux_banner; in a stripped file the first text in .rodata that
 * looks like it. Debug files that were split off (SUSE's vmlinux.debug) hold no
 * .rodata: their release stays unknown and the build id must do.
 */
static void find_banner(struct vmlinux *vmlinux)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(vmlinux->elf, section)))
		if (gelf_getshdr(section, &header) && banner_in_section(vmlinux, &header))
			return;
}

static void find_symbols(struct vmlinux *vmlinux)
{
	struct symbols *symbols = vmlinux->symbols;

	if (!symbols)
		return;
	symbols->ops->lookup(symbols, "_stext", &vmlinux->stext);
	symbols->ops->lookup(symbols, "linux_banner", &vmlinux->banner_at);
	symbols->ops->lookup(symbols, "__start_notes", &vmlinux->notes_at);
	symbols->ops->lookup(symbols, "__stop_notes", &vmlinux->notes_end);
}

static bool open_elf(struct vmlinux *vmlinux, struct error *err)
{
	const char *path = vmlinux->path;
	struct error symbols_error = { 0 };
	struct stat status;

	vmlinux->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (vmlinux->descriptor < 0 || fstat(vmlinux->descriptor, &status))
		return error_set(err, ERROR_SYSTEM, "cannot open %s: %s", path,
				 strerror(errno));
	if (!S_ISREG(status.st_mode))
		return error_set(err, ERROR_INPUT, "%s is no vmlinux: not a file", path);
	elf_version(EV_CURRENT);
	vmlinux->elf = elf_begin(vmlinux->descriptor, ELF_C_READ_MMAP, NULL);
	if (!vmlinux->elf || elf_kind(vmlinux->elf) != ELF_K_ELF)
		return not_elf(vmlinux->descriptor, path, err);
	if (!check_header(vmlinux->elf, path, err))
		return false;
	vmlinux->symbols = elf_symbols_open(vmlinux->elf, &symbols_error);
	if (!vmlinux->symbols && symbols_error.kind != ERROR_MISSING)
		return error_set(err, symbols_error.kind, "%s: %s", path,
				 symbols_error.text);
	return true;
}

struct vmlinux *vmlinux_open(const char *path, struct error *err)
{
	struct vmlinux *vmlinux = calloc(1, sizeof(*vmlinux));

	if (vmlinux) {
		vmlinux->descriptor = -1;
		vmlinux->path = strdup(path);
	}
	if (!vmlinux || !vmlinux->path) {
		vmlinux_close(vmlinux);
		error_set(err, ERROR_SYSTEM, "out of memory for %s", path);
		return NULL;
	}
	if (!open_elf(vmlinux, err)) {
		vmlinux_close(vmlinux);
		return NULL;
	}
	find_symbols(vmlinux);
	find_build_id(vmlinux);
	find_banner(vmlinux);
	return vmlinux;
}

void vmlinux_close(struct vmlinux *vmlinux)
{
	if (!vmlinux)
		return;
	if (vmlinux->symbols)
		vmlinux->symbols->ops->close(vmlinux->symbols);
	if (vmlinux->elf)
		elf_end(vmlinux->elf);
	if (vmlinux->descriptor >= 0)
		close(vmlinux->descriptor);
	free(vmlinux->path);
	free(vmlinux);
}
