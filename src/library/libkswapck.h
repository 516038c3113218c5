/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkswapck: the audit of kswapck for a debugger that has a dump, or the running kernel,
 * open already and lends its memory. The Python module kswapck is written on it.
 *
 * Results are documents, the same that the program writes, by their versioned schemas
 * (kswapck-scan.schema.json, kswapck-explain.schema.json): there are no structures here
 * that could change.
 *
 * Nothing is printed, no signal is caught and nothing is global: any number of audits may
 * go on at once, each in one thread at a time. Addresses and numbers are of the
 * dumped kernel, lengths are bytes.
 */
#ifndef LIBKSWAPCK_H
#define LIBKSWAPCK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of struct libkswapck_memory and struct libkswapck_wishes; the soname follows it. */
#define LIBKSWAPCK_ABI 0

#pragma GCC visibility push(default)

enum libkswapck_answer {
	LIBKSWAPCK_STOP = -1,		/* stop: nothing more is asked for */
	LIBKSWAPCK_UNREADABLE = 0,
	LIBKSWAPCK_READ = 1,
};

enum libkswapck_kind {
	LIBKSWAPCK_LIVE		= 1 << 0,	/* it goes on while it is read */
	LIBKSWAPCK_LOCAL	= 1 << 1,	/* and is the kernel that runs this program */
	/* where none of the files is known to tell, a page of zeros may be one that is not there */
	LIBKSWAPCK_DOUBTFUL_ZEROS = 1 << 2,
};

/** Whose memory it is, and how to read it. Lent until libkswapck_close(). */
struct libkswapck_memory {
	size_t size;			/* of this struct */
	const char *name;		/* of who reads, for reports: "drgn 0.0.22" */
	const char *architecture;	/* "x86_64" or "aarch64" */
	unsigned int kind;		/* a sum of enum libkswapck_kind */
	void *data;			/* given to the functions */
	/**
	 * Read @length bytes, that lie in one page, into @buffer. Never zeros for what is
	 * not there: that is LIBKSWAPCK_UNREADABLE.
	 * @physical: is it a physical @address, or one of the kernel's address space?
	 */
	enum libkswapck_answer (*read)(void *data, int physical, uint64_t address,
				       void *buffer, size_t length);
	/** Is it time to stop? Called often; NULL: never. */
	int (*stop)(void *data);
	const char *vmcoreinfo;		/* its text; NULL if it is not known */
	/*
	 * Dumps that may be the one that is read; the list ends with NULL. One that holds the same
	 * memory is asked for VMCOREINFO, registers, and what was left out of it.
	 */
	const char *const *files;
	const char *vmlinux;		/* NULL: the dump tells symbols and types itself */
};

enum libkswapck_part {
	LIBKSWAPCK_SCAN		= 1 << 0,	/* the findings */
	LIBKSWAPCK_EXPLAIN	= 1 << 1,	/* the story */
	LIBKSWAPCK_TEXT		= 1 << 2,	/* for people; else JSON */
	LIBKSWAPCK_NO_SWEEP	= 1 << 3,	/* leave out page tables and shared memory */
};

struct libkswapck_wishes {
	size_t size;			/* of this struct */
	unsigned int parts;		/* a sum of enum libkswapck_part */
	unsigned int max_findings;	/* of each problem, in text; 0: all */
	unsigned int columns;		/* of text; 0: 100 */
	unsigned int confirm;		/* live: fresh audits that a finding must hold in */
};

/** A kernel being looked at. */
struct libkswapck;

/** libkswapck_version - of kswapck: "0.1.0". */
const char *libkswapck_version(void);

/**
 * libkswapck_open - identify the kernel in @memory, its symbols and its types.
 * @error: gets one line when it fails: what, where, and what to do.
 * @error_size: bytes of it.
 *
 * Return: to be closed with libkswapck_close(); NULL on failure.
 */
struct libkswapck *libkswapck_open(const struct libkswapck_memory *memory, char *error,
				   size_t error_size);
void libkswapck_close(struct libkswapck *kswapck);	/* NULL is fine */

/**
 * libkswapck_report - audit all swap devices and write a document.
 *
 * LIBKSWAPCK_SCAN alone is kswapck-scan/1, LIBKSWAPCK_EXPLAIN alone kswapck-explain/1; with
 * both, the first has the second as its member "explain". An audit that was stopped says
 * so in it. Each call reads anew what a live kernel holds.
 *
 * Return: the document, in UTF-8, to be freed with libkswapck_free(); NULL on failure,
 * with @error set as by libkswapck_open().
 */
char *libkswapck_report(struct libkswapck *kswapck, const struct libkswapck_wishes *wishes,
			char *error, size_t error_size);
void libkswapck_free(char *document);	/* NULL is fine */

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
