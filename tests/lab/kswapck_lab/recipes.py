"""What a dump's name means: KERNEL-SCENARIO-FORMAT."""

import dataclasses

from . import LabError
from .kernels import KERNELS


@dataclasses.dataclass(frozen=True)
class Scenario:
    """What happens in the guest (by its name in workload/main.c), and the machine that it needs."""
    about: str
    append: str = ""            # more for the kernel's command line
    memory: int = 0             # MiB; 0: as the kernel has it
    swap: int = 1024            # MiB; twice what is used, or the kernel empties the swap cache early
    swap_more: int = 0          # MiB of a second disk, for the scenario to turn on and off
    cpus: int = 2
    seconds: int = 120          # until the state stands
    random_stop: bool = False   # dumped at a random moment
    kernels: tuple = ()         # only for these: what it needs is in no other
    arch: str = ""              # only for this one
    workload: str = ""          # the name in workload/main.c, if it is another one
    module: str = ""            # of the lab's own, from kernels/NAME.c
    end: str = ""               # how the host makes the kernel panic when the state stands: "nmi" or "sysrq"


SCENARIOS = {
    "idle": Scenario("memory was short, part of what was swapped out came back, then quiet"),
    # An emulated guest beside much other work takes its time until swap is in use.
    "churn": Scenario("page-out, touch, fork and migration without end, stopped anywhere", random_stop=True,
                      seconds=300),
    "reread": Scenario("memory that comes back page by page, of which the swap cache has much already"),
    "storm": Scenario("all that a kernel does with swap, from all sides at once, on too few processors",
                      random_stop=True, swap_more=32, cpus=4, seconds=300),
    # The last block of the first node can go and come, as the kernel keeps nothing of its own there.
    "mix": Scenario("storm, and mremap, UFFDIO_MOVE, files, pins, zram, memory that goes and comes", random_stop=True,
                    append="movablecore=256M", memory=768, swap_more=32, cpus=4, seconds=300),
    "freed-folio": Scenario("slots name the folio from before a migration; a task spins on one",
                            append="kswapck_bug=1 rcupdate.rcu_cpu_stall_timeout=5", kernels=("6.1bug",)),
    "freed-folio-queue": Scenario("the same, and others wait: three for the mmap_lock, one for a grace period",
                                  append="kswapck_bug=1 rcupdate.rcu_cpu_stall_timeout=5", kernels=("6.1bug",)),
    "freed-folio-preempted": Scenario("the same, and the one who spins is kept off its CPU by a SCHED_FIFO task",
                                      append="kswapck_bug=1 rcupdate.rcu_cpu_stall_timeout=5", kernels=("6.1bug",)),
    "spin": Scenario("a module's thread spins under rcu_read_lock(); the swap cache is in use, and healthy",
                     append="rcupdate.rcu_cpu_stall_timeout=5", module="spin"),
    "spin-xarray": Scenario("the same, but it looks up an entry of an xarray that is not the swap cache's",
                            append="rcupdate.rcu_cpu_stall_timeout=5", module="spin"),
    "irq": Scenario("churn, then a panic in a hard interrupt (SysRq by the serial line); all CPUs are stopped",
                    append="panic=0 sysrq_always_enabled", workload="churn", random_stop=True, end="sysrq",
                    seconds=300),
    "nmi": Scenario("churn, then an NMI on all CPUs makes the kernel panic",
                    append="panic=0 unknown_nmi_panic apic_extnmi=all", workload="churn", random_stop=True, end="nmi",
                    seconds=300,
                    # QEMU has nothing of the kind for its machine of arm64 (inject-nmi: not supported)
                    arch="x86_64"),
    "tail-private": Scenario("tail pages lost their slot in a migration; a task refaults for ever",
                             append="kswapck_bug=2", kernels=("6.1bug", "4.19")),
    "tail-private-split": Scenario("the same, then the folios are split; slots name freed pages, and pages of new owners",
                                   append="kswapck_bug=2", kernels=("6.1bug",)),
    "uffd-move": Scenario("swap PTEs moved by userfaultfd, their folios in the swap cache did not go with them",
                          append="kswapck_bug=4", kernels=("6.12bug",)),
    "uffd-move-fault": Scenario("the same, then a child read one of these pages: the kernel's BUG",
                                append="kswapck_bug=4", kernels=("6.12bug",)),
    "uffd-move-healthy": Scenario("the same move, and the folios went with it", workload="uffd-move",
                                  kernels=("6.12bug", "6.12", "6.18", "7.2", "7.3")),
    "pinned": Scenario("folios with extra references (a pipe's, an io_uring's), and such that only look pinned"),
    "canary": Scenario("each word of user memory, page cache and registers is a known one; see tests/cli/distill.py"),
    "swapoff-hang": Scenario("the freed-folio bug, and swapoff spins on one of these slots",
                             append="kswapck_bug=1 rcupdate.rcu_cpu_stall_timeout=5", kernels=("6.1bug",)),
    "swapoff-busy": Scenario("a healthy swapoff with much to read back, stopped anywhere", random_stop=True,
                             swap_more=768),
    "many": Scenario("1,500 processes that share slots: counts that go on in continuation pages", memory=768, seconds=300),
    "big": Scenario("half a million cached slots", memory=4710, swap=4608, seconds=900),
}


