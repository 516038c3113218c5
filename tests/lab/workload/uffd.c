/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that wait in the swap cache, mapped by nobody, and whose swap PTEs move to another place: UFFDIO_MOVE of
 * Linux 6.8 and later. Their folios must go with them; before c50f8e6053b0 they kept their index and anon_vma.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOURCE_PAGES 64
#define FIRST_PAGE 11           /* of the source; the pages around those that move stay where they are */
#define MOVED_PAGES 37
#define READ_PAGE 5             /* of those that moved: the one that is read */

/* Newer than the headers (kernel: include/uapi/linux/userfaultfd.h). */
#define FEATURE_MOVE (1 << 16)
#define UFFD_MOVE _IOWR(UFFDIO, 0x05, struct move)

struct move {
	uint64_t to, from, bytes, mode;
	int64_t moved;
};

int userfaults_of(char *p, size_t bytes)
{
	struct uffdio_api api = { .api = UFFD_API, .features = FEATURE_MOVE };
	struct uffdio_register range = { .range = { (uintptr_t)p, bytes }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || (!ioctl(fd, UFFDIO_API, &api) && !ioctl(fd, UFFDIO_REGISTER, &range)))
		return fd;
	close(fd);
	return -1;
}

long move_pages_here(int userfaults, char *to, const char *from, size_t bytes)
{
	struct move move = { .to = (uintptr_t)to, .from = (uintptr_t)from, .bytes = bytes };
	int result = ioctl(userfaults, UFFD_MOVE, &move);

	return result && move.moved <= 0 ? -1 : move.moved;
}

/* Between the two places is a hole, or the kernel would take one anon_vma for both. */
static char *move_in_swap_cache(void)
{
	size_t bytes = SOURCE_PAGES * PAGE;
	char *from = map_small(4 * bytes), *to = from + 3 * bytes;
	int userfaults;

	munmap(from + bytes, 2 * bytes);
	userfaults = userfaults_of(to, bytes);
	if (userfaults < 0)
		fail("userfaultfd");
	fill(from, bytes);
	page_out(from, bytes);
	sleep(2);               /* the writes end; the pages stay in the swap cache */
	from += FIRST_PAGE * PAGE;
	if (move_pages_here(userfaults, to, from, MOVED_PAGES * PAGE) != MOVED_PAGES * PAGE)
		fail("UFFDIO_MOVE");
	fact("owner %d", getpid());
	fact("moved_pages %d", MOVED_PAGES);
	fact("moved_from 0x%lx", (unsigned long)from);
	fact("moved_to 0x%lx", (unsigned long)to);
	return to;
}

void uffd_move(void)
{
	move_in_swap_cache();
	finish();
}

void uffd_move_fault(void)
{
	const char *page = move_in_swap_cache() + READ_PAGE * PAGE;
	pid_t child;

	/* A genuine dump is made by the kernel's BUG itself; otherwise the others live on, and are dumped. */
	write_file("/proc/sys/kernel/panic_on_oops", crashing() ? "1" : "0");
	fact("fault_address 0x%lx", (unsigned long)page);
	child = fork();
	if (child == 0) {
		sleep(1);       /* till we have said who it is */
		read_pages(page, PAGE, PAGE);
		_exit(0);
	}
	fact("fault_pid %d", child);
	report();
	sleep(3);
	if (!kernel_log_has("kernel BUG at"))
		fail("no BUG");
	fact("fault_child %s", waitpid(child, NULL, WNOHANG) ? "gone" : "does not end");
	tell_kernel_log("kernel BUG at");
	finish();
}
