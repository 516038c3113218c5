// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A process in whose memory an anonymous folio is, by its anon_vma: mapping ->
 * anon_vma.rb_root -> anon_vma_chain -> vm_area_struct -> mm_struct -> owner.
 */
#include "pins/judge.h"

#define MAPPING_FLAGS 3ULL
#define MAPPING_ANON  1ULL
#define NODES_MAX     256	/* of a tree that are looked at; forks make them large */
#define DEPTH_MAX     64

void pin_owner_layout_resolve(const struct kernel *kernel, struct pin_owner_layout *layout)
{
	*layout = (struct pin_owner_layout){0};
	layout->known =
		kernel_field(kernel, "anon_vma", "rb_root.rb_root.rb_node", &layout->root) &&
		kernel_field(kernel, "rb_node", "rb_right", &layout->node_right) &&
		kernel_field(kernel, "rb_node", "rb_left", &layout->node_left) &&
		kernel_field(kernel, "anon_vma_chain", "rb", &layout->chain_node) &&
		kernel_field(kernel, "anon_vma_chain", "vma", &layout->chain_vma) &&
		kernel_field(kernel, "vm_area_struct", "vm_start", &layout->start) &&
		kernel_field(kernel, "vm_area_struct", "vm_end", &layout->end) &&
		vma_pgoff_layout_resolve(kernel, &layout->pgoff) &&
		kernel_field(kernel, "vm_area_struct", "vm_mm", &layout->mm) &&
		kernel_field(kernel, "mm_struct", "owner", &layout->owner);
}

/* A word that must be there; 0 if it cannot be read. */
static uint64_t word(const struct kernel *kernel, uint64_t address, struct field field)
{
	uint64_t value;

	return memory_read_u64(kernel->memory, address + field.offset, &value) == READ_OK ?
	       value : 0;
}

/* The process of the VMA of the chain at @node, if it covers @index; 0 if not. */
static uint64_t owner_at(const struct judge *judge, uint64_t node, uint64_t index)
{
	const struct pin_owner_layout *layout = &judge->owner;
	const struct kernel *kernel = judge->kernel;
	uint64_t chain = node - layout->chain_node.offset;
	uint64_t vma = word(kernel, chain, layout->chain_vma);
	uint64_t first, pages, mm;

	if (!vma || !vma_pgoff_read(kernel, &layout->pgoff, vma, &first))
		return 0;
	pages = (word(kernel, vma, layout->end) - word(kernel, vma, layout->start)) /
		kernel_page_size(kernel);
	if (index < first || index - first >= pages)
		return 0;
	mm = word(kernel, vma, layout->mm);
	return mm ? word(kernel, mm, layout->owner) : 0;
}

void pin_owner_find(const struct judge *judge, struct pin *pin)
{
	const struct pin_owner_layout *layout = &judge->owner;
	const struct kswapck_page *page = &pin->folio.page;
	uint64_t stack[DEPTH_MAX], owner;
	unsigned int depth = 0, seen;

	if (!layout->known || (page->mapping & MAPPING_FLAGS) != MAPPING_ANON)
		return;
	stack[depth++] = word(judge->kernel, page->mapping - MAPPING_ANON, layout->root);
	for (seen = 0; depth && seen < NODES_MAX; seen++) {
		uint64_t node = stack[--depth];

		if (!node)
			continue;
		owner = owner_at(judge, node, page->index);
		if (owner && pin_task_read(judge, owner, &pin->owner))
			return;
		if (depth + 2 > DEPTH_MAX)
			return;
		stack[depth++] = word(judge->kernel, node, layout->node_right);
		stack[depth++] = word(judge->kernel, node, layout->node_left);
	}
}
