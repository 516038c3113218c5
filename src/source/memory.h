/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of the dumped kernel: any address, any length, through a page cache.
 *
 * The cache is a hash of whole pages, so that each page is read once and a struct
 * page costs a few nanoseconds. Not thread-safe: one memory a thread.
 */
#ifndef KSWAPCK_MEMORY_H
#define KSWAPCK_MEMORY_H

#include "source/source.h"

struct memory;

/**
 * memory_new - a page cache in front of @source, which must outlive it.
 * @cache_bytes: upper bound of the cache; 0 takes the default. The memory is
 * used only as pages come in.
 */
struct memory *memory_new(struct source *source, size_t cache_bytes);
void memory_free(struct memory *memory);

/**
 * memory_new_for_search - the same for who looks at much and needs little of it: what is
 * read by it is not recorded (source_record()). It has no overlays and no guard.
 * @memory: of the same source.
 */
struct memory *memory_new_for_search(const struct memory *memory);

/**
 * memory_new_for_thread - the same for another thread, with a source of its own. Pages that
 * cannot be read are counted in the statistics of @memory, once if both ask for them; those
 * that were read are added when it is freed, which is when the thread has ended.
 * @memory: must outlive it; without overlays. Its guard is not taken over.
 * @source: a source_copy() of that of @memory.
 */
struct memory *memory_new_for_thread(struct memory *memory, struct source *source,
				     size_t cache_bytes);

/** memory_has_overlays - does it show what is not in the dump? */
bool memory_has_overlays(const struct memory *memory);

/**
 * memory_forget - forget all cached pages, and look anew where memory is: what a running
 * kernel holds may have changed. Overlays stay.
 */
void memory_forget(struct memory *memory);

/**
 * What may not be read: true when the page at @physical is known to hold no data of the
 * kernel. It may read @memory: those reads are not guarded.
 */
typedef bool memory_guard_fn(void *data, uint64_t physical);

/**
 * memory_guard - from now on refuse the pages that @refuses, with READ_FOREIGN, be they in
 * the dump or not.
 * @refuses: NULL: refuse none.
 *
 * What was cached is forgotten if this changes anything.
 */
void memory_guard(struct memory *memory, memory_guard_fn *refuses, void *data);

/** memory_is_guarded - does memory_guard() refuse pages at present? */
bool memory_is_guarded(const struct memory *memory);

/** memory_read - copy @length bytes at kernel virtual @address to @buffer. */
enum read_status memory_read(struct memory *memory, uint64_t address,
			     void *buffer, size_t length);

/**
 * memory_read_once - the same of a long table that nobody will read again: its pages go to
 * @buffer without a stay in the cache, where they would drive out others.
 */
enum read_status memory_read_once(struct memory *memory, uint64_t address, void *buffer,
				  size_t length);

/**
 * memory_bring - have the pages from @address on in the cache, all of which are about to be
 * read: where they lie side by side in the dump, that takes one read.
 * @length: bytes; MEMORY_BRING_MAX at most are brought.
 *
 * If the first one is in the cache, the others are taken to be as well.
 */
void memory_bring(struct memory *memory, uint64_t address, uint64_t length);

#define MEMORY_BRING_MAX (UINT64_C(32) << 10)

/** memory_read_physical - the same at a physical address. */
enum read_status memory_read_physical(struct memory *memory, uint64_t address,
				      void *buffer, size_t length);

/**
 * memory_physical - where is the kernel virtual @address in RAM?
 *
 * Return: READ_OK with *@physical set, or why the page tables do not tell.
 */
enum read_status memory_physical(struct memory *memory, uint64_t address, uint64_t *physical);

/**
 * memory_map - look at bytes in the cache without copying.
 * @address, @length: must lie within one page.
 *
 * Return: a pointer that stays good until the next call on @memory; NULL when
 * the page cannot be read, with the reason in *@status (may be NULL).
 */
const void *memory_map(struct memory *memory, uint64_t address, size_t length,
		       enum read_status *status);

/** memory_map_physical - the same at a physical address. */
const void *memory_map_physical(struct memory *memory, uint64_t address, size_t length,
				enum read_status *status);

/* Little-endian integers at kernel virtual addresses (x86_64 and arm64 dumps). */
enum read_status memory_read_u8(struct memory *memory, uint64_t address, uint8_t *value);
enum read_status memory_read_u16(struct memory *memory, uint64_t address, uint16_t *value);
enum read_status memory_read_u32(struct memory *memory, uint64_t address, uint32_t *value);
enum read_status memory_read_u64(struct memory *memory, uint64_t address, uint64_t *value);

/**
 * memory_read_string - copy a C string, at most @size - 1 bytes, always
 * terminated; it may be cut.
 */
enum read_status memory_read_string(struct memory *memory, uint64_t address,
				    char *buffer, size_t size);

/**
 * memory_overlay - let later reads see other bytes; nothing is written to the
 * dump. For tests and what-if questions: lay one wrong word over a clean dump
 * and see what is found. Any length; seen by reads of the same kind of address
 * only, virtual or physical.
 *
 * Return: false when out of memory.
 */
bool memory_overlay(struct memory *memory, uint64_t address,
		    const void *bytes, size_t length);
bool memory_overlay_physical(struct memory *memory, uint64_t address,
			     const void *bytes, size_t length);
/** memory_overlay_clear - forget all overlays (and what was cached of them). */
void memory_overlay_clear(struct memory *memory);

struct memory_statistics {
	uint64_t pages_read;			/* page reads from the source */
	uint64_t hits;				/* lookups answered by the cache */
	uint64_t failed[READ_STATUS_COUNT];	/* pages that could not be read, by status */
};
const struct memory_statistics *memory_statistics(const struct memory *memory);

#endif
