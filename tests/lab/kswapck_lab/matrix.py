"""Kernels, machines, formats and scenarios: what kswapck says of each dump, as one table in MATRIX.md."""

import json
import pathlib
import shutil
import subprocess

from . import LabError, cache, debug, dumps, kernels, recipes

TABLE = pathlib.Path(__file__).resolve().parent.parent / "MATRIX.md"

# What a scenario must come out as: the verdict of the story, and the problems that there must be.
EXPECTED = {
    "idle": ("clean", ()), "churn": ("clean", ()), "storm": ("clean", ()), "mix": ("clean", ()),
    "freed-folio": ("stall", ("freed-folio", "partial-folio")),
    "tail-private": ("refault", ("tail-private",)),
}

# One guest's memory in several formats must give one report. By the format that the others are made from.
SAME = {"elf": ("elf", "raw"), "vmcore": ("vmcore", "kdump-zlib", "kdump-zstd", "kdump-flat", "raw-vmcore")}

ROWS = [
    *((kernel, scenario, form) for kernel in ("5.10", "6.1", "6.12", "6.1arm64", "6.12arm64", "7.2", "7.2arm64")
      for scenario in ("idle", "churn") for form in ("elf", "raw")),
    *((kernel, "idle", form) for kernel in ("6.1", "6.12", "6.1arm64", "6.12arm64")
      for form in ("elf-nonote", "qemu-zlib")),
    *((kernel, "idle", "elf-richer") for kernel in ("6.1", "6.12", "6.1arm64", "6.12arm64")),
    *((kernel, scenario, form) for kernel in ("6.1bug", "6.1bugarm64") for scenario in ("freed-folio", "tail-private")
      for form in ("elf", "raw")),
    ("6.1bug16karm64", "idle", "elf"),
    *(("6.1bug", scenario, form) for scenario in ("freed-folio", "tail-private") for form in SAME["vmcore"]),
]

# Where the reports of one memory may differ: names, how it was filtered, how much was read. Of the raw image of an ELF
# no registers are known, and so not who runs; that is said, and in the exit status too.
MAY_DIFFER = {"raw": ("dump", "pages_read", "explain", "exit_status")}
MAY_ALWAYS_DIFFER = ("dump", "pages_read")


def matrix(options):
    """Makes what is missing of the dumps, asks kswapck of each, and writes the table; whether all was as expected."""
    program = shutil.which(options.program)
    if not program:
        raise LabError(f"no such program: {options.program}")
    lines, good, reports = [], True, {}
    for kernel, scenario, form in ROWS:
        if options.kernels and kernel not in options.kernels:
            continue
        result = _row(program, kernel, scenario, form, options, reports)
        good &= result[0]
        lines.append((kernel, scenario, form, *result[1:]))
        print(*lines[-1], sep=" | ", flush=True)
    if not options.kernels:
        TABLE.write_text(_text(lines, program))
    return good


def _row(program, kernel, scenario, form, options, reports):
    try:
        recipe = recipes.parse(f"{kernel}-{scenario}-{form}")
        if not dumps.exists(recipe) and options.made:
            return True, "", "not run", "no such dump here"
        dumps.make(recipe, options)
    except LabError as error:
        return False, "", "not made", str(error).splitlines()[0][:100]
    report, words = _ask(program, recipe)
    release = json.loads((dumps.folder() / f"{recipe.name}.json").read_text())["release"]
    if not report:
        return False, release, "refused", words.replace(f"{cache.root()}/dumps/", "")[:160]
    verdict, remark = _judge(recipe, report)
    for base, forms in SAME.items():
        if form in forms and (first := reports.setdefault((kernel, scenario, base), report)) is not report:
            different = _differences(first, report, MAY_DIFFER.get(form, MAY_ALWAYS_DIFFER))
            remark += f"; differs from {base}: {', '.join(different)}" if different else f"; same JSON as {base}"
    good = "unexpected" not in remark and "differs" not in remark
    return good, release, verdict, remark


def _ask(program, recipe):
    command = [program, *debug.symbols(recipe.kernel), "--quiet", "--json", *dumps.arguments(recipe)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    words = done.stderr.decode(errors="replace").strip()
    try:
        return json.loads(done.stdout), words
    except ValueError:
        return None, words


def _judge(recipe, report):
    verdict, problems = EXPECTED[recipe.scenario]
    story, summary = report["explain"], report["summary"]
    found = summary["problems"]
    remark = f"{summary['used']:,} slots in use, {summary['cached']:,} cached"
    if found:
        remark += "; " + ", ".join(f"{name} {row['findings']} ({row['slots']:,} slots)" for name, row in found.items())
    facts = json.loads((dumps.folder() / f"{recipe.name}.json").read_text())["guest"]
    if "spinner" in facts and story["spinners"]:
        right = str(story["spinners"][0]["pid"]) == facts["spinner"]
        remark += f"; pid {facts['spinner']} named" if right else f"; unexpected spinner, not pid {facts['spinner']}"
    if not report["coverage"]["complete"]:
        remark += "; not all seen"
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


def _text(lines, program):
    version = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
    rows = "\n".join("| " + " | ".join((kernel.removesuffix("arm64"), kernels.KERNELS[kernel].arch, *rest)) + " |"
                     for kernel, *rest in lines)
    return f"""# What was tried

Written by `tests/lab/lab matrix` ({version}), which makes the dumps that are missing; not by hand. *same JSON* is said
where the whole report, story and all, but for the file's own description, is that of the other format; with `raw` but
for the story. A raw image of a guest that QEMU stopped has no registers: who spins cannot be seen then, and the verdict
is LATENT.

| kernel | machine | scenario | format | release | verdict | what was seen |
|---|---|---|---|---|---|---|
{rows}
"""
