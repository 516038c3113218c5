# SPDX-License-Identifier: GPL-2.0-or-later
"""One audit: a Program lent to the library, and the document that comes back."""

import contextlib
import ctypes

import drgn

from . import _library, _program
from .errors import Error

_ERROR_SIZE = 8192

_loaded = None


def _get_library():
    global _loaded  # a shared library is loaded once
    if _loaded is None:
        _loaded = _library.load()
    return _loaded


class Kernel:
    """The kernel in @prog, identified. To be closed."""

    def __init__(self, prog, core, vmlinux):
        self._library = _get_library()
        self._reader = _program.Reader(prog)
        self._interrupts = None
        self._handle = None
        self._error = ctypes.create_string_buffer(_ERROR_SIZE)
        self._memory = self._describe(prog, core)
        self._open(prog, vmlinux)

    # ---- what the library calls

    def _read(self, data, physical, address, buffer, length):
        if self._interrupts and self._interrupts.seen:
            return _library.STOP
        found = self._reader.read(physical, address, length)
        if found is None:
            return _library.STOP if self._reader.failure else _library.UNREADABLE
        ctypes.memmove(buffer, found, length)
        return _library.READ

    def _stop(self, data):
        return bool(self._reader.failure or self._interrupts and self._interrupts.seen)

    # ---- what we call

    def _describe(self, prog, core):
        files = [core] if core else _program.core_files(prog)
        kind = _library.DOUBTFUL_ZEROS if _program.zeros_are_doubtful(prog) else 0
        if prog.flags & drgn.ProgramFlags.IS_LIVE:
            # before 0.0.24 what is live is local
            local = getattr(drgn.ProgramFlags, "IS_LOCAL", drgn.ProgramFlags.IS_LIVE)
            kind |= _library.LIVE | (_library.LOCAL if prog.flags & local else 0)
        return _library.Memory(
            size=ctypes.sizeof(_library.Memory),
            name=_bytes(_program.describe(prog)),
            architecture=_bytes(_program.architecture(prog)),
            kind=kind,
            read=_library.READ_FUNCTION(self._read),
            stop=_library.STOP_FUNCTION(self._stop),
            vmcoreinfo=_program.vmcoreinfo(prog),
            files=(ctypes.c_char_p * (len(files) + 1))(*map(_bytes, files), None),
        )

    def _open(self, prog, vmlinux):
        """The dump tells symbols and types itself, mostly; where not, what drgn uses is asked."""
        ways = [vmlinux] if vmlinux else [None]
        with self._working():
            while True:
                way = ways.pop(0)
                self._memory.vmlinux = _bytes(way) if way else None
                self._handle = self._library.libkswapck_open(ctypes.byref(self._memory), self._error, _ERROR_SIZE)
                if self._handle or self._stop(None):
                    break
                reason = self._error.value.decode(errors="replace")
                if way is None:
                    ways = _program.vmlinux(prog)
                if not ways:
                    raise Error(reason)
        if not self._handle:
            raise Error("interrupted")  # by a handler that raised nothing

    def report(self, parts, max_findings=0, columns=0, confirm=3):
        wishes = _library.Wishes(ctypes.sizeof(_library.Wishes), parts, max_findings, columns, confirm)
        document = None
        try:
            with self._working():
                document = self._library.libkswapck_report(self._handle, ctypes.byref(wishes), self._error,
                                                           _ERROR_SIZE)
            if not document:
                raise Error(self._error.value.decode(errors="replace"))
            return ctypes.string_at(document).decode(errors="replace")
        finally:
            self._library.libkswapck_free(document)

    @contextlib.contextmanager
    def _working(self):
        """Ctrl-C, and what went wrong within drgn, come out at its end."""
        self._reader.failure = None
        with _program.Interrupts() as self._interrupts:
            yield
        if self._reader.failure:
            raise self._reader.failure

    def close(self):
        self._library.libkswapck_close(self._handle)
        self._handle = self._memory = None

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()


def _bytes(text):
    return text.encode(errors="surrogateescape")
