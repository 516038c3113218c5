// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/elf_headers.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

/* Sums of two numbers below this do not overflow. */
#define ADDRESS_LIMIT (UINT64_C(1) << 62)

/* QEMU needs a few thousand where it writes one for each mapping of the guest. */
#define PROGRAMS_MAX (UINT64_C(1) << 18)

bool elf_signature(const void *head, size_t length)
{
	return length >= SELFMAG && !memcmp(head, ELFMAG, SELFMAG);
}

static const char *architecture_name(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_AARCH64:
		return "aarch64";
	case EM_PPC64:
		return "ppc64";
	case EM_S390:
		return "s390x";
	case EM_RISCV:
		return "riscv64";
	case EM_LOONGARCH:
		return "loongarch64";
	}
	return NULL;
}

static bool check_header(const struct file *file, const Elf64_Ehdr *header,
			 struct error *err)
{
	const char *name = file_name(file);

	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return error_set(err, ERROR_INPUT, "%s: 32-bit ELF file; only dumps of "
				 "64-bit kernels can be read", name);
	if (header->e_ident[EI_DATA] != ELFDATA2LSB)
		return error_set(err, ERROR_INPUT, "%s: big-endian ELF file; only dumps of "
				 "little-endian machines can be read", name);
	if (header->e_type != ET_CORE)
		return error_set(err, ERROR_INPUT,
				 "%s: an ELF file but not a core (type %u); %s", name,
				 header->e_type,
				 header->e_type == ET_EXEC || header->e_type == ET_DYN
				 ? "is it the vmlinux? name the dump first"
				 : "name the dump file");
	if (header->e_phentsize != sizeof(Elf64_Phdr))
		return error_set(err, ERROR_INPUT,
				 "%s: damaged: program headers of %u bytes at byte 54, "
				 "must be %zu; copy it again",
				 name, header->e_phentsize, sizeof(Elf64_Phdr));
	return true;
}

/*
 * More than 65,534 program headers: the number is in section header 0 (elf.h,
 * PN_XNUM; QEMU dump.c does so).
 */
static bool read_section(const struct file *file, const Elf64_Ehdr *header,
			 uint64_t number, Elf64_Shdr *section, struct error *err)
{
	if (header->e_shentsize != sizeof(*section) || header->e_shoff >= ADDRESS_LIMIT)
		return error_set(err, ERROR_INPUT, "%s: damaged: bad section headers at "
				 "byte 40; copy it again", file_name(file));
	return file_read(file, header->e_shoff + number * sizeof(*section), section,
			 sizeof(*section), err);
}

static bool count_programs(const struct file *file, const Elf64_Ehdr *header,
			   uint64_t *count, struct error *err)
{
	Elf64_Shdr section;
	uint64_t room = file_size(file) / sizeof(Elf64_Phdr);
	char text[TEXT_NUMBER_SIZE];

	*count = header->e_phnum;
	if (header->e_phnum == PN_XNUM) {
		if (!read_section(file, header, 0, &section, err))
			return false;
		*count = section.sh_info;
	}
	if (!*count)
		return error_set(err, ERROR_INPUT, "%s: damaged: an ELF core without "
				 "program headers; copy it again", file_name(file));
	if (*count > PROGRAMS_MAX)
		return error_set(err, ERROR_INPUT, "%s: damaged: %s program headers, which is "
				 "more than any dump has; copy it again", file_name(file),
				 text_number(*count, text));
	if (*count > room || header->e_phoff > file_size(file) ||
	    *count * sizeof(Elf64_Phdr) > file_size(file) - header->e_phoff)
		return error_set(err, ERROR_INPUT,
				 "%s: cut: its %llu program headers do not fit into the "
				 "%s bytes of the file; copy it again",
				 file_name(file), (unsigned long long)*count,
				 text_number(file_size(file), text));
	return true;
}

static void reach_to(struct elf_headers *headers, uint64_t end)
{
	if (end > headers->end)
		headers->end = end;
}

/* Section names: QEMU's are 11 bytes. Those of Xen make another format of the file. */
static bool odd_names(const struct file *file, const Elf64_Shdr *section)
{
	char names[256];
	size_t size = section->sh_size;

	return section->sh_type != SHT_STRTAB || !size || size > sizeof(names) ||
	       !file_read(file, section->sh_offset, names, size, NULL) ||
	       names[size - 1] || memmem(names, size, "xen", 3) ||
	       memmem(names, size, "Xen", 3);
}

