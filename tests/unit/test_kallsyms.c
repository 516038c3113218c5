// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kallsyms tables written the way each kernel generation writes them, into a fake
 * kernel image, and read back: by the addresses in VMCOREINFO and by scanning.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/kallsyms.h"
#include "fake_source.h"

#define IMAGE	UINT64_C(0xffffffff81000000)
#define SIZE	(1u << 20)
#define TEXT	0x8000u		/* code before the tables */
#define COUNT	3000u
#define DATA	(IMAGE + 0x80000)

enum order {
	ORDER_OLD,		/* until 6.1 */
	ORDER_OLD_SEQS,		/* 6.2, and 6.1 stable */
	ORDER_NEW,		/* from 6.6 */
};

enum rule {
	RULE_ABSOLUTE,
	RULE_BASE,
	RULE_PERCPU,
	RULE_PLACE,
};

struct layout {
	enum order order;
	enum rule rule;
	uint32_t align;
	bool uleb;
	uint32_t long_name;	/* codes in the longest name */
	bool lto;		/* clang has added .llvm.NUMBER to some names */
};

struct fixture {
	uint8_t *image;
	size_t at;
	uint64_t address[COUNT];
	char name[COUNT][400];		/* with the type letter */
	uint64_t count_at, names, markers, token_table, token_index, values, base;
	char vmcoreinfo[1024];
	struct fake_source fake;
	struct memory *memory;
	bool lto;
};

/* Codes that stand for more than themselves; all are below '0' or above 'z'. */
static const struct {
	uint8_t code;
	const char *text;
} tokens[] = {
	{ 0x01, "swap_" }, { 0x02, "page" }, { 0x03, "Tfunction_" }, { 0x04, "__" },
	{ 0x7f, "info" }, { 0x80, "dd" }, { 0xff, "_pfx_" }, { 0x05, ".llvm.1" },
};

static const char *token_text(unsigned int code, bool lto)
{
	static char own[256][2];
	size_t i;

	if (code == 0x05 && !lto)
		return "";
	for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++)
		if (tokens[i].code == code)
			return tokens[i].text;
	own[code][0] = code >= '.' && code <= 'z' ? (char)code : 0;
	return own[code];
}

static size_t encode(const char *name, uint8_t *codes)
{
	size_t used = 0, i;

	while (*name) {
		uint8_t code = (uint8_t)*name;
		size_t length = 1;

		for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
			if (strncmp(name, tokens[i].text, strlen(tokens[i].text)))
				continue;
			code = tokens[i].code;
			length = strlen(tokens[i].text);
		}
		codes[used++] = code;
		name += length;
	}
	return used;
}

static void put(struct fixture *f, const void *bytes, size_t size)
{
	assert_true(f->at + size <= SIZE);
	memcpy(f->image + f->at, bytes, size);
	f->at += size;
}

static uint64_t label(struct fixture *f, uint32_t align)
{
	while (f->at % align)
		f->at++;
	return IMAGE + f->at;
}

static void make_symbols(struct fixture *f, const struct layout *layout)
{
	uint32_t i;

	for (i = 0; i < COUNT; i++) {
		snprintf(f->name[i], sizeof(f->name[i]), "Tfunction_%u", i);
		f->address[i] = IMAGE + i * 16;
	}
	/* Absolute values come first, as sorted by address. */
	for (i = 0; i < 10; i++) {
		snprintf(f->name[i], sizeof(f->name[i]), "Apercpu_%u", i);
		f->address[i] = layout->rule == RULE_PERCPU ? i * 64 : IMAGE;
	}
	/* Three names of one address: an index that is off by one looks right. */
	strcpy(f->name[10], "T_text");
	strcpy(f->name[11], "T_stext");
	strcpy(f->name[12], "tstartup_64");
	f->address[10] = f->address[11] = f->address[12] = IMAGE;
	strcpy(f->name[20], "tdouble_name");
	strcpy(f->name[30], "Tdouble_name");
	strcpy(f->name[40], "tstatic_twice");
	strcpy(f->name[50], "tstatic_twice");
	f->name[1000][0] = 'T';
	memset(f->name[1000] + 1, 'q', layout->long_name - 1);
	f->name[1000][layout->long_name] = '\0';
	for (i = COUNT - 20; i < COUNT; i++)
		f->address[i] = DATA + i * 8;
	strcpy(f->name[60], layout->lto ? "Tpromoted.llvm.1234" : "Tpromoted.llvmless");
	strcpy(f->name[COUNT - 5], "bswap_info");
	strcpy(f->name[COUNT - 4], "ddatum");
	strcpy(f->name[COUNT - 3], "Dinit_uts_ns");
	strcpy(f->name[COUNT - 1], "B_end");
}

