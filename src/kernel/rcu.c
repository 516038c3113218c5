// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tree RCU, 4.14 and later: one rcu_state, a tree of rcu_node whose leaves hold a bit for
 * each CPU and the list of preempted readers, and a rcu_data for each CPU
 * (kernel/rcu/tree.h). Up to 4.19 each flavour has its own; the one of rcu_read_lock() is
 * rcu_preempt, or rcu_sched without it.
 */
#include "kernel/rcu.h"

#include <string.h>

#include "kernel/per_cpu.h"

#define SEQ_STATE_MASK	3U		/* RCU_SEQ_STATE_MASK, kernel/rcu/rcu.h */
#define NODE_SIZE_MAX	8192U		/* 600 bytes and some, more with lockdep */
#define NODES_MAX	4096U		/* 521 for 8,192 CPUs */
#define LEVELS_MAX	8U		/* RCU_NUM_LVLS is at most 4 */
#define LEAF_CPUS_MAX	64U		/* bits of qsmask */
#define TASKS_MAX	(4U << 20)	/* PID_MAX_LIMIT */
#define CALLBACKS_MAX	(UINT64_C(1) << 40)
#define STARVED_SECONDS	2.0		/* rcu_is_gp_kthread_starving() */
#define NSEC_PER_SEC	UINT64_C(1000000000)

struct node {
	uint64_t address;
	unsigned int level;
	uint64_t first_cpu, last_cpu;		/* grplo, grphi */
	uint64_t qsmask, expmask;
	uint64_t gp_tasks, exp_tasks;		/* list_head of the first task; 0: none */
};

/* One of the two lists of struct rcu_view. */
struct blockers {
	struct rcu_blocker *blockers;
	unsigned int *count;
};

static bool find_state(const struct kernel *kernel, struct rcu_layout *layout,
		       struct error *err)
{
	static const struct {
		const char *state, *data;
	} flavours[] = {
		{"rcu_state", "rcu_data"}, {"rcu_preempt_state", "rcu_preempt_data"},
		{"rcu_sched_state", "rcu_sched_data"},
	};
	size_t i;

	for (i = 0; i < sizeof(flavours) / sizeof(flavours[0]); i++)
		if (image_symbol(kernel->image, flavours[i].state, &layout->state)) {
			layout->data = flavours[i].data;
			return true;
		}
	return error_set(err, ERROR_MISSING,
			 "no symbol 'rcu_state' in %s: a kernel without "
			 "CONFIG_KALLSYMS_ALL, or with Tiny RCU", image_symbols_from(kernel->image));
}

/* One number since 4.19 (de30ad512a66); before, what gp_state says had other numbers, too. */
static bool resolve_sequence(const struct kernel *kernel, struct rcu_layout *layout,
			     struct error *err)
{
	if (kernel_field(kernel, "rcu_state", "gpnum", &layout->gpnum) &&
	    kernel_field(kernel, "rcu_state", "completed", &layout->completed))
		return true;
	kernel_field(kernel, "rcu_state", "gp_state", &layout->gp_state);
	return kernel_field_required(kernel, "rcu_state", "gp_seq", &layout->gp_seq, err);
}

static bool resolve_state(const struct kernel *kernel, struct rcu_layout *layout,
			  struct error *err)
{
	struct type_member nodes, levels;

	/* optional: age, name and kthread stay unknown without them */
	kernel_field(kernel, "rcu_state", "gp_start", &layout->gp_start);
	kernel_field(kernel, "rcu_state", "gp_activity", &layout->gp_activity);
	kernel_field(kernel, "rcu_state", "gp_kthread", &layout->gp_kthread);
	kernel_field(kernel, "rcu_state", "name", &layout->name);
	kernel_field(kernel, "rcu_state", "expedited_sequence", &layout->expedited_sequence);
	if (!resolve_sequence(kernel, layout, err))
		return false;
	if (!types_member(kernel->types, "rcu_state", "node", &nodes) ||
	    !types_member(kernel->types, "rcu_state", "level", &levels) ||
	    !nodes.count || nodes.count > NODES_MAX || nodes.element_size > NODE_SIZE_MAX ||
	    !levels.count || levels.count > LEVELS_MAX)
		return error_set(err, ERROR_INPUT,
				 "struct rcu_state makes no sense; are the types (%s) of this "
				 "kernel?", types_from(kernel->types));
	layout->nodes = nodes.offset;
	layout->node_count = nodes.count;
	layout->node_size = nodes.element_size;
	layout->level_count = levels.count;
	return true;
}

