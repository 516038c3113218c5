// SPDX-License-Identifier: GPL-2.0-or-later
/* Location expressions: each operation, and those that have no result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dwarf.h>
#include <string.h>

#include "fake_source.h"
#include "types/location.h"

#define BASE UINT64_C(0xffff888000001000)
#define CFA  UINT64_C(0xffffc90000004000)
#define BIAS UINT64_C(0x12600000)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct expression {
	Dwarf_Op ops[6];
	size_t count;
	bool in_memory;
	uint64_t value;
};

static uint8_t bytes[4096];
static struct registers registers;
static struct location_frame frame = {
	.bias = BIAS, .registers = &registers, .cfa = CFA, .base_known = true, .base = CFA,
};
static struct fake_source fake;

static int setup(void **state)
{
	uint64_t word = UINT64_C(0x1122334455667788);

	(void)state;
	memcpy(bytes + 16, &word, sizeof(word));
	frame.memory = fake_memory(&fake, BASE, bytes, sizeof(bytes));
	register_set(&registers, REGISTER_RBX, BASE);
	register_set(&registers, REGISTER_R13, 7);
	return !frame.memory;
}

static int teardown(void **state)
{
	(void)state;
	memory_free(frame.memory);
	return 0;
}

#define OP(...) {.atom = __VA_ARGS__}
#define VALUE OP(DW_OP_stack_value)
#define MINUS(number) (0 - UINT64_C(number))

static void operations(void **state)
{
	static const struct expression expressions[] = {
		{{OP(DW_OP_reg13)}, 1, false, 7},
		{{OP(DW_OP_regx, 3)}, 1, false, BASE},
		{{OP(DW_OP_breg3, 16)}, 1, true, BASE + 16},
		{{OP(DW_OP_breg3, MINUS(8))}, 1, true, BASE - 8},
		{{OP(DW_OP_bregx, 13, 3), VALUE}, 2, false, 10},
		{{OP(DW_OP_fbreg, MINUS(0x78))}, 1, true, CFA - 0x78},
		{{OP(DW_OP_call_frame_cfa)}, 1, true, CFA},
		{{OP(DW_OP_addr, 0x1000)}, 1, true, BIAS + 0x1000},
		{{OP(DW_OP_lit5), VALUE}, 2, false, 5},
		{{OP(DW_OP_const1s, MINUS(1)), VALUE}, 2, false, UINT64_MAX},
		{{OP(DW_OP_breg3, 16), OP(DW_OP_deref)}, 2, true, 0x1122334455667788},
		{{OP(DW_OP_breg3, 16), OP(DW_OP_deref_size, 2), VALUE}, 3, false, 0x7788},
		{{OP(DW_OP_lit5), OP(DW_OP_lit3), OP(DW_OP_minus), VALUE}, 4, false, 2},
		{{OP(DW_OP_lit5), OP(DW_OP_lit3), OP(DW_OP_swap), OP(DW_OP_minus), VALUE}, 5,
		 false, MINUS(2)},
		{{OP(DW_OP_lit5), OP(DW_OP_plus_uconst, 6), VALUE}, 3, false, 11},
		{{OP(DW_OP_lit5), OP(DW_OP_dup), OP(DW_OP_mul), VALUE}, 4, false, 25},
		{{OP(DW_OP_lit5), OP(DW_OP_lit3), OP(DW_OP_over), OP(DW_OP_plus), VALUE}, 5,
		 false, 8},
		{{OP(DW_OP_lit5), OP(DW_OP_lit3), OP(DW_OP_pick, 1), VALUE}, 4, false, 5},
		{{OP(DW_OP_lit5), OP(DW_OP_lit3), OP(DW_OP_drop), VALUE}, 4, false, 5},
		{{OP(DW_OP_lit1), OP(DW_OP_const1u, 63), OP(DW_OP_shl), VALUE}, 4, false,
		 UINT64_C(1) << 63},
		{{OP(DW_OP_lit1), OP(DW_OP_const1u, 64), OP(DW_OP_shl), VALUE}, 4, false, 0},
		{{OP(DW_OP_const8u, UINT64_MAX), OP(DW_OP_lit0), OP(DW_OP_shra), VALUE}, 4, false,
		 UINT64_MAX},
		{{OP(DW_OP_const8u, UINT64_MAX), OP(DW_OP_const1u, 200), OP(DW_OP_shra), VALUE}, 4,
		 false, UINT64_MAX},
		{{OP(DW_OP_const8u, UINT64_C(1) << 63), OP(DW_OP_neg), VALUE}, 3, false,
		 UINT64_C(1) << 63},
		{{OP(DW_OP_const8u, UINT64_C(1) << 63), OP(DW_OP_abs), VALUE}, 3, false,
		 UINT64_C(1) << 63},
		{{OP(DW_OP_lit0), OP(DW_OP_not), OP(DW_OP_lit0), OP(DW_OP_lt), VALUE}, 5, false, 1},
	};
	struct location found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(expressions); i++) {
		if (!location_evaluate(&frame, expressions[i].ops, expressions[i].count, NULL,
				       &found))
			fail_msg("expression %zu has no result", i);
		assert_int_equal(found.value, expressions[i].value);
		assert_int_equal(found.in_memory, expressions[i].in_memory);
	}
}

static void no_result(void **state)
{
	static const struct expression expressions[] = {
		{{OP(DW_OP_reg0)}, 0, false, 0},		/* optimised out */
		{{OP(DW_OP_reg0)}, 1, false, 0},		/* rax is not known */
		{{OP(DW_OP_reg17)}, 1, false, 0},		/* xmm0 */
		{{OP(DW_OP_breg31, 0)}, 1, false, 0},
		{{OP(DW_OP_regx, UINT64_MAX)}, 1, false, 0},
		{{OP(DW_OP_reg13), OP(DW_OP_piece, 4)}, 2, false, 0},
		{{OP(DW_OP_lit0), VALUE, OP(DW_OP_piece, 4)}, 3, false, 0},
		{{OP(DW_OP_piece, 8)}, 1, false, 0},
		{{OP(DW_OP_entry_value)}, 1, false, 0},
		{{OP(DW_OP_entry_value), VALUE}, 2, false, 0},
		{{OP(DW_OP_implicit_pointer)}, 1, false, 0},
		{{OP(DW_OP_implicit_value)}, 1, false, 0},
		{{VALUE}, 1, false, 0},				/* nothing on the stack */
		{{OP(DW_OP_plus)}, 1, false, 0},
		{{OP(DW_OP_lit1), OP(DW_OP_plus)}, 2, false, 0},
		{{OP(DW_OP_drop)}, 1, false, 0},
		{{OP(DW_OP_lit1), OP(DW_OP_pick, 1)}, 2, false, 0},
		{{OP(DW_OP_lit1), OP(DW_OP_pick, UINT64_MAX)}, 2, false, 0},
		{{OP(DW_OP_lit1), OP(DW_OP_swap)}, 2, false, 0},
		{{OP(DW_OP_lit1), OP(DW_OP_lit0), OP(DW_OP_div)}, 3, false, 0},
		{{OP(DW_OP_lit8), OP(DW_OP_deref)}, 2, false, 0},	/* not in the dump */
		{{OP(DW_OP_breg3, 0), OP(DW_OP_deref_size, 0)}, 2, false, 0},
		{{OP(DW_OP_breg3, 0), OP(DW_OP_deref_size, 9)}, 2, false, 0},
		{{OP(DW_OP_skip, MINUS(3))}, 1, false, 0},		/* a loop */
		{{OP(DW_OP_lit1), OP(DW_OP_bra, MINUS(4))}, 2, false, 0},
	};
	struct location found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(expressions); i++)
		if (location_evaluate(&frame, expressions[i].ops, expressions[i].count, NULL,
				      &found))
			fail_msg("expression %zu has a result", i);
}

static void what_the_frame_lacks(void **state)
{
	static const Dwarf_Op cfa = OP(DW_OP_call_frame_cfa), base = OP(DW_OP_fbreg, 8);
	struct location_frame bare = frame;
	struct location found;

	(void)state;
	bare.cfa = 0;
	bare.base_known = false;
	assert_false(location_evaluate(&bare, &cfa, 1, NULL, &found));
	assert_false(location_evaluate(&bare, &base, 1, NULL, &found));
}

static void stack_is_bounded(void **state)
{
	Dwarf_Op ops[65];
	struct location found;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(ops); i++)
		ops[i] = (Dwarf_Op)OP(DW_OP_lit1);
	assert_true(location_evaluate(&frame, ops, 64, NULL, &found));
	assert_false(location_evaluate(&frame, ops, 65, NULL, &found));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operations),
		cmocka_unit_test(no_result),
		cmocka_unit_test(what_the_frame_lacks),
		cmocka_unit_test(stack_is_bounded),
	};

	return cmocka_run_group_tests_name("location", tests, setup, teardown);
}
