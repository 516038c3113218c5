"""Makes a dump from its recipe and writes down where it came from."""

import json
import os
import random
import re
import shlex
import subprocess
import sys
import time

from . import LabError, arches, cache, initramfs, kernels, packages, qemu, rawparts, recompress
from .recipes import FORMATS, SCENARIOS

ATTEMPTS = 3
CAPTURE_SECONDS = 180
PANIC_SECONDS = 30
APPEND = "panic=-1 oops=panic"


def folder():
    """Where finished dumps are."""
    return cache.folder("dumps")


def files(recipe):
    """The files of a dump, made or not."""
    if FORMATS[recipe.format].raw_of:
        return _raw_files(folder(), recipe)
    parts = FORMATS[recipe.format].parts
    if parts == 1:
        return [folder() / recipe.name]
    return [folder() / f"{recipe.name}.{part}" for part in range(1, parts + 1)]


def _raw_files(where, recipe):
    """Their number is the guest's business."""
    return sorted(where.glob(f"{recipe.name}.0x*"), key=lambda path: int(path.suffix[1:], 16))


def arguments(recipe):
    """What to tell kswapck, to make it open the dump."""
    return rawparts.arguments(files(recipe)) if FORMATS[recipe.format].raw_of else [str(path) for path in files(recipe)]


def exists(recipe):
    """The description is written last, so that a dump cut short does not count."""
    return (folder() / f"{recipe.name}.json").exists() and all(path.exists() for path in files(recipe))


def remove(recipe):
    """Takes a dump away again, its description first."""
    (folder() / f"{recipe.name}.json").unlink(missing_ok=True)
    for path in files(recipe):
        path.unlink(missing_ok=True)


