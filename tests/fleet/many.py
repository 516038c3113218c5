# SPDX-License-Identifier: GPL-2.0-or-later
"""kswapck batch on 10,000 files, bad small ones and hard links of a good one. Prints TAP.

Usage: many.py KSWAPCK DUMPS [COUNT]
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LINKS = 200     # of a good dump


def make(folder, good, count):
    """Files by tens in folders of a thousand."""
    content = good.read_bytes()
    bad = (b"", b"\x7fELF\2\1\1" + bytes(9) + b"\4" + bytes(47), content[:4096], content[:20000], b"\1\2\3" * 99,
           b"KDUMP   " + b"\xff" * 500, b"makedumpfile" + bytes(5000), bytes(5000))
    copy = folder / ".good"
    shutil.copyfile(good, copy)
    for number in range(count):
        place = folder / f"{number // 1000}"
        place.mkdir(exist_ok=True)
        if number % (count // LINKS) == 0:
            os.link(copy, place / f"dump-{number}")
        else:
            (place / f"dump-{number}").write_bytes(bad[number % len(bad)] + b"\0" *
                                                   (number % 7 if number % len(bad) else 0))


def records(path):
    """(path, verdict, reason) of all records."""
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return sorted((record["path"], record["verdict"], record["reason"]) for record in found)


def run(program, dumps, scratch, count):
    """Interrupted, killed and resumed, it ends with one record of each."""
    folder, out = scratch / "files", scratch / "out.ndjson"
    folder.mkdir()
    make(folder, dumps / "freed-folio.kdump", count)
    command = [program, "batch", "-qn", "--no-sweep", "--resume", "-o", out, folder]
    begun = time.monotonic()
    for number in (signal.SIGINT, signal.SIGKILL, signal.SIGTERM):
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = out.stat().st_size if out.exists() else 0
        while process.poll() is None and (not out.exists() or
                                          out.stat().st_size < before + 100 * count):
            time.sleep(0.05)
        process.send_signal(number)
        process.wait()
    subprocess.run(command, check=False, timeout=3600)
    seconds = time.monotonic() - begun
    found = records(out)
    assert len(found) == count, len(found)
    assert len({path for path, _, _ in found}) == count
    assert sum(verdict == "stall" for _, verdict, _ in found) == LINKS
    assert all(verdict == "stall" or reason for _, verdict, reason in found)
    print(f"# {seconds:.0f} s, {seconds / count * 1000:.1f} ms a file")
    begun = time.monotonic()
    subprocess.run(command, check=False, timeout=3600)
    assert records(out) == found
    print(f"# {time.monotonic() - begun:.1f} s when all is done already")
    begun = time.monotonic()
    summary = json.loads(subprocess.run([program, "summarize", "--json", out], check=True,
                                        capture_output=True).stdout)
    assert summary["dumps"] == count and summary["groups"][0]["dumps"] == LINKS
    assert len(summary["groups"]) < 20, len(summary["groups"])
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    print(f"# summarize: {time.monotonic() - begun:.1f} s; at most {peak} MiB in any process")


def main(program, dumps, count="10000"):
    """Print TAP; return the exit status."""
    print("1..1")
    name = f"{int(count):,} files, interrupted three times: one record each"
    with tempfile.TemporaryDirectory() as scratch:
        try:
            run(pathlib.Path(program).absolute(), pathlib.Path(dumps).absolute(),
                pathlib.Path(scratch), int(count))
        except AssertionError as error:
            print(f"not ok 1 - {name}\n# {error}")
            return 1
    print(f"ok 1 - {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