/* Sections hold no memory, but a file that lost them was cut all the same. */
static bool read_sections(const struct file *file, const Elf64_Ehdr *header,
			  struct elf_headers *headers, struct error *err)
{
	Elf64_Shdr section;
	bool names = false;

	if (!header->e_shoff && !header->e_shnum)
		return true;
	headers->odd_sections = true;
	if (!header->e_shoff || !header->e_shnum)
		return true;
	for (uint64_t i = 0; i < header->e_shnum; i++) {
		if (!read_section(file, header, i, &section, err))
			return false;
		if (!i && section.sh_type == SHT_NULL)
			continue;
		if (section.sh_offset >= ADDRESS_LIMIT || section.sh_size >= ADDRESS_LIMIT)
			return error_set(err, ERROR_INPUT, "%s: damaged: section %llu lies "
					 "outside of any file; copy it again",
					 file_name(file), (unsigned long long)i);
		if (section.sh_type != SHT_NOBITS)
			reach_to(headers, section.sh_offset + section.sh_size);
		if (i == header->e_shstrndx)
			names = !odd_names(file, &section);
	}
	headers->odd_sections = !names || header->e_phnum == PN_XNUM;
	return true;
}

static bool add_program(const struct file *file, struct elf_headers *headers,
			const Elf64_Phdr *program, uint64_t number, struct error *err)
{
	struct elf_segment *segment;

	if (program->p_type != PT_LOAD && program->p_type != PT_NOTE)
		return true;
	if (program->p_offset >= ADDRESS_LIMIT || program->p_filesz >= ADDRESS_LIMIT)
		return error_set(err, ERROR_INPUT, "%s: damaged: program header %llu lies "
				 "outside of any file; copy it again",
				 file_name(file), (unsigned long long)number);
	reach_to(headers, program->p_offset + program->p_filesz);
	if (program->p_type == PT_NOTE) {
		headers->notes[headers->note_count++] = (struct elf_range){
			program->p_offset, program->p_filesz
		};
		return true;
	}
	/* p_paddr is -1 where a segment has no physical address (fs/proc/kcore.c). */
	if (program->p_paddr >= ADDRESS_LIMIT || program->p_memsz >= ADDRESS_LIMIT)
		return true;
	segment = &headers->segments[headers->segment_count++];
	segment->physical = program->p_paddr;
	segment->file_size = program->p_filesz;
	segment->memory_size = program->p_memsz;
	segment->offset = program->p_offset;
	/* Cores of old kexec-tools say memory 0 for what they do hold. */
	if (segment->memory_size < segment->file_size)
		segment->memory_size = segment->file_size;
	return true;
}

static int compare_segments(const void *a, const void *b)
{
	const struct elf_segment *left = a;
	const struct elf_segment *right = b;

	if (left->physical != right->physical)
		return left->physical < right->physical ? -1 : 1;
	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static void raise_to(uint64_t *highest, uint64_t end)
{
	if (end > *highest)
		*highest = end;
}

/* False: out of memory. */
static bool sort_segments(struct elf_headers *headers)
{
	size_t count = headers->segment_count;
	uint64_t reach = 0;

	headers->reach = calloc(count + 1, sizeof(*headers->reach));
	headers->memory_ends = calloc(count / ELF_BLOCK + 1, sizeof(uint64_t));
	headers->file_ends = calloc(count / ELF_BLOCK + 1, sizeof(uint64_t));
	if (!headers->reach || !headers->memory_ends || !headers->file_ends)
		return false;
	qsort(headers->segments, count, sizeof(*headers->segments), compare_segments);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *segment = &headers->segments[i];

		raise_to(&reach, segment->physical + segment->memory_size);
		raise_to(&headers->memory_ends[i / ELF_BLOCK],
			 segment->physical + segment->memory_size);
		raise_to(&headers->file_ends[i / ELF_BLOCK],
			 segment->physical + segment->file_size);
		headers->reach[i] = reach;
	}
	return true;
}

static bool no_memory(const struct file *file, uint64_t count, struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "%s: no memory for %llu program headers",
			 file_name(file), (unsigned long long)count);
}

