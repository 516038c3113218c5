// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a large dump of a small one: the machine gets more memory and a second swap
 * device, all of whose slots are in the swap cache, as if they had been read ahead, and
 * named by a page table of one of its processes. The kernel is the small dump's, and so
 * are all layouts; each struct page is a copy of one that is in its swap cache.
 *
 *	grow DUMP OUTPUT SLOTS [EVERY]
 *
 * With EVERY, one slot of so many is given a fault, one kind after the other. Prints a
 * line for each: the problem that an audit must report, and the slot of device 1.
 *
 * DUMP is of an x86_64 kernel of the xarray era that still has swap_map (5.4 - 6.11).
 */
#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "command/dump.h"
#include "kernel/address_map.h"
#include "kernel/mm_list.h"
#include "kernel/page.h"
#include "kernel/page_table.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"
#include "kernel/task.h"

#define PAGE	    4096ULL
#define SLAB	    (4 * PAGE)	/* of xa_nodes: order 2 */
#define HUGE	    (2ULL << 20)
#define GIGANTIC    (1ULL << 30)
#define TYPE	    1		/* of the device that is added */
#define FIRST_SLOT  1		/* slot 0 is the device's header */
#define MORE_RAM    (4ULL << 30)	/* where the memory begins that is added */
#define TABLE_ENTRY 0x67ULL	/* present, writable, user, accessed, dirty */
#define LEAF_ENTRY  0x80000000000001e3ULL	/* kernel's, huge, global, not executable */
/* Of user space, where no process of the small dump has anything */
#define USER_TABLE  64
#define COPIES_MAX  256
#define HEADERS	    (64ULL << 20)	/* of the file, before its pages */

/* A page of the small dump, with other words in it. */
struct copy {
	uint64_t physical;
	unsigned char bytes[4096];
};

struct grow {
	struct dump dump;
	const struct kernel *kernel;
	struct paging paging;
	uint64_t direct_map;	/* address of physical 0 */
	uint64_t slots;		/* that are cached: [FIRST_SLOT, FIRST_SLOT + slots) */
	uint64_t every;

	struct copy copies[COPIES_MAX];
	size_t copy_count;

	/* what the kernel has for all this, in memory of its own */
	int file;
	unsigned char *arena;	/* its bytes, mapped from the file */
	uint64_t arena_physical, arena_size, used;
	uint64_t slab, slab_left;	/* for nodes: its unused part */

	unsigned char page[256];	/* as all that are added; cached and not mapped */
	unsigned char *map;		/* swap_map */
	uint64_t map_address, clusters_address, spaces_address;

	Elf64_Phdr *segments;
	size_t segment_count;
	uint64_t file_end;
};

static void die(const char *what)
{
	fprintf(stderr, "grow: %s\n", what);
	exit(EXIT_FAILURE);
}

static uint64_t round_up(uint64_t number, uint64_t unit)
{
	return (number + unit - 1) / unit * unit;
}

static struct field field_of(const struct grow *grow, const char *type, const char *path)
{
	struct field field;

	if (!kernel_field(grow->kernel, type, path, &field))
		die(path);
	return field;
}

static void put(void *object, struct field field, uint64_t value)
{
	memcpy((unsigned char *)object + field.offset, &value, field.size);
}

/* ---------------------------------------------------------------------- memory */

static unsigned char *copy_of(struct grow *grow, uint64_t physical)
{
	struct copy *copy = grow->copies;

	for (; copy < grow->copies + grow->copy_count; copy++)
		if (copy->physical == physical)
			return copy->bytes;
	if (grow->copy_count++ == COPIES_MAX ||
	    source_read_page(grow->dump.source, ADDRESS_PHYSICAL, physical, copy->bytes) !=
		    READ_OK)
		die("a page that must be changed is not in the dump");
	copy->physical = physical;
	return copy->bytes;
}

/* The bytes of a page, be it added or the small dump's, to be changed. */
static void *page_at(struct grow *grow, uint64_t physical)
{
	if (physical >= grow->arena_physical)
		return grow->arena + (physical - grow->arena_physical);
	return copy_of(grow, physical);
}

/* Memory of the kernel, zeroed; its physical address. */
static uint64_t take(struct grow *grow, uint64_t size, uint64_t unit)
{
	uint64_t offset = round_up(grow->used, unit);

	grow->used = offset + round_up(size, PAGE);
	if (grow->used > grow->arena_size)
		die("the arena is too small");
	return grow->arena_physical + offset;
}

