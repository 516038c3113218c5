// SPDX-License-Identifier: GPL-2.0-or-later
#include "distill/symbol_names.h"

#include <stddef.h>
#include <string.h>

/* Of any type. */
static const char *const prefixes[] = {
	"__pfx_",			/* the padding before each function: 6.2 */
	"__ksymtab_", "__kstrtab_", "__kstrtabns_", "__flags_",	/* what modules may use */
	"__UNIQUE_ID_", "__initcall_", "__exitcall_", "__setup_", "__param_",
	"__SCK__",			/* static_call_key */
	"security_hook_active_",	/* of each hook of each security module: 6.12 */
	/* of each tracepoint */
	"__tracepoint_", "__tpstrtab_", "__bpf_trace_tp_map_", "__event_", "print_fmt_",
	"trace_event_fields_", "trace_event_type_funcs_", "str__",
	/* of each system call */
	"__syscall_meta_", "__p_syscall_meta_", "args__", "types__", "event_enter_", "event_exit_",
};

/* Static variables of functions are numbered: "__already_done.12", "__func__.3". */
static bool is_numbered(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot[1] && !dot[1 + strspn(dot + 1, "0123456789")];
}

/* gcc calls a static variable of a function "text.12", clang "console_unlock.text". */
bool symbol_is_line_buffer(const char *name)
{
	static const char *const names[] = {"text", "textbuf", "ext_text", "printk_shared_pbufs"};
	const char *dot = strrchr(name, '.');
	size_t length, i;

	if (dot && !is_numbered(name))
		name = dot + 1;
	length = strcspn(name, ".");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && !memcmp(name, names[i], length))
			return true;
	return false;
}

bool symbol_is_made(char type, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return type && strchr("bdr", type) && is_numbered(name) && !symbol_is_line_buffer(name);
}
