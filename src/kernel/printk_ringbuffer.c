// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * struct printk_ringbuffer: 5.10 and later (896fbe20b4e2). A ring of descriptors, a
 * parallel one of struct printk_info, and a ring of bytes for the texts
 * (kernel/printk/printk_ringbuffer.[ch]).
 *
 * The forms with printk_info within the descriptor and with a third ring for dictionaries
 * were in no release: 5.10 has neither (74caba7f2a06).
 */
#include "kernel/printk_form.h"

/* The two top bits of state_var are the state, the others the ID. */
#define ID_MASK		(~UINT64_C(0) >> 2)
#define STATE_SHIFT	62

enum state {
	STATE_RESERVED,		/* a writer has it */
	STATE_COMMITTED,	/* whole, though more may be appended */
	STATE_FINALIZED,
	STATE_REUSABLE,		/* its text may be gone */
};

/* Positions of records without text (LPOS_DATALESS()). */
#define DATALESS	1U
#define NO_LPOS		3U	/* an empty line; else the text did not fit anywhere */

#define ALIGNMENT	8U	/* of blocks: of the descriptor's ID at their start */
#define COUNT_BITS_MAX	26U	/* LOG_BUF_LEN_MAX (2^31) / 32 bytes (PRB_AVGBITS) */
#define SIZE_BITS_MAX	31U
#define STRUCT_MAX	512U
/* Ends the walk over what a wrong count made of the ring. */
#define BAD_RUN_MAX	(1U << 20)

struct ring {
	uint64_t descs, infos;		/* addresses of the arrays */
	uint64_t count;			/* of elements of both; a power of two */
	uint64_t head, tail;		/* IDs: newest and oldest */
	uint64_t data;
	uint64_t size;			/* of data, bytes; a power of two */
	unsigned int size_bits;
};

struct descriptor {
	uint64_t state_var, begin, next;
};

/* IDs to visit. */
struct range {
	uint64_t first, count;
	bool guessed;			/* by one end alone: not all of them are in use */
};

static bool resolve(const struct kernel *kernel, struct printk_layout *layout)
{
	struct printk_ring_layout *ring = &layout->ring;
	uint64_t ring_size, desc_size;

	if (!printk_symbol(kernel, "prb", &ring->prb) ||
	    !types_size(kernel->types, "printk_ringbuffer", &ring_size) ||
	    !types_size(kernel->types, "prb_desc", &desc_size) ||
	    ring_size > STRUCT_MAX || desc_size > STRUCT_MAX ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.count_bits",
			  &ring->count_bits) ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.descs", &ring->descs) ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.infos", &ring->infos) ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.head_id", &ring->head) ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.tail_id", &ring->tail) ||
	    !kernel_field(kernel, "printk_ringbuffer", "text_data_ring.size_bits",
			  &ring->size_bits) ||
	    !kernel_field(kernel, "printk_ringbuffer", "text_data_ring.data", &ring->data) ||
	    !kernel_field(kernel, "prb_desc", "state_var", &ring->state) ||
	    !kernel_field(kernel, "prb_desc", "text_blk_lpos.begin", &ring->begin) ||
	    !kernel_field(kernel, "prb_desc", "text_blk_lpos.next", &ring->next) ||
	    !printk_header_resolve(kernel, "printk_info", &layout->header) ||
	    !kernel_field(kernel, "printk_info", "seq", &ring->sequence))
		return false;
	ring->ring_size = (uint32_t)ring_size;
	ring->desc_size = (uint32_t)desc_size;
	return kernel_field_fits(ring->count_bits, ring_size) &&
	       kernel_field_fits(ring->descs, ring_size) &&
	       kernel_field_fits(ring->infos, ring_size) &&
	       kernel_field_fits(ring->head, ring_size) &&
	       kernel_field_fits(ring->tail, ring_size) &&
	       kernel_field_fits(ring->size_bits, ring_size) &&
	       kernel_field_fits(ring->data, ring_size) &&
	       kernel_field_fits(ring->state, desc_size) &&
	       kernel_field_fits(ring->begin, desc_size) &&
	       kernel_field_fits(ring->next, desc_size) &&
	       kernel_field_fits(ring->sequence, layout->header.size);
}

