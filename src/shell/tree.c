// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xarray_walk() knows what may be in the swap cache's trees and judges the rest; this
 * shows what is there, in any tree, multi-index entries included.
 */
#include "shell/tree.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "kernel/lock.h"
#include "kernel/page.h"
#include "kernel/swap_entry.h"
#include "kernel/xarray.h"
#include "output/explain_words.h"

#define NODE_TAG	2ULL
#define LEVELS_MAX	11
#define NODE_SIZE_MAX	1024
#define SHIFT_MAX	60
#define NODES_MAX	(1u << 22)
#define NODES_SHOWN	16
#define ENTRIES_SHOWN	32

struct tree {
	struct answer answer;
	bool all;
	uint64_t xarray;	/* address of the struct xarray; 0: of a node alone */
	uint64_t values, pointers, internal, siblings;
	uint64_t nodes, unreadable, wrong;
	uint64_t nodes_hidden, entries_hidden;
	uint64_t runs;		/* of equal entries, one behind the other */
	uint64_t run_index, run_end, run_entry, run_times;	/* that waits for more */
	bool stopped;
};

struct tree_node {
	uint64_t address, parent, array;
	unsigned int shift, offset, count, nr_values;
	unsigned char bytes[NODE_SIZE_MAX];
};

static bool is_node(uint64_t entry)
{
	return xarray_is_internal(entry) && entry >> 63 && (entry - NODE_TAG) % 8 == 0;
}

static enum read_status read_node(const struct kernel *kernel, uint64_t address,
				  struct tree_node *node)
{
	const struct xarray_layout *layout = &kernel->xarray;
	enum read_status status = memory_read(kernel->memory, address, node->bytes,
					      layout->node_size);

	if (status != READ_OK)
		return status;
	node->address = address;
	node->parent = kernel_load(node->bytes, layout->parent);
	node->array = kernel_load(node->bytes, layout->array);
	node->shift = (unsigned int)kernel_load(node->bytes, layout->shift);
	node->offset = (unsigned int)kernel_load(node->bytes, layout->offset);
	node->count = (unsigned int)kernel_load(node->bytes, layout->count);
	node->nr_values = (unsigned int)kernel_load(node->bytes, layout->nr_values);
	return READ_OK;
}

static uint64_t slot_of(const struct kernel *kernel, const struct tree_node *node, unsigned int i)
{
	uint64_t entry;

	memcpy(&entry, node->bytes + kernel->xarray.slots.offset + 8 * i, 8);
	return xarray_take_word(&kernel->xarray, node->address + kernel->xarray.slots.offset,
				entry);
}

/* -------------------------------------------------------------------- entries */

/* What the internal entries are, include/linux/xarray.h. */
static void internal_words(uint64_t entry, struct phrase *phrase)
{
	if (entry >> 63)
		phrase_add(phrase, "a node where none can be");
	else if (entry == ((256 << 2) | 2))
		phrase_add(phrase, "retry");
	else if (entry == ((257 << 2) | 2))
		phrase_add(phrase, "zero (reserved)");
	else if (entry < 64 << 2)
		phrase_add(phrase, "sibling of slot %" PRIu64, entry >> 2);
	else
		phrase_add(phrase, "internal");
}

static const char *entry_kind(uint64_t entry)
{
	return xarray_is_value(entry) ? "value" : xarray_is_internal(entry) ? "internal" :
	       "pointer";
}

/* A value may be a shadow or, in shmem, a swap entry: only who uses the tree knows. */
static void entry_words(struct tree *tree, uint64_t entry, struct phrase *phrase)
{
	char symbol[SYMBOL_TEXT_SIZE], what[160];
	struct kswapck_page page;

	phrase_begin(phrase, "%s", "");
	if (xarray_is_value(entry)) {
		phrase_add(phrase, "value 0x%" PRIx64, entry >> 1);
	} else if (xarray_is_internal(entry)) {
		internal_words(entry, phrase);
	} else if (page_is_address(tree->answer.kernel, entry)) {
		if (page_read(tree->answer.kernel, entry, &page) == READ_OK) {
			page_describe(&page, what, sizeof(what));
			phrase_add(phrase, "page, pfn 0x%" PRIx64 ": %s", page.pfn,
				   page.marks & KSWAPCK_PAGE_SWAPCACHE ? "swap cache" : what);
		} else {
			phrase_add(phrase, "page, not in the dump");
		}
	} else {
		phrase_add(phrase, "pointer");
		if (answer_symbol(&tree->answer, entry, symbol, sizeof(symbol)))
			phrase_add(phrase, " <%s>", symbol);
	}
}

