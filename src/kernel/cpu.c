// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/cpu.h"

#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/arch.h"
#include "kernel/cpu_stacks.h"
#include "kernel/per_cpu.h"
#include "kernel/task.h"

/* struct elf_prstatus (include/linux/elfcore.h), offset in bytes */
#define PRSTATUS_PID	32
#define PRSTATUS_MAX	512
/* word of x86_64's struct user_regs_struct */
#define USER_REGS_GS	22	/* gs_base */

/* struct QEMUCPUState, version 1 (target/i386/arch_dump.c of QEMU) */
#define QEMU_VERSION	1
#define QEMU_SIZE	440
#define QEMU_RIP	136
#define QEMU_CR2	408
#define QEMU_KERNEL_GS	432

#define NOTES_MAX (2 * PER_CPU_MAX)

/* A register note of the file. */
struct register_note {
	struct registers registers;
	uint32_t pid;
	uint64_t gs_base;
	bool qemu;		/* QEMU wrote it; then, of x86_64, the rest is known */
	uint64_t cr2, kernel_gs_base;
};

struct cpu_view {
	uint64_t tasks[2];	/* current_task, and the run queue's current; 0: not known */
	uint64_t offset;	/* __per_cpu_offset; 0: not known */
	struct cpu_stacks stacks;
};

struct reader {
	const struct kernel *kernel;
	struct cpu_stack_layout stack_layout;
	struct task_layout task_layout;
	struct field hot_task;		/* pcpu_hot.current_task: 6.2 - 6.14 */
	struct field queue_task;	/* rq.curr */
	struct field task_mm;
	uint64_t entry_text, entry_text_end;
	bool kdump;			/* the kernel itself saved the registers */
	bool unknown_end;		/* it may have: nobody else did, and nobody tells */
	uint64_t crash_notes;		/* their per-CPU address; 0: not known */
	struct register_note *notes;
	size_t note_count;
};

static bool read_note(const struct kernel *kernel, size_t index, struct register_note *note)
{
	size_t size;
	const unsigned char *bytes = source_prstatus(kernel->source, index, &size);
	uint64_t words[PRSTATUS_WORDS_MAX];

	*note = (struct register_note){0};
	if (!prstatus_read(kernel, index, words))
		return false;
	kernel->arch->registers(words, &note->registers);
	if (!note->registers.arm64)
		note->gs_base = words[USER_REGS_GS];
	memcpy(&note->pid, bytes + PRSTATUS_PID, sizeof(note->pid));
	return true;
}

/* QEMU writes as many notes of its own as register notes, in the same order. */
static void read_qemu(const struct source *source, size_t index, struct register_note *note)
{
	size_t size;
	const unsigned char *bytes = source_qemu_state(source, index, &size);
	uint32_t version;
	uint64_t rip;

	if (!bytes || size < QEMU_SIZE)
		return;
	memcpy(&version, bytes, sizeof(version));
	memcpy(&rip, bytes + QEMU_RIP, sizeof(rip));
	if (version != QEMU_VERSION || rip != note->registers.value[REGISTER_PC])
		return;
	note->qemu = true;
	memcpy(&note->cr2, bytes + QEMU_CR2, sizeof(note->cr2));
	memcpy(&note->kernel_gs_base, bytes + QEMU_KERNEL_GS, sizeof(note->kernel_gs_base));
}

/*
 * QEMU for arm64 writes no notes of its own; it has numbered those of the registers from 1
 * (target/arm/arch_dump.c). Where the kernel wrote them this is the pid of what ran there.
 */
static bool are_numbered(const struct reader *reader)
{
	for (size_t i = 0; i < reader->note_count; i++)
		if (!reader->notes[i].registers.arm64 || reader->notes[i].pid != i + 1)
			return false;
	return !reader->kdump;
}

static bool read_notes(struct reader *reader)
{
	const struct source *source = reader->kernel->source;
	size_t size, count = 0, i;

	while (count < NOTES_MAX && source_prstatus(source, count, &size))
		count++;
	reader->notes = calloc(count ? count : 1, sizeof(*reader->notes));
	if (!reader->notes)
		return false;
	for (i = 0; i < count; i++) {
		struct register_note *note = &reader->notes[reader->note_count];

		if (!read_note(reader->kernel, i, note))
			continue;
		read_qemu(source, i, note);
		reader->note_count++;
	}
	if (are_numbered(reader))
		for (i = 0; i < reader->note_count; i++)
			reader->notes[i].qemu = true;
	return true;
}

