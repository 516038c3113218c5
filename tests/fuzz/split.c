// SPDX-License-Identifier: GPL-2.0-or-later
/* Two files given as one split dump. The first 4 bytes are the length of the first. */
#include <unistd.h>

#include "dump_look.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char first[FUZZ_PATH_SIZE], second[FUZZ_PATH_SIZE];
	const char *const paths[] = {first, second};
	int files[2];
	uint32_t length;

	if (size < sizeof(length))
		return 0;
	memcpy(&length, data, sizeof(length));
	data += sizeof(length);
	size -= sizeof(length);
	if (length > size)
		length = (uint32_t)size;
	files[0] = fuzz_file(data, length);
	files[1] = fuzz_file(data + length, size - length);
	fuzz_path(files[0], first);
	fuzz_path(files[1], second);
	if (files[0] >= 0 && files[1] >= 0)
		look_at_dump(paths, 2, false);
	close(files[0]);
	close(files[1]);
	return 0;
}
