// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/memory.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/populate.h"
#include "source/backend.h"
#include "source/failures.h"

#define DEFAULT_CACHE_BYTES (UINT64_C(8) << 20)
#define SEARCH_CACHE_BYTES  (UINT64_C(1) << 20)
#define LEAST_PAGES	    16
/* Pages come in chunks of this many: memory grows with use, with few allocations. */
#define CHUNK_PAGES 64
#define NONE	    UINT32_MAX
#define ONCE_BLOCK  ((size_t)1 << 20)

/*
 * Entries are chained by their hash. Entry i owns page i. A page that could not be
 * read has an entry too, so that the source is asked for it once.
 */
struct entry {
	uint64_t key;		/* page address | space */
	uint32_t next;		/* in the chain, or NONE */
	uint8_t status;		/* enum read_status */
	uint8_t referenced;	/* since the clock's hand passed */
};

struct overlay {
	enum address_space space;
	uint64_t address;
	size_t length;
	unsigned char *bytes;
};

struct memory {
	struct source *source;
	bool for_search;
	uint64_t page_size;
	unsigned int page_shift;

	struct entry *entries;
	uint32_t capacity;
	uint32_t count;		/* entries in use are [0, count) */
	uint32_t hand;		/* of the clock that chooses what goes */
	/* the page that was asked for last, if it could be read: a page holds 64 struct
	   pages, and neighbours come one after the other */
	uint64_t last_key;
	const unsigned char *last_page;	/* NULL: none */
	unsigned char **chunks;
	uint32_t chunk_count;

	uint32_t *chains;	/* first entry by hash */
	unsigned int chain_shift;

	struct overlay *overlays;
	size_t overlay_count;

	memory_guard_fn *guard;
	void *guard_data;
	bool guarding;		/* the guard itself reads */

	struct failures *failures;	/* of all threads that read the dump */
	struct memory *parent;		/* whose they are; NULL: they are its own */
	struct memory_statistics statistics;
};

static unsigned int log2_floor(uint64_t number)
{
	return 63 - (unsigned int)__builtin_clzll(number);
}

/* Without a place for what fails. */
static struct memory *make(struct source *source, size_t cache_bytes)
{
	struct memory *memory = calloc(1, sizeof(*memory));
	unsigned int chain_bits;
	uint64_t pages;

	if (!memory)
		return NULL;
	memory->source = source;
	memory->page_size = source_facts(source)->page_size;
	memory->page_shift = log2_floor(memory->page_size);
	pages = (cache_bytes ? cache_bytes : DEFAULT_CACHE_BYTES) / memory->page_size;
	if (pages < LEAST_PAGES)
		pages = LEAST_PAGES;
	if (pages > NONE / 4)
		pages = NONE / 4;
	memory->capacity = (uint32_t)pages;
	chain_bits = log2_floor(pages) + 1;
	memory->chain_shift = 64 - chain_bits;
	memory->entries = calloc(pages, sizeof(*memory->entries));
	memory->chunks = calloc(pages / CHUNK_PAGES + 1, sizeof(*memory->chunks));
	memory->chains = malloc(sizeof(*memory->chains) << chain_bits);
	if (!memory->entries || !memory->chunks || !memory->chains) {
		memory_free(memory);
		return NULL;
	}
	memset(memory->chains, 0xff, sizeof(*memory->chains) << chain_bits);
	return memory;
}

struct memory *memory_new(struct source *source, size_t cache_bytes)
{
	struct memory *memory = make(source, cache_bytes);

	if (memory)
		memory->failures = failures_new(memory->statistics.failed);
	if (!memory || memory->failures)
		return memory;
	memory_free(memory);
	return NULL;
}

struct memory *memory_new_for_thread(struct memory *memory, struct source *source,
				     size_t cache_bytes)
{
	struct memory *own = make(source, cache_bytes);

	if (own) {
		own->failures = memory->failures;
		own->parent = memory;
	}
	return own;
}

