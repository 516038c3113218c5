// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random words over all that a story is made of. What is told does not matter much:
 * it must come to an end soon, make sense, and accuse nobody where all is well.
 */
#include "acts.h"

#include <stdlib.h>

#include "kernel/address_map.h"

#define ROUNDS 300
#define WORDS  8
#define PLACES 8
#define SECONDS_MAX 2.0

/* Runs of memory that the words go into. */
struct places {
	struct {
		uint64_t address, length;
	} run[PLACES];
	unsigned int count;
};

static void add_place(struct places *places, uint64_t address, uint64_t length)
{
	if (places->count < PLACES && address >> 63 && length >= 8) {
		places->run[places->count].address = address;
		places->run[places->count++].length = length;
	}
}

/* Words that lead somewhere are worse than words that lead nowhere. */
static uint64_t random_word(struct stage *stage, const struct places *places, unsigned int *seed)
{
	uint64_t word = (uint64_t)rand_r(seed) << 33 ^ (uint64_t)rand_r(seed) << 11 ^
			(uint64_t)rand_r(seed);
	unsigned int run = (unsigned int)rand_r(seed) % places->count, from;
	uint64_t place = places->run[run].address + word % places->run[run].length;

	switch (rand_r(seed) % 6) {
	case 0:
		return place;
	case 1:
		return place & ~7ULL;
	case 2:
		/* another word of a stack */
		from = (unsigned int)rand_r(seed);
		return stage->scene.word_count ?
		       stage->scene.words[from % stage->scene.word_count] : word;
	case 3:
		return word % 1024;
	case 4:
		return UINT64_MAX - word % 16;
	default:
		return word;
	}
}

static void lay_words(struct stage *stage, const struct places *places, unsigned int *seed)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++) {
		unsigned int run = (unsigned int)rand_r(seed) % places->count;
		uint64_t at = (uint64_t)rand_r(seed) % (places->run[run].length - 7);

		lay(&stage->scene, (places->run[run].address + at) & ~7ULL, 8,
		    random_word(stage, places, seed));
	}
}

/* Where the clean dump has nobody who spins, noise must not make one up. */
static bool accuses_nobody(const struct stage *stage, char *why, size_t size)
{
	return stage->clean.story->spinner_count || !stage->now.story->spinner_count ||
	       wrong(why, size, "somebody is accused of %s",
		     story_loop_name(stage->now.story->spinners[0].loop));
}

static bool tell_round(struct stage *stage, char *why, size_t size)
{
	return stage_tell(stage, why, size) && stage_sane(stage, why, size) &&
	       (stage->now.seconds < SECONDS_MAX ||
		wrong(why, size, "%.1f s", stage->now.seconds)) &&
	       accuses_nobody(stage, why, size);
}

static bool make_noise(struct stage *stage, const struct places *places)
{
	unsigned int seed = 20240117, round;
	char why[256] = "a word could not be laid";

	if (!places->count)
		return skip(&stage->scene, "no place for it");
	for (round = 0; round < ROUNDS; round++) {
		stage_reset(stage);
		lay_words(stage, places, &seed);
		if (stage->scene.failed || !tell_round(stage, why, sizeof(why))) {
			wrong(stage->trouble, sizeof(stage->trouble), "round %u: %s", round, why);
			break;
		}
	}
	return true;
}

/* What is live of the stacks of tasks on CPUs, and of their IRQ stacks. */
static bool stack_of(struct stage *stage, const struct story_thread *thread, struct places *places)
{
	struct field stack;

	if (!kernel_field(stage->scene.kernel, "task_struct", "stack", &stack))
		return false;
	add_place(places, peek(&stage->scene, thread->task.address + stack.offset, 8) + 0x2000,
		  0x2000);
	return true;
}

static bool noise_on_stacks(struct stage *stage)
{
	const struct story *story = stage->clean.story;
	struct places places = {0};
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu)
			stack_of(stage, &story->threads[i], &places);
	return make_noise(stage, &places);
}

/* All of it near the top, where there are frames. */
static bool noise_in_frames(struct stage *stage)
{
	const struct story *story = stage->clean.story;
	struct places places = {0};
	size_t i;

	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].on_cpu)
			stack_of(stage, &story->threads[i], &places);
	for (i = 0; i < places.count; i++) {
		places.run[i].address += 0x2000 - 0x400;
		places.run[i].length = 0x400;
	}
	return make_noise(stage, &places);
}

static bool noise_in_tasks(struct stage *stage)
{
	const struct story *story = stage->clean.story;
	struct places places = {0};
	uint64_t size;
	size_t i;

	if (!types_size(stage->scene.kernel->types, "task_struct", &size))
		return skip(&stage->scene, "no task_struct");
	for (i = 0; i < story->thread_count; i++)
		add_place(&places, story->threads[i].task.address, size);
	return make_noise(stage, &places);
}

