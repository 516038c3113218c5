// SPDX-License-Identifier: GPL-2.0-or-later
#include "expect.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"

struct collector {
	struct scene *scene;
	char *why;
	size_t size;
	bool wrong;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct collector *collector, const char *format, ...)
{
	size_t used = strlen(collector->why);
	va_list args;

	va_start(args, format);
	if (collector->wrong)
		used += (size_t)snprintf(collector->why + used, collector->size - used, "; ");
	if (used < collector->size)
		vsnprintf(collector->why + used, collector->size - used, format, args);
	va_end(args);
	collector->wrong = true;
}

static bool meets(const struct scene *scene, const struct kswapck_finding *finding,
		  const struct expectation *expected)
{
	return !expected->met && !strcmp(finding->problem->id, expected->id) &&
	       finding->count == expected->slots &&
	       (scene->expected_any_slot || finding->first_slot == expected->first_slot) &&
	       (!expected->detail || strstr(finding->detail, expected->detail));
}

/* The proof must stand where the finding says that it stands. */
static void check_evidence(struct collector *collector, const struct kswapck_finding *finding)
{
	unsigned int i;

	if (!finding->evidence_count)
		complain(collector, "%s has no evidence", finding->problem->id);
	for (i = 0; i < finding->evidence_count; i++) {
		const struct kswapck_evidence *evidence = &finding->evidence[i];
		uint64_t value = 0;

		if (memory_read(collector->scene->dump.memory, evidence->address, &value,
				evidence->size) != READ_OK || value != evidence->value)
			complain(collector, "%s says that %s at 0x%" PRIx64 " is 0x%" PRIx64
				 ", but it is 0x%" PRIx64, finding->problem->id, evidence->what,
				 evidence->address, evidence->value, value);
		if (evidence->has_expected && evidence->expected == evidence->value)
			complain(collector, "%s expects %s to be what it is",
				 finding->problem->id, evidence->what);
	}
}

static void take_finding(void *data, const struct kswapck_finding *finding)
{
	struct collector *collector = data;
	struct scene *scene = collector->scene;
	size_t i;

	check_evidence(collector, finding);
	for (i = 0; i < scene->expected_count; i++)
		if (meets(scene, finding, &scene->expected[i])) {
			scene->expected[i].met = true;
			return;
		}
	complain(collector, "found %s:%" PRIu64 " slots %" PRIu64 "-%" PRIu64 " (%s)",
		 finding->problem->id, finding->count, finding->first_slot, finding->last_slot,
		 finding->detail);
}

static void check_unmet(struct collector *collector)
{
	const struct scene *scene = collector->scene;
	size_t i;

	for (i = 0; i < scene->expected_count; i++)
		if (!scene->expected[i].met)
			complain(collector, "no %s:%" PRIu64 " from slot %" PRIu64 " (%s)",
				 scene->expected[i].id, scene->expected[i].slots,
				 scene->expected[i].first_slot,
				 scene->expected[i].detail ? scene->expected[i].detail : "");
}

static void check_summary(struct collector *collector, const struct audit_summary *summary)
{
	const struct scene *scene = collector->scene;
	uint64_t unverified = 0;
	size_t i;

	for (i = 0; i < summary->reason_count; i++)
		unverified += summary->reasons[i].slots;
	if (unverified < scene->unverified || (unverified && !scene->unverified))
		complain(collector, "%" PRIu64 " slots were not judged, not %" PRIu64 " (%s)",
			 unverified, scene->unverified,
			 summary->reason_count ? summary->reasons[0].why : "");
	if (summary->map_unreadable != scene->unseen)
		complain(collector, "the counts of %" PRIu64 " slots were not seen, not %" PRIu64,
			 summary->map_unreadable, scene->unseen);
	if (!scene->unverified && !scene->unseen && !audit_summary_complete(summary))
		complain(collector, "not all was seen");
	if (summary->in_motion < scene->in_motion)
		complain(collector, "%" PRIu64 " slots were in motion, not %" PRIu64,
			 summary->in_motion, scene->in_motion);
}

bool audit_as_expected(struct scene *scene, char *why, size_t size)
{
	struct collector collector = {.scene = scene, .why = why, .size = size};
	const struct audit_sink sink = {.data = &collector, .finding = take_finding};
	const struct audit_options options = {.no_sweep = !scene->sweep};
	struct audit_summary summary;
	struct error err = {0};

	why[0] = 0;
	if (!audit_run(scene->kernel, &scene->catalogue, &options, &sink, &summary, &err)) {
		complain(&collector, "%s", err.text);
		return false;
	}
	check_unmet(&collector);
	check_summary(&collector, &summary);
	return !collector.wrong;
}
