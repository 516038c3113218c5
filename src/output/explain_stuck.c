// SPDX-License-Identifier: GPL-2.0-or-later
/* Who is stuck, on which slot, by which evidence, and why; and who will be. */
#include <inttypes.h>

#include "base/text.h"
#include "output/explain_chain.h"
#include "output/explain_teller.h"

/* Of each kind of row on the screen; the rest is counted. */
#define LINKS_SHOWN	8
#define SPINNERS_SHOWN	4
#define STALLED_SHOWN	4
#define VICTIMS_SHOWN	3
#define WAITERS_SHOWN	3

static size_t at_most(size_t count, size_t limit)
{
	return count < limit ? count : limit;
}

/* ---------------------------------------------------------------------- spinner */

/* What a thread does, without its call chain. */
static void add_state(struct phrase *phrase, const struct story_thread *thread)
{
	if (thread->user) {
		phrase_add(phrase, ", in user mode");
		if (thread->user_pc)
			phrase_add(phrase, " at 0x%" PRIx64, thread->user_pc);
	} else if (thread->preempted) {
		phrase_add(phrase, ", preempted in the kernel");
	}
}

static void add_registers(struct phrase *phrase, const struct story_thread *thread)
{
	if (!thread->on_cpu)
		return;
	if (thread->origin == REGISTERS_MISSING)
		phrase_add(phrase, "; its registers are missing");
	else
		phrase_add(phrase, "; registers: %s", register_origin_text(thread->origin));
}

static void tell_chain(struct teller *teller, const struct story_thread *thread,
		       const char *function)
{
	unsigned int start = chain_start(thread, function);

	if (thread->frame_count) {
		phrase_begin(&teller->phrase, "%s", "");
		chain_short(&teller->phrase, thread, start);
		teller_row(teller);
	}
	if (start) {
		phrase_begin(&teller->phrase, "%s", "");
		chain_interrupt(&teller->phrase, thread, start);
		teller_row(teller);
	}
}

static void tell_who(struct teller *teller, const struct story_spinner *spinner)
{
	const struct story_thread *thread = words_thread_at(teller->story, spinner->thread);
	struct phrase *phrase = &teller->phrase;

	if (!thread)
		return;
	phrase_begin(phrase, "%s", "");
	words_thread(phrase, thread);
	if (thread->known && thread->task.tgid != thread->task.pid)
		phrase_add(phrase, ", a thread of pid %" PRId32, thread->task.tgid);
	add_state(phrase, thread);
	if (spinner->lookup)
		phrase_add(phrase, ", in %s()", spinner->lookup);
	if (spinner->lookup_for)
		phrase_add(phrase, " for %s()", spinner->lookup_for);
	if (spinner->holds_rcu)
		phrase_add(phrase, ", under rcu_read_lock()");
	if (spinner->held)
		phrase_add(phrase, ", with %s held", spinner->held);
	if (spinner->fault_address)
		phrase_add(phrase, ", after a page fault at 0x%" PRIx64, spinner->fault_address);
	add_registers(phrase, thread);
	teller_paragraph(teller, "who");
	tell_chain(teller, thread, spinner->lookup);
}

static unsigned int count_against(const struct story_spinner *spinner)
{
	unsigned int i, against = 0;

	for (i = 0; i < spinner->link_count && i < STORY_LINKS_MAX; i++)
		against += !spinner->links[i].agrees;
	return against;
}

/* What the value is: "rbx of xas_load() = 0x... (the page)". */
static void add_link(struct phrase *phrase, const struct story_link *link, bool tables)
{
	char name[NAME_SIZE];

	if (link->kind == LINK_LOCAL)
		phrase_add(phrase, "local variable ");
	phrase_add(phrase, "%s", link->what ? words_name(link->what, name) :
		   story_link_name(link->kind));
	if (link->kind == LINK_REGISTER_ADDRESS)
		phrase_add(phrase, " of user mode");
	if (link->kind == LINK_FAULT_COUNT) {
		phrase_add(phrase, " = %s, far more than the process has pages",
			   text_number(link->value, name));
		return;
	}
	phrase_add(phrase, " = 0x%" PRIx64, link->value);
	if (link->kind == LINK_REGISTER_PAGE)
		phrase_add(phrase, ", the page");
	else if (link->kind == LINK_REGISTER_NODE)
		phrase_add(phrase, tables ? ", in the swap table" : ", the tree node");
	else if (link->kind == LINK_ENTRY)
		phrase_add(phrase, ", the swap entry");
	else if (link->kind == LINK_FAULT_ADDRESS)
		phrase_add(phrase, ", user address");
	if (link->address)
		phrase_add(phrase, " at 0x%" PRIx64, link->address);
	if (link->function)
		phrase_add(phrase, " (%s)", words_name(link->function, name));
}

