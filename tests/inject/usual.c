// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is left out is nothing: an audit that looks at unusual slots alone must find, and
 * count, the very same as one that looks at all of them, whatever stands in the struct pages
 * of the slots and in the swap cache. Words that are nearly right, and any others, are laid over
 * many slots of a clean dump, again and again. Prints TAP, a line for each dump.
 *
 * Usage: usual [--seed N] [--rounds N] DUMP...
 *
 * A DUMP that begins with "lab:" is one of the lab's; without it that one is skipped.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "kernel/page.h"
#include "kernel/swap_entry.h"
#include "scene.h"

#define PLACES_MAX	4096	/* slots that a round may choose from */
#define SPOILT_MAX	48	/* of a round */

struct place {
	struct kswapck_page page;
	uint64_t word;		/* address of the swap cache's word of the slot */
};

struct trial {
	struct scene scene;
	struct place places[PLACES_MAX];
	size_t count;
	uint64_t seen;		/* folios, to choose from all of them */
	uint64_t device;	/* the swap_info_struct of the last one */
	unsigned int seed;
};

/* ------------------------------------------------------------------ two audits */

/* Makes nothing of what it is told, but counts it. */
static uint64_t runs_told;

static void count_run(struct kswapck_audit *audit, const struct kswapck_space *space,
		      const struct kswapck_run *run)
{
	(void)audit, (void)space, (void)run;
	runs_told++;
}

static const struct kswapck_problem no_problems[] = {{0}};

static const struct kswapck_plugin all_wanted = {
	.abi = KSWAPCK_ABI, .name = "wants-all", .summary = "counts runs",
	.problems = no_problems, .run = count_run,
};

static const struct kswapck_plugin unusual_wanted = {
	.abi = KSWAPCK_ABI, .name = "wants-unusual", .summary = "counts runs",
	.problems = no_problems, .skips_usual = true, .run = count_run,
};

/* All that an audit tells, as text. */
struct told {
	char *text;
	size_t size;
	uint64_t runs, findings;
};

struct writer {
	FILE *stream;
	uint64_t findings;
};

static void write_finding(void *data, const struct kswapck_finding *finding)
{
	struct writer *writer = data;
	unsigned int i;

	writer->findings++;
	fprintf(writer->stream, "%s %d %" PRIu64 "-%" PRIu64 " %" PRIu64 " %" PRIx64 " %" PRIx64
		" %d %s", finding->problem->id, finding->severity, finding->first_slot,
		finding->last_slot, finding->count, finding->entry, finding->page,
		finding->page_per_slot, finding->detail);
	for (i = 0; i < finding->evidence_count; i++)
		fprintf(writer->stream, "; %s %" PRIx64 " %" PRIx64 " %" PRIx64,
			finding->evidence[i].what, finding->evidence[i].address,
			finding->evidence[i].value, finding->evidence[i].expected);
	fputc('\n', writer->stream);
}

static void write_summary(FILE *stream, const struct audit_summary *summary)
{
	size_t i;

	fprintf(stream, "cached %" PRIu64 " folios %" PRIu64 " shadows %" PRIu64 " large %" PRIu64
		" in motion %" PRIu64 " errors %" PRIu64 " warnings %" PRIu64 " spaces %" PRIu64
		" nodes %" PRIu64 "\n", summary->cached, summary->folios, summary->shadows,
		summary->large_folios, summary->in_motion, summary->errors, summary->warnings,
		summary->spaces, summary->nodes_unreadable);
	for (i = 0; i < summary->reason_count; i++)
		fprintf(stream, "%" PRIu64 " %s\n", summary->reasons[i].slots,
			summary->reasons[i].why);
}

static bool audit(const struct trial *trial, const struct kswapck_plugin *plugin,
		  struct told *told)
{
	struct writer writer = {.stream = open_memstream(&told->text, &told->size)};
	const struct audit_sink sink = {.data = &writer, .finding = write_finding};
	const struct audit_options options = {.no_sweep = true};
	struct catalogue catalogue = trial->scene.catalogue;
	struct audit_summary summary;
	struct error err = {0};
	bool good;

	runs_told = 0;
	good = writer.stream && catalogue_add(&catalogue, plugin, "usual", &err) &&
	       catalogue_grade(&catalogue, "folio-pinned", "warn", &err) &&
	       audit_run(trial->scene.kernel, &catalogue, &options, &sink, &summary, &err);
	if (good)
		write_summary(writer.stream, &summary);
	else
		printf("# %s\n", err.text);
	if (writer.stream)
		fclose(writer.stream);
	told->runs = runs_told;
	told->findings = writer.findings;
	return good;
}

