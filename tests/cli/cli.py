# SPDX-License-Identifier: GPL-2.0-or-later
"""What kswapck does with bad input and with outputs that go away. Prints TAP.

Usage: cli.py KSWAPCK DUMPS
"""

import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True

import holes

CLEAN, ERRORS, INCOMPLETE, FAILED, USAGE = 0, 1, 4, 8, 16
TIMEOUT = 60
CUTS = 40

# How the kernel's own description of itself begins: struct btf_header (include/uapi/linux/btf.h),
# and the digits in kallsyms_token_table (scripts/kallsyms.c).
BTF_HEADER = b"\x9f\xeb\x01\x00\x18\x00\x00\x00"
TOKENS = b"".join(b"%d\0" % digit for digit in range(10))


def lab_dumps():
    """Where the lab keeps its dumps: see tests/lab/kswapck_lab/cache.py."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    lab = os.environ.get("KSWAPCK_LAB") or pathlib.Path(cache) / "kswapck-lab"
    return pathlib.Path(lab) / "dumps"


def end_in_order():
    """SIGTERM, which a test gets that takes too long: what is to be cleared up is."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def until(condition, what, patience=120):
    """Wait for what takes as long as the machine is busy."""
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)


def children(pid):
    """Names of the processes that one has started, by number."""
    try:
        numbers = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(number): pathlib.Path(f"/proc/{number}/comm").read_text().strip()
                for number in numbers}
    except OSError:     # one has just ended
        return {}


