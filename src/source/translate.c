// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/translate.h"

#include <libkdumpfile/addrxlat.h>
#include <stdlib.h>
#include <string.h>

#include "source/backend.h"
#include "source/vmcoreinfo.h"

/* Where the kernel image is mapped: arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP UINT64_C(0xffffffff80000000)

/*
 * libaddrxlat remembers four pages, less than one walk of five levels needs. The
 * tables for 1 GiB of vmemmap (64 GiB of RAM) are about 5 pages.
 */
#define TABLE_PAGES 64

struct table_page {
	uint64_t address;	/* of the page; ~0: empty */
	unsigned char *bytes;
	unsigned int users;	/* buffers of libaddrxlat that point to bytes */
	bool temporary;		/* not in the array: free it after use */
};

struct translation {
	struct source *source;
	addrxlat_ctx_t *context;
	addrxlat_sys_t *system;
	addrxlat_cb_t *callbacks;
	uint64_t encryption_mask;	/* AMD's SME bit in page table entries */
	enum read_status failure;	/* of the last page table that was not read */
	struct table_page tables[TABLE_PAGES];
};

/* The place for a table; a page of its own where another table there is in use. */
static struct table_page *table_for(struct translation *translation, uint64_t address)
{
	uint64_t number = address / translation->source->facts.page_size;
	struct table_page *table = &translation->tables[number % TABLE_PAGES];

	if (table->address != address && table->users) {
		table = calloc(1, sizeof(*table));
		if (!table)
			return NULL;
		table->address = UINT64_MAX;
		table->temporary = true;
	}
	if (!table->bytes)
		table->bytes = malloc(translation->source->facts.page_size);
	return table;
}

static void table_release(struct table_page *table)
{
	if (table->users)
		table->users--;
	if (!table->temporary || table->users)
		return;
	free(table->bytes);
	free(table);
}

static void put_page(const addrxlat_buffer_t *buffer)
{
	table_release(buffer->priv);
}

static addrxlat_status get_page(const addrxlat_cb_t *callbacks, addrxlat_buffer_t *buffer)
{
	struct translation *translation = callbacks->priv;
	struct source *source = translation->source;
	uint64_t address = buffer->addr.addr & ~(uint64_t)(source->facts.page_size - 1);
	struct table_page *table = table_for(translation, address);
	enum read_status status;

	if (!table || !table->bytes) {
		if (table)
			table_release(table);
		return ADDRXLAT_ERR_NOMEM;
	}
	if (table->address != address) {
		table->address = UINT64_MAX;
		status = source->ops->read_page(source, ADDRESS_PHYSICAL, address,
						table->bytes);
		if (status != READ_OK) {
			translation->failure = status;
			table_release(table);
			return addrxlat_ctx_err(translation->context, ADDRXLAT_ERR_NODATA,
						"page table %s", read_status_text(status));
		}
		table->address = address;
	}
	table->users++;
	buffer->addr.addr = address;
	buffer->ptr = table->bytes;
	buffer->size = source->facts.page_size;
	buffer->byte_order = ADDRXLAT_LITTLE_ENDIAN;
	buffer->put_page = put_page;
	buffer->priv = table;
	return ADDRXLAT_OK;
}

static unsigned long read_caps(const addrxlat_cb_t *callbacks)
{
	(void)callbacks;
	/* Without Xen both kinds of physical addresses are the same. */
	return ADDRXLAT_CAPS(ADDRXLAT_MACHPHYSADDR) | ADDRXLAT_CAPS(ADDRXLAT_KPHYSADDR);
}

static addrxlat_status number_value(const addrxlat_cb_t *callbacks, const char *name,
				    addrxlat_addr_t *value)
{
	struct translation *translation = callbacks->priv;

	if (strcmp(name, "sme_mask"))
		return ADDRXLAT_ERR_NODATA;
	*value = translation->encryption_mask;
	return ADDRXLAT_OK;
}

static bool set_up(struct translation *translation, const char *vmcoreinfo,
		   struct error *err)
{
	uint64_t tables, phys_base, five_levels = 0;
	addrxlat_fulladdr_t root = { .as = ADDRXLAT_MACHPHYSADDR };
	addrxlat_opt_t options[6];
	addrxlat_map_t *map;

