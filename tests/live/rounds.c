// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thousand looks at a kernel that stands still: a dump, as a file made like
 * /proc/kcore, which has nothing but the map of all RAM. Each look must find what the
 * audit of the dump finds, and memory must not grow. Prints TAP.
 *
 * Usage: rounds DUMP [ROUNDS]
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "command/dump.h"
#include "live/live.h"

#define PAGE	    4096
#define PROGRAMS    60000	/* e_phnum has 16 bits */
#define WARM	    100		/* looks after which nothing more is to be taken */
#define GROWTH_KIB  128
#define MEMORY_MAX  (1 << 20)	/* pages */

static unsigned int tests, failures;

static void check(bool good, const char *what, unsigned long value)
{
	failures += !good;
	printf("%s %u - %s (%lu)\n", good ? "ok" : "not ok", ++tests, what, value);
	fflush(stdout);
}

static void give_up(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

static uint64_t value_of(const struct dump *dump, const char *symbol)
{
	uint64_t address, value = 0;

	if (!image_symbol(dump->image, symbol, &address) ||
	    memory_read_u64(dump->memory, address, &value) != READ_OK)
		give_up(symbol);
	return value;
}

/* ------------------------------------------------------------- a file like /proc/kcore */

struct kcore {
	FILE *file;
	Elf64_Phdr programs[PROGRAMS];
	uint16_t count;
	uint64_t end;		/* of the file */
};

static void put(struct kcore *kcore, uint64_t at, const void *bytes, size_t size)
{
	if (fseek(kcore->file, (long)at, SEEK_SET) || fwrite(bytes, size, 1, kcore->file) != 1)
		give_up("cannot write");
}

static void add_page(struct kcore *kcore, uint64_t address, uint64_t physical, const void *page)
{
	Elf64_Phdr *last = kcore->count > 1 ? &kcore->programs[kcore->count - 1] : NULL;

	if (!last || last->p_paddr + last->p_memsz != physical) {
		if (kcore->count == PROGRAMS)
			give_up("too many pieces");
		last = &kcore->programs[kcore->count++];
		*last = (Elf64_Phdr){
			.p_type = PT_LOAD, .p_vaddr = address, .p_paddr = physical,
			.p_offset = kcore->end,
		};
	}
	last->p_memsz += PAGE;
	last->p_filesz = last->p_memsz;
	put(kcore, kcore->end, page, PAGE);
	kcore->end += PAGE;
}

static void add_memory(struct kcore *kcore, const struct dump *dump)
{
	uint64_t base = value_of(dump, "page_offset_base"), pages = value_of(dump, "max_pfn");

	for (uint64_t pfn = 0; pfn < pages && pfn < MEMORY_MAX; pfn++) {
		const void *page = memory_map_physical(dump->memory, pfn * PAGE, PAGE, NULL);

		if (page)
			add_page(kcore, base + pfn * PAGE, pfn * PAGE, page);
	}
}

static void add_note(struct kcore *kcore, const char *vmcoreinfo)
{
	Elf64_Nhdr header = {.n_namesz = 11, .n_descsz = (Elf64_Word)strlen(vmcoreinfo)};
	char name[12] = "VMCOREINFO";

	put(kcore, kcore->end, &header, sizeof(header));
	put(kcore, kcore->end + sizeof(header), name, sizeof(name));
	put(kcore, kcore->end + sizeof(header) + sizeof(name), vmcoreinfo, header.n_descsz);
	kcore->programs[kcore->count++] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = kcore->end,
		.p_filesz = sizeof(header) + sizeof(name) + header.n_descsz,
	};
	kcore->end += PAGE * (1 + (sizeof(header) + sizeof(name) + header.n_descsz) / PAGE);
}

static void write_kcore(const struct dump *dump, const char *path)
{
	static struct kcore kcore;
	Elf64_Ehdr header = {
		.e_type = ET_CORE, .e_machine = EM_X86_64, .e_phoff = sizeof(header),
		.e_phentsize = sizeof(Elf64_Phdr),
	};

	kcore.file = fopen(path, "wb");
	if (!kcore.file)
		give_up(path);
	kcore.end = PAGE * (1 + (sizeof(header) + sizeof(kcore.programs)) / PAGE);
	add_note(&kcore, source_facts(dump->source)->vmcoreinfo);
	add_memory(&kcore, dump);
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_phnum = kcore.count;
	put(&kcore, 0, &header, sizeof(header));
	put(&kcore, sizeof(header), kcore.programs, kcore.count * sizeof(*kcore.programs));
	if (fclose(kcore.file))
		give_up("cannot write");
}

