// SPDX-License-Identifier: GPL-2.0-or-later
#include "audit/crew.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/page_owner.h"
#include "types/types.h"

/* All page caches together, as that of one thread. */
#define CACHE_BYTES ((size_t)8 << 20)
/* Spaces that are taken at a time: to wait for one's turn after each costs more than it is worth. */
#define BATCH_MAX 16
/* Findings that wait for their turn, of each thread; the next one waits with it. */
#define HELD_MAX 512

struct crew {
	struct kswapck_audit *audit;	/* of the one whose results they are */
	struct device_walk *walk;
	uint64_t spaces;
	uint64_t batch;			/* spaces that one takes at a time */
	pthread_mutex_t lock;
	pthread_cond_t turned;
	uint64_t next;			/* the space that nobody has taken yet */
	uint64_t turn;			/* the one that may speak */
	uint64_t done;			/* spaces that were looked at, of those whose turn it was */
	bool stop;
};

struct worker {
	struct crew *crew;
	pthread_t thread;
	bool started;
	struct source *source;
	struct kernel kernel;
	struct kswapck_audit audit;
	struct audit_summary summary;
	struct audit_sink sink;
	struct device_walk walk;
	uint64_t first, end;		/* the spaces at hand */
	bool speaks;			/* it is this one's turn */
	struct kswapck_finding *held;	/* HELD_MAX */
	size_t held_count;
};

/* ----------------------------------------------------------------------- turns */

static bool take_spaces(struct worker *worker)
{
	struct crew *crew = worker->crew;
	bool taken;

	pthread_mutex_lock(&crew->lock);
	taken = !crew->stop && crew->next < crew->spaces;
	if (taken) {
		worker->first = crew->next;
		worker->end = crew->spaces - crew->next < crew->batch ? crew->spaces :
									crew->next + crew->batch;
		crew->next = worker->end;
	}
	pthread_mutex_unlock(&crew->lock);
	return taken;
}

/* From here to pass_turn() no other thread touches the sink and the sums. */
static void await_turn(struct worker *worker)
{
	struct crew *crew = worker->crew;
	size_t i;

	if (worker->speaks)
		return;
	pthread_mutex_lock(&crew->lock);
	while (crew->turn != worker->first)
		pthread_cond_wait(&crew->turned, &crew->lock);
	pthread_mutex_unlock(&crew->lock);
	worker->speaks = true;
	for (i = 0; i < worker->held_count; i++)
		crew->audit->sink->finding(crew->audit->sink->data, &worker->held[i]);
	worker->held_count = 0;
}

static void pass_turn(struct worker *worker, bool stop)
{
	struct crew *crew = worker->crew;

	worker->speaks = false;
	pthread_mutex_lock(&crew->lock);
	crew->turn = worker->end;
	crew->stop |= stop;
	pthread_cond_broadcast(&crew->turned);
	pthread_mutex_unlock(&crew->lock);
}

static void hold_finding(void *data, const struct kswapck_finding *finding)
{
	struct worker *worker = data;

	if (worker->held_count == HELD_MAX)
		await_turn(worker);
	if (worker->speaks)
		worker->crew->audit->sink->finding(worker->crew->audit->sink->data, finding);
	else
		worker->held[worker->held_count++] = *finding;
}

static bool ask_stop(void *data)
{
	const struct audit_sink *sink = ((struct worker *)data)->crew->audit->sink;

	return sink->stop && sink->stop(sink->data);
}

/* ------------------------------------------------------------------------ sums */

/* All that audit_space() counts. */
static void add_summary(struct kswapck_audit *audit, const struct audit_summary *part)
{
	struct audit_summary *sum = audit->summary;
	size_t i;

	sum->used += part->used;
	sum->unused += part->unused;
	sum->bad += part->bad;
	sum->cached += part->cached;
	sum->folios += part->folios;
	sum->shadows += part->shadows;
	sum->large_folios += part->large_folios;
	sum->cache_only += part->cache_only;
	sum->spaces += part->spaces;
	sum->spaces_locked += part->spaces_locked;
	sum->in_motion += part->in_motion;
	sum->nodes_unreadable += part->nodes_unreadable;
	if (part->nodes_unreadable)
		sum->nodes_status = part->nodes_status;
	sum->slots_unreadable += part->slots_unreadable;
	sum->map_unreadable += part->map_unreadable;
	sum->spaces_unreadable += part->spaces_unreadable;
	sum->errors += part->errors;
	sum->warnings += part->warnings;
	sum->interrupted |= part->interrupted;
	for (i = 0; i < part->reason_count; i++)
		kswapck_unverified(audit, part->reasons[i].why, part->reasons[i].slots);
}

