// SPDX-License-Identifier: GPL-2.0-or-later
#include "harms.h"

#include <stdlib.h>

const struct story_spinner *spinner_of(const struct stage *stage)
{
	return &stage->clean.story->spinners[0];
}

const struct story_thread *thread_of(const struct stage *stage)
{
	return &stage->clean.story->threads[spinner_of(stage)->thread];
}

bool missing(struct stage *stage, const char *what)
{
	return skip(&stage->scene, what);
}

bool find_symbol(struct stage *stage, const char *name, uint64_t *address)
{
	return image_symbol(stage->scene.kernel->image, name, address) ||
	       missing(stage, "no such symbol in this kernel");
}

bool find_field(struct stage *stage, const char *type, const char *path,
		struct field *field)
{
	return kernel_field(stage->scene.kernel, type, path, field) ||
	       missing(stage, "no such member in this kernel");
}

/* A word of memory by symbol and member becomes @value. */
bool lay_member(struct stage *stage, const char *symbol, const char *type,
		const char *path, uint64_t value)
{
	struct field field;
	uint64_t address;

	if (!find_symbol(stage, symbol, &address) || !find_field(stage, type, path, &field))
		return false;
	lay_field(&stage->scene, address, field, value);
	return true;
}

bool lay_in_task(struct stage *stage, const char *path, uint64_t value)
{
	struct field field;

	if (!find_field(stage, "task_struct", path, &field))
		return false;
	lay_field(&stage->scene, thread_of(stage)->task.address, field, value);
	return true;
}

void lay_bytes(struct stage *stage, uint64_t address, const void *bytes, size_t length)
{
	if (!memory_overlay(stage->scene.dump.memory, address, bytes, length))
		stage->scene.failed = true;
}

/* @length bytes of noise, the same each time; @random false: zeros. */
bool lay_run(struct stage *stage, uint64_t address, size_t length, bool random)
{
	unsigned char *bytes = calloc(1, length ? length : 1);
	unsigned int seed = 20231205;
	size_t i;

	if (!bytes)
		return false;
	for (i = 0; i < length && random; i++)
		bytes[i] = (unsigned char)(rand_r(&seed) >> 7);
	lay_bytes(stage, address, bytes, length);
	free(bytes);
	return true;
}

/* From one symbol to another: the tables that the linker made. */
bool lay_between(struct stage *stage, const char *from, const char *to, bool random)
{
	uint64_t start, end;

	return find_symbol(stage, from, &start) && find_symbol(stage, to, &end) && end > start &&
	       lay_run(stage, start, end - start, random);
}
