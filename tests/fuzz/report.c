// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports in JSON, as 'diff' reads them: one, or two behind one another. */
#include <stdio.h>

#include "diff/diff.h"
#include "fuzz.h"

static bool parse(struct diff_document *document, const uint8_t *data, size_t size)
{
	FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
	struct error err = {0};
	bool good = stream && diff_document_parse(document, stream, "a report", &err);

	if (stream)
		fclose(stream);
	return good;
}

static void compare(const struct diff_document *before, const struct diff_document *after)
{
	struct error err = {0};
	struct diff diff = {0};

	diff_same_boot(before, after);
	diff_same_devices(before, after);
	if (diff_compare(before, after, DIFF_BY_SLOT, &diff, &err))
		diff_free(&diff);
	diff = (struct diff){0};
	if (diff_compare(after, before, DIFF_BY_PROBLEM, &diff, &err))
		diff_free(&diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *middle = size ? memchr(data, '\0', size) : NULL;
	size_t first = middle ? (size_t)(middle - data) : size;
	struct diff_document before = {0}, after = {0};
	bool good = parse(&before, data, first);

	/* no second one: with itself */
	if (middle)
		good &= parse(&after, middle + 1, size - first - 1);
	if (good)
		compare(&before, middle ? &after : &before);
	diff_document_free(&before);
	diff_document_free(&after);
	return 0;
}