static bool node_fits(const struct rcu_layout *layout)
{
	uint32_t size = layout->node_size;

	return kernel_field_fits(layout->qsmask, size) &&
	       kernel_field_fits(layout->expmask, size) &&
	       kernel_field_fits(layout->grplo, size) && kernel_field_fits(layout->grphi, size) &&
	       kernel_field_fits(layout->level, size) &&
	       kernel_field_fits(layout->gp_tasks, size) &&
	       kernel_field_fits(layout->exp_tasks, size);
}

static bool resolve_node(const struct kernel *kernel, struct rcu_layout *layout,
			 struct error *err)
{
	if (!kernel_field_required(kernel, "rcu_node", "qsmask", &layout->qsmask, err) ||
	    !kernel_field_required(kernel, "rcu_node", "expmask", &layout->expmask, err) ||
	    !kernel_field_required(kernel, "rcu_node", "grplo", &layout->grplo, err) ||
	    !kernel_field_required(kernel, "rcu_node", "grphi", &layout->grphi, err) ||
	    !kernel_field_required(kernel, "rcu_node", "level", &layout->level, err) ||
	    !kernel_field_required(kernel, "rcu_node", "blkd_tasks", &layout->blkd_tasks, err) ||
	    !kernel_field_required(kernel, "rcu_node", "gp_tasks", &layout->gp_tasks, err) ||
	    !kernel_field_required(kernel, "rcu_node", "exp_tasks", &layout->exp_tasks, err))
		return false;
	return node_fits(layout) ||
	       error_set(err, ERROR_INPUT, "struct rcu_node makes no sense; are the types (%s) "
			 "of this kernel?", types_from(kernel->types));
}

/*
 * HZ stands nowhere as a number, but the clocksource "jiffies" is made of it: a tick
 * has mult >> shift nanoseconds (kernel/time/jiffies.c).
 */
static unsigned int find_hz(const struct kernel *kernel)
{
	struct field mult, shift;
	uint64_t clocksource, tick;
	uint32_t mult_value, shift_value;

	if (image_symbol(kernel->image, "clocksource_jiffies", &clocksource) &&
	    kernel_field(kernel, "clocksource", "mult", &mult) &&
	    kernel_field(kernel, "clocksource", "shift", &shift) &&
	    memory_read_u32(kernel->memory, clocksource + mult.offset, &mult_value) == READ_OK &&
	    memory_read_u32(kernel->memory, clocksource + shift.offset,
			    &shift_value) == READ_OK && shift_value < 32)
		tick = mult_value >> shift_value;
	/* up to 6.12 (kernel/time/ntp.c); by adjtimex() it may be a tenth off */
	else if (!image_symbol(kernel->image, "tick_nsec", &clocksource) ||
		 memory_read_u64(kernel->memory, clocksource, &tick) != READ_OK)
		return 0;
	/* HZ of 10 to 10,000 */
	if (tick < NSEC_PER_SEC / 10000 || tick > NSEC_PER_SEC / 10)
		return 0;
	return (unsigned int)((NSEC_PER_SEC + tick / 2) / tick);
}

bool rcu_layout_resolve(const struct kernel *kernel, struct rcu_layout *layout,
			struct error *err)
{
	struct field nesting;

