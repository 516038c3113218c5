// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables, as scripts/kallsyms.c writes them:
 *
 * names	a length and that many codes per symbol, sorted by address; the
 *		first letter of the expanded name is its type as in nm(1)
 * token_table	256 C strings, one for each code
 * token_index	where each of them begins in token_table, u16
 * markers	where each 256th name begins in names, u32
 * values	addresses or offsets, see resolve_value()
 */
#include "image/kallsyms.h"
#include "image/name_index.h"
#include "image/vmcoreinfo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct token {
	const char *text;
	uint32_t length;
	uint64_t hash;
	uint64_t tail_hash;	/* without the first letter */
	uint64_t factor;	/* NAME_HASH_FACTOR to the power of length */
};

enum length_rule {
	LENGTH_ULEB,	/* 6.1 and later: bit 7 says that a second byte follows */
	LENGTH_BYTE,	/* before: one plain byte */
};

enum value_rule {
	VALUE_ABSOLUTE,
	VALUE_PLACE_RELATIVE,
	VALUE_BASE_PERCPU,
	VALUE_BASE,
	VALUE_RULES,
};

struct kallsyms {
	struct symbols base;
	uint32_t count;
	enum length_rule length_rule;
	uint8_t *names;
	size_t names_size;
	uint32_t *name_offset;	/* of the length byte in names, per symbol */
	uint64_t *address;
	uint32_t *order;	/* symbols by address; NULL: they are in order */
	char *token_text;
	struct token token[KALLSYMS_TOKENS];
	struct name_index index;
};

bool kallsyms_exported(struct memory *memory, const char *vmcoreinfo,
		       struct kallsyms_place *place, struct error *err)
{
	uint64_t count_at, values, base = 0;

	*place = (struct kallsyms_place){ 0 };
	if (!vmcoreinfo_symbol(vmcoreinfo, "kallsyms_names", &place->names) ||
	    !vmcoreinfo_symbol(vmcoreinfo, "kallsyms_num_syms", &count_at) ||
	    !vmcoreinfo_symbol(vmcoreinfo, "kallsyms_token_table", &place->token_table) ||
	    !vmcoreinfo_symbol(vmcoreinfo, "kallsyms_token_index", &place->token_index))
		return error_set(err, ERROR_MISSING, "VMCOREINFO does not name kallsyms");
	/* 6.1 to 7.0 name the base, 7.1 and later have none (kernel/vmcore_info.c). */
	vmcoreinfo_symbol(vmcoreinfo, "kallsyms_relative_base", &base);
	if (vmcoreinfo_symbol(vmcoreinfo, "kallsyms_offsets", &values))
		place->values[place->values_count++] =
			(struct kallsyms_values){ values, 4, base };
	if (vmcoreinfo_symbol(vmcoreinfo, "kallsyms_addresses", &values))
		place->values[place->values_count++] =
			(struct kallsyms_values){ values, 8, 0 };
	if (!place->values_count)
		return error_set(err, ERROR_MISSING,
				 "VMCOREINFO names neither kallsyms_offsets nor _addresses");
	if (memory_read_u32(memory, count_at, &place->count) != READ_OK)
		return error_set(err, ERROR_UNREADABLE,
				 "kallsyms_num_syms at 0x%" PRIx64 " is not in the dump",
				 count_at);
	return true;
}

static bool unreadable(struct error *err, const char *what, uint64_t address,
		       enum read_status status)
{
	return error_set(err, ERROR_UNREADABLE, "%s at 0x%" PRIx64 ": %s", what, address,
			 read_status_text(status));
}

static bool damaged(struct error *err, const char *what, uint64_t address)
{
	return error_set(err, ERROR_INPUT, "%s at 0x%" PRIx64 " is damaged", what, address);
}

static bool out_of_memory(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "out of memory for the kernel's symbols");
}

static void token_measure(struct token *token, const char *text)
{
	size_t i;

	token->text = text;
	token->length = (uint32_t)strlen(text);
	token->factor = 1;
	for (i = 0; i < token->length; i++) {
		token->hash = name_hash_byte(token->hash, (unsigned char)text[i]);
		token->factor *= NAME_HASH_FACTOR;
	}
	token->tail_hash = token->length ? name_hash(text + 1) : 0;
}