static bool has_fault(const struct story_spinner *spinner)
{
	unsigned int i;

	for (i = 0; i < spinner->link_count && i < STORY_LINKS_MAX; i++)
		if (spinner->links[i].kind == LINK_VM_FAULT && spinner->links[i].agrees)
			return true;
	return false;
}

/* @again: a row of that kind was there already; who counts rows must come to their number. */
static void tell_link(struct teller *teller, const struct story_spinner *spinner,
		      const struct story_link *link, bool again)
{
	struct phrase *phrase = &teller->phrase;

	phrase_begin(phrase, "%s ", link->agrees ? "+" : "-");
	add_link(phrase, link, teller->story->swap_tables);
	/* vm_fault has its PTE from there */
	if (again || (link->agrees && link->kind == LINK_PAGE_TABLE && has_fault(spinner)))
		phrase_add(phrase, " (counted %s)", again ? "above" : "with vm_fault");
	if (!link->agrees) {
		phrase_add(phrase, ": ");
		words_slot(phrase, link->type == spinner->type ? spinner->device : "",
			   link->type, link->slot);
	}
	teller_row(teller);
}

/* Those that disagree first: they must not be left out. Then the first of each kind. */
static void tell_links(struct teller *teller, const struct story_spinner *spinner)
{
	unsigned int i, count = (unsigned int)at_most(spinner->link_count, STORY_LINKS_MAX);
	size_t limit = teller_limit(count, LINKS_SHOWN), shown = 0;
	unsigned int kinds = 0;
	uint32_t told = 0;

	for (i = 0; i < count && shown < limit; i++)
		if (!spinner->links[i].agrees) {
			tell_link(teller, spinner, &spinner->links[i], false);
			shown++;
		}
	for (i = 0; i < count && shown < limit; i++) {
		const struct story_link *link = &spinner->links[i];

		if (!link->agrees || kinds & 1U << link->kind)
			continue;
		kinds |= 1U << link->kind;
		told |= UINT32_C(1) << i;
		tell_link(teller, spinner, link, false);
		shown++;
	}
	for (i = 0; i < count && shown + 1 == count; i++)
		if (spinner->links[i].agrees && !(told >> i & 1)) {
			tell_link(teller, spinner, &spinner->links[i], true);
			shown++;
		}
	teller_rest(teller, count - shown);
}

static void tell_page(struct teller *teller, const struct story_spinner *spinner)
{
	const struct kswapck_page *page = &spinner->page;
	struct phrase *phrase = &teller->phrase;

	phrase_begin(phrase, "0x%" PRIx64, spinner->entry);
	if (spinner->page_read) {
		phrase_add(phrase, " (pfn 0x%" PRIx64 ")", page->pfn);
		if (spinner->page_text[0])
			phrase_add(phrase, ", now %s", spinner->page_text);
		phrase_add(phrase, ": _refcount %" PRId32 ", ->private 0x%" PRIx64
			   ", flags 0x%" PRIx64, page->refcount, page->private, page->flags);
	} else {
		phrase_add(phrase, " could not be read");
	}
	if (spinner->problem)
		phrase_add(phrase, "; the audit says %s %s", spinner->problem->id,
			   spinner->problem->name);
	teller_paragraph(teller, "page");
}

