// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/dump_options.h"

enum {
	OPTION_VMLINUX,
	OPTION_NO_SEARCH,
	OPTION_ARCH,
	OPTION_NO_SANDBOX,
};

const struct option_entry dump_options_table[DUMP_OPTIONS] = {
	[OPTION_VMLINUX] = {"vmlinux", 'k', "FILE",
		"take symbols and types from this vmlinux, not from the dump"},
	[OPTION_NO_SEARCH] = {"no-search", 'n', NULL,
		"do not look for a vmlinux in /usr/lib/debug and /boot"},
	[OPTION_ARCH] = {"arch", 'a', "NAME",
		"architecture of the dump, where its header does not tell (x86_64)"},
	[OPTION_NO_SANDBOX] = {"no-sandbox", 0, NULL,
		"let what reads the dump open files, start programs and use the network"},
};

bool dump_options_take(struct dump_options *options, int index, const char *value)
{
	switch (index) {
	case OPTION_VMLINUX:
		options->vmlinux = value;
		return *value || options_refuse("vmlinux", value, "is no file");
	case OPTION_NO_SEARCH:
		options->search = false;
		break;
	case OPTION_ARCH:
		options->architecture = value;
		return *value || options_refuse("arch", value, "is no architecture");
	case OPTION_NO_SANDBOX:
		options->no_sandbox = true;
		break;
	}
	return true;
}
