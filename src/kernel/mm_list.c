// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whoever gives an mm its first swap entry puts it on init_mm.mmlist before
 * (mm/memory.c copy_nonpresent_pte(), copy_one_pte() in 5.4; mm/rmap.c
 * try_to_unmap_one()), and __mmput() takes it off when nothing is mapped any more.
 * The list has also those mms that no task has: in fork, in exit, lent to the kernel.
 */
#include "kernel/mm_list.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/list.h"
#include "kernel/lock.h"

#define MMS_MAX (8U << 20)	/* twice the tasks that there can be */
#define RESTARTS_MAX 5

/* How an mm was found, the best first. */
enum mm_source { MM_OF_LEADER, MM_OF_THREAD, MM_OF_LIST };

struct candidate {
	struct mm_owner owner;
	enum mm_source source;
};

struct collection {
	const struct kernel *kernel;
	const struct task_layout *tasks;
	struct candidate *candidates;
	size_t count, room;
	bool unreadable;	/* a task was */
	bool out_of_memory;
};

/* One mm after the other, its best owner first. */
static int compare_candidates(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->owner.mm != b->owner.mm)
		return a->owner.mm < b->owner.mm ? -1 : 1;
	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	return (a->owner.task > b->owner.task) - (a->owner.task < b->owner.task);
}

/* Threads of one process come in a row, of which one is enough. */
static bool is_in(struct collection *collection, const struct candidate *candidate)
{
	struct candidate *last;

	if (!collection->count)
		return false;
	last = &collection->candidates[collection->count - 1];
	if (last->owner.mm != candidate->owner.mm)
		return false;
	if (compare_candidates(candidate, last) < 0)
		*last = *candidate;
	return true;
}

/* Sort them, and of those of one mm keep the first. */
static void settle(struct collection *collection)
{
	struct candidate *candidates = collection->candidates;
	size_t kept = 0, i;

	if (collection->count)
		qsort(candidates, collection->count, sizeof(*candidates), compare_candidates);
	for (i = 0; i < collection->count; i++)
		if (!kept || candidates[i].owner.mm != candidates[kept - 1].owner.mm)
			candidates[kept++] = candidates[i];
	collection->count = kept;
}

/* Room for one more; only when each mm is there once, twice the room. */
static bool make_room(struct collection *collection)
{
	size_t room = collection->room ? 2 * collection->room : 256;
	struct candidate *grown;

	if (collection->count < collection->room)
		return true;
	settle(collection);
	if (collection->room && collection->count <= collection->room / 2)
		return true;
	grown = realloc(collection->candidates, room * sizeof(*grown));
	if (!grown) {
		collection->out_of_memory = true;
		return false;
	}
	collection->candidates = grown;
	collection->room = room;
	return true;
}

static bool add(struct collection *collection, uint64_t mm, uint64_t task,
		enum mm_source source)
{
	const struct candidate candidate = {{mm, task}, source};

	if (is_in(collection, &candidate))
		return true;
	if (!make_room(collection))
		return false;
	collection->candidates[collection->count++] = candidate;
	return true;
}

static bool take_task(void *data, const struct task *task)
{
	struct collection *collection = data;
	struct task_details details;

	if (!task_details_read(collection->kernel, collection->tasks, task->address,
			       &details)) {
		collection->unreadable = true;
		return true;
	}
	/* a kernel thread that borrows an mm does not own it */
	return !details.mm || details.kernel_thread ||
	       add(collection, details.mm, task->address,
		   details.pid == details.tgid ? MM_OF_LEADER : MM_OF_THREAD);
}

/*
 * Nobody holds mmlist_lock for longer than a few links take. While one does, an mm
 * that is halfway on the list can have entries already: another CPU looks without
 * the lock whether it is on. With one CPU there is no other, and no lock to ask.
 */
static bool in_motion(const struct kernel *kernel)
{
	uint64_t lock;

	return kernel->lock.size && (!image_symbol(kernel->image, "mmlist_lock", &lock) ||
				     lock_may_be_held(kernel, lock));
}

/* Everything on init_mm.mmlist; false when that is not all. */
static bool take_mmlist(struct collection *collection)
{
	const struct kernel *kernel = collection->kernel;
	uint64_t init_mm, head, node;
	struct field mmlist;
	unsigned int left = MMS_MAX;

	if (!image_symbol(kernel->image, "init_mm", &init_mm) ||
	    !kernel_field(kernel, "mm_struct", "mmlist", &mmlist))
		return false;
	head = init_mm + mmlist.offset;
	for (node = head; list_next(kernel, node, &node); ) {
		if (node == head)
			return !in_motion(kernel);
		if (!left-- || !add(collection, node - mmlist.offset, 0, MM_OF_LIST))
			return false;
	}
	return false;
}

/* Each mm once, as the caller gets them. */
static bool make_owners(struct collection *collection, struct mm_list *list)
{
	size_t i;

	settle(collection);
	if (!collection->count)
		return true;
	list->owners = malloc(collection->count * sizeof(*list->owners));
	if (!list->owners)
		return false;
	for (i = 0; i < collection->count; i++)
		list->owners[list->count++] = collection->candidates[i].owner;
	return true;
}

static bool read_once(const struct kernel *kernel, const struct task_layout *tasks,
		      struct mm_list *list)
{
	struct collection collection = {.kernel = kernel, .tasks = tasks};
	bool done;

	memset(list, 0, sizeof(*list));
	list->complete = task_for_each(kernel, tasks, take_task, &collection);
	list->complete &= take_mmlist(&collection);
	list->complete &= !collection.unreadable;
	done = !collection.out_of_memory && make_owners(&collection, list);
	free(collection.candidates);
	return done;
}

bool mm_list_read(const struct kernel *kernel, const struct task_layout *tasks,
		  struct mm_list *list, struct error *err)
{
	bool live = source_facts(kernel->source)->live;
	unsigned int restarts = 0;
	bool done = read_once(kernel, tasks, list);

	/* where processes come and go, the lists of a running kernel tear under the walk */
	while (done && live && !list->complete && restarts++ < RESTARTS_MAX) {
		mm_list_free(list);
		memory_forget(kernel->memory);
		done = read_once(kernel, tasks, list);
	}
	return done || error_set(err, ERROR_SYSTEM, "out of memory for the list of processes");
}

void mm_list_free(struct mm_list *list)
{
	free(list->owners);
	memset(list, 0, sizeof(*list));
}
