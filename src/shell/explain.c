// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/explain.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "command/command.h"
#include "output/explain_words.h"
#include "shell/findings.h"
#include "shell/print.h"

#define VICTIMS_SHOWN 4

/* -------------------------------------------------------------------- the story */

static void write_story(struct shell *shell, const struct explanation *explanation)
{
	struct answer answer;

	answer_init(&answer, shell);
	answer_begin(&answer, "explain");
	explain_json(&answer.json, "explain", explanation);
	answer_end(&answer);
}

static bool explain_all(struct shell *shell, struct error *err)
{
	struct explanation explanation;
	struct output output;

	if (!shell_audit(shell, shell->live, err) || !shell_tell(shell, err))
		return false;
	shell->status |= shell->audit.totals.exit_status;
	if (shell->story->incomplete)
		shell->status |= EXIT_INCOMPLETE;
	output = findings_output(shell, shell->out);
	explanation = (struct explanation){
		.story = shell->story,
		.subject = &shell->subject,
		.totals = &shell->audit.totals,
		.heading = true,
	};
	if (shell->json)
		write_story(shell, &explanation);
	else
		explain_text(&output.options, &explanation);
	return true;
}

/* Is the place among the slots of the finding? */
static bool holds(const struct kswapck_finding *finding, unsigned int type, uint64_t slot)
{
	return finding->device && finding->device->type == type && slot >= finding->first_slot &&
	       slot <= finding->last_slot;
}

static bool is_caught(const struct kswapck_finding *finding, const struct story_spinner *spinner)
{
	return words_slot_known(spinner) && holds(finding, spinner->type, spinner->slot);
}

/* Does this process lead to a slot of the finding? By range: of one page each, or one folio. */
static bool is_victim(const struct story *story, const struct kswapck_finding *finding,
		      const struct story_victim *victim)
{
	const struct story_range *range;

	if (victim->range >= story->findings->count)
		return false;
	range = &story->findings->ranges[victim->range];
	return range->problem == finding->problem && finding->device &&
	       range->type == finding->device->type &&
	       range->first_slot == finding->first_slot && range->last_slot == finding->last_slot;
}

/* The first sentence of a text, in place. */
static void shorten(const char *text, struct phrase *phrase)
{
	const char *end = text;

	while ((end = strchr(end, '.')) && end[1] &&
	       !(end[1] == ' ' && isupper((unsigned char)end[2])))
		end++;
	phrase_begin(phrase, "%.*s", end ? (int)(end - text) + 1 : (int)strcspn(text, "\n"), text);
}

static void tell_line(const struct answer *answer, const char *label, const struct phrase *phrase)
{
	if (phrase->length)
		answer_line(answer, label, "%s", phrase->text);
}

static void tell_spinner(const struct answer *answer, const struct story_spinner *spinner)
{
	const struct story *story = answer->shell->story;
	const struct story_thread *thread = words_thread_at(story, spinner->thread);
	struct phrase phrase = {0};

	if (thread)
		words_thread(&phrase, thread);
	phrase_add(&phrase, " %s", spinner->loop == LOOP_REFAULT ? "faults for ever" :
							     "spins for ever");
	if (spinner->lookup)
		phrase_add(&phrase, " in %s()", spinner->lookup);
	phrase_add(&phrase, " at ");
	words_slot(&phrase, spinner->device, spinner->type, spinner->slot);
	phrase_add(&phrase, ", %s", spinner->certain ? "certain" : "likely");
	tell_line(answer, "caught", &phrase);
	words_why(story, spinner, &phrase);
	tell_line(answer, "why", &phrase);
}

static unsigned int tell_spinners_of(const struct answer *answer,
				     const struct kswapck_finding *finding)
{
	const struct story *story = answer->shell->story;
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < story->spinner_count; i++) {
		if (!is_caught(finding, &story->spinners[i]))
			continue;
		tell_spinner(answer, &story->spinners[i]);
		count++;
	}
	return count;
}

static unsigned int tell_victims_of(const struct answer *answer,
				    const struct kswapck_finding *finding)
{
	const struct story_victims *victims = &answer->shell->story->victims;
	unsigned int count = 0;
	struct phrase phrase;
	size_t i;

	for (i = 0; i < victims->count; i++) {
		const struct story_victim *victim = &victims->victims[i];

		if (!is_victim(answer->shell->story, finding, victim))
			continue;
		if (count++ >= VICTIMS_SHOWN)
			continue;
		phrase_begin(&phrase, "%s", "");
		words_task(&phrase, victim->pid, victim->comm);
		phrase_add(&phrase, " has ");
		words_count(&phrase, victim->count, "page");
		phrase_add(&phrase, " in these slots, from 0x%" PRIx64 "%s", victim->address,
			   victim->is_spinner ? " (caught already)" : "");
		tell_line(answer, count > 1 ? "" : "next", &phrase);
	}
	if (count > VICTIMS_SHOWN)
		answer_line(answer, "", "and %u more processes", count - VICTIMS_SHOWN);
	return count;
}