/* Change a number in the small dump's kernel. */
static void poke(struct grow *grow, uint64_t address, unsigned int size, uint64_t value)
{
	uint64_t physical;

	if (memory_physical(grow->dump.memory, address, &physical) != READ_OK)
		die("a number that must be changed is not mapped");
	memcpy(copy_of(grow, physical & -PAGE) + physical % PAGE, &value, size);
}

static uint64_t symbol(const struct grow *grow, const char *name)
{
	uint64_t address;

	if (!image_symbol(grow->kernel->image, name, &address))
		die(name);
	return address;
}

static uint64_t peek(const struct grow *grow, uint64_t address)
{
	uint64_t value;

	if (memory_read_u64(grow->dump.memory, address, &value) != READ_OK)
		die("a number that is needed is not in the dump");
	return value;
}

/* The entry of @level that maps @address, with the tables on the way to it. */
static uint64_t *entry_of(struct grow *grow, uint64_t root, uint64_t address,
			  unsigned int level)
{
	uint64_t table = root;
	unsigned int i;

	for (i = grow->paging.levels;; i--) {
		uint64_t *entry = (uint64_t *)page_at(grow, table) +
				  paging_index(&grow->paging, i, address);

		if (i == level)
			return entry;
		if (!*entry)
			*entry = take(grow, PAGE, PAGE) | TABLE_ENTRY;
		table = paging_address(&grow->paging, *entry);
	}
}

static void map_kernel(struct grow *grow, uint64_t address, uint64_t physical,
		       unsigned int level)
{
	*entry_of(grow, grow->paging.root, address, level) = physical | LEAF_ENTRY;
}

/* --------------------------------------------------------------------- objects */

/* A folio that was read ahead: in the cache, on the LRU, and nowhere else. */
static void find_page(struct grow *grow)
{
	const struct page_layout *layout = &grow->kernel->page;
	struct swap_space *space = swap_space_new();
	struct kswapck_device device;
	struct kswapck_page page;
	uint32_t i;

	if (!space || swap_device_read(grow->kernel, 0, &device) != SWAP_DEVICE_OK ||
	    !grow->kernel->swap_cache->read(grow->kernel, &device, 0, space, NULL, NULL))
		die("no swap cache to take a page from");
	for (i = 0; i < space->space.slots; i++)
		if (space->kinds[i] == KSWAPCK_ENTRY_PAGE &&
		    page_read(grow->kernel, space->entries[i], &page) == READ_OK &&
		    page.refcount == 1 && !page.order && page.page_type == UINT32_MAX &&
		    page.marks & KSWAPCK_PAGE_LRU && !(page.marks & KSWAPCK_PAGE_LOCKED))
			break;
	if (i == space->space.slots ||
	    memory_read(grow->dump.memory, space->entries[i], grow->page, layout->size) != READ_OK)
		die("no small folio is in the swap cache alone");
	/* one that was never mapped belongs to nobody yet */
	put(grow->page, layout->fields[KSWAPCK_FIELD_MAPPING], 0);
	free(space);
}

static uint64_t page_address(const struct grow *grow, uint64_t slot)
{
	return page_address_of(grow->kernel, MORE_RAM / PAGE + slot - FIRST_SLOT);
}

/* Memory for the struct pages from @pfn on, mapped where they belong. */
static unsigned char *make_pages(struct grow *grow, uint64_t pfn, uint64_t count)
{
	uint64_t size = round_up(count * grow->kernel->page.size, HUGE);
	uint64_t physical = take(grow, size, HUGE), at;

	for (at = 0; at < size; at += HUGE)
		map_kernel(grow, page_address_of(grow->kernel, pfn) + at, physical + at, 2);
	return page_at(grow, physical);
}

static void make_folios(struct grow *grow)
{
	const struct page_layout *layout = &grow->kernel->page;
	struct field lru = field_of(grow, "page", "lru");
	unsigned char *pages = make_pages(grow, MORE_RAM / PAGE, grow->slots);
	uint64_t i, links[2];

	for (i = 0; i < grow->slots; i++) {
		unsigned char *page = pages + i * layout->size;

		memcpy(page, grow->page, layout->size);
		put(page, layout->fields[KSWAPCK_FIELD_PRIVATE], swap_entry(TYPE, FIRST_SLOT + i));
		links[0] = page_address(grow, FIRST_SLOT + (i + 1) % grow->slots) + lru.offset;
		links[1] = page_address(grow, FIRST_SLOT + (i + grow->slots - 1) % grow->slots) +
			   lru.offset;
		memcpy(page + lru.offset, links, sizeof(links));
	}
}

