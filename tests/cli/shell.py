# SPDX-License-Identifier: GPL-2.0-or-later
"""The shell, driven through options, pipes and a real terminal. Prints TAP.

Usage: shell.py KSWAPCK DUMPS TREE
"""

import fcntl
import inspect
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import schema
from cli import CLEAN, ERRORS, FAILED, USAGE, Skip

INTERRUPTED = 32
PATIENCE = 120
PROMPT = "kswapck> "
NOBODY = 65534
VARIABLES = ("KSWAPCK_PLUGINS", "KSWAPCK_PAGER", "PAGER", "LESS", "XDG_STATE_HOME", "NO_COLOR",
             "INPUTRC", "COLUMNS", "LINES")

# An audit that takes its time: five seconds for each space of slots, which healthy.kdump has
# 16 of.
SLOW = """
#include <kswapck.h>
#include <unistd.h>

static void space_end(struct kswapck_audit *audit, const struct kswapck_space *space)
{
	sleep(5);
	(void)audit;
	(void)space;
}

static const struct kswapck_problem problems[] = {
	{"T1", "nothing", KSWAPCK_WARNING, KSWAPCK_CORRUPT, "s", "m", "o", "c", "c"}, {0},
};

const struct kswapck_plugin kswapck_plugin = {
	.abi = KSWAPCK_ABI, .name = "slow", .summary = "sleeps", .problems = problems,
	.space_end = space_end,
};
"""


class Terminal:
    """A session at a terminal of our own."""

    def __init__(self, arguments, environment, columns=80, rows=200):
        self.process, self.descriptor = pty.fork()
        if not self.process:
            # whoever runs the tests may ignore it (nohup)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.execve(arguments[0], list(map(str, arguments)), environment)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.seen = ""

    def read(self, until, patience=PATIENCE):
        """What comes, up to and with the pattern UNTIL."""
        end = time.monotonic() + patience
        while not (found := re.search(until, self.seen)):
            ready, _, _ = select.select([self.descriptor], [], [], end - time.monotonic())
            assert ready, f"no {until!r} in {self.seen!r}"
            try:
                got = os.read(self.descriptor, 65536)
            except OSError:     # all of the other side are closed
                got = b""
            assert got, f"ended without {until!r}: {self.seen!r}"
            self.seen += got.decode(errors="replace")
        text, self.seen = self.seen[:found.end()], self.seen[found.end():]
        return text

    def type(self, keys):
        """Keys as they are pressed."""
        os.write(self.descriptor, keys.encode())

    def command(self, line, patience=PATIENCE):
        """What a command answers."""
        self.type(line + "\r")
        text = self.read(r"\r\n" + re.escape(PROMPT), patience)
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r\n", "\n")
        text = re.sub(r"[^\n]*\r", "", text.partition("\n")[2])   # progress is wiped away
        return text.removesuffix(PROMPT).rstrip("\n")

    def end(self, keys="quit\r"):
        """The exit status."""
        self.type(keys)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if select.select([self.descriptor], [], [], 0.05)[0]:
                    self.seen += os.read(self.descriptor, 65536).decode(errors="replace")
            except OSError:
                pass
            pid, status = os.waitpid(self.process, os.WNOHANG)
            if pid:
                assert termios.tcgetattr(self.descriptor)[3] & termios.ECHO, "no echo any more"
                os.close(self.descriptor)
                self.process = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError(f"it does not end: {self.seen!r}")

    def hang_up(self):
        """The terminal is gone; how long it takes the program to see that and to end."""
        begin = time.monotonic()
        os.close(self.descriptor)
        self.descriptor = None
        cli.until(lambda: os.waitpid(self.process, os.WNOHANG)[0], "its end without a terminal")
        self.process = 0
        return time.monotonic() - begin

    def kill(self):
        """Nothing is left behind."""
        if self.process:
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
            self.process = 0
            if self.descriptor is not None:
                os.close(self.descriptor)


