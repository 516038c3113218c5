// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scopes, locals and callers in the DWARF of a small program. Arguments:
 * test_debug_sample.c, compiled in several ways; "none:FILE" has no debug data.
 * What is asked does not depend on the compiler: at the first instruction of a
 * function the ABI says where parameters and the return address are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_source.h"
#include "types/debug_code.h"

#define BIAS	  UINT64_C(0xffffffff12600000)	/* as with KASLR */
#define STACK	  UINT64_C(0xffffc90000100000)
#define STACK_SIZE 8192
#define SP	  (STACK + 4096)
#define FOLIO	  UINT64_C(0xffff888001234000)
#define RETURN_TO UINT64_C(0xffffffff81234567)
#define LOOP_LINE 29
#define CALL_LINE 36

struct program {
	int descriptor;
	uint64_t find, find_size;	/* run-time address, bytes */
	struct fake_source fake;
	uint8_t *stack;
	struct memory *memory;
	struct debug_code *code;
};

static const char *const *samples;
static size_t sample_count;

static void find_symbol(struct program *program, const char *name)
{
	Elf *elf = elf_begin(program->descriptor, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Sym symbol;
	int i;

	while ((section = elf_nextscn(elf, section))) {
		gelf_getshdr(section, &header);
		if (header.sh_type != SHT_SYMTAB)
			continue;
		for (i = 0; gelf_getsym(elf_getdata(section, NULL), i, &symbol); i++)
			if (!strcmp(elf_strptr(elf, header.sh_link, symbol.st_name), name)) {
				program->find = symbol.st_value + BIAS;
				program->find_size = symbol.st_size;
			}
	}
	elf_end(elf);
	assert_true(program->find_size > 0);
}

static void open_program(struct program *program, const char *path)
{
	uint64_t where, i;

	memset(program, 0, sizeof(*program));
	elf_version(EV_CURRENT);
	program->descriptor = open(path, O_RDONLY);
	assert_true(program->descriptor >= 0);
	program->stack = calloc(1, STACK_SIZE);
	/* every word of the stack is its own address, but the return address */
	for (i = 0; i < STACK_SIZE; i += 8) {
		where = STACK + i;
		memcpy(program->stack + i, &where, sizeof(where));
	}
	where = RETURN_TO;
	memcpy(program->stack + (SP - STACK), &where, sizeof(where));
	program->memory = fake_memory(&program->fake, STACK, program->stack, STACK_SIZE);
	program->code = debug_code_of(program->descriptor, BIAS, program->memory);
}

static void close_program(struct program *program)
{
	debug_code_close(program->code);
	memory_free(program->memory);
	free(program->stack);
	close(program->descriptor);
}

static bool has_debug_data(const char *path)
{
	return strncmp(path, "none:", 5) != 0;
}

/* Run @test with each sample that has debug data. */
static void with_samples(void (*test)(struct program *program))
{
	struct program program;
	size_t i;

	for (i = 0; i < sample_count; i++) {
		if (!has_debug_data(samples[i]))
			continue;
		open_program(&program, samples[i]);
		if (!program.code)
			fail_msg("%s: no DWARF", samples[i]);
		find_symbol(&program, "find");
		test(&program);
		close_program(&program);
	}
}

static struct registers at_entry(const struct program *program)
{
	struct registers registers = {0};

	register_set(&registers, REGISTER_RIP, program->find);
	register_set(&registers, REGISTER_RSP, SP);
	register_set(&registers, REGISTER_RDI, FOLIO);
	register_set(&registers, REGISTER_RSI, 77);
	register_set(&registers, REGISTER_RBX, 0xb);
	register_set(&registers, REGISTER_RAX, 0xa);
	return registers;
}

static void assert_ends(const char *text, const char *end)
{
	assert_non_null(text);
	assert_true(strlen(text) >= strlen(end));
	assert_string_equal(text + strlen(text) - strlen(end), end);
}

static void check_scopes(struct program *program)
{
	struct debug_scope scopes[8];
	bool inlined = false;
	unsigned int count;
	uint64_t at;

	for (at = 0; at < program->find_size; at++) {
		count = debug_code_scopes(program->code, program->find + at, scopes, 8);
		assert_in_range(count, 1, 2);
		assert_string_equal(scopes[count - 1].function, "find");
		assert_false(scopes[count - 1].inlined);
		assert_ends(scopes[count - 1].file, "test_debug_sample.c");
		if (count == 1)
			continue;
		assert_string_equal(scopes[0].function, "lookup");
		assert_true(scopes[0].inlined);
		assert_int_equal(scopes[1].line, CALL_LINE);
		inlined |= scopes[0].line == LOOP_LINE;
	}
	assert_true(inlined);
	assert_int_equal(debug_code_scopes(program->code, program->find, scopes, 0), 0);
	assert_int_equal(debug_code_scopes(program->code, program->find, scopes, 1), 1);
}

static void scopes_with_lines(void **state)
{
	(void)state;
	with_samples(check_scopes);
}

static void check_nowhere(struct program *program)
{
	static const uint64_t nowhere[] = {
		0, 1, BIAS - 1, UINT64_MAX, UINT64_MAX - 1, STACK, RETURN_TO,
	};
	struct registers registers = at_entry(program), caller;
	struct debug_scope scopes[4];
	size_t i;

	for (i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		assert_int_equal(debug_code_scopes(program->code, nowhere[i], scopes, 4), 0);
		debug_code_locals(program->code, nowhere[i], &registers, 0, NULL, NULL);
		assert_false(debug_code_caller(program->code, nowhere[i], &registers, &caller));
	}
}

static void addresses_that_are_no_code(void **state)
{
	(void)state;
	with_samples(check_nowhere);
}

struct seen {
	const char *name;	/* wanted */
	const char *function;
	struct debug_local local;
	unsigned int count;
	unsigned int all;
};

static bool look_for(void *data, const struct debug_local *local)
{
	struct seen *seen = data;

	seen->all++;
	if (strcmp(local->name, seen->name) || strcmp(local->function, seen->function))
		return true;
	seen->local = *local;
	seen->count++;
	return true;
}

static bool stop_at_once(void *data, const struct debug_local *local)
{
	struct seen *seen = data;

	(void)local;
	seen->all++;
	return false;
}

static struct seen find_local(struct program *program, uint64_t address,
			      const struct registers *registers, uint64_t cfa,
			      const char *function, const char *name)
{
	struct seen seen = {.name = name, .function = function};

	debug_code_locals(program->code, address, registers, cfa, look_for, &seen);
	return seen;
}

static void check_parameters(struct program *program)
{
	struct registers registers = at_entry(program);
	struct seen seen;

	seen = find_local(program, program->find, &registers, SP + 8, "find", "folio");
	assert_int_equal(seen.count, 1);
	assert_true(seen.local.parameter);
	assert_false(seen.local.in_memory);
	assert_int_equal(seen.local.value, FOLIO);
	assert_string_equal(seen.local.type, "folio");
	assert_int_equal(seen.local.pointers, 1);
	assert_int_equal(seen.local.size, 8);

	seen = find_local(program, program->find, &registers, 0, "find", "index");
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.local.value, 77);
	assert_int_equal(seen.local.pointers, 0);

	registers.known &= ~(1U << REGISTER_RDI);
	seen = find_local(program, program->find, &registers, SP + 8, "find", "folio");
	assert_int_equal(seen.count, 0);

	seen = (struct seen){.name = "", .function = ""};
	debug_code_locals(program->code, program->find, &registers, SP + 8, stop_at_once, &seen);
	assert_int_equal(seen.all, 1);
}

