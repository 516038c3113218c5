// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/swap_cache.h"

#include <stdlib.h>

static const struct swap_cache_ops *const eras[] = {
	&swap_cache_xarray,
};

/* Eras that exist and that this version does not read, to name them in the error. */
static const char *unread_era(const struct kernel *kernel)
{
	struct field field;

	if (kernel_field(kernel, "swap_cluster_info", "table", &field))
		return "in swap tables (Linux 6.18 and later)";
	if (kernel_field(kernel, "address_space", "i_pages.xa_head", &field))
		return "in xarrays of tail pages (Linux 4.20 to 5.3)";
	if (kernel_field(kernel, "radix_tree_node", "exceptional", &field) ||
	    kernel_field(kernel, "address_space", "page_tree", &field))
		return "in radix trees (Linux 4.19 and earlier)";
	return "in a way that is not known";
}

struct swap_space *swap_space_new(void)
{
	return calloc(1, sizeof(struct swap_space));
}

bool swap_cache_find_era(struct kernel *kernel, struct error *err)
{
	size_t i;

	for (i = 0; i < sizeof(eras) / sizeof(eras[0]); i++)
		if (eras[i]->probe(kernel)) {
			kernel->swap_cache = eras[i];
			return true;
		}
	return error_set(err, ERROR_INPUT,
			 "kernel %s keeps its swap cache %s; this version reads xarrays "
			 "(Linux 5.4 to 6.17) only",
			 image_release(kernel->image), unread_era(kernel));
}
