"""The kernels: Debian's cloud kernels as they are, and a 6.1 that can be given its two old bugs back."""

import dataclasses
import gzip
import hashlib
import json
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import sys

from . import LabError, cache, packages

HERE = pathlib.Path(__file__).resolve().parent.parent

# In the order in which they need each other. A kernel that has one built in simply has no such file.
MODULES = ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk",
           "qemu_fw_cfg"]
# Loaded by the scenarios that want them; a kernel fetched by an older lab may lack one, which does no harm.
LATER = ["brd"]


@dataclasses.dataclass(frozen=True)
class Kernel:
    """How a kernel is got, and what a guest with it needs."""
    suite: str
    package: str
    memory: int             # MiB of a guest
    crashkernel: int        # MiB of it set aside for genuine kdumps
    built: bool = False
    append: str = ""        # for its command line


KERNELS = {
    "5.10": Kernel("bullseye-security", "linux-image-cloud-amd64", 512, 160),
    # The mirrors no longer have the debug symbols of the newest ones.
    "5.10.251": Kernel("bullseye-security", "linux-image-5.10.0-43-cloud-amd64", 512, 160),
    "6.1": Kernel("bookworm-security", "linux-image-cloud-amd64", 512, 160),
    "6.12": Kernel("trixie", "linux-image-cloud-amd64", 512, 192),
    "7.2": Kernel("trixie-backports", "linux-image-cloud-amd64", 512, 192),
    # Small in everything, so that a dump of it can be committed. Free pages that wait in per-CPU lists do not look
    # free to makedumpfile: with what was in them last, they would be a third of the file.
    "6.1bug": Kernel("bookworm-security", "linux-source-6.1", 256, 64, built=True, append="init_on_free=1"),
}


def get(name):
    """The folder of a kernel, fetched or built if need be: vmlinuz, modules/, kernel.json; a built one's vmlinux."""
    folder = cache.folder("kernels", name)
    with cache.lock(f"kernel-{name}"):
        if not (folder / "kernel.json").exists():
            print(f"lab: {'building' if KERNELS[name].built else 'fetching'} kernel {name}", file=sys.stderr)
            suite = packages.Suite(KERNELS[name].suite)
            suite.update()
            with cache.scratch() as scratch:
                about = (_build if KERNELS[name].built else _fetch)(KERNELS[name], suite, folder, scratch)
            # Last, because it says that all else is there.
            (folder / "kernel.json").write_text(json.dumps(about, indent=2) + "\n")
    return folder


def _fetch(kernel, suite, folder, scratch):
    # Without the metapackage, which has no version in its name: mirrors have been seen to lack it.
    names = [name for name in suite.closure(kernel.package, r"linux-(image|binary|modules)-")
             if re.search(r"-\d", name)]
    suite.unpack(names, scratch)
    images = [*scratch.glob("boot/vmlinuz-*"), *scratch.glob("usr/lib/modules/*/vmlinuz")]
    if not images:
        raise LabError(f"no vmlinuz in {' '.join(names)}")
    shutil.copyfile(images[0], folder / "vmlinuz")
    _keep_modules(scratch, folder / "modules")
    return {"packages": names, "suite": suite.name}


def _keep_modules(scratch, into):
    into.mkdir(exist_ok=True)
    for number, name in [*enumerate(MODULES), *enumerate(LATER, 90)]:
        for path in scratch.glob(f"**/{name}.ko*"):
            (into / f"{number:02}-{name}.ko").write_bytes(_decompressed(path))


def _decompressed(path):
    data = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(data)
    if path.suffix == ".gz":
        return gzip.decompress(data)
    if path.suffix == ".zst":
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def _build(kernel, suite, folder, scratch):
    tree, env = _source_tree(kernel, suite, scratch)
    wanted = HERE / "kernels/6.1bug.config"
    packages.run(["make", "tinyconfig"], cwd=tree, env=env)
    with open(tree / ".config", "a") as config:
        config.write(wanted.read_text())
    packages.run(["make", "olddefconfig"], cwd=tree, env=env)
    _check_config(tree / ".config", wanted)
    packages.run(["nice", "make", f"-j{(os.cpu_count() or 1) + 1}", "vmlinux", "bzImage"], cwd=tree, env=env)
    shutil.copyfile(tree / "vmlinux", folder / "vmlinux")
    shutil.copyfile(tree / ".config", folder / "config")
    shutil.copyfile(tree / "arch/x86/boot/bzImage", folder / "vmlinuz")
    (folder / "modules").mkdir(exist_ok=True)
    return {"packages": [kernel.package], "suite": suite.name}


