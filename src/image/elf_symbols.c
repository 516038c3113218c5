// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/elf_symbols.h"
#include "image/name_index.h"

#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* allyesconfig has 1.5 million */
#define ELF_SYMBOLS_MAX (16u << 20)

struct elf_symbol {
	uint64_t address;	/* as linked */
	const char *name;
	uint32_t rank;		/* of names of one address the lowest is shown */
	bool global;
};

struct elf_symbols {
	struct symbols base;
	uint64_t offset;
	size_t count;
	struct elf_symbol *symbol;	/* in the order of the file */
	struct name_index index;	/* built by the first lookup */
	struct elf_symbol *by_address;	/* built by the first search by address */
};

static uint64_t moved(const struct elf_symbols *symbols, uint64_t address)
{
	return address >= SYMBOLS_KERNEL_HALF ? address + symbols->offset : address;
}

/* A name that ends within the string table, or NULL. */
static const char *name_at(const Elf_Data *strings, uint32_t offset)
{
	const char *name = (const char *)strings->d_buf + offset;

	if (offset >= strings->d_size || !memchr(name, 0, strings->d_size - offset))
		return NULL;
	return name;
}

/* Section and file names, and the $x, $d of arm64, are no symbols to a reader. */
static bool wanted(const GElf_Sym *symbol, const char *name)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return name && *name && *name != '$' && strncmp(name, ".L", 2) &&
	       symbol->st_shndx != SHN_UNDEF &&
	       (type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC);
}

static Elf_Scn *find_symtab(Elf *elf, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, header) && header->sh_type == SHT_SYMTAB)
			return section;
	return NULL;
}

static bool load(struct elf_symbols *symbols, Elf_Data *table, const Elf_Data *strings,
		 size_t count)
{
	size_t i;

	symbols->symbol = calloc(count, sizeof(*symbols->symbol));
	if (!symbols->symbol)
		return false;
	for (i = 0; i < count; i++) {
		struct elf_symbol *to = &symbols->symbol[symbols->count];
		const char *name;
		GElf_Sym symbol;

		if (!gelf_getsym(table, (int)i, &symbol))
			break;
		name = name_at(strings, symbol.st_name);
		if (!wanted(&symbol, name))
			continue;
		to->name = name;
		to->address = symbol.st_value;
		to->rank = GELF_ST_TYPE(symbol.st_info) == STT_NOTYPE;
		to->global = GELF_ST_BIND(symbol.st_info) != STB_LOCAL;
		symbols->count++;
	}
	return true;
}

/* Letters of the name that count in a lookup. */
static size_t plain_length(const char *name)
{
	const char *suffix = strchr(name, '.') ? strstr(name, SYMBOLS_LTO_SUFFIX) : NULL;

	return suffix ? (size_t)(suffix - name) : strlen(name);
}

static bool build_index(struct elf_symbols *symbols)
{
	uint32_t i;

	if (symbols->index.bits)
		return true;
	if (!name_index_reserve(&symbols->index, symbols->count))
		return false;
	for (i = 0; i < symbols->count; i++)
		if (!name_index_add(
			    &symbols->index,
			    name_hash_bytes(symbols->symbol[i].name,
					    plain_length(symbols->symbol[i].name)),
			    i))
			return false;
	return true;
}

/* The global one, else the lowest: the same that kallsyms would give. */
static bool preferred(const struct elf_symbol *one, const struct elf_symbol *other)
{
	if (one->global != other->global)
		return one->global;
	return one->address < other->address;
}

static bool elf_lookup(struct symbols *base, const char *name, uint64_t *address)
{
	struct elf_symbols *symbols = (struct elf_symbols *)base;
	const struct elf_symbol *best = NULL;
	uint64_t hash = name_hash(name);
	size_t length = strlen(name), cursor = 0;
	uint32_t i;

	if (!build_index(symbols))
		return false;
	while (name_index_next(&symbols->index, hash, &cursor, &i)) {
		const struct elf_symbol *symbol = &symbols->symbol[i];

		if (plain_length(symbol->name) == length &&
		    !memcmp(symbol->name, name, length) &&
		    (!best || preferred(symbol, best)))
			best = symbol;
	}
	if (best)
		*address = moved(symbols, best->address);
	return best != NULL;
}

