# SPDX-License-Identifier: GPL-2.0-or-later
"""libkswapck by ctypes: what src/library/libkswapck.h declares, and nothing more."""

import ctypes
import os

from .errors import Error

try:
    from ._installed import LIBRARY
except ImportError:  # not installed: a source tree
    LIBRARY = None

SONAME = "libkswapck.so.0"

STOP, UNREADABLE, READ = -1, 0, 1
LIVE, LOCAL, DOUBTFUL_ZEROS = 1, 2, 4
SCAN, EXPLAIN, TEXT, NO_SWEEP = 1, 2, 4, 8

READ_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_void_p,
                                 ctypes.c_size_t)
STOP_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)


class Memory(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("name", ctypes.c_char_p),
        ("architecture", ctypes.c_char_p),
        ("kind", ctypes.c_uint),
        ("data", ctypes.c_void_p),
        ("read", READ_FUNCTION),
        ("stop", STOP_FUNCTION),
        ("vmcoreinfo", ctypes.c_char_p),
        ("files", ctypes.POINTER(ctypes.c_char_p)),
        ("vmlinux", ctypes.c_char_p),
    ]


class Wishes(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_size_t),
        ("parts", ctypes.c_uint),
        ("max_findings", ctypes.c_uint),
        ("columns", ctypes.c_uint),
        ("confirm", ctypes.c_uint),
    ]


def load():
    """The library: $KSWAPCK_LIBRARY, the one that was installed with this module, or the system's."""
    tried = []
    for name in filter(None, (os.environ.get("KSWAPCK_LIBRARY"), LIBRARY, SONAME)):
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            tried.append(str(error))
            continue
        _declare(library)
        return library
    raise Error(f"cannot load {SONAME}: {'; '.join(tried)}; install kswapck, or name the file in KSWAPCK_LIBRARY")


def _declare(library):
    library.libkswapck_version.restype = ctypes.c_char_p
    library.libkswapck_open.restype = ctypes.c_void_p
    library.libkswapck_open.argtypes = [ctypes.POINTER(Memory), ctypes.c_char_p, ctypes.c_size_t]
    library.libkswapck_close.restype = None
    library.libkswapck_close.argtypes = [ctypes.c_void_p]
    # a void pointer, not a string: it has to be freed
    library.libkswapck_report.restype = ctypes.c_void_p
    library.libkswapck_report.argtypes = [ctypes.c_void_p, ctypes.POINTER(Wishes), ctypes.c_char_p, ctypes.c_size_t]
    library.libkswapck_free.restype = None
    library.libkswapck_free.argtypes = [ctypes.c_void_p]
