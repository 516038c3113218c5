// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is a vmlinux of the build that was dumped? The witnesses, best first:
 *
 * 1. the build id in the notes of the dumped kernel itself: read where kallsyms
 *    or this vmlinux says that they lie;
 * 2. the banner in dump memory: it holds compiler and build time;
 * 3. BUILD-ID of VMCOREINFO (5.9 and later), which some kernels print wrong;
 * 4. the release, and that _stext moved by just KERNELOFFSET.
 *
 * A right vmlinux finds its own build id at its own address. A wrong one finds
 * anything there: mostly nothing that looks like a note, and then the next
 * witness is asked.
 */
#include "image/vmlinux.h"

#include <elf.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX (64u << 10)

enum answer {
	UNKNOWN,
	SAME,
	OTHER,
};

static enum answer compare(const char *one, const char *other)
{
	if (!*one || !*other)
		return UNKNOWN;
	return strcmp(one, other) ? OTHER : SAME;
}

bool vmlinux_build_id_suspect(const char *version)
{
	/*
	 * lib/buildid.c of 905415ff3ffb (6.12), as it went to stable series without what
	 * mended it, d4deb8242341. No member or symbol tells; first and last patch level.
	 */
	static const unsigned int broken[][4] = {
		{ 5, 15, 168, 9999 },
		{ 6, 1, 113, 118 },
		{ 6, 6, 55, 62 },
		{ 6, 10, 14, 9999 },
		{ 6, 11, 3, 9 },
	};
	unsigned int major, minor, patch = 0, i;

	if (sscanf(version, "%4u.%4u.%4u", &major, &minor, &patch) < 2)
		return false;
	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		if (major == broken[i][0] && minor == broken[i][1] &&
		    patch >= broken[i][2] && patch <= broken[i][3])
			return true;
	return false;
}

/*
 * Debian's release names an ABI, "6.1.0-27-amd64"; the stable version stands at
 * the end of the banner: "#1 SMP Debian 6.1.115-1 (2024-11-01)".
 */
static bool suspect(const struct vmlinux *vmlinux, const struct dump_identity *dump)
{
	static const char debian[] = " Debian ";
	const char *version = strstr(vmlinux->banner, debian);

	return vmlinux_build_id_suspect(dump->release) ||
	       (version && vmlinux_build_id_suspect(version + sizeof(debian) - 1));
}

static enum answer by_notes(const struct vmlinux *vmlinux,
			    const struct dump_identity *dump)
{
	uint64_t size = vmlinux->notes_end - vmlinux->notes_at;
	char found[BUILD_ID_TEXT] = "";
	uint8_t *notes;

	if (*dump->notes_build_id && *vmlinux->build_id)
		return compare(dump->notes_build_id, vmlinux->build_id);
	if (!vmlinux->notes_at || vmlinux->notes_end <= vmlinux->notes_at ||
	    size > NOTES_MAX || !vmlinux->stext)
		return UNKNOWN;
	notes = malloc((size_t)size);
	if (!notes)
		return UNKNOWN;
	if (memory_read(dump->memory, vmlinux->notes_at - vmlinux->stext + dump->stext,
			notes, (size_t)size) != READ_OK ||
	    !build_id_in_notes(notes, (size_t)size, found))
		found[0] = '\0';
	free(notes);
	return compare(found, vmlinux->build_id);
}

static enum answer by_banner(const struct vmlinux *vmlinux,
			     const struct dump_identity *dump)
{
	char raw[BANNER_TEXT], found[BANNER_TEXT];

	if (!vmlinux->banner_at || !vmlinux->stext || !*vmlinux->banner ||
	    memory_read_string(dump->memory,
			       vmlinux->banner_at - vmlinux->stext + dump->stext,
			       raw, sizeof(raw)) != READ_OK ||
	    strncmp(raw, "Linux version ", 14))
		return UNKNOWN;
	text_clean(found, sizeof(found), raw, strlen(raw));
	return compare(found, vmlinux->banner);
}

static enum answer by_vmcoreinfo(const struct vmlinux *vmlinux,
				 const struct dump_identity *dump)
{
	enum answer answer = compare(dump->vmcoreinfo_build_id, vmlinux->build_id);

	return answer == OTHER && suspect(vmlinux, dump) ? UNKNOWN : answer;
}

static enum answer by_release(const struct vmlinux *vmlinux,
			      const struct dump_identity *dump)
{
	enum answer answer = compare(dump->release, vmlinux->release);

	if (answer == SAME && vmlinux->stext && dump->has_kernel_offset &&
	    vmlinux->stext + dump->kernel_offset != dump->stext)
		return OTHER;
	return answer;
}

static bool right_machine(const struct vmlinux *vmlinux, const struct dump_identity *dump)
{
	GElf_Ehdr header;

	if (!gelf_getehdr(vmlinux->elf, &header))
		return false;
	if (!strcmp(dump->architecture, "x86_64"))
		return header.e_machine == EM_X86_64;
	if (!strcmp(dump->architecture, "aarch64") || !strcmp(dump->architecture, "arm64"))
		return header.e_machine == EM_AARCH64;
	return true;
}

static bool refuse(const struct vmlinux *vmlinux, const struct dump_identity *dump,
		   struct error *err)
{
	const char *id = *dump->notes_build_id ? dump->notes_build_id
					       : dump->vmcoreinfo_build_id;
	char hint[256];

	vmlinux_hint(dump->release, hint, sizeof(hint));
	return error_set(err, ERROR_INPUT, "%s is of another kernel: the dump is of %s "
			 "(build id %s), the file is of %s (build id %s); give %s",
			 vmlinux->path, dump->release, *id ? id : "unknown",
			 *vmlinux->release ? vmlinux->release : "an unknown release",
			 *vmlinux->build_id ? vmlinux->build_id : "unknown", hint);
}

bool vmlinux_verify(const struct vmlinux *vmlinux, const struct dump_identity *dump,
		    struct error *err)
{
	enum answer answer = UNKNOWN;

	if (!right_machine(vmlinux, dump))
		return error_set(err, ERROR_INPUT,
				 "%s is of another architecture than the "
				 "dump, which is %s",
				 vmlinux->path, dump->architecture);
	answer = by_notes(vmlinux, dump);
	if (answer == UNKNOWN)
		answer = by_banner(vmlinux, dump);
	if (answer == UNKNOWN)
		answer = by_vmcoreinfo(vmlinux, dump);
	if (answer == UNKNOWN)
		answer = by_release(vmlinux, dump);
	return answer == SAME || refuse(vmlinux, dump, err);
}
