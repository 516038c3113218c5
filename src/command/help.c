// SPDX-License-Identifier: GPL-2.0-or-later
/* kswapck help: the commands, and the problems and known bugs, each explained. */
#include "command/help.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "command/checks.h"
#include "command/command.h"
#include "command/terminal.h"
#include "output/sentence.h"
#include "story/story.h"

#define HELP_COLUMNS 80
#define COMMIT_MIN 7	/* digits of a commit id */

static const char placeholders[] =
	"PAGE, NODE and DEVICE stand for addresses in the finding, EVIDENCE-ADDRESS for the first "
	"column of its lines, SPACE for &swapper_spaces[TYPE][SLOT / 16384], and INDEX for the slot "
	"(since Linux 6.11 for SLOT % 16384).";

static void print_commands(void)
{
	const struct command *command;
	int i;

	printf("kswapck checks the swap cache of a Linux kernel dump (vmcore).\n\n"
	       "Usage: kswapck [OPTION]... DUMP...     the same as kswapck triage\n"
	       "       kswapck COMMAND [ARGUMENT]...\n\n");
	for (i = 0; (command = command_at(i)); i++)
		printf("  %-10s %s\n", command->name, command->summary);
	printf("\n'kswapck COMMAND --help' tells its options, 'kswapck help problems' lists what\n"
	       "can be found and 'kswapck help KS101' explains one problem, 'kswapck help bugs'\n"
	       "lists the known bugs of the kernel and 'kswapck help BUG' explains one.\n");
}

static void print_problems(FILE *stream, const struct catalogue *catalogue, unsigned int columns)
{
	const struct kswapck_problem *problem;
	const struct kswapck_plugin *plugin;
	size_t i;

	for (i = 0; (plugin = catalogue_plugin(catalogue, i)); i++) {
		fprintf(stream, "%s%s: ", i ? "\n" : "", plugin->name);
		sentence_wrap(stream, plugin->summary, 2, (unsigned int)strlen(plugin->name) + 2,
			      columns);
		fputc('\n', stream);
		for (problem = plugin->problems; problem->id; problem++)
			fprintf(stream, "  %s  %-20s %-8s %s\n", problem->id, problem->name,
				checks_grade(catalogue, problem),
				problem->class == KSWAPCK_CORRUPT ? "corrupt" : "mismatch");
	}
}

static void print_paragraph(FILE *stream, const char *title, const char *text,
			    unsigned int columns)
{
	fprintf(stream, "\n%s\n  ", title);
	sentence_wrap(stream, text, 2, 2, columns);
	fputc('\n', stream);
}

static void print_problem(FILE *stream, const struct catalogue *catalogue,
			  const struct kswapck_problem *problem, unsigned int columns)
{
	fprintf(stream, "%s %s (%s, %s)\n", problem->id, problem->name,
		checks_grade(catalogue, problem),
		problem->class == KSWAPCK_CORRUPT ? "the object itself is wrong" :
						    "two structures disagree");
	print_paragraph(stream, "What it means", problem->meaning, columns);
	print_paragraph(stream, "How it arises", problem->origin, columns);
	print_paragraph(stream, "What the machine does next", problem->consequence, columns);
	print_paragraph(stream, "How to confirm it by hand", problem->confirm, columns);
	fputc('\n', stream);
	sentence_wrap(stream, placeholders, 0, 0, columns);
	fputc('\n', stream);
}

/* -------------------------------------------------------------------- known bugs */

static void print_bugs_of(FILE *stream, bool recognised)
{
	const struct known_bug *bug;
	size_t i;

	for (i = 0; (bug = known_bug_at(i)); i++)
		if ((bug->patterns != 0) == recognised)
			fprintf(stream, "  %-36s fixed in %-5s (%s)\n", bug->name, bug->fixed,
				bug->fix_commit);
}

static void print_bugs(FILE *stream)
{
	fprintf(stream, "Recognised by what they leave in a dump:\n");
	print_bugs_of(stream, true);
	fprintf(stream, "\nOthers that damage what belongs to swap:\n");
	print_bugs_of(stream, false);
}

/* "6b24ca4a1a8d", and what is longer or shorter of the same commit. */
static bool is_commit(const char *commit, const char *text)
{
	size_t length = strlen(text);

	if (!commit || length < COMMIT_MIN || strspn(text, "0123456789abcdef") != length)
		return false;
	return !strncmp(commit, text, length < strlen(commit) ? length : strlen(commit));
}