/* The first line that is another. */
static void show_difference(const char *all, const char *unusual)
{
	while (*all && *unusual && strcspn(all, "\n") == strcspn(unusual, "\n") &&
	       !strncmp(all, unusual, strcspn(all, "\n"))) {
		all += strcspn(all, "\n") + 1;
		unusual += strcspn(unusual, "\n") + 1;
	}
	printf("# of all slots:     %.*s\n# of unusual slots: %.*s\n", (int)strcspn(all, "\n"), all,
	       (int)strcspn(unusual, "\n"), unusual);
}

static bool compare(const struct trial *trial, struct told *all, struct told *unusual)
{
	bool same = audit(trial, &all_wanted, all) && audit(trial, &unusual_wanted, unusual);

	if (same && strcmp(all->text, unusual->text)) {
		show_difference(all->text, unusual->text);
		same = false;
	}
	free(all->text);
	free(unusual->text);
	return same;
}

/* -------------------------------------------------------------------- spoiling */

/* Each slot with the same chance, however many there are. */
static void take_folio(void *data, const struct kswapck_space *space,
		       const struct kswapck_run *run, const struct kswapck_folio *folio)
{
	uint64_t i = run->first_slot - space->first_slot;
	struct trial *trial = data;
	uint64_t at = trial->seen++;

	trial->device = space->device->address;
	if (at >= PLACES_MAX)
		at = (uint64_t)rand_r(&trial->seed) % trial->seen;
	if (at >= PLACES_MAX)
		return;
	trial->places[at] = (struct place){
		.page = folio->page,
		.word = space->places[i / 16] ? space->places[i / 16] + 8 * (i % 16) : 0,
	};
	if (trial->count <= at)
		trial->count = at + 1;
}

static void ignore_finding(void *data, const struct kswapck_finding *finding)
{
	(void)data, (void)finding;
}

static bool find_places(struct trial *trial)
{
	const struct audit_sink sink = {
		.data = trial, .folio = take_folio, .finding = ignore_finding,
	};
	const struct audit_options options = {.no_sweep = true};
	struct audit_summary summary;
	struct error err;

	return audit_run(trial->scene.kernel, &trial->scene.catalogue, &options, &sink, &summary,
			 &err) && trial->count;
}

static uint64_t random_word(unsigned int *seed)
{
	return (uint64_t)rand_r(seed) << 42 ^ (uint64_t)rand_r(seed) << 21 ^
	       (uint64_t)rand_r(seed);
}

static const struct place *random_place(struct trial *trial)
{
	return &trial->places[(unsigned int)rand_r(&trial->seed) % trial->count];
}

/* A number a little beside @value, or at an end of what there is. */
static uint64_t beside(struct trial *trial, uint64_t value)
{
	static const uint32_t ends[] = {
		0, 1, 0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000, 0xffffff7f, 0xf0000000,
		0xf5ffffff, 0xfffffbff,
	};

	if (rand_r(&trial->seed) % 3)
		return value + (unsigned int)rand_r(&trial->seed) % 7 - 3;
	return ends[(unsigned int)rand_r(&trial->seed) % (sizeof(ends) / sizeof(ends[0]))];
}

static uint64_t spoilt_field(struct trial *trial, const struct kswapck_page *page,
			     enum kswapck_page_field field)
{
	uint64_t word = random_word(&trial->seed);

	switch (field) {
	case KSWAPCK_FIELD_FLAGS:
		return page->flags ^ 1ULL << word % 26;
	case KSWAPCK_FIELD_COMPOUND_HEAD:
		return word % 2 ? random_place(trial)->page.address + 1 : word;
	case KSWAPCK_FIELD_MAPPING:
		return word % 4 ? page->mapping ^ (word % 4) : (word >> 2) % 2 * page->address;
	case KSWAPCK_FIELD_PRIVATE:
		return page->private ^ 1ULL << word % 64;
	case KSWAPCK_FIELD_PAGE_TYPE:
		return beside(trial, page->page_type);
	case KSWAPCK_FIELD_REFCOUNT:
		return beside(trial, (uint32_t)page->refcount);
	default:
		return word;
	}
}

/* What the swap cache of another slot has, or something near what it has here. */
static uint64_t spoilt_word(struct trial *trial, uint64_t word)
{
	const struct page_layout *layout = &trial->scene.kernel->page;
	uint64_t random = random_word(&trial->seed), other = random_place(trial)->word;

	switch (random % 5) {
	case 0:
		return other ? peek(&trial->scene, other, 8) : 0;
	case 1:
		return word + layout->size * (random % 3) - layout->size;
	case 2:
		return word + random % layout->size;
	case 3:
		return layout->vmemmap + layout->pages * layout->size - layout->size * (random % 2);
	default:
		return random;
	}
}

