// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which vmlinux is taken for a dump and which is refused: small ELF files written
 * here against a fake dump that was moved by KASLR.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_source.h"
#include "image/image.h"
#include "image/vmlinux.h"

#define LINKED	UINT64_C(0xffffffff81000000)	/* _stext in the file */
#define SLIDE	UINT64_C(0x12600000)
#define RODATA	0x1000u				/* from _stext */
#define NOTES	0x2000u
#define SIZE	0x4000u

#define ID_A	"0123456789abcdef0123456789abcdef01234567"
#define ID_B	"ffeeddccbbaa99887766554433221100ffeeddcc"

/* What a kernel says of itself, in a file or in a dump. */
struct kernel {
	const char *release;
	const char *build_id;	/* NULL: no note */
	const char *version;	/* end of the banner */
};

static const struct kernel ours = { "6.1.0-50-cloud-amd64", ID_A,
				    "#1 SMP Debian 6.1.176-1" };

struct part {
	const char *name;
	uint32_t type;
	uint64_t flags;
	uint64_t address;
	uint32_t link;
	uint64_t entry;
	const void *bytes;
	size_t size;
};

static void banner_of(const struct kernel *kernel, char *text, size_t size)
{
	snprintf(text, size, "Linux version %s (a@b) (gcc) %s\n", kernel->release,
		 kernel->version);
}

static size_t notes_of(const struct kernel *kernel, uint8_t *notes)
{
	static const uint8_t other[] = { 6, 0, 0, 0, 4, 0, 0, 0, 0, 1, 0, 0, 'L', 'i', 'n',
					 'u', 'x', 0, 0, 0, 1, 2, 3, 4 };
	static const uint8_t header[] = { 4, 0, 0, 0, 20,  0,	0,   0,
					  3, 0, 0, 0, 'G', 'N', 'U', 0 };
	unsigned int byte, i;

	memcpy(notes, other, sizeof(other));
	if (!kernel->build_id)
		return sizeof(other);
	memcpy(notes + sizeof(other), header, sizeof(header));
	for (i = 0; i < 20; i++) {
		sscanf(kernel->build_id + 2 * i, "%2x", &byte);
		notes[sizeof(other) + sizeof(header) + i] = (uint8_t)byte;
	}
	return sizeof(other) + sizeof(header) + 20;
}

static uint32_t section_name(const char *name, char *names, size_t *used)
{
	uint32_t at = (uint32_t)*used;

	strcpy(names + *used, name);
	*used += strlen(name) + 1;
	return at;
}

static void write_elf(const char *path, const struct part *parts, size_t count)
{
	int descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char names[256] = "";
	size_t used = 1, i;
	GElf_Ehdr header;
	Elf *elf;

	assert_true(descriptor >= 0);
	elf_version(EV_CURRENT);
	elf = elf_begin(descriptor, ELF_C_WRITE, NULL);
	assert_non_null(gelf_newehdr(elf, ELFCLASS64));
	gelf_getehdr(elf, &header);
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_machine = EM_X86_64;
	header.e_type = ET_EXEC;
	header.e_version = EV_CURRENT;
	header.e_shstrndx = (uint16_t)(count + 1);
	gelf_update_ehdr(elf, &header);
	for (i = 0; i <= count; i++) {
		struct part last = { ".shstrtab", SHT_STRTAB, 0, 0, 0, 0, names, 0 };
		const struct part *part = i < count ? &parts[i] : &last;
		Elf_Scn *section = elf_newscn(elf);
		Elf_Data *data = elf_newdata(section);
		GElf_Shdr to;

		gelf_getshdr(section, &to);
		to.sh_name = section_name(part->name, names, &used);
		to.sh_type = part->type;
		to.sh_flags = part->flags;
		to.sh_addr = part->address;
		to.sh_link = part->link;
		to.sh_entsize = part->entry;
		gelf_update_shdr(section, &to);
		data->d_buf = (void *)part->bytes;
		data->d_size = i < count ? part->size : used;
		data->d_type = ELF_T_BYTE;
		data->d_align = 1;
		data->d_version = EV_CURRENT;
	}
	assert_true(elf_update(elf, ELF_C_WRITE) > 0);
	elf_end(elf);
	close(descriptor);
}

