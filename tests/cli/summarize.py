# SPDX-License-Identifier: GPL-2.0-or-later
"""What 'kswapck summarize' makes of records, however they are cut and mixed. Prints TAP.

Usage: summarize.py KSWAPCK DUMPS
"""

import copy
import json
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import schema
from cli import CLEAN, FAILED, INCOMPLETE, USAGE

cli.TIMEOUT = 60
SEED = 20240117
ROUNDS = 12


class Tests(cli.Tests):
    """Records of real dumps, and many made from them."""

    real = None

    def base(self):
        """Records of the tree's dumps and of an empty file, by verdict."""
        if Tests.real is None:
            dumps = [self.dumps / f"{name}.kdump" for name in ("freed-folio", "tail-private", "healthy")]
            done = self.run("batch", "-qn", *dumps, self.file("empty", b""))
            Tests.real = {record["verdict"]: record
                          for record in map(json.loads, done.stdout.splitlines())}
            assert set(Tests.real) == {"stall", "refault", "clean", None}, set(Tests.real)
        return Tests.real

    def made(self, count, seed=SEED):
        """Many records, as of a fleet."""
        chance = random.Random(seed)
        records = []
        for number in range(count):
            record = copy.deepcopy(chance.choice(list(self.base().values())))
            record["key"] = f"{number + 1:016x}"
            record["path"] = f"/crash/{chance.randrange(1 << 30)}/vmcore"
            record["started"] = f"2026-11-{chance.randrange(1, 29):02}T00:00:00Z"
            if record["status"] == "analysed":
                record["taken"] = chance.choice(
                    [None] + [f"2026-{month:02}-07T01:02:03Z" for month in range(1, 13)])
                record["kernel"]["release"] = f"6.1.{chance.randrange(70, 75)}"
                record["coverage"]["complete"] = chance.random() < 0.8
            else:
                record["reason"] = f"ends at byte {chance.randrange(1 << 30):,}, not there"
            records.append(record)
        return records

    def write(self, name, records):
        """A file of records."""
        return self.file(name, "".join(json.dumps(record) + "\n" for record in records).encode())

    def summary(self, *arguments, status=CLEAN):
        """The JSON of summarize, held against its schema."""
        done = self.run("summarize", "--json", *arguments)
        assert done.returncode == status, done.stderr
        summary = json.loads(done.stdout)
        wrong = list(schema.complaints(summary, "summary"))
        assert not wrong, wrong
        return summary

    def counts(self):
        """Groups are those of a second count, made here."""
        records = self.made(300)
        summary = self.summary(self.write("counts", records))
        groups = {}
        for record in records:
            name = record["fingerprint"] or record["verdict"] or record["status"]
            groups.setdefault(name, []).append(record)
        assert {group["name"]: group["dumps"] for group in summary["groups"]} == {
            name: len(members) for name, members in groups.items()}
        for group in summary["groups"]:
            members = groups[group["name"]]
            taken = sorted(member["taken"] for member in members if member["taken"])
            assert (group["first"], group["last"]) == (
                (taken[0], taken[-1]) if taken else (None, None))
            assert group["undated"] == len(members) - len(taken)
            releases = [member["kernel"]["release"] for member in members if member["kernel"]]
            assert {kernel["name"]: kernel["dumps"] for kernel in group["kernels"]} == {
                release: releases.count(release) for release in releases}
            assert any(group["exemplar"]["path"] == member["path"] for member in members)
        kinds = [group["kind"] for group in summary["groups"]]
        assert kinds == sorted(kinds, key=["bug", "verdict", "failed"].index) and len(kinds) == 4
        assert summary["groups"][-1]["what"] == "ends at byte N, not there"

    def any_order(self):
        """However records are cut into files and mixed, and merged first: the same summary."""
        records = self.made(200)
        chance = random.Random(SEED)
        wanted = self.run("summarize", "--json", self.write("whole", records)).stdout
        text = self.run("summarize", self.scratch / "whole").stdout
        merged = self.run("summarize", "--merge", self.scratch / "whole").stdout
        for _ in range(ROUNDS):
            chance.shuffle(records)
            parts = [[] for _ in range(chance.randrange(1, 6))]
            for record in records:
                for _ in range(chance.choice((1, 1, 2))):
                    chance.choice(parts).append(record)
            files = [self.write(f"part-{number}", part) for number, part in enumerate(parts)]
            assert self.run("summarize", "--json", *files).stdout == wanted
            assert self.run("summarize", *files).stdout == text
            middle = chance.randrange(len(files) + 1)
            halves = []
            for number, half in enumerate((files[:middle], files[middle:])):
                content = self.run("summarize", "--merge", *half).stdout if half else ""
                halves.append(self.file(f"half-{number}", content.encode()))
            chance.shuffle(halves)
            assert self.run("summarize", "--merge", *halves).stdout == merged
            assert self.run("summarize", "--json", *halves).stdout == wanted

    def best_counts(self):
        """Of two records of a dump the one that says more counts, then the later."""
        stall, clean = copy.deepcopy(self.base()["stall"]), copy.deepcopy(self.base()["clean"])
        failed = copy.deepcopy(self.base()[None])
        for record in (stall, clean, failed):
            record["key"] = "00000000000000aa"
        failed["started"] = "2029-01-01T00:00:00Z"
        stall["started"], clean["started"] = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
        for order in ((stall, clean, failed), (failed, clean, stall), (clean, failed, stall)):
            names = [group["name"] for group in self.summary(self.write("best", order))["groups"]]
            assert names == ["clean"], names
        clean["coverage"]["complete"] = False
        names = [group["name"] for group in
                 self.summary(self.write("best", (clean, stall)))["groups"]]
        assert names == [stall["fingerprint"]], names

    def fixed_where(self):
        """Bugs come with their fixes, and how many kernels should have them."""
        done = self.run("summarize", self.write("fixed", [self.base()["stall"]]))
        words = " ".join(done.stdout.split())
        assert "migration-replaces-one-slot: fixed in 6.7; stable 6.1.71, 6.6.10; 1 of 1 should" \
            in words, words
        assert "seen 2026-11-20 12:30:47 UTC" in words, words

    def bad_lines(self):
        """What is no record is counted, said, and left out."""
        good = json.dumps(self.base()["stall"]).encode() + b"\n"
        path = self.file("lines", good + b"{}\n[]\nnull\n\xff\n{\"schema\": 1}\nx\0y\n" + good[:999])
        done = self.run("summarize", path)
        assert done.returncode == INCOMPLETE and "1 dump: 1 broken" in done.stdout, done.stdout
        assert "7 lines are no record" in done.stderr, done.stderr
        done = self.run("summarize", self.file("none", b""))
        assert done.returncode == CLEAN and done.stdout.startswith("0 dumps"), done.stdout

    def strange_members(self):
        """Members of other types, deep nesting, and escape sequences do no harm."""
        record = copy.deepcopy(self.base()["stall"])
        record["path"] = record["text"] = record["bugs"][0]["name"] = "\x1b[31m\u202ered" * 400
        done = self.run("summarize", self.write("escape", [record]))
        assert "\x1b" not in done.stdout and "\u202e" not in done.stdout
        chance = random.Random(SEED)
        strange = []
        for number, (name, value) in enumerate(
                (name, value) for name in record if name != "schema"
                for value in (None, 0, -1, 1.5, True, "", [], {}, [[1]], {"files": 1}, "x" * 70000)):
            changed = copy.deepcopy(record)
            changed[name] = value
            if name != "key":
                changed["key"] = f"{number + 1:016x}"
            strange.append(changed)
        chance.shuffle(strange)
        done = self.run("summarize", "--json", self.write("strange", strange))
        assert done.returncode == CLEAN, done.stderr
        json.loads(done.stdout)
        deep = self.file("deep", b'{"schema": "kswapck-batch/1", "x": ' + b"[" * 100000 + b"\n")
        assert self.run("summarize", deep).returncode == INCOMPLETE

    def without_key(self):
        """Lines of kswapck record have no key, and can be summarized."""
        lines = "".join(self.run("record", "-n", self.dumps / name).stdout
                        for name in ("freed-folio.kdump", "healthy.kdump"))
        summary = self.summary(self.file("alone", lines.encode()))
        assert summary["dumps"] == 2
        assert summary["groups"][0]["exemplar"]["path"].endswith("freed-folio.kdump")

    def wrong_usage(self):
        """No file, or one that is not there."""
        self.refused("summarize", status=USAGE, say="which records")
        self.refused("summarize", "/no/such", status=FAILED, say="No such file")
        self.refused("summarize", self.scratch, status=FAILED, say="directory")


HELPERS = {"base", "made", "write", "summary"}


if __name__ == "__main__":
    sys.exit(cli.run_tests(Tests, HELPERS, sys.argv[1:]))