static void put_names(struct fixture *f, const struct layout *layout)
{
	uint32_t marker[(COUNT + 255) / 256];
	uint8_t codes[400], byte;
	uint32_t count = COUNT, i;

	f->count_at = label(f, layout->align);
	put(f, &count, 4);
	f->names = label(f, layout->align);
	for (i = 0; i < COUNT; i++) {
		size_t length = encode(f->name[i], codes);

		if (i % 256 == 0)
			marker[i / 256] = (uint32_t)(IMAGE + f->at - f->names);
		byte = (uint8_t)length;
		if (layout->uleb && length > 127) {
			byte = 0x80 | (length & 0x7f);
			put(f, &byte, 1);
			byte = (uint8_t)(length >> 7);
		}
		put(f, &byte, 1);
		put(f, codes, length);
	}
	f->markers = label(f, layout->align);
	put(f, marker, sizeof(marker));
}

static void put_tokens(struct fixture *f, const struct layout *layout)
{
	uint16_t index[256];
	uint32_t i;

	f->token_table = label(f, layout->align);
	for (i = 0; i < 256; i++) {
		index[i] = (uint16_t)(IMAGE + f->at - f->token_table);
		put(f, token_text(i, layout->lto), strlen(token_text(i, layout->lto)) + 1);
	}
	f->token_index = label(f, layout->align);
	put(f, index, sizeof(index));
}

static void put_values(struct fixture *f, const struct layout *layout)
{
	uint64_t base = IMAGE;
	uint32_t i, offset;

	f->values = label(f, layout->align);
	f->base = 0;
	for (i = 0; i < COUNT; i++) {
		uint64_t address = f->address[i];

		if (layout->rule == RULE_ABSOLUTE) {
			put(f, &address, 8);
			continue;
		}
		offset = (uint32_t)(address - base);
		if (layout->rule == RULE_PLACE)
			offset = (uint32_t)(address - (IMAGE + f->at));
		if (layout->rule == RULE_PERCPU)
			offset = address < IMAGE ? (uint32_t)address
						 : (uint32_t)(base - 1 - address);
		put(f, &offset, 4);
	}
	if (layout->rule == RULE_BASE || layout->rule == RULE_PERCPU) {
		f->base = label(f, 8);
		put(f, &base, 8);
	}
}

static void put_seqs(struct fixture *f, const struct layout *layout)
{
	static const uint8_t seqs[COUNT * 3] = { 1, 2, 3 };

	label(f, layout->align);
	put(f, seqs, sizeof(seqs));
}

static const char digits[] = "0\0" "1\0" "2\0" "3\0" "4\0" "5\0" "6\0" "7\0" "8\0" "9";