static void tell_slot(struct teller *teller, const struct story_spinner *spinner)
{
	struct phrase *phrase = &teller->phrase;
	unsigned int against = count_against(spinner);
	char device[NAME_SIZE];

	if (!words_slot_known(spinner)) {
		phrase_begin(phrase, "not known: no evidence leads to one");
		teller_paragraph(teller, "slot");
		tell_links(teller, spinner);
		return;
	}
	phrase_begin(phrase, "%" PRIu64 " of %s (type %u), %s: ", spinner->slot,
		     spinner->device[0] ? words_name(spinner->device, device) : "swap",
		     spinner->type, spinner->certain ? "certain" : "likely");
	words_count(phrase, spinner->agreeing, "kind");
	phrase_add(phrase, " of evidence agree%s (+)", spinner->agreeing == 1 ? "s" : "");
	if (against)
		phrase_add(phrase, ", %u disagree%s (-)", against, against == 1 ? "s" : "");
	else
		phrase_add(phrase, ", none disagrees");
	teller_paragraph(teller, "slot");
	tell_links(teller, spinner);
	tell_page(teller, spinner);
}

static void tell_place(struct teller *teller, const struct story_loop_place *place)
{
	if (!place)
		return;
	phrase_begin(&teller->phrase, "%s %s(): %s", place->file, place->function,
		     place->statement);
	teller_row(teller);
}

/* A spinner after the first, in a row. */
static void tell_more(struct teller *teller, const struct story_spinner *spinner)
{
	const struct story_thread *thread = words_thread_at(teller->story, spinner->thread);
	struct phrase *phrase = &teller->phrase;

	phrase_begin(phrase, "%s", "");
	if (thread)
		words_thread(phrase, thread);
	phrase_add(phrase, ": %s, ", story_loop_name(spinner->loop));
	if (words_slot_known(spinner)) {
		words_slot(phrase, spinner->device, spinner->type, spinner->slot);
		phrase_add(phrase, " (%s)", spinner->certain ? "certain" : "likely");
	} else {
		phrase_add(phrase, "slot not known");
	}
	teller_row(teller);
}

void tell_spinners(struct teller *teller)
{
	const struct story *story = teller->story;
	const struct story_spinner *first = &story->spinners[0];
	size_t count = at_most(story->spinner_count, STORY_SPINNERS_MAX), shown, i;

	if (!count)
		return;
	tell_who(teller, first);
	tell_slot(teller, first);
	words_why(story, first, &teller->phrase);
	teller_paragraph(teller, "why");
	tell_place(teller, first->place);
	words_end(story, first, &teller->phrase);
	teller_paragraph(teller, "what ends");
	shown = story->spinners_lost ? at_most(count, SPINNERS_SHOWN) :
				       teller_limit(count, SPINNERS_SHOWN);
	if (count > 1) {
		phrase_begin(&teller->phrase, "caught as well:");
		teller_paragraph(teller, "others");
	}
	for (i = 1; i < shown; i++)
		tell_more(teller, &story->spinners[i]);
	teller_rest(teller, count - shown + story->spinners_lost);
}

/* ------------------------------------------------------- a stall of another kind */

void tell_stalled(struct teller *teller)
{
	const struct story *story = teller->story;
	size_t i, count = 0, limit, shown = 0;

	for (i = 0; i < story->thread_count; i++)
		count += words_is_stalled(story, i);
	limit = teller_limit(count, STALLED_SHOWN);
	for (i = 0; i < story->thread_count && shown < limit; i++) {
		const struct story_thread *thread = &story->threads[i];

		if (!words_is_stalled(story, i))
			continue;
		phrase_begin(&teller->phrase, "%s", "");
		words_thread(&teller->phrase, thread);
		add_state(&teller->phrase, thread);
		add_registers(&teller->phrase, thread);
		teller_paragraph(teller, shown++ ? "" : "who");
		tell_chain(teller, thread, NULL);
	}
	teller_rest(teller, count - shown);
	/* what was not looked at may well be there */
	if (count || story->interrupted)
		return;
	phrase_begin(&teller->phrase, "not known: no stack of a task that stalls was found");
	teller_paragraph(teller, "who");
}

/* ------------------------------------------------------------------- who is next */

/* Of an mm that no task has any more no pid is known. */
static void words_victim(struct phrase *phrase, const struct story_victim *victim)
{
	if (victim->pid)
		words_task(phrase, victim->pid, victim->comm);
	else
		phrase_add(phrase, "a process without tasks (mm 0x%" PRIx64 ")", victim->mm);
}