/* As dump_open() does for the running kernel, but that this machine's /proc tells nothing of it. */
static void open_kcore(struct dump *dump, const char *path)
{
	const struct source_options source_options = {.live = true};
	const struct image_options image_options = {0};
	struct error err = {0};

	memset(dump, 0, sizeof(*dump));
	dump->source = source_open(&path, 1, &source_options, &err);
	if (dump->source)
		dump->memory = memory_new(dump->source, 0);
	if (dump->memory)
		dump->image = image_open(dump->memory, source_facts(dump->source), &image_options,
					 &err);
	if (dump->image)
		dump->types = types_open(dump->image, &err);
	if (!dump->types ||
	    !kernel_open(&dump->kernel, dump->source, dump->image, dump->types, &err))
		give_up(err.text);
}

/* ----------------------------------------------------------------------------- looks */

static void count(void *data, const struct kswapck_finding *finding)
{
	(void)finding;
	++*(size_t *)data;
}

static size_t findings_of(const struct dump *dump, const struct catalogue *catalogue)
{
	const struct audit_options options = {0};
	size_t found = 0;
	const struct audit_sink sink = {.data = &found, .finding = count};
	struct audit_summary summary;

	if (!audit_run(&dump->kernel, catalogue, &options, &sink, &summary, NULL))
		give_up("no audit");
	return found;
}

static unsigned long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long pages = 0;

	if (!file || fscanf(file, "%*u %lu", &pages) != 1)
		give_up("/proc/self/statm");
	fclose(file);
	return pages * PAGE / 1024;
}

/* AddressSanitizer keeps what was freed; what was not it finds by itself. */
static bool tells_memory(void)
{
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
	return false;
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
	return false;
#else
	return true;
#endif
}

static void look_often(struct dump *dump, const struct catalogue *catalogue, size_t expected,
		       unsigned long rounds)
{
	const struct live_options options = {.confirm = LIVE_CONFIRM};
	struct live *live = live_new(&dump->kernel, catalogue, &options);
	struct live_view known = {0}, view = {0};
	unsigned long wrong = 0, audits = 0, warm = 0;

	for (unsigned long i = 0; i < rounds; i++) {
		struct error err = {0};

		dump_refresh(dump);
		if (!live || !live_look(live, &known, &view, &err))
			give_up(err.text);
		wrong += view.findings.count != expected || view.transient || view.undecided;
		audits += view.audits;
		live_view_free(&known);
		known = view;
		if (i == WARM)
			warm = resident_kib();
	}
	check(!wrong, "looks that found something else than the audit of the dump", wrong);
	check(audits == rounds + (expected ? LIVE_CONFIRM : 0), "one audit for each, but for those "
	      "that confirm", audits);
	if (tells_memory() && rounds > 2 * WARM)
		check(resident_kib() <= warm + GROWTH_KIB, "KiB of memory at the end",
		      resident_kib());
	printf("# %lu KiB after %d looks, %lu KiB after %lu\n", warm, WARM, resident_kib(), rounds);
	live_view_free(&known);
	live_free(live);
}

int main(int argc, char **argv)
{
	const struct dump_options options = {0};
	const char *const name = argc > 1 ? argv[1] : "";
	static struct catalogue catalogue;
	char path[] = "/tmp/kcore.XXXXXX";
	struct error err = {0};
	struct dump dump;
	size_t expected;

	catalogue_init(&catalogue);
	if (!dump_open(&dump, &name, 1, &options, &err))
		give_up(err.text);
	expected = findings_of(&dump, &catalogue);
	close(mkstemp(path));
	write_kcore(&dump, path);
	dump_close(&dump);
	open_kcore(&dump, path);
	look_often(&dump, &catalogue, expected, argc > 2 ? strtoul(argv[2], NULL, 10) : 1000);
	dump_close(&dump);
	unlink(path);
	printf("1..%u\n", tests);
	return failures != 0;
}
