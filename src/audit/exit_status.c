// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/exit_status.h"

int audit_exit_status(const struct audit_summary *audit)
{
	int status = EXIT_CLEAN;

	if (audit->errors)
		status |= EXIT_ERRORS;
	if (audit->warnings)
		status |= EXIT_WARNINGS;
	if (!audit_summary_complete(audit))
		status |= EXIT_INCOMPLETE;
	if (audit->interrupted)
		status |= EXIT_INTERRUPTED;
	return status;
}
