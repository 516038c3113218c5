// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump_writer.h"

#include <elf.h>
#include <endian.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "source/diskdump_headers.h"

#define PFN_VMCOREINFO 1
#define PFN_TABLES     2	/* top, [p4d,] pud, pmd, pte */
#define PFN_UTS	       7
#define PRESENT	       UINT64_C(0x63)	/* present, writable, accessed, dirty */

static void *must(void *pointer)
{
	if (!pointer)
		abort();
	return pointer;
}

unsigned char *image_page(struct image *image, uint64_t pfn)
{
	return image->bytes + pfn * IMAGE_PAGE;
}

static void set_entry(struct image *image, uint64_t table, unsigned int index,
		      uint64_t pfn)
{
	uint64_t entry = htole64(pfn * IMAGE_PAGE | PRESENT);

	memcpy(image_page(image, table) + index * 8, &entry, 8);
}

static uint64_t pte_table(const struct image *image)
{
	return PFN_TABLES + (image->five_levels ? 4 : 3);
}

static void make_tables(struct image *image)
{
	uint64_t table = PFN_TABLES;

	for (uint64_t pfn = table; pfn <= pte_table(image); pfn++)
		memset(image_page(image, pfn), 0, IMAGE_PAGE);
	/* 0xffffffff80000000: the last 512 GiB of the last 256 TiB, GiB 510. */
	set_entry(image, table, 511, table + 1);
	table++;
	if (image->five_levels) {
		set_entry(image, table, 511, table + 1);
		table++;
	}
	set_entry(image, table, 510, table + 1);
	set_entry(image, table + 1, 0, table + 2);
	for (unsigned int i = 0; i < image->page_count; i++)
		set_entry(image, table + 2, i, i);
}

static void make_vmcoreinfo(struct image *image)
{
	unsigned char *page = image_page(image, PFN_VMCOREINFO);

	memset(page, 0, IMAGE_PAGE);
	snprintf((char *)page, IMAGE_PAGE,
		 "OSRELEASE=6.1.0-test\nBUILD-ID=0123456789abcdef\nPAGESIZE=4096\n"
		 "SYMBOL(init_uts_ns)=%llx\nSYMBOL(swapper_pg_dir)=%llx\n"
		 "SYMBOL(init_top_pgt)=%llx\nNUMBER(phys_base)=0\n"
		 "NUMBER(pgtable_l5_enabled)=%d\nKERNELOFFSET=0\n",
		 (unsigned long long)(IMAGE_KERNEL_MAP + PFN_UTS * IMAGE_PAGE),
		 (unsigned long long)(IMAGE_KERNEL_MAP + PFN_TABLES * IMAGE_PAGE),
		 (unsigned long long)(IMAGE_KERNEL_MAP + PFN_TABLES * IMAGE_PAGE),
		 image->five_levels);
	memset(image_page(image, PFN_UTS), 0, IMAGE_PAGE);
	strcpy((char *)image_page(image, PFN_UTS) + 134, "6.1.0-test");
}

struct image *image_new(uint64_t page_count, bool five_levels)
{
	struct image *image = must(calloc(1, sizeof(*image)));
	uint64_t seed = 88172645463325252u;

	image->page_count = page_count;
	image->five_levels = five_levels;
	image->vmcoreinfo_pfn = PFN_VMCOREINFO;
	image->bytes = must(calloc(page_count, IMAGE_PAGE));
	image->states = must(calloc(page_count, sizeof(*image->states)));
	for (uint64_t i = 0; i < page_count * IMAGE_PAGE; i += 16) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		memcpy(image->bytes + i, &seed, 4);
	}
	for (uint64_t pfn = 1; pfn < page_count; pfn++)
		image->states[pfn] = PAGE_THERE;
	make_tables(image);
	make_vmcoreinfo(image);
	return image;
}

void image_free(struct image *image)
{
	free(image->bytes);
	free(image->states);
	free(image);
}

void image_unmap(struct image *image, uint64_t pfn)
{
	memset(image_page(image, pte_table(image)) + pfn * 8, 0, 8);
}

const char *image_vmcoreinfo(const struct image *image)
{
	return (const char *)image->bytes + image->vmcoreinfo_pfn * IMAGE_PAGE;
}

