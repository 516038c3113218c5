// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/kallsyms_tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Other names of the same letters, as __func__.12 and __func__.21: at most 32 in kernels seen. */
#define STRANGERS_MAX 256

bool kallsyms_unreadable(struct error *err, const char *what, uint64_t address,
			 enum read_status status)
{
	return error_set(err, ERROR_UNREADABLE, "%s at 0x%" PRIx64 ": %s", what, address,
			 read_status_text(status));
}

bool kallsyms_no_memory(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "out of memory for the kernel's symbols");
}

/* The type letter, as in nm(1). */
static char type_of(const struct kallsyms *kallsyms, uint32_t symbol)
{
	uint32_t at = kallsyms->name_offset[symbol];

	name_length(kallsyms->names, &at, kallsyms->length_rule);
	return kallsyms->token[kallsyms->names[at]].text[0];
}

/* Expand the name without its type letter; cut to @size. */
static void expand(const struct kallsyms *kallsyms, uint32_t symbol,
		   char *name, size_t size)
{
	uint32_t at = kallsyms->name_offset[symbol];
	uint32_t end = name_length(kallsyms->names, &at, kallsyms->length_rule);
	bool type_seen = false;
	size_t used = 0;

	for (end += at; at < end && used + 1 < size; at++) {
		const struct token *token = &kallsyms->token[kallsyms->names[at]];
		size_t skip = !type_seen && token->length;
		size_t length = token->length - skip;

		type_seen = type_seen || skip;
		if (length > size - 1 - used)
			length = size - 1 - used;
		memcpy(name + used, token->text + skip, length);
		used += length;
	}
	if (size)
		name[used] = '\0';
	if (size && kallsyms->lto) {
		char *suffix = strstr(name, SYMBOLS_LTO_SUFFIX);

		if (suffix)
			*suffix = '\0';
	}
}

static uint64_t hash_of_letters(const struct kallsyms *kallsyms, uint32_t symbol)
{
	char name[2 * KALLSYMS_TOKEN_MAX];

	expand(kallsyms, symbol, name, sizeof(name));
	return name_hash(name);
}

/* The type letter, which is a capital for global symbols: of equal names they come first. */
static uint32_t global_mark(char type)
{
	return type >= 'A' && type <= 'Z' ? NAME_FIRST : 0;
}

/* So many bytes of names that their sums stay near the processor. */
#define SUMS_BLOCK 4096u

/*
 * The sum of the hashes of all tokens in front of a byte of the names. A loop over the codes of
 * each name costs more for its end, which no processor can guess, than for the codes: this one
 * runs on, and the hash of a name is the difference of two sums.
 */
struct running_sum {
	const struct kallsyms *kallsyms;
	uint32_t start;			/* of the block */
	uint32_t end;
	uint64_t sums[SUMS_BLOCK + 1];
};

static void next_block(struct running_sum *running)
{
	const struct kallsyms *kallsyms = running->kallsyms;
	size_t length = kallsyms->names_size - running->end, i;
	const uint8_t *codes = kallsyms->names + running->end;
	uint64_t sum = running->sums[running->end - running->start];

	if (length > SUMS_BLOCK)
		length = SUMS_BLOCK;
	for (i = 0; i < length; i++) {
		running->sums[i] = sum;
		sum += kallsyms->token_hash[codes[i]];
	}
	running->sums[length] = sum;
	running->start = running->end;
	running->end += (uint32_t)length;
}

/* @at: within the names or their end, and never less than before. */
static uint64_t sum_until(struct running_sum *running, uint32_t at)
{
	while (at > running->end)
		next_block(running);
	return running->sums[at - running->start];
}

/* 0: the name was taken out. */
static uint32_t tag_of(const struct kallsyms *kallsyms, uint32_t symbol,
		       struct running_sum *running)
{
	uint32_t at = kallsyms->name_offset[symbol], end = kallsyms->name_offset[symbol + 1];
	uint64_t before, hash;
	char type = '\0';

	name_length(kallsyms->names, &at, kallsyms->length_rule);
	before = sum_until(running, at);
	hash = sum_until(running, end) - before;
	while (at < end && !kallsyms->token[kallsyms->names[at]].length)
		at++;
	if (at < end) {
		type = kallsyms->token[kallsyms->names[at]].text[0];
		hash -= name_hash_letter((unsigned char)type);
	}
	if (type == KALLSYMS_BLANK)
		return 0;
	return global_mark(type) |
	       name_tag(kallsyms->lto ? hash_of_letters(kallsyms, symbol) : hash);
}

