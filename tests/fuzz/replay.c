// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for libFuzzer where the compiler has none: feeds a fuzzer the files of its corpus.
 *
 * Usage: fuzz-NAME FOLDER
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static int no_dots(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* From malloc() and no larger than the file, so that reading over its end is seen. */
static uint8_t *read_input(const char *path, size_t *size)
{
	FILE *stream = fopen(path, "rbe");
	struct stat status;
	uint8_t *data = NULL;

	if (stream && !fstat(fileno(stream), &status) && S_ISREG(status.st_mode)) {
		*size = (size_t)status.st_size;
		data = malloc(*size ? *size : 1);
		if (data && fread(data, 1, *size, stream) != *size) {
			free(data);
			data = NULL;
		}
	}
	if (stream)
		fclose(stream);
	return data;
}

static bool replay(const char *folder, const char *name)
{
	char path[4096];
	size_t size = 0;
	uint8_t *data;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	data = read_input(path, &size);
	if (data)
		LLVMFuzzerTestOneInput(data, size);
	free(data);
	return data;
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int count, i, failed = 0;

	/* what was done before a crash must not get lost in it */
	setvbuf(stdout, NULL, _IOLBF, 0);
	count = argc == 2 ? scandir(argv[1], &entries, no_dots, alphasort) : -1;
	if (count <= 0) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return EXIT_FAILURE;
	}
	printf("1..%d\n", count);
	for (i = 0; i < count; i++) {
		bool good = replay(argv[1], entries[i]->d_name);

		printf("%s %d - %s comes to an end\n", good ? "ok" : "not ok", i + 1,
		       entries[i]->d_name);
		failed += !good;
		free(entries[i]);
	}
	free(entries);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