/* The struct pages of the kernel's own memory, which are like those of a swap_map. */
static void make_own_pages(struct grow *grow)
{
	const struct page_layout *layout = &grow->kernel->page;
	uint64_t count = grow->arena_size / PAGE, address, i;
	unsigned char own[256], *pages;
	struct kswapck_device device;

	if (swap_device_read(grow->kernel, 0, &device) != SWAP_DEVICE_OK ||
	    memory_physical(grow->dump.memory, device.swap_map, &address) != READ_OK ||
	    memory_read(grow->dump.memory, page_address_of(grow->kernel, address / PAGE), own,
			layout->size) != READ_OK)
		die("no swap_map");
	pages = make_pages(grow, grow->arena_physical / PAGE, count);
	for (i = 0; i < count; i++)
		memcpy(pages + i * layout->size, own, layout->size);
}

/* One after the other in slabs, over the ends of pages. */
static uint64_t take_node(struct grow *grow)
{
	uint32_t size = grow->kernel->xarray.node_size;

	if (grow->slab_left < size) {
		grow->slab = take(grow, SLAB, SLAB);
		grow->slab_left = SLAB;
	}
	grow->slab_left -= size;
	grow->slab += size;
	return grow->slab - size;
}

/* A node of a tree, with all of its slots below @shift that lie within [first, end). */
static uint64_t make_node(struct grow *grow, uint64_t tree, uint64_t parent, unsigned int shift,
			  uint64_t index, uint64_t first, uint64_t end)
{
	const struct xarray_layout *layout = &grow->kernel->xarray;
	uint64_t physical = take_node(grow), width = 1ULL << shift, count = 0, i;
	uint64_t address = grow->direct_map + physical;
	unsigned char *node = page_at(grow, physical);

	put(node, layout->shift, shift);
	put(node, layout->parent, parent);
	put(node, layout->array, tree);
	for (i = 0; i < layout->slot_count; i++) {
		uint64_t from = index + i * width, entry;

		if (from + width <= first || from >= end)
			continue;
		if (!shift) {
			entry = page_address(grow, from);
		} else {
			uint64_t child = make_node(grow, tree, address, shift - layout->chunk_shift,
						   from, first, end);

			put(page_at(grow, child - grow->direct_map), layout->offset, i);
			entry = child | 2;
		}
		memcpy(node + layout->slots.offset + 8 * i, &entry, sizeof(entry));
		count++;
	}
	put(node, layout->count, count);
	return address;
}

static void make_spaces(struct grow *grow)
{
	const struct swap_layout *layout = &grow->kernel->swap;
	const struct xarray_layout *xarray = &grow->kernel->xarray;
	uint64_t slots = FIRST_SLOT + grow->slots, first, count, physical, index;
	uint64_t count_of_spaces = (slots + SWAP_SPACE_SLOTS - 1) / SWAP_SPACE_SLOTS;
	unsigned char *space;

	physical = take(grow, count_of_spaces * layout->space_size, PAGE);
	grow->spaces_address = grow->direct_map + physical;
	space = page_at(grow, physical);
	for (index = 0; index < count_of_spaces; index++, space += layout->space_size) {
		uint64_t tree = grow->spaces_address + index * layout->space_size +
				layout->i_pages.offset, node;
		unsigned int shift = 0;

		first = index ? index * SWAP_SPACE_SLOTS : FIRST_SLOT;
		count = (index + 1) * SWAP_SPACE_SLOTS < slots ? (index + 1) * SWAP_SPACE_SLOTS :
								 slots;
		if (memory_read(grow->dump.memory, peek(grow, layout->swapper_spaces), space,
				layout->space_size) != READ_OK)
			die("no address_space");
		while ((count - 1) >> (shift + xarray->chunk_shift))
			shift += xarray->chunk_shift;
		node = make_node(grow, tree, 0, shift, 0, first, count) | 2;
		put(space + layout->i_pages.offset, xarray->head, node);
		put(space, layout->nrpages, count - first);
	}
}

