// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that look at slots: slot who xa. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/lock.h"
#include "kernel/page.h"
#include "kernel/stacks.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_cluster.h"
#include "kernel/swap_count.h"
#include "kernel/swap_device.h"
#include "kernel/swap_slots.h"
#include "output/explain_words.h"
#include "output/sentence.h"
#include "shell/lookup.h"
#include "shell/page_words.h"
#include "shell/tree.h"
#include "shell/who.h"

#define TYPES_MAX 32u

enum answered {
	ANSWER_NO,
	ANSWER_YES,
	ANSWER_UNKNOWN,		/* not all that tells could be read */
};

static const char *answered_name(enum answered answered)
{
	return answered == ANSWER_YES ? "yes" : answered == ANSWER_NO ? "no" : "unknown";
}

/* All that is known of one slot. */
struct slot_facts {
	struct found_slot at;
	bool map_read;
	uint8_t map;
	enum swap_count_status count_status;
	uint64_t count;
	const char *count_why;
	enum kswapck_entry_kind kind;
	uint64_t entry;
	uint64_t place;		/* address of the word that is the entry; 0: none, not known */
	uint64_t word;		/* as it stands there, if place */
	bool counts;		/* the word has the count of owners, too: no swap_map */
	uint64_t space;		/* struct address_space; 0: not known */
	enum read_status page_status;
	struct kswapck_page page;	/* of a pointer */
	bool cluster_known;
	struct kswapck_cluster cluster;
	enum answered parked, in_hand;
};

/* ------------------------------------------------------------------- gathering */

static void ignore_tree_fault(void *data, const struct kswapck_space *space,
			      const struct kswapck_tree_fault *fault)
{
	(void)data, (void)space, (void)fault;
}

static void read_cache(const struct kernel *kernel, struct slot_facts *facts)
{
	const struct kswapck_device *device = &facts->at.device;
	uint64_t slot = facts->at.slot, i = slot % SWAP_SPACE_SLOTS;
	struct swap_space *space = swap_space_new();
	uint8_t kind = KSWAPCK_ENTRY_UNREADABLE;

	kernel->swap_cache->lookup(kernel, device, slot, 1, &facts->entry, &kind);
	facts->kind = kind;
	if (facts->kind == KSWAPCK_ENTRY_PAGE)
		facts->page_status = page_read(kernel, facts->entry, &facts->page);
	if (space && kernel->swap_cache->read(kernel, device, slot / SWAP_SPACE_SLOTS, space,
					      ignore_tree_fault, NULL)) {
		facts->space = space->space.address;
		if (space->places[i / 16]) {
			facts->place = space->places[i / 16] + 8 * (i % 16);
			facts->word = space->space.words[i];
		}
	}
	free(space);
}

static void read_map(const struct kernel *kernel, struct slot_facts *facts)
{
	const struct kswapck_device *device = &facts->at.device;
	uint8_t read = 0;

	swap_device_map(kernel, device, facts->at.slot, 1, &facts->map, &read);
	facts->map_read = read;
	facts->counts = !device->swap_map;
	if (read)
		facts->count_status = swap_count_read(kernel, device, facts->at.slot, facts->map,
						      &facts->count, &facts->count_why);
}

static void ignore_list_fault(void *data, const struct kswapck_list_fault *fault)
{
	(void)data, (void)fault;
}

static bool read_cluster(const struct kernel *kernel, struct slot_facts *facts, struct error *err)
{
	struct swap_clusters clusters = {.count = 0};
	uint64_t number;

	if (!kernel->swap.cluster_slots)
		return true;
	if (!swap_clusters_read(kernel, &facts->at.device, ignore_list_fault, NULL, &clusters,
				err))
		return false;
	number = facts->at.slot / kernel->swap.cluster_slots;
	facts->cluster_known = number < clusters.count &&
			       swap_cluster_at(kernel, &facts->at.device, &clusters, number,
					       &facts->cluster);
	swap_clusters_free(&clusters);
	return true;
}

static bool read_parked(const struct kernel *kernel, struct slot_facts *facts, struct error *err)
{
	struct swap_slots slots;

	if (!swap_slots_read(kernel, &slots, err))
		return false;
	facts->parked = swap_slots_have(&slots, facts->at.entry) ? ANSWER_YES :
			slots.complete ? ANSWER_NO : ANSWER_UNKNOWN;
	swap_slots_free(&slots);
	return true;
}

