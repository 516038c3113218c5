# SPDX-License-Identifier: GPL-2.0-or-later
"""What 'kswapck report' writes: pages that are whole, escaped, and say what the other reports say. Prints TAP.

Usage: report.py KSWAPCK DUMPS

The lab's dumps are asked too, where it has made them; see tests/lab/README.md.
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "cli"))

import cli
import holes
import page
from cli import CLEAN, ERRORS, FAILED, USAGE, Skip

cli.TIMEOUT = 120
NAMES = ("healthy", "freed-folio", "tail-private")
LAB = ("5.10-churn-elf", "6.12-churn-elf", "6.1-mix-elf", "6.12bug-uffd-move-fault-elf", "6.1-big-elf")
LARGEST = 250_000

# What nobody should be called: a task, a line of the log, a file.
COMM = b"<script>x()//\0\0\0"
WORDS = {b"init".ljust(16, b"\0"): COMM, b"RCU Stall": b"<b>\"'&x<b"}
FILE = "\"><script>hi()<\u202ea&b'.kdump"


class Tests(cli.Tests):
    """The program, its dumps, and pages that it writes."""

    def page(self, dump, *arguments, status=None):
        """The page of a dump, read."""
        path = self.scratch / "report.html"
        path.unlink(missing_ok=True)
        done = self.run("report", "--no-search", "-o", path, *arguments, dump)
        assert path.exists(), done.stderr
        assert status is None or done.returncode == status, f"exit status {done.returncode}, not {status}"
        made = page.Page(path.read_text(encoding="utf-8"))
        wrong = list(made.complaints())
        assert not wrong, "\n".join(wrong[:5])
        return made

    def agrees(self, dump):
        """The page says what the JSON of triage says, slot by slot."""
        made = self.page(dump)
        report = json.loads(self.run("--json", "--no-search", dump).stdout)
        assert made.inside["h1"] == [report["explain"]["verdict"]]
        assert report["explain"]["text"] in made.text
        for finding in report["findings"]:
            assert finding["text"] in made.text, finding["text"]
            for evidence in finding["evidence"]:
                assert evidence["crash"] in made.text and evidence["drgn"] in made.text
        numbers = [attributes["id"] for attributes in made.all("tr") if "id" in attributes]
        assert numbers == [f"f{n}" for n in range(1, len(report["findings"]) + 1)]
        devices = [attributes for attributes in made.all("div") if attributes.get("class") == "device"]
        assert len(devices) == len(report["devices"])
        kinds = [list(page.clusters(device["data-runs"])) for device in devices]
        for device, mine in zip(report["devices"], kinds):
            assert sum(map(len, mine)) == device["slots"]
        everything = "".join("".join(mine) for mine in kinds)
        summary = report["summary"]
        assert sum(everything.count(kind) for kind in "cLl") == summary["cached"]
        assert everything.count("s") == summary["shadows"]
        return made, report, devices

    # the tests

    def pages_are_sound(self):
        """Pages of the dumps are whole, refer to nothing, and agree with JSON."""
        for name in NAMES:
            made, report, devices = self.agrees(self.dumps / f"{name}.kdump")
            marks = [mark for device in devices for mark in page.marks(device["data-marks"])]
            wanted = [(finding["slots"]["first"], finding["slots"]["last"], True, number)
                      for number, finding in enumerate(report["findings"], 1)]
            assert sorted(marks) == sorted(wanted)
            assert len(made.source) < LARGEST, f"{len(made.source)} letters"

    def the_lab_too(self):
        """So are those of the lab's dumps, a million slots among them."""
        cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        lab = pathlib.Path(os.environ.get("KSWAPCK_LAB") or pathlib.Path(cache) / "kswapck-lab") / "dumps"
        found = [lab / name for name in LAB if (lab / name).exists()]
        if not found:
            raise Skip("the lab has made none of these dumps")
        for dump in found:
            made, _, _ = self.agrees(dump)
            assert len(made.source) < LARGEST, f"{dump}: {len(made.source)} letters"

    def same_bytes(self):
        """The same dump gives the same bytes, to a file or to stdout."""
        dump = self.dumps / "freed-folio.kdump"
        first, second = self.page(dump, status=ERRORS).source, self.page(dump).source
        assert first == second
        assert self.run("report", "--no-search", "-o", "-", dump).stdout == first

    def everything_is_escaped(self):
        """A task, a file and a line of the log that look like HTML are text."""
        words = holes.Dump((self.dumps / "freed-folio.kdump").read_bytes()).with_words(WORDS)
        path = self.scratch / FILE
        path.write_bytes(words)
        made = self.page(path, status=ERRORS)
        assert "pid 39 (<script>x()//)" in made.text, "the task is not in it"
        assert "<script>x" not in made.source and "<script>hi" not in made.source
        assert "<b>\"'&x<b" in made.text, "the line of the log is not in it"
        assert "\"><script>hi()<" in made.text and "\u202e" not in made.text
        assert [attributes.get("type") for attributes in made.all("script")] == ["module"]

    def findings_are_limited(self):
        """--max-findings shows fewer, and says so; all of them are in the picture."""
        made = self.page(self.dumps / "freed-folio.kdump", "--max-findings=1")
        assert len([attributes for attributes in made.all("tr") if "id" in attributes]) == 2
        assert "the first 1 are shown" in made.text
        device = next(attributes for attributes in made.all("div") if attributes.get("class") == "device")
        assert len(page.marks(device["data-marks"])) == 8

    def never_half_a_file(self):
        """What cannot be written whole is not there, and what was there stays."""
        path = self.scratch / "old.html"
        path.write_text("old")
        self.refused("report", "-o", path, self.file("bad", b"no dump"))
        assert path.read_text() == "old"
        limit = (20000, 20000)
        done = self.run("report", "-o", path, self.dumps / "freed-folio.kdump",
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
        assert done.returncode & FAILED and len(done.stderr.splitlines()) == 1, done.stderr
        assert path.read_text() == "old"
        assert self.refused("report", "-o", self.scratch / "none/x.html", self.good, say="No such file")
        assert self.run("report", "-o", path, self.good).returncode == CLEAN
        assert path.read_text() != "old"
        left = [one.name for one in self.scratch.iterdir() if one.name.startswith(".")]
        assert not left, left

    def interrupted(self):
        """Ctrl-C, or the end of the parent, leaves nothing."""
        folder = self.scratch / "stopped"
        folder.mkdir()
        path = folder / "x.html"
        stopped = 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            for delay in (0, 0.003, 0.01, 0.02, 0.04, 0.08):
                process = subprocess.Popen([self.program, "report", "-q", "-o", path, self.dumps / "freed-folio.kdump"],
                                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
                time.sleep(delay)
                process.send_signal(number)
                process.wait(cli.TIMEOUT)
                stopped += not path.exists()
                assert not path.exists() or path.read_text().endswith("</html>\n"), (number, delay)
                path.unlink(missing_ok=True)
        assert stopped, "it was never stopped in time"
        assert self.run("report", "-o", path, self.good).returncode == CLEAN and path.exists()
        path.unlink()
        assert not list(folder.iterdir()), list(folder.iterdir())

    def index(self):
        """batch --html and summarize --html write the same index, escaped, with a row for each dump."""
        folder = self.scratch / "many"
        folder.mkdir()
        for name in NAMES:
            shutil.copy(self.dumps / f"{name}.kdump", folder / f"{name}.kdump")
        shutil.copy(self.dumps / "freed-folio.kdump", folder / "<b>&'.kdump")
        results, first, second = (self.scratch / name for name in ("r.ndjson", "first.html", "second.html"))
        done = self.run("batch", "-q", "-o", results, "--html", first, folder, self.file("bad.kdump", b"no dump"))
        assert done.returncode == ERRORS | FAILED, done.stderr
        done = self.run("summarize", "--html", second, results)
        assert done.returncode == CLEAN and not done.stdout, done.stderr
        assert first.read_text() == second.read_text()
        made = page.Page(first.read_text())
        wrong = list(made.complaints())
        assert not wrong, wrong[:5]
        assert "<b>&'.kdump" in made.text
        assert "5 dumps: 3 broken in 2 ways, 1 clean, 1 not analysed" in made.text
        prints = {json.loads(line)["fingerprint"] for line in results.read_text().splitlines()} - {None}
        assert len(prints) == 2 and all(one in made.text for one in prints)
        self.refused("batch", "--html", first, folder, status=USAGE, say="--output")

    def wrong_usage(self):
        """It takes a file, and that is not the dump."""
        self.refused("report", self.good, status=USAGE, say="-o")
        self.refused("report", "-o", "", self.good, status=USAGE)
        self.refused("report", "-o", self.scratch, self.good, status=USAGE, say="no regular file")
        copy = self.scratch / "copy.kdump"
        shutil.copy(self.good, copy)
        self.refused("report", "-o", copy, copy, status=USAGE, say="the dump itself")
        assert copy.read_bytes() == self.good.read_bytes()


HELPERS = {"page", "agrees"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
