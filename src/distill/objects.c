// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/objects.h"

#include <string.h>

#include "kernel/page.h"

#define PF_KTHREAD 0x00200000	/* include/linux/sched.h; the same in all versions */

/*
 * Registers of user mode that are saved when a task sleeps: those of the FPU, which hold
 * what it has copied last. task_struct.thread.fpu is its last member; since 6.16 struct fpu
 * lies behind the task_struct (arch/x86/kernel/process.c, x86_task_fpu()).
 */
static struct field registers_of(const struct kernel *kernel)
{
	static const char *const members[] = {
		"thread.fpu.__fpstate.regs",	/* 5.16 and later */
		"thread.fpu.state",
		"thread.uw.fpsimd_state",	/* arm64 */
	};
	struct field field;
	uint64_t size;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (kernel_field(kernel, "task_struct", members[i], &field))
			return field;
	if (types_size(kernel->types, "task_struct", &size) && size < UINT32_MAX / 2 &&
	    kernel_field(kernel, "fpu", "__fpstate.regs", &field))
		return (struct field){(uint32_t)size + field.offset, field.size};
	return (struct field){0};
}

static uint64_t cache_named(const struct kernel *kernel, const char *symbol)
{
	uint64_t address, cache;

	return image_symbol(kernel->image, symbol, &address) &&
	       memory_read_u64(kernel->memory, address, &cache) == READ_OK ? cache : 0;
}

void objects_init(struct objects *objects, const struct kernel *kernel,
		  const struct names *names)
{
	*objects = (struct objects){.kernel = kernel, .names = names};
	/* struct slab since 5.17 */
	if (!kernel_field(kernel, "slab", "slab_cache", &objects->slab_cache))
		kernel_field(kernel, "page", "slab_cache", &objects->slab_cache);
	kernel_field(kernel, "kmem_cache", "size", &objects->cache_size);
	kernel_field(kernel, "kmem_cache", "object_size", &objects->object_size);
	kernel_field(kernel, "kmem_cache", "red_left_pad", &objects->red_left_pad);
	objects->task_cache = cache_named(kernel, "task_struct_cachep");
	objects->dentry_cache = cache_named(kernel, "dentry_cache");
	objects->registers = registers_of(kernel);
	kernel_field(kernel, "task_struct", "comm", &objects->comm);
	kernel_field(kernel, "task_struct", "flags", &objects->flags);
	/* d_shortname.string since 6.14 */
	if (!kernel_field(kernel, "dentry", "d_iname", &objects->inline_name))
		kernel_field(kernel, "dentry", "d_shortname", &objects->inline_name);
}

static uint64_t number_at(const struct kernel *kernel, uint64_t object, struct field field)
{
	uint64_t value = 0;

	if (!field.size || field.size > sizeof(value) ||
	    memory_read(kernel->memory, object + field.offset, &value, field.size) != READ_OK)
		return 0;
	return value;
}

/* The part of [@offset, @offset + @size) of an object that is in the page. */
struct piece {
	unsigned char *bytes;
	uint64_t size;
};

/* @object: where it begins, counted from the beginning of the page; may be before it. */
static struct piece piece_of(unsigned char *page, uint64_t page_size, int64_t object,
			     uint64_t offset, uint64_t size)
{
	int64_t from = object + (int64_t)offset, end = from + (int64_t)size;

	if (from < 0)
		from = 0;
	if (end > (int64_t)page_size)
		end = (int64_t)page_size;
	return (struct piece){page + from, end > from ? (uint64_t)(end - from) : 0};
}

/* A page of objects of one cache. */
struct slab_page {
	unsigned char *bytes;
	uint64_t page_size;
	uint64_t address;	/* of the page, direct map */
	uint64_t object_size;
};

#define NAME_MAX_BYTES 64

/* The name is read whole, for it may begin or end in the next page. */
static void replace_name(const struct objects *objects, const struct slab_page *slab, int64_t at,
			 struct field field)
{
	struct piece piece = piece_of(slab->bytes, slab->page_size, at, field.offset, field.size);
	uint64_t address = slab->address + (uint64_t)at + field.offset;
	int64_t before = -(at + (int64_t)field.offset);
	char name[NAME_MAX_BYTES] = "";
	size_t length;

	if (!piece.size)
		return;
	if (field.size > sizeof(name) ||
	    memory_read(objects->kernel->memory, address, name, field.size) != READ_OK) {
		memset(piece.bytes, 0, piece.size);
		return;
	}
	length = strnlen(name, field.size);
	names_replace(objects->names, name, length);
	/* behind the end of a name may be the end of an older one */
	memset(name + length, 0, sizeof(name) - length);
	memcpy(piece.bytes, name + (before > 0 ? before : 0), piece.size);
}

static void edit_task(const struct objects *objects, const struct slab_page *slab, int64_t at)
{
	struct field registers = objects->registers;
	uint64_t size = registers.size;
	struct piece piece;

	if (size && registers.offset < slab->object_size) {
		/* x86_64 has room for all that any CPU may have, and less is allocated */
		if (size > slab->object_size - registers.offset)
			size = slab->object_size - registers.offset;
		piece = piece_of(slab->bytes, slab->page_size, at, registers.offset, size);
		memset(piece.bytes, 0, piece.size);
	}
	if (!objects->names || !objects->comm.size ||
	    number_at(objects->kernel, slab->address + (uint64_t)at, objects->flags) & PF_KTHREAD)
		return;
	replace_name(objects, slab, at, objects->comm);
}

static void edit_dentry(const struct objects *objects, const struct slab_page *slab, int64_t at)
{
	if (objects->names && objects->inline_name.size)
		replace_name(objects, slab, at, objects->inline_name);
}

void objects_edit(const struct objects *objects, uint64_t pfn, unsigned char *page)
{
	const struct kernel *kernel = objects->kernel;
	uint64_t page_size = source_facts(kernel->source)->page_size, cache, size, direct_map;
	void (*edit)(const struct objects *objects, const struct slab_page *slab, int64_t at);
	struct slab_page slab = {.bytes = page, .page_size = page_size};
	struct kswapck_page of;
	int64_t at;

	if (page_read(kernel, page_address_of(kernel, pfn), &of) != READ_OK ||
	    (of.marks & KSWAPCK_PAGE_TAIL && page_read(kernel, of.head, &of) != READ_OK) ||
	    !(of.marks & KSWAPCK_PAGE_SLAB) || !kernel_direct_map(kernel, &direct_map))
		return;
	cache = number_at(kernel, of.address, objects->slab_cache);
	if (!cache || (cache != objects->task_cache && cache != objects->dentry_cache))
		return;
	edit = cache == objects->task_cache ? edit_task : edit_dentry;
	size = number_at(kernel, cache, objects->cache_size);
	slab.object_size = number_at(kernel, cache, objects->object_size);
	slab.address = direct_map + pfn * page_size;
	if (size < 64 || size > UINT64_C(1) << 20 || slab.object_size > size || of.pfn > pfn)
		return;
	/* the first object, then all that begin before the page ends */
	at = -(int64_t)((pfn - of.pfn) * page_size) +
	     (int64_t)(number_at(kernel, cache, objects->red_left_pad) & 0xfff);
	for (; at < (int64_t)page_size; at += (int64_t)size)
		if (at + (int64_t)size > 0)
			edit(objects, &slab, at);
}
