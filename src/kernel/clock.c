// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * struct timekeeper, xtime_sec (include/linux/timekeeper_internal.h):
 *  until 6.12	shadow_timekeeper, a copy that each tick brings up to date; the one in use
 *		is in a struct without a name (kernel/time/timekeeping.c)
 *  6.13	tk_core, a struct tk_data
 *  6.17	timekeeper_data[], of which the first is the machine's clock
 */
#include "kernel/clock.h"

#include <stdlib.h>

/* A clock that was never set says 1970; one that is damaged, anything. */
#define EARLIEST INT64_C(946684800)	/* 2000-01-01 */
#define LATEST	 INT64_C(4102444800)	/* 2100-01-01 */

static bool is_sound(int64_t seconds)
{
	return seconds >= EARLIEST && seconds < LATEST;
}

static int64_t from_vmcoreinfo(const struct kernel *kernel)
{
	char value[32];

	if (!image_vmcoreinfo_line(kernel->image, "CRASHTIME", value, sizeof(value)))
		return 0;
	return strtoll(value, NULL, 10);
}

static int64_t from_timekeeper(const struct kernel *kernel)
{
	struct field seconds, whole = {0};
	uint64_t address, value;

	if (!kernel_field(kernel, "timekeeper", "xtime_sec", &seconds) ||
	    seconds.size != sizeof(value))
		return 0;
	if (!image_symbol(kernel->image, "shadow_timekeeper", &address) &&
	    !((image_symbol(kernel->image, "timekeeper_data", &address) ||
	       image_symbol(kernel->image, "tk_core", &address)) &&
	      kernel_field(kernel, "tk_data", "timekeeper", &whole)))
		return 0;
	if (memory_read_u64(kernel->memory, address + whole.offset + seconds.offset, &value) !=
	    READ_OK)
		return 0;
	return (int64_t)value;
}

int64_t clock_read(const struct kernel *kernel)
{
	int64_t seconds = from_vmcoreinfo(kernel);

	if (!is_sound(seconds))
		seconds = from_timekeeper(kernel);
	return is_sound(seconds) ? seconds : 0;
}
