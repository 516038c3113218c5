/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of pins/ share: the judging of one folio. */
#ifndef KSWAPCK_JUDGE_H
#define KSWAPCK_JUDGE_H

#include "kernel/address_map.h"
#include "kernel/lru_batches.h"
#include "kernel/page_holders.h"
#include "kernel/task.h"
#include "pins/pins.h"

struct pin_owner_layout {
	bool known;
	struct field root, node_right, node_left;	/* of anon_vma, of struct rb_node */
	struct field chain_node, chain_vma;		/* struct anon_vma_chain */
	struct field start, end, mm;		/* struct vm_area_struct */
	struct vma_pgoff_layout pgoff;
	struct field owner;				/* struct mm_struct, CONFIG_MEMCG */
};

struct judge {
	const struct kernel *kernel;
	uint64_t flag_private;		/* PG_private and PG_private_2 */
	bool compares_head;		/* its compaction may lack 829ae0f81ce0 */
	struct lru_batches batches;
	struct page_holders holders;
	struct task_layout tasks;
	bool tasks_known;
	struct pin_owner_layout owner;
};

/** pin_judge - judge the folio or page @page, which is no tail, into @pin. */
void pin_judge(struct judge *judge, const struct kswapck_page *page, struct pin *pin);

/** pin_task_read - name @task; false if it cannot be read. */
bool pin_task_read(const struct judge *judge, uint64_t task, struct pin_task *named);

void pin_owner_layout_resolve(const struct kernel *kernel, struct pin_owner_layout *layout);
/** pin_owner_find - a process in whose memory an anonymous folio is; leaves pid 0 if none. */
void pin_owner_find(const struct judge *judge, struct pin *pin);

#endif
