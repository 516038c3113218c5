// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel log, and what RCU knows. */
#include "harms.h"

/* ---------------------------------------------------------------------- the log */

bool zero_prb(struct stage *stage)
{
	uint64_t prb;

	if (!find_symbol(stage, "prb", &prb))
		return false;
	lay(&stage->scene, prb, 8, 0);
	return true;
}

/* Where a pointer of the ring leads; @bits: log2 of the elements, each @size bytes. */
static bool noise_in_ring(struct stage *stage, const char *array, const char *bits,
			  const char *element)
{
	struct field field, bits_field;
	uint64_t prb, start, count, size = 1;

	if (!find_symbol(stage, "prb", &prb) ||
	    !find_field(stage, "printk_ringbuffer", array, &field) ||
	    !find_field(stage, "printk_ringbuffer", bits, &bits_field))
		return false;
	if (element && !types_size(stage->scene.kernel->types, element, &size))
		return false;
	prb = peek(&stage->scene, prb, 8);
	start = peek(&stage->scene, prb + field.offset, 8);
	count = peek(&stage->scene, prb + bits_field.offset, bits_field.size);
	return lay_run(stage, start, size << count, true);
}

bool noise_in_descriptors(struct stage *stage)
{
	return noise_in_ring(stage, "desc_ring.descs", "desc_ring.count_bits", "prb_desc");
}

bool noise_in_infos(struct stage *stage)
{
	return noise_in_ring(stage, "desc_ring.infos", "desc_ring.count_bits", "printk_info");
}

bool noise_in_texts(struct stage *stage)
{
	return noise_in_ring(stage, "text_data_ring.data", "text_data_ring.size_bits", NULL);
}

bool spoil_ring(struct stage *stage)
{
	struct field field;
	uint64_t prb;

	if (!find_symbol(stage, "prb", &prb) ||
	    !find_field(stage, "printk_ringbuffer", "desc_ring.count_bits", &field))
		return false;
	lay_field(&stage->scene, peek(&stage->scene, prb, 8), field, 63);
	return true;
}

bool no_stall_in_log(const struct stage *stage, char *why, size_t size)
{
	const struct story_log *log = &stage->now.story->log;
	unsigned int i;

	for (i = 0; i < log->event_count; i++)
		if (log->events[i].kind == EVENT_RCU_STALL)
			return wrong(why, size, "a stall is read out of noise");
	return true;
}

/* -------------------------------------------------------------------------- RCU */

bool spoil_rcu_name(struct stage *stage)
{
	return lay_member(stage, "rcu_state", "rcu_state", "name", NOWHERE);
}

bool rcu_has_no_name(const struct stage *stage, char *why, size_t size)
{
	const struct story_rcu *rcu = &stage->now.story->rcu;

	return (rcu->read && rcu->stalled && !*rcu->view.flavour) ||
	       wrong(why, size, "named '%s'", rcu->view.flavour);
}

bool rcu_at_rest(struct stage *stage)
{
	return lay_member(stage, "rcu_state", "rcu_state", "gp_seq", 0x1000);
}

bool rcu_blocks_nobody(const struct stage *stage, char *why, size_t size)
{
	const struct story_rcu *rcu = &stage->now.story->rcu;

	return (rcu->read && !rcu->view.in_progress && !rcu->stalled && !rcu->by_spinner &&
		!rcu->view.blocker_count) || wrong(why, size, "there is a grace period");
}

bool rcu_from_the_future(struct stage *stage)
{
	return lay_member(stage, "rcu_state", "rcu_state", "gp_start", UINT64_MAX / 2);
}

bool noise_in_rcu_nodes(struct stage *stage)
{
	struct type_member nodes;
	uint64_t state;

	return find_symbol(stage, "rcu_state", &state) &&
	       types_member(stage->scene.kernel->types, "rcu_state", "node", &nodes) &&
	       lay_run(stage, state + nodes.offset, (size_t)nodes.count * nodes.element_size,
		       true);
}

bool blocked_tasks_in_a_ring(struct stage *stage)
{
	uint64_t task = thread_of(stage)->task.address;
	struct field entry;

	if (!find_field(stage, "task_struct", "rcu_node_entry", &entry))
		return false;
	lay(&stage->scene, task + entry.offset, 8, task + entry.offset);
	lay(&stage->scene, task + entry.offset + 8, 8, task + entry.offset);
	return true;
}

bool blockers_not_complete(const struct stage *stage, char *why, size_t size)
{
	const struct story_rcu *rcu = &stage->now.story->rcu;

	return (rcu->read && !rcu->view.blockers_complete) ||
	       wrong(why, size, "the blockers are called complete");
}
