// SPDX-License-Identifier: GPL-2.0-or-later
#include "output/sentence.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

static void device_name(const struct kswapck_finding *finding, char *text, size_t size)
{
	if (!finding->device)
		snprintf(text, size, "swap");
	else if (finding->device->name[0])
		snprintf(text, size, "%s", finding->device->name);
	else
		snprintf(text, size, "swap device %u", finding->device->type);
}

/* "slot 5 of vda", "slots 513-1023 of vda", "slots 0-99 of vda (7 of them)" */
static void slots(const struct kswapck_finding *finding, char *text, size_t size)
{
	uint64_t span = finding->last_slot - finding->first_slot + 1;
	char device[80], count[TEXT_NUMBER_SIZE];
	int length;

	device_name(finding, device, sizeof(device));
	if (span == 1) {
		snprintf(text, size, "slot %" PRIu64 " of %s", finding->first_slot, device);
		return;
	}
	length = snprintf(text, size, "slots %" PRIu64 "-%" PRIu64 " of %s",
			  finding->first_slot, finding->last_slot, device);
	if (length < 0 || (size_t)length >= size)
		return;
	if (finding->count && finding->count != span)
		snprintf(text + length, size - (size_t)length, " (%s of them)",
			 text_number(finding->count, count));
	else if (finding->count)
		snprintf(text + length, size - (size_t)length, " (%s)",
			 text_number(finding->count, count));
}

/* "process 12 (storm)", "shmem" */
static void owner(const struct kswapck_finding *finding, char *text, size_t size)
{
	char comm[4 * sizeof(finding->comm)];

	if (!finding->mm)
		snprintf(text, size, "shared memory");
	else if (!finding->pid)
		snprintf(text, size, "a process without tasks (mm 0x%" PRIx64 ")", finding->mm);
	else
		snprintf(text, size, "process %d (%s)", finding->pid,
			 text_visible(finding->comm, comm, sizeof(comm)));
}

static bool is_word(const char *name, size_t length, const char *word)
{
	return strlen(word) == length && !strncmp(name, word, length);
}

/* The words for one {name}; false if there is no such name. */
static bool expand(const struct kswapck_finding *finding, const char *name, size_t length,
		   char *text, size_t size)
{
	bool many = finding->page_per_slot && finding->count > 1;
	char detail[sizeof(finding->detail)];

	if (is_word(name, length, "slots"))
		slots(finding, text, size);
	else if (is_word(name, length, "s"))
		snprintf(text, size, "%s", finding->first_slot == finding->last_slot ? "s" : "");
	else if (is_word(name, length, "first"))
		snprintf(text, size, "%" PRIu64, finding->first_slot);
	else if (is_word(name, length, "page"))
		snprintf(text, size, "0x%" PRIx64 "%s", finding->page,
			 many ? " and others" : "");
	else if (is_word(name, length, "pfn"))
		snprintf(text, size, "0x%" PRIx64 "%s", finding->pfn, many ? "..." : "");
	else if (is_word(name, length, "entry"))
		snprintf(text, size, "0x%" PRIx64, finding->entry);
	else if (is_word(name, length, "owner"))
		owner(finding, text, size);
	else if (is_word(name, length, "detail"))
		snprintf(text, size, "%s%s", many ? "the first one: " : "",
			 text_visible(finding->detail, detail, sizeof(detail)));
	else
		return false;
	return true;
}

void sentence_of(const struct kswapck_finding *finding, char *text, size_t size)
{
	const char *from = finding->problem->sentence;
	size_t used = 0;

	text[0] = 0;
	while (*from && used + 1 < size) {
		const char *end = *from == '{' ? strchr(from, '}') : NULL;

		if (end && expand(finding, from + 1, (size_t)(end - from - 1),
				  text + used, size - used)) {
			used += strlen(text + used);
			from = end + 1;
		} else {
			text[used++] = *from++;
			text[used] = 0;
		}
	}
}

static void blanks(FILE *stream, unsigned int count)
{
	fprintf(stream, "%*s", (int)count, "");
}

/* One line of the text, up to @end, broken at blanks. */
static void wrap_line(FILE *stream, const char *text, const char *end, unsigned int indent,
		      unsigned int column, unsigned int columns)
{
	bool first = true;

	while (text < end) {
		const char *word = text;
		unsigned int length;

		while (text < end && *text != ' ')
			text++;
		length = (unsigned int)(text - word);
		if (!first && columns && column + 1 + length > columns) {
			fputc('\n', stream);
			blanks(stream, indent);
			column = indent;
		} else if (!first) {
			fputc(' ', stream);
			column++;
		}
		fwrite(word, 1, length, stream);
		column += length;
		first = false;
		while (text < end && *text == ' ')
			text++;
	}
}

void sentence_wrap(FILE *stream, const char *text, unsigned int indent,
		   unsigned int column, unsigned int columns)
{
	for (;;) {
		const char *end = strchrnul(text, '\n');

		if (*text == ' ')
			fwrite(text, 1, (size_t)(end - text), stream);
		else
			wrap_line(stream, text, end, indent, column, columns);
		if (!*end)
			return;
		fputc('\n', stream);
		blanks(stream, indent);
		column = indent;
		text = end + 1;
	}
}