	if (!vmcoreinfo_number(vmcoreinfo, "SYMBOL", "swapper_pg_dir", 16, &tables) &&
	    !vmcoreinfo_number(vmcoreinfo, "SYMBOL", "init_top_pgt", 16, &tables))
		return error_set(err, ERROR_INPUT, "VMCOREINFO has no "
				 "SYMBOL(swapper_pg_dir): the page tables cannot be found");
	if (!vmcoreinfo_number(vmcoreinfo, "NUMBER", "phys_base", 10, &phys_base))
		return error_set(err, ERROR_INPUT, "VMCOREINFO has no "
				 "NUMBER(phys_base), so the page tables cannot be found: it is cut "
				 "or not of an x86_64 kernel; dump again");
	vmcoreinfo_number(vmcoreinfo, "NUMBER", "pgtable_l5_enabled", 10, &five_levels);
	vmcoreinfo_number(vmcoreinfo, "NUMBER", "sme_mask", 10,
			  &translation->encryption_mask);
	root.addr = tables - START_KERNEL_MAP + phys_base;
	addrxlat_opt_arch(&options[0], "x86_64");
	addrxlat_opt_os_type(&options[1], "linux");
	addrxlat_opt_page_shift(&options[2], 12);
	addrxlat_opt_virt_bits(&options[3], five_levels ? 57 : 48);
	addrxlat_opt_phys_base(&options[4], phys_base);
	addrxlat_opt_rootpgt(&options[5], &root);
	if (addrxlat_sys_os_init(translation->system, translation->context, 6, options) !=
	    ADDRXLAT_OK)
		return error_set(err, ERROR_INPUT, "cannot use the page tables at physical "
				 "address 0x%llx: %s", (unsigned long long)root.addr,
				 addrxlat_ctx_get_err(translation->context));
	/*
	 * Walk the page tables always. libaddrxlat would take the kernel image for one
	 * linear range, also where init memory was unmapped and given away.
	 */
	map = addrxlat_sys_get_map(translation->system, ADDRXLAT_SYS_MAP_HW);
	if (map)
		addrxlat_sys_set_map(translation->system, ADDRXLAT_SYS_MAP_KV_PHYS, map);
	return true;
}

struct translation *translation_new(struct source *source, const char *vmcoreinfo,
				    struct error *err)
{
	struct translation *translation = calloc(1, sizeof(*translation));

	if (!translation)
		goto no_memory;
	translation->source = source;
	for (size_t i = 0; i < TABLE_PAGES; i++)
		translation->tables[i].address = UINT64_MAX;
	translation->context = addrxlat_ctx_new();
	translation->system = addrxlat_sys_new();
	if (!translation->context || !translation->system)
		goto no_memory;
	translation->callbacks = addrxlat_ctx_add_cb(translation->context);
	if (!translation->callbacks)
		goto no_memory;
	translation->callbacks->priv = translation;
	translation->callbacks->get_page = get_page;
	translation->callbacks->read_caps = read_caps;
	translation->callbacks->num_value = number_value;
	if (!set_up(translation, vmcoreinfo, err)) {
		translation_free(translation);
		return NULL;
	}
	return translation;
no_memory:
	error_set(err, ERROR_SYSTEM, "no memory to translate addresses");
	translation_free(translation);
	return NULL;
}

void translation_free(struct translation *translation)
{
	if (!translation)
		return;
	if (translation->system)
		addrxlat_sys_decref(translation->system);
	if (translation->context)
		addrxlat_ctx_decref(translation->context);
	for (size_t i = 0; i < TABLE_PAGES; i++)
		free(translation->tables[i].bytes);
	free(translation);
}

enum read_status translation_physical(struct translation *translation, uint64_t address,
				      uint64_t *physical)
{
	addrxlat_fulladdr_t full = { .addr = address, .as = ADDRXLAT_KVADDR };
	addrxlat_status status;

	/* What the library itself does not find is no matter of a page table. */
	translation->failure = READ_UNMAPPED;
	status = addrxlat_fulladdr_conv(&full, ADDRXLAT_MACHPHYSADDR,
					translation->context, translation->system);
	if (status == ADDRXLAT_OK) {
		*physical = full.addr;
		return READ_OK;
	}
	addrxlat_ctx_clear_err(translation->context);
	/*
	 * A table that could not be read is the reason whatever the status: it may be
	 * that of another way that the library tried after it. Nothing is known to be
	 * not mapped then.
	 */
	return status == ADDRXLAT_ERR_NOMEM ? READ_DAMAGED : translation->failure;
}
