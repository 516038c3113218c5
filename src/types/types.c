// SPDX-License-Identifier: GPL-2.0-or-later
#include "types/backend.h"

#include <gelf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Largest seen: 5 MB; allyesconfig about 25. */
#define BTF_SIZE_MAX ((uint64_t)64 << 20)

/* Anonymous structs in anonymous unions in ...; struct page and slab need 4. */
#define ANONYMOUS_DEPTH_MAX 16u
/* Fields looked at in one lookup; the largest struct of a kernel has about 300. */
#define FIELDS_MAX (1u << 16)
/* Types of one name that are tried; the kernels seen had at most a dozen. */
#define SAME_NAME_MAX 256u
/* Where a member may end: sums of such numbers do not overflow in 32 bits. */
#define MEMBER_END_MAX ((uint64_t)1 << 28)

struct search {
	struct types *types;
	const char *name;
	size_t length;
	uint64_t base;		/* bits from the outer type to this composite */
	uint32_t depth;
	uint32_t *steps;	/* fields seen so far in this lookup */
	bool found;
	struct type_field field;
};

static void search_fields(struct search *search, type_id type);

static bool visit_field(const struct type_field *field, void *context)
{
	struct search *search = context;
	struct type_shape shape;

	if (++*search->steps > FIELDS_MAX)
		return false;
	if (*field->name) {
		if (strncmp(field->name, search->name, search->length) ||
		    field->name[search->length])
			return true;
		search->field = *field;
		search->field.bits += search->base;
		search->found = true;
		return false;
	}
	if (search->depth < ANONYMOUS_DEPTH_MAX &&
	    search->types->ops->shape(search->types, field->type, &shape) &&
	    shape.class == TYPE_COMPOSITE) {
		search->base += field->bits;
		search->depth++;
		search_fields(search, field->type);
		search->depth--;
		search->base -= field->bits;
	}
	return !search->found;
}

static void search_fields(struct search *search, type_id type)
{
	search->types->ops->fields(search->types, type, visit_field, search);
}

static bool within_reason(uint64_t offset, uint64_t size)
{
	return offset <= MEMBER_END_MAX && size <= MEMBER_END_MAX - offset;
}

/*
 * A bit-field lies in a storage unit of its declared type, as the compiler loads
 * it. Where a packed one crosses units it gets the bytes that it touches.
 */
static bool place_bits(struct type_member *member, uint64_t bits, uint64_t unit)
{
	uint64_t start = unit ? bits / (unit * 8) * unit : 0;

	if (!unit || bits - start * 8 + member->bit_size > unit * 8) {
		start = bits / 8;
		unit = (bits % 8 + member->bit_size + 7) / 8;
	}
	if (!within_reason(start, unit))
		return false;
	member->offset = (uint32_t)start;
	member->bit_offset = (uint32_t)(bits - start * 8);
	member->size = member->element_size = (uint32_t)unit;
	return true;
}

static bool fill_member(struct types *types, const struct type_field *field,
			struct type_member *member)
{
	struct type_shape shape, element;

	*member = (struct type_member){ .count = 1, .bit_size = field->bit_size };
	if (!types->ops->shape(types, field->type, &shape))
		return false;
	if (field->bit_size)
		return place_bits(member, field->bits, shape.size);
	if (field->bits % 8 || !within_reason(field->bits / 8, shape.size))
		return false;
	member->offset = (uint32_t)(field->bits / 8);
	member->size = member->element_size = (uint32_t)shape.size;
	if (shape.class != TYPE_ARRAY)
		return true;
	if (!types->ops->shape(types, shape.element, &element) ||
	    element.size > UINT32_MAX || shape.count > UINT32_MAX)
		return false;
	member->count = (uint32_t)shape.count;
	member->element_size = (uint32_t)element.size;
	return true;
}

