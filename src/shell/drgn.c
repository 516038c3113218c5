// SPDX-License-Identifier: GPL-2.0-or-later
/* Python in drgn, on the same dump: drgn. */
#include "shell/shell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "shell/drgn_process.h"
#include "shell/findings.h"
#include "shell/print.h"

/* The document of scan, for the findings as Python objects. */
static bool make_document(struct shell *shell, char **text, struct error *err)
{
	size_t size = 0, i;
	FILE *stream = open_memstream(text, &size);
	struct output output;

	if (!stream)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	output = findings_output(shell, stream);
	output_json.begin(&output, &shell->subject);
	for (i = 0; i < shell->audit.count; i++)
		output_json.finding(&output, &shell->audit.findings[i], 1);
	output_json.end(&output, &shell->subject);
	return !fclose(stream) || error_set(err, ERROR_SYSTEM, "out of memory");
}

static bool hand_over_findings(struct shell *shell, struct error *err)
{
	char *document = NULL, *answer = NULL;
	bool done;

	done = make_document(shell, &document, err) &&
	       drgn_process_ask(shell->drgn, 'F', document, &answer, err);
	free(document);
	free(answer);
	if (done)
		shell->drgn_audit = shell->audits;
	return done;
}

static void end(struct shell *shell)
{
	drgn_process_end(shell->drgn);
	shell->drgn = NULL;
	shell->drgn_audit = 0;
}

/* Running, and with the findings that have those numbers now. */
static bool ready(struct shell *shell, struct error *err)
{
	if (!shell->drgn)
		shell->drgn = drgn_process_start(shell, err);
	if (!shell->drgn || !shell_audit(shell, false, err))
		return false;
	if (shell->drgn_audit == shell->audits || hand_over_findings(shell, err))
		return true;
	end(shell);
	return false;
}

/* What drgn prints may hold strings of the dump; it indents with tabs. */
static void print_line(struct shell *shell, const char *line, char *visible, size_t size)
{
	size_t tabs = strspn(line, "\t");

	fprintf(shell->out, "%*s%s\n", (int)(4 * tabs), "",
		text_visible(line + tabs, visible, size));
}

static bool print_lines(struct shell *shell, char *text, struct error *err)
{
	size_t size = strlen(text) + 1;
	char *line, *rest = text, *visible = malloc(size);

	if (!visible)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	while ((line = strsep(&rest, "\n")))
		if (*line || rest)
			print_line(shell, line, visible, size);
	free(visible);
	return true;
}

static bool give(struct shell *shell, char *text, struct error *err)
{
	struct answer answer;

	if (!shell->json)
		return print_lines(shell, text, err);
	answer_init(&answer, shell);
	answer_begin(&answer, "drgn");
	json_string(&answer.json, "text", text);
	answer_end(&answer);
	return true;
}

static const char status[] = "print('drgn', drgn.__version__, 'is ready: prog is this dump, "
			     "findings are the', len(findings), 'findings')";

static bool run_code(struct shell *shell, const char *code, struct error *err)
{
	char *answer;
	bool done = drgn_process_ask(shell->drgn, 'E', code, &answer, err);

	/* what it printed before it failed is part of what it has to say */
	if (done)
		done = give(shell, answer, err);
	else if (answer && !shell->json)
		print_lines(shell, answer, NULL);
	free(answer);
	return done;
}

/* Somebody is there to talk with. */
static bool at_terminal(const struct shell *shell)
{
	return shell->interactive && !shell->json && isatty(STDIN_FILENO) &&
	       isatty(STDOUT_FILENO);
}

static bool run_drgn(struct shell *shell, int argc, char **argv, struct error *err)
{
	bool done;

	if (!ready(shell, err))
		return false;
	if (argc > 1)
		done = run_code(shell, argv[1], err);
	else if (at_terminal(shell))
		done = drgn_process_talk(shell->drgn, err);
	else
		done = run_code(shell, status, err);
	if (!done && err->kind == ERROR_SYSTEM)
		end(shell);
	return done;
}

const struct shell_command shell_drgn_commands[] = {
	{
		.name = "drgn",
		.arguments = "[EXPRESSION]",
		.summary = "Python in drgn, on the same dump",
		.help = "EXPRESSION is anything that Python takes, to the end of the line; names "
			"stay from one to the next. Alone it gives drgn's own prompt, with the "
			"same names, until Ctrl-D. prog is the dump, findings[N - 1] the N-th "
			"finding, with page_object, folio_object and device_object as objects of "
			"drgn. It needs the program drgn (Debian: python3-drgn) and the vmlinux "
			"with debug information.",
		.raw = true,
		.run = run_drgn,
	},
	{0},
};
