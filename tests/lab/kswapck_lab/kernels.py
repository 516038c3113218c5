"""The kernels: Debian's cloud kernels as they are, and two that can be given their old bugs back."""

import dataclasses
import hashlib
import json
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import zlib

from . import LabError, arches, cache, packages

HERE = pathlib.Path(__file__).resolve().parent.parent

# In the order in which they need each other. A kernel that has one built in simply has no such file.
MODULES = ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk",
           "qemu_fw_cfg"]
# Loaded by the scenarios that want them, in this order too: zram comes with what its kernel compresses by.
LATER = ["brd", "zsmalloc", "lz4_compress", "lz4hc_compress", "lzo-rle", "zram"]


@dataclasses.dataclass(frozen=True)
class Kernel:
    """How a kernel is got, and what a guest with it needs."""
    suite: str
    package: str
    memory: int             # MiB of a guest
    crashkernel: int        # MiB of it set aside for genuine kdumps
    append: str = ""        # for its command line
    patch: str = ""         # in kernels/, for one that is built here
    configs: tuple = ()     # in kernels/, over tinyconfig and each other
    arch: str = "x86_64"    # a key of arches.ARCHES
    page: int = 4096        # bytes
    cpu: str = ""           # of QEMU, if it is not the architecture's usual one
    data_symbols: bool = True   # its kallsyms has those of data: else kswapck needs its vmlinux
    like: str = ""          # the kernel of another architecture whose scenarios it has; else its own name

    @property
    def built(self):
        """Whether it is built here, and so can be given its bugs."""
        return bool(self.patch)

    @property
    def given(self):
        """Whether it is the user's own: no suite that the mirrors still have comes with one so old."""
        return not self.package


KERNELS = {
    "5.10": Kernel("bullseye-security", "linux-image-cloud-amd64", 512, 160),
    # The mirrors no longer have the debug symbols of the newest ones.
    "5.10.251": Kernel("bullseye-security", "linux-image-5.10.0-43-cloud-amd64", 512, 160),
    "6.1": Kernel("bookworm-security", "linux-image-cloud-amd64", 512, 160),
    "6.12": Kernel("trixie", "linux-image-cloud-amd64", 512, 192),
    # Each of another form of swap tables, or of VMAs. Of 7.0 and 7.1 the mirrors have no modules any more, and without
    # virtio_blk there is nothing to swap to.
    "6.18": Kernel("trixie-backports", "linux-image-6.18.15+deb13-cloud-amd64", 512, 192),
    "7.2": Kernel("trixie-backports", "linux-image-7.2.12+deb13-cloud-amd64", 512, 192),
    "7.3": Kernel("trixie-backports", "linux-image-7.3.4+deb13-cloud-amd64", 512, 192),
    # Small in everything, so that a dump of it can be committed. Free pages that wait in per-CPU lists do not look
    # free to makedumpfile: with what was in them last, they would be a third of the file.
    "6.1bug": Kernel("bookworm-security", "linux-source-6.1", 256, 64, append="init_on_free=1",
                     patch="6.1bug.patch", configs=("bug.config", "x86.config", "6.1bug.config")),
    "6.12bug": Kernel("trixie", "linux-source-6.12", 256, 64, append="init_on_free=1",
                      patch="6.12bug.patch", configs=("bug.config", "x86.config", "6.12bug.config")),
    "6.1arm64": Kernel("bookworm-security", "linux-image-cloud-arm64", 512, 160, arch="arm64", like="6.1",
                       data_symbols=False),
    "6.12arm64": Kernel("trixie", "linux-image-cloud-arm64", 512, 192, arch="arm64", like="6.12"),
    "7.3arm64": Kernel("trixie-backports", "linux-image-7.3.4+deb13-cloud-arm64", 512, 192, arch="arm64", like="7.3"),
    "6.1bugarm64": Kernel("bookworm-security", "linux-source-6.1", 256, 64, append="init_on_free=1",
                          patch="6.1bug.patch", configs=("bug.config", "6.1bug.config", "arm64.config",
                                                         "arm64-4k.config"),
                          arch="arm64", like="6.1bug"),
    # The usual processor has no pages of this size.
    "6.1bug16karm64": Kernel("bookworm-security", "linux-source-6.1", 512, 64, append="init_on_free=1",
                             patch="6.1bug.patch", configs=("bug.config", "6.1bug.config", "arm64.config",
                                                            "arm64-16k.config"),
                             arch="arm64", like="6.1", page=16384, cpu="neoverse-n1"),
    "6.1bug64karm64": Kernel("bookworm-security", "linux-source-6.1", 512, 64, append="init_on_free=1",
                             patch="6.1bug.patch", configs=("bug.config", "6.1bug.config", "arm64.config",
                                                            "arm64-64k.config"),
                             arch="arm64", like="6.1", page=65536),
    # Their swap cache is in radix trees; with no BTF, they are read by their vmlinux alone.
    "4.14": Kernel("", "", 512, 128, data_symbols=False),
    "4.19": Kernel("", "", 512, 128, data_symbols=False),
}
GIVEN = "KSWAPCK_LAB_GIVEN"     # of the environment: the folder with the kernels that the user gives


