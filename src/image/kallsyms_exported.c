// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/kallsyms_tables.h"
#include "image/vmcoreinfo.h"

bool kallsyms_exported(struct memory *memory, const char *vmcoreinfo,
		       struct kallsyms_place *place, struct error *err)
{
	uint64_t count_at, values, base = 0;
	enum read_status status;

	*place = (struct kallsyms_place){ 0 };
	if (!vmcoreinfo_symbol(vmcoreinfo, "kallsyms_names", &place->names) ||
	    !vmcoreinfo_symbol(vmcoreinfo, "kallsyms_num_syms", &count_at) ||
	    !vmcoreinfo_symbol(vmcoreinfo, "kallsyms_token_table", &place->token_table) ||
	    !vmcoreinfo_symbol(vmcoreinfo, "kallsyms_token_index", &place->token_index))
		return error_set(err, ERROR_MISSING, "VMCOREINFO does not name kallsyms");
	/* 6.1 to 7.0 name the base, 7.1 and later have none (kernel/vmcore_info.c). */
	vmcoreinfo_symbol(vmcoreinfo, "kallsyms_relative_base", &base);
	if (vmcoreinfo_symbol(vmcoreinfo, "kallsyms_offsets", &values))
		place->values[place->values_count++] =
			(struct kallsyms_values){ values, 4, base };
	if (vmcoreinfo_symbol(vmcoreinfo, "kallsyms_addresses", &values))
		place->values[place->values_count++] =
			(struct kallsyms_values){ values, 8, 0 };
	if (!place->values_count)
		return error_set(
			err, ERROR_MISSING,
			"VMCOREINFO names neither kallsyms_offsets nor _addresses");
	status = memory_read_u32(memory, count_at, &place->count);
	return status == READ_OK ||
	       kallsyms_unreadable(err, "kallsyms_num_syms", count_at, status);
}