static bool is_kernel_address(uint64_t address)
{
	return address >> 63;
}

static bool read_ring(const struct printk_walk *walk, struct ring *ring, struct error *err)
{
	const struct printk_ring_layout *layout = &walk->layout->ring;
	unsigned char bytes[STRUCT_MAX];
	uint64_t address, count_bits, size_bits;

	if (memory_read_u64(walk->kernel->memory, layout->prb, &address) != READ_OK ||
	    memory_read(walk->kernel->memory, address, bytes, layout->ring_size) != READ_OK)
		return error_set(err, ERROR_UNREADABLE,
				 "the kernel log's struct printk_ringbuffer is not readable");
	count_bits = kernel_load(bytes, layout->count_bits);
	size_bits = kernel_load(bytes, layout->size_bits);
	*ring = (struct ring){
		.descs = kernel_load(bytes, layout->descs),
		.infos = kernel_load(bytes, layout->infos),
		.head = kernel_load(bytes, layout->head) & ID_MASK,
		.tail = kernel_load(bytes, layout->tail) & ID_MASK,
		.data = kernel_load(bytes, layout->data),
	};
	if (!count_bits || count_bits > COUNT_BITS_MAX || !size_bits ||
	    size_bits > SIZE_BITS_MAX || !is_kernel_address(ring->descs) ||
	    !is_kernel_address(ring->infos) || !is_kernel_address(ring->data))
		return error_set(err, ERROR_INPUT, "the kernel log's struct printk_ringbuffer "
				 "at 0x%016llx makes no sense", (unsigned long long)address);
	ring->count = UINT64_C(1) << count_bits;
	ring->size_bits = (unsigned int)size_bits;
	ring->size = UINT64_C(1) << size_bits;
	return true;
}

static bool read_descriptor(const struct printk_walk *walk, const struct ring *ring, uint64_t id,
			    struct descriptor *descriptor)
{
	const struct printk_ring_layout *layout = &walk->layout->ring;
	uint64_t address = ring->descs + (id & (ring->count - 1)) * layout->desc_size;
	unsigned char bytes[STRUCT_MAX];

	if (memory_read(walk->kernel->memory, address, bytes, layout->desc_size) != READ_OK)
		return false;
	descriptor->state_var = kernel_load(bytes, layout->state);
	descriptor->begin = kernel_load(bytes, layout->begin);
	descriptor->next = kernel_load(bytes, layout->next);
	return true;
}

/* Does the descriptor in the place of @id have this ID? */
static bool has_id(const struct printk_walk *walk, const struct ring *ring, uint64_t id)
{
	struct descriptor descriptor;

	return read_descriptor(walk, ring, id, &descriptor) &&
	       (descriptor.state_var & ID_MASK) == id;
}

/* When only one of head and tail can be believed, the ring is at most full. */
static bool find_range(const struct printk_walk *walk, const struct ring *ring,
		       struct range *range)
{
	uint64_t distance = (ring->head - ring->tail) & ID_MASK;

	range->first = ring->tail;
	range->count = distance + 1;
	range->guessed = distance >= ring->count;
	if (!range->guessed)
		return true;
	range->count = ring->count;
	if (has_id(walk, ring, ring->head))
		range->first = (ring->head + 1 - ring->count) & ID_MASK;
	else if (!has_id(walk, ring, ring->tail))
		return false;
	return true;
}

/*
 * The bytes of a block behind its ID, as get_data() finds them. A block that would
 * cross the end of the ring begins at its start instead; up to 6.17 (67e1b0052f6b) one
 * that ends just there counted as crossing, and next says so itself.
 */
