// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The running kernel, by /proc/kcore (fs/proc/kcore.c): an ELF core whose segments are
 * parts of the kernel's address space, the direct map of all RAM among them.
 *
 * What is not mapped, in vmalloc and vmemmap, the kernel hands out as zeros, which would look
 * like freed pages. And vmalloc it copies with a spinlock held that all who allocate there
 * want; before 5.13 (f608788cd2d6) it goes through a list of all areas each time, which has
 * an entry for each thread. So page tables are walked here, and the page they lead to is read
 * from the direct map: that of all RAM.
 *
 * Kept are where the segments are, and until refresh() the last table of each level.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/backend.h"
#include "source/vmcoreinfo.h"

#define PAGE_SIZE 4096
#define LEVELS_MAX 5

/* Where the kernel image is mapped: arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)

/* arch/x86/include/asm/pgtable_types.h */
#define ENTRY_PRESENT	1
#define ENTRY_HUGE	0x80
#define ENTRY_ADDRESS	UINT64_C(0x000ffffffffff000)

/* Of a 5.x kernel about 20 KiB: registers, a task_struct, VMCOREINFO. */
#define NOTES_LIMIT (1 << 20)
/* PN_XNUM: the kernel counts its segments in 16 bits */
#define PROGRAMS_LIMIT 65535

#define NO_PHYSICAL UINT64_MAX

struct segment {
	uint64_t address;
	uint64_t size;
	uint64_t offset;	/* in /proc/kcore */
	uint64_t physical;	/* NO_PHYSICAL: not told, as of vmalloc and vmemmap */
};

/* One page of page tables. */
struct table {
	bool kept;
	uint64_t physical;
	uint64_t entries[PAGE_SIZE / 8];
};

struct kcore {
	int file;
	struct segment *segments;	/* by address; they do not overlap */
	size_t segment_count;
	uint64_t note_offset, note_size;	/* the first PT_NOTE; size 0: none */
	/* page tables of the kernel itself */
	uint64_t root;		/* physical */
	unsigned int levels;
	uint64_t encryption_mask;	/* AMD's SME bit */
	struct table tables[LEVELS_MAX];	/* of the level above [0], the lowest */
};

/* ------------------------------------------------------------------------ open */

/* CAP_SYS_RAWIO, as the kernel tells it: proc(5), CapEff. */
static bool has_right(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long long rights = 0;
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "CapEff: %llx", &rights) == 1)
			break;
	if (status)
		fclose(status);
	return rights >> CAP_SYS_RAWIO & 1;
}

/* Does the kernel say so? It cannot where securityfs is not mounted. */
static bool is_locked_down(void)
{
	char text[128] = "";
	int file = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (file < 0)
		return false;
	length = read(file, text, sizeof(text) - 1);
	close(file);
	return length > 0 && strstr(text, "[confidentiality]");
}

/* open_kcore() asks for CAP_SYS_RAWIO, and then for what lockdown allows. */
static bool cannot_open(const char *path, int reason, struct error *err)
{
	if (reason == ENOENT)
		return error_set(err, ERROR_SYSTEM, "%s: there is none: a kernel without "
				 "CONFIG_PROC_KCORE, or a container; name a dump, or run it on "
				 "the host", path);
	if (reason != EACCES && reason != EPERM)
		return error_set(err, ERROR_SYSTEM, "%s: cannot open: %s", path,
				 strerror(reason));
	if (is_locked_down())
		return error_set(err, ERROR_SYSTEM, "%s: the kernel is locked down "
				 "(confidentiality): its memory cannot be read; name a dump", path);
	if (geteuid())
		return error_set(err, ERROR_SYSTEM, "%s: to look at the running kernel takes "
				 "root; try sudo, or name a dump", path);
	if (has_right())
		return error_set(err, ERROR_SYSTEM, "%s: not even root may read the kernel's "
				 "memory: it is locked down (confidentiality), or a security "
				 "module forbids it; name a dump", path);
	return error_set(err, ERROR_SYSTEM, "%s: to look at the running kernel takes the right "
			 "CAP_SYS_RAWIO, which root in a container mostly has not; run it on the "
			 "host", path);
}

