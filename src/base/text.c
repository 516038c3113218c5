// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

const char *text_number(uint64_t number, char text[TEXT_NUMBER_SIZE])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number), i;
	char *out = text;

	for (i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*out++ = ',';
		*out++ = digits[i];
	}
	*out = 0;
	return text;
}

/* Below a blank, DEL, and the second byte of U+0080 to U+009F. */
static bool is_control(const char *string, size_t i)
{
	unsigned char byte = (unsigned char)string[i];

	return byte < 0x20 || byte == 0x7f ||
	       (byte >= 0x80 && byte < 0xa0 && i && (unsigned char)string[i - 1] == 0xc2);
}

const char *text_visible(const char *string, char *text, size_t size)
{
	size_t i;

	for (i = 0; string[i] && i + 1 < size; i++)
		text[i] = is_control(string, i) ? '?' : string[i];
	text[i] = 0;
	return text;
}
