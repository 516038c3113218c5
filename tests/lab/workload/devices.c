/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Swap devices that come and go, and what else an administrator can turn. */
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#define MOST_DEVICES 3

static const char *devices[MOST_DEVICES];
static int device_count;

static void add_device(const char *path)
{
	devices[device_count++] = path;
}

static void make_swap(const char *path, size_t bytes)
{
	static char page[PAGE_MAX];
	uint32_t header[3] = { 1, bytes / PAGE - 1, 0 };
	int fd = open(path, O_WRONLY);

	memcpy(page + 1024, header, sizeof(header));
	memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
	if (fd < 0 || write(fd, page, PAGE) != PAGE || fsync(fd))
		say("note %s: %s", path, strerror(errno));
	close(fd);
}

void add_swap_disk(void)
{
	add_device(crashing() ? "/dev/vdc" : "/dev/vdb");
}

void add_ramdisk(void)
{
	if (load_module("/modules/90-brd.ko", "rd_nr=1 rd_size=24576"))
		return;
	make_swap("/dev/ram0", 24 * MIB);
	add_device("/dev/ram0");
}

void add_zram(void)
{
	/* Which ones a kernel has differs: it may compress by itself, or by the crypto API. */
	static const char *const modules[] = { "91-zsmalloc", "92-lz4_compress", "93-lz4hc_compress", "94-lzo-rle",
					       "95-zram" };
	char path[80];

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		snprintf(path, sizeof(path), "/modules/%s.ko", modules[i]);
		load_module(path, "");
	}
	if (write_file("/sys/block/zram0/disksize", "33554432")) {
		say("note zram: %s", strerror(errno));
		return;
	}
	make_swap("/dev/zram0", 32 * MIB);
	add_device("/dev/zram0");
}

static void on_alarm(int signal)
{
	(void)signal;           /* only so that a system call ends */
}

pid_t start_disturber(int number)
{
	uint64_t random = new_seed();
	char path[80], text[16];
	pid_t child = fork();

	(void)number;
	if (child)
		return child;
	write_file("/proc/self/oom_score_adj", "-1000");
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
	for (;;) {
		const char *device = devices[next_random(&random) % device_count];
		/* sooner used than the large one, and so full at times; or with freed clusters being discarded */
		int flags = next_random(&random) % 4 ? SWAP_FLAG_PREFER | (1 + next_random(&random) % 2) : 0;

		if (next_random(&random) % 4 == 0)
			flags |= SWAP_FLAG_DISCARD;
		switch (next_random(&random) % 6) {
		case 0:
		case 1:
			/* one that turns: no clusters, and read-ahead by slot for all devices */
			snprintf(path, sizeof(path), "/sys/block/%s/queue/rotational", device + strlen("/dev/"));
			write_file(path, next_random(&random) % 4 ? "0" : "1");
			swapon(device, flags);
			break;
		case 2:
			/* It may go on for as long as others swap, with the slots caches turned off. */
			alarm(2);
			swapoff(device);
			alarm(0);
			break;
		case 3:
			write_file("/proc/sys/vm/compact_memory", "1");
			break;
		case 4:
			snprintf(text, sizeof(text), "%d", (int)(next_random(&random) % 6));
			write_file("/proc/sys/vm/page-cluster", text);
			break;
		case 5:
			write_file("/sys/kernel/mm/ksm/run", next_random(&random) % 3 ? "1" : "2");
			break;
		}
		usleep(next_random(&random) % 500000);
	}
}