/* "2,044 pages to spin on, 3 to fault for ever on"; @counts: by effect. */
static void add_effects(struct phrase *phrase, const uint64_t *counts)
{
	static const char *const words[] = {
		[EFFECT_SPIN] = "to spin on",
		[EFFECT_REFAULT] = "to fault for ever on",
		[EFFECT_RMAP] = "whose folio belongs elsewhere",
		[EFFECT_LOST] = "without their data",
	};
	char number[TEXT_NUMBER_SIZE];
	bool any = false;
	size_t i;

	for (i = EFFECT_SPIN; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!counts[i])
			continue;
		if (any)
			phrase_add(phrase, ", %s", text_number(counts[i], number));
		else
			words_count(phrase, counts[i], "page");
		phrase_add(phrase, " %s", words[i]);
		any = true;
	}
}

/* All ranges of one process together; @first is the first of them. */
static void tell_victim(struct teller *teller, size_t first)
{
	const struct story_victims *victims = &teller->story->victims;
	const struct story_findings *findings = teller->story->findings;
	struct story_victim all = victims->victims[first];
	struct phrase *phrase = &teller->phrase;
	uint64_t counts[EFFECT_LOST + 1] = {0};
	size_t i;

	for (i = first; i < victims->count; i++) {
		const struct story_victim *victim = &victims->victims[i];

		if (victim->mm != all.mm || victim->pid != all.pid)
			continue;
		if (victim->address < all.address)
			all.address = victim->address;
		all.is_spinner |= victim->is_spinner;
		if (victim->range < findings->count)
			counts[findings->ranges[victim->range].effect] += victim->count;
	}
	phrase_begin(phrase, "%s", "");
	words_victim(phrase, &all);
	phrase_add(phrase, ": ");
	add_effects(phrase, counts);
	phrase_add(phrase, ", from 0x%" PRIx64, all.address);
	if (all.is_spinner)
		phrase_add(phrase, " (caught already)");
	teller_row(teller);
}

/* Is it the first range of its process? */
static bool is_first(const struct story_victims *victims, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (victims->victims[i].mm == victims->victims[index].mm &&
		    victims->victims[i].pid == victims->victims[index].pid)
			return false;
	return true;
}

static void tell_each_victim(struct teller *teller)
{
	const struct story_victims *victims = &teller->story->victims;
	size_t i, count = 0, limit, shown = 0;

	for (i = 0; i < victims->count; i++)
		count += is_first(victims, i);
	limit = teller_limit(count, VICTIMS_SHOWN);
	for (i = 0; i < victims->count && shown < limit; i++)
		if (is_first(victims, i)) {
			tell_victim(teller, i);
			shown++;
		}
	teller_rest(teller, count - shown);
}

/* No page that leads to a broken slot: because there is none, or because of what? */
static void tell_no_victim(struct teller *teller)
{
	const struct story_victims *victims = &teller->story->victims;
	struct phrase *phrase = &teller->phrase;
	char number[TEXT_NUMBER_SIZE];

	/* to have found nothing says nothing then */
	if (teller->story->interrupted || victims->interrupted)
		return;
	if (victims->tables_unreadable) {
		phrase_begin(phrase, "not known: ");
		words_count(phrase, victims->tables_unreadable, "page table");
		phrase_add(phrase, " could not be read");
	} else if (!victims->processes) {
		phrase_begin(phrase, "not known: no process was found to look at");
	} else {
		phrase_begin(phrase, "no page of %s process%s looked at leads to broken slots",
			     text_number(victims->processes, number),
			     victims->processes == 1 ? "" : "es");
	}
	teller_paragraph(teller, "next");
}

void tell_victims(struct teller *teller)
{
	const struct story_victims *victims = &teller->story->victims;
	const struct story_findings *findings = teller->story->findings;
	struct phrase *phrase = &teller->phrase;
	char number[TEXT_NUMBER_SIZE];

	if (!victims->swept) {
		phrase_begin(phrase, "not known: the page tables were not looked through");
		if (findings->spin_slots + findings->refault_slots)
			teller_paragraph(teller, "next");
		return;
	}
	if (!victims->pages) {
		tell_no_victim(teller);
		return;
	}
	phrase_begin(phrase, "%s", "");
	words_count(phrase, victims->pages, "page");
	phrase_add(phrase, " of %s process%s looked at lead%s to broken slots%s",
		   text_number(victims->processes, number), victims->processes == 1 ? "" : "es",
		   victims->pages == 1 ? "s" : "",
		   victims->interrupted ? "; interrupted" : "");
	if (victims->tables_unreadable) {
		phrase_add(phrase, "; ");
		words_count(phrase, victims->tables_unreadable, "page table");
		phrase_add(phrase, " could not be read");
	}
	teller_paragraph(teller, "next");
	tell_each_victim(teller);
}

