// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/edit.h"

#include <stdlib.h>
#include <string.h>

#include "distill/btf_functions.h"
#include "distill/objects.h"
#include "distill/region.h"
#include "distill/symbol_names.h"
#include "distill/user_registers.h"
#include "kernel/page.h"
#include "kernel/task.h"

#define PATH_DEPTH_MAX 32
#define REGIONS_MAX (32 * PATH_DEPTH_MAX + 64)	/* MAX_SWAPFILES paths, and all else */

struct edit {
	const struct kernel *kernel;
	struct edit_options options;
	uint64_t page_size;
	struct frame_map struct_pages;
	struct field lru;		/* within struct page */
	struct user_registers registers;
	struct region regions[REGIONS_MAX];
	size_t region_count;
	struct names *names;		/* NULL: they stay */
	struct objects objects;
};

/* Bytes to be changed; NULL in *@region: they stay as they are. */
static bool add_region(struct edit *edit, const struct page_set *pages, uint64_t address,
		       uint64_t size, struct region **region)
{
	*region = NULL;
	/* rather no copy than one with what was to be taken out */
	if (edit->region_count == REGIONS_MAX)
		return false;
	*region = &edit->regions[edit->region_count++];
	return region_read(*region, edit->kernel, pages, address, size);
}

/* --------------------------------------------------------------- struct pages */

/*
 * On an LRU list, and of processes or files: what works on such a page takes it off first
 * (folio_isolate_lru()), and only then its lru is of any interest.
 */
#define LISTED (KSWAPCK_PAGE_ANON | KSWAPCK_PAGE_FILE | KSWAPCK_PAGE_SWAPCACHE)

static void blank_link(const struct edit *edit, unsigned char *page, uint64_t address,
		       const struct kswapck_page *of)
{
	const uint64_t links[2] = {EDIT_BLANK_LINK, EDIT_BLANK_LINK};
	uint64_t at = of->address + edit->lru.offset - address;

	if (of->marks & KSWAPCK_PAGE_LRU && of->marks & LISTED && !(of->marks & KSWAPCK_PAGE_TAIL) &&
	    at <= edit->page_size - sizeof(links))
		memcpy(page + at, links, sizeof(links));
}

static void edit_struct_pages(const struct edit *edit, uint64_t address, unsigned char *page)
{
	const struct page_layout *layout = &edit->kernel->page;
	uint64_t first = (address - layout->vmemmap + layout->size - 1) / layout->size;
	uint64_t pfn, end = (address + edit->page_size - layout->vmemmap) / layout->size;
	struct kswapck_page of;

	for (pfn = first; pfn < end; pfn++)
		if (page_read(edit->kernel, page_address_of(edit->kernel, pfn), &of) == READ_OK)
			blank_link(edit, page, address, &of);
}

static bool find_struct_pages(struct edit *edit, const struct page_set *pages)
{
	const struct kernel *kernel = edit->kernel;

	if (!kernel_field(kernel, "page", "lru", &edit->lru) || edit->lru.size != 16)
		return true;
	return frame_map_make(&edit->struct_pages, kernel, pages, kernel->page.vmemmap,
			      kernel->page.pages * kernel->page.size);
}

/* ------------------------------------------------------------------------- BTF */

static bool find_btf(struct edit *edit, const struct page_set *pages)
{
	const struct image *image = edit->kernel->image;
	struct region *region;
	uint64_t start, end;

	if (!image_symbol(image, "__start_BTF", &start) ||
	    !image_symbol(image, "__stop_BTF", &end) || end <= start)
		return true;
	if (!add_region(edit, pages, start, end - start, &region))
		return false;
	/* not sound: it is written as it is, and nobody will believe it */
	if (region && region->bytes && !btf_blank_functions(region->bytes, region->size))
		region_free(region);
	return true;
}

/* ------------------------------------------------------------------------- symbols */

static bool find_symbols(struct edit *edit, const struct page_set *pages)
{
	const struct image *image = edit->kernel->image;
	struct region *names, *values;
	struct symbol_tables tables;

	if (!image_symbol_tables(image, &tables))
		return true;
	if (!add_region(edit, pages, tables.names, tables.names_size, &names) ||
	    !add_region(edit, pages, tables.values, tables.values_size, &values))
		return false;
	if (names && values && names->bytes && values->bytes)
		image_blank_symbols(image, symbol_is_made, names->bytes, values->bytes);
	return true;
}

