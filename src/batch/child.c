// SPDX-License-Identifier: GPL-2.0-or-later
#include "batch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NANOSECONDS UINT64_C(1000000000)

/* More than any record; a program gone mad writes without end. */
#define OUTPUT_MAX (4u << 20)

/* How long a killed child may take to go. */
#define GRACE (5 * NANOSECONDS)

uint64_t child_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * NANOSECONDS + (uint64_t)time.tv_nsec;
}

/* ------------------------------------------------------------------------- to begin */

/* AddressSanitizer's own terabytes would count. */
#if defined(__SANITIZE_ADDRESS__)
#define LIMITS_MEMORY false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LIMITS_MEMORY false
#endif
#endif
#ifndef LIMITS_MEMORY
#define LIMITS_MEMORY true
#endif

static void limit(int resource, uint64_t value)
{
	const struct rlimit limits = {value, value};

	setrlimit(resource, &limits);
}

/*
 * RLIMIT_DATA and not RLIMIT_AS: a dump may be mapped, and is not what the child takes.
 * The child's own process group keeps Ctrl-C from it, which is for kswapck batch.
 */
static void become(char *const *argv, const struct child_limits *limits, int out, int err,
		   pid_t parent)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)	/* it is gone already */
		_exit(127);
	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	limit(RLIMIT_CORE, 0);
	if (limits->memory && LIMITS_MEMORY)
		limit(RLIMIT_DATA, limits->memory);
	if (dup2(nothing, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    dup2(err, STDERR_FILENO) < 0)
		_exit(127);
	execv("/proc/self/exe", argv);
	_exit(127);
}

static bool make_pipe(int ends[2])
{
	return !pipe2(ends, O_CLOEXEC) && fcntl(ends[0], F_SETFL, O_NONBLOCK) >= 0;
}

static void close_if(int fd)
{
	if (fd >= 0)
		close(fd);
}

bool child_start(struct child *child, char *const *argv, const struct child_limits *limits,
		 struct error *err)
{
	int out[2] = {-1, -1}, error[2] = {-1, -1};
	pid_t parent = getpid();

	*child = (struct child){.pid = -1, .pid_fd = -1, .limits = *limits};
	if (make_pipe(out) && make_pipe(error))
		child->pid = fork();
	if (!child->pid)
		become(argv, limits, out[1], error[1], parent);
	if (child->pid > 0)
		child->pid_fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	close_if(out[1]);
	close_if(error[1]);
	child->out.fd = out[0];
	child->err.fd = error[0];
	child->started = child_now();
	if (child->pid > 0)
		return true;
	error_set(err, ERROR_SYSTEM, "cannot start a process: %s", strerror(errno));
	child_free(child);
	return false;
}

/* --------------------------------------------------------------------- while it runs */

void child_polled(const struct child *child, struct pollfd polled[CHILD_POLLED])
{
	polled[0] = (struct pollfd){.fd = child->out.fd, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = child->err.fd, .events = POLLIN};
	polled[2] = (struct pollfd){.fd = child->pid_fd, .events = POLLIN};
}

uint64_t child_deadline(const struct child *child)
{
	if (child->killed)
		return child->killed + GRACE;
	if (child->pid_fd < 0)	/* kernels before 5.3: nothing wakes us */
		return child_now() + NANOSECONDS / 20;
	return child->limits.seconds ? child->started + child->limits.seconds * NANOSECONDS : 0;
}

static void keep(struct child_output *output, const char *text, size_t length)
{
	char *grown;

	if (length > OUTPUT_MAX - output->length) {
		output->cut = true;
		length = OUTPUT_MAX - output->length;
	}
	grown = realloc(output->text, output->length + length + 1);
	if (!grown) {
		output->cut = true;
		return;
	}
	memcpy(grown + output->length, text, length);
	output->text = grown;
	output->length += length;
	grown[output->length] = '\0';
}

static void drain(struct child_output *output)
{
	char text[1 << 14];
	ssize_t got;

	while (output->fd >= 0) {
		got = read(output->fd, text, sizeof(text));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			close(output->fd);
			output->fd = -1;
			return;
		}
		keep(output, text, (size_t)got);
	}
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void measure(struct child *child, const struct rusage *usage)
{
	child->user = seconds(&usage->ru_utime);
	child->system = seconds(&usage->ru_stime);
	child->peak_memory = (uint64_t)usage->ru_maxrss * 1024;
}

static enum child_end end_of(struct child *child, int status)
{
	child->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	if (WIFEXITED(status))
		return CHILD_EXITED;
	return child->killed ? CHILD_TIMED_OUT : CHILD_KILLED;
}

static void kill_group(const struct child *child)
{
	/* the group is there once the child has made it */
	if (kill(-child->pid, SIGKILL))
		kill(child->pid, SIGKILL);
}

bool child_step(struct child *child)
{
	uint64_t now = child_now();
	struct rusage usage;
	int status;
	pid_t done;

	done = wait4(child->pid, &status, WNOHANG, &usage);
	drain(&child->out);
	drain(&child->err);
	child->wall = (double)(now - child->started) / (double)NANOSECONDS;
	if (done == child->pid) {
		measure(child, &usage);
		child->end = end_of(child, status);
		return true;
	}
	if (!child->killed && child->limits.seconds &&
	    now >= child->started + child->limits.seconds * NANOSECONDS) {
		child->killed = now;
		kill_group(child);
	} else if (child->killed && now >= child->killed + GRACE) {
		child->end = CHILD_STUCK;
		return true;
	}
	return false;
}

void child_kill(struct child *child)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	unsigned int tries;

	kill_group(child);
	for (tries = 0; tries < 200; tries++) {
		if (waitpid(child->pid, NULL, WNOHANG))
			break;
		nanosleep(&pause, NULL);
	}
	child->end = CHILD_KILLED;
}

void child_free(struct child *child)
{
	close_if(child->out.fd);
	close_if(child->err.fd);
	close_if(child->pid_fd);
	free(child->out.text);
	free(child->err.text);
	*child = (struct child){.pid = -1, .pid_fd = -1, .out.fd = -1, .err.fd = -1};
}
