/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stalls that have nothing to do with swap, beside a swap cache that is used and healthy: the module kernels/spin.c. */
#include "guest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SPINNER "lab_spin"              /* the module's thread */

/* Small and huge pages are swapped out, and some come back: the cache is not empty. */
static void use_swap(void)
{
	size_t bytes = (meminfo_kib("MemTotal") * 1024 / 8) & ~(HUGE_PAGE - 1);
	char *small = map_small(bytes), *huge = map_huge(bytes);

	fill(small, bytes);
	fill(huge, bytes);
	page_out(small, bytes);
	page_out(huge, bytes);
	sleep(2);
	read_pages(small, bytes / 2, 2 * PAGE);
	read_pages(huge, bytes, HUGE_PAGE);
}

static int pid_of(const char *comm)
{
	char path[40], name[32];

	for (int pid = 1; pid < 1000; pid++) {
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (!fgets(name, sizeof(name), file))
			name[0] = '\0';
		fclose(file);
		name[strcspn(name, "\n")] = '\0';
		if (!strcmp(name, comm))
			return pid;
	}
	return 0;
}

static void spin_in(const char *where)
{
	char options[40];

	use_swap();
	snprintf(options, sizeof(options), "where=%s", where);
	if (load_module("/modules/91-spin.ko", options))
		fail("spin.ko");
	sleep(1);
	fact("spinner %d", pid_of(SPINNER));
	fact("spinner_module spin, where=%s", where);
	wait_for_stall();
	finish();
}

void spin(void)
{
	spin_in("loop");
}

void spin_xarray(void)
{
	spin_in("xarray");
}
