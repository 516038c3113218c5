// SPDX-License-Identifier: GPL-2.0-or-later
/* Call chains of x86_64, by ORC. */
#include <string.h>

#include "kernel/arch.h"
#include "kernel/unwind_guess.h"
#include "kernel/unwind_walk.h"

#define KERNEL_CS     0x10	/* __KERNEL_CS */
#define KERNEL_CS_XEN 0xe030	/* FLAT_RING3_CS64 as Xen's guests see it */

/* Where code may be that nobody has tables of: from MODULES_VADDR, whose place the
 * configuration tells, to MODULES_END (arch/x86/include/asm/pgtable_64_types.h). */
#define DYNAMIC_CODE	 UINT64_C(0xffffffffa0000000)
#define DYNAMIC_CODE_END UINT64_C(0xffffffffff000000)

#define VSYSCALL_PAGE	 UINT64_C(0xffffffffff600000)

#define CALL_OPCODE    0xe8	/* and 4 bytes: relative to the next instruction */
#define CALL_SIZE      5
#define CALL_THUNK_MAX 16	/* CONFIG_FUNCTION_PADDING_BYTES: CALL_DEPTH_TRACKING */
#define CALL_SEARCH    1024	/* bytes of stack; __crash_kexec() takes 200 */

/* struct inactive_task_frame, arch/x86/include/asm/switch_to.h */
static const struct {
	const char *member;
	enum register_number number;
} inactive_fields[INACTIVE_FIELDS] = {
	{"r15", REGISTER_R15}, {"r14", REGISTER_R14}, {"r13", REGISTER_R13},
	{"r12", REGISTER_R12}, {"bx", REGISTER_RBX}, {"bp", REGISTER_RBP},
	{"ret_addr", REGISTER_RIP},
};

static void resolve_inactive(struct unwinder *unwinder)
{
	unsigned int i;

	for (i = 0; i < INACTIVE_FIELDS; i++)
		if (!kernel_field(unwinder->kernel, "inactive_task_frame",
				  inactive_fields[i].member, &unwinder->inactive[i]) ||
		    unwinder->inactive[i].size != 8)
			unwinder->inactive[i] = (struct field){8 * i, 8};
	if (!types_size(unwinder->kernel->types, "inactive_task_frame",
			&unwinder->inactive_size))
		unwinder->inactive_size = 8 * INACTIVE_FIELDS;
}

static void open_x86_64(struct unwinder *unwinder)
{
	const struct image *image = unwinder->kernel->image;

	orc_open(&unwinder->orc, unwinder->kernel, unwinder->code);
	resolve_inactive(unwinder);
	if (!image_symbol(image, "_text", &unwinder->image_start) ||
	    !image_symbol(image, "_end", &unwinder->image_end))
		unwinder->image_start = unwinder->image_end = 0;
}

unsigned int unwinder_orc_version(const struct unwinder *unwinder)
{
	return orc_version(&unwinder->orc);
}

static bool read_stack_word(const struct walk *walk, uint64_t address, uint64_t *word)
{
	return walk_read(walk, address, word, sizeof(*word));
}

/* Of a return address the call counts, which may be the last of its function. */
static uint64_t place_of(uint64_t pc, enum frame_kind kind)
{
	return kind == FRAME_CALL ? pc - 1 : pc;
}

/* Code made at run time: BPF programs, trampolines of ftrace and kprobes. */
static bool is_dynamic_code(const struct unwinder *unwinder, uint64_t address)
{
	uint8_t byte;

	return address >= DYNAMIC_CODE && address < DYNAMIC_CODE_END &&
	       !(address >= unwinder->image_start && address < unwinder->image_end) &&
	       memory_read_u8(unwinder->kernel->memory, address, &byte) == READ_OK;
}

static bool is_code(const struct unwinder *unwinder, uint64_t address)
{
	return code_is_text(unwinder->code, address) || is_dynamic_code(unwinder, address);
}

/*
 * Without tables, as the kernel does it (orc_fp_entry, null_orc_entry): BPF programs
 * keep frame pointers; and who called through a wrong pointer stands at rsp.
 */
static bool guess_rule(const struct walk *walk, const struct frame *frame, uint64_t place,
		       struct orc_rule *rule)
{
	const struct registers *registers = &frame->registers;
	uint64_t sp = registers->value[REGISTER_RSP], bp = registers->value[REGISTER_RBP];

	*rule = (struct orc_rule){.frame = ORC_CALL};
	if (!is_dynamic_code(walk->unwinder, place)) {
		rule->sp = (struct orc_place){ORC_REGISTER, REGISTER_RSP, 8};
		return frame->kind != FRAME_CALL || walk_end(walk, UNWIND_NOT_CODE, frame->pc);
	}
	rule->sp = (struct orc_place){ORC_REGISTER, REGISTER_RBP, 16};
	rule->bp = (struct orc_place){ORC_PREVIOUS_SP, 0, -16};
	return (register_known(registers, REGISTER_RBP) && bp >= sp && !(bp & 7) &&
		walk_stack(walk, bp) == walk_stack(walk, sp)) ||
	       walk_end(walk, UNWIND_NO_TABLE, frame->pc);
}

