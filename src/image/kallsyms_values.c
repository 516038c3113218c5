// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/kallsyms_tables.h"
#include "image/vmcoreinfo.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool rule_applies(enum value_rule rule, const struct kallsyms_values *values)
{
	if (rule == VALUE_ABSOLUTE)
		return values->width == 8;
	if (rule == VALUE_PLACE_RELATIVE)
		return values->width == 4;
	return values->width == 4 && values->base;
}

static bool read_value(struct memory *memory, const struct kallsyms_values *values,
		       uint32_t symbol, uint64_t *raw)
{
	uint64_t at = values->address + (uint64_t)symbol * values->width;
	uint32_t narrow = 0;
	bool good;

	if (values->width == 8)
		return memory_read_u64(memory, at, raw) == READ_OK;
	good = memory_read_u32(memory, at, &narrow) == READ_OK;
	*raw = narrow;
	return good;
}

/*
 * _stext alone could be met by a table that is read one element too early or too
 * late, since _text, startup_64 and others share its address. The data symbols
 * are missing where CONFIG_KALLSYMS_ALL is.
 */
static const char *const witnesses[] = {
	"_stext", "init_uts_ns", "init_top_pgt", "swapper_pg_dir",
};

/* Does this rule put @name where VMCOREINFO says that it is? Also if neither tells. */
static bool witness_agrees(const struct kallsyms *kallsyms, struct memory *memory,
			   const struct kallsyms_values *values, enum value_rule rule,
			   uint64_t base, const char *vmcoreinfo, const char *name)
{
	bool named = false;
	size_t cursor = 0;
	uint64_t raw, expected;
	uint32_t symbol;

	if (!vmcoreinfo_symbol(vmcoreinfo, name, &expected))
		return true;
	while (kallsyms_find(kallsyms, name, &cursor, &symbol)) {
		uint64_t place = values->address + (uint64_t)symbol * values->width;

		named = true;
		if (read_value(memory, values, symbol, &raw) &&
		    kallsyms_resolve_value(rule, raw, base, place) == expected)
			return true;
	}
	return !named;
}

static bool rule_reproduces(const struct kallsyms *kallsyms, struct memory *memory,
			    const struct kallsyms_values *values, enum value_rule rule,
			    uint64_t base, const char *vmcoreinfo)
{
	size_t i;

	for (i = 0; i < sizeof(witnesses) / sizeof(witnesses[0]); i++)
		if (!witness_agrees(kallsyms, memory, values, rule, base, vmcoreinfo,
				    witnesses[i]))
			return false;
	return true;
}

static bool choose_rule(const struct kallsyms *kallsyms, struct memory *memory,
			struct kallsyms_values *values, const char *vmcoreinfo,
			enum value_rule *rule, uint64_t *base)
{
	*base = 0;
	if (values->base && memory_read_u64(memory, values->base, base) != READ_OK)
		values->base = 0;
	for (*rule = 0; *rule < VALUE_RULES; (*rule)++)
		if (rule_applies(*rule, values) &&
		    rule_reproduces(kallsyms, memory, values, *rule, *base, vmcoreinfo))
			return true;
	return false;
}

static bool read_values(struct kallsyms *kallsyms, struct memory *memory, struct error *err)
{
	const struct kallsyms_values *values = &kallsyms->values;
	size_t size = (size_t)kallsyms->count * values->width;
	enum read_status status;

	kallsyms->value = malloc(size);
	if (!kallsyms->value)
		return kallsyms_no_memory(err);
	status = memory_read_once(memory, values->address, kallsyms->value, size);
	return status == READ_OK ||
	       kallsyms_unreadable(err, "kallsyms_offsets", values->address, status);
}

bool kallsyms_read_addresses(struct kallsyms *kallsyms, struct memory *memory,
			     const struct kallsyms_place *place, const char *vmcoreinfo,
			     struct error *err)
{
	size_t cursor = 0, i;
	uint64_t stext = 0;
	uint32_t symbol;

	if (!vmcoreinfo_symbol(vmcoreinfo, "_stext", &stext))
		return error_set(err, ERROR_MISSING, "VMCOREINFO does not name _stext");
	if (!kallsyms_find(kallsyms, "_stext", &cursor, &symbol))
		return error_set(err, ERROR_INPUT, "kallsyms at 0x%" PRIx64 " is damaged: "
				 "no _stext among %" PRIu32 " names",
				 place->names, kallsyms->count);
	for (i = 0; i < place->values_count; i++) {
		struct kallsyms_values values = place->values[i];
		enum value_rule rule;
		uint64_t base;

		if (!choose_rule(kallsyms, memory, &values, vmcoreinfo, &rule, &base))
			continue;
		kallsyms->values = values;
		kallsyms->value_rule = rule;
		kallsyms->value_base = base;
		return read_values(kallsyms, memory, err);
	}
	return error_set(err, ERROR_INPUT,
			 "kallsyms at 0x%" PRIx64 ": none of the known ways "
			 "to keep addresses puts _stext at 0x%" PRIx64,
			 place->names, stext);
}
