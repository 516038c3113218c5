// SPDX-License-Identifier: GPL-2.0-or-later
/* How to see a finding's evidence in crash and drgn: confirm. */
#include "output/confirm.h"

#include "shell/findings.h"
#include "shell/print.h"

static void write_confirmation(struct shell *shell, size_t index)
{
	const struct findings_selection selection = {.one = index};
	struct answer answer;

	answer_init(&answer, shell);
	answer_begin(&answer, "confirm");
	findings_write(shell, &selection, &answer.json);
	answer_end(&answer);
}

static bool run_confirm(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct output output;
	size_t index;

	if (argc != 2)
		return shell_usage(shell_confirm_commands, argv[0], err);
	if (!finding_find(shell, argv[1], &index, err))
		return false;
	output = findings_output(shell, shell->out);
	if (shell->json)
		write_confirmation(shell, index);
	else
		confirm_text(&output.options, &shell->audit.findings[index]);
	return true;
}

const struct shell_command shell_confirm_commands[] = {
	{
		.name = "confirm",
		.arguments = "N",
		.summary = "the commands of crash and drgn that show the N-th finding",
		.help = "For each value that proves the finding: the command of crash and the "
			"expression of drgn that print it from the same dump, and what they print. A "
			"kernel too new for crash opens with crash --minimal, which does not reach "
			"struct pages.",
		.run = run_confirm,
	},
	{0},
};
