# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes pages out of a kdump-compressed file, as if makedumpfile had left them out, or changes what they hold.

Only what the committed dumps are: x86_64, zlib, one part. The page stays in the
bitmap of RAM and goes from the bitmap of dumped pages and from the descriptors.
"""

import struct
import zlib

BLOCK = 4096
DESCRIPTOR = struct.Struct("<QIIQ")     # offset, size, flags, page_flags
ZLIB = 1


class Dump:
    """A dump in memory: which pages it holds, and where."""

    def __init__(self, data):
        self.data = bytearray(data)
        assert self.data[:8] == b"KDUMP   "
        # disk_dump_header: utsname of 6 x 65 bytes at 12, padding, timeval, then these
        (self.status, block, sub_blocks, bitmap_blocks) = \
            struct.unpack_from("<iiii", self.data, 424)
        assert block == BLOCK
        half = bitmap_blocks // 2 * BLOCK
        self.bitmap = (1 + sub_blocks) * BLOCK + half
        self.descriptors = self.bitmap + half
        bits = self.data[self.bitmap:self.descriptors]
        self.frames = [8 * i + bit for i, byte in enumerate(bits) if byte
                       for bit in range(8) if byte >> bit & 1]

    def pages(self):
        """(index, contents) of each page that the file holds."""
        for index in range(len(self.frames)):
            offset, size, flags, _ = DESCRIPTOR.unpack_from(
                self.data, self.descriptors + index * DESCRIPTOR.size)
            content = self.data[offset:offset + size]
            yield index, zlib.decompress(content) if flags & ZLIB else bytes(content)

    def without(self, accept):
        """The file without the pages whose contents @accept takes; and how many those are."""
        gone = {index for index, content in self.pages() if accept(content)}
        return self.without_pages(gone), len(gone)

    def without_pages(self, gone):
        """The file without the pages of these indices."""
        data = bytearray(self.data)
        place = self.descriptors
        for index, frame in enumerate(self.frames):
            if index in gone:
                data[self.bitmap + frame // 8] &= ~(1 << frame % 8)
                continue
            old = self.descriptors + index * DESCRIPTOR.size
            data[place:place + DESCRIPTOR.size] = self.data[old:old + DESCRIPTOR.size]
            place += DESCRIPTOR.size
        # room that nobody uses is zeros
        end = self.descriptors + len(self.frames) * DESCRIPTOR.size
        data[place:end] = bytes(end - place)
        return bytes(data)

    def without_bit(self, index):
        """The file with one bit of the bitmap lost, and nothing else changed."""
        data = bytearray(self.data)
        frame = self.frames[index]
        data[self.bitmap + frame // 8] &= ~(1 << frame % 8)
        return bytes(data)

    def with_words(self, words):
        """The file with other bytes of the same length in place of some, wherever they are."""
        data = bytearray(self.data)
        for index, content in self.pages():
            changed = content
            for old, new in words.items():
                assert len(old) == len(new)
                changed = changed.replace(old, new)
            if changed == content:
                continue
            packed = zlib.compress(changed)
            place = self.descriptors + index * DESCRIPTOR.size
            page_flags = DESCRIPTOR.unpack_from(data, place)[3]
            DESCRIPTOR.pack_into(data, place, len(data), len(packed), ZLIB, page_flags)
            data += packed
        return bytes(data)
