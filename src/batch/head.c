// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/head.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source/diskdump_headers.h"
#include "source/unpack.h"

#define LOOKED_AT 4096

static bool is_elf(const unsigned char *head, size_t length)
{
	return length > offsetof(Elf64_Ehdr, e_type) + 2 && !memcmp(head, ELFMAG, SELFMAG);
}

static bool is_core(const unsigned char *head)
{
	bool big_endian = head[EI_DATA] == ELFDATA2MSB;
	const unsigned char *type = head + offsetof(Elf64_Ehdr, e_type);

	return (big_endian ? type[0] << 8 | type[1] : type[1] << 8 | type[0]) == ET_CORE;
}

/* Letters of any alphabet, and ends of lines; no control characters. */
static bool is_text(const unsigned char *head, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (head[i] == 0x7f || (head[i] < ' ' && !strchr("\t\n\r\f\033", head[i])) ||
		    !head[i])
			return false;
	return true;
}

static bool is_companion(const unsigned char *head, size_t length)
{
	/* makedumpfile -F begins with a word too, but has NULs behind it */
	return is_elf(head, length) ? !is_core(head) : is_text(head, length);
}

static void read_set(const char *path, struct file_head *head)
{
	struct file *file = file_open(path, -1, NULL);

	if (file)
		head->set = diskdump_set_id(file, &head->start);
	file_close(file);
}

/* Headers lie in the first two blocks, which are of 64 KiB at most. */
#define HEADERS_MAX (UINT64_C(128) << 10)

/* The same of a packed file, as far as its beginning tells. */
static void read_packed_set(int packed, struct file_head *head)
{
	int unpacked = memfd_create("headers", MFD_CLOEXEC);
	unsigned char *bytes = malloc(HEADERS_MAX);
	size_t length = bytes ? unpack_head(packed, bytes, HEADERS_MAX) : 0;
	char path[64];

	if (unpacked >= 0 && length && write(unpacked, bytes, length) == (ssize_t)length) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", unpacked);
		read_set(path, head);
	}
	if (unpacked >= 0)
		close(unpacked);
	free(bytes);
}

void head_read(const char *path, struct file_head *head)
{
	bool packed = false;
	unsigned char bytes[LOOKED_AT];
	struct stat status;
	ssize_t length = -1;
	int fd;

	*head = (struct file_head){.kind = HEAD_DUMP};
	/* a FIFO without a writer would block the open for ever */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	head->size = (uint64_t)status.st_size;
	head->modified = status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec;
	head->device = status.st_dev;
	head->inode = status.st_ino;
	if (S_ISREG(status.st_mode))
		length = pread(fd, bytes, sizeof(bytes), 0);
	if (length > 0 && unpack_format(bytes, (size_t)length)) {
		packed = true;
		length = (ssize_t)unpack_head(fd, bytes, sizeof(bytes));
	}
	if (length > 0 && diskdump_signature(bytes, (size_t)length)) {
		if (packed)
			read_packed_set(fd, head);
		else
			read_set(path, head);
	}
	close(fd);
	if (length > 0 && !diskdump_signature(bytes, (size_t)length) &&
	    is_companion(bytes, (size_t)length))
		head->kind = HEAD_COMPANION;
}
