// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"
#include "kernel/folio.h"
#include "kernel/lock.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"

#define PAGE_SHIFT_USUAL 12

bool kernel_field(const struct kernel *kernel, const char *type, const char *path,
		  struct field *field)
{
	struct type_member member;

	*field = (struct field){0};
	if (!types_member(kernel->types, type, path, &member))
		return false;
	*field = (struct field){.offset = member.offset, .size = member.size};
	return true;
}

bool kernel_field_required(const struct kernel *kernel, const char *type,
			   const char *path, struct field *field, struct error *err)
{
	if (kernel_field(kernel, type, path, field))
		return true;
	return error_set(err, ERROR_MISSING,
			 "kernel %s has no member %s.%s (looked in %s): a kernel of a kind "
			 "that this version cannot read, or damaged types, which "
			 "--vmlinux would replace",
			 image_release(kernel->image), type, path,
			 types_from(kernel->types));
}

bool kernel_symbol_required(const struct kernel *kernel, const char *name,
			    uint64_t *address, struct error *err)
{
	if (image_symbol(kernel->image, name, address))
		return true;
	return error_set(err, ERROR_MISSING,
			 "no symbol '%s' in %s: a kernel without CONFIG_SWAP or "
			 "CONFIG_KALLSYMS_ALL? give its vmlinux with --vmlinux",
			 name, image_symbols_from(kernel->image));
}

bool kernel_direct_map(const struct kernel *kernel, uint64_t *address)
{
	return kernel->arch->direct_map(kernel, address);
}

unsigned int kernel_page_shift(const struct kernel *kernel)
{
	return kernel->page_shift ? kernel->page_shift : PAGE_SHIFT_USUAL;
}

uint64_t kernel_page_size(const struct kernel *kernel)
{
	return 1ULL << kernel_page_shift(kernel);
}

/* Not as the dump's pages: in kdump-compressed files of arm64 QEMU has 64 KiB for all kernels. */
static unsigned int page_shift_of(const struct image *image)
{
	char line[16];
	unsigned long size;

	if (!image_vmcoreinfo_line(image, "PAGESIZE", line, sizeof(line)))
		return PAGE_SHIFT_USUAL;
	size = strtoul(line, NULL, 10);
	return size >= 4096 && size <= 65536 && !(size & (size - 1)) ?
	       (unsigned int)__builtin_ctzl(size) : PAGE_SHIFT_USUAL;
}

bool kernel_field_fits(struct field field, uint64_t size)
{
	return field.size <= sizeof(uint64_t) && (uint64_t)field.offset + field.size <= size;
}

bool kernel_open(struct kernel *kernel, struct source *source, const struct image *image,
		 struct types *types, struct error *err)
{
	memset(kernel, 0, sizeof(*kernel));
	kernel->source = source;
	kernel->memory = image_memory(image);
	kernel->image = image;
	kernel->types = types;
	kernel->page_shift = page_shift_of(image);
	kernel->arch = architecture_find(source_facts(source)->architecture);
	if (!kernel->arch)
		return error_set(err, ERROR_INPUT, "kernels of %s cannot be read",
				 source_facts(source)->architecture);

	lock_layout_resolve(kernel);
	/* the era first: it tells best why a kernel is out of scope */
	if (!swap_cache_find_era(kernel, err) ||
	    !page_layout_resolve(kernel, err) ||
	    !swap_device_layout_resolve(kernel, err) ||
	    !kernel->swap_cache->resolve(kernel, err))
		return false;
	kernel->swap_pte = kernel->arch->swap_pte(kernel);
	folio_layout_resolve(kernel);
	return true;
}
