// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swapoffs in progress, what they wait for, and whether they can end.
 *
 * swapoff clears SWP_WRITEOK, then goes round (mm/swapfile.c try_to_unuse()): over shmem,
 * over all processes, over the slots that only the cache still owns, until inuse_pages is
 * 0 or a signal comes. A slot that it cannot free keeps it going round for ever; one that
 * holds a freed page keeps it in its first lookup. At the end it waits until nobody has a
 * reference to the device (percpu_ref since 5.15, RCU before).
 */
#include "story/parts.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/mm_list.h"
#include "kernel/page.h"
#include "kernel/swap_entry.h"

/* kernel/locking/rwsem.c, since 5.3 */
#define RWSEM_OWNER_FLAGS	7ULL	/* low bits of owner */

/* What it sleeps for, by the functions below swapoff's own; the outermost one counts. */
static const struct {
	const char *function;
	enum story_swapoff_step step;
} steps[] = {
	{"rwsem_down_read_slowpath", SWAPOFF_MMAP_LOCK},	/* unuse_mm() */
	{"folio_wait_bit_common", SWAPOFF_PAGE},		/* mm/filemap.c, 5.16 on */
	{"folio_wait_writeback", SWAPOFF_PAGE},
	{"wait_on_page_bit_common", SWAPOFF_PAGE},
	{"wait_on_page_writeback", SWAPOFF_PAGE},
	{"__folio_lock", SWAPOFF_PAGE},
	{"__lock_page", SWAPOFF_PAGE},
	{"swap_cluster_readahead", SWAPOFF_READS},		/* mm/swap_state.c */
	{"swap_vma_readahead", SWAPOFF_READS},
	{"swapin_readahead", SWAPOFF_READS},
	{"swap_readpage", SWAPOFF_READS},			/* mm/page_io.c */
	{"swap_read_folio", SWAPOFF_READS},
	{"synchronize_rcu", SWAPOFF_RCU},			/* kernel/rcu/tree.c */
	{"synchronize_rcu_normal", SWAPOFF_RCU},
	{"synchronize_rcu_expedited", SWAPOFF_RCU},
	{"flush_work", SWAPOFF_OTHER},
	{"__flush_work", SWAPOFF_OTHER},
	{"wait_for_completion", SWAPOFF_USERS},
};

/* Findings about slots that stay in use whatever swapoff does. */
static const struct {
	const char *id;
	bool sure;
} obstacles[] = {
	{"KS101", true},	/* freed-folio: the lookup does not return */
	{"KS103", true},	/* tail-entry: the same */
	{"KS102", true},	/* reused-page: what is found is no folio of this slot */
	{"KS106", true},	/* wrong-slot: the same */
	{"KS201", true},	/* mark-without-folio: nobody owns it, so that nobody frees it */
	/* too many owners, or too few */
	{"KS206", false}, {"KS207", false}, {"KS501", false},
};

/* ------------------------------------------------------------------ the call chain */

/* Frame of the system call; its parts are inlined in most kernels. */
static bool find_call(const struct story_thread *thread, unsigned int *call)
{
	unsigned int i;

	for (i = 0; i < thread->frame_count; i++)
		if (thread->frames[i].named && !thread->frames[i].guessed &&
		    !thread->frames[i].name.module[0] &&
		    strstr(thread->frames[i].name.function, "sys_swapoff")) {
			*call = i;
			return true;
		}
	return false;
}

static void find_step(const struct story_thread *thread, unsigned int call,
		      struct story_swapoff *swapoff)
{
	unsigned int i, j;

	swapoff->step = SWAPOFF_RUNS;
	if (thread->on_cpu || thread->task.state == TASK_RUNNING)
		return;
	swapoff->step = SWAPOFF_OTHER;
	for (i = call; i-- > 0; )
		for (j = 0; j < sizeof(steps) / sizeof(steps[0]); j++)
			if (story_frame_is(&thread->frames[i], steps[j].function)) {
				swapoff->step = steps[j].step;
				swapoff->function = steps[j].function;
				return;
			}
}

/* --------------------------------------------------------------------- the device */

struct device_search {
	const struct telling *telling;
	unsigned int type;
};

static bool is_leaving_device(void *data, uint64_t word)
{
	struct device_search *search = data;
	const struct telling *telling = search->telling;

	for (search->type = 0; search->type < telling->device_count; search->type++)
		if (telling->device_states[search->type] == DEVICE_LEAVING &&
		    telling->devices[search->type].address == word)
			return true;
	return false;
}

