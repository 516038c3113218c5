// SPDX-License-Identifier: GPL-2.0-or-later
/* What is broken, and on which devices: scan, findings, explain, devices. */
#include "shell/shell.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "kernel/swap_device.h"
#include "shell/explain.h"
#include "shell/findings.h"
#include "shell/print.h"

#define FINDINGS_SHOWN 3	/* of each problem, by scan */

/* ------------------------------------------------------------------------- scan */

/* The first ones of each problem, as many as fit a screen. */
static bool print_first(struct shell *shell, struct error *err)
{
	struct output tally = {.catalogue = shell->catalogue};
	size_t i;

	for (i = 0; i < shell->audit.count && !shell_stopped(shell); i++) {
		const struct kswapck_problem *problem = shell->audit.findings[i].problem;
		uint64_t nth = output_count(&tally, &shell->audit.findings[i]);

		if (nth <= FINDINGS_SHOWN && !finding_print(shell, i, true, err))
			return false;
		if (nth == FINDINGS_SHOWN + 1)
			fprintf(shell->out, "%*s%s %s: 'findings %s' shows all of these\n",
				FINDINGS_MARGIN, "", problem->id, problem->name, problem->id);
	}
	return true;
}

/* The document of scan, but for its first members. */
static void write_scan(struct shell *shell)
{
	struct output output = findings_output(shell, shell->out);
	struct json_writer *json = &output.json;
	struct answer answer;
	size_t i;

	answer_init(&answer, shell);
	answer_begin(&answer, "scan");
	*json = answer.json;
	json_dump(json, &shell->subject);
	json_kernel(json, &shell->subject);
	json_number(json, "lost", shell->audit.lost);
	json_array(json, "findings");
	for (i = 0; i < shell->audit.count && !shell_stopped(shell); i++)
		output_json.finding(&output, &shell->audit.findings[i], 1);
	output_json.end(&output, &shell->subject);
}

static bool run_scan(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct output output;

	if (argc > 1)
		return shell_usage(shell_audit_commands, argv[0], err);
	if (!shell_audit(shell, true, err))
		return false;
	shell->status |= shell->audit.totals.exit_status;
	if (shell->json) {
		write_scan(shell);
		return true;
	}
	output = findings_output(shell, shell->out);
	output_text.begin(&output, &shell->subject);
	if (!print_first(shell, err))
		return false;
	findings_print_lost(shell);
	output_text.end(&output, &shell->subject);
	return true;
}

/* --------------------------------------------------------------------- findings */

static bool run_findings(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct findings_selection selection;
	struct answer answer;

	if (argc > 2)
		return shell_usage(shell_audit_commands, argv[0], err);
	if (!findings_select(shell, argv[1], &selection, err))
		return false;
	if (!shell->json)
		return findings_print(shell, &selection, err);
	answer_init(&answer, shell);
	answer_begin(&answer, argv[0]);
	findings_write(shell, &selection, &answer.json);
	json_number(&answer.json, "lost", shell->audit.lost);
	answer_end(&answer);
	return true;
}

/* ---------------------------------------------------------------------- devices */

static const char *device_state(const struct kswapck_device *device)
{
	if (!(device->flags & SWP_WRITEOK))
		return "swapon is not done, or swapoff has begun";
	return device->locked ? "on; a lock was held, its counts may be in motion" : "on";
}

static void write_device(struct answer *answer, const struct kswapck_device *device)
{
	struct json_writer *json = &answer->json;

	json_object(json, NULL);
	json_number(json, "type", device->type);
	json_string(json, "name", device->name);
	json_address(json, "swap_info_struct", device->address);
	json_address(json, "flags", device->flags);
	json_bool(json, "writeok", device->flags & SWP_WRITEOK);
	json_bool(json, "locked", device->locked);
	json_number(json, "slots", device->slots);
	json_number(json, "pages", device->pages);
	json_number(json, "inuse", device->inuse);
	json_address(json, "swap_map", device->swap_map);
	json_address(json, "cluster_info", device->clusters);
	json_close(json, '}');
}

