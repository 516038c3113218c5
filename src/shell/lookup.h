/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What arguments name: tasks, pages, slots. */
#ifndef KSWAPCK_SHELL_LOOKUP_H
#define KSWAPCK_SHELL_LOOKUP_H

#include "kernel/page_table.h"
#include "kernel/task.h"
#include "shell/print.h"

struct found_task {
	struct task task;
	struct task_details details;
	uint64_t others;	/* more of that name */
};

/** lookup_task - by pid, by the address of its task_struct, or by its name. */
bool lookup_task(struct shell *shell, const char *text, struct found_task *found,
		 struct error *err);

/**
 * lookup_page - by its number (below max_pfn), the address of its struct page, a kernel
 * virtual address that is mapped, or (with @physical) a physical one.
 */
bool lookup_page(struct shell *shell, const char *text, bool physical,
		 struct kswapck_page *page, struct error *err);

/* How a slot was given. */
enum slot_form {
	SLOT_BY_NUMBER,		/* TYPE:OFFSET */
	SLOT_BY_ENTRY,		/* swp_entry_t */
	SLOT_BY_PTE,
};

struct found_slot {
	enum slot_form form;
	struct kswapck_device device;
	uint64_t slot;
	uint64_t entry;		/* swp_entry_t */
	uint64_t pte;		/* as a page table has it */
};

/** lookup_slot - "0:16389", "vda:16389", 0x4005, or a PTE that is not present. */
bool lookup_slot(struct shell *shell, const char *text, struct found_slot *found,
		 struct error *err);

/** lookup_device_name - "vda"; "type 3" if it has no name. Visible. Returns @text. */
const char *lookup_device_name(const struct kswapck_device *device, char *text, size_t size);

#endif
