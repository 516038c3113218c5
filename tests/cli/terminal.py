# SPDX-License-Identifier: GPL-2.0-or-later
"""The shell on a screen, which tmux draws, of 80 and of 200 columns. Prints TAP; skipped without tmux.

Usage: terminal.py KSWAPCK DUMPS

What is looked at is what somebody would see: the rows of the screen, after lines were wrapped and pagers have drawn.
"""

import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import cli

PATIENCE = 120
PROMPT = "kswapck>"
ROWS = 24
CLEARED = ("KSWAPCK_PLUGINS", "KSWAPCK_PAGER", "PAGER", "LESS", "XDG_STATE_HOME", "COLUMNS", "LINES", "TMUX", "NO_COLOR")


class Screen:
    """kswapck shell in a tmux of our own, which ends with the 'with' that it is in."""

    def __init__(self, folder, command, columns, rows=ROWS):
        self.tmux = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux")]
        self.columns, self.sizes = columns, ["-x", str(columns), "-y", str(rows)]
        self.command_line = " ".join(shlex.quote(str(word)) for word in command)
        kept = {name: value for name, value in os.environ.items() if name not in CLEARED}
        settings = folder / "inputrc"
        settings.write_text("set enable-bracketed-paste off\nset bell-style none\n")
        self.environment = {**kept, "HOME": str(folder), "INPUTRC": str(settings), "KSWAPCK_CONFIG": "",
                            "TERM": "xterm-256color", "LANG": "C.UTF-8"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """
        The programs first: one whose terminal vanishes gets SIGCONT, and that undoes the SIGSTOP with which
        LeakSanitizer stops a sanitized program at its end. It would wait for it for ever, on a whole CPU.
        """
        with contextlib.suppress(subprocess.SubprocessError):
            for leader in self.run("list-panes", "-a", "-F", "#{pane_pid}").split():
                for process in cli.session(int(leader)):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)
        subprocess.run([*self.tmux, "kill-server"], stderr=subprocess.DEVNULL, check=False, env=self.environment)

    def start(self):
        self.run("new-session", "-d", *self.sizes, self.command_line + "; echo status $?; sleep 1000")
        self.wait(PROMPT)

    def run(self, *arguments):
        return subprocess.run([*self.tmux, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=True, timeout=PATIENCE, env=self.environment).stdout

    def rows(self):
        """What stands on the screen."""
        return self.run("capture-pane", "-p").rstrip("\n").split("\n")

    def lines(self):
        """The same; what the terminal itself has broken is one line again."""
        return self.run("capture-pane", "-p", "-J").rstrip("\n").split("\n")

    def wait(self, pattern):
        """Until the last row that is not empty has it."""
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, last := self.rows()[-1]):
            assert time.monotonic() < end, f"no {pattern!r} in {last!r} of {self.rows()!r}"
            time.sleep(0.02)

    def wait_below(self, pattern):
        """The same, and it is not the first row."""
        end = time.monotonic() + PATIENCE
        while len(rows := self.rows()) < 2 or not re.search(pattern, rows[-1]):
            assert time.monotonic() < end, f"no {pattern!r} at the end of {rows!r}"
            time.sleep(0.02)

    def keys(self, *keys):
        self.run("send-keys", *keys)

    def type(self, text):
        self.run("send-keys", "-l", text)

    def resize(self, columns):
        """Until the program is told of it, which tmux puts off (window_pane_resize)."""
        self.run("resize-window", "-x", str(columns))
        terminal = os.open(self.run("display-message", "-p", "#{pane_tty}").strip(),
                           os.O_RDONLY | os.O_NOCTTY)
        end = time.monotonic() + PATIENCE
        while os.get_terminal_size(terminal).columns != columns:
            assert time.monotonic() < end, "it was not told"
            time.sleep(0.02)
        os.close(terminal)

    def clear(self):
        """An empty screen, and a prompt at its top."""
        self.keys("C-l")
        end = time.monotonic() + PATIENCE
        while [row.rstrip() for row in self.rows()] != [PROMPT]:
            assert time.monotonic() < end, self.rows()
            time.sleep(0.02)

    def command(self, line, until=rf"^{PROMPT} ?$"):
        """The lines below it, up to the prompt."""
        self.clear()
        self.type(line)
        self.wait(re.escape(line[-3:]) + "$")       # else this prompt could be taken for the next one
        self.keys("Enter")
        self.wait_below(until)
        return self.lines()[1:-1]


def answers_fit(screen):
    """no line is wider than the screen, and long ones are broken at blanks"""
    screen.type("set pager off")
    screen.keys("Enter")
    widest = 0
    for command in ("devices", "findings 2", "slot 0:16389", "page 0xe00", "folio 0xfc00", "task 39", "rcu",
                    "vtop init_task", "struct xa_node", "sym do_swap_page", "confirm 2", "help vtop", "set", "xa 1"):
        for line in screen.command(command):
            assert len(line) <= screen.columns, (command, line)
            widest = max(widest, len(line))
    assert widest > screen.columns // 2, widest
    return True


