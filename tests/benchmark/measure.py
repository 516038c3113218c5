# SPDX-License-Identifier: GPL-2.0-or-later
"""Whole processes measured as the operating system counts them. Machines are noisy: what is
compared runs in turn, and CPU time is told rather than time, medians rather than means."""
import fcntl
import os
import pathlib
import statistics
import sys
import time
import typing

BLOCKED_LOOKS = 3       # so often asleep with no CPU used in between: it waits for its output
LOOK_SECONDS = 0.002


class Run(typing.NamedTuple):
    """What one process cost, with all that it started."""
    cpu: float          # ms, user and system
    wall: float         # ms
    memory: float       # MiB, resident, at its peak


def start(command, stdout, stdin=os.devnull):
    """A process that reads the file @stdin and writes to the descriptor @stdout."""
    pid = os.fork()
    if pid == 0:
        os.dup2(os.open(stdin, os.O_RDONLY), 0)
        os.dup2(stdout, 1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            os.execvp(command[0], [str(word) for word in command])
        finally:
            os._exit(127)
    return pid


def finish(command, pid):
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1, 2, 3, 4):
        sys.exit(f"bench: {' '.join(map(str, command))}: status {status}")
    return usage


def run(command, stdout=os.devnull, stdin=os.devnull):
    """Run a command to its end, with these files as its input and output."""
    out = os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    begin = time.monotonic()
    usage = finish(command, start(command, out, stdin))
    wall = time.monotonic() - begin
    os.close(out)
    return Run(1000 * (usage.ru_utime + usage.ru_stime), 1000 * wall, usage.ru_maxrss / 1024)


def alternate(commands, runs):
    """Each command so many times, in turn, after a run that does not count; runs of each."""
    for command in commands:
        run(command)
    rounds = [[run(command) for command in commands] for _ in range(runs)]
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
    pid = start(command, writer)
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
    finish(command, pid)
    return before / 1e6
