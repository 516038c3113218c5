# SPDX-License-Identifier: GPL-2.0-or-later
"""What kswapck can do once it reads the bytes of a dump. Prints TAP.

Usage: sandbox.py KSWAPCK DUMPS TREE
"""

import inspect
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

import cli
from cli import CLEAN, ERRORS, Skip

# What a break-in would do first, from the inside: a plugin runs in the sandbox.
INTRUDER = r"""
#include <kswapck.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *what, long result)
{
	fprintf(stderr, "%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static void start(void)
{
	pid_t child = fork();

	if (!child)
		_exit(0);
	tell("fork", child);
	if (child > 0)
		waitpid(child, NULL, 0);
}

static void *begin(struct kswapck_audit *audit)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct rlimit core, memory;

	(void)audit;
	tell("open", open("/etc/passwd", O_RDONLY));
	tell("create", open(CREATED, O_CREAT | O_WRONLY, 0600));
	tell("unlink", unlink(CREATED));
	tell("socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("unix socket", socket(AF_UNIX, SOCK_STREAM, 0));
	tell("kill", kill(getppid(), 0));
	tell("code", mprotect(page, 4096, PROT_READ | PROT_EXEC));
	start();
	tell("exec", execl("/bin/true", "true", (char *)NULL));
	getrlimit(RLIMIT_CORE, &core);
	getrlimit(RLIMIT_AS, &memory);
	fprintf(stderr, "seccomp %d, no new privileges %d, dumpable %d, core %lu, memory %s\n",
		prctl(PR_GET_SECCOMP), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
		prctl(PR_GET_DUMPABLE), (unsigned long)core.rlim_cur,
		memory.rlim_cur == RLIM_INFINITY ? "unlimited" : "limited");
	return NULL;
}

static const struct kswapck_problem problems[] = {
	{"T1", "nothing", KSWAPCK_WARNING, KSWAPCK_CORRUPT, "s", "m", "o", "c", "c"}, {0},
};

const struct kswapck_plugin kswapck_plugin = {
	.abi = KSWAPCK_ABI, .name = "intruder", .summary = "tries doors", .problems = problems,
	.begin = begin,
};
"""
DOORS = ("open", "create", "unlink", "socket", "unix socket", "kill", "code", "fork", "exec")
SAID_ALOUD = "kswapck: no sandbox: what a made-up dump might do, it may do"


class Tests(cli.Tests):
    """On the committed dumps."""

    def __init__(self, program, dumps, scratch, tree):
        super().__init__(program, dumps, scratch)
        self.tree = tree
        self.bad = dumps / "freed-folio.kdump"

    def intruder(self):
        """The plugin."""
        path = self.scratch / "intruder.so"
        if not path.exists():
            created = self.scratch / "created"
            subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", f'-DCREATED="{created}"',
                            f"-I{self.tree}/src", "-includesignal.h", "-xc", "-", "-o", path],
                           input=INTRUDER, text=True, check=True)
        return path

    def is_sanitizer(self):
        """A program that cannot have a sandbox."""
        return b"AddressSanitizer" in pathlib.Path(self.program).read_bytes()

    # the tests

    def doors_are_shut(self):
        """From inside no file, program, process or network is reached."""
        if self.is_sanitizer():
            raise Skip("AddressSanitizer cannot run in a sandbox")
        for command in ("scan", "explain"):
            done = self.run(command, "--plugin", self.intruder(), self.bad)
            assert done.returncode == ERRORS, done.returncode
            *doors, state = done.stderr.splitlines()
            assert doors == [f"{door}: Operation not permitted" for door in DOORS], doors
            assert state == ("seccomp 2, no new privileges 1, dumpable 0, core 0, "
                             "memory limited"), state
        assert not (self.scratch / "created").exists()

    def doors_are_open(self):
        """--no-sandbox says so aloud, and then it is so."""
        if self.is_sanitizer():
            raise Skip("AddressSanitizer cannot run in a sandbox")
        done = self.run("scan", "--no-sandbox", "--plugin", self.intruder(), self.bad)
        first, *rest = done.stderr.splitlines()
        assert first == SAID_ALOUD, first
        assert "open: done" in rest and "socket: done" in rest, rest

    def no_difference(self):
        """All reports are the same inside and outside."""
        for dump in sorted(self.dumps.glob("*.kdump")):
            for command in (["scan", "--json"], ["explain", "--json"], ["explain", "-s", "all"],
                            ["pins", "--json"], []):
                inside = self.run(*command, dump)
                outside = self.run(*command, "--no-sandbox", dump)
                assert not inside.stderr, inside.stderr
                assert inside.returncode == outside.returncode
                assert self.timeless(inside.stdout) == self.timeless(outside.stdout), command

    @staticmethod
    def timeless(text):
        """A report without what it took to make it."""
        return re.sub(r"[\d.]+ (m?s|seconds)\b", "", text)

    def is_all_seen(self):
        """Nothing that an audit needs is refused."""
        done = self.run("scan", "--json", self.good)
        assert done.returncode == CLEAN and json.loads(done.stdout)["coverage"]["complete"]


def main(program, dumps, tree):
    """Run all tests; return the exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        tests = Tests(str(pathlib.Path(program).absolute()), pathlib.Path(dumps).absolute(),
                      pathlib.Path(scratch), pathlib.Path(tree).absolute())
        own = [test for name, test in inspect.getmembers(tests, inspect.ismethod)
               if name in vars(Tests) and not inspect.signature(test).parameters
               and name not in ("intruder", "is_sanitizer")]
        return cli.tap((test.__doc__.rstrip("."), test) for test in own)


if __name__ == "__main__":
    os.environ.update(KSWAPCK_CONFIG="", KSWAPCK_PLUGINS="")
    sys.exit(main(*sys.argv[1:]))