static bool build_index(struct kallsyms *kallsyms, struct error *err)
{
	bool room = name_table_reserve(&kallsyms->index, kallsyms->count);
	struct running_sum running;
	uint32_t i;

	running.kallsyms = kallsyms;
	running.start = running.end = 0;
	running.sums[0] = 0;
	for (i = 0; room && i < kallsyms->count; i++)
		kallsyms->index.tags[i] = tag_of(kallsyms, i, &running);
	if (!room || !name_table_fill(&kallsyms->index, kallsyms->count))
		return kallsyms_no_memory(err);
	return kallsyms->index.together <= NAMES_TOGETHER_MAX ||
	       error_set(err, ERROR_INPUT, "kallsyms at 0x%" PRIx64 " is damaged: too many names "
			 "are equal", kallsyms->names_address);
}

bool kallsyms_find(const struct kallsyms *kallsyms, const char *name,
		   size_t *cursor, uint32_t *symbol)
{
	uint64_t hash = name_hash(name);
	char found[2 * KALLSYMS_TOKEN_MAX];
	unsigned int strangers = 0;

	while (strangers < STRANGERS_MAX &&
	       name_table_next(&kallsyms->index, hash, cursor, symbol)) {
		expand(kallsyms, *symbol, found, sizeof(found));
		if (!strcmp(found, name))
			return true;
		strangers++;
	}
	return false;
}

