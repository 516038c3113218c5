// SPDX-License-Identifier: GPL-2.0-or-later
#include "live/live.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "live/registers.h"

/*
 * Of the first audit of a look only the keys of its findings are kept, as under heavy
 * swapping it has many, most of which are gone in the second: 2 MiB.
 */
#define KEYS_MAX   (1 << 17)
/* Findings that one look can keep an eye on: 4 MiB of them. */
#define FINDINGS_MAX 4096

/* Between two audits of a look: this, and up to as much again, so as not to keep step. */
#define PAUSE_MS 100

/* Then a look ends, whatever is still undecided. */
#define AUDITS_MAX(confirm) (10 * (confirm) + 10)
#define SECONDS_MAX 120

struct live {
	const struct kernel *kernel;
	const struct catalogue *catalogue;
	const struct live_options *options;
	struct live_registers *registers;	/* NULL: they cannot be had */
	/* by problem: audits for which a finding held that then went */
	unsigned int longest[CATALOGUE_PROBLEMS_MAX];
};

/* One look at work. */
struct look {
	struct live *live;
	struct live_view *view;
	const struct live_view *known;
	uint64_t *keys;		/* [2 * KEYS_MAX]: those of the first audit, with their problems;
				 * 0: none */
	uint64_t key_count;
	uint32_t first[CATALOGUE_PROBLEMS_MAX];	/* findings of the first audit, by problem */
	bool *seen;		/* [FINDINGS_MAX]: by the audit at work */
	struct timespec start;
	bool out_of_memory;
};

/* ------------------------------------------------------------------- the same finding */

static bool same_device(const struct kswapck_finding *a, const struct kswapck_finding *b)
{
	if (!a->device || !b->device)
		return a->device == b->device;
	return a->device->type == b->device->type;
}

static bool same_words(const struct kswapck_finding *a, const struct kswapck_finding *b,
		       bool values)
{
	if (a->evidence_count != b->evidence_count)
		return false;
	for (unsigned int i = 0; i < a->evidence_count; i++) {
		const struct kswapck_evidence *one = &a->evidence[i], *other = &b->evidence[i];

		if (one->address != other->address)
			return false;
		if (values && (one->value != other->value ||
			       one->has_expected != other->has_expected ||
			       (one->has_expected && one->expected != other->expected)))
			return false;
	}
	return true;
}

/*
 * What a page has to do with a slot is told apart by these two, and may be this problem
 * now and another later: a page that was freed is given out again.
 */
static bool same_place(const struct kswapck_finding *a, const struct kswapck_finding *b)
{
	return (a->problem == b->problem || (a->page && a->count)) && same_device(a, b) &&
	       a->first_slot == b->first_slot && a->page == b->page && a->mm == b->mm &&
	       a->address == b->address && (a->page || a->count || same_words(a, b, false));
}

/*
 * Nor do the words about such a page matter. Of anything else, counts above all, they are
 * all that there is: while they change, it is in motion.
 */
static bool same(const struct kswapck_finding *a, const struct kswapck_finding *b)
{
	return same_place(a, b) && ((a->page && a->count) || same_words(a, b, true));
}

