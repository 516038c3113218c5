// SPDX-License-Identifier: GPL-2.0-or-later
#include "types/location.h"

#include <dwarf.h>
#include <string.h>

#define STACK_MAX 64	/* expressions of GCC need a handful */

struct machine {
	const struct location_frame *frame;
	uint64_t stack[STACK_MAX];
	unsigned int depth;
};

static bool push(struct machine *machine, uint64_t value)
{
	if (machine->depth == STACK_MAX)
		return false;
	machine->stack[machine->depth++] = value;
	return true;
}

static bool pop(struct machine *machine, uint64_t *value)
{
	if (!machine->depth)
		return false;
	*value = machine->stack[--machine->depth];
	return true;
}

static bool push_register(struct machine *machine, uint64_t number, uint64_t offset)
{
	const struct registers *registers = machine->frame->registers;

	unsigned int index = register_of_dwarf(registers, number);

	return index < REGISTER_COUNT && register_known(registers, index) &&
	       push(machine, registers->value[index] + offset);
}

static bool load(struct machine *machine, uint64_t size)
{
	uint64_t address, value = 0;

	return size >= 1 && size <= sizeof(value) && pop(machine, &address) &&
	       memory_read(machine->frame->memory, address, &value, size) == READ_OK &&
	       push(machine, value);
}

/* Copy the @nth from the top. */
static bool pick(struct machine *machine, uint64_t nth)
{
	return nth < machine->depth &&
	       push(machine, machine->stack[machine->depth - 1 - nth]);
}

static bool swap(struct machine *machine)
{
	uint64_t top, next;

	return pop(machine, &top) && pop(machine, &next) && push(machine, top) &&
	       push(machine, next);
}

static bool unary(struct machine *machine, uint8_t atom)
{
	uint64_t value;

	if (!pop(machine, &value))
		return false;
	switch (atom) {
	case DW_OP_neg:
		return push(machine, 0 - value);
	case DW_OP_not:
		return push(machine, ~value);
	default: /* DW_OP_abs */
		return push(machine, value >> 63 ? 0 - value : value);
	}
}

static uint64_t shift_signed(uint64_t value, uint64_t by)
{
	uint64_t sign = value >> 63 ? UINT64_MAX : 0;

	if (by >= 64)
		return sign;
	return by ? value >> by | sign << (64 - by) : value;
}

static bool less(uint64_t left, uint64_t right)
{
	return (int64_t)left < (int64_t)right;
}

static bool binary(struct machine *machine, uint8_t atom)
{
	uint64_t right, left;

	if (!pop(machine, &right) || !pop(machine, &left))
		return false;
	switch (atom) {
	case DW_OP_plus:
		return push(machine, left + right);
	case DW_OP_minus:
		return push(machine, left - right);
	case DW_OP_mul:
		return push(machine, left * right);
	case DW_OP_and:
		return push(machine, left & right);
	case DW_OP_or:
		return push(machine, left | right);
	case DW_OP_xor:
		return push(machine, left ^ right);
	case DW_OP_shl:
		return push(machine, right < 64 ? left << right : 0);
	case DW_OP_shr:
		return push(machine, right < 64 ? left >> right : 0);
	case DW_OP_shra:
		return push(machine, shift_signed(left, right));
	case DW_OP_eq:
		return push(machine, left == right);
	case DW_OP_ne:
		return push(machine, left != right);
	case DW_OP_lt:
		return push(machine, less(left, right));
	case DW_OP_ge:
		return push(machine, !less(left, right));
	case DW_OP_gt:
		return push(machine, less(right, left));
	case DW_OP_le:
		return push(machine, !less(right, left));
	default:
		return false;
	}
}

/* One operation that leaves its result on the stack. */
static bool step(struct machine *machine, const Dwarf_Op *op)
{
	const struct location_frame *frame = machine->frame;
	uint64_t dropped;

	switch (op->atom) {
	case DW_OP_lit0 ... DW_OP_lit31:
		return push(machine, op->atom - DW_OP_lit0);
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		return push(machine, op->number);
	case DW_OP_addr:
		return push(machine, op->number + frame->bias);
	case DW_OP_breg0 ... DW_OP_breg31:
		return push_register(machine, op->atom - DW_OP_breg0, op->number);
	case DW_OP_bregx:
		return push_register(machine, op->number, op->number2);
	case DW_OP_fbreg:
		return frame->base_known && push(machine, frame->base + op->number);
	case DW_OP_call_frame_cfa:
		return frame->cfa && push(machine, frame->cfa);
	case DW_OP_plus_uconst:
		return push(machine, op->number) && binary(machine, DW_OP_plus);
	case DW_OP_deref:
		return load(machine, sizeof(uint64_t));
	case DW_OP_deref_size:
		return load(machine, op->number);
	case DW_OP_dup:
		return pick(machine, 0);
	case DW_OP_over:
		return pick(machine, 1);
	case DW_OP_pick:
		return pick(machine, op->number);
	case DW_OP_drop:
		return pop(machine, &dropped);
	case DW_OP_swap:
		return swap(machine);
	case DW_OP_nop:
	case DW_OP_GNU_uninit:
		return true;
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_abs:
		return unary(machine, op->atom);
	default:
		return binary(machine, op->atom);
	}
}

/* DW_OP_reg and DW_OP_regx: the register itself is the place. */
static bool is_register(const Dwarf_Op *op, uint64_t *number)
{
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)
		*number = op->atom - DW_OP_reg0;
	else if (op->atom == DW_OP_regx)
		*number = op->number;
	else
		return false;
	return true;
}

static bool implicit_value(Dwarf_Attribute *attribute, const Dwarf_Op *op, uint64_t *value)
{
	Dwarf_Block block;

	*value = 0;
	if (!attribute || dwarf_getlocation_implicit_value(attribute, op, &block) ||
	    block.length > sizeof(*value))
		return false;
	memcpy(value, block.data, block.length);
	return true;
}

bool location_evaluate(const struct location_frame *frame, const Dwarf_Op *ops, size_t count,
		       Dwarf_Attribute *attribute, struct location *location)
{
	struct machine machine = {.frame = frame};
	uint64_t number;
	size_t i;

	location->in_memory = false;
	if (!count)
		return false;
	if (is_register(&ops[0], &number))
		return count == 1 && push_register(&machine, number, 0) &&
		       pop(&machine, &location->value);
	if (ops[0].atom == DW_OP_implicit_value)
		return count == 1 && implicit_value(attribute, &ops[0], &location->value);
	for (i = 0; i < count && ops[i].atom != DW_OP_stack_value; i++)
		if (!step(&machine, &ops[i]))
			return false;
	location->in_memory = i == count;
	/* what follows DW_OP_stack_value could only be a piece */
	return i + 1 >= count && pop(&machine, &location->value);
}
