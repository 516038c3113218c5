# SPDX-License-Identifier: GPL-2.0-or-later
"""All stacks of a dump as drgn sees them, as JSON. Run by `compare` under a Python that has drgn.

Usage: drgn_stacks.py DUMP VMLINUX [MODULE...]
"""

import json
import sys

import drgn
from drgn.helpers.linux.cpumask import for_each_present_cpu
from drgn.helpers.linux.percpu import per_cpu
from drgn.helpers.linux.pid import for_each_task
from drgn.helpers.linux.sched import idle_task, task_cpu


def frames(prog, task):
    """The frames of a task, the innermost first; inlined functions are frames of their own."""
    found = []
    for frame in prog.stack_trace(task):
        try:
            pc = frame.pc
        except LookupError:
            pc = None
        found.append({"pc": pc, "name": frame.name, "inline": frame.is_inline})
    return found


def stack(prog, task, cpu, on_cpu):
    """What is known of one task."""
    about = {"task": task.value_(), "pid": task.pid.value_(), "comm": task.comm.string_().decode(errors="replace"),
             "cpu": cpu, "on_cpu": on_cpu, "frames": [], "error": None}
    try:
        about["frames"] = frames(prog, task)
    except Exception as error:
        about["error"] = str(error)
    return about


def main(dump, vmlinux, *modules):
    prog = drgn.Program()
    prog.set_core_dump(dump)
    try:
        prog.load_debug_info([vmlinux, *modules])
    except drgn.MissingDebugInfoError as error:
        print(f"drgn: {error}", file=sys.stderr)
    running = {}
    for cpu in for_each_present_cpu(prog):
        task = per_cpu(prog["runqueues"], cpu).curr
        running[task.value_()] = stack(prog, task, cpu, True)
    idle = [stack(prog, idle_task(prog, cpu), cpu, False) for cpu in for_each_present_cpu(prog)
            if idle_task(prog, cpu).value_() not in running]
    others = [stack(prog, task, task_cpu(task), False) for task in for_each_task(prog)
              if task.value_() not in running]
    json.dump([*running.values(), *idle, *others], sys.stdout)


main(*sys.argv[1:])