static int compare_by_address(const void *left, const void *right, void *context)
{
	const struct kallsyms *kallsyms = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	uint64_t address_a = kallsyms_address(kallsyms, a);
	uint64_t address_b = kallsyms_address(kallsyms, b);

	if (address_a != address_b)
		return address_a < address_b ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* The tables are sorted by address; a damaged one may not be. */
static bool sort_addresses(struct kallsyms *kallsyms, struct error *err)
{
	uint64_t before = 0, address;
	uint32_t i;

	for (i = 0; i < kallsyms->count; i++, before = address) {
		address = kallsyms_address(kallsyms, i);
		if (before > address)
			break;
	}
	if (i >= kallsyms->count)
		return true;
	kallsyms->order = malloc(kallsyms->count * sizeof(*kallsyms->order));
	if (!kallsyms->order)
		return kallsyms_no_memory(err);
	for (i = 0; i < kallsyms->count; i++)
		kallsyms->order[i] = i;
	qsort_r(kallsyms->order, kallsyms->count, sizeof(*kallsyms->order),
		compare_by_address, kallsyms);
	return true;
}

static bool kallsyms_lookup(struct symbols *symbols, const char *name, uint64_t *address)
{
	struct kallsyms *kallsyms = (struct kallsyms *)symbols;
	size_t cursor = 0;
	uint32_t symbol;

	/* a global one before others of that name */
	if (!kallsyms_find(kallsyms, name, &cursor, &symbol))
		return false;
	*address = kallsyms_address(kallsyms, symbol);
	return true;
}

static uint32_t symbol_at(const struct kallsyms *kallsyms, uint32_t position)
{
	return kallsyms->order ? kallsyms->order[position] : position;
}

/* Of several names of one address take the first, as the kernel does. */
static bool kallsyms_nearest(struct symbols *symbols, uint64_t address,
			     char *name, size_t size, uint64_t *offset)
{
	struct kallsyms *kallsyms = (struct kallsyms *)symbols;
	uint32_t low = 0, high = kallsyms->count;
	uint64_t last, found;

	last = kallsyms_address(kallsyms, symbol_at(kallsyms, kallsyms->count - 1));
	if (address > last && address - last >= SYMBOLS_SLACK)
		return false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (kallsyms_address(kallsyms, symbol_at(kallsyms, middle)) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	found = kallsyms_address(kallsyms, symbol_at(kallsyms, --low));
	if (found < SYMBOLS_KERNEL_HALF)
		return false;
	while (low && kallsyms_address(kallsyms, symbol_at(kallsyms, low - 1)) == found)
		low--;
	expand(kallsyms, symbol_at(kallsyms, low), name, size);
	*offset = address - found;
	return true;
}

static void kallsyms_each(struct symbols *symbols, symbol_visit_fn *visit, void *data)
{
	struct kallsyms *kallsyms = (struct kallsyms *)symbols;
	char name[2 * KALLSYMS_TOKEN_MAX];
	uint32_t i;

	for (i = 0; i < kallsyms->count; i++) {
		if (type_of(kallsyms, i) == KALLSYMS_BLANK)
			continue;
		expand(kallsyms, i, name, sizeof(name));
		if (!visit(data, name, kallsyms_address(kallsyms, i)))
			break;
	}
}

static void kallsyms_close(struct symbols *symbols)
{
	struct kallsyms *kallsyms = (struct kallsyms *)symbols;

	name_table_free(&kallsyms->index);
	free(kallsyms->token_text);
	free(kallsyms->order);
	free(kallsyms->value);
	free(kallsyms->name_offset);
	free(kallsyms->names);
	free(kallsyms);
}

static const struct symbols_ops kallsyms_ops = {
	.name = "kallsyms in the dump",
	.lookup = kallsyms_lookup,
	.nearest = kallsyms_nearest,
	.each = kallsyms_each,
	.close = kallsyms_close,
};

/* ------------------------------------------------------------------ blanking names */

bool kallsyms_tables(const struct symbols *symbols, struct symbol_tables *tables)
{
	const struct kallsyms *kallsyms = (const struct kallsyms *)symbols;

	if (symbols->ops != &kallsyms_ops)
		return false;
	*tables = (struct symbol_tables){
		.names = kallsyms->names_address,
		.names_size = kallsyms->names_size,
		.values = kallsyms->values.address,
		.values_size = (uint64_t)kallsyms->count * kallsyms->values.width,
	};
	return true;
}

/* The code that stands for @character and nothing else; -1: there is none. */
static int code_of(const struct kallsyms *kallsyms, char character)
{
	unsigned int i;

	for (i = 0; i < KALLSYMS_TOKENS; i++)
		if (kallsyms->token[i].length == 1 && kallsyms->token[i].text[0] == character)
			return (int)i;
	return -1;
}

/* The address of the symbol before, which is therefore the name of both. */
static void repeat_value(const struct kallsyms *kallsyms, uint32_t symbol, unsigned char *values)
{
	uint32_t width = kallsyms->values.width, offset;
	unsigned char *value = values + (size_t)symbol * width;

	memcpy(value, value - width, width);
	if (kallsyms->value_rule != VALUE_PLACE_RELATIVE)
		return;
	memcpy(&offset, value, sizeof(offset));
	offset -= width;
	memcpy(value, &offset, sizeof(offset));
}

void kallsyms_blank(const struct symbols *symbols, bool (*blank)(char type, const char *name),
		    unsigned char *names, unsigned char *values)
{
	const struct kallsyms *kallsyms = (const struct kallsyms *)symbols;
	int code = code_of(kallsyms, KALLSYMS_BLANK);
	char name[2 * KALLSYMS_TOKEN_MAX];
	uint32_t i, at, length;

	/* all names are in order only if the addresses are */
	for (i = 1; code >= 0 && !kallsyms->order && i < kallsyms->count; i++) {
		expand(kallsyms, i, name, sizeof(name));
		if (!blank(type_of(kallsyms, i), name))
			continue;
		at = kallsyms->name_offset[i];
		length = name_length(kallsyms->names, &at, kallsyms->length_rule);
		memset(names + at, code, length);
		repeat_value(kallsyms, i, values);
	}
}

struct symbols *kallsyms_open(struct memory *memory, const struct kallsyms_place *place,
			      const char *vmcoreinfo, struct error *err)
{
	struct kallsyms *kallsyms;

	if (!place->count || place->count > KALLSYMS_COUNT_MAX) {
		error_set(err, ERROR_INPUT, "kallsyms_num_syms is damaged: %" PRIu32
			  " symbols", place->count);
		return NULL;
	}
	kallsyms = calloc(1, sizeof(*kallsyms));
	if (!kallsyms) {
		kallsyms_no_memory(err);
		return NULL;
	}
	kallsyms->base.ops = &kallsyms_ops;
	kallsyms->count = place->count;
	kallsyms->names_address = place->names;
	if (!kallsyms_read_tokens(kallsyms, memory, place, err) ||
	    !kallsyms_read_names(kallsyms, memory, place, err) ||
	    !build_index(kallsyms, err) ||
	    !kallsyms_read_addresses(kallsyms, memory, place, vmcoreinfo, err) ||
	    !sort_addresses(kallsyms, err)) {
		kallsyms_close(&kallsyms->base);
		return NULL;
	}
	return &kallsyms->base;
}