static void add_totals(struct device_totals *sum, const struct device_totals *part)
{
	sum->used += part->used;
	sum->bad += part->bad;
	if (sum->first_free > part->first_free)
		sum->first_free = part->first_free;
	if (part->first_free != UINT64_MAX)
		sum->last_free = part->last_free;
	sum->map_complete &= part->map_complete;
}

/* --------------------------------------------------------------------- workers */

static void audit_batch(struct worker *worker)
{
	struct crew *crew = worker->crew;
	uint64_t index;

	worker->summary = (struct audit_summary){0};
	worker->walk.totals = device_totals_none();
	/* empty ones ask nothing by themselves; also a space that is left out has its turn */
	for (index = worker->first; index < worker->end && !audit_stopped(&worker->audit); index++)
		audit_space(&worker->audit, &worker->walk, index);
	await_turn(worker);
	add_summary(crew->audit, &worker->summary);
	add_totals(&crew->walk->totals, &worker->walk.totals);
	/* after a stop not all that were taken */
	crew->done += index - worker->first;
	audit_spaces_done(crew->audit, crew->walk, crew->done);
	pass_turn(worker, worker->summary.interrupted);
}

static void *work(void *data)
{
	struct worker *worker = data;

	while (take_spaces(worker))
		audit_batch(worker);
	return NULL;
}

static bool open_worker(struct worker *worker, struct crew *crew, unsigned int threads)
{
	const struct kernel *kernel = crew->audit->kernel;

	worker->crew = crew;
	worker->source = source_copy(kernel->source);
	if (!worker->source)
		return false;
	worker->kernel = *kernel;
	worker->kernel.source = worker->source;
	worker->kernel.memory = memory_new_for_thread(kernel->memory, worker->source,
						      CACHE_BYTES / threads);
	worker->audit = *crew->audit;
	worker->audit.kernel = &worker->kernel;
	worker->audit.summary = &worker->summary;
	worker->audit.sink = &worker->sink;
	worker->audit.entries = entry_cache_new();
	worker->sink = (struct audit_sink){
		.data = worker, .finding = hold_finding, .stop = ask_stop,
	};
	worker->walk = *crew->walk;
	worker->walk.space = swap_space_new();
	worker->held = malloc(HELD_MAX * sizeof(*worker->held));
	if (!worker->kernel.memory || !worker->audit.entries || !worker->walk.space ||
	    !worker->held)
		return false;
	if (memory_is_guarded(kernel->memory))
		page_owner_guard(&worker->kernel);
	return true;
}

static void close_worker(struct worker *worker)
{
	memory_free(worker->kernel.memory);
	source_close(worker->source);
	entry_cache_free(worker->audit.entries);
	free(worker->walk.space);
	free(worker->held);
}

/* One more for each that can be had: the first of them is the thread that asks. */
static void run_workers(struct worker *workers, unsigned int count)
{
	unsigned int i;

	for (i = 1; i < count; i++)
		workers[i].started = !pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	work(&workers[0]);
	for (i = 1; i < count; i++)
		if (workers[i].started)
			pthread_join(workers[i].thread, NULL);
}

static bool all_built_in(const struct catalogue *catalogue)
{
	size_t i;

	for (i = 0; i < catalogue->plugin_count; i++)
		if (catalogue->plugins[i].file)
			return false;
	return true;
}

static bool is_possible(const struct kswapck_audit *audit)
{
	return all_built_in(audit->catalogue) && !audit->sink->folio && !audit->sink->space &&
	       !memory_has_overlays(audit->kernel->memory) &&
	       !types_read_on(audit->kernel->types);
}

bool crew_audit(struct kswapck_audit *audit, struct device_walk *walk, uint64_t spaces,
		unsigned int threads)
{
	struct crew crew = {.audit = audit, .walk = walk, .spaces = spaces};
	unsigned int wanted = spaces < threads ? (unsigned int)spaces : threads, count = 0, i;
	struct worker *workers;
	bool opened = true;

	if (wanted < 2 || !is_possible(audit))
		return false;
	crew.batch = spaces / wanted / BATCH_MAX;
	crew.batch = crew.batch < 1 ? 1 : crew.batch > BATCH_MAX ? BATCH_MAX : crew.batch;
	workers = calloc(wanted, sizeof(*workers));
	if (!workers)
		return false;
	while (opened && count < wanted)
		opened = open_worker(&workers[count++], &crew, wanted);
	if (opened) {
		pthread_mutex_init(&crew.lock, NULL);
		pthread_cond_init(&crew.turned, NULL);
		run_workers(workers, count);
		pthread_cond_destroy(&crew.turned);
		pthread_mutex_destroy(&crew.lock);
	}
	for (i = 0; i < count; i++)
		close_worker(&workers[i]);
	free(workers);
	return opened;
}