static void write_run(struct tree *tree)
{
	struct json_writer *json = &tree->answer.json;

	json_flat_object(json, NULL);
	json_address(json, "index", tree->run_index);
	json_address(json, "last_index", tree->run_end - 1);
	json_number(json, "times", tree->run_times);
	json_address(json, "entry", tree->run_entry);
	json_string(json, "kind", entry_kind(tree->run_entry));
	json_close(json, '}');
}

static void say_run(struct tree *tree)
{
	char times[64] = "", last[32] = "";
	struct phrase phrase;

	entry_words(tree, tree->run_entry, &phrase);
	if (tree->run_end - tree->run_index > 1)
		snprintf(last, sizeof(last), "-0x%" PRIx64, tree->run_end - 1);
	if (tree->run_times > 1)
		snprintf(times, sizeof(times), " (%" PRIu64 " times)", tree->run_times);
	else if (*last)
		snprintf(times, sizeof(times), " (one entry)");
	answer_plain(&tree->answer, 2, "0x%" PRIx64 "%s: 0x%016" PRIx64 " %s%s", tree->run_index,
		     last, tree->run_entry, phrase.text, times);
}

/* Show the entries that were kept back; they come before whatever is said next. */
static void flush_run(struct tree *tree)
{
	if (!tree->run_times)
		return;
	tree->runs++;
	if (!tree->all && tree->runs > ENTRIES_SHOWN)
		tree->entries_hidden += tree->run_times;
	else if (tree->answer.is_json)
		write_run(tree);
	else
		say_run(tree);
	tree->run_times = 0;
}

static void take_entry(struct tree *tree, uint64_t index, uint64_t span, uint64_t entry)
{
	tree->values += xarray_is_value(entry);
	tree->internal += xarray_is_internal(entry);
	tree->pointers += !xarray_is_value(entry) && !xarray_is_internal(entry);
	if (tree->run_times && tree->run_entry == entry && tree->run_end == index) {
		tree->run_end += span;
		tree->run_times++;
		return;
	}
	flush_run(tree);
	tree->run_index = index;
	tree->run_end = index + span;
	tree->run_entry = entry;
	tree->run_times = 1;
}

/* ---------------------------------------------------------------------- nodes */

static void show_node(struct tree *tree, const struct tree_node *node, uint64_t index,
		      unsigned int level)
{
	if (tree->answer.is_json)
		return;
	if (tree->all || tree->nodes <= NODES_SHOWN)
		flush_run(tree);
	if (!tree->all && tree->nodes > NODES_SHOWN) {
		tree->nodes_hidden++;
		return;
	}
	answer_plain(&tree->answer, 0, "node 0x%" PRIx64 ": level %u, shift %u, slot %u of its "
		     "parent, from index 0x%" PRIx64 ", count %u, nr_values %u", node->address,
		     level, node->shift, node->offset, index, node->count, node->nr_values);
}

/* What the kernel would stumble over; the audit has the words for the swap cache's. */
static bool check_node(struct tree *tree, const struct tree_node *node, uint64_t parent,
		       unsigned int shift)
{
	if (node->shift != shift) {
		answer_plain(&tree->answer, 2, "its shift should be %u: not looked into", shift);
		tree->wrong++;
		return false;
	}
	if (parent && node->parent != parent) {
		answer_plain(&tree->answer, 2, "its parent is 0x%" PRIx64 ", and should be 0x%"
			     PRIx64, node->parent, parent);
		tree->wrong++;
	}
	if (tree->xarray && node->array != tree->xarray) {
		answer_plain(&tree->answer, 2, "its array is 0x%" PRIx64 ", and should be 0x%"
			     PRIx64, node->array, tree->xarray);
		tree->wrong++;
	}
	return true;
}

static bool go_on(struct tree *tree)
{
	if (tree->nodes >= NODES_MAX || shell_stopped(tree->answer.shell))
		tree->stopped = true;
	return !tree->stopped;
}

static void visit_node(struct tree *tree, uint64_t address, uint64_t parent, uint64_t index,
		       unsigned int shift, unsigned int level);

static void visit_slots(struct tree *tree, const struct tree_node *node, uint64_t index,
			unsigned int level)
{
	const struct kernel *kernel = tree->answer.kernel;
	const struct xarray_layout *layout = &kernel->xarray;
	uint64_t span = 1ULL << node->shift;
	unsigned int i, end;

	for (i = 0; i < layout->slot_count && go_on(tree); i = end) {
		uint64_t entry = slot_of(kernel, node, i), at = index + i * span;

		for (end = i + 1; end < layout->slot_count &&
		     slot_of(kernel, node, end) == (((uint64_t)i << 2) | 2); end++)
			tree->siblings++;
		if (!entry)
			continue;
		if (is_node(entry) && node->shift >= layout->chunk_shift)
			visit_node(tree, entry - NODE_TAG, node->address, at,
				   node->shift - layout->chunk_shift, level + 1);
		else
			take_entry(tree, at, span * (end - i), entry);
	}
}

