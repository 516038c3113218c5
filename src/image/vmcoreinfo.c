// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/vmcoreinfo.h"
#include "source/vmcoreinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool vmcoreinfo_copy(const char *text, const char *key, char *value, size_t size)
{
	size_t length;
	const char *line = vmcoreinfo_line(text, key, &length);

	if (!line || length >= size)
		return false;
	memcpy(value, line, length);
	value[length] = '\0';
	return true;
}

bool vmcoreinfo_hex(const char *text, const char *key, uint64_t *value)
{
	char number[20];
	char *end;

	/* strtoull() alone would take white space, signs and an empty text. */
	if (!vmcoreinfo_copy(text, key, number, sizeof(number)) ||
	    !number[0] || number[strspn(number, "0123456789abcdefABCDEF")])
		return false;
	errno = 0;
	*value = strtoull(number, &end, 16);
	return !errno && !*end;
}

bool vmcoreinfo_symbol(const char *text, const char *name, uint64_t *value)
{
	return vmcoreinfo_number(text, "SYMBOL", name, 16, value);
}

bool vmcoreinfo_signed(const char *text, const char *name, int64_t *value)
{
	uint64_t bits;

	if (!vmcoreinfo_number(text, "NUMBER", name, 10, &bits))
		return false;
	*value = (int64_t)bits;
	return true;
}

/* A minus sign would have made it huge. */
static bool bytes_of(const char *text, const char *kind, const char *name, uint64_t *value)
{
	return vmcoreinfo_number(text, kind, name, 10, value) && *value <= UINT32_MAX;
}

bool vmcoreinfo_size(const char *text, const char *name, uint64_t *value)
{
	return bytes_of(text, "SIZE", name, value);
}

bool vmcoreinfo_offset(const char *text, const char *name, uint64_t *value)
{
	return bytes_of(text, "OFFSET", name, value);
}
