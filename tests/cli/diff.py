# SPDX-License-Identifier: GPL-2.0-or-later
"""What 'kswapck diff' says of two reports, good and bad ones. Prints TAP.

Usage: diff.py KSWAPCK DUMPS
"""

import copy
import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import schema
from cli import CLEAN, ERRORS, INCOMPLETE, USAGE

WARNINGS = 2
cli.TIMEOUT = 60    # some files here are large
NAMES = ("healthy", "freed-folio", "tail-private")


class Tests(cli.Tests):
    """The program, and reports that it wrote."""

    def report(self, name, command="triage"):
        """One of its reports, as Python has it."""
        done = self.run(command, "--json", "--no-search", self.dumps / f"{name}.kdump")
        return json.loads(done.stdout)

    def written(self, name, document):
        """A report in a file."""
        return self.file(name, json.dumps(document).encode())

    def diff(self, before, after, *arguments, status=CLEAN):
        """The comparison of two documents, held against its schema."""
        files = self.written("before.json", before), self.written("after.json", after)
        done = self.run("diff", "--json", *arguments, *files)
        assert done.returncode == status, f"exit status {done.returncode}, not {status}: {done.stderr}"
        result = json.loads(done.stdout)
        wrong = list(schema.complaints(result, "diff"))
        assert not wrong, wrong[:3]
        assert result["exit_status"] == status
        text = self.run("diff", *arguments, *files)
        assert text.returncode == status
        assert ("\nNEW: " in text.stdout) == bool(status & (ERRORS | WARNINGS)), text.stdout
        wide = [line for line in text.stdout.splitlines() if len(line) > 80]
        assert not wide, wide[0]
        return result

    # the tests

    def nothing_new(self):
        """A report and itself: all has stayed, by slot."""
        for name in NAMES:
            report = self.report(name)
            result = self.diff(report, report)
            assert result["by"] == "slot" and result["same_boot"]
            assert {change["change"] for change in result["changes"]} <= {"stayed"}
            findings = [change for change in result["changes"] if change["kind"] == "finding"]
            assert len(findings) == len(report["findings"])

    def two_hosts(self):
        """Another boot: by device, and no slot or address counts."""
        result = self.diff(self.report("healthy"), self.report("freed-folio"), status=ERRORS)
        assert result["by"] == "device" and not result["same_boot"]
        came = {(change["kind"], change["name"]) for change in result["changes"]}
        assert came == {("finding", "freed-folio"), ("finding", "partial-folio"), ("spinner", "stall"),
                        ("bug", "migration-replaces-one-slot")}, came
        assert result["summary"]["came"] == 4

    def and_back(self):
        """What was there and is not: gone, and nothing new."""
        result = self.diff(self.report("freed-folio"), self.report("healthy"))
        assert result["summary"]["went"] == 4 and result["summary"]["came"] == 0

    def addresses_change(self):
        """The same host after a reboot: other addresses, pids and slots are no difference."""
        before, after = self.report("freed-folio"), self.report("freed-folio")
        for device in after["devices"]:
            device["swap_info_struct"] = "0xffff888000001000"
        for finding in after["findings"]:
            finding["page"] = "0xffffea0000000000"
            finding["slots"]["first"] += 100000
            finding["slots"]["last"] += 100000
        after["findings"].pop()
        result = self.diff(before, after)
        assert result["by"] == "device"
        assert {change["change"] for change in result["changes"]} == {"stayed"}

    def other_devices(self):
        """Hosts with devices of other names are compared by problem."""
        before, after = self.report("freed-folio", "scan"), self.report("freed-folio", "scan")
        after["devices"][0]["name"] = "nvme0n1p3"
        result = self.diff(before, after)
        assert result["by"] == "problem" and result["summary"]["stayed"] == 2
        self.diff(before, after, "--by=device", status=ERRORS)

    def by_slot(self):
        """One boot: findings come, go, grow and shrink by their slots."""
        before, after = self.report("freed-folio", "scan"), self.report("freed-folio", "scan")
        before["findings"], after["findings"] = ([copy.deepcopy(before["findings"][1]) for _ in range(4)]
                                                 for _ in range(2))
        places = ((0, 9, 10), (100, 109, 10), (200, 209, 10), (300, 309, 10))
        later = ((0, 9, 10), (105, 119, 15), (200, 203, 4), (400, 409, 10))
        for findings, wanted in ((before["findings"], places), (after["findings"], later)):
            for finding, (first, last, count) in zip(findings, wanted):
                finding["slots"] = {"first": first, "last": last, "count": count}
        result = self.diff(before, after, status=ERRORS)
        changes = {change["change"]: (change["after"] or change["before"])["slots"]["first"]
                   for change in result["changes"]}
        assert changes == {"stayed": 0, "grew": 105, "shrank": 200, "went": 300, "came": 400}, changes

    def warnings_alone(self):
        """The exit status tells warnings from errors."""
        before, after = self.report("healthy", "scan"), self.report("freed-folio", "scan")
        for finding in after["findings"]:
            finding["severity"] = "warning"
        self.diff(before, after, status=WARNINGS)

    def not_all_seen(self):
        """Incomplete reports are told, whichever of both it is."""
        good, cut = self.report("healthy", "scan"), self.report("healthy", "scan")
        cut["coverage"]["complete"] = False
        self.diff(good, cut, status=INCOMPLETE)
        self.diff(cut, good, status=INCOMPLETE)

    def stories_alone(self):
        """Two of explain; and of triage with explain, the stories."""
        stall, clean = self.report("freed-folio", "explain"), self.report("healthy")
        result = self.diff(clean, stall, status=ERRORS)
        assert not result["findings_compared"] and result["story_compared"]
        assert {change["kind"] for change in result["changes"]} == {"spinner", "bug"}
        self.diff(stall, stall)

    def nothing_in_common(self):
        """Findings alone and a story alone cannot be compared."""
        self.refused("diff", self.written("a", self.report("healthy", "scan")),
                     self.written("b", self.report("healthy", "explain")), say="nothing to compare")

    def bad_files(self):
        """Whatever is no report is one clear line."""
        good = self.written("good", self.report("healthy", "scan"))
        text = good.read_bytes()
        bad = {
            "no JSON": self.dumps / "healthy.kdump",
            "empty": self.file("empty", b""),
            "No such file": self.scratch / "none",
            "directory": self.scratch,
            "no report": self.file("array", b"[1, 2]"),
            "depth": self.file("deep", b"[" * 1000000),
            "duplicate": self.file("twice", b'{"schema": "kswapck-scan/1", "schema": 1}'),
            "is no list": self.file("mixed", text.replace(b'"findings": [', b'"findings": 7, "more": [')),
            "without id": self.file("bare", text.replace(b'"findings": [', b'"findings": [{"name": "x"}')),
            "schema 'kswapck-scan/99'": self.file("new", text.replace(b"kswapck-scan/1", b"kswapck-scan/99")),
            "decode byte": self.file("bytes", text.replace(b"kswapck-scan/1", b"kswapck-scan/\xff")),
            "larger than": self.file("many", b"[" + b"1," * (5 << 20)),
            "character": self.file("escape", b'{"a\x1b[31mb": 1}'),
        }
        for say, path in bad.items():
            self.refused("diff", good, path, say=say)
            self.refused("diff", path, good, say=say)

    def cut_anywhere(self):
        """A report that was cut off is refused wherever that was."""
        good = self.written("good", self.report("freed-folio", "scan"))
        text = good.read_bytes()
        for size in range(1, len(text), len(text) // 40):
            self.refused("diff", good, self.file("cut", text[:size]), say="no JSON")

    def odd_values(self):
        """Members of other types and numbers out of bounds are survived."""
        good = self.report("freed-folio", "scan")
        for value in (None, -1, 1e300, 1.5, 2**64, "x" * 100000, [], {}, True, [[[]]]):
            for member in ("device", "slots", "text", "severity", "process"):
                odd = copy.deepcopy(good)
                odd["findings"][0][member] = value
                files = self.written("a", good), self.written("b", odd)
                done = self.run("diff", *files)
                assert done.returncode in (CLEAN, ERRORS, WARNINGS), (member, value, done.stderr)
            for member in ("first", "last", "count"):
                odd = copy.deepcopy(good)
                odd["findings"][0]["slots"][member] = value
                done = self.run("diff", self.written("a", good), self.written("b", odd), "--by=slot")
                assert done.returncode in (CLEAN, ERRORS, WARNINGS), (member, value, done.stderr)

    def control_characters(self):
        """What a terminal would obey is not printed."""
        odd = self.report("freed-folio", "scan")
        for finding in odd["findings"]:
            finding["text"] = "\x1b[2Jgone\u202e"
            finding["name"] = "\x1b]0;x\x07"
        odd["kernel"]["release"] = "\x9b31m"
        done = self.run("diff", self.written("a", self.report("healthy", "scan")), self.written("b", odd))
        assert not set(done.stdout) & set("\x1b\x07\x9b\u202e"), done.stdout

    def stdin(self):
        """- is stdin, once."""
        self.refused("diff", "-", self.scratch, say="stdin: empty")
        self.refused("diff", "-", "-", status=USAGE, say="which two reports")
        self.refused("diff", "a", status=USAGE, say="which two reports")
        self.refused("diff", "--by=page", "a", "b", status=USAGE, say="neither slot")


HELPERS = {"report", "written", "diff"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
