# SPDX-License-Identifier: GPL-2.0-or-later
"""What 'kswapck batch' makes of many dumps, and of whatever goes wrong meanwhile. Prints TAP.

Usage: batch.py KSWAPCK DUMPS TREE
"""

import collections
import gzip
import json
import lzma
import os
import pathlib
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.append(str(pathlib.Path(__file__).parents[1] / "golden"))

import cli
import dumps
import holes
import schema
from cli import CLEAN, ERRORS, FAILED, USAGE, Skip

cli.TIMEOUT = 120
INTERRUPTED = 32
MEASURED = {"key", "path", "parts", "size", "modified", "host", "shard", "status", "reason",
            "started", "seconds", "peak_memory"}

# A check that does to its process what the name of the dump says.
HARM = r"""
#include <kswapck.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char arguments[4096];
static const struct kswapck_problem problems[] = {{0}};

__attribute__((constructor)) static void read_arguments(void)
{
	FILE *file = fopen("/proc/self/cmdline", "r");
	size_t length = fread(arguments, 1, sizeof(arguments) - 1, file), i;

	for (i = 0; i < length; i++)
		if (!arguments[i])
			arguments[i] = ' ';
	fclose(file);
}

static void *begin(struct kswapck_audit *audit)
{
	int i;

	(void)audit;
	if (strstr(arguments, "hang"))
		for (;;)
			signal(SIGTERM, SIG_IGN);
	if (strstr(arguments, "slow"))
		sleep(1);
	if (strstr(arguments, "crash"))
		__builtin_trap();
	for (i = 0; strstr(arguments, "hog") && i < 1 << 15 && malloc(1 << 16); i++)
		;
	return NULL;
}

const struct kswapck_plugin kswapck_plugin = {
	.abi = KSWAPCK_ABI,
	.name = "harm",
	.summary = "harm",
	.problems = problems,
	.begin = begin,
};
"""


def records(path):
    """The records of a file of results, each held against the schema."""
    lines = path.read_bytes().split(b"\n")
    assert lines.pop() == b"", "the last line does not end"
    found = [json.loads(line) for line in lines]
    for record in found:
        wrong = list(schema.complaints(record, "batch")) + sorted(MEASURED - record.keys())
        assert not wrong, wrong
    return found


def by_name(path):
    """The records by the last part of the path of their dump; there is one of each."""
    found = records(path)
    names = {pathlib.Path(record["path"]).name: record for record in found}
    assert len(names) == len(found), "a dump has two records"
    return names


def split(content, middle):
    """Two halves of a set as makedumpfile --split writes it, as far as headers go."""
    for start, end in ((0, middle), (middle, 1 << 40)):
        part = bytearray(content)
        version = struct.unpack_from("<i", part, 8)[0]
        block = struct.unpack_from("<i", part, 0x1ac)[0]
        frames = struct.unpack_from("<Q", part, block + 96)[0]
        assert version >= 6
        struct.pack_into("<i", part, block + 12, 1)
        struct.pack_into("<QQ", part, block + 80, start, min(end, frames))
        yield bytes(part)


