# SPDX-License-Identifier: GPL-2.0-or-later
"""What kswapck wants to know of a drgn.Program, which each release of drgn tells in another way."""

import os
import re
import signal
import stat
import threading

import drgn

# The note that the kernel keeps ready for a dump: include/linux/vmcore_info.h
_NOTE_SIZE_MAX = 1 << 20


def describe(prog):
    """Who reads, for reports."""
    path = getattr(prog, "core_dump_path", None)  # since 0.0.33
    version = getattr(drgn, "__version__", "")
    return f"{path} (drgn {version})" if path else f"drgn {version}"


def architecture(prog):
    name = prog.platform.arch.name if prog.platform else "unknown"
    return {"X86_64": "x86_64", "AARCH64": "aarch64"}.get(name, name.lower())


def vmcoreinfo(prog):
    """The text, as bytes; None if drgn does not tell."""
    try:
        return prog["VMCOREINFO"].string_()  # since 0.0.23
    except (LookupError, drgn.FaultError):
        pass
    try:
        return _note(prog)
    except (LookupError, ValueError, TypeError, drgn.FaultError):
        return None


def _note(prog):
    """By the kernel's variables, which takes debug information."""
    size = prog["vmcoreinfo_size"].value_()
    if not 0 < size <= _NOTE_SIZE_MAX:
        return None
    # After a crash vmcoreinfo_data points to a copy that is not dumped; the note is.
    note = prog.read(prog["vmcoreinfo_note"].value_(), size + 64)
    start = note.find(b"OSRELEASE=")
    text = note[start:start + size].split(b"\0", 1)[0]
    return text if start >= 0 and b"SYMBOL(swapper_pg_dir)" in text else None


def core_files(prog):
    """Files that may be the one that @prog reads; the library finds out which."""
    path = getattr(prog, "core_dump_path", None)
    if path:
        return [path]
    return ["/proc/kcore"] if prog.flags & drgn.ProgramFlags.IS_LIVE else _open_files()


def zeros_are_doubtful(prog):
    """Does drgn make them up where the file has no bytes? Of what is in no file there is nobody to do so."""
    return not prog.flags & drgn.ProgramFlags.IS_LIVE and getattr(prog, "core_dump_path", "unknown") is not None


def _open_files():
    """drgn before 0.0.33 does not tell, but it has the file open."""
    files = []
    for number in _descriptors():
        try:
            path = os.readlink(f"/proc/self/fd/{number}")
            if not stat.S_ISREG(os.stat(path).st_mode):
                continue
            with open(path, "rb") as file:
                head = file.read(20)
        except (OSError, ValueError):
            continue
        # an ELF core, kdump-compressed, flattened
        if path not in files and (head[:4] == b"\x7fELF" and head[16:18] == b"\x04\x00" or
                                  head[:8] == b"KDUMP   " or head[:12] == b"makedumpfile"):
            files.append(path)
    return files


def _descriptors():
    try:
        return sorted(map(int, os.listdir("/proc/self/fd")))
    except OSError:
        return []


def vmlinux(prog):
    """Files with the symbols and types that @prog uses; may be none."""
    try:
        path = prog.main_module().debug_file_path  # since 0.0.31
        return [path] if path else []
    except (AttributeError, LookupError):
        return _mapped_vmlinux()


def _mapped_vmlinux():
    """drgn before 0.0.31 does not tell, but it has the file mapped."""
    try:
        with open("/proc/self/maps", errors="surrogateescape") as file:
            paths = [line.split(None, 5)[5].rstrip("\n") for line in file if "/" in line]
    except OSError:
        return []
    return [path for path in dict.fromkeys(paths) if re.search(r"vmlinux[^/]*$", path)]


class Reader:
    """Reads for the library. What is raised meanwhile is kept and stops it: ctypes would lose it."""

    def __init__(self, prog):
        self.prog = prog
        self.failure = None

    def read(self, physical, address, length):
        """The bytes; None if they cannot be read, or on failure."""
        try:
            data = self.prog.read(address, length, bool(physical))
        except drgn.FaultError:
            return None
        except BaseException as error:  # noqa: B036
            self.failure = self.failure or error
            return None
        return data if len(data) == length else None


class Interrupts:
    """Ctrl-C while the library works: it is noted, ends the work, and is raised afterwards.

    An exception in the middle of a callback would be printed and lost. Only the main thread gets signals, and
    only it may change who handles them.
    """

    def __init__(self):
        self.seen = False

    def _note(self, number, frame):
        self.seen = True

    def __enter__(self):
        self._handler = None
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            # None: not of Python; SIG_IGN: it is not wanted
            if handler not in (None, signal.SIG_IGN):
                self._handler = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, kind, value, trace):
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
        if self.seen and kind is None:
            signal.raise_signal(signal.SIGINT)