bool memory_has_overlays(const struct memory *memory)
{
	return memory->overlay_count;
}

struct memory *memory_new_for_search(const struct memory *memory)
{
	struct memory *search = memory_new(memory->source, SEARCH_CACHE_BYTES);

	if (search)
		search->for_search = true;
	return search;
}

void memory_free(struct memory *memory)
{
	if (!memory)
		return;
	for (uint32_t i = 0; i < memory->chunk_count; i++)
		free(memory->chunks[i]);
	for (size_t i = 0; i < memory->overlay_count; i++)
		free(memory->overlays[i].bytes);
	if (memory->parent)
		memory->parent->statistics.pages_read += memory->statistics.pages_read;
	else
		failures_free(memory->failures);
	free(memory->overlays);
	free(memory->chunks);
	free(memory->chains);
	free(memory->entries);
	free(memory);
}

static void forget_all(struct memory *memory)
{
	memset(memory->chains, 0xff, sizeof(*memory->chains) << (64 - memory->chain_shift));
	memory->count = 0;
	memory->hand = 0;
	memory->last_page = NULL;
	if (!memory->parent)
		failures_forget(memory->failures);
}

void memory_forget(struct memory *memory)
{
	forget_all(memory);
	source_refresh(memory->source);
}

void memory_guard(struct memory *memory, memory_guard_fn *refuses, void *data)
{
	if (memory->guard != refuses || memory->guard_data != data)
		forget_all(memory);
	memory->guard = refuses;
	memory->guard_data = data;
}

bool memory_is_guarded(const struct memory *memory)
{
	return memory->guard;
}

/* Addresses are those of pages: the space has a bit that none of them needs. */
static uint64_t key_of(enum address_space space, uint64_t address)
{
	return address | space;
}

static unsigned char *page_of(const struct memory *memory, uint32_t index)
{
	return memory->chunks[index / CHUNK_PAGES] +
	       ((uint64_t)(index % CHUNK_PAGES) << memory->page_shift);
}

/* Fibonacci hashing: page addresses differ in their middle bits. */
static uint32_t *chain_of(const struct memory *memory, uint64_t key)
{
	uint64_t hash = ((key >> memory->page_shift) ^ (key & 1)) *
			UINT64_C(0x9e3779b97f4a7c15);

	return &memory->chains[hash >> memory->chain_shift];
}

static void unchain(struct memory *memory, uint32_t index)
{
	uint32_t *link = chain_of(memory, memory->entries[index].key);

	while (*link != index)
		link = &memory->entries[*link].next;
	*link = memory->entries[index].next;
}

/* Second chance: pages that were used since the hand last came by stay. */
static uint32_t evict(struct memory *memory)
{
	uint32_t index;

	while (memory->entries[memory->hand].referenced) {
		memory->entries[memory->hand].referenced = 0;
		memory->hand = (memory->hand + 1) % memory->count;
	}
	index = memory->hand;
	memory->hand = (memory->hand + 1) % memory->count;
	unchain(memory, index);
	return index;
}

static bool add_chunk(struct memory *memory)
{
	size_t size = (size_t)CHUNK_PAGES * memory->page_size;
	unsigned char *chunk = aligned_alloc(memory->page_size, size);

	if (!chunk)
		return false;
	populate(chunk, size);
	memory->chunks[memory->chunk_count++] = chunk;
	return true;
}

static uint32_t new_entry(struct memory *memory)
{
	/* A smaller cache is slower, but works. */
	if (memory->count < memory->capacity &&
	    memory->count == memory->chunk_count * CHUNK_PAGES && !add_chunk(memory))
		memory->capacity = memory->count;
	if (memory->count < memory->capacity)
		return memory->count++;
	return memory->count ? evict(memory) : NONE;
}