static void prepare(struct reader *reader, const struct kernel *kernel)
{
	uint64_t pointer;
	char crash_time[32];
	size_t size;

	*reader = (struct reader){.kernel = kernel};
	cpu_stack_layout_resolve(kernel, &reader->stack_layout);
	task_layout_resolve(kernel, &reader->task_layout);
	/* of which this is needed though it fails */
	kernel_field(kernel, "task_struct", "stack", &reader->task_layout.stack);
	kernel_field(kernel, "pcpu_hot", "current_task", &reader->hot_task);
	kernel_field(kernel, "rq", "curr", &reader->queue_task);
	kernel_field(kernel, "task_struct", "mm", &reader->task_mm);
	if (!image_symbol(kernel->image, "__entry_text_start", &reader->entry_text) ||
	    !image_symbol(kernel->image, "__entry_text_end", &reader->entry_text_end))
		reader->entry_text = reader->entry_text_end = 0;
	/* __crash_kexec() adds it, when the machine dies */
	reader->kdump = image_vmcoreinfo_line(kernel->image, "CRASHTIME", crash_time,
					      sizeof(crash_time));
	reader->unknown_end = source_facts(kernel->source)->vmcoreinfo_scanned &&
			      !source_prstatus(kernel->source, 0, &size);
	if (image_symbol(kernel->image, "crash_notes", &pointer) &&
	    memory_read_u64(kernel->memory, pointer, &reader->crash_notes) != READ_OK)
		reader->crash_notes = 0;
}

static uint64_t read_task(const struct kernel *kernel, uint64_t address)
{
	uint64_t task;

	if (memory_read_u64(kernel->memory, address, &task) != READ_OK || !(task >> 63) ||
	    task & 7)
		return 0;
	return task;
}

static void look_at(const struct reader *reader, unsigned int number, struct cpu_view *view)
{
	const struct kernel *kernel = reader->kernel;
	uint64_t address, offsets;

	*view = (struct cpu_view){0};
	if (reader->hot_task.size == 8 &&
	    cpu_variable_address(kernel, "pcpu_hot", number, &address))
		view->tasks[0] = read_task(kernel, address + reader->hot_task.offset);
	else if (cpu_variable_address(kernel, kernel->arch->current_task, number, &address))
		view->tasks[0] = read_task(kernel, address);
	if (reader->queue_task.size == 8 &&
	    cpu_variable_address(kernel, "runqueues", number, &address))
		view->tasks[1] = read_task(kernel, address + reader->queue_task.offset);
	if (image_symbol(kernel->image, "__per_cpu_offset", &offsets) &&
	    memory_read_u64(kernel->memory, offsets + 8ULL * number, &view->offset) != READ_OK)
		view->offset = 0;
	cpu_stacks_read(kernel, &reader->stack_layout, number, &view->stacks);
}

static bool on_task_stack(const struct reader *reader, uint64_t task, uint64_t sp)
{
	uint64_t stack;

	return task && reader->task_layout.stack.size == 8 &&
	       memory_read_u64(reader->kernel->memory,
			       task + reader->task_layout.stack.offset, &stack) == READ_OK &&
	       sp >= stack && sp - stack <= reader->task_layout.stack_size;
}

/* A kernel thread has no user mode to be in. */
static bool has_user_mode(const struct reader *reader, uint64_t task)
{
	uint64_t mm;

	return reader->task_mm.size != 8 ||
	       memory_read_u64(reader->kernel->memory, task + reader->task_mm.offset,
			       &mm) != READ_OK || mm;
}

/* A system call begins with the stack pointer of the user. */
static bool begins_entry(const struct reader *reader, const struct registers *registers)
{
	uint64_t rip = registers->value[REGISTER_PC];

	return !(registers->value[REGISTER_SP] >> 63) && rip >= reader->entry_text &&
	       rip < reader->entry_text_end;
}

/*
 * The task of @view that the registers fit, 0 if none. In the middle of
 * __switch_to() the stack is the next task's, while current_task is the last one.
 */
static uint64_t fitting_task(const struct reader *reader, const struct cpu_view *view,
			     const struct registers *registers)
{
	uint64_t sp = registers->value[REGISTER_SP];
	uint64_t task = view->tasks[0] ? view->tasks[0] : view->tasks[1];

	if (!task)
		return 0;
	if (registers->user)
		return has_user_mode(reader, task) ? task : 0;
	if (cpu_stacks_have(&view->stacks, sp, 0) || on_task_stack(reader, task, sp) ||
	    begins_entry(reader, registers))
		return task;
	return on_task_stack(reader, view->tasks[1], sp) ? view->tasks[1] : 0;
}

