// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/code.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define MODULES_MAX	 8192		/* distributions ship about 6,000 */
#define MODULE_SIZE_MAX	 (1U << 30)	/* MODULES_LEN, arch/x86/.../pgtable_64_types.h */
#define MODULE_SYMBOLS_MAX (1U << 18)	/* amdgpu has less than 2^16 */
#define SYMBOLS_ALL_MAX	 (1U << 19)	/* of all modules that are on stacks: 8 MiB */
#define ORC_ENTRIES_MAX  (1U << 26)
#define ORC_ENTRY_SIZE	 6
#define MODULE_RANGES	 2		/* text, and that of its init while it runs */

struct range {
	uint64_t start, end;
};

/* A named piece of a module's text. */
struct module_symbol {
	uint64_t address;
	uint32_t name;		/* offset in the module's string table */
};

struct module {
	char name[64];
	struct range text[MODULE_RANGES];	/* end 0: none */
	struct code_orc orc;
	uint64_t kallsyms;		/* its struct mod_kallsyms; 0: none */
	bool loaded;			/* the symbols are, as far as they can be had */
	struct module_symbol *symbols;	/* sorted by address */
	size_t symbol_count;
	uint64_t strings;
};

/* A module's text, for searching by address. */
struct module_range {
	struct range range;
	struct module *module;
};

struct module_layout {
	struct field list, name, state, kallsyms;
	struct field base[MODULE_RANGES], size[MODULE_RANGES];
	struct field num_orcs, orc_ip, orc_entries;
	struct field symtab, num_symtab, strtab;
};

struct code {
	const struct kernel *kernel;
	struct range text, init_text;
	struct code_orc orc;
	struct module_layout layout;
	struct module *modules;
	size_t module_count;
	struct module_range *ranges;	/* sorted by address */
	size_t range_count;
	const char **gap;		/* of its own: lookups of names may find one */
	uint64_t *symbols_left;		/* of SYMBOLS_ALL_MAX */
};

static bool range_has(const struct range *range, uint64_t address)
{
	return address >= range->start && address < range->end;
}

static void resolve_range(const struct kernel *kernel, const char *start, const char *end,
			  struct range *range)
{
	if (!image_symbol(kernel->image, start, &range->start) ||
	    !image_symbol(kernel->image, end, &range->end) || range->end < range->start ||
	    range->end - range->start > MODULE_SIZE_MAX)
		*range = (struct range){0};
}

/* The tables that the linker script makes: ORC_UNWIND_TABLE in vmlinux.lds.h. */
static void find_kernel_orc(struct code *code)
{
	struct range ips, entries;

	resolve_range(code->kernel, "__start_orc_unwind_ip", "__stop_orc_unwind_ip", &ips);
	resolve_range(code->kernel, "__start_orc_unwind", "__stop_orc_unwind", &entries);
	code->orc = (struct code_orc){
		.ip = ips.start,
		.entries = entries.start,
		.count = (ips.end - ips.start) / 4,
	};
	if ((entries.end - entries.start) / ORC_ENTRY_SIZE < code->orc.count)
		code->orc.count = (entries.end - entries.start) / ORC_ENTRY_SIZE;
}

/*
 * Kernel code and, for CPU 0's idle task, which came from start_kernel(), that of
 * the start of the machine, though its pages are given back.
 */
static void find_kernel_text(struct code *code)
{
	resolve_range(code->kernel, "_text", "_etext", &code->text);
	if (!code->text.end)
		resolve_range(code->kernel, "_stext", "_etext", &code->text);
	resolve_range(code->kernel, "_sinittext", "_einittext", &code->init_text);
}

/* An element of module.mem[], a member of it. */
static bool memory_field(const struct kernel *kernel, const char *index_name,
			 int64_t index_usual, const char *path, struct field *field)
{
	struct type_member mem;
	int64_t index;

	*field = (struct field){0};
	if (!types_enumerator(kernel->types, "mod_mem_type", index_name, &index))
		index = index_usual;
	if (!types_member(kernel->types, "module", "mem", &mem) ||
	    index < 0 || index >= mem.count || !kernel_field(kernel, "module", path, field))
		return false;
	field->offset += (uint32_t)index * mem.element_size;
	return true;
}

