/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How to see the evidence of a finding by hand, in crash and in drgn. */
#ifndef KSWAPCK_CONFIRM_H
#define KSWAPCK_CONFIRM_H

#include "output/output.h"

#define CONFIRM_COMMAND_MAX 64

/** confirm_crash - the command of crash that prints @evidence: "rd -64 ffff8e0a4040e708". */
void confirm_crash(const struct kswapck_evidence *evidence, char *command, size_t size);

/** confirm_drgn - the expression of drgn whose value is that of @evidence. */
void confirm_drgn(const struct kswapck_evidence *evidence, char *command, size_t size);

/** confirm_text - the finding, and for each value of it both commands and what they print. */
void confirm_text(const struct output_options *options, const struct kswapck_finding *finding);

#endif
