# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that are made to cost time or memory: each is told in seconds, or read like any other. Prints TAP.

Usage: hostile.py KSWAPCK DUMPS
"""

import resource
import struct
import subprocess
import sys

sys.dont_write_bytecode = True

import cli
import dumps
import holes
from cli import CLEAN

# Of the processor, for what takes a twentieth of a second when nobody means harm; sanitizers take their part.
SECONDS = 20
MEGABYTES = 48
# A small process asks: what a program took is counted from the memory of whoever has started it.
PEAK = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)")
NOTE = struct.Struct("<III")
SHDR = struct.Struct("<IIQQQQIIQQ")
PN_XNUM = 0xffff


def limited():
    """In the child: no more than that."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def elf(segments, notes, ram):
    """An ELF core of all RAM, with more program headers."""
    count = len(segments) + 2
    place = dumps.EHDR.size + count * dumps.PHDR.size
    start = (place + len(notes) + SHDR.size + holes.BLOCK - 1) // holes.BLOCK * holes.BLOCK
    programs = [dumps.PHDR.pack(dumps.PT_NOTE, 0, place, 0, 0, len(notes), len(notes), 0),
                dumps.PHDR.pack(dumps.PT_LOAD, 7, start, 0, 0, len(ram), len(ram), 0), *segments]
    # where they are too many for a number of 16 bits, section 0 has it
    sections = place + len(notes)
    header = dumps.EHDR.pack(b"\x7fELF\2\1\1", dumps.ET_CORE, dumps.MACHINE_X86_64, 1, 0, dumps.EHDR.size, sections, 0,
                             dumps.EHDR.size, dumps.PHDR.size, PN_XNUM, SHDR.size, 1, 0)
    head = header + b"".join(programs) + notes + SHDR.pack(0, 0, 0, 0, 0, 0, 0, count, 0, 0)
    return head.ljust(start, b"\0") + ram


class Tests(cli.Tests):
    """One kind of attack each."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.whole = holes.Dump((self.dumps / "healthy.kdump").read_bytes())
        offset, size = struct.unpack_from("<QQ", self.whole.data, dumps.NOTES_AT)
        self.notes = bytes(self.whole.data[offset:offset + size])

    def run(self, *arguments, **options):
        """With an end."""
        return super().run(*arguments, preexec_fn=limited, **options)

    def clean(self, path):
        """Read like any other."""
        done = self.run("scan", path)
        assert done.returncode == CLEAN, f"exit status {done.returncode}: {done.stderr}"

    def peak(self, path):
        """Memory that a scan takes, MiB."""
        done = subprocess.run([sys.executable, "-ISc", PEAK, self.program, "scan", path], capture_output=True,
                              text=True, check=True)
        return int(done.stdout)

    def segments_without_end(self):
        """More than any dump has."""
        one = dumps.PHDR.pack(dumps.PT_LOAD, 7, 0, 0, 0, 0, 1, 0)
        path = self.file("segments", elf([one] * 300000, self.notes, dumps.raw(self.whole)))
        self.refused("scan", path, say="300,002 program headers")

    def notes_without_end(self):
        """One note for each 16 bytes of 30 MiB."""
        one = NOTE.pack(0, 1, 5) + bytes(4)
        notes = self.notes + one * ((30 << 20) // len(one))
        path = self.file("notes", elf([], notes, dumps.raw(self.whole)))
        self.clean(path)
        if self.peak(self.good) < MEGABYTES / 2:    # else it is built with a sanitizer
            peak = self.peak(path)
            assert peak <= MEGABYTES, f"{peak} MiB"

    def records_of_a_byte(self):
        """A flattened file, as nothing writes it."""
        path = self.file("flat", dumps.flat(bytes(self.whole.data), 1))
        self.refused("scan", path, say="records in its first")

    def holes_for_256_terabytes(self):
        """Bitmaps of that much RAM, nearly all of which is not there: holes of the file."""
        path = self.scratch / "bitmaps"
        with open(path, "wb") as file:
            dumps.widened(bytes(self.whole.data), self.whole, 1 << 36, file)
        self.clean(path)


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, ("clean", "peak", "run"), sys.argv[1:]))
