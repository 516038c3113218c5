// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/kallsyms_running.h"
#include "image/name_index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX ((size_t)64 << 20)
#define COUNT_MAX (4u << 20)

struct running_symbol {
	uint64_t address;
	uint32_t name;		/* offset in names */
	uint32_t number;	/* in the order of the file */
	bool global;
};

struct running_symbols {
	struct symbols base;
	char *names;
	size_t names_size, names_room;
	struct running_symbol *symbol;	/* by address, and in the order of the file */
	uint32_t count, room;
	struct name_index index;	/* to places in symbol[] */
};

static bool add_name(struct running_symbols *symbols, const char *name, size_t length)
{
	if (symbols->names_size + length + 1 > symbols->names_room) {
		size_t room = symbols->names_room ? 2 * symbols->names_room : 1 << 20;
		char *grown = room <= NAMES_MAX ? realloc(symbols->names, room) : NULL;

		if (!grown)
			return false;
		symbols->names = grown;
		symbols->names_room = room;
	}
	memcpy(symbols->names + symbols->names_size, name, length);
	symbols->names[symbols->names_size + length] = '\0';
	symbols->names_size += length + 1;
	return true;
}

static bool add_symbol(struct running_symbols *symbols, uint64_t address, char type,
		       const char *name)
{
	const char *suffix = strstr(name, SYMBOLS_LTO_SUFFIX);
	size_t length = suffix ? (size_t)(suffix - name) : strcspn(name, " \t\n");

	if (length >= 1 << 12)
		return false;
	if (symbols->count == symbols->room) {
		uint32_t room = symbols->room ? 2 * symbols->room : 1 << 16;
		struct running_symbol *grown = NULL;

		if (room <= COUNT_MAX)
			grown = realloc(symbols->symbol, room * sizeof(*grown));
		if (!grown)
			return false;
		symbols->symbol = grown;
		symbols->room = room;
	}
	symbols->symbol[symbols->count] = (struct running_symbol){
		.address = address,
		.name = (uint32_t)symbols->names_size,
		.number = symbols->count,
		.global = type >= 'A' && type <= 'Z',
	};
	symbols->count++;
	return add_name(symbols, name, length);
}

/* "ffffffff81000000 T _stext"; those of modules and BPF end in a name in brackets. */
static bool add_line(struct running_symbols *symbols, const char *line)
{
	unsigned long long address;
	char type;
	int at = 0;

	if (sscanf(line, "%llx %c %n", &address, &type, &at) != 2 || !at ||
	    strchr(line + at, '['))
		return true;
	return add_symbol(symbols, address, type, line + at);
}

static bool read_lines(struct running_symbols *symbols, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	bool good = true;

	while (good && getline(&line, &room, file) >= 0)
		good = add_line(symbols, line);
	good = good && !ferror(file);
	free(line);
	return good;
}

static int compare(const void *left, const void *right)
{
	const struct running_symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

static bool build_index(struct running_symbols *symbols)
{
	if (!symbols->count)
		return true;
	qsort(symbols->symbol, symbols->count, sizeof(*symbols->symbol), compare);
	if (!name_index_reserve(&symbols->index, symbols->count))
		return false;
	for (uint32_t i = 0; i < symbols->count; i++)
		if (!name_index_add(&symbols->index,
				    name_hash(symbols->names + symbols->symbol[i].name), i))
			return false;
	return true;
}

/* Equal names come out of the index in the order of their addresses. */
static bool running_lookup(struct symbols *base, const char *name, uint64_t *address)
{
	struct running_symbols *symbols = (struct running_symbols *)base;
	uint64_t hash = name_hash(name);
	bool found = false;
	size_t cursor = 0;
	uint32_t i;

	while (name_index_next(&symbols->index, hash, &cursor, &i)) {
		const struct running_symbol *symbol = &symbols->symbol[i];

		if (strcmp(symbols->names + symbol->name, name))
			continue;
		if (!found || symbol->global)
			*address = symbol->address;
		found = true;
		if (symbol->global)
			break;
	}
	return found;
}

static bool running_nearest(struct symbols *base, uint64_t address, char *name, size_t size,
			    uint64_t *offset)
{
	const struct running_symbols *symbols = (struct running_symbols *)base;
	const struct running_symbol *sorted = symbols->symbol;
	uint32_t low = 0, high = symbols->count;

	if (address > sorted[high - 1].address &&
	    address - sorted[high - 1].address >= SYMBOLS_SLACK)
		return false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (sorted[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || sorted[low - 1].address < SYMBOLS_KERNEL_HALF)
		return false;
	*offset = address - sorted[low - 1].address;
	/* of several names of one address the first, as the kernel does */
	for (low--; low && sorted[low - 1].address == sorted[low].address; low--)
		;
	snprintf(name, size, "%s", symbols->names + sorted[low].name);
	return true;
}

static void running_each(struct symbols *base, symbol_visit_fn *visit, void *data)
{
	const struct running_symbols *symbols = (struct running_symbols *)base;

	for (uint32_t i = 0; i < symbols->count; i++)
		if (!visit(data, symbols->names + symbols->symbol[i].name,
			   symbols->symbol[i].address))
			break;
}

static void running_close(struct symbols *base)
{
	struct running_symbols *symbols = (struct running_symbols *)base;

	name_index_free(&symbols->index);
	free(symbols->symbol);
	free(symbols->names);
	free(symbols);
}

static const struct symbols_ops running_ops = {
	.name = "/proc/kallsyms",
	.lookup = running_lookup,
	.nearest = running_nearest,
	.each = running_each,
	.close = running_close,
};

/* Who may not see them reads zeros, and an address of another kernel is no better. */
static bool check(struct running_symbols *symbols, const char *path, uint64_t stext,
		  struct error *err)
{
	uint64_t address;

	if (running_lookup(&symbols->base, "_stext", &address) && address == stext)
		return true;
	return error_set(err, ERROR_MISSING, "%s hides the addresses (kernel.kptr_restrict)", path);
}

struct symbols *kallsyms_running(const char *path, uint64_t stext, struct error *err)
{
	struct running_symbols *symbols;
	FILE *file = fopen(path, "re");
	bool good;

	if (!file) {
		error_set(err, ERROR_MISSING, "%s: %s", path, strerror(errno));
		return NULL;
	}
	symbols = calloc(1, sizeof(*symbols));
	good = symbols && read_lines(symbols, file) && build_index(symbols);
	fclose(file);
	if (!good)
		error_set(err, ERROR_SYSTEM, "%s: cannot be read", path);
	else
		symbols->base.ops = &running_ops;
	if (good && check(symbols, path, stext, err))
		return &symbols->base;
	if (symbols)
		running_close(&symbols->base);
	return NULL;
}