/* The entry itself, or within the allocator the bare slot. */
static bool read_in_hand(const struct kernel *kernel, struct slot_facts *facts, struct error *err)
{
	uint64_t slots[TYPES_MAX] = {0};
	struct kswapck_device device;
	struct stack_entries entries;
	unsigned int type;

	for (type = 0; type < kernel->swap.nr_swapfiles && type < TYPES_MAX; type++)
		if (swap_device_read(kernel, type, &device) == SWAP_DEVICE_OK)
			slots[type] = device.slots;
	if (!stack_entries_read(kernel, slots, type, &entries, err))
		return false;
	facts->in_hand = stack_entries_have(&entries, facts->at.entry, 1) ||
			 stack_entries_have(&entries, facts->at.slot, 1) ? ANSWER_YES :
			 entries.complete ? ANSWER_NO : ANSWER_UNKNOWN;
	stack_entries_free(&entries);
	return true;
}

static bool gather(const struct kernel *kernel, struct slot_facts *facts, struct error *err)
{
	read_map(kernel, facts);
	read_cache(kernel, facts);
	return read_cluster(kernel, facts, err) && read_parked(kernel, facts, err) &&
	       read_in_hand(kernel, facts, err);
}

/* ------------------------------------------------------------------------ words */

static const char *form_text(enum slot_form form)
{
	switch (form) {
	case SLOT_BY_ENTRY:
		return "; taken as a swp_entry_t";
	case SLOT_BY_PTE:
		return "; taken as a PTE";
	default:
		return "";
	}
}

static void say_place(const struct answer *answer, const struct slot_facts *facts)
{
	const struct found_slot *at = &facts->at;
	struct phrase phrase;

	phrase_begin(&phrase, "%s", "");
	words_slot(&phrase, at->device.name, at->device.type, at->slot);
	answer_line(answer, "slot", "%s (type %u): swp_entry_t 0x%" PRIx64 ", PTE 0x%" PRIx64 "%s",
		    phrase.text, at->device.type, at->entry, at->pte, form_text(at->form));
}

/* Who has the slot, as its swap_map byte says. */
static void map_words(const struct slot_facts *facts, struct phrase *phrase)
{
	uint8_t owners = facts->map & (uint8_t)~SWAP_HAS_CACHE;

	if (owners == SWAP_MAP_BAD)
		phrase_add(phrase, "bad%s: never given out",
			   facts->counts ? "" : " (SWAP_MAP_BAD)");
	else if (!facts->map)
		phrase_add(phrase, "free");
	else if (owners == (SWAP_MAP_SHMEM & ~SWAP_HAS_CACHE))
		phrase_add(phrase, "a page of shared memory (SWAP_MAP_SHMEM)");
	else if (facts->count_status == SWAP_COUNT_KNOWN)
		words_count(phrase, facts->count, "owner");
	else
		phrase_add(phrase, "owners not known: %s", facts->count_why);
	if (owners != SWAP_MAP_BAD && owners & COUNT_CONTINUED &&
	    owners != (SWAP_MAP_SHMEM & ~SWAP_HAS_CACHE))
		phrase_add(phrase, facts->counts ? " (counted in extend_table)" :
						   " (COUNT_CONTINUED)");
	if (facts->map & SWAP_HAS_CACHE && owners != SWAP_MAP_BAD)
		phrase_add(phrase, ", and the swap cache%s",
			   facts->counts ? "" : " (SWAP_HAS_CACHE)");
}

/* Of a kernel without swap_map: the word of the swap table. */
static void say_word(const struct answer *answer, const struct slot_facts *facts)
{
	struct phrase phrase;

	if (!facts->map_read) {
		answer_line(answer, "count", "its swap table is not readable");
		return;
	}
	phrase_begin(&phrase, "%s", "");
	map_words(facts, &phrase);
	if (facts->place)
		answer_line(answer, "count", "the word 0x%016" PRIx64 " at 0x%" PRIx64 ": %s",
			    facts->word, facts->place, phrase.text);
	else
		answer_line(answer, "count", "%s: its cluster has no swap table", phrase.text);
}

static void say_map(const struct answer *answer, const struct slot_facts *facts)
{
	uint64_t place = facts->at.device.swap_map + facts->at.slot;
	struct phrase phrase;

	if (facts->counts) {
		say_word(answer, facts);
		return;
	}
	if (!facts->map_read) {
		answer_line(answer, "swap_map", "the byte at 0x%" PRIx64 " is not readable", place);
		return;
	}
	phrase_begin(&phrase, "%s", "");
	map_words(facts, &phrase);
	answer_line(answer, "swap_map", "0x%02x at 0x%" PRIx64 ": %s", facts->map, place,
		    phrase.text);
}

