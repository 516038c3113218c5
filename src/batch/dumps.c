// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/dumps.h"

#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "batch/head.h"

/* A file, before sets are joined. */
struct found {
	char *path;
	struct file_head head;
};

struct batch_dumps {
	struct found *found;
	size_t found_count, found_room;
	struct batch_dump *dumps;
	size_t count;
	size_t passed;
	struct file_head output;
};

static bool no_memory(struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "out of memory");
}

struct batch_dumps *batch_dumps_new(const char *output)
{
	struct batch_dumps *dumps = calloc(1, sizeof(*dumps));

	if (dumps && output)
		head_read(output, &dumps->output);
	return dumps;
}

void batch_dumps_free(struct batch_dumps *dumps)
{
	size_t i;

	if (!dumps)
		return;
	for (i = 0; i < dumps->found_count; i++)
		free(dumps->found[i].path);
	for (i = 0; i < dumps->count; i++)
		free(dumps->dumps[i].paths);
	free(dumps->found);
	free(dumps->dumps);
	free(dumps);
}

/* --------------------------------------------------------------------- what is named */

/* "./a//b" and "a/b" are one path: which shard has it must not hang on how it is written. */
static char *clean_path(const char *path)
{
	char *clean = malloc(strlen(path) + 1), *out = clean;
	const char *from = path;

	if (!clean)
		return NULL;
	while (from[0] == '.' && from[1] == '/' && from[2] && from[2] != '/')
		from += 2;
	for (; *from; from++) {
		bool again = out > clean && out[-1] == '/';

		if (again && *from == '/')
			continue;
		if (again && from[0] == '.' && from[1] == '/') {
			from++;
			continue;
		}
		*out++ = *from;
	}
	*out = '\0';
	return clean;
}

static bool add_file(struct batch_dumps *dumps, const char *path, struct error *err)
{
	size_t room = dumps->found_room ? 2 * dumps->found_room : 64;
	struct found *grown, *found;

	if (dumps->found_count == dumps->found_room) {
		grown = realloc(dumps->found, room * sizeof(*grown));
		if (!grown)
			return no_memory(err);
		dumps->found = grown;
		dumps->found_room = room;
	}
	found = &dumps->found[dumps->found_count];
	found->path = clean_path(path);
	if (!found->path)
		return no_memory(err);
	head_read(found->path, &found->head);
	dumps->found_count++;
	return true;
}

static bool is_output(const struct batch_dumps *dumps, const struct file_head *head)
{
	return head->inode && head->inode == dumps->output.inode &&
	       head->device == dumps->output.device;
}

/* Files of a folder are looked at; those that somebody named are taken. */
static bool add_if_dump(struct batch_dumps *dumps, const char *path, struct error *err)
{
	const struct file_head *head;

	if (!add_file(dumps, path, err))
		return false;
	head = &dumps->found[dumps->found_count - 1].head;
	if (head->kind == HEAD_COMPANION || is_output(dumps, head)) {
		free(dumps->found[--dumps->found_count].path);
		dumps->passed++;
	}
	return true;
}

static bool is_file(const FTSENT *entry)
{
	struct stat status;

	return entry->fts_info == FTS_F ||
	       (entry->fts_info == FTS_SL && !stat(entry->fts_accpath, &status) &&
		S_ISREG(status.st_mode));
}

static bool walk(struct batch_dumps *dumps, FTS *tree, struct error *err)
{
	FTSENT *entry;

	while ((entry = fts_read(tree))) {
		if (entry->fts_level && entry->fts_name[0] == '.') {
			fts_set(tree, entry, FTS_SKIP);
		} else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS) {
			/* a record will say that it cannot be read */
			if (!add_file(dumps, entry->fts_path, err))
				return false;
		} else if (is_file(entry) && !add_if_dump(dumps, entry->fts_path, err)) {
			return false;
		}
	}
	return true;
}

static bool add_folder(struct batch_dumps *dumps, const char *path, struct error *err)
{
	char *const paths[] = {(char *)path, NULL};
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
	bool done;

	if (!tree)
		return error_set(err, ERROR_SYSTEM, "%s: cannot look into it: %s", path,
				 strerror(errno));
	done = walk(dumps, tree, err);
	fts_close(tree);
	return done;
}

static bool add_pattern(struct batch_dumps *dumps, const char *pattern, struct error *err)
{
	glob_t matches;
	bool done = true;
	size_t i;
	int status = glob(pattern, GLOB_BRACE | GLOB_TILDE, NULL, &matches);

	if (status == GLOB_NOSPACE)
		return no_memory(err);
	if (status)	/* no match: a record will say that there is no such file */
		return add_file(dumps, pattern, err);
	for (i = 0; i < matches.gl_pathc && done; i++)
		done = batch_dumps_add(dumps, matches.gl_pathv[i], err);
	globfree(&matches);
	return done;
}

bool batch_dumps_add(struct batch_dumps *dumps, const char *path, struct error *err)
{
	struct stat status;

	if (stat(path, &status))
		return strpbrk(path, "*?[{") ? add_pattern(dumps, path, err) :
					       add_file(dumps, path, err);
	return S_ISDIR(status.st_mode) ? add_folder(dumps, path, err) :
					 add_file(dumps, path, err);
}

/* The whole list; NULL when out of memory or not readable. */
static char *read_all(FILE *stream, size_t *length)
{
	size_t room = 1 << 16, got;
	char *text = malloc(room + 1), *grown;

	*length = 0;
	while (text && (got = fread(text + *length, 1, room - *length, stream))) {
		*length += got;
		if (*length < room)
			continue;
		room *= 2;
		grown = realloc(text, room + 1);
		if (!grown)
			free(text);
		text = grown;
	}
	if (text)
		text[*length] = '\0';
	return text;
}

