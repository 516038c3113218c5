// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/task.h"

#include <string.h>

#include "kernel/arch.h"
#include "kernel/list.h"

#define TASKS_MAX (UINT64_C(4) << 20)	/* PID_MAX_LIMIT, include/linux/threads.h */
#define STRANGERS_MAX 16	/* on the list of one process */
#define PF_KTHREAD 0x00200000	/* include/linux/sched.h; the same since 2.6.33 */

/*
 * THREAD_SIZE is 16 KiB, on arm64 a page at least, and twice that with KASAN. The linker script
 * makes room for one stack (INIT_TASK_DATA in vmlinux.lds.h; renamed in 6.10).
 */
uint32_t task_stack_size(const struct kernel *kernel)
{
	uint64_t start, end;

	if ((image_symbol(kernel->image, "__start_init_stack", &start) &&
	     image_symbol(kernel->image, "__end_init_stack", &end)) ||
	    (image_symbol(kernel->image, "__start_init_task", &start) &&
	     image_symbol(kernel->image, "__end_init_task", &end)))
		if (end - start >= 4096 && end - start <= 1 << 20)
			return (uint32_t)(end - start);
	return kernel_page_size(kernel) > 16384 ? (uint32_t)kernel_page_size(kernel) : 16384;
}

/*
 * state became __state in 5.14 (2f064a59a11f); cpu, which is there with CONFIG_SMP
 * only, went into thread_info in 5.16 (bcf9033e5449).
 */
static void resolve_details(const struct kernel *kernel, struct task_layout *layout)
{
	static const char type[] = "task_struct";

	kernel_field(kernel, type, "pid", &layout->pid);
	kernel_field(kernel, type, "tgid", &layout->tgid);
	kernel_field(kernel, type, "comm", &layout->comm);
	kernel_field(kernel, type, "exit_state", &layout->exit_state);
	kernel_field(kernel, type, "flags", &layout->flags);
	kernel_field(kernel, type, "mm", &layout->mm);
	kernel_field(kernel, type, "min_flt", &layout->min_flt);
	kernel_field(kernel, type, "maj_flt", &layout->maj_flt);
	kernel_field(kernel, type, "utime", &layout->utime);
	kernel_field(kernel, type, "stime", &layout->stime);
	kernel_field(kernel, type, "rcu_read_lock_nesting", &layout->rcu_nesting);
	if (!kernel_field(kernel, type, "__state", &layout->state))
		kernel_field(kernel, type, "state", &layout->state);
	if (!kernel_field(kernel, type, "thread_info.cpu", &layout->cpu))
		kernel_field(kernel, type, "cpu", &layout->cpu);
}

bool task_layout_resolve(const struct kernel *kernel, struct task_layout *layout)
{
	uint64_t size;

	memset(layout, 0, sizeof(*layout));
	layout->stack_size = task_stack_size(kernel);
	kernel_field(kernel, "task_struct", "on_cpu", &layout->on_cpu);
	kernel_field(kernel, "task_struct", "group_leader", &layout->group_leader);
	if (types_size(kernel->types, "task_struct", &size) && size <= UINT32_MAX)
		layout->task_size = (uint32_t)size;
	resolve_details(kernel, layout);
	return image_symbol(kernel->image, "init_task", &layout->init_task) &&
	       kernel_field(kernel, "task_struct", "tasks", &layout->tasks) &&
	       kernel_field(kernel, "task_struct", "signal", &layout->signal) &&
	       kernel_field(kernel, "task_struct", "thread_node", &layout->thread_node) &&
	       kernel_field(kernel, "signal_struct", "thread_head", &layout->thread_head) &&
	       kernel_field(kernel, "task_struct", "stack", &layout->stack) &&
	       kernel_field(kernel, "task_struct", kernel->arch->saved_sp, &layout->sp);
}

static bool read_task(const struct kernel *kernel, const struct task_layout *layout,
		      uint64_t address, struct task *task)
{
	unsigned char on_cpu[8] = {0};

	task->address = address;
	/* an int, and since 7.3 a byte */
	if (layout->on_cpu.size && layout->on_cpu.size <= sizeof(on_cpu) &&
	    memory_read(kernel->memory, address + layout->on_cpu.offset, on_cpu,
			layout->on_cpu.size) != READ_OK)
		return false;
	task->on_cpu = kernel_load(on_cpu, (struct field){0, layout->on_cpu.size}) != 0;
	return memory_read_u64(kernel->memory, address + layout->stack.offset,
			       &task->stack) == READ_OK &&
	       memory_read_u64(kernel->memory, address + layout->sp.offset,
			       &task->sp) == READ_OK;
}

struct task_walk {
	const struct kernel *kernel;
	const struct task_layout *layout;
	task_fn *visit;
	void *data;
	uint64_t left;		/* steps on the lists that may still come */
	bool stopped;		/* the visitor has seen enough */
};

