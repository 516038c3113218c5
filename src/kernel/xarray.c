// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shape rules are those of lib/xarray.c: a node of shift s holds entries of
 * 2^s indices a slot; a child's shift is its parent's less XA_CHUNK_SHIFT;
 * count is the number of slots that are not NULL, nr_values of those that are
 * values. An order-0 user, as the swap cache is, has no sibling entries.
 */
#include "kernel/xarray.h"

#include <string.h>

#include "kernel/lock.h"

#define NODE_TAG	2UL
#define INTERNAL_NODE_MIN 4096	/* xa_is_node(): internal and above this */
#define SIBLING_MAX	((62 << 2) | 2)	/* xa_mk_internal(XA_CHUNK_SIZE - 2) */
#define LEVELS_MAX	11		/* 64 bits of index, 6 a level */
#define ROOT_SHIFT_MAX	54		/* far above any swap device; no index overflows */
#define NODE_SIZE_MAX	1024
#define SLOTS_MAX	64

struct walk {
	const struct kernel *kernel;
	uint64_t xarray;		/* address of the struct xarray */
	bool locked;
	uint64_t first, end;		/* indices asked for: first <= i < end */
	const struct xarray_visitor *visitor;
	uint64_t path[LEVELS_MAX];	/* nodes from the root to here */
};

/* A node and where the tree says that it is. */
struct node {
	uint64_t address;
	uint64_t parent;	/* address of the parent node; 0 for the root */
	uint64_t index;		/* first index below it */
	unsigned int shift;
	unsigned int offset;	/* its slot in the parent */
	unsigned int level;	/* 0: root */
	unsigned char bytes[NODE_SIZE_MAX];
};

static bool header_fits(const struct xarray_layout *layout, uint64_t size)
{
	return kernel_field_fits(layout->shift, size) && kernel_field_fits(layout->offset, size) &&
	       kernel_field_fits(layout->count, size) &&
	       kernel_field_fits(layout->nr_values, size) &&
	       kernel_field_fits(layout->parent, size) && kernel_field_fits(layout->array, size);
}

/* Up to 4.17 address_space.tree_lock protects the tree; struct radix_tree_root has no lock. */
static bool resolve_radix_lock(struct kernel *kernel, struct error *err)
{
	struct field tree, *lock = &kernel->xarray.lock;

	if (kernel_field(kernel, "radix_tree_root", "xa_lock", lock))
		return true;
	if (!kernel_field_required(kernel, "address_space", "tree_lock", lock, err) ||
	    !kernel_field_required(kernel, "address_space", "page_tree", &tree, err))
		return false;
	if (lock->offset < tree.offset)
		return error_set(err, ERROR_INPUT, "address_space.tree_lock lies before page_tree: "
				 "a kernel of a kind that this version cannot read");
	lock->offset -= tree.offset;
	return true;
}

/* The members of a node and of a root that have other names in a radix tree. */
struct tree_names {
	const char *node, *values, *array, *root, *head;
};

static bool resolve_members(struct kernel *kernel, const struct tree_names *names,
			    struct error *err)
{
	struct xarray_layout *layout = &kernel->xarray;

	return kernel_field_required(kernel, names->node, "shift", &layout->shift, err) &&
	       kernel_field_required(kernel, names->node, "offset", &layout->offset, err) &&
	       kernel_field_required(kernel, names->node, "count", &layout->count, err) &&
	       kernel_field_required(kernel, names->node, names->values, &layout->nr_values,
				     err) &&
	       kernel_field_required(kernel, names->node, "parent", &layout->parent, err) &&
	       kernel_field_required(kernel, names->node, names->array, &layout->array, err) &&
	       kernel_field_required(kernel, names->node, "slots", &layout->slots, err) &&
	       kernel_field_required(kernel, names->root, names->head, &layout->head, err) &&
	       (layout->radix ? resolve_radix_lock(kernel, err) :
		kernel_field_required(kernel, names->root, "xa_lock", &layout->lock, err));
}

