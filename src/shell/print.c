// SPDX-License-Identifier: GPL-2.0-or-later
#include "shell/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "output/sentence.h"

#define LINE_SIZE 4096

void answer_init(struct answer *answer, struct shell *shell)
{
	*answer = (struct answer){
		.shell = shell,
		.kernel = &shell->dump.kernel,
		.options = {
			.stream = shell->out,
			.colour = shell->colour,
			.columns = shell->columns,
		},
		.is_json = shell->json,
		.json = {.stream = shell->out},
	};
}

void answer_begin(struct answer *answer, const char *command)
{
	answer->begun = true;
	if (!answer->is_json)
		return;
	json_object(&answer->json, NULL);
	json_string(&answer->json, "schema", "kswapck-shell/1");
	json_string(&answer->json, "command", command);
}

void answer_end(struct answer *answer)
{
	if (answer->is_json && answer->begun) {
		json_close(&answer->json, '}');
		fputc('\n', answer->options.stream);
	}
	code_close(answer->code);
	answer->code = NULL;
}

void answer_line(const struct answer *answer, const char *label, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	if (answer->is_json)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	lines_labelled(&answer->options, label, text);
}

void answer_plain(const struct answer *answer, unsigned int indent, const char *format, ...)
{
	char text[LINE_SIZE];
	va_list arguments;

	if (answer->is_json)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(answer->options.stream, "%*s", (int)indent, "");
	sentence_wrap(answer->options.stream, text, indent + 2, indent, answer->options.columns);
	fputc('\n', answer->options.stream);
}

/* ------------------------------------------------------------------- symbols */

/* Between the first and the last symbol of the kernel, per-CPU offsets left out. */
static bool in_kernel(const struct answer *answer, uint64_t address)
{
	const struct image *image = answer->kernel->image;
	uint64_t start, end;

	return (image_symbol(image, "_text", &start) || image_symbol(image, "_stext", &start)) &&
	       image_symbol(image, "_end", &end) && address >= start && address < end;
}

/* Where modules are, arch/x86/include/asm/pgtable_64_types.h: above the kernel's own text. */
#define MODULES_START 0xffffffff80000000ULL

static bool module_name(struct answer *answer, uint64_t address, struct code_name *name)
{
	if (address < MODULES_START)
		return false;
	if (!answer->code_tried)
		answer->code = code_open(answer->kernel, NULL);
	answer->code_tried = true;
	return answer->code && code_name_at(answer->code, address, name);
}

static void write_symbol(const char *name, uint64_t offset, const char *module, char *text,
			 size_t size)
{
	char visible[128], module_visible[64];
	int length;

	text_visible(name, visible, sizeof(visible));
	if (offset)
		length = snprintf(text, size, "%s+0x%" PRIx64, visible, offset);
	else
		length = snprintf(text, size, "%s", visible);
	if (*module && length > 0 && (size_t)length < size)
		snprintf(text + length, size - (size_t)length, " [%s]",
			 text_visible(module, module_visible, sizeof(module_visible)));
}

bool answer_symbol(struct answer *answer, uint64_t address, char *text, size_t size)
{
	struct code_name code = {.offset = 0};
	uint64_t offset;
	char name[128];

	*text = 0;
	if (in_kernel(answer, address)) {
		if (!image_symbol_at(answer->kernel->image, address, name, sizeof(name), &offset))
			return false;
		write_symbol(name, offset, "", text, size);
		return true;
	}
	if (!module_name(answer, address, &code))
		return false;
	write_symbol(code.function, code.offset, code.module, text, size);
	return true;
}

/* ----------------------------------------------------------------- arguments */

bool shell_usage(const struct shell_command *commands, const char *name, struct error *err)
{
	for (; commands->name; commands++)
		if (!strcmp(commands->name, name))
			return error_set(err, ERROR_USAGE, "usage: %s%s%s", name,
					 *commands->arguments ? " " : "", commands->arguments);
	return error_set(err, ERROR_USAGE, "%s: wrong arguments", name);
}

static void take_out(int *argc, char **argv, int at)
{
	--*argc;
	memmove(argv + at, argv + at + 1, (size_t)(*argc - at) * sizeof(*argv));
	argv[*argc] = NULL;
}

static int find_option(int argc, char **argv, const char *option)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], option))
			return i;
	return 0;
}

bool shell_option(int *argc, char **argv, const char *option)
{
	int at = find_option(*argc, argv, option);

	if (at)
		take_out(argc, argv, at);
	return at != 0;
}

const char *shell_option_value(int *argc, char **argv, const char *option)
{
	int at = find_option(*argc, argv, option);
	const char *value;

	if (!at || at + 1 >= *argc)
		return NULL;
	value = argv[at + 1];
	take_out(argc, argv, at);
	take_out(argc, argv, at);
	return value;
}

bool shell_no_options(int argc, char **argv, struct error *err)
{
	int i;

	for (i = 1; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			return error_set(err, ERROR_USAGE, "%s: no such option: %s", argv[0],
					 argv[i]);
	return true;
}
