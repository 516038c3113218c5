"""Rewrites a kdump-compressed file with its pages in snappy, which Debian's makedumpfile was built without.

The layout is that of makedumpfile's diskdump_mod.h: a header block, a sub header, two bitmaps of pages (there is,
is in the file), a descriptor for each page of the second, and the pages' data. Only the last two change, and the
codec's bit in the header.
"""

import ctypes
import struct
import zlib

from . import LabError, packages

SIGNATURE = b"KDUMP   "
HEADER = struct.Struct("<424x I i i I")     # after version, names and time: status, block size, sub header, bitmaps
STATUS_AT = 424
SPLIT_AT = 12                               # in the sub header: whether there are more files of this dump
PAGE = struct.Struct("<qIIQ")               # where, size, codec, unused
ZLIB, CODECS, SNAPPY = 0x1, 0x27, 0x4       # the same bits in the header and in descriptors; CODECS are all of them
BATCH = 1 << 12                             # descriptors read at a time


class _Snappy:
    """The C functions of libsnappy."""

    def __init__(self):
        packages.install(["libsnappy1v5"])
        self._library = ctypes.CDLL("libsnappy.so.1")
        self._library.snappy_max_compressed_length.restype = ctypes.c_size_t
        self._library.snappy_max_compressed_length.argtypes = [ctypes.c_size_t]
        self._library.snappy_compress.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p,
                                                  ctypes.POINTER(ctypes.c_size_t)]

    def compress(self, data):
        """One page; makedumpfile's way leaves it as it is where that is not larger."""
        size = ctypes.c_size_t(self._library.snappy_max_compressed_length(len(data)))
        buffer = ctypes.create_string_buffer(size.value)
        if self._library.snappy_compress(data, len(data), buffer, ctypes.byref(size)):
            raise LabError("libsnappy does not compress")
        return buffer.raw[:size.value]


def to_snappy(source, target):
    """Writes the zlib (or not compressed) dump `source` as the snappy dump `target`."""
    snappy = _Snappy()
    with open(source, "rb") as old, open(target, "wb") as new:
        if old.read(len(SIGNATURE)) != SIGNATURE:
            raise LabError(f"{source} is not kdump-compressed")
        old.seek(0)
        status, block, sub_blocks, bitmap_blocks = HEADER.unpack(old.read(HEADER.size))
        old.seek(block + SPLIT_AT)
        if struct.unpack("<i", old.read(4))[0]:
            raise LabError(f"{source} is one of several")
        before = (1 + sub_blocks + bitmap_blocks) * block
        old.seek(0)
        head = bytearray(old.read(before))
        bitmap = head[before - bitmap_blocks * block // 2:]
        struct.pack_into("<I", head, STATUS_AT, status & ~CODECS | SNAPPY)
        new.write(head)
        _copy_pages(old, new, before, int.from_bytes(bitmap, "little").bit_count(), block, snappy)


def _copy_pages(old, new, at, count, block, snappy):
    data_at = at + count * PAGE.size
    moved = {}                  # by the old place: all pages of zeros share one
    for first in range(0, count, BATCH):
        old.seek(at + first * PAGE.size)
        rows = list(PAGE.iter_unpack(old.read(min(BATCH, count - first) * PAGE.size)))
        made = []
        for where, size, codec, unused in rows:
            if where not in moved:
                old.seek(where)
                data, codec = _packed(old.read(size), codec, block, snappy)
                new.seek(data_at)
                new.write(data)
                moved[where] = (data_at, len(data), codec)
                data_at += len(data)
            made.append(PAGE.pack(*moved[where], unused))
        new.seek(at + first * PAGE.size)
        new.write(b"".join(made))


def _packed(data, codec, block, snappy):
    if codec & CODECS & ~ZLIB:
        raise LabError("only zlib pages can be rewritten")
    page = zlib.decompress(data) if codec & ZLIB else data
    if len(page) != block:
        raise LabError(f"a page has {len(page)} bytes")
    small = snappy.compress(page)
    return (small, SNAPPY) if len(small) < block else (page, 0)
