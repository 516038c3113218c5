/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guest said of itself before it was dumped: the JSON beside a dump. */
#ifndef KSWAPCK_STORY_GUEST_H
#define KSWAPCK_STORY_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_TASKS_MAX 16
#define GUEST_SLOTS_MAX 256

/* "40 mapper waits for the mmap_lock of 37, to write" */
struct guest_task {
	int32_t pid;
	char text[96];
};

struct guest {
	char scenario[64];	/* "freed-folio" */
	int32_t spinner;	/* pid; 0: not told */
	uint64_t spinner_address;
	uint64_t address;	/* of the first huge page */
	uint64_t first_slot;	/* of the same */
	int32_t owner;		/* pid that made the huge pages, or moved pages */
	int32_t swapoff;	/* pid that turns swap off; 0: none */
	uint64_t moved_pages;	/* by userfaultfd, while in the swap cache */
	uint64_t moved_from, moved_to;
	int32_t toucher;	/* pid that touched one of them; 0: none */
	uint64_t touched;	/* address */
	struct guest_task tasks[GUEST_TASKS_MAX];
	unsigned int task_count;
	uint64_t planted[GUEST_SLOTS_MAX];	/* slots that were broken from outside */
	unsigned int planted_count;
};

/**
 * guest_read - the facts of the dump at @path.
 *
 * They are in @path.json (the lab's dumps), else in MANIFEST.json beside it.
 */
bool guest_read(const char *path, struct guest *guest);

/** guest_slot - slot of the address that the spinner touches. */
uint64_t guest_slot(const struct guest *guest);

#endif
