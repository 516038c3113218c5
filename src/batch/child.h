/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One process per dump: whatever a dump does to its reader, it does to no other.
 *
 * A child is killed when it takes too long, when kswapck batch ends, and when that is
 * killed itself.
 */
#ifndef KSWAPCK_BATCH_CHILD_H
#define KSWAPCK_BATCH_CHILD_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

struct child_limits {
	unsigned int seconds;	/* of time; 0: none */
	uint64_t memory;	/* bytes of its own (RLIMIT_DATA), not of mapped files; 0: none */
};

enum child_end {
	CHILD_RUNS,
	CHILD_EXITED,
	CHILD_KILLED,		/* by a signal that is not ours */
	CHILD_TIMED_OUT,
	CHILD_STUCK,		/* timed out, and cannot be killed: waits for a device */
};

struct child_output {
	int fd;			/* -1: closed */
	char *text;		/* NUL-terminated once there is any; NULL before */
	size_t length;
	bool cut;		/* there was more than a child has to say */
};

struct child {
	pid_t pid;
	int pid_fd;
	struct child_output out, err;
	struct child_limits limits;
	uint64_t started;	/* nanoseconds, CLOCK_MONOTONIC */
	uint64_t killed;	/* when its time was up; 0: it is not */
	enum child_end end;
	int status;		/* exit status, or signal */
	double wall, user, system;	/* seconds */
	uint64_t peak_memory;	/* bytes */
};

/** child_start - run this program with @argv; @child is filled. */
bool child_start(struct child *child, char *const *argv, const struct child_limits *limits,
		 struct error *err);

#define CHILD_POLLED 3
/** child_polled - what to wait for. */
void child_polled(const struct child *child, struct pollfd polled[CHILD_POLLED]);
/** child_deadline - when it is to be looked at at the latest; 0: never. */
uint64_t child_deadline(const struct child *child);
/** child_step - take what it wrote, and see whether it ended or must; false while it runs. */
bool child_step(struct child *child);
/** child_kill - end it now; it has said all that it will. */
void child_kill(struct child *child);
/** child_free - of one that ended. */
void child_free(struct child *child);

/** child_now - nanoseconds, CLOCK_MONOTONIC. */
uint64_t child_now(void);

#endif
