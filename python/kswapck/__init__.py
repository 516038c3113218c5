# SPDX-License-Identifier: GPL-2.0-or-later
"""fsck for the kernel's swap cache, in any session of drgn.

    >>> import kswapck
    >>> found = kswapck.scan(prog)
    >>> found
    <BROKEN: 8 errors, 0 warnings>
    >>> found.findings[1]
    <finding 2: KS101 freed-folio>
    >>> found.findings[1].page_object._refcount.counter
    (int)0
    >>> print(kswapck.report(prog))

Memory is read through the Program, whatever it is of: a dump, the running kernel, a debugger of your own that it
was given as a reader of memory. Symbols and types come from the memory itself, so that no vmlinux is needed; where
they are not there, from the one that drgn has.

Nothing is written to it. What cannot be read is never taken for zeros: it is counted in Scan.coverage, and the
verdict is CLEAN only when everything was seen.

Errors: kswapck.Error with one clear line when it cannot be analysed at all. KeyboardInterrupt (Ctrl-C), and
what the Program itself raises but FaultError, come out as they are.
"""

import json

import drgn

from . import _library
from ._audit import Kernel
from ._results import Device, Evidence, Finding, Scan, Story
from .errors import Error

__all__ = ["Device", "Error", "Evidence", "Finding", "Scan", "Story", "explain", "report", "scan"]


def scan(prog=None, *, sweep=True, explain=False, confirm=3, core=None, vmlinux=None):
    """Audit every slot of every swap device against the pages behind it.

    prog     drgn.Program of a Linux kernel; None: drgn's default one (0.0.23 and later)
    sweep    look through page tables and shared memory too, for who refers to the slots (bool)
    explain  tell the story too: Scan.story (bool)
    confirm  of the running kernel: fresh audits that a finding must hold in (int)
    core     path of the dump that prog reads (str), where drgn does not tell: it is asked for registers, and
             for which pages were left out, as drgn hands out zeros for some
    vmlinux  path of a vmlinux to take symbols and types from (str); one of another build is refused

    Returns a Scan. Raises Error, and KeyboardInterrupt.
    """
    parts = _library.SCAN | (_library.EXPLAIN if explain else 0) | (0 if sweep else _library.NO_SWEEP)
    prog = _program_or_default(prog)
    with Kernel(prog, core, vmlinux) as kernel:
        return Scan(prog, json.loads(kernel.report(parts, confirm=confirm)))


def explain(prog=None, *, sweep=True, confirm=3, core=None, vmlinux=None):
    """Tell who is stuck in the swap cache, where, why, by which known bug, and who is next.

    The registers of CPUs are in a dump, not in a Program: where drgn does not tell which file it reads
    (before 0.0.33 it may not be known), give it as core. Parameters and errors are those of scan().

    Returns a Story.
    """
    parts = _library.EXPLAIN | (0 if sweep else _library.NO_SWEEP)
    with Kernel(_program_or_default(prog), core, vmlinux) as kernel:
        return Story(json.loads(kernel.report(parts, confirm=confirm)))


def report(prog=None, *, story=True, sweep=True, max_findings=3, columns=0, confirm=3, core=None, vmlinux=None):
    """The report for people, as the program kswapck prints it.

    story         the verdict and the story first (bool); else the findings alone
    max_findings  of each problem (int); 0: all
    columns       to wrap lines at (int), at most 100; 0: 100

    The other parameters and errors are those of scan(). Returns str.
    """
    parts = _library.SCAN | _library.TEXT | (_library.EXPLAIN if story else 0) | (0 if sweep else _library.NO_SWEEP)
    with Kernel(_program_or_default(prog), core, vmlinux) as kernel:
        return kernel.report(parts, max_findings, columns, confirm)


def _program_or_default(prog):
    if prog is None and hasattr(drgn, "get_default_prog"):
        prog = drgn.get_default_prog()
    if not isinstance(prog, drgn.Program):
        raise TypeError(f"a drgn.Program is wanted, not {type(prog).__name__}")
    if not prog.flags & drgn.ProgramFlags.IS_LINUX_KERNEL:
        raise Error("this Program is not of a Linux kernel")
    return prog