static void say_entry(const struct answer *answer, const struct slot_facts *facts)
{
	struct phrase phrase;

	phrase_begin(&phrase, "%s", "");
	switch (facts->kind) {
	case KSWAPCK_ENTRY_NONE:
		phrase_add(&phrase, "holds nothing there");
		break;
	case KSWAPCK_ENTRY_SHADOW:
		phrase_add(&phrase, "holds the shadow 0x%" PRIx64 " of an evicted page",
			   facts->entry);
		break;
	case KSWAPCK_ENTRY_PAGE:
		phrase_add(&phrase, "holds 0x%" PRIx64, facts->entry);
		break;
	case KSWAPCK_ENTRY_ODD:
		phrase_add(&phrase, "holds 0x%" PRIx64 ", which must not be there", facts->entry);
		break;
	default:
		phrase_add(&phrase, "not known: its tree is not readable there");
	}
	if (facts->place)
		phrase_add(&phrase, ", at 0x%" PRIx64, facts->place);
	if (facts->space)
		phrase_add(&phrase, "; address_space 0x%" PRIx64, facts->space);
	answer_line(answer, "cache", "%s", phrase.text);
}

static void say_page(const struct answer *answer, const struct slot_facts *facts)
{
	struct phrase phrase;

	if (facts->kind != KSWAPCK_ENTRY_PAGE)
		return;
	if (facts->page_status == READ_UNMAPPED) {
		answer_line(answer, "page", "that is not the address of a struct page");
		return;
	}
	if (facts->page_status != READ_OK) {
		answer_line(answer, "page", "its struct page: %s",
			    read_status_text(facts->page_status));
		return;
	}
	page_words(answer->kernel, &facts->page, &phrase);
	answer_line(answer, "page", "%s", phrase.text);
}

static const struct {
	uint32_t mark;
	const char *name;
} cluster_marks[] = {
	{KSWAPCK_CLUSTER_FREE, "free"}, {KSWAPCK_CLUSTER_HUGE, "huge"},
	{KSWAPCK_CLUSTER_NONFULL, "nonfull"}, {KSWAPCK_CLUSTER_FRAGMENT, "fragment"},
	{KSWAPCK_CLUSTER_FULL, "full"}, {KSWAPCK_CLUSTER_DISCARD, "discard"},
	{KSWAPCK_CLUSTER_ODD, "unknown flag"},
};

static const char *list_name(enum kswapck_cluster_list list)
{
	static const char *const names[KSWAPCK_LIST_COUNT] = {
		[KSWAPCK_LIST_NONE] = "none", [KSWAPCK_LIST_FREE] = "free",
		[KSWAPCK_LIST_NONFULL] = "nonfull", [KSWAPCK_LIST_FRAGMENT] = "fragment",
		[KSWAPCK_LIST_FULL] = "full", [KSWAPCK_LIST_DISCARD] = "discard",
	};

	return names[list];
}

static void say_cluster(const struct answer *answer, const struct slot_facts *facts)
{
	const struct kswapck_cluster *cluster = &facts->cluster;
	struct phrase phrase;
	size_t i;

	if (!facts->cluster_known) {
		answer_line(answer, "cluster", "%s", facts->at.device.clusters ?
			    "not readable" : "the device has none");
		return;
	}
	phrase_begin(&phrase, "%" PRIu64 " (slots %" PRIu64 "-%" PRIu64 ") at 0x%" PRIx64 ": ",
		     cluster->number, cluster->first_slot,
		     cluster->first_slot + cluster->slots - 1, cluster->address);
	words_count(&phrase, cluster->count, "slot");
	phrase_add(&phrase, " in use");
	for (i = 0; i < sizeof(cluster_marks) / sizeof(cluster_marks[0]); i++)
		if (cluster->marks & cluster_marks[i].mark)
			phrase_add(&phrase, ", %s", cluster_marks[i].name);
	if (cluster->order)
		phrase_add(&phrase, ", for folios of order %u", cluster->order);
	if (cluster->list == KSWAPCK_LIST_NONE)
		phrase_add(&phrase, cluster->lists_known ? "; on no list" :
			   "; its list is not known");
	else
		phrase_add(&phrase, "; on the %s list", list_name(cluster->list));
	if (cluster->list_order)
		phrase_add(&phrase, " of order %u", cluster->list_order);
	if (cluster->has_table && cluster->table)
		phrase_add(&phrase, "; swap table 0x%" PRIx64, cluster->table);
	else if (cluster->has_table)
		phrase_add(&phrase, "; no swap table");
	if (cluster->extend_table)
		phrase_add(&phrase, ", extend_table 0x%" PRIx64, cluster->extend_table);
	if (cluster->memcg_table)
		phrase_add(&phrase, ", memcg_table 0x%" PRIx64, cluster->memcg_table);
	answer_line(answer, "cluster", "%s%s", phrase.text,
		    cluster->locked ? "; a lock of it is held: it may be in motion" : "");
}

