# SPDX-License-Identifier: GPL-2.0-or-later
"""--threads: reports are the same, byte for byte, whatever the number of threads. Prints TAP.

    threads.py KSWAPCK GROW DUMP...

The dumps, and a large one with faults that is grown from the first of them.
"""
import os
import re
import subprocess
import sys
import tempfile

FORMS = (["scan"], ["scan", "--json"], ["scan", "--max-findings=0"], ["explain"], ["explain", "--json"], ["triage"])
THREADS = ("1", "2", "4", "64")


class Tests:
    """TAP, a line for each test."""
    def __init__(self):
        self.count = self.failed = 0

    def tell(self, good, name):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)


def report(kswapck, form, threads, dump):
    """What is written and the exit status; how much was read is of the run, not of the dump."""
    done = subprocess.run([kswapck, *form, "--no-search", "--threads", threads, dump],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, re.sub(rb'"pages_read": \d+', b"", done.stdout)


def check(tests, kswapck, dump, name, forms):
    for form in forms:
        first, *others = [report(kswapck, form, threads, dump) for threads in THREADS]
        tests.tell(first[0] in range(8) and first[1] and all(one == first for one in others),
                   f"{name}: {' '.join(form)}")


def main():
    kswapck, grow, *dumps = sys.argv[1:]
    tests = Tests()
    for dump in dumps:
        check(tests, kswapck, dump, os.path.basename(dump), FORMS)
    with tempfile.TemporaryDirectory() as folder:
        for every in ("0", "20", "1"):
            path = os.path.join(folder, "large")
            subprocess.run([grow, dumps[0], path, "100000", every], check=True, stdout=subprocess.DEVNULL)
            check(tests, kswapck, path, f"100,000 slots, one of {every} with a fault" if every != "0" else
                  "100,000 clean slots", (["scan"], ["scan", "--json", "--no-sweep"]))
    for wrong in ("0", "65", "two"):
        tests.tell(report(kswapck, ["scan"], wrong, dumps[0])[0] == 16, f"--threads {wrong} is refused")
    print(f"1..{tests.count}")
    return 1 if tests.failed else 0


if __name__ == "__main__":
    sys.exit(main())
