// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that look at plain memory: rd vtop sym struct. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kernel/arch.h"
#include "kernel/address_map.h"
#include "kernel/page.h"
#include "kernel/page_table.h"
#include "kernel/per_cpu.h"
#include "shell/lookup.h"
#include "shell/print.h"
#include "shell/struct.h"

/* ------------------------------------------------------------------------- rd */

#define READ_BYTES_MAX	((uint64_t)16 << 20)
#define ROW_BYTES	16u

struct reading {
	struct answer *answer;
	uint64_t address;
	uint64_t count;		/* words */
	unsigned int width;	/* bytes of a word */
	bool physical;
	bool symbols;
};

static enum read_status read_word(const struct reading *reading, uint64_t address,
				  uint64_t *word)
{
	struct memory *memory = reading->answer->kernel->memory;

	*word = 0;
	return reading->physical ? memory_read_physical(memory, address, word, reading->width) :
				   memory_read(memory, address, word, reading->width);
}

/* As letters, the lowest byte first, as it is in memory. */
static void add_letters(char *letters, size_t *length, uint64_t word, unsigned int width)
{
	unsigned int i;

	for (i = 0; i < width; i++) {
		unsigned char byte = (unsigned char)(word >> (8 * i));

		letters[(*length)++] = byte >= ' ' && byte < 0x7f ? (char)byte : '.';
	}
	letters[*length] = 0;
}

static void write_word(const struct reading *reading, uint64_t word)
{
	FILE *stream = reading->answer->options.stream;
	char symbol[SYMBOL_TEXT_SIZE];

	if (reading->symbols && answer_symbol(reading->answer, word, symbol, sizeof(symbol)))
		fprintf(stream, " %-*s", 2 * (int)reading->width, symbol);
	else
		fprintf(stream, " %0*" PRIx64, 2 * (int)reading->width, word);
}

/* Up to ROW_BYTES from word @first on. */
static void write_row(const struct reading *reading, uint64_t first)
{
	FILE *stream = reading->answer->options.stream;
	unsigned int in_row = ROW_BYTES / reading->width, width = reading->width, i;
	enum read_status status, why = READ_OK;
	char letters[ROW_BYTES + 1] = "";
	size_t length = 0;
	uint64_t word;

	fprintf(stream, "%016" PRIx64 ": ", reading->address + first * width);
	for (i = 0; i < in_row && first + i < reading->count; i++) {
		status = read_word(reading, reading->address + (first + i) * width, &word);
		if (status == READ_OK) {
			write_word(reading, word);
			add_letters(letters, &length, word, width);
		} else {
			fprintf(stream, " %.*s", 2 * (int)width, "----------------");
			why = status;
		}
	}
	if (!reading->symbols && why == READ_OK)
		fprintf(stream, "%*s", (int)((in_row - i) * (2 * width + 1)), "");
	if (why != READ_OK)
		fprintf(stream, "   %s", read_status_text(why));
	else if (!reading->symbols)
		fprintf(stream, "   %s", letters);
	fputc('\n', stream);
}

static void write_rows(const struct reading *reading)
{
	uint64_t i;

	for (i = 0; i < reading->count && !shell_stopped(reading->answer->shell);
	     i += ROW_BYTES / reading->width)
		write_row(reading, i);
}

static void write_words(const struct reading *reading)
{
	struct json_writer *json = &reading->answer->json;
	enum read_status status, why = READ_OK;
	uint64_t i, word;

	json_address(json, "address", reading->address);
	json_bool(json, "physical", reading->physical);
	json_number(json, "word_size", reading->width);
	json_array(json, "words");
	for (i = 0; i < reading->count && !shell_stopped(reading->answer->shell); i++) {
		status = read_word(reading, reading->address + i * reading->width, &word);
		if (status == READ_OK)
			json_address(json, NULL, word);
		else
			json_null(json, NULL);
		why = status == READ_OK ? why : status;
	}
	json_close(json, ']');
	json_string(json, "unreadable", why == READ_OK ? NULL : read_status_text(why));
}

static unsigned int take_width(int *argc, char **argv)
{
	static const char *const options[] = {"-8", "-16", "-32"};
	unsigned int i, width = 8;

	for (i = 0; i < 3; i++)
		if (shell_option(argc, argv, options[i]))
			width = 1U << i;
	shell_option(argc, argv, "-64");
	return width;
}

