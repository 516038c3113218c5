// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/memory_range.h"

#include "kernel/arch.h"

#define SECTIONS_PER_BLOCK_MAX (1U << 16)	/* 2 TiB is the most there was */

/* Bits of mem_section.section_mem_map (include/linux/mmzone.h), since 4.13. */
#define SECTION_MARKED_PRESENT	1
#define SECTION_IS_ONLINE	4

static bool read_number(const struct kernel *kernel, uint64_t address, struct field field,
			uint64_t *value)
{
	*value = 0;
	return field.size && field.size <= sizeof(*value) &&
	       memory_read(kernel->memory, address + field.offset, value,
			   field.size) == READ_OK;
}

unsigned int memory_node_count(const struct kernel *kernel)
{
	uint64_t address;
	uint32_t count;

	if (!image_symbol(kernel->image, "nr_node_ids", &address) ||
	    memory_read_u32(kernel->memory, address, &count) != READ_OK ||
	    !count || count > MEMORY_NODES_MAX)
		return 1;
	return count;
}

/* node_data[] has pointers; without CONFIG_NUMA there is one node, contig_page_data. */
static bool node_address(const struct kernel *kernel, unsigned int node, uint64_t *address)
{
	uint64_t table;

	if (image_symbol(kernel->image, "node_data", &table))
		return node < memory_node_count(kernel) &&
		       memory_read_u64(kernel->memory, table + 8ULL * node, address) == READ_OK &&
		       *address;
	return !node && image_symbol(kernel->image, "contig_page_data", address);
}

bool memory_node_range(const struct kernel *kernel, unsigned int node,
		       struct memory_range *range)
{
	struct field start, spanned;
	uint64_t address;

	if (!node_address(kernel, node, &address) ||
	    !kernel_field(kernel, "pglist_data", "node_start_pfn", &start) ||
	    !kernel_field(kernel, "pglist_data", "node_spanned_pages", &spanned) ||
	    !read_number(kernel, address, start, &range->first) ||
	    !read_number(kernel, address, spanned, &range->pages))
		return false;
	if (range->first >= kernel->page.pages)
		return false;
	if (range->pages > kernel->page.pages - range->first)
		range->pages = kernel->page.pages - range->first;
	return range->pages != 0;
}

uint64_t memory_section_pages(const struct kernel *kernel)
{
	int64_t page_shift = kernel_page_shift(kernel), bits;

	if (!image_vmcoreinfo_number(kernel->image, "SECTION_SIZE_BITS", &bits) ||
	    bits <= page_shift || bits > 40)
		bits = kernel->arch->section_bits;
	return 1ULL << (bits - page_shift);
}

bool memory_block_range(const struct kernel *kernel, uint64_t block,
			struct memory_range *range)
{
	uint64_t address;
	uint32_t sections;

	if (!image_symbol(kernel->image, "sections_per_block", &address) ||
	    memory_read_u32(kernel->memory, address, &sections) != READ_OK ||
	    !sections || sections > SECTIONS_PER_BLOCK_MAX)
		return false;
	range->pages = sections * memory_section_pages(kernel);
	if (block >= kernel->page.pages / range->pages + 1)
		return false;
	range->first = block * range->pages;
	if (range->first >= kernel->page.pages)
		return false;
	if (range->pages > kernel->page.pages - range->first)
		range->pages = kernel->page.pages - range->first;
	return true;
}

/*
 * With CONFIG_SPARSEMEM_EXTREME mem_section is a pointer to roots, each a page of
 * sections; without, an array of arrays. No distribution builds the latter for x86_64,
 * so that one is left unknown.
 */
void memory_sections_resolve(const struct kernel *kernel, struct memory_sections *sections)
{
	uint64_t symbol, size;

	*sections = (struct memory_sections){.pages = memory_section_pages(kernel)};
	if (!image_symbol(kernel->image, "mem_section", &symbol) ||
	    !types_size(kernel->types, "mem_section", &size) || !size ||
	    size > kernel_page_size(kernel) ||
	    !kernel_field(kernel, "mem_section", "section_mem_map", &sections->map) ||
	    memory_read_u64(kernel->memory, symbol, &sections->table) != READ_OK ||
	    sections->table >> 63 == 0)
		return;
	sections->roots = true;
	sections->size = (uint32_t)size;
}

enum memory_section_state memory_section_state(const struct kernel *kernel,
					       const struct memory_sections *sections,
					       uint64_t pfn)
{
	uint64_t number = pfn / sections->pages, per_root, root, map;

	if (!sections->size)
		return MEMORY_SECTION_UNKNOWN;
	per_root = kernel_page_size(kernel) / sections->size;
	if (memory_read_u64(kernel->memory, sections->table + number / per_root * 8,
			    &root) != READ_OK)
		return MEMORY_SECTION_UNKNOWN;
	if (!root)
		return MEMORY_SECTION_ABSENT;
	if (!read_number(kernel, root + number % per_root * sections->size, sections->map, &map))
		return MEMORY_SECTION_UNKNOWN;
	if (!(map & SECTION_MARKED_PRESENT))
		return MEMORY_SECTION_ABSENT;
	return map & SECTION_IS_ONLINE ? MEMORY_SECTION_ONLINE : MEMORY_SECTION_OFFLINE;
}
