// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finds places for a fault in the dump of a guest that goes on running: prints a line
 * for each of some slots that hold a small folio and that a process will fault on.
 *
 *	physical address of the entry's word, the word of a free struct page, slot
 *
 * With the second written over the first, the guest has a freed folio in its swap
 * cache, and whoever looks the slot up spins. With --live, the second is the word of
 * a folio that lives, in another slot. See kswapck_lab/plant.py. --vmlinux=FILE is for
 * kernels that do not describe themselves.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/dump.h"
#include "kernel/address_map.h"
#include "kernel/page.h"
#include "kernel/page_table.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/task.h"

#define SLOTS_MAX	150
#define ORDER_MIN	4	/* a free block from whose middle nobody takes pages soon */

/* Where the word of a slot is, and what it is. */
struct place {
	uint64_t address, word, slot;
};

struct plant {
	const struct kernel *kernel;
	struct task_layout tasks;
	struct address_map_layout map;
	struct page_table_layout tables;
	struct kswapck_device device;
	struct swap_space *space;
	uint64_t space_index;		/* UINT64_MAX: none read yet */
	uint64_t direct_map;		/* address of physical 0 */
	uint64_t planted;		/* struct page */
	bool live;
	struct place last;		/* that waits for the next one's folio; address 0: none */
	unsigned int found;
};

static void ignore_fault(void *data, const struct kswapck_space *space,
			 const struct kswapck_tree_fault *fault)
{
	(void)data, (void)space, (void)fault;
}

static bool find_free_page(struct plant *plant)
{
	const struct kernel *kernel = plant->kernel;
	struct kswapck_page page;
	uint64_t pfn;

	for (pfn = 0; pfn < kernel->page.pages; pfn++)
		if (page_read(kernel, page_address_of(kernel, pfn), &page) == READ_OK &&
		    page.marks & KSWAPCK_PAGE_BUDDY && page.private >= ORDER_MIN) {
			plant->planted = page_address_of(kernel, pfn + 3);
			return true;
		}
	return false;
}

static bool read_space(struct plant *plant, uint64_t index)
{
	if (plant->space_index == index)
		return true;
	plant->space_index = UINT64_MAX;
	if (!plant->kernel->swap_cache->read(plant->kernel, &plant->device, index, plant->space,
					     ignore_fault, NULL))
		return false;
	plant->space_index = index;
	return true;
}

/* What the slot with @old would hold, if it held the page that is planted. */
static uint64_t word_of(const struct plant *plant, uint64_t old)
{
	const struct kernel *kernel = plant->kernel;
	uint64_t pfn = (plant->planted - kernel->page.vmemmap) / kernel->page.size;

	if (kernel->swap.table.form <= TABLE_POINTER)
		return plant->planted;
	/* 7.1 and later: a page frame number, beside the slot's count */
	return (old & kernel->swap.table.flags) | pfn << 2 | 2;
}

static void print_slot(struct plant *plant, const struct place *place)
{
	printf("%" PRIx64 " %" PRIx64 " %" PRIu64 "\n", place->address - plant->direct_map,
	       word_of(plant, place->word), place->slot);
	plant->found++;
}

/* A live folio is that of the next slot: whoever frees them in order comes to it later. */
static void take_slot(struct plant *plant, uint64_t slot)
{
	uint64_t i = slot % SWAP_SPACE_SLOTS;
	const struct place place = {
		.address = plant->space->places[i / 16] + 8 * (i % 16),
		.word = plant->space->space.words[i],
		.slot = slot,
	};

	if (!plant->live) {
		print_slot(plant, &place);
	} else if (!plant->last.address) {
		plant->last = place;
	} else {
		plant->planted = plant->space->entries[i];
		print_slot(plant, &plant->last);
		plant->last.address = 0;
	}
}

static bool take_entry(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct plant *plant = data;
	struct kswapck_page page;
	unsigned int type;
	uint64_t slot, i;

	(void)address, (void)place;
	if (!page_table_swap_entry(plant->kernel, pte, &type, &slot) ||
	    type != plant->device.type ||
	    slot >= plant->device.slots || !read_space(plant, slot / SWAP_SPACE_SLOTS))
		return true;
	i = slot % SWAP_SPACE_SLOTS;
	if (plant->space->kinds[i] != KSWAPCK_ENTRY_PAGE || !plant->space->places[i / 16] ||
	    page_read(plant->kernel, plant->space->entries[i], &page) != READ_OK || page.order ||
	    page.head != page.address || !(page.marks & KSWAPCK_PAGE_SWAPCACHE))
		return true;
	take_slot(plant, slot);
	return plant->found < SLOTS_MAX;
}

static bool take_task(void *data, const struct task *task)
{
	struct page_table_sweep sweep = {0};
	struct task_details details;
	struct plant *plant = data;
	uint64_t pgd;

	if (!task_details_read(plant->kernel, &plant->tasks, task->address, &details) ||
	    !details.mm || details.pid != details.tgid ||
	    !mm_page_table(plant->kernel, &plant->map, details.mm, &pgd))
		return true;
	return page_table_for_each_swap(plant->kernel, &plant->tables, pgd, take_entry, plant,
					&sweep);
}

static bool prepare(struct plant *plant, const struct kernel *kernel, bool live)
{
	uint64_t address;

	*plant = (struct plant){.kernel = kernel, .space_index = UINT64_MAX, .live = live};
	plant->space = swap_space_new();
	return plant->space && image_symbol(kernel->image, "page_offset_base", &address) &&
	       memory_read_u64(kernel->memory, address, &plant->direct_map) == READ_OK &&
	       task_layout_resolve(kernel, &plant->tasks) &&
	       address_map_layout_resolve(kernel, &plant->map) &&
	       page_table_layout_resolve(kernel, &plant->tables) &&
	       swap_device_read(kernel, 0, &plant->device) == SWAP_DEVICE_OK &&
	       (live || find_free_page(plant));
}

int main(int argc, char **argv)
{
	static const char vmlinux[] = "--vmlinux=";
	struct dump_options options = {0};
	struct error err = {0};
	struct plant plant;
	struct dump dump;
	const char *file;
	bool live = false;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-'; i++)
		if (!strcmp(argv[i], "--live"))
			live = true;
		else if (!strncmp(argv[i], vmlinux, sizeof(vmlinux) - 1))
			options.vmlinux = argv[i] + sizeof(vmlinux) - 1;
	file = argv[i];
	if (i + 1 != argc || !dump_open(&dump, &file, 1, &options, &err)) {
		fprintf(stderr, "plant-slots: %s\n", i + 1 == argc ? err.text : "which dump?");
		return EXIT_FAILURE;
	}
	if (prepare(&plant, &dump.kernel, live))
		task_for_each(&dump.kernel, &plant.tasks, take_task, &plant);
	free(plant.space);
	dump_close(&dump);
	return plant.found ? EXIT_SUCCESS : EXIT_FAILURE;
}