static bool run_rd(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct answer answer;
	struct reading reading = {.answer = &answer, .count = 1};

	reading.width = take_width(&argc, argv);
	reading.physical = shell_option(&argc, argv, "-p");
	reading.symbols = shell_option(&argc, argv, "-s");
	if (!shell_no_options(argc, argv, err))
		return false;
	if (argc < 2 || argc > 3)
		return shell_usage(shell_memory_commands, "rd", err);
	if (!shell_number(shell, argv[1], true, &reading.address, err) ||
	    (argc == 3 && !shell_number(shell, argv[2], false, &reading.count, err)))
		return false;
	if (!reading.count || reading.count > READ_BYTES_MAX / reading.width)
		return error_set(err, ERROR_USAGE, "rd: from 1 to %" PRIu64 " words",
				 READ_BYTES_MAX / reading.width);
	answer_init(&answer, shell);
	answer_begin(&answer, "rd");
	if (answer.is_json)
		write_words(&reading);
	else
		write_rows(&reading);
	answer_end(&answer);
	return true;
}

/* ----------------------------------------------------------------------- vtop */

/* One level of the way down. */
struct step {
	const char *name;
	uint64_t place;		/* physical address of the entry; of the top one virtual */
	uint64_t entry;
	unsigned int shift;	/* of the address bits that it stands for */
};

struct translation {
	struct step steps[PAGING_LEVELS_MAX];
	unsigned int count;
	enum read_status status;	/* why the last one could not be read */
	bool found;
	uint64_t physical;
};

/* Also a page that its user may not touch is there. */
static bool leads_to_memory(const struct kernel *kernel, const struct paging *paging,
			    uint64_t entry, unsigned int level, uint64_t *address)
{
	uint64_t plain;

	if (paging->ops->entry(entry, level) == PAGING_LEAF)
		*address = paging_address(paging, entry);
	else if (kernel->arch->kept_back(kernel, entry, level, &plain))
		*address = paging_address(paging, plain);
	else
		return false;
	return true;
}

static void flag_names(const struct kernel *kernel, uint64_t entry, unsigned int shift,
		       char *text, size_t size)
{
	unsigned int page_shift = kernel_page_shift(kernel);
	unsigned int level = (shift - page_shift) / (page_shift - 3) + 1;
	uint64_t plain;
	bool kept_back = kernel->arch->kept_back(kernel, entry, level, &plain);
	const struct entry_flag *flag = entry & 1 || kept_back ? kernel->arch->entry_flags :
								 kernel->arch->swapped_flags;
	size_t used = 0;

	*text = 0;
	for (; flag->name; flag++) {
		const char *name = flag->name;

		if (!(entry & flag->mask))
			continue;
		if (level == 1 && flag->lowest)
			name = flag->lowest;
		if (flag->absent && kept_back)
			name = flag->absent;
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " " : "", name);
		if (used >= size)
			return;
	}
}

/* Down from the table at kernel address @top; each further one is named physically. */
static void translate(const struct kernel *kernel, const struct paging *paging, uint64_t top,
		      uint64_t address, struct translation *translation)
{
	static const char *const names[] = {"", "PTE", "PMD", "PUD", "P4D", "PGD"};
	unsigned int level;
	uint64_t table = top;

	*translation = (struct translation){.count = 0};
	for (level = paging->levels; level; level--) {
		struct step *step = &translation->steps[translation->count];
		bool is_top = level == paging->levels;
		uint64_t below;

		step->shift = paging_shift(paging, level);
		step->name = is_top ? "PGD" : names[level];
		step->place = table + 8ULL * paging_index(paging, level, address);
		translation->status = is_top ?
			memory_read_u64(kernel->memory, step->place, &step->entry) :
			memory_read_physical(kernel->memory, step->place, &step->entry, 8);
		if (translation->status != READ_OK)
			return;
		translation->count++;
		if (paging->ops->entry(step->entry, level) == PAGING_TABLE) {
			table = paging_address(paging, step->entry);
			continue;
		}
		if (!leads_to_memory(kernel, paging, step->entry, level, &table))
			return;
		below = (1ULL << step->shift) - 1;
		translation->found = true;
		translation->physical = (table & ~below) | (address & below);
		return;
	}
}

/* The slot that the last entry names, if it is that of a swapped page. */
static bool swapped_to(struct shell *shell, const struct translation *translation,
		       struct kswapck_device *device, uint64_t *slot)
{
	const struct step *last;
	char text[32];
	struct found_slot found;
	unsigned int type;

	if (!translation->count || translation->found)
		return false;
	last = &translation->steps[translation->count - 1];
	if (last->shift != kernel_page_shift(&shell->dump.kernel) ||
	    !page_table_swap_entry(&shell->dump.kernel, last->entry, &type, slot))
		return false;
	snprintf(text, sizeof(text), "%u:%" PRIu64, type, *slot);
	if (!lookup_slot(shell, text, &found, NULL))
		return false;
	*device = found.device;
	return true;
}

