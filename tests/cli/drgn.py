#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The shell's drgn: it runs on the same dump, has the findings as objects, and its errors end nothing.

    tests/cli/drgn.py KSWAPCK DUMPS

Needs drgn, and the vmlinux that the lab has built with its 6.1bug kernel; skipped without them. Prints TAP.
"""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from shell import PROMPT, Terminal

DRGN_PROMPT = r"\r\ndrgn> "

LAB = pathlib.Path(os.environ.get("KSWAPCK_LAB") or
                   pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "kswapck-lab")
VMLINUX = LAB / "kernels/6.1bug/vmlinux"


class Shell:
    """The shell on one dump."""

    def __init__(self, kswapck, dump, path=None):
        self.command = [kswapck, "shell", "--no-rc", "--vmlinux", VMLINUX, dump]
        self.env = dict(os.environ, PATH=path) if path else None

    def run(self, *lines):
        arguments = [word for line in lines for word in ("-e", line)]
        return subprocess.run([*self.command[:2], *arguments, *self.command[2:]], env=self.env, text=True,
                              capture_output=True, timeout=300)

    def at_terminal(self, *steps):
        """Types the keys of each step and waits for its pattern; what was seen in the end, and whether all came."""
        with tempfile.NamedTemporaryFile("w") as settings:
            settings.write("set enable-bracketed-paste off\nset bell-style none\n")
            settings.flush()
            session = Terminal(self.command, dict(self.env or os.environ, TERM="xterm", INPUTRC=settings.name))
            try:
                session.read(re.escape(PROMPT))
                for keys, pattern in steps:
                    session.type(keys)
                    session.read(pattern)
                return session.end() == 0, session.seen
            except AssertionError as error:
                return False, error
            finally:
                session.kill()


def findings_are_objects(shell):
    """findings are objects, with those of drgn"""
    done = shell.run("drgn findings[1].id, hex(findings[1].page_object.value_())",
                     "drgn findings[1].page_object._refcount.counter",
                     "drgn findings[1].device_object.flags & 1")
    return done.returncode == 0 and done.stdout.split("\n")[:3] == \
        ["('KS101', '0xffffdc0980038000')", "(int)0", "(unsigned long)1"], done


def names_stay(shell):
    """names stay from one line to the next, and quotes and pipes are Python's"""
    done = shell.run("drgn x = [1, 2]", "drgn print('a | b', len(x))")
    return done.returncode == 0 and done.stdout == "a | b 2\n", done


def errors_end_nothing(shell):
    """an error is one line, and the session goes on"""
    done = shell.run("drgn 1/0", "drgn 6 * 7")
    return "42" in done.stdout and done.stderr == "kswapck: drgn: ZeroDivisionError: division by zero\n", done


def words_before_an_error(shell):
    """what code prints before it fails is shown, and it is run once"""
    done = shell.run("drgn print('one'); print('two'); 1/0", "drgn [print('once'), eval('1 +')]")
    return done.stdout == "one\ntwo\nonce\n" and len(done.stderr.splitlines()) == 2 and \
        "kswapck: drgn: ZeroDivisionError: division by zero\n" in done.stderr, done


def long_lines(shell):
    """a long line is shown to its end"""
    done = shell.run("drgn 'y' * 10000")
    return done.stdout == "y" * 10000 + "\n", done


def no_utf8(shell):
    """code that is no UTF-8 is an error, and ends nothing"""
    done = subprocess.run(shell.command, input=b"drgn x = 42\ndrgn '\xff'\ndrgn x\n", capture_output=True, timeout=300)
    return done.stdout == b"42\n" and done.stderr.startswith(b"kswapck: drgn: UnicodeEncodeError") and \
        len(done.stderr.splitlines()) == 1, done


def a_scan_renews_findings(shell):
    """findings are those of the last scan, whose numbers they have"""
    done = shell.run("drgn findings.clear(); kept = 1", "scan", "drgn len(findings), kept")
    return done.stdout.endswith("\n(8, 1)\n"), done


def nobody_reads(shell):
    """drgn does not change what becomes of a shell whose output nobody reads"""
    reads, writes = os.pipe()
    os.close(reads)
    arguments = ["-e", "drgn x = 1", "-e", "log"]
    done = subprocess.run([*shell.command[:2], *arguments, *shell.command[2:]], stdout=writes, stderr=subprocess.PIPE,
                          timeout=300)
    os.close(writes)
    return done.returncode == -signal.SIGPIPE, done