/* Lay the overlays over a page that has just come in. */
static enum read_status apply_overlays(const struct memory *memory, enum address_space space,
				       uint64_t address, unsigned char *page,
				       enum read_status status)
{
	for (size_t i = 0; i < memory->overlay_count; i++) {
		const struct overlay *overlay = &memory->overlays[i];
		uint64_t from = overlay->address, to = from + (overlay->length - 1);
		uint64_t last = address + (memory->page_size - 1);

		if (overlay->space != space || from > last || to < address)
			continue;
		if (from < address)
			from = address;
		if (to > last)
			to = last;
		/* A page that is not in the dump is there when all of it is laid over. */
		if (from == address && to == last)
			status = READ_OK;
		memcpy(page + (from - address), overlay->bytes + (from - overlay->address),
		       to - from + 1);
	}
	return status;
}

static uint32_t find(const struct memory *memory, uint64_t key)
{
	uint32_t index = *chain_of(memory, key);

	while (index != NONE && memory->entries[index].key != key)
		index = memory->entries[index].next;
	return index;
}

/* Does the guard refuse the page? What it reads itself moves what is in the cache. */
static bool refused_at(struct memory *memory, uint64_t physical)
{
	bool refuses;

	if (!memory->guard || memory->guarding)
		return false;
	memory->guarding = true;
	refuses = memory->guard(memory->guard_data, physical);
	memory->guarding = false;
	return refuses;
}

static bool refused(struct memory *memory, enum address_space space, uint64_t address)
{
	return memory->guard && !memory->guarding &&
	       source_to_physical(memory->source, space, &address) == READ_OK &&
	       refused_at(memory, address);
}

static enum read_status read_source(struct memory *memory, enum address_space space,
				    uint64_t address, unsigned char *page)
{
	memory->statistics.pages_read++;
	return (memory->for_search ? source_peek_page : source_read_page)(memory->source, space,
									  address, page);
}

/* From now on the page is found there. */
static struct entry *chain(struct memory *memory, uint32_t index, uint64_t key)
{
	struct entry *entry = &memory->entries[index];
	uint32_t *chain = chain_of(memory, key);

	*entry = (struct entry){.key = key, .next = *chain};
	*chain = index;
	return entry;
}

static uint32_t bring_in(struct memory *memory, enum address_space space,
			 uint64_t address)
{
	bool foreign = refused(memory, space, address);
	uint32_t index = find(memory, key_of(space, address));
	enum read_status status;

	/* it may be the one that goes */
	memory->last_page = NULL;
	/* the guard itself has read it just now */
	if (index != NONE) {
		if (foreign)
			memory->entries[index].status = READ_FOREIGN;
		return index;
	}
	index = new_entry(memory);
	if (index == NONE)
		return NONE;
	if (foreign)
		status = READ_FOREIGN;
	else
		status = read_source(memory, space, address, page_of(memory, index));
	if (status != READ_OK)
		failures_add(memory->failures, key_of(space, address), status);
	if (memory->overlay_count)
		status = apply_overlays(memory, space, address, page_of(memory, index), status);
	chain(memory, index, key_of(space, address))->status = status;
	return index;
}

static bool is_absent(const struct memory *memory, uint64_t address)
{
	return find(memory, key_of(ADDRESS_VIRTUAL, address)) == NONE;
}

/*
 * Pages from @address on that are not in the cache, may be read, and follow one another from
 * *@physical on in RAM, too.
 */
static size_t count_row(struct memory *memory, uint64_t address, size_t most, uint64_t *physical)
{
	size_t allowed, count = 0;
	uint64_t place;

	*physical = 0;
	for (allowed = 0; allowed < most; allowed++) {
		place = address + allowed * memory->page_size;
		if (!is_absent(memory, place) ||
		    source_to_physical(memory->source, ADDRESS_VIRTUAL, &place) != READ_OK)
			break;
		if (!allowed)
			*physical = place;
		if (place != *physical + allowed * memory->page_size || refused_at(memory, place))
			break;
	}
	/* the guard may have read some of them itself just now */
	while (count < allowed && is_absent(memory, address + count * memory->page_size))
		count++;
	return count;
}

