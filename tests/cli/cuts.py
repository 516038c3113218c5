# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that are cut, in every format: each is told, and none is called clean. Prints TAP.

Usage: cuts.py KSWAPCK DUMPS [--all]

Each format is cut at 20 places, with --all at 300.
"""

import os
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True

import cli
import dumps
import holes
from cli import CLEAN, FAILED, INCOMPLETE

PLACES = 20
ALL_PLACES = 300
SAID = ": cut: |not a dump|: empty|is empty|distilled"
# Whoever reads a dump must see that it is cut, whatever for.
COMMANDS = ([], ["scan"], ["explain"], ["scan", "--json"], ["pins"], ["triage", "--json"])


def lengths(size, places):
    """Where to cut a file of @size bytes, from its end on: some in its headers, none its end."""
    near = [1, 0, 3, 24, 64, 4095, 4096, 8191][:places // 3]
    rest = places - len(near)
    far = {size - 1 if part == rest else max(1, size * part // rest - part % 3)
           for part in range(1, rest + 1)}
    return sorted(far | {length for length in near if length < size}, reverse=True)


class Tests(cli.Tests):
    """The program, and one dump in every format."""

    def __init__(self, program, folder, scratch, places):
        super().__init__(program, folder, scratch)
        self.places = places
        self.whole = holes.Dump(self.good.read_bytes())
        self.ram_size = 0

    def clean(self, *arguments):
        """It must be clean as long as it is whole, or nothing is shown by its being cut."""
        done = self.run("scan", "--no-search", *arguments)
        assert done.returncode == CLEAN, f"whole: exit status {done.returncode}: {done.stderr}"

    def cut(self, path, arguments, places, check):
        """Make the file at @path shorter and shorter."""
        for number, length in enumerate(lengths(path.stat().st_size, places)):
            os.truncate(path, length)
            command = COMMANDS[number % len(COMMANDS)]
            try:
                check(*command, "--no-search", *arguments)
            except AssertionError as why:
                raise AssertionError(f"cut to {length} bytes, {command}: {why}") from why

    def one_file(self, content):
        """A dump of one file."""
        path = self.file("dump", content)
        self.clean(path)
        self.cut(path, [path], self.places, self.told)

    def told(self, *arguments):
        """One line that says so."""
        self.refused(*arguments, say=SAID)

    def not_clean(self, *arguments):
        """What has no header cannot be known to be cut in whole pages, but they are missed."""
        done = self.run(*arguments)
        assert done.returncode == FAILED or done.returncode & INCOMPLETE, \
            f"exit status {done.returncode}"
        assert "CLEAN" not in done.stdout, done.stdout

    def cut_ram(self, *arguments):
        """Cut within a page that is told, else like RAM that nobody gave."""
        path = self.scratch / "ram"
        size = path.stat().st_size
        if size % holes.BLOCK:
            self.told(*arguments)
            os.truncate(path, size - size % holes.BLOCK)
        # what little is lost then may be RAM that nobody asks for
        if size < self.ram_size * 97 // 100:
            self.not_clean(*arguments)

    # the formats

    def elf(self):
        """PT_LOADs with holes."""
        self.one_file(dumps.elf(self.whole))

    def kdump_zlib(self):
        """As makedumpfile -c writes it."""
        self.one_file(dumps.kdump(self.whole, "zlib"))

    def kdump_lzo(self):
        """As makedumpfile -l does."""
        self.one_file(dumps.kdump(self.whole, "lzo"))

    def kdump_snappy(self):
        """As makedumpfile -p does."""
        self.one_file(dumps.kdump(self.whole, "snappy"))

    def kdump_zstd(self):
        """As makedumpfile -z does."""
        self.one_file(dumps.kdump(self.whole, "zstd"))

    def flattened(self):
        """The stream without its end record, too."""
        self.one_file(dumps.flat(dumps.kdump(self.whole, "zlib")))

    def flattened_elf(self):
        """The same of an ELF core."""
        self.one_file(dumps.flat(dumps.elf(self.whole)))

    def split(self):
        """Either part."""
        parts = dumps.split(self.whole)
        for bad in (0, 1):
            paths = [self.file(f"part{number}", part) for number, part in enumerate(parts)]
            self.clean(*paths)
            self.cut(paths[bad], paths, self.places // 2, self.told)

    def raw(self):
        """RAM and nothing else."""
        path = self.file("ram", dumps.raw(self.whole))
        raw = f"--raw={path}@0x0"
        self.clean(raw)
        self.ram_size = path.stat().st_size
        self.cut(path, [raw], self.places, self.cut_ram)

    def distilled(self):
        """A small dump of what the analysis reads."""
        path = self.scratch / "distilled"
        done = self.run("distill", "-o", path, self.good)
        assert not done.returncode, done.stderr
        self.clean(path)
        self.cut(path, [path], self.places, self.told)

    # the contrary

    def enormous(self):
        """Some bytes of a flattened file make a hole of any size: that must cost nothing."""
        beyond = dumps.record(1 << 45, bytes(holes.BLOCK)) + dumps.END
        image = dumps.flat(dumps.raw(self.whole)).replace(b"OSRELEASE=", b"OSRELEASE-")
        self.file("ram", image.removesuffix(dumps.END) + beyond)
        self.refused("scan", f"--raw={self.scratch / 'ram'}@0x0", say="no VMCOREINFO")
        dump = dumps.flat(dumps.frames_claimed(dumps.kdump(self.whole, "zlib"), 1 << 37))
        self.file("dump", dump.removesuffix(dumps.END) + beyond)
        self.refused("scan", self.scratch / "dump", say="number of page frames")


KINDS = ("elf", "kdump_zlib", "kdump_lzo", "kdump_snappy", "kdump_zstd", "flattened",
         "flattened_elf", "split", "raw", "distilled")


def main(arguments):
    """Print TAP; return the exit status."""
    places = ALL_PLACES if "--all" in arguments else PLACES
    program, folder = (pathlib.Path(argument).absolute() for argument in arguments[:2])
    with tempfile.TemporaryDirectory() as scratch:
        tests = Tests(program, folder, pathlib.Path(scratch), places)
        cut = [(f"{kind.replace('_', ' ')}, cut at {places} places", getattr(tests, kind))
               for kind in KINDS]
        return cli.tap([*cut, ("holes without end", tests.enormous)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
