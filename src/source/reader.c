// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory that somebody else reads for us: a debugger that has the dump open already.
 *
 * A debugger hides what it does not know: it hands out zeros where a page was left out of
 * an ELF core (drgn: libdrgn/program.c, zerofill), and says of a page that it cannot read
 * not why. So the file is opened beside it where one is known. It is asked for what a
 * debugger does not tell, VMCOREINFO and the registers of the CPUs, and whether a page of
 * zeros is one; memory comes from the debugger alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/paging.h"
#include "source/translate.h"
#include "source/vmcoreinfo.h"

#define PAGE_SIZE_MAX 65536

struct reader {
	struct source_reader lent;
	struct source *beside;		/* the file; NULL: none is known */
	uint32_t page_size;		/* bytes, of the kernel's pages */
	unsigned char page[PAGE_SIZE_MAX], other_page[PAGE_SIZE_MAX];
};

static bool all_zeros(const struct reader *reader, const unsigned char *page)
{
	return !page[0] && !memcmp(page, page + 1, reader->page_size - 1);
}

static bool lent_read(const struct reader *reader, enum address_space space, uint64_t address,
		      void *page)
{
	return reader->lent.read(reader->lent.data, space, address, page, reader->page_size);
}

/* Why there are no bytes; of zeros READ_OK, when it is zeros that are there. */
static enum read_status ask_file(struct reader *reader, uint64_t physical, bool read)
{
	enum read_status status;

	if (!reader->beside)
		return read && !reader->lent.doubtful_zeros ? READ_OK : READ_EXCLUDED;
	status = source_read_page(reader->beside, ADDRESS_PHYSICAL, physical, reader->page);
	return status == READ_OK && !read ? READ_EXCLUDED : status;
}

static enum read_status read_physical(struct reader *reader, uint64_t address, void *page)
{
	bool read = lent_read(reader, ADDRESS_PHYSICAL, address, page);

	return read && !all_zeros(reader, page) ? READ_OK : ask_file(reader, address, read);
}

/*
 * What the debugger does not read at a virtual address, the page tables may lead to: drgn
 * 0.0.22 cannot walk those of a QEMU dump. Zeros must be at a physical address.
 */
static enum read_status read_virtual(struct source *source, uint64_t address, void *page)
{
	struct reader *reader = source->private;
	bool read = lent_read(reader, ADDRESS_VIRTUAL, address, page);
	enum read_status status;

	if (read && !all_zeros(reader, page))
		return READ_OK;
	if (!source->translation)
		return read && !reader->lent.doubtful_zeros ? READ_OK : READ_EXCLUDED;
	status = source_to_physical(source, ADDRESS_VIRTUAL, &address);
	return status == READ_OK ? read_physical(reader, address, page) : status;
}

static enum read_status read_reader(struct source *source, enum address_space space,
				    uint64_t address, void *page)
{
	if (space == ADDRESS_PHYSICAL)
		return read_physical(source->private, address, page);
	return read_virtual(source, address, page);
}

/* Page tables are remembered there. */
static void refresh(struct source *source)
{
	struct translation *fresh;

	if (!source->facts.live || !source->translation)
		return;
	fresh = translation_new(source, source->vmcoreinfo, NULL);
	if (!fresh)
		return;
	translation_free(source->translation);
	source->translation = fresh;
}

static void close_reader(struct source *source)
{
	struct reader *reader = source->private;

	source_close(reader->beside);
	free(reader);
}

static const struct source_ops reader_source_ops = {
	.name = "reader",
	.read_page = read_reader,
	.refresh = refresh,
	.close = close_reader,
};

/* ------------------------------------------------------------------------ open */

/* Does the debugger show at this virtual address what is in the file? */
static bool same_page(struct reader *reader, uint64_t address, bool *compared)
{
	unsigned char *page = reader->other_page;

	if (source_to_physical(reader->beside, ADDRESS_VIRTUAL, &address) != READ_OK ||
	    source_read_page(reader->beside, ADDRESS_PHYSICAL, address, reader->page) != READ_OK)
		return true;
	*compared = true;
	address &= ~(uint64_t)(reader->page_size - 1);
	return lent_read(reader, ADDRESS_PHYSICAL, address, page) &&
	       !memcmp(page, reader->page, reader->page_size);
}

/*
 * What VMCOREINFO names is in some ten pages of the kernel's data, with addresses, times
 * and counts of its log among it, that are the same in no two dumps.
 */
