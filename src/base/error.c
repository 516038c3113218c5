// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;

	if (!err)
		return false;
	err->kind = kind;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
	char prefix[sizeof(err->text) / 2];
	size_t length;
	va_list args;

	if (!err)
		return false;
	va_start(args, format);
	vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	/* what does not fit is cut at the end */
	length = strlen(prefix);
	memmove(err->text + length + 2, err->text, sizeof(err->text) - length - 2);
	memcpy(err->text, prefix, length);
	memcpy(err->text + length, ": ", 2);
	err->text[sizeof(err->text) - 1] = 0;
	return false;
}
