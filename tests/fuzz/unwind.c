// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Call chains by ORC tables, in each form of them, and by frame records of arm64, over stacks
 * and a list of modules that may be anything. The first bytes choose the form of the tables;
 * see VARIABLES for what else is read where.
 */
#include "kernel/unwind.h"

#include "../unit/fake_image.h"
#include "fuzz.h"
#include "kernel/arch.h"
#include "kernel/orc.h"

#define BASE	UINT64_C(0xffffffff9fff0000)
#define WINDOW	0x4000

/* In the window, from its start. */
#define ORC_IP	  (BASE + 0x100)
#define ORC	  (BASE + 0x200)
#define ENTRIES	  32
#define VARIABLES (BASE + 0x400)	/* of CPU 0; its per-CPU offset is at + 0x80 */
#define TASK	  (BASE + 0x500)
#define MODULES	  (BASE + 0x580)
#define MODULE	  (BASE + 0x600)

#define TEXT	  (BASE + 0x10000)	/* never read */
#define TEXT_END  (BASE + 0x20000)
#define STACK	  (BASE + 0x2b00)	/* of the first frame */

struct scene {
	struct fuzz_memory fuzz;
	struct kernel kernel;
	struct image image;
	struct types types;
};

static void add_symbols(struct image *image)
{
	fake_add_symbol(image, "_text", TEXT);
	fake_add_symbol(image, "_etext", TEXT_END);
	fake_add_symbol(image, "_end", TEXT_END + 0x1000);
	fake_add_symbol(image, "asm_exc_page_fault", TEXT + 0x800);
	fake_add_symbol(image, "ret_from_fork", TEXT + 0x500);
	fake_add_symbol(image, "__per_cpu_offset", VARIABLES + 0x80);
	fake_add_symbol(image, "hardirq_stack_ptr", 0x10);
	fake_add_symbol(image, "hardirq_stack_inuse", 0x18);
	fake_add_symbol(image, "cea_exception_stacks", 0x20);
	fake_add_symbol(image, "__start_orc_unwind_ip", ORC_IP);
	fake_add_symbol(image, "__stop_orc_unwind_ip", ORC_IP + 4 * ENTRIES);
	fake_add_symbol(image, "__start_orc_unwind", ORC);
	fake_add_symbol(image, "__stop_orc_unwind", ORC + 6 * ENTRIES);
	fake_add_symbol(image, "__start_orc_header", BASE);
	fake_add_symbol(image, "modules", MODULES);
}

static void add_types(struct types *types)
{
	fake_add_member(types, "task_struct", "stack", 0, 8);
	fake_add_member(types, "task_struct", "on_cpu", 8, 4);
	fake_add_member(types, "cea_exception_stacks", "NMI_stack", 0x1000, 0x1000);
	fake_add_member(types, "cpu_entry_area", "entry_stack_page", 0, 0x1000);
	fake_add_member(types, "cpu_entry_area", "estacks", 0x1000, 0x4000);
	fake_add_size(types, "module", 0x100);
	fake_add_member(types, "module", "list", 0, 16);
	fake_add_member(types, "module", "state", 16, 4);
	fake_add_member(types, "module", "name", 24, 56);
	fake_add_member(types, "module", "core_layout.base", 80, 8);
	fake_add_member(types, "module", "core_layout.text_size", 88, 4);
	fake_add_member(types, "module", "arch.num_orcs", 96, 4);
	fake_add_member(types, "module", "arch.orc_unwind_ip", 104, 8);
	fake_add_member(types, "module", "arch.orc_unwind", 112, 8);
	fake_add_member(types, "module", "kallsyms", 120, 8);
	fake_add_member(types, "mod_kallsyms", "symtab", 0, 8);
	fake_add_member(types, "mod_kallsyms", "num_symtab", 8, 4);
	fake_add_member(types, "mod_kallsyms", "strtab", 16, 8);
}

/* From a place in the kernel, and from one in the first module. */
static void unwind_from(struct unwinder *unwinder, struct memory *memory)
{
	static struct unwound unwound;
	uint64_t places[2] = {TEXT + 4, 0};
	unsigned int i, number;

	memory_read_u64(memory, MODULE + 80, &places[1]);
	for (i = 0; i < 2; i++) {
		struct cpu cpu = {.task = TASK, .origin = REGISTERS_QEMU};

		for (number = 0; number < REGISTER_COUNT; number++)
			register_set(&cpu.registers, number, STACK + 0x100 + number);
		register_set(&cpu.registers, REGISTER_RIP, places[i]);
		register_set(&cpu.registers, REGISTER_RSP, STACK);
		unwind_cpu(unwinder, &cpu, &unwound);
	}
}

static void unwind(struct scene *scene)
{
	struct error err = {0};
	struct code *code = code_open(&scene->kernel, &err);
	struct unwinder *unwinder = code ? unwinder_open(&scene->kernel, code, &err) : NULL;
	struct code_name name;
	uint64_t place = 0;

	if (unwinder)
		unwind_from(unwinder, scene->kernel.memory);
	memory_read_u64(scene->kernel.memory, MODULE + 80, &place);
	if (code) {
		code_name_at(code, place + 0x10, &name);
		code_name_at(code, TEXT + 0x10, &name);
	}
	unwinder_close(unwinder);
	code_close(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scene scene;
	unsigned int i;

	memset(&scene, 0, sizeof(scene));
	scene.kernel.memory = fuzz_memory_new(&scene.fuzz, data, size, WINDOW);
	scene.kernel.source = &scene.fuzz.source;
	scene.kernel.image = &scene.image;
	scene.kernel.types = &scene.types;
	scene.image.memory = scene.kernel.memory;
	add_symbols(&scene.image);
	add_types(&scene.types);
	for (i = 0; scene.kernel.memory && i < 2; i++) {
		scene.kernel.arch = i ? &arch_arm64 : &arch_x86_64;
		unwind(&scene);
	}
	memory_free(scene.kernel.memory);
	return 0;
}
