// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels before 6.0 do not tell where their kallsyms tables are. They are found
 * by what they look like: every kernel has symbols with digits in their names, so
 * that the tokens '0' to '9' stand for themselves and lie in a row.
 *
 * Order of the tables in .rodata (scripts/kallsyms.c, write_src()):
 *   until 6.3	values, [relative_base], num_syms, names, markers,
 *		[seqs_of_names], token_table, token_index
 *   from 6.6	num_syms, names, markers, token_table, token_index,
 *		values, [relative_base], seqs_of_names
 * each aligned to 8 bytes, from 7.0 to 4. Stable kernels mix these, so every
 * combination is tried and none is chosen by version.
 */
#include "image/kallsyms.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_WINDOW (UINT64_C(80) << 20)
#define SCAN_STEP 4096u		/* divides every page size */
#define SCAN_CHUNK (8 * SCAN_STEP)	/* read at once where all of it is in the dump */

static const char digits[] = "0\0" "1\0" "2\0" "3\0" "4\0" "5\0" "6\0" "7\0" "8\0" "9";

/* Fewer symbols than this no bootable kernel has; it keeps chance hits away. */
#define COUNT_MIN 1024u
/* What lies between num_syms and token_table, at most. */
#define TABLES_MAX ((size_t)24 << 20)

static uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static uint32_t get_u32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/*
 * Read the tokens from @first on, one string behind the other.
 * @start: filled with the offset of each from that of @first.
 * Return: bytes of all of them, 0 when these are no tokens.
 */
static uint32_t measure_tokens(struct memory *memory, uint64_t address, uint32_t first,
			       uint32_t *start)
{
	char text[KALLSYMS_TOKEN_MAX + 2];
	uint32_t used = 0, i;
	size_t length;

	for (i = first; i < KALLSYMS_TOKENS; i++) {
		start[i] = used;
		if (memory_read_string(memory, address + used, text, sizeof(text)) !=
		    READ_OK)
			return 0;
		length = strlen(text);
		if (length > KALLSYMS_TOKEN_MAX)
			return 0;
		used += (uint32_t)length + 1;
	}
	return used;
}

/*
 * The index behind the table says where the table begins; then both must agree
 * on every token.
 */
static bool check_token_table(struct memory *memory, uint64_t zero_token,
			      struct kallsyms_place *place)
{
	uint32_t start[KALLSYMS_TOKENS];
	uint8_t index[KALLSYMS_TOKENS * 2];
	uint32_t align, i, size;
	uint64_t end;

	size = measure_tokens(memory, zero_token, '0', start);
	if (!size)
		return false;
	end = zero_token + size;
	for (align = 4; align <= 8; align += 4) {
		place->token_index = align_up(end, align);
		if (memory_read(memory, place->token_index, index, sizeof(index)) !=
		    READ_OK)
			continue;
		place->token_table = zero_token - (index['0' * 2] |
						   (uint32_t)index['0' * 2 + 1] << 8);
		size = measure_tokens(memory, place->token_table, 0, start);
		if (!size || place->token_table + size != end)
			continue;
		for (i = 0; i < KALLSYMS_TOKENS; i++)
			if (start[i] != (index[2 * i] | (uint32_t)index[2 * i + 1] << 8))
				break;
		if (i == KALLSYMS_TOKENS)
			return true;
	}
	return false;
}

/* The bytes below token_table, read backwards; the last of @room is the nearest. */
struct tail {
	uint8_t *bytes;
	size_t room;
	size_t have;
	uint64_t end;		/* address behind the last byte */
};

static const uint8_t *tail_at(const struct tail *tail, uint64_t address)
{
	return tail->bytes + (tail->room - (size_t)(tail->end - address));
}

/* Do @count names from @names on end where their markers begin, and agree with them? */
static bool names_decode(const struct tail *tail, uint64_t names, uint32_t count,
			 uint64_t markers, bool uleb)
{
	const uint8_t *marker = tail_at(tail, markers);
	const uint8_t *bytes = tail_at(tail, names);
	size_t size = (size_t)(markers - names), at = 0;
	uint32_t i, length;

	for (i = 0; i < count; i++) {
		if (i % KALLSYMS_MARKER_STEP == 0 &&
		    get_u32(marker + i / KALLSYMS_MARKER_STEP * 4) != at)
			return false;
		if (at + 2 > size)
			return false;
		length = bytes[at++];
		if (uleb && (length & 0x80))
			length = (length & 0x7f) | (uint32_t)bytes[at++] << 7;
		if (!length || length > size - at)
			return false;
		at += length;
	}
	return size - at < 8;
}

