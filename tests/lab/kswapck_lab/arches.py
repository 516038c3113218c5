"""The machines: what QEMU calls them, what Debian does, and how their kernels are built here."""

import dataclasses

from . import LabError


@dataclasses.dataclass(frozen=True)
class Arch:
    """One architecture."""
    debian: str             # the name in package names and of apt
    qemu: str               # its program
    machine: tuple          # QEMU's options for the board
    cpu: str
    richer_cpu: str         # with wider addresses, and what else the kernel then uses
    console: str
    compiler: str           # gcc's prefix; none if it is the machine's own
    packages: tuple         # to boot it, and to build for it; beside packages.RUN
    make: tuple             # words for the kernel's make
    target: str             # of that make: the bootable image
    image: str              # where it is then
    loader: str             # folder of its programs' loader
    libraries: str          # and of their libraries
    append: str = ""        # for its kernels' command lines

    @property
    def gcc(self):
        """The compiler of its programs."""
        return f"{self.compiler}gcc"


ARCHES = {
    "x86_64": Arch(
        "amd64", "qemu-system-x86_64", (),
        # With cmpxchg16b, guests of QEMU 7.2 die now and then (6.12 under storm: one in ten dumps) in the slab
        # allocator, with garbage in EFLAGS right after that instruction; without it none did in hundreds.
        "max,cx16=off,la57=off", "max,cx16=off,la57=on", "ttyS0", "", (), (), "bzImage",
        "arch/x86/boot/bzImage", "lib64", "lib/x86_64-linux-gnu",
        # Where the host is busy, emulated ticks come too late for the kernel to believe in its timer: it panics.
        "no_timer_check"),
    "arm64": Arch(
        "arm64", "qemu-system-aarch64", ("-machine", "virt,gic-version=3"),
        # With SVE, QEMU 7.2 reckons the notes of all processors by the first one's vectors: the headers of some dumps
        # lead 1.6 KB past the end of the file.
        "cortex-a57", "max,pauth-impdef=on,sve=off", "ttyAMA0", "aarch64-linux-gnu-",
        ("qemu-system-arm", "ipxe-qemu", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"),
        ("ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-"), "Image",
        "arch/arm64/boot/Image", "lib", "lib/aarch64-linux-gnu"),
}


def get(name):
    """An architecture by its name."""
    if name not in ARCHES:
        raise LabError(f"no such architecture: {name}")
    return ARCHES[name]
