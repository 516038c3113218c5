/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every word of the guest's user memory is a canary: of private and shared memory, huge pages and files, of what is
 * swapped out and came back, is in the swap cache, was freed, and of registers. A small dump must not have it anywhere.
 * Another one is in the kernel's log alone.
 */
#include "guest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANARY 0x52614e6143777342ULL	/* "BswCaNaR" */
#define IN_LOG "<5>a canary in the log: kSwLoGcAnArY\n"
#define BYTES (12 * MIB)
#define SPINNERS 3

static void fill_with_canary(void *memory, size_t bytes)
{
	uint64_t *words = memory;

	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		words[i] = CANARY;
}

/* Out, then a part of it in again, to be read and to be written. */
static void swap_out_and_in(char *p, size_t bytes)
{
	page_out(p, bytes);
	sleep(1);
	read_pages(p, bytes / 4, 2 * PAGE);
	fill_with_canary(p + bytes / 4, bytes / 8);
}

/* Pages of the page cache, and some of them dirty: /init lies in a file system of memory, and so do they. */
static void fill_file(const char *path, const char *from, size_t bytes)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	char *mapped;

	if (fd < 0 || write(fd, from, bytes) != (ssize_t)bytes)
		fail(path);
	mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		fail("mmap");
	fill_with_canary(mapped, bytes / 2);
}

/* All registers, until the machine is stopped: in user mode, or interrupted there. */
static void spin_with_canary(void)
{
#ifdef __x86_64__
	__asm__ volatile("mov %0, %%rax; mov %%rax, %%rbx; mov %%rax, %%rcx; mov %%rax, %%rdx; mov %%rax, %%rsi;"
			 "mov %%rax, %%rdi; mov %%rax, %%r8; mov %%rax, %%r9; mov %%rax, %%r10; mov %%rax, %%r11;"
			 "mov %%rax, %%r12; mov %%rax, %%r13; mov %%rax, %%r14; mov %%rax, %%r15;"
			 "movq %%rax, %%xmm0; punpcklqdq %%xmm0, %%xmm0; movdqa %%xmm0, %%xmm7; movdqa %%xmm0, %%xmm15;"
			 "1: jmp 1b" :: "r"(CANARY));
#elif defined(__aarch64__)
	__asm__ volatile("mov x0, %0; mov x1, x0; mov x2, x0; mov x3, x0; mov x8, x0; mov x9, x0; mov x19, x0;"
			 "mov x20, x0; mov x28, x0; dup v0.2d, x0; mov v8.16b, v0.16b; mov v31.16b, v0.16b;"
			 "1: b 1b" :: "r"(CANARY));
#endif
}

void canary(void)
{
	char *small = map_small(2 * BYTES), *huge = map_huge(BYTES), *shared = map(BYTES, MAP_SHARED);
	char *freed = map_small(BYTES);
	int log = open("/dev/kmsg", O_WRONLY);

	if (log < 0 || write(log, IN_LOG, strlen(IN_LOG)) < 0)
		fail("/dev/kmsg");
	fill_with_canary(freed, BYTES);
	munmap(freed, BYTES);
	fill_with_canary(small, 2 * BYTES);
	fill_with_canary(shared, BYTES);
	fill_file("/canary", small, BYTES / 2);
	swap_out_and_in(small, BYTES);
	swap_out_and_in(shared, BYTES);
	fill_with_canary(huge, BYTES);
	swap_out_and_in(huge, BYTES);
	for (int i = 0; i < SPINNERS; i++)
		if (fork() == 0)
			spin_with_canary();
	sleep(2);
	fact("canary %s", "BswCaNaR");
	fact("canary_in_log %s", "kSwLoGcAnArY");
	fact("owner %d", getpid());
	finish();
}
