"""An ELF core taken apart: the bare bytes of its RAM, one file for each piece, as phones' boot loaders leave them."""

import struct

PT_LOAD = 1
PAGE = 4096
PROGRAM = struct.Struct("<IIQQQQQQ")
COPY_BYTES = 1 << 24


def split(core, into):
    """Writes the RAM of an ELF core to files named INTO.ADDRESS; gives their paths. Nothing is written twice."""
    made, done = [], 0
    with open(core, "rb") as file:
        for physical, offset, size in _segments(file):
            # /proc/vmcore describes the kernel image twice.
            skipped = max(0, done - physical)
            # A BIOS takes the end of a page for itself; nobody would leave such an image.
            size -= (physical + size) % PAGE
            if skipped >= size:
                continue
            path = into.parent / f"{into.name}.{physical + skipped:#x}"
            _copy(file, offset + skipped, size - skipped, path)
            made.append(path)
            done = physical + size
    return made


def _segments(file):
    header = file.read(64)
    table, = struct.unpack_from("<Q", header, 32)
    count, = struct.unpack_from("<H", header, 56)
    file.seek(table)
    programs = [PROGRAM.unpack(file.read(PROGRAM.size)) for _ in range(count)]
    # One without a physical address has -1 there.
    return sorted((physical, offset, size) for kind, _, offset, _, physical, size, _, _ in programs
                  if kind == PT_LOAD and size and physical < 1 << 52)


def _copy(file, offset, size, path):
    file.seek(offset)
    with open(path, "wb") as out:
        while size:
            data = file.read(min(size, COPY_BYTES))
            out.write(data)
            size -= len(data)


def arguments(paths):
    """kswapck's options for the parts."""
    return [f"--raw={path}@{path.suffix[1:]}" for path in paths]