/* Is @address right behind a direct call of @function, or of the thunk before it? */
static bool returns_from(const struct unwinder *unwinder, uint64_t address, uint64_t function)
{
	unsigned char call[CALL_SIZE];
	uint64_t target;
	int32_t relative;

	if (!code_is_text(unwinder->code, address - CALL_SIZE) ||
	    memory_read(unwinder->kernel->memory, address - CALL_SIZE, call,
			sizeof(call)) != READ_OK || call[0] != CALL_OPCODE)
		return false;
	memcpy(&relative, call + 1, sizeof(relative));
	target = address + (uint64_t)(int64_t)relative;
	return function - target <= CALL_THUNK_MAX;
}

/*
 * __crash_kexec(), which every CPU that panics is in, has no tables
 * (STACK_FRAME_NON_STANDARD). Its caller is the first word up the stack that is a
 * return address of a call of it; its registers were saved before it used rbp.
 */
static bool find_call(const struct walk *walk, const struct frame *frame, struct orc_rule *rule)
{
	const struct unwinder *unwinder = walk->unwinder;
	uint64_t sp = frame->registers.value[REGISTER_RSP], word, at;
	int stack = walk_stack(walk, sp);
	struct code_name name;

	if (frame->kind != FRAME_RUNNING || stack < 0 ||
	    !code_name_at(unwinder->code, frame->pc, &name))
		return walk_end(walk, UNWIND_NO_TABLE, frame->pc);
	for (at = (sp + 7) & ~7ULL; at - sp < CALL_SEARCH &&
	     stack_range_has(&walk->stacks[stack], at, 8); at += 8) {
		if (memory_read_u64(unwinder->kernel->memory, at, &word) != READ_OK)
			return walk_end(walk, UNWIND_UNREADABLE, at);
		if (returns_from(unwinder, word, frame->pc - name.offset)) {
			*rule = (struct orc_rule){
				.frame = ORC_CALL,
				.sp = {ORC_REGISTER, REGISTER_RSP, (int32_t)(at + 8 - sp)},
			};
			return true;
		}
	}
	return walk_end(walk, UNWIND_NO_TABLE, frame->pc);
}

/*
 * The first instruction of retpoline thunks has no tables (UNWIND_HINT_UNDEFINED in
 * arch/x86/lib/retpoline.S). As of any function, the return address is at rsp there.
 */
static bool at_start(const struct walk *walk, const struct frame *frame, struct orc_rule *rule)
{
	struct code_name name;

	if (frame->kind == FRAME_CALL ||
	    !code_name_at(walk->unwinder->code, frame->pc, &name) || name.offset)
		return false;
	*rule = (struct orc_rule){
		.frame = ORC_CALL,
		.sp = {ORC_REGISTER, REGISTER_RSP, 8},
	};
	return true;
}

static bool find_rule(const struct walk *walk, const struct frame *frame, struct orc_rule *rule)
{
	uint64_t place = place_of(frame->pc, frame->kind), unreadable;

	if (!code_is_text(walk->unwinder->code, place))
		return guess_rule(walk, frame, place, rule);
	switch (orc_find(&walk->unwinder->orc, place, rule, &unreadable)) {
	case ORC_FOUND:
		break;
	case ORC_NONE:
		return walk_end(walk, UNWIND_NO_TABLE, frame->pc);
	case ORC_UNREADABLE:
		return walk_end(walk, UNWIND_UNREADABLE, unreadable);
	}
	if (rule->frame == ORC_END)
		return walk_end(walk, UNWIND_TOP, frame->pc);
	return rule->frame != ORC_UNDEFINED || at_start(walk, frame, rule) ||
	       find_call(walk, frame, rule);
}

/* The stack pointer that a rule gives; that of the caller, if it was called. */
static bool find_sp(const struct walk *walk, const struct frame *frame,
		    const struct orc_place *place, uint64_t *sp)
{
	const struct registers *registers = &frame->registers;
	uint64_t offset = (uint64_t)(int64_t)place->offset;
	enum register_number number = place->base == ORC_REGISTER ? place->number :
				      place->base == ORC_AT_RBP ? REGISTER_RBP : REGISTER_RSP;

	if (!register_known(registers, number))
		return walk_end(walk, UNWIND_NO_REGISTER, frame->pc);
	*sp = registers->value[number];
	switch (place->base) {
	case ORC_REGISTER:
		*sp += offset;
		return true;
	case ORC_AT_RBP:
	case ORC_AT_RSP_OFFSET:
		return read_stack_word(walk, *sp + offset, sp);
	case ORC_AT_RSP:
		if (!read_stack_word(walk, *sp, sp))
			return false;
		*sp += offset;
		return true;
	case ORC_NOTHING:
	case ORC_PREVIOUS_SP:
		break;
	}
	return walk_end(walk, UNWIND_NO_TABLE, frame->pc);
}