/* All bytes are those of cached slots with one owner, and no cluster is free. */
static void make_map(struct grow *grow)
{
	const struct swap_layout *layout = &grow->kernel->swap;
	uint64_t clusters = 0, physical, i;

	physical = take(grow, FIRST_SLOT + grow->slots, PAGE);
	grow->map_address = grow->direct_map + physical;
	grow->map = page_at(grow, physical);
	memset(grow->map, SWAP_HAS_CACHE | 1, FIRST_SLOT + grow->slots);
	grow->map[0] = SWAP_MAP_BAD;
	if (!layout->cluster_size)
		return;
	clusters = (FIRST_SLOT + grow->slots + layout->cluster_slots - 1) / layout->cluster_slots;
	physical = take(grow, clusters * layout->cluster_size, PAGE);
	grow->clusters_address = grow->direct_map + physical;
	for (i = 0; i < clusters; i++)
		put((unsigned char *)page_at(grow, physical) + i * layout->cluster_size,
		    layout->cluster.count.word, layout->cluster_slots);
}

static void make_device(struct grow *grow)
{
	const struct swap_layout *layout = &grow->kernel->swap;
	uint64_t physical, size, links;
	unsigned char *device;

	if (!types_size(grow->kernel->types, "swap_info_struct", &size))
		die("swap_info_struct");
	physical = take(grow, size, PAGE);
	device = page_at(grow, physical);
	if (memory_read(grow->dump.memory, peek(grow, layout->swap_info), device,
			size < PAGE ? size : PAGE) != READ_OK)
		die("no swap_info_struct");
	put(device, field_of(grow, "swap_info_struct", "type"), TYPE);
	put(device, layout->max, FIRST_SLOT + grow->slots);
	put(device, layout->pages, grow->slots);
	put(device, layout->inuse_pages, grow->slots);
	put(device, layout->map, grow->map_address);
	put(device, layout->cluster_info, grow->clusters_address);
	/* full: swap_range_alloc() */
	put(device, layout->lowest_bit, FIRST_SLOT + grow->slots);
	put(device, layout->highest_bit, 0);
	/* empty: cluster_set_null(), CLUSTER_FLAG_NEXT_NULL */
	links = 2ULL << 24;
	put(device, layout->cluster.lists[KSWAPCK_LIST_FREE].head, 0);
	memcpy(device + layout->cluster.lists[KSWAPCK_LIST_FREE].head.offset +
	       layout->cluster.count.word.offset, &links, 4);
	memcpy(device + layout->cluster.list_tail[KSWAPCK_LIST_FREE].offset +
	       layout->cluster.count.word.offset, &links, 4);
	poke(grow, layout->swap_info + 8 * TYPE, 8, grow->direct_map + physical);
	poke(grow, symbol(grow, "nr_swapfiles"), 4, TYPE + 1);
	poke(grow, layout->swapper_spaces + 8 * TYPE, 8, grow->spaces_address);
	poke(grow, layout->nr_swapper_spaces + 4 * TYPE, 4,
	     (FIRST_SLOT + grow->slots + SWAP_SPACE_SLOTS - 1) / SWAP_SPACE_SLOTS);
	poke(grow, symbol(grow, "total_swap_pages"), 8,
	     peek(grow, symbol(grow, "total_swap_pages")) + grow->slots);
}

/* The page table entry of a slot: arch/x86/include/asm/pgtable_64.h __swp_entry(). */
static uint64_t swap_pte(const struct grow *grow, uint64_t slot)
{
	uint64_t pte = (~slot << 14 >> 5) | (uint64_t)TYPE << 59, read;
	unsigned int type;

	if (!page_table_swap_entry(grow->kernel, pte, &type, &read) || type != TYPE || read != slot)
		die("swap entries of this kernel are of another form");
	return pte;
}

static void make_page_table(struct grow *grow)
{
	uint64_t address = (uint64_t)USER_TABLE << 39, pgd = 0, i;
	struct address_map_layout map;
	struct task_layout tasks;
	struct mm_list mms = {0};
	struct error err = {0};
	uint64_t *entry = NULL;

	if (!address_map_layout_resolve(grow->kernel, &map) ||
	    !task_layout_resolve(grow->kernel, &tasks) ||
	    !mm_list_read(grow->kernel, &tasks, &mms, &err) || !mms.count ||
	    !mm_page_table(grow->kernel, &map, mms.owners[0].mm, &pgd))
		die("no process");
	if (pgd >> 63)
		pgd -= grow->direct_map;
	for (i = 0; i < grow->slots; i++, entry++) {
		if (i % 512 == 0)
			entry = entry_of(grow, pgd, address + i * PAGE, 1);
		*entry = swap_pte(grow, FIRST_SLOT + i);
	}
	mm_list_free(&mms);
}

