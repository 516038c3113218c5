// SPDX-License-Identifier: GPL-2.0-or-later
#include "source/paging.h"

#include <string.h>

static const struct paging_ops *const architectures[] = {
	&paging_x86_64,
	&paging_arm64,
};

#define COUNT (sizeof(architectures) / sizeof(architectures[0]))

const char *paging_architecture(const char *vmcoreinfo)
{
	for (size_t i = 0; i < COUNT; i++)
		if (architectures[i]->recognises(vmcoreinfo))
			return architectures[i]->architecture;
	return NULL;
}

/* An entry that lay over the end of a page would be read over the end of its copy. */
static unsigned int with_whole_entries(const struct paging *forms, unsigned int count,
				       struct error *err)
{
	for (unsigned int i = 0; i < count; i++)
		if (forms[i].root % sizeof(uint64_t)) {
			error_set(err, ERROR_INPUT, "VMCOREINFO has a SYMBOL(swapper_pg_dir) or "
				  "NUMBER(phys_base) that cannot be: it is damaged; dump again");
			return 0;
		}
	return count;
}

unsigned int paging_forms(const char *architecture, const char *vmcoreinfo,
			  struct paging forms[PAGING_FORMS_MAX], struct error *err)
{
	unsigned int count;

	if (!*architecture)
		architecture = paging_architecture(vmcoreinfo);
	for (size_t i = 0; architecture && i < COUNT; i++)
		if (!strcmp(architectures[i]->architecture, architecture)) {
			count = architectures[i]->resolve(vmcoreinfo, forms, err);
			return with_whole_entries(forms, count, err);
		}
	error_set(err, ERROR_INPUT, "page tables of an architecture that is not known");
	return 0;
}
