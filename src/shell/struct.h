/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A type as C declares it, and the values of an object. */
#ifndef KSWAPCK_STRUCT_H
#define KSWAPCK_STRUCT_H

#include "shell/print.h"

struct struct_request {
	struct type_part part;	/* what is shown: a whole type (name "", offset 0) or a member */
	bool valued;		/* with the values of the object at @address */
	uint64_t address;	/* of the outer type */
	bool all;		/* elements of arrays, however many */
};

/**
 * struct_write - begin @answer and show it.
 *
 * Return: false with @err set when it cannot be shown; then nothing was written.
 */
bool struct_write(struct answer *answer, const struct struct_request *request,
		  struct error *err);

#endif