/* @symbols: with a symbol table; @rodata: with the banner. */
static void write_vmlinux(const char *path, const struct kernel *kernel, bool symbols,
			  bool rodata)
{
	static const char strings[] =
		"\0_stext\0linux_banner\0__start_notes\0__stop_notes\0"
		"runqueues\0promoted.llvm.77";
	char banner[256];
	uint8_t notes[128];
	size_t notes_size = notes_of(kernel, notes);
	Elf64_Sym table[] = {
		{ 0 },
		{ 1, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), 0, 1, LINKED, 0 },
		{ 8, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 0, 1, LINKED + RODATA, 0 },
		{ 21, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), 0, 2, LINKED + NOTES, 0 },
		{ 35, ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), 0, 2,
		  LINKED + NOTES + notes_size, 0 },
		{ 48, ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT), 0, SHN_ABS, 0x31980, 0 },
		{ 58, ELF64_ST_INFO(STB_LOCAL, STT_FUNC), 0, 1, LINKED + 64, 0 },
	};
	struct part parts[] = {
		{ ".rodata", rodata ? SHT_PROGBITS : SHT_NOBITS, SHF_ALLOC,
		  LINKED + RODATA, 0, 0, banner, 0 },
		{ ".notes", SHT_NOTE, SHF_ALLOC, LINKED + NOTES, 0, 0, notes,
		  notes_size },
		{ ".strtab", SHT_STRTAB, 0, 0, 0, 0, strings, sizeof(strings) },
		{ ".symtab", SHT_SYMTAB, 0, 0, 3, sizeof(Elf64_Sym), table,
		  sizeof(table) },
	};

	banner_of(kernel, banner, sizeof(banner));
	parts[0].size = strlen(banner) + 1;
	write_elf(path, parts, symbols ? 4 : 3);
}

struct fixture {
	char directory[32];
	char path[64];
	uint8_t bytes[SIZE];
	struct fake_source fake;
	struct memory *memory;
	struct dump_identity dump;
	char text[512];
};

/* A dump of @kernel; @readable: its rodata and notes are in the dump. */
static void make_dump(struct fixture *f, const struct kernel *kernel, bool readable)
{
	memory_free(f->memory);
	memset(f->bytes, 0x90, SIZE);
	if (readable) {
		banner_of(kernel, (char *)f->bytes + RODATA, 256);
		notes_of(kernel, f->bytes + NOTES);
	}
	f->memory = fake_memory(&f->fake, LINKED + SLIDE, f->bytes, SIZE);
	f->dump = (struct dump_identity){
		.memory = f->memory,
		.architecture = "x86_64",
		.release = kernel->release,
		.notes_build_id = "",
		.vmcoreinfo_build_id = "",
		.stext = LINKED + SLIDE,
		.has_kernel_offset = true,
		.kernel_offset = SLIDE,
	};
	snprintf(f->text, sizeof(f->text), "OSRELEASE=%s\nSYMBOL(_stext)=%" PRIx64 "\n"
		 "KERNELOFFSET=%" PRIx64 "\n", kernel->release, LINKED + SLIDE, SLIDE);
	f->fake.source.facts.vmcoreinfo = f->text;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return 1;
	strcpy(f->directory, "/tmp/kswapck-test-XXXXXX");
	if (!mkdtemp(f->directory))
		return 1;
	snprintf(f->path, sizeof(f->path), "%s/vmlinux", f->directory);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	char command[64];
	int status;

	snprintf(command, sizeof(command), "rm -rf %s", f->directory);
	status = system(command);
	memory_free(f->memory);
	free(f);
	return status;
}

/* Open the file and ask. */
static bool accepted(struct fixture *f, struct error *err)
{
	struct vmlinux *vmlinux = vmlinux_open(f->path, err);
	bool good;

	if (!vmlinux)
		fail_msg("%s", err->text);
	good = vmlinux_verify(vmlinux, &f->dump, err);
	vmlinux_close(vmlinux);
	return good;
}

