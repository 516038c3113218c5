"""Kernels, machines, formats and scenarios: what kswapck says of each dump, as one table in MATRIX.md."""

import dataclasses
import json
import pathlib
import shutil
import subprocess

from . import LabError, cache, debug, dumps, kernels, recipes

TABLE = pathlib.Path(__file__).resolve().parent.parent / "MATRIX.md"
ASK_SECONDS = 300

# What a scenario must come out as: the verdict of the story, and the problems that there must be.
EXPECTED = {
    **{scenario: ("clean", ()) for scenario in ("idle", "churn", "irq", "nmi", "mix")},
    "freed-folio": ("stall", ("freed-folio", "partial-folio")),
    "tail-private": ("refault", ("tail-private",)),
}

X86_64 = ("5.10", "6.1", "6.12", "6.18", "7.2", "7.3")
ARM64 = ("6.1arm64", "6.12arm64", "7.3arm64")
BY_QEMU = ("elf", "raw", "elf-nonote", "elf-richer", "qemu-zlib")
BY_KDUMP = ("vmcore", "kdump-d1", "kdump-zlib", "kdump-zstd", "kdump-lzo", "kdump-flat", "raw-vmcore")

# Kernel, scenario, and the formats.
GUESTS = [
    *((kernel, "idle", BY_QEMU + BY_KDUMP) for kernel in X86_64),
    *((kernel, "idle", BY_QEMU) for kernel in ARM64),
    *((kernel, "churn", ("elf", "raw")) for kernel in X86_64 + ARM64),
    *((kernel, scenario, ("elf",)) for kernel in X86_64 + ARM64 for scenario in ("irq", "mix")),
    *((kernel, "nmi", ("elf",)) for kernel in X86_64),
    ("6.1bug16karm64", "idle", ("elf",)),
    ("6.1bug64karm64", "idle", ("elf", "elf-richer")),
    *((kernel, scenario, ("elf", "raw", *BY_KDUMP)) for kernel in ("6.1bug", "6.1bugarm64")
      for scenario in ("freed-folio", "tail-private")),
    *((kernel, scenario, ("elf", "raw")) for kernel in ("4.14", "4.19") for scenario in ("idle", "churn")),
    *(("4.19", scenario, ("elf",)) for scenario in ("mix", "tail-private")),
]
ROWS = [(kernel, scenario, form) for name in kernels.KERNELS for kernel, scenario, forms in GUESTS if kernel == name
        for form in forms]

# One guest's memory in several formats must give one report. By the format that the others are made from.
SAME = {"elf": ("elf", "raw"), "vmcore": BY_KDUMP}

# Formats that lack pages, by the kernel: Debian 12's makedumpfile takes slab pages of 6.10 and later for user data, that
# of Debian 13 (1.7.6) those of 7.2. That must be said, and nothing may be found.
FILTERED = ("kdump-zlib", "kdump-zstd", "kdump-lzo", "kdump-flat")
LACKING = {"6.12": FILTERED[:1], "6.18": FILTERED[:1], "7.2": FILTERED, "7.3": FILTERED}