@dataclasses.dataclass(frozen=True)
class Format:
    """How the memory gets into a file: by QEMU, by the guest's own kdump, or from another dump of the same."""
    about: str
    qemu: str = ""              # dump-guest-memory's format
    richer_cpu: bool = False    # see arches.Arch
    vmcoreinfo: bool = True
    makedumpfile: tuple = ()
    parts: int = 1
    newer: bool = False         # by a makedumpfile that is newer than the machine's
    snappy: bool = False        # by the lab itself
    raw_of: str = ""            # the format whose RAM it is, without headers; as many files as that has pieces

    @property
    def source(self):
        """The format of the dump that it is made from; none if a guest must run for it."""
        return "vmcore" if self.makedumpfile else "kdump-zlib" if self.snappy else self.raw_of or None


def _filtered(about, *options, **more):
    return Format(about, makedumpfile=options, **more)


FORMATS = {
    "elf": Format("QEMU's ELF", qemu="elf"),
    "elf-nonote": Format("QEMU's ELF without a VMCOREINFO note", qemu="elf", vmcoreinfo=False),
    # of x86_64 five levels of page tables, of arm64 signed return addresses and 52-bit addresses
    "elf-richer": Format("QEMU's ELF, of a processor with all that QEMU knows", qemu="elf", richer_cpu=True),
    "qemu-zlib": Format("QEMU's kdump: flattened, zlib, no utsname", qemu="kdump-zlib"),
    "vmcore": Format("the whole /proc/vmcore of a crash kernel (ELF)"),
    "kdump-zlib": _filtered("makedumpfile -c -d 31", "-c", "-d", "31"),
    "kdump-lzo": _filtered("makedumpfile -l -d 31", "-l", "-d", "31", newer=True),
    "kdump-none": _filtered("makedumpfile -d 31, not compressed", "-d", "31"),
    "kdump-flat": _filtered("makedumpfile -F -c -d 31, left flattened", "-F", "-c", "-d", "31", newer=True),
    # In blocks of 1 GiB, which is the default, all pages would be in the first part.
    "kdump-split": _filtered("makedumpfile --split --splitblock-size 1024 -c -d 31, three parts", "--split",
                             "--splitblock-size", "1024", "-c", "-d", "31", parts=3),
    "kdump-d1": _filtered("makedumpfile -c -d 1, only zero pages left out", "-c", "-d", "1"),
    "kdump-d23": _filtered("makedumpfile -c -d 23, user pages kept", "-c", "-d", "23"),
    "kdump-elf": _filtered("makedumpfile -E -d 31", "-E", "-d", "31"),
    "kdump-zstd": _filtered("makedumpfile -z -d 31", "-z", "-d", "31", newer=True),
    "raw": Format("the RAM of the elf, one file for each piece, no header", raw_of="elf"),
    "raw-vmcore": Format("the same of the vmcore", raw_of="vmcore"),
    "kdump-snappy": Format("kdump-zlib with its pages in snappy", snappy=True),
}


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A dump that can be made."""
    name: str
    kernel: str
    scenario: str
    format: str

    def sibling(self, form):
        """The same guest in another format."""
        return parse(f"{self.kernel}-{self.scenario}-{form}")


def parse(name):
    """The recipe of a name, or an error that says what names there are."""
    kernel, _, rest = name.partition("-")
    # The longest scenario first: "tail-private-split" also begins with "tail-private".
    for scenario in sorted(SCENARIOS, key=len, reverse=True):
        if rest.startswith(scenario + "-"):
            form = rest[len(scenario) + 1:]
            if kernel in KERNELS and form in FORMATS and _possible(kernel, scenario):
                return Recipe(name, kernel, scenario, form)
    raise LabError(f"no such dump: {name} (a name is KERNEL-SCENARIO-FORMAT; 'lab list' shows them)")


def _possible(kernel, scenario):
    one = SCENARIOS[scenario]
    return (KERNELS[kernel].like or kernel) in (one.kernels or KERNELS) and one.arch in ("", KERNELS[kernel].arch)


# What `make --all` makes: each kernel, scenario and format at least once, not the product of all.
ALL = [
    *(f"{kernel}-{scenario}-elf" for kernel in ("5.10", "6.1", "6.12", "6.18", "7.2", "7.3")
      for scenario in ("idle", "churn")),
    *(f"6.1bug-{scenario}-elf" for scenario in ("idle", "churn", "freed-folio", "freed-folio-queue",
                                                "freed-folio-preempted", "tail-private", "tail-private-split",
                                                "spin", "spin-xarray")),
    # What tests/stacks looks at, with the symbols that `lab debug` fetches.
    *(f"5.10.251-{scenario}-elf" for scenario in ("idle", "churn")),
    *(f"{kernel}-{scenario}-elf" for kernel in ("5.10.251", "6.1", "6.12") for scenario in ("irq", "nmi")),
    "6.1-nmi-vmcore", "6.1-churn-vmcore", "6.12-nmi-vmcore", "6.12-churn-vmcore",
    *(f"6.1-idle-{form}" for form in FORMATS if form != "elf"),
    *(f"6.1bug-{scenario}-kdump-zlib" for scenario in ("idle", "freed-folio", "tail-private")),
    "6.12-idle-kdump-zlib", "6.12-idle-kdump-d23",
    "6.1bug-freed-folio-raw-vmcore",
    "6.12-storm-elf",
    "6.12bug-uffd-move-elf", "6.12bug-uffd-move-fault-elf", "6.12bug-uffd-move-fault-vmcore",
    *(f"{kernel}-uffd-move-healthy-elf" for kernel in ("6.12bug", "6.12")),
    *(f"{kernel}-pinned-elf" for kernel in ("5.10", "6.1", "6.12", "6.1bug")),
    *(f"{kernel}-canary-elf" for kernel in ("5.10", "6.1", "6.12", "7.3")),
    "6.1bug-swapoff-hang-elf",
    *(f"{kernel}-{scenario}-elf" for kernel in ("5.10", "6.1", "6.12") for scenario in ("swapoff-busy", "mix")),
    "6.1-many-elf", "6.1-big-elf", "6.1-big-qemu-zlib",
    *(f"{kernel}-{scenario}-elf" for kernel in ("6.1arm64", "6.12arm64", "7.3arm64")
      for scenario in ("idle", "churn", "irq")),
    "6.1bug16karm64-idle-elf", "6.1bug64karm64-idle-elf", "6.1bug64karm64-idle-elf-richer", "6.1bug64karm64-churn-elf",
    *(f"6.1bugarm64-freed-folio-{form}" for form in ("elf", "vmcore", "kdump-zlib")),
]
