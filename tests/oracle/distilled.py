#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What 'kswapck distill' makes of each dump of the lab says the same, to the byte, and is small.

    tests/oracle/distilled.py KSWAPCK [NAME...]

NAMEs are those of dumps in the lab's cache, with * and ?; all, unless said otherwise. Of a kernel that has no BTF, or
not all symbols, the lab's vmlinux is given with both. Prints TAP.
"""

import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

from oracle import LAB, vmlinux_of

COMMANDS = (["scan"], ["scan", "--no-sweep"], ["explain", "--stacks=all"], ["pins"])
# MiB of the guest's RAM, whatever its dump's format, and bytes of what may be made of it;
# a guest of 1,500 processes has as many stacks and page tables
LARGEST = ((512, 3_000_000), (5 << 10, 8_000_000))
NO_LIMIT = "-many-"


def dumps(patterns):
    """Name, files, MiB of RAM and vmlinux (or None) of each."""
    for facts in sorted((LAB / "dumps").glob("*.json")):
        name = facts.name.removesuffix(".json")
        path = facts.parent / name
        parts = [path] if path.exists() else sorted(facts.parent.glob(name + ".[0-9]"))
        if parts and any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            yield name, parts, json.loads(facts.read_text())["memory_mib"], vmlinux_of(name.split("-")[0])


def document(kswapck, command, files, options):
    """Exit status and text of a report, without what is of the file and not of the kernel."""
    done = subprocess.run([kswapck, *command, "--json", "--no-search", *options, *files], capture_output=True, text=True,
                          check=False, timeout=600)
    if not done.stdout:
        return done.returncode, done.stderr
    report = json.loads(done.stdout)
    report.pop("dump")
    report.get("summary", {}).pop("pages_read", 0)
    for cause in report.get("coverage", {}).get("not_seen", []):
        cause.pop("cause", 0)
    return done.returncode, json.dumps(report, indent=1)


def first_difference(left, right):
    """In words."""
    if left[0] != right[0]:
        return f"exit status {left[0]} and {right[0]}: {right[1][:200]}"
    lines = zip(left[1].splitlines(), right[1].splitlines())
    return next((f"line {number}: {one.strip()[:120]} | {other.strip()[:120]}"
                 for number, (one, other) in enumerate(lines) if one != other), "one is longer")


def complaints(kswapck, files, memory, options, small):
    """What is wrong with the small dump."""
    done = subprocess.run([kswapck, "distill", "-q", "-f", *options, "-o", small, *files], capture_output=True, text=True,
                          check=False, timeout=600)
    if done.returncode:
        yield done.stderr.strip()
        return
    for command in COMMANDS:
        wanted, found = document(kswapck, command, files, options), document(kswapck, command, [small], options)
        if wanted != found:
            yield f"{' '.join(command)}: {first_difference(wanted, found)}"
    size = small.stat().st_size
    limit = next((most for largest, most in LARGEST if memory <= largest), size)
    if size > limit and NO_LIMIT not in str(files[0]):
        yield f"{size} bytes"


def main(kswapck, *patterns):
    """Print TAP; return the exit status."""
    number = failed = 0
    kswapck = str(pathlib.Path(kswapck).absolute())
    with tempfile.TemporaryDirectory() as folder:
        small = pathlib.Path(folder) / "small.kdump"
        for number, (name, files, memory, vmlinux) in enumerate(dumps(patterns or ("*",)), 1):
            plain = document(kswapck, ["scan", "--no-sweep"], files, [])
            options = [f"--vmlinux={vmlinux}"] if plain[0] & 8 and vmlinux else []
            if plain[0] & 8 and not options:
                print(f"ok {number} - {name} # SKIP {plain[1].strip()[-100:]}")
                continue
            wrong = list(complaints(kswapck, files, memory, options, small))
            failed += bool(wrong)
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
            print("".join(f"# {line}\n" for line in wrong), end="")
    print(f"1..{number}" if number else "1..0 # SKIP the lab has made no dumps")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
