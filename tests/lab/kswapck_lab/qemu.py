"""A guest under QEMU: its console read line by line, its memory dumped through QMP."""

import ctypes
import dataclasses
import json
import os
import pathlib
import queue
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from . import LabError, arches

PR_SET_PDEATHSIG = 1
END_OF_PANIC = "end Kernel panic"
SILENCE_SECONDS = 5


class GuestFailed(LabError):
    """The guest did not get where it should. One emulated boot in twenty dies early: worth another try."""


def swap_disk(path, mebibytes, page=4096):
    """A sparse file that the kernel takes as swap (the header is union swap_header in linux/swap.h)."""
    pages = (mebibytes << 20) // page
    with open(path, "wb") as file:
        file.truncate(pages * page)
        file.seek(1024)
        file.write(struct.pack("<III", 1, pages - 1, 0))
        file.seek(page - 10)
        file.write(b"SWAPSPACE2")


def _die_with_parent():
    # Even a lab that is killed outright must not leave a guest behind that eats both cores.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclasses.dataclass
class Machine:
    """What a guest is made of: processors on two nodes, a console, and disks that are thrown away."""
    kernel: pathlib.Path
    initramfs: pathlib.Path
    append: str
    disks: list
    memory: int             # MiB
    arch: str               # a key of arches.ARCHES
    cpu: str
    vmcoreinfo: bool        # a device through which the guest's kernel hands QEMU its VMCOREINFO
    cpus: int = 2

    def command(self, qmp_socket):
        """QEMU's command line."""
        arch = arches.get(self.arch)
        command = [arch.qemu, *arch.machine, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                   # Not KVM even where it exists: a dump must not depend on the machine that made it.
                   "-accel", "tcg,thread=multi", "-cpu", self.cpu, "-m", f"{self.memory}M", "-smp",
                   f"{self.cpus},sockets=2"]
        half = self.cpus // 2
        for node in range(2):
            cpus = f"{node * half}-{node * half + half - 1}" if half > 1 else f"{node}"
            command += ["-object", f"memory-backend-ram,id=ram{node},size={self.memory // 2}M",
                        "-numa", f"node,nodeid={node},cpus={cpus},memdev=ram{node}"]
        command += ["-serial", "stdio", "-qmp", f"unix:{qmp_socket},server=on,wait=off",
                    "-kernel", str(self.kernel), "-initrd", str(self.initramfs), "-append", self.append]
        for number, disk in enumerate(self.disks):
            command += ["-drive", f"file={disk},format=raw,if=none,id=disk{number},cache=unsafe",
                        "-device", f"virtio-blk-pci,drive=disk{number}"]
        if self.vmcoreinfo:
            command += ["-device", "vmcoreinfo"]
        return command


