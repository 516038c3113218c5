"""kswapck inside a guest: what it says of the kernel that it runs on, while a scenario goes on beside it."""

import argparse
import json
import re
import shutil
import sys
import time

from . import LabError, cache, dumps, qemu, recipes

BOOTS = 3
# Beside the watch: the boot, some ten more runs, each of several looks, on processors that are emulated.
MORE_SECONDS = 600


def _is_new(line):
    return re.match(r"\d\d:\d\d:\d\d +new ", line)


class Observation:
    """All that one guest said of kswapck's steps: watch, scan, explain, json."""

    def __init__(self, lines):
        self.lines = {}             # of each step
        self.status = {}            # exit status of each step
        self.rss = []               # of the watch: (second, KiB)
        self.broken_at = self.found_at = None       # seconds: a huge page moved, and the first finding was told
        for seconds, line in lines:
            word, _, rest = line.partition(" ")
            if word == "live":
                step, _, text = rest.partition(" ")
                self.lines.setdefault(step, []).append(text)
                if self.found_at is None and _is_new(text):
                    self.found_at = seconds
            elif word == "moved" and self.broken_at is None:
                self.broken_at = seconds
            elif word == "live-status":
                step, status = rest.split()
                self.status[step] = int(status)
            elif word == "live-rss":
                kib, second = map(int, rest.split())
                self.rss.append((second, kib))

    @property
    def new(self):
        """The watch's lines about what was found."""
        return [line for line in self.lines.get("watch", []) if _is_new(line)]

    @property
    def looks(self):
        """How often the watch looked."""
        found = re.search(r"([\d,]+) looks", "\n".join(self.lines.get("watch", [])))
        return int(found[1].replace(",", "")) if found else 0

    @property
    def longest_look(self):
        """What the longest one took, in seconds."""
        found = re.search(r"looks of ([\d.]+) s at most", "\n".join(self.lines.get("watch", [])))
        return float(found[1]) if found else 0

    @property
    def report(self):
        """The triage, as JSON; None if it is not that. What goes to stderr comes the same way."""
        lines = [line for line in self.lines.get("json", []) if not line.startswith("kswapck: ")]
        try:
            return json.loads("\n".join(lines))
        except ValueError:
            return None


def observe(kernel, scenario, program, seconds, interval=1, options=None):
    """Boots a guest in which kswapck watches for so long, then scans and explains."""
    options = options or argparse.Namespace(memory=None, append=None, verbose=False, crashkernel=None)
    recipe = recipes.parse(f"{kernel}-{scenario}-elf")
    # A stalled kernel cannot unmount, as what it meets elsewhere takes.
    strange = "" if kernel.endswith("bug") else "lab_live_strange=1"
    append = " ".join(filter(None, [options.append, f"lab_live={seconds} lab_live_interval={interval}", strange]))
    options = argparse.Namespace(**{**vars(options), "append": append})
    for boot in range(1, BOOTS + 1):
        log = cache.folder("logs") / f"{recipe.name}-live.{boot}"
        try:
            return _one_guest(recipe, options, program, seconds, log)
        except qemu.GuestFailed as error:
            print(f"lab: {recipe.name}: boot {boot}: {error}", file=sys.stderr)
    raise LabError(f"{recipe.name}: {BOOTS} boots failed; their consoles are in {log.parent}")


def _one_guest(recipe, options, program, seconds, log):
    with cache.scratch() as scratch:
        with qemu.Guest(dumps.machine(recipe, options, scratch, program), log) as guest:
            return Observation(guest.said_until("live-end", seconds + MORE_SECONDS))


def _in_short(report):
    story = report["explain"]
    stacks = {f"{one['pid']}: {one['end']}" for one in story["stacks"] if not one["complete"]}
    return json.dumps({"verdict": story["verdict"], "problems": report["summary"]["problems"],
                       "not_seen": report["coverage"]["not_seen"], "missing": story["missing"],
                       "cut stacks": sorted(stacks)})


def live(options):
    """The command: shows all that was said; whether every step ended as one that looked at a running kernel."""
    program = shutil.which(options.program)
    if not program:
        raise LabError(f"no such program: {options.program}")
    started = time.monotonic()
    seen = observe(options.kernel, options.scenario, program, options.seconds, options.interval, options)
    for step in (step for step in seen.status if step != "json"):
        print(f"---- {step}: status {seen.status.get(step)}", *seen.lines.get(step, []), sep="\n")
    report = seen.report
    print(f"---- json: status {seen.status.get('json')}, {_in_short(report) if report else 'NOT SOUND'}")
    if seen.broken_at is not None and seen.found_at is not None:
        print(f"---- found {seen.found_at - seen.broken_at:.1f} s after it happened")
    print("---- rss:", *(f"{kib} KiB at {second} s" for second, kib in seen.rss))
    print(f"---- {time.monotonic() - started:.0f} s in all")
    return report is not None and all(0 <= seen.status[step] < 8 for step in ("watch", "scan", "explain", "json"))