bool xarray_layout_resolve(struct kernel *kernel, struct error *err)
{
	static const struct tree_names names[] = {
		{"xa_node", "nr_values", "array", "xarray", "xa_head"},
		{"radix_tree_node", "exceptional", "root", "radix_tree_root", "rnode"},
	};
	struct xarray_layout *layout = &kernel->xarray;
	struct type_member slots;
	struct field exceptional;
	uint64_t size;

	layout->radix = kernel_field(kernel, "radix_tree_node", "exceptional", &exceptional);
	if (!resolve_members(kernel, &names[layout->radix], err))
		return false;
	if (!types_size(kernel->types, names[layout->radix].node, &size) ||
	    size > NODE_SIZE_MAX ||
	    !types_member(kernel->types, names[layout->radix].node, "slots", &slots) ||
	    slots.element_size != 8 || (slots.count != 64 && slots.count != 16) ||
	    slots.offset + slots.size > size || !header_fits(layout, size))
		return error_set(err, ERROR_INPUT,
				 "struct %s makes no sense; are the types (%s) of this kernel?",
				 names[layout->radix].node, types_from(kernel->types));
	layout->node_size = (uint32_t)size;
	layout->slot_count = slots.count;
	layout->chunk_shift = slots.count == 64 ? 6 : 4;
	return true;
}

bool xarray_of_mapping(const struct kernel *kernel, struct field *tree)
{
	/* b93b016313b3 "page cache: use xa_lock" (4.17) */
	return kernel_field(kernel, "address_space", "i_pages", tree) ||
	       kernel_field(kernel, "address_space", "page_tree", tree);
}

/* Low bits 01 are an internal entry, 10 an exceptional one (include/linux/radix-tree.h). */
#define RADIX_INTERNAL		1UL
#define RADIX_EXCEPTIONAL	2UL
#define RADIX_KIND		3UL
#define RADIX_RETRY		1UL	/* node_to_entry(NULL) */
#define XARRAY_RETRY		((256UL << 2) | 2)

uint64_t xarray_take_word(const struct xarray_layout *layout, uint64_t slots, uint64_t word)
{
	uint64_t offset = word - RADIX_INTERNAL - slots;

	if (!layout->radix || !word)
		return word;
	if ((word & RADIX_KIND) == RADIX_EXCEPTIONAL)
		return word >> 2 << 1 | 1;
	if ((word & RADIX_KIND) != RADIX_INTERNAL)
		return word;
	if (word == RADIX_RETRY)
		return XARRAY_RETRY;
	/* a sibling leads to a slot of its own node: is_sibling_entry(), lib/radix-tree.c */
	if (slots && word > slots && offset < 8ULL * layout->slot_count)
		return offset / 8 << 2 | 2;
	return word - RADIX_INTERNAL + NODE_TAG;
}

uint64_t xarray_word_of(const struct xarray_layout *layout, uint64_t entry)
{
	return layout->radix && xarray_is_value(entry) ? entry >> 1 << 2 | RADIX_EXCEPTIONAL :
							 entry;
}

enum read_status xarray_read(const struct kernel *kernel, uint64_t address,
			     struct xarray *xarray)
{
	const struct xarray_layout *layout = &kernel->xarray;
	enum read_status status;

	xarray->head = 0;
	xarray->address = address;
	xarray->locked = lock_may_be_held(kernel, address + layout->lock.offset);
	status = memory_read_u64(kernel->memory, address + layout->head.offset, &xarray->head);
	xarray->head = xarray_take_word(layout, 0, xarray->head);
	return status;
}

static bool is_node(uint64_t entry)
{
	return xarray_is_internal(entry) && entry > INTERNAL_NODE_MIN;
}

/* Kernel addresses have the top bit set; slab objects are 8-byte aligned. */
static bool is_node_address(uint64_t address)
{
	return address >> 63 && (address & 7) == 0;
}

/* No object of the kernel can be there, so that no reason of the dump's hides one. */
static bool leads_nowhere(enum read_status status)
{
	return status == READ_UNMAPPED || status == READ_NOT_RAM || status == READ_FOREIGN;
}

static void report(struct walk *walk, const struct node *node,
		   struct kswapck_tree_fault fault)
{
	fault.node = node ? node->address : 0;
	walk->visitor->fault(walk->visitor->data, &fault);
}

