"""Looks for false alarms: dumps one busy, healthy guest again and again, and audits each dump.

What a guest does when it is stopped is chance, so a soak shows what a few dumps cannot: states that are legal for
some microseconds only. Dumps are thrown away, except those with which something is not right. With the oracle
(tests/oracle) drgn counts the swap cache of each dump, too.
"""

import collections
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

from . import LabError, cache, debug, dumps, qemu, recipes, soaked

BOOTS = 5                   # so many guests may die: then another is booted
KEPT = 6                    # dumps that somebody should look at: that is enough to look at
AUDIT_SECONDS = 120
ORACLE = pathlib.Path(__file__).resolve().parents[2] / "oracle" / "oracle.py"
COUNTS = ("used", "cached", "shadows", "large_folios", "parked", "in_motion", "trees_locked", "devices_locked")


def soak(kernel, options):
    """Makes and audits `options.dumps` dumps; whether all were clean."""
    recipe = recipes.parse(f"{kernel}-{options.scenario}-elf")
    program = shutil.which(options.program)
    if not program:
        raise LabError(f"no such program: {options.program}")
    totals = Totals(recipe, program, Oracle(kernel, program) if options.oracle else None)
    print(f"{'dump':>4}", *(f"{name:>{len(name) + 1}}" for name in COUNTS), " verdict")
    try:
        _guests(recipe, options, totals)
    finally:
        # what was seen is told, too, if it was too long for somebody
        totals.show(options.dumps)
        if options.record and totals.dumps:
            soaked.record(totals, recipe, options)
    return totals.dumps == options.dumps and not totals.kept


def _guests(recipe, options, totals):
    failed = 0
    while totals.wants_more(options) and failed < BOOTS:
        try:
            _one_guest(recipe, options, totals, cache.folder("logs") / f"{recipe.name}-soak.{failed + 1}")
        except qemu.GuestFailed as error:
            failed += 1
            print(f"lab: {recipe.name}: boot failed, {failed}: {error}", file=sys.stderr)


def _one_guest(recipe, options, totals, log):
    """As many dumps as are wanted, of one guest; a single one if it panics for it."""
    scenario, form = recipes.SCENARIOS[recipe.scenario], recipes.FORMATS[recipe.format]
    with cache.scratch() as scratch:
        with qemu.Guest(dumps.machine(recipe, options, scratch), log) as guest:
            guest.wait_for("ready", scenario.seconds)
            while totals.wants_more(options):
                guest.listen(random.uniform(0.05, 1.5))
                path = scratch / f"{recipe.name}-{totals.stamp}-{totals.dumps + 1}"
                if scenario.end:
                    guest.panic_by(scenario.end)
                    guest.wait_for_panic(dumps.PANIC_SECONDS)
                guest.dump(path, form.qemu)
                if scenario.end:
                    totals.add(path)
                    break
                # It goes on while the dump is audited: that is time in which it gets elsewhere.
                guest.resume()
                totals.add(path)


def _oddities(story):
    """What the story of a healthy guest must not have: a verdict, a spinner, a call chain without its end."""
    if not story:
        return ["no story"]
    parts = [] if story["verdict"] == "clean" else [f"verdict {story['verdict']}"]
    parts += [f"spinner: {json.dumps(one)}" for one in story["spinners"]]
    parts += [f"stack of pid {one['pid']} ends with '{one['end']}'" for one in story["stacks"]
              if not one["complete"] and one["end"] != "on CPU"]    # that one is just being switched
    parts += [f"missing: {json.dumps(one)}" for one in story["missing"]]
    return parts


