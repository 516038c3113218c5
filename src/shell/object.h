/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An object of the kernel in memory, and its values as text and JSON, by its type. */
#ifndef KSWAPCK_OBJECT_H
#define KSWAPCK_OBJECT_H

#include "shell/print.h"

#define OBJECT_SIZE_MAX (1u << 20)	/* bytes of one object that is read */

/* Its bytes, as far as they are in the dump. */
struct object {
	uint64_t address;
	uint64_t size;
	unsigned char *bytes;
	unsigned char *status;	/* [size]: enum read_status of each byte */
};

/** object_read - @size bytes at @address; false with @err set if there is no room. */
bool object_read(const struct kernel *kernel, uint64_t address, uint64_t size,
		 struct object *object, struct error *err);
void object_free(struct object *object);

/** object_status - of @size bytes from @offset on: READ_OK, or why one cannot be read. */
enum read_status object_status(const struct object *object, uint64_t offset, uint64_t size);

/* A value that is no composite and no array. */
struct scalar {
	struct type_node node;	/* its type, stripped */
	type_id type;
	bool known;		/* size and place make sense, and it could be read */
	enum read_status status;
	uint64_t value;		/* sign-extended if the type is signed */
};

/** scalar_load - @part of the composite that begins at @base in @object. */
bool scalar_load(struct types *types, const struct object *object, uint64_t base,
		 const struct type_part *part, struct scalar *scalar);

/** scalar_text - "0x1f", "-1", "true", "'a'", "MODULE_STATE_LIVE", "0x... <symbol>". */
void scalar_text(struct answer *answer, const struct scalar *scalar, char *text, size_t size);

/** scalar_json - the same as a member @key; words of 8 bytes are "0x..." strings. */
void scalar_json(struct answer *answer, const char *key, const struct scalar *scalar);

#endif
