// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions of kswapck.h: what a check can ask of the audit. */
#include "audit/context.h"

#include <string.h>

#include "kernel/folio.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_count.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"

void kswapck_evidence(struct kswapck_finding *finding, const char *what,
		      uint64_t address, unsigned int size, uint64_t value)
{
	if (finding->evidence_count >= KSWAPCK_EVIDENCE_MAX)
		return;
	finding->evidence[finding->evidence_count++] = (struct kswapck_evidence){
		.what = what,
		.address = address,
		.size = size,
		.value = value,
	};
}

void kswapck_evidence_expected(struct kswapck_finding *finding, const char *what,
			       uint64_t address, unsigned int size,
			       uint64_t value, uint64_t expected)
{
	unsigned int index = finding->evidence_count;

	kswapck_evidence(finding, what, address, size, value);
	if (index == finding->evidence_count)
		return;
	finding->evidence[index].has_expected = true;
	finding->evidence[index].expected = expected;
}

void kswapck_evidence_page(struct kswapck_audit *audit, struct kswapck_finding *finding,
			   const struct kswapck_page *page, enum kswapck_page_field field)
{
	static const char *const names[KSWAPCK_FIELD_COUNT] = {
		[KSWAPCK_FIELD_FLAGS] = "page.flags",
		[KSWAPCK_FIELD_COMPOUND_HEAD] = "page.compound_head",
		[KSWAPCK_FIELD_MAPPING] = "page.mapping",
		[KSWAPCK_FIELD_PRIVATE] = "page.private",
		[KSWAPCK_FIELD_PAGE_TYPE] = "page.page_type",
		[KSWAPCK_FIELD_REFCOUNT] = "page._refcount",
		[KSWAPCK_FIELD_INDEX] = "page.index",
	};
	const struct field *where = &audit->kernel->page.fields[field];
	const char *name = names[field];
	uint64_t value = 0;

	switch (field) {
	case KSWAPCK_FIELD_FLAGS:
		value = page->flags;
		break;
	case KSWAPCK_FIELD_COMPOUND_HEAD:
		value = page->compound;
		if (audit->kernel->page.compound_info)
			name = "page.compound_info";
		break;
	case KSWAPCK_FIELD_MAPPING:
		value = page->mapping;
		break;
	case KSWAPCK_FIELD_PRIVATE:
		value = swap_entry_give(audit->kernel->swap.old_entries, page->private);
		break;
	case KSWAPCK_FIELD_PAGE_TYPE:
		value = page->page_type;
		if (audit->kernel->page.type_rule == PAGE_TYPE_MAPCOUNT)
			name = "page._mapcount";
		break;
	case KSWAPCK_FIELD_REFCOUNT:
		value = (uint32_t)page->refcount;
		break;
	case KSWAPCK_FIELD_INDEX:
		value = page->index;
		break;
	case KSWAPCK_FIELD_COUNT:
		return;
	}
	if (where->size)
		kswapck_evidence(finding, name, page->address + where->offset, where->size,
				 value);
}

void kswapck_evidence_page_expected(struct kswapck_audit *audit,
				    struct kswapck_finding *finding,
				    const struct kswapck_page *page,
				    enum kswapck_page_field field, uint64_t expected)
{
	unsigned int index = finding->evidence_count;

	kswapck_evidence_page(audit, finding, page, field);
	if (index == finding->evidence_count)
		return;
	if (field == KSWAPCK_FIELD_PRIVATE)
		expected = swap_entry_give(audit->kernel->swap.old_entries, expected);
	finding->evidence[index].has_expected = true;
	finding->evidence[index].expected = expected;
}

/* In swap tables one word is both the entry and the count. */
static bool has_evidence(const struct kswapck_finding *finding, uint64_t address)
{
	unsigned int i;

	for (i = 0; i < finding->evidence_count; i++)
		if (finding->evidence[i].address == address)
			return true;
	return false;
}

void kswapck_evidence_slot(struct kswapck_finding *finding, const char *what,
			   const struct kswapck_space *space, uint64_t slot)
{
	uint64_t i = slot - space->first_slot;
	uint64_t place = i < space->slots ? space->places[i / 16] : 0;

	if (place && !has_evidence(finding, place + 8 * (i % 16)))
		kswapck_evidence(finding, what, place + 8 * (i % 16), 8, space->words[i]);
}

