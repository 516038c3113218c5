// SPDX-License-Identifier: GPL-2.0-or-later
/* The sweep of audit/sweep.c for one slot; it judges nothing. */
#include "shell/who.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "kernel/address_map.h"
#include "kernel/mm_list.h"
#include "kernel/page_table_lock.h"
#include "kernel/shmem.h"
#include "kernel/swap_count.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"
#include "output/explain_words.h"

#define SHOWN_MAX 1000	/* owners of one slot that are shown; all are counted */
#define STOP_INTERVAL 4096

struct who {
	struct answer answer;
	const struct found_slot *at;
	struct task_layout tasks;
	struct address_map_layout map;
	struct page_table_layout tables;
	struct page_table_lock_layout table_lock;
	uint64_t direct_map;	/* address of physical 0; 0: not known */
	/* of the process at hand */
	uint64_t mm;
	struct task_details details;
	bool task_known;
	/* found */
	uint64_t ptes, shmem;
	uint64_t processes, tables_read;
	uint64_t unreadable;	/* page tables, shmem files */
	bool whole;		/* the lists of them were sound to their ends */
	bool moving;		/* a lock was held: it may be in motion */
	uint64_t until_stop;
};

static bool go_on(struct who *who)
{
	if (who->until_stop--)
		return true;
	who->until_stop = STOP_INTERVAL;
	return !shell_stopped(who->answer.shell);
}

static bool shown(const struct who *who)
{
	return who->ptes + who->shmem <= SHOWN_MAX;
}

/* ---------------------------------------------------------------- page tables */

/* VM_* of include/linux/mm.h; the same numbers in all versions. */
static void vma_words(const struct kswapck_vma *vma, struct phrase *phrase)
{
	phrase_add(phrase, ", VMA 0x%" PRIx64 " (0x%" PRIx64 "-0x%" PRIx64 " %c%c%c%c%s)",
		   vma->address, vma->start, vma->end, vma->flags & 1 ? 'r' : '-',
		   vma->flags & 2 ? 'w' : '-', vma->flags & 4 ? 'x' : '-',
		   vma->flags & 8 ? 's' : 'p', vma->file ? ", of a file" : "");
}

static void say_pte(const struct who *who, uint64_t address, uint64_t pte, uint64_t place,
		    const struct kswapck_vma *vma, bool locked)
{
	struct phrase phrase;

	phrase_begin(&phrase, "%s", "");
	if (who->task_known)
		words_task(&phrase, who->details.tgid, who->details.comm);
	else
		phrase_add(&phrase, "a process without tasks");
	phrase_add(&phrase, " at 0x%" PRIx64 ": PTE 0x%" PRIx64, address, pte);
	if (who->direct_map)
		phrase_add(&phrase, " at 0x%" PRIx64, who->direct_map + place);
	phrase_add(&phrase, ", mm 0x%" PRIx64, who->mm);
	if (vma)
		vma_words(vma, &phrase);
	else
		phrase_add(&phrase, ", in no VMA that can be read");
	answer_line(&who->answer, "PTE", "%s%s", phrase.text,
		    locked ? "; the lock of the page table is held: it may be in motion" : "");
}

static void write_pte(struct who *who, uint64_t address, uint64_t pte, uint64_t place,
		      const struct kswapck_vma *vma, bool locked)
{
	struct json_writer *json = &who->answer.json;

	json_flat_object(json, NULL);
	json_string(json, "kind", "pte");
	if (who->task_known) {
		json_signed(json, "pid", who->details.tgid);
		json_string(json, "comm", who->details.comm);
	}
	json_address(json, "mm", who->mm);
	json_address(json, "address", address);
	json_address(json, "raw", pte);
	if (who->direct_map)
		json_address(json, "place", who->direct_map + place);
	if (vma) {
		json_address(json, "vma", vma->address);
		json_address(json, "vma_start", vma->start);
		json_address(json, "vma_end", vma->end);
	}
	json_bool(json, "locked", locked);
	json_close(json, '}');
}