def make(recipe, options):
    """Makes a dump unless it is there."""
    with cache.lock(recipe.name):
        if exists(recipe):
            return
        form = FORMATS[recipe.format]
        if form.source:
            source = recipe.sibling(form.source)
            make(source, options)
        started = time.monotonic()
        print(f"lab: making {recipe.name}", file=sys.stderr)
        with cache.scratch() as scratch:
            if form.makedumpfile:
                about = _filter(recipe, source, scratch)
            elif form.raw_of:
                rawparts.split(files(source)[0], scratch / recipe.name)
                about = _inherited(source)
            elif form.snappy:
                recompress.to_snappy(files(source)[0], scratch / recipe.name)
                about = _inherited(source)
            else:
                about = _boot_until_it_works(recipe, options, scratch)
            _keep(recipe, scratch, about)
        print(f"lab: {recipe.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


def _keep(recipe, scratch, about):
    sums = {}
    made_files = _raw_files(scratch, recipe) if FORMATS[recipe.format].raw_of else files(recipe)
    for made in (scratch / path.name for path in made_files):
        sums[made.name] = {"bytes": made.stat().st_size, "sha256": cache.sha256(made)}
        made.chmod(0o644)       # QEMU makes it for its owner alone
        os.replace(made, folder() / made.name)
    about = {"name": recipe.name, "kernel": recipe.kernel, "scenario": recipe.scenario, "format": recipe.format,
             **about, "files": sums}
    (folder() / f"{recipe.name}.json").write_text(json.dumps(about, indent=2) + "\n")


# ---- by a guest ---------------------------------------------------------------------------

def _boot_until_it_works(recipe, options, scratch):
    for attempt in range(1, ATTEMPTS + 1):
        log = cache.folder("logs") / f"{recipe.name}.{attempt}"
        try:
            return _boot(recipe, options, scratch, log)
        except qemu.GuestFailed as error:
            print(f"lab: {recipe.name}: attempt {attempt}: {error}", file=sys.stderr)
    raise LabError(f"{recipe.name}: {ATTEMPTS} boots failed; their consoles are in {log.parent}")


def machine(recipe, options, scratch, program=None):
    """The machine for a recipe, with its initramfs and disks in the folder `scratch`. `program`: see initramfs."""
    kernel, scenario, form = kernels.KERNELS[recipe.kernel], SCENARIOS[recipe.scenario], FORMATS[recipe.format]
    kernel_folder = kernels.get(recipe.kernel)
    crash = not form.qemu
    memory = options.memory or scenario.memory or kernel.memory
    # Little is said aloud: the console also carries the guest's report, and the kernel's log is in the dump.
    arch = arches.get(kernel.arch)
    words = [f"console={arch.console}", APPEND, arch.append, f"loglevel={7 if options.verbose else 1}", kernel.append,
             scenario.append, options.append, f"lab={scenario.workload or recipe.scenario}"]
    if scenario.end:
        words.append("lab_end=host")
    if crash:
        words.append(f"lab_crash=1 crashkernel={options.crashkernel or kernel.crashkernel}M")
    append = " ".join(filter(None, words))
    own = [kernels.module(recipe.kernel, scenario.module)] if scenario.module else []
    initramfs.make(scratch / "initrd", kernel_folder, arch, crash, own, program)
    disks = [scratch / "swap"]
    qemu.swap_disk(disks[0], scenario.swap, kernel.page)
    if crash:
        disks.append(scratch / recipe.name)
        with open(disks[1], "wb") as file:
            file.truncate((memory + 64) << 20)
    if scenario.swap_more:
        disks.append(scratch / "swap-more")
        qemu.swap_disk(disks[-1], scenario.swap_more, kernel.page)
    return qemu.Machine(kernel_folder / "vmlinuz", scratch / "initrd", append, disks, memory, kernel.arch,
                        arch.richer_cpu if form.richer_cpu else kernel.cpu or arch.cpu, form.vmcoreinfo,
                        getattr(options, "cpus", None) or scenario.cpus)


def _boot(recipe, options, scratch, log):
    scenario, form = SCENARIOS[recipe.scenario], FORMATS[recipe.format]
    made = machine(recipe, options, scratch)
    with qemu.Guest(made, log) as guest:
        if form.qemu:
            _stop_and_dump(guest, scenario, form, scratch / recipe.name)
        else:
            _capture(guest, scenario, scratch / recipe.name)
    kernel_folder = made.kernel.parent
    described = _described(guest.facts)
    if guest.panic:
        described["panic"] = guest.panic
    return {**described, "memory_mib": made.memory, "append": made.append,
            "kernel_source": _source(kernel_folder),
            "qemu": _portable(made.command("QMP"), scratch, kernel_folder)}


def _stop_and_dump(guest, scenario, form, path):
    guest.wait_for("ready", scenario.seconds)
    if scenario.random_stop:
        guest.listen(random.uniform(3, 10))
    if scenario.end:
        guest.panic_by(scenario.end)
        guest.wait_for_panic(PANIC_SECONDS)
    guest.dump(path, form.qemu)


def _capture(guest, scenario, path):
    guest.wait_for("ready" if scenario.end else "end", scenario.seconds)
    if scenario.end:
        guest.listen(random.uniform(0.5, 4))
        guest.panic_by(scenario.end)
    size = int(guest.wait_for("captured", CAPTURE_SECONDS))
    os.truncate(path, size)


def _described(facts):
    """The guest's report as a table; what comes in several lines stays a list of lines."""
    guest, release = {}, ""
    for key, value in facts:
        if key == "release":
            release = value
        elif key in ("swaps", "meminfo", "vmstat", "task", "klog"):
            guest.setdefault(key, []).append(re.sub(r"\s+", " ", value))
        else:
            guest[key] = value
    return {"release": release, "guest": guest}


def _source(kernel_folder):
    return json.loads((kernel_folder / "kernel.json").read_text())


def _portable(command, scratch, kernel_folder):
    """The command without the paths of the machine that ran it."""
    return shlex.join(command).replace(str(scratch), "SCRATCH").replace(str(kernel_folder), "KERNEL")


# ---- from another dump ----------------------------------------------------------------------

def _filter(recipe, source, scratch):
    form = FORMATS[recipe.format]
    program = _makedumpfile("trixie" if form.newer else None, arches.get(kernels.KERNELS[recipe.kernel].arch).debian)
    vmcore = files(source)[0]
    outputs = [scratch / path.name for path in files(recipe)]
    command = [*program, "--message-level", "4", *form.makedumpfile, vmcore]
    if "-F" in form.makedumpfile:
        with open(outputs[0], "wb") as file:
            done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE)
        if done.returncode:
            raise LabError(f"makedumpfile failed: {done.stderr.decode()[-500:]}")
    else:
        packages.run([*command, *outputs])
    version = packages.run([*program, "-v"]).split("\n")[0]
    return {**_inherited(source), "makedumpfile": " ".join(form.makedumpfile), "makedumpfile_version": version}


def _makedumpfile(suite, arch):
    """Its command: it reads dumps of its own architecture only. That of Debian 12 knows no zstd."""
    if not suite and arch == "amd64":
        return ["makedumpfile"]
    folder = "makedumpfile" + (f"-{suite or 'bookworm'}-{arch}" if arch != "amd64" else "")
    return packages.Borrowed(suite or "bookworm", "makedumpfile", "usr/bin/makedumpfile", folder=folder,
                             arch=arch).command


def _inherited(source):
    about = json.loads((folder() / f"{source.name}.json").read_text())
    kept = ("release", "guest", "panic", "memory_mib", "append", "kernel_source", "qemu")
    return {**{key: about[key] for key in kept if key in about}, "from": source.name}