/* @shift: of all tables, a multiple of 8. */
static struct fixture *build_shifted(const struct layout *layout, uint32_t shift)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->image = calloc(1, SIZE);
	assert_non_null(f->image);
	f->lto = layout->lto;
	make_symbols(f, layout);
	/* A row of digits that is no token table. */
	f->at = 0x1ff4;
	put(f, digits, sizeof(digits));
	f->at = TEXT + 4 + shift;
	if (layout->order != ORDER_NEW)
		put_values(f, layout);
	put_names(f, layout);
	if (layout->order == ORDER_OLD_SEQS)
		put_seqs(f, layout);
	put_tokens(f, layout);
	if (layout->order == ORDER_NEW) {
		put_values(f, layout);
		put_seqs(f, layout);
	}
	snprintf(f->vmcoreinfo, sizeof(f->vmcoreinfo),
		 "SYMBOL(_stext)=%" PRIx64 "\nSYMBOL(init_uts_ns)=%" PRIx64 "\n"
		 "SYMBOL(kallsyms_names)=%" PRIx64 "\nSYMBOL(kallsyms_num_syms)=%" PRIx64
		 "\n"
		 "SYMBOL(kallsyms_token_table)=%" PRIx64 "\n"
		 "SYMBOL(kallsyms_token_index)=%" PRIx64 "\nSYMBOL(%s)=%" PRIx64 "\n",
		 IMAGE, f->address[COUNT - 3], f->names, f->count_at, f->token_table,
		 f->token_index,
		 layout->rule == RULE_ABSOLUTE ? "kallsyms_addresses"
					       : "kallsyms_offsets",
		 f->values);
	if (f->base)
		snprintf(f->vmcoreinfo + strlen(f->vmcoreinfo), 100,
			 "SYMBOL(kallsyms_relative_base)=%" PRIx64 "\n", f->base);
	f->memory = fake_memory(&f->fake, IMAGE, f->image, SIZE);
	assert_non_null(f->memory);
	return f;
}

static struct fixture *build(const struct layout *layout)
{
	return build_shifted(layout, 0);
}

static void drop(struct fixture *f)
{
	memory_free(f->memory);
	free(f->image);
	free(f);
}

static struct symbols *open_exported(struct fixture *f, struct error *err)
{
	struct kallsyms_place place;

	if (!kallsyms_exported(f->memory, f->vmcoreinfo, &place, err))
		return NULL;
	return kallsyms_open(f->memory, &place, f->vmcoreinfo, err);
}

static struct symbols *open_scanned(struct fixture *f, uint64_t data, struct error *err)
{
	struct kallsyms_place place;

	if (!kallsyms_scan(f->memory, IMAGE, data, &place, err))
		return NULL;
	assert_int_equal(place.names, f->names);
	assert_int_equal(place.count, COUNT);
	assert_int_equal(place.token_table, f->token_table);
	return kallsyms_open(f->memory, &place, f->vmcoreinfo, err);
}

/* Who goes through all of them finds each at its own place, of whatever name. */
struct listed {
	const struct fixture *f;
	unsigned int count, namesakes;
};

static bool check_next(void *data, const char *name, uint64_t address)
{
	struct listed *listed = data;
	const struct fixture *f = listed->f;
	unsigned int i = listed->count++;

	assert_int_equal(address, f->address[i]);
	if (i != 60 || !f->lto)
		assert_string_equal(name, f->name[i] + 1);
	listed->namesakes += !strcmp(name, "static_twice");
	return true;
}

static void check_each(const struct fixture *f, struct symbols *symbols)
{
	struct listed listed = {.f = f};

	symbols->ops->each(symbols, check_next, &listed);
	assert_int_equal(listed.count, COUNT);
	assert_int_equal(listed.namesakes, 2);
}

