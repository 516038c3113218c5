/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables, as scripts/kallsyms.c writes them, while they are read. Private to
 * kallsyms*.c.
 *
 * names	a length and that many codes per symbol, sorted by address; the
 *		first letter of the expanded name is its type as in nm(1)
 * token_table	256 C strings, one for each code
 * token_index	where each of them begins in token_table, u16
 * markers	where each 256th name begins in names, u32
 * values	addresses or offsets, see kallsyms_values.c
 */
#ifndef KSWAPCK_KALLSYMS_TABLES_H
#define KSWAPCK_KALLSYMS_TABLES_H

#include <string.h>

#include "image/kallsyms.h"
#include "image/name_index.h"
#include "image/name_table.h"

struct token {
	const char *text;
	uint32_t length;
};

enum length_rule {
	LENGTH_ULEB,	/* 6.1 and later: bit 7 says that a second byte follows */
	LENGTH_BYTE,	/* before: one plain byte */
};

/* What a value means, see kallsyms_values.c. */
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
	uint64_t names_address;		/* of the table in memory */
	struct kallsyms_values values;	/* where the addresses were read */
	enum value_rule value_rule;
	uint64_t value_base;
	uint8_t *value;		/* as in memory, per symbol */
	enum length_rule length_rule;
	bool lto;		/* some names have SYMBOLS_LTO_SUFFIX */
	uint8_t *names;
	size_t names_size;
	uint32_t *name_offset;	/* of the length byte in names, per symbol, and of the end */
	uint32_t *order;	/* symbols by address; NULL: they are in order */
	char *token_text;
	struct token token[KALLSYMS_TOKENS];
	uint64_t token_hash[KALLSYMS_TOKENS];
	struct name_table index;
};

/* Length of the name at *@at, which moves on to the first code. 0: damaged. */
static inline uint32_t name_length(const uint8_t *names, uint32_t *at,
				   enum length_rule rule)
{
	uint32_t length = names[(*at)++];

	/* 6.1 kernel/kallsyms.c, kallsyms_expand_symbol() */
	if (rule == LENGTH_ULEB && (length & 0x80))
		length = (length & 0x7f) | (uint32_t)names[(*at)++] << 7;
	return length;
}

/** kallsyms_resolve_value - the address that a value means. @place: where it is in memory. */
static inline uint64_t kallsyms_resolve_value(enum value_rule rule, uint64_t raw, uint64_t base,
					      uint64_t place)
{
	int64_t offset = (int32_t)raw;

	/*
	 * 4.6 introduced the offsets, 6.11 dropped the array of absolute addresses. On
	 * x86_64 SMP until 6.14 per-CPU symbols are kept as they are and the others as
	 * negative numbers (6.1 kernel/kallsyms.c, kallsyms_sym_address()). From 7.1 on
	 * each offset counts from its own place (7.3 kernel/kallsyms.c:152).
	 */
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

/** kallsyms_address - of a symbol; after kallsyms_read_addresses(). */
static inline uint64_t kallsyms_address(const struct kallsyms *kallsyms, uint32_t symbol)
{
	uint64_t at = (uint64_t)symbol * kallsyms->values.width, wide;
	uint32_t narrow;

	if (kallsyms->values.width == sizeof(wide)) {
		memcpy(&wide, kallsyms->value + at, sizeof(wide));
	} else {
		memcpy(&narrow, kallsyms->value + at, sizeof(narrow));
		wide = narrow;
	}
	return kallsyms_resolve_value(kallsyms->value_rule, wide, kallsyms->value_base,
				      kallsyms->values.address + at);
}

/** kallsyms_read_tokens - the code book; each token must end where the next begins. */
bool kallsyms_read_tokens(struct kallsyms *kallsyms, struct memory *memory,
			  const struct kallsyms_place *place, struct error *err);

/** kallsyms_read_names - the compressed names, and where each begins. */
bool kallsyms_read_names(struct kallsyms *kallsyms, struct memory *memory,
			 const struct kallsyms_place *place, struct error *err);

/** kallsyms_read_addresses - what the values mean; needs names that can be found. */
bool kallsyms_read_addresses(struct kallsyms *kallsyms, struct memory *memory,
			     const struct kallsyms_place *place, const char *vmcoreinfo,
			     struct error *err);

/**
 * kallsyms_find - the next symbol of this name.
 * @cursor: 0 at first; kept by the caller.
 */
bool kallsyms_find(const struct kallsyms *kallsyms, const char *name,
		   size_t *cursor, uint32_t *symbol);

/* Errors of one table; always false. */
bool kallsyms_unreadable(struct error *err, const char *what, uint64_t address,
			 enum read_status status);
bool kallsyms_no_memory(struct error *err);

#endif