static bool only_leaving_device(const struct telling *telling, unsigned int *type)
{
	unsigned int i, count = 0;

	for (i = 0; i < telling->device_count; i++)
		if (telling->device_states[i] == DEVICE_LEAVING) {
			*type = i;
			count++;
		}
	return count == 1;
}

static bool any_leaving_device(const struct telling *telling)
{
	unsigned int i;

	for (i = 0; i < telling->device_count; i++)
		if (telling->device_states[i] == DEVICE_LEAVING)
			return true;
	return false;
}

static void find_device(const struct telling *telling, unsigned int call,
			struct story_swapoff *swapoff)
{
	struct device_search search = {.telling = telling};

	swapoff->on_stack = story_stack_find(telling, call, is_leaving_device, &search);
	swapoff->device_known = swapoff->on_stack ||
				only_leaving_device(telling, &search.type);
	swapoff->type = swapoff->device_known ? search.type : 0;
}

/* ------------------------------------------------------------ what it waits for, now */

struct lock_search {
	const struct telling *telling;
	const struct mm_list *mms;
	struct story_swapoff *swapoff;
};

static int compare_mms(const void *key, const void *member)
{
	uint64_t mm = *(const uint64_t *)key;
	const struct mm_owner *owner = member;

	return mm < owner->mm ? -1 : mm > owner->mm;
}

static void read_lock_owner(const struct telling *telling, struct story_swapoff *swapoff)
{
	struct memory *memory = telling->kernel->memory;
	uint64_t count, owner;

	if (telling->map.lock_owner.size == 8 && telling->map.lock_count.size == 8 &&
	    memory_read_u64(memory, swapoff->object + telling->map.lock_count.offset,
			    &count) == READ_OK &&
	    memory_read_u64(memory, swapoff->object + telling->map.lock_owner.offset,
			    &owner) == READ_OK &&
	    address_map_writer(&telling->map, count, owner))
		swapoff->owner = owner & ~RWSEM_OWNER_FLAGS;
}

static bool is_mmap_lock(void *data, uint64_t word)
{
	struct lock_search *search = data;
	const struct telling *telling = search->telling;
	uint64_t mm = word - telling->map.mmap_lock.offset;
	const struct mm_owner *owner = bsearch(&mm, search->mms->owners, search->mms->count,
					       sizeof(*owner), compare_mms);
	struct task_details details;

	if (!owner)
		return false;
	search->swapoff->object = word;
	if (owner->task && task_details_read(telling->kernel, &telling->tasks, owner->task,
					     &details)) {
		search->swapoff->mm_pid = details.tgid;
		memcpy(search->swapoff->mm_comm, details.comm, sizeof(details.comm));
	}
	return true;
}

static void find_mmap_lock(struct telling *telling, unsigned int call,
			   struct story_swapoff *swapoff)
{
	struct mm_list mms = {0};
	struct lock_search search = {telling, &mms, swapoff};
	struct error err = {0};

	if (!telling->map_known || !telling->tasks_known)
		return;
	if (!mm_list_read(telling->kernel, &telling->tasks, &mms, &err))
		telling->out_of_memory = true;
	else if (mms.count && story_stack_find(telling, call, is_mmap_lock, &search))
		read_lock_owner(telling, swapoff);
	mm_list_free(&mms);
}

struct page_search {
	const struct telling *telling;
	struct story_swapoff *swapoff;
};

/* A folio of the device that is locked or being written, as somebody waits for. */
static bool is_busy_page(void *data, uint64_t word)
{
	struct page_search *search = data;
	struct kswapck_page page;
	unsigned int type;
	uint64_t slot;

	if (word >> 63 == 0 || page_read(search->telling->kernel, word, &page) != READ_OK ||
	    !(page.marks & KSWAPCK_PAGE_SWAPCACHE) ||
	    !(page.marks & (KSWAPCK_PAGE_LOCKED | KSWAPCK_PAGE_WRITEBACK)))
		return false;
	swap_entry_split(page.private, &type, &slot);
	if (type != search->swapoff->type || !story_slot_valid(search->telling, type, slot))
		return false;
	search->swapoff->object = word;
	search->swapoff->page_slot = slot;
	return true;
}

static void find_page(const struct telling *telling, unsigned int call,
		      struct story_swapoff *swapoff)
{
	struct page_search search = {telling, swapoff};

	if (swapoff->device_known)
		story_stack_find(telling, call, is_busy_page, &search);
}

