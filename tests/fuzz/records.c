// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of batches, as 'summarize' and 'batch --resume' read them. */
#include "batch/records.h"

#include <unistd.h>

#include "batch/results.h"
#include "fuzz.h"

static void summarize(const char *path)
{
	struct records records = {0};
	struct error err = {0};

	if (records_read(&records, path, &err))
		records_read(&records, path, &err);
	records_merge(&records);
	records_free(&records);
}

static void resume(const char *path)
{
	struct error err = {0};
	struct results *results = results_open(path, true, true, &err);

	if (results && results_claim(results, 0x1234, &err) == RESULTS_CLAIMED)
		results_release(results, 0x1234);
	results_close(results);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_SIZE];
	int file = fuzz_file(data, size);

	if (file < 0)
		return 0;
	fuzz_path(file, path);
	summarize(path);
	resume(path);
	close(file);
	return 0;
}
