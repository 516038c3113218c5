// SPDX-License-Identifier: GPL-2.0-or-later
/* A dump of one file: ELF core, kdump-compressed, each flattened or not. */
#include <unistd.h>

#include "dump_look.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_SIZE];
	const char *const paths[] = {path};
	int file = fuzz_file(data, size);

	if (file < 0)
		return 0;
	fuzz_path(file, path);
	look_at_dump(paths, 1, false);
	close(file);
	return 0;
}