static void right_one(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	make_dump(f, &ours, true);
	write_vmlinux(f->path, &ours, true, true);
	assert_true(accepted(f, &err));
	/* By build id alone: SUSE's vmlinux.debug holds no .rodata. */
	write_vmlinux(f->path, &ours, true, false);
	assert_true(accepted(f, &err));
	/* Stripped: the ids are compared. */
	write_vmlinux(f->path, &ours, false, true);
	f->dump.vmcoreinfo_build_id = ID_A;
	assert_true(accepted(f, &err));
}

static void wrong_one(void **state)
{
	static const struct kernel other = { "6.12.107+deb13-cloud-amd64", ID_B,
					     "#1 SMP" };
	struct fixture *f = *state;
	struct error err = { 0 };

	make_dump(f, &ours, true);
	write_vmlinux(f->path, &other, true, true);
	assert_false(accepted(f, &err));
	assert_int_equal(err.kind, ERROR_INPUT);
	assert_non_null(strstr(err.text, ours.release));
	assert_non_null(strstr(err.text, other.release));
	assert_non_null(strstr(err.text, f->path));
	assert_non_null(strstr(err.text, "linux-image-6.1.0-50-cloud-amd64-dbg"));
	f->dump.architecture = "aarch64";
	assert_false(accepted(f, &err));
	assert_non_null(strstr(err.text, "architecture"));
}

/* Same release, other build: a rebuilt kernel. */
static void other_build(void **state)
{
	struct kernel rebuilt = ours;
	struct fixture *f = *state;
	struct error err = { 0 };

	rebuilt.build_id = ID_B;
	write_vmlinux(f->path, &rebuilt, true, true);
	make_dump(f, &ours, true);
	assert_false(accepted(f, &err));
	assert_non_null(strstr(err.text, ID_B));
	make_dump(f, &ours, false);
	f->dump.vmcoreinfo_build_id = ID_A;
	assert_false(accepted(f, &err));
	assert_non_null(strstr(err.text, ID_A));
	/* Without any id: only the time of build in the banner tells. */
	rebuilt.build_id = NULL;
	rebuilt.version = "#2 SMP";
	write_vmlinux(f->path, &rebuilt, true, true);
	make_dump(f, &ours, true);
	assert_false(accepted(f, &err));
}

static void garbage_build_id(void **state)
{
	struct kernel kernel = { "6.1.115", ID_A, "#1 SMP" };
	struct fixture *f = *state;
	struct error err = { 0 };

	write_vmlinux(f->path, &kernel, true, true);
	make_dump(f, &kernel, false);
	f->dump.vmcoreinfo_build_id = ID_B;
	assert_true(accepted(f, &err));
	kernel.release = "6.1.0-27-amd64";
	kernel.version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.115-1 (2024-11-01)";
	write_vmlinux(f->path, &kernel, true, true);
	make_dump(f, &kernel, false);
	f->dump.vmcoreinfo_build_id = ID_B;
	assert_true(accepted(f, &err));
	kernel.version = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)";
	write_vmlinux(f->path, &kernel, true, true);
	assert_false(accepted(f, &err));

	assert_true(vmlinux_build_id_suspect("5.15.170-generic"));
	assert_true(vmlinux_build_id_suspect("6.6.55"));
	assert_false(vmlinux_build_id_suspect("6.6.63"));
	assert_true(vmlinux_build_id_suspect("6.11.9"));
	assert_false(vmlinux_build_id_suspect("6.12.9"));
	assert_false(vmlinux_build_id_suspect("6"));
	assert_false(vmlinux_build_id_suspect(""));
}

static void by_release_alone(void **state)
{
	struct kernel kernel = { "5.4.0", NULL, "#1 SMP" };
	struct fixture *f = *state;
	struct error err = { 0 };

	write_vmlinux(f->path, &kernel, true, true);
	make_dump(f, &kernel, false);
	assert_true(accepted(f, &err));
	f->dump.kernel_offset += 0x200000;
	assert_false(accepted(f, &err));
	f->dump.has_kernel_offset = false;
	assert_true(accepted(f, &err));
	/* No witness at all. */
	write_vmlinux(f->path, &kernel, true, false);
	assert_false(accepted(f, &err));
	assert_non_null(strstr(err.text, "an unknown release"));
}

