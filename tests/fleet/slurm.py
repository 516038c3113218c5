# SPDX-License-Identifier: GPL-2.0-or-later
"""An array job of a real Slurm: two nodes on this machine, one of them killed in mid-run. Prints TAP.

Usage: slurm.py KSWAPCK TREE

Munge, slurmctld and two slurmd run with their own configuration, keys and ports in a scratch
folder, on loopback alone. It is skipped where Slurm is not installed.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo", "scancel", "cc")
DUMPS = 40
SHARDS = 4
PATIENCE = 420      # seconds; Slurm itself waits a while before it starts a job again
MEASURED = ("host", "shard", "started", "seconds", "peak_memory")

CONFIGURATION = """
ClusterName=kswapck
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd-%n.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SlurmdTimeout=6
SlurmctldTimeout=30
InactiveLimit=0
KillWait=2
ReturnToService=0
SchedulerParameters=sched_interval=2,batch_sched_delay=0
NodeName=node0 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} CPUs=2
NodeName=node1 NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} CPUs=2
PartitionName=all Nodes=node0,node1 Default=YES MaxTime=INFINITE State=UP
"""


def free_ports(count):
    """Ports of loopback that nobody has."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports


def process_fields(pid):
    """Parent, command line and environment of a process; None when it is gone."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
        return (int(stat.rpartition(")")[2].split()[1]),
                pathlib.Path(f"/proc/{pid}/cmdline").read_bytes(),
                pathlib.Path(f"/proc/{pid}/environ").read_bytes())
    except OSError:
        return None


class Cluster:
    """Slurm, from nothing to two nodes that wait for work."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": f"{folder}/slurm.conf"}
        self.running = {}
        for name in ("state", "spool-node0", "spool-node1"):
            (folder / name).mkdir()
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout
        (folder / "slurm.conf").write_text(CONFIGURATION.format(
            folder=folder, ports=free_ports(3), user=user.strip(), host=socket.gethostname()))
        (folder / "munge.key").write_bytes(os.urandom(128))
        (folder / "munge.key").chmod(0o600)

    def start(self, name, *command):
        """A daemon that stays in the foreground, so that it is ours to end."""
        with (self.folder / f"{name}.out").open("wb") as output:
            self.running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                                  stdout=output, stderr=output,
                                                  env=self.environment, cwd=self.folder)

    def begin(self):
        """All daemons, and wait for the nodes."""
        folder = self.folder
        self.start("munged", "munged", "-F", "--force", f"--key-file={folder}/munge.key",
                   f"--socket={folder}/munge.socket", f"--pid-file={folder}/munged.pid",
                   f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed")
        self.wait("munge", lambda: (folder / "munge.socket").exists(), 20)
        self.start("slurmctld", "slurmctld", "-D", "-i")
        self.start("node0", "slurmd", "-D", "-N", "node0")
        self.start("node1", "slurmd", "-D", "-N", "node1")
        self.wait("nodes", lambda: self.ask("sinfo", "-h", "-o", "%D %t").split() == ["2", "idle"],
                  60)

    def ask(self, *command):
        """What a command of Slurm says."""
        return subprocess.run(command, capture_output=True, text=True, check=False,
                              env=self.environment, timeout=60).stdout

    def wait(self, what, condition, patience=PATIENCE):
        """Until it holds; a daemon that ends meanwhile is an error."""
        end = time.monotonic() + patience
        while not condition():
            for name, process in self.running.items():
                assert process.poll() is None, f"{name} ended: {self.logs()}"
            assert time.monotonic() < end, f"no {what} in {patience} s: {self.logs()}"
            time.sleep(0.2)

    def logs(self):
        """The ends of all logs."""
        return "\n".join(f"{path.name}: {path.read_text(errors='replace')[-1500:]}"
                         for path in sorted(self.folder.glob("*.log")) +
                         sorted(self.folder.glob("*.out")))

    def of_node(self, node):
        """Processes of jobs on a node, and the slurmstepd above them."""
        mark = f"SLURMD_NODENAME={node}".encode()
        found = set()
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            fields = process_fields(entry.name)
            if not fields or str(self.folder).encode() not in fields[2] + fields[1] or \
               mark not in fields[2].split(b"\0"):
                continue
            found.add(int(entry.name))
            above = process_fields(fields[0])
            if above and above[1].startswith(b"slurmstepd"):
                found.add(fields[0])
        return found

    def kill_node(self, node):
        """As when its power goes: nothing of it is left, and nobody is told."""
        daemon = self.running.pop(node)
        daemon.kill()
        daemon.wait()
        killed = self.of_node(node)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        return killed

    def end(self):
        """End what was started."""
        if "slurmctld" in self.running:
            self.ask("scancel", "--user", str(os.getuid()))
            time.sleep(1)
        for node in ("node0", "node1"):
            for pid in self.of_node(node):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for process in reversed(list(self.running.values())):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def make_dumps(tree, folder):
    """Copies of real dumps by hard links, and files that are none."""
    folder.mkdir()
    real = sorted((tree / "dumps").glob("*.kdump"))
    copies = []
    for path in real:
        copies.append(folder / f".{path.name}")
        shutil.copyfile(path, copies[-1])
    for number in range(DUMPS):
        path = folder / f"vmcore-{number:02}"
        if number % 10 == 9:
            path.write_bytes(b"\1\2\3" * number)
        else:
            os.link(copies[number % len(copies)], path)


def records(paths):
    """What the records say of the dumps, without what each run measures anew."""
    found = {}
    for path in paths:
        for line in path.read_bytes().splitlines():
            record = json.loads(line)
            assert record["path"] not in found, f"two records of {record['path']}"
            found[record["path"]] = {name: value for name, value in record.items()
                                     if name not in MEASURED}
    return found


def run(program, tree, scratch):
    """The whole test; raises AssertionError."""
    dumps, results, alone = scratch / "dumps", scratch / "results", scratch / "alone.ndjson"
    make_dumps(tree, dumps)
    results.mkdir()
    subprocess.run([program, "batch", "-qn", "-o", alone, dumps], check=False, timeout=PATIENCE)
    wanted = records([alone])
    assert len(wanted) == DUMPS, len(wanted)

    # slow enough that a node can die meanwhile
    (scratch / "bin").mkdir()
    wrapper = scratch / "bin/kswapck"
    wrapper.write_text(f"#!/bin/sh\n# of {scratch}\ncommand=$1\nshift\n"
                       f"exec {program} $command --no-search -P {scratch}/slow.so \"$@\"\n")
    wrapper.chmod(0o755)
    subprocess.run(["cc", "-w", "-shared", "-fPIC", f"-I{tree}/src", "-xc", "-", "-o",
                    scratch / "slow.so"], input=SLOW.encode(), check=True)
    (scratch / "slurm").mkdir()
    cluster = Cluster(scratch / "slurm")
    try:
        cluster.begin()
        cluster.environment["PATH"] = f"{scratch}/bin:{os.environ['PATH']}"
        done = subprocess.run(["sbatch", f"--array=0-{SHARDS - 1}", f"--chdir={scratch}",
                               tree / "contrib/slurm/kswapck.sbatch", results, dumps],
                              capture_output=True, text=True, check=False,
                              env=cluster.environment)
        assert done.returncode == 0, done.stderr
        cluster.wait("records", lambda: all((results / f"shard-{shard}.ndjson").exists() and
                                            (results / f"shard-{shard}.ndjson").stat().st_size
                                            for shard in range(SHARDS)), 90)
        before = len(records(results.glob("*.ndjson")))
        killed = cluster.kill_node("node1")
        print(f"# node1 killed, {len(killed)} processes, when {before} of {DUMPS} had a record")
        assert killed and before < DUMPS, (killed, before)
        cluster.wait("end", lambda: not cluster.ask("squeue", "-h").strip())
        print("# " + cluster.ask("sinfo", "-h", "-N", "-o", "%N %t").replace("\n", "; "))
    finally:
        cluster.end()
    logs = "".join(path.read_text() for path in scratch.glob("kswapck-*.log"))
    found = records(sorted(results.glob("*.ndjson")))
    other = [(found.get(path), wanted[path]) for path in wanted if found.get(path) != wanted[path]]
    assert not other and len(found) == len(wanted), (len(found), other[:2], logs)
    assert "had a record already" in logs, logs
    summaries = [subprocess.run([program, "summarize", "--json", *paths], check=True,
                                capture_output=True, text=True).stdout
                 for paths in ([alone], sorted(results.glob("*.ndjson")))]
    unlike = [line for line in zip(*(text.splitlines() for text in summaries))
              if line[0] != line[1]]
    assert not unlike, unlike


SLOW = r"""
#include <kswapck.h>
#include <time.h>

static const struct kswapck_problem problems[] = {{0}};

static void *begin(struct kswapck_audit *audit)
{
	struct timespec time = {.tv_sec = 1};

	(void)audit;
	nanosleep(&time, 0);
	return 0;
}

const struct kswapck_plugin kswapck_plugin = {
	.abi = KSWAPCK_ABI,
	.name = "slow",
	.summary = "slow",
	.problems = problems,
	.begin = begin,
};
"""


def main(program, tree):
    """Print TAP; return the exit status."""
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing:
        print(f"1..0 # SKIP no {', '.join(missing)}")
        return 0
    print("1..1")
    name = f"{DUMPS} dumps, {SHARDS} tasks, two nodes, one killed: as if one process had done all"
    with tempfile.TemporaryDirectory(prefix="kswapck-slurm-") as scratch:
        try:
            run(pathlib.Path(program).absolute(), pathlib.Path(tree).absolute(),
                pathlib.Path(scratch))
        except (AssertionError, subprocess.SubprocessError) as error:
            print(f"not ok 1 - {name}")
            print("\n".join(f"# {line}" for line in str(error).splitlines()))
            return 1
    print(f"ok 1 - {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
