# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a kdump-compressed file with zlib again, in every other format that dumps have.

Layouts are those of makedumpfile's diskdump_mod.h and of its flattened format.
"""

import ctypes
import struct
import zlib

import holes

BLOCK = holes.BLOCK
STATUS_AT = 424
BITMAP_BLOCKS_AT = 436                  # and max_mapnr behind it
CODECS = 0x27
SUB = BLOCK                             # kdump_sub_header, in the second block
SPLIT_AT, PFNS_AT, PFNS_64_AT, MAX_MAPNR_64_AT = SUB + 12, SUB + 16, SUB + 80, SUB + 96
NOTES_AT = SUB + 48
MACHINE_X86_64 = 62
PT_LOAD, PT_NOTE, ET_CORE = 1, 4, 4
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")


def _by_library(name, function, bound):
    """Compression by a C function of (from, size, to, &room)."""
    library = ctypes.CDLL(name)

    def compress(data):
        buffer = ctypes.create_string_buffer(bound)
        size = ctypes.c_size_t(bound)
        status = function(library)(data, ctypes.c_size_t(len(data)), buffer, ctypes.byref(size))
        assert not status, f"{name}: {status}"
        return buffer.raw[:size.value]
    return compress


def _lzo():
    room = ctypes.create_string_buffer(1 << 20)

    def function(library):
        return lambda data, length, to, size: library.lzo1x_1_compress(data, length, to, size, room)
    return _by_library("liblzo2.so.2", function, 2 * BLOCK)


def _zstd():
    library = ctypes.CDLL("libzstd.so.1")
    library.ZSTD_compress.restype = ctypes.c_size_t

    def compress(data):
        buffer = ctypes.create_string_buffer(2 * BLOCK)
        size = library.ZSTD_compress(buffer, ctypes.c_size_t(2 * BLOCK), data,
                                     ctypes.c_size_t(len(data)), 1)
        return buffer.raw[:size]
    return compress


# The bit of each codec in headers and descriptors, and how to have it.
PACKERS = {
    "zlib": (0x1, lambda: lambda data: zlib.compress(data, 1)),
    "lzo": (0x2, _lzo),
    "snappy": (0x4, lambda: _by_library("libsnappy.so.1",
                                        lambda library: library.snappy_compress, 2 * BLOCK)),
    "zstd": (0x20, _zstd),
}


def kdump(dump, codec, first=None, end=None):
    """A holes.Dump with another codec; with @first and @end: one part of a split set."""
    bit, packer = PACKERS[codec]
    pack = packer()
    head = dump.data[:dump.descriptors]
    struct.pack_into("<i", head, STATUS_AT, dump.status & ~CODECS | bit)
    if end is not None:
        struct.pack_into("<i", head, SPLIT_AT, 1)
        struct.pack_into("<QQ", head, PFNS_AT, first, end)
        struct.pack_into("<QQ", head, PFNS_64_AT, first, end)
    pages = [content for index, content in dump.pages()
             if end is None or first <= dump.frames[index] < end]
    descriptors, data = bytearray(), bytearray()
    start = len(head) + len(pages) * holes.DESCRIPTOR.size
    for page in pages:
        packed, flags = pack(page), bit
        if len(packed) >= BLOCK:
            packed, flags = page, 0
        descriptors += holes.DESCRIPTOR.pack(start + len(data), len(packed), flags, 0)
        data += packed
    return bytes(head + descriptors + data)


def split(dump):
    """Two parts of one dump."""
    middle, end = dump.frames[len(dump.frames) // 2], 8 * (dump.descriptors - dump.bitmap)
    return kdump(dump, "zlib", 0, middle), kdump(dump, "zlib", middle, end)


def _runs(dump):
    """(first page frame, pages of RAM, of these in the file at first, index of the first)."""
    half = dump.descriptors - dump.bitmap
    ram = dump.data[dump.bitmap - half:dump.bitmap]
    index = {frame: number for number, frame in enumerate(dump.frames)}
    runs = []
    for frame in range(8 * half):
        if not ram[frame // 8] >> frame % 8 & 1:
            continue
        there = frame in index
        last = runs[-1] if runs else None
        if not last or last[0] + last[1] != frame or (there and last[1] != last[2]):
            runs.append([frame, 1, int(there), index.get(frame)])
        else:
            last[1] += 1
            last[2] += there
    return runs


def elf(dump):
    """An ELF core, with the notes that the sub header leads to."""
    contents = [content for _, content in dump.pages()]
    offset, size = struct.unpack_from("<QQ", dump.data, NOTES_AT)
    notes = bytes(dump.data[offset:offset + size])
    runs = _runs(dump)
    at = EHDR.size + (1 + len(runs)) * PHDR.size
    programs = PHDR.pack(PT_NOTE, 0, at, 0, 0, size, size, 0)
    body = bytearray(notes + bytes(-(at + size) % BLOCK))
    for frame, pages, there, index in runs:
        programs += PHDR.pack(PT_LOAD, 7, at + len(body), 0, frame * BLOCK, there * BLOCK,
                              pages * BLOCK, 0)
        for number in range(there):
            body += contents[index + number]
    header = EHDR.pack(b"\x7fELF\2\1\1", ET_CORE, MACHINE_X86_64, 1, 0, EHDR.size, 0, 0,
                       EHDR.size, PHDR.size, 1 + len(runs), 0, 0, 0)
    return header + programs + bytes(body)


def raw(dump):
    """All RAM as it lies from address 0 on; what the dump has not is zeros, but for VMCOREINFO, which is in its
    header alone if it was distilled.
    """
    data = bytearray((dump.frames[-1] + 1) * BLOCK)
    for index, content in dump.pages():
        place = dump.frames[index] * BLOCK
        data[place:place + BLOCK] = content
    if not any(data.startswith(b"OSRELEASE=", place) for place in range(0, len(data), BLOCK)):
        start = dump.data.index(b"OSRELEASE=")
        text = dump.data[start:dump.data.index(0, start)]
        place = min(set(range(1, dump.frames[-1])) - set(dump.frames)) * BLOCK
        data[place:place + len(text)] = text
    return bytes(data)


def frames_claimed(plain, count):
    """A kdump that says to have @count page frames, and bitmaps for them."""
    out = bytearray(plain)
    struct.pack_into("<II", out, BITMAP_BLOCKS_AT, 2 * (count // 8 // BLOCK), (1 << 32) - 1)
    struct.pack_into("<Q", out, MAX_MAPNR_64_AT, count)
    return bytes(out)


def widened(plain, dump, frames, file):
    """Write to @file, which is empty, the kdump @plain (of @dump) with bitmaps for @frames page frames: holes of the
    file where there is no RAM.
    """
    half = (frames + 8 * BLOCK - 1) // (8 * BLOCK) * BLOCK
    ram = dump.bitmap - (dump.descriptors - dump.bitmap)
    shift = ram + 2 * half - dump.descriptors
    head = bytearray(plain[:ram])
    struct.pack_into("<II", head, BITMAP_BLOCKS_AT, 2 * half // BLOCK, min(frames, (1 << 32) - 1))
    struct.pack_into("<Q", head, MAX_MAPNR_64_AT, frames)
    end = dump.descriptors + len(dump.frames) * holes.DESCRIPTOR.size
    moved = [(offset + shift, *rest) for offset, *rest in holes.DESCRIPTOR.iter_unpack(plain[dump.descriptors:end])]
    for place, content in ((0, head), (ram, plain[ram:dump.bitmap]), (ram + half, plain[dump.bitmap:dump.descriptors]),
                           (ram + 2 * half, b"".join(holes.DESCRIPTOR.pack(*one) for one in moved)),
                           (end + shift, plain[end:])):
        file.seek(place)
        file.write(content)


END = struct.pack(">qq", -1, -1)    # of a flattened file


def record(offset, content):
    """One record of a flattened file."""
    return struct.pack(">qq", offset, len(content)) + content


def flat(plain, size=1 << 16):
    """The same as makedumpfile -F writes it."""
    out = bytearray(struct.pack(">16sqq", b"makedumpfile", 1, 1).ljust(4096, b"\0"))
    for offset in range(0, len(plain), size):
        out += record(offset, plain[offset:offset + size])
    return bytes(out + END)
