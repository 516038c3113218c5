/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_STORM_H
#define LAB_STORM_H
/* What `storm` and `mix` are made of: processes that each do one kind of thing to swap, as fast as it goes. */
#include "guest.h"

#include <sys/types.h>

/* One kind of them, `count` processes. The mortal ones are killed now and then, and started again. */
struct part {
	pid_t (*start)(int number);
	int count;
	bool mortal;
};

uint64_t new_seed(void);
/* Turns on what the kernel has: a cgroup's limit, folios of all sizes, khugepaged, ksmd. */
void begin_storm(void);
/* Starts all, says "ready" after a while, and keeps them going; `tell` says its facts anew before each report. */
void go_on(const struct part *parts, size_t count, void (*tell)(void)) __attribute__((noreturn));

pid_t start_stormer(int number);
pid_t start_forker(int number);

/* ---- devices.c: swap devices that come and go; for `start_disturber`, so before it ---- */

void add_swap_disk(void);
/* Devices that answer at once (SWP_SYNCHRONOUS_IO), so that pages come back past the swap cache. */
void add_ramdisk(void);
void add_zram(void);
pid_t start_disturber(int number);

/* ---- mix.c, memory.c ---- */

/* What was done, as often as it worked: in memory that all of them share. */
enum deed { REMAPPED, KEPT_MAPPED, MOVED, FILES, HELD, PINNED, READ_DIRECT, OFFLINED, DEEDS };

void did(enum deed deed, unsigned long count);
pid_t start_remapper(int number);
pid_t start_mover(int number);
pid_t start_filer(int number);
pid_t start_pinner(int number);
pid_t start_unplugger(int number);

#endif