/* rbp of the caller, when the frame has saved it. */
static bool restore_rbp(const struct walk *walk, const struct frame *frame,
			const struct orc_place *place, uint64_t sp, struct registers *caller)
{
	uint64_t base = sp, value;

	if (place->base == ORC_NOTHING)
		return true;
	if (place->base == ORC_REGISTER) {
		if (!register_known(&frame->registers, REGISTER_RBP))
			return walk_end(walk, UNWIND_NO_REGISTER, frame->pc);
		base = frame->registers.value[REGISTER_RBP];
	}
	if (!read_stack_word(walk, base + (uint64_t)(int64_t)place->offset, &value))
		return false;
	register_set(caller, REGISTER_RBP, value);
	return true;
}

static bool take_call(const struct walk *walk, struct frame *frame, uint64_t sp,
		      struct registers *caller)
{
	uint64_t pc;

	if (!read_stack_word(walk, sp - 8, &pc))
		return false;
	if (!is_code(walk->unwinder, pc - 1))
		return walk_end(walk, UNWIND_NOT_CODE, pc);
	frame->cfa = sp;
	*caller = (struct registers){0};
	if (register_known(&frame->registers, REGISTER_RBP))
		register_set(caller, REGISTER_RBP, frame->registers.value[REGISTER_RBP]);
	register_set(caller, REGISTER_RIP, pc);
	register_set(caller, REGISTER_RSP, sp);
	return true;
}

/* Do rip and cs, as they were saved at @address, belong together? */
static bool check_registers(const struct walk *walk, uint64_t address, uint64_t pc, uint64_t cs)
{
	bool sound;

	cs &= 0xffff;		/* FRED has other things above */
	if (cs & 3)
		sound = !(pc >> 63) || (pc & -4096ULL) == VSYSCALL_PAGE;
	else
		sound = cs == KERNEL_CS || cs == KERNEL_CS_XEN;
	return sound || walk_end(walk, UNWIND_BAD_REGISTERS, address);
}

static bool take_registers(const struct walk *walk, uint64_t sp, struct registers *caller)
{
	uint64_t words[PT_REGS_WORDS];

	if (!walk_read(walk, sp, words, sizeof(words)))
		return false;
	registers_of_pt_regs(caller, words);
	return check_registers(walk, sp, words[16], words[17]);
}

/*
 * An entry that is not yet, or no longer, in need of all registers: it works with
 * few of them, and never with those that a function would keep.
 */
static bool take_partial(const struct walk *walk, const struct frame *frame, uint64_t sp,
			 struct registers *caller)
{
	uint64_t words[(PT_REGS_SIZE - PT_REGS_IRET) / 8];

	if (!walk_read(walk, sp, words, sizeof(words)))
		return false;
	*caller = frame->registers;
	caller->known &= arch_x86_64.kept;
	caller->user = words[1] & 3;
	register_set(caller, REGISTER_RIP, words[0]);
	register_set(caller, REGISTER_RSP, words[3]);
	return check_registers(walk, sp, words[0], words[1]);
}

static bool find_caller(const struct walk *walk, struct frame *frame,
			const struct orc_rule *rule, struct registers *caller)
{
	uint64_t sp;

	if (frame->stack == STACK_UNKNOWN)
		return walk_end(walk, UNWIND_OFF_STACK, frame->registers.value[REGISTER_RSP]);
	if (!find_sp(walk, frame, &rule->sp, &sp))
		return false;
	if (sp & 7)
		return walk_end(walk, UNWIND_OFF_STACK, sp);
	switch (rule->frame) {
	case ORC_CALL:
		if (!take_call(walk, frame, sp, caller))
			return false;
		break;
	case ORC_REGS:
		if (!take_registers(walk, sp, caller))
			return false;
		break;
	case ORC_REGS_PARTIAL:
		if (!take_partial(walk, frame, sp, caller))
			return false;
		break;
	case ORC_UNDEFINED:
	case ORC_END:
		return walk_end(walk, UNWIND_NO_TABLE, frame->pc);
	}
	return restore_rbp(walk, frame, &rule->bp, sp, caller);
}

static bool caller_of(struct walk *walk, struct frame *frame, struct registers *caller,
		      enum frame_kind *kind)
{
	struct orc_rule rule;

	if (!find_rule(walk, frame, &rule) || !find_caller(walk, frame, &rule, caller))
		return false;
	*kind = rule.signal ? FRAME_INTERRUPTED : FRAME_CALL;
	return true;
}

/* What __switch_to_asm() left on the stack, and where it will return to. */
static bool read_inactive(const struct walk *walk, const struct task *task,
			  struct registers *registers)
{
	const struct unwinder *unwinder = walk->unwinder;
	uint64_t sp = task->sp, word;
	unsigned int i;

	*registers = (struct registers){0};
	for (i = 0; i < INACTIVE_FIELDS; i++) {
		if (!read_stack_word(walk, sp + unwinder->inactive[i].offset, &word))
			return false;
		register_set(registers, inactive_fields[i].number, word);
	}
	register_set(registers, REGISTER_RSP, sp + unwinder->inactive_size);
	return true;
}

const struct unwind_ops unwind_x86_64 = {
	.architecture = "x86_64",
	.open = open_x86_64,
	.caller = caller_of,
	.sleeping = read_inactive,
	.is_code = is_code,
	.guess = unwind_guess,
};