/* A wrong member of a node's header. */
static void report_member(struct walk *walk, const struct node *node,
			  enum kswapck_tree_fault_kind kind, const char *member,
			  struct field field, uint64_t expected)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;

	report(walk, node, (struct kswapck_tree_fault){
		.kind = kind,
		.first_slot = node->index,
		.slots = (uint64_t)layout->slot_count << node->shift,
		.where = node->address + field.offset,
		.size = field.size,
		.found = kernel_load(node->bytes, field),
		.has_expected = true,
		.expected = expected,
		.member = member,
	});
}

/* Address of the word of slot @slot of @node, or of the root when @node is NULL. */
static uint64_t entry_address(const struct walk *walk, const struct node *node,
			      unsigned int slot)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;

	return node ? node->address + layout->slots.offset + 8 * slot :
		      walk->xarray + layout->head.offset;
}

/* A wrong entry in slot @slot of @node, or at the root when @node is NULL. */
static void report_entry(struct walk *walk, const struct node *node, unsigned int slot,
			 enum kswapck_tree_fault_kind kind, uint64_t entry,
			 uint64_t index, uint64_t slots)
{
	uint64_t where = entry_address(walk, node, slot);

	/* what stands there, not what it is taken for */
	if (walk->kernel->xarray.radix)
		memory_read_u64(walk->kernel->memory, where, &entry);
	report(walk, node, (struct kswapck_tree_fault){
		.kind = kind,
		.first_slot = index,
		.slots = slots,
		.where = where,
		.size = 8,
		.found = entry,
		.member = node ? "xa_node.slots[]" : "xarray.xa_head",
	});
}

static uint64_t node_slot(const struct kernel *kernel, const struct node *node,
			  unsigned int slot)
{
	const struct xarray_layout *layout = &kernel->xarray;
	uint64_t entry;

	memcpy(&entry, node->bytes + layout->slots.offset + 8 * slot, 8);
	return xarray_take_word(layout, node->address + layout->slots.offset, entry);
}

/*
 * Compare the header with the place where the node hangs. False when the shift
 * is wrong: the kernel would look up other indices than we would, and most
 * likely the memory is not a node any more.
 */
static bool check_header(struct walk *walk, const struct node *node)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;

	if (kernel_load(node->bytes, layout->shift) != node->shift) {
		report_member(walk, node, KSWAPCK_TREE_HEADER, "xa_node.shift",
			      layout->shift, node->shift);
		return false;
	}
	/*
	 * xas_expand() and xas_shrink() change the root's parent before or after
	 * the root itself, under the lock (lib/xarray.c).
	 */
	if (walk->locked)
		return true;
	if (kernel_load(node->bytes, layout->parent) != node->parent)
		report_member(walk, node, KSWAPCK_TREE_HEADER, "xa_node.parent",
			      layout->parent, node->parent);
	/* the root's offset is not used and may be left over from a deeper tree */
	if (node->parent && kernel_load(node->bytes, layout->offset) != node->offset)
		report_member(walk, node, KSWAPCK_TREE_HEADER, "xa_node.offset",
			      layout->offset, node->offset);
	if (kernel_load(node->bytes, layout->array) != walk->xarray)
		report_member(walk, node, KSWAPCK_TREE_HEADER, "xa_node.array",
			      layout->array, walk->xarray);
	return true;
}

/* All slots of @node, as an xarray would have them. */
static void take_slots(const struct xarray_layout *layout, const struct node *node,
		       uint64_t *entries)
{
	uint64_t slots = node->address + layout->slots.offset;
	unsigned int i;

	memcpy(entries, node->bytes + layout->slots.offset, 8 * layout->slot_count);
	for (i = 0; layout->radix && i < layout->slot_count; i++)
		entries[i] = xarray_take_word(layout, slots, entries[i]);
}

/* What the slots of a node hold. */
struct tally {
	unsigned int count, values, internal;
};

static struct tally tally_slots(const struct xarray_layout *layout, const uint64_t *entries)
{
	unsigned int count = 0, values = 0, internal = 0, i;

	for (i = 0; i < layout->slot_count; i++) {
		count += entries[i] != 0;
		values += xarray_is_value(entries[i]);
		internal += xarray_is_internal(entries[i]);
	}
	return (struct tally){.count = count, .values = values, .internal = internal};
}