static bool take(const struct reader *reader, const struct cpu_view *view,
		 const struct registers *registers, enum register_origin origin,
		 struct cpu *cpu)
{
	uint64_t task = fitting_task(reader, view, registers);

	if (!task)
		return false;
	cpu->task = task;
	cpu->registers = *registers;
	cpu->origin = origin;
	cpu->missing = NULL;
	return true;
}

static bool take_note(const struct reader *reader, const struct cpu_view *view,
		      const struct register_note *note, enum register_origin origin,
		      struct cpu *cpu)
{
	if (!take(reader, view, &note->registers, origin, cpu))
		return false;
	cpu->cr2_known = note->qemu && !note->registers.arm64;
	cpu->cr2 = note->cr2;
	return true;
}

/*
 * The ELF note that crash_save_cpu() wrote: a header, "CORE" padded to 8 bytes,
 * struct elf_prstatus. All is zero until then.
 */
static enum read_status read_crash_note(const struct reader *reader, const struct cpu_view *view,
					struct registers *registers, bool *filled)
{
	struct {
		Elf64_Nhdr header;
		char name[8];
		unsigned char status[PRSTATUS_MAX];
	} note;
	const struct architecture *arch = reader->kernel->arch;
	uint64_t words[PRSTATUS_WORDS_MAX];
	enum read_status status;

	status = memory_read(reader->kernel->memory, reader->crash_notes + view->offset, &note,
			     offsetof(typeof(note), status) + arch->prstatus_size);
	if (status != READ_OK)
		return status;
	*filled = note.header.n_namesz == 5 && note.header.n_type == NT_PRSTATUS &&
		  note.header.n_descsz == arch->prstatus_size && !memcmp(note.name, "CORE", 5);
	if (*filled) {
		memcpy(words, note.status + PRSTATUS_REGS, arch->prstatus_words * sizeof(words[0]));
		arch->registers(words, registers);
	}
	return READ_OK;
}

/*
 * True when the crash note says all that is to be said. Where VMCOREINFO was found by a search,
 * it may be the copy that was never told of the crash: then a note that is filled tells of it.
 */
static bool from_crash_notes(const struct reader *reader, const struct cpu_view *view,
			     struct cpu *cpu)
{
	struct registers registers;
	bool filled;

	if ((!reader->kdump && !reader->unknown_end) || !reader->crash_notes ||
	    read_crash_note(reader, view, &registers, &filled) != READ_OK ||
	    (!reader->kdump && !filled))
		return false;
	if (!filled)
		cpu->missing = "it wrote no crash note: it did not answer when the kernel died";
	else if (!take(reader, view, &registers, REGISTERS_CRASH_NOTES, cpu))
		cpu->missing = "its crash note does not fit the task that ran there";
	return true;
}

/* gs points to the per-CPU area in kernel mode; in user mode it waits for swapgs. */
static bool gs_tells(const struct register_note *note, uint64_t offset)
{
	return offset >> 63 && (note->gs_base == offset || note->kernel_gs_base == offset);
}

static const struct register_note *note_of_qemu(const struct reader *reader,
						const struct cpu_view *view, unsigned int number)
{
	const struct register_note *note;

	for (note = reader->notes; note < reader->notes + reader->note_count; note++)
		if (note->qemu && gs_tells(note, view->offset))
			return note;
	for (note = reader->notes; note < reader->notes + reader->note_count; note++)
		if (note->qemu && note->pid == number + 1)
			return note;
	return NULL;
}

/* Kernel-mode notes whose stack pointer is on this CPU's stacks: there is one at most. */
static const struct register_note *note_by_stack(const struct reader *reader,
						 const struct cpu_view *view, bool *several)
{
	const struct register_note *note, *found = NULL;

	*several = false;
	for (note = reader->notes; note < reader->notes + reader->note_count; note++) {
		if (note->registers.user || begins_entry(reader, &note->registers) ||
		    !fitting_task(reader, view, &note->registers))
			continue;
		*several |= found != NULL;
		found = note;
	}
	return found;
}

/* The CPU went on since, perhaps to another task. */
static void from_samples(const struct reader *reader, const struct cpu_view *view,
			 struct cpu *cpu)
{
	const struct register_note *note;

	cpu->missing = reader->note_count ? "it went on while it was looked at" :
		       "CPUs that run cannot be sampled here (perf_event_open)";
	for (note = reader->notes; note < reader->notes + reader->note_count; note++)
		if (note->pid == cpu->number + 1 &&
		    take_note(reader, view, note, REGISTERS_SAMPLED, cpu))
			return;
}

