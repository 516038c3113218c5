// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/groups.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Which exemplar shows most: who stalls, before what only might. */
static const char *const telling_verdicts[] = {
	"stall", "refault", "crash", "latent", "damage",
};

/* A record, and the group that it is in. */
struct member {
	const struct record *record;
	enum group_kind kind;
	const char *name;
	char *what;
};

/* ------------------------------------------------------------------ what it belongs to */

/* "ends at byte 233,112" of one file and "ends at byte 4,711" of another say the same. */
static char *without_numbers(const char *text)
{
	char *plain = malloc(strlen(text) + 1), *out = plain;

	while (plain && *text) {
		if (!isdigit((unsigned char)*text)) {
			*out++ = *text++;
			continue;
		}
		*out++ = 'N';
		/* commas within, hexadecimal digits after 0x */
		while (isxdigit((unsigned char)*text) || *text == 'x' ||
		       (*text == ',' && isdigit((unsigned char)text[1])))
			text++;
	}
	if (plain)
		*out = '\0';
	return plain;
}

static bool classify(struct member *member, const struct record *record)
{
	*member = (struct member){.record = record};
	if (strcmp(record->status, "analysed")) {
		member->kind = GROUP_FAILED;
		member->name = record->status;
		member->what = without_numbers(record->reason);
	} else if (*record->fingerprint) {
		member->kind = GROUP_BUG;
		member->name = record->fingerprint;
		member->what = strdup(record->recipe);
	} else {
		member->kind = GROUP_VERDICT;
		member->name = record->verdict;
		member->what = strdup("");
	}
	return member->what;
}

static int compare_group(const struct member *a, const struct member *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = strcmp(a->name, b->name);
	/* the recipe of a fingerprint is no second name */
	return order || a->kind == GROUP_BUG ? order : strcmp(a->what, b->what);
}

static size_t tells(const struct record *record)
{
	size_t i, count = sizeof(telling_verdicts) / sizeof(telling_verdicts[0]);

	for (i = 0; i < count && strcmp(record->verdict, telling_verdicts[i]); i++)
		;
	return i;
}

/* Members of a group come together, its exemplar first. */
static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	int order = compare_group(a, b);

	if (order)
		return order;
	if (a->record->complete != b->record->complete)
		return a->record->complete ? -1 : 1;
	if (tells(a->record) != tells(b->record))
		return tells(a->record) < tells(b->record) ? -1 : 1;
	order = strcmp(a->record->path, b->record->path);
	if (order)
		return order;
	return a->record->key < b->record->key ? -1 : a->record->key > b->record->key;
}

/* ------------------------------------------------------------------------ one group */

static int compare_words(const void *left, const void *right)
{
	const char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

static int compare_counts(const void *left, const void *right)
{
	const struct group_count *a = left, *b = right;

	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return strcmp(a->word, b->word);
}

/* @words: sorted here. */
static bool count_words(struct group_counts *counts, const char **words, size_t count)
{
	size_t i;

	*counts = (struct group_counts){.list = calloc(count + 1, sizeof(*counts->list))};
	if (!counts->list)
		return false;
	qsort(words, count, sizeof(*words), compare_words);
	for (i = 0; i < count; i++) {
		if (!*words[i])
			continue;
		if (!i || strcmp(words[i], words[i - 1]))
			counts->list[counts->count++].word = words[i];
		counts->list[counts->count - 1].count++;
	}
	qsort(counts->list, counts->count, sizeof(*counts->list), compare_counts);
	return true;
}

static bool count_all(struct group *group, const struct member *members, const char **words)
{
	size_t i;

	for (i = 0; i < group->count; i++)
		words[i] = members[i].record->verdict;
	if (!count_words(&group->verdicts, words, group->count))
		return false;
	for (i = 0; i < group->count; i++)
		words[i] = members[i].record->release;
	return count_words(&group->releases, words, group->count);
}

/* Times are text of one form, so that they sort as they are. */
static void note_time(struct group *group, const char *taken)
{
	if (!*taken) {
		group->undated++;
		return;
	}
	if (!group->first || strcmp(taken, group->first) < 0)
		group->first = taken;
	if (!group->last || strcmp(taken, group->last) > 0)
		group->last = taken;
}

static void note_fix(struct group *group, const struct record *record)
{
	if (!record->bug_count)
		return;
	group->fix_present += !strcmp(record->bugs[0].status, "present");
	group->fix_absent += !strcmp(record->bugs[0].status, "absent");
}

/* @words: room for as many as there are members. */
static bool make_group(struct group *group, const struct member *members, size_t count,
		       const char **words)
{
	size_t i;

	*group = (struct group){
		.kind = members[0].kind,
		.name = strdup(members[0].name),
		.what = strdup(members[0].what),
		.count = count,
		.exemplar = members[0].record,
	};
	for (i = 0; i < count; i++) {
		note_time(group, members[i].record->taken);
		note_fix(group, members[i].record);
		group->incomplete += group->kind != GROUP_FAILED && !members[i].record->complete;
	}
	return group->name && group->what && count_all(group, members, words);
}

/* ------------------------------------------------------------------------ all groups */

static int compare_groups(const void *left, const void *right)
{
	const struct group *a = left, *b = right;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->what, b->what);
}

static bool make_groups(struct groups *groups, const struct member *members, size_t count,
			const char **words)
{
	size_t i, first = 0;

	for (i = 1; i <= count; i++) {
		if (i < count && !compare_group(&members[first], &members[i]))
			continue;
		if (!make_group(&groups->list[groups->count++], members + first, i - first, words))
			return false;
		first = i;
	}
	qsort(groups->list, groups->count, sizeof(*groups->list), compare_groups);
	return true;
}

bool groups_make(struct groups *groups, const struct records *records)
{
	struct member *members = calloc(records->count + 1, sizeof(*members));
	const char **words = calloc(records->count + 1, sizeof(*words));
	bool done = members && words;
	size_t i;

	*groups = (struct groups){.list = calloc(records->count + 1, sizeof(*groups->list))};
	for (i = 0; i < records->count && done; i++)
		done = classify(&members[i], &records->list[i]);
	if (done && groups->list) {
		qsort(members, records->count, sizeof(*members), compare_members);
		done = !records->count || make_groups(groups, members, records->count, words);
	}
	for (i = 0; members && i < records->count; i++)
		free(members[i].what);
	free(members);
	free(words);
	return done && groups->list;
}

void groups_free(struct groups *groups)
{
	size_t i;

	for (i = 0; i < groups->count; i++) {
		free(groups->list[i].name);
		free(groups->list[i].what);
		free(groups->list[i].verdicts.list);
		free(groups->list[i].releases.list);
	}
	free(groups->list);
	*groups = (struct groups){0};
}