static void mix(uint64_t *key, uint64_t word)
{
	*key = (*key ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	*key ^= *key >> 29;
}

/* A key has room for the number of a problem in its last bits, and is never 0. */
#define KEY_PROBLEM ((uint64_t)CATALOGUE_PROBLEMS_MAX - 1)
_Static_assert((CATALOGUE_PROBLEMS_MAX & KEY_PROBLEM) == 0, "a power of two");

/* Equal for all that are the same. */
static uint64_t key_of(const struct kswapck_finding *finding)
{
	bool of_page = finding->page && finding->count;
	uint64_t key = 1;

	mix(&key, of_page ? 0 : (uintptr_t)finding->problem);
	mix(&key, finding->device ? finding->device->type : 0);
	mix(&key, finding->first_slot);
	mix(&key, finding->page);
	mix(&key, finding->mm);
	mix(&key, finding->address);
	for (unsigned int i = 0; !of_page && i < finding->evidence_count; i++) {
		mix(&key, finding->evidence[i].address);
		mix(&key, finding->evidence[i].value);
		mix(&key, finding->evidence[i].expected);
	}
	return (key & ~KEY_PROBLEM) | (KEY_PROBLEM + 1);
}

const struct live_finding *live_view_find(const struct live_view *view,
					  const struct kswapck_finding *finding)
{
	for (size_t i = 0; view && i < view->findings.count; i++)
		if (same_place(&view->findings.list[i].finding, finding))
			return &view->findings.list[i];
	return NULL;
}

/* ------------------------------------------------------------------------- findings */

static struct live_finding *add(struct live_findings *findings)
{
	struct live_finding *grown;
	size_t room;

	if (findings->count == findings->room) {
		room = findings->room ? 2 * findings->room : 16;
		grown = realloc(findings->list, room * sizeof(*grown));
		if (!grown)
			return NULL;
		findings->list = grown;
		findings->room = room;
	}
	grown = &findings->list[findings->count++];
	memset(grown, 0, sizeof(*grown));
	return grown;
}

/* The view's own copy of a device: that of the audit goes with it. */
static const struct kswapck_device *device_of(struct live_view *view,
					      const struct kswapck_device *device)
{
	for (size_t i = 0; device && i < view->device_count; i++)
		if (view->devices[i].type == device->type)
			return &view->devices[i];
	return NULL;
}

bool live_view_keep(struct live_view *view, const struct live_finding *lost)
{
	struct live_finding *kept = add(&view->findings);

	if (!kept)
		return false;
	*kept = *lost;
	kept->absent++;
	/* its device may be off by now; then it has no name any more */
	kept->finding.device = device_of(view, lost->finding.device);
	return true;
}

static unsigned int needed(const struct live *live, const struct kswapck_finding *finding)
{
	size_t index = catalogue_index(live->catalogue, finding->problem);

	if (index >= CATALOGUE_PROBLEMS_MAX)
		return live->options->confirm;
	return live->options->confirm + 2 * live->longest[index];
}

/* The place of @key, or of where it would stand. */
static uint64_t *key_place(const struct look *look, uint64_t key)
{
	size_t i = key / (KEY_PROBLEM + 1) % (2 * KEYS_MAX);

	while (look->keys[i] && (look->keys[i] & ~KEY_PROBLEM) != key)
		i = (i + 1) % (2 * KEYS_MAX);
	return &look->keys[i];
}

static struct live_finding *watch_on(struct look *look, const struct kswapck_finding *finding)
{
	struct live_view *view = look->view;
	struct live_finding *candidate;

	if (view->findings.count == FINDINGS_MAX) {
		view->undecided++;
		return NULL;
	}
	candidate = add(&view->findings);
	if (!candidate) {
		look->out_of_memory = true;
		return NULL;
	}
	candidate->finding = *finding;
	candidate->finding.device = device_of(view, finding->device);
	look->seen[view->findings.count - 1] = true;
	return candidate;
}

/* What was known before, and everything if nothing is to be confirmed, counts at once. */
static void take_first(struct look *look, const struct kswapck_finding *finding)
{
	size_t problem = catalogue_index(look->live->catalogue, finding->problem);
	struct live_finding *candidate;
	uint64_t key = key_of(finding), *place;

	if (!look->live->options->confirm || live_view_find(look->known, finding)) {
		candidate = watch_on(look, finding);
		if (candidate)
			candidate->held = needed(look->live, finding);
		return;
	}
	place = key_place(look, key);
	if (*place || problem > KEY_PROBLEM)
		return;
	if (look->key_count == KEYS_MAX) {
		look->view->undecided++;
		return;
	}
	*place = key | problem;
	look->key_count++;
	look->first[problem]++;
}

/* Those that were there in the first audit as well. */
static void take_second(struct look *look, const struct kswapck_finding *finding)
{
	const uint64_t *place = key_place(look, key_of(finding));

	if (*place && watch_on(look, finding) && look->first[*place & KEY_PROBLEM])
		look->first[*place & KEY_PROBLEM]--;
}

/* A run of slots counts as far as it was there every time; the words are the newest. */
static void renew(struct live_finding *candidate, const struct kswapck_finding *finding)
{
	struct kswapck_finding *old = &candidate->finding;
	const struct kswapck_device *device = old->device;
	uint64_t count = old->count, last = old->last_slot;

	*old = *finding;
	old->device = device;
	if (count < old->count) {
		old->count = count;
		old->last_slot = last;
	}
}

/* False: it is none of those that are watched. */
static bool take_again(struct look *look, const struct kswapck_finding *finding)
{
	struct live_view *view = look->view;
	size_t found = view->findings.count;

	for (size_t i = 0; i < view->findings.count; i++) {
		const struct kswapck_finding *candidate = &view->findings.list[i].finding;

		if (look->seen[i] || !same(candidate, finding))
			continue;
		if (found == view->findings.count || candidate->problem == finding->problem)
			found = i;
		if (candidate->problem == finding->problem)
			break;
	}
	if (found == view->findings.count)
		return false;
	look->seen[found] = true;
	renew(&view->findings.list[found], finding);
	return true;
}

static void on_finding(void *data, const struct kswapck_finding *finding)
{
	struct look *look = data;

	if (!look->view->audits)
		take_first(look, finding);
	else if (!take_again(look, finding) && look->view->audits == 1)
		take_second(look, finding);
}

static void on_device(void *data, const struct kswapck_device *device)
{
	struct live_view *view = ((struct look *)data)->view;

	for (size_t i = 0; i < view->device_count; i++) {
		if (view->devices[i].type != device->type)
			continue;
		view->devices[i] = *device;
		return;
	}
	if (view->device_count < LIVE_DEVICES_MAX)
		view->devices[view->device_count++] = *device;
}

static void on_progress(void *data, const char *what, uint64_t done, uint64_t total)
{
	const struct live_options *options = ((struct look *)data)->live->options;

	if (options->progress)
		options->progress(options->data, what, done, total);
}

static bool stopped(const struct live *live)
{
	return live->options->stop && live->options->stop(live->options->data);
}

static bool on_stop(void *data)
{
	return stopped(((struct look *)data)->live);
}

/* --------------------------------------------------------------- what is left of them */

/* Do the words that prove it still say so? Of a page in a slot: is it still there? */
static bool stands(const struct kernel *kernel, const struct kswapck_finding *finding)
{
	bool of_page = finding->page && finding->count;

	for (unsigned int i = 0; i < finding->evidence_count; i++) {
		const struct kswapck_evidence *evidence = &finding->evidence[i];
		uint64_t value = 0;

		if (!evidence->address || evidence->size > sizeof(value) ||
		    (of_page && evidence->value != finding->entry))
			continue;
		if (memory_read(kernel->memory, evidence->address, &value, evidence->size) !=
			    READ_OK || value != evidence->value)
			return false;
	}
	return true;
}

static void note_longest(struct live *live, size_t problem, unsigned int audits)
{
	if (problem < CATALOGUE_PROBLEMS_MAX && live->longest[problem] < audits)
		live->longest[problem] = audits;
}

static void note_transient(struct look *look, const struct live_finding *gone)
{
	struct live *live = look->live;

	look->view->transient++;
	/* one that was known has been told; that it went is no doubt about others */
	if (!live_view_find(look->known, &gone->finding))
		note_longest(live, catalogue_index(live->catalogue, gone->finding.problem),
			     gone->held + 1);
}

/* After the second audit: those of the first that it did not see. */
static void note_gone_at_once(struct look *look)
{
	for (size_t i = 0; i < CATALOGUE_PROBLEMS_MAX; i++) {
		look->view->transient += look->first[i];
		if (look->first[i])
			note_longest(look->live, i, 1);
		look->first[i] = 0;
	}
}

/* Keep what the audit has seen, and what stands. */
static void sift(struct look *look)
{
	struct live_findings *findings = &look->view->findings;
	size_t kept = 0;

	memory_forget(look->live->kernel->memory);
	for (size_t i = 0; i < findings->count; i++) {
		struct live_finding *candidate = &findings->list[i];

		if (!look->seen[i] || !stands(look->live->kernel, &candidate->finding)) {
			note_transient(look, candidate);
			continue;
		}
		candidate->held += look->view->audits > 0;
		findings->list[kept++] = *candidate;
	}
	findings->count = kept;
}

static void keep_least(uint64_t *least, uint64_t now)
{
	if (now < *least)
		*least = now;
}

static void merge_reasons(struct audit_summary *least, const struct audit_summary *now)
{
	size_t kept = 0;

	for (size_t i = 0; i < least->reason_count; i++) {
		struct audit_reason reason = least->reasons[i];
		uint64_t slots = 0;

		for (size_t j = 0; j < now->reason_count; j++)
			if (!strcmp(now->reasons[j].why, reason.why))
				slots = now->reasons[j].slots;
		keep_least(&reason.slots, slots);
		if (reason.slots)
			least->reasons[kept++] = reason;
	}
	least->reason_count = kept;
}

/* The numbers are those of the last audit; what was not seen, only if never. */
static void merge(struct audit_summary *all, const struct audit_summary *now, bool first)
{
	struct audit_summary least = *all;

	*all = *now;
	if (first)
		return;
	merge_reasons(&least, now);
	memcpy(all->reasons, least.reasons, sizeof(all->reasons));
	all->reason_count = least.reason_count;
	all->sweep_incomplete &= least.sweep_incomplete;
	if (least.devices_unreadable < all->devices_unreadable)
		all->devices_unreadable = least.devices_unreadable;
	keep_least(&all->nodes_unreadable, least.nodes_unreadable);
	keep_least(&all->slots_unreadable, least.slots_unreadable);
	keep_least(&all->map_unreadable, least.map_unreadable);
	keep_least(&all->spaces_unreadable, least.spaces_unreadable);
	keep_least(&all->tables_unreadable, least.tables_unreadable);
	keep_least(&all->shmem_unreadable, least.shmem_unreadable);
}

/* ---------------------------------------------------------------------------- audits */

static bool audit_once(struct look *look, struct error *err)
{
	const struct live *live = look->live;
	const struct audit_sink sink = {
		.data = look,
		.device = on_device,
		.finding = on_finding,
		.progress = on_progress,
		.stop = on_stop,
	};
	const struct audit_options options = {.no_sweep = live->options->no_sweep};
	struct audit_summary summary;

	memset(look->seen, 0, FINDINGS_MAX * sizeof(*look->seen));
	live_settle(look->live);
	if (!audit_run(live->kernel, live->catalogue, &options, &sink, &summary, err))
		return false;
	if (look->out_of_memory)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	if (live->options->confirm)
		sift(look);
	if (look->view->audits == 1)
		note_gone_at_once(look);
	merge(&look->view->summary, &summary, !look->view->audits);
	look->view->audits++;
	return true;
}

static bool any_doubtful(const struct look *look)
{
	const struct live_view *view = look->view;

	if (look->key_count && view->audits == 1)
		return true;
	for (size_t i = 0; i < view->findings.count; i++) {
		const struct live_finding *candidate = &view->findings.list[i];

		if (candidate->held < needed(look->live, &candidate->finding))
			return true;
	}
	return !audit_summary_complete(&view->summary) &&
	       view->audits <= look->live->options->confirm;
}

/* As the audit says of slots that it cannot judge: nobody is to call them clean. */
static void note_undecided(struct audit_summary *summary, uint64_t slots)
{
	if (slots && summary->reason_count < AUDIT_REASONS_MAX)
		summary->reasons[summary->reason_count++] = (struct audit_reason){
			"what was found there neither held nor went while it was looked at", slots};
}

static void drop_undecided(struct look *look)
{
	struct live_view *view = look->view;
	struct live_findings *findings = &view->findings;
	uint64_t slots;
	size_t kept = 0;

	if (view->audits < 2)
		view->undecided += look->key_count;
	slots = view->undecided;
	view->summary.errors = view->summary.warnings = 0;
	for (size_t i = 0; i < findings->count; i++) {
		const struct live_finding *candidate = &findings->list[i];

		if (candidate->held < needed(look->live, &candidate->finding)) {
			view->undecided++;
			slots += candidate->finding.count ? candidate->finding.count : 1;
			continue;
		}
		view->summary.errors += candidate->finding.severity == KSWAPCK_ERROR;
		view->summary.warnings += candidate->finding.severity == KSWAPCK_WARNING;
		findings->list[kept++] = *candidate;
	}
	findings->count = kept;
	note_undecided(&view->summary, slots);
}

static bool late(const struct look *look)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - look->start.tv_sec >= SECONDS_MAX ||
	       look->view->audits >= AUDITS_MAX(look->live->options->confirm);
}

