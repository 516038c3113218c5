/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of `mix`: memory whose swap entries move to other places, and shared memory that comes and goes. */
#include "storm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define AREA (12 * MIB)

/* Some pages of an area, seldom aligned to a huge page. */
static char *some_pages(char *area, size_t size, uint64_t *random, size_t *bytes)
{
	size_t at = next_random(random) % (size / PAGE) * PAGE;

	*bytes = (1 + next_random(random) % (next_random(random) % 4 ? 64 : 1024)) * PAGE;
	if (*bytes > size - at)
		*bytes = size - at;
	return area + at;
}

/* ---- mremap ------------------------------------------------------------------------------ */

static void read_in_child(const char *p, size_t bytes)
{
	pid_t child = fork();

	if (child == 0) {
		read_pages(p, bytes, PAGE);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

/* There and back again: in between the pages are used at a place that they were not made for. */
static void remap(char *p, size_t bytes, char *elsewhere, uint64_t *random)
{
	size_t room = AREA - bytes;
	char *to = elsewhere + (room ? next_random(random) % (room / PAGE + 1) * PAGE : 0);

	if (mremap(p, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
		return;
	if (next_random(random) % 2)
		try_page_out(to, bytes);
	if (next_random(random) % 2)
		read_in_child(to, bytes);
	read_pages(to, bytes, 2 * PAGE);
	mremap(to, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, p);
	mmap(to, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
	did(REMAPPED, 1);
}

/* The pages go, their old place stays, and gets new ones. */
static void remap_keeping(char *p, size_t bytes, uint64_t *random)
{
	char *to = mremap(p, bytes, bytes, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	if (to == MAP_FAILED)
		return;
	fill(p, bytes);
	try_page_out(next_random(random) % 2 ? to : p, bytes);
	read_pages(to, bytes, PAGE);
	munmap(to, bytes);
	did(KEPT_MAPPED, 1);
}

pid_t start_remapper(int number)
{
	pid_t child = fork();
	uint64_t random;
	char *area, *elsewhere;

	if (child)
		return child;
	random = new_seed();
	area = number % 2 ? map_small(AREA) : map_huge(AREA);
	elsewhere = mmap(NULL, AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	fill(area, AREA);
	for (;;) {
		size_t bytes;
		char *p = some_pages(area, AREA, &random, &bytes);

		switch (next_random(&random) % 8) {
		case 0:
			try_page_out(area, AREA);
			break;
		case 1:
			try_page_out(p, bytes);
			break;
		case 2:
			fill(p, bytes);
			break;
		case 3:
			move_to_node(p, bytes / PAGE, PAGE, next_random(&random) % 2);
			break;
		case 4:
			remap_keeping(p, bytes, &random);
			break;
		default:
			remap(p, bytes, elsewhere, &random);
			break;
		}
	}
}

/* ---- UFFDIO_MOVE --------------------------------------------------------------------------- */

/* One round: the pages move in the state in which they happen to be. Where none is may not be touched in `to`. */
static void move_once(int userfaults, char *to, char *from, uint64_t *random)
{
	size_t bytes;
	char *p = some_pages(from, AREA, random, &bytes);
	long moved;

	fill(p, bytes);
	if (next_random(random) % 4)
		try_page_out(p, bytes);
	if (next_random(random) % 2)
		usleep(next_random(random) % 50000);
	if (next_random(random) % 2)
		read_pages(p, bytes, 3 * PAGE);
	moved = move_pages_here(userfaults, to + (p - from), p, bytes);
	if (moved > 0) {
		did(MOVED, moved / PAGE);
		to += p - from;
		if (next_random(random) % 2)
			try_page_out(to, moved);
		read_pages(to, moved, PAGE);
		usleep(next_random(random) % 20000);
		madvise(to, moved, MADV_DONTNEED);
	}
}

pid_t start_mover(int number)
{
	pid_t child = fork();
	int userfaults;
	uint64_t random;
	char *to, *from;

	if (child)
		return child;
	random = new_seed();
	to = number % 2 ? map_huge(AREA) : map_small(AREA);
	from = number % 2 ? map_huge(AREA) : map_small(AREA);
	userfaults = userfaults_of(to, AREA);
	while (userfaults < 0)
		pause();        /* before 6.8 there is no such move */
	for (;;)
		move_once(userfaults, to, from, &random);
}

/* ---- shared memory -------------------------------------------------------------------------- */

#define FILES_EACH 3

struct file {
	int fd;
	char *mapped;           /* AREA bytes of it, of which the first `size` may be touched */
	size_t size;
};

static void resize(struct file *f, size_t size)
{
	if (ftruncate(f->fd, size) == 0)
		f->size = size;
}

/* The first is a file with a name, for as long as it is there; the others never have one. */
static void open_new(struct file *f, int number, int which)
{
	char path[40];

	if (f->mapped)
		munmap(f->mapped, AREA);
	if (f->fd > 0)
		close(f->fd);
	snprintf(path, sizeof(path), "/shm/%d", number);
	unlink(path);
	f->fd = which ? memfd_create("lab", MFD_CLOEXEC) : open(path, O_RDWR | O_CREAT, 0600);
	f->mapped = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	if (f->fd < 0 || f->mapped == MAP_FAILED)
		_exit(1);
	resize(f, AREA);
	did(FILES, 1);
}

static void file_step(struct file *f, int number, int which, uint64_t *random)
{
	static char buffer[64 * PAGE_MAX];
	size_t bytes;
	char *p = some_pages(f->mapped, AREA, random, &bytes);
	size_t at = p - f->mapped, there = at >= f->size ? 0 : f->size - at < bytes ? f->size - at : bytes;
	size_t piece = bytes < sizeof(buffer) ? bytes : sizeof(buffer);

	switch (next_random(random) % 12) {
	case 0:
		try_page_out(f->mapped, f->size);
		break;
	case 1:
	case 2:
		try_page_out(p, there);
		break;
	case 3:
	case 4:
		fill(p, there);
		break;
	case 5:
		read_pages(p, there, PAGE);
		break;
	case 6:
		/* may make it longer, over a hole */
		if (pwrite(f->fd, buffer, piece, at) == (ssize_t)piece && at + piece > f->size)
			f->size = at + piece;
		break;
	case 7:
		if (pread(f->fd, buffer, piece, at) < 0)
			return;
		break;
	case 8:
		fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, bytes);
		break;
	case 9:
		if (next_random(random) % 4 == 0)
			resize(f, at);
		else
			resize(f, AREA);
		break;
	case 10:
		read_in_child(p, there);
		break;
	case 11:
		if (next_random(random) % 8 == 0)
			open_new(f, number, which);
		else
			madvise(p, there, MADV_WILLNEED);
		break;
	}
}

pid_t start_filer(int number)
{
	struct file files[FILES_EACH] = { { 0 } };
	pid_t child = fork();
	uint64_t random;

	if (child)
		return child;
	random = new_seed();
	mkdir("/shm", 0755);
	if (access("/shm/mounted", F_OK)) {
		mount("tmpfs", "/shm", "tmpfs", 0, number % 2 ? "huge=within_size" : "");
		close(open("/shm/mounted", O_CREAT | O_WRONLY, 0600));
	}
	for (int i = 0; i < FILES_EACH; i++)
		open_new(&files[i], number, i);
	for (;;) {
		int which = next_random(&random) % FILES_EACH;

		file_step(&files[which], number, which, &random);
	}
}