static void say_physical(struct answer *answer, const struct translation *translation)
{
	const struct kernel *kernel = answer->kernel;
	struct kswapck_page page;
	char text[96];

	answer_line(answer, "physical", "0x%" PRIx64, translation->physical);
	if (page_read(kernel, page_address_of(kernel, translation->physical >>
					      kernel_page_shift(kernel)), &page) != READ_OK)
		return;
	page_describe(&page, text, sizeof(text));
	answer_line(answer, "page", "0x%" PRIx64 " (pfn 0x%" PRIx64 "): %s", page.address,
		    page.pfn, text);
}

static void say_translation(struct answer *answer, const struct translation *translation)
{
	struct kswapck_device device;
	char flags[160], name[80];
	unsigned int i;
	uint64_t slot;

	for (i = 0; i < translation->count; i++) {
		const struct step *step = &translation->steps[i];

		flag_names(answer->kernel, step->entry, step->shift, flags, sizeof(flags));
		answer_line(answer, step->name, "0x%" PRIx64 ": 0x%016" PRIx64 "%s%s",
			    step->place, step->entry, *flags ? "  " : "", flags);
	}
	if (translation->found)
		say_physical(answer, translation);
	else if (translation->status != READ_OK)
		answer_line(answer, "", "the next table: %s",
			    read_status_text(translation->status));
	else if (swapped_to(answer->shell, translation, &device, &slot))
		answer_line(answer, "swapped", "slot %" PRIu64 " of %s (%u:%" PRIu64 ")", slot,
			    lookup_device_name(&device, name, sizeof(name)), device.type, slot);
	else
		answer_line(answer, "", "not mapped");
}

static void write_translation(struct answer *answer, const struct translation *translation)
{
	struct json_writer *json = &answer->json;
	struct kswapck_device device;
	unsigned int i;
	uint64_t slot;

	json_array(json, "levels");
	for (i = 0; i < translation->count; i++) {
		json_flat_object(json, NULL);
		json_string(json, "level", translation->steps[i].name);
		json_address(json, "place", translation->steps[i].place);
		json_address(json, "entry", translation->steps[i].entry);
		json_close(json, '}');
	}
	json_close(json, ']');
	if (translation->found)
		json_address(json, "physical", translation->physical);
	else
		json_null(json, "physical");
	if (swapped_to(answer->shell, translation, &device, &slot)) {
		json_number(json, "type", device.type);
		json_number(json, "slot", slot);
	}
	json_string(json, "unreadable", translation->status == READ_OK ? NULL :
		    read_status_text(translation->status));
}

/* Of x86_64 swapper_pg_dir is a macro; the table has the other name since 4.17. */
static bool kernel_table(struct shell *shell, uint64_t *top, struct error *err)
{
	return image_symbol(shell->dump.image, "init_top_pgt", top) ||
	       image_symbol(shell->dump.image, "swapper_pg_dir", top) ||
	       error_set(err, ERROR_MISSING, "no symbol init_top_pgt or swapper_pg_dir: the "
			 "kernel's page tables cannot be found");
}

static bool task_table(struct shell *shell, const char *pid, uint64_t *top, struct error *err)
{
	const struct kernel *kernel = &shell->dump.kernel;
	struct address_map_layout layout;
	struct found_task found;

	if (!lookup_task(shell, pid, &found, err))
		return false;
	if (!found.details.mm)
		return error_set(err, ERROR_INPUT, "pid %" PRId32 " is a kernel thread: it has no "
				 "user memory", found.details.pid);
	if (address_map_layout_resolve(kernel, &layout) &&
	    mm_page_table(kernel, &layout, found.details.mm, top))
		return true;
	return error_set(err, ERROR_UNREADABLE, "the page table of mm 0x%" PRIx64 " cannot be "
			 "found", found.details.mm);
}