/* ac3b43283923 of 6.4 put the parts of a module into an array. */
static bool resolve_text(const struct kernel *kernel, struct module_layout *layout)
{
	if (memory_field(kernel, "MOD_TEXT", 0, "mem.base", &layout->base[0]) &&
	    memory_field(kernel, "MOD_TEXT", 0, "mem.size", &layout->size[0])) {
		memory_field(kernel, "MOD_INIT_TEXT", 4, "mem.base", &layout->base[1]);
		memory_field(kernel, "MOD_INIT_TEXT", 4, "mem.size", &layout->size[1]);
		return true;
	}
	kernel_field(kernel, "module", "init_layout.base", &layout->base[1]);
	kernel_field(kernel, "module", "init_layout.text_size", &layout->size[1]);
	return kernel_field(kernel, "module", "core_layout.base", &layout->base[0]) &&
	       kernel_field(kernel, "module", "core_layout.text_size", &layout->size[0]);
}

static bool resolve_modules(const struct kernel *kernel, struct module_layout *layout)
{
	/* without these there are modules that have no stacks or no names */
	if (!kernel_field(kernel, "module", "arch.num_orcs", &layout->num_orcs) ||
	    !kernel_field(kernel, "module", "arch.orc_unwind_ip", &layout->orc_ip) ||
	    !kernel_field(kernel, "module", "arch.orc_unwind", &layout->orc_entries))
		layout->num_orcs.size = 0;
	if (!kernel_field(kernel, "mod_kallsyms", "symtab", &layout->symtab) ||
	    !kernel_field(kernel, "mod_kallsyms", "num_symtab", &layout->num_symtab) ||
	    !kernel_field(kernel, "mod_kallsyms", "strtab", &layout->strtab) ||
	    !kernel_field(kernel, "module", "kallsyms", &layout->kallsyms))
		layout->kallsyms.size = 0;
	kernel_field(kernel, "module", "state", &layout->state);
	return kernel_field(kernel, "module", "list", &layout->list) &&
	       kernel_field(kernel, "module", "name", &layout->name) &&
	       resolve_text(kernel, layout);
}

/* A member of the object at @base; false when absent or not readable. */
static bool load(const struct kernel *kernel, uint64_t base, struct field field,
		 uint64_t *value)
{
	*value = 0;
	return field.size && field.size <= sizeof(*value) &&
	       memory_read(kernel->memory, base + field.offset, value, field.size) == READ_OK;
}

static void read_text(const struct code *code, uint64_t address, struct module *module)
{
	const struct module_layout *layout = &code->layout;
	uint64_t start, size;
	unsigned int i;

	for (i = 0; i < MODULE_RANGES; i++)
		if (load(code->kernel, address, layout->base[i], &start) &&
		    load(code->kernel, address, layout->size[i], &size) &&
		    start >> 63 && size && size <= MODULE_SIZE_MAX && start + size > start)
			module->text[i] = (struct range){start, start + size};
}

static void read_orc(const struct code *code, uint64_t address, struct code_orc *orc)
{
	const struct module_layout *layout = &code->layout;

	if (!load(code->kernel, address, layout->num_orcs, &orc->count) ||
	    !load(code->kernel, address, layout->orc_ip, &orc->ip) ||
	    !load(code->kernel, address, layout->orc_entries, &orc->entries) ||
	    !(orc->ip >> 63) || !(orc->entries >> 63) || orc->count > ORC_ENTRIES_MAX)
		*orc = (struct code_orc){0};
}

