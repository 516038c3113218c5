/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clean dump, and wrong words laid over it. Nothing is written to the file. */
#ifndef KSWAPCK_INJECT_SCENE_H
#define KSWAPCK_INJECT_SCENE_H

#include "audit/catalogue.h"
#include "command/dump.h"

#define EXPECTATIONS_MAX 16

/* A finding that the audit must make: its problem, its slots, a part of its detail. */
struct expectation {
	const char *id;		/* "KS101" */
	uint64_t first_slot;
	uint64_t slots;		/* 0: a finding of no slot */
	const char *detail;
	bool met;
};

/* The clean dump and what one fault kind did to it. */
struct scene {
	struct dump dump;
	const struct kernel *kernel;
	struct catalogue catalogue;	/* the checks that run */
	uint64_t *words;		/* of all kernel stacks and registers, sorted */
	size_t word_count;
	const char *skip;		/* why this dump has no place for the fault */
	bool failed;			/* a word could not be laid */
	struct expectation expected[EXPECTATIONS_MAX];
	size_t expected_count;
	bool expected_any_slot;		/* first_slot of the expected does not matter */
	uint64_t random;		/* for scene_place(); 0: the first place that fits */
	bool sweep;			/* look for owners too; else what is laid over swap_map
					   need not agree with page tables */
	bool tables_moving;		/* some task has page tables out of their trees */
	bool lost_mark;			/* noise.c: have the stacks asked */
	uint64_t in_motion;		/* slots that must be counted as in motion, at least */
	uint64_t unverified;		/* slots that must be counted as not judged, at least */
	uint64_t unseen;		/* slots whose counts must be told as not readable */
};

/** scene_lab_path - where the lab keeps a dump: see tests/lab/kswapck_lab/cache.py. */
void scene_lab_path(const char *name, char *path, size_t size);

bool scene_open(struct scene *scene, const char *path, struct error *err);
void scene_close(struct scene *scene);
/** scene_reset - the clean dump again, nothing expected. */
void scene_reset(struct scene *scene);

/**
 * scene_place - where to begin to look, of @count places, which are not 0. The same each time
 * while one fault is laid: who looks twice finds the same.
 */
uint64_t scene_place(const struct scene *scene, uint64_t count);

/** skip - there is nothing to spoil in this dump; returns false. */
bool skip(struct scene *scene, const char *why);

/** expect - the audit must find this; whatever it finds besides is an error. */
void expect(struct scene *scene, const char *id, uint64_t first_slot, uint64_t slots,
	    const char *detail);

/**
 * lay_physical - 8 bytes at a physical address, also for reads through the direct map.
 */
void lay_physical(struct scene *scene, uint64_t address, uint64_t value);
/* Lay a value over memory; @size is 1, 2, 4 or 8 bytes. */
void lay(struct scene *scene, uint64_t address, unsigned int size, uint64_t value);
/** lay_added - what stands there now, overlays included, plus @difference. */
void lay_added(struct scene *scene, uint64_t address, unsigned int size, int64_t difference);
/** lay_field - a field of the object at @address. */
void lay_field(struct scene *scene, uint64_t address, struct field field, uint64_t value);
/** lay_page - a field of the struct page at @page. */
void lay_page(struct scene *scene, uint64_t page, enum kswapck_page_field field, uint64_t value);
/** peek - what stands there now; 0 with scene->failed if not readable. */
uint64_t peek(struct scene *scene, uint64_t address, unsigned int size);

/**
 * task_has - is a word between @first and @last on some task's stack? That may hide
 * a lost mark.
 */
bool task_has(const struct scene *scene, uint64_t first, uint64_t last);

#endif
