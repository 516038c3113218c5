// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/lookup.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kernel/arch.h"
#include "kernel/page.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"

/* --------------------------------------------------------------------- tasks */

struct task_search {
	struct shell *shell;
	struct task_layout layout;
	const char *comm;	/* NULL: by pid or address */
	bool by_pid;
	uint64_t number;
	struct found_task *found;
	bool any;
};

static bool is_wanted(const struct task_search *search, const struct task *task,
		      const struct task_details *details)
{
	if (search->comm)
		return !strcmp(details->comm, search->comm);
	return search->by_pid ? (uint64_t)(uint32_t)details->pid == search->number :
				task->address == search->number;
}

static bool visit_task(void *data, const struct task *task)
{
	struct task_search *search = data;
	struct task_details details;

	if (!task_details_read(&search->shell->dump.kernel, &search->layout, task->address,
			       &details) || !is_wanted(search, task, &details))
		return !shell_stopped(search->shell);
	if (search->any) {
		search->found->others++;
	} else {
		search->found->task = *task;
		search->found->details = details;
		search->any = true;
	}
	return search->comm != NULL;
}

/* Pids are decimal, addresses of tasks are not; names may be anything else. */
static void parse_task(struct task_search *search, const char *text)
{
	char *end;

	search->number = strtoull(text, &end, 10);
	search->by_pid = *text >= '0' && *text <= '9' && !*end;
	if (search->by_pid)
		return;
	search->number = strtoull(text, &end, 16);
	if (*end || !*text || search->number >> 63 == 0)
		search->comm = text;
}

bool lookup_task(struct shell *shell, const char *text, struct found_task *found,
		 struct error *err)
{
	struct task_search search = {.shell = shell, .found = found};
	bool whole;

	*found = (struct found_task){.others = 0};
	if (!task_layout_resolve(&shell->dump.kernel, &search.layout))
		return error_set(err, ERROR_MISSING, "this kernel's types or symbols do not tell "
				 "how tasks are kept");
	parse_task(&search, text);
	whole = task_for_each(&shell->dump.kernel, &search.layout, visit_task, &search);
	if (search.any)
		return true;
	return error_set(err, ERROR_INPUT, "no task %s%s", text, whole ? "" :
			 " was seen; the list of tasks is damaged or not all in the dump");
}

/* --------------------------------------------------------------------- pages */

static enum read_status find_page(struct shell *shell, uint64_t value, bool physical,
				  uint64_t *address)
{
	const struct kernel *kernel = &shell->dump.kernel;
	unsigned int shift = kernel_page_shift(kernel);
	enum read_status status;

	if (physical || value < kernel->page.pages) {
		*address = page_address_of(kernel, physical ? value >> shift : value);
		return READ_OK;
	}
	*address = value;
	if (page_is_address(kernel, value))
		return READ_OK;
	/* within a struct page */
	if (value > kernel->page.vmemmap) {
		*address = value - (value - kernel->page.vmemmap) % kernel->page.size;
		if (page_is_address(kernel, *address))
			return READ_OK;
	}
	status = memory_physical(kernel->memory, value, &value);
	*address = page_address_of(kernel, value >> shift);
	return status;
}

bool lookup_page(struct shell *shell, const char *text, bool physical,
		 struct kswapck_page *page, struct error *err)
{
	const struct kernel *kernel = &shell->dump.kernel;
	enum read_status status;
	uint64_t value, address;

	if (!shell_number(shell, text, true, &value, err))
		return false;
	status = find_page(shell, value, physical, &address);
	if (status == READ_OK)
		status = page_read(kernel, address, page);
	else
		return error_set(err, ERROR_INPUT, "0x%" PRIx64 " is no page frame number, no "
				 "struct page and no kernel address: %s", value,
				 read_status_text(status));
	if (status != READ_OK)
		return error_set(err, ERROR_UNREADABLE, "the struct page at 0x%" PRIx64 ": %s",
				 address, read_status_text(status));
	return true;
}

/* --------------------------------------------------------------------- slots */