/* Is the word at @at the number of symbols? Names follow it, then their markers. */
static bool check_count(const struct tail *tail, uint64_t at, struct kallsyms_place *place)
{
	uint32_t count = get_u32(tail_at(tail, at));
	uint64_t marker_size = (uint64_t)(count + KALLSYMS_MARKER_STEP - 1) /
			       KALLSYMS_MARKER_STEP * 4;
	uint32_t align, seqs;

	/* A name takes two bytes at least. */
	if (count < COUNT_MIN || count > KALLSYMS_COUNT_MAX ||
	    (uint64_t)count * 2 > tail->end - at)
		return false;
	for (align = 4; align <= 8; align += 4) {
		uint64_t names = align_up(at + 4, align);

		/* seqs_of_names, 3 bytes each: 6.2, and 6.1 stable, until 6.3 */
		for (seqs = 0; seqs <= 3; seqs += 3) {
			uint64_t behind = align_up((uint64_t)count * seqs, align) +
					  align_up(marker_size, align);
			uint64_t markers = tail->end - behind;

			if (behind >= tail->end - names)
				continue;
			if (!names_decode(tail, names, count, markers, true) &&
			    !names_decode(tail, names, count, markers, false))
				continue;
			place->names = names;
			place->count = count;
			return true;
		}
	}
	return false;
}

static bool grow_tail(struct tail *tail)
{
	size_t room = tail->room ? tail->room * 2 : (size_t)2 << 20;
	uint8_t *bytes;

	if (room > TABLES_MAX)
		room = TABLES_MAX;
	if (room <= tail->room)
		return false;
	bytes = malloc(room);
	if (!bytes)
		return false;
	if (tail->have)
		memcpy(bytes + room - tail->have, tail->bytes + tail->room - tail->have,
		       tail->have);
	free(tail->bytes);
	tail->bytes = bytes;
	tail->room = room;
	return true;
}

/* Backwards from the token table, a page at a time, to the number of symbols. */
static bool find_count(struct memory *memory, uint64_t *count_at,
		       struct kallsyms_place *place)
{
	struct tail tail = { .end = place->token_table };
	bool found = false;

	while (!found) {
		uint64_t top = tail.end - tail.have;
		size_t step = (top - 1) % SCAN_STEP + 1;
		uint64_t at;

		if (tail.have + step > tail.room && !grow_tail(&tail))
			break;
		if (memory_read(memory, top - step,
				tail.bytes + tail.room - tail.have - step,
				step) != READ_OK)
			break;
		tail.have += step;
		for (at = (top - 1) & ~UINT64_C(3); !found && at >= top - step; at -= 4) {
			found = at + 4 <= tail.end && check_count(&tail, at, place);
			*count_at = at;
		}
	}
	free(tail.bytes);
	return found;
}

static void add_values(struct kallsyms_place *place, uint64_t address, uint32_t width,
		       uint64_t base)
{
	if (place->values_count < sizeof(place->values) / sizeof(place->values[0]))
		place->values[place->values_count++] =
			(struct kallsyms_values){ address, width, base };
}

/*
 * All places where the values may be; the one that gives the right addresses will
 * be taken. Behind token_index they begin at once or after 4 bytes of padding,
 * which is zero, as no place-relative offset is; try the likely one first.
 */
static void list_values(struct memory *memory, struct kallsyms_place *place,
			uint64_t count_at)
{
	uint64_t size = (uint64_t)place->count * 4;
	uint64_t behind = place->token_index + KALLSYMS_TOKENS * 2;
	uint64_t aligned = align_up(behind, 8);
	uint32_t first = 0;

	memory_read_u32(memory, behind, &first);
	place->values_count = 0;
	add_values(place, count_at - 8 - align_up(size, 8), 4, count_at - 8);
	add_values(place, count_at - 2 * size, 8, 0);
	if (first)
		add_values(place, behind, 4, align_up(behind + size, 8));
	add_values(place, aligned, 4, align_up(aligned + size, 8));
	add_values(place, aligned, 8, 0);
	if (!first)
		add_values(place, behind, 4, align_up(behind + size, 8));
}