/* The @count pages from @address on, none of which is there. */
static void bring_row(struct memory *memory, uint64_t address, uint64_t physical, size_t count)
{
	uint32_t indices[SOURCE_ROW_MAX];
	void *pages[SOURCE_ROW_MAX];
	size_t i, room, done;

	for (room = 0; room < count; room++) {
		indices[room] = new_entry(memory);
		if (indices[room] == NONE)
			break;
		chain(memory, indices[room],
		      key_of(ADDRESS_VIRTUAL, address + room * memory->page_size))->referenced = 1;
		pages[room] = page_of(memory, indices[room]);
	}
	done = source_read_row(memory->source, physical, pages, room);
	memory->statistics.pages_read += done;
	for (i = done; i < room; i++) {
		uint64_t page = address + i * memory->page_size;
		enum read_status status = read_source(memory, ADDRESS_VIRTUAL, page, pages[i]);

		memory->entries[indices[i]].status = status;
		if (status != READ_OK)
			failures_add(memory->failures, key_of(ADDRESS_VIRTUAL, page), status);
	}
}

void memory_bring(struct memory *memory, uint64_t address, uint64_t length)
{
	size_t most = (length < MEMORY_BRING_MAX ? length : MEMORY_BRING_MAX) / memory->page_size;
	uint64_t physical;
	size_t count;

	/* overlays are laid page by page; and no row drives out what it brings */
	if (memory->overlay_count || memory->for_search || most > memory->capacity / 2 ||
	    !source_has_rows(memory->source))
		return;
	address &= ~(memory->page_size - 1);
	count = count_row(memory, address, most, &physical);
	if (count < 2)
		return;
	memory->last_page = NULL;
	bring_row(memory, address, physical, count);
}

/* The same for a page that was not the last one. */
static const unsigned char *get_other_page(struct memory *memory, enum address_space space,
					   uint64_t address, enum read_status *status)
{
	uint32_t index = find(memory, key_of(space, address));

	if (index != NONE)
		memory->statistics.hits++;
	else
		index = bring_in(memory, space, address);
	if (index == NONE) {
		*status = READ_DAMAGED;
		return NULL;
	}
	memory->entries[index].referenced = 1;
	*status = memory->entries[index].status;
	if (*status != READ_OK)
		return NULL;
	memory->last_key = key_of(space, address);
	memory->last_page = page_of(memory, index);
	return memory->last_page;
}

/* The page at a page-aligned address; NULL with *@status when there is none. */
static const unsigned char *get_page(struct memory *memory, enum address_space space,
				     uint64_t address, enum read_status *status)
{
	if (!memory->last_page || memory->last_key != key_of(space, address))
		return get_other_page(memory, space, address, status);
	memory->statistics.hits++;
	*status = READ_OK;
	return memory->last_page;
}

static enum read_status read_space(struct memory *memory, enum address_space space,
				   uint64_t address, void *buffer, size_t length)
{
	unsigned char *out = buffer;
	enum read_status status;

	/* No object of the kernel goes over the end of the address space. */
	if (length && address + (length - 1) < address)
		return READ_UNMAPPED;
	while (length) {
		uint64_t within = address & (memory->page_size - 1);
		size_t part = memory->page_size - within;
		const unsigned char *page;

		if (part > length)
			part = length;
		page = get_page(memory, space, address - within, &status);
		if (!page)
			return status;
		memcpy(out, page + within, part);
		address += part;
		out += part;
		length -= part;
	}
	return READ_OK;
}

enum read_status memory_read(struct memory *memory, uint64_t address, void *buffer,
			     size_t length)
{
	return read_space(memory, ADDRESS_VIRTUAL, address, buffer, length);
}

