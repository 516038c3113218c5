// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/build_id.h"

#include <elf.h>
#include <string.h>

bool build_id_valid(const char *text)
{
	size_t length = strspn(text, "0123456789abcdef");

	return !text[length] && length % 2 == 0 && length >= 8 && length < BUILD_ID_TEXT &&
	       strspn(text, "0") != length;
}

static void to_hex(const uint8_t *bytes, size_t count, char *text)
{
	static const char digit[] = "0123456789abcdef";

	for (; count; count--, bytes++) {
		*text++ = digit[*bytes >> 4];
		*text++ = digit[*bytes & 15];
	}
	*text = '\0';
}

bool build_id_in_notes(const uint8_t *notes, size_t size, char text[BUILD_ID_TEXT])
{
	while (size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr header;
		uint64_t name, descriptor;

		memcpy(&header, notes, sizeof(header));
		name = ((uint64_t)header.n_namesz + 3) & ~UINT64_C(3);
		descriptor = ((uint64_t)header.n_descsz + 3) & ~UINT64_C(3);
		notes += sizeof(header);
		size -= sizeof(header);
		if (name > size || descriptor > size - name)
			return false;
		if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
		    !memcmp(notes, "GNU", 4) && header.n_descsz <= BUILD_ID_BYTES_MAX) {
			to_hex(notes + name, header.n_descsz, text);
			return build_id_valid(text);
		}
		notes += name + descriptor;
		size -= (size_t)(name + descriptor);
	}
	return false;
}
