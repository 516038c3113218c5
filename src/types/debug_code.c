// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * With plain libdw: a vmlinux is linked at one address, so image_kaslr_offset() is
 * all that separates the dumped kernel from it. Units are found in a table of their
 * ranges, made at first use (clang writes no .debug_aranges); the functions of a unit
 * join a second one when the unit is first asked for.
 */
#include "types/debug_code.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "types/backend.h"
#include "types/die.h"
#include "types/location.h"

#define SCOPE_DEPTH_MAX 64	/* blocks and inlined functions within each other */
#define RANGES_MAX	(1U << 24)
#define TREES		2	/* known_files[] */

/* The DIE that has the code from start to end (exclusive), addresses of the file. */
struct range {
	uint64_t start, end;
	Dwarf_Die die;
};

struct ranges {
	struct range *ranges;
	size_t count, room;
};

/* The first bytes of a string of libdw's. */
struct prefix {
	const char *path;
	size_t length;		/* 0: none */
};

struct debug_code {
	struct memory *memory;
	uint64_t bias;		/* run-time address minus address in the file */
	Dwarf *dwarf;
	Dwarf_CFI *cfi;		/* .debug_frame, owned by dwarf, or eh_frame; NULL: none */
	Dwarf_CFI *eh_frame;	/* our own, when there is no .debug_frame */
	struct ranges units;	/* sorted once units_known */
	bool units_known;
	struct ranges functions;	/* of the units that were asked for; sorted */
	struct ranges read;	/* the ranges of those units */
	struct prefix trees[TREES];	/* ways to the source tree */
};

/* From the function down to the innermost block that has an address. */
struct path {
	Dwarf_Die unit;
	Dwarf_Die dies[SCOPE_DEPTH_MAX];
	unsigned int depth;
};

struct debug_code *debug_code_of(int descriptor, uint64_t bias, struct memory *memory)
{
	struct debug_code *code = calloc(1, sizeof(*code));

	if (!code)
		return NULL;
	code->memory = memory;
	code->bias = bias;
	code->dwarf = die_open(descriptor);
	if (!code->dwarf) {
		free(code);
		return NULL;
	}
	/* x86 kernels have .debug_frame and throw .eh_frame away (vmlinux.lds.S) */
	code->cfi = dwarf_getcfi(code->dwarf);
	if (!code->cfi)
		code->cfi = code->eh_frame = dwarf_getcfi_elf(dwarf_getelf(code->dwarf));
	return code;
}

struct debug_code *debug_code_open(const struct image *image)
{
	int descriptor = image_vmlinux_descriptor(image);

	if (descriptor < 0)
		return NULL;
	return debug_code_of(descriptor, image_kaslr_offset(image), image_memory(image));
}

void debug_code_close(struct debug_code *code)
{
	if (!code)
		return;
	free(code->units.ranges);
	free(code->functions.ranges);
	free(code->read.ranges);
	dwarf_cfi_end(code->eh_frame);
	dwarf_end(code->dwarf);
	free(code);
}

static bool add_range(struct ranges *ranges, uint64_t start, uint64_t end,
		      const Dwarf_Die *die)
{
	struct range *larger;
	size_t room;

	if (ranges->count == ranges->room) {
		room = ranges->room ? ranges->room * 2 : 1024;
		if (room > RANGES_MAX)
			return false;
		larger = reallocarray(ranges->ranges, room, sizeof(*larger));
		if (!larger)
			return false;
		ranges->ranges = larger;
		ranges->room = room;
	}
	ranges->ranges[ranges->count++] = (struct range){start, end, *die};
	return true;
}

/* All ranges of @die, which has code, standing for @as. */
static void add_ranges_of(struct ranges *ranges, Dwarf_Die *die, const Dwarf_Die *as)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
		if (start < end && !add_range(ranges, start, end, as))
			return;
}

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort_ranges(struct ranges *ranges)
{
	if (ranges->count)
		qsort(ranges->ranges, ranges->count, sizeof(*ranges->ranges), compare);
}