/* Each token must end where the next begins, and the last within reason. */
static bool load_tokens(struct kallsyms *kallsyms, struct memory *memory,
			const struct kallsyms_place *place, struct error *err)
{
	uint8_t raw[KALLSYMS_TOKENS * 2];
	uint32_t start[KALLSYMS_TOKENS];
	uint32_t last, i;
	enum read_status status;
	char *text;

	status = memory_read(memory, place->token_index, raw, sizeof(raw));
	if (status != READ_OK)
		return unreadable(err, "kallsyms_token_index", place->token_index, status);
	for (i = 0; i < KALLSYMS_TOKENS; i++)
		start[i] = raw[2 * i] | (uint32_t)raw[2 * i + 1] << 8;
	last = start[KALLSYMS_TOKENS - 1];
	text = calloc(1, last + KALLSYMS_TOKEN_MAX + 1);
	if (!text)
		return out_of_memory(err);
	kallsyms->token_text = text;
	status = memory_read(memory, place->token_table, text, last);
	if (status == READ_OK)
		status = memory_read_string(memory, place->token_table + last,
					    text + last, KALLSYMS_TOKEN_MAX + 1);
	if (status != READ_OK)
		return unreadable(err, "kallsyms_token_table", place->token_table, status);
	for (i = 0; i < KALLSYMS_TOKENS; i++) {
		if (start[i] > last || (start[i] && text[start[i] - 1]) || (!i && start[i]))
			return damaged(err, "kallsyms_token_index", place->token_index);
		token_measure(&kallsyms->token[i], text + start[i]);
		if (kallsyms->token[i].length > KALLSYMS_TOKEN_MAX ||
		    (i && start[i - 1] + kallsyms->token[i - 1].length + 1 != start[i]))
			return damaged(err, "kallsyms_token_table", place->token_table);
	}
	return true;
}

/*
 * The table does not say how long it is, and what lies behind it may not be in
 * the dump: read page by page, as far as the walk has come.
 */
struct names_reader {
	struct memory *memory;
	uint64_t address;
	uint8_t *bytes;
	size_t have;
	size_t room;
	enum read_status status;
};

static bool names_fill(struct names_reader *reader, size_t want)
{
	while (reader->have < want) {
		uint64_t from = reader->address + reader->have;
		size_t step = 4096 - (from & 4095);

		if (reader->have + step > reader->room) {
			size_t room = reader->room ? reader->room * 2 : (size_t)1 << 20;
			uint8_t *bytes = NULL;

			if (room <= KALLSYMS_NAMES_MAX)
				bytes = realloc(reader->bytes, room);
			if (!bytes)
				return false;
			reader->bytes = bytes;
			reader->room = room;
		}
		reader->status = memory_read(reader->memory, from,
					     reader->bytes + reader->have, step);
		if (reader->status != READ_OK)
			return false;
		reader->have += step;
	}
	return true;
}

/* Length of the name at *@at, which moves on to the first code. 0: damaged. */
static inline uint32_t name_length(const uint8_t *names, uint32_t *at, enum length_rule rule)
{
	uint32_t length = names[(*at)++];

	/* 6.1 kernel/kallsyms.c, kallsyms_expand_symbol() */
	if (rule == LENGTH_ULEB && (length & 0x80))
		length = (length & 0x7f) | (uint32_t)names[(*at)++] << 7;
	return length;
}

/*
 * Note where each name begins.
 * @ambiguous: set when a length byte means different things by the two rules.
 */
static bool walk_names(struct kallsyms *kallsyms, struct names_reader *reader,
		       enum length_rule rule, bool *ambiguous, struct error *err)
{
	uint32_t at = 0, i, length;

	*ambiguous = false;
	for (i = 0; i < kallsyms->count; i++) {
		if (at + 2 > reader->have && !names_fill(reader, (size_t)at + 2))
			break;
		kallsyms->name_offset[i] = at;
		*ambiguous |= (reader->bytes[at] & 0x80) != 0;
		length = name_length(reader->bytes, &at, rule);
		if (!length)
			return damaged(err, "kallsyms_names", reader->address + at);
		at += length;
		if (at > reader->have && !names_fill(reader, at))
			break;
	}
	if (i < kallsyms->count) {
		if (reader->status != READ_OK)
			return unreadable(err, "kallsyms_names",
					  reader->address + reader->have, reader->status);
		return error_set(err, ERROR_INPUT, "kallsyms_names at 0x%" PRIx64
				 ": no end within 64 MiB", reader->address);
	}
	kallsyms->length_rule = rule;
	kallsyms->names_size = at;
	return true;
}