/* A whole page straight to @page, past the cache if it is not there. */
static enum read_status read_page_once(struct memory *memory, enum address_space space,
				       uint64_t address, unsigned char *page)
{
	uint64_t key = key_of(space, address);
	enum read_status status;

	if (memory->guard || memory->overlay_count || find(memory, key) != NONE)
		return read_space(memory, space, address, page, memory->page_size);
	status = read_source(memory, space, address, page);
	if (status != READ_OK)
		failures_add(memory->failures, key, status);
	return status;
}

/* Bytes of the pages from @address on that came to @out in a row; 0: none did. */
static size_t read_row_once(struct memory *memory, uint64_t address, unsigned char *out,
			    size_t length)
{
	size_t most = length >> memory->page_shift, count, i;
	void *pages[SOURCE_ROW_MAX];
	uint64_t physical;

	count = count_row(memory, address, most < SOURCE_ROW_MAX ? most : SOURCE_ROW_MAX,
			  &physical);
	if (count < 2)
		return 0;
	for (i = 0; i < count; i++)
		pages[i] = out + (i << memory->page_shift);
	count = source_read_row(memory->source, physical, pages, count);
	memory->statistics.pages_read += count;
	return count << memory->page_shift;
}

static enum read_status read_block_once(struct memory *memory, uint64_t address,
					unsigned char *out, size_t length)
{
	bool rows = source_has_rows(memory->source) && !memory->guard && !memory->overlay_count;
	enum read_status status = READ_OK;
	size_t part, row;

	for (; length && status == READ_OK; address += part, out += part, length -= part) {
		part = memory->page_size - (address & (memory->page_size - 1));
		if (part > length)
			part = length;
		row = rows && part == memory->page_size ?
		      read_row_once(memory, address, out, length) : 0;
		if (row)
			part = row;
		else
			status = part == memory->page_size ?
				 read_page_once(memory, ADDRESS_VIRTUAL, address, out) :
				 memory_read(memory, address, out, part);
	}
	return status;
}

enum read_status memory_read_once(struct memory *memory, uint64_t address, void *buffer,
				  size_t length)
{
	unsigned char *out = buffer;
	enum read_status status = READ_OK;
	size_t part;

	if (length && address + (length - 1) < address)
		return READ_UNMAPPED;
	/* the length may be wrong, and nothing be there: populate what is about to be read */
	for (; length && status == READ_OK; address += part, out += part, length -= part) {
		part = length < ONCE_BLOCK ? length : ONCE_BLOCK;
		populate(out, part);
		status = read_block_once(memory, address, out, part);
	}
	return status;
}

enum read_status memory_read_physical(struct memory *memory, uint64_t address,
				      void *buffer, size_t length)
{
	return read_space(memory, ADDRESS_PHYSICAL, address, buffer, length);
}

enum read_status memory_physical(struct memory *memory, uint64_t address, uint64_t *physical)
{
	*physical = address;
	return source_to_physical(memory->source, ADDRESS_VIRTUAL, physical);
}

static const void *map_space(struct memory *memory, enum address_space space, uint64_t address,
			     size_t length, enum read_status *status)
{
	uint64_t within = address & (memory->page_size - 1);
	const unsigned char *page;
	enum read_status ignored;

	if (!status)
		status = &ignored;
	if (length > memory->page_size - within) {
		*status = READ_UNMAPPED;
		return NULL;
	}
	page = get_page(memory, space, address - within, status);
	return page ? page + within : NULL;
}

const void *memory_map(struct memory *memory, uint64_t address, size_t length,
		       enum read_status *status)
{
	return map_space(memory, ADDRESS_VIRTUAL, address, length, status);
}

const void *memory_map_physical(struct memory *memory, uint64_t address, size_t length,
				enum read_status *status)
{
	return map_space(memory, ADDRESS_PHYSICAL, address, length, status);
}

enum read_status memory_read_u8(struct memory *memory, uint64_t address, uint8_t *value)
{
	return memory_read(memory, address, value, sizeof(*value));
}

enum read_status memory_read_u16(struct memory *memory, uint64_t address, uint16_t *value)
{
	uint16_t raw;
	enum read_status status = memory_read(memory, address, &raw, sizeof(raw));