def pager(screen):
    """what is longer than the screen goes through less, which q ends"""
    screen.clear()
    screen.type("explain")
    screen.keys("Enter")
    screen.wait("^:")
    assert len(screen.rows()) == ROWS and all(len(row) <= screen.columns for row in screen.lines()), screen.rows()
    screen.keys("q")
    screen.wait(rf"^{PROMPT}")
    return screen.command("!echo on") == ["on"]


def completion(screen):
    """TAB: commands, members by path, symbols behind a type, options, and lists of what there is"""
    for keys, wanted in (("fin", "findings"), ("struct xa_no", "struct xa_node"),
                         ("struct page._refc", "struct page._refcount"),
                         ("struct page init_tas", "struct page init_task"), ("xa --j", "xa --json"),
                         ("sym swapper_sp", "sym swapper_spaces"), ("help KS10", "help KS10")):
        screen.clear()
        screen.type(keys)
        screen.keys("Tab")
        screen.wait(rf"^{PROMPT} {re.escape(wanted)}")
        screen.keys("C-u")
    screen.clear()
    screen.type("struct xa_node.")
    screen.keys("Tab", "Tab")
    screen.wait_below(rf"^{PROMPT} struct xa_node\.$")
    listed = " ".join(screen.rows()[1:-1]).split()
    screen.keys("C-u")
    return {"xa_node.slots", "xa_node.parent", "xa_node.count"} <= set(listed)


def pipes(screen):
    """pipes, files, and errors of both in one line"""
    assert screen.command("findings | grep -c KS101") == ["4"]
    said = screen.command("devices > /none/such/file")
    assert " ".join(said) == "kswapck: /none/such/file: cannot write: No such file or directory", said
    assert "not found" in " ".join(screen.command("devices | nosuchcommand"))
    return screen.command("devices > /dev/null") == []


def mistakes(screen):
    """bad commands end nothing"""
    for line, wanted in (("scna", "did you mean 'scan'"), ("ps", "'task' does here"), ("page zz", "neither a number"),
                         ("slot", "usage: slot"), ("findings 'x", "without its end"), ("xa 1", "not mapped")):
        said = " ".join(" ".join(screen.command(line)).split())
        assert said.startswith("kswapck: ") and wanted in said, (line, said)
    return True


def interrupt(screen):
    """Ctrl-C ends a long walk and the rest of its line, and the session goes on"""
    screen.clear()
    screen.type("sym _stext; " + "rd ffffffff81000000 2000000 >/dev/null;" * 9 + "!echo reached")
    screen.wait("echo reached")
    screen.keys("Enter")
    screen.wait("^0x[0-9a-f]+ +_stext")
    screen.keys("C-c")
    screen.wait(rf"^{PROMPT} ?$")
    rows = screen.rows()
    assert "kswapck: interrupted" in " ".join(rows) and "reached" not in rows, rows
    return screen.command("!echo on") == ["on"]


def history(screen):
    """the line before comes back, and can be searched for"""
    screen.command("devices")
    screen.keys("Up")
    screen.wait(rf"^{PROMPT} devices")
    screen.keys("C-c")
    screen.wait(rf"^{PROMPT} ?$")
    screen.keys("C-r")
    screen.type("devi")
    screen.wait("reverse-i-search.*devices")
    screen.keys("C-c")
    screen.wait(rf"^{PROMPT} ?$")
    return True


def resize(screen):
    """a terminal that changes its width: the next answer fits it"""
    screen.type("set pager off")
    screen.keys("Enter")
    screen.resize(60)
    wide, screen.columns = screen.columns, 60
    narrow = screen.command("findings 2")
    screen.resize(wide)
    screen.columns = wide
    assert all(len(line) <= 60 for line in narrow), narrow
    again = screen.command("findings 2")
    assert len(again) < len(narrow), (again, narrow)
    return True


def leaves_well(screen):
    """quit ends it with 0"""
    screen.clear()
    screen.type("quit")
    screen.keys("Enter")
    screen.wait("^status 0")
    return True


TESTS = {80: (answers_fit, pager, completion, pipes, mistakes, interrupt, history, resize, leaves_well),
         200: (answers_fit, pager, completion, interrupt)}


def main():
    kswapck, dumps = (pathlib.Path(argument).absolute() for argument in sys.argv[1:])
    if not shutil.which("tmux"):
        print("1..0 # SKIP no tmux")
        return 0
    cli.end_in_order()
    failed, count = 0, 0
    print(f"1..{sum(map(len, TESTS.values()))}", flush=True)
    for columns, tests in TESTS.items():
        for test in tests:
            count, why = count + 1, ""
            command = [kswapck, "shell", "--no-search", dumps / "freed-folio.kdump"]
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, \
                    Screen(pathlib.Path(folder), command, columns) as screen:
                try:
                    screen.start()
                    good = test(screen)
                except (AssertionError, subprocess.SubprocessError) as error:
                    good, why = False, str(error)[:2000]
            failed += not good
            print(f"{'ok' if good else 'not ok'} {count} - {columns} columns: {test.__doc__}", flush=True)
            if not good:
                print("\n".join("# " + line for line in why.splitlines()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