/* Markers follow the names in every version, aligned to 8 bytes, from 7.0 to 4. */
static bool markers_agree(const struct kallsyms *kallsyms,
			  const struct names_reader *reader)
{
	uint32_t align, i, marker;

	for (align = 4; align <= 8; align += 4) {
		uint64_t at = reader->address + kallsyms->names_size;

		at = (at + align - 1) & ~(uint64_t)(align - 1);
		for (i = 0; i < kallsyms->count; i += KALLSYMS_MARKER_STEP, at += 4)
			if (memory_read_u32(reader->memory, at, &marker) != READ_OK ||
			    marker != kallsyms->name_offset[i])
				break;
		if (i >= kallsyms->count)
			return true;
	}
	return false;
}

/*
 * No version is asked for the length rule: RHEL and others backport. Where both
 * rules read the same bytes differently the markers decide; without them take
 * the newer rule, under which such bytes are common.
 */
static bool load_names(struct kallsyms *kallsyms, struct memory *memory,
		       const struct kallsyms_place *place, struct error *err)
{
	struct names_reader reader = { .memory = memory, .address = place->names };
	bool ambiguous = false, good;

	kallsyms->name_offset = calloc(kallsyms->count, sizeof(*kallsyms->name_offset));
	if (!kallsyms->name_offset)
		return out_of_memory(err);
	good = walk_names(kallsyms, &reader, LENGTH_ULEB, &ambiguous, err);
	if (ambiguous && !(good && markers_agree(kallsyms, &reader))) {
		bool other = walk_names(kallsyms, &reader, LENGTH_BYTE, &ambiguous, err);

		if (other && (!good || markers_agree(kallsyms, &reader)))
			good = true;
		else if (good)
			good = walk_names(kallsyms, &reader, LENGTH_ULEB, &ambiguous, err);
	}
	kallsyms->names = reader.bytes;
	return good;
}

static uint64_t hash_of(const struct kallsyms *kallsyms, uint32_t symbol)
{
	uint32_t at = kallsyms->name_offset[symbol];
	uint32_t end = name_length(kallsyms->names, &at, kallsyms->length_rule);
	bool type_seen = false;
	uint64_t hash = 0;

	for (end += at; at < end; at++) {
		const struct token *token = &kallsyms->token[kallsyms->names[at]];

		if (type_seen) {
			hash = hash * token->factor + token->hash;
		} else if (token->length) {
			hash = token->tail_hash;
			type_seen = true;
		}
	}
	return hash;
}

/* Expand the name without its type letter; cut to @size. Return: its length. */
static size_t expand(const struct kallsyms *kallsyms, uint32_t symbol,
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

		type_seen |= skip;
		if (length > size - 1 - used)
			length = size - 1 - used;
		memcpy(name + used, token->text + skip, length);
		used += length;
	}
	if (size)
		name[used] = '\0';
	return used;
}

static bool build_index(struct kallsyms *kallsyms, struct error *err)
{
	uint32_t i;

	if (!name_index_reserve(&kallsyms->index, kallsyms->count))
		return out_of_memory(err);
	for (i = 0; i < kallsyms->count; i++)
		if (!name_index_add(&kallsyms->index, hash_of(kallsyms, i), i))
			return out_of_memory(err);
	return true;
}

static bool find_symbol(const struct kallsyms *kallsyms, const char *name,
			size_t *cursor, uint32_t *symbol)
{
	uint64_t hash = name_hash(name);
	char found[2 * KALLSYMS_TOKEN_MAX];

	while (name_index_next(&kallsyms->index, hash, cursor, symbol)) {
		expand(kallsyms, *symbol, found, sizeof(found));
		if (!strcmp(found, name))
			return true;
	}
	return false;
}

/*
 * 4.6 introduced the offsets, 6.11 dropped the array of absolute addresses. On
 * x86_64 SMP until 6.14 per-CPU symbols are kept as they are and the others as
 * negative numbers (6.1 kernel/kallsyms.c, kallsyms_sym_address()). From 7.1 on
 * each offset counts from its own place (7.3 kernel/kallsyms.c:152).
 */
static uint64_t resolve_value(enum value_rule rule, uint64_t raw, uint64_t base,
			      uint64_t place)
{
	int64_t offset = (int32_t)raw;

	switch (rule) {
	case VALUE_ABSOLUTE:
		return raw;
	case VALUE_PLACE_RELATIVE:
		return place + (uint64_t)offset;
	case VALUE_BASE_PERCPU:
		return offset >= 0 ? (uint64_t)offset : base - 1 - (uint64_t)offset;
	default:
		return base + (uint32_t)raw;
	}
}

