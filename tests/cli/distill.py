#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Holds what 'kswapck distill' writes against the dump that it was given. Prints TAP.

Usage: distill.py KSWAPCK DUMPS
"""

import json
import mmap
import os
import pathlib
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

import cli
import holes
from cli import Skip

CANARY = b"What a process had in its memory, and nobody else is to see. "
FAILED, USAGE, INTERRUPTED = 8, 16, 32


class Tests:
    """The cases, and what they share."""

    def __init__(self, kswapck, dumps, folder):
        self.kswapck = str(pathlib.Path(kswapck).absolute())
        self.dumps = sorted(pathlib.Path(dumps).glob("*.kdump"))
        # of x86_64, and by zlib, as holes.py wants them
        self.by_zlib = [pathlib.Path(dumps) / name for name in ("healthy.kdump", "tail-private.kdump")]
        self.broken = pathlib.Path(dumps) / "freed-folio.kdump"
        self.folder = folder
        self.small = folder / "small.kdump"

    def run(self, *arguments, **more):
        """The program's exit status and output."""
        return subprocess.run([self.kswapck, *map(str, arguments)], capture_output=True, text=True,
                              check=False, **more)

    def distill(self, dump, *arguments, to=None):
        """Make self.small; returns what was said."""
        done = self.run("distill", "-f", *arguments, "-o", to or self.small, dump)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def document(self, command, dump):
        """The JSON of a command, without what is of the file and not of the kernel."""
        done = self.run(*command, "--json", "--no-search", dump)
        report = json.loads(done.stdout)
        report.pop("dump")
        report.get("summary", {}).pop("pages_read", 0)
        report.get("coverage", {}).pop("pages_failed", 0)
        return done.returncode, report

    def same(self, dump, small):
        """All reports of both are the same."""
        for command in (["scan"], ["scan", "--no-sweep"], ["explain", "--stacks=all"], ["pins"]):
            wanted, found = self.document(command, dump), self.document(command, small)
            assert wanted == found, f"{command} of {dump.name} differs: " + next(
                f"{key}: {wanted[1][key]} != {found[1].get(key)}"[:900]
                for key in wanted[1] if wanted[1][key] != found[1].get(key))

    def pages(self, dump):
        """The contents of all pages of a dump by zlib, by their frames."""
        found = holes.Dump(dump.read_bytes())
        return {found.frames[index]: content for index, content in found.pages()}

    def nothing_left(self):
        """No file, and no part of one, is in the folder."""
        assert not list(self.folder.iterdir()), list(self.folder.iterdir())

    # ------------------------------------------------------------------- what it finds

    def same_findings(self):
        """scan, explain and pins say the same of the small dump, however it is packed"""
        for dump in self.dumps:
            for how in ("zstd", "zlib", "lzo") if dump == self.broken else ("zstd",):
                self.distill(dump, "--compress", how)
                self.same(dump, self.small)

    def same_bytes(self):
        """the same dump gives the same bytes; one that was distilled is no larger when it is again"""
        other = self.folder / "other.kdump"
        self.distill(self.broken)
        self.distill(self.broken, to=other)
        assert self.small.read_bytes() == other.read_bytes()
        self.distill(self.small, to=other)
        self.same(self.small, other)
        assert other.stat().st_size <= self.small.stat().st_size

    def says_so(self):
        """a report says who has distilled it from what, and what is not in there"""
        self.distill(self.broken)
        words = self.run("scan", self.small).stdout
        assert re.search(r"distilled by\s+kswapck \S+ from:\s+kdump-compressed", words), words[:400]
        mark = json.loads(self.run("scan", "--json", self.small).stdout)["dump"]["distilled"]
        assert "pages of RAM" in mark["from"] and mark["without"] == "", mark
        done = self.run("pins", "--pfn=0-1000000", self.small)
        assert done.returncode == 4 and "not-in-dump" in done.stdout, done.stdout

    def says_what_is_missing(self):
        """a page that is missing in the small dump is said to be left out by distill, and nothing is clean"""
        clean = next(dump for dump in self.dumps if dump.name == "healthy.kdump")
        self.distill(clean, "--compress=zlib")
        place, _ = self.a_node_and_a_page(self.small)
        whole = holes.Dump(self.small.read_bytes())
        self.small.write_bytes(whole.without_pages({whole.frames.index(place // holes.BLOCK)}))
        done = self.run("scan", self.small)
        assert done.returncode & 4 and "CLEAN" not in done.stdout, done.stdout[-600:]
        assert "left out by 'kswapck distill'" in " ".join(done.stdout.split()), done.stdout[-900:]

    # ------------------------------------------------------------------ what is not in it

    def no_user_memory(self):
        """no page of a process, of a file or free is in there: a canary in all of them is not"""
        for dump in self.by_zlib:
            full = self.folder / "full.kdump"
            filled = fill_holes(dump.read_bytes(), full)
            assert filled > 10000
            self.same(dump, full)
            self.distill(full, "--compress=zlib")
            self.same(dump, self.small)
            assert not self.with_canary(full), dump.name

    def no_user_memory_of_a_guest(self):
        """nor is what a guest wrote to all its memory, files and registers; its log is, without --no-log"""
        dumps = sorted(cli.lab_dumps().glob("*-canary-elf"))
        if not dumps:
            raise Skip("the lab has made no such dump")
        for dump in dumps:
            facts = json.loads(dump.with_name(dump.name + ".json").read_text())["guest"]
            canary, in_log = facts["canary"].encode(), facts["canary_in_log"].encode()
            assert holds(dump, canary * 500) and holds(dump, in_log), dump.name
            for more, logged in ((), True), (("--no-log",), False):
                self.distill(dump, "--compress=zlib", *more)
                pages = self.pages(self.small)
                assert len(pages) > 500
                left = [hex(frame) for frame, content in pages.items() if canary in content]
                assert not left, (dump.name, more, left)
                assert canary not in self.small.read_bytes(), dump.name
                assert any(in_log in content for content in pages.values()) == logged, (dump.name, more)
            self.distill(dump)
            self.same(dump, self.small)

    def wild_pointer(self):
        """nor is it when a pointer of the kernel leads to a process's page; the finding is the same"""
        healthy = next(dump for dump in self.dumps if dump.name == "healthy.kdump")
        full = self.folder / "full.kdump"
        fill_holes(healthy.read_bytes(), full)
        place, target = self.a_node_and_a_page(full)
        write_word(full, place, target | 2)
        status, report = self.document(["scan"], full)
        found = [one for one in report["findings"] if one["name"] == "tree-pointer"]
        assert status & 1 and len(found) == 1, report["findings"][:2]
        assert f"{target | 2:#x}" in json.dumps(found[0]), found[0]
        # who asks for memory by its address gets it
        shown = self.run("shell", "--no-rc", "--no-search", "-e", f"rd {target:#x} 2", full).stdout
        assert CANARY[:16].decode() in shown, shown
        self.distill(full, "--compress=zlib")
        self.same(full, self.small)
        assert not self.with_canary(full)

    def with_canary(self, full):
        """What is said of the pages with the canary that are not the kernel's own image, which was a hole, too."""
        frames = [frame for frame, content in self.pages(self.small).items() if CANARY[:16] in content]
        said = [self.run("shell", "--no-rc", "-e", f"page {frame:#x}", full).stdout for frame in frames]
        return [text for text in said if not text.splitlines()[0].endswith(": reserved")]

    def a_node_and_a_page(self, dump):
        """Physical address of a node pointer in a tree, and the kernel's address of a page with the canary."""
        def shell(line, pattern):
            done = self.run("shell", "--no-rc", "--no-search", "-e", line, dump)
            found = re.search(pattern, done.stdout, re.MULTILINE)
            assert found, (line, done.stdout[:400], done.stderr)
            return int(found[1], 16)
        space = shell("rd swapper_spaces 1", r": +([0-9a-f]{16})")
        root = shell(f"xa {space:#x}", r"^node 0x([0-9a-f]{16}): level 0")
        leaf = shell(f"xa {space:#x}", r"^node 0x([0-9a-f]{16}): level 1")
        cached = shell(f"xa {space:#x} -v", r" page, pfn 0x([0-9a-f]+): swap cache")
        words = self.run("shell", "--no-rc", "--no-search", "-e", f"rd {root:#x} 72", dump).stdout
        values = [int(word, 16) for row in re.findall(r"^[0-9a-f]{16}:(.*?)(?:   .*)?$", words, re.MULTILINE)
                  for word in re.findall(r"[0-9a-f]{16}", row)]
        place = root + 8 * values.index(leaf | 2)
        return (shell(f"vtop {place:#x}", r"^physical +0x([0-9a-f]+)"),
                shell(f"page {cached:#x}", r"mapped at 0x([0-9a-f]{16})"))

    def names(self):
        """--redact and --no-log: the same findings, other names, no log"""
        self.distill(self.broken, "--redact", "--compress=zlib")
        assert self.document(["scan"], self.broken) == self.document(["scan"], self.small) or \
            "vda" in json.dumps(self.document(["scan"], self.broken)[1])
        told, wanted = (self.document(["explain"], dump)[1] for dump in (self.small, self.broken))
        comms = {one["comm"] for one in told["spinners"]}
        assert comms == {"xxxa"}, comms
        assert [one["slot"] for one in told["spinners"]] == [one["slot"] for one in wanted["spinners"]]
        assert "Comm: init" not in json.dumps(told)
        assert told["log"]["records"] == wanted["log"]["records"]
        for content in self.pages(self.small).values():
            assert b"Comm: init " not in content and b"/dev/vda" not in content
        self.distill(self.broken, "--no-log", "--compress=zlib")
        assert self.document(["scan"], self.broken) == self.document(["scan"], self.small)
        for content in self.pages(self.small).values():
            assert b"Kernel command line: console=" not in content and b"Comm: init " not in content
        assert json.loads(self.run("scan", "--json", self.small).stdout)["dump"]["distilled"]["without"] == "log"

    # ------------------------------------------------------------------------- the file

    def keeps_files(self):
        """no file is replaced without -f, the dump itself never, and nothing but a file"""
        self.small.write_text("mine")
        done = self.run("distill", "-o", self.small, self.broken)
        assert done.returncode == USAGE and "-f replaces it" in done.stderr, done.stderr
        assert self.small.read_text() == "mine"
        copy = self.folder / "copy.kdump"
        copy.write_bytes(self.broken.read_bytes())
        link = self.folder / "link.kdump"
        os.link(copy, link)
        for name in (copy, link):
            done = self.run("distill", "-f", "-o", name, copy)
            assert done.returncode == USAGE and "is the dump itself" in done.stderr, done.stderr
        assert copy.read_bytes() == self.broken.read_bytes()
        for name in (self.folder, "/dev/null", "/no/such/folder/small"):
            done = self.run("distill", "-f", "-o", name, self.broken)
            assert done.returncode in (USAGE, FAILED) and str(name) in done.stderr, done.stderr
        for arguments in ([self.broken], ["-o", copy], ["-o", copy, "--compress=gzip", self.broken]):
            assert self.run("distill", *arguments).returncode == USAGE, arguments

    def no_half_file(self):
        """out of space, interrupted or killed: no file is left"""
        for force in ([], ["-f"]):
            done = self.run("distill", *force, "-o", self.small, self.broken, preexec_fn=small_files)
            assert done.returncode == FAILED and "cannot write" in done.stderr, done.stderr
            self.nothing_left()
        for number, status in ((signal.SIGINT, FAILED | INTERRUPTED), (signal.SIGKILL, -signal.SIGKILL)):
            with subprocess.Popen([self.kswapck, "distill", "-o", self.small, self.dumps[0]],
                                  stderr=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                time.sleep(0.15)
                process.send_signal(number)
                process.communicate()
                assert process.returncode in (status, 0), process.returncode
            if process.returncode:
                self.nothing_left()
            else:
                self.small.unlink()
        done = self.run("distill", "-o", self.small, "/no/such/dump")
        assert done.returncode == FAILED
        self.nothing_left()

    def mode(self):
        """the file can be read by its owner alone"""
        self.distill(self.broken)
        assert self.small.stat().st_mode & 0o777 == 0o600


def holds(path, words):
    """Are these bytes anywhere in the file?"""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(words) >= 0


def small_files():
    """Writing more than 100 KB fails, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))


def fill_holes(data, path):
    """Write the dump with a page of the canary in each place where RAM is left out; how many those are."""
    dump = holes.Dump(data)
    half = dump.descriptors - dump.bitmap
    ram = data[dump.bitmap - half:dump.bitmap]
    frames = [8 * index + bit for index, byte in enumerate(ram) if byte for bit in range(8) if byte >> bit & 1]
    have = dict(zip(dump.frames, range(len(dump.frames))))
    old = dump.descriptors + len(dump.frames) * holes.DESCRIPTOR.size
    grown = (len(frames) - len(have)) * holes.DESCRIPTOR.size
    canary = zlib.compress((CANARY * 80)[:holes.BLOCK])
    table = bytearray()
    for frame in frames:
        if frame in have:
            offset, size, flags, _ = holes.DESCRIPTOR.unpack_from(
                data, dump.descriptors + have[frame] * holes.DESCRIPTOR.size)
            table += holes.DESCRIPTOR.pack(offset + grown, size, flags, 0)
        else:
            table += holes.DESCRIPTOR.pack(len(data) + grown, len(canary), holes.ZLIB, 0)
    path.write_bytes(data[:dump.bitmap] + ram + bytes(table) + data[old:] + canary)
    return len(frames) - len(have)


def write_word(path, physical, value):
    """Change eight bytes of memory in a dump."""
    data = bytearray(path.read_bytes())
    dump = holes.Dump(data)
    index = dump.frames.index(physical // holes.BLOCK)
    place = dump.descriptors + index * holes.DESCRIPTOR.size
    offset, size, flags, _ = holes.DESCRIPTOR.unpack_from(data, place)
    content = bytearray(zlib.decompress(data[offset:offset + size]) if flags & holes.ZLIB
                        else data[offset:offset + size])
    struct.pack_into("<Q", content, physical % holes.BLOCK, value)
    struct.pack_into("<QIIQ", data, place, len(data), len(content), 0, 0)
    path.write_bytes(data + content)


CASES = ["same_findings", "same_bytes", "says_so", "says_what_is_missing", "no_user_memory",
         "no_user_memory_of_a_guest", "wild_pointer", "names", "keeps_files", "no_half_file", "mode"]


def main(kswapck, dumps):
    """Run all cases; return the exit status."""
    failed = 0
    print(f"1..{len(CASES)}")
    for number, name in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            tests = Tests(kswapck, dumps, pathlib.Path(folder))
            case = getattr(tests, name)
            try:
                case()
                print(f"ok {number} - {case.__doc__}")
            except Skip as why:
                print(f"ok {number} - {case.__doc__} # SKIP {why}")
            except (AssertionError, ValueError, subprocess.TimeoutExpired):
                failed += 1
                print(f"not ok {number} - {case.__doc__}")
                print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()[-6:]), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
