/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU's state (kernel/rcu/tree.h): who keeps the grace period from ending. */
#ifndef KSWAPCK_RCU_H
#define KSWAPCK_RCU_H

#include "kernel/kernel.h"

#define RCU_BLOCKERS_MAX 64

enum rcu_blocker_kind {
	RCU_BLOCKER_CPU,	/* has not passed through a quiescent state */
	RCU_BLOCKER_TASK,	/* was preempted within rcu_read_lock() */
};

struct rcu_blocker {
	enum rcu_blocker_kind kind;
	unsigned int cpu;	/* for CPU */
	uint64_t task;		/* task_struct, for TASK */
};

/* rcu_state.gp_state: what the grace-period kthread does; the same since 4.19. */
enum rcu_gp_state {
	RCU_GP_IDLE, RCU_GP_WAIT_GPS, RCU_GP_DONE_GPS, RCU_GP_ONOFF, RCU_GP_INIT,
	RCU_GP_WAIT_FQS, RCU_GP_DOING_FQS, RCU_GP_CLEANUP, RCU_GP_CLEANED,
	RCU_GP_STATE_COUNT,
};

struct rcu_view {
	char flavour[32];	/* "rcu_preempt", "rcu_sched": raw bytes of the dump; or empty */
	bool preemptible;	/* CONFIG_PREEMPT_RCU: preempted readers block it too */
	bool in_progress;	/* a grace period is */
	uint64_t sequence;	/* rcu_state.gp_seq; up to 4.18 what it would be */
	bool age_known;
	double age;		/* seconds since the grace period began, by jiffies: too
				 * few if all CPUs were idle, with their ticks stopped */
	uint64_t age_jiffies;	/* the same as the kernel prints it: t=... */
	unsigned int hz;	/* jiffies in a second; 0: not known */
	bool stall_timeout_known;
	unsigned int stall_timeout;	/* rcu_cpu_stall_timeout, seconds */
	uint64_t callbacks;	/* waiting on all CPUs */
	unsigned int cpus_unread;	/* rcu_data that could not be read */
	struct rcu_blocker blockers[RCU_BLOCKERS_MAX];	/* none unless in_progress */
	unsigned int blocker_count;	/* may be more than RCU_BLOCKERS_MAX */
	bool blockers_complete;	/* all rcu_nodes and lists were read */
	uint64_t state_address;	/* of rcu_state */

	/* synchronize_rcu_expedited(), which has grace periods of its own */
	bool expedited_in_progress;
	uint64_t expedited_sequence;
	struct rcu_blocker expedited_blockers[RCU_BLOCKERS_MAX];
	unsigned int expedited_blocker_count;	/* may be more than RCU_BLOCKERS_MAX */

	/* The kthread that starts and ends grace periods. */
	uint64_t gp_kthread;	/* task_struct; 0: not known */
	int gp_state;		/* enum rcu_gp_state, but any number may be there; -1 */
	bool idle_known;
	double idle;		/* seconds since it last did something */
	bool starved;		/* 2 s idle in a grace period: it is not to blame, but
				 * what keeps it from running */
};

/* Where all that is. Addresses and fields that are 0 are not known. */
struct rcu_layout {
	uint64_t state;		/* rcu_state */
	const char *data;	/* the per-CPU variable of type struct rcu_data */
	uint64_t num_nodes, num_levels;	/* variables rcu_num_nodes, rcu_num_lvls */
	uint64_t jiffies, stall_timeout;
	unsigned int hz;
	/* within struct rcu_state */
	struct field gp_seq;	/* ... or, up to 4.18, two numbers: */
	struct field gpnum, completed;
	struct field gp_start, gp_activity, gp_kthread, gp_state, name;
	struct field expedited_sequence;
	uint32_t nodes;		/* offset of the array of rcu_node */
	uint32_t node_count;	/* elements of it */
	uint32_t level_count;	/* levels that the tree can have */
	/* within struct rcu_node */
	uint32_t node_size;
	struct field qsmask, expmask, grplo, grphi, level, blkd_tasks, gp_tasks, exp_tasks;

	bool preemptible;
	struct field node_entry;	/* task_struct.rcu_node_entry; with preemptible alone */
	struct field callbacks;		/* rcu_data.cblist.len */
};

/** rcu_layout_resolve - false with @err set when rcu_state cannot be found. */
bool rcu_layout_resolve(const struct kernel *kernel, struct rcu_layout *layout,
			struct error *err);

/** rcu_state_read - as rcu_read(), but for the callbacks, which are per CPU. */
bool rcu_state_read(const struct kernel *kernel, const struct rcu_layout *layout,
		    struct rcu_view *rcu, struct error *err);

/**
 * rcu_read - what RCU waits for.
 *
 * Return: false with @err set when rcu_state cannot be found or read.
 */
bool rcu_read(const struct kernel *kernel, struct rcu_view *rcu, struct error *err);

/** rcu_gp_state_name - "RCU_GP_WAIT_FQS"; "???" for what is no state, as the kernel says. */
const char *rcu_gp_state_name(int state);

#endif
