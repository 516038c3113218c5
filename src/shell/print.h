/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How commands answer: lines with a label for people, or one JSON document.
 *
 * Lines are written only for people; whoever writes to answer->json looks at
 * answer->is_json first.
 */
#ifndef KSWAPCK_PRINT_H
#define KSWAPCK_PRINT_H

#include "kernel/code.h"
#include "output/lines.h"
#include "shell/shell.h"

#define SYMBOL_TEXT_SIZE 240	/* "function+0x1f [module]" */

struct answer {
	struct shell *shell;
	const struct kernel *kernel;
	struct output_options options;
	bool is_json;
	bool begun;		/* the document is */
	struct json_writer json;
	struct code *code;	/* opened when an address in a module is met */
	bool code_tried;
};

/** answer_init - make ready; nothing is written, so that there may still be an error. */
void answer_init(struct answer *answer, struct shell *shell);
/** answer_begin - begin the answer of @command: in JSON, the document. */
void answer_begin(struct answer *answer, const char *command);
/** answer_end - end it, if it was begun, and give back what it has taken. */
void answer_end(struct answer *answer);

/** answer_line - a labelled line that wraps; nothing in JSON. */
void answer_line(const struct answer *answer, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** answer_plain - a line without a label that wraps @indent columns in; nothing in JSON. */
void answer_plain(const struct answer *answer, unsigned int indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * answer_symbol - the symbol that @address lies in: "swapper_spaces+0x8".
 *
 * Return: false, and an empty @text, if it is neither in the kernel nor in the code of
 * a module.
 */
bool answer_symbol(struct answer *answer, uint64_t address, char *text, size_t size);

/** shell_usage - false with ERROR_USAGE: "usage: slot TYPE:OFFSET | ENTRY". */
bool shell_usage(const struct shell_command *commands, const char *name, struct error *err);

/**
 * shell_option - is @option ("-v") among the arguments? Then it is taken out.
 */
bool shell_option(int *argc, char **argv, const char *option);

/** shell_option_value - the same for one with a value; NULL: it is not there. */
const char *shell_option_value(int *argc, char **argv, const char *option);

/** shell_no_options - false with ERROR_USAGE if an argument begins with "-". */
bool shell_no_options(int argc, char **argv, struct error *err);

#endif
