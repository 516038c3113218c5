// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call chains of arm64, by frame records: x29 points to {x29 of the caller, return address},
 * which lies at the lower end of a function's frame (arch/arm64/kernel/stacktrace.c).
 *
 * Entries have their record in struct pt_regs, stackframe, so that a chain leads through
 * interrupts and exceptions, and on its way from the IRQ stack, by itself. From user mode
 * that record is empty. Since 6.13 (c2c6b27b5aa1) it is empty in all entries and a third
 * word tells what follows.
 */
#include <string.h>

#include "kernel/arch.h"
#include "kernel/unwind_walk.h"

#define INSTRUCTION 4
#define VECTOR_SIZE 128	/* room for one of the vectors */

/* frame_record_meta.type */
#define META_PT_REGS 2

/* Words of struct cpu_context: x19 to x28, fp, sp, pc. */
#define CONTEXT_WORDS 13
#define CONTEXT_FP    10
#define CONTEXT_SP    11
#define CONTEXT_PC    12

/* Longest function that is looked at: do_syscall tables and the like are not. */
#define FUNCTION_MAX 65536

struct frame_record {
	uint64_t fp, lr, type;
};

static void open_arm64(struct unwinder *unwinder)
{
	const struct kernel *kernel = unwinder->kernel;
	int64_t mask;

	kernel_field(kernel, "task_struct", "thread.cpu_context", &unwinder->context);
	if (!kernel_field(kernel, "pt_regs", "stackframe", &unwinder->record) ||
	    !types_size(kernel->types, "pt_regs", &unwinder->pt_regs_size) ||
	    unwinder->pt_regs_size > 1024 || unwinder->record.size < 16 ||
	    unwinder->record.offset + unwinder->record.size > unwinder->pt_regs_size)
		unwinder->record.size = 0;
	/* of those that are signed; which is never wrong to set in a kernel address */
	if (image_vmcoreinfo_number(kernel->image, "KERNELPACMASK", &mask))
		unwinder->signature = (uint64_t)mask;
	if (!image_symbol(kernel->image, "__entry_text_start", &unwinder->entry_text) ||
	    !image_symbol(kernel->image, "__entry_text_end", &unwinder->entry_text_end))
		unwinder->entry_text = unwinder->entry_text_end = 0;
}

static bool is_code(const struct unwinder *unwinder, uint64_t address)
{
	return code_is_text(unwinder->code, address);
}

static bool is_entry(const struct unwinder *unwinder, uint64_t address)
{
	return address >= unwinder->entry_text && address < unwinder->entry_text_end;
}

static uint64_t unsigned_address(const struct unwinder *unwinder, uint64_t address)
{
	return address >> 55 & 1 ? address | unwinder->signature : address;
}

static bool read_instruction(const struct unwinder *unwinder, uint64_t address, uint32_t *word)
{
	return memory_read_u32(unwinder->kernel->memory, address, word) == READ_OK;
}

/* stp x29, x30, [sp, #n] and the same with ! */
static bool saves_record(uint32_t word)
{
	return (word & 0xffc07fff) == 0xa9007bfd || (word & 0xffc07fff) == 0xa9807bfd;
}

/* mov x29, sp and add x29, sp, #n */
static bool sets_pointer(uint32_t word)
{
	return (word & 0xffc003ff) == 0x910003fd;
}

/* ldp x29, x30, [sp], #n and ldp x29, x30, [sp, #n] */
static bool restores_record(uint32_t word)
{
	return (word & 0xffc07fff) == 0xa8c07bfd || (word & 0xffc07fff) == 0xa9407bfd;
}

/* ret, retaa, retab, b, br: what follows is reached from elsewhere. */
static bool leaves(uint32_t word)
{
	return (word & 0xfffff3ff) == 0xd65f03c0 || (word & 0xfc000000) == 0x14000000 ||
	       (word & 0xfffffc1f) == 0xd61f0000;
}

