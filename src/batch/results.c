// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/results.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Locks are on bytes that no file ever has. */
#define APPEND_LOCK (INT64_C(1) << 61)
#define CLAIM_LOCKS (INT64_C(1) << 62)

/* What every record begins with; a file that does not is another's. */
static const char beginning[] = "{\"schema\": \"kswapck-batch/";

struct results {
	char *path;
	int fd;
	off_t read;		/* up to here records are known */
	uint64_t *keys;		/* a hash table; 0: free */
	size_t room, count;
	bool unsynced;
	time_t synced;		/* when */
};

/* ----------------------------------------------------------------------- known keys */

static uint64_t *place_of(uint64_t *keys, size_t room, uint64_t key)
{
	size_t place = (size_t)(key ^ key >> 32) & (room - 1);

	while (keys[place] && keys[place] != key)
		place = (place + 1) & (room - 1);
	return &keys[place];
}

static bool grow(struct results *results)
{
	size_t room = results->room ? 2 * results->room : 1024, i;
	uint64_t *keys = calloc(room, sizeof(*keys));

	if (!keys)
		return false;
	for (i = 0; i < results->room; i++)
		if (results->keys[i])
			*place_of(keys, room, results->keys[i]) = results->keys[i];
	free(results->keys);
	results->keys = keys;
	results->room = room;
	return true;
}

static bool add_key(struct results *results, uint64_t key)
{
	uint64_t *place;

	if (2 * results->count >= results->room && !grow(results))
		return false;
	place = place_of(results->keys, results->room, key);
	results->count += !*place;
	*place = key;
	return true;
}

static bool has_key(const struct results *results, uint64_t key)
{
	return results->room && *place_of(results->keys, results->room, key) == key;
}

/* The key of a record; 0: it is none, or one that does not count. */
static uint64_t key_of(const char *line, size_t length, bool analysed_only)
{
	json_t *record = json_loadb(line, length, 0, NULL);
	const char *text = json_string_value(json_object_get(record, "key"));
	const char *status = json_string_value(json_object_get(record, "status"));
	char *end = NULL;
	uint64_t key = text ? strtoull(text, &end, 16) : 0;

	if (!end || *end || (analysed_only && (!status || strcmp(status, "analysed"))))
		key = 0;
	json_decref(record);
	return key;
}

/* -------------------------------------------------------------------------- the file */

static bool failed(const struct results *results, const char *what, struct error *err)
{
	return error_set(err, ERROR_SYSTEM, "%s: %s: %s", results->path, what, strerror(errno));
}

/* As long as this process has it open; another descriptor of the same file is another's. */
static bool lock(const struct results *results, int64_t start, short type, bool wait)
{
	struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = 1};
	int done;

	do
		done = fcntl(results->fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range);
	while (done < 0 && wait && errno == EINTR);
	return !done;
}

static int64_t claim_of(uint64_t key)
{
	return CLAIM_LOCKS + (int64_t)(key & (uint64_t)(CLAIM_LOCKS - 1));
}

