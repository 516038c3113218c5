// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * References of one folio, explained. Read for this: mm/migrate.c, mm/page_isolation.c
 * has_unmovable_pages(), mm/memory_hotplug.c do_migrate_range(), mm/compaction.c
 * isolate_migratepages_block() of 5.10, 6.1 and 6.12.
 *
 *  mapped      one for each PTE or PMD; try_to_migrate() takes them away
 *  cache       one for each page in the swap cache or in the page cache of a file
 *  ->private   one, of file pages (page_has_private())
 *  batched     one for each entry of a per-CPU LRU batch; all users of migration that
 *              mean it call lru_add_drain_all() first
 *  isolated    one, of who took it off the LRU list: reclaim, compaction, migration
 *  FOLL_PIN    counted apart in large folios, 1,024 for each in small ones
 *
 * What remains is of somebody who has called get_page() on it, and if a task that is
 * just working on pages has the folio in hand, it is probably that one.
 */
#include "pins/judge.h"

#include <string.h>

#include "kernel/folio.h"
#include "kernel/page.h"
#include "kernel/swap_entry.h"

#define GUP_PIN_COUNTING_BIAS 1024	/* include/linux/mm.h, since 5.6 */

#define MAPPING_FLAGS	3ULL
#define MAPPING_MOVABLE	2ULL	/* of a driver, with functions to move it: up to 6.16 */

static bool is(const struct kswapck_page *page, uint32_t marks)
{
	return (page->marks & marks) != 0;
}

bool pin_task_read(const struct judge *judge, uint64_t task, struct pin_task *named)
{
	struct task_details details;

	if (!judge->tasks_known ||
	    !task_details_read(judge->kernel, &judge->tasks, task, &details))
		return false;
	named->pid = details.pid;
	memcpy(named->comm, details.comm, sizeof(named->comm));
	return true;
}

static void add_task(const struct judge *judge, uint64_t task, bool isolated, struct pin *pin)
{
	struct pin_task named = {.on_cpu_list = isolated};
	size_t i;

	if (!pin_task_read(judge, task, &named))
		named.pid = 0;
	for (i = 0; i < pin->task_count && i < PIN_TASKS_MAX; i++)
		if (pin->tasks[i].pid == named.pid) {
			pin->tasks[i].on_cpu_list |= isolated;
			return;
		}
	if (pin->task_count < PIN_TASKS_MAX)
		pin->tasks[pin->task_count] = named;
	pin->task_count++;
}

/* Take up to @most of what is left to explain. */
static int64_t explain(int64_t *left, int64_t most)
{
	int64_t taken = *left < most ? *left : most;

	if (taken < 0)
		taken = 0;
	*left -= taken;
	return taken;
}

static int64_t cache_references(const struct kswapck_page *page)
{
	int64_t pages = 1LL << page->order, count = 0;

	if (is(page, KSWAPCK_PAGE_SWAPCACHE))
		count += pages;
	/* shmem on its way to swap is in both while it is locked */
	if (is(page, KSWAPCK_PAGE_FILE))
		count += pages;
	return count;
}

/* A folio of more pages than that counts FOLL_PIN apart. */
static int64_t foll_pins(const struct judge *judge, const struct kswapck_folio *folio,
			 int64_t *left)
{
	int64_t pins;

	if (folio->pincount_known)
		return explain(left, folio->pincount);
	if (!judge->kernel->folio.pincount_offset)
		return 0;	/* before 5.7: plain references */
	pins = *left / GUP_PIN_COUNTING_BIAS;
	*left -= pins * GUP_PIN_COUNTING_BIAS;
	return pins;
}

/*
 * Tasks that have it in hand: their gathers are counted, else a sleeper holds one
 * reference, and who runs one and those that it is just moving.
 */