/* The place that shows how it came to that may be another one; it says which. */
static void tell_origin_of(const struct answer *answer, const struct kswapck_finding *finding)
{
	const struct story *story = answer->shell->story;
	const struct story_origin *origin = &story->origin;
	struct phrase phrase = {0};
	size_t i;

	if (origin->pattern == PATTERN_NONE || !finding->device ||
	    origin->type != finding->device->type ||
	    finding->last_slot < origin->first_slot ||
	    finding->first_slot - origin->first_slot >= origin->slots)
		return;
	words_origin(story, &phrase);
	tell_line(answer, "how", &phrase);
	for (i = 0; i < story->bug_count; i++)
		answer_line(answer, i ? "" : "bug", "%s, fixed in %s; 'help %s' tells more",
			    story->bugs[i].bug->name, story->bugs[i].bug->fixed,
			    story->bugs[i].bug->name);
}

static void tell_story_of(const struct answer *answer, const struct kswapck_finding *finding)
{
	unsigned int count = tell_spinners_of(answer, finding);

	tell_origin_of(answer, finding);
	count += tell_victims_of(answer, finding);
	if (!count)
		answer_line(answer, "story", "tells of nobody in these slots%s",
			    answer->shell->story->incomplete ? ", as far as could be seen" : "");
}

static void tell_finding(const struct answer *answer, const struct kswapck_finding *finding,
			 size_t number)
{
	const struct kswapck_problem *problem = finding->problem;
	struct phrase phrase;

	fputc('\n', answer->options.stream);
	shorten(problem->meaning, &phrase);
	tell_line(answer, "means", &phrase);
	shorten(problem->consequence, &phrase);
	tell_line(answer, "leads to", &phrase);
	tell_story_of(answer, finding);
	if (shell_command_find("confirm"))
		answer_line(answer, "more", "'help %s' explains all of it; 'confirm %zu' tells how "
			    "to see it in crash and drgn", problem->id, number);
	else
		answer_line(answer, "more", "'help %s' explains all of it", problem->id);
}

static void write_caught(struct json_writer *json, const struct story *story,
			 const struct kswapck_finding *finding)
{
	size_t i;

	json_array(json, "spinners");
	for (i = 0; i < story->spinner_count; i++) {
		const struct story_spinner *spinner = &story->spinners[i];
		const struct story_thread *thread = words_thread_at(story, spinner->thread);

		if (!is_caught(finding, spinner))
			continue;
		json_flat_object(json, NULL);
		if (thread && thread->known) {
			json_signed(json, "pid", thread->task.pid);
			json_string(json, "comm", thread->task.comm);
		}
		json_string(json, "loop", story_loop_name(spinner->loop));
		json_string(json, "function", spinner->lookup);
		json_number(json, "slot", spinner->slot);
		json_bool(json, "certain", spinner->certain);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_victims(struct json_writer *json, const struct story *story,
			  const struct kswapck_finding *finding)
{
	size_t i;

	json_array(json, "victims");
	for (i = 0; i < story->victims.count; i++) {
		const struct story_victim *victim = &story->victims.victims[i];

		if (!is_victim(story, finding, victim))
			continue;
		json_flat_object(json, NULL);
		json_signed(json, "pid", victim->pid);
		json_string(json, "comm", victim->comm);
		json_address(json, "address", victim->address);
		json_number(json, "pages", victim->count);
		json_bool(json, "is_spinner", victim->is_spinner);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void write_finding(struct shell *shell, size_t index)
{
	const struct kswapck_finding *finding = &shell->audit.findings[index];
	const struct findings_selection selection = {.one = index};
	struct json_writer *json;
	struct answer answer;

	answer_init(&answer, shell);
	answer_begin(&answer, "explain");
	json = &answer.json;
	findings_write(shell, &selection, json);
	json_string(json, "meaning", finding->problem->meaning);
	json_string(json, "origin", finding->problem->origin);
	json_string(json, "consequence", finding->problem->consequence);
	json_string(json, "verdict", story_verdict_name(shell->story->verdict));
	write_caught(json, shell->story, finding);
	write_victims(json, shell->story, finding);
	answer_end(&answer);
}

static bool explain_one(struct shell *shell, const char *text, struct error *err)
{
	struct answer answer;
	size_t index;

	if (!finding_find(shell, text, &index, err) || !shell_tell(shell, err))
		return false;
	if (shell->json) {
		write_finding(shell, index);
		return true;
	}
	if (!finding_print(shell, index, true, err))
		return false;
	answer_init(&answer, shell);
	answer_begin(&answer, "explain");
	/* as wide as the whole story */
	if (!answer.options.columns || answer.options.columns > EXPLAIN_COLUMNS_MAX)
		answer.options.columns = EXPLAIN_COLUMNS_MAX;
	tell_finding(&answer, &shell->audit.findings[index], index + 1);
	answer_end(&answer);
	return true;
}

bool shell_explain(struct shell *shell, int argc, char **argv, struct error *err)
{
	if (argc > 2)
		return shell_usage(shell_audit_commands, argv[0], err);
	return argc > 1 ? explain_one(shell, argv[1], err) : explain_all(shell, err);
}