/* False when it is one that is not there yet, or makes no sense. */
static bool read_module(const struct code *code, uint64_t address, struct module *module)
{
	const struct kernel *kernel = code->kernel;
	const struct module_layout *layout = &code->layout;
	int64_t unformed = 3;
	uint64_t state;

	*module = (struct module){0};
	types_enumerator(kernel->types, "module_state", "MODULE_STATE_UNFORMED", &unformed);
	if (load(kernel, address, layout->state, &state) && state == (uint64_t)unformed)
		return false;
	if (memory_read_string(kernel->memory, address + layout->name.offset, module->name,
			       sizeof(module->name)) != READ_OK)
		return false;
	read_text(code, address, module);
	read_orc(code, address, &module->orc);
	if (!load(kernel, address, layout->kallsyms, &module->kallsyms) ||
	    !(module->kallsyms >> 63))
		module->kallsyms = 0;
	return module->text[0].end || module->text[1].end;
}

static bool add_module(struct code *code, const struct module *module)
{
	size_t count = code->module_count;
	struct module *grown;

	/* room is a power of two whenever it is full */
	if (!(count & (count - 1))) {
		grown = realloc(code->modules, (count ? 2 * count : 1) * sizeof(*grown));
		if (!grown)
			return false;
		code->modules = grown;
	}
	code->modules[code->module_count++] = *module;
	return true;
}

/*
 * Every node's prev must be right, so that the list cannot run into a loop that
 * misses the head. False only when out of memory.
 */
static bool read_modules(struct code *code)
{
	struct memory *memory = code->kernel->memory;
	uint64_t head, node, next, prev;
	unsigned int left = MODULES_MAX;
	struct module module;

	/* no CONFIG_MODULES */
	if (!image_symbol(code->kernel->image, "modules", &head))
		return true;
	if (!resolve_modules(code->kernel, &code->layout)) {
		*code->gap = "the kernel's types do not tell where its modules are";
		return true;
	}
	for (node = head; ; node = next) {
		if (memory_read_u64(memory, node, &next) != READ_OK || !(next >> 63) ||
		    memory_read_u64(memory, next + 8, &prev) != READ_OK || prev != node ||
		    !left--) {
			*code->gap = "the list of modules is damaged or not in the dump";
			return true;
		}
		if (next == head)
			return true;
		if (read_module(code, next - code->layout.list.offset, &module) &&
		    !add_module(code, &module))
			return false;
	}
}

static int compare_ranges(const void *left, const void *right)
{
	const struct module_range *a = left, *b = right;

	return a->range.start < b->range.start ? -1 : a->range.start > b->range.start;
}

static bool sort_ranges(struct code *code)
{
	size_t i, j;

	if (!code->module_count)
		return true;
	code->ranges = calloc(code->module_count, MODULE_RANGES * sizeof(*code->ranges));
	if (!code->ranges)
		return false;
	for (i = 0; i < code->module_count; i++)
		for (j = 0; j < MODULE_RANGES; j++)
			if (code->modules[i].text[j].end)
				code->ranges[code->range_count++] = (struct module_range){
					code->modules[i].text[j], &code->modules[i]
				};
	qsort(code->ranges, code->range_count, sizeof(*code->ranges), compare_ranges);
	return true;
}

struct code *code_open(const struct kernel *kernel, struct error *err)
{
	struct code *code = calloc(1, sizeof(*code));

	if (code)
		code->gap = calloc(1, sizeof(*code->gap));
	if (code)
		code->symbols_left = calloc(1, sizeof(*code->symbols_left));
	if (!code || !code->gap || !code->symbols_left)
		goto fail;
	*code->symbols_left = SYMBOLS_ALL_MAX;
	code->kernel = kernel;
	find_kernel_text(code);
	find_kernel_orc(code);
	if (read_modules(code) && sort_ranges(code))
		return code;
fail:
	code_close(code);
	error_set(err, ERROR_SYSTEM, "out of memory");
	return NULL;
}

void code_close(struct code *code)
{
	size_t i;

	if (!code)
		return;
	for (i = 0; i < code->module_count; i++)
		free(code->modules[i].symbols);
	free(code->modules);
	free(code->ranges);
	free(code->gap);
	free(code->symbols_left);
	free(code);
}

static struct module *module_at(const struct code *code, uint64_t address)
{
	size_t low = 0, high = code->range_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code->ranges[middle].range.start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && range_has(&code->ranges[low - 1].range, address)
	       ? code->ranges[low - 1].module : NULL;
}