/* Pages, and what of a row of digits may lie over their beginning or their end. */
struct window {
	uint8_t bytes[sizeof(digits) + SCAN_CHUNK];
	size_t have;
};

/* The next row of digits, from @from on; NULL: none. */
static const uint8_t *next_digits(const struct window *window, const uint8_t *from)
{
	return memmem(from, (size_t)(window->bytes + window->have - from),
		      digits, sizeof(digits));
}

static bool scan_window(struct memory *memory, const struct window *window, uint64_t start,
			struct kallsyms_place *place)
{
	const uint8_t *hit = window->bytes;
	uint64_t count_at;

	while ((hit = next_digits(window, hit))) {
		uint64_t address = start + (uint64_t)(hit - window->bytes);

		*place = (struct kallsyms_place){ 0 };
		if (check_token_table(memory, address, place) &&
		    find_count(memory, &count_at, place)) {
			list_values(memory, place, count_at);
			return true;
		}
		hit++;
	}
	return false;
}

static size_t overlap(const struct window *window)
{
	return window->have < sizeof(digits) - 1 ? window->have : sizeof(digits) - 1;
}

/* The @size bytes at @address, behind those of before. False: they cannot be read. */
static bool read_behind(struct memory *memory, struct window *window, uint64_t address,
			size_t size)
{
	size_t keep = overlap(window);

	memmove(window->bytes, window->bytes + window->have - keep, keep);
	window->have = keep;
	if (memory_read_once(memory, address, window->bytes + keep, size) != READ_OK)
		return false;
	window->have += size;
	return true;
}

/* The same in front of them. */
static bool read_before(struct memory *memory, struct window *window, uint64_t address,
			size_t size)
{
	size_t keep = overlap(window);

	memmove(window->bytes + size, window->bytes, keep);
	window->have = keep;
	if (memory_read_once(memory, address, window->bytes, size) != READ_OK) {
		memmove(window->bytes, window->bytes + size, keep);
		return false;
	}
	window->have += size;
	return true;
}

/* A page at a time where not all can be read. @unread: counts the pages that cannot. */
static bool scan_down(struct memory *memory, uint64_t first, uint64_t end, uint64_t *unread,
		      struct kallsyms_place *place)
{
	struct window window = { .have = 0 };
	size_t step;

	if (end > first && memory_read(memory, end, window.bytes, sizeof(digits) - 1) == READ_OK)
		window.have = sizeof(digits) - 1;
	for (; end > first; end -= step) {
		step = end - first < SCAN_CHUNK ? SCAN_STEP : SCAN_CHUNK;
		if (!read_before(memory, &window, end - step, step)) {
			step = SCAN_STEP;
			if (!read_before(memory, &window, end - step, step)) {
				window.have = 0;
				++*unread;
				continue;
			}
		}
		if (scan_window(memory, &window, end - step, place))
			return true;
	}
	return false;
}

static bool scan_up(struct memory *memory, uint64_t first, uint64_t end, uint64_t *unread,
		    struct kallsyms_place *place)
{
	struct window window = { .have = 0 };
	size_t step;

	for (; first < end; first += step) {
		step = end - first < SCAN_CHUNK ? SCAN_STEP : SCAN_CHUNK;
		if (!read_behind(memory, &window, first, step)) {
			step = SCAN_STEP;
			if (!read_behind(memory, &window, first, step)) {
				window.have = 0;
				++*unread;
				continue;
			}
		}
		if (scan_window(memory, &window, first + step - window.have, place))
			return true;
	}
	return false;
}

/* Between code and data lie the constants, and the tables near their end: down from @data. */
bool kallsyms_scan(struct memory *memory, uint64_t stext, uint64_t data,
		   struct kallsyms_place *place, struct error *err)
{
	uint64_t first = stext & ~(uint64_t)(SCAN_STEP - 1), middle = first, unread = 0;
	uint64_t end = first + SCAN_WINDOW;

	if (data > first && data < end)
		middle = data & ~(uint64_t)(SCAN_STEP - 1);
	if (scan_down(memory, first, middle, &unread, place) ||
	    scan_up(memory, middle, end, &unread, place))
		return true;
	return error_set(err, ERROR_MISSING,
			 "no kallsyms found in the kernel image from 0x%" PRIx64
			 " on (%" PRIu64 " of %u pages not readable)",
			 stext, unread, (unsigned int)(SCAN_WINDOW / SCAN_STEP));
}
