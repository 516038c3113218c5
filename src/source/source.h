/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where bytes come from: an opened dump, whatever its format, or the running kernel.
 *
 * A source reads whole pages and never interprets them. Everybody above reads
 * through struct memory (source/memory.h), which keeps pages in a cache.
 * Each backend is one file that ends in one const struct source_ops
 * (source/backend.h); source.c holds the array of them.
 */
#ifndef KSWAPCK_SOURCE_H
#define KSWAPCK_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct paging;
struct page_set;
struct source;

enum address_space {
	ADDRESS_VIRTUAL,	/* kernel virtual address */
	ADDRESS_PHYSICAL,	/* machine physical address */
};

/*
 * Why a read gave no bytes. These are told apart because they mean different
 * things to the reader of a report: a page that makedumpfile left out is
 * unknown, never zeros.
 */
enum read_status {
	READ_OK,
	READ_EXCLUDED,		/* the machine had this page, the file has not */
	READ_NOT_RAM,		/* no RAM at this physical address */
	READ_UNMAPPED,		/* the page tables hold no such virtual address */
	READ_DAMAGED,		/* page's data not in the file or not to be unpacked, I/O error */
	READ_FOREIGN,		/* refused: memory of processes or files (memory_guard()) */
	READ_STATUS_COUNT,
};

struct source_facts {
	char format[128];	/* "ELF core", "kdump-compressed, zlib, flattened" ... */
	char architecture[32];	/* "x86_64"; empty when unknown */
	uint32_t page_size;	/* bytes */
	uint64_t ram_pages;	/* pages the machine had; 0 when unknown */
	uint64_t file_pages;	/* pages the file holds; 0 when unknown */
	int dump_level;		/* makedumpfile -d N; -1 when unknown */
	bool vmemmap_excluded;	/* header says that part of vmemmap was left out */
	bool vmcoreinfo_scanned;/* there was no note; it was found in memory */
	bool live;		/* the running kernel: what was read may have changed since */
	/* kswapck distill made this file: its version, what it was made from, what is left out */
	char distilled_by[32], distilled_from[160], distilled_without[64];	/* empty: none */
	const char *vmcoreinfo;	/* the text, NUL-terminated; owned by the source */
};

struct source_options {
	const char *architecture;	/* NULL: take it from the dump */
	bool live;	/* the one path is /proc/kcore, or a file made like it */
	bool raw;	/* each path is "FILE@ADDRESS": RAM from that physical address on */
	const int *temporary;	/* for each path the file to unpack it into, if it is compressed
				 * as a whole; -1 or NULL: none. Lent; see file_open() */
	struct page_set *record;	/* see source_record(); NULL: do not */
};

/**
 * source_open - open a dump.
 * @paths: one file, or all parts of a makedumpfile --split set, in any order.
 *
 * Checks first that the file is whole: a cut file, an INCOMPLETE header or a
 * missing part of a split set is an error here and never a page of zeros later.
 *
 * Return: the source, to be closed with source_close(); NULL with @err set
 * (ERROR_INPUT or ERROR_SYSTEM, naming the file, the place and the remedy).
 */
struct source *source_open(const char *const *paths, size_t count,
			   const struct source_options *options,
			   struct error *err);
void source_close(struct source *source);	/* NULL is fine */

/**
 * source_whole - look at all of the file that tells where pages are, for a dump that makes no
 * sense: source_open() looks at what is enough to know that it is not cut. 5 ms for 4 GiB.
 *
 * Return: false with @err set as source_open() does where the file is damaged.
 */
bool source_whole(const struct source *source, struct error *err);

/**
 * source_copy - the same dump for another thread. @source must outlive it.
 *
 * Return: NULL when out of memory, or when pages of such a source cannot be read by two: of
 * the running kernel, through a debugger, or while they are recorded.
 */
struct source *source_copy(const struct source *source);