static bool run_vtop(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct page_table_layout layout;
	struct translation translation;
	struct answer answer;
	uint64_t address, top;

	if (argc < 2 || argc > 3)
		return shell_usage(shell_memory_commands, "vtop", err);
	if (!shell_number(shell, argv[1], true, &address, err))
		return false;
	if (address >> 63 == 0 && argc < 3)
		return error_set(err, ERROR_USAGE, "vtop: 0x%" PRIx64 " is an address of user "
				 "memory: say of which process, vtop ADDR PID", address);
	if (!page_table_layout_resolve(&shell->dump.kernel, &layout))
		return error_set(err, ERROR_INPUT, "VMCOREINFO does not tell the form of the page "
				 "tables");
	if (address >> 63 ? !kernel_table(shell, &top, err) :
			    !task_table(shell, argv[2], &top, err))
		return false;
	translate(&shell->dump.kernel, &layout.paging, top, address, &translation);
	answer_init(&answer, shell);
	answer_begin(&answer, "vtop");
	if (answer.is_json) {
		json_address(&answer.json, "address", address);
		write_translation(&answer, &translation);
	} else {
		answer_line(&answer, "address", "0x%" PRIx64, address);
		say_translation(&answer, &translation);
	}
	answer_end(&answer);
	return true;
}

/* ------------------------------------------------------------------------ sym */

/* A per-CPU variable has one address on each CPU. */
static bool is_per_cpu(const struct image *image, uint64_t address)
{
	uint64_t start, end;

	return image_symbol(image, "__per_cpu_start", &start) &&
	       image_symbol(image, "__per_cpu_end", &end) && address >= start && address < end;
}

static void show_per_cpu(struct answer *answer, const char *name)
{
	unsigned int count = per_cpu_count(answer->kernel), cpu;
	uint64_t address;

	if (answer->is_json)
		json_array(&answer->json, "per_cpu");
	for (cpu = 0; cpu < count && !shell_stopped(answer->shell); cpu++) {
		if (!per_cpu_possible(answer->kernel, cpu) ||
		    !per_cpu_address(answer->kernel, name, cpu, &address))
			continue;
		if (!answer->is_json) {
			answer_plain(answer, 2, "CPU %u: 0x%" PRIx64, cpu, address);
			continue;
		}
		json_flat_object(&answer->json, NULL);
		json_number(&answer->json, "cpu", cpu);
		json_address(&answer->json, "address", address);
		json_close(&answer->json, '}');
	}
	if (answer->is_json)
		json_close(&answer->json, ']');
}

struct namesakes {
	const char *name;
	uint64_t count;
};

static bool count_namesake(void *data, const char *name, uint64_t address)
{
	struct namesakes *namesakes = data;

	(void)address;
	namesakes->count += !strcmp(name, namesakes->name);
	return true;
}

/* Static functions and variables of several files may have one name. */
static void show_others(struct answer *answer, const char *name)
{
	struct namesakes namesakes = {.name = name};
	uint64_t others;

	image_symbols(answer->kernel->image, count_namesake, &namesakes);
	others = namesakes.count > 1 ? namesakes.count - 1 : 0;
	if (answer->is_json)
		json_number(&answer->json, "others", others);
	else if (others)
		answer_plain(answer, 0, "%" PRIu64 " more %s called %s; this is the global one, else "
			     "the lowest", others, others == 1 ? "symbol is" : "symbols are", name);
}

static void show_name(struct answer *answer, const char *name, uint64_t address)
{
	bool per_cpu = is_per_cpu(answer->kernel->image, address);

	if (answer->is_json) {
		json_string(&answer->json, "name", name);
		json_address(&answer->json, "address", address);
	} else {
		answer_plain(answer, 0, "0x%016" PRIx64 "  %s%s", address, name,
			     per_cpu ? " (per CPU)" : "");
	}
	show_others(answer, name);
	if (per_cpu)
		show_per_cpu(answer, name);
}

static void show_address(struct answer *answer, const char *symbol, uint64_t address)
{
	if (answer->is_json) {
		json_string(&answer->json, "name", symbol);
		json_address(&answer->json, "address", address);
	} else {
		answer_plain(answer, 0, "0x%016" PRIx64 "  %s", address, symbol);
	}
}

static bool sym_at(struct answer *answer, uint64_t address, struct error *err)
{
	char symbol[SYMBOL_TEXT_SIZE];

	if (!answer_symbol(answer, address, symbol, sizeof(symbol)))
		return error_set(err, ERROR_INPUT, "0x%" PRIx64 " is neither in the kernel's image "
				 "nor in the code of a module", address);
	answer_begin(answer, "sym");
	show_address(answer, symbol, address);
	return true;
}

static bool run_sym(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct answer answer;
	uint64_t address;
	bool done = true;

	if (argc != 2)
		return shell_usage(shell_memory_commands, "sym", err);
	answer_init(&answer, shell);
	if (image_symbol(shell->dump.image, argv[1], &address)) {
		answer_begin(&answer, "sym");
		show_name(&answer, argv[1], address);
	} else {
		done = shell_number(shell, argv[1], true, &address, err) &&
		       sym_at(&answer, address, err);
	}
	answer_end(&answer);
	return done;
}