static bool take_pte(void *data, uint64_t address, uint64_t pte, uint64_t place)
{
	struct who *who = data;
	const struct kernel *kernel = who->answer.kernel;
	struct kswapck_vma vma;
	unsigned int type;
	uint64_t slot;
	bool locked, found;

	if (!page_table_swap_entry(kernel, pte, &type, &slot) ||
	    type != who->at->device.type ||
	    slot != who->at->slot)
		return go_on(who);
	who->ptes++;
	locked = page_table_locked(kernel, &who->table_lock, who->mm,
				   place & -kernel_page_size(kernel));
	who->moving |= locked;
	if (!shown(who))
		return go_on(who);
	found = vma_find(kernel, &who->map, who->mm, address, &vma);
	if (who->answer.is_json)
		write_pte(who, address, pte, place, found ? &vma : NULL, locked);
	else
		say_pte(who, address, pte, place, found ? &vma : NULL, locked);
	return go_on(who);
}

static bool sweep_process(struct who *who, const struct mm_owner *owner)
{
	const struct kernel *kernel = who->answer.kernel;
	struct page_table_sweep tables = {0};
	uint64_t pgd;
	bool whole;

	who->mm = owner->mm;
	who->task_known = owner->task && task_details_read(kernel, &who->tasks, owner->task,
							   &who->details);
	if (!mm_page_table(kernel, &who->map, owner->mm, &pgd)) {
		who->unreadable++;
		return true;
	}
	whole = page_table_for_each_swap(kernel, &who->tables, pgd, take_pte, who, &tables);
	who->processes++;
	who->tables_read += tables.tables;
	who->unreadable += tables.unreadable + tables.truncated;
	return whole;
}

static bool sweep_processes(struct who *who, struct error *err)
{
	struct mm_list mms = {.count = 0};
	size_t i;

	if (!mm_list_read(who->answer.kernel, &who->tasks, &mms, err))
		return false;
	who->whole = mms.complete;
	for (i = 0; i < mms.count && !shell_stopped(who->answer.shell); i++)
		if (!sweep_process(who, &mms.owners[i]))
			break;
	if (i < mms.count)
		who->whole = false;
	mm_list_free(&mms);
	return true;
}

/* ---------------------------------------------------------------------- shmem */

static bool take_shmem(void *data, const struct shmem_entry *entry)
{
	struct who *who = data;
	struct json_writer *json = &who->answer.json;
	unsigned int type;
	uint64_t first, index;

	swap_entry_split(entry->entry, &type, &first);
	if (type != who->at->device.type || who->at->slot < first ||
	    who->at->slot - first >= entry->slots)
		return go_on(who);
	who->shmem++;
	who->moving |= entry->locked;
	index = entry->index + (who->at->slot - first);
	if (!shown(who))
		return go_on(who);
	if (!who->answer.is_json) {
		answer_line(&who->answer, "shmem", "inode %" PRIu64 " (0x%" PRIx64 "), page %"
			    PRIu64 " of it: entry 0x%" PRIx64 " at 0x%" PRIx64 "%s", entry->number,
			    entry->inode, index, entry->raw, entry->place,
			    entry->locked ? "; its tree is locked: it may be in motion" : "");
		return go_on(who);
	}
	json_flat_object(json, NULL);
	json_string(json, "kind", "shmem");
	json_address(json, "inode", entry->inode);
	json_number(json, "inode_number", entry->number);
	json_number(json, "index", index);
	json_address(json, "raw", entry->raw);
	json_address(json, "place", entry->place);
	json_bool(json, "locked", entry->locked);
	json_close(json, '}');
	return go_on(who);
}

static void sweep_shmem(struct who *who)
{
	struct shmem_sweep shmem = {0};

	if (!shmem_for_each_swapped(who->answer.kernel, take_shmem, who, &shmem))
		who->whole = false;
	who->whole &= shmem.complete;
	who->moving |= shmem.moving;
	who->unreadable += shmem.unreadable;
}

/* -------------------------------------------------------------------- the sum */

struct map_count {
	bool known;
	uint64_t count;
	uint8_t map;
	const char *why;	/* a constant, if it is not known */
};

