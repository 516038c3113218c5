// SPDX-License-Identifier: GPL-2.0-or-later
#include "scene.h"

#include <string.h>

#include "kernel/swap_device.h"

/* The entries on stacks, so that no fault is put where a task seems to be at work. */
static bool read_stacks(struct scene *scene, struct error *err)
{
	const struct kernel *kernel = scene->kernel;
	struct kswapck_device device;
	uint64_t slots[32] = {0};
	unsigned int type;

	for (type = 0; type < kernel->swap.nr_swapfiles; type++)
		if (swap_device_read(kernel, type, &device) == SWAP_DEVICE_OK)
			slots[type] = device.slots;
	return stack_entries_read(kernel, slots, kernel->swap.nr_swapfiles,
				  &scene->stacks, err);
}

bool scene_open(struct scene *scene, const char *path, struct error *err)
{
	const struct dump_options options = {0};

	memset(scene, 0, sizeof(*scene));
	if (!dump_open(&scene->dump, &path, 1, &options, err))
		return false;
	scene->kernel = &scene->dump.kernel;
	if (read_stacks(scene, err))
		return true;
	scene_close(scene);
	return false;
}

void scene_close(struct scene *scene)
{
	stack_entries_free(&scene->stacks);
	dump_close(&scene->dump);
}

void scene_reset(struct scene *scene)
{
	memory_overlay_clear(scene->dump.memory);
	scene->skip = NULL;
	scene->failed = false;
	scene->expected_count = 0;
	scene->expected_any_slot = false;
	scene->in_motion = 0;
	scene->unverified = 0;
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
	lay_field(scene, page, scene->kernel->page.fields[field], value);
}

bool task_has(const struct scene *scene, uint64_t value)
{
	return stack_entries_have(&scene->stacks, value);
}