def get(name):
    """The folder of a kernel, fetched or built if need be: vmlinuz, modules/, kernel.json; a built one's vmlinux."""
    folder = cache.folder("kernels", name)
    packages.install(arches.get(KERNELS[name].arch).packages)
    with cache.lock(f"kernel-{name}"):
        if KERNELS[name].given:
            if not (folder / "kernel.json").exists():
                _take(name, folder)
        elif not (folder / "kernel.json").exists():
            print(f"lab: {'building' if KERNELS[name].built else 'fetching'} kernel {name}", file=sys.stderr)
            suite = packages.Suite(KERNELS[name].suite, arches.get(KERNELS[name].arch).debian)
            suite.update()
            with cache.scratch() as scratch:
                about = (_build if KERNELS[name].built else _fetch)(KERNELS[name], suite, folder, scratch)
            # Last, because it says that all else is there.
            (folder / "kernel.json").write_text(json.dumps(about, indent=2) + "\n")
        elif not KERNELS[name].built:
            _fetch_new_modules(name, folder)
    return folder


def available(name):
    """Whether a kernel can be had at all."""
    return (not KERNELS[name].given or (cache.folder("kernels", name) / "kernel.json").exists() or
            (pathlib.Path(os.environ.get(GIVEN, "/")) / name / "vmlinux").exists())


def _take(name, folder):
    """Copies a kernel that the user built: $KSWAPCK_LAB_GIVEN/NAME has vmlinuz and vmlinux."""
    if not available(name):
        raise LabError(f"kernel {name} must be given: a folder {name} with its vmlinuz and vmlinux in the folder that "
                       f"${GIVEN} names (README.md says what it needs)")
    for file in ("vmlinuz", "vmlinux"):
        shutil.copyfile(pathlib.Path(os.environ[GIVEN]) / name / file, folder / file)
    (folder / "modules").mkdir(exist_ok=True)
    (folder / "kernel.json").write_text(json.dumps({"packages": [], "suite": "given"}, indent=2) + "\n")


def _fetch(kernel, suite, folder, scratch):
    # Without the metapackage, which has no version in its name: mirrors have been seen to lack it.
    names = [name for name in suite.closure(kernel.package, r"linux-(image|binary|modules)-")
             if re.search(r"-\d", name)]
    suite.unpack(names, scratch)
    (folder / "vmlinuz").write_bytes(_bootable(_image(scratch, names).read_bytes()))
    _keep_modules(scratch, folder)
    return {"packages": names, "suite": suite.name}


def _image(scratch, names):
    """The kernel in its unpacked packages."""
    images = [*scratch.glob("boot/vmlinuz-*"), *scratch.glob("usr/lib/modules/*/vmlinuz")]
    if not images:
        raise LabError(f"no vmlinuz in {' '.join(names)}")
    return images[0]


def _bootable(image):
    """An image that QEMU can start: it knows no EFI program that unpacks itself (kernel: drivers/firmware/efi/libstub/
    zboot-header.S), as those of arm64 are."""
    if image[4:8] != b"zimg":
        return image
    offset, size = struct.unpack_from("<II", image, 8)
    compression = image[24:56].split(b"\0")[0].decode()
    return _unpacked(image[offset:offset + size], compression)


