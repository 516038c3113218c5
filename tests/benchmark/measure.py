# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole processes measured as the operating system counts them. Machines are noisy: what is
compared runs in turn, and CPU time is told rather than time, medians rather than means."""
import fcntl
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import typing

BLOCKED_LOOKS = 3       # so often asleep with no CPU used in between: it waits for its output
LOOK_SECONDS = 0.002


class Run(typing.NamedTuple):
    """What one process cost, with all that it started."""
    cpu: float          # ms, user and system
    wall: float         # ms
    memory: float       # MiB, resident, at its peak


class Meter:
    """Measures with the program cost.c."""
    def __init__(self, program):
        self.program = program

    def run(self, command, stdout=os.devnull, stdin=os.devnull):
        """Run a command to its end, with these files as its input and output."""
        with tempfile.NamedTemporaryFile("r") as costs, open(stdin, "rb") as source, open(stdout, "wb") as target:
            subprocess.run([self.program, costs.name, *command], check=True, stdin=source, stdout=target,
                           stderr=subprocess.DEVNULL)
            *figures, status = costs.read().split()
        if int(status) not in range(8):
            sys.exit(f"bench: {' '.join(map(str, command))}: status {status}")
        return Run(*map(float, figures))

    def alternate(self, commands, runs):
        """Each command so many times, in turn, after a run that does not count; runs of each."""
        for command in commands:
            self.run(command)
        rounds = [[self.run(command) for command in commands] for _ in range(runs)]
        return list(zip(*rounds))


def median(runs, what="cpu"):
    return statistics.median(getattr(one, what) for one in runs)


def full_pipe():
    """A pipe that takes nothing: who writes to it waits."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


def state_and_cpu(pid):
    """The letter of its state, and nanoseconds of CPU, of a process of one thread."""
    process = pathlib.Path("/proc", str(pid))
    cpu = int((process / "schedstat").read_text().split()[0])
    return (process / "stat").read_text().rpartition(")")[2].split()[0], cpu


def first_output(command):
    """Milliseconds of CPU until the process writes its first byte, where it is held up."""
    reader, writer = full_pipe()
    null = os.open(os.devnull, os.O_RDWR)
    pid = os.posix_spawnp(command[0], [str(word) for word in command], os.environ, file_actions=[
        (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
    os.close(null)
    os.close(writer)
    looks, before = 0, None
    while looks < BLOCKED_LOOKS:
        time.sleep(LOOK_SECONDS)
        state, cpu = state_and_cpu(pid)
        if state == "Z":
            break
        looks = looks + 1 if state == "S" and cpu == before else 0
        before = cpu
    while os.read(reader, 1 << 16):
        pass
    os.close(reader)
    os.waitpid(pid, 0)
    if before is None:
        sys.exit(f"bench: {' '.join(map(str, command))}: ended before it could be looked at")
    return before / 1e6
