# SPDX-License-Identifier: GPL-2.0-or-later
"""What was measured, as one table against its goals, or as JSON."""
import json
import os
import platform
import sys
import typing

COLUMNS = (("dump", 20), ("what", 23), ("CPU ms", 9), ("figure", 10), ("goal", 10), ("met", 3))


class Row(typing.NamedTuple):
    dump: str
    what: str
    cpu: typing.Optional[float]     # ms, of the process that the row is about
    figure: typing.Optional[float]  # what has the goal; None: it is the CPU
    unit: str
    goal: typing.Optional[float]
    least: bool                     # the goal is at least that, not at most

    def value(self):
        return self.cpu if self.figure is None else self.figure

    def met(self):
        if self.goal is None:
            return None
        return self.value() >= self.goal if self.least else self.value() <= self.goal


def number(value):
    """Three digits or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


class Table:
    """Rows as they come; progress goes to the standard error."""
    def __init__(self):
        self.rows = []

    def add(self, dump, what, cpu=None, figure=None, unit="ms", goal=None, least=False):
        row = Row(dump, what, cpu, figure, unit, goal, least)
        self.rows.append(row)
        print(f"bench: {dump}: {what}: {number(row.value())} {unit}", file=sys.stderr, flush=True)

    def lines(self):
        yield " ".join(f"{name:<{width}}" if i < 2 else f"{name:>{width}}"
                       for i, (name, width) in enumerate(COLUMNS))
        widths, before = [width for _, width in COLUMNS], None
        order = list(dict.fromkeys(row.dump for row in self.rows))
        for row in sorted(self.rows, key=lambda row: order.index(row.dump)):
            goal = "" if row.goal is None else f"{'>=' if row.least else '<='} {row.goal:,g} {row.unit}"
            cells = ["" if row.dump == before else row.dump, row.what,
                     "" if row.cpu is None else number(row.cpu),
                     "" if row.figure is None else f"{number(row.figure)} {row.unit}", goal,
                     {None: "", True: "yes", False: "NO"}[row.met()]]
            if len(cells[0]) > widths[0]:
                yield cells[0]
                cells[0] = ""
            yield " ".join(f"{cell:<{width}}" if i < 2 else f"{cell:>{width}}"
                           for i, (cell, width) in enumerate(zip(cells, widths))).rstrip()
            before = row.dump

    def document(self, version):
        rows = [{"dump": row.dump, "what": row.what, "cpu_ms": row.cpu, "value": row.value(), "unit": row.unit,
                 "goal": row.goal, "at_least": row.least, "met": row.met()} for row in self.rows]
        return json.dumps({"kswapck": version, "machine": platform.machine(), "processors": os.cpu_count(),
                           "figures": rows}, indent=1)
