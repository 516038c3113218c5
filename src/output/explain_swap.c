// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Swapoffs in progress, swap devices that are gone, and folios that belong elsewhere:
 * what is told of them beside who is stuck.
 */
#include <inttypes.h>

#include "base/text.h"
#include "output/explain_teller.h"

#define SWAPOFFS_SHOWN	3
#define USERS_SHOWN	3

static void add_device(struct phrase *phrase, const char *device, unsigned int type)
{
	char name[NAME_SIZE];

	if (device[0])
		phrase_add(phrase, "%s", words_name(device, name));
	else
		phrase_add(phrase, "swap device %u", type);
}

/* --------------------------------------------------------------------- swapoff */

static void add_problem(struct phrase *phrase, const struct kswapck_problem *problem)
{
	if (problem)
		phrase_add(phrase, " (%s %s)", problem->id, problem->name);
}

static void add_lock(struct phrase *phrase, const struct story *story,
		     const struct story_swapoff *swapoff)
{
	const struct story_thread *holder = words_thread_at(story, swapoff->holder);

	phrase_add(phrase, " It waits for the mmap_lock of ");
	if (swapoff->mm_pid)
		words_task(phrase, swapoff->mm_pid, swapoff->mm_comm);
	else
		phrase_add(phrase, "a process");
	if (swapoff->object)
		phrase_add(phrase, " at 0x%" PRIx64, swapoff->object);
	if (holder) {
		phrase_add(phrase, ", which ");
		words_thread_name(phrase, holder);
		phrase_add(phrase, " has for writing");
	}
	phrase_add(phrase, ".");
}

static void add_page(struct phrase *phrase, const struct story_swapoff *swapoff)
{
	if (swapoff->object)
		phrase_add(phrase, " It waits for the page of slot %" PRIu64 " (0x%" PRIx64
			   "), which is locked or being written.", swapoff->page_slot,
			   swapoff->object);
	else
		phrase_add(phrase, " It waits for a page that is locked or being written.");
}

/* What it does now. */
static void add_step(struct phrase *phrase, const struct story *story,
		     const struct story_swapoff *swapoff)
{
	switch (swapoff->step) {
	case SWAPOFF_RUNS:
		phrase_add(phrase, " It is at work.");
		break;
	case SWAPOFF_SPINS:
		phrase_add(phrase, " It spins in a lookup.");
		break;
	case SWAPOFF_READS:
		phrase_add(phrase, " It waits for a page to be read in.");
		break;
	case SWAPOFF_PAGE:
		add_page(phrase, swapoff);
		break;
	case SWAPOFF_MMAP_LOCK:
		add_lock(phrase, story, swapoff);
		break;
	case SWAPOFF_RCU:
		phrase_add(phrase, " It waits for a grace period of RCU.");
		break;
	case SWAPOFF_USERS:
		phrase_add(phrase, " It waits for those who still use the device%s.",
			   swapoff->users_dead ? " (percpu_ref users was killed)" : "");
		break;
	default:
		phrase_add(phrase, " It waits for something else.");
	}
}

static void add_obstacles(struct phrase *phrase, const struct story_swapoff *swapoff)
{
	if (swapoff->broken) {
		phrase_add(phrase, " It cannot end: ");
		words_count(phrase, swapoff->broken, "slot");
		phrase_add(phrase, " can never be freed");
		add_problem(phrase, swapoff->problem);
		/* try_to_unuse() looks for signals each time round */
		phrase_add(phrase, ".%s", swapoff->step == SWAPOFF_SPINS ? "" :
			   " Unless it gets caught in a lookup, a signal makes it give up; the "
			   "device then stays on.");
	} else if (swapoff->endless && swapoff->step != SWAPOFF_SPINS) {
		phrase_add(phrase, " It cannot end before the spinner does.");
	} else if (swapoff->doubtful) {
		phrase_add(phrase, " It may never end: ");
		words_count(phrase, swapoff->doubtful, "slot");
		phrase_add(phrase, " may not become free");
		add_problem(phrase, swapoff->problem);
		phrase_add(phrase, ".");
	}
}

void words_swapoff(const struct story *story, const struct story_swapoff *swapoff,
		   struct phrase *phrase)
{
	const struct story_thread *thread = words_thread_at(story, swapoff->thread);