class Guest:
    """A running machine; it runs for as long as the `with` block does."""

    def __init__(self, machine, log):
        # Not in the cache: the path of a socket must be short.
        self._sockets = tempfile.TemporaryDirectory(prefix="lab-")
        self._socket_path = os.path.join(self._sockets.name, "qmp")
        self._command = machine.command(self._socket_path)
        self._log = log
        self._lines = queue.Queue()
        self._process = None
        self._report = None         # the one that the guest is in the middle of
        self.facts = []             # its last whole report, as (key, value)
        self.panic = []             # the lines of the kernel's last words, if the host made it say them
        self._panicking = False

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, preexec_fn=_die_with_parent)
        threading.Thread(target=self._read_console, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._sockets.cleanup()

    def _read_console(self):
        with open(self._log, "wb") as log:
            for line in self._process.stdout:
                log.write(line)
                log.flush()
                self._lines.put(line.decode(errors="replace").strip())
        self._lines.put(None)

    def wait_for(self, word, seconds):
        """Reads the console until the guest says `LAB word`; gives the rest of that line."""
        for line in self._lines_until(word, seconds):
            # With the kernel talking too, the workload's words need not begin a line.
            _, _, said = line.partition("LAB ")
            if said.startswith("failed"):
                raise GuestFailed(f"the guest {said}")
            self._note(said)
            self._note_panic(line)
            if said.split(" ")[0] == word:
                return said[len(word):].strip()

    def said_until(self, word, seconds):
        """Reads the console until the guest says `LAB word`; (seconds, words) of all that it said before."""
        said, started = [], time.monotonic()
        for line in self._lines_until(word, seconds):
            _, _, words = line.partition("LAB ")
            if words.startswith("failed"):
                raise GuestFailed(f"the guest {words}")
            self._note(words)
            if words.split(" ")[0] == word:
                return said
            said.append((time.monotonic() - started, words))

    def wait_for_panic(self, seconds):
        """Reads the console until the kernel has said all of its last words."""
        for line in self._lines_until("Kernel panic", seconds):
            self._note_panic(line)
            if self.panic:
                break
        # A CPU that is stopped while it speaks may keep the others from speaking on: no more may come.
        try:
            while END_OF_PANIC not in self.panic[-1]:
                self._note_panic(self._lines.get(timeout=SILENCE_SECONDS) or "")
        except queue.Empty:
            pass

    def _lines_until(self, word, seconds):
        """The console's lines for so long; to go on for longer means that `word` never came."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise GuestFailed(f"the guest did not say '{word}' in {seconds} s") from None
            if line is None:
                raise GuestFailed(f"the guest ended before it said '{word}'")
            yield line

    def listen(self, seconds):
        """Goes on reading the guest's reports for a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._lines.get(timeout=left)
            except queue.Empty:
                return
            if line is None:
                raise GuestFailed("the guest ended")
            self._note(line.partition("LAB ")[2])

    def _note(self, said):
        if said == "begin":
            self._report = []
        elif said == "end" and self._report is not None:
            self.facts, self._report = self._report, None
        elif self._report is not None and " " in said:
            self._report.append(tuple(said.split(" ", 1)))

    def _note_panic(self, line):
        self._panicking |= "Kernel panic" in line and not self.panic
        # Another CPU, or the capture kernel's /init, may speak in between.
        if self._panicking and line and "LAB " not in line:
            self.panic.append(line)
        self._panicking &= END_OF_PANIC not in line

    def panic_by(self, way):
        """Makes the kernel panic from outside: by an NMI, or in the interrupt of its serial line."""
        if way == "nmi":
            self._qmp(("inject-nmi", {}))
            return
        self.sysrq("c")

    def sysrq(self, letter):
        """A SysRq by the serial line."""
        # A BREAK and a letter within five seconds are one (kernel: Documentation/admin-guide/sysrq.rst).
        self._qmp(("chardev-send-break", {"id": "serial0"}))
        self._process.stdin.write(letter.encode())
        self._process.stdin.flush()

    def dump(self, path, form):
        """Stops the guest at once and writes its memory to a file; `resume` lets it go on."""
        arguments = {"paging": False, "protocol": f"file:{path}"}
        if form != "elf":
            arguments["format"] = form
        self._qmp(("stop", {}), ("dump-guest-memory", arguments))

    def resume(self):
        """Lets a guest that was dumped go on as if nothing had been."""
        self._qmp(("cont", {}))

    def monitor(self, line):
        """A line for QEMU's own prompt."""
        self._qmp(("human-monitor-command", {"command-line": line}))

    def _qmp(self, *commands):
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(self._socket_path)
                qmp = connection.makefile("rw")
                qmp.readline()      # its greeting
                for command, arguments in (("qmp_capabilities", {}), *commands):
                    self._execute(qmp, command, arguments)
        except OSError as error:
            raise GuestFailed(f"QEMU went away: {error}") from None

    @staticmethod
    def _execute(qmp, command, arguments):
        request = {"execute": command} | ({"arguments": arguments} if arguments else {})
        qmp.write(json.dumps(request) + "\n")
        qmp.flush()
        for line in qmp:
            answer = json.loads(line)
            if "error" in answer:
                raise LabError(f"QEMU: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return
        raise GuestFailed(f"QEMU ended during {command}")