static void check_symbols(const struct fixture *f, struct symbols *symbols)
{
	uint64_t address, offset;
	char name[512];
	uint32_t i;

	for (i = 0; i < COUNT; i++) {
		if (i == 20 || i == 50 || (i == 60 && f->lto))
			continue;
		if (!symbols->ops->lookup(symbols, f->name[i] + 1, &address))
			fail_msg("%s not found", f->name[i]);
		assert_int_equal(address, f->address[i]);
	}
	assert_false(symbols->ops->lookup(symbols, "nosuch", &address));
	assert_false(symbols->ops->lookup(symbols, "", &address));
	assert_false(symbols->ops->lookup(symbols, "Tfunction_100", &address));

	/* Doubles: the global one, else the lowest. */
	assert_true(symbols->ops->lookup(symbols, "double_name", &address));
	assert_int_equal(address, f->address[30]);
	if (f->lto) {
		assert_true(symbols->ops->lookup(symbols, "promoted", &address));
		assert_int_equal(address, f->address[60]);
		assert_true(symbols->ops->nearest(symbols, address, name, sizeof(name),
						  &offset));
		assert_string_equal(name, "promoted");
	}
	assert_true(symbols->ops->lookup(symbols, "static_twice", &address));
	assert_int_equal(address, f->address[40]);

	assert_true(symbols->ops->nearest(symbols, f->address[200] + 7, name, sizeof(name),
					  &offset));
	assert_string_equal(name, "function_200");
	assert_int_equal(offset, 7);
	assert_true(
		symbols->ops->nearest(symbols, f->address[COUNT - 5], name, 6, &offset));
	assert_string_equal(name, "swap_");
	assert_true(symbols->ops->nearest(symbols, f->address[1000], name, sizeof(name),
					  &offset));
	assert_string_equal(name, f->name[1000] + 1);
	assert_false(
		symbols->ops->nearest(symbols, IMAGE - 1, name, sizeof(name), &offset));
	assert_false(symbols->ops->nearest(symbols, 64, name, sizeof(name), &offset));
	assert_false(symbols->ops->nearest(symbols, f->address[COUNT - 1] + 4096, name,
					   sizeof(name), &offset));
	check_each(f, symbols);
}

static const struct layout layouts[] = {
	{ ORDER_OLD, RULE_ABSOLUTE, 8, false, 100, false },
	{ ORDER_OLD, RULE_BASE, 8, false, 100, false },
	{ ORDER_OLD, RULE_PERCPU, 8, false, 100, false },	/* 5.4, 5.10 */
	{ ORDER_OLD, RULE_PERCPU, 8, false, 140, false },	/* bit 7 in a plain byte */
	{ ORDER_OLD, RULE_PERCPU, 8, false, 255, false },
	{ ORDER_OLD, RULE_PERCPU, 8, true, 300, false },	/* 6.1 */
	{ ORDER_OLD_SEQS, RULE_PERCPU, 8, true, 128, false },	/* 6.1.192 */
	{ ORDER_OLD_SEQS, RULE_ABSOLUTE, 8, true, 300, false },
	{ ORDER_NEW, RULE_PERCPU, 8, true, 300, false },	/* 6.6 to 6.14 */
	{ ORDER_NEW, RULE_ABSOLUTE, 8, true, 300, false },
	{ ORDER_NEW, RULE_BASE, 8, true, 300, false },		/* 6.15 to 6.19 */
	{ ORDER_NEW, RULE_BASE, 4, true, 300, false },		/* 7.0 */
	{ ORDER_NEW, RULE_PLACE, 4, true, 300, false },	/* 7.1 */
	{ ORDER_NEW, RULE_PLACE, 8, true, 300, false },
	{ ORDER_NEW, RULE_PLACE, 4, true, 300, true },
};

static void exported_tables(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct fixture *f = build(&layouts[i]);
		struct error err = { 0 };
		struct symbols *symbols = open_exported(f, &err);

		if (!symbols)
			fail_msg("layout %zu: %s", i, err.text);
		check_symbols(f, symbols);
		symbols->ops->close(symbols);
		drop(f);
	}
}

static uint32_t digits_at(const struct fixture *f)
{
	const uint8_t *row = memmem(f->image + TEXT, SIZE - TEXT, digits, sizeof(digits));

	assert_non_null(row);
	return (uint32_t)(row - f->image);
}

static void check_scan(struct fixture *f, size_t layout)
{
	/* not known, behind all, of no use, too far away, and at and in the tables */
	const uint64_t data[] = { 0, IMAGE + SIZE, IMAGE + 0x123, IMAGE + (UINT64_C(1) << 30),
				  IMAGE + digits_at(f) + 0x1000, IMAGE + digits_at(f) };
	size_t i;

	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++) {
		struct error err = { 0 };
		struct symbols *symbols = open_scanned(f, data[i], &err);

		if (!symbols)
			fail_msg("layout %zu, data %zu: %s", layout, i, err.text);
		check_symbols(f, symbols);
		symbols->ops->close(symbols);
	}
}