void bytes_put(struct bytes *bytes, size_t offset, const void *data, size_t size)
{
	if (!bytes->data || offset + size > bytes->room) {
		size_t room = (offset + size) * 2 + 64;

		bytes->data = must(realloc(bytes->data, room));
		memset(bytes->data + bytes->room, 0, room - bytes->room);
		bytes->room = room;
	}
	if (size)
		memcpy(bytes->data + offset, data, size);
	if (offset + size > bytes->size)
		bytes->size = offset + size;
}

void bytes_free(struct bytes *bytes)
{
	free(bytes->data);
	memset(bytes, 0, sizeof(*bytes));
}

void bytes_to_file(const struct bytes *bytes, const char *path)
{
	FILE *file = must(fopen(path, "w"));

	if (fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file))
		abort();
}

static void put_note(struct bytes *bytes, const char *name, uint32_t type,
		     const void *data, uint32_t size)
{
	Elf64_Nhdr header = {
		.n_namesz = (uint32_t)strlen(name) + 1, .n_descsz = size, .n_type = type,
	};

	bytes_put(bytes, bytes->size, &header, sizeof(header));
	bytes_put(bytes, bytes->size, name, header.n_namesz);
	bytes_put(bytes, (bytes->size + 3) & ~(size_t)3, data, size);
	bytes_put(bytes, (bytes->size + 3) & ~(size_t)3, "", 0);
}

/*
 * struct elf_prstatus of x86_64: 336 bytes; the pid is at 32. struct QEMUCPUState:
 * 440 bytes; cr2 is at 408.
 */
static struct bytes make_notes(struct image *image, const struct dump_options *options)
{
	struct bytes notes = { 0 };

	for (uint32_t cpu = 0; cpu < options->cpus; cpu++) {
		unsigned char prstatus[336] = { 0 };
		uint32_t pid = htole32(cpu + 100);

		memcpy(prstatus + 32, &pid, sizeof(pid));
		put_note(&notes, "CORE", NT_PRSTATUS, prstatus, sizeof(prstatus));
	}
	for (uint32_t cpu = 0; options->qemu && cpu < options->cpus; cpu++) {
		unsigned char state[440] = { 1 };

		state[408] = (unsigned char)(cpu + 50);
		put_note(&notes, "QEMU", 0, state, sizeof(state));
	}
	if (!options->no_vmcoreinfo)
		put_note(&notes, "VMCOREINFO", 0, image_vmcoreinfo(image),
			 (uint32_t)strlen(image_vmcoreinfo(image)));
	return notes;
}

/* One PT_LOAD for each run of RAM, cut after each run of pages that are there. */
static size_t find_segments(const struct image *image, Elf64_Phdr *segments)
{
	size_t count = 0;

	for (uint64_t pfn = 0; pfn < image->page_count;) {
		Elf64_Phdr *segment = &segments[count];

		if (image->states[pfn] == PAGE_NO_RAM) {
			pfn++;
			continue;
		}
		memset(segment, 0, sizeof(*segment));
		segment->p_type = PT_LOAD;
		segment->p_paddr = pfn * IMAGE_PAGE;
		for (; pfn < image->page_count && image->states[pfn] == PAGE_THERE; pfn++)
			segment->p_filesz += IMAGE_PAGE;
		segment->p_memsz = segment->p_filesz;
		for (; pfn < image->page_count && image->states[pfn] == PAGE_LEFT_OUT; pfn++)
			segment->p_memsz += IMAGE_PAGE;
		count++;
	}
	return count;
}

/* QEMU since 7.2 ends its cores with the names of its sections. */
static void put_sections(struct bytes *file, Elf64_Ehdr *header)
{
	Elf64_Shdr sections[2] = { 0 };

	sections[1].sh_type = SHT_STRTAB;
	sections[1].sh_offset = file->size;
	sections[1].sh_size = sizeof("\0.shstrtab");
	header->e_shoff = sizeof(*header);
	header->e_shnum = 2;
	header->e_shstrndx = 1;
	header->e_shentsize = sizeof(*sections);
	bytes_put(file, file->size, "\0.shstrtab", sections[1].sh_size);
	bytes_put(file, header->e_shoff, sections, sizeof(sections));
}