/* False: it is to stop. */
static bool pause_between(const struct live *live)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return live_wait(live, PAUSE_MS + (uint64_t)now.tv_nsec / 1000 % PAUSE_MS);
}

static bool run(struct look *look, struct error *err)
{
	struct live_view *view = look->view;

	do {
		if (view->audits && !pause_between(look->live)) {
			view->summary.interrupted = true;
			break;
		}
		if (!audit_once(look, err))
			return false;
	} while (!view->summary.interrupted && any_doubtful(look) && !late(look));
	drop_undecided(look);
	return true;
}

bool live_look(struct live *live, const struct live_view *known, struct live_view *view,
	       struct error *err)
{
	struct look *look = calloc(1, sizeof(*look));
	bool done = false;

	memset(view, 0, sizeof(*view));
	if (look) {
		look->live = live;
		look->view = view;
		look->known = known;
		look->keys = calloc(2 * KEYS_MAX, sizeof(*look->keys));
		look->seen = malloc(FINDINGS_MAX * sizeof(*look->seen));
		clock_gettime(CLOCK_MONOTONIC, &look->start);
	}
	if (look && look->keys && look->seen)
		done = run(look, err);
	else
		error_set(err, ERROR_SYSTEM, "out of memory");
	if (look) {
		free(look->keys);
		free(look->seen);
	}
	free(look);
	return done;
}

void live_view_free(struct live_view *view)
{
	free(view->findings.list);
	memset(view, 0, sizeof(*view));
}

/* ------------------------------------------------------------------------------------- */

struct live *live_new(const struct kernel *kernel, const struct catalogue *catalogue,
		      const struct live_options *options)
{
	struct live *live = calloc(1, sizeof(*live));

	if (!live)
		return NULL;
	live->kernel = kernel;
	live->catalogue = catalogue;
	live->options = options;
	live->registers = live_registers_new();
	return live;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	live_registers_free(live->registers);
	free(live);
}

void live_settle(struct live *live)
{
	live_registers_sample(live->registers, live->kernel->source);
	memory_forget(live->kernel->memory);
}

bool live_wait(const struct live *live, uint64_t milliseconds)
{
	const struct timespec step = {.tv_nsec = 20 * 1000 * 1000};

	for (uint64_t done = 0; done < milliseconds && !stopped(live); done += 20)
		nanosleep(&step, NULL);
	return !stopped(live);
}