/* count and nr_values are written after the slot: not judged under the lock. */
static void check_counts(struct walk *walk, const struct node *node, const struct tally *tally)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;

	if (walk->locked)
		return;
	if (kernel_load(node->bytes, layout->count) != tally->count)
		report_member(walk, node, KSWAPCK_TREE_COUNT, "xa_node.count",
			      layout->count, tally->count);
	if (kernel_load(node->bytes, layout->nr_values) != tally->values)
		report_member(walk, node, KSWAPCK_TREE_COUNT, "xa_node.nr_values",
			      layout->nr_values, tally->values);
}

static void visit_node(struct walk *walk, uint64_t entry, const struct node *parent,
		       unsigned int slot, uint64_t index, unsigned int shift);

/* One slot of a node of shift @shift, or the root's entry. */
static void visit_entry(struct walk *walk, uint64_t entry, const struct node *node,
			unsigned int slot, uint64_t index, unsigned int shift)
{
	uint64_t span = 1ULL << shift;

	if (index + span <= walk->first || index >= walk->end)
		report_entry(walk, node, slot, KSWAPCK_TREE_RANGE, entry, index, span);
	else if (is_node(entry) && shift)
		visit_node(walk, entry, node, slot, index,
			   shift - walk->kernel->xarray.chunk_shift);
	else if (is_node(entry))
		/* a node below shift 0: a leaf holds no nodes */
		report_entry(walk, node, slot, KSWAPCK_TREE_INTERNAL, entry, index, span);
	else if (xarray_is_internal(entry))
		report_entry(walk, node, slot, entry <= SIBLING_MAX ? KSWAPCK_TREE_SIBLING :
			     KSWAPCK_TREE_INTERNAL, entry, index, span);
	else if (shift)
		/* an entry that stands for more than one index */
		report_entry(walk, node, slot, KSWAPCK_TREE_SIBLING, entry, index, span);
	else
		walk->visitor->entry(walk->visitor->data, index, entry,
				     entry_address(walk, node, slot));
}

static void visit_slots(struct walk *walk, const struct node *node, const uint64_t *entries)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;
	unsigned int i;

	for (i = 0; i < layout->slot_count; i++)
		if (entries[i])
			visit_entry(walk, entries[i], node, i,
				    node->index + ((uint64_t)i << node->shift), node->shift);
}

/* The slots of a leaf: nearly all hold a value or a pointer, and are of this walk. */
static void visit_leaf(struct walk *walk, const struct node *node, const uint64_t *entries,
		       const struct tally *tally)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;
	const struct xarray_leaf leaf = {
		.index = node->index,
		.where = node->address + layout->slots.offset,
		.entries = entries,
		.slots = layout->slot_count,
		.count = tally->count,
		.values = tally->values,
	};

	if (walk->visitor->leaf && !tally->internal && leaf.index >= walk->first &&
	    leaf.index + leaf.slots <= walk->end)
		walk->visitor->leaf(walk->visitor->data, &leaf);
	else
		visit_slots(walk, node, entries);
}

static bool on_path(const struct walk *walk, uint64_t address, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < level; i++)
		if (walk->path[i] == address)
			return true;
	return false;
}

static void visit_node(struct walk *walk, uint64_t entry, const struct node *parent,
		       unsigned int slot, uint64_t index, unsigned int shift)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;
	struct node node;	/* too large to be cleared each time */
	uint64_t span = (uint64_t)layout->slot_count << shift, entries[SLOTS_MAX];
	enum read_status status;
	struct tally tally;

	node.address = entry - NODE_TAG;
	node.parent = parent ? parent->address : 0;
	node.index = index;
	node.shift = shift;
	node.offset = slot;
	node.level = parent ? parent->level + 1 : 0;
	if (!is_node_address(node.address)) {
		report_entry(walk, parent, slot, KSWAPCK_TREE_POINTER, entry, index, span);
		return;
	}
	if (node.level >= LEVELS_MAX || on_path(walk, node.address, node.level)) {
		report_entry(walk, parent, slot, KSWAPCK_TREE_CYCLE, entry, index, span);
		return;
	}
	status = memory_read(walk->kernel->memory, node.address, node.bytes, layout->node_size);
	if (leads_nowhere(status)) {
		report_entry(walk, parent, slot, KSWAPCK_TREE_POINTER, entry, index, span);
		return;
	}
	if (status != READ_OK) {
		walk->visitor->unreadable(walk->visitor->data, node.address, index, span, status);
		return;
	}
	walk->path[node.level] = node.address;
	if (!check_header(walk, &node))
		return;
	take_slots(layout, &node, entries);
	tally = tally_slots(layout, entries);
	check_counts(walk, &node, &tally);
	if (shift)
		visit_slots(walk, &node, entries);
	else
		visit_leaf(walk, &node, entries, &tally);
}

