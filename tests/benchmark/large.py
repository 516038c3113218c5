# SPDX-License-Identifier: GPL-2.0-or-later
"""Large dumps: what is planted in them is found, and nothing else; memory does not grow
with them; work grows as they do. Prints TAP.

    large.py KSWAPCK GROW COST DUMP [--measure] [SLOTS]

Instructions are counted by valgrind, where there is one: unlike times they are the same
whatever else the machine does. --measure: the program was compiled as it is shipped, so
that its memory and its instructions tell something.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parents[1] / "cli")]

import dumps        # noqa: E402
import holes        # noqa: E402
import measure      # noqa: E402

EVERY = 1000            # slots to a fault
MANY = 20               # the same, for many findings
MEMORY = 48             # MiB
WIDE = 8                # TiB of RAM, nearly all of it not in the dump
DOUBLE = 2.05           # how much more work for twice the slots
BUDGET = pathlib.Path(__file__).with_name("budget.json")
OVER = 1.15             # of the budget: compilers and libraries differ
OPTIONS = ["scan", "--no-search"]


class Tests:
    """TAP, a line for each test."""
    def __init__(self):
        self.count = self.failed = 0

    def tell(self, good, name, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}{': ' if why else ''}{why}", flush=True)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}", flush=True)


def instructions(command, folder):
    """Instructions of a command, counted one by one."""
    out = pathlib.Path(folder) / "callgrind"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    counted = re.search(r"refs:\s+([\d,]+)", done.stderr)
    return int(counted[1].replace(",", "")) if counted else None


def grow(options, path, slots, every=0):
    """Make a dump; the problems that are planted, as (id, slot)."""
    done = subprocess.run([options.grow, options.dump, path, str(slots), str(every)], check=True,
                          stdout=subprocess.PIPE, text=True)
    return {(line.split()[0], int(line.split()[1])) for line in done.stdout.splitlines()}


def check_findings(tests, options, path, slots):
    planted = grow(options, path, slots, EVERY)
    done = subprocess.run([options.kswapck, *OPTIONS, "--json", path], stdout=subprocess.PIPE, text=True)
    findings = json.loads(done.stdout)["findings"]
    found = [(one["id"], one["slots"]["first"]) for one in findings if one["device"] == 1]
    tests.tell(sorted(found) == sorted(planted) and len(found) == len(findings),
               f"{len(planted)} faults in {slots:,} slots: these are found, and nothing else",
               f"{len(planted - set(found))} missed, {len(findings) - len(planted)} more than there are")


def check_memory(tests, options, path, slots):
    for every, what in ((0, "clean"), (MANY, f"one of {MANY} slots with a fault"), (1, "each with a fault")):
        name = f"memory for {slots:,} slots, {what}"
        planted = grow(options, path, slots, every)
        if not options.measure:
            tests.skip(name, "not compiled as it is shipped")
            continue
        for command in ("scan", "triage"):
            mebibytes = measure.Meter(options.cost).run([options.kswapck, command, "--no-search", "--json", path]).memory
            tests.tell(mebibytes <= MEMORY, f"{command}: {name}",
                       f"{mebibytes:.1f} MiB of {MEMORY}, {len(planted):,} findings")


def check_wide(tests, options, path):
    """A machine with a lot of RAM has large bitmaps in its dump."""
    name = f"bitmaps for {WIDE} TiB of RAM"
    plain = pathlib.Path(options.dump).read_bytes()
    with open(path, "wb") as file:
        dumps.widened(plain, holes.Dump(plain), WIDE << 40 >> 12, file)
    command = [options.kswapck, "scan", "--no-search", "--json"]
    reports = [json.loads(subprocess.run([*command, one], stdout=subprocess.PIPE, text=True).stdout)
               for one in (options.dump, path)]
    for report in reports:
        del report["dump"]
    tests.tell(reports[0] == reports[1], f"{name}: the same report")
    if not options.measure:
        return tests.skip(f"{name}: memory", "not compiled as it is shipped")
    mebibytes = measure.Meter(options.cost).run([*command, path]).memory
    return tests.tell(mebibytes <= MEMORY, f"{name}: memory", f"{mebibytes:.1f} MiB of {MEMORY}")


def check_work(tests, options, path, folder):
    """Twice the slots, and a committed dump against its budget."""
    names = [("twice the slots", None), *json.loads(BUDGET.read_text()).items()]
    if not options.measure or not shutil.which("valgrind"):
        for name, _ in names:
            tests.skip(name, "no valgrind" if options.measure else "not compiled as it is shipped")
        return
    command = [options.kswapck, *OPTIONS, "--no-sandbox"]
    counts = []
    for slots in (100000, 200000):
        grow(options, path, slots)
        counts.append(instructions([*command, path], folder))
    tests.tell(counts[1] <= DOUBLE * counts[0], "twice the slots", f"{counts[1] / counts[0]:.3f} x the instructions")
    counted = {"a large dump: 200,000 cached slots": counts[1],
               "a committed dump": instructions([*command, options.dump], folder)}
    for name, budget in names[1:]:
        tests.tell(counted[name] <= OVER * budget, name,
                   f"{counted[name]:,} instructions, {counted[name] / budget:.3f} x the budget")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kswapck")
    parser.add_argument("grow")
    parser.add_argument("cost")
    parser.add_argument("dump")
    parser.add_argument("--measure", action="store_true")
    parser.add_argument("slots", nargs="?", type=int, default=400000)
    options = parser.parse_args()
    # meson has malloc() fill what it gives out: memory and work that are not the program's
    os.environ.pop("MALLOC_PERTURB_", None)
    tests = Tests()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large")
        check_findings(tests, options, path, options.slots)
        check_memory(tests, options, path, options.slots)
        check_wide(tests, options, path)
        check_work(tests, options, path, folder)
    print(f"1..{tests.count}")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