static void whole_image(void **state)
{
	struct fixture *f = *state;
	struct image_options options = { .vmlinux = f->path };
	struct error err = { 0 };
	struct image *image;
	uint64_t value;

	make_dump(f, &ours, true);
	write_vmlinux(f->path, &ours, true, true);
	image = image_open(f->memory, &f->fake.source.facts, &options, &err);
	if (!image)
		fail_msg("%s", err.text);
	assert_string_equal(image_release(image), ours.release);
	assert_string_equal(image_build_id(image), ID_A);
	assert_string_equal(image_symbols_from(image), "vmlinux");
	assert_string_equal(image_vmlinux(image), f->path);
	assert_int_equal(image_kaslr_offset(image), SLIDE);
	assert_true(image_symbol(image, "linux_banner", &value));
	assert_int_equal(value, LINKED + SLIDE + RODATA);
	/* An offset in the per-CPU area does not move. */
	assert_true(image_symbol(image, "runqueues", &value));
	assert_int_equal(value, 0x31980);
	assert_true(image_symbol(image, "promoted", &value));
	assert_int_equal(value, LINKED + SLIDE + 64);
	image_close(image);

	/* Stripped, and no kallsyms in the dump. */
	write_vmlinux(f->path, &ours, false, true);
	snprintf(f->text + strlen(f->text), 100, "BUILD-ID=%s\n", ID_A);
	image = image_open(f->memory, &f->fake.source.facts, &options, &err);
	assert_null(image);
	assert_non_null(strstr(err.text, "no symbols"));
	assert_non_null(strstr(err.text, "--vmlinux"));
}

static void make_directories(const char *path)
{
	char part[256];
	const char *slash = path;

	while ((slash = strchr(slash + 1, '/'))) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdir(part, 0700);
	}
}

static void expect_found(struct fixture *f, const char *place, bool found)
{
	struct vmlinux *vmlinux;
	char path[256];

	snprintf(path, sizeof(path), "%s%s", f->directory, place);
	make_directories(path);
	write_vmlinux(path, &ours, true, true);
	vmlinux = vmlinux_search(&f->dump, f->directory);
	if (!vmlinux != !found)
		fail_msg("%s", place);
	if (vmlinux)
		assert_string_equal(vmlinux->path, path);
	vmlinux_close(vmlinux);
	unlink(path);
}

static void search(void **state)
{
	struct fixture *f = *state;
	struct kernel hostile = ours;

	make_dump(f, &ours, true);
	expect_found(f, "/usr/lib/debug/boot/vmlinux-6.1.0-50-cloud-amd64", true);
	expect_found(f, "/usr/lib/debug/lib/modules/6.1.0-50-cloud-amd64/vmlinux", true);
	expect_found(f,
		     "/usr/lib/debug/usr/lib/modules/6.1.0-50-cloud-amd64/vmlinux.debug",
		     true);
	expect_found(f, "/boot/vmlinux-6.1.0-50-cloud-amd64", true);
	expect_found(f, "/lib/modules/6.1.0-50-cloud-amd64/build/vmlinux", true);
	expect_found(f, "/boot/vmlinux-6.1.0-51-cloud-amd64", false);
	expect_found(f,
		     "/usr/lib/debug/.build-id/01/23456789abcdef0123456789abcdef01234567"
		     ".debug",
		     false);
	f->dump.vmcoreinfo_build_id = ID_A;
	expect_found(f,
		     "/usr/lib/debug/.build-id/01/23456789abcdef0123456789abcdef01234567"
		     ".debug",
		     true);
	hostile.release = "x/../../6.1";
	make_dump(f, &hostile, true);
	expect_found(f, "/boot/vmlinux-x/../../6.1", false);
	/* One of another build in the right place is not used. */
	hostile = ours;
	hostile.build_id = ID_B;
	make_dump(f, &hostile, true);
	expect_found(f, "/boot/vmlinux-6.1.0-50-cloud-amd64", false);
}

