"""Debug symbols of the lab's kernels, and debuggers that know kernels as new as those: to compare kswapck with.

Nothing of it is installed: Debian's -dbg packages and trixie's crash and drgn are only unpacked, in the cache.
"""

import json
import mmap
import re
import shutil
import sys

from . import LabError, arches, cache, kernels, packages

MODULES = [*kernels.MODULES, *kernels.LATER]


def get(name):
    """The folder with a kernel's `vmlinux` (DWARF), fetched if need be; a built or given one has its own."""
    kernel_folder = kernels.get(name)
    if kernels.KERNELS[name].built or kernels.KERNELS[name].given:
        return kernel_folder
    folder = cache.folder("debug", name)
    with cache.lock(f"debug-{name}"):
        if not (folder / "debug.json").exists():
            _fetch(name, kernel_folder, folder)
    return folder


def symbols(name):
    """What kswapck must be given besides a dump of this kernel."""
    if kernels.KERNELS[name].data_symbols:
        return ["--no-search"]
    return [f"--vmlinux={get(name) / 'vmlinux'}"]


def _fetch(name, kernel_folder, folder):
    package = _package(kernel_folder)
    print(f"lab: fetching {package}", file=sys.stderr)
    kernel = kernels.KERNELS[name]
    suite = packages.Suite(kernel.suite, arches.get(kernel.arch).debian)
    suite.update()
    with cache.scratch() as scratch:
        suite.unpack([package], scratch)
        # The others of this name are links to it.
        images = [path for path in scratch.glob("usr/lib/debug/**/vmlinux*") if not path.is_symlink()]
        if len(images) != 1:
            raise LabError(f"no vmlinux in {package}")
        _check_same(kernel_folder / "vmlinuz", images[0], package)
        (folder / "modules").mkdir(exist_ok=True)
        for module in MODULES:
            for path in scratch.glob(f"**/{module}.ko*"):
                shutil.move(path, folder / "modules" / path.name)
        shutil.move(images[0], folder / "vmlinux")
    # Last, because it says that all else is there.
    (folder / "debug.json").write_text(json.dumps({"packages": [package], "suite": suite.name}, indent=2) + "\n")


def _package(kernel_folder):
    """linux-image-RELEASE-dbg, whatever package the image itself came in (linux-image- or linux-binary-)."""
    for package in json.loads((kernel_folder / "kernel.json").read_text())["packages"]:
        found = re.fullmatch(r"linux-(?:image|binary)-(\d.*)", package)
        if found:
            return f"linux-image-{found.group(1)}-dbg"
    raise LabError(f"{kernel_folder}/kernel.json does not name the kernel's package")


def _check_same(vmlinuz, vmlinux, package):
    """A mirror has only the newest build of a release; the kernel in the cache may be from before it."""
    banner = _banner(vmlinuz)
    with open(vmlinux, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
        if image.find(banner) < 0:
            raise LabError(f"{package} is not of the kernel in the cache ({banner.decode()}): remove that "
                           "kernel's folder and its dumps")


def _banner(vmlinuz):
    """From "#1 SMP" on, as a bzImage says it (kernel: Documentation/arch/x86/boot.rst, kernel_version)."""
    image = vmlinuz.read_bytes()
    at = int.from_bytes(image[0x20e:0x210], "little") + 0x200
    text = image[at:image.index(b"\0", at)]
    return text[text.index(b"#"):].strip()


# ---- the debuggers ----------------------------------------------------------------------------

def crash(suite="trixie"):
    """The command of crash. Debian 12's (8.0.2) unwinds without ORC tables, and knows no kernel after 6.0."""
    folder = "crash" if suite == "trixie" else f"crash-{suite}"
    return list(map(str, packages.Borrowed(suite, "crash", "usr/bin/crash", folder=folder).command))


def drgn(suite="trixie"):
    """The command of a Python with drgn. Debian 12's (0.0.22) knows no ORC tables of 6.4 and later."""
    python = packages.Borrowed(suite, "python3-drgn", "usr/bin/python3.*", rf"{packages.LIBRARIES}|python3",
                               folder="python3-drgn" if suite == "trixie" else f"python3-drgn-{suite}")
    folder = python.program.parent.parent
    return ["/usr/bin/env", f"PYTHONHOME={folder}", f"PYTHONPATH={folder}/lib/python3/dist-packages",
            *map(str, python.command)]
