#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Lays every fault that `inject` knows many times, each time somewhere else in another clean dump.

    tests/inject/places.py BUILD/tests/inject/inject BUILD/src/kswapck [--count 50] [--seed 1] [--table FILE] [DUMP...]

The dumps are those of the lab's cache (tests/lab) whose guests were healthy, and the committed one, unless some are
named. For each fault a dump and a place in it are drawn until it was laid COUNT times, or no dump is left in which it
has a meaning. Each must be found for what it is, and nothing besides. Prints a table of all problems of the catalogue,
says which fault was not found where, and ends with 1 if there was one, or one that was laid nowhere.

inject DUMP SEED COUNT and this one do not draw the same places. To see one again: echo NUMBER SEED | inject --places DUMP
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = pathlib.Path(os.environ.get("KSWAPCK_LAB") or
                   pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kswapck-lab")

# Of the lab's scenarios those in which nothing is broken, and nobody spins in the swap cache.
HEALTHY = ("idle", "churn", "irq", "nmi", "mix", "storm", "pinned", "canary", "swapoff-busy", "many",
           "uffd-move-healthy", "reread")   # not "big": each look at it takes a second
# 'raw' are several files for one dump; makedumpfile left the trees out of these, and that is all there is to say.
UNFIT = re.compile(r"-raw|^6\.1[28]-.*-kdump-zlib$|^7\.\d-.*-kdump-(zlib|zstd|lzo|flat)$")
REFUSALS = 3                # places of a dump at which a fault had no meaning, before the dump is no longer asked
BATCH_SECONDS = 3600

# What no fault can be laid for on purpose, and why; the report must name every other problem of the catalogue.
WITHOUT_FAULT = {}


class Fault:
    """One kind of fault, and what came of it."""

    def __init__(self, number, name):
        self.number, self.name = number, name
        self.refused = collections.Counter()    # by dump
        self.reasons = collections.Counter()
        self.laid = 0
        self.dumps = set()
        self.wrong = []                         # (dump, seed, why)


class Problem:
    """One of the catalogue, over all faults that must lead to it."""

    def __init__(self):
        self.faults, self.dumps = set(), set()
        self.injected = self.found = self.others = 0


def clean_dumps():
    """The lab's and the committed one, by their names."""
    found = {"healthy.kdump": ROOT / "dumps" / "healthy.kdump"}
    for path in sorted((LAB / "dumps").glob("*.json")):
        about = json.loads(path.read_text())
        if about["scenario"] in HEALTHY and not UNFIT.search(path.stem) and path.with_suffix("").exists():
            found[path.stem] = path.with_name(path.stem)
    return found


def catalogue(kswapck):
    """(id, name) of every problem that the built-in checks can find."""
    listed, text = (subprocess.run([kswapck, *words], stdout=subprocess.PIPE, text=True, check=True).stdout
                    for words in (("plugins", "--no-config", "--json"), ("help", "problems")))
    rows = [(one["id"], one["name"]) for plugin in json.loads(listed)["plugins"] for one in plugin["problems"]]
    if not rows or rows != re.findall(r"^  (KS\d+)  +(\S+)", text, re.MULTILINE):
        sys.exit("places: 'kswapck plugins' and 'kswapck help problems' must list the same problems, and some")
    return rows


def lay(inject, path, orders):
    """Has all these faults laid over one dump; (fault, seed, result, problems, why) of each, or why it cannot be."""
    text = "".join(f"{fault.number} {seed}\n" for fault, seed in orders)
    done = subprocess.run([inject, "--places", path], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=BATCH_SECONDS)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    answers = [(fault, seed, *line[2:]) for (fault, seed), line in zip(orders, lines)]
    if done.returncode or len(lines) != len(orders):
        return answers, f"status {done.returncode} after {len(lines)} of {len(orders)}: {done.stderr.strip()[-300:]}"
    return answers, None


class Run:
    """Draws, lays and counts."""

    def __init__(self, options, dumps, faults):
        self._options, self._dumps, self.faults = options, dumps, faults
        self._random = random.Random(options.seed)
        self.problems = collections.defaultdict(Problem)
        self.unusable = {}
        self.places = 0

    def run(self):
        """Round after round: what a dump had no place for is drawn again."""
        while orders := self._draw():
            print(f"places: {sum(map(len, orders.values()))} faults into {len(orders)} dumps", file=sys.stderr)
            with concurrent.futures.ThreadPoolExecutor(self._options.jobs) as pool:
                work = {pool.submit(lay, self._options.inject, self._dumps[name], these): name
                        for name, these in sorted(orders.items())}
                for one in concurrent.futures.as_completed(work):
                    self._take(work[one], *one.result())

    def _draw(self):
        orders = collections.defaultdict(list)
        for fault in self.faults:
            fit = [name for name in self._dumps if name not in self.unusable and fault.refused[name] < REFUSALS]
            # once some dumps have a place for it, the others need not be asked again
            fit = [name for name in fit if name in fault.dumps] or fit
            for _ in range(self._options.count - fault.laid if fit else 0):
                orders[self._random.choice(fit)].append((fault, self._random.randrange(1, 1 << 32)))
        return orders

    def _take(self, name, answers, failure):
        for answer in answers:
            self._note(name, *answer)
        if failure:
            print(f"places: {name}: {failure}", file=sys.stderr)
            self.unusable[name] = failure

    def _note(self, name, fault, seed, result, problems, why):
        if result == "skip":
            fault.refused[name] += 1
            fault.reasons[why] += 1
            return
        self.places += 1
        fault.laid += 1
        fault.dumps.add(name)
        if result == "wrong":
            fault.wrong.append((name, seed, why))
        others = re.findall(r"found (KS\d+)", why)
        for key in set(re.findall(r"KS\d+", problems)):
            problem = self.problems[key]
            problem.faults.add(fault.number)
            problem.dumps.add(name)
            problem.injected += 1
            problem.found += f"{key}-" not in problems
            problem.others += len(others)


def show(run, rows, options, dumps):
    """The table, as text; and whether all is well."""
    lines, bad = [], bool(run.unusable)
    for key, name in rows:
        one = run.problems[key]
        bad |= one.found < one.injected or one.others > 0 or (not one.injected and key not in WITHOUT_FAULT)
        remark = WITHOUT_FAULT.get(key, "") if not one.injected else ""
        lines.append(f"| {key} | {name} | {len(one.faults)} | {one.injected} | {len(one.dumps)} | {one.found} | "
                     f"{one.others} | {remark} |")
    kinds = {"legal": "must not be found", "unknown": "must be told as not judged", "noise": "must be survived"}
    for word, title in kinds.items():
        these = [fault for fault in run.faults if fault.name.startswith(word)]
        wrong = sum(len(fault.wrong) for fault in these)
        met = set().union(*(fault.dumps for fault in these))
        lines.append(f"| | {word}: {title} | {len(these)} | {sum(fault.laid for fault in these)} | {len(met)} | | {wrong} | |")
    few = [fault for fault in run.faults if fault.laid < options.count]
    bad |= not all(fault.laid for fault in run.faults)
    wrong = [(fault, *one) for fault in run.faults for one in fault.wrong]
    table = "\n".join(lines)
    text = f"""# Faults that were laid

Written by `tests/inject/places.py --count {options.count} --seed {options.seed} --table`; not by hand. {time.strftime("%Y-%m-%d")}: {run.places} faults of
{len(run.faults)} kinds, at random places in random ones of {len(dumps) - len(run.unusable)} clean dumps. *Faults* are the kinds that must lead to the problem,
*other findings* all that was found besides.

| | problem | faults | injected | dumps | found | other findings | |
|---|---|---|---|---|---|---|---|
{table}
"""
    if few:
        text += "\nNo dump has a place for these, or not for as many:\n\n"
        text += "".join(f"- {fault.name}: {fault.laid}; {', '.join(fault.reasons)}\n" for fault in few)
    if wrong:
        text += "\nNot as it should be:\n\n"
        text += "".join(f"- {fault.number} {fault.name}, {dump}, seed {seed}: {why}\n" for fault, dump, seed, why in wrong)
    for name, failure in run.unusable.items():
        text += f"\n{name}: {failure}\n"
    return text, not bad and not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("inject")
    parser.add_argument("kswapck")
    parser.add_argument("dumps", nargs="*", metavar="DUMP")
    parser.add_argument("--count", type=int, default=50, help="times that each fault is laid (50)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="dumps at the same time (1)")
    parser.add_argument("--only", type=int, nargs="*", help="these faults, by their numbers")
    parser.add_argument("--table", type=pathlib.Path, help="where to write the table, too")
    options = parser.parse_intermixed_args()
    listed = subprocess.run([options.inject, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    faults = [Fault(int(number), name) for number, name in (line.split("\t") for line in listed.splitlines())
              if not options.only or int(number) in options.only]
    dumps = {pathlib.Path(path).name: path for path in options.dumps} or clean_dumps()
    run = Run(options, dumps, faults)
    run.run()
    text, good = show(run, catalogue(options.kswapck), options, dumps)
    print(text)
    if options.table:
        options.table.write_text(text)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
