/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel code by name: the kernel's own and that of its modules. */
#ifndef KSWAPCK_CODE_H
#define KSWAPCK_CODE_H

#include "kernel/kernel.h"

struct code;

struct code_name {
	char function[128];
	char module[64];	/* empty: the kernel itself */
	uint64_t offset;	/* bytes from the start of the function */
};

/* Where the ORC tables of some code are (kernel/orc.h). */
struct code_orc {
	uint64_t ip;		/* address of the sorted array of s32 */
	uint64_t entries;	/* of the array of orc_entry */
	uint64_t count;		/* elements of both */
};

/**
 * code_open - find the kernel's code and that of its modules (struct module).
 *
 * Modules whose list or tables cannot be read are left out; code_gap() tells.
 *
 * Return: NULL with @err set only when out of memory.
 */
struct code *code_open(const struct kernel *kernel, struct error *err);
void code_close(struct code *code);	/* NULL is fine */

/** code_is_text - can @address be an instruction of the kernel or a module? */
bool code_is_text(const struct code *code, uint64_t address);

/**
 * code_name_at - the function that @address is in.
 *
 * For a return address give @address - 1: the call may be a function's last
 * instruction.
 */
bool code_name_at(const struct code *code, uint64_t address, struct code_name *name);

/** code_orc_at - the tables for @address; false if it has none. */
bool code_orc_at(const struct code *code, uint64_t address, struct code_orc *orc);

/** code_gap - what is not known of modules, a constant; NULL: nothing. */
const char *code_gap(const struct code *code);

#endif