struct bytes write_elf(struct image *image, const struct dump_options *options)
{
	Elf64_Phdr *programs = must(calloc(image->page_count + 1, sizeof(*programs)));
	struct bytes notes = make_notes(image, options);
	struct bytes file = { 0 };
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_version = EV_CURRENT,
		.e_phoff = sizeof(header) + 2 * sizeof(Elf64_Shdr),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
	};
	uint64_t at;

	header.e_phnum = (Elf64_Half)(find_segments(image, programs + 1) + 1);
	at = header.e_phoff + header.e_phnum * sizeof(*programs);
	programs[0].p_type = PT_NOTE;
	programs[0].p_offset = at;
	programs[0].p_filesz = notes.size;
	bytes_put(&file, at, notes.data, notes.size);
	at += notes.size;
	for (size_t i = 1; i < header.e_phnum; i++) {
		programs[i].p_offset = at;
		bytes_put(&file, at, image->bytes + programs[i].p_paddr,
			  programs[i].p_filesz);
		at += programs[i].p_filesz;
	}
	if (!options->no_sections)
		put_sections(&file, &header);
	bytes_put(&file, 0, &header, sizeof(header));
	bytes_put(&file, header.e_phoff, programs, header.e_phnum * sizeof(*programs));
	bytes_free(&notes);
	free(programs);
	return file;
}

static size_t pack(uint32_t codec, const unsigned char *page, unsigned char *out)
{
	static unsigned char work[LZO1X_1_MEM_COMPRESS];
	uLongf zlib_size = 2 * IMAGE_PAGE;
	lzo_uint lzo_size = 0;
	size_t size = 2 * IMAGE_PAGE;

	switch (codec) {
	case DISKDUMP_ZLIB:
		compress2(out, &zlib_size, page, IMAGE_PAGE, 1);
		return zlib_size;
	case DISKDUMP_LZO:
		lzo1x_1_compress(page, IMAGE_PAGE, out, &lzo_size, work);
		return lzo_size;
	case DISKDUMP_SNAPPY:
		snappy_compress((const char *)page, IMAGE_PAGE, (char *)out, &size);
		return size;
	case DISKDUMP_ZSTD:
		return ZSTD_compress(out, size, page, IMAGE_PAGE, 1);
	}
	return IMAGE_PAGE;
}

static void put_u32(struct bytes *bytes, size_t offset, uint32_t value)
{
	value = htole32(value);
	bytes_put(bytes, offset, &value, sizeof(value));
}

static void put_u64(struct bytes *bytes, size_t offset, uint64_t value)
{
	value = htole64(value);
	bytes_put(bytes, offset, &value, sizeof(value));
}

/* Offsets of struct disk_dump_header and struct kdump_sub_header, diskdump_mod.h. */
static void put_headers(struct bytes *file, struct image *image,
			const struct dump_options *options, uint64_t notes_size)
{
	const char *machine = options->machine ? options->machine : "x86_64";
	uint64_t sub = IMAGE_PAGE, notes = sub + 104;

	bytes_put(file, 0, "KDUMP   ", 8);
	put_u32(file, 8, 6);				/* header_version */
	bytes_put(file, 12 + 4 * 65, machine, strlen(machine) + 1);
	put_u64(file, 408, 1700000000);			/* timestamp */
	put_u32(file, 0x1a8, options->codec | options->status);
	put_u32(file, 0x1ac, IMAGE_PAGE);		/* block_size */
	put_u32(file, 0x1b0, 2);			/* sub_hdr_size */
	put_u32(file, 0x1b4, 2);			/* bitmap_blocks */
	put_u32(file, 0x1b8, (uint32_t)image->page_count);	/* max_mapnr */
	put_u32(file, sub + 8, 31);			/* dump_level */
	put_u32(file, sub + 12, options->split);
	if (!options->no_vmcoreinfo) {
		put_u64(file, sub + 32, notes + notes_size -
			((strlen(image_vmcoreinfo(image)) + 3) & ~(size_t)3));
		put_u64(file, sub + 40, strlen(image_vmcoreinfo(image)));
	}
	put_u64(file, sub + 48, notes);
	put_u64(file, sub + 56, notes_size);
	put_u64(file, sub + 80, options->first);
	put_u64(file, sub + 88, options->end);
	put_u64(file, sub + 96, image->page_count);
}

static void put_bit(struct bytes *file, size_t offset, uint64_t bit)
{
	unsigned char byte = (unsigned char)(file->data[offset + bit / 8] | 1 << bit % 8);

	bytes_put(file, offset + bit / 8, &byte, 1);
}