/* --------------------------------------------------------------------- struct */

/* "page.lru.next": the type, and the path behind the first dot. */
static bool find_type(struct shell *shell, const char *text, struct type_part *part,
		      struct error *err)
{
	struct types *types = shell->dump.types;
	size_t length = strcspn(text, ".");
	char name[256];

	snprintf(name, sizeof(name), "%.*s", (int)(length < 255 ? length : 255), text);
	*part = (struct type_part){.name = ""};
	if (!types_find(types, name, &part->type))
		return error_set(err, ERROR_INPUT, "this kernel has no type %s (%s)", name,
				 types_from(types));
	if (text[length] && !types_part_find(types, part->type, text + length + 1, part))
		return error_set(err, ERROR_INPUT, "%s has no member %s", name, text + length + 1);
	return true;
}

static bool is_tag(const char *word)
{
	return !strcmp(word, "struct") || !strcmp(word, "union") || !strcmp(word, "enum");
}

static bool run_struct(struct shell *shell, int argc, char **argv, struct error *err)
{
	struct struct_request request = {.all = shell_option(&argc, argv, "-a")};
	int first = argc > 2 && is_tag(argv[1]) ? 2 : 1;
	struct answer answer;
	char name[256];
	bool done;

	if (!shell_no_options(argc, argv, err))
		return false;
	if (argc <= first || argc > first + 2)
		return shell_usage(shell_memory_commands, "struct", err);
	snprintf(name, sizeof(name), "%s%s%s", first == 2 ? argv[1] : "", first == 2 ? " " : "",
		 argv[first]);
	request.valued = argc == first + 2;
	if (!find_type(shell, name, &request.part, err) ||
	    (request.valued &&
	     !shell_number(shell, argv[first + 1], true, &request.address, err)))
		return false;
	answer_init(&answer, shell);
	done = struct_write(&answer, &request, err);
	answer_end(&answer);
	return done;
}

const struct shell_command shell_memory_commands[] = {
	{
		.name = "rd",
		.arguments = "ADDR [COUNT] [-8|-16|-32|-64] [-p] [-s]",
		.summary = "read memory",
		.help = "Shows COUNT words (1) from the kernel address ADDR on, of 64 bits or as "
			"the option says, with their bytes as letters. What is not in the dump is "
			"shown as dashes, with the reason.\n"
			"-p takes ADDR as a physical address; -s shows words that are addresses "
			"of the kernel or of its modules' code as symbols.\n"
			"ADDR is hexadecimal, with or without 0x, or a symbol; COUNT is decimal "
			"unless it begins with 0x.",
		.completion = COMPLETE_SYMBOL,
		.run = run_rd,
	},
	{
		.name = "vtop",
		.arguments = "ADDR [PID]",
		.summary = "translate an address, level by level",
		.help = "Shows the entry of each page table on the way from ADDR to its physical "
			"address, and what the page there is. A kernel address goes through the "
			"kernel's own tables; one of user memory needs the PID of its process. "
			"The PTE of a swapped page is shown as its slot.\n"
			"Of the topmost table the place of the entry is a kernel address, of all "
			"others a physical one.",
		.completion = COMPLETE_SYMBOL,
		.run = run_vtop,
	},
	{
		.name = "sym",
		.arguments = "NAME | ADDR",
		.summary = "a symbol's address, or the symbol at an address",
		.help = "Of several symbols of one name it shows the global one, else the lowest, "
			"and says how many more there are. Of a per-CPU variable it shows the address on each CPU. Symbols of "
			"modules are found by their addresses, if they are functions, but not by "
			"their names.",
		.completion = COMPLETE_SYMBOL,
		.run = run_sym,
	},
	{
		.name = "struct",
		.arguments = "NAME[.MEMBER] [ADDR|SYMBOL] [-a]",
		.summary = "a type and where its members are, or an object's values",
		.help = "Without ADDR it declares the struct, union, enum or typedef NAME as C "
			"does, each member with its offset (decimal, and with a colon the first "
			"bit of a bit-field), the same in hexadecimal, and its size in bytes. "
			"'struct', 'union' or 'enum' in front of NAME say which is meant if there "
			"are more.\n"
			"With ADDR it shows the values of the object there, structs within it "
			"included. ADDR is where the object NAME begins, also when a MEMBER is "
			"asked for, and MEMBER may be a path: page._refcount.counter. Of arrays "
			"the first elements are shown, equal neighbours once; -a shows them all.",
		.completion = COMPLETE_STRUCT,
		.run = run_struct,
	},
	{.name = NULL},
};
