// SPDX-License-Identifier: GPL-2.0-or-later
/* RAM without any header: VMCOREINFO is searched in it, and the page tables it names are used. */
#include <stdio.h>
#include <unistd.h>

#include "dump_look.h"
#include "fuzz.h"

#define PAGE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_SIZE], place[FUZZ_PATH_SIZE + 8];
	const char *const paths[] = {place};
	int file = fuzz_file(data, size);

	if (file < 0)
		return 0;
	fuzz_path(file, path);
	/* only whole pages are taken */
	snprintf(place, sizeof(place), "%s@0x0", path);
	if (!ftruncate(file, (off_t)((size + PAGE - 1) & ~(size_t)(PAGE - 1))))
		look_at_dump(paths, 1, true);
	close(file);
	return 0;
}