static bool same_memory(struct reader *reader)
{
	const char *line = reader->beside->vmcoreinfo;
	bool compared = false;

	if (reader->lent.live)
		return true;
	while ((line = strstr(line, "SYMBOL("))) {
		line += strcspn(line, "=\n");
		if (*line == '=' && !same_page(reader, strtoull(line + 1, NULL, 16), &compared))
			return false;
	}
	return compared;
}

static bool fits(struct reader *reader)
{
	const struct source_facts *facts = &reader->beside->facts;

	if (strcmp(facts->architecture, reader->lent.architecture) ||
	    facts->page_size > PAGE_SIZE_MAX)
		return false;
	reader->page_size = facts->page_size;
	return same_memory(reader);
}

static void open_beside(struct reader *reader, const char *file)
{
	const struct source_options options = { .live = reader->lent.live };

	reader->beside = source_open(&file, 1, &options, NULL);
	if (!reader->beside || fits(reader))
		return;
	source_close(reader->beside);
	reader->beside = NULL;
}

static void find_beside(struct reader *reader)
{
	for (size_t i = 0; i < reader->lent.file_count && !reader->beside; i++)
		open_beside(reader, reader->lent.files[i]);
}

static bool take_vmcoreinfo(struct source *source, struct error *err)
{
	struct reader *reader = source->private;
	const char *text = reader->beside ? reader->beside->vmcoreinfo : reader->lent.vmcoreinfo;

	if (!text)
		return error_set(err, ERROR_INPUT, "%s does not tell the VMCOREINFO of this "
				 "kernel, and no file is known that has it; name the dump",
				 reader->lent.name);
	if (!reader->beside)
		reader->page_size = vmcoreinfo_page_size(text);
	if (!reader->page_size)
		return error_set(err, ERROR_INPUT, "the VMCOREINFO that %s tells has no PAGESIZE: "
				 "it is damaged; name the dump", reader->lent.name);
	source->vmcoreinfo = strdup(text);
	return source->vmcoreinfo || error_set(err, ERROR_SYSTEM, "out of memory");
}

static void describe(struct source *source)
{
	struct reader *reader = source->private;
	struct source_facts *facts = &source->facts;

	facts->page_size = reader->page_size;
	facts->dump_level = -1;
	if (reader->beside) {
		*facts = reader->beside->facts;
		/* registers are read from there as well */
		source->notes = reader->beside->notes;
		reader->beside->notes = (struct notes){ 0 };
	}
	if (!reader->beside)
		strcpy(facts->format, "memory");
	snprintf(facts->architecture, sizeof(facts->architecture), "%s", reader->lent.architecture);
	facts->vmcoreinfo = source->vmcoreinfo;
	facts->live = reader->lent.live;
}

/* Without usable page tables there is what the debugger itself finds. */
static void begin_translation(struct source *source)
{
	uint64_t tables;

	source->translation = translation_new(source, source->vmcoreinfo, NULL);
	if (!source->translation)
		return;
	if (!vmcoreinfo_number(source->vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables) ||
	    source_to_physical(source, ADDRESS_VIRTUAL, &tables) == READ_OK)
		return;
	translation_free(source->translation);
	source->translation = NULL;
}

/* As the other backends do: of the running kernel x86_64 alone (source/kcore.c). */
static bool check_architecture(const struct source_reader *lent, struct error *err)
{
	if (!strcmp(lent->architecture, paging_x86_64.architecture))
		return true;
	if (strcmp(lent->architecture, paging_arm64.architecture))
		return error_set(err, ERROR_INPUT, "memory of a machine of architecture %.31s; "
				 "only x86_64 and aarch64 can be read", lent->architecture);
	return !lent->live ||
	       error_set(err, ERROR_INPUT, "the running kernel of an aarch64 machine cannot be "
			 "read, only dumps of it; on the machine itself, make one");
}

static bool open_reader(struct source *source, const struct source_reader *lent,
			struct error *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	reader->lent = *lent;
	source->private = reader;
	source->ops = &reader_source_ops;
	if (!check_architecture(lent, err))
		return false;
	find_beside(reader);
	if (!take_vmcoreinfo(source, err))
		return false;
	describe(source);
	begin_translation(source);
	return true;
}

struct source *source_open_reader(const struct source_reader *reader, struct error *err)
{
	struct source *source = calloc(1, sizeof(*source));

	if (!source) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	if (!open_reader(source, reader, err)) {
		source_close(source);
		return NULL;
	}
	return source;
}
