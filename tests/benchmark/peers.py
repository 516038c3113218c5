# SPDX-License-Identifier: GPL-2.0-or-later
"""drgn and crash on the swap cache, as whole processes, and whether they count what kswapck counts."""
import json
import pathlib
import re
import subprocess
import tempfile

from kswapck_lab import debug

HERE = pathlib.Path(__file__).resolve().parent
SAME = ("cached", "shadows", "used", "parked")
PAGE = re.compile(r"^[0-9a-f]{16} +[0-9a-f]+ ", re.MULTILINE)   # a line of kmem -p


class Disagreement(Exception):
    """A peer counts other things: then its time tells nothing."""


class Drgn:
    def __init__(self, meter, kernel, how):
        self.meter = meter
        script = HERE / "audit_drgn.py"
        self.command = [*debug.drgn(), script, *how]
        self.vmlinux = debug.get(kernel) / "vmlinux"

    def measure(self, dump, summary):
        with tempfile.NamedTemporaryFile() as out:
            figures = self.meter.run([*self.command, dump, self.vmlinux], out.name)
            found = json.loads(pathlib.Path(out.name).read_text() or "{}")
        if found.get("wrong") != 0 or any(found.get(key) != summary[key] for key in SAME):
            raise Disagreement(f"drgn: {dump}: {found}, kswapck: {summary}")
        return figures


class Crash:
    """tree -t xarray of each address_space of the swap cache, and kmem -p of each page in it.

    Debian 12's crash: that of trixie, 8.0.6, looks through the stacks of processors that idle for
    the frame of a dump, and gives up at one of size 0. Where the spaces are it is asked before,
    which does not count.
    """
    def __init__(self, meter, kernel):
        self.meter = meter
        self.command = debug.crash("bookworm")
        self.vmlinux = debug.get(kernel) / "vmlinux"

    def ask(self, dump, lines):
        return subprocess.run([*self.command, "-s", self.vmlinux, dump], check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True,
                              input="".join(f"{line}\n" for line in [*lines, "quit"])).stdout

    def spaces(self, dump):
        """The addresses of all struct address_space of the first device."""
        said = self.ask(dump, ["p nr_swapper_spaces[0]", "p swapper_spaces[0]", "p sizeof(struct address_space)"])
        count, first, size = (int(re.search(pattern, said)[1], 0) for pattern in (
            r"\$1 = (\d+)", r"\$2 = .*(0x[0-9a-f]+)", r"\$3 = (\d+)"))
        return [first + i * size for i in range(count)]

    def measure(self, dump, summary):
        spaces = self.spaces(dump)
        with tempfile.TemporaryDirectory() as folder:
            here = pathlib.Path(folder)
            lines = ["set scroll off",
                     *(f"tree -t xarray -r address_space.i_pages {space:x} >> {here}/pages" for space in spaces),
                     f"!sed 's/^/kmem -p /' {here}/pages > {here}/lookups",
                     f"< {here}/lookups > {here}/out", "quit"]
            (here / "commands").write_text("".join(f"{line}\n" for line in lines))
            figures = self.meter.run([*self.command, "-s", self.vmlinux, dump], stdin=here / "commands")
            found = len(PAGE.findall((here / "out").read_text()))
        if found != summary["cached"]:
            raise Disagreement(f"crash: {dump}: {found} pages, kswapck: {summary['cached']}")
        return figures