/* Ranges do not overlap, unless the DWARF is damaged; then some are not found. */
static struct range *find_range(const struct ranges *ranges, uint64_t address)
{
	size_t low = 0, high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (ranges->ranges[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || ranges->ranges[low - 1].end <= address)
		return NULL;
	return &ranges->ranges[low - 1];
}

/* Where @path ends with @end, as a whole name; its length before that. */
static bool ends_with(const char *path, const char *end, size_t *before)
{
	size_t length = path ? strlen(path) : 0, tail = strlen(end);

	if (!path || length < tail || strcmp(path + length - tail, end))
		return false;
	*before = length - tail;
	return !*before || path[*before - 1] == '/';
}

/*
 * The kernel's Makefile may choose paths below the tree or absolute ones, and other
 * ones for assembly. Every x86 kernel has these two files.
 */
static void learn_trees(struct debug_code *code, Dwarf_Die *unit)
{
	static const char *const known_files[TREES] = {
		"init/main.c", "arch/x86/kernel/head_64.S",
	};
	Dwarf_Files *files;
	size_t count, length, known, i;

	for (known = 0; known < TREES; known++) {
		if (!ends_with(die_name(unit), known_files[known], &length) ||
		    dwarf_getsrcfiles(unit, &files, &count))
			continue;
		for (i = 0; i < count; i++) {
			const char *path = dwarf_filesrc(files, i, NULL, NULL);

			if (ends_with(path, known_files[known], &length))
				code->trees[known] = (struct prefix){path, length};
		}
	}
}

/* @path from below the tree on, within the same string. */
static const char *below_tree(const struct debug_code *code, const char *path)
{
	size_t i;

	if (!path)
		return NULL;
	for (i = 0; i < TREES; i++) {
		if (!code->trees[i].length ||
		    strncmp(path, code->trees[i].path, code->trees[i].length))
			continue;
		path += code->trees[i].length;
		break;
	}
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

static void find_units(struct debug_code *code)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die, split;
	uint8_t type;

	while (!dwarf_get_units(code->dwarf, unit, &unit, NULL, &type, &die, &split)) {
		bool is_split = type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;

		/* with -gsplit-dwarf the ranges are here, all else is in the .dwo file */
		add_ranges_of(&code->units, &die, is_split ? &split : &die);
		learn_trees(code, &die);
	}
	sort_ranges(&code->units);
	code->units_known = true;
}

static void read_functions(struct debug_code *code, Dwarf_Die *unit)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die))
		return;
	do {
		if (dwarf_tag(&die) == DW_TAG_subprogram)
			add_ranges_of(&code->functions, &die, &die);
	} while (die_next_sibling(&die));
	sort_ranges(&code->functions);
}

/* A unit of several ranges is read when one of them is first met, and once. */
static bool was_read(const struct debug_code *code, const Dwarf_Die *unit)
{
	size_t i;

	for (i = 0; i < code->read.count; i++)
		if (code->read.ranges[i].die.addr == unit->addr)
			return true;
	return false;
}

static bool find_unit(struct debug_code *code, uint64_t address, Dwarf_Die *unit)
{
	const struct range *range;

	if (!code->units_known)
		find_units(code);
	range = find_range(&code->units, address);
	if (!range)
		return false;
	*unit = range->die;
	if (was_read(code, unit) ||
	    !add_range(&code->read, range->start, range->end, unit))
		return true;
	read_functions(code, unit);
	return true;
}

/* The block or inlined function directly within @die that has @address. */
static bool inner_scope(Dwarf_Die *die, uint64_t address, Dwarf_Die *inner)
{
	int tag;

	if (dwarf_child(die, inner))
		return false;
	do {
		tag = dwarf_tag(inner);
		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    dwarf_haspc(inner, address) > 0)
			return true;
	} while (die_next_sibling(inner));
	return false;
}

/* False: no unit has @address. Assembly has units without functions: depth 0. */
static bool find_path(struct debug_code *code, uint64_t address, struct path *path)
{
	const struct range *function;

	path->depth = 0;
	if (!find_unit(code, address, &path->unit))
		return false;
	function = find_range(&code->functions, address);
	if (!function)
		return true;
	path->dies[path->depth++] = function->die;
	while (path->depth < SCOPE_DEPTH_MAX &&
	       inner_scope(&path->dies[path->depth - 1], address,
			   &path->dies[path->depth]))
		path->depth++;
	return true;
}

static bool is_function(Dwarf_Die *die)
{
	return dwarf_tag(die) != DW_TAG_lexical_block;
}

/* Where control is in the innermost function. */
static void line_at(struct debug_code *code, struct path *path, uint64_t address,
		    struct debug_scope *scope)
{
	Dwarf_Line *line = dwarf_getsrc_die(&path->unit, address);
	int number = 0;

	if (!line || dwarf_lineno(line, &number) || number < 0)
		return;
	scope->line = number;
	scope->file = below_tree(code, dwarf_linesrc(line, NULL, NULL));
}

/* Where control is in the function around @inlined: at its call. */
static void line_of_call(struct debug_code *code, struct path *path, Dwarf_Die *inlined,
			 struct debug_scope *scope)
{
	uint64_t number, file;
	Dwarf_Files *files;
	size_t count;

	if (die_number(inlined, DW_AT_call_line, &number) && number <= INT32_MAX)
		scope->line = (int)number;
	if (die_number(inlined, DW_AT_call_file, &file) &&
	    !dwarf_getsrcfiles(&path->unit, &files, &count) && file < count)
		scope->file = below_tree(code, dwarf_filesrc(files, file, NULL, NULL));
}

