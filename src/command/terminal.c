// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_INTERVAL 100000000ULL	/* nanoseconds */
#define COLUMNS_DEFAULT 80

unsigned int terminal_columns(FILE *stream)
{
	struct winsize size;

	if (!isatty(fileno(stream)))
		return 0;
	if (ioctl(fileno(stream), TIOCGWINSZ, &size) || size.ws_col < 40)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}

/* One that knows no escape sequences. */
static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term && !strcmp(term, "dumb");
}

bool terminal_colour(FILE *stream)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(stream)) && !(no_color && *no_color) && !is_dumb();
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

void progress_begin(struct progress *progress, bool wanted)
{
	*progress = (struct progress){
		.enabled = wanted && isatty(STDERR_FILENO) && !is_dumb(),
	};
	if (progress->enabled)
		progress->next = now() + 3 * PROGRESS_INTERVAL;
}

void progress_update(struct progress *progress, const char *what, uint64_t done, uint64_t total)
{
	uint64_t time;

	if (!progress->enabled)
		return;
	time = now();
	if (time < progress->next)
		return;
	progress->next = time + PROGRESS_INTERVAL;
	progress->shown = true;
	if (total)
		fprintf(stderr, "\r%s %3u%%\033[K", what,
			(unsigned int)(100.0 * (double)done / (double)total));
	else
		fprintf(stderr, "\r%s\033[K", what);
}

void progress_clear(struct progress *progress)
{
	if (!progress->shown)
		return;
	fputs("\r\033[K", stderr);
	progress->shown = false;
}