	if (status == READ_OK)
		*value = le16toh(raw);
	return status;
}

enum read_status memory_read_u32(struct memory *memory, uint64_t address, uint32_t *value)
{
	uint32_t raw;
	enum read_status status = memory_read(memory, address, &raw, sizeof(raw));

	if (status == READ_OK)
		*value = le32toh(raw);
	return status;
}

enum read_status memory_read_u64(struct memory *memory, uint64_t address, uint64_t *value)
{
	uint64_t raw;
	enum read_status status = memory_read(memory, address, &raw, sizeof(raw));

	if (status == READ_OK)
		*value = le64toh(raw);
	return status;
}

enum read_status memory_read_string(struct memory *memory, uint64_t address,
				    char *buffer, size_t size)
{
	enum read_status status = READ_OK;

	if (!size)
		return READ_OK;
	while (--size) {
		uint64_t within = address & (memory->page_size - 1);
		size_t part = memory->page_size - within;
		const unsigned char *page;
		size_t length;

		page = get_page(memory, ADDRESS_VIRTUAL, address - within, &status);
		if (!page)
			break;
		if (part > size)
			part = size;
		length = strnlen((const char *)page + within, part);
		memcpy(buffer, page + within, length);
		buffer += length;
		address += length;
		size -= length - 1;
		/* The string ended, the buffer is full, or so is the address space. */
		if (length < part || size == 1 || !address)
			break;
	}
	*buffer = '\0';
	return status;
}

/* Entries of the pages below @overlay no longer hold what a read should see. */
static void forget(struct memory *memory, const struct overlay *overlay)
{
	uint64_t end = overlay->address + (overlay->length - 1);
	uint64_t first = (overlay->address & ~(memory->page_size - 1)) | overlay->space;
	uint64_t last = (end & ~(memory->page_size - 1)) | overlay->space;

	memory->last_page = NULL;
	for (uint32_t i = 0; i < memory->count; i++) {
		struct entry *entry = &memory->entries[i];

		if ((entry->key & 1) != (first & 1) || entry->key < first || entry->key > last)
			continue;
		unchain(memory, i);
		/* Off all chains' keys, but on one, so that evict() finds it there. */
		entry->key = UINT64_MAX;
		entry->referenced = 0;
		entry->next = *chain_of(memory, entry->key);
		*chain_of(memory, entry->key) = i;
	}
}

static bool overlay(struct memory *memory, enum address_space space, uint64_t address,
		    const void *bytes, size_t length)
{
	struct overlay *overlays;
	unsigned char *copy;

	if (!length)
		return true;
	if (address + (length - 1) < address)
		return false;
	overlays = realloc(memory->overlays,
			   (memory->overlay_count + 1) * sizeof(*overlays));
	if (!overlays)
		return false;
	memory->overlays = overlays;
	copy = malloc(length);
	if (!copy)
		return false;
	memcpy(copy, bytes, length);
	overlays[memory->overlay_count] = (struct overlay){ space, address, length, copy };
	forget(memory, &overlays[memory->overlay_count++]);
	return true;
}

bool memory_overlay(struct memory *memory, uint64_t address, const void *bytes,
		    size_t length)
{
	return overlay(memory, ADDRESS_VIRTUAL, address, bytes, length);
}

bool memory_overlay_physical(struct memory *memory, uint64_t address, const void *bytes,
			     size_t length)
{
	return overlay(memory, ADDRESS_PHYSICAL, address, bytes, length);
}

void memory_overlay_clear(struct memory *memory)
{
	for (size_t i = 0; i < memory->overlay_count; i++) {
		forget(memory, &memory->overlays[i]);
		free(memory->overlays[i].bytes);
	}
	free(memory->overlays);
	memory->overlays = NULL;
	memory->overlay_count = 0;
}

const struct memory_statistics *memory_statistics(const struct memory *memory)
{
	return &memory->statistics;
}