static void visit_node(struct tree *tree, uint64_t address, uint64_t parent, uint64_t index,
		       unsigned int shift, unsigned int level)
{
	struct tree_node node;
	enum read_status status;

	if (level >= LEVELS_MAX)
		return;
	status = read_node(tree->answer.kernel, address, &node);
	if (status != READ_OK) {
		tree->unreadable++;
		answer_plain(&tree->answer, 0, "node 0x%" PRIx64 ": %s", address,
			     read_status_text(status));
		return;
	}
	tree->nodes++;
	show_node(tree, &node, index, level);
	if (check_node(tree, &node, parent, shift))
		visit_slots(tree, &node, index, level);
}

/* ------------------------------------------------------------- what is at ADDR */

/* Does a node at @address look like one? Its slots and counts must add up. */
static bool looks_like_node(const struct kernel *kernel, uint64_t address, struct tree_node *node)
{
	const struct xarray_layout *layout = &kernel->xarray;
	unsigned int i, count = 0;

	if (address >> 63 == 0 || address % 8 || read_node(kernel, address, node) != READ_OK ||
	    node->shift > SHIFT_MAX - layout->chunk_shift ||
	    node->shift % layout->chunk_shift || node->array >> 63 == 0 ||
	    node->count > layout->slot_count || node->nr_values > node->count)
		return false;
	for (i = 0; i < layout->slot_count; i++)
		count += slot_of(kernel, node, i) != 0;
	return count == node->count;
}

/* A head is nothing, a node of an array that is here, or an entry. */
static bool looks_like_xarray(const struct kernel *kernel, uint64_t address)
{
	struct xarray xarray;
	struct tree_node node;

	if (address % 8 || xarray_read(kernel, address, &xarray) != READ_OK)
		return false;
	return is_node(xarray.head) &&
	       read_node(kernel, xarray.head - NODE_TAG, &node) == READ_OK &&
	       node.array == address;
}

enum tree_form {
	TREE_XARRAY,
	TREE_SPACE,
	TREE_NODE,
	TREE_GUESSED,	/* nothing there says what it is */
};

/* One of the swap cache has no host, but operations of its own. */
static bool is_swap_space(const struct kernel *kernel, uint64_t address)
{
	struct field operations;
	uint64_t own, actual;

	return kernel_field(kernel, "address_space", "a_ops", &operations) &&
	       image_symbol(kernel->image, "swap_aops", &own) &&
	       memory_read_u64(kernel->memory, address + operations.offset, &actual) == READ_OK &&
	       actual == own;
}

/*
 * A tree that has a node says itself where its struct xarray is. One with less may be
 * anything: then ADDR is taken for an address_space if its host points back to it.
 */
static enum tree_form form_of(const struct kernel *kernel, uint64_t address,
			      struct tree_node *node)
{
	struct field i_pages, mapping, host;
	uint64_t inode, back;

	if (looks_like_xarray(kernel, address))
		return TREE_XARRAY;
	if (looks_like_node(kernel, address, node))
		return TREE_NODE;
	if (!xarray_of_mapping(kernel, &i_pages))
		return TREE_GUESSED;
	if (looks_like_xarray(kernel, address + i_pages.offset) || is_swap_space(kernel, address))
		return TREE_SPACE;
	if (kernel_field(kernel, "address_space", "host", &host) &&
	    kernel_field(kernel, "inode", "i_mapping", &mapping) &&
	    memory_read_u64(kernel->memory, address + host.offset, &inode) == READ_OK &&
	    inode >> 63 &&
	    memory_read_u64(kernel->memory, inode + mapping.offset, &back) == READ_OK &&
	    back == address)
		return TREE_SPACE;
	return TREE_GUESSED;
}

/* ----------------------------------------------------------------- the answer */

static void begin(struct tree *tree, uint64_t address, enum tree_form form, bool locked)
{
	static const char *const names[] = {"xarray", "address_space", "xa_node", "xarray"};
	struct json_writer *json = &tree->answer.json;

	answer_begin(&tree->answer, "xa");
	if (tree->answer.is_json) {
		json_address(json, "address", address);
		json_string(json, "taken_as", names[form]);
		json_bool(json, "guessed", form == TREE_GUESSED);
		json_bool(json, "locked", locked);
		json_array(json, "entries");
		return;
	}
	answer_plain(&tree->answer, 0, "0x%" PRIx64 " is taken as a struct %s%s%s", address,
		     names[form],
		     form == TREE_GUESSED ? ", for nothing there says what it is" : "",
		     locked ? "; its lock is held: it may be in motion" : "");
}