	phrase_begin(phrase, "%s", "");
	if (thread)
		words_thread(phrase, thread);
	if (!swapoff->device_known) {
		phrase_add(phrase, " turns a swap device off; which one is not known.");
		add_step(phrase, story, swapoff);
		return;
	}
	phrase_add(phrase, " turns ");
	add_device(phrase, swapoff->device, swapoff->type);
	phrase_add(phrase, " off%s: ", swapoff->on_stack ? "" : " (no other is being turned off)");
	words_count(phrase, swapoff->left, "slot");
	phrase_add(phrase, " %s left.", swapoff->left == 1 ? "is" : "are");
	add_step(phrase, story, swapoff);
	add_obstacles(phrase, swapoff);
}

/* Whose the slots are that are left. */
static void tell_left(struct teller *teller, const struct story_swapoff *swapoff)
{
	struct phrase *phrase = &teller->phrase;
	char number[TEXT_NUMBER_SIZE];

	if (!swapoff->owned && !swapoff->cached && !swapoff->empty)
		return;
	phrase_begin(phrase, "in use: ");
	words_count(phrase, swapoff->owned, "slot");
	phrase_add(phrase, " with owners, ");
	phrase_add(phrase, "%s that only the swap cache has, ",
		   text_number(swapoff->cached, number));
	phrase_add(phrase, "%s that nobody has%s", text_number(swapoff->empty, number),
		   swapoff->counted ? "" : "; not all could be read");
	teller_row(teller);
}

void tell_swapoffs(struct teller *teller)
{
	const struct story *story = teller->story;
	size_t shown = teller_limit(story->swapoff_count, SWAPOFFS_SHOWN), i;

	for (i = 0; i < story->swapoff_count && i < shown; i++) {
		words_swapoff(story, &story->swapoffs[i], &teller->phrase);
		teller_paragraph(teller, i ? "" : "swapoff");
		tell_left(teller, &story->swapoffs[i]);
	}
	teller_rest(teller, story->swapoff_count - i + story->swapoffs_lost);
}

const struct story_swapoff *words_swapoff_of(const struct story *story, size_t thread)
{
	size_t i;

	for (i = 0; i < story->swapoff_count; i++)
		if (story->swapoffs[i].thread == thread)
			return &story->swapoffs[i];
	return NULL;
}

void words_in_swapoff(const struct story *story, size_t thread, struct phrase *phrase)
{
	const struct story_swapoff *swapoff = words_swapoff_of(story, thread);

	if (!swapoff)
		return;
	phrase_add(phrase, ", in swapoff");
	if (!swapoff->device_known)
		return;
	phrase_add(phrase, " of ");
	add_device(phrase, swapoff->device, swapoff->type);
}

void words_endless_swapoff(const struct story *story, struct phrase *phrase)
{
	size_t i;

	for (i = 0; i < story->swapoff_count; i++) {
		const struct story_swapoff *swapoff = &story->swapoffs[i];

		if (!swapoff->endless || swapoff->step == SWAPOFF_SPINS)
			continue;
		phrase_add(phrase, " The swapoff of ");
		if (swapoff->device_known)
			add_device(phrase, swapoff->device, swapoff->type);
		else
			phrase_add(phrase, "a device");
		phrase_add(phrase, " in progress cannot end.");
		return;
	}
}

/* ------------------------------------------------------- devices that are not there */

static void tell_gone_user(struct teller *teller, const struct story_gone_user *user)
{
	const struct story_thread *thread = words_thread_at(teller->story, user->thread);
	struct phrase *phrase = &teller->phrase;
	char name[NAME_SIZE];

	phrase_begin(phrase, "%s", "");
	if (thread)
		words_thread(phrase, thread);
	phrase_add(phrase, " uses slot %" PRIu64 " of swap device %u, which is off: it faults at "
		   "0x%" PRIx64 ", where its page table still has the entry 0x%" PRIx64,
		   user->slot, user->type, user->address, user->pte);
	if (user->function)
		phrase_add(phrase, " (as has %s())", words_name(user->function, name));
	teller_row(teller);
}

void words_gone(const struct story_gone *gone, struct phrase *phrase)
{
	phrase_begin(phrase, "%s", "");
	if (gone->entries) {
		words_count(phrase, gone->entries, "place");
		phrase_add(phrase, " still name%s swap devices that are off. Their data is lost: "
			   "to touch one ends in SIGBUS, or in an oops where the kernel follows "
			   "what is left of the device.", gone->entries == 1 ? "s" : "");
	} else if (gone->user_count) {
		phrase_add(phrase, "a swap device that is off is still in use.");
	}
}

void tell_gone(struct teller *teller)
{
	const struct story_gone *gone = &teller->story->gone;
	size_t shown = teller_limit(gone->user_count, USERS_SHOWN), i;

	words_gone(gone, &teller->phrase);
	teller_paragraph(teller, "gone");
	for (i = 0; i < gone->user_count && i < shown; i++)
		tell_gone_user(teller, &gone->users[i]);
	teller_rest(teller, gone->user_count - i + gone->users_lost);
}