/* bl, blr, blraaz and the like. */
static bool is_call(uint32_t word)
{
	return (word & 0xfc000000) == 0x94000000 || (word & 0xfefff000) == 0xd63f0000;
}

/*
 * Has the function, at @pc, a record of its own that x29 points to? In the order of the code,
 * which is that of its run but for what the compiler moved to the end.
 */
static bool has_record(const struct unwinder *unwinder, uint64_t pc, const struct code_name *name)
{
	uint64_t address;
	bool saved = false, has = false, restored = false;
	uint32_t word;

	/* the cold part of a function begins in the middle of it */
	if (strstr(name->function, ".cold") || name->offset > FUNCTION_MAX)
		return true;
	for (address = pc - name->offset; address < pc; address += INSTRUCTION) {
		if (!read_instruction(unwinder, address, &word))
			return true;
		saved |= saves_record(word);
		has |= saved && sets_pointer(word);
		if (restores_record(word))
			restored = true;
		else if (leaves(word))
			restored = false;
	}
	return has && !restored;
}

/*
 * A function without a record, as leaves have none, and others at their beginning and end: the
 * return address is in x30 still, if that is not one within the function itself.
 */
static bool returns_by_register(const struct walk *walk, const struct frame *frame, uint64_t *lr)
{
	const struct unwinder *unwinder = walk->unwinder;
	struct code_name name, other;
	uint32_t word;

	if (frame->kind == FRAME_CALL || !register_known(&frame->registers, REGISTER_LR) ||
	    !code_name_at(unwinder->code, frame->pc, &name) ||
	    has_record(unwinder, frame->pc, &name))
		return false;
	*lr = unsigned_address(unwinder, frame->registers.value[REGISTER_LR]);
	return is_code(unwinder, *lr - INSTRUCTION) &&
	       read_instruction(unwinder, *lr - INSTRUCTION, &word) && is_call(word) &&
	       !(code_name_at(unwinder->code, *lr, &other) &&
		 *lr - other.offset == frame->pc - name.offset);
}

static bool read_record(const struct walk *walk, uint64_t fp, struct frame_record *record)
{
	*record = (struct frame_record){0};
	if (fp & 7)
		return walk_end(walk, UNWIND_OFF_STACK, fp);
	return walk_read(walk, fp, record, 2 * sizeof(uint64_t));
}

/* struct pt_regs around an entry's record; false if that cannot be one. */
static bool read_entry(const struct walk *walk, uint64_t fp, struct registers *registers)
{
	const struct unwinder *unwinder = walk->unwinder;
	uint64_t words[PRSTATUS_WORDS_MAX], address = fp - unwinder->record.offset;

	if (!unwinder->record.size)
		return walk_end(walk, UNWIND_NO_TABLE, fp);
	if (!walk_read(walk, address, words, arch_arm64.prstatus_words * sizeof(words[0])))
		return false;
	arch_arm64.registers(words, registers);
	if (registers->user ? !(registers->value[REGISTER_PC] >> 63) :
			      is_code(unwinder, registers->value[REGISTER_PC]))
		return true;
	return walk_end(walk, UNWIND_BAD_REGISTERS, address);
}

/* Is the struct pt_regs of an empty record the last one, at the very end of the task's stack? */
static bool is_outermost(const struct walk *walk, uint64_t fp)
{
	uint64_t end = fp - walk->unwinder->record.offset + walk->unwinder->pt_regs_size;
	int stack = walk_stack(walk, fp);

	return stack >= 0 && walk->stacks[stack].kind == STACK_TASK &&
	       end == walk->stacks[stack].end;
}

/*
 * The record of an entry from user mode, or of the first function of a task, which stands in
 * the same place: a kernel thread has no registers there, an idle task nothing at all.
 */
static bool end_of_chain(const struct walk *walk, const struct frame *frame, uint64_t fp,
			 struct registers *caller)
{
	if (!is_outermost(walk, fp) || !walk->unwinder->record.size)
		return walk_end(walk, UNWIND_TOP, frame->pc);
	if (!read_entry(walk, fp, caller) || !caller->user || !caller->value[REGISTER_PC])
		return walk_end(walk, UNWIND_TOP, frame->pc);
	return true;
}