static void find_registers(const struct reader *reader, const struct cpu_view *view,
			   struct cpu *cpu)
{
	const struct register_note *note;
	bool contradicts = false, several;

	if (source_facts(reader->kernel->source)->live) {
		from_samples(reader, view, cpu);
		return;
	}
	if (from_crash_notes(reader, view, cpu))
		return;
	/* of a genuine kdump nobody else knows what the CPUs did then */
	note = reader->kdump ? NULL : note_of_qemu(reader, view, cpu->number);
	if (note && take_note(reader, view, note, REGISTERS_QEMU, cpu))
		return;
	contradicts = note;
	note = note_by_stack(reader, view, &several);
	if (note && !several && take_note(reader, view, note, REGISTERS_MATCHED, cpu))
		return;
	if (!reader->note_count)
		cpu->missing = "the dump has no register notes";
	else if (several)
		cpu->missing = "several register notes fit it";
	else if (contradicts)
		cpu->missing = "QEMU's note of it does not fit the task that ran there";
	else
		cpu->missing = "no register note fits it";
}

/* How many CPUs the masks tell of. */
static unsigned int mask_bits(const struct kernel *kernel)
{
	unsigned int count = per_cpu_count(kernel);
	uint64_t size;

	if (count)
		return count;
	/* nr_cpu_ids is a constant then: one CPU, or CONFIG_FORCE_NR_CPUS */
	if (!types_size(kernel->types, "cpumask", &size) || !size || size > PER_CPU_MAX / 8)
		return 64;
	return (unsigned int)size * 8;
}

static void add_mask(const struct kernel *kernel, const char *name, uint8_t *bits, size_t size)
{
	uint64_t address;
	uint8_t byte;
	size_t i;

	if (!image_symbol(kernel->image, name, &address))
		return;
	for (i = 0; i < size; i++)
		if (memory_read_u8(kernel->memory, address + i, &byte) == READ_OK)
			bits[i] |= byte;
}

/*
 * The CPUs that were up. One that panic() stopped has left the online mask
 * (stop_this_cpu()), but not that of the scheduler.
 */
static bool find_cpus(const struct kernel *kernel, struct cpus *cpus)
{
	uint8_t bits[PER_CPU_MAX / 8] = {0};
	unsigned int count = mask_bits(kernel), i;

	add_mask(kernel, "__cpu_online_mask", bits, (count + 7) / 8);
	add_mask(kernel, "__cpu_active_mask", bits, (count + 7) / 8);
	cpus->cpus = calloc(count, sizeof(*cpus->cpus));
	if (!cpus->cpus)
		return false;
	for (i = 0; i < count; i++)
		if (bits[i / 8] & 1U << i % 8 && per_cpu_possible(kernel, i))
			cpus->cpus[cpus->count++].number = i;
	return true;
}

static void read_cpu(const struct reader *reader, struct cpu *cpu)
{
	struct cpu_view view;

	look_at(reader, cpu->number, &view);
	cpu->task = view.tasks[0] ? view.tasks[0] : view.tasks[1];
	if (cpu->task)
		find_registers(reader, &view, cpu);
	else
		cpu->missing = "the task that ran there is not known";
}

bool cpus_read(const struct kernel *kernel, struct cpus *cpus, struct error *err)
{
	struct reader reader;
	unsigned int i;

	*cpus = (struct cpus){0};
	prepare(&reader, kernel);
	if (!find_cpus(kernel, cpus) || !read_notes(&reader)) {
		cpus_free(cpus);
		return error_set(err, ERROR_SYSTEM, "out of memory");
	}
	for (i = 0; i < cpus->count; i++)
		read_cpu(&reader, &cpus->cpus[i]);
	free(reader.notes);
	if (cpus->count)
		return true;
	cpus_free(cpus);
	return error_set(err, ERROR_MISSING, "no CPU that was online: __cpu_online_mask is empty "
			 "or not in the dump");
}

void cpus_free(struct cpus *cpus)
{
	free(cpus->cpus);
	*cpus = (struct cpus){0};
}

const char *register_origin_text(enum register_origin origin)
{
	switch (origin) {
	case REGISTERS_MISSING:
		return "none";
	case REGISTERS_CRASH_NOTES:
		return "its crash note";
	case REGISTERS_QEMU:
		return "QEMU's note of it";
	case REGISTERS_SAMPLED:
		return "where it was a moment before";
	case REGISTERS_MATCHED:
		return "the note whose stack pointer is on its stacks";
	}
	return "unknown";
}
