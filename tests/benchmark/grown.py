# SPDX-License-Identifier: GPL-2.0-or-later
"""Dumps that grow.c makes, of tens of millions of cached slots: are all faults found, what does it cost."""
import contextlib
import json
import pathlib
import re
import subprocess
import tempfile

import measure

EVERY = 1000            # slots to a fault
THREADS = 2
SCAN = ("scan", "--no-search", "--json")
NO_SWEEP = (*SCAN, "--no-sweep")


@contextlib.contextmanager
def grown(programs, folder, slots, every=EVERY):
    """A dump for as long as it is needed, some 80 bytes a slot; with the faults planted in it."""
    with tempfile.TemporaryDirectory(dir=folder) as here:
        path = pathlib.Path(here) / "grown"
        done = subprocess.run([programs.grow, programs.small, path, str(slots), str(every)], check=True,
                              stdout=subprocess.PIPE, text=True)
        yield path, {(line.split()[0], int(line.split()[1])) for line in done.stdout.splitlines()}


def name_of(slots):
    return f"{slots / 1e6:g} M slots"


def check_findings(table, programs, path, planted, slots):
    """All that was planted, and nothing else; without the sweep, as no fault needs it."""
    done = subprocess.run([programs.kswapck, *NO_SWEEP, path], stdout=subprocess.PIPE, text=True)
    found = sorted((one["id"], one["slots"]["first"]) for one in json.loads(done.stdout)["findings"])
    table.add(name_of(slots), "faults planted", figure=len(planted), unit="")
    table.add(name_of(slots), "missed", figure=len(planted - set(found)), unit="", goal=0)
    table.add(name_of(slots), "found, not planted", figure=len(found) - len(planted & set(found)), unit="", goal=0)


def output_of(programs, path, threads):
    done = subprocess.run([programs.kswapck, *NO_SWEEP, "--threads", str(threads), path], stdout=subprocess.PIPE)
    return re.sub(rb'"pages_read": *\d+', b"", done.stdout)


def bench_threads(table, programs, path, slots, runs):
    """The quietest run of each: what others do on the machine is never to a program's advantage."""
    commands = [[programs.kswapck, *NO_SWEEP, "--threads", str(threads), path] for threads in (1, THREADS)]
    one, many = programs.meter.alternate(commands, runs)
    name, wall = name_of(slots), min(run.wall for run in one) / min(run.wall for run in many)
    table.add(name, f"{THREADS} threads: wall time", figure=wall, unit="x", goal=0.85 * THREADS, least=True)
    table.add(name, f"{THREADS} threads: CPU", measure.median(many), measure.median(many) / measure.median(one), "x")
    same = output_of(programs, path, 1) == output_of(programs, path, THREADS)
    table.add(name, f"{THREADS} threads: unlike bytes", figure=0 if same else 1, unit="", goal=0)


def bench_slots(table, programs, path, slots, runs):
    """CPU without and with the sweep; the first is returned."""
    name = name_of(slots)
    plain, swept = programs.meter.alternate([[programs.kswapck, *NO_SWEEP, path], [programs.kswapck, *SCAN, path]],
                                             runs)
    for what, figures in (("scan --no-sweep", plain), ("scan", swept)):
        table.add(name, what, measure.median(figures))
        table.add(name, f"{what}: memory", figure=measure.median(figures, "memory"), unit="MiB", goal=48)
    return measure.median(plain)


def bench_grown(table, programs, folder, slots, runs):
    """@slots and half of them, an eighth with threads, and one with a fault in every slot."""
    with grown(programs, folder, slots) as (path, planted):
        check_findings(table, programs, path, planted, slots)
        whole = bench_slots(table, programs, path, slots, runs)
        bench_threads(table, programs, path, slots, runs)
    with grown(programs, folder, slots // 2) as (path, _):
        half = bench_slots(table, programs, path, slots // 2, runs)
    table.add(name_of(slots), "twice the slots", whole, whole / half, "x", goal=2.05)
    with grown(programs, folder, slots // 8) as (path, _):
        bench_threads(table, programs, path, slots // 8, runs)
    with grown(programs, folder, slots // 8, 1) as (path, planted):
        run = programs.meter.run([programs.kswapck, *NO_SWEEP, path])
        table.add(f"{name_of(slots // 8)}, broken", f"{len(planted):,} findings", run.cpu)
        table.add(f"{name_of(slots // 8)}, broken", "memory", figure=run.memory, unit="MiB", goal=48)