static void read_count(const struct who *who, struct map_count *count)
{
	const struct kernel *kernel = who->answer.kernel;
	uint8_t read = 0;

	*count = (struct map_count){.why = "its count is not readable"};
	swap_device_map(kernel, &who->at->device, who->at->slot, 1, &count->map, &read);
	if (read)
		count->known = swap_count_read(kernel, &who->at->device, who->at->slot,
					       count->map, &count->count,
					       &count->why) == SWAP_COUNT_KNOWN;
}

static const char *doubt(const struct who *who)
{
	if (!who->whole || who->unreadable)
		return "; not all page tables and shmem files could be read";
	if (who->moving)
		return "; locks are held: some may be in motion";
	return "";
}

static void say_sum(const struct who *who, const struct map_count *count)
{
	const char *counter = who->at->device.swap_map ? "swap_map" : "the swap table";
	uint64_t found = who->ptes + who->shmem;
	char number[TEXT_NUMBER_SIZE];
	struct phrase phrase;

	phrase_begin(&phrase, "%s page table entr%s", text_number(who->ptes, number),
		     who->ptes == 1 ? "y" : "ies");
	phrase_add(&phrase, " and ");
	words_count(&phrase, who->shmem, "place");
	phrase_add(&phrase, " in shmem files refer to it; ");
	if (count->known)
		phrase_add(&phrase, "%s (0x%02x) counts %s%s", counter, count->map,
			   text_number(count->count, number),
			   count->count == found ? ": they agree" : ": they DIFFER");
	else
		phrase_add(&phrase, "%s: %s", counter, count->why);
	answer_line(&who->answer, "owners", "%s%s", phrase.text,
		    count->known && count->count == found ? "" : doubt(who));
	phrase_begin(&phrase, "%s", "");
	words_count(&phrase, who->tables_read, "page table");
	phrase_add(&phrase, " of ");
	words_count(&phrase, who->processes, "address space");
	if (who->unreadable) {
		phrase_add(&phrase, "; not readable: ");
		words_count(&phrase, who->unreadable, "table or file");
	}
	answer_line(&who->answer, "looked at", "%s", phrase.text);
}

static void write_sum(struct who *who, const struct map_count *count)
{
	struct json_writer *json = &who->answer.json;

	json_close(json, ']');
	json_number(json, "ptes", who->ptes);
	json_number(json, "shmem", who->shmem);
	if (count->known)
		json_number(json, "swap_map_owners", count->count);
	else
		json_null(json, "swap_map_owners");
	json_number(json, "page_tables", who->tables_read);
	json_number(json, "address_spaces", who->processes);
	json_number(json, "unreadable", who->unreadable);
	json_bool(json, "complete", who->whole && !who->unreadable);
	json_bool(json, "in_motion", who->moving);
}

static bool resolve(struct who *who, struct error *err)
{
	const struct kernel *kernel = who->answer.kernel;

	kernel_direct_map(kernel, &who->direct_map);
	page_table_lock_resolve(kernel, &who->table_lock);
	return (task_layout_resolve(kernel, &who->tasks) &&
		address_map_layout_resolve(kernel, &who->map) &&
		page_table_layout_resolve(kernel, &who->tables)) ||
	       error_set(err, ERROR_MISSING, "this kernel's types or symbols do not tell how tasks "
			 "and page tables are kept");
}

bool who_answer(struct shell *shell, const struct found_slot *at, struct error *err)
{
	struct who who = {.at = at};
	struct map_count count;
	bool swept;

	answer_init(&who.answer, shell);
	if (!resolve(&who, err))
		return false;
	answer_begin(&who.answer, "who");
	if (who.answer.is_json) {
		json_number(&who.answer.json, "type", at->device.type);
		json_number(&who.answer.json, "slot", at->slot);
		json_array(&who.answer.json, "owners");
	}
	swept = sweep_processes(&who, err);
	if (swept && !shell_stopped(shell))
		sweep_shmem(&who);
	if (shell_stopped(shell))
		who.whole = false;
	read_count(&who, &count);
	if (who.answer.is_json)
		write_sum(&who, &count);
	else
		say_sum(&who, &count);
	answer_end(&who.answer);
	return swept;
}
