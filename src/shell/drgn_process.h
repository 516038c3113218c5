/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drgn that runs beside the shell, on the same dump and vmlinux. */
#ifndef KSWAPCK_SHELL_DRGN_PROCESS_H
#define KSWAPCK_SHELL_DRGN_PROCESS_H

#include "shell/shell.h"

struct drgn_process;

/**
 * drgn_process_start - start the program "drgn" of the PATH.
 *
 * Return: to be ended with drgn_process_end(); NULL with @err set when there is no drgn.
 * Whether it opens the dump shows when it is asked; if not, it says why on stderr.
 */
struct drgn_process *drgn_process_start(const struct shell *shell, struct error *err);
void drgn_process_end(struct drgn_process *process);	/* NULL is fine */

/**
 * drgn_process_ask - send a message and wait for the answer.
 * @kind: 'E' code to run, 'F' the findings as scan's document, 'P' a prompt (see below).
 * @answer: what it printed; to be freed. Ctrl-C interrupts drgn, not us.
 *
 * Return: false with @err set when it is gone, and when the code failed: what that printed
 * before is in @answer.
 */
bool drgn_process_ask(struct drgn_process *process, char kind, const char *text, char **answer,
		      struct error *err);

/**
 * drgn_process_talk - lend the terminal to drgn, for a prompt of its own, until its end.
 *
 * Stdin and stdout must be a terminal. Names are those of the code that was run.
 *
 * Return: as drgn_process_ask(). The terminal is ours again in any case.
 */
bool drgn_process_talk(struct drgn_process *process, struct error *err);

#endif
