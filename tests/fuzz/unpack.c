// SPDX-License-Identifier: GPL-2.0-or-later
/* A dump that was compressed as a whole, unpacked. */
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

static void unpack(int packed, int temporary)
{
	char path[FUZZ_PATH_SIZE];
	struct error err = {0};
	struct file *file;
	uint8_t bytes[64];

	fuzz_path(packed, path);
	file = file_open(path, temporary, &err);
	if (file && file_size(file) >= sizeof(bytes))
		file_read(file, file_size(file) - sizeof(bytes), bytes, sizeof(bytes), &err);
	file_close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int packed = fuzz_file(data, size), temporary = memfd_create("unpacked", MFD_CLOEXEC);

	if (packed >= 0 && temporary >= 0)
		unpack(packed, temporary);
	if (packed >= 0)
		close(packed);
	if (temporary >= 0)
		close(temporary);
	return 0;
}