unsigned int debug_code_scopes(struct debug_code *code, uint64_t address,
			       struct debug_scope *scopes, unsigned int max)
{
	struct debug_scope scope = {0};
	unsigned int i, count = 0;
	struct path path;

	address -= code->bias;
	if (!max || !find_path(code, address, &path))
		return 0;
	line_at(code, &path, address, &scope);
	if (!path.depth) {
		scopes[0] = scope;
		return scope.line != 0;
	}
	for (i = path.depth; i-- && count < max; ) {
		Dwarf_Die *die = &path.dies[i];

		if (!is_function(die))
			continue;
		scope.function = dwarf_diename(die);
		scope.inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
		scopes[count++] = scope;
		scope = (struct debug_scope){0};
		line_of_call(code, &path, die, &scope);
	}
	return count;
}

/* Bytes; 0 when not known (a struct that this unit only declares, an array). */
static uint32_t type_size(Dwarf_Die die)
{
	unsigned int steps;
	uint64_t size;

	for (steps = 0; steps < TYPE_CHAIN_MAX; steps++) {
		if (die_number(&die, DW_AT_byte_size, &size))
			return size <= UINT32_MAX ? (uint32_t)size : 0;
		if (dwarf_tag(&die) == DW_TAG_pointer_type)
			return 8;
		if (!die_is_link(dwarf_tag(&die)) || !die_type(&die, &die))
			return 0;
	}
	return 0;
}

static void describe_type(Dwarf_Die *variable, struct debug_local *local)
{
	Dwarf_Attribute attribute;
	unsigned int steps;
	Dwarf_Die die;
	int tag;

	if (!dwarf_formref_die(dwarf_attr_integrate(variable, DW_AT_type, &attribute), &die))
		return;
	local->size = type_size(die);
	for (steps = 0; steps < TYPE_CHAIN_MAX; steps++) {
		tag = dwarf_tag(&die);
		if (tag == DW_TAG_typedef || (tag != DW_TAG_pointer_type && !die_is_link(tag))) {
			local->type = die_name(&die);
			return;
		}
		local->pointers += tag == DW_TAG_pointer_type;
		if (!die_type(&die, &die)) {
			local->type = dwarf_hasattr(&die, DW_AT_type) ? NULL : "void";
			return;
		}
	}
}

static bool find_place(const struct location_frame *frame, uint64_t address,
		       Dwarf_Die *variable, struct location *location)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t count;

	return dwarf_attr_integrate(variable, DW_AT_location, &attribute) &&
	       dwarf_getlocation_addr(&attribute, address, &ops, &count, 1) == 1 &&
	       location_evaluate(frame, ops, count, &attribute, location);
}

static bool constant_of(Dwarf_Die *variable, struct location *location)
{
	Dwarf_Attribute attribute;
	Dwarf_Sword number;

	location->in_memory = false;
	if (!dwarf_attr_integrate(variable, DW_AT_const_value, &attribute) ||
	    dwarf_formsdata(&attribute, &number))
		return false;
	location->value = (uint64_t)number;
	return true;
}

/* False: a value that cannot be read. What does not fit keeps its address alone. */
static bool take_value(const struct location_frame *frame, const struct location *location,
		       struct debug_local *local)
{
	uint32_t bits = local->size * 8;

	local->in_memory = location->in_memory;
	if (!location->in_memory) {
		local->value = location->value;
		if (local->size && local->size < sizeof(local->value))
			local->value &= (1ULL << bits) - 1;
		return true;
	}
	local->address = location->value;
	return !local->size || local->size > sizeof(local->value) ||
	       memory_read(frame->memory, local->address, &local->value,
			   local->size) == READ_OK;
}

struct locals_walk {
	struct location_frame frame;
	uint64_t address;	/* in the file */
	debug_local_fn *visit;
	void *data;
};

/* The variables directly in @scope. Return: false when the visitor has enough. */
static bool visit_scope(const struct locals_walk *walk, Dwarf_Die *scope,
			const char *function)
{
	struct location location;
	Dwarf_Die die;
	int tag;

	if (dwarf_child(scope, &die))
		return true;
	do {
		struct debug_local local = {.function = function};

		tag = dwarf_tag(&die);
		if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter)
			continue;
		local.name = dwarf_diename(&die);
		if (!local.name || (!find_place(&walk->frame, walk->address, &die, &location) &&
				    !constant_of(&die, &location)))
			continue;
		local.parameter = tag == DW_TAG_formal_parameter;
		describe_type(&die, &local);
		if (take_value(&walk->frame, &location, &local) &&
		    !walk->visit(walk->data, &local))
			return false;
	} while (die_next_sibling(&die));
	return true;
}

