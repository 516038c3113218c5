// SPDX-License-Identifier: GPL-2.0-or-later
/* ELF notes, as they are in both formats of dumps. */
#include "source/notes.h"

#include <unistd.h>

#include "fuzz.h"

static void read_notes(const struct file *file)
{
	struct notes notes = {0};
	struct error err = {0};
	unsigned char last;
	size_t i;

	/* as two ranges, like two program headers */
	if (notes_add(&notes, file, 0, file_size(file) / 2, &err))
		notes_add(&notes, file, file_size(file) / 2, file_size(file) -
			  file_size(file) / 2, &err);
	for (i = 0; i < notes.prstatus_count; i++)
		memcpy(&last, notes.bytes + notes.prstatus[i].offset + notes.prstatus[i].size - 1,
		       1);
	for (i = 0; i < notes.qemu_count; i++)
		memcpy(&last, notes.bytes + notes.qemu[i].offset + notes.qemu[i].size - 1, 1);
	if (notes.vmcoreinfo.size)
		memcpy(&last, notes.bytes + notes.vmcoreinfo.offset + notes.vmcoreinfo.size - 1, 1);
	notes_clear(&notes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[FUZZ_PATH_SIZE];
	int descriptor = fuzz_file(data, size);
	struct error err = {0};
	struct file *file;

	if (descriptor < 0)
		return 0;
	fuzz_path(descriptor, path);
	file = file_open(path, -1, &err);
	if (file)
		read_notes(file);
	file_close(file);
	close(descriptor);
	return 0;
}