static bool in_kernel(const struct code *code, uint64_t address)
{
	return range_has(&code->text, address) || range_has(&code->init_text, address);
}

bool code_is_text(const struct code *code, uint64_t address)
{
	return in_kernel(code, address) || module_at(code, address);
}

bool code_orc_at(const struct code *code, uint64_t address, struct code_orc *orc)
{
	const struct module *module;

	if (in_kernel(code, address)) {
		*orc = code->orc;
	} else {
		module = module_at(code, address);
		if (!module)
			return false;
		*orc = module->orc;
	}
	return orc->count;
}

const char *code_gap(const struct code *code)
{
	return *code->gap;
}

static int compare_symbols(const void *left, const void *right)
{
	const struct module_symbol *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->name < b->name ? -1 : a->name > b->name;
}

static bool in_module(const struct module *module, uint64_t address)
{
	return range_has(&module->text[0], address) || range_has(&module->text[1], address);
}

/* Names of text, not those that the compiler and the mapping of code leave. */
static bool symbol_counts(const struct module *module, const Elf64_Sym *symbol)
{
	return symbol->st_shndx != SHN_UNDEF && symbol->st_name &&
	       in_module(module, symbol->st_value);
}

static bool read_symbols(const struct code *code, struct module *module)
{
	const struct module_layout *layout = &code->layout;
	uint64_t table, count, i;
	Elf64_Sym symbol;

	if (!load(code->kernel, module->kallsyms, layout->symtab, &table) ||
	    !load(code->kernel, module->kallsyms, layout->num_symtab, &count) ||
	    !load(code->kernel, module->kallsyms, layout->strtab, &module->strings) ||
	    !(table >> 63) || !(module->strings >> 63) || count > MODULE_SYMBOLS_MAX ||
	    count > *code->symbols_left)
		return false;
	*code->symbols_left -= count;
	module->symbols = calloc(count ? count : 1, sizeof(*module->symbols));
	if (!module->symbols)
		return false;
	for (i = 0; i < count; i++) {
		if (memory_read(code->kernel->memory, table + i * sizeof(symbol), &symbol,
				sizeof(symbol)) != READ_OK)
			return false;
		if (symbol_counts(module, &symbol))
			module->symbols[module->symbol_count++] = (struct module_symbol){
				symbol.st_value, symbol.st_name
			};
	}
	return true;
}

/* At the first name that somebody asks for: few modules are on any stack. */
static void load_symbols(const struct code *code, struct module *module)
{
	if (module->loaded)
		return;
	module->loaded = true;
	if (!module->kallsyms || !read_symbols(code, module))
		*code->gap = "the symbols of a module are damaged or not in the dump";
	if (module->symbol_count)
		qsort(module->symbols, module->symbol_count, sizeof(*module->symbols),
		      compare_symbols);
}

/* The last symbol at or below @address. */
static const struct module_symbol *symbol_at(const struct module *module, uint64_t address)
{
	size_t low = 0, high = module->symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (module->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &module->symbols[low - 1] : NULL;
}

static bool name_in_module(const struct code *code, struct module *module, uint64_t address,
			   struct code_name *name)
{
	const struct module_symbol *symbol;

	load_symbols(code, module);
	memcpy(name->module, module->name, sizeof(name->module));
	symbol = symbol_at(module, address);
	/* text and init text are far apart */
	if (!symbol || address - symbol->address > MODULE_SIZE_MAX ||
	    memory_read_string(code->kernel->memory, module->strings + symbol->name,
			       name->function, sizeof(name->function)) != READ_OK)
		return false;
	name->offset = address - symbol->address;
	return *name->function;
}

bool code_name_at(const struct code *code, uint64_t address, struct code_name *name)
{
	struct module *module = module_at(code, address);

	*name = (struct code_name){0};
	if (module)
		return name_in_module(code, module, address, name);
	return in_kernel(code, address) &&
	       image_symbol_at(code->kernel->image, address, name->function,
			       sizeof(name->function), &name->offset);
}