static bool rule_applies(enum value_rule rule, const struct kallsyms_values *values)
{
	if (rule == VALUE_ABSOLUTE)
		return values->width == 8;
	if (rule == VALUE_PLACE_RELATIVE)
		return values->width == 4;
	return values->width == 4 && values->base;
}

static bool read_value(struct memory *memory, const struct kallsyms_values *values,
		       uint32_t symbol, uint64_t *raw)
{
	uint64_t at = values->address + (uint64_t)symbol * values->width;
	uint32_t narrow = 0;
	bool good;

	if (values->width == 8)
		return memory_read_u64(memory, at, raw) == READ_OK;
	good = memory_read_u32(memory, at, &narrow) == READ_OK;
	*raw = narrow;
	return good;
}

/*
 * _stext alone could be met by a table that is read one element too early or too
 * late, since _text, startup_64 and others share its address. The data symbols
 * are missing where CONFIG_KALLSYMS_ALL is.
 */
static const char *const witnesses[] = {
	"_stext", "init_uts_ns", "init_top_pgt", "swapper_pg_dir",
};

/* Does this rule put @name where VMCOREINFO says that it is? Also if neither tells. */
static bool witness_agrees(const struct kallsyms *kallsyms, struct memory *memory,
			   const struct kallsyms_values *values, enum value_rule rule,
			   uint64_t base, const char *vmcoreinfo, const char *name)
{
	bool named = false;
	size_t cursor = 0;
	uint64_t raw, expected;
	uint32_t symbol;

	if (!vmcoreinfo_symbol(vmcoreinfo, name, &expected))
		return true;
	while (find_symbol(kallsyms, name, &cursor, &symbol)) {
		uint64_t place = values->address + (uint64_t)symbol * values->width;

		named = true;
		if (read_value(memory, values, symbol, &raw) &&
		    resolve_value(rule, raw, base, place) == expected)
			return true;
	}
	return !named;
}

static bool rule_reproduces(const struct kallsyms *kallsyms, struct memory *memory,
			    const struct kallsyms_values *values, enum value_rule rule,
			    uint64_t base, const char *vmcoreinfo)
{
	size_t i;

	for (i = 0; i < sizeof(witnesses) / sizeof(witnesses[0]); i++)
		if (!witness_agrees(kallsyms, memory, values, rule, base, vmcoreinfo,
				    witnesses[i]))
			return false;
	return true;
}

static bool choose_rule(const struct kallsyms *kallsyms, struct memory *memory,
			struct kallsyms_values *values, const char *vmcoreinfo,
			enum value_rule *rule, uint64_t *base)
{
	*base = 0;
	if (values->base && memory_read_u64(memory, values->base, base) != READ_OK)
		values->base = 0;
	for (*rule = 0; *rule < VALUE_RULES; (*rule)++)
		if (rule_applies(*rule, values) &&
		    rule_reproduces(kallsyms, memory, values, *rule, *base, vmcoreinfo))
			return true;
	return false;
}

static bool fill_addresses(struct kallsyms *kallsyms, struct memory *memory,
			   const struct kallsyms_values *values,
			   enum value_rule rule, uint64_t base, struct error *err)
{
	size_t size = (size_t)kallsyms->count * values->width;
	enum read_status status;
	uint8_t *raw = malloc(size);
	uint32_t i;

	kallsyms->address = calloc(kallsyms->count, sizeof(*kallsyms->address));
	if (!raw || !kallsyms->address) {
		free(raw);
		return out_of_memory(err);
	}
	status = memory_read(memory, values->address, raw, size);
	if (status != READ_OK) {
		free(raw);
		return unreadable(err, "kallsyms_offsets", values->address, status);
	}
	for (i = 0; i < kallsyms->count; i++) {
		uint64_t value = 0;

		memcpy(&value, raw + (size_t)i * values->width, values->width);
		kallsyms->address[i] =
			resolve_value(rule, value, base,
				      values->address + (uint64_t)i * values->width);
	}
	free(raw);
	return true;
}

static bool load_addresses(struct kallsyms *kallsyms, struct memory *memory,
			   const struct kallsyms_place *place, const char *vmcoreinfo,
			   struct error *err)
{
	size_t cursor = 0, i;
	uint64_t stext = 0;
	uint32_t symbol;