class Oracle:
    """Has drgn count the swap cache of a dump."""

    def __init__(self, kernel, program):
        self._vmlinux = debug.get(kernel) / "vmlinux"
        self._command = [sys.executable, ORACLE, program, "--one"]
        self._environment = dict(os.environ, KSWAPCK_TEST_DRGN=" ".join([*debug.drgn(), "-m", "drgn"]))

    def asked(self, path):
        """What it does not agree with, in words; nothing if it agrees with all."""
        done = subprocess.run([*self._command, path, self._vmlinux], env=self._environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        wrong = done.stdout.splitlines()
        return wrong if wrong or not done.returncode else [f"failed: {done.stderr.strip()[-200:]}"]


class Totals:
    """What was seen in all dumps of a soak so far."""

    def __init__(self, recipe, program, oracle=None):
        self.dumps = 0
        self.kept = []
        self.stamp = time.strftime("%Y%m%d-%H%M%S")
        self.release = ""
        self.statuses, self.problems = collections.Counter(), collections.Counter()
        self.agreed = 0
        self.oracle = oracle
        self._recipe, self._program = recipe, program
        self._symbols = debug.symbols(recipe.kernel)
        self.sums, self._nonzero = collections.Counter(), collections.Counter()

    def wants_more(self, options):
        """Whether there are dumps to make, and not yet enough to look at."""
        return self.dumps < options.dumps and len(self.kept) < KEPT

    def add(self, path):
        """Audits a dump, says a line about it, and removes it unless somebody should look at it."""
        command = [self._program, *self._symbols, "--quiet", "--json", path]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=AUDIT_SECONDS)
            text, status, words = done.stdout, done.returncode, done.stderr.decode(errors="replace").strip()
        except subprocess.TimeoutExpired as late:
            text, status, words = late.stdout or b"", None, f"no end after {AUDIT_SECONDS} s"
        try:
            report = json.loads(text)
        except ValueError:
            report = {"summary": {}, "coverage": {}}
        verdict = self._with_oracle(self._verdict(report, status, words), path)
        # from here on it counts: a soak may be ended at any time
        self.dumps += 1
        summary = report["summary"]
        for name in COUNTS:
            self.sums[name] += summary.get(name, 0)
            self._nonzero[name] += summary.get(name, 0) > 0
        self.problems.update({name: row["findings"] for name, row in summary.get("problems", {}).items()})
        self.statuses[status] += 1
        self.release = report.get("kernel", {}).get("release") or self.release
        print(f"{self.dumps:4}", *(f"{summary.get(name, '-'):>{len(name) + 1}}" for name in COUNTS), f" {verdict}",
              flush=True)
        if verdict == "clean":
            path.unlink()
        else:
            self._keep(path, text, words)

    def _with_oracle(self, verdict, path):
        if not self.oracle:
            return verdict
        wrong = self.oracle.asked(path)
        self.agreed += not wrong
        return verdict if not wrong else f"{verdict}; oracle: {'; '.join(wrong)}"

    @staticmethod
    def _verdict(report, status, words):
        """"clean" only if the program says so in every way that it has."""
        if status is None or status < 0 or not report["summary"]:
            return f"FAILED, status {status}: {words}"
        problems, unseen = report["summary"]["problems"], report["coverage"]["not_seen"]
        parts = [f"{name}: {row['findings']} ({row['slots']} slots)" for name, row in problems.items()]
        parts += [f"not seen: {json.dumps(one)}" for one in unseen]
        parts += _oddities(report.get("explain"))
        if not parts and (status or words or not report["coverage"]["complete"]):
            parts = [f"status {status} {words}"]
        return "; ".join(parts) or "clean"

    def _keep(self, path, text, words):
        folder = cache.folder("soak")
        path.chmod(0o644)       # QEMU makes it for its owner alone
        # a small copy, too: that one can be committed, or sent
        subprocess.run([self._program, "distill", "-q", "-f", *self._symbols, "-o", folder / f"{path.name}.kdump", path])
        os.replace(path, folder / path.name)
        (folder / f"{path.name}.json").write_bytes(text or words.encode())
        self.kept.append(path.name)

    def show(self, wanted):
        """The totals, and where to look."""
        print(f"\n{self._recipe.kernel}, {self._recipe.scenario}: {self.dumps} of {wanted} dumps, "
              f"{self.dumps - len(self.kept)} clean")
        for name in COUNTS:
            print(f"  {name:14} {self.sums[name]:>10} in all, in {self._nonzero[name]} dumps")
        for name, count in self.problems.most_common():
            print(f"  PROBLEM {name}: {count}")
        for name in self.kept:
            print(f"  kept: {cache.folder('soak') / name}")
