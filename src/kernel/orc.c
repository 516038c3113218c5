// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/orc.h"

#include <string.h>

#define ENTRY_SIZE  6		/* struct orc_entry: s16, s16, u16 of bit-fields */
#define HEADER_SIZE 20		/* orc_header: SHA-1 over the definition */
#define REGISTERS   16		/* numbers that 4 bits can hold */

/*
 * The forms of the third word, from its low bits: 4 bits for the base of the stack
 * pointer, 4 for that of rbp, then
 *  1: type 2, end 1			4.14 - 6.2
 *  2: type 2, signal 1, end 1		6.3, ffb1b4a41016
 *  3: type 3, signal 1			6.4, fb799447ae29
 *  4: the same, with other numbers of registers: 7.1
 */
struct orc_format {
	unsigned int version;
	const char *header;		/* orc_header, or NULL: there was none */
	unsigned int type_bits;
	bool has_signal, has_end;
	const struct orc_place *places;
	const enum orc_frame *types;	/* by the number of type */
};

static const struct orc_place places_old[REGISTERS] = {
	[1] = {ORC_PREVIOUS_SP, 0, 0},
	[2] = {ORC_REGISTER, REGISTER_RDX, 0},
	[3] = {ORC_REGISTER, REGISTER_RDI, 0},
	[4] = {ORC_REGISTER, REGISTER_RBP, 0},
	[5] = {ORC_REGISTER, REGISTER_RSP, 0},
	[6] = {ORC_REGISTER, REGISTER_R10, 0},
	[7] = {ORC_REGISTER, REGISTER_R13, 0},
	[8] = {ORC_AT_RBP, 0, 0},
	[9] = {ORC_AT_RSP, 0, 0},
};

static const struct orc_place places_7_1[REGISTERS] = {
	[1] = {ORC_REGISTER, REGISTER_RAX, 0},
	[2] = {ORC_REGISTER, REGISTER_RDX, 0},
	[3] = {ORC_REGISTER, REGISTER_RSP, 0},
	[4] = {ORC_REGISTER, REGISTER_RBP, 0},
	[5] = {ORC_REGISTER, REGISTER_RDI, 0},
	[6] = {ORC_REGISTER, REGISTER_R10, 0},
	[7] = {ORC_REGISTER, REGISTER_R13, 0},
	[8] = {ORC_PREVIOUS_SP, 0, 0},
	[9] = {ORC_AT_RSP, 0, 0},
	[10] = {ORC_AT_RBP, 0, 0},
};

/* Two bits; what has no base for its stack pointer is an end or undefined. */
static const enum orc_frame types_old[4] = {
	ORC_CALL, ORC_REGS, ORC_REGS_PARTIAL, ORC_UNDEFINED,
};

static const enum orc_frame types_6_4[8] = {
	ORC_UNDEFINED, ORC_END, ORC_CALL, ORC_REGS, ORC_REGS_PARTIAL,
};

static const struct orc_format formats[] = {
	{1, NULL, 2, false, true, places_old, types_old},
	{2, "\xdb\x84\xae\xd4", 2, true, true, places_old, types_old},
	{3, "\xfe\x5d\x32\xbf", 3, true, false, places_old, types_6_4},
	{4, "\x13\x7c\x36\xad", 3, true, false, places_7_1, types_6_4},
};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* The words of an entry. */
struct entry {
	int16_t sp_offset, bp_offset;
	uint16_t flags;
};

/* Since b9f174c811e3 (6.5) the kernel names the form. */
static const struct orc_format *format_of_header(const struct kernel *kernel)
{
	unsigned char header[HEADER_SIZE];
	uint64_t address;
	size_t i;

	if (!image_symbol(kernel->image, "__start_orc_header", &address) ||
	    memory_read(kernel->memory, address, header, sizeof(header)) != READ_OK)
		return NULL;
	for (i = 0; i < FORMATS; i++)
		if (formats[i].header && !memcmp(header, formats[i].header, 4))
			return &formats[i];
	return NULL;
}