static void explain_holders(struct judge *judge, struct pin *pin, int64_t *left)
{
	const struct page_holder *holder;
	size_t count = page_holders_of(judge->kernel, &judge->holders, pin->folio.page.address,
				       pin->folio.pages, &holder), i;
	bool running = false;
	size_t tasks;
	uint64_t list = 0;
	int64_t most;

	if (!is(&pin->folio.page, KSWAPCK_PAGE_LRU) && !pin->batched) {
		pin->isolated = explain(left, 1);
		list = page_holders_list(judge->kernel, &judge->holders,
					 pin->folio.page.address);
		if (list)
			add_task(judge, list, true, pin);
	}
	tasks = pin->task_count;
	for (i = 0; i < count; i++) {
		pin->gathered += explain(left, holder[i].references);
		running |= holder[i].on_cpu;
		if (holder[i].task != list)
			add_task(judge, holder[i].task, false, pin);
	}
	most = (int64_t)(pin->task_count - tasks);
	/* who takes it out of a cache has not yet dropped what the cache held */
	pin->in_hand = explain(left, running ? most + (int64_t)pin->folio.pages : most);
}

/*
 * Before 829ae0f81ce0 the isolation for alloc_contig_range() takes anonymous memory
 * outside of the swap cache for pinned when it has more references than its head page
 * is mapped; as soon as a PMD of a huge page is split, that is so.
 */
static bool looks_pinned(const struct judge *judge, struct pin *pin)
{
	const struct kswapck_page *page = &pin->folio.page;

	if (!judge->compares_head || !is(page, KSWAPCK_PAGE_HEAD) ||
	    !is(page, KSWAPCK_PAGE_ANON) || is(page, KSWAPCK_PAGE_SWAPCACHE))
		return false;
	pin->head_compared = folio_head_mapcount(judge->kernel, page, &pin->head_mapcount);
	return pin->head_compared && page->refcount > pin->head_mapcount;
}

static enum pin_verdict verdict_of(const struct judge *judge, struct pin *pin, int64_t left)
{
	const struct kswapck_page *page = &pin->folio.page;

	pin->unexplained = left;
	if (pin->foll_pin)
		return PIN_PINNED;
	/* who writes it back may hold it until that is done, as NFS does */
	if (left && pin->writeback)
		return PIN_IN_HAND;
	if (left && !(judge->batches.complete && judge->holders.complete)) {
		pin->kind = "held, by whom is not in the dump";
		return PIN_UNREADABLE;
	}
	if (left)
		return PIN_PINNED;
	if (pin->isolated || pin->gathered || pin->in_hand)
		return PIN_IN_HAND;
	if (pin->batched)
		return PIN_DRAIN;
	if (!is(page, KSWAPCK_PAGE_LRU)) {
		pin->kind = "page cache of a file, off the LRU lists";
		return is(page, KSWAPCK_PAGE_FILE) ? PIN_UNMOVABLE : PIN_IN_MOTION;
	}
	return looks_pinned(judge, pin) ? PIN_LOOKS_PINNED : PIN_MIGRATABLE;
}

static enum pin_verdict judge_user_memory(struct judge *judge, struct pin *pin)
{
	const struct kswapck_page *page = &pin->folio.page;
	int64_t left;

	if (folio_read(judge->kernel, page, &pin->folio) != READ_OK || !pin->folio.mapcount_known) {
		pin->kind = "counts that are not in the dump";
		return PIN_UNREADABLE;
	}
	pin->counted = true;
	pin->cache = cache_references(page);
	pin->private = is(page, KSWAPCK_PAGE_FILE) && page->flags & judge->flag_private;
	left = page->refcount - pin->folio.mapcount - pin->cache - pin->private;
	if (left < 0)
		return PIN_IN_MOTION;
	pin->batched = explain(&left, lru_batches_count(&judge->batches, page->address));
	pin->foll_pin = foll_pins(judge, &pin->folio, &left);
	if (left)
		explain_holders(judge, pin, &left);
	return verdict_of(judge, pin, left);
}