static bool read_programs(const struct file *file, const Elf64_Ehdr *header,
			  struct elf_headers *headers, uint64_t count, struct error *err)
{
	headers->segments = calloc(count, sizeof(*headers->segments));
	headers->notes = calloc(count, sizeof(*headers->notes));
	if (!headers->segments || !headers->notes)
		return no_memory(file, count, err);
	for (uint64_t i = 0; i < count; i++) {
		Elf64_Phdr program;

		if (!file_read(file, header->e_phoff + i * sizeof(program), &program,
			       sizeof(program), err) ||
		    !add_program(file, headers, &program, i, err))
			return false;
	}
	if (!headers->segment_count)
		return error_set(err, ERROR_INPUT, "%s: an ELF core that holds no physical "
				 "memory; is it the core of a program?", file_name(file));
	reach_to(headers, header->e_phoff + count * sizeof(Elf64_Phdr));
	return sort_segments(headers) || no_memory(file, count, err);
}

struct elf_headers *elf_headers_read(const struct file *file, struct error *err)
{
	struct elf_headers *headers;
	Elf64_Ehdr header;
	uint64_t count;

	if (!file_read(file, 0, &header, sizeof(header), err) ||
	    !check_header(file, &header, err) ||
	    !count_programs(file, &header, &count, err))
		return NULL;
	headers = calloc(1, sizeof(*headers));
	if (!headers) {
		error_set(err, ERROR_SYSTEM, "%s: out of memory", file_name(file));
		return NULL;
	}
	headers->machine = header.e_machine;
	headers->architecture = architecture_name(header.e_machine);
	if (!read_programs(file, &header, headers, count, err) ||
	    !read_sections(file, &header, headers, err)) {
		elf_headers_free(headers);
		return NULL;
	}
	return headers;
}

struct elf_headers *elf_headers_of_segments(struct elf_segment *segments, size_t count)
{
	struct elf_headers *headers = calloc(1, sizeof(*headers));

	if (!headers)
		return NULL;
	headers->segments = segments;
	headers->segment_count = count;
	if (sort_segments(headers))
		return headers;
	headers->segments = NULL;
	elf_headers_free(headers);
	return NULL;
}

void elf_headers_free(struct elf_headers *headers)
{
	if (!headers)
		return;
	free(headers->segments);
	free(headers->reach);
	free(headers->memory_ends);
	free(headers->file_ends);
	free(headers->notes);
	free(headers);
}

/* Number of the first segment that begins above an address. */
static size_t first_above(const struct elf_headers *headers, uint64_t physical)
{
	size_t low = 0;
	size_t high = headers->segment_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (headers->segments[middle].physical <= physical)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t elf_next_segment(const struct elf_headers *headers, uint64_t physical)
{
	size_t next = first_above(headers, physical);

	return next < headers->segment_count ? headers->segments[next].physical
					     : UINT64_MAX;
}

const struct elf_segment *elf_segment_at(const struct elf_headers *headers,
					 uint64_t physical, bool in_file)
{
	const uint64_t *ends = in_file ? headers->file_ends : headers->memory_ends;
	size_t low = first_above(headers, physical);

	/* /proc/vmcore describes the kernel image twice: segments may overlap. */
	while (low-- && headers->reach[low] > physical) {
		const struct elf_segment *segment = &headers->segments[low];
		uint64_t size = in_file ? segment->file_size : segment->memory_size;

		if (physical - segment->physical < size)
			return segment;
		/* blocks of which nothing reaches so far */
		while (low && low % ELF_BLOCK == 0 && ends[low / ELF_BLOCK - 1] <= physical)
			low -= ELF_BLOCK;
	}
	return NULL;
}

bool elf_holds(const struct elf_headers *headers, uint64_t physical, uint64_t length)
{
	const struct elf_segment *segment = elf_segment_at(headers, physical, true);

	return segment && segment->file_size - (physical - segment->physical) >= length;
}

/* Pages of [start, end) above *done, which then is moved up. */
static uint64_t new_pages(uint64_t start, uint64_t end, uint64_t *done)
{
	uint64_t from = start > *done ? start : *done;

	if (end <= from)
		return 0;
	*done = end;
	return end - from;
}

void elf_count_pages(const struct elf_headers *headers, uint64_t page_size,
		     uint64_t *ram_pages, uint64_t *file_pages)
{
	uint64_t ram_done = 0, file_done = 0;

	*ram_pages = 0;
	*file_pages = 0;
	for (size_t i = 0; i < headers->segment_count; i++) {
		const struct elf_segment *segment = &headers->segments[i];
		uint64_t start = segment->physical / page_size;

		*ram_pages += new_pages(start, (segment->physical + segment->memory_size +
						page_size - 1) / page_size, &ram_done);
		*file_pages += new_pages(start, (segment->physical + segment->file_size +
						 page_size - 1) / page_size, &file_done);
	}
}
