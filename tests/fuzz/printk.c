// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel log in both forms, over the same bytes. */
#include "kernel/printk_form.h"

#include <stdlib.h>

#include "fuzz.h"

#define BASE	UINT64_C(0xffff888000000000)
#define WINDOW	16384

/* struct printk_ringbuffer and what hangs from it, as in 6.1 */
static const struct printk_layout ring_layout = {
	.header = {.size = 88, .time = {8, 8}, .text_length = {16, 2}, .facility = {18, 1},
		   .level = {19, 1}, .level_shift = 5, .level_bits = 3, .caller = {20, 4}},
	.ring = {.prb = BASE, .ring_size = 80, .count_bits = {0, 4}, .descs = {8, 8},
		 .infos = {16, 8}, .head = {24, 8}, .tail = {32, 8}, .size_bits = {40, 4},
		 .data = {48, 8}, .desc_size = 24, .state = {0, 8}, .begin = {8, 8},
		 .next = {16, 8}, .sequence = {0, 8}},
};

/* struct printk_log as in 5.4, with CONFIG_PRINTK_CALLER */
static const struct printk_layout log_layout = {
	.header = {.size = 20, .time = {0, 8}, .text_length = {10, 2}, .facility = {14, 1},
		   .level = {15, 1}, .level_shift = 5, .level_bits = 3, .caller = {16, 4}},
	.log_buf = {.log_buf = BASE, .log_buf_len = BASE + 8, .log_first_idx = BASE + 12,
		    .log_next_idx = BASE + 16, .log_first_seq = BASE + 24,
		    .log_next_seq = BASE + 32, .length = {8, 2}, .dict_length = {12, 2}},
};

static bool take(void *data, const struct log_record *record)
{
	(void)data;
	if (record->length > PRINTK_TEXT_MAX || record->text[record->length])
		abort();
	return true;
}

static void read_log(const struct kernel *kernel, const struct printk_form *form,
		     const struct printk_layout *layout)
{
	struct printk_gaps gaps = {0};
	struct printk_walk walk = {
		.kernel = kernel, .layout = layout, .visit = take, .gaps = &gaps,
	};
	struct error err = {0};

	form->walk(&walk, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel kernel = {0};
	struct fuzz_memory fuzz;

	kernel.memory = fuzz_memory_new(&fuzz, data, size, WINDOW);
	kernel.source = &fuzz.source;
	if (kernel.memory) {
		read_log(&kernel, &printk_ringbuffer_form, &ring_layout);
		read_log(&kernel, &printk_log_buf_form, &log_layout);
	}
	memory_free(kernel.memory);
	return 0;
}
