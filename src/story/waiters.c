// SPDX-License-Identifier: GPL-2.0-or-later
/* Tasks that wait for what a spinner holds. */
#include "story/parts.h"

#include <stdlib.h>

#define WAITERS_MAX 4096

/* kernel/locking/rwsem.c, since 5.3 */
#define RWSEM_OWNER_FLAGS	7ULL	/* low bits of owner */

/* The function on the stack that tells what is waited for; the outermost one counts. */
static const struct {
	const char *function;
	enum story_wait_kind kind;
} waits[] = {
	{"rwsem_down_read_slowpath", WAIT_MMAP_LOCK},	/* kernel/locking/rwsem.c */
	{"rwsem_down_write_slowpath", WAIT_MMAP_LOCK},
	{"__vma_start_write", WAIT_VMA_LOCK},		/* mm/memory.c, include/linux/mm.h */
	{"__vma_enter_locked", WAIT_VMA_LOCK},		/* mm/mmap_lock.c, 6.15 on */
	{"folio_wait_bit_common", WAIT_PAGE_LOCK},	/* mm/filemap.c, 5.16 on */
	{"wait_on_page_bit_common", WAIT_PAGE_LOCK},
	{"__lock_page", WAIT_PAGE_LOCK},
	{"__folio_lock", WAIT_PAGE_LOCK},
	{"__folio_lock_or_retry", WAIT_PAGE_LOCK},
	{"__lock_page_or_retry", WAIT_PAGE_LOCK},
	/* not __wait_rcu_gp(): synchronize_rcu_tasks() waits for another grace period by it */
	{"synchronize_rcu", WAIT_RCU},			/* kernel/rcu/tree.c */
	{"synchronize_rcu_normal", WAIT_RCU},
	{"synchronize_rcu_expedited", WAIT_RCU},
	{"rcu_barrier", WAIT_RCU},
};

static bool wait_of(const struct story_frame *frame, enum story_wait_kind *kind)
{
	size_t i;

	for (i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (story_frame_is(frame, waits[i].function)) {
			*kind = waits[i].kind;
			return true;
		}
	return false;
}

/* Which spinner holds the lock or page at @object? SIZE_MAX: none. */
static size_t holder_of(const struct telling *telling, enum story_wait_kind kind, uint64_t object)
{
	const struct story *story = telling->story;
	size_t i;

	for (i = 0; i < story->spinner_count; i++) {
		const struct story_spinner *spinner = &story->spinners[i];
		uint64_t mm = story->threads[spinner->thread].task.mm;

		if (kind == WAIT_MMAP_LOCK && telling->map_known && mm &&
		    object == mm + telling->map.mmap_lock.offset)
			return i;
		if (kind == WAIT_VMA_LOCK && spinner->vma && object == spinner->vma)
			return i;
		if (kind == WAIT_PAGE_LOCK && spinner->page_read &&
		    (object == spinner->page.address || object == spinner->page.head))
			return i;
	}
	return SIZE_MAX;
}

/*
 * Who really has that mmap_lock (kernel/locking/rwsem.c)? From 6.4 on a fault can do
 * without it, and a loop of faults lets go of it each time round; a writer is known.
 */
static void find_holder(const struct telling *telling, struct story_waiter *waiter)
{
	const struct story_spinner *spinner = &telling->story->spinners[waiter->spinner];
	struct memory *memory = telling->kernel->memory;
	uint64_t count = 0, owner = 0;

	if (telling->map.lock_owner.size != 8 || telling->map.lock_count.size != 8 ||
	    memory_read_u64(memory, waiter->object + telling->map.lock_count.offset,
			    &count) != READ_OK ||
	    memory_read_u64(memory, waiter->object + telling->map.lock_owner.offset,
			    &owner) != READ_OK) {
		waiter->spinner = SIZE_MAX;
		return;
	}
	if (address_map_writer(&telling->map, count, owner)) {
		waiter->holder = story_thread_of(telling->story, owner & ~RWSEM_OWNER_FLAGS);
		waiter->spinner = SIZE_MAX;
	} else if (!address_map_readers(&telling->map, count) || spinner->loop != LOOP_STALL) {
		waiter->spinner = SIZE_MAX;
	}
}

struct search_object {
	const struct telling *telling;
	struct story_waiter *waiter;
};

static bool is_object(void *data, uint64_t word)
{
	struct search_object *search = data;

	search->waiter->spinner = holder_of(search->telling, search->waiter->kind, word);
	if (search->waiter->spinner == SIZE_MAX)
		return false;
	search->waiter->object = word;
	return true;
}

/* The lock or page is a local variable or saved register somewhere on the stack. */
static void find_object(struct telling *telling, struct story_waiter *waiter)
{
	struct search_object search = {telling, waiter};

	if (story_stack_find(telling, telling->unwound.count - 1, is_object, &search) &&
	    waiter->kind == WAIT_MMAP_LOCK)
		find_holder(telling, waiter);
}

static void keep(struct telling *telling, const struct story_waiter *waiter)
{
	struct story *story = telling->story;
	struct story_waiter *grown;
	size_t room;

	if (story->waiter_count == story->waiter_room) {
		room = story->waiter_room ? 2 * story->waiter_room : 16;
		if (room > WAITERS_MAX)
			return;
		grown = realloc(story->waiters, room * sizeof(*grown));
		if (!grown) {
			telling->out_of_memory = true;
			return;
		}
		story->waiters = grown;
		story->waiter_room = room;
	}
	story->waiters[story->waiter_count++] = *waiter;
}

void story_waiter_look(struct telling *telling, size_t thread)
{
	const struct story_thread *stuck = &telling->story->threads[thread];
	struct story_waiter waiter = {
		.thread = thread,
		.spinner = SIZE_MAX,
		.holder = SIZE_MAX,
	};
	unsigned int i;

	for (i = 0; i < stuck->frame_count; i++)
		if (wait_of(&stuck->frames[i], &waiter.kind))
			waiter.function = stuck->frames[i].name.function;
	if (waiter.kind != WAIT_OTHER && waiter.kind != WAIT_RCU)
		find_object(telling, &waiter);
	/* another lock, another page: not of this story */
	if (waiter.kind != WAIT_RCU && !waiter.object)
		waiter.kind = WAIT_OTHER;
	keep(telling, &waiter);
}

/* Whoever waits for a grace period waits for the spinner that keeps it from ending. */
void story_waiters_join(struct telling *telling)
{
	struct story *story = telling->story;
	size_t i, spinner;

	if (!story->rcu.by_spinner)
		return;
	for (spinner = 0; spinner < story->spinner_count; spinner++)
		if (story->spinners[spinner].loop == LOOP_STALL)
			break;
	for (i = 0; i < story->waiter_count && spinner < story->spinner_count; i++)
		if (story->waiters[i].kind == WAIT_RCU)
			story->waiters[i].spinner = spinner;
}