/* The composite that a path goes on into: of an array, its first element. */
static bool enter(struct types *types, type_id *type)
{
	struct type_shape shape;

	if (!types->ops->shape(types, *type, &shape))
		return false;
	if (shape.class == TYPE_ARRAY) {
		*type = shape.element;
		if (!types->ops->shape(types, *type, &shape))
			return false;
	}
	return shape.class == TYPE_COMPOSITE;
}

static bool resolve(struct types *types, type_id type, const char *path, uint32_t *steps,
		    struct type_member *member)
{
	struct search search = { .types = types, .steps = steps };

	for (;;) {
		search.name = path;
		search.length = strcspn(path, ".");
		search.found = false;
		if (!search.length || !enter(types, &type))
			return false;
		search_fields(&search, type);
		if (!search.found)
			return false;
		path += search.length;
		if (!*path)
			return fill_member(types, &search.field, member);
		if (search.field.bit_size)
			return false;
		search.base = search.field.bits;
		type = search.field.type;
		path++;
	}
}

bool types_member(struct types *types, const char *type, const char *path,
		  struct type_member *member)
{
	uint32_t nth, steps = 0;
	type_id id;

	for (nth = 0; nth < SAME_NAME_MAX && types->ops->find(types, type, nth, &id);
	     nth++)
		if (resolve(types, id, path, &steps, member))
			return true;
	return false;
}

bool types_size(struct types *types, const char *type, uint64_t *size)
{
	struct type_shape shape;
	type_id id;

	if (!types->ops->find(types, type, 0, &id) ||
	    !types->ops->shape(types, id, &shape))
		return false;
	*size = shape.size;
	return true;
}

struct enumerator_search {
	const char *name;
	bool found;
	int64_t value;
};

static bool visit_enumerator(void *context, const char *name, int64_t value)
{
	struct enumerator_search *search = context;

	if (strcmp(name, search->name))
		return true;
	search->found = true;
	search->value = value;
	return false;
}

bool types_enumerator(struct types *types, const char *enumeration, const char *name,
		      int64_t *value)
{
	struct enumerator_search search = { .name = name };
	struct type_node node;
	uint32_t nth;
	type_id id;

	for (nth = 0; nth < SAME_NAME_MAX && types->ops->find(types, enumeration, nth, &id);
	     nth++) {
		if (!types->ops->node(types, id, &node) || node.kind != TYPE_KIND_ENUM)
			continue;
		types->ops->enumerators(types, id, visit_enumerator, &search);
		if (search.found) {
			*value = search.value;
			return true;
		}
	}
	return false;
}

bool types_read_on(const struct types *types)
{
	return types->ops->reads_on;
}

const char *types_from(const struct types *types)
{
	return types->from;
}

void types_close(struct types *types)
{
	if (types)
		types->ops->close(types);
}