/*
 * The root's shift stands only in the root itself. False: not readable, which
 * visit_node() will say, or impossible.
 */
static bool root_shift(const struct kernel *kernel, uint64_t head, unsigned int *shift)
{
	const struct xarray_layout *layout = &kernel->xarray;
	uint8_t value;

	if (memory_read_u8(kernel->memory, head - NODE_TAG + layout->shift.offset,
			   &value) != READ_OK)
		return false;
	*shift = value;
	return value % layout->chunk_shift == 0 && value <= ROOT_SHIFT_MAX;
}

/* Nothing says what the shift of a root should be, only that this cannot be it. */
static void report_root_shift(struct walk *walk, uint64_t root)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;
	struct node node = {.address = root};
	uint8_t shift = 0;

	memory_read_u8(walk->kernel->memory, root + layout->shift.offset, &shift);
	report(walk, &node, (struct kswapck_tree_fault){
		.kind = KSWAPCK_TREE_HEADER,
		.first_slot = walk->first,
		.slots = walk->end - walk->first,
		.where = root + layout->shift.offset,
		.size = layout->shift.size,
		.found = shift,
		.member = "xa_node.shift",
	});
}

/* The root node cannot be used: say why. */
static void report_root(struct walk *walk, uint64_t head)
{
	uint64_t root = head - NODE_TAG, count = walk->end - walk->first;
	uint8_t byte;
	enum read_status status = memory_read_u8(walk->kernel->memory, root, &byte);

	if (!is_node_address(root) || leads_nowhere(status))
		report_entry(walk, NULL, 0, KSWAPCK_TREE_POINTER, head, walk->first, count);
	else if (status == READ_OK)
		report_root_shift(walk, root);
	else
		walk->visitor->unreadable(walk->visitor->data, root, walk->first, count, status);
}

void xarray_walk(const struct kernel *kernel, const struct xarray *xarray,
		 uint64_t first, uint64_t count, const struct xarray_visitor *visitor)
{
	struct walk walk = {
		.kernel = kernel,
		.xarray = xarray->address,
		.locked = xarray->locked,
		.first = first,
		.end = first + count,
		.visitor = visitor,
	};
	unsigned int shift = 0;

	if (!xarray->head)
		return;
	if (!is_node(xarray->head)) {
		/* a tree whose only entry is at index 0 has no node */
		visit_entry(&walk, xarray->head, NULL, 0, 0, 0);
		return;
	}
	if (!is_node_address(xarray->head - NODE_TAG) ||
	    !root_shift(kernel, xarray->head, &shift))
		report_root(&walk, xarray->head);
	else
		visit_node(&walk, xarray->head, NULL, 0, 0, shift);
}

/* ------------------------------------------------------- values of any order */

struct value_walk {
	const struct kernel *kernel;
	uint64_t xarray;
	xarray_value_fn *visit;
	void *data;
	struct xarray_values *values;
	bool stopped;
};

/*
 * xas_expand() and xas_shrink() write the root's parent and offset at other times
 * than the root; all other nodes have theirs before they can be found.
 */
static bool is_in_place(const struct value_walk *walk, const struct node *node)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;

	return kernel_load(node->bytes, layout->shift) == node->shift &&
	       kernel_load(node->bytes, layout->array) == walk->xarray &&
	       (!node->parent ||
		(kernel_load(node->bytes, layout->parent) == node->parent &&
		 kernel_load(node->bytes, layout->offset) == node->offset));
}

/* The slot and its siblings, which follow it, as xa_get_order() counts them. */
static unsigned int slots_of_entry(const struct value_walk *walk, const struct node *node,
				   unsigned int slot)
{
	unsigned int end = slot + 1;

	while (end < walk->kernel->xarray.slot_count &&
	       node_slot(walk->kernel, node, end) == (((uint64_t)slot << 2) | 2))
		end++;
	return end - slot;
}

