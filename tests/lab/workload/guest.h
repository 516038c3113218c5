/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LAB_GUEST_H
#define LAB_GUEST_H
/* What all scenarios use: the words to the host, the machine, memory. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#ifdef __aarch64__
#define CONSOLE "ttyAMA0"
#else
#define CONSOLE "ttyS0"
#endif

#define PAGE page_bytes
#define PAGE_MAX 65536
#define HUGE_PAGE (2UL << 20)
#define MIB (1UL << 20)
#define PFN_MASK ((1ULL << 55) - 1)     /* of pagemap_of(), of a page that is mapped */

extern unsigned long page_bytes;        /* of the kernel's pages */

/* One line to the host; `fail` is the last one, and says errno. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *what) __attribute__((noreturn));

/* A line of the scenario's own for all reports from now on; `report` says them with what the kernel counts. */
void fact(const char *format, ...) __attribute__((format(printf, 1, 2)));
void forget_facts(void);
void report(void);

/* The end of most scenarios: the state stands. It goes nowhere from there, or panics for a genuine kdump. */
void finish(void) __attribute__((noreturn));
bool crashing(void);
bool host_ends(void);           /* the host makes the kernel panic, not the guest */

/* ---- the machine ---- */

int write_file(const char *path, const char *text);     /* 0, or -1 with errno */
unsigned long meminfo_kib(const char *name);
/* Much is swapped out and part of it in the swap cache: a dump from before that would prove nothing. */
bool swap_in_use(void);
void mount_all(void);
void wait_for(const char *path);
void swap_on(void);
int load_module(const char *path, const char *options);
/* All that the guest needs: their names begin with a number, in the order of their needs; with 9: not by itself. */
void load_modules(void);
bool kernel_log_has(const char *text);
/* The kernel's errors (and worse) with this text, as facts. */
void tell_kernel_log(const char *text);
/* Till the kernel says that a CPU or a task keeps RCU from going on, for a minute; what it says becomes facts. */
void wait_for_stall(void);

/* ---- memory ---- */

void *map(size_t bytes, int flags);
char *map_small(size_t bytes);
char *map_huge(size_t bytes);
void bind_to_node(void *p, size_t bytes, int node);
/* Each page says where it lives: no two pages are alike, and a wrong page is seen. */
void fill(char *p, size_t bytes);
void read_pages(const char *p, size_t bytes, size_t step);
/* To swap. Where the kernel has no MADV_PAGEOUT (before 5.4), so many pages of whoever is in the same cgroup. */
bool must_squeeze(void);
int squeeze(size_t bytes);
void squeeze_if_old(void);
int try_page_out(char *p, size_t bytes);
void page_out(char *p, size_t bytes);
/* The same of huge pages, which then are in the swap cache, the first page of each mapped. */
void page_out_huge(char *p, size_t bytes);
/* A word of one of the kernel's tables about pages; what it has for a page of ours in the first of them. */
uint64_t read_word(const char *path, uint64_t index);
uint64_t pagemap_of(const char *page);
/* Moves `count` pages, `step` bytes apart. Single pages may refuse (busy, not mapped): that is normal. */
int move_to_node(char *p, size_t count, size_t step, int node);
/* Asks for more than there is, so that reclaim must throw out what it can, then gives it back. */
void memory_pressure(void);

/* Huge pages of node 0 that are in the swap cache, one page of each mapped, are moved to node 1. Tells its facts. */
char *migrate_in_swap_cache(void);

/* A userfaultfd for missing pages of this memory, able to move pages there; -1 where the kernel has none such. */
int userfaults_of(char *p, size_t bytes);
/* Moves pages of this process to where `userfaults` is for: the bytes done, or -1. */
long move_pages_here(int userfaults, char *to, const char *from, size_t bytes);

/*
 * A reference more on each of these pages (in a pipe that nobody reads) or a FOLL_PIN (as a buffer of an io_uring),
 * until the descriptor that comes back is closed; -1 where that is not possible.
 */
int hold_pages(const char *p, size_t bytes);
int pin_pages(const char *p, size_t bytes);

uint64_t next_random(uint64_t *random);

/* ---- scenarios in files of their own ---- */

/* With lab_live=SECONDS: kswapck looks at this kernel meanwhile. See live.c. */
void observe(void);

void storm(void);
void mix(void);
void freed_folio(void);
void freed_folio_queue(void);
void freed_folio_preempted(void);
void tail_private(void);
void tail_private_split(void);
void spin(void);
void spin_xarray(void);
void uffd_move(void);
void uffd_move_fault(void);
void pinned(void);
void canary(void);
void swapoff_hang(void);
void swapoff_busy(void);

#endif