void kswapck_evidence_map(struct kswapck_audit *audit, struct kswapck_finding *finding,
			  const struct kswapck_device *device, uint64_t slot, uint8_t map)
{
	const struct kernel *kernel = audit->kernel;
	uint64_t address, word;

	if (device->swap_map)
		kswapck_evidence(finding, "swap_map[slot]", device->swap_map + slot, 1, map);
	else if (kernel->swap_cache->count_place &&
		 kernel->swap_cache->count_place(kernel, device, slot, &address) &&
		 !has_evidence(finding, address) &&
		 memory_read_u64(kernel->memory, address, &word) == READ_OK)
		kswapck_evidence(finding, "swap table[slot]", address, 8, word);
}

void kswapck_owner(struct kswapck_finding *finding, const struct kswapck_reference *reference)
{
	bool pte = reference->kind == KSWAPCK_REFERENCE_PTE;

	finding->mm = reference->mm;
	finding->address = reference->address;
	finding->pid = reference->pid;
	memcpy(finding->comm, reference->comm, sizeof(finding->comm));
	if (reference->place)
		kswapck_evidence(finding, pte ? "page table entry" : "shmem tree entry",
				 reference->place, 8, reference->raw);
}

/* -------------------------------------------------------- joining of findings */

static void emit(struct kswapck_audit *audit, const struct kswapck_finding *finding)
{
	audit->summary->errors += finding->severity == KSWAPCK_ERROR;
	audit->summary->warnings += finding->severity == KSWAPCK_WARNING;
	audit->sink->finding(audit->sink->data, finding);
}

void audit_flush(struct kswapck_audit *audit)
{
	size_t i;

	for (i = 0; i < audit->pending_count; i++)
		emit(audit, &audit->pending[i]);
	audit->pending_count = 0;
}

/* Slots of the same page, wherever they are in the space. */
static bool same_page(const struct kswapck_finding *old, const struct kswapck_finding *new)
{
	return new->page && old->page == new->page && !old->page_per_slot;
}

/* The next slot, and the page after the last one: a large folio that was split. */
static bool next_page(const struct kswapck_audit *audit, const struct kswapck_finding *old,
		      const struct kswapck_finding *new)
{
	return new->page && new->count == 1 && (old->page_per_slot || old->count == 1) &&
	       new->first_slot == old->last_slot + 1 &&
	       new->page == old->page + old->count * audit->kernel->page.size;
}

/* The next slot, and the next page of the same process. */
static bool next_address(const struct kswapck_audit *audit, const struct kswapck_finding *old,
			 const struct kswapck_finding *new)
{
	if (!new->mm || new->count != 1 || new->first_slot != old->last_slot + 1)
		return false;
	return new->address == old->address +
			       old->count * source_facts(audit->kernel->source)->page_size;
}

/* Neighbouring slots without pages. */
static bool next_slot(const struct kswapck_finding *old, const struct kswapck_finding *new)
{
	return !new->page && !old->page && new->count && old->count &&
	       new->first_slot == old->last_slot + 1 && old->entry == new->entry &&
	       !strcmp(old->detail, new->detail);
}

static bool join(const struct kswapck_audit *audit, struct kswapck_finding *old,
		 const struct kswapck_finding *new)
{
	bool pages;

	if (old->problem != new->problem || old->device != new->device || old->mm != new->mm)
		return false;
	pages = next_page(audit, old, new) || next_address(audit, old, new);
	if (!pages && !same_page(old, new) && !next_slot(old, new))
		return false;
	old->page_per_slot |= pages;
	old->count += new->count;
	if (new->first_slot < old->first_slot)
		old->first_slot = new->first_slot;
	if (new->last_slot > old->last_slot)
		old->last_slot = new->last_slot;
	return true;
}

/* What a plugin has filled in by hand: no count, text or size that leads out of it. */
static struct kswapck_finding make_sound(const struct kswapck_finding *finding)
{
	struct kswapck_finding sound = *finding;
	unsigned int i;

	if (sound.evidence_count > KSWAPCK_EVIDENCE_MAX)
		sound.evidence_count = KSWAPCK_EVIDENCE_MAX;
	sound.detail[sizeof(sound.detail) - 1] = 0;
	sound.comm[sizeof(sound.comm) - 1] = 0;
	if (sound.last_slot < sound.first_slot)
		sound.last_slot = sound.first_slot;
	for (i = 0; i < sound.evidence_count; i++) {
		if (!sound.evidence[i].what)
			sound.evidence[i].what = "";
		if (sound.evidence[i].size > sizeof(uint64_t))
			sound.evidence[i].size = sizeof(uint64_t);
	}
	return sound;
}