static int compare_by_address(const void *left, const void *right)
{
	const struct elf_symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(a->name, b->name);
}

static bool sort_by_address(struct elf_symbols *symbols)
{
	size_t size = symbols->count * sizeof(*symbols->symbol);

	if (symbols->by_address)
		return true;
	symbols->by_address = malloc(size);
	if (!symbols->by_address)
		return false;
	memcpy(symbols->by_address, symbols->symbol, size);
	qsort(symbols->by_address, symbols->count, sizeof(*symbols->by_address),
	      compare_by_address);
	return true;
}

static bool elf_nearest(struct symbols *base, uint64_t address,
			char *name, size_t size, uint64_t *offset)
{
	struct elf_symbols *symbols = (struct elf_symbols *)base;
	size_t low = 0, high = symbols->count;
	const struct elf_symbol *sorted;
	uint64_t linked = address - symbols->offset;

	if (!sort_by_address(symbols))
		return false;
	sorted = symbols->by_address;
	if (linked > sorted[high - 1].address &&
	    linked - sorted[high - 1].address >= SYMBOLS_SLACK)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sorted[middle].address <= linked)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || sorted[low - 1].address < SYMBOLS_KERNEL_HALF)
		return false;
	*offset = linked - sorted[low - 1].address;
	for (low--; low && sorted[low - 1].address == sorted[low].address; low--)
		;
	if (size) {
		size_t length = plain_length(sorted[low].name);

		if (length > size - 1)
			length = size - 1;
		memcpy(name, sorted[low].name, length);
		name[length] = '\0';
	}
	return true;
}

static void elf_each(struct symbols *base, symbol_visit_fn *visit, void *data)
{
	const struct elf_symbols *symbols = (struct elf_symbols *)base;
	char name[1024];
	size_t i;

	for (i = 0; i < symbols->count; i++) {
		size_t length = plain_length(symbols->symbol[i].name);

		if (length >= sizeof(name))
			continue;
		memcpy(name, symbols->symbol[i].name, length);
		name[length] = '\0';
		if (!visit(data, name, moved(symbols, symbols->symbol[i].address)))
			break;
	}
}

static void elf_close(struct symbols *base)
{
	struct elf_symbols *symbols = (struct elf_symbols *)base;

	name_index_free(&symbols->index);
	free(symbols->by_address);
	free(symbols->symbol);
	free(symbols);
}

static const struct symbols_ops elf_symbols_ops = {
	.name = "vmlinux",
	.lookup = elf_lookup,
	.nearest = elf_nearest,
	.each = elf_each,
	.close = elf_close,
};

struct symbols *elf_symbols_open(Elf *elf, struct error *err)
{
	struct elf_symbols *symbols;
	Elf_Data *table, *strings;
	GElf_Shdr header;
	Elf_Scn *section;
	size_t count;

	section = find_symtab(elf, &header);
	if (!section) {
		error_set(err, ERROR_MISSING, "no symbol table (stripped)");
		return NULL;
	}
	table = elf_getdata(section, NULL);
	strings = elf_getdata(elf_getscn(elf, header.sh_link), NULL);
	count = header.sh_entsize ? (size_t)(header.sh_size / header.sh_entsize) : 0;
	if (!table || !table->d_buf || !strings || !strings->d_buf || !count ||
	    count > ELF_SYMBOLS_MAX) {
		error_set(err, ERROR_INPUT, "its symbol table is damaged: %zu symbols",
			  count);
		return NULL;
	}
	symbols = calloc(1, sizeof(*symbols));
	if (!symbols || !load(symbols, table, strings, count)) {
		free(symbols);
		error_set(err, ERROR_SYSTEM, "out of memory for %zu symbols", count);
		return NULL;
	}
	symbols->base.ops = &elf_symbols_ops;
	if (!symbols->count) {
		elf_close(&symbols->base);
		error_set(err, ERROR_MISSING, "its symbol table is empty");
		return NULL;
	}
	return &symbols->base;
}

void elf_symbols_move(struct symbols *symbols, uint64_t offset)
{
	((struct elf_symbols *)symbols)->offset = offset;
}