/* ------------------------------------------------------------------------- the log */

/* Pages of which all bytes are the log's. */
static void take_out(struct edit *edit, struct page_set *pages, uint64_t address, uint64_t size)
{
	uint64_t at = (address + edit->page_size - 1) & ~(edit->page_size - 1), physical;

	for (; at + edit->page_size <= address + size; at += edit->page_size)
		if (memory_physical(edit->kernel->memory, at, &physical) == READ_OK)
			page_set_remove(pages, physical / edit->page_size);
}

/* Bytes until the next symbol, of a variable; LINE_BUFFER_MAX at most. */
#define LINE_BUFFER_MAX 8192	/* CONSOLE_EXT_LOG_MAX */

static uint64_t variable_size(const struct edit *edit, uint64_t address)
{
	char other[128];
	uint64_t size, offset;

	for (size = 8; size < LINE_BUFFER_MAX; size += 8)
		if (!image_symbol_at(edit->kernel->image, address + size, other, sizeof(other),
				     &offset) || offset != size)
			break;
	return size;
}

struct line_buffers {
	struct edit *edit;
	const struct page_set *pages;
	bool failed;
};

static bool blank_line_buffer(void *data, const char *name, uint64_t address)
{
	struct line_buffers *buffers = data;
	struct edit *edit = buffers->edit;
	struct region *region;

	if (!symbol_is_line_buffer(name))
		return true;
	buffers->failed = !add_region(edit, buffers->pages, address,
				      variable_size(edit, address), &region);
	if (!buffers->failed && region && region->bytes)
		memset(region->bytes, 0, region->size);
	return !buffers->failed;
}

static bool find_line_buffers(struct edit *edit, const struct page_set *pages)
{
	struct line_buffers buffers = {.edit = edit, .pages = pages};

	image_symbols(edit->kernel->image, blank_line_buffer, &buffers);
	return !buffers.failed;
}

/* log_buf and log_buf_len: of all forms of the log (kernel/printk/printk.c). */
static bool find_log(struct edit *edit, struct page_set *pages)
{
	const struct kernel *kernel = edit->kernel;
	struct region *region;
	uint64_t place, address;
	uint32_t size;

	if (edit->options.no_log && !find_line_buffers(edit, pages))
		return false;
	if ((!edit->options.no_log && !edit->names) ||
	    !image_symbol(kernel->image, "log_buf", &place) ||
	    memory_read_u64(kernel->memory, place, &address) != READ_OK ||
	    !image_symbol(kernel->image, "log_buf_len", &place) ||
	    memory_read_u32(kernel->memory, place, &size) != READ_OK)
		return true;
	if (edit->options.no_log)
		take_out(edit, pages, address, size);
	if (!add_region(edit, pages, address, size, &region))
		return false;
	if (!region || !region->bytes)
		return true;
	if (!edit->options.no_log)
		return names_replace_in_log(edit->names, (char *)region->bytes, size);
	memset(region->bytes, 0, size);
	return true;
}

/* ----------------------------------------------------------------------- registers */

void edit_note(const struct edit *edit, enum diskdump_note kind, unsigned char *note,
	       size_t size)
{
	user_registers_blank_note(&edit->registers, kind, note, size);
}

/* --------------------------------------------------------------------------- names */

static bool add_comm(void *data, const struct task *task)
{
	struct edit *edit = data;
	struct task_details details;
	struct task_layout layout;

	return !task_layout_resolve(edit->kernel, &layout) ||
	       !task_details_read(edit->kernel, &layout, task->address, &details) ||
	       details.kernel_thread ||
	       names_add(edit->names, details.comm, strlen(details.comm));
}

static uint64_t follow(const struct kernel *kernel, uint64_t object, const char *type,
		       const char *member)
{
	struct field field;
	uint64_t value;

	return object >> 63 && kernel_field(kernel, type, member, &field) &&
	       memory_read_u64(kernel->memory, object + field.offset, &value) == READ_OK ?
	       value : 0;
}

/* A name that is too long for its dentry lies somewhere else. */
static bool add_file_name(struct edit *edit, const struct page_set *pages, uint64_t dentry)
{
	uint64_t address = follow(edit->kernel, dentry, "dentry", "d_name.name");
	struct region *region;
	char name[256];
	uint64_t size;
	size_t length;

	if (!address || memory_read_string(edit->kernel->memory, address, name, sizeof(name)) !=
				READ_OK)
		return true;
	length = strlen(name);
	if (!names_add(edit->names, name, length))
		return false;
	if (!types_size(edit->kernel->types, "dentry", &size) ||
	    address - dentry < size || !length)
		return true;
	if (!add_region(edit, pages, address, length, &region))
		return false;
	if (region && region->bytes)
		names_replace(edit->names, (char *)region->bytes, length);
	return true;
}