void kswapck_report(struct kswapck_audit *audit, const struct kswapck_finding *finding)
{
	const struct kswapck_finding sound = make_sound(finding);
	size_t number = catalogue_index(audit->catalogue, sound.problem), i;

	finding = &sound;
	/*
	 * A plugin's finding of a problem that it has not declared has no grade. What the
	 * user alone has silenced is handed on, as the story must be true all the same.
	 */
	if (number == audit->catalogue->problem_count ||
	    (audit->catalogue->severities[number] == KSWAPCK_IGNORE &&
	     !catalogue_silenced(audit->catalogue, number)))
		return;
	for (i = audit->pending_count; i > 0; i--)
		if (join(audit, &audit->pending[i - 1], finding))
			return;
	if (audit->pending_count == PENDING_MAX) {
		emit(audit, &audit->pending[0]);
		memmove(audit->pending, audit->pending + 1,
			(PENDING_MAX - 1) * sizeof(audit->pending[0]));
		audit->pending_count--;
	}
	audit->pending[audit->pending_count] = *finding;
	audit->pending[audit->pending_count++].severity = audit->catalogue->severities[number];
}

/* ------------------------------------------------------------------- reading */

bool kswapck_read(struct kswapck_audit *audit, uint64_t address, void *buffer, size_t length)
{
	return memory_read(audit->kernel->memory, address, buffer, length) == READ_OK;
}

bool kswapck_symbol(struct kswapck_audit *audit, const char *name, uint64_t *address)
{
	return image_symbol(audit->kernel->image, name, address);
}

bool kswapck_member(struct kswapck_audit *audit, const char *type, const char *path,
		    uint32_t *offset, uint32_t *size)
{
	struct field field;

	if (!kernel_field(audit->kernel, type, path, &field))
		return false;
	*offset = field.offset;
	*size = field.size;
	return true;
}

uint64_t kswapck_page_size(const struct kswapck_audit *audit)
{
	return kernel_page_size(audit->kernel);
}

bool kswapck_is_page(const struct kswapck_audit *audit, uint64_t address)
{
	return page_is_address(audit->kernel, address);
}

bool kswapck_page_read(struct kswapck_audit *audit, uint64_t address, struct kswapck_page *page)
{
	return page_read(audit->kernel, address, page) == READ_OK;
}

bool kswapck_page_at(struct kswapck_audit *audit, const struct kswapck_page *page,
		     uint64_t count, struct kswapck_page *result)
{
	return kswapck_page_read(audit, page->address + count * audit->kernel->page.size, result);
}

void kswapck_page_describe(const struct kswapck_page *page, char *text, size_t size)
{
	page_describe(page, text, size);
}

bool kswapck_buddy_block(struct kswapck_audit *audit, const struct kswapck_page *page,
			 struct kswapck_page *block)
{
	return page_buddy_block(audit->kernel, page, block);
}

bool kswapck_folio_read(struct kswapck_audit *audit, const struct kswapck_page *page,
			struct kswapck_folio *folio)
{
	return !(page->marks & KSWAPCK_PAGE_TAIL) &&
	       folio_read(audit->kernel, page, folio) == READ_OK;
}

enum kswapck_entry_kind kswapck_cached(struct kswapck_audit *audit,
				       const struct kswapck_device *device, uint64_t slot,
				       struct kswapck_page *page)
{
	enum kswapck_entry_kind kind;
	uint64_t entry;

	if (slot >= device->slots)
		return KSWAPCK_ENTRY_NONE;
	kind = entry_cache_look(audit->entries, audit->kernel, device, slot, &entry);
	if (kind == KSWAPCK_ENTRY_PAGE && page_read(audit->kernel, entry, page) != READ_OK)
		return KSWAPCK_ENTRY_UNREADABLE;
	return kind;
}

bool kswapck_slot_map(struct kswapck_audit *audit, const struct kswapck_device *device,
		      uint64_t slot, uint8_t *map)
{
	uint8_t read = 0;

	if (slot < device->slots)
		swap_device_map(audit->kernel, device, slot, 1, map, &read);
	return read;
}

bool kswapck_swap_count(struct kswapck_audit *audit, const struct kswapck_device *device,
			uint64_t slot, uint8_t map, uint64_t *count, const char **why)
{
	return swap_count_read(audit->kernel, device, slot, map, count, why) == SWAP_COUNT_KNOWN;
}

bool kswapck_count_damaged(struct kswapck_audit *audit, const struct kswapck_device *device,
			   uint64_t slot, uint8_t map, const char **why)
{
	uint64_t count;

	return swap_count_read(audit->kernel, device, slot, map, &count, why) ==
	       SWAP_COUNT_DAMAGED;
}

