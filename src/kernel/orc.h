/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ORC tables: for each place in the code, where the caller's stack pointer, rbp
 * and return address are. One file that knows all forms of an entry
 * (arch/x86/include/asm/orc_types.h); each has been 6 bytes.
 */
#ifndef KSWAPCK_ORC_H
#define KSWAPCK_ORC_H

#include "kernel/code.h"
#include "kernel/registers.h"

/* What lies at the stack pointer that a rule gives. */
enum orc_frame {
	ORC_UNDEFINED,		/* nothing is known */
	ORC_END,		/* no caller: the first function */
	ORC_CALL,		/* just below: the return address */
	ORC_REGS,		/* struct pt_regs */
	ORC_REGS_PARTIAL,	/* what the CPU pushes: the end of it, from PT_REGS_IRET on */
};

enum orc_base {
	ORC_NOTHING,		/* not changed, or not known */
	ORC_PREVIOUS_SP,	/* the caller's stack pointer */
	ORC_REGISTER,
	ORC_AT_RBP,		/* the word at rbp + offset */
	ORC_AT_RSP,		/* the word at rsp, plus offset */
	ORC_AT_RSP_OFFSET,	/* the word at rsp + offset */
};

struct orc_place {
	enum orc_base base;
	enum register_number number;	/* for ORC_REGISTER */
	int32_t offset;			/* bytes */
};

struct orc_rule {
	enum orc_frame frame;
	struct orc_place sp;
	struct orc_place bp;	/* rbp is saved there; ORC_NOTHING: it has not changed */
	bool signal;		/* the caller was interrupted: its rip is no return address */
};

struct orc_format;

struct orc {
	const struct kernel *kernel;
	const struct code *code;
	const struct orc_format *format;	/* NULL: not known */
	bool at_rsp_first;		/* ORC_AT_RSP: since 5.12 */
};

/** orc_open - find out in which form the tables are. */
void orc_open(struct orc *orc, const struct kernel *kernel, const struct code *code);

enum orc_status {
	ORC_FOUND,
	ORC_NONE,		/* no table for that code, or an entry of no known form */
	ORC_UNREADABLE,
};

/**
 * orc_find - the rule for the instruction at @address.
 * @unreadable: filled with the address of the table that is not in the dump.
 */
enum orc_status orc_find(const struct orc *orc, uint64_t address, struct orc_rule *rule,
			 uint64_t *unreadable);

/** orc_version - the form, 1 to 4 (see orc.c); 0: not known. */
unsigned int orc_version(const struct orc *orc);

#endif
