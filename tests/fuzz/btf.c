// SPDX-License-Identifier: GPL-2.0-or-later
/* BTF, as it lies in the memory of a kernel. */
#include <stdlib.h>

#include "fuzz.h"
#include "types/backend.h"
#include "types_look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	void *copy = malloc(size ? size : 1);

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	look_at_types(btf_open(copy, size, "a fuzzer", &err));
	return 0;
}
