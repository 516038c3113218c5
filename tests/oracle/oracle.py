#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two programs that know nothing of each other count the swap cache of a dump, and every total must agree.

    tests/oracle/oracle.py KSWAPCK DUMPS       the committed dumps
    tests/oracle/oracle.py KSWAPCK --lab       all of the lab that are in its cache, the broken ones too
    tests/oracle/oracle.py KSWAPCK --one DUMP VMLINUX    this one, whose kernel has this vmlinux

One is kswapck scan --json, the other totals.py, which goes by the kernel's own structures in drgn. Needs drgn, or the
command in KSWAPCK_TEST_DRGN ("PYTHON -m drgn"), and the vmlinux of each kernel: of those that the lab builds it is
there with the kernel, for the others `tests/lab/lab debug KERNEL --json` fetches it, and a newer drgn, which is taken then.
Without, the dump is skipped. Prints TAP.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

LAB = pathlib.Path(os.environ.get("KSWAPCK_LAB") or
                   pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kswapck-lab")
TOTALS = pathlib.Path(__file__).parent / "totals.py"

# Dumps that drgn does not open, or in which there is too little to count, and why.
UNFIT = (
    (r"-raw", "bare memory: drgn needs headers"),
    (r"-elf-nonote$|^4\.14-", "no VMCOREINFO, which drgn needs"),
    (r"-qemu-zlib$", "QEMU's kdump does not name its machine, which drgn needs"),
    (r"^(6\.1bug64k|6\.12|7\.3)arm64-.*-elf$", "drgn cannot translate a kernel for 52 bits on a processor for 48"),
    (r"arm64-.*-(kdump|vmcore)", "drgn 0.0.31 does not find the pages of an arm64 kdump, nor by libkdumpfile"),
    (r"^6\.1[28]-.*-kdump-zlib$|^7\.\d-.*-kdump-(zlib|zstd|lzo|flat)$", "makedumpfile has left the trees out"),
)

DEVICE = ["name", "swap_info_struct", "slots", "pages", "inuse"]
SUMMARY = ["slots", "free", "used", "bad", "cached", "folios", "large_folios", "shadows", "parked", "cache_only",
           "trees", "processes", "page_tables", "ptes", "swap_ptes", "shmem_files", "shmem_entries"]


INSTALLED = ["drgn"]


def drgn_command():
    """The one that is given, that of the lab if it has fetched it, or the machine's."""
    given = os.environ.get("KSWAPCK_TEST_DRGN")
    if given:
        return given.split()
    if (LAB / "borrowed" / "python3-drgn").exists():
        sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lab"))
        from kswapck_lab import debug
        return [*debug.drgn(), "-m", "drgn"]
    return INSTALLED if shutil.which("drgn") else None


def vmlinux_of(kernel):
    """The lab's: with the kernel if it was built, else of the package with debug information."""
    for folder in ("kernels", "debug"):
        path = LAB / folder / kernel / "vmlinux"
        if path.exists():
            return path
    return None


def run(command, **options):
    done = subprocess.run(list(map(str, command)), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=600, **options)
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        return None, (done.stderr.strip() or "no output").splitlines()[-1]


def by_kernel(drgn, dump, vmlinux):
    # 0.0.22 reads QEMU's ELF files by libkdumpfile alone, and uses freed memory when it ends
    environment = dict(os.environ, DRGN_USE_LIBKDUMPFILE_FOR_ELF="1")
    environment.pop("MALLOC_PERTURB_", None)
    return run([*drgn, "-q", "-c", dump, "-s", vmlinux, TOTALS], env=environment)


def differences(ours, theirs):
    """What does not agree, in words; ours is kswapck's document."""
    found = []

    def compare(what, name, left, right):
        if left != right:
            found.append(f"{what} {name}: kswapck {left}, drgn {right}")

    devices = {str(one["type"]): one for one in ours["devices"]}
    compare("devices", "in use", sorted(devices), sorted(theirs["devices"]))
    for number, device in theirs["devices"].items():
        for name in DEVICE:
            value = devices.get(number, {}).get(name)
            compare(f"device {number}", name, int(value, 16) if name == "swap_info_struct" and value else value,
                    device[name])
    for name in SUMMARY:
        compare("summary", name, ours["summary"].get(name), theirs.get(name))
    return found


def adds_up(theirs):
    """What must hold in itself, or the oracle has not understood the kernel."""
    devices = theirs["devices"].values()
    wrong = []
    if theirs["free"] + theirs["used"] + theirs["bad"] != theirs["slots"]:
        wrong.append("free, used and bad slots are not all")
    if sum(device["pages"] for device in devices) != theirs["slots"] - theirs["bad"]:
        wrong.append("the devices' pages are not the slots that are not bad")
    if theirs["cached"] + theirs["shadows"] > theirs["used"]:
        wrong.append("more is in the cache than slots are used")
    return wrong


def check(kswapck, drgn, dump, vmlinux):
    ours, reason = run([kswapck, "scan", "--json", "--quiet", dump])
    if ours is None:
        # 4.19 has no BTF, Debian's 6.1 for arm64 no symbols of data
        ours, reason = run([kswapck, "scan", "--json", "--quiet", f"--vmlinux={vmlinux}", dump])
    if ours is None:
        return [f"kswapck: {reason}"]
    if not ours["coverage"]["complete"]:
        return ["kswapck has not seen all of it"]
    theirs, reason = by_kernel(drgn, dump, vmlinux)
    if theirs is None:
        return [f"drgn: {reason}"]
    return adds_up(theirs) + differences(ours, theirs)


def committed(folder):
    """Those that are whole: of a distilled dump drgn lacks the pages that kswapck has no need of."""
    manifest = json.loads((pathlib.Path(folder) / "MANIFEST.json").read_text())
    return [("6.1bug", pathlib.Path(folder) / dump["file"]) for dump in manifest["dumps"]
            if "distill" not in dump["recipe"]]


def of_the_lab():
    paths = [facts.with_name(facts.name.removesuffix(".json")) for facts in sorted((LAB / "dumps").glob("*.json"))]
    return [(path.name.split("-")[0], path) for path in paths]


def missing(drgn, kernel, dump):
    """Why the dump cannot be counted; nothing if it can."""
    unfit = next((why for pattern, why in UNFIT if re.search(pattern, dump.name)), None)
    if dump.name.endswith("-flat") and drgn == INSTALLED:
        unfit = "Debian 12's drgn cannot read it"
    return unfit or ("no such dump, or it is several files" if not dump.exists() else
                     None if vmlinux_of(kernel) else f"no vmlinux of the lab's kernel {kernel}")


def main():
    kswapck = os.path.abspath(sys.argv[1])
    drgn = drgn_command()
    if sys.argv[2] == "--one":
        wrong = check(kswapck, drgn, *sys.argv[3:]) if drgn else ["no drgn"]
        print(*wrong, sep="\n", end="\n" if wrong else "")
        return 1 if wrong else 0
    todo = of_the_lab() if sys.argv[2] == "--lab" else committed(sys.argv[2])
    if not drgn or not todo:
        print("1..0 # SKIP", "no drgn" if not drgn else "there are no dumps, or distilled ones only")
        return 0
    print(f"1..{len(todo)}", flush=True)
    failed = 0
    for number, (kernel, dump) in enumerate(todo, 1):
        title = f"{dump.name}: devices, slots and pages by kswapck and by drgn are the same"
        if why := missing(drgn, kernel, dump):
            print(f"ok {number} - {title} # SKIP {why}", flush=True)
            continue
        wrong = check(kswapck, drgn, dump, vmlinux_of(kernel))
        failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {number} - {title}", flush=True)
        for line in wrong:
            print(f"# {line}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