static void say_hands(const struct answer *answer, const struct slot_facts *facts)
{
	static const char *const parked[] = {
		"not parked in a per-CPU slots cache", "parked in a per-CPU slots cache",
		"not all per-CPU slots caches could be read",
	};
	static const char *const in_hand[] = {
		"no task has it in hand", "a task has it in hand (or a number that looks like it)",
		"not all stacks could be read",
	};

	answer_line(answer, "hands", "%s; %s", parked[facts->parked], in_hand[facts->in_hand]);
}

/* ------------------------------------------------------------------- findings */

static bool is_about(const struct kswapck_finding *finding, const struct slot_facts *facts)
{
	return finding->device && finding->device->type == facts->at.device.type &&
	       finding->count && finding->first_slot <= facts->at.slot &&
	       finding->last_slot >= facts->at.slot;
}

static void say_finding(const struct answer *answer, const struct kswapck_finding *finding,
			size_t number)
{
	char sentence[1024];

	sentence_of(finding, sentence, sizeof(sentence));
	answer_line(answer, "finding", "%zu: %s %s: %s", number, finding->problem->id,
		    finding->problem->name, sentence);
}

static void write_finding(struct json_writer *json, const struct kswapck_finding *finding,
			  size_t number)
{
	json_flat_object(json, NULL);
	json_number(json, "number", number);
	json_string(json, "id", finding->problem->id);
	json_string(json, "name", finding->problem->name);
	json_close(json, '}');
}

static void show_findings(struct answer *answer, const struct slot_facts *facts)
{
	const struct shell_findings *audit = &answer->shell->audit;
	struct error err = {.kind = ERROR_NONE};
	size_t i;

	if (answer->is_json)
		json_array(&answer->json, "findings");
	if (!shell_audit(answer->shell, false, &err)) {
		answer_line(answer, "finding", "not known: %s", err.text);
	} else {
		for (i = 0; i < audit->count; i++) {
			if (!is_about(&audit->findings[i], facts))
				continue;
			if (answer->is_json)
				write_finding(&answer->json, &audit->findings[i], i + 1);
			else
				say_finding(answer, &audit->findings[i], i + 1);
		}
	}
	if (answer->is_json)
		json_close(&answer->json, ']');
}

/* ----------------------------------------------------------------------- slot */

static void say_slot(struct answer *answer, const struct slot_facts *facts)
{
	say_place(answer, facts);
	say_map(answer, facts);
	say_entry(answer, facts);
	say_page(answer, facts);
	say_cluster(answer, facts);
	say_hands(answer, facts);
	show_findings(answer, facts);
}

static const char *kind_name(enum kswapck_entry_kind kind)
{
	switch (kind) {
	case KSWAPCK_ENTRY_NONE:
		return "none";
	case KSWAPCK_ENTRY_SHADOW:
		return "shadow";
	case KSWAPCK_ENTRY_PAGE:
		return "page";
	case KSWAPCK_ENTRY_ODD:
		return "odd";
	default:
		return "unreadable";
	}
}

static void write_cluster(struct json_writer *json, const struct slot_facts *facts)
{
	const struct kswapck_cluster *cluster = &facts->cluster;
	size_t i;

	if (!facts->cluster_known) {
		json_null(json, "cluster");
		return;
	}
	json_object(json, "cluster");
	json_number(json, "number", cluster->number);
	json_address(json, "address", cluster->address);
	json_number(json, "first_slot", cluster->first_slot);
	json_number(json, "slots", cluster->slots);
	json_number(json, "count", cluster->count);
	json_number(json, "order", cluster->order);
	json_array(json, "flags");
	for (i = 0; i < sizeof(cluster_marks) / sizeof(cluster_marks[0]); i++)
		if (cluster->marks & cluster_marks[i].mark)
			json_string(json, NULL, cluster_marks[i].name);
	json_close(json, ']');
	json_string(json, "list", cluster->lists_known ? list_name(cluster->list) : NULL);
	json_number(json, "list_order", cluster->list_order);
	json_bool(json, "locked", cluster->locked);
	json_address(json, "table", cluster->table);
	json_address(json, "extend_table", cluster->extend_table);
	json_address(json, "memcg_table", cluster->memcg_table);
	json_close(json, '}');
}

