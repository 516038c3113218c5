# SPDX-License-Identifier: GPL-2.0-or-later
"""Plugins from files, grades and configuration files. Prints TAP.

Usage: plugins.py KSWAPCK DUMPS TREE BUILD MODULES

BUILD is installed into a scratch folder, and the example plugin built there with nothing but
pkg-config and a compiler. MODULES is the folder with the built-in checks as plugins.
"""

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import schema
from cli import CLEAN, ERRORS, FAILED, USAGE, Skip

WARNINGS = 2
NOBODY = 65534
VARIABLES = ("KSWAPCK_PLUGINS", "KSWAPCK_CONFIG", "XDG_CONFIG_HOME", "HOME")


def as_root(function):
    """A test that only root can make."""
    @functools.wraps(function)
    def test(self):
        if os.geteuid() != 0:
            raise Skip("only root can make files of other users")
        function(self)
    return test


class Tests(cli.Tests):
    """The program as built and as installed, and plugins of all sorts."""

    def __init__(self, program, dumps, scratch, places):
        super().__init__(program, dumps, scratch)
        self.tree, self.build, self.modules = places
        self.bad = dumps / "freed-folio.kdump"
        self.built = self.program
        self.environment = {}

    # the tools

    def run(self, *arguments, **options):
        """Run kswapck with self.environment, and nothing else that could steer it."""
        options["env"] = {**{name: value for name, value in os.environ.items()
                             if name not in VARIABLES},
                          "KSWAPCK_CONFIG": "", "HOME": str(self.scratch), **self.environment}
        for name in [name for name, value in options["env"].items() if value is None]:
            del options["env"][name]
        return super().run(*arguments, **options)

    def folder(self, name, mode=0o755):
        """A folder in the scratch folder."""
        path = self.scratch / name
        path.mkdir(exist_ok=True)
        path.chmod(mode)
        return path

    def plugin(self, name, *changes):
        """The example as a plugin of that name, with (old, new) CHANGES of its source."""
        source = (self.tree / "plugins/example/cache_only.c").read_text()
        for old, new in changes:
            assert old in source, old
            source = source.replace(old, new)
        place = self.scratch / name
        place.parent.mkdir(exist_ok=True)
        subprocess.run(["cc", "-w", "-shared", "-fPIC", f"-I{self.tree}/src", "-xc", "-",
                        "-o", place], input=source, text=True, check=True)
        return place

    @functools.cached_property
    def example(self):
        """The example as it is."""
        return self.plugin("example.so")

    @functools.cached_property
    def installed(self):
        """The root of a tree with everything installed."""
        root = self.folder("root")
        if not shutil.which("meson"):
            raise Skip("no meson")
        subprocess.run(["meson", "install", "-C", self.build, "--no-rebuild", "--destdir", root],
                       check=True, stdout=subprocess.DEVNULL)
        return root

    def pkg_config(self, *arguments):
        """What pkg-config says of the installed tree."""
        if not shutil.which("pkg-config"):
            raise Skip("no pkg-config")
        return subprocess.run(["pkg-config", *arguments, "kswapck"], check=True, text=True,
                              capture_output=True, env=self.pkg_environment()).stdout.strip()

    def pkg_environment(self):
        """Where pkg-config shall look."""
        file = next(self.installed.rglob("kswapck.pc"))
        return {**os.environ, "PKG_CONFIG_PATH": str(file.parent),
                "PKG_CONFIG_SYSROOT_DIR": str(self.installed)}

    def listed(self, *arguments):
        """(name, file) of all plugins."""
        done = self.run("plugins", "--json", *arguments)
        assert done.returncode == CLEAN, done.stderr
        return [(plugin["name"], plugin["file"]) for plugin in json.loads(done.stdout)["plugins"]]

    def from_files(self, *arguments):
        """Names of the files that were loaded."""
        return [pathlib.Path(file).name for _, file in self.listed(*arguments) if file]

    def json(self, *arguments):
        """Exit status and JSON."""
        done = self.run("--json", *arguments)
        assert not done.stderr, done.stderr
        return done.returncode, json.loads(done.stdout)

    def refuses(self, plugin, say):
        """Told as an error, by name, everywhere that plugins are loaded."""
        for arguments in (["scan", self.good], ["plugins"], ["help", "problems"]):
            done = self.refused(arguments[0], "--plugin", plugin, *arguments[1:], say=say)
            assert not done.stdout, done.stdout
        assert str(plugin) in done.stderr, done.stderr

    # the interface

    def exports_its_header(self):
        """The program has the functions of kswapck.h for plugins, and nothing else."""
        if not shutil.which("nm"):
            raise Skip("no nm")
        symbols = subprocess.run(["nm", "-D", "--defined-only", self.built], check=True, text=True,
                                 capture_output=True).stdout.split("\n")
        exported = {line.split()[2] for line in symbols if line and "@" not in line}
        header = (self.tree / "src/kswapck.h").read_text()
        declared = set(re.findall(r"^[a-z][^;/{}]*?[ *](kswapck_\w+)\(", header, re.MULTILINE))
        assert len(declared) > 20
        if "__asan_init" in exported:
            exported = {name for name in exported if name.startswith("kswapck_")}
        assert exported == declared, exported ^ declared

    def example_out_of_tree(self):
        """The command in the example's comment builds it, with the installed header alone."""
        source = self.installed.parent / "cache_only.c"
        shutil.copy(self.tree / "plugins/example/cache_only.c", source)
        command = re.search(r"^ \*   (cc .*)$", source.read_text(), re.MULTILINE)[1]
        self.pkg_config("--exists")
        done = subprocess.run(["sh", "-c", command.replace("cc ", "cc -Wall -Wextra -Werror ")],
                              cwd=self.scratch, env=self.pkg_environment(), check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0 and not done.stderr, done.stderr
        status, report = self.json("scan", "--plugin", self.scratch / "cache-only.so", self.good)
        assert status == WARNINGS, status
        found, = report["findings"]
        assert found["id"] == "EX001" and found["severity"] == "warning", found
        assert found["slots"]["count"] == report["summary"]["cache_only"] > 1000, found["slots"]
        assert report["summary"]["problems"]["cache-only-slots"]["findings"] == 1
        assert not list(schema.complaints(report, "scan")), "not as its schema says"

    def built_in_checks_as_plugins(self):
        """The built-in checks, loaded from files, say the same byte by byte."""
        names = [name for name, file in self.listed() if not file]
        assert len(names) == len(list(self.modules.glob("*.so"))), names
        plugins = [f"--plugin={self.modules / name.replace('-', '_')}.so" for name in names]
        assert [name for name, _ in self.listed("--no-builtin", *plugins)] == names
        for dump in sorted(self.dumps.glob("*.kdump")):
            for command in (["--json"], ["scan", "-m0"], ["explain", "--json"]):
                inside = self.run(*command, dump)
                outside = self.run(*command, "--no-builtin", *plugins, dump)
                assert inside.stdout and inside.stdout == outside.stdout, f"{command} {dump.name}"
                assert inside.returncode == outside.returncode and not outside.stderr

    def built_in_twice(self):
        """A check that is built in is not loaded once more."""
        for module in self.modules.glob("*.so"):
            self.refuses(module, "already built in.*--no-builtin")

    def no_checks(self):
        """Without any check nothing is CLEAN."""
        for command in ("scan", "explain", "triage"):
            self.refused(command, "--no-builtin", self.good, status=USAGE, say="no checks")
        assert self.listed("--no-builtin") == []

    def some_checks(self):
        """With some checks alone, what was not looked for is told."""
        done = self.run("scan", "--no-builtin", "-P", self.example, self.good)
        assert re.search(r"^not seen +\d+ problems are not looked for.*freed-folio", done.stdout,
                         re.MULTILINE), done.stdout
        done = self.run("explain", "-B", "-P", self.example, self.bad)
        assert re.search(r"^missing .*not looked for", done.stdout, re.MULTILINE), done.stdout

    # how they are found

    def by_option(self):
        """--plugin, again and again, in that order; a file that is named twice is loaded once."""
        other = self.plugin("a-other.so", ('"cache-only"', '"other"'), ("EX001", "EX002"),
                            ("cache-only-slots", "other-slots"))
        assert self.from_files("-P", self.example, f"--plugin={other}", "-P", self.example) == \
            ["example.so", "a-other.so"]
        link = self.scratch / "link.so"
        link.symlink_to(other.name)
        assert self.from_files("-P", link, "-P", other) == ["link.so"]

    def by_environment(self):
        """KSWAPCK_PLUGINS: files and folders, these in order of names."""
        folder = self.folder("many")
        for name in ("c", "a", "b"):
            self.plugin(f"many/{name}.so", ('"cache-only"', f'"x-{name}"'),
                        ("EX001", f"EX{name.upper()}"), ("cache-only-slots", f"{name}-slots"))
        (folder / ".hidden.so").write_text("hidden")
        (folder / "README").write_text("no plugin")
        self.environment = {"KSWAPCK_PLUGINS": f":{folder}::{self.example}:"}
        assert self.from_files() == ["a.so", "b.so", "c.so", "example.so"]
        self.environment = {"KSWAPCK_PLUGINS": str(self.example)}
        assert self.run("scan", self.good).returncode == WARNINGS
        self.environment = {"KSWAPCK_PLUGINS": ""}
        assert self.from_files() == []
        self.environment = {"KSWAPCK_PLUGINS": f"{folder}:/no/such.so"}
        self.refused("plugins", say="KSWAPCK_PLUGINS: /no/such.so: .*No such file")
        (folder / "d.so").write_text("text")
        self.environment = {"KSWAPCK_PLUGINS": str(folder)}
        self.refused("scan", self.good, say="KSWAPCK_PLUGINS: .*d.so: ")

    def from_its_folder(self):
        """The installed program loads what is in its folder; that of the build folder does not."""
        folder = pathlib.Path(f"{self.installed}{self.pkg_config('--variable=plugindir')}"
                              .replace(f"{self.installed}{self.installed}", str(self.installed)))
        assert folder.is_dir(), folder
        shutil.copy(self.example, folder / "b.so")
        self.plugin("a.so", ('"cache-only"', '"first"'), ("EX001", "EX002"),
                    ("cache-only-slots", "first-slots")).rename(folder / "a.so")
        assert self.from_files() == []
        self.program = next(self.installed.rglob("bin/kswapck"))
        try:
            assert self.from_files() == ["a.so", "b.so"]
            assert self.run("scan", self.good).returncode == WARNINGS
            # what is wrong there is told, and changes nothing else
            (folder / "aa.so").write_text("text")
            done = self.run("scan", self.good)
            assert done.returncode == WARNINGS, done.returncode
            assert re.fullmatch(r"kswapck: warning: .*/aa\.so: is no plugin .*\n", done.stderr)
            (folder / "aa.so").unlink()
            if os.geteuid() == 0:
                folder.chmod(0o777)
                done = self.run("scan", self.good)
                assert done.returncode == CLEAN, done.returncode
                assert re.fullmatch("kswapck: warning: .*written by others.*\n", done.stderr)
        finally:
            self.program = self.built
            shutil.rmtree(folder)

    # what is refused

    def no_plugins(self):
        """Files that are no plugins."""
        os.mkfifo(self.scratch / "fifo.so")
        empty = self.plugin("empty.so", ("const struct kswapck_plugin kswapck_plugin",
                                         "const struct kswapck_plugin other"))
        for place, say in ((self.file("text.so", b"#!/bin/sh\n"), "no plugin"),
                           (self.file("none.so", b""), "no plugin"),
                           (self.scratch, "not a regular file"),
                           ("/dev/zero", "not a regular file"),
                           (self.scratch / "fifo.so", "not a regular file"),
                           (self.scratch / "missing.so", "No such file"),
                           (pathlib.Path(sys.executable).resolve(), "no plugin"),
                           (empty, "no symbol kswapck_plugin")):
            self.refuses(place, say)
        self.refused("--plugin=", self.good, status=USAGE, say="--plugin")

    def cut_plugins(self):
        """A plugin that was cut at any place: told, or as good as whole, and never a crash."""
        whole = self.example.read_bytes()
        told = 0
        for part in range(40):
            done = self.run("plugins", "-P", self.file("cut.so", whole[:len(whole) * part // 40]))
            assert done.returncode in (CLEAN, FAILED), f"{part}/40: {done.returncode}"
            told += len(done.stderr.splitlines()) == 1
        assert told > 20, told

    def other_versions(self):
        """The version of the interface is checked before anything else is touched."""
        for version in ("1", "KSWAPCK_ABI + 1", "0xdeadbeef"):
            self.refuses(self.plugin("version.so", (".abi = KSWAPCK_ABI", f".abi = {version}"),
                                     (".problems = problems", ".problems = (void *)1"),
                                     ('"cache-only"', "(void *)2")), "version .*kswapck.h")

    def unsound_plugins(self):
        """Names that are taken, texts that are missing, words that are not known."""
        for change, say in ((('"cache-only"', '"swap-map"'), "already built in"),
                            (('"cache-only"', '"Cache Only"'), "name"),
                            (('"EX001"', '"KS101"'), "KS101 freed-folio"),
                            (('"EX001"', '"ex1"'), "id 'ex1'"),
                            (('"cache-only-slots"', '"freed-folio"'), "KS101 freed-folio"),
                            ((".origin", "//"), "no origin"),
                            (("{slots}", "{slot}"), "{slot}"),
                            ((".summary", "//"), "no summary"),
                            (("slots that only", r"\033[31mslots"), "summary .*not one line of text"),
                            (("slots that only", r"a\nb"), "summary .*not one line of text"),
                            (("swap_map knows", r"\xff"), "meaning of problem EX001 .*control"),
                            (("kswapck_report", "kswapck_none"), "undefined symbol.*kswapck_none")):
            self.refuses(self.plugin("unsound.so", change), say)

    def findings_filled_by_hand(self):
        """A count, a size or a text that leads out of its finding leads nowhere."""
        for number, change in enumerate((
                "finding->evidence_count = 1000;", "finding->evidence[0].size = 99999;",
                "finding->evidence[0].what = 0; finding->severity = 99;",
                "finding->evidence[0].what = \"\033[31m\xff\";",
                "finding->first_slot = 10; finding->last_slot = 1;",
                "for (int i = 0; i < 240; i++) finding->detail[i] = 27;")):
            plugin = self.plugin(f"by-hand-{number}.so", ("kswapck_report(", change + "kswapck_report("),
                                 ("holds {slots}", "holds {slots}: {detail}"))
            assert self.json("scan", "-P", plugin, self.good)[0] == WARNINGS, change
            done = self.run("scan", "-P", plugin, self.good)
            assert done.returncode == WARNINGS and not done.stderr, (change, done.stderr)
            assert "\033" not in done.stdout, change

    def two_of_a_name(self):
        """Another file with a plugin of the same name."""
        copy = self.scratch / "copy.so"
        shutil.copy(self.example, copy)
        self.refused("plugins", "-P", self.example, "-P", copy,
                     say="copy.so: there is a plugin 'cache-only' already, from .*example.so")

    def strange_names_of_files(self):
        """A file name does not drive a terminal."""
        done = self.refused("plugins", "-P", self.scratch / "evil\n\033[31m.so")
        assert re.fullmatch("[ -~]*\n", done.stderr), repr(done.stderr)
        evil = self.scratch / "evil\033[31m.so"
        shutil.copy(self.example, evil)
        assert "\033" not in self.run("plugins", "-P", evil).stdout

    # whose plugins root loads

    @as_root
    def writable_by_others(self):
        """Root loads nothing that others can write, or that lies where they can."""
        for mode in (0o777, 0o775, 0o646):
            place = self.plugin("writable/plugin.so")
            place.chmod(mode)
            self.refuses(place, "plugin.so can be written by others")
        for mode in (0o777, 0o1777, 0o775):
            place = self.plugin("writable/plugin.so")
            self.folder("writable", mode)
            self.refuses(place, "writable can be written by others")
            self.environment = {"KSWAPCK_PLUGINS": str(place.parent)}
            self.refused("plugins", say="KSWAPCK_PLUGINS: .*written by others")
            self.environment = {}

    @as_root
    def of_somebody_else(self):
        """Root loads nothing that belongs to others, or that lies in their folders."""
        place = self.plugin("foreign/plugin.so")
        os.chown(place, NOBODY, NOBODY)
        self.refuses(place, f"plugin.so belongs to user {NOBODY}")
        os.chown(place, 0, 0)
        assert self.from_files("-P", place) == ["plugin.so"]
        os.chown(place.parent, NOBODY, NOBODY)
        self.refuses(place, f"foreign belongs to user {NOBODY}")

    @as_root
    def symbolic_links(self):
        """A link is as good as the folder that it lies in and the one that it leads to."""
        link = self.scratch / "good-link.so"
        link.symlink_to(self.example)
        assert self.from_files("-P", link) == ["good-link.so"]
        place = self.plugin("swamp/plugin.so")
        self.folder("swamp", 0o777)
        link = self.scratch / "to-swamp.so"
        link.symlink_to(place)
        self.refuses(link, "swamp can be written by others")
        link = place.parent / "from-swamp.so"
        link.symlink_to(self.example)
        self.refuses(link, "swamp can be written by others")

    @as_root
    def not_as_root(self):
        """Everybody else loads what they like."""
        place, program = self.for_nobody()
        done = self.run("plugins", "-P", place, user=NOBODY, group=NOBODY, extra_groups=[],
                        executable=program)
        assert done.returncode == CLEAN and "cache-only" in done.stdout, done.stderr

    @as_root
    def set_user_id(self):
        """With more rights than who starts it: no environment, and nobody but root is trusted."""
        place, program = self.for_nobody()
        os.chown(place, NOBODY, NOBODY)
        place.chmod(0o644)
        program.chmod(0o4755)
        self.environment = {"KSWAPCK_PLUGINS": str(place), "KSWAPCK_CONFIG": "/no/such/file"}
        options = {"user": NOBODY, "group": NOBODY, "extra_groups": [], "executable": program}
        done = self.run("plugins", **options)
        if "No such file" in done.stderr:
            raise Skip("no set-user-ID here")
        assert done.returncode == CLEAN and "cache-only" not in done.stdout, done.stderr
        done = self.run("plugins", "-P", place, **options)
        assert done.returncode == FAILED and "belongs to user" in done.stderr, done.stderr

    def for_nobody(self):
        """A plugin that anybody may write, and a program that anybody may run."""
        self.scratch.chmod(0o755)
        place = self.plugin("anybody/plugin.so")
        place.chmod(0o777)
        self.folder("anybody", 0o777)
        program = self.scratch / "kswapck"
        shutil.copy(self.built, program)
        return place, program

    # what is told of them

    def list_of_plugins(self):
        """kswapck plugins: all, or one with its problems; for programs too."""
        text = self.run("plugins", "-P", self.example).stdout
        assert re.search(r"^swap-map .*\n +\d+ problems, built in$", text, re.MULTILINE), text
        assert f"cache-only         slots that only the swap cache holds\n{'':19}1 problem, " \
            f"{self.example}\n" in text, text
        assert max(map(len, text.splitlines())) <= max(80, len(str(self.example)) + 32)
        text = self.run("plugins", "-P", self.example, "cache-only", "-S", "ex001=error").stdout
        assert re.search("^  EX001  cache-only-slots +error$", text, re.MULTILINE), text
        assert "swap-map" not in text
        document = json.loads(self.run("plugins", "--json", "-P", self.example).stdout)
        assert not list(schema.complaints(document, "plugins"))
        one, = json.loads(self.run("plugins", "-jP", self.example, "cache-only").stdout)["plugins"]
        assert one == document["plugins"][-1]
        assert one["problems"] == [{"id": "EX001", "name": "cache-only-slots",
                                    "severity": "warning"}]
        self.refused("plugins", "none", status=USAGE, say="no plugin 'none'")
        self.refused("plugins", "swap-map", "tree-shape", status=USAGE, say="usage")

    def help_of_plugins(self):
        """help knows the problems of plugins, wherever the option stands."""
        for arguments in (["help", "-P", self.example, "problems"],
                          ["-P", self.example, "help", "problems"],
                          ["help", "problems", f"--plugin={self.example}"]):
            text = self.run(*arguments).stdout
            assert re.search("^  EX001  cache-only-slots +warning +mismatch$", text, re.MULTILINE)
        by_id = self.run("help", "ex001", "-P", self.example)
        assert by_id.returncode == CLEAN and "EX001 cache-only-slots (warning" in by_id.stdout
        assert self.run("help", "cache-only-slots", "-P", self.example).stdout == by_id.stdout
        self.refused("help", "EX001", status=USAGE, say="EX001")
        assert "plugins" in self.run("help").stdout
        assert "--no-builtin" in self.run("help", "plugins").stdout

    # grades

    def grades(self):
        """The exit status and the report follow the grades."""
        both = "freed-folio={0},KS105={0}"
        for grades, status in ((both.format("warn"), WARNINGS), (both.format("error"), ERRORS),
                               ("freed-folio=warn", WARNINGS | ERRORS),
                               ("freed-folio=warning", WARNINGS | ERRORS),
                               (both.format("ignore"), CLEAN),
                               (f"{both.format('ignore')},Freed-Folio=error", ERRORS)):
            done, report = self.json("scan", "--severity", grades, self.bad)
            assert done == status, f"{grades}: {done}"
            assert bool(report["summary"]["errors"]) == bool(status & ERRORS)
            assert bool(report["summary"]["warnings"]) == bool(status & WARNINGS)
            assert not list(schema.complaints(report, "scan")), grades
        _, report = self.json("-S", "ks101=warn", "-S", "ks105=ignore", self.bad)
        assert {(found["id"], found["severity"]) for found in report["findings"]} == \
            {("KS101", "warning")}
        text = self.run("help", "KS101", "-S", "KS101=warn").stdout
        assert text.startswith("KS101 freed-folio (warning"), text[:50]
        text = self.run("help", "problems", "-S", "KS101=ignore").stdout
        assert re.search("KS101  freed-folio +ignore", text), text[:200]

    def ignored_is_told(self):
        """What is not looked for is never part of a verdict."""
        grades = "freed-folio=ignore,partial-folio=ignore"
        done = self.run("scan", "-S", grades, self.bad)
        assert "nothing that was looked for is wrong" in done.stdout, done.stdout
        assert re.search("^not seen  2 problems are not looked for.*: freed-folio, partial-folio$",
                         done.stdout, re.MULTILINE), done.stdout
        _, report = self.json("-S", grades, self.bad)
        note, = report["coverage"]["not_seen"]
        assert note["count"] == 2 and note["cause"] == "freed-folio, partial-folio", note
        done = self.run("explain", "-S", grades, self.good)
        assert "nothing that was looked for is broken" in done.stdout, done.stdout
        assert re.search("^missing .*: freed-folio, partial-folio", done.stdout, re.MULTILINE)

    def story_knows_what_is_ignored(self):
        """The story stays true, however the findings are graded."""
        _, whole = self.json("explain", self.bad)
        for grade in ("ignore", "warn"):
            _, story = self.json("explain", "-S", f"KS101={grade},KS105={grade}", self.bad)
            for part in ("verdict", "spinners", "origin", "bugs", "victims"):
                assert story[part] == whole[part], f"{grade}: {part}"
            for part in ("spin_slots", "refault_slots", "slots"):
                assert story["audit"][part] == whole["audit"][part], f"{grade}: {part}"
            assert story["audit"]["errors"] == 0

    def bad_grades(self):
        """Grades that are none, of problems that there are not."""
        for grades, say in (("freed-folio", "'freed-folio' is not of the form"), ("", "form"),
                            ("=warn", "form"), ("freed-folio=warn,", "form"),
                            ("none=warn", "no problem 'none'"), ("KS101=", "'' is neither"),
                            ("KS101=warnings", "'warnings' is neither"),
                            ("KS101=warn=error", "neither"), ("EX001=warn", "no problem 'EX001'"),
                            ("\033[31m=warn", "no problem")):
            for command in (["scan", self.good], ["plugins"]):
                done = self.refused(command[0], f"--severity={grades}", *command[1:], status=USAGE,
                                    say=f"--severity: .*{say}")
                assert re.fullmatch("[ -~]*\n", done.stderr), repr(done.stderr)

    # configuration files

    def config(self, text, name="config"):
        """A configuration file."""
        return self.file(name, text.encode())

    def config_files(self):
        """Where they are looked for."""
        silent = "severity freed-folio = ignore\nseverity KS105=ignore\n"
        folder = self.folder("home") / ".config/kswapck"
        folder.mkdir(parents=True)
        (folder / "config").write_text(silent)
        config = self.config(silent)
        empty = self.config("# nothing\n", "empty")
        home = {"HOME": str(self.scratch / "home"), "KSWAPCK_CONFIG": None}
        xdg = {"HOME": "/none", "XDG_CONFIG_HOME": str(folder.parent), "KSWAPCK_CONFIG": None}
        named = {"KSWAPCK_CONFIG": str(config)}
        for environment, options, status in (
                (home, [], CLEAN), (xdg, [], CLEAN), (named, [], CLEAN),
                (home, ["--no-config"], ERRORS), (xdg, ["-C"], ERRORS), (named, ["-C"], ERRORS),
                (home, ["--config", empty], ERRORS), (named, ["-c", empty], ERRORS),
                ({"KSWAPCK_CONFIG": ""}, [], ERRORS), ({}, ["-c", config], CLEAN),
                ({**xdg, "XDG_CONFIG_HOME": "relative"}, [], ERRORS),
                ({**home, **named}, ["-S", "KS101=warn"], WARNINGS)):
            self.environment = environment
            done = self.run("scan", *options, self.bad)
            assert done.returncode == status and not done.stderr, (environment, options, done)

    def plugins_in_config(self):
        """A plugin and the grade of its problem; relative paths begin at the file."""
        self.environment = {"KSWAPCK_CONFIG": str(self.config(
            f"severity cache-only-slots = error\nplugin {self.example.name}\n"))}
        assert self.from_files() == ["example.so"]
        assert self.run("scan", self.good).returncode == ERRORS
        assert self.run("scan", "-S", "EX001=warn", self.good).returncode == WARNINGS

    def bad_config(self):
        """What is wrong in a file is told with file and line; a wrong file is an error."""
        for text, status, say in (
                ("\nnonsense x\n", USAGE, "config:2: 'nonsense' is neither"),
                ("severity freed-folio warn\n", USAGE, "config:1: a grade is written"),
                ("severity KS999 = warn\n", USAGE, "config:1: there is no problem 'KS999'"),
                ("# x\nseverity KS101 = off\n", USAGE, "config:2: 'off' is neither"),
                ("plugin /no/such.so\n", FAILED, "config:1: /no/such.so: .*No such file")):
            config = self.config(text)
            self.refused("scan", "--config", config, self.good, status=status, say=say)
            self.environment = {"KSWAPCK_CONFIG": str(config)}
            self.refused("plugins", status=status, say=say)
            self.environment = {}
        os.mkfifo(self.scratch / "fifo.config")
        for path, say in (("/no/such", "No such file"), (self.scratch, "directory"),
                          (self.scratch / "fifo.config", "not a regular file")):
            self.refused("scan", "-c", path, self.good, say=say)
        self.environment = {"KSWAPCK_CONFIG": None}
        folder = self.folder("bad-home") / ".config/kswapck"
        folder.mkdir(parents=True)
        (folder / "config").write_text("nonsense\n")
        self.environment["HOME"] = str(self.scratch / "bad-home")
        self.refused("scan", self.good, status=USAGE, say=r"\.config/kswapck/config:1: 'nonsense'")

    @as_root
    def config_of_somebody_else(self):
        """Root believes no file that others can write: an error if named, else a warning."""
        config = self.config("severity KS101 = ignore\nseverity KS105 = ignore\n")
        os.chown(config, NOBODY, NOBODY)
        self.refused("scan", "-c", config, self.bad, say="not read: .*belongs to user")
        folder = self.folder("their-home") / ".config/kswapck"
        folder.mkdir(parents=True)
        (folder / "config").write_bytes(config.read_bytes())
        (folder / "config").chmod(0o666)
        self.environment = {"KSWAPCK_CONFIG": None, "HOME": str(self.scratch / "their-home")}
        done = self.run("scan", self.bad)
        assert done.returncode == ERRORS, done.returncode
        assert re.fullmatch("kswapck: warning: .*not read: .*written by others.*\n", done.stderr)


HELPERS = {"run", "folder", "plugin", "installed", "example", "pkg_config", "pkg_environment",
           "listed", "from_files", "json", "refuses", "for_nobody", "config"}


def main(arguments):
    """Print TAP; return the exit status."""
    program, dumps, *places = (pathlib.Path(argument).absolute() for argument in arguments)
    with tempfile.TemporaryDirectory() as scratch:
        tests = Tests(program, dumps, pathlib.Path(scratch), places)

        def afresh(function):
            tests.environment = {}
            function()

        return cli.tap((name, functools.partial(afresh, function))
                       for name, function in cli.own(tests, HELPERS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