/* Until 5.6 objcopy made the names (5.4 kernel/bpf/sysfs_btf.c). */
static bool btf_bounds(const struct image *image, uint64_t *start, uint64_t *end)
{
	static const char *const names[][2] = {
		{ "__start_BTF", "__stop_BTF" },
		{ "_binary__btf_vmlinux_bin_start", "_binary__btf_vmlinux_bin_end" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (image_symbol(image, names[i][0], start) &&
		    image_symbol(image, names[i][1], end))
			return *start != *end;
	return false;
}

static struct types *btf_in_dump(const struct image *image, struct error *err)
{
	uint64_t start, end;
	enum read_status status;
	void *data;

	if (!btf_bounds(image, &start, &end)) {
		error_set(err, ERROR_MISSING,
			  "no BTF in the dump (kernel built without %s)",
			  image_symbol(image, "init_uts_ns", &start)
				  ? "CONFIG_DEBUG_INFO_BTF"
				  : "CONFIG_KALLSYMS_ALL");
		return NULL;
	}
	if (end < start || end - start > BTF_SIZE_MAX) {
		error_set(err, ERROR_INPUT, "BTF in the dump: damaged bounds 0x%" PRIx64
			  " to 0x%" PRIx64, start, end);
		return NULL;
	}
	data = malloc((size_t)(end - start));
	if (!data) {
		error_set(err, ERROR_SYSTEM, "out of memory for BTF");
		return NULL;
	}
	status = memory_read_once(image_memory(image), start, data, (size_t)(end - start));
	if (status != READ_OK) {
		free(data);
		error_set(err, ERROR_UNREADABLE, "BTF at 0x%" PRIx64 " to 0x%" PRIx64
			  " in the dump: %s", start, end, read_status_text(status));
		return NULL;
	}
	return btf_open(data, (size_t)(end - start),
			image_live(image) ? "BTF in memory" : "BTF in the dump", err);
}

#define RUNNING_BTF "/sys/kernel/btf/vmlinux"

/* All bytes of a file of unknown length, to be freed; NULL: not readable. */
static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	char *data = NULL, *grown;
	size_t room = 0;

	*size = 0;
	while (file && *size == room && room < BTF_SIZE_MAX) {
		room = room ? 2 * room : 1 << 22;
		grown = realloc(data, room);
		if (!grown)
			break;
		data = grown;
		*size += fread(data + *size, 1, room - *size, file);
	}
	if (file)
		fclose(file);
	if (*size)
		return data;
	free(data);
	return NULL;
}

static struct types *btf_of_running(struct error *err)
{
	size_t size;
	void *data = read_file(RUNNING_BTF, &size);

	if (!data) {
		error_set(err, ERROR_MISSING, "no %s", RUNNING_BTF);
		return NULL;
	}
	return btf_open(data, size, RUNNING_BTF, err);
}

/* The bytes of section .BTF, to be freed. */
static void *read_btf_section(Elf *elf, size_t *size)
{
	Elf_Scn *section = NULL;
	size_t names;
	GElf_Shdr header;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *name;
		Elf_Data *data;
		void *copy;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS)
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || strcmp(name, ".BTF"))
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf || !data->d_size || data->d_size > BTF_SIZE_MAX)
			return NULL;
		copy = malloc(data->d_size);
		if (copy)
			memcpy(copy, data->d_buf, data->d_size);
		*size = data->d_size;
		return copy;
	}
	return NULL;
}

static struct types *btf_in_vmlinux(const struct image *image, struct error *err)
{
	void *data = NULL;
	size_t size = 0;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(image_vmlinux_descriptor(image), ELF_C_READ_MMAP, NULL);
	if (elf) {
		data = read_btf_section(elf, &size);
		elf_end(elf);
	}
	if (!data) {
		error_set(err, ERROR_MISSING, "%s has no BTF", image_vmlinux(image));
		return NULL;
	}
	return btf_open(data, size, "BTF of vmlinux", err);
}

/*
 * A vmlinux comes first: its bytes are whole, those of a dump may be excluded or
 * overwritten. Its BTF comes before its DWARF, being the same types in a
 * hundredth of the time.
 */
struct types *types_open(const struct image *image, struct error *err)
{
	struct error in_vmlinux = { 0 }, in_dump = { 0 };
	struct types *types = NULL;
	char hint[256];

	if (image_vmlinux(image)) {
		types = btf_in_vmlinux(image, &in_vmlinux);
		if (!types)
			types = dwarf_open(image_vmlinux_descriptor(image),
					   image_vmlinux(image), &in_vmlinux);
	}
	if (!types && image_live(image))
		types = btf_of_running(&in_dump);
	if (!types)
		types = btf_in_dump(image, &in_dump);
	if (types)
		return types;
	image_vmlinux_hint(image, hint, sizeof(hint));
	error_set(err, in_dump.kind, "%s%s%s: give %s with --vmlinux", in_dump.text,
		  in_vmlinux.kind ? "; " : "", in_vmlinux.text, hint);
	return NULL;
}
