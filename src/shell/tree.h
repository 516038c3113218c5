/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An xarray of any kind: its nodes and entries. */
#ifndef KSWAPCK_SHELL_TREE_H
#define KSWAPCK_SHELL_TREE_H

#include "shell/print.h"

/**
 * tree_answer - answer 'xa'.
 * @address: of a struct xarray, a struct address_space or an xa_node.
 * @all: all entries and nodes, not the first ones alone.
 */
bool tree_answer(struct shell *shell, uint64_t address, bool all, struct error *err);

#endif