void story_swapoff_look(struct telling *telling, size_t thread)
{
	struct story *story = telling->story;
	struct story_swapoff swapoff = {
		.thread = thread,
		.holder = SIZE_MAX,
		.spinner = SIZE_MAX,
	};
	unsigned int call;

	/* before SWP_WRITEOK is cleared, and after all is done, nothing is in progress */
	if (!find_call(&story->threads[thread], &call) || !any_leaving_device(telling))
		return;
	if (story->swapoff_count == STORY_SWAPOFFS_MAX) {
		story->swapoffs_lost++;
		return;
	}
	find_step(&story->threads[thread], call, &swapoff);
	find_device(telling, call, &swapoff);
	if (swapoff.step == SWAPOFF_MMAP_LOCK)
		find_mmap_lock(telling, call, &swapoff);
	else if (swapoff.step == SWAPOFF_PAGE)
		find_page(telling, call, &swapoff);
	story->swapoffs[story->swapoff_count++] = swapoff;
}

/* ----------------------------------------------------------- the slots that are left */

static void count_slot(struct story_swapoff *swapoff, uint8_t map,
		       enum kswapck_entry_kind kind)
{
	if (!map || map == SWAP_MAP_BAD)
		return;
	if (map & ~SWAP_HAS_CACHE)
		swapoff->owned++;
	else if (kind == KSWAPCK_ENTRY_PAGE)
		swapoff->cached++;
	else if (kind == KSWAPCK_ENTRY_UNREADABLE)
		swapoff->counted = false;
	else
		swapoff->empty++;
}

static void count_slots(struct telling *telling, struct story_swapoff *swapoff)
{
	const struct kswapck_device *device = &telling->devices[swapoff->type];
	uint64_t first;
	uint32_t i;

	swapoff->counted = true;
	for (first = 0; first < device->slots; first += SWAP_SPACE_SLOTS) {
		const struct swap_space *space = NULL;

		if (!story_stopped(telling))
			space = story_space_read(telling, swapoff->type,
						 first / SWAP_SPACE_SLOTS);
		if (!space) {
			swapoff->counted = false;
			continue;
		}
		for (i = 0; i < space->space.slots; i++)
			if (space->map_read[i])
				count_slot(swapoff, space->map[i], space->kinds[i]);
			else
				swapoff->counted = false;
	}
}

static void take_obstacle(const struct story_range *range, struct story_swapoff *swapoff)
{
	size_t i;

	for (i = 0; i < sizeof(obstacles) / sizeof(obstacles[0]); i++) {
		uint64_t slots = range->last_slot - range->first_slot + 1;
		bool sure = obstacles[i].sure;

		if (strcmp(range->problem->id, obstacles[i].id) != 0)
			continue;
		if (!swapoff->problem || (sure && !swapoff->broken))
			swapoff->problem = range->problem;
		*(sure ? &swapoff->broken : &swapoff->doubtful) += slots;
	}
}

static void find_obstacles(const struct telling *telling, struct story_swapoff *swapoff)
{
	const struct story_findings *findings = telling->findings;
	size_t i;

	for (i = 0; i < findings->count; i++)
		if (findings->ranges[i].has_device && findings->ranges[i].type == swapoff->type)
			take_obstacle(&findings->ranges[i], swapoff);
}

/* -------------------------------------------------------------------------- joined */

/* The task stalls, or waits for something that one who does holds. */
static void find_spinner(const struct story *story, struct story_swapoff *swapoff)
{
	size_t i;

	for (i = 0; i < story->waiter_count; i++)
		if (story->waiters[i].thread == swapoff->thread &&
		    story->waiters[i].spinner < story->spinner_count &&
		    story->spinners[story->waiters[i].spinner].loop == LOOP_STALL)
			swapoff->spinner = story->waiters[i].spinner;
	for (i = 0; i < story->spinner_count; i++)
		if (story->spinners[i].thread == swapoff->thread &&
		    story->spinners[i].loop == LOOP_STALL) {
			swapoff->spinner = i;
			swapoff->step = SWAPOFF_SPINS;
		}
}

static void join(struct telling *telling, struct story_swapoff *swapoff)
{
	const struct kswapck_device *device = &telling->devices[swapoff->type];
	struct story *story = telling->story;

	if (swapoff->owner)
		swapoff->holder = story_thread_of(story, swapoff->owner);
	find_spinner(story, swapoff);
	swapoff->endless = swapoff->spinner != SIZE_MAX;
	if (!swapoff->device_known)
		return;
	memcpy(swapoff->device, device->name, sizeof(swapoff->device));
	swapoff->users_dead = device->users_dead;
	swapoff->left = device->inuse;
	count_slots(telling, swapoff);
	find_obstacles(telling, swapoff);
	swapoff->endless |= swapoff->broken > 0;
}

void story_swapoffs_join(struct telling *telling)
{
	size_t i;

	for (i = 0; i < telling->story->swapoff_count; i++)
		join(telling, &telling->story->swapoffs[i]);
}
