// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Measured with crash 8.0 (its -d8 prints each read) and drgn: what they read when they
 * open a dump, list its tasks and show the stacks of those that run. They read many objects
 * whole, and show none of one that lies half in a page that is left out.
 */
#include "distill/companions.h"

#include "kernel/memory_range.h"
#include "kernel/per_cpu.h"
#include "kernel/task.h"
#include "kernel/xarray.h"

/* Nothing that is read here is larger, but for logs of an odd size. */
#define LARGEST (UINT64_C(4) << 20)

static const struct {
	const char *symbol;
	uint64_t size;		/* bytes */
} variables[] = {
	{"__per_cpu_offset", 65536},	/* of all CPUs that a kernel may be built for */
	{"avenrun", 24},
	{"cpu_present_mask", 8},
	{"__cpu_present_mask", 1024},
	{"__cpu_possible_mask", 1024},
	{"__cpu_online_mask", 1024},
	{"__cpu_active_mask", 1024},
	{"boot_cpu_data", 512},
	{"cpu_khz", 4},
	{"crashing_cpu", 4},
	{"debug_idt_table", 4096},
	{"high_memory", 8},
	{"idt_table", 4096},
	{"init_pid_ns", 256},
	{"init_uts_ns", 512},
	{"jiffies_64", 8},
	{"linux_banner", 512},
	{"memory_block_size_probed", 8},
	{"memory_subsys", 256},
	{"mt_pivots", 4},
	{"mt_slots", 4},
	{"modules", 16},
	{"lookup_num_blocks", 4},
	{"nr_irqs", 4},
	{"nr_threads", 4},
	{"pageflag_names", 1024},
	{"pv_info", 16},
	{"shadow_timekeeper", 512},
	{"taint_flags", 64},
	{"tainted_mask", 8},
	{"task_state_array", 128},
	{"timekeeper_data", 1024},
	{"tk_core", 512},
	{"totalram_pages", 8},
	{"xen_start_info", 8},
	{"_totalram_pages", 8},
	/*
	 * Text: crash looks how functions begin, to see whether there are frame pointers, and
	 * how interrupts get to their stack; where it cannot, it ends.
	 */
	{"__do_sys_fork", 64},
	{"__schedule", 16384},
	{"__se_sys_open", 64},
	{"__se_sys_read", 64},
	{"__x64_sys_fork", 64},
	{"__x64_sys_open", 64},
	{"__x64_sys_read", 64},
	{"_do_fork", 64},
	{"asm_common_interrupt", 512},
	{"common_interrupt", 512},
	{"do_futex", 64},
	{"ret_from_intr", 512},
	{"vfs_read", 64},
};

static const struct {
	const char *symbol;
	uint64_t size;
} per_cpu_variables[] = {
	{"cpu_number", 4},
	{"cpu_tss_rw", 256},
	{"current_task", 8},
	{"pcpu_hot", 64},
	{"runqueues", 4096},
};

/* All pages of it, whatever cannot be read. */
static void read_all(const struct kernel *kernel, uint64_t address, uint64_t size)
{
	uint64_t page_size = source_facts(kernel->source)->page_size;
	uint64_t at = address & ~(page_size - 1), end = address + size;

	if (size > LARGEST || end < address)
		return;
	/* behind the last page of all comes 0 */
	do
		memory_map(kernel->memory, at, 1, NULL);
	while ((at += page_size) && at < end);
}