def session(leader):
    """Numbers of the processes of a session, which a terminal has one of."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(name)) == leader:
                yield int(name)
        except ProcessLookupError:
            pass


def sleeps(pid):
    """Does it wait for something that is no child?"""
    state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "S" and not children(pid)


class Skip(Exception):
    """This test cannot be made here."""


class Tests:
    """The program, a good dump, and a place for bad ones."""

    def __init__(self, program, dumps, scratch):
        self.program = program
        self.dumps = dumps
        self.scratch = scratch
        self.good = dumps / "healthy.kdump"

    def run(self, *arguments, **options):
        """Run kswapck; a hang is an error like any other."""
        options.setdefault("stdout", subprocess.PIPE)
        return subprocess.run([self.program, *map(str, arguments)], stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=TIMEOUT, check=False,
                              text=True, errors="replace", **options)

    def refused(self, *arguments, status=FAILED, say=None):
        """One line on stderr, nothing that looks like a result, the right exit status."""
        done = self.run(*arguments)
        assert done.returncode == status, f"exit status {done.returncode}, not {status}"
        lines = done.stderr.splitlines()
        assert len(lines) == 1, f"{len(lines)} lines on stderr: {done.stderr!r}"
        assert lines[0].startswith("kswapck: "), f"stderr is {lines[0]!r}"
        assert len(lines[0]) < 1000, f"a line of {len(lines[0])} letters"
        assert not re.search(r"CLEAN|Sanitizer|core dumped|\(null\)|assert",
                             done.stdout + done.stderr), done.stdout + done.stderr
        assert not say or re.search(say, lines[0], re.IGNORECASE), \
            f"{lines[0]!r} says nothing of {say!r}"
        return done

    def file(self, name, content):
        """A file in the scratch folder."""
        path = self.scratch / name
        path.write_bytes(content)
        return path

    # what is not a dump

    def text_file(self):
        """A text file is refused by name."""
        self.refused(self.file("text", b"root:x:0:0:root:/root:/bin/bash\n" * 40), say="text")

    def empty_file(self):
        """An empty file is refused."""
        self.refused(self.file("empty", b""), say="empty")

    def directory(self):
        """A directory is refused."""
        self.refused(self.scratch, say="directory")

    def missing_file(self):
        """A file that is not there."""
        self.refused(self.scratch / "none", say="No such file")

    def no_permission(self):
        """A file that may not be read."""
        if os.geteuid() == 0:
            raise Skip("root may read everything")
        path = self.file("secret", b"x")
        path.chmod(0)
        self.refused(path, say="Permission denied")

    def program_file(self):
        """An ELF file that is no core."""
        self.refused(self.program, say="core")

    def random_bytes(self):
        """Random bytes, always the same."""
        self.refused(self.file("random", bytes(i * i * 7919 >> 5 & 255 for i in range(65536))))

    def zeros(self):
        """A file of zeros."""
        self.refused(self.file("zeros", bytes(1 << 20)))

    def fifo(self):
        """A pipe without a writer must not block."""
        path = self.scratch / "fifo"
        os.mkfifo(path)
        self.refused(path)

    def device(self):
        """/dev/zero has no end."""
        self.refused("/dev/zero")

    def good_and_bad(self):
        """A dump and something else are not a split set."""
        self.refused(self.good, self.file("other", b"no dump" * 1000))

    def same_dump_twice(self):
        """Nor are a dump and itself."""
        self.refused(self.good, self.good)

    # a dump that is cut

    def cut(self, part):
        """A dump cut at PART of its CUTS pieces: never CLEAN, never zeros."""
        size = self.good.stat().st_size
        length = max(1, size * part // CUTS) - part % 3
        path = self.scratch / "cut"
        with open(self.good, "rb") as whole, open(path, "wb") as piece:
            piece.write(whole.read(length))
        self.refused(path, say=": cut: |not a dump|: empty")
        self.refused("explain", path, say=": cut: |not a dump|: empty")

    def one_byte_short(self):
        """A dump without its last byte."""
        path = self.file("short", self.good.read_bytes()[:-1])
        done = self.run(path)
        assert done.returncode == FAILED, f"exit status {done.returncode}: {done.stderr}"

    # pages that are not in the dump

    def holes(self, name, accept):
        """A dump of that name without the pages whose contents ACCEPT takes."""
        data, count = holes.Dump((self.dumps / name).read_bytes()).without(accept)
        assert count, "no page to take out"
        return self.file("holes", data)

    def lost_bit(self):
        """A bit of the bitmap got lost: each page behind it would be its neighbour."""
        dump = holes.Dump(self.good.read_bytes())
        for part in (0, 1, 2, 3):
            data = dump.without_bit(part * (len(dump.frames) - 1) // 3)
            self.refused(self.file("lost", data), say="one more")

    def without_types(self):
        """No BTF and no vmlinux: the remedy is named."""
        self.refused("--no-search", self.holes("healthy.kdump", lambda page: BTF_HEADER in page),
                     say="BTF.*--vmlinux")

    def without_symbols(self):
        """No kallsyms and no vmlinux."""
        self.refused("--no-search", self.holes("healthy.kdump", lambda page: TOKENS in page),
                     say="kallsyms.*--vmlinux")

    def without_tree_nodes(self):
        """Tree nodes that are left out are counted; what is below them is not called clean."""
        report = json.loads(self.run("--json", self.dumps / "freed-folio.kdump").stdout)
        freed = next(finding for finding in report["findings"] if finding["id"] == "KS101")
        word = struct.pack("<Q", int(freed["page"], 16))
        done = self.run("--no-search", self.holes("freed-folio.kdump",
                                                  lambda page: page.count(word) > 60))
        assert done.returncode & INCOMPLETE, f"exit status {done.returncode}"
        assert re.search(r"not seen +\d+ tree nodes", done.stdout), done.stdout
        assert "CLEAN" not in done.stdout

    def without_orc_and_log(self):
        """Pages of the tasks' stacks are left out: the rest of the story is told."""
        story = json.loads(self.run("explain", "--json", self.dumps / "freed-folio.kdump").stdout)
        spinner = story["spinners"][0]
        name = spinner["comm"].encode() + b"\0" * 8
        done = self.run("explain", "--no-search", self.holes("freed-folio.kdump",
                                                             lambda page: name in page))
        assert done.returncode & ERRORS and not done.stderr, done.stderr
        assert re.search("^missing", done.stdout, re.MULTILINE), done.stdout
        assert "fc346d0a70a1" in done.stdout, done.stdout

    def dwarf_alone(self):
        """DWARF and ELF symbols of a vmlinux are enough for a dump without kallsyms and BTF."""
        lab = os.environ.get("KSWAPCK_LAB") or os.path.join(
            os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "kswapck-lab")
        vmlinux = pathlib.Path(lab) / "kernels/6.1bug/vmlinux"
        if not vmlinux.exists() or not shutil.which("objcopy"):
            raise Skip("the lab has not built this kernel")
        dwarf = self.scratch / "vmlinux"
        subprocess.run(["objcopy", "--rename-section", ".BTF=.XTF", vmlinux, dwarf], check=True,
                       stderr=subprocess.DEVNULL)
        dump = self.holes("freed-folio.kdump",
                          lambda page: BTF_HEADER in page or TOKENS in page)
        whole = json.loads(self.run("--json", "-n", self.dumps / "freed-folio.kdump").stdout)
        report = json.loads(self.run("--json", "--vmlinux", dwarf, dump).stdout)
        assert report["kernel"]["types_from"].startswith("DWARF"), report["kernel"]
        assert report["findings"] == whole["findings"]

    # other kernels

    def swap_table_kernel(self):
        """A kernel with swap tables is read to the end, and clean."""
        lab = os.environ.get("KSWAPCK_LAB")
        cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
        folder = pathlib.Path(lab) if lab else pathlib.Path(cache) / "kswapck-lab"
        names = [f"{kernel}-idle-elf" for kernel in ("6.18", "7.2", "7.3")]
        found = [folder / "dumps" / name for name in names if (folder / "dumps" / name).exists()]
        for path in found:
            done = self.run("scan", path)
            assert done.returncode == 0, f"{path.name}: exit status {done.returncode}"
            assert "slots of 1 swap device were seen; nothing is wrong" in done.stdout, done.stdout
        if not found:
            raise Skip("tests/lab/lab make 7.2-idle-elf")

    def wrong_vmlinux(self):
        """A vmlinux that is none."""
        self.refused(f"--vmlinux={self.file('vmlinux', b'ELF?')}", self.good, say="vmlinux")

    def missing_vmlinux(self):
        """A vmlinux that is not there."""
        self.refused(f"--vmlinux={self.scratch / 'none'}", self.good, say="No such file")

    # the command line

    def unknown_option(self):
        """An option that does not exist."""
        self.refused("--no-such-option", self.good, status=USAGE, say="no-such-option")
        self.refused("scan", "-Z", self.good, status=USAGE, say="'-Z'")

    def no_argument(self):
        """No argument at all: usage."""
        done = self.run()
        assert done.returncode == USAGE, f"exit status {done.returncode}"
        assert "Usage" in done.stdout + done.stderr

    def command_of_nothing(self):
        """A command without a dump: the running kernel, for root alone, and where it can be seen."""
        for command in ("scan", "explain", "triage"):
            if os.geteuid():
                self.refused(command, status=USAGE, say=f"which dump.*kswapck {command}")
            elif not os.path.exists("/proc/kcore"):
                self.refused(command, say="/proc/kcore: there is none")
        if os.geteuid():
            self.refused("--json", status=USAGE, say="which dump")

    def options_of_the_running_kernel(self):
        """A dump does not change, and a count is a number."""
        self.refused("scan", "--watch=1", self.good, status=USAGE, say="--watch is for the running kernel")
        self.refused("triage", "--watch=1", self.good, status=USAGE, say="--watch is for the running kernel")
        self.refused("--watch=1", self.good, status=USAGE, say="--watch is for the running kernel")
        self.refused("scan", "--watch=1", "--json", "/proc/kcore", status=USAGE, say="no --json")
        self.refused("scan", "--watch=0", status=USAGE, say="'0' is no time")
        self.refused("scan", "--watch=0.000", status=USAGE, say="is no time")
        for odd in ("", ".5", "1.2345", "-1", "0x1", "1s", "4294968"):
            self.refused("scan", f"--watch={odd}", status=USAGE, say="is not a time in seconds")
        self.refused("explain", "--watch=1", status=USAGE, say="--watch")
        self.refused("scan", "--confirm=many", self.good, status=USAGE, say="is not a number")
        self.refused("scan", "--confirm=101", self.good, status=USAGE, say="more than 100")

    def mistyped_command(self):
        """A word that is neither: the commands are told."""
        self.refused("explian", self.good, status=USAGE,
                     say="'explian' is neither a file nor a command .*triage, explain, scan, pins, .*, confirm, help")
        self.refused("evil\033[31m\nname", status=USAGE, say="neither")

    def file_named_as_a_word(self):
        """A dump in the current folder needs no ./ in front."""
        os.symlink(self.good.absolute(), self.scratch / "vmcore")
        done = self.run("vmcore", cwd=self.scratch)
        assert done.returncode == CLEAN and "CLEAN" in done.stdout, done.stderr

    def options_of_explain(self):
        """Options of scan that explain does not have, and values that are none."""
        self.refused("explain", "--max-findings=1", self.good, status=USAGE, say="max-findings")
        self.refused("scan", "--stacks=all", self.good, status=USAGE, say="stacks")
        for bad in ("x", "", "ALL", "cpus,all"):
            self.refused("explain", f"--stacks={bad}", self.good, status=USAGE, say="stacks")
        self.refused("explain", "--stacks", status=USAGE, say="stacks")

    def options_before_the_command(self):
        """Options may stand before the command, with values and without."""
        dump = self.dumps / "freed-folio.kdump"
        told = self.run("explain", "--json", dump).stdout
        assert self.run("--quiet", "-j", "explain", dump).stdout == told
        assert self.run("-qs", "all", "--json", "explain", "-n", dump).stdout != told
        assert self.run("-m", "1", "scan", dump).stdout == self.run("scan", "-m1", dump).stdout
        self.refused("--quiet", "explian", dump, status=USAGE, say="neither a file nor a command")
        self.refused("--stacks=all", "scan", dump, status=USAGE, say="stacks")
        self.refused("-q", "--", "explain", say="explain: cannot open: No such file")

    def strange_values(self):
        """What is said of an option does not drive a terminal."""
        evil = "\033[2J\x9b31m\u202e"
        for arguments in ([f"--max-findings={evil}"], [f"--stacks={evil}"], [f"--{evil}"],
                          [f"--json={evil}"], [f"-{evil}"]):
            done = self.refused("triage", *arguments, self.good, status=USAGE)
            assert re.fullmatch("[ -~]*\n", done.stderr), repr(done.stderr)
        for empty in ("--vmlinux=", "--arch="):
            self.refused(empty, self.good, status=USAGE, say=empty[2:-1])

    def max_findings(self):
        """Numbers that are none."""
        for bad in ("x", "", "-1", "1x", "99999999999999999999", "0x10", " 3",
                    " -18446744073709551615"):
            self.refused(f"--max-findings={bad}", self.good, status=USAGE, say="max-findings")

    def triage_is_explain_and_scan(self):
        """Without a command: the verdict first, the report of scan last."""
        dump = self.dumps / "freed-folio.kdump"
        both, scan = self.run(dump), self.run("scan", dump)
        assert both.returncode == scan.returncode == ERRORS, both.stderr
        assert re.match(r"[A-Z]+: ", both.stdout), both.stdout[:80]
        assert " ".join(both.stdout.split()).endswith(" ".join(scan.stdout.split())), both.stdout
        widest = [max(map(len, done.stdout.splitlines())) for done in (both, scan)]
        assert widest[0] <= 100 < widest[1], widest
        assert self.run("triage", dump).stdout == both.stdout

    def explain_tells_a_story(self):
        """The stall of the dump: who, where, by which bug; on one screen."""
        done = self.run("explain", self.dumps / "freed-folio.kdump")
        words = " ".join(done.stdout.split())
        assert done.returncode == ERRORS and not done.stderr, done.stderr
        assert re.match(r"STALL: pid \d+ \(init\) on CPU 0 spins", words), words[:120]
        for part in ("slot 16389 of vda", "under rcu_read_lock()", "fc346d0a70a1", "RCU stall"):
            assert part in words, f"no {part}"
        assert len(done.stdout.splitlines()) <= 46, f"{len(done.stdout.splitlines())} lines"

    def explain_shows_stacks(self):
        """--stacks=cpus and all: frame by frame, more with all."""
        dump = self.dumps / "freed-folio.kdump"
        frames = [len(re.findall(r"^  #\d+ +0x", self.run("explain", *option, dump).stdout,
                                 re.MULTILINE))
                  for option in ([], ["--stacks=cpus"], ["--stacks=all"])]
        assert frames[0] == 0 and 10 < frames[1] < frames[2], frames

    def no_sweep(self):
        """--no-sweep: who is next is not known, and that is said."""
        dump = self.dumps / "freed-folio.kdump"
        assert re.search(r"^next .*not known", self.run("explain", "-w", dump).stdout, re.MULTILINE)
        report = json.loads(self.run("explain", "--json", "--no-sweep", dump).stdout)
        assert report["victims"]["swept"] is False and not report["victims"]["list"]

    def max_findings_cuts(self):
        """--max-findings=1 shows one and says that there are more."""
        done = self.run("--max-findings=1", self.dumps / "tail-private.kdump")
        assert len(re.findall("^KS107 tail-private: slots", done.stdout, re.MULTILINE)) == 1
        assert "more of these" in done.stdout and done.returncode == ERRORS

    def max_findings_zero(self):
        """--max-findings=0 shows all."""
        done = self.run("-m", "0", self.dumps / "tail-private.kdump")
        assert len(re.findall("^KS107 tail-private: slots", done.stdout, re.MULTILINE)) == 4
        assert "more of these" not in done.stdout

    def unknown_problem(self):
        """Help of a problem that does not exist."""
        self.refused("help", "KS999", status=USAGE, say="KS999")

    def help_of_problems(self):
        """Every problem in the list is explained, by id and by name."""
        listed = re.findall(r"^  (KS\d{3})  (\S+)", self.run("help", "problems").stdout,
                            re.MULTILINE)
        assert len(listed) >= 20, f"{len(listed)} problems only"
        for number, name in listed:
            by_id, by_name = self.run("help", number), self.run("help", name)
            assert by_id.returncode == CLEAN and f"{number} {name}" in by_id.stdout
            assert by_id.stdout == by_name.stdout, f"{number} and {name} differ"

    def help_of_one_thing(self):
        """help fits 80 columns, and more than one topic is told, not forgotten."""
        for topic in ("problems", "bugs", "KS101", "scan"):
            text = self.run("help", topic).stdout
            assert max(map(len, text.splitlines())) <= 80, topic
        self.refused("help", "KS101", "KS102", status=USAGE, say="one thing at a time")

    def no_name(self):
        """An empty name is no file."""
        for arguments in (["scan", ""], ["scan", self.good, ""], ["shell", "", "-e", "devices"]):
            self.refused(*arguments, say="'' is no name of a file")

    def help_of_bugs(self):
        """Every known bug in the list is explained, by name and by the commit of its fix."""
        listed = re.findall(r"^  (\S+) +fixed in (\S+) +\((.*?)\)", self.run("help", "bugs").stdout,
                            re.MULTILINE)
        assert len(listed) >= 5, f"{len(listed)} bugs only"
        assert len({name for name, _, _ in listed}) == len(listed), "a name twice"
        for name, release, commit in listed:
            done = self.run("help", name)
            assert done.returncode == CLEAN and f"{name} (a bug" in done.stdout, name
            assert release in done.stdout and commit in done.stdout, name
            if re.fullmatch("[0-9a-f]{12}", commit):
                for part in (commit, commit[:7], commit + "0123456"):
                    assert self.run("help", part).stdout == done.stdout, part
        for bad in ("fc346d", "no-such-bug", "zzzzzzzzzzzz", ""):
            self.refused("help", bad, status=USAGE, say="no problem, bug or command")

    def help_of_commands(self):
        """--help is no error, and goes to stdout."""
        for arguments in (["--help"], ["-h"], ["help"], ["help", "scan"], ["scan", "--help"],
                          ["help", "help"], ["help", "--help"], ["help", "explain"],
                          ["explain", "--help"], ["triage", "-h"], [self.good, "--help"]):
            done = self.run(*arguments)
            assert done.returncode == CLEAN and done.stdout and not done.stderr, arguments

    def version(self):
        """--version is one line."""
        done = self.run("--version")
        assert done.returncode == CLEAN and re.fullmatch(r"kswapck \d+\.\d+\.\d+\n", done.stdout)

    # where the report goes

    def no_colour(self):
        """Colour is for terminals that want it."""
        assert "\033" in self.on_terminal({"TERM": "xterm"}), "no colour on a terminal"
        assert "\033" not in self.on_terminal({"TERM": "xterm", "NO_COLOR": "1"}), "NO_COLOR"
        assert "\033" not in self.on_terminal({"TERM": "dumb"}), "colour on a dumb terminal"
        assert "\033" not in self.run(self.good).stdout, "colour in a pipe"

    def narrow_terminal(self):
        """No line is wider than a terminal of 80 columns."""
        for name in ("tail-private", "freed-folio"):
            for arguments in (["-m0"], ["scan"], ["explain", "--stacks=all"]):
                text = self.on_terminal({"TERM": "dumb"}, *arguments, self.dumps / f"{name}.kdump")
                wide = [line for line in text.splitlines() if len(line) > 80]
                assert text and not wide, wide[0]

    def on_terminal(self, environment, *arguments):
        """What kswapck writes to a terminal, which holds little until somebody reads it."""
        try:
            leader, follower = os.openpty()
        except OSError as why:
            raise Skip(f"no terminals: {why}") from why
        pieces = []

        def read_all():
            try:
                while piece := os.read(leader, 65536):
                    pieces.append(piece)
            except OSError:
                pass    # the way in which Linux says that the other side is closed

        reader = threading.Thread(target=read_all)
        reader.start()
        try:
            self.run(*(arguments or [self.good]), stdout=follower,
                     env={**os.environ, "NO_COLOR": "", **environment})
        finally:
            os.close(follower)
            reader.join()
            os.close(leader)
        return b"".join(pieces).decode()

    def closed_pipe(self):
        """The reader goes away after a line: no noise, no hang."""
        for arguments in (["-m0"], ["scan", "-m0"], ["explain"], ["explain", "--stacks=all"],
                          ["explain", "--json"], ["--json"]):
            with subprocess.Popen([self.program, *arguments, self.dumps / "freed-folio.kdump"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
                process.stdout.readline()
                process.stdout.close()
                errors = process.stderr.read()
                status = process.wait(TIMEOUT)
            assert len(errors.splitlines()) <= 1, f"{arguments}: stderr: {errors!r}"
            assert status in (ERRORS, FAILED, -signal.SIGPIPE), f"{arguments}: status {status}"

    def full_disk(self):
        """A report that could not be written is a failure, text or JSON."""
        for command in ([], ["scan"], ["explain"]):
            for option in ("--json", "--no-search"):
                with open("/dev/full", "w", encoding="ascii") as full:
                    done = self.run(*command, option, self.dumps / "freed-folio.kdump",
                                    stdout=full)
                name = " ".join(command + [option])
                assert done.returncode & FAILED, f"{name}: exit status {done.returncode}"
                assert len(done.stderr.splitlines()) == 1, f"{name}: stderr {done.stderr!r}"

    def full_disk_of_help(self):
        """The same for help and version."""
        for arguments in (["help", "problems"], ["--version"], ["help", "KS101"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = self.run(*arguments, stdout=full)
            assert done.returncode & FAILED, f"{arguments}: exit status {done.returncode}"

    def stdout_closed(self):
        """No stdout at all."""
        done = self.run(self.good, stdout=None, preexec_fn=lambda: os.close(1))
        assert done.returncode & FAILED, f"exit status {done.returncode}"

    def same_report_twice(self):
        """Two runs say the same, byte by byte."""
        dump = self.dumps / "freed-folio.kdump"
        assert self.run("--json", dump).stdout == self.run("--json", dump).stdout

    def dump_unchanged(self):
        """Nothing is ever written to a dump."""
        path = self.scratch / "copy"
        shutil.copyfile(self.good, path)
        before = path.read_bytes(), path.stat().st_mtime_ns
        self.run(path)
        assert before == (path.read_bytes(), path.stat().st_mtime_ns)

    def read_only_folder(self):
        """A dump of its own name in a read-only place, through a symbolic link."""
        link = self.scratch / "link"
        link.symlink_to(self.good.absolute())
        assert self.run(link).returncode == CLEAN

    def long_name(self):
        """The longest path leaves room for what is wrong with it."""
        done = self.run("./" * 2000 + "none")
        assert done.returncode == FAILED, f"exit status {done.returncode}"
        assert done.stderr.endswith("No such file or directory\n"), done.stderr[-80:]

    def strange_machine(self):
        """The name of the machine in the header does not drive a terminal."""
        data = bytearray(self.good.read_bytes())
        data[272:337] = b"\x9b31m\x1b" * 13    # struct disk_dump_header: utsname.machine
        done = self.refused(self.file("machine", data), say="machine")
        assert re.fullmatch("[ -~]*\n", done.stderr), repr(done.stderr)

    def strange_name(self):
        """A file name with a new line and an escape in it stays within its line."""
        self.refused(self.scratch / "evil\n\033[31mname", say="name")


def cases(tests):
    """Pairs of name and function."""
    names = [name for name, value in vars(Tests).items()
             if callable(value) and not name.startswith("_") and
             name not in ("run", "refused", "file", "cut", "holes", "on_terminal")]
    for name in names:
        yield name.replace("_", " "), getattr(tests, name)
    for part in range(CUTS):
        yield f"dump cut at {part}/{CUTS}", lambda part=part: tests.cut(part)


def outcome(function):
    """'' when good, else a word for TAP and why."""
    try:
        function()
    except Skip as why:
        return "skip", str(why)
    except AssertionError as why:
        return "fail", str(why)
    except subprocess.TimeoutExpired:
        return "fail", f"hangs: {TIMEOUT} s"
    return "good", ""


def tap(listed):
    """Run each (name, function) that is listed and print TAP; returns the exit status."""
    listed, failed = list(listed), 0
    print(f"1..{len(listed)}", flush=True)
    for number, (name, function) in enumerate(listed, 1):
        word, why = outcome(function)
        failed += word == "fail"
        print(f"{'not ok' if word == 'fail' else 'ok'} {number} - {name}" +
              (f" # SKIP {why}" if word == "skip" else ""), flush=True)
        if word == "fail":
            print("\n".join("# " + line for line in why.splitlines()[:60] or ["?"]), flush=True)
    return 1 if failed else 0


def own(tests, helpers):
    """(name, method) of each test of a class, in their order."""
    return [(name.replace("_", " "), getattr(tests, name))
            for name, value in vars(type(tests)).items()
            if callable(value) and not name.startswith("_") and name not in helpers]


def run_tests(kind, helpers, arguments):
    """A whole program of tests: KSWAPCK and DUMPS are its arguments; returns the exit status."""
    program, dumps = (pathlib.Path(argument).absolute() for argument in arguments)
    with tempfile.TemporaryDirectory() as scratch:
        return tap(own(kind(program, dumps, pathlib.Path(scratch)), helpers))


def main(arguments):
    """Print TAP; return the exit status."""
    program, dumps = (pathlib.Path(argument).absolute() for argument in arguments)
    with tempfile.TemporaryDirectory() as scratch:
        return tap(cases(Tests(program, dumps, pathlib.Path(scratch))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
