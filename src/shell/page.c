// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that look at pages: page folio. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kernel/folio.h"
#include "kernel/lru_batches.h"
#include "kernel/page.h"
#include "kernel/swap_cache.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"
#include "output/pins.h"
#include "pins/pins.h"
#include "shell/lookup.h"
#include "shell/page_words.h"

/* ------------------------------------------------------------ the swap cache's side */

#define RANGES_MAX 16

/* Slots one behind the other that hold a page. */
struct holding {
	unsigned int type;
	char device[64];
	uint64_t first, last;
};

struct holdings {
	struct holding ranges[RANGES_MAX];
	size_t count;
	uint64_t slots;		/* of all, those for which there was no more room too */
	bool complete;		/* all of the swap cache could be read */
};

static void hold(struct holdings *holdings, const struct kswapck_device *device, uint64_t slot)
{
	struct holding *last = holdings->count ? &holdings->ranges[holdings->count - 1] : NULL;

	holdings->slots++;
	if (last && last->type == device->type && last->last + 1 == slot) {
		last->last = slot;
		return;
	}
	if (holdings->count == RANGES_MAX)
		return;
	last = &holdings->ranges[holdings->count++];
	last->type = device->type;
	memcpy(last->device, device->name, sizeof(last->device));
	last->first = last->last = slot;
}

static void ignore_fault(void *data, const struct kswapck_space *space,
			 const struct kswapck_tree_fault *fault)
{
	(void)data, (void)space, (void)fault;
}

static void search_device(struct shell *shell, const struct kswapck_device *device,
			  uint64_t page, struct swap_space *space, struct holdings *holdings)
{
	const struct kernel *kernel = &shell->dump.kernel;
	uint64_t spaces, index;
	uint32_t i;

	if (!kernel->swap_cache->spaces(kernel, device, &spaces)) {
		holdings->complete = false;
		return;
	}
	for (index = 0; index < spaces && !shell_stopped(shell); index++) {
		if (!kernel->swap_cache->read(kernel, device, index, space, ignore_fault, NULL)) {
			holdings->complete = false;
			continue;
		}
		if (space->gaps.slots)
			holdings->complete = false;
		for (i = 0; i < space->space.slots; i++)
			if (space->kinds[i] == KSWAPCK_ENTRY_PAGE && space->entries[i] == page)
				hold(holdings, device, space->space.first_slot + i);
	}
}

/* Which slots hold @page, whatever it says itself: a freed one says nothing. */
static bool find_holdings(struct shell *shell, uint64_t page, struct holdings *holdings,
			  struct error *err)
{
	const struct kernel *kernel = &shell->dump.kernel;
	struct swap_space *space = swap_space_new();
	struct kswapck_device device;
	unsigned int type;

	*holdings = (struct holdings){.complete = true};
	if (!space)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	for (type = 0; type < kernel->swap.nr_swapfiles; type++)
		if (swap_device_read(kernel, type, &device) == SWAP_DEVICE_OK)
			search_device(shell, &device, page, space, holdings);
	if (shell_stopped(shell))
		holdings->complete = false;
	free(space);
	return true;
}

static void say_holdings(const struct answer *answer, const struct holdings *holdings)
{
	char device[NAME_SIZE], number[TEXT_NUMBER_SIZE];
	struct phrase phrase;
	size_t i;

	if (!holdings->slots && holdings->complete) {
		answer_line(answer, "slots", "no slot of the swap cache holds it");
		return;
	}
	phrase_begin(&phrase, "%s", "");
	for (i = 0; i < holdings->count; i++) {
		const struct holding *range = &holdings->ranges[i];

		phrase_add(&phrase, "%s%" PRIu64, i ? ", " : "", range->first);
		if (range->last > range->first)
			phrase_add(&phrase, "-%" PRIu64, range->last);
		phrase_add(&phrase, " of %s (type %u)", words_name(range->device, device),
			   range->type);
	}
	if (holdings->slots)
		phrase_add(&phrase, " hold%s it (%s)", holdings->slots == 1 ? "s" : "",
			   text_number(holdings->slots, number));
	if (!holdings->complete)
		phrase_add(&phrase, "%snot all of the swap cache was read",
			   holdings->slots ? "; " : "");
	answer_line(answer, "slots", "%s", phrase.text);
}