class Tests(cli.Tests):
    """The program, the dumps of the tree, and folders with many."""

    tree = None

    def folder(self, name, **files):
        """A new folder with files, of bytes or linked to others."""
        path = self.scratch / name
        path.mkdir()
        for file, content in files.items():
            if isinstance(content, bytes):
                (path / file).write_bytes(content)
            else:
                os.link(content, path / file)
        return path

    def good(self):
        """A good dump that others can be linked to."""
        path = self.scratch / "good"
        if not path.exists():
            path.write_bytes((self.dumps / "freed-folio.kdump").read_bytes())
        return path

    def good_copies(self, name, count):
        """A folder with a good dump so many times."""
        return self.folder(name, **{f"vmcore-{i:04}": self.good() for i in range(count)})

    def plugin(self):
        """The check that harms."""
        path = self.scratch / "harm.so"
        if not path.exists():
            try:
                subprocess.run(["cc", "-w", "-shared", "-fPIC", f"-I{self.tree}/src", "-xc", "-",
                                "-o", path], input=HARM.encode(), check=True)
            except FileNotFoundError as error:
                raise Skip("no compiler") from error
        return path

    def batch(self, *arguments, status=None, **options):
        """Run a batch; its exit status."""
        done = self.run("batch", "--no-search", *arguments, **options)
        if status is not None:
            assert done.returncode == status, f"exit status {done.returncode}: {done.stderr}"
        return done

    def begin(self, *arguments, **options):
        """A batch that goes on by itself."""
        return subprocess.Popen([self.program, "batch", "--no-search", *map(str, arguments)],
                                stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                stdout=subprocess.DEVNULL, **options)

    # what is in a record

    def same_as_explain(self):
        """Verdict, fingerprint and kernel are those of explain."""
        out = self.scratch / "same"
        self.batch("-o", out, self.dumps, status=ERRORS)
        found = by_name(out)
        assert set(found) == {path.name for path in self.dumps.glob("*.kdump")}
        assert found["freed-folio.kdump"]["taken"]
        for name, record in found.items():
            report = json.loads(self.run("explain", "--json", "-n", self.dumps / name).stdout)
            print_ = report["fingerprint"] or {"name": None, "recipe": None}
            assert record["status"] == "analysed" and record["peak_memory"] > 1 << 20
            assert record["verdict"] == report["verdict"] and record["text"] == report["text"]
            assert record["kernel"] == report["kernel"]
            assert (record["fingerprint"], record["recipe"]) == (print_["name"], print_["recipe"])
            # QEMU does not write when; a kernel that dies does
            assert (record["taken"] or "2026-").startswith("2026-"), record["taken"]
            assert record["exit_status"] == report["exit_status"]

    def record_alone(self):
        """kswapck record writes the same line but for what is measured."""
        out = self.scratch / "alone"
        dump = self.dumps / "freed-folio.kdump"
        self.batch("-o", out, dump, status=ERRORS)
        done = self.run("record", "-n", dump)
        alone = json.loads(done.stdout)
        assert done.returncode == ERRORS and len(done.stdout.splitlines()) == 1
        assert not list(schema.complaints(alone, "batch"))
        assert {key: value for key, value in records(out)[0].items()
                if key not in MEASURED} == alone

    def standard_output(self):
        """Without --output records go to standard output."""
        done = self.batch("-q", self.dumps / "healthy.kdump", status=CLEAN)
        assert json.loads(done.stdout)["verdict"] == "clean" and not done.stderr

    # which files

    def bad_files(self):
        """Empty, cut, foreign and missing files are records with a reason, and nothing else."""
        content = self.good().read_bytes()
        folder = self.folder("bad", empty=b"", cut=content[:100000], foreign=b"\1\2\3" * 999,
                             broken=content[:4096] + bytes(8192), good=self.good())
        (folder / "fifo-is-no-file").symlink_to("nowhere")
        out = self.scratch / "bad.ndjson"
        self.batch("-o", out, folder, folder / "missing", status=ERRORS | FAILED)
        found = by_name(out)
        assert found.pop("good")["verdict"] == "stall"
        assert set(found) == {"empty", "cut", "foreign", "broken", "missing"}, set(found)
        for name, record in found.items():
            assert record["status"] == "failed" and record["reason"], record
            assert str(folder) not in record["reason"], record["reason"]
            assert record["verdict"] is None and record["exit_status"] == FAILED, name
        assert "empty" in found["empty"]["reason"]
        assert "No such file" in found["missing"]["reason"]

    def companions(self):
        """Logs, sums, programs and the records themselves are no dumps of a folder."""
        folder = self.folder("companions", vmcore=self.good(), dmesg=b"[ 0.0] Linux\n\ttext\n",
                             sums=b"0123  vmcore\n", vmlinux=pathlib.Path(self.program).read_bytes())
        (folder / ".hidden").write_bytes(b"\1\2\3")
        out = folder / "results.ndjson"
        done = self.batch("-o", out, folder, status=ERRORS)
        assert list(by_name(out)) == ["vmcore"]
        assert "4 files in folders passed over" in done.stderr, done.stderr
        # but who names one gets an answer
        self.batch("--resume", "-o", out, folder / "dmesg", status=FAILED)
        assert list(by_name(out)) == ["vmcore", "dmesg"]

    def split_sets(self):
        """Parts of a split set are one dump, in each folder; copies of a part are another's."""
        parts = list(split(self.good().read_bytes(), 0x4000))
        for name in ("split-a", "split-b"):
            self.folder(name, **{"vmcore.1": parts[0], "vmcore.2": parts[1]})
        (self.scratch / "split-a/copy.2").write_bytes(parts[1])
        out = self.scratch / "split.ndjson"
        self.batch("-o", out, self.scratch / "split-a", self.scratch / "split-b")
        shown = sorted((record["path"][len(str(self.scratch)) + 1:], len(record["parts"]))
                       for record in records(out))
        assert shown == [("split-a/copy.2", 2), ("split-a/vmcore.2", 1), ("split-b/vmcore.1", 2)], \
            shown

    def packed_sets(self):
        """So are parts that were packed, whatever by."""
        parts = dumps.split(holes.Dump(self.good().read_bytes()))
        packed = [pack(part) for pack, part in zip((gzip.compress, lzma.compress), parts)]
        folder = self.folder("split-packed", **{"x.kdump-1.gz": packed[0], "x.kdump-2.xz": packed[1]})
        out = self.scratch / "packed.ndjson"
        self.batch("-o", out, folder)
        record, = records(out)
        assert record["status"] == "analysed" and len(record["parts"]) == 2, record

    def named_twice(self):
        """What is named twice, in a list and by a pattern too, is done once."""
        folder = self.good_copies("twice", 2)
        out = self.scratch / "twice.ndjson"
        names = f"{folder}/vmcore-0000\n{folder}//vmcore-0001\n".encode()
        subprocess.run([self.program, "batch", "-qn", "-o", out, "-", folder, f"{folder}/vm*0",
                        f"{folder}/./vmcore-0000"], input=names, check=False, timeout=cli.TIMEOUT)
        assert len(by_name(out)) == 2
        out.unlink()
        subprocess.run([self.program, "batch", "-qn", "-o", out, "-"], check=False,
                       input=names.replace(b"\n", b"\0"), timeout=cli.TIMEOUT)
        assert len(by_name(out)) == 2

    def odd_names(self):
        """Names with blanks, quotes, new lines, leading dashes and bytes that are no UTF-8."""
        folder = self.scratch / "odd"
        folder.mkdir()
        names = [b"-o", b"a b", b'"quoted"', b"two\nlines", b"\xff\xfe", "ümlaut".encode()]
        for name in names:
            os.link(self.good(), os.fsencode(folder) + b"/" + name)
        out = self.scratch / "odd.ndjson"
        self.batch("-o", out, folder, status=ERRORS)
        assert len(records(out)) == len(names)
        self.batch("-o", out, "--resume", folder, status=CLEAN)
        assert len(records(out)) == len(names)

    # one dump does no harm to others

    def harm(self):
        """A dump that hangs, crashes or takes all memory costs one dump."""
        if b"__asan_init" in pathlib.Path(self.program).read_bytes():
            raise Skip("AddressSanitizer needs more memory than can be limited")
        folder = self.folder("harm", hang=self.good(), crash=self.good(), hog=self.good(),
                             fine=self.good())
        out = self.scratch / "harm.ndjson"
        self.batch("-o", out, "-T", 4, "-M", "256M", "-P", self.plugin(), folder)
        found = by_name(out)
        assert {name: record["status"] for name, record in found.items()} == {
            "hang": "timeout", "crash": "crashed", "hog": "memory", "fine": "analysed"}
        assert found["hang"]["seconds"]["wall"] >= 4 and "4 s" in found["hang"]["reason"]
        assert "signal" in found["crash"]["reason"] and "256 MiB" in found["hog"]["reason"]

    def retry(self):
        """--retry does again what could not be analysed, and nothing else."""
        folder = self.folder("retry", hang=self.good(), fine=self.good())
        out = self.scratch / "retry.ndjson"
        self.batch("-o", out, "-T", 2, "-P", self.plugin(), folder)
        self.batch("-o", out, "--resume", folder, status=CLEAN)
        assert len(records(out)) == 2
        self.batch("-o", out, "--retry", folder, status=ERRORS)
        assert [record["status"] for record in records(out)
                if record["path"].endswith("hang")] == ["timeout", "analysed"]
        assert len(records(out)) == 3

    # nothing lost, nothing twice

    def resume(self):
        """--resume does what is missing; what changed is done again."""
        folder = self.good_copies("resume", 5)
        out = self.scratch / "resume.ndjson"
        self.batch("-o", out, folder / "vmcore-0001", folder / "vmcore-0003")
        self.refused("batch", "-o", out, folder, status=USAGE, say="--resume")
        done = self.batch("-o", out, "--resume", folder, status=ERRORS)
        assert "2 had a record already" in done.stderr and len(by_name(out)) == 5
        (folder / "vmcore-0002").unlink()
        (folder / "vmcore-0002").write_bytes(self.good().read_bytes())
        self.batch("-o", out, "--resume", folder, status=ERRORS)
        assert len(records(out)) == 6

    def foreign_output(self):
        """A file that is no file of records is not touched."""
        path = self.file("foreign", b"something else\nwithout an end")
        for options in ([], ["--resume"]):
            self.refused("batch", "-o", path, *options, self.good(), status=USAGE,
                         say="not a file of records")
        assert path.read_bytes() == b"something else\nwithout an end"
        self.refused("batch", "-o", "/dev/null", self.good(), status=USAGE, say="regular")

    def half_a_line(self):
        """What a killed writer left of a line is taken away, and its dump done again."""
        folder = self.good_copies("half", 4)
        out = self.scratch / "half.ndjson"
        self.batch("-o", out, folder)
        whole = out.read_bytes()
        for cut in (1, 700, len(whole.splitlines()[-1])):
            out.write_bytes(whole[:-cut])
            self.batch("-o", out, "--resume", folder)
            assert len(by_name(out)) == 4

    def two_batches(self):
        """Two batches on one file share the work."""
        folder = self.good_copies("two", 30)
        out = self.scratch / "two.ndjson"
        out.touch()
        both = [self.begin("-o", out, "--resume", "-J", "2", folder) for _ in range(2)]
        said = [process.communicate(timeout=cli.TIMEOUT)[1].decode() for process in both]
        assert len(by_name(out)) == 30, said
        assert all(" 0 analysed" not in text for text in said), said

    def killed_batch(self):
        """A batch that is killed takes its children along; another does the rest."""
        folder = self.folder("killed", **{f"slow-{i}": self.good() for i in range(8)})
        out = self.scratch / "killed.ndjson"
        arguments = ("-o", out, "-J", "2", "-P", self.plugin(), folder)
        process = self.begin(*arguments)
        self.wait_for(lambda: out.exists() and out.stat().st_size)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        process.kill()
        process.communicate()
        self.wait_for(lambda: not any(pathlib.Path(f"/proc/{child}/exe").is_symlink() and
                                      "\nState:\tZ" not in self.status(child)
                                      for child in children.split()))
        before = len(records(out))
        assert children.split() and 0 < before < 8, before
        self.batch("--resume", *arguments, status=ERRORS)
        assert len(by_name(out)) == 8

    def other_batch_dies(self):
        """What a batch had begun when it was killed is done by the one that waited for it."""
        folder = self.folder("dies", hang=self.good(), fine=self.good())
        out = self.scratch / "dies.ndjson"
        first = self.begin("-o", out, "-J", "2", "-T", "100", "-P", self.plugin(), folder)
        self.wait_for(lambda: out.exists() and out.stat().st_size)
        second = self.begin("-o", out, "--resume", folder)
        time.sleep(0.5)
        assert second.poll() is None, "it did not wait"
        first.kill()
        first.communicate()
        second.communicate(timeout=cli.TIMEOUT)
        assert {record["status"] for record in by_name(out).values()} == {"analysed"}
        assert len(records(out)) == 2

    def control_c(self):
        """Ctrl-C ends the children and says how to go on."""
        folder = self.folder("control", **{f"slow-{i}": self.good() for i in range(8)})
        out = self.scratch / "control.ndjson"
        process = self.begin("-o", out, "-J", "2", "-P", self.plugin(), folder)
        self.wait_for(lambda: out.exists() and out.stat().st_size)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=cli.TIMEOUT)[1].decode()
        assert process.returncode & INTERRUPTED and "--resume does the rest" in said, said
        before = len(records(out))
        assert 0 < before < 8
        self.batch("-o", out, "--resume", folder)
        assert len(by_name(out)) == 8

    def full_disk(self):
        """A full disk ends the batch, leaves whole records, and the rest is done later."""
        folder = self.good_copies("full", 6)
        out = self.scratch / "full.ndjson"

        def no_room():
            resource.setrlimit(resource.RLIMIT_FSIZE, (7000, 7000))

        process = self.begin("-o", out, folder, preexec_fn=no_room, restore_signals=False)
        said = process.communicate(timeout=cli.TIMEOUT)[1].decode()
        assert process.returncode & FAILED and process.returncode & INTERRUPTED, said
        assert "cannot write" in said and "--resume does the rest" in said, said
        before = len(records(out))
        assert 0 < before < 6, before
        self.batch("-o", out, "--resume", folder, status=ERRORS)
        assert len(by_name(out)) == 6

    # shards

    def shards(self):
        """Shards are disjoint, together everything, and the same wherever they are made."""
        folder = self.folder("shards", **{f"bad-{i}": b"\1\2\3" for i in range(100)})
        seen = collections.Counter()
        for shard in range(1, 5):
            out = self.scratch / f"shard-{shard}.ndjson"
            self.batch("-o", out, f"--shard={shard}/4", folder)
            found = records(out)
            assert 10 < len(found) < 40 and {r["shard"] for r in found} == {f"{shard}/4"}
            seen.update(record["path"] for record in found)
        assert len(seen) == 100 and set(seen.values()) == {1}
        slurm = {"SLURM_ARRAY_TASK_ID": "6", "SLURM_ARRAY_TASK_COUNT": "4",
                 "SLURM_ARRAY_TASK_MIN": "4", "SLURM_ARRAY_TASK_STEP": "2"}
        kubernetes = {"JOB_COMPLETION_INDEX": "1", "JOB_COMPLETIONS": "4"}
        wanted = sorted(r["path"] for r in records(self.scratch / "shard-2.ndjson"))
        for number, variables in enumerate((slurm, kubernetes)):
            out = self.scratch / f"shard-env-{number}.ndjson"
            done = self.batch("-o", out, folder, env={**os.environ, **variables})
            assert sorted(r["path"] for r in records(out)) == wanted
            assert "shard 2/4" in done.stderr, done.stderr

    def wrong_shards(self):
        """Shards that there are not; half of what a scheduler tells is refused."""
        for text in ("0/4", "5/4", "1", "1/", "/4", "a/b", "1/4x", "-1/4", "1/0"):
            self.refused("batch", "--shard", text, self.good(), status=USAGE, say="shard")
        for variables in ({"SLURM_ARRAY_TASK_ID": "1"},
                          {"SLURM_ARRAY_TASK_ID": "9", "SLURM_ARRAY_TASK_COUNT": "4",
                           "SLURM_ARRAY_TASK_MIN": "0"},
                          {"JOB_COMPLETION_INDEX": "0"},
                          {"JOB_COMPLETION_INDEX": "4", "JOB_COMPLETIONS": "4"}):
            done = self.batch(self.good(), env={**os.environ, **variables}, status=USAGE)
            assert "--shard" in done.stderr and not done.stdout

    def wrong_options(self):
        """Values that are none, and what needs another option."""
        for option, value in (("--jobs", "0"), ("--jobs", "x"), ("--memory", "1"),
                              ("--memory", "5Q"), ("--memory", "99999999999T"),
                              ("--timeout", "1s"), ("--severity", "nothing=warn")):
            self.refused("batch", option, value, self.good(), status=USAGE)
        self.refused("batch", status=USAGE, say="which dumps")
        self.refused("batch", "--resume", self.good(), status=USAGE, say="--output")
        self.refused("batch", "-P", "/no/such.so", self.good())
        self.refused("batch", "--raw", f"{self.good()}@0", status=USAGE, say="many")

    def wait_for(self, condition):
        """Until it holds."""
        end = time.monotonic() + cli.TIMEOUT
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.02)

    def status(self, pid):
        """/proc/PID/status; empty when it has gone."""
        try:
            return pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return ""


HELPERS = {"folder", "good", "good_copies", "plugin", "batch", "begin", "wait_for", "status"}


def main(arguments):
    """Print TAP; return the exit status."""
    program, dumps, Tests.tree = (pathlib.Path(argument).absolute() for argument in arguments)
    with tempfile.TemporaryDirectory() as scratch:
        tests = Tests(program, dumps, pathlib.Path(scratch))
        del tests.__dict__["good"]      # a dump there, a way to link to one here
        return cli.tap(cli.own(tests, HELPERS))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
