// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/arch.h"

#include <string.h>

static const struct architecture *const architectures[] = {
	&arch_x86_64,
	&arch_arm64,
};

const struct architecture *architecture_find(const char *name)
{
	for (size_t i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++)
		if (!strcmp(architectures[i]->name, name))
			return architectures[i];
	return NULL;
}

static uint64_t mask(unsigned int bits)
{
	return (1ULL << bits) - 1;
}

uint64_t swap_pte_encode(const struct swap_pte_form *form, unsigned int type, uint64_t slot)
{
	if (form->inverted)
		slot = ~slot;
	return (type & mask(form->type_bits)) << form->type_shift |
	       (slot & mask(form->slot_bits)) << form->slot_shift;
}

bool swap_pte_decode(const struct swap_pte_form *form, uint64_t pte, unsigned int *type,
		     uint64_t *slot)
{
	uint64_t bits = form->inverted ? ~pte : pte;

	if (!(pte & ~form->ignored) || pte & form->present)
		return false;
	*type = (unsigned int)(pte >> form->type_shift & mask(form->type_bits));
	*slot = bits >> form->slot_shift & mask(form->slot_bits);
	return true;
}

bool prstatus_read(const struct kernel *kernel, size_t index, uint64_t words[PRSTATUS_WORDS_MAX])
{
	size_t size, length = kernel->arch->prstatus_words * sizeof(words[0]);
	const char *note = source_prstatus(kernel->source, index, &size);

	if (!note || size < PRSTATUS_REGS + length)
		return false;
	memcpy(words, note + PRSTATUS_REGS, length);
	return true;
}
