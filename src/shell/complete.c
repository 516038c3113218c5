// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/complete.h"

#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

#include "base/text.h"
#include "kernel/task.h"

#define NAMES_MAX (4u << 20)

/* Names, found by how they begin. */
struct names {
	char **list;
	size_t count, room;
	bool gathered;
};

/* readline asks functions that know nothing but the text. */
static struct completer {
	struct shell *shell;
	struct names symbols, types;	/* of the kernel: gathered once */
	struct names others;		/* of the word at hand */
} completer;

/* ------------------------------------------------------------------------ names */

static bool make_room(struct names *names)
{
	size_t room = names->room ? 2 * names->room : 64;
	char **grown;

	if (names->count < names->room)
		return true;
	if (room > NAMES_MAX)
		return false;
	grown = realloc(names->list, room * sizeof(*grown));
	if (!grown)
		return false;
	names->list = grown;
	names->room = room;
	return true;
}

/* False: there is no more room. Names that a terminal would obey are nobody's. */
static bool add(struct names *names, const char *name)
{
	char *copy;

	if (!*name || !text_is_visible(name))
		return true;
	if (!make_room(names))
		return false;
	copy = strdup(name);
	if (copy)
		names->list[names->count++] = copy;
	return copy != NULL;
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort(struct names *names)
{
	size_t i, kept = 0;

	names->gathered = true;
	if (!names->count)
		return;
	qsort(names->list, names->count, sizeof(*names->list), compare);
	for (i = 0; i < names->count; i++) {
		if (kept && !strcmp(names->list[kept - 1], names->list[i]))
			free(names->list[i]);
		else
			names->list[kept++] = names->list[i];
	}
	names->count = kept;
}

static void free_names(struct names *names)
{
	size_t i;

	for (i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names){0};
}

/* The first name that is not before @text. */
static size_t find(const struct names *names, const char *text)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(names->list[middle], text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* ------------------------------------------------------------- of the kernel */

static bool add_name(void *data, const char *name)
{
	return add(data, name);
}

static bool add_symbol(void *data, const char *name, uint64_t address)
{
	(void)address;
	return add(data, name);
}

static const struct names *symbols(void)
{
	if (!completer.symbols.gathered) {
		image_symbols(completer.shell->dump.image, add_symbol, &completer.symbols);
		sort(&completer.symbols);
	}
	return &completer.symbols;
}

static const struct names *types(void)
{
	if (!completer.types.gathered) {
		types_names(completer.shell->dump.types, add_name, &completer.types);
		sort(&completer.types);
	}
	return &completer.types;
}

#define ANONYMOUS_MAX 16	/* structs within structs */

struct members {
	char path[256];		/* of what is before the last dot, with it */
	struct names *names;
	unsigned int depth;
};

/* Those of anonymous structs and unions have plain names: they are gone into. */
static bool add_member(void *data, const struct type_part *part)
{
	struct members *members = data;
	char name[512];

	if (!*part->name) {
		if (members->depth++ < ANONYMOUS_MAX)
			types_parts(completer.shell->dump.types, part->type, add_member, data);
		members->depth--;
		return true;
	}
	snprintf(name, sizeof(name), "%s%s", members->path, part->name);
	return add(members->names, name);
}

/* "page.fl", "swap_info_struct.percpu_ref.": members of what stands before the last dot. */
static void gather_members(struct names *names, const char *text)
{
	struct types *types_of = completer.shell->dump.types;
	struct members members = {.names = names};
	size_t length = (size_t)(strrchr(text, '.') - text);
	struct type_part part = {0};
	char *path;

	if (length + 2 > sizeof(members.path))
		return;
	memcpy(members.path, text, length);
	path = strchr(members.path, '.');
	if (path)
		*path++ = 0;
	if (!types_find(types_of, members.path, &part.type) ||
	    (path && !types_part_find(types_of, part.type, path, &part)))
		return;
	if (path)
		path[-1] = '.';
	members.path[length] = '.';
	types_parts(types_of, part.type, add_member, &members);
}

struct tasks {
	struct task_layout layout;
	struct names *names;
};

static bool add_task(void *data, const struct task *task)
{
	struct tasks *tasks = data;
	struct task_details details;
	char text[16];

	if (!task_details_read(&completer.shell->dump.kernel, &tasks->layout, task->address,
			       &details))
		return true;
	snprintf(text, sizeof(text), "%d", details.pid);
	return add(tasks->names, text);
}

static void gather_tasks(struct names *names)
{
	const struct kernel *kernel = &completer.shell->dump.kernel;
	struct tasks tasks = {.names = names};

	if (task_layout_resolve(kernel, &tasks.layout))
		task_for_each(kernel, &tasks.layout, add_task, &tasks);
}

/* ------------------------------------------------------------------ of the shell */

static void gather_commands(struct names *names)
{
	const struct shell_command *command;
	size_t i;

	for (i = 0; (command = shell_command_at(i)); i++)
		add(names, command->name);
}

static void gather_problems(struct names *names)
{
	const struct kswapck_problem *problem;
	size_t i;

	for (i = 0; (problem = catalogue_problem(completer.shell->catalogue, i)); i++) {
		add(names, problem->id);
		add(names, problem->name);
	}
}

static void gather_topics(struct names *names)
{
	const struct known_bug *bug;
	size_t i;

	gather_commands(names);
	gather_problems(names);
	for (i = 0; (bug = known_bug_at(i)); i++)
		add(names, bug->name);
	add(names, "problems");
	add(names, "bugs");
}

/* ------------------------------------------------------------------ for readline */

/* "-v" of "ADDR [-v]". */
static void gather_options(struct names *names, const struct shell_command *command)
{
	static const char letters[] = "-abcdefghijklmnopqrstuvwxyz0123456789";
	const char *at = command ? command->arguments : "";
	char option[32];

	for (at = strchr(at, '-'); at; at = strchr(at + strspn(at, letters), '-')) {
		snprintf(option, sizeof(option), "%.*s", (int)strspn(at, letters), at);
		add(names, option);
	}
	add(names, "--json");
}

static const struct names *gather(enum shell_completion completion,
				  const struct shell_command *command, const char *text)
{
	struct names *names = &completer.others;

	if (completion == COMPLETE_SYMBOL && *text != '-')
		return symbols();
	if (completion == COMPLETE_STRUCT && *text != '-' && !strchr(text, '.'))
		return types();
	free_names(names);
	if (*text == '-')
		gather_options(names, command);
	else if (completion == COMPLETE_STRUCT)
		gather_members(names, text);
	else if (completion == COMPLETE_TASK)
		gather_tasks(names);
	else if (completion == COMPLETE_COMMAND)
		gather_commands(names);
	else if (completion == COMPLETE_PROBLEM)
		gather_problems(names);
	else if (completion == COMPLETE_TOPIC)
		gather_topics(names);
	sort(names);
	return names;
}

/* For rl_completion_matches(): one name after another, then NULL. */
static const struct names *matching;
static size_t next_match;

static char *next_name(const char *text, int state)
{
	const char *name;

	if (!state)
		next_match = find(matching, text);
	if (next_match >= matching->count)
		return NULL;
	name = matching->list[next_match++];
	return strncmp(name, text, strlen(text)) ? NULL : strdup(name);
}

static bool is_tag(const char *word, size_t length)
{
	return (length == 6 && !strncmp(word, "struct", length)) ||
	       (length == 5 && !strncmp(word, "union", length)) ||
	       (length == 4 && !strncmp(word, "enum", length));
}

/* Behind the name of a type stands where an object of it is. */
static enum shell_completion behind(const struct shell_command *command, const char *line,
				    int begin, int start)
{
	const char *at = line + begin + strlen(command->name), *end = line + start;

	if (command->completion != COMPLETE_STRUCT)
		return command->completion;
	while (at < end) {
		size_t length;

		at += strspn(at, " ");
		length = strcspn(at, " ");
		if (at >= end)
			break;
		if (*at != '-' && !is_tag(at, length))
			return COMPLETE_SYMBOL;
		at += length;
	}
	return COMPLETE_STRUCT;
}

/* What the words before @start ask for; @command: whose arguments they are, or NULL. */
static enum shell_completion wanted(const char *line, int start,
				    const struct shell_command **command)
{
	char name[32], quote = 0;
	int begin = 0, i;

	*command = NULL;
	for (i = 0; i < start; i++) {
		if (quote ? line[i] == quote : line[i] == '"' || line[i] == '\'')
			quote = quote ? 0 : line[i];
		else if (!quote && line[i] == ';')
			begin = i + 1;
		/* what /bin/sh gets, and where the answer goes */
		else if (!quote && (line[i] == '|' || line[i] == '>'))
			return COMPLETE_FILE;
	}
	while (begin < start && line[begin] == ' ')
		begin++;
	if (line[begin] == '!')
		return COMPLETE_FILE;
	if (begin == start)
		return COMPLETE_COMMAND;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(line + begin, " "), line + begin);
	*command = shell_command_find(name);
	return *command ? behind(*command, line, begin, start) : COMPLETE_NOTHING;
}

static char **complete(const char *text, int start, int end)
{
	const struct shell_command *command;
	enum shell_completion completion = wanted(rl_line_buffer, start, &command);

	(void)end;
	if (completion == COMPLETE_FILE)
		return NULL;	/* readline's own way */
	rl_attempted_completion_over = 1;
	/* a type may go on with a dot and a member */
	rl_completion_append_character = completion == COMPLETE_STRUCT && *text != '-' ? 0 : ' ';
	matching = gather(completion, command, text);
	return rl_completion_matches(text, next_name);
}

void complete_open(struct shell *shell)
{
	completer = (struct completer){.shell = shell};
	rl_attempted_completion_function = complete;
	/* only what ends a word here: "page.flags" and "KS101" are one, "0:16389" too */
	rl_completer_word_break_characters = " \t\"';|>!";
	rl_completer_quote_characters = "\"'";
	rl_filename_quote_characters = " \t\"';|>#";
}

void complete_close(void)
{
	free_names(&completer.symbols);
	free_names(&completer.types);
	free_names(&completer.others);
	completer.shell = NULL;
}