bool batch_dumps_read(struct batch_dumps *dumps, FILE *stream, struct error *err)
{
	size_t length, place, step;
	char *text = read_all(stream, &length);
	bool done = true;
	char end;

	if (!text)
		return no_memory(err);
	end = memchr(text, '\0', length) ? '\0' : '\n';
	for (place = 0; place < length && done; place += step + 1) {
		char *stop = memchr(text + place, end, length - place);

		step = stop ? (size_t)(stop - text) - place : length - place;
		text[place + step] = '\0';
		if (step)
			done = batch_dumps_add(dumps, text + place, err);
	}
	free(text);
	if (done && ferror(stream))
		return error_set(err, ERROR_SYSTEM, "cannot read the list: %s", strerror(errno));
	return done;
}

/* ------------------------------------------------------------------------------ sets */

/* By path; parts of a set are neighbours where their names are. */
static int compare(const void *left, const void *right)
{
	const struct found *a = left, *b = right;

	return strcmp(a->path, b->path);
}

static void sort(struct batch_dumps *dumps)
{
	size_t i, kept = 0;

	if (dumps->found_count)
		qsort(dumps->found, dumps->found_count, sizeof(*dumps->found), compare);
	for (i = 0; i < dumps->found_count; i++) {
		if (kept && !strcmp(dumps->found[kept - 1].path, dumps->found[i].path))
			free(dumps->found[i].path);
		else
			dumps->found[kept++] = dumps->found[i];
	}
	dumps->found_count = kept;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) : 0;
}

static bool same_folder(const char *a, const char *b)
{
	size_t length = folder_length(a);

	return length == folder_length(b) && !strncmp(a, b, length);
}

/* Of the same set, in the same folder, and no copy of a part that is there already? */
static bool is_part(const struct batch_dumps *dumps, size_t first, const size_t *parts,
		    size_t count, size_t candidate)
{
	const struct found *a = &dumps->found[first], *b = &dumps->found[candidate];
	size_t i;

	if (b->head.set != a->head.set || !same_folder(a->path, b->path))
		return false;
	for (i = 0; i < count; i++)
		if (dumps->found[parts[i]].head.start == b->head.start)
			return false;
	return true;
}

static uint64_t key_of(const struct batch_dump *dump)
{
	uint64_t hash = HASH_BASIS;
	size_t i;

	for (i = 0; i < dump->count; i++)
		hash = hash_bytes(hash, dump->paths[i], strlen(dump->paths[i]) + 1);
	hash = hash_bytes(hash, &dump->size, sizeof(dump->size));
	return hash_bytes(hash, &dump->modified, sizeof(dump->modified));
}

static bool make_dump(struct batch_dumps *dumps, const size_t *parts, size_t count)
{
	struct batch_dump *dump = &dumps->dumps[dumps->count];
	size_t i;

	*dump = (struct batch_dump){.paths = calloc(count, sizeof(*dump->paths)), .count = count};
	if (!dump->paths)
		return false;
	dumps->count++;
	for (i = 0; i < count; i++) {
		const struct found *found = &dumps->found[parts[i]];

		dump->paths[i] = found->path;
		dump->size += found->head.size;
		if (found->head.modified > dump->modified)
			dump->modified = found->head.modified;
	}
	dump->key = key_of(dump);
	return true;
}

/* @parts: room for the numbers of all files; @taken: which of them are in a dump. */
static bool join(struct batch_dumps *dumps, size_t *parts, bool *taken)
{
	size_t i, j, count;

	for (i = 0; i < dumps->found_count; i++) {
		if (taken[i])
			continue;
		count = 0;
		parts[count++] = i;
		for (j = i + 1; dumps->found[i].head.set && j < dumps->found_count; j++) {
			if (taken[j] || !is_part(dumps, i, parts, count, j))
				continue;
			taken[j] = true;
			parts[count++] = j;
		}
		if (!make_dump(dumps, parts, count))
			return false;
	}
	return true;
}

/* The low bits of FNV-1a alone are not well mixed. */
static unsigned int shard_of(const char *path, unsigned int shards)
{
	uint64_t hash = hash_bytes(HASH_BASIS, path, strlen(path));

	hash ^= hash >> 32;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return (unsigned int)((hash >> 32) % shards);
}

static void keep_shard(struct batch_dumps *dumps, unsigned int shard, unsigned int shards)
{
	size_t i, kept = 0;

	for (i = 0; i < dumps->count; i++) {
		if (shard_of(dumps->dumps[i].paths[0], shards) == shard)
			dumps->dumps[kept++] = dumps->dumps[i];
		else
			free(dumps->dumps[i].paths);
	}
	dumps->count = kept;
}

bool batch_dumps_finish(struct batch_dumps *dumps, unsigned int shard, unsigned int shards,
			struct error *err)
{
	size_t *parts;
	bool *taken, done;

	sort(dumps);
	parts = calloc(dumps->found_count + 1, sizeof(*parts));
	taken = calloc(dumps->found_count + 1, sizeof(*taken));
	dumps->dumps = calloc(dumps->found_count + 1, sizeof(*dumps->dumps));
	done = parts && taken && dumps->dumps && join(dumps, parts, taken);
	free(parts);
	free(taken);
	if (!done)
		return no_memory(err);
	if (shards > 1)
		keep_shard(dumps, shard, shards);
	return true;
}

size_t batch_dumps_count(const struct batch_dumps *dumps)
{
	return dumps->count;
}

const struct batch_dump *batch_dumps_at(const struct batch_dumps *dumps, size_t index)
{
	return &dumps->dumps[index];
}

size_t batch_dumps_passed(const struct batch_dumps *dumps)
{
	return dumps->passed;
}