/* Containers lay an empty file or /dev/null over it. */
static bool check_kind(int file, const char *path, struct error *err)
{
	struct stat status;

	if (fstat(file, &status) || !S_ISREG(status.st_mode) || !status.st_size)
		return error_set(err, ERROR_SYSTEM, "%s: is hidden, as in a container; run it on "
				 "the host", path);
	return true;
}

static bool read_at(int file, uint64_t offset, void *buffer, size_t length)
{
	unsigned char *out = buffer;

	while (length) {
		ssize_t got = pread(file, out, length, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		out += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

static int compare_segments(const void *a, const void *b)
{
	const struct segment *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

static void take_program(struct kcore *kcore, const Elf64_Phdr *program)
{
	struct segment *segment = &kcore->segments[kcore->segment_count];
	bool sound = program->p_memsz && program->p_vaddr >> 63 && !(program->p_offset >> 63) &&
		     program->p_memsz - 1 <= UINT64_MAX - program->p_vaddr;

	if (program->p_type == PT_NOTE && !kcore->note_size) {
		kcore->note_offset = program->p_offset;
		kcore->note_size = program->p_filesz;
	}
	if (program->p_type != PT_LOAD || !sound)
		return;
	*segment = (struct segment){
		.address = program->p_vaddr,
		.size = program->p_memsz,
		.offset = program->p_offset,
		/* -1 of all but RAM and the kernel image (464920104bf7, 4.11) */
		.physical = program->p_paddr >> 52 ? NO_PHYSICAL : program->p_paddr,
	};
	kcore->segment_count++;
}

static bool read_headers(struct kcore *kcore)
{
	Elf64_Ehdr header;
	Elf64_Phdr *programs;
	bool done;

	if (!read_at(kcore->file, 0, &header, sizeof(header)) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_machine != EM_X86_64 || header.e_phentsize != sizeof(*programs) ||
	    !header.e_phnum || header.e_phnum >= PROGRAMS_LIMIT)
		return false;
	programs = calloc(header.e_phnum, sizeof(*programs));
	kcore->segments = calloc(header.e_phnum, sizeof(*kcore->segments));
	done = programs && kcore->segments &&
	       read_at(kcore->file, header.e_phoff, programs, header.e_phnum * sizeof(*programs));
	for (size_t i = 0; done && i < header.e_phnum; i++)
		take_program(kcore, &programs[i]);
	free(programs);
	if (!done)
		return false;
	qsort(kcore->segments, kcore->segment_count, sizeof(*kcore->segments), compare_segments);
	return kcore->segment_count > 0;
}

static void drop(struct kcore *kcore)
{
	if (kcore->file >= 0)
		close(kcore->file);
	free(kcore->segments);
	*kcore = (struct kcore){ .file = -1 };
}

static bool open_file(struct kcore *kcore, const char *path, struct error *err)
{
	*kcore = (struct kcore){ .file = open(path, O_RDONLY | O_CLOEXEC) };
	if (kcore->file < 0)
		return cannot_open(path, errno, err);
	if (!check_kind(kcore->file, path, err))
		return false;
	if (!read_headers(kcore))
		return error_set(err, ERROR_INPUT, "%s: not the memory of an x86_64 kernel: only "
				 "x86_64 can be read", path);
	return true;
}

/* ------------------------------------------------------------------------ notes */

/* VMCOREINFO is among the notes since 4.19 (23c85094fe18). */
static char *find_vmcoreinfo(const unsigned char *notes, uint64_t size)
{
	Elf64_Nhdr header;

	for (uint64_t at = 0; size - at >= sizeof(header);) {
		uint64_t name, room;

		memcpy(&header, notes + at, sizeof(header));
		at += sizeof(header);
		room = size - at;
		name = ((uint64_t)header.n_namesz + 3) & ~UINT64_C(3);
		if (name > room || header.n_descsz > room - name)
			break;
		if (header.n_namesz >= 10 && !memcmp(notes + at, "VMCOREINFO", 10))
			return strndup((const char *)notes + at + name, header.n_descsz);
		at += name + (((uint64_t)header.n_descsz + 3) & ~UINT64_C(3));
		if (at > size)
			break;
	}
	return NULL;
}

static char *read_vmcoreinfo(const struct kcore *kcore)
{
	unsigned char *notes;
	char *text = NULL;

	if (!kcore->note_size || kcore->note_size > NOTES_LIMIT)
		return NULL;
	notes = malloc(kcore->note_size);
	if (notes && read_at(kcore->file, kcore->note_offset, notes, kcore->note_size))
		text = find_vmcoreinfo(notes, kcore->note_size);
	free(notes);
	return text;
}

static bool find_page_tables(struct kcore *kcore, const char *vmcoreinfo)
{
	uint64_t tables, phys_base, five_levels = 0;

	if (!vmcoreinfo_number(vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables) ||
	    !vmcoreinfo_number(vmcoreinfo, "NUMBER", "phys_base", 10, &phys_base))
		return false;
	vmcoreinfo_number(vmcoreinfo, "NUMBER", "pgtable_l5_enabled", 10, &five_levels);
	vmcoreinfo_number(vmcoreinfo, "NUMBER", "sme_mask", 10, &kcore->encryption_mask);
	kcore->root = tables - START_KERNEL_MAP + phys_base;
	kcore->levels = five_levels ? 5 : 4;
	return true;
}

static void fill_facts(struct source *source, const struct kcore *kcore)
{
	struct source_facts *facts = &source->facts;

	strcpy(facts->format, "the running kernel");
	strcpy(facts->architecture, "x86_64");
	facts->page_size = PAGE_SIZE;
	facts->dump_level = -1;
	for (size_t i = 0; i < kcore->segment_count; i++)
		/* the kernel image is in the direct map as well */
		if (kcore->segments[i].physical != NO_PHYSICAL &&
		    kcore->segments[i].address < START_KERNEL_MAP)
			facts->ram_pages += kcore->segments[i].size / PAGE_SIZE;
	facts->file_pages = facts->ram_pages;
}

static bool open_kcore(struct source *source, struct error *err)
{
	struct kcore *kcore = calloc(1, sizeof(*kcore));

	if (!kcore)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	if (!open_file(kcore, source->live, err))
		goto fail;
	source->vmcoreinfo = read_vmcoreinfo(kcore);
	if (!source->vmcoreinfo || !find_page_tables(kcore, source->vmcoreinfo)) {
		error_set(err, ERROR_INPUT, "%s: has no VMCOREINFO: a kernel before 4.19, or not "
			  "/proc/kcore", source->live);
		goto fail;
	}
	fill_facts(source, kcore);
	source->private = kcore;
	return true;
fail:
	drop(kcore);
	free(kcore);
	return false;
}

/* ------------------------------------------------------------------------- read */

static const struct segment *segment_at(const struct kcore *kcore, uint64_t address)
{
	size_t low = 0, high = kcore->segment_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (kcore->segments[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address - kcore->segments[low - 1].address >= kcore->segments[low - 1].size)
		return NULL;
	return &kcore->segments[low - 1];
}

static const struct segment *segment_of_ram(const struct kcore *kcore, uint64_t physical)
{
	for (size_t i = 0; i < kcore->segment_count; i++) {
		const struct segment *segment = &kcore->segments[i];

		if (segment->physical != NO_PHYSICAL && physical >= segment->physical &&
		    physical - segment->physical < segment->size)
			return segment;
	}
	return NULL;
}

/* What lies within one page; behind the end of a segment there is nothing. */
static enum read_status read_segment(const struct kcore *kcore, const struct segment *segment,
				     uint64_t within, void *buffer, size_t length)
{
	size_t part = segment->size - within < length ? segment->size - within : length;

	memset((unsigned char *)buffer + part, 0, length - part);
	return read_at(kcore->file, segment->offset + within, buffer, part) ? READ_OK
									    : READ_DAMAGED;
}

static enum read_status read_physical(const struct kcore *kcore, uint64_t address, void *buffer,
				      size_t length)
{
	const struct segment *segment = segment_of_ram(kcore, address);

	if (!segment)
		return READ_NOT_RAM;
	return read_segment(kcore, segment, address - segment->physical, buffer, length);
}

static enum read_status read_entry(struct kcore *kcore, unsigned int level, uint64_t physical,
				   unsigned int index, uint64_t *entry)
{
	struct table *table = &kcore->tables[level - 1];
	enum read_status status;

	if (!table->kept || table->physical != physical) {
		status = read_physical(kcore, physical, table->entries, sizeof(table->entries));
		table->kept = status == READ_OK;
		table->physical = physical;
		if (status != READ_OK)
			return status;
	}
	*entry = table->entries[index];
	return READ_OK;
}

static enum read_status walk(struct kcore *kcore, uint64_t *address)
{
	uint64_t table = kcore->root, entry, mask;
	enum read_status status;

	for (unsigned int level = kcore->levels;; level--) {
		unsigned int shift = 12 + 9 * (level - 1);

		status = read_entry(kcore, level, table, *address >> shift & 511, &entry);
		if (status != READ_OK)
			return status;
		if (!(entry & ENTRY_PRESENT))
			return READ_UNMAPPED;
		table = entry & ENTRY_ADDRESS & ~kcore->encryption_mask;
		mask = (UINT64_C(1) << shift) - 1;
		if (level == 1 || (level <= 3 && entry & ENTRY_HUGE)) {
			*address = (table & ~mask) | (*address & mask);
			return READ_OK;
		}
	}
}

static void forget_tables(struct kcore *kcore)
{
	for (unsigned int i = 0; i < LEVELS_MAX; i++)
		kcore->tables[i].kept = false;
}

/* What the tables that are kept do not map may have been mapped since. */
static enum read_status to_physical(struct source *source, uint64_t *address)
{
	struct kcore *kcore = source->private;
	enum read_status status;

	if (!(*address >> 63))
		return READ_UNMAPPED;
	status = walk(kcore, address);
	if (status == READ_OK)
		return status;
	forget_tables(kcore);
	return walk(kcore, address);
}

static bool all_zeros(const unsigned char *page)
{
	return !page[0] && !memcmp(page, page + 1, PAGE_SIZE - 1);
}

/* Struct pages may lie in memory that is no RAM (altmap); of a device there are zeros. */
static enum read_status read_mapped(const struct kcore *kcore, const struct segment *segment,
				    uint64_t address, void *page)
{
	enum read_status status = read_segment(kcore, segment, address - segment->address, page,
					       PAGE_SIZE);

	return status == READ_OK && all_zeros(page) ? READ_NOT_RAM : status;
}

static enum read_status read_virtual(struct source *source, uint64_t address, void *page)
{
	const struct kcore *kcore = source->private;
	const struct segment *segment = segment_at(kcore, address);
	uint64_t physical = address;
	enum read_status status;

	if (segment && segment->physical != NO_PHYSICAL)
		return read_segment(kcore, segment, address - segment->address, page, PAGE_SIZE);
	status = to_physical(source, &physical);
	if (status == READ_OK)
		status = read_physical(kcore, physical, page, PAGE_SIZE);
	if (status == READ_NOT_RAM && segment)
		status = read_mapped(kcore, segment, address, page);
	return status;
}

static enum read_status read_kcore(struct source *source, enum address_space space,
				   uint64_t address, void *page)
{
	if (space == ADDRESS_PHYSICAL)
		return read_physical(source->private, address, page, PAGE_SIZE);
	return read_virtual(source, address, page);
}

/* Memory that came or went shows in the headers when it is opened anew. */
static void refresh(struct source *source)
{
	struct kcore *kcore = source->private, fresh;

	forget_tables(kcore);
	if (!open_file(&fresh, source->live, NULL)) {
		drop(&fresh);
		return;
	}
	fresh.root = kcore->root;
	fresh.levels = kcore->levels;
	fresh.encryption_mask = kcore->encryption_mask;
	drop(kcore);
	*kcore = fresh;
}

static bool recognises(const struct source *source)
{
	return source->live;
}

static void close_kcore(struct source *source)
{
	drop(source->private);
	free(source->private);
}

const struct source_ops kcore_source_ops = {
	.name = "/proc/kcore",
	.recognises = recognises,
	.open = open_kcore,
	.read_page = read_kcore,
	.to_physical = to_physical,
	.refresh = refresh,
	.close = close_kcore,
};
