// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of VMCOREINFO, and the forms of page tables that follow from it. */
#include "image/vmcoreinfo.h"

#include <stdlib.h>

#include "fuzz.h"
#include "source/paging.h"

static void ask(const char *text)
{
	static const char *const architectures[] = {"", "x86_64", "aarch64", "s390x"};
	struct paging forms[PAGING_FORMS_MAX];
	struct error err = {0};
	uint64_t value;
	int64_t number;
	char line[65];
	size_t i;

	vmcoreinfo_copy(text, "OSRELEASE", line, sizeof(line));
	vmcoreinfo_copy(text, "BUILD-ID", line, 1);
	vmcoreinfo_hex(text, "KERNELOFFSET", &value);
	vmcoreinfo_symbol(text, "swapper_pg_dir", &value);
	vmcoreinfo_signed(text, "phys_base", &number);
	vmcoreinfo_size(text, "page", &value);
	vmcoreinfo_offset(text, "page.flags", &value);
	paging_architecture(text);
	for (i = 0; i < sizeof(architectures) / sizeof(architectures[0]); i++)
		paging_forms(architectures[i], text, forms, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	ask(text);
	free(text);
	return 0;
}
