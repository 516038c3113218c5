/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a child says of its dump (kswapck record), checked, member by member. */
#ifndef KSWAPCK_BATCH_REPORT_H
#define KSWAPCK_BATCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#define REPORT_MEMBERS 11

struct report {
	char *members[REPORT_MEMBERS];	/* as JSON */
};

/** report_member_name - of the N-th; a constant. */
const char *report_member_name(size_t index);

/** report_read - false if that is no such report, all of it; then there is nothing to free. */
bool report_read(struct report *report, const char *text, size_t length);
void report_free(struct report *report);

#endif