/* Index of the last instruction pointer of the table that is not above @address. */
static enum orc_status find_index(const struct kernel *kernel, const struct code_orc *table,
				  uint64_t address, uint64_t *index, uint64_t *unreadable)
{
	uint64_t low = 0, high = table->count;	/* the answer is below high */

	while (low < high) {
		uint64_t middle = low + (high - low) / 2, at = table->ip + 4 * middle;
		uint32_t relative;

		*unreadable = at;
		if (memory_read_u32(kernel->memory, at, &relative) != READ_OK)
			return ORC_UNREADABLE;
		if (at + (uint64_t)(int64_t)(int32_t)relative <= address)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low - 1;
	return low ? ORC_FOUND : ORC_NONE;
}

static enum orc_status find_entry(const struct orc *orc, uint64_t address, struct entry *entry,
				  uint64_t *unreadable)
{
	struct code_orc table;
	unsigned char bytes[ENTRY_SIZE];
	enum orc_status status;
	uint64_t index;

	if (!code_orc_at(orc->code, address, &table))
		return ORC_NONE;
	status = find_index(orc->kernel, &table, address, &index, unreadable);
	if (status != ORC_FOUND)
		return status;
	*unreadable = table.entries + ENTRY_SIZE * index;
	if (memory_read(orc->kernel->memory, *unreadable, bytes, sizeof(bytes)) != READ_OK)
		return ORC_UNREADABLE;
	memcpy(&entry->sp_offset, bytes, 2);
	memcpy(&entry->bp_offset, bytes + 2, 2);
	memcpy(&entry->flags, bytes + 4, 2);
	return ORC_FOUND;
}

/*
 * Without a header (6.3, 6.4, RHEL 9.6 with form 3 in a 5.14) an entry tells
 * that is known: the page fault's first instruction, where the CPU has pushed its
 * words and an error code, so that rip is at rsp + 8 and the fault was a signal.
 */
static const struct orc_format *format_of_page_fault(struct orc *orc)
{
	struct entry entry;
	uint64_t address, unreadable;

	if (!image_symbol(orc->kernel->image, "asm_exc_page_fault", &address) &&
	    !image_symbol(orc->kernel->image, "page_fault", &address))	/* before 5.8 */
		return NULL;
	if (find_entry(orc, address, &entry, &unreadable) != ORC_FOUND ||
	    entry.sp_offset != 8)
		return NULL;
	switch (entry.flags) {
	case 2 << 8 | 5:		/* REGS_PARTIAL */
		return &formats[0];
	case 1 << 10 | 2 << 8 | 5:	/* and signal */
		return &formats[1];
	case 1 << 11 | 4 << 8 | 5:
		return &formats[2];
	case 1 << 11 | 4 << 8 | 3:
		return &formats[3];
	}
	return NULL;
}

void orc_open(struct orc *orc, const struct kernel *kernel, const struct code *code)
{
	uint64_t address;

	*orc = (struct orc){.kernel = kernel, .code = code};
	/*
	 * 87ccc826bf1c of 5.12 changed what an indirect rsp means, together with the
	 * way to switch to the IRQ stack; between 5.8 and 5.11 no entry has it.
	 */
	orc->at_rsp_first =
		image_symbol(kernel->image, "hardirq_stack_inuse", &address) ||
		image_symbol(kernel->image, "pcpu_hot", &address);
	orc->format = format_of_header(kernel);
	if (!orc->format)
		orc->format = format_of_page_fault(orc);
}

unsigned int orc_version(const struct orc *orc)
{
	return orc->format ? orc->format->version : 0;
}

static struct orc_place place(const struct orc *orc, unsigned int number, int16_t offset)
{
	struct orc_place place = orc->format->places[number];

	if (place.base == ORC_AT_RSP && !orc->at_rsp_first)
		place.base = ORC_AT_RSP_OFFSET;
	place.offset = offset;
	return place;
}

/* Is there such a base, for the stack pointer or for rbp? */
static bool place_makes_sense(const struct orc_rule *rule, unsigned int bp_number)
{
	if (rule->sp.base == ORC_NOTHING || rule->sp.base == ORC_PREVIOUS_SP)
		return false;
	return !bp_number || rule->bp.base == ORC_PREVIOUS_SP ||
	       (rule->bp.base == ORC_REGISTER && rule->bp.number == REGISTER_RBP);
}

static bool decode(const struct orc *orc, const struct entry *entry, struct orc_rule *rule)
{
	const struct orc_format *format = orc->format;
	unsigned int bits = entry->flags >> 8, bp_number = entry->flags >> 4 & 15;

	rule->sp = place(orc, entry->flags & 15, entry->sp_offset);
	rule->bp = place(orc, bp_number, entry->bp_offset);
	rule->frame = format->types[bits & ((1U << format->type_bits) - 1)];
	bits >>= format->type_bits;
	if (format->has_signal) {
		rule->signal = bits & 1;
		bits >>= 1;
	} else {
		rule->signal = rule->frame == ORC_REGS || rule->frame == ORC_REGS_PARTIAL;
	}
	if (format->has_end && rule->sp.base == ORC_NOTHING)
		rule->frame = bits & 1 ? ORC_END : ORC_UNDEFINED;
	if (rule->frame == ORC_UNDEFINED || rule->frame == ORC_END)
		return true;
	return place_makes_sense(rule, bp_number);
}

enum orc_status orc_find(const struct orc *orc, uint64_t address, struct orc_rule *rule,
			 uint64_t *unreadable)
{
	struct entry entry;
	enum orc_status status;

	status = find_entry(orc, address, &entry, unreadable);
	if (status != ORC_FOUND)
		return status;
	if (!orc->format)
		return ORC_NONE;
	return decode(orc, &entry, rule) ? ORC_FOUND : ORC_NONE;
}