	memset(layout, 0, sizeof(*layout));
	if (!find_state(kernel, layout, err) || !resolve_state(kernel, layout, err) ||
	    !resolve_node(kernel, layout, err))
		return false;
	image_symbol(kernel->image, "rcu_num_nodes", &layout->num_nodes);
	image_symbol(kernel->image, "rcu_num_lvls", &layout->num_levels);
	image_symbol(kernel->image, "rcu_cpu_stall_timeout", &layout->stall_timeout);
	image_symbol(kernel->image, "jiffies_64", &layout->jiffies);
	layout->hz = find_hz(kernel);
	/* both are there with CONFIG_PREEMPT_RCU alone (include/linux/sched.h) */
	layout->preemptible =
		kernel_field(kernel, "task_struct", "rcu_read_lock_nesting", &nesting);
	kernel_field(kernel, "task_struct", "rcu_node_entry", &layout->node_entry);
	kernel_field(kernel, "rcu_data", "cblist.len", &layout->callbacks);
	return true;
}

static bool load(const struct kernel *kernel, const struct rcu_layout *layout,
		 struct field field, uint64_t *value)
{
	*value = 0;
	return field.size && field.size <= sizeof(*value) &&
	       memory_read(kernel->memory, layout->state + field.offset, value,
			   field.size) == READ_OK;
}

/* A variable of type int; @otherwise if it is not within [1, @max]. */
static unsigned int load_count(const struct kernel *kernel, uint64_t address, unsigned int max,
			       unsigned int otherwise)
{
	uint32_t value;

	if (!address || memory_read_u32(kernel->memory, address, &value) != READ_OK || !value ||
	    value > max)
		return otherwise;
	return value;
}

static void add(struct blockers *list, struct rcu_blocker blocker)
{
	if (*list->count < RCU_BLOCKERS_MAX)
		list->blockers[*list->count] = blocker;
	++*list->count;
}

/* Bits of a leaf's mask are CPUs from grplo on (leaf_node_cpu_bit()). */
static bool add_cpus(struct blockers *list, const struct node *node, uint64_t mask)
{
	uint64_t cpus = node->last_cpu - node->first_cpu + 1;
	unsigned int bit;

	for (bit = 0; bit < cpus; bit++)
		if (mask >> bit & 1)
			add(list, (struct rcu_blocker){
				.kind = RCU_BLOCKER_CPU,
				.cpu = (unsigned int)node->first_cpu + bit,
			});
	return cpus == LEAF_CPUS_MAX || !(mask >> cpus);
}

/* One step of a list_head, checked from both sides. */
static bool list_next(const struct kernel *kernel, uint64_t entry, uint64_t *next)
{
	uint64_t prev;

	return memory_read_u64(kernel->memory, entry, next) == READ_OK && *next >> 63 &&
	       (*next & 7) == 0 && memory_read_u64(kernel->memory, *next + 8, &prev) == READ_OK &&
	       prev == entry;
}

/* gp_tasks or exp_tasks and all behind it on blkd_tasks (rcu_preempt_ctxt_queue()). */
static bool add_tasks(const struct kernel *kernel, const struct rcu_layout *layout,
		      struct blockers *list, const struct node *node, uint64_t first)
{
	uint64_t head = node->address + layout->blkd_tasks.offset, entry = first;
	unsigned int left = TASKS_MAX;

	if (!first)
		return true;
	if (!layout->node_entry.size || !(first >> 63) || (first & 7))
		return false;
	while (entry != head && left--) {
		add(list, (struct rcu_blocker){
			.kind = RCU_BLOCKER_TASK,
			.task = entry - layout->node_entry.offset,
		});
		/* with every prev right, a ring without the head leads back to its start */
		if (!list_next(kernel, entry, &entry) || entry == first)
			return false;
	}
	return entry == head;
}

