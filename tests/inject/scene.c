// SPDX-License-Identifier: GPL-2.0-or-later
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/stacks.h"
#include "kernel/swap_entry.h"
#include "kernel/task.h"

static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void add_words(struct scene *scene, const void *bytes, size_t size)
{
	size_t count = size / sizeof(uint64_t);

	scene->words = realloc(scene->words, (scene->word_count + count) * sizeof(uint64_t));
	if (!scene->words)
		abort();
	memcpy(scene->words + scene->word_count, bytes, count * sizeof(uint64_t));
	scene->word_count += count;
}

struct stack_walk {
	struct scene *scene;
	uint64_t size;		/* of a stack */
};

static bool add_stack(void *data, const struct task *task)
{
	struct stack_walk *walk = data;
	unsigned char page[4096];
	uint64_t at;

	for (at = 0; at < walk->size; at += sizeof(page))
		if (memory_read(walk->scene->dump.memory, task->stack + at, page,
				sizeof(page)) == READ_OK)
			add_words(walk->scene, page, sizeof(page));
	return true;
}

/* Every word of every stack, so that no fault is put where a task may be at work. */
static void read_stacks(struct scene *scene)
{
	struct stack_walk walk = {.scene = scene};
	struct task_layout layout;
	const void *note;
	size_t i, size;

	if (task_layout_resolve(scene->kernel, &layout)) {
		walk.size = layout.stack_size;
		task_for_each(scene->kernel, &layout, add_stack, &walk);
	}
	for (i = 0; (note = source_prstatus(scene->dump.source, i, &size)); i++)
		add_words(scene, note, size);
	if (scene->words)
		qsort(scene->words, scene->word_count, sizeof(uint64_t), compare);
}

/* Then a slot may have owners that nobody sees, and fewer than are counted prove nothing. */
static bool tables_moving(const struct kernel *kernel)
{
	struct stack_entries entries;
	struct error err = {0};
	bool moving = !stack_entries_read(kernel, NULL, 0, &entries, &err) || entries.tables_moving;

	stack_entries_free(&entries);
	return moving;
}

static void lab_path(const char *folder, const char *name, char *path, size_t size)
{
	const char *lab = getenv("KSWAPCK_LAB"), *cache = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");

	if (lab)
		snprintf(path, size, "%s/%s/%s", lab, folder, name);
	else if (cache)
		snprintf(path, size, "%s/kswapck-lab/%s/%s", cache, folder, name);
	else
		snprintf(path, size, "%s/.cache/kswapck-lab/%s/%s", home ? home : "", folder,
			 name);
}

void scene_lab_path(const char *name, char *path, size_t size)
{
	lab_path("dumps", name, path, size);
}

/*
 * Kernels without BTF, or without symbols of data: the lab has their vmlinux under the first
 * part of the dump's name.
 */
static const char *lab_vmlinux(const char *path, char *vmlinux, size_t size)
{
	const char *name = strrchr(path, '/');
	char file[64], usual[4096];
	bool old, stripped;

	name = name ? name + 1 : path;
	old = !strncmp(name, "4.", 2);
	stripped = !strncmp(name, "6.1arm64-", 9);
	scene_lab_path(name, usual, sizeof(usual));
	snprintf(file, sizeof(file), "%.*s/vmlinux", (int)strcspn(name, "-"), name);
	lab_path(old ? "kernels" : "debug", file, vmlinux, size);
	return !strcmp(path, usual) && (old || stripped) ? vmlinux : NULL;
}

bool scene_open(struct scene *scene, const char *path, struct error *err)
{
	struct dump_options options = {0};
	char vmlinux[4096];

	memset(scene, 0, sizeof(*scene));
	catalogue_init(&scene->catalogue);
	options.vmlinux = lab_vmlinux(path, vmlinux, sizeof(vmlinux));
	if (!dump_open(&scene->dump, &path, 1, &options, err))
		return false;
	scene->kernel = &scene->dump.kernel;
	read_stacks(scene);
	scene->tables_moving = tables_moving(scene->kernel);
	return true;
}

void scene_close(struct scene *scene)
{
	free(scene->words);
	dump_close(&scene->dump);
}

void scene_reset(struct scene *scene)
{
	memory_overlay_clear(scene->dump.memory);
	catalogue_init(&scene->catalogue);	/* as it grades itself */
	scene->skip = NULL;
	scene->failed = false;
	scene->expected_count = 0;
	scene->expected_any_slot = false;
	scene->sweep = false;
	scene->lost_mark = false;
	scene->in_motion = 0;
	scene->unverified = 0;
	scene->unseen = 0;
}

uint64_t scene_place(const struct scene *scene, uint64_t count)
{
	return (scene->random >> 20) % count;
}

bool skip(struct scene *scene, const char *why)
{
	scene->skip = why;
	return false;
}

void expect(struct scene *scene, const char *id, uint64_t first_slot, uint64_t slots,
	    const char *detail)
{
	if (scene->expected_count == EXPECTATIONS_MAX) {
		scene->failed = true;
		return;
	}
	scene->expected[scene->expected_count++] = (struct expectation){
		.id = id,
		.first_slot = first_slot,
		.slots = slots,
		.detail = detail,
	};
}

void lay(struct scene *scene, uint64_t address, unsigned int size, uint64_t value)
{
	/* little-endian, as the dumps are: the low bytes come first */
	if (!address || !memory_overlay(scene->dump.memory, address, &value, size))
		scene->failed = true;
}

void lay_physical(struct scene *scene, uint64_t address, uint64_t value)
{
	uint64_t direct_map;

	if (!kernel_direct_map(scene->kernel, &direct_map) ||
	    !memory_overlay_physical(scene->dump.memory, address, &value, sizeof(value)))
		scene->failed = true;
	else
		lay(scene, direct_map + address, sizeof(value), value);
}

uint64_t peek(struct scene *scene, uint64_t address, unsigned int size)
{
	uint64_t value = 0;

	if (memory_read(scene->dump.memory, address, &value, size) != READ_OK)
		scene->failed = true;
	return value;
}

void lay_added(struct scene *scene, uint64_t address, unsigned int size, int64_t difference)
{
	lay(scene, address, size, peek(scene, address, size) + (uint64_t)difference);
}

void lay_field(struct scene *scene, uint64_t address, struct field field, uint64_t value)
{
	lay(scene, address + field.offset, field.size, value);
}

void lay_page(struct scene *scene, uint64_t page, enum kswapck_page_field field, uint64_t value)
{
	if (field == KSWAPCK_FIELD_PRIVATE)
		value = swap_entry_give(scene->kernel->swap.old_entries, value);
	lay_field(scene, page, scene->kernel->page.fields[field], value);
}

bool task_has(const struct scene *scene, uint64_t first, uint64_t last)
{
	size_t low = 0, high = scene->word_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (scene->words[middle] < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < scene->word_count && scene->words[low] <= last;
}