/* Memory that somebody else reads for us: a debugger. All is lent until source_close(). */
struct source_reader {
	const char *name;		/* "drgn 0.0.22" */
	const char *architecture;
	void *data;
	/** read one whole page; false: it cannot be read */
	bool (*read)(void *data, enum address_space space, uint64_t address, void *page,
		     size_t size);
	const char *vmcoreinfo;		/* NULL: it is not known, but a file may have it */
	const char *const *files;	/* one of these may be what the debugger has open */
	size_t file_count;
	bool live;			/* the running kernel */
	bool doubtful_zeros;		/* they may stand for what is not there */
};

/**
 * source_open_reader - memory through @reader.
 *
 * The first of its files that holds the same memory tells what the debugger does not:
 * VMCOREINFO, registers, and which pages are not in it.
 *
 * Return: as source_open().
 */
struct source *source_open_reader(const struct source_reader *reader, struct error *err);

/**
 * source_refresh - memory may have come or gone since the source was opened: look anew
 * where it is. Of a dump: nothing to do.
 */
void source_refresh(struct source *source);

/**
 * source_set_prstatus - replace all register notes, of a running kernel.
 * @notes: @count of them, of @size bytes each, one after the other; copied.
 *
 * Return: false when out of memory; then there are none.
 */
bool source_set_prstatus(struct source *source, const void *notes, size_t size, size_t count);

/**
 * source_record - put each page that is read from now on into @record; NULL: no more.
 *
 * Pages that are not there are not put in. What was read to find a VMCOREINFO is left out.
 * Not for a running kernel.
 */
void source_record(struct source *source, struct page_set *record);

/**
 * source_peek_page - as source_read_page(), without a record of the page: only of the page
 * tables on the way to it.
 */
enum read_status source_peek_page(struct source *source, enum address_space space,
				  uint64_t address, void *page);

/** source_facts - what is known of the dump; lives as long as @source. */
const struct source_facts *source_facts(const struct source *source);

/** source_paging - the form of the kernel's page tables; false if that is not known. */
bool source_paging(const struct source *source, struct paging *paging);

/**
 * source_read_page - read one whole page.
 * @address: any address within the page.
 * @page: room for facts->page_size bytes; untouched bytes on failure are undefined.
 */
enum read_status source_read_page(struct source *source,
				  enum address_space space, uint64_t address,
				  void *page);

/* Pages that source_read_row() reads at once. */
#define SOURCE_ROW_MAX 16

/** source_has_rows - can source_read_row() do anything of what it is asked? */
bool source_has_rows(const struct source *source);

/**
 * source_read_row - read pages that follow one another in RAM, as far as they do so in the
 * file: in one go, where source_read_page() would take as many as there are pages.
 * @physical: address of the first; page aligned.
 * @pages: @count of them, SOURCE_ROW_MAX at most, with room for facts->page_size bytes each.
 *
 * Return: how many were read, from the first on. Of others source_read_page() tells why not,
 * or reads them; their bytes are undefined until then.
 */
size_t source_read_row(struct source *source, uint64_t physical, void *const *pages,
		       size_t count);

/**
 * source_prstatus - the register notes, in the order of the file.
 * @index: 0, 1, 2 ... this is the N-th NT_PRSTATUS note and not CPU N: CPUs that
 * did not answer have no note.
 * @size: bytes of the returned descriptor (struct elf_prstatus).
 *
 * Return: the descriptor, owned by @source; NULL when there are no more.
 */
const void *source_prstatus(const struct source *source, size_t index,
			    size_t *size);

/**
 * source_qemu_state - QEMU's own notes, struct QEMUCPUState, in the order of the
 * file, which is that of its register notes. As source_prstatus().
 */
const void *source_qemu_state(const struct source *source, size_t index, size_t *size);

/** read_status_text - "left out of the dump", "not mapped" ... */
const char *read_status_text(enum read_status status);

#endif