# Where the reports of one memory may differ: names, how it was filtered, how much was read. Of the raw image of an ELF
# no registers are known, and so not who runs; that is said, and in the exit status too.
MAY_DIFFER = {"raw": ("dump", "pages_read", "explain", "exit_status")}
MAY_ALWAYS_DIFFER = ("dump", "pages_read")


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table, and whether it is as it should be."""
    kernel: str
    scenario: str
    form: str
    release: str
    verdict: str
    remark: str
    good: bool

    def cells(self):
        """What the table says of it."""
        return (self.kernel.removesuffix("arm64"), kernels.KERNELS[self.kernel].arch, self.scenario, self.form,
                self.release, self.verdict, self.remark)


def matrix(options):
    """Makes what is missing of the dumps, asks kswapck of each, and writes the table; whether all was as expected."""
    program = shutil.which(options.program)
    if not program:
        raise LabError(f"no such program: {options.program}")
    wanted = [row for row in ROWS if not options.kernels or row[0] in options.kernels]
    rows, reports, made = [], {}, []
    for number, (kernel, scenario, form) in enumerate(wanted):
        rows.append(_row(program, (kernel, scenario, form), options, reports, made))
        print(*rows[-1].cells(), sep=" | ", flush=True)
        if number + 1 == len(wanted) or wanted[number + 1][:2] != (kernel, scenario):
            if options.once:
                _remove(made)
            made.clear()
    TABLE.write_text(_text(_known(TABLE) | {row.cells()[:4]: row.cells() for row in rows}, program))
    bad = sum(not row.good for row in rows)
    print(f"RED: {bad} of {len(rows)} rows are not as they should be" if bad else f"green: {len(rows)} rows")
    return not bad


def _remove(made):
    """Dumps that were not there before and that nobody else asks for."""
    for recipe in made:
        if recipe.name not in recipes.ALL:
            dumps.remove(recipe)


def _row(program, name, options, reports, made):
    kernel, scenario, form = name
    try:
        if why := _impossible(*name):
            return Row(*name, "", "not possible", why, True)
        recipe = recipes.parse(f"{kernel}-{scenario}-{form}")
        if not dumps.exists(recipe) and not kernels.available(kernel):
            return Row(*name, "", "not run", "the kernel was not given", True)
        if not dumps.exists(recipe):
            if options.made:
                return Row(*name, "", "not run", "no such dump here", True)
            made.append(recipe)
        dumps.make(recipe, options)
    except LabError as error:
        return Row(*name, "", "not made", str(error).splitlines()[0][:100], False)
    report, words = _ask(program, recipe)
    release = json.loads((dumps.folder() / f"{recipe.name}.json").read_text())["release"]
    if not report:
        return Row(*name, release, "refused", words.replace(f"{cache.root()}/dumps/", "")[:160], False)
    verdict, remark = _judge(recipe, report)
    for base, forms in SAME.items():
        if form not in forms or _lacking(recipe):
            continue
        if (first := reports.setdefault((kernel, scenario, base), report)) is not report:
            different = _differences(first, report, MAY_DIFFER.get(form, MAY_ALWAYS_DIFFER))
            remark += f"; differs from {base}: {', '.join(different)}" if different else f"; same JSON as {base}"
    return Row(*name, release, verdict, remark, "unexpected" not in remark and "differs" not in remark)


def _impossible(kernel, scenario, _form):
    """Why a row cannot be run; nothing if it can."""
    if scenario == "nmi" and kernels.KERNELS[kernel].arch != "x86_64":
        return "QEMU has no NMI for this machine"
    return ""


def _ask(program, recipe):
    command = [program, *debug.symbols(recipe.kernel), "--quiet", "--json", *dumps.arguments(recipe)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=ASK_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"no end after {ASK_SECONDS} s"
    words = done.stderr.decode(errors="replace").strip()
    try:
        return json.loads(done.stdout), words
    except ValueError:
        return None, words


def _lacking(recipe):
    return recipe.format in LACKING.get(recipe.kernel, ())


def _judge(recipe, report):
    verdict, problems = EXPECTED[recipe.scenario]
    if _lacking(recipe):
        verdict = "unknown"
    story, summary = report["explain"], report["summary"]
    found = summary["problems"]
    remark = f"{summary['used']:,} slots in use, {summary['cached']:,} cached"
    if found:
        remark += "; " + ", ".join(f"{name} {row['findings']} ({row['slots']:,} slots)" for name, row in found.items())
    facts = json.loads((dumps.folder() / f"{recipe.name}.json").read_text())["guest"]
    if "spinner" in facts and story["spinners"]:
        right = str(story["spinners"][0]["pid"]) == facts["spinner"]
        remark += f"; pid {facts['spinner']} named" if right else f"; unexpected spinner, not pid {facts['spinner']}"
    if _lacking(recipe):
        remark += "; makedumpfile left out what it took for user data" + \
                  (", which is said" if report["coverage"]["not_seen"] else ": unexpected: nothing is said of it")
    elif not report["coverage"]["complete"]:
        remark += "; unexpected: not all was seen"
    elif not summary["used"]:
        remark += "; unexpected: no slot is in use, so nothing is proved"
    # Without registers nobody is seen spinning.
    allowed = {verdict, "latent"} if recipes.FORMATS[recipe.format].raw_of == "elf" else {verdict}
    if story["verdict"] not in allowed or set(found) != set(problems):
        remark += f"; unexpected: {verdict} was to come, with {', '.join(problems) or 'no problem'}"
    return story["verdict"].upper(), remark


def _flat(report, but):
    found = {}

    def walk(path, value):
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                if key not in but:
                    walk((*path, key), inner)
        else:
            found[".".join(path)] = value

    walk((), report)
    return found


def _differences(first, report, but):
    one, other = _flat(first, but), _flat(report, but)
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def _known(table):
    """The rows that are in the table, by kernel, machine, scenario and format."""
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in table.read_text().splitlines()
             if line.startswith("| ")]
    return {row[:4]: row for row in cells}


def _text(rows, program):
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    order = [Row(*name, "", "not run", "", True).cells() for name in ROWS]
    lines = "\n".join("| " + " | ".join(rows.get(row[:4], row)) + " |" for row in order)
    return f"""# What was tried

Written by `tests/lab/lab matrix` ({version}), which makes the dumps that are missing; not by hand. *same JSON* is said
where the whole report, story and all, but for the file's own description, is that of the other format; with `raw` but
for the story. A raw image of a guest that QEMU stopped has no registers: who spins cannot be seen then, and the verdict
is LATENT.

| kernel | machine | scenario | format | release | verdict | what was seen |
|---|---|---|---|---|---|---|
{lines}
"""