bool kswapck_vma_find(struct kswapck_audit *audit, const struct kswapck_reference *reference,
		      struct kswapck_vma *vma)
{
	struct kswapck_vma *last = &audit->last_vma;

	*vma = (struct kswapck_vma){0};
	if (!audit->map_known || reference->kind != KSWAPCK_REFERENCE_PTE)
		return false;
	if ((last->mm != reference->mm || reference->address < last->start ||
	     reference->address >= last->end) &&
	    !vma_find(audit->kernel, &audit->map, reference->mm, reference->address, last)) {
		*vma = *last;
		*last = (struct kswapck_vma){0};
		return false;
	}
	*vma = *last;
	return true;
}

uint64_t kswapck_swap_entry(unsigned int type, uint64_t slot)
{
	return swap_entry(type, slot);
}

void kswapck_swap_entry_split(uint64_t entry, unsigned int *type, uint64_t *slot)
{
	swap_entry_split(entry, type, slot);
}

enum kswapck_tail_private kswapck_tail_private(const struct kswapck_audit *audit)
{
	return audit->kernel->page.tail_private_zero ? KSWAPCK_TAIL_PRIVATE_ZERO :
						       KSWAPCK_TAIL_PRIVATE_ENTRY;
}

bool kswapck_tail_private_used(const struct kswapck_audit *audit, uint64_t i)
{
	return i < 32 && audit->kernel->page.tail_private_used & 1U << i;
}

bool kswapck_slot_parked(const struct kswapck_audit *audit, unsigned int type, uint64_t slot)
{
	return swap_slots_have(&audit->parked, swap_entry(type, slot));
}

bool kswapck_parked_known(const struct kswapck_audit *audit)
{
	return audit->parked.complete;
}

bool kswapck_slot_locked(struct kswapck_audit *audit, const struct kswapck_device *device,
			 uint64_t slot)
{
	return swap_device_slot_locked(audit->kernel, device, slot);
}

/*
 * An entry of a device that is gone by now may be on a stack too: of these no more is
 * known than that they are entries.
 */
#define GONE_SLOTS (1ULL << 24)

static void read_stacks(const struct kswapck_audit *audit)
{
	struct stack_look *look = audit->stacks;
	unsigned int type;

	look->done = true;
	for (type = 0; type < audit->kernel->swap.nr_swapfiles; type++)
		if (!look->slot_limits[type])
			look->slot_limits[type] = GONE_SLOTS;
	if (!stack_entries_read(audit->kernel, look->slot_limits,
				audit->kernel->swap.nr_swapfiles, &look->entries, NULL))
		look->entries.complete = false;
}

static const struct stack_entries *stacks_of(const struct kswapck_audit *audit)
{
	struct stack_look *look = audit->stacks;

	pthread_mutex_lock(&look->lock);
	if (!look->done)
		read_stacks(audit);
	pthread_mutex_unlock(&look->lock);
	return &look->entries;
}

enum kswapck_stacks kswapck_in_hand(struct kswapck_audit *audit, unsigned int type,
				    uint64_t slot)
{
	return kswapck_range_in_hand(audit, type, slot, 1);
}

enum kswapck_stacks kswapck_range_in_hand(struct kswapck_audit *audit, unsigned int type,
					  uint64_t slot, uint64_t count)
{
	const struct stack_entries *stacks = stacks_of(audit);

	if (stack_entries_have(stacks, swap_entry(type, slot), count) ||
	    stack_entries_have(stacks, slot, count))
		return KSWAPCK_STACKS_YES;
	return stacks->complete ? KSWAPCK_STACKS_NO : KSWAPCK_STACKS_UNKNOWN;
}

enum kswapck_stacks kswapck_tables_moving(struct kswapck_audit *audit)
{
	const struct stack_entries *stacks = stacks_of(audit);

	if (stacks->tables_moving)
		return KSWAPCK_STACKS_YES;
	return stacks->complete ? KSWAPCK_STACKS_NO : KSWAPCK_STACKS_UNKNOWN;
}

void kswapck_unverified(struct kswapck_audit *audit, const char *why, uint64_t slots)
{
	struct audit_summary *summary = audit->summary;
	size_t i;

	for (i = 0; i < summary->reason_count; i++)
		if (!strcmp(summary->reasons[i].why, why))
			break;
	if (i == AUDIT_REASONS_MAX)
		i--;
	if (i == summary->reason_count)
		summary->reasons[summary->reason_count++].why = why;
	summary->reasons[i].slots += slots;
}

void kswapck_in_motion(struct kswapck_audit *audit, uint64_t slots)
{
	audit->summary->in_motion += slots;
}
