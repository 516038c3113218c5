/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols and types for unit tests, from small tables instead of a dump. A test
 * that includes this is linked with it in place of image/ and types/.
 */
#ifndef KSWAPCK_TEST_FAKE_IMAGE_H
#define KSWAPCK_TEST_FAKE_IMAGE_H

#include <stdio.h>
#include <string.h>

#include "image/image.h"
#include "types/types.h"

#define FAKE_MAX 128

struct fake_symbol {
	const char *name;
	uint64_t address;
};

struct fake_member {
	const char *type, *path;
	struct type_member member;
};

struct image {
	struct memory *memory;
	const char *release;
	const char *vmcoreinfo_key;	/* the one line that there is, or NULL */
	int64_t vmcoreinfo_value;	/* its number, if that is not 0 */
	struct fake_symbol symbols[FAKE_MAX];
	size_t symbol_count;
};

struct fake_enumerator {
	const char *name;
	int64_t value;
};

struct types {
	struct fake_member members[FAKE_MAX];	/* path NULL: the type's size alone */
	size_t member_count;
	const struct fake_enumerator *enumerators;	/* ends with name NULL; may be NULL */
};

static inline void fake_add_symbol(struct image *image, const char *name, uint64_t address)
{
	if (image->symbol_count < FAKE_MAX)
		image->symbols[image->symbol_count++] = (struct fake_symbol){name, address};
}

static inline void fake_remove_symbol(struct image *image, const char *name)
{
	for (size_t i = 0; i < image->symbol_count; i++)
		if (!strcmp(image->symbols[i].name, name))
			image->symbols[i].name = "";
}

static inline void fake_add_array(struct types *types, const char *type, const char *path,
				  uint32_t offset, uint32_t element_size, uint32_t count)
{
	if (types->member_count < FAKE_MAX)
		types->members[types->member_count++] = (struct fake_member){
			type, path, {
				.offset = offset, .size = element_size * count,
				.count = count, .element_size = element_size,
			}
		};
}

static inline void fake_add_member(struct types *types, const char *type, const char *path,
				   uint32_t offset, uint32_t size)
{
	fake_add_array(types, type, path, offset, size, 1);
}

static inline void fake_add_size(struct types *types, const char *type, uint32_t size)
{
	fake_add_array(types, type, NULL, 0, size, 1);
}

static inline void fake_remove_type(struct types *types, const char *type)
{
	for (size_t i = 0; i < types->member_count; i++)
		if (!strcmp(types->members[i].type, type))
			types->members[i].type = "";
}

/* ---- image/image.h ---- */

struct image *image_open(struct memory *memory, const struct source_facts *facts,
			 const struct image_options *options, struct error *err)
{
	(void)memory;
	(void)facts;
	(void)options;
	error_set(err, ERROR_MISSING, "not in a test");
	return NULL;
}

void image_close(struct image *image)
{
	(void)image;
}

const char *image_release(const struct image *image)
{
	return image->release ? image->release : "6.1.0";
}

bool image_live(const struct image *image)
{
	(void)image;
	return false;
}

const char *image_build_id(const struct image *image)
{
	(void)image;
	return NULL;
}

const char *image_symbols_from(const struct image *image)
{
	(void)image;
	return "a test";
}

const char *image_vmlinux(const struct image *image)
{
	(void)image;
	return NULL;
}

int image_vmlinux_descriptor(const struct image *image)
{
	(void)image;
	return -1;
}

void image_vmlinux_hint(const struct image *image, char *buffer, size_t size)
{
	(void)image;
	snprintf(buffer, size, "none");
}

uint64_t image_kaslr_offset(const struct image *image)
{
	(void)image;
	return 0;
}

struct memory *image_memory(const struct image *image)
{
	return image->memory;
}

bool image_symbol(const struct image *image, const char *name, uint64_t *address)
{
	for (size_t i = 0; i < image->symbol_count; i++)
		if (!strcmp(image->symbols[i].name, name)) {
			*address = image->symbols[i].address;
			return true;
		}
	return false;
}

bool image_symbol_at(const struct image *image, uint64_t address, char *name, size_t size,
		     uint64_t *offset)
{
	const struct fake_symbol *best = NULL;

	for (size_t i = 0; i < image->symbol_count; i++)
		if (image->symbols[i].address <= address &&
		    (!best || image->symbols[i].address >= best->address))
			best = &image->symbols[i];
	if (!best)
		return false;
	snprintf(name, size, "%s", best->name);
	*offset = address - best->address;
	return true;
}

bool image_vmcoreinfo_line(const struct image *image, const char *key, char *value, size_t size)
{
	if (!image->vmcoreinfo_key || strcmp(image->vmcoreinfo_key, key))
		return false;
	snprintf(value, size, "1");
	return true;
}

bool image_vmcoreinfo_symbol(const struct image *image, const char *name, uint64_t *value)
{
	(void)image;
	(void)name;
	(void)value;
	return false;
}

bool image_vmcoreinfo_number(const struct image *image, const char *name, int64_t *value)
{
	if (!image->vmcoreinfo_value || strcmp(image->vmcoreinfo_key, name))
		return false;
	*value = image->vmcoreinfo_value;
	return true;
}

bool image_vmcoreinfo_size(const struct image *image, const char *name, uint64_t *value)
{
	return image_vmcoreinfo_symbol(image, name, value);
}

bool image_vmcoreinfo_offset(const struct image *image, const char *name, uint64_t *value)
{
	return image_vmcoreinfo_symbol(image, name, value);
}

/* ---- types/types.h ---- */

struct types *types_open(const struct image *image, struct error *err)
{
	(void)image;
	error_set(err, ERROR_MISSING, "not in a test");
	return NULL;
}

void types_close(struct types *types)
{
	(void)types;
}

bool types_read_on(const struct types *types)
{
	(void)types;
	return false;
}

const char *types_from(const struct types *types)
{
	(void)types;
	return "a test";
}

static inline const struct fake_member *fake_find(const struct types *types, const char *type,
						  const char *path)
{
	for (size_t i = 0; i < types->member_count; i++) {
		const struct fake_member *member = &types->members[i];

		if (!strcmp(member->type, type) && !path == !member->path &&
		    (!path || !strcmp(member->path, path)))
			return member;
	}
	return NULL;
}

bool types_size(struct types *types, const char *type, uint64_t *size)
{
	const struct fake_member *found = fake_find(types, type, NULL);

	if (found)
		*size = found->member.size;
	return found;
}

bool types_member(struct types *types, const char *type, const char *path,
		  struct type_member *member)
{
	const struct fake_member *found = fake_find(types, type, path);

	if (found)
		*member = found->member;
	return found;
}

bool types_enumerator(struct types *types, const char *enumeration, const char *name,
		      int64_t *value)
{
	const struct fake_enumerator *found = types->enumerators;

	(void)enumeration;
	while (found && found->name && strcmp(found->name, name))
		found++;
	if (!found || !found->name)
		return false;
	*value = found->value;
	return true;
}

#endif