static void tell_waiter(struct teller *teller, const struct story_waiter *waiter)
{
	const struct story *story = teller->story;
	const struct story_thread *thread = words_thread_at(story, waiter->thread);
	const struct story_thread *holder = words_thread_at(story, waiter->holder);
	const struct story_thread *ahead = NULL;
	struct phrase *phrase = &teller->phrase;

	if (waiter->spinner < story->spinner_count)
		ahead = words_thread_at(story, story->spinners[waiter->spinner].thread);
	phrase_begin(phrase, "%s", "");
	if (thread)
		words_thread(phrase, thread);
	phrase_add(phrase, ": %s", waiter->kind == WAIT_OTHER ? "uninterruptible" :
		   story_wait_name(waiter->kind));
	if (waiter->object)
		phrase_add(phrase, " 0x%" PRIx64, waiter->object);
	if (waiter->function)
		phrase_add(phrase, ", in %s()", waiter->function);
	if (holder) {
		phrase_add(phrase, ", held by ");
		words_pid(phrase, holder);
		phrase_add(phrase, " for writing");
	}
	if (ahead && ahead != holder) {
		phrase_add(phrase, ", behind ");
		words_pid(phrase, ahead);
	}
	teller_row(teller);
}

/* Is it the first that waits for this kind of thing? */
static bool is_first_of_kind(const struct story *story, size_t index)
{
	size_t i;

	for (i = 0; i < index; i++)
		if (story->waiters[i].kind == story->waiters[index].kind)
			return false;
	return true;
}

/* One of each kind at least, and of those that wait for what the story is about some more. */
static void tell_each_waiter(struct teller *teller, size_t kinds, size_t count)
{
	const struct story *story = teller->story;
	size_t limit = teller_limit(count, kinds > WAITERS_SHOWN ? kinds : WAITERS_SHOWN);
	size_t i, shown = 0, more = limit > kinds ? limit - kinds : 0;

	for (i = 0; i < story->waiter_count && shown < limit; i++) {
		bool first = is_first_of_kind(story, i);

		if (!first && (!more || story->waiters[i].kind == WAIT_OTHER))
			continue;
		more -= !first;
		tell_waiter(teller, &story->waiters[i]);
		shown++;
	}
	teller_rest(teller, count - shown);
}

void tell_waiters(struct teller *teller)
{
	static const char *const names[WAIT_KIND_COUNT] = {
		[WAIT_MMAP_LOCK] = "for the mmap_lock",
		[WAIT_VMA_LOCK] = "for the lock of a vma",
		[WAIT_PAGE_LOCK] = "for a page lock",
		[WAIT_RCU] = "for a grace period",
		[WAIT_OTHER] = "for something else, uninterruptible",
	};
	const struct story *story = teller->story;
	size_t counts[WAIT_KIND_COUNT] = {0}, i, kinds = 0, count = 0;
	unsigned int kind;

	for (i = 0; i < story->waiter_count; i++)
		counts[story->waiters[i].kind]++;
	phrase_begin(&teller->phrase, "%s", "");
	for (kind = 0; kind < WAIT_KIND_COUNT; kind++) {
		if (!counts[kind])
			continue;
		phrase_add(&teller->phrase, "%s", teller->phrase.length ? "; " : "");
		words_count(&teller->phrase, counts[kind], "task");
		phrase_add(&teller->phrase, " wait%s %s", counts[kind] == 1 ? "s" : "",
			   names[kind]);
		kinds++;
		count += kind == WAIT_OTHER ? 1 : counts[kind];
	}
	teller_paragraph(teller, "waiting");
	tell_each_waiter(teller, kinds, count);
}
