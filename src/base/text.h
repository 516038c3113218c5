/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small words for people, used by errors and reports alike. */
#ifndef KSWAPCK_TEXT_H
#define KSWAPCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_NUMBER_SIZE 27	/* 18,446,744,073,709,551,615 and a NUL */

/** text_number - a number as people read it: 8,123,456. Returns @text. */
const char *text_number(uint64_t number, char text[TEXT_NUMBER_SIZE]);

#define TEXT_TIME_SIZE 32

/** text_time - seconds since 1970 as 2026-11-21T13:07:11Z. Returns @text. */
const char *text_time(int64_t seconds, char text[TEXT_TIME_SIZE]);

/** text_utf8_length - bytes of the UTF-8 character at @string; 0 if it is none. */
unsigned int text_utf8_length(const char *string);

/**
 * text_visible - a string from outside as it may be shown: control characters and marks
 * of direction, which a terminal would obey, and bytes that are no UTF-8 become '?'.
 * Returns @text.
 */
const char *text_visible(const char *string, char *text, size_t size);

/** text_is_visible - would text_visible() leave all of it but the ends of lines alone? */
bool text_is_visible(const char *string);

#endif
