/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A streaming JSON writer: nothing is kept but the depth, so that a million
 * findings need no memory. Strings are escaped and repaired to valid UTF-8;
 * 64-bit addresses are written as "0x..." because readers keep numbers in doubles.
 */
#ifndef KSWAPCK_JSON_WRITER_H
#define KSWAPCK_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH_MAX 16

struct json_writer {
	FILE *stream;
	unsigned int depth;
	bool not_first[JSON_DEPTH_MAX];	/* an item was written at this depth */
	unsigned int flat_from;		/* depth from which no new lines are made; 0: none */
};

/* Begin and end of objects and arrays; @key is NULL within an array. */
void json_object(struct json_writer *json, const char *key);
void json_array(struct json_writer *json, const char *key);
/** json_flat_object - begin an object that is written on one line. */
void json_flat_object(struct json_writer *json, const char *key);
void json_close(struct json_writer *json, char bracket);

void json_string(struct json_writer *json, const char *key, const char *value);	/* NULL: null */
void json_number(struct json_writer *json, const char *key, uint64_t value);
void json_signed(struct json_writer *json, const char *key, int64_t value);
/** json_seconds - with three digits after the point; what is no number becomes null. */
void json_seconds(struct json_writer *json, const char *key, double value);
void json_address(struct json_writer *json, const char *key, uint64_t value);
void json_bool(struct json_writer *json, const char *key, bool value);
void json_null(struct json_writer *json, const char *key);
/** json_raw - a value that is JSON already, on one line. */
void json_raw(struct json_writer *json, const char *key, const char *value);

#endif
