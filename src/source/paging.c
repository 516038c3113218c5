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

unsigned int paging_forms(const char *architecture, const char *vmcoreinfo,
			  struct paging forms[PAGING_FORMS_MAX], struct error *err)
{
	if (!*architecture)
		architecture = paging_architecture(vmcoreinfo);
	for (size_t i = 0; architecture && i < COUNT; i++)
		if (!strcmp(architectures[i]->architecture, architecture))
			return architectures[i]->resolve(vmcoreinfo, forms, err);
	error_set(err, ERROR_INPUT, "page tables of an architecture that is not known");
	return 0;
}
