// SPDX-License-Identifier: GPL-2.0-or-later
/* What distill reads for other tools, led by words of the dump that mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_image.h"
#include "fake_source.h"

#include "distill/companions.h"

#define MEMORY UINT64_C(0xffff800000000000)
#define BYTES  0x4000

/* An object that ends in the last page of all; with pages of 64 KiB, as it was met. */
static void nodes_at_the_end(void **state)
{
	static uint8_t bytes[BYTES];
	const uint64_t node = 0xffffffffffff3bff;
	struct fake_source source;
	struct image image = {0};
	struct types types = {0};
	struct kernel kernel = {
		.image = &image,
		.types = &types,
		.memory = fake_memory(&source, MEMORY, bytes, sizeof(bytes)),
	};

	(void)state;
	assert_non_null(kernel.memory);
	kernel.source = &source.source;
	fake_add_symbol(&image, "node_data", MEMORY);
	fake_add_size(&types, "pglist_data", 0xc000);
	memcpy(bytes + 8, &node, sizeof(node));
	alarm(30);	/* and not for ever */
	companions_read(&kernel);
	alarm(0);
	memory_free(kernel.memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