static void read_variables(const struct kernel *kernel)
{
	uint64_t address;
	size_t i;

	for (i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (image_symbol(kernel->image, variables[i].symbol, &address))
			read_all(kernel, address, variables[i].size);
}

static void read_per_cpu(const struct kernel *kernel)
{
	unsigned int count = per_cpu_count(kernel), cpu;
	uint64_t address;
	size_t i;

	for (cpu = 0; cpu < count; cpu++)
		for (i = 0; i < sizeof(per_cpu_variables) / sizeof(per_cpu_variables[0]); i++)
			if (per_cpu_address(kernel, per_cpu_variables[i].symbol, cpu, &address))
				read_all(kernel, address, per_cpu_variables[i].size);
}

/* arch/x86/include/asm/page_64_types.h */
#define IRQ_STACK_SIZE (UINT64_C(16) << 10)

/* The stacks of interrupts and exceptions, where the kernel has them mapped. */
static void read_cpu_stacks(const struct kernel *kernel)
{
	/* the older name: until 5.12 */
	static const char *const irq[] = {"hardirq_stack_ptr", "irq_stack_ptr"};
	uint64_t page_size = source_facts(kernel->source)->page_size, place, top, size;
	unsigned int count = per_cpu_count(kernel), cpu;
	size_t i;

	for (cpu = 0; cpu < count; cpu++) {
		for (i = 0; i < sizeof(irq) / sizeof(irq[0]); i++)
			if (per_cpu_address(kernel, irq[i], cpu, &place) &&
			    memory_read_u64(kernel->memory, place, &top) == READ_OK && top >> 63)
				read_all(kernel, ((top + page_size - 1) & ~(page_size - 1)) -
					 IRQ_STACK_SIZE, IRQ_STACK_SIZE);
		if (per_cpu_address(kernel, "cea_exception_stacks", cpu, &place) &&
		    memory_read_u64(kernel->memory, place, &top) == READ_OK && top >> 63 &&
		    types_size(kernel->types, "cea_exception_stacks", &size))
			read_all(kernel, top, size);
	}
}

/* mem_section[] and what it leads to: by it crash finds struct pages. */
static void read_sections(const struct kernel *kernel)
{
	uint64_t page_size = source_facts(kernel->source)->page_size, address, root, section, size;
	uint64_t pages = kernel->page.pages, roots, i;

	if (!image_symbol(kernel->image, "mem_section", &address) ||
	    memory_read_u64(kernel->memory, address, &root) != READ_OK ||
	    !types_size(kernel->types, "mem_section", &size) || !size || size > page_size)
		return;
	/* of SECTION_SIZE_BITS, 27 on x86_64; a root is a page of them */
	roots = pages * page_size / (page_size / size << 27) + 1;
	/* crash reads the table whole: 2^(46 - 27) sections */
	read_all(kernel, root, ((UINT64_C(1) << 19) / (page_size / size)) * 8);
	for (i = 0; i < roots; i++)
		if (memory_read_u64(kernel->memory, root + 8 * i, &section) == READ_OK && section)
			read_all(kernel, section, page_size);
}

static void read_nodes(const struct kernel *kernel)
{
	uint64_t table, node, size;
	unsigned int i;

	if (!types_size(kernel->types, "pglist_data", &size))
		return;
	if (image_symbol(kernel->image, "contig_page_data", &node))
		read_all(kernel, node, size);
	if (!image_symbol(kernel->image, "node_data", &table))
		return;
	for (i = 0; i < MEMORY_NODES_MAX; i++)
		if (memory_read_u64(kernel->memory, table + 8 * i, &node) == READ_OK &&
		    node >> 63)
			read_all(kernel, node, size);
}

/* -------------------------------------------------------------------------- tasks */

struct task_walk {
	const struct kernel *kernel;
	const struct task_layout *layout;
	uint64_t task_size;
	struct field thread_pid;
	unsigned int stacks;	/* that may still be read whole */
};

/* Stacks whole: those of all CPUs, and of this many more that wait for something. */
#define STACKS_MAX 64

static bool stack_wanted(struct task_walk *walk, const struct task *task)
{
	struct task_details details;

	if (task->on_cpu)
		return true;
	if (!walk->stacks ||
	    !task_details_read(walk->kernel, walk->layout, task->address, &details) ||
	    !(details.state & TASK_UNINTERRUPTIBLE) || details.state & TASK_NOLOAD)
		return false;
	walk->stacks--;
	return true;
}

static bool read_task(void *data, const struct task *task)
{
	struct task_walk *walk = data;
	uint64_t pid;

	read_all(walk->kernel, task->address, walk->task_size);
	if (walk->thread_pid.size == 8 &&
	    memory_read_u64(walk->kernel->memory, task->address + walk->thread_pid.offset,
			    &pid) == READ_OK && pid >> 63)
		read_all(walk->kernel, pid, 128);
	if (stack_wanted(walk, task))
		read_all(walk->kernel, task->stack, walk->layout->stack_size);
	return true;
}

/* What runs on each CPU may be on no list any more, and the idle ones never are. */
static void read_cpu_tasks(struct task_walk *walk)
{
	static const char *const members[] = {"curr", "idle"};
	const struct kernel *kernel = walk->kernel;
	unsigned int count = per_cpu_count(kernel), cpu;
	struct task task = {.on_cpu = true};
	struct field field;
	uint64_t rq;
	size_t i;

	for (cpu = 0; cpu < count; cpu++)
		for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			if (per_cpu_address(kernel, "runqueues", cpu, &rq) &&
			    kernel_field(kernel, "rq", members[i], &field) &&
			    memory_read_u64(kernel->memory, rq + field.offset, &task.address) ==
				    READ_OK &&
			    memory_read_u64(kernel->memory,
					    task.address + walk->layout->stack.offset,
					    &task.stack) == READ_OK)
				read_task(walk, &task);
}

static void read_tasks(const struct kernel *kernel)
{
	struct task_layout layout;
	struct task_walk walk = {.kernel = kernel, .layout = &layout, .stacks = STACKS_MAX};

	if (!task_layout_resolve(kernel, &layout) ||
	    !types_size(kernel->types, "task_struct", &walk.task_size))
		return;
	kernel_field(kernel, "task_struct", "thread_pid", &walk.thread_pid);
	read_all(kernel, layout.init_task, walk.task_size);
	read_cpu_tasks(&walk);
	task_for_each(kernel, &layout, read_task, &walk);
}

static bool ignore_value(void *data, uint64_t index, uint64_t count, uint64_t entry,
			 uint64_t where)
{
	(void)data, (void)index, (void)count, (void)entry, (void)where;
	return true;
}

/* The tree of process ids, which both look tasks up in. */
static void read_ids(const struct kernel *kernel)
{
	struct xarray_values values;
	struct xarray xarray;
	struct field tree;
	uint64_t address;

	if (!image_symbol(kernel->image, "init_pid_ns", &address) ||
	    !kernel_field(kernel, "pid_namespace", "idr.idr_rt", &tree) ||
	    xarray_read(kernel, address + tree.offset, &xarray) != READ_OK)
		return;
	xarray_for_each_value(kernel, &xarray, ignore_value, NULL, &values);
}

/* ------------------------------------------------------------------------ the rest */

static uint64_t word_at(const struct kernel *kernel, const char *type, const char *path,
			uint64_t object)
{
	struct field field;
	uint64_t value = 0;

	if (!kernel_field(kernel, type, path, &field) || field.size > sizeof(value) ||
	    memory_read(kernel->memory, object + field.offset, &value, field.size) != READ_OK)
		return 0;
	return value;
}

/* The log of 5.10 and later, whole: crash copies its arrays. */
static void read_log(const struct kernel *kernel)
{
	static const char type[] = "printk_ringbuffer";
	uint64_t address, ring, count, text, desc_size, info_size;

	if (!image_symbol(kernel->image, "prb", &address) ||
	    memory_read_u64(kernel->memory, address, &ring) != READ_OK ||
	    !types_size(kernel->types, "prb_desc", &desc_size) ||
	    !types_size(kernel->types, "printk_info", &info_size))
		return;
	count = word_at(kernel, type, "desc_ring.count_bits", ring);
	text = word_at(kernel, type, "text_data_ring.size_bits", ring);
	if (count > 20 || text > 22)
		return;
	read_all(kernel, word_at(kernel, type, "desc_ring.descs", ring), desc_size << count);
	read_all(kernel, word_at(kernel, type, "desc_ring.infos", ring), info_size << count);
	read_all(kernel, word_at(kernel, type, "text_data_ring.data", ring), UINT64_C(1) << text);
}

/* struct trace_print_flags: a mask and a name. */
#define FLAG_NAMES_MAX 64

static void read_flag_names(const struct kernel *kernel)
{
	uint64_t array, name;
	unsigned int i;

	if (!image_symbol(kernel->image, "pageflag_names", &array))
		return;
	for (i = 0; i < FLAG_NAMES_MAX; i++) {
		if (memory_read_u64(kernel->memory, array + 16 * i + 8, &name) != READ_OK ||
		    !(name >> 63))
			break;
		read_all(kernel, name, 32);
	}
}

#define CACHES_MAX 4096

static void read_slab_caches(const struct kernel *kernel)
{
	uint64_t head, at, size;
	struct field list;
	unsigned int i;

	if (!image_symbol(kernel->image, "slab_caches", &head) ||
	    !types_size(kernel->types, "kmem_cache", &size) ||
	    !kernel_field(kernel, "kmem_cache", "list", &list))
		return;
	at = head;
	for (i = 0; i < CACHES_MAX; i++) {
		if (memory_read_u64(kernel->memory, at, &at) != READ_OK || at == head || !(at >> 63))
			break;
		read_all(kernel, at - list.offset, size < 512 ? size : 512);
	}
}

/* By these 'page' of the shell tells whose objects are in a page: those that lead to evidence. */
static void read_cache_names(const struct kernel *kernel)
{
	static const char *const caches[] = {
		"task_struct_cachep", "radix_tree_node_cachep", "swap_table_cachep",
	};
	uint64_t address, cache;
	size_t i;

	for (i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		if (image_symbol(kernel->image, caches[i], &address) &&
		    memory_read_u64(kernel->memory, address, &cache) == READ_OK && cache >> 63)
			read_all(kernel, word_at(kernel, "kmem_cache", "name", cache), 1);
}

#define MODULES_MAX	  4096
#define MODULE_SYMBOLS_MAX 65536

/* An array of struct kernel_symbol, and the strings that it names by their distance. */
static void read_module_symbols(const struct kernel *kernel, uint64_t array, uint64_t count)
{
	struct field name;
	uint64_t size, i, at;
	int32_t distance;

	if (!types_size(kernel->types, "kernel_symbol", &size) || count > MODULE_SYMBOLS_MAX ||
	    !kernel_field(kernel, "kernel_symbol", "name_offset", &name))
		return;
	for (i = 0; i < count; i++) {
		at = array + i * size + name.offset;
		if (memory_read(kernel->memory, at, &distance, sizeof(distance)) == READ_OK)
			read_all(kernel, at + (uint64_t)(int64_t)distance, 64);
	}
}

/* Without the symbols that modules export, crash does not open the dump. */
static void read_modules(const struct kernel *kernel)
{
	uint64_t head, at, module, size;
	struct field list;
	unsigned int i;

	if (!image_symbol(kernel->image, "modules", &head) ||
	    !types_size(kernel->types, "module", &size) ||
	    !kernel_field(kernel, "module", "list", &list))
		return;
	at = head;
	for (i = 0; i < MODULES_MAX; i++) {
		if (memory_read_u64(kernel->memory, at, &at) != READ_OK || at == head || !(at >> 63))
			break;
		module = at - list.offset;
		read_all(kernel, module, size);
		read_module_symbols(kernel, word_at(kernel, "module", "syms", module),
				    word_at(kernel, "module", "num_syms", module));
		read_module_symbols(kernel, word_at(kernel, "module", "gpl_syms", module),
				    word_at(kernel, "module", "num_gpl_syms", module));
	}
}

#define PATH_DEPTH_MAX 32

/* The path of a file: its dentries, and the mount, which struct vfsmount is within. */
static void read_path(const struct kernel *kernel, uint64_t file)
{
	uint64_t dentry = word_at(kernel, "file", "f_path.dentry", file), parent, size = 0;
	uint64_t mount = word_at(kernel, "file", "f_path.mnt", file);
	unsigned int depth;
	struct field field;

	types_size(kernel->types, "dentry", &size);
	for (depth = 0; dentry >> 63 && depth < PATH_DEPTH_MAX; depth++, dentry = parent) {
		read_all(kernel, dentry, size);
		read_all(kernel, word_at(kernel, "dentry", "d_name.name", dentry), 1);
		parent = word_at(kernel, "dentry", "d_parent", dentry);
		if (parent == dentry)
			break;
	}
	if (!(mount >> 63) || !kernel_field(kernel, "mount", "mnt", &field) ||
	    !types_size(kernel->types, "mount", &size))
		return;
	mount -= field.offset;
	for (depth = 0; mount >> 63 && depth < PATH_DEPTH_MAX; depth++, mount = parent) {
		read_all(kernel, mount, size);
		read_all(kernel, word_at(kernel, "mount", "mnt_devname", mount), 1);
		read_all(kernel, word_at(kernel, "mount", "mnt_mountpoint", mount), 1);
		parent = word_at(kernel, "mount", "mnt_parent", mount);
		if (parent == mount)
			break;
	}
}

static void read_swap_files(const struct kernel *kernel)
{
	uint64_t info, size;
	unsigned int i;

	if (!types_size(kernel->types, "swap_info_struct", &size))
		return;
	for (i = 0; i < kernel->swap.nr_swapfiles; i++) {
		if (memory_read_u64(kernel->memory, kernel->swap.swap_info + 8 * i, &info) !=
			    READ_OK || !(info >> 63))
			continue;
		read_all(kernel, info, size);
		read_path(kernel, word_at(kernel, "swap_info_struct", "swap_file", info));
	}
}

void companions_read(const struct kernel *kernel)
{
	read_swap_files(kernel);
	read_log(kernel);
	read_flag_names(kernel);
	read_modules(kernel);
	read_slab_caches(kernel);
	read_cache_names(kernel);
	read_variables(kernel);
	read_per_cpu(kernel);
	read_cpu_stacks(kernel);
	read_sections(kernel);
	read_nodes(kernel);
	read_tasks(kernel);
	read_ids(kernel);
}
