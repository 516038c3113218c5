# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares kswapck's reports on the committed dumps with the expected ones. Prints TAP.

Usage: golden.py KSWAPCK DUMPS EXPECTED [--update]

EXPECTED/NAME.txt is the text report, EXPECTED/NAME.json the other one, of dump
DUMPS/NAME.kdump; the last line of the text is the exit status.
"""

import difflib
import json
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True

import schema

# Addresses and raw words: strings, because readers keep numbers in doubles.
WORDS = {"entry", "page", "pfn", "address", "value", "expected", "swap_info_struct"}
SAFE_INTEGER = 2**53 - 1


def run(program, dumps, dump, *options):
    """kswapck's output and exit status; the name of the dump is all of its path."""
    command = [program, "scan", "--no-search", *options, dump.name]
    environment = dict(os.environ, NO_COLOR="1")
    done = subprocess.run(command, cwd=dumps, env=environment, capture_output=True,
                          text=True, check=False, timeout=60)
    return done.stdout, done.stderr, done.returncode


def text_report(program, dumps, dump):
    """The text report with the exit status as its last line."""
    out, err, status = run(program, dumps, dump)
    return f"{out}{err}exit status {status}\n"


def json_report(program, dumps, dump):
    """The JSON report without what may change with no change of the result."""
    out, err, _ = run(program, dumps, dump, "--json")
    out = re.sub(r'("kswapck": )"[^"]*"', r'\1"VERSION"', out)
    return re.sub(r'("pages_read": )\d+', r"\1 0", out) + err


REPORTS = {"txt": text_report, "json": json_report}


def differences(expected, found, name):
    """Lines of a diff, as TAP comments; none when both are the same."""
    lines = difflib.unified_diff(expected.splitlines(), found.splitlines(),
                                 f"{name} (expected)", f"{name} (found)", lineterm="")
    return ["# " + line for line in lines]


def numbers_that_are_words(value, path=""):
    """Places where an address stands as a number."""
    if isinstance(value, dict):
        for key, member in value.items():
            place = f"{path}.{key}"
            if key in WORDS and not (isinstance(member, str) and
                                     re.fullmatch("0x[0-9a-f]+", member)):
                yield f"{place} is {member!r}"
            yield from numbers_that_are_words(member, place)
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from numbers_that_are_words(member, f"{path}[{index}]")
    elif isinstance(value, int) and abs(value) > SAFE_INTEGER:
        yield f"{path} is {value}"


def counts_agree(report, status):
    """The summary counts what is in the list, and tells the exit status."""
    findings = report["findings"]
    for name, problem in report["summary"]["problems"].items():
        mine = [finding for finding in findings if finding["name"] == name]
        if len(mine) != problem["findings"]:
            yield f"{name}: {len(mine)} in the list, {problem['findings']} in the summary"
        slots = sum(finding.get("slots", {}).get("count", 0) for finding in mine)
        if slots != problem["slots"]:
            yield f"{name}: {slots} slots in the list, {problem['slots']} in the summary"
    total = report["summary"]["errors"] + report["summary"]["warnings"]
    if total != len(findings):
        yield f"{len(findings)} findings in the list, {total} in the summary"
    if report["exit_status"] != status:
        yield f"exit_status is {report['exit_status']}, but the program exits with {status}"


def promised(dumps, dump, report):
    """What the dumps' own manifest says of this dump: problems and their slots."""
    manifest = json.loads((dumps / "MANIFEST.json").read_text())
    for entry in manifest["dumps"]:
        if entry["file"] != dump.name:
            continue
        found = {name: {"findings": problem["findings"], "slots": problem["slots"]}
                 for name, problem in report["summary"]["problems"].items()}
        if found != entry["expected"]:
            yield f"found {found}, but the manifest tells of {entry['expected']}"
        if report["exit_status"] != entry["exit_status"]:
            yield f"exit status {report['exit_status']}, not {entry['exit_status']}"
        return
    yield f"{dump.name} is not in the manifest"


def check_json(program, dumps, dump):
    """Everything about the JSON report but its words: pairs of name and complaints."""
    out, _, status = run(program, dumps, dump, "--json")
    try:
        report = json.loads(out)
    except ValueError as error:
        yield "JSON parses", [str(error)]
        return
    yield "JSON parses", []
    yield "JSON keeps its schema", list(schema.complaints(report))
    yield "no address is a number", list(numbers_that_are_words(report))
    yield "summary agrees with the findings", list(counts_agree(report, status))
    yield "findings are those of the manifest", list(promised(dumps, dump, report))


def check(program, dumps, expected):
    """Every test of every dump: pairs of name and complaints."""
    for dump in sorted(dumps.glob("*.kdump")):
        for ending, report in REPORTS.items():
            path = expected / f"{dump.stem}.{ending}"
            text = path.read_text() if path.exists() else ""
            yield f"{path.name}", differences(text, report(program, dumps, dump), path.name)
        for name, complaints in check_json(program, dumps, dump):
            yield f"{dump.stem}: {name}", ["# " + line for line in complaints]


def update(program, dumps, expected):
    """Write down what the program says now. Read the diff before you keep it!"""
    for dump in sorted(dumps.glob("*.kdump")):
        for ending, report in REPORTS.items():
            (expected / f"{dump.stem}.{ending}").write_text(report(program, dumps, dump))


def main(arguments):
    """Print TAP; return the exit status."""
    program, dumps, expected = (pathlib.Path(argument).absolute()
                                for argument in arguments[:3])
    if arguments[3:] == ["--update"]:
        update(program, dumps, expected)
        return 0
    number = failed = 0
    for number, (name, complaints) in enumerate(check(program, dumps, expected), 1):
        failed += bool(complaints)
        print(f"{'not ok' if complaints else 'ok'} {number} - {name}")
        print("".join(line + "\n" for line in complaints), end="")
    print(f"1..{number}" if number else "1..0 # SKIP no dumps")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
