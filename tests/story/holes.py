#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Pages that are not in a dump must cost coverage, never truth.

    tests/story/holes.py KSWAPCK HEALTHY BROKEN [EVERY]

Takes single pages out of a healthy dump and of a broken one, each EVERY-th of those that the file holds (37 unless
said otherwise; 1 for all of them, which takes some minutes). Whichever page is gone, the healthy dump must give no
finding and accuse nobody, and in the broken one nobody but the spinner may be accused. Prints TAP.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent / "cli"))

from holes import Dump      # noqa: E402

INCOMPLETE, FAILED = 4, 8


def report(kswapck, data, path):
    """What kswapck says of the dump, and its exit status; None if it says nothing but an error."""
    path.write_bytes(data)
    done = subprocess.run([kswapck, "--json", "--no-search", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    if done.returncode == FAILED:
        return None, FAILED
    return json.loads(done.stdout), done.returncode


def healthy_fault(found, status):
    if found["findings"]:
        return f"{found['findings'][0]['id']}"
    if found["explain"]["spinners"] or found["explain"]["verdict"] not in ("clean", "unknown"):
        return f"verdict {found['explain']['verdict']}"
    if found["explain"]["verdict"] == "unknown" and not status & INCOMPLETE:
        return f"unknown, but status {status}"
    return None


def broken_fault(whole):
    known = whole["explain"]["spinners"][0]

    def fault(found, _status):
        for one in found["explain"]["spinners"]:
            if one["pid"] not in (known["pid"], None) or one["slot"] not in (known["slot"], None):
                return f"pid {one['pid']} is accused of slot {one['slot']}"
        if found["explain"]["verdict"] in ("clean", "unrelated"):
            return f"verdict {found['explain']['verdict']}"
        return None
    return fault


def try_holes(kswapck, dump, every, folder, fault):
    """Faults by page frame, and how many of the dumps could be read at all."""
    wrong, read = [], 0
    for index in range(0, len(dump.frames), every):
        found, status = report(kswapck, dump.without_pages({index}), folder / "dump")
        if found is None:
            continue
        read += 1
        why = fault(found, status)
        if why:
            wrong.append(f"without page frame {dump.frames[index]:#x}: {why}")
    return wrong, read


def main():
    kswapck, healthy, broken = sys.argv[1:4]
    every = int(sys.argv[4]) if len(sys.argv) > 4 else 37
    print("1..2", flush=True)
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for number, path in enumerate((healthy, broken), 1):
            dump = Dump(pathlib.Path(path).read_bytes())
            fault = healthy_fault
            if path == broken:
                fault = broken_fault(report(kswapck, bytes(dump.data), folder / "dump")[0])
            wrong, read = try_holes(kswapck, dump, every, folder, fault)
            failed |= bool(wrong) or not read
            print(f"{'not ok' if wrong or not read else 'ok'} {number} - {pathlib.Path(path).name} without a page, "
                  f"{read} times", flush=True)
            for line in wrong[:20]:
                print(f"# {line}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