def _source_tree(kernel, suite, scratch):
    """The patched source of a built kernel, and the environment to build it in."""
    packages.install(packages.BUILD)
    suite.unpack([kernel.package], scratch)
    packages.run(["tar", "-xf", scratch / "usr/src" / f"{kernel.package}.tar.xz", "-C", scratch])
    tree = scratch / kernel.package
    packages.run(["patch", "-p1", "-d", tree, "-i", HERE / "kernels/6.1bug.patch"])
    # Neither the builder's name (the banner is in every dump) nor the folder (the build id covers it) may tell of
    # the machine: the same source and compiler give the same vmlinux, so one for a dump that was made elsewhere.
    here = f"-fdebug-prefix-map={tree}=/usr/src/{kernel.package}"
    env = dict(os.environ, KBUILD_BUILD_USER="kswapck", KBUILD_BUILD_HOST="lab",
               KBUILD_BUILD_TIMESTAMP="2024-01-01 00:00:00 UTC", KCFLAGS=here, KAFLAGS=here)
    return tree, env


def module(name, source):
    """A module of the lab's own, from kernels/SOURCE.c; made if need be."""
    folder, kernel = get(name), KERNELS[name]
    text = (HERE / "kernels" / f"{source}.c").read_bytes()
    built = folder / "own" / f"{source}-{hashlib.sha256(text).hexdigest()[:12]}" / f"{source}.ko"
    with cache.lock(f"module-{name}-{source}"):
        if not built.exists():
            print(f"lab: building {source}.ko for kernel {name}", file=sys.stderr)
            with cache.scratch() as scratch:
                _build_module(kernel, folder, source, text, built, scratch)
    return built


def _build_module(kernel, folder, source, text, built, scratch):
    tree, env = (_built_tree if kernel.built else _headers_tree)(kernel, folder, scratch)
    here = scratch / "own"
    here.mkdir()
    (here / f"{source}.c").write_bytes(text)
    (here / "Kbuild").write_text(f"obj-m := {source}.o\n")
    # Where no list of what the kernel exports is there, the guest's kernel looks itself.
    packages.run(["make", f"M={here}", "KBUILD_MODPOST_WARN=1", "modules"], cwd=tree, env=env)
    built.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(here / f"{source}.ko", built)


def _built_tree(kernel, folder, scratch):
    """The source of a kernel that was built here, ready for modules."""
    # Not with an update of the suite: a newer source would not fit the kernel that is there.
    tree, env = _source_tree(kernel, packages.Suite(kernel.suite), scratch)
    shutil.copyfile(folder / "config", tree / ".config")
    packages.run(["make", "olddefconfig"], cwd=tree, env=env)
    packages.run(["nice", "make", f"-j{(os.cpu_count() or 1) + 1}", "modules_prepare"], cwd=tree, env=env)
    # With the kernel's own BTF beside it, the module gets some too.
    os.symlink(folder / "vmlinux", tree / "vmlinux")
    return tree, env


def _headers_tree(kernel, folder, scratch):
    """Debian's headers of exactly the kernel that is there."""
    images = [name for name in json.loads((folder / "kernel.json").read_text())["packages"]
              if re.match(r"linux-(image|binary)-\d", name)]
    headers = re.sub(r"^linux-(image|binary)-", "linux-headers-", images[0])
    suite = packages.Suite(kernel.suite)
    root = scratch / "headers"
    suite.unpack(suite.closure(headers, r"linux-(headers|kbuild)-"), root)
    tree = root / "usr/src" / headers
    makefile, variables = tree / "Makefile", tree / ".kernelvariables"
    # They expect to be installed, and the compiler of their release.
    makefile.write_text(makefile.read_text().replace("/usr/src/", f"{root}/usr/src/"))
    variables.write_text(re.sub(r"gcc-\d+", "gcc", variables.read_text()))
    return tree, None


def _check_config(config, wanted):
    """Kconfig drops what it does not know or cannot have, without a word: better to hear of it before the boot."""
    have = set(config.read_text().splitlines())
    lost = [line for line in wanted.read_text().splitlines() if line.startswith("CONFIG_") and line not in have]
    if lost:
        raise LabError("the kernel's configuration does not take: " + " ".join(lost))