static bool read_node(const struct kernel *kernel, const struct rcu_layout *layout,
		      unsigned int index, struct node *node)
{
	unsigned char bytes[NODE_SIZE_MAX];

	node->address = layout->state + layout->nodes + (uint64_t)index * layout->node_size;
	if (memory_read(kernel->memory, node->address, bytes, layout->node_size) != READ_OK)
		return false;
	node->level = (unsigned int)kernel_load(bytes, layout->level);
	node->first_cpu = kernel_load(bytes, layout->grplo);
	node->last_cpu = kernel_load(bytes, layout->grphi);
	node->qsmask = kernel_load(bytes, layout->qsmask);
	node->expmask = kernel_load(bytes, layout->expmask);
	node->gp_tasks = kernel_load(bytes, layout->gp_tasks);
	node->exp_tasks = kernel_load(bytes, layout->exp_tasks);
	return true;
}

static bool take_leaf(const struct kernel *kernel, const struct rcu_layout *layout,
		      struct rcu_view *rcu, const struct node *node)
{
	struct blockers normal = {rcu->blockers, &rcu->blocker_count};
	struct blockers expedited = {rcu->expedited_blockers, &rcu->expedited_blocker_count};
	bool sound = true;

	if (node->last_cpu >= PER_CPU_MAX || node->first_cpu > node->last_cpu ||
	    node->last_cpu - node->first_cpu >= LEAF_CPUS_MAX)
		return false;
	if (rcu->in_progress) {
		sound &= add_cpus(&normal, node, node->qsmask);
		sound &= add_tasks(kernel, layout, &normal, node, node->gp_tasks);
	}
	if (rcu->expedited_in_progress) {
		sound &= add_cpus(&expedited, node, node->expmask);
		sound &= add_tasks(kernel, layout, &expedited, node, node->exp_tasks);
	}
	return sound;
}

/* The leaves share the CPUs out among them, in order, and the root has them all. */
static bool take_nodes(const struct kernel *kernel, const struct rcu_layout *layout,
		       struct rcu_view *rcu)
{
	unsigned int count = load_count(kernel, layout->num_nodes, layout->node_count, 0);
	unsigned int levels = load_count(kernel, layout->num_levels, layout->level_count, 0);
	uint64_t next_cpu = 0, cpus = 0;
	bool sound = true;
	struct node node;
	unsigned int i;

	if (!levels)
		return false;
	for (i = 0; i < count; i++) {
		if (!read_node(kernel, layout, i, &node)) {
			sound = false;
			continue;
		}
		if (i == 0)
			cpus = node.last_cpu + 1;
		if (node.level != levels - 1)
			continue;
		sound &= take_leaf(kernel, layout, rcu, &node);
		sound &= node.first_cpu == next_cpu;
		next_cpu = node.last_cpu + 1;
	}
	return sound && next_cpu && next_cpu == cpus;
}

/* Jiffies from the time in @field to now; false if that is not known or absurd. */
static bool jiffies_since(const struct kernel *kernel, const struct rcu_layout *layout,
			  struct field field, uint64_t *elapsed)
{
	uint64_t now, then;

	if (!layout->hz || !layout->jiffies ||
	    memory_read_u64(kernel->memory, layout->jiffies, &now) != READ_OK ||
	    !load(kernel, layout, field, &then) || then > now)
		return false;
	*elapsed = now - then;
	return then != 0;
}

static void read_times(const struct kernel *kernel, const struct rcu_layout *layout,
		       struct rcu_view *rcu)
{
	uint64_t idle;

	rcu->hz = layout->hz;
	rcu->age_known = rcu->in_progress &&
			 jiffies_since(kernel, layout, layout->gp_start, &rcu->age_jiffies);
	if (rcu->age_known)
		rcu->age = (double)rcu->age_jiffies / rcu->hz;
	rcu->idle_known = jiffies_since(kernel, layout, layout->gp_activity, &idle);
	if (rcu->idle_known)
		rcu->idle = (double)idle / rcu->hz;
	rcu->starved = rcu->in_progress && rcu->idle_known && rcu->idle > STARVED_SECONDS;
	rcu->stall_timeout = load_count(kernel, layout->stall_timeout, INT32_MAX, 0);
	rcu->stall_timeout_known = rcu->stall_timeout != 0;
}

static void read_name(const struct kernel *kernel, const struct rcu_layout *layout,
		      struct rcu_view *rcu)
{
	uint64_t name;

