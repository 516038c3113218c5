// SPDX-License-Identifier: GPL-2.0-or-later
/* The audit and its story, made when a command asks for them. */
#include "shell/shell.h"

#include <stdlib.h>
#include <string.h>

#include "command/inspection.h"
#include "story/live.h"

#define FINDINGS_MAX 65536	/* some 50 MiB */

struct gathering {
	struct shell *shell;
	struct output tally;	/* counts; nothing is written */
};

void shell_forget(struct shell *shell)
{
	story_free(shell->story);
	shell->story = NULL;
	story_findings_free(&shell->story_findings);
	free(shell->audit.findings);
	shell->audit = (struct shell_findings){0};
}

static void on_device(void *data, const struct kswapck_device *device)
{
	struct shell_findings *audit = &((struct gathering *)data)->shell->audit;

	if (audit->device_count < sizeof(audit->devices) / sizeof(audit->devices[0]))
		audit->devices[audit->device_count++] = *device;
}

/* Ours of the same type; that of the audit goes with it. */
static const struct kswapck_device *own_device(const struct shell_findings *audit,
					       const struct kswapck_device *device)
{
	size_t i;

	for (i = 0; device && i < audit->device_count; i++)
		if (audit->devices[i].type == device->type)
			return &audit->devices[i];
	return NULL;
}

static bool make_room(struct shell_findings *audit)
{
	size_t room = audit->room ? 2 * audit->room : 64;
	struct kswapck_finding *grown;

	if (audit->count < audit->room)
		return true;
	if (room > FINDINGS_MAX)
		return false;
	grown = realloc(audit->findings, room * sizeof(*grown));
	if (!grown)
		return false;
	audit->findings = grown;
	audit->room = room;
	return true;
}

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct gathering *gathering = data;
	struct shell_findings *audit = &gathering->shell->audit;

	story_findings_add(&gathering->shell->story_findings, finding);
	if (finding->severity == KSWAPCK_IGNORE)
		return;
	output_count(&gathering->tally, finding);
	if (!make_room(audit)) {
		audit->lost++;
		return;
	}
	audit->findings[audit->count] = *finding;
	audit->findings[audit->count++].device = own_device(audit, finding->device);
}

/* What a report says at its end, as far as it is not said by the findings. */
static void total_up(struct shell *shell, const struct report_totals *tally)
{
	struct shell_findings *audit = &shell->audit;
	struct report_totals *totals = &audit->totals;

	*totals = *tally;
	totals->audit = audit->summary;
	totals->live = audit->live;
	memcpy(totals->devices, audit->devices, sizeof(totals->devices));
	totals->device_count = audit->device_count;
	totals->reads = *memory_statistics(shell->dump.memory);
	inspection_left_out(shell->catalogue, totals);
	totals->exit_status = audit_exit_status(&audit->summary);
}

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	struct shell *shell = data;

	progress_update(&shell->progress, what, done, total);
}

static bool on_stop(void *data)
{
	return shell_stopped(data);
}

static void gathering_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	on_progress(((struct gathering *)data)->shell, what, done, total);
}

static bool gathering_stop(void *data)
{
	return on_stop(((struct gathering *)data)->shell);
}

static bool audit_dump(struct gathering *gathering, struct error *err)
{
	const struct audit_sink sink = {
		.data = gathering,
		.device = on_device,
		.finding = on_finding,
		.progress = gathering_progress,
		.stop = gathering_stop,
	};
	const struct audit_options options = {0};
	struct shell *shell = gathering->shell;

	return audit_run(&shell->dump.kernel, shell->catalogue, &options, &sink,
			 &shell->audit.summary, err);
}

/* What comes and goes in a running kernel is remembered from look to look. */
static bool begin_looks(struct shell *shell, struct error *err)
{
	shell->live_options = (struct live_options){
		.confirm = LIVE_CONFIRM,
		.data = shell,
		.progress = on_progress,
		.stop = on_stop,
	};
	if (!shell->looks)
		shell->looks = live_new(&shell->dump.kernel, shell->catalogue,
					&shell->live_options);
	return shell->looks || error_set(err, ERROR_SYSTEM, "out of memory");
}

bool shell_settle(struct shell *shell, struct error *err)
{
	if (!begin_looks(shell, err))
		return false;
	live_settle(shell->looks);
	return true;
}

static bool audit_live(struct gathering *gathering, struct error *err)
{
	struct shell *shell = gathering->shell;
	struct live_view view = {0};
	bool done = begin_looks(shell, err) && live_look(shell->looks, NULL, &view, err);
	size_t i;

	for (i = 0; done && i < view.device_count; i++)
		on_device(gathering, &view.devices[i]);
	for (i = 0; done && i < view.findings.count; i++)
		on_finding(gathering, &view.findings.list[i].finding);
	shell->audit.summary = view.summary;
	shell->audit.live = inspection_live_totals(&view);
	live_view_free(&view);
	return done;
}

static bool interrupted(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "stopped before it was done");
}

bool shell_audit(struct shell *shell, bool again, struct error *err)
{
	struct gathering gathering = {.shell = shell, .tally.catalogue = shell->catalogue};
	bool done;

	if (shell->audit.made && !again)
		return true;
	shell_forget(shell);
	progress_begin(&shell->progress, shell->interactive);
	done = (shell->live ? audit_live : audit_dump)(&gathering, err);
	progress_clear(&shell->progress);
	if (done && shell->audit.summary.interrupted)
		done = interrupted(err);
	if (!done) {
		shell_forget(shell);
		return false;
	}
	total_up(shell, &gathering.tally.totals);
	shell->audit.made = true;
	shell->audits++;
	return true;
}

bool shell_tell(struct shell *shell, struct error *err)
{
	const struct story_options options = {
		.sweep = true,
		.data = shell,
		.progress = on_progress,
		.stop = on_stop,
	};

	if (shell->story)
		return true;
	if (!shell_audit(shell, false, err))
		return false;
	progress_begin(&shell->progress, shell->interactive);
	shell->story = story_tell_live(&shell->dump.kernel, shell->live ? shell->looks : NULL,
				       &shell->story_findings, &shell->audit.summary, &options,
				       err);
	progress_clear(&shell->progress);
	if (shell->story && shell->story->interrupted) {
		story_free(shell->story);
		shell->story = NULL;
		return interrupted(err);
	}
	if (shell->story)
		inspection_tell_left_out(shell->story, &shell->audit.totals);
	return shell->story != NULL;
}