static void write_holdings(struct json_writer *json, const struct holdings *holdings)
{
	size_t i;

	json_array(json, "held_by");
	for (i = 0; i < holdings->count; i++) {
		json_flat_object(json, NULL);
		json_number(json, "type", holdings->ranges[i].type);
		json_number(json, "first_slot", holdings->ranges[i].first);
		json_number(json, "last_slot", holdings->ranges[i].last);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_number(json, "held_by_slots", holdings->slots);
	json_bool(json, "held_by_complete", holdings->complete);
}

/* -------------------------------------------------------------- page->mapping */

/* include/linux/page-flags.h: PAGE_MAPPING_ANON, PAGE_MAPPING_MOVABLE (up to 6.16). */
#define MAPPING_ANON	1ULL
#define MAPPING_MOVABLE	2ULL
#define MAPPING_FLAGS	3ULL

static bool read_word(const struct kernel *kernel, const char *type, const char *member,
		      uint64_t object, uint64_t *value)
{
	unsigned char bytes[8];
	struct field field;

	if (!kernel_field(kernel, type, member, &field) || field.size > 8 ||
	    memory_read(kernel->memory, object + field.offset, bytes, field.size) != READ_OK)
		return false;
	*value = kernel_load(bytes, (struct field){.size = field.size});
	return true;
}

/* A file's own: its inode, its file system's device, and whose functions it has. */
static void space_words(struct answer *answer, uint64_t space, struct phrase *phrase)
{
	const struct kernel *kernel = answer->kernel;
	uint64_t host, number, block, operations;
	char symbol[SYMBOL_TEXT_SIZE], id[32] = "", visible[32];
	struct field field;

	phrase_add(phrase, "address_space 0x%" PRIx64, space);
	if (read_word(kernel, "address_space", "a_ops", space, &operations) &&
	    answer_symbol(answer, operations, symbol, sizeof(symbol)))
		phrase_add(phrase, " (%s)", symbol);
	if (!read_word(kernel, "address_space", "host", space, &host) || host >> 63 == 0 ||
	    !read_word(kernel, "inode", "i_ino", host, &number))
		return;
	phrase_add(phrase, ", inode %" PRIu64 " at 0x%" PRIx64, number, host);
	if (read_word(kernel, "inode", "i_sb", host, &block) && block >> 63 &&
	    kernel_field(kernel, "super_block", "s_id", &field) &&
	    memory_read_string(kernel->memory, block + field.offset, id, sizeof(id)) == READ_OK &&
	    *id)
		phrase_add(phrase, " of %s", text_visible(id, visible, sizeof(visible)));
}

static void mapping_words(struct answer *answer, const struct kswapck_page *page,
			  struct phrase *phrase)
{
	uint64_t object = page->mapping & ~MAPPING_FLAGS;

	phrase_begin(phrase, "0x%" PRIx64, page->mapping);
	if (page->marks & (KSWAPCK_PAGE_TAIL | KSWAPCK_PAGE_SLAB | KSWAPCK_PAGE_BUDDY |
			   KSWAPCK_PAGE_TABLE)) {
		phrase_add(phrase, ": means nothing in such a page");
		return;
	}
	phrase_add(phrase, ": ");
	switch (page->mapping & MAPPING_FLAGS) {
	case MAPPING_ANON:
		phrase_add(phrase, "anon_vma 0x%" PRIx64, object);
		break;
	case MAPPING_ANON | MAPPING_MOVABLE:
		phrase_add(phrase, "KSM node 0x%" PRIx64, object);
		break;
	case MAPPING_MOVABLE:
		phrase_add(phrase, "movable_operations 0x%" PRIx64 " of a driver", object);
		break;
	default:
		if (object)
			space_words(answer, object, phrase);
		else
			phrase_add(phrase, "none");
	}
}

/* ------------------------------------------------------------------ where it is */

/* The slab cache of a page: struct slab since 5.17, struct page before. */
static bool slab_name(const struct kernel *kernel, const struct kswapck_page *page, char *name,
		      size_t size)
{
	uint64_t cache, string;

	if (!read_word(kernel, "slab", "slab_cache", page->head, &cache) &&
	    !read_word(kernel, "page", "slab_cache", page->head, &cache))
		return false;
	return cache >> 63 && read_word(kernel, "kmem_cache", "name", cache, &string) &&
	       string >> 63 &&
	       memory_read_string(kernel->memory, string, name, size) == READ_OK && *name;
}

/* A tail has no marks of its own: what its head is, it is too. */
static void read_head(const struct kernel *kernel, const struct kswapck_page *page,
		      struct kswapck_page *head)
{
	*head = *page;
	if (page->marks & KSWAPCK_PAGE_TAIL && page_read(kernel, page->head, head) != READ_OK)
		*head = *page;
}

static bool where_words(const struct kernel *kernel, const struct kswapck_page *page,
			struct phrase *phrase, struct error *err)
{
	struct lru_batches batches = {.count = 0};
	char name[64], visible[64];
	struct kswapck_page head;
	uint32_t batched;

	phrase_begin(phrase, "%s", "");
	read_head(kernel, page, &head);
	if (head.marks & KSWAPCK_PAGE_SLAB && slab_name(kernel, &head, name, sizeof(name)))
		phrase_add(phrase, "in the slab cache %s",
			   text_visible(name, visible, sizeof(visible)));
	if (!lru_batches_read(kernel, &batches, err))
		return false;
	batched = lru_batches_count(&batches, head.address);
	if (head.marks & KSWAPCK_PAGE_LRU)
		phrase_add(phrase, "%son an LRU list", phrase->length ? "; " : "");
	if (batched)
		phrase_add(phrase, "%s%" PRIu32 " time%s in per-CPU LRU batches",
			   phrase->length ? "; " : "", batched, batched == 1 ? "" : "s");
	lru_batches_free(&batches);
	return true;
}

/* ------------------------------------------------------------------------ page */

static void say_compound(const struct answer *answer, const struct kswapck_page *page)
{
	struct kswapck_page head;

	if (page->marks & KSWAPCK_PAGE_HEAD) {
		answer_line(answer, "compound", "head of order %u%s", page->order,
			    page->marks & KSWAPCK_PAGE_ODD_ORDER ? ": its order cannot be" : "");
		return;
	}
	if (!(page->marks & KSWAPCK_PAGE_TAIL))
		return;
	if (page_read(answer->kernel, page->head, &head) != READ_OK)
		answer_line(answer, "compound", "tail of 0x%" PRIx64 ", which cannot be read",
			    page->head);
	else if (!(head.marks & KSWAPCK_PAGE_HEAD) || head.pfn > page->pfn)
		answer_line(answer, "compound", "tail of 0x%" PRIx64 ", which is no head of it",
			    page->head);
	else
		answer_line(answer, "compound", "page %" PRIu64 " of the one at 0x%" PRIx64
			    " of order %u", page->pfn - head.pfn, page->head, head.order);
}

static void say_private(const struct answer *answer, const struct kswapck_page *page)
{
	struct phrase phrase;
	unsigned int type;
	uint64_t slot;

	phrase_begin(&phrase, "0x%" PRIx64, page->private);
	if (page->marks & KSWAPCK_PAGE_BUDDY) {
		phrase_add(&phrase, ": the order of the free block");
	} else if (page_slot(answer->kernel, page, &type, &slot)) {
		phrase_add(&phrase, page->marks & KSWAPCK_PAGE_TAIL &&
			   answer->kernel->page.tail_private_zero ?
			   "; by that of its head, it is type %u, slot %" PRIu64 :
			   ": type %u, slot %" PRIu64, type, slot);
	}
	answer_line(answer, "private", "%s", phrase.text);
}

static void say_counts(const struct answer *answer, const struct kswapck_page *page)
{
	struct kswapck_folio folio;
	struct phrase phrase;

	phrase_begin(&phrase, "_refcount %" PRId32, page->refcount);
	if (!(page->marks & KSWAPCK_PAGE_TAIL) &&
	    folio_read(answer->kernel, page, &folio) == READ_OK) {
		if (folio.mapcount_known && !folio_page_has_type(answer->kernel, page))
			phrase_add(&phrase, ", mapped %" PRId64 " times", folio.mapcount);
		if (folio.pincount_known)
			phrase_add(&phrase, ", pincount %" PRId64, folio.pincount);
	}
	phrase_add(&phrase, "; the word of _mapcount and page_type is 0x%08" PRIx32,
		   page->page_type);
	answer_line(answer, "counts", "%s", phrase.text);
}

static void say_page(struct answer *answer, const struct kswapck_page *page,
		     const struct phrase *where, const struct holdings *holdings)
{
	const struct kernel *kernel = answer->kernel;
	uint64_t physical = page->pfn << kernel_page_shift(kernel), direct_map;
	struct phrase phrase;
	char flags[512];

	page_what(kernel, page, &phrase);
	answer_line(answer, "page", "0x%" PRIx64 ", pfn 0x%" PRIx64 " (%" PRIu64 "): %s",
		    page->address, page->pfn, page->pfn, phrase.text);
	phrase_begin(&phrase, "physical 0x%" PRIx64, physical);
	if (kernel_direct_map(kernel, &direct_map))
		phrase_add(&phrase, ", mapped at 0x%" PRIx64, direct_map + physical);
	answer_line(answer, "memory", "%s", phrase.text);
	page_flag_names(kernel, page, flags, sizeof(flags));
	answer_line(answer, "flags", "0x%" PRIx64 "%s%s", page->flags, *flags ? ": " : "", flags);
	say_counts(answer, page);
	say_compound(answer, page);
	mapping_words(answer, page, &phrase);
	answer_line(answer, "mapping", "%s", phrase.text);
	answer_line(answer, "index", "0x%" PRIx64, page->index);
	say_private(answer, page);
	if (where->length)
		answer_line(answer, "where", "%s", where->text);
	say_holdings(answer, holdings);
}

static void write_page(struct answer *answer, const struct kswapck_page *page,
		       const struct phrase *where, const struct holdings *holdings)
{
	struct phrase mapping;
	unsigned int type;
	uint64_t slot;

	page_write(answer, "page", page);
	mapping_words(answer, page, &mapping);
	json_string(&answer->json, "mapping", mapping.text);
	json_string(&answer->json, "where", where->length ? where->text : NULL);
	if (page_slot(answer->kernel, page, &type, &slot)) {
		json_number(&answer->json, "type", type);
		json_number(&answer->json, "slot", slot);
	}
	write_holdings(&answer->json, holdings);
}

static bool run_page(struct shell *shell, int argc, char **argv, struct error *err)
{
	bool physical = shell_option(&argc, argv, "-p");
	struct holdings holdings;
	struct kswapck_page page;
	struct answer answer;
	struct phrase where;

	if (!shell_no_options(argc, argv, err))
		return false;
	if (argc != 2)
		return shell_usage(shell_page_commands, "page", err);
	if (!lookup_page(shell, argv[1], physical, &page, err) ||
	    !where_words(&shell->dump.kernel, &page, &where, err) ||
	    !find_holdings(shell, page.address, &holdings, err))
		return false;
	answer_init(&answer, shell);
	answer_begin(&answer, "page");
	if (answer.is_json)
		write_page(&answer, &page, &where, &holdings);
	else
		say_page(&answer, &page, &where, &holdings);
	answer_end(&answer);
	return true;
}

/* ------------------------------------------------------------------ folio: tails */

/* What the ->private of its tail pages is. */
struct tails {
	uint64_t read, unreadable;
	uint64_t as_entry;	/* the head's + i */
	uint64_t zero;
	uint64_t used;		/* a field of struct folio lies there */
	uint64_t other;
	uint64_t first_other;	/* its number */
	uint64_t other_private;
	uint64_t strange;	/* no tails of this head */
	uint64_t referenced;	/* _refcount is not 0 */
};

static void take_tail(const struct kernel *kernel, const struct kswapck_page *head, uint64_t i,
		      const struct kswapck_page *tail, struct tails *tails)
{
	tails->read++;
	if (!(tail->marks & KSWAPCK_PAGE_TAIL) || tail->head != head->address)
		tails->strange++;
	if (tail->refcount)
		tails->referenced++;
	if (i < 32 && kernel->page.tail_private_used >> i & 1) {
		tails->used++;
	} else if (!tail->private) {
		tails->zero++;
	} else if (head->marks & KSWAPCK_PAGE_SWAPCACHE && tail->private == head->private + i) {
		tails->as_entry++;
	} else if (!tails->other++) {
		tails->first_other = i;
		tails->other_private = tail->private;
	}
}

static void read_tails(struct shell *shell, const struct kswapck_page *head, struct tails *tails)
{
	const struct kernel *kernel = &shell->dump.kernel;
	struct kswapck_page tail;
	uint64_t i;

	*tails = (struct tails){.read = 0};
	for (i = 1; i < 1ULL << head->order && !shell_stopped(shell); i++)
		if (page_read(kernel, head->address + i * kernel->page.size, &tail) == READ_OK)
			take_tail(kernel, head, i, &tail, tails);
		else
			tails->unreadable++;
}

static void add_count(struct phrase *phrase, uint64_t count, const char *what)
{
	char number[TEXT_NUMBER_SIZE];

	if (count)
		phrase_add(phrase, ", %s %s", text_number(count, number), what);
}

static void say_tails(const struct answer *answer, const struct kswapck_page *head,
		      const struct tails *tails)
{
	struct phrase phrase;

	if (!head->order)
		return;
	phrase_begin(&phrase, "%s", "");
	words_count(&phrase, tails->read, "page");
	phrase_add(&phrase, "; ->private");
	add_count(&phrase, tails->as_entry, "the head's + i");
	add_count(&phrase, tails->zero, "0");
	add_count(&phrase, tails->used, "used by struct folio");
	add_count(&phrase, tails->other, "something else");
	if (tails->other)
		phrase_add(&phrase, " (0x%" PRIx64 " in page %" PRIu64 ")", tails->other_private,
			   tails->first_other);
	add_count(&phrase, tails->referenced, "with a _refcount");
	add_count(&phrase, tails->strange, "are no tails of this head");
	add_count(&phrase, tails->unreadable, "not readable");
	answer_line(answer, "tails", "%s", phrase.text);
}

/* ------------------------------------------------------------------- folio: pins */

struct judgement {
	bool made;
	struct pins_summary summary;
	bool found;
	struct pin pin;		/* of the first that is not migratable or free */
};

static void take_pin(void *data, const struct pin *pin)
{
	struct judgement *judgement = data;

	if (judgement->found)
		return;
	judgement->pin = *pin;
	judgement->found = true;
}

static bool judge(struct shell *shell, const struct kswapck_page *head,
		  struct judgement *judgement, struct error *err)
{
	const struct pins_options options = {
		.scope = PINS_RANGE,
		.range = {head->pfn, 1ULL << head->order},
		.data = judgement,
		.found = take_pin,
	};

	*judgement = (struct judgement){.made = true};
	return pins_walk(&shell->dump.kernel, &options, &judgement->summary, err);
}

/* One folio, one verdict. */
static const char *verdict_name(const struct judgement *judgement)
{
	unsigned int i;

	for (i = 0; i < PIN_VERDICT_COUNT; i++)
		if (judgement->summary.verdicts[i].folios)
			return pin_verdict_name(i);
	return "not-known";
}

static void say_judgement(const struct answer *answer, const struct judgement *judgement)
{
	const struct pin *pin = &judgement->pin;
	char references[512] = "", comm[64];
	struct phrase phrase;
	size_t i;

	phrase_begin(&phrase, "%s", verdict_name(judgement));
	if (judgement->found && pin->counted) {
		pin_references_text(pin, references, sizeof(references));
		phrase_add(&phrase, "; %s", references);
	}
	for (i = 0; judgement->found && i < pin->task_count && i < PIN_TASKS_MAX; i++)
		phrase_add(&phrase, "; pid %" PRId32 " (%s) has it in hand", pin->tasks[i].pid,
			   text_visible(pin->tasks[i].comm, comm, sizeof(comm)));
	answer_line(answer, "migration", "%s", phrase.text);
}

/* ------------------------------------------------------------------------ folio */

struct folio_facts {
	struct kswapck_page head;
	bool whole;		/* folio could be read */
	struct kswapck_folio folio;
	struct tails tails;
	struct judgement judgement;
	struct holdings holdings;
};

static void say_folio_counts(const struct answer *answer, const struct folio_facts *facts)
{
	const struct kswapck_folio *folio = &facts->folio;
	struct phrase phrase;
	int64_t head_mapcount;

	phrase_begin(&phrase, "_refcount %" PRId32, facts->head.refcount);
	if (!facts->whole)
		phrase_add(&phrase, ", not all of its counts can be read");
	else if (folio->mapcount_known && !folio_page_has_type(answer->kernel, &facts->head))
		phrase_add(&phrase, ", mapped %" PRId64 " times (at 0x%" PRIx64 ")",
			   folio->mapcount, folio->mapcount_address);
	if (folio_head_mapcount(answer->kernel, &facts->head, &head_mapcount) &&
	    facts->head.order)
		phrase_add(&phrase, ", the head page alone %" PRId64, head_mapcount);
	if (facts->whole && folio->pincount_known)
		phrase_add(&phrase, ", pincount %" PRId64, folio->pincount);
	answer_line(answer, "counts", "%s", phrase.text);
}

static void say_folio(struct answer *answer, const struct folio_facts *facts)
{
	const struct kswapck_page *head = &facts->head;
	char flags[512], number[TEXT_NUMBER_SIZE];
	struct phrase phrase;

	page_what(answer->kernel, head, &phrase);
	answer_line(answer, "folio", "0x%" PRIx64 ", pfn 0x%" PRIx64 ", %s page%s: %s",
		    head->address, head->pfn, text_number(1ULL << head->order, number),
		    head->order ? "s" : "", phrase.text);
	page_flag_names(answer->kernel, head, flags, sizeof(flags));
	answer_line(answer, "flags", "0x%" PRIx64 "%s%s", head->flags, *flags ? ": " : "", flags);
	say_folio_counts(answer, facts);
	mapping_words(answer, head, &phrase);
	answer_line(answer, "mapping", "%s", phrase.text);
	answer_line(answer, "index", "0x%" PRIx64, head->index);
	say_private(answer, head);
	say_tails(answer, head, &facts->tails);
	say_judgement(answer, &facts->judgement);
	say_holdings(answer, &facts->holdings);
}

static void write_tails(struct json_writer *json, const struct tails *tails)
{
	json_object(json, "tails");
	json_number(json, "read", tails->read);
	json_number(json, "unreadable", tails->unreadable);
	json_number(json, "private_entry", tails->as_entry);
	json_number(json, "private_zero", tails->zero);
	json_number(json, "private_used", tails->used);
	json_number(json, "private_other", tails->other);
	json_number(json, "referenced", tails->referenced);
	json_number(json, "of_other_heads", tails->strange);
	json_close(json, '}');
}

static void write_folio(struct answer *answer, const struct folio_facts *facts)
{
	struct json_writer *json = &answer->json;

	page_write(answer, "head", &facts->head);
	json_number(json, "pages", 1ULL << facts->head.order);
	if (facts->whole && facts->folio.mapcount_known)
		json_signed(json, "mapcount", facts->folio.mapcount);
	else
		json_null(json, "mapcount");
	if (facts->whole && facts->folio.pincount_known)
		json_signed(json, "pincount", facts->folio.pincount);
	else
		json_null(json, "pincount");
	write_tails(json, &facts->tails);
	json_string(json, "migration", verdict_name(&facts->judgement));
	if (facts->judgement.found && facts->judgement.pin.counted)
		json_signed(json, "unexplained_references", facts->judgement.pin.unexplained);
	write_holdings(json, &facts->holdings);
}

static bool gather_folio(struct shell *shell, const struct kswapck_page *page,
			 struct folio_facts *facts, struct error *err)
{
	const struct kernel *kernel = &shell->dump.kernel;

	read_head(kernel, page, &facts->head);
	if (facts->head.marks & KSWAPCK_PAGE_TAIL)
		return error_set(err, ERROR_INPUT, "0x%" PRIx64 " is a tail page whose head 0x%"
				 PRIx64 " is none ('page' shows it alone)", page->address,
				 page->head);
	facts->whole = folio_read(kernel, &facts->head, &facts->folio) == READ_OK;
	read_tails(shell, &facts->head, &facts->tails);
	return judge(shell, &facts->head, &facts->judgement, err) &&
	       find_holdings(shell, facts->head.address, &facts->holdings, err);
}

static bool run_folio(struct shell *shell, int argc, char **argv, struct error *err)
{
	bool physical = shell_option(&argc, argv, "-p");
	struct folio_facts *facts;
	struct kswapck_page page;
	struct answer answer;
	bool done;

	if (!shell_no_options(argc, argv, err))
		return false;
	if (argc != 2)
		return shell_usage(shell_page_commands, "folio", err);
	if (!lookup_page(shell, argv[1], physical, &page, err))
		return false;
	facts = calloc(1, sizeof(*facts));
	if (!facts)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	done = gather_folio(shell, &page, facts, err);
	if (done) {
		answer_init(&answer, shell);
		answer_begin(&answer, "folio");
		if (answer.is_json)
			write_folio(&answer, facts);
		else
			say_folio(&answer, facts);
		answer_end(&answer);
	}
	free(facts);
	return done;
}

const struct shell_command shell_page_commands[] = {
	{
		.name = "page",
		.arguments = "PFN | ADDR [-p]",
		.summary = "one page: flags, counts, where it is, which slots hold it",
		.help = "Shows the struct page decoded: flags by name, the compound page that it "
			"is part of, counts, ->mapping (anon_vma, KSM, or whose file), ->private, "
			"the allocator or list that it is on, and all slots of the swap cache "
			"that hold it, whatever it says itself.\n"
			"The page is given by its frame number, in hexadecimal, by the address of "
			"its struct page, or by a kernel address of its memory; with -p by a "
			"physical address.",
		.completion = COMPLETE_SYMBOL,
		.run = run_page,
	},
	{
		.name = "folio",
		.arguments = "PFN | ADDR [-p]",
		.summary = "a whole folio: counts, tail pages, whether it can be migrated",
		.help = "Shows the folio that a page belongs to: all of its counts, what the "
			"->private of its tail pages holds, whether it can be migrated and what "
			"holds it if not (as 'kswapck pins' judges), and which slots hold it. The "
			"page is given as for 'page'.",
		.completion = COMPLETE_SYMBOL,
		.run = run_folio,
	},
	{.name = NULL},
};
