// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

unsigned int text_utf8_length(const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	unsigned int length, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	for (i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, and what lies above U+10FFFF */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return length;
}

/* U+061C, U+200E-200F, U+202A-202E and U+2066-2069: they turn the order of what follows. */
static bool is_direction(const unsigned char *s, unsigned int length)
{
	if (length == 2)
		return s[0] == 0xd8 && s[1] == 0x9c;
	if (length != 3 || s[0] != 0xe2)
		return false;
	if (s[1] == 0x80)
		return s[2] == 0x8e || s[2] == 0x8f || (s[2] >= 0xaa && s[2] <= 0xae);
	return s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9;
}

/* Below a blank, DEL, U+0080 to U+009F, and bytes that are no UTF-8: some are that too. */
static bool is_control(const char *string, unsigned int length)
{
	const unsigned char *s = (const unsigned char *)string;

	return !length || s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0) ||
	       is_direction(s, length);
}

const char *text_visible(const char *string, char *text, size_t size)
{
	size_t used = 0;

	while (*string) {
		unsigned int length = text_utf8_length(string);
		bool control = is_control(string, length);

		if (!length)
			length = 1;
		if (used + (control ? 1 : length) + 1 > size)
			break;
		/* one for each character, or for each byte that is none */
		if (control)
			text[used++] = '?';
		else
			memcpy(text + used, string, length);
		used += control ? 0 : length;
		string += length;
	}
	text[used] = 0;
	return text;
}

bool text_is_visible(const char *string)
{
	unsigned int length;

	for (; *string; string += length) {
		length = text_utf8_length(string);
		if (*string != '\n' && is_control(string, length))
			return false;
	}
	return true;
}

const char *text_time(int64_t seconds, char text[TEXT_TIME_SIZE])
{
	time_t time = (time_t)seconds;
	struct tm parts;

	if (!gmtime_r(&time, &parts) || !strftime(text, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
		text[0] = '\0';
	return text;
}