/* The files that are swapped to, and the folders they are in. */
static bool add_files(struct edit *edit, const struct page_set *pages)
{
	const struct kernel *kernel = edit->kernel;
	uint64_t info, dentry, parent;
	unsigned int i, depth;

	for (i = 0; i < kernel->swap.nr_swapfiles; i++) {
		if (memory_read_u64(kernel->memory, kernel->swap.swap_info + 8 * i, &info) != READ_OK)
			continue;
		dentry = follow(kernel, follow(kernel, info, "swap_info_struct", "swap_file"),
				"file", "f_path.dentry");
		for (depth = 0; dentry && depth < PATH_DEPTH_MAX; depth++, dentry = parent) {
			if (!add_file_name(edit, pages, dentry))
				return false;
			parent = follow(kernel, dentry, "dentry", "d_parent");
			if (parent == dentry)
				break;
		}
	}
	return true;
}

#define UTS_NAME 65	/* __NEW_UTS_LEN + 1 */

static void replace_host(char *uts)
{
	memset(uts + UTS_NAME, 0, UTS_NAME);		/* nodename */
	memset(uts + 5 * UTS_NAME, 0, UTS_NAME);	/* domainname */
	memcpy(uts + UTS_NAME, "redacted", 8);
	memcpy(uts + 5 * UTS_NAME, "redacted", 8);
}

static bool add_host(struct edit *edit, const struct page_set *pages)
{
	struct region *region;
	struct field name;
	uint64_t address;

	if (!image_symbol(edit->kernel->image, "init_uts_ns", &address) ||
	    !kernel_field(edit->kernel, "uts_namespace", "name", &name) ||
	    name.size != DISKDUMP_UTS_SIZE)
		return true;
	if (!add_region(edit, pages, address + name.offset, name.size, &region))
		return false;
	if (region && region->bytes)
		replace_host((char *)region->bytes);
	return true;
}

void edit_uts(const struct edit *edit, char uts[DISKDUMP_UTS_SIZE])
{
	if (edit->names)
		replace_host(uts);
}

static bool find_names(struct edit *edit, const struct page_set *pages)
{
	struct task_layout layout;

	if (!edit->options.redact)
		return true;
	edit->names = names_new();
	if (!edit->names)
		return false;
	if (task_layout_resolve(edit->kernel, &layout))
		task_for_each(edit->kernel, &layout, add_comm, edit);
	return add_files(edit, pages) && add_host(edit, pages);
}

/* -------------------------------------------------------------------- together */

struct edit *edit_new(const struct kernel *kernel, const struct edit_options *options,
		      struct page_set *pages)
{
	struct edit *edit = calloc(1, sizeof(*edit));

	if (!edit)
		return NULL;
	edit->kernel = kernel;
	edit->options = *options;
	edit->page_size = source_facts(kernel->source)->page_size;
	if (find_struct_pages(edit, pages) && find_btf(edit, pages) &&
	    find_symbols(edit, pages) && user_registers_find(&edit->registers, kernel, pages) &&
	    find_names(edit, pages) && find_log(edit, pages)) {
		objects_init(&edit->objects, kernel, edit->names);
		return edit;
	}
	edit_free(edit);
	return NULL;
}

void edit_free(struct edit *edit)
{
	size_t i;

	if (!edit)
		return;
	frame_map_free(&edit->struct_pages);
	user_registers_free(&edit->registers);
	for (i = 0; i < edit->region_count; i++)
		region_free(&edit->regions[i]);
	names_free(edit->names);
	free(edit);
}

void edit_page(const struct edit *edit, uint64_t pfn, unsigned char *page)
{
	uint64_t address = frame_map_find(&edit->struct_pages, pfn);
	size_t i;

	if (address)
		edit_struct_pages(edit, address, page);
	user_registers_blank(&edit->registers, pfn, page);
	for (i = 0; i < edit->region_count; i++)
		region_edit(&edit->regions[i], pfn, page, edit->page_size);
	objects_edit(&edit->objects, pfn, page);
}