static void visit_values(struct value_walk *walk, const struct node *node);

/* The node that @entry names, in slot @slot of @parent; NULL: the root. */
static void visit_values_below(struct value_walk *walk, uint64_t entry,
			       const struct node *parent, unsigned int slot,
			       unsigned int shift)
{
	struct node node = {
		.address = entry - NODE_TAG,
		.parent = parent ? parent->address : 0,
		.index = parent ? parent->index + ((uint64_t)slot << parent->shift) : 0,
		.shift = shift,
		.offset = slot,
	};

	if (!is_node_address(node.address) ||
	    memory_read(walk->kernel->memory, node.address, node.bytes,
			walk->kernel->xarray.node_size) != READ_OK ||
	    !is_in_place(walk, &node)) {
		walk->values->unreadable++;
		return;
	}
	walk->values->nodes++;
	visit_values(walk, &node);
}

static void visit_values(struct value_walk *walk, const struct node *node)
{
	const struct xarray_layout *layout = &walk->kernel->xarray;
	unsigned int i;

	for (i = 0; i < layout->slot_count && !walk->stopped; i++) {
		uint64_t entry = node_slot(walk->kernel, node, i), where, count;

		if (is_node(entry) && node->shift >= layout->chunk_shift) {
			visit_values_below(walk, entry, node, i,
					   node->shift - layout->chunk_shift);
		} else if (is_node(entry)) {
			walk->values->unreadable++;
		} else if (xarray_is_value(entry)) {
			where = node->address + layout->slots.offset + 8 * i;
			count = (uint64_t)slots_of_entry(walk, node, i) << node->shift;
			walk->stopped = !walk->visit(walk->data, node->index +
						     ((uint64_t)i << node->shift), count,
						     entry, where);
		}
	}
}

bool xarray_for_each_value(const struct kernel *kernel, const struct xarray *xarray,
			   xarray_value_fn *visit, void *data, struct xarray_values *values)
{
	struct value_walk walk = {
		.kernel = kernel, .xarray = xarray->address,
		.visit = visit, .data = data, .values = values,
	};
	unsigned int shift;

	*values = (struct xarray_values){0};
	if (xarray_is_value(xarray->head))
		return visit(data, 0, 1, xarray->head,
			     xarray->address + kernel->xarray.head.offset);
	if (!is_node(xarray->head))
		return true;
	if (is_node_address(xarray->head - NODE_TAG) && root_shift(kernel, xarray->head, &shift))
		visit_values_below(&walk, xarray->head, NULL, 0, shift);
	else
		values->unreadable++;
	return !walk.stopped;
}

/* A search for the lowest index. */
struct lowest {
	const struct kernel *kernel;
	unsigned int *nodes;	/* that may still be read */
	bool stopped;		/* one could not be, or there are no more of these */
};

/* Lowest index with an entry at or below @entry. */
static bool lowest_below(struct lowest *search, uint64_t entry, unsigned int shift,
			 uint64_t *index)
{
	const struct xarray_layout *layout = &search->kernel->xarray;
	uint64_t slots[64], first = *index, place = entry - NODE_TAG + layout->slots.offset;
	unsigned int i;

	search->stopped = !*search->nodes ||
			  memory_read(search->kernel->memory, place, slots,
				      8 * layout->slot_count) != READ_OK;
	*search->nodes -= *search->nodes > 0;
	for (i = 0; i < layout->slot_count && !search->stopped; i++) {
		uint64_t below = xarray_take_word(layout, place, slots[i]);

		*index = first + ((uint64_t)i << shift);
		if (below && (!is_node(below) || shift < layout->chunk_shift))
			return true;
		/* xas_create_range() that ran out of memory leaves empty nodes */
		if (below && lowest_below(search, below, shift - layout->chunk_shift, index))
			return true;
	}
	return false;
}

bool xarray_lowest(const struct kernel *kernel, const struct xarray *xarray,
		   unsigned int *nodes, uint64_t *index)
{
	struct lowest search = {.kernel = kernel, .nodes = nodes};
	unsigned int shift;

	*index = 0;
	if (!xarray->head || !is_node(xarray->head))
		return xarray->head != 0;
	return root_shift(kernel, xarray->head, &shift) &&
	       lowest_below(&search, xarray->head, shift, index);
}