/* All of the file from @start; NULL when it cannot be read. */
static char *read_from(const struct results *results, off_t start, size_t *length)
{
	struct stat status;
	size_t size;
	char *text;

	*length = 0;
	if (fstat(results->fd, &status) || status.st_size < start)
		return NULL;
	size = (size_t)(status.st_size - start);
	text = malloc(size + 1);
	while (text && *length < size) {
		ssize_t got = pread(results->fd, text + *length, size - *length,
				    start + (off_t)*length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		*length += (size_t)got;
	}
	return text;
}

/* Take note of the records that were added since; what is no whole line stays for later. */
static bool catch_up(struct results *results, bool analysed_only, struct error *err)
{
	size_t length, place = 0;
	char *text = read_from(results, results->read, &length), *end;
	bool done = true;
	uint64_t key;

	if (!text)
		return failed(results, "cannot read", err);
	while (done && (end = memchr(text + place, '\n', length - place))) {
		size_t line = (size_t)(end - text) - place;

		key = key_of(text + place, line, analysed_only);
		if (key)
			done = add_key(results, key);
		place += line + 1;
	}
	results->read += (off_t)place;
	free(text);
	return done || error_set(err, ERROR_SYSTEM, "out of memory");
}

/* Under the lock only a killed writer can have left half a line. */
static bool cut_half_line(struct results *results, struct error *err)
{
	struct stat status;

	if (!catch_up(results, false, err))
		return false;
	if (fstat(results->fd, &status) ||
	    (status.st_size > results->read && ftruncate(results->fd, results->read)))
		return failed(results, "cannot take half a line away", err);
	return true;
}

static bool check_content(const struct results *results, bool resume, struct error *err)
{
	char head[sizeof(beginning) - 1];
	struct stat status;
	ssize_t got;

	if (fstat(results->fd, &status))
		return failed(results, "cannot look at it", err);
	if (!S_ISREG(status.st_mode))
		return error_set(err, ERROR_USAGE, "%s: not a regular file; without --output records "
				 "go to standard output", results->path);
	got = pread(results->fd, head, sizeof(head), 0);
	if (got < 0)
		return failed(results, "cannot read", err);
	if (memcmp(head, beginning, (size_t)got))
		return error_set(err, ERROR_USAGE, "%s: not a file of records: it does not begin as "
				 "kswapck batch begins them; nothing was written to it", results->path);
	if (got && !resume)
		return error_set(err, ERROR_USAGE, "%s: has records already; --resume adds those that "
				 "are missing, else name another file", results->path);
	return true;
}

struct results *results_open(const char *path, bool resume, bool retry, struct error *err)
{
	struct results *results = calloc(1, sizeof(*results));

	if (!results || !(results->path = strdup(path))) {
		free(results);
		error_set(err, ERROR_SYSTEM, "out of memory");
		return NULL;
	}
	results->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (results->fd < 0)
		failed(results, "cannot open", err);
	else if (check_content(results, resume, err) && catch_up(results, retry, err))
		return results;
	results_close(results);
	return NULL;
}

void results_close(struct results *results)
{
	if (!results)
		return;
	if (results->fd >= 0)
		close(results->fd);
	free(results->keys);
	free(results->path);
	free(results);
}

enum results_claim results_claim(struct results *results, uint64_t key, struct error *err)
{
	if (has_key(results, key))
		return RESULTS_DONE;
	if (!lock(results, claim_of(key), F_WRLCK, false)) {
		if (errno == EAGAIN || errno == EACCES)
			return RESULTS_ELSEWHERE;
		failed(results, "cannot be locked; put it on a file system that has locks", err);
		return RESULTS_FAILED;
	}
	/* whoever had the claim before may have written the record */
	if (!catch_up(results, false, err)) {
		results_release(results, key);
		return RESULTS_FAILED;
	}
	if (!has_key(results, key))
		return RESULTS_CLAIMED;
	results_release(results, key);
	return RESULTS_DONE;
}

void results_release(struct results *results, uint64_t key)
{
	lock(results, claim_of(key), F_UNLCK, false);
}

/* All of it or nothing: a full disk leaves no half line. */
static bool write_line(struct results *results, const char *line, size_t length,
		       struct error *err)
{
	size_t written = 0;

	while (written < length) {
		ssize_t got = write(results->fd, line + written, length - written);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		written += (size_t)got;
	}
	if (written == length)
		return true;
	failed(results, "cannot write", err);
	if (ftruncate(results->fd, results->read))
		return false;	/* who opens it next takes the rest away */
	return false;
}

bool results_sync(struct results *results, struct error *err)
{
	results->synced = time(NULL);
	if (!results->unsynced)
		return true;
	results->unsynced = false;
	return !fdatasync(results->fd) || failed(results, "cannot write", err);
}

/*
 * A disk takes longer than many a small dump. What a power cut takes of the last second is
 * done again: a dump without a record.
 */
static bool sync_in_time(struct results *results, struct error *err)
{
	results->unsynced = true;
	return time(NULL) == results->synced || results_sync(results, err);
}

bool results_append(struct results *results, uint64_t key, const char *line, size_t length,
		    struct error *err)
{
	bool done;

	if (!lock(results, APPEND_LOCK, F_WRLCK, true))
		return failed(results, "cannot be locked", err);
	done = cut_half_line(results, err) && write_line(results, line, length, err) &&
	       catch_up(results, false, err);
	lock(results, APPEND_LOCK, F_UNLCK, false);
	results_release(results, key);
	return done && sync_in_time(results, err);
}