/* ------------------------------------------------- folios that belong elsewhere, BUG */

void words_moved(const struct story_moved *moved, struct phrase *phrase)
{
	char number[TEXT_NUMBER_SIZE];

	phrase_begin(phrase, "%s", "");
	if (!moved->pages)
		return;
	phrase_add(phrase, "do_swap_page() takes the folio that it finds in the slot, and maps it "
		   "where neither its index nor its anon_vma leads. ");
	if (moved->copied == moved->pages)
		phrase_add(phrase, "Before that, this kernel copies a small page that belongs "
			   "elsewhere (CONFIG_KSM, ksm_might_need_to_copy()), so that no harm "
			   "comes.");
	else if (moved->checked)
		phrase_add(phrase, "This kernel checks that (CONFIG_DEBUG_VM, by its symbols): "
			   "BUG in __page_check_anon_rmap().");
	else
		phrase_add(phrase, "By its symbols this kernel does not check that "
			   "(CONFIG_DEBUG_VM): reclaim and migration will not find that mapping, "
			   "and the page stays where it is for as long as the process has it.");
	if (moved->copied && moved->copied < moved->pages)
		phrase_add(phrase, " %s small pages of these are copied instead (CONFIG_KSM).",
			   text_number(moved->copied, number));
}

void words_moved_end(const struct story_moved *moved, struct phrase *phrase)
{
	phrase_begin(phrase, "%s", "");
	if (moved->pages > moved->copied)
		phrase_add(phrase, "As soon as reclaim has taken the folios out of the swap cache, "
			   "or the process unmaps them (exit, munmap, MADV_DONTNEED), all is well. "
			   "swapoff maps them too.");
}

void tell_moved(struct teller *teller)
{
	const struct story *story = teller->story;

	words_moved(&story->moved, &teller->phrase);
	teller_paragraph(teller, story->spinner_count ? "also" : "why");
	words_moved_end(&story->moved, &teller->phrase);
	teller_paragraph(teller, story->spinner_count ? "" : "what ends");
}

static const struct story_event *event_of(const struct story *story)
{
	return story->crash.event < story->log.event_count ?
	       &story->log.events[story->crash.event] : NULL;
}

/* "pid 41 (init)", as far as it is known. */
static void add_dead(struct phrase *phrase, const struct story *story)
{
	const struct story_thread *thread = words_thread_at(story, story->crash.thread);

	if (thread)
		words_thread(phrase, thread);
	else if (story->crash.pid)
		phrase_add(phrase, "pid %" PRId32, story->crash.pid);
	else
		phrase_add(phrase, "a task");
}

void words_crash(const struct story *story, struct phrase *phrase)
{
	const struct story_crash *crash = &story->crash;
	const struct story_event *event = event_of(story);
	char name[NAME_SIZE];

	add_dead(phrase, story);
	phrase_add(phrase, " hit a BUG");
	if (event && event->function[0])
		phrase_add(phrase, " in %s()", words_name(event->function, name));
	if (crash->address)
		phrase_add(phrase, " when it touched 0x%" PRIx64, crash->address);
	phrase_add(phrase, ": ");
	if (crash->proved) {
		phrase_add(phrase, "the cached folio of ");
		words_slot(phrase, crash->device, crash->type, crash->slot);
		phrase_add(phrase, " belongs elsewhere.");
	} else {
		phrase_add(phrase, "cached folios of that memory belong elsewhere.");
	}
}

void tell_crash(struct teller *teller)
{
	const struct story_crash *crash = &teller->story->crash;
	const struct story_event *event = event_of(teller->story);
	struct phrase *phrase = &teller->phrase;
	char text[sizeof(event->reason)];

	if (!crash->happened || !event)
		return;
	phrase_begin(phrase, "%s", "");
	words_crash(teller->story, phrase);
	teller_paragraph(teller, "who");
	if (crash->proved) {
		phrase_begin(phrase, "folio 0x%" PRIx64 ": index 0x%" PRIx64 ", anon_vma root 0x%"
			     PRIx64, crash->page, crash->folio_index, crash->folio_root);
		teller_row(teller);
		phrase_begin(phrase, "the place: index 0x%" PRIx64 ", anon_vma root 0x%" PRIx64,
			     crash->place_index, crash->place_root);
		teller_row(teller);
	}
	if (!event->reason[0])
		return;
	phrase_begin(phrase, "the kernel: %s", text_visible(event->reason, text, sizeof(text)));
	teller_row(teller);
}