static const struct known_bug *find_bug(const char *text)
{
	const struct known_bug *bug;
	size_t i;

	for (i = 0; (bug = known_bug_at(i)); i++)
		if (!strcmp(bug->name, text) || is_commit(bug->fix_commit, text))
			return bug;
	for (i = 0; (bug = known_bug_at(i)); i++)
		if (is_commit(bug->introduced_commit, text))
			return bug;
	return NULL;
}

static void print_bug(FILE *stream, const struct known_bug *bug, unsigned int columns)
{
	char commit[64] = "";
	unsigned int i;

	if (bug->introduced_commit)
		snprintf(commit, sizeof(commit), "(%s)", bug->introduced_commit);
	fprintf(stream, "%s (a bug of the kernel)\n", bug->name);
	print_paragraph(stream, "What it does", bug->summary, columns);
	fprintf(stream, "\nSince and until\n  introduced  %s%s%s\n  fixed       %s (%s)\n",
		bug->introduced ? bug->introduced : "not known", commit[0] ? " " : "", commit,
		bug->fixed, bug->fix_commit);
	for (i = 0; i < STORY_FIXES_MAX && bug->fixes[i].branch; i++)
		fprintf(stream, "%s%s", i ? ", " : "  stable      ", bug->fixes[i].release);
	if (i)
		fputc('\n', stream);
	print_paragraph(stream, "What it leaves in a dump", bug->leaves, columns);
	if (!bug->patterns)
		fprintf(stream, "\nkswapck does not recognise it by what it leaves.\n");
}

static unsigned int help_columns(unsigned int columns)
{
	return columns && columns <= 100 ? columns : HELP_COLUMNS;
}

bool help_bug(FILE *stream, const char *topic, unsigned int columns)
{
	const struct known_bug *bug = find_bug(topic);

	if (!strcmp(topic, "bugs"))
		print_bugs(stream);
	else if (bug)
		print_bug(stream, bug, help_columns(columns));
	else
		return false;
	return true;
}

bool help_problem(FILE *stream, const struct catalogue *catalogue, const char *topic,
		  unsigned int columns)
{
	const struct kswapck_problem *problem = catalogue_find(catalogue, topic);

	if (!strcmp(topic, "problems"))
		print_problems(stream, catalogue, help_columns(columns));
	else if (problem)
		print_problem(stream, catalogue, problem, help_columns(columns));
	else
		return false;
	return true;
}

static int say_unknown(const char *name)
{
	char text[256];

	fprintf(stderr, "kswapck: no problem, bug or command '%s'; 'kswapck help problems' and "
		"'kswapck help bugs' list them\n", text_visible(name, text, sizeof(text)));
	return EXIT_USAGE;
}

static void say_too_many(void)
{
	fprintf(stderr, "kswapck: help explains one thing at a time; usage: kswapck help %s\n",
		command_help.arguments);
}

/* ---------------------------------------------------------------------- command */

static int explain_command(const struct command *command)
{
	char *help[] = {(char *)command->name, (char *)"--help", NULL};

	return command->run(2, help);
}

/* @topic: NULL for what there is at all. */
static int explain(struct checks *checks, const char *topic)
{
	const struct command *command = topic ? command_find(topic) : NULL;
	unsigned int columns = terminal_columns(stdout);
	struct error err = {0};

	if (!topic || command == &command_help)
		print_commands();
	else if (command)
		return explain_command(command);
	else if (help_bug(stdout, topic, columns))
		return EXIT_CLEAN;
	else if (!checks_gather(checks, &err))
		return command_fail(&err);
	else if (!help_problem(stdout, &checks->catalogue, topic, columns))
		return say_unknown(topic);
	return EXIT_CLEAN;
}

#define HELP_HELP CHECKS_OPTIONS

struct help_options {
	struct checks checks;
	bool help;
};

static bool take_option(void *data, int index, const char *value)
{
	struct help_options *options = data;

	if (index != HELP_HELP)
		return checks_take(&options->checks, index, value);
	options->help = true;
	return true;
}

static int run(int argc, char **argv)
{
	struct option_entry entries[CHECKS_OPTIONS + 2] = {0};
	struct help_options options = {0};
	int first, status = EXIT_USAGE;

	memcpy(entries, checks_options, sizeof(checks_options));
	entries[HELP_HELP] = (struct option_entry){"help", 'h', NULL, "show the commands"};
	first = options_parse(argc, argv, entries, take_option, &options);
	if (first >= 0 && first + 1 < argc)
		say_too_many();
	else if (first >= 0)
		status = explain(&options.checks,
				 options.help || first == argc ? NULL : argv[first]);
	checks_free(&options.checks);
	return status;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[OPTION]... [problems|bugs|PROBLEM|BUG|COMMAND]",
	.summary = "explain a problem (by id or name), a known bug or a command",
	.run = run,
};