static bool noise_in_rcu(struct stage *stage)
{
	struct places places = {0};
	uint64_t state, size;

	if (!image_symbol(stage->scene.kernel->image, "rcu_state", &state) ||
	    !types_size(stage->scene.kernel->types, "rcu_state", &size))
		return skip(&stage->scene, "no rcu_state");
	add_place(&places, state, size);
	return make_noise(stage, &places);
}

static bool noise_in_log(struct stage *stage)
{
	const struct kernel *kernel = stage->scene.kernel;
	struct field descs, infos, data;
	struct places places = {0};
	uint64_t prb;

	if (!image_symbol(kernel->image, "prb", &prb) ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.descs", &descs) ||
	    !kernel_field(kernel, "printk_ringbuffer", "desc_ring.infos", &infos) ||
	    !kernel_field(kernel, "printk_ringbuffer", "text_data_ring.data", &data))
		return skip(&stage->scene, "no printk_ringbuffer");
	prb = peek(&stage->scene, prb, 8);
	add_place(&places, prb, 128);
	add_place(&places, peek(&stage->scene, prb + descs.offset, 8), 24 * 300);
	add_place(&places, peek(&stage->scene, prb + infos.offset, 8), 88 * 300);
	add_place(&places, peek(&stage->scene, prb + data.offset, 8), 16384);
	return make_noise(stage, &places);
}

static bool noise_in_page_tables(struct stage *stage)
{
	const struct story *story = stage->clean.story;
	struct address_map_layout layout;
	struct places places = {0};
	uint64_t pgd;
	size_t i;

	if (!address_map_layout_resolve(stage->scene.kernel, &layout))
		return skip(&stage->scene, "no mm_struct");
	for (i = 0; i < story->thread_count; i++)
		if (story->threads[i].task.mm &&
		    mm_page_table(stage->scene.kernel, &layout, story->threads[i].task.mm, &pgd)) {
			add_place(&places, pgd, 2048);
			add_place(&places, story->threads[i].task.mm, 256);
		}
	return make_noise(stage, &places);
}

static bool noise_in_modules(struct stage *stage)
{
	struct places places = {0};
	uint64_t modules, first;

	if (!image_symbol(stage->scene.kernel->image, "modules", &modules))
		return skip(&stage->scene, "a kernel without modules");
	first = peek(&stage->scene, modules, 8);
	add_place(&places, modules, 16);
	if (first != modules)
		add_place(&places, first, 512);
	return make_noise(stage, &places);
}

/* Per-CPU variables: what runs there, where its stacks are. */
static bool noise_in_cpus(struct stage *stage)
{
	static const char *const names[] = {
		"current_task", "hardirq_stack_ptr", "cpu_number", "runqueues",
	};
	const struct kernel *kernel = stage->scene.kernel;
	struct places places = {0};
	uint64_t offsets, symbol;
	size_t i;

	if (!image_symbol(kernel->image, "__per_cpu_offset", &offsets))
		return skip(&stage->scene, "one CPU alone");
	add_place(&places, offsets, 16);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (image_symbol(kernel->image, names[i], &symbol))
			add_place(&places, symbol + peek(&stage->scene, offsets, 8),
				  i == 3 ? 3200 : 8);
	return make_noise(stage, &places);
}

static bool noise_in_orc(struct stage *stage)
{
	const struct kernel *kernel = stage->scene.kernel;
	uint64_t ips, ips_end, entries, entries_end;
	struct places places = {0};

	if (!image_symbol(kernel->image, "__start_orc_unwind_ip", &ips) ||
	    !image_symbol(kernel->image, "__stop_orc_unwind_ip", &ips_end) ||
	    !image_symbol(kernel->image, "__start_orc_unwind", &entries) ||
	    !image_symbol(kernel->image, "__stop_orc_unwind", &entries_end))
		return skip(&stage->scene, "no ORC tables");
	add_place(&places, ips, ips_end - ips);
	add_place(&places, entries, entries_end - entries);
	return make_noise(stage, &places);
}

const struct act noise[] = {
	{.name = "noise on stacks", .harm = noise_on_stacks},
	{.name = "noise in frames", .harm = noise_in_frames},
	{.name = "noise in tasks", .harm = noise_in_tasks},
	{.name = "noise in RCU", .harm = noise_in_rcu},
	{.name = "noise in the log", .harm = noise_in_log},
	{.name = "noise in page tables", .harm = noise_in_page_tables},
	{.name = "noise in modules", .harm = noise_in_modules},
	{.name = "noise in per-CPU variables", .harm = noise_in_cpus},
	{.name = "noise in ORC tables", .harm = noise_in_orc},
	{0},
};
