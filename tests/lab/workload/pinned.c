/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anonymous pages with references that no mapping and no cache explains, beside such that only look so: huge pages
 * mapped page by page, of which the kernel itself once thought that they were pinned (before 829ae0f81ce0).
 */
#include "guest.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PRESENT (1ULL << 63)
#define BIAS 1024               /* a FOLL_PIN of a small page counts for so many (GUP_PIN_COUNTING_BIAS) */
#define MOST 16

/* One page of which we say what holds its folio. */
static struct subject {
	const char *name;       /* with what makes it what it is */
	const char *page;
	size_t bytes;           /* that were mapped with it, from `first` on */
	const char *first;
	int extra;              /* references that the folio has for nothing but our pins */
	uint64_t pfn;           /* where it was mapped last, if it is no more */
} subjects[MOST];
static int count;

static void add(const char *name, const char *first, size_t bytes, size_t page, int extra)
{
	subjects[count++] = (struct subject){ name, first + page * PAGE, bytes, first, extra, 0 };
}

/* The page as the kernel shows it: what the flags mean is in Documentation/admin-guide/mm/pagemap.rst. */
static void tell(const struct subject *s)
{
	uint64_t entry = pagemap_of(s->page), pfn = entry & PRESENT ? entry & PFN_MASK : s->pfn;
	size_t mapped = 0;

	for (size_t at = 0; at < s->bytes; at += PAGE)
		mapped += pagemap_of(s->first + at) >> 63;
	fact("pin.%s pid %d address 0x%lx pfn 0x%llx kpageflags 0x%llx mapped %zu extra %d", s->name, getpid(),
	     (unsigned long)s->page, (unsigned long long)pfn,
	     (unsigned long long)read_word("/proc/kpageflags", pfn), mapped, s->extra);
}

int hold_pages(const char *p, size_t bytes)
{
	struct iovec piece = { (void *)p, bytes };
	int ends[2];
	ssize_t held;

	if (pipe(ends))
		return -1;
	held = vmsplice(ends[1], &piece, 1, SPLICE_F_NONBLOCK);
	close(ends[0]);
	if (held > 0)
		return ends[1];
	close(ends[1]);
	return -1;
}

int pin_pages(const char *p, size_t bytes)
{
	struct io_uring_params params = { 0 };
	struct iovec piece = { (void *)p, bytes };
	int ring = syscall(SYS_io_uring_setup, 4, &params);

	if (ring < 0 || !syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &piece, 1))
		return ring;
	close(ring);
	return -1;
}

/* For as long as we live. */
static void hold(const char *page)
{
	if (hold_pages(page, PAGE) < 0)
		fail("vmsplice");
}

static bool pin(const char *page)
{
	return pin_pages(page, PAGE) >= 0;
}

/* A huge page in the swap cache; at least one of its pages is mapped again. 6.12 may map them all at once. */
static char *cached_huge(void)
{
	char *p = map_huge(HUGE_PAGE);

	fill(p, HUGE_PAGE);
	page_out(p, HUGE_PAGE);
	return p;
}

static void pin_huge(void)
{
	char *cached = cached_huge(), *tail = cached_huge(), *free_one = cached_huge(), *registered = cached_huge();
	char *mapped = map_huge(HUGE_PAGE);

	sleep(2);               /* the writes end */
	read_pages(cached, PAGE, PAGE);
	hold(cached);
	add("thp-cached-held", cached, HUGE_PAGE, 0, 1);
	read_pages(tail + 7 * PAGE, PAGE, PAGE);
	hold(tail + 7 * PAGE);
	hold(tail + 7 * PAGE);
	add("thp-tail-held-twice", tail, HUGE_PAGE, 7, 2);
	read_pages(free_one, PAGE, PAGE);
	add("thp-cached", free_one, HUGE_PAGE, 0, 0);
	fill(mapped, HUGE_PAGE);
	if (pin(mapped + 3 * PAGE))
		add("thp-pinned", mapped, HUGE_PAGE, 3, 1);
	/* Where it stays in the swap cache: 5.10 makes a copy of the page, which is a small one. */
	read_pages(registered, PAGE, PAGE);
	if (pin(registered))
		add("thp-cached-pinned", registered, HUGE_PAGE, 0,
		    read_word("/proc/kpageflags", pagemap_of(registered) & PFN_MASK) >> 22 & 1 ? 1 : BIAS);
}

static void pin_small(void)
{
	char *p = map_small(8 * PAGE);

	fill(p, 8 * PAGE);
	page_out(p, 4 * PAGE);
	sleep(2);
	read_pages(p, 8 * PAGE, PAGE);
	for (int i = 0; i < 3; i++)
		hold(p);
	add("small-cached-held-3", p, PAGE, 0, 3);
	add("small-cached", p + PAGE, PAGE, 0, 0);
	if (pin(p + 2 * PAGE))
		add("small-was-cached-pinned", p + 2 * PAGE, PAGE, 0, BIAS);
	hold(p + 4 * PAGE);
	add("small-held", p + 4 * PAGE, PAGE, 0, 1);
	if (pin(p + 5 * PAGE))
		add("small-pinned", p + 5 * PAGE, PAGE, 0, BIAS);
}

/* A page that is held and mapped no more: it stays in the swap cache. */
static void hold_unmapped(void)
{
	char *p = map_small(PAGE);

	fill(p, PAGE);
	page_out(p, PAGE);
	sleep(2);
	read_pages(p, PAGE, PAGE);
	hold(p);
	add("small-cached-unmapped-held", p, PAGE, 0, 1);
	subjects[count - 1].pfn = pagemap_of(p) & PFN_MASK;
	page_out(p, PAGE);
}

/* Not pinned at all. What is mapped of them is mapped by single pages, so few or none of it by the head. */
static void map_by_pages(void)
{
	char *whole = map_huge(HUGE_PAGE), *half = map_huge(HUGE_PAGE), *headless = map_huge(HUGE_PAGE);
	char *control = map_huge(HUGE_PAGE);

	fill(whole, HUGE_PAGE);
	mprotect(whole, HUGE_PAGE / 2, PROT_READ);
	add("thp-mapped-by-pages", whole, HUGE_PAGE, 0, 0);
	fill(half, HUGE_PAGE);
	madvise(half + HUGE_PAGE / 2, HUGE_PAGE / 2, MADV_DONTNEED);
	add("thp-half-mapped", half, HUGE_PAGE, 0, 0);
	fill(headless, HUGE_PAGE);
	madvise(headless, HUGE_PAGE / 4, MADV_DONTNEED);
	add("thp-head-not-mapped", headless, HUGE_PAGE, 511, 0);
	fill(control, HUGE_PAGE);
	add("thp-mapped", control, HUGE_PAGE, 0, 0);
}

void pinned(void)
{
	char *other = map_small(PAGE);

	pin_huge();
	pin_small();
	hold_unmapped();
	map_by_pages();
	/* khugepaged would put together what is in pieces. */
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "never");
	/* Any migration begins with emptying the per-CPU lists for the LRU, which hold references of their own. */
	fill(other, PAGE);
	move_to_node(other, 1, PAGE, 1);
	for (int i = 0; i < count; i++)
		tell(&subjects[i]);
	finish();
}