static void say_counts(struct tree *tree)
{
	char number[TEXT_NUMBER_SIZE];
	struct phrase phrase;

	if (tree->nodes_hidden || tree->entries_hidden)
		answer_plain(&tree->answer, 2, "... %s more; -v shows all",
			     text_number(tree->nodes_hidden + tree->entries_hidden, number));
	phrase_begin(&phrase, "%s", "");
	words_count(&phrase, tree->nodes, "node");
	phrase_add(&phrase, "; ");
	words_count(&phrase, tree->pointers, "pointer");
	phrase_add(&phrase, ", ");
	words_count(&phrase, tree->values, "value");
	phrase_add(&phrase, ", %s other", text_number(tree->internal, number));
	if (tree->unreadable)
		phrase_add(&phrase, "; %s nodes are not readable",
			   text_number(tree->unreadable, number));
	if (tree->wrong)
		phrase_add(&phrase, "; %s things are wrong", text_number(tree->wrong, number));
	if (tree->stopped)
		phrase_add(&phrase, "; stopped before the end");
	answer_plain(&tree->answer, 0, "%s", phrase.text);
}

static void end(struct tree *tree)
{
	struct json_writer *json = &tree->answer.json;

	flush_run(tree);
	if (!tree->answer.is_json) {
		say_counts(tree);
	} else {
		json_close(json, ']');
		json_number(json, "entries_left_out", tree->entries_hidden);
		json_number(json, "nodes", tree->nodes);
		json_number(json, "nodes_unreadable", tree->unreadable);
		json_number(json, "nodes_wrong", tree->wrong);
		json_number(json, "pointers", tree->pointers);
		json_number(json, "values", tree->values);
		json_number(json, "internal", tree->internal);
		json_bool(json, "stopped", tree->stopped);
	}
	answer_end(&tree->answer);
}

static void walk_root(struct tree *tree, const struct xarray *xarray)
{
	const struct kernel *kernel = tree->answer.kernel;
	struct tree_node root;
	enum read_status status;

	if (!xarray->head)
		return;
	if (!is_node(xarray->head)) {
		take_entry(tree, 0, 1, xarray->head);
		return;
	}
	/* the root alone says how deep the tree is */
	status = read_node(kernel, xarray->head - NODE_TAG, &root);
	if (status == READ_OK && (root.shift % kernel->xarray.chunk_shift ||
				  root.shift > SHIFT_MAX)) {
		answer_plain(&tree->answer, 0, "the root 0x%" PRIx64 " has shift %u, which cannot "
			     "be", root.address, root.shift);
		tree->wrong++;
		return;
	}
	visit_node(tree, xarray->head - NODE_TAG, 0, 0, status == READ_OK ? root.shift : 0, 0);
}

/* First index below a node, by the offsets of those above; 0 if they make no sense. */
static uint64_t first_index(const struct kernel *kernel, const struct tree_node *node)
{
	struct tree_node at = *node;
	uint64_t index = 0;
	unsigned int level;

	for (level = 0; level < LEVELS_MAX && at.parent >> 63; level++) {
		unsigned int shift = at.shift + kernel->xarray.chunk_shift;

		if (shift > SHIFT_MAX)
			return 0;
		index += (uint64_t)at.offset << shift;
		if (read_node(kernel, at.parent, &at) != READ_OK || at.shift != shift)
			return 0;
	}
	return index;
}

bool tree_answer(struct shell *shell, uint64_t address, bool all, struct error *err)
{
	struct tree tree = {.all = all};
	const struct kernel *kernel = &shell->dump.kernel;
	struct xarray xarray = {.address = address};
	struct tree_node node;
	struct field i_pages = {.offset = 0};
	enum tree_form form = form_of(kernel, address, &node);
	enum read_status status = READ_OK;
	uint64_t swap_space;

	/* mm/swap_state.c: one address_space for all devices, whose tree nobody uses */
	if (kernel->swap.table.form != TABLE_NONE &&
	    image_symbol(kernel->image, "swap_space", &swap_space) && address == swap_space)
		return error_set(err, ERROR_INPUT, "this kernel keeps its swap cache in swap "
				 "tables, not in the tree of swap_space; 'slot' shows them");
	if (form == TREE_SPACE)
		xarray_of_mapping(kernel, &i_pages);
	if (form != TREE_NODE)
		status = xarray_read(kernel, address + i_pages.offset, &xarray);
	if (status != READ_OK)
		return error_set(err, ERROR_UNREADABLE, "0x%" PRIx64 ": %s", address,
				 read_status_text(status));
	answer_init(&tree.answer, shell);
	begin(&tree, address, form, form < TREE_NODE && xarray.locked);
	if (form == TREE_NODE) {
		visit_node(&tree, address, 0, first_index(kernel, &node), node.shift, 0);
	} else {
		tree.xarray = xarray.address;
		walk_root(&tree, &xarray);
	}
	end(&tree);
	return true;
}
