// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/vmcoreinfo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *vmcoreinfo_line(const char *text, const char *key, size_t *length)
{
	size_t key_length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		if (*line == '\n')
			line++;
		if (!strncmp(line, key, key_length) && line[key_length] == '=') {
			line += key_length + 1;
			*length = strcspn(line, "\n");
			return line;
		}
	}
	return NULL;
}

bool vmcoreinfo_number(const char *text, const char *kind, const char *name, int base,
		       uint64_t *value)
{
	char key[96];
	const char *line;
	size_t length;
	char *end;

	snprintf(key, sizeof(key), "%s(%s)", kind, name);
	line = vmcoreinfo_line(text, key, &length);
	/* strtoull() would go over white space into the next line. */
	if (!line || !length || strchr(" \t\r\v\f", *line))
		return false;
	if (base == 10 && line[0] == '0' && (line[1] == 'x' || line[1] == 'X'))
		base = 16;
	errno = 0;
	/* A minus is fine with strtoull(): NUMBER(phys_base) may be negative. */
	*value = strtoull(line, &end, base);
	return !errno && end == line + length;
}

uint32_t vmcoreinfo_page_size(const char *text)
{
	size_t length;
	const char *line = vmcoreinfo_line(text, "PAGESIZE", &length);
	unsigned long size = line ? strtoul(line, NULL, 10) : 0;

	return size >= 4096 && size <= 65536 && !(size & (size - 1)) ? (uint32_t)size : 0;
}