def end_of_drgn(shell):
    """a drgn that ends is started anew"""
    done = shell.run("drgn import os; os._exit(3)", "drgn 6 * 7")
    return "42" in done.stdout and "drgn has ended" in done.stderr, done


def no_drgn(shell):
    """without drgn one line says so, and the rest works"""
    done = Shell(shell.command[0], shell.command[-1], path="/nonexistent").run("drgn 1", "drgn", "devices")
    lines = done.stderr.splitlines()
    told = [line for line in lines if "there is no program 'drgn'" in line]
    return len(told) == len(lines) == 2 and "vda" in done.stdout, done


def prompt(shell):
    """alone, at a terminal, it is drgn's own prompt with the same names, until Ctrl-D"""
    return shell.at_terminal(
        ("drgn x = 41\r", re.escape(PROMPT)),
        ("drgn\r", r"findings are the 8 findings; Ctrl-D ends it" + DRGN_PROMPT),
        ("x + 1\r", r"\r\n42" + DRGN_PROMPT),
        ("findings[1].page_object._refcount.counter\r", r"\r\n\(int\)0" + DRGN_PROMPT),
        ("prog.platf\t\r", r"\r\nPlatform\(.*" + DRGN_PROMPT),
        ("def double(n):\r", r"  \.\.\. "), ("\treturn 2 * n\r", r"  \.\.\. "), ("\r", DRGN_PROMPT),
        ("\x04", r"\r\n" + re.escape(PROMPT)),
        ("drgn double(21)\r", r"\r\n42\r\n" + re.escape(PROMPT)),
        ("devices\r", r"(?s)vda .*" + re.escape(PROMPT.strip())))


def keys_at_the_prompt(shell):
    """Ctrl-C stops what runs there, Ctrl-Z nothing, errors and exit() keep the names"""
    return shell.at_terminal(
        ("drgn\r", DRGN_PROMPT),
        ("import time; y = 43; print(y + 1); time.sleep(600)\r", r"\r\n44\r\n"), ("\x03", "KeyboardInterrupt" + DRGN_PROMPT),
        ("\x1a", ""), ("1/0\r", "ZeroDivisionError.*" + DRGN_PROMPT),
        ("exit()\r", r"\r\n" + re.escape(PROMPT)),
        ("drgn\r", DRGN_PROMPT), ("y\r", r"\r\n43" + DRGN_PROMPT), ("\x04", re.escape(PROMPT)),
        ("drgn input()\r", r"(?s)drgn: (OSError|EOFError).*" + re.escape(PROMPT.strip())))


def prompt_that_ends(shell):
    """a drgn that ends at its prompt gives the terminal back"""
    return shell.at_terminal(
        ("drgn\r", DRGN_PROMPT), ("import os; os._exit(3)\r", r"drgn has ended[^\r]*\r\n" + re.escape(PROMPT)),
        ("drgn 6 * 7\r", r"\r\n42\r\n" + re.escape(PROMPT)))


def status_without_a_terminal(shell):
    """alone, without a terminal, it says what it has"""
    done = shell.run("drgn")
    return done.returncode == 0 and "is ready: prog is this dump, findings are the 8 findings" in done.stdout, done


CASES = [findings_are_objects, names_stay, errors_end_nothing, words_before_an_error, long_lines, no_utf8,
         a_scan_renews_findings, nobody_reads, end_of_drgn, no_drgn, prompt,
         keys_at_the_prompt, prompt_that_ends, status_without_a_terminal]


def main():
    kswapck, dumps = sys.argv[1], pathlib.Path(sys.argv[2])
    if not shutil.which("drgn") or not VMLINUX.exists():
        print("1..0 # SKIP no drgn, or no vmlinux of the lab's kernel 6.1bug")
        return 0
    print(f"1..{len(CASES)}", flush=True)
    shell, failed = Shell(os.path.abspath(kswapck), dumps / "freed-folio.kdump"), 0
    for number, case in enumerate(CASES, 1):
        good, done = case(shell)
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} - {case.__doc__}", flush=True)
        if not good:
            print(f"# {done}".replace("\n", "\n# "))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