static bool is_zero(const unsigned char *page)
{
	return !page[0] && !memcmp(page, page + 1, IMAGE_PAGE - 1);
}

/* As makedumpfile and QEMU: in front of all other data, whether a page is of zeros or not. */
static uint64_t put_zeros(struct bytes *file, uint32_t codec)
{
	static const unsigned char page[IMAGE_PAGE];
	unsigned char out[2 * IMAGE_PAGE];
	uint64_t offset = file->size;
	size_t size = pack(codec, page, out);

	bytes_put(file, offset, codec ? out : page, size);
	return offset;
}

/* @zero: where the data of pages of zeros are. */
static void put_page(struct bytes *file, size_t descriptor, uint64_t zero,
		     const unsigned char *page, uint32_t codec)
{
	struct page_descriptor pages = { 0 };
	unsigned char out[2 * IMAGE_PAGE];
	size_t size = pack(codec, page, out);

	pages.flags = htole32(codec);
	if (!codec || size >= IMAGE_PAGE) {
		pages.flags = 0;
		size = IMAGE_PAGE;
		memcpy(out, page, size);
	}
	pages.size = htole32((uint32_t)size);
	pages.offset = htole64(is_zero(page) ? zero : file->size);
	if (!is_zero(page))
		bytes_put(file, file->size, out, size);
	bytes_put(file, descriptor, &pages, sizeof(pages));
}

struct bytes write_diskdump(struct image *image, const struct dump_options *options)
{
	struct bytes notes = make_notes(image, options);
	struct bytes file = { 0 };
	size_t bitmap = 3 * IMAGE_PAGE, descriptor = 5 * IMAGE_PAGE;
	uint64_t first = options->split ? options->first : 0;
	uint64_t end = options->split ? options->end : image->page_count;
	uint64_t count = 0, zero;

	put_headers(&file, image, options, notes.size);
	bytes_put(&file, IMAGE_PAGE + 104, notes.data, notes.size);
	bytes_put(&file, descriptor, "", 0);
	for (uint64_t pfn = 0; pfn < image->page_count; pfn++) {
		if (image->states[pfn] != PAGE_NO_RAM)
			put_bit(&file, bitmap, pfn);
		if (image->states[pfn] == PAGE_THERE)
			put_bit(&file, bitmap + IMAGE_PAGE, pfn);
		/* makedumpfile leaves room for all pages in each part of a set */
		count += image->states[pfn] == PAGE_THERE;
	}
	bytes_put(&file, descriptor + count * sizeof(struct page_descriptor), "", 0);
	zero = put_zeros(&file, options->codec);
	for (uint64_t pfn = first; pfn < end; pfn++) {
		if (image->states[pfn] != PAGE_THERE)
			continue;
		put_page(&file, descriptor, zero, image_page(image, pfn), options->codec);
		descriptor += sizeof(struct page_descriptor);
	}
	bytes_free(&notes);
	return file;
}

void flat_begin(struct bytes *flat)
{
	uint64_t one = htobe64(1);

	bytes_put(flat, 0, "makedumpfile", 13);
	bytes_put(flat, 16, &one, 8);
	bytes_put(flat, 24, &one, 8);
	bytes_put(flat, 4096, "", 0);
}

void flat_record(struct bytes *flat, uint64_t offset, const void *data, uint64_t size)
{
	uint64_t header[2] = { htobe64(offset), htobe64(size) };

	bytes_put(flat, flat->size, header, sizeof(header));
	bytes_put(flat, flat->size, data, size);
}

void flat_end(struct bytes *flat)
{
	uint64_t header[2] = { UINT64_MAX, UINT64_MAX };

	bytes_put(flat, flat->size, header, sizeof(header));
}

struct bytes flatten(const struct bytes *plain, size_t record)
{
	struct bytes flat = { 0 };
	unsigned char *rubbish = must(malloc(2 * record));

	memset(rubbish, 0xee, 2 * record);
	flat_begin(&flat);
	flat_record(&flat, 0, rubbish, 2 * record);
	for (size_t at = 2 * record; at < plain->size; at += record)
		flat_record(&flat, at, plain->data + at,
			    plain->size - at < record ? plain->size - at : record);
	flat_record(&flat, 0, plain->data, 2 * record);
	flat_end(&flat);
	free(rubbish);
	return flat;
}
