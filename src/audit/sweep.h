/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second half of an audit: who refers to the slots. Goes through the page tables
 * of all processes and the trees of all shmem files, once.
 */
#ifndef KSWAPCK_SWEEP_H
#define KSWAPCK_SWEEP_H

#include "audit/context.h"

/**
 * sweep_run - feed reference and references events.
 *
 * What could not be read is counted in the summary. Return: false with @err set
 * when out of memory.
 */
bool sweep_run(struct kswapck_audit *audit, struct error *err);

#endif
