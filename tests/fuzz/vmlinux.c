// SPDX-License-Identifier: GPL-2.0-or-later
/* A vmlinux: what it says of itself, its symbols, types in DWARF, lines and locals of code. */
#include "image/vmlinux.h"

#include <elf.h>
#include <unistd.h>

#include "fuzz.h"
#include "types/backend.h"
#include "types/debug_code.h"
#include "types_look.h"

#define PLACES 24

static bool look_at_local(void *data, const struct debug_local *local)
{
	(void)data;
	return strlen(local->name) < 1000;
}

static void look_at_code(struct debug_code *code, uint64_t entry)
{
	struct registers registers = {0}, caller;
	struct debug_scope scopes[8];
	unsigned int i;

	if (!code)
		return;
	for (i = 0; i < REGISTER_COUNT; i++)
		register_set(&registers, i, UINT64_C(0xffffffff81000000) + 8 * i);
	for (i = 0; i < PLACES; i++) {
		uint64_t address = entry + 4 * i;

		debug_code_scopes(code, address, scopes, 8);
		debug_code_locals(code, address, &registers, registers.value[REGISTER_RSP],
				  look_at_local, NULL);
		debug_code_caller(code, address, &registers, &caller);
	}
	debug_code_close(code);
}

static void look_at_symbols(struct symbols *symbols)
{
	uint64_t value;
	char name[64];

	if (!symbols)
		return;
	symbols->ops->lookup(symbols, "_stext", &value);
	symbols->ops->nearest(symbols, UINT64_C(0xffffffff81000123), name, sizeof(name), &value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_memory fuzz;
	struct memory *memory = fuzz_memory_new(&fuzz, data, size, 1 << 16);
	int file = fuzz_file(data, size);
	struct vmlinux *vmlinux;
	struct error err = {0};
	char path[FUZZ_PATH_SIZE];
	Elf64_Ehdr header = {0};

	if (file >= 0 && memory) {
		memcpy(&header, data, size < sizeof(header) ? size : sizeof(header));
		fuzz_path(file, path);
		vmlinux = vmlinux_open(path, &err);
		if (vmlinux)
			look_at_symbols(vmlinux->symbols);
		vmlinux_close(vmlinux);
		look_at_types(dwarf_open(file, path, &err));
		look_at_code(debug_code_of(file, 0, memory), header.e_entry);
	}
	if (file >= 0)
		close(file);
	memory_free(memory);
	return 0;
}
