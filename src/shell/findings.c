// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/findings.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct output findings_output(const struct shell *shell, FILE *stream)
{
	return (struct output){
		.ops = shell->json ? &output_json : &output_text,
		.catalogue = shell->catalogue,
		.totals = shell->audit.totals,
		.options = {
			.stream = stream,
			.colour = shell->colour,
			.columns = shell->columns,
		},
		.json.stream = stream,
	};
}

/* Lines with the number at their left, in a column of its own. */
static void print_margin(FILE *stream, const char *text, size_t number)
{
	char label[24];

	snprintf(label, sizeof(label), "%zu.", number);
	while (*text) {
		const char *end = strchrnul(text, '\n');

		fprintf(stream, "%-*s%.*s\n", FINDINGS_MARGIN, label, (int)(end - text), text);
		label[0] = 0;
		text = *end ? end + 1 : end;
	}
}

bool finding_print(const struct shell *shell, size_t index, bool evidence,
		   struct error *err)
{
	struct kswapck_finding finding = shell->audit.findings[index];
	struct output output;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	output = findings_output(shell, stream);
	if (output.options.columns)
		output.options.columns -= FINDINGS_MARGIN;
	if (!evidence)
		finding.evidence_count = 0;
	output_text.finding(&output, &finding, 1);
	if (fclose(stream)) {
		free(text);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	print_margin(shell->out, text, index + 1);
	free(text);
	return true;
}

bool finding_find(struct shell *shell, const char *text, size_t *index, struct error *err)
{
	unsigned long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return error_set(err, ERROR_USAGE, "'%s' is no number of a finding", text);
	number = strtoull(text, &end, 10);
	if (*end)
		return error_set(err, ERROR_USAGE, "'%s' is no number of a finding", text);
	if (!shell_audit(shell, false, err))
		return false;
	if (!shell->audit.count)
		return error_set(err, ERROR_USAGE, "there are no findings");
	if (!number || number > shell->audit.count)
		return error_set(err, ERROR_USAGE, "there is no finding %s: they are 1 to %zu",
				 text, shell->audit.count);
	*index = (size_t)number - 1;
	return true;
}

static bool is_selected(const struct shell *shell, const struct findings_selection *selection,
			size_t index)
{
	if (selection->one != SIZE_MAX)
		return index == selection->one;
	return !selection->problem ||
	       shell->audit.findings[index].problem == selection->problem;
}

bool findings_select(struct shell *shell, const char *text,
		     struct findings_selection *selection, struct error *err)
{
	*selection = (struct findings_selection){.one = SIZE_MAX};
	if (!text)
		return shell_audit(shell, false, err);
	selection->problem = catalogue_find(shell->catalogue, text);
	if (selection->problem)
		return shell_audit(shell, false, err);
	if (isdigit((unsigned char)*text))
		return finding_find(shell, text, &selection->one, err);
	return error_set(err, ERROR_USAGE, "'%s' is neither the number of a finding nor a problem; "
			 "'help problems' lists them", text);
}

void findings_write(struct shell *shell, const struct findings_selection *selection,
		    struct json_writer *json)
{
	struct output output = findings_output(shell, shell->out);
	size_t i;

	json_array(json, "numbers");
	for (i = 0; i < shell->audit.count; i++)
		if (is_selected(shell, selection, i))
			json_number(json, NULL, i + 1);
	json_close(json, ']');
	json_array(json, "findings");
	output.json = *json;
	for (i = 0; i < shell->audit.count && !shell_stopped(shell); i++)
		if (is_selected(shell, selection, i))
			output_json.finding(&output, &shell->audit.findings[i], 1);
	*json = output.json;
	json_close(json, ']');
}

void findings_print_lost(const struct shell *shell)
{
	char number[TEXT_NUMBER_SIZE];

	if (shell->audit.lost)
		fprintf(shell->out, "and %s more, which were not kept\n",
			text_number(shell->audit.lost, number));
}

bool findings_print(struct shell *shell, const struct findings_selection *selection,
		    struct error *err)
{
	bool evidence = selection->problem || selection->one != SIZE_MAX, any = false;
	size_t i;

	for (i = 0; i < shell->audit.count && !shell_stopped(shell); i++) {
		if (!is_selected(shell, selection, i))
			continue;
		any = true;
		if (!finding_print(shell, i, evidence, err))
			return false;
	}
	if (!any)
		fprintf(shell->out, "no findings%s%s; 'scan' says what was seen\n",
			selection->problem ? " of " : "",
			selection->problem ? selection->problem->name : "");
	if (selection->one == SIZE_MAX)
		findings_print_lost(shell);
	return true;
}
