"""What came of the soaks: SOAK.md."""

import pathlib
import time

from . import cache, recipes

TABLE = pathlib.Path(__file__).resolve().parent.parent / "SOAK.md"
COLUMNS = ("date", "kernel", "release", "scenario", "kernel's words", "CPUs", "dumps", "clean", "findings",
           "exit statuses", "drgn agrees", "cached slots", "in motion")
DUMPS, CLEAN, AGREES = (COLUMNS.index(name) for name in ("dumps", "clean", "drgn agrees"))


def record(totals, recipe, options):
    """Adds one soak to the table."""
    found = ", ".join(f"{name} {count}" for name, count in totals.problems.most_common())
    statuses = ", ".join(f"{status} ({count})" for status, count in sorted(totals.statuses.items(), key=str))
    row = (time.strftime("%Y-%m-%d %H:%M"), recipe.kernel, totals.release, recipe.scenario, options.append or "",
           options.cpus or recipes.SCENARIOS[recipe.scenario].cpus, totals.dumps, totals.dumps - len(totals.kept),
           found or 0, statuses, totals.agreed if totals.oracle else "not asked", totals.sums["cached"],
           totals.sums["in_motion"])
    with cache.lock("soaked"):
        TABLE.write_text(_text([*_known(), tuple(map(str, row))]))


def _known():
    if not TABLE.exists():
        return []
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in TABLE.read_text().splitlines()
             if line.startswith("| 2")]
    return [row for row in cells if len(row) == len(COLUMNS)]


def _sum(rows, column):
    return sum(int(row[column]) for row in rows)


def _text(rows):
    lines = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    dumps, clean = _sum(rows, DUMPS), _sum(rows, CLEAN)
    asked = [row for row in rows if row[AGREES].isdigit()]
    return f"""# What was soaked

Written by `tests/lab/lab soak --record`; not by hand. Each row is a soak: one guest, stopped at so many random moments
and dumped. *Clean* is a dump of which kswapck said so in every way that it has, with the story, and which drgn counted
alike where it was asked. A row with dumps that are not is a bug of somebody's, and stays.

**{dumps} dumps, {clean} of them clean; drgn agrees on {_sum(asked, AGREES)} of {_sum(asked, DUMPS)}.**

| {" | ".join(COLUMNS)} |
|{"---|" * len(COLUMNS)}
{lines}
"""
