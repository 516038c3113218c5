// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/page_words.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "kernel/page.h"
#include "kernel/swap_device.h"
#include "kernel/swap_entry.h"

/* ---------------------------------------------------------------------- flags */

#define FLAGS_MAX 64

/* A name for each bit, by enum pageflags. */
struct flag_names {
	const char *names[FLAGS_MAX];
	unsigned int limit;	/* __NR_PAGEFLAGS: what is above is zone, node, section */
	uint32_t marks;		/* enum kswapck_page_mark of the page */
};

/* Of the other uses of a bit, those that are known to be meant in some pages. */
static const struct {
	const char *name;
	uint32_t mark;
} other_uses[] = {
	{"PG_swapcache", KSWAPCK_PAGE_SWAPCACHE},
	{"PG_anon_exclusive", KSWAPCK_PAGE_ANON},
};

static bool is_other_use(const struct flag_names *flags, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(other_uses) / sizeof(other_uses[0]); i++)
		if (flags->marks & other_uses[i].mark && !strcmp(name, other_uses[i].name))
			return true;
	return false;
}

/* The first name of a bit is its own; behind __NR_PAGEFLAGS come other uses of it. */
static bool take_flag(void *data, const char *name, int64_t value)
{
	struct flag_names *flags = data;

	if (!strcmp(name, "__NR_PAGEFLAGS") && value > 0 && value <= FLAGS_MAX)
		flags->limit = (unsigned int)value;
	if (value < 0 || value >= FLAGS_MAX || strncmp(name, "PG_", 3))
		return true;
	if (!flags->names[value] || is_other_use(flags, name))
		flags->names[value] = name + 3;
	return true;
}

void page_flag_names(const struct kernel *kernel, const struct kswapck_page *page, char *text,
		     size_t size)
{
	struct flag_names flags = {.marks = page->marks};
	size_t used = 0;
	type_id type;
	unsigned int bit;

	*text = 0;
	if (!types_find(kernel->types, "enum pageflags", &type))
		return;
	types_enumerators(kernel->types, type, take_flag, &flags);
	for (bit = 0; bit < flags.limit && used < size; bit++)
		if (page->flags >> bit & 1)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 used ? " " : "",
						 flags.names[bit] ? flags.names[bit] : "?");
}

/* ---------------------------------------------------------------------- slots */

bool page_slot(const struct kernel *kernel, const struct kswapck_page *page, unsigned int *type,
	       uint64_t *slot)
{
	struct kswapck_page head = *page;
	uint64_t entry = page->private;

	if (page->marks & KSWAPCK_PAGE_TAIL &&
	    (page_read(kernel, page->head, &head) != READ_OK || head.pfn > page->pfn))
		return false;
	if (!(head.marks & KSWAPCK_PAGE_SWAPCACHE))
		return false;
	if (page->marks & KSWAPCK_PAGE_TAIL && kernel->page.tail_private_zero)
		entry = head.private + (page->pfn - head.pfn);
	swap_entry_split(entry, type, slot);
	return true;
}

/* ---------------------------------------------------------------------- words */

static void slot_words(const struct kernel *kernel, unsigned int type, uint64_t slot,
		       struct phrase *phrase)
{
	struct kswapck_device device;

	if (type < kernel->swap.nr_swapfiles &&
	    swap_device_read(kernel, type, &device) == SWAP_DEVICE_OK)
		words_slot(phrase, device.name, type, slot);
	else
		phrase_add(phrase, "slot %" PRIu64 " of type %u, which is no device in use", slot,
			   type);
}

void page_what(const struct kernel *kernel, const struct kswapck_page *page,
	       struct phrase *phrase)
{
	struct kswapck_page block;
	unsigned int type;
	char what[160];
	uint64_t slot;

	phrase_begin(phrase, "%s", "");
	page_describe(page, what, sizeof(what));
	if (page_slot(kernel, page, &type, &slot)) {
		phrase_add(phrase, page->marks & KSWAPCK_PAGE_TAIL ?
			   "swap cache, a tail page of 0x%" PRIx64 ", " : "swap cache, ",
			   page->head);
		slot_words(kernel, type, slot, phrase);
	} else if (!(page->marks & KSWAPCK_PAGE_BUDDY) && !page->refcount &&
		   !(page->marks & (KSWAPCK_PAGE_SLAB | KSWAPCK_PAGE_TAIL)) &&
		   page_buddy_block(kernel, page, &block)) {
		phrase_add(phrase, "free, in the block of order %" PRIu64 " at 0x%" PRIx64,
			   block.private, block.address);
	} else {
		phrase_add(phrase, "%s", what);
	}
	if (page->marks & KSWAPCK_PAGE_HEAD)
		phrase_add(phrase, ", head of a compound page of order %u%s", page->order,
			   page->marks & KSWAPCK_PAGE_ODD_ORDER ? " (which cannot be)" : "");
}

void page_words(const struct kernel *kernel, const struct kswapck_page *page,
		struct phrase *phrase)
{
	struct phrase what;
	char flags[512];

	page_what(kernel, page, &what);
	page_flag_names(kernel, page, flags, sizeof(flags));
	phrase_begin(phrase, "pfn 0x%" PRIx64 ": %s; flags 0x%" PRIx64 "%s%s%s, _refcount %" PRId32
		     ", ->private 0x%" PRIx64, page->pfn, what.text, page->flags,
		     *flags ? " (" : "", flags, *flags ? ")" : "", page->refcount, page->private);
}

void page_write(struct answer *answer, const char *key, const struct kswapck_page *page)
{
	struct json_writer *json = &answer->json;
	struct phrase what;
	char flags[512];

	page_what(answer->kernel, page, &what);
	page_flag_names(answer->kernel, page, flags, sizeof(flags));
	json_object(json, key);
	json_address(json, "address", page->address);
	json_address(json, "pfn", page->pfn);
	json_string(json, "what", what.text);
	json_address(json, "flags", page->flags);
	json_string(json, "flag_names", flags);
	json_signed(json, "refcount", page->refcount);
	json_address(json, "mapping", page->mapping);
	json_address(json, "index", page->index);
	json_address(json, "private", page->private);
	json_address(json, "page_type", page->page_type);
	if (page->marks & KSWAPCK_PAGE_TAIL)
		json_address(json, "head", page->head);
	if (page->marks & KSWAPCK_PAGE_HEAD)
		json_number(json, "order", page->order);
	json_close(json, '}');
}