	if (!load(kernel, layout, layout->name, &name) ||
	    memory_read_string(kernel->memory, name, rcu->flavour,
			       sizeof(rcu->flavour)) != READ_OK)
		rcu->flavour[0] = '\0';
}

/* As gp_seq would be: its lowest bits say whether a grace period is in progress. */
static bool read_sequence(const struct kernel *kernel, const struct rcu_layout *layout,
			  uint64_t *sequence)
{
	uint64_t number, completed;

	if (layout->gp_seq.size)
		return load(kernel, layout, layout->gp_seq, sequence);
	if (!load(kernel, layout, layout->gpnum, &number) ||
	    !load(kernel, layout, layout->completed, &completed))
		return false;
	*sequence = completed * (SEQ_STATE_MASK + 1) + (number != completed);
	return true;
}

bool rcu_state_read(const struct kernel *kernel, const struct rcu_layout *layout,
		    struct rcu_view *rcu, struct error *err)
{
	uint64_t state;

	memset(rcu, 0, sizeof(*rcu));
	rcu->state_address = layout->state;
	rcu->preemptible = layout->preemptible;
	if (!read_sequence(kernel, layout, &rcu->sequence))
		return error_set(err, ERROR_UNREADABLE, "rcu_state at 0x%016llx is not readable",
				 (unsigned long long)layout->state);
	rcu->in_progress = rcu->sequence & SEQ_STATE_MASK;
	load(kernel, layout, layout->expedited_sequence, &rcu->expedited_sequence);
	rcu->expedited_in_progress = rcu->expedited_sequence & SEQ_STATE_MASK;
	load(kernel, layout, layout->gp_kthread, &rcu->gp_kthread);
	rcu->gp_state = load(kernel, layout, layout->gp_state, &state) ? (int16_t)state : -1;
	read_name(kernel, layout, rcu);
	read_times(kernel, layout, rcu);
	rcu->blockers_complete = take_nodes(kernel, layout, rcu);
	return true;
}

static void count_callbacks(const struct kernel *kernel, const struct rcu_layout *layout,
			    struct rcu_view *rcu)
{
	unsigned int cpus = per_cpu_count(kernel), cpu;
	uint64_t data, length;

	for (cpu = 0; cpu < cpus; cpu++) {
		if (!per_cpu_possible(kernel, cpu))
			continue;
		if (layout->callbacks.size == sizeof(length) &&
		    per_cpu_address(kernel, layout->data, cpu, &data) &&
		    memory_read_u64(kernel->memory, data + layout->callbacks.offset,
				    &length) == READ_OK && length < CALLBACKS_MAX)
			rcu->callbacks += length;
		else
			rcu->cpus_unread++;
	}
}

bool rcu_read(const struct kernel *kernel, struct rcu_view *rcu, struct error *err)
{
	struct rcu_layout layout;

	if (!rcu_layout_resolve(kernel, &layout, err) ||
	    !rcu_state_read(kernel, &layout, rcu, err))
		return false;
	count_callbacks(kernel, &layout, rcu);
	return true;
}

const char *rcu_gp_state_name(int state)
{
	static const char *const names[RCU_GP_STATE_COUNT] = {
		[RCU_GP_IDLE] = "RCU_GP_IDLE",
		[RCU_GP_WAIT_GPS] = "RCU_GP_WAIT_GPS",
		[RCU_GP_DONE_GPS] = "RCU_GP_DONE_GPS",
		[RCU_GP_ONOFF] = "RCU_GP_ONOFF",
		[RCU_GP_INIT] = "RCU_GP_INIT",
		[RCU_GP_WAIT_FQS] = "RCU_GP_WAIT_FQS",
		[RCU_GP_DOING_FQS] = "RCU_GP_DOING_FQS",
		[RCU_GP_CLEANUP] = "RCU_GP_CLEANUP",
		[RCU_GP_CLEANED] = "RCU_GP_CLEANED",
	};

	return state >= 0 && state < RCU_GP_STATE_COUNT ? names[state] : "???";
}