static void write_slot(struct answer *answer, const struct slot_facts *facts)
{
	static const char *const forms[] = {"slot", "swp_entry_t", "PTE"};
	struct json_writer *json = &answer->json;
	const struct found_slot *at = &facts->at;

	json_string(json, "taken_as", forms[at->form]);
	json_string(json, "device", at->device.name[0] ? at->device.name : NULL);
	json_number(json, "type", at->device.type);
	json_number(json, "slot", at->slot);
	json_address(json, "entry", at->entry);
	json_address(json, "pte", at->pte);
	if (facts->map_read)
		json_number(json, "swap_map", facts->map);
	else
		json_null(json, "swap_map");
	if (facts->map_read && facts->count_status == SWAP_COUNT_KNOWN)
		json_number(json, "owners", facts->count);
	else
		json_null(json, "owners");
	json_string(json, "cache", kind_name(facts->kind));
	json_address(json, "cache_entry", facts->entry);
	json_address(json, "cache_place", facts->place);
	json_address(json, "cache_word", facts->word);
	json_address(json, "address_space", facts->space);
	if (facts->kind == KSWAPCK_ENTRY_PAGE && facts->page_status == READ_OK)
		page_write(answer, "page", &facts->page);
	else
		json_null(json, "page");
	write_cluster(json, facts);
	json_string(json, "parked", answered_name(facts->parked));
	json_string(json, "in_hand", answered_name(facts->in_hand));
	show_findings(answer, facts);
}

static bool run_slot(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct slot_facts facts = {.map_read = false};
	struct answer answer;

	if (argc != 2)
		return shell_usage(shell_slot_commands, "slot", err);
	if (!lookup_slot(shell, argv[1], &facts.at, err) ||
	    !gather(&shell->dump.kernel, &facts, err))
		return false;
	answer_init(&answer, shell);
	answer_begin(&answer, "slot");
	if (answer.is_json)
		write_slot(&answer, &facts);
	else
		say_slot(&answer, &facts);
	answer_end(&answer);
	return true;
}

/* ------------------------------------------------------------------------ who */

static bool run_who(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct found_slot at;

	if (argc != 2)
		return shell_usage(shell_slot_commands, "who", err);
	return lookup_slot(shell, argv[1], &at, err) && who_answer(shell, &at, err);
}

/* ------------------------------------------------------------------------- xa */

static bool run_xa(struct shell *shell, int argc, char **argv, struct error *err)
{
	bool all = shell_option(&argc, argv, "-v");
	uint64_t address;

	if (!shell_no_options(argc, argv, err))
		return false;
	if (argc != 2)
		return shell_usage(shell_slot_commands, "xa", err);
	return shell_number(shell, argv[1], true, &address, err) &&
	       tree_answer(shell, address, all, err);
}

const struct shell_command shell_slot_commands[] = {
	{
		.name = "slot",
		.arguments = "TYPE:OFFSET | DEVICE:OFFSET | ENTRY | PTE",
		.summary = "all that is known of one swap slot",
		.help = "Shows its swap_map byte decoded, what the swap cache holds there and "
			"what that page is now, its cluster, whether it is parked in a per-CPU "
			"slots cache or in the hands of a task, and the findings of the audit "
			"about it.\n"
			"A slot is given as 0:16389 or vda:16389, as a swp_entry_t (0x4005; type "
			"in the bits from 58 on), or as a page table entry of x86_64 that is not "
			"present (0x7ffffffff7ff400); it is said which a bare number was taken "
			"for.",
		.completion = COMPLETE_NOTHING,
		.run = run_slot,
	},
	{
		.name = "who",
		.arguments = "TYPE:OFFSET | DEVICE:OFFSET | ENTRY | PTE",
		.summary = "who owns a swap slot",
		.help = "Looks through the page tables of all processes and all files of shared "
			"memory for references to the slot, and compares their number with what "
			"swap_map counts. The slot is given as for 'slot'.",
		.completion = COMPLETE_NOTHING,
		.run = run_who,
	},
	{
		.name = "xa",
		.arguments = "ADDR [-v]",
		.summary = "the shape and the entries of an xarray",
		.help = "ADDR is that of a struct xarray, of a struct address_space, or of an "
			"xa_node (then of the tree below it). Shows the nodes level by level and "
			"the first entries; -v shows all.",
		.completion = COMPLETE_SYMBOL,
		.run = run_xa,
	},
	{.name = NULL},
};