static void scanned_tables(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct fixture *f = build(&layouts[i]);
		/* for the digits to lie over the end of a page */
		uint32_t shift = (0xff4 - digits_at(f)) & 0xff8;

		/* A page that is not in the dump does not end the search. */
		f->fake.hole = IMAGE + 0x3000;
		check_scan(f, i);
		drop(f);
		f = build_shifted(&layouts[i], shift);
		assert_int_equal(digits_at(f) >> 12, (digits_at(f) + 8) >> 12);
		assert_int_not_equal(digits_at(f) >> 12, (digits_at(f) + sizeof(digits)) >> 12);
		check_scan(f, i);
		drop(f);
	}
}

/* function_107, function_117 and so on. */
static bool is_odd_one(char type, const char *name)
{
	size_t length = strlen(name);

	return type == 'T' && !strncmp(name, "function_1", 10) && name[length - 1] == '7';
}

static void blank_odd_ones(struct fixture *f)
{
	struct error err = { 0 };
	struct symbols *symbols = open_exported(f, &err);
	struct symbol_tables tables;

	assert_non_null(symbols);
	assert_true(kallsyms_tables(symbols, &tables));
	assert_int_equal(tables.names, f->names);
	assert_true(tables.names + tables.names_size <= f->markers);
	assert_int_equal(tables.values, f->values);
	kallsyms_blank(symbols, is_odd_one, f->image + (tables.names - IMAGE),
		       f->image + (tables.values - IMAGE));
	symbols->ops->close(symbols);
	memory_forget(f->memory);
}

static bool count_name(void *data, const char *name, uint64_t address)
{
	assert_false(is_odd_one('T', name));
	assert_string_not_equal(name, "");
	(void)address;
	(*(unsigned int *)data)++;
	return true;
}

static void check_without(const struct fixture *f, struct symbols *symbols)
{
	unsigned int kept = 0, listed = 0;
	uint64_t address, offset;
	char name[512];
	uint32_t i;

	assert_non_null(symbols);
	for (i = 0; i < COUNT; i++) {
		bool blank = is_odd_one(f->name[i][0], f->name[i] + 1);

		kept += !blank;
		if (i == 20 || i == 50 || (i == 60 && f->lto))
			continue;
		assert_int_equal(symbols->ops->lookup(symbols, f->name[i] + 1, &address), !blank);
		assert_int_equal(address, f->address[blank ? i - 1 : i]);
	}
	assert_true(symbols->ops->nearest(symbols, f->address[117] + 3, name, sizeof(name),
					  &offset));
	assert_string_equal(name, "function_116");
	assert_int_equal(offset, f->address[117] + 3 - f->address[116]);
	symbols->ops->each(symbols, count_name, &listed);
	assert_int_equal(listed, kept);
	symbols->ops->close(symbols);
}

/* Some are taken out; the others are where they were, by both ways. */
static void names_taken_out(void **state)
{
	struct error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct fixture *f = build(&layouts[i]);

		blank_odd_ones(f);
		check_without(f, open_exported(f, &err));
		check_without(f, open_scanned(f, 0, &err));
		/* and once more */
		blank_odd_ones(f);
		check_without(f, open_exported(f, &err));
		drop(f);
	}
}

static const struct layout usual = { ORDER_OLD, RULE_PERCPU, 8, true, 300, false };

/* Change bytes of the tables; opening must fail with words that name the place. */
static void refused(size_t offset, const void *bytes, size_t size, const char *word)
{
	struct fixture *f = build(&usual);
	struct error err = { 0 };

	memcpy(f->image + offset, bytes, size);
	assert_null(open_exported(f, &err));
	if (!strstr(err.text, word))
		fail_msg("\"%s\" lacks \"%s\"", err.text, word);
	drop(f);
}

