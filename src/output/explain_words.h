/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sentences of a story; text and JSON say the same ones. */
#ifndef KSWAPCK_EXPLAIN_WORDS_H
#define KSWAPCK_EXPLAIN_WORDS_H

#include "output/explain.h"

/* Of a name in a line: with an offset and an indent it still fits 100 columns. */
#define NAME_SIZE 52

/* Words being put together; what is too long is cut. */
struct phrase {
	char text[2048];
	size_t length;
};

/** phrase_add - more words at the end. */
void phrase_add(struct phrase *phrase, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** phrase_begin - empty it, then the first words. */
void phrase_begin(struct phrase *phrase, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * words_name - a name from the dump as it may be shown: visible, and not longer
 * than a line can hold. Returns @text.
 */
const char *words_name(const char *name, char text[NAME_SIZE]);

/** words_task - add "pid 37 (lab)". */
void words_task(struct phrase *phrase, int32_t pid, const char *comm);
/** words_thread_name - add "pid 37 (lab)", or which task it is that is not in the dump. */
void words_thread_name(struct phrase *phrase, const struct story_thread *thread);
/** words_pid - add "pid 37", short; "task 0x..." where the pid is not known. */
void words_pid(struct phrase *phrase, const struct story_thread *thread);
/** words_thread - the same as words_thread_name(), and " on CPU 1". */
void words_thread(struct phrase *phrase, const struct story_thread *thread);
/** words_slot - add "slot 16389 of vda". */
void words_slot(struct phrase *phrase, const char *device, unsigned int type, uint64_t slot);
/** words_count - add "2,044 slots", "1 slot". */
void words_count(struct phrase *phrase, uint64_t count, const char *what);

/** words_thread_at - the thread with this index; NULL if there is none. */
const struct story_thread *words_thread_at(const struct story *story, size_t index);
/** words_slot_known - did any evidence lead to the slot that the spinner is at? */
bool words_slot_known(const struct story_spinner *spinner);
/** words_is_spinner - index of the spinner that is this thread; SIZE_MAX: none. */
size_t words_is_spinner(const struct story *story, size_t thread);

/** words_chain_seen - is the call chain whole, as far as there is one in user mode? */
bool words_chain_seen(const struct story_thread *thread);
/** words_chains_seen - CPUs of which it is. */
unsigned int words_chains_seen(const struct story *story);
/** words_log_read - was there a record of the log to read? */
bool words_log_read(const struct story_log *log);
/** words_log_whole - and none that could not be read? */
bool words_log_whole(const struct story_log *log);

/** words_is_stalled - does RCU wait for that thread, or does the log name it in a stall? */
bool words_is_stalled(const struct story *story, size_t index);

/** words_verdict - the whole story in one or two sentences. */
void words_verdict(const struct explanation *explanation, struct phrase *phrase);
/** words_why - why the loop cannot end; empty if there is no loop. */
void words_why(const struct story *story, const struct story_spinner *spinner,
	       struct phrase *phrase);
/** words_end - what would end it, and what would not. */
void words_end(const struct story *story, const struct story_spinner *spinner,
	       struct phrase *phrase);
/** words_origin - how the slots got that way; empty if not known. */
void words_origin(const struct story *story, struct phrase *phrase);

/* explain_swap.c */
/** words_swapoff - who turns what off, what it does, and whether it can end. */
void words_swapoff(const struct story *story, const struct story_swapoff *swapoff,
		   struct phrase *phrase);
/** words_swapoff_of - the swapoff that this thread does; NULL: none. */
const struct story_swapoff *words_swapoff_of(const struct story *story, size_t thread);
/** words_in_swapoff - add ", in swapoff of vda" if the thread does one. */
void words_in_swapoff(const struct story *story, size_t thread, struct phrase *phrase);
/** words_endless_swapoff - add a sentence if one can never end, and is no spinner itself. */
void words_endless_swapoff(const struct story *story, struct phrase *phrase);
/** words_gone - who still uses swap devices that are off; empty: nobody. */
void words_gone(const struct story_gone *gone, struct phrase *phrase);
/** words_moved - what happens to folios that belong elsewhere; empty: there are none. */
void words_moved(const struct story_moved *moved, struct phrase *phrase);
/** words_moved_end - what takes them out of the world; empty: nothing needs to. */
void words_moved_end(const struct story_moved *moved, struct phrase *phrase);
/** words_crash - add who has died of one of them. */
void words_crash(const struct story *story, struct phrase *phrase);

#endif