class Tests(cli.Tests):
    """The shell on the committed dumps."""

    def __init__(self, program, dumps, scratch, tree):
        super().__init__(str(pathlib.Path(program).absolute()), dumps, scratch)
        self.tree = tree
        self.bad = dumps / "freed-folio.kdump"
        self.terminals = []
        self.environment = {}
        self.home = scratch / "home"

    def variables(self):
        """The environment: nobody's home, nobody's settings."""
        kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        settings = self.file("inputrc", b"set enable-bracketed-paste off\nset bell-style none\n")
        return {**kept, "HOME": str(self.home), "INPUTRC": str(settings), "KSWAPCK_CONFIG": "",
                "TERM": "xterm", **self.environment}

    def fresh(self):
        """A home with nothing in it, for each test."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(mode=0o755)
        self.environment = {}

    def shell(self, *arguments, dump=None, text=None, **options):
        """kswapck shell, without a terminal."""
        return subprocess.run([self.program, "shell", dump or self.bad, *map(str, arguments)],
                              input=text, stdin=None if text is not None else subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", check=False,
                              timeout=PATIENCE, env=self.variables(), **options)

    def said(self, *commands, status=CLEAN, **options):
        """What commands answer; they have nothing to complain of."""
        done = self.shell(*(part for command in commands for part in ("-e", command)), **options)
        assert not done.stderr and done.returncode == status, (done.returncode, done.stderr)
        return done.stdout

    def complains(self, line, say, status=USAGE):
        """One line on stderr, the right exit status, and the next command runs."""
        done = self.shell("-e", line, "-e", "devices")
        lines = done.stderr.splitlines()
        assert len(lines) == 1 and lines[0].startswith("kswapck: "), (line, done.stderr)
        assert re.search(say, lines[0]), (line, lines[0])
        assert re.fullmatch(r"[ -~]*", lines[0]), repr(lines[0])
        assert done.returncode == status, (line, done.returncode)
        assert done.stdout.startswith("vda "), (line, done.stdout)

    def terminal(self, *arguments, dump=None, starter=(), **options):
        """A session at a terminal, at its first prompt."""
        session = Terminal([*starter, self.program, "shell", dump or self.bad, *arguments],
                           self.variables(), **options)
        self.terminals.append(session)
        session.read(re.escape(PROMPT))
        return session

    def slow(self):
        """The plugin that takes its time."""
        path = self.scratch / "slow.so"
        if not path.exists():
            subprocess.run(["cc", "-shared", "-fPIC", f"-I{self.tree}/src", "-xc", "-", "-o", path],
                           input=SLOW, text=True, check=True)
        return path

    # commands without a terminal

    def execute(self):
        """-e: several, with ; and new lines, in their order."""
        text = self.said("!echo one", "!echo two\n!echo three", " # nothing\n\n;;")
        assert text == "one\ntwo\nthree\n", text
        assert self.said("devices;devices") == 2 * self.said("devices")

    def from_a_pipe(self):
        """Standard input that is no terminal: the same answers, no prompt, no echo."""
        done = self.shell(text="devices # a comment\n\nfindings 2\nscan")
        assert done.stdout == self.said("devices; findings 2") + self.said("scan", status=ERRORS)
        assert done.returncode == ERRORS and not done.stderr

    def script(self):
        """-i: errors name the line, and do not stop it."""
        path = self.file("script", b"devices\nnonsense\n\nfindings 99; devices\nquit\nnonsense\n")
        done = self.shell("-i", path)
        assert done.stdout == 2 * self.said("devices"), done.stdout
        lines = done.stderr.splitlines()
        assert [line.split(": ")[1] for line in lines] == [f"{path}:2", f"{path}:4"], lines
        assert done.returncode == USAGE
        assert self.shell("-i", self.scratch / "none").returncode == FAILED

    def inputs_in_order(self):
        """-e and -i run in the order in which they are given."""
        path = self.file("script", b"!echo two\n")
        assert self.said("!echo one") == "one\n"
        done = self.shell("-e", "!echo one", "-i", path, "-e", "!echo three")
        assert done.stdout == "one\ntwo\nthree\n", done.stdout

    def bad_commands(self):
        """Mistakes are told in one line and end nothing."""
        self.complains("scna", "no command 'scna'; did you mean 'scan'")
        self.complains("xyzzy", "no command 'xyzzy'; 'help' lists them")
        self.complains("fin", "no command 'fin'")
        self.complains("ps", "what it does in crash, 'task' does here")
        self.complains("kmem -i", "'page' does here")
        self.complains("\033[31m\u202e", "no command")
        self.complains("a" * 5000, "no command")
        self.complains("scan now", "usage: scan")
        self.complains("findings zz", "neither the number")
        self.complains("findings 0", "they are 1 to 8")
        self.complains("findings 99999999999999999999", "they are 1 to 8")
        self.complains("findings 1x", "number")
        self.complains("findings 1 2", r"usage: findings \[N \| PROBLEM\]")
        self.complains("explain KS101", "number")
        self.complains("explain -1", "number")
        self.complains("help nonsense", "no command, problem or bug 'nonsense'")
        self.complains("set json maybe", "usage: set")
        self.complains("quit now", "usage: quit")

    def bad_lines(self):
        """Lines that are not sound: the whole line is not run."""
        self.complains("findings 'KS101", "' without its end")
        self.complains('findings "KS101', '" without its end')
        self.complains("| cat", "needs a command before it")
        self.complains("> file", "needs a command before it")
        self.complains("devices |", "needs a command of /bin/sh")
        self.complains("devices || devices", "needs a command of /bin/sh")
        self.complains("devices >", "needs a file")
        self.complains("devices > a b", "more behind the file")
        self.complains("devices > a | cat", "more behind the file")
        self.complains("!", "needs a command of /bin/sh")
        self.complains("findings " + "x " * 100, "more than 64 words")

    def quotes(self):
        """Quotes hold words together, and comments end a line."""
        plain = self.said("findings KS101")
        for line in ("findings 'KS101'", 'findings "KS101"', 'find"ings" K\'S1\'01',
                     "findings KS101#", "  findings\tKS101 # ; nonsense | nonsense", "findings freed-folio;"):
            if line.endswith("#"):
                self.complains(line, "KS101#")
            else:
                assert self.said(line) == plain, line
        self.complains("findings 'a;b|c>d # e'", re.escape("'a;b|c>d # e'"))
        self.complains('findings "a\\"b\\\\c"', re.escape('\'a"b\\c\''))
        self.complains("findings ''", "''")

    def garbage(self):
        """A script of random bytes, and a line of a million letters."""
        noise = bytes((i * i * 7919 >> 3 & 0xff) or 32 for i in range(65536))
        noise = noise.replace(b"!", b"?").replace(b"|", b"/").replace(b">", b"<")
        for content in (noise, b"x" * 1000000, b"\0\0devices\0\n" * 3, b"'" * 100001):
            done = self.shell("-i", self.file("garbage", content))
            assert done.returncode in (CLEAN, USAGE), (done.returncode, done.stderr[-300:])

    # where answers go

    def pipes(self):
        """What follows | is /bin/sh's, with all of its own pipes and quotes."""
        assert self.said("findings | grep KS101 | wc -l") == "4\n"
        assert self.said("findings | awk '{n++; print n;}' | tail -1; devices | wc -l") == "8\n2\n"
        assert self.said("findings 'KS101' | grep -c \"a;b\"") == "0\n"
        assert self.said("devices|cat") == self.said("devices")

    def reader_that_goes(self):
        """Whoever stops to read is no failure, and the session goes on."""
        for command in ("findings", "findings KS101 --json", "scan", "help"):
            text = self.said(f"{command} | head -1; {command} | true; !echo more",
                             status=ERRORS if command == "scan" else CLEAN)
            assert text.endswith("more\n"), text

    def redirects(self):
        """> makes a file, >> adds to it, what cannot be written is told."""
        plain = self.said("devices")
        name = self.scratch / "a file"
        assert not self.said(f"devices > '{name}'; devices >> \"{name}\"; devices >> '{name}' # x")
        assert name.read_text() == 3 * plain
        assert not self.said(f"devices>'{name}'") and name.read_text() == plain
        self.complains(f"devices > {self.scratch}", "cannot write: Is a directory", FAILED)
        self.complains("findings > /dev/full", "/dev/full: cannot write: No space", FAILED)

    def full_output(self):
        """Standard output that takes no more."""
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([self.program, "shell", self.bad, "-e", "findings"], stdout=full,
                                  stderr=subprocess.PIPE, check=False, env=self.variables(),
                                  stdin=subprocess.DEVNULL, text=True)
        assert done.returncode & FAILED and "cannot write" in done.stderr, done

    def system(self):
        """!: the whole line is /bin/sh's; a script is not what it reads."""
        assert self.said("!echo a; echo b | tr b c") == "a\nc\n"
        done = self.shell(text="!cat\n!echo end\n")
        assert done.stdout == "end\n" and done.returncode == CLEAN, done

    def json_documents(self):
        """Every command answers with one JSON document that says what it is."""
        listed = json.loads(self.said("help --json"))["commands"]
        names = {command["name"] for command in listed} - {"quit", "exit"}
        samples = {"slot": "0:16389", "who": "0:16389", "xa": None, "page": "0xe00",
                   "folio": "0xe00", "rd": "init_task", "vtop": "init_task", "sym": "init_task",
                   "struct": "page", "task": "1", "bt": "1", "confirm": "1", "drgn": None}
        for name in sorted(names):
            sample = samples.get(name, "")
            if sample is None:
                continue
            text = self.said(f"{name} {sample} --json", status=ERRORS if name in ("scan", "explain")
                             else CLEAN)
            document = json.loads(text)
            assert document["command"] == name, (name, document["command"])
            wrong = list(schema.shell_complaints(document))
            assert not wrong, (name, wrong[:5])

    def json_of_findings(self):
        """Findings have the members that those of scan have, and their numbers."""
        whole = json.loads(self.run("scan", "--json", self.bad).stdout)
        report = json.loads(self.said("scan --json", status=ERRORS))
        for key in ("findings", "devices", "summary", "kernel", "exit_status"):
            if key == "summary":
                whole[key].pop("pages_read"), report[key].pop("pages_read")
            assert report[key] == whole[key], key
        document = json.loads(self.said("findings KS101 --json"))
        assert [whole["findings"][number - 1] for number in document["numbers"]] == \
            document["findings"]
        assert len(document["findings"]) == 4
        document = json.loads(self.said("explain --json 2"))
        assert document["numbers"] == [2] and document["verdict"] == "stall"
        assert document["spinners"][0]["slot"] == 16389 and len(document["victims"]) == 2

    def settings(self):
        """set json on is --json for all."""
        text = self.said("set json on; devices; set; set json off; set")
        decoder, documents = json.JSONDecoder(), []
        while text.startswith("{"):
            document, end = decoder.raw_decode(text)
            documents.append(document)
            text = text[end:].lstrip()
        assert [document["command"] for document in documents] == ["devices", "set"]
        assert documents[1]["json"] is True and text.split() == ["json", "off", "pager", "on"]

    # what they say

    def numbers(self):
        """scan, findings and explain number the findings alike."""
        listed = re.findall(r"^(\d+)\. +(KS\d+)", self.said("findings"), re.MULTILINE)
        assert [int(number) for number, _ in listed] == list(range(1, 9)), listed
        scan = re.findall(r"^(\d+)\. +(KS\d+)", self.said("scan", status=ERRORS), re.MULTILINE)
        assert set(scan) < set(listed) and len(scan) == 6, scan
        for number, problem in listed:
            for text in (self.said(f"findings {number}"), self.said(f"explain {number}")):
                assert text.startswith(f"{number}.   {problem} "), text
                assert re.search(r"0x[0-9a-f]{16}  page\.", text), text

    def explain_one(self):
        """explain N: what it is, what it leads to, who is caught there and who is next."""
        words = " ".join(self.said("explain 2").split())
        for part in ("KS101 freed-folio", "means The swap cache points", "leads to Whoever",
                     "caught pid 39 (init) on CPU 0 spins for ever", "certain", "why ", "how ",
                     "bug migration-replaces-one-slot", "next pid 39 (init) has 511 pages",
                     "pid 1 (init)", "'help KS101'"):
            assert part in words, f"no {part} in {words}"
        assert "caught pid" not in self.said("explain 4")

    def explain_all(self):
        """explain is that of kswapck explain."""
        told = self.run("explain", self.bad).stdout
        assert self.said("explain", status=ERRORS) == told
        assert self.said("findings 1; explain", status=ERRORS).endswith(told)

    def healthy(self):
        """Without findings, that is said."""
        for command in ("findings", "findings KS101"):
            assert self.said(command, dump=self.good).startswith("no findings")
        done = self.shell("-e", "explain 1", dump=self.good)
        assert done.returncode == USAGE and "there are no findings" in done.stderr
        assert "CLEAN" in self.said("scan", dump=self.good)

    def help(self):
        """Every command, problem and bug is explained, in 80 columns."""
        text = self.said("help")
        names = re.findall(r"^  ([a-z]+) ", text, re.MULTILINE)
        assert {"scan", "findings", "explain", "devices", "help", "set", "quit"} <= set(names)
        for name in names:
            text += self.said(f"help {name}")
        for topic in ("KS101", "freed-folio", "bugs", "migration-replaces-one-slot",
                      "fc346d0a70a1"):
            assert self.said(f"help {topic}") == self.run("help", topic).stdout, topic
            json.loads(self.said(f"help {topic} --json") if topic != "fc346d0a70a1" else "{}")
        assert max(map(len, text.splitlines())) <= 80

    def manual(self):
        """The manual page has exactly the commands of the shell."""
        page = (self.tree / "src/kswapck.8").read_text()
        listed = [name for line in re.findall(r"^\.It Ic (.*)", page, re.MULTILINE)
                  for name in re.findall(r"^([a-z]+)(?: , ([a-z]+))?", line)[0] if name]
        names = re.findall(r"^  ([a-z]+) ", self.said("help"), re.MULTILINE)
        assert sorted(listed) == sorted(names), set(listed) ^ set(names)

    def exit_status(self):
        """A sum: what failed, what was found."""
        for line, status in (("devices", CLEAN), ("scan", ERRORS), ("findings", CLEAN),
                             ("nonsense", USAGE), ("devices > /", FAILED),
                             ("scan; nonsense; devices > /", ERRORS | USAGE | FAILED),
                             ("quit; nonsense", CLEAN)):
            assert self.shell("-e", line).returncode == status, line
        assert self.shell("-e", "scan", dump=self.good).returncode == CLEAN

    def wrong_dump(self):
        """What is no dump is refused before any command."""
        path = self.file("text", b"no dump at all\n" * 100)
        done = self.shell("-e", "!echo ran", dump=path)
        assert done.returncode == FAILED and not done.stdout, done
        assert len(done.stderr.splitlines()) == 1 and "text" in done.stderr, done.stderr
        self.refused("shell", "-e", "scan", self.scratch / "none", say="No such file")
        self.refused("shell", "--no-such", self.bad, status=USAGE, say="no-such")
        self.refused("shell", self.bad, "-e", status=USAGE, say="needs a value")

    def no_dump(self):
        """Without a dump: the running kernel, which is for root."""
        if os.geteuid() == 0:
            done = subprocess.run(["setpriv", f"--reuid={NOBODY}", self.program, "shell"],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  check=False) if shutil.which("setpriv") else None
        else:
            done = self.run("shell")
        if not done or done.returncode not in (USAGE,):
            raise Skip("no other user can run this program")
        assert re.search("which dump.*kswapck shell", done.stderr), done.stderr

    def input_that_cannot_be_read(self):
        """Standard input and scripts that cannot be read are no empty scripts; Ctrl-C ends the wait for a line."""
        folder = os.open(self.scratch, os.O_RDONLY)
        done = subprocess.run([self.program, "shell", self.bad], stdin=folder, capture_output=True, text=True,
                              env=self.variables(), check=False)
        os.close(folder)
        assert done.returncode == FAILED, done
        assert done.stderr == "kswapck: standard input: cannot read: Is a directory\n", done.stderr
        process = subprocess.Popen([self.program, "shell", self.bad], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.variables())
        process.stdin.write("!echo begun\n")
        process.stdin.flush()
        assert process.stdout.readline() == "begun\n"
        cli.until(lambda: cli.sleeps(process.pid), "for a line")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == INTERRUPTED and err == "kswapck: interrupted\n", (process.returncode, err)

    # ~/.kswapckrc

    def rc(self, content="!echo from rc\n", mode=0o644):
        """Write it."""
        path = self.home / ".kswapckrc"
        path.write_text(content)
        path.chmod(mode)
        return path

    def rc_runs(self):
        """~/.kswapckrc is run first; its errors are told, and are not the session's."""
        self.rc("!echo from rc\nnonsense\nset json on\n")
        done = self.shell("-e", "devices")
        assert done.stdout.startswith("from rc\n{"), done.stdout
        assert f"{self.home}/.kswapckrc:2: " in done.stderr and done.returncode == CLEAN, done
        done = self.shell("--no-rc", "-e", "devices")
        assert done.stdout.startswith("vda") and not done.stderr

    def rc_of_others(self):
        """Root does not run what others can write."""
        if os.geteuid() != 0:
            raise Skip("only root is careful")
        path = self.rc(mode=0o666)
        cases = [lambda: None, lambda: (path.chmod(0o644), os.chown(path, NOBODY, 0)),
                 lambda: (os.chown(path, 0, 0), self.home.chmod(0o777))]
        for prepare in cases:
            prepare()
            done = self.shell("-e", "!echo on")
            assert done.stdout == "on\n", done.stdout
            assert re.fullmatch("kswapck: not run: .*does not trust.*\n", done.stderr), done.stderr
        self.home.chmod(0o755)
        assert self.shell("-e", "!echo on").stdout == "from rc\non\n"

    def rc_that_blocks(self):
        """A pipe in its place does not block."""
        os.mkfifo(self.home / ".kswapckrc")
        assert self.shell("-e", "!echo on").stdout == "on\n"

    # at a terminal

    def prompt(self):
        """It greets, answers, and ends by quit, exit and Ctrl-D, with status 0."""
        for keys in ("quit\r", "exit\r", "\x04"):
            session = self.terminal()
            assert session.command("devices").startswith("vda"), "no answer"
            assert "did you mean 'scan'" in session.command("scna")
            assert session.end(keys) == CLEAN

    def completion(self):
        """TAB puts in commands, symbols, types, members, problems and files."""
        session = self.terminal()
        (self.scratch / "report-of-today").write_text("")
        cases = [("dev\t", "devices "), ("help findi\t", "help findings "),
                 ("findings freed-f\t", "findings freed-folio "),
                 ("help migration-repl\t", "help migration-replaces-one-slot "),
                 ("devices; dev\t", "devices; devices "),
                 (f"devices > {self.scratch}/report-of\t",
                  f"devices > {self.scratch}/report-of-today "),
                 (f"devices | cat {self.scratch}/report-of\t",
                  f"devices | cat {self.scratch}/report-of-today "),
                 ("devices --j\t", "devices --json ")]
        known = self.said("help")
        if re.search("^  sym ", known, re.MULTILINE):
            cases.append(("sym swapper_sp\t", "sym swapper_spaces "))
        if re.search("^  struct ", known, re.MULTILINE):
            cases += [("struct swap_info_st\t", "struct swap_info_struct"),
                      ("struct xa_node.nr_va\t", "struct xa_node.nr_values"),
                      ("struct swap_info_struct.discard_work.fun\t",
                       "struct swap_info_struct.discard_work.func")]
        for keys, wanted in cases:
            session.type(keys)
            session.read(re.escape(wanted))
            session.type("\x15\x0b")    # away with the line
            session.command("!true")
        assert session.end() == CLEAN

    def completion_lists(self):
        """Two TABs list what there is; nothing fits is no harm."""
        session = self.terminal()
        session.type("ex\t\t")
        session.read(r"exit +explain(?s:.*)" + re.escape(PROMPT) + "ex")
        session.type("\x15zzz\t\t\x15")
        assert session.command("devices").startswith("vda")
        assert session.end() == CLEAN

    def widths(self):
        """Lines fit 80 columns, and use 200."""
        widest = {}
        for columns in (80, 200):
            session = self.terminal(columns=columns, rows=1000)
            lines = [line for command in ("findings", "scan", "explain 2", "devices", "help",
                                          "help KS101", "explain")
                     for line in session.command(command).splitlines()]
            assert session.end() == CLEAN
            widest[columns] = max(map(len, lines))
        assert widest[80] <= 80 and 100 < widest[200] <= 200, widest

    def terminal_pipes(self):
        """Pipes and files, typed."""
        session = self.terminal()
        assert session.command("findings | grep KS101 | wc -l") == "4"
        assert session.command(f"devices > {self.scratch}/typed") == ""
        assert (self.scratch / "typed").read_text() == self.said("devices")
        assert session.command("!echo a; echo b") == "a\nb"
        assert session.command("scan | head -1").startswith("dump ")
        assert session.end() == CLEAN

    def pager(self):
        """What is longer than the screen goes through a pager, and nothing else does."""
        self.environment = {"KSWAPCK_PAGER": "sed s/^/paged/", "PAGER": "false"}
        session = self.terminal(rows=20)
        assert session.command("devices").startswith("vda")
        lines = session.command("findings KS101").splitlines()
        assert len(lines) > 20 and all(line.startswith("paged") for line in lines), lines
        session.command("set pager off")
        assert session.command("findings KS101").startswith("2.")
        session.command("set pager on")
        assert session.command("findings KS101 | cat").startswith("2.")
        assert session.end() == CLEAN

    def pager_that_quits(self):
        """less is the pager if no other is wanted; q ends it, and the session goes on."""
        if not shutil.which("less"):
            raise Skip("no less")
        session = self.terminal(rows=20)
        session.type("scan; findings KS101\r")
        for _ in range(2):
            session.read(r"\n:|\r:|END")
            session.type("q")
        session.read(re.escape(PROMPT))
        assert session.command("devices").startswith("vda")
        assert session.end() == CLEAN

    def interrupt(self):
        """Ctrl-C stops a walk and the rest of its line, and keeps the session."""
        session = self.terminal("--plugin", self.slow(), dump=self.good)
        begin = time.monotonic()
        session.type("scan; !echo still here\r")
        session.read("scanning the swap cache")
        session.type("\x03")
        text = session.read(r"interrupted\r\n(?s:.*)" + re.escape(PROMPT))
        assert "still here" not in text, text
        assert time.monotonic() - begin < 60, "it went on"
        assert session.command("devices").startswith("vda")
        # and again, impatiently
        session.type("explain 1\r")
        session.read("scanning the swap cache")
        session.type("\x03\x03\x03")
        session.read(r"interrupted\r\n(?s:.*)" + re.escape(PROMPT))
        assert session.command("!echo 12").endswith("12")
        assert session.end() == CLEAN

    def interrupt_many(self):
        """Ctrl-C ends a line of many short commands."""
        session = self.terminal()
        session.type("devices;" + "scan>/dev/null;" * 150 + "!echo reached\r")
        session.read("swap_info_struct 0x")
        session.type("\x03")
        text = session.read(r"interrupted\r\n(?s:.*)" + re.escape(PROMPT))
        assert "\nreached" not in text, text
        assert session.end() == CLEAN

    def interrupt_prompt(self):
        """Ctrl-C at the prompt, in a search, at a question of readline's, and in /bin/sh."""
        session = self.terminal()
        session.command("devices")
        session.type("half a li")
        session.read("half a li")
        session.type("\x03")
        session.read(r"\^C(?s:.*)" + re.escape(PROMPT))
        session.type("\x12dev")
        session.read("dev")
        session.type("\x03")
        session.read(r"\^C(?s:.*)" + re.escape(PROMPT))
        session.type("sym \t\t")
        session.read(r"possibilities\?")
        session.type("\x03")
        session.read(r"\^C(?s:.*)" + re.escape(PROMPT))
        assert session.command("!echo yes") == "yes"
        session.type("!echo begun; sleep 100\r")
        session.read("\nbegun")
        # /bin/sh may be deaf before it waits
        cli.until(lambda: any("sleep" in cli.children(child).values()
                              for child in cli.children(session.process)), "sleep 100")
        session.type("\x03")
        session.read(re.escape(PROMPT))
        assert session.command("!echo yes") == "yes"
        assert session.end() == CLEAN

    def interrupt_output(self):
        """Ctrl-C while the terminal takes no more: the next answer comes, and that is no failure."""
        session = self.terminal()
        session.command("set pager off")
        for letters in range(20):       # where in a line it waits is by chance
            session.type(f"!echo {'x' * letters}\r")
            session.read("x\r\n" * bool(letters))
            session.type("findings KS101;" * 100 + "\r")
            for _ in range(2):
                cli.until(lambda: cli.sleeps(session.process), "for the terminal")
                time.sleep(0.02)
            session.type("\x03")
            session.read(r"interrupted\r\n(?s:.*)" + re.escape(PROMPT))
            assert session.command("devices").startswith("vda")
        assert session.end() == CLEAN

    def interrupt_script(self):
        """Ctrl-C ends a session in which nobody types."""
        with subprocess.Popen([self.program, "shell", self.good, "--plugin", self.slow(), "-e",
                               "!echo begun", "-e", "scan", "-e", "!echo more"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=self.variables()) as process:
            assert process.stdout.readline() == "begun\n"
            cli.until(lambda: cli.sleeps(process.pid), "the audit")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == INTERRUPTED, (process.returncode, err)
        assert not out and err == "kswapck: interrupted\n", (out, err)

    def terminate(self):
        """SIGTERM ends a session as Ctrl-D does: the terminal is left as it was."""
        session = self.terminal()
        os.kill(session.process, signal.SIGTERM)
        assert session.end("") == CLEAN

    def hang_up(self):
        """A terminal that vanishes ends the session, whatever it is at; half a line is not run."""
        file = self.scratch / "half"
        deaf = ("/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh")
        begun = self.scratch / "begun"
        for keys, seen, starters in (
                ("", "", ((), deaf)), (f"!touch {file}", "half", ((), deaf)),
                ("\x12dev", "search", ((), deaf)), ("sym \t\t", r"possibilities\?", ((), deaf)),
                ("\x1b5", r"\(arg: 5\)", ((), deaf)), ("\x16", "", ((), deaf)),
                ("scan >/dev/null;" * 200 + "\r", "", ((), deaf)),
                # who is deaf waits for what it started, as a shell does
                (f"!touch {begun}; sleep 100\r", begun, ((),)),
                (f"devices | (touch {begun} && sleep 100)\r", begun, ((),))):
            for starter in starters:
                session = self.terminal(starter=starter)
                session.type(keys)
                if seen == begun:
                    cli.until(begun.exists, f"{keys} to begin")
                    begun.unlink()
                else:
                    session.read(seen)
                took = session.hang_up()
                assert took < 20, f"{keys!r}: it took {took} s"
        assert not file.exists(), "half a line was run"

    def nohup(self):
        """A script whose starter ignores SIGHUP goes on; else it ends."""
        for action, status, said in ((signal.SIG_IGN, CLEAN, "begun\nmore\n"),
                                     (signal.SIG_DFL, INTERRUPTED, "begun\n")):
            with subprocess.Popen([self.program, "shell", self.bad], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  preexec_fn=lambda action=action: signal.signal(signal.SIGHUP, action),
                                  env=self.variables()) as process:
                process.stdin.write("!echo begun\n")
                process.stdin.flush()
                assert process.stdout.readline() == "begun\n"
                cli.until(lambda: cli.sleeps(process.pid), "for a line")
                process.send_signal(signal.SIGHUP)
                out, _ = process.communicate("!echo more\n", timeout=PATIENCE)
            assert ("begun\n" + out, process.returncode) == (said, status), (out, process.returncode)

    def interrupt_early(self):
        """Ctrl-C while the dump is opened ends it: there is no session yet."""
        for wait in (0.0, 0.005, 0.01, 0.02, 0.04):
            with subprocess.Popen([self.program, "shell", self.good, "-e", "!echo ran; sleep 9"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True,
                                  env=self.variables(), start_new_session=True) as process:
                time.sleep(wait)
                os.killpg(process.pid, signal.SIGINT)
                out, err = process.communicate(timeout=PATIENCE)
            # before main() the kernel ends it
            early = process.returncode == -signal.SIGINT and not out and not err
            assert early or (process.returncode == INTERRUPTED and
                             err == "kswapck: interrupted\n"), (wait, process.returncode, err)

    # the history

    def history(self):
        """It is kept, for its owner alone, and is there in the next session."""
        for state, place in ((None, self.home / ".local/state"),
                             (self.scratch / "state", self.scratch / "state")):
            if state:
                self.environment = {"XDG_STATE_HOME": str(state)}
            session = self.terminal()
            for line in ("devices", "devices", " findings", "nonsense", ""):
                session.command(line)
            assert session.end("\x04") == CLEAN
            path = place / "kswapck/history"
            assert path.read_text() == "devices\nnonsense\n", path.read_text()
            assert path.stat().st_mode & 0o777 == 0o600, oct(path.stat().st_mode)
            assert path.parent.stat().st_mode & 0o777 == 0o700
            session = self.terminal()
            session.type("\x1b[A\x1b[A")
            session.read("devices")
            session.type("\r")
            session.read("vda +type 0")
            session.read(re.escape(PROMPT))
            assert session.end() == CLEAN

    def history_is_bounded(self):
        """A thousand lines are kept."""
        folder = self.home / ".local/state/kswapck"
        folder.mkdir(parents=True)
        (folder / "history").write_text("".join(f"!echo {i}\n" for i in range(3000)))
        session = self.terminal()
        session.command("devices")
        assert session.end() == CLEAN
        lines = (folder / "history").read_text().splitlines()
        assert len(lines) == 1000 and lines[-1] == "quit" and lines[-2] == "devices", lines[-3:]

    def history_without_home(self):
        """No home, or one that cannot be written: no history, no complaint."""
        for home in ("", "/dev/null", str(self.scratch / "nonexistent/of/nobody")):
            self.environment = {"HOME": home}
            session = self.terminal()
            assert session.command("devices").startswith("vda")
            assert session.end() == CLEAN
        assert not (self.scratch / "nonexistent").exists(), "a home was made"

    def history_of_others(self):
        """Root makes no history in the home of others: a link there could lead anywhere."""
        if os.geteuid() != 0:
            raise Skip("only root is careful")
        os.chown(self.home, NOBODY, 0)
        session = self.terminal()
        assert session.command("devices").startswith("vda")
        assert session.end() == CLEAN
        assert not (self.home / ".local").exists()

    def history_of_scripts(self):
        """What is not typed is not kept."""
        self.shell(text="devices\n")
        assert not (self.home / ".local").exists()


def main(program, dumps, tree):
    """Run all tests; return the exit status."""
    cli.end_in_order()
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        tests = Tests(program, pathlib.Path(dumps).absolute(), pathlib.Path(scratch),
                      pathlib.Path(tree).absolute())
        own = [name for name, test in vars(Tests).items()
               if not name.startswith("_") and list(inspect.signature(test).parameters) == ["self"]
               and name not in ("variables", "fresh", "slow")]
        failed = 0
        print(f"1..{len(own)}")
        for number, name in enumerate(own, 1):
            test, result, words = getattr(tests, name), "ok", ""
            tests.fresh()
            try:
                test()
            except Skip as skip:
                words = f" # SKIP {skip}"
            except (AssertionError, subprocess.TimeoutExpired, OSError, ValueError) as error:
                result, failed = "not ok", failed + 1
                words = "\n# " + str(error)[:3000].replace("\n", "\n# ")
            finally:
                for session in tests.terminals:
                    session.kill()
                tests.terminals.clear()
            print(f"{result} {number} - {test.__doc__.rstrip('.')}{words}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