static void parameters_in_registers(void **state)
{
	(void)state;
	with_samples(check_parameters);
}

/* A struct on the stack, of the inlined function; while the loop runs. */
static void check_struct(struct program *program)
{
	struct registers registers = at_entry(program);
	struct debug_scope scopes[4];
	bool found = false;
	struct seen seen;
	uint64_t at;

	for (at = 0; at < program->find_size && !found; at++) {
		if (debug_code_scopes(program->code, program->find + at, scopes, 4) != 2 ||
		    scopes[0].line != LOOP_LINE)
			continue;
		seen = find_local(program, program->find + at, &registers, SP + 8, "lookup",
				  "state");
		if (!seen.count || !seen.local.in_memory)
			continue;
		found = true;
		assert_string_equal(seen.local.type, "state");
		assert_int_equal(seen.local.size, 16);
		/* GCC counts from the CFA, clang from rsp (which is not that of this place) */
		assert_in_range(seen.local.address, SP - 128, SP + 128);
		assert_int_equal(seen.local.pointers, 0);
	}
	assert_true(found);
}

static void struct_on_the_stack(void **state)
{
	(void)state;
	with_samples(check_struct);
}

static void check_caller(struct program *program)
{
	struct registers registers = at_entry(program), caller;

	assert_true(debug_code_caller(program->code, program->find, &registers, &caller));
	assert_true(register_known(&caller, REGISTER_RIP));
	assert_int_equal(caller.value[REGISTER_RIP], RETURN_TO);
	assert_int_equal(caller.value[REGISTER_RSP], SP + 8);
	assert_true(register_known(&caller, REGISTER_RBX));
	assert_int_equal(caller.value[REGISTER_RBX], 0xb);
	assert_false(register_known(&caller, REGISTER_RBP));
	assert_false(register_known(&caller, REGISTER_RDI));
	assert_false(register_known(&caller, REGISTER_RAX));

	/* the return address is not in the dump */
	registers.value[REGISTER_RSP] = STACK + STACK_SIZE;
	assert_true(debug_code_caller(program->code, program->find, &registers, &caller));
	assert_false(register_known(&caller, REGISTER_RIP));

	registers.known &= ~(1U << REGISTER_RSP);
	assert_false(debug_code_caller(program->code, program->find, &registers, &caller));
}