/* The function that the scope at @depth of the path belongs to. */
static const char *function_around(struct path *path, unsigned int depth)
{
	while (depth && !is_function(&path->dies[depth]))
		depth--;
	return dwarf_diename(&path->dies[depth]);
}

static bool canonical_address(struct debug_code *code, uint64_t address,
			      const struct location_frame *frame, Dwarf_Frame **rules,
			      uint64_t *cfa)
{
	struct location location;
	Dwarf_Op *ops;
	size_t count;

	if (!code->cfi || dwarf_cfi_addrframe(code->cfi, address, rules))
		return false;
	if (dwarf_frame_cfa(*rules, &ops, &count) ||
	    !location_evaluate(frame, ops, count, NULL, &location)) {
		free(*rules);
		return false;
	}
	*cfa = location.value;
	return true;
}

static void find_bases(struct debug_code *code, uint64_t address, Dwarf_Die *function,
		       struct location_frame *frame)
{
	Dwarf_Attribute attribute;
	struct location location;
	Dwarf_Frame *rules;
	Dwarf_Op *ops;
	size_t count;

	if (!frame->cfa && canonical_address(code, address, frame, &rules, &frame->cfa))
		free(rules);
	if (!dwarf_attr_integrate(function, DW_AT_frame_base, &attribute) ||
	    dwarf_getlocation_addr(&attribute, address, &ops, &count, 1) != 1 ||
	    !location_evaluate(frame, ops, count, &attribute, &location))
		return;
	frame->base = location.value;
	frame->base_known = true;
}

static struct location_frame frame_of(const struct debug_code *code,
				      const struct registers *registers, uint64_t cfa)
{
	return (struct location_frame){
		.memory = code->memory,
		.bias = code->bias,
		.registers = registers,
		.cfa = cfa,
	};
}

void debug_code_locals(struct debug_code *code, uint64_t address,
		       const struct registers *registers, uint64_t cfa,
		       debug_local_fn *visit, void *data)
{
	struct locals_walk walk = {
		.frame = frame_of(code, registers, cfa),
		.address = address - code->bias,
		.visit = visit,
		.data = data,
	};
	struct path path;
	unsigned int i;

	if (!find_path(code, walk.address, &path) || !path.depth)
		return;
	find_bases(code, walk.address, &path.dies[0], &walk.frame);
	for (i = path.depth; i--; )
		if (!visit_scope(&walk, &path.dies[i], function_around(&path, i)))
			return;
}

/*
 * A register without a rule keeps its value if the ABI has functions preserve it.
 * libdw says so too, but in elfutils 0.188 of rax instead of rbx
 * (backends/x86_64_cfi.c); so what it says without any operation is not heeded.
 */
static bool is_preserved(unsigned int number)
{
	return number == REGISTER_RBX || number == REGISTER_RBP ||
	       (number >= REGISTER_R12 && number <= REGISTER_R15);
}

/* What the rules of a frame say of one register of the caller. */
static void recover(const struct location_frame *frame, Dwarf_Frame *rules,
		    unsigned int number, unsigned int rule, struct registers *caller)
{
	struct location location;
	Dwarf_Op memory[3], *ops;
	uint64_t value;
	size_t count;

	if (dwarf_frame_register(rules, (int)rule, memory, &ops, &count))
		return;
	if (!count) {
		if (is_preserved(number) && register_known(frame->registers, number))
			register_set(caller, number, frame->registers->value[number]);
		return;
	}
	if (!location_evaluate(frame, ops, count, NULL, &location))
		return;
	value = location.value;
	if (!location.in_memory ||
	    memory_read_u64(frame->memory, location.value, &value) == READ_OK)
		register_set(caller, number, value);
}

bool debug_code_caller(struct debug_code *code, uint64_t address,
		       const struct registers *registers, struct registers *caller)
{
	struct location_frame frame = frame_of(code, registers, 0);
	Dwarf_Frame *rules;
	unsigned int i;
	int return_address;

	memset(caller, 0, sizeof(*caller));
	/* the rules below are those of x86_64 */
	if (registers->arm64)
		return false;
	if (!canonical_address(code, address - code->bias, &frame, &rules, &frame.cfa))
		return false;
	for (i = 0; i < REGISTER_RIP; i++)
		recover(&frame, rules, i, i, caller);
	/* the stack pointer before the call, whatever else the rules say (AMD64 ABI) */
	register_set(caller, REGISTER_RSP, frame.cfa);
	return_address = dwarf_frame_info(rules, NULL, NULL, NULL);
	if (return_address >= 0)
		recover(&frame, rules, REGISTER_RIP, (unsigned int)return_address, caller);
	free(rules);
	return true;
}