/*
 * A thread is visited as one of its own process alone: several whose lists of threads are one and
 * the same would have each thread visited by each of them. Of a program that a thread other than
 * the first has begun, the two are apart for an instant (fs/exec.c de_thread()).
 */
static bool is_thread_of(const struct task_walk *walk, uint64_t thread, uint64_t leader)
{
	uint64_t named;

	if (thread == leader || !walk->layout->group_leader.size)
		return true;
	return memory_read_u64(walk->kernel->memory, thread + walk->layout->group_leader.offset,
			       &named) == READ_OK && named == leader;
}

/* The threads of the process whose leader is @leader. */
static bool visit_threads(struct task_walk *walk, uint64_t leader)
{
	const struct task_layout *layout = walk->layout;
	uint64_t signal, head, node, thread;
	unsigned int strangers = 0;
	struct task task;

	if (memory_read_u64(walk->kernel->memory, leader + layout->signal.offset,
			    &signal) != READ_OK)
		return false;
	head = signal + layout->thread_head.offset;
	for (node = head; list_next(walk->kernel, node, &node); ) {
		if (node == head)
			return !strangers;
		if (!walk->left-- || strangers > STRANGERS_MAX)
			return false;
		thread = node - layout->thread_node.offset;
		if (!is_thread_of(walk, thread, leader)) {
			strangers++;
			continue;
		}
		if (!read_task(walk->kernel, layout, thread, &task))
			return false;
		walk->stopped = !walk->visit(walk->data, &task);
		if (walk->stopped)
			return false;
	}
	return false;
}

/* A page of memory has part in so many tasks: there are no more than the file has room for. */
static uint64_t tasks_max(const struct kernel *kernel, const struct task_layout *layout)
{
	uint64_t pages = kernel->source ? source_facts(kernel->source)->file_pages : 0, each;

	if (!pages || !layout->task_size)
		return TASKS_MAX;
	each = kernel_page_size(kernel) / layout->task_size + 1;
	return pages < TASKS_MAX / each ? pages * each : TASKS_MAX;
}

bool task_for_each(const struct kernel *kernel, const struct task_layout *layout,
		   task_fn *visit, void *data)
{
	/* each is on two lists, if it leads a process */
	struct task_walk walk = {
		.kernel = kernel, .layout = layout, .visit = visit, .data = data,
		.left = 2 * tasks_max(kernel, layout),
	};
	uint64_t head = layout->init_task + layout->tasks.offset, node = head;
	bool sound = true;

	while (list_next(kernel, node, &node)) {
		if (node == head)
			return sound;
		if (!walk.left--)
			return false;
		sound &= visit_threads(&walk, node - layout->tasks.offset);
		if (walk.stopped)
			return false;
	}
	return false;
}

/* A number of a task_struct; 0 when this kernel has none. */
static bool load(const struct kernel *kernel, uint64_t task, struct field field,
		 uint64_t *value)
{
	*value = 0;
	return field.size <= sizeof(*value) &&
	       (!field.size || memory_read(kernel->memory, task + field.offset, value,
					   field.size) == READ_OK);
}

static bool load_comm(const struct kernel *kernel, uint64_t task, struct field field,
		      struct task_details *details)
{
	size_t size = sizeof(details->comm) - 1;	/* TASK_COMM_LEN */

	if (field.size < size)
		size = field.size;
	return !size || memory_read(kernel->memory, task + field.offset, details->comm,
				    size) == READ_OK;
}

bool task_details_read(const struct kernel *kernel, const struct task_layout *layout,
		       uint64_t address, struct task_details *details)
{
	uint64_t pid, tgid, flags, cpu, nesting;

	memset(details, 0, sizeof(*details));
	details->address = address;
	if (!load(kernel, address, layout->pid, &pid) ||
	    !load(kernel, address, layout->tgid, &tgid) ||
	    !load_comm(kernel, address, layout->comm, details) ||
	    !load(kernel, address, layout->state, &details->state) ||
	    !load(kernel, address, layout->exit_state, &details->exit_state) ||
	    !load(kernel, address, layout->flags, &flags) ||
	    !load(kernel, address, layout->mm, &details->mm) ||
	    !load(kernel, address, layout->cpu, &cpu) ||
	    !load(kernel, address, layout->rcu_nesting, &nesting) ||
	    !load(kernel, address, layout->min_flt, &details->min_flt) ||
	    !load(kernel, address, layout->maj_flt, &details->maj_flt) ||
	    !load(kernel, address, layout->utime, &details->utime) ||
	    !load(kernel, address, layout->stime, &details->stime))
		return false;
	details->pid = (int32_t)pid;
	details->tgid = (int32_t)tgid;
	details->kernel_thread = (flags & PF_KTHREAD) != 0;
	details->cpu_known = layout->cpu.size != 0;
	details->cpu = (unsigned int)cpu;
	details->rcu_nesting_known = layout->rcu_nesting.size != 0;
	details->rcu_nesting = (int32_t)nesting;
	return true;
}