static void not_a_vmlinux(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *says;
	} files[] = {
		{ "", 0, "too short" },
		{ "text of some kind", 17, "not an ELF file" },
		{ "\x1f\x8b\x08\0\0\0\0\0", 8, "gunzip" },
		{ "\x28\xb5\x2f\xfd\0\0\0\0", 8, "unzstd" },
		{ "\x7f" "ELF\x02\x01\x01\0\0\0\0\0", 12, "vmlinux" },
		{ "\x7f" "ELF\x01\x01\x01\0\0\0\0\0", 12, "vmlinux" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int descriptor = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		struct error err = { 0 };

		assert_int_equal(write(descriptor, files[i].bytes, files[i].size),
				 files[i].size);
		close(descriptor);
		assert_null(vmlinux_open(f->path, &err));
		assert_non_null(strstr(err.text, f->path));
		if (!strstr(err.text, files[i].says))
			fail_msg("\"%s\" lacks \"%s\"", err.text, files[i].says);
	}
	unlink(f->path);
	assert_null(vmlinux_open(f->path, NULL));
	assert_null(vmlinux_open(f->directory, NULL));
}

static void random_damage(void **state)
{
	struct fixture *f = *state;
	unsigned int seed = 20261120, round, i;
	uint8_t good[4096], bytes[4096];
	ssize_t size;
	int descriptor;

	make_dump(f, &ours, true);
	write_vmlinux(f->path, &ours, true, true);
	descriptor = open(f->path, O_RDWR);
	size = read(descriptor, good, sizeof(good));
	assert_true(size > 0 && (size_t)size < sizeof(good));
	for (round = 0; round < 3000; round++) {
		struct error err = { 0 };
		struct vmlinux *vmlinux;

		memcpy(bytes, good, (size_t)size);
		for (i = 0; i < 1 + round % 6; i++)
			bytes[(unsigned int)rand_r(&seed) % (unsigned int)size] =
				(uint8_t)rand_r(&seed);
		assert_int_equal(pwrite(descriptor, bytes, (size_t)size, 0), size);
		vmlinux = vmlinux_open(f->path, &err);
		if (vmlinux) {
			uint64_t offset;
			char name[64];

			vmlinux_verify(vmlinux, &f->dump, &err);
			if (vmlinux->symbols)
				vmlinux->symbols->ops->nearest(vmlinux->symbols,
							       LINKED + 5, name,
							       sizeof(name), &offset);
			vmlinux_close(vmlinux);
		} else {
			assert_true(err.text[0]);
		}
	}
	close(descriptor);
}

static void notes(void **state)
{
	static const uint8_t zero[36] = { 4, 0, 0, 0, 20,  0,	0,  0,
					  3, 0, 0, 0, 'G', 'N', 'U' };
	char text[BUILD_ID_TEXT];
	uint8_t bytes[128];
	size_t size = notes_of(&ours, bytes), i;

	(void)state;
	assert_true(build_id_in_notes(bytes, size, text));
	assert_string_equal(text, ID_A);
	for (i = 0; i < size; i++)
		assert_false(build_id_in_notes(bytes, i, text));
	assert_false(build_id_in_notes(zero, sizeof(zero), text));
	memset(bytes, 0xff, sizeof(bytes));
	assert_false(build_id_in_notes(bytes, sizeof(bytes), text));
	assert_true(build_id_valid(ID_A));
	assert_false(build_id_valid("0123456789ABCDEF"));
	assert_false(build_id_valid("012345678"));
	assert_false(build_id_valid("../../01234567"));
	assert_false(build_id_valid(""));
}

static void hints(void **state)
{
	char text[128];

	(void)state;
	vmlinux_hint("5.14.0-503.el9.x86_64", text, sizeof(text));
	assert_string_equal(
		text, "the vmlinux of package kernel-debuginfo-5.14.0-503.el9.x86_64");
	vmlinux_hint("6.8.0-45-generic", text, sizeof(text));
	assert_string_equal(text,
			    "the vmlinux of package linux-image-unsigned-6.8.0-45-generic"
			    "-dbgsym");
	vmlinux_hint("6.1.7-mine", text, sizeof(text));
	assert_string_equal(text, "the debug vmlinux of 6.1.7-mine");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(right_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(wrong_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_build, set_up, tear_down),
		cmocka_unit_test_setup_teardown(garbage_build_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(by_release_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whole_image, set_up, tear_down),
		cmocka_unit_test_setup_teardown(search, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_a_vmlinux, set_up, tear_down),
		cmocka_unit_test_setup_teardown(random_damage, set_up, tear_down),
		cmocka_unit_test(notes),
		cmocka_unit_test(hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
