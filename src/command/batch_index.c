// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/batch_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/new_file.h"
#include "batch/groups.h"

/* The page goes through a stream of its own, for the file stays open until it has a name. */
static bool write_page(const struct new_file *file, const struct records *records,
		       struct error *err)
{
	int copy = dup(file->descriptor);
	FILE *stream = copy < 0 ? NULL : fdopen(copy, "w");
	struct groups groups = {0};
	bool done;

	if (!stream) {
		if (copy >= 0)
			close(copy);
		return error_set(err, ERROR_SYSTEM, "%s: %s", file->path, strerror(errno));
	}
	done = groups_make(&groups, records) && groups_html(stream, &groups, records);
	groups_free(&groups);
	if (fclose(stream) || !done)
		return error_set(err, ERROR_SYSTEM, "%s: cannot be written: %s", file->path,
				 strerror(errno));
	return true;
}

bool batch_index_write(const char *path, const struct records *records, struct error *err)
{
	struct new_file file;

	if (!new_file_begin(&file, path, true, err))
		return false;
	if (write_page(&file, records, err))
		return new_file_finish(&file, err);
	new_file_abandon(&file);
	return false;
}

bool batch_index_of(const char *path, const char *results, struct error *err)
{
	struct records records = {0};
	bool done = records_read(&records, results, err);

	if (done) {
		records_merge(&records);
		done = batch_index_write(path, &records, err);
	}
	records_free(&records);
	return done;
}