static void registers_of_the_caller(void **state)
{
	(void)state;
	with_samples(check_caller);
}

static void no_debug_data(void **state)
{
	struct program program;
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++) {
		if (has_debug_data(samples[i]))
			continue;
		open_program(&program, samples[i] + 5);
		assert_null(program.code);
		close_program(&program);
	}
	open_program(&program, "/dev/null");
	assert_null(program.code);
	close_program(&program);
	assert_null(debug_code_of(-1, 0, NULL));
	debug_code_close(NULL);
}

static bool look(void *data, const struct debug_local *local)
{
	(void)data;
	return local->name != NULL;
}

/* Ask all there is to ask; whatever comes, it must come to an end. */
static void ask_everything(struct program *program)
{
	struct registers registers = at_entry(program), caller;
	struct debug_scope scopes[8];
	uint64_t at;

	for (at = 0; at < program->find_size; at += 3) {
		debug_code_scopes(program->code, program->find + at, scopes, 8);
		debug_code_locals(program->code, program->find + at, &registers, 0, look, NULL);
		debug_code_caller(program->code, program->find + at, &registers, &caller);
	}
}

static void damage_sample(const char *from, unsigned int round)
{
	char path[] = "/tmp/kswapck-test-XXXXXX";
	unsigned int seed = 20261121 + round, i;
	int good = open(from, O_RDONLY), bad = mkstemp(path);
	off_t size = lseek(good, 0, SEEK_END);
	uint8_t *bytes = malloc((size_t)size);
	struct program program;

	assert_true(good >= 0 && bad >= 0 && size > 0 && bytes);
	open_program(&program, from);
	find_symbol(&program, "find");
	assert_int_equal(pread(good, bytes, (size_t)size, 0), size);
	for (i = 0; i < 1 + round % 50; i++)
		bytes[(unsigned int)rand_r(&seed) % (unsigned int)size] = (uint8_t)rand_r(&seed);
	assert_int_equal(pwrite(bad, bytes, (size_t)size, 0), size);
	debug_code_close(program.code);
	program.code = debug_code_of(bad, BIAS, program.memory);
	if (program.code)
		ask_everything(&program);
	close_program(&program);
	free(bytes);
	close(good);
	close(bad);
	unlink(path);
}

static void random_damage(void **state)
{
	unsigned int round;
	size_t i;

	(void)state;
	for (i = 0; i < sample_count; i++)
		for (round = 0; has_debug_data(samples[i]) && round < 100; round++)
			damage_sample(samples[i], round);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scopes_with_lines),
		cmocka_unit_test(addresses_that_are_no_code),
		cmocka_unit_test(parameters_in_registers),
		cmocka_unit_test(struct_on_the_stack),
		cmocka_unit_test(registers_of_the_caller),
		cmocka_unit_test(no_debug_data),
		cmocka_unit_test(random_damage),
	};

	samples = (const char *const *)argv + 1;
	sample_count = (size_t)(argc - 1);
	return cmocka_run_group_tests_name("debug_code", tests, NULL, NULL);
}
