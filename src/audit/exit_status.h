/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program ends with. */
#ifndef KSWAPCK_EXIT_STATUS_H
#define KSWAPCK_EXIT_STATUS_H

#include "audit/audit.h"

/* A sum, as fsck's (fsck(8)). */
enum exit_status {
	EXIT_CLEAN		= 0,
	EXIT_ERRORS		= 1,	/* errors were found */
	EXIT_WARNINGS		= 2,	/* warnings were found */
	EXIT_INCOMPLETE		= 4,	/* something could not be read or verified */
	EXIT_FAILED		= 8,	/* could not analyse */
	EXIT_USAGE		= 16,	/* wrong command line */
	EXIT_INTERRUPTED	= 32,
};

/** audit_exit_status - what an audit makes of it. */
int audit_exit_status(const struct audit_summary *audit);

#endif
