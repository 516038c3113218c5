// SPDX-License-Identifier: GPL-2.0-or-later
/* Words on the stack of the thread at hand: locals and saved registers, by their values. */
#include "story/parts.h"

#include <string.h>

#define STACK_PART_MAX 16384	/* bytes looked through */

bool story_frame_is(const struct story_frame *frame, const char *function)
{
	size_t length = strlen(function);

	return frame->named && !frame->name.module[0] &&
	       !strncmp(frame->name.function, function, length) &&
	       (!frame->name.function[length] || frame->name.function[length] == '.');
}

static bool find_in_registers(const struct registers *registers, stack_word_fn *is_it,
			      void *data)
{
	unsigned int i;

	for (i = 0; i < REGISTER_COUNT; i++)
		if (register_known(registers, i) && i != REGISTER_PC && i != REGISTER_SP &&
		    is_it(data, registers->value[i]))
			return true;
	return false;
}

/* An interrupt or NMI has a stack of its own: what it came upon is on the task's. */
unsigned int story_stack_first(const struct unwound *unwound, unsigned int last)
{
	unsigned int first = last;

	while (first && unwound->frames[first - 1].stack == unwound->frames[last].stack)
		first--;
	return first;
}

/* End of the last frame that has one, from @last down to @first; 0: of none. */
static uint64_t end_of(const struct unwound *unwound, unsigned int first, unsigned int last)
{
	unsigned int i;

	for (i = last + 1; i-- > first; )
		if (unwound->frames[i].cfa)
			return unwound->frames[i].cfa;
	return 0;
}

bool story_stack_find(const struct telling *telling, unsigned int last,
		      stack_word_fn *is_it, void *data)
{
	const struct unwound *unwound = &telling->unwound;
	const struct registers *registers;
	uint64_t address, end, word;
	unsigned int first;

	if (!unwound->count || last >= unwound->count)
		return false;
	first = story_stack_first(unwound, last);
	registers = &unwound->frames[first].registers;
	if (!register_known(registers, REGISTER_SP))
		return false;
	address = registers->value[REGISTER_SP] & ~7ULL;
	end = end_of(unwound, first, last);
	if (end < address || end - address > STACK_PART_MAX)
		end = address + STACK_PART_MAX;
	for (; address < end; address += 8)
		if (memory_read_u64(telling->kernel->memory, address, &word) == READ_OK &&
		    is_it(data, word))
			return true;
	return find_in_registers(registers, is_it, data);
}