/* What an entry has interrupted. */
static bool interrupted(const struct walk *walk, uint64_t fp, struct registers *caller,
			enum frame_kind *kind)
{
	*kind = FRAME_INTERRUPTED;
	return read_entry(walk, fp, caller);
}

static bool is_meta(const struct walk *walk, uint64_t fp, const struct frame_record *record,
		    uint64_t *type)
{
	return walk->unwinder->record.size == 3 * sizeof(uint64_t) && !record->fp && !record->lr &&
	       walk_read(walk, fp + 2 * sizeof(uint64_t), type, sizeof(*type));
}

static bool take_call(const struct walk *walk, struct frame *frame, uint64_t pc, uint64_t fp,
		      uint64_t sp, struct registers *caller)
{
	if (!is_code(walk->unwinder, pc - INSTRUCTION))
		return walk_end(walk, UNWIND_NOT_CODE, pc);
	/* a frame ends where the next one's record begins, if they are on one stack */
	if (walk_stack(walk, sp) == walk_stack(walk, frame->registers.value[REGISTER_SP]))
		frame->cfa = sp;
	*caller = (struct registers){.arm64 = true};
	register_set(caller, REGISTER_PC, pc);
	register_set(caller, REGISTER_SP, sp);
	register_set(caller, REGISTER_FP, fp);
	return true;
}

/* The function that a call before @lr is of, by its first instruction; 0 if that does not tell. */
static uint64_t called_from(const struct unwinder *unwinder, uint64_t lr)
{
	uint32_t word;
	int64_t words;

	if (!is_code(unwinder, lr - INSTRUCTION) ||
	    !read_instruction(unwinder, lr - INSTRUCTION, &word) ||
	    (word & 0xfc000000) != 0x94000000)
		return 0;
	words = (int64_t)((uint64_t)word << 38) >> 38;
	return lr - INSTRUCTION + (uint64_t)words * INSTRUCTION;
}

/*
 * An entry from the kernel that has not saved registers yet: they are all there still, but for
 * the place where it came, which only the CPU knows (ELR_EL1) and no note has. x30 is where
 * the function returned to last, or will; if that is its caller, the call there names it.
 */
static bool not_saved_yet(struct walk *walk, const struct frame *frame,
			  struct registers *caller)
{
	const struct unwinder *unwinder = walk->unwinder;
	const struct registers *registers = &frame->registers;
	uint64_t sp = registers->value[REGISTER_SP], pc, back;
	struct frame_record record;

	if (!read_record(walk, registers->value[REGISTER_FP], &record))
		return false;
	pc = unsigned_address(unwinder, registers->value[REGISTER_LR]);
	back = unsigned_address(unwinder, record.lr);
	if (pc == back)
		pc = called_from(unwinder, back);
	if (!is_code(unwinder, pc - INSTRUCTION))
		return walk_end(walk, UNWIND_NO_TABLE, frame->pc);
	*caller = *registers;
	walk->guessed = true;
	register_set(caller, REGISTER_PC, pc);
	/* kernel_ventry makes the room first */
	if (frame->pc % VECTOR_SIZE && walk_stack(walk, sp + unwinder->pt_regs_size) >= 0)
		register_set(caller, REGISTER_SP, sp + unwinder->pt_regs_size);
	return true;
}

/*
 * Has the entry from user mode the stack for itself, whatever it has put there yet? It is also
 * found where no code is known to be: in the copy of it that user mode can see (tramp_vectors).
 */
static bool is_first_entry(const struct walk *walk, const struct frame *frame)
{
	uint64_t sp = frame->registers.value[REGISTER_SP];
	int stack = walk_stack(walk, sp);

	return stack >= 0 && walk->stacks[stack].kind == STACK_TASK &&
	       walk->stacks[stack].end - sp <= walk->unwinder->pt_regs_size &&
	       (is_entry(walk->unwinder, frame->pc) || !is_code(walk->unwinder, frame->pc));
}