/* A lock of the slots is held: what is locked may be in motion. */
static void hold_locks(struct trial *trial)
{
	const struct kernel *kernel = trial->scene.kernel;

	lay(&trial->scene, trial->device + kernel->swap.lock.offset, kernel->lock.size, 1);
}

/* Mappings and references that fit each other, be they possible or not. */
static void spoil_counts(struct trial *trial)
{
	const struct place *place = random_place(trial);
	uint64_t mapcount = beside(trial, place->page.page_type);

	lay_page(&trial->scene, place->page.address, KSWAPCK_FIELD_PAGE_TYPE, mapcount);
	lay_page(&trial->scene, place->page.address, KSWAPCK_FIELD_REFCOUNT, mapcount + 2);
}

static void spoil(struct trial *trial)
{
	const struct place *place = random_place(trial);
	unsigned int which = (unsigned int)rand_r(&trial->seed) % (KSWAPCK_FIELD_COUNT + 2);
	uint64_t field = trial->scene.kernel->page.fields[which % KSWAPCK_FIELD_COUNT].size;

	if (which < KSWAPCK_FIELD_COUNT && field)
		lay_page(&trial->scene, place->page.address, which,
			 spoilt_field(trial, &place->page, which));
	else if (which == KSWAPCK_FIELD_COUNT && place->word)
		lay(&trial->scene, place->word, 8,
		    spoilt_word(trial, peek(&trial->scene, place->word, 8)));
	/* the page after it holds the same as it, in the slot after it */
	else if (which > KSWAPCK_FIELD_COUNT && place->word)
		lay(&trial->scene, place->word + 8, 8, peek(&trial->scene, place->word, 8));
}

/* ----------------------------------------------------------------------- dumps */

static bool try_rounds(struct trial *trial, unsigned int rounds, struct told *all,
		       struct told *unusual)
{
	unsigned int round, i;
	bool same = true;

	for (round = 0; round < rounds && same; round++) {
		struct told these = {0}, those = {0};

		scene_reset(&trial->scene);
		for (i = 0; i < 1 + round % SPOILT_MAX; i++)
			spoil(trial);
		spoil_counts(trial);
		if (round % 4 == 3)
			hold_locks(trial);
		same = compare(trial, &these, &those);
		if (!same)
			printf("# in round %u\n", round);
		all->runs += these.runs;
		all->findings += these.findings;
		unusual->runs += those.runs;
	}
	return same;
}

static bool try_dump(const char *path, unsigned int seed, unsigned int rounds)
{
	struct trial *trial = calloc(1, sizeof(*trial));
	struct told all = {0}, unusual = {0};
	struct error err = {0};
	bool good = trial && scene_open(&trial->scene, path, &err);

	if (!good) {
		printf("# %s\n", err.text);
		free(trial);
		return false;
	}
	trial->seed = seed;
	good = find_places(trial) && try_rounds(trial, rounds, &all, &unusual);
	printf("# %" PRIu64 " findings; %" PRIu64 " runs were told, %" PRIu64
	       " where unusual ones are\n", all.findings, all.runs, unusual.runs);
	/* else nothing was tried */
	good = good && all.findings && unusual.runs < all.runs;
	scene_close(&trial->scene);
	free(trial);
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"seed", required_argument, NULL, 's'},
		{"rounds", required_argument, NULL, 'r'},
		{0},
	};
	unsigned int seed = 20261122, rounds = 200;
	bool failed = false;
	int option, i;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 's')
			seed = (unsigned int)strtoul(optarg, NULL, 10);
		else if (option == 'r')
			rounds = (unsigned int)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	printf("1..%d\n", argc - optind);
	for (i = optind; i < argc; i++) {
		char path[4096];
		bool lab = !strncmp(argv[i], "lab:", 4), good;

		snprintf(path, sizeof(path), "%s", argv[i]);
		if (lab)
			scene_lab_path(argv[i] + 4, path, sizeof(path));
		if (lab && access(path, R_OK)) {
			printf("ok %d - %s # SKIP the lab has no such dump\n", i - optind + 1, argv[i]);
			continue;
		}
		good = try_dump(path, seed, rounds);
		printf("%s %d - %s\n", good ? "ok" : "not ok", i - optind + 1, argv[i]);
		failed |= !good;
	}
	return failed;
}