const char *lookup_device_name(const struct kswapck_device *device, char *text, size_t size)
{
	if (device->name[0])
		text_visible(device->name, text, size);
	else
		snprintf(text, size, "type %u", device->type);
	return text;
}

/* Is it a slot of a device in use? Then @found is filled. */
static bool is_slot(struct shell *shell, unsigned int type, uint64_t slot,
		    struct found_slot *found)
{
	const struct kernel *kernel = &shell->dump.kernel;

	if (type >= kernel->swap.nr_swapfiles ||
	    swap_device_read(kernel, type, &found->device) != SWAP_DEVICE_OK ||
	    slot >= found->device.slots)
		return false;
	found->slot = slot;
	found->entry = swap_entry_give(kernel->swap.old_entries, swap_entry(type, slot));
	found->pte = kernel->swap_pte ? swap_pte_encode(kernel->swap_pte, type, slot) : 0;
	return true;
}

static bool device_by_name(struct shell *shell, const char *name, size_t length,
			   unsigned int *type)
{
	const struct kernel *kernel = &shell->dump.kernel;
	struct kswapck_device device;

	for (*type = 0; *type < kernel->swap.nr_swapfiles; ++*type)
		if (swap_device_read(kernel, *type, &device) == SWAP_DEVICE_OK &&
		    strlen(device.name) == length && !strncmp(device.name, name, length))
			return true;
	return false;
}

static bool by_number(struct shell *shell, const char *text, const char *colon,
		      struct found_slot *found, struct error *err)
{
	uint64_t slot, number;
	unsigned int type;
	char *end;

	number = strtoull(text, &end, 0);
	type = number < UINT_MAX ? (unsigned int)number : UINT_MAX;
	if ((end != colon || end == text) &&
	    !device_by_name(shell, text, (size_t)(colon - text), &type))
		return error_set(err, ERROR_INPUT, "no swap device %.*s is in use ('devices' "
				 "lists them)", (int)(colon - text), text);
	slot = strtoull(colon + 1, &end, 0);
	if (*end || end == colon + 1)
		return error_set(err, ERROR_USAGE, "%s: not a number after the colon", text);
	if (is_slot(shell, type, slot, found))
		return true;
	if (found->device.slots && found->device.type == type)
		return error_set(err, ERROR_INPUT, "there is no slot %" PRIu64 ": the device has "
				 "slots 0 to %" PRIu64, slot, found->device.slots - 1);
	return error_set(err, ERROR_INPUT, "no swap device of type %" PRIu64 " is in use "
			 "('devices' lists them)", number);
}

bool lookup_slot(struct shell *shell, const char *text, struct found_slot *found,
		 struct error *err)
{
	const char *colon = strchr(text, ':');
	struct found_slot as_pte = {.form = SLOT_BY_PTE};
	unsigned int type;
	uint64_t value, slot;
	bool is_entry, is_pte;

	*found = (struct found_slot){.form = SLOT_BY_NUMBER};
	if (colon)
		return by_number(shell, text, colon, found, err);
	if (!shell_number(shell, text, true, &value, err))
		return false;
	found->form = SLOT_BY_ENTRY;
	swap_entry_split(swap_entry_take(shell->dump.kernel.swap.old_entries, value), &type, &slot);
	is_entry = is_slot(shell, type, slot, found);
	is_pte = page_table_swap_entry(&shell->dump.kernel, value, &type, &slot) &&
		 is_slot(shell, type, slot, &as_pte);
	if (is_entry && is_pte)
		return error_set(err, ERROR_INPUT, "0x%" PRIx64 " can be a swp_entry_t (%u:%" PRIu64
				 ") and a PTE (%u:%" PRIu64 "): give one of these", value,
				 found->device.type, found->slot, as_pte.device.type, as_pte.slot);
	if (is_pte)
		*found = as_pte;
	if (is_entry || is_pte)
		return true;
	return error_set(err, ERROR_INPUT, "0x%" PRIx64 " names no slot of a device in use, "
			 "neither as a swp_entry_t nor as a PTE that is not present", value);
}