static void print_device(const struct answer *answer, const struct kswapck_device *device)
{
	char name[80], label[96], slots[TEXT_NUMBER_SIZE], used[TEXT_NUMBER_SIZE], map[40] = "";

	text_visible(device->name, name, sizeof(name));
	snprintf(label, sizeof(label), "%s", name[0] ? name : "?");
	answer_line(answer, label, "type %u: %s slots, %s in use; %s", device->type,
		    text_number(device->slots, slots), text_number(device->inuse, used),
		    device_state(device));
	if (device->swap_map)
		snprintf(map, sizeof(map), ", swap_map 0x%" PRIx64, device->swap_map);
	answer_line(answer, "", "swap_info_struct 0x%" PRIx64 ", flags 0x%" PRIx64 "%s, "
		    "cluster_info 0x%" PRIx64, device->address, device->flags, map,
		    device->clusters);
}

static void unreadable_device(struct answer *answer, unsigned int type)
{
	if (answer->is_json) {
		json_object(&answer->json, NULL);
		json_number(&answer->json, "type", type);
		json_bool(&answer->json, "readable", false);
		json_close(&answer->json, '}');
	} else {
		answer_line(answer, "?", "type %u: its swap_info_struct is not readable", type);
	}
}

static void show_device(struct answer *answer, unsigned int type, unsigned int *shown)
{
	struct kswapck_device device;
	enum swap_device_status status = swap_device_read(answer->kernel, type, &device);

	if (status == SWAP_DEVICE_UNUSED)
		return;
	++*shown;
	if (status == SWAP_DEVICE_UNREADABLE)
		unreadable_device(answer, type);
	else if (answer->is_json)
		write_device(answer, &device);
	else
		print_device(answer, &device);
}

static bool run_devices(struct shell *shell, int argc, char **argv, struct error *err)
{
	unsigned int type, shown = 0;
	struct answer answer;

	if (argc > 1)
		return shell_usage(shell_audit_commands, argv[0], err);
	answer_init(&answer, shell);
	answer_begin(&answer, argv[0]);
	if (answer.is_json)
		json_array(&answer.json, "devices");
	for (type = 0; type < shell->dump.kernel.swap.nr_swapfiles; type++)
		show_device(&answer, type, &shown);
	if (answer.is_json)
		json_close(&answer.json, ']');
	else if (!shown)
		answer_plain(&answer, 0, "no swap device is on");
	answer_end(&answer);
	return true;
}

const struct shell_command shell_audit_commands[] = {
	{
		.name = "scan",
		.arguments = "",
		.summary = "audit the swap cache and report what is broken",
		.help = "Walks every slot of every swap device, then page tables and shared "
			"memory, and compares what refers to what. It is made anew each time; "
			"findings, explain and others make it when there was none yet. Each "
			"finding gets a number.",
		.run = run_scan,
	},
	{
		.name = "findings",
		.arguments = "[N | PROBLEM]",
		.summary = "list what the audit found: all, the N-th, or those of one problem",
		.help = "PROBLEM is an id (KS101) or a name (freed-folio). The N-th and those of "
			"one problem are shown with the values that prove them.",
		.completion = COMPLETE_PROBLEM,
		.run = run_findings,
	},
	{
		.name = "explain",
		.arguments = "[N]",
		.summary = "tell who is stuck where and why; or explain the N-th finding",
		.help = "Without N it tells the story of the dump, as kswapck explain does. With "
			"N it says what this finding means, and what the story knows of its "
			"slots: who spins there, how it came to that, and whose pages lead there.",
		.run = shell_explain,
	},
	{
		.name = "devices",
		.arguments = "",
		.summary = "list the swap devices",
		.help = "The number (type) of each is what TYPE means elsewhere.",
		.run = run_devices,
	},
	{0},
};
