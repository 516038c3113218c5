/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How memory gets to swap where there is no MADV_PAGEOUT (before 5.4): all processes are in a cgroup, and that is made
 * smaller for a moment. Which pages go then, the kernel decides.
 */
#include "guest.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* The cgroup that this process is in, as a folder. */
static bool own_cgroup(char *path, size_t size)
{
	char line[80] = "";
	FILE *file = fopen("/proc/self/cgroup", "r");

	while (file && fgets(line, sizeof(line), file) && strncmp(line, "0::", 3))
		;
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
	snprintf(path, size, "/sys/fs/cgroup%s", line[0] ? line + 3 : "");
	return !strncmp(line, "0::/", 4) && line[4];
}

int squeeze(size_t bytes)
{
	char folder[120], path[160], text[24] = "";
	unsigned long long used;
	FILE *file;

	if (!own_cgroup(folder, sizeof(folder)))
		return -1;
	snprintf(path, sizeof(path), "%s/memory.current", folder);
	file = fopen(path, "r");
	if (!file || !fgets(text, sizeof(text), file))
		return -1;
	fclose(file);
	/* the kernel reclaims before the write comes back; nothing is to stay limited */
	used = strtoull(text, NULL, 10);
	snprintf(path, sizeof(path), "%s/memory.high", folder);
	snprintf(text, sizeof(text), "%llu", used > bytes ? used - bytes : 0);
	return write_file(path, text) || write_file(path, "max") ? -1 : 0;
}

bool must_squeeze(void)
{
	return madvise(NULL, 0, MADV_PAGEOUT) != 0;
}

void squeeze_if_old(void)
{
	char text[24];

	if (!must_squeeze())
		return;
	mkdir("/sys/fs/cgroup", 0755);
	if (mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL) ||
	    write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory"))
		fail("cgroup2");
	mkdir("/sys/fs/cgroup/squeezed", 0755);
	snprintf(text, sizeof(text), "%d", getpid());
	if (write_file("/sys/fs/cgroup/squeezed/cgroup.procs", text))
		fail("cgroup.procs");
}

static struct range {
	char *p;
	size_t bytes;
} held;

/* A page of each huge one comes back as soon as it is gone, so that reclaim cannot take it out of the swap cache. */
static void *hold_back(void *range)
{
	const struct range *huge = range;

	for (;;) {
		read_pages(huge->p, huge->bytes, HUGE_PAGE);
		usleep(3000);
	}
	return NULL;
}

void page_out_huge(char *p, size_t bytes)
{
	pthread_t thread;

	held = (struct range){ p, bytes };
	if (must_squeeze() && pthread_create(&thread, NULL, hold_back, &held))
		fail("pthread_create");
	page_out(p, bytes);
	if (must_squeeze()) {
		pthread_cancel(thread);
		pthread_join(thread, NULL);
	}
	sleep(2);               /* the writes end; a page under writeback would not migrate */
	read_pages(p, bytes, HUGE_PAGE);
}
