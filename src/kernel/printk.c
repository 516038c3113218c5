// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/printk.h"

#include <string.h>

#include "kernel/printk_form.h"

#define CALLER_IS_CPU (1U << 31)	/* printk_caller_id(), kernel/printk/printk.c */

static const struct printk_form *const forms[] = {
	&printk_ringbuffer_form, &printk_log_buf_form,
};

/* log_buf_vmcoreinfo_setup() exports these for tools like this one. */
bool printk_symbol(const struct kernel *kernel, const char *name, uint64_t *address)
{
	return image_symbol(kernel->image, name, address) ||
	       image_vmcoreinfo_symbol(kernel->image, name, address);
}

static bool resolve_level(const struct kernel *kernel, const char *type,
			  struct printk_header_layout *layout)
{
	struct type_member member;

	if (!types_member(kernel->types, type, "level", &member))
		return false;
	layout->level = (struct field){.offset = member.offset, .size = member.size};
	layout->level_shift = member.bit_offset;
	layout->level_bits = member.bit_size;
	return member.bit_size < 32 && member.bit_offset < 64;
}

bool printk_header_resolve(const struct kernel *kernel, const char *type,
			   struct printk_header_layout *layout)
{
	uint64_t size;

	if (!types_size(kernel->types, type, &size) || size > PRINTK_HEADER_MAX ||
	    !kernel_field(kernel, type, "ts_nsec", &layout->time) ||
	    !kernel_field(kernel, type, "text_len", &layout->text_length) ||
	    !kernel_field(kernel, type, "facility", &layout->facility) ||
	    !resolve_level(kernel, type, layout))
		return false;
	/* struct printk_log has it with CONFIG_PRINTK_CALLER alone */
	kernel_field(kernel, type, "caller_id", &layout->caller);
	layout->size = (uint32_t)size;
	return kernel_field_fits(layout->time, size) &&
	       kernel_field_fits(layout->text_length, size) &&
	       kernel_field_fits(layout->facility, size) &&
	       kernel_field_fits(layout->level, size) && kernel_field_fits(layout->caller, size);
}

static void load_caller(struct log_record *record, uint32_t caller)
{
	record->has_cpu = caller & CALLER_IS_CPU;
	record->has_pid = !record->has_cpu;
	if (record->has_cpu)
		record->cpu = caller & ~CALLER_IS_CPU;
	else
		record->pid = caller;
}

void printk_header_load(struct printk_walk *walk, const void *header)
{
	const struct printk_header_layout *layout = &walk->layout->header;
	struct log_record *record = &walk->record;
	uint64_t level = kernel_load(header, layout->level) >> layout->level_shift;

	if (layout->level_bits)
		level &= (1U << layout->level_bits) - 1;
	record->time = kernel_load(header, layout->time);
	record->level = (unsigned int)level;
	record->facility = (unsigned int)kernel_load(header, layout->facility);
	record->has_cpu = record->has_pid = false;
	record->cpu = record->pid = 0;
	if (layout->caller.size)
		load_caller(record, (uint32_t)kernel_load(header, layout->caller));
}

uint32_t printk_text_length(const struct printk_walk *walk, const void *header)
{
	return (uint32_t)kernel_load(header, walk->layout->header.text_length);
}

void printk_take(struct printk_walk *walk, uint64_t address, uint32_t length)
{
	struct log_record *record = &walk->record;

	record->length = length > PRINTK_TEXT_MAX ? PRINTK_TEXT_MAX : length;
	if (record->length && memory_read(walk->kernel->memory, address, record->text,
					  record->length) != READ_OK) {
		walk->gaps->unreadable++;
		return;
	}
	walk->gaps->cut += record->length < length;
	record->text[record->length] = '\0';
	walk->stopped = !walk->visit(walk->data, record);
}

bool printk_for_each(const struct kernel *kernel, printk_fn *visit, void *data,
		     struct printk_gaps *gaps, struct error *err)
{
	struct printk_layout layout = {0};
	struct printk_walk walk = {
		.kernel = kernel, .layout = &layout, .visit = visit, .data = data, .gaps = gaps,
	};
	size_t i;

	memset(gaps, 0, sizeof(*gaps));
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i]->resolve(kernel, &layout))
			return forms[i]->walk(&walk, err);
	return error_set(err, ERROR_MISSING,
			 "no kernel log: neither prb nor log_buf is among the symbols (%s) and "
			 "types (%s); a kernel without CONFIG_PRINTK or CONFIG_KALLSYMS_ALL?",
			 image_symbols_from(kernel->image), types_from(kernel->types));
}