static const char *user_kind(const struct kswapck_page *page)
{
	bool large = is(page, KSWAPCK_PAGE_HEAD);

	if (is(page, KSWAPCK_PAGE_SWAPCACHE))
		return large ? "large folio of the swap cache" : "swap cache";
	if (is(page, KSWAPCK_PAGE_ANON))
		return large ? "large folio of anonymous memory" : "anonymous memory";
	return large ? "large folio of a file's page cache" : "page cache of a file";
}

/* Pages whose flags or type say all; false: look at its counts. */
static bool judge_by_kind(const struct judge *judge, const struct kswapck_page *page,
			  struct pin *pin)
{
	static const struct {
		uint32_t mark;
		const char *kind;
		enum pin_verdict verdict;
	} kinds[] = {
		{KSWAPCK_PAGE_HWPOISON, "hardware-poisoned", PIN_HWPOISON},
		{KSWAPCK_PAGE_BUDDY, "free", PIN_FREE},
		{KSWAPCK_PAGE_RESERVED, "reserved", PIN_UNMOVABLE},
		{KSWAPCK_PAGE_SLAB, "slab memory", PIN_UNMOVABLE},
		{KSWAPCK_PAGE_KMALLOC, "kmalloc memory", PIN_UNMOVABLE},
		{KSWAPCK_PAGE_TABLE, "page tables", PIN_UNMOVABLE},
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (is(page, kinds[i].mark)) {
			pin->kind = kinds[i].kind;
			pin->verdict = kinds[i].verdict;
			return true;
		}
	pin->verdict = PIN_HUGETLB;
	pin->kind = "huge page of hugetlbfs";
	if (folio_is_hugetlb(judge->kernel, page))
		return true;
	pin->verdict = PIN_MIGRATABLE;
	pin->kind = "memory that its driver can move";
	if ((page->mapping & MAPPING_FLAGS) == MAPPING_MOVABLE)
		return true;
	pin->kind = "offline pages of a balloon or of virtio-mem";
	if (is(page, KSWAPCK_PAGE_OFFLINE)) {
		pin->verdict = page->refcount ? PIN_UNMOVABLE : PIN_FREE;
		return true;
	}
	return false;
}

/* Reference count 0: free and in a per-CPU list, or frozen for split or migration. */
static void judge_unreferenced(const struct kswapck_page *page, struct pin *pin)
{
	bool frozen = is(page, KSWAPCK_PAGE_LOCKED | KSWAPCK_PAGE_SWAPCACHE | KSWAPCK_PAGE_HEAD);

	pin->kind = frozen ? "frozen" : "free";
	pin->verdict = frozen ? PIN_IN_MOTION : PIN_FREE;
}

void pin_judge(struct judge *judge, const struct kswapck_page *page, struct pin *pin)
{
	*pin = (struct pin){
		.first_pfn = page->pfn,
		.pages = 1ULL << page->order,
		.folio = {.page = *page, .pages = 1ULL << page->order},
		.writeback = is(page, KSWAPCK_PAGE_WRITEBACK),
	};
	if (judge_by_kind(judge, page, pin))
		return;
	if (folio_page_has_type(judge->kernel, page)) {
		pin->kind = "memory of the kernel";
		pin->verdict = PIN_UNMOVABLE;
		return;
	}
	if (page->refcount == 0) {
		judge_unreferenced(page, pin);
		return;
	}
	pin->kind = user_kind(page);
	pin->has_slot = is(page, KSWAPCK_PAGE_SWAPCACHE);
	if (pin->has_slot)
		swap_entry_split(page->private, &pin->type, &pin->slot);
	if (!is(page, KSWAPCK_PAGE_ANON | KSWAPCK_PAGE_SWAPCACHE | KSWAPCK_PAGE_LRU) &&
	    !lru_batches_count(&judge->batches, page->address)) {
		/* drivers use ->mapping for things of their own */
		pin->kind = "memory of the kernel";
		pin->verdict = PIN_UNMOVABLE;
		return;
	}
	pin->verdict = judge_user_memory(judge, pin);
	if (pin->verdict == PIN_PINNED || pin->verdict == PIN_LOOKS_PINNED)
		pin_owner_find(judge, pin);
}
