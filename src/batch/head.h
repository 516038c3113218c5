/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a file is, by its first bytes: a dump, a part of one, or what lies beside dumps. */
#ifndef KSWAPCK_BATCH_HEAD_H
#define KSWAPCK_BATCH_HEAD_H

#include <stdint.h>

enum head_kind {
	HEAD_DUMP,		/* or may be one: damaged, empty, foreign, not readable */
	HEAD_COMPANION,		/* text (logs, sums, JSON), or ELF that is no core (vmlinux) */
};

struct file_head {
	enum head_kind kind;
	uint64_t size;		/* bytes */
	int64_t modified;	/* nanoseconds since 1970 */
	uint64_t device, inode;	/* which file it is */
	uint64_t set;		/* see diskdump_set_id() */
	uint64_t start;
};

/** head_read - look at @path; all 0 where it cannot be. */
void head_read(const char *path, struct file_head *head);

#endif
