// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/dump_options.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	OPTION_VMLINUX,
	OPTION_NO_SEARCH,
	OPTION_ARCH,
	OPTION_RAW,
	OPTION_NO_SANDBOX,
};

const struct option_entry dump_options_table[DUMP_OPTIONS] = {
	[OPTION_VMLINUX] = {"vmlinux", 'k', "FILE",
		"take symbols and types from this vmlinux, not from the dump"},
	[OPTION_NO_SEARCH] = {"no-search", 'n', NULL,
		"do not look for a vmlinux in /usr/lib/debug and /boot"},
	[OPTION_ARCH] = {"arch", 'a', "NAME",
		"architecture of the dump, where its header does not tell (x86_64, aarch64)"},
	[OPTION_RAW] = {"raw", 'r', "FILE@ADDRESS",
		"instead of DUMP: RAM from this physical address on, without any header; once for "
		"each such file"},
	[OPTION_NO_SANDBOX] = {"no-sandbox", 0, NULL,
		"let what reads the dump open files, start programs and use the network"},
};

static bool take_raw(struct dump_options *options, const char *value)
{
	const char **raw = realloc(options->raw, (options->raw_count + 1) * sizeof(*raw));

	if (!raw)
		return options_refuse("raw", value, "is more than fits into memory");
	options->raw = raw;
	raw[options->raw_count++] = value;
	return true;
}

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
	case OPTION_RAW:
		return take_raw(options, value);
	case OPTION_NO_SANDBOX:
		options->no_sandbox = true;
		break;
	}
	return true;
}

bool dump_options_files(const struct dump_options *options, int argc, char **argv, int first,
			struct dump_files *files)
{
	*files = (struct dump_files){(const char *const *)argv + first, (size_t)(argc - first)};
	if (!options->raw_count)
		return true;
	if (files->count) {
		fprintf(stderr, "kswapck: --raw names all of the dump: no DUMP with it\n");
		return false;
	}
	*files = (struct dump_files){options->raw, options->raw_count};
	return true;
}

void dump_options_free(struct dump_options *options)
{
	free(options->raw);
	options->raw = NULL;
	options->raw_count = 0;
}
