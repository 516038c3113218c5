/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What harms are made of, and those that more than one table has: see struct act. */
#ifndef KSWAPCK_STORY_HARMS_H
#define KSWAPCK_STORY_HARMS_H

#include "acts.h"

/* No address of the kernel, of a user or of anything else. */
#define NOWHERE UINT64_C(0x6b6b6b6b6b6b6b6b)

/* lay.c: what stands in memory, and other words laid over it; false: there is none here */
const struct story_spinner *spinner_of(const struct stage *stage);
const struct story_thread *thread_of(const struct stage *stage);
bool missing(struct stage *stage, const char *what);
bool find_symbol(struct stage *stage, const char *name, uint64_t *address);
bool find_field(struct stage *stage, const char *type, const char *path,
		struct field *field);
/* A word of memory by symbol and member becomes @value. */
bool lay_member(struct stage *stage, const char *symbol, const char *type,
		const char *path, uint64_t value);
bool lay_in_task(struct stage *stage, const char *path, uint64_t value);
void lay_bytes(struct stage *stage, uint64_t address, const void *bytes, size_t length);
/* @length bytes of noise, the same each time; @random false: zeros. */
bool lay_run(struct stage *stage, uint64_t address, size_t length, bool random);
/* From one symbol to another: the tables that the linker made. */
bool lay_between(struct stage *stage, const char *from, const char *to, bool random);

/* stack_harms.c: the stack of whoever spins, and the code by which it is unwound */
bool lookup_returns_nowhere(struct stage *stage);
bool lookup_returns_zero(struct stage *stage);
bool lookup_returns_elsewhere(struct stage *stage);
bool fault_returns_nowhere(struct stage *stage);
bool lookup_returns_to_itself(struct stage *stage);
bool interrupt_points_to_itself(struct stage *stage);
bool interrupt_of_no_segment(struct stage *stage);
bool interrupt_in_no_code(struct stage *stage);
bool stack_of_one_call(struct stage *stage);
bool stack_of_noise(struct stage *stage);
bool stack_elsewhere(struct stage *stage);
bool zero_orc_places(struct stage *stage);
bool zero_orc_entries(struct stage *stage);
bool noise_in_orc_places(struct stage *stage);
bool noise_in_orc_entries(struct stage *stage);
bool spoil_modules(struct stage *stage);

/* log_harms.c: the kernel log, and what RCU knows */
bool zero_prb(struct stage *stage);
bool noise_in_descriptors(struct stage *stage);
bool noise_in_infos(struct stage *stage);
bool noise_in_texts(struct stage *stage);
bool spoil_ring(struct stage *stage);
bool no_stall_in_log(const struct stage *stage, char *why, size_t size);
bool spoil_rcu_name(struct stage *stage);
bool rcu_has_no_name(const struct stage *stage, char *why, size_t size);
bool rcu_at_rest(struct stage *stage);
bool rcu_blocks_nobody(const struct stage *stage, char *why, size_t size);
bool rcu_from_the_future(struct stage *stage);
bool noise_in_rcu_nodes(struct stage *stage);
bool blocked_tasks_in_a_ring(struct stage *stage);
bool blockers_not_complete(const struct stage *stage, char *why, size_t size);

#endif
