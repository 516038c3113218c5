// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/report.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const names[REPORT_MEMBERS] = {
	"dump", "kernel", "taken", "verdict", "text", "fingerprint", "recipe", "bugs", "problems",
	"findings", "coverage",
};

const char *report_member_name(size_t index)
{
	return names[index];
}

bool report_read(struct report *report, const char *text, size_t length)
{
	json_t *document = json_loadb(text, length, 0, NULL);
	bool whole = true;
	size_t i;

	*report = (struct report){0};
	for (i = 0; i < REPORT_MEMBERS && whole; i++) {
		report->members[i] = json_dumps(json_object_get(document, names[i]),
						JSON_ENCODE_ANY);
		whole = report->members[i];
	}
	json_decref(document);
	if (!whole)
		report_free(report);
	return whole;
}

void report_free(struct report *report)
{
	size_t i;

	for (i = 0; i < REPORT_MEMBERS; i++)
		free(report->members[i]);
}