static void damaged_tables(void **state)
{
	struct fixture *f = build(&usual);
	uint32_t none = 0, many = 0x7fffffff, more = 60000;
	size_t count_at = (size_t)(f->count_at - IMAGE);
	size_t names = (size_t)(f->names - IMAGE);
	size_t index = (size_t)(f->token_index - IMAGE);
	size_t table = (size_t)(f->token_table - IMAGE);
	size_t base = (size_t)(f->base - IMAGE);

	(void)state;
	drop(f);
	refused(count_at, &none, 4, "kallsyms_num_syms");
	refused(count_at, &many, 4, "kallsyms_num_syms");
	refused(count_at, &more, 4, "kallsyms_names");
	/* no name is empty, in one byte or in two */
	refused(names, "", 1, "kallsyms_names");
	refused(names, "\x80", 2, "kallsyms_names");
	refused(index + 20, "\xff\xff", 2, "kallsyms_token_index");
	refused(table + 100, "xxxxxxxxxxxx", 12, "kallsyms_token");
	refused(base, "xxxxxxxx", 8, "_stext");
}

static void missing_pages(void **state)
{
	struct fixture *f = build(&usual);
	uint64_t places[] = { f->names, f->token_index, f->values, f->count_at };
	struct error err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		memory_free(f->memory);
		f->memory = fake_memory(&f->fake, IMAGE, f->image, SIZE);
		f->fake.hole = places[i] & ~UINT64_C(4095);
		err = (struct error){ 0 };
		assert_null(open_exported(f, &err));
		assert_true(err.kind == ERROR_UNREADABLE || err.kind == ERROR_INPUT);
		assert_null(open_scanned(f, 0, &err));
	}
	drop(f);
}

static void not_named(void **state)
{
	struct fixture *f = build(&usual);
	struct error err = { 0 };

	(void)state;
	strcpy(f->vmcoreinfo, "SYMBOL(_stext)=ffffffff81000000\n");
	assert_null(open_exported(f, &err));
	assert_int_equal(err.kind, ERROR_MISSING);
	memset(f->image, 0x5a, SIZE);
	memory_free(f->memory);
	f->memory = fake_memory(&f->fake, IMAGE, f->image, SIZE);
	assert_null(open_scanned(f, 0, &err));
	assert_int_equal(err.kind, ERROR_MISSING);
	assert_non_null(strstr(err.text, "no kallsyms found"));
	drop(f);
}

/* Any outcome will do but a crash (run under sanitizers). */
static void random_damage(void **state)
{
	unsigned int seed = 20261120, round, i;
	struct fixture *f = build(&usual);
	uint8_t *good = malloc(SIZE);
	size_t end = f->at;

	(void)state;
	assert_non_null(good);
	memcpy(good, f->image, SIZE);
	for (round = 0; round < 300; round++) {
		struct error err = { 0 };
		struct symbols *symbols;

		memcpy(f->image, good, SIZE);
		for (i = 0; i < 1 + round % 40; i++)
			f->image[TEXT + (unsigned int)rand_r(&seed) % (end - TEXT)] =
				(uint8_t)rand_r(&seed);
		memory_free(f->memory);
		f->memory = fake_memory(&f->fake, IMAGE, f->image, SIZE);
		symbols = open_exported(f, &err);
		if (symbols) {
			uint64_t address, offset;
			char name[64];

			for (i = 0; i < COUNT; i++)
				symbols->ops->lookup(symbols, f->name[i] + 1, &address);
			for (i = 0; i < 4096; i++)
				symbols->ops->nearest(symbols, IMAGE + i * 64, name,
						      sizeof(name), &offset);
			symbols->ops->close(symbols);
		} else {
			assert_true(err.text[0]);
		}
	}
	free(good);
	drop(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exported_tables),
		cmocka_unit_test(scanned_tables),
		cmocka_unit_test(damaged_tables),
		cmocka_unit_test(missing_pages),
		cmocka_unit_test(not_named),
		cmocka_unit_test(names_taken_out),
		cmocka_unit_test(random_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