static bool find_block(const struct ring *ring, const struct descriptor *descriptor,
		       uint64_t *offset, uint64_t *size)
{
	uint64_t begin = descriptor->begin, next = descriptor->next;
	uint64_t last_wrap = (next - 1) >> ring->size_bits;

	if (begin % ALIGNMENT || next % ALIGNMENT)
		return false;
	if (begin >> ring->size_bits == last_wrap) {
		*offset = begin & (ring->size - 1);
		*size = next - begin;
	} else if ((begin + ring->size) >> ring->size_bits == last_wrap) {
		*offset = 0;
		*size = ((next - 1) & (ring->size - 1)) + 1;
	} else {
		return false;
	}
	return *size >= ALIGNMENT && *size <= ring->size - *offset;
}

/* The record has a text: check that the block is its own. */
static bool take_block(struct printk_walk *walk, const struct ring *ring, uint64_t id,
		       const struct descriptor *descriptor, uint32_t length)
{
	uint64_t offset, size, owner;

	if (!find_block(ring, descriptor, &offset, &size) || length > size - ALIGNMENT) {
		walk->gaps->damaged++;
		return false;
	}
	if (memory_read_u64(walk->kernel->memory, ring->data + offset, &owner) != READ_OK) {
		walk->gaps->unreadable++;
		return false;
	}
	if (owner != id) {
		walk->gaps->damaged++;
		return false;
	}
	printk_take(walk, ring->data + offset + ALIGNMENT, length);
	return true;
}

static bool take_record(struct printk_walk *walk, const struct ring *ring, uint64_t id,
			const struct descriptor *descriptor)
{
	const struct printk_header_layout *header = &walk->layout->header;
	uint64_t mask = ring->count - 1, sequence;
	unsigned char bytes[PRINTK_HEADER_MAX];

	if (memory_read(walk->kernel->memory, ring->infos + (id & mask) * header->size, bytes,
			header->size) != READ_OK) {
		walk->gaps->unreadable++;
		return false;
	}
	/* to_desc() takes IDs and sequence numbers alike: they share the low bits */
	sequence = kernel_load(bytes, walk->layout->ring.sequence);
	if ((sequence & mask) != (id & mask)) {
		walk->gaps->damaged++;
		return false;
	}
	walk->record.sequence = sequence;
	printk_header_load(walk, bytes);
	if (!(descriptor->begin & descriptor->next & DATALESS))
		return take_block(walk, ring, id, descriptor, printk_text_length(walk, bytes));
	if (descriptor->begin == NO_LPOS && descriptor->next == NO_LPOS)
		printk_take(walk, 0, 0);
	return true;
}

/* False when there is something wrong with this record. */
static bool visit_id(struct printk_walk *walk, const struct ring *ring, uint64_t id, bool guessed)
{
	struct descriptor descriptor;
	uint64_t found;

	if (!read_descriptor(walk, ring, id, &descriptor)) {
		walk->gaps->unreadable++;
		return false;
	}
	found = descriptor.state_var & ID_MASK;
	if (found != id) {
		/* desc_reserve() has set head_id, but not yet the descriptor; or, never used */
		if (found == ((id - ring->count) & ID_MASK) || (guessed && !found))
			return true;
		walk->gaps->damaged++;
		return false;
	}
	switch (descriptor.state_var >> STATE_SHIFT) {
	case STATE_COMMITTED:
	case STATE_FINALIZED:
		return take_record(walk, ring, id, &descriptor);
	default:
		return true;
	}
}

static bool walk_ring(struct printk_walk *walk, struct error *err)
{
	unsigned int bad_run = 0;
	struct range range;
	struct ring ring = {0};
	uint64_t i;

	if (!read_ring(walk, &ring, err))
		return false;
	if (!find_range(walk, &ring, &range))
		return error_set(err, ERROR_INPUT, "the kernel log is damaged: neither its head "
				 "nor its tail is a record");
	walk->gaps->damaged += range.guessed;
	for (i = 0; i < range.count && !walk->stopped && bad_run < BAD_RUN_MAX; i++)
		if (visit_id(walk, &ring, (range.first + i) & ID_MASK, range.guessed))
			bad_run = 0;
		else
			bad_run++;
	return true;
}

const struct printk_form printk_ringbuffer_form = {
	.resolve = resolve,
	.walk = walk_ring,
};