def _keep_modules(scratch, folder):
    into = folder / "modules"
    into.mkdir(exist_ok=True)
    for number, name in [*enumerate(MODULES), *enumerate(LATER, 90)]:
        for path in scratch.glob(f"**/{name}.ko*"):
            # In one step: another lab may be putting together an initramfs.
            (folder / "module").write_bytes(_decompressed(path))
            os.replace(folder / "module", into / f"{number:02}-{name}.ko")
    (folder / "modules.json").write_text(json.dumps(MODULES + LATER) + "\n")


def _fetch_new_modules(name, folder):
    """A kernel that an older lab fetched lacks the modules that nobody wanted then."""
    known = folder / "modules.json"
    if known.exists() and json.loads(known.read_text()) == MODULES + LATER:
        return
    about = json.loads((folder / "kernel.json").read_text())
    print(f"lab: fetching more modules of kernel {name}", file=sys.stderr)
    try:
        suite = packages.Suite(about["suite"], arches.get(KERNELS[name].arch).debian)
        suite.update()
        with cache.scratch() as scratch:
            suite.unpack(about["packages"], scratch)
            if _bootable(_image(scratch, about["packages"]).read_bytes()) != (folder / "vmlinuz").read_bytes():
                raise LabError("the mirror has another build of it by now")
            _keep_modules(scratch, folder)
    except LabError as error:
        # The kernel itself is there and works; a scenario that misses one does without.
        print(f"lab: kernel {name}: {error}; it goes without them", file=sys.stderr)


def _decompressed(path):
    return _unpacked(path.read_bytes(), path.suffix.removeprefix("."))


def _unpacked(data, compression):
    if compression == "xz":
        return lzma.decompress(data)
    if compression in ("gz", "gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data)
    if compression in ("zst", "zstd", "zstd22"):
        return subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def _build(kernel, suite, folder, scratch):
    arch = arches.get(kernel.arch)
    tree, env = _source_tree(kernel, suite, scratch)
    make = ["make", *arch.make]
    wanted = "".join((HERE / "kernels" / config).read_text() for config in kernel.configs)
    packages.run([*make, "tinyconfig"], cwd=tree, env=env)
    with open(tree / ".config", "a") as config:
        config.write(wanted)
    packages.run([*make, "olddefconfig"], cwd=tree, env=env)
    _check_config(tree / ".config", wanted)
    packages.run(["nice", *make, f"-j{(os.cpu_count() or 1) + 1}", "vmlinux", arch.target], cwd=tree, env=env)
    shutil.copyfile(tree / "vmlinux", folder / "vmlinux")
    shutil.copyfile(tree / ".config", folder / "config")
    shutil.copyfile(tree / arch.image, folder / "vmlinuz")
    (folder / "modules").mkdir(exist_ok=True)
    return {"packages": [kernel.package], "suite": suite.name}


def _source_tree(kernel, suite, scratch):
    """The patched source of a built kernel, and the environment to build it in."""
    packages.install(packages.BUILD)
    suite.unpack([kernel.package], scratch)
    packages.run(["tar", "-xf", scratch / "usr/src" / f"{kernel.package}.tar.xz", "-C", scratch])
    tree = scratch / kernel.package
    packages.run(["patch", "-p1", "-d", tree, "-i", HERE / "kernels" / kernel.patch])
    # Neither the builder's name (the banner is in every dump) nor the folder (the build id covers it) may tell of
    # the machine: the same source and compiler give the same vmlinux, so one for a dump that was made elsewhere.
    here = f"-fdebug-prefix-map={tree}=/usr/src/{kernel.package}"
    env = dict(os.environ, KBUILD_BUILD_USER="kswapck", KBUILD_BUILD_HOST="lab",
               KBUILD_BUILD_TIMESTAMP="2024-01-01 00:00:00 UTC", KCFLAGS=here, KAFLAGS=here)
    return tree, env


def module(name, source):
    """A module of the lab's own, from kernels/SOURCE.c; made if need be."""
    folder, kernel = get(name), KERNELS[name]
    if kernel.given:
        raise LabError(f"no module for kernel {name}: its source is not here")
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
    tree, env = _source_tree(kernel, packages.Suite(kernel.suite, arches.get(kernel.arch).debian), scratch)
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
    suite = packages.Suite(kernel.suite, arches.get(kernel.arch).debian)
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
    lost = [line for line in wanted.splitlines() if line.startswith("CONFIG_") and line not in have]
    if lost:
        raise LabError("the kernel's configuration does not take: " + " ".join(lost))