/* ---------------------------------------------------------------------- faults */

static unsigned char *added_page(struct grow *grow, uint64_t slot)
{
	uint64_t address = page_address(grow, slot);
	uint64_t entry = *entry_of(grow, grow->paging.root, address, 2);

	return (unsigned char *)page_at(grow, paging_address(&grow->paging, entry) & -HUGE) +
	       address % HUGE;
}

static const char *fault_freed(struct grow *grow, uint64_t slot)
{
	put(added_page(grow, slot), grow->kernel->page.fields[KSWAPCK_FIELD_REFCOUNT], 0);
	return "KS101";
}

static const char *fault_private(struct grow *grow, uint64_t slot)
{
	put(added_page(grow, slot), grow->kernel->page.fields[KSWAPCK_FIELD_PRIVATE],
	    swap_entry(TYPE, slot + 1));
	return "KS106";
}

static const char *fault_tail(struct grow *grow, uint64_t slot)
{
	put(added_page(grow, slot), grow->kernel->page.fields[KSWAPCK_FIELD_COMPOUND_HEAD],
	    0x123456789abcdef1);
	return "KS103";
}

static const char *fault_mapping(struct grow *grow, uint64_t slot)
{
	put(added_page(grow, slot), grow->kernel->page.fields[KSWAPCK_FIELD_MAPPING],
	    grow->spaces_address);
	return "KS110";
}

static const char *fault_mark(struct grow *grow, uint64_t slot)
{
	grow->map[slot] = 1;
	return "KS202";
}

static void plant_faults(struct grow *grow)
{
	static const char *(*const faults[])(struct grow *, uint64_t) = {
		fault_freed, fault_private, fault_tail, fault_mapping, fault_mark,
	};
	uint64_t slot, i = 0;

	for (slot = grow->every; grow->every && slot < grow->slots; slot += grow->every)
		printf("%s %" PRIu64 "\n", faults[i++ % (sizeof(faults) / sizeof(faults[0]))](
			       grow, slot), slot);
}

/* ------------------------------------------------------------------------ file */

static Elf64_Phdr *add_segment(struct grow *grow, uint64_t physical)
{
	Elf64_Phdr *segment;

	grow->segments = reallocarray(grow->segments, grow->segment_count + 1,
				      sizeof(*grow->segments));
	if (!grow->segments || grow->segment_count == PN_XNUM - 2)
		die("too many segments");
	segment = &grow->segments[grow->segment_count++];
	*segment = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R | PF_W | PF_X,
		.p_offset = grow->file_end,
		.p_vaddr = grow->direct_map + physical,
		.p_paddr = physical,
	};
	return segment;
}

static void write_at(struct grow *grow, const void *bytes, size_t size, uint64_t offset)
{
	if (pwrite(grow->file, bytes, size, (off_t)offset) != (ssize_t)size)
		die("cannot write");
}

/* The small dump's pages, those that were changed among them. What it lacks is lacking. */
static void write_old_pages(struct grow *grow)
{
	unsigned char page[4096];
	Elf64_Phdr *segment = NULL;
	uint64_t physical;

	for (physical = 0; physical < MORE_RAM; physical += PAGE) {
		enum read_status status = source_read_page(grow->dump.source, ADDRESS_PHYSICAL,
							   physical, page);

		if (status == READ_OK) {
			if (!segment || segment->p_filesz != segment->p_memsz)
				segment = add_segment(grow, physical);
			for (size_t i = 0; i < grow->copy_count; i++)
				if (grow->copies[i].physical == physical)
					memcpy(page, grow->copies[i].bytes, PAGE);
			write_at(grow, page, PAGE, grow->file_end);
			grow->file_end += PAGE;
			segment->p_filesz += PAGE;
			segment->p_memsz += PAGE;
		} else if (status == READ_EXCLUDED) {
			if (!segment)
				segment = add_segment(grow, physical);
			segment->p_memsz += PAGE;
		} else {
			segment = NULL;
		}
	}
}

static size_t add_note(unsigned char *at, const char *name, uint32_t type, const void *bytes,
		       size_t size)
{
	Elf64_Nhdr header = {(uint32_t)strlen(name) + 1, (uint32_t)size, type};
	size_t name_size = round_up(header.n_namesz, 4);

	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), name, header.n_namesz);
	memcpy(at + sizeof(header) + name_size, bytes, size);
	return sizeof(header) + name_size + round_up(size, 4);
}

