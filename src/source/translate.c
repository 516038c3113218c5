// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/translate.h"

#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/paging.h"
#include "source/vmcoreinfo.h"

/* The tables for 1 GiB of vmemmap (64 GiB of RAM) are about 5 pages. */
#define TABLE_PAGES 64

struct table_page {
	uint64_t address;	/* of the page; ~0: empty */
	unsigned char *bytes;
};

struct translation {
	struct source *source;
	struct paging paging;
	uint64_t page_mask;	/* within a page of the source */
	struct table_page tables[TABLE_PAGES];
};

/* The entry of a table at a physical address. */
static enum read_status read_entry(struct translation *translation, uint64_t address,
				   uint64_t *entry)
{
	struct source *source = translation->source;
	uint64_t page = address & ~translation->page_mask;
	struct table_page *table =
		&translation->tables[(page >> translation->paging.page_shift) % TABLE_PAGES];
	enum read_status status;

	if (!table->bytes)
		table->bytes = malloc(translation->page_mask + 1);
	if (!table->bytes)
		return READ_DAMAGED;
	if (table->address != page) {
		table->address = UINT64_MAX;
		status = source_bring(source, page, table->bytes);
		if (status != READ_OK)
			return status;
		table->address = page;
	}
	memcpy(entry, table->bytes + (address & translation->page_mask), sizeof(*entry));
	return READ_OK;
}

enum read_status translation_physical(struct translation *translation, uint64_t address,
				      uint64_t *physical)
{
	const struct paging *paging = &translation->paging;
	uint64_t table = paging->root, entry, mask;
	unsigned int level;
	enum read_status status;

	address = paging->ops->canonical(address);
	if (!paging_is_kernel(paging, address))
		return READ_UNMAPPED;
	for (level = paging->levels; level; level--) {
		status = read_entry(translation,
				    table + 8ULL * paging_index(paging, level, address), &entry);
		if (status != READ_OK)
			return status;
		switch (paging->ops->entry(entry, level)) {
		case PAGING_NONE:
			return READ_UNMAPPED;
		case PAGING_TABLE:
			table = paging_address(paging, entry);
			break;
		case PAGING_LEAF:
			mask = (1ULL << paging_shift(paging, level)) - 1;
			*physical = (paging_address(paging, entry) & ~mask) | (address & mask);
			return READ_OK;
		}
	}
	return READ_UNMAPPED;
}

static void forget_tables(struct translation *translation)
{
	for (size_t i = 0; i < TABLE_PAGES; i++)
		translation->tables[i].address = UINT64_MAX;
}

/* Page tables that do not lead to themselves are not of this form. */
static bool maps_itself(struct translation *translation, const char *vmcoreinfo)
{
	uint64_t tables, physical;

	return vmcoreinfo_number(vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables) &&
	       translation_physical(translation, tables, &physical) == READ_OK &&
	       physical == translation->paging.root;
}

/* The first of the forms that is right; else the last, for whose fault the caller looks. */
static bool choose_form(struct translation *translation, const char *vmcoreinfo,
			struct error *err)
{
	struct paging forms[PAGING_FORMS_MAX];
	unsigned int count = paging_forms(translation->source->facts.architecture, vmcoreinfo,
					  forms, err), i;

	for (i = 0; i < count; i++) {
		translation->paging = forms[i];
		forget_tables(translation);
		if (maps_itself(translation, vmcoreinfo))
			break;
	}
	return count;
}

struct translation *translation_new(struct source *source, const char *vmcoreinfo,
				    struct error *err)
{
	struct translation *translation = calloc(1, sizeof(*translation));

	if (!translation) {
		error_set(err, ERROR_SYSTEM, "no memory to translate addresses");
		return NULL;
	}
	translation->source = source;
	translation->page_mask = source->facts.page_size - 1;
	if (choose_form(translation, vmcoreinfo, err))
		return translation;
	translation_free(translation);
	return NULL;
}

void translation_free(struct translation *translation)
{
	if (!translation)
		return;
	for (size_t i = 0; i < TABLE_PAGES; i++)
		free(translation->tables[i].bytes);
	free(translation);
}

const struct paging *translation_paging(const struct translation *translation)
{
	return &translation->paging;
}
