/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the backends of src/source share. Nobody above includes this.
 *
 * A backend is one file that ends in one const struct source_ops; source.c holds
 * the array of them and takes the first that recognises what was opened. What a
 * header says (struct elf_headers, struct diskdump_set), the notes and the page
 * tables are read once, by the same code for all backends: a backend's own work
 * is to bring one physical page.
 */
#ifndef KSWAPCK_SOURCE_BACKEND_H
#define KSWAPCK_SOURCE_BACKEND_H

#include "source/diskdump_headers.h"
#include "source/elf_headers.h"
#include "source/file.h"
#include "source/notes.h"
#include "source/source.h"

struct translation;

struct source_ops {
	const char *name;

	/* Files are open and their headers are read: is this one for us? */
	bool (*recognises)(const struct source *source);

	/* Fill source->private. On failure nothing stays behind. */
	bool (*open)(struct source *source, struct error *err);

	/* As source_read_page(). @address is page aligned. */
	enum read_status (*read_page)(struct source *source, enum address_space space,
				      uint64_t address, void *page);

	/* As source_read_row(), of physical pages. NULL: one by one is as good. */
	size_t (*read_row)(struct source *source, uint64_t physical, void *const *pages,
			   size_t count);

	/* Where a virtual address is in RAM. NULL: struct translation tells. */
	enum read_status (*to_physical)(struct source *source, uint64_t *address);

	/* As source_refresh(); NULL: a file that does not change. */
	void (*refresh)(struct source *source);

	/*
	 * @copy has everything of another source: make of its own what a thread changes while
	 * it reads. False: out of memory. NULL: there can be but one.
	 */
	bool (*copy)(struct source *copy);

	void (*close)(struct source *source);
};

struct source {
	const struct source_ops *ops;
	void *private;			/* the backend's own */
	struct source_facts facts;

	const char *live;		/* path of a /proc/kcore; then there are no files */
	struct file **files;		/* split set: in the order of their pages */
	size_t file_count;

	/*
	 * One of the two is there, by format; none if live. Of raw images it is the first,
	 * made from the addresses that the user gave.
	 */
	bool raw;
	struct elf_headers *elf;
	struct diskdump_set *diskdump;

	struct notes notes;
	char *vmcoreinfo;
	struct translation *translation;
	struct page_set *record;	/* as source_record() */
	bool copy;			/* of headers, notes and texts, nothing is its own */
};

extern const struct source_ops kcore_source_ops;	/* kcore.c */
extern const struct source_ops diskdump_source_ops;	/* diskdump.c */
extern const struct source_ops elf_source_ops;		/* elf.c */

/**
 * source_to_physical - turn an address of either space into a physical one.
 *
 * Return: READ_OK with *@address changed, or why there is no such address.
 */
enum read_status source_to_physical(struct source *source, enum address_space space,
				    uint64_t *address);

/** source_bring - read a whole physical page, and record that. @physical is page aligned. */
enum read_status source_bring(struct source *source, uint64_t physical, void *page);

/**
 * source_missing - why the file holds no bytes of a physical page: READ_EXCLUDED
 * when the machine had RAM there, READ_NOT_RAM when it had not.
 */
enum read_status source_missing(const struct source *source, uint64_t physical);

#endif
