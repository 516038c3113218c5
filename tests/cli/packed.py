# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that were compressed as a whole: gzip, xz, zstd. Prints TAP.

Usage: packed.py KSWAPCK DUMPS
"""

import gzip
import json
import lzma
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import zlib

sys.dont_write_bytecode = True

import cli
from cli import CLEAN, ERRORS, FAILED, Skip

cli.TIMEOUT = 120


def zstd(content):
    """Compressed by the program of that name; Python has no module for it yet."""
    if not shutil.which("zstd"):
        raise Skip("no zstd")
    return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True,
                          check=True).stdout


PACKERS = {
    "gzip": lambda content: gzip.compress(content, 1),
    "xz": lambda content: lzma.compress(content, preset=0),
    "zstd": zstd,
}


class Tests(cli.Tests):
    """The dumps of the tree, packed."""

    def packed(self, name):
        """A dump, and the same packed."""
        plain = self.dumps / "freed-folio.kdump"
        path = self.scratch / f"packed.{name}"
        if not path.exists():
            path.write_bytes(PACKERS[name](plain.read_bytes()))
        return plain, path

    def temporary(self):
        """A folder for temporary files, which must be empty afterwards."""
        folder = self.scratch / "temporary"
        folder.mkdir(exist_ok=True)
        assert not list(folder.iterdir())
        return folder

    def same(self, name):
        """The same report, which says that there was a temporary copy."""
        plain, path = self.packed(name)
        folder = self.temporary()
        reports = []
        for file in (plain, path):
            done = self.run("--json", "-n", file, env={**os.environ, "TMPDIR": str(folder)})
            assert done.returncode == ERRORS, done.stderr
            reports.append(json.loads(done.stdout))
        shown = reports[1]["dump"]["format"]
        assert shown == reports[0]["dump"]["format"] + \
            f", unpacked from {name} into a temporary copy", shown
        for report in reports:
            del report["dump"], report["explain"]["dump"]
        assert reports[0] == reports[1]
        assert not list(folder.iterdir())

    def gzip(self):
        """gzip."""
        self.same("gzip")

    def xz(self):
        """xz."""
        self.same("xz")

    def zstd(self):
        """zstd."""
        self.same("zstd")

    def streams(self):
        """Several streams in one file, and something behind them."""
        content = (self.dumps / "freed-folio.kdump").read_bytes()
        for name, pack in PACKERS.items():
            parts = [pack(content[:1 << 20]), pack(content[1 << 20:])]
            done = self.run("scan", "-n", self.file("streams", b"".join(parts)))
            assert done.returncode == ERRORS, f"{name}: {done.stderr}"
        done = self.run("scan", "-n", self.file("streams", gzip.compress(content, 1) + b"garbage"))
        assert done.returncode == ERRORS, done.stderr

    def cut_or_damaged(self):
        """A file that ends early or has wrong bytes is refused."""
        for name in PACKERS:
            content = self.packed(name)[1].read_bytes()
            for length in (12, len(content) // 2, len(content) - 3):
                self.refused("scan", self.file("cut", content[:length]), say="compressed file is")
            damaged = bytearray(content)
            damaged[len(content) // 2:len(content) // 2 + 64] = bytes(64)
            self.refused("scan", self.file("damaged", bytes(damaged)), say="damaged|cut")

    def bomb(self):
        """Zeros without end take no room."""
        path = self.scratch / "bomb.gz"
        with gzip.open(path, "wb", 1) as file:
            for _ in range(512):
                file.write(bytes(1 << 20))

        def little_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30))

        done = self.run("scan", path, preexec_fn=little_room)
        assert done.returncode == FAILED and "not a dump" in done.stderr, done.stderr

    def hungry(self):
        """A few bytes that ask for gigabytes of memory get none."""
        window = b"\x28\xb5\x2f\xfd\x04\x9a" + bytes(26)  # zstd: 640 MiB
        self.refused("scan", self.file("hungry", window), say="128 MiB.*zstd -d --long=31")
        packed = bytearray(lzma.compress(bytes(4096)))
        size = (packed[12] + 1) * 4  # of the block's header, which ends in a checksum
        packed[16] = 32  # its dictionary: 256 MiB
        packed[12 + size - 4:12 + size] = zlib.crc32(packed[12:12 + size - 4]).to_bytes(4, "little")
        self.refused("scan", self.file("hungry", bytes(packed)), say="128 MiB.*xz -d")

    def no_room(self):
        """A full or missing folder for temporary files is said."""
        path = self.packed("gzip")[1]

        def little_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 18, 1 << 18))

        done = self.run("scan", path, preexec_fn=little_room, restore_signals=False)
        assert done.returncode == FAILED and "TMPDIR" in done.stderr, done.stderr
        done = self.run("scan", path, env={**os.environ, "TMPDIR": "/no/such"})
        assert done.returncode == FAILED and "TMPDIR" in done.stderr, done.stderr

    def in_a_batch(self):
        """A batch takes packed dumps, and passes packed logs over."""
        folder = self.scratch / "batch"
        folder.mkdir()
        for name in PACKERS:
            shutil.copy(self.packed(name)[1], folder / f"vmcore.{name}")
        (folder / "dmesg.gz").write_bytes(gzip.compress(b"[ 0.0] Linux\n" * 999))
        (folder / "empty.gz").write_bytes(gzip.compress(b""))
        done = self.run("batch", "-n", folder)
        found = {pathlib.Path(record["path"]).name: record
                 for record in map(json.loads, done.stdout.splitlines())}
        assert set(found) == {"vmcore.gzip", "vmcore.xz", "vmcore.zstd", "empty.gz"}, set(found)
        assert found.pop("empty.gz")["status"] == "failed"
        assert {record["verdict"] for record in found.values()} == {"stall"}
        assert "1 file in folders passed over" in done.stderr, done.stderr

    def shell(self):
        """The shell, which has no sandbox, takes them too."""
        done = self.run("shell", "-n", "--no-rc", "-e", "devices", self.packed("gzip")[1])
        assert done.returncode == CLEAN and "vda" in done.stdout, done.stdout


HELPERS = {"packed", "temporary", "same"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
