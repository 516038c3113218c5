#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `kswapck confirm` tells people to type must show, in crash and in drgn, what it says that it shows.

    tests/cli/confirm.py KSWAPCK DUMPS

Runs every command of every finding of the broken dumps. Needs crash, drgn, and the vmlinux that the lab has built with
its 6.1bug kernel; skipped without them. Prints TAP.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LAB = pathlib.Path(os.environ.get("KSWAPCK_LAB") or
                   pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kswapck-lab")
VMLINUX = LAB / "kernels/6.1bug/vmlinux"
BROKEN = ["freed-folio.kdump", "tail-private.kdump"]


def confirmations(kswapck, dump):
    """The evidence of all findings, each as confirm gives it."""
    report = subprocess.run([kswapck, "scan", "--json", "--no-search", dump], stdout=subprocess.PIPE, check=False)
    found = []
    for number in range(1, len(json.loads(report.stdout)["findings"]) + 1):
        done = subprocess.run([kswapck, "confirm", str(number), "--json", "--no-search", dump],
                              stdout=subprocess.PIPE, check=False)
        document = json.loads(done.stdout)
        assert document["numbers"] == [number]
        found += document["findings"][0]["evidence"]
    return found


def in_crash(dump, evidence):
    """What crash prints for each command; None if it does not start."""
    commands = "".join(one["crash"] + "\n" for one in evidence) + "quit\n"
    done = subprocess.run(["crash", "-s", VMLINUX, dump], input=commands, text=True, capture_output=True, timeout=240)
    words = re.findall(r"^([0-9a-f]{16}):  ([0-9a-f]+)", done.stdout, re.MULTILINE)
    return [int(value, 16) for _, value in words] if words else None


def in_drgn(dump, evidence, folder):
    """What drgn has for each expression."""
    script = folder / "confirm.py"
    script.write_text("".join(f"print({one['drgn']})\n" for one in evidence))
    done = subprocess.run(["drgn", "-q", "-c", dump, "-s", VMLINUX, script], text=True, capture_output=True,
                          timeout=240)
    # drgn 0.0.22 may die at its end, when all is said
    values = done.stdout.split()
    if len(values) != len(evidence):
        raise SystemExit(f"Bail out! drgn: status {done.returncode}, {done.stderr[-400:]}")
    return [int(value) for value in values]


def check(number, name, got, evidence):
    """One line of TAP."""
    if got is None:
        print(f"ok {number} - {name} # SKIP it does not open the dump")
        return True
    wanted = [int(one["value"], 16) for one in evidence]
    print(f"{'ok' if got == wanted else 'not ok'} {number} - {name}: {len(wanted)} values")
    for one, value in zip(evidence, got):
        if int(one["value"], 16) != value:
            print(f"# {one['crash']}: {value:#x}, not {one['value']}")
    return got == wanted


def main():
    kswapck, dumps = sys.argv[1], pathlib.Path(sys.argv[2])
    missing = [name for name in ("crash", "drgn") if not shutil.which(name)]
    if not VMLINUX.exists():
        missing.append("the lab's kernel 6.1bug")
    if missing:
        print(f"1..0 # SKIP no {', no '.join(missing)}")
        return 0
    print(f"1..{2 * len(BROKEN)}", flush=True)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for number, name in enumerate(BROKEN):
            evidence = confirmations(kswapck, dumps / name)
            good &= check(2 * number + 1, f"{name} in crash", in_crash(dumps / name, evidence), evidence)
            good &= check(2 * number + 2, f"{name} in drgn",
                          in_drgn(dumps / name, evidence, pathlib.Path(folder)), evidence)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