/*
 * The CPU is in an entry itself, from the kernel. It has saved all registers when x29 is its
 * record, and on the way back it still has them.
 */
static bool in_entry(struct walk *walk, const struct frame *frame,
		     struct registers *caller, enum frame_kind *kind)
{
	const struct registers *registers = &frame->registers;
	uint64_t record = registers->value[REGISTER_SP] + walk->unwinder->record.offset;
	struct code_name name = {0};

	code_name_at(walk->unwinder->code, frame->pc, &name);
	*kind = FRAME_INTERRUPTED;
	if (registers->value[REGISTER_FP] == record || !strcmp(name.function, "ret_to_kernel"))
		return read_entry(walk, record, caller);
	return not_saved_yet(walk, frame, caller);
}

static bool caller_of(struct walk *walk, struct frame *frame, struct registers *caller,
		      enum frame_kind *kind)
{
	const struct registers *registers = &frame->registers;
	uint64_t fp = registers->value[REGISTER_FP], lr, type;
	struct frame_record record;

	*kind = FRAME_CALL;
	if (frame->stack == STACK_UNKNOWN)
		return walk_end(walk, UNWIND_OFF_STACK, registers->value[REGISTER_SP]);
	if (!register_known(registers, REGISTER_FP))
		return walk_end(walk, UNWIND_NO_REGISTER, frame->pc);
	if (frame->kind == FRAME_RUNNING && is_first_entry(walk, frame))
		return walk_end(walk, UNWIND_TOP, frame->pc);
	if (frame->kind != FRAME_CALL && is_entry(walk->unwinder, frame->pc))
		return in_entry(walk, frame, caller, kind);
	if (returns_by_register(walk, frame, &lr))
		return take_call(walk, frame, lr, fp, registers->value[REGISTER_SP], caller);
	/* up to 5.11 kernel threads and idle tasks have no last record */
	if (!fp)
		return walk_end(walk, UNWIND_TOP, frame->pc);
	if (!read_record(walk, fp, &record))
		return false;
	if (is_meta(walk, fp, &record, &type) && type == META_PT_REGS)
		return interrupted(walk, fp, caller, kind);
	if (!record.fp && !record.lr)
		return end_of_chain(walk, frame, fp, caller);
	if (frame->kind == FRAME_CALL && is_entry(walk->unwinder, frame->pc - INSTRUCTION))
		return interrupted(walk, fp, caller, kind);
	/* the first function of all has no caller to return to */
	if (!record.lr)
		return walk_end(walk, UNWIND_TOP, frame->pc);
	return take_call(walk, frame, unsigned_address(walk->unwinder, record.lr), record.fp,
			 record.fp ? record.fp : fp + 2 * sizeof(uint64_t), caller);
}

/* What cpu_switch_to() left in the task, and where it will return to. */
static bool sleeping(const struct walk *walk, const struct task *task,
		     struct registers *registers)
{
	const struct unwinder *unwinder = walk->unwinder;
	uint64_t words[CONTEXT_WORDS];
	unsigned int i;

	*registers = (struct registers){.arm64 = true};
	if (unwinder->context.size < sizeof(words) ||
	    memory_read(unwinder->kernel->memory, task->address + unwinder->context.offset,
			words, sizeof(words)) != READ_OK)
		return false;
	for (i = 0; i < CONTEXT_FP; i++)
		register_set(registers, register_of_x(19 + i), words[i]);
	register_set(registers, REGISTER_FP, words[CONTEXT_FP]);
	register_set(registers, REGISTER_SP, words[CONTEXT_SP]);
	register_set(registers, REGISTER_PC,
		     unsigned_address(unwinder, words[CONTEXT_PC]));
	return true;
}

const struct unwind_ops unwind_arm64 = {
	.architecture = "aarch64",
	.open = open_arm64,
	.caller = caller_of,
	.sleeping = sleeping,
	.is_code = is_code,
};
