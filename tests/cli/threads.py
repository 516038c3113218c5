# SPDX-License-Identifier: GPL-2.0-or-later
"""--threads: reports are the same, byte for byte, whatever the number of threads. Prints TAP.

    threads.py KSWAPCK GROW STOPPED DUMP...

The dumps, and large ones with faults that are grown from the first of them: also ones of so many
spaces that a thread takes several at a time, of which some have more findings than it can hold.
"""
import os
import re
import subprocess
import sys
import tempfile

FORMS = (["scan"], ["scan", "--json"], ["scan", "--max-findings=0"], ["explain"], ["explain", "--json"], ["triage"])
THREADS = ("1", "2", "4", "64")
MANY_SLOTS = 2200000    # 135 spaces: two of four threads' at a time, four of two threads' (crew_audit())
MANY_FINDINGS = 30      # slots to a fault: 546 in a space, and HELD_MAX is 512
FIRST_DEVICE = 17       # spaces of the dump that grows
BATCH = 4


class Tests:
    """TAP, a line for each test."""
    def __init__(self):
        self.count = self.failed = 0

    def tell(self, good, name):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)


def grow(program, dump, path, slots, every):
    subprocess.run([program, dump, path, str(slots), str(every)], check=True, stdout=subprocess.DEVNULL)


def report(kswapck, form, threads, dump):
    """What is written and the exit status; how much was read is of the run, not of the dump."""
    done = subprocess.run([kswapck, *form, "--no-search", "--threads", threads, dump],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, re.sub(rb'"pages_read": \d+', b"", done.stdout)


def check(tests, kswapck, dump, name, forms, counts=THREADS):
    for form in forms:
        first, *others = [report(kswapck, form, threads, dump) for threads in counts]
        tests.tell(first[0] in range(8) and first[1] and all(one == first for one in others),
                   f"{name}: {' '.join(form)}")


def check_batches(tests, kswapck, grower, stopped, dump, path):
    for every in (0, MANY_FINDINGS):
        grow(grower, dump, path, MANY_SLOTS, every)
        check(tests, kswapck, path, f"{MANY_SLOTS:,} slots, {'many findings' if every else 'clean'}",
              (["scan", "--json", "--no-sweep"],), ("1", "2", "4"))
    done = subprocess.run([stopped, path, str(FIRST_DEVICE), str(BATCH)], stdout=subprocess.PIPE, text=True)
    for line in done.stdout.splitlines():
        print(line if line.startswith("#") else f"# {line}")
    tests.tell(done.returncode == 0, f"{MANY_SLOTS:,} slots: threads end soon")


def main():
    kswapck, grower, stopped, *dumps = sys.argv[1:]
    tests = Tests()
    for dump in dumps:
        check(tests, kswapck, dump, os.path.basename(dump), FORMS)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "large")
        for every in (0, 20, 1):
            grow(grower, dumps[0], path, 100000, every)
            check(tests, kswapck, path, f"100,000 slots, one of {every} with a fault" if every else
                  "100,000 clean slots", (["scan"], ["scan", "--json", "--no-sweep"]))
        check_batches(tests, kswapck, grower, stopped, dumps[0], path)
    for wrong in ("0", "65", "two"):
        tests.tell(report(kswapck, ["scan"], wrong, dumps[0])[0] == 16, f"--threads {wrong} is refused")
    print(f"1..{tests.count}")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