	if (!vmcoreinfo_symbol(vmcoreinfo, "_stext", &stext))
		return error_set(err, ERROR_MISSING, "VMCOREINFO does not name _stext");
	if (!find_symbol(kallsyms, "_stext", &cursor, &symbol))
		return error_set(err, ERROR_INPUT, "kallsyms at 0x%" PRIx64 " is damaged: "
				 "no _stext among %" PRIu32 " names",
				 place->names, kallsyms->count);
	for (i = 0; i < place->values_count; i++) {
		struct kallsyms_values values = place->values[i];
		enum value_rule rule;
		uint64_t base;

		if (choose_rule(kallsyms, memory, &values, vmcoreinfo, &rule, &base))
			return fill_addresses(kallsyms, memory, &values, rule, base, err);
	}
	return error_set(err, ERROR_INPUT, "kallsyms at 0x%" PRIx64 ": none of the known ways "
			 "to keep addresses puts _stext at 0x%" PRIx64, place->names, stext);
}

static int compare_by_address(const void *left, const void *right, void *context)
{
	const struct kallsyms *kallsyms = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	if (kallsyms->address[a] != kallsyms->address[b])
		return kallsyms->address[a] < kallsyms->address[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* The tables are sorted by address; a damaged one may not be. */
static bool sort_addresses(struct kallsyms *kallsyms, struct error *err)
{
	uint32_t i;

	for (i = 1; i < kallsyms->count; i++)
		if (kallsyms->address[i - 1] > kallsyms->address[i])
			break;
	if (i >= kallsyms->count)
		return true;
	kallsyms->order = malloc(kallsyms->count * sizeof(*kallsyms->order));
	if (!kallsyms->order)
		return out_of_memory(err);
	for (i = 0; i < kallsyms->count; i++)
		kallsyms->order[i] = i;
	qsort_r(kallsyms->order, kallsyms->count, sizeof(*kallsyms->order),
		compare_by_address, kallsyms);
	return true;
}

/* The type letter is a capital for global symbols, as in nm(1). */
static bool is_global(const struct kallsyms *kallsyms, uint32_t symbol)
{
	uint32_t at = kallsyms->name_offset[symbol];
	const struct token *token;

	name_length(kallsyms->names, &at, kallsyms->length_rule);
	token = &kallsyms->token[kallsyms->names[at]];
	return token->text[0] >= 'A' && token->text[0] <= 'Z';
}

static bool kallsyms_lookup(struct symbols *symbols, const char *name, uint64_t *address)
{
	struct kallsyms *kallsyms = (struct kallsyms *)symbols;
	bool found = false;
	size_t cursor = 0;
	uint32_t symbol;

	while (find_symbol(kallsyms, name, &cursor, &symbol)) {
		bool global = is_global(kallsyms, symbol);

		if (!found || global)
			*address = kallsyms->address[symbol];
		found = true;
		if (global)
			break;
	}
	return found;
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

	last = kallsyms->address[symbol_at(kallsyms, kallsyms->count - 1)];
	if (address > last && address - last >= SYMBOLS_SLACK)
		return false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (kallsyms->address[symbol_at(kallsyms, middle)] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	found = kallsyms->address[symbol_at(kallsyms, --low)];
	if (found < SYMBOLS_KERNEL_HALF)
		return false;
	while (low && kallsyms->address[symbol_at(kallsyms, low - 1)] == found)
		low--;
	expand(kallsyms, symbol_at(kallsyms, low), name, size);
	*offset = address - found;
	return true;
}

static void kallsyms_close(struct symbols *symbols)
{
	struct kallsyms *kallsyms = (struct kallsyms *)symbols;

	name_index_free(&kallsyms->index);
	free(kallsyms->token_text);
	free(kallsyms->order);
	free(kallsyms->address);
	free(kallsyms->name_offset);
	free(kallsyms->names);
	free(kallsyms);
}

static const struct symbols_ops kallsyms_ops = {
	.name = "kallsyms in the dump",
	.lookup = kallsyms_lookup,
	.nearest = kallsyms_nearest,
	.close = kallsyms_close,
};

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
		out_of_memory(err);
		return NULL;
	}
	kallsyms->base.ops = &kallsyms_ops;
	kallsyms->count = place->count;
	if (!load_tokens(kallsyms, memory, place, err) ||
	    !load_names(kallsyms, memory, place, err) ||
	    !build_index(kallsyms, err) ||
	    !load_addresses(kallsyms, memory, place, vmcoreinfo, err) ||
	    !sort_addresses(kallsyms, err)) {
		kallsyms_close(&kallsyms->base);
		return NULL;
	}
	return &kallsyms->base;
}