static uint64_t write_notes(struct grow *grow, uint64_t offset)
{
	const char *vmcoreinfo = source_facts(grow->dump.source)->vmcoreinfo;
	static unsigned char notes[1 << 20];
	size_t size, used = 0, i;
	const void *registers;

	for (i = 0; (registers = source_prstatus(grow->dump.source, i, &size)); i++)
		used += add_note(notes + used, "CORE", NT_PRSTATUS, registers, size);
	used += add_note(notes + used, "VMCOREINFO", 0, vmcoreinfo, strlen(vmcoreinfo));
	write_at(grow, notes, used, offset);
	return used;
}

static void write_headers(struct grow *grow)
{
	Elf64_Ehdr header = {
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			    EV_CURRENT},
		.e_type = ET_CORE,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(header),
		.e_ehsize = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (Elf64_Half)(grow->segment_count + 1),
	};
	Elf64_Phdr notes = {
		.p_type = PT_NOTE,
		.p_offset = sizeof(header) + (grow->segment_count + 1) * sizeof(notes),
	};

	notes.p_filesz = notes.p_memsz = write_notes(grow, notes.p_offset);
	write_at(grow, &header, sizeof(header), 0);
	write_at(grow, &notes, sizeof(notes), sizeof(header));
	write_at(grow, grow->segments, grow->segment_count * sizeof(*grow->segments),
		 sizeof(header) + sizeof(notes));
}

/* The arena's pages lie in the file where they were made; the folios' are not in it. */
static void write_file(struct grow *grow, const char *path)
{
	Elf64_Phdr *segment;

	add_segment(grow, MORE_RAM)->p_memsz = round_up(grow->slots * PAGE, PAGE);
	segment = add_segment(grow, grow->arena_physical);
	segment->p_offset = HEADERS;
	segment->p_filesz = segment->p_memsz = grow->used;
	grow->file_end = HEADERS + grow->used;
	write_old_pages(grow);
	write_headers(grow);
	if (ftruncate(grow->file, (off_t)grow->file_end) || close(grow->file))
		die(path);
}

/* ----------------------------------------------------------------------------- */

/* Room for all that is made: 64 and 16 bytes a slot, 1 and 8, and tables of tables. */
static void open_arena(struct grow *grow, const char *path)
{
	grow->arena_physical = round_up(MORE_RAM + grow->slots * PAGE, GIGANTIC);
	grow->arena_size = round_up(grow->slots * 100 + (64ULL << 20), HUGE);
	grow->file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (grow->file < 0 || ftruncate(grow->file, (off_t)(HEADERS + grow->arena_size)))
		die(path);
	grow->arena = mmap(NULL, grow->arena_size, PROT_READ | PROT_WRITE, MAP_SHARED, grow->file,
			   (off_t)HEADERS);
	if (grow->arena == MAP_FAILED)
		die(path);
}

static void make_all(struct grow *grow)
{
	uint64_t end = grow->arena_physical + grow->arena_size, physical;

	for (physical = MORE_RAM; physical < end; physical += GIGANTIC)
		map_kernel(grow, grow->direct_map + physical, physical, 3);
	poke(grow, symbol(grow, "max_pfn"), 8, end / PAGE);
	find_page(grow);
	make_folios(grow);
	make_own_pages(grow);
	make_spaces(grow);
	make_map(grow);
	make_device(grow);
	make_page_table(grow);
	plant_faults(grow);
}

int main(int argc, char **argv)
{
	static struct grow grow;
	const struct dump_options options = {0};
	struct error err = {0};

	if (argc < 4 || argc > 5)
		die("usage: grow DUMP OUTPUT SLOTS [EVERY]");
	if (!dump_open(&grow.dump, (const char *const *)argv + 1, 1, &options, &err))
		die(err.text);
	grow.kernel = &grow.dump.kernel;
	grow.slots = strtoull(argv[3], NULL, 0);
	grow.every = argc == 5 ? strtoull(argv[4], NULL, 0) : 0;
	if (!grow.slots || grow.slots >= UINT32_MAX ||
	    !source_paging(grow.dump.source, &grow.paging) ||
	    !kernel_direct_map(grow.kernel, &grow.direct_map) ||
	    grow.kernel->swap.cluster.form > CLUSTER_WORD || grow.kernel->xarray.slot_count != 64)
		die("a dump that cannot grow");
	open_arena(&grow, argv[2]);
	make_all(&grow);
	write_file(&grow, argv[2]);
	dump_close(&grow.dump);
	return EXIT_SUCCESS;
}
