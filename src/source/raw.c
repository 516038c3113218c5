// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The smallest page that there is. */
#define PAGE 4096

/* Without 0x the tools of phones disagree on what a number is: so it is asked for. */
bool raw_part_parse(const char *text, struct raw_part *part, struct error *err)
{
	const char *at = strrchr(text, '@');
	uint64_t address;
	char *end;

	if (!at || at == text)
		return error_set(err, ERROR_USAGE, "--raw: '%s' is not FILE@ADDRESS: the physical "
				 "address of the file's first byte is missing", text);
	errno = 0;
	address = strtoull(at + 1, &end, 16);
	if (at[1] != '0' || (at[2] | 0x20) != 'x' || end == at + 3 || *end || errno)
		return error_set(err, ERROR_USAGE, "--raw: '%s': the address is no number with 0x "
				 "in front, as in ram.bin@0x80000000", text);
	if (address % PAGE || address >> 52)
		return error_set(err, ERROR_USAGE, "--raw: '%s': no page of RAM begins at that "
				 "address", text);
	part->path = strndup(text, (size_t)(at - text));
	part->address = address;
	return part->path || error_set(err, ERROR_SYSTEM, "out of memory");
}

static bool check_overlap(struct file *const *files, const struct elf_headers *headers,
			  struct error *err)
{
	for (size_t i = 1; i < headers->segment_count; i++) {
		const struct elf_segment *segment = &headers->segments[i], *before = segment - 1;

		if (headers->reach[i - 1] > segment->physical)
			return error_set(err, ERROR_INPUT, "%s: holds RAM from 0x%llx on, where %s "
					 "still goes on to 0x%llx; which address is wrong?",
					 file_name(files[segment->file]),
					 (unsigned long long)segment->physical,
					 file_name(files[before->file]),
					 (unsigned long long)headers->reach[i - 1]);
	}
	return true;
}

/* The one thing that a file without a header tells of being cut. */
static bool check_whole_pages(struct file *const *files, size_t count, struct error *err)
{
	char text[TEXT_NUMBER_SIZE];

	for (size_t i = 0; i < count; i++)
		if (file_size(files[i]) % PAGE)
			return error_set(err, ERROR_INPUT, "%s: cut: its %s bytes are no whole "
					 "pages of RAM; copy it again", file_name(files[i]),
					 text_number(file_size(files[i]), text));
	return true;
}

struct elf_headers *raw_headers(struct file *const *files, const struct raw_part *parts,
				size_t count, struct error *err)
{
	struct elf_segment *segments;
	struct elf_headers *headers;

	if (!check_whole_pages(files, count, err))
		return NULL;
	segments = calloc(count, sizeof(*segments));
	if (!segments) {
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		segments[i] = (struct elf_segment){
			.physical = parts[i].address,
			.memory_size = file_size(files[i]),
			.file_size = file_size(files[i]),
			.file = i,
		};
	headers = elf_headers_of_segments(segments, count);
	if (!headers) {
		free(segments);
		error_set(err, ERROR_SYSTEM, "out of memory");
	} else if (!check_overlap(files, headers, err)) {
		elf_headers_free(headers);
		headers = NULL;
	}
	return headers;
}
